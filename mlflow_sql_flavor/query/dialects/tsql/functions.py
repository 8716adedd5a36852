"""SQL Server's everyday functions: each rule's page is t-sql/functions/<name>-transact-sql of its manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...translation.functions import written_name
from .. import DialectRules
from ..databricks.dates import argument_count
from ..databricks.formats import written_text
from ..shared import common, documented

__all__ = ["NAMES", "R"]

R = DialectRules("tsql_functions")
_NAMES = """
    log log10 unicode quotename translate datename datetrunc datetimefromparts datetime2fromparts greatest least
    grouping newid datediff_big json_value sysdatetime timestamp_from_parts uuid ln sin
"""
NAMES = frozenset(_NAMES.split())
_T = exp.DType


# Functions of numbers
@R.rule(exp.Pow)
def power(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The result has the type of the base."""
    base = node.this
    if ctx.is_a(base, "int"):
        return common.cast(ctx.call("trunc", ctx.call("power", base, node.expression)), "BIGINT")
    if ctx.is_a(base, "decimal"):
        digits = documented.scale(base, ctx)
        if digits is None:
            ctx.refuse("unfaithful", node, "The digits of this power are not known here", "CAST its base to FLOAT")
        return common.cast(ctx.call("power", base, node.expression), f"DECIMAL(38, {digits or 0})")
    return None


@R.rule(exp.Round)
def round_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A third argument other than 0 cuts."""
    cut, digits = node.args.get("truncate"), node.args.get("decimals")
    if digits is None:
        raise ctx.error(node, "ROUND needs the number of digits.")
    if cut is None:
        return None
    if documented.literal_int(cut) is None or documented.literal_int(digits) is None:
        ctx.refuse("unfaithful", node, "ROUND with a function is verified for constants", "Write the numbers")
    if documented.literal_int(cut) == 0:
        node.set("truncate", None)
        return None
    return ctx.call("trunc", node.this, digits)


@R.function("str")
def str_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Right-aligned; ten characters and no digits unless said."""
    value, *rest = node.expressions
    sizes = [documented.literal_int(r) for r in rest]
    if not ctx.is_a(value, "number") or None in sizes:
        ctx.refuse("number_format", node, "STR is verified for a number and constant sizes", "Cast it")
    size, places = ([*sizes, None, None][i] for i in (0, 1))
    return ctx.macro("ts__str", common.cast(value, "DOUBLE"), common.lit(10 if size is None else size),
                     common.lit(places or 0), type="VARCHAR")  # fmt: skip


