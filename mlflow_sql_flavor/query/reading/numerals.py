"""Numbers that sqlglot takes apart: ``1_000`` would be 1 called ``_000``, ``0x1F`` of postgres a text of bits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot.tokens import Token, TokenType

from ...errors import QueryError

__all__ = ["INTEGER", "joined", "whole_number"]

_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_BASES = r"0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+"
_NUMBER = re.compile(
    rf"(?:{_BASES})(?![\w.])|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?(?!\w)"
)
#: A text that is read as an integer: https://www.postgresql.org/docs/18/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS-NUMERIC
INTEGER = re.compile(rf"\s*[+-]?(?:{_BASES}|{_DIGITS})\s*")
#: https://clickhouse.com/docs/sql-reference/syntax#numeric, https://sqlite.org/lang_expr.html#literal_values_constants_
_SEPARATED = {"postgres": "xob", "clickhouse": "xb", "sqlite": "x"}
_PARTS = (TokenType.NUMBER, TokenType.HEX_STRING, TokenType.BIT_STRING)


def whole_number(written: str) -> int:
    """The integer of a text that :data:`INTEGER` matches."""
    digits = written.strip().replace("_", "")
    base = {"x": 16, "o": 8, "b": 2}.get(digits.lstrip("+-")[1:2].lower(), 10)
    return int(digits, base)


def joined(tokens: Sequence[Token], sql: str, dialect: str) -> Sequence[Token]:
    """The tokens, each number as one.

    Raises:
        QueryError: letters follow a number without a blank, where the dialect's engine raises too.
    """
    bases = _SEPARATED.get(dialect)
    if bases is None:
        return tokens
    made: list[Token] = []
    after = -1
    for at, token in enumerate(tokens):
        if token.start < after:
            continue
        made.append(token)
        if token.token_type not in _PARTS or (not sql[token.start].isdigit() and sql[token.start] != "."):
            continue
        found = _NUMBER.match(sql, token.start)
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if found is None or (found[0][1:2].lower() in "xob" and found[0][1:2] and found[0][1].lower() not in bases):
            glued = following is not None and following.start == token.end + 1
            if glued and following is not None and following.token_type in (TokenType.VAR, TokenType.IDENTIFIER):
                raise QueryError(
                    "A number ends in letters here. Write a blank and AS before a name.",
                    sql,
                    token.start,
                    following.end + 1 - token.start,
                )
            continue
        plain = found[0].replace("_", "")
        if plain[1:2].lower() in ("x", "o", "b"):
            plain = str(whole_number(plain))
        if token.token_type is TokenType.NUMBER and plain == token.text:
            continue
        after = found.end()
        made[-1] = Token(
            TokenType.NUMBER, plain, line=token.line, col=token.col, start=token.start, end=after - 1,
            comments=token.comments,
        )  # fmt: skip
    return made
