"""Truth values for engines in which a condition is no value (SQL Server, and Oracle before 23): numbers there.

https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql: a comparison may stand
in WHERE, ON, HAVING and CASE WHEN only, and a column of BIT is no condition.
"""

from __future__ import annotations

from sqlglot import exp

from ..translation.transpile import put

__all__ = ["NO_BOOLEANS", "as_numbers"]

#: Engines in which a condition is no value.
NO_BOOLEANS = {"tsql", "oracle"}
_CLAUSES = (exp.Where, exp.Having, exp.Qualify)
_CONNECTORS = (exp.And, exp.Or, exp.Xor, exp.Not)


def as_numbers(tree: exp.Expr, target: str) -> None:
    """Makes 1, 0 or NULL of each condition that stands as a value, and a condition of each value that stands as one."""
    if target == "oracle":  # whose BOOLEAN is younger than most of its servers
        for kind in list(tree.find_all(exp.DataType)):
            if kind.this == exp.DType.BOOLEAN:
                kind.replace(exp.DataType.build("DECIMAL(1,0)", dialect="duckdb"))
    for asked_for in list(tree.find_all(exp.Is)):
        _is_truth(asked_for)
    for node in reversed(list(tree.walk(bfs=False))):  # what is within first: the outer ones take copies
        if isinstance(node, exp.Paren) or node.parent is None or not isinstance(node, (exp.Condition, exp.Var)):
            continue
        asked, holds = _asked(node), _holds(node)
        if isinstance(node, exp.Boolean):
            number = exp.Literal.number(int(node.this))
            put(node, exp.EQ(this=number, expression=exp.Literal.number(1)) if asked else number)
        elif asked and not holds:
            put(node, exp.NEQ(this=_grouped(node.copy()), expression=exp.Literal.number(0)))
        elif holds and not asked:
            put(_outermost(node), _number(node))


def _is_truth(node: exp.Is) -> None:
    """``x IS TRUE``, which neither engine has."""
    if isinstance(node.expression, exp.Boolean):
        wanted = bool(node.expression.this)
        value = exp.Coalesce(this=node.this.copy(), expressions=[exp.Boolean(this=not wanted)])
        put(node, exp.EQ(this=value, expression=exp.Literal.number(int(wanted))))


def _number(node: exp.Expr) -> exp.Expr:
    one, none = exp.Literal.number(1), exp.Literal.number(0)
    ifs = [exp.If(this=node.copy(), true=one)]
    if isinstance(node, (exp.Exists,)) or (isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)):
        return exp.Case(ifs=ifs, default=none)  # which are never NULL
    return exp.Case(ifs=[*ifs, exp.If(this=exp.Not(this=_grouped(node.copy())), true=none)])


def _grouped(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, (exp.Binary, exp.Not, exp.Between, exp.In)) else node


def _outermost(node: exp.Expr) -> exp.Expr:
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return node


def _holds(node: exp.Expr) -> bool:
    """Whether a node is a condition."""
    if isinstance(node, (exp.Any, exp.All)):
        return False
    return isinstance(node, (exp.Predicate, *_CONNECTORS, exp.RegexpLike))


def _asked(node: exp.Expr) -> bool:
    """Whether a condition is wanted where a node stands."""
    node = _outermost(node)
    parent, key = node.parent, node.arg_key
    if isinstance(parent, (*_CLAUSES, *_CONNECTORS)):
        return True
    if isinstance(parent, exp.Join):
        return key == "on"
    if isinstance(parent, exp.If):
        return key == "this" and not (isinstance(parent.parent, exp.Case) and parent.parent.this is not None)
    return isinstance(parent, exp.CountIf)
