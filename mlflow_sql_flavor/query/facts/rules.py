"""The rules of one dialect, and the tables of what only changes its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from .context import Context

__all__ = ["DialectRules", "Rule", "arguments"]

Rule = Callable[[exp.Expr, Context], "exp.Expr | None"]
Argument = Callable[[exp.Expr, Context], exp.Expr]
Arguments = Argument | Sequence[Argument] | None
Result = str | Callable[[exp.Expr, Context], exp.DataType | None] | None
Name = str | Callable[[exp.Expr, Context], str]
Part = str | exp.Expr | Argument
Entry = Name | tuple[Name, Result] | tuple[Name, Result, *tuple[Part, ...]]
Table = Mapping[type[exp.Expr] | str, Entry]


@dataclass
class DialectRules:
    """The rules of one dialect.

    Args:
        name: Canonical dialect name.
        pack: Macro pack, None when the dialect needs no macros and no settings.
        version: Version of the pack that new models get.
        catalog: Key in functions.json with the engine's function names, None when there is no list.
        typing: What sqlglot's typing gets wrong, as entries of its ``expression_metadata``: node type ->
            ``{"returns": exp.DType}`` or ``{"annotator": lambda self, e: self._set_type(e, type)}``.
        stored_as: The type a column has in the engine, for its type in the model, both as DuckDB writes them: an engine
            without dates has text. Tables with such columns are read through casts.
    """

    name: str
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
        """Take over another set's rules, after those that are here: what several dialects share, or one topic."""
        for type_, rules in other.rules.items():
            self.rules.setdefault(type_, []).extend(rules)
        for name, rules in other.functions.items():
            self.functions.setdefault(name, []).extend(rules)
        self.known_functions |= other.known_functions
        self.grammar |= other.grammar
        self.first.extend(other.first)
        self.before.extend(other.before)
        self.typing.update(other.typing)
        self.stored_as = other.stored_as or self.stored_as

    def known(self, *names: str) -> None:
        """Functions that DuckDB has under the same name with the same meaning: no warning."""
        self.known_functions.update(n.lower() for n in names)

    def accepts(self, *names: str) -> None:
        """Function-like words of the dialect's grammar that its function list does not hold."""
        self.grammar.update(n.lower() for n in names)

    def renames(self, table: Table, of: Arguments = None, arity: int | None = None) -> None:
        """Functions that DuckDB has under another name.

        Args:
            table: Node type, or lower-case name of a function that sqlglot does not model -> DuckDB's name, or a
                function that tells it; alone or followed by the type of the result in DuckDB (None: the node's own; or
                a function that tells it) and by what is handed on: the node's arguments by their keys (none: all, in
                the order of its ``arg_types``), constants, what a function makes of the node.
            of: What is handed on for each argument; the argument itself by default. One for each where there are
                several, the last for all that follow; of an empty one nothing is handed on.
            arity: The number of arguments that is known; calls with others are left as they are.
        """
        self._calls(table, of, arity, Context.call)

    def macros(self, table: Table, of: Arguments = None, arity: int | None = None) -> None:
        """Functions whose arguments go to a macro of the dialect's pack; as :meth:`renames`."""
        self._calls(table, of, arity, Context.macro)

    def _calls(self, table: Table, of: Arguments, arity: int | None, make: Callable[..., exp.Expr]) -> None:
        for key, entry in table.items():
            name, type_, *parts = entry if isinstance(entry, tuple) else (entry, None)
            self._add(key, partial(_call, make=make, name=name, type_=type_, parts=parts, of=of, arity=arity))

    def converts(self, table: Mapping[type[exp.Expr] | str, Argument]) -> None:
        """Functions that give their first argument, converted: ``{node type or name: what converts it}``."""
        for key, convert in table.items():
            self._add(key, partial(_converted, convert=convert))

    def _add(self, key: type[exp.Expr] | str, rule: Rule) -> None:
        self.function(key)(rule) if isinstance(key, str) else self.rule(key)(rule)

    def refuses(self, refusal: str, what: Iterable[type[exp.Expr] | str], why: str, instead: str = "") -> None:
        """Refuse node types, and functions that sqlglot does not model, under one name that ``allow`` can accept."""

        def refuse(node: exp.Expr, ctx: Context) -> None:
            ctx.refuse(refusal, node, why, instead)

        for each in what:
            self._add(each, refuse)

    def opens(self, kind: str, what: Iterable[type[exp.Expr] | str], why: str) -> None:
        """Record what the engine itself leaves open in node types and functions; rules of theirs that follow apply."""

        def leave(node: exp.Expr, ctx: Context) -> None:
            ctx.open(kind, node, why)

        for each in what:
            self._add(each, leave)

    def lacks(self, what: Iterable[type[exp.Expr] | str], why: str) -> None:
        """Refuse node types and functions that nothing can stand for, whatever the writer allows."""

        def refuse(node: exp.Expr, ctx: Context) -> None:
            raise ctx.error(node, why)

        for each in what:
            self._add(each, refuse)

    def metadata(self) -> dict[type[exp.Expr], Any]:
        """What sqlglot's typing goes by, the dialect's own entries included."""
        return {**Dialect.get_or_raise(self.name).EXPRESSION_METADATA, **self.typing}


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The arguments of a call, whether or not sqlglot models its function."""
    return [value for key in _keys(node) for value in _given(node, key)]


def _keys(node: exp.Expr) -> Sequence[str]:
    return ("expressions",) if isinstance(node, exp.Anonymous) else tuple(node.arg_types)


def _given(node: exp.Expr, key: str) -> list[exp.Expr]:
    found = node.args.get(key)
    return [value for value in (found if isinstance(found, list) else [found]) if isinstance(value, exp.Expr)]


def _call(
    node: exp.Expr,
    ctx: Context,
    make: Callable[..., exp.Expr],
    name: Name,
    type_: Result,
    parts: Sequence[Part],
    of: Arguments,
    arity: int | None,
) -> exp.Expr | None:
    if arity is not None and len(arguments(node)) != arity:
        return None
    turns = [of] if callable(of) else of
    number = 0
    values: list[exp.Expr] = []
    for part in parts or _keys(node):
        if isinstance(part, exp.Expr):
            values.append(part.copy())
        elif callable(part):
            values.append(part(node, ctx))
        else:
            for value in _given(node, part):
                if turns is None:
                    values.append(value)
                elif turns:
                    values.append(turns[min(number, len(turns) - 1)](value, ctx))
                number += 1
    kind = type_(node, ctx) if callable(type_) else None
    called = name(node, ctx) if callable(name) else name
    made = make(ctx, called, *values, type=None if callable(type_) else type_)
    if kind is not None:
        made.type = kind.copy()
    return made


def _converted(node: exp.Expr, ctx: Context, convert: Argument) -> exp.Expr:
    return convert(arguments(node)[0], ctx)
