"""Tables there that are not quite the model's: of other types, under a name of the query's own, in another zone."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from mlflow.deployments import get_deploy_client
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.targets.columns import as_type, compared

from .conftest import EXAMPLE
from .places import Place, opened

WEIGHTS = pa.table({"code": ["a"], "w": [2.0]})


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Halves of numbers with fractions, under names that the databases have tables of."""
    path = tmp_path_factory.mktemp("models") / "halves"
    mlflow_sql_flavor.save_model(
        """WITH events AS (SELECT id, price * 2 AS twice FROM input), codes AS (SELECT id, code FROM input)
        SELECT input.id AS id, price / 2 AS half, twice, w / 4 AS share
        FROM input JOIN events USING (id) JOIN codes ON codes.id = input.id
        LEFT JOIN weights ON codes.code = weights.code
        WHERE price > :least""",
        path, tables={"weights": WEIGHTS}, input_example=(EXAMPLE, {"least": 0.0}), pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(path)


def test_columns_are_read_as_the_model_s_types(place: Place, halves: str) -> None:
    """Whole numbers where the model has fractions: 5 / 2 is 2.5, in the input and in a table that is there."""
    client = get_deploy_client(place.target)
    end = " ENGINE = MergeTree ORDER BY tuple()" if place.engine == "clickhouse" else ""
    place.ask(f"CREATE TABLE whole (price int, id int, code varchar(20), more int){end}")
    place.ask(f"CREATE TABLE weighed (w int, code varchar(20)){end}")
    place.ask(f"CREATE TABLE texts (id bigint, code varchar(20), price varchar(20)){end}")
    try:
        place.ask("INSERT INTO whole VALUES (5, 1, 'a', 0)")
        place.ask("INSERT INTO weighed VALUES (3, 'a')")
        config = {"input": "whole", "tables": {"weights": "weighed"}}
        assert client.create_deployment("half", halves, config=config)["verification"].startswith("equal on 2 rows")
        assert [tuple(map(float, row)) for row in place.ask("SELECT * FROM half")] == [(1.0, 2.5, 10.0, 0.75)]
        client.update_deployment("half")
        assert [float(row[1]) for row in place.ask("SELECT * FROM half")] == [2.5]
        with pytest.raises(MlflowException, match=r"'price' of type .* and the model reads DOUBLE"):
            client.create_deployment("other", halves, config={"input": "texts"})
    finally:
        client.delete_deployment("half")
        for name in ("whole", "weighed", "texts"):
            place.ask(f"DROP TABLE {name}")


def test_a_table_under_a_name_of_the_query_s_own(place: Place, halves: str) -> None:
    client = get_deploy_client(place.target)
    told = client.create_deployment("half", halves, config={"input": "events"})
    assert told["input"].endswith(".events")
    got = place.ask("SELECT id, half, twice FROM half ORDER BY id")
    assert [tuple(map(float, row)) for row in got] == [(1.0, 5.0, 20.0), (2.0, 2.0, 8.0)]
    with pytest.raises(MlflowException, match="cannot read itself"):
        client.update_deployment("half", config={"input": "half"})


@pytest.mark.parametrize(
    ("query", "more", "rows"),
    [
        ("SELECT id % 2 AS more, COUNT(*) AS n FROM input GROUP BY more", "bigint", [(0, 1), (1, 2)]),
        ("SELECT id, label FROM input LEFT JOIN labels USING (code)", "varchar(9)", [(1, "one"), (2, None), (3, None)]),
    ],
    ids=["group", "join"],
)
def test_a_further_column_of_the_input(place: Place, tmp_path: Path, query: str, more: str, rows: list[object]) -> None:
    """None of its columns but the model's is read, whether it was there before or came later."""
    column = "label" if "label" in query else "more"
    labels = {"labels": pa.table({"code": ["a"], "label": ["one"]})} if column == "label" else {}
    options = {"tables": labels, "input_example": EXAMPLE, "pip_requirements": ["mlflow"]}
    mlflow_sql_flavor.save_model(query, tmp_path / "m", **options)
    client = get_deploy_client(place.target)
    client.create_deployment("old", str(tmp_path / "m"), config={"input": "events"})
    kind = f"Nullable({more})" if place.engine == "clickhouse" else more
    place.ask(f"ALTER TABLE events ADD COLUMN {column} {kind}")
    client.create_deployment("new", str(tmp_path / "m"), config={"input": "events"})
    assert sorted(place.ask("SELECT * FROM old")) == sorted(place.ask("SELECT * FROM new")) == rows
    assert client.get_deployment("old")["definition"] == "as deployed"


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_an_alias_in_where_is_no_column_of_the_input(engine: str, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id, price * 2 AS k FROM input WHERE k > 3", tmp_path / "m", input_example=EXAMPLE,
        pip_requirements=["mlflow"],
    )  # fmt: skip
    (tmp_path / "db").mkdir()
    with opened(engine, tmp_path / "db") as place:
        place.ask("ALTER TABLE events ADD COLUMN k bigint")
        get_deploy_client(place.target).create_deployment("v", str(tmp_path / "m"), config={"input": "events"})
        assert sorted(place.ask("SELECT * FROM v")) == [(1, 20.0), (2, 8.0)]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT id, code FROM input WHERE code IS NULL AND id > 1", ["id"]),
        ("SELECT id FROM input WHERE code = 'a'", ["code"]),
        ("SELECT id, label FROM input LEFT JOIN labels USING (code)", ["code"]),
        ("SELECT DISTINCT code FROM input", ["code"]),
        ("WITH c AS (SELECT lower(code) AS k FROM input) SELECT count(*) AS n FROM c GROUP BY k", ["code"]),
    ],
)
def test_columns_that_a_query_compares(sql: str, columns: list[str]) -> None:
    assert compared(parse(sql, "duckdb"), ["id", "code"]) == columns


