"""Trees as arrays that a row walks down, for DuckDB and few rows.

A CASE of thousands of nodes is planned anew at each call, which takes longer than to answer a row. Here the nodes are
values: one text of numbers an array. A walk is a list with one place for each tree, which each ``list_transform`` moves
down by one level: the plan grows with the depth alone, while a row costs more than in a CASE.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..builder import Column, Query, number, quote, unique
from .case_tree import Tree
from .table_tree import TableTree

__all__ = ["TooDeepError", "add_array_trees"]

#: A name of its own for each column of a walk.
_Namer = Callable[[str], str]

#: The deepest tree that is walked: each level nests a call.
_DEEPEST = 60


class TooDeepError(Exception):
    """A tree that is not walked: its levels would nest deeper than a text may. It reaches no caller of the package."""


@dataclass
class _Arrays:
    """The nodes of many trees: first those that decide, numbered from 1, then the leaves."""

    feature: list[int] = field(default_factory=list)
    threshold: list[float | None] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    sets: list[list[float] | None] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    leaves: list[tuple[float, ...]] = field(default_factory=list)
    depth: int = 0

    @property
    def inner(self) -> int:
        """How many decide."""
        return len(self.feature)

    @classmethod
    def of(cls, trees: Sequence[Tree], missing: bool) -> _Arrays:
        """From trees, in their order; where missing values go only if there may be some.

        Raises:
            TooDeepError: One is too deep.
        """
        found = cls()
        inner, leaf = 1, 1 + sum(child >= 0 for tree in trees for child in tree.left)
        for tree in trees:
            found.depth = max(found.depth, _depth(tree))
            if found.depth > _DEEPEST:
                raise TooDeepError
            places = []
            for child, value in zip(tree.left, tree.values, strict=True):
                if child >= 0:
                    places.append(inner)
                    inner += 1
                else:
                    places.append(leaf)
                    leaf += 1
                    found.leaves.append(value)
            found.roots.append(places[0])
            for node, child in enumerate(tree.left):
                if child >= 0:
                    kinds = tree.categories.get(node)
                    found.feature.append(tree.feature[node] + 1)
                    found.threshold.append(tree.threshold[node] if kinds is None else None)
                    found.left.append(places[child])
                    found.right.append(places[tree.right[node]])
                    found.missing_left.append(missing and tree.missing_left[node])
                    found.sets.append(kinds)
        return found

    def columns(self, name_of: _Namer) -> list[tuple[str, str]]:
        """The arrays that a walk reads, as SQL and by name."""
        arrays: list[tuple[Iterable[Any], str, str]] = [
            (self.feature, "INTEGER", "f"),
            (self.threshold, "DOUBLE", "t"),
            (self.left, "INTEGER", "l"),
            (self.right, "INTEGER", "r"),
            (self.roots, "INTEGER", "roots"),
        ]
        if any(self.missing_left):
            arrays.append((self.missing_left, "BOOLEAN", "m"))
        if any(kinds is not None for kinds in self.sets):
            arrays.append((self.sets, "DOUBLE[]", "c"))
        return [(_array(values, kind), name_of(name)) for values, kind, name in arrays]

    def walk(self, vector: str, name_of: _Namer) -> str:
        """The leaf that each tree leads to, by its number."""
        f, t, left, right, m, c = (f"{name_of(name)}[n]" for name in ("f", "t", "l", "r", "m", "c"))
        x = f"{vector}[{f}]"
        test = f"{x} <= {t}"
        if any(kinds is not None for kinds in self.sets):
            test = f"COALESCE(list_contains({c}, {x}), {test})"
        if any(self.missing_left):
            test = f"{test} OR ({x} IS NULL AND {m})"
        # Past the end of an array is NULL: who is at a leaf stays there.
        step = f"CAST(COALESCE(CASE WHEN {test} THEN {left} ELSE {right} END, n) AS INTEGER)"
        found = name_of("roots")
        for _ in range(self.depth):
            found = f"list_transform({found}, lambda n: {step})"
        return found


@dataclass
class _Levels:
    """Trees with one question a level: an array for each level, with one place for each tree."""

    tables: Sequence[TableTree]

    @classmethod
    def of(cls, trees: Sequence[Tree], missing: bool) -> _Levels:
        """From trees that all are tables; a missing value answers what they say."""
        return cls([tree.table for tree in trees if tree.table is not None])

    inner = 0

    @property
    def roots(self) -> list[int]:
        """Where the leaves of each tree begin, from 1."""
        return list(itertools.accumulate((len(table.leaves) for table in self.tables[:-1]), initial=1))

    @property
    def leaves(self) -> list[tuple[float, ...]]:
        """What they answer, one tree's after the other's."""
        return [leaf for table in self.tables for leaf in table.leaves]

    @property
    def depth(self) -> int:
        """The levels of the deepest."""
        return max(len(table.levels) for table in self.tables)

    def columns(self, name_of: _Namer) -> list[tuple[str, str]]:
        """As of :class:`_Arrays`."""
        found = [(_array(self.roots, "INTEGER"), name_of("roots"))]
        for at in range(self.depth):
            asked = [table.levels[at] if at < len(table.levels) else None for table in self.tables]
            arrays: list[tuple[list[Any], str, str]] = [
                ([each and each.feature + 1 for each in asked], "INTEGER", "f"),
                ([each.border if each and each.kinds is None else None for each in asked], "DOUBLE", "t"),
                ([each and each.missing for each in asked], "BOOLEAN", "m"),
            ]
            if self._of_kinds(at):
                arrays.append(([list(each.kinds) if each and each.kinds else None for each in asked], "DOUBLE[]", "c"))
            found += [(_array(values, kind), name_of(f"{name}_{at}")) for values, kind, name in arrays]
        return found

    def walk(self, vector: str, name_of: _Namer) -> str:
        """As of :class:`_Arrays`."""
        place = ["n"]
        for at in range(self.depth):
            f, t, m, c = (f"{name_of(f'{name}_{at}')}[b]" for name in "ftmc")
            x = f"{vector}[{f}]"
            test = f"{x} > {t}"
            if self._of_kinds(at):
                test = f"COALESCE(list_contains({c}, {x}), {test})"
            place.append(f"CASE WHEN {test} OR ({x} IS NULL AND {m}) THEN {1 << at} ELSE 0 END")
        return f"list_transform({name_of('roots')}, lambda n, b: {' + '.join(place)})"

    def _of_kinds(self, at: int) -> bool:
        return any(len(table.levels) > at and table.levels[at].kinds is not None for table in self.tables)


def add_array_trees(
    query: Query,
    columns: list[Column],
    trees: Sequence[tuple[Tree, int | None]],
    totals: list[Column],
    running: Sequence[str],
    missing: bool,
    kind: str,
    *,
    added: bool = True,
    tables: bool = False,
) -> None:
    """Adds the layers that compute the totals, or that list what there is to add.

    Args:
        query: What is under construction; its newest layer holds the features and what the totals start from.
        columns: The features.
        trees: What to add up, as of ``Sum``.
        totals: What to call the totals.
        running: What they start from, as SQL; an empty text for nothing.
        missing: Whether a feature may be missing where the totals start from something.
        kind: The type in which they are added, DOUBLE or REAL.
        tables: Whether trees that are tables are taken as such.
        added: Whether they are; else a total is the list of the trees' values, NULL where what it starts from is.

    Raises:
        TooDeepError: A tree is too deep.
    """
    # Columns that are handed on beside it may have any name.
    taken = query.taken([Column("n")])
    name_of = functools.cache(lambda name: unique(name, taken))
    starts = [name_of(f"start_{k}") for k in range(len(totals))]
    given = [(text, name) for text, name in zip(running, starts, strict=True) if text]
    x = name_of("x")
    query.layer("vector", [(f"[{', '.join(f'CAST({column.sql} AS DOUBLE)' for column in columns)}]", x), *given])
    vector = query.current
    # Trees that answer every output are walked once.
    shared = all(output is None for _, output in trees)
    parts = [None] if shared else list(range(len(totals)))
    kinds = _Levels if tables and all(tree.table is not None for tree, _ in trees) else _Arrays
    arrays = {part: kinds.of([tree for tree, output in trees if output in (None, part)], missing) for part in parts}
    query.steps += sum(len(each.roots) * each.depth for each in arrays.values())
    names: dict[int | None, _Namer] = {
        part: functools.partial(_with_suffix, name_of, "" if part is None else f"_{part}") for part in parts
    }
    stored: list[tuple[str, str]] = []
    for part in parts:
        stored += arrays[part].columns(names[part])
    values = [name_of(f"v_{k}") for k in range(len(totals))]
    for k, name in enumerate(values):
        found, place = arrays[None if shared else k], k if shared else 0
        stored.append((_array((value[place if len(value) > 1 else 0] for value in found.leaves), "DOUBLE"), name))
    query.add("nodes", "  SELECT\n    " + ",\n    ".join(f"{text} AS {name}" for text, name in stored))
    nodes = query.current
    items = [*(f"{arrays[part].walk(x, names[part])} AS {names[part]('leaves')}" for part in parts)]
    items += [name for _, name in given] + values + [column.sql for column in query.kept]
    source = f"FROM {quote(vector)} CROSS JOIN {quote(nodes)}"
    query.add("walks", "  SELECT\n    " + ",\n    ".join(items) + f"\n  {source}")
    sums = []
    for k, (text, total) in enumerate(zip(running, totals, strict=True)):
        part = None if shared else k
        leaves, inner = names[part]("leaves"), arrays[part].inner
        found_values = f"list_transform({leaves}, lambda n: CAST({values[k]}[n - {inner}] AS {kind}))"
        result = found_values
        if added:
            result = _sum(f"list_prepend({starts[k]}, {found_values})" if text else found_values, kind)
            result = result if text else f"COALESCE({result}, 0E0)"
        if text and not _is_number(text):  # NULL where the row is refused, which a sum would leave out
            result = f"CASE WHEN {starts[k]} IS NOT NULL THEN {result} END"
        sums.append((result, total.name))
    query.layer("sums", sums)


def _with_suffix(name_of: _Namer, suffix: str, name: str) -> str:
    return name_of(f"{name}{suffix}")


def _sum(values: str, kind: str) -> str:
    """Added from left to right; ``list_sum`` adds in 64 bits."""
    if kind == "DOUBLE":
        return f"list_sum({values})"
    return f"CAST(list_reduce({values}, lambda a, b: a + b) AS DOUBLE)"


def _is_number(text: str) -> bool:
    return not text.startswith('"')


def _depth(tree: Tree) -> int:
    levels = {0: 0}
    for node in (order := [0]):
        if tree.left[node] >= 0:
            for child in (tree.left[node], tree.right[node]):
                levels[child] = levels[node] + 1
                order.append(child)
    return max(levels.values())


def _array(values: Iterable[Any], kind: str) -> str:
    write: Callable[[Any], str] = _text
    return f"CAST('[{','.join(map(write, values))}]' AS {kind}[])"


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return number(value) if isinstance(value, float) and value - value == 0 else str(value)
