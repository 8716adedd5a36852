"""What MLflow does to data before a model sees it, tried on the input example, so that it is known at save."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..frames import reading
from .example import dense, has_zone

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.types import Schema

__all__ = ["SERVED", "refused_by_pyfunc", "refused_by_server"]

#: Where MLflow writes an input example as the body of a request.
SERVED = "serving_input_example.json"

#: MLflow stores an example that is no frame as ``inputs``, of which it makes arrays of numpy.
_INPUTS = (
    "Column {name!r} of the input example is read as other values where it is sent as `inputs`, in which MLflow makes "
    "text of a null: callers send dataframe_records. Give the example as a frame, pd.DataFrame([example])."
)


def refused_by_pyfunc(
    example: Any, inputs: Schema | None, signed: bool, types: pa.Schema | None = None
) -> Iterator[str]:
    """What ``mlflow.pyfunc`` refuses or changes of the example, a sentence a column with what to pass instead.

    Args:
        example: The data as the writer gave it; of a pandas DataFrame each column is tried.
        inputs: The signature's inputs.
        signed: Whether the writer gave them.
        types: The columns that the query reads.
    """
    from .. import _mlflow

    if inputs is None or not hasattr(example, "iloc") or not hasattr(example, "columns"):
        return
    from mlflow.types import Schema

    try:
        enforced = _mlflow.enforce_schema(_own(example), inputs)
    except Exception as error:
        whole = error
    else:
        yield from _changed(example, enforced, inputs, types, signed)
        return
    found = False
    for spec in inputs.inputs:
        if spec.name is None or spec.name not in example.columns:
            continue
        column = _own(example[[spec.name]])
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


def _own(frame: Any) -> Any:
    """The frame with lists and structs of its own: MLflow writes what it makes of them into the caller's."""
    import pandas as pd

    def own(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: own(item) for key, item in value.items()}
        if isinstance(value, list):
            return [own(item) for item in value]
        if getattr(value, "dtype", None) == reading.OBJECT:
            copy = value.copy()
            copy[:] = [own(item) for item in value]
            return copy
        return value

    found = frame.copy()
    for at in range(frame.shape[1]):
        column = frame.iloc[:, at]
        if column.dtype == reading.OBJECT:
            found.isetitem(at, pd.Series([own(value) for value in column], frame.index, dtype=object))
    return found


def _changed(example: Any, enforced: Any, inputs: Schema, types: pa.Schema | None, signed: bool) -> Iterator[str]:
    """The columns of lists or structs that MLflow hands on with other values than they have."""
    import pyarrow as pa
    from mlflow.types import DataType

    nested = {spec.name: spec.type for spec in inputs.inputs if not isinstance(spec.type, DataType)}
    names = [name for name in types.names if name in nested and name in example] if types is not None else []
    if types is None or not names:
        return
    wanted = pa.schema([types.field(name) for name in names])
    try:
        before, after = (reading.read(frame[names], wanted).table for frame in (example, enforced))
    except InputError:
        return  # what the model itself refuses is told of the request
    for name in names:
        if str(before.column(name).to_pylist()) != str(after.column(name).to_pylist()):
            yield _other_values(name, nested[name], signed)


def _other_values(name: str, kind: Any, signed: bool) -> str:
    from mlflow.types import DataType

    if signed and not isinstance(kind, DataType):
        return (
            f"Column {name!r} reaches the model with other values than the input example has: MLflow changes them (the "
            f"signature says {kind}; a null in a list of texts becomes text, and cuts the others). Leave signature "
            "out, so that the column is signed as one that is handed on as it is."
        )
    return (
        f"Column {name!r} of the input example sent as JSON is read as other values: JSON has none of its type. Pass "
        "it as text, and convert it in the query."
    )


