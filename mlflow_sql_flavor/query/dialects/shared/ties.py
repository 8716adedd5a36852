"""TOP and FETCH WITH TIES."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .build import literal_int


def ties(tree: exp.Expr, ctx: Context) -> None:
    """TOP or FETCH n WITH TIES: the rows whose rank is at most n."""
    for select in list(find_all(tree, exp.Select)):
        limit, order = select.args.get("limit"), select.args.get("order")
        options = limit.args.get("limit_options") if limit is not None else None
        if limit is None or options is None or not (options.args.get("with_ties") or options.args.get("percent")):
            continue
        number = limit.args.get("count") or limit.args.get("expression")
        skipped = select.args.get("offset")
        if options.args.get("percent") or order is None or literal_int(number) is None or (
            select.args.get("distinct") or select.args.get("qualify")
            or (skipped is not None and literal_int(skipped.expression) is None)
        ):  # fmt: skip
            ctx.refuse("unfaithful", limit, "A share of the rows, or WITH TIES beside other clauses, is not verified",
                       "Use RANK() in a subquery")  # fmt: skip
        named = {e.alias: e.this for e in select.expressions if isinstance(e, exp.Alias)}
        keys = order.copy() if order is not None else None
        for column in list(find_all(keys, exp.Column)) if keys is not None else ():
            if not column.table and column.name in named:
                column.replace(named[column.name].copy())
        rank = exp.Window(this=ctx.call("rank"), order=keys)
        last = (literal_int(number) or 0) + (literal_int(skipped.expression) or 0 if skipped is not None else 0)
        select.set("qualify", exp.Qualify(this=exp.LTE(this=rank, expression=exp.Literal.number(last))))
        select.set("limit", None)
