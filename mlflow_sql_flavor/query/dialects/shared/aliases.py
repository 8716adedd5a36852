"""Outputs that read other outputs by their aliases, for the engines that let them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first, walk_tree

__all__ = ["clauses_too", "written_again"]
_LONGEST = 100  # nodes


def written_again(tree: exp.Expr, ctx: Context) -> None:
    """A step: ``lower(k) AS a, a || '!' AS b``, the alias's text in its place.

    DuckDB reads no alias of what may raise.
    """
    _written(tree, ctx, ())


def clauses_too(tree: exp.Expr, ctx: Context) -> None:
    """A step as :func:`written_again`, for engines in which WHERE, HAVING and QUALIFY read aliases too."""
    _written(tree, ctx, ("where", "having", "qualify"))


def _written(tree: exp.Expr, ctx: Context, clauses: Sequence[str]) -> None:
    columns = {name.lower() for name in ctx.columns}
    made = Counter(alias.alias.lower() for alias in find_all(tree, exp.Alias, exp.TableAlias))
    for select in find_all(tree, exp.Select):
        known: dict[str, exp.Expr] = {}
        for item in select.expressions:
            _replaced(item.this if isinstance(item, exp.Alias) else item, select, known)
            if isinstance(item, exp.Alias):
                name = item.alias.lower()
                if (
                    name not in columns
                    and made[name] == 1
                    and not find_first(item.this, exp.Query, exp.Explode)
                    and _short(item)
                ):
                    known[name] = item.this
        for clause in clauses:
            if select.args.get(clause) is not None:
                _replaced(select.args[clause], select, known)


def _replaced(part: exp.Expr, select: exp.Select, known: Mapping[str, exp.Expr]) -> None:
    for column in list(find_all(part, exp.Column)) if known else ():
        found = known.get(column.name.lower()) if not column.table else None
        if found is None or column.find_ancestor(exp.Select) is not select:
            continue
        again = exp.Paren(this=found.copy())
        again.type = found.type
        column.replace(again)


def _short(item: exp.Expr) -> bool:
    """Aliases of aliases, each used twice, would double in length again and again."""
    return sum(1 for _ in walk_tree(item)) <= _LONGEST
