"""Sums of trees: single trees, forests, gradient boosting.

Trees are added in scikit-learn's order, so that the sum is the same to the last bit. They come in layers of bounded
size, each adding its trees to the running totals: the time DuckDB's optimizer takes grows with the square of one
layer's size, and only linearly with the number of layers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..builder import Column, Query, conjunction, number, quote, unique
from .array_trees import add_array_trees
from .case_tree import Tree

__all__ = ["Sum", "add_trees", "float32", "list_trees", "real"]

#: Bounds of one layer: leaves written, and trees added (each nests one level).
_LEAVES, _TREES = 800, 25

#: A tree whose leaves have at most this many different answers is written once, not once for each output.
_ANSWERS = 8

#: From so many leaves on trees are written as tables, where they can be: as a CASE few more leaves have no place.
_TABLES = 20_000

#: The largest number that rounds to 0 as a 32-bit float.
_ZERO = number(2.0**-150)

_Item = tuple[str, str]


@dataclass
class Sum:
    """Totals to compute: ``start[k] + trees[0].values[..][k] + ...`` for each output k.

    Attributes:
        start: What each total starts from.
        trees: ``(tree, output)`` in the order they are added: a tree with one value adds to that output, a tree with
            a value for each output (output None) to all of them.
        float32: Whether every addition rounds to a 32-bit float; each tree then has one value.
    """

    start: list[float]
    trees: Sequence[tuple[Tree, int | None]]
    float32: bool = False


def real(x: str) -> str:
    """A number as a 32-bit float, held in DOUBLE. Postgres refuses the cast of what rounds to 0."""
    return f"CASE WHEN ABS({x}) <= {_ZERO} THEN 0E0 ELSE CAST(CAST({x} AS REAL) AS DOUBLE) END"


def float32(query: Query, columns: list[Column], name: str) -> list[Column]:
    """The layer in which features take the precision in which scikit-learn's trees see them: float32, held in DOUBLE.

    Comparing as DOUBLE matters: against a REAL an engine may round the threshold instead.
    """
    taken = query.taken([])
    seen = [Column(unique(column.name, taken)) for column in columns]
    texts = [real(column.sql) for column in columns]
    query.layer(name, [*query.carry([]), *((text, column.name) for text, column in zip(texts, seen, strict=True))])
    return seen


def add_trees(query: Query, columns: list[Column], model: Sum, names: Sequence[str], *, missing: bool) -> list[Column]:
    """Adds the layers that compute the totals.

    Args:
        query: What is under construction; its newest layer holds the features.
        columns: The features.
        model: What to add up.
        names: What to call the totals.
        missing: Whether the estimator takes rows with missing values. If not, the totals of such a row are NULL.

    Returns:
        The totals' columns; nothing else is handed on.
    """
    query.enclose("features")
    leaves = sum(tree.leaves for tree, _ in model.trees)
    query.leaves, tables = query.leaves + leaves, leaves >= _TABLES
    totals = [Column(unique(name, query.taken(columns))) for name in names]
    kind = "REAL" if model.float32 else "DOUBLE"
    if query.few_rows:
        running = _start(query, columns, model, totals, missing)
        add_array_trees(query, columns, model.trees, totals, running, missing, kind, tables=tables)
    elif _shared(model):
        _add_votes(query, columns, model, totals, missing)
    else:
        running = _start(query, columns, model, totals, missing)
        for label, batch, last in _batches(model):
            terms = [[text] if text else [] for text in running]
            for tree, output in batch:
                for k, part in enumerate(terms):
                    if output in (None, k):
                        place = 0 if output is not None else k
                        part.append(_cast(_tree(tree, columns, place, missing, tables), kind))
            sums = _sums(terms, totals)
            if last and model.float32:
                sums = [(_cast(text, "DOUBLE"), name) for text, name in sums]
            query.layer(label, [*([] if last else query.carry(columns)), *sums])
            running = [column.sql for column in totals]
    query.enclose("scores")
    return totals


def list_trees(query: Query, columns: list[Column], trees: Sequence[Tree], *, missing: bool) -> Column:
    """Adds the layers of one list, of each tree's value; of a text for few rows. Arguments as of :func:`add_trees`."""
    found = Column(unique("values", query.taken(columns)))
    model = Sum([0.0], [(tree, 0) for tree in trees])
    query.leaves += sum(tree.leaves for tree in trees)
    running = _start(query, columns, model, [found], missing)
    add_array_trees(query, columns, model.trees, [found], running, missing, "DOUBLE", added=False)
    return found