def refused_by_server(
    folder: Path, example: Any, inputs: Schema | None, types: pa.Schema | None, signed: bool
) -> Iterator[str]:
    """What of the stored request MLflow's server, or the model behind it, does not take.

    Args:
        folder: The model's, with the request that MLflow wrote.
        example: The data as the writer gave it.
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
        sent = reading.read(_mlflow.enforce_schema(infer_and_parse_data(request, inputs), inputs), types).table
        given = reading.read(example, types).table
        kinds = {spec.name: spec.type for spec in inputs.inputs}
        as_inputs = "inputs" in request and not hasattr(example, "iloc")
        for name in types.names:
            if str(sent.column(name).to_pylist()) != str(given.column(name).to_pylist()):
                yield _INPUTS.format(name=name) if as_inputs else _other_values(name, kinds.get(name), signed)
    except InputError as error:
        yield f"The input example sent as JSON is refused: {error.message}"
    except Exception as error:
        without = _bytes_with_null(example, inputs)
        if without:
            yield (
                f"MLflow's server takes no null in column {without!r}, whose values are bytes: let the query read it "
                f"as text of base64, from_base64({without}) in DuckDB, and give an example of such text."
            )
            return
        instead = (
            "give the signature types that take it, or leave it out" if signed else "give a signature that takes it"
        )
        yield f"MLflow's server refuses the input example sent as JSON ({_reason(error)}): {instead}."


def _bytes_with_null(example: Any, inputs: Schema) -> str | None:
    """The first column signed as bytes that has a missing value; a JSON null of one is no base64 to MLflow."""
    from mlflow.types import DataType

    for spec in inputs.inputs if hasattr(example, "iloc") else ():
        if spec.type == DataType.binary and spec.name in example.columns and example[spec.name].isna().any():
            return str(spec.name)
    return None


def _has_tuple(value: Any) -> bool:
    if isinstance(value, tuple):
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_has_tuple(each) for each in inside)


def _instead(name: str, column: Any, error: Exception, signed: bool) -> str:
    """What a caller passes in place of a column that is refused; each is tried by a test."""
    import pandas as pd

    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dense(column).dtype
        own = "object" if pd.api.types.is_string_dtype(dtype) else str(dtype)
        return f"pass data[{name!r}].astype({own!r}){_after(dtype)}."
    if after := _after(dtype):
        what = "text" if dtype.kind == "m" else "UTC without a zone"
        return f"pass {what}, data[{name!r}]{after}."
    if pd.api.types.is_integer_dtype(dtype) and not column.isna().any():
        return f"pass data[{name!r}].astype('int64')."
    if pd.api.types.is_object_dtype(dtype) and any(getattr(value, "tzinfo", None) for value in column):
        return f"pass UTC without a zone, pd.to_datetime(data[{name!r}], utc=True).dt.tz_localize(None)."
    if str(dtype).startswith("decimal"):
        return f"pass data[{name!r}].astype('float64')."
    if hasattr(dtype, "pyarrow_dtype") and column.isna().any() and dtype.pyarrow_dtype.num_fields:
        return f"pass None for what is missing, data[{name!r}].astype(object).where(data[{name!r}].notna(), None)."
    if pd.api.types.is_object_dtype(dtype) and any(isinstance(value, tuple) for value in column):
        return f"pass lists, data[{name!r}].map(list, na_action='ignore')."
    if pd.api.types.is_object_dtype(dtype) and any(_has_tuple(value) for value in column):
        return "pass lists for the tuples in its values."
    if column.isna().any() and signed:
        return "MLflow's own type takes no missing value: leave signature out, so that the column is signed as any."
    return f"{_reason(error)}."


def _after(dtype: Any) -> str:
    """What to call on a column of durations, or of moments with a zone, for which MLflow has no type."""
    if getattr(dtype, "kind", "") == "m":
        own = ".astype('timedelta64[us]')" if hasattr(dtype, "pyarrow_dtype") else ""
        return f"{own}.dt.total_seconds().map('{{:.6f}} seconds'.format, na_action='ignore')"
    return ".dt.tz_convert('UTC').dt.tz_localize(None)" if has_zone(dtype) else ""


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].rpartition("Error: ")[2].rstrip(".")[:300]
