"""GROUP BY and UNPIVOT: query-syntax of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build
from ..shared.grouping import sets_of
from ..shared.source_types import columns_of_star, type_of_path

R = DialectRules("bigquery relations")


# query-syntax#group_by_grouping_item: whether a key that is made of another one is known in a set of that one alone
@R.prepare
def keys_of_keys(tree: exp.Expr, ctx: Context) -> None:
    for select in find_all(tree, exp.Select):
        for each in sets_of(select.args.get("group")):
            keys = [key for key in find_all(each, exp.Column) if _is_key(key, each)]
            for column in find_all(each, exp.Column):
                if not _is_key(column, each) and any(key.name.casefold() == column.name.casefold() for key in keys):
                    ctx.refuse("unfaithful", column, "Grouping sets of a key and what is made of it are not verified",
                               "Group by the key alone")  # fmt: skip


def _is_key(column: exp.Expr, each: exp.Expr) -> bool:
    above = column.parent
    while isinstance(above, (exp.Paren, exp.Tuple)) and above is not each:
        above = above.parent
    return isinstance(above, (exp.Rollup, exp.Cube, exp.GroupingSets))


# query-syntax#by_name_or_corresponding
@R.normalise
def by_name(tree: exp.Expr, ctx: Context) -> None:
    """Columns of both sides by their names: FULL takes all, LEFT those of the left, INNER those of both."""
    for node in reversed(list(find_all(tree, exp.SetOperation))):
        if not node.args.get("by_name"):
            continue
        sides = [_column_names(side, ctx) for side in (node.this, node.expression)]
        if not all(sides):
            raise ctx.error(node, "The columns that are matched by name are not known here: name them instead of *.")
        folded = [{name.casefold() for name in side} for side in sides]
        side, inner = str(node.args.get("side") or "").upper(), str(node.args.get("kind") or "").upper() == "INNER"
        if side == "FULL":
            names = [*sides[0], *(name for name in sides[1] if name.casefold() not in folded[0])]
        elif side == "LEFT" or (not inner and folded[0] == folded[1]):
            names = sides[0]
        elif inner:
            names = [name for name in sides[0] if name.casefold() in folded[1]]
        else:
            raise ctx.error(node, "BY NAME asks for the same names on both sides: write FULL, LEFT or INNER before.")
        if node.args.get("on"):
            wanted = [column.name for column in node.args["on"]]
            known = {name.casefold() for name in names} | (folded[0] & folded[1])
            if any(name.casefold() not in known for name in wanted):
                raise ctx.error(node, "A column of ON is not among those that both sides have.")
            names = wanted
        if not names:
            raise ctx.error(node, "No column has the same name on both sides.")
        for key, own in zip(("this", "expression"), folded, strict=True):
            items = [
                exp.column(exp.to_identifier(name, quoted=True))
                if name.casefold() in own
                else exp.alias_(exp.Null(), name, quoted=True)
                for name in names
            ]
            part = node.args[key]
            whole = part if isinstance(part, exp.Subquery) and not part.alias else exp.Subquery(this=part)
            whole.set("alias", exp.TableAlias(this=exp.to_identifier("_by_name")))
            node.set(key, exp.Select(expressions=items).from_(whole, copy=False))
        for key in ("by_name", "side", "kind", "on"):
            node.set(key, None)


def _column_names(query: exp.Expr, ctx: Context) -> list[str]:
    """None at all where they are not known."""
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    found: list[str] = []
    if not isinstance(query, exp.Select):
        return found
    for item in query.expressions:
        if item.is_star:
            known = columns_of_star(item, query, ctx.schema)
            star = item if isinstance(item, exp.Star) else find_first(item, exp.Star)
            if known is None or star is None:
                return []
            left_out = {part.name.casefold() for part in star.args.get("except_") or ()}
            found += [name for name, _ in known if name.casefold() not in left_out]
        elif not item.alias_or_name:
            return []
        else:
            found.append(item.alias_or_name)
    return found


@R.prepare
def constants(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#group_by_all: constants are no keys; without a key and an aggregate there is one row."""
    for select in find_all(tree, exp.Select):
        group = select.args.get("group")
        if group is None or not group.args.get("all") or any(i.is_star for i in select.expressions):
            continue
        if not any(find_first(item, exp.Column, exp.AggFunc, exp.Subquery) for item in select.expressions):
            select.set("group", exp.Group(expressions=[exp.Tuple()]))
        elif select.args.get("qualify") is not None:  # DuckDB combines the two not
            keys = [item.unalias() for item in select.expressions if not find_first(item, exp.AggFunc, exp.Window)]
            keys = [key for key in keys if find_first(key, exp.Column)]
            select.set("group", exp.Group(expressions=[key.copy() for key in keys] or [exp.Tuple()]))


@R.prepare
def grouped_by_outputs(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#group_by_clause: an output's name goes before the columns of FROM; DuckDB takes those first."""
    for select in find_all(tree, exp.Select):
        group = select.args.get("group")
        for key in list(group.expressions) if group is not None else ():
            if not isinstance(key, exp.Column) or key.table:
                continue
            same = [item for item in select.expressions if item.alias_or_name.casefold() == key.name.casefold()]
            value = same[0].unalias() if len(same) == 1 else None
            if value is None or isinstance(value, (exp.Literal, exp.Star, exp.Subquery)) or value == key:
                continue
            if not find_first(value, exp.AggFunc, exp.Window):
                key.replace(value.copy())


@R.prepare
def windows_over_outputs(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#qualify_clause: its windows read aggregates and keys by the names of outputs."""
    columns = {name.casefold() for name in ctx.columns}
    for select in find_all(tree, exp.Select):
        qualify = select.args.get("qualify")
        made = {item.alias.casefold(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
        for column in list(find_all(qualify, exp.Column)) if qualify is not None else ():
            value = made.get(column.name.casefold()) if not column.table else None
            if value is None or not column.find_ancestor(exp.Window) or find_first(value, exp.Window):
                continue
            if column.name.casefold() in columns and select.args.get("group") is None:
                continue
            if column.find_ancestor(exp.Select) is select and not isinstance(value, exp.Column):
                column.replace(value.copy())


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
    for select in find_all(tree, exp.Select):
        group = select.args.get("group")
        for grouped in find_all(group, *_SETS) if group is not None else ():
            for number in [n for n in find_all(grouped, exp.Literal) if n.is_int]:
                place = int(number.name) - 1
                if isinstance(number.parent, (exp.Tuple, exp.Paren, *_SETS)) and place < len(select.expressions):
                    number.replace(select.expressions[place].unalias().copy())


_SETS = (exp.GroupingSets, exp.Rollup, exp.Cube)


@R.prepare
def fields(tree: exp.Expr, ctx: Context) -> None:
    """query-syntax#unnest_and_structs: the fields of structs in an array without an alias are columns."""
    for node in list(find_all(tree, exp.Unnest)):
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
        if isinstance(other, exp.Cast) and other.args["to"].is_type(exp.DType.STRUCT):
            continue  # to the first one's type
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
