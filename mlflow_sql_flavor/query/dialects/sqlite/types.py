"""Types of expressions: https://sqlite.org/datatype3.html. A boolean is an integer, a date a text, a decimal a real."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from .. import DialectRules

R = DialectRules("sqlite types")


def _stored_as(kind: str) -> str:
    base = kind.partition("(")[0]
    if base in ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIME"):
        return "VARCHAR"
    if base in ("DECIMAL", "FLOAT"):
        return "DOUBLE"
    if base in ("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"):
        return "BIGINT"
    return kind


R.stored_as = _stored_as


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
