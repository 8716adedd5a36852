"""Higher-order functions: https://clickhouse.com/docs/sql-reference/functions/overview#higher-order-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed import type_part
from .. import DialectRules
from ..shared import build
from .arrays import array_of, element_type
from .nulls import default_of, truth

R = DialectRules("clickhouse lambdas")
_MAPPED = {"arraymap", "arrayfilter", "arraycount", "arrayexists", "arrayall", "arrayfirst", "arraylast", "arraysum",
           "arrayavg", "arraymin", "arraymax", "arraysort", "arrayreversesort", "arrayfirstindex", "arraylastindex",
           "arrayfill", "arrayproduct"}  # fmt: skip


@R.prepare
def lambdas(tree: exp.Expr, ctx: Context) -> None:
    """Gives the names in a lambda the types of the arrays' elements."""
    for node in reversed(list(tree.walk(bfs=False))):
        if isinstance(node, exp.Lambda):
            _type_lambda(node, ctx)


def _type_lambda(node: exp.Lambda, ctx: Context) -> None:
    call = node.parent
    if call is None:
        return
    arrays = [arg for arg in (call.this, *call.expressions) if isinstance(arg, exp.Expr) and arg is not node]
    names = [name.name for name in node.expressions]
    kinds = [element_type(array) for array in arrays]
    if isinstance(call, exp.Anonymous) and call.name.lower() == "arrayfold" and arrays:
        kinds = [arrays[-1].type if isinstance(arrays[-1].type, exp.DataType) else None, *kinds[:-1]]
        call.type = arrays[-1].type
    for name, kind in zip(names, kinds, strict=False):
        if kind is None or kind.this == exp.DType.UNKNOWN:
            continue
        for used in list(node.this.find_all(exp.Identifier)):
            if used.name == name and not isinstance(used.parent, (exp.Column, exp.Cast)):
                typed = exp.Cast(this=used.copy(), to=kind.copy())
                typed.meta["parameter"] = ""
                used.replace(typed) if used is not node.this else node.set("this", typed)
    type_part(node.this, ctx.rules)  # anew: a name in it has a type only now that its array has one
    name = call.name.lower() if isinstance(call, exp.Anonymous) else type(call).__name__.lower()
    if name in ("arraymap", "transform"):
        call.type = array_of(node.this.type if isinstance(node.this.type, exp.DataType) else None) or call.type
    elif name in ("arraysum", "arrayfirst", "arraylast", "arraymin", "arraymax"):
        kind = node.this.type if name in ("arraysum", "arraymin", "arraymax") else element_type(arrays[0])
        call.type = kind or call.type
    elif name in ("arraysort", "arrayreversesort", "arrayfilter"):
        call.type = arrays[0].type or call.type


def _zipped(node: exp.Expr, ctx: Context) -> tuple[exp.Lambda | None, exp.Expr, bool]:
    """The lambda and the array of a call; of several arrays one of their elements together."""
    if isinstance(node, (exp.Transform, exp.ArrayFilter)):
        arguments = [node.expression, node.this]
    else:
        arguments = ([node.this] if isinstance(node.this, exp.Expr) else []) + list(node.expressions)
        if node.args.get("expression") is not None:
            arguments.append(node.args["expression"])
    test = next((arg for arg in arguments if isinstance(arg, exp.Lambda)), None)
    arrays = [arg for arg in arguments if arg is not test]
    if len(arrays) == 1 or test is None:
        return test, arrays[0], False
    names = [name.name for name in test.expressions]
    if len(names) != len(arrays):
        raise ctx.error(node, "The lambda needs one name for each array.")
    body = test.this
    holder = exp.Paren(this=body)
    for used in list(holder.find_all(exp.Identifier)):
        if used.name in names and not isinstance(used.parent, exp.Column):
            place = exp.Literal.number(names.index(used.name) + 1)
            used.replace(ctx.call("struct_extract", exp.to_identifier("__each"), place))
    made = exp.Lambda(this=holder.this, expressions=[exp.to_identifier("__each")])
    return made, ctx.macro("ch__zip" if len(arrays) == 2 else "ch__zip3", *arrays), True


def _test(node: exp.Lambda, ctx: Context) -> exp.Lambda:
    return exp.Lambda(this=truth(node.this, ctx), expressions=node.expressions)


@R.rule(exp.Transform)
def mapped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, array, _ = _zipped(node, ctx)
    return ctx.call("list_transform", array, test) if test is not None else None


