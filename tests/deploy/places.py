"""Databases to deploy to, each with what a test asks of it behind the target's back, as the caller's own code would."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ..engines.databases import server

__all__ = ["Place", "mariadb", "opened", "tables"]


@dataclass
class Place:
    """A database.

    Attributes:
        engine: Its name.
        uri: Of SQLAlchemy.
    """

    engine: str
    uri: str

    @property
    def target(self) -> str:
        return f"sql:{self.uri}"

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """One statement, committed."""
        engine = sa.create_engine(self.uri)
        try:
            with engine.begin() as connection:
                if self.uri.startswith("clickhousedb:"):
                    sql = sql.replace("%", "%%")
                result = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
                return [tuple(row) for row in result.fetchall()] if result.returns_rows else []
        finally:
            if ":memory:" not in self.uri:
                engine.dispose()

    def objects(self) -> set[str]:
        """All tables, views and functions, by name."""
        ours = "nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        listing = {
            "sqlite": "SELECT name FROM sqlite_master",
            "duckdb": (
                "SELECT table_name FROM information_schema.tables UNION ALL "
                "SELECT function_name FROM duckdb_functions() WHERE NOT internal"
            ),
            "postgres": (
                f"SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'v') "
                f"AND {ours} UNION ALL SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace "
                f"WHERE {ours}"
            ),
            "mysql": "SELECT table_name FROM information_schema.tables WHERE table_schema = database()",
            "clickhouse": "SELECT name FROM system.tables WHERE database = currentDatabase()",
        }
        return {row[0] for row in self.ask(listing[self.engine])}


@contextlib.contextmanager
def opened(engine: str, folder: Path) -> Iterator[Place]:
    """A database of its own, with two tables: ``events`` and ``codes``."""
    with contextlib.ExitStack() as stack:
        if engine == "sqlite":
            place = Place(engine, f"sqlite:///{folder}/db.sqlite")
        elif engine == "duckdb":
            pytest.importorskip("duckdb_sqlalchemy", reason="pip install duckdb-sqlalchemy")
            place = Place(engine, f"duckdb:///{folder}/db.duckdb")
        elif engine == "postgres":
            uri = stack.enter_context(server())
            place = Place(engine, uri.replace("postgresql:", "postgresql+psycopg:"))
        elif engine == "mysql":
            place = Place(engine, stack.enter_context(mariadb(folder)))
        elif engine == "clickhouse":
            pytest.importorskip("chdb_sqlalchemy", reason="pip install chdb-sqlalchemy")
            place = Place(engine, f"chdb:///{folder}/chdb")
        else:  # ClickHouse's own driver, over the engine inside of the process instead of over HTTP
            pytest.importorskip("clickhouse_connect", reason="pip install clickhouse-connect")
            place = Place("clickhouse", f"clickhousedb:///default?interface=chdb&path={folder}/chdb")
            keeping = sa.create_engine(place.uri)
            stack.callback(keeping.dispose)  # a process has one folder of chDB's at a time
            stack.enter_context(keeping.connect())  # the engine starts once
        tables(place)
        yield place


def tables(place: Place) -> None:
    """The tables that models read there."""
    for name in ("events", "codes"):
        place.ask(f"DROP TABLE IF EXISTS {name}")
    many = place.engine == "clickhouse"
    end = " ENGINE = MergeTree ORDER BY tuple()" if many else ""
    word = (lambda kind: f"Nullable({kind})") if many else str
    text = "varchar(20)"
    place.ask(f"CREATE TABLE events (id bigint, code {word(text)}, price {word('double precision')}){end}")
    place.ask("INSERT INTO events VALUES (1, 'a', 10.0), (2, 'z', 4.0), (3, NULL, NULL)")
    place.ask(f"CREATE TABLE codes (code {word(text)}, label {word(text)}){end}")
    place.ask("INSERT INTO codes VALUES ('a', 'eins'), ('z', 'zwei')")


@contextlib.contextmanager
def mariadb(folder: Path, *options: str) -> Iterator[str]:
    """A MariaDB server without a network, and the address of a database in it.

    Args:
        folder: Of its files.
        options: More of the server's.
    """
    import shutil
    import subprocess
    import time

    pymysql = pytest.importorskip("pymysql")
    program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if program is None:
        pytest.skip("MariaDB is not installed")
    files = [f"--datadir={folder}/data", f"--socket={folder}/s", f"--pid-file={folder}/pid"]
    small = ["--no-defaults", "--user=" + folder.owner(), "--innodb-buffer-pool-size=16M", *options]
    make = ["mariadb-install-db", *small[:2], files[0], "--auth-root-authentication-method=normal"]
    subprocess.run(make, check=True, capture_output=True)
    process = subprocess.Popen(
        [program, *small, *files, "--skip-networking"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(150):
            with contextlib.suppress(pymysql.err.OperationalError):
                with pymysql.connect(unix_socket=f"{folder}/s", user="root", charset="utf8mb4") as connection:
                    connection.cursor().execute("CREATE DATABASE d CHARACTER SET utf8mb4")
                break
            time.sleep(0.2)
        yield f"mysql+pymysql://root@localhost/d?unix_socket={folder}/s&charset=utf8mb4"
    finally:
        process.terminate()
        process.wait(30)
