"""Brackets that DuckDB's reading of an operator needs, where another form stood in the query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

__all__ = ["keep_arrows_apart", "keep_together"]


_OPERATORS_OF_CALLS = (
    exp.IntDiv, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseLeftShift, exp.BitwiseRightShift,
)  # fmt: skip


def keep_together(nodes: Sequence[exp.Expr]) -> None:
    """What calls like DIV and BITAND make is written as an operator: what it holds and what holds it stay apart."""
    for node in nodes:
        if not isinstance(node, _OPERATORS_OF_CALLS):
            continue
        for side in (node.this, node.expression):
            if isinstance(side, (exp.Binary, exp.Unary)) and not isinstance(side, (exp.Paren, exp.Dot)):
                _put_in_brackets(side)
        if isinstance(node.parent, (exp.Binary, exp.Unary)) and not isinstance(node.parent, exp.Paren):
            _put_in_brackets(node)


def keep_arrows_apart(nodes: Iterable[exp.Expr]) -> None:
    """``f(j -> 'a')`` is a lambda to DuckDB: as an argument, a part of JSON stands in brackets."""
    for node in nodes:
        if not isinstance(node, exp.JSONExtract):
            continue
        if isinstance(node.parent, exp.Func) and not isinstance(node.parent, (exp.Cast, exp.JSONExtract)):
            _put_in_brackets(node)


def _put_in_brackets(node: exp.Expr) -> None:
    made = exp.Paren()
    made.type = node.type
    node.replace(made)
    made.set("this", node)
