"""to_char, to_date and their kin: https://www.postgresql.org/docs/15/functions-formatting.html"""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text
from ..shared.date_formats import UnknownToken, timefmt
from .casts import as_text
from .numbers import as_exact_text
from .types import category, is_exact

R = DialectRules("postgres formats")


@R.rule(exp.ToNumber)
def to_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Digits, a sign, commas and one point, as the mask allows them.
    mask = text(node.args.get("format"))
    if mask is None or not re.fullmatch(r"[FfMmSs]{0,3}[90,]+([.D][90]*)?", mask):
        ctx.refuse("number_format", node, "This number format has no counterpart", "Use replace() and a cast")
    scale = len(re.split("[.D]", mask or "")[1]) if re.search("[.D]", mask or "") else 0
    return cast(ctx.macro("pg__to_number", node.this, lit(scale)), f"DECIMAL(38,{scale})")


_PIECE = re.compile(r"%(?:([1-9][0-9]*)\$)?(-?)([0-9]*)([s%])")


@R.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-string.html#FUNCTIONS-STRING-FORMAT: %s is empty where the value is NULL
    pattern = text(node.this)
    if pattern is None or "%" in _PIECE.sub("", pattern) or any(isinstance(v, exp.Var) for v in node.expressions):
        raise ctx.error(
            node, "Only %s, its place and width, and %% in a literal format() can be translated. Use || or concat()."
        )
    parts: list[exp.Expr] = []
    at, end = 0, 0
    for piece in _PIECE.finditer(pattern):
        place, left, width, kind = piece.groups()
        if piece.start() > end:
            parts.append(lit(pattern[end : piece.start()]))
        end = piece.end()
        if kind == "%":
            parts.append(lit("%"))
            continue
        at = int(place) if place else at + 1  # the next one without a place follows this one
        if at > len(node.expressions):
            raise ctx.error(node, "format() has too few arguments.")
        parts.append(_formatted(node.expressions[at - 1].copy(), left, int(width or 0), ctx))
    if end < len(pattern):
        parts.append(lit(pattern[end:]))
    return ctx.call("concat", *(parts or [lit("")]), type="VARCHAR")


def _formatted(value: exp.Expr, left: str, width: int, ctx: Context) -> exp.Expr:
    made: exp.Expr = exp.Coalesce(this=as_text(value, ctx, letters=True), expressions=[lit("")])
    if not width:
        return made
    blanks = ctx.call("repeat", lit(" "), ctx.call("greatest", lit(0), _short(made, width, ctx)), type="VARCHAR")
    return ctx.call("concat", *((made, blanks) if left else (blanks, made)), type="VARCHAR")


def _short(value: exp.Expr, width: int, ctx: Context) -> exp.Expr:
    """By how many characters a text is shorter than a width."""
    return exp.Sub(this=lit(width), expression=ctx.call("length", value.copy(), type="BIGINT"))


# functions-formatting.html#FUNCTIONS-FORMATTING-DATETIME-TABLE. Values: strftime text, or (macro, strftime of it).
_DAY = ("Day", "Month")
_PLAIN = {
    "YYYY": "%Y", "YY": "%y", "IYYY": "%G", "MM": "%m", "DD": "%d", "DDD": "%j", "HH24": "%H", "HH12": "%I", "HH": "%I",
    "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f", "FF3": "%g", "FF6": "%f", "ID": "%u", "IW": "%V",
    "Mon": "%b", "Dy": "%a", "AM": "%p", "PM": "%p", "Day": "%A", "Month": "%B",
}  # fmt: skip
_UNPADDED = {
    "MM": "%-m", "DD": "%-d", "HH24": "%-H", "HH12": "%-I", "HH": "%-I", "MI": "%-M", "SS": "%-S", "DDD": "%-j",
    "YYYY": "%Y", "Day": "%A", "Month": "%B", "Mon": "%b", "Dy": "%a", "AM": "%p", "PM": "%p", "ID": "%u",
}  # fmt: skip
_MACROS = {
    "Q": "pg__fmt_q", "D": "pg__fmt_d", "WW": "pg__fmt_ww", "W": "pg__fmt_w", "J": "pg__fmt_j", "CC": "pg__fmt_cc",
    "SSSS": "pg__fmt_ssss", "SSSSS": "pg__fmt_ssss",
}  # fmt: skip
_CASED = {
    "DAY": ("%A", "upper"), "day": ("%A", "lower"), "MONTH": ("%B", "upper"), "month": ("%B", "lower"),
    "MON": ("%b", "upper"), "mon": ("%b", "lower"), "DY": ("%a", "upper"), "dy": ("%a", "lower"),
    "am": ("%p", "lower"), "pm": ("%p", "lower"),
    "A.M.": ("%p", "dots"), "P.M.": ("%p", "dots"), "a.m.": ("%p", "lowdots"), "p.m.": ("%p", "lowdots"),
}  # fmt: skip
_NOT_YET = (
    "Y,YYY", "YYY", "Y", "IYY", "IY", "I", "BC", "AD", "B.C.", "A.D.", "bc", "ad", "RM", "rm", "TZ", "tz", "TZH", "TZM",
    "OF", "IDDD", "FF1", "FF2", "FF4", "FF5", "TM", "FX", "SP",
)  # fmt: skip
_KEYWORDS = sorted({*_PLAIN, *_MACROS, *_CASED, *_NOT_YET}, key=len, reverse=True)
_NAMES = {"Mon", "Dy", "Day", "Month", "AM", "PM"}  # the others match in any case


