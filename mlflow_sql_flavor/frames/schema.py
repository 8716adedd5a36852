"""Types: DuckDB, Arrow, MLflow and pandas, and the one table between them.

A type is written everywhere as DuckDB writes it (``BIGINT``, ``DECIMAL(10,2)``, ``STRUCT(a INTEGER)``): it is the
exact one, and the text stored in MLmodel. Arrow keeps it exactly. MLflow's schema and pandas have fewer types; what
they get is the row of :data:`TYPES`.
"""

from __future__ import annotations

import atexit
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SQLModelError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "TOO_LONG",
    "TYPES",
    "ScalarType",
    "arrow_schema",
    "canonical",
    "from_arrow",
    "from_mlflow",
    "instead_of",
    "no_place",
    "pandas_dtype",
    "parsed_type",
    "plain",
    "quote",
    "to_arrow",
    "too_long_for_arrow",
    "type_name",
]


@dataclass(frozen=True)
class ScalarType:
    """One row of the type table.

    Attributes:
        duckdb: The type as DuckDB names it.
        arrow: The Arrow type, as ``pyarrow.type_for_alias`` reads it.
        mlflow: The name of MLflow's ``DataType``.
        pandas: The dtype of a pandas result, whatever the data.
        plain: What an exact value is cast to, in SQL, before it becomes a pandas value; None where Arrow's own
            value will do.
    """

    duckdb: str
    arrow: str
    mlflow: str
    pandas: str
    plain: str | None = None


#: The type table. Integers and booleans are pandas' nullable dtypes, so that NULL does not turn them into floats.
TYPES: dict[str, ScalarType] = {
    row.duckdb: row
    for row in (
        ScalarType("BOOLEAN", "bool", "boolean", "boolean"),
        ScalarType("TINYINT", "int8", "integer", "Int32"),
        ScalarType("SMALLINT", "int16", "integer", "Int32"),
        ScalarType("INTEGER", "int32", "integer", "Int32"),
        ScalarType("BIGINT", "int64", "long", "Int64"),
        ScalarType("HUGEINT", "decimal128(38,0)", "long", "Int64"),
        ScalarType("UTINYINT", "uint8", "integer", "Int32"),
        ScalarType("USMALLINT", "uint16", "integer", "Int32"),
        ScalarType("UINTEGER", "uint32", "long", "Int64"),
        ScalarType("UBIGINT", "uint64", "long", "Int64"),
        ScalarType("UHUGEINT", "string", "long", "Int64", plain="VARCHAR"),
        ScalarType("BIGNUM", "string", "string", "str", plain="VARCHAR"),
        ScalarType("FLOAT", "float32", "float", "float32"),
        ScalarType("DOUBLE", "float64", "double", "float64"),
        ScalarType("DECIMAL", "decimal128", "double", "float64", plain="DOUBLE"),
        ScalarType("VARCHAR", "string", "string", "str"),
        ScalarType("JSON", "string", "string", "str"),
        ScalarType("ENUM", "string", "string", "str", plain="VARCHAR"),
        ScalarType("UUID", "string", "string", "str", plain="VARCHAR"),
        ScalarType("BLOB", "binary", "binary", "object"),
        ScalarType("BIT", "string", "string", "str", plain="VARCHAR"),
        ScalarType("DATE", "date32", "datetime", "datetime64[us]"),
        ScalarType("TIME", "time64[us]", "string", "str", plain="VARCHAR"),
        ScalarType("TIME_NS", "time64[ns]", "string", "str", plain="VARCHAR"),
        ScalarType("TIME WITH TIME ZONE", "string", "string", "str", plain="VARCHAR"),
        ScalarType("TIMESTAMP", "timestamp[us]", "datetime", "datetime64[us]"),
        ScalarType("TIMESTAMP_S", "timestamp[s]", "datetime", "datetime64[us]"),
        ScalarType("TIMESTAMP_MS", "timestamp[ms]", "datetime", "datetime64[us]"),
        ScalarType("TIMESTAMP_NS", "timestamp[ns]", "datetime", "datetime64[ns]"),
        ScalarType("TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]", "datetime", "datetime64[us, UTC]"),
        ScalarType("TIMESTAMPTZ_NS", "timestamp[ns, tz=UTC]", "datetime", "datetime64[ns, UTC]"),
        ScalarType("INTERVAL", "month_day_nano_interval", "string", "str", plain="VARCHAR"),
    )
}