@R.function("isnumeric")
def isnumeric(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    if ctx.is_a(this, "number"):
        return exp.Case(ifs=[exp.If(this=exp.Is(this=this, expression=exp.Null()), true=common.lit(0))],
                        default=common.lit(1))  # fmt: skip
    return ctx.macro("ts__isnumeric", this, type="INTEGER")


@R.function("isdate")
def isdate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("ts__isdate", node.expressions[0], type="INTEGER")


@R.function("isjson")
def isjson(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "ISJSON is verified for one argument", "Leave the other out")
    return ctx.macro("ts__isjson", node.expressions[0], type="INTEGER")


@R.rule(exp.JSONExtractScalar)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL for objects and arrays; texts of numbers as they are written."""
    return ctx.macro("ts__json_value", exp.JSONExtract(this=node.this, expression=node.expression), type="VARCHAR")


# Functions of texts
@R.function("nchar")
def nchar(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("chr", node.expressions[0], type="VARCHAR")


@R.function("quotename")
def quotename(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "QUOTENAME is verified with brackets", "Leave the character out")
    inner = exp.Replace(this=node.expressions[0], expression=common.lit("]"), replacement=common.lit("]]"))
    return ctx.call("concat", common.lit("["), inner, common.lit("]"), type="VARCHAR")


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    old, new = common.text(node.args["from_"]), common.text(node.args["to"])
    if old is None or new is None or any(c.isalpha() for c in old):
        ctx.refuse("collation", node, "TRANSLATE looks without case in SQL Server", "Use constants without letters")
    elif len(old) != len(new):
        raise ctx.error(node, "TRANSLATE needs as many new characters as old ones.")
    return ctx.call("translate", node.this, node.args["from_"], node.args["to"], type="VARCHAR")


@R.rule(exp.ConcatWs)
def concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is passed over, '' is not."""
    if not all(ctx.is_a(a, "text", "int", "decimal", "date") or isinstance(a, exp.Null) for a in node.expressions):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    return ctx.call("concat_ws", *node.expressions, type="VARCHAR")


def regex(pattern: str, escape: str = "") -> str | None:
    """A pattern of LIKE as a regular expression; None where it is malformed."""
    out, i = "", 0
    while i < len(pattern):
        char = pattern[i]
        if escape and char == escape:
            if i + 1 >= len(pattern):
                return None
            out += re.escape(pattern[i + 1])
            i += 2
            continue
        if char == "[":
            end = pattern.find("]", i + 2 if pattern[i + 1 : i + 2] != "^" else i + 3)
            if end < 0:
                return None
            body = pattern[i + 1 : end]
            negated = body.startswith("^")
            body = body[1:] if negated else body
            if any(not c.isascii() for c in body) or re.search(r"[A-Za-z]-[^A-Za-z]|[^A-Za-z0-9]-[A-Za-z]", body):
                return None
            safe = re.sub(r"([\\\[\]^&~|])", r"\\\1", body)
            out += f"[{'^' if negated else ''}{safe}]"
            i = end + 1
            continue
        out += {"%": ".*", "_": "."}.get(char) or re.escape(char)
        i += 1
    return out


@R.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """language-elements/like-transact-sql: without case, with [a-z]; trailing blanks depend on the column's type."""
    if isinstance(node.parent, exp.Escape):
        return None
    return _like(node, "", ctx)


@R.rule(exp.Escape)
def escaped(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.this, exp.Like):
        return None
    sign = common.text(node.expression)
    if not sign or len(sign) != 1:
        raise ctx.error(node, "ESCAPE takes one character.")
    return _like(node.this, sign, ctx)


def _like(node: exp.Expr, escape: str, ctx: Context) -> exp.Expr:
    pattern = common.text(node.expression)
    if pattern is None or not ctx.is_a(node.this, "text"):
        ctx.refuse("collation", node, "LIKE is verified for texts and a constant pattern", "Use CHARINDEX")
    pattern = pattern or ""
    this = node.this if pattern.endswith("%") else ctx.macro("ts__flat_text", node.this, type="VARCHAR")
    if not escape and "[" not in pattern:
        made: exp.Expr = exp.ILike(this=this, expression=node.expression)
    else:
        found = regex(pattern, escape)
        if found is None:
            ctx.refuse("collation", node, "This pattern of LIKE is not verified", "Use CHARINDEX")
        made = ctx.call("regexp_full_match", this, common.lit(found or ""), common.lit("is"), type="BOOLEAN")
    return exp.Not(this=made) if node.args.get("negate") else made


@R.function("patindex")
def patindex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern, this = common.text(node.expressions[0]), node.expressions[1]
    if pattern is not None and re.fullmatch(r"%[^%_\[\]]+%", pattern):
        return ctx.macro("ts__charindex", common.lit(pattern[1:-1]), this, type="INTEGER")
    inner = (pattern or "").strip("%")
    found = regex(inner) if pattern and inner else None
    if found is None or "%" in inner:
        ctx.refuse("unfaithful", node, "PATINDEX is verified for a constant pattern with % at its ends only",
                   "Use CHARINDEX")  # fmt: skip
    head = "" if pattern and pattern.startswith("%") else "^"
    tail = "" if pattern and pattern.endswith("%") else "$"
    return ctx.macro("ts__patindex", this, common.lit(f"{head}(?:{found or ''}){tail}"), type="INTEGER")


@R.rule(exp.StrPosition)
def charindex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start = node.args.get("position")
    if start is None:
        return ctx.macro("ts__charindex", node.args["substr"], node.this, type="INTEGER")
    return ctx.macro("ts__charindex_from", node.args["substr"], node.this, start, type="INTEGER")


@R.rule(exp.Replace)
def replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Without case."""
    old = common.text(node.expression)
    if old is None:
        ctx.refuse("collation", node, "REPLACE looks without case in SQL Server", "Replace a constant text")
    if not old or not any(c.isalpha() for c in old):
        return None
    new = exp.Replace(this=node.args["replacement"], expression=common.lit("\\"), replacement=common.lit("\\\\"))
    return ctx.call("regexp_replace", node.this, common.lit(re.escape(old).replace("\\ ", " ")), new,
                    common.lit("gi"), type="VARCHAR")  # fmt: skip


# functions/isnull-transact-sql: the type of the first argument
@R.rule(exp.Coalesce)
def isnull(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.args.get("is_null") or node.meta.get("translated"):
        return None
    first, (other, *_) = node.this, node.expressions
    if isinstance(first, exp.Null) or isinstance(other, exp.Null):
        return None
    node.meta["translated"] = True
    if ctx.is_a(first, "int") and ctx.is_a(other, "decimal", "float"):
        node.set("expressions", [common.cast(ctx.call("trunc", other), "BIGINT")])
    elif ctx.is_a(first, "decimal") and ctx.is_a(other, "decimal", "float"):
        digits = documented.scale(first, ctx)
        if digits is None:
            ctx.refuse("unfaithful", node, "The digits of this ISNULL are not known", "Use COALESCE")
        node.set("expressions", [common.cast(other, f"DECIMAL(38, {digits or 0})")])
    elif ctx.is_a(first, "text") and ctx.is_a(other, "text"):
        kind = first.meta.get("length")
        if kind is not None:
            node.set("expressions", [ctx.macro("common__varchar", other, common.lit(kind), type="VARCHAR")])
    elif ctx.is_a(first, "text") and ctx.is_a(other, "int", "decimal"):
        node.set("expressions", [common.cast(other, "VARCHAR")])
    elif ctx.is_a(first, "date", "timestamp") and common.text(other) is not None:
        kind = "DATE" if ctx.is_a(first, "date") else "TIMESTAMP"
        node.set("expressions", [common.cast(other, kind)])
    elif ctx.is_a(first, "number") != ctx.is_a(other, "number"):
        ctx.refuse("implicit_cast", node, "ISNULL converts its second argument to the type of the first",
                   "Write the conversion with CAST")  # fmt: skip
    return None


# Functions of dates
def moment(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A text or whole number where a date is asked for: numbers count days from 1900-01-01."""
    days = documented.literal_int(node)
    if days is not None:
        start = exp.Add(this=common.cast(common.lit("1900-01-01"), "TIMESTAMP"),
                        expression=ctx.call("to_days", common.lit(days)))  # fmt: skip
        return common.cast(exp.Paren(this=start), "TIMESTAMP")
    return common.cast(node, "TIMESTAMP") if common.text(node) is not None else node


@R.rule(exp.TimestampFromParts)
def from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args[key] for key in ("year", "month", "day", "hour", "min", "sec")]
    rest = [node.args[key] for key in ("milli", "nano", "zone") if node.args.get(key) is not None]
    if any(documented.literal_int(r) != 0 for r in rest[:1]):
        ctx.refuse("unfaithful", node, "This is verified for no fractions of a second", "Write 0")
    return ctx.call("make_timestamp", *parts, type="TIMESTAMP")


