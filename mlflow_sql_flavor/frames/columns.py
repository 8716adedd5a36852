"""One column of what a caller passes, as Arrow of its type."""

from __future__ import annotations

import datetime
import functools
import math
import numbers
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from . import schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FEW",
    "OBJECT",
    "MoreDigits",
    "array_of",
    "cast",
    "guess_array",
    "has_more_digits",
    "python_types",
    "taken_as_they_are",
]

#: Up to so many rows a pandas frame is read value by value, which costs less than setting up each column.
FEW = 16

#: Of a moment, the coarsest first.
_UNITS = ("s", "ms", "us", "ns")

OBJECT = "object"  # how numpy compares a dtype with a name


class MoreDigits(ValueError):
    """A moment has digits of a second that its type does not keep."""


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
    except UnicodeEncodeError:
        raise _half_pair(name) from None
    except Exception:
        raise _no_type(values, name) from None
    if pa.types.is_timestamp(found.type):
        text = (
            "TIMESTAMP WITH TIME ZONE" if "TZ" in text or "ZONE" in text else "TIMESTAMP"
        )  # pandas' unit says how a frame was made, not what the column is
        if getattr(values, "dtype", None) == OBJECT and has_more_digits(values, "us"):
            raise _cut(pa.field(name, schema.to_arrow(text)))
    return cast(found, pa.field(name, schema.to_arrow(text)))


def _no_type(values: Any, name: str) -> InputError:
    """The error of a column whose type SQL does not have, with the conversion to one that it has."""
    import numpy as np
    import pandas as pd

    dtype, column = getattr(values, "dtype", None), f"data[{name!r}]"
    present = {type(v) for v in values if v is not None and v is not pd.NA and not (isinstance(v, float) and v != v)}
    text = f"{column}.map(str, na_action='ignore')"
    if isinstance(dtype, pd.PeriodDtype):
        return InputError(f"Column {name!r} holds periods, which SQL does not have: pass {column}.dt.to_timestamp().")
    if isinstance(dtype, pd.SparseDtype):
        return InputError(f"Column {name!r} is sparse: pass {column}.sparse.to_dense().")
    if any(isinstance(value, np.ndarray) and value.ndim != 1 for value in values):
        return InputError(
            f"Column {name!r} holds arrays that are no lists of one dimension: pass nested lists, "
            f"{column}.map(lambda a: a.tolist(), na_action='ignore')."
        )
    if present and all(issubclass(kind, numbers.Complex) and not issubclass(kind, numbers.Real) for kind in present):
        return InputError(
            f"Column {name!r} holds complex numbers, which SQL does not have: pass two columns, "
            f"{column}.map(lambda z: z.real, na_action='ignore') and "
            f"{column}.map(lambda z: z.imag, na_action='ignore')."
        )
    if present and all(issubclass(kind, numbers.Integral) for kind in present):
        return InputError(
            f"Column {name!r} holds integers of more than 38 digits: pass {column}.astype(float), or as text, {text}."
        )
    if len(present) == 1 and not issubclass(kind := present.pop(), (list, tuple, dict, set, frozenset)):
        return InputError(f"Column {name!r} holds {kind.__name__}, which SQL does not have: pass text, {text}.")
    return InputError(
        f"Column {name!r} holds values of more than one type, or of one that SQL does not have: make them one type, as "
        f"text by {text}, or give the column's type in input_types."
    )


def array_of(values: Any, field: pa.Field, any_text: bool = False) -> pa.Array:
    """A pandas column's values as Arrow of the field's type; with ``any_text`` text may keep its layout.

    Raises:
        InputError: A value does not fit.
    """
    try:
        return _array_of(values, field, any_text)
    except UnicodeEncodeError:
        raise _half_pair(field.name) from None


def _array_of(values: Any, field: pa.Field, any_text: bool) -> pa.Array:
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
        try:
            guess = not taken_as_they_are(values, field.type)
        except MoreDigits:
            raise _cut(field) from None
    try:
        found = pa.array(values, type=None if guess else field.type, from_pandas=True)
        if guess or found.type != field.type:
            return cast(found, field)
    except UnicodeEncodeError:
        raise
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError, OverflowError):
        try:
            found = pa.array(values, from_pandas=True)
        except UnicodeEncodeError:
            raise
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
    if _is_list(kind) and _is_list(wanted):
        return _has_no_counterpart(kind.value_type, wanted.value_type)
    if t.is_struct(kind) and t.is_struct(wanted):
        given = {field.name: field.type for field in kind}
        return any(field.name in given and _has_no_counterpart(given[field.name], field.type) for field in wanted)
    if t.is_timestamp(kind) or t.is_date(kind) or t.is_time(kind):
        return not ((t.is_temporal(wanted) and not (t.is_timestamp(kind) and t.is_time(wanted))) or _is_text(wanted))
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind) or t.is_boolean(kind):
        return t.is_temporal(wanted) or t.is_binary(wanted)
    return False


