"""The types of a model's input: declared by the writer, by the signature, or those of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engines.spark import spark_sql
from ..engines.spark.detection import is_frame
from ..errors import InputError, did_you_mean
from ..frames import reading, schema
from ..frames.mlflow_schema import columns_of

__all__ = ["declared_types", "types_of_input"]


def declared_types(types: Any) -> dict[str, str]:
    """``{column: DuckDB type}`` of what a writer passes as ``input_types``.

    Raises:
        InputError: Not a mapping or Arrow schema, a name twice, or a type that is none.
    """
    if types is None:
        return {}
    if isinstance(types, Mapping):
        items = [(str(name), kind) for name, kind in types.items()]
    elif hasattr(types, "names") and hasattr(types, "field"):
        items = [(field.name, field.type) for field in types]
    else:
        raise InputError('input_types is a dict such as {"amount": "DECIMAL(10,2)"}, or a pyarrow Schema.')
    reading.refuse_twins([name for name, _ in items])
    return {name: schema.canonical(k) if isinstance(k, str) else schema.from_arrow(k) for name, k in items}


def types_of_input(data: Any, signature: Any, declared: Mapping[str, str]) -> dict[str, str] | None:
    """``{column: DuckDB type}`` of the input: as declared, else as in the signature, else as in the data.

    Args:
        data: A frame whose types serve where no signature gives them; None if there is none.
        signature: ``mlflow.models.ModelSignature`` or None.
        declared: The writer's types, which go before all others.

    Returns:
        The types; None if nothing tells them.

    Raises:
        InputError: A declared column is not among the input's.
    """
    inputs = getattr(signature, "inputs", None)
    if inputs is not None:
        known = columns_of(inputs, declared)
    elif is_frame(data):
        known = spark_sql.types_of(data)
    elif data is not None:
        known = reading.infer_types(_without_objects(data, declared))
    else:
        return dict(declared) or None
    folded = {name.casefold(): name for name in known}
    for name, kind in declared.items():
        if name.casefold() not in folded:
            raise InputError(f"input_types names a column the input lacks: {name!r}.{did_you_mean(name, list(known))}")
        known[folded[name.casefold()]] = kind
    return known


def _without_objects(data: Any, declared: Mapping[str, str]) -> Any:
    """The data without the columns whose types are declared: theirs need not be readable from the data."""
    if not declared or not hasattr(data, "columns") or not hasattr(data, "iloc"):
        return data
    folded = {name.casefold() for name in declared}
    frame = data.copy(deep=False)
    for label in frame.columns:
        if str(label).casefold() in folded:
            frame[label] = 0
    return frame
