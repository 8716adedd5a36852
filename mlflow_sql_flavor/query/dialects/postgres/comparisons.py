"""ANY and ALL: https://www.postgresql.org/docs/15/functions-comparisons.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import row_comparisons
from ..shared.source_types import columns_of

R = DialectRules("postgres comparisons")
# functions-comparisons.html#ROW-WISE-COMPARISON
R.normalise(row_comparisons.by_field())
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


@R.prepare
def whole_rows(tree: exp.Expr, ctx: Context) -> None:
    """``b IS NULL`` of a row ``b`` of FROM asks for its fields; ``count(b)`` leaves out what is not matched."""
    for node in list(find_all(tree, exp.Is, exp.Count)):
        value = node.this.unnest() if isinstance(node.this, exp.Expr) else None
        select = node.find_ancestor(exp.Select)
        if not isinstance(value, exp.Column) or value.table or value.is_star or select is None:
            continue
        joins = select.args.get("joins") or []
        sources = [part.this for part in (select.args.get("from_"), *joins) if part is not None]
        row = next((s for s in sources if s.alias_or_name.lower() == value.name.lower()), None)
        if not isinstance(row, exp.Table | exp.Subquery | exp.Values) or isinstance(row.this, exp.Func):
            continue
        found = columns_of(row, ctx.schema)
        if value.name.lower() in {name.lower() for each in sources for name, _ in columns_of(each, ctx.schema) or ()}:
            continue
        if isinstance(node, exp.Count):
            if any(join.side for join in joins):
                raise ctx.error(node, "count() of a row of an outer join: count a column of it that is never NULL.")
        elif found is None:
            raise ctx.error(node, "Whether this row is NULL goes by its columns, which are not known here: name them.")
        else:
            node.set("this", exp.Tuple(expressions=[exp.column(name, table=row.alias_or_name) for name, _ in found]))


def null_array(test: exp.Expr, array: exp.Expr) -> exp.Expr:
    is_null = exp.Is(this=array.copy(), expression=exp.Null())
    made = exp.Case(ifs=[exp.If(this=is_null, true=exp.Null())], default=test)
    made.type = exp.DataType.build("BOOLEAN")
    return made


R.functions.setdefault("all", []).append(lambda node, ctx: None)
