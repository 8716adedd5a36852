"""What Spark's and DuckDB's words do otherwise on PostgreSQL."""

from __future__ import annotations

from sqlglot import exp

from ..dialects import DialectRules
from ..dialects.shared.build import cast, lit
from ..dialects.shared.calls import argument_count
from ..facts.context import Context
from ..reading.traversal import find_all
from . import common, formats, postgres_from_spark, regex
from .common import call, case, number
from .context import Writing

__all__ = ["R"]

R = DialectRules("PostgreSQL")
R.use(postgres_from_spark.R)


# numbers


def _half_up(value: exp.Expr) -> exp.Expr:
    """``round`` of a double away from zero, which is exact: 0.49999999999999994 stays below a half."""
    whole = call("TRUNC", value, type="DOUBLE")
    rest = call("ABS", exp.Sub(this=exp.Paren(this=value.copy()), expression=whole), type="DOUBLE")
    up = exp.Add(this=whole.copy(), expression=call("SIGN", value, type="DOUBLE"))
    made = case((exp.GTE(this=rest, expression=exp.Literal.number("0.5")), up), default=whole)
    made.type = exp.DataType.build("DOUBLE")
    return made


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Spark and DuckDB round half of a double away from zero: Spark by its digits, DuckDB by its binary value."""
    assert isinstance(ctx, Writing)
    if not ctx.is_a(node.this, "float"):
        return None
    digits = number(node.args.get("decimals")) if node.args.get("decimals") is not None else 0
    if digits is None or not 0 <= digits <= 15:
        raise ctx.no(node, "round of a double to this number of digits", "round to a constant from 0 to 15")
    if digits == 0:
        return _half_up(node.this)
    if ctx.source == "duckdb":
        return common.scaled(node.this, digits, _half_up)
    exact = call("ROUND", _exact(node.this), lit(digits))
    return cast(exact, "DOUBLE")


def _exact(value: exp.Expr) -> exp.Cast:
    """A double's shortest digits as a number: PostgreSQL's own cast keeps fifteen of them."""
    return exp.Cast(this=cast(value, "VARCHAR"), to=exp.DataType(this=exp.DType.DECIMAL))


@R.rule(exp.Cast)
def to_whole(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Spark cuts a fraction off."""
    assert isinstance(ctx, Writing) and isinstance(node, exp.Cast)
    if ctx.source == "databricks" and node.to.this in exp.DataType.INTEGER_TYPES:
        if ctx.is_a(node.this, "float", "decimal"):
            node.set("this", call("TRUNC", node.this))
    elif ctx.source == "duckdb":
        common.decimal_of_double(node, ctx, _half_up)
    return None


# texts


R.rule(exp.Cast, exp.DPipe, exp.Concat, exp.ConcatWs)(common.text_of_double)


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = common.substring(node, ctx, "CHAR_LENGTH", None)
    for key in ("start", "length"):  # of no BIGINT
        if node.args.get(key) is not None and number(node.args[key]) is None:
            node.set(key, cast(node.args[key], "INTEGER"))
    return found


R.rule(exp.Upper)(common.sharp_s)
R.rule(exp.RegexpLike, exp.RegexpILike)(regex.match_in_postgres)
R.rule(exp.RegexpReplace)(regex.replace_in_postgres)


@R.rule(exp.SimilarTo)
def similar(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = common.similar(node, ctx)
    return regex.match_in_postgres(made, ctx) if made is not None else None


@R.rule(exp.ConcatWs)
def concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Spark joins the items of an array; of PostgreSQL's array the text would be joined."""
    separator, *parts = node.expressions
    if not any(ctx.is_a(part, "array") for part in parts):
        return None
    joined = [_joined(part, separator) if ctx.is_a(part, "array") else part for part in parts]
    return call("CONCAT_WS", separator, *joined, type="VARCHAR")


def _joined(array: exp.Expr, separator: exp.Expr) -> exp.Expr:
    empty = exp.EQ(this=call("CARDINALITY", array), expression=lit(0))
    return case((empty, exp.null()), default=call("ARRAY_TO_STRING", array, separator))


# dates


@R.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return call("TO_CHAR", node.this, lit(formats.in_postgres(node, ctx)), type="VARCHAR")


@R.rule(exp.DateDiff)
def datediff(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Spark's datediff of two arguments counts days of the calendar."""
    assert isinstance(ctx, Writing)
    if ctx.source != "databricks" or argument_count(node, ctx) != 2:
        return None
    days = [cast(side, "DATE") for side in (node.args["this"], node.args["expression"])]
    made = exp.Paren(this=exp.Sub(this=days[0], expression=days[1]))
    made.type = exp.DataType.build("INT")
    return made


@R.rule(exp.AtTimeZone)
def from_utc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """from_utc_timestamp, which sqlglot writes as if the moment were of that zone. The session's zone is UTC."""
    assert isinstance(ctx, Writing)
    if ctx.source != "databricks" or isinstance(node.parent, exp.AtTimeZone):
        return None
    utc = exp.AtTimeZone(this=node.this, zone=lit("UTC"))
    return exp.Paren(this=exp.AtTimeZone(this=utc, zone=node.args["zone"]))


# arrays and names


def _from_zero(node: exp.Expr) -> bool:
    """Whether it is NULL, 0 or above whatever the rows: a constant, one of several, or a sum of such."""
    if isinstance(node, exp.Add):
        return _from_zero(node.this) and _from_zero(node.expression)
    if isinstance(node, exp.Case):
        chosen = [branch.args["true"] for branch in node.args["ifs"]]
        return all(map(_from_zero, [*chosen, *filter(None, [node.args.get("default")])]))
    at = number(node)
    return at is not None and at >= 0


@R.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Outside of an array Spark fails, PostgreSQL gives NULL; a negative place is one from the end."""
    assert isinstance(ctx, Writing)
    if len(node.expressions) != 1 or not ctx.is_a(node.this, "array"):
        return None
    (place,) = node.expressions
    at = number(place)
    if ctx.source == "duckdb":
        if _from_zero(place):
            return None  # what the reader has made of 1
        raise ctx.no(node, "A subscript that may be below 1", "write a constant, or unnest the list")
    items = node.this.expressions if isinstance(node.this, exp.Array) else None
    one_based = node.args.get("offset") == 1
    soft = bool(node.args.get("safe"))
    if at is not None and (items is not None or (soft and at > 0)):
        found = at + 1 if not one_based else at
        if found < 0 and items is not None:
            found += len(items) + 1
        if soft or (items is not None and 1 <= found <= len(items)):
            return exp.Bracket(this=node.this, expressions=[lit(found - 1)])
    raise ctx.no(node, "A subscript outside of its array", "use get(array, index), which gives NULL there")


@R.function("get")
def get(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``get(array, index)`` counts from 0 and gives NULL outside of the array."""
    assert isinstance(ctx, Writing)
    at = number(node.expressions[1]) if len(node.expressions) == 2 else None
    if ctx.source != "databricks" or at is None or at < 0:
        return None
    return exp.Bracket(this=node.expressions[0], expressions=[lit(at)])


@R.prepare
def colliding(tree: exp.Expr, ctx: Context) -> None:
    """Names that differ by case are one to DuckDB and Spark, and two to PostgreSQL."""
    assert isinstance(ctx, Writing)
    seen: dict[str, str] = {}
    for identifier in find_all(tree, exp.Identifier):
        if not identifier.args.get("quoted"):
            continue
        first = seen.setdefault(identifier.name.casefold(), identifier.name)
        if first != identifier.name:
            raise ctx.no(
                identifier, f"The names {first!r} and {identifier.name!r}", "let names differ by more than case"
            )