_NAMED = {"MONTH": "%B", "MM": "%B", "M": "%B", "WEEKDAY": "%A", "DW": "%A", "W": "%A"}
_PLAIN = {"YEAR": "%Y", "YYYY": "%Y", "YY": "%Y", "DAY": "%-d", "DD": "%-d", "D": "%-d", "DAYOFYEAR": "%-j",
          "DY": "%-j", "Y": "%-j", "HOUR": "%-H", "HH": "%-H", "MINUTE": "%-M", "MI": "%-M", "N": "%-M",
          "SECOND": "%-S", "SS": "%-S", "S": "%-S"}  # fmt: skip


def datename(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """In English, as with the language us_english."""
    start = node.meta.get("start")
    found = re.match(r"datename\s*\(\s*\[?(\w+)", ctx.sql[start:] if start is not None else "", re.I)
    part = found[1].upper() if found else ""
    this = moment(node.this.this if isinstance(node.this, (exp.Cast, exp.TsOrDsToDate)) else node.this, ctx)
    if part in ("QUARTER", "QQ", "Q"):
        return common.cast(ctx.call("quarter", this), "VARCHAR")
    fmt = {**_NAMED, **_PLAIN}.get(part)
    if fmt is None:
        ctx.refuse("unfaithful", node, "This DATENAME is not verified", "Use DATEPART")
    return ctx.call("strftime", this, common.lit(fmt or ""), type="VARCHAR")


_TRUNCS = {"YEAR": "year", "YYYY": "year", "YY": "year", "QUARTER": "quarter", "QQ": "quarter", "MONTH": "month",
           "MM": "month", "DAY": "day", "DD": "day", "DAYOFYEAR": "day", "HOUR": "hour", "HH": "hour",
           "MINUTE": "minute", "MI": "minute", "SECOND": "second", "SS": "second", "ISO_WEEK": "week",
           "WEEKISO": "week"}  # fmt: skip


@R.rule(exp.TimestampTrunc, exp.DateTrunc)
def datetrunc(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datetrunc-transact-sql: weeks start on a Sunday, by DATEFIRST 7."""
    unit, this = node.args["unit"].name.upper(), moment(node.this, ctx)
    kind = "DATE" if ctx.is_a(this, "date") else "TIMESTAMP"
    if unit in ("WEEK", "WK", "WW"):
        return common.cast(ctx.macro("ts__sunday", this), kind)
    if unit not in _TRUNCS or not ctx.is_a(this, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "This DATETRUNC is not verified", "Use a part from year to second of a date")
    return common.cast(ctx.call("date_trunc", common.lit(_TRUNCS.get(unit, "day")), this), kind)


@R.rule(exp.Add, exp.Sub)
def days(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A whole number added to a DATETIME counts days."""
    left, right = node.this, node.expression
    if not ctx.is_a(left, "timestamp", "date"):
        return None
    if ctx.is_a(left, "date") or not ctx.is_a(right, "int"):
        ctx.refuse(
            "unfaithful", node, "Arithmetic with a date is verified for a DATETIME and whole days", "Use DATEADD"
        )
    span = ctx.call("to_days", common.cast(right, "INTEGER"))
    made = exp.Paren(this=type(node)(this=left, expression=span))
    made.type = exp.DataType.build("TIMESTAMP")
    return made


# functions/format-transact-sql
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Numbers in U.S. English; halves are rounded away from zero."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, 1, "tsql") if start is not None else None
    this = node.this.this if isinstance(node.this, exp.Cast) and "translated" not in node.this.meta else node.this
    if written is None or not ctx.is_a(this, "int", "decimal", "float") or argument_count(node, ctx) != 2:
        ctx.refuse("number_format", node, "FORMAT of a number is verified for a constant format", "Cast it")
        return None
    standard = re.fullmatch(r"([NnDdFf])(\d{0,2})", written)
    custom = re.fullmatch(r"(#,##)?(0+)(?:\.(0+))?", written)
    if standard and standard[1] in "Dd" and ctx.is_a(this, "int"):
        return ctx.macro("ts__padded", this, common.lit(int(standard[2] or 1)), type="VARCHAR")
    if standard and standard[1] in "NnFf":
        grouped, places = standard[1] in "Nn", int(standard[2] or 2)
    elif custom and (custom[1] is None or custom[2] == "0"):
        grouped, places = custom[1] is not None, len(custom[3] or "")
        if not grouped and len(custom[2]) > 1:
            if places or not ctx.is_a(this, "int"):
                ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
            return ctx.macro("ts__padded", this, common.lit(len(custom[2])), type="VARCHAR")
    else:
        ctx.refuse("number_format", node, "This format of a number is not verified", "Use N2 or '0.00'")
        return None
    exact = common.cast(common.cast(this, "VARCHAR") if ctx.is_a(this, "float") else this, f"DECIMAL(38, {places})")
    number = common.cast(exact, "DOUBLE")
    return ctx.call("format", common.lit(f"{{:{',' if grouped else ''}.{places}f}}"), number, type="VARCHAR")


def is_datename(node: exp.Expr, ctx: Context) -> bool:
    return isinstance(node, exp.Func) and (written_name(node, ctx.sql) or "").lower() == "datename"
