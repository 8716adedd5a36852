"""Databases, one an engine and module, and the model most tests deploy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client

import mlflow_sql_flavor

from .places import Place, opened, tables

QUICK = ["sqlite", "duckdb"]
SLOW = [pytest.param(name, marks=pytest.mark.ci) for name in ("postgres", "mysql", "clickhouse")]
SLOW.append(pytest.param("clickhousedb", marks=pytest.mark.full))

SQL = """SELECT id, price * :factor AS total, label, :note AS note
FROM input LEFT JOIN regions USING (code) WHERE price > :least"""
REGIONS = pa.table({"code": ["a", "b"], "label": ["north", 'o\'y\\n:z%(a)s "q"']})
EXAMPLE = pd.DataFrame({"id": [1, 2, 3], "code": ["a", "b", None], "price": [1.5, 2.25, None]})
PARAMS = {"factor": 2.0, "least": 1.0, "note": "it's 100%\\ :x %% %s %(a)s"}


@pytest.fixture(scope="session")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model with a reference table and parameters."""
    path = tmp_path_factory.mktemp("models") / "ranker"
    mlflow_sql_flavor.save_model(
        SQL, path, tables={"regions": REGIONS}, input_example=(EXAMPLE, PARAMS), pip_requirements=["mlflow"]
    )
    return str(path)


@pytest.fixture(scope="session")
def doubler(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a model whose rows are independent."""
    path = tmp_path_factory.mktemp("models") / "doubler"
    mlflow_sql_flavor.save_model(
        "SELECT id, price * :by AS twice FROM input", path, input_example=(EXAMPLE, {"by": 2.0}),
        pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(path)


@pytest.fixture(scope="module", params=[*QUICK, *SLOW])
def _place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as place:
        yield place


@pytest.fixture(scope="module")
def _postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened("postgres", tmp_path_factory.mktemp("pg")) as place:
        yield place


def _fresh(place: Place) -> Iterator[Place]:
    tables(place)
    before = place.objects()
    yield place
    client = get_deploy_client(place.target)
    for found in client.list_deployments():
        client.delete_deployment(found["name"])
    assert place.objects() == before


@pytest.fixture
def place(_place: Place) -> Iterator[Place]:
    """A database; whatever a test deploys is deleted after it, and nothing else may be left."""
    yield from _fresh(_place)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Place]:
    """A file of SQLite's, for what no engine has a part in."""
    with opened("sqlite", tmp_path) as place:
        yield from _fresh(place)


@pytest.fixture
def postgres(_postgres: Place) -> Iterator[Place]:
    """A PostgreSQL server, in the same way."""
    yield from _fresh(_postgres)
