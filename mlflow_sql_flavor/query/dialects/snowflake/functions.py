"""Everyday functions of Snowflake: each rule's page is sql-reference/functions/<name> of its manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented

__all__ = ["NAMES", "R"]

R = DialectRules("snowflake_functions")
_NAMES = """
    sha1 sha1_hex sha2 sha2_hex date_from_parts datefromparts next_day previous_day to_boolean try_to_boolean mode
    bitor_agg bitand_agg bitxor_agg yearofweek yearofweekiso strtok regexp_count regexp_instr get_path
    json_extract_path_text
"""
NAMES = frozenset(_NAMES.split())
_DAYS = {"mo": 1, "tu": 2, "we": 3, "th": 4, "fr": 5, "sa": 6, "su": 7}


@R.rule(exp.SHA, exp.SHA2)
def sha(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = node.args.get("length")
    if not ctx.is_a(node.this, "text") or (size is not None and documented.literal_int(size) != 256):
        ctx.refuse("hash", node, "This is verified for a text, and for SHA2 of 256 bits", "Use SHA2(text, 256)")
    return ctx.call("sha1" if isinstance(node, exp.SHA) else "sha256", node.this, type="VARCHAR")


@R.rule(exp.DateFromParts)
def date_from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Month 13 is January of the next year, day 0 the day before the first."""
    parts = [node.args[key] for key in ("year", "month", "day")]
    if not all(ctx.is_a(part, "int") for part in parts):
        ctx.refuse("implicit_cast", node, "DATE_FROM_PARTS is verified for whole numbers", "Cast the parts to INT")
    return ctx.macro("sf__date_from_parts", *parts, type="DATE")


@R.rule(exp.NextDay, exp.PreviousDay)
def next_day(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Later, or earlier, than the date itself; the first two letters of the day's name tell which."""
    day = _DAYS.get((common.text(node.expression) or "")[:2].lower())
    if day is None or not ctx.is_a(node.this, "date"):
        ctx.refuse("unfaithful", node, "This is verified for a DATE and a constant day", "Cast it, or name the day")
    name = "sf__next_day" if isinstance(node, exp.NextDay) else "sf__previous_day"
    return ctx.macro(name, node.this, common.lit(day or 1), type="DATE")


@R.rule(exp.YearOfWeek, exp.YearOfWeekIso)
def year_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "date", "timestamp"):
        ctx.refuse("implicit_cast", node, "This is verified for DATE and TIMESTAMP_NTZ", "Cast it")
    return ctx.call("isoyear", node.this, type="BIGINT")


@R.rule(exp.ToBoolean)
def to_boolean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "text"):
        return ctx.macro("sf__try_bool" if node.args.get("safe") else "sf__bool", node.this, type="BOOLEAN")
    if not ctx.is_a(node.this, "int", "decimal", "bool"):
        ctx.refuse("implicit_cast", node, "TO_BOOLEAN of this type is not verified", "Compare it with 0")
    return common.cast(node.this, "BOOLEAN")


@R.rule(exp.Mode)
def mode(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("order", node, "Of values that are equally frequent MODE may give any.")
    return None


@R.rule(exp.BitwiseOrAgg, exp.BitwiseAndAgg, exp.BitwiseXorAgg)
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "int"):
        ctx.refuse("implicit_cast", node, "This is verified for whole numbers", "Cast it to INT")
    return None


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
    digits = documented.scale(value, ctx)
    if digits is None and not ctx.is_a(value, "float"):
        ctx.refuse("unfaithful", node, "The digits of this number are not known", "Cast it to NUMBER(p, s)")
    made = documented.part_of_sum(exp.Paren(this=value), node, ctx)
    made.this.meta["translated"] = True
    return common.cast(made, "DOUBLE" if digits is None else f"DECIMAL(38, {max(digits, min(digits + 6, 12))})")


