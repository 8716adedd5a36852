"""Functions that give rows, groups and PIVOT. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select.html"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first
from .. import DialectRules
from ..shared import build, grouping
from .aggregates import not_null
from .types import family, kind

R = DialectRules("databricks relations")
R.normalise(grouping.ordinals)
R.prepare(grouping.no_total_of_nothing)


@R.rule(exp.Group)
def rollup(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``GROUP BY a, b WITH ROLLUP`` is ``GROUP BY ROLLUP (a, b)``."""
    for key in ("rollup", "cube"):
        for found in node.args.get(key) or []:
            if not found.expressions and node.expressions:
                found.set("expressions", node.expressions)
                node.set("expressions", [])
    return None


@R.rule(exp.Pivot)
def counted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A cell of PIVOT without rows is NULL, a count too: a sum of ones is."""
    for item in node.expressions if not node.args.get("unpivot") else []:
        agg = item.unalias()
        if not isinstance(agg, exp.Count):
            continue
        if isinstance(agg.this, exp.Distinct) or agg.expressions:
            raise ctx.error(node, "count(DISTINCT ...) in PIVOT has no counterpart. Aggregate with FILTER instead.")
        one: exp.Expr = build.lit(1)
        if not isinstance(agg.this, exp.Star):
            one = exp.Case(ifs=[exp.If(this=not_null(agg.this).this, true=one)], default=build.lit(0))
        agg.replace(exp.Sum(this=one))
    return None


@R.rule(exp.Table, exp.Subquery)
def unpivot(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """UNPIVOT of several columns leaves a row out only where all of them are NULL."""
    pivots = node.args.get("pivots") or []
    if len(pivots) != 1 or not pivots[0].args.get("unpivot") or pivots[0].args.get("include_nulls"):
        return None
    pivot = pivots[0]
    made = [n for e in pivot.expressions if isinstance(e, exp.Tuple) for n in e.expressions]
    if len(made) < 2:
        return None
    pivot.set("include_nulls", True)
    alias = pivot.args.get("alias")
    pivot.set("alias", None)
    some = exp.or_(*(exp.Not(this=exp.Is(this=n.copy(), expression=exp.Null())) for n in made), copy=False)
    inner = exp.Select(expressions=[exp.Star()]).from_(node.copy()).where(some, copy=False)
    return exp.Subquery(this=inner, alias=alias or exp.TableAlias(this=exp.to_identifier("unpivoted")))


def _whole(node: exp.Expr | None) -> int | None:
    return int(node.this) if isinstance(node, exp.Literal) and node.is_int else None


def _rows_of_stack(call: exp.Stack, names: list[str], ctx: Context) -> exp.Query:
    """stack(n, values...) as n SELECTs; a row that is not full ends with NULLs."""
    count, values = _whole(call.this), list(call.expressions)
    if not count or not values:
        raise ctx.error(call, "stack needs the number of rows as a number.")
    width = -(-len(values) // count)
    names = names if len(names) == width else [f"col{i}" for i in range(width)]
    rows = []
    for row in range(count):
        cells = [values[i] if i < len(values) else exp.Null() for i in range(row * width, (row + 1) * width)]
        rows.append(exp.Select(expressions=[exp.alias_(cell, name) for cell, name in zip(cells, names, strict=True)]))
    query: exp.Query = rows[0]
    for other in rows[1:]:
        query = exp.Union(this=query, expression=other, distinct=False)
    return query


def _joined(query: exp.Query, alias: str) -> exp.Join:
    lateral = exp.Lateral(this=exp.Subquery(this=query), alias=exp.TableAlias(this=exp.to_identifier(alias)))
    return exp.Join(this=lateral, kind="CROSS")


def _named(node: exp.Expr) -> list[str]:
    return [e.name for e in node.expressions] if isinstance(node, exp.Aliases) else []


@R.normalise
def written_out(tree: exp.Expr, ctx: Context) -> None:
    """stack and json_tuple as plain SELECTs, hints away, and the names that Spark gives to columns without one."""
    for select in list(find_all(tree, exp.Select)):
        select.set("hint", None)
        for item in list(select.expressions):
            call = item.this if isinstance(item, exp.Aliases) else item
            if isinstance(call, exp.Stack):
                names = _named(item) or [
                    f"col{i}" for i in range(-(-len(call.expressions) // (_whole(call.this) or 1)))
                ]
                query = _rows_of_stack(call, names, ctx)
                _replace_item(select, item, [exp.column(name, table="stack_rows") for name in names])
                if select.args.get("from_") is None:
                    alias = exp.TableAlias(this=exp.to_identifier("stack_rows"))
                    select.set("from_", exp.From(this=exp.Subquery(this=query, alias=alias)))
                else:
                    select.append("joins", _joined(query, "stack_rows"))
            elif isinstance(call, exp.Anonymous) and str(call.name).lower() == "json_tuple":
                _replace_item(select, item, _parts(call, _named(item), ctx))
        for lateral in list(select.args.get("laterals") or []):
            alias = lateral.args.get("alias")
            names = [c.name for c in alias.columns] if alias is not None else []
            call, table = lateral.this, alias.name if alias is not None and alias.name else "lateral_rows"
            if isinstance(call, exp.Stack):
                lateral.replace(_joined(_rows_of_stack(call, names, ctx), table))
            elif isinstance(call, exp.Anonymous) and str(call.name).lower() == "json_tuple":
                lateral.replace(_joined(exp.Select(expressions=_parts(call, names, ctx)), table))
            elif type(call) is exp.Explode and alias is not None and not names:
                alias.set("columns", [exp.to_identifier("col")])
        for source in [select.args.get("from_"), *(select.args.get("joins") or [])]:
            _default_names(source.this if source is not None else None)


def _default_names(table: exp.Expr | None) -> None:
    """col1, col2 of VALUES, col of explode, id of range."""
    names: list[str] = []
    if isinstance(table, exp.Values) and table.expressions:
        first = table.expressions[0]
        names = [f"col{i + 1}" for i in range(len(first.expressions) if isinstance(first, exp.Tuple) else 1)]
    elif isinstance(table, exp.Table) and type(table.this) is exp.Explode:
        names = ["col"]
    elif isinstance(table, exp.Table) and isinstance(table.this, exp.Anonymous) and table.this.name.lower() == "range":
        names = ["id"]
    if not names or table is None:
        return
    alias = table.args.get("alias")
    if alias is None:
        alias = exp.TableAlias(this=exp.to_identifier("rows_of_" + names[0]))
        table.set("alias", alias)
    if not alias.columns:
        alias.set("columns", [exp.to_identifier(name) for name in names])


def _replace_item(select: exp.Select, item: exp.Expr, new: list[exp.Expr]) -> None:
    kept: list[exp.Expr] = []
    for each in select.expressions:
        kept.extend(new if each is item else [each])
    select.set("expressions", kept)


def _parts(call: exp.Anonymous, names: list[str], ctx: Context) -> list[exp.Expr]:
    text, *keys = call.expressions
    names = names or [f"c{i}" for i in range(len(keys))]
    found: list[exp.Expr] = []
    for key, name in zip(keys, names, strict=False):
        written = build.text(key)
        if written is None or not written.replace("_", "").isalnum():
            raise ctx.error(call, "json_tuple needs its names as plain texts here. Use get_json_object.")
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=written)])
        found.append(exp.alias_(exp.JSONExtractScalar(this=text.copy(), expression=path), name))
    return found


@R.function("range")
def range_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A table, where DuckDB also has a function that gives a list."""
    if not isinstance(node.parent, (exp.Table, exp.Lateral)):
        raise ctx.error(node, "databricks has range only in FROM. Use sequence, which holds its end too.")
    return None