#: Types with no value in MLflow's schema nor in pandas, and the CAST that gives them one; any other gets VARCHAR.
REFUSED = {"UNION": "VARCHAR", "VARIANT": "JSON", '"NULL"': "VARCHAR"}


@functools.lru_cache(maxsize=4096)
def parsed_type(text: str) -> Any:
    """DuckDB's own reading of a type, with ``id`` and ``children``."""
    import duckdb
    from duckdb import sqltypes

    # Most types are there already; sqltype opens DuckDB's default database, which takes as long as the model's own.
    constant = getattr(sqltypes, text, None) if text.isupper() and text.isidentifier() else None
    if constant is not None and str(constant) == text:
        return constant
    try:
        return duckdb.sqltype(text)
    except Exception as error:
        shown = repr(text if len(text) <= 80 else f"{text[:77]}...")
        raise SQLModelError(
            f"{shown} is not a DuckDB type. Write it as DuckDB does, for example BIGINT, DECIMAL(10,2) or VARCHAR[]."
        ) from error


# DuckDB reports on stderr each of its objects that outlives the interpreter.
atexit.register(parsed_type.cache_clear)


def canonical(text: str) -> str:
    """The type as DuckDB writes it: ``"int8"`` -> ``"BIGINT"``.

    Raises:
        SQLModelError: ``text`` is no DuckDB type.
    """
    return str(parsed_type(text))


def type_name(parsed: Any) -> str:
    """The row of :data:`TYPES`, or LIST, ARRAY, STRUCT, MAP, or a refused type."""
    text = str(parsed)
    if parsed.id in ("list", "array", "struct", "map", "union", "decimal", "enum", "variant"):
        return str(parsed.id).upper()
    return text


def to_arrow(text: str) -> pa.DataType:
    """The exact Arrow type of a DuckDB type."""
    import pyarrow as pa

    parsed = parsed_type(text)
    name = type_name(parsed)
    if name == "DECIMAL":
        precision, scale = (int(value) for _, value in parsed.children)
        return pa.decimal128(precision, scale)
    if name == "HUGEINT":
        return pa.decimal128(38, 0)
    if name == "INTERVAL":
        return pa.month_day_nano_interval()
    if name in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS"):
        return pa.timestamp("ns" if name == "TIMESTAMPTZ_NS" else "us", "UTC")
    if name == "LIST":
        return pa.list_(to_arrow(str(parsed.children[0][1])))
    if name == "ARRAY":
        return pa.list_(to_arrow(str(parsed.children[0][1])), int(parsed.children[1][1]))
    if name == "STRUCT":
        return pa.struct([pa.field(child, to_arrow(str(kind))) for child, kind in parsed.children])
    if name == "MAP":
        key, value = (to_arrow(str(kind)) for _, kind in parsed.children)
        return pa.map_(key, value)
    if name in TYPES:
        return pa.type_for_alias(TYPES[name].arrow)
    raise SQLModelError(f"DuckDB's type {text} cannot be a column of the input.")


