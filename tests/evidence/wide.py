"""Columns of further classes: numbers of 32 bits, moments with a zone, times, intervals, arrays, JSON, maps, structs.

The tables of the generator have the columns that every engine has. What one engine has beyond them is made of these
within FROM, under the name ``wide``: a query holds the columns that it reads and no other.
"""

from __future__ import annotations

import re

__all__ = ["WIDE", "expanded", "reads_wide"]

_JSON = (
    'CASE id WHEN 1 THEN \'{"a": 1, "b": "x", "c": [1, -2, null]}\' WHEN 2 THEN \'{"a": -2.5, "d": {"e": null}}\' '
    "WHEN 3 THEN '' WHEN 4 THEN '[10, \"ß\", []]' WHEN 5 THEN '{\"a\": null, \"b\": true}' WHEN 7 THEN '{}' "
    'WHEN 8 THEN \'{"a": 1, "b": "x", "c": [1, -2, null]}\' WHEN 9 THEN \'"text"\' ELSE NULL END'
)
_VALID = _JSON.replace("WHEN 3 THEN ''", "WHEN 3 THEN '0'")


def _arrays(opened: str, closed: str, empty: str, none: str = "NULL") -> dict[str, str]:
    def array(items: str) -> str:
        return f"{opened}{items}{closed}"

    def cases(items: list[str], kind: int) -> str:
        rows = zip((1, 2, 4, 8, 9), (array(each) for each in [*items, items[0], items[1]]), strict=True)
        told = " ".join(f"WHEN {at} THEN {each}" for at, each in rows)
        last = none.split("|")
        return f"CASE id {told} WHEN 3 THEN {empty.split('|')[kind]} ELSE {last[kind % len(last)]} END"

    return {
        "c_ai": cases(["3, 1, 2, 1", "-1, 0", "2147483647"], 0),
        "c_at": cases(["'b', 'a', '', 'a'", "'ß', 'B'", "'apple'"], 1),
    }


#: ``{dialect: {column: expression over table a}}``
WIDE: dict[str, dict[str, str]] = {
    "postgres": {
        "c_real": "CAST(x AS real)",
        "c_small": "CAST(j AS smallint)",
        "c_tz": "CAST(w AS timestamptz)",
        "c_time": "CAST(w AS time)",
        "c_iv": "CASE id WHEN 1 THEN INTERVAL '1 day' WHEN 2 THEN INTERVAL '-2 months' WHEN 3 THEN INTERVAL '36 hours' "
        "WHEN 4 THEN INTERVAL '0 days' WHEN 5 THEN INTERVAL '1 year 2 months 3 days' WHEN 8 THEN INTERVAL '1 day' END",
        **_arrays("ARRAY[", "]", "CAST('{}' AS int[])|CAST('{}' AS text[])"),
        "c_jt": _JSON,
        "c_js": f"CAST({_VALID} AS json)",
        "c_jb": f"CAST({_VALID} AS jsonb)",
        "c_bin": "CAST(t AS bytea)",
        "c_ch": "CAST(t AS char(4))",
    },
    "databricks": {
        "c_real": "CAST(x AS float)",
        "c_ntz": "CAST(w AS timestamp_ntz)",
        "c_iv": "CASE id WHEN 1 THEN INTERVAL '1' DAY WHEN 2 THEN INTERVAL '-2' DAY WHEN 4 THEN INTERVAL '0' DAY END",
        **_arrays("array(", ")", "CAST(array() AS array<int>)|CAST(array() AS array<string>)"),
        "c_map": "CASE id WHEN 1 THEN map('a', 1, 'b', -2) WHEN 3 THEN map('', 0) ELSE NULL END",
        "c_st": "named_struct('k', i, 'n', s)",
        "c_aa": "CASE id WHEN 1 THEN array(array(1, 2), array(-3)) WHEN 4 THEN array(array(0)) ELSE NULL END",
        "c_jt": _JSON,
        "c_bin": "CAST(t AS binary)",
    },
    "clickhouse": {
        "c_real": "CAST(x AS Nullable(Float32))",
        "c_u": "CAST(abs(j) AS Nullable(UInt8))",
        "c_sec": "CAST(w AS Nullable(DateTime))",
        "c_ms": "CAST(w AS Nullable(DateTime64(3)))",
        **_arrays("[", "]", "CAST([] AS Array(Int32))|CAST([] AS Array(String))", "[7]|['z', 'y']"),
        "c_ax": "CASE id WHEN 1 THEN [1.5, -2.5, 0.0] WHEN 3 THEN CAST([] AS Array(Float64)) ELSE [0.25] END",
        "c_aa": "CASE id WHEN 1 THEN [[1, 2], [-3]] ELSE [[0]] END",
        "c_map": "CASE id WHEN 1 THEN map('a', 1, 'b', -2) ELSE map('', 0) END",
        "c_jt": _JSON,
        "c_fix": "CAST(coalesce(n, '') AS FixedString(6))",
    },
    "mysql": {
        "c_real": "CAST(x AS float)",
        "c_u": "CAST(abs(j) AS unsigned)",
        # Six places: MariaDB cuts what it does not keep of a second, and MySQL rounds it.
        "c_time": "CAST(w AS time(6))",
        "c_jt": _JSON,
        "c_js": f"CAST({_VALID} AS json)",
        "c_ch": "CAST(t AS char(4))",
    },
    "sqlite": {"c_jt": _JSON, "c_va": _VALID, "c_blob": "CAST(t AS blob)"},
}
_BASE = ["id", "g", "i", "j", "l", "x", "y", "d", "e", "s", "t", "n", "c", "o", "p", "u", "v", "w", "q"]
_NAME = re.compile(r"\bc_[a-z]+\b")
_FROM = re.compile(r"\bFROM wide\b")


def reads_wide(item: str) -> bool:
    """Whether an expression reads a column of a further class."""
    return _NAME.search(item) is not None


def expanded(query: str, dialect: str) -> str:
    """A query with the columns that it reads of ``wide`` made within its FROM."""
    if _FROM.search(query) is None:
        return query
    made = WIDE[dialect]
    named = [name for name in made if re.search(rf"\b{name}\b", query)]
    columns = ", ".join([*_BASE, *(f"{made[name]} AS {name}" for name in named)])
    return _FROM.sub(lambda _: f"FROM (SELECT {columns} FROM a) AS wide", query)
