"""What postgres types an expression as, where sqlglot says something else.

https://www.postgresql.org/docs/15/functions-math.html, functions-aggregate.html, functions-datetime.html: ``1.5`` is
numeric, as are quotients of numerics, avg(int), sum(bigint) and extract(); DuckDB computes many of these as DOUBLE.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .. import DialectRules
from ..shared.exact_numbers import FLOATS, TIMES, arithmetic_type, kind_of
from ..shared.smallest_integer import same_type, typed

R = DialectRules("postgres types")
T = exp.DType
_INTS = exp.DataType.INTEGER_TYPES
_TEXTS = exp.DataType.TEXT_TYPES


def _literal(self: Any, e: exp.Literal) -> Any:
    if e.is_string:
        return self._set_type(e, T.VARCHAR)
    if not e.is_int:
        return self._set_type(e, T.DECIMAL)
    size = abs(int(e.this))
    return self._set_type(e, T.INT if size < 2**31 else T.BIGINT if size < 2**63 else T.DECIMAL)


def _like_argument(ints: exp.DType) -> Any:
    def annotate(self: Any, e: exp.Expr) -> Any:
        kind = kind_of(e.this)
        if kind in _INTS:
            return self._set_type(e, ints)
        return self._set_type(e, kind if kind == T.DECIMAL or kind in FLOATS or kind == T.INTERVAL else T.UNKNOWN)

    return {"annotator": annotate}


def _sum(self: Any, e: exp.Sum) -> Any:
    kind = kind_of(e.this)
    if kind in (T.BIGINT, T.DECIMAL):
        return self._set_type(e, T.DECIMAL)
    return self._set_type(e, T.BIGINT if kind in _INTS else kind)


def _power(self: Any, e: exp.Expr) -> Any:
    kinds = [kind_of(e.this), *([kind_of(e.args["expression"])] if e.args.get("expression") else [])]
    exact = T.DECIMAL in kinds and not any(k in FLOATS for k in kinds)
    return self._set_type(e, T.UNKNOWN if T.UNKNOWN in kinds else T.DECIMAL if exact else T.DOUBLE)


def _trunc_time(self: Any, e: exp.Expr) -> Any:
    # date_trunc(date) is date_trunc(timestamptz): functions-datetime.html#FUNCTIONS-DATETIME-TRUNC
    kind = kind_of(e.this)
    return self._set_type(e, T.TIMESTAMPTZ if kind == T.DATE else kind)


def _zone(self: Any, e: exp.Expr) -> Any:
    kind = kind_of(e.this)
    return self._set_type(e, T.TIMESTAMPTZ if kind in (T.TIMESTAMP, T.TIMESTAMPNTZ) else T.TIMESTAMP)


def _within(self: Any, e: exp.WithinGroup) -> Any:
    if isinstance(e.this, exp.PercentileCont):
        return self._set_type(e, T.DOUBLE)
    order = e.expression
    first = order.expressions[0].this if isinstance(order, exp.Order) and order.expressions else None
    return self._set_type(e, kind_of(first))


_MADE = ("agg", "build_object", "build_array")
_JSON = {f"{kind.value.lower()}_{name}": kind for kind in (T.JSON, T.JSONB) for name in _MADE}
_JSON |= {"to_json": T.JSON, "array_to_json": T.JSON, "row_to_json": T.JSON, "to_jsonb": T.JSONB}
_JSON |= {f"jsonb_{name}": T.JSONB for name in ("set", "insert", "strip_nulls", "object", "object_agg")}
_JSON |= {f"jsonb_path_{name}": T.JSONB for name in ("query", "query_array", "query_first")}
_JSON |= {f"jsonb_path_{name}": T.BOOLEAN for name in ("exists", "match")}


def _by_name(self: Any, e: exp.Anonymous) -> Any:
    return self._set_type(e, _JSON.get(e.name.lower(), T.UNKNOWN))


def _part(self: Any, e: exp.Expr) -> Any:
    return self._set_type(e, T.JSONB if kind_of(e.this) == T.JSONB else T.JSON)


def _joined(self: Any, e: exp.DPipe) -> Any:
    sides = [e.this.unnest(), e.expression.unnest()]  # a quoted literal is of its neighbour's type
    kinds = {kind_of(s) for s in sides if not (isinstance(s, exp.Literal) and s.is_string)}
    return self._set_type(e, T.JSONB if kinds == {T.JSONB} else T.VARCHAR)


def _difference(self: Any, e: exp.Sub) -> Any:
    return self._set_type(e, T.JSONB) if kind_of(e.this) == T.JSONB else arithmetic_type(self, e)


def _array(self: Any, e: exp.Array) -> Any:
    inner = e.expressions[0] if e.expressions else None
    if isinstance(inner, exp.Query) and len(inner.selects) == 1:  # ARRAY(SELECT ...)
        kind = inner.selects[0].type
        if not isinstance(kind, exp.DataType) or kind.this == T.UNKNOWN:
            return self._set_type(e, T.UNKNOWN)
        return self._set_type(e, exp.DataType(this=T.ARRAY, expressions=[kind.copy()], nested=True))
    return self._annotate_by_args(e, "expressions", array=True)


_DOUBLE_FOR_INTS = (exp.Round, exp.Floor, exp.Ceil, exp.Trunc, exp.Sign)
_STATISTICS = (exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance, exp.VariancePop)
_POWERS = (exp.Pow, exp.Sqrt, exp.Exp, exp.Ln, exp.Log)
_TYPING: dict[type[exp.Expr], dict[str, Any]] = {
    exp.Literal: {"annotator": _literal},
    exp.Sum: {"annotator": _sum},
    exp.Avg: _like_argument(T.DECIMAL),
    exp.Extract: {"returns": T.DECIMAL},
    exp.TimestampTrunc: {"annotator": _trunc_time},
    exp.AtTimeZone: {"annotator": _zone},
    exp.WithinGroup: {"annotator": _within},
    exp.Neg: typed(same_type),
    exp.UnixToTime: {"returns": T.TIMESTAMPTZ},
    exp.StrToTime: {"returns": T.TIMESTAMPTZ},
    exp.Initcap: {"returns": T.VARCHAR},
    exp.SplitPart: {"returns": T.VARCHAR},
    exp.RegexpReplace: {"returns": T.VARCHAR},
    exp.JSONBExtractScalar: {"returns": T.VARCHAR},
    exp.JSONExtractScalar: {"returns": T.VARCHAR},
    exp.JSONExtract: {"annotator": _part},
    exp.JSONBExtract: {"annotator": _part},
    exp.Array: {"annotator": _array},
    exp.IntDiv: {"returns": T.DECIMAL},
    exp.Anonymous: {"annotator": _by_name},
    exp.JSONArrayAgg: {"returns": T.JSON},
    exp.JSONObjectAgg: {"returns": T.JSON},
    exp.StringToArray: {"returns": exp.DataType.build("ARRAY<VARCHAR>")},
    **{t: {"annotator": arithmetic_type} for t in (exp.Add, exp.Mul, exp.Div, exp.Mod)},
    exp.Sub: {"annotator": _difference},
    exp.DPipe: {"annotator": _joined},
    exp.JSONBDeleteAtPath: {"returns": T.JSONB},
    exp.JSONBObjectAgg: {"returns": T.JSONB},
    **{t: _like_argument(T.DOUBLE) for t in _DOUBLE_FOR_INTS},
    **{t: _like_argument(T.DECIMAL) for t in _STATISTICS},
    **{t: {"annotator": _power} for t in _POWERS},
}
R.typing.update(_TYPING)


def is_exact(node: exp.Expr | None) -> bool:
    """Whether DuckDB holds this postgres numeric as DECIMAL with postgres' own scale."""
    while isinstance(node, (exp.Paren, exp.Neg, exp.Alias, exp.Distinct, exp.Min, exp.Max, exp.Sum, exp.Abs)):
        node = node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node.this
    if isinstance(node, exp.Literal):
        return node.is_number
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return is_exact(node.this) and is_exact(node.expression)
    type_ = node.type if node is not None else None
    if type_ is None:
        return False
    if isinstance(node, (exp.Coalesce, exp.Greatest, exp.Least, exp.Case, exp.Nullif, exp.If)):
        return False  # postgres keeps each value's own scale
    return type_.this in _INTS or (type_.this == T.DECIMAL and bool(type_.expressions))


