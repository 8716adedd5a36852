"""What changed between two queries, part by part: output columns, joins, conditions, orders, steps.

Parts are paired by where they stand and what they are called, the rest by sqlglot's semantic diff. Layout, comments and
the case of names that are not quoted count as nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp
from sqlglot.diff import Keep
from sqlglot.diff import diff as edits
from sqlglot.errors import SqlglotError

from ...errors import QueryError
from ..reading.parsed_query import ParsedQuery
from ..reading.recursion import with_deep_stack
from ..reading.table_names import given_alias, restore_names
from ..reading.traversal import find_all, walk_tree

__all__ = ["Change", "changes", "text_changes"]

#: Longer queries are compared line by line, in characters; larger parts are not paired by likeness, in nodes.
MAX_CHARACTERS = 500_000
MAX_NODES = 400

_CLAUSES = {
    "where": "WHERE", "having": "HAVING", "qualify": "QUALIFY", "group": "GROUP BY", "order": "ORDER BY",
    "limit": "LIMIT", "offset": "OFFSET", "distinct": "DISTINCT",
}  # fmt: skip
_FAILURES = (SqlglotError, QueryError, ValueError, KeyError, AttributeError, TypeError, IndexError)


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        kind: ``added``, ``removed`` or ``changed``.
        step: The CTE or subquery it is in; empty for the query itself.
        clause: ``SELECT``, ``WHERE``, ``WITH``, …
        before: The old text, as sqlglot writes it; None if there was none.
        after: The new text.
    """

    kind: str
    step: str
    clause: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True)
class _Part:
    step: str
    clause: str
    name: str
    node: exp.Expr

    @cached_property
    def folded(self) -> exp.Expr:
        return _folded(self.node)


def changes(old: ParsedQuery, new: ParsedQuery) -> tuple[Change, ...] | None:
    """The changes from one query to another; none if they differ in layout and comments only.

    Returns:
        None where they cannot be told: syntax that only DuckDB reads, or very long queries.
    """
    size = len(old.sql) + len(new.sql)
    if old.tree is None or new.tree is None or size > MAX_CHARACTERS:
        return None
    try:
        return with_deep_stack(lambda: _changes(old, new))
    except _FAILURES:
        return None