def cast(column: Any, field: pa.Field, any_text: bool = False) -> Any:
    """An Arrow column as the field's type, where that loses nothing.

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
        if any(n is not None and n % 1000 for n in nanos):
            raise _cut(field)
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
    lossy = False
    if pa.types.is_integer(column.type) and pa.types.is_decimal(field.type):
        column = column.cast(pa.decimal256(76, field.type.scale))  # of its values, not of all that its type may have
    nested = _is_list(column.type) or pa.types.is_struct(column.type)
    try:
        found = _arrow_cast(column, field.type, True)
        if nested and not _has_text(column.type) and column.type.num_fields == field.type.num_fields:
            lossy = not _arrow_cast(found, column.type, True).equals(column)
        if pa.types.is_timestamp(column.type) and pa.types.is_date(field.type):
            lossy = not found.cast(column.type).equals(column)
        if pa.types.is_floating(column.type) and pa.types.is_decimal(field.type) and field.type.scale == 0:
            lossy = not found.cast(column.type).equals(column)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        moments = pa.types.is_timestamp(column.type) and pa.types.is_timestamp(field.type)
        if moments and _UNITS.index(column.type.unit) > _UNITS.index(field.type.unit):
            raise _cut(field) from None
        raise _misfit(field) from None
    if lossy:
        raise _misfit(field)
    return found


def _arrow_cast(column: Any, kind: pa.DataType, safe: bool) -> Any:
    """Arrow's own cast, which would read the empty texts that lie below a struct that is NULL."""
    import numpy as np
    import pyarrow as pa

    if not (pa.types.is_struct(column.type) and column.null_count):
        return column.cast(kind, safe=safe)
    valid = np.asarray(column.is_valid())
    return column.drop_null().cast(kind, safe=safe).take(pa.array(np.cumsum(valid) - 1, mask=~valid))


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _has_text(kind: pa.DataType) -> bool:
    """Whether texts or nothing but NULL lie within, which have no way back from what they are read as."""
    import pyarrow as pa

    inner = (kind.field(place).type for place in range(kind.num_fields))
    return _is_text(kind) or pa.types.is_null(kind) or any(map(_has_text, inner))


def taken_as_they_are(values: Any, kind: pa.DataType) -> bool:
    """Whether Arrow makes nothing else of Python values: no integer of 1.5, no date of a moment, no list of bytes.

    Args:
        values: Of a column, or of what lies within one.
        kind: The type they are to have.

    Raises:
        MoreDigits: A moment has digits that the type does not keep, and that Arrow would cut.
    """
    import numpy as np
    import pyarrow as pa

    if kind.num_fields == 0:
        wanted = python_types().get(kind.id)
        if wanted is None:
            return True
        if pa.types.is_timestamp(kind) and has_more_digits(values, kind.unit):
            raise MoreDigits
        own = {int: np.integer, bool: np.bool_}
        given = set(map(type, values)) - wanted
        if float in given and int in wanted and all(v.is_integer() for v in values if type(v) is float):
            given -= {float}  # as pandas keeps integers beside a missing value
        return all(any(issubclass(each, own[kind]) for kind in own if kind in wanted) for each in given)
    absent = python_types()[pa.bool_().id] - {bool}
    present = [v for v in values if type(v) not in absent and not (isinstance(v, float) and math.isnan(v))]
    if pa.types.is_struct(kind):
        if not all(isinstance(value, dict) for value in present):
            return False
        return all(taken_as_they_are([value.get(field.name) for value in present], field.type) for field in kind)
    if pa.types.is_map(kind):
        if not all(isinstance(value, (dict, list, tuple, np.ndarray)) for value in present):
            return False
        pairs = [pair for value in present for pair in (value.items() if isinstance(value, dict) else value)]
        if not all(isinstance(pair, (list, tuple, np.ndarray)) and len(pair) == 2 for pair in pairs):
            return False
        kinds = (kind.key_type, kind.item_type)
        return all(taken_as_they_are([pair[i] for pair in pairs], inner) for i, inner in enumerate(kinds))
    if not all(isinstance(value, (list, tuple, np.ndarray)) for value in present):
        return False
    inner = [item for value in present for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    return taken_as_they_are(inner, kind.value_type)


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


def has_more_digits(values: Any, unit: str) -> bool:
    """Whether a moment among Python values has digits of a second that are below the unit."""
    if unit == "ns":
        return False
    # NaT has them too, as NaN.
    if unit != "us":
        below = 1000 if unit == "ms" else 1_000_000
        if any((n := getattr(v, "microsecond", 0) % below) and n == n for v in values):
            return True
    return any((n := getattr(v, "nanosecond", 0)) and n == n for v in values)


def _cut(field: pa.Field) -> InputError:
    import pyarrow as pa

    kind = schema.from_arrow(field.type)
    unit = getattr(field.type, "unit", "us")
    exact = ""
    if pa.types.is_timestamp(field.type):
        exact = f", or declare it {'TIMESTAMPTZ_NS' if field.type.tz else 'TIMESTAMP_NS'} in the model's input_types"
    return InputError(
        f"A value in column {field.name!r} has digits of a second that its type {kind} does not keep: cut them, "
        f"data[{field.name!r}].dt.floor({unit!r}){exact}."
    )


def _misfit(field: pa.Field) -> InputError:
    kind = schema.from_arrow(field.type)
    if field.type.num_fields and ("INTERVAL" in kind or "ZONE" in kind):
        return InputError(
            f"A value in column {field.name!r} does not fit its type {kind}: durations, and moments with a zone, have "
            "no form within others in JSON or Arrow's casts. Pass them as text, and CAST that in the query."
        )
    return InputError(
        f"A value in column {field.name!r} does not fit its type {kind}: "
        "correct the value, or the type in the model's input_types."
    )


def _half_pair(name: str) -> InputError:
    return InputError(f"Column {name!r} has half of a surrogate pair, which is no character: pass valid text.")


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
        pa.month_day_nano_interval().id: {pa.MonthDayNano},  # of a timedelta it would take days off the hours
        pa.binary().id: {bytes, bytearray, memoryview, str},
    }
    for width in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()):
        kinds[width.id] = {int}
    return {kind: frozenset(types | null) for kind, types in kinds.items()}
