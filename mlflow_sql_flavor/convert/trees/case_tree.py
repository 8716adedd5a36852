"""One decision tree as one CASE expression.

``CASE`` tries its conditions in turn, so a branch taken as ``ELSE`` continues the same CASE. The larger subtree goes
there: a tree of n leaves nests at most log2(n) deep, however deep it is itself, and its text grows with n.

A missing value fulfils no comparison. A node compares with ``<=`` or with ``>`` such that the side missing values take
is the ELSE; where that would nest too deep, it says ``OR ... IS NULL``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..builder import Column, number
from .table_tree import TableTree

__all__ = ["Tree"]

#: How many levels may nest before a node's sides are chosen by size alone.
_NESTED = 8


@dataclass
class Tree:
    """Nodes in arrays, node 0 the root.

    Attributes:
        feature: The column each node reads.
        threshold: A value up to it (``<=``) goes left.
        left: The left child, -1 for a leaf.
        right: The right child.
        missing_left: Whether a missing value goes left.
        values: What each node answers if it is a leaf: one value for each output.
        categories: For a node on categories: the codes that go left.
        table: The same tree by its levels, if all nodes of a level ask the same.
    """

    feature: list[int]
    threshold: list[float]
    left: list[int]
    right: list[int]
    missing_left: list[bool]
    values: list[tuple[float, ...]]
    categories: dict[int, list[float]] = field(default_factory=dict)
    table: TableTree | None = None

    @property
    def leaves(self) -> int:
        """How many leaves it has."""
        return sum(child < 0 for child in self.left)

    @classmethod
    def of(cls, tree: Any, values: Any) -> Tree:
        """From a fitted ``tree_``, with scikit-learn's own double thresholds.

        Args:
            tree: A ``sklearn.tree._tree.Tree``.
            values: What each node answers, of shape (nodes, outputs).
        """
        return cls(
            feature=tree.feature.tolist(),
            threshold=tree.threshold.tolist(),
            left=tree.children_left.tolist(),
            right=tree.children_right.tolist(),
            missing_left=[bool(flag) for flag in tree.missing_go_to_left],
            values=[tuple(row) for row in values.tolist()],
        )

    def of_features(self, chosen: Sequence[int]) -> Tree:
        """The same tree, whose features are some of the columns, by their places."""
        return replace(self, feature=[int(chosen[i]) if i >= 0 else i for i in self.feature])

    def sql(self, columns: Sequence[Column], leaves: Sequence[str], *, missing: bool, indent: str = "    ") -> str:
        """The CASE expression.

        Args:
            columns: The features.
            leaves: What each node gives if it is a leaf, as SQL.
            missing: Whether a feature may be missing here; else nothing is promised for rows where one is.
            indent: What stands before its lines.
        """
        return _Writer(self, columns, leaves, missing).write(0, indent)


class _Writer:
    def __init__(self, tree: Tree, columns: Sequence[Column], leaves: Sequence[str], missing: bool) -> None:
        self.tree, self.columns, self.missing = tree, columns, missing
        #: What all leaves under a node give, where they give the same; None for a node that still decides.
        self.constant: list[str | None] = list(leaves)
        self.size = [1] * len(leaves)
        self.height = [0] * len(leaves)
        for node in reversed(self._order()):
            left, right = tree.left[node], tree.right[node]
            if left < 0:
                continue
            if self.constant[left] is not None and self.constant[left] == self.constant[right]:
                self.constant[node] = self.constant[left]
                continue
            self.constant[node] = None
            self.size[node] = self.size[left] + self.size[right]
            self.height[node] = 1 + max(self.height[left], self.height[right])

    def _order(self) -> list[int]:
        """Nodes, each after its parent."""
        found = [0]
        for node in found:
            if self.tree.left[node] >= 0:
                found += [self.tree.left[node], self.tree.right[node]]
        return found

    def write(self, node: int, indent: str) -> str:
        if (text := self.constant[node]) is not None:
            return text
        lines = ["CASE"]
        while (text := self.constant[node]) is None:
            condition, then, node = self._split(node)
            lines.append(f"{indent}  WHEN {condition} THEN {self.write(then, indent + '  ')}")
        return "\n".join([*lines, f"{indent}  ELSE {text}", f"{indent}END"])

    def _split(self, node: int) -> tuple[str, int, int]:
        """A node's condition, where it leads, and where the rest goes."""
        left, right = self.tree.left[node], self.tree.right[node]
        column = self.columns[self.tree.feature[node]].sql
        to_left = self.tree.missing_left[node]
        threshold = self.tree.threshold[node]
        if node not in self.tree.categories and math.isinf(threshold):
            # Present values are on one side of an infinite threshold, missing ones perhaps on the other.
            present = left if threshold > 0 else right
            return f"{column} IS NULL", left if to_left else right, present
        if not self.missing:
            then_left = self.size[left] <= self.size[right]
        else:
            then_left = not to_left
            then = left if then_left else right
            if self.height[then] > _NESTED:
                then_left = self.size[left] <= self.size[right]
        condition = f"{column} {self._test(node, then_left)}"
        if self.missing and then_left == to_left:
            condition = f"({condition} OR {column} IS NULL)"
        return condition, *((left, right) if then_left else (right, left))

    def _test(self, node: int, left: bool) -> str:
        codes = self.tree.categories.get(node)
        if codes is not None:
            return f"{'' if left else 'NOT '}IN ({', '.join(map(number, codes))})"
        return f"{'<=' if left else '>'} {number(self.tree.threshold[node])}"