def from_arrow(kind: pa.DataType) -> str:
    """The DuckDB type of an Arrow type.

    Raises:
        SQLModelError: DuckDB has no such type.
    """
    import pyarrow as pa

    t = pa.types
    if t.is_dictionary(kind):
        return from_arrow(kind.value_type)
    if t.is_decimal(kind):
        if kind.precision > 38:
            raise SQLModelError(f"{kind} is wider than DuckDB's DECIMAL(38).")
        return f"DECIMAL({kind.precision},{kind.scale})"
    if t.is_timestamp(kind):
        if kind.tz is not None:
            return "TIMESTAMPTZ_NS" if kind.unit == "ns" else "TIMESTAMP WITH TIME ZONE"
        return {"s": "TIMESTAMP_S", "ms": "TIMESTAMP_MS", "us": "TIMESTAMP", "ns": "TIMESTAMP_NS"}[kind.unit]
    if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        return "VARCHAR"
    if t.is_binary(kind) or t.is_large_binary(kind) or t.is_binary_view(kind) or t.is_fixed_size_binary(kind):
        return "BLOB"
    if t.is_date(kind):
        return "DATE"
    if t.is_time(kind):
        return "TIME_NS" if t.is_time64(kind) and kind.unit == "ns" else "TIME"
    if t.is_duration(kind) or t.is_interval(kind):
        return "INTERVAL"
    if t.is_float16(kind):
        return "FLOAT"
    if t.is_null(kind):
        return "VARCHAR"
    if t.is_fixed_size_list(kind):
        return f"{from_arrow(kind.value_type)}[{kind.list_size}]"
    if t.is_list(kind) or t.is_large_list(kind):
        return f"{from_arrow(kind.value_type)}[]"
    if t.is_struct(kind):
        fields = ", ".join(
            f"{quote(kind.field(i).name)} {from_arrow(kind.field(i).type)}" for i in range(kind.num_fields)
        )
        return canonical(f"STRUCT({fields})")
    if t.is_map(kind):
        return f"MAP({from_arrow(kind.key_type)}, {from_arrow(kind.item_type)})"
    for row in TYPES.values():
        if row.arrow == str(kind) or (row.arrow, str(kind)) in (("float32", "float"), ("float64", "double")):
            return row.duckdb
    raise SQLModelError(f"DuckDB has no type for Arrow's {kind}.")


def quote(name: str) -> str:
    """A name as an identifier in SQL."""
    return '"' + name.replace('"', '""') + '"'


#: Types whose values DuckDB gives to Arrow as bytes, without their offset or as a narrower number.
_NOT_IN_ARROW = {"BIT", "BIGNUM", "TIME WITH TIME ZONE", "UHUGEINT"}


def plain(text: str, exact: bool = False) -> str | None:
    """The type a value is cast to, in SQL, before it leaves DuckDB; None where no cast is needed.

    Args:
        text: The type.
        exact: For Arrow, which keeps all but a few types exactly; otherwise for pandas and JSON.

    Raises:
        SQLModelError: The type has no value in MLflow's schema or pandas.
    """
    parsed = parsed_type(text)
    name = type_name(parsed)
    if name in TYPES:
        return ("VARCHAR" if name in _NOT_IN_ARROW else None) if exact else TYPES[name].plain
    flat = _flatten(parsed, exact)
    return None if flat == str(parsed) else flat


def _flatten(parsed: Any, exact: bool) -> str:
    """A nested type with each leaf as Arrow or pandas has it, so that its values are exact or encode to JSON."""
    name = type_name(parsed)
    if name in ("LIST", "ARRAY"):
        size = f"{parsed.children[1][1]}" if name == "ARRAY" else ""
        return f"{_flatten(parsed.children[0][1], exact)}[{size}]"
    if name == "STRUCT":
        return f"STRUCT({', '.join(f'{quote(n)} {_flatten(kind, exact)}' for n, kind in parsed.children)})"
    if name == "MAP":
        key = _flatten(parsed.children[0][1], exact) if exact else "VARCHAR"
        return f"MAP({key}, {_flatten(parsed.children[1][1], exact)})"
    if name not in TYPES:
        raise no_place(str(parsed))
    if exact:
        return "VARCHAR" if name in _NOT_IN_ARROW else str(parsed)
    row = TYPES[name]
    if row.mlflow == "long":
        return "BIGINT"
    return row.plain or str(parsed)


TOO_LONG = "An interval of the result is beyond what Arrow's intervals hold"
#: Whole hours of 2^63 nanoseconds, at which DuckDB's INTERVAL wraps on its way to Arrow.
_HOURS = 2_562_047


def too_long_for_arrow(value: str, text: str) -> str | None:
    """A test in SQL of whether a value, or one within it, is an INTERVAL that Arrow cannot hold.

    Args:
        value: The value, in SQL.
        text: Its type.

    Returns:
        The test; None for a type without an INTERVAL.
    """
    return _too_long(value, parsed_type(text), 0) if "INTERVAL" in text else None


