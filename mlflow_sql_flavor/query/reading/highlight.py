"""A query's text in coloured pieces, by the tokens of its dialect."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from .placeholders import find_placeholders

__all__ = ["pieces"]

_STRINGS = {
    TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING,
    TokenType.UNICODE_STRING, TokenType.BYTE_STRING, TokenType.HEX_STRING, TokenType.BIT_STRING,
}  # fmt: skip
_OTHER = {TokenType.VAR, TokenType.IDENTIFIER}


def pieces(sql: str, dialect: str) -> Iterator[tuple[str, str]]:
    """The text in order, cut into ``(kind, text)``.

    Kinds are ``keyword``, ``string``, ``number``, ``comment``, ``parameter`` and ``""`` for the rest. Text that the
    dialect cannot read is one piece.
    """
    try:
        reader = Dialect.get_or_raise(dialect)
        tokens = reader.tokenize(sql)
        uses = {use.start: use.end for use in find_placeholders(sql, dialect, tokens)}
    except (SqlglotError, ValueError, IndexError):
        yield "", sql
        return
    at = 0
    for token in tokens:
        if token.start < at:  # inside a parameter
            continue
        yield from _gap(sql[at : token.start])
        end = uses.get(token.start, token.end + 1)
        yield ("parameter" if token.start in uses else _kind(token, sql)), sql[token.start : end]
        at = end
    yield from _gap(sql[at:])


def _gap(text: str) -> Iterator[tuple[str, str]]:
    """Between tokens there are blanks and comments."""
    inner = text.strip()
    if not inner:
        yield from [("", text)] if text else []
        return
    start = text.index(inner)
    yield from (
        piece for piece in (("", text[:start]), ("comment", inner), ("", text[start + len(inner) :])) if piece[1]
    )


def _kind(token: Token, sql: str) -> str:
    kind = token.token_type
    if kind in _STRINGS:
        return "string"
    if kind is TokenType.NUMBER:
        return "number"
    first = sql[token.start : token.start + 1]
    return "keyword" if first.isalpha() and kind not in _OTHER else ""
