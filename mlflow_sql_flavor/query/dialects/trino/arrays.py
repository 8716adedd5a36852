"""Trino's arrays and maps: https://trino.io/docs/current/functions/array.html, lambda.html and map.html."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("trino arrays")


def array_type(element: exp.DataType | None) -> exp.DataType | None:
    return None if element is None else exp.DataType(this=exp.DType.ARRAY, expressions=[element.copy()], nested=True)


def element_type(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    kind = ctx.type_of(node)
    return kind.expressions[0] if kind is not None and ctx.is_a(node, "array") and kind.expressions else None


def typed(node: exp.Expr, kind: exp.DataType | None) -> exp.Expr:
    if kind is not None:
        node.type = kind.copy()
    return node


def map_type(key: exp.DataType | None, value: exp.DataType | None) -> exp.DataType:
    known = [k.copy() for k in (key, value) if k is not None]
    return exp.DataType(this=exp.DType.MAP, expressions=known if len(known) == 2 else [], nested=True)


# types of results, by the first argument


def _argument(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node.this, exp.Expr) else node.expressions[0]


def _same(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    return ctx.type_of(_argument(node))


def _element(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    return element_type(_argument(node), ctx)


def _array(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    return array_type(ctx.type_of(_argument(node)))


def _keys(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    kind = _same(node, ctx)
    return array_type(kind.expressions[0] if kind and kind.expressions else None)


def _values(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    kind = _same(node, ctx)
    return array_type(kind.expressions[1] if kind and len(kind.expressions) > 1 else None)


def _counts(node: exp.Expr, ctx: Context) -> exp.DataType | None:
    return map_type(_same(node, ctx), exp.DataType.build("BIGINT"))


# functions/array, functions/map
R.macros(
    {
        exp.ArrayContains: ("tr__contains", "BOOLEAN", "this", "expression"),
        exp.ArrayPosition: ("tr__array_position", "BIGINT", "this", "expression"),
        "arrays_overlap": ("tr__overlap", "BOOLEAN"),
        exp.ArrayRemove: ("tr__array_remove", _same, "this", "expression"),
        exp.ArrayExcept: ("tr__array_except", _same, "this", "expression"),
        exp.ArrayIntersect: ("tr__array_intersect", _same, "expressions"),
        exp.ArrayDistinct: ("tr__distinct", _same, "this"),
        exp.ArrayMax: ("tr__array_max", _element, "this"),  # NULL if an element is; NaN is the last to be chosen
        exp.ArrayMin: ("tr__array_min", _element, "this"),
        exp.ArraySlice: ("tr__slice", _same, "this", "start", "end"),
        exp.Repeat: ("tr__repeat", _array, "this", "times"),
        exp.StrToMap: ("tr__split_to_map", "MAP(VARCHAR, VARCHAR)", "this", "pair_delim", "key_value_delim"),
        "contains_sequence": ("tr__contains_sequence", "BOOLEAN"),
        exp.DotProduct: ("tr__dot", "DOUBLE", "this", "expression"),
        exp.EuclideanDistance: ("tr__euclidean", "DOUBLE", "this", "expression"),
    }
)
R.renames(
    {
        exp.Flatten: ("flatten", _element, "this"),
        exp.MapKeys: ("map_keys", _keys, "this"),
        "map_values": ("map_values", _values),
        "histogram": ("histogram", _counts),
        "map_concat": ("map_concat", _same),
        exp.Struct: ("row", None, "expressions"),
    }
)


@R.function("array_union")
def array_union(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    made = ctx.macro("tr__distinct", ctx.call("list_concat", *node.expressions))
    return typed(made, ctx.type_of(node.expressions[0]))


@R.function("ngrams", "trim_array")
def pieces(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, size = node.expressions
    made, kind = ctx.macro(f"tr__{node.name.lower()}", this, size), ctx.type_of(this)
    return typed(made, array_type(kind) if node.name.lower() == "ngrams" else kind)


@R.function("combinations")
def combinations(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """In the order of their last elements."""
    this, size = node.expressions
    number = build.literal_int(size)
    if number is None or not 1 <= number <= 5:
        ctx.refuse("unfaithful", node, "combinations is verified for a constant from 1 to 5", "Write the number")
    return typed(ctx.macro(f"tr__combine{number or 1}", this), array_type(ctx.type_of(this)))


@R.function("array_histogram")
def array_histogram(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    made = ctx.call("list_aggregate", this, build.lit("histogram"))
    return typed(made, map_type(element_type(this, ctx), exp.DataType.build("BIGINT")))


@R.function("cosine_similarity", "cosine_distance")
def cosine(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(ctx.is_a(a, "map") for a in node.expressions):
        ctx.refuse("unfaithful", node, "This is verified for arrays", "Give arrays of numbers")
    made: exp.Expr = ctx.macro("tr__cosine", *node.expressions, type="DOUBLE")
    if node.name.lower() == "cosine_distance":
        made = exp.Paren(this=exp.Sub(this=exp.Literal.number("1e0"), expression=made))
    return typed(made, exp.DataType.build("DOUBLE"))


@R.rule(exp.CosineDistance)
def cosine_distance(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call = exp.Anonymous(this="cosine_distance", expressions=[node.this, node.expression])
    call.meta.update(node.meta)
    return cosine(call, ctx)


@R.rule(exp.ArrayToString)
def array_join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, null = node.this, node.args.get("null")
    kind = element_type(this, ctx)
    if kind is not None and kind.this not in {*exp.DataType.TEXT_TYPES, *exp.DataType.INTEGER_TYPES}:
        ctx.refuse("locale_format", node, "The text of these elements is not verified", "Transform them to VARCHAR")
    if null is not None:
        this = ctx.macro("tr__fill", this, null)
    return ctx.call("array_to_string", this, node.expression, type="VARCHAR")


@R.rule(exp.Reverse)
def reverse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "array"):
        return typed(ctx.call("list_reverse", node.this), ctx.type_of(node.this))
    if not ctx.is_a(node.this, "text"):
        ctx.refuse("unfaithful", node, "Whether this reverses a text or an array is not known here", "Cast it")
    return None


@R.rule(exp.DPipe)
def appended(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if ctx.is_a(left, "array") and not ctx.is_a(right, "array"):
        return typed(ctx.call("list_append", left, right), ctx.type_of(left))
    if ctx.is_a(right, "array") and not ctx.is_a(left, "array"):
        return typed(ctx.call("list_prepend", left, right), ctx.type_of(right))
    for side in (left, right):
        if not ctx.is_a(side, "text", "array") and not isinstance(side, exp.Null) and not ctx.unknown(side):
            raise ctx.error(node, "|| joins texts or arrays. Write CAST(... AS VARCHAR).")
    return None


@R.rule(exp.ArraySort)
def array_sort(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Ascending, NULLs last; by a function that compares two elements as they are, either way."""
    this, way = node.this, "ASC"
    if node.expression is not None:
        found = _way(node.expression)
        if found is None:
            ctx.refuse("unfaithful", node, "array_sort is verified for a function that compares two elements",
                       "Write (x, y) -> IF(x < y, 1, IF(x = y, 0, -1))")  # fmt: skip
        way, this = found or "ASC", ctx.macro("tr__no_null", this)
    made = ctx.call("list_sort", this, build.lit(way), build.lit("NULLS LAST"))
    return typed(made, ctx.type_of(node.this))


