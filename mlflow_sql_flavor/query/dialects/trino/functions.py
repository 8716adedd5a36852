"""Trino's JSON and everyday functions: https://trino.io/docs/current/functions/ (page by rule)."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..databricks.dates import argument_count
from ..shared import common, documented
from .collections import array_type, typed

__all__ = ["NAMES", "R"]

R = DialectRules("trino_functions")
_NAMES = """
    cbrt from_base split_to_map json_array_contains
    log log2 codepoint concat_ws to_hex from_hex to_utf8 from_utf8 to_base64 from_base64 md5 sha1 sha256
    regexp_extract_all regexp_count regexp_split json_value json_parse json_format json_array_length array_position
    array_remove array_intersect array_except array_concat sequence slice flatten repeat map map_keys map_values row
    year_of_week yow from_unixtime to_unixtime from_iso8601_date bitwise_and_agg bitwise_or_agg bitwise_xor_agg try
    is_distinct_from map_from_entries generate_series day_of_week_iso normalize translate approx_percentile
    width_bucket array_first array_last
"""
NAMES = frozenset(_NAMES.split())

# name -> (how many arguments, DuckDB's function or the pack's macro, type)
_PLAIN: dict[str, tuple[int, str, str]] = {
    "to_base": (2, "tr__to_base", "VARCHAR"),
    "nan": (0, "tr__nan", "DOUBLE"),
    "infinity": (0, "tr__infinity", "DOUBLE"),
    "e": (0, "tr__e", "DOUBLE"),
    "bitwise_left_shift": (2, "tr__shift_left", "BIGINT"),
    "codepoint": (1, "unicode", "INTEGER"),
    "hamming_distance": (2, "hamming", "BIGINT"),
    "regexp_position": (2, "tr__regexp_position", "INTEGER"),
    "arrays_overlap": (2, "tr__overlap", "BOOLEAN"),
    "to_iso8601": (1, "tr__iso_date", "VARCHAR"),
    "millisecond": (1, "tr__millisecond", "BIGINT"),
    "json_array_length": (1, "tr__json_length", "BIGINT"),
    "yow": (1, "isoyear", "BIGINT"),
    "every": (1, "bool_and", "BOOLEAN"),
    "is_infinite": (1, "isinf", "BOOLEAN"),
    "is_finite": (1, "isfinite", "BOOLEAN"),
    "url_extract_query": (1, "tr__url_query", "VARCHAR"),
    "url_extract_host": (1, "tr__url_host", "VARCHAR"),
    "url_extract_path": (1, "tr__url_path", "VARCHAR"),
    "url_extract_protocol": (1, "tr__url_protocol", "VARCHAR"),
}


@R.function(*_PLAIN)
def plain(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    count, name, kind = _PLAIN[node.name.lower()]
    if len(node.expressions) != count:
        raise ctx.error(node, f"{node.name} takes {count} arguments here.")
    if node.name.lower() == "to_iso8601" and not ctx.is_a(node.expressions[0], "date"):
        ctx.refuse("unfaithful", node, "to_iso8601 is verified for dates", "Use date_format")
    call = ctx.macro if "__" in name else ctx.call
    return call(name, *node.expressions, type=kind)


# functions/conditional#try: the errors it names are those that raise here too
@R.rule(exp.Try)
def try_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    allowed = (exp.Div, exp.IntDiv, exp.Mod, exp.Cast, exp.Paren, exp.Column, exp.Literal, exp.Identifier, exp.Neg,
               exp.DataType, exp.DataTypeParam, exp.Anonymous, exp.Add, exp.Sub, exp.Mul, exp.Array)  # fmt: skip
    if not isinstance(node.this, exp.Expr) or not all(isinstance(n, allowed) for n in node.this.walk()):
        ctx.refuse("unfaithful", node, "TRY is verified for divisions and casts", "Use TRY_CAST or NULLIF")
    return ctx.call("try", node.this)


# functions/math
@R.rule(exp.FromBase)
def from_base(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if documented.literal_int(node.expression) not in (2, 16):
        ctx.refuse("unfaithful", node, "from_base is verified for the bases 2 and 16", "Compute it")
    name = "tr__from_hex" if documented.literal_int(node.expression) == 16 else "tr__from_binary"
    return ctx.macro(name, node.this, type="BIGINT")


@R.rule(exp.WidthBucket)
def width_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = [node.this, node.args["min_value"], node.args["max_value"], node.args["num_buckets"]]
    return ctx.macro("tr__width_bucket", *(common.cast(a, "DOUBLE") for a in args), type="BIGINT")


@R.function("bitwise_right_shift", "bit_count")
def bits(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, number = node.expressions
    if node.name.lower() == "bit_count":
        if documented.literal_int(number) != 64:
            ctx.refuse("unfaithful", node, "bit_count is verified for 64 bits", "Write 64")
        return ctx.call("bit_count", common.cast(this, "BIGINT"), type="BIGINT")
    return ctx.macro("tr__shift_right", this, number, type="BIGINT")


# functions/string
@R.rule(exp.StrPosition)
def strpos(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    nth = node.args.get("occurrence")
    if nth is None:
        return None
    if (documented.literal_int(nth) or 0) < 1:
        ctx.refuse("unfaithful", node, "strpos is verified for a constant occurrence from 1 on", "Use reverse")
    return ctx.macro("tr__nth", node.this, node.args["substr"], nth, type="BIGINT")


@R.rule(exp.Split)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not common.text(node.expression):
        ctx.refuse("unfaithful", node, "split is verified for a constant separator", "Write it")
    limit = node.args.get("limit")
    if limit is None:
        return ctx.call("string_split", node.this, node.expression, type="VARCHAR[]")
    if (documented.literal_int(limit) or 0) < 1:
        raise ctx.error(node, "The limit of split has to be a whole number from 1 on.")
    return ctx.macro("tr__split", node.this, node.expression, limit, type="VARCHAR[]")


@R.rule(exp.Trim)
def trim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """All whitespace unless said; DuckDB takes blanks."""
    if node.args.get("expression") is None:
        node.set("expression", common.lit(" \t\n\r\f\v"))
    return None


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("translate", node.this, node.args["from_"], node.args["to"], type="VARCHAR")


@R.rule(exp.ConcatWs)
def concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = node.expressions
    if len(parts) == 2 and ctx.is_a(parts[1], "array"):
        return ctx.call("array_to_string", parts[1], parts[0], type="VARCHAR")
    if not all(ctx.is_a(p, "text") or isinstance(p, exp.Null) for p in parts):
        ctx.refuse("implicit_cast", node, "concat_ws joins texts only", "Cast to VARCHAR")
    return ctx.call("concat_ws", *parts, type="VARCHAR")


# functions/binary
@R.rule(exp.Hex)
def to_hex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("hex", node.this, type="VARCHAR")


@R.rule(exp.MD5Digest, exp.SHA2Digest)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "md5" if isinstance(node, exp.MD5Digest) else "sha256"
    return ctx.call("unhex", ctx.call(name, node.this), type="BLOB")


# functions/regexp: $1 stands for a group
@R.rule(exp.RegexpExtractAll)
def regexp_extract_all(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = documented.literal_int(node.args.get("group") or common.lit(0))
    if _pattern(node, ctx) is None or group is None:
        return None
    return ctx.call("regexp_extract_all", node.this, node.expression, common.lit(group), type="VARCHAR[]")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx)
    return ctx.call("len", ctx.call("regexp_extract_all", node.this, node.expression), type="BIGINT")


@R.rule(exp.RegexpSplit)
def regexp_split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, ctx)
    return ctx.call("regexp_split_to_array", node.this, node.expression, type="VARCHAR[]")


def _pattern(node: exp.Expr, ctx: Context) -> str | None:
    """A constant pattern that matches no empty text."""
    found = common.text(node.expression)
    try:
        if found is not None and not re.search(found, ""):
            return found
    except re.error:
        pass
    ctx.refuse("unfaithful", node, "This is verified for a constant pattern that matches no empty text", "Write it")
    return None


# functions/json
_PATH = re.compile(r"(?:lax\s+)?(\$(?:\.[A-Za-z_]\w*|\.\"[^\"]+\"|\[\d+\])*)")


def json_path(node: exp.Expr, path: exp.Expr | None, ctx: Context) -> exp.Expr:
    found = _PATH.fullmatch((common.text(path) or "").strip())
    if found is None:
        ctx.refuse("unfaithful", node, "This is verified for a constant path of names and places", "Write such a path")
        return path or common.lit("$")
    return common.lit(found[1])


@R.rule(exp.JSONValue)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("returning") or node.args.get("on_condition"):
        ctx.refuse("unfaithful", node, "json_value is verified without RETURNING and ON", "Cast its result")
    path = json_path(node, node.args.get("path"), ctx)
    return ctx.macro("tr__json_scalar", ctx.macro("tr__json_at", node.this, path), type="VARCHAR")


@R.function("json_exists")
def json_exists(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_exists", this, json_path(node, path, ctx), type="BOOLEAN")


@R.function("json_size")
def json_size(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, path = node.expressions
    return ctx.macro("tr__json_size", ctx.macro("tr__json_at", this, json_path(node, path, ctx)), type="BIGINT")


@R.rule(exp.JSONArrayContains)
def json_array_contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, value = node.this, node.expression
    if not ctx.is_a(value, "text", "int"):
        ctx.refuse("unfaithful", node, "json_array_contains is verified for texts and whole numbers", "Cast it")
    name = "tr__json_has_text" if ctx.is_a(value, "text") else "tr__json_has_int"
    return ctx.macro(name, this, value, type="BOOLEAN")


@R.rule(exp.ParseJSON)
def json_parse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.cast(node.this, "JSON")


@R.rule(exp.JSONFormat)
def json_format(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("tr__json_format", node.this, type="VARCHAR")


@R.rule(exp.JSONExtract)
def json_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("json_query") or node.args.get("only_json_types"):
        ctx.refuse("json_text", node, "json_query is not verified", "Use json_extract")
    if not isinstance(node.expression, exp.JSONPath):
        ctx.refuse("unfaithful", node, "json_extract is verified for a constant path", "Write it")
    made = exp.JSONExtract(this=node.this, expression=node.expression)
    made.type = exp.DataType.build("JSON")
    return made


# functions/aggregate
@R.rule(exp.Max, exp.Min)
def several(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        return None
    return typed(ctx.call("max" if isinstance(node, exp.Max) else "min", node.this, *node.expressions),
                  array_type(ctx.type_of(node.this)))  # fmt: skip


@R.function("geometric_mean")
def geometric_mean(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    logs = ctx.call("avg", ctx.call("ln", common.cast(node.expressions[0], "DOUBLE")))
    return ctx.call("exp", logs, type="DOUBLE")


@R.rule(exp.ApproxQuantile)
def approx_percentile(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("approximate", node, "approx_percentile gives a value that depends on its sketch",
               "Count ranks with ROW_NUMBER, or accept the exact one")  # fmt: skip
    return ctx.call("quantile_disc", node.this, node.args["quantile"])


# functions/datetime
@R.rule(exp.YearOfWeek)
def year_of_week(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("isoyear", node.this, type="BIGINT")


_PARTS = {"DAY_OF_WEEK": "isodow", "DOW": "isodow", "DAY_OF_YEAR": "dayofyear", "DOY": "dayofyear",
          "YEAR_OF_WEEK": "isoyear", "YOW": "isoyear", "DAY_OF_MONTH": "day", "SECOND": "second", "WEEK": "weekofyear",
          "YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "HOUR": "hour",
          "MINUTE": "minute"}  # fmt: skip


@R.rule(exp.Extract)
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = _PARTS.get(node.this.name.upper())
    if name is None or not ctx.is_a(node.expression, "date", "timestamp"):
        ctx.refuse("unfaithful", node, "This EXTRACT is not verified", "Take a part from year to second of a date")
    return ctx.call(name or "year", node.expression, type="BIGINT")


@R.rule(exp.TimeToUnix)
def to_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "timestamp"):
        ctx.refuse("timezone", node, "to_unixtime is verified for a timestamp", "Cast it")
    return ctx.call("epoch", node.this, type="DOUBLE")


@R.rule(exp.UnixToTime)
def from_unixtime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if argument_count(node, ctx) != 1 or not ctx.is_a(node.this, "int"):
        ctx.refuse("timezone", node, "from_unixtime is verified for whole seconds", "Cast them to BIGINT")
    ctx.warn("timezone", node, "from_unixtime is given in UTC, as in a session whose time zone is UTC.")
    micros = exp.Mul(this=common.cast(node.this, "BIGINT"), expression=common.lit(10**6))
    return ctx.call("make_timestamp", micros, type="TIMESTAMP")


@R.rule(exp.FromISO8601Date)
def iso_date(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return common.cast(ctx.macro("tr__valid", node.this, common.lit("[0-9]{4}-[0-9]{2}-[0-9]{2}")), "DATE")


_JODA = {"yyyy": "%Y", "YYYY": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%-m", "dd": "%d",
         "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "ss": "%S", "SSS": "%g", "a": "%p",
         "EEEE": "%A", "EEE": "%a", "EE": "%a", "E": "%a", "DDD": "%j", "xxxx": "%G", "ww": "%V",
         "e": "%u"}  # fmt: skip


@R.function("format_datetime")
def format_datetime(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/datetime#java-date-functions: patterns of Joda-Time."""
    if not ctx.is_a(node.expressions[0], "date", "timestamp"):
        ctx.refuse("timezone", node, "format_datetime is verified for a date or timestamp", "Cast it")
    fmt = documented.formatted(node, ctx, 1, _JODA, quote="'")
    return ctx.call("strftime", node.expressions[0], common.lit(fmt), type="VARCHAR")


