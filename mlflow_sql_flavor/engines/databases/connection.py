"""What a database is to the rest of the package: a dialect, marks for values, rows out, a table in."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import RunError, SQLModelError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Bind", "Connection", "Pieces", "TypeName", "failing", "of_rows"]

#: What comes out: Arrow, or rows of Python values.
Pieces = Iterator["pa.RecordBatch | Sequence[Sequence[Any]]"]
#: A DuckDB type in the engine's words.
TypeName = Callable[[str], str]


@dataclass(frozen=True)
class Bind:
    """A parameter's value for one query.

    Attributes:
        name: ``p1``, ``p2``, …, by its number.
        value: In its exact type.
    """

    name: str
    value: pa.Scalar


class Connection:
    """A database as the rest of the package sees it.

    Attributes:
        dialect: Of its SQL.
        title: What it is called in messages.
        lists: Whether a list can be the value of a parameter.
    """

    dialect: str
    title: str
    lists: bool

    def marker(self, number: int, kind: str, type_name: TypeName) -> str:
        """What stands in the text for the parameter of a number."""
        raise NotImplementedError

    def escape(self, text: str) -> str:
        """All other text, as the driver reads it back."""
        return text

    def pieces(self, sql: str, binds: Sequence[Bind], uses: Sequence[int], rows: int) -> Pieces:
        """The result of a query, about so many rows at a time.

        Args:
            sql: The text, with markers.
            binds: The parameters by number.
            uses: Indexes into ``binds``, one for each marker in order.
            rows: Rows at a time.
        """
        raise NotImplementedError

    def table(self, sql: str) -> pa.Table:
        """All rows of a query, with the engine's own names and types."""
        raise NotImplementedError

    def run(self, sql: str, binds: Sequence[Bind] = (), uses: Sequence[int] = ()) -> None:
        """A statement without a result."""
        for _ in self.pieces(sql, binds, uses, 1):
            pass

    def load(
        self, name: str, table: pa.Table, create: Callable[[], str], insert: Callable[[Sequence[str], str], str]
    ) -> None:
        """Makes a temporary table and fills it.

        Args:
            name: Its name.
            table: Its rows.
            create: Gives the statement that makes it.
            insert: Gives the statement that puts one row in, from the marks of its values.
        """
        raise NotImplementedError

    def unload(self, name: str, drop: str) -> None:
        """Takes a loaded table away; where that fails it ends with the session."""
        with contextlib.suppress(Exception):
            self.run(drop)

    def finish(self, done: bool) -> None:
        """Ends what was opened for one call."""


def of_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows of Python values as Arrow; a column of NULLs is text."""
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    arrays = [pa.array(list(values)) for values in columns]
    arrays = [array.cast(pa.string()) if pa.types.is_null(array.type) else array for array in arrays]
    return pa.Table.from_arrays(arrays, names=list(names))


@contextlib.contextmanager
def failing(connection: Connection) -> Iterator[None]:
    """Errors of a driver as this package's, with the first line of what the engine said."""
    try:
        yield
    except (SQLModelError, GeneratorExit, KeyboardInterrupt):
        raise
    except Exception as error:
        first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise RunError(f"{connection.title} failed on the query: {first}") from error
