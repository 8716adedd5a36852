"""Arrays and maps. https://spark.apache.org/docs/latest/api/sql/#array-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...facts.rules import arguments
from .. import DialectRules
from ..shared import build, clauses
from .casts import as_text
from .json import each, fields
from .regex import plain
from .types import family, kind

R = DialectRules("databricks arrays")

R.macros(
    {
        "get": "dbx__get",
        "array_union": "dbx__array_union",
        "arrays_overlap": ("dbx__arrays_overlap", "BOOLEAN"),
        "array_repeat": "dbx__array_repeat",
    }
)
R.known("map_entries", "map_values")


@R.rule(exp.Array, exp.Case, exp.If, exp.Coalesce, exp.Greatest, exp.Least, exp.Union, exp.Except, exp.Intersect)
def one_struct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Structs of other fields have no one type in Spark, or the first's, where DuckDB makes one of all their fields."""
    for values in _alternatives(node):
        types = [ctx.type_of(value) for value in values if value is not None]
        structs = [t for t in types if t is not None and t.this in exp.DataType.STRUCT_TYPES and t.expressions]
        if len({tuple(name.casefold() for name, _ in fields(t)) for t in structs}) > 1:
            told = "are those of the first" if isinstance(node, exp.SetOperation) else "have no one type"
            raise ctx.error(node, f"Structs with other fields {told} in Spark. Name their fields alike.")
    return None


def _alternatives(node: exp.Expr) -> list[list[exp.Expr | None]]:
    """The values of which a node gives one, or all: of a set operation those of each column."""
    if isinstance(node, exp.SetOperation):
        sides = [side.selects for side in (node.this, node.expression)]
        return [list(pair) for pair in zip(*sides, strict=False)]
    if isinstance(node, exp.Case):
        return [[*(branch.args.get("true") for branch in node.args["ifs"]), node.args.get("default")]]
    if isinstance(node, exp.If):
        return [[node.args.get("true"), node.args.get("false")]]
    return [[*([] if isinstance(node, exp.Array) else [node.this]), *node.expressions]]


@R.rule(exp.MapContainsKey)
def map_contains_key(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.args["key"], exp.Null):
        raise ctx.error(node, "databricks takes no NULL as a key.")
    return ctx.call("list_contains", ctx.call("map_keys", node.this), node.args["key"], type="BOOLEAN")


