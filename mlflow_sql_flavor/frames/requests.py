"""Rows as the body of a request to MLflow's scoring server has them.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#json-input
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import InputError

__all__ = ["key_of_rows", "rows"]

_KEYS = ("dataframe_split", "dataframe_records", "inputs", "instances")


def key_of_rows(found: Any, names: Collection[str]) -> str | None:
    """The key under which a request has its rows; None if it is no request.

    Args:
        found: Parsed JSON, or any data.
        names: The model's columns, one of which may have the name of such a key.
    """
    keys = [key for key in _KEYS if isinstance(found, dict) and key in found and key not in names]
    return keys[0] if len(keys) == 1 and not set(found) - {keys[0], "params", "signature_name"} else None


def rows(found: Any, names: Collection[str]) -> Any:
    """The rows of a request, as records or columns; what is no request as it is.

    Args:
        found: Parsed JSON, or any data.
        names: The model's columns, which a split without ``columns`` has in their order.

    Raises:
        InputError: The rows do not have the form that their key says.
    """
    key = key_of_rows(found, names)
    if key is None:
        return found
    if key == "dataframe_split":
        return _split(found[key], list(names))
    if key == "dataframe_records" and not _are(found[key], dict):
        raise InputError('dataframe_records is a list of records, as in {"dataframe_records": [{"a": 1}]}.')
    return found[key]


def _split(given: Any, names: list[str]) -> dict[str, list[Any]]:
    columns = given.get("columns", names) if isinstance(given, dict) else None
    data: Any = given.get("data") if isinstance(given, dict) else None
    if not isinstance(columns, list) or not _are(data, list) or set(given) - {"columns", "data", "index"}:
        raise InputError(
            'dataframe_split has columns and lists of as many values, as in {"dataframe_split": {"columns": ["a"], '
            '"data": [[1]]}}.'
        )
    for number, row in enumerate(data, 1):
        if len(row) != len(columns):
            raise InputError(f"Row {number} of dataframe_split has {len(row)} values for {len(columns)} columns.")
    if len(set(map(str, columns))) != len(columns):
        raise InputError("dataframe_split names a column twice.")
    return {str(name): [row[place] for row in data] for place, name in enumerate(columns)}


def _are(items: Any, kind: type) -> bool:
    return isinstance(items, list) and all(isinstance(item, kind) for item in items)
