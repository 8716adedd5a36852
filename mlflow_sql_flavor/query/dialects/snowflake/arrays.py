"""Snowflake's arrays and FLATTEN: each rule's page is sql-reference/functions/<name> of its manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import common

__all__ = ["NAMES", "R"]

R = DialectRules("snowflake_arrays")
R.typing[exp.JSONExtract] = {"returns": exp.DType.VARIANT}
_NAMES = """
    array_agg array_to_string array_contains array_position array_slice array_cat array_append array_prepend
    array_compact array_distinct array_concat try_parse_json check_json strtok_to_array cbrt factorial width_bucket
    greatest_ignore_nulls least_ignore_nulls octet_length ascii space insert base64_encode hex_encode editdistance
    months_between timestamp_from_parts timestamp_ntz_from_parts hll convert_timezone
    array_max array_min levenshtein byte_length weekofyear
"""
NAMES = frozenset(_NAMES.split())


def _bare(node: exp.Expr) -> exp.Expr:
    """What stands in ``x::VARIANT``."""
    while isinstance(node, exp.Cast) and node.args["to"].this in (exp.DType.VARIANT, exp.DType.JSON):
        node = node.this
    return node


def _is_json(node: exp.Expr, ctx: Context) -> bool:
    return ctx.is_a(node, "json") or isinstance(node, (exp.ParseJSON, exp.JSONExtract))


def _element(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    if isinstance(node, exp.Split):
        return exp.DataType.build("VARCHAR")
    if isinstance(node, exp.Array):
        kinds = [ctx.type_of(_bare(e)) for e in node.expressions if not isinstance(e, exp.Null)]
        families = ("int", "text", "decimal", "float", "date", "timestamp", "bool")
        same = [f for f in families if kinds and all(ctx.is_a(_bare(e), f) for e in node.expressions)]
        return kinds[0] if same else None
    kind = ctx.type_of(node)
    if kind is not None and kind.expressions and kind.this in exp.DataType.ARRAY_TYPES:
        inner: exp.DataType = kind.expressions[0]
        return None if inner.this == exp.DType.VARIANT else inner
    return None


def _typed(node: exp.Expr, element: exp.DataType | None) -> exp.Expr:
    if element is not None:
        node.type = exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True)
    return node


def _call_of(node: exp.Expr) -> exp.Explode | None:
    return (
        node.this if isinstance(node, (exp.Lateral, exp.TableFromRows)) and isinstance(node.this, exp.Explode) else None
    )


def _input(call: exp.Explode) -> exp.Expr:
    named = [k for k in (call.this, *call.expressions) if isinstance(k, exp.Kwarg) and k.this.name.upper() == "INPUT"]
    return _bare(named[0].expression if named else call.this)


@R.normalise
def value_columns(tree: exp.Expr, ctx: Context) -> None:
    """constructs/values: its columns are column1, column2, ..."""
    for values in tree.find_all(exp.Values):
        alias = values.args.get("alias")
        if not values.expressions or (alias is not None and alias.args.get("columns")):
            continue
        columns = [exp.to_identifier(f"column{i}") for i in range(1, len(values.expressions[0].expressions) + 1)]
        name = alias.this if alias is not None else exp.to_identifier("_values")
        values.set("alias", exp.TableAlias(this=name, columns=columns))


@R.prepare
def typed_columns(tree: exp.Expr, ctx: Context) -> None:
    """What VALUE, KEY and INDEX of a FLATTEN are."""
    for source in tree.find_all(exp.Lateral, exp.TableFromRows):
        call, select = _call_of(source), source.find_ancestor(exp.Select)
        if call is None or select is None:
            continue
        this = _input(call)
        kind = exp.DataType.build("VARIANT") if _is_json(this, ctx) else _element(this, ctx)
        alias = source.args["alias"].name.casefold() if source.args.get("alias") is not None else ""
        for column in select.find_all(exp.Column):
            if column.table.casefold() not in ("", alias) or (
                not column.table and column.name.casefold() in ctx.columns
            ):
                continue
            if column.name.casefold() == "value" and kind is not None:
                column.type = kind.copy()
                if kind.this != exp.DType.VARIANT:
                    _shown(column, select, tree, ctx)
            elif column.name.casefold() == "index":
                column.type = exp.DataType.build("BIGINT")
            elif column.name.casefold() == "key":
                column.type = exp.DataType.build("VARCHAR")


def _shown(column: exp.Column, select: exp.Select, tree: exp.Expr, ctx: Context) -> None:
    """VALUE is a VARIANT: as an output it is JSON."""
    item = column.parent if isinstance(column.parent, exp.Alias) else column
    if item.arg_key != "expressions" or item.parent is not select:
        return
    if select is not tree:
        ctx.refuse("json_text", column, "VALUE of FLATTEN is a VARIANT", "Cast it, as in value::STRING")
    name = item.alias if isinstance(item, exp.Alias) else column.name
    made = ctx.call("to_json", column.copy())
    made.type = exp.DataType.build("VARIANT")
    item.replace(exp.alias_(made, name, quoted=isinstance(item, exp.Alias) and item.args["alias"].quoted))


@R.rule(exp.Lateral, exp.TableFromRows)
def flatten(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places count from 0; an object has keys instead; OUTER keeps a row where nothing is in it."""
    call, alias = _call_of(node), node.args.get("alias")
    if call is None:
        return None
    outer = False
    for option in call.expressions:
        name = option.this.name.upper() if isinstance(option, exp.Kwarg) else ""
        if name == "OUTER" and isinstance(option.expression, exp.Boolean):
            outer = bool(option.expression.this)
        elif name != "INPUT":
            ctx.refuse("unfaithful", node, "FLATTEN is verified with INPUT and OUTER alone", "Use INPUT => array")
    this = _input(call)
    if _is_json(this, ctx):
        this = common.cast(this, "JSON")
        lists: list[exp.Expr] = [ctx.macro(f"sf__json_{part}", this.copy()) for part in ("values", "keys", "indexes")]
    elif isinstance(this, exp.Split) or _element(this, ctx) is not None:
        if isinstance(this, exp.Split):
            if not common.text(this.expression):
                raise ctx.error(node, "The separator has to be a constant text.")
            this = ctx.call("string_split", this.this, this.expression)
        lists = [this, ctx.macro("sf__no_keys", this.copy()), ctx.macro("sf__places", this.copy())]
    else:
        ctx.refuse(
            "unfaithful", node, "FLATTEN is verified for JSON, and for arrays of one type", "Split or parse a text"
        )
        return None
    if outer:
        lists = [ctx.macro("sf__or_null", one) for one in lists]
    names = ("value", "key", "index")
    columns = [exp.alias_(ctx.call("unnest", one), name) for one, name in zip(lists, names, strict=True)]
    made = exp.Subquery(this=exp.Select(expressions=columns))
    name = exp.TableAlias(this=exp.to_identifier(alias.name if alias is not None else "_flat"))
    if isinstance(node, exp.TableFromRows) and not isinstance(node.parent, exp.Join):
        made.set("alias", name)
        return made
    return exp.Lateral(this=made, alias=name)


