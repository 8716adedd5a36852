"""Comparisons of structs, the one type of those that meet, NaN: operators#comparison_operators of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import nan, row_comparisons
from ..shared.source_types import columns_of, type_of_path

R = DialectRules("bigquery comparisons")
R.normalise(row_comparisons.by_field())
R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)(nan.compared)
# data-types#ordering_floating_point_values
R.rule(exp.Ordered)(nan.first_in_order)


@R.prepare
def typed_columns(tree: exp.Expr, ctx: Context) -> None:
    """The types of columns that typing did not reach, as within ARRAY(SELECT …): whether NaN has to be looked for."""
    for column in find_all(tree, exp.Column):
        if ctx.unknown(column) and not isinstance(column.this, exp.Star):
            found = type_of_path(column, ctx.schema)
            if found is not None:
                column.type = found.copy()


# query-syntax#using_clause: NaN is equal to nothing
@R.prepare
def no_nan_in_using(tree: exp.Expr, ctx: Context) -> None:
    for join in find_all(tree, exp.Join):
        names = {name.name.casefold() for name in join.args.get("using") or ()}
        above = join.parent
        first = above.args.get("from_") if names and isinstance(above, exp.Select) else None
        if not isinstance(above, exp.Select) or first is None:
            continue
        for source in (first.this, *(other.this for other in above.args.get("joins") or ())):
            kinds = {name.casefold(): kind for name, kind in columns_of(source, ctx.schema) or () if kind is not None}
            if any(name in kinds and kinds[name].is_type(*exp.DataType.FLOAT_TYPES) for name in names):
                ctx.refuse("unfaithful", join.args["using"][0], "USING of a FLOAT64 is not verified, for NaN",
                           "Write ON a.x = b.x")  # fmt: skip


@R.prepare
def one_struct(tree: exp.Expr, ctx: Context) -> None:
    """Structs meet by the places of their fields, under the names of the first; DuckDB goes by the names."""
    for node in list(find_all(tree, exp.SetOperation, exp.Array, exp.Case, exp.If, exp.Coalesce)):
        if isinstance(node, exp.SetOperation):
            for first, *others in zip(*(_items(side) for side in (node.this, node.expression)), strict=False):
                _as_first([first, *others], ctx)
        elif isinstance(node, exp.Array):
            _as_first(node.expressions, ctx)
        elif isinstance(node, exp.If):
            branches = [node.args.get("true"), node.args.get("false")]
            _as_first([branch for branch in branches if branch is not None], ctx)
        elif isinstance(node, exp.Coalesce):
            _as_first([node.this, *node.expressions], ctx)
        else:
            found = [branch.args["true"] for branch in node.args["ifs"]]
            _as_first([*found, *([node.args["default"]] if node.args.get("default") is not None else [])], ctx)


def _items(query: exp.Expr) -> list[exp.Expr]:
    while isinstance(query, (exp.Subquery, exp.SetOperation)):
        query = query.this
    items = query.expressions if isinstance(query, exp.Select) else []
    return [] if any(item.is_star for item in items) else [item.unalias() for item in items]


def _as_first(values: list[exp.Expr], ctx: Context) -> None:
    kinds = [ctx.type_of(value) for value in values]
    first = next((kind for kind in kinds if kind is not None and kind.is_type("struct")), None)
    if first is None or not all(isinstance(field, exp.ColumnDef) for field in first.expressions):
        return
    for value, kind in zip(values, kinds, strict=True):
        literal = isinstance(value, (exp.Struct, exp.Tuple))
        if not literal and (kind is None or not kind.is_type("struct")):
            continue
        if kind is None or _field_names(kind) != _field_names(first):
            parent, key, index = value.parent, value.arg_key, value.index
            made = exp.Cast(this=value.copy(), to=first.copy())
            made.this.type, made.type = kind, first.copy()
            if parent is not None and key is not None:
                parent.set(key, made, index)


def _field_names(kind: exp.DataType) -> list[str]:
    return [field.name.casefold() if isinstance(field, exp.ColumnDef) else "" for field in kind.expressions]


@R.rule(exp.EQ, exp.NEQ)
def structs(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """By their fields, whatever those are called; a NULL in one makes the answer NULL."""
    if ctx.is_a(node.this, "struct") or ctx.is_a(node.expression, "struct"):
        ctx.refuse("unfaithful", node, "A comparison of structs is not verified", "Compare their fields")
    return None


@R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
def of_one_kind(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """conversion_rules#coercion: a STRING and a number have no supertype."""
    for one, other in ((node.this, node.expression), (node.expression, node.this)):
        if ctx.is_a(one, "text") and ctx.is_a(other, "number", "bool"):
            raise ctx.error(node, "bigquery does not compare a STRING with a number or BOOL. Cast one side.")
    return None


# mathematical_functions#least: NaN where an argument is
@R.rule(exp.Least)
def least(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    values = [node.this, *node.expressions]
    if not any(ctx.is_a(value, "float") for value in values) or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    return ctx.macro("bq__or_nan", node.copy(), ctx.call("greatest", *(value.copy() for value in values)))
