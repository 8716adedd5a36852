"""Trino's arrays, maps, JSON and everyday functions: https://trino.io/docs/current/functions/ (page by rule)."""

from __future__ import annotations

import re

from sqlglot import exp

from . import DialectRules, common, documented
from .context import Context
from .databricks.dates import argument_count

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


def _array(element: exp.DataType | None) -> exp.DataType | None:
    return None if element is None else exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True)


def _element(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    kind = ctx.type_of(node)
    return kind.expressions[0] if kind is not None and ctx.is_a(node, "array") and kind.expressions else None


def _typed(node: exp.Expr, kind: exp.DataType | None) -> exp.Expr:
    if kind is not None:
        node.type = kind.copy()
    return node


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


# functions/array
def null_safe(name: str, kind: str | None = None):  # type: ignore[no-untyped-def]
    """A rule that calls a macro of the pack on both sides."""

    def rule(node: exp.Expr, ctx: Context) -> exp.Expr | None:
        made = ctx.macro(name, node.this, node.expression, type=kind)
        return made if kind else _typed(made, ctx.type_of(node.this))

    return rule


R.rule(exp.ArrayContains)(null_safe("tr__contains", "BOOLEAN"))
R.rule(exp.ArrayPosition)(null_safe("tr__array_position", "BIGINT"))
R.rule(exp.ArrayRemove)(null_safe("tr__array_remove"))
R.rule(exp.ArrayExcept)(null_safe("tr__array_except"))


@R.rule(exp.ArrayIntersect)
def array_intersect(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__array_intersect", *node.expressions)
    return _typed(made, ctx.type_of(node.expressions[0]))


@R.function("array_union")
def array_union(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__distinct", ctx.call("list_concat", *node.expressions))
    return _typed(made, ctx.type_of(node.expressions[0]))


@R.rule(exp.ArrayDistinct)
def array_distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.macro("tr__distinct", node.this), ctx.type_of(node.this))


@R.rule(exp.ArrayMax, exp.ArrayMin)
def array_extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL if an element is."""
    name = "tr__array_max" if isinstance(node, exp.ArrayMax) else "tr__array_min"
    return _typed(ctx.macro(name, node.this), _element(node.this, ctx))


@R.rule(exp.ArrayToString)
def array_join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, null = node.this, node.args.get("null")
    kind = _element(this, ctx)
    if kind is not None and kind.this not in {*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES}:
        ctx.refuse("locale_format", node, "The text of these elements is not verified", "Transform them to VARCHAR")
    if null is not None:
        this = ctx.macro("tr__fill", this, null)
    return ctx.call("array_to_string", this, node.expression, type="VARCHAR")


@R.rule(exp.ArraySlice)
def slice_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__slice", node.this, node.args["start"], node.args["end"])
    return _typed(made, ctx.type_of(node.this))


@R.rule(exp.Flatten)
def flatten(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.call("flatten", node.this), _element(node.this, ctx))


@R.rule(exp.Reverse)
def reverse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "array"):
        return _typed(ctx.call("list_reverse", node.this), ctx.type_of(node.this))
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("unfaithful", node, "Whether this reverses a text or an array is not known here", "Cast it")
    return None


@R.rule(exp.Repeat)
def repeat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__repeat", node.this, node.args["times"])
    return _typed(made, _array(ctx.type_of(node.this)))


@R.rule(exp.DPipe)
def appended(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if ctx.is_a(left, "array") and not ctx.is_a(right, "array"):
        return _typed(ctx.call("list_append", left, right), ctx.type_of(left))
    if ctx.is_a(right, "array") and not ctx.is_a(left, "array"):
        return _typed(ctx.call("list_prepend", left, right), ctx.type_of(right))
    for side in (left, right):
        if not ctx.is_a(side, "text", "array") and not isinstance(side, exp.Null) and not ctx.unknown(side):
            raise ctx.error(node, "|| joins texts or arrays. Write CAST(... AS VARCHAR).")
    return None


@R.rule(exp.ArraySort)
def array_sort(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.expression is not None:
        ctx.refuse(
            "unfaithful", node, "array_sort with a function is not verified", "Sort with array_agg(x ORDER BY y)"
        )
    made = ctx.call("list_sort", node.this, common.lit("ASC"), common.lit("NULLS LAST"))
    return _typed(made, ctx.type_of(node.this))


@R.rule(exp.GenerateSeries)
def sequence(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Both ends belong to it; of months each is counted from the start."""
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    if ctx.is_a(start, "int") and ctx.is_a(end, "int"):
        default = ctx.macro("tr__step", start.copy(), end.copy()) if step is None else step
        return ctx.call("generate_series", start, end, default, type="BIGINT[]")
    if not (ctx.is_a(start, "date", "timestamp") and ctx.is_a(end, "date", "timestamp")):
        ctx.refuse("unfaithful", node, "sequence is verified for whole numbers, dates and timestamps", "Cast both")
    dates = ctx.is_a(start, "date")
    unit = step.args["unit"].name.upper() if isinstance(step, exp.Interval) else "DAY"
    size = documented.literal_int(step.this) if isinstance(step, exp.Interval) else 1
    if isinstance(step, exp.Interval) and size is None and (common.text(step.this) or "").lstrip("-").isdigit():
        size = int(common.text(step.this) or 0)
    months = {"MONTH": 1, "YEAR": 12, "QUARTER": 3}.get(unit)
    days = {"DAY": 86400, "WEEK": 604800, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit)
    if size is None or size < 1 or not (months or days) or (dates and unit in ("HOUR", "MINUTE", "SECOND")):
        ctx.refuse("unfaithful", node, "sequence is verified for a constant step forward", "Write INTERVAL '1' DAY")
    name, count = ("tr__months_from", months) if months else ("tr__seconds_from", days)
    both = [common.cast(a, "TIMESTAMP") for a in (start, end)]
    kind = "DATE" if dates else "TIMESTAMP"
    return common.cast(ctx.macro(name, *both, common.lit((size or 1) * (count or 1))), f"{kind}[]")


# functions/array, functions/lambda
_MATCH = {"any_match": "tr__any", "all_match": "tr__all", "none_match": "tr__none"}


@R.function(*_MATCH)
def match(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    tested = exp.Transform(this=node.expressions[0], expression=node.expressions[1])
    return ctx.macro(_MATCH[node.name.lower()], tested, type="BOOLEAN")


@R.function("zip_with")
def zip_with(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right, function = node.expressions
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        raise ctx.error(node, "zip_with takes a function of two arguments.")
    pair = exp.to_identifier("_pair")
    parts = {name.name: i for i, name in enumerate(function.expressions, 1)}
    for found in list(function.this.find_all(exp.Identifier)):
        place = parts.get(found.name)
        if place is None:
            continue
        made = ctx.call("struct_extract", pair.copy(), common.lit(place))
        whole = found.parent if isinstance(found.parent, exp.Column) else found
        if whole is function.this:
            function.set("this", made)
        else:
            whole.replace(made)
    new = exp.Lambda(this=function.this, expressions=[pair])
    return exp.Transform(this=ctx.call("list_zip", left, right), expression=new)


# functions/map
def _map(key: exp.DataType | None, value: exp.DataType | None) -> exp.DataType:
    known = [k.copy() for k in (key, value) if k is not None]
    return exp.DataType(this=exp.DType.MAP, expressions=known if len(known) == 2 else [], nested=True)


@R.rule(exp.Map)
def map_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    keys, values = node.args.get("keys"), node.args.get("values")
    if keys is None or values is None:
        ctx.refuse("unfaithful", node, "This form of map is not verified", "Give its keys and values as arrays")
        return None
    return _typed(ctx.call("map", keys, values), _map(_element(keys, ctx), _element(values, ctx)))


@R.rule(exp.MapKeys)
def map_keys(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = ctx.type_of(node.this)
    return _typed(ctx.call("map_keys", node.this), _array(kind.expressions[0] if kind and kind.expressions else None))


@R.function("map_values")
def map_values(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = ctx.type_of(node.expressions[0])
    found = kind.expressions[1] if kind and len(kind.expressions) > 1 else None
    return _typed(ctx.call("map_values", *node.expressions), _array(found))


@R.function("map_agg")
def map_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    key, value = node.expressions
    found = ctx.call("list", ctx.call("row", key, value))
    kept = exp.Filter(this=found, expression=exp.Where(this=exp.Not(this=exp.Is(
        this=key.copy(), expression=exp.Null()))))  # fmt: skip
    return _typed(ctx.call("map_from_entries", kept), _map(ctx.type_of(key), ctx.type_of(value)))


@R.function("histogram")
def histogram(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.call("histogram", *node.expressions),
                  _map(ctx.type_of(node.expressions[0]), exp.DataType.build("BIGINT")))  # fmt: skip


@R.function("map_concat")
def map_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.call("map_concat", *node.expressions), ctx.type_of(node.expressions[0]))


_OF_MAP = {"transform_values": True, "map_filter": False}


@R.function(*_OF_MAP)
def of_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A function of key and value, over the entries."""
    this, function = node.expressions
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        raise ctx.error(node, f"{node.name} takes a function of key and value.")
    entry = exp.to_identifier("_entry")
    parts = {name.name: field for name, field in zip(function.expressions, ("key", "value"), strict=True)}
    for found in list(function.this.find_all(exp.Identifier)):
        field = parts.get(found.name)
        if field is None:
            continue
        made = ctx.call("struct_extract", entry.copy(), common.lit(field))
        whole = found.parent if isinstance(found.parent, exp.Column) else found
        if whole is function.this:
            function.set("this", made)
        else:
            whole.replace(made)
    entries = ctx.call("map_entries", this)
    if not _OF_MAP[node.name.lower()]:
        kept = exp.ArrayFilter(this=entries, expression=exp.Lambda(this=function.this, expressions=[entry]))
        return _typed(ctx.call("map_from_entries", kept), ctx.type_of(this))
    pair = ctx.call("row", ctx.call("struct_extract", entry.copy(), common.lit("key")), function.this)
    changed = exp.Transform(this=entries, expression=exp.Lambda(this=pair, expressions=[entry]))
    return _typed(ctx.call("map_from_entries", changed), _map(None, None))


@R.rule(exp.StrToMap)
def split_to_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__split_to_map", node.this, node.args["pair_delim"], node.args["key_value_delim"])
    return _typed(made, _map(exp.DataType.build("VARCHAR"), exp.DataType.build("VARCHAR")))


@R.rule(exp.ArraySize)
def cardinality(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "array", "map"):
        ctx.refuse("unfaithful", node, "Whether this is an array or a map is not known here", "Name the column's table")
    return ctx.call("cardinality" if ctx.is_a(node.this, "map") else "len", node.this, type="BIGINT")


@R.rule(exp.Struct)
def row(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.call("row", *node.expressions), ctx.type_of(node))


# functions/aggregate
@R.rule(exp.Max, exp.Min)
def several(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.expressions:
        return None
    return _typed(ctx.call("max" if isinstance(node, exp.Max) else "min", node.this, *node.expressions),
                  _array(ctx.type_of(node.this)))  # fmt: skip


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
