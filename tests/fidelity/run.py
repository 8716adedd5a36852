"""Run cases through :class:`SQLModel` and judge them: match, refused, silently wrong."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mlflow_sql_flavor import SQLModel

from .cases import RECORDED, Case, cases, extra_cases, tables
from .compare import same_rows

__all__ = ["Outcome", "execute", "judge", "run"]


@dataclass(frozen=True)
class Outcome:
    """``verdict`` is match, refused or silent."""

    case: Case
    verdict: str
    got: list[list[Any]] | None = None
    error: str | None = None
    duckdb_sql: str = ""


def execute(case: Case) -> tuple[list[list[Any]], str]:
    """The rows of a case as a model gives them, and what DuckDB ran."""
    data = tables("recorded" if case.dialect in RECORDED else "extra")
    model = SQLModel(case.sql, dialect=case.dialect, tables={name: data[name] for name in case.inputs})
    result = model.predict(output="arrow")
    return rows_of(result), model.bind().program.sql


def rows_of(table: pa.Table) -> list[list[Any]]:
    """Rows of Python values; an interval as a length of time, its years of 365 days and months of 30, as psycopg."""
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, pa.MonthDayNano):
        days = 365 * int(value.months / 12) + 30 * int(math.fmod(value.months, 12)) + value.days
        return dt.timedelta(days=days, microseconds=value.nanoseconds / 1000)
    return value


def judge(case: Case) -> Outcome:
    """Run one case."""
    from mlflow_sql_flavor.errors import SQLModelError

    try:
        rows, sql = execute(case)
    except SQLModelError as e:
        return Outcome(case, "match" if case.rows is None else "refused", None, e.message)
    if case.rows is not None and same_rows(case.rows, rows, case.ordered):
        return Outcome(case, "match", rows, duckdb_sql=sql)
    return Outcome(case, "silent", rows, duckdb_sql=sql)


def run(dialect: str, extra: bool = False, part: str = "") -> list[Outcome]:
    """Run every case of a dialect, or those written later, whose id contains a text."""
    return [judge(case) for case in (extra_cases if extra else cases)(dialect) if part in case.id]
