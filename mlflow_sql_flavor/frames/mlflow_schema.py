"""MLflow's schema of typed columns, and the columns of such a schema: what saving needs, and loading does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import SQLModelError
from .schema import TYPES, from_mlflow, no_place, parsed_type, type_name

__all__ = ["columns_of", "mlflow_schema", "to_mlflow"]


def to_mlflow(text: str) -> Any:
    """MLflow's type: a ``DataType``, ``Array``, ``Object`` or ``Map``.

    Raises:
        SQLModelError: UNION, VARIANT and a bare NULL have none.
    """
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Map, Object, Property

    parsed = parsed_type(text)
    name = type_name(parsed)
    if name in TYPES:
        return DataType[TYPES[name].mlflow]
    if name in ("LIST", "ARRAY"):
        return Array(to_mlflow(str(parsed.children[0][1])))
    if name == "STRUCT":
        return Object([Property(child, to_mlflow(str(kind)), required=False) for child, kind in parsed.children])
    if name == "MAP":
        return Map(to_mlflow(str(parsed.children[1][1])))
    raise no_place(text)


def columns_of(schema: Any, declared: Mapping[str, str]) -> dict[str, str]:
    """``{column: DuckDB type}`` of an MLflow input ``Schema``.

    Args:
        schema: The schema.
        declared: Types of columns, in any case, which go before the schema's: MLflow has no word for some.

    Raises:
        SQLModelError: A tensor schema, or columns without names.
    """
    if schema.is_tensor_spec() or not schema.has_input_names():
        raise SQLModelError("A SQL model reads columns by name: give a signature whose inputs are named columns.")
    types = {name.casefold(): kind for name, kind in declared.items()}
    return {spec.name: types.get(spec.name.casefold()) or from_mlflow(spec.type) for spec in schema.inputs}


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
