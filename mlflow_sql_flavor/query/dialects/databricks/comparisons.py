"""Comparisons, and one type for the branches of a value: CASE, COALESCE, set operations."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed_query import outputs_of
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build, clauses, row_comparisons
from .casts import as_date, as_double, as_ts
from .types import decimal_of, family, kind, widest

R = DialectRules("databricks comparisons")
# Structs are compared as they are sorted: NULL is less than all else, and equal to itself
R.normalise(row_comparisons.by_field(row_comparisons.nulls_first))
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?|[+-]?(nan|inf|infinity)", re.I)
_COMPARE = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)


def aligned(node: exp.Expr, other: str | None, ctx: Context, at: exp.Expr) -> exp.Expr:
    """A side of a comparison: text becomes what it is compared with."""
    name = family(node)
    if {name, other} == {"bool", "int"} or {name, other} == {"bool", "decimal"}:
        raise ctx.error(at, "A boolean is compared with a number, which databricks refuses. Cast one of them.")
    if name != "text" or other is None:
        return node
    literal = build.text(node)
    if other == "int":
        plain = literal is not None and re.fullmatch(r"-?\d{1,18}", literal)
        return build.cast(node if plain else ctx.macro("dbx__str_int", node), "BIGINT")
    if other in ("decimal", "float"):
        return as_double(node, ctx)
    if other == "date":
        return as_date(node, ctx)
    if other == "timestamp":
        return as_ts(node, ctx)
    if other == "bool":
        return ctx.macro("dbx__str_bool", node, type="BOOLEAN")
    return node


def _bound_list(query: exp.Expr) -> bool:
    """Whether the rows are a parameter's elements, which Spark is given as a list of values."""
    return any("parameter" in item.unalias().meta for item in query.unnest().expressions)


@R.prepare
def membership(tree: exp.Expr, ctx: Context) -> None:
    """IN of a subquery is an existence join, but where it filters rows itself: false, never NULL.

    NOT is moved inwards before, so ``NOT (a OR b IN (...))`` filters by ``b NOT IN (...)``:
    https://github.com/apache/spark/blob/v4.0.0/sql/catalyst/src/main/scala/org/apache/spark/sql/catalyst/optimizer/subquery.scala
    """
    for node in list(find_all(tree, exp.In)):
        query = node.args.get("query")
        if query is None or _bound_list(query):
            continue
        above, filters, negated = node.parent, True, False
        inner: list[type[exp.Expr] | None] = []  # the connectors from the inside, None for NOT
        while isinstance(above, (exp.Paren, exp.Not, exp.And, exp.Or)):
            if not isinstance(above, exp.Paren):
                inner.append(None if isinstance(above, exp.Not) else type(above))
            above = above.parent
        for connector in reversed(inner):
            negated = negated is not (connector is None)
            filters = filters and connector is not (exp.And if negated else exp.Or)
        if filters and isinstance(above, (exp.Where, exp.Having)):
            continue
        made = exp.Coalesce(this=exp.Null(), expressions=[exp.Boolean(this=negated)])
        made.type = exp.DataType.build("BOOLEAN")
        node.replace(made)
        made.set("this", node)