@pytest.mark.ci
def test_texts_that_a_server_takes_for_equal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id FROM input WHERE code = 'a'", tmp_path / "m", input_example=EXAMPLE, pip_requirements=["mlflow"]
    )
    (tmp_path / "db").mkdir()
    with opened("mysql", tmp_path / "db") as place:
        client = get_deploy_client(place.target)
        client.create_deployment("v", str(tmp_path / "m"), config={"input": "events"})
        assert re.search(r"compares input\.code by utf8mb4_\w+, to which", caplog.text)
        caplog.clear()
        place.ask("ALTER TABLE events MODIFY code varchar(20) COLLATE utf8mb4_nopad_bin")
        client.update_deployment("v")
        assert "compares" not in caplog.text


@pytest.mark.ci
def test_another_user_s_path_of_schemas(postgres: Place, doubler: str) -> None:
    """An update reads the same table and stays where it is."""
    postgres.ask("CREATE ROLE bob LOGIN SUPERUSER")
    postgres.ask("CREATE SCHEMA bob")
    try:
        postgres.ask("CREATE TABLE bob.events AS SELECT 77::bigint AS id, 'b' AS code, 1.0::float8 AS price")
        get_deploy_client(postgres.target).create_deployment("twice", doubler, config={"input": "events"})
        bob = get_deploy_client(postgres.target.replace("postgres:@", "bob:@").replace("?", "?mlflow_schema=public&"))
        told = bob.update_deployment("twice", config={"params": {"by": 3.0}})
        assert (told["input"], told["schema"]) == ("public.events", "public")
        assert postgres.ask("SELECT twice FROM public.twice WHERE id = 1") == [(30.0,)]
    finally:
        get_deploy_client(postgres.target).delete_deployment("twice")
        postgres.ask("DROP OWNED BY bob CASCADE")
        postgres.ask("DROP ROLE bob")


