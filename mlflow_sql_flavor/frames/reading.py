"""Any frame a caller may pass, as Arrow of the model's types."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, did_you_mean
from . import schema
from .columns import (
    FEW,
    OBJECT,
    array_of,
    cast,
    guess_array,
    has_more_digits,
    python_types,
    taken_as_they_are,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    #: What a table may be given as, in memory.
    Data: TypeAlias = (
        pd.DataFrame
        | pd.Series[Any]
        | pl.DataFrame
        | pa.Table
        | pa.RecordBatch
        | pa.RecordBatchReader
        | Mapping[str, Any]
        | Sequence[Mapping[str, Any]]
        | np.ndarray[Any, Any]
    )

__all__ = ["Frame", "infer_types", "match", "read", "refuse_twins", "shape_of", "values_of"]


@dataclass(frozen=True)
class Frame:
    """The caller's data as Arrow, and what is needed to give the same kind back.

    Attributes:
        table: The data, with the model's column names and types.
        kind: ``pandas``, ``polars`` or ``arrow``.
        index: The pandas index, for results that keep the input's rows.
    """

    table: pa.Table
    kind: str
    index: Any = None


def read(data: Any, types: pa.Schema | None = None, any_text: bool = False) -> Frame:
    """Reads what a caller may pass to ``predict``.

    Args:
        data: pandas DataFrame or Series, polars DataFrame, pyarrow Table, RecordBatch or RecordBatchReader, dict of
            columns or of scalars, list of records, or a numpy array whose columns are in the order of ``types``.
        types: Names and types of the model's columns; None takes those of the data.
        any_text: Text may stay in whichever of Arrow's layouts the data has (``large_string``, ``string_view``), which
            is not to be told apart in SQL and saves a copy.

    Raises:
        InputError: Not such data, a missing column, or a value that does not fit its column's type.
    """
    found = _read(data, types, any_text)
    if found.table.num_columns == 0 and types is None:
        raise InputError("The input has no columns: pass a table with columns, even where it has no rows.")
    return found


def _read(data: Any, types: pa.Schema | None, any_text: bool) -> Frame:
    import pandas as pd
    import pyarrow as pa

    if isinstance(data, pd.DataFrame):
        return Frame(_from_pandas(data, types, any_text), "pandas", data.index)
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    elif isinstance(data, pa.RecordBatchReader):
        data = data.read_all()
    if isinstance(data, pa.Table):
        return Frame(_from_arrow(data, types, any_text), "arrow")
    module = type(data).__module__.partition(".")[0]
    if module == "polars":
        if hasattr(data, "collect"):
            data = data.collect()
        return Frame(_from_arrow(_of_polars(data, any_text), types, any_text), "polars")
    try:
        frame = _as_pandas(data, types)
    except UnicodeEncodeError:
        raise InputError("The input has half of a surrogate pair, which is no character: pass valid text.") from None
    return Frame(_from_pandas(frame, types, any_text), "pandas", frame.index)


def _of_polars(frame: Any, any_text: bool) -> pa.Table:
    """A polars DataFrame as Arrow; with ``any_text`` its text as it lies in memory."""
    import polars
    import pyarrow as pa

    if not any_text or not _casts_views():
        return frame.to_arrow()
    newest = polars.CompatLevel.newest()
    columns = [
        # Of other types Arrow cannot cast what polars has: a dictionary of views, for one.
        frame.select(name).to_arrow(**({"compat_level": newest} if kind == polars.String else {})).column(0)
        for name, kind in frame.schema.items()
    ]
    return pa.table(columns, names=frame.columns) if columns else frame.to_arrow()


@functools.lru_cache(maxsize=1)
def _casts_views() -> bool:
    """Whether polars gives its text as Arrow's views, and this Arrow can make strings of them."""
    import polars
    import pyarrow as pa

    try:
        return hasattr(polars, "CompatLevel") and bool(pa.array(["a"]).cast(pa.string_view()).cast(pa.string()))
    except (AttributeError, pa.ArrowNotImplementedError):
        return False