@R.rule(exp.ArraysZip)
def arrays_zip(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Structs of what stands at the same place, their fields called as the columns are, else by their number."""
    arrays = node.expressions
    if any(family(a) == "null" for a in arrays):
        return exp.Null()
    if not arrays or any(family(a) != "array" for a in arrays):
        raise ctx.error(node, "The types of these arrays are not known here. Cast them.")
    named = (exp.Column, exp.Identifier, exp.Dot)  # a lambda's parameter is one too; a field has its own name
    names = [a.name if isinstance(a, named) else str(i) for i, a in enumerate(arrays)]
    place = build.variable("place", *arrays)
    at = exp.column(place)
    fields = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=ctx.call("list_extract", a.copy(), at))
        for name, a in zip(names, arrays, strict=True)
    ]
    lengths = [ctx.call("len", a.copy()) for a in arrays]
    longest = ctx.call("greatest", *lengths) if len(lengths) > 1 else lengths[0]
    body = exp.Lambda(this=exp.Struct(expressions=fields), expressions=[exp.to_identifier(place)])
    rows = ctx.call("list_transform", ctx.call("generate_series", build.lit(1), longest), body)
    some = exp.or_(*(exp.Is(this=a.copy(), expression=exp.Null()) for a in arrays), copy=False)
    made = exp.Case(ifs=[exp.If(this=some, true=exp.Null())], default=rows)
    made.type = node.type
    return made


@R.rule(exp.Bracket)
def bracket(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """array[i] counts from 0 and raises beyond the end; element_at counts from 1; map[key] gives NULL."""
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        return None
    index, offset = node.expressions[0], node.args.get("offset")
    name = family(node.this)
    if name == "map":
        return None
    if name is None and family(index) == "text":
        return None
    if name is None:
        ctx.refuse(
            "unfaithful", node, "It is not known here whether this is an array or a map", "Use get or element_at"
        )
    if name != "array":
        return None
    found = kind(node.this)
    type_ = found.expressions[0] if found is not None and found.expressions else None
    macro = "dbx__at_key" if clauses.window_key(node) else "dbx__at"
    if offset == 1:
        macro = "dbx__try_element_at" if node.args.get("safe") else "dbx__element_at"
    made = ctx.macro(macro, node.this, index)
    if isinstance(type_, exp.DataType):
        made.type = type_.copy()
    return made


R.macros(
    {
        exp.ArrayDistinct: ("dbx__array_distinct", None, "this"),
        exp.ArrayPosition: ("dbx__array_position", "BIGINT", "this", "expression"),
        exp.ArrayRemove: ("dbx__array_remove", None, "this", "expression"),
        exp.ArrayIntersect: ("dbx__array_intersect", None, "expressions"),
        exp.ArrayExcept: ("dbx__array_except", None, "this", "expression"),
        exp.Flatten: ("dbx__flatten", None, "this"),
        exp.ArraySlice: ("dbx__array_slice", None, "this", "start", "end"),
    }
)


@R.rule(exp.ArrayContains)
def array_contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.expression.unnest(), exp.Null):
        raise ctx.error(node, "databricks refuses an array_contains of NULL without a type. Cast the NULL.")
    return ctx.macro("dbx__array_contains", node.this, node.expression, type="BOOLEAN")


def _counting(node: exp.Expr, ctx: Context) -> str:
    return "cardinality" if family(arguments(node)[0]) == "map" else "len"


R.renames({exp.ArraySize: (_counting, "BIGINT", "this"), "cardinality": (_counting, "BIGINT")})


@R.rule(exp.Reverse)
def reverse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("list_reverse", node.this) if family(node.this) == "array" else None


@R.rule(exp.ArrayConcat, exp.Concat)
def array_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.ConcatWs):
        return _concat_ws(node, ctx)
    found = node.expressions if isinstance(node, exp.Concat) else [node.this, *node.expressions]
    if "array" not in {family(f) for f in found} or len(found) < 2:
        return None
    made = found[0]
    for other in found[1:]:
        test = exp.Or(this=exp.Is(this=made.copy(), expression=exp.Null()),
                      expression=exp.Is(this=other.copy(), expression=exp.Null()))  # fmt: skip
        made = exp.Case(ifs=[exp.If(this=test, true=exp.Null())], default=ctx.call("list_concat", made, other))
    return made


def _concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Texts and arrays of texts in any mix; NULLs are left out."""
    separator, *operands = node.expressions
    if "array" not in {family(o) for o in operands}:
        return None
    lists = [_texts(o, ctx) if family(o) == "array" else exp.Array(expressions=[as_text(o, ctx)]) for o in operands]
    joined = lists[0] if len(lists) == 1 else ctx.call("list_concat", *lists)
    whole = exp.Coalesce(this=ctx.call("array_to_string", joined, separator.copy()), expressions=[build.lit("")])
    test = exp.Not(this=exp.Is(this=separator, expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=test, true=whole)])


def _texts(array: exp.Expr, ctx: Context) -> exp.Expr:
    """The elements as their texts, where they are none."""
    found = kind(array)
    element = found.expressions[0] if found is not None and found.expressions else None
    if not isinstance(element, exp.DataType) or element.this in (*exp.DataType.TEXT_TYPES, exp.DType.UNKNOWN):
        return array
    return each(array, element, lambda item: as_text(item, ctx), ctx)


