"""Text: string_functions."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, strings
from ..shared.calls import argument_count
from . import casts

R = DialectRules("bigquery strings")
_WRITTEN = ("float", "decimal", "timestamp", "timestamptz", "interval", "time", "json")

R.macros(
    {
        exp.Left: ("bq__left", "VARCHAR", "this", "expression"),
        exp.Right: ("bq__right", "VARCHAR", "this", "expression"),
        exp.Upper: ("bq__upper", "VARCHAR"),
        exp.CodePointsToString: ("bq__of_code_points", "VARCHAR", "this"),
        exp.Unicode: ("bq__unicode", "BIGINT", "this"),
    }
)


# string_functions#edit_distance
@R.rule(exp.Levenshtein)
def edit_distance(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    most = node.args.get("max_dist")
    found = ctx.macro("bq__edit_distance", node.this, node.expression, type="BIGINT")
    return found if most is None else ctx.macro("bq__at_most", found, most, type="BIGINT")


# string_functions#concat, operators#concatenation_operator: numbers and dates as CAST writes them
@R.rule(exp.Concat, exp.DPipe)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.DPipe):
        for key in ("this", "expression"):
            if ctx.is_a(node.args[key], *_WRITTEN):
                node.set(key, casts.as_text(node.args[key], ctx))
    elif type(node) is exp.Concat:
        node.set("expressions", [casts.as_text(e, ctx) if ctx.is_a(e, *_WRITTEN) else e for e in node.expressions])
    return None


# string_functions#to_code_points
@R.rule(exp.ToCodePoints)
def to_code_points(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "text"):
        return ctx.macro("bq__code_points", node.this, type="BIGINT[]")
    return ctx.macro("bq__bytes", node.this, type="BIGINT[]")


# string_functions#split
@R.rule(exp.Split)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    separator = node.expression
    if build.text(separator) or not ctx.is_a(node.this, "text"):
        return None
    if isinstance(separator, exp.Null):
        return exp.Null()
    return ctx.macro("bq__split", node.this, separator, type="VARCHAR[]")


# string_functions#instr: occurrences may overlap
@R.rule(exp.StrPosition)
def instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start = build.literal_int(node.args.get("position") or build.lit(1))
    nth = build.literal_int(node.args.get("occurrence") or build.lit(1))
    if start is None or nth is None or nth < 1 or start == 0:
        ctx.refuse("unfaithful", node, "INSTR is verified for a constant position and occurrence", "Write the numbers")
    if start == 1 and nth == 1:
        return ctx.call("strpos", node.this, node.args["substr"], type="BIGINT")
    return ctx.macro("bq__instr", node.this, node.args["substr"], build.lit(start or 1), build.lit(nth or 1),
                     type="BIGINT")  # fmt: skip


R.rule(exp.Like, exp.ILike)(strings.like_escape)  # operators#like_operator


# string_functions
@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Position 0 is 1; one beyond the left end is 1; a negative length is an error."""
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    assert start is not None
    if size is None:
        return ctx.macro("bq__substr2", this, start, type="VARCHAR")
    return ctx.macro("bq__substr", this, start, size, type="VARCHAR")


@R.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "bq__lpad" if node.args.get("is_left") else "bq__rpad"
    size = build.cast(node.expression, "INTEGER")
    return ctx.macro(name, node.this, size, node.args.get("fill_pattern") or build.lit(" "), type="VARCHAR")


@R.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) > 1:
        ctx.refuse("unfaithful", node, "INITCAP with its own delimiters is not verified", "Leave them out")
    delimiters = ' \t\n\r\f\v[](){}/|<>!?@"^#$&~_,.:;*%+-'
    return ctx.macro("bq__initcap", node.this, build.lit(delimiters), type="VARCHAR")


def _counting(node: exp.Expr, ctx: Context) -> str:
    return "strlen" if ctx.is_a(node.this, "text") else "octet_length"


R.renames({exp.ByteLength: (_counting, "BIGINT", "this")})
