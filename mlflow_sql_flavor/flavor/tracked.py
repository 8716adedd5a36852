"""What MLflow's pages show of a logged model beside its files: description, tags, parameters and data."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import mlflow

from ..artifact.example import EXAMPLE
from ..artifact.spec import SqlSpec
from ..report.description import description
from ..report.facts import of_spec

if TYPE_CHECKING:
    from mlflow.data.dataset import Dataset
    from mlflow.entities import DatasetInput
    from mlflow.models.model import ModelInfo

__all__ = ["track"]

_logger = logging.getLogger(__name__)

#: The tag that MLflow's pages show as a description.
NOTE = "mlflow.note.content"

#: The tag by which they say what data was for.
CONTEXT = "mlflow.data.context"

#: Of a digest MLflow keeps so many characters.
MOST_DIGEST = 36


def track(
    info: ModelInfo,
    section: dict[str, Any],
    registered: str | None,
    run_id: str | None,
) -> None:
    """Tells MLflow's store of a model that was just logged. What the store refuses is a warning: the model is there.

    Args:
        info: The model; a description that it has stays, and is the registered version's too.
        section: The ``sql`` section of its MLmodel.
        registered: The name under which it was registered.
        run_id: The run that it was logged to, where one was named; else the active run has its inputs, if there is one.
    """
    spec = SqlSpec.read(section)
    told = description(of_spec(spec, info.signature))
    active = mlflow.active_run()
    run = run_id or (active.info.run_id if active is not None else None)
    with _warned("The logged model's description"):
        own = mlflow.get_logged_model(info.model_id).tags.get(NOTE)
        tags = {"sql.level": spec.level}
        mlflow.set_logged_model_tags(info.model_id, tags if own else {**tags, NOTE: told})
        told = own or told
    with _warned("The parameters' defaults"):
        defaults = {param.name: json.dumps(param.default, default=str, ensure_ascii=False) for param in _params(info)}
        there = mlflow.get_logged_model(info.model_id).params if defaults else {}
        new = {name: text for name, text in defaults.items() if name not in there}
        if new and hasattr(mlflow, "log_model_params"):
            mlflow.log_model_params(new, info.model_id)
    if registered is not None and info.registered_model_version is not None:
        client, version = mlflow.MlflowClient(), str(info.registered_model_version)
        with _warned("The registered version's tags and description"):
            for tag, value in {"sql.dialect": spec.dialect, "sql.level": spec.level}.items():
                client.set_model_version_tag(registered, version, tag, value)
            if not client.get_model_version(registered, version).description:
                client.update_model_version(registered, version, told)
    if run is not None:
        with _warned("Tables and example as inputs of the run"):
            mlflow.MlflowClient().log_inputs(run, datasets=[_input(*each) for each in _data(info, spec)])


@contextlib.contextmanager
def _warned(what: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        _logger.warning("%s could not be stored; the model itself was logged: %s", what, first[:500])


def _input(data: Dataset, context: str) -> DatasetInput:
    from mlflow.entities import Dataset as Entity
    from mlflow.entities import DatasetInput, InputTag

    return DatasetInput(Entity(**data.to_dict()), [InputTag(CONTEXT, context)])


def _params(info: ModelInfo) -> Any:
    params = getattr(info.signature, "params", None)
    return params.params if params is not None else ()


def _data(info: ModelInfo, spec: SqlSpec) -> list[tuple[Dataset, str]]:
    """The reference tables, each by its file's digest, and the input example: none of their rows are read again."""
    from ..frames.mlflow_schema import mlflow_schema

    found = [
        (_stored(f"{info.model_uri}/{table.path}", name, table.sha256, mlflow_schema(table.columns, True), table.rows),
         "reference table")
        for name, table in spec.tables.items()
    ]  # fmt: skip
    listed, inputs = (spec.manifest or {}).get(EXAMPLE), getattr(info.signature, "inputs", None)
    if listed is not None and inputs is not None:
        found.append((_stored(f"{info.model_uri}/{EXAMPLE}", spec.input_table, listed.sha256, inputs), "example"))
    return found


def _stored(address: str, name: str, digest: str, columns: Any, rows: int | None = None) -> Dataset:
    """A file of the model as MLflow's dataset."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    class File(MetaDataset):
        @property
        def profile(self) -> dict[str, int] | None:
            return {"num_rows": rows} if rows is not None else None

        def to_dict(self) -> dict[str, str]:
            return {**super().to_dict(), **({"profile": json.dumps(self.profile)} if self.profile else {})}

    return File(CodeDatasetSource({"mlflow.source.name": address}), name[:500], digest[:MOST_DIGEST], columns)
