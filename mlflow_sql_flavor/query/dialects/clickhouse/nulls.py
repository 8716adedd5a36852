"""Whether a value may be NULL: by its type, which a model's columns do not say.

A column that holds a NULL is Nullable, and one that a reference table's Arrow or Parquet schema says has none is not.
Where neither is known, what depends on it is an error when it happens, not before.
https://clickhouse.com/docs/sql-reference/data-types/nullable
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse nulls")
# Of a NULL they give NULL, and never of anything else.
_STRICT = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Paren, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE,
    exp.Upper, exp.Lower, exp.Round, exp.Floor, exp.Ceil, exp.Trunc, exp.Abs, exp.Sign, exp.Sqrt, exp.Exp, exp.Ln,
    exp.Substring, exp.Left, exp.Right, exp.Trim, exp.Replace, exp.Length, exp.TimestampTrunc, exp.DateTrunc,
    exp.DateDiff, exp.TimeToStr, exp.Concat, exp.DPipe, exp.Alias, exp.Like,
    exp.Sum, exp.Min, exp.Max, exp.Avg, exp.AnyValue, exp.And, exp.Or, exp.Not, exp.In,
)  # fmt: skip
_NEVER = (exp.Literal, exp.Boolean, exp.Count, exp.CountIf, exp.ApproxDistinct, exp.RowNumber, exp.Rank, exp.DenseRank,
          exp.Is, exp.Array, exp.Struct, exp.Exists, exp.RowNumber, exp.Ntile)  # fmt: skip
STRICT_FUNCTIONS = {
    "tostring", "toint8", "toint16", "toint32", "toint64", "touint8", "touint16", "touint32", "touint64", "tofloat64",
    "tofloat32", "todate", "todatetime", "toyear", "tomonth", "todayofmonth", "tohour", "tominute", "tosecond",
    "intdiv", "plus", "minus", "multiply", "divide", "negate", "modulo", "lengthutf8", "todecimal32", "todecimal64",
    "todatetime64", "todecimal128", "tomonday", "tostartofweek", "toyyyymm", "toyyyymmdd", "jsonextractint",
    "jsonextractfloat",
    "jsonextractbool", "materialize", "identity", "toquarter", "todayofweek", "toisoweek", "todayofyear",
    "tounixtimestamp", "makedate", "makedatetime",
}  # fmt: skip
_ASKED = {
    "isnullable", "laginframe", "leadinframe", "toint8", "toint16", "toint32", "toint64", "touint8", "touint16",
    "touint32", "touint64", "tofloat64", "tofloat32", "todate", "todatetime", "todecimal32", "todecimal64",
    "todecimal128",
}  # fmt: skip
_NEVER_FUNCTIONS = {
    "isnull",
    "isnotnull",
    "assumenotnull",
    "uniqexact",
    "today",
    "now",
    "range",
    "empty",
    "notempty",
    "arrayproduct",
    "arrayavg",
    "ignore",
}


def nullable(node: exp.Expr | None, ctx: Context, depth: int = 0) -> bool | list[exp.Expr]:
    """True, False, or the conditions of which each would prove it; no condition where nothing is known."""
    if node is None or depth > 30:
        return []
    if "nullable" not in node.meta:
        node.meta["nullable"] = _nullable(node, ctx, depth)
    return node.meta["nullable"]  # type: ignore[no-any-return]


def _nullable(node: exp.Expr, ctx: Context, depth: int) -> bool | list[exp.Expr]:
    if isinstance(node, exp.Null):
        return True
    if isinstance(node, _NEVER):
        return False
    if isinstance(node, exp.Column):
        return _column(node, ctx, depth)
    if isinstance(node, (exp.Nullif, exp.Subquery)):
        return True
    if isinstance(node, exp.Cast):
        kind = node.args["to"].args.get("nullable")
        return nullable(node.this, ctx, depth + 1) if kind is None else bool(kind)
    if isinstance(node, exp.Coalesce):
        parts = [nullable(arg, ctx, depth + 1) for arg in (node.this, *node.expressions)]
        return False if any(part is False for part in parts) else all(part is True for part in parts) or []
    if isinstance(node, exp.Case):
        values = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        return True if default is None else _any([*values, default], ctx, depth)
    if isinstance(node, exp.If):
        false = node.args.get("false")
        return True if false is None else _any([node.args["true"], false], ctx, depth)
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name in _NEVER_FUNCTIONS:
            return False
        if name.endswith("ornull") or name == "tonullable":
            return True
        if name == "multiif":
            return _any([*node.expressions[1::2], node.expressions[-1]], ctx, depth)
        return _any(node.expressions, ctx, depth) if name in STRICT_FUNCTIONS else []
    if isinstance(node, exp.Window):
        return nullable(node.this, ctx, depth + 1)
    if isinstance(node, exp.CastToStrType):
        return str(node.args["to"].name).startswith("Nullable(")
    if isinstance(node, _AGGREGATES):
        return _aggregate(node, ctx, depth)
    if isinstance(node, _STRICT):
        operands = [part for key in ("this", "expression", "expressions") for part in _listed(node.args.get(key))]
        return _any(operands, ctx, depth)
    return []


_AGGREGATES = (exp.CombinedAggFunc, exp.AnonymousAggFunc, exp.ParameterizedAgg, exp.CombinedParameterizedAgg,
               exp.Quantile, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop)  # fmt: skip
_NEVER_AGGREGATES = ("count", "uniq", "group", "quantiles", "topk", "retention")


def _aggregate(node: exp.Expr, ctx: Context, depth: int) -> bool | list[exp.Expr]:
    name = str(node.this).lower() if isinstance(node.this, str) else ""
    if "ornull" in name:
        return True
    if name.startswith(_NEVER_AGGREGATES):
        return False
    listed = node.args.get("params") or node.expressions
    return nullable(node.this if isinstance(node.this, exp.Expr) else (listed or [None])[0], ctx, depth + 1)


def _listed(value: object) -> list[exp.Expr]:
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, exp.Expr)]


def _any(values: list[exp.Expr], ctx: Context, depth: int) -> bool | list[exp.Expr]:
    parts = [nullable(value, ctx, depth + 1) for value in values if not isinstance(value, (exp.Var, exp.Interval))]
    if any(part is True for part in parts):
        return True
    if all(part is False for part in parts):
        return False
    proofs = {proof.sql(): proof for part in parts if isinstance(part, list) for proof in part}
    return list(proofs.values())[:8]


def _column(column: exp.Column, ctx: Context, depth: int) -> bool | list[exp.Expr]:
    source = ctx.read_from(column)
    if not isinstance(source, exp.Table):
        return [] if isinstance(source, exp.SetOperation) else nullable(ctx.origin(column), ctx, depth + 1)
    table = next((name for name in ctx.schema if name.casefold() == source.name.casefold()), "")
    known = next((name for name in ctx.schema.get(table, {}) if name.casefold() == column.name.casefold()), None)
    if known is None:
        return []
    required = ctx.required.get(table) or ()
    if known in required:
        return False
    # a schema that says of some columns that they have none says it of no other
    return True if required else [_holds_null(table, known)]


def _holds_null(table: str, column: str) -> exp.Expr:
    known = exp.column(exp.to_identifier(column, quoted=True))
    rows = exp.Select(expressions=[exp.Literal.number(1)]).from_(exp.Table(this=exp.to_identifier(table, quoted=True)))
    found = exp.Exists(this=rows.where(exp.Is(this=known, expression=exp.Null())))
    found.type = exp.DataType.build("BOOLEAN")
    return found


def elements_nullable(array: exp.Expr, ctx: Context, depth: int = 0) -> bool | list[exp.Expr]:
    """Whether an array's elements may be NULL: as :func:`nullable`."""
    if isinstance(array, exp.Array):
        return _any(array.expressions, ctx, depth) if array.expressions else False
    if not isinstance(array, exp.Column):
        return False
    source = ctx.read_from(array)
    if not isinstance(source, exp.Table):
        origin = ctx.origin(array) if source is not None and depth < 30 else None
        return elements_nullable(origin, ctx, depth + 1) if origin is not None else []
    table = next((name for name in ctx.schema if name.casefold() == source.name.casefold()), "")
    known = next((name for name in ctx.schema.get(table, {}) if name.casefold() == array.name.casefold()), None)
    if known is None:
        return []
    value = exp.column(exp.to_identifier(known, quoted=True))
    held = exp.GT(this=ctx.call("len", value), expression=ctx.call("list_count", value.copy()))
    rows = exp.Select(expressions=[exp.Literal.number(1)]).from_(exp.Table(this=exp.to_identifier(table, quoted=True)))
    found = exp.Exists(this=rows.where(held))
    found.type = exp.DataType.build("BOOLEAN")
    return [found]


