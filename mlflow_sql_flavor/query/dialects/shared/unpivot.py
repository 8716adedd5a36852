"""Names that UNPIVOT writes into its name column, in engines that fold unquoted names to upper case."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("shared unpivot")


@R.rule(exp.Pivot)
def folded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``FOR n IN (q1, "q2")`` gives 'Q1' and 'q2'; DuckDB gives the names as the table has them."""
    if not node.args.get("unpivot"):
        return None
    for field in node.args.get("fields") or ():
        items: list[exp.Expr] = []
        for item in field.expressions:
            if isinstance(item, exp.Column):
                name = item.this
                label = exp.to_identifier(name.name if name.quoted else name.name.upper(), quoted=True)
                item = exp.PivotAlias(this=item, alias=label)
            elif isinstance(item, exp.PivotAlias) and isinstance(item.args["alias"], exp.Identifier):
                label = item.args["alias"]
                if not label.quoted:
                    item.set("alias", exp.to_identifier(label.name.upper(), quoted=True))
            elif not isinstance(item, exp.PivotAlias):
                ctx.refuse("unfaithful", node, "The name UNPIVOT gives to several columns is not verified", "Name them")
            items.append(item)
        field.set("expressions", items)
    return None
