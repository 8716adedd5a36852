"""Arguments of public functions, looked at by their annotations before a call does anything."""

from __future__ import annotations

import ast
import functools
import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .frames.schema import kind_of

__all__ = ["refuse_wrong_kinds"]


@dataclass(frozen=True)
class _Kind:
    one: str
    many: str
    holds: Callable[[Any], bool]


def _of_class(name: str) -> Callable[[Any], bool]:
    """Whether a value's class has the name: its library need not be imported for a call that has none of it."""
    return lambda value: any(each.__name__ == name for each in type(value).__mro__)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_"))


def _is_whole(value: Any) -> bool:
    return hasattr(type(value), "__index__")


def _is_many(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | bytearray | Mapping)


def _anything(value: Any) -> bool:
    """For kinds that are left to who reads the value."""
    return True


#: The kinds by the last word of an annotation; any other word is a value that is left to who reads it.
_SINGLE = {
    "Data": _Kind("a table", "tables", _anything),
    "Key": _Kind("a list of columns", "lists of columns", _anything),
    "Placed": _Kind("a name or table", "names or tables", _anything),
    "None": _Kind("None", "None", lambda value: value is None),
    "str": _Kind("a text", "texts", lambda value: isinstance(value, str)),
    "bool": _Kind("a bool", "bools", _is_flag),
    "int": _Kind("a whole number", "whole numbers", _is_whole),
    "Callable": _Kind("a function", "functions", callable),
    "Udf": _Kind("a function", "functions", _of_class("Udf")),
    "PathLike": _Kind("a path", "paths", lambda value: isinstance(value, os.PathLike)),
    "SQLModel": _Kind("a SQLModel", "SQLModels", _of_class("SQLModel")),
    "Model": _Kind("an mlflow.models.Model", "mlflow.models.Models", _of_class("Model")),
    "ModelSignature": _Kind(
        "an mlflow.models.ModelSignature", "mlflow.models.ModelSignatures", _of_class("ModelSignature")
    ),
    "DataType": _Kind("a pyarrow.DataType", "pyarrow.DataTypes", _of_class("DataType")),
    "Schema": _Kind("a pyarrow.Schema", "pyarrow.Schemas", _of_class("Schema")),
}
#: Arguments that MLflow looks at itself, in the same words for every flavor.
_MLFLOWS = frozenset({"code_paths", "extra_files"})
_VALUE = _Kind("a value", "values", _anything)
_MAPPINGS = ("Mapping", "dict")
_MANY = ("Sequence", "Collection", "Iterable", "list")


def _word(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _kinds(node: ast.expr) -> list[_Kind]:
    """The kinds that an annotation names."""
    if isinstance(node, ast.BinOp):
        return _kinds(node.left) + _kinds(node.right)
    if not isinstance(node, ast.Subscript):
        return [_SINGLE.get(_word(node), _VALUE)]
    word = _word(node.value)
    if word not in _MAPPINGS + _MANY:
        return [_SINGLE.get(word, _VALUE)]
    parts = [_kinds(part) for part in (node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])]
    return [_mapping(*parts) if word in _MAPPINGS else _many(*parts)]


def _mapping(keys: list[_Kind], values: list[_Kind]) -> _Kind:
    within = f"of {_members(keys)} to {_members(values)}"
    return _Kind(
        f"a dict {within}",
        f"dicts {within}",
        lambda value: isinstance(value, Mapping) and _all(keys, value.keys()) and _all(values, value.values()),
    )


def _many(members: list[_Kind]) -> _Kind:
    within = f"of {_members(members)}"
    # What can be read only once is left to who reads it.
    return _Kind(
        f"a list {within}",
        f"lists {within}",
        lambda value: _is_many(value) and (not isinstance(value, Collection) or _all(members, value)),
    )


def _members(kinds: list[_Kind]) -> str:
    return " or ".join(dict.fromkeys(kind.many for kind in kinds))


def _all(kinds: list[_Kind], values: Iterable[Any]) -> bool:
    return all(any(kind.holds(value) for kind in kinds) for value in values)


def _words(kinds: list[_Kind]) -> str:
    *first, last = [kind.one for kind in kinds]
    return f"{', '.join(first)} or {last}" if first else last


def _told(value: Any) -> str:
    """A value's kind, and of what is within it."""
    if isinstance(value, Mapping):
        pairs = dict.fromkeys(f"{type(key).__name__} to {type(each).__name__}" for key, each in value.items())
        return kind_of(value) + (f" of {', '.join(pairs)}" if pairs else "")
    if _is_many(value) and isinstance(value, Collection):
        members = dict.fromkeys(type(each).__name__ for each in value)
        return kind_of(value) + (f" of {', '.join(members)}" if members else "")
    return "None" if value is None else kind_of(value)


def refuse_wrong_kinds(function: Callable[..., Any]) -> Callable[[tuple[Any, ...], Mapping[str, Any]], None] | None:
    """What looks at the arguments of a call; None for a function of whose arguments none is looked at.

    Args:
        function: Its annotations are texts, as ``from __future__ import annotations`` leaves them.

    Returns:
        A function of the positional and the named arguments. It raises ``InputError`` for the first of them that is of
        no kind that its annotation names: which argument, what it takes, and what it was.
    """
    parameters = inspect.signature(function).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    known = {
        each.name: kinds
        for each in parameters
        if each.kind in named and each.name not in _MLFLOWS and isinstance(each.annotation, str) and each.annotation
        for kinds in [_read(each.annotation)]
        if all(kind.holds is not _anything for kind in kinds)
    }
    if not known:
        return None
    positions = [each.name for each in parameters if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]

    def look(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        for name, value in (*zip(positions, args, strict=False), *kwargs.items()):
            kinds = known.get(name)
            if kinds is not None and not any(kind.holds(value) for kind in kinds):
                raise InputError(f"Argument {name} takes {_words(kinds)}, not {_told(value)}.")

    return look


@functools.cache
def _read(annotation: str) -> list[_Kind]:
    return _kinds(ast.parse(annotation, mode="eval").body)