@pytest.mark.parametrize("engine", ["duckdb", pytest.param("postgres", marks=pytest.mark.ci)])
def test_rows_that_depend_on_the_reader_s_zone(engine: str, tmp_path: Path) -> None:
    moment = datetime.datetime(2024, 1, 1, 12, 30, tzinfo=datetime.UTC)
    data = pa.table({"id": [1], "t": pa.array([moment], pa.timestamp("us", tz="UTC"))})
    for name, hour in (("bare", "extract(hour FROM t)"), ("said", "extract(hour FROM t AT TIME ZONE 'UTC')")):
        mlflow_sql_flavor.save_model(
            f"SELECT id, {hour} AS h, t FROM input", tmp_path / name, input_types=data.schema,
            pip_requirements=["mlflow"],
        )  # fmt: skip
    (tmp_path / "db").mkdir()
    with opened(engine, tmp_path / "db") as place:
        place.ask("CREATE TABLE moments (id bigint, t timestamp with time zone)")
        place.ask("INSERT INTO moments VALUES (1, '2024-01-01 23:30:00+00')")
        client = get_deploy_client(place.target)
        config = {"input": "moments", "verify": data}
        with pytest.raises(MlflowException, match="depend on the time zone of the session"):
            client.create_deployment("hours", str(tmp_path / "bare"), config=config)
        made = client.create_deployment("hours", str(tmp_path / "said"), config=config)
        assert made["verification"].startswith("equal on 1 row")
        assert place.ask("SELECT h FROM hours") == [(23,)]


#: Types of moments of an engine, with the words that set a session's zone, and what a model reads of each.
_SEOUL = "DateTime('Asia/Seoul')"
ZONED = [
    ("mysql", "timestamp", "SET time_zone = '{}'", True, False),
    ("mysql", "datetime", "SET time_zone = '{}'", True, True),
    ("clickhouse", "DateTime", "SET session_timezone = '{}'", True, True),
    ("clickhouse", _SEOUL, "SET session_timezone = '{}'", True, False),
    ("clickhouse", "DateTime64(6)", "SET session_timezone = '{}'", True, True),
]


@pytest.mark.ci
@pytest.mark.parametrize(("engine", "kind", "setting", "zoned", "naive"), ZONED)
def test_moments_mean_the_same_in_every_session(
    engine: str, kind: str, setting: str, zoned: bool, naive: bool, tmp_path: Path
) -> None:
    """12:30 UTC is what the table has: its hour is 12 and it is after 12:00, whoever reads the view."""
    moment = datetime.datetime(2024, 1, 1, 12, 30, tzinfo=datetime.UTC)
    texts = {"TIMESTAMPTZ '2024-01-01 12:00:00+00'": "UTC", "TIMESTAMP '2024-01-01 12:00:00'": None}
    utc, *others = {"mysql": ("+00:00", "+09:00", "-11:00"), "clickhouse": ("UTC", "Asia/Seoul", "Pacific/Midway")}[
        engine
    ]
    (tmp_path / "db").mkdir()
    with opened(engine, tmp_path / "db") as place:
        end = " ENGINE = MergeTree ORDER BY tuple()" if engine == "clickhouse" else ""
        place.ask(f"CREATE TABLE moments (id bigint, t {kind}){end}")
        connected = sa.create_engine(place.uri)
        with connected.begin() as connection:
            connection.exec_driver_sql(setting.format(utc))
            value = "'2024-01-01 12:30:00'" if engine == "mysql" else "toDateTime('2024-01-01 12:30:00', 'UTC')"
            connection.exec_driver_sql(f"INSERT INTO moments VALUES (1, {value})")
        for (text, zone), taken in zip(texts.items(), (zoned, naive), strict=True):
            given = moment if zone else moment.replace(tzinfo=None)
            data = pa.table({"id": [1], "t": pa.array([given], pa.timestamp("us", tz=zone))})
            model = tmp_path / (zone or "none")
            mlflow_sql_flavor.save_model(
                f"SELECT id, extract(hour FROM t) AS h, t > {text} AS later FROM input", model,
                input_types=data.schema, pip_requirements=["mlflow"],
            )  # fmt: skip
            client = get_deploy_client(place.target)
            config = {"input": "moments", "verify": data}
            if not taken:
                with pytest.raises(MlflowException, match=f"(?i)column 't' of type {re.escape(kind)}") as error:
                    client.create_deployment("hours", str(model), config=config)
                assert "name a view that casts it" in str(error.value)
                continue
            client.create_deployment("hours", str(model), config=config)
            for session in (utc, *others):
                with connected.connect() as connection:
                    connection.exec_driver_sql(setting.format(session))
                    assert connection.exec_driver_sql("SELECT h, later FROM hours").fetchall() == [(12, 1)]
            assert client.predict("hours", data.to_pandas())["h"].tolist() == [12]
            client.delete_deployment("hours")
        connected.dispose()


