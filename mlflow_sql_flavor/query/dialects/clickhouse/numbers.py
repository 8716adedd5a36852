"""Numbers and comparisons: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions"""

from __future__ import annotations

from sqlglot import exp

from .. import DialectRules, common
from ..context import Context
from .conversions import to_text
from .nulls import truth

R = DialectRules("clickhouse numbers")


__all__ = ["may_be_nan", "to_text"]

R.refuse_functions("number_format", {"formatreadablesize", "formatreadablequantity", "formatreadabledecimalsize"},
                   "Its digits are ClickHouse's own", "Format the number where it is shown")  # fmt: skip
_HASHES = {"cityhash64", "siphash64", "xxhash32", "xxhash64", "murmurhash3_64", "farmhash64", "halfmd5"}
R.refuse_functions("hash", _HASHES, "The hash belongs to one engine", "Compute it beforehand")


@R.rule(exp.CityHash64)
def city_hash(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("hash", node, "The hash belongs to one engine", "Compute it beforehand")
    return None


@R.rule(exp.Literal)
def float_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point is a Float64: https://clickhouse.com/docs/sql-reference/syntax#literals
    if node.is_string or str(node.this).isdigit() or isinstance(node.parent, (exp.DataTypeParam, exp.Interval)):
        return None
    return common.cast(exp.Literal.string(str(node.this)), "DOUBLE")


def _scale(node: exp.Expr | None) -> int | None:
    kind = node.type if node is not None else None
    if not isinstance(kind, exp.DataType) or len(kind.expressions) != 2 or not kind.expressions[1].name.isdigit():
        return None
    return int(kind.expressions[1].name)


@R.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _divided(node.this, node.expression, node, ctx)


def _divided(left: exp.Expr, right: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    # Of a decimal and an integer or a decimal: the first decimal's scale, digits beyond it cut off
    exact = [ctx.is_a(side, "decimal") for side in (left, right)]
    if any(exact) and (all(exact) or ctx.is_a(right if exact[0] else left, "int")):
        scale, other = _scale(left), _scale(right)
        scale = (other if not exact[0] else scale) if any(exact) else None
        if scale is None or (exact[1] and other is None):
            raise ctx.error(node, "The scale of this decimal is not known here: convert it with toDecimal64(x, scale).")
        shift = (other or 0) + (scale if not exact[0] else 0)
        unit = common.cast(
            common.lit("1" if scale == 0 else f"0.{'0' * (scale - 1)}1"), f"DECIMAL({scale + 1},{scale})"
        )
        made: exp.Expr = ctx.macro(
            "ch__divide", left, right, exp.Literal.number(10**shift), unit, type=f"DECIMAL(38,{scale})"
        )
        return made
    made = exp.Div(this=left, expression=right, typed=False, safe=False)
    made.type = node.type or exp.DataType.build("DOUBLE")
    return made


@R.rule(exp.Mod)
def modulo(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    exact = ctx.is_a(left, "decimal") or ctx.is_a(right, "decimal")
    if exact and not ctx.is_a(left, "float") and not ctx.is_a(right, "float"):
        ctx.refuse("unfaithful", node, "ClickHouse takes the remainder of the digits without their point",
                       "Convert the decimal with toFloat64")  # fmt: skip
    if ctx.is_a(left, "int") and isinstance(right, exp.Literal) and ctx.is_a(right, "int") and right.this != "0":
        return None
    return (
        ctx.macro("ch__mod", left, right, type="BIGINT") if ctx.is_a(left, "int") and ctx.is_a(right, "int") else None
    )


@R.rule(exp.IntDiv)
def integer_division_operator(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _whole_division([node.this, node.expression], ctx)


def _whole_division(sides: list[exp.Expr], ctx: Context) -> exp.Expr:
    # https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions#intDiv: the quotient, cut off
    if all(ctx.is_a(arg, "int") for arg in sides):
        if isinstance(sides[1], exp.Literal) and sides[1].this != "0":
            return ctx.macro("ch__intdiv_by", *sides, type="BIGINT")
        return ctx.macro("ch__intdiv", *sides, type="BIGINT")
    return ctx.macro("ch__intdiv_of", *sides, type="BIGINT")


@R.function("intdiv", "intdivorzero")
def integer_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.name.lower().endswith("zero"):
        whole = all(ctx.is_a(arg, "int") for arg in node.expressions)
        return ctx.macro("ch__intdiv_zero" if whole else "ch__intdiv_zero_of", *node.expressions, type="BIGINT")
    return _whole_division(node.expressions, ctx)


@R.function("plus", "minus", "multiply", "divide", "modulo", "moduloorzero", "negate")
def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name, arguments = node.name.lower(), node.expressions
    if name == "negate":
        return exp.Neg(this=exp.Paren(this=arguments[0]))
    left, right = (exp.Paren(this=arg) for arg in arguments)
    left.type, right.type = arguments[0].type, arguments[1].type
    if name == "divide":
        return exp.Paren(this=_divided(left, right, node, ctx))
    if name == "moduloorzero":
        _integers(arguments, node, ctx)
        return ctx.macro("ch__mod_zero", *arguments, type="BIGINT")
    kind = {"plus": exp.Add, "minus": exp.Sub, "multiply": exp.Mul, "modulo": exp.Mod}[name]
    made = kind(this=left, expression=right)
    made.type = node.type
    return exp.Paren(this=(modulo(made, ctx) or made) if name == "modulo" else made)


def _integers(values: list[exp.Expr], node: exp.Expr, ctx: Context) -> None:
    if any(ctx.is_a(value, "float", "decimal") for value in values):
        raise ctx.error(node, f"{node.name} has a counterpart for integers: convert with toInt64.")


@R.function("positivemodulo", "gcd", "lcm")
def of_integers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _integers(node.expressions, node, ctx)
    name = {"positivemodulo": "ch__pmod", "gcd": "ch__gcd"}.get(node.name.lower(), "ch__lcm")
    return ctx.macro(name, *node.expressions, type="BIGINT")


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


@R.function("identity", "materialize", "tolowcardinality")
def same(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return node.expressions[0]


@R.function("exp2", "exp10", "log1p", "hypot")
def powers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro(f"ch__{node.name.lower()}", *node.expressions, type="DOUBLE")


@R.rule(exp.IsNan, exp.IsInf)
def is_nan(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "decimal"):
        raise ctx.error(node, "A decimal is never NaN or infinite, and an error in ClickHouse here.")
    return None


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
    condition_of(node.this, ctx)
    return None


def condition_of(value: exp.Expr, ctx: Context) -> None:
    """Refuses a condition that is a number of another type than UInt8."""
    if ctx.is_a(value, "float", "decimal") or (
        ctx.is_a(value, "int") and (_bits(value, ctx) or (8, False)) != (8, False)
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


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Half to even for floats: https://clickhouse.com/docs/sql-reference/functions/rounding-functions#round
    digits = node.args.get("decimals") or common.lit(0)
    if ctx.is_a(node.this, "float"):
        return ctx.macro("ch__round", node.this, digits, type="DOUBLE")
    if ctx.is_a(node.this, "decimal"):
        return _same_scale(node, node.this)
    return ctx.macro("ch__round_any", node.this, digits) if ctx.unknown(node.this) else None


def _same_scale(made: exp.Expr, value: exp.Expr) -> exp.Expr:
    """A decimal with the digits of another one: DuckDB drops those it rounds away."""
    scale = _scale(value)
    return made if scale is None else common.cast(made, f"DECIMAL(38,{scale})")


@R.function("roundbankers")
def bankers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *digits = node.expressions
    return ctx.macro("ch__bankers", value, digits[0] if digits else common.lit(0))


@R.rule(exp.Trunc, exp.Floor, exp.Ceil)
def cut(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    exact = ctx.is_a(node.this, "decimal")
    if digits is None or (isinstance(node, exp.Trunc) and exact):
        return _same_scale(node, node.this) if exact else None
    name = type(node).__name__.lower()
    made = ctx.macro(f"ch__{name}", node.this, digits)
    return _same_scale(made, node.this) if exact else made


def may_be_nan(node: exp.Expr, ctx: Context) -> bool:
    if not (ctx.is_a(node, "float") or ctx.unknown(node)):
        return False
    kinds = (exp.Div, exp.Sqrt, exp.Ln, exp.Log, exp.Avg)
    word = any(isinstance(cast.this, exp.Literal) and cast.this.this == "nan" for cast in node.find_all(exp.Cast))
    return node.find(*kinds) is not None or word


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
    if may_be_nan(left, ctx) or may_be_nan(right, ctx):  # NaN is less, greater and equal to nothing
        return ctx.macro(f"ch__{_COMPARED[type(node)]}", left, right, type="BOOLEAN")
    return None


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
    # With the NULLs, at the end in both directions: https://clickhouse.com/docs/sql-reference/statements/select/order-by
    order = node.parent
    if not node.args.get("desc") or not isinstance(order, exp.Order):
        return None
    key: exp.Expr | None = node.this
    if isinstance(key, exp.Column) and not key.table and isinstance(order.parent, exp.Select):
        key = next((item.this for item in order.parent.selects if item.alias == key.name), None)
    if key is None or not may_be_nan(key, ctx):
        return None
    first = exp.Ordered(this=ctx.macro("ch__nan", node.this.copy()), nulls_first=False)
    order.expressions.insert(order.expressions.index(node), first)
    first.parent, first.arg_key = order, "expressions"
    order.set("expressions", order.expressions)
    return None


@R.rule(exp.In)
def without_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # NULLs of the set are left out: https://clickhouse.com/docs/sql-reference/operators/in#null-processing
    query = node.args.get("query")
    if not isinstance(query, exp.Subquery):
        kept = [item for item in node.expressions if not isinstance(item, exp.Null)]
        if len(kept) < len(node.expressions) and kept:
            node.set("expressions", kept)
        if any(item.find(exp.Column) for item in kept):  # a NULL among them is equal to nothing
            null = exp.If(this=exp.Is(this=node.this.copy(), expression=exp.Null()), true=exp.Null())
            found = exp.Coalesce(this=exp.Paren(this=node.copy()), expressions=[exp.Boolean(this=False)])
            answer = exp.Case(ifs=[null], default=found)
            answer.type = exp.DataType.build("BOOLEAN")
            return answer
        return None
    node.set("is_global", None)  # where a cluster would send the set
    if isinstance(node.this, exp.Tuple):
        return None
    inner = query.copy()
    inner.set("alias", exp.TableAlias(this=exp.to_identifier("__set"), columns=[exp.to_identifier("__value")]))
    column = exp.column("__value")
    made = (
        exp.Select(expressions=[column])
        .from_(inner)
        .where(exp.Not(this=exp.Is(this=column.copy(), expression=exp.Null())))
    )
    node.set("query", exp.Subquery(this=made))
    return None


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this.unnest()
    if isinstance(value, (exp.SHA, exp.SHA2, exp.MD5, exp.MD5Digest)):
        name = {exp.SHA: "sha1", exp.MD5: "md5", exp.MD5Digest: "md5"}.get(type(value), "sha256")
        found = ctx.call(name, value.this, type="VARCHAR")
        return found if isinstance(node, exp.LowerHex) else ctx.call("upper", found, type="VARCHAR")
    if ctx.is_a(node.this, "int"):
        made = ctx.macro("ch__hex", node.this, type="VARCHAR")
        return ctx.call("lower", made, type="VARCHAR") if isinstance(node, exp.LowerHex) else made
    return None


@R.rule(exp.SHA, exp.SHA2, exp.MD5, exp.MD5Digest)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Hex):
        ctx.refuse("hash", node, "The digest is bytes", "Write hex(...) around it")
    return None


@R.function("bin")
def binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.expressions[0], "int"):
        ctx.refuse("encoding", node, "The bytes of this type are ClickHouse's own", "Compute it beforehand")
    return ctx.macro("ch__bin", node.expressions[0], type="VARCHAR")


@R.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("typeof", node, "ClickHouse's types have other names", "Leave it out")
    return None


@R.function("multiif")
def multi_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    *branches, default = node.expressions
    for test in branches[::2]:
        condition_of(test, ctx)
    _one_type([*branches[1::2], default], node, ctx)
    pairs = zip(branches[::2], branches[1::2], strict=True)
    return exp.Case(ifs=[exp.If(this=truth(one, ctx), true=two) for one, two in pairs], default=default)


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Sum, exp.Avg)
def of_conditions(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A comparison is 1 or 0
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and ctx.is_a(value, "bool"):
            node.set(key, common.cast(value, "BIGINT"))
    return None


@R.rule(exp.Xor)
def exclusive_or(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = [common.cast(exp.Paren(this=side), "BOOLEAN") for side in (node.this, node.expression)]
    return exp.Paren(this=exp.NEQ(this=sides[0], expression=sides[1]))


def _macro(name: str, macro: str, kind: str) -> None:
    @R.function(name)
    def call(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return ctx.macro(macro, *node.expressions, type=kind)


for _name, _named, _type in (
    ("divideornull", "ch__div_null", "DOUBLE"),
    ("bitand", "ch__and", "BIGINT"), ("bitor", "ch__or", "BIGINT"), ("bitxor", "ch__xor", "BIGINT"),
    ("bittest", "ch__bit_test", "BIGINT"), ("bitcount", "ch__bit_count", "BIGINT"),
    ("isnull", "ch__is_null", "BIGINT"), ("isnotnull", "ch__is_not_null", "BIGINT"),
    ("isfinite", "ch__finite", "BOOLEAN"),
    ("ifnotfinite", "ch__if_finite", "DOUBLE"), ("widthbucket", "ch__bucket", "BIGINT"),
):  # fmt: skip
    _macro(_name, _named, _type)


@R.function("tonullable")
def to_nullable(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return node.expressions[0]


@R.function("assumenotnull")
def assumed(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of a NULL it is whatever the column's memory holds there
    made = ctx.macro("ch__assume", node.expressions[0])
    made.type = node.expressions[0].type
    return made


def _bits(node: exp.Expr, ctx: Context) -> tuple[int, bool] | None:
    """The width of an integer and whether it has a sign, where the text says it."""
    value = node.unnest()
    if isinstance(value, exp.Literal) and not value.is_string and value.this.isdigit():
        return next((bits, False) for bits in (8, 16, 32, 64) if int(value.this) < 2**bits)
    if isinstance(value, exp.Column):
        kinds = {columns[value.name] for columns in ctx.schema.values() if value.name in columns}
        width = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
        if len(kinds) != 1 or (kind := kinds.pop()).removeprefix("U") not in width:
            return None
        return width[kind.removeprefix("U")], not kind.startswith("U")
    found = value.meta.get("bits")
    return found if isinstance(found, tuple) else None


@R.function("bitshiftleft", "bitshiftright", "bitnot")
def shifts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In the width of the first argument: https://clickhouse.com/docs/sql-reference/functions/bit-functions
    value = node.expressions[0]
    width = _bits(value, ctx)
    if width is None:
        raise ctx.error(node, "The width of this integer is not known here: convert it with toInt64.")
    bits, signed = width
    name = node.name.lower()
    if name == "bitnot":
        inverse = exp.Paren(this=exp.Sub(this=exp.Neg(this=exp.Paren(this=value)), expression=common.lit(1)))
        made: exp.Expr = inverse
        if not signed:
            made = ctx.macro("ch__unsigned", inverse, exp.Literal.number(2**bits), type="BIGINT")
    else:
        macro = "ch__right" if name == "bitshiftright" else "ch__left_signed" if signed else "ch__left"
        size = [] if name == "bitshiftright" else [exp.Literal.number(2**bits)]
        made = ctx.macro(macro, *node.expressions, *size, type="BIGINT")
    made.meta["bits"] = width
    return made


@R.rule(exp.Add, exp.Sub, exp.Mul)
def of_literals(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In a wider integer than either: of two literals DuckDB keeps to 32 bits
    if ctx.is_a(node.this, "int") and ctx.is_a(node.expression, "int") and node.find(exp.Column) is None:
        node.set("this", common.cast(node.this, "BIGINT"))
    return None
