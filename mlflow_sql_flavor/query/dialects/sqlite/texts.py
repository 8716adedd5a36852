"""Texts and JSON."""

from __future__ import annotations

import re

from sqlglot import exp

from .. import common
from ..context import Context
from . import D
from .values import integer, is_json, number, text

_TYPES = {"int": "integer", "bool": "integer", "float": "real", "decimal": "real", "text": "text"}

D.known(
    "unicode", "chr", "concat", "concat_ws", "degrees", "radians", "pi", "trunc", "pow", "power", "mod", "iif", "if"
)


@D.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/lang_corefunc.html#typeof
    value = node.this
    kind = next((name for family, name in _TYPES.items() if ctx.is_a(value, family)), None)
    if kind is None or is_json(value):
        ctx.refuse("typeof", node, "The type of this value is known to SQLite only", "Leave it out")
        return None
    made = exp.Case(
        ifs=[exp.If(this=exp.Is(this=value, expression=exp.Null()), true=common.lit("null"))], default=common.lit(kind)
    )
    made.type = exp.DataType.build("VARCHAR")
    return made


@D.rule(exp.DPipe, exp.Concat, exp.ConcatWs)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.DPipe):
        node.set("this", text(node.this, ctx))
        node.set("expression", text(node.expression, ctx))
    else:
        node.set("expressions", [text(part, ctx) for part in node.expressions])
    return None


@D.rule(exp.Upper, exp.Lower)
def ascii_case(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Only ASCII letters have a case: https://sqlite.org/lang_corefunc.html#lower
    name = "sqlite__upper" if isinstance(node, exp.Upper) else "sqlite__lower"
    return ctx.macro(name, text(node.this, ctx), type="VARCHAR")


@D.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # LIKE ignores the case of ASCII letters: https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    node.set("this", ctx.macro("sqlite__lower", text(node.this, ctx), type="VARCHAR"))
    node.set("expression", ctx.macro("sqlite__lower", text(node.expression, ctx), type="VARCHAR"))
    return None


@D.rule(exp.Length, exp.Substring, exp.Trim, exp.Replace, exp.StrPosition, exp.Glob, exp.Unicode)
def of_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    for key in ("this", "expression", "substr"):
        value = node.args.get(key)
        if isinstance(value, exp.Expr) and not ctx.is_a(value, "text") and not ctx.unknown(value):
            node.set(key, text(value, ctx))
    return None


@D.rule(exp.GroupConcat)
def group_concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    if isinstance(value, exp.Expr) and not isinstance(value, (exp.Distinct, exp.Order)):
        node.set("this", text(value, ctx))
    return None


@D.rule(exp.JSONExtractScalar)
def json_value(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # json_extract and ->> give a value of its own type: https://sqlite.org/json1.html#jptr
    path = node.expression
    if not isinstance(path, exp.JSONPath):
        raise ctx.error(node, "The path into the JSON is not a constant: write it as a text.")
    return ctx.macro("sqlite__json_value", node.this, common.lit(path.sql("duckdb").strip("'")), type="VARCHAR")


@D.prepare
def no_circle(tree: exp.Expr, ctx: Context) -> None:
    # A CTE that reads a table of its own name refers to itself: "circular reference"
    for cte in tree.find_all(exp.CTE):
        with_ = cte.parent
        recursive = isinstance(with_, exp.With) and with_.args.get("recursive")
        for table in cte.this.find_all(exp.Table):
            if table.name.casefold() == cte.alias.casefold() and not table.db and not recursive:
                raise ctx.error(table, f"SQLite reads {table.name!r} inside {cte.alias!r} as itself: rename the CTE.")


@D.prepare
def double_quoted(tree: exp.Expr, ctx: Context) -> None:
    # A double-quoted name that is no column is a text: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
    for column in tree.find_all(exp.Column):
        if column.this.args.get("quoted") and not column.table and ctx.unknown(column) and ctx.sql:
            start = column.this.meta.get("start")
            if start is not None and ctx.sql[start : start + 1] == '"':
                ctx.warn(
                    "double_quoted_string", column, "A name in double quotes that is no column is a text in SQLite."
                )


_SPEC = re.compile(r"%(?:%|0?\d*d|(?:\.(\d+))?f|s)")


@D.function("printf", "format")
def printf(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://sqlite.org/printf.html: NULL is 0 to %d and %f and nothing to %s; %f rounds half away from zero
    fmt, *args = node.expressions
    wanted = common.text(fmt.unnest())
    specs = [found for found in _SPEC.finditer(wanted or "") if found[0] != "%%"]
    if wanted is None or "%" in _SPEC.sub("", wanted) or len(specs) != len(args):
        ctx.refuse("number_format", node, "Formats but %d, %s and %.nf are SQLite's own", "Use round, cast and ||")
        return None
    return ctx.call("printf", fmt, *map(lambda spec, arg: _shown(spec, arg, ctx), specs, args), type="VARCHAR")


@D.rule(exp.Format)
def format_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return printf(exp.Anonymous(this="printf", expressions=[node.this, *node.expressions]), ctx)


def _shown(spec: re.Match[str], arg: exp.Expr, ctx: Context) -> exp.Expr:
    if spec[0] == "%s":
        return exp.Coalesce(this=text(arg, ctx), expressions=[common.lit("")])
    if spec[0].endswith("d"):
        return exp.Coalesce(this=integer(arg, ctx), expressions=[common.lit(0)])
    rounded = ctx.macro("sqlite__round", number(arg, ctx), common.lit(int(spec[1] or 6)), type="DOUBLE")
    return exp.Coalesce(this=rounded, expressions=[common.cast(common.lit(0), "DOUBLE")])
