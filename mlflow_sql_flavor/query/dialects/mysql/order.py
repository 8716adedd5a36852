"""Order among texts: https://dev.mysql.com/doc/refman/8.0/en/charset-unicode-sets.html

MySQL sorts by the Unicode Collation Algorithm: blanks, then signs, digits and letters. DuckDB's folded texts sort by
code point, which is as good for equality and faster; ICU's order is asked for where a query orders texts.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("mysql order")


_ORDERED = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.Min, exp.Max, exp.Greatest, exp.Least)


@R.prepare
def sorted_texts(tree: exp.Expr, ctx: Context) -> None:
    for node in tree.find_all(exp.Ordered, exp.Anonymous, *_ORDERED):
        value = node.this
        if isinstance(node, exp.Anonymous):
            if node.name.lower() != "strcmp":
                continue
            value = node.expressions[0]
        if isinstance(value, exp.Literal) and not value.is_string and isinstance(node, exp.Ordered):
            found = _item(node, int(value.this) if str(value.this).isdigit() else 0)
            value = value if found is None else found
        if isinstance(value, (exp.Column, exp.Alias)) and ctx.unknown(value):
            found = _named(node, value.name)
            value = value if found is None else found
        if ctx.is_a(value, "text") or (ctx.unknown(value) and isinstance(node, exp.Ordered)):
            ctx.set("default_collation", "nocase.noaccent.en")
            return


def _query(node: exp.Expr) -> exp.Query | None:
    order = node.parent
    return order.parent if isinstance(order, exp.Order) and isinstance(order.parent, exp.Query) else None


def _item(node: exp.Expr, index: int) -> exp.Expr | None:
    query = _query(node)
    selects = query.selects if query is not None else []
    return selects[index - 1].unalias() if 0 < index <= len(selects) else None


def _named(node: exp.Expr, name: str) -> exp.Expr | None:
    query = _query(node)
    for item in query.selects if query is not None else ():
        if item.alias_or_name.casefold() == name.casefold():
            return item.unalias()
    return None
