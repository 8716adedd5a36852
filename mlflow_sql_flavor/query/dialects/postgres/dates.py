"""Dates: https://www.postgresql.org/docs/15/functions-datetime.html and functions-formatting.html."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

from ...facts.context import Context
from .. import DialectRules
from ..shared.common import UnknownToken, cast, lit, text, timefmt
from .masks import number_mask
from .numbers import whole
from .types import category

__all__ = ["R"]

R = DialectRules("postgres dates")
T = exp.DType

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


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit, value = str(node.this.name).upper(), node.expression
    if text(value) is not None:
        raise ctx.error(node, "extract() needs a typed value: write DATE '...' or TIMESTAMP '...'.")
    if unit in ("SECOND", "SECONDS", "MILLISECOND", "MILLISECONDS", "MSEC"):
        # with their fraction
        micro = exp.Extract(this=exp.var("MICROSECOND"), expression=value)
        scale = "0.000001" if unit.startswith("SECOND") else "0.001"
        return exp.Paren(this=exp.Mul(this=cast(micro, "DECIMAL(18,0)"), expression=lit_number(scale)))
    if unit == "EPOCH" and ctx.is_a(value, "date", "timestamp", "timestamptz"):
        stamp = cast(value, "TIMESTAMP") if ctx.is_a(value, "date") else value
        micros = cast(ctx.call("epoch_us", stamp), "DECIMAL(20,0)")
        return exp.Paren(this=exp.Mul(this=micros, expression=lit_number("0.000001")))
    if unit.startswith("TIMEZONE"):
        ctx.refuse("timezone", node, "The time zone of the session", "Leave it out")
    return None


def lit_number(value: str) -> exp.Expr:
    """A decimal literal."""
    return exp.Literal.number(value)


@R.rule(exp.TimestampTrunc)
def date_trunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    unit = str(node.args["unit"].name).upper()
    if text(node.this) is not None:
        raise ctx.error(node, "date_trunc() needs a typed value: write DATE '...' or TIMESTAMP '...'.")
    if unit in ("CENTURY", "MILLENNIUM"):  # begin with the year 1
        return ctx.macro(f"pg__trunc_{unit.lower()}", cast(node.this, "TIMESTAMP"), type="TIMESTAMP")
    # date_trunc(date) is a timestamptz: at UTC the same moment, and a plain timestamp is what the output keeps
    if ctx.is_a(node.this, "date"):
        made = ctx.call("date_trunc", lit(unit.lower()), cast(node.this, "TIMESTAMP"))
        made.type = exp.DataType.build("TIMESTAMPTZ")
        return made
    return None


@R.rule(exp.AtTimeZone)
def at_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "date", "timestamptz"):
        node.set("this", cast(node.this, "TIMESTAMPTZ"))
    return None


@R.function("timezone")
def timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    zone, value = node.expressions
    return at_time_zone(exp.AtTimeZone(this=value, zone=zone), ctx) or exp.AtTimeZone(this=value, zone=zone)


@R.function("age")
def age(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Years, months and days: functions-datetime.html. With one argument, from today.
    if len(node.expressions) == 1:
        ctx.open("clock", node, "age() reads the clock: two runs differ.")
    args = [cast(a, "TIMESTAMP") for a in node.expressions]
    return ctx.call("age", *args, type="INTERVAL")


@R.rule(exp.DateBin)
def date_bin(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    stride, value, origin = node.this, node.expression, node.args.get("unit")
    if not isinstance(origin, exp.Cast):  # anything else the parser takes for a unit
        raise ctx.error(node, "Write the origin of date_bin() as TIMESTAMP '...'.")
    return ctx.call(
        "time_bucket", cast(stride, "INTERVAL"), cast(value, "TIMESTAMP"), cast(origin, "TIMESTAMP"), type="TIMESTAMP"
    )


@R.rule(exp.MakeInterval)
def make_interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    names = {"year": "to_years", "month": "to_months", "week": "to_weeks", "day": "to_days", "hour": "to_hours",
             "minute": "to_minutes", "second": "to_seconds"}  # fmt: skip
    total: exp.Expr | None = None
    for key, value in node.args.items():
        if value is None:
            continue
        name = names.get(key)
        if name is None:
            raise ctx.error(node, "make_interval() of this part has no counterpart.")
        inner = value.expression if isinstance(value, exp.Kwarg) else value
        part = ctx.call(name, inner, type="INTERVAL")
        total = part if total is None else exp.Add(this=total, expression=part)
    return exp.Paren(this=total) if isinstance(total, exp.Add) else total


@R.rule(exp.TimestampFromParts)
def make_timestamp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-datetime.html: a negative year is BC, and there is no year 0; DuckDB's year 0 is 1 BC.
    if node.args.get("year") is not None:
        node.set("year", _year(node.args["year"], ctx))
    return None


@R.function("make_date", "make_timestamptz")
def make_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    year, *rest = node.expressions
    if node.name.lower() == "make_date":
        return ctx.call("make_date", _year(year, ctx), *rest, type="DATE")
    if len(rest) != 5:
        raise ctx.error(node, "make_timestamptz() with a time zone has no counterpart. Use make_timestamp().")
    return cast(ctx.call("make_timestamp", _year(year, ctx), *rest), "TIMESTAMPTZ")


def _year(year: exp.Expr, ctx: Context) -> exp.Expr:
    known = whole(year)
    return year if known is not None and known > 0 else ctx.macro("pg__year", year, type="INTEGER")


@R.rule(exp.Timestamp, exp.Time)
def not_a_function(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # timestamp and time are words of the grammar: a number of digits follows them in brackets
    raise ctx.error(node, f"{ctx.rules.name} has no function {node.key}(...). Write CAST(... AS {node.key}).")


R.accepts("timezone", "timestamptz", "make_interval")
