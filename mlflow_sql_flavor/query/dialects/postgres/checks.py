"""What postgres raises for and DuckDB does not: https://www.postgresql.org/docs/15/typeconv.html."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...facts.typed_query import outputs_of
from .. import DialectRules
from ..shared import row_comparisons
from ..shared.build import cast, text
from ..shared.ties import ties
from .casts import boolean_literal, equal_text
from .numbers import is_real, literal_as, widen
from .types import category

R = DialectRules("postgres checks")


def _comparable(node: exp.Expr, a: exp.Expr, b: exp.Expr, ctx: Context) -> None:
    left, right = category(a), category(b)
    if left is not None and right is not None and left != right:
        raise ctx.error(node, f"{ctx.rules.name} cannot compare {left} with {right}. Cast one side.")


def _literal(side: exp.Expr, other: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A quoted literal as a value of the other side's type."""
    if text(side) is None:
        return None
    kind = category(other)
    if kind == "number":
        return literal_as(side, other, ctx)
    if kind == "interval" and other.type is not None:
        return cast(side.copy(), other.type.sql("duckdb"))
    return boolean_literal(side, ctx) if kind == "boolean" else None


def _binary(node: exp.Expr) -> bool:
    kind = node.unnest().type if not isinstance(node, exp.Subquery) else node.type
    return isinstance(kind, exp.DataType) and kind.this == exp.DType.JSONB


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Nullif)
def compare(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    a, b = node.this, node.expression
    if isinstance(node, (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)) and all(_binary(side) for side in (a, b)):
        node.set("this", equal_text(a, ctx))
        node.set("expression", equal_text(b, ctx))
        return None
    if ctx.is_a(a, "json") or ctx.is_a(b, "json"):
        ctx.refuse("json_text", node, "Comparing JSON compares its text in DuckDB", "Take the value out with ->>")
    _comparable(node, a, b, ctx)
    for key, side, other in (("this", a, b), ("expression", b, a)):
        made = _literal(side, other, ctx)
        if made is not None:
            node.set(key, made)
    real = is_real(node.this)
    widen(node, "this", "expression")
    return cast(node, "FLOAT") if real and isinstance(node, exp.Nullif) else None


@R.rule(exp.In)
def in_list(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        node.args.get("query") is not None
        and isinstance(node.this.unnest(), exp.Tuple)
        and (isinstance(node.parent, exp.Not) or (node.parent is not None and isinstance(node.parent.parent, exp.Not)))
    ):
        ctx.refuse(
            "unfaithful", node, "NOT IN over a subquery of rows treats NULL otherwise in DuckDB", "Use NOT EXISTS"
        )
    items = []
    for item in node.expressions:
        _comparable(node, node.this, item, ctx)
        items.append(_literal(item, node.this, ctx) or item)
    if items:
        if is_real(node.this) and any(category(i) == "number" and not is_real(i) for i in items):
            node.set("this", cast(node.this, "DOUBLE"))
            items = [cast(i, "DOUBLE") for i in items]
        node.set("expressions", items)
    query = node.args.get("query")
    if isinstance(query, exp.Subquery) and isinstance(query.this, exp.Select) and len(query.this.selects) == 1:
        _comparable(node, node.this, query.this.selects[0].unalias(), ctx)
    return None


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("low", "high"):
        _comparable(node, node.this, node.args[key], ctx)
        made = _literal(node.args[key], node.this, ctx)
        if made is not None:
            node.set(key, made)
    widen(node, "this", "low", "high")
    return None


def _condition(node: exp.Expr | None, ctx: Context, where: str) -> None:
    kind = category(node)
    if kind is not None and kind != "boolean":
        raise ctx.error(node, f"{ctx.rules.name} wants a boolean in {where}, not {kind}. Compare it with <> 0.")


@R.rule(exp.And, exp.Or)
def logic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _condition(node.this, ctx, node.key.upper())
    _condition(node.expression, ctx, node.key.upper())
    return None


@R.rule(exp.Not, exp.Where, exp.Having)
def condition(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _condition(node.this, ctx, node.key.upper())
    return None


@R.rule(exp.Join)
def join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _condition(node.args.get("on"), ctx, "JOIN ON")
    return None


@R.rule(exp.Case)
def case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    subject = node.this
    for branch in node.args["ifs"]:
        if subject is None:
            _condition(branch.this, ctx, "CASE WHEN")
        else:
            _comparable(node, subject, branch.this, ctx)
            made = _literal(branch.this, subject, ctx)
            if made is not None:
                branch.set("this", made)
            if is_real(subject) and category(branch.this) == "number" and not is_real(branch.this):
                branch.set("this", cast(branch.this, "DOUBLE"))
                node.set("this", cast(subject, "DOUBLE"))
    results = [b.args["true"] for b in node.args["ifs"]] + [node.args.get("default")]
    _one_category(node, [r for r in results if r is not None], ctx, "CASE")
    return None


@R.rule(exp.Coalesce)
def coalesce(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _one_category(node, [node.this, *node.expressions], ctx, "COALESCE")
    return None


def _one_category(node: exp.Expr, values: list[exp.Expr], ctx: Context, what: str) -> None:
    kinds = {category(v) for v in values} - {None}
    if len(kinds) > 1:
        raise ctx.error(node, f"{ctx.rules.name} cannot match {' and '.join(sorted(map(str, kinds)))} in {what}.")
    typed = next((v for v in values if category(v) in ("number", "boolean")), None)
    if typed is not None:
        for value in values:
            made = _literal(value, typed, ctx)
            if made is not None:
                value.replace(made)


@R.rule(exp.Union, exp.Except, exp.Intersect)
def set_operation(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # typeconv-union-case.html: the literal of one side takes the type of the other's column.
    left, right = outputs_of(node.this), outputs_of(node.expression)
    if len(left) != len(right):
        return None
    for x, y in zip(left, right, strict=True):
        kinds = (category(x), category(y))
        if None not in kinds and kinds[0] != kinds[1]:
            place = y if y.parent is not None else node.expression
            raise ctx.error(place, f"{ctx.rules.name} cannot match {kinds[0]} with {kinds[1]} in {node.key.upper()}.")
        for side, other in ((x, y), (y, x)):
            made = _literal(side, other, ctx)
            if made is not None:
                side.replace(made)
    return None


@R.rule(exp.Is)
def is_null(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-comparison.html: a row IS NULL where each of its fields is, IS NOT NULL where none is.
    fields = row_comparisons.fields(node.this)
    if not isinstance(node.expression, exp.Null) or (fields is None and not ctx.is_a(node.this, "struct")):
        return None
    if fields is None:
        raise ctx.error(node, "Whether a row is NULL goes by its fields: write a IS NULL AND b IS NULL.")
    if not fields:
        return exp.Boolean(this=True)  # of no fields each is NULL
    tests: list[exp.Expr] = [exp.Is(this=exp.Paren(this=each), expression=exp.Null()) for each in fields]
    if not node.args.get("negate"):
        return exp.Paren(this=exp.and_(*tests, copy=False))
    return exp.Paren(this=exp.Not(this=exp.Paren(this=exp.or_(*tests, copy=False))))


R.prepare(ties)
