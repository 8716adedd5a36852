"""Numbers, comparisons and aggregates."""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D

D.refuse_functions("number_format", {"formatreadablesize", "formatreadablequantity", "formatreadabledecimalsize"},
                   "Its digits are ClickHouse's own", "Format the number where it is shown")  # fmt: skip
_HASHES = {"cityhash64", "siphash64", "xxhash32", "xxhash64", "murmurhash3_64", "farmhash64", "halfmd5"}
D.refuse_functions("hash", _HASHES, "The hash belongs to one engine", "Compute it beforehand")


@D.rule(exp.Literal)
def float_literal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A literal with a point is a Float64: https://clickhouse.com/docs/sql-reference/syntax#literals
    if node.is_string or str(node.this).isdigit() or isinstance(node.parent, (exp.DataTypeParam, exp.Interval)):
        return None
    return common.cast(exp.Literal.string(str(node.this)), "DOUBLE")


@D.rule(exp.Div)
def division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "decimal") or ctx.is_a(node.expression, "decimal"):
        return ctx.macro("ch__divide", node.this, node.expression, type="DOUBLE")
    return common.plain_division(node, ctx)


@D.rule(exp.Round)
def rounding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Half to even for floats: https://clickhouse.com/docs/sql-reference/functions/rounding-functions#round
    if not ctx.is_a(node.this, "float"):
        return None
    return ctx.macro("ch__round", node.this, node.args.get("decimals") or common.lit(0), type="DOUBLE")


