"""Comparisons, conditions and mixtures of types: https://clickhouse.com/docs/sql-reference/functions/comparison-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build, nan, row_comparisons
from .nulls import truth
from .numbers import width_of

R = DialectRules("clickhouse comparisons")
# https://clickhouse.com/docs/sql-reference/operators#comparison-operators; a set of tuples is looked up as a whole
R.normalise(row_comparisons.by_field(most=0))


@R.normalise
def any_and_all(tree: exp.Expr, ctx: Context) -> None:
    """``= ANY (SELECT …)`` is IN, and ``<> ALL (SELECT …)`` NOT IN, with its rules for NULLs."""
    for kind, quantifier in ((exp.EQ, exp.Any), (exp.NEQ, exp.All)):
        for node in list(find_all(tree, kind)):
            right = node.expression
            if not isinstance(right, quantifier) or not isinstance(right.this, (exp.Subquery, exp.Query)):
                continue
            query = right.this if isinstance(right.this, exp.Subquery) else exp.Subquery(this=right.this)
            found: exp.Expr = exp.In(this=node.this.copy(), query=query.copy())
            node.replace(found if kind is exp.EQ else exp.Not(this=found))


_OPERATORS: dict[str, type[exp.Binary]] = {
    "equals": exp.EQ, "notequals": exp.NEQ, "less": exp.LT, "lessorequals": exp.LTE, "greater": exp.GT,
    "greaterorequals": exp.GTE,
}  # fmt: skip


@R.function(*_OPERATORS)
def compared(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = (exp.Paren(this=arg) for arg in node.expressions)
    left.type, right.type = (arg.type for arg in node.expressions)
    made = _OPERATORS[node.name.lower()](this=left, expression=right)
    made.type = exp.DataType.build("BOOLEAN")
    return exp.Paren(this=comparison(made, ctx) or made)


@R.function("iszeroornull")
def zero_or_null(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.expressions[0], "decimal"):
        raise ctx.error(node, "isZeroOrNull takes an integer or a float in ClickHouse.")
    return ctx.macro("ch__zero_or_null", *node.expressions, type="BOOLEAN")


@R.rule(exp.And, exp.Or)
def of_floats(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for side in (node.this, node.expression):
        if isinstance(side.unnest(), (exp.Literal, exp.Cast)) and ctx.is_a(side, "float"):
            raise ctx.error(side, "ClickHouse takes no constant of type Float64 as a condition: compare it with 0.")
    return None


@R.rule(exp.If)
def if_integer(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/conditional-functions#if: a UInt8
    if isinstance(node.parent, exp.Case) and node.parent.this is not None:
        return None  # a value to compare with
    condition_of(node.this, ctx)
    return None


def condition_of(value: exp.Expr, ctx: Context) -> None:
    """Refuses a condition that is a number of another type than UInt8."""
    if ctx.is_a(value, "float", "decimal") or (
        ctx.is_a(value, "int") and (width_of(value, ctx) or (8, False)) != (8, False)
    ):
        raise ctx.error(value, "A condition is a UInt8 in ClickHouse: compare this number with 0, or say "
                               "input_types={...: 'UTINYINT'}.")  # fmt: skip


def _one_type(values: list[exp.Expr | None], node: exp.Expr, ctx: Context) -> None:
    # https://clickhouse.com/docs/sql-reference/data-types/variant: what texts and numbers are together
    known = [value for value in values if isinstance(value, exp.Expr)]
    if any(ctx.is_a(value, "text") for value in known) and any(ctx.is_a(value, "number", "bool") for value in known):
        raise ctx.error(node, "Texts and numbers in one expression are a Variant in ClickHouse: use toString.")


@R.rule(exp.Case, exp.Coalesce, exp.If)
def one_type(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.Coalesce):
        _one_type([node.this, *node.expressions], node, ctx)
    elif isinstance(node, exp.If):
        if not isinstance(node.parent, exp.Case):
            _one_type([node.args["true"], node.args.get("false")], node, ctx)
    else:
        _one_type([*(branch.args["true"] for branch in node.args["ifs"]), node.args.get("default")], node, ctx)
    return None


def may_be_nan(node: exp.Expr, ctx: Context) -> bool:
    if ctx.is_a(node, "float"):
        return not isinstance(node.unnest(), (exp.Literal, exp.Neg))
    if not ctx.unknown(node):
        return False
    kinds = (exp.Div, exp.Sqrt, exp.Ln, exp.Log, exp.Avg)
    word = any(isinstance(cast.this, exp.Literal) and cast.this.this == "nan" for cast in find_all(node, exp.Cast))
    return find_first(node, *kinds) is not None or word


_COMPARED: dict[type[exp.Expr], str] = {
    exp.EQ: "eq",
    exp.NEQ: "ne",
    exp.LT: "lt",
    exp.LTE: "le",
    exp.GT: "gt",
    exp.GTE: "ge",
}


@R.rule(*_COMPARED)
def comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if isinstance(right, (exp.In, exp.Between, exp.Like, exp.Is)):
        raise ctx.error(node, "Which operator comes first differs between engines here: write brackets.")
    for one, two in ((left, right), (right, left)):
        if ctx.is_a(one, "text") and ctx.is_a(two, "number", "bool") and not isinstance(one.unnest(), exp.Literal):
            raise ctx.error(node, "ClickHouse compares no text with a number: convert one of them.")
    if any(ctx.unknown(side) and may_be_nan(side, ctx) for side in (left, right)):
        return ctx.macro(f"ch__{_COMPARED[type(node)]}", left, right, type="BOOLEAN")
    return nan.compared(node, ctx)  # NaN is less, greater and equal to nothing


@R.rule(exp.NullSafeEQ, exp.NullSafeNEQ)
def distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not any(may_be_nan(side, ctx) for side in (node.this, node.expression)):
        return None
    same = ctx.macro("ch__not_distinct", node.this, node.expression, type="BOOLEAN")
    return same if isinstance(node, exp.NullSafeEQ) else exp.Not(this=same)


@R.rule(exp.Is)
def is_true(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/operators#is_distinct_from: with 1 or 0, whatever else is true
    if not isinstance(node.expression, exp.Boolean) or ctx.is_a(node.this, "bool"):
        return None
    if ctx.is_a(node.this, "text"):
        raise ctx.error(node, "ClickHouse compares no text with true: compare it with a text.")
    one = build.lit(int(node.expression.this)) if ctx.is_a(node.this, "number") else node.expression
    made = exp.NullSafeEQ(this=exp.Paren(this=node.this), expression=one)
    made.type = exp.DataType.build("BOOLEAN")
    return exp.Paren(this=made)


@R.rule(exp.Case)
def value_of_case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``CASE x WHEN y``: NULL is NULL there, and a text no moment."""
    value, branches = node.this, node.args["ifs"]
    if value is None:
        return None
    for branch in branches:
        sides = [next((kind for kind in ("text", "date", "timestamp") if ctx.is_a(each, kind)), "")
                 for each in (value, branch.this)]  # fmt: skip
        if sides[0] != sides[1] and {"date", "timestamp"}.intersection(sides) and all(sides):
            raise ctx.error(branch, "CASE x WHEN y converts nothing in ClickHouse: write CASE WHEN x = y.")
    if all(isinstance(branch.this, (exp.Literal, exp.Boolean, exp.Neg)) for branch in branches):
        return None
    made = []
    for branch in branches:
        nothing = exp.Is(this=exp.Paren(this=value.copy()), expression=exp.Null())
        test: exp.Expr = nothing
        if not isinstance(branch.this, exp.Null):
            test = exp.EQ(this=exp.Paren(this=value.copy()), expression=exp.Paren(this=branch.this.copy()))
            test.this.type, test.expression.type = value.type, branch.this.type
            other = exp.Is(this=exp.Paren(this=branch.this.copy()), expression=exp.Null())
            test = exp.Or(
                this=exp.Paren(this=comparison(test, ctx) or test), expression=exp.And(this=nothing, expression=other)
            )
        made.append(exp.If(this=test, true=branch.args["true"]))
    found = exp.Case(ifs=made, default=node.args.get("default"))
    found.type = node.type
    return found


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return nan.compared(node, ctx)