def _way(function: exp.Expr) -> str | None:
    """Which way a function ``(x, y) -> IF(x < y, 1, IF(x = y, 0, -1))`` sorts."""
    if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
        return None
    names = [e.name for e in function.expressions]
    results: dict[str, int] = {}
    node, least = function.this, {exp.LT: -1, exp.GT: 1, exp.EQ: 0}
    while isinstance(node, exp.If) or (isinstance(node, exp.Case) and node.this is None and len(node.args["ifs"]) < 3):
        pairs = [node] if isinstance(node, exp.If) else node.args["ifs"]
        for pair in pairs:
            test, value = pair.this, build.literal_int(pair.args.get("true"))
            sides = [s.name for s in (test.this, test.expression)] if type(test) in least else []
            if value not in (-1, 0, 1) or sorted(sides) != sorted(names):
                return None
            sign = least[type(test)] * (1 if sides == names else -1)
            results[str(sign)] = value or 0
        node = node.args.get("false") or node.args.get("default")
    rest = build.literal_int(node)
    missing = [s for s in ("-1", "0", "1") if s not in results]
    if rest is None or len(missing) != 1:
        return None
    results[missing[0]] = rest
    ways = {(-1, 0, 1): "ASC", (1, 0, -1): "DESC"}
    return ways.get((results["-1"], results["0"], results["1"]))


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
    size = build.literal_int(step.this) if isinstance(step, exp.Interval) else 1
    if isinstance(step, exp.Interval) and size is None and (build.text(step.this) or "").lstrip("-").isdigit():
        size = int(build.text(step.this) or 0)
    months = {"MONTH": 1, "YEAR": 12, "QUARTER": 3}.get(unit)
    days = {"DAY": 86400, "WEEK": 604800, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit)
    if (
        size is None
        or size == 0
        or (size < 0 and not days)
        or not (months or days)
        or (dates and unit in ("HOUR", "MINUTE", "SECOND"))
    ):
        ctx.refuse("unfaithful", node, "sequence is verified for a constant step forward", "Write INTERVAL '1' DAY")
    name, count = ("tr__months_from", months) if months else ("tr__seconds_from", days)
    both = [build.cast(a, "TIMESTAMP") for a in (start, end)]
    kind = "DATE" if dates else "TIMESTAMP"
    return build.cast(ctx.macro(name, *both, build.lit((size or 1) * (count or 1))), f"{kind}[]")


