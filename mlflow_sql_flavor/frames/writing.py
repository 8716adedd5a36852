"""A result as the caller's kind of frame: dtypes come from the query's types, never from the data of a call."""

from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from . import schema
from .columns import FEW, OBJECT
from .reading import values_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Columns", "NotByRows", "encodable", "exact"]


def exact(table: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """A result whose text has the one layout of the table of types."""
    import pyarrow as pa

    for at, (name, text) in enumerate(types.items()):
        if text == "VARCHAR" and not pa.types.is_string(table.column(at).type):
            table = table.set_column(at, pa.field(name, pa.string()), table.column(at).cast(pa.string()))
    return table


_TOO_LONG = "error('" + schema.TOO_LONG.replace("'", "''") + "')"


class Columns:
    """The output columns of one query, and how each becomes a pandas column.

    Args:
        types: ``{output column: DuckDB type}``.
    """

    def __init__(self, types: Mapping[str, str]) -> None:
        self.names = list(types)
        self._dtypes = [schema.pandas_dtype(text) for text in types.values()]
        self._labels: Any = None
        import numpy as np

        self._ndarray = np.ndarray
        self._places = [np.array([i]) for i in range(len(self.names))]
        casts = [schema.plain(text) for text in types.values()]
        #: Whether rows of Python values become the same pandas columns as Arrow does.
        self.by_rows = all(_by_rows(text) for text in types.values())
        #: Expressions of a projection in SQL, where Arrow's own values would not do in pandas; None where none is.
        self.projection: list[str] | None = None
        if any(casts):
            self.projection = self._cast(casts)
        #: The same for Arrow output: only of types that DuckDB does not give to Arrow exactly.
        self.arrow_projection: list[str] | None = None
        exact = [schema.plain(text, exact=True) for text in types.values()]
        quoted = [schema.quote(name) for name in self.names]
        too_long = [schema.too_long_for_arrow(name, text) for name, text in zip(quoted, types.values(), strict=True)]
        if any(exact) or any(too_long):
            checked = [
                f"CASE WHEN {t} THEN {_TOO_LONG} ELSE {n} END" if t else n
                for n, t in zip(quoted, too_long, strict=True)
            ]
            self.arrow_projection = self._cast(exact, checked)

    def _cast(self, casts: list[str | None], values: list[str] | None = None) -> list[str]:
        names = [schema.quote(name) for name in self.names]
        parts = zip(names, values or names, casts, strict=True)
        return [f"CAST({v} AS {c}) AS {n}" if c else (n if v == n else f"{v} AS {n}") for n, v, c in parts]

    def pandas(self, table: pa.Table, index: Any = None) -> pd.DataFrame:
        """The result as pandas, with dtypes that do not depend on the data.

        Raises:
            InputError: An integer beyond 64 bits.
        """
        import pandas as pd

        columns = {i: _series(table.column(i), dtype, self.names[i]) for i, dtype in enumerate(self._dtypes)}
        frame = pd.DataFrame(columns, copy=False, index=None if columns else range(table.num_rows))
        frame.columns = pd.Index(self.names, dtype=frame.columns.dtype if not columns else None)
        if index is not None:
            frame.index = index
        return frame

    def of_objects(self, table: pa.Table) -> int:
        """Bytes of the columns that become Python objects, about."""
        return sum(_of_objects(table.column(at)) for at, dtype in enumerate(self._dtypes) if dtype == OBJECT)

    def pandas_rows(self, rows: Sequence[tuple[Any, ...]], index: Any = None) -> pd.DataFrame:
        """As :meth:`pandas`, of rows of Python values; only where :attr:`by_rows`.

        Raises:
            NotByRows: A date that Python does not have: infinity, or a year beyond 9999 or before 1.
        """
        import pandas as pd

        columns = zip(*rows, strict=True) if rows else [()] * len(self.names)
        values = [_values(v, d, n) for v, d, n in zip(columns, self._dtypes, self.names, strict=True)]
        if index is None:
            index = pd.RangeIndex(len(rows))
        if self._labels is None:
            self._labels = pd.Index(self.names)
        build = _from_blocks()
        if build is None:
            frame = pd.DataFrame(dict(enumerate(values)), copy=False, index=index)
            frame.columns = self._labels
            return frame
        blocks = [
            (v.reshape(1, -1) if type(v) is self._ndarray else v, p) for v, p in zip(values, self._places, strict=True)
        ]
        return build(blocks, index=index, columns=self._labels)


@functools.lru_cache(maxsize=1)
def _from_blocks() -> Any:
    """pandas 3's way to make a frame of finished columns, at a quarter of the constructor's cost; None before it."""
    try:
        from pandas.api.internals import create_dataframe_from_blocks
    except ImportError:
        return None
    return create_dataframe_from_blocks


_BY_ROWS = {"boolean", "Int32", "Int64", "float32", "float64", "str", "datetime64[us]"}


def _by_rows(text: str) -> bool:
    if text.startswith("DECIMAL(") and text.endswith(
        ")"
    ):  # beyond 18 digits DuckDB's rounding to DOUBLE is not always Python's
        return schema.to_arrow(text).precision <= 18
    if text == "TIMESTAMP WITH TIME ZONE":  # DuckDB's Python values of it need pytz, which pandas 3 does not bring
        return False
    return (schema.pandas_dtype(text) in _BY_ROWS and schema.plain(text) is None) or text == "BLOB"


class NotByRows(Exception):
    """DuckDB has no Python value for something in these rows; Arrow has."""


def _values(values: Sequence[Any], dtype: str, name: str) -> Any:
    import numpy as np
    import pandas as pd

    if dtype in ("Int32", "Int64", "boolean"):
        kind = {"Int32": np.int32, "Int64": np.int64, "boolean": np.bool_}[dtype]
        mask = np.array([value is None for value in values], dtype=bool)
        try:
            data: Any = np.array([0 if value is None else value for value in values], dtype=kind)
        except OverflowError:
            raise _beyond(name) from None
        return (pd.arrays.BooleanArray if dtype == "boolean" else pd.arrays.IntegerArray)(data, mask)
    if dtype in ("float32", "float64"):
        return np.array([math.nan if value is None else value for value in values], dtype=dtype)
    if dtype == "datetime64[us]":
        # DuckDB gives infinity as Python's first or last date, and other dates that Python lacks as text.
        if any(v is not None and (type(v) is str or v.year == 9999 or v.year == 1) for v in values):
            raise NotByRows
        return pd.array(np.array(values, dtype=dtype))
    if dtype == "str" and (text := _str_dtype()) is not None:
        kind = text.construct_array_type()
        if text.storage == "pyarrow":
            import pyarrow as pa

            return kind(pa.array(values, pa.large_string()), dtype=text)
        return kind._from_sequence(values, dtype=text)
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found


@functools.lru_cache(maxsize=1)
def _str_dtype() -> Any:
    """pandas 3's own string dtype; None before it, where strings are objects."""
    import pandas as pd

    found = pd.Series(["a"]).dtype
    return None if found == "object" else found


def _beyond(name: str) -> InputError:
    return InputError(
        f"A value of output column {name!r} is beyond 64-bit integers: CAST it to DOUBLE or VARCHAR in the query, "
        "or ask for Arrow output."
    )


#: What DuckDB's infinity is among the microseconds (or nanoseconds) of a timestamp.
_INFINITY = 2**63 - 1


def _no_date(name: str) -> InputError:
    return InputError(
        f"Output column {name!r} holds a date that pandas does not have (infinity, or a year too far): CAST it to "
        "VARCHAR in the query, or ask for Arrow output."
    )


def _series(column: pa.ChunkedArray, dtype: str, name: str) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if dtype in ("Int32", "Int64", "boolean"):
        kind = {"Int32": pa.int32(), "Int64": pa.int64(), "boolean": pa.bool_()}[dtype]
        if column.type != kind:
            try:
                column = column.cast(kind)
            except pa.ArrowInvalid:
                raise _beyond(name) from None
        if column.null_count:
            mask = column.is_null().to_numpy()
            values = _own(pc.fill_null(column, False if dtype == "boolean" else 0).to_numpy())
        else:
            values = _own(column.to_numpy())
            mask = np.zeros(len(values), dtype=bool)
        return (pd.arrays.BooleanArray if dtype == "boolean" else pd.arrays.IntegerArray)(values, mask)
    if dtype in ("float64", "float32"):
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        return _own(column.to_numpy())
    if dtype.startswith("datetime64"):
        unit = "ns" if "ns" in dtype else "us"
        try:
            column = column.cast(pa.timestamp(unit, "UTC" if "UTC" in dtype else None))
        except pa.ArrowInvalid:
            raise _no_date(name) from None
        ends = pc.min_max(column.cast(pa.int64())).as_py()
        if _INFINITY in (ends["max"], -(ends["min"] or 0)):
            raise _no_date(name)
        found = column.to_pandas()
        return found.copy() if column.num_chunks < 2 else found
    if dtype == "str":
        return column.to_pandas()
    values = np.empty(len(column), dtype=object)
    try:
        values[:] = column.to_pylist(**({"maps_as_pydicts": "strict"} if pa.types.is_nested(column.type) else {}))
    except (OverflowError, ValueError):
        raise _no_date(name) from None
    return values


def _of_objects(column: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, t = column.type, pa.types
    if t.is_list(kind) or t.is_large_list(kind):
        return 64 * len(column) + _of_objects(pc.list_flatten(column))
    if t.is_struct(kind):
        fields = (pc.struct_field(column, [at]) for at in range(kind.num_fields))
        return 72 * len(column) + sum(map(_of_objects, fields))
    if t.is_map(kind):  # a dict, whose entries lie in the chunks' children
        chunks = getattr(column, "chunks", [column])
        return 200 * len(column) + sum(_of_objects(part) for c in chunks for part in (c.keys, c.items))
    return 48 * len(column) + (column.nbytes if kind.num_fields == 0 else 48 * column.nbytes)


def _own(values: Any) -> Any:
    """The values in memory that may be written to, which Arrow's own and the caller's may not."""
    return values if values.flags.writeable else values.copy()


def encodable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every NULL, NaN and infinity as None, which is what JSON has for them.

    MLflow's encoder writes NaN and Infinity, which are not JSON, and the text ``NaT``.
    """
    import numpy as np
    import pandas as pd

    if len(frame) <= FEW and all(map(_encodes, values_of(frame, range(frame.shape[1])))):
        return frame
    columns: dict[int, Any] = {}
    for i in range(frame.shape[1]):
        column = frame.iloc[:, i]
        values: Any
        if pd.api.types.is_float_dtype(column.dtype):
            values = column.to_numpy(dtype="float64", na_value=np.nan)
            bad = ~np.isfinite(values)
        elif pd.api.types.is_object_dtype(column.dtype):
            values = np.empty(len(column), dtype=object)
            values[:] = [_encodable(value) for value in column]
            bad = np.zeros(len(values), dtype=bool)
        else:
            bad = column.isna().to_numpy()
            if not bad.any():
                columns[i] = column.array
                continue
            values = column
        if bad.any():
            values = np.array(values, dtype=object)
            values[bad] = None
        # A Series, whose dtype stays: of a bare array of objects pandas makes strings and times again, None as NaN.
        columns[i] = pd.Series(values, index=frame.index, dtype=values.dtype, copy=False)
    result = pd.DataFrame(columns, index=frame.index, copy=False)
    result.columns = frame.columns
    return result


def _encodes(values: list[Any]) -> bool:
    """Whether JSON has all of these Python values as they are."""
    return all(
        kind is str or kind is int or kind is bool or (kind is float and math.isfinite(value))
        for kind, value in zip(map(type, values), values, strict=True)
    )


def _encodable(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): _encodable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_encodable(v) for v in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return value
