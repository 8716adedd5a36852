"""What MLflow does to data before a model sees it, tried on the input example, so that it is known at save."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..frames import reading

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.types import Schema

__all__ = ["SERVED", "refused_by_pyfunc", "refused_by_server"]

#: Where MLflow writes an input example as the body of a request.
SERVED = "serving_input_example.json"


def refused_by_pyfunc(example: Any, inputs: Schema | None, signed: bool) -> Iterator[str]:
    """What ``mlflow.pyfunc`` refuses of the example, a sentence a column with what to pass instead.

    Args:
        example: The data as the writer gave it; of a pandas DataFrame each column is tried.
        inputs: The signature's inputs.
        signed: Whether the writer gave them.
    """
    from .. import _mlflow

    if inputs is None or not hasattr(example, "iloc") or not hasattr(example, "columns"):
        return
    from mlflow.types import Schema

    try:
        _mlflow.enforce_schema(example, inputs)
        return
    except Exception as error:
        whole = error
    found = False
    for spec in inputs.inputs:
        if spec.name is None or spec.name not in example.columns:
            continue
        column = example[[spec.name]]
        try:
            _mlflow.enforce_schema(column, Schema([spec]))
        except Exception as error:
            yield (
                f"mlflow.pyfunc refuses column {spec.name!r} as the input example has it ({column.dtypes.iloc[0]}; "
                f"the signature says {getattr(spec.type, 'name', spec.type)}): "
                f"{_instead(spec.name, column[spec.name], error, signed)}"
            )
            found = True
    if not found:
        yield f"mlflow.pyfunc refuses the input example: {_reason(whole)}."


def refused_by_server(folder: Path, inputs: Schema | None, types: pa.Schema | None, signed: bool) -> Iterator[str]:
    """What of the stored request MLflow's server, or the model behind it, does not take.

    Args:
        folder: The model's, with the request that MLflow wrote.
        inputs: The signature's inputs.
        types: The columns that the query reads.
        signed: Whether the writer gave the signature.
    """
    from .. import _mlflow

    path = folder / SERVED
    if inputs is None or types is None or not path.is_file():
        return
    from mlflow.pyfunc.scoring_server import infer_and_parse_data

    try:
        request = json.loads(path.read_text(encoding="utf-8"))
        request.pop("params", None)
        reading.read(_mlflow.enforce_schema(infer_and_parse_data(request, inputs), inputs), types)
    except InputError as error:
        yield f"The input example sent as JSON is refused: {error.message}"
    except Exception as error:
        instead = (
            "give the signature types that take it, or leave it out" if signed else "give a signature that takes it"
        )
        yield f"MLflow's server refuses the input example sent as JSON ({_reason(error)}): {instead}."


def _instead(name: str, column: Any, error: Exception, signed: bool) -> str:
    """What a caller passes in place of a column that is refused; each is tried by a test."""
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return f"pass UTC without a zone, data[{name!r}].dt.tz_convert('UTC').dt.tz_localize(None)."
    if isinstance(dtype, pd.CategoricalDtype) and (of := _number(dtype.categories.dtype, column)):
        return f"pass data[{name!r}].astype({of!r})."
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_timedelta64_dtype(dtype):
        return f"pass text, data[{name!r}].astype(str).where(data[{name!r}].notna(), None)."
    if pd.api.types.is_integer_dtype(dtype) and not column.isna().any():
        return f"pass data[{name!r}].astype('int64')."
    if column.isna().any() and signed:
        return "MLflow's own type takes no missing value: leave signature out, so that the column is signed as any."
    return f"{_reason(error)}."


def _number(dtype: Any, column: Any) -> str | None:
    """The dtype of a column whose categories are numbers or truth values; None where they are something else."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(dtype):
        return "boolean" if column.isna().any() else "bool"
    if pd.api.types.is_integer_dtype(dtype):
        return "Int64" if column.isna().any() else "int64"
    return "float64" if pd.api.types.is_float_dtype(dtype) else None


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].rpartition("Error: ")[2].rstrip(".")[:300]