@R.rule(exp.Greatest, exp.Least)
def greatest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Which one NaN gives depends on its place
    kinds = [node.this, *node.expressions]
    if any(ctx.is_a(value, "decimal") for value in kinds) and any(ctx.is_a(value, "float") for value in kinds):
        raise ctx.error(node, "A decimal and a float have no common type in ClickHouse: use toFloat64.")
    for key in ("this", "expressions"):
        value = node.args.get(key)
        listed = value if isinstance(value, list) else [value]
        made = [ctx.macro("ch__no_nan", v, type="DOUBLE") if may_be_nan(v, ctx) else v for v in listed if v is not None]
        node.set(key, made if isinstance(value, list) else made[0])
    return None


@R.rule(exp.Ordered)
def nan_last(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # With the NULLs in both directions, towards the values: https://clickhouse.com/docs/sql-reference/statements/select/order-by
    order, in_front = node.parent, bool(node.args.get("nulls_first"))
    if not (node.args.get("desc") or in_front) or not isinstance(order, exp.Order):
        return None
    key = node.this
    if isinstance(key, exp.Column) and not key.table and isinstance(order.parent, exp.Select):
        key = next((item.this for item in order.parent.selects if item.alias == key.name), key)
    if not may_be_nan(key, ctx):
        return None
    first = exp.Ordered(this=ctx.macro("ch__nan", key.copy()), desc=in_front, nulls_first=in_front)
    order.expressions.insert(order.expressions.index(node), first)
    first.parent, first.arg_key = order, "expressions"
    order.set("expressions", order.expressions)
    return None


_CONSTANTS = (exp.Literal, exp.Null, exp.Neg, exp.Cast, exp.Boolean)


@R.normalise
def sets_of_one(tree: exp.Expr, ctx: Context) -> None:
    """``x IN 1`` is ``x IN (1)``; GLOBAL says where a cluster would send the set."""
    for node in find_all(tree, exp.In):
        one = node.args.get("field")
        called = isinstance(one, exp.Anonymous) and one.name.lower().startswith(("toint", "touint", "todec", "todate"))
        if isinstance(one, _CONSTANTS) or called:
            node.set("field", None)
            node.set("expressions", [one])
        if node.expressions:
            node.set("is_global", None)


@R.rule(exp.In)
def without_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # NULLs of the set are left out: https://clickhouse.com/docs/sql-reference/operators/in#null-processing
    query = node.args.get("query")
    if not isinstance(query, exp.Subquery):
        kept = [item for item in node.expressions if not isinstance(item, exp.Null)]
        if len(kept) < len(node.expressions):
            if not kept:
                null = exp.If(this=exp.Is(this=node.this.copy(), expression=exp.Null()), true=exp.Null())
                made: exp.Expr = exp.Case(ifs=[null], default=exp.Boolean(this=False))
                made.type = exp.DataType.build("BOOLEAN")
                return made
            node.set("expressions", kept)
        if any(find_first(item, exp.Column) for item in kept):  # a NULL among them is equal to nothing
            null = exp.If(this=exp.Is(this=node.this.copy(), expression=exp.Null()), true=exp.Null())
            found = exp.Coalesce(this=exp.Paren(this=node.copy()), expressions=[exp.Boolean(this=False)])
            answer = exp.Case(ifs=[null], default=found)
            answer.type = exp.DataType.build("BOOLEAN")
            return answer
        return nan.compared(node, ctx)
    node.set("is_global", None)  # where a cluster would send the set
    if isinstance(node.this, exp.Tuple):  # a row that holds a NULL is none itself, and equal to nothing
        found = exp.Coalesce(this=exp.Paren(this=node.copy()), expressions=[exp.Boolean(this=False)])
        found.type = exp.DataType.build("BOOLEAN")
        return found
    inner = query.copy()
    inner.set("alias", exp.TableAlias(this=exp.to_identifier("__set"), columns=[exp.to_identifier("__value")]))
    column = exp.column("__value")
    held = exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null()))
    node.set("query", exp.Subquery(this=exp.Select(expressions=[column]).from_(inner).where(held)))
    return None


@R.function("multiif")
def multi_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    *branches, default = node.expressions
    for test in branches[::2]:
        condition_of(test, ctx)
    _one_type([*branches[1::2], default], node, ctx)
    pairs = zip(branches[::2], branches[1::2], strict=True)
    return exp.Case(ifs=[exp.If(this=truth(one, ctx), true=two) for one, two in pairs], default=default)


@R.rule(exp.Xor)
def exclusive_or(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = [build.cast(exp.Paren(this=side), "BOOLEAN") for side in (node.this, node.expression)]
    return exp.Paren(this=exp.NEQ(this=sides[0], expression=sides[1]))
