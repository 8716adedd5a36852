"""A script that is one query in the end: what stands before its query is folded into it.

Functions are written out where they are called, temporary tables and views become steps of WITH, and variables become
parameters with defaults, or the expression that they are given. The text stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp
from sqlglot.tokens import Token

from ....errors import QueryError
from ..parsed_query import PlaceholderUse
from ..positions import span
from ..traversal import find_all, find_first, put, walk_tree
from .create_function import Functions
from .inlining import HIDES, coerced, expand, is_volatile, where
from .statements import word
from .variable_values import constant

__all__ = ["Folded", "folded"]

#: Words that begin what changes data or objects, and what directs a script's course.
_WRITES = {
    "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "DROP", "ALTER", "GRANT", "REVOKE", "EXPORT", "LOAD", "COPY",
    "PUT", "REPLACE", "UPSERT", "RENAME", "ANALYZE", "VACUUM", "ATTACH", "INSTALL",
}  # fmt: skip
_STEERS = {
    "BEGIN", "LOOP", "WHILE", "FOR", "REPEAT", "IF", "CASE", "EXECUTE", "EXEC", "CALL", "RAISE", "RETURN", "GOTO",
    "END", "LEAVE", "BREAK", "CONTINUE", "ITERATE", "COMMIT", "ROLLBACK", "START", "OPEN", "FETCH", "CLOSE", "DO",
    "LET", "ASSERT", "PRINT", "WAITFOR", "TRY",
}  # fmt: skip
_SIGILS = {"tsql": "@", "mysql": "@", "snowflake": "$"}


@dataclass(frozen=True)
class Folded:
    """What a script is in the end.

    Attributes:
        tree: Its query; the calls of functions in it are still to be expanded, once its outputs are named.
        uses: The placeholders, those of variables among them.
        defaults: ``{parameter: its value as text, None for NULL}`` of those that the script sets.
        shown: The text, blank where the query itself does not stand.
    """

    tree: exp.Expr
    uses: tuple[PlaceholderUse, ...]
    defaults: dict[str, str | None]
    shown: str


@dataclass
class _Variable:
    name: str
    kind: exp.DataType | None
    value: exp.Expr
    read: bool = False
    times: int = 0


def folded(sql: str, dialect: str, chunks: Sequence[Sequence[Token]], uses: Sequence[PlaceholderUse]) -> Folded:
    """Folds the statements of a script into its query.

    Args:
        sql: The text.
        dialect: Canonical name.
        chunks: From :func:`~.statements.statements`, two or more.
        uses: The placeholders of the text.

    Raises:
        QueryError: A statement is no part of a query, at its place.
    """
    return _Script(sql, dialect, chunks, uses).folded()


class _Script:
    def __init__(
        self, sql: str, dialect: str, chunks: Sequence[Sequence[Token]], uses: Sequence[PlaceholderUse]
    ) -> None:
        self.sql, self.dialect, self.chunks = sql, dialect, chunks
        self.uses = list(uses)
        self.functions = Functions(sql, dialect, self.at)
        self.variables: dict[str, _Variable] = {}
        self.steps: list[exp.CTE] = []
        self.defaults: dict[str, str | None] = {}

    def at(self, message: str, node: exp.Expr) -> QueryError:
        return QueryError(message, self.sql, *where(node))

    def folded(self) -> Folded:
        *before, last = self.chunks
        for chunk in before:
            self.statement(chunk)
        first = word(last[0])
        if first in ("CREATE", "DECLARE", "SET", *_WRITES, *_STEERS):
            if first in (*_WRITES, *_STEERS):
                self.refuse(last)
            raise self.here("The script ends without a query: put the SELECT that gives the rows last.", last)
        tree = self.query(last)
        if self.steps:
            self.with_steps(tree)
        for variable in self.variables.values():
            if variable.times > 1 and is_volatile(variable.value):
                raise self.at(
                    f"{variable.name} is read more than once, and its value would differ each time: make it a column "
                    "of a step of WITH.",
                    variable.value,
                )
        start = last[0].start
        shown = re.sub(r"[^\n]", " ", self.sql[:start]) + self.sql[start:]
        return Folded(tree, tuple(sorted(self.uses, key=lambda use: use.start)), self.defaults, shown)

    def statement(self, chunk: Sequence[Token]) -> None:
        first, words = word(chunk[0]), [word(token) for token in chunk]
        if first == "CREATE":
            head = next((w for w in words[1:] if w in _OBJECTS), None)
            if head in ("FUNCTION", "MACRO"):
                if any(w in ("TABLE", "AGGREGATE") for w in words[1 : words.index(head)]):
                    raise self.here("A function of tables or of groups is not written out: use a step of WITH.", chunk)
                self.unused(chunk)
                self.functions.define(chunk)
                return
            if head in ("TABLE", "VIEW"):
                self.step(chunk)
                return
        elif first in ("DECLARE", "SET"):
            self.assign(chunk)
            return
        elif first in ("SELECT", "WITH", "FROM", "VALUES", "(") or first == "":
            self.select_into(chunk)
            return
        self.refuse(chunk)

    def refuse(self, chunk: Sequence[Token]) -> None:
        first = word(chunk[0])
        if first in _STEERS:
            raise self.here(
                f"{first} is not allowed: a model is one query, without a script's loops and branches. Only functions, "
                "constants and temporary tables may stand before it.",
                chunk,
            )
        if first in _WRITES:
            raise self.here(f"{first} is not allowed: a model only reads.", chunk)
        raise self.here(
            f"{first[:20] or 'This'} is not allowed before the query of a model: only functions, constants and "
            "temporary tables as a SELECT.",
            chunk,
        )

    def here(self, message: str, chunk: Sequence[Token]) -> QueryError:
        return QueryError(message, self.sql, chunk[0].start, chunk[0].end + 1 - chunk[0].start)

    def unused(self, chunk: Sequence[Token]) -> None:
        """Drops the placeholders of a statement that is not in the query."""
        self.uses = [use for use in self.uses if not chunk[0].start <= use.start <= chunk[-1].end]

    # queries

    def query(self, chunk: Sequence[Token]) -> exp.Expr:
        trees = self.functions.read(chunk)
        tree = self.bound(trees[0]) if trees else exp.Null()
        return tree

    def step(self, chunk: Sequence[Token]) -> None:
        """CREATE TEMP TABLE or VIEW as a SELECT: a step of WITH."""
        words = [word(token) for token in chunk]
        if "COMMIT" in words:  # what PostgreSQL does with it afterwards is nothing to the query
            at = words.index("COMMIT") - 1
            chunk = [*chunk[:at], *chunk[at + (3 if words[at + 2] == "DROP" else 4) :]]
        trees = self.functions.read(chunk)
        create = trees[0] if len(trees) == 1 else None
        query = create.args.get("expression") if isinstance(create, exp.Create) else None
        if not isinstance(create, exp.Create) or not isinstance(query, exp.Query):
            raise self.here(
                "Only CREATE TEMP TABLE or VIEW … AS SELECT may stand before the query: a model has no tables to fill. "
                "Bundle the data with tables={...}.",
                chunk,
            )
        target = create.this
        table = target.this if isinstance(target, exp.Schema) else target
        name = table.this
        properties = create.args.get("properties")
        temporary = properties is not None and find_first(properties, exp.TemporaryProperty) is not None
        if not temporary and not name.args.get("temporary") and not name.name.startswith("#"):
            raise self.here(
                f"{name.name} would be kept: a model only reads. Write CREATE TEMP {create.args['kind']}.", chunk
            )
        columns = target.expressions if isinstance(target, exp.Schema) else []
        if any(not isinstance(column, exp.Identifier) for column in columns):
            raise self.at("Give the types of these columns by CAST in the SELECT.", columns[0])
        self.add_step(name, query, columns)

    def select_into(self, chunk: Sequence[Token]) -> None:
        trees = self.functions.read(chunk)
        tree = trees[0] if len(trees) == 1 else None
        into = tree.args.get("into") if isinstance(tree, exp.Select) else None
        if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
            name = into.this.this
            if name.args.get("temporary") or name.name.startswith("#") or into.args.get("temporary"):
                assert tree is not None
                tree.set("into", None)
                self.add_step(name, tree, [])
                return
            raise self.at("SELECT INTO is not allowed: a model only reads.", into)
        second = self.chunks[1] if self.chunks[0] is chunk else chunk
        raise QueryError(
            f"A model is one query; this text has {len(self.chunks)} statements. Keep one; use WITH for steps.",
            self.sql,
            second[0].start,
            second[0].end + 1 - second[0].start,
        )

    def add_step(self, name: exp.Identifier, query: exp.Expr, columns: Sequence[exp.Expr]) -> None:
        query = self.bound(query)
        own = _plain_name(name)
        if any(cte.alias.casefold() == own.name.casefold() for cte in self.steps):
            raise self.at(f"{own.name} is made twice: give each its own name.", name)
        self.steps.append(exp.CTE(this=query, alias=exp.TableAlias(this=own, columns=[c.copy() for c in columns])))

    def with_steps(self, tree: exp.Expr) -> None:
        for query in [*(cte.this for cte in self.steps), tree]:
            for table in find_all(query, exp.Table):
                if isinstance(table.this, exp.Identifier) and table.this.args.get("temporary"):
                    table.set("this", _plain_name(table.this))
                if table.db.upper() in ("_SESSION", "PG_TEMP", "SESSION") and not table.catalog:
                    table.set("db", None)
        names = {cte.alias.casefold() for cte in self.steps}
        for query in [*(cte.this for cte in self.steps), tree]:
            for cte in find_all(query, exp.CTE):
                if cte.alias.casefold() in names:
                    raise self.at(f"{cte.alias} is a temporary table and a step of WITH: give each its own name.", cte)
        while isinstance(tree, (exp.Subquery, exp.Paren)) and not isinstance(tree, exp.Select):
            tree = tree.this
        if not isinstance(tree, exp.Query):
            return
        with_ = tree.args.get("with_")
        if with_ is None:
            tree.set("with_", exp.With(expressions=self.steps))
        else:
            with_.set("expressions", [*self.steps, *with_.expressions])

    # variables

    def assign(self, chunk: Sequence[Token]) -> None:
        self.unused(chunk)
        trees = self.functions.read(chunk)
        tree = trees[0] if len(trees) == 1 else None
        if isinstance(tree, exp.Declare):
            for item in tree.expressions:
                kind, default = item.args.get("kind"), item.args.get("default")
                if kind is not None and not isinstance(kind, exp.DataType):
                    raise self.at("A variable that is a table has to be a temporary table, filled by SELECT.", item)
                value = default if isinstance(default, exp.Expr) else exp.Null()
                for name in item.this if isinstance(item.this, list) else [item.this]:
                    self.define(_name_of(name), kind, value, chunk)
            return
        if isinstance(tree, exp.Set) and all(isinstance(item, exp.SetItem) for item in tree.expressions):
            for item in tree.expressions:
                pair = item.this
                if not isinstance(pair, (exp.EQ, exp.PropertyEQ)) or not self.sets_variable(pair.this, item):
                    break
                many = isinstance(pair.this, exp.Tuple)
                names = pair.this.expressions if many else [pair.this]
                values = pair.expression.expressions if many else [pair.expression]
                if len(names) != len(values):
                    break
                for name, value in zip(names, values, strict=True):
                    known = self.variables.get(_name_of(name).casefold())
                    self.define(_name_of(name), known.kind if known else None, value, chunk)
            else:
                return
        raise self.here(
            "Settings of the session are not available to a model: leave this out. Only variables can be set here.",
            chunk,
        )

    def sets_variable(self, target: exp.Expr, item: exp.SetItem) -> bool:
        names = target.expressions if isinstance(target, exp.Tuple) else [target]
        if self.dialect in ("tsql", "mysql"):
            return all(isinstance(name, exp.Parameter) for name in names)
        if self.dialect in ("snowflake", "duckdb"):
            return item.args.get("kind") == "VARIABLE"
        if self.dialect in ("bigquery", "databricks"):
            return all(_name_of(name).casefold() in self.variables for name in names)
        return False

    def define(self, name: str, kind: exp.DataType | None, value: exp.Expr, chunk: Sequence[Token]) -> None:
        known = self.variables.get(name.casefold())
        if known is not None and known.times:
            raise self.here(f"{name} is set again after it was read: give the second value a name of its own.", chunk)
        found = expand(self.bound(value.copy()), self.at)
        plain = constant(found, kind, self.dialect)
        self.defaults.pop(known.name if known is not None else name, None)
        if plain is not None:
            type_, text = plain
            self.defaults[name] = text
            self.uses = [
                replace(use, type_hint=type_) if use.name.casefold() == name.casefold() else use for use in self.uses
            ]
            held: exp.Expr = exp.Placeholder(this=name)
            held.meta["declared"] = type_
            if kind is not None and kind.expressions and kind.is_type(*exp.DataType.TEXT_TYPES, exp.DType.DECIMAL):
                held = exp.Cast(this=held, to=kind.copy())  # cut or rounded as it is when it is set
            self.variables[name.casefold()] = _Variable(name, kind, held, read=True)
            return
        if isinstance(found, exp.Query) and not isinstance(found, exp.Subquery):
            found = exp.Subquery(this=found)
        found = found if isinstance(found, (exp.Subquery, exp.Paren, exp.Func)) else exp.Paren(this=found)
        if kind is not None:
            found = coerced(found, kind, f"the value of {name}")
        self.uses = [use for use in self.uses if use.name.casefold() != name.casefold()]
        self.variables[name.casefold()] = _Variable(name, kind, found)

    def bound(self, tree: exp.Expr) -> exp.Expr:
        """The tree with the variables' values in the place of their names."""
        if not self.variables:
            return tree
        for node in list(walk_tree(tree, bfs=False)):
            name = self.variable_in(node)
            variable = self.variables.get(name.casefold()) if name is not None else None
            if variable is None or name is None:
                continue
            value = variable.value.copy()
            place = span(node)
            variable.times += 1
            if variable.read and place is not None:
                held = value if isinstance(value, exp.Placeholder) else value.this
                held.meta.update(start=place[0], end=place[1] - 1)
                if not any(use.start == place[0] for use in self.uses):
                    self.uses.append(PlaceholderUse(variable.name, *place, held.meta["declared"]))
            if isinstance(node, exp.Column):
                value.meta[HIDES] = node.copy()
                if node.arg_key == "expressions" and isinstance(node.parent, exp.Select):
                    value = exp.alias_(value, node.name, quoted=True, copy=False)
            tree = put(value, node, tree)
        return tree

    def variable_in(self, node: exp.Expr) -> str | None:
        if self.dialect in _SIGILS:
            return _name_of(node) if isinstance(node, exp.Parameter) else None
        if self.dialect == "duckdb":
            asked = isinstance(node, exp.Anonymous) and str(node.name).lower() == "getvariable"
            return str(node.expressions[0].name) if asked and len(node.expressions) == 1 else None
        if not isinstance(node, exp.Column) or not isinstance(node.this, exp.Identifier):
            return None
        if node.table and not (self.dialect == "databricks" and node.table.casefold() == "session"):
            return None
        return None if _is_output(node) else node.name


