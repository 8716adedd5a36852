"""Arrays: https://www.postgresql.org/docs/15/functions-array.html and arrays.html."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared.build import lit, text
from .numbers import whole
from .types import category

R = DialectRules("postgres arrays")

R.macros({exp.ArrayRemove: ("pg__array_remove", None, "this", "expression")})


@R.prepare
def subscripts(tree: exp.Expr, ctx: Context) -> None:
    """An item has as many subscripts as its array has dimensions: with fewer, or more, it is NULL."""
    for node in list(find_all(tree, exp.Bracket)):
        if isinstance(node.parent, exp.Bracket) and node.arg_key == "this":
            continue
        count, array, slices = 0, node, 0
        while isinstance(array, exp.Bracket):
            count += 1
            slices += any(isinstance(index, exp.Slice) for index in array.expressions)
            array = array.this.unnest()
        depth = _depth(array)
        if slices and count > 1:
            raise ctx.error(node, "A slice in several dimensions has no counterpart. Slice one dimension.")
        if not slices and depth and count != depth:
            kind = _item(array)
            none = exp.Cast(this=exp.Null(), to=kind) if kind is not None else exp.Null()
            none.type = kind
            node.replace(none)


def _item(array: exp.Expr) -> exp.DataType | None:
    kind = array.type
    while isinstance(kind, exp.DataType) and kind.this in (exp.DType.ARRAY, exp.DType.LIST) and kind.expressions:
        inner = kind.expressions[0]
        kind = inner if isinstance(inner, exp.DataType) else None
    return kind.copy() if isinstance(kind, exp.DataType) else None


@R.rule(exp.Bracket)
def bracket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-array.html, arrays.html#ARRAYS-ACCESSING: below 1 there is nothing; DuckDB counts from the end there.
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json", "map", "struct"):
        raise ctx.error(node, "This subscript has no counterpart. Take JSON values out with -> and ->>.")
    index = node.expressions[0]
    if isinstance(index, exp.Slice):
        low, high = index.this, index.expression
        bounds = [low or lit(1), high]
        if high is None:
            bounds[1] = ctx.call("len", node.this.copy())
        return ctx.macro("pg__slice", node.this, *bounds)
    at = whole(index)
    if at is not None:
        at += 1  # sqlglot counts literals from 0
        return ctx.call("list_extract", node.this, lit(at)) if at >= 1 else exp.Null()
    if not any(isinstance(n, (exp.Column, exp.Placeholder, exp.Parameter, exp.Func)) for n in walk_tree(index)):
        raise ctx.error(node, "Write the subscript as one number.")
    return ctx.macro("pg__element", node.this, index)


def _depth(node: exp.Expr) -> int:
    """How many dimensions an array has; postgres' arrays are rectangular, whatever their type says."""
    depth, kind = 0, node.type
    while isinstance(kind, exp.DataType) and kind.this in (exp.DType.ARRAY, exp.DType.LIST):
        depth += 1
        inner = kind.expressions[0] if kind.expressions else None
        kind = inner if isinstance(inner, exp.DataType) else None
    return depth


def _size(array: exp.Expr, dimension: int, ctx: Context) -> exp.Expr:
    """The length of one dimension, 0 of an array without items."""
    if dimension > max(_depth(array), 1):
        none = exp.Cast(this=exp.Null(), to=exp.DataType.build("INT"))
        none.type = none.to
        return none
    for _ in range(dimension - 1):
        array = ctx.call("list_extract", array, lit(1))
    return ctx.call("nullif", ctx.call("len", array, type="INTEGER"), lit(0), type="INTEGER")


def _dimension(node: exp.Expr, dimension: exp.Expr | None, ctx: Context) -> int:
    found = whole(dimension) if dimension is not None else 1
    if found is None or found < 1:
        raise ctx.error(node, "The dimension has to be a number in the text here, from 1 on.")
    return found


def _items(array: exp.Expr, ctx: Context) -> exp.Expr:
    """The items of all dimensions in one list."""
    for _ in range(_depth(array) - 1):
        array = ctx.call("flatten", array)
    return array


R.renames({"cardinality": ("len", "INTEGER")}, of=_items)


