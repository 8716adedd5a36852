"""ClickHouse's own driver (``clickhousedb://``), which runs on chDB where there is no server.

``pytest -m full tests/deploy -k clickhousedb`` runs all that the other engines have.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from mlflow.deployments import get_deploy_client

import mlflow_sql_flavor

from . import test_deployments
from .places import Place, opened

pytestmark = [pytest.mark.ci, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened("clickhousedb", tmp_path_factory.mktemp("ch")) as place:
        yield place


def test_the_way_of_a_deployment(connect: Place, ranker: str) -> None:
    test_deployments.test_the_way_of_a_deployment(connect, ranker)


def test_names_that_need_quotes(connect: Place, tmp_path: Path) -> None:
    test_deployments.test_names_that_need_quotes(connect, tmp_path)


def test_a_reference_table_goes_as_arrow(connect: Place, tmp_path: Path) -> None:
    """Row by row, as the driver sends INSERT, this would take minutes."""
    moment, rows = datetime.datetime(2024, 1, 1, 12, 0, 0, 5), 20_000
    table = pa.table(
        {"k": range(rows), "moment": pa.array([moment, None] * (rows // 2)), "word": ["%%s", None] * (rows // 2)}
    )
    mlflow_sql_flavor.save_model(
        "SELECT id, moment, word FROM input LEFT JOIN big ON k = id", tmp_path / "m", tables={"big": table},
        input_example=pd.DataFrame({"id": [2, 3]}), pip_requirements=["mlflow"],
    )  # fmt: skip
    client = get_deploy_client(connect.target)
    client.create_deployment("big one", str(tmp_path / "m"), config={"input": "events"})
    try:
        assert connect.ask("SELECT toString(moment), word FROM `big one` ORDER BY id") == [
            (None, None), ("2024-01-01 12:00:00.000005", "%%s"), (None, None),
        ]  # fmt: skip
    finally:
        client.delete_deployment("big one")
