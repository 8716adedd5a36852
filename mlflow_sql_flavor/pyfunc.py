"""Loading: as a :class:`SQLModel`, and as what ``mlflow.pyfunc`` calls."""

from __future__ import annotations

import hashlib
import inspect
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException

from . import _mlflow
from .artifact import manifest, mlmodel
from .artifact.functions import load_udfs
from .engines.duckdb_errors import explain
from .engines.limits import effective_limits
from .engines.spark import detection
from .errors import InputError, ModelFileError, RunError, SQLModelError
from .frames import writing
from .mlflow_errors import public
from .model import SQLModel

__all__ = ["CONFIG", "FLAVOR_NAME", "SQLModelWrapper", "load_model"]

FLAVOR_NAME = "sql"

#: What a loader may set by ``model_config``; saved as null, so that nothing in a file reads as a permission.
CONFIG = {
    "timeout_seconds": None,
    "memory_limit": None,
    "threads": None,
    "max_rows": None,
    "isolation": None,
    "tables": None,
}

_logger = logging.getLogger(__name__)


@public
class SQLModelWrapper:
    """A :class:`SQLModel` behind MLflow's ``predict(data, params)``.

    Args:
        model: The model.
    """

    def __init__(self, model: SQLModel) -> None:
        self._model = model
        # Spark hands over its rows in batches: a query whose rows depend on others would give each batch its own.
        self._batches = model.spec is not None and model.spec.rows == "independent"
        inputs = getattr(model.signature, "inputs", None)
        #: Columns a caller may leave out by the signature: NULL to the query.
        self._optional = tuple(spec.name for spec in inputs or () if spec.name is not None and not spec.required)

    def get_raw_model(self) -> SQLModel:
        """The :class:`SQLModel`."""
        return self._model

    def predict(self, data: Any = None, params: dict[str, Any] | None = None) -> Any:
        """Runs the query.

        Args:
            data: What MLflow hands on: usually a pandas DataFrame of the signature's columns; or a Spark DataFrame.
            params: Values of the parameters; the signature's defaults are filled in by MLflow.

        Returns:
            A pandas DataFrame, or with ``prediction_column`` that column as a Series. Where MLflow's server will encode
            it, every NULL, NaN and infinity is None, JSON's null. For a Spark DataFrame a lazy Spark DataFrame.

        Raises:
            MlflowException: Whatever fails: MLflow's server sends the stack trace of any other exception to the caller.
        """
        import mlflow
        from mlflow.entities import SpanStatus, SpanStatusCode

        # Only where the caller traces: a span of its own would be a trace in the store for each call.
        if mlflow.get_current_active_span() is None:
            return self._predict(data, params)
        failed: Exception | None = None
        with mlflow.start_span("sql", attributes=self._digest()) as span:
            start = time.perf_counter()
            try:
                result = self._predict(data, params)
            except Exception as error:  # kept out of the span, which would record its message, with values in it
                failed = error
                kind, code = type(error).__name__, getattr(error, "error_code", "INTERNAL_ERROR")
                span.set_attributes({"sql.error": kind, "sql.error_code": str(code)})
                span.set_status(SpanStatus(SpanStatusCode.ERROR, f"{kind} ({code})"))  # type: ignore[arg-type]  # documented
            else:
                told = {"sql.milliseconds": round((time.perf_counter() - start) * 1000, 3)}
                if hasattr(result, "__len__"):
                    told["sql.rows"] = len(result)
                span.set_attributes(told)
                return result
        assert failed is not None
        raise failed

    def _digest(self) -> dict[str, str]:
        """What names the query in a trace, and shows nothing of the data."""
        text = self._model.sql.encode("utf-8")
        return {"sql.dialect": self._model.dialect, "sql.sha256": hashlib.sha256(text).hexdigest()}

    def _predict(self, data: Any, params: dict[str, Any] | None) -> Any:
        column = self._model.prediction_column
        try:
            if detection.is_frame(data):
                return self._distributed(data, params)
            task = detection.in_task()
            if task and not self._batches:
                raise InputError(
                    "The model's rows depend on the whole input, and spark_udf hands over one batch at a time, each of "
                    "which would be ranked, counted or ordered for itself. Call "
                    "mlflow.pyfunc.load_model(uri).predict(spark_df) instead, which runs the query as Spark SQL."
                )
            result = self._model.predict(self._complete(data), params, output="pandas")
            served = _mlflow.is_serving()
            if task:
                from .engines.spark.result import carried

                result = carried(result if column is None else result[[column]], served)
            elif column is not None and not served:
                return result[column]
            if served:
                result = writing.encodable(result)
                result = result if column is None else result[column]
            return result
        except RunError:
            _logger.exception("The query failed.")
            raise
        except (SQLModelError, MlflowException):
            raise
        except Exception as error:
            _logger.exception("The query failed.")
            raise explain(error, self._model.limits) from error

    @public
    def _distributed(self, data: Any, params: dict[str, Any] | None) -> Any:
        from .engines.spark import spark_sql

        present = {name.casefold() for name in data.columns}
        types = (self._model.spec.input_types if self._model.spec is not None else None) or {}
        missing = {name: types[name] for name in self._optional if name.casefold() not in present and name in types}
        result = self._model.predict(spark_sql.with_nulls(data, missing) if missing else data, params)
        column = self._model.prediction_column
        return result if column is None else result.select(column)

    def _complete(self, data: Any) -> Any:
        columns = getattr(data, "columns", None)
        if not self._optional or columns is None or not hasattr(data, "assign"):
            return data
        if len(columns) == 0:  # MLflow drops what the signature does not name, and the number of rows with it
            known = ", ".join(map(repr, self._optional[:10]))
            raise InputError(f"The input has none of the model's columns {known}: send at least one.")
        missing = [name for name in self._optional if name not in columns]
        return data.assign(**dict.fromkeys(missing)) if missing else data


