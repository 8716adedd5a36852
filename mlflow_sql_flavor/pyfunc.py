"""The wrapper ``mlflow.pyfunc`` calls."""

from __future__ import annotations

import logging
from typing import Any

from mlflow.exceptions import MlflowException

from . import _mlflow
from .engines import spark, spark_task
from .engines.duckdb import explain
from .errors import InputError, RunError, SQLModelError
from .frames import writing
from .mlflow_errors import public
from .model import SQLModel

__all__ = ["SQLModelWrapper"]

_logger = logging.getLogger(__name__)


@public
class SQLModelWrapper:
    """A :class:`SQLModel` behind MLflow's ``predict(data, params)``.

    Args:
        model: The model.
    """

    def __init__(self, model: SQLModel) -> None:
        self._model = model
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
        column = self._model.prediction_column
        try:
            if spark.is_frame(data):
                return self._distributed(data, params)
            self._refuse_batches()
            result = self._model.predict(self._complete(data), params, output="pandas")
            served = _mlflow.is_serving()
            if spark_task.in_task():
                from .engines.spark_result import carried

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

    def _refuse_batches(self) -> None:
        """Spark hands over its rows in batches: a query whose rows depend on others would give each batch its own."""
        rows = self._model.spec.rows if self._model.spec is not None else "table"
        if rows != "independent" and spark_task.in_task():
            raise InputError(
                f"The model's rows are {rows!r}: they depend on the whole input, and spark_udf hands over one batch at "
                "a time, each of which would be ranked, counted or ordered for itself. Call "
                "mlflow.pyfunc.load_model(uri).predict(spark_df) instead, which runs the query as Spark SQL."
            )

    def _distributed(self, data: Any, params: dict[str, Any] | None) -> Any:
        present = {name.casefold() for name in data.columns}
        types = (self._model.spec.input_types if self._model.spec is not None else None) or {}
        missing = {name: types[name] for name in self._optional if name.casefold() not in present and name in types}
        result = self._model.predict(spark.with_nulls(data, missing) if missing else data, params)
        column = self._model.prediction_column
        return result if column is None else result.select(column)

    def _complete(self, data: Any) -> Any:
        columns = getattr(data, "columns", None)
        if not self._optional or columns is None or not hasattr(data, "assign"):
            return data
        missing = [name for name in self._optional if name not in columns]
        return data.assign(**dict.fromkeys(missing)) if missing else data
