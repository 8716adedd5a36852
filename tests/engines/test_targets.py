"""Words that mean something else elsewhere: the same rows on a real PostgreSQL, or a refusal that names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import QueryError

from .databases import opener, server
from .rewrites import DATA, PARAMS, REFUSED, SAME


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    with server() as uri:
        connection = opener("postgres psycopg", lambda: uri)()
        connection.autocommit = True
        yield connection
        connection.close()


@pytest.mark.ci
@pytest.mark.parametrize(("dialect", "sql"), [case for case in SAME if case[0] != "postgres"])
def test_postgres(postgres: Any, dialect: str, sql: str) -> None:
    found = SQLModel(sql, dialect).verify_on(postgres, DATA, params=PARAMS if ":start" in sql else None)
    assert found.equal, found.text("PostgreSQL", "DuckDB")


@pytest.mark.parametrize(("dialect", "sql", "engines", "names"), REFUSED)
def test_refused(dialect: str, sql: str, engines: str, names: str) -> None:
    model = SQLModel(sql, dialect)
    for engine in engines.split():
        with pytest.raises(QueryError, match=f"{names}.* other rows on .*verify_on"):
            model.to_sql(engine, DATA)
