"""The text of a converted model: literals, quoted names, and a chain of named common table expressions."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..engines.parse_limits import check_shape
from ..errors import QueryError, UnwritableError

__all__ = [
    "Column",
    "Query",
    "conjunction",
    "is_missing",
    "literal",
    "number",
    "quote",
    "total",
    "unique",
]

#: Terms of one flat sum: engines and parsers nest one level for each.
_FLAT = 50


@dataclass(frozen=True)
class Column:
    """A column of the newest expression: its name and whether it holds text (else DOUBLE).

    ``sparse`` says that the estimator sees it in a sparse matrix, which has no zeros.
    """

    name: str
    text: bool = False
    sparse: bool = field(default=False, compare=False)

    @property
    def sql(self) -> str:
        """The quoted name."""
        return quote(self.name)


def is_missing(value: Any) -> bool:
    """Whether scikit-learn takes the value as missing."""
    import pandas as pd

    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def quote(name: str) -> str:
    """An identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def number(value: Any) -> str:
    """A DOUBLE literal with every digit.

    With an exponent, because ``0.1`` is a DECIMAL in DuckDB and Spark while ``0.1E0`` is a DOUBLE everywhere.
    """
    value = float(value)
    if not math.isfinite(value):
        raise UnwritableError(f"it holds a number that SQL cannot write: {value}")
    text = repr(value).upper().removesuffix(".0")
    return text if "E" in text else f"{text}E0"


