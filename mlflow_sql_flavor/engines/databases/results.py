"""What a database answers, as Arrow of the model's own types; and values on their way there."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError, RunError
from ...frames.schema import to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["as_model", "output_schema", "plain", "typed"]


def output_schema(types: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of a model's output."""
    import pyarrow as pa

    return pa.schema([pa.field(name, to_arrow(kind)) for name, kind in types.items()])


def typed(name: str, value: Any, kind: str) -> pa.Scalar:
    """A parameter's value in its exact type.

    Raises:
        InputError: It is no such value.
    """
    import pyarrow as pa

    try:
        wanted = to_arrow(kind)
        if isinstance(value, decimal.Decimal) and not pa.types.is_decimal(wanted):
            value = float(value)
        if value is None or pa.types.is_nested(wanted):
            return pa.array([value], wanted)[0]
        if isinstance(value, int) and pa.types.is_decimal(wanted):  # Arrow casts a number by all digits of its type
            return pa.array([decimal.Decimal(value)]).cast(wanted)[0]
        return pa.array([value]).cast(wanted)[0]
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        raise InputError(f"Parameter {name!r} is of type {kind}: {value!r} is no such value.") from None


def plain(value: Any, dialect: str) -> Any:
    """A Python value as the drivers of an engine take it."""
    if dialect != "sqlite":
        return value
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value


def as_model(pieces: Iterable[pa.RecordBatch | Sequence[Sequence[Any]]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Record batches or rows of an engine as batches of the model's schema, column by column in order.

    Raises:
        RunError: A value does not fit: the engine's answer is not the model's.
    """
    import pyarrow as pa

    for piece in pieces:
        if isinstance(piece, pa.RecordBatch):
            columns: list[Any] = list(piece.columns)
            count = piece.num_rows
        else:
            columns = [list(column) for column in zip(*piece, strict=True)] or [[] for _ in schema]
            count = len(piece)
        if len(columns) != len(schema):
            raise RunError(f"The engine gave {len(columns)} columns where the model has {len(schema)}.")
        arrays = [_fit(column, field) for column, field in zip(columns, schema, strict=True)]
        if count:
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _fit(column: Any, field: pa.Field) -> pa.Array:
    import pyarrow as pa

    try:
        if isinstance(column, list):
            return _of_values(column, field.type)
        if isinstance(column, pa.ExtensionArray):  # numeric, as ADBC's driver for Postgres gives it
            column = column.storage
        return _cast(column, field.type)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        raise RunError(
            f"The engine gave values for column {field.name!r} that are not of the model's type {field.type}: the "
            "query does not mean the same there. Compare with verify_on, and CAST the column in the query."
        ) from None


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if column.type == kind:
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type) and pa.types.is_floating(kind):
        return column.cast(pa.float64()).cast(kind)
    if pa.types.is_decimal(kind) and (pa.types.is_string(column.type) or pa.types.is_decimal(column.type)):
        return _of_values(column.to_pylist(), kind)
    if pa.types.is_temporal(kind) and pa.types.is_string(column.type):
        return _of_values(column.to_pylist(), kind)
    return column.cast(kind, safe=not pa.types.is_floating(column.type) or pa.types.is_integer(kind))


def _of_values(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Python values, or text of them, in an exact type; a longer fraction than a DECIMAL has is rounded half up."""
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        step = decimal.Decimal(1).scaleb(-kind.scale)
        with decimal.localcontext(prec=76, rounding=decimal.ROUND_HALF_UP):
            values = [None if v is None else decimal.Decimal(str(v)).quantize(step) for v in values]
    elif pa.types.is_floating(kind):
        values = [None if v is None else float(v) for v in values]
    elif pa.types.is_boolean(kind):
        values = [None if v is None else bool(v) for v in values]
    elif pa.types.is_integer(kind):
        values = [None if v is None else _whole(v) for v in values]
    elif pa.types.is_string(kind):
        values = [None if v is None else v if isinstance(v, str) else str(v) for v in values]
    elif pa.types.is_timestamp(kind):
        values = [_moment(v, kind.tz is not None) for v in values]
    elif pa.types.is_date(kind):
        values = [_date(v) for v in values]
    return pa.array(values, kind)


def _whole(value: Any) -> int:
    found = int(value)
    if found != value:
        raise ValueError
    return found


def _moment(value: Any, zoned: bool) -> Any:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        value = datetime.datetime(value.year, value.month, value.day)
    if value is not None and zoned and value.tzinfo is None:
        value = value.replace(tzinfo=datetime.UTC)
    if value is not None and not zoned and value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return value


def _date(value: Any) -> Any:
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime):
        if value.time() != datetime.time():
            raise ValueError
        return value.date()
    return value
