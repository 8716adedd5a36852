"""SQL Server's tables: APPLY, STRING_SPLIT and PIVOT."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql relations")


def _split(call: exp.Expr, ctx: Context) -> exp.Expr:
    """functions/string-split-transact-sql."""
    this, separator, *ordinal = call.expressions
    if not build.text(separator) or len(build.text(separator) or "") != 1 or (
        ordinal and build.literal_int(ordinal[0]) not in (0, 1)
    ):  # fmt: skip
        ctx.refuse("unfaithful", call, "STRING_SPLIT is verified for a constant separator of one character", "Write it")
    parts = ctx.call("string_split", this, separator)
    columns = [exp.alias_(ctx.call("unnest", parts), "value")]
    if ordinal and build.literal_int(ordinal[0]) == 1:
        places = ctx.call("generate_series", build.lit(1), ctx.call("len", parts.copy()))
        columns.append(exp.alias_(ctx.call("unnest", places), "ordinal"))
    return exp.Subquery(this=exp.Select(expressions=columns))


@R.rule(exp.Lateral)
def applied(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call, alias = node.this, node.args.get("alias")
    if not isinstance(call, exp.Anonymous):
        return None
    if call.name.lower() != "string_split" or len(call.expressions) not in (2, 3):
        ctx.refuse("unfaithful", node, "APPLY is verified for STRING_SPLIT and subqueries", "Use a subquery")
        return None
    made = exp.Lateral(this=_split(call, ctx), cross_apply=node.args.get("cross_apply"))
    name = exp.to_identifier(alias.name if alias is not None else "_split")
    made.set("alias", exp.TableAlias(this=name, columns=alias.args.get("columns") if alias is not None else None))
    return made


@R.rule(exp.Table)
def string_split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call, alias = node.this, node.args.get("alias")
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "string_split":
        return None
    made = _split(call, ctx)
    made.set("alias", alias or exp.TableAlias(this=exp.to_identifier("_split")))
    return made


@R.rule(exp.Join)
def apply(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """OUTER APPLY keeps the rows on the left."""
    if not isinstance(node.this, exp.Lateral) or node.args.get("side") or node.args.get("on"):
        return None
    outer = node.this.args.get("cross_apply") is False
    node.this.set("cross_apply", None)
    if outer:
        node.set("side", "LEFT")
        node.set("on", exp.true())
    else:
        node.set("kind", "CROSS")
    return None


@R.rule(exp.Pivot)
def pivot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """queries/from-using-pivot-and-unpivot: the names in IN are the values."""
    if node.args.get("unpivot"):
        return None
    for field in node.args.get("fields") or ():
        if not all(isinstance(item, exp.Column) for item in field.expressions):
            ctx.refuse("unfaithful", node, "PIVOT is verified for names in brackets", "Write IN ([a], [b])")
        field.set("expressions", [build.lit(item.name) for item in field.expressions])
    return None