def _as_pandas(data: Any, types: pa.Schema | None) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    if isinstance(data, pd.Series):
        return data.to_frame(data.name if types is None or data.name in types.names else types.names[0])
    if isinstance(data, Mapping):
        scalar = all(not isinstance(v, (list, tuple)) and np.ndim(v) == 0 for v in data.values())
        try:
            columns = {k: [v] for k, v in data.items()} if scalar else dict(data)
            # Of Python's integers and None pandas would make floats.
            plain = all(isinstance(v, (list, tuple)) for v in columns.values())
            return pd.DataFrame(columns, dtype=object if plain else None)
        except UnicodeEncodeError:
            raise
        except ValueError as error:
            raise InputError(f"The columns of the input do not form a table: {error}.") from None
    if isinstance(data, np.ndarray) and data.dtype.names is None:
        if types is None:
            raise InputError("A numpy array has no column names: give the model a signature, or pass a DataFrame.")
        array = data.reshape(-1, 1) if data.ndim == 1 and len(types) == 1 else np.atleast_2d(data)
        if array.ndim != 2 or array.shape[1] != len(types):
            raise InputError(f"The array has shape {data.shape}; the model reads {len(types)} columns: {types.names}.")
        return pd.DataFrame(array, columns=types.names, dtype=object if array.dtype == OBJECT else None)
    if isinstance(data, np.ndarray):
        return pd.DataFrame(data)
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        if all(isinstance(row, Mapping) for row in data):
            return pd.DataFrame(list(data), columns=None if data or types is None else types.names, dtype=object)
        if types is not None and len(types) == 1 and all(np.ndim(v) == 0 for v in data):
            return pd.DataFrame({types.names[0]: list(data)})
        if types is not None and all(np.ndim(row) == 1 and len(row) == len(types) for row in data):
            return pd.DataFrame(list(data), columns=types.names)
    raise InputError(
        f"The data is {schema.kind_of(data)}, which cannot be read as a table: pass a pandas or polars DataFrame, "
        "a pyarrow Table, a dict of columns or a list of records."
    )


def match(wanted: Sequence[str], present: Any, index: Any = None) -> list[Any]:
    """The caller's label for each of the model's columns; case counts only where two differ by nothing else.

    Args:
        wanted: The model's columns.
        present: The caller's labels.
        index: The pandas index, where a missing column may be.
    """
    labels = list(present)
    exact = set(labels)
    if all(name in exact for name in wanted):
        return list(wanted)
    folded: dict[str, Any] = {}
    for label in labels:
        folded.setdefault(str(label).casefold(), label)
    found = [name if name in exact else folded.get(name.casefold(), _MISSING) for name in wanted]
    missing = [name for name, label in zip(wanted, found, strict=True) if label is _MISSING]
    if missing:
        names = [str(label) for label in labels]
        hint = did_you_mean(missing[0], names) if len(missing) == 1 else ""
        raise InputError(
            f"The input lacks column{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing[:10]))}"
            f"{' …' if len(missing) > 10 else ''}.{hint.replace('Did you mean', 'Is it spelled')}"
            f"{_indexed(missing, index)} It has: {', '.join(map(repr, names[:10])) or 'none'}"
            f"{', …' if len(names) > 10 else ''}."
        )
    return found


def _indexed(missing: list[str], index: Any) -> str:
    levels = [str(level) for level in index.names] if index is not None else []
    found = [name for name in missing if name in levels]
    return f" {', '.join(map(repr, found))} is in the index: pass the frame after reset_index()." if found else ""


_MISSING = object()


def _from_pandas(frame: pd.DataFrame, types: pa.Schema | None, any_text: bool = False) -> pa.Table:
    import pyarrow as pa

    if types is None:
        names = [str(label) for label in frame.columns]
        refuse_twins(names)
        arrays = [guess_array(frame.iloc[:, i].array, name) for i, name in enumerate(names)]
        return pa.table(arrays, names=names)
    names = types.names
    if 0 < len(frame) <= FEW:
        found = _few_rows(frame, types)
        if found is not None:
            return found
    labels = match(names, frame.columns, frame.index)
    if not frame.columns.is_unique:
        refuse_twins([str(label) for label in frame.columns])
    arrays = [array_of(frame[label].array, field, any_text) for label, field in zip(labels, types, strict=True)]
    return pa.table(arrays, names=names)


