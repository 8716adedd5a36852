"""Every private MLflow helper the package uses, in one place: what may break with a new MLflow breaks here."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from mlflow.environment_variables import (
    _MLFLOW_IS_IN_SERVING_ENVIRONMENT,
    MLFLOW_ALLOW_PICKLE_DESERIALIZATION,
)
from mlflow.models.utils import _enforce_schema, _save_example
from mlflow.store.artifact.utils.models import _parse_model_uri, get_model_name_and_version
from mlflow.tracking._model_registry import DEFAULT_AWAIT_MAX_SLEEP_SECONDS
from mlflow.tracking.artifact_utils import _download_artifact_from_uri
from mlflow.utils.databricks_utils import (
    is_in_databricks_model_serving_environment,
    is_in_databricks_runtime,
)
from mlflow.utils.docstring_utils import LOG_MODEL_PARAM_DOCS
from mlflow.utils.docstring_utils import format_docstring as _format_docstring
from mlflow.utils.environment import (
    _CONDA_ENV_FILE_NAME,
    _CONSTRAINTS_FILE_NAME,
    _PYTHON_ENV_FILE_NAME,
    _REQUIREMENTS_FILE_NAME,
    _mlflow_conda_env,
    _process_conda_env,
    _process_pip_requirements,
    _PythonEnv,
    _validate_env_arguments,
)
from mlflow.utils.file_utils import get_total_file_size, write_to
from mlflow.utils.model_utils import (
    _copy_extra_files,
    _validate_and_copy_code_paths,
    _validate_and_prepare_target_save_path,
)
from mlflow.utils.requirements_utils import _get_pinned_requirement

_F = TypeVar("_F", bound=Callable[..., object])

CONDA_ENV_FILE = _CONDA_ENV_FILE_NAME
CONSTRAINTS_FILE = _CONSTRAINTS_FILE_NAME
PYTHON_ENV_FILE = _PYTHON_ENV_FILE_NAME
REQUIREMENTS_FILE = _REQUIREMENTS_FILE_NAME

PythonEnv = _PythonEnv
conda_env_of = _mlflow_conda_env
copy_code_paths = _validate_and_copy_code_paths
copy_extra_files = _copy_extra_files
download = _download_artifact_from_uri
enforce_schema = _enforce_schema
pinned_requirement = _get_pinned_requirement
prepare_save_path = _validate_and_prepare_target_save_path
process_conda_env = _process_conda_env
process_pip_requirements = _process_pip_requirements
save_example = _save_example
validate_env_arguments = _validate_env_arguments

__all__ = [
    "CONDA_ENV_FILE",
    "CONSTRAINTS_FILE",
    "DEFAULT_AWAIT_MAX_SLEEP_SECONDS",
    "LOG_MODEL_PARAM_DOCS",
    "PYTHON_ENV_FILE",
    "REQUIREMENTS_FILE",
    "PythonEnv",
    "conda_env_of",
    "copy_code_paths",
    "copy_extra_files",
    "download",
    "enforce_schema",
    "format_docstring",
    "get_total_file_size",
    "is_serving",
    "pickles_allowed",
    "pinned_requirement",
    "prepare_save_path",
    "process_conda_env",
    "process_pip_requirements",
    "save_example",
    "validate_env_arguments",
    "version_of",
    "write_to",
]


def format_docstring(values: Mapping[str, str]) -> Callable[[_F], _F]:
    """MLflow's decorator, which has no types: with them what it decorates keeps its own."""
    return _format_docstring(values)  # type: ignore[no-any-return]


def pickles_allowed() -> bool:
    """Whether MLflow lets a flavor read a pickle here; Databricks always does, as for the built-in flavors."""
    return (
        MLFLOW_ALLOW_PICKLE_DESERIALIZATION.get()
        or is_in_databricks_runtime()
        or is_in_databricks_model_serving_environment()
    )


def is_serving() -> bool:
    """Whether the answer of ``predict`` is going to be encoded as JSON by MLflow's server."""
    return bool(_MLFLOW_IS_IN_SERVING_ENVIRONMENT.get())


def version_of(uri: str) -> tuple[str | None, str | None]:
    """Name and version that a ``models:/`` address means now; None of a model that is not registered."""
    from mlflow import MlflowClient

    if getattr(_parse_model_uri(uri), "model_id", None) is not None:
        return None, None
    name, version = get_model_name_and_version(MlflowClient(), uri)
    return name, str(version)
