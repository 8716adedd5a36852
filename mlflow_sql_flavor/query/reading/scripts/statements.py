"""The statements of a text, apart by their tokens: nothing is parsed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokens import Token, TokenType

__all__ = ["STRINGS", "statements", "word"]

#: The tokens that are texts.
STRINGS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING, TokenType.NATIONAL_STRING}
_WRAPS = {TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.ALL, TokenType.DISTINCT, TokenType.ALIAS}


def word(token: Token) -> str:
    """A token's text in capitals; empty for a text or a quoted name."""
    quoted = token.token_type in STRINGS or token.token_type == TokenType.IDENTIFIER
    return "" if quoted else str(token.text).upper()


def statements(tokens: Sequence[Token], dialect: str) -> list[list[Token]]:
    """The tokens of each statement; T-SQL's need no semicolon between them."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON and depth == 0:
            found.append([])
            continue
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if dialect == "tsql" and depth == 0 and found[-1] and _begins(token, found[-1]):
            found.append([])
        found[-1].append(token)
    found = [each for each in found if each]
    return [each for each in found if not (dialect == "tsql" and _is_idle(each))]


def _begins(token: Token, before: Sequence[Token]) -> bool:
    first = word(before[0])
    kind = word(token)
    if kind in ("DECLARE", "GO") or word(before[-1]) == "GO":
        return True
    if kind in ("SET", "WITH"):
        return first in ("DECLARE", "SET") or (kind == "SET" and first in ("SELECT", "WITH"))
    if kind != "SELECT" or before[-1].token_type in _WRAPS:
        return False
    if first in ("DECLARE", "SET"):
        return True
    depth = 0
    for each in before:
        depth += (each.token_type == TokenType.L_PAREN) - (each.token_type == TokenType.R_PAREN)
        if depth == 0 and word(each) == "SELECT":
            return True
    return False


def _is_idle(tokens: Sequence[Token]) -> bool:
    """Whether a statement of T-SQL's only says how its client is answered."""
    words = [word(token) for token in tokens]
    return words == ["GO"] or (words[0] == "SET" and len(words) == 3 and words[1] in ("NOCOUNT", "ANSI_NULLS"))