@R.rule(exp.ArrayToString)
def array_join(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULLs are left out, unless there is a text for them; a separator or a text for them that is NULL gives NULL."""
    this, null = node.this, node.args.get("null")
    this = _texts(this, ctx)
    if null is not None:
        item = build.variable("x", null)
        filled = exp.Coalesce(this=exp.column(item), expressions=[null])
        this = ctx.call("list_transform", this, exp.Lambda(this=filled, expressions=[exp.to_identifier(item)]))
    made = ctx.macro("dbx__array_join", this, node.expression, type="VARCHAR")
    if null is None or build.text(null) is not None:
        return made
    known = exp.Not(this=exp.Is(this=exp.Paren(this=null.copy()), expression=exp.Null()))
    return exp.Case(ifs=[exp.If(this=known, true=made)])


@R.rule(exp.GenerateSeries)
def sequence(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, end, step = node.args["start"], node.args["end"], node.args.get("step")
    names = {family(start), family(end)}
    if names == {"int"}:
        args = [start, end] + ([step] if step is not None else [])
        return ctx.macro("dbx__sequence3" if step is not None else "dbx__sequence", *args, type="BIGINT[]")
    if names <= {"date", "timestamp"}:
        type_ = "DATE" if names == {"date"} else "TIMESTAMP"
        step = step if step is not None else exp.Interval(this=build.lit("1"), unit=exp.Var(this="DAY"))
        if not isinstance(step, exp.Interval) or not (build.text(step.this) or "-").isdigit():
            ctx.refuse("unfaithful", node, "A sequence of dates is verified for steps forward that are constants",
                       "Write the step as INTERVAL 1 DAY")  # fmt: skip
        made = ctx.call("generate_series", build.cast(start, "TIMESTAMP"), build.cast(end, "TIMESTAMP"), step)
        unit = step.args.get("unit")
        if unit is not None and unit.name.upper().rstrip("S") in ("MONTH", "YEAR", "QUARTER") and not _early(start):
            ctx.refuse("unfaithful", node, "Months counted from a day that a month may lack are not verified",
                       "Start on a day up to the 28th written as a constant")  # fmt: skip
        return build.cast(made, f"{type_}[]")
    ctx.refuse("unfaithful", node, "sequence is verified for integers, dates and timestamps", "Cast the bounds")
    return None


def _early(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Anonymous) and str(node.name).lower() == "date_trunc":
        return True
    found = re.match(r"\d{4}-\d\d-(\d\d)", build.text(node) or "")
    return bool(found) and int(found[1]) <= 28  # type: ignore[index]


@R.rule(exp.MapCat)
@R.function("map_concat")
def map_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A key that two maps have is an error."""
    maps = arguments(node)
    if len(maps) < 2 or any(family(m) != "map" for m in maps):
        ctx.refuse("unfaithful", node, "map_concat is verified for two maps or more of known types", "Cast them")
        return None
    made = ctx.call("map_entries", maps[0])
    for other in maps[1:]:
        made = ctx.call("list_concat", made, ctx.call("map_entries", other))
    some = exp.or_(*(exp.Is(this=m.copy(), expression=exp.Null()) for m in maps), copy=False)
    merged = exp.Case(ifs=[exp.If(this=some, true=exp.Null())], default=ctx.call("map_from_entries", made))
    merged.type = kind(maps[0])
    return exp.Paren(this=merged)


@R.rule(exp.StrToMap)
def str_to_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A pair without the second separator has no value; a key that comes twice is an error."""
    seps = [node.args.get("pair_delim") or build.lit(","), node.args.get("key_value_delim") or build.lit(":")]
    if not all(plain(build.text(sep)) for sep in seps):
        ctx.refuse("unfaithful", node, "str_to_map is verified for separators of one plain character", "Split the text")
        return None
    made = ctx.macro("dbx__str_to_map", as_text(node.this, ctx), *seps)
    made.type = exp.DataType.build("MAP<STRING, STRING>", dialect="databricks")
    return made


@R.rule(exp.ArrayInsert)
def array_insert(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """At a constant place counted from 1; NULLs fill up to it."""
    at = build.literal_int(node.args["position"])
    if at is None or at < 1 or node.args.get("offset") not in (None, 0, 1):
        ctx.refuse("unfaithful", node, "array_insert is verified for a place from 1 on", "Count from the start")
        return None
    made = ctx.macro("dbx__array_insert", node.this, build.lit(at), node.expression)
    made.type = kind(node.this)
    return made


@R.rule(exp.Dot)
def field_of_each(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A field of an array of structs is the array of that field."""
    found = kind(node.this)
    element = found.expressions[0] if found is not None and family(node.this) == "array" and found.expressions else None
    if not isinstance(element, exp.DataType) or element.this not in exp.DataType.STRUCT_TYPES:
        return None
    inner = next((kind_ for name, kind_ in fields(element) if name.lower() == node.expression.name.lower()), None)
    made = each(node.this, element, lambda item: exp.Dot(this=item, expression=node.expression), ctx)
    if inner is not None:
        made.type = exp.DataType(this=exp.DType.ARRAY, expressions=[inner.copy()], nested=True)
    return made
