"""Date patterns of java.time: https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from .. import DialectRules
from ..shared import build
from ..shared.calls import written_text
from .casts import as_text
from .types import family

R = DialectRules("databricks formats")


@R.function("format_number")
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Thousands by commas, n digits, half even: java.text.DecimalFormat."""
    x, digits = node.expressions
    if not (isinstance(digits, exp.Literal) and digits.is_int) or family(x) not in ("int", "decimal", "float"):
        ctx.refuse(
            "number_format", node, "format_number is verified for numbers and constant digits", "Round the number"
        )
        return None
    n = int(digits.this)
    if n > 14:
        ctx.refuse("number_format", node, "format_number is verified for up to 14 digits", "Ask for fewer digits")
    args = [digits, build.cast(build.lit(str(10.0 ** (15 - n))), "DOUBLE"), build.lit("{:,." + str(n) + "f}")]
    exact = x if family(x) == "decimal" else build.cast(x, "DOUBLE")  # a double is rounded by its bits, not its text
    return ctx.macro("dbx__format_number", exact, *args, type="VARCHAR")


_SPEC = re.compile(r"%(?:(%)|(0?\d*)(d)|(-?\d*)(s)|\.(\d+)(f))")


@R.rule(exp.Format)
@R.function("printf")
def printf(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Java's formats: those without flags, of arguments that fit. NULL is the text "null", cut by a precision."""
    this, *args = arguments(node)
    found = build.text(this)
    rest = _SPEC.sub("", found) if found is not None else "%"
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    fits = len(specs) == len(args) and all(
        family(a) in ({"int"} if m[3] else {"text", "int"} if m[5] else {"float", "decimal"})
        and (not m[7] or int(m[6]) <= 18)
        for m, a in zip(specs, args, strict=False)
    )
    if "%" in rest or not fits:
        ctx.refuse("locale_format", node, "This format is not verified: Java's formats differ from C's",
                   "Use %s, %d or %.2f with text, integers and doubles, or CONCAT with ROUND")  # fmt: skip
        return ctx.call("printf", this, *args, type="VARCHAR")
    fmt = build.lit(_SPEC.sub(lambda m: m[0] if m[1] or m[5] else "%s", found or ""))
    made = [_printed(spec, arg, ctx) for spec, arg in zip(specs, args, strict=True)]
    return ctx.call("printf", fmt, *made, type="VARCHAR")


def _printed(spec: re.Match[str], arg: exp.Expr, ctx: Context) -> exp.Expr:
    if spec[7]:
        n = int(spec[6])
        return ctx.macro("dbx__printf_f", build.cast(arg, "DOUBLE"), build.lit(n), build.lit("null"[:n]))
    absent = "null"
    if spec[3]:
        absent = absent.rjust(int(spec[2] or 0))
        arg = ctx.call("printf", build.lit(spec[0]), arg)
    else:
        arg = as_text(arg, ctx)
    return exp.Coalesce(this=arg, expressions=[build.lit(absent)])


def format_text(node: exp.Expr, ctx: Context, index: int = 1) -> str:
    """The pattern as it is written: sqlglot has already turned the tree's into one of strftime.

    Raises:
        QueryError: the pattern is no constant.
    """
    start = node.meta.get("start")
    found = written_text(ctx.sql, start, index) if start is not None else None
    if found is None:
        ctx.refuse("unfaithful", node, "The date pattern is not a constant", "Write the pattern as a text")
        raise ctx.error(node, "The date pattern has to be a constant.")
    return found
