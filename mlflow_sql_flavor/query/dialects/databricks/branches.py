"""One type for the branches of a value: CASE, COALESCE, set operations.

https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#type-promotion-and-precedence
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common
from .casts import aligned
from .coercion import decimal_of, family, widest

R = DialectRules("databricks branches")


@R.rule(exp.Union, exp.Except, exp.Intersect)
def set_operation(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Branches of different types: text beside a number is cast to the number's type, not the other way round."""
    left, right = node.this, node.expression
    if not isinstance(left, exp.Query) or not isinstance(right, exp.Query):
        return None
    for i, (one, two) in enumerate(zip(left.selects, right.selects, strict=False)):
        a, b = family(one), family(two)
        if "text" in (a, b) and a != b and {a, b} - {"text", "null", None}:
            ctx.refuse(
                "implicit_cast", two if two.find(exp.Identifier) else one,
                f"Column {i + 1} is text in one branch and a {a if b == 'text' else b} in another",
                "Cast both branches to one type",
            )  # fmt: skip
    if not isinstance(node.parent, exp.SetOperation):
        selects = [s.expressions for s in common.selects_of(node)]
        if not any(e.is_star for items in selects for e in items):
            for column in zip(*selects, strict=False):
                common_scale([item.unalias() for item in column])
    return None


@R.rule(exp.Case, exp.Coalesce, exp.If, exp.Greatest, exp.Least, exp.Nvl2)
def branches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Text beside a number or date in the branches of one value: the text is cast, where DuckDB casts the number."""
    if isinstance(node, exp.Case):
        found = [i.args["true"] for i in node.args["ifs"]] + [node.args.get("default")]
    elif isinstance(node, (exp.If, exp.Nvl2)):
        if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
            return None
        found = [node.args["true"], node.args.get("false")]
    else:
        found = [node.this, *node.expressions]
    names = {family(f) for f in found if f is not None} - {"null"}
    if None not in names and "text" in names and len(names) > 1:
        other = next((n for n in ("timestamp", "date", "bool", "float", "decimal", "int") if n in names), None)
        if other is None:
            return None
        for branch in found:
            if branch is not None and family(branch) == "text":
                new = aligned(branch, other, ctx, node)
                if new is not branch:
                    _swap(node, branch, new)
    common_scale(found)
    return None


def common_scale(values: list[exp.Expr | None]) -> None:
    """Decimals of one value in their common type: DuckDB would round 0.12345 beside a SUM, which is DECIMAL(38, 2)."""
    target = widest(values)
    if target is None or target.this != exp.DType.DECIMAL:
        return
    for value in values:
        found = decimal_of(value)
        if value is not None and family(value) == "decimal" and found != decimal_of(_of(target)):
            holder, key, index = value.parent, value.arg_key, value.index
            if holder is not None and key is not None:
                holder.set(key, common.cast(value, target.sql("duckdb")), index)


def _of(type_: exp.DataType) -> exp.Expr:
    made = exp.Null()
    made.type = type_
    return made


def _swap(node: exp.Expr, old: exp.Expr, new: exp.Expr) -> None:
    holder = node
    if isinstance(node, exp.Case):
        holder = next((i for i in node.args["ifs"] if i.args["true"] is old), node)
    for key, value in holder.args.items():
        if value is old:
            holder.set(key, new)
            return
        if isinstance(value, list) and any(v is old for v in value):
            holder.set(key, [new if v is old else v for v in value])
            return
