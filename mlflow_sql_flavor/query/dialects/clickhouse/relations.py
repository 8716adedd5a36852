"""Clauses of SELECT, rows out of arrays, and functions of windows: https://clickhouse.com/docs/sql-reference/statements/select"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build, grouping, source_types
from .joins import JOIN_USE_NULLS
from .nulls import condition, default_of, nullable

R = DialectRules("clickhouse relations")
R.prepare(grouping.no_total_of_nothing_unlisted)


@R.prepare
def subtotals(tree: exp.Expr, ctx: Context) -> None:
    """What a row of ROLLUP and the like leaves out is the default of its type where that is not Nullable.

    https://clickhouse.com/docs/sql-reference/statements/select/group-by#rollup-modifier
    """
    for select in list(find_all(tree, exp.Select)):
        group = select.args.get("group")
        for key in _keys_of_sets(group):
            meant = _named(key, select)
            meant.parent, meant.arg_key = key.parent, key.arg_key
            meant.type = meant.type or key.type
            found = nullable(meant, ctx)
            default = default_of(meant, ctx) if found is False else None
            if found is True:
                continue
            if meant != key:
                key.replace(meant.copy())
            of_group = exp.EQ(this=exp.Grouping(expressions=[meant.copy()]), expression=build.lit(1))
            for place in ("expressions", "having", "order", "qualify"):
                for part in select.args.get(place) or () if place == "expressions" else [select.args.get(place)]:
                    for node in list(find_all(part, type(meant))) if part is not None else ():
                        if node != meant or node.find_ancestor(exp.AggFunc, exp.Select) is not select:
                            continue
                        value = node.copy()
                        if default is not None:
                            made: exp.Expr = exp.Case(ifs=[exp.If(this=of_group.copy(), true=default)], default=value)
                        else:
                            made = ctx.macro("ch__subtotal", value, of_group.copy(), condition(found))
                        made.type = meant.type
                        if node.parent is select:
                            made = exp.alias_(made, node.output_name, quoted=True)
                        node.replace(made)


def _keys_of_sets(group: exp.Expr | None) -> list[exp.Expr]:
    found: dict[str, exp.Expr] = {}
    for each in grouping.sets_of(group):
        listed = each.expressions or (group.expressions if group is not None else [])
        for item in listed:
            for part in item.expressions if isinstance(item, exp.Tuple) else [item.unnest()]:
                for key in part.expressions if isinstance(part, exp.Tuple) else [part]:
                    if not isinstance(key, exp.Literal):
                        found.setdefault(key.sql(), key)
    return list(found.values())


@R.normalise
def last_part_of_union(tree: exp.Expr, ctx: Context) -> None:
    # ORDER BY and LIMIT belong to the last SELECT: https://clickhouse.com/docs/sql-reference/statements/select/union
    for union in list(find_all(tree, exp.SetOperation)):
        last = union.expression
        if isinstance(last, exp.Select) and any(last.args.get(key) for key in ("order", "limit", "offset")):
            union.set("expression", exp.Subquery(this=last))


R.known("ch__together")


@R.normalise
def final(tree: exp.Expr, ctx: Context) -> None:
    for node in find_all(tree, exp.Final):
        raise ctx.error(node.this, "FINAL merges the rows of the table's engine, which a model's table has not: "
                                   "give the merged rows as the table, and leave FINAL out.")  # fmt: skip


@R.normalise
def prewhere(tree: exp.Expr, ctx: Context) -> None:
    # A condition like WHERE, asked first: https://clickhouse.com/docs/sql-reference/statements/select/prewhere
    for select in list(find_all(tree, exp.Select)):
        first = select.args.get("prewhere")
        if first is None:
            continue
        select.set("prewhere", None)
        where = select.args.get("where")
        test = first.this if where is None else exp.and_(first.this, where.this)
        select.set("where", exp.Where(this=test))


def _lateral(name: str, columns: list[exp.Expr]) -> exp.Join:
    source = exp.Lateral(
        this=exp.Subquery(this=exp.Select(expressions=columns)),
        alias=exp.TableAlias(this=exp.to_identifier(name)),
    )
    return exp.Join(this=source, kind="CROSS")


def _unnested(array: exp.Expr, name: str) -> exp.Expr:
    return exp.alias_(exp.Explode(this=array), name)


@R.normalise
def rows_of_arrays(tree: exp.Expr, ctx: Context) -> None:
    """ARRAY JOIN, and arrayJoin() in an expression: one row for each element, before WHERE."""
    for place, select in enumerate(list(find_all(tree, exp.Select))):
        for number, join in enumerate([j for j in select.args.get("joins") or () if (j.kind or "").upper() == "ARRAY"]):
            _array_join(select, join, f"__a{place}_{number}", ctx)
        _array_join_function(select, f"__e{place}", ctx)


def _array_join(select: exp.Select, join: exp.Join, source: str, ctx: Context) -> None:
    columns: list[exp.Expr] = []
    own = []  # columns whose elements take their place
    names = {}
    for item in (join.this, *join.expressions):
        name = item.alias_or_name
        array = item.this if isinstance(item, exp.Alias) else item
        if isinstance(array, exp.Table):  # a bare name after JOIN is read as a table
            name = item.alias or item.name
            own += [] if item.alias else [name]
            array = exp.column(array.this.copy())
        elif isinstance(item, exp.Column):
            own.append(name)
        names[name] = len(columns)
        columns.append(array.copy())
    _without_elements(select, source, own, ctx)
    _qualify(select, source, columns, set(names))
    if len(columns) > 1:
        first = columns[0]
        columns = [first, *(ctx.macro("ch__together", column, first.copy()) for column in columns[1:])]
    made = []
    for name, number in names.items():
        array = columns[number]
        if (join.side or "").upper() == "LEFT":  # of an empty array a row with the default
            array = exp.Anonymous(this="emptyArrayToSingle", expressions=[array])
        made.append(_unnested(array, name))
    for column in list(find_all(select, exp.Column)):
        if column.name in names and not column.table and not column.find_ancestor(exp.Join):
            column.set("table", exp.to_identifier(source))
    join.replace(_lateral(source, made))


def _without_elements(select: exp.Select, source: str, own: list[str], ctx: Context) -> None:
    """``*`` over ARRAY JOIN stands for the table's columns, an array that is joined by its own name for its element."""
    stars = [item for item in select.expressions if isinstance(item, exp.Star)]
    table = _only_source(select, source) if stars else None
    for star in stars:
        several = sum((join.kind or "").upper() == "ARRAY" for join in select.args["joins"]) > 1
        if table is None or several or any(star.args.values()):
            raise ctx.error(star, "* over ARRAY JOIN has a counterpart over one table: name the columns.")
        replaced = [exp.alias_(exp.column(name, table=source), name) for name in own]
        made = exp.Star(replace=replaced) if replaced else exp.Star()
        star.replace(exp.Column(this=made, table=exp.to_identifier(table)))


