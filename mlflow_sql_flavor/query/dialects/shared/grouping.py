"""ROLLUP, CUBE and GROUPING SETS."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all

__all__ = ["no_total_of_nothing", "no_total_of_nothing_unlisted", "ordinals", "sets_of"]

_SETS = (exp.Rollup, exp.Cube, exp.GroupingSets)


def sets_of(group: exp.Expr | None) -> Iterator[exp.Expr]:
    """What makes more than one group of a row: ``ROLLUP (a, b)``, ``WITH CUBE``, ``GROUPING SETS (...)``."""
    if group is not None:
        yield from (item for item in group.expressions if isinstance(item, _SETS))
        for key in ("rollup", "cube", "grouping_sets"):
            yield from group.args.get(key) or ()


def no_total_of_nothing(tree: exp.Expr, ctx: Context) -> None:
    """A step for engines that give no row for the grand total of no rows, where DuckDB gives one."""
    _without_total(tree, _SETS)


def no_total_of_nothing_unlisted(tree: exp.Expr, ctx: Context) -> None:
    """The same, but for GROUPING SETS, whose grand total is there as it is listed."""
    _without_total(tree, (exp.Rollup, exp.Cube))


def _without_total(tree: exp.Expr, kinds: tuple[type[exp.Expr], ...]) -> None:
    for select in find_all(tree, exp.Select):
        if not any(isinstance(each, kinds) for each in sets_of(select.args.get("group"))):
            continue
        some = exp.GT(this=exp.Count(this=exp.Star(), big_int=True), expression=exp.Literal.number(0))
        having = select.args.get("having")
        select.set("having", exp.Having(this=some if having is None else exp.and_(some, having.this)))


def ordinals(tree: exp.Expr, ctx: Context) -> None:
    """A step over the tree as read, for engines in which a number within ROLLUP and the like is an output's place."""
    for select in find_all(tree, exp.Select):
        for each in list(sets_of(select.args.get("group"))):
            for number in list(find_all(each, exp.Literal)):
                above = number.parent
                while isinstance(above, (exp.Paren, exp.Tuple)) and above is not each:
                    above = above.parent
                if not number.is_int or not isinstance(above, _SETS):
                    continue
                place = int(number.this)
                if 0 < place <= len(select.expressions) and not select.expressions[place - 1].is_star:
                    number.replace(select.expressions[place - 1].unalias().copy())
