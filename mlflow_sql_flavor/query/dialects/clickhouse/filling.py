"""Rows that ORDER BY … WITH FILL puts between others.

https://clickhouse.com/docs/sql-reference/statements/select/order-by#order-by-expr-with-fill-modifier: the steps from
FROM, or the first value, up to before TO, or the last value, that no row has; what else is in them are defaults.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .joins import columns_of
from .nulls import condition, default_of, nullable

R = DialectRules("clickhouse filling")
_BASE, _STEPS, _VALUE = "__filled", "__steps", "__value"


def _filled(select: exp.Expr) -> list[exp.Ordered]:
    order = select.args.get("order")
    return [item for item in order.expressions if item.args.get("with_fill")] if order is not None else []


@R.normalise
def stars(tree: exp.Expr, ctx: Context) -> None:
    """``*`` is written out, so that each column has its default."""
    for select in list(find_all(tree, exp.Select)):
        from_ = select.args.get("from_")
        if not _filled(select) or from_ is None or select.args.get("joins"):
            continue
        if [type(item) for item in select.expressions] == [exp.Star] and not any(select.expressions[0].args.values()):
            names = columns_of(from_.this, ctx)
            if names:
                select.set("expressions", [exp.column(name, quoted=True) for name in names])


@R.prepare
def fill(tree: exp.Expr, ctx: Context) -> None:
    for select in list(find_all(tree, exp.Select)):
        items = _filled(select)
        if items:
            _fill(select, items[0], ctx)


def _fill(select: exp.Select, item: exp.Ordered, ctx: Context) -> None:
    given = item.args["with_fill"]
    if len(select.args["order"].expressions) > 1 or select.args["order"].args.get("interpolate") or given.args.get(
        "interpolate"
    ):  # fmt: skip
        raise ctx.error(item.this, "WITH FILL has a counterpart of one key alone, without INTERPOLATE: "
                                   "join with numbers().")  # fmt: skip
    if select.is_star or not all(select.named_selects) or select.args.get("qualify"):
        raise ctx.error(item.this, "WITH FILL has a counterpart where each output has a name, without LIMIT BY.")
    key = _output(item.this, select)
    value = next((each.unalias() for each in select.selects if each.output_name == key), None)
    if key is None or value is None:
        raise ctx.error(item.this, "WITH FILL has a counterpart where its key is an output: name it there.")
    kind = next((kind for kind in ("int", "date", "timestamp") if ctx.is_a(value, kind)), None)
    if kind is None:
        raise ctx.error(item.this, "WITH FILL has a counterpart for integers, dates and moments: convert its key.")
    type_ = {"int": "BIGINT", "date": "DATE", "timestamp": "TIMESTAMP"}[kind]
    down = bool(item.args.get("desc"))
    step = _step(given.args.get("step"), kind, down, item, ctx)
    start, end = (given.args.get(side) or None for side in ("from_", "to"))
    bounds = [build.literal_int(bound) for bound in (start, end)]
    if None not in bounds and (bounds[0] < bounds[1]) == down and bounds[0] != bounds[1]:  # type: ignore[operator]
        raise ctx.error(item.this, "WITH FILL goes from FROM to TO in the order of its key.")
    read = "BIGINT" if kind == "int" else "TIMESTAMP"
    first = _as(start.copy() if start else _extreme("max" if down else "min", key, ctx), read)
    last = _as(end.copy() if end else _extreme("min" if down else "max", key, ctx), read)
    steps = ctx.macro("ch__steps_between", _without_null(first, key, ctx), last, step)
    grid = exp.Select(expressions=[exp.alias_(_as(ctx.call("unnest", steps), type_), _VALUE)])
    held = exp.Select(expressions=[_as(exp.column(key, quoted=True), type_)]).from_(exp.to_table(_BASE))
    rest = exp.Subquery(this=exp.Except(this=grid, expression=held, distinct=True), alias=_alias(_STEPS))
    made = [
        exp.alias_(exp.column(_VALUE), key, quoted=True) if each.output_name == key
        else exp.alias_(_default(each.unalias(), item, ctx), each.output_name, quoted=True)
        for each in select.selects
    ]  # fmt: skip
    _wrap(select, exp.Select(expressions=made).from_(rest), key, item, ctx)


def _wrap(select: exp.Select, added: exp.Select, key: str, item: exp.Ordered, ctx: Context) -> None:
    """Makes a SELECT one of its own rows and the added ones; it stays the node that it is."""
    outer = {name: select.args.get(name) for name in ("limit", "offset", "with_")}
    base = exp.Select(**{name: part for name, part in select.args.items() if name not in (*outer, "order")})
    names = [exp.column(name, quoted=True) for name in base.named_selects]
    both = exp.Union(this=exp.Select(expressions=names).from_(exp.to_table(_BASE)), expression=added, distinct=False)
    cte = exp.CTE(this=base, alias=_alias(_BASE))
    with_ = outer["with_"] or exp.With(expressions=[])
    with_.append("expressions", cte)
    for name in list(select.args):
        select.set(name, None)
    select.set("with_", with_)
    select.set("expressions", [column.copy() for column in names])
    select.set("from_", exp.From(this=exp.Subquery(this=both, alias=_alias("__both"))))
    again = exp.Ordered(this=exp.column(key, quoted=True), desc=item.args.get("desc"), nulls_first=False)
    select.set("order", exp.Order(expressions=[again]))
    for name in ("limit", "offset"):
        select.set(name, outer[name])


def _as(value: exp.Expr, type_: str) -> exp.Expr:
    return build.translated(value, type_, False)


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name))


def _output(key: exp.Expr, select: exp.Select) -> str | None:
    """The name of the output that a key of ORDER BY is."""
    if isinstance(key, exp.Column) and key.name in select.named_selects:
        return key.name
    return next((each.output_name for each in select.selects if each.unalias() == key), None)


def _extreme(name: str, key: str, ctx: Context) -> exp.Expr:
    found = ctx.call(name, exp.column(key, quoted=True))
    return exp.Subquery(this=exp.Select(expressions=[found]).from_(exp.to_table(_BASE)))


def _without_null(first: exp.Expr, key: str, ctx: Context) -> exp.Expr:
    """NULLs among the keys are an error: ClickHouse's steps go on behind them."""
    found = exp.Sub(this=ctx.call("count"), expression=ctx.call("count", exp.column(key, quoted=True)))
    nulls = exp.Subquery(this=exp.Select(expressions=[found]).from_(exp.to_table(_BASE)))
    return ctx.macro("ch__no_nulls_in_fill", first, nulls)


