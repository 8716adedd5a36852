"""What a text may look like before DuckDB parses it.

DuckDB 2.0's parser keeps several kilobytes for each word, takes the square of the depth of open brackets, and where the
text is not valid reads five times what a WITH list defines: eight lists in each other, 100 characters, take 3 s and
1.8 GB, and each further one five times that. None of its limits holds there. So the shape is looked at first, by its
tokenizer, which is linear.
"""

import re

from ..errors import QueryError
from ..query.reading.lengths import MAX_QUERIES, check_length
from ..query.reading.recursion import TOO_DEEP

__all__ = ["MAX_DEPTH", "MAX_NESTED", "check_shape"]

MAX_DEPTH = 1000
"""Deepest brackets: as deep as DuckDB nests expressions."""
MAX_NESTED = 200_000
"""Most words in common table expressions inside others; those n levels down count 5**n times."""

_CLAUSES = frozenset(
    [
        b"from",
        b"select",
        b"where",
        b"group",
        b"having",
        b"order",
        b"limit",
        b"window",
        b"qualify",
        b"union",
        b"on",
        b"values",
    ]
)
_LETTERS = re.compile(rb"[a-z]*", re.IGNORECASE)


def check_shape(sql: str) -> None:
    """Refuses a text that takes DuckDB more than seconds to parse, whether it is a query or not.

    Raises:
        QueryError: It is too long, or nested too deeply; says which.
    """
    check_length(sql)
    if sql.count("(") < 2 and sql.count(",") < MAX_QUERIES:
        return
    import duckdb

    data = sql.encode("utf-8", "surrogatepass")
    defined: list[bool] = []  # of each open bracket, whether a common table expression is in it
    levels, nested, before = 0, 0, b""
    listing = [False]  # of each open bracket, whether what follows is the list of a FROM
    listed = 0
    for at, kind in duckdb.tokenize(sql):
        if kind == duckdb.token_type.comment:
            continue
        if data[at] == 0x28:
            defined.append(before in (b"as", b"materialized"))
            listing.append(listing[-1] and before in (b"from", b""))
            levels += defined[-1]
            if len(defined) > MAX_DEPTH:
                raise QueryError(TOO_DEEP)
        elif data[at] == 0x29 and defined:
            levels -= defined.pop()
            listing.pop()
        elif data[at] == 0x2C and listing[-1]:
            listed += 1
            if listed > MAX_QUERIES:
                raise QueryError(
                    f"The query reads more than {MAX_QUERIES:,} relations in its FROM lists: join fewer of them."
                )
        if levels > 1:
            nested += 5 ** min(levels - 1, 20)
            if nested > MAX_NESTED:
                raise QueryError(
                    "The query defines common table expressions inside each other too deeply: write them one after "
                    "another in one WITH list."
                )
        found = _LETTERS.match(data, at, at + 20)
        before = found[0].lower() if found else b""
        if before in _CLAUSES:
            listing[-1] = before == b"from"
