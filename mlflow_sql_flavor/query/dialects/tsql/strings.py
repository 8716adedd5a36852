"""Texts: each rule's page is t-sql/functions/<name>-transact-sql of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql strings")

R.renames({"nchar": ("chr", "VARCHAR")})
R.macros({exp.Stuff: ("ts__stuff", "VARCHAR"), exp.Repeat: ("ts__replicate", "VARCHAR")})


@R.normalise
def national(tree: exp.Expr, ctx: Context) -> None:
    """N'...' is a text as any other; only its bytes are twice as many."""
    for node in list(tree.find_all(exp.National)):
        made = build.lit(node.name)
        made.meta.update(node.meta, national=True)
        node.replace(made)


# functions/space-transact-sql, functions/replicate-transact-sql: less than none is NULL
@R.rule(exp.Space)
def space(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("ts__replicate", build.lit(" "), node.this, type="VARCHAR")


@R.function("quotename")
def quotename(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        ctx.refuse("unfaithful", node, "QUOTENAME is verified with brackets", "Leave the character out")
    inner = exp.Replace(this=node.expressions[0], expression=build.lit("]"), replacement=build.lit("]]"))
    return ctx.call("concat", build.lit("["), inner, build.lit("]"), type="VARCHAR")


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    old, new = build.text(node.args["from_"]), build.text(node.args["to"])
    if old is None or new is None or any(c.isalpha() for c in old):
        ctx.refuse("collation", node, "TRANSLATE looks without case in SQL Server", "Use constants without letters")
    elif len(old) != len(new):
        raise ctx.error(node, "TRANSLATE needs as many new characters as old ones.")
    return ctx.call("translate", node.this, node.args["from_"], node.args["to"], type="VARCHAR")


@R.rule(exp.ConcatWs)
def concat_ws(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """NULL is passed over, '' is not."""
    if not all(ctx.is_a(a, "text", "int", "decimal", "date") or isinstance(a, exp.Null) for a in node.expressions):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    separator, *rest = node.expressions  # NULL is none
    if build.text(separator) is None:
        separator = exp.Coalesce(this=build.cast(separator, "VARCHAR"), expressions=[build.lit("")])
    return ctx.call("concat_ws", separator, *rest, type="VARCHAR")


@R.rule(exp.StrPosition)
def charindex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start = node.args.get("position")
    if start is None:
        return ctx.macro("ts__charindex", node.args["substr"], node.this, type="INTEGER")
    return ctx.macro("ts__charindex_from", node.args["substr"], node.this, start, type="INTEGER")


@R.rule(exp.Replace)
def replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Without case."""
    old = build.text(node.expression)
    if old is None:
        ctx.refuse("collation", node, "REPLACE looks without case in SQL Server", "Replace a constant text")
    if not old or not any(c.isalpha() for c in old):
        return None
    new = exp.Replace(this=node.args["replacement"], expression=build.lit("\\"), replacement=build.lit("\\\\"))
    return ctx.call("regexp_replace", node.this, build.lit(re.escape(old).replace("\\ ", " ")), new,
                    build.lit("gi"), type="VARCHAR")  # fmt: skip


# language-elements/string-concatenation-transact-sql
@R.rule(exp.Add)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sides = (node.this, node.expression)
    texts = all(ctx.is_a(s, "text") or isinstance(s, exp.Null) for s in sides)
    if not isinstance(node, exp.Add) or not texts or not any(ctx.is_a(s, "text") for s in sides):
        return None
    made = exp.DPipe(this=sides[0], expression=sides[1])
    made.type = exp.DataType.build("VARCHAR")
    return made


# functions: text
@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    size = node.args.get("length")
    if size is None:
        raise ctx.error(node, "SUBSTRING needs a length.")
    return ctx.macro("ts__substring", node.this, node.args["start"], size, type="VARCHAR")


@R.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not ctx.is_a(node.this, "text") and not isinstance(node.this, exp.Cast):
        ctx.refuse("implicit_cast", node, "LEN of another value than a text is not verified", "Cast it to VARCHAR")
    inner = node.this.this if isinstance(node.this, exp.Cast) and ctx.is_a(node.this.this, "text") else node.this
    return ctx.call("length", ctx.call("rtrim", inner), type="INTEGER")


@R.rule(exp.Concat)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.ConcatWs):
        return None
    if not all(ctx.is_a(a, "text", "int", "decimal", "date") or isinstance(a, exp.Null) for a in node.expressions):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    return ctx.call("concat", *node.expressions, type="VARCHAR")


@R.function("datalength")
def datalength(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    wide = [n for n in node.expressions[0].walk() if "national" in n.meta]
    if wide and wide[0] is node.expressions[0]:
        return build.lit(2 * len(wide[0].name))
    if wide or not ctx.is_a(node.expressions[0], "text"):
        ctx.refuse("bytes", node, "DATALENGTH is verified for texts", "Use LEN")
    return ctx.macro("ts__ascii_length", node.expressions[0], type="INTEGER")
