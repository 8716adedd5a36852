"""GROUP BY and UNPIVOT: query-syntax of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from ..shared.sources import type_of_path

R = DialectRules("bigquery relations")


@R.prepare
def constants(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#group_by_all: constants are no keys; without a key and an aggregate there is one row."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        if group is None or not group.args.get("all") or select.find(exp.Star):
            continue
        if not any(item.find(exp.Column, exp.AggFunc, exp.Subquery) for item in select.expressions):
            select.set("group", exp.Group(expressions=[exp.Tuple()]))


@R.prepare
def grouped_by_outputs(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#group_by_grouping_item: of a name that two tables have it is the output's column."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        outputs = [item.unalias() for item in select.expressions]
        for key in list(group.expressions) if group is not None and select.args.get("joins") else ():
            if not isinstance(key, exp.Column) or key.table:
                continue
            same = [
                c for c in outputs if isinstance(c, exp.Column) and c.table and c.name.casefold() == key.name.casefold()
            ]
            if len(same) == 1:
                key.replace(same[0].copy())


@R.rule(exp.Table, exp.Subquery)
def unpivoted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """query-syntax#unpivot_operator: the values stand before their names."""
    pivots = [p for p in node.args.get("pivots") or () if p.args.get("unpivot")]
    if not pivots or node.meta.get("translated"):
        return None
    node.meta["translated"] = True
    names = [field.this.name for pivot in pivots for field in pivot.args["fields"]]
    columns = [exp.to_identifier(name, quoted=True) for name in names]
    alias = pivots[-1].args.get("alias") or node.args.get("alias")
    star = exp.Star(except_=[column.copy() for column in columns])
    select = exp.Select(expressions=[star, *(exp.column(column) for column in columns)])
    joins, node_ = node.args.pop("joins", None), node.copy()
    made = exp.Subquery(this=select.from_(node_), alias=alias.copy() if alias is not None else None)
    if joins:
        made.set("joins", joins)
    return made


@R.prepare
def ordinals(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#group_by_grouping_sets: a number stands for the output at its place, within sets too."""
    for select in tree.find_all(exp.Select):
        group = select.args.get("group")
        for grouped in group.find_all(*_SETS) if group is not None else ():
            for number in [n for n in grouped.find_all(exp.Literal) if n.is_int]:
                place = int(number.name) - 1
                if isinstance(number.parent, (exp.Tuple, exp.Paren, *_SETS)) and place < len(select.expressions):
                    number.replace(select.expressions[place].unalias().copy())


_SETS = (exp.GroupingSets, exp.Rollup, exp.Cube)


@R.prepare
def fields(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#unnest_and_structs: the fields of structs in an array without an alias are columns."""
    for node in list(tree.find_all(exp.Unnest)):
        if node.args.get("alias") is not None or node.args.get("offset") or len(node.expressions) != 1:
            continue
        if not isinstance(node.parent, (exp.From, exp.Join)):
            continue
        array = node.expressions[0]
        first = array.expressions[0].unnest() if isinstance(array, exp.Array) and array.expressions else None
        kind = ctx.type_of(array) or type_of_path(array, ctx.schema)
        element = (
            kind.expressions[0] if kind is not None and kind.is_type(exp.DType.ARRAY) and kind.expressions else None
        )
        if isinstance(first, exp.Struct):
            _name_fields(array, first, node, ctx)
        elif not (isinstance(element, exp.DataType) and element.this in exp.DataType.STRUCT_TYPES):
            continue
        depth = exp.PropertyEQ(this=exp.to_identifier("max_depth"), expression=build.lit(2))
        made = ctx.call("unnest", array.copy(), depth)
        node.replace(
            exp.Subquery(this=exp.Select(expressions=[made]), alias=exp.TableAlias(this=exp.to_identifier("_unnested")))
        )


def _name_fields(array: exp.Expr, first: exp.Struct, node: exp.Expr, ctx: Context) -> None:
    names = [field.this if isinstance(field, (exp.PropertyEQ,)) else None for field in first.expressions]
    for other in array.expressions:
        values = [v.expression if isinstance(v, exp.PropertyEQ) else v for v in other.expressions]
        if not isinstance(other, (exp.Struct, exp.Tuple)) or None in names or len(values) != len(names):
            ctx.refuse(
                "unfaithful", node, "Structs in UNNEST are verified where the first names its fields", "Name them"
            )
            return
        pairs = zip(names, values, strict=True)
        other.replace(
            exp.Struct(expressions=[exp.PropertyEQ(this=n.copy(), expression=v.copy()) for n, v in pairs if n])
        )
