"""Functions of functions: functions/lambda, functions/array and functions/map of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from .arrays import map_type, typed

R = DialectRules("trino lambdas")
# functions/array, functions/lambda
_MATCH = {"any_match": "tr__any", "all_match": "tr__all", "none_match": "tr__none"}


@R.function(*_MATCH)
def match(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    tested = exp.Transform(this=node.expressions[0], expression=node.expressions[1])
    return ctx.macro(_MATCH[node.name.lower()], tested, type="BOOLEAN")


def _of_one(function: exp.Lambda, name: str, fields: tuple[int | str, ...], ctx: Context) -> exp.Identifier:
    """The one parameter, a structure, of which the function's parameters become the fields."""
    one = exp.to_identifier(name)
    parts = {parameter.name: field for parameter, field in zip(function.expressions, fields, strict=True)}
    for found in list(find_all(function.this, exp.Identifier)):
        field = parts.get(found.name)
        if field is None:
            continue
        made = ctx.call("struct_extract", one.copy(), build.lit(field))
        whole = found.parent if isinstance(found.parent, exp.Column) else found
        if whole is function.this:
            function.set("this", made)
        else:
            whole.replace(made)
    return one


@R.function("zip_with")
def zip_with(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right, function = node.expressions
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        raise ctx.error(node, "zip_with takes a function of two arguments.")
    pair = _of_one(function, "_pair", (1, 2), ctx)
    new = exp.Lambda(this=function.this, expressions=[pair])
    return exp.Transform(this=ctx.call("list_zip", left, right), expression=new)


_OF_MAP = {"transform_values": True, "map_filter": False, "transform_keys": True}


@R.function(*_OF_MAP)
def of_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A function of key and value, over the entries."""
    this, function = node.expressions
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        raise ctx.error(node, f"{node.name} takes a function of key and value.")
    entry = _of_one(function, "_entry", ("key", "value"), ctx)
    entries = ctx.call("map_entries", this)
    if not _OF_MAP[node.name.lower()]:
        kept = exp.ArrayFilter(this=entries, expression=exp.Lambda(this=function.this, expressions=[entry]))
        return typed(ctx.call("map_from_entries", kept), ctx.type_of(this))
    parts = [ctx.call("struct_extract", entry.copy(), build.lit(part)) for part in ("key", "value")]
    parts[node.name.lower() == "transform_values"] = function.this
    pair = ctx.call("row", *parts)
    changed = exp.Transform(this=entries, expression=exp.Lambda(this=pair, expressions=[entry]))
    return typed(ctx.call("map_from_entries", changed), map_type(None, None))


# functions/aggregate#reduce_agg: in no order
@R.function("reduce_agg")
def reduce_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, start, merge, _ = node.expressions
    if isinstance(node.parent, (exp.Window, exp.Filter)) or not isinstance(merge, exp.Lambda):
        ctx.refuse("unfaithful", node, "reduce_agg is verified as a plain aggregate", "Use reduce of array_agg")
    known = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    found = exp.Filter(this=ctx.call("list", value), expression=known)
    return typed(ctx.call("list_reduce", found, merge, start), ctx.type_of(start))


@R.rule(exp.Reduce)
def reduce_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    finish = node.args.get("finish")
    made: exp.Expr = ctx.call("list_reduce", node.this, node.args["merge"], node.args["initial"])
    if not isinstance(finish, exp.Lambda):
        return made
    state, whole = finish.expressions[0].name, exp.Paren(this=finish.this)
    for found in list(find_all(whole, exp.Identifier)):
        if found.name == state:
            (found.parent if isinstance(found.parent, exp.Column) else found).replace(made.copy())
    return whole.this if isinstance(whole.this, exp.Anonymous) else whole
