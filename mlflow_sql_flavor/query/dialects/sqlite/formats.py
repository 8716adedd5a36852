"""printf and format: https://sqlite.org/printf.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from .. import DialectRules
from ..shared import build
from .coercions import integer, number, text

R = DialectRules("sqlite formats")
_SPEC = re.compile(r"%(?:%|[-+0 ]*\d*[dx]|[-+0 ]*\d*(?:\.(\d+))?[feg]|-?\d*s|,d|,\.(\d+)f)")


@R.rule(exp.Format)
@R.function("printf", "format")
def printf(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/printf.html: NULL is 0 to %d and %f and nothing to %s; %f rounds half away from zero
    fmt, *args = arguments(node)
    wanted = build.text(fmt.unnest())
    specs = [found for found in _SPEC.finditer(wanted or "") if found[0] != "%%"]
    if wanted is None or "%" in _SPEC.sub("", wanted) or len(specs) != len(args):
        ctx.refuse("number_format", node, "Formats but %d, %s and %.nf are SQLite's own", "Use round, cast and ||")
        return None
    if not any("," in spec[0] for spec in specs):
        shown = [_shown(spec, arg, ctx) for spec, arg in zip(specs, args, strict=True)]
        return ctx.call("printf", fmt, *shown, type="VARCHAR")
    return _grouped(wanted, args, ctx)


def _grouped(wanted: str, args: list[exp.Expr], ctx: Context) -> exp.Expr:
    """Thousands apart are DuckDB's format(), which writes {} for a value and knows no %."""
    given = iter(args)
    pieces, end = "", 0
    shown: list[exp.Expr] = []
    for found in _SPEC.finditer(wanted):
        pieces += wanted[end : found.start()].replace("{", "{{").replace("}", "}}")
        end = found.end()
        if found[0] == "%%":
            pieces += "%"
            continue
        value = _shown(found, next(given), ctx)
        if "," in found[0]:
            pieces += "{:,}" if found[0] == "%,d" else "{:,." + str(found[2]) + "f}"
            shown.append(value)
        else:
            pieces += "{}"
            shown.append(ctx.call("printf", build.lit(found[0]), value))
    pieces += wanted[end:].replace("{", "{{").replace("}", "}}")
    return ctx.call("format", build.lit(pieces), *shown, type="VARCHAR")


def _shown(spec: re.Match[str], arg: exp.Expr, ctx: Context) -> exp.Expr:
    kind = spec[0][-1]
    if kind == "s":
        return exp.Coalesce(this=text(arg, ctx), expressions=[build.lit("")])
    if kind in "dx":
        return exp.Coalesce(this=integer(arg, ctx), expressions=[build.lit(0)])
    zero = build.cast(build.lit(0), "DOUBLE")
    if kind in "eg":
        return exp.Coalesce(this=build.cast(number(arg, ctx), "DOUBLE"), expressions=[zero])
    rounded = ctx.macro("sqlite__round", number(arg, ctx), build.lit(int(spec[1] or spec[2] or 6)), type="DOUBLE")
    return exp.Coalesce(this=rounded, expressions=[zero])