@R.rule(exp.Strtok)
def strtok(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Every character of the second argument ends a token; no token is empty."""
    part = documented.literal_int(node.args.get("part_index"))
    if not part or part < 1 or not common.text(node.args.get("delimiter")):
        ctx.refuse("unfaithful", node, "STRTOK is verified for constant delimiters and a constant part from 1 on",
                   "Write the number of the part")  # fmt: skip
    return ctx.macro("sf__strtok", node.this, node.args["delimiter"], common.lit(part or 1), type="VARCHAR")


def _pattern(node: exp.Expr, ctx: Context, most: int) -> tuple[exp.Expr, int, str]:
    """The pattern, how many groups it has, and DuckDB's options; only what matches no empty text."""
    pattern, flags = common.text(node.expression), ""
    given = node.args.get("parameters") or node.args.get("flag")
    if given is not None:
        flags = common.text(given) or "?"
    try:
        read = re.compile(pattern or "")
    except re.error:
        read = None
    if (
        read is None
        or read.search("")
        or argument_count(node, ctx) not in range(2, most + 1)
        or set(flags) - set("cie")
        or {"c", "i"} <= set(flags)
        or documented.literal_int(node.args.get("position") or common.lit(1)) != 1
    ):
        ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text, from "
                   "position 1 on, with the parameters c, i and e", "Write the pattern as a constant")  # fmt: skip
    return node.expression, read.groups if read else 0, "i" if "i" in flags else "c"


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, _, options = _pattern(node, ctx, 4)
    return ctx.call("len", ctx.call("regexp_extract_all", node.this, pattern, common.lit(0), common.lit(options)),
                    type="BIGINT")  # fmt: skip


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, _, _ = _pattern(node, ctx, 2)
    return ctx.macro("sf__regexp_instr", node.this, pattern, type="BIGINT")


def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr:
    """REGEXP_SUBSTR with an occurrence, parameters or a group; NULL where there is no such match."""
    pattern, groups, options = _pattern(node, ctx, 6)
    given = node.args.get("parameters")
    group: int | None = int("e" in (common.text(given) or "")) if given is not None else 0
    if argument_count(node, ctx) == 6:
        group = documented.literal_int(node.args.get("group"))
    occurrence = documented.literal_int(node.args.get("occurrence") or common.lit(1))
    if group is None or not 0 <= group <= groups or not occurrence or occurrence < 1:
        ctx.refuse("unfaithful", node, "This is verified for a constant occurrence and a group that the pattern has",
                   "Write their numbers")  # fmt: skip
    found = ctx.call("regexp_extract_all", node.this, pattern, common.lit(group or 0), common.lit(options))
    return ctx.call("list_extract", found, common.lit(occurrence or 1), type="VARCHAR")


@R.rule(exp.JSONExtractScalar)
def json_extract_path_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The text of GET_PATH of the parsed text."""
    if not ctx.is_a(node.this, "text") or not isinstance(node.expression, exp.JSONPath):
        ctx.refuse("json_text", node, "This is verified for a text and a constant path", "Use PARSE_JSON(text):path")
    found = exp.JSONExtract(this=common.cast(node.this, "JSON"), expression=node.expression)
    return ctx.macro("sf__json_text", found, type="VARCHAR")


_UNITS = {
    "year": "y yr yrs yy yyy yyyy year years", "quarter": "q qtr qtrs quarter quarters",
    "month": "mm mon mons month months", "week": "w wk weekofyear woy wy week weeks",
    "day": "d dd day dayofmonth days", "hour": "h hh hr hrs hour hours", "minute": "m mi min mins minute minutes",
    "second": "s sec secs second seconds", "millisecond": "ms msec millisecond milliseconds",
    "microsecond": "us usec microsecond microseconds",
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}


# data-types-datetime#interval-constants: amounts with units, seconds without one, added one after another
@R.normalise
def several_units(tree: exp.Expr, ctx: Context) -> None:
    for node in list(tree.find_all(exp.Interval)):
        written = common.text(node.this)
        if written is None or node.args.get("unit") is not None:
            continue
        parts = [re.fullmatch(r"\s*([+-]?\d+)\s*([a-zA-Z]*)\s*", part) for part in written.split(",")]
        spans = [(part[1], _UNIT_OF.get((part[2] or "s").lower())) for part in parts if part]
        if len(spans) < len(parts) or not all(unit for _, unit in spans):
            raise ctx.error(node, f"{written!r} is not an interval: write '1 day, 2 hours'.")
        steps = [exp.Interval(this=common.lit(amount), unit=exp.var(str(unit).upper())) for amount, unit in spans]
        sum_ = node.parent
        if len(steps) == 1:
            node.replace(steps[0])
        elif isinstance(sum_, (exp.Add, exp.Sub)) and sum_.expression is node:
            made = sum_.this
            for step in steps:
                made = type(sum_)(this=made, expression=step)
            sum_.replace(made)
        else:
            raise ctx.error(node, "Write an interval of several units behind the + or - of a date.")