def _match(fmt: str, i: int) -> str | None:
    for word in _KEYWORDS:
        piece = fmt[i : i + len(word)]
        if piece == word or (word not in _CASED and word not in _NAMES and piece.upper() == word):
            return word
    return None


def _pieces(fmt: str, value: exp.Expr, node: exp.Expr, ctx: Context) -> list[exp.Expr]:
    """A date format as texts to join."""
    out: list[exp.Expr] = []
    plain: list[str] = []

    def flush() -> None:
        if plain:
            joined = "".join(plain)
            out.append(ctx.call("strftime", value.copy(), lit(joined)) if "%" in joined else lit(joined))
            plain.clear()

    i = 0
    while i < len(fmt):
        if fmt[i] == '"':
            end = fmt.find('"', i + 1)
            end = len(fmt) if end < 0 else end
            plain.append(fmt[i + 1 : end].replace("%", "%%"))
            i = end + 1
            continue
        if fmt[i] == "\\" and fmt[i + 1 : i + 2] == '"':
            plain.append('"')
            i += 2
            continue
        fill = fmt[i : i + 2].upper() == "FM"
        start = i + 2 if fill else i
        word = _match(fmt, start)
        if word is None:
            if fill or fmt[i].isalpha():
                raise ctx.error(node, f"to_char() takes {fmt[i]!r} as a letter here. Put text into double quotes.")
            plain.append("%%" if fmt[i] == "%" else fmt[i])
            i += 1
            continue
        i = start + len(word)
        if word in _NOT_YET:
            raise ctx.error(node, f"The pattern {word!r} of to_char() has no counterpart.")
        if fmt[i : i + 2] in ("TH", "th"):
            digits = _UNPADDED.get(word) if fill else _PLAIN.get(word)
            if digits is None or word in _NAMES:
                raise ctx.error(node, f"The suffix TH has no counterpart behind {word!r}.")
            flush()
            made: exp.Expr = ctx.macro("pg__ordinal", ctx.call("strftime", value.copy(), lit(digits)))
            out.append(made if fmt[i : i + 2] == "th" else ctx.call("upper", made))
            i += 2
        elif word in _MACROS:
            flush()
            if fill and word in ("WW",):
                raise ctx.error(node, f"FM{word} has no counterpart in to_char().")
            out.append(ctx.macro(_MACROS[word], value.copy()))
        elif word in _CASED:
            flush()
            code, how = _CASED[word]
            base: exp.Expr = ctx.call("strftime", value.copy(), lit(code))
            if how.endswith("dots"):
                base = ctx.call("regexp_replace", base, lit("(.)M"), lit("\\1.M."))
            base = ctx.call("upper" if how in ("upper", "dots") else "lower", base)
            out.append(base if fill or code not in ("%A", "%B") else ctx.call("rpad", base, lit(9), lit(" ")))
        elif word in _DAY and not fill:
            flush()
            out.append(ctx.call("rpad", ctx.call("strftime", value.copy(), lit(_PLAIN[word])), lit(9), lit(" ")))
        else:
            if fill and word not in _UNPADDED:
                raise ctx.error(node, f"FM{word} has no counterpart in to_char().")
            plain.append((_UNPADDED if fill else _PLAIN)[word])
    flush()
    return out


def _format(node: exp.Expr, ctx: Context) -> str | None:
    """The format as written: what the parser keeps is strftime text, which has lost some of it."""
    if text(node.args.get("format")) is None or "start" not in node.meta:
        return None
    tokens = Dialect.get_or_raise("postgres").tokenize(ctx.sql[node.meta["start"] :])
    depth, last = 0, None
    for token in tokens:
        if token.token_type == TokenType.L_PAREN:
            depth += 1
        elif token.token_type == TokenType.R_PAREN:
            depth -= 1
            if not depth:
                return last.text if last is not None and last.token_type == TokenType.STRING else None
        last = token
    return None