def condition(found: bool | list[exp.Expr]) -> exp.Expr:
    """Whether it is Nullable, as an expression: FALSE where that is not known."""
    if isinstance(found, bool):
        return exp.Boolean(this=found)
    if not found:
        return exp.Boolean(this=False)
    return exp.Paren(this=exp.or_(*(proof.copy() for proof in found), copy=False))


def of_none(
    value: exp.Expr, rows: exp.Expr, found: bool | list[exp.Expr], default: exp.Expr | None, ctx: Context
) -> exp.Expr:
    """A value that is NULL here when ``rows`` is 0, where a type that is not Nullable has a default."""
    if found is True:
        return value
    if found is False and default is not None:
        made: exp.Expr = ctx.macro("ch__default", value, rows, default)
    else:
        made = ctx.macro("ch__of_rows", value, rows, condition(found))
    made.type = value.type
    return made


def default_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The default of a value's type, None where the type is not known."""
    if ctx.is_a(node, "text"):
        return exp.Literal.string("")
    return exp.Literal.number(0) if ctx.is_a(node, "number", "bool") else None


def truth(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A condition as DuckDB's boolean: a number is true where it is not 0."""
    if ctx.is_a(node, "number"):
        return exp.NEQ(this=exp.Paren(this=node), expression=exp.Literal.number(0))
    return node


@R.prepare
def marked(tree: exp.Expr, ctx: Context) -> None:
    # Before any rule changes what a column means
    for node in walk_tree(tree):
        if isinstance(node, (exp.AggFunc, exp.Lag, exp.Lead, exp.NthValue)) or (
            isinstance(node, exp.Anonymous) and node.name.lower() in _ASKED
        ):
            listed = node.args.get("params") or node.expressions
            argument = node.this if isinstance(node.this, exp.Expr) else (listed or [None])[0]
            node.meta["argument"] = nullable(argument, ctx)
        elif isinstance(node, exp.Cast) and ctx.is_a(node.this, "text"):
            node.meta["argument"] = nullable(node.this, ctx)


def of_argument(node: exp.Expr) -> bool | list[exp.Expr]:
    """What is known of a function's first argument, asked before the rules."""
    found: bool | list[exp.Expr] = node.meta.get("argument", [])
    return found


@R.function("isnullable")
def is_nullable(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = of_argument(node)
    if not isinstance(found, bool):
        raise ctx.error(
            node, "isNullable of a column has a counterpart where the table's schema says which are Nullable."
        )
    return build.cast(build.lit(int(found)), "BIGINT")


R.converts({"tonullable": build.as_it_is})


@R.function("assumenotnull")
def assumed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of a NULL it is whatever the column's memory holds there
    made = ctx.macro("ch__assume", node.expressions[0])
    made.type = node.expressions[0].type
    return made