def _step(step: exp.Expr | None, kind: str, down: bool, item: exp.Ordered, ctx: Context) -> exp.Expr:
    """A step as ``range`` takes it."""
    sign = -1 if down else 1
    interval = step if isinstance(step, exp.Interval) else None
    written = interval.this if interval is not None else step
    count = sign if not written else build.literal_int(_number(written))
    if count is None or count * sign <= 0 or (interval is not None and kind == "int"):
        raise ctx.error(item.this, "WITH FILL has a counterpart with a constant step, below 0 where the order is DESC.")
    if kind == "int":
        return exp.Literal.number(count) if count > 0 else exp.Neg(this=exp.Literal.number(-count))
    unit = "day" if kind == "date" else "second"
    if interval is not None:
        unit = str(interval.args["unit"].name).lower().removesuffix("s")
        low = ("hour", "minute", "second") if kind == "timestamp" else ()
        if unit not in ("day", "week", "month", "quarter", "year", *low):
            raise ctx.error(item.this, f"A step in {unit}s has no counterpart here.")
    value = exp.Literal.number(count) if count > 0 else exp.Neg(this=exp.Literal.number(-count))
    return ctx.call(f"to_{unit}s", _as(value, "INTEGER"))


def _number(value: exp.Expr) -> exp.Expr:
    text = build.text(value)
    return exp.Literal.number(text) if text is not None and text.isdigit() else value


def _default(value: exp.Expr, item: exp.Ordered, ctx: Context) -> exp.Expr:
    """What an added row holds of an output: NULL where it may be."""
    found = nullable(value, ctx)
    if found is True:
        return exp.Null()
    default = default_of(value, ctx)
    if default is None and ctx.is_a(value, "date", "timestamp"):
        default = _as(build.lit("1970-01-01"), "DATE" if ctx.is_a(value, "date") else "TIMESTAMP")
    if default is None:
        raise ctx.error(item.this, f"The default of {value.sql('clickhouse')} is not known here: convert it.")
    if ctx.is_a(value, "bool"):
        default = exp.Boolean(this=False)
    return default if found is False else ctx.macro("ch__filled_with", default, condition(found))
