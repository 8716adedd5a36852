"""Numbers, casts and comparisons."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .. import DialectRules, common
from ..context import Context
from .values import either, integer, is_json, literal, mixed, number, numeral, text

R = DialectRules("sqlite numbers")


def _number(self: Any, e: exp.Expr) -> Any:
    # Integers give an integer, conditions are integers, a text is a number, anything else a real
    kinds = [side.type.this for side in (e.this, e.args.get("expression")) if isinstance(side, exp.Expr) and side.type]
    if kinds and all(kind in exp.DataType.INTEGER_TYPES | {exp.DType.BOOLEAN} for kind in kinds):
        return self._set_type(e, exp.DType.BIGINT)
    if exp.DType.UNKNOWN in kinds or exp.DType.NULL in kinds or not kinds:
        if isinstance(e, exp.Binary):
            self._annotate_binary(e)
        if e.type is None or e.type.this not in exp.DataType.TEXT_TYPES | {exp.DType.BOOLEAN}:
            return e if e.type is not None else self._set_type(e, exp.DType.UNKNOWN)
    return self._set_type(e, exp.DType.DOUBLE)


R.typing.update({kind: {"annotator": _number} for kind in (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Sum, exp.Neg)})
R.typing[exp.Mod] = {"returns": exp.DType.BIGINT}

# Integer by integer truncates: the setting integer_division does it exactly, sqlglot's TRUNC(a / b) not above 2^53.
R.rule(exp.Div)(common.plain_division)


@R.rule(exp.Literal)
def real_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point or an exponent is a real: https://sqlite.org/lang_expr.html#literal_values_constants_
    if node.is_string or str(node.this).isdigit():
        return None
    if isinstance(node.parent, (exp.DataTypeParam, exp.Interval, exp.Cast)) and isinstance(
        node.parent.parent, exp.DataType
    ):
        return None
    made = common.cast(exp.Literal.string(str(node.this)), "DOUBLE")
    made.meta["literal"] = True
    return made


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum, exp.Avg)
def operands(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    texts = any(ctx.is_a(node.args.get(key), "text") for key in ("this", "expression"))
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Distinct):
            value.set("expressions", [number(each, ctx) for each in value.expressions])
        elif isinstance(value, exp.Expr):
            node.set(key, number(value, ctx))
    sides = [node.args[key] for key in ("this", "expression") if isinstance(node.args.get(key), exp.Expr)]
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul, exp.Neg, exp.Abs, exp.Sum)) and texts:
        kind = "BIGINT" if all(ctx.is_a(side, "int") for side in sides) else "DOUBLE"
        node.type = exp.DataType.build(kind, dialect="duckdb")
    real = any(ctx.is_a(side, "float") and not mixed(side) for side in sides)
    if not isinstance(node, exp.Avg) and not real:
        for mark in ("either", "zero"):
            if any(side.unnest().meta.get(mark) for side in sides):
                node.meta[mark] = True
    return None


@R.rule(exp.Paren)
def in_brackets(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.type = node.this.type
    return None


@R.rule(exp.BitwiseLeftShift, exp.BitwiseRightShift)
def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "sqlite__shift_left" if isinstance(node, exp.BitwiseLeftShift) else "sqlite__shift_right"
    return ctx.macro(name, integer(node.this, ctx), integer(node.expression, ctx), type="BIGINT")


@R.rule(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "int"):
            node.set(key, integer(number(value, ctx), ctx))
    node.type = exp.DataType.build("BIGINT", dialect="duckdb")
    return None


@R.rule(exp.Limit)
def no_limit(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_select.html#limitoffset: a negative LIMIT is none
    if isinstance(node.expression, exp.Neg) and isinstance(node.expression.this, exp.Literal):
        node.set("expression", common.lit(9223372036854775807))
    return None


@R.rule(exp.Div, exp.Mod)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        isinstance(node, exp.Mod) and "start" in node.meta
    ):  # mod() is of reals: https://sqlite.org/lang_mathfunc.html#mod
        sides = [common.cast(math_argument(node.args[key], ctx), "DOUBLE") for key in ("this", "expression")]
        made = exp.Paren(this=exp.Mod(this=sides[0], expression=sides[1]))
        made.type = exp.DataType.build("DOUBLE")
        return made
    for key in ("this", "expression"):
        value = node.args[key]
        inner = value.unnest()
        open_ = ctx.is_a(value, "text") and not isinstance(inner, exp.Literal) and not inner.meta.get("digits")
        other = node.args["expression" if key == "this" else "this"]
        sure = ctx.is_a(other, "float") and not mixed(other)  # by a real it is a real
        if isinstance(node, exp.Div) and (is_json(inner) or open_ or either(value)) and not sure:
            ctx.refuse(
                "implicit_cast",
                node,
                "Whether this divides as an integer or as a real depends on each value",
                "Write CAST(... AS INTEGER) or CAST(... AS REAL)",
            )
        value = number(value, ctx)
        # The operator % casts both sides to integers: https://sqlite.org/lang_expr.html#operators
        node.set(key, integer(value, ctx) if isinstance(node, exp.Mod) else value)
    return None


@R.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Affinity by the declared type's name: https://sqlite.org/datatype3.html#determination_of_column_affinity
    to, value = node.args["to"].this, node.this
    if to in exp.DataType.INTEGER_TYPES:
        return integer(value, ctx)
    if to in exp.DataType.TEXT_TYPES:
        return text(value, ctx)
    if to in (exp.DType.BLOB, exp.DType.BINARY, exp.DType.VARBINARY):
        ctx.refuse("unfaithful", node, "A cast to BLOB keeps the bytes of the value's text", "Leave the cast out")
        return None
    found = number(value, ctx)
    if to in exp.DataType.FLOAT_TYPES:
        return common.cast(found, "DOUBLE")
    return found if ctx.is_a(found, "int") else common.cast(found, "DOUBLE")


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#round: a real always; negative digits count as 0
    value, digits = number(node.this, ctx), node.args.get("decimals")
    if digits is None:
        return ctx.macro("sqlite__round", value, common.lit(0), type="DOUBLE")
    if isinstance(digits, exp.Neg):
        digits = common.lit(0)
    if not isinstance(digits, exp.Literal):
        ctx.refuse("unfaithful", node, "The number of digits to round to is not a constant", "Write it as a number")
    return ctx.macro("sqlite__round", value, digits, type="DOUBLE")


def math_argument(value: exp.Expr, ctx: Context) -> exp.Expr:
    """A value of a mathematical function: NULL for a text that is not a number as a whole.

    https://sqlite.org/lang_mathfunc.html
    """
    inner = value.unnest()
    if isinstance(inner, exp.Literal) and inner.is_string:
        found = numeral(inner.this)
        return exp.Null() if found is None else literal(found)
    if ctx.is_a(value, "text") and not is_json(inner):
        return ctx.macro("sqlite__numeral", value, type="DOUBLE")
    return number(value, ctx)


def _null_outside(name: str, *types: type[exp.Expr]) -> None:
    # A value a function is not defined for gives NULL
    @R.rule(*types)
    def guarded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        given = (node.this, node.args.get("expression"))
        args = [math_argument(arg, ctx) for arg in given if isinstance(arg, exp.Expr)]
        return ctx.macro(f"{name}2" if name == "sqlite__log" and len(args) == 2 else name, *args, type="DOUBLE")


_null_outside("sqlite__sqrt", exp.Sqrt)
_null_outside("sqlite__ln", exp.Ln)
_null_outside("sqlite__log", exp.Log)
_null_outside("sqlite__acos", exp.Acos)
_null_outside("sqlite__asin", exp.Asin)
_null_outside("sqlite__acosh", exp.Acosh)
_null_outside("sqlite__atanh", exp.Atanh)
_null_outside("sqlite__pow", exp.Pow)


@R.rule(exp.Sign, exp.Ceil, exp.Floor, exp.Trunc, exp.Exp, exp.Sin, exp.Cos, exp.Tan, exp.Sinh, exp.Cosh,
        exp.Tanh, exp.Asinh, exp.Atan, exp.Atan2, exp.Degrees, exp.Radians)  # fmt: skip
def of_numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr):
            node.set(key, math_argument(value, ctx))
    return None


@R.function("log10")
def log10(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("sqlite__log", math_argument(node.expressions[0], ctx), type="DOUBLE")


@R.function("log2")
def log2(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("sqlite__log2", common.lit(2), math_argument(node.expressions[0], ctx), type="DOUBLE")


@R.rule(exp.Rand)
def random(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#random: an integer of 64 bits
    return ctx.macro("sqlite__random", type="BIGINT")


@R.function("likely", "unlikely", "likelihood")
def hint(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return node.expressions[0]


@R.function("percentile")
def percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: interpolated, the share in percent
    value, share = node.expressions
    if not isinstance(share.unnest(), (exp.Literal, exp.Cast)) or not ctx.is_a(value, "number"):
        raise ctx.error(node, "PERCENTILE has a counterpart for a number and a constant share from 0 to 100.")
    part = exp.Div(this=common.cast(share, "DOUBLE"), expression=common.cast(common.lit("100"), "DOUBLE"))
    return ctx.call("quantile_cont", common.cast(value, "DOUBLE"), part, type="DOUBLE")


@R.rule(exp.Median)
def median(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/percentile.html: a text is an error, a number of it too
    if not ctx.is_a(node.this, "number", "bool"):
        raise ctx.error(node, "MEDIAN takes numbers in SQLite: CAST the text.")
    return None


@R.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
def bound_otherwise(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_expr.html#operators: a > b IN (...) is (a > b) IN (...)
    if isinstance(node.expression, (exp.In, exp.Between, exp.Like, exp.Is)):
        raise ctx.error(node, "Which operator comes first differs between engines here: write brackets.")
    return None


@R.function("total")
def total(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_aggfunc.html#total: a real, 0.0 of nothing
    return ctx.macro("sqlite__total", common.cast(number(node.expressions[0], ctx), "DOUBLE"), type="DOUBLE")


@R.rule(exp.Where, exp.Having, exp.And, exp.Or, exp.Not, exp.If)
def condition(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) and node.parent.args.get("this") is not None:
        return None  # CASE x WHEN y compares
    # A text is true where its number is not 0: https://sqlite.org/lang_expr.html#boolean_expressions
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and (ctx.is_a(value, "text") or is_json(value.unnest())):
            made = exp.NEQ(this=number(value, ctx), expression=common.lit(0))
            made.type = exp.DataType.build("BOOLEAN")
            node.set(key, exp.Paren(this=made))
    return None


@R.rule(exp.Is)
def is_true(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.expression, exp.Boolean) or not ctx.is_a(node.this, "text", "number"):
        return None
    made = exp.NEQ(this=number(node.this, ctx), expression=common.lit(0))
    made.type = exp.DataType.build("BOOLEAN")
    node.set("this", exp.Paren(this=made))
    return None


@R.rule(exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    raise ctx.error(node, "SQLite has no function behind REGEXP: write LIKE or GLOB.")


def _kind(node: exp.Expr, ctx: Context) -> str:
    if is_json(node.unnest()):
        return "json"
    for kind in ("text", "bool", "number"):
        if ctx.is_a(node, kind):
            return kind
    return "unknown"


def _has_affinity(node: exp.Expr) -> bool:
    # Columns and casts have one, other expressions have none: https://sqlite.org/datatype3.html#affinity_of_expressions
    inner = node.unnest()
    if "literal" in inner.meta:
        return False
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
    if "bool" not in (a, b) and _has_affinity(numbers):
        inner = texts.unnest()
        if not isinstance(inner, exp.Literal):
            return _mixed(node, ctx)
        found = numeral(inner.this)
        if found is None:
            return None, None
        return (literal(found), numbers) if texts is one else (numbers, literal(found))
    if _has_affinity(texts):
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
    if not _has_affinity(other) or isinstance(node.args[key].unnest(), exp.Literal):
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
