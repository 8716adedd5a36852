"""How DuckDB calls a model's Python function: its result is checked, and what it raises is told by the function's name.

DuckDB hands on only the text of what a function raises; what is raised here says in it whether the caller or the
model's maker can mend it.
"""

from __future__ import annotations

import datetime
import decimal
import inspect
from collections.abc import Callable, Collection, Sequence
from typing import Any

from ..errors import InputError, RunError

__all__ = ["by_arrays", "by_row"]

_INTEGERS = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
)  # fmt: skip

#: What a result of these SQL types may be; of others, DuckDB decides. A bool is no number.
_RESULTS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_INTEGERS, (int,)),
    "DOUBLE": (float, int, decimal.Decimal),
    "FLOAT": (float, int, decimal.Decimal),
    "DECIMAL": (decimal.Decimal, int, float),
    "BOOLEAN": (bool,),
    "VARCHAR": (str,),
    "BLOB": (bytes, bytearray),
    "DATE": (datetime.date,),
    "TIMESTAMP": (datetime.datetime, datetime.date),
    "TIME": (datetime.time,),
    "INTERVAL": (datetime.timedelta,),
}


def by_row(
    name: str,
    function: Callable[..., Any],
    parameters: Sequence[str],
    returns: str,
    nulls: bool,
    takes_null: Collection[str] | None,
) -> Callable[..., Any]:
    """The function as DuckDB calls it for each row.

    Args:
        name: By which the query calls it.
        function: What runs.
        parameters: The names of its parameters.
        returns: DuckDB type of its result.
        nulls: Whether it may be called with None or give it.
        takes_null: The parameters that take NULL as None; NULL in another gives NULL without a call. None: all do.
    """
    kinds = _RESULTS.get(returns.partition("(")[0] if not returns.endswith("]") else "")
    usual = kinds[0] if kinds else None
    skips = [at for at, parameter in enumerate(parameters) if takes_null is not None and parameter not in takes_null]
    skips = skips if nulls else []  # else DuckDB does it

    def call(*values: Any) -> Any:
        for at in skips:
            if values[at] is None:
                return None
        try:
            result = function(*values)
        except Exception as error:
            raise _failed(name, error) from error
        if type(result) is usual or (result is None and nulls):
            return result
        if result is None:
            raise _wrong(name, "None", returns, "give a value, or hint the result as one that may be None")
        if kinds is None:
            return result
        return _fitting(name, result, returns, kinds)

    return _named(call, name, len(parameters))


def by_arrays(name: str, function: Callable[..., Any], parameters: int, returns: str) -> Callable[..., Any]:
    """The function as DuckDB calls it for a batch of rows: it gets arrays, not chunked ones."""
    from ..frames import schema

    wanted = schema.to_arrow(returns)

    def call(*columns: Any) -> Any:
        given = [column.combine_chunks() if hasattr(column, "combine_chunks") else column for column in columns]
        try:
            result = function(*given)
        except Exception as error:
            raise _failed(name, error) from error
        return _column(name, result, returns, wanted, len(given[0]) if given else None)

    return _named(call, name, parameters)


def _named(call: Any, name: str, parameters: int) -> Any:
    """The call with its name and number of parameters; hints are left behind, whose names need not be stored."""
    kind = inspect.Parameter.POSITIONAL_ONLY
    call.__name__ = name
    call.__signature__ = inspect.Signature([inspect.Parameter(f"p{at}", kind) for at in range(parameters)])
    return call


def _failed(name: str, error: Exception) -> InputError:
    return InputError(f"The model's Python function {name!r} failed on this input ({type(error).__name__}).")


def _wrong(name: str, what: str, returns: str, instead: str = "correct it, or its hint") -> RunError:
    return RunError(
        f"The model's Python function {name!r} gave {what}, and its type hint says {returns}: {instead}, and save the "
        "model again."
    )


def _fitting(name: str, result: Any, returns: str, kinds: tuple[type, ...]) -> Any:
    """A result as DuckDB takes it: numpy's scalars and whole floats by their value."""
    import numpy as np

    value = result.item() if isinstance(result, np.generic) else result
    if isinstance(value, bool) == (bool in kinds) and isinstance(value, kinds):
        return value
    if int in kinds and isinstance(value, float) and value.is_integer():
        return int(value)
    import pandas as pd

    if value is pd.NA or value is pd.NaT:
        return None
    raise _wrong(name, f"a result of type {type(result).__name__}", returns)


def _column(name: str, result: Any, returns: str, wanted: Any, count: int | None) -> Any:
    """A result as an array of the type that the hint says; nothing is rounded, parsed or cut short."""
    import pyarrow as pa

    try:
        if isinstance(result, pa.ChunkedArray):
            result = result.combine_chunks()
        array = result if isinstance(result, pa.Array) else pa.array(result)
    except (pa.ArrowException, TypeError, ValueError):
        raise _wrong(name, f"a result of type {type(result).__name__}", returns) from None
    given = array.type
    if given != wanted:
        try:
            array = array.cast(wanted) if _related(given, wanted) else None
        except pa.ArrowException:
            array = None
        if array is None:
            raise _wrong(name, f"an array of type {given}", returns)
    if count is not None and len(array) != count:
        raise RunError(
            f"The model's Python function {name!r} gave {len(array)} values for {count} rows: it must give one for "
            "each; correct it, and save the model again."
        )
    return array


def _related(kind: Any, wanted: Any) -> bool:
    import pyarrow as pa

    t = pa.types
    if t.is_null(kind):
        return True
    families = (
        lambda k: t.is_integer(k) or t.is_floating(k) or t.is_decimal(k),
        lambda k: t.is_string(k) or t.is_large_string(k) or t.is_string_view(k) or t.is_dictionary(k),
        lambda k: t.is_binary(k) or t.is_large_binary(k) or t.is_fixed_size_binary(k),
        lambda k: t.is_date(k) or t.is_timestamp(k),
        t.is_nested,
    )
    return any(family(kind) and family(wanted) for family in families)
