"""Result types of Spark in ANSI mode: decimals are exact, and keep the precision and scale that Spark gives them.

https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlglot import exp

from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared.smallest_integer import same_type, typed

R = DialectRules("databricks types")
_T = exp.DType
_INTS = {_T.TINYINT: 3, _T.SMALLINT: 5, _T.INT: 10, _T.BIGINT: 20}
_INT_ORDER = [_T.TINYINT, _T.SMALLINT, _T.INT, _T.BIGINT]
_SIMPLE = {
    "text": exp.DataType.TEXT_TYPES,
    "float": exp.DataType.FLOAT_TYPES,
    "int": exp.DataType.INTEGER_TYPES,
    "timestamp": {_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPLTZ, _T.TIMESTAMPNTZ, _T.DATETIME},
    "decimal": {_T.DECIMAL, _T.BIGDECIMAL},
    "date": {_T.DATE},
    "bool": {_T.BOOLEAN},
    "interval": {_T.INTERVAL},
    "array": {_T.ARRAY, _T.LIST},
    "map": {_T.MAP},
    "struct": exp.DataType.STRUCT_TYPES,
    "binary": {_T.BINARY, _T.VARBINARY},
    "variant": {_T.VARIANT, _T.JSON},
}
_FAMILY = {dtype: name for name, dtypes in _SIMPLE.items() for dtype in dtypes}


def kind(node: exp.Expr | None) -> exp.DataType | None:
    """A node's type, None when unknown; NULL counts as a type."""
    found = node.type if node is not None else None
    return found if isinstance(found, exp.DataType) and found.this != _T.UNKNOWN else None


def family(node: exp.Expr | None) -> str | None:
    """text, float, int, decimal, date, timestamp, bool, interval, array, map, struct, binary, null; or None."""
    found = kind(node)
    if found is None:
        return None
    return "null" if found.this == _T.NULL else _FAMILY.get(found.this)


_SPARK_NAMES = {
    _T.TINYINT: "tinyint", _T.SMALLINT: "smallint", _T.INT: "int", _T.BIGINT: "bigint", _T.FLOAT: "float",
    _T.DOUBLE: "double", _T.BOOLEAN: "boolean", _T.DATE: "date", _T.TIMESTAMPTZ: "timestamp",
    _T.TIMESTAMPLTZ: "timestamp", _T.BINARY: "binary", _T.VARBINARY: "binary", _T.TEXT: "string",
    _T.VARCHAR: "string", _T.NULL: "void",
}  # fmt: skip


def spark_type(found: exp.DataType | None) -> str | None:
    """What Spark calls a type, None where it is not known."""
    if found is None:
        return None
    if found.this == _T.DECIMAL and len(found.expressions) == 2:
        return f"decimal({','.join(p.name for p in found.expressions)})"
    if found.this in (_T.ARRAY, _T.LIST, _T.MAP) and found.expressions:
        inner = [spark_type(each) for each in found.expressions]
        name = "map" if found.this == _T.MAP else "array"
        return None if None in inner else f"{name}<{','.join(filter(None, inner))}>"
    return _SPARK_NAMES.get(found.this)


def _decimal(precision: int, scale: int) -> exp.DataType:
    """DecimalType.adjustPrecisionScale: digits left of the point win, but 6 digits right of it stay."""
    if precision > 38:
        scale = max(38 - (precision - scale), min(scale, 6))
        precision = 38
    return exp.DataType.build(f"DECIMAL({precision}, {max(scale, 0)})", dialect="duckdb")


def decimal_of(node: exp.Expr | None) -> tuple[int, int] | None:
    """Precision and scale of a decimal or integer; an integer literal has as many digits as it shows."""
    while isinstance(node, exp.Paren):
        node = node.this
    found = kind(node)
    if found is None:
        return None
    if isinstance(node, exp.Literal) and not node.is_string and node.is_int:
        return len(node.this.lstrip("0")) or 1, 0
    if found.this in _INTS:
        return _INTS[found.this], 0
    return _params(found)


def _params(type_: exp.DataType) -> tuple[int, int] | None:
    if type_.this != _T.DECIMAL:
        return None
    sizes = [int(p.name) for p in type_.expressions if isinstance(p, exp.DataTypeParam) and p.name.isdigit()]
    return [*sizes, 10][0], [*sizes, 0][1] if sizes else 0