def text_changes(old: str, new: str) -> str:
    """The changed lines as a unified diff."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "old", "new", lineterm="", n=2)
    return "\n".join(lines)


def _changes(old: ParsedQuery, new: ParsedQuery) -> tuple[Change, ...]:
    trees = _as_written(old), _as_written(new)
    if _folded(trees[0]) == _folded(trees[1]):
        return ()
    before, after = list(_parts(trees[0], "")), list(_parts(trees[1], ""))
    had, has = {p.step for p in before}, {p.step for p in after}
    found: list[Change] = []
    for part in before:
        if part.clause == "WITH" and part.name not in has:
            found.append(Change("removed", "", "WITH", before=_text(part.node, old.dialect)))
    for part in after:
        if part.clause == "WITH" and part.name not in had:
            found.append(Change("added", "", "WITH", after=_text(part.node, new.dialect)))
    left = [p for p in before if p.step in has and p.clause != "WITH"]
    right = [p for p in after if p.step in had and p.clause != "WITH"]
    pairs = _pairs(left, right)
    partner = {id(a.node): b for a, b in pairs}
    taken = {id(b.node) for _, b in pairs}
    for part in left:
        other = partner.get(id(part.node))
        if other is None:
            found.append(Change("removed", part.step, part.clause, before=_text(part.node, old.dialect)))
        elif part.folded != other.folded:
            texts = _text(part.node, old.dialect), _text(other.node, new.dialect)
            found.append(Change("changed", part.step, part.clause, *texts))
    found += [
        Change("added", p.step, p.clause, after=_text(p.node, new.dialect)) for p in right if id(p.node) not in taken
    ]
    if not found:  # the same parts in another order
        found.append(Change("changed", "", "", _text(trees[0], old.dialect), _text(trees[1], new.dialect)))
    return tuple(found)


def _as_written(query: ParsedQuery) -> exp.Expr:
    """The query with its tables under the names that the text has for them."""
    assert query.tree is not None
    if not query.edits:
        return query.tree
    tree = query.tree.copy()
    for table in find_all(tree, exp.Table):
        if table.alias and given_alias(table):
            table.set("alias", None)
    restore_names(tree)
    return tree


def _folded(node: exp.Expr) -> exp.Expr:
    """The node with names that are not quoted in lower case."""
    copy = node.copy()
    for name in find_all(copy, exp.Identifier):
        if not name.quoted:
            name.set("this", name.name.lower())
    return copy


def _parts(query: exp.Expr, step: str) -> Iterator[_Part]:
    """The parts of a query, those of its CTEs and derived tables under their names."""
    for cte in query.ctes if isinstance(query, exp.Query) else ():
        yield _Part(step, "WITH", cte.alias, cte)
        yield from _parts(cte.this, cte.alias)
    if isinstance(query, exp.SetOperation):
        words = f"{type(query).__name__.upper()}{'' if query.args.get('distinct') else ' ALL'}"
        yield _Part(step, "set operation", "", exp.Var(this=words))
        for side in (query.this, query.expression):
            yield from _parts(side, step)
        yield from _clauses(query, step)
    elif isinstance(query, exp.Subquery):
        yield from _parts(query.this, step)
    elif isinstance(query, exp.Select):
        for column in query.expressions:
            yield _Part(step, "SELECT", column.alias_or_name, column)
        given = query.args.get("from_")
        for node, clause in (
            (given.this if given else None, "FROM"),
            *((j, "JOIN") for j in query.args.get("joins") or ()),
        ):
            if node is not None:
                yield from _source(node, clause, step)
        for lateral in query.args.get("laterals") or ():
            yield _Part(step, "LATERAL", lateral.alias_or_name, lateral)
        yield from _clauses(query, step)


def _source(node: exp.Expr, clause: str, step: str) -> Iterator[_Part]:
    table = node.this if isinstance(node, exp.Join) else node
    if isinstance(table, exp.Subquery) and isinstance(table.this, exp.Query):
        yield from _parts(table.this, table.alias or step)
        node = node.copy()
        inner = node.this if isinstance(node, exp.Join) else node
        inner.set("this", exp.Var(this="…"))
    yield _Part(step, clause, table.alias_or_name, node)


def _clauses(query: exp.Expr, step: str) -> Iterator[_Part]:
    for key, clause in _CLAUSES.items():
        node = query.args.get(key)
        if not isinstance(node, exp.Expr):  # whether a set operation is distinct is a bool
            continue
        if key in ("where", "having", "qualify"):
            for condition in _conditions(node.this):
                yield _Part(step, clause, "", condition)
        elif (
            key in ("group", "order")
            and node.expressions
            and not any(value for name, value in node.args.items() if name != "expressions")
        ):
            for item in node.expressions:
                yield _Part(step, clause, item.alias_or_name, item)
        else:
            yield _Part(step, clause, "", node)


def _conditions(node: exp.Expr) -> Iterator[exp.Expr]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, exp.And):
            waiting += [here.expression, here.this]
        else:
            yield here


def _pairs(left: Sequence[_Part], right: Sequence[_Part]) -> list[tuple[_Part, _Part]]:
    """Equal parts first, then those of one name, then the most alike."""
    found: list[tuple[_Part, _Part]] = []
    groups: dict[tuple[str, str], tuple[list[_Part], list[_Part]]] = {}
    for part in left:
        groups.setdefault((part.step, part.clause), ([], []))[0].append(part)
    for part in right:
        groups.setdefault((part.step, part.clause), ([], []))[1].append(part)
    for ours, theirs in groups.values():
        for test in (lambda a, b: a.folded == b.folded, lambda a, b: a.name and a.name.casefold() == b.name.casefold()):
            for part in list(ours):
                other = next((p for p in theirs if test(part, p)), None)
                if other is not None:
                    ours.remove(part)
                    theirs.remove(other)
                    found.append((part, other))
        found += _alike(ours, theirs)
    return found


def _alike(ours: list[_Part], theirs: list[_Part]) -> Iterator[tuple[_Part, _Part]]:
    if len(ours) == len(theirs) == 1 and ours[0].clause in ("LIMIT", "OFFSET", "DISTINCT", "FROM", "set operation"):
        yield ours[0], theirs[0]
        return
    if len(ours) * len(theirs) > 100:
        return
    scored = sorted(
        ((_likeness(a.node, b.node), i, j) for i, a in enumerate(ours) for j, b in enumerate(theirs)), reverse=True
    )
    used: tuple[set[int], set[int]] = (set(), set())
    for score, i, j in scored:
        if score >= 0.3 and i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            yield ours[i], theirs[j]


def _likeness(a: exp.Expr, b: exp.Expr) -> float:
    """The share of nodes that stay, by sqlglot's diff."""
    size = max(sum(1 for _ in walk_tree(a)), sum(1 for _ in walk_tree(b)))
    if size > MAX_NODES:
        return 0.0
    kept = sum(isinstance(edit, Keep) for edit in edits(a.copy(), b.copy()))
    return kept / size


def _text(node: exp.Expr, dialect: str) -> str:
    text = " ".join(node.sql(dialect, comments=False).split())
    return text if len(text) <= 300 else f"{text[:299]}…"
