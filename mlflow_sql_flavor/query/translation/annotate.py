"""Types for a tree that keeps its shape: a qualified copy is typed, the types are carried back node by node."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from ..dialects import rules_of
from ..reading.placeholders import data_type

__all__ = ["FAILURES", "annotate", "flatten_chains", "qualified"]

#: What sqlglot's optimizer raises on a tree it does not understand.
FAILURES = (SqlglotError, ValueError, KeyError, AttributeError, TypeError, IndexError)
_LONG = 64  # operands from which a chain of one operator is typed as one flat node
_CHAINS = (exp.Add, exp.Sub, exp.Mul, exp.And, exp.Or, exp.DPipe)


def annotate(tree: exp.Query, schema: Mapping[str, Mapping[str, str]], dialect: str) -> None:
    """Set ``node.type`` all over ``tree``. Never fails: what cannot be typed stays unknown."""
    copy = tree.copy()
    pairs = list(zip(tree.walk(bfs=False), copy.walk(bfs=False), strict=True))
    copied = {id(theirs): ours for ours, theirs in pairs}
    chains = flatten_chains(copy)
    typed, columns = qualified(copy, schema, dialect)
    with suppress(*FAILURES):
        annotate_types(typed, schema=columns, dialect=columns.dialect, expression_metadata=_metadata(dialect))
    for node in typed.walk():
        ours = copied.get(id(node))
        if ours is not None and node.type is not None and _untyped(ours):
            ours.type = node.type
    for chain, flat in chains:
        for theirs in chain:
            ours = copied.get(id(theirs))
            if ours is not None and _untyped(ours):
                ours.type = flat.type
    _merged(tree, schema)


def qualified(tree: exp.Expr, schema: Mapping[str, Mapping[str, str]], dialect: str) -> tuple[exp.Expr, MappingSchema]:
    """The tree with each column's table, in place as far as it can be qualified; and the schema it was read against."""
    reader = f"{dialect}, normalization_strategy=case_insensitive"
    columns = MappingSchema(
        {table: {name: data_type(type_) for name, type_ in cols.items()} for table, cols in schema.items()},
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


def _merged(tree: exp.Query, schema: Mapping[str, Mapping[str, str]]) -> None:
    """Types the bare columns of USING, which qualifying replaces by a COALESCE of both tables' columns."""
    names = {column.name.casefold() for join in tree.find_all(exp.Join) for column in join.args.get("using") or ()}
    if not names:
        return
    kinds: dict[str, set[str]] = {}
    for table in schema.values():
        for name, kind in table.items():
            kinds.setdefault(name.casefold(), set()).add(kind)
    made = {alias.alias.casefold() for alias in tree.find_all(exp.Alias)}
    for column in tree.find_all(exp.Column):
        name = column.name.casefold()
        found = kinds.get(name, set())
        if name in names and name not in made and len(found) == 1 and not column.table and _untyped(column):
            column.type = data_type(next(iter(found)))


def _untyped(node: exp.Expr) -> bool:
    return node.type is None or node.type.this == exp.DType.UNKNOWN  # the parser types what stands in brackets


@cache
def _metadata(dialect: str) -> dict[type[exp.Expr], Any]:
    return {**Dialect.get_or_raise(dialect).EXPRESSION_METADATA, **rules_of(dialect).typing}


def flatten_chains(copy: exp.Expr) -> list[tuple[list[exp.Expr], exp.Expr]]:
    """Writes each long chain of one operator as one flat node, in place: ``(the chain's nodes, the flat one)``.

    Every column asks for its SELECT by climbing: in a chain of n operators that is n * n steps.
    """
    found: list[tuple[list[exp.Expr], exp.Expr]] = []
    seen: set[int] = set()
    for node in list(copy.walk(bfs=False)):
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
