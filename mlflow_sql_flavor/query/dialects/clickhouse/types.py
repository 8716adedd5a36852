"""The types of ClickHouse's functions, as far as rules ask for them: sqlglot has no types for most."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .. import DialectRules
from ..shared.edges import same_type

R = DialectRules("clickhouse types")


def _stored_as(kind: str) -> str:
    # Arithmetic of small integers is done in wider ones: https://clickhouse.com/docs/sql-reference/functions/arithmetic-functions
    return "BIGINT" if kind in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER") else kind


R.stored_as = _stored_as
_TYPES = {
    "BIGINT": """intdiv intdivorzero positivemodulo toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64
        bitand bitor bitxor bitnot bitshiftleft bitshiftright bitcount lengthutf8 positionutf8 positioncaseinsensitive
        positioncaseinsensitiveutf8 countsubstrings countmatches toyear tomonth todayofmonth tohour tominute tosecond
        toquarter todayofyear todayofweek toisoweek toisoyear toweek toyearweek toyyyymm toyyyymmdd toyyyymmddhhmmss
        tounixtimestamp torelativedaynum torelativemonthnum age indexof countequal arraycount arrayuniq jsonlength
        jsonextractint jsonextractuint uniqexact uniq uniqcombined countif gcd lcm toint32orzero toint64orzero
        toint32ornull toint64ornull toint8ornull toint16ornull toint8orzero toint16orzero touint8ornull touint8orzero
        touint16ornull touint16orzero touint32ornull touint32orzero touint64ornull touint64orzero arrayfirstindex
        arraylastindex simplejsonextractint simplejsonextractuint visitparamextractint isnull isnotnull
        toint32ordefault toint64ordefault yearweek""",
    "DOUBLE": """tofloat64 tofloat32 tofloat64ornull tofloat64orzero tofloat32ornull tofloat32orzero divide
        jsonextractfloat simplejsonextractfloat visitparamextractfloat arrayavg divideornull stddevpop stddevsamp varpop
        varsamp covarpop covarsamp skewpop skewsamp kurtpop kurtsamp avgweighted avgif median quantile quantileif
        quantileexactinclusive medianif""",
    "VARCHAR": """tostring upperutf8 lowerutf8 substringutf8 leftutf8 rightutf8 replaceall replaceone replaceregexpall
        replaceregexpone extract concatwithseparator base64encode base64decode hex bin arraystringconcat datename
        jsonextractstring jsonextractraw simplejsonextractstring visitparamextractstring json_value jsontype mid
        reverseutf8 leftpadutf8 rightpadutf8 leftpad rightpad trimleft trimright trimboth initcaputf8 domain path
        protocol monthname""",
    "DATE": """todate todateornull todateorzero tomonday tostartofweek tostartofmonth tostartofquarter tostartofyear
        tolastdayofmonth tolastdayofweek makedate today yesterday""",
    "TIMESTAMP_S": """todatetime tostartofhour tostartofminute tostartoffiveminutes tostartoftenminutes
        tostartoffifteenminutes tostartofday makedatetime parsedatetime parsedatetimeornull parsedatetimeorzero
        parsedatetimebesteffort parsedatetimebesteffortornull fromunixtimestamp now timeslot""",
    "TIMESTAMP": "fromunixtimestamp64second fromunixtimestamp64milli fromunixtimestamp64micro",
    "BOOLEAN": """empty notempty hasany hasall arrayexists arrayall jsonhas isvalidjson mapcontains multisearchany
        isfinite isinfinite isnan jsonextractbool iszeroornull""",
    "VARCHAR[]": """splitbywhitespace alphatokens extractall mapkeys jsonextractkeys splitbychar splitbystring
        splitbyregexp""",
    "BIGINT[]": "range arrayenumerate",
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
    sumkahan sumwithoverflow todatetime64 addyears addmonths addweeks adddays addquarters subtractyears
    subtractmonths subtractweeks subtractdays subtractquarters"""
_FIRST += " identity materialize tolowcardinality"
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
    if name == "todecimal32" or name in ("todecimal64", "todecimal128"):
        scale = arguments[1].name if len(arguments) > 1 else ""
        digits = {"todecimal32": 9, "todecimal64": 18}.get(name, 38)
        found = exp.DataType.build(f"DECIMAL({digits},{scale})", dialect="duckdb") if scale.isdigit() else None
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
