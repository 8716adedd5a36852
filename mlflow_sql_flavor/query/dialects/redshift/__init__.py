"""Redshift: https://docs.aws.amazon.com/redshift/latest/dg/. Most rules are postgres' own."""

from __future__ import annotations

from .. import DialectRules, postgres
from ..shared import trailing_blanks
from . import aggregates, dates, encodings, json, nulls, numbers, regex, strings, windows

__all__ = ["D"]

D = DialectRules("redshift", pack="redshift")

D.use(trailing_blanks.rules("rs__flat"))  # r_Character_types.html#r_Character_types-significance-of-trailing-blanks
_TOPICS = (
    nulls, regex, dates, aggregates, windows, numbers, strings, encodings, json, postgres.types, postgres.coercions,
    postgres.checks,
    postgres.names, postgres.comparisons, postgres.relations, postgres.json, postgres.intervals,
    postgres.aggregates, postgres.numbers, postgres.casts, postgres.encodings, postgres.arrays, postgres.strings,
    postgres.regex, postgres.dates, postgres.formats,
)  # fmt: skip
for _topic in _TOPICS:
    D.use(_topic.R)
