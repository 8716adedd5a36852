"""Moments that are written out, read by a format model: Format-Models, Datetime-Format-Models of the manual."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("oracle times")
_NUMBERS = {"SYYYY": 4, "YYYY": 4, "RRRR": 4, "YY": 2, "RR": 2, "MM": 2, "DDD": 3, "DD": 2, "HH24": 2, "HH12": 2,
            "HH": 2, "MI": 2, "SS": 2, "FF": 9, "TZM": 2}  # fmt: skip
_LAST = {"HH24", "HH12", "HH", "MI", "SS", "TZM", "FF", *(f"FF{n}" for n in range(1, 10))}  # may be left out
_TOKEN = re.compile(r'"[^"]*"|SYYYY|RRRR|YYYY|RR|YY|MONTH|MON|MM|DDD|DD|HH24|HH12|HH|MI|SS|FF[1-9]?|[AP]\.M\.|[AP]M|'
                    r"TZH|TZM|[^A-Za-z0-9]", re.I)  # fmt: skip
_MONTHS = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER",
           "NOVEMBER", "DECEMBER")  # fmt: skip


def _values(text: str, fmt: str) -> dict[str, str] | None:
    """What stands in the text for each element; elements of the time may be left out at the end."""
    tokens = _TOKEN.findall(fmt)
    if "".join(tokens) != fmt:
        return None
    found: dict[str, str] = {}
    rest = text.strip()
    for token in tokens:
        name = token.upper()
        if not token[0].isalpha() and token[0] != '"':
            rest = re.sub(r"^\s*[^\w\s]?\s*" if not token.isspace() else r"^\s*", "", rest)
            continue
        if token[0] == '"':
            if not rest.startswith(token[1:-1]):
                return None
            rest = rest[len(token) - 2 :]
            continue
        if not rest:
            if name not in _LAST:
                return None
            continue
        if name in ("MON", "MONTH"):
            word = re.match(r"[A-Za-z]+", rest)
            fits = [m for m in _MONTHS if word and word[0].upper() in (m, m[:3])]
            if not word or not fits:
                return None
            found["MM"], rest = str(_MONTHS.index(fits[0]) + 1), rest[word.end() :]
            continue
        if name[0] in "AP" and name[-1] in "M.":
            half = re.match(r"([AP])\.?M\.?", rest, re.I)
            if not half:
                return None
            found["AM"], rest = half[1].upper(), rest[half.end() :]
            continue
        if name == "TZH":
            hours = re.match(r"[+-]\s*(\d{1,2})", rest)
            if not hours or int(hours[1]) > 14:
                return None
            found[name], rest = hours[0], rest[hours.end() :]
            continue
        name = "FF" if name.startswith("FF") else name
        number = re.match(rf"[+]?\d{{1,{_NUMBERS[name]}}}" if name == "SYYYY" else rf"\d{{1,{_NUMBERS[name]}}}", rest)
        if not number:
            return None
        found[name], rest = number[0].lstrip("+"), rest[number.end() :]
    return found if not rest.strip() else None


def read(text: str, fmt: str, zoned: bool = False) -> str | None:
    """A written moment as DuckDB reads it; None for what is not known to be one here.

    Args:
        text: The moment.
        fmt: Its format model.
        zoned: Whether the model may name an offset; what is read is the local time there.
    """
    found = _values(text, fmt)
    if found and not zoned and {"TZH", "TZM"} & set(found):
        return None
    years = [name for name in ("SYYYY", "YYYY", "RRRR", "YY", "RR") if found and name in found]
    if not found or len(years) != 1:
        return None
    year = int(found[years[0]])
    if years[0] == "YY":
        year += 2000
    elif years[0].startswith("RR") and len(found[years[0]]) <= 2:
        year += 2000 if year < 50 else 1900
    hour = int(found.get("HH24") or found.get("HH12") or found.get("HH") or 0)
    if "AM" in found:
        if not 1 <= hour <= 12 or "HH24" in found:
            return None
        hour = hour % 12 + (12 if found["AM"] == "P" else 0)
    elif "HH24" not in found and ("HH" in found or "HH12" in found):
        if not 1 <= hour <= 12:
            return None
        hour %= 12
    fraction = found.get("FF", "").ljust(9, "0")
    if fraction[6:].strip("0") or int(found.get("TZM", 0)) > 59 or ("TZM" in found and "TZH" not in found):
        return None
    try:
        clock = (hour, int(found.get("MI", 0)), int(found.get("SS", 0)))
        if "DDD" in found and not {"MM", "DD"} & set(found):
            made = datetime(year, 1, 1, *clock) + timedelta(days=int(found["DDD"]) - 1)
            if made.year != year:
                return None
        elif {"MM", "DD"} <= set(found):
            made = datetime(year, int(found["MM"]), int(found["DD"]), *clock)
        else:
            return None
    except ValueError:
        return None
    return f"{made:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + (f".{fraction[:6]}" if fraction.strip("0") else "")


_LOCAL = (exp.DateTrunc, exp.TimestampTrunc, exp.Trunc, exp.Round, exp.ToChar, exp.TimeToStr, exp.AddMonths,
          exp.LastDay, exp.NextDay, exp.MonthsBetween)  # fmt: skip


# Datetime-Data-Types-and-Time-Zone-Support: these go by the time that a moment shows in its own zone
def needs_local(node: exp.Expr, ctx: Context) -> None:
    """Refuses a moment with a zone anywhere but where its local time alone counts: the zone is not kept here."""
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    trunc = isinstance(above, exp.Anonymous) and above.name.lower() == "trunc"
    if not trunc and not isinstance(above, _LOCAL):
        ctx.refuse("timezone", node, "The zone of this moment is not kept", "Write the TIMESTAMP in one zone")


@R.function("to_timestamp_tz")
def to_timestamp_tz(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TO_TIMESTAMP_TZ of constants."""
    literal, fmt = (*(build.text(a) for a in node.expressions), None)[:2]
    known = read(literal, fmt, zoned=True) if literal and fmt and "TZH" in fmt.upper() else None
    if known is None:
        ctx.refuse("timezone", node, "TO_TIMESTAMP_TZ is verified for a constant with a format that names its offset",
                   "Write both with TZH:TZM")  # fmt: skip
    needs_local(node, ctx)
    return build.translated(build.lit(known or ""), "TIMESTAMP", False)