def _too_long(value: str, parsed: Any, depth: int) -> str | None:
    name = type_name(parsed)
    if name == "INTERVAL":
        return f"abs(date_part('hour', {value})) >= {_HOURS}"
    if name == "STRUCT":
        fields = [_too_long(f"struct_extract({value}, {_text(n)})", kind, depth) for n, kind in parsed.children]
        return " OR ".join(f"({test})" for test in fields if test) or None
    if name == "MAP":
        parts = (("map_keys", 0), ("map_values", 1))
        found = [_any_too_long(f"{call}({value})", parsed.children[i][1], depth) for call, i in parts]
        return " OR ".join(test for test in found if test) or None
    if name in ("LIST", "ARRAY"):
        return _any_too_long(value, parsed.children[0][1], depth)
    return None


def _any_too_long(values: str, parsed: Any, depth: int) -> str | None:
    test = _too_long(f"e{depth}", parsed, depth + 1)
    return test and f"coalesce(len(list_filter({values}, lambda e{depth}: {test})), 0) > 0"


def _text(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def instead_of(text: str) -> str | None:
    """The type to CAST to where a type, or one within it, has no value in pandas or MLflow's schema; None where it has.

    UNION, VARIANT, a bare NULL, and DuckDB's types that only its own functions read.
    """
    parsed = parsed_type(text)
    found = _replaced(parsed)
    return None if found == str(parsed) else found


def _replaced(parsed: Any) -> str:
    name = type_name(parsed)
    if name in TYPES:
        return str(parsed)
    if name in ("LIST", "ARRAY"):
        size = f"{parsed.children[1][1]}" if name == "ARRAY" else ""
        return f"{_replaced(parsed.children[0][1])}[{size}]"
    if name == "STRUCT" and parsed.children:
        inner = [(child, kind, _replaced(kind)) for child, kind in parsed.children]
        if all(str(kind) == other for _, kind, other in inner):
            return str(parsed)
        return f"STRUCT({', '.join(f'{quote(child)} {other}' for child, _, other in inner)})"
    if name == "MAP":
        return f"MAP({_replaced(parsed.children[0][1])}, {_replaced(parsed.children[1][1])})"
    return REFUSED.get(name, "VARCHAR")


def no_place(text: str) -> SQLModelError:
    """Of a type that has no value in pandas or MLflow's schema."""
    return SQLModelError(f"type {text} has no place in MLflow's schema; write CAST(… AS {instead_of(text)})")


def pandas_dtype(text: str) -> str:
    """The dtype of a pandas result column: one of the table's, or ``object`` for nested types."""
    name = type_name(parsed_type(text))
    return TYPES[name].pandas if name in TYPES else "object"


_FROM_MLFLOW = {
    "boolean": "BOOLEAN",
    "integer": "INTEGER",
    "long": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "binary": "BLOB",
    "datetime": "TIMESTAMP",
}


def from_mlflow(kind: Any) -> str:
    """The DuckDB type of a type in an MLflow schema."""
    from mlflow.types.schema import Array, Map, Object

    if isinstance(kind, Array):
        return f"{from_mlflow(kind.dtype)}[]"
    if isinstance(kind, Map):
        return f"MAP(VARCHAR, {from_mlflow(kind.value_type)})"
    if isinstance(kind, Object):
        return canonical(f"STRUCT({', '.join(f'{quote(p.name)} {from_mlflow(p.dtype)}' for p in kind.properties)})")
    try:
        return _FROM_MLFLOW[kind.name]
    except (AttributeError, KeyError):
        raise SQLModelError(
            f"MLflow's type {kind} does not say which SQL type it is; give the column's type in input_types."
        ) from None


def kind_of(value: Any) -> str:
    """A Python value's type with its article, for messages: ``an int``."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeioAEIO' else 'a'} {name}"


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of ``{column: DuckDB type}``."""
    import pyarrow as pa

    return pa.schema([pa.field(name, to_arrow(text)) for name, text in columns.items()])