# Arrays
@R.rule(exp.WithinGroup)
def ordered_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = node.this
    if "aggregate" not in call.meta:
        return None
    found: exp.ArrayAgg = call.meta["aggregate"]
    found.set("this", exp.Order(this=found.this, expressions=node.expression.expressions))
    call.type = call.type
    return call


@R.rule(exp.ArrayAgg)
def array_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is left out; of nothing an empty array."""
    if isinstance(node.parent, (exp.Window, exp.Filter)):
        ctx.refuse("unfaithful", node, "ARRAY_AGG OVER is not verified", "Aggregate in a subquery")
    value = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    plain = exp.ArrayAgg(this=node.this)
    kept = exp.Where(this=exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
    made = ctx.macro("sf__or_empty", exp.Filter(this=plain, expression=kept))
    made.meta["aggregate"] = plain
    return _typed(made, ctx.type_of(value))


@R.rule(exp.ArrayToString)
def array_to_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is an empty text."""
    kind = _element(node.this, ctx)
    if kind is None or kind.this not in {*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES, exp.DType.BOOLEAN}:
        ctx.refuse("unfaithful", node, "ARRAY_TO_STRING is verified for arrays of texts or whole numbers", "Cast them")
    this = node.this
    if isinstance(this, exp.Split):
        this = ctx.call("string_split", this.this, this.expression)
    return ctx.macro("sf__array_text", this, node.expression, type="VARCHAR")


