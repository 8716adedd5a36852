"""Double precision does not overflow silently: https://www.postgresql.org/docs/15/datatype-numeric.html#DATATYPE-FLOAT.

"Value out of range" is an error there, where DuckDB has an infinite result. The result of a whole chain of operations
is tested once: what is infinite in a part of it stays infinite, but for a divisor, which is tested by itself. Where a
column of the row is infinite itself, the result may be.
"""

from __future__ import annotations

import math
from itertools import islice

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_first, walk_tree
from .. import DialectRules
from ..shared.build import text
from ..shared.clauses import window_key

R = DialectRules("postgres overflow")
_LONG = 500  # nodes: the test would double the length of what a program wrote, such as the trees of a model
_OPERATORS = (exp.Add, exp.Sub, exp.Mul, exp.Div)
_OPAQUE = (exp.AggFunc, exp.Window, exp.Query, exp.WithinGroup, exp.Filter)


def _real(node: exp.Expr) -> bool:
    return isinstance(node, _OPERATORS) and node.type is not None and node.type.this in exp.DataType.FLOAT_TYPES


def _tested_above(node: exp.Expr) -> bool:
    """Whether an infinite value makes the whole that is tested infinite."""
    child, above = node, node.parent
    while isinstance(above, (exp.Paren, exp.Neg, exp.Abs, exp.Case, exp.If, *_OPERATORS)):
        if isinstance(above, (exp.Case, exp.If)) and child.arg_key not in ("true", "false", "default", "ifs"):
            return False
        if isinstance(above, exp.Div) and above.expression is child:
            return False
        if _real(above):
            return True
        child, above = above, above.parent
    return False


def _constant(node: exp.Expr) -> float | None:
    """The value of arithmetic over numbers in the text."""
    if isinstance(node, exp.Paren):
        return _constant(node.this)
    if isinstance(node, exp.Neg):
        value = _constant(node.this)
        return None if value is None else -value
    if isinstance(node, exp.Cast):
        known = text(node.this)
        try:
            return float(known) if known is not None else _constant(node.this)
        except ValueError:
            return None
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.this)
    if isinstance(node, (exp.Mul, exp.Div)):
        a, b = _constant(node.this), _constant(node.expression)
        if a is None or b is None or (isinstance(node, exp.Div) and b == 0):
            return None
        return a * b if isinstance(node, exp.Mul) else a / b
    return None


@R.rule(*_OPERATORS)
def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not _real(node):
        return None
    if isinstance(node, (exp.Mul, exp.Div)) and _constant(node) == 0:
        factors = [_constant(node.this), *([_constant(node.expression)] if isinstance(node, exp.Mul) else [])]
        if all(f is not None and f != 0 for f in factors) and not math.isinf(_constant(node.expression) or 0):
            raise ctx.error(node, "This product is too small for double precision: postgres gives an error here.")
    if _tested_above(node) or _grouped(node):
        return None
    leaves: dict[str, exp.Expr] = {}
    if sum(1 for _ in islice(walk_tree(node), _LONG)) == _LONG:
        return None
    for found in walk_tree(node, prune=lambda n: isinstance(n, _OPAQUE)):
        if isinstance(found, exp.Query):
            return None
        if isinstance(found, (exp.Column, exp.Placeholder, exp.Parameter, _OPAQUE)):
            kind = found.type.this if found.type is not None else None
            if kind in exp.DataType.FLOAT_TYPES:
                leaves.setdefault(found.sql("duckdb"), found)
        elif isinstance(found, exp.Literal) and "inf" in found.this.lower():
            return None
    if not leaves and _constant(node) is None and not find_first(node, exp.Column):
        return None
    known: list[exp.Expr] = [ctx.call("isfinite", leaf.copy()) for leaf in leaves.values()]
    finite = exp.and_(*known, copy=False) if known else exp.Boolean(this=True)
    # DuckDB refuses error() in the key of a window
    made = ctx.macro("pg__finite_key" if window_key(node) else "pg__finite", node, finite, type="DOUBLE")
    made.type = node.type
    return made


def _grouped(node: exp.Expr) -> bool:
    """Whether the query groups by more than columns: DuckDB finds a grouped expression by its text."""
    select = node.find_ancestor(exp.Select)
    group = select.args.get("group") if select is not None else None
    if group is None or node.find_ancestor(exp.AggFunc):
        return False
    return any(isinstance(found, (*_OPERATORS, exp.Literal)) for found in walk_tree(group))
