"""Expressions that the rules of several targets build, and rules they share."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from ..dialects.shared.build import cast, lit, text
from ..facts.context import Context
from .context import Writing

__all__ = [
    "call",
    "case",
    "decimal_of_double",
    "number",
    "of_text",
    "sharp_s",
    "similar",
    "substring",
    "text_of_double",
]

Raise = Callable[[str], exp.Expr]


def call(name: str, *args: exp.Expr, type: str | None = None) -> exp.Anonymous:
    """A function of the target, printed as it is."""
    node = exp.Anonymous(this=name, expressions=[arg.copy() for arg in args])
    if type is not None:
        node.type = exp.DataType.build(type, dialect="duckdb")
    return node


def case(*pairs: tuple[exp.Expr, exp.Expr], default: exp.Expr) -> exp.Case:
    """``CASE WHEN … THEN … ELSE … END``; every part is copied."""
    ifs = [exp.If(this=test.copy(), true=value.copy()) for test, value in pairs]
    return exp.Case(ifs=ifs, default=default.copy())


def number(node: exp.Expr | None) -> int | None:
    """The value of a whole-number literal, with its sign; None for anything else."""
    if isinstance(node, exp.Neg):
        found = number(node.this)
        return -found if found is not None else None
    if isinstance(node, exp.Literal) and not node.is_string and re.fullmatch(r"[0-9]+", node.this):
        return int(node.this)
    return None


def of_text(ctx: Context, node: exp.Expr) -> bool:
    """Whether a cast is to text."""
    return isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES


def text_of_double(node: exp.Expr, ctx: Context) -> None:
    """A double's text is 2.0 or 2, 1E10 or 1e+10; that of an interval differs everywhere."""
    assert isinstance(ctx, Writing)
    sides: list[exp.Expr] = []
    if isinstance(node, exp.Cast):
        sides = [node.this] if of_text(ctx, node) else []
    elif isinstance(node, exp.DPipe):
        sides = [node.left, node.right]
    elif isinstance(node, (exp.Concat, exp.ConcatWs)):
        sides = list(node.expressions)
    for side in sides:
        if ctx.is_a(side, "float"):
            raise ctx.no(node, "The text of a double (2.0 or 2)", "CAST it to a DECIMAL first")
        if _is_interval(side, ctx):
            raise ctx.no(node, "The text of an interval", "return its parts as numbers")


def _is_interval(node: exp.Expr, ctx: Context) -> bool:
    bare = node.unnest()
    moments = isinstance(bare, exp.Sub) and all(
        ctx.is_a(side, "timestamp", "timestamptz") for side in (bare.left, bare.right)
    )
    called = isinstance(bare, exp.Anonymous) and bare.name.lower() == "age"
    return moments or called or ctx.is_a(node, "interval")


def decimal_of_double(node: exp.Expr, ctx: Context, rounded: Callable[[exp.Expr], exp.Expr]) -> exp.Expr | None:
    """DuckDB makes a DECIMAL of the double's binary value; others of its digits: 1.005 is 1.00 or 1.01."""
    assert isinstance(node, exp.Cast)
    if not (ctx.is_a(node.this, "float") and node.to.this == exp.DType.DECIMAL):
        return None
    scale = number(node.to.expressions[1].this) if len(node.to.expressions) > 1 else 0
    node.set("this", scaled(node.this, scale or 0, rounded))
    return node


