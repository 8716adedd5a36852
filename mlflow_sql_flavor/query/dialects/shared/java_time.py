"""Date patterns of java.time: https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from . import date_formats

#: Where the number of the quarter goes, which strftime does not have.
QUARTER = "\x01"
PRINT = {
    "yyyy": "%Y", "yy": "%y", "y": "%-Y", "uuuu": "%Y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m",
    "LLLL": "%B", "LLL": "%b", "LL": "%m", "L": "%-m", "dd": "%d", "d": "%-d", "EEEE": "%A", "EEE": "%a", "EE": "%a",
    "E": "%a", "a": "%p", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S",
    "s": "%-S", "SSSSSS": "%f", "SSS": "%g", "DDD": "%j", "D": "%-j",
    "Q": QUARTER, "q": QUARTER, "QQ": f"0{QUARTER}", "qq": f"0{QUARTER}",
}  # fmt: skip
# What a strict parser reads: https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatterBuilder.html
_READ = {
    "yyyy": r"[0-9]{4}", "MMMM": r"[A-Za-z]+", "MMM": r"[A-Za-z]{3}", "MM": r"[0-9]{2}", "M": r"[0-9]{1,2}",
    "dd": r"[0-9]{2}", "d": r"[0-9]{1,2}", "a": r"(?i:am|pm)", "HH": r"[0-9]{2}", "H": r"[0-9]{1,2}",
    "hh": r"[0-9]{2}", "h": r"[0-9]{1,2}", "mm": r"[0-9]{2}", "m": r"[0-9]{1,2}", "ss": r"[0-9]{2}",
    "s": r"[0-9]{1,2}", "SSSSSS": r"[0-9]{6}", "SSS": r"[0-9]{3}",
}  # fmt: skip
_READ_AS = {**PRINT, "SSS": "%f", "y": "%Y", "M": "%m", "d": "%d", "H": "%H", "h": "%I", "m": "%M", "s": "%S"}


def printer(fmt: str, node: exp.Expr, ctx: Context) -> str:
    """A pattern for writing as strftime text."""
    try:
        return date_formats.timefmt(_runs(fmt, PRINT), PRINT, quote="'")
    except date_formats.UnknownToken as e:
        raise ctx.error(node, f"The date pattern {fmt!r} holds {e.token!r}, which is not supported here.") from None


def parser(fmt: str, node: exp.Expr, ctx: Context) -> tuple[str, str]:
    """A pattern for reading as strptime text, and the regular expression a text has to match."""
    try:
        read = date_formats.timefmt(_runs(fmt, _READ), {k: _READ_AS[k] for k in _READ}, quote="'")
    except date_formats.UnknownToken as e:
        raise ctx.error(node, f"The date pattern {fmt!r} holds {e.token!r}, which is not supported here.") from None
    out: list[str] = []
    i = 0
    while i < len(fmt):
        run = re.match(r"([A-Za-z])\1*", fmt[i:])
        if fmt[i] == "'":
            end = fmt.find("'", i + 1)
            out.append(re.escape(fmt[i + 1 : end] or "'"))
            i = end + 1
        elif run:
            out.append(_READ[run[0]])
            i += len(run[0])
        else:
            out.append(re.escape(fmt[i]))
            i += 1
    return read, "".join(out)


def _runs(fmt: str, tokens: dict[str, str]) -> str:
    """The pattern, when each run of one letter outside of quotes is a token as a whole (``yyyyy`` is none).

    Raises:
        UnknownToken: for a run that is none.
    """
    bare = re.sub(r"'[^']*'", lambda m: " " * len(m[0]), fmt)
    for run in re.finditer(r"([A-Za-z])\1*", bare):
        if run[0] not in tokens:
            raise date_formats.UnknownToken(run[0], run.start())
    if re.search(r"[\[\]{}#]", bare):
        raise date_formats.UnknownToken(re.search(r"[\[\]{}#]", bare)[0], 0)  # type: ignore[index]
    return fmt