def _arrays(node: exp.Expr, ctx: Context, *items: exp.Expr) -> exp.DataType | None:
    kinds = [_element(item, ctx) for item in items]
    if any(kind is None for kind in kinds):
        ctx.refuse("unfaithful", node, "This is verified for arrays of one known type", "Build it with ARRAY_CONSTRUCT")
    return kinds[0]


@R.rule(exp.ArrayContains, exp.ArrayPosition)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places count from 0, NULL where it is not found."""
    kind, value = _arrays(node, ctx, node.this), _bare(node.expression)
    texts = kind is not None and kind.this in exp.DataType.TEXT_TYPES
    if texts != ctx.is_a(value, "text"):
        ctx.refuse("implicit_cast", node, "A value is searched among others of another type", "Cast it")
    if isinstance(node, exp.ArrayContains):
        return ctx.macro("sf__contains", node.this, value, type="BOOLEAN")
    return ctx.macro("sf__position", node.this, value, type="BIGINT")


@R.rule(exp.ArraySlice)
def slice_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """From a place on, up to but without another; negative ones count from the end."""
    kind = _arrays(node, ctx, node.this)
    return _typed(ctx.macro("sf__slice", node.this, node.args["start"], node.args["end"]), kind)


@R.rule(exp.ArrayConcat)
def cat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    both = [node.this, *node.expressions]
    kind = _arrays(node, ctx, *both)
    both = [ctx.call("string_split", b.this, b.expression) if isinstance(b, exp.Split) else b for b in both]
    return _typed(ctx.macro("sf__cat", *both), kind)


@R.rule(exp.ArrayAppend, exp.ArrayPrepend)
def append(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = _arrays(node, ctx, node.this)
    args = (node.this, _bare(node.expression))
    if isinstance(node, exp.ArrayAppend):
        return _typed(ctx.call("list_append", *args), kind)
    return _typed(ctx.call("list_prepend", *reversed(args)), kind)


@R.rule(exp.ArrayCompact)
def compact(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.macro("sf__compact", node.this), _arrays(node, ctx, node.this))


@R.rule(exp.ArrayDistinct)
def distinct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _typed(ctx.macro("sf__distinct", node.this), _arrays(node, ctx, node.this))


@R.rule(exp.ArrayMax, exp.ArrayMin)
def extreme(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is passed over."""
    kind = _arrays(node, ctx, node.this)
    made = ctx.call("list_max" if isinstance(node, exp.ArrayMax) else "list_min", node.this)
    if kind is not None:
        made.type = kind.copy()
    return made


