"""Aggregates within a subquery of columns of the query around it alone.

Standard SQL, and DuckDB with it, computes them over the rows of that query (ISO/IEC 9075-2, 6.10: the aggregation query
of a set function); other engines over the rows of the subquery, or not at all.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules

R = DialectRules("outer aggregates")


@R.prepare
def refuse_outer_aggregates(tree: exp.Expr, ctx: Context) -> None:
    for select in find_all(tree, exp.Select):
        if isinstance(select.parent, (exp.Subquery, exp.Exists, exp.In, exp.Array, exp.Any, exp.All)):
            for aggregate in find_all(select, exp.AggFunc):
                if aggregate.find_ancestor(exp.Select) is select and _is_of_outer_columns(aggregate, select):
                    raise ctx.error(
                        aggregate,
                        "An aggregate of columns of the query around it alone is computed over that query's rows in "
                        "DuckDB. Compute it there, or in a step of WITH.",
                    )


def _is_of_outer_columns(aggregate: exp.Expr, select: exp.Select) -> bool:
    columns = list(find_all(aggregate, exp.Column))
    from_ = select.args.get("from_")
    sources = [from_.this] if from_ is not None else []
    sources += [join.this for join in select.args.get("joins") or ()]
    sources += select.args.get("laterals") or []
    for source in sources:
        sources += source.args.get("joins") or ()  # a nested join names its own
    own = {source.alias_or_name for source in sources} | {
        name.name for source in sources for name in getattr(source.args.get("alias"), "columns", ())
    }
    return bool(columns) and all(column.table and column.table not in own for column in columns)
