"""What the dialects share whose engines cannot be asked here: only what their manuals settle is let through."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...translation.functions import written_name
from .. import DialectRules
from ..databricks.formats import written_text
from ..postgres.types import R as _EXACT
from . import common

__all__ = [
    "arithmetic", "count_if", "formatted", "keep_date", "literal_int", "only", "scale", "shifted",
    "standard", "ties",
]  # fmt: skip

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?")
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_MOMENTS = ("date", "timestamp", "timestamptz")


def standard(rules: DialectRules, verified: Collection[str]) -> None:
    """Rules for every documented dialect: the functions it may call, exact literals, and no guessed conversions."""
    for type_ in (exp.Add, exp.Sub, exp.Mul):
        if type_ in _EXACT.typing:
            rules.typing[type_] = _EXACT.typing[type_]
    rules.typing[exp.Literal] = {"annotator": _literal}
    only(rules, verified)
    rules.rule(*_COMPARED)(_comparison)
    rules.rule(exp.In)(_in)
    rules.rule(exp.Between)(_between)
    rules.rule(*_ARITHMETIC)(arithmetic)
    rules.rule(exp.CountIf)(count_if)
    rules.rule(exp.AtTimeZone)(_zone)
    rules.rule(exp.ArgMax, exp.ArgMin)(_arg)
    rules.rule(exp.Case, exp.Coalesce)(_branches)
    rules.prepare(ties)


def _literal(self: Any, e: exp.Literal) -> Any:
    if e.is_string:
        return self._set_type(e, exp.DType.VARCHAR)
    if "e" in e.this.lower():
        return self._set_type(e, exp.DType.DOUBLE)
    if not e.is_int:
        return self._set_type(e, exp.DType.DECIMAL)
    return self._set_type(e, exp.DType.INT if int(e.this) < 2**31 else exp.DType.BIGINT)


def only(rules: DialectRules, verified: Collection[str]) -> None:
    """Refuse functions that are not on the list: a name that both engines have need not mean the same."""
    names = frozenset(verified)

    @rules.prepare
    def check(tree: exp.Expr, ctx: Context) -> None:
        for node in tree.walk():
            if not isinstance(node, (exp.Func, exp.JSONValue)) or isinstance(node, (exp.And, exp.Or, exp.Xor)):
                continue
            if isinstance(node, exp.JSONValue):  # no function to sqlglot
                if "json_value" not in names:
                    ctx.refuse("json_text", node, f"JSON_VALUE is not verified to give the rows of {rules.name}")
                continue
            if "parameter" in node.meta:
                continue
            name = written_name(node, ctx.sql)
            if name is None:
                found = {n.lower() for n in type(node).sql_names()}
                if type(node) in _SYNTAX or found & names:
                    continue
                name = next(iter(found), type(node).__name__).upper()
            folded = name.lower()
            if folded in names or folded in ctx.udfs or folded in rules.functions or folded in rules.known_functions:
                continue
            ctx.refuse("unfaithful", node, f"{name} is not verified to give the rows of {rules.name}",
                       "Write it with other functions")  # fmt: skip


_SYNTAX = {exp.Cast, exp.TryCast, exp.Case, exp.If, exp.Coalesce, exp.Array, exp.Exists, exp.Interval}


def _mixed(left: exp.Expr, right: exp.Expr, node: exp.Expr, ctx: Context) -> None:
    for a, b in ((left, right), (right, left)):
        if not ctx.is_a(a, "text"):
            continue
        if ctx.is_a(b, "number", "bool"):
            ctx.refuse("implicit_cast", node, "A text is compared with a number, which each engine converts in its way",
                       "Write the conversion with CAST")  # fmt: skip
        elif ctx.is_a(b, *_MOMENTS):
            literal = common.text(a)
            if literal is None or not _ISO.fullmatch(literal):
                ctx.refuse("implicit_cast", node, "A text is compared with a date, which each engine reads in its way",
                           "Convert it with a format, or write YYYY-MM-DD")  # fmt: skip
        elif ctx.is_a(b, "json"):
            ctx.refuse("implicit_cast", node, "A JSON value is compared with a text", "Cast the JSON value to text")


def _branches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Branches of texts and of numbers: an error in some engines, a conversion in others, a text in DuckDB."""
    if isinstance(node, exp.Coalesce):
        values = [node.this, *node.expressions]
    else:
        values = [branch.args["true"] for branch in node.args["ifs"]]
        values += [node.args["default"]] if node.args.get("default") is not None else []
    texts = [v for v in values if ctx.is_a(v, "text")]
    others = [v for v in values if ctx.is_a(v, "number", "bool", *_MOMENTS)]
    if texts and others and not (ctx.rules.name == "tsql" and node.args.get("is_null")):
        ctx.refuse("implicit_cast", node, "Texts stand beside numbers or dates, which each engine converts in its way",
                   "Write the conversion with CAST")  # fmt: skip
    return None


def ties(tree: exp.Expr, ctx: Context) -> None:
    """TOP or FETCH n WITH TIES: the rows whose rank is at most n."""
    for select in list(tree.find_all(exp.Select)):
        limit, order = select.args.get("limit"), select.args.get("order")
        options = limit.args.get("limit_options") if limit is not None else None
        if limit is None or options is None or not (options.args.get("with_ties") or options.args.get("percent")):
            continue
        number = limit.args.get("count") or limit.args.get("expression")
        if options.args.get("percent") or order is None or literal_int(number) is None or (
            select.args.get("offset") or select.args.get("distinct") or select.args.get("qualify")
        ):  # fmt: skip
            ctx.refuse("unfaithful", limit, "A share of the rows, or WITH TIES beside other clauses, is not verified",
                       "Use RANK() in a subquery")  # fmt: skip
        named = {e.alias: e.this for e in select.expressions if isinstance(e, exp.Alias)}
        keys = order.copy() if order is not None else None
        for column in list(keys.find_all(exp.Column)) if keys is not None else ():
            if not column.table and column.name in named:
                column.replace(named[column.name].copy())
        rank = exp.Window(this=ctx.call("rank"), order=keys)
        select.set("qualify", exp.Qualify(this=exp.LTE(this=rank, expression=number.copy())))
        select.set("limit", None)


