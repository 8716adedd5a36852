"""What MLflow's pages show of a logged model beside its files: description, tags, parameters and data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import mlflow

from ..artifact.example import EXAMPLE
from ..artifact.spec import SqlSpec
from ..report.description import description
from ..report.facts import of_spec

if TYPE_CHECKING:
    from mlflow.data.dataset import Dataset
    from mlflow.models.model import ModelInfo

__all__ = ["track"]

#: The tag that MLflow's pages show as a description.
NOTE = "mlflow.note.content"

#: Of a digest MLflow keeps so many characters.
MOST_DIGEST = 36


def track(info: ModelInfo, section: dict[str, Any], registered: str | None, given: dict[str, Any] | None) -> None:
    """Tells MLflow's store of a model that was just logged.

    Args:
        info: The model.
        section: The ``sql`` section of its MLmodel.
        registered: The name under which it was registered.
        given: The writer's own tags of the model; a description among them stays.
    """
    spec = SqlSpec.read(section)
    told = description(of_spec(spec, info.signature))
    tags: dict[str, str] = {"sql.level": spec.level}
    if NOTE not in (given or {}):
        tags[NOTE] = told
    mlflow.set_logged_model_tags(info.model_id, tags)
    defaults = {param.name: json.dumps(param.default, default=str) for param in _params(info)}
    if defaults and hasattr(mlflow, "log_model_params"):
        known = mlflow.get_logged_model(info.model_id).params
        mlflow.log_model_params({k: v for k, v in defaults.items() if k not in known}, info.model_id)
    if registered is not None and info.registered_model_version is not None:
        client, version = mlflow.MlflowClient(), str(info.registered_model_version)
        for tag, value in {"sql.dialect": spec.dialect, "sql.level": spec.level}.items():
            client.set_model_version_tag(registered, version, tag, value)
        if not client.get_model_version(registered, version).description:
            client.update_model_version(registered, version, told)
    if mlflow.active_run() is not None:
        for data, context in _data(info, spec):
            mlflow.log_input(data, context=context)


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
