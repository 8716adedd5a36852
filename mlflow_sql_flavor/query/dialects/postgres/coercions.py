"""Quoted literals that take the type of what they stand beside, arrays from text, and casts of arrays item by item.

https://www.postgresql.org/docs/15/typeconv.html and arrays.html#ARRAYS-IO
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed_query import outputs_of
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared.build import lit, text
from .types import category, parameter

R = DialectRules("postgres coercions")
T = exp.DType
_BY_TEXT = ("date or timestamp", "time", "array", "json")
_COMPARED = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Nullif,
    exp.Sub, exp.ArrayContainsAll, exp.ArrayContainedBy, exp.ArrayOverlaps,
)  # fmt: skip
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^"\\{},]|\\.)*))\s*')


@R.prepare
def literals(tree: exp.Expr, ctx: Context) -> None:
    """Gives a quoted literal the type that its neighbours have, where its text means something else in DuckDB."""
    for node in list(walk_tree(tree)):
        for group in _groups(node):
            kind = next((k for k in map(_kind, group) if k is not None), None)
            if kind is not None:
                for value in group:
                    if text(value.unnest()) is not None:
                        value.unnest().replace(_cast(value.unnest().copy(), kind))
        if isinstance(node, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
            _any(node, ctx)
    for node in list(find_all(tree, exp.Cast)):
        if not parameter(node) and node.to.this in (T.ARRAY, T.LIST):
            _array(node, ctx)


def _groups(node: exp.Expr) -> Iterator[list[exp.Expr]]:
    """Values that have one type in the end."""
    if isinstance(node, exp.Sub) and category(node.this) == "json":
        return  # a key that is taken out
    if isinstance(node, _COMPARED):
        yield [node.this, node.expression]
    elif isinstance(node, exp.DPipe):
        if any(category(s) == "array" for s in (node.this, node.expression)):
            yield [node.this, node.expression]
    elif isinstance(node, exp.In):
        yield [node.this, *node.expressions]
    elif isinstance(node, exp.Between):
        yield [node.this, node.args["low"], node.args["high"]]
    elif isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least, exp.ArrayConcat)):
        yield [node.this, *node.expressions]
    elif isinstance(node, exp.Array):
        yield node.expressions
    elif isinstance(node, exp.Case):
        yield [r for r in [*(b.args["true"] for b in node.args["ifs"]), node.args.get("default")] if r is not None]
        if node.this is not None:
            yield [node.this, *(b.this for b in node.args["ifs"])]
    elif isinstance(node, exp.SetOperation):
        left, right = outputs_of(node.this), outputs_of(node.expression)
        if len(left) == len(right):
            yield from ([a, b] for a, b in zip(left, right, strict=True))


def _kind(node: exp.Expr) -> exp.DataType | None:
    """The type that a quoted literal beside this is read as, where that is read by a rule of its own."""
    return _bare(node.type) if category(node) in _BY_TEXT and node.type is not None else None


def _bare(kind: exp.DataType) -> exp.DataType:
    """A type without the precision that one column has."""
    if kind.this in (T.ARRAY, T.LIST):
        return _array_of(_bare(kind.expressions[0])) if kind.expressions else kind.copy()
    return exp.DataType(this=T.VARCHAR if kind.this in exp.DataType.TEXT_TYPES else kind.this)


def _array_of(item: exp.DataType) -> exp.DataType:
    return exp.DataType(this=T.ARRAY, expressions=[item.copy()], nested=True)


def _cast(value: exp.Expr, kind: exp.DataType) -> exp.Cast:
    made = exp.Cast(this=value, to=kind.copy())
    made.type = kind.copy()
    return made


def _any(node: exp.Expr, ctx: Context) -> None:
    """``x = ANY('{1,2}')``: an array of what it is compared with."""
    right = node.expression
    many = isinstance(right, exp.Anonymous) and right.name.upper() == "ALL" and len(right.expressions) == 1
    array = right.expressions[0] if many else right.this if isinstance(right, (exp.Any, exp.All)) else None
    if array is None or text(array.unnest()) is None:
        return
    kind = ctx.type_of(node.this)
    if kind is None or text(node.this) is not None:
        raise ctx.error(node, "Write the array as ARRAY[...]: the type of its items is not known here.")
    array.unnest().replace(_cast(array.unnest().copy(), _array_of(_bare(kind))))


def _array(node: exp.Cast, ctx: Context) -> None:
    """Makes every item of an array what the cast makes of it."""
    value, item = node.this, _item(node.to)
    if item is None or (not value.is_type(*_TEXTS) and not _item(value.type)):
        return
    if text(value) is not None:
        node.set("this", _read(text(value) or "", item, node, ctx))
    elif isinstance(value, exp.Array):
        node.set("this", _each(value, item))
    else:
        if value.is_type(*_TEXTS):
            value = ctx.macro("pg__array_items", value, type="VARCHAR[]")
        node.set("this", _mapped(value, item, 0))
    depth = _depth(node.this.type)
    for _ in range(depth):
        item = _array_of(item)
    node.set("to", item)
    node.type = item.copy()


_TEXTS = exp.DataType.TEXT_TYPES


@R.normalise
def variadic(tree: exp.Expr, ctx: Context) -> None:
    """``VARIADIC array`` is the array's items: https://www.postgresql.org/docs/15/xfunc-sql.html#XFUNC-SQL-VARIADIC-FUNCTIONS"""
    for node in list(find_all(tree, exp.Variadic)):
        call = node.parent
        if call is None:
            continue
        array = node.this.unnest()
        if isinstance(array, exp.Cast) and isinstance(array.this, exp.Null):
            name = call.name.lower() if isinstance(call, exp.Anonymous) else "text"
            if isinstance(call, exp.Format):
                node.pop()
            else:
                kind = "int" if name.startswith("num_") else name.partition("_")[0]
                call.replace(exp.Cast(this=exp.Null(), to=exp.DataType.build(kind, dialect="postgres")))
            continue
        item = _item(array.args["to"]) if isinstance(array, exp.Cast) else None
        if item is not None and text(array.this) is not None:
            array = _read(text(array.this) or "", item, array, ctx)
        elif item is not None and _is_written(array.this.unnest()):
            array = exp.Array(expressions=[_cast(each, item) for each in _items(array.this.unnest())])
        if _is_written(array):
            call.set("expressions", [*call.expressions[:-1], *_items(array)])
            if isinstance(call, exp.Concat) and not call.expressions:
                call.replace(lit(""))
            continue
        if isinstance(call, exp.Anonymous) and call.name.lower() in ("num_nulls", "num_nonnulls"):
            continue
        made = _of_an_array(call, array) if call.expressions[-1] is node else None
        if made is None:
            raise ctx.error(node, "VARIADIC has a counterpart for an array that is written out: write its items.")
        call.replace(made)


