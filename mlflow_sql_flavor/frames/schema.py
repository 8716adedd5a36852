"""Types: DuckDB, Arrow, MLflow and pandas, and the one table between them.

A type is written everywhere as DuckDB writes it (``BIGINT``, ``DECIMAL(10,2)``, ``STRUCT(a INTEGER)``): it is the
exact one, and the text stored in MLmodel. Arrow keeps it exactly. MLflow's schema and pandas have fewer types; what
they get is the row of :data:`TYPES`.
"""

from __future__ import annotations

import atexit
import datetime
import decimal
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SQLModelError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "TYPES",
    "ScalarType",
    "arrow_schema",
    "canonical",
    "columns_of",
    "from_arrow",
    "from_mlflow",
    "from_value",
    "instead_of",
    "mlflow_schema",
    "pandas_dtype",
    "plain",
    "to_arrow",
    "to_mlflow",
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
def _parse(text: str) -> Any:
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
atexit.register(_parse.cache_clear)


def canonical(text: str) -> str:
    """The type as DuckDB writes it: ``"int8"`` -> ``"BIGINT"``.

    Raises:
        SQLModelError: ``text`` is no DuckDB type.
    """
    return str(_parse(text))


def _name(parsed: Any) -> str:
    """The row of :data:`TYPES`, or LIST, ARRAY, STRUCT, MAP, or a refused type."""
    text = str(parsed)
    if parsed.id in ("list", "array", "struct", "map", "union", "decimal", "enum", "variant"):
        return str(parsed.id).upper()
    return text


def to_arrow(text: str) -> pa.DataType:
    """The exact Arrow type of a DuckDB type."""
    import pyarrow as pa

    parsed = _parse(text)
    name = _name(parsed)
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
            f"{_quote(kind.field(i).name)} {from_arrow(kind.field(i).type)}" for i in range(kind.num_fields)
        )
        return canonical(f"STRUCT({fields})")
    if t.is_map(kind):
        return f"MAP({from_arrow(kind.key_type)}, {from_arrow(kind.item_type)})"
    for row in TYPES.values():
        if row.arrow == str(kind) or (row.arrow, str(kind)) in (("float32", "float"), ("float64", "double")):
            return row.duckdb
    raise SQLModelError(f"DuckDB has no type for Arrow's {kind}.")


def _quote(name: str) -> str:
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
    parsed = _parse(text)
    name = _name(parsed)
    if name in TYPES:
        return ("VARCHAR" if name in _NOT_IN_ARROW else None) if exact else TYPES[name].plain
    flat = _flatten(parsed, exact)
    return None if flat == str(parsed) else flat


def _flatten(parsed: Any, exact: bool) -> str:
    """A nested type with each leaf as Arrow or pandas has it, so that its values are exact or encode to JSON."""
    name = _name(parsed)
    if name in ("LIST", "ARRAY"):
        size = f"{parsed.children[1][1]}" if name == "ARRAY" else ""
        return f"{_flatten(parsed.children[0][1], exact)}[{size}]"
    if name == "STRUCT":
        return f"STRUCT({', '.join(f'{_quote(n)} {_flatten(kind, exact)}' for n, kind in parsed.children)})"
    if name == "MAP":
        key = _flatten(parsed.children[0][1], exact) if exact else "VARCHAR"
        return f"MAP({key}, {_flatten(parsed.children[1][1], exact)})"
    if name not in TYPES:
        raise _no_place(str(parsed))
    if exact:
        return "VARCHAR" if name in _NOT_IN_ARROW else str(parsed)
    row = TYPES[name]
    if row.mlflow == "long":
        return "BIGINT"
    return row.plain or str(parsed)


def instead_of(text: str) -> str | None:
    """The type to CAST to where a type, or one within it, has no value in pandas or MLflow's schema; None where it has.

    UNION, VARIANT, a bare NULL, and DuckDB's types that only its own functions read.
    """
    parsed = _parse(text)
    found = _replaced(parsed)
    return None if found == str(parsed) else found


def _replaced(parsed: Any) -> str:
    name = _name(parsed)
    if name in TYPES:
        return str(parsed)
    if name in ("LIST", "ARRAY"):
        size = f"{parsed.children[1][1]}" if name == "ARRAY" else ""
        return f"{_replaced(parsed.children[0][1])}[{size}]"
    if name == "STRUCT" and parsed.children:
        inner = [(child, kind, _replaced(kind)) for child, kind in parsed.children]
        if all(str(kind) == other for _, kind, other in inner):
            return str(parsed)
        return f"STRUCT({', '.join(f'{_quote(child)} {other}' for child, _, other in inner)})"
    if name == "MAP":
        return f"MAP({_replaced(parsed.children[0][1])}, {_replaced(parsed.children[1][1])})"
    return REFUSED.get(name, "VARCHAR")


