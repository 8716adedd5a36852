"""Types of a table's columns by how queries use them: for tables of a dbt project that no file of it describes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

__all__ = ["used_types"]

_CLASSES = (
    ("BOOLEAN", (exp.Boolean,)),
    ("TIMESTAMP", (exp.CurrentTimestamp, exp.CurrentDate, exp.Interval)),
)
_NUMERIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Sum, exp.Avg, exp.Abs, exp.Round, exp.Neg)
_TEXTUAL = (exp.Like, exp.ILike, exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Concat, exp.DPipe, exp.Length)
_TIMED = (exp.TimestampTrunc, exp.DateTrunc, exp.Extract, exp.DateDiff, exp.DateAdd, exp.TsOrDsToDate)
_NESTED = (exp.Unnest, exp.Explode, exp.ArrayContains)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Coalesce, exp.If, exp.Case)


def used_types(trees: list[exp.Expr], elsewhere: Mapping[str, str] | None = None) -> dict[str, str]:
    """``{column: DuckDB type}`` of every column that the queries name and do not make themselves, folded.

    Args:
        trees: Queries that read the table.
        elsewhere: How columns of a name are used by all of the project's queries, for those that these only hand on.
    """
    found: dict[str, str] = {}
    for tree in trees:
        for column in tree.find_all(exp.Column):
            if isinstance(column.this, exp.Star):
                continue
            name = column.name.casefold()
            guess = _guess(column)
            if guess is None and elsewhere:
                alias = column.parent.alias if isinstance(column.parent, exp.Alias) else name
                guess = elsewhere.get(alias.casefold())
            if guess is not None and found.get(name) in (None, "VARCHAR"):
                found[name] = guess
            found.setdefault(name, "VARCHAR")
    return found


def _guess(column: exp.Column) -> str | None:
    parent = column.parent
    while isinstance(parent, (exp.Paren, exp.Ordered)):
        parent = parent.parent
    if isinstance(parent, (exp.And, exp.Or, exp.Not, exp.Where)) or (
        isinstance(parent, exp.If) and parent.this is column
    ):
        return "BOOLEAN"
    if isinstance(parent, exp.Cast):
        kind = parent.to.sql("duckdb").upper()
        return "VARCHAR" if "(" in kind or "[" in kind else {"DATE": "TIMESTAMP"}.get(kind, kind)
    if isinstance(parent, _NESTED):
        return "VARCHAR[]"
    if isinstance(parent, _TIMED):
        return "TIMESTAMP"
    if isinstance(parent, _TEXTUAL):
        return "VARCHAR"
    if isinstance(parent, _COMPARED):
        for other in parent.iter_expressions():
            other = other.args.get("true") or other if isinstance(other, exp.If) else other
            for kind, classes in _CLASSES:
                if isinstance(other, classes):
                    return kind
            if isinstance(other, exp.Cast) and other.to.is_type(*exp.DataType.TEMPORAL_TYPES):
                return "TIMESTAMP"
            if isinstance(other, exp.Literal):
                return "VARCHAR" if other.is_string else "DOUBLE" if "." in other.name else "BIGINT"
        return None
    if isinstance(parent, _NUMERIC):
        timed = any(isinstance(each, exp.Interval) for each in parent.iter_expressions())
        return "TIMESTAMP" if timed else "DOUBLE"
    return None
