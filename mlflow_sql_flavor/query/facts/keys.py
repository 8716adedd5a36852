"""Which of a relation's columns no two of its rows share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..gate.identifiers import fold
from .parse_tree import is_plain_star, items, output_names, walk

__all__ = ["comparable", "equated", "grouped_by", "output_types", "passed_columns", "type_of"]

_Tree = dict[str, Any]


def grouped_by(node: _Tree) -> tuple[frozenset[str], ...]:
    """The outputs that are the GROUP BY keys, if all of the keys are among the outputs."""
    names = output_names(node)
    if not names or len(items(node, "group_sets")) > 1:
        return ()
    outputs = items(node, "select_list")
    keys = set()
    for expression in items(node, "group_expressions"):
        if expression["class"] == "CONSTANT":
            text = str(expression.get("literal", {}).get("text", ""))
            found = int(text) - 1 if text.isdigit() and 1 <= int(text) <= len(outputs) else None
        elif expression["class"] == "COLUMN_REF":
            wanted = list(map(fold, items(expression, "column_names")))
            same = (
                i
                for i, item in enumerate(outputs)
                if item["class"] == "COLUMN_REF" and list(map(fold, items(item, "column_names"))) == wanted
            )
            found = next(same, None)
        else:
            return ()
        if found is None:
            return ()
        keys.add(names[found])
    return (frozenset(keys),) if keys else ()


def passed_columns(node: _Tree, alias: str, columns: frozenset[str] | None) -> frozenset[str] | None:
    """The columns of a SELECT's one relation that are outputs under their own names; None if there are others.

    Args:
        node: The SELECT.
        alias: The relation's name.
        columns: Its columns; None if they are not known.
    """
    found: set[str] = set()
    for item in items(node, "select_list"):
        if is_plain_star(item) and not items(item, "replace_list") and not items(item, "rename_list"):
            if columns is None or fold(item.get("relation_name") or alias) != fold(alias):
                return None
            names = columns - {fold(str(name)) for name in items(item, "exclude_list")}
        elif item["class"] == "COLUMN_REF":
            path = list(map(fold, items(item, "column_names")))
            if item.get("alias") and fold(item["alias"]) != path[-1]:
                return None
            # A path of two parts may be a field of a STRUCT.
            if len(path) > 2 or (len(path) == 2 and path[0] != fold(alias)):
                return None
            names = frozenset(path[-1:])
        else:
            return None
        if names & found:
            return None
        found |= names
    return frozenset(found)


#: Types within which values that differ stay different in a comparison.
_FAMILIES = (
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DECIMAL"},
    {"FLOAT", "DOUBLE"},
    {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"},
    {"VARCHAR", "JSON"},
)


def comparable(one: str, two: str) -> bool:
    """Whether an equality of these types compares the values themselves, not something they are cast to.

    ``'1'`` and ``'01'`` are two keys of a VARCHAR column, and both equal the number 1.
    """
    one, two = one.partition("(")[0], two.partition("(")[0]
    return one == two or any(one in family and two in family for family in _FAMILIES)


def equated(condition: _Tree, alias: str, columns: frozenset[str] | None) -> Iterator[tuple[str, _Tree]]:
    """Columns of a join's other side that its condition sets equal to something that does not read that side, and that.

    Args:
        condition: The join's condition.
        alias: The other side's name.
        columns: Its columns; None if they are not known.
    """
    if condition["class"] == "CONJUNCTION" and condition["type"] == "CONJUNCTION_AND":
        for child in items(condition, "children"):
            yield from equated(child, alias, columns)
    elif condition["class"] == "COMPARISON" and condition["type"] == "COMPARE_EQUAL":
        for one, two in ((condition["left"], condition["right"]), (condition["right"], condition["left"])):
            names = items(one, "column_names") if one["class"] == "COLUMN_REF" else []
            if _is_of(names, alias, columns) and not _may_read(two, alias, columns):
                yield fold(names[-1]), two


def _is_of(names: list[str], alias: str, columns: frozenset[str] | None) -> bool:
    if len(names) == 2:
        return fold(names[0]) == fold(alias)
    return len(names) == 1 and columns is not None and fold(names[0]) in columns


def _may_read(tree: _Tree, alias: str, columns: Collection[str] | None) -> bool:
    for part in walk(tree):
        if part.get("class") in ("SUBQUERY", "STAR", "POSITIONAL_REFERENCE"):
            return True
        if part.get("class") == "COLUMN_REF":
            names = [fold(name) for name in items(part, "column_names")]
            if names[0] == fold(alias):
                return True
            if names[0] in columns if columns is not None else len(names) == 1:
                return True
    return False


def type_of(expression: _Tree, known: Mapping[str, str], alias: str) -> str | None:
    """The type of a column of the relation ``alias``; None for anything else, whose type only binding tells."""
    if expression["class"] != "COLUMN_REF":
        return None
    names = [fold(name) for name in items(expression, "column_names")]
    if len(names) > 2 or (len(names) == 2 and names[0] != fold(alias)):
        return None
    return known.get(names[-1])


def output_types(node: _Tree, alias: str, known: Mapping[str, str]) -> dict[str, str]:
    """The types of those outputs of a SELECT that are columns of the relation ``alias``."""
    found: dict[str, str] = {}
    lost: set[str] = set()
    for item in items(node, "select_list"):
        if item["class"] == "STAR":
            if not is_plain_star(item) or items(item, "replace_list") or items(item, "rename_list"):
                return {}
            if fold(item.get("relation_name") or alias) == fold(alias):
                found |= known
            continue
        name = item.get("alias", "") or (items(item, "column_names")[-1] if item["class"] == "COLUMN_REF" else "")
        kind = type_of(item, known, alias)
        if kind is None:
            lost.add(fold(name))
        else:
            found[fold(name)] = kind
    return {name: kind for name, kind in found.items() if name not in lost}
