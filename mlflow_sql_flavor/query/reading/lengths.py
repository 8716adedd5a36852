"""How long a text may be, before anything parses it: sqlglot as well as DuckDB."""

from __future__ import annotations

import re
from itertools import islice

from ...errors import QueryError

__all__ = ["MAX_QUERIES", "MAX_WORDS", "check_length"]

MAX_WORDS = 500_000
"""Most words and signs. The largest query measured, a forest of 28,000 leaves, has 380,000."""
MAX_QUERIES = 5_000
"""Most SELECTs, and most joins: what lists of them take grows with their square."""

_WORD = re.compile(r"\b\w|[^\w\s]")
_SELECT = re.compile(r"\b(?:select|from|values)\b", re.IGNORECASE)
_JOIN = re.compile(r"\bjoin\b", re.IGNORECASE)


def check_length(sql: str) -> None:
    """Refuses a text of more words, SELECTs or joins than a parser takes in seconds.

    Raises:
        QueryError: It is too long; says by what.
    """
    if len(sql) > MAX_WORDS and next(islice(_WORD.finditer(sql), MAX_WORDS, None), None) is not None:
        raise QueryError(
            f"The query has more than {MAX_WORDS:,} words and signs: put long lists of values into a reference table."
        )
    for wanted in (_SELECT, _JOIN):
        if len(sql) > MAX_QUERIES and next(islice(wanted.finditer(sql), MAX_QUERIES, None), None) is not None:
            raise QueryError(
                f"The query has more than {MAX_QUERIES:,} SELECTs or joins: put what they hold into a reference table."
            )
