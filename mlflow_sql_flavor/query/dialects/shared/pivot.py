"""PIVOT: each engine makes the names of its columns in its own way, of the values and the aggregates' aliases."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("shared pivot")


@R.rule(exp.Pivot)
def engine_names(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The columns' names, which sqlglot reads as the dialect makes them, written as aliases of the values."""
    wanted = [column.name for column in node.args.get("columns") or []]
    fields = node.args.get("fields") or []
    alias = node.args.get("alias")
    named_there = isinstance(alias, exp.TableAlias) and alias.columns
    if node.args.get("unpivot") or not wanted or len(fields) != 1 or named_there:
        return None
    values, aggregates = fields[0].expressions, node.expressions
    if len(aggregates) == 1 and len(wanted) == len(values):
        aggregates[0].replace(aggregates[0].unalias())
        named = [
            exp.PivotAlias(
                this=v.this if isinstance(v, exp.PivotAlias) else v, alias=exp.to_identifier(name, quoted=True)
            )
            for v, name in zip(values, wanted, strict=True)
        ]
        fields[0].set("expressions", named)
        return None
    here = [f"{v.alias_or_name}_{a.alias_or_name}".casefold() for v in values for a in aggregates]
    if here != [name.casefold() for name in wanted]:
        raise ctx.error(
            node,
            f"DuckDB names this PIVOT's columns otherwise than {', '.join(wanted[:4])}: write a SELECT of "
            "aggregates with FILTER (WHERE …) instead.",
        )
    return None
