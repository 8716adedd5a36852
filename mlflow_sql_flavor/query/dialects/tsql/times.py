"""The types of a moment, each with its own steps: data-types/<name>-transact-sql of the manual.

DATETIME2(n) and TIME(n) have n digits of a second, DATETIME steps of a three-hundredth, SMALLDATETIME whole minutes; a
value between is rounded. DATETIMEOFFSET is kept as the moment alone: what needs its offset is refused.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, windows_zones

R = DialectRules("tsql times")
_T = exp.DType
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}"
_STAMP = rf"({_DAY})([ T][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,DIGITS}})?)?)?"
_TIME = rf"(({_DAY})[ T])?[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?"
_OFFSET = _STAMP.replace("DIGITS", "6") + r"( ?([+-][0-9]{2}:[0-9]{2}|Z))?"


_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_CLOCK = re.compile(
    r"(?<![\d:/.-])(?P<h>\d{1,2})(?::(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:[.:](?P<f>\d{1,9}))?)?)?\s*(?P<half>[ap]m)?"
    r"(?:\s*(?P<zone>[+-]\d{1,2}(?::?\d{1,2})?|z))?(?![\d:/.-])", re.I)  # fmt: skip
_UNIT = 10**7  # a second, in the smallest steps that a type has


def _year(text: str) -> int:
    """With the two-digit year cutoff of an installation, 2049."""
    return int(text) + (0 if len(text) == 4 else 2000 if int(text) < 50 else 1900)


def _day(text: str) -> date | None:
    """A date in any form of language us_english: month, day, year where only numbers are written."""
    if not text:
        return date(1900, 1, 1)
    if found := re.fullmatch(r"(\d{4}|\d{2})(\d\d)(\d\d)", text):
        return date(_year(found[1]), int(found[2]), int(found[3]))
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1)
    if found := re.fullmatch(r"(\d{1,4})\s*[-/.]\s*(\d{1,4})\s*[-/.]\s*(\d{1,4})", text):
        parts = list(found.groups())
        long = [i for i, part in enumerate(parts) if len(part) == 4]
        if len(long) > 1 or any(len(part) == 3 for part in parts):
            return None
        year = parts.pop(long[0] if long else 2)
        return date(_year(year), int(parts[0]), int(parts[1]))
    if found := re.fullmatch(r"([\d\s,]*)([a-z]{3,9})([\d\s,]*)", text):
        named = [i for i, month in enumerate(_MONTHS, 1) if found[2] in (month, month[:3])]
        parts = re.findall(r"\d+", f"{found[1]} {found[3]}")
        long = [i for i, part in enumerate(parts) if len(part) == 4]
        if not named or any(len(part) not in (1, 2, 4) for part in parts) or len(long) > 1:
            return None
        if len(parts) == 1 and long:
            return date(int(parts[0]), named[0], 1)
        if len(parts) == 2:
            year = parts.pop(long[0] if long else 1)
            return date(_year(year), named[0], int(parts[0]))
    return None


def read(text: str, to: exp.DType) -> tuple[date, int, int | None] | None:
    """A written moment of a type: its day, its time in steps of 100 nanoseconds, its offset in minutes.

    data-types/datetime-transact-sql#supported-string-literal-formats-for-datetime, data-types/date-transact-sql. None
    for what is no such text, or not known to be one here.
    """
    text = text.strip().lower()
    steps, zone = 0, None
    text = re.sub(r"^(\d{4}-\d\d-\d\d|\d{8})t(?=\d)", r"\1 ", text)
    for found in _CLOCK.finditer(text):
        if found["m"] is None and found["half"] is None:
            continue
        hour, minute, second = (int(found[key] or 0) for key in ("h", "m", "s"))
        if found["half"]:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if found["half"] == "pm" else 0)
        fraction = found["f"] or ""
        most = 3 if to in (_T.DATETIME, _T.SMALLDATETIME) else 7
        if hour > 23 or minute > 59 or second > 59 or len(fraction) > most:
            return None
        if fraction and f":{fraction}" in found[0] and len(fraction) != 3:
            return None  # behind a colon these are thousandths
        steps = ((hour * 60 + minute) * 60 + second) * _UNIT + int(fraction.ljust(7, "0") or 0)
        if found["zone"]:
            if to in (_T.DATETIME, _T.SMALLDATETIME):
                return None
            parts = re.fullmatch(r"([+-])(\d{1,2}):?(\d{1,2})?", found["zone"].replace("z", "+0"))
            sign, hours, minutes = parts.groups() if parts else ("+", "0", "0")
            zone = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
            if abs(zone) > 840:
                return None
        text = f"{text[: found.start()]} {text[found.end() :]}"
        break
    try:
        day = _day(text.strip())
    except ValueError:
        return None
    return None if day is None else (day, steps, zone)


def written(text: str, to: exp.DType, places: int) -> tuple[str, int | None] | None:
    """A written moment as DuckDB reads it, rounded to some digits of a second; and its offset in minutes."""
    found = read(text, to)
    if found is None:
        return None
    day, steps, zone = found
    size = 10 ** (7 - places)
    steps = (steps + size // 2) // size * size
    if steps % 10:
        return None  # DuckDB has six digits
    try:
        day += timedelta(days=steps // (86400 * _UNIT))
    except OverflowError:
        return None
    seconds, rest = divmod(steps % (86400 * _UNIT), _UNIT)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{day.isoformat()} {clock}" + (f".{rest // 10:06}" if rest else ""), zone


def pattern(to: exp.DType) -> str:
    """The texts that are read as a moment of this type."""
    return rf"\s*{_pattern(to)}\s*"


def _pattern(to: exp.DType) -> str:
    if to == _T.TIME:
        return _TIME
    if to == _T.TIMESTAMPTZ:
        return _OFFSET
    return _STAMP.replace("DIGITS", "3" if to in (_T.DATETIME, _T.SMALLDATETIME) else "6")


def digits(kind: exp.Expr) -> int:
    """Digits of a second that a type has, seven unless said."""
    return int(kind.expressions[0].name) if kind.expressions and kind.expressions[0].name.isdigit() else 7


def rounded(stamp: exp.Expr, kind: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIMESTAMP in the steps of the type."""
    if kind.this == _T.SMALLDATETIME:
        return ctx.macro("ts__minute", stamp, type="TIMESTAMP")
    if kind.this == _T.DATETIME:
        return ctx.macro("ts__tick", stamp, type="TIMESTAMP")
    if digits(kind) >= 6 or kind.this in (_T.TIMESTAMP, _T.TIMESTAMPNTZ):
        return stamp
    return ctx.macro("ts__steps", stamp, build.lit(10 ** (6 - digits(kind))), type="TIMESTAMP")


