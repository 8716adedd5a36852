"""Arrays and series of them: array_functions of the manual."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first, walk_tree
from .. import DialectRules
from ..shared import build
from ..shared.source_types import columns_of_star, element_of, type_of_path
from .names import spelled

R = DialectRules("bigquery arrays")


# array_functions, and subscripts: operators#array_subscript_operator
@R.rule(exp.Bracket)
def subscript(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1 or ctx.is_a(node.this, "json", "struct", "map"):
        return None
    index, offset = node.expressions[0], node.args.get("offset") or 0
    if ctx.is_a(index, "text"):
        return None
    if offset:
        index = exp.Paren(this=exp.Sub(this=index, expression=build.lit(offset)))
    return ctx.macro("bq__safe_offset" if node.args.get("safe") else "bq__offset", node.this, index)


@R.rule(exp.Unnest)
def with_offset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """query-syntax#unnest_operator: WITH OFFSET counts from 0."""
    offset, alias = node.args.get("offset"), node.args.get("alias")
    if not offset:
        return None
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "UNNEST of several arrays WITH OFFSET is not verified", "Use one array")
    array = node.expressions[0]
    columns = alias.args.get("columns") if alias is not None else None
    value = columns[0].copy() if columns else exp.to_identifier(alias.name if alias is not None else "value")
    name = offset if isinstance(offset, exp.Identifier) else exp.to_identifier("offset")
    places = ctx.call("unnest", ctx.call("range", ctx.call("len", array.copy())))
    kind = ctx.type_of(array)
    element = kind.expressions[0] if kind is not None and kind.expressions else None
    rows: exp.Expr = exp.alias_(ctx.call("unnest", array), value)
    if alias is None and element is not None and element.is_type(exp.DType.STRUCT):  # its fields are the columns
        rows = ctx.call("unnest", array, exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=build.lit(2)))
    select = exp.Select(expressions=[rows, exp.alias_(places, name.copy())])
    return exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier("_unnested")))