@R.rule(exp.Sub)
def between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The difference of two dates is an interval."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        return None
    made = ctx.call("to_days", common.cast(exp.Paren(this=node.copy()), "INTEGER"))
    made.type = exp.DataType.build("INTERVAL")
    return made


# sql/select#unnest
@R.rule(exp.Unnest)
def unnest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A map has two columns; of several arrays the shorter ones are filled with NULL."""
    alias = node.args.get("alias")
    names = [c.name for c in alias.args.get("columns") or ()] if alias is not None else []
    sources: list[exp.Expr] = []
    for item in node.expressions:
        if ctx.is_a(item, "map") or (len(node.expressions) == 1 and len(names) == 2 and not node.args.get("offset")):
            sources += [ctx.call("map_keys", item), ctx.call("map_values", item.copy())]
        else:
            sources.append(item)
    if len(sources) == 1:
        return None
    if node.args.get("offset") or len(names) != len(sources):
        ctx.refuse("unfaithful", node, "This UNNEST is verified with a name for each column and without ORDINALITY",
                   "Write AS t(a, b)")  # fmt: skip
    columns = [exp.alias_(ctx.call("unnest", s), n, quoted=True) for s, n in zip(sources, names, strict=False)]
    return exp.Subquery(this=exp.Select(expressions=columns), alias=exp.TableAlias(this=alias.this if alias else None))
