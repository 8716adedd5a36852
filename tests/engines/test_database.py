"""A model run in a database: the rows of DuckDB, whatever the driver, and nothing a caller gives becomes SQL."""

from __future__ import annotations

import datetime
import decimal
import importlib
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines.databases import drivers
from mlflow_sql_flavor.errors import InputError, QueryError, RunError

from .databases import QUICK, SLOW, opener, server

ENGINES = [*QUICK, *(pytest.param(name, marks=pytest.mark.ci) for name in SLOW)]
D = decimal.Decimal


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with server() as uri:
        yield uri


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def connection(engine: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    found = opener(engine, lambda: request.getfixturevalue("postgres"))()
    yield found
    if hasattr(found, "close"):
        found.close()


CODES = pa.table({"c": pa.array([3, 5, 9], pa.int32()), "label": ["x", "o'y\\n:z%(a)s", None]})
DATA = pa.table(
    {
        "id": [1, 1, 2, 3],
        "c": pa.array([3, 5, 7, None], pa.int32()),
        "price": pa.array([D("1.25"), D("2.50"), None, D("9.99")], pa.decimal128(10, 2)),
        "ok": [True, False, None, True],
        "day": [datetime.date(2024, 1, day) for day in (1, 2, 3, 4)],
        "at": pa.array([datetime.datetime(2024, 1, day, 12, 0, 0, 5) for day in (1, 2, 3, 4)], pa.timestamp("us")),
    }
)
#: Integer division, a decimal, a date, a time, NULLs, a filter, a name in quotes, and text that drivers read.
QUERY = """SELECT input.id, sum(input.c / 2) AS half, avg(price) AS p, count(*) FILTER (WHERE ok) AS n, max(day) AS day,
  max(at) AS at, min('a%b:c %(x)s ? $1 {d}') AS text, coalesce(max(label), '-') AS "Label"
FROM input LEFT JOIN codes ON codes.c = input.c -- which ? :not_a_parameter
WHERE input.id >= :least AND day >= :since AND coalesce(label, '') <> :without
GROUP BY input.id ORDER BY input.id LIMIT :most"""
PARAMS = {
    "least": 1,
    "since": datetime.date(2024, 1, 1),
    "without": "'); DROP TABLE codes; --\\ %s :x {y}\n",
    "most": 9,
}


def model(**options: Any) -> SQLModel:
    return SQLModel(QUERY, "postgres", {"codes": CODES}, **options)


def test_the_rows_are_duckdb_s(connection: Any, engine: str) -> None:
    found = model().verify_on(connection, DATA, params=PARAMS)
    assert found.equal, found.text(engine, "DuckDB")
    assert found.rows == (3, 3)


def test_the_types_are_the_model_s(connection: Any) -> None:
    expected = model().predict(DATA, PARAMS, output="arrow")
    got = model().run_on(connection, input=DATA, params=PARAMS)
    assert isinstance(got, pa.RecordBatchReader)
    assert got.schema == expected.schema
    assert got.read_all()["Label"].to_pylist() == expected["Label"].to_pylist()


def test_a_difference_is_found(connection: Any, engine: str) -> None:
    """The engine gets another reference table than the model has."""
    found = model().verify_on(connection, DATA, params=PARAMS, tables={"codes": CODES.slice(1)})
    assert not found.equal
    assert any(cell.column == "Label" for cell in found.cells)
    assert "Label" in found.text(engine, "DuckDB")


NASTY = [
    "",
    "'",
    "''; DROP TABLE input; --",
    '"',
    "\\",
    "\\'",
    "%s %(p1)s %",
    ":p1 ::text",
    "$1 ?",
    "{p1}",
    "é\n\t한",
    "NULL",
    "\\N",
]


def test_values_are_bound(connection: Any, engine: str) -> None:
    """Whatever a parameter holds comes back as data."""
    query = SQLModel("SELECT CAST(:value AS VARCHAR) AS value, id FROM input WHERE id = :id", "duckdb")
    data = pa.table({"id": [1, 2]})
    for value in NASTY:
        got = query.run_on(connection, input=data, params={"value": value, "id": 2}).read_all()
        assert got.to_pylist() == [{"value": value, "id": 2}]


def test_null_parameters(connection: Any) -> None:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

    signature = ModelSignature(
        inputs=Schema([ColSpec("long", "id")]), params=ParamSchema([ParamSpec("x", DataType.long, None)])
    )
    query = SQLModel("SELECT id, coalesce(:x, -1) + id AS y FROM input", "duckdb", signature=signature)
    got = query.run_on(connection, input=pa.table({"id": [1]}), params={"x": None}).read_all()
    assert got.to_pylist() == [{"id": 1, "y": 0}]


def test_types_of_parameters(connection: Any, engine: str) -> None:
    query = SQLModel(
        "SELECT :b AS b, :i + 0 AS i, :f + 0 AS f, CAST(:m AS DECIMAL(10,2)) AS m, :d AS d, :t AS t FROM input",
        "duckdb",
    )
    params = {
        "b": True, "i": 2**40, "f": 0.1, "m": D("1.25"), "d": datetime.date(2024, 2, 29),
        "t": datetime.datetime(2024, 2, 29, 23, 59, 59, 123456),
    }  # fmt: skip
    found = query.verify_on(connection, pa.table({"a": [1]}), params=params)
    assert found.equal, found.text(engine, "DuckDB")


def test_columns_with_odd_names(connection: Any, engine: str) -> None:
    data = pa.table({'a "b"; c': [1, 2], "Select": ["x", None], "CamelCase": [1.5, None], "한%": [True, False]})
    query = SQLModel(
        'SELECT "a ""b""; c" + 1 AS "x; y", "Select" AS "Z", camelcase AS n, "한%" AS "한" FROM input', "duckdb"
    )
    found = query.verify_on(connection, data)
    assert found.equal, found.text(engine, "DuckDB")


def test_no_rows(connection: Any) -> None:
    got = SQLModel("SELECT c, day FROM input WHERE c > 100", "duckdb").run_on(connection, input=DATA)
    assert got.read_all().num_rows == 0


def execute(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    """A statement as the caller's own code would run it."""
    module = type(connection).__module__
    if module.startswith("sqlalchemy"):
        text = importlib.import_module("sqlalchemy").text
        result = connection.execute(text(sql))
        return [tuple(row) for row in result] if result.returns_rows else []
    if module.startswith("chdb"):
        table = connection.query(sql, "ArrowTable") if sql.startswith("SELECT") else connection.query(sql)
        return [tuple(row.values()) for row in table.to_pylist()] if sql.startswith("SELECT") else []
    if module.startswith("datafusion"):
        batches = connection.sql(sql).collect()
        return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    cursor = (
        connection.cursor() if hasattr(connection, "adbc_get_info") else connection.execute("SELECT 1") and connection
    )
    found = cursor.execute(sql)
    rows = (found if found is not None else cursor).fetchall() if sql.startswith("SELECT") else []
    return [tuple(row) for row in rows]


def make(connection: Any, name: str, columns: str, rows: str) -> None:
    engine = " ENGINE = Memory" if type(connection).__module__.startswith("chdb") else ""
    execute(connection, f"CREATE TABLE {name} ({columns}){engine}")
    execute(connection, f"INSERT INTO {name} VALUES {rows}")


def typed(sql: str, **options: Any) -> SQLModel:
    return SQLModel(sql, "duckdb", input_types={"id": "BIGINT", "c": "INTEGER"}, **options)


LABELS = pa.table({"c": pa.array([1, 2], pa.int32()), "label": ["one", "two"]})
JOINED = "SELECT id, label FROM input LEFT JOIN labels USING (c) ORDER BY id"


def test_tables_by_name(connection: Any) -> None:
    make(connection, "events", "id bigint, c int", "(1, 1), (2, 2), (3, 3)")
    make(connection, "names", "c int, label varchar(9)", "(1, 'eins'), (2, 'zwei')")
    query = typed(JOINED, tables={"labels": LABELS})
    got = query.run_on(connection, input="events").read_all()
    assert got["label"].to_pylist() == ["one", "two", None]
    got = query.run_on(connection, input="events", tables={"labels": "names"}).read_all()
    assert got["label"].to_pylist() == ["eins", "zwei", None]
    with pytest.raises(RunError, match="failed on the query"):
        query.run_on(connection, input="nowhere")


def test_a_further_column_of_a_table(connection: Any) -> None:
    """It is not read in the place of an output, and is none of a star's."""
    make(connection, "events_f", "id bigint, c int, more int", "(1, 1, 8), (2, 2, 8), (3, 3, 9)")
    grouped = typed("SELECT c % 2 AS more, COUNT(*) AS n FROM input GROUP BY more ORDER BY n")
    assert grouped.run_on(connection, input="events_f").read_all().to_pydict() == {"more": [0, 1], "n": [1, 2]}
    assert typed("SELECT * FROM input").run_on(connection, input="events_f").read_all().column_names == ["id", "c"]


def test_a_column_that_the_query_does_not_name_may_lack(connection: Any) -> None:
    make(connection, "events_l", "id bigint", "(1)")
    assert typed("SELECT id FROM input").run_on(connection, input="events_l").read_all()["id"].to_pylist() == [1]
    with pytest.raises(RunError, match="failed on the query"):
        typed("SELECT id, c FROM input").run_on(connection, input="events_l").read_all()


def test_a_key_that_repeats(connection: Any) -> None:
    make(connection, "events_r", "id bigint, c int", "(1, 1)")
    make(connection, "names_r", "c int, label varchar(9)", "(1, 'a'), (1, 'b')")
    query = typed("SELECT id, label FROM input LEFT JOIN labels USING (c)", tables={"labels": LABELS})
    with pytest.raises(InputError, match="repeats values of c"):
        query.run_on(connection, input="events_r", tables={"labels": "names_r"})


def test_into(connection: Any, engine: str) -> None:
    if engine == "datafusion":
        with pytest.raises(InputError, match="keeps no tables"):
            typed("SELECT id FROM input").run_on(connection, input=pa.table({"id": [1], "c": [1]}), into="x")
        return
    make(connection, "events_i", "id bigint, c int", "(1, 1), (2, 3)")
    query = typed("SELECT id, c / :by AS share, label FROM input LEFT JOIN labels USING (c)", tables={"labels": LABELS})
    assert query.run_on(connection, input="events_i", params={"by": 2}, into="scores") is None
    rows = execute(connection, "SELECT id, share, label FROM scores ORDER BY id")
    assert [(row[0], float(row[1]), row[2]) for row in rows] == [(1, 0.5, "one"), (2, 1.5, None)]
    with pytest.raises(RunError, match="failed on the query"):  # it exists
        query.run_on(connection, input="events_i", params={"by": 2}, into="scores")


def test_temporary_tables_go(connection: Any, engine: str) -> None:
    listing = {
        "sqlite3": "SELECT name FROM sqlite_temp_master",
        "sqlite": "SELECT name FROM sqlite_temp_master",
        "duckdb": "SELECT table_name FROM duckdb_tables()",
        "postgres": "SELECT relname FROM pg_class WHERE relname LIKE 'mlflow_sql%'",
        "chdb": "SELECT name FROM system.tables WHERE is_temporary",
        "datafusion": None,
    }[engine.partition(" ")[0]]
    if listing is None:
        pytest.skip("DataFusion's information schema is off")
    reader = typed(JOINED, tables={"labels": LABELS}).run_on(connection, input=pa.table({"id": [1], "c": [1]}))
    assert reader.read_all().num_rows == 1
    assert execute(connection, listing) == []


def test_rows_come_in_batches(connection: Any, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlflow_sql_flavor.scale.database.BATCH_ROWS", 1_000)
    data = pa.table({"id": range(25_000)})
    reader = SQLModel("SELECT id, id * 2 AS twice FROM input", "duckdb").run_on(connection, input=data)
    sizes = [len(batch) for batch in reader]
    assert sum(sizes) == 25_000
    assert len(sizes) > 1 or engine in ("postgres adbc", "chdb")  # whose drivers have sizes of their own


def test_a_loaded_model(connection: Any, tmp_path: Any) -> None:
    mlflow_sql_flavor.save_model(
        QUERY, tmp_path / "model", dialect="postgres", tables={"codes": CODES},
        input_example=(DATA.to_pandas(), PARAMS), input_types=DATA.schema, pip_requirements=["mlflow"],
    )  # fmt: skip
    found = mlflow_sql_flavor.load_model(str(tmp_path / "model")).verify_on(connection, DATA, params=PARAMS)
    assert found.equal, found.text()


LISTS = {
    "IN": ("duckdb", "SELECT id FROM input WHERE c IN (:cs) ORDER BY id"),
    "NOT IN": ("databricks", "SELECT id FROM input WHERE id NOT IN (:ids) OR c IN (:cs) ORDER BY id"),
    "ANY": ("postgres", "SELECT id FROM input WHERE c = ANY(:cs) ORDER BY id"),
}


@pytest.mark.parametrize("form", LISTS)
def test_lists(connection: Any, engine: str, form: str) -> None:
    """An engine without arrays is given the items one by one."""
    dialect, sql = LISTS[form]
    data = pa.table({"id": [1, 2, 3, 4], "c": ["a", "b", None, "c"]})
    query = SQLModel(sql, dialect)
    found = query.verify_on(connection, data, params={"cs": ["a", "c"], **({"ids": [1, 2]} if ":ids" in sql else {})})
    assert found.equal, found.text(engine, "DuckDB")
    assert found.rows[0] >= 2


def test_a_list_that_is_no_set_of_items() -> None:
    import sqlite3

    query = typed("SELECT id FROM input WHERE id = len(:xs)")
    with pytest.raises(InputError, match=r"'xs' is a list, which SQLite takes in IN \(:xs\) only"):
        query.run_on(sqlite3.connect(":memory:"), input="t", params={"xs": [1]})


def test_qualify_before_order_and_limit(connection: Any, engine: str) -> None:
    query = SQLModel(
        "SELECT id, c FROM input QUALIFY row_number() OVER (PARTITION BY c ORDER BY id) = 1 ORDER BY id DESC LIMIT 2",
        "databricks",
    )
    found = query.verify_on(connection, pa.table({"id": [1, 2, 3, 4], "c": ["a", "b", "a", "b"]}))
    assert found.equal and found.rows == (2, 2), found.text(engine, "DuckDB")


# The models of docs/examples


def examples() -> dict[str, tuple[SQLModel, Any, Any]]:
    ranking = importlib.import_module("docs.examples.rank_listings")
    listings, reviews = ranking.make_listings(seed=1)
    tables = {"listings": listings, "reviews": reviews}
    asked = pd.DataFrame({"region": ["Jeju", "Seoul"]})
    penguins = importlib.import_module("docs.examples.classify_penguins")
    measured = penguins.load_penguins()[penguins.MEASUREMENTS]
    return {
        "by column": (SQLModel(ranking.BY_COLUMN, "databricks", tables), asked, None),
        "by parameter": (SQLModel(ranking.BY_PARAMETER, "databricks", tables), None, {"region": "Busan", "top": 4}),
        "penguins": (SQLModel(penguins.RULE), measured, None),
    }


@pytest.mark.parametrize("name", ["by column", "by parameter", "penguins"])
def test_the_documented_examples(connection: Any, engine: str, name: str) -> None:
    pytest.importorskip("palmerpenguins")
    query, data, params = examples()[name]
    found = query.verify_on(connection, data, params=params)
    assert found.equal, found.text(engine, "DuckDB")
    assert found.rows[0] > 2


# What is refused


def test_refusals() -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    query = typed(JOINED, tables={"labels": LABELS})
    with pytest.raises(InputError, match="name its table"):
        query.run_on(connection)
    with pytest.raises(InputError, match="no reference table 'label'"):
        query.run_on(connection, input="t", tables={"label": "x"})
    with pytest.raises(InputError, match="no name of a table"):
        query.run_on(connection, input="a; DROP TABLE b")
    with pytest.raises(InputError, match="no name of a table"):
        query.run_on(connection, input="t", into="x AS SELECT 1")
    with pytest.raises(InputError, match="cannot use an object of type builtins"):
        query.run_on(object(), input="t")
    with pytest.raises(QueryError, match="esperanto"):
        query.run_on(connection, input="t", dialect="esperanto")

    def plus(a: int) -> int:
        return a + 1

    with pytest.raises(InputError, match="Python functions"):
        typed("SELECT plus(id) AS x FROM input", udfs=[plus]).run_on(connection, input="t")


class Recorder:
    """A DB-API connection that keeps what it is given."""

    description = None

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []

    def cursor(self) -> Recorder:
        return self

    def execute(self, sql: str, values: Any = None) -> None:
        self.seen.append((sql, values))

    def close(self) -> None: ...


@pytest.mark.parametrize(
    ("division", "known"),
    [("c / 2", False), ("input.c / 2", True), ("c / 2.0", True), ("CAST(c AS INTEGER) / 2", True), ("2 / id", True)],
)
def test_a_division_whose_kind_is_not_known(division: str, known: bool) -> None:
    """Of a column of two types sqlglot knows none, and would write a plain division, of fractions there."""
    types = {"id": "BIGINT", "c": "INTEGER"}
    labels = LABELS.set_column(0, "c", LABELS["c"].cast(pa.float64()))
    sql = f"SELECT {division} AS x FROM input LEFT JOIN labels USING (c)"
    query = SQLModel(sql, "postgres", input_types=types, tables={"labels": labels})
    names: dict[str, Any] = {"input": "events", "tables": {"labels": "labels"}, "into": "scores"}
    recorder = Recorder()
    query.run_on(recorder, **names, dialect="redshift")  # divides as Postgres does
    assert " / " in recorder.seen[-1][0]
    if known:
        query.run_on(recorder, **names, dialect="snowflake")
    else:
        with pytest.raises(QueryError, match="divides whole numbers"):
            query.run_on(recorder, **names, dialect="snowflake")


@pytest.mark.alone
@pytest.mark.ci
def test_spark(tmp_path: Any) -> None:
    """A Spark session is one more engine to run on."""
    spark = pytest.importorskip("pyspark.sql").SparkSession.builder.master("local[2]")
    for name in ("spark.ui.enabled", "spark.sql.catalogImplementation"):
        spark = spark.config(name, {"spark.ui.enabled": "false"}.get(name, "in-memory"))
    session = spark.config("spark.sql.warehouse.dir", str(tmp_path)).getOrCreate()
    try:
        found = model().verify_on(session, DATA, params=PARAMS)
        assert found.equal, found.text("Spark", "DuckDB")
        query = typed(
            "SELECT id, c * :by AS share, label FROM input LEFT JOIN labels USING (c)", tables={"labels": LABELS}
        )
        frame = session.createDataFrame([(1, 1), (2, 3)], "id bigint, c int")
        frame.createOrReplaceTempView("events")
        assert query.run_on(session, input="events", params={"by": 2}, into="scores") is None
        assert sorted(map(tuple, session.table("scores").collect())) == [(1, 2, "one"), (2, 6, None)]
    finally:
        session.stop()


def test_a_table_too_large_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    monkeypatch.setattr("mlflow_sql_flavor.engines.spark.spark_sql.REFERENCE_BYTES", 10)
    with pytest.raises(InputError, match="give the name of its table"):
        typed(JOINED, tables={"labels": LABELS}).run_on(sqlite3.connect(":memory:"), input="t")


def test_names_are_folded_as_the_engine_folds() -> None:
    from mlflow_sql_flavor.query.targets.statements import name_of_table

    assert name_of_table("Ref.Listings", "postgres") == ("ref", "listings")
    assert name_of_table('Ref."Listings"', "postgres") == ("ref", "Listings")
    assert name_of_table("ref.listings", "snowflake") == ("REF", "LISTINGS")
    assert name_of_table(("Ref", "a.b"), "snowflake") == ("Ref", "a.b")
    assert name_of_table("`my-project`.d.t", "bigquery") == ("my-project", "d", "t")


# Engines that are not here: the statements are made, and read back by their dialect's parser.


STYLES = ("qmark", "pyformat", "named", "numeric", "format")
DIALECTS = ("snowflake", "bigquery", "trino", "redshift", "databricks", "mysql", "oracle")


@pytest.mark.parametrize(
    ("dialect", "style"),
    [*((dialect, "qmark") for dialect in DIALECTS), *(("snowflake", style) for style in STYLES[1:])],
)
def test_rendered_for_engines_not_here(dialect: str, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlglot = pytest.importorskip("sqlglot")
    monkeypatch.setattr(drivers, "_paramstyle", lambda connection: style)
    recorder = Recorder()
    query = typed(
        "SELECT id, c // :by AS whole, label, 'a%' AS t FROM input LEFT JOIN labels USING (c) WHERE id > :by",
        tables={"labels": LABELS},
    )
    names: dict[str, Any] = {"input": "ns.events", "tables": {"labels": ("ns", "Labels")}}
    if dialect == "oracle":
        names["tables"] = {"labels": "ns.labels"}
    query.run_on(recorder, **names, params={"by": 2}, dialect=dialect, into="ns.scores")
    sql, values = recorder.seen[-1]
    assert sql.startswith("CREATE TABLE ") and "events" in sql.lower() and "labels" in sql.lower()
    assert values == ((2, 2) if style in ("qmark", "format") else (2,) if style == "numeric" else {"p1": 2})
    marks = {"qmark": "?", "format": "%s", "numeric": ":1", "named": ":p1", "pyformat": "%(p1)s"}
    assert sql.count(marks[style]) == 2
    assert ("'a%%'" in sql) == (style in ("format", "pyformat"))
    read = sql.replace(marks[style], "2").replace("%%", "%")
    assert isinstance(sqlglot.parse_one(read, dialect=dialect), sqlglot.exp.Create)
