"""The types of ClickHouse's functions, as far as rules ask for them: sqlglot has no types for most."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build
from ..shared.smallest_integer import same_type
from .nulls import STRICT_FUNCTIONS, nullable
from .numbers import (
    bits_of,
    common_name,
    integer_name,
    name_of_negated,
    name_of_quantile,
    name_of_rest,
    name_of_sum,
    name_of_total,
)

R = DialectRules("clickhouse types")


def _stored_as(kind: str) -> str:
    # Arithmetic of small integers is done in wider ones: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions
    base = kind.removesuffix("[]")
    narrow = base in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
    return kind.replace(base, "BIGINT") if narrow else kind


R.stored_as = _stored_as
_TYPES = {
    "BIGINT": """intdiv intdivorzero positivemodulo toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64
        bitand bitor bitxor bitnot bitshiftleft bitshiftright bitcount bithammingdistance intexp2
        lengthutf8 positionutf8 positioncaseinsensitive
        positioncaseinsensitiveutf8 countsubstrings countmatches toyear tomonth todayofmonth tohour tominute tosecond
        toquarter todayofyear todayofweek toisoweek toisoyear toweek toyearweek toyyyymm toyyyymmdd toyyyymmddhhmmss
        tounixtimestamp torelativedaynum torelativemonthnum age indexof countequal arraycount arrayuniq jsonlength
        jsonextractint jsonextractuint uniqexact uniq uniqcombined countif gcd lcm toint32orzero toint64orzero
        toint32ornull toint64ornull toint8ornull toint16ornull toint8orzero toint16orzero touint8ornull touint8orzero
        touint16ornull touint16orzero touint32ornull touint32orzero touint64ornull touint64orzero arrayfirstindex
        arraylastindex simplejsonextractint simplejsonextractuint visitparamextractint isnull isnotnull
        toint32ordefault toint64ordefault yearweek countmatchescaseinsensitive
        multisearchfirstindex multisearchfirstposition isvalidutf8 torelativehournum torelativeminutenum
        torelativesecondnum torelativeweeknum torelativeyearnum torelativequarternum todayssinceyearzero""",
    "DOUBLE": """tofloat64 tofloat32 tofloat64ornull tofloat64orzero tofloat32ornull tofloat32orzero divide
        jsonextractfloat simplejsonextractfloat visitparamextractfloat arrayavg divideornull stddevpop stddevsamp varpop
        varsamp covarpop covarsamp skewpop skewsamp kurtpop kurtsamp avgweighted avgif median quantile quantileif
        quantileexactinclusive medianif""",
    "VARCHAR": """tostring upperutf8 lowerutf8 substringutf8 leftutf8 rightutf8 replaceall replaceone replaceregexpall
        replaceregexpone extract concatwithseparator base64encode base64decode hex bin arraystringconcat datename
        jsonextractstring jsonextractraw simplejsonextractstring visitparamextractstring json_value jsontype mid
        reverseutf8 leftpadutf8 rightpadutf8 leftpad rightpad trimleft trimright trimboth initcaputf8 domain path
        protocol monthname regexpquotemeta translateutf8""",
    "DATE": """todate todateornull todateorzero tomonday tostartofweek tostartofmonth tostartofquarter tostartofyear
        tolastdayofmonth tolastdayofweek makedate today yesterday""",
    "TIMESTAMP_S": """todatetime tostartofhour tostartofminute tostartoffiveminutes tostartoftenminutes
        tostartoffifteenminutes tostartofday makedatetime parsedatetime parsedatetimeornull parsedatetimeorzero
        parsedatetimebesteffort parsedatetimebesteffortornull fromunixtimestamp now timeslot
        fromunixtimestamp64second""",
    "TIMESTAMP_MS": "fromunixtimestamp64milli",
    "TIMESTAMP": "fromunixtimestamp64micro",
    "BOOLEAN": """empty notempty hasany hasall arrayexists arrayall jsonhas isvalidjson mapcontains multisearchany
        isfinite isinfinite isnan jsonextractbool iszeroornull""",
    "VARCHAR[]": """splitbywhitespace alphatokens extractall mapkeys jsonextractkeys splitbychar splitbystring
        splitbyregexp ngrams tokens splitbynonalpha""",
    "BIGINT[]": "range arrayenumerate arrayenumerateuniq arrayenumeratedense bitmasktoarray multisearchallpositions",
}
_BY_NAME = {
    name: exp.DataType.build(kind, dialect="duckdb") for kind, names in _TYPES.items() for name in names.split()
}
# Of the type of an argument, by its place; a name with If at its end has its condition last.
_FIRST = """ifnull assumenotnull tonullable negate plus minus multiply modulo anylast any min max sum anyif anylastif
    minif maxif sumif sumdistinct sumornull minornull maxornull quantileexact quantileexactlow medianexact
    quantileexacthigh argmin argmax argminif argmaxif laginframe leadinframe first_value last_value arraysort
    arrayreversesort arrayreverse arraypushback arraypushfront arraypopback arraypopfront arrayslice arrayresize
    arrayintersect arraycompact arraydistinct arrayconcat groupbitand groupbitor groupbitxor roundbankers ifnotfinite
    sumkahan sumwithoverflow addyears addmonths addweeks adddays addquarters subtractyears
    subtractmonths subtractweeks subtractdays subtractquarters"""
_FIRST += """ identity materialize tolowcardinality totimezone arrayshiftleft arrayshiftright arrayrotateleft
    arrayrotateright arrayremove emptyarraytosingle mapadd mapsubtract mapsort mapreversesort mapupdate tofixedstring
    tovalidutf8 addseconds addminutes addhours subtractseconds subtractminutes subtracthours addmilliseconds
    addmicroseconds subtractmilliseconds subtractmicroseconds"""
_LIKE = {**dict.fromkeys(_FIRST.split(), 0), "multiif": 1, "transform": 2}
_LISTS = {"grouparray", "groupuniqarray", "grouparrayif", "groupuniqarrayif", "topk", "arraywithconstant"}


def _typed(self: Any, node: exp.Expr) -> Any:
    name = str(node.this if isinstance(node.this, str) else node.name).lower()
    found = _BY_NAME.get(name)
    arguments = node.args.get("params") or node.expressions
    if found is None and name in _LIKE and len(arguments) > _LIKE[name]:
        found = arguments[_LIKE[name]].type
        if name in ("plus", "minus", "multiply") and len(arguments) == 2:
            other = arguments[1].type
            floats = any(kind is not None and kind.this in exp.DataType.FLOAT_TYPES for kind in (found, other))
            found = exp.DataType.build("DOUBLE") if floats else self._maybe_coerce(found, other)
        if name == "transform" and found is not None:
            found = found.expressions[0] if found.expressions else None
    if name in _LISTS and arguments and arguments[-1 if name == "arraywithconstant" else 0].type is not None:
        inner = arguments[-1 if name == "arraywithconstant" else 0].type
        if isinstance(inner, exp.DataType) and inner.this != exp.DType.UNKNOWN:
            found = exp.DataType(this=exp.DType.LIST, expressions=[inner.copy()], nested=True)
    if name in ("todecimal32", "todecimal64", "todecimal128"):
        scale = arguments[1].name if len(arguments) > 1 else ""
        wide = {"todecimal32": 9, "todecimal64": 18}.get(name, 38)
        found = exp.DataType.build(f"DECIMAL({wide},{scale})", dialect="duckdb") if scale.isdigit() else None
    if name in ("todatetime64", "makedatetime64"):
        place = 1 if name == "todatetime64" else 7
        digits = arguments[place].name if len(arguments) > place else "3" if place == 7 else ""
        kind = {"0": "TIMESTAMP_S", "3": "TIMESTAMP_MS", "6": "TIMESTAMP"}.get(digits)
        found = exp.DataType.build(kind, dialect="duckdb") if kind else None
    return self._set_type(node, found)


_BY_THEIR_NAME: tuple[type[exp.Expr], ...] = (
    exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc, exp.ParameterizedAgg, exp.CombinedParameterizedAgg,
)  # fmt: skip
R.typing.update({node: {"annotator": _typed} for node in _BY_THEIR_NAME})


# sqlglot forgets a decimal's digits here, or knows another engine's answer.
_AS_ARGUMENT: tuple[type[exp.Expr], ...] = (
    exp.Sum, exp.Paren, exp.Neg, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.Lag, exp.Lead, exp.ArrayReverse,
    exp.ArrayDistinct, exp.ArrayFilter, exp.ArraySlice, exp.NthValue,
)  # fmt: skip
R.typing.update({node: {"annotator": same_type} for node in _AS_ARGUMENT})
R.typing[exp.Median] = R.typing[exp.Quantile] = {"returns": exp.DType.DOUBLE}
R.typing[exp.Split] = R.typing[exp.RegexpSplit] = {
    "annotator": lambda self, node: self._set_type(node, _BY_NAME["splitbychar"].copy())
}


def _truncation(self: Any, node: exp.Expr) -> Any:
    # https://clickhouse.com/docs/sql-reference/functions/date-time-functions#dateTrunc: a date from the week on
    unit = str(node.args["unit"].name).upper()
    kind = "TIMESTAMP_S" if unit in ("DAY", "HOUR", "MINUTE", "SECOND") else "DATE"
    return self._set_type(node, exp.DataType.build(kind, dialect="duckdb"))


R.typing.update({node: {"annotator": _truncation} for node in (exp.TimestampTrunc, exp.DateTrunc)})


def _division(self: Any, node: exp.Expr) -> Any:
    kinds = [side.type for side in (node.this, node.expression)]
    if any(kind is None or kind.this == exp.DType.UNKNOWN for kind in kinds):
        return self._set_type(node, None)
    if any(kind.this in exp.DataType.FLOAT_TYPES for kind in kinds) or not any(
        kind.this == exp.DType.DECIMAL for kind in kinds
    ):
        return self._set_type(node, exp.DType.DOUBLE)
    return self._set_type(node, next(kind for kind in kinds if kind.this == exp.DType.DECIMAL))


R.typing[exp.Div] = {"annotator": _division}


def _arithmetic(self: Any, node: exp.Expr) -> Any:
    # https://clickhouse.com/docs/sql-reference/data-types/decimal#operations-and-result-type: with a float a float
    self._annotate_binary(node)
    kinds = [side.type for side in (node.this, node.expression)]
    if any(kind is None for kind in kinds) or not any(kind.this == exp.DType.DECIMAL for kind in kinds):
        return node
    if any(kind.this in exp.DataType.FLOAT_TYPES for kind in kinds):
        return self._set_type(node, exp.DType.DOUBLE)
    digits = [kind.expressions[1].name if len(kind.expressions) == 2 else "" for kind in kinds]
    exact = [int(found) if kind.this == exp.DType.DECIMAL and found.isdigit() else 0
             for kind, found in zip(kinds, digits, strict=True)]  # fmt: skip
    if any(kind.this == exp.DType.DECIMAL and not found for kind, found in zip(kinds, digits, strict=True)):
        return node
    scale = sum(exact) if isinstance(node, exp.Mul) else max(exact)
    return self._set_type(node, exp.DataType.build(f"DECIMAL(38,{min(scale, 38)})", dialect="duckdb"))


R.typing.update({node: {"annotator": _arithmetic} for node in (exp.Add, exp.Sub, exp.Mul)})


# https://clickhouse.com/docs/sql-reference/functions/rounding-functions: of the type of its argument
R.typing.update({node: {"annotator": same_type} for node in (exp.Round, exp.Floor, exp.Ceil, exp.Trunc)})


@R.normalise
def low_cardinality(tree: exp.Expr, ctx: Context) -> None:
    """LowCardinality says how values are stored."""
    for node in list(find_all(tree, exp.Cast)):
        if node.to.this == exp.DType.LOWCARDINALITY and isinstance(node.to.expressions[0], exp.DataType):
            node.set("to", node.to.expressions[0])


_COLUMNS = {"TINYINT": "Int8", "SMALLINT": "Int16", "INTEGER": "Int32", "BIGINT": "Int64", "UTINYINT": "UInt8",
            "USMALLINT": "UInt16", "UINTEGER": "UInt32", "UBIGINT": "UInt64", "DOUBLE": "Float64", "FLOAT": "Float32",
            "VARCHAR": "String", "BOOLEAN": "Bool", "TIMESTAMP_S": "DateTime",
            "TIMESTAMP_MS": "DateTime64(3)", "TIMESTAMP": "DateTime64(6)"}  # fmt: skip
#: Functions whose type depends on no argument, but for NULLs.
_NAMED = {
    **{f"to{sign.lower()}int{bits}": f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64, 128, 256)},
    "tofloat32": "Float32", "tofloat64": "Float64", "tostring": "String", "todate": "Date", "todate32": "Date32",
    "lengthutf8": "UInt64", "toyear": "UInt16", "tomonth": "UInt8", "todayofmonth": "UInt8", "tohour": "UInt8",
    "tominute": "UInt8", "tosecond": "UInt8", "tobool": "Bool", "isnull": "UInt8", "isnotnull": "UInt8",
    "arrayproduct": "Float64", "arrayavg": "Float64", "ignore": "UInt8",
    "upperutf8": "String", "lowerutf8": "String", "toquarter": "UInt8", "todayofweek": "UInt8", "toisoweek": "UInt8",
    "todayofyear": "UInt16", "tounixtimestamp": "UInt32", "toyyyymm": "UInt32", "makedate": "Date",
}  # fmt: skip
_AS_ITS_ARGUMENT = {"materialize", "identity", "any", "anylast", "min", "max"}
_DECIMALS = {"todecimal32": 9, "todecimal64": 18, "todecimal128": 38, "todecimal256": 76}


@R.prepare
def named_types(tree: exp.Expr, ctx: Context) -> None:
    """``toTypeName(x)`` is a constant where the type follows from the text."""
    for node in list(find_all(tree, exp.Typeof)):
        found = _name(node.this, ctx, 0)
        if found is not None:
            made = build.lit(found)
            if find_first(node.this, exp.AggFunc) is not None and node.find_ancestor(exp.AggFunc) is None:
                rows = exp.GTE(this=exp.Count(this=exp.Star()), expression=build.lit(0))  # of all the rows one
                made = exp.Case(ifs=[exp.If(this=rows, true=made)])
            made.type = exp.DataType.build("VARCHAR")
            node.replace(made)


def _name(node: exp.Expr, ctx: Context, depth: int) -> str | None:
    """ClickHouse's name of an expression's type; None where it is not known."""
    base = _plain(node, ctx, depth)
    if base is None or base.startswith(("Array(", "Tuple(", "Nullable(", "Map(")):
        return base
    found = nullable(node, ctx)
    return f"Nullable({base})" if found is True else base if found is False else None


def _plain(node: exp.Expr, ctx: Context, depth: int) -> str | None:
    """The name without Nullable."""
    if depth > 30:
        return None
    node = node.unnest()
    if isinstance(node, (*_PASSING, exp.Anonymous)):  # of a bare NULL it is one
        given = (
            node.expressions
            if isinstance(node, exp.Anonymous)
            else [node.args.get("this"), node.args.get("expression")]
        )
        strict = not isinstance(node, exp.Anonymous) or node.name.lower() in STRICT_FUNCTIONS
        if strict and any(isinstance(each, exp.Expr) and _plain(each, ctx, depth + 1) == _NOTHING for each in given):
            return _NOTHING
    if isinstance(node, exp.Alias):
        return _plain(node.this, ctx, depth + 1)
    number = build.literal_int(node)
    if number is not None:
        return integer_name(number)
    if isinstance(node, exp.Literal):
        return "String" if node.is_string else "Float64"
    if isinstance(node, exp.Null):
        return "Nullable(Nothing)"
    if isinstance(node, exp.Boolean):
        return "Bool"
    if isinstance(node, exp.Column):
        return _of_column(node, ctx, depth)
    if isinstance(node, exp.Array):
        if not node.expressions:
            return None
        only = common_name([_name(each, ctx, depth + 1) for each in node.expressions])
        return f"Array({only})" if only else None
    if isinstance(node, (exp.Tuple, exp.Struct)):
        every = [_name(each, ctx, depth + 1) for each in node.expressions]
        known = [each for each in every if each is not None]
        return f"Tuple({', '.join(known)})" if known and len(known) == len(every) else None
    if isinstance(node, exp.Neg):
        return name_of_negated(_plain(node.this, ctx, depth + 1))
    if isinstance(node, exp.Mod):
        return name_of_rest(_plain(node.this, ctx, depth + 1), _plain(node.expression, ctx, depth + 1))
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return name_of_sum(node, _plain(node.this, ctx, depth + 1), _plain(node.expression, ctx, depth + 1))
    if isinstance(node, exp.VarMap):
        sides = [node.args[key].expressions for key in ("keys", "values")]
        pair = [common_name([_name(each, ctx, depth + 1) for each in side]) for side in sides]
        return f"Map({pair[0]}, {pair[1]})" if None not in pair else None
    if isinstance(node, _OF_ONE_TYPE):
        return next(name for kinds, name in _CLASSES.items() if isinstance(node, kinds))
    if isinstance(node, exp.Cast):
        return _written(node.to.sql(dialect="clickhouse"))
    if isinstance(node, exp.CastToStrType):
        return _written(node.args["to"].name)
    if isinstance(node, exp.Div):
        plain = [_plain(side, ctx, depth + 1) for side in (node.this, node.expression)]
        numbers = all(side is not None and side.startswith(("Int", "UInt", "Float")) for side in plain)
        return "Float64" if numbers else None
    if isinstance(node, (exp.CombinedAggFunc, exp.AnonymousAggFunc)):
        return _of_aggregate(str(node.this).lower(), node.expressions[0] if node.expressions else None, ctx, depth)
    if isinstance(node, (exp.Coalesce, exp.If)):
        parts = (
            [node.this, *node.expressions]
            if isinstance(node, exp.Coalesce)
            else [node.args.get("true"), node.args.get("false")]
        )
        names = [None if part is None else _plain(part, ctx, depth + 1) for part in parts]
        if isinstance(node, exp.Coalesce):  # what stands behind a value that is no NULL has no part in it
            names = [name for name in names if name != _NOTHING]
            return names[0] if len(set(names)) == 1 else None
        return common_name(names)
    if isinstance(node, exp.Case):
        default: exp.Expr = node.args.get("default") or exp.Null()
        outcomes = [*(branch.args["true"] for branch in node.args["ifs"]), default]
        return common_name([_plain(each, ctx, depth + 1) for each in outcomes])
    if isinstance(node, (exp.Quantile, exp.Median)):
        return name_of_quantile(_plain(node.this, ctx, depth + 1))
    if isinstance(node, (exp.Count, exp.CountIf)):
        return "UInt64"
    if isinstance(node, exp.Avg):
        return "Float64"
    if isinstance(node, (exp.Min, exp.Max, exp.AnyValue)):
        return _plain(node.this, ctx, depth + 1)
    if isinstance(node, exp.Sum):
        return name_of_total(_plain(node.this, ctx, depth + 1))
    return _of_call(node, ctx, depth) if isinstance(node, exp.Anonymous) else None


#: ``{node types: the type of what they give}``
_CLASSES: dict[tuple[type[exp.Expr], ...], str] = {
    (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.And, exp.Or, exp.Not, exp.In, exp.Like, exp.Is): "UInt8",
    (exp.Length, exp.ApproxDistinct): "UInt64",
    (exp.Upper, exp.Lower, exp.Substring, exp.Replace, exp.Trim): "String",
    (exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Sqrt, exp.Exp, exp.Ln): "Float64",
}  # fmt: skip
_NOTHING = "Nullable(Nothing)"
_PASSING = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Not, exp.In, exp.Like, exp.Add, exp.Sub, exp.Mul, exp.Div,
    exp.Mod, exp.Neg, exp.Upper, exp.Lower, exp.Substring, exp.Replace, exp.Trim, exp.Length, exp.Sqrt, exp.Exp, exp.Ln,
    exp.Sum, exp.Avg, exp.Min, exp.Max,
)  # fmt: skip
_OF_ONE_TYPE = tuple(kind for kinds in _CLASSES for kind in kinds)


def _written(name: str) -> str | None:
    """A type's name as it was written, without Nullable."""
    name = name.removeprefix("Nullable(").removesuffix(")") if name.startswith("Nullable(") else name
    return name if re.fullmatch(r"U?Int(8|16|32|64)|Float(32|64)|String|Date|DateTime|Bool", name) else None


