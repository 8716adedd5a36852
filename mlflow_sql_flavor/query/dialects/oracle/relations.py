"""Oracle's tables: ROWNUM, CONNECT BY LEVEL, joins written (+), and texts of no characters, which are NULL."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.transforms import eliminate_join_marks

from ...facts.context import Context
from ...reading.table_names import bare
from ...reading.tables import base_tables
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("oracle relations")


@R.normalise
def as_written(tree: exp.Expr, ctx: Context) -> None:
    """(+) is an outer join; CONNECT BY LEVEL counts."""
    marked = next((c for c in find_all(tree, exp.Column) if c.args.get("join_mark")), None)
    if marked is not None:
        try:
            eliminate_join_marks(tree)
        except (AssertionError, SqlglotError, KeyError, AttributeError, ValueError):
            raise ctx.error(marked, "This (+) is not supported here. Write LEFT JOIN ... ON.") from None
    for select in list(find_all(tree, exp.Select)):
        if select.args.get("connect") is not None:
            _levels(select, ctx)


def _levels(select: exp.Select, ctx: Context) -> None:
    """Hierarchical-Queries: LEVEL <= n over the one row of DUAL gives the numbers 1 to n."""
    connect, source = select.args["connect"], select.args.get("from_")
    test = connect.args.get("connect")
    if source is None:
        raise ctx.error(connect, "CONNECT BY needs a table.")
    single = isinstance(source.this, exp.Table) and source.this.name.lower() == "dual"
    counts = (
        isinstance(test, (exp.LTE, exp.LT)) and isinstance(test.this, exp.Column) and test.this.name.upper() == "LEVEL"
    )
    if not single or not counts or connect.args.get("start") is not None or select.args.get("joins"):
        ctx.refuse("unfaithful", connect, "CONNECT BY is verified as LEVEL <= n over DUAL", "Use a recursive WITH")
        return
    last = test.expression if isinstance(test, exp.LTE) else exp.Sub(
        this=exp.Paren(this=test.expression), expression=build.lit(1))  # fmt: skip
    # the first row is there before the condition is asked
    series = exp.GenerateSeries(start=build.lit(1), end=exp.Greatest(this=last, expressions=[build.lit(1)]))
    made = exp.Unnest(expressions=[series], alias=exp.TableAlias(
        this=exp.to_identifier("_levels"), columns=[exp.to_identifier("LEVEL")]))  # fmt: skip
    for node in (series, made, series.args["end"]):
        node.meta["parameter"] = ""
    select.set("connect", None)
    source.set("this", made)


@R.prepare
def numbered(tree: exp.Expr, ctx: Context) -> None:
    """ROWNUM-Pseudocolumn: rows are counted as they come, before ORDER BY of the same query."""
    for column in find_all(tree, exp.Column):
        if column.name.upper() == "LEVEL" and ctx.unknown(column):
            column.type = exp.DataType.build("INT")
    for select in list(find_all(tree, exp.Select)):
        found = [c for c in find_all(select, exp.Column) if _is_rownum(c) and c.find_ancestor(exp.Select) is select]
        if not found:
            continue
        aggregated = select.args.get("group") or any(
            a.find_ancestor(exp.Select) is select and not isinstance(a.parent, exp.Window)
            for a in find_all(select, exp.AggFunc)
        )
        if select.args.get("order") or select.args.get("distinct") or aggregated or select.args.get("limit"):
            ctx.refuse("unfaithful", found[0], "ROWNUM counts before ORDER BY, GROUP BY and aggregates",
                       "Sort in a subquery, or use FETCH FIRST")  # fmt: skip
            continue
        _limit(select, ctx)
        source = select.args.get("from_")
        inner = source.this.this if source is not None and isinstance(source.this, exp.Subquery) else None
        if not (isinstance(inner, exp.Select) and inner.args.get("order")):
            ctx.open("order", found[0], "ROWNUM counts rows that are in no order.")
        for column in [c for c in find_all(select, exp.Column) if _is_rownum(c)]:
            if column.find_ancestor(exp.Select) is not select:
                continue
            if column.find_ancestor(exp.Where) is not None:
                ctx.refuse("unfaithful", column, "ROWNUM is verified as ROWNUM <= n and in the SELECT list",
                           "Use ROW_NUMBER() in a subquery")  # fmt: skip
            number = exp.Window(this=ctx.call("row_number"))
            number.type = exp.DataType.build("BIGINT")
            column.replace(number)


def _is_rownum(node: exp.Column) -> bool:
    return node.name.upper() == "ROWNUM" and not node.table and not node.this.quoted


def _limit(select: exp.Select, ctx: Context) -> None:
    where = select.args.get("where")
    if where is None:
        return
    tests = list(where.this.flatten()) if isinstance(where.this, exp.And) else [where.this]
    kept: list[exp.Expr] = []
    for test in tests:
        number = build.literal_int(test.expression) if isinstance(test, exp.Binary) else None
        mine = isinstance(test, exp.Binary) and isinstance(test.this, exp.Column) and _is_rownum(test.this)
        if mine and isinstance(test, exp.LTE) and number is not None:
            select.set("limit", exp.Limit(expression=build.lit(max(number, 0))))
        elif mine and isinstance(test, exp.LT) and number is not None:
            select.set("limit", exp.Limit(expression=build.lit(max(number - 1, 0))))
        elif mine and isinstance(test, exp.EQ) and number == 1:
            select.set("limit", exp.Limit(expression=build.lit(1)))
        else:
            kept.append(test)
    select.set("where", exp.Where(this=exp.and_(*kept, copy=False)) if kept else None)


@R.prepare
def stored(tree: exp.Expr, ctx: Context) -> None:
    """Nulls: a text of no characters is stored as NULL."""
    stars = any(isinstance(s, exp.Star) and not isinstance(s.parent, exp.Count) for s in find_all(tree, exp.Star))
    named = {node.name.casefold() for node in find_all(tree, exp.Identifier)}
    for table in base_tables(tree):  # type: ignore[arg-type]
        name = next((known for known in ctx.schema if known.casefold() == table.name.casefold()), None)
        if name is None:
            continue
        texts = [c for c, kind in ctx.schema[name].items() if kind.upper().startswith("VARCHAR")]
        texts = [c for c in texts if stars or c.casefold() in named]
        if not texts:
            continue
        columns: list[exp.Expr] = []
        for column in texts:
            this = exp.column(exp.to_identifier(column, quoted=True))
            columns.append(exp.alias_(ctx.macro("ora__stored", this), column, quoted=True))
        star = exp.Star(**{"replace_": columns} if "replace_" in exp.Star.arg_types else {"replace": columns})
        alias = table.args.get("alias")
        source = exp.Subquery(
            this=exp.Select(expressions=[star]).from_(bare(table)),
            alias=alias.copy()
            if alias
            else exp.TableAlias(this=exp.to_identifier(table.name, quoted=table.this.quoted)),
        )
        for key in ("joins", "laterals", "pivots", "sample"):
            if table.args.get(key):
                source.set(key, table.args[key])
        parent, place, index = table.parent, table.arg_key, table.index
        if parent is not None and place:
            parent.set(place, source, index)


@R.prepare
def dual(tree: exp.Expr, ctx: Context) -> None:
    """Selecting-from-the-DUAL-Table: one row."""
    for select in list(find_all(tree, exp.Select)):
        source = select.args.get("from_")
        if source is not None and source.this.name.lower() == "dual" and not select.args.get("joins"):
            select.set("from_", None)
