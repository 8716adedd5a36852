"""Nodes that rules build of DuckDB's syntax, and what a literal holds."""

from __future__ import annotations

from sqlglot import exp

from ...reading.placeholders import data_type
from ...reading.traversal import find_all


def lit(value: str | int) -> exp.Expr:
    """A literal."""
    return exp.Literal.string(value) if isinstance(value, str) else exp.Literal.number(value)


def text(node: exp.Expr | None) -> str | None:
    """The value of a string literal, raw or not, None for anything else."""
    if isinstance(node, exp.RawString) and isinstance(node.this, str):
        return node.this
    return node.this if isinstance(node, exp.Literal) and node.is_string else None


def cast(node: exp.Expr, type_: str) -> exp.Cast:
    """``CAST(node AS type_)``, a DuckDB type."""
    made = exp.Cast(this=node, to=data_type(type_).copy())
    made.type = data_type(type_)
    return made


def as_it_is(value: exp.Expr, ctx: object) -> exp.Expr:
    """A value, as an argument that is handed on."""
    return value


def as_double(value: exp.Expr, ctx: object) -> exp.Expr:
    """A value as a DOUBLE, as an argument that is handed on."""
    return cast(value, "DOUBLE")


def translated(value: exp.Expr, type_: str, soft: bool) -> exp.Expr:
    """A CAST to DuckDB's type that is final: no rule looks at it again.

    Args:
        value: What is cast.
        type_: DuckDB's name of the type.
        soft: Whether NULL stands for what cannot be cast.
    """
    made = (exp.TryCast if soft else exp.Cast)(this=value, to=data_type(type_).copy())
    made.type, made.meta["translated"] = data_type(type_), True
    return made


def variable(base: str, *within: exp.Expr) -> str:
    """A name for a lambda's parameter that nothing in its body has: no column, no parameter of a lambda around it."""
    taken = {found.name.lower() for part in within for found in find_all(part, exp.Identifier)}
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name


def literal_int(node: exp.Expr | None) -> int | None:
    """The value of a whole number that is written out, with its sign."""
    if isinstance(node, exp.Neg):
        found = literal_int(node.this)
        return None if found is None else -found
    return int(node.this) if isinstance(node, exp.Literal) and node.is_int else None


def named(value: exp.Expr, name: exp.Expr) -> exp.Alias:
    """``value AS name``, of a subquery too."""
    made = exp.Alias(this=value, alias=name)
    made.type = value.type
    return made
