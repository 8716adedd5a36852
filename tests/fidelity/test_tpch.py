"""Do no harm: the 22 queries of TPC-H give the rows DuckDB itself gives, in whatever dialect they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.frames.compare import compare

TEXT = (Path(__file__).parent / "data" / "tpch.sql").read_text()
QUERIES = {int(n): sql.strip() for n, sql in re.findall(r"-- query (\d+)\n(.*?)(?=-- query|\Z)", TEXT, re.S)}
#: {DATE '1998-12-01' - 90 day} in each dialect.
MOMENTS = {
    "duckdb": "{date} {sign} INTERVAL '{n}' {unit}",
    "postgres": "{date} {sign} INTERVAL '{n} {unit}'",
    "databricks": "{date} {sign} INTERVAL {n} {unit}",
    "snowflake": "DATEADD({unit}, {sign}{n}, {date})",
    "bigquery": "{function}({date}, INTERVAL {n} {unit})",
}


def written(number: int, dialect: str) -> str:
    """A query as a dialect writes it."""

    def moment(found: re.Match[str]) -> str:
        date, sign, n, unit = found.groups()
        function = "DATE_ADD" if sign == "+" else "DATE_SUB"
        return MOMENTS[dialect].format(date=date, sign=sign, n=n, unit=unit.upper(), function=function)

    sql = re.sub(r"\{(DATE '[\d-]+') ([+-]) (\d+) (\w+)\}", moment, QUERIES[number])
    # 0.06 is an exact number everywhere but in BigQuery, where 0.06 + 0.01 is less than 0.07.
    sql = re.sub(r"\{([\d.]+)\}", r"NUMERIC '\1'" if dialect == "bigquery" else r"\1", sql)
    part = "SUBSTRING(c_phone FROM 1 FOR 2)" if dialect in ("duckdb", "postgres") else "SUBSTR(c_phone, 1, 2)"
    return sql.replace("{SUBSTRING(c_phone FROM 1 FOR 2)}", part)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, pa.Table]]:
    program = Path(sys.executable).with_name("tpchgen-cli")
    if not program.exists():
        pytest.skip("tpchgen-cli, which makes the data, is not installed")
    folder = tmp_path_factory.mktemp("tpch")
    subprocess.run([program, "parquet", "-s", "0.01", "--output-dir", folder], check=True, capture_output=True)
    yield {file.stem: pq.read_table(file) for file in folder.glob("*.parquet")}


@pytest.fixture(scope="module")
def raw(data: dict[str, pa.Table]) -> dict[int, pa.Table]:
    """What DuckDB gives for the text as written for it."""
    with duckdb.connect() as connection:
        for name, table in data.items():
            connection.register(name, table)
        rows = {number: connection.sql(written(number, "duckdb")).to_arrow_table() for number in QUERIES}
    assert sum(table.num_rows > 0 for table in rows.values()) >= 18, "at this scale few queries find nothing"
    return rows


def test_all_queries_are_there() -> None:
    assert sorted(QUERIES) == list(range(1, 23))


def at_scale_of(found: pa.Table, raw: pa.Table) -> pa.Table:
    """DuckDB's DOUBLE where the dialect's own type is an exact one of fewer digits: AVG of a DECIMAL in Spark."""
    for i, field in enumerate(found.schema):
        if pa.types.is_decimal(field.type) and pa.types.is_floating(raw.schema.field(i).type):
            rounded = pc.round(raw.column(i), field.type.scale).cast(field.type, safe=False)
            raw = raw.set_column(i, raw.schema.field(i).name, rounded)
    return raw


#: Each query in one of the dialects, and all in all.
PARTS = [pytest.param(None, marks=pytest.mark.full), len(MOMENTS)]


@pytest.mark.ci
@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("dialect", list(MOMENTS))
def test_tpch(data: dict[str, pa.Table], raw: dict[int, pa.Table], dialect: str, parts: int | None) -> None:
    wrong = {}
    for number in list(QUERIES)[list(MOMENTS).index(dialect) :: parts] if parts else QUERIES:
        sql = written(number, dialect)
        used = {name: table for name, table in data.items() if re.search(rf"\b{name}\b", sql)}
        model = SQLModel(sql, dialect=dialect, tables=used)
        found = model.predict(output="arrow")
        if dialect == "duckdb":
            assert model.bind().program.sql == sql
        difference = compare(found, at_scale_of(found, raw[number]), ordered="ORDER BY" in sql)
        if not difference.equal:
            wrong[number] = difference.text()
    assert not wrong
