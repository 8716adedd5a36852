"""What a rule sees and may say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from ... import errors
from ..gate import packs
from ..reading.parsed_query import Finding
from ..reading.placeholders import data_type
from ..reading.positions import finding, span

__all__ = ["FAMILIES", "REFUSALS", "Context", "RuleSet"]

REFUSALS = {
    "alias_shadow": "an alias that hides an input column and is read instead of it",
    "approximate": "approximate aggregates, whose algorithm differs by engine",
    "bare_column": "a column under GROUP BY that is neither grouped nor aggregated",
    "bytes": "functions that count bytes of a text",
    "collation": "a comparison whose collation cannot be reproduced",
    "double_quoted_string": "a double-quoted string",
    "encoding": "checksums, compressions and encodings of one engine",
    "hash": "hash functions whose algorithm belongs to one engine",
    "implicit_cast": "an implicit conversion that the source engine does differently",
    "interval_text": "the text of an interval",
    "json_text": "the text of a JSON value",
    "locale_format": "number and date formats that depend on the locale",
    "no_evidence": "a construct that nobody compared with the source engine",
    "number_format": "numeric format masks",
    "outer_join_default": "an outer join whose unmatched rows are not NULL in the source engine",
    "overflow": "arithmetic that wraps around in the source engine",
    "session": "values of the session or the server",
    "soundex": "phonetic codes",
    "timezone": "conversions that depend on the session's time zone",
    "typeof": "names of types",
    "unfaithful": "another construct that is known to give other rows",
}
"""Every refusal's name, as ``allow=[...]`` takes it."""

FAMILIES: dict[str, Collection[exp.DType]] = {
    "int": exp.DataType.INTEGER_TYPES,
    "float": exp.DataType.FLOAT_TYPES,
    "decimal": {exp.DType.DECIMAL, exp.DType.BIGDECIMAL, exp.DType.UDECIMAL},
    "number": exp.DataType.NUMERIC_TYPES,
    "text": exp.DataType.TEXT_TYPES,
    "bool": {exp.DType.BOOLEAN},
    "date": {exp.DType.DATE, exp.DType.DATE32},
    "timestamp": {
        exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME,
        exp.DType.DATETIME2, exp.DType.DATETIME64, exp.DType.TIMESTAMP_S,
        exp.DType.TIMESTAMP_MS, exp.DType.TIMESTAMP_NS, exp.DType.SMALLDATETIME,
    },
    "timestamptz": {exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ},
    "time": {exp.DType.TIME, exp.DType.TIMETZ},
    "interval": {exp.DType.INTERVAL},
    "array": {exp.DType.ARRAY, exp.DType.LIST},
    "map": {exp.DType.MAP},
    "struct": exp.DataType.STRUCT_TYPES,
    "json": {exp.DType.JSON, exp.DType.JSONB, exp.DType.VARIANT},
}  # fmt: skip
"""The types of each family that :meth:`Context.is_a` tells apart."""
_UNKNOWN = {exp.DType.UNKNOWN, exp.DType.NULL}


class RuleSet(Protocol):
    """What a translation has to know of its dialect's rules."""

    name: str
    pack: str | None
    version: int
    catalog: str | None
    functions: dict[str, list[Any]]
    known_functions: set[str]
    grammar: set[str]

    def metadata(self) -> dict[type[exp.Expr], Any]:
        """What sqlglot's typing goes by."""
        ...


