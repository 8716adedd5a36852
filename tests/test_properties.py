"""Whatever the data: DuckDB through the flavor is DuckDB, one path is the other, and no row is lost."""

import datetime
import decimal
import math
import random

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, QueryError
from mlflow_sql_flavor.frames import reading as frames
from mlflow_sql_flavor.frames import schema
from mlflow_sql_flavor.frames import writing as outputs
from mlflow_sql_flavor.frames.columns import FEW, array_of
from mlflow_sql_flavor.model import compiled_model_of

from .query.bench import SCHEMA, Writer, bench, rows_of, sample

quick = settings(
    deadline=None, max_examples=40, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
FAR = {"min_value": datetime.datetime(1, 1, 1), "max_value": datetime.datetime(9999, 12, 31)}
VALUES = {
    "BOOLEAN": st.booleans(),
    "SMALLINT": st.integers(-(2**15), 2**15 - 1),
    "INTEGER": st.integers(-(2**31), 2**31 - 1),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "UBIGINT": st.integers(0, 2**64 - 1),
    "FLOAT": st.floats(width=32),
    "DOUBLE": st.floats(),
    "DECIMAL(18,3)": st.decimals(-(10**15) + 1, 10**15 - 1, places=3),
    "DECIMAL(38,0)": st.integers(-(10**38) + 1, 10**38 - 1).map(decimal.Decimal),
    "VARCHAR": TEXT,
    "BLOB": st.binary(max_size=8),
    "DATE": st.dates(),
    "TIMESTAMP": st.datetimes(**FAR),
    "TIMESTAMP_S": st.datetimes(**FAR).map(lambda value: value.replace(microsecond=0)),
    "TIMESTAMP WITH TIME ZONE": st.datetimes(**FAR, timezones=st.just(datetime.UTC)),
    "TIME": st.times(),
    "INTEGER[]": st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=3),
    'STRUCT(a BIGINT, "B c" VARCHAR)': st.fixed_dictionaries(
        {"a": st.none() | st.integers(-(2**63), 2**63 - 1), "B c": st.none() | TEXT}
    ),
}
COLUMNS = {f"c{i}": kind for i, kind in enumerate(VALUES)}
ARROW = schema.arrow_schema(COLUMNS)
ROWS = st.lists(st.tuples(*(st.none() | values for values in VALUES.values())), max_size=FEW + 3)


def _columns(rows):
    return zip(*rows, strict=True) if rows else [[] for _ in VALUES]


def same(one, two):
    """Equal values, NaN to itself, in nested ones too."""
    return repr(one) == repr(two)


def _table(rows):
    return pa.table([pa.array(c, f.type) for c, f in zip(_columns(rows), ARROW, strict=True)], schema=ARROW)


TABLES = ROWS.map(_table)


@pytest.fixture(scope="module")
def identity():
    return SQLModel("SELECT * FROM input")


@quick
@given(TABLES)
def test_arrow_in_arrow_out(identity, table):
    assert same(identity.predict(table).to_pylist(), table.to_pylist())
    assert identity.predict(table).schema == table.schema


def _outcome(make):
    try:
        return make()
    except InputError as error:
        return str(error)


@quick
@given(TABLES)
def test_the_path_of_rows_and_the_path_of_arrow_are_one(identity, table):
    """Each column by itself, so that a column which has no form in pandas does not hide the others."""
    kinds = {name: kind for name, kind in COLUMNS.items() if outputs.Columns({name: kind}).by_rows}
    table = table.select(list(kinds))
    bound = compiled_model_of(identity).bind(kinds)
    result = bound.runner.arrow(table, {}, bound.columns.projection)
    rows = bound.runner.rows(table, {})
    for i, (name, kind) in enumerate(kinds.items()):
        columns = outputs.Columns({name: kind})
        arrow = _outcome(lambda c=columns, n=name: c.pandas(result.select([n])))
        try:
            found = _outcome(lambda c=columns, i=i: c.pandas_rows([(row[i],) for row in rows]))
        except outputs.NotByRows:
            continue
        if isinstance(arrow, str):
            assert found == arrow
        else:
            pd.testing.assert_frame_equal(found, arrow, check_exact=True)


@quick
@given(TABLES)
def test_pandas_in_is_arrow_in(table):
    """Read value by value (few rows), column by column, or from Arrow: the same table, but for NaN, pandas' NULL."""
    objects = pd.DataFrame({n: pd.Series(table[n].to_pylist(), dtype=object) for n in table.column_names})
    read = frames.read(objects, ARROW).table
    for name in table.column_names:
        expected = [None if isinstance(v, float) and math.isnan(v) else v for v in table[name].to_pylist()]
        assert same(read[name].to_pylist(), expected), name
        array = array_of(objects[name].array, ARROW.field(name))
        assert same(pa.chunked_array([array]).to_pylist(), expected), name


