"""The input example as MLflow stores it: JSON, in the types its schema has."""

from __future__ import annotations

import datetime
import decimal
import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, ModelFileError
from ..frames import reading, schema, writing
from . import mlmodel
from .bounded_files import read_file
from .recorded_rows import check_saved

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import Model

__all__ = ["EXAMPLE", "MOST_JSON", "dense", "has_zone", "parameter", "save_example", "saved", "stored"]

#: Where MLflow writes an input example.
EXAMPLE = "input_example.json"

#: The most an input example may be, in bytes of JSON.
MOST_JSON = 16_000_000

#: What is stored for a query that reads no input: a request needs some data, and this is read by none.
NO_DATA: dict[str, Any] = {}


def saved(data: Any, params: Mapping[str, Any] | None) -> Any:
    """The example in the form MLflow's encoder has, so that it also is a request the served model answers.

    Decimals become floats; dates, moments in UTC; times, intervals and UUIDs text; polars and Arrow tables pandas.

    Args:
        data: What the writer gave; None for a query that reads no input.
        params: The parameters given with it.

    Returns:
        What ``input_example`` takes in MLflow: the data, or ``(data, params)``.
    """
    if data is None:
        data = NO_DATA
    elif type(data).__module__.partition(".")[0] in ("polars", "pyarrow"):
        table = reading.read(data).table
        data = writing.Columns({field.name: schema.from_arrow(field.type) for field in table.schema}).pandas(table)
    data = _frame(data) if hasattr(data, "iloc") and hasattr(data, "columns") else _plain(data)
    return (data, {str(name): parameter(value) for name, value in params.items()}) if params else data


def parameter(value: Any) -> Any:
    """A parameter's value as MLflow stores it: it has no decimals, times or intervals."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return _plain(value)


def _frame(data: Any) -> Any:
    import pandas as pd

    changed = {}
    for at in range(data.shape[1]):
        given = data.iloc[:, at]
        column = dense(given)
        if column is not given:
            changed[at] = column
        if has_zone(column.dtype):
            changed[at] = column.dt.tz_convert("UTC").dt.tz_localize(None)
        elif getattr(column.dtype, "kind", "") == "m" or (
            (pd.api.types.is_object_dtype(column.dtype) or str(column.dtype).startswith("decimal"))
            and any(_plain(v) is not v for v in column)
        ):
            changed[at] = pd.Series([_plain(v) for v in column], index=data.index)
    if not changed:
        return data
    columns = {at: changed.get(at, data.iloc[:, at]) for at in range(data.shape[1])}
    frame = pd.DataFrame(columns, index=data.index)
    frame.columns = data.columns
    return frame


def dense(column: Any) -> Any:
    """A column of categories as one of their own type, which MLflow's JSON has; any other as it is."""
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    dtype, gaps = column.dtype.categories.dtype, column.isna().any()
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype("boolean" if gaps else "bool")
    if pd.api.types.is_integer_dtype(dtype) and not pd.api.types.is_extension_array_dtype(dtype):
        return column.astype("Int64" if gaps else "int64")
    return column.astype(dtype)


def has_zone(dtype: Any) -> bool:
    """Whether a dtype of pandas, its own or Arrow's, is one of moments with a zone."""
    return (
        getattr(dtype, "kind", "") == "M"
        and (getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)) is not None
    )


def _hours(micros: int) -> str:
    """A duration as SQL's intervals are written: hours, minutes, seconds."""
    minutes, rest = divmod(abs(micros), 60_000_000)
    seconds, rest = divmod(rest, 1_000_000)
    part = f".{rest:06}" if rest else ""
    return f"{'-' if micros < 0 else ''}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{part}"


