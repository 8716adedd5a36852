"""One column of what a caller passes, as Arrow of its type."""

from __future__ import annotations

import datetime
import functools
import math
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from . import schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FEW", "OBJECT", "array_of", "cast", "guess_array", "python_types"]

#: Up to so many rows a pandas frame is read value by value, which costs less than setting up each column.
FEW = 16

OBJECT = "object"  # how numpy compares a dtype with a name


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    t = pa.types
    return t.is_string(kind) or t.is_large_string(kind) or (hasattr(t, "is_string_view") and t.is_string_view(kind))


def guess_array(values: Any, name: str) -> pa.Array:
    """The array of the column's own type."""
    import pyarrow as pa

    try:
        try:
            found = pa.array(values, from_pandas=True)
        except OverflowError:  # integers of more than 64 bits
            found = pa.array(values, pa.decimal128(38, 0), from_pandas=True)
        text = schema.from_arrow(found.type)
    except Exception:
        raise InputError(
            f"Column {name!r} holds values of more than one type, or of one that SQL does not have: make them one "
            "type, or give the column's type in input_types."
        ) from None
    if text.startswith("TIMESTAMP"):
        text = (
            "TIMESTAMP WITH TIME ZONE" if "TZ" in text or "ZONE" in text else "TIMESTAMP"
        )  # pandas' unit says how a frame was made, not what the column is
    return cast(found, pa.field(name, schema.to_arrow(text)))


def array_of(values: Any, field: pa.Field, any_text: bool = False) -> pa.Array:
    """A pandas column's values as Arrow of the field's type; with ``any_text`` text may keep its layout."""
    import pandas as pd
    import pyarrow as pa

    # Arrow itself cuts a time off a date, takes any number for true, a moment, or bytes, and a moment for a number.
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    guess = (
        pa.types.is_date(field.type)
        or kind == "m"
        or (kind == "M" and not pa.types.is_timestamp(field.type))
        or (kind in ("i", "u", "f", "b") and not _takes_numbers(field.type))
    )
    if (
        len(values) > FEW
        and isinstance(values, pd.arrays.NumpyExtensionArray)
        and values.dtype == "float64"
        and pa.types.is_float64(field.type)
        and not math.isnan((plain := values.to_numpy()).min())
    ):
        return pa.array(plain)  # no NULL to look for, value by value
    if any_text and pa.types.is_string(field.type) and hasattr(values, "__arrow_array__"):
        found = pa.array(values, from_pandas=True)
        if _is_text(found.type):
            return found
    if getattr(values, "dtype", None) == OBJECT:
        wanted = python_types().get(field.type.id)
        guess = wanted is not None and not wanted.issuperset(map(type, values))
    try:
        found = pa.array(values, type=None if guess else field.type, from_pandas=True)
        if guess or found.type != field.type:
            return cast(found, field)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError, OverflowError):
        try:
            found = pa.array(values, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
            raise _misfit(field) from None
        return cast(found, field)
    return found


def _takes_numbers(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return not (pa.types.is_temporal(kind) or pa.types.is_boolean(kind) or pa.types.is_binary(kind))


def _has_no_counterpart(kind: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether Arrow casts between the types by their bits: of a number, which moment, and of a moment, which number?"""
    import pyarrow as pa

    t = pa.types
    if t.is_duration(kind):
        return True
    if t.is_timestamp(kind) or t.is_date(kind) or t.is_time(kind):
        return not ((t.is_temporal(wanted) and not (t.is_timestamp(kind) and t.is_time(wanted))) or _is_text(wanted))
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind) or t.is_boolean(kind):
        return t.is_temporal(wanted) or t.is_binary(wanted)
    return False


def cast(column: Any, field: pa.Field, any_text: bool = False) -> Any:
    """An Arrow column as the field's type, where that loses nothing but digits of a second.

    Raises:
        InputError: A value does not fit.
    """
    import pyarrow as pa

    if column.type == field.type or (any_text and pa.types.is_string(field.type) and _is_text(column.type)):
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_duration(column.type) and pa.types.is_interval(field.type):
        nanos = column.cast(pa.duration("ns")).cast(pa.int64()).to_pylist()
        return pa.array([None if n is None else pa.MonthDayNano([0, 0, n]) for n in nanos], field.type)
    if schema.from_arrow(column.type) == "VARCHAR" and (
        pa.types.is_time(field.type) or pa.types.is_interval(field.type)
    ):
        column = _read_text(column, field)
    if _has_no_counterpart(column.type, field.type):
        if column.null_count == len(column):
            return pa.nulls(len(column), field.type)
        raise _misfit(field)
    if pa.types.is_boolean(field.type) and (
        pa.types.is_floating(column.type)
        or (pa.types.is_integer(column.type) and set(column.unique().to_pylist()) - {0, 1, None})
    ):
        raise _misfit(field)
    lossy = pa.types.is_timestamp(column.type) and pa.types.is_timestamp(field.type)
    try:
        found = column.cast(field.type, safe=not lossy)
        if pa.types.is_timestamp(column.type) and pa.types.is_date(field.type):
            lossy = not found.cast(column.type).equals(column)
        if pa.types.is_floating(column.type) and pa.types.is_decimal(field.type) and field.type.scale == 0:
            lossy = not found.cast(column.type).equals(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        raise _misfit(field) from None
    if lossy and not pa.types.is_timestamp(field.type):
        raise _misfit(field)
    return found


def _read_text(column: Any, field: pa.Field) -> Any:
    """Times and intervals, which come as text through MLflow's schema and which Arrow cannot read, as DuckDB does."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as con:
        con.register("given", pa.table({"v": column}))
        try:
            read = con.sql(f"SELECT CAST(v AS {schema.from_arrow(field.type)}) AS v FROM given").to_arrow_table()
        except duckdb.Error:
            raise _misfit(field) from None
    return read.column("v").combine_chunks()


def _misfit(field: pa.Field) -> InputError:
    return InputError(
        f"A value in column {field.name!r} does not fit its type {schema.from_arrow(field.type)}: "
        "correct the value, or the type in the model's input_types."
    )


@functools.lru_cache(maxsize=1)
def python_types() -> dict[int, frozenset[type]]:
    """The Python types that Arrow takes as they are for a type, of those of which it would make something else."""
    import pandas as pd
    import pyarrow as pa

    null = {type(None), type(pd.NA), type(pd.NaT)}
    kinds: dict[int, set[type]] = {
        pa.bool_().id: {bool},
        pa.date32().id: {datetime.date},
        pa.timestamp("us").id: {datetime.datetime, pd.Timestamp},
        pa.time64("us").id: {datetime.time},
        pa.binary().id: {bytes, bytearray, memoryview, str},
    }
    for width in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        kinds[width.id] = {int}
    return {kind: frozenset(types | null) for kind, types in kinds.items()}