def _comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _mixed(node.this, node.expression, node, ctx)
    return None


def _in(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for other in node.expressions:
        _mixed(node.this, other, node, ctx)
    return None


def _between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("low", "high"):
        _mixed(node.this, node.args[key], node, ctx)
    return None


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
    return ctx.call("count", exp.Case(ifs=[exp.If(this=node.this, true=common.lit(1))]), type="BIGINT")


def literal_int(node: exp.Expr | None) -> int | None:
    """The value of a whole number that is written out, with its sign."""
    if isinstance(node, exp.Neg):
        found = literal_int(node.this)
        return None if found is None else -found
    return int(node.this) if isinstance(node, exp.Literal) and node.is_int else None


def formatted(node: exp.Expr, ctx: Context, argument: int, tokens: dict[str, str], **how: object) -> str:
    """The strftime text of a format as it is written in the query."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, argument, ctx.rules.name) if start is not None else None
    if written is None:
        raise ctx.error(node, "The format has to be a constant text.")
    try:
        return common.timefmt(written, tokens, **how)  # type: ignore[arg-type]
    except common.UnknownToken as e:
        raise ctx.error(node, f"The format {written!r} holds {e.token!r}, which is not supported here.") from None


def _zone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("timezone", node, "AT TIME ZONE is not verified", "Convert to UTC before")
    return None


def _arg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The value beside the largest or smallest, be it NULL; DuckDB's arg_max passes over NULL values."""
    if len([a for a in node.args.values() if isinstance(a, exp.Expr)]) > 2:
        ctx.refuse("unfaithful", node, "This is verified for one value only", "Leave the number out")
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    return ctx.call(name, node.this, node.expression)


def scale(node: exp.Expr, ctx: Context) -> int | None:
    """Digits behind the point of an exact number, None if it is no exact number or they are not known."""
    if isinstance(node, (exp.Paren, exp.Neg, exp.Sum, exp.Min, exp.Max, exp.Abs, exp.Nullif, exp.Window)):
        return scale(node.this, ctx)
    if isinstance(node, exp.Count):
        return 0
    if isinstance(node, (exp.Coalesce, exp.Add, exp.Sub, exp.Mul)):
        sides = [node.this, *(node.expressions or [node.expression])]
        found = [scale(s, ctx) for s in sides]
        known = [f for f in found if f is not None]
        if len(known) < len(found):
            return None
        return sum(known) if isinstance(node, exp.Mul) else max(known)
    if ctx.is_a(node, "int"):
        return 0
    if isinstance(node, exp.Literal) and not node.is_string and "e" not in node.this.lower():
        return len(node.this.partition(".")[2])
    kind = node.args["to"] if isinstance(node, exp.Cast) else ctx.type_of(node)
    if kind is None or kind.this != exp.DType.DECIMAL:
        return None
    return int(kind.expressions[1].name) if len(kind.expressions) > 1 else None


def shifted(this: exp.Expr, amount: exp.Expr, unit: str, ctx: Context) -> exp.Expr:
    """A date or timestamp some units later; the last day of a month where that month has no such day."""
    dates = ctx.is_a(this, "date") and unit in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    months = {"YEAR": 12, "QUARTER": 3, "MONTH": 1}.get(unit)
    n = common.cast(exp.Paren(this=amount), "INTEGER")
    if months:
        span = ctx.call("to_months", exp.Mul(this=n, expression=common.lit(months)))
    elif unit == "WEEK":
        span = ctx.call("to_days", exp.Mul(this=n, expression=common.lit(7)))
    else:
        span = ctx.call(f"to_{unit.lower()}s", n)
    made = exp.Paren(this=exp.Add(this=common.cast(this, "TIMESTAMP"), expression=span))
    return common.cast(made, "DATE" if dates else "TIMESTAMP")


def keep_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A date and whole days, weeks, months, quarters or years give a date."""
    left, right = node.this, node.expression
    unit = right.args.get("unit") if isinstance(right, exp.Interval) else None
    name = unit.name.upper().rstrip("S") if unit is not None else ""
    whole = name in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY")
    if node.meta.get("translated") or not whole or not ctx.is_a(left, "date"):
        return None
    node.meta["translated"] = True
    return common.cast(exp.Paren(this=node), "DATE")


def ratio_alone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT is a window function only."""
    if not isinstance(node.parent, exp.Window) or len(node.expressions) != 1:
        raise ctx.error(node, "RATIO_TO_REPORT needs OVER.")
    return None


def part_of_sum(value: exp.Expr, window: exp.Expr, ctx: Context) -> exp.Paren:
    """A value divided by its sum over the window's partition; NULL where that is 0."""
    partition = window.args.get("partition_by") or []
    total = exp.Window(this=ctx.call("sum", value.unnest().copy()), partition_by=[p.copy() for p in partition])
    below = ctx.call("nullif", total, common.lit(0))
    return exp.Paren(this=exp.Div(this=value, expression=below, typed=False, safe=False))


def ratio_to_report(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """RATIO_TO_REPORT: the part of the partition's sum, as a double."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "ratio_to_report":
        return None
    made = part_of_sum(call.expressions[0], node, ctx)
    made.this.set("this", common.cast(made.this.this, "DOUBLE"))
    made.type = exp.DataType.build("DOUBLE")
    return made
