"""Text: https://www.postgresql.org/docs/15/functions-string.html and functions-matching.html."""

from __future__ import annotations

import re

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokens import TokenType

from ...facts.context import Context
from .. import DialectRules
from ..shared.common import cast, like_escape, lit, text
from . import regex
from .numbers import whole
from .types import category

__all__ = ["R"]

R = DialectRules("postgres strings")


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


R.rule(exp.Upper)(
    lambda node, ctx: ctx.macro("pg__upper", node.this, type="VARCHAR")  # sharp s has no upper case in libc
)


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, length = node.args.get("start"), node.args.get("length")
    if text(start) is not None or ctx.is_a(start, "text"):
        if length is not None:
            raise ctx.error(node, "substring(... from ... for escape) has no counterpart. Use a regular expression.")
        return _extract(node, node.this, start, "", ctx)
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


@R.rule(exp.Chr)
def chr_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("pg__chr", node.expressions[0], type="VARCHAR") if len(node.expressions) == 1 else None


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


@R.rule(exp.SimilarTo)
def similar_to(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sign = text(node.parent.expression) if isinstance(node.parent, exp.Escape) else "\\"
    pattern = text(node.expression)
    if pattern is None or sign is None:
        raise ctx.error(node, "SIMILAR TO needs a literal pattern here. Use LIKE or a literal.")
    try:
        made = regex.similar(pattern, sign)
    except regex.NoCounterpart as e:
        raise ctx.error(node, f"DuckDB's regular expressions have no counterpart for {e}.") from None
    return ctx.call("regexp_full_match", node.this, lit(made), type="BOOLEAN")


def _pattern(node: exp.Expr, pattern: exp.Expr | None, ctx: Context, *, extracts: bool) -> exp.Expr:
    value = text(pattern)
    if value is None:
        ctx.refuse(
            "unfaithful", node, "A regular expression that is no literal cannot be translated", "Write it as a literal"
        )
        assert pattern is not None
        return pattern
    try:
        return lit(regex.convert(value, extracts=extracts))
    except regex.NoCounterpart as e:
        ctx.refuse(
            "unfaithful", node, f"DuckDB's regular expressions have no counterpart for {e}", "Rewrite the pattern"
        )
        return lit(value)


def _options(node: exp.Expr, flags: exp.Expr | None, ctx: Context) -> str:
    value = "" if flags is None else text(flags)
    if value is None or set(value) - set("gics"):
        raise ctx.error(node, "Of the flags of regular expressions only g, i, c and s can be translated.")
    return "s" + ("i" if value.rfind("i") > value.rfind("c") else "")


@R.rule(exp.RegexpLike, exp.RegexpILike)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    options = "si" if isinstance(node, exp.RegexpILike) else _options(node, node.args.get("flag"), ctx)
    pattern = _pattern(node, node.expression, ctx, extracts=False)
    return ctx.call("regexp_matches", node.this, pattern, lit(options), type="BOOLEAN")


def _extract(node: exp.Expr, value: exp.Expr, pattern: exp.Expr | None, options: str, ctx: Context) -> exp.Expr:
    made = _pattern(node, pattern, ctx, extracts=True)
    group = min(1, regex.groups(text(pattern) or ""))
    _no_optional(node, pattern, group, ctx)
    return ctx.macro("pg__regexp", value, made, lit(group), lit(options or "s"), type="VARCHAR")


def _no_optional(node: exp.Expr, pattern: exp.Expr | None, group: int, ctx: Context) -> None:
    if group and regex.optional_group(text(pattern) or ""):
        ctx.refuse(
            "unfaithful", node, "A group that may not take part in the match gives NULL in postgres, '' in DuckDB",
            "Make the group (?:...) or match it always",
        )  # fmt: skip


@R.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(k) is not None for k in ("parameters", "group")):
        raise ctx.error(node, "Only regexp_substr(text, pattern, 1, number) can be translated.")
    made = _pattern(node, node.expression, ctx, extracts=True)
    number = whole(node.args.get("occurrence"))
    if node.args.get("position") is not None or number is not None:
        if whole(node.args.get("position")) != 1 or (node.args.get("occurrence") is not None and (number or 0) < 1):
            raise ctx.error(node, "Only regexp_substr(text, pattern, 1, number) can be translated.")
        found = ctx.call("regexp_extract_all", node.this, made, lit(0), lit("s"))
        return ctx.call("list_extract", found, lit(number or 1), type="VARCHAR")
    return ctx.macro("pg__regexp", node.this, made, lit(0), lit("s"), type="VARCHAR")


