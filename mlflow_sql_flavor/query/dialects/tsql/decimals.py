"""SQL Server's decimals: data-types/precision-scale-and-length-transact-sql of the manual.

A quotient has max(6, s1 + p2 + 1) digits behind the point, fewer where 38 do not suffice, and is cut there.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, casts

R = DialectRules("tsql decimals")
_T = exp.DType
_WHOLE = {_T.TINYINT: 3, _T.SMALLINT: 5, _T.INT: 10, _T.BIGINT: 19, _T.UTINYINT: 3, _T.BIT: 1, _T.BOOLEAN: 1}
Digits = tuple[int, int]


def _fitted(precision: int, scale: int) -> Digits:
    """At most 38 digits: the part behind the point gives way, down to six."""
    if precision <= 38:
        return precision, scale
    whole = precision - scale
    if whole < 32 and scale > 6:
        return 38, min(scale, 38 - whole)
    return 38, min(scale, 6)


def digits(node: exp.Expr, ctx: Context) -> Digits | None:
    """Precision and scale of an exact number, None where they are not known."""
    if "digits" in node.meta:
        found: Digits = node.meta["digits"]
        return found
    if isinstance(node, (exp.Paren, exp.Neg, exp.Min, exp.Max, exp.Abs, exp.Nullif, exp.Round, exp.Window)):
        return digits(node.this, ctx)
    if isinstance(node, exp.Literal):
        if node.is_string or "e" in node.this.lower():
            return None
        whole, _, part = node.this.partition(".")
        return max(len(whole.lstrip("0")) + len(part), 1), len(part)
    if isinstance(node, exp.Count):
        return 10, 0
    if isinstance(node, exp.Coalesce) and node.args.get("is_null"):
        return digits(node.this, ctx)
    if isinstance(node, exp.Sum) and ctx.is_a(node.this, "decimal"):
        inner = digits(node.this, ctx)
        return None if inner is None else (38, inner[1])
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        left, right = digits(node.this, ctx), digits(node.expression, ctx)
        if left is None or right is None:
            return None
        if isinstance(node, exp.Mul):
            return _fitted(left[0] + right[0] + 1, left[1] + right[1])
        scale = max(left[1], right[1])
        return _fitted(max(left[0] - left[1], right[0] - right[1]) + scale + 1, scale)
    if isinstance(node, (exp.Case, exp.If, exp.Coalesce)):
        return _branches(node, ctx)
    kind = node.args["to"] if isinstance(node, (exp.Cast, exp.TryCast)) else ctx.type_of(node)
    if kind is None:
        return None
    if kind.this in _WHOLE:
        return _WHOLE[kind.this], 0
    if kind.this in (_T.MONEY, _T.SMALLMONEY):
        return (19 if kind.this == _T.MONEY else 10), 4
    if kind.this != _T.DECIMAL:
        return None
    sizes = [int(e.name) for e in kind.expressions]
    if not sizes:
        return (18, 0) if isinstance(node, exp.Cast) else None
    return sizes[0], sizes[1] if len(sizes) > 1 else 0


def is_money(node: exp.Expr | None) -> bool:
    """Whether a value is MONEY: it is a cast to it, or computed of one and whole numbers."""
    if node is None or "money" in node.meta:
        return node is not None
    if isinstance(node, (exp.Paren, exp.Neg, exp.Min, exp.Max, exp.Abs, exp.Sum, exp.Nullif, exp.Window, exp.Coalesce)):
        return is_money(node.this)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        sides = (node.this, node.expression)
        whole = {*_WHOLE, _T.MONEY, _T.SMALLMONEY}
        return any(map(is_money, sides)) and all(
            is_money(side) or (side.type is not None and side.type.this in whole) for side in sides
        )
    return False


def _branches(node: exp.Expr, ctx: Context) -> Digits | None:
    if isinstance(node, exp.Coalesce):
        values = [node.this, *node.expressions]
    else:
        pairs = node.args.get("ifs") or [node]
        values = [p.args["true"] for p in pairs]
        last = node.args.get("default") or node.args.get("false")
        values += [last] if last is not None else []
    found = [digits(v, ctx) for v in values if not isinstance(v, exp.Null)]
    known = [f for f in found if f is not None]
    if not known or len(known) < len(found):
        return None
    scale = max(s for _, s in known)
    return _fitted(max(p - s for p, s in known) + scale, scale)


def quotient(left: exp.Expr, right: exp.Expr, sides: tuple[Digits, Digits], least: int, ctx: Context) -> exp.Expr:
    """``left / right``, computed on whole numbers and cut."""
    (p1, s1), (p2, s2) = sides
    scale = max(least, s1 + p2 + 1)
    precision, scale = _fitted(p1 - s1 + s2 + scale, scale)
    return exact(left, right, s1, s2, (precision, scale), ctx)


def exact(left: exp.Expr, right: exp.Expr, s1: int, s2: int, size: Digits, ctx: Context) -> exp.Expr:
    precision, scale = size
    shift = scale - s1 + s2
    whole = ctx.call("divide", _whole(left, s1, max(shift, 0)), _whole(right, s2, max(-shift, 0)))
    if scale > 9:
        text = ctx.macro("ts__point", whole, build.lit(scale), type="VARCHAR")
        made: exp.Expr = build.cast(text, f"DECIMAL(38, {scale})")
    else:
        unit = "0." + "0" * (scale - 1) + "1" if scale else "1"
        one = build.cast(exp.Literal.number(unit), f"DECIMAL({scale + 1}, {scale})")
        made = exp.Paren(this=exp.Mul(this=build.cast(whole, f"DECIMAL({37 - scale}, 0)"), expression=one))
    made.type = exp.DataType.build(f"DECIMAL(38, {scale})")
    made.meta["digits"] = (precision, scale)
    return made


def _whole(node: exp.Expr, scale: int, shift: int) -> exp.Expr:
    number = build.cast(node, f"DECIMAL(38, {scale})")
    made = build.cast(exp.Paren(this=exp.Mul(this=number, expression=build.lit(10**scale))), "HUGEINT")
    if not shift:
        return made
    return exp.Paren(this=exp.Mul(this=made, expression=build.cast(build.lit(str(10**shift)), "HUGEINT")))


@R.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """language-elements/divide-transact-sql: integers by the setting."""
    left, right = node.this, node.expression
    _no_money(node, is_money(left) or is_money(right), ctx)
    if not (ctx.is_a(left, "number") and ctx.is_a(right, "number")):
        ctx.refuse("unfaithful", node, "The types of this quotient are not known here", "CAST both sides")
    exact_ = ctx.is_a(left, "decimal", "int") and ctx.is_a(right, "decimal", "int")
    if not exact_ or (ctx.is_a(left, "int") and ctx.is_a(right, "int")):
        return casts.plain_division(node, ctx)
    one, other = digits(left, ctx), digits(right, ctx)
    if one is None or other is None:
        ctx.refuse("unfaithful", node, "The digits of this quotient are not known here", "CAST both to FLOAT")
        return casts.plain_division(node, ctx)
    return quotient(left, right, (one, other), 6, ctx)


@R.rule(exp.Mul)
def product(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _no_money(node, is_money(node.this) and is_money(node.expression), ctx)
    return None


def _no_money(node: exp.Expr, found: bool, ctx: Context) -> None:
    if found:
        ctx.refuse("unfaithful", node, "The digits of this MONEY are not verified", "Cast it to DECIMAL before")


@R.rule(exp.Window)
def mean_over(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/avg-transact-sql: a mean of integers is an integer, of decimals it has six digits or its own."""
    call = node.this
    if not isinstance(call, exp.Avg) or not ctx.is_a(call.this, "int", "decimal"):
        return None
    total, count = node.copy(), node.copy()
    total.set("this", ctx.call("sum", call.this.copy()))
    count.set("this", ctx.call("count", call.this.copy()))
    return _mean(call, total, count, ctx)


@R.rule(exp.Avg)
def mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        return None
    if ctx.unknown(node.this) and not isinstance(node.this, exp.Distinct):
        ctx.refuse("unfaithful", node, "The type of this mean is not known here", "CAST its argument")
    inner = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    _no_money(node, is_money(inner), ctx)
    if not ctx.is_a(inner, "int", "decimal"):
        return None
    call = exp.Avg(this=inner)
    return _mean(call, ctx.call("sum", node.this.copy()), ctx.call("count", node.this.copy()), ctx)


def _mean(call: exp.Expr, total: exp.Expr, count: exp.Expr, ctx: Context) -> exp.Expr:
    if ctx.is_a(call.this, "int"):
        return build.cast(ctx.call("divide", total, ctx.call("nullif", count, build.lit(0))), "BIGINT")
    size = digits(call.this, ctx)
    if size is None:
        ctx.refuse("unfaithful", call, "The digits of this mean are not known here", "CAST its argument to FLOAT")
    scale = size[1] if size is not None else 6
    return exact(total, ctx.call("nullif", count, build.lit(0)), scale, 0, (38, max(6, scale)), ctx)
