"""Which queries a model may carry, judged on DuckDB's own parse: what DuckDB will run is what was checked.

sqlglot's parse is not asked here. The two differ (`FROM (SUMMARIZE t)` is a table to one and a statement to the other),
and a difference between the parser that checks and the parser that runs is a way in.
"""

import functools
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ...errors import QueryError, UnknownFunctionError, did_you_mean
from . import grammar
from .constant_sizes import Sizes
from .grammar import CTES, DATA, EXPR, MODIFIERS, NODE, PAIRS, PIVOTS, REF
from .identifiers import fold
from .refused_functions import no_table_function, reason_of, shown

__all__ = ["MAX_QUERY_CHARS", "Facts", "judge"]

MAX_QUERY_CHARS = 8_000_000
"""Longest query accepted, in characters. The largest generated queries measured (tree ensembles) are about 1 MB."""


@dataclass(frozen=True)
class Facts:
    """What a query that was accepted reads.

    Attributes:
        parameters: Names of its placeholders.
        tables: The tables it reads, spelled as in the ``tables`` argument; no CTEs.
        functions: Names of the functions it calls, in lower case, operators included.
    """

    parameters: frozenset[str]
    tables: frozenset[str]
    functions: frozenset[str]


class _Scope:
    """The CTE names of one WITH list. A CTE sees the ones before it, and itself only in its recursive part."""

    __slots__ = ("names", "parent", "visible")

    def __init__(self, parent: "_Scope | None", names: dict[str, int], visible: int) -> None:
        self.parent, self.names, self.visible = parent, names, visible

    def has(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if scope.names.get(name, scope.visible) < scope.visible:
                return True
            scope = scope.parent
        return False


def judge(tree: dict[str, Any], sql: str, *, tables: Collection[str], functions: Collection[str] = ()) -> Facts:
    """Accept or refuse a query by an allow-list walk of its tree. Time is linear in the tree, and depth is no limit.

    Args:
        tree: The parsed JSON of DuckDB's ``json_serialize_sql`` for ``sql``; default values may be left out of it.
        sql: The query's text, for positions in messages.
        tables: Names of the tables the query may read, the input and the reference tables; as a mapping with the
            columns of each.
        functions: Names of functions beyond DuckDB's own that the loader has installed: macros and UDFs.

    Returns:
        What the query reads.

    Raises:
        QueryError: The query does something that is not on the list; says what, where and what to do instead.
    """
    judge_ = _Judge(sql, tables, functions)
    try:
        return judge_.run(tree)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # Not the shape that any DuckDB known here writes: what cannot be read cannot be allowed.
        judge_.near, judge_.at = None, {}
        judge_._unknown("something of a form that this version cannot read")


class _Judge:
    def __init__(self, sql: str, tables: Collection[str], functions: Collection[str]) -> None:
        self.sql = sql
        self.tables = {fold(name): name for name in tables}
        self.columns = {fold(name): tables[name] for name in tables} if isinstance(tables, Mapping) else None
        self.has_user: Callable[[], bool] = lambda: False
        self.own_functions = frozenset(map(fold, functions))
        self.expression_functions = grammar.expression_functions() | self.own_functions
        self.window_functions = self.expression_functions | grammar.allowed("window")
        self.table_functions = grammar.allowed("table")
        self.sizes = Sizes()
        self.parameters: set[str] = set()
        self.read: set[str] = set()
        self.called: set[str] = set()
        # (kind, value, CTEs in scope, nearest known position)
        self.stack: list[tuple[str, Any, _Scope | None, int | None]] = []
        self.at: dict[str, Any] = {}
        self.near: int | None = None

    def run(self, tree: dict[str, Any]) -> Facts:
        self.has_user = functools.cache(lambda: _defines(tree, "user", self.columns))
        if tree.get("error"):
            self._refuse("Only a query (SELECT, VALUES, FROM, WITH) can be a model.")
        statements = tree.get("statements")
        if not isinstance(statements, list) or len(statements) != 1:
            self._refuse("A model is exactly one query: remove the other statements.")
        self._keys(statements[0], grammar.STATEMENT, None)
        walk = {EXPR: self._expression, REF: self._reference, NODE: self._node, PAIRS: self._pair,
                PIVOTS: self._pivot, MODIFIERS: self._modifier}  # fmt: skip
        stack = self.stack
        while stack:
            kind, value, scope, near = stack.pop()
            if isinstance(value, list):
                stack.extend((kind, item, scope, near) for item in reversed(value))
                continue
            if not isinstance(value, dict):
                if value is None:
                    continue
                self._unknown(f"a bare value where a {kind} belongs")
            self.at = value
            location = value.get("query_location")
            self.near = location if isinstance(location, int) and location < 2**62 else near
            walk[kind](value, scope)
        return Facts(frozenset(self.parameters), frozenset(self.read), frozenset(self.called))

    # One method a kind of value. Each checks the value itself and puts what is under it on the stack.

    def _keys(self, value: dict[str, Any], keys: dict[str, str], scope: _Scope | None) -> None:
        todo = []
        for key, item in value.items():
            kind = keys.get(key)
            if kind is DATA:
                if type(item) in (dict, list) and item:
                    self._data(item)
            elif kind is None:
                if item not in (None, "", False) and item != [] and item != {}:
                    self._unknown(f"{str(key).lower().replace('_', ' ')} in a {_kind_name(value)}")
            elif item is not None and kind is not CTES:
                todo.append((kind, item, scope, self.near))
        self.stack.extend(reversed(todo))

    def _node(self, value: dict[str, Any], scope: _Scope | None) -> None:
        if "node" in value:  # a subquery is wrapped like a whole statement
            return self._keys(value, grammar.STATEMENT, scope)
        if "query_node" in value:
            return self._keys(value, grammar.CTE, scope)
        name = value.get("type")
        keys = grammar.NODES.get(name) if isinstance(name, str) else None
        if keys is None:
            if isinstance(name, str) and name.endswith("_QUERY_NODE"):
                verb = name.removesuffix("_QUERY_NODE")
                self._refuse(f"{verb} changes data, and a model may only read: remove it from the query.")
            self._unknown(f"a query of type {name}")
        inner = self._ctes(value, scope)
        if name == "RECURSIVE_CTE_NODE":
            return self._recursive(value, inner)
        return self._keys(value, keys, inner)

    def _ctes(self, value: dict[str, Any], scope: _Scope | None) -> _Scope | None:
        ctes = value.get("cte_map") or {}
        if not isinstance(ctes, dict) or set(ctes) - {"map"}:
            self._unknown("a WITH list of a new form")
        entries = ctes.get("map") or []
        if not entries:
            return scope
        if not all(isinstance(e, dict) and set(e) == {"key", "value"} and isinstance(e["key"], str) for e in entries):
            self._unknown("a WITH list of a new form")
        names = {fold(entry["key"]): index for index, entry in enumerate(entries)}
        for index in range(len(entries) - 1, -1, -1):
            self.stack.append((NODE, entries[index]["value"], _Scope(scope, names, index), self.near))
        return _Scope(scope, names, len(entries))

    def _recursive(self, value: dict[str, Any], scope: _Scope | None) -> None:
        name = value.get("cte_name")
        if not isinstance(name, str):
            self._unknown("a recursive query without a name")
        right = value.get("right")
        self._keys({**value, "right": None}, grammar.NODES["RECURSIVE_CTE_NODE"], scope)
        self.stack.append((NODE, right, _Scope(scope, {fold(name): 0}, 1), self.near))

    def _reference(self, value: dict[str, Any], scope: _Scope | None) -> None:
        name = value.get("type")
        keys = grammar.REFS.get(name) if isinstance(name, str) else None
        if name == "SHOW_REF":
            self._refuse("DESCRIBE, SHOW and SUMMARIZE are not queries a model may run: select the columns themselves.")
        if keys is None:
            self._unknown(f"{name} in FROM")
        if name == "BASE_TABLE":
            self._table(value, scope)
        elif name == "TABLE_FUNCTION":
            function = value.get("function")
            if not isinstance(function, dict) or function.get("class") != "FUNCTION":
                self._unknown("a table function of a new form")
            called = self._path(function, "function_name", "schema", "catalog")
            if len(called) > 1 or fold(called[-1]) not in self.table_functions:
                self._refuse(no_table_function(".".join(called)))
            self.called.add(fold(called[-1]))
            self._arguments(function, streamed=True)  # `FROM range(...)` builds no list
            # The name is judged; what is left are its arguments, as for any call.
            self._keys(function, grammar.EXPRESSIONS["FUNCTION"], scope)
            value = {**value, "function": None}
        self._keys(value, keys, scope)

    def _table(self, value: dict[str, Any], scope: _Scope | None) -> None:
        path = self._path(value, "table_name", "schema_name", "catalog_name")
        if value.get("at_clause"):
            self._refuse("AT (time travel) is not available: a model reads its tables as they are.")
        name = fold(path[-1])
        if len(path) == 1 and scope is not None and scope.has(name):
            return
        if len(path) > 1 or name not in self.tables:
            known = ", ".join(repr(t) for t in sorted(self.tables.values())[:20]) or "none"
            hint = did_you_mean(path[-1], set(self.tables.values()))
            self._refuse(
                f"The query reads the table {shown('.'.join(path))}, which the model does not have.{hint} "
                f"Tables it may read, by their bare name: {known}. Bundle others with tables={{name: data}}."
            )
        self.read.add(self.tables[name])

    def _expression(self, value: dict[str, Any], scope: _Scope | None) -> None:
        name = value.get("class")
        keys = grammar.EXPRESSIONS.get(name) if isinstance(name, str) else None
        if keys is None:
            if name == "DEFAULT":
                self._refuse("DEFAULT has no meaning in a query: write the value.")
            self._unknown(f"an expression of class {name}")
        if name == "COLUMN_REF":
            names = value.get("column_names")
            if isinstance(names, list) and len(names) == 1:
                self._value_of_the_session(fold(str(names[0])))
        elif name == "FUNCTION":
            self._call(value, self.expression_functions)
        elif name == "WINDOW":
            self._call(value, self.window_functions)
        elif name == "PARAMETER":
            self.parameters.add(str(value.get("identifier")))
        elif name == "OPERATOR":
            if value.get("type") not in grammar.allowed("operator"):
                self._unknown(f"the operator {value.get('type')}")
        elif name == "TYPE":
            path = self._path(value, "type_name", "schema", "catalog")
            if fold(path[-1]) == "variant":
                self._refuse("VARIANT is not a type a query may use: write CAST(… AS JSON).")
            if len(path) > 1 or fold(path[-1]) not in grammar.allowed("type"):
                hint = did_you_mean(path[-1], grammar.allowed("type"))
                self._refuse(f"{shown('.'.join(path))} is not a type a query may use.{hint}")
        self._keys(value, keys, scope)

    def _value_of_the_session(self, name: str) -> None:
        """Refuses a bare name that no column has and that DuckDB then answers from the session."""
        if name in grammar.SESSION_VALUES or (name == "user" and not self.has_user()):
            self._refuse(
                f"{shown(name)} asks for the session, which a model may not see: pass it as a parameter, or "
                "write the table's name before it if it is a column."
            )

    def _call(self, value: dict[str, Any], allowed: frozenset[str]) -> None:
        path = self._path(value, "function_name", "schema", "catalog")
        if len(path) > 1:  # `calls.resolve` leaves none
            self._unknown("a call with the name of a schema")
        name = fold(path[0])
        if name not in allowed:
            text = f"{shown(name)} is not among the functions a query may call.{reason_of(name)}"
            if reason_of(name):
                self._refuse(text)
            self._refuse(text + did_you_mean(name, allowed), functools.partial(UnknownFunctionError, name=name))
        self.called.add(name)
        self._arguments(value)

    def _arguments(self, value: dict[str, Any], streamed: bool = False) -> None:
        name = fold(value["function_name"])
        if not streamed and (excess := self.sizes.excess(value, name)):
            self._refuse(f"{excess}: no limit could stop it while it runs.")
        if name in grammar.LIST_AGGREGATES | grammar.STRUCTURED:
            arguments = [a.get("expression") for a in value.get("arguments") or [] if isinstance(a, dict)]
            literal = ((arguments[1:] or [None])[0] or {}).get("literal") or {}
            text = literal.get("text") if literal.get("kind") == "STRING" else None
        if name in grammar.STRUCTURED and (text is None or _depth(text) > grammar.MAX_STRUCTURE):
            self._refuse(
                f"{name} needs its structure as a plain string, at most {grammar.MAX_STRUCTURE} levels deep: DuckDB "
                "does not survive a very deep one."
            )
        if name in grammar.LIST_AGGREGATES:
            aggregate = text
            if aggregate is None or fold(aggregate) not in grammar.allowed("aggregate"):
                self._refuse(f"{name} needs the name of an aggregate as a plain string, for example 'sum'.")

    def _pair(self, value: dict[str, Any], scope: _Scope | None) -> None:
        self._keys(value, grammar.ORDER if "type" in value else grammar.PAIR, scope)

    def _modifier(self, value: dict[str, Any], scope: _Scope | None) -> None:
        keys = grammar.MODIFIER_TYPES.get(str(value.get("type")))
        if keys is None:
            self._unknown(f"a clause of type {value.get('type')}")
        self._keys(value, keys, scope)

    def _pivot(self, value: dict[str, Any], scope: _Scope | None) -> None:
        if value.get("pivot_enum") or value.get("subquery"):
            self._refuse("PIVOT needs its values written out, as in IN ('a', 'b'): columns must not depend on data.")
        self._keys(value, grammar.PIVOT_ENTRY if "star_expr" in value else grammar.PIVOT_COLUMN, scope)

    def _data(self, value: Any) -> None:
        """Nothing that could be run may hide where plain data belongs."""
        todo = [value]
        while todo:
            item = todo.pop()
            if isinstance(item, dict):
                if "class" in item or "node" in item or "query_node" in item or "function_name" in item:
                    self._unknown("an expression where plain data belongs")
                todo.extend(item.values())
            elif isinstance(item, list):
                todo.extend(item)

    def _path(self, value: dict[str, Any], *keys: str) -> list[str]:
        """A name with its qualifiers, which DuckDB writes twice; a tree where they differ is none of DuckDB's."""
        spelled = [value[key] for key in reversed(keys) if value.get(key)]
        path = (value.get("qualified_name") or {}).get("path", spelled)
        if not spelled or path != spelled or not all(isinstance(part, str) for part in spelled):
            self._unknown("a name of a new form")
        return spelled

    def _refuse(self, message: str, error: Callable[..., QueryError] = QueryError) -> NoReturn:
        location = self.near if self.near is not None else _first_location(self.at)
        length = self.at.get("query_location_length") or 1
        if location is None:
            raise error(message, self.sql)
        if self.sql.isascii():
            raise error(message, self.sql, location, length)
        # DuckDB counts bytes, a caret counts characters
        encoded = self.sql.encode("utf-8", "surrogatepass")
        offset = len(encoded[:location].decode("utf-8", "ignore"))
        width = len(encoded[location : location + length].decode("utf-8", "ignore"))
        raise error(message, self.sql, offset, width)

    def _unknown(self, what: str) -> NoReturn:
        self._refuse(f"The query contains {what}, which is not among the things a model may do: write it another way.")


def _first_location(value: Any) -> int | None:
    todo, found = [value], None
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            at = item.get("query_location")
            if isinstance(at, int) and at < 2**62 and (found is None or at < found):
                found = at
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return found


def _defines(tree: Any, name: str, columns: Mapping[str, Collection[str]] | None) -> bool:
    """Whether a query reads a table that may have a column of this name, or gives the name to anything itself."""
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if fold(item) == name:
                return True
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, dict):
            if item.get("type") == "BASE_TABLE":
                table = fold(str(item.get("table_name", "")))
                if columns is None or name in map(fold, columns.get(table, ())):
                    return True
            # A bare name is a use, but for the parameter of a lambda; a text is neither.
            todo.extend(
                value.get("column_names") if key == "lhs" and isinstance(value, dict) else value
                for key, value in item.items()
                if key not in ("column_names", "literal")
            )
    return False


def _depth(text: str) -> int:
    """Levels of a structure in JSON, at most; exact where it has many brackets and Python reads it."""
    brackets = text.count("[") + text.count("{")
    if brackets <= grammar.MAX_STRUCTURE:
        return brackets
    try:
        level, deepest = [json.loads(text)], 0
    except (ValueError, RecursionError):
        return brackets
    while level := [part for item in level for part in _parts(item)]:
        deepest += 1
    return deepest


def _parts(item: Any) -> Iterable[Any]:
    return item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()


def _kind_name(value: dict[str, Any]) -> str:
    return str(value.get("class") or value.get("type") or "clause").lower().replace("_", " ")
