"""What PostgreSQL's and DuckDB's words do otherwise on Spark 4 in ANSI mode."""

from __future__ import annotations

from sqlglot import exp

from ..dialects import DialectRules
from ..dialects.shared.build import cast, lit
from ..facts.context import Context
from ..reading.traversal import find_all
from . import common, formats, regex
from .arrays import collected
from .common import call, case, number
from .context import Writing

__all__ = ["R"]

R = DialectRules("Spark")


def _error(message: str) -> exp.Expr:
    return call("RAISE_ERROR", lit(message))


# numbers


@R.rule(exp.Div)
def divide(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A quotient of decimals has sixteen digits or is a double; Spark's has six."""
    sides = [node.args["this"], node.args["expression"]]
    if not any(ctx.is_a(s, "decimal") for s in sides) or any(ctx.is_a(s, "float", "interval") for s in sides):
        return None
    kind = node.type
    node.set("this", cast(sides[0], "DOUBLE"))
    node.type = kind  # what rounds it goes by the source's type
    return node


@R.rule(exp.Round)
def rounded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """PostgreSQL rounds half of a double to even, DuckDB away from zero, by the binary value."""
    assert isinstance(ctx, Writing)
    if not ctx.is_a(node.this, "float"):
        return None
    digits = number(node.args.get("decimals")) if node.args.get("decimals") is not None else 0
    if ctx.source == "postgres":
        return call("RINT", node.this, type="DOUBLE") if digits == 0 else None
    if digits is None or not 0 <= digits <= 15:
        raise ctx.no(node, "round of a double to this number of digits", "round to a constant from 0 to 15")
    return common.scaled(node.this, digits, _half_up) if digits else None


def _half_up(value: exp.Expr) -> exp.Expr:
    return call("ROUND", value, lit(0), type="DOUBLE")


@R.rule(exp.Cast)
def to_whole(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A fraction is rounded to a whole number; Spark cuts it off."""
    assert isinstance(node, exp.Cast)
    if node.to.this in exp.DataType.INTEGER_TYPES:
        if ctx.is_a(node.this, "float"):
            node.set("this", call("RINT", node.this, type="DOUBLE"))
        elif ctx.is_a(node.this, "decimal"):
            node.set("this", call("ROUND", node.this, lit(0), type="DECIMAL(38,0)"))
    return None


@R.rule(exp.Cast)
def to_decimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    assert isinstance(ctx, Writing) and isinstance(node, exp.Cast)
    if ctx.source == "duckdb":
        common.decimal_of_double(node, ctx, _half_up)
    elif node.to.this == exp.DType.DECIMAL and not node.to.expressions:  # of any number of digits
        if ctx.is_a(node.this, "decimal", "int") and not isinstance(node, exp.TryCast):
            kept = exp.Paren(this=node.this)
            kept.type = node.type
            return kept if ctx.is_a(node.this, "decimal") else cast(node.this, "DECIMAL(38,0)")
        raise ctx.no(node, "A DECIMAL without a number of digits", "write DECIMAL(18, 6) or the like")
    return None


@R.rule(exp.Log)
def logarithm(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """With one argument: to base 10 there, natural in Spark."""
    if node.args.get("expression") is not None:
        return None
    made = call("LOG10", node.this, type="DOUBLE")
    return _positive(made, node.this) or made


@R.rule(exp.Ln)
def natural(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _positive(node, node.this)


@R.function("log10")
def base10(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _positive(node, node.expressions[0])


def _positive(node: exp.Expr, value: exp.Expr) -> exp.Expr | None:
    """An error for 0 and below, of which Spark makes NULL."""
    if (number(value) or 0) > 0:
        return None
    wrong = exp.LTE(this=exp.Paren(this=value.copy()), expression=lit(0))
    made = case((wrong, _error("the logarithm of a number that is not above 0")), default=node)
    made.type = node.type
    return made


@R.rule(exp.Sqrt)
def root(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """PostgreSQL fails below 0; DuckDB and Spark give NaN."""
    assert isinstance(ctx, Writing)
    if ctx.source != "postgres" or number(node.this) is not None:
        return None
    wrong = exp.LT(this=exp.Paren(this=node.this.copy()), expression=lit(0))
    made = case((wrong, _error("the square root of a negative number")), default=node)
    made.type = node.type
    return made


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """PostgreSQL's to_hex has small letters, and eight of them for a negative integer."""
    assert isinstance(ctx, Writing)
    if ctx.source != "postgres":
        return None
    this = node.this
    wide = cast(this, "BIGINT")
    if not ctx.is_a(this, "int") or (this.type and this.type.this != exp.DType.BIGINT and number(this) is None):
        wide = exp.Paren(this=exp.BitwiseAnd(this=wide, expression=lit(2**32 - 1)))  # type: ignore[assignment]
    return call("LOWER", call("HEX", wide), type="VARCHAR")


# texts


R.rule(exp.Cast, exp.DPipe, exp.Concat, exp.ConcatWs)(common.text_of_double)


@R.rule(exp.Cast)
def short_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A cast to VARCHAR(n) cuts; Spark's does not."""
    assert isinstance(ctx, Writing) and isinstance(node, exp.Cast)
    if ctx.source != "postgres" or not common.of_text(ctx, node) or not node.to.expressions:
        return None
    if node.to.this in (exp.DType.CHAR, exp.DType.NCHAR, exp.DType.BPCHAR):
        raise ctx.no(node, "A cast to CHAR(n)", "cast to VARCHAR(n)")
    return call("SUBSTRING", cast(node.this, "VARCHAR"), lit(1), node.to.expressions[0].this, type="VARCHAR")


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.substring(node, ctx, "CHAR_LENGTH", _error)


R.rule(exp.Upper)(common.sharp_s)
R.rule(exp.RegexpReplace)(regex.replace_in_spark)
R.rule(exp.RegexpLike, exp.RegexpILike)(regex.match_in_spark)
R.rule(exp.SimilarTo)(common.similar)


@R.rule(exp.TimeToStr)
def date_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return call("DATE_FORMAT", node.this, lit(formats.in_spark(node, ctx)), type="VARCHAR")


# aggregates and relations


@R.rule(exp.ArrayAgg)
def array_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return None if isinstance(node.parent, exp.Filter) else collected(node, None, ctx)


@R.rule(exp.Filter)
def filtered(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return collected(node.this, node.expression, ctx) if isinstance(node.this, exp.ArrayAgg) else None


@R.rule(exp.WithinGroup)
def quantiles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """percentile_cont of several shares, which sqlglot makes approximate."""
    assert isinstance(ctx, Writing)
    shares = node.this.this if isinstance(node.this, (exp.PercentileCont, exp.PercentileDisc)) else None
    if not isinstance(shares, exp.Array):
        return None
    (ordered,) = node.expression.expressions
    if not isinstance(node.this, exp.PercentileCont) or ordered.args.get("desc"):
        raise ctx.no(node, "percentile_disc, or a falling one, of several shares", "write one call for each share")
    listed = call("ARRAY", *[cast(share, "DOUBLE") for share in shares.expressions])
    return call("PERCENTILE", ordered.this, listed, type="DOUBLE[]")


@R.rule(exp.Join)
def outer_lateral(node: exp.Expr, ctx: Context) -> None:
    assert isinstance(ctx, Writing)
    if node.args.get("side") and isinstance(node.this, (exp.Lateral, exp.Unnest)):
        raise ctx.no(node.this, "An outer join of unnest", "write LATERAL VIEW OUTER explode in Spark's dialect")


@R.rule(exp.Extract)
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A week starts with day 0 there, with day 1 in Spark."""
    if node.name.upper() in ("DOW", "DAYOFWEEK"):
        return exp.Paren(this=exp.Sub(this=call("DAYOFWEEK", node.expression), expression=lit(1)))
    return None


@R.prepare
def quote(tree: exp.Expr, ctx: Context) -> None:
    """Spark reads other letters than ASCII's in quotes only."""
    for identifier in find_all(tree, exp.Identifier):
        if not identifier.name.isascii():
            identifier.set("quoted", True)
