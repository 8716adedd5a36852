"""Comparisons of rows, ``(a, b) < (c, d)``, written out by field: in a struct of DuckDB, NULL is a value."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all

__all__ = ["Test", "by_field", "fields", "nulls_first"]

_ORDER: dict[type[exp.Expr], type[exp.Expr]] = {exp.LT: exp.LT, exp.LTE: exp.LT, exp.GT: exp.GT, exp.GTE: exp.GT}
_COMPARED: tuple[type[exp.Expr], ...] = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, *_ORDER)
#: Makes a test of two fields, of its kind.
Test = Callable[[type[exp.Expr], exp.Expr, exp.Expr], exp.Expr]


def fields(node: exp.Expr | None) -> list[exp.Expr] | None:
    """The fields of a row that is written out: ``(a, b)``, ``ROW(a, b)``, ``struct(a, b)``, ``tuple(a, b)``."""
    row = node.unnest() if node is not None else None
    named = isinstance(row, exp.Anonymous) and row.name.upper() == "ROW"
    if row is None or not (named or isinstance(row, (exp.Tuple, exp.Struct))):
        return None
    return [each.expression if isinstance(each, exp.PropertyEQ) else each.unalias() for each in row.expressions]


def plain(kind: type[exp.Expr], one: exp.Expr, two: exp.Expr) -> exp.Expr:
    """A comparison as it stands: NULL where a field is."""
    return kind(this=_bracketed(one), expression=_bracketed(two))


def nulls_first(kind: type[exp.Expr], one: exp.Expr, two: exp.Expr) -> exp.Expr:
    """A comparison in which NULL is the least value and equal to itself."""
    if kind in (exp.EQ, exp.NullSafeEQ):
        return plain(exp.NullSafeEQ, one, two)
    if kind in (exp.NEQ, exp.NullSafeNEQ):
        return plain(exp.NullSafeNEQ, one, two)
    less, more = (one, two) if kind in (exp.LT, exp.LTE) else (two, one)
    null = exp.Is(this=_bracketed(less), expression=exp.Null())
    held = exp.Not(this=exp.Is(this=_bracketed(more), expression=exp.Null()))
    known = exp.Coalesce(this=exp.Paren(this=plain(kind, one, two)), expressions=[exp.Boolean(this=False)])
    found = exp.or_(known, exp.Paren(this=null if kind in (exp.LTE, exp.GTE) else exp.and_(null, held)), copy=False)
    return exp.Paren(this=found)


def by_field(test: Test = plain, most: int | None = None) -> Callable[[exp.Expr, Context], None]:
    """A step over the tree as it was read.

    Args:
        test: How two fields are compared.
        most: Lists of up to so many rows, ``(a, b) IN ((1, 2), ...)``, are written out too; of any number by default.
    """

    def step(tree: exp.Expr, ctx: Context) -> None:
        for node in reversed(list(find_all(tree, *_COMPARED, exp.Between, exp.In, bfs=False))):
            if isinstance(node, _COMPARED):
                made = _compared(type(node), fields(node.this), fields(node.expression), test)
            elif isinstance(node, exp.Between):
                low = _compared(exp.GTE, fields(node.this), fields(node.args["low"]), test)
                high = _compared(exp.LTE, fields(node.this), fields(node.args["high"]), test)
                made = exp.Paren(this=exp.and_(low, high, copy=False)) if low is not None and high is not None else None
            elif isinstance(node, exp.In) and node.expressions and (most is None or len(node.expressions) <= most):
                tests = [_compared(exp.EQ, fields(node.this), fields(item), test) for item in node.expressions]
                known = [each for each in tests if each is not None]
                made = _either(known) if len(known) == len(tests) else None
            else:
                continue
            if made is not None:
                node.replace(made)

    return step


def _compared(
    kind: type[exp.Expr], left: list[exp.Expr] | None, right: list[exp.Expr] | None, test: Test
) -> exp.Expr | None:
    """One comparison of two rows; None where they are none, or not of one length."""
    if not left or not right or len(left) != len(right):
        return None
    pairs = list(zip(left, right, strict=True))
    if kind not in _ORDER:
        join = exp.and_ if kind in (exp.EQ, exp.NullSafeEQ) else exp.or_
        return exp.Paren(this=join(*(test(kind, one, two) for one, two in pairs), copy=False))
    made: exp.Expr | None = None
    for one, two in reversed(pairs):
        if made is None:
            made = test(kind, one, two)
            continue
        later = exp.Paren(this=exp.and_(test(exp.EQ, one, two), made, copy=False))
        made = exp.or_(test(_ORDER[kind], one, two), later, copy=False)
    return exp.Paren(this=made)


def _either(tests: list[exp.Expr]) -> exp.Expr:
    """Joined by OR as a tree of little depth: a list may be long."""
    if len(tests) <= 2:
        return exp.Paren(this=exp.or_(*tests, copy=False))
    half = len(tests) // 2
    return exp.Paren(this=exp.or_(_either(tests[:half]), _either(tests[half:]), copy=False))


def _bracketed(node: exp.Expr) -> exp.Expr:
    """A copy that stands beside an operator as one value."""
    return exp.Paren(this=node.copy()) if isinstance(node, exp.Binary | exp.Not | exp.In | exp.Between) else node.copy()
