"""The types of a moment, each with its own steps: data-types/<name>-transact-sql of the manual.

DATETIME2(n) and TIME(n) have n digits of a second, DATETIME steps of a three-hundredth, SMALLDATETIME whole minutes; a
value between is rounded. DATETIMEOFFSET is kept as the moment alone: what needs its offset is refused.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql times")
_T = exp.DType
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}"
_STAMP = rf"({_DAY})([ T][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,DIGITS}})?)?)?"
_TIME = rf"(({_DAY})[ T])?[0-9]{{1,2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?"
_OFFSET = _STAMP.replace("DIGITS", "6") + r"( ?([+-][0-9]{2}:[0-9]{2}|Z))?"


def pattern(to: exp.DType) -> str:
    """The texts that are read as a moment of this type."""
    if to == _T.TIME:
        return _TIME
    if to == _T.TIMESTAMPTZ:
        return _OFFSET
    return _STAMP.replace("DIGITS", "3" if to in (_T.DATETIME, _T.SMALLDATETIME) else "6")


def digits(kind: exp.Expr) -> int:
    """Digits of a second that a type has, seven unless said."""
    return int(kind.expressions[0].name) if kind.expressions and kind.expressions[0].name.isdigit() else 7


def rounded(stamp: exp.Expr, kind: exp.Expr, ctx: Context) -> exp.Expr:
    """A TIMESTAMP in the steps of the type."""
    if kind.this == _T.SMALLDATETIME:
        return ctx.macro("ts__minute", stamp, type="TIMESTAMP")
    if kind.this == _T.DATETIME:
        return ctx.macro("ts__tick", stamp, type="TIMESTAMP")
    if digits(kind) >= 6 or kind.this in (_T.TIMESTAMP, _T.TIMESTAMPNTZ):
        return stamp
    return ctx.macro("ts__steps", stamp, build.lit(10 ** (6 - digits(kind))), type="TIMESTAMP")


def text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The text of a moment without a style, None where its type is not known."""
    kind = ctx.type_of(node)
    if kind is None:
        return None
    if kind.this in (_T.DATETIME, _T.SMALLDATETIME) or isinstance(node, exp.CurrentTimestamp):
        return ctx.macro("ts__mon", node, type="VARCHAR")
    if kind.this == _T.DATETIME2:
        return ctx.macro("ts__shown", node, build.lit(_size(19, kind)), type="VARCHAR")
    if kind.this == _T.TIME and "steps" in node.meta:
        return ctx.macro("ts__shown_time", node, build.lit(_size(8, kind)), type="VARCHAR")
    return None


def _size(whole: int, kind: exp.Expr) -> int:
    return whole + (digits(kind) + 1 if digits(kind) else 0)


def local(node: exp.Expr, ctx: Context) -> None:
    """Refuse what reads the local time of a DATETIMEOFFSET."""
    if ctx.is_a(node, "timestamptz"):
        ctx.refuse(
            "timezone", node, "The offset of a DATETIMEOFFSET is not kept", "Convert to UTC before, as DATETIME2"
        )


@R.rule(exp.Year, exp.Month, exp.Day, exp.LastDay, exp.TimeToStr, exp.Add, exp.Sub)
def parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    local(node.this, ctx)
    return None
