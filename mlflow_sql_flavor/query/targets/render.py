"""A query as text for a given engine: its tables under their names there, its parameters in the driver's own form.

Where the query is written in the engine's own dialect its text stays as it is, but for tables, parameters and comments;
elsewhere it is typed and written anew by sqlglot. Nothing is interpolated: tables are quoted names, values are bound.
:func:`render` gives a reader the same text, with tables and parameters under their own names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError
from sqlglot.tokens import Token, TokenType

from ...errors import QueryError
from ..reading import placeholders
from ..reading.parsed_query import ParsedQuery, PlaceholderUse
from ..reading.positions import span
from ..reading.recursion import followed
from ..reading.table_names import given_alias, restore_names
from ..reading.tables import base_tables
from ..reading.traversal import find_all, walk_tree
from ..translation.transpile import first_line, put
from ..translation.typing import type_query
from . import adapt
from .conditions import NO_BOOLEANS, as_numbers
from .distinct_on import without_distinct_on
from .division import check_divisions
from .qualify import has_qualify, without_qualify
from .rendered_query import Raw, Rendered
from .sqlserver import in_its_forms
from .statements import cast_type

__all__ = ["render", "render_for"]

Schema = Mapping[str, Mapping[str, str]]
#: What a parameter becomes in the text: from its name, its DuckDB type, and its number among the distinct ones from 1.
Marker = Callable[[str, str, int], str]

#: How a parameter is written for a reader, where that is not ``:name``.
_FORMS = {"bigquery": "@{}", "tsql": "@{}", "duckdb": "${}", "clickhouse": "{{{}: {}}}"}
#: Engines that have QUALIFY. Spark has it too, but not over groups.
_QUALIFY = {"duckdb", "snowflake", "bigquery", "clickhouse", "redshift"}
_DISTINCT_ON = {"duckdb", "postgres", "redshift", "clickhouse"}
#: Engines in which ``x = ANY(list)`` asks whether a list has a value; in others that have lists it is a function.
_ANY = {"postgres", "redshift", "duckdb"}
_TEXTS = {TokenType.STRING, TokenType.RAW_STRING}
#: Left alone, what a join does not match is 0 or an empty text there, and WHERE reads the names of the outputs.
_MOMENTS = (
    exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPTZ,
    exp.DType.TIMESTAMPLTZ,
    exp.DType.TIMESTAMPNTZ,
    exp.DType.DATETIME,
)
_SETTINGS = {"clickhouse": " SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1"}


def render(
    query: ParsedQuery, target: str, schema: Schema, params: Mapping[str, str], allow: Sequence[str] = ()
) -> str:
    """The query in another dialect for a reader: what an engine is given, under the query's own names.

    Args:
        query: From :func:`~.parse.parse`.
        target: The dialect, by sqlglot's name or a usual alias; the query's own gives the text as written.
        schema: ``{table: {column: DuckDB type}}``, as far as known.
        params: ``{parameter: DuckDB type}``, as far as known; a parameter without a type is not cast.
        allow: Names of refusals the writer accepts, for DuckDB.

    Returns:
        The text; for DuckDB after the statements that make the macros, and set the settings, which it needs.

    Raises:
        QueryError: The target has no faithful counterpart for a part of the query.
    """
    from ..reading.parse import resolve_dialect
    from ..translation.transpile import script_for_duckdb

    target = resolve_dialect(target)
    if target == query.dialect:
        return query.sql
    if target == "duckdb":
        return script_for_duckdb(query, schema, params, allow)
    form = _FORMS.get(target, ":{}")
    known = {name.casefold() for name in params} | {use.name.casefold() for use in query.placeholders if use.type_hint}
    untyped = {use.name: "UNKNOWN" for use in query.placeholders if use.name.casefold() not in known}
    if untyped and target == "clickhouse":
        placeholders.check_types(query.placeholders, params, query.sql)  # whose parameters say their type
    return render_for(
        query,
        target,
        schema,
        {**params, **untyped},
        None,
        lambda name, kind, number: form.format(name, cast_type(kind, target) if target == "clickhouse" else ""),
    ).sql


def render_for(
    query: ParsedQuery,
    target: str,
    schema: Schema,
    params: Mapping[str, str],
    names: Mapping[str, Sequence[str] | Raw] | None,
    marker: Marker = lambda name, kind, number: f":{name}",
    *,
    escape: Callable[[str], str] = str,
    unsafe: str | None = None,
    types: Mapping[str, str] | None = None,
    lists: Mapping[str, int] | None = None,
    tree: exp.Query | None = None,
) -> Rendered:
    """Writes a query for an engine.

    Args:
        query: From :func:`~.parse.parse`.
        target: Canonical name of the engine's dialect.
        schema: ``{table as the query names it: {column: DuckDB type}}``.
        params: ``{parameter: DuckDB type}``.
        names: ``{table as the query names it: its name in the engine}``, as parts to quote, or :class:`Raw` text; None
            leaves tables their names.
        marker: Writes a parameter.
        escape: Applied to all of the text but markers and :class:`Raw` tables, for drivers that read ``%`` or ``{``.
        unsafe: Text that the engine would expand inside of literals: such literals are bound, a name with it refused.
        types: ``{DuckDB type: the engine's}`` for the casts of parameters, where it is not that of a column.
        lists: ``{list parameter: its length}``: ``x IN (:list)`` becomes one parameter an item, ``list[0]`` and so on.
        tree: The query in the engine's own words, from ``translation.transpile.duckdb_tree``; it is changed.

    Raises:
        QueryError: The engine has no counterpart for a part of the query, or a table has no name there.
    """
    if query.tree is None:
        raise QueryError(f"This query uses syntax that only DuckDB reads; it cannot be written in {target}.")
    job = _Job(query, target, schema, params, names, unsafe, types or {}, lists or {}, tree)
    return followed(lambda: job.run(marker, escape))


class _Job:
    """One rendering: the text is made with marks in place of tables and parameters, which are filled in at the end."""

    def __init__(
        self,
        query: ParsedQuery,
        target: str,
        schema: Schema,
        params: Mapping[str, str],
        names: Mapping[str, Sequence[str] | Raw] | None,
        unsafe: str | None,
        types: Mapping[str, str],
        lists: Mapping[str, int],
        tree: exp.Query | None,
    ) -> None:
        self.query, self.target, self.schema, self.unsafe, self.own = query, target, schema, unsafe, types
        self.tree = tree
        self.types = placeholders.check_types(query.placeholders, params, query.sql)
        self.names = None if names is None else {name.casefold(): found for name, found in names.items()}
        self.lists = {n: lists[k] for n in self.types for k in lists if k.casefold() == n.casefold()}
        self.literals: dict[str, str] = {}
        self.marks: dict[str, str | tuple[str]] = {}  # a parameter's name, or a table's text
        # Letters that sqlglot and tokenizers take as one word, and that the query has nowhere.
        self.stem = next(f"zq{n}zq" for n in range(len(query.sql) + 1) if f"zq{n}zq" not in query.sql.lower())

    def run(self, marker: Marker, escape: Callable[[str], str]) -> Rendered:
        assert self.query.tree is not None
        rewritten = self.target == "databricks" and has_qualify(self.query.tree)  # Spark has it, but not over groups
        text = (
            self._as_written() if self.target == self.query.dialect and not (rewritten or self.query.folded) else None
        )
        if text is None:
            text = self._written_anew()
            if self.target != self.query.dialect:
                text += _SETTINGS.get(self.target, "")
        if self.unsafe is not None and self.unsafe in text:
            raise QueryError(
                f"The engine would expand {self.unsafe!r} in a name of this query: rename that column or alias."
            )
        return self._fill(text, marker, escape)

    def _fill(self, text: str, marker: Marker, escape: Callable[[str], str]) -> Rendered:
        parts, uses, at = [], [], 0
        numbers: dict[str, int] = {}
        for match in re.finditer(f"{self.stem}[0-9]+z", text):
            parts.append(escape(text[at : match.start()]))
            at = match.end()
            found = self.marks[match[0]]
            if isinstance(found, tuple):
                parts.append(found[0])
                continue
            uses.append(found)
            number = numbers.setdefault(found, len(numbers) + 1)
            parts.append(marker(found, self.types.get(found, "VARCHAR"), number))
        parts.append(escape(text[at:]))
        types = {**self.types, **dict.fromkeys(self.literals, "VARCHAR")}
        return Rendered("".join(parts), tuple(uses), self.literals, types)

    def _mark(self, found: str | tuple[str]) -> str:
        mark = f"{self.stem}{len(self.marks)}z"
        self.marks[mark] = found
        return mark

    # what stands for tables, parameters and literals

    def _table(self, table: exp.Table) -> exp.Expr:
        """The table's name in the engine."""
        assert self.names is not None
        found = self.names.get(table.name.casefold())
        if found is None:
            raise QueryError(f"Table {table.name!r} has no name in {self.target}: name it in tables={{...}}.")
        if isinstance(found, Raw):
            return exp.Table(this=exp.Var(this=self._mark((str(found),))))
        parts = [exp.to_identifier(part, quoted=True) for part in found]
        if not 1 <= len(parts) <= 3:
            raise QueryError(f"A table's name has one to three parts: {'.'.join(found)!r} is not one.")
        keys = ("this", "db", "catalog")
        return exp.Table(**dict(zip(keys, reversed(parts), strict=False)))

    def _literal(self, text: str) -> str:
        name = next((known for known, value in self.literals.items() if value == text), None)
        if name is None:
            taken = {known.casefold() for known in self.types}
            number = len(self.literals)
            name = next(n for n in (f"literal_{i}" for i in range(number, number + 1 + len(taken))) if n not in taken)
            self.literals[name] = text
        return self._mark(name)

    def _cast_type(self, kind: str) -> str:
        """The engine's word for a parameter's type."""
        found = self.own.get(kind) or cast_type(kind, self.target)
        if self.target == "clickhouse" != self.query.dialect:  # sqlglot says Nullable by itself
            found = found.removeprefix("Nullable(").removesuffix(")") if found.startswith("Nullable(") else found
        return found

    # the text as written

    def _as_written(self) -> str | None:
        """The writer's text with tables and parameters in place and without comments; None if that takes a tree."""
        edits = list(self._edits())
        if any(edit is None for edit in edits):
            self.marks.clear()
            self.literals.clear()
            return None
        sql = self.query.sql
        pieces = {start: (end, text) for start, end, text in (e for e in edits if e is not None)}
        out: list[str] = []
        at = done = 0
        for token in _without_end(Dialect.get_or_raise(self.query.dialect).tokenize(sql)):
            if token.start < done:
                continue
            gap = sql[at : token.start]
            out.append(gap if not gap.strip() else " ")  # what is no token is a comment
            if token.start in pieces:
                done, text = pieces.pop(token.start)
                out.append(text)
                at = done
                continue
            if self.unsafe is not None and self.unsafe in token.text and token.token_type in _TEXTS:
                out.append(self._literal(token.text))
            else:
                out.append(sql[token.start : token.end + 1])
            at = token.end + 1
        if pieces:
            self.marks.clear()
            self.literals.clear()
            return None
        return "".join(out).strip()

    def _edits(self) -> Iterator[tuple[int, int, str] | None]:
        query = self.query
        assert query.tree is not None
        nodes = [n for n in walk_tree(query.tree, bfs=False) if isinstance(n, (exp.Placeholder, exp.Parameter))]
        named = [placeholders.name_of(node) for node in nodes]
        if len(nodes) != len(query.placeholders) or any(
            name is not None and name.casefold() != use.name.casefold()
            for name, use in zip(named, query.placeholders, strict=True)
        ):
            yield None
            return
        for node, use in zip(nodes, query.placeholders, strict=True):
            member = isinstance(node.parent, exp.In) or (self.lists and _asks_for(node) is not None)
            if member and self.types[use.name].endswith("]"):
                yield None
                return
            yield self._parameter_edit(node, use)
        tables = list(base_tables(query.tree))
        places = {span(table.this) for table in tables}
        for start, end, text in query.edits:  # of columns; a table's place is filled below
            if (start, end) not in places:
                yield (start, end, text) if query.dialect == "duckdb" else None
        for table in tables:
            where = span(table.this)
            if where is None or any(table.args.get(key) for key in ("sample", "version", "when", "only")):
                yield None
                return
            own = table.args["alias"].this if table.alias else table.this
            alias = f" AS {own.sql(query.dialect)}" if given_alias(table) else ""
            yield (*where, f"{self._table(table).sql(self.target)}{alias}")

    def _parameter_edit(self, node: exp.Expr, use: PlaceholderUse) -> tuple[int, int, str]:
        mark, kind = self._mark(use.name), self.types[use.name]
        text = mark if _stays_bare(node, kind) else f"CAST({mark} AS {self._cast_type(kind)})"
        return use.start, use.end, text

    # the text written anew

    def _written_anew(self) -> str:
        tree = self._in_its_words() if self.tree is None else self.tree
        if self.tree is not None:  # in which each stands in a cast to its type
            for use in list(find_all(tree, exp.Placeholder)):
                put(use, exp.Var(this=self._mark(use.name)))
        if self.target == "tsql":
            in_its_forms(tree, self.schema)
        if self.target == "clickhouse" != self.query.dialect:
            _in_utc(tree)
        for table in base_tables(tree) if self.names is not None else ():
            self._rename(table)
        if self.names is None:
            restore_names(tree)
        if self.target not in _QUALIFY:
            tree = without_qualify(tree)
        if self.target not in _DISTINCT_ON:
            tree = without_distinct_on(tree)
        if self.target in NO_BOOLEANS:
            as_numbers(tree, self.target)
        if self.unsafe is not None:
            for text in list(find_all(tree, exp.Literal)):
                if text.is_string and self.unsafe in text.this:
                    put(text, exp.Var(this=self._literal(text.this)))
        try:
            return tree.sql(self.target, unsupported_level=ErrorLevel.RAISE, copy=False, comments=False)
        except UnsupportedError as e:
            raise QueryError(f"{self.target} has no counterpart for a part of this query: {first_line(e)}.") from None
        except (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError) as e:
            raise QueryError(f"This query cannot be written in {self.target}: {first_line(e)}.") from None

    def _in_its_words(self) -> exp.Query:
        """The query typed and adapted to the engine, its parameters marks."""
        typed = type_query(self.query, self.schema, self.types)
        if self.schema and self.target != self.query.dialect:  # of types nobody gave, no division can be told apart
            check_divisions(typed, self.target)
        tree = typed.copy()
        found = [
            node for node in walk_tree(tree, bfs=False) if isinstance(node, exp.Cast) and node.meta.get("parameter")
        ]
        bare = [_stays_bare(node, self.types[node.this.this]) for node in found]
        for node, alone in zip(found, bare, strict=True):
            self._bind(node, alone)
        return adapt(tree, self.query, self.target)  # which copies: parameters are marks by now

    def _bind(self, cast: exp.Expr, bare: bool) -> None:
        name = cast.this.this
        mark = exp.Var(this=self._mark(name))
        mark.type = cast.type
        kind = self.types[name]
        if bare or kind == "UNKNOWN":
            new: exp.Expr = mark
        elif kind.endswith("]") and kind not in self.own:
            new = exp.Cast(this=mark, to=cast.args["to"])
        else:  # sqlglot prints the type as it is given
            new = exp.Cast(this=mark, to=exp.DataType(this=exp.DType.USERDEFINED, kind=self._cast_type(kind)))
        new.type = cast.type
        asked = _asks_for(cast) if kind.endswith("]") else None
        if asked is None:
            put(cast, new)
            return
        member = self._member(asked.this, new, name)
        put(asked, exp.Paren(this=exp.Not(this=member) if asked.args.get("negate") else member))

    def _member(self, value: exp.Expr, array: exp.Expr, name: str) -> exp.Expr:
        """Whether a value is in a list parameter."""
        if name in self.lists:
            if not self.lists[name]:
                return exp.false()
            kind = self.types[name][: self.types[name].rindex("[")]
            items = [f"{name}[{place}]" for place in range(self.lists[name])]
            self.types.update(dict.fromkeys(items, kind))
            own = exp.DataType(this=exp.DType.USERDEFINED, kind=self._cast_type(kind))
            casts = [exp.Cast(this=exp.Var(this=self._mark(item)), to=own.copy()) for item in items]
            return exp.Paren(this=exp.In(this=value, expressions=casts))
        if self.target in _ANY:
            return exp.EQ(this=value, expression=exp.Any(this=exp.Paren(this=array)))
        return exp.ArrayContains(this=array, expression=value)

    def _rename(self, table: exp.Table) -> None:
        own = self._table(table)
        if not table.alias:
            alias = exp.to_identifier(table.name, quoted=bool(table.this.args.get("quoted")))
            table.set("alias", exp.TableAlias(this=alias))
        for key in ("this", "db", "catalog"):
            if own.args.get(key) is not None:
                table.set(key, own.args[key])


def _in_utc(tree: exp.Expr) -> None:
    """Moments by casts as ClickHouse's in UTC: one without a zone has that of the session, and no part of a second."""
    for cast in list(find_all(tree, exp.Cast)):
        kind = cast.to
        if kind.is_type(*_MOMENTS) and not kind.expressions:
            cast.set("to", exp.DataType(this=exp.DType.USERDEFINED, kind="DateTime64(6, 'UTC')"))


def _asks_for(bound: exp.Expr) -> exp.Expr | None:
    """The ``x IN (list)`` or ``x = ANY(list)`` a list stands in."""
    parent = bound.parent
    if isinstance(parent, exp.In):
        return parent if len(parent.expressions) == 1 and parent.expressions[0] is bound else None
    group = parent.parent if isinstance(parent, exp.Paren) else parent
    equal = group.parent if isinstance(group, exp.Any) else None
    return equal if isinstance(equal, exp.EQ) and equal.expression is group else None


def _stays_bare(node: exp.Expr, kind: str) -> bool:
    """Whether a whole number is bound as the engine takes it: a count that a cast to BIGINT would make too wide.

    Engines want an INT for LIMIT and for counts of days, characters or digits, and take no BIGINT there.
    """
    if kind not in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        return False
    parent = node.parent
    return isinstance(parent, (exp.Limit, exp.Offset, exp.Fetch)) or (
        isinstance(parent, exp.Func) and not isinstance(parent, (exp.Cast, exp.Binary, exp.AggFunc))
    )


def _without_end(tokens: Sequence[Token]) -> list[Token]:
    found = list(tokens)
    while found and found[-1].token_type == TokenType.SEMICOLON:
        found.pop()
    return found