def test_no_row_is_no_verification(sqlite: Place, doubler: str, tmp_path: Path) -> None:
    client = get_deploy_client(sqlite.target)
    told = client.create_deployment("twice", doubler, config={"input": "events", "verify": "[]"})
    assert told["verification"] == "not verified: no row came out of the rows given to verify"
    frame = client.update_deployment("twice", config={"verify": pd.DataFrame(EXAMPLE)})
    assert frame["verification"] == "equal on 3 rows of the rows given to verify"


@pytest.mark.ci
@pytest.mark.parametrize("engine", ["postgres", "clickhouse"])
def test_columns_that_differ_by_capitals_alone(engine: str, tmp_path: Path) -> None:
    """A name means the column of its spelling; else the only one of its letters."""
    model = tmp_path / "half"
    example = pd.DataFrame({"amount": [1.5, 3.0]})
    mlflow_sql_flavor.save_model(
        "SELECT amount / 2 AS h, amount AS a FROM input", model, input_example=example, pip_requirements=["mlflow"]
    )
    end = " ENGINE = MergeTree ORDER BY tuple()" if engine == "clickhouse" else ""
    with opened(engine, tmp_path) as place:
        client = get_deploy_client(place.target)
        for columns in (
            'amount int, "Amount" double precision',
            'amount double precision, "Amount" varchar(9)',
            '"Amount" int',
            '"Amount" int, "AMOUNT" int',
        ):
            names = columns.count(",") + 1
            place.ask(f"CREATE TABLE t ({columns}){end}")
            place.ask(f"INSERT INTO t VALUES ({', '.join(['3', '100'][:names])})")
            if "amount" in columns or names == 1:
                told = client.create_deployment("halves", str(model), config={"input": "t"})
                assert told["verification"] == "equal on 2 rows of the stored example"
                assert [tuple(map(float, row)) for row in place.ask("SELECT h, a FROM halves")] == [(1.5, 3.0)]
                assert client.predict("halves", example)["h"].tolist() == [0.75, 1.5]
                client.delete_deployment("halves")
            else:
                with pytest.raises(MlflowException, match=r"lacks column 'amount'\. It has 'Amount' and 'AMOUNT'"):
                    client.create_deployment("halves", str(model), config={"input": "t"})
            place.ask("DROP TABLE t")
        place.ask(f'CREATE TABLE lookup ("Code" varchar(9), w int){end}')
        place.ask("INSERT INTO lookup VALUES ('a', 2)")
        mlflow_sql_flavor.save_model(
            "SELECT id, w FROM input LEFT JOIN weights USING (code)", tmp_path / "joined",
            tables={"weights": WEIGHTS}, input_example=EXAMPLE, pip_requirements=["mlflow"],
        )  # fmt: skip
        config = {"input": "events", "tables": {"weights": "lookup"}}
        told = client.create_deployment("joined", str(tmp_path / "joined"), config=config)
        assert told["verification"].startswith("equal on 3 rows")
        assert [float(row[0]) for row in place.ask("SELECT w FROM joined WHERE id = 1")] == [2.0]
        client.delete_deployment("joined")


