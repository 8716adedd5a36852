"""Values of different types beside each other, which each engine converts in its own way: refused."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from . import build

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENTS = ("date", "timestamp", "timestamptz")


def _mixed(left: exp.Expr, right: exp.Expr, node: exp.Expr, ctx: Context) -> None:
    for a, b in ((left, right), (right, left)):
        if not ctx.is_a(a, "text"):
            continue
        if ctx.is_a(b, "number", "bool"):
            ctx.refuse("implicit_cast", node, "A text is compared with a number, which each engine converts in its way",
                       "Write the conversion with CAST")  # fmt: skip
        elif ctx.is_a(b, *_MOMENTS):
            literal = build.text(a)
            if literal is None or not _ISO.fullmatch(literal):
                ctx.refuse("implicit_cast", node, "A text is compared with a date, which each engine reads in its way",
                           "Convert it with a format, or write YYYY-MM-DD")  # fmt: skip
        elif ctx.is_a(b, "json"):
            ctx.refuse("implicit_cast", node, "A JSON value is compared with a text", "Cast the JSON value to text")


def chained(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``a > b IN (...)``, which is ``(a > b) IN (...)`` where such operators are of one rank."""
    if isinstance(node.expression, (exp.In, exp.Between, exp.Like, exp.Is)):
        raise ctx.error(node, "Which operator comes first differs between engines here: write brackets.")
    return None


def branches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Branches of texts and of numbers: an error in some engines, a conversion in others, a text in DuckDB."""
    if isinstance(node, exp.Coalesce):
        values = [node.this, *node.expressions]
    else:
        values = [branch.args["true"] for branch in node.args["ifs"]]
        values += [node.args["default"]] if node.args.get("default") is not None else []
    texts = [v for v in values if ctx.is_a(v, "text")]
    others = [v for v in values if ctx.is_a(v, "number", "bool", *_MOMENTS)]
    if texts and others and _read_as_moments(node, texts, others, ctx):
        return None
    if texts and others and not (ctx.rules.name == "tsql" and node.args.get("is_null")):
        ctx.refuse("implicit_cast", node, "Texts stand beside numbers or dates, which each engine converts in its way",
                   "Write the conversion with CAST")  # fmt: skip
    return None


#: Where a constant text beside dates is read as one, and beside moments without a zone as such a moment.
#: https://docs.snowflake.com/en/sql-reference/data-type-conversion#data-types-that-can-be-converted
#: https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules#literal_coercion
#: https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html#r_Type_conversion
#: https://learn.microsoft.com/en-us/sql/t-sql/data-types/data-type-precedence-transact-sql
_READS = {
    "snowflake": ("date", "timestamp"), "redshift": ("date", "timestamp"), "bigquery": ("date",), "tsql": ("date",),
}  # fmt: skip


def _read_as_moments(node: exp.Expr, texts: list[exp.Expr], others: list[exp.Expr], ctx: Context) -> bool:
    """Casts constant texts to the type of the dates or moments beside them, where the engine does; whether it could."""
    for family in _READS.get(ctx.rules.name, ()):
        form = _ISO if family == "timestamp" else _ISO_DATE
        literals = [build.text(value) for value in texts]
        if all(ctx.is_a(value, family) for value in others) and all(t and form.fullmatch(t) for t in literals):
            for value in texts:
                value.replace(build.translated(value.copy(), family.upper(), False))
            node.type = exp.DataType.build(family.upper(), dialect="duckdb")
            return True
    return False


def comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _mixed(node.this, node.expression, node, ctx)
    return None


def in_list(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for other in node.expressions:
        _mixed(node.this, other, node, ctx)
    return None


def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("low", "high"):
        _mixed(node.this, node.args[key], node, ctx)
    return None
