"""Texts and JSON."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...translation.functions import written_name
from .. import DialectRules
from ..shared import common
from .values import either, integer, is_json, number, text

R = DialectRules("sqlite texts")


_TYPES = {"int": "integer", "bool": "integer", "float": "real", "decimal": "real", "text": "text"}

R.known("chr", "concat", "concat_ws", "degrees", "radians", "pi", "trunc", "pow", "power", "mod", "iif", "if")


_OTHERS = frozenset([
    "greatest", "least", "left", "right", "extract", "position", "year", "month", "day", "hour", "minute", "second",
    "week", "quarter", "truncate", "insert", "date_add", "date_sub", "adddate", "subdate", "timestampadd", "convert",
    "timestampdiff", "unnest", "listagg", "json_value", "json_query", "overlay", "timestamp", "current_user",
])  # fmt: skip


@R.normalise
def of_other_engines(tree: exp.Expr, ctx: Context) -> None:
    # Words of SQL's grammar elsewhere, names of no function here
    for node in tree.find_all(exp.Func):
        name = (written_name(node, ctx.sql) or "").lower()
        if name in _OTHERS and name not in ctx.udfs:
            hint = {"greatest": " Write max(...).", "least": " Write min(...).", "left": " Write substr(...)."}
            raise ctx.error(node, f"sqlite has no function {name!r}.{hint.get(name, '')}")


@R.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#typeof
    value = node.this
    if isinstance(value, exp.Null):
        return common.lit("null")
    kind = next((name for family, name in _TYPES.items() if ctx.is_a(value, family)), None)
    if kind is None or is_json(value) or either(value):
        ctx.refuse("typeof", node, "The type of this value is known to SQLite only", "Leave it out")
        return None
    made = exp.Case(
        ifs=[exp.If(this=exp.Is(this=value, expression=exp.Null()), true=common.lit("null"))], default=common.lit(kind)
    )
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.rule(exp.DPipe, exp.Concat, exp.ConcatWs)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.DPipe):
        node.set("this", text(node.this, ctx))
        node.set("expression", text(node.expression, ctx))
    else:
        node.set("expressions", [text(part, ctx) for part in node.expressions])
    return None


@R.rule(exp.Upper, exp.Lower)
def ascii_case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Only ASCII letters have a case: https://sqlite.org/lang_corefunc.html#lower
    name = "sqlite__upper" if isinstance(node, exp.Upper) else "sqlite__lower"
    return ctx.macro(name, text(node.this, ctx), type="VARCHAR")


@R.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # LIKE ignores the case of ASCII letters: https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    node.set("this", ctx.macro("sqlite__lower", text(node.this, ctx), type="VARCHAR"))
    node.set("expression", ctx.macro("sqlite__lower", text(node.expression, ctx), type="VARCHAR"))
    return None


@R.rule(exp.Length, exp.Substring, exp.Trim, exp.Replace, exp.StrPosition, exp.Glob, exp.Unicode)
def of_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression", "substr"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "text") and not ctx.unknown(value):
            node.set(key, text(value, ctx))
    return None


@R.rule(exp.Glob)
def glob(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # [^a] is DuckDB's [!a]
    node.set("expression", ctx.macro("sqlite__glob", text(node.expression, ctx), type="VARCHAR"))
    return None


@R.function("quote")
def quote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    if ctx.is_a(value, "text"):
        return ctx.macro("sqlite__quote", value, type="VARCHAR")
    if ctx.is_a(value, "int", "bool"):
        return exp.Coalesce(this=text(value, ctx), expressions=[common.lit("NULL")])
    raise ctx.error(node, "QUOTE of this value has no counterpart: leave it out.")


@R.rule(exp.Chr)
def char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # One character a code: https://sqlite.org/lang_corefunc.html#char
    if len(node.expressions) < 2:
        return None
    zero = [common.lit(0)]
    codes = [exp.Coalesce(this=integer(code, ctx), expressions=zero) for code in node.expressions]
    each = [ctx.call("chr", common.cast(code, "INTEGER")) for code in codes]
    return ctx.call("concat", *each, type="VARCHAR")


@R.rule(exp.Unicode)
def unicode(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#unicode: NULL of an empty text
    return ctx.macro("sqlite__unicode", text(node.this, ctx), type="BIGINT")


@R.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#hex: of the bytes of the value's text, '' of NULL
    return exp.Coalesce(this=ctx.call("hex", text(node.this, ctx)), expressions=[common.lit("")])


@R.rule(exp.Unhex)
def unhex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("expression") is not None:
        raise ctx.error(node, "UNHEX with characters to leave out has no counterpart: REPLACE them.")
    return ctx.macro("sqlite__unhex", text(node.this, ctx), type="BLOB")


@R.function("octet_length")
def octet_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("strlen", text(node.expressions[0], ctx), type="BIGINT")


@R.rule(exp.GroupConcat)
def group_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    holder, value = node, node.this
    if isinstance(value, exp.Order):
        holder, value = value, value.this
    if isinstance(value, exp.Distinct):
        value.set("expressions", [text(each, ctx) for each in value.expressions])
    elif isinstance(value, exp.Expr):
        holder.set("this", text(value, ctx))
    return None


@R.rule(exp.JSONExtractScalar)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # json_extract and ->> give a value of its own type: https://sqlite.org/json1.html#jptr
    return ctx.macro("sqlite__json_value", node.this, json_path(node, ctx), type="VARCHAR")


def json_path(node: exp.Expr, ctx: Context) -> exp.Expr:
    path = node.args.get("expression")
    if path is None:
        return common.lit("$")
    written = path.sql("duckdb").strip("'") if isinstance(path, exp.JSONPath) else common.text(path)
    if written is None:
        raise ctx.error(node, "The path into the JSON is not a constant: write it as a text.")
    return common.lit(written if written.startswith("$") else f'$."{written}"')


@R.rule(exp.Is)
def json_is_null(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    inner = node.this.unnest()
    if is_json(inner) and isinstance(node.expression, exp.Null):
        return ctx.macro("sqlite__json_missing", *inner.expressions, type="BOOLEAN")
    return None


@R.rule(exp.JSONType)
def json_type(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/json1.html#the_json_type_function
    return ctx.macro("sqlite__json_type", node.this, json_path(node, ctx), type="VARCHAR")


@R.prepare
def json_each(tree: exp.Expr, ctx: Context) -> None:
    # https://sqlite.org/json1.html#jeach: a value has the type it has in the JSON, an array's key is a number
    aliases = set()
    for table in tree.find_all(exp.Table):
        if str(getattr(table.this, "name", "")).lower() in ("json_each", "json_tree"):
            aliases.add(table.alias_or_name.casefold())
    if not aliases:
        return
    for column in list(tree.find_all(exp.Column)):
        name, parent, key, index = column.name.casefold(), column.parent, column.arg_key, column.index
        mine = column.table.casefold() in aliases or (not column.table and name not in map(str.casefold, ctx.columns))
        if not mine or name not in ("value", "atom", "key", "type") or parent is None or key is None:
            continue
        if name == "type":
            value = exp.column("value", table=column.args.get("table"))
            made = ctx.macro("sqlite__json_type", value, common.lit("$"), type="VARCHAR")
        elif name == "key":
            full = exp.column("fullkey", table=column.args.get("table"))
            made = ctx.macro("sqlite__json_key", column.copy(), full, type="VARCHAR")
        else:
            made = ctx.macro("sqlite__json_value", column.copy(), common.lit("$"), type="VARCHAR")
        inside = isinstance(parent, exp.Select) and key == "expressions"
        parent.set(key, exp.alias_(made, column.name) if inside else made, index)


@R.prepare
def values_columns(tree: exp.Expr, ctx: Context) -> None:
    # https://sqlite.org/lang_select.html: the columns of VALUES are column1, column2 ...
    for values in tree.find_all(exp.Values):
        holder = values.parent if isinstance(values.parent, exp.Subquery) else values
        alias = holder.args.get("alias")
        if not isinstance(holder.parent, (exp.From, exp.Join)) or (alias is not None and alias.columns):
            continue
        first = values.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        columns = [exp.to_identifier(f"column{i + 1}") for i in range(width)]
        name = alias.this if alias is not None else exp.to_identifier("_values")
        holder.set("alias", exp.TableAlias(this=name, columns=columns))


@R.prepare
def no_circle(tree: exp.Expr, ctx: Context) -> None:
    # A CTE that reads a table of its own name refers to itself: "circular reference"
    for cte in tree.find_all(exp.CTE):
        with_ = cte.parent
        recursive = isinstance(with_, exp.With) and with_.args.get("recursive")
        for table in cte.this.find_all(exp.Table):
            if table.name.casefold() == cte.alias.casefold() and not table.db and not recursive:
                raise ctx.error(table, f"SQLite reads {table.name!r} inside {cte.alias!r} as itself: rename the CTE.")


@R.prepare
def double_quoted(tree: exp.Expr, ctx: Context) -> None:
    # A double-quoted name that is no column is a text: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
    for column in tree.find_all(exp.Column):
        if column.this.args.get("quoted") and not column.table and ctx.unknown(column) and ctx.sql:
            start = column.this.meta.get("start")
            if start is not None and ctx.sql[start : start + 1] == '"':
                ctx.warn(
                    "double_quoted_string", column, "A name in double quotes that is no column is a text in SQLite."
                )


_SPEC = re.compile(r"%(?:%|[-+0 ]*\d*[dx]|[-+0 ]*\d*(?:\.(\d+))?[feg]|-?\d*s|,d|,\.(\d+)f)")


@R.function("printf", "format")
def printf(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/printf.html: NULL is 0 to %d and %f and nothing to %s; %f rounds half away from zero
    fmt, *args = node.expressions
    wanted = common.text(fmt.unnest())
    specs = [found for found in _SPEC.finditer(wanted or "") if found[0] != "%%"]
    if wanted is None or "%" in _SPEC.sub("", wanted) or len(specs) != len(args):
        ctx.refuse("number_format", node, "Formats but %d, %s and %.nf are SQLite's own", "Use round, cast and ||")
        return None
    if not any("," in spec[0] for spec in specs):
        shown = [_shown(spec, arg, ctx) for spec, arg in zip(specs, args, strict=True)]
        return ctx.call("printf", fmt, *shown, type="VARCHAR")
    return _grouped(wanted, args, ctx)


def _grouped(wanted: str, args: list[exp.Expr], ctx: Context) -> exp.Expr:
    """Thousands apart are DuckDB's format(), which writes {} for a value and knows no %."""
    given = iter(args)
    pieces, end = "", 0
    shown: list[exp.Expr] = []
    for found in _SPEC.finditer(wanted):
        pieces += wanted[end : found.start()].replace("{", "{{").replace("}", "}}")
        end = found.end()
        if found[0] == "%%":
            pieces += "%"
            continue
        value = _shown(found, next(given), ctx)
        if "," in found[0]:
            pieces += "{:,}" if found[0] == "%,d" else "{:,." + str(found[2]) + "f}"
            shown.append(value)
        else:
            pieces += "{}"
            shown.append(ctx.call("printf", common.lit(found[0]), value))
    pieces += wanted[end:].replace("{", "{{").replace("}", "}}")
    return ctx.call("format", common.lit(pieces), *shown, type="VARCHAR")


@R.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return printf(exp.Anonymous(this="printf", expressions=[node.this, *node.expressions]), ctx)


def _shown(spec: re.Match[str], arg: exp.Expr, ctx: Context) -> exp.Expr:
    kind = spec[0][-1]
    if kind == "s":
        return exp.Coalesce(this=text(arg, ctx), expressions=[common.lit("")])
    if kind in "dx":
        return exp.Coalesce(this=integer(arg, ctx), expressions=[common.lit(0)])
    zero = common.cast(common.lit(0), "DOUBLE")
    if kind in "eg":
        return exp.Coalesce(this=common.cast(number(arg, ctx), "DOUBLE"), expressions=[zero])
    rounded = ctx.macro("sqlite__round", number(arg, ctx), common.lit(int(spec[1] or spec[2] or 6)), type="DOUBLE")
    return exp.Coalesce(this=rounded, expressions=[zero])
