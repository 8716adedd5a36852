"""Types between DuckDB and Spark, and what may be read as what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...frames import schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["fits", "nested", "quoted", "spark_type", "types_of"]

#: Spark's own names of types, by DuckDB's; what is not here is written by :func:`spark_type`.
_SPARK = {
    "boolean": "boolean", "integer": "int", "long": "bigint", "float": "float", "double": "double",
    "string": "string", "binary": "binary", "datetime": "timestamp",
}  # fmt: skip
_DUCKDB = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT",
    "float": "FLOAT", "double": "DOUBLE", "string": "VARCHAR", "binary": "BLOB", "date": "DATE",
    "timestamp": "TIMESTAMP", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip
#: What Spark casts to what without losing anything.
_WIDENS = {
    "tinyint": ("smallint", "int", "bigint", "float", "double"),
    "smallint": ("int", "bigint", "float", "double"),
    "int": ("bigint", "double"),
    "float": ("double",),
    "date": ("timestamp",),
    "timestamp_ntz": ("timestamp",),
}
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}


def spark_type(text: str) -> str:
    """Spark's type for a DuckDB type: Arrow's exact one, where Spark has it, else that of MLflow's schema.

    Integers wider than BIGINT are ``bigint``, every TIMESTAMP is ``timestamp``, TIME and UUID are ``string``.

    Raises:
        InputError: An INTERVAL, whose text differs between the engines, or a type that is no value.
    """
    found = _simple(text)
    if found is not None:
        return found
    import pyarrow as pa

    kind = schema.to_arrow(text)
    if pa.types.is_map(kind):
        return f"map<{nested(kind.key_type)},{nested(kind.item_type)}>"
    return nested(kind)


def _simple(text: str) -> str | None:
    if text == "INTERVAL":
        raise InputError(
            "An INTERVAL cannot be carried to Spark, whose intervals are of two kinds and are written another way: "
            "give the number of days or seconds instead."
        )
    if text in ("DATE", "TINYINT", "SMALLINT"):
        return text.lower()
    row = schema.TYPES.get(text)
    return _SPARK[row.mlflow] if row is not None else None


def nested(kind: pa.DataType) -> str:
    """Spark's type for an Arrow type."""
    import pyarrow as pa

    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind):
        return f"array<{nested(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{nested(kind.key_type)},{nested(kind.item_type)}>"
    if pa.types.is_struct(kind):
        fields = (kind.field(i) for i in range(kind.num_fields))
        return f"struct<{','.join(f'{quoted(f.name)}:{nested(f.type)}' for f in fields)}>"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    found = _simple(schema.from_arrow(kind))
    assert found is not None
    return found


def quoted(name: str) -> str:
    """A column's name as Spark reads it back."""
    return "`" + name.replace("`", "``") + "`"


def types_of(frame: Any) -> dict[str, str]:
    """``{column: DuckDB type}`` of a Spark DataFrame.

    Raises:
        InputError: A column of a type that only Spark has.
    """
    types = {}
    for field in frame.schema.fields:
        try:
            types[field.name] = _duckdb(field.dataType)
        except KeyError:
            raise InputError(
                f"Column {field.name!r} is of Spark's type {field.dataType.simpleString()}, which a model cannot read: "
                "cast it to another."
            ) from None
    return types


def _duckdb(kind: Any) -> str:
    name = kind.typeName()
    if name == "array":
        return f"{_duckdb(kind.elementType)}[]"
    if name == "map":
        return f"MAP({_duckdb(kind.keyType)}, {_duckdb(kind.valueType)})"
    if name == "struct":
        fields = (f'"{f.name.replace(chr(34), chr(34) * 2)}" {_duckdb(f.dataType)}' for f in kind.fields)
        return schema.canonical(f"STRUCT({', '.join(fields)})")
    text = kind.simpleString()
    if name == "decimal":
        return text.upper()
    return _DUCKDB["string" if re.match(r"(string|char|varchar)\b", text) else text]


def fits(have: str, want: str) -> bool:
    """Whether every value of one of Spark's types is one of another."""
    if want in _WIDENS.get(have, ()) or (want == "string" and have.startswith(("char(", "varchar("))):
        return True
    given = re.fullmatch(r"decimal\((\d+),(\d+)\)", have)
    if given and want == "double":
        return True
    wanted = re.fullmatch(r"decimal\((\d+),(\d+)\)", want)
    if not wanted:
        return False
    digits, scale = (int(given[1]), int(given[2])) if given else (_DIGITS.get(have, 99), 0)
    return int(wanted[2]) >= scale and int(wanted[1]) - int(wanted[2]) >= digits - scale