@R.rule(exp.RegexpCount)
def regexp_count(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(k) is not None for k in ("position", "parameters")) or text(node.expression) == "":
        raise ctx.error(node, "Only regexp_count(text, pattern) can be translated.")
    made = _pattern(node, node.expression, ctx, extracts=True)
    found = ctx.call("regexp_extract_all", node.this, made, lit(0), lit("s"))
    return ctx.call("len", found, type="INTEGER")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, "regexp_instr() has no counterpart. Use strpos(text, substring(text from pattern)).")


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if any(node.args.get(k) is not None for k in ("position", "occurrence")):
        raise ctx.error(node, "regexp_replace() with a start or a number has no counterpart.")
    flags = node.args.get("modifiers")
    options = _options(node, flags, ctx) + ("g" if flags is not None and "g" in (text(flags) or "") else "")
    replacement = text(node.args.get("replacement"))
    if replacement is None:
        raise ctx.error(node, "regexp_replace() needs a literal replacement here.")
    group = any(f"\\{d}" in replacement for d in "123456789")
    _no_optional(node, node.expression, int(group), ctx)
    made = _pattern(node, node.expression, ctx, extracts=True)
    new = _replacement(replacement)
    return ctx.call("regexp_replace", node.this, made, lit(new), lit(options), type="VARCHAR")


def _replacement(value: str) -> str:
    # \1 to \9 and \& stand for groups and the match, \\ for a backslash; any other backslash is itself.
    out, i = [], 0
    while i < len(value):
        pair = value[i : i + 2]
        if pair == "\\&":
            out.append("\\0")
        elif len(pair) == 2 and pair[0] == "\\" and (pair[1] in "123456789\\"):
            out.append(pair)
        elif pair[:1] == "\\":
            out.append("\\\\")
            i += 1
            continue
        else:
            out.append(pair[0])
            i += 1
            continue
        i += 2
    return "".join(out)


@R.function("regexp_match")
def regexp_match(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, pattern, *rest = node.expressions
    options = _options(node, rest[0] if rest else None, ctx)
    made = _pattern(node, pattern, ctx, extracts=True)
    count = regex.groups(text(pattern) or "")
    _no_optional(node, pattern, count, ctx)
    found = [
        ctx.call("regexp_extract", value.copy(), made.copy(), lit(i), lit(options))
        for i in (range(1, count + 1) if count else [0])
    ]
    return exp.Case(
        ifs=[exp.If(this=ctx.call("regexp_matches", value, made, lit(options)), true=exp.Array(expressions=found))]
    )


@R.function("regexp_matches")
def regexp_matches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, pattern, *rest = node.expressions
    if isinstance(node.parent, exp.Table):
        raise ctx.error(node, "regexp_matches() in FROM has no counterpart. Put it into the SELECT of a subquery.")
    options = _options(node, rest[0] if rest else None, ctx)
    made = _pattern(node, pattern, ctx, extracts=True)
    count = regex.groups(text(pattern) or "")
    if count > 1 or (count and regex.optional_group(text(pattern) or "")):
        raise ctx.error(node, "regexp_matches() with several groups has no counterpart. Use regexp_match().")
    every = bool(rest) and "g" in (text(rest[0]) or "")
    name = "pg__matches" if every else "pg__first_match"
    return exp.Explode(this=ctx.macro(name, value, made, lit(count), lit(options)))


@R.function("regexp_split_to_array")
def regexp_split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, pattern, *rest = node.expressions
    options = _options(node, rest[0] if rest else None, ctx)
    made = text(_pattern(node, pattern, ctx, extracts=True)) or ""
    flags = "(?s" + ("i" if "i" in options else "") + ")"
    return ctx.call("string_split_regex", value, lit(flags + made), type="VARCHAR[]")


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


@R.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("pg__initcap", node.this, type="VARCHAR")


@R.function("btrim")
def btrim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("trim", *node.expressions, type="VARCHAR")


@R.function("octet_length")
def octet_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("strlen", node.expressions[0], type="INTEGER")


@R.function("num_nulls", "num_nonnulls")
def num_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    nulls = node.name.lower() == "num_nulls"
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
