"""Texts are bytes: what counts or cuts them is right for ASCII, and an error for anything else."""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D
from .numbers import to_text


@D.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/string-functions#length: bytes
    if node.args.get("binary") and ctx.is_a(node.this, "text"):
        return ctx.call("strlen", node.this, type="BIGINT")
    if ctx.is_a(node.this, "array"):
        return ctx.call("len", node.this, type="BIGINT")
    if ctx.unknown(node.this):
        raise ctx.error(node, "Whether this is a text or an array is not known here: name it in a CTE with a CAST.")
    return None


@D.function("lengthutf8")
def length_utf8(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("length", node.expressions[0], type="BIGINT")


@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, size = node.args.get("start"), node.args.get("length")
    if isinstance(start, exp.Literal) and start.this == "0":
        raise ctx.error(node, "Position 0 is an error in ClickHouse: texts begin at 1.")
    if isinstance(size, exp.Neg) or not isinstance(start, (exp.Literal, exp.Neg)):
        raise ctx.error(
            node, "This cut is counted from the end, or from a computed place: use a constant from the start."
        )
    node.set("this", ctx.macro("ch__ascii", node.this, type="VARCHAR"))
    return None


@D.rule(exp.Left, exp.Right, exp.Pad, exp.StrPosition, exp.Initcap)
def bytes_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", ctx.macro("ch__ascii", node.this, type="VARCHAR"))
    return None


@D.rule(exp.Upper, exp.Lower)
def ascii_case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "ch__upper" if isinstance(node, exp.Upper) else "ch__lower"
    return ctx.macro(name, node.this, type="VARCHAR")


@D.rule(exp.Like, exp.ILike)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A backslash escapes: https://clickhouse.com/docs/sql-reference/functions/string-search-functions#like
    if isinstance(node.parent, exp.Escape):
        return None
    made = exp.Escape(this=node.copy(), expression=common.lit("\\"))
    made.type = exp.DataType.build("BOOLEAN")
    return made


@D.rule(exp.Bracket)
def element(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Beyond the end is the type's default: https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayElement
    default = (
        "''"
        if ctx.is_a(node, "text") or isinstance(node.this, exp.Split)
        else "0"
        if ctx.is_a(node, "number")
        else None
    )
    if default is None or len(node.expressions) != 1:
        raise ctx.error(node, "What an element beyond the array is depends on its type, which is not known here.")
    made = exp.Case(
        ifs=[
            exp.If(
                this=exp.GTE(this=node.expressions[0].copy(), expression=ctx.call("len", node.this.copy())),
                true=common.lit("") if default == "''" else common.lit(0),
            )
        ],
        default=node.copy(),
    )
    made.type = node.type
    return exp.Paren(this=made)


@D.rule(exp.ArraySlice)
def array_slice(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Offset and length: https://clickhouse.com/docs/sql-reference/functions/array-functions#arraySlice
    start, size = node.args.get("start"), node.args.get("end")
    if not isinstance(start, exp.Literal) or not (size is None or isinstance(size, exp.Literal)):
        raise ctx.error(node, "arraySlice has a counterpart for constants from the start only.")
    if size is None:
        return ctx.call("list_slice", node.this, start, ctx.call("len", node.this.copy()))
    return ctx.call("list_slice", node.this, start, common.lit(int(start.this) + int(size.this) - 1))


@D.rule(exp.Reverse)
def reverse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "array") or isinstance(node.this, exp.Array):
        return ctx.call("list_reverse", node.this)
    node.set("this", ctx.macro("ch__ascii", node.this, type="VARCHAR"))
    return None


@D.function("tostring")
def to_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return to_text(node.expressions[0], node, ctx)


@D.function("replaceall")
def replace_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("replace", *node.expressions, type="VARCHAR")


@D.function("substringutf8", "upperutf8", "lowerutf8")
def utf8(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call(node.name.lower().removesuffix("utf8"), *node.expressions, type="VARCHAR")


@D.function("replaceregexpall", "replaceregexpone")
def replace_regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    flags = [common.lit("g")] if node.name.lower().endswith("all") else []
    return ctx.call("regexp_replace", *node.expressions, *flags, type="VARCHAR")


@D.function("extract", "extractall")
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The first group, or all that matched: https://clickhouse.com/docs/sql-reference/functions/string-search-functions#extract
    value, pattern = node.expressions
    written = common.text(pattern.unnest())
    if written is None:
        raise ctx.error(node, "The pattern is not a constant: write it as a text.")
    group = common.lit(1 if "(" in written.replace("(?:", "").replace("\\(", "") else 0)
    name = "regexp_extract" if node.name.lower() == "extract" else "regexp_extract_all"
    return ctx.call(name, value, pattern, group)


@D.function("base64encode")
def base64(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("to_base64", ctx.call("encode", node.expressions[0]), type="VARCHAR")


@D.rule(exp.ArrayDistinct)
def array_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In the order of their first occurrence; NULLs are left out
    return ctx.macro("ch__array_distinct", node.this)


@D.function("multisearchany")
def multi_search_any(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("ch__search_any", *node.expressions, type="BIGINT")


@D.function("arrayexists")
def array_exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, array = node.expressions
    found = ctx.call("len", ctx.call("list_filter", array, test))
    return common.cast(exp.Paren(this=exp.GT(this=found, expression=common.lit(0))), "BIGINT")


@D.function("jsonlength")
def json_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *keys = node.expressions
    for key in keys:
        value = ctx.macro("ch__json_at", value, key)
    return ctx.macro("ch__json_length", node.expressions[0].copy(), value, type="BIGINT")
