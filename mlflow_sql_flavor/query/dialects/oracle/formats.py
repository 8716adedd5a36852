"""Oracle's format models (Format-Models of its manual), with the language and territory AMERICAN_AMERICA."""

from __future__ import annotations

import re
from datetime import date, timedelta

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, date_formats
from ..shared.calls import argument_count, written_text
from . import times as moments

R = DialectRules("oracle formats")
_NUMBER = r"\s*[+-]?([0-9]+\.?[0-9]{0,10}|\.[0-9]{1,10})\s*"  # as many digits as a DECIMAL(28, 10) keeps
_DIGITS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DDD": "%j", "DD": "%d", "HH24": "%H", "HH12": "%I", "HH": "%I",
           "MI": "%M", "SS": "%S", "IW": "%V", "IYYY": "%G", "FF3": "%g", "FF6": "%f"}  # fmt: skip
_WORDS = {"MONTH": "%B", "MON": "%b", "DAY": "%A", "DY": "%a", "AM": "%p", "PM": "%p"}
_TOKEN = re.compile(r'"[^"]*"|FM|MONTH|MON|IYYY|YYYY|YY|MM|DDD|DD|DAY|DY|HH24|HH12|HH|MI|SS|FF3|FF6|IW|WW|AM|PM|Q|D|W'
                    r"|[-/,.;: ]", re.I)  # fmt: skip


def number_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The text of a number: no zero before the point, none at the end."""
    if ctx.is_a(node, "int"):
        return build.cast(node, "VARCHAR")
    if ctx.is_a(node, "decimal"):
        return ctx.macro("ora__dec_text", node, type="VARCHAR")
    return None


def _element(token: str, this: exp.Expr, fill: bool, ctx: Context) -> exp.Expr:
    """One element of a date format; ``fill`` is off behind FM."""
    upper = token.upper()
    if upper in ("Q", "D", "WW", "W"):
        number = {
            "Q": lambda: ctx.call("quarter", this.copy()),
            "D": lambda: exp.Add(this=ctx.call("dayofweek", this.copy()), expression=build.lit(1)),
            "WW": lambda: ctx.macro("ora__week", this.copy()),
            "W": lambda: ctx.macro("ora__week_of_month", this.copy()),
        }[upper]()
        made: exp.Expr = build.cast(exp.Paren(this=number), "VARCHAR")
        return ctx.call("lpad", made, build.lit(2), build.lit("0")) if upper == "WW" and fill else made
    if upper in _DIGITS:
        fmt = _DIGITS[upper]
        shorter = not fill and upper not in ("YYYY", "IYYY")
        return ctx.call("strftime", this.copy(), build.lit(fmt.replace("%", "%-") if shorter else fmt))
    word = ctx.call("strftime", this.copy(), build.lit(_WORDS[upper]))
    if token[:2].isupper():
        word = ctx.call("upper", word)
    elif token[0].islower():
        word = ctx.call("lower", word)
    if fill and upper in ("MONTH", "DAY"):
        return ctx.call("rpad", word, build.lit(9), build.lit(" "))
    return word


@R.rule(exp.ToChar, exp.TimeToStr)
def to_char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TO_CHAR-datetime, TO_CHAR-number."""
    start = node.meta.get("start")
    this, fmt = node.this, build.text(node.args.get("format"))
    if isinstance(node, exp.TimeToStr):  # sqlglot has read the format
        fmt = written_text(ctx.sql, start, 1, "oracle") if start is not None else None
    count = argument_count(node, ctx)
    if count == 1 and (ctx.is_a(this, "text") or number_text(this, ctx) is not None):
        return this if ctx.is_a(this, "text") else number_text(this, ctx)
    if count == 2 and fmt is not None and ctx.is_a(this, "int", "decimal", "float"):
        return _number(node, fmt, ctx)
    pieces = _TOKEN.findall(fmt or "")
    if count != 2 or fmt is None or "".join(pieces) != fmt or not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("locale_format", node, "This TO_CHAR is not verified",
                   "Use elements like YYYY, MM, DD, MON, HH24, MI and SS of a date")  # fmt: skip
        return None
    parts: list[exp.Expr] = []
    fill, plain = True, ""
    for token in pieces:
        upper = token.upper()
        if upper == "FM":
            fill = not fill
        elif fill and upper in _DIGITS:
            plain += _DIGITS[upper]
        elif not token[0].isalpha():
            plain += (token[1:-1] if token[0] == '"' else token).replace("%", "%%")
        else:
            if plain:
                parts.append(ctx.call("strftime", this.copy(), build.lit(plain)))
            plain = ""
            parts.append(_element(token, this, fill, ctx))
    if plain:
        parts.append(ctx.call("strftime", this.copy(), build.lit(plain)))
    if len(parts) == 1:
        parts[0].type = exp.DataType.build("VARCHAR")
        return parts[0]
    missing = exp.Is(this=this.copy(), expression=exp.Null())
    made = exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=ctx.call("concat", *parts))
    made.type = exp.DataType.build("VARCHAR")
    return exp.Paren(this=made)