def _no_place(text: str) -> SQLModelError:
    return SQLModelError(f"type {text} has no place in MLflow's schema; write CAST(… AS {instead_of(text)})")


def pandas_dtype(text: str) -> str:
    """The dtype of a pandas result column: one of the table's, or ``object`` for nested types."""
    name = _name(_parse(text))
    return TYPES[name].pandas if name in TYPES else "object"


def to_mlflow(text: str) -> Any:
    """MLflow's type: a ``DataType``, ``Array``, ``Object`` or ``Map``.

    Raises:
        SQLModelError: UNION, VARIANT and a bare NULL have none.
    """
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Map, Object, Property

    parsed = _parse(text)
    name = _name(parsed)
    if name in TYPES:
        return DataType[TYPES[name].mlflow]
    if name in ("LIST", "ARRAY"):
        return Array(to_mlflow(str(parsed.children[0][1])))
    if name == "STRUCT":
        return Object([Property(child, to_mlflow(str(kind)), required=False) for child, kind in parsed.children])
    if name == "MAP":
        return Map(to_mlflow(str(parsed.children[1][1])))
    raise _no_place(text)


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
        return canonical(f"STRUCT({', '.join(f'{_quote(p.name)} {from_mlflow(p.dtype)}' for p in kind.properties)})")
    try:
        return _FROM_MLFLOW[kind.name]
    except (AttributeError, KeyError):
        raise SQLModelError(
            f"MLflow's type {kind} does not say which SQL type it is; give the column's type in input_types."
        ) from None


def columns_of(schema: Any) -> dict[str, str]:
    """``{column: DuckDB type}`` of an MLflow input ``Schema``.

    Raises:
        SQLModelError: A tensor schema, or columns without names.
    """
    if schema.is_tensor_spec() or not schema.has_input_names():
        raise SQLModelError("A SQL model reads columns by name: give a signature whose inputs are named columns.")
    return {spec.name: from_mlflow(spec.type) for spec in schema.inputs}


def mlflow_schema(columns: Mapping[str, str], optional: bool = False) -> Any:
    """MLflow's ``Schema`` of ``{column: DuckDB type}``."""
    from mlflow.types import ColSpec, Schema

    specs: list[Any] = []
    for name, text in columns.items():
        try:
            specs.append(ColSpec(to_mlflow(text), name, required=not optional))
        except SQLModelError as error:
            raise SQLModelError(f"Column {name!r}: {error.message}.") from None
    return Schema(specs)


def from_value(value: Any) -> str:
    """The type of a parameter's Python value.

    Raises:
        SQLModelError: None, an empty list or a type no parameter can have.
    """
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, (list, tuple)) and value:
        known = [v for v in value if v is not None]
        if known:
            if all(isinstance(v, decimal.Decimal) for v in known):
                return f"{_decimal_of(known)}[]"
            kinds = {from_value(v) for v in known}
            return f"{kinds.pop() if len(kinds) == 1 else 'DOUBLE' if kinds <= {'BIGINT', 'DOUBLE'} else 'VARCHAR'}[]"
    for kind, name in _VALUE_TYPES:
        if isinstance(value, kind):
            wide = isinstance(value, int) and not -(2**63) <= value < 2**63
            return "HUGEINT" if wide else name
    if isinstance(value, decimal.Decimal):
        return _decimal_of([value])
    raise SQLModelError(
        f"No SQL type for a parameter that is {kind_of(value)}: pass a number, text, a date or a list of them, "
        "or give its type by a signature with params."
    )


def _decimal_of(values: Sequence[decimal.Decimal]) -> str:
    """The narrowest DECIMAL that holds all of them."""
    parts = [value.as_tuple() for value in values]
    exponents = [part.exponent if isinstance(part.exponent, int) else 0 for part in parts]
    scale = max(0, -min(exponents))
    whole = max(1, *(len(part.digits) + exponent for part, exponent in zip(parts, exponents, strict=True)))
    return f"DECIMAL({whole + scale},{scale})"


_VALUE_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOLEAN"),
    (int, "BIGINT"),
    (float, "DOUBLE"),
    (str, "VARCHAR"),
    (bytes, "BLOB"),
    (datetime.datetime, "TIMESTAMP"),
    (datetime.date, "DATE"),
    (datetime.time, "TIME"),
    (datetime.timedelta, "INTERVAL"),
)


def kind_of(value: Any) -> str:
    """A Python value's type with its article, for messages: ``an int``."""
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeioAEIO' else 'a'} {name}"


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    """The Arrow schema of ``{column: DuckDB type}``."""
    import pyarrow as pa

    return pa.schema([pa.field(name, to_arrow(text)) for name, text in columns.items()])
