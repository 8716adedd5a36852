"""Text: https://www.postgresql.org/docs/15/functions-string.html and functions-matching.html."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text
from ..shared.strings import like_escape
from .numbers import whole
from .regex import extracted
from .types import category

R = DialectRules("postgres strings")

R.renames(
    {
        "btrim": ("trim", "VARCHAR"),
        "octet_length": ("strlen", "INTEGER"),
    }
)


@R.rule(
    exp.Upper, exp.Lower, exp.Initcap, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Replace, exp.Trim, exp.Pad,
    exp.SplitPart, exp.Reverse, exp.StrPosition, exp.StartsWith, exp.Translate, exp.Repeat, exp.MD5, exp.StringToArray,
    exp.RegexpLike, exp.RegexpILike, exp.RegexpReplace, exp.RegexpSubstr, exp.Like, exp.ILike, exp.SimilarTo,
    exp.Overlay, exp.Ascii, exp.RegexpCount,
)  # fmt: skip
def takes_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # No implicit cast to text: typeconv-func.html
    kind = category(node.this)
    if kind in (None, "text", "json", "array"):
        return None
    name = node.sql_name().lower() if isinstance(node, exp.Func) else node.key
    raise ctx.error(node, f"{ctx.rules.name} has no {name} of {kind}. Cast to text first, e.g. CAST(x AS text).")


R.macros({exp.Upper: ("pg__upper", "VARCHAR", "this")})  # sharp s has no upper case in libc


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, length = node.args.get("start"), node.args.get("length")
    if text(start) is not None or ctx.is_a(start, "text"):
        if length is not None:
            raise ctx.error(node, "substring(... from ... for escape) has no counterpart. Use a regular expression.")
        return extracted(node, node.this, start, "", ctx)
    if start is None:
        start = lit(1)
    # Positions before 1 count against the length; a negative length is an error.
    if length is None:
        at = whole(start)
        if at is not None and at >= 1:
            return None
        return ctx.macro("pg__substring_from", node.this, start, type="VARCHAR")
    at, count = whole(start), whole(length)
    if at is not None and at >= 1 and count is not None and count >= 0:
        return None
    return ctx.macro("pg__substring", node.this, start, length, type="VARCHAR")


@R.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # position(a IN b) is grammar; with a comma it is a syntax error.
    if not re.search(r"\bposition\s*\(", ctx.sql, re.I):
        return None
    tokens = Dialect.get_or_raise("postgres").tokenize(ctx.sql)
    for i, token in enumerate(tokens):
        if token.text.lower() != "position":
            continue
        depth = 0
        for inner in tokens[i + 1 :]:
            depth += (inner.token_type == TokenType.L_PAREN) - (inner.token_type == TokenType.R_PAREN)
            if depth <= 0:
                break
            if depth == 1 and inner.token_type == TokenType.COMMA:
                raise ctx.error(node, f"{ctx.rules.name} wants position(x IN y), or strpos(y, x).")
    return None


@R.rule(exp.Overlay)
def overlay(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Without FOR, as many characters as the new text has are replaced.
    new, count = node.expression, node.args.get("for_")
    count = count if count is not None else ctx.call("length", new.copy(), type="INTEGER")
    return ctx.macro("pg__overlay", node.this, new, node.args["from_"], count, type="VARCHAR")


R.macros({exp.Chr: ("pg__chr", "VARCHAR", "expressions")})


@R.rule(exp.Like, exp.ILike)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern = node.expression
    if isinstance(pattern, (exp.Any, exp.All)):
        values = pattern.this
        while isinstance(values, exp.Paren):
            values = values.this
        if not isinstance(values, exp.Array):
            raise ctx.error(node, "LIKE ANY takes an ARRAY[...] of patterns here. Join the list of patterns instead.")
        negate = bool(node.args.get("negate"))
        made: list[exp.Expr] = []
        for one in values.expressions:
            each: exp.Expr = type(node)(this=node.this.copy(), expression=one)
            each = like_escape(each, ctx) or each
            made.append(exp.Not(this=exp.Paren(this=each)) if negate else each)
        if not made:
            return exp.Boolean(this=isinstance(pattern, exp.All))
        join = exp.or_ if isinstance(pattern, exp.Any) else exp.and_
        return exp.Paren(this=join(*made, copy=False))
    if isinstance(node.parent, exp.Escape):
        return None
    escaped = like_escape(node, ctx)
    if escaped is not None and node.args.get("negate"):
        node.set("negate", False)
        return exp.Not(this=exp.Paren(this=escaped))
    return escaped


@R.rule(exp.Escape)
def escape(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node.this, (exp.Not, exp.Anonymous)):
        return node.this
    return None


@R.rule(exp.StringToArray)
def string_to_array(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # '' gives an empty array; a NULL delimiter splits into characters, '' does not split.
    sep, null = node.expression, node.args.get("null")
    made = ctx.macro("pg__split", node.this, sep, type="VARCHAR[]")
    return ctx.macro("pg__null_items", made, null, type="VARCHAR[]") if null is not None else made


@R.rule(exp.Normalize)
def normalize(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    form = node.args.get("form")
    if isinstance(form, exp.Expr) and form.name.upper() not in ("", "NFC"):
        raise ctx.error(node, f"normalize(..., {form.name}) has no counterpart. Only NFC has.")
    return ctx.call("nfc_normalize", node.this, type="VARCHAR")


@R.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    index = node.args["part_index"]
    if whole(index) == 0:
        raise ctx.error(node, "split_part() counts from 1 (or from the end, from -1): position 0 is an error.")
    return ctx.macro("pg__split_part", node.this, node.args["delimiter"], index, type="VARCHAR")


@R.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = node.args.get("fill_pattern") or lit(" ")
    name = "pg__lpad" if node.args.get("is_left") else "pg__rpad"
    return ctx.macro(name, node.this, node.expression, fill, type="VARCHAR")


@R.function("num_nulls", "num_nonnulls")
def num_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    nulls = node.name.lower() == "num_nulls"
    if len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Variadic):
        return ctx.macro("pg__nulls_in" if nulls else "pg__known_in", node.expressions[0].this, type="INTEGER")
    total: exp.Expr = lit(0)
    for item in node.expressions:
        is_null: exp.Expr = exp.Is(this=item, expression=exp.Null())
        test = is_null if nulls else exp.Not(this=is_null)
        total = exp.Add(this=total, expression=cast(exp.Paren(this=test), "INTEGER"))
    return exp.Paren(this=total)


@R.function("quote_literal", "quote_ident", "quote_nullable")
def quote(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, f"{node.name}() writes SQL text, which a model does not run. Leave it out.")


R.accepts(
    "sin", "asin", "min", "scale", "string_to_table", "regexp_split_to_table", "btrim", "age", "date_bin", "num_nulls",
    "regexp_match", "num_nonnulls",
)  # fmt: skip


R.macros({exp.Initcap: ("pg__initcap", "VARCHAR", "this")})
