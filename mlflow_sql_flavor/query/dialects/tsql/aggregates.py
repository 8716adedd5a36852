"""Variance and deviation under their names in SQL Server."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("tsql aggregates")
_SPREAD = {"varp": "var_pop", "var": "var_samp", "stdevp": "stddev_pop", "stdev": "stddev_samp"}


@R.function(*_SPREAD)
def spread(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call(_SPREAD[node.name.lower()], *node.expressions, type="DOUBLE")
