"""Comparisons, conditions and mixtures of types: https://dev.mysql.com/doc/refman/8.0/en/type-conversion.html"""

from __future__ import annotations

import datetime
import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build, comparisons, row_comparisons
from .coercions import by_bytes, condition, exact, is_json, json_text, number, text
from .times import time

R = DialectRules("mysql comparisons")
# https://dev.mysql.com/doc/refman/8.0/en/comparison-operators.html
R.normalise(row_comparisons.by_field())


@R.rule(exp.And, exp.Or, exp.Xor)
def connected(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", condition(node.this, ctx))
    node.set("expression", condition(node.expression, ctx))
    return None


@R.rule(exp.Is)
def is_true(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.expression, exp.Boolean):
        node.set("this", condition(node.this, ctx))
    return None


@R.rule(exp.Not, exp.Where, exp.Having)
def condition_of(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", condition(node.this, ctx))
    return None


@R.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
def comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = _comparable(node.this, node.expression, ctx)
    node.set("this", left)
    node.set("expression", right)
    return None


# https://dev.mysql.com/doc/refman/8.0/en/operator-precedence.html
R.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)(comparisons.chained)


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.this
    for key in ("low", "high"):
        this, bound = _comparable(this, node.args[key], ctx)
        node.set(key, bound)
    node.set("this", this)
    return None


@R.rule(exp.In)
def inside(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        return None
    if is_json(node.this):
        texts = any(ctx.is_a(each, "text") for each in node.expressions)
        node.set("this", ctx.macro("my__json_text", node.this, type="VARCHAR") if texts else number(node.this, ctx))
        return None
    if ctx.is_a(node.this, "text") and any(ctx.is_a(each, "number") for each in node.expressions):
        node.set("expressions", [number(each, ctx) for each in node.expressions])
        node.set("this", number(node.this, ctx))
        return None
    node.set("expressions", [_comparable(node.this, each, ctx)[1] for each in node.expressions])
    return None


_KINDS = ("text", "bool", "number", "date", "timestamp", "interval")


def _kind(node: exp.Expr, ctx: Context) -> str:
    return next((kind for kind in _KINDS if ctx.is_a(node, kind)), "")


def _as_moment(node: exp.Expr, ctx: Context) -> exp.Expr:
    # https://dev.mysql.com/doc/refman/8.0/en/comparison-operators.html: a text that is no date is an error there
    written = build.text(node.unnest())
    if written is not None and not re.match(r"\s*(\d{2,4}\D\d{1,2}\D\d{1,2}|\d{6}|\d{8}|\d{14})", written):
        raise ctx.error(node, f"A date is compared with {written!r}, which is none: write it as 'YYYY-MM-DD'.")
    if written is not None and re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{1,6})?)?", written):
        try:
            datetime.datetime.fromisoformat(written)
        except ValueError:
            raise ctx.error(node, f"A date is compared with {written!r}, which is none.") from None
        return build.cast(node, "TIMESTAMP")
    return ctx.macro("my__compared", node, type="TIMESTAMP")


def _comparable(one: exp.Expr, two: exp.Expr, ctx: Context) -> tuple[exp.Expr, exp.Expr]:
    if isinstance(two, (exp.All, exp.Any)):
        return one, two
    kinds = [_kind(n, ctx) for n in (one, two)]
    if is_json(one) or is_json(two):
        if "text" in kinds:
            return (ctx.macro("my__json_text", one) if is_json(one) else one), (
                ctx.macro("my__json_text", two) if is_json(two) else two
            )
        return number(one, ctx), number(two, ctx)
    if "text" in kinds and ("number" in kinds or "bool" in kinds):
        return number(one, ctx), number(two, ctx)
    if kinds == ["text", "text"] and (json_text(one) or json_text(two)):
        return by_bytes(exp.Paren(this=one)), two
    if "interval" in kinds and "text" in kinds:
        return time(one, ctx), time(two, ctx)
    if "number" in kinds and ("date" in kinds or "timestamp" in kinds):
        ctx.refuse(
            "implicit_cast", two, "A date is compared with a number of digits", "Write the date as a text 'YYYY-MM-DD'"
        )
    if set(kinds) == {"bool", "number"}:
        return number(one, ctx), number(two, ctx)
    if kinds == ["number", "number"] and not (ctx.is_a(one, "float") or ctx.is_a(two, "float")):
        return exact(one, ctx), exact(two, ctx)
    if "text" in kinds and ("date" in kinds or "timestamp" in kinds):
        return tuple(_as_moment(n, ctx) if k == "text" else n for n, k in zip((one, two), kinds, strict=True))  # type: ignore[return-value]
    return one, two


