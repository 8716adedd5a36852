"""Comparisons of structs, the one type of those that meet, NaN: operators#comparison_operators of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import nan, rows

R = DialectRules("bigquery comparisons")
R.normalise(rows.by_field())
R.rule(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)(nan.compared)
# data-types#ordering_floating_point_values
R.rule(exp.Ordered)(nan.first_in_order)


@R.prepare
def one_struct(tree: exp.Expr, ctx: Context) -> None:
    """Structs meet by the places of their fields, under the names of the first; DuckDB goes by the names."""
    for node in list(tree.find_all(exp.SetOperation, exp.Array, exp.Case, exp.If, exp.Coalesce)):
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


# mathematical_functions#least: NaN where an argument is
@R.rule(exp.Least)
def least(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    values = [node.this, *node.expressions]
    if not any(ctx.is_a(value, "float") for value in values) or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    return ctx.macro("bq__or_nan", node.copy(), ctx.call("greatest", *(value.copy() for value in values)))
