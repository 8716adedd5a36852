"""How large one value of a model's reference tables is, which a query may copy for each row of its input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..errors import LimitError, ModelFileError
from .sandbox import quote, sentence

if TYPE_CHECKING:
    import duckdb

__all__ = ["largest_cell", "size_of"]


def largest_cell(cursor: duckdb.DuckDBPyConnection, tables: Iterable[str], together: bool = False) -> int:
    """The bytes of the largest value in any of the tables, about.

    Args:
        cursor: Of an instance that has them.
        tables: Their names.
        together: The bytes of all values instead.

    Raises:
        LimitError: That takes more than the limits allow.
        ModelFileError: A table cannot be read.
    """
    import duckdb

    largest = 0
    for table in tables:
        relation = cursor.sql(f"SELECT * FROM main.{quote(table)} LIMIT 0")
        columns = zip(relation.columns, relation.types, strict=True)
        sizes = [size for name, kind in columns if (size := size_of(quote(name), kind))]
        if not sizes:
            continue
        try:
            each = ", ".join(f"sum({size})" if together else f"max({size})" for size in sizes)
            row = cursor.execute(f"SELECT {each} FROM main.{quote(table)}").fetchone() or ()
            found = [int(size or 0) for size in row]
            largest = largest + sum(found) if together else max([largest, *found])
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise LimitError(
                f"The reference table {table[:80]!r} has values too large to be measured within the limits: raise "
                "memory_limit or timeout_seconds, or bundle less."
            ) from None
        except duckdb.Error as error:
            raise ModelFileError(f"The reference table {table[:80]!r} cannot be read: {sentence(error)}") from None
    return largest


def size_of(value: str, kind: Any, depth: int = 0) -> str | None:
    """An expression for the bytes of a value; None where they are few whatever it is."""
    name = str(kind.id)
    if name in ("list", "array"):
        inner = dict(kind.children)["child"]
        one = size_of(f"x{depth}", inner, depth + 1)
        if one is None:
            return f"16 * len({value})"
        return f"16 * len({value}) + coalesce(list_sum(list_transform({value}, lambda x{depth}: {one})), 0)"
    if name == "map":
        parts = [
            size_of(f"map_{which}s({value})", _list_of(kind, at), depth) for at, which in enumerate(("key", "value"))
        ]
        return " + ".join(part for part in parts if part)
    if name == "struct":
        fields = [
            size_of(f"struct_extract_at({value}, {at})", child, depth) for at, (_, child) in enumerate(kind.children, 1)
        ]
        found = [f"coalesce({field}, 0)" for field in fields if field]
        return " + ".join(found) or None
    if name == "blob":
        return f"octet_length({value})"
    if name == "bit":
        return f"length({value})"
    if name in ("varchar", "json"):
        return f"strlen({value})"
    return f"strlen({value}::VARCHAR)" if name in ("bignum", "varint", "union", "variant") else None


class _Listed:
    """The type of a list of some other type."""

    id = "list"

    def __init__(self, child: Any) -> None:
        self.children = [("child", child)]


def _list_of(kind: Any, at: int) -> _Listed:
    return _Listed(kind.children[at][1])
