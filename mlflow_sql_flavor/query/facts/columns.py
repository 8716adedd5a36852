"""Which columns a query reads of a table, and where a column added to the input would be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..gate.identifiers import fold
from .parse_tree import children, is_node, is_plain_star, items, output_names, walk

__all__ = ["aggregates_outside", "carry", "exposed", "reads_outside", "used_columns"]

_Tree = dict[str, Any]


def used_columns(tree: _Tree, table: str, columns: Collection[str]) -> list[str]:
    """The columns of a table that the query may read, in the table's order.

    Every name that occurs anywhere counts, and what reads columns without naming them takes all: a star, a whole-row
    reference, a natural join, a list of column aliases, a position.
    """
    names: set[str] = set()
    aliases = {fold(table)}
    for part in walk(tree):
        base = part.get("type") == "BASE_TABLE" and fold(part["table_name"]) == fold(table)
        if base and part.get("alias", ""):
            aliases.add(fold(part["alias"]))
        if (
            part.get("class") in ("STAR", "POSITIONAL_REFERENCE")
            or part.get("ref_type") == "NATURAL"
            or part.get("type") == "PIVOT"
            or (base and items(part, "column_name_alias"))
        ):
            return list(columns)
        if part.get("class") == "COLUMN_REF":
            names.update(fold(name) for name in items(part, "column_names"))
        names.update(fold(name) for name in items(part, "using_columns"))
    for part in walk(tree):
        if part.get("class") == "COLUMN_REF" and len(path := items(part, "column_names")) == 1:
            name = fold(path[0])
            if name in aliases and name not in {fold(column) for column in columns}:
                return list(columns)
    # A table of no columns cannot be made; its row count may still be what the query reads.
    return [column for column in columns if fold(column) in names] or list(columns)[:1]


def exposed(
    tree: _Tree, main: Collection[int], input_table: str, input_columns: Collection[str], hidden: str
) -> str | None:
    """What in the query would see a column added to the input, but for stars that hand it on; None if nothing does.

    Args:
        tree: The statement.
        main: ``id`` of each SELECT that the column is handed through.
        input_table: The input's name, folded.
        input_columns: Its columns, folded.
        hidden: The added column's name.
    """
    # A CTE has the column only where it is handed on, or by a star, which is refused.
    ctes = [entry for part in walk(tree) for entry in items(part.get("cte_map") or {}, "map")]
    reads = {input_table} | {fold(entry["key"]) for entry in ctes if id(entry["value"].get("query_node")) in main}
    aliases = {input_table} | reads
    for part in walk(tree):
        ref = "class" not in part and part.get("type") in ("BASE_TABLE", "SUBQUERY")
        if ref and part.get("alias") and _reads(part, reads):
            aliases.add(fold(part["alias"]))
    aliases -= {fold(column) for column in input_columns} & {input_table}
    outputs = {input_table: frozenset(map(fold, input_columns)), **_outputs(ctes)}
    exists = {
        id(part["subquery"]["node"])
        for part in walk(tree)
        if part.get("class") == "SUBQUERY" and part.get("subquery_type") in ("EXISTS", "NOT_EXISTS")
    }
    for node in [part for part in walk(tree) if is_node(part)]:
        direct = {id(item) for item in items(node, "select_list") if is_plain_star(item)}
        passes = id(node) in main or (id(node) in exists and not items(node, "modifiers"))
        mine = _reads(node.get("from_table"), reads)
        columns = _columns(node.get("from_table") or {}, outputs)
        for part in children(node):
            what = part.get("class")
            if what == "POSITIONAL_REFERENCE":
                return "a column by its position"
            if what == "STAR" and not (passes and id(part) in direct) and (mine or id(node) in main):
                return "a * that is not an output of the query"
            if what == "COLUMN_REF":
                path = [fold(name) for name in items(part, "column_names")]
                if hidden in path:
                    return f"a column named {hidden}"
                # A column is found before a table of its name.
                if len(path) == 1 and path[0] in aliases - columns:
                    return "a whole row as a value"
            if part.get("ref_type") == "NATURAL" and _reads(part, reads):
                return "a natural join"
            if part.get("type") == "PIVOT" and _reads(part, reads):
                return "a PIVOT"
    return None


def aggregates_outside(tree: _Tree, kind: Callable[[str], str], columns_of: Callable[[str], Collection[str]]) -> bool:
    """Whether a subquery may hold an aggregate of its outer query: one of no column of the subquery's own.

    ``SELECT (SELECT sum(i.x)) FROM i`` has one row.

    Args:
        tree: The subquery.
        kind: A function's kind by its name.
        columns_of: The known columns of a table, by its folded name.
    """
    ctes = _ctes(tree)
    for node in [part for part in walk(tree) if is_node(part)]:
        known: set[str] = set()
        for ref in children({"from": node.get("from_table")}):
            if "class" not in ref and ref.get("type") != "JOIN" and not is_node(ref):
                known |= _visible(ref, ctes, columns_of)
        for part in children(node):
            if part.get("class") == "FUNCTION" and kind(fold(part["function_name"])) == "aggregate":
                paths = [items(p, "column_names") for p in walk(part) if p.get("class") == "COLUMN_REF"]
                if paths and not any(fold(path[0]) in known for path in paths):
                    return True
    return False


def reads_outside(tree: _Tree, columns_of: Callable[[str], Collection[str]]) -> bool:
    """Whether a relation may read columns of the row it is joined to, as LATERAL does (which the tree does not say).

    Args:
        tree: The relation.
        columns_of: The known columns of a table, by its folded name.
    """
    ctes = _ctes(tree)
    known: set[str] = set()
    for part in walk(tree):
        if "class" not in part and part.get("type") not in (None, "JOIN") and not is_node(part):
            known |= _visible(part, ctes, columns_of)
        if part.get("class") and part.get("alias"):
            known.add(fold(part["alias"]))
        if part.get("class") == "LAMBDA":
            known.update(fold(name) for p in walk(part["lhs"]) for name in items(p, "column_names"))
    paths = [items(part, "column_names") for part in walk(tree) if part.get("class") == "COLUMN_REF"]
    return any(fold(path[0]) not in known for path in paths)


def _ctes(tree: _Tree) -> dict[str, list[str]]:
    """The CTEs within a tree, and their columns where these are known."""
    return {
        fold(entry["key"]): [*map(fold, items(entry["value"], "aliases"))]
        or output_names(entry["value"].get("query_node") or {})
        for part in walk(tree)
        for entry in items(part.get("cte_map") or {}, "map")
    }


def _visible(ref: _Tree, ctes: Mapping[str, Collection[str]], columns_of: Callable[[str], Collection[str]]) -> set[str]:
    """Names by which a relation's columns can be meant: its alias, and its columns where they are known."""
    name = fold(ref.get("table_name", ""))
    found = {fold(ref.get("alias") or name), *map(fold, items(ref, "column_name_alias"))}
    if ref.get("type") == "SUBQUERY":
        return found | set(output_names(ref["subquery"]["node"]))
    return found | set(ctes[name] if name in ctes else columns_of(name))


