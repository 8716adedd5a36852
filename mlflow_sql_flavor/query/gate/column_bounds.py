"""What is known of the columns of a query by their names, wherever in it they are made and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from . import grammar
from .expression_bounds import DATUM, Bound, as_column, larger, largest
from .identifiers import fold
from .tree_parts import parts

__all__ = ["Columns", "is_plain_star"]

_Tree = dict[str, Any]

_ENDLESS = ("bignum", "varint", "bit")

#: Columns that a table is taken to have where nobody says.
_WIDTH = 50.0
_RELATIONS = ("BASE_TABLE", "SUBQUERY", "TABLE_FUNCTION", "PIVOT", "JOIN", "EXPRESSION_LIST")


class Columns:
    """Bounds of every output so far by its name, in whichever part of the query: the largest counts for all.

    Args:
        everything: The parts of the query.
        tables: The columns of the tables that it may read; None where they are not known.
    """

    def __init__(self, everything: Iterable[_Tree], tables: Mapping[str, Collection[str]] | None) -> None:
        self.names: dict[str, Bound] = {}
        self.unnamed = DATUM._replace(flat=True)
        self.widest = _WIDTH
        self._widths = {fold(name): float(len(columns)) for name, columns in (tables or {}).items()}
        self._relations: set[str] = set()
        read, made, types = set(), set(), set()
        functions: set[str] = set()
        called: set[str] = set()
        stars: list[_Tree] = []
        renamed = made_up = False
        for part in everything:
            kind = part.get("type")
            if kind in _RELATIONS:
                self._relations |= {fold(str(part.get(key) or "")) for key in ("alias", "table_name")}
            if kind == "BASE_TABLE":
                read.add(fold(str(part["table_name"])))
            elif kind == "RECURSIVE_CTE_NODE":
                made.add(fold(str(part.get("cte_name"))))
                made_up = True
            elif kind == "TABLE_FUNCTION":
                made_up = True
            elif kind == "PIVOT":
                renamed = True
            if part.get("class") == "STAR":
                stars.append(part)
            if isinstance(part.get("value"), dict) and "query_node" in part["value"]:
                made.add(fold(str(part.get("key"))))
            if "function_name" in part:
                (called if part.get("class") == "FUNCTION" else functions).add(fold(str(part["function_name"] or "")))
            if "type_name" in part:
                types.add(str(part["type_name"] or ""))
        #: Those of the data, and whether each is known to be no list; None where a table is read that nobody described.
        self._data: dict[str, bool] | None = None
        if read <= made | set(self._widths):
            self._data = {}
            for columns in (tables or {}).values():
                kinds = columns if isinstance(columns, Mapping) else dict.fromkeys(columns, "[")
                for name, of in kinds.items():
                    self._data[fold(name)] = self._data.get(fold(name), True) and _is_flat(of)
        types |= {
            str(k) for columns in (tables or {}).values() if isinstance(columns, Mapping) for k in columns.values()
        }
        #: Whether a number or a string of bits may be of any length.
        self.endless = any(word in fold(text) for text in types | functions | called for word in _ENDLESS)
        #: Whether a table function or a recursion makes more rows than the data has.
        self.rows_made = made_up or not grammar.allowed("rows").isdisjoint(called)
        #: Whether there is one row, as no table is read.
        self.one_row = not self.rows_made and not read
        #: Whether a star may stand anywhere.
        self.stars = bool(stars)
        #: Whether columns have names that stand nowhere: those of a star, a struct, a pivot.
        self._renamed = renamed or "unnest" in functions | called or any(map(self._names_anew, stars))

    def width(self, table: str) -> float:
        """How many columns a table has, by its folded name."""
        return self._widths.get(table, _WIDTH)

    def has_star(self, item: _Tree) -> bool:
        """Whether an output is as many columns as there are, or is made of so many."""
        return self.stars and any(part.get("class") == "STAR" for part in parts(item, inside=False))

    def add(self, name: str, bound: Bound) -> None:
        """An output by its folded name; empty where it has none of its own."""
        if name:
            self.names[name] = larger(self.names.get(name), bound)
        else:
            self.unnamed = larger(self.unnamed, bound)

    def rename(self, aliases: Iterable[str] | None) -> None:
        """Columns by new names may be any of those before."""
        for alias in aliases or ():
            self.add(fold(alias), self.anything())

    def anything(self) -> Bound:
        """Of a column that may be any of those so far."""
        return largest([*self.names.values(), self.unnamed])

    def read(self, names: list[str]) -> Bound:
        """Of a column by the folded parts of its name: an output so far, a column of the data, or a whole row."""
        found = [self.names[name] for name in names if name in self.names]
        exact = len(found) == 1 and names[-1] in self.names
        own = [name for name in names if name in (self._data or ())]
        if len(names) == 1 and names[0] in self._relations and not found and not own:
            row = self.anything()
            named = sum(map(len, self.names))
            return as_column(row.of(row.own * self.widest + named, row.times * self.widest)._replace(nested=True))
        if self._data is None or own:  # data may have a column of the name, too
            found.append(DATUM._replace(flat=self._data is not None and all(self._data[name] for name in own)))
        if self._renamed or not found:
            found.append(self.anything())
        return as_column(largest(found if exact else [*found, self.unnamed]))

    def _names_anew(self, star: _Tree) -> bool:
        relation = star.get("relation_name")
        return (
            bool(star.get("rename_list"))
            or not is_plain_star(star)
            or bool(relation and fold(str(relation)) not in self._relations)
        )


def _is_flat(kind: str) -> bool:
    """Whether a type is known to be that of no list."""
    return not kind.endswith("]")


def is_plain_star(star: _Tree) -> bool:
    """Whether it gives columns as they are, by names that they have already."""
    return not (star.get("alias") or star.get("expr") or star.get("columns"))