@R.rule(exp.ArrayFilter)
def kept(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    test, array, together = _zipped(node, ctx)
    if test is None:
        return None
    found = ctx.call("list_filter", array, _test(test, ctx))
    return _firsts(found, ctx) if together else found


def _firsts(array: exp.Expr, ctx: Context) -> exp.Expr:
    """Of elements together those of the first array."""
    first = ctx.call("struct_extract", exp.to_identifier("__each"), build.lit(1))
    return ctx.call("list_transform", array, exp.Lambda(this=first, expressions=[exp.to_identifier("__each")]))


# https://clickhouse.com/docs/sql-reference/functions/array-functions#arrayFold: the type is that of the start
@R.function("arrayfold")
def folded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    step, *arrays = node.expressions
    if not isinstance(step, exp.Lambda) or len(arrays) != 2 or len(step.expressions) != 2:
        raise ctx.error(node, "arrayFold has a counterpart with one array: arrayFold((acc, x) -> ..., array, start).")
    made = ctx.call("list_reduce", arrays[0], step, arrays[1])
    made.type = node.type
    return made


@R.function(*_MAPPED)
def higher(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, node.name.lower(), ctx)


@R.rule(exp.ArraySum, exp.ArrayMin, exp.ArrayMax)
def summed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _higher(node, type(node).__name__.lower(), ctx)


_FOLDS = {"arraysum": "ch__array_sum", "arrayavg": "ch__array_avg", "arraymin": "ch__array_min",
          "arraymax": "ch__array_max", "arrayproduct": "ch__array_product"}  # fmt: skip


def _higher(node: exp.Expr, name: str, ctx: Context) -> exp.Expr | None:
    test, array, together = _zipped(node, ctx)
    if together and name not in (
        *_FOLDS,
        "arraymap",
        "arraysort",
        "arrayfilter",
        "arrayexists",
        "arrayall",
        "arraycount",
    ):
        raise ctx.error(node, f"{name} of several arrays has no counterpart.")
    if name in _FOLDS:
        if isinstance(array, exp.Array) and any(isinstance(item, exp.Null) for item in array.expressions):
            raise ctx.error(node, f"{name} of an array with NULLs is an error in ClickHouse: filter them.")
        values = ctx.call("list_transform", array, test) if test is not None else array
        return ctx.macro(_FOLDS[name], values)
    if name == "arraymap" and test is not None:
        return ctx.call("list_transform", array, test)
    if name in ("arraysort", "arrayreversesort"):
        down = name == "arrayreversesort"
        if test is None:
            return ctx.macro("ch__sort_down" if down else "ch__sort", array)
        if together:
            return _firsts(ctx.macro("ch__sort_by", array, ctx.call("list_transform", array.copy(), test)), ctx)
        keys = ctx.call("list_transform", array.copy(), test)
        return ctx.macro("ch__sort_down_by" if down else "ch__sort_by", array, keys)
    if name == "arraycount" and test is None:
        items = array.expressions if isinstance(array, exp.Array) else []
        if not items or not all(ctx.is_a(v, "bool") or (isinstance(v, exp.Literal) and v.is_int) for v in items):
            raise ctx.error(node, "arrayCount without a lambda takes an array of UInt8: write x -> x != 0.")
        return ctx.macro("ch__array_count", array, type="BIGINT")
    if test is None:
        raise ctx.error(node, f"{name} has a counterpart with a lambda only.")
    found = ctx.call("list_filter", array, _test(test, ctx))
    if name == "arrayfilter":
        return _firsts(found, ctx) if together else found
    if name == "arraycount":
        return ctx.call("len", found, type="BIGINT")
    if name in ("arrayexists", "arrayall"):
        value = test.this
        if name == "arrayall":  # a NULL is no truth
            kept_ = exp.Coalesce(this=exp.Paren(this=truth(value, ctx)), expressions=[exp.Boolean(this=False)])
            value = exp.Not(this=kept_)
        other = exp.Lambda(this=truth(value, ctx), expressions=test.expressions)
        count = ctx.call("len", ctx.call("list_filter", array.copy(), other))
        kind = exp.GT if name == "arrayexists" else exp.EQ
        return exp.Paren(this=kind(this=count, expression=build.lit(0)))
    if name in ("arrayfirst", "arraylast"):
        default = default_of(node, ctx)
        if default is None:
            raise ctx.error(node, "The default of the elements' type is not known here.")
        place = build.lit(1) if name == "arrayfirst" else exp.Neg(this=build.lit(1))
        return exp.Coalesce(this=ctx.call("list_extract", found, place), expressions=[default])
    if name in ("arrayfirstindex", "arraylastindex"):
        each = exp.Lambda(this=truth(test.this, ctx), expressions=test.expressions)
        flags = ctx.call("list_transform", array, each)
        return ctx.macro("ch__first_true" if name == "arrayfirstindex" else "ch__last_true", flags, type="BIGINT")
    raise ctx.error(node, f"{name} has no counterpart in DuckDB.")