def literal(value: Any) -> str:
    """A number, truth value or text as it is compared with a column: all but text is DOUBLE."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return number(value)


def total(terms: Sequence[str], indent: str = "    ") -> str:
    """A sum, added from left to right; very long ones in groups, so that it nests less than parsers allow."""
    while len(terms) > _FLAT:
        groups = [terms[at : at + _FLAT] for at in range(0, len(terms), _FLAT)]
        terms = [group[0] if len(group) == 1 else "(" + f"\n{indent}  + ".join(group) + ")" for group in groups]
    return f"\n{indent}+ ".join(terms)


def conjunction(tests: Sequence[str]) -> str:
    """The tests joined by AND, in groups, because parsers nest one level for each AND."""
    while len(tests) > 1:
        groups = [tests[at : at + 50] for at in range(0, len(tests), 50)]
        tests = [group[0] if len(group) == 1 else " AND ".join(group) for group in groups]
        tests = [f"({test})" for test in tests] if len(tests) > 1 else tests
    return tests[0]


#: Names of lambdas' variables in the texts of layers, which no layer has: a layer's name stands for its row.
VARIABLES = ("n", "a", "b")


class Query:
    """A query under construction: each layer is a common table expression that reads the one before it.

    Args:
        source: The input table's name.
        few_rows: Whether it is DuckDB's alone and for few rows, where planning takes longer than running.
    """

    def __init__(self, source: str, *, few_rows: bool = False) -> None:
        self._header: list[str] = []
        self.few_rows = few_rows
        #: How many leaves of trees it has: what planning it costs.
        self.leaves = 0
        #: How many steps down its trees a row takes: what a text for few rows costs by the row.
        self.steps = 0
        #: The name of the newest layer, or of the input.
        self.current = source
        self._names = {source.casefold(), *VARIABLES}
        self._layers: list[tuple[str, str]] = []
        #: A BOOLEAN column that is true where the estimator accepts the row, once a step may refuse one.
        self.valid: str | None = None
        self._kept: list[Column] = []

    def comment(self, line: str) -> None:
        """Adds a line to the comment at its top."""
        self._header.append(line)

    def layer(self, name: str, items: Sequence[tuple[str, str]]) -> None:
        """Adds an expression.

        Args:
            name: What it does; made unique.
            items: ``(SQL, name of the column)``, in order.
        """
        given = {column for _, column in items}
        kept = [column for column in self._kept if column.name not in given]
        self.add(name, self._select([*items, *((column.sql, column.name) for column in kept)]))

    @contextlib.contextmanager
    def keeping(self, columns: Iterable[Column]) -> Iterator[None]:
        """Every layer that is added inside hands these columns on, and the mark of accepted rows as it is now.

        So the parts of an estimator of estimators are written one after the other, each beside what the others read.
        """
        before, valid = self._kept, self.valid
        marks = [Column(valid)] if valid is not None else []
        self._kept = list(dict.fromkeys([*before, *columns, *marks]))
        yield
        self._kept, self.valid = before, valid

    @property
    def kept(self) -> Sequence[Column]:
        """The columns that every layer hands on, which the newest estimator need not read."""
        return self._kept

    def accepted(self, value: str) -> str:
        """SQL where the estimator accepts the row, as far as a mark tells; NULL elsewhere."""
        return value if self.valid is None else f"CASE WHEN {quote(self.valid)} THEN {value} END"

    def add(self, name: str, body: str) -> None:
        """Adds an expression that is written already and reads the current one.

        Args:
            name: What it does; made unique.
            body: The query.
        """
        name = self._free(_slug(name))
        self._layers.append((name, body))
        self.current = name

    def enclose(self, name: str) -> None:
        """Makes all layers so far the inside of one expression of this name.

        Some engines (Postgres) write an expression out again for every use of its column, which doubles the query's
        size with each layer that uses a column twice. They stop at an expression that has a WITH of its own. Of a text
        so long that it may not nest (``engines.parse_limits``) the layers stay side by side.
        """
        *inner, (_, body) = self._layers
        if not inner or self.few_rows:
            return
        enclosed = f"{_with(inner)}{body}"
        with contextlib.suppress(QueryError):
            check_shape(_with([("outside", enclosed)]))
            self.current = self._free(_slug(name))
            self._layers = [(self.current, enclosed)]

    def finish(self, items: Sequence[tuple[str, str]]) -> str:
        """The whole text, with these outputs."""
        parts = "".join(f"-- {line}\n" for line in self._header)
        return f"{parts}{_with(self._layers)}{self._select(items, indent='')}"

    def taken(self, columns: Iterable[Column]) -> set[str]:
        """Folded names that a new column beside these may not have."""
        names = [column.name for column in [*columns, *self._kept]] + ([self.valid] if self.valid else [])
        return {name.casefold() for name in names}

    def carry(self, columns: Iterable[Column], *, valid: bool = True) -> list[tuple[str, str]]:
        """Items that hand columns on unchanged, and the mark of accepted rows with them."""
        names = [column.name for column in columns]
        if valid and self.valid is not None:
            names.append(self.valid)
        return [(quote(name), name) for name in names]

    def refusing(self, tests: Sequence[str], columns: Iterable[Column], taken: set[str]) -> list[tuple[str, str]]:
        """Items as of :meth:`carry`, with the mark of accepted rows where the tests are among what it says.

        Args:
            tests: Each true for the rows that a step accepts.
            columns: What to hand on.
            taken: Folded names of the layer's other columns.
        """
        if not tests:
            return self.carry(columns)
        tests = [*([quote(self.valid)] if self.valid else []), *tests]
        carried = self.carry(columns, valid=False)
        self.valid = self.valid or unique("accepted", taken)
        return [*carried, (conjunction(tests), self.valid)]

    def _select(self, items: Sequence[tuple[str, str]], indent: str = "  ") -> str:
        listed = f",\n{indent}  ".join(sql if sql == quote(name) else f"{sql} AS {quote(name)}" for sql, name in items)
        return f"{indent}SELECT\n{indent}  {listed}\n{indent}FROM {quote(self.current)}"

    def _free(self, name: str) -> str:
        return unique(name, self._names)


def _with(layers: Sequence[tuple[str, str]]) -> str:
    # Not indented as they nest: a text literal may go over lines.
    return "WITH " + ",\n".join(f"{quote(name)} AS (\n{body}\n)" for name, body in layers) + "\n" if layers else ""


def _slug(name: str) -> str:
    """A plain name: the end of a long path says most, and Postgres reads 63 bytes of it."""
    return re.sub(r"[^a-zA-Z0-9]+", "_", name).lower()[-50:].strip("_") or "step"


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken; SQL names differ by more than case. Adds it to ``taken``."""
    found, count = name, 2
    while found.casefold() in taken:
        found, count = f"{name}_{count}", count + 1
    taken.add(found.casefold())
    return found