_CATEGORIES = (
    ("number", exp.DataType.NUMERIC_TYPES),
    ("text", _TEXTS),
    ("boolean", {T.BOOLEAN}),
    ("date or timestamp", {T.DATE, T.DATE32, *TIMES}),
    ("time", {T.TIME, T.TIMETZ}),
    ("interval", {T.INTERVAL}),
    ("array", {T.ARRAY, T.LIST}),
    ("json", {T.JSON, T.JSONB}),
)


def category(node: exp.Expr | None) -> str | None:
    """The family postgres' operators are chosen by; None for what takes any type (literals in quotes, NULL, parameters)
    and where the type is not known."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, (exp.Any, exp.All)) or (isinstance(node, exp.Anonymous) and node.name.upper() == "ALL"):
        return None
    if node is None or (isinstance(node, exp.Literal) and node.is_string) or isinstance(node, exp.Null):
        return None
    kind = kind_of(node)
    if kind in (T.UNKNOWN, T.NULL) or parameter(node):
        return None
    if kind == T.INTERVAL and isinstance(node, (exp.Add, exp.Sub)):
        sides = {kind_of(side) for side in (node.this, node.expression)}
        return None if sides - {T.INTERVAL} else "interval"  # sqlglot types timestamp(0) less an interval as one
    return next((name for name, kinds in _CATEGORIES if kind in kinds), None)


def parameter(node: exp.Expr | None) -> bool:
    """Whether this is a bound parameter, whose type postgres infers."""
    return isinstance(node, exp.Cast) and isinstance(node.this, (exp.Placeholder, exp.Parameter))
