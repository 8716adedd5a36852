"""FLATTEN, VALUES and SPLIT_TO_TABLE: each rule's page is sql-reference/functions/<name> of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import aliases, build
from .arrays import as_items, call_of, element_of, input_of, is_json

R = DialectRules("snowflake relations")
# sql-reference/sql/select: an alias is read wherever no column has its name
R.prepare(aliases.clauses_too)


@R.normalise
def value_columns(tree: exp.Expr, ctx: Context) -> None:
    """constructs/values: its columns are column1, column2, ..."""
    for values in find_all(tree, exp.Values):
        alias = values.args.get("alias")
        if not values.expressions or (alias is not None and alias.args.get("columns")):
            continue
        columns = [exp.to_identifier(f"column{i}") for i in range(1, len(values.expressions[0].expressions) + 1)]
        name = alias.this if alias is not None else exp.to_identifier("_values")
        values.set("alias", exp.TableAlias(this=name, columns=columns))


# constructs/asof-join: each row of the left with the nearest of the right, or NULLs
@R.rule(exp.Join)
def asof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    near = node.args.get("match_condition")
    if near is None:
        return None
    if node.args.get("using"):
        ctx.refuse("unfaithful", node, "ASOF JOIN with USING is not verified", "Write ON")
    on = node.args.get("on")
    node.set("on", exp.and_(on, near, copy=False) if on is not None else near)
    node.set("match_condition", None)
    node.set("side", "LEFT")
    ctx.open("ties", node, "Of rows at the same distance ASOF JOIN takes any.")
    return None


@R.prepare
def typed_columns(tree: exp.Expr, ctx: Context) -> None:
    """What VALUE, KEY and INDEX of a FLATTEN are."""
    for source in find_all(tree, exp.Lateral, exp.TableFromRows):
        call, select = call_of(source), source.find_ancestor(exp.Select)
        if call is None or select is None:
            continue
        this = input_of(call)
        kind = element_of(this, ctx)
        if kind is None and as_items(this, ctx) is not None:
            kind = exp.DataType.build("VARIANT")
        alias = source.args["alias"].name.casefold() if source.args.get("alias") is not None else ""
        for column in find_all(select, exp.Column):
            if column.table.casefold() not in ("", alias) or (
                not column.table and column.name.casefold() in ctx.columns
            ):
                continue
            if column.name.casefold() == "value" and kind is not None:
                column.type = kind.copy()
                if kind.this != exp.DType.VARIANT:
                    _shown(column, select, tree, ctx)
            elif column.name.casefold() == "index":
                column.type = exp.DataType.build("BIGINT")
            elif column.name.casefold() == "key":
                column.type = exp.DataType.build("VARCHAR")


def _shown(column: exp.Column, select: exp.Select, tree: exp.Expr, ctx: Context) -> None:
    """VALUE is a VARIANT: as an output it is JSON."""
    item = column.parent if isinstance(column.parent, exp.Alias) else column
    if item.arg_key != "expressions" or item.parent is not select:
        return
    if select is not tree:
        ctx.refuse("json_text", column, "VALUE of FLATTEN is a VARIANT", "Cast it, as in value::STRING")
    name = item.alias if isinstance(item, exp.Alias) else column.name
    made = ctx.call("to_json", column.copy())
    made.type = exp.DataType.build("VARIANT")
    item.replace(exp.alias_(made, name, quoted=isinstance(item, exp.Alias) and item.args["alias"].quoted))


_COLUMNS = ("seq", "key", "path", "index", "value", "this")
_PLACES = ("INPUT", "PATH", "OUTER", "RECURSIVE", "MODE")


def _true(option: exp.Expr | None) -> bool:
    return isinstance(option, exp.Boolean) and bool(option.this)


def _options(node: exp.Expr, call: exp.Explode, ctx: Context) -> dict[str, exp.Expr]:
    """What FLATTEN is told, by name or by its place."""
    found: dict[str, exp.Expr] = {}
    for place, option in enumerate((call.this, *call.expressions)):
        named = isinstance(option, exp.Kwarg)
        name = option.this.name.upper() if named else _PLACES[place] if place < len(_PLACES) else ""
        value = option.expression if named else option
        constant = isinstance(value, (exp.Boolean, exp.Literal))
        if name not in _PLACES or (name != "INPUT" and not constant):
            ctx.refuse("unfaithful", node, "FLATTEN is verified with constant options", "Use INPUT => array")
        found[name] = value
    return found


# functions/flatten#output: a star over what has no SEQ here
@R.prepare
def stars(tree: exp.Expr, ctx: Context) -> None:
    for source in find_all(tree, exp.Lateral, exp.TableFromRows):
        call, select = call_of(source), source.find_ancestor(exp.Select)
        if call is None or select is None or next(find_all(input_of(call), exp.Column), None) is None:
            continue
        alias = source.args["alias"].name.casefold() if source.args.get("alias") is not None else ""
        for item in select.expressions:
            whole = isinstance(item, exp.Star)
            own = isinstance(item, exp.Column) and isinstance(item.this, exp.Star) and item.table.casefold() == alias
            if whole or own:
                ctx.refuse(
                    "unfaithful", item, "The star reads SEQ of FLATTEN, whose numbers are open", "Name the columns"
                )


@R.rule(exp.Lateral, exp.TableFromRows)
def flatten(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Places count from 0; an object has keys instead; OUTER keeps a row where nothing is in it."""
    call, alias = call_of(node), node.args.get("alias")
    if call is None:
        return None
    options = _options(node, call, ctx)
    this, outer, prefix = input_of(call), _true(options.get("OUTER")), ""
    if _true(options.get("RECURSIVE")):
        ctx.refuse("unfaithful", node, "FLATTEN with RECURSIVE is not verified", "Flatten level by level")
    listed = as_items(this, ctx) if element_of(this, ctx) is None and not is_json(this, ctx) else None
    if listed is not None and ctx.is_a(this, "array"):
        this = ctx.call("to_json", listed, type="JSON")
    if is_json(this, ctx):
        this = build.cast(this, "JSON")
        if "PATH" in options:
            prefix = build.text(options["PATH"]) or ""
            if not re.fullmatch(r"(\w+|\[\d+\])(\.\w+|\[\d+\])*", prefix):
                ctx.refuse(
                    "unfaithful", node, "The PATH of FLATTEN is verified for names and places", "Use INPUT => v:a.b"
                )
            steps = re.findall(r"\w+", prefix)
            this = ctx.call("json_extract", this, build.lit("".join("/" + step for step in steps)), type="JSON")
        mode = (build.text(options.get("MODE")) or "BOTH").upper()
        if mode != "BOTH":
            this = ctx.macro("sf__as_array" if mode == "ARRAY" else "sf__as_object", this, type="JSON")
        lists: list[exp.Expr] = [ctx.macro(f"sf__json_{part}", this.copy()) for part in ("values", "keys", "indexes")]
        lists.append(ctx.macro("sf__json_paths", this.copy(), build.lit(prefix)))
    elif isinstance(this, exp.Split) or element_of(this, ctx) is not None:
        if "PATH" in options or (build.text(options.get("MODE")) or "BOTH").upper() == "OBJECT":
            ctx.refuse("unfaithful", node, "PATH and MODE are verified for a VARIANT", "Leave them out")
        if isinstance(this, exp.Split):
            if not build.text(this.expression):
                raise ctx.error(node, "The separator has to be a constant text.")
            this = ctx.call("string_split", this.this, this.expression)
        lists = [this, ctx.macro("sf__no_keys", this.copy()), ctx.macro("sf__places", this.copy())]
        lists.append(ctx.macro("sf__list_paths", this.copy()))
    else:
        ctx.refuse(
            "unfaithful", node, "FLATTEN is verified for JSON, and for arrays of one type", "Split or parse a text"
        )
        return None
    if outer:
        lists = [ctx.macro("sf__or_null", one) for one in lists]
    found: dict[str, exp.Expr] = dict(
        zip(("value", "key", "index", "path"), (ctx.call("unnest", one) for one in lists), strict=True)
    )
    found["this"] = this.copy()
    if next(find_all(this, exp.Column), None) is None:
        found["seq"] = build.lit(1)  # of one input; which numbers several have is open
    columns = [exp.alias_(found[name], name) for name in _COLUMNS if name in found]
    made = exp.Subquery(this=exp.Select(expressions=columns))
    name = exp.TableAlias(this=exp.to_identifier(alias.name if alias is not None else "_flat"))
    if isinstance(node, exp.TableFromRows) and not isinstance(node.parent, exp.Join):
        made.set("alias", name)
        return made
    return exp.Lateral(this=made, alias=name)


# functions/split_to_table: places from 1
@R.rule(exp.Lateral)
def split_to_table(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    call, alias = node.this, node.args.get("alias")
    if isinstance(call, (exp.Subquery, exp.Select, exp.Explode)):
        return None
    if not isinstance(call, exp.SplitToTable) or node.args.get("outer"):
        ctx.refuse("unfaithful", node, "LATERAL is verified for FLATTEN, SPLIT_TO_TABLE and subqueries", "Use FLATTEN")
        return None
    if not build.text(call.expression):
        raise ctx.error(node, "The separator has to be a constant text.")
    parts = ctx.call("string_split", call.this, call.expression)
    places = ctx.call("generate_series", build.lit(1), ctx.call("len", parts.copy()))
    columns = [exp.alias_(ctx.call("unnest", parts), "value"), exp.alias_(ctx.call("unnest", places), "index")]
    made = exp.Lateral(this=exp.Subquery(this=exp.Select(expressions=columns)))
    made.set("alias", exp.TableAlias(this=exp.to_identifier(alias.name if alias is not None else "_flat")))
    return made
