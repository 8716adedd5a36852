"""One scale for the numerics of a CASE, an array or a UNION.

https://www.postgresql.org/docs/15/datatype-numeric.html: each value of a numeric keeps its own scale. In DuckDB they
get one type, and of DECIMAL(38,0) and DECIMAL(10,2) that is DECIMAL(38,0): the smaller scale would round the other one.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast
from ..shared.clauses import selects_of

R = DialectRules("postgres decimals")
_INNER = (
    exp.Paren, exp.Neg, exp.Abs, exp.Sum, exp.Min, exp.Max, exp.Window, exp.Filter, exp.Distinct, exp.Alias,
    exp.IgnoreNulls, exp.RespectNulls, exp.FirstValue, exp.LastValue,
)  # fmt: skip


def _digits(node: exp.Expr | None) -> tuple[int, int] | None:
    """Digits and scale of what DuckDB holds as DECIMAL; (0, 0) for an integer, None for all else."""
    while isinstance(node, _INNER):
        if isinstance(node, exp.Sum):
            found = _digits(node.this)
            return (38, found[1]) if found is not None and found != (0, 0) else found
        node = node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node.this
    if isinstance(node, exp.Literal):
        if node.is_string or "e" in node.this.lower():
            return None
        return (0, 0) if node.is_int else (len(node.this) - 1, len(node.this.partition(".")[2]))
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        a, b = _digits(node.this), _digits(node.expression)
        if a is None or b is None:
            return None
        if a == b == (0, 0):
            return a
        scale = a[1] + b[1] if isinstance(node, exp.Mul) else max(a[1], b[1])
        return min(max(a[0] or 19, b[0] or 19) + 19, 38), scale
    type_ = node.args.get("to") if isinstance(node, exp.Cast) else node.type if node is not None else None
    if not isinstance(type_, exp.DataType):
        return None
    if type_.this in exp.DataType.INTEGER_TYPES:
        return 0, 0
    sizes = [int(p.name) for p in type_.expressions if p.name.isdigit()]
    if type_.this != exp.DType.DECIMAL or not sizes:
        return None
    return sizes[0], sizes[1] if len(sizes) > 1 else 0


def _widened(values: list[exp.Expr]) -> dict[int, exp.Expr]:
    """By the identity of a value: the same with the largest scale, where DuckDB would round it."""
    found = [_digits(v) for v in values]
    sizes = [d for d in found if d is not None]
    scale = max((s for _, s in sizes), default=0)
    if max((p - s for p, s in sizes), default=0) + scale <= 38:
        return {}
    return {
        id(v): cast(v.copy(), f"DECIMAL(38,{scale})")
        for v, d in zip(values, found, strict=True)
        if d is not None and d != (0, 0) and d[1] < scale
    }


@R.rule(exp.Case, exp.Coalesce, exp.Greatest, exp.Least, exp.Array)
def branches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Case):
        values = [b.args["true"] for b in node.args["ifs"]] + [node.args.get("default")]
    else:
        values = [node.this if not isinstance(node, exp.Array) else None, *node.expressions]
    kept = [v for v in values if isinstance(v, exp.Expr)]
    made = _widened(kept)
    for value in kept:
        if id(value) in made:
            value.replace(made[id(value)])
    return None


@R.rule(exp.Lag, exp.Lead)
def default(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # DuckDB gives the default the type of the column.
    column, other = _digits(node.this), _digits(node.args.get("default"))
    if column is not None and other is not None and other[1] > column[1]:
        node.set("this", cast(node.this, f"DECIMAL(38,{other[1]})"))
    return None


@R.rule(exp.Union, exp.Except, exp.Intersect)
def set_operation(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, exp.SetOperation):
        return None
    selects = [s.expressions for s in selects_of(node)]
    if any(e.is_star for items in selects for e in items):
        return None
    for column in zip(*selects, strict=False):
        values = [item.unalias() for item in column]
        made = _widened(values)
        for value in values:
            if id(value) in made:
                value.replace(made[id(value)])
    return None
