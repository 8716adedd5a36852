"""Texts that end in blanks, in engines to which those do not count: where texts are compared, grouped or told apart."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from . import build


def _bare(node: exp.Expr, ctx: Context) -> exp.Expr:
    literal = build.text(node)
    if literal is not None:
        return build.lit(literal.rstrip(" "))
    return ctx.call("rtrim", node, type="VARCHAR") if ctx.is_a(node, "text") else node


def rules(flat: str) -> DialectRules:
    """The rules; ``flat`` is the macro of the pack that refuses a text that ends in blanks."""
    found = DialectRules("blanks")

    @found.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
    def compared(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        for key in ("this", "expression"):
            if ctx.is_a(node.args[key], "text"):
                node.set(key, _bare(node.args[key], ctx))
        return None

    @found.rule(exp.In)
    def in_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if not ctx.is_a(node.this, "text") or isinstance(node.parent, exp.Pivot):
            return None
        query = node.args.get("query")
        if query is not None:
            select = query.this if isinstance(query, exp.Subquery) else query
            if not isinstance(select, exp.Select) or len(select.expressions) != 1 or select.args.get("distinct"):
                ctx.refuse("collation", node, "Trailing blanks do not count in IN", "Use EXISTS with =")
                return None
            item = select.expressions[0]
            value = item.this if isinstance(item, exp.Alias) else item
            select.set("expressions", [_bare(value, ctx)])
        node.set("this", _bare(node.this, ctx))
        node.set("expressions", [_bare(e, ctx) for e in node.expressions])
        return None

    @found.rule(exp.Case)
    def case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if node.this is None or not ctx.is_a(node.this, "text"):
            return None
        node.set("this", _bare(node.this, ctx))
        for branch in node.args["ifs"]:
            branch.set("this", _bare(branch.this, ctx))
        return None

    @found.rule(exp.Between)
    def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        for key in ("this", "low", "high"):
            node.set(key, _bare(node.args[key], ctx))
        return None

    @found.rule(exp.Nullif)
    def nullif(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if not ctx.is_a(node.this, "text") or node.meta.get("translated"):
            return None
        same = exp.EQ(this=_bare(node.this, ctx), expression=_bare(node.expression, ctx))
        return exp.Case(ifs=[exp.If(this=same, true=exp.Null())], default=node.this.copy())

    @found.rule(exp.Count)
    def counted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        if isinstance(node.this, exp.Distinct):
            node.this.set("expressions", [_bare(e, ctx) for e in node.this.expressions])
        return None

    @found.prepare
    def keys(tree: exp.Expr, ctx: Context) -> None:
        """Texts that are keys are refused while the query runs where they end in blanks."""
        for select in list(find_all(tree, exp.Select)):
            group = select.args.get("group")
            found = list(group.expressions) if group is not None else []
            if select.args.get("distinct") is not None:
                found += [e.unalias() for e in select.expressions]
            for window in find_all(select, exp.Window):
                if window.find_ancestor(exp.Select) is select:
                    found += window.args.get("partition_by") or []
            names: dict[str, exp.Expr] = {}
            for key in found:
                if isinstance(key, exp.Column) and ctx.is_a(key, "text"):
                    names[key.sql()] = key
            for key in names.values():
                select.where(ctx.macro(flat, key.copy(), type="BOOLEAN"), copy=False)

    return found
