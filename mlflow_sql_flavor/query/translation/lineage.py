"""Which columns a query's columns come from, step by step: sqlglot's scopes as plain records.

Two kinds of edges: a column's value comes from other columns, and the rows of a step (``column=None``) are chosen,
joined, grouped or ordered by columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from ...errors import QueryError
from ..dialects import rules_of
from ..facts.context import REFUSALS, Context
from ..facts.typed_query import FAILURES, Schema, TypedQuery
from ..reading.parsed_query import Lineage, LineageEdge, ParsedQuery, Relation
from ..reading.recursion import followed
from ..reading.traversal import find_all, find_first
from .typing import type_query

__all__ = ["MAX_CHARACTERS", "follow", "too_long", "trace"]

#: A longer query is not traced: nobody reads it in a picture.
MAX_CHARACTERS = 400_000

#: What decides which rows a SELECT gives, and in which order.
_ROWS = ("where", "group", "having", "qualify", "distinct", "order", "limit", "offset", "sort", "cluster", "prewhere")


def trace(query: ParsedQuery, schema: Schema, input_table: str, outputs: Sequence[str] = ()) -> Lineage:
    """Follows each output column back to the columns it comes from.

    Args:
        query: From :func:`~..reading.parse.parse`.
        schema: Table name -> column -> DuckDB type, the input among them.
        input_table: The name of the input.
        outputs: The names of the outputs as the model gives them; empty takes the query's.

    Returns:
        The graph; one with ``reason`` set and nothing else when the query cannot be followed.
    """
    if query.tree is None:
        return Lineage(reason="The query has syntax that only DuckDB reads, so its columns are not followed.")
    long = too_long(query.sql)
    if long is not None:
        return Lineage(reason=long)
    try:
        return follow(type_query(query, schema, {}, _context(query, schema)), input_table, outputs)
    except (*FAILURES, QueryError):
        return _LOST


def _context(query: ParsedQuery, schema: Schema) -> Context | None:
    """What compiling the query starts with, so that a saved query is followed as it was when it was compiled."""
    if query.dialect == "duckdb":
        return None
    ctx = Context(query.sql, rules_of(query.dialect), REFUSALS)
    ctx.columns = frozenset(column for columns in schema.values() for column in columns)
    return ctx


_LOST = Lineage(reason="The query's columns could not be followed.")


def follow(typed: TypedQuery, input_table: str, outputs: Sequence[str] = ()) -> Lineage:
    """As :func:`trace`, of a query whose types and columns are known.

    Args:
        typed: From :func:`~.typing.type_query`.
        input_table, outputs: As for :func:`trace`.
    """
    long = too_long(typed.query.sql)
    if long is not None:
        return Lineage(reason=long)
    try:
        return followed(lambda: _Walker(typed, input_table).run(outputs))
    except (*FAILURES, QueryError):
        return _LOST


def too_long(sql: str) -> str | None:
    """Why a query of this length is not traced; None if it is."""
    if len(sql) <= MAX_CHARACTERS:
        return None
    return f"The query has {len(sql):,} characters; columns are followed up to {MAX_CHARACTERS:,}."


@dataclass
class _Step:
    """A CTE, a derived table or the query itself, while it is followed."""

    relation: int
    scope: Scope
    columns: list[tuple[str, list[exp.Expr]]] = field(default_factory=list)


class _Walker:
    def __init__(self, typed: TypedQuery, input_table: str) -> None:
        self._typed = typed
        self._spelled = typed.spelling
        params = typed.query.params
        self._relations: list[Relation] = []
        self._sources: dict[str, tuple[int, dict[str, str]]] = {}
        for name, known in typed.schema.items():
            kind = "input" if name.casefold() == input_table.casefold() else "table"
            self._sources[name.casefold()] = (len(self._relations), {c.casefold(): c for c in known})
            self._relations.append(Relation(name, kind, tuple(known)))
        self._params = {name.casefold(): name for name in params}
        self._param_relation = len(self._relations)
        if params:
            self._relations.append(Relation("parameters", "parameters", tuple(params)))
        self._owner = typed.owners
        self._scopes: dict[int, Scope] = {}
        self._steps: dict[int, _Step] = {}
        self._by_scope: dict[int, _Step] = {}
        self._edges: dict[LineageEdge, None] = {}
        self._made: set[int] = set()  # the table functions being followed
        self._partial = False

    def run(self, outputs: Sequence[str]) -> Lineage:
        scopes = self._typed.scopes
        if not scopes:
            return _LOST
        root = scopes[-1]
        steps = []
        self._scopes = {id(scope.expression): scope for scope in scopes}
        for scope in scopes:
            if scope is root or scope.is_cte or scope.is_derived_table:
                steps.append(self._step(scope, scope is root))
        for step in steps:
            self._follow(step)
        last = steps[-1]
        names = [name for name, _ in last.columns]
        given = {name.casefold(): name for name in outputs}
        if {name.casefold() for name in names} != set(given) and len(outputs) == len(names):
            renamed = dict(zip(names, outputs, strict=True))  # names that the engine makes up
        else:
            renamed = {name: given.get(name.casefold(), name) for name in names}
            self._partial = self._partial or (bool(outputs) and len(outputs) != len(names))
        number = last.relation
        self._relations[number] = Relation("output", "output", tuple(outputs) or tuple(names))
        edges = tuple(
            LineageEdge(e.source, e.source_column, e.target, renamed.get(e.column, e.column) if e.column else None)
            if e.target == number
            else e
            for e in self._edges
        )
        return Lineage(tuple(self._relations), edges, partial=self._partial)

    def _step(self, scope: Scope, last: bool) -> _Step:
        leaves = list(_leaves(scope.expression))
        first = leaves[0].selects if leaves else []
        given = list(scope.outer_columns or ())
        step = _Step(len(self._relations), scope)
        for place, select in enumerate(first):
            name = given[place] if place < len(given) else select.alias_or_name or f"column {place + 1}"
            same = [leaf.selects[place] for leaf in leaves if place < len(leaf.selects)]
            step.columns.append((self._spelled.get(name.casefold(), name), same))
        name = "output" if last else self._name(scope)
        self._relations.append(Relation(name, "step", tuple(name for name, _ in step.columns)))
        self._by_scope[id(scope)] = step
        if scope.is_cte:  # a recursive one is read inside itself by a scope of its first branch
            for leaf in (scope.expression, *leaves):
                self._steps[id(leaf)] = step
        return step

    def _name(self, scope: Scope) -> str:
        parent = scope.expression.parent
        while parent is not None and not isinstance(parent, (exp.CTE, exp.Subquery, exp.Lateral)):
            parent = parent.parent
        alias = parent.alias if parent is not None else ""
        return self._spelled.get(alias.casefold(), alias) or "subquery"

    def _follow(self, step: _Step) -> None:
        target = step.relation
        for name, expressions in step.columns:
            for expression in expressions:
                if expression.is_star or find_first(expression, exp.Columns):
                    self._partial = True
                for source, column in self._refs(expression):
                    self._edge(source, column, target, name)
        for leaf in _leaves(step.scope.expression):
            for clause in _row_clauses(leaf):
                for source, column in self._refs(clause):
                    self._edge(source, column, target, None)
            for table in (leaf.args.get("from_"), *(leaf.args.get("joins") or ()), *(leaf.args.get("laterals") or ())):
                for number in self._read_by(table, self._scopes.get(id(leaf), step.scope)):
                    self._edge(number, None, target, None)
        if isinstance(step.scope.expression, exp.SetOperation):
            for clause in _row_clauses(step.scope.expression):
                for source, column in self._refs(clause):
                    self._edge(source, column, target, None)

    def _edge(self, source: int, column: str | None, target: int, name: str | None) -> None:
        if source != target:
            self._edges[LineageEdge(source, column, target, name)] = None

    def _read_by(self, node: exp.Expr | None, scope: Scope) -> Iterator[int]:
        if node is None:
            return
        this = node.this
        if isinstance(this, exp.Subquery) and isinstance(this.this, exp.Table):
            this = this.this
        if isinstance(this, (exp.Table, exp.Subquery)):
            for part in (this, *(join.this for join in this.args.get("joins") or ())):
                for number, _ in self._source(part.alias_or_name, scope):
                    yield number

    def _refs(self, expression: exp.Expr) -> Iterator[tuple[int, str | None]]:
        """The columns and parameters an expression reads, those of the subqueries in it too."""
        for node in find_all(expression, exp.Column, exp.Table, exp.Cast):
            if parameter := node.meta_get("parameter"):
                name = self._params.get(str(parameter).casefold())
                if name is not None:
                    yield self._param_relation, name
            elif isinstance(node, exp.Column):
                yield from self._column(node)
            elif isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):  # in a subquery: count(*)
                scope = self._scope_of(node)
                if scope is not None:
                    yield from ((number, None) for number, _ in self._source(node.alias_or_name, scope))

    def _scope_of(self, node: exp.Expr) -> Scope | None:
        select = node.find_ancestor(exp.Select)
        return self._scopes.get(id(select)) if select is not None else None

    def _column(self, node: exp.Column) -> Iterator[tuple[int, str | None]]:
        scope = self._owner.get(id(node))
        if scope is None:
            self._partial = True
            return
        if not node.table:
            own = self._own_alias(node, scope)
            if own is not None:
                yield from self._refs(own)
                return
        found = list(self._source(node.table, scope))
        if not found:
            self._partial = True
        for number, known in found:
            if known is None:  # an unnested value: its own sources
                yield number, None
                continue
            name = known.get(node.name.casefold())
            if name is None and known:
                self._partial = True
            else:
                yield number, name or self._spelled.get(node.name.casefold(), node.name)

    def _own_alias(self, node: exp.Column, scope: Scope) -> exp.Expr | None:
        """What an ORDER BY or a GROUP BY names by its alias in the same SELECT."""
        for leaf in _leaves(scope.expression):
            for select in leaf.selects:
                inside = node
                while inside is not None and inside is not select:
                    inside = inside.parent  # type: ignore[assignment]
                if inside is None and isinstance(select, exp.Alias) and select.alias.casefold() == node.name.casefold():
                    return select.this
        return None

    def _source(self, name: str, scope: Scope) -> Iterator[tuple[int, dict[str, str] | None]]:
        """``(relation, its columns by folded name)`` of what goes by a name in a scope."""
        here: Scope | None = scope
        folded = name.casefold()
        while here is not None:
            for alias, source in here.sources.items():
                if alias.casefold() == folded or (not name and len(here.sources) == 1):
                    yield from self._relation(source)
                    return
            here = here.parent

    def _relation(self, source: exp.Expr | Scope) -> Iterator[tuple[int, dict[str, str] | None]]:
        if isinstance(source, exp.Table):
            known = self._sources.get(source.name.casefold())
            if known is not None:
                yield known
            return
        if not isinstance(source, Scope):
            return
        step = self._by_scope.get(id(source)) or self._steps.get(id(source.expression))
        if step is not None:
            yield step.relation, {name.casefold(): name for name, _ in step.columns}
        elif isinstance(source.expression, exp.UDTF):
            if id(source) in self._made:  # a column by which it seems to read itself: UNNEST(t) AS u(t)
                self._partial = True
                return
            self._made.add(id(source))
            made = list(self._refs(source.expression))
            self._made.discard(id(source))
            for number, column in made:
                yield number, {} if column is None else _Always(column)


class _Always(dict[str, str]):
    """A made column comes from this one, whatever it is called."""

    def __init__(self, column: str) -> None:
        super().__init__({column: column})
        self._made = column

    def get(self, key: str, default: object = None) -> str:  # type: ignore[override]
        return self._made


def _leaves(expression: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs that a query is made of, without those it reads from."""
    waiting = [expression]
    while waiting:
        here = waiting.pop()
        if isinstance(here, exp.SetOperation):
            waiting += [here.expression, here.this]
        elif isinstance(here, exp.Subquery):
            waiting.append(here.this)
        elif isinstance(here, exp.Select):
            yield here


def _row_clauses(node: exp.Expr) -> Iterator[exp.Expr]:
    given = (node.args.get(key) for key in _ROWS)
    joins = (join.args.get("on") for join in node.args.get("joins") or ())
    pivots = node.args.get("pivots") or ()
    yield from (clause for clause in chain(given, joins, pivots) if isinstance(clause, exp.Expr))