def test_a_column_of_sqlite_without_a_type(sqlite: Place, tmp_path: Path) -> None:
    """It keeps numbers as numbers, which no text is equal to."""
    mlflow_sql_flavor.save_model(
        "SELECT word || 'x' AS h, word = '7' AS seven FROM input", tmp_path / "m",
        input_example=pd.DataFrame({"word": ["a", "7"]}), pip_requirements=["mlflow"],
    )  # fmt: skip
    client = get_deploy_client(sqlite.target)
    for declared in ("", "BLOB", "NUMERIC", "INTEGER", "VARCHAR(9)"):
        sqlite.ask(f"CREATE TABLE words (word {declared})")
        sqlite.ask("INSERT INTO words VALUES (7), ('7'), (NULL)")
        sqlite.ask("CREATE VIEW shown AS SELECT word, rowid AS n FROM words")
        for source in ("words", "shown"):
            client.create_deployment("w", str(tmp_path / "m"), config={"input": source})
            assert sqlite.ask("SELECT * FROM w") == [("7x", 1), ("7x", 1), (None, None)]
            client.delete_deployment("w")
        sqlite.ask("DROP VIEW shown")
        sqlite.ask("DROP TABLE words")


@pytest.mark.parametrize(
    ("declared", "value", "kind"),
    [
        ("double", "'abc'", "text"), ("", "'5'", "text"), ("numeric", "x'00'", "blob"),
        ("text", "x'00'", "blob"), ("integer", "1.5", "real"), ("", "1.5", "real"), ("date", "2024", "integer"),
    ],
)  # fmt: skip
def test_a_value_that_its_column_does_not_tell_of(
    sqlite: Place, tmp_path: Path, declared: str, value: str, kind: str
) -> None:
    """SQLite stores any value in any column: those there are looked at, and a row that fits changes nothing."""
    reads = {"integer": "BIGINT", "text": "VARCHAR", "date": "DATE"}.get(declared, "DOUBLE")
    if (declared, kind) == ("", "real"):
        reads = "VARCHAR"
    mlflow_sql_flavor.save_model(
        "SELECT v FROM input", tmp_path / "m", input_types={"v": reads}, pip_requirements=["mlflow"]
    )
    sqlite.ask(f"CREATE TABLE odd (other, V {declared})")
    sqlite.ask(f"INSERT INTO odd VALUES ({value}, NULL)")
    client, config = get_deploy_client(sqlite.target), {"input": "odd", "verify": "False"}
    assert client.create_deployment("o", str(tmp_path / "m"), config=config)["verification"] == "not verified"
    sqlite.ask(f"INSERT INTO odd VALUES (NULL, {value})")
    with pytest.raises(MlflowException, match=f"a value of type {kind} in column 'V' and the model reads {reads}"):
        client.update_deployment("o")
    client.delete_deployment("o")
    sqlite.ask("DROP TABLE odd")


@pytest.mark.parametrize(
    ("dialect", "have", "kind", "read"),
    [
        ("postgres", "INTEGER", "DOUBLE", "CAST(c AS DOUBLE PRECISION)"),
        ("postgres", "VARCHAR(20)", "VARCHAR", "c"),
        ("postgres", "CHAR(3)", "VARCHAR", "CAST(c AS TEXT)"),
        ("postgres", "NUMERIC(10, 2)", "BIGINT", None),
        ("postgres", "DOUBLE PRECISION", "BIGINT", None),
        ("postgres", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP", None),
        ("postgres", "some_domain", "DOUBLE", "c"),
        ("snowflake", "DECIMAL(38, 0)", "BIGINT", "CAST(c AS BIGINT)"),
        ("clickhouse", "Nullable(Int32)", "DOUBLE", "CAST(c AS Nullable(Float64))"),
        ("mysql", "TINYINT(1)", "BOOLEAN", "c"),
        ("mysql", "DATE", "TIMESTAMP", "CAST(c AS DATETIME(6))"),
        ("duckdb", "INTEGER", "BIGINT", "CAST(c AS BIGINT)"),
        ("duckdb", "BIGINT", "INTEGER", "c"),
        ("sqlite", "REAL", "DOUBLE", "c"),
        ("sqlite", "REAL", "VARCHAR", None),
    ],
)
def test_the_cast_of_a_column(dialect: str, have: str, kind: str, read: str | None) -> None:
    assert as_type("c", have, kind, dialect) == read
