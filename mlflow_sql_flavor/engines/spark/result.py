"""What a model gives inside a Spark task: a frame whose NULLs survive ``mlflow.pyfunc.spark_udf``, or a clear refusal.

MLflow converts the result of a task by its own rules (``mlflow.pyfunc._predict_row_batch``): of one column by
``map(str)`` and ``astype``, which make the text 'nan' of a NULL and fail on a NULL integer; of several as a struct,
where a NULL text becomes 'nan', and a NULL integer or a moment fails.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError

__all__ = ["carried"]


class _OneColumn(pd.DataFrame):
    """A frame of one column that keeps NULL through MLflow's conversion."""

    @property
    def _constructor(self) -> Any:
        return _OneColumn

    def map(self, func: Any, na_action: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().map(func, na_action="ignore", **kwargs)

    applymap = map

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
        if self.isna().to_numpy().any() and not pd.api.types.is_float_dtype(dtype):
            return self  # of a nullable dtype, as Spark reads it
        return super().astype(dtype, *args, **kwargs)


def carried(result: Any, served: bool = False) -> Any:
    """The result as ``spark_udf`` can take it.

    Args:
        result: A pandas DataFrame.
        served: It is sent as JSON to the task (``env_manager="uv"`` or ``"virtualenv"``).

    Raises:
        InputError: It holds what would be lost or changed on the way.
    """
    single = len(result.columns) == 1
    for name, column in result.items():
        if not single and pd.api.types.is_datetime64_any_dtype(column.dtype):
            raise _lost(name, "is a date or timestamp, of which spark_udf carries none among several columns")
        if column.dtype == object and any(map(_holed, column)):
            raise _lost(name, "has a NULL within a list, of which spark_udf makes a value")
        # MLflow makes the text 'nan' or 'None' of them, or an error that names no column.
        if (served or not single) and (_text(column) or _whole(column.dtype)) and column.isna().any():
            raise _lost(name, "has a NULL, which spark_udf cannot carry in this column")
    if not single or served:
        return result
    if (result.dtypes == "str").all():
        result = result.astype(object).where(result.notna(), None)  # Spark reads no pandas column in several chunks
    return _OneColumn(result)


def _holed(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holed, value.values()))
    return isinstance(value, (list, np.ndarray)) and any(item is None or _holed(item) for item in value)


def _text(column: Any) -> bool:
    return column.dtype == "str" or (
        column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string"
    )


def _whole(dtype: Any) -> bool:
    return pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_integer_dtype(dtype)


def _lost(name: Any, why: str) -> InputError:
    return InputError(
        f"Output column {name!r} {why}: call mlflow.pyfunc.load_model(uri).predict(spark_df), which runs the query as "
        "Spark SQL, or give it another type in the query."
    )