def _qualify(select: exp.Select, source: str, arrays: list[exp.Expr], names: set[str]) -> None:
    """An array beside elements of its name belongs to the table."""
    same = [c for array in arrays for c in find_all(array, exp.Column) if not c.table and c.name in names]
    table = _only_source(select, source) if same else None
    for column in same if table is not None else ():
        column.set("table", exp.to_identifier(table))


def _only_source(select: exp.Select, source: str) -> str | None:
    """The name of the one table that ARRAY JOIN stands beside, which is given one where it has none."""
    beside = [join for join in select.args["joins"] if not join.alias_or_name.startswith("__a")]
    if any((join.kind or "").upper() != "ARRAY" for join in beside):
        return None
    table = select.args["from_"].this
    if not table.alias_or_name:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(f"{source}_of")))
    return str(table.alias_or_name)


def _array_join_function(select: exp.Select, source: str, ctx: Context) -> None:
    found: dict[str, tuple[str, exp.Expr]] = {}
    for node in list(find_all(select, exp.Explode)):
        if node.find_ancestor(exp.Select) is not select or find_first(node, exp.AggFunc) is not None:
            continue
        if node.find_ancestor(exp.Lateral, exp.Select) is not select:
            continue
        text = node.sql()
        name = found.setdefault(text, (f"{source}_{len(found)}", node.this))[0]
        value: exp.Expr = exp.column("element", table=name)
        if node.parent is select and node.arg_key == "expressions":
            value = exp.alias_(value, node.output_name or "arrayJoin")
        node.replace(value)
    for name, array in found.values():
        if find_first(array, exp.Column) is not None and any(
            c.table.startswith(source) for c in find_all(array, exp.Column)
        ):
            raise ctx.error(array, "arrayJoin within arrayJoin has no counterpart: use a subquery.")
        join = _lateral(name, [_unnested(array, "element")])
        if select.args.get("from_") is None:
            one = exp.Select(expressions=[exp.alias_(build.lit(0), "none")])
            alias = exp.TableAlias(this=exp.to_identifier(f"{name}_of"))
            select.from_(exp.Subquery(this=one, alias=alias), copy=False)
        select.append("joins", join)


