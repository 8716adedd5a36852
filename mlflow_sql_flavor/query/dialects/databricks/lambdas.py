"""Higher-order functions. https://spark.apache.org/docs/latest/sql-ref-functions-builtin.html#lambda-functions"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared import build
from .types import anonymous_type, kind

R = DialectRules("databricks lambdas")
_Make = Callable[[], exp.Expr]


def _element(node: exp.Expr | None) -> exp.DataType | None:
    found = kind(node)
    if found is None or found.this not in (exp.DType.ARRAY, exp.DType.LIST) or not found.expressions:
        return None
    inner = found.expressions[0]
    return inner if isinstance(inner, exp.DataType) else None


def _mentions(body: exp.Lambda, name: str) -> list[exp.Identifier]:
    """Where a lambda's text uses one of its parameters; not the fields of that name."""
    return [
        found
        for found in find_all(body.this, exp.Identifier)
        if found.name.lower() == name.lower()
        and not (isinstance(found.parent, (exp.Dot, exp.Alias, exp.PropertyEQ)) and _is_name(found))
    ]


def _is_name(found: exp.Identifier) -> bool:
    if isinstance(found.parent, exp.PropertyEQ):
        return found.arg_key == "this"
    return found.arg_key in ("expression", "alias")


def _typed_body(annotator: Any, body: Any, types: list[exp.DataType | None]) -> exp.DataType | None:
    """Types a lambda's text, whose parameters sqlglot does not know; gives its type."""
    if not isinstance(body, exp.Lambda):
        return None
    for parameter, found in zip(body.expressions, types, strict=False):
        for mention in _mentions(body, parameter.name) if found is not None else []:
            mention.type = found.copy() if found is not None else None
    for node in reversed(list(walk_tree(body.this, bfs=False))):
        if isinstance(node, (exp.Identifier, exp.Literal, exp.Column, exp.DataType)):
            continue
        entry = annotator.expression_metadata.get(type(node), {})
        if "annotator" in entry:
            entry["annotator"](annotator, node)
        elif "returns" in entry:
            annotator._set_type(node, entry["returns"])
    return kind(body.this)


def _array(element: exp.DataType | None) -> exp.DataType | None:
    return (
        exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True) if element is not None else None
    )


_INT = exp.DataType.build("INT")


def _transform(self: Any, node: exp.Expr) -> exp.Expr:
    return self._set_type(node, _array(_typed_body(self, node.expression, [_element(node.this), _INT])))


def _filter(self: Any, node: exp.Expr) -> exp.Expr:
    _typed_body(self, node.expression, [_element(node.this), _INT])
    return self._set_type(node, kind(node.this))


def _exists(self: Any, node: exp.Expr) -> exp.Expr:
    _typed_body(self, node.args.get("expression"), [_element(node.this)])
    return self._set_type(node, exp.DType.BOOLEAN)


def _reduce(self: Any, node: exp.Expr) -> exp.Expr:
    start = kind(node.args.get("initial"))
    _typed_body(self, node.args.get("merge"), [start, _element(node.this)])
    finish = node.args.get("finish")
    return self._set_type(node, _typed_body(self, finish, [start]) if finish is not None else start)


def _sorted(self: Any, node: exp.Expr) -> exp.Expr:
    _typed_body(self, node.args.get("expression"), [_element(node.this)] * 2)
    return self._set_type(node, kind(node.this))


R.typing.update({
    exp.Transform: {"annotator": _transform}, exp.ArrayFilter: {"annotator": _filter},
    exp.ArraySort: {"annotator": _sorted}, exp.Exists: {"annotator": _exists}, exp.Reduce: {"annotator": _reduce},
})  # fmt: skip


def _anonymous_map(self: Any, node: exp.Anonymous) -> exp.Expr:
    if str(node.name).lower() == "map_filter" and node.expressions:
        return self._set_type(node, kind(node.expressions[0]))
    return anonymous_type(self, node)


R.typing[exp.Anonymous] = {"annotator": _anonymous_map}


def _substitute(body: exp.Lambda, values: Mapping[str, _Make]) -> exp.Expr:
    """A lambda's text with expressions in place of its parameters."""
    for name, make in values.items():
        for mention in _mentions(body, name):
            made = make()
            if mention is body.this:
                body.set("this", made)
            else:
                mention.replace(made)
    return body.this


def _lambda(parameter: str, body: exp.Expr) -> exp.Lambda:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(parameter)])