class Context:
    """One translation under way: types, macros, settings, refusals and findings."""

    def __init__(self, sql: str, rules: RuleSet, allow: Collection[str] = (), functions: Collection[str] = ()):
        unknown = [name for name in allow if name not in REFUSALS]
        if unknown:
            hint = errors.did_you_mean(unknown[0], list(REFUSALS))
            raise errors.QueryError(
                f"allow names no refusal {unknown[0]!r}.{hint} Known: {', '.join(sorted(REFUSALS))}."
            )
        self.sql, self.rules, self.allow = sql, rules, frozenset(allow)
        self.udfs = frozenset(name.lower() for name in functions)
        self.columns: frozenset[str] = frozenset()  # names of the columns of the tables read
        self.pack = packs.load(rules.pack, rules.version) if rules.pack else None
        self.schema: Mapping[str, Mapping[str, str]] = {}
        self.required: Mapping[str, Collection[str]] = {}  # table -> columns whose type has no NULL
        self.scopes: Callable[[], Sequence[Scope]] = tuple  # of the query as written, its own last
        # what a column is read of, and what a step has for a column of it: TypedQuery.read_from, TypedQuery.origin
        self.read_from: Callable[[exp.Column], exp.Table | exp.Query | None] = lambda _: None
        self.origin: Callable[[exp.Column], exp.Expr | None] = lambda _: None
        self.keys: Mapping[str, Sequence[Sequence[str]]] = {}  # of tables: columns that identify their rows
        self.macros: dict[str, None] = {}
        self.settings: dict[str, str | bool] = dict(self.pack.settings) if self.pack else {}
        self.warnings: dict[Finding, None] = {}
        self.nondeterminism: dict[Finding, None] = {}
        self.accepted: dict[str, None] = {}

    def type_of(self, node: exp.Expr | None) -> exp.DataType | None:
        """The node's type in the source dialect, None when unknown."""
        found = node.type if node is not None else None
        return found if isinstance(found, exp.DataType) and found.this not in _UNKNOWN else None

    def is_a(self, node: exp.Expr | None, *families: str) -> bool:
        """Whether the type is known and of a family: int, float, decimal, number, text, bool, date, timestamp,
        timestamptz, time, interval, array, map, struct, json."""
        type_ = self.type_of(node)
        return type_ is not None and any(type_.this in FAMILIES[f] for f in families)

    def unknown(self, node: exp.Expr | None) -> bool:
        """Whether the type is not known."""
        return self.type_of(node) is None

    def macro(self, name: str, *args: exp.Expr, type: str | None = None) -> exp.Anonymous:
        """A call of a macro of the dialect's pack."""
        if self.pack is None or name not in self.pack.macros:
            raise KeyError(f"pack {self.rules.pack!r} has no macro {name!r}")
        self.macros[name] = None
        return self.call(name, *args, type=type)

    def call(self, name: str, *args: exp.Expr, type: str | None = None) -> exp.Anonymous:
        """A call of a DuckDB function, printed as it is."""
        node = exp.Anonymous(this=name, expressions=list(args))
        if type:
            node.type = data_type(type)
        node.meta["translated"] = True
        return node

    def set(self, name: str, value: str | bool) -> None:
        """Ask for a session setting."""
        packs.check_settings({name: value})
        self.settings[name] = value

    def refuse(self, refusal: str, node: exp.Expr, why: str, instead: str = "") -> None:
        """Refuse a construct, unless the writer accepted this refusal by name.

        Raises:
            QueryError: at the node's position.
        """
        if refusal not in REFUSALS:
            raise KeyError(refusal)
        if refusal in self.allow:
            self.accepted[refusal] = None
            self.warn(refusal, node, f"Accepted with allow: {why}")
            return
        where = span(node)
        sentence = f"{why.rstrip('.')}.{' ' + instead.rstrip('.') + '.' if instead else ''}"
        raise errors.QueryError(
            f"{sentence} To accept other rows than {self.rules.name} gives: allow=[{refusal!r}].",
            self.sql,
            *((where[0], where[1] - where[0]) if where else (None, 1)),
        )

    def error(self, node: exp.Expr | None, message: str) -> errors.QueryError:
        """An error at a node's position, for what no ``allow`` can accept; to be raised by the caller."""
        where = span(node) if node is not None else None
        return errors.QueryError(message, self.sql, *((where[0], where[1] - where[0]) if where else (None, 1)))

    def warn(self, kind: str, node: exp.Expr | None, message: str) -> None:
        """Tell the writer something."""
        self.warnings[finding(kind, message, node, self.sql)] = None

    def open(self, kind: str, node: exp.Expr | None, message: str) -> None:
        """Record what the source engine itself leaves open: a reason why two runs may differ."""
        self.nondeterminism[finding(kind, message, node, self.sql)] = None
