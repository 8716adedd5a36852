"""Tokens and trees of a text in its dialect, and what sqlglot says of one that it cannot read, as a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokens import Token

from ...errors import QueryError
from .chained_calls import parser_of

__all__ = ["FAILURES", "plain", "token_message", "tokenized", "trees_of", "unreadable"]

#: What sqlglot raises at a text beside its own errors.
FAILURES = (SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError)


def tokenized(sql: str, dialect: str) -> list[Token]:
    """The tokens of a text.

    Raises:
        QueryError: A string, name or comment is not closed.
    """
    try:
        return list(Dialect.get_or_raise(dialect).tokenize(sql))
    except TokenError:
        raise QueryError(token_message(dialect)) from None


def trees_of(tokens: Sequence[Token], sql: str, dialect: str) -> list[exp.Expr]:
    """The statements of a text, without empty ones.

    Raises:
        QueryError: The dialect does not read it, at its place.
    """
    try:
        trees = parser_of(dialect).parse(list(tokens), sql)
    except FAILURES as error:
        raise unreadable(error, sql, dialect) from None
    return [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]


def unreadable(error: Exception, sql: str, dialect: str) -> QueryError:
    """What sqlglot raised at a text, as a sentence with its place."""
    if not isinstance(error, ParseError):
        return QueryError(f"The query cannot be read as {dialect}: {plain(str(error))}")
    first = error.errors[0] if error.errors else {}
    line, end, highlight = first.get("line"), first.get("col"), first.get("highlight") or ""
    reason = plain(first.get("description") or str(error)).rstrip(".")
    if "<class" in reason or "Required keyword" in reason:
        reason = "something is missing here"
    message = f"The query cannot be read as {dialect}: {reason[:1].lower()}{reason[1:]}."
    if not line or end is None:
        return QueryError(message)
    start = 0
    for _ in range(line - 1):
        start = sql.find("\n", start) + 1
    return QueryError(message, sql, min(max(start + end - len(highlight), 0), len(sql)), max(len(highlight), 1))


def token_message(dialect: str) -> str:
    """Why a text has no tokens."""
    return (
        f"The query cannot be read as {dialect}: a string, quoted name or comment is not closed, or a character has "
        "no meaning there."
    )


def plain(text: str) -> str:
    """The first line of a text for a terminal, without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n")[0].strip()
