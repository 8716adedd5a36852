"""The locked instance: what is loaded into it, what its cursors still can do, what they cannot."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow_sql_flavor.engines.limits import Limits
from mlflow_sql_flavor.engines.query_check import check, describe, statement
from mlflow_sql_flavor.engines.sandbox import Function, TableSource, open_instance, own_names, quote, taken_names
from mlflow_sql_flavor.errors import InputError, LimitError, ModelFileError, QueryError, SQLModelError
from mlflow_sql_flavor.query.gate import packs

LIMITS = replace(Limits.default(), threads=1, memory_limit=256 * 2**20)
TABLE = pa.table({"k": [1, 2], 'v"x': ["a", "b"], "z": [1.0, 2.0]})

Open = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture
def instance() -> Iterator[Open]:
    opened = []

    def open_(**arguments: object) -> duckdb.DuckDBPyConnection:
        opened.append(open_instance(**{"limits": LIMITS, **arguments}))  # type: ignore[arg-type]
        return opened[-1]

    yield open_
    for con in opened:
        con.close()


def test_cursors_use_all_that_was_loaded(instance: Open, tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet")
    con = instance(
        settings={"default_collation": "nocase", "TimeZone": "UTC"},
        macros=["CREATE MACRO plus1(x) AS x + 1"],
        tables={"ref": TableSource(tmp_path / "t.parquet"), "arrow": TableSource(TABLE, ["z", "k"])},
        functions=[Function("twice", lambda x: x * 2, ["BIGINT"], "BIGINT")],
    )
    cursor = con.cursor()
    cursor.register("input", pa.table({"a": [1, 2], "s": ["A", "b"]}))
    cursor.execute("CREATE TEMP VIEW v AS SELECT 1 AS one")
    sql = 'SELECT plus1(a), twice(a), z, one FROM input JOIN ref ON a = k AND s = "v""x", v ORDER BY 1'
    assert cursor.execute(sql).fetchall() == [(2, 2, 1.0, 1), (3, 4, 2.0, 1)]
    assert cursor.execute("FROM arrow").fetchall() == [(1.0, 1), (2.0, 2)]
    cursor.close()


def test_settings_reach_every_cursor(instance: Open) -> None:
    wanted = {name: values[-1] for name, values in packs.SETTINGS_ALLOWED.items()}
    con = instance(settings=wanted)
    with con.cursor() as cursor:
        for name, value in wanted.items():
            assert cursor.execute(f"SELECT current_setting('{name}')").fetchone() == (value,)


def test_what_one_cursor_registers_no_other_sees(instance: Open) -> None:
    con = instance()
    first, second = con.cursor(), con.cursor()
    first.register("input", TABLE)
    with pytest.raises(duckdb.CatalogException):
        second.execute("FROM input")
    first.close()
    second.close()


def test_locked(instance: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("http_proxy", "http://user:secret@host:1")
    (tmp_path / "x.csv").write_text("a\n1\n")
    con = instance()
    with con.cursor() as cursor:
        for sql in (
            "FROM 'x.csv'",
            f"FROM read_csv('{tmp_path}/x.csv')",
            "COPY (SELECT 1) TO 'o.csv'",
            "ATTACH 'o.db'",
            "SET threads = 2",
            "RESET lock_configuration",
            "SET temp_directory = '/tmp'",
            "SET enable_external_access = true",
            "FROM TABLE",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(sql)
        with pytest.raises(duckdb.Error):
            cursor.read_csv(str(tmp_path / "x.csv"))
        settings = dict(cursor.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["temp_directory"] in ("", None)
    assert not any("secret@" in str(value) for value in settings.values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv"]


def test_nothing_spills(instance: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    con = instance(limits=replace(LIMITS, memory_limit=32 * 2**20))
    with con.cursor() as cursor, pytest.raises(duckdb.OutOfMemoryException):
        cursor.execute("SELECT count(*) FROM (SELECT range, random() AS r FROM range(5000000) ORDER BY r)").fetchall()
    assert list(tmp_path.iterdir()) == []


def test_time_limit(instance: Open) -> None:
    con = instance(limits=replace(LIMITS, timeout_seconds=0.2))
    with con.cursor() as cursor, pytest.raises(duckdb.Error, match=r"(?i)interrupt|time"):
        cursor.execute("SELECT count(*) FROM range(100000000) a, range(1000) b").fetchall()


@pytest.mark.parametrize("name", ["a[1]*?.parquet", "{b,c}.parquet", "k=3/x.parquet", "한글 '\";--.parquet", "**"])
def test_a_path_is_a_path(instance: Open, tmp_path: Path, name: str) -> None:
    """No pattern, no partition column, no quoting: exactly that file."""
    (tmp_path / "a1x.parquet").write_bytes(b"not this one")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    pq.write_table(TABLE, path)
    con = instance(tables={"ref": TableSource(path)})
    with con.cursor() as cursor:
        assert cursor.execute("FROM ref").fetchall() == [(1, "a", 1.0), (2, "b", 2.0)]


@pytest.mark.parametrize("name", ['"; DROP TABLE ref; --', "a\nb", "한글", "select", " ", "x" * 10_000, "a.b", "'"])
def test_names_are_only_names(instance: Open, name: str) -> None:
    con = instance(tables={name: TableSource(pa.table({name: [1]})), "ref": TableSource(TABLE)})
    with con.cursor() as cursor:
        sql = f"SELECT {quote(name)} AS r FROM {quote(name)}, ref"
        check(cursor, sql, tables=[name, "ref"])
        assert cursor.execute(sql).fetchall() == [(1,), (1,)]


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 10_001, None, 7])
def test_names_that_are_none(name: object) -> None:
    with pytest.raises(InputError):
        quote(name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["REF", "sqlite_master", "pg_class", "duckdb_tables"])
def test_table_names_taken(instance: Open, name: str) -> None:
    with pytest.raises(InputError, match="rename"):
        instance(tables={"ref": TableSource(TABLE), name: TableSource(TABLE)})


@pytest.mark.parametrize("name", ["abs", "SUM", "read_csv", "query", "plus1", "a b", "", "a;b", "x" * 64, "é"])
def test_function_names_refused(instance: Open, name: str) -> None:
    with pytest.raises(InputError):
        instance(
            macros=["CREATE MACRO plus1(x) AS x + 1"], functions=[Function(name, lambda x: x, ["BIGINT"], "BIGINT")]
        )


def test_settings_not_on_the_list(instance: Open) -> None:
    for settings in ({"enable_external_access": True}, {"TimeZone": "'; DROP"}, {"x'": "y"}):
        with pytest.raises(ModelFileError):
            instance(settings=settings)


def test_bad_files(instance: Open, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1xxxxPAR1")
    pq.write_table(pa.table({f"c{i}": [1] for i in range(10_001)}), tmp_path / "wide.parquet")
    pq.write_table(pa.table({"s": pa.array(["x" * 10**6] * 100)}), tmp_path / "bomb.parquet", use_dictionary=False)
    pq.write_table(pa.table({"s": pa.array(["x" * 10**6] * 100)}), tmp_path / "dictionary.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < 30_000_000
    for name in ("missing", "bad", "wide", "bomb", "dictionary"):
        with pytest.raises((ModelFileError, LimitError)) as caught:
            instance(
                limits=replace(LIMITS, memory_limit=64 * 2**20), tables={"r": TableSource(tmp_path / f"{name}.parquet")}
            )
        assert str(tmp_path) not in caught.value.message
        assert "\n" not in caught.value.message
    pq.write_table(TABLE, tmp_path / "t.parquet")
    with pytest.raises(ModelFileError, match="nope"):
        instance(tables={"r": TableSource(tmp_path / "t.parquet", ["nope"])})


def test_columns_that_are_not_used_need_no_memory(instance: Open, tmp_path: Path) -> None:
    large = pa.array([["x" * 10**6]] * 100)
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"k": range(100), "Large": large, "larger": large}), path, use_dictionary=False)
    limits = replace(LIMITS, memory_limit=64 * 2**20)
    instance(limits=limits, tables={"r": TableSource(path, ["K"])})
    instance(limits=limits, tables={"r": TableSource(path, [])})
    for columns in (None, ["k", "large"]):
        with pytest.raises(LimitError, match="uncompressed"):
            instance(limits=limits, tables={"r": TableSource(path, columns)})


def test_a_list_of_macros_opens_nothing(instance: Open) -> None:
    con = instance()
    with pytest.raises(QueryError, match="DuckDB's own"):
        check(con, "SELECT current_setting('threads')", tables=[], functions=["Current_Setting"])
    with pytest.raises(QueryError, match="DuckDB's own"):
        check(con, "FROM sqlite_master", tables=["SQLITE_MASTER"])


def test_describe_does_not_run(instance: Open) -> None:
    con = instance(functions=[Function("boom", lambda x: 1 // 0, ["BIGINT"], "BIGINT")])
    with con.cursor() as cursor:
        cursor.register("input", TABLE)
        value = duckdb.Value(1.5, duckdb.sqltype("DOUBLE"))
        sql = 'SELECT boom(k) AS k, z + $p AS "p q" FROM input -- done'
        assert describe(cursor, sql, {"p": value}) == [("k", "BIGINT"), ("p q", "DOUBLE")]


def test_describe_refuses_a_write(instance: Open) -> None:
    """The second layer, should a write ever pass the gate: DuckDB's binder."""
    con = instance(tables={"ref": TableSource(TABLE)})
    write = "WITH x AS (DELETE FROM ref RETURNING *) FROM x"
    with con.cursor() as cursor:
        assert cursor._bind(write, with_writes=True)[-1] is True
        with pytest.raises((QueryError, duckdb.Error)):
            describe(cursor, write)
        assert cursor.execute("SELECT count(*) FROM ref").fetchone() == (2,)


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "DROP TABLE x", "", "SELEC 1", "PIVOT ref ON k USING sum(z)"])
def test_statement_is_one_query(instance: Open, sql: str) -> None:
    con = instance()
    with pytest.raises(SQLModelError):
        statement(con, sql)
    with con.cursor() as cursor:
        assert cursor.execute(statement(con, "SELECT 1;")).fetchall() == [(1,)]


