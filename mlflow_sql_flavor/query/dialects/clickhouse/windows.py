"""Functions of OVER: https://clickhouse.com/docs/sql-reference/window-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .nulls import condition, default_of, of_argument, of_none

R = DialectRules("clickhouse windows")


def empty_frame(node: exp.Expr) -> None:
    """A moving frame may hold no row at all: of the default then, where the argument is not Nullable."""
    spec = node.parent.args.get("spec") if node.parent is not None else None
    if spec is None or of_argument(node) is True:
        return
    start, end = (str(spec.args.get(f"{side}_side") or "").upper() for side in ("start", "end"))
    if node.parent is not None and (start == "FOLLOWING" or end == "PRECEDING"):
        node.parent.meta["empty_frame"] = of_argument(node)


@R.rule(exp.Window)
def empty_frames(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = node.meta.pop("empty_frame", None)
    if found is None:
        return None
    counted = node.copy()
    counted.set("this", exp.Count(this=exp.Star()))
    value = node.copy()
    value.type = node.type
    nan = exp.Cast(this=exp.Literal.string("nan"), to=exp.DataType.build("DOUBLE"))
    default = nan if isinstance(node.this, exp.Avg) else default_of(node.this, ctx)
    return of_none(value, counted, found, default, ctx)


# Window functions: https://clickhouse.com/docs/sql-reference/window-functions
@R.rule(exp.FirstValue, exp.LastValue)
def skipping_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/aggregate-functions/reference/first_value: NULLs are skipped
    if isinstance(node.parent, (exp.IgnoreNulls, exp.RespectNulls)):
        return None
    if not isinstance(node.parent, exp.Window):
        kind = "first" if isinstance(node, exp.FirstValue) else "last"
        given = exp.Not(this=exp.Is(this=node.this.copy(), expression=exp.Null()))
        return exp.Filter(this=ctx.call(kind, node.this), expression=exp.Where(this=given))
    made = exp.IgnoreNulls(this=node.copy())
    made.type = node.type
    return made


@R.function("laginframe", "leadinframe")
def in_frame(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The frame bounds them: the default frame ends at the current row
    window, name = node.parent, node.name.lower()
    spec = window.args.get("spec") if isinstance(window, exp.Window) else None
    if not isinstance(window, exp.Window) or window.args.get("alias") is not None:
        raise ctx.error(node, f"{node.name} has a counterpart with its own OVER (...).")
    start, end = ((str((spec.args if spec else {}).get(f"{side}_side") or ""), (spec.args if spec else {}).get(side))
                  for side in ("start", "end"))  # fmt: skip
    whole = spec is not None and start[1] == end[1] == "UNBOUNDED"
    until = spec is None or (start[1] == "UNBOUNDED" and end[1] == "CURRENT ROW")
    if not (whole or (until and name.startswith("lag"))):
        raise ctx.error(
            node, f"{node.name} has a counterpart in a frame from UNBOUNDED PRECEDING to UNBOUNDED FOLLOWING."
        )
    window.set("spec", None)
    value, *rest = node.expressions
    kind = exp.Lag if name.startswith("lag") else exp.Lead
    made = kind(this=value, offset=rest[0] if rest else None, default=rest[1] if len(rest) > 1 else None)
    made.meta["argument"], made.type = node.meta.get("argument", []), value.type
    return made


@R.rule(exp.Window)
def beyond(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # lag, lead and nth_value outside of the rows: the type's default where it is not Nullable
    call = node.this.this if isinstance(node.this, exp.IgnoreNulls) else node.this
    of_frame = isinstance(call, (exp.FirstValue, exp.LastValue)) and _may_be_empty(node)
    moved = isinstance(call, (exp.Lag, exp.Lead, exp.NthValue)) and call.args.get("default") is None
    if not (of_frame or moved):
        return None
    found = of_argument(call)
    if found is True:
        return None
    value = node.copy()
    value.type = call.this.type
    asked = node.copy()
    if of_frame:
        asked.set("this", exp.Count(this=exp.Star(), big_int=True))
    else:
        asked.this.set("this", build.lit(1))
    rows = exp.Coalesce(this=asked, expressions=[build.lit(0)])
    default = default_of(call.this, ctx) if found is False else None
    if found is False and not of_frame and ctx.is_a(call.this, "date", "timestamp"):
        kind = ctx.type_of(call.this)
        default = build.cast(build.lit("1970-01-01"), "DATE" if ctx.is_a(call.this, "date") else "TIMESTAMP")
        value.type = kind
    if default is not None:
        return ctx.macro("ch__default", value, rows, default)
    made = ctx.macro("ch__of_rows", value, rows, condition(found))
    made.type = call.this.type
    return made


def _may_be_empty(window: exp.Expr) -> bool:
    """Whether a frame leaves out the current row."""
    spec = window.args.get("spec")
    ends = [(spec.args.get(side), spec.args.get(f"{side}_side")) for side in ("start", "end")] if spec else []
    return bool(ends) and not any(end == "CURRENT ROW" for end, _ in ends) and ends[0][1] == ends[1][1]
