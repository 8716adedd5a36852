"""Functions of OVER: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, exact_numbers, ratios

R = DialectRules("snowflake windows")


# Windows
@R.function("conditional_true_event", "conditional_change_event")
def event_alone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Window):
        raise ctx.error(node, f"{node.name} needs OVER.")
    return None


@R.rule(exp.Window)
def conditional_true_event(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """How often the condition held up to the row."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or not call.name.lower().startswith("conditional_"):
        return None
    if call.name.lower() != "conditional_true_event" or node.args.get("spec"):
        ctx.refuse("unfaithful", node, "CONDITIONAL_CHANGE_EVENT is not verified", "Compare with LAG in a subquery")
    held = exp.Case(ifs=[exp.If(this=call.expressions[0], true=build.lit(1))])
    made = node.copy()
    made.set("this", ctx.call("count", held))
    rows = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW", over="OVER")
    made.set("spec", rows)
    return made


@R.function("ratio_to_report")
def ratio_alone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Window) or len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "RATIO_TO_REPORT is verified with OVER", "Write OVER ()")
    return None


@R.rule(exp.Window)
def ratio_to_report(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The value divided by the partition's sum, NULL where that is 0; an order within OVER changes nothing."""
    call = node.this
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "ratio_to_report":
        return None
    value = call.expressions[0]
    if not ctx.is_a(value, "number") or node.args.get("spec") or node.args.get("alias"):
        ctx.refuse("unfaithful", node, "RATIO_TO_REPORT is verified for numbers over a whole partition", "Cast it")
    digits = exact_numbers.scale(value, ctx)
    if digits is None and not ctx.is_a(value, "float"):
        ctx.refuse("unfaithful", node, "The digits of this number are not known", "Cast it to NUMBER(p, s)")
    made = ratios.part_of_sum(exp.Paren(this=value), node, ctx)
    made.this.meta["translated"] = True
    return build.cast(made, "DOUBLE" if digits is None else f"DECIMAL(38, {max(digits, min(digits + 6, 12))})")


@R.rule(exp.Window)
def listagg_over(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LISTAGG over the whole partition; it takes no order and no frame there. A mean of integers has six digits."""
    if isinstance(node.this, exp.Avg) and ctx.is_a(node.this.this, "int"):
        return build.cast(node.copy(), "DECIMAL(38, 6)")
    if not node.meta.get("listagg"):
        return None
    if node.args.get("order") or node.args.get("spec"):
        ctx.refuse("unfaithful", node, "LISTAGG OVER takes a partition alone", "Leave the order out")
    made = exp.Coalesce(this=node.copy(), expressions=[build.lit("")])
    made.type = exp.DataType.build("VARCHAR")
    return made