@R.rule(exp.ArraySize)
def size(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL for a VARIANT that is no array."""
    if _is_json(node.this, ctx):
        return ctx.macro("sf__json_size", common.cast(node.this, "JSON"), type="BIGINT")
    return None


@R.rule(exp.StrtokToArray)
def strtok_to_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not common.text(node.expression):
        ctx.refuse("unfaithful", node, "STRTOK_TO_ARRAY is verified for constant delimiters", "Write them")
    return ctx.macro("sf__tokens", node.this, node.expression, type="VARCHAR[]")


# Semi-structured texts
@R.rule(exp.ParseJSON)
def try_parse_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not node.args.get("safe"):
        return None
    made = ctx.macro("sf__try_json", node.this)
    made.type = exp.DataType.build("VARIANT")
    return common.cast(made, "JSON")


@R.rule(exp.CheckJson)
def check_json(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not isinstance(node.parent, exp.Is):
        ctx.refuse("unfaithful", node, "The text of CHECK_JSON is not verified", "Use CHECK_JSON(x) IS NULL")
    return ctx.macro("sf__check_json", node.this, type="VARCHAR")


# Numbers, texts and dates
@R.rule(exp.WidthBucket)
def width_bucket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = [node.this, node.args["min_value"], node.args["max_value"], node.args["num_buckets"]]
    return ctx.macro("sf__width_bucket", *(common.cast(a, "DOUBLE") for a in args), type="BIGINT")


@R.rule(exp.Stuff)
def insert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = (node.this, node.args["start"], node.args["length"], node.expression)
    return ctx.macro("sf__insert", *args, type="VARCHAR")


@R.rule(exp.Factorial)
def factorial(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("factorial", common.cast(node.this, "INTEGER"))


@R.rule(exp.Base64Encode, exp.Hex)
def encoded(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(k) is not None for k in ("max_line_length", "alphabet", "case")):
        ctx.refuse("encoding", node, "This is verified for one argument", "Leave the others out")
    if isinstance(node, exp.Hex):
        return ctx.call("hex", node.this, type="VARCHAR")
    return ctx.call("base64", ctx.call("encode", node.this), type="VARCHAR")


@R.rule(exp.ByteLength)
def octets(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("strlen", node.this, type="BIGINT")


@R.rule(exp.Levenshtein)
def edit_distance(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("sf__edit", node.this, node.expression, type="BIGINT")


@R.rule(exp.Hll)
def hll(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.open("approximate", node, "An approximation; here it is computed exactly.")
    inner = node.this.expressions if isinstance(node.this, exp.Distinct) else [node.this]
    return ctx.call("count", exp.Distinct(expressions=inner), type="BIGINT")


@R.rule(exp.MonthsBetween)
def months_between(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Whole between equal days and between last days, else parts of 31 days."""
    if not (ctx.is_a(node.this, "date") and ctx.is_a(node.expression, "date")):
        ctx.refuse("unfaithful", node, "MONTHS_BETWEEN is verified for dates", "Cast both to DATE")
    return ctx.macro("sf__months_between", node.this, node.expression, type="DOUBLE")


@R.rule(exp.TimestampFromParts)
def from_parts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args.get(key) for key in ("year", "month", "day", "hour", "min", "sec")]
    if any(p is None or not ctx.is_a(p, "int") for p in parts) or node.args.get("nano") is not None:
        ctx.refuse("unfaithful", node, "This is verified for six whole numbers", "Cast them to INT")
    return ctx.call("make_timestamp", *[p for p in parts if p is not None], type="TIMESTAMP")


@R.rule(exp.ConvertTimezone)
def convert_timezone(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    source, target, moment = (node.args.get(k) for k in ("source_tz", "target_tz", "timestamp"))
    if source is None or not common.text(source) or not common.text(target) or not ctx.is_a(moment, "timestamp"):
        ctx.refuse("timezone", node, "CONVERT_TIMEZONE is verified for two constant zones and a TIMESTAMP_NTZ",
                   "Name both zones")  # fmt: skip
        return None
    assert target is not None and moment is not None
    return ctx.call("timezone", target, ctx.call("timezone", source, moment), type="TIMESTAMP")


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
    held = exp.Case(ifs=[exp.If(this=call.expressions[0], true=common.lit(1))])
    made = node.copy()
    made.set("this", ctx.call("count", held))
    rows = exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW", over="OVER")
    made.set("spec", rows)
    return made