@R.rule(exp.ExplodeOuter)
def explode_outer(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """One row of NULL where there is nothing."""
    if isinstance(node.parent, exp.Lateral) or isinstance(node, exp.PosexplodeOuter):
        return None
    if family(node.this) != "array":
        ctx.refuse("unfaithful", node, "Only explode_outer of an array is verified", "Use LATERAL VIEW OUTER")
    return exp.Explode(this=ctx.macro("dbx__explode_outer", node.this))


@R.rule(exp.Select)
def explode_map(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The entries of a map are two columns, as a place and its element are."""
    assert isinstance(node, exp.Select)
    for item in list(node.expressions):
        call = item.this if isinstance(item, exp.Aliases) else item
        if type(call) is exp.Inline:
            _replace_item(node, item, _of_structs(call, _named(item), ctx))
        if type(call) is exp.PosexplodeOuter and family(call.this) == "array":
            names = _named(item) or ["pos", "col"]
            _replace_item(node, item, _placed(call.this, names, ctx))
        if type(call) is exp.Explode and family(call.this) == "map":
            names = _named(item) or ["key", "value"]
            _replace_item(node, item, _entries(call.this, names, ctx))
    return None


def _entries(value: exp.Expr, names: list[str], ctx: Context) -> list[exp.Expr]:
    sides = zip(("map_keys", "map_values"), names, strict=True)
    return [exp.alias_(exp.Explode(this=ctx.call(side, value.copy())), name) for side, name in sides]


def _of_structs(call: exp.Expr, names: list[str], ctx: Context) -> list[exp.Expr]:
    """inline(array of structs): a column for each field."""
    array = kind(call.this)
    element = array.expressions[0] if array is not None and array.expressions else None
    if not isinstance(element, exp.DataType) or not element.is_type(*exp.DataType.STRUCT_TYPES):
        raise ctx.error(call, "The fields of these structs are not known here. Use explode, and name the fields.")
    found = []
    for i, field in enumerate(element.expressions):
        key = field.name if isinstance(field, exp.ColumnDef) else f"col{i + 1}"
        part = exp.Dot(this=exp.to_identifier("e"), expression=exp.to_identifier(key, quoted=True))
        rows = ctx.call("list_transform", call.this.copy(), exp.Lambda(this=part, expressions=[exp.to_identifier("e")]))
        found.append(exp.alias_(exp.Explode(this=rows), names[i] if len(names) > i else key))
    return found


def _placed(array: exp.Expr, names: list[str], ctx: Context) -> list[exp.Expr]:
    found = []
    for key, name in zip(("p", "v"), names, strict=True):
        part = exp.Lambda(this=exp.Dot(this=exp.to_identifier("e"), expression=exp.to_identifier(key)),
                          expressions=[exp.to_identifier("e")])  # fmt: skip
        rows = ctx.call("list_transform", ctx.macro("dbx__positions", array.copy()), part)
        found.append(exp.alias_(exp.Explode(this=rows), name))
    return found


@R.rule(exp.Lateral)
def lateral_view(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LATERAL VIEW OUTER keeps the row with NULL where there is nothing to explode."""
    call, alias = node.this, node.args.get("alias")
    outer = bool(node.args.get("outer")) or isinstance(call, exp.ExplodeOuter)
    if not isinstance(call, exp.Explode):
        return None
    columns = [c.name for c in alias.columns] if alias is not None else []
    table = alias.name if alias is not None and alias.name else "lateral_rows"
    position = isinstance(call, exp.Posexplode)
    if family(call.this) == "map" and node.args.get("view"):
        if position:
            ctx.refuse("unfaithful", call, "posexplode of a map is not verified", "Use posexplode of map_entries")
        names = columns if len(columns) == 2 else ["key", "value"]
        entries = _entries(call.this, names, ctx)
        for entry in entries if outer else []:
            entry.this.set("this", ctx.macro("dbx__explode_outer", entry.this.this))
        return _joined(exp.Select(expressions=entries), table)
    if family(call.this) not in ("array", None):
        return None
    if position and (outer or not node.args.get("view")):
        made = _joined(_positions(call.this, columns or ["pos", "col"], ctx, outer), table)
        return made if node.args.get("view") else made.this
    if outer:
        call.set("this", ctx.macro("dbx__explode_outer", call.this))
        node.set("outer", False)
        if isinstance(call, exp.ExplodeOuter):
            node.set("this", exp.Explode(this=call.this))
            call = node.this
    if not node.args.get("view") and type(call) is exp.Explode:
        return exp.Unnest(expressions=[call.this], alias=alias)
    return None


@R.normalise
def conditions(tree: exp.Expr, ctx: Context) -> None:
    """CROSS JOIN may have a condition, and LEFT SEMI and ANTI JOIN have none."""
    for node in find_all(tree, exp.Join):
        given = node.args.get("on") or node.args.get("using")
        if given and node.kind == "CROSS":
            node.set("kind", "INNER")
        elif not given and node.kind in ("SEMI", "ANTI") and not node.args.get("method"):
            node.set("on", exp.true())


@R.normalise
def kept(tree: exp.Expr, ctx: Context) -> None:
    """LEFT JOIN LATERAL of a generator without a condition: Spark 4.2 gives the rows of an inner join."""
    joins = [
        node for node in find_all(tree, exp.Join)
        if node.args.get("side") and isinstance(node.this, exp.Lateral) and isinstance(node.args.get("on"), exp.Boolean)
        and find_first(node.this, exp.Explode, exp.Inline)
    ]  # fmt: skip
    # sqlglot adds the condition where there is none
    if len(joins) > len(re.findall(r"(?i)\bon[\s(]+true\b", ctx.sql)):
        raise ctx.error(joins[0].this, "Write ON true behind this join, or LATERAL VIEW OUTER.")


def _positions(array: exp.Expr, names: list[str], ctx: Context, outer: bool = True) -> exp.Select:
    rows = ctx.macro("dbx__positions" if outer else "dbx__places", array)
    each = exp.Select(expressions=[exp.alias_(exp.Explode(this=rows), "e")])
    fields = [exp.alias_(exp.Dot(this=exp.to_identifier("e"), expression=exp.to_identifier(key)), name)
              for key, name in zip(("p", "v"), names, strict=True)]  # fmt: skip
    return exp.Select(expressions=fields).from_(each.subquery("each_of_it"))


def _unordered(node: exp.Expr) -> str:
    """An expression as text, whatever the order of the operands is that may change places."""
    if isinstance(node, exp.Paren):
        return _unordered(node.this)
    if isinstance(node, (exp.Add, exp.Mul, exp.And, exp.Or, exp.EQ)):
        return f"{type(node).__name__}({', '.join(sorted((_unordered(node.this), _unordered(node.expression))))})"
    return node.sql().lower()


@R.normalise
def one_set_twice(tree: exp.Expr, ctx: Context) -> None:
    """Spark takes ``a + b`` and ``b + a`` for one expression, and its sets for one set."""
    for sets in find_all(tree, exp.GroupingSets):
        found: dict[str, str] = {}
        for part in sets.expressions:
            for item in part.expressions if isinstance(part, exp.Tuple) else [part.unnest()]:
                if found.setdefault(_unordered(item), item.sql()) != item.sql():
                    raise ctx.error(sets, "Write these operands in one order: Spark takes them for one.")


@R.normalise
def grouping_sets(tree: exp.Expr, ctx: Context) -> None:
    # https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select-groupby.html: Hive's form, whose sets say all
    for group in list(find_all(tree, exp.Group)):
        sets = group.args.get("grouping_sets")
        if not sets or not group.expressions:
            continue
        found = find_first(group.parent, exp.GroupingId) if group.parent is not None else None
        if found is not None and not found.expressions:
            raise ctx.error(found, "grouping_id() has a counterpart with its columns here: name them.")
        group.set("expressions", [])
