"""VALUES, LIMIT and recursion: https://sqlite.org/lang_select.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("sqlite relations")


@R.prepare
def values_columns(tree: exp.Expr, ctx: Context) -> None:
    # https://sqlite.org/lang_select.html: the columns of VALUES are column1, column2 ...
    for values in find_all(tree, exp.Values):
        holder = values.parent if isinstance(values.parent, exp.Subquery) else values
        alias = holder.args.get("alias")
        if not isinstance(holder.parent, (exp.From, exp.Join)) or (alias is not None and alias.columns):
            continue
        first = values.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        columns = [exp.to_identifier(f"column{i + 1}") for i in range(width)]
        name = alias.this if alias is not None else exp.to_identifier("_values")
        holder.set("alias", exp.TableAlias(this=name, columns=columns))


@R.prepare
def no_circle(tree: exp.Expr, ctx: Context) -> None:
    # A CTE that reads a table of its own name refers to itself: "circular reference"
    for cte in find_all(tree, exp.CTE):
        with_ = cte.parent
        recursive = isinstance(with_, exp.With) and with_.args.get("recursive")
        for table in find_all(cte.this, exp.Table):
            if table.name.casefold() == cte.alias.casefold() and not table.db and not recursive:
                raise ctx.error(table, f"SQLite reads {table.name!r} inside {cte.alias!r} as itself: rename the CTE.")


@R.rule(exp.Limit)
def no_limit(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_select.html#limitoffset: a negative LIMIT is none
    if isinstance(node.expression, exp.Neg) and isinstance(node.expression.this, exp.Literal):
        node.set("expression", build.lit(9223372036854775807))
    return None