def scaled(value: exp.Expr, digits: int, rounded: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """``round(value * 10^digits) / 10^digits``, as DuckDB rounds a double."""
    if digits == 0:
        return rounded(value)
    power = cast(lit(10**digits), "DOUBLE")
    product = exp.Paren(this=exp.Mul(this=exp.Paren(this=value.copy()), expression=power.copy()))
    made = exp.Paren(this=exp.Div(this=rounded(product), expression=power, typed=False, safe=False))
    made.type = exp.DataType.build("DOUBLE")
    return made


#: Letters whose capital is written differently: what a text has them replaced by first.
_SHARP = {
    ("databricks", "postgres"): "SS",
    ("duckdb", "postgres"): "\u1e9e",
    ("duckdb", "databricks"): "\u1e9e",
}


def sharp_s(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The capital of the sharp s is SS in Spark, a capital sharp s in DuckDB, and itself in PostgreSQL."""
    assert isinstance(ctx, Writing) and isinstance(node, exp.Upper)
    this = node.this
    if text(this) is not None and text(this).isascii():  # type: ignore[union-attr]
        return None
    target = "postgres" if ctx.rules.name == "PostgreSQL" else "databricks"
    instead = _SHARP.get((ctx.source, target))
    if instead is None:  # kept, under a sign that has no capital
        kept = exp.Upper(this=call("REPLACE", this, lit("ß"), lit("\ue000")))
        return call("REPLACE", kept, lit("\ue000"), lit("ß"), type="VARCHAR")
    node.set("this", call("REPLACE", this, lit("ß"), lit(instead), type="VARCHAR"))
    return node


def similar(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """DuckDB's SIMILAR TO is a regular expression that matches all of the text."""
    assert isinstance(ctx, Writing)
    pattern = text(node.expression)
    if ctx.source != "duckdb":
        return None
    if pattern is None:
        raise ctx.no(node, "SIMILAR TO with a pattern that is no constant", "use regexp_matches")
    return exp.RegexpLike(this=node.this, expression=lit(f"^(?:{pattern})$"))


def substring(node: exp.Expr, ctx: Context, length: str, error: Raise | None) -> exp.Expr | None:
    """``substr`` from a place before the first letter, from the end, or of a negative length.

    From 0 and from before 0 PostgreSQL counts on, DuckDB from 0; Spark takes 0 for 1 and, with DuckDB, counts a
    negative place from the end. A negative length is an error, an empty text, or reads backwards.

    Args:
        node: The call.
        ctx: Of the query.
        length: The target's function for a text's length.
        error: Makes an expression that fails on the target; None where the target fails by itself.
    """
    assert isinstance(ctx, Writing)
    this, start, size = node.this, node.args.get("start"), node.args.get("length")
    if start is None or ctx.is_a(this, "array"):
        return None
    at, count = number(start), number(size)
    target = "postgres" if ctx.rules.name == "PostgreSQL" else "databricks"
    if count is not None and count < 0 and ctx.source != "databricks":
        raise ctx.no(node, "substr of a negative length", "give a length of at least 0")
    if at is not None and at > 0 and (size is None or count is not None):
        if count is not None and count < 0:  # Spark: an empty text
            node.set("length", lit(0))
        return node
    zero, one = lit(0), lit(1)
    new_size = size
    if size is not None and count is None:
        below = exp.LT(this=size.copy(), expression=zero.copy())
        if ctx.source == "databricks":
            new_size = case((below, zero), default=size)
        elif ctx.source == "duckdb" or error is not None:
            made = error("substr of a negative length") if error is not None else None
            new_size = case((below, made), default=size) if made is not None else size
    elif count is not None and count < 0:
        new_size = zero
    first = _place(this, start, at, length, ctx.source, target)
    if target == "databricks" and ctx.source == "postgres":
        return _window(node, this, start, at, new_size)
    if target == "databricks" and ctx.source == "duckdb" and new_size is not None and (at is None or at == 0):
        # From 0 DuckDB counts a letter before the first.
        less = exp.Sub(this=exp.Paren(this=new_size.copy()), expression=one.copy())
        shorter = case((exp.LT(this=less.copy(), expression=zero.copy()), zero), default=less)
        is_zero = exp.EQ(this=start.copy(), expression=zero.copy())
        new_size = shorter if at == 0 else case((is_zero, shorter), default=new_size)
    node.set("start", first)
    node.set("length", new_size)
    return node


def _place(this: exp.Expr, start: exp.Expr, at: int | None, length: str, source: str, target: str) -> exp.Expr:
    """The place to start from, where the target counts otherwise than the source."""
    if target != "postgres":
        return lit(1) if at == 0 and source == "duckdb" else start
    end = exp.Add(this=exp.Add(this=call(length, this), expression=lit(1)), expression=exp.Paren(this=start.copy()))
    zero = lit(1) if source == "databricks" else lit(0)
    if at is not None:
        return end if at < 0 else zero if at == 0 else start
    below = exp.LT(this=start.copy(), expression=lit(0))
    is_zero = exp.EQ(this=start.copy(), expression=lit(0))
    return case((below, end), (is_zero, zero), default=start)


def _window(node: exp.Expr, this: exp.Expr, start: exp.Expr, at: int | None, size: exp.Expr | None) -> exp.Expr:
    """PostgreSQL's count from before the first letter, for an engine that counts such places from the end."""
    if at is not None and at > 0:
        node.set("length", size)
        return node
    zero, one = lit(0), lit(1)
    before = exp.LT(this=start.copy(), expression=one.copy())
    node.set("start", one if at is not None else case((before, one), default=start))
    if size is None:
        return node
    rest = exp.Sub(
        this=exp.Add(this=exp.Paren(this=start.copy()), expression=exp.Paren(this=size.copy())), expression=one
    )
    cut = case((exp.LT(this=rest.copy(), expression=zero.copy()), zero), default=rest)
    node.set("length", cut if at is not None else case((before, cut), default=size))
    return node
