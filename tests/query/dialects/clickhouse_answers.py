# ruff: noqa: E501
"""Asks ClickHouse for the rows of ``data/clickhouse_nullable.jsonl``: ``python -m tests.query.dialects.clickhouse_answers``.

Its tables say which columns are Nullable, as the ones that other recorded cases read do not. ClickHouse is chdb.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

FILE = Path(__file__).parent / "data" / "clickhouse_nullable.jsonl"
_ARROW = {"int32": pa.int32(), "uint8": pa.uint8(), "string": pa.string(), "ts": pa.timestamp("us")}
_OWN = {"int32": "Int32", "uint8": "UInt8", "string": "String", "ts": "DateTime64(6)"}
#: ``{table: {column: (type, values)}}``; a type with ``!`` is not Nullable.
TABLES: dict[str, dict[str, tuple[str, list[Any]]]] = {
    "ord": {
        "id": ("int32!", [1, 2, 3]), "grp": ("int32!", [1, 1, 2]), "x": ("int32", [5, 5, None]),
        "y": ("int32", [7, None, 3]), "t": ("string!", ["a", "b", ""]),
    },
    "sal": {"shop": ("string!", ["n", "n", "s", "w"]), "kind": ("uint8!", [1, 2, 1, 1]), "amt": ("int32!", [10, 20, 5, 5])},
    "own": {"shop": ("string!", ["n"]), "boss": ("string!", ["ann"]), "age": ("uint8!", [40]), "note": ("string", ["z"])},
    "ev": {"at": ("ts!", ["2024-01-05 10:00:00"]), "u": ("int32!", [1])},
}  # fmt: skip


def table(name: str) -> pa.Table:
    """One of the tables as Arrow."""
    import datetime

    fields, arrays = [], []
    for column, (kind, values) in TABLES[name].items():
        plain = kind.rstrip("!")
        read = [datetime.datetime.fromisoformat(v) for v in values] if plain == "ts" else values
        fields.append(pa.field(column, _ARROW[plain], nullable=not kind.endswith("!")))
        arrays.append(pa.array(read, _ARROW[plain]))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def main() -> None:
    """Writes the file anew from its own queries."""
    from chdb import session

    asked = session.Session()
    asked.query("CREATE DATABASE IF NOT EXISTS d ENGINE = Atomic")
    asked.query("USE d")
    for name, columns in TABLES.items():
        types = ", ".join(
            f"{c} {_OWN[k[:-1]]}" if k.endswith("!") else f"{c} Nullable({_OWN[k]})" for c, (k, _) in columns.items()
        )
        asked.query(f"CREATE TABLE {name} ({types}) ENGINE = Memory")
        rows = zip(*(values for _, values in columns.values()), strict=True)
        listed = ", ".join("(" + ", ".join("NULL" if v is None else repr(v) for v in row) + ")" for row in rows)
        asked.query(f"INSERT INTO {name} VALUES {listed}")
    lines = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        sql = json.loads(line)["sql"]
        found = json.loads(str(asked.query(sql, "JSONCompact")))
        kinds = [column["type"] for column in found["meta"]]
        rows_ = [[_plain(v, k) for v, k in zip(row, kinds, strict=True)] for row in found["data"]]
        lines.append(json.dumps({"sql": sql, "rows": rows_}, ensure_ascii=False))
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _plain(value: Any, kind: str) -> Any:
    return int(value) if isinstance(value, str) and kind.startswith(("Int64", "UInt64")) else value


if __name__ == "__main__":
    main()