_STEPS = {"DAY": 86400, "WEEK": 604800, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _size(step: exp.Expr | None, ctx: Context, node: exp.Expr) -> tuple[int, str]:
    if step is None:
        return 1, "DAY"
    unit = step.args["unit"].name.upper() if isinstance(step, exp.Interval) and step.args.get("unit") else ""
    written = (build.text(step.this) if isinstance(step, exp.Interval) else None) or ""
    number = int(written) if re.fullmatch(r"\d+", written) else build.literal_int(step.this)
    if not number or number < 1 or unit not in {**_STEPS, **_MONTHS}:
        ctx.refuse("unfaithful", node, "This series is verified for a constant step forward", "Write INTERVAL 1 DAY")
    return number or 1, unit


# array_functions#generate_date_array, #generate_timestamp_array: each element is counted from the start
@R.rule(exp.GenerateDateArray, exp.GenerateTimestampArray)
def date_series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    number, unit = _size(node.args.get("step"), ctx, node)
    both = [build.cast(node.args[key], "TIMESTAMP") for key in ("start", "end")]
    name = "bq__months_from" if unit in _MONTHS else "bq__seconds_from"
    made = ctx.macro(name, *both, build.lit(number * (_MONTHS.get(unit) or _STEPS.get(unit) or 1)))
    return build.cast(made, "DATE[]" if isinstance(node, exp.GenerateDateArray) else "TIMESTAMP[]")


# array_functions#array_concat: NULL if an argument is
@R.rule(exp.ArrayConcat)
def array_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    arrays = [node.this, *node.expressions]
    made = ctx.call("list_concat", *arrays)
    made.type = node.type
    known = [exp.Is(this=a.copy(), expression=exp.Null()) for a in arrays if not isinstance(a, exp.Array)]
    if not known:
        return made
    some = exp.or_(*known, copy=False)
    return exp.Case(ifs=[exp.If(this=some, true=exp.Null())], default=made)


# array_functions#array_slice, #array_min, #array_max, #array_sum, #array_is_distinct
R.macros(
    {
        exp.ArraySlice: ("bq__slice", None, "this", "start", "end"),
        "array_is_distinct": ("bq__is_distinct", "BOOLEAN"),
    }
)


@R.rule(exp.ArrayMin, exp.ArrayMax, exp.ArraySum)
def of_elements(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    kind = ctx.type_of(node.this)
    element = kind.expressions[0] if kind is not None and kind.expressions else None
    whole = element is not None and element.is_type(*exp.DataType.INTEGER_TYPES)
    if isinstance(node, exp.ArraySum) and not whole:
        ctx.refuse("unfaithful", node, "ARRAY_SUM is verified for INT64", "Use (SELECT SUM(x) FROM UNNEST(…) AS x)")
    if element is None or element.is_type(*exp.DataType.FLOAT_TYPES):
        ctx.refuse(
            "unfaithful", node, "This is verified for arrays without NaN", "Use (SELECT MAX(x) FROM UNNEST(…) AS x)"
        )
    names: dict[type[exp.Expr], str] = {exp.ArrayMin: "list_min", exp.ArrayMax: "list_max", exp.ArraySum: "list_sum"}
    made: exp.Expr = ctx.call(names[type(node)], node.this)
    made = build.cast(made, "BIGINT") if isinstance(node, exp.ArraySum) else made
    made.type = element
    return made


# array_functions#generate_array
@R.rule(exp.GenerateSeries)
def series(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    parts = [node.args["start"], node.args["end"], node.args.get("step") or _one()]
    if all(ctx.is_a(p, "int") for p in parts):
        if build.literal_int(parts[2]):
            return ctx.call("generate_series", *parts, type="BIGINT[]")
        return ctx.macro("bq__int_series", *parts, type="BIGINT[]")
    if not all(ctx.is_a(p, "int", "float") for p in parts):
        ctx.refuse("unfaithful", node, "GENERATE_ARRAY is verified for INT64 and FLOAT64", "Cast its arguments")
    return ctx.macro("bq__series", *(build.cast(p, "DOUBLE") for p in parts), type="DOUBLE[]")


def _one() -> exp.Expr:
    made = build.lit(1)
    made.type = exp.DataType.build("BIGINT")
    return made


@R.prepare
def null_elements(tree: exp.Expr, ctx: Context) -> None:
    """data-types#array_nulls: an array of the result may hold no NULL, and NULL is written as an empty one."""
    spelling = spelled(tree, ctx)
    branches: list[exp.Expr] = [tree]
    while branches:
        branch = branches.pop()
        if isinstance(branch, exp.SetOperation):
            branches += [branch.this, branch.expression]
        elif isinstance(branch, (exp.Subquery, exp.Paren)):
            branches.append(branch.this)
        elif isinstance(branch, exp.Select):
            for item in list(branch.expressions):
                if item.is_star:
                    _written_star(item, branch, tree, spelling, ctx)
                else:
                    _written(item, spelling, ctx)


def _written(item: exp.Expr, spelling: Mapping[str, str], ctx: Context) -> None:
    inner = item.expression if isinstance(item, exp.PropertyEQ) else item.this if isinstance(item, exp.Alias) else item
    if ctx.unknown(inner):
        query = inner.unnest() if isinstance(inner, exp.Subquery) else inner
        if isinstance(query, exp.Struct) or (isinstance(query, exp.Select) and query.args.get("kind") == "STRUCT"):
            # of a struct of which one field has no known type, each other one
            for field in list(query.expressions):
                if not field.is_star:
                    _written(field, spelling, ctx)
            return
        inner.type = type_of_path(inner, ctx.schema)
    if not (isinstance(inner, exp.ArrayAgg) or ctx.is_a(inner, "array", "struct")):
        return
    checked = _empty_for_null(inner.copy(), _as_spelled(inner.type, spelling), ctx)
    if checked is None:
        return
    checked.type = inner.type
    if inner is item:
        checked = exp.alias_(checked, inner.alias_or_name) if inner.alias_or_name else checked
    inner.replace(checked)


def _as_spelled(kind: exp.DataType | None, spelling: Mapping[str, str]) -> exp.DataType | None:
    if kind is None or not find_first(kind, exp.ColumnDef):
        return kind
    kind = kind.copy()
    for field in find_all(kind, exp.ColumnDef):
        field.set("this", exp.to_identifier(spelling.get(field.name.casefold(), field.name), quoted=True))
    return kind


def _empty_for_null(value: exp.Expr, kind: exp.DataType | None, ctx: Context, depth: int = 0) -> exp.Expr | None:
    """The value with [] for each array that is NULL, in its fields and elements too; None if it can hold none."""
    fields = kind.expressions if kind is not None and kind.is_type("struct") else []
    if not fields and (kind is None or not kind.is_type("struct")):
        if kind is not None and kind.this not in exp.DataType.ARRAY_TYPES and not isinstance(value, exp.ArrayAgg):
            return None
        checked = ctx.macro("bq__array", value)
        element = kind.expressions[0] if kind is not None and kind.expressions else None
        return checked if element is None else _each(checked, element, ctx, depth) or checked
    if not any(_holds_arrays(field) for field in fields):
        return None
    if not isinstance(value, (exp.Column, exp.Dot, exp.Identifier)):  # read once
        found = _each(exp.Array(expressions=[value]), kind, ctx, depth)
        return None if found is None else ctx.call("list_extract", found, build.lit(1))
    packed = []
    for field in fields:
        name = exp.to_identifier(field.name, quoted=True)
        part = exp.Dot(this=value.copy(), expression=name.copy())
        packed.append(exp.PropertyEQ(this=name, expression=_empty_for_null(part, field.kind, ctx, depth) or part))
    return exp.Case(
        ifs=[exp.If(this=exp.Is(this=value.copy(), expression=exp.Null()), true=exp.Null())],
        default=exp.Struct(expressions=packed),
    )


def _each(array: exp.Expr, element: exp.DataType | None, ctx: Context, depth: int) -> exp.Expr | None:
    name = exp.to_identifier(f"_e{depth}")
    made = _empty_for_null(name, element, ctx, depth + 1)
    return None if made is None else ctx.call("list_transform", array, exp.Lambda(this=made, expressions=[name.copy()]))


def _holds_arrays(field: exp.Expr) -> bool:
    kind = field.args.get("kind")
    return isinstance(kind, exp.DataType) and any(
        part.this in exp.DataType.ARRAY_TYPES for part in find_all(kind, exp.DataType)
    )


def _named_structs(part: exp.Expr) -> bool:
    """Whether what FROM or a join reads are structs of an array under a name."""
    source = part.this
    element = element_of(source) if isinstance(source, exp.Unnest) and source.args.get("alias") else None
    return element is not None and element.is_type(exp.DType.STRUCT)


def _written_star(
    item: exp.Expr, select: exp.Select, tree: exp.Expr, spelling: Mapping[str, str], ctx: Context
) -> None:
    """The arrays that a star hands on."""
    star = item if isinstance(item, exp.Star) else find_first(item, exp.Star)
    if star is item and any(
        _named_structs(part)
        for part in (select.args.get("from_"), *(select.args.get("joins") or ()))
        if part is not None
    ):
        ctx.refuse(
            "unfaithful", item, "A star over UNNEST of structs gives their fields in BigQuery", "Name the columns"
        )
    columns = columns_of_star(item, select, ctx.schema)
    if star is None or columns is None or any(kind is None or kind.is_type(exp.DType.UNKNOWN) for _, kind in columns):
        arrays = any("[]" in kind for table in ctx.schema.values() for kind in table.values())
        if arrays or any(ctx.is_a(node, "array") for node in walk_tree(tree)):
            ctx.refuse("unfaithful", item, "A star over arrays is not verified here", "Name the columns")
        if star is None or columns is None:
            return
    left_out = {part.name.casefold() for part in star.args.get("except_") or ()}
    replaced = list(star.args.get("replace") or ())
    for own in replaced:
        left_out.add(own.alias.casefold())
        _written(own, spelling, ctx)
    table = item.table if isinstance(item, exp.Column) else None
    for name, kind in columns:
        if name.casefold() in left_out or kind is None:
            continue
        name = spelling.get(name.casefold(), name)
        column = exp.column(exp.to_identifier(name, quoted=True), table=table or None)
        made = _empty_for_null(column, _as_spelled(kind, spelling), ctx)
        if made is not None:
            replaced.append(exp.alias_(made, name, quoted=True))
    if replaced:
        star.set("replace", replaced)