def test_a_stored_models_names_come_before_those_of_a_newer_duckdb(instance: Open) -> None:
    """Whatever name DuckDB may have taken since: the model's table and function answer to it, or nothing does."""
    with instance().cursor() as cursor:
        own = {kind: set(own_names(cursor, kind)) for kind in ("function", "table")}
        kept = {kind: set(taken_names(cursor, kind, stored=True)) for kind in own}
    newer = sorted(name for name in own["function"] - kept["function"] - {"show"} if name.isidentifier())
    assert len(newer) > 100 and not kept["table"]
    assert {"sum", "read_csv", "json_serialize_sql", "current_setting"} <= kept["function"] < own["function"]
    views = sorted(own["table"])
    con = instance(
        stored=True,
        tables={name: TableSource(pa.table({"whose": ["the model's"]})) for name in views},
        functions=[Function(name, lambda a: f"the model's of {a}", ["BIGINT"], "VARCHAR") for name in newer],
    )
    with con.cursor() as cursor:
        for name in newer:
            assert cursor.execute(f"SELECT {name}(1)").fetchall() == [("the model's of 1",)], name
        for name in views:
            assert cursor.execute(f"FROM {quote(name)}").fetchall() == [("the model's",)], name
        tables, sql = {"settings": ["a"]}, "SELECT platform(a) FROM duckdb_tables"
        assert check(cursor, sql, tables=["duckdb_tables"], functions=["platform"], stored=True).functions == {
            "platform"
        }
        with pytest.raises(QueryError, match="of DuckDB's own"):
            check(cursor, sql, tables=["duckdb_tables"])
        with pytest.raises(QueryError, match="of DuckDB's own"):
            check(cursor, "SELECT sum(a) FROM settings", tables=tables, functions=["sum"], stored=True)
    for name in ("show", "sum", "user"):  # never looked up, on the list, or shut by a macro
        with pytest.raises(InputError):
            instance(stored=True, functions=[Function(name, lambda a: a, ["BIGINT"], "BIGINT")])
    with pytest.raises(InputError, match="rename it"):
        instance(functions=[Function("platform", lambda a: a, ["BIGINT"], "BIGINT")])
