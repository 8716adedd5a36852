"""A query with its types and, for each column, where it comes from: made once, read by everything that asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from ..reading.parsed_query import ParsedQuery
from ..reading.placeholders import data_type
from ..reading.traversal import find_all
from ..reading.tree_copy import paired_copy
from .context import RuleSet
from .rules import DialectRules

__all__ = ["FAILURES", "Output", "Schema", "TypedQuery", "outputs_of", "type_part", "typed"]

Schema = Mapping[str, Mapping[str, str]]

#: What sqlglot's optimizer raises on a tree it does not understand.
FAILURES = (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError, AssertionError)
_LONG = 64  # operands from which a chain of one operator is typed as one flat node
_CHAINS = (exp.Add, exp.Sub, exp.Mul, exp.And, exp.Or, exp.DPipe)


def _scopes_of(tree: exp.Expr) -> list[Scope]:
    """Of a query as it is written, its own last; none where sqlglot cannot tell them."""
    try:
        return traverse_scope(tree)
    except (SqlglotError, RecursionError):
        return []


@dataclass(frozen=True)
class Output:
    """An output column: its name as the text spells it, and its type in the source dialect where that is known."""

    name: str
    type: exp.DataType | None


@dataclass(frozen=True, eq=False)
class TypedQuery:
    """A query read against a schema.

    Nothing here is written into: who rewrites takes :meth:`copy`.

    Attributes:
        query: The text and its parse.
        schema: ``{table: {column: DuckDB type}}``, the types as the source engine has them.
        tree: The query in its written shape. Every node whose type is known has it as ``node.type``; a placeholder is
            a cast of ``$name`` to its type, with the name as ``meta["parameter"]``.
        qualified: The same query with each column's table, stars expanded and USING spelled out, typed too.
        spelling: ``{folded name: as the text spells it}``, since qualifying folds names.
    """

    query: ParsedQuery
    schema: Schema
    tree: exp.Query
    qualified: exp.Expr
    spelling: Mapping[str, str]
    _columns: Mapping[int, exp.Expr] = field(repr=False)  # id of a column of the tree -> the column in `qualified`

    def copy(self) -> exp.Query:
        """The tree, to be rewritten; :meth:`origin` knows its columns, and copies of them."""
        tree, pairs = paired_copy(self.tree)
        for ours, copy in pairs:
            if isinstance(ours, exp.Column):
                copy.meta["column"] = id(ours)
        return tree

    @cached_property
    def scopes(self) -> list[Scope]:
        """Of `qualified`, the query's own last.

        Raises:
            SqlglotError: The query cannot be followed.
        """
        return traverse_scope(self.qualified)

    @cached_property
    def written_scopes(self) -> list[Scope]:
        """Of `tree`, the query's own last; none where sqlglot cannot tell them."""
        return _scopes_of(self.tree)

    @cached_property
    def owners(self) -> dict[int, Scope]:
        """``{id of a column or a parameter of qualified: its scope}``."""
        return {
            id(node): scope
            for scope in self.scopes
            for node in scope.walk()
            if isinstance(node, exp.Column) or node.meta_get("parameter") is not None
        }

    def _source(self, twin: exp.Expr) -> exp.Expr | Scope | None:
        scope = self.owners.get(id(twin))
        while scope is not None and isinstance(twin, exp.Column):
            if twin.table in scope.sources:
                found: exp.Expr | Scope = scope.sources[twin.table]
                return found
            scope = scope.parent
        return None

    def read_from(self, column: exp.Column) -> exp.Table | exp.Query | None:
        """What a column is read of: a table, or the query of a step; None where that is not known.

        Args:
            column: A column of a :meth:`copy`, or of `qualified`.
        """
        try:
            found = self._source(self._twin(column))
        except SqlglotError:
            return None
        source = found.expression if isinstance(found, Scope) else found
        return source if isinstance(source, (exp.Table, exp.Query)) else None

    def origin(self, column: exp.Column) -> exp.Expr | None:
        """What the step that a column is of has for it, of the left side where that is a set operation.

        Args:
            column: A column of a :meth:`copy`, or of `qualified`; in ORDER BY it may be an output of the query itself.

        Returns:
            A part of `qualified`; None where the column is a table's, or nothing is known of it.
        """
        query, name = self.read_from(column), self._twin(column).name
        if query is None:
            order = self._twin(column).find_ancestor(exp.Order, exp.Query)
            query = order.parent if order is not None and isinstance(order.parent, exp.Select) else None
        items = query.selects if isinstance(query, exp.Query) else []
        return next((item.unalias() for item in items if item.output_name == name), None)

    def _twin(self, column: exp.Column) -> exp.Expr:
        return self._columns.get(column.meta_get("column", 0), column)

    def columns(self) -> Iterator[tuple[exp.Column, exp.Expr]]:
        """Each column of `tree`, and what stands for it in `qualified`."""
        for column in find_all(self.tree, exp.Column):
            if id(column) in self._columns:
                yield column, self._columns[id(column)]

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The output columns, those of a star too; a star that nobody knows the columns of is one, called ``*``."""
        selects = self.qualified.selects if isinstance(self.qualified, exp.Query) else ()
        names = ((item.output_name, item) for item in selects)
        return tuple(Output(self.spelling.get(name.casefold(), name), item.type) for name, item in names)


def typed(query: ParsedQuery, tree: exp.Query, schema: Schema, rules: DialectRules) -> TypedQuery:
    """Types a query. Never fails: what cannot be typed stays unknown.

    Args:
        query: Where the tree is from.
        tree: A tree of its own, its placeholders bound; it gets the types.
        schema: ``{table: {column: DuckDB type}}``.
        rules: The dialect's, which know some types better than sqlglot.
    """
    twin, pairs = paired_copy(tree)
    ours_of = {id(theirs): ours for ours, theirs in pairs}
    chains = _flatten_chains([theirs for _, theirs in pairs])
    found, columns = _qualified(twin, schema, query.dialect)
    with suppress(*FAILURES):
        annotate_types(found, schema=columns, dialect=columns.dialect, expression_metadata=_guarded(rules.metadata()))
    names: list[exp.Identifier] = []
    for ours, theirs in pairs:
        if isinstance(ours, exp.Identifier):
            names.append(ours)
        if theirs.type is not None and _untyped(ours):
            ours.type = theirs.type
        if not isinstance(theirs.parent, exp.Dot):
            continue
        path = ours.parent  # qualifying makes t.a.b a field of a column, of the same names
        if isinstance(path, exp.Column) and ours is path.this and _untyped(path):
            path.type = theirs.parent.type
    for chain, flat in chains:
        for theirs in chain:
            if _untyped(ours_of[id(theirs)]):
                ours_of[id(theirs)].type = flat.type
    for ours, theirs in pairs:
        if isinstance(ours, exp.Select) and ours.is_star and isinstance(theirs, exp.Select) and not theirs.is_star:
            ours.meta["outputs"] = [_handed_on(item) for item in theirs.selects]
    _merged(tree, schema)
    places = {id(ours): theirs for ours, theirs in pairs if isinstance(ours, exp.Column)}
    names.sort(key=lambda name: name.meta_get("start", 0), reverse=True)  # the first of several spellings counts
    spelling = {name.name.casefold(): name.name for name in names}
    return TypedQuery(query, schema, tree, found, spelling, places)


def type_part(node: exp.Expr, rules: RuleSet) -> None:
    """Types a part of a tree in place, once a rule knows more of it: the body of a lambda, by its array's elements."""
    annotate_types(node, dialect=rules.name, expression_metadata=_guarded(rules.metadata()))