@R.rule(exp.Transform, exp.ArrayFilter)
def with_index(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The index counts from 0, in DuckDB from 1."""
    body = node.expression
    if isinstance(body, exp.Lambda) and len(body.expressions) > 1:
        name = body.expressions[1].name
        for mention in _mentions(body, name):
            less = exp.Sub(this=exp.to_identifier(name), expression=build.lit(1))
            made = build.cast(exp.Paren(this=less), "INTEGER")
            if mention is body.this:
                body.set("this", made)
            else:
                mention.replace(made)
    return None


@R.rule(exp.Reduce)
def reduce(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The start has the type of the result; the last step, if there is one, is applied to the whole."""
    finish = node.args.get("finish")
    if not isinstance(finish, exp.Lambda):
        return None
    node.set("finish", None)
    whole = node.copy()
    return exp.Paren(this=_substitute(finish, {finish.expressions[0].name: lambda: exp.Paren(this=whole.copy())}))


@R.rule(exp.Exists)
def exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    body = node.args.get("expression")
    if not isinstance(body, exp.Lambda):
        return None
    return ctx.macro("dbx__exists", ctx.call("list_transform", node.this, body), type="BOOLEAN")


def _transformed(node: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.call("list_transform", *node.expressions)


R.macros({"forall": ("dbx__forall", "BOOLEAN", _transformed)})


def _parameter(name: str) -> _Make:
    return lambda: exp.to_identifier(name)


def _field(name: str, key: str) -> _Make:
    return lambda: exp.Dot(this=exp.to_identifier(name), expression=exp.to_identifier(key))


@R.function("zip_with")
def zip_with(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Pairs up to the longer array; of a NULL array NULL."""
    left, right, body = node.expressions
    if not isinstance(body, exp.Lambda) or len(body.expressions) != 2:
        raise ctx.error(node, "zip_with takes a lambda of two parameters.")
    for side, parameter in ((left, body.expressions[0]), (right, body.expressions[1])):
        for mention in _mentions(body, parameter.name):
            mention.type = _element(side)
    first, second = (p.name for p in body.expressions)
    pair = build.variable("pair_of_both", body)
    made = _substitute(body, {first: _field(pair, "l"), second: _field(pair, "r")})
    return ctx.call("list_transform", ctx.macro("dbx__pairs", left, right), _lambda(pair, made))


@R.rule(exp.ArraySort)
def by_comparator(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Elements by how many come before them; a comparator that gives no order is an error, in Spark by chance."""
    body = node.args.get("expression")
    if not isinstance(body, exp.Lambda) or len(body.expressions) != 2:
        return None
    first, second = (build.variable(name, node.this, body) for name in ("one_of_two", "other_of_two"))
    names = zip(body.expressions, (first, second), strict=True)
    compared = _substitute(body, {old.name: _parameter(new) for old, new in names})
    null = ctx.call("error", build.lit("The comparator of array_sort gave NULL."))
    below = exp.Coalesce(this=exp.LT(this=exp.Paren(this=compared), expression=build.lit(0)), expressions=[null])
    before = ctx.call("list_filter", node.this.copy(), _lambda(first, below))
    ranks = ctx.call("list_transform", node.this.copy(), _lambda(second, ctx.call("len", before)))
    made = ctx.macro("dbx__by_ranks", node.this, ranks)
    made.type = kind(node.this)
    return made


@R.function("map_zip_with")
def map_zip_with(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Every key of either map, with NULL for what one of them lacks."""
    left, right, body = node.expressions
    if not isinstance(body, exp.Lambda) or len(body.expressions) != 3:
        raise ctx.error(node, "map_zip_with takes a lambda of three parameters.")
    key, item = exp.to_identifier(body.expressions[0].name), build.variable("key_of_both", body, left, right)
    values: dict[str, _Make] = {key.name: lambda: exp.to_identifier(item)}
    for side, parameter in zip((left, right), body.expressions[1:], strict=True):
        for mention in _mentions(body, parameter.name):
            found = kind(side)
            mention.type = found.expressions[1].copy() if found is not None and len(found.expressions) == 2 else None
        values[parameter.name] = partial(ctx.call, "map_extract_value", side.copy(), exp.to_identifier(item))
    pairs = [("k", exp.to_identifier(item)), ("v", _substitute(body, values))]
    struct = exp.Struct(expressions=[exp.PropertyEQ(this=exp.to_identifier(n), expression=v) for n, v in pairs])
    keys = ctx.macro("dbx__array_union", ctx.call("map_keys", left), ctx.call("map_keys", right))
    return ctx.call("map_from_entries", ctx.call("list_transform", keys, _lambda(item, struct)))


@R.function("transform_values", "transform_keys", "map_filter")
def of_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = str(node.name).lower()
    body = node.expressions[-1]
    if len(node.expressions) != 2 or not isinstance(body, exp.Lambda):
        raise ctx.error(node, f"{name} has no counterpart like this. Work on map_entries(...).")
    key, value = (p.name for p in body.expressions)
    entry = build.variable("entry_of_map", body)
    made = _substitute(body, {key: _field(entry, "key"), value: _field(entry, "value")})
    entries = ctx.call("map_entries", node.expressions[0])
    if name == "map_filter":
        kept = ctx.call("list_filter", entries, _lambda(entry, made))
        filtered = ctx.call("map_from_entries", kept)
        filtered.type = kind(node.expressions[0])
        return filtered
    parts = [_field(entry, "key")(), made] if name == "transform_values" else [made, _field(entry, "value")()]
    struct = exp.Struct(expressions=[exp.PropertyEQ(this=exp.to_identifier(n), expression=p)
                                     for n, p in zip(("k", "v"), parts, strict=True)])  # fmt: skip
    return ctx.call("map_from_entries", ctx.call("list_transform", entries, _lambda(entry, struct)))