def _number(node: exp.Expr, fmt: str, ctx: Context) -> exp.Expr | None:
    """9, 0, a comma for thousands, one point, and FM before zeros behind the point."""
    found = re.fullmatch(r"(FM)?(\$)?([90,]*)(?:\.([90]+))?", fmt, re.I)
    whole, part = (found[3], found[4] or "") if found else ("", "")
    digits = whole.replace(",", "")
    forced = len(digits) - digits.find("0") if "0" in digits else 0
    grouped = "," in whole
    right = whole.rpartition(",")[2] if grouped else ""
    well = not grouped or (len(right) == 3 and all(len(g) == 3 for g in whole.split(",")[1:]))
    if not found or not digits or not well or (found[1] and part.strip("0")) or (grouped and forced > 3) or found[2]:
        ctx.refuse("number_format", node, "This mask is not verified", "Use masks like '999,990.00', FM before it")
        return None
    value = build.cast(node.this, "VARCHAR") if ctx.is_a(node.this, "float") else node.this
    exact = build.cast(value, f"DECIMAL(38, {len(part)})")
    size = 0 if found[1] else len(fmt) + 1
    return ctx.macro("ora__mask", exact, build.lit(f"{{:{',' if grouped else ''}.{len(part)}f}}"), build.lit(forced),
                     build.lit(len(digits)), build.lit(size), type="VARCHAR")  # fmt: skip


_READ = {"FF": "%f", "RR": "%y", "YY": "%y",
         "YYYY": "%Y", "MM": "%m", "DD": "%d", "MON": "%b", "MONTH": "%B", "HH24": "%H", "MI": "%M", "SS": "%S",
         "HH12": "%I", "HH": "%I", "AM": "%p", "PM": "%p"}  # fmt: skip


@R.rule(exp.StrToTime, exp.StrToDate)
def to_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """TO_DATE, TO_TIMESTAMP; a DATE has a time of day, which is 0 where the format names none."""
    start = node.meta.get("start")
    word = re.match(r"\w+", ctx.sql[start:])[0].upper() if start is not None else ""  # type: ignore[index]
    if not word.startswith("TO_"):  # TIMESTAMP '...'
        literal = build.text(node.this)
        found = re.fullmatch(
            r"(\d{4}-\d\d?-\d\d? \d\d?:\d\d:\d\d(?:\.\d{1,6})?)( ?[+-](?:0\d|1[0-4]):[0-5]\d)?", literal or ""
        )
        if found is None:
            ctx.refuse("unfaithful", node, "This moment is not verified", "Write TIMESTAMP 'YYYY-MM-DD HH24:MI:SS'")
        elif found[2]:
            moments.needs_local(node, ctx)
            return build.cast(build.lit(found[1]), "TIMESTAMP")
        return build.cast(node.this, "TIMESTAMP")
    if word == "TO_DATE" and (isinstance(node.this, exp.Null) or _julian(node)):
        return _by_day(node, ctx)
    if isinstance(node.this, exp.Literal) and node.this.is_int:
        node.set("this", build.lit(node.this.name))  # a number is read as its text
    elif ctx.is_a(node.this, "int"):
        node.set("this", build.cast(node.this, "VARCHAR"))
    count, literal = argument_count(node, ctx), build.text(node.this)
    written = written_text(ctx.sql, start, 1, "oracle") if start is not None and count == 2 else None
    if count == 1 and word == "TO_DATE" and re.fullmatch(r"\d\d?-[A-Za-z]{3}-\d\d", literal or ""):
        written = "DD-MON-RR"  # NLS_DATE_FORMAT of territory AMERICA
    known = moments.read(literal, written) if literal is not None and written is not None else None
    if known is not None and written is not None:
        timed = word != "TO_DATE" or re.search(r"HH|MI|SS", written, re.I)
        return build.translated(build.lit(known), "TIMESTAMP" if timed else "DATE", False)
    year = re.search(r"(?<!I)(YYYY|RR(?!RR)|(?<!Y)YY(?!Y))", (written or "").upper())
    if written is None or year is None or "DD" not in written.upper():
        ctx.refuse("locale_format", node, "TO_DATE is verified for constant formats with YYYY, a month and DD",
                   "Use DATE '...'")  # fmt: skip
        return None
    fmt = date_formats.formatted(node, ctx, 1, _READ, quote='"', fold=True)
    made: exp.Expr = ctx.call("strptime", node.this, build.lit(fmt), type="TIMESTAMP")
    if year[1] != "YYYY":
        made = ctx.macro("ora__cutoff", made, build.lit(1950 if year[1] == "RR" else 2000), type="TIMESTAMP")
    return made if "%H" in fmt or "%I" in fmt or word != "TO_DATE" else build.cast(made, "DATE")


def _julian(node: exp.Expr) -> bool:
    return (build.text(node.args.get("format")) or "").upper() == "J"