#: Settings that change how fast a query is, or how its answer is written, and not its rows.
_IDLE_SETTINGS = ("max_threads", "max_memory", "max_execution", "max_block", "max_bytes", "max_rows_to", "optimize_",
                  "allow_experimental", "allow_suspicious", "enable_analyzer", "use_query_cache", "log_", "priority",
                  "force_", "output_format", "send_", "receive_", "timeout_", "connect_", "merge_tree_",
                  "min_", "join_algorithm", "query_plan", "enable_optimize",
                  "load_balancing", "distributed_")  # fmt: skip
#: Of the others, the value at which they change nothing: https://clickhouse.com/docs/operations/settings/settings
_AS_IT_IS = {
    "join_use_nulls": "0", "transform_null_in": "0", "limit": "0", "offset": "0", "group_by_use_nulls": "0",
    "aggregate_functions_null_for_empty": "0", "union_default_mode": "", "any_join_distinct_right_table_keys": "0",
    "cast_keep_nullable": "0", "data_type_default_nullable": "0", "prefer_column_name_to_alias": "0",
    "empty_result_for_aggregation_by_empty_set": "0", "extremes": "0", "final": "0", "session_timezone": "",
    "date_time_overflow_behavior": "ignore", "decimal_check_overflow": "1", "exact_rows_before_limit": "0",
}  # fmt: skip


@R.normalise
def settings(tree: exp.Expr, ctx: Context) -> None:
    """SETTINGS: those that change rows are honoured or refused."""
    for select in list(find_all(tree, exp.Query)):
        for each in select.args.get("settings") or ():
            name = each.this.name.lower()
            value = each.expression.name if isinstance(each.expression, exp.Expr) else ""
            value = {"true": "1", "false": "0"}.get(value.lower(), value)
            if name.startswith(_IDLE_SETTINGS) or _AS_IT_IS.get(name) == value:
                continue
            free = isinstance(select, exp.Select) and select.parent is None and select.args.get("limit") is None
            if name in ("limit", "offset") and value.isdigit() and free and select.args.get(name) is None:
                wanted = exp.Limit if name == "limit" else exp.Offset
                select.set(name, wanted(expression=exp.Literal.number(value)))
                continue
            if name == "join_use_nulls" and value == "1" and select.parent is None:
                select.meta[JOIN_USE_NULLS] = True
                continue
            raise ctx.error(each, f"The setting {name} = {value} has no counterpart: write what it does, without it.")
        select.set("settings", None)


