"""ANY and ALL: https://www.postgresql.org/docs/15/functions-comparisons.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import rows

R = DialectRules("postgres comparisons")
# functions-comparisons.html#ROW-WISE-COMPARISON
R.normalise(rows.by_field())
_OPPOSITE: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.GT: exp.LTE, exp.GTE: exp.LT, exp.LT: exp.GTE, exp.LTE: exp.GT,
}  # fmt: skip


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def any_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-comparisons.html: with a NULL array the result is NULL, in DuckDB false.
    right = node.expression
    if isinstance(right, exp.Anonymous) and right.name.upper() == "ALL" and len(right.expressions) == 1:
        array = right.expressions[0]
        inner = _OPPOSITE[type(node)](this=node.this, expression=exp.Any(this=exp.Paren(this=array)))
        return null_array(exp.Not(this=exp.Paren(this=inner)), array)
    if isinstance(right, exp.Any):
        array = right.this
        while isinstance(array, exp.Paren):
            array = array.this
        if isinstance(array, (exp.Query, exp.Array)) or (
            isinstance(array, exp.Cast) and isinstance(array.this, (exp.Placeholder, exp.Parameter))
        ):
            return None
        return null_array(node.copy(), array)
    return None


def null_array(test: exp.Expr, array: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=array.copy(), expression=exp.Null())
    made = exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=test)
    made.type = exp.DataType.build("BOOLEAN")
    return made


R.functions.setdefault("all", []).append(lambda node, ctx: None)
