"""Which function a call calls, with which arguments: decided once, before anything is judged.

DuckDB writes ``x.f(y)`` as the function ``f`` in the schema ``x``, and finds out when it binds: a schema or a catalog
of that name wins, else it is ``f(x, y)``. Here the first is refused, since no model needs it, and the second becomes
the plain call. The gate, the rules on sizes and the row class all read the tree after that, so that the call that is
judged is the one that is made; sqlglot's tree is brought to the same form by `reading.chained_calls`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import QueryError
from ..reading.qualified_names import names_schema

__all__ = ["resolve"]

_Tree = dict[str, Any]


def resolve(tree: _Tree, sql: str) -> None:
    """Rewrites chained calls of a parse tree in place as plain ones.

    Args:
        tree: The parsed JSON of DuckDB's ``json_serialize_sql``.
        sql: The query's text, for positions.

    Raises:
        QueryError: A call names a schema or a catalog, or chains what DuckDB does not.
    """
    for call in _calls(tree):
        path = (call.get("qualified_name") or {}).get("path")
        if not isinstance(path, list) or len(path) < 2 or not all(isinstance(part, str) for part in path):
            continue  # the gate refuses a name that it cannot read
        if names_schema(path[0]) or call["class"] == "WINDOW":
            raise QueryError(
                f"The call {'.'.join(path)[:80]}(...) names a schema: write {path[-1][:80]}(...), with what it is "
                "applied to as the first argument.",
                sql,
                _characters(sql, call.get("query_location")),
                call.get("query_location_length") or 1,
            )
        column = {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": path[:-1]}
        if (place := call.get("query_location")) is not None:
            column["query_location"] = place
        call["arguments"] = [{"expression": column}, *(call.get("arguments") or [])]
        call["qualified_name"] = {"path": path[-1:]}
        for key in ("schema", "catalog"):
            call.pop(key, None)


def _calls(tree: Any) -> Iterator[_Tree]:
    """The calls in expressions; what stands in FROM is never chained."""
    stack = [tree]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack.extend(part)
            continue
        if not isinstance(part, dict):
            continue
        function = part.get("function")
        if part.get("type") == "TABLE_FUNCTION" and isinstance(function, dict):
            stack.extend(function.values())
            stack.extend(value for key, value in part.items() if key != "function")
            continue
        stack += [value for value in part.values() if isinstance(value, (dict, list))]
        if part.get("class") in ("FUNCTION", "WINDOW"):
            yield part


def _characters(sql: str, location: Any) -> int | None:
    """DuckDB counts bytes, a caret counts characters."""
    if not isinstance(location, int) or location >= 2**62:
        return None
    if sql.isascii():
        return location
    return len(sql.encode("utf-8", "surrogatepass")[:location].decode("utf-8", "ignore"))