def widest(nodes: Iterable[exp.Expr | None]) -> exp.DataType | None:
    """The common type of branches, None when one is not known."""
    found: list[exp.DataType] = []
    for node in nodes:
        if node is None:
            continue
        this = kind(node)
        if this is None:
            return None
        if this.this != _T.NULL:
            found.append(this)
    if not found:
        return exp.DataType.build("NULL")
    families = {_FAMILY.get(t.this) for t in found}
    if families == {"int"}:
        order = [t.this for t in found if t.this in _INT_ORDER]
        return exp.DataType(this=max(order, key=_INT_ORDER.index)) if len(order) == len(found) else found[0]
    if families <= {"int", "decimal", "float"}:
        if "float" in families:
            return exp.DataType(this=_T.FLOAT if {t.this for t in found} == {_T.FLOAT} else _T.DOUBLE)
        sizes = [_params(t) or (_INTS.get(t.this, 10), 0) for t in found]
        scale = max(s for _, s in sizes)
        return _decimal(max(p - s for p, s in sizes) + scale, scale)
    if families <= {"text", "int"} and "int" in families:
        return exp.DataType(this=_T.BIGINT)
    if families <= {"text", "int", "decimal", "float"} and families != {"text"}:
        return exp.DataType(this=_T.DOUBLE)
    if families <= {"text", "date"} and len(families) == 2:
        return exp.DataType(this=_T.DATE)
    if families <= {"text", "date", "timestamp"} and "timestamp" in families:
        return exp.DataType(this=_T.TIMESTAMP)
    if families <= {"text", "bool"} and len(families) == 2:
        return exp.DataType(this=_T.BOOLEAN)
    return found[0] if len(families) == 1 else None


def division(left: tuple[int, int], right: tuple[int, int]) -> exp.DataType:
    """The type of a decimal quotient."""
    scale = max(6, left[1] + right[0] + 1)
    return _decimal(left[0] - left[1] + right[1] + scale, scale)


def _literal(self: Any, node: exp.Literal) -> exp.Expr:
    if node.is_string:
        return self._set_type(node, _T.VARCHAR)
    text = node.this.lower()
    if node.is_int:
        return self._set_type(node, _T.INT if abs(int(text)) <= 2147483647 else _T.BIGINT)
    if "e" in text:
        return self._set_type(node, _T.DOUBLE)
    whole, _, fraction = text.partition(".")
    return self._set_type(node, _decimal(max(len(whole.lstrip("0")) + len(fraction), 1), len(fraction)))


def _arithmetic(self: Any, node: exp.Binary) -> exp.Expr:
    left, right = node.left, node.right
    a, b = family(left), family(right)
    found: Any = None
    if a is None or b is None:
        return self._set_type(node, None)
    moments = {"date", "timestamp"}
    if isinstance(node, exp.IntDiv):
        found = _T.BIGINT
    elif isinstance(node, (exp.Add, exp.Sub)) and moments & {a, b}:
        if a in moments and b in moments:
            found = _T.INTERVAL
        elif "interval" in (a, b):
            found = moment_type(node).this
        else:
            found = _T.DATE
    elif "interval" in (a, b):
        found = _T.INTERVAL if b in ("interval", "int", "decimal", "float") else None
    elif isinstance(node, exp.Div) and not {"decimal"} & {a, b}:
        found = _T.DOUBLE
    elif {a, b} <= {"int", "decimal"} and "decimal" in (a, b):
        p, q = decimal_of(left), decimal_of(right)
        found = sizes(node, p, q) if p and q else None
    elif a == b == "text":
        found = _T.DOUBLE
    else:
        found = widest([left, right])
    return self._set_type(node, found)


def moment_type(node: exp.Expr) -> exp.DataType:
    """The type of a date or a timestamp and an interval: a date of a date and whole days."""
    sides = (node.this, node.expression)
    step = next(side for side in sides if family(side) == "interval")
    days = any(family(side) == "date" for side in sides) and not _has_time(step)
    return exp.DataType(this=_T.DATE if days else _T.TIMESTAMP)


def sizes(node: exp.Expr, p: tuple[int, int], q: tuple[int, int]) -> exp.DataType:
    """The type of arithmetic on decimals of these precisions and scales."""
    if isinstance(node, exp.Mul):
        return _decimal(p[0] + q[0] + 1, p[1] + q[1])
    if isinstance(node, exp.Div):
        return division(p, q)
    scale = max(p[1], q[1])
    if isinstance(node, exp.Mod):
        return _decimal(min(p[0] - p[1], q[0] - q[1]) + scale, scale)
    return _decimal(max(p[0] - p[1], q[0] - q[1]) + scale + 1, scale)


def _has_time(node: exp.Expr) -> bool:
    """Whether an interval may hold less than a day."""
    if isinstance(node, exp.Interval):
        unit = node.args.get("unit")
        return not (isinstance(unit, exp.Var) and unit.name.upper().rstrip("S") in _DAYS)
    return any(_has_time(child) for child in find_all(node, exp.Interval)) or not find_first(node, exp.Interval)


_DAYS = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}