@R.rule(exp.Map)
def map_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    keys, values = node.args.get("keys"), node.args.get("values")
    if keys is None or values is None:
        ctx.refuse("unfaithful", node, "This form of map is not verified", "Give its keys and values as arrays")
        return None
    return typed(ctx.call("map", keys, values), map_type(element_type(keys, ctx), element_type(values, ctx)))


@R.function("map_agg")
def map_agg(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    key, value = node.expressions
    found = ctx.call("list", ctx.call("row", key, value))
    kept = exp.Filter(this=found, expression=exp.Where(this=exp.Not(this=exp.Is(
        this=key.copy(), expression=exp.Null()))))  # fmt: skip
    return typed(ctx.call("map_from_entries", kept), map_type(ctx.type_of(key), ctx.type_of(value)))


@R.rule(exp.ArraySize)
def cardinality(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "array", "map"):
        ctx.refuse("unfaithful", node, "Whether this is an array or a map is not known here", "Name the column's table")
    return ctx.call("cardinality" if ctx.is_a(node.this, "map") else "len", node.this, type="BIGINT")


# functions/array: beyond the end [] raises, element_at gives NULL
@R.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "map") and len(node.expressions) == 1:
        kind, key = ctx.type_of(node.this), node.expressions[0]
        if node.args.get("offset") != 1 and isinstance(key, exp.Literal) and key.is_int:
            key = build.lit(int(key.name) + 1)
        made = ctx.call("map_extract_value", node.this, key) if node.args.get("safe") else ctx.macro(
            "tr__map_at", node.this, key)  # fmt: skip
        if kind is not None and len(kind.expressions) > 1:
            made.type = kind.expressions[1].copy()
        return made
    if ctx.is_a(node.this, "struct"):  # language/types#row: from 1 on
        place = build.literal_int(node.expressions[0])
        kind = ctx.type_of(node.this)
        if place is None or len(node.expressions) != 1:
            ctx.refuse("unfaithful", node, "A subscript of a row is verified for a constant", "Write the number")
            return None
        # sqlglot counts from 0 where it does not know at first that this is a row
        place += 1 if isinstance(node.this, exp.Column) and node.args.get("offset") != 1 else 0
        named = kind.expressions[place - 1] if kind is not None and 0 < place <= len(kind.expressions) else None
        known = isinstance(named, exp.ColumnDef)
        return ctx.call("struct_extract", node.this, build.lit(named.name if known and named else place))
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json") or ctx.is_a(node.expressions[0], "text"):
        ctx.refuse("unfaithful", node, "A subscript of this value is not verified", "Use arrays with whole numbers")
    index, number = node.expressions[0], build.literal_int(node.expressions[0])
    if node.args.get("offset") != 1:
        one = exp.Paren(this=exp.Add(this=exp.Paren(this=index), expression=build.lit(1)))
        index = build.lit(number + 1) if number is not None and number >= 0 else one
    return ctx.macro("tr__element_at" if node.args.get("safe") else "tr__at", node.this, index)