@R.rule(exp.Case, exp.If, exp.Coalesce)
def one_type(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A text among the values makes all of them texts: https://dev.mysql.com/doc/refman/8.0/en/flow-control-functions.html
    if isinstance(node, exp.Case):
        _compared(node, ctx)
        branches = [(branch, "true") for branch in node.args["ifs"]] + (
            [(node, "default")] if node.args.get("default") else []
        )
        if node.this is None:
            for branch in node.args["ifs"]:
                branch.set("this", condition(branch.this, ctx))
    elif isinstance(node, exp.If):
        if isinstance(node.parent, exp.Case):
            return None
        node.set("this", condition(node.this, ctx))
        branches = [(node, key) for key in ("true", "false") if node.args.get(key)]
    else:
        values = [node.this, *node.expressions]
        if _mixed(values, ctx):
            values = [text(value, ctx) for value in values]
            node.set("this", values[0])
            node.set("expressions", values[1:])
        return None
    if _mixed([holder.args[key] for holder, key in branches], ctx):
        for holder, key in branches:
            holder.set(key, text(holder.args[key], ctx))
    return None


def _compared(node: exp.Case, ctx: Context) -> None:
    """``CASE x WHEN y`` compares as ``x = y`` does: where their types differ it is written so."""
    base = node.this
    if not isinstance(base, exp.Expr) or all(_kind(b.this, ctx) == _kind(base, ctx) for b in node.args["ifs"]):
        return
    for branch in node.args["ifs"]:
        test = exp.EQ(this=base.copy(), expression=branch.this)
        test.type = exp.DataType.build("BOOLEAN")
        branch.set("this", comparison(test, ctx) or test)
    node.set("this", None)


def _mixed(values: list[exp.Expr], ctx: Context) -> bool:
    known = [value for value in values if not isinstance(value.unnest(), exp.Null)]
    return any(ctx.is_a(v, "text") for v in known) and any(
        ctx.is_a(v, "number", "bool", "date", "timestamp") for v in known
    )


@R.rule(exp.SetOperation)
def union(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    assert isinstance(node, exp.SetOperation)
    for one, two in zip(list(node.left.selects), list(node.right.selects), strict=False):
        if _mixed([one.unalias(), two.unalias()], ctx):
            for item in (one, two):
                if isinstance(item, exp.Alias):
                    item.set("this", text(item.this, ctx))
                elif item.parent is not None and item.arg_key:
                    name = item.output_name
                    item.parent.set(
                        item.arg_key, exp.alias_(text(item.copy(), ctx), name) if name else text(item, ctx), item.index
                    )
    return None


_ORDERED = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.Min, exp.Max, exp.Greatest, exp.Least)


@R.prepare
def sorted_texts(tree: exp.Expr, ctx: Context) -> None:
    for node in find_all(tree, exp.Ordered, exp.Anonymous, *_ORDERED):
        value = node.this
        if isinstance(node, exp.Anonymous):
            if node.name.lower() != "strcmp":
                continue
            value = node.expressions[0]
        if isinstance(value, exp.Literal) and not value.is_string and isinstance(node, exp.Ordered):
            found = _item(node, int(value.this) if str(value.this).isdigit() else 0)
            value = value if found is None else found
        if isinstance(value, (exp.Column, exp.Alias)) and ctx.unknown(value):
            found = _named(node, value.name)
            value = value if found is None else found
        if ctx.is_a(value, "text") or (ctx.unknown(value) and isinstance(node, exp.Ordered)):
            ctx.set("default_collation", "nocase.noaccent.en")
            return


def _query(node: exp.Expr) -> exp.Query | None:
    order = node.parent
    return order.parent if isinstance(order, exp.Order) and isinstance(order.parent, exp.Query) else None


def _item(node: exp.Expr, index: int) -> exp.Expr | None:
    query = _query(node)
    selects = query.selects if query is not None else []
    return selects[index - 1].unalias() if 0 < index <= len(selects) else None


def _named(node: exp.Expr, name: str) -> exp.Expr | None:
    query = _query(node)
    for item in query.selects if query is not None else ():
        if item.alias_or_name.casefold() == name.casefold():
            return item.unalias()
    return None


@R.rule(exp.Greatest, exp.Least)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Texts are compared by the collation, which DuckDB's own functions do not
    values = [node.this, *node.expressions]
    texts = [ctx.is_a(value, "text") for value in values]
    if any(texts) and any(ctx.is_a(value, "number", "bool") for value in values):
        ctx.refuse("implicit_cast", node, "Texts and numbers are compared here as either", "CAST them to one type")
    if not all(texts):
        return None
    compare = exp.GTE if isinstance(node, exp.Greatest) else exp.LTE
    made = values[0]
    for value in values[1:]:
        null = exp.Or(
            this=exp.Is(this=made.copy(), expression=exp.Null()), expression=exp.Is(this=value, expression=exp.Null())
        )
        first = exp.If(this=compare(this=made.copy(), expression=value.copy()), true=made)
        made = exp.Case(ifs=[exp.If(this=null, true=exp.Null()), first], default=value.copy())
        made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made
