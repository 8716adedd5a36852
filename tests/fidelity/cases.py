"""The recorded and documented cases, and the tables they read."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from .compare import Written, decode

__all__ = [
    "DOCUMENTED",
    "RECORDED",
    "Case",
    "arrow_tables",
    "cases",
    "duckdb_types",
    "extra_cases",
    "raw_tables",
    "refused_cases",
    "tables",
]

DATA = Path(__file__).parent / "data"
RECORDED = ("postgres", "spark", "mysql", "sqlite", "clickhouse")
DOCUMENTED = ("snowflake", "bigquery", "redshift", "tsql", "trino", "oracle")


@dataclass(frozen=True)
class Case:
    """One query and what the engine gives for it; ``rows`` is None where the engine raises."""

    id: str
    dialect: str
    sql: str
    rows: list[list[Any]] | None
    ordered: bool
    inputs: tuple[str, ...]


def cases(dialect: str) -> Iterator[Case]:
    """All cases of a dialect."""
    if dialect in RECORDED:
        yield from _read(f"{dialect}.jsonl", dialect)
    else:
        names = tuple(tables("documented"))
        for id_, sql, expected, *_ in _documented("documented.yaml")[dialect]:
            rows = None if expected == "ERR" else [_loose(row) for row in expected]
            ordered = "order by" in sql.lower().rpartition(")")[2]
            yield Case(id_, dialect, sql, rows, ordered, names)


def extra_cases(dialect: str) -> Iterator[Case]:
    """Cases written later than those of the table: everyday queries and variants of the hazards."""
    if dialect in RECORDED:
        yield from _read(f"extra_{dialect}.jsonl", dialect)
        return
    written = _documented("extra_documented.yaml")
    for id_, sql, expected, *_ in written.get(dialect, []):
        yield _written(id_, dialect, sql, None if expected == "ERR" else [_loose(row) for row in expected])
    for id_, texts in written.get("everyday", {}).items():
        if dialect in texts:
            yield _written(f"everyday.{id_}", dialect, texts[dialect], _plain_rows(texts["duckdb"]))


def refused_cases(dialect: str) -> set[str]:
    """Ids of the further documented cases that are marked as refused."""
    return {id_ for id_, _, _, *mark in _documented("extra_documented.yaml").get(dialect, []) if mark}


def _written(id_: str, dialect: str, sql: str, rows: list[list[Any]] | None) -> Case:
    words = {word.lower() for word in re.findall(r"\w+", sql)}
    ordered = "order by" in sql.lower().rpartition(")")[2]
    return Case(id_, dialect, sql, rows, ordered, tuple(name for name in tables("extra") if name in words))


def _plain_rows(sql: str) -> list[list[Any]]:
    """What DuckDB itself gives for a query written for it."""
    with duckdb.connect() as connection:
        for name, table in tables("extra").items():
            connection.register(name, table)
        return [list(row) for row in connection.execute(sql).fetchall()]


def _read(file: str, dialect: str) -> Iterator[Case]:
    for line in (DATA / file).read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        rows = None if "error" in raw else [decode(row) for row in raw["rows"]]
        yield Case(raw["id"], dialect, raw["sql"], rows, raw["ordered"], tuple(raw["input"]))


@cache
def _documented(file: str) -> dict[str, Any]:
    return yaml.safe_load((DATA / file).read_text(encoding="utf-8"))


def _loose(row: list[Any]) -> list[Any]:
    return [_manual(v) for v in row]


def _manual(value: Any) -> Any:
    """A hand-written value: dates are text, long fractions are rounded to the digits shown."""
    if isinstance(value, list):
        return [_manual(v) for v in value]
    if isinstance(value, dict):
        return decode(value)
    if isinstance(value, float) and len(repr(value).partition(".")[2]) >= 4:
        return Decimal(repr(value))
    return Written(value) if isinstance(value, str) else value


_TYPES = {
    "int32": (pa.int32(), "INTEGER"),
    "int64": (pa.int64(), "BIGINT"),
    "double": (pa.float64(), "DOUBLE"),
    "string": (pa.string(), "VARCHAR"),
    "bool": (pa.bool_(), "BOOLEAN"),
    "date": (pa.date32(), "DATE"),
    "ts": (pa.timestamp("us"), "TIMESTAMP"),
}


def _type(name: str) -> tuple[pa.DataType, str]:
    name = name.rstrip("!")
    if name.startswith("dec("):
        precision, scale = map(int, name[4:-1].split(","))
        return pa.decimal128(precision, scale), f"DECIMAL({precision},{scale})"
    return _TYPES[name]


def _value(value: Any, type_: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_decimal(type_):
        return Decimal(str(value))
    if pa.types.is_date(type_):
        return dt.date.fromisoformat(str(value))
    if pa.types.is_timestamp(type_):
        return dt.datetime.fromisoformat(str(value))
    return value


@cache
def _specs(kind: str) -> dict[str, Any]:
    if kind == "extra":
        own = yaml.safe_load((DATA / "inputs_extra_documented.yaml").read_text(encoding="utf-8"))
        return {**_specs("recorded"), **_specs("documented"), **own}
    file = "inputs.yaml" if kind == "recorded" else "inputs_documented.yaml"
    return yaml.safe_load((DATA / file).read_text(encoding="utf-8"))


def raw_tables() -> dict[str, tuple[dict[str, str], list[list[Any]]]]:
    """The tables of inputs.yaml as written there: logical column types, and rows; decimals and dates are texts."""
    return {name: (spec["cols"], spec["rows"]) for name, spec in _specs("recorded").items()}


@cache
def tables(kind: str) -> dict[str, pa.Table]:
    """The input tables with their exact types; ``kind`` is ``recorded``, ``documented`` or ``extra``, which has all."""
    return arrow_tables({name: (spec["cols"], spec["rows"]) for name, spec in _specs(kind).items()})


def arrow_tables(specs: dict[str, tuple[dict[str, str], list[list[Any]]]]) -> dict[str, pa.Table]:
    """Tables of logical column types and rows, as Arrow has them."""
    found = {}
    for name, (types, rows) in specs.items():
        columns = [(column, _type(type_)[0]) for column, type_ in types.items()]
        arrays = [pa.array([_value(row[i], t) for row in rows], t) for i, (_, t) in enumerate(columns)]
        found[name] = pa.table(arrays, schema=pa.schema(columns))
    return found


@cache
def duckdb_types(kind: str) -> dict[str, dict[str, str]]:
    """Table -> column -> DuckDB type."""
    return {
        name: {column: _type(type_)[1] for column, type_ in spec["cols"].items()} for name, spec in _specs(kind).items()
    }
