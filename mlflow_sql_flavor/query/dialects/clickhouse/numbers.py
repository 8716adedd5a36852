"""Numbers: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_first
from .. import DialectRules
from ..shared import build
from ..shared.calls import argument
from ..shared.smallest_integer import smallest
from .casts import declared

R = DialectRules("clickhouse numbers")

R.macros(
    {
        "exp2": ("ch__exp2", "DOUBLE"),
        "exp10": ("ch__exp10", "DOUBLE"),
        "log1p": ("ch__log1p", "DOUBLE"),
        "hypot": ("ch__hypot", "DOUBLE"),
        "sigmoid": ("ch__sigmoid", "DOUBLE"),
        "roundbankers": ("ch__bankers", None, argument(0, build.lit(0)), argument(1, build.lit(0))),
    }
)
R.refuses("number_format", {"formatreadablesize", "formatreadablequantity", "formatreadabledecimalsize"},
                   "Its digits are ClickHouse's own", "Format the number where it is shown")  # fmt: skip


@R.rule(exp.Literal)
def float_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point is a Float64: https://clickhouse.com/docs/sql-reference/syntax#literals
    if node.is_string or str(node.this).isdigit() or isinstance(node.parent, (exp.DataTypeParam, exp.Interval)):
        return None
    return build.cast(exp.Literal.string(str(node.this)), "DOUBLE")


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
        unit = build.cast(build.lit("1" if scale == 0 else f"0.{'0' * (scale - 1)}1"), f"DECIMAL({scale + 1},{scale})")
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
        return _negated(arguments[0], ctx) or exp.Neg(this=exp.Paren(this=arguments[0]))
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


@R.function("positivemodulo", "positive_modulo", "gcd", "lcm")
def of_integers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _integers(node.expressions, node, ctx)
    name = {"positivemodulo": "ch__pmod", "positive_modulo": "ch__pmod", "gcd": "ch__gcd"}.get(
        node.name.lower(), "ch__lcm"
    )
    return ctx.macro(name, *node.expressions, type="BIGINT")


# https://clickhouse.com/docs/sql-reference/functions/other-functions#ignore: 0 of anything
R.converts({"ignore": lambda value, ctx: build.cast(build.lit(0), "BIGINT")})
R.converts(dict.fromkeys(("identity", "materialize", "tolowcardinality"), build.as_it_is))


@R.rule(exp.IsNan, exp.IsInf)
def is_nan(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "decimal"):
        raise ctx.error(node, "A decimal is never NaN or infinite, and an error in ClickHouse here.")
    return None


@R.rule(exp.Neg)
def negated(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # An Int32 whose sign is turned is one: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions#negate
    _as_signed(node, "this", ctx)
    return _negated(node.this.unnest(), ctx)


def _negated(value: exp.Expr, ctx: Context) -> exp.Expr | None:
    if smallest(value):
        return value
    if isinstance(value, exp.Cast) and isinstance(value.this, exp.Identifier) and ctx.is_a(value, "int"):
        narrow = any(
            kind in ("INTEGER[]", "INTEGER[][]") for columns in ctx.schema.values() for kind in columns.values()
        )
        return ctx.macro("ch__turned", value, type="BIGINT") if narrow else None  # a name of a lambda
    if not (isinstance(value, exp.Column) and declared(value, ctx) == {"INTEGER"}):
        return None
    least = exp.EQ(this=value.copy(), expression=exp.Neg(this=exp.Literal.number(2**31)))
    made = exp.Case(ifs=[exp.If(this=least, true=value.copy())], default=exp.Neg(this=value.copy()))
    made.type = value.type
    return exp.Paren(this=made)


@R.rule(exp.Sub)
def difference(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of unsigned integers it is a signed one
    for key in ("this", "expression"):
        _as_signed(node, key, ctx)
    return None


def _as_signed(node: exp.Expr, key: str, ctx: Context) -> None:
    value = node.args[key]
    if ctx.is_a(value, "int") and value.type.this in (exp.DType.UBIGINT, exp.DType.UINT):
        node.set(key, build.cast(value, "BIGINT"))


@R.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Half to even for floats: https://clickhouse.com/docs/sql-reference/functions/rounding-functions#round
    digits = node.args.get("decimals") or build.lit(0)
    if ctx.is_a(node.this, "float"):
        return ctx.macro("ch__round", node.this, digits, type="DOUBLE")
    if ctx.is_a(node.this, "decimal"):
        return _same_scale(node, node.this)
    column = node.this.unnest()
    if isinstance(column, exp.Column) and declared(column, ctx) == {"INTEGER"} and isinstance(digits, exp.Neg):
        return ctx.macro(
            "ch__within", node.copy(), exp.Literal.number(2**31)
        )  # where it overflows it is another number
    return ctx.macro("ch__round_any", node.this, digits) if ctx.unknown(node.this) else None


def _same_scale(made: exp.Expr, value: exp.Expr) -> exp.Expr:
    """A decimal with the digits of another one: DuckDB drops those it rounds away."""
    scale = _scale(value)
    return made if scale is None else build.cast(made, f"DECIMAL(38,{scale})")


@R.rule(exp.Trunc, exp.Floor, exp.Ceil)
def cut(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.args.get("decimals")
    exact = ctx.is_a(node.this, "decimal")
    if digits is None or (isinstance(node, exp.Trunc) and exact):
        return _same_scale(node, node.this) if exact else None
    name = type(node).__name__.lower()
    made = ctx.macro(f"ch__{name}", node.this, digits)
    return _same_scale(made, node.this) if exact else made


R.macros(
    {
        "divideornull": ("ch__div_null", "DOUBLE"),
        "bitand": ("ch__and", "BIGINT"),
        "bitor": ("ch__or", "BIGINT"),
        "bitxor": ("ch__xor", "BIGINT"),
        "bittest": ("ch__bit_test", "BIGINT"),
        "bitcount": ("ch__bit_count", "BIGINT"),
        "bithammingdistance": ("ch__bit_distance", "BIGINT"),
        "intexp2": ("ch__power_of_2", "BIGINT"),
        "isnull": ("ch__is_null", "BIGINT"),
        "isnotnull": ("ch__is_not_null", "BIGINT"),
        "isfinite": ("ch__finite", "BOOLEAN"),
        "ifnotfinite": ("ch__if_finite", "DOUBLE"),
        "widthbucket": ("ch__bucket", "BIGINT"),
    }
)


def width_of(node: exp.Expr, ctx: Context) -> tuple[int, bool] | None:
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
    width = width_of(value, ctx)
    if width is None:
        raise ctx.error(node, "The width of this integer is not known here: convert it with toInt64.")
    bits, signed = width
    name = node.name.lower()
    if name == "bitnot":
        inverse = exp.Paren(this=exp.Sub(this=exp.Neg(this=exp.Paren(this=value)), expression=build.lit(1)))
        made: exp.Expr = inverse
        if not signed:
            made = ctx.macro("ch__unsigned", inverse, exp.Literal.number(2**bits), type="BIGINT")
    else:
        macro = "ch__right" if name == "bitshiftright" else "ch__left_signed" if signed else "ch__left"
        size = [] if name == "bitshiftright" else [exp.Literal.number(2**bits)]
        made = ctx.macro(macro, *node.expressions, *size, type="BIGINT")
    made.meta["bits"] = width
    return made


@R.function("bittestall", "bittestany")
def tested_bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *places = node.expressions
    tests = [exp.EQ(this=ctx.macro("ch__bit_test", value.copy(), place), expression=build.lit(1)) for place in places]
    join = exp.and_ if node.name.lower() == "bittestall" else exp.or_
    return build.cast(exp.Paren(this=join(*tests)), "BIGINT")


@R.function("bitmasktoarray", "bitpositionstoarray")
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/encoding-functions#bitmaskToArray
    width = width_of(node.expressions[0], ctx)
    macro = "ch__bits_of" if node.name.lower() == "bitmasktoarray" else "ch__bit_places"
    return ctx.macro(macro, node.expressions[0], build.lit(width[0] if width is not None else 0), type="BIGINT[]")


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Sum, exp.Avg)
def of_conditions(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A comparison is 1 or 0
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and ctx.is_a(value, "bool"):
            node.set(key, build.cast(value, "BIGINT"))
    return None


@R.rule(exp.Add, exp.Sub, exp.Mul)
def of_literals(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # In a wider integer than either: of two literals DuckDB keeps to 32 bits
    if ctx.is_a(node.this, "int") and ctx.is_a(node.expression, "int") and find_first(node, exp.Column) is None:
        node.set("this", build.cast(node.this, "BIGINT"))
    return None


# What arithmetic of values of types that have these names gives
def integer_name(number: int) -> str:
    for bits in (8, 16, 32):
        if 0 <= number < 2**bits:
            return f"UInt{bits}"
        if -(2 ** (bits - 1)) <= number < 0:
            return f"Int{bits}"
    return "UInt64" if number >= 0 else "Int64"


def bits_of(name: str) -> tuple[int, bool] | None:
    bare = name.removeprefix("U")
    found = bare.removeprefix("Int")
    return (int(found), bare == name) if bare.startswith("Int") and found.isdigit() else None


def name_of_sum(node: exp.Expr, left: str | None, right: str | None) -> str | None:
    # https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions: of the next width
    if left is None or right is None:
        return None
    if any(side.startswith("Float") for side in (left, right)):
        return "Float64" if all(side.startswith(("Float", "Int", "UInt")) for side in (left, right)) else None
    if left.startswith("Date") and not isinstance(node, exp.Mul) and left.split("(")[0] in ("Date", "DateTime"):
        alike = isinstance(node, exp.Sub) and right.split("(")[0] == left.split("(")[0]
        return "Int32" if alike else left if bits_of(right) else None
    if left.startswith("Decimal(") and right.startswith("Decimal("):
        (wide, scale), (other, second) = (
            [int(part) for part in side.removeprefix("Decimal(").rstrip(")").split(", ")] for side in (left, right)
        )
        return f"Decimal({max(wide, other)}, {scale + second if isinstance(node, exp.Mul) else max(scale, second)})"
    one, two = bits_of(left), bits_of(right)
    if one is None or two is None or max(one[0], two[0]) > 64:
        return None
    signed = one[1] or two[1] or isinstance(node, exp.Sub)
    return f"{'' if signed else 'U'}Int{min(2 * max(one[0], two[0]), 64)}"


def common_name(names: list[str | None]) -> str | None:
    """The type that holds values of all of these: https://clickhouse.com/docs/sql-reference/functions/array-functions#array"""
    if None in names:
        return None
    bare = [
        name.removeprefix("Nullable(").removesuffix(")") if name.startswith("Nullable(") else name
        for name in names
        if name
    ]
    kinds = {name for name in bare if name != "Nothing"}
    widths = [bits_of(name) for name in kinds]
    only = kinds.pop() if len(kinds) == 1 else None if kinds else "Nothing"
    if only is None and all(width is not None and width[0] <= 64 for width in widths):
        signed, unsigned = (
            max((width[0] for width in widths if width and width[1] is sign), default=0) for sign in (True, False)
        )
        bits = max(signed, 2 * unsigned) if signed and unsigned else signed or unsigned
        only = f"{'' if signed else 'U'}Int{bits}" if bits <= 64 else None
    elif only is None and "Float64" in kinds:
        small = all(name == "Float64" or ((bits_of(name) or (64, True))[0] <= 32) for name in kinds)
        only = "Float64" if small else None
    elif only is None and len(kinds) == 2 and "Date" in kinds:  # with a moment of a zone that one
        only = next((name for name in kinds if name.split("(")[0] == "DateTime"), None)
    if only is None or bare == names:
        return only
    return None if only.startswith(("Array(", "Tuple(", "Map(")) else f"Nullable({only})"


def name_of_negated(name: str | None) -> str | None:
    width = bits_of(name or "")
    if width is None or width[0] > 64:
        return name if name in ("Float32", "Float64") else None
    return f"Int{width[0] if width[1] else min(2 * width[0], 64)}"


def name_of_rest(left: str | None, right: str | None) -> str | None:
    one, two = bits_of(left or ""), bits_of(right or "")
    if one is None or two is None or max(one[0], two[0]) > 64:
        return None
    return f"Int{min(2 * two[0], 64)}" if one[1] else f"UInt{two[0]}"


def name_of_quantile(name: str | None) -> str | None:
    return "Float64" if name is not None and name.startswith(("Int", "UInt", "Float")) else None


def name_of_total(name: str | None) -> str | None:
    if name is None:
        return None
    if name.startswith("Decimal("):
        digits, scale = name.removeprefix("Decimal(").rstrip(")").split(", ")
        return f"Decimal({max(38, int(digits))}, {scale})"
    width = bits_of(name)
    if width is None or width[0] > 64:
        return "Float64" if name == "Float64" else None
    return "Int64" if width[1] else "UInt64"
