"""Arithmetic and mathematics. https://spark.apache.org/docs/latest/api/sql/"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import arithmetic, as_double, as_whole, cast, quotient
from .types import decimal_of, family, kind, moment_type, sizes

R = DialectRules("databricks numbers")

R.macros(
    {
        exp.Factorial: ("dbx__factorial", "BIGINT"),
        "pmod": "dbx__pmod",
    }
)
R.renames({"bin": ("bin", "VARCHAR")}, of=(as_whole,))
R.known("e", "expm1", "hypot", "isnotnull", "isnull", "bigint", "smallint", "tinyint", "decimal", "binary")


def _whole(node: exp.Expr | None) -> int | None:
    if node is None:
        return 0
    sign, inner = (-1, node.this) if isinstance(node, exp.Neg) else (1, node)
    return sign * int(inner.this) if isinstance(inner, exp.Literal) and inner.is_int else None


@R.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Half up on the decimal text of a double."""
    digits = _whole(node.args.get("decimals"))
    if digits is None:
        ctx.refuse("unfaithful", node, "The digits to round to are not a constant", "Write them as a number")
    if family(node.this) == "text":
        node.set("this", as_double(node.this, ctx))
    if family(node.this) in ("float", "text") and digits and digits > 0:
        return ctx.macro("dbx__round", node.this, build.lit(digits), type="DOUBLE")
    return None


@R.rule(exp.Hex)
def hex_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    node.set("this", as_whole(node.this, ctx))
    return None


