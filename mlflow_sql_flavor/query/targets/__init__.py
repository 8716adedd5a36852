"""One module an engine that a query is written for: where its functions differ from those of the source dialect.

sqlglot turns the words of one dialect into those of another; what the same word does elsewhere is not its concern. A
rule here takes a node of the source's tree and gives the target's expression for the same rows, or refuses, naming the
function. Rules look like those of :mod:`..dialects`, but ask ``ctx.source`` which dialect the query is of. Between
other pairs a query is sqlglot's translation. ``python -m tests.fidelity.targets`` shows what each pair gives.
"""

from __future__ import annotations

from importlib import import_module

from sqlglot import exp

from ..dialects import DialectRules
from ..reading.parsed_query import ParsedQuery
from ..translation.transpile import apply_rules
from .context import Writing

__all__ = ["adapt"]

_MODULES = {"postgres": "postgres", "databricks": "spark", "sqlite": "sqlite"}
#: The dialects whose meaning is known here.
_SOURCES = ("postgres", "databricks", "duckdb")


def adapt(tree: exp.Query, query: ParsedQuery, target: str) -> exp.Query:
    """Rewrites a typed tree so that the target gives the source's rows; in place, but for its root.

    Args:
        tree: A copy of the query's tree, with types.
        query: The query.
        target: Canonical name of the target's dialect.

    Raises:
        QueryError: The target has no counterpart, at the function's position.
    """
    module = _MODULES.get(target)
    if module is None or target == query.dialect or query.dialect not in _SOURCES:
        return tree
    rules: DialectRules = import_module(f".{module}", __package__).R
    ctx = Writing(query.sql, rules, query.dialect)
    for step in rules.before:
        step(tree, ctx)
    found = apply_rules(tree, rules, ctx)
    assert isinstance(found, exp.Query)
    return found