@R.rule(exp.Explode)
def unnested(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-srf.html: unnest() gives the items of every dimension
    node.set("this", _items(node.this, ctx))
    return None


@R.rule(exp.Unnest)
def unnested_in_from(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    arrays = [_items(array, ctx) for array in node.expressions]
    node.set("expressions", arrays)
    if len(arrays) < 2:
        return None
    if node.args.get("offset"):
        raise ctx.error(node, "WITH ORDINALITY of several arrays has no counterpart. Unnest one of them.")
    alias = node.args.get("alias")
    given = list(alias.columns) if alias is not None else []
    names = [*given, *(exp.to_identifier("unnest") for _ in arrays[len(given) :])]
    rows = exp.Select(
        expressions=[
            exp.alias_(exp.Explode(this=array), name.copy()) for array, name in zip(arrays, names, strict=True)
        ]
    )
    table = exp.TableAlias(this=alias.this.copy() if alias is not None else exp.to_identifier("unnest"))
    return exp.Subquery(this=rows, alias=table)


@R.rule(exp.ArraySize)
def array_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "json"):
        return ctx.call("json_array_length", node.this, type="INTEGER")
    return _size(node.this, _dimension(node, node.expression, ctx), ctx)


@R.function("array_upper")
def array_upper(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _size(node.expressions[0], _dimension(node, node.expressions[1], ctx), ctx)


@R.function("array_dims")
def array_dims(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    array, made = node.expressions[0], None
    for dimension in range(1, max(_depth(array), 1) + 1):
        part = exp.DPipe(this=lit("[1:"), expression=_size(array.copy(), dimension, ctx))
        part = exp.DPipe(this=part, expression=lit("]"))
        made = part if made is None else exp.DPipe(this=made, expression=part)
    paren = exp.Paren(this=made)
    paren.type = exp.DataType.build("VARCHAR")
    return paren


@R.rule(exp.DPipe)
def join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A NULL array counts as an empty one: functions-array.html#ARRAY-OPERATORS-TABLE
    left, right = node.this, node.expression
    if not (ctx.is_a(left, "array") or ctx.is_a(right, "array")):
        return None
    array, other = (left, right) if ctx.is_a(left, "array") else (right, left)
    if isinstance(other, exp.Null):
        return array
    if ctx.unknown(other) or ctx.is_a(other, "array"):
        return _joined(left, right, ctx)
    kind = ctx.type_of(array)
    item = exp.Cast(this=exp.Null(), to=kind.expressions[0]) if kind is not None and kind.expressions else None
    if isinstance(item, exp.Cast):
        item.type = item.to
    if category(item) != category(other):
        raise ctx.error(node, f"{ctx.rules.name} has no array || {category(other) or 'value'} of this type. Cast it.")
    made = ctx.call("list_append", left, right) if array is left else ctx.call("list_prepend", left, right)
    made.type = array.type
    return made


def _joined(left: exp.Expr, right: exp.Expr, ctx: Context) -> exp.Expr:
    made = ctx.macro("pg__array_cat", left, right)
    made.type = left.type if ctx.is_a(left, "array") else right.type
    return made


@R.rule(exp.ArrayConcat)
def array_cat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _joined(node.this, node.expressions[0], ctx) if len(node.expressions) == 1 else None


@R.rule(exp.ArrayContainsAll, exp.ArrayContainedBy)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # An item that is NULL is in no array. jsonb has these operators too: relations.py
    inside = isinstance(node, exp.ArrayContainedBy)
    array, part = (node.expression, node.this) if inside else (node.this, node.expression)
    if not ctx.is_a(array, "array") and not ctx.is_a(part, "array"):
        return None
    return ctx.macro("pg__contains", array, part, type="BOOLEAN")


@R.rule(exp.ArrayPosition)
def array_position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start = node.args.get("zero_based")  # where sqlglot puts the third argument
    if start is None:
        return None
    first = whole(start)
    if first is None:
        raise ctx.error(node, "The start of array_position() has to be a number in the text here.")
    return ctx.macro("pg__position_from", node.this, node.expression, lit(max(first, 1)), type="INTEGER")


@R.rule(exp.ArrayToString)
def separator(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Without a separator there is no text; of NULLs alone it is empty.
    if node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    by = node.expression
    tests = [exp.Is(this=exp.Paren(this=node.this.copy()), expression=exp.Null())]
    if text(by) is None:
        tests.append(exp.Is(this=exp.Paren(this=by.copy()), expression=exp.Null()))
    filled = exp.Coalesce(this=node.copy(), expressions=[lit("")])
    made = exp.Case(ifs=[exp.If(this=exp.or_(*tests, copy=False), true=exp.Null())], default=filled)
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.function("array_lower", "array_ndims")
def one(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    array = node.expressions[0]
    lower = node.name.lower() == "array_lower"
    size = _size(array, _dimension(node, node.expressions[1], ctx) if lower else 1, ctx)
    some = exp.GT(this=size, expression=lit(0))
    made = exp.Case(ifs=[exp.If(this=some, true=lit(1 if lower else max(_depth(array), 1)))])
    made.type = exp.DataType.build("INT")
    return made


def _flat(node: exp.Expr, ctx: Context) -> None:
    kind = ctx.type_of(node.expressions[0])
    inner = kind.expressions[0] if kind is not None and kind.expressions else None
    if kind is None or (isinstance(inner, exp.DataType) and inner.this in (exp.DType.ARRAY, exp.DType.LIST)):
        raise ctx.error(node, f"{node.name}() has a counterpart for arrays of one dimension only.")


@R.function("array_positions", "array_replace", "trim_array")
def by_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _flat(node, ctx)
    made = ctx.macro(f"pg__{node.name.lower()}", *node.expressions)
    made.type = exp.DataType.build("INT[]") if node.name.lower() == "array_positions" else node.expressions[0].type
    return made


@R.function("array_fill")
def array_fill(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sizes = node.expressions[1]
    if len(node.expressions) != 2 or not isinstance(sizes, exp.Array) or len(sizes.expressions) != 1:
        raise ctx.error(node, "Only array_fill(value, ARRAY[length]) has a counterpart.")
    made = ctx.macro("pg__array_fill", node.expressions[0], sizes.expressions[0])
    kind = node.expressions[0].type
    made.type = exp.DataType(this=exp.DType.ARRAY, expressions=[kind.copy()], nested=True) if kind is not None else None
    return made
