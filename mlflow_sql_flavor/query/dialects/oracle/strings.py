"""Texts: one of no characters is NULL. Each rule names the page of the SQL Language Reference."""

from __future__ import annotations

import re
import unicodedata

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .formats import number_text

R = DialectRules("oracle strings")

R.macros(
    {
        "asciistr": ("ora__asciistr", "VARCHAR"),
        # INITCAP: words are letters and digits.
        exp.Initcap: ("ora__initcap", "VARCHAR", "this"),
    }
)


@R.rule(exp.Literal)
def empty(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Nulls: a text of no characters is NULL."""
    return exp.Null() if build.text(node) == "" else None


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """SUBSTR: position 0 is 1, a negative one counts from the end, nothing is NULL."""
    node.set("this", as_text(node.this, "Cut", ctx))
    size = node.args.get("length")
    args = [node.this, node.args["start"], size if size is not None else build.lit(2**31 - 1)]
    return ctx.macro("ora__substr", *args, type="VARCHAR")


@R.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LENGTH of nothing is NULL."""
    node.set("this", as_text(node.this, "Measure", ctx))
    return exp.Nullif(this=ctx.call("length", node.this), expression=build.lit(0))


@R.rule(exp.Pad)
def padded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LPAD, RPAD: with a blank unless said; no characters are NULL."""
    node.set("this", as_text(node.this, "Pad", ctx))
    name = "lpad" if node.args.get("is_left") else "rpad"
    size = build.cast(node.expression, "INTEGER") if build.literal_int(node.expression) is None else node.expression
    return nonempty(ctx.call(name, node.this, size, node.args.get("fill_pattern") or build.lit(" ")))


@R.rule(exp.Replace, exp.Trim)
def shortened(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """REPLACE, TRIM: what leaves no characters is NULL; a NULL to put in takes the text out."""
    if node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    node.set("this", as_text(node.this, "Change", ctx))
    new = node.args.get("replacement")
    if isinstance(node, exp.Replace):
        node.set("replacement", exp.Coalesce(this=new, expressions=[build.lit("")]) if new else build.lit(""))
    return nonempty(node.copy())


# Data-Type-Comparison-Rules, Implicit Data Conversion: functions of texts read a number as its text
@R.rule(exp.Ascii, exp.Upper, exp.Lower, exp.Initcap, exp.Like, exp.StrPosition)
def of_numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "substr", *(["expression"] if isinstance(node, exp.Like) else [])):
        value = node.args.get(key)
        text = number_text(value, ctx) if isinstance(value, exp.Expr) else None
        if text is not None:
            node.set(key, text)
    if isinstance(node, exp.Like) and isinstance(node.expression, exp.Null):
        return build.cast(exp.Null(), "BOOLEAN")
    return None


# UNISTR, COMPOSE, DECOMPOSE
@R.function("unistr")
def unistr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """UCS-2 codes of four digits behind a backslash."""
    written = build.text(node.expressions[0])
    if written is None or not re.fullmatch(r"(?:[^\\]|\\\\|\\[0-9A-Fa-f]{4})+", written):
        ctx.refuse("unfaithful", node, "UNISTR is verified for a constant", "Write the text")
        return None
    codes = re.sub(r"\\(\\|[0-9A-Fa-f]{4})", lambda m: m[1] if m[1] == "\\" else chr(int(m[1], 16)), written)
    try:
        text = codes.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ctx.error(node, "A surrogate of UNISTR has no other half.") from None
    return build.cast(build.lit(text), "VARCHAR")


@R.function("compose", "decompose")
def composed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The normal forms C and D."""
    compose, this = node.name.lower() == "compose", node.expressions[0]
    codes = [build.literal_int(code.expressions[0]) for code in find_all(this, exp.Chr)]
    if compose and ctx.is_a(this, "text") and all(code is not None and code < 128 for code in codes):
        return ctx.call("nfc_normalize", this, type="VARCHAR")
    written = build.text(this)
    if written is None or len(node.expressions) > 1:
        ctx.refuse("unfaithful", node, f"{node.name.upper()} is verified for constants", "Write the text")
        return None
    return build.cast(build.lit(unicodedata.normalize("NFD", written)), "VARCHAR")


def nonempty(node: exp.Expr) -> exp.Expr:
    made = exp.Nullif(this=node, expression=build.lit(""))
    made.type = exp.DataType.build("VARCHAR")
    return made


def as_text(node: exp.Expr, what: str, ctx: Context) -> exp.Expr:
    if ctx.is_a(node, "text") or isinstance(node, exp.Null):
        return node
    made = number_text(node, ctx)
    if made is None:
        ctx.refuse("locale_format", node, "The text of this value is not verified", f"{what} texts only")
        return node
    return made


# LENGTHB, INSTRB: bytes, of the character set that a database has unless said, AL32UTF8
@R.function("lengthb")
def lengthb(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = as_text(node.expressions[0], "Measure", ctx)
    ctx.warn("bytes", node, "Bytes are counted in UTF-8, as in a database with the character set AL32UTF8.")
    return exp.Nullif(this=ctx.call("strlen", this, type="BIGINT"), expression=build.lit(0))


# Concatenation-Operator, CONCAT: NULL adds nothing
@R.rule(exp.DPipe)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return nonempty(ctx.call("concat", *(as_text(a, "Join", ctx) for a in (node.this, node.expression))))


@R.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return nonempty(ctx.call("concat", *(as_text(a, "Join", ctx) for a in node.expressions)))


# INSTR: occurrences may overlap
@R.rule(exp.StrPosition)
def instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, nth = node.args.get("position") or build.lit(1), node.args.get("occurrence") or build.lit(1)
    first, number = build.literal_int(start), build.literal_int(nth)
    if first is None or number is None or number < 1:
        ctx.refuse("unfaithful", node, "INSTR is verified for a constant start and occurrence", "Write the numbers")
    if first == 1 and number == 1:
        return ctx.call("strpos", node.this, node.args["substr"], type="BIGINT")
    return ctx.macro("ora__instr", node.this, node.args["substr"], build.lit(first or 0), build.lit(number or 1),
                     type="BIGINT")  # fmt: skip


@R.function("instrb")
def instrb(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """INSTRB: bytes, which are characters as long as the text has ASCII alone."""
    this, part, *rest = node.expressions
    this, part = number_text(this, ctx) or this, number_text(part, ctx) or part
    numbers = [build.literal_int(value) for value in rest]
    first, number = (*numbers, 1, 1)[:2]
    if not ctx.is_a(this, "text") or not ctx.is_a(part, "text") or first is None or number is None or number < 1:
        ctx.refuse("unfaithful", node, "INSTRB is verified for texts, a constant start and occurrence", "Use INSTR")
    this = ctx.macro("ora__ascii", this)
    return ctx.macro("ora__instr", this, part, build.lit(first or 1), build.lit(number or 1), type="BIGINT")


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TRANSLATE: an empty third argument is NULL, and so is the result."""
    return nonempty(ctx.call("translate", node.this, node.args["from_"], node.args["to"]))
