"""A value of every type of the type table, and the JSON it becomes; nested types, and what is null in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

import mlflow_sql_flavor

NULL, VALUE, ODD = "null", "value", "odd"
MOMENT = "2024-02-29T12:30:00"

#: ``{DuckDB type: (SQL of a value, its JSON)}`` of every scalar type.
SCALARS: dict[str, tuple[str, Any]] = {
    "BOOLEAN": ("true", True),
    "TINYINT": ("-7", -7),
    "SMALLINT": ("-300", -300),
    "INTEGER": ("-70000", -70000),
    "BIGINT": ("9223372036854775807", 9223372036854775807),
    "HUGEINT": ("-9223372036854775808", -9223372036854775808),
    "UTINYINT": ("255", 255),
    "USMALLINT": ("65535", 65535),
    "UINTEGER": ("4294967295", 4294967295),
    "UBIGINT": ("9223372036854775807", 9223372036854775807),
    "UHUGEINT": ("12", 12),
    "BIGNUM": ("'123456789012345678901234567890123456789012'", "123456789012345678901234567890123456789012"),
    "FLOAT": ("1.5", 1.5),
    "DOUBLE": ("0.1", 0.1),
    "DECIMAL(10,2)": ("12.34", 12.34),
    "VARCHAR": ("'it''s 한강 \"NaN\"'", 'it\'s 한강 "NaN"'),
    "JSON": ("""'{"a": [1, null]}'""", '{"a": [1, null]}'),
    "ENUM('s', 'm')": ("'m'", "m"),
    "UUID": ("'0123abcd-0000-0000-0000-000000000001'", "0123abcd-0000-0000-0000-000000000001"),
    "BLOB": ("'abc'", "YWJj\n"),
    "BIT": ("'0101'", "0101"),
    "DATE": ("'2024-02-29'", "2024-02-29T00:00:00"),
    "TIME": ("'03:04:05.5'", "03:04:05.5"),
    "TIME WITH TIME ZONE": ("'03:04:05+02'", "03:04:05+02"),
    "TIMESTAMP": ("'2024-02-29 12:30:00'", "2024-02-29T12:30:00"),
    "TIMESTAMP_S": ("'2024-02-29 12:30:00'", "2024-02-29T12:30:00"),
    "TIMESTAMP_MS": ("'2024-02-29 12:30:00.25'", "2024-02-29T12:30:00.250000"),
    "TIMESTAMP_NS": ("'2024-02-29 12:30:00'", "2024-02-29T12:30:00"),
    "TIME_NS": ("'03:04:05.123456789'", "03:04:05.123456789"),
    "TIMESTAMPTZ_NS": ("'2024-02-29 12:30:00+00'", "2024-02-29T12:30:00+00:00"),
    "TIMESTAMP WITH TIME ZONE": ("'2024-02-29 12:30:00+00'", "2024-02-29T12:30:00+00:00"),
    "INTERVAL": ("'1 year 2 days 03:00:00'", "1 year 2 days 03:00:00"),
}

#: ``{name: (SQL of a value, its JSON)}`` of nested types, with everything inside that JSON has no word for.
NESTED: dict[str, tuple[str, Any]] = {
    "list": ("[1, NULL, 3]", [1, None, 3]),
    "list_of_doubles": ("[1.5::DOUBLE, 'nan'::DOUBLE, 'inf'::DOUBLE, NULL]", [1.5, None, None, None]),
    "list_of_decimals": ("[1.25::DECIMAL(5,2), NULL]", [1.25, None]),
    "list_of_dates": ("[DATE '2024-02-29', NULL]", ["2024-02-29", None]),
    "list_of_times": ("[TIME '01:02:03', NULL]", ["01:02:03", None]),
    "list_of_intervals": ("[INTERVAL 2 DAY, NULL]", ["2 days", None]),
    "list_of_blobs": ("['abc'::BLOB, NULL]", ["YWJj\n", None]),
    "list_of_lists": ("[[1], NULL, [NULL, 2]]", [[1], None, [None, 2]]),
    "empty_list": ("[]::VARCHAR[]", []),
    "array": ("array_value(1.0::FLOAT, NULL, 'nan'::FLOAT)", [1.0, None, None]),
    "struct": (
        "{'d': 1.25::DECIMAL(5,2), 'n': NULL::INTEGER, 'u': '0123abcd-0000-0000-0000-000000000001'::UUID, "
        "'x': 'nan'::DOUBLE, 'h': 12::HUGEINT, 'i': INTERVAL 2 DAY, 't': TIMESTAMPTZ '2024-02-29 12:30:00+00'}",
        {
            "d": 1.25,
            "n": None,
            "u": "0123abcd-0000-0000-0000-000000000001",
            "x": None,
            "h": 12,
            "i": "2 days",
            "t": "2024-02-29T12:30:00+00:00",
        },
    ),
    "map": ("MAP {1: 'a', 2: NULL}", {"1": "a", "2": None}),
    "map_of_structs": ("MAP {'k': [{'x': '-inf'::DOUBLE}]}", {"k": [{"x": None}]}),
}

FLOATS = ("FLOAT", "DOUBLE")


def name_of(kind: str) -> str:
    """The output column of a scalar type."""
    return "t_" + "".join(c if c.isalnum() else "_" for c in kind.lower())


def save_types(path: Path) -> None:
    """One column a type: NULL, a value, or for floats an odd number, as the input row's ``kind`` says."""
    columns = []
    for kind, (value, _) in SCALARS.items():
        odd = f" WHEN i.kind = '{ODD}' THEN CAST(i.odd AS {kind})" if kind in FLOATS else ""
        columns.append(f"CASE WHEN i.kind = '{VALUE}' THEN CAST({value} AS {kind}){odd} END AS {name_of(kind)}")
    columns += [f"CASE WHEN i.kind = '{VALUE}' THEN {value} END AS {name}" for name, (value, _) in NESTED.items()]
    sql = f"SELECT i.kind, i.at, {', '.join(columns)} FROM input i"
    example = pd.DataFrame({"kind": [VALUE], "odd": ["1"], "at": [pd.Timestamp(MOMENT)]})
    mlflow_sql_flavor.save_model(sql, path, input_example=example)


def expected(kind: str) -> dict[str, Any]:
    """The row of JSON for an input row of this kind."""
    row: dict[str, Any] = {"kind": kind, "at": MOMENT if kind == VALUE else None}
    row |= {name_of(name): value if kind == VALUE else None for name, (_, value) in SCALARS.items()}
    return row | {name: value if kind == VALUE else None for name, (_, value) in NESTED.items()}