def text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The text of a moment without a style, None where its type is not known."""
    kind = ctx.type_of(node)
    if "local" in node.meta:
        return shown(node, ctx)
    if kind is None:
        return None
    if kind.this in (_T.DATETIME, _T.SMALLDATETIME) or isinstance(node, exp.CurrentTimestamp):
        return ctx.macro("ts__mon", node, type="VARCHAR")
    if kind.this == _T.DATETIME2:
        return ctx.macro("ts__shown", node, build.lit(_size(19, kind)), type="VARCHAR")
    if kind.this == _T.TIME and "steps" in node.meta:
        return ctx.macro("ts__shown_time", node, build.lit(_size(8, kind)), type="VARCHAR")
    return None


def _size(whole: int, kind: exp.Expr) -> int:
    return whole + (digits(kind) + 1 if digits(kind) else 0)


def local(node: exp.Expr, ctx: Context) -> exp.Expr:
    """What is read as a date and time: of a DATETIMEOFFSET its local time, where its offset is known."""
    inner = node.unnest()
    if "local" in inner.meta:
        found: exp.Expr = inner.meta["local"].copy()
        return found
    if ctx.is_a(node, "timestamptz"):
        ctx.refuse(
            "timezone", node, "The offset of a DATETIMEOFFSET is not kept", "Convert to UTC before, as DATETIME2"
        )
    return node


def offset_value(stamp: exp.Expr, offset: exp.Expr, kind: exp.Expr | None, ctx: Context) -> exp.Expr:
    """A DATETIMEOFFSET of a local time and its offset in minutes, both of which are remembered."""
    utc = exp.Paren(this=exp.Sub(this=stamp.copy(), expression=ctx.call("to_minutes", offset.copy())))
    made = build.translated(utc, "TIMESTAMPTZ", False)
    made.meta.update(local=stamp, offset=offset)
    digits_ = list(kind.expressions) if kind is not None else []
    made.type = exp.DataType(this=_T.TIMESTAMPTZ, expressions=[e.copy() for e in digits_])
    return made


def micros(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Microseconds since 1900 of what converts to a DATETIME: a number counts days."""
    if ctx.is_a(node, "int"):
        return exp.Mul(this=build.cast(exp.Paren(this=node), "BIGINT"), expression=build.lit(86_400_000_000))
    if ctx.is_a(node, "number"):
        days = exp.Mul(this=build.cast(node, "DOUBLE"), expression=build.lit(86_400_000_000))
        return build.cast(ctx.call("round", days), "BIGINT")
    if ctx.is_a(node, "timestamp"):
        start = build.lit(2_208_988_800_000_000)
        return exp.Paren(this=exp.Add(this=ctx.call("epoch_us", node), expression=start))
    return None