@R.function("bround")
def bround(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    digits = node.expressions[1] if len(node.expressions) > 1 else build.lit(0)
    this, n = node.expressions[0], _whole(digits)
    if n is None:
        ctx.refuse("unfaithful", node, "The digits to round to are not a constant", "Write them as a number")
    if family(this) == "decimal":
        p, s = decimal_of(this) or (38, 18)
        made = ctx.call("round_even", build.cast(this, f"DECIMAL({p}, {s})"), digits)
        scale = min(s, max(n or 0, 0))
        type_ = exp.DataType.build(f"DECIMAL({min(max(p - s, 1) + scale + 1, 38)}, {scale})", dialect="duckdb")
        return build.cast(made, type_.sql("duckdb"))
    if family(this) == "float" and n and n > 0:
        return ctx.macro("dbx__bround", this, digits, type="DOUBLE")
    if family(this) == "int" and n is not None and n >= 0:
        return this  # a DOUBLE has not all digits of a BIGINT
    found = kind(this)
    made = ctx.call("round_even", build.cast(this, "DOUBLE"), digits, type="DOUBLE")
    if family(this) == "int" and found is not None:
        return build.cast(made, found.sql("duckdb"))
    return made if family(this) == "float" else None


@R.rule(exp.Ceil, exp.Floor)
def ceil_floor(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("decimals") is not None:
        return _to_digits(node, ctx)
    if node.meta.get("translated"):
        return None
    name = family(node.this)
    if name in ("float", "text"):
        node.meta["translated"] = True
        node.set("this", as_double(node.this, ctx))
        return build.cast(node, "BIGINT")
    if name == "decimal":
        found = kind(node)
        node.meta["translated"] = True
        return build.cast(node, found.sql("duckdb")) if found is not None else None
    return None


def _to_digits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """ceil(x, n) is a decimal of n digits; a double is taken as DECIMAL(30, 15)."""
    digits, name = _whole(node.args["decimals"]), family(node.this)
    size = (30, 15) if name == "float" else decimal_of(node.this) if name in ("decimal", "int") else None
    if digits is not None and digits < 1 and name != "float" and size is not None and size[0] <= 15:
        unit = 10**-digits
        called = "ceil" if isinstance(node, exp.Ceil) else "floor"
        part = exp.Div(this=build.cast(node.this, "DOUBLE"), expression=build.cast(build.lit(unit), "DOUBLE"))
        many = exp.Mul(this=ctx.call(called, part), expression=build.lit(unit))
        return build.cast(exp.Paren(this=many), f"DECIMAL({max(size[0] - size[1] + 1, 1 - digits)}, 0)")
    if digits is None or digits < 1 or size is None or size[0] - size[1] > 15:
        ctx.refuse("unfaithful", node, "Rounding up or down to these digits is not verified", "Scale and scale back")
        return None
    n = min(digits, size[1])
    value = build.cast(node.this, f"DECIMAL({size[0]}, {size[1]})")
    scaled = exp.Mul(this=value, expression=build.lit(10**n))
    whole = ctx.call("ceil" if isinstance(node, exp.Ceil) else "floor", scaled)
    type_ = f"DECIMAL({min(size[0] - size[1] + n + 1, 38)}, {n})"
    made = exp.Div(this=build.cast(whole, "DOUBLE"), expression=build.cast(build.lit(10**n), "DOUBLE"), typed=False)
    return build.cast(build.cast(exp.Paren(this=made), "VARCHAR"), type_)


def _double(node: exp.Expr, ctx: Context) -> exp.Expr:
    return build.cast(as_double(node, ctx), "DOUBLE")


# Outside of the domain Spark gives NaN or NULL where DuckDB raises.
R.macros(
    {
        exp.Sqrt: ("dbx__sqrt", "DOUBLE", "this"),
        exp.Ln: ("dbx__ln", "DOUBLE", "this"),
        exp.Asin: ("dbx__asin", "DOUBLE", "this"),
        exp.Acos: ("dbx__acos", "DOUBLE", "this"),
        exp.Sec: ("dbx__sec", "DOUBLE", "this"),
        exp.Csc: ("dbx__csc", "DOUBLE", "this"),
    },
    of=_double,
)


@R.rule(exp.Log)
def log(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    base, x = node.this, node.args.get("expression")
    if x is None:
        return ctx.macro("dbx__ln", as_double(base, ctx), type="DOUBLE")
    if isinstance(base, exp.Literal) and base.name in ("2", "10"):
        written = {"2": "dbx__log2", "10": "dbx__log10"}[base.name]
        return ctx.macro(written, build.cast(as_double(x, ctx), "DOUBLE"), type="DOUBLE")
    args = [build.cast(as_double(a, ctx), "DOUBLE") for a in (base, x)]
    return ctx.macro("dbx__log", *args, type="DOUBLE")


@R.function("log1p")
def log1p(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    more = exp.Add(this=exp.Paren(this=as_double(node.expressions[0], ctx)), expression=build.lit(1))
    return ctx.macro("dbx__ln", more, type="DOUBLE")


@R.function("expm1")
def expm1(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return exp.Paren(this=exp.Sub(this=ctx.call("exp", node.expressions[0]), expression=build.lit(1)))


R.renames({"e": ("exp", "DOUBLE", build.lit(1))})


@R.function("hypot")
def hypot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    a, b = (build.cast(as_double(n, ctx), "DOUBLE") for n in node.expressions)
    total = exp.Add(this=exp.Mul(this=a, expression=a.copy()), expression=exp.Mul(this=b, expression=b.copy()))
    return ctx.call("sqrt", total, type="DOUBLE")


R.macros(
    {exp.Pow: ("dbx__pow", "DOUBLE", "this", "expression")},
    of=lambda value, ctx: build.cast(as_double(value, ctx), "DOUBLE"),
)


@R.rule(exp.WidthBucket)
def width_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    names = ("this", "min_value", "max_value", "num_buckets")
    args = [node.args.get(n) for n in names]
    if any(a is None for a in args):
        raise ctx.error(node, "width_bucket takes a value, two bounds and a number of buckets.")
    made = [build.cast(a, "DOUBLE") if i < 3 else a for i, a in enumerate(args) if a is not None]
    return ctx.macro("dbx__width_bucket", *made, type="BIGINT")


@R.function("conv")
def conv(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    text, base, target = node.expressions
    n, m = _whole(base), _whole(target)
    if n is None or m is None or not 2 <= n <= 36 or not 2 <= m <= 36:
        ctx.refuse("unfaithful", node, "conv with this base is not verified", "Write bases from 2 to 36 as numbers")
        return None
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:n]
    letters = digits[10:]
    pattern = f"[{digits[:10]}{letters}{letters.lower()}]+"
    args = [build.cast(text, "VARCHAR"), base, target, build.lit(pattern)]
    return ctx.macro("dbx__conv", *args, type="VARCHAR")


R.renames(
    {
        "nullifzero": ("nullif", None, "expressions", build.lit(0)),
        "zeroifnull": ("coalesce", None, "expressions", build.lit(0)),
    }
)


@R.function("isnull", "isnotnull")
def is_null(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made: exp.Expr = exp.Is(this=exp.Paren(this=node.expressions[0]), expression=exp.Null())
    return exp.Paren(this=exp.Not(this=made) if node.name.lower() == "isnotnull" else made)


R.converts({"positive": lambda value, ctx: exp.Paren(this=value)})


@R.rule(exp.Negative)
def negative(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return exp.Paren(this=exp.Neg(this=exp.Paren(this=node.this)))


@R.function("bigint", "smallint", "tinyint", "decimal", "binary")
def cast_by_name(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    target = exp.DataType.build(node.name, dialect="databricks")
    made = exp.Cast(this=node.expressions[0], to=target)
    made.type = target.copy()
    return cast(made, ctx) or made


_SAFE: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.SafeAdd: exp.Add,
    exp.SafeSubtract: exp.Sub,
    exp.SafeMultiply: exp.Mul,
}


def _paren(node: exp.Expr) -> exp.Paren:
    made = exp.Paren(this=node)
    made.type = node.type
    return made


@R.rule(*_SAFE)
def safe(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL on overflow: https://spark.apache.org/docs/latest/api/sql/#try_add"""
    left, right = node.this, node.expression
    names = {family(left), family(right)}
    made = _SAFE[type(node)](this=_paren(left), expression=_paren(right))
    if names <= {"int", "float"}:
        return ctx.call("try", made)
    if names <= {"int", "float", "decimal"}:
        p, q = decimal_of(left), decimal_of(right)
        if "float" in names:
            made = type(made)(this=build.cast(left, "DOUBLE"), expression=build.cast(right, "DOUBLE"))
        elif p and q:
            made.type = sizes(made, p, q)
            inner = arithmetic(made, ctx) or made
            return ctx.call("try", build.cast(inner, made.type.sql("duckdb")))
        return ctx.call("try", made)
    if names in ({"date", "int"}, {"date"}) and family(left) == "date" and not isinstance(node, exp.SafeMultiply):
        made.type = exp.DataType.build("DATE" if len(names) == 2 else "INTERVAL")
        return ctx.call("try", arithmetic(made, ctx) or made)
    if "interval" in names and names & {"date", "timestamp"} and not isinstance(node, exp.SafeMultiply):
        made.type = moment_type(made)
        return ctx.call("try", arithmetic(made, ctx) or made)
    ctx.refuse("unfaithful", node, "try_ arithmetic is verified for numbers and days", "Cast the operands")
    return None


@R.rule(exp.SafeDivide)
def safe_divide(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if "float" in (family(node.this), family(node.expression)):
        for key in ("this", "expression"):
            node.set(key, build.cast(as_double(node.args[key], ctx), "DOUBLE"))
    p, q = decimal_of(node.this), decimal_of(node.expression)
    divisor = exp.Nullif(this=node.expression, expression=build.lit(0))
    if "decimal" in (family(node.this), family(node.expression)) and p and q:
        return ctx.call("try", quotient(node.this, divisor, p, q, ctx))
    return exp.Paren(this=exp.Div(this=exp.Paren(this=node.this), expression=divisor, typed=False, safe=False))


@R.function("try_mod")
def try_mod(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    a, b = node.expressions
    return exp.Paren(this=exp.Mod(this=exp.Paren(this=a), expression=exp.Nullif(this=b, expression=build.lit(0))))


R.renames({exp.Rint: ("round_even", "DOUBLE", "this", build.lit(0))}, of=_double)


@R.rule(exp.IsNan)
def isnan(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """False for NULL."""
    made = ctx.call("isnan", build.cast(as_double(node.this, ctx), "DOUBLE"), type="BOOLEAN")
    return ctx.call("coalesce", made, exp.false(), type="BOOLEAN")


@R.rule(exp.BitwiseCount)
def bit_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Of 64 bits, whatever the type."""
    if family(node.this) not in ("int", "bool"):
        return None
    return ctx.call("bit_count", build.cast(node.this, "BIGINT"), type="INTEGER")


@R.rule(exp.BitwiseLeftShift, exp.BitwiseRightShift)
def shift(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """By the low 5 bits of the count, 6 for a BIGINT; bits go over the edge without an error.

    https://docs.oracle.com/javase/specs/jls/se17/html/jls-15.html#jls-15.19
    """
    found = kind(node.this)
    if found is None or family(node.this) != "int" or family(node.expression) not in ("int", "null"):
        return None
    name = "dbx__shiftleft" if isinstance(node, exp.BitwiseLeftShift) else "dbx__shiftright"
    long = found.this == exp.DType.BIGINT
    args = [node.this, build.cast(node.expression, "INTEGER")]
    return ctx.macro(name + ("64" if long else ""), *args, type="BIGINT" if long else "INTEGER")


@R.rule(exp.Nanvl)
def nanvl(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = [build.cast(n, "DOUBLE") for n in (node.this, node.expression)]
    test = exp.If(this=ctx.call("isnan", args[0].copy()), true=args[1])
    return exp.Case(ifs=[test], default=args[0])
