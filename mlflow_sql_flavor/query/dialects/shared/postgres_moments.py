"""Constant texts of dates and timestamps in the many forms that PostgreSQL reads.

https://www.postgresql.org/docs/15/datatype-datetime.html#DATATYPE-DATETIME-INPUT
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from functools import cache

__all__ = ["iso_of"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
         "december")  # fmt: skip
_MONTH = {
    **{name: at for at, name in enumerate(_MONTHS, 1)},
    **{name: at for at, name in enumerate(_LONG, 1)},
    "sept": 9,
}
_DAY = re.compile(r"(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?")
#: Hours of the abbreviations that PostgreSQL knows by default.
_ZONES = {"utc": 0, "gmt": 0, "z": 0, "zulu": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
          "pst": -8, "pdt": -7, "cet": 1, "cest": 2}  # fmt: skip
_TIME = re.compile(r"(?<![\d:.])(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(?!\d|:)\s*(am\b|pm\b)?")
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?!\d|:)")


def iso_of(text: str, *, day: bool, zone: bool) -> str | None:
    """A constant in ISO's form, months before days; None where it is not read here.

    Args:
        text: As it is written: ``'Wed Jul 11 10:51:14 GMT-4 2001'``.
        day: Whether a date is meant, which has no time.
        zone: Whether a zone counts; a timestamp without one leaves it out.

    Returns:
        ``'2001-07-11 10:51:14+04:00'``, or None.
    """
    rest = re.sub(r"(?<=\d)t(?=\d)", " ", text.lower().replace(",", " ").strip())
    clock, offset = "00:00:00", ""
    found = _TIME.search(rest)
    if found is not None:
        read = _clock(found)
        if read is None:
            return None
        behind = _OFFSET.match(rest[found.end() :].lstrip())
        end = found.end() + (len(rest[found.end() :]) - len(rest[found.end() :].lstrip()) if behind else 0)
        clock, offset = read, _offset(behind, 1) if behind else ""
        rest = f"{rest[: found.start()]} {rest[end + (behind.end() if behind else 0) :]}"
    words, weekday = [], False
    named_zone = re.search(r"(?<!\S)[A-Za-z]+/[A-Za-z_/]+(?!\S)", text)
    if named_zone is not None and not offset:
        rest = rest.replace(named_zone[0].lower(), " ", 1)
        if named_zone[0] not in _zone_names():
            return None
    for word in rest.split():
        named = re.fullmatch(r"(?:utc|gmt)([+-]\d{1,2})", word)
        numbered = re.fullmatch(r"[+-]\d{2}(?::?\d{2})?", word)
        if (named or numbered or word in _ZONES) and (offset or found is None):
            return None
        if named is not None:  # as POSIX has it: west is positive
            offset = _offset(_OFFSET.match(named[1]), -1)
        elif numbered is not None:
            offset = _offset(_OFFSET.match(word), 1)
        elif word in _ZONES:
            offset = f"{_ZONES[word]:+03d}:00"
        elif _DAY.fullmatch(word):
            weekday = True
        else:
            words.append(word)
    if weekday and not any(word in _MONTH for word in re.split(r"[-/. ]", " ".join(words))):
        return None
    if named_zone is not None:
        if offset:
            return None
        offset = f" {named_zone[0]}"
    if found is None and len(words) == 2 and re.fullmatch(r"\d{8}", words[0]) and re.match(r"\d", words[1]):
        compact = re.fullmatch(r"(\d{2})(\d{2})(\d{2})(\.\d{1,6})?([+-]\d{1,2}(?::?\d{2})?)?", words[1])
        if compact is None or (compact[5] and offset):
            return None
        clock = f"{compact[1]}:{compact[2]}:{compact[3]}{compact[4] or ''}"
        offset = _offset(_OFFSET.match(compact[5]), 1) if compact[5] else offset
        words.pop()
    parts = _date(words)
    try:
        date = datetime.date(*parts) if parts else None
        datetime.time.fromisoformat(clock.partition(".")[0])
    except ValueError:
        return None
    if date is None:
        return None
    return date.isoformat() if day else f"{date.isoformat()} {clock}{offset if zone else ''}"


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _clock(found: re.Match[str]) -> str | None:
    hour, half = int(found[1]), found[5]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02d}:{found[2]}:{found[3] or '00'}{found[4] or ''}"


def _offset(found: re.Match[str] | None, sign: int) -> str:
    if found is None:
        return ""
    east = (found[1] == "+") == (sign > 0)
    return f"{'+' if east else '-'}{int(found[2]):02d}:{found[3] or '00'}"


def _date(words: list[str]) -> tuple[int, int, int] | None:
    """Year, month and day of what is left of a text."""
    if len(words) == 1 and re.fullmatch(r"\d{8}", words[0]):
        return int(words[0][:4]), int(words[0][4:6]), int(words[0][6:])
    if len(words) == 1 and (ordinal := re.fullmatch(r"(\d{4})\.(\d{3})", words[0])):
        first = datetime.date(int(ordinal[1]), 1, 1) + datetime.timedelta(int(ordinal[2]) - 1)
        return (first.year, first.month, first.day) if first.year == int(ordinal[1]) else None
    if len(words) == 1 and (julian := re.fullmatch(r"j(\d{7})", words[0])):
        day = datetime.date.fromordinal(int(julian[1]) - 1_721_425)
        return day.year, day.month, day.day
    if len(words) == 1:
        marks = set(re.findall(r"[^a-z0-9]", words[0]))
        words = re.split(r"[-/.]", words[0]) if len(marks) == 1 and marks <= set("-/.") else words
    if len(words) != 3:
        return None
    months = [_MONTH[word] for word in words if word in _MONTH]
    numbers = [word for word in words if re.fullmatch(r"\d{1,2}|\d{4}", word)]
    if len(months) == 1 and len(numbers) == 2:
        year, other = (numbers[0], numbers[1]) if len(numbers[0]) == 4 else (numbers[1], numbers[0])
        return None if len(other) == 4 else (_year(year), months[0], int(other))
    if len(numbers) != 3 or any(len(number) == 4 for number in numbers[1:-1]):
        return None
    if len(numbers[0]) == 4:
        return None if len(numbers[2]) == 4 else (int(numbers[0]), int(numbers[1]), int(numbers[2]))
    return _year(numbers[2]), int(numbers[0]), int(numbers[1])


def _year(written: str) -> int:
    number = int(written)
    return number if len(written) == 4 else number + (2000 if number < 70 else 1900)
