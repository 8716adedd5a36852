"""SQL Server's tables: APPLY, STRING_SPLIT, PIVOT, recursion, and texts that end in blanks as keys."""

from __future__ import annotations

from sqlglot import exp

from . import DialectRules, common, documented
from .context import Context

__all__ = ["R"]

R = DialectRules("tsql_relations")


def _split(call: exp.Expr, ctx: Context) -> exp.Expr:
    """functions/string-split-transact-sql."""
    this, separator, *ordinal = call.expressions
    if not common.text(separator) or len(common.text(separator) or "") != 1 or (
        ordinal and documented.literal_int(ordinal[0]) not in (0, 1)
    ):  # fmt: skip
        ctx.refuse("unfaithful", call, "STRING_SPLIT is verified for a constant separator of one character", "Write it")
    parts = ctx.call("string_split", this, separator)
    columns = [exp.alias_(ctx.call("unnest", parts), "value")]
    if ordinal and documented.literal_int(ordinal[0]) == 1:
        places = ctx.call("generate_series", common.lit(1), ctx.call("len", parts.copy()))
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
        field.set("expressions", [common.lit(item.name) for item in field.expressions])
    return None


# Trailing blanks do not count where texts are compared, grouped or told apart.
def _bare(node: exp.Expr, ctx: Context) -> exp.Expr:
    literal = common.text(node)
    if literal is not None:
        return common.lit(literal.rstrip(" "))
    return ctx.call("rtrim", node, type="VARCHAR") if ctx.is_a(node, "text") else node


@R.rule(exp.In)
def in_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "text") or isinstance(node.parent, exp.Pivot):
        return None
    query = node.args.get("query")
    if query is not None:
        select = query.this if isinstance(query, exp.Subquery) else query
        if not isinstance(select, exp.Select) or len(select.expressions) != 1 or select.args.get("distinct"):
            ctx.refuse("collation", node, "Trailing blanks do not count in SQL Server's IN", "Use EXISTS with =")
            return None
        item = select.expressions[0]
        value = item.this if isinstance(item, exp.Alias) else item
        select.set("expressions", [_bare(value, ctx)])
    node.set("this", _bare(node.this, ctx))
    node.set("expressions", [_bare(e, ctx) for e in node.expressions])
    return None


@R.rule(exp.Case)
def case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.this is None or not ctx.is_a(node.this, "text"):
        return None
    node.set("this", _bare(node.this, ctx))
    for branch in node.args["ifs"]:
        branch.set("this", _bare(branch.this, ctx))
    return None


@R.rule(exp.Between)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "low", "high"):
        node.set(key, _bare(node.args[key], ctx))
    return None


@R.rule(exp.Nullif)
def nullif(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "text") or node.meta.get("translated"):
        return None
    same = exp.EQ(this=_bare(node.this, ctx), expression=_bare(node.expression, ctx))
    return exp.Case(ifs=[exp.If(this=same, true=exp.Null())], default=node.this.copy())


@R.rule(exp.Count)
def counted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.this, exp.Distinct):
        node.this.set("expressions", [_bare(e, ctx) for e in node.this.expressions])
    return None


@R.prepare
def keys(tree: exp.Expr, ctx: Context) -> None:
    """Texts that are keys are refused while the query runs where they end in blanks."""
    for select in list(tree.find_all(exp.Select)):
        group = select.args.get("group")
        found = list(group.expressions) if group is not None else []
        if select.args.get("distinct") is not None:
            found += [e.unalias() for e in select.expressions]
        for window in select.find_all(exp.Window):
            if window.find_ancestor(exp.Select) is select:
                found += window.args.get("partition_by") or []
        names: dict[str, exp.Expr] = {}
        for key in found:
            if isinstance(key, exp.Column) and ctx.is_a(key, "text"):
                names[key.sql()] = key
        for key in names.values():
            select.where(ctx.macro("ts__flat", key.copy(), type="BOOLEAN"), copy=False)