_OBJECTS = {
    "FUNCTION",
    "MACRO",
    "TABLE",
    "VIEW",
    "PROCEDURE",
    "SCHEMA",
    "DATABASE",
    "INDEX",
    "MODEL",
    "SEQUENCE",
    "TYPE",
}


def _plain_name(name: exp.Identifier) -> exp.Identifier:
    """The name of a temporary table: T-SQL's has a mark that no other has."""
    if not name.args.get("temporary"):
        return name.copy()
    found = exp.to_identifier(f"#{name.name.lstrip('#')}", quoted=True)
    found.meta.update(name.meta)
    return found


def _name_of(node: exp.Expr) -> str:
    if isinstance(node, exp.Parameter):
        return node.this.name if isinstance(node.this, exp.Expr) else str(node.this)
    return node.name


def _is_output(column: exp.Column) -> bool:
    """Whether it stands where the outputs of its SELECT are known, and one has its name."""
    select = column.find_ancestor(exp.Select)
    here: exp.Expr | None = column
    while here is not None and here.parent is not select:
        here = here.parent
    if select is None or here is None or here.arg_key not in ("order", "group", "having", "qualify"):
        return False
    return any(
        isinstance(item, exp.Alias) and item.alias.casefold() == column.name.casefold() for item in select.expressions
    )
