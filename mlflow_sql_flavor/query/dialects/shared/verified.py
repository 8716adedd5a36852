"""Functions that are not verified are refused: a name that both engines have need not mean the same."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared.calls import written_name


def is_known(name: str, verified: Collection[str], ctx: Context) -> bool:
    """Whether a function is let through: it is on the list, has a rule, or is one of the model's own."""
    folded = name.lower()
    lists = (verified, ctx.udfs, ctx.rules.functions, ctx.rules.known_functions)
    return any(folded in known for known in lists)


def only(rules: DialectRules, verified: Collection[str]) -> None:
    """Refuse functions that are not on the list: a name that both engines have need not mean the same."""
    names = frozenset(verified)

    @rules.prepare
    def check(tree: exp.Expr, ctx: Context) -> None:
        for node in walk_tree(tree):
            if not isinstance(node, (exp.Func, exp.JSONValue)) or isinstance(node, (exp.And, exp.Or, exp.Xor)):
                continue
            if isinstance(node, exp.JSONValue):  # no function to sqlglot
                if "json_value" not in names:
                    ctx.refuse("json_text", node, f"JSON_VALUE is not verified to give the rows of {ctx.rules.name}")
                continue
            if "parameter" in node.meta:
                continue
            name = written_name(node, ctx.sql)
            if name is None:
                found = {n.lower() for n in type(node).sql_names()}
                if type(node) in _SYNTAX or found & names:
                    continue
                name = next(iter(found), type(node).__name__).upper()
            if is_known(name, names, ctx):
                continue
            ctx.refuse("unfaithful", node, f"{name} is not verified to give the rows of {ctx.rules.name}",
                       "Write it with other functions")  # fmt: skip


_SYNTAX = {exp.Cast, exp.TryCast, exp.Case, exp.If, exp.Coalesce, exp.Array, exp.Exists, exp.Interval}