def _tree(tree: Tree, columns: list[Column], output: int, missing: bool, tables: bool) -> str:
    if tables and tree.table is not None:
        return tree.table.sql(columns, output)
    return tree.sql(columns, [number(value[output]) for value in tree.values], missing=missing)


def _add_votes(query: Query, columns: list[Column], model: Sum, totals: list[Column], missing: bool) -> None:
    """Each tree once, as the number of its answer; then each output's sum over what that answer adds to it."""
    running = _start(query, columns, model, totals, missing)
    carried = totals if any(running) else []
    taken = query.taken([*columns, *totals])
    leaves: list[Column] = []
    for label, batch, last in _batches(model):
        items = []
        found = [Column(unique(f"leaf_{len(leaves) + i + 1}", taken)) for i in range(len(batch))]
        for (tree, _), column in zip(batch, found, strict=True):
            answers = _answers(tree)
            codes = [str(answers.get(value, "")) for value in tree.values]
            items.append((tree.sql(columns, codes, missing=missing), column.name))
        query.layer(f"{label}_leaves", [*query.carry([*([] if last else columns), *carried, *leaves]), *items])
        leaves += found
    query.enclose("leaves")
    for at in range(0, len(leaves), _TREES):
        chosen, rest = leaves[at : at + _TREES], leaves[at + _TREES :]
        terms = [[text] if text else [] for text in running]
        for column, (tree, _) in zip(chosen, model.trees[at : at + _TREES], strict=True):
            for k, part in enumerate(terms):
                part += _vote(column, [answer[k] for answer in _answers(tree)])
        query.layer(_label(at + 1, at + len(chosen)), [*query.carry(rest), *_sums(terms, totals)])
        running = [column.sql for column in totals]


def _sums(terms: list[list[str]], totals: list[Column]) -> list[_Item]:
    return [("\n    + ".join(part) or "0E0", column.name) for part, column in zip(terms, totals, strict=True)]


def _cast(expression: str, kind: str) -> str:
    """To DOUBLE too, for engines that take the literals in a CASE as decimals."""
    return f"CAST({expression} AS {kind})"


def _label(first: int, last: int) -> str:
    return f"trees_{first}_to_{last}" if last > first else f"tree_{first}"


def _start(query: Query, columns: list[Column], model: Sum, totals: list[Column], missing: bool) -> list[str]:
    """What the totals start from, as SQL; an empty text where that is nothing."""
    tests = [] if missing else [f"{column.sql} IS NOT NULL" for column in columns]
    if query.valid is not None:
        tests.insert(0, quote(query.valid))
        query.valid = None
    if not tests:
        texts = [number(value) if value else "" for value in model.start]
        return [_cast(text, "REAL") if text and model.float32 else text for text in texts]
    test, kind = conjunction(tests), "REAL" if model.float32 else "DOUBLE"
    items = [
        (_cast(f"CASE WHEN {test} THEN {number(value)} END", kind), c.name)
        for value, c in zip(model.start, totals, strict=True)
    ]
    query.layer("start", [*query.carry(columns), *items])
    return [column.sql for column in totals]


def _batches(model: Sum) -> Iterator[tuple[str, list[tuple[Tree, int | None]], bool]]:
    """Trees by layers, each with a label, and whether it is the last."""
    per_tree = 1 if _shared(model) else len(model.start)
    first, leaves = 0, 0
    for at, (tree, output) in enumerate(model.trees):
        size = tree.leaves * (1 if output is not None else per_tree)
        if at > first and (leaves + size > _LEAVES or at - first >= _TREES):
            yield _label(first + 1, at), list(model.trees[first:at]), False
            first, leaves = at, 0
        leaves += size
    yield _label(first + 1, len(model.trees)), list(model.trees[first:]), True


def _answers(tree: Tree) -> dict[tuple[float, ...], int]:
    """The different answers of a tree's leaves, numbered; of pure leaves the number is that of the class."""
    values = {value for value, child in zip(tree.values, tree.left, strict=True) if child < 0}
    return {value: code for code, value in enumerate(sorted(values, reverse=True))}


def _shared(model: Sum) -> bool:
    """Whether trees that answer all outputs are written once, as the number of an answer that each output looks up."""
    limit = max(_ANSWERS, len(model.start))
    return len(model.start) > 1 and all(k is None and len(_answers(tree)) <= limit for tree, k in model.trees)


def _vote(column: Column, values: list[float]) -> list[str]:
    """What a tree adds to one output: none or one term."""
    whens = " ".join(f"WHEN {code} THEN {number(value)}" for code, value in enumerate(values) if value)
    return [_cast(f"CASE {column.sql} {whens} ELSE 0E0 END", "DOUBLE")] if whens else []