# MLflow asks for it at every call.
SQLModelWrapper.predict.__signature__ = inspect.signature(SQLModelWrapper.predict)  # type: ignore[attr-defined]


@public
def load_model(
    model_uri: str | os.PathLike[str],
    dst_path: str | os.PathLike[str] | None = None,
    model_config: Mapping[str, Any] | None = None,
) -> SQLModel:
    """
    Load a SQL model from a local file or a run.

    A model without Python functions runs no code of the artifact: nothing of it is imported or unpickled, and its
    ``code/`` folder is not put on ``sys.path``.

    Args:
        model_uri: The location, in URI format, of the MLflow model. For example:

            - ``/Users/me/path/to/local/model``
            - ``relative/path/to/local/model``
            - ``s3://my_bucket/path/to/model``
            - ``runs:/<mlflow_run_id>/run-relative/path/to/model``
            - ``models:/<model_name>/<model_version>``
            - ``models:/<model_name>@<alias>``
        dst_path: The local filesystem path to which to download the model artifact. This directory must already exist.
            If unspecified, a local output path will be created.
        model_config: Limits (``timeout_seconds``, ``memory_limit``, ``threads``, ``max_rows``, ``isolation``) and
            ``tables``: ``{reference table: path or table}`` with newer data of the same columns.

    Returns:
        A :class:`SQLModel`.

    Raises:
        ModelFileError: A file is missing, altered or of a later format.
        QueryError: The query is not one that may run here.
    """
    folder = Path(
        _mlflow.download(
            artifact_uri=os.fspath(model_uri), output_path=None if dst_path is None else os.fspath(dst_path)
        )
    )
    return _load(folder, model_config)


@public
def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> SQLModelWrapper:
    """
    Load PyFunc implementation. Called by ``pyfunc.load_model``.

    Args:
        path: Local filesystem path to the MLflow Model with the ``sql`` flavor.
        model_config: What the loader asks for, merged by MLflow with what the file has.
    """
    return SQLModelWrapper(_load(Path(path), model_config))


def _load(folder: Path, config: Mapping[str, Any] | None) -> SQLModel:
    stored = mlmodel.read(folder, FLAVOR_NAME)
    unknown = sorted(set(config or {}) - set(CONFIG))
    if unknown:
        raise InputError(f"model_config has no key {unknown[0]!r}: the keys are {', '.join(CONFIG)}.")
    if stored.config.get("tables") is not None:
        raise ModelFileError("MLmodel sets config.tables, which only a loader may set: save the model again.")
    if stored.spec.manifest is not None:
        manifest.check(stored.spec.manifest, folder)
    limits = effective_limits(stored.spec.limits.model_dump(), config, stored.config)
    udfs = None
    if stored.spec.udfs is not None:
        udfs = load_udfs(stored.spec.udfs, folder, _mlflow.pickles_allowed(), stored.spec.code)
    return SQLModel.from_spec(
        stored.spec,
        folder,
        limits=limits,
        signature=stored.signature,
        udfs=udfs,
        tables=(config or {}).get("tables"),
    )
