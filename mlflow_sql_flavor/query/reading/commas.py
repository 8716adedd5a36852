"""Commas that stand beside nothing: an error to most engines, which sqlglot passes over."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokens import Token, TokenType

from ...errors import QueryError

__all__ = ["check_commas"]

_T = TokenType
_ENDS = {
    _T.COMMA, _T.R_PAREN, _T.R_BRACKET, _T.FROM, _T.WHERE, _T.GROUP_BY, _T.HAVING, _T.ORDER_BY, _T.LIMIT, _T.FETCH,
    _T.UNION, _T.EXCEPT, _T.INTERSECT, _T.SEMICOLON,
}  # fmt: skip
_BEGINS = {_T.L_PAREN, _T.L_BRACKET}
#: Engines that take a comma behind the last item of a list.
_TAKE_THEM = ("duckdb", "bigquery", "clickhouse", "snowflake")


def check_commas(tokens: Sequence[Token], sql: str, dialect: str) -> None:
    """Refuses ``SELECT a, FROM t`` and its like.

    Args:
        tokens: Of the text.
        sql: The text.
        dialect: Canonical dialect name.

    Raises:
        QueryError: at the comma.
    """
    if dialect in _TAKE_THEM:
        return
    last = len(tokens) - 1
    for i, token in enumerate(tokens):
        if token.token_type != _T.COMMA:
            continue
        before = tokens[i - 1].token_type if i else _T.L_PAREN
        if i == last or tokens[i + 1].token_type in _ENDS or before in _BEGINS:
            raise QueryError(f"{dialect} takes no comma beside which there is nothing. Remove it.", sql, token.start)