def _is_written(node: exp.Expr) -> bool:
    return isinstance(node, exp.Array) and not any(isinstance(each, exp.Query) for each in node.expressions)


def _items(array: exp.Array) -> list[exp.Expr]:
    return [item for each in array.expressions for item in (_items(each) if isinstance(each, exp.Array) else [each])]


def _of_an_array(call: exp.Expr, array: exp.Expr) -> exp.Expr | None:
    before = len(call.expressions) - 1
    if isinstance(call, exp.Concat) and not before:
        return exp.ArrayToString(this=array, expression=lit(""))
    if isinstance(call, exp.ConcatWs) and before == 1:
        return exp.ArrayToString(this=array, expression=call.expressions[0])
    return None


def _item(kind: exp.DataType | None) -> exp.DataType | None:
    """What an array holds at last: postgres' arrays have one type, whatever their dimensions."""
    if kind is None or kind.this not in (T.ARRAY, T.LIST) or not kind.expressions:
        return None
    inner = kind.expressions[0]
    return _item(inner) or (inner if isinstance(inner, exp.DataType) else None)


def _depth(kind: exp.DataType | None) -> int:
    if kind is None or kind.this not in (T.ARRAY, T.LIST):
        return 0
    return 1 + (_depth(kind.expressions[0]) if kind.expressions else 0)


def _each(array: exp.Array, item: exp.DataType) -> exp.Expr:
    for value in list(array.expressions):
        if isinstance(value, exp.Array):
            value.replace(_each(value, item))
        elif not isinstance(value, exp.Null):
            value.replace(_cast(value.copy(), item))
    return _typed(array, item)


def _typed(array: exp.Array, item: exp.DataType) -> exp.Array:
    first = array.expressions[0] if array.expressions else None
    array.type = _array_of(first.type if isinstance(first, exp.Array) and first.type is not None else item)
    return array


def _mapped(value: exp.Expr, item: exp.DataType, depth: int) -> exp.Expr:
    """``list_transform``, which keeps a NULL array NULL."""
    inner = value.type.expressions[0]  # type: ignore[union-attr]
    name = exp.column(f"item{depth}")
    name.type = inner.copy()
    body = _mapped(name, item, depth + 1) if _item(inner) is not None else _cast(name, item)
    each = exp.Lambda(this=body, expressions=[exp.to_identifier(f"item{depth}")])
    made = exp.Anonymous(this="list_transform", expressions=[value, each])
    made.meta["translated"] = True
    made.type = _array_of(body.type)  # type: ignore[arg-type]
    return made


def _read(written: str, item: exp.DataType, node: exp.Expr, ctx: Context) -> exp.Array:
    """An array from its text: ``{1,2}``, ``{"a b",NULL}``, ``{{1,2},{3,4}}``."""
    wrong = ctx.error(node, f"{written!r} is no array that can be read here. Write ARRAY[...].")
    made, at = _braces(written.strip(), 0, item, wrong)
    if written.strip()[at:]:
        raise wrong
    return made


def _braces(written: str, at: int, item: exp.DataType, wrong: Exception) -> tuple[exp.Array, int]:
    if written[at : at + 1] != "{":
        raise wrong
    at = _blank(written, at + 1)
    array = exp.Array(expressions=[])
    if written[at : at + 1] == "}":
        return _typed(array, item), at + 1
    while True:
        if written[at : at + 1] == "{":
            value, at = _braces(written, at, item, wrong)
            at = _blank(written, at)
            array.append("expressions", value)
        else:
            found = _ITEM.match(written, at)
            quoted, bare = found.groups() if found else (None, "")
            if found is None or (quoted is None and not bare.strip()):
                raise wrong
            at = found.end()
            plain = re.sub(r"\\(.)", r"\1", bare.strip() if quoted is None else quoted)
            null = quoted is None and plain.upper() == "NULL"
            array.append("expressions", exp.Null() if null else _cast(lit(plain), item))
        if written[at : at + 1] == "}":
            return _typed(array, item), at + 1
        if written[at : at + 1] != ",":
            raise wrong
        at = _blank(written, at + 1)


def _blank(written: str, at: int) -> int:
    return at + len(written[at:]) - len(written[at:].lstrip())