HOSTILE = ['"; DROP TABLE input; --', "a\nb", "x" * 10_000, "select", "İ", "ß", "SS", "'", '"']
NAMES = st.lists(TEXT | st.sampled_from(HOSTILE), min_size=1, max_size=4)


@settings(quick, max_examples=25)
@given(NAMES, st.integers(0, 3))
def test_hostile_names_are_duckdbs_or_an_error(names, rows):
    table = pa.table([pa.array(range(i, rows + i), pa.int64()) for i in range(len(names))], names=names)
    model = SQLModel("SELECT * FROM input")
    try:
        found = model.predict(table)
    except MlflowException as error:
        assert "Traceback" not in str(error)
        folded = [name.casefold() for name in names]
        assert len(set(folded)) < len(folded) or "" in folded
        return
    with duckdb.connect() as con:
        con.register("input", table)
        own = con.sql("SELECT * FROM input").to_arrow_table()
    assert found.equals(own)


PREDICATES = [
    *("x > 1", "x = x", "g LIKE 'a%'", "n IN (1, 2)", "x > (SELECT avg(x) FROM r)", "x / n > 1", "NOT (n = 1)"),
    *("g IN (SELECT k FROM r)", "x BETWEEN n AND 3", "n IS NULL", "EXISTS (SELECT 1 FROM r WHERE k = g)"),
]


@settings(quick, max_examples=20)
@given(st.sampled_from(PREDICATES), st.sampled_from(PREDICATES), st.integers(0, 2**32), st.integers(0, 40))
def test_partitioning(one, two, seed, rows):
    """The rows where p, where not p and where p is NULL are all rows, once each; as many as where p says so."""
    data = sample(random.Random(seed), rows)
    p = f"({one}) AND ({two})" if seed % 2 else f"({one}) OR ({two})"
    parts = [
        _run(f"SELECT id FROM input WHERE {q}", data)["id"].to_pylist() for q in (p, f"NOT ({p})", f"({p}) IS NULL")
    ]
    assert sorted(i for part in parts for i in part) == sorted(data["id"].to_pylist())
    flags = _run(f"SELECT id, {p} AS p FROM input", data).to_pylist()
    for part, value in zip(parts, (True, False, None), strict=True):
        assert sorted(part) == sorted(row["id"] for row in flags if row["p"] is value)


def _run(sql, data):
    return bench().find(sql).runner.arrow(data, {})


def check_rows(seed: int) -> str:
    """One query of the writer's: what was decided of its rows is what they do. Returns the decision."""
    chance = random.Random(seed)
    sql = Writer(chance).query()
    try:
        found = bench().find(sql)
    except QueryError:
        return "invalid"
    data = sample(chance, chance.choice([1, 2, 5, 9]))
    if found.rows == "table":
        return "table"
    open_ended = any(word in sql for word in ("LIMIT", "DISTINCT ON", "ASOF"))  # its own answer may differ each time
    try:
        own = rows_of(found.raw.arrow(data, {}))
    except MlflowException:
        return "fails"
    answer = found.runner.arrow(data, {})
    assert answer.schema == found.raw.arrow(data, {}).schema, sql
    if open_ended:
        return found.rows
    assert sorted(rows_of(answer)) == sorted(own), sql
    if found.rows == "independent":
        alone = [rows_of(found.runner.arrow(data.slice(i, 1), {}))[0] for i in range(data.num_rows)]
        assert alone == rows_of(answer), sql
        back = [i for i in range(data.num_rows - 1, -1, -1) for _ in range(2)]
        assert rows_of(found.runner.arrow(data.take(back), {})) == [alone[i] for i in back], sql
    return found.rows


@settings(quick, max_examples=60)
@given(st.integers(0, 2**32))
def test_rows_are_what_was_decided(seed):
    check_rows(seed)


@pytest.mark.full
def test_rows_of_many_queries():
    decided = [check_rows(seed) for seed in range(5000)]
    assert decided.count("independent") > 500
    assert decided.count("aligned") > 50


def test_the_writers_queries_are_worth_the_while():
    decided = [check_rows(seed) for seed in range(40)]
    assert {"independent", "table"} <= set(decided)
    assert SCHEMA.names == ["id", "g", "x", "n"]
