"""What a query does to the rows of its input, read from DuckDB's own parse of it.

``independent``: one output row per input row, depending on that row only (and on reference tables through at most one
match). ``aligned``: one output row per input row, depending on others too (a window). ``table``: anything else.

DuckDB's parse and not the typed tree: loading decides it again, where there is no sqlglot, of the text that runs.

DuckDB promises no order of rows but for plain projections, so the first two carry a hidden row number through the
query (:data:`ROW_ID`); a chain of plain projections keeps the order by itself and carries none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..gate.identifiers import fold
from ..reading.recursion import with_deep_stack
from .columns import aggregates_outside, carry, exposed, reads_outside, used_columns
from .keys import comparable, equated, grouped_by, output_types, passed_columns, type_of
from .parse_tree import items, output_names, walk

__all__ = ["ROW_ID", "RowPlan", "plan_rows", "row_class", "used_columns"]

#: The hidden column with the input row's number.
ROW_ID = "__mlflow_sql_row"

_Tree = dict[str, Any]


@dataclass(frozen=True)
class RowPlan:
    """What was decided, and why.

    Attributes:
        rows: ``independent``, ``aligned`` or ``table``.
        reason: For ``table``, what in the query makes it so.
        claims: ``{reference table: [column sets]}`` that must be unique for the decision to hold.
        tree: The statement's tree with the row number carried through; None where none is needed.
    """

    rows: str
    reason: str | None = None
    claims: Mapping[str, list[list[str]]] = field(default_factory=dict)
    tree: _Tree | None = None


class _NotAligned(Exception):
    """Rows do not correspond to the input's; the argument says what does it."""


@dataclass
class _Relation:
    """A relation of the FROM clause.

    Attributes:
        flows: Its rows are the input's, one each.
        single: It has exactly one row.
        mixes: Some row depends on input rows other than its own.
        plain: A chain of projections over the input, whose order DuckDB keeps.
        table: The reference table it is, for claims about keys.
        keys: Column sets that are unique by construction.
        nodes: The SELECT nodes the row number passes through, and the alias it comes by in each.
        alias: The name its columns go by.
        columns: Its column names, folded; None where not known.
        types: The types of those that are columns of a table.
    """

    flows: bool = False
    single: bool = False
    mixes: bool = False
    plain: bool = False
    table: str | None = None
    keys: tuple[frozenset[str], ...] = ()
    nodes: tuple[tuple[_Tree, str], ...] = ()
    alias: str = ""
    columns: frozenset[str] | None = None
    types: Mapping[str, str] = field(default_factory=dict)


def plan_rows(
    statement: _Tree,
    input_table: str,
    columns: Mapping[str, Collection[str]],
    *,
    kind: Callable[[str], str],
    unique: Callable[[str, list[str], list[str]], bool],
    types: Mapping[str, Mapping[str, str]] | None = None,
) -> RowPlan:
    """Decides the row class of a statement.

    Args:
        statement: One entry of ``statements`` of DuckDB's ``json_serialize_sql``; the row number is written into it.
        input_table: The name the query reads the input by.
        columns: The columns of each reference table.
        kind: Whether a function name is a ``scalar``, an ``aggregate``, makes ``rows`` of one, or is something else.
        unique: Whether a reference table's columns are unique among its rows; for those of the third argument, under
            any type that they may be compared as.
        types: ``{table: {column: DuckDB type}}`` of the reference tables and the input.
    """
    return with_deep_stack(lambda: _plan_rows(statement, input_table, columns, kind, unique, types))


def _plan_rows(
    statement: _Tree,
    input_table: str,
    columns: Mapping[str, Collection[str]],
    kind: Callable[[str], str],
    unique: Callable[[str, list[str], list[str]], bool],
    types: Mapping[str, Mapping[str, str]] | None,
) -> RowPlan:
    known = {fold(name): {fold(c): t for c, t in found.items()} for name, found in (types or {}).items()}
    folded = {fold(name): frozenset(map(fold, names)) for name, names in columns.items()}
    analyser = _Analyser(fold(input_table), folded, known, kind, unique)
    try:
        result = analyser.node(statement["node"], {})
    except _NotAligned as reason:
        return RowPlan("table", str(reason))
    if not result.flows:
        return RowPlan("table", "the query does not read the input" if not result.mixes else "its rows are its own")
    tree = None
    if not result.plain:
        main = {id(node) for node, _ in result.nodes}
        seen = exposed(statement, main, fold(input_table), known.get(fold(input_table), ()), ROW_ID)
        if seen is not None:
            return RowPlan("table", f"{seen}, where the rows are not simply those of the input")
        for node, alias in result.nodes:
            carry(node, alias, ROW_ID)
        tree = statement
    return RowPlan("aligned" if result.mixes else "independent", None, analyser.claims, tree)