def _guarded(metadata: Mapping[type[exp.Expr], Any]) -> dict[type[exp.Expr], Any]:
    """Of a node whose annotator raises the type alone is unknown, and not those of all that come after it."""
    return {
        node: {**entry, "annotator": partial(_annotated, entry["annotator"])} if "annotator" in entry else entry
        for node, entry in metadata.items()
    }


def _annotated(annotator: Any, self: Any, node: exp.Expr, *args: Any, **kwargs: Any) -> Any:
    try:
        return annotator(self, node, *args, **kwargs)
    except FAILURES:
        return self._set_type(node, exp.DType.UNKNOWN)


def _handed_on(item: exp.Expr) -> exp.Column:
    column = exp.column(exp.to_identifier(item.output_name, quoted=True))
    column.type = item.type
    return column


def outputs_of(query: exp.Expr | None) -> list[exp.Expr]:
    """The typed outputs of a query that is part of a typed tree, of the left side where it is a set operation.

    What a star hands on is a column each; nothing at all where that is not known.
    """
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Select):
        return []
    if query.is_star:
        return list(query.meta.get("outputs", []))
    return [item.unalias() for item in query.expressions]


def _qualified(tree: exp.Expr, schema: Schema, dialect: str) -> tuple[exp.Expr, MappingSchema]:
    """The tree with each column's table, in place as far as it can be qualified; and the schema it was read against."""
    reader = f"{dialect}, normalization_strategy=case_insensitive"
    columns = _Columns(
        {table.lower(): {name: data_type(type_) for name, type_ in cols.items()} for table, cols in schema.items()},
        dialect=reader,
    )
    for stars in (True, False):  # what a star hands on has the type it had; a very odd star is left alone
        try:
            found = qualify(
                tree, dialect=reader, schema=columns, expand_stars=stars, validate_qualify_columns=False,
                quote_identifiers=False, identify=False,
            )  # fmt: skip
        except FAILURES:
            continue
        return found, columns
    return tree, columns