def _of_aggregate(name: str, argument: exp.Expr | None, ctx: Context, depth: int) -> str | None:
    name = name.removesuffix("ornull").removesuffix("if")
    if name.startswith(("count", "uniq")) and not name.endswith("array"):
        return "UInt64"
    if name in ("avg", "varsamp", "varpop", "stddevsamp", "stddevpop"):
        return "Float64"
    found = _plain(argument, ctx, depth + 1) if argument is not None else None
    if name in ("quantile", "median"):
        return name_of_quantile(found)
    if name == "sumcount":
        total = name_of_total(found)
        return f"Tuple({total}, UInt64)" if total else None
    return name_of_total(found) if name == "sum" else found if name in _AS_ITS_ARGUMENT else None


def _of_call(node: exp.Anonymous, ctx: Context, depth: int) -> str | None:
    name, arguments = node.name.lower(), node.expressions
    if name in _NAMED:
        return _NAMED[name]
    if name in ("mapadd", "mapsubtract"):
        kinds = {_plain(each, ctx, depth + 1) for each in arguments}
        found = re.fullmatch(r"Map\((\w+), (\w+)\)", (kinds.pop() or "") if len(kinds) == 1 else "")
        total = name_of_total(found[2]) if found else None
        return f"Map({found[1]}, {total})" if found and total else None
    if name == "intdiv" and len(arguments) == 2:
        one, two = (bits_of(_plain(each, ctx, depth + 1) or "") for each in arguments)
        return f"{'' if one[1] or two[1] else 'U'}Int{one[0]}" if one and two else None
    if name == "makedatetime" and len(arguments) in (6, 7):
        zone = [build.text(each) for each in arguments[6:]]
        return None if None in zone else f"DateTime('{zone[0]}')" if zone else "DateTime"
    if name in ("todatetime", "todatetime64") and arguments:
        zone = [build.text(each) for each in arguments[2 if name.endswith("64") else 1 :]]
        digits = [arguments[1].name] if name.endswith("64") and len(arguments) > 1 else []
        if None in zone or len(zone) > 1:
            return None
        inside = ", ".join([*digits, *(f"'{each}'" for each in zone)])
        kind = "DateTime64" if digits else "DateTime"
        return f"{kind}({inside})" if inside else kind
    if name in _DECIMALS and len(arguments) == 2 and arguments[1].name.isdigit():
        return f"Decimal({_DECIMALS[name]}, {arguments[1].name})"
    if name in ("ifnull", "if", "multiif") and arguments:
        parts = arguments if name == "ifnull" else [*arguments[1::2], arguments[-1]]
        return common_name([_plain(part, ctx, depth + 1) for part in parts])
    if name in ("tonullable", *_AS_ITS_ARGUMENT) and len(arguments) == 1:
        return _plain(arguments[0], ctx, depth + 1)
    return None


def _of_column(column: exp.Column, ctx: Context, depth: int) -> str | None:
    select = column.find_ancestor(exp.Select)
    if not isinstance(select, exp.Select):
        return None
    if not column.table:
        own = next((i for i in select.selects if isinstance(i, exp.Alias) and i.alias == column.name), None)
        if own is not None and column.find_ancestor(exp.Alias) is not own:
            return _plain(own.this, ctx, depth + 1)
    source = ctx.read_from(column)
    if isinstance(source, exp.Table):
        return _COLUMNS.get(ctx.schema.get(source.name, {}).get(column.name, ""))
    found = ctx.origin(column) if isinstance(source, exp.Select) else None
    return _plain(found, ctx, depth + 1) if found is not None else None