def row_class(
    statement: _Tree,
    input_table: str,
    columns: Mapping[str, Collection[str]],
    *,
    kind: Callable[[str], str],
    unique: Callable[[str, list[str], list[str]], bool],
    types: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[str, bool]:
    """The row class of a statement that may carry the row number already, and whether DuckDB keeps its order by itself.

    Args:
        statement, input_table, columns, kind, unique, types: As for :func:`plan_rows`.
    """
    known = {fold(name): {fold(c): t for c, t in found.items()} for name, found in (types or {}).items()}
    folded = {fold(name): frozenset(map(fold, names)) for name, names in columns.items()}
    analyser = _Analyser(fold(input_table), folded, known, kind, unique)
    try:
        result = with_deep_stack(lambda: analyser.node(statement["node"], {}))
    except _NotAligned:
        return "table", False
    if not result.flows:
        return "table", False
    return "aligned" if result.mixes else "independent", result.plain


class _Analyser:
    def __init__(
        self,
        input_table: str,
        columns: Mapping[str, frozenset[str]],
        types: Mapping[str, Mapping[str, str]],
        kind: Callable[[str], str],
        unique: Callable[[str, list[str], list[str]], bool],
    ) -> None:
        self._input = input_table
        self._columns = columns
        self._types = types
        self._kind = kind
        self._unique = unique
        self.claims: dict[str, list[list[str]]] = {}

    def node(self, node: _Tree, outer: Mapping[str, _Relation]) -> _Relation:
        if node["type"] != "SELECT_NODE":
            raise _NotAligned({"SET_OPERATION_NODE": "a set operation"}.get(node["type"], "a recursive query"))
        scope = dict(outer)
        for entry in items(node.get("cte_map") or {}, "map"):
            scope[fold(entry["key"])] = self._cte(entry["value"], scope)
        source = self._from(node.get("from_table") or {"type": "EMPTY"}, scope)
        reads = source.mixes or source.flows
        aggregate = self._scan(node, scope, source)
        mixes = source.mixes or aggregate.mixes
        names = frozenset(output_names(node)) or None
        if (
            items(node, "group_expressions")
            or items(node, "group_sets")
            or node.get("aggregate_handling", "STANDARD_HANDLING") != "STANDARD_HANDLING"
        ):
            keys = () if aggregate.expands else grouped_by(node)
            return _Relation(mixes=mixes or reads, keys=keys, columns=names)
        cut = any(node.get(key) is not None for key in ("having", "qualify", "sample")) or _limits(node)
        if aggregate.found:
            return _Relation(single=not cut and not aggregate.expands, mixes=mixes or reads, columns=names)
        if not source.flows:
            passed = passed_columns(node, source.alias, source.columns)
            keys = tuple(key for key in source.keys if passed is not None and key <= passed)
            if names and any(m["type"] == "DISTINCT_MODIFIER" for m in items(node, "modifiers")) and not _on(node):
                keys = (names,)
            one = source.single and node.get("where_clause") is None and not cut and not aggregate.expands
            table = source.table if passed is not None else None
            return _Relation(
                single=one,
                mixes=mixes,
                keys=keys,
                table=table,
                columns=passed or names,
                types=source.types if table else {},
            )
        if node.get("where_clause") is not None:
            raise _NotAligned("a WHERE that may drop rows")
        if node.get("qualify") is not None:
            raise _NotAligned("a QUALIFY that may drop rows")
        if node.get("sample") is not None:
            raise _NotAligned("a sample of the rows")
        if items(node, "modifiers"):
            words = {"ORDER_MODIFIER": "an ORDER BY", "DISTINCT_MODIFIER": "a DISTINCT"}
            raise _NotAligned(words.get(items(node, "modifiers")[0]["type"], "a LIMIT"))
        if aggregate.expands:
            raise _NotAligned("an expression that makes several rows of one")
        plain = source.plain and not aggregate.unordered
        types = output_types(node, source.alias, source.types)
        return _Relation(True, False, mixes, plain, None, (), (*source.nodes, (node, source.alias)), "", None, types)

    def _cte(self, value: _Tree, scope: Mapping[str, _Relation]) -> _Relation:
        node = value.get("query_node") or value.get("query", {}).get("node")
        try:
            relation = self.node(node, scope)
        except _NotAligned:
            return _Relation(mixes=self._reads_input(node, scope))
        if items(value, "aliases"):
            relation = replace(relation, keys=(), table=None, columns=None, types={})
        if value.get("materialized") == "CTE_MATERIALIZE_ALWAYS":
            relation.plain = False
        return relation

    def _from(self, ref: _Tree, scope: Mapping[str, _Relation]) -> _Relation:
        kind = ref["type"]
        if ref.get("sample") is not None:
            raise _NotAligned("a sample of the rows")
        if kind == "EMPTY":
            return _Relation(single=True)
        if kind == "BASE_TABLE":
            name = ref["table_name"]
            alias = ref.get("alias", "") or name
            known = scope.get(fold(name))
            if known is not None:
                found = replace(known, alias=alias)
                renamed = replace(found, keys=(), table=None, columns=None, types={})
                return renamed if items(ref, "column_name_alias") else found
            types = self._types.get(fold(name), {}) if not items(ref, "column_name_alias") else {}
            if fold(name) == self._input:
                return _Relation(flows=True, plain=True, alias=alias, types=types)
            if items(ref, "column_name_alias"):
                return _Relation(alias=alias)
            return _Relation(table=name, alias=alias, columns=self._columns.get(fold(name)), types=types)
        if kind == "SUBQUERY":
            inner = self.node(ref["subquery"]["node"], scope)
            if items(ref, "column_name_alias"):
                inner = replace(inner, keys=(), table=None, columns=None, types={})
            if inner.flows and not ref.get("alias"):
                ref["alias"] = f"{ROW_ID}_source"  # by which to ask it for the row number
            inner.alias = ref.get("alias", "")
            return inner
        if kind == "JOIN":
            return self._join(ref, scope)
        if kind in ("EXPRESSION_LIST", "TABLE_FUNCTION"):
            return _Relation(mixes=self._reads_input(ref, scope))
        raise _NotAligned(f"a {kind.lower().replace('_', ' ')}")

    def _join(self, ref: _Tree, scope: Mapping[str, _Relation]) -> _Relation:
        left, right = self._side(ref["left"], scope), self._side(ref["right"], scope)
        if not (left.flows or right.flows):
            return _Relation(single=False, mixes=left.mixes or right.mixes)
        if left.flows and right.flows:
            raise _NotAligned("a join of the input with itself")
        main, other = (left, right) if left.flows else (right, left)
        mixes = main.mixes or other.mixes
        condition = ref.get("condition")
        if condition is not None and self._scan_expression(condition, scope).mixes:
            mixes = True
        joined = _Relation(True, False, mixes, False, None, (), main.nodes, main.alias, None, main.types)
        outer = ref.get("join_type", "INNER") == ("LEFT" if main is left else "RIGHT")
        free = ref.get("ref_type", "REGULAR") == "CROSS" or (
            ref.get("ref_type", "REGULAR") == "REGULAR" and condition is None and not items(ref, "using_columns")
        )
        if other.single and (free or outer):
            return joined
        if not outer:
            raise _NotAligned("a join that may drop or repeat rows; a LEFT JOIN keeps them")
        if ref.get("ref_type", "REGULAR") == "ASOF" and ref.get("nearest_count", 1) == 1:
            side = ref["right"] if main is left else ref["left"]
            if reads_outside(side, lambda name: self._known(name, scope)):
                raise _NotAligned("an ASOF join to a subquery that reads the row it is joined to")
            return joined
        if ref.get("ref_type", "REGULAR") != "REGULAR":
            raise _NotAligned(f"a {ref['ref_type'].lower()} join")
        kinds = {name: main.types.get(name) for name in map(fold, items(ref, "using_columns"))}
        if condition is not None:
            for name, value in equated(condition, other.alias, other.columns):
                kinds[name] = kinds.get(name) or type_of(value, main.types, main.alias)
        columns = {name for name, kind in kinds.items() if _fits(kind, name, other)}
        loose = [name for name in sorted(columns) if kinds[name] is None or name not in other.types]
        if any(key and key <= columns for key in other.keys):
            return joined
        if other.table is not None and columns and self._unique(other.table, sorted(columns), loose):
            claims = self.claims.setdefault(other.table, [])
            if sorted(columns) not in claims:
                claims.append(sorted(columns))
            return joined
        raise _NotAligned(f"a join to {other.alias or 'a table'!r} that may match a row more than once")

    def _side(self, ref: _Tree, scope: Mapping[str, _Relation]) -> _Relation:
        try:
            return self._from(ref, scope)
        except _NotAligned:
            if self._flows_somewhere(ref, scope):
                raise
            return _Relation(mixes=self._reads_input(ref, scope), alias=ref.get("alias", ""))

    def _flows_somewhere(self, ref: _Tree, scope: Mapping[str, _Relation]) -> bool:
        """Whether the side is the input itself or a join with it: then its failure is the query's."""
        if ref["type"] == "JOIN":
            return self._flows_somewhere(ref["left"], scope) or self._flows_somewhere(ref["right"], scope)
        if ref["type"] == "BASE_TABLE":
            known = scope.get(fold(ref["table_name"]))
            return known.flows if known is not None else fold(ref["table_name"]) == self._input
        return False

    def _reads_input(self, tree: Any, scope: Mapping[str, _Relation]) -> bool:
        for part in walk(tree):
            if part.get("type") == "BASE_TABLE":
                known = scope.get(fold(part["table_name"]))
                if known is not None:
                    if known.flows or known.mixes:
                        return True
                elif fold(part["table_name"]) == self._input:
                    return True
        return False

    def _scan(self, node: _Tree, scope: Mapping[str, _Relation], source: _Relation) -> _Found:
        parts = [
            items(node, "select_list"),
            node.get("where_clause"),
            node.get("having"),
            node.get("qualify"),
            items(node, "modifiers"),
        ]
        found = _Found()
        for part in parts:
            more = self._scan_expression(part, scope, source)
            found.merge(more)
        return found

    def _scan_expression(self, tree: Any, scope: Mapping[str, _Relation], source: _Relation | None = None) -> _Found:
        found = _Found()
        stack = [tree]
        while stack:
            part = stack.pop()
            if isinstance(part, list):
                stack.extend(part)
                continue
            if not isinstance(part, dict):
                continue
            cls = part.get("class")
            if cls == "SUBQUERY":
                found.unordered = True
                if self._reads_input(part, scope):
                    found.mixes = True
                if aggregates_outside(part["subquery"], self._kind, lambda name: self._known(name, scope)):
                    raise _NotAligned("an aggregate in a subquery of columns from outside of it")
                stack.append(part.get("child"))
                continue
            if cls == "WINDOW":
                found.unordered = True
                found.mixes = found.mixes or source is None or source.flows or source.mixes
            elif cls == "FUNCTION":
                name = fold(part["function_name"])
                what = self._kind(name)
                if what == "rows":
                    found.expands = True
                elif what == "aggregate":
                    found.found = True
                elif what != "scalar":
                    raise _NotAligned(f"the function {name}, whose effect on rows is not known")
            stack += [value for value in part.values() if isinstance(value, (dict, list))]
        return found

    def _known(self, name: str, scope: Mapping[str, _Relation]) -> Collection[str]:
        """The columns of a table or CTE, as far as they are known."""
        found = scope[name].columns if name in scope else self._columns.get(name) or self._types.get(name)
        return found or ()


@dataclass
class _Found:
    """What the expressions of a SELECT hold."""

    found: bool = False  # an aggregate
    mixes: bool = False
    expands: bool = False
    unordered: bool = False

    def merge(self, other: _Found) -> None:
        self.found |= other.found
        self.mixes |= other.mixes
        self.expands |= other.expands
        self.unordered |= other.unordered


def _fits(kind: str | None, column: str, other: _Relation) -> bool:
    """Whether values of a type are compared with a column's as they are; taken to be so where a type is not known."""
    own = other.types.get(column)
    return kind is None or own is None or comparable(kind, own)


def _limits(node: _Tree) -> bool:
    return any(m["type"].startswith("LIMIT") for m in items(node, "modifiers"))


def _on(node: _Tree) -> bool:
    return any(items(m, "distinct_on_targets") for m in items(node, "modifiers"))