def _by_day(node: exp.Expr, ctx: Context) -> exp.Expr:
    """Datetime-Format-Models, J: the days since 4713 BC; earlier than 15 October 1582 the calendar is another."""
    if isinstance(node.this, exp.Null):
        return build.cast(exp.Null(), "DATE")
    digits = node.this.name if isinstance(node.this, exp.Literal) else ""
    day = int(digits) if re.fullmatch(r"[0-9]{1,7}", digits) else 0
    if not 2299161 <= day <= 5373484:
        ctx.refuse("unfaithful", node, "A Julian day is verified as a constant from 2299161 to 5373484", "Write a date")
    return build.translated(build.lit((date(1970, 1, 1) + timedelta(day - 2440588)).isoformat()), "DATE", False)


def as_number(node: exp.Expr, ctx: Context) -> exp.Expr:
    """Data-Type-Comparison-Rules, Implicit Data Conversion: a text as the NUMBER that it shows."""
    if not ctx.is_a(node, "text"):
        return node
    digits = re.fullmatch(r"\s*[+-]?0*([0-9]*)(?:\.([0-9]*))?\s*", build.text(node) or ".")
    size = (len(digits[1]) + len(digits[2] or ""), len(digits[2] or "")) if digits else (0, 0)
    exactly = f"DECIMAL({size[0]}, {size[1]})" if 0 < size[0] <= 38 else "DECIMAL(28, 10)"
    pattern = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)\s*" if 0 < size[0] <= 38 else _NUMBER
    return build.cast(ctx.macro("ora__valid", node, build.lit(pattern)), exactly)


@R.rule(exp.ToNumber)
def to_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    mask = node.args.get("format")
    if any(node.args.get(key) is not None for key in ("expression", "precision", "nlsparam", "safe")):
        ctx.refuse("number_format", node, "TO_NUMBER with this argument is not verified", "Leave it out")
    if mask is not None:
        return _masked(node, build.text(mask), ctx)
    if ctx.is_a(node.this, "number"):
        return node.this
    if isinstance(node.this, exp.Null):
        return build.cast(exp.Null(), "DECIMAL(28, 10)")
    if ctx.unknown(node.this):
        return build.cast(ctx.macro("ora__valid", node.this, build.lit(_NUMBER)), "DECIMAL(28, 10)")
    return as_number(node.this, ctx)


def _masked(node: exp.Expr, mask: str | None, ctx: Context) -> exp.Expr | None:
    """Format-Models, Number Format Models: a text of that form alone; it may have fewer digits than there are nines."""
    this = build.cast(node.this, "VARCHAR") if ctx.is_a(node.this, "int") else node.this
    if re.fullmatch("X{1,15}", mask or "", re.I) and ctx.is_a(this, "text"):
        found = ctx.macro("ora__valid", this, build.lit(f"[0-9A-Fa-f]{{1,{len(mask or '')}}}"))
        return build.cast(exp.DPipe(this=build.lit("0x"), expression=found), "BIGINT")
    form = re.fullmatch(r"(?:FM)?(S?)(\$?)([90][90,G]*)?(?:[.D]([90]*))?(MI|S|PR)?", mask or "", re.I)
    whole, part = ((form[3] or "").upper(), form[4] or "") if form else ("", "")
    size = sum(char in "90" for char in whole) + len(part)
    if form is None or not 0 < size <= 38 or (form[1] and form[5]) or re.search("[,G]([,G]|$)", whole):
        ctx.refuse("number_format", node, "This mask is not verified", "Use masks like '999,990.00', $, S, MI or PR")
        return None
    if isinstance(this, exp.Null):
        return build.cast(this, f"DECIMAL({size}, {len(part)})")
    if not ctx.is_a(this, "text"):
        ctx.refuse("implicit_cast", node, "TO_NUMBER with a mask is verified for texts", "Use TO_CHAR")
    digits = _digits(whole, part)
    head, tail = "-?", ""
    if form[1]:
        head = "[+-]"
    elif (form[5] or "").upper() == "S":
        head, tail = "", "[+-]"
    elif (form[5] or "").upper() == "MI":
        head, tail = "", "[ -]?"
    money = "[$]" if form[2] else ""
    pattern = rf"\s*{head}{money}{digits}{tail}"
    if (form[5] or "").upper() == "PR":
        pattern = rf"\s*(?:{money}{digits}|<{money}{digits}>)"
    return build.cast(ctx.macro("ora__masked", this, build.lit(pattern)), f"DECIMAL({size}, {len(part)})")


def _digits(whole: str, part: str) -> str:
    """The digits of a mask as a pattern: from a zero on none of those before the point may be missing."""
    before, required = "", False
    some = ""  # as before, but not nothing
    for char in whole:
        if char in "90":
            required = required or char == "0"
            some = f"{before}[0-9]"
            before = some if required else f"(?:{some})?"
        else:
            before = f"{some}," if required else f"(?:{some},)?"
    if not part:
        return some
    behind = rf"[.][0-9]{{{max(part.rfind('0') + 1, 1)},{len(part)}}}"
    return f"(?:{before}{behind}{f'|{some}' if some and '0' not in part else ''})"