@R.rule(*_COMPARE)
def compare(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if isinstance(right, (exp.Any, exp.All, exp.Subquery)) and right.type is None:
        return None
    a, b = family(left), family(right)
    if a == b:
        return None
    node.set("this", aligned(left, b, ctx, node))
    node.set("expression", aligned(right, a, ctx, node))
    return None


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = [node.this, node.args["low"], node.args["high"]]
    names = {family(s) for s in sides} - {"text", "null"}
    if len(names) == 1 and None not in names and any(family(s) == "text" for s in sides):
        other = names.pop()
        for key in ("this", "low", "high"):
            node.set(key, aligned(node.args[key], other, ctx, node))
    return None


@R.rule(exp.In)
def in_list(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    names = {family(e) for e in [node.this, *node.expressions]} - {"null"}
    if node.expressions and "text" in names and len(names) > 1 and None not in names:
        other = next(n for n in ("timestamp", "date", "bool", "float", "decimal", "int", "text") if n in names)
        for item in node.expressions if other in ("int", "decimal", "float") else []:
            known = build.text(item)
            if known is not None and not (_WHOLE if other == "int" else _NUMBER).fullmatch(known.strip()):
                raise ctx.error(item, f"databricks reads {known!r} as a number here, which it is not.")
        node.set("this", aligned(node.this, other, ctx, node))
        node.set("expressions", [aligned(e, other, ctx, node) for e in node.expressions])
    return None


def _innermost(node: exp.Expr) -> str | None:
    """The family of a value, of an array that of its items."""
    name, found = family(node), kind(node)
    while found is not None and name == "array" and found.expressions:
        found = found.expressions[0]
        name = family(_of(found))
    return name


@R.rule(exp.Union, exp.Except, exp.Intersect)
def set_operation(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Branches of different types: text beside a number is cast to the number's type, not the other way round."""
    left, right = node.this, node.expression
    if not isinstance(left, exp.Query) or not isinstance(right, exp.Query):
        return None
    for i, (one, two) in enumerate(zip(outputs_of(left), outputs_of(right), strict=False)):
        a, b = _innermost(one), _innermost(two)
        if "text" in (a, b) and a != b and {a, b} - {"text", "null", None}:
            ctx.refuse(
                "implicit_cast", next((n for n in (two, one) if n.parent and find_first(n, exp.Identifier)), right),
                f"Column {i + 1} is text in one branch and a {a if b == 'text' else b} in another",
                "Cast both branches to one type",
            )  # fmt: skip
    if not isinstance(node.parent, exp.SetOperation):
        selects = [s.expressions for s in clauses.selects_of(node)]
        if not any(e.is_star for items in selects for e in items):
            for column in zip(*selects, strict=False):
                common_scale([item.unalias() for item in column])
    return None


@R.rule(exp.Case, exp.Coalesce, exp.If, exp.Greatest, exp.Least, exp.Nvl2)
def branches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Text beside a number or date in the branches of one value: the text is cast, where DuckDB casts the number."""
    if isinstance(node, exp.Case):
        found = [i.args["true"] for i in node.args["ifs"]] + [node.args.get("default")]
    elif isinstance(node, (exp.If, exp.Nvl2)):
        if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.arg_key == "ifs":
            return None
        found = [node.args["true"], node.args.get("false")]
    else:
        found = [node.this, *node.expressions]
    names = {family(f) for f in found if f is not None} - {"null"}
    if None not in names and "text" in names and len(names) > 1:
        other = next((n for n in ("timestamp", "date", "bool", "float", "decimal", "int") if n in names), None)
        if other is None:
            return None
        for branch in found:
            if branch is not None and family(branch) == "text":
                new = aligned(branch, other, ctx, node)
                if new is not branch:
                    _swap(node, branch, new)
    common_scale(found)
    return None


def common_scale(values: list[exp.Expr | None]) -> None:
    """Decimals of one value in their common type: DuckDB would round 0.12345 beside a SUM, which is DECIMAL(38, 2)."""
    target = widest(values)
    if target is None or target.this != exp.DType.DECIMAL:
        return
    for value in values:
        found = decimal_of(value)
        if value is not None and family(value) == "decimal" and found != decimal_of(_of(target)):
            holder, key, index = value.parent, value.arg_key, value.index
            if holder is not None and key is not None:
                holder.set(key, build.cast(value, target.sql("duckdb")), index)


def _of(type_: exp.DataType) -> exp.Expr:
    made = exp.Null()
    made.type = type_
    return made


def _swap(node: exp.Expr, old: exp.Expr, new: exp.Expr) -> None:
    holder = node
    if isinstance(node, exp.Case):
        holder = next((i for i in node.args["ifs"] if i.args["true"] is old), node)
    for key, value in holder.args.items():
        if value is old:
            holder.set(key, new)
            return
        if isinstance(value, list) and any(v is old for v in value):
            holder.set(key, [new if v is old else v for v in value])
            return
