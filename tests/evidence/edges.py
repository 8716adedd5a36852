"""Edge data: the values at which engines part, as found in the data that a case was compared on."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlflow_sql_flavor.query.evidence.classes import class_of
from mlflow_sql_flavor.query.evidence.edges import constant_edges

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["edges_below", "edges_of_tables", "edges_of_values", "needed"]

_MOST = 2_000  # rows looked at


def edges_of_values(values: Iterable[Any]) -> set[str]:
    """The edges among the values of one column: null, negative, zero, large, empty, month end, ties."""
    found: set[str] = set()
    seen: set[Any] = set()
    count = 0
    for value in values:
        count += 1
        found |= _edges(value)
        key = str(value)
        if key in seen:
            found.add("ties")
        seen.add(key)
    return found if count else {"no rows"}


def _edges(value: Any) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return set()
    if isinstance(value, (int, float, Decimal)):
        if value != value:
            return {"nan"}
        found = {"negative"} if value < 0 else {"zero"} if value == 0 else set()
        return found | ({"large"} if math.isinf(value) or abs(value) >= 2**31 - 1 else set())
    if isinstance(value, (str, bytes)):
        return {"empty"} if not value else set() if isinstance(value, bytes) or value.isascii() else {"other script"}
    if isinstance(value, dt.date):
        return {"month end"} if value.day == calendar.monthrange(value.year, value.month)[1] else set()
    if isinstance(value, (list, tuple)):
        return {"empty"} if not value else {"null within"} if None in value else set()
    return set()


def edges_of_tables(tables: Mapping[str, pa.Table]) -> dict[str, set[str]]:
    """``{column in small letters: edges}`` over all tables that have it."""
    found: dict[str, set[str]] = {}
    for table in tables.values():
        for name, column in zip(table.column_names, table.columns, strict=True):
            try:
                values = column.slice(0, _MOST).to_pylist()
            except (ValueError, OverflowError):  # beyond Python's years
                values = [None] if column.null_count else [0]
            found.setdefault(name.casefold(), set()).update(edges_of_values(values))
    return found


def edges_below(node: exp.Expr, columns: Mapping[str, set[str]], made: Mapping[str, set[str]]) -> set[str]:
    """The edges that what stands below a node was compared on.

    Args:
        node: The feature's node.
        columns: Edges of the tables' columns.
        made: Edges of columns the query itself makes, by name.
    """
    found: set[str] = set()
    for part in node.walk():
        if isinstance(part, exp.Column) and not isinstance(part.this, exp.Star):
            name = part.name.casefold()
            found |= columns.get(name) or made.get(name, set())
        elif isinstance(part, exp.Star):
            for edges in columns.values():
                found |= edges
    return found | constant_edges(node)


def made_columns(tree: exp.Expr, columns: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Edges of the columns that the query makes: those of what each is made of."""
    made: dict[str, set[str]] = {}
    for alias in reversed(list(tree.find_all(exp.Alias))):
        made.setdefault(alias.alias.casefold(), set()).update(edges_below(alias.this, columns, made))
    for values in tree.find_all(exp.Values):
        alias = values.args.get("alias")
        names = [name.name.casefold() for name in (alias.args.get("columns") or ())] if alias is not None else []
        for row in values.expressions:
            for name, value in zip(names, row.expressions if isinstance(row, exp.Tuple) else [row], strict=False):
                made.setdefault(name, set()).update(edges_below(value, columns, {}))
    return made


_BY_CLASS = {
    "int": {"negative"}, "double": {"negative"}, "dec": {"negative"}, "float": {"negative"}, "text": {"empty"},
    "date": {"month end"}, "ts": {"month end"}, "array": {"empty"},
}  # fmt: skip
_ROWS = ("order", "group", "distinct", "union", "except", "intersect", "join", "window", "frame", "case")
_VALUES = ("function", "operator", "cast", "try_cast", "trycast", "compared", "subscript", "chain", "window")
_FREE = ("function now", "function current", "function pi", "function rand")


def needed(name: str, values: Sequence[exp.Expr], node: exp.Expr) -> set[str]:
    """The edges of a feature's kind: on which it has to have been compared.

    Args:
        name: The feature.
        values: What its classes are those of.
        node: Where it stands.
    """
    kind = name.partition(" ")[0]
    wanted: set[str] = set()
    if name.startswith(_FREE):
        return wanted
    columns = [each for value in values for each in value.find_all(exp.Column) if not isinstance(each.this, exp.Star)]
    if kind in _ROWS or kind in _VALUES:
        wanted = {"null"} if columns else set()
    if kind in _VALUES and kind != "window":
        direct = values if values[0] is not node else list(node.iter_expressions())
        for column in direct:
            if isinstance(column, exp.Column):
                wanted |= _BY_CLASS.get(class_of(column).partition("<")[0], set())
    if kind.endswith("cast"):
        wanted -= {"empty"}  # an empty text has no value of most types: both sides raise
    if kind in ("order", "window") and columns:
        wanted = wanted | {"ties"}
    return wanted