def _reads(tree: Any, names: Collection[str]) -> bool:
    return any(part.get("type") == "BASE_TABLE" and fold(part["table_name"]) in names for part in walk(tree))


def _outputs(ctes: Collection[_Tree]) -> dict[str, frozenset[str]]:
    """The columns that each common table expression is known to have, whichever of that name is meant."""
    found: dict[str, frozenset[str]] = {}
    for entry in ctes:
        node = entry["value"].get("query_node") or {}
        named = items(entry["value"], "aliases") or node.get("type") != "SELECT_NODE"
        columns = frozenset(() if named else output_names(node))
        name = fold(entry["key"])
        found[name] = found.get(name, columns) & columns
    return found


def _columns(ref: _Tree, outputs: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Of what a FROM clause reads directly, the columns that are known."""
    if ref.get("type") == "JOIN":
        return _columns(ref["left"], outputs) | _columns(ref["right"], outputs)
    if ref.get("type") == "BASE_TABLE" and not items(ref, "column_name_alias"):
        return outputs.get(fold(ref["table_name"]), frozenset())
    return frozenset()


def carry(node: _Tree, alias: str, hidden: str) -> None:
    """Adds a relation's column to a SELECT's outputs, last, unless a star brings it already."""
    for item in items(node, "select_list"):
        if is_plain_star(item) and fold(item.get("relation_name", "")) in ("", fold(alias)):
            return
    node.setdefault("select_list", []).append(
        {
            "class": "COLUMN_REF",
            "type": "COLUMN_REF",
            "column_names": [alias, hidden],
        }
    )
