"""Date patterns of java.time: https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

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
#: Of a year after Christ in a session whose time zone is UTC.
FIXED = {
    "G": "AD", "X": "Z", "XX": "Z", "XXX": "Z", "XXXX": "Z", "XXXXX": "Z", "x": "+00", "xx": "+0000", "xxx": "+00:00",
    "xxxx": "+0000", "xxxxx": "+00:00", "Z": "+0000", "ZZ": "+0000", "ZZZ": "+0000", "ZZZZ": "GMT", "ZZZZZ": "Z",
    "z": "UTC", "zz": "UTC", "zzz": "UTC", "zzzz": "Coordinated Universal Time", "VV": "UTC", "O": "GMT", "OOOO": "GMT",
}  # fmt: skip
_COUNT = r"0*([0-9]{1,2})"
_TWO = r"([0-9]{2})"
# What a strict parser reads: https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatterBuilder.html
# Token -> the field, and what stands for it: (regular expression, strptime's text).
_READ = {
    "y": ("year", r"0*([0-9]{1,4})", "%Y"), "yy": ("century", _TWO, "%Y"), "yyy": ("year", r"0*([0-9]{3,4})", "%Y"),
    "yyyy": ("year", r"([0-9]{4})", "%Y"), "yyyyy": ("year", r"0([0-9]{4})", "%Y"),
    "yyyyyy": ("year", r"00([0-9]{4})", "%Y"),
    "MMMM": ("month", r"([A-Za-z]+)", "%B"),
    "MMM": ("month", r"([A-Za-z]{3})", "%b"), "MM": ("month", _TWO, "%m"), "M": ("month", _COUNT, "%m"),
    "LLLL": ("month", r"([A-Za-z]+)", "%B"), "LLL": ("month", r"([A-Za-z]{3})", "%b"), "LL": ("month", _TWO, "%m"),
    "L": ("month", _COUNT, "%m"), "dd": ("day", _TWO, "%d"), "d": ("day", _COUNT, "%d"),
    "D": ("day of year", r"0*([0-9]{1,3})", "%j"), "DD": ("day of year", r"([0-9]{2,3})", "%j"),
    "DDD": ("day of year", r"([0-9]{3})", "%j"), "a": ("half", r"(am|pm)", "%p"), "HH": ("hour", _TWO, "%H"),
    "H": ("hour", _COUNT, "%H"), "hh": ("clock hour", _TWO, "%I"), "h": ("clock hour", _COUNT, "%I"),
    "mm": ("minute", _TWO, "%M"), "m": ("minute", _COUNT, "%M"), "ss": ("second", _TWO, "%S"),
    "s": ("second", _COUNT, "%S"),
}  # fmt: skip
_OFFSET = {
    "X": r"([+-][0-9]{2}(?:[0-9]{2})?)", "XX": r"([+-][0-9]{4})", "XXX": r"([+-][0-9]{2}:[0-9]{2})",
    "x": r"([+-][0-9]{2}(?:[0-9]{2})?)", "xx": r"([+-][0-9]{4})", "xxx": r"([+-][0-9]{2}:[0-9]{2})",
    "Z": r"([+-][0-9]{4})", "ZZ": r"([+-][0-9]{4})", "ZZZ": r"([+-][0-9]{4})",
}  # fmt: skip
_ZONED = {"X", "XX", "XXX"}
_VARIABLE = frozenset({"y", "yyy", "M", "L", "d", "D", "DD", "H", "h", "m", "s"})


def printer(fmt: str, node: exp.Expr, ctx: Context, more: Mapping[str, str] = MappingProxyType({})) -> str:
    """A pattern for writing as strftime text.

    Args:
        fmt: The pattern.
        node: Where it stands.
        ctx: Of the translation.
        more: Further tokens, and what stands for them.
    """
    tokens = {**PRINT, **more}
    fmt = re.sub(r"('[^']*')|[\[\]]", lambda m: m[1] or "", fmt)  # what is optional to read is written
    try:
        return date_formats.timefmt(_runs(fmt, tokens), tokens, quote="'")
    except date_formats.UnknownToken as e:
        raise ctx.error(node, f"The date pattern {fmt!r} holds {e.token!r}, which is not supported here.") from None


def parser(fmt: str, node: exp.Expr, ctx: Context) -> list[tuple[str, str, str]]:
    """A pattern for reading, as the forms a text may have.

    Returns:
        Of each form the regular expression a text has to match, what its groups are put together to, and strptime's
        text for that. What is optional (``[...]``) and the ``Z`` of a zone make forms of their own.
    """
    try:
        forms = [pieces for found in _spread(_pieces(fmt)) for pieces in _choices(found)]
        return [_form(pieces) for pieces in forms]
    except date_formats.UnknownToken as e:
        raise ctx.error(node, f"The date pattern {fmt!r} holds {e.token!r}, which is not supported here.") from None


def _pieces(fmt: str) -> list[str]:
    """Tokens, quoted texts, brackets and other characters of a pattern."""
    bare = re.sub(r"'[^']*'", lambda m: " " * len(m[0]), fmt)
    reserved = re.search(r"[{}#']", bare)
    if reserved:
        raise date_formats.UnknownToken(reserved[0], reserved.start())
    return [m[0] for m in re.finditer(r"'[^']*'|([A-Za-z])\1*|.", fmt, re.DOTALL)]


def _spread(pieces: list[str]) -> list[list[str]]:
    """The pattern with and without each of its optional parts, in the order in which they are tried."""
    if "[" not in pieces:
        if "]" in pieces:
            raise date_formats.UnknownToken("]", pieces.index("]"))
        return [pieces]
    start = pieces.index("[")
    depth, end = 0, len(pieces)  # a part that is left open ends with the pattern
    for i in range(start, len(pieces)):
        depth += {"[": 1, "]": -1}.get(pieces[i], 0)
        if depth == 0:
            end = i
            break
    rest = pieces[end + 1 :]
    found = _spread([*pieces[:start], *pieces[start + 1 : end], *rest]) + _spread([*pieces[:start], *rest])
    if len(found) > 8:
        raise date_formats.UnknownToken("[", start)
    return found


def _choices(pieces: list[str]) -> list[list[str]]:
    """The zone as a ``Z``, and as an offset."""
    return [pieces, ["'Z'" if set(piece) == {"X"} else piece for piece in pieces]] if _ZONED & set(pieces) else [pieces]


def _form(pieces: list[str]) -> tuple[str, str, str]:
    fields: dict[str, tuple[str, str]] = {}
    out: list[str] = []
    before, grows = "", False
    for piece in pieces:
        text: str | None = None
        if piece in _READ:
            field, text, read = _READ[piece]
            if before and piece in _VARIABLE:
                raise date_formats.UnknownToken(before + piece, 0)
            grows = piece[0] == "y" or (bool(before) and grows)
        elif set(piece) == {"S"} and len(piece) <= 9:
            if before and grows:  # the year takes the digits
                raise date_formats.UnknownToken(before + piece, 0)
            digits = len(piece)
            field, read = "fraction", "%f"
            text = f"([0-9]{{1,{min(digits, 6)}}})[0-9]{{0,{max(digits - 6, 0)}}}"
        elif piece in _OFFSET:
            field, text, read = "offset", _OFFSET[piece], "%z"
        elif piece[0].isalpha():
            raise date_formats.UnknownToken(piece, 0)
        if text is None:
            before = ""
            out.append(re.escape(piece[1:-1] or "'") if piece[0] == "'" else re.escape(piece))
            continue
        if field in fields:
            raise date_formats.UnknownToken(piece, 0)
        out.append(text)
        fields[field] = (f"\\{len(fields) + 1}", read)
        before = piece if text[-2] != "m" and "A-Z" not in text else ""
    for field, others in _CONFLICTS.items():
        if field in fields and not fields.keys().isdisjoint(others):
            raise date_formats.UnknownToken(field, 0)
    if "half" in fields and "clock hour" not in fields:
        raise date_formats.UnknownToken("a", 0)
    if "clock hour" in fields and "half" not in fields:
        fields["half"] = ("AM", "%p")
    if "century" in fields:
        fields["year"] = (f"20{fields.pop('century')[0]}", "%Y")
    fields.setdefault("year", ("1970", "%Y"))
    parts = [fields[name] for name in sorted(fields)]
    return f"(?is){''.join(out)}", " ".join(text for text, _ in parts), " ".join(read for _, read in parts)


_CONFLICTS = {
    "day of year": ("month", "day"), "century": ("year",), "half": ("hour",), "clock hour": ("hour",),
}  # fmt: skip


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