def _plain(value: Any) -> Any:
    """The value itself where MLflow's encoder has it."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.timedelta):  # pandas' NaT is one too
        # Its own text, "-1 days +23:00:00", is Python's alone, and has days that a duration has not.
        return _hours(value // datetime.timedelta(microseconds=1)) if value == value else None
    if type(value).__name__ == "DateOffset":  # what pandas has for an interval of Arrow
        units = _units(value.kwds)
        micros = units.pop("microseconds")
        parts = [f"{number} {unit}" for unit, number in units.items() if number]
        return " ".join([*parts, _hours(micros)] if micros or not parts else parts)
    if isinstance(value, (datetime.time, uuid.UUID)):
        return str(value)
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC).replace(tzinfo=None)
    if isinstance(value, Mapping):
        found = {key: _plain(item) for key, item in value.items()}
        return found if any(found[key] is not value[key] for key in found) else value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _units(parts: Mapping[str, int]) -> dict[str, int]:
    """DuckDB has no nanoseconds in an interval."""
    units = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
    micros = parts.get("microseconds", 0) + parts.get("nanoseconds", 0) // 1000
    return {**{unit: parts[unit] for unit in units if unit in parts}, "microseconds": micros}


def save_example(model: Model, example: Any, folder: Path) -> None:
    """Writes what :func:`saved` gave into a model's folder, as MLflow does.

    Raises:
        InputError: It is more than would be read back.
    """
    from .. import _mlflow

    try:
        _mlflow.save_example(model, example, str(folder))
    except TypeError as error:
        raise InputError(_not_json(example, error)) from None
    size = (folder / EXAMPLE).stat().st_size if example is not None else 0
    if size > MOST_JSON:
        raise InputError(f"input_example is {size:,} bytes as JSON; at most {MOST_JSON:,}: give fewer rows.")


def _not_json(example: Any, error: TypeError) -> str:
    """What MLflow cannot write, with the column that holds it and what to pass."""
    said = f"MLflow cannot store the input example as JSON: {str(error)[:300]}."
    data = example[0] if isinstance(example, tuple) else example
    found = re.search(r"Object of type (\w+) is not", str(error))
    for name in data.columns if found is not None and hasattr(data, "columns") else ():
        if found is not None and any(_holds(value, found[1]) for value in data[name]):
            to = "list" if found[1] in ("set", "frozenset") else "str"
            return (
                f"{said} Column {name!r} holds it: pass example[{name!r}].map({to}, na_action='ignore'), or leave the "
                "column out if the query does not read it."
            )
    return said


def _holds(value: Any, kind: str) -> bool:
    if type(value).__name__ == kind:
        return True
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return any(_holds(each, kind) for each in inner)


def stored(folder: Path) -> tuple[Any, dict[str, Any] | None]:
    """The input example of a model's folder, and its parameters.

    Raises:
        InputError: It has none.
        ModelFileError: It cannot be read.
    """
    from mlflow.models import Model

    found = mlmodel.read(folder, "sql")
    info = found.content.get("saved_input_example_info")
    if info is None:
        raise InputError("The model stores no input example: pass the data.")
    # MLflow reads whatever file is named here, of the model or not.
    if not isinstance(info, dict) or info.get("artifact_path") != EXAMPLE:
        raise ModelFileError(f"The model's input example {EXAMPLE} is missing: save the model again.")
    try:
        text = read_file(folder, EXAMPLE, MOST_JSON)
        check_saved(found.spec, EXAMPLE, text)
        gapped = _gapped(found.signature)
        model = Model(saved_input_example_info=info, signature=_with_gaps(found.signature, gapped))
        data: Any = model.load_input_example(str(folder))
        if gapped and hasattr(data, "columns"):
            data = _exact(data, json.loads(text), gapped)
        return data, model.load_input_example_params(str(folder))
    except ModelFileError as error:
        raise ModelFileError(f"The model's input example: {error.message}") from None
    except Exception as error:
        raise ModelFileError(
            f"The model's input example cannot be read ({type(error).__name__}): pass the data, or save it again."
        ) from error


def _gapped(signature: Any) -> list[str]:
    """The columns of a signature that may be whole numbers with some missing."""
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType

    inputs = getattr(signature, "inputs", None)
    if inputs is None or inputs.is_tensor_spec() or not inputs.has_input_names():
        return []
    whole = (DataType.integer, DataType.long)
    optional = [spec for spec in inputs.inputs if not spec.required]
    return [spec.name for spec in optional if isinstance(spec.type, AnyType) or spec.type in whole]


def _with_gaps(signature: Any, gapped: list[str]) -> Any:
    """The signature with those as of any type: MLflow reads no null as an integer."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import AnyType

    if not gapped:
        return signature
    columns: list[Any] = [
        ColSpec(AnyType(), spec.name, required=False) if spec.name in gapped else spec
        for spec in signature.inputs.inputs
    ]
    return ModelSignature(inputs=Schema(columns), outputs=signature.outputs, params=signature.params)


def _exact(data: pd.DataFrame, text: Any, gapped: list[str]) -> pd.DataFrame:
    """The frame with whole numbers as the file has them: beside a null pandas makes floats of them, of 53 bits."""
    import pandas as pd

    written = text if "columns" in text and "data" in text else text["inputs"]
    for place, name in enumerate(written["columns"]):
        values = [row[place] for row in written["data"]]
        if name in gapped and None in values and all(type(value) in (int, type(None)) for value in values):
            small = all(value is None or -(2**63) <= value < 2**63 for value in values)
            data[name] = pd.array(values, "Int64") if small else pd.Series(values, data.index, dtype=object)
    return data