def _few_rows(frame: pd.DataFrame, types: pa.Schema) -> pa.Table | None:
    """The frame read as Python values; None where a value needs the care of the conversion by columns."""
    import pyarrow as pa

    # Every function called here runs cold, after a query: a few microseconds of it are fifty there.
    names, struct, checks, moments, nested = _row_plan(types)
    labels = frame.columns.tolist()
    places: Sequence[int] = range(len(names))
    if labels != names:
        found = {label: place for place, label in enumerate(labels)}
        if len(found) != len(labels) or not all(name in found for name in names):
            return None
        places = [found[name] for name in names]
    columns = values_of(frame, places)
    for place, wanted in checks:
        if not wanted.issuperset(map(type, columns[place])):
            return None  # Arrow would make an integer of 1.5 and a time of 1
    for place, unit in moments:
        if has_more_digits(columns[place], unit):
            return None  # which Arrow would cut
    try:
        for place, kind in nested:
            if not taken_as_they_are(columns[place], kind):
                return None
        rows = pa.array(list(zip(*columns, strict=True)), struct, from_pandas=True)  # one call, not one a column
        return pa.Table.from_struct_array(rows)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError, OverflowError):
        return None


def values_of(frame: pd.DataFrame, places: Sequence[int]) -> list[list[Any]]:
    """Some columns as lists of Python values."""
    column = getattr(frame, "_get_column_array", None)  # what iloc calls in the end, at a tenth of its cost
    if column is None:
        return [frame.iloc[:, place].tolist() for place in places]
    return [column(place).tolist() for place in places]


_RowPlan = tuple[list[str], Any, list[tuple[int, frozenset[type]]], list[tuple[int, str]], list[tuple[int, Any]]]
_PLANS: dict[int, tuple[Any, _RowPlan]] = {}


def _row_plan(types: pa.Schema) -> _RowPlan:
    """Names, a row as one Arrow type, Python types that values must have, units of moments, the nested columns."""
    import pyarrow as pa

    known = _PLANS.get(id(types))  # Arrow takes long to hash a schema
    if known is not None and known[0] is types:
        return known[1]
    kinds = python_types()
    checks = [(place, kinds[kind.id]) for place, kind in enumerate(types.types) if kind.id in kinds]
    nested = [(place, kind) for place, kind in enumerate(types.types) if kind.num_fields]
    moments = [
        (place, kind.unit)
        for place, kind in enumerate(types.types)
        if pa.types.is_timestamp(kind) and kind.unit != "ns"
    ]
    plan = types.names, pa.struct(list(types)), checks, moments, nested
    if len(_PLANS) > 1000:
        _PLANS.clear()
    _PLANS[id(types)] = types, plan
    return plan


def _from_arrow(table: pa.Table, types: pa.Schema | None, any_text: bool = False) -> pa.Table:
    import pyarrow as pa

    refuse_twins(table.column_names)
    if types is None:
        columns = []
        for name, column in zip(table.column_names, table.columns, strict=True):
            try:
                kind = schema.to_arrow(schema.from_arrow(column.type))
            except Exception as error:
                raise InputError(f"Column {name!r}: {getattr(error, 'message', error)}") from None
            columns.append(cast(column, pa.field(name, kind)))
        return pa.table(columns, names=table.column_names)
    labels = match(types.names, table.column_names)
    columns = [cast(table.column(c), field, any_text) for c, field in zip(labels, types, strict=True)]
    return pa.table(columns, names=types.names)


def refuse_twins(names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        folded = name.casefold()
        if seen.get(folded) == name:
            raise InputError(f"Column {name!r} occurs twice: drop or rename one of them.")
        if folded in seen:
            raise InputError(
                f"Columns {seen[folded]!r} and {name!r} are the same name to SQL (case does not count): rename one of "
                "them."
            )
        seen[folded] = name
        if not name:
            raise InputError("A column of the input has an empty name: give it one.")
        if "\0" in name or (not name.isascii() and name.encode("utf-8", "replace").decode("utf-8") != name):
            raise InputError(f"Column {name!r} has a name that is not text (NUL, or half a surrogate pair): rename it.")


def shape_of(data: Any) -> Any:
    """Something equal for frames of the same column names and types; None where that takes a look at the values."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        column = getattr(data, "_get_column_array", None)
        dtypes = tuple(data.dtypes) if column is None else tuple(column(i).dtype for i in range(data.shape[1]))
        return None if OBJECT in dtypes else (tuple(data.columns.tolist()), dtypes)
    if type(data).__module__.partition(".")[0] in ("pyarrow", "polars") and not hasattr(data, "collect"):
        return str(data.schema)
    return None


def infer_types(data: Any) -> dict[str, str]:
    """``{column: DuckDB type}`` of the caller's data."""
    table = read(data).table
    return {field.name: schema.from_arrow(field.type) for field in table.schema}
