"""Servers started once for all serving tests: one `mlflow models serve`, and one process for the other models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import models
from .servers import Client, host, models_serve
from .types import save_types


@pytest.fixture(scope="session")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Client]]:
    """Every served model by name. ``scores`` is behind `mlflow models serve`."""
    folder = tmp_path_factory.mktemp("serving")
    savers = {
        "types": save_types,
        "catalog": models.save_catalog,
        "limited": models.save_limited,
        "twin": models.save_twin,
        "sklearn": models.save_sklearn,
    }
    models.save_scores(folder / "scores")
    server, scores = models_serve(folder / "scores", folder / "serve.log")
    hosting = None
    try:
        for name, save in savers.items():  # while the server starts
            save(folder / name)
        others = {name: folder / name for name in savers}
        hosting, hosted = host(others | {"broken": folder / "twin", "bug": folder / "twin"}, folder / "host.log")
        server.wait(scores)
        for client in hosted.values():
            hosting.wait(client)
        yield {"scores": scores, **hosted}
    finally:
        server.close()
        if hosting is not None:
            hosting.close()


@pytest.fixture
def scores(clients: dict[str, Client]) -> Client:
    """The model behind `mlflow models serve`."""
    return clients["scores"]


@pytest.fixture
def host_log(clients: dict[str, Client]) -> Path:
    """What the server of the other models wrote."""
    return clients["broken"].model.parent / "host.log"
