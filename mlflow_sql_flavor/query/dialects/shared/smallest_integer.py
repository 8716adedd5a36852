"""The smallest INTEGER: a number that only fits its type together with its sign.

DuckDB reads ``-2147483648`` as a BIGINT (2.0.0 as an INTEGER), so that the text that is run names the type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from .build import cast

_EDGE = str(2**31)


def smallest(node: exp.Expr | None) -> bool:
    """Whether a node is -2147483648, written as a number with its sign."""
    return isinstance(node, exp.Neg) and _is_edge(node.this)


def _is_edge(node: Any) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and node.this == _EDGE


def typed(otherwise: Any) -> Any:
    """sqlglot's annotator of a negation in an engine that has it as an INTEGER."""

    def annotate(self: Any, node: exp.Expr) -> Any:
        return self._set_type(node, exp.DType.INT) if smallest(node) else otherwise(self, node)

    return {"annotator": annotate}


def same_type(self: Any, node: exp.Expr) -> Any:
    """sqlglot's annotator of a negation, and of whatever else has the type of what it is made of."""
    return self._set_type(node, node.this.type)


def as_integer(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The rule of such an engine: an INTEGER, and an error where its sign is turned."""
    inner = node.this.unnest()
    turned = isinstance(inner, exp.Cast) and smallest(inner.this)
    return cast(node, "INTEGER") if turned or smallest(node) else None


def name_type(nodes: Iterable[exp.Expr]) -> None:
    """Makes every other one among a finished translation's nodes the BIGINT that it is in 2.0.1."""
    for node in nodes:
        if isinstance(node, exp.Neg) and _is_edge(node.this.unnest()) and not isinstance(node.parent, exp.Cast):
            parent, key, index = node.parent, node.arg_key, node.index
            if parent is not None and key:
                parent.set(key, cast(node.copy(), "BIGINT"), index)
