"""Aliases that later outputs read. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select.html"""

from __future__ import annotations

from collections import Counter

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("databricks names")
_LONGEST = 100  # nodes


@R.prepare
def written_again(tree: exp.Expr, ctx: Context) -> None:
    """``lower(k) AS a, a || '!' AS b``: the alias's text in its place; DuckDB reads no alias of what may raise."""
    columns = {name.lower() for name in ctx.columns}
    made = Counter(alias.alias.lower() for alias in tree.find_all(exp.Alias, exp.TableAlias))
    for select in tree.find_all(exp.Select):
        known: dict[str, exp.Expr] = {}
        for item in select.expressions:
            inner = item.this if isinstance(item, exp.Alias) else item
            if known:
                for column in list(inner.find_all(exp.Column)):
                    found = known.get(column.name.lower()) if not column.table else None
                    if found is None or column.find_ancestor(exp.Select) is not select:
                        continue
                    again = exp.Paren(this=found.copy())
                    again.type = found.type
                    column.replace(again)
            if isinstance(item, exp.Alias):
                name = item.alias.lower()
                if (
                    name not in columns
                    and made[name] == 1
                    and not item.this.find(exp.Query, exp.Explode)
                    and _short(item)
                ):
                    known[name] = item.this


def _short(item: exp.Expr) -> bool:
    """Aliases of aliases, each used twice, would double in length again and again."""
    return sum(1 for _ in item.walk()) <= _LONGEST
