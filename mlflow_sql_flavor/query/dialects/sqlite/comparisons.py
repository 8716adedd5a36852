"""Comparisons, conditions and mixtures of types: https://sqlite.org/datatype3.html#comparison_expressions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, comparisons, row_comparisons
from .coercions import is_json, literal, number, numeral, text

R = DialectRules("sqlite comparisons")
# https://sqlite.org/rowvalue.html#row_value_comparisons; a list of several rows is none there
R.normalise(row_comparisons.by_field())


# https://sqlite.org/lang_expr.html#operators
R.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)(comparisons.chained)


@R.rule(exp.Where, exp.Having, exp.And, exp.Or, exp.Not, exp.If)
def condition(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.parent.args.get("this") is not None:
        return None  # CASE x WHEN y compares
    # A text is true where its number is not 0: https://sqlite.org/lang_expr.html#boolean_expressions
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and (ctx.is_a(value, "text") or is_json(value.unnest())):
            made = exp.NEQ(this=number(value, ctx), expression=build.lit(0))
            made.type = exp.DataType.build("BOOLEAN")
            node.set(key, exp.Paren(this=made))
    return None


@R.rule(exp.Is)
def is_true(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.expression, exp.Boolean) or not ctx.is_a(node.this, "text", "number"):
        return None
    made = exp.NEQ(this=number(node.this, ctx), expression=build.lit(0))
    made.type = exp.DataType.build("BOOLEAN")
    node.set("this", exp.Paren(this=made))
    return None


def _kind(node: exp.Expr, ctx: Context) -> str:
    if is_json(node.unnest()):
        return "json"
    for kind in ("text", "bool", "number"):
        if ctx.is_a(node, kind):
            return kind
    return "unknown"


def _has_affinity(node: exp.Expr, ctx: Context) -> bool:
    # Columns and casts have one, other expressions have none: https://sqlite.org/datatype3.html#affinity_of_expressions
    inner = node.unnest()
    if "literal" in inner.meta:
        return False
    if isinstance(inner, exp.Column):  # of a subquery: what stands there for it
        made = ctx.origin(inner)
        return made is None or _has_affinity(made, ctx)
    return isinstance(inner, (exp.Column, exp.Cast)) or (isinstance(inner, exp.Anonymous) and "cast" in inner.meta)


@R.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
def comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    by_value = _by_value(node, ctx)
    if by_value is not None:
        return by_value
    left, right = _comparable(node.this, node.expression, node, ctx)
    if left is None or right is None:
        return _mixed(node, ctx)[0] if isinstance(node, (exp.NullSafeEQ, exp.NullSafeNEQ)) else _apart(node, ctx)
    node.set("this", left)
    node.set("expression", right)
    return None


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if is_json(node.this.unnest()):
        make = number if all(ctx.is_a(node.args[key], "number") for key in ("low", "high")) else text
        node.set("this", make(node.this, ctx))
    for key in ("low", "high"):
        left, right = _comparable(node.this, node.args[key], node, ctx)
        if left is not node.this or right is None:
            raise ctx.error(node, "BETWEEN compares a text with a number here: CAST one of them.")
        node.set(key, right)
    return None


@R.rule(exp.In)
def inside(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The left side's affinity goes to the list: https://sqlite.org/lang_expr.html#the_in_and_not_in_operators
    values = []
    for value in node.expressions:
        left, right = _comparable(node.this, value, node, ctx)
        if left is not node.this or right is None:
            raise ctx.error(node, "IN compares a text with a number here: CAST one of them.")
        values.append(right)
    if values:
        node.set("expressions", values)
    return None


def _comparable(one: exp.Expr, two: exp.Expr, node: exp.Expr, ctx: Context) -> tuple[exp.Expr | None, exp.Expr | None]:
    """Both sides as SQLite compares them (https://sqlite.org/datatype3.html#comparisons); None if never equal."""
    a, b = _kind(one, ctx), _kind(two, ctx)
    if a == b or "unknown" in (a, b):
        if a == "json":
            return text(one, ctx), text(two, ctx)
        return one, two
    if {a, b} == {"bool", "number"}:
        return number(one, ctx), number(two, ctx)
    if "json" in (a, b):
        other = b if a == "json" else a
        make = text if other == "text" else number
        return make(one, ctx), make(two, ctx)
    texts, numbers = (one, two) if a == "text" else (two, one)
    if "bool" not in (a, b) and _has_affinity(numbers, ctx):
        inner = texts.unnest()
        if not isinstance(inner, exp.Literal):
            return _mixed(node, ctx)
        found = numeral(inner.this)
        if found is None:
            return None, None
        return (literal(found), numbers) if texts is one else (numbers, literal(found))
    if _has_affinity(texts, ctx):
        return (texts, text(numbers, ctx)) if texts is one else (text(numbers, ctx), texts)
    return None, None


def _mixed(node: exp.Expr, ctx: Context) -> tuple[exp.Expr, exp.Expr]:
    raise ctx.error(node, "A text is compared with a number: in SQLite each value's own type decides. CAST one side.")


def _apart(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A number compared with a text that is none: a text is greater than every number, and equal to none."""
    if isinstance(node, exp.EQ):
        answer = False
    elif isinstance(node, exp.NEQ):
        answer = True
    else:
        answer = isinstance(node, (exp.GT, exp.GTE)) == (_kind(node.this, ctx) == "text")
    both = exp.Or(
        this=exp.Is(this=node.this, expression=exp.Null()),
        expression=exp.Is(this=node.expression, expression=exp.Null()),
    )
    made = exp.Case(ifs=[exp.If(this=both, true=exp.Null())], default=exp.Boolean(this=answer))
    made.type = exp.DataType.build("BOOLEAN")
    return exp.Paren(this=made)


def _by_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A number compared with a text whose values are numbers or not: each one is compared as what it is."""
    kinds = [_kind(side, ctx) for side in (node.this, node.expression)]
    if set(kinds) != {"text", "number"} or isinstance(node, (exp.NullSafeEQ, exp.NullSafeNEQ)):
        return None
    key = "this" if kinds[0] == "text" else "expression"
    other = node.args["expression" if key == "this" else "this"]
    if not _has_affinity(other, ctx) or isinstance(node.args[key].unnest(), exp.Literal):
        return None
    read = ctx.macro("sqlite__numeral", node.args[key].copy(), type="DOUBLE")
    numeric = node.copy()
    numeric.set(key, read)
    made = exp.Case(
        ifs=[exp.If(this=exp.Is(this=read.copy(), expression=exp.Null()), true=_apart(node.copy(), ctx))],
        default=numeric,
    )
    made.type = exp.DataType.build("BOOLEAN")
    return exp.Paren(this=made)


def _equal(one: exp.Expr, two: exp.Expr, ctx: Context) -> exp.Expr:
    test = exp.EQ(this=one.copy(), expression=two.copy())
    return comparison(test, ctx) or test


def _compared(node: exp.Case, ctx: Context) -> None:
    """``CASE x WHEN y`` compares as ``x = y`` does: where a text meets a number it is written so."""
    base = node.this
    if not isinstance(base, exp.Expr) or all(_kind(b.this, ctx) == _kind(base, ctx) for b in node.args["ifs"]):
        return
    for branch in node.args["ifs"]:
        branch.set("this", _equal(base, branch.this, ctx))
    node.set("this", None)


@R.rule(exp.Case, exp.Coalesce, exp.If, exp.Nullif, exp.Greatest, exp.Least)
def one_type(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Case):
        _compared(node, ctx)
        values = [branch.args["true"] for branch in node.args["ifs"]] + [node.args.get("default")]
    elif isinstance(node, exp.If):
        if isinstance(node.parent, exp.Case):
            return None
        values = [node.args["true"], node.args.get("false")]
    elif isinstance(node, exp.Nullif):
        # An argument of a function has no affinity: a text and a number are never equal
        kinds = {_kind(node.this, ctx), _kind(node.expression, ctx)}
        if "text" in kinds and kinds & {"number", "bool"}:
            return node.this
        left, right = _comparable(node.this, node.expression, node, ctx)
        if left is not None and right is not None and left is node.this:
            node.set("expression", right)
        return None
    else:
        values = [node.this, *node.expressions]
    values = [v for v in values if isinstance(v, exp.Expr)]
    _same_type(values, node, ctx)
    whole = [v.unnest() for v in values if ctx.is_a(v, "int", "bool")]
    if whole and any(ctx.is_a(v, "float", "decimal") for v in values):  # each value stays what it is
        zeros = all(isinstance(v, exp.Literal) and str(v.this) == "0" for v in whole)
        node.meta["zero" if zeros else "either"] = True
        node.type = exp.DataType.build("DOUBLE", dialect="duckdb")
    for mark in ("either", "zero"):
        if any(v.unnest().meta.get(mark) for v in values):
            node.meta[mark] = True
    return None


@R.rule(exp.SetOperation)
def union(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    assert isinstance(node, exp.SetOperation)
    left, right = node.left, node.right
    for one, two in zip(left.selects, right.selects, strict=False):
        _same_type([one.unalias(), two.unalias()], two, ctx)
    return None


def _same_type(values: list[exp.Expr], node: exp.Expr, ctx: Context) -> None:
    kinds = {_kind(v, ctx) for v in values if not isinstance(v.unnest(), exp.Null)} - {"unknown"}
    if "text" in kinds and kinds - {"text", "json"}:
        ctx.refuse(
            "implicit_cast",
            node,
            "Values of this expression are texts in some rows and numbers in others, which only SQLite's columns hold",
            "CAST them to one type",
        )