@R.rule(exp.Group)
def with_rollup(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key, kind in (("rollup", exp.Rollup), ("cube", exp.Cube)):
        found = node.args.get(key)
        if found and not found[0].expressions and node.expressions:
            node.set(key, [kind(expressions=node.expressions)])
            node.set("expressions", [])
    if node.args.get("totals"):
        # The totals come beside the rows, not among them
        ctx.warn("totals", node.expressions[0] if node.expressions else node, "WITH TOTALS gives no row here.")
        node.set("totals", None)
    return None


def _ordered(select: exp.Expr) -> exp.Order | None:
    order = select.args.get("order")
    return order.copy() if order is not None else None


def _named(key: exp.Expr, select: exp.Select) -> exp.Expr:
    if isinstance(key, exp.Column) and not key.table:
        item = next((item for item in select.selects if isinstance(item, exp.Alias) and item.alias == key.name), None)
        if item is not None:
            return item.this.copy()
    return key.copy()


def _at_its_place(key: exp.Expr, select: exp.Select) -> exp.Expr:
    """LIMIT 1 BY 2 is by the second output."""
    place = build.literal_int(key)
    return select.selects[place - 1].unalias() if place is not None and 0 < place <= len(select.selects) else key


@R.normalise
def limits(tree: exp.Expr, ctx: Context) -> None:
    for select in list(find_all(tree, exp.Select)):
        limit, skip = select.args.get("limit"), select.args.get("offset")
        if isinstance(limit, exp.Fetch):  # FETCH FIRST n ROWS [WITH TIES] is LIMIT n [WITH TIES]
            if limit.args.get("percent"):
                raise ctx.error(limit, "FETCH of a percentage has no counterpart.")
            options = limit.args.get("limit_options")
            ties = options is not None and options.args.get("with_ties")
            count = limit.args.get("count") or exp.Literal.number(1)
            limit = exp.Limit(expression=count, limit_options=options if ties else None)
            select.set("limit", limit)
        if not isinstance(limit, exp.Limit):
            continue
        keys = limit.args.get("expressions") or (skip.args.get("expressions") if skip is not None else None)
        options = limit.args.get("limit_options")
        ties = options is not None and options.args.get("with_ties")
        if not keys and not ties:
            continue
        if select.args.get("distinct"):
            raise ctx.error(limit, "This LIMIT has no counterpart here: put the rest into a subquery.")
        order = _ordered(select)
        for item in order.expressions if order is not None else ():
            item.set("this", _named(item.this, select))
        over = exp.Window(
            this=exp.Rank() if ties else exp.RowNumber(),
            partition_by=[_named(_at_its_place(key, select), select) for key in keys or ()],
            order=order,
            over="OVER",
        )
        size, offset = limit.expression.copy(), select.args.get("offset")
        place: exp.Expr = exp.LTE(this=over, expression=size)
        if limit.args.get("offset") is not None:
            offset = limit
        if offset is not None:
            skipped = offset.args["offset"] if isinstance(offset, exp.Limit) else offset.expression
            last = exp.Add(this=skipped.copy(), expression=exp.Paren(this=size))
            behind = over.copy()
            behind.set("this", exp.RowNumber())
            place = exp.and_(exp.GT(this=behind, expression=skipped.copy()),
                             exp.LTE(this=over.copy(), expression=last))  # fmt: skip
        if order is None and not ties:
            ctx.open("limit", limit, "LIMIT BY keeps any of the rows: give an order.")
        before = select.args.get("qualify")
        select.set("qualify", exp.Qualify(this=place if before is None else exp.and_(before.this, place)))
        select.set("limit", None)
        select.set("offset", None)


@R.rule(exp.Table)
def numbers(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/table-functions/numbers
    call = node.this
    if not isinstance(call, exp.Anonymous) or call.name.lower() != "numbers" or not 1 <= len(call.expressions) <= 2:
        return None
    if isinstance(node.parent, exp.Join) and node.args.get("alias") is None:
        raise ctx.error(node, "In a join ClickHouse wants a name for it: write numbers(...) AS n.")
    start = call.expressions[0] if len(call.expressions) == 2 else build.lit(0)
    stop = exp.Add(this=start.copy(), expression=exp.Paren(this=call.expressions[-1]))
    source = exp.Table(
        this=ctx.call("range", start, stop),
        alias=exp.TableAlias(this=exp.to_identifier("__n"), columns=[exp.to_identifier("number")]),
    )
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("numbers"))
    return exp.Subquery(this=exp.Select(expressions=[exp.Star()]).from_(source), alias=alias)


@R.normalise
def rows_of_values(tree: exp.Expr, ctx: Context) -> None:
    # values('name Type, …', (…), …): https://clickhouse.com/docs/sql-reference/table-functions/values
    for values in list(find_all(tree, exp.Values)):
        rows = values.expressions
        if len(rows) == 1 and isinstance(rows[0], exp.Tuple) and rows[0].expressions:
            rows = rows[0].expressions
        first = rows[0] if rows else None
        first = first.expressions[0] if isinstance(first, exp.Tuple) and len(first.expressions) == 1 else first
        structure = build.text(first) if first is not None and len(rows) > 1 else None
        singles = [r.expressions[0] if isinstance(r, exp.Tuple) and len(r.expressions) == 1 else r for r in rows]
        if structure is None or not re.match(r"\s*`?\w+`?\s+\w", structure):
            if len(rows) > 1 and not any(isinstance(row, exp.Tuple) for row in singles):  # rows of one column
                values.set("expressions", [exp.Tuple(expressions=[single.unnest()]) for single in singles])
            continue
        # of one column a row is its value, in brackets or not
        rows = [rows[0], *(r if isinstance(r, exp.Tuple) else exp.Tuple(expressions=[r.unnest()]) for r in rows[1:])]
        columns = [part.strip().partition(" ") for part in _parts(structure)]
        names = [name.strip("`") for name, _, _ in columns]
        selects = [
            exp.alias_(exp.Cast(this=exp.column(name), to=_kind(kind, values, ctx)), name)
            for name, (_, _, kind) in zip(names, columns, strict=True)
        ]
        alias = exp.TableAlias(this=exp.to_identifier("__rows"), columns=[exp.to_identifier(name) for name in names])
        source = exp.Values(expressions=[row.copy() for row in rows[1:]], alias=alias)
        outer = values.args.get("alias") or exp.TableAlias(this=exp.to_identifier("values"))
        values.replace(exp.Subquery(this=exp.Select(expressions=selects).from_(source), alias=outer))


def _parts(text: str) -> list[str]:
    found, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and not depth:
            found.append(text[start:i])
            start = i + 1
    return [*found, text[start:]]


def _kind(text: str, node: exp.Expr, ctx: Context) -> exp.DataType:
    made = exp.DataType.build(text.strip(), dialect="clickhouse")
    if made.this in exp.DataType.INTEGER_TYPES:
        return exp.DataType.build("Nullable(Int64)", dialect="clickhouse")
    made.set("nullable", True)
    return made


@R.prepare
def of_no_rows(tree: exp.Expr, ctx: Context) -> None:
    # A subquery that reads the outer row is joined to it: of no rows it is NULL, a count too
    for query in list(find_all(tree, exp.Subquery)):
        select = query.this
        if isinstance(query.parent, (exp.From, exp.Join, exp.In, exp.Exists)) or not isinstance(select, exp.Select):
            continue
        if select.args.get("group") or not find_first(select, exp.Count, exp.CountIf) or len(select.expressions) != 1:
            continue
        inside = {source.alias_or_name for source in source_types.sources_of(select)}
        if all(not column.table or column.table in inside for column in find_all(select, exp.Column)):
            continue
        item = select.expressions[0]
        rows = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(0))
        value = item.unalias()
        made = exp.Case(ifs=[exp.If(this=rows, true=value.copy())])
        made.type = value.type
        select.set("expressions", [exp.alias_(made, item.alias) if item.alias else made])


@R.prepare
def by_its_name(tree: exp.Expr, ctx: Context) -> None:
    # A table keeps its name beside an alias: inside of the subquery, grp.id of "grp AS z" is z.id
    for column in find_all(tree, exp.Column):
        select = column.find_ancestor(exp.Select) if column.table else None
        if not isinstance(select, exp.Select):
            continue
        inside = source_types.sources_of(select)
        if any(source.alias_or_name == column.table for source in inside):
            continue
        if any(isinstance(source, exp.Table) and source.name == column.table for source in inside):
            raise ctx.error(
                column, f"{column.table!r} is the table inside this subquery too: give the outer one an alias."
            )
