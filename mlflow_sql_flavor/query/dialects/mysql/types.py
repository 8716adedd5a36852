"""Types of expressions: a decimal keeps its digits, a quotient has four more; a boolean column is a TINYINT."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from .. import DialectRules

R = DialectRules("mysql types")
# What sqlglot's typing gets wrong: IFNULL and conditions are typed by their values, MOD and DIV by their operands.
R.typing[exp.IntDiv] = {"returns": exp.DType.BIGINT}


def _literal(self: Any, e: exp.Literal) -> Any:
    # A literal with a point is exact, one with an exponent is not:
    # https://dev.mysql.com/doc/refman/8.0/en/precision-math-numbers.html
    if not e.is_string and "." in str(e.this) and "e" not in str(e.this).lower():
        digits = str(e.this).partition(".")[2]
        return self._set_type(e, exp.DataType.build(f"DECIMAL(38,{len(digits)})", dialect="duckdb"))
    return self._annotate_literal(e)


R.typing[exp.Literal] = {"annotator": _literal}


def _scale(node: Any) -> int | None:
    """Digits behind the point of an exact type, None for another one."""
    kind = node.type if isinstance(node, exp.Expr) else None
    if kind is None or kind.this not in exp.DataType.INTEGER_TYPES | {exp.DType.BOOLEAN, exp.DType.DECIMAL}:
        return None
    return int(kind.expressions[1].name) if len(kind.expressions) == 2 else 0


def _exact(self: Any, e: exp.Expr) -> Any:
    # What is made of exact values is exact: https://dev.mysql.com/doc/refman/8.0/en/precision-math-expressions.html
    one, two = _scale(e.this), _scale(e.args.get("expression"))
    if isinstance(e, (exp.Round, exp.Trunc)):
        digits = e.args.get("decimals")
        two = 0 if digits is None else int(digits.this) if isinstance(digits, exp.Literal) and digits.is_int else 4
        if one is not None:
            one = min(two, 12)
    elif isinstance(e, (exp.Div, exp.Avg)):
        # four digits more than what is divided
        one = None if one is None or (two is None and isinstance(e, exp.Div)) else min(one + 4, 30)
    elif isinstance(e, (exp.Ceil, exp.Floor)):
        one = None if one is None else 0
    if one is None:
        return self._set_type(e, exp.DType.DOUBLE)
    kind = "BIGINT" if one == 0 and isinstance(e, (exp.Ceil, exp.Floor)) else f"DECIMAL(38,{one})"
    return self._set_type(e, exp.DataType.build(kind, dialect="duckdb"))


R.typing.update({kind: {"annotator": _exact} for kind in (exp.Div, exp.Avg, exp.Round, exp.Trunc, exp.Ceil, exp.Floor)})


def _product(self: Any, e: exp.Expr) -> Any:
    self._annotate_binary(e)
    one, two = _scale(e.this), _scale(e.args.get("expression"))
    if one is not None and two is not None and (one or two):
        digits = one + two if isinstance(e, exp.Mul) else max(one, two)
        self._set_type(e, exp.DataType.build(f"DECIMAL(38,{min(digits, 30)})", dialect="duckdb"))
    elif e.type is not None and e.type.this in exp.DataType.TEXT_TYPES:
        self._set_type(e, exp.DType.DOUBLE)  # a text in arithmetic is a number
    elif any(side.type is not None and side.type.this in exp.DataType.FLOAT_TYPES for side in (e.this, e.expression)):
        self._set_type(e, exp.DType.DOUBLE)  # what is made of a double is one, which sqlglot holds to be exact
    return e


R.typing.update({kind: {"annotator": _product} for kind in (exp.Mul, exp.Add, exp.Sub, exp.Mod)})


def _chosen(self: Any, e: exp.Expr) -> Any:
    """One of several values: a double if one is, else exact with the most digits behind the point."""
    if isinstance(e, exp.Case):
        values = [branch.args.get("true") for branch in e.args["ifs"]] + [e.args.get("default")]
    elif isinstance(e, exp.If):
        values = [e.args.get("true"), e.args.get("false")]
    else:
        values = [e.this, *e.expressions]
    kinds = [v.type.this for v in values if isinstance(v, exp.Expr) and v.type and v.type.this != exp.DType.NULL]
    if kinds and all(kind in exp.DataType.NUMERIC_TYPES for kind in kinds):
        if any(kind in exp.DataType.FLOAT_TYPES for kind in kinds):
            return self._set_type(e, exp.DType.DOUBLE)
        scales = [found for v in values if (found := _scale(v)) is not None]
        if exp.DType.DECIMAL in kinds and len(scales) == len(kinds):
            return self._set_type(e, exp.DataType.build(f"DECIMAL(38,{min(max(scales), 30)})", dialect="duckdb"))
    return _PLAIN[type(e)]["annotator"](self, e)


def _sum(self: Any, e: exp.Expr) -> Any:
    scale = _scale(e.this)
    if scale is None:
        return self._set_type(e, exp.DType.DOUBLE)  # of texts too
    return self._set_type(e, exp.DataType.build(f"DECIMAL(38,{scale})", dialect="duckdb"))


R.typing[exp.Sum] = {"annotator": _sum}
_CHOICES: tuple[type[exp.Expr], ...] = (exp.Case, exp.If, exp.Coalesce, exp.Greatest, exp.Least)
_PLAIN: dict[type[exp.Expr], Any] = {kind: Dialect.get_or_raise("mysql").EXPRESSION_METADATA[kind] for kind in _CHOICES}
R.typing.update({kind: {"annotator": _chosen} for kind in _CHOICES})
_WHOLE = frozenset([
    "ascii", "bit_count", "bit_length", "crc32", "field", "find_in_set", "json_length", "octet_length", "ord",
    "period_add", "period_diff", "strcmp", "time_to_sec", "to_days", "to_seconds", "weekday", "weekofyear", "yearweek",
    "microsecond",
])  # fmt: skip


def _named(self: Any, e: exp.Anonymous) -> Any:
    name = str(e.name).lower()
    if name == "unix_timestamp":
        value = e.expressions[0].unnest() if e.expressions else None
        dated = value is None or (value.type is not None and value.type.this == exp.DType.DATE)
        written = isinstance(value, exp.Literal) and "." not in str(value.this)
        return self._set_type(e, exp.DataType.build("DECIMAL(38,0)" if dated or written else "DECIMAL(38,6)"))
    return self._set_type(e, exp.DType.BIGINT if name in _WHOLE else exp.DType.UNKNOWN)


R.typing[exp.Anonymous] = {"annotator": _named}


def _stored_as(kind: str) -> str:
    # Integer arithmetic is done in 64 bits: https://dev.mysql.com/doc/refman/8.0/en/out-of-range-and-overflow.html
    small = ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
    return "BIGINT" if kind in small else kind


R.stored_as = _stored_as