_SPANS = {
    ("YEAR", "MONTH"): r"(\d+)-(\d+)",
    ("DAY", "HOUR"): r"(\d+) (\d+)",
    ("DAY", "MINUTE"): r"(\d+) (\d+):(\d+)",
    ("DAY", "SECOND"): r"(\d+) (\d+):(\d+):(\d+(?:\.\d{1,6})?)",
    ("HOUR", "MINUTE"): r"(\d+):(\d+)",
    ("HOUR", "SECOND"): r"(\d+):(\d+):(\d+(?:\.\d{1,6})?)",
    ("MINUTE", "SECOND"): r"(\d+):(\d+(?:\.\d{1,6})?)",
}
_SIZES = {"YEAR": 12, "MONTH": 1, "DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}


# Literals#interval-literals: of two units as of one of the smaller, which is the same
@R.normalise
def intervals(tree: exp.Expr, ctx: Context) -> None:
    for node in list(find_all(tree, exp.Interval)):
        unit, text = node.args.get("unit"), build.text(node.this)
        if isinstance(unit, exp.IntervalSpan):
            names = [_unit(unit.this), _unit(unit.expression)]
            pattern = _SPANS.get((names[0], names[1]))
            found = re.fullmatch(rf"\s*([+-]?)\s*{pattern}\s*", text or "") if pattern else None
            if found is None:
                ctx.refuse("interval_text", node, "This interval is not verified", "Write one unit")
                continue
            order = list(_SIZES)
            within = order[order.index(names[0]) : order.index(names[1]) + 1]
            total = sum(
                round(float(part) * 10**6) * _SIZES[name] for part, name in zip(found.groups()[1:], within, strict=True)
            )
            total = -total if found[1] == "-" else total
            months = names[1] == "MONTH"
            node.set("this", build.lit(str(total // 10**6 if months else total)))
            node.set("unit", exp.Var(this="MONTH" if months else "MICROSECOND"))
        elif unit is not None and _unit(unit) in _SIZES:
            node.set("unit", exp.Var(this=_unit(unit)))


def _unit(node: exp.Expr) -> str:
    """DAY(3) is a DAY: the digits bound what may be written."""
    return node.name.upper() if isinstance(node, exp.Var) else type(node).__name__.upper()


# Interval-Expressions: only what is added to a moment is the same here
@R.rule(exp.Interval)
def interval(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    if not isinstance(above, (exp.Add, exp.Sub)):
        ctx.refuse("interval_text", node, "An interval is verified as what is added to a moment", "Add it to a date")
    return None


@R.rule(exp.DecodeCase)
def decoded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """DECODE: every result has the type of the first one."""
    _, *rest = node.expressions
    results = [*rest[1::2], *(rest[-1:] if len(rest) % 2 else [])]
    texts = {ctx.is_a(r, "text") for r in results if not isinstance(r, exp.Null) and not ctx.unknown(r)}
    if len(texts) > 1:
        ctx.refuse("implicit_cast", node, "DECODE converts its results to the type of the first", "Write it with CAST")
    return None