def _branches(*keys: str) -> Any:
    def annotate(self: Any, node: exp.Expr) -> exp.Expr:
        found: list[exp.Expr | None] = []
        for key in keys:
            value = node.args.get(key)
            found.extend(value if isinstance(value, list) else [value])
        return self._set_type(node, widest(found))

    return {"annotator": annotate}


def _case(self: Any, node: exp.Case) -> exp.Expr:
    branches = [i.args["true"] for i in node.args["ifs"]] + [node.args.get("default")]
    return self._set_type(node, widest(branches))


def _sum(self: Any, node: exp.Expr) -> exp.Expr:
    this = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    name = family(this)
    if name == "decimal":
        p, s = decimal_of(this) or (38, 18)
        add = (10, 0) if isinstance(node, exp.Sum) else (4, 4)
        # DecimalType.bounded: the digits behind the point stay
        kind_ = f"DECIMAL({min(p + add[0], 38)}, {min(s + add[1], 38)})"
        return self._set_type(node, exp.DataType.build(kind_, dialect="duckdb"))
    if name == "interval":
        return self._set_type(node, _T.INTERVAL)
    if name is None:
        return self._set_type(node, None)
    return self._set_type(node, _T.BIGINT if name == "int" and isinstance(node, exp.Sum) else _T.DOUBLE)


def _round(self: Any, node: exp.Expr) -> exp.Expr:
    digits = node.args.get("decimals")
    name = family(node.this)
    if name == "decimal":
        p, s = decimal_of(node.this) or (38, 18)
        n = _whole(digits) if digits is not None else 0
        if n is None:
            return self._set_type(node, None)
        scale = min(s, max(n, 0))
        return self._set_type(node, _decimal(max(p - s + scale + 1, scale + 1, 1 - n), scale))
    if isinstance(node, (exp.Ceil, exp.Floor)) and digits is None and name in ("float", "int", "text"):
        return self._set_type(node, _T.BIGINT)
    if name == "int":
        return self._set_type(node, kind(node.this))
    return self._set_type(node, _T.DOUBLE if name in ("float", "text") else None)


def _whole(node: exp.Expr) -> int | None:
    negative = isinstance(node, exp.Neg)
    inner = node.this if negative else node
    if not isinstance(inner, exp.Literal) or inner.is_string or not inner.is_int:
        return None
    return -int(inner.this) if negative else int(inner.this)


def _extract(self: Any, node: exp.Expr) -> exp.Expr:
    second = node.name.upper() in ("SECOND", "SECONDS", "S", "SEC", "SECS")
    return self._set_type(node, exp.DataType.build("DECIMAL(8, 6)", dialect="duckdb") if second else _T.INT)


#: Types of functions that sqlglot does not model.
_NAMED = {
    "pmod": None, "try_mod": None, "bround": None,
    "btrim": _T.VARCHAR, "conv": _T.VARCHAR, "bin": _T.VARCHAR, "format_number": _T.VARCHAR, "url_encode": _T.VARCHAR,
    "url_decode": _T.VARCHAR, "date_part": _T.INT, "datepart": _T.INT, "weekday": _T.INT, "make_date": _T.DATE,
    "find_in_set": _T.INT, "octet_length": _T.INT, "cardinality": _T.INT, "json_array_length": _T.INT,
    "e": _T.DOUBLE, "expm1": _T.DOUBLE, "log1p": _T.DOUBLE, "hypot": _T.DOUBLE, "crc32": _T.BIGINT,
    "every": _T.BOOLEAN, "some": _T.BOOLEAN, "forall": _T.BOOLEAN, "isnull": _T.BOOLEAN, "isnotnull": _T.BOOLEAN,
    "arrays_overlap": _T.BOOLEAN, "regexp": _T.BOOLEAN, "mean": _T.DOUBLE, "std": _T.DOUBLE,
    "timestamp_seconds": _T.TIMESTAMP, "timestamp_millis": _T.TIMESTAMP, "timestamp_micros": _T.TIMESTAMP,
    "make_timestamp_ntz": _T.TIMESTAMP, "try_to_timestamp": _T.TIMESTAMP, "try_to_date": _T.DATE,
    "to_timestamp_ntz": _T.TIMESTAMP, "to_timestamp_ltz": _T.TIMESTAMP, "bigint": _T.BIGINT, "smallint": _T.SMALLINT,
    "tinyint": _T.TINYINT, "binary": _T.BINARY, "is_valid_utf8": _T.BOOLEAN,
    "luhn_check": _T.BOOLEAN, "make_valid_utf8": _T.VARCHAR, "validate_utf8": _T.VARCHAR,
    "try_validate_utf8": _T.VARCHAR, "make_timestamp_ltz": _T.TIMESTAMP, "try_make_timestamp": _T.TIMESTAMP,
    "make_dt_interval": _T.INTERVAL, "make_ym_interval": _T.INTERVAL,
    "decimal": exp.DataType.build("DECIMAL(10, 0)", dialect="duckdb"),
    "json_object_keys": "ARRAY<STRING>", "try_avg": _T.DOUBLE, "to_varchar": _T.VARCHAR, "printf": _T.VARCHAR,
}  # fmt: skip
_LIKE_FIRST = {"positive", "nullifzero", "zeroifnull", "array_union", "array_repeat", "try_sum"}


