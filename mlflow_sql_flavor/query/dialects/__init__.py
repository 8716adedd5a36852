"""One module a dialect: rules that rewrite a typed tree so that DuckDB gives the source engine's rows.

How to add to a dialect (``D`` is the module's :class:`DialectRules`; where a dialect is a folder, each topic in it has
its own ``R``, and ``D`` uses them in the order in which they are to be tried):

- rule:     ``@D.rule(exp.Round)`` above ``def f(node, ctx)``: return a new node, or None to leave it. Children are
            already rewritten, parents not yet. ``ctx.type_of(node)``, ``ctx.is_a(node, "int")`` tell types. A node may
            be put inside its replacement without copying. New nodes are not visited again.
- function: ``@D.function("to_hex", "hex2")`` the same for functions sqlglot does not model (exp.Anonymous);
            ``D.known("pi", ...)``: passed through and checked, so no warning; ``D.accepts("if", ...)``: grammar words.
- macro:    ``CREATE MACRO pg__round(x, n) AS ...;`` in macros/<pack>_v1.sql, then
            ``return ctx.macro("pg__round", x, n, type="DOUBLE")``; ``-- uses: common 1`` at the top of the pack makes
            ``common__*`` callable. setting: ``SET integer_division = true;`` in the same file, or
            ``ctx.set("integer_division", False)`` for one query.
- refusal:  ``ctx.refuse("hash", node, "why it differs", "what to write instead")`` raises unless the user allows
            "hash"; ``D.refuse_functions("hash", {"hashtext"}, why, instead)`` for whole families.
- open:     ``ctx.open("random", node, "why two runs may differ")``; ``ctx.warn("kind", node, "message")``.
- formats:  ``common.timefmt(text, TOKENS)`` -> strftime text; raises ``UnknownToken`` (see common.py).

A rule names its source (the engine's documentation) in a comment, and has a recorded case as its test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from ..facts.context import Context

__all__ = ["VERIFIED", "DialectRules", "rules_of"]

Rule = Callable[[exp.Expr, "Context"], "exp.Expr | None"]

VERIFIED = ("postgres", "databricks", "mysql", "sqlite", "clickhouse")
_MODULES = (*VERIFIED, "duckdb", "snowflake", "bigquery", "redshift", "tsql", "trino", "oracle")
_SAME_RULES = {"presto": "trino", "athena": "trino", "materialize": "postgres", "risingwave": "postgres"}


@dataclass
class DialectRules:
    """The rules of one dialect.

    Args:
        name: Canonical dialect name.
        level: ``verified``, ``documented`` or ``unverified``.
        pack: Macro pack, None when the dialect needs no macros and no settings.
        version: Version of the pack that new models get.
        catalog: Key in functions.json with the engine's function names, None when there is no list.
        typing: What sqlglot's typing gets wrong, as entries of its ``expression_metadata``: node type ->
            ``{"returns": exp.DType}`` or ``{"annotator": lambda self, e: self._set_type(e, type)}``.
        stored_as: The type a column has in the engine, for its type in the model, both as DuckDB writes them: an engine
            without dates has text. Tables with such columns are read through casts.
    """

    name: str
    level: str = "unverified"
    pack: str | None = None
    version: int = 1
    catalog: str | None = None
    rules: dict[type[exp.Expr], list[Rule]] = field(default_factory=dict)
    functions: dict[str, list[Rule]] = field(default_factory=dict)
    known_functions: set[str] = field(default_factory=set)
    grammar: set[str] = field(default_factory=set)
    first: list[Callable[[exp.Expr, Context], None]] = field(default_factory=list)
    before: list[Callable[[exp.Expr, Context], None]] = field(default_factory=list)
    typing: dict[type[exp.Expr], dict[str, Any]] = field(default_factory=dict)
    stored_as: Callable[[str], str] | None = None

    def seen(self, schema: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        """The schema with each column's type as the engine itself has it."""
        stored = self.stored_as
        if stored is None:
            return schema
        return {table: {name: stored(kind) for name, kind in columns.items()} for table, columns in schema.items()}

    def rule(self, *types: type[exp.Expr]) -> Callable[[Rule], Rule]:
        """Register a rule for nodes of exactly these types (and, for an abstract one, its subclasses)."""

        def register(rule: Rule) -> Rule:
            for type_ in types:
                self.rules.setdefault(type_, []).append(rule)
            return rule

        return register

    def function(self, *names: str) -> Callable[[Rule], Rule]:
        """Register a rule for functions that sqlglot does not model, by lower-case name."""

        def register(rule: Rule) -> Rule:
            for name in names:
                self.functions.setdefault(name.lower(), []).append(rule)
            return rule

        return register

    def normalise(self, step: Callable[[exp.Expr, Context], None]) -> Callable[[exp.Expr, Context], None]:
        """Register a step over the tree as it was read, run before its functions are judged and its nodes typed."""
        self.first.append(step)
        return step

    def prepare(self, step: Callable[[exp.Expr, Context], None]) -> Callable[[exp.Expr, Context], None]:
        """Register a step over the whole typed tree, run before the rules."""
        self.before.append(step)
        return step

    def use(self, other: DialectRules) -> None:
        """Take over another set's rules, before those added later: what several dialects share, or one topic."""
        for type_, rules in other.rules.items():
            self.rules.setdefault(type_, []).extend(rules)
        for name, rules in other.functions.items():
            self.functions.setdefault(name, []).extend(rules)
        self.known_functions |= other.known_functions
        self.grammar |= other.grammar
        self.first.extend(other.first)
        self.before.extend(other.before)
        self.typing.update(other.typing)

    def known(self, *names: str) -> None:
        """Functions that DuckDB has under the same name with the same meaning: no warning."""
        self.known_functions.update(n.lower() for n in names)

    def accepts(self, *names: str) -> None:
        """Function-like words of the dialect's grammar that its function list does not hold."""
        self.grammar.update(n.lower() for n in names)

    def refuse_functions(self, refusal: str, names: Iterable[str], why: str, instead: str) -> None:
        """Refuse a family of functions that sqlglot does not model under one name that ``allow`` can accept."""

        @self.function(*names)
        def refuse(node: exp.Expr, ctx: Context) -> None:
            ctx.refuse(refusal, node, why, instead)


def rules_of(dialect: str) -> DialectRules:
    """The rules of a dialect; an empty set, level unverified, for one without a module."""
    module = _SAME_RULES.get(dialect, dialect)
    if module not in _MODULES:
        return DialectRules(dialect)
    found: DialectRules = import_module(f".{module}", __package__).D
    return found