@R.rule(exp.TimeToStr)
def to_char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, fmt = node.this, _format(node, ctx)
    if fmt is None:
        raise ctx.error(node, "to_char() needs a literal format here.")
    kind = category(value)
    if kind == "number":
        return number_mask(node, value, fmt, ctx)
    if kind is None and text(value) is None and any(c in "90" for c in fmt):
        raise ctx.error(node, "to_char() of an unknown type. Cast its argument.")
    if kind in ("interval", "time", "text", "boolean", "json", "array") or text(value) is not None:
        raise ctx.error(node, f"to_char() of {kind or 'a literal'} has no counterpart. Cast to timestamp or numeric.")
    parts = _pieces(fmt, value, node, ctx)
    if not parts:
        raise ctx.error(node, "to_char() needs a format.")
    if len(parts) == 1 and isinstance(parts[0], exp.Literal):  # of no moment it is NULL all the same
        parts = [ctx.call("strftime", value.copy(), parts[0])]
    joined = parts[0]
    for part in parts[1:]:
        joined = exp.DPipe(this=joined, expression=part, safe=True)
    if not isinstance(joined, exp.Anonymous):
        joined = exp.Paren(this=joined)
    joined.type = exp.DataType.build("VARCHAR")
    return joined


_PARSE = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S",
    "MS": "%g", "US": "%f", "MON": "%b", "MONTH": "%B", "DY": "%a", "DAY": "%A", "AM": "%p", "PM": "%p", "DDD": "%j",
}  # fmt: skip


@R.rule(exp.StrToDate, exp.StrToTime)
def parse_time(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fmt = _format(node, ctx)
    if fmt is None:
        raise ctx.error(node, "to_date() and to_timestamp() need a literal format here.")
    if fmt.upper() == "J" and isinstance(node, exp.StrToDate):  # days since the Julian period began
        return ctx.macro("pg__julian", node.this, type="DATE")
    if fmt[:2].upper() == "FM":
        fmt = fmt[2:]
    try:
        made = timefmt(fmt, _PARSE, quote='"', fold=True)
    except UnknownToken as e:
        raise ctx.error(node, f"{e} of to_date() has no counterpart.") from None
    parsed: exp.Expr = ctx.call("strptime", node.this, lit(made))
    if "%y" in made:  # 69 is 2069
        parsed = ctx.macro("pg__two_digits", parsed, type="TIMESTAMP")
    return cast(parsed, "DATE" if isinstance(node, exp.StrToDate) else "TIMESTAMPTZ")


def number_mask(node: exp.Expr, value: exp.Expr, mask: str, ctx: Context) -> exp.Expr:
    """``to_char(number, mask)`` for masks of 9, 0, comma, point and FM; others are refused."""
    found = re.fullmatch(r"(FM|fm)?([90,]*)(?:([.D])([90]*))?(%?)", mask)
    if not found or not re.search("[90]", found[2]) or found[2].startswith(","):
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Use round() and text")
        return cast(value, "VARCHAR")
    fill, whole, decimals, tail = bool(found[1]), found[2], found[4] or "", found[5]
    digits = whole.replace(",", "")
    zeros = len(digits) - len(digits.split("0", 1)[0]) if "0" in digits else 0
    if not re.fullmatch(r"9*0*", digits) and "," in whole:
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Use round() and text")
    groups = [len(g) for g in whole.split(",")]
    if len(groups) > 1 and (any(g != 3 for g in groups[1:])):
        ctx.refuse("number_format", node, f"The number format {mask!r} has no counterpart", "Group by three digits")
    exact = value if is_exact(value) else as_exact_text(value, ctx)
    if ctx.is_a(value, "float"):  # rounded as C's printf does, from the binary value
        exact = ctx.call("printf", lit(f"%.{len(decimals)}f"), value)
    number = cast(exact, f"DECIMAL(38,{len(decimals)})")
    fixed = len(decimals.rstrip("9")) if fill else len(decimals)
    return ctx.macro(
        "pg__mask", number, lit(len(digits)), lit(zeros), lit(len(decimals)), lit(fixed),
        exp.Boolean(this=len(groups) > 1), exp.Boolean(this=fill), lit(len(mask) - len(found[1] or "") - len(tail)),
        lit("." if found[3] else ""), lit(tail), type="VARCHAR",
    )  # fmt: skip