def anonymous_type(self: Any, node: exp.Anonymous) -> exp.Expr:
    name = str(node.name).lower()
    if name in _LIKE_FIRST and node.expressions and name != "array_repeat":
        return self._set_type(node, kind(node.expressions[0]))
    if name in ("pmod", "try_mod") and len(node.expressions) == 2:
        return self._set_type(node, widest(node.expressions))
    if name == "bround" and node.expressions and family(node.expressions[0]) == "float":
        return self._set_type(node, _T.DOUBLE)
    if name == "get" and node.expressions:
        array = kind(node.expressions[0])
        if array is not None and array.expressions:
            return self._set_type(node, array.expressions[0])
    found = _NAMED.get(name)
    if isinstance(found, str):
        found = exp.DataType.build(found, dialect="databricks")
    return self._set_type(node, found or self.schema.get_udf_type(node))


def _first(self: Any, node: exp.Expr) -> exp.Expr:
    return self._set_type(node, kind(node.this))


_ENTRIES: dict[type[exp.Expr], dict[str, Any]] = {
    exp.Literal: {"annotator": _literal},
    exp.Anonymous: {"annotator": anonymous_type},
    exp.Case: {"annotator": _case},
    exp.Coalesce: _branches("this", "expressions"),
    exp.Greatest: _branches("this", "expressions"),
    exp.Least: _branches("this", "expressions"),
    exp.If: _branches("true", "false"),
    exp.Nvl2: _branches("true", "false"),
    exp.Nullif: {"annotator": _first},
    exp.Nanvl: {"returns": _T.DOUBLE},
    exp.Count: {"returns": _T.BIGINT},
    exp.CountIf: {"returns": _T.BIGINT},
    exp.Extract: {"annotator": _extract},
    exp.Neg: typed(same_type),
    exp.First: {"annotator": _first},
    exp.Last: {"annotator": _first},
    exp.IgnoreNulls: {"annotator": _first},
    exp.ArgMax: {"annotator": _first},
    exp.ArgMin: {"annotator": _first},
    exp.Mode: {"annotator": _first},
    exp.Median: {"returns": _T.DOUBLE},
    exp.DateTrunc: {"returns": _T.DATE},
    exp.TsOrDsAdd: {"returns": _T.DATE},
    exp.LastDay: {"returns": _T.DATE},
    exp.NextDay: {"returns": _T.DATE},
    exp.AddMonths: {"returns": _T.DATE},
    exp.TimestampTrunc: {"returns": _T.TIMESTAMP},
    exp.TimestampAdd: {"returns": _T.TIMESTAMP},
    exp.MonthsBetween: {"returns": _T.DOUBLE},
    exp.StrToTime: {"returns": _T.TIMESTAMP},
    exp.TimeStrToTime: {"annotator": _first},
    exp.UnixToTime: {"returns": _T.TIMESTAMP},
    exp.StrToUnix: {"returns": _T.BIGINT},
    exp.AtTimeZone: {"returns": _T.TIMESTAMP},
    exp.FromTimeZone: {"returns": _T.TIMESTAMP},
    exp.ConvertTimezone: {"returns": _T.TIMESTAMP},
    exp.Replace: {"returns": _T.VARCHAR},
    exp.RegexpReplace: {"returns": _T.VARCHAR},
    exp.RegexpExtract: {"returns": _T.VARCHAR},
    exp.SubstringIndex: {"returns": _T.VARCHAR},
    exp.SplitPart: {"returns": _T.VARCHAR},
    exp.Pad: {"returns": _T.VARCHAR},
    exp.Left: {"returns": _T.VARCHAR},
    exp.Right: {"returns": _T.VARCHAR},
    exp.JSONExtractScalar: {"returns": _T.VARCHAR},
    exp.RegexpSplit: {"annotator": lambda s, e: s._set_type(e, exp.DataType.build("ARRAY<STRING>"))},
}
R.typing.update(_ENTRIES)
_ANNOTATORS: dict[Any, tuple[type[exp.Expr], ...]] = {
    _arithmetic: (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv),
    _sum: (exp.Sum, exp.Avg),
    _round: (exp.Round, exp.Ceil, exp.Floor),
}
for _annotator, _types in _ANNOTATORS.items():
    for _type in _types:
        R.typing[_type] = {"annotator": _annotator}