def moved(terms: list[tuple[int, exp.Expr]], kind: exp.Expr, ctx: Context) -> exp.Expr:
    """The DATETIME that is the sum of these, each a number of days or a DATETIME since 1900."""
    total: exp.Expr = build.lit(-2_208_988_800_000_000)
    for sign, term in terms:
        total = (exp.Add if sign > 0 else exp.Sub)(this=total, expression=micros(term, ctx))
    made = rounded(ctx.call("make_timestamp", total, type="TIMESTAMP"), kind, ctx)
    made.type = exp.DataType(this=kind.this)
    return made


@R.rule(exp.Year, exp.Month, exp.Day, exp.LastDay, exp.TimeToStr)
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", local(node.this, ctx))
    return None


@R.rule(exp.Add, exp.Sub)
def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "timestamptz"):
        ctx.refuse("unfaithful", node, "A DATETIMEOFFSET takes no part in arithmetic", "Use DATEADD")
    return None


def _minutes(zone: exp.Expr) -> int | None:
    """An offset as it is written, '+08:00' or minutes."""
    found = re.fullmatch(r"([+-])([0-9]{2}):([0-9]{2})", build.text(zone) or "")
    number = int(f"{found[1]}1") * (int(found[2]) * 60 + int(found[3])) if found else build.literal_int(zone)
    return number if number is not None and abs(number) <= 840 else None


@R.function("switchoffset", "todatetimeoffset")
def with_offset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/switchoffset-transact-sql: the same moment; functions/todatetimeoffset-transact-sql: the same clock."""
    this, zone = node.expressions
    minutes = _minutes(zone)
    if minutes is None or not (ctx.is_a(this, "timestamp", "timestamptz")):
        ctx.refuse("timezone", node, "This is verified for a constant offset", "Write it as '+08:00'")
    offset = build.lit(minutes or 0)
    if node.name.lower() == "todatetimeoffset":
        return offset_value(local(this, ctx), offset, ctx.type_of(this), ctx)
    utc = ctx.call("timezone", build.lit("UTC"), this, type="TIMESTAMP")
    stamp = exp.Paren(this=exp.Add(this=utc, expression=ctx.call("to_minutes", offset.copy())))
    return offset_value(stamp, offset, ctx.type_of(this), ctx)


# queries/at-time-zone-transact-sql
@R.rule(exp.AtTimeZone)
def at_time_zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The local time of a zone; a time without a zone is one of it."""
    this, name = node.this, node.args["zone"]
    if isinstance(this, exp.Null) or isinstance(name, exp.Null):
        return build.cast(exp.Null(), "TIMESTAMPTZ")
    zone = windows_zones.NAMES.get((build.text(name) or "").lower())
    if zone is None or not ctx.is_a(this, "timestamp", "timestamptz"):
        ctx.refuse("timezone", node, "AT TIME ZONE is verified for a constant name of a zone",
                   "Write one of sys.time_zone_info")  # fmt: skip
        return None
    kind, named = ctx.type_of(this), build.lit(zone)
    if ctx.is_a(this, "timestamp"):
        this = ctx.macro("ts__at_zone", this, named)
    stamp = ctx.call("timezone", named.copy(), this, type="TIMESTAMP")
    offset = ctx.call("date_diff", build.lit("minute"), ctx.call("timezone", build.lit("UTC"), this.copy()), stamp)
    made = offset_value(stamp, offset, kind, ctx)
    made.set("this", this.copy())
    return made


@R.function("getutcdate", "sysutcdatetime")
def now(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return build.cast(exp.Var(this="CURRENT_TIMESTAMP"), "TIMESTAMP")


@R.rule(exp.Select)
def outputs(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """data-types/datetimeoffset-transact-sql: a DATETIMEOFFSET is handed over with its offset, as its text."""
    above = node.parent
    while isinstance(above, (exp.SetOperation, exp.Paren)):
        above = above.parent
    for item in node.expressions if above is None else ():
        value = item.unalias().unnest()
        if "local" in value.meta:
            value.replace(shown(value, ctx))
        elif ctx.is_a(value, "timestamptz") and not isinstance(value, exp.Column):
            ctx.warn("timezone", item, "The moment is given in UTC: the offset of this DATETIMEOFFSET is not kept.")
    return None


def shown(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of a DATETIMEOFFSET."""
    size = _size(19, ctx.type_of(node) or exp.DataType.build("TIMESTAMPTZ"))
    return ctx.macro("ts__shown_offset", node.meta["local"], build.lit(size), node.meta["offset"], type="VARCHAR")
