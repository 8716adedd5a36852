"""What the dialects share whose engines cannot be asked here: only what their manuals settle is let through."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from . import build
from .comparisons import between, branches, comparison, in_list
from .exact_numbers import arithmetic_type
from .ties import ties
from .verified import only

_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def standard(rules: DialectRules, verified: Collection[str], but: Collection[type[exp.Expr]] = ()) -> None:
    """Rules for every documented dialect: the functions it may call, exact literals, and no guessed conversions.

    Args:
        rules: Where they are registered.
        verified: Names of the functions that the manual settles.
        but: Operators that the dialect itself looks at.
    """
    rules.typing.update({type_: {"annotator": arithmetic_type} for type_ in (exp.Add, exp.Sub, exp.Mul)})
    rules.typing[exp.Literal] = {"annotator": _literal}
    only(rules, verified)
    rules.rule(*_COMPARED)(comparison)
    rules.rule(exp.In)(in_list)
    rules.rule(exp.Between)(between)
    rules.rule(*(kind for kind in _ARITHMETIC if kind not in but))(arithmetic)
    rules.rule(exp.CountIf)(count_if)
    if exp.AtTimeZone not in but:
        rules.rule(exp.AtTimeZone)(_zone)
    rules.rule(exp.ArgMax, exp.ArgMin)(_arg)
    rules.rule(exp.Case, exp.Coalesce)(branches)
    rules.prepare(ties)


def _literal(self: Any, e: exp.Literal) -> Any:
    if e.is_string:
        return self._set_type(e, exp.DType.VARCHAR)
    if "e" in e.this.lower():
        return self._set_type(e, exp.DType.DOUBLE)
    if not e.is_int:
        return self._set_type(e, exp.DType.DECIMAL)
    return self._set_type(e, exp.DType.INT if int(e.this) < 2**31 else exp.DType.BIGINT)


def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    for side in (node.this, node.expression):
        if ctx.is_a(side, "text", "json", "bool"):
            ctx.refuse("implicit_cast", node, "Arithmetic on a text, JSON value or boolean needs a conversion",
                       "Write it with CAST")  # fmt: skip
    return None


def count_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Over no row that is true: 0; DuckDB 2.0 gives NULL."""
    if isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "COUNT_IF of distinct values is not verified", "Use COUNT(DISTINCT ...)")
    return ctx.call("count", exp.Case(ifs=[exp.If(this=node.this, true=build.lit(1))]), type="BIGINT")


def _zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("timezone", node, "AT TIME ZONE is not verified", "Convert to UTC before")
    return None


def _arg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The value beside the largest or smallest, be it NULL; DuckDB's arg_max passes over NULL values."""
    if len([a for a in node.args.values() if isinstance(a, exp.Expr)]) > 2:
        ctx.refuse("unfaithful", node, "This is verified for one value only", "Leave the number out")
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    return ctx.call(name, node.this, node.expression)