class _Columns(MappingSchema):
    """A schema whose keys are names as they are, not SQL to be read: ``a.b`` and ``"a.b"`` are two."""

    def _normalize_name(self, name: str | exp.Identifier, *args: Any, **kwargs: Any) -> str:
        named = exp.to_identifier(name, quoted=True) if isinstance(name, str) else name
        found: str = super()._normalize_name(named, *args, **kwargs)
        return found


def _merged(tree: exp.Query, schema: Schema) -> None:
    """Types the bare columns of USING, which qualifying replaces by a COALESCE of both tables' columns."""
    names = {column.name.casefold() for join in find_all(tree, exp.Join) for column in join.args.get("using") or ()}
    if not names:
        return
    kinds: dict[str, set[str]] = {}
    for table in schema.values():
        for name, kind in table.items():
            kinds.setdefault(name.casefold(), set()).add(kind)
    made = {alias.alias.casefold() for alias in find_all(tree, exp.Alias)}
    for column in find_all(tree, exp.Column):
        name = column.name.casefold()
        found = kinds.get(name, set())
        if name in names and name not in made and len(found) == 1 and not column.table and _untyped(column):
            column.type = data_type(next(iter(found)))


def _untyped(node: exp.Expr) -> bool:
    return node.type is None or node.type.this == exp.DType.UNKNOWN  # the parser types what stands in brackets


def _flatten_chains(nodes: list[exp.Expr]) -> list[tuple[list[exp.Expr], exp.Expr]]:
    """Writes each long chain of one operator as one flat node, in place: ``(the chain's nodes, the flat one)``.

    Every column asks for its SELECT by climbing: in a chain of n operators that is n * n steps.

    Args:
        nodes: All nodes of the tree, each after its parent.
    """
    found: list[tuple[list[exp.Expr], exp.Expr]] = []
    seen: set[int] = set()
    for node in nodes:
        if not isinstance(node, _CHAINS) or id(node) in seen:
            continue
        chain: list[exp.Expr] = []
        operands: list[exp.Expr] = []
        here: exp.Expr = node
        while isinstance(here, _CHAINS) and here.__class__ is node.__class__:
            chain.append(here)
            seen.add(id(here))
            operands.append(here.expression)
            here = here.this
        if len(chain) < _LONG:
            continue
        operands.append(here)
        operands.reverse()
        parent, key, index = node.parent, node.arg_key, node.index
        flat = exp.Coalesce(this=operands[0], expressions=operands[1:])
        if parent is not None and key:
            parent.set(key, flat, index)
            found.append((chain, flat))
    return found
