"""One image a session for the SQL models, one for scikit-learn: other models are mounted in the model's place."""

from __future__ import annotations

import uuid

import pytest

from . import engine, models


@pytest.fixture(scope="session")
def docker_engine():
    """The engine, or the test is skipped."""
    reason = engine.missing()
    if reason:
        pytest.skip(reason)
    return engine.client()


@pytest.fixture(scope="session")
def sql_models(tmp_path_factory):
    """Every kind of model, saved."""
    folder = tmp_path_factory.mktemp("sql")
    return {kind: models.save_sql(kind, folder / kind) for kind in models.KINDS}


@pytest.fixture(scope="session")
def sklearn_model(tmp_path_factory):
    """A scikit-learn model, saved."""
    return models.save_sklearn(tmp_path_factory.mktemp("sklearn") / "model")


@pytest.fixture(scope="session")
def sql_image(docker_engine, sql_models):
    """The image of the model that has everything."""
    yield from _image(docker_engine, sql_models["all"], "sql")


@pytest.fixture(scope="session")
def sklearn_image(docker_engine, sklearn_model):
    """The image of a built-in flavor."""
    yield from _image(docker_engine, sklearn_model, "sklearn")


def _image(docker_engine, model, what):
    name = f"mlflow-{what}-test-{uuid.uuid4().hex[:8]}"
    engine.build(model, name)
    yield name
    docker_engine.images.remove(name, force=True)
