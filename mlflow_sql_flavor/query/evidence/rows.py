"""Columns of what makes rows within FROM: unnest, explode and their kin. sqlglot does not type them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

__all__ = ["made_by"]

_TEXTS = frozenset(
    ("regexp_split_to_table", "string_to_table", "json_object_keys", "jsonb_object_keys", "json_array_elements_text",
     "jsonb_array_elements_text")
)  # fmt: skip
_DOCUMENTS = frozenset(("json_array_elements", "jsonb_array_elements"))
_WHOLE = frozenset(("range", "numbers", "generate_series", "sequence"))
_UNKNOWN = "?"


def made_by(column: exp.Column, class_of: Callable[[exp.Expr | None], str]) -> str:
    """The class of a column that a source of its SELECT makes; ``?`` of any other.

    Args:
        column: The column.
        class_of: Gives the class of an argument.
    """
    scope = column.find_ancestor(exp.Select)
    if scope is None:
        return _UNKNOWN
    for source in _sources(scope):
        alias = source.args.get("alias")
        if not isinstance(alias, exp.TableAlias):
            continue
        named = [each.name for each in alias.args.get("columns") or ()] or [alias.name]
        if column.table in ("", alias.name) and column.name in named:
            kinds = _classes(source.this if isinstance(source, (exp.Lateral, exp.Table)) else source, class_of)
            at = named.index(column.name)
            return kinds[at] if at < len(kinds) else _UNKNOWN
    return _UNKNOWN


def _sources(scope: exp.Select) -> Iterator[exp.Expr]:
    first = scope.args.get("from_")
    members = [first.this] if first is not None else []
    members += [join.this for join in scope.args.get("joins") or ()]
    members += scope.args.get("laterals") or []
    for member in members:
        yield member
        yield from member.args.get("laterals") or ()


def _classes(node: exp.Expr, class_of: Callable[[exp.Expr | None], str]) -> list[str]:
    """The classes of the columns, in order."""
    if isinstance(node, exp.Unnest):
        return [*(_element(class_of(each)) for each in node.expressions), *(["int"] if node.args.get("offset") else ())]
    if isinstance(node, exp.Posexplode):
        return ["int", _element(class_of(node.this))]
    if isinstance(node, exp.Explode):
        return [_element(class_of(node.this))]
    if isinstance(node, (exp.GenerateSeries, exp.ExplodingGenerateSeries)):
        kind = class_of(node.args.get("start"))
        return [kind if kind in ("int", "dec", "ts", "tstz") else _UNKNOWN]
    name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
    if name in _WHOLE and all(class_of(each) == "int" for each in node.expressions):
        return ["int"]
    return ["text"] if name in _TEXTS else ["json"] if name in _DOCUMENTS else []


def _element(kind: str) -> str:
    return kind[6:-1] if kind.startswith("array<") else _UNKNOWN