@D.rule(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
def comparison(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    for one, two in ((left, right), (right, left)):
        if ctx.is_a(one, "text") and ctx.is_a(two, "number") and not isinstance(one.unnest(), exp.Literal):
            raise ctx.error(node, "ClickHouse compares no text with a number: convert one of them.")
    return None


@D.rule(exp.In)
def without_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # NULLs of the set are left out: https://clickhouse.com/docs/sql-reference/operators/in#null-processing
    query = node.args.get("query")
    if not isinstance(query, exp.Subquery):
        return None
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


_OF_NOTHING = (exp.Sum, exp.Max, exp.Min, exp.Avg, exp.AnyValue, exp.Median, exp.Quantile, exp.ArgMax, exp.ArgMin)


@D.rule(exp.Select)
def of_no_rows(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of no rows an aggregate of a column that is not Nullable is 0: known when it happens only
    assert isinstance(node, exp.Select)
    if node.args.get("group") is not None:
        return None
    for item in node.expressions:
        for found in list(item.find_all(*_OF_NOTHING)):
            if found.find_ancestor(exp.Select) is not node or isinstance(found.parent, (exp.Window, exp.Filter)):
                continue
            parent, key, index = found.parent, found.arg_key, found.index
            made: exp.Expr = ctx.macro("ch__of_rows", found.copy())
            made.type = found.type
            if parent is node:
                made = exp.alias_(made, found.output_name or found.sql_name().lower())
            if parent is not None and key:
                parent.set(key, made, index)
    return None


@D.rule(exp.FirstValue, exp.LastValue)
def skipping_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/first_value: NULLs are skipped
    if isinstance(node.parent, (exp.IgnoreNulls, exp.RespectNulls)):
        return None
    made = exp.IgnoreNulls(this=node.copy())
    made.type = node.type
    return made


@D.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this.unnest()
    if isinstance(value, (exp.SHA, exp.SHA2, exp.MD5)):
        name = {exp.SHA: "sha1", exp.MD5: "md5"}.get(type(value), "sha256")
        found = ctx.call(name, value.this, type="VARCHAR")
        return found if isinstance(node, exp.LowerHex) else ctx.call("upper", found, type="VARCHAR")
    if ctx.is_a(node.this, "int"):
        made = ctx.macro("ch__hex", node.this, type="VARCHAR")
        return ctx.call("lower", made, type="VARCHAR") if isinstance(node, exp.LowerHex) else made
    return None


@D.rule(exp.Cast, exp.TryCast)
def casts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Towards zero; a text must be a number as a whole: functions/type-conversion-functions#cast
    to, value = node.args["to"], node.this
    if to.args.get("nullable") is False and not isinstance(value.unnest(), exp.Literal):
        value = ctx.macro("ch__not_null", value)
        value.type = node.this.type
        node.set("this", value)
    if to.this in exp.DataType.INTEGER_TYPES and ctx.is_a(value, "float", "decimal"):
        node.set("this", ctx.call("trunc", value))
    elif to.this in exp.DataType.INTEGER_TYPES and ctx.is_a(value, "text"):
        node.set("this", ctx.macro("ch__digits", value, type="VARCHAR"))
    elif to.this in exp.DataType.TEXT_TYPES:
        return to_text(value, node, ctx)
    return None


def to_text(value: exp.Expr, node: exp.Expr, ctx: Context) -> exp.Expr:
    """The text of a value, where it is the same in both engines."""
    if ctx.is_a(value, "float"):
        return ctx.macro("ch__text", value, type="VARCHAR")
    if ctx.is_a(value, "decimal"):
        return ctx.macro("ch__decimal", common.cast(value, "VARCHAR"), type="VARCHAR")
    if ctx.is_a(value, "bool"):
        return common.cast(value, "VARCHAR")
    if ctx.is_a(value, "int", "text", "date"):
        return common.cast(value, "VARCHAR")
    if ctx.is_a(value, "timestamp") and any(ctx.is_a(column, "timestamp") for column in value.find_all(exp.Column)):
        return ctx.call("strftime", value, common.lit("%Y-%m-%d %H:%M:%S.%f"), type="VARCHAR")
    raise ctx.error(node, "The text of a value of this type is ClickHouse's own: convert a number, a date or a text.")


@D.rule(exp.SHA, exp.SHA2, exp.MD5)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Hex):
        ctx.refuse("hash", node, "The digest is bytes", "Write hex(...) around it")
    return None


@D.function("bin")
def binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("encoding", node, "Its digits are padded to whole bytes", "Compute it beforehand")
    return None


@D.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("typeof", node, "ClickHouse's types have other names", "Leave it out")
    return None


def _converter(name: str, kind: str, whole: bool) -> None:
    @D.function(name)
    def convert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        # Towards zero; a text must be a number as a whole: functions/type-conversion-functions
        value = node.expressions[0]
        if whole and ctx.is_a(value, "float", "decimal"):
            value = ctx.call("trunc", value)
        if whole and ctx.is_a(value, "text"):
            value = ctx.macro("ch__digits", value, type="VARCHAR")
        return common.cast(value, kind)


for _bits, _kind in (("8", "TINYINT"), ("16", "SMALLINT"), ("32", "INTEGER"), ("64", "BIGINT")):
    _converter(f"toint{_bits}", _kind, True)
    _converter(f"touint{_bits}", f"U{_kind}", True)
_converter("tofloat64", "DOUBLE", False)
_converter("tofloat32", "FLOAT", False)


@D.function("intdiv")
def integer_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not all(ctx.is_a(arg, "int") for arg in node.expressions):
        ctx.refuse("unfaithful", node, "intDiv of fractions cuts each of them", "Convert both to integers")
    return ctx.macro("ch__intdiv", *node.expressions, type="BIGINT")


@D.function("multiif")
def multi_if(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    *branches, default = node.expressions
    pairs = zip(branches[::2], branches[1::2], strict=True)
    return exp.Case(ifs=[exp.If(this=one, true=two) for one, two in pairs], default=default)


@D.rule(exp.Add, exp.Sub, exp.Mul, exp.Sum, exp.Avg)
def of_conditions(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A comparison is 1 or 0
    for key in ("this", "expression"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and ctx.is_a(value, "bool"):
            node.set(key, common.cast(value, "BIGINT"))
    return None


def _macro(name: str, macro: str, kind: str) -> None:
    @D.function(name)
    def call(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return ctx.macro(macro, *node.expressions, type=kind)


for _name, _named, _type in (
    ("positivemodulo", "ch__pmod", "BIGINT"), ("divideornull", "ch__div_null", "DOUBLE"),
    ("intdivorzero", "ch__intdiv_zero", "BIGINT"), ("bitand", "ch__and", "BIGINT"), ("bitor", "ch__or", "BIGINT"),
    ("bitxor", "ch__xor", "BIGINT"), ("bitshiftleft", "ch__left", "BIGINT"), ("bitshiftright", "ch__right", "BIGINT"),
    ("isnull", "ch__is_null", "BIGINT"), ("isnotnull", "ch__is_not_null", "BIGINT"),
    ("roundbankers", "ch__round1", "DOUBLE"),
    ("toint32ornull", "ch__int32_null", "INTEGER"), ("toint64ornull", "ch__int64_null", "BIGINT"),
    ("toint32orzero", "ch__int32_zero", "INTEGER"), ("toint64orzero", "ch__int64_zero", "BIGINT"),
    ("tofloat64ornull", "ch__float_null", "DOUBLE"), ("tofloat64orzero", "ch__float_zero", "DOUBLE"),
    ("hasany", "ch__has_any", "BOOLEAN"), ("hasall", "ch__has_all", "BOOLEAN"), ("indexof", "ch__index_of", "BIGINT"),
    ("arrayuniq", "ch__array_uniq", "BIGINT"), ("arraystringconcat", "ch__join", "VARCHAR"),
    ("jsonextractstring", "ch__json_string", "VARCHAR"), ("jsonextractfloat", "ch__json_float", "DOUBLE"),
    ("jsonextractint", "ch__json_int", "BIGINT"), ("jsonextractbool", "ch__json_bool", "BIGINT"),
    ("jsonhas", "ch__json_has", "BIGINT"),
):  # fmt: skip
    _macro(_name, _named, _type)


def _aggregate(name: str, function: str) -> None:
    @D.function(name)
    def call(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        return ctx.call(function, *node.expressions, type="DOUBLE")

    _AGGREGATES[name] = function


_AGGREGATES: dict[str, str] = {}
for _name, _function in (
    ("stddevsamp", "stddev_samp"), ("stddevpop", "stddev_pop"), ("varsamp", "var_samp"), ("varpop", "var_pop"),
    ("covarsamp", "covar_samp"), ("covarpop", "covar_pop"), ("corr", "corr"),
):  # fmt: skip
    _aggregate(_name, _function)


@D.rule(exp.AnonymousAggFunc)
def aggregates(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = str(node.this).lower()
    if name in _AGGREGATES:
        return ctx.call(_AGGREGATES[name], *node.expressions, type="DOUBLE")
    if name == "uniqexact" and len(node.expressions) == 1:
        return exp.Count(this=exp.Distinct(expressions=node.expressions))
    if name in ("grouparray", "groupuniqarray") and len(node.expressions) == 1:
        # NULLs are left out, and of nothing it is an empty array
        macro = "ch__group_array" if name == "grouparray" else "ch__group_uniq"
        ctx.open("unordered_array", node, "The order of the array's elements is not fixed.")
        return ctx.macro(macro, *node.expressions)
    return None


@D.function("todecimal32", "todecimal64", "todecimal128")
def to_decimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Digits beyond the scale are cut off
    value, scale = node.expressions
    if not isinstance(scale, exp.Literal) or not ctx.is_a(value, "number"):
        raise ctx.error(node, "toDecimal has a counterpart for a number and a constant scale.")
    digits = {"todecimal32": 9, "todecimal64": 18}.get(node.name.lower(), 38)
    exact = common.cast(common.cast(value, "VARCHAR"), "DECIMAL(38,18)")
    return common.cast(ctx.macro("ch__cut", exact, scale.copy()), f"DECIMAL({digits},{scale.this})")


@D.function("laginframe")
def lag_in_frame(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    window = node.parent
    if isinstance(window, exp.Window) and window.args.get("spec") is not None:
        raise ctx.error(node, "lagInFrame within a frame of its own has no counterpart: leave the frame out.")
    return ctx.call("lag", *node.expressions)


@D.rule(exp.ApproxDistinct)
def uniq(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/uniq: exact up to 65,536 values
    ctx.open("approximate", node, "uniq is an estimate in ClickHouse, and exact here.")
    return exp.Count(this=exp.Distinct(expressions=[node.this]))


@D.rule(exp.ParameterizedAgg)
def quantiles(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if (
        str(node.this).lower() not in ("quantiles", "quantilesexactinclusive")
        or len(node.args.get("params") or ()) != 1
    ):
        raise ctx.error(node, f"The aggregate {node.this} has no counterpart in DuckDB.")
    levels = exp.Array(expressions=node.expressions)
    return ctx.call("quantile_cont", node.args["params"][0], levels)


D.known("quantiles")
