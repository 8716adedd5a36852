"""What Spark raises for in ANSI mode and DuckDB does not.

https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#type-promotion-and-precedence
"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed_query import outputs_of
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from ..shared.calls import written_name, written_text
from ..shared.smallest_integer import as_integer, smallest
from .casts import as_double
from .types import family, kind

R = DialectRules("databricks checks")
_NUMBERS = {"int", "float", "decimal"}


def _values(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Case):
        found = [i.args["true"] for i in node.args["ifs"]] + [node.args.get("default")]
    elif isinstance(node, (exp.If, exp.Nvl2)):
        found = [node.args["true"], node.args.get("false")]
    elif isinstance(node, (exp.In, exp.Coalesce, exp.Greatest, exp.Least)):
        found = [node.this, *node.expressions]
    elif isinstance(node, exp.Between):
        found = [node.this, node.args["low"], node.args["high"]]
    elif isinstance(node, exp.Array):
        found = list(node.expressions)
    else:
        found = [node.this, node.expression]
    return [f for f in found if isinstance(f, exp.Expr)]


@R.rule(exp.Case, exp.Coalesce, exp.If, exp.Nvl2, exp.Greatest, exp.Least, exp.In, exp.Between, exp.Nullif, exp.Array)
def mixed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A boolean is no number, and greatest() converts no text."""
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return None
    names = {family(v) for v in _values(node)} - {"null", None}
    if "bool" in names and names & _NUMBERS:
        raise ctx.error(node, "A boolean stands beside a number, which databricks refuses. Cast one of them.")
    if isinstance(node, (exp.Greatest, exp.Least)) and "text" in names and len(names) > 1:
        raise ctx.error(
            node,
            f"{node.key} of a text and a {min(str(n) for n in names - {'text'})} is an error in databricks. Cast one.",
        )
    return None


@R.rule(exp.Union, exp.Except, exp.Intersect)
def columns(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if isinstance(left, exp.Query) and isinstance(right, exp.Query):
        for one, two in zip(outputs_of(left), outputs_of(right), strict=False):
            names = {family(one), family(two)}
            if "bool" in names and names & _NUMBERS:
                place = two if two.parent is not None else right
                raise ctx.error(place, "A column is boolean in one branch and a number in another. Cast one of them.")
            if "map" in names and (node.args.get("distinct") is not False or not isinstance(node, exp.Union)):
                raise ctx.error(node, f"databricks has no {node.key.upper()} of maps. Use map_entries(m).")
    return None


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
def operands(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Two texts are no numbers; to a date an INT is added, no BIGINT."""
    names = [family(node.this), family(node.expression)]
    if "text" in names and set(names) <= {"text", "null"}:
        raise ctx.error(node, "databricks refuses arithmetic of texts alone. Cast one of them to a number.")
    if "date" in names and isinstance(node, (exp.Add, exp.Sub)):
        for side in (node.this, node.expression):
            found = kind(side)
            if found is not None and found.this == exp.DType.BIGINT:
                raise ctx.error(node, "databricks adds no BIGINT to a date. Cast it to INT.")
    return None


_ORDERED = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Max,
    exp.Min, exp.Ordered, exp.Greatest, exp.Least,
)  # fmt: skip


@R.rule(*_ORDERED)
def maps(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # sql-ref-datatypes.html: a map is not compared
    if family(node.this) == "map":
        raise ctx.error(node, "databricks compares no maps. Compare map_entries(m), or values by their keys.")
    return None


@R.rule(exp.Group, exp.Distinct)
def grouped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = node.expressions
    if isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Select):
        found = outputs_of(node.parent)
    for item in found:
        if family(item) == "map":
            raise ctx.error(
                item if item.parent is not None else node.parent,
                "Here a map is equal to another one only in the same order of its keys. Use map_entries(m), sorted.",
            )
    return None


@R.rule(exp.LogicalOr, exp.LogicalAnd, exp.CountIf)
def of_booleans(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    if family(value) not in ("bool", "null", None):
        raise ctx.error(node, "databricks takes a condition here. Compare the value, or cast it to BOOLEAN.")
    return None


_UNITS = re.compile(r"(micro|milli)?seconds?|minutes?|hours?|days?|dayofyear|weeks?|months?|quarters?|years?", re.I)


@R.normalise
def units(tree: exp.Expr, ctx: Context) -> None:
    """A unit is a word: date_diff('day', a, b) is an error."""
    for node in list(find_all(tree, exp.Func)):
        start = node.meta.get("start")
        if isinstance(node, exp.Extract):
            quoted = build.text(node.this)
        elif start is None or node.args.get("unit") is None or isinstance(node, (exp.DateTrunc, exp.TimestampTrunc)):
            continue
        else:
            quoted = written_text(ctx.sql, start, 0)
        name = written_name(node, ctx.sql) or ""
        if quoted is not None and _UNITS.fullmatch(quoted) and name.lower() not in ("date_part", "datepart"):
            raise ctx.error(node, f"Write the unit without quotes: {quoted.upper()}.")


@R.rule(exp.Window)
def window(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(family(item) == "map" for item in node.args.get("partition_by") or ()):
        raise ctx.error(node, "databricks has no PARTITION BY of a map. Use map_entries(m).")
    inner = node.this
    while isinstance(inner, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        inner = inner.this
    if isinstance(inner, exp.AggFunc) and isinstance(inner.this, exp.Distinct):
        raise ctx.error(node, "databricks has no DISTINCT in a window. Use size(collect_set(x) OVER (...)).")
    return None


@R.rule(exp.Neg)
def negated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A text is negated as a DOUBLE; what is out of a type's range is an error, which DuckDB's constants are not."""
    if smallest(node):
        return as_integer(node, ctx)
    if family(node.this) == "text":
        node.set("this", as_double(node.this, ctx))
        return None
    value, found = node.this.unnest(), kind(node.this)
    if isinstance(value, exp.Cast) and family(value) == "int" and found is not None and "parameter" not in value.meta:
        return build.cast(node, found.sql("duckdb"))
    return None


_REALS = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ,
    exp.NullSafeNEQ, exp.In, exp.Between, exp.Case, exp.Coalesce, exp.If, exp.Nvl2, exp.Greatest, exp.Least,
    exp.Nullif, exp.Array,
)  # fmt: skip


@R.rule(*_REALS)
def reals(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A FLOAT beside another kind of number is a DOUBLE; in DuckDB the other one becomes a FLOAT."""
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
        return None
    values = _values(node)
    if not any(_is_float(v) for v in values):
        return None
    if all(_is_float(v) or family(v) == "null" for v in values) and not isinstance(node, exp.Div):
        return None
    for value in values:
        if family(value) in _NUMBERS:
            holder, key, index = value.parent, value.arg_key, value.index
            if holder is not None and key is not None:
                holder.set(key, build.cast(value, "DOUBLE"), index)
    return None


def _is_float(node: exp.Expr) -> bool:
    found = kind(node)
    return found is not None and found.this == exp.DType.FLOAT
