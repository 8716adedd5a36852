"""Texts are bytes: what counts or cuts them is right for ASCII, and an error for anything else.

https://clickhouse.com/docs/sql-reference/functions/string-functions
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .casts import to_text

R = DialectRules("clickhouse strings")
R.macros({"appendtrailingcharifabsent": ("ch__ends_in", "VARCHAR")})

R.renames(
    {
        "lengthutf8": ("length", "BIGINT"),
        "upperutf8": ("upper", "VARCHAR"),
        "lowerutf8": ("lower", "VARCHAR"),
        "reverseutf8": ("reverse", "VARCHAR"),
        "replaceall": ("replace", "VARCHAR"),
        "octet_length": ("strlen", "BIGINT"),
    }
)
R.macros(
    {
        "leftutf8": ("ch__left_of", "VARCHAR"),
        "rightutf8": ("ch__right_of", "VARCHAR"),
        exp.Initcap: ("ch__initcap", "VARCHAR", "this"),
        "replaceone": ("ch__replace_one", "VARCHAR"),
        exp.Ascii: ("ch__first_byte", "BIGINT"),
        exp.SubstringIndex: ("ch__until", "VARCHAR"),
        exp.Left: ("ch__bleft_of", "VARCHAR", "this", "expression"),
        exp.Right: ("ch__bright_of", "VARCHAR", "this", "expression"),
        exp.Upper: ("ch__upper", "VARCHAR", "this"),
        exp.Lower: ("ch__lower", "VARCHAR", "this"),
        "multisearchany": ("ch__search_any", "BOOLEAN"),
        "initcaputf8": ("ch__initcap_utf8", "VARCHAR"),
        "countmatchescaseinsensitive": ("ch__count_no_case", "BIGINT"),
        "regexpquotemeta": ("ch__quote_meta", "VARCHAR"),
        "multisearchfirstindex": ("ch__first_of", "BIGINT"),
        "multisearchfirstposition": ("ch__first_place_of", "BIGINT"),
        exp.Levenshtein: ("ch__edit_distance", "BIGINT", "this", "expression"),
    }
)
R.renames({"startswithutf8": ("starts_with", "BOOLEAN"), "endswithutf8": ("ends_with", "BOOLEAN"),
           "translateutf8": ("translate", "VARCHAR")})  # fmt: skip
# https://clickhouse.com/docs/sql-reference/functions/url-functions
_URLS = {"domain": "domain", "domainwithoutwww": "domain_bare", "path": "path", "protocol": "protocol",
         "querystring": "query", "cutquerystring": "cut_query"}  # fmt: skip
R.macros({name: (f"ch__{macro}", "VARCHAR") for name, macro in _URLS.items()})
R.macros({"ngrams": ("ch__ngrams", "VARCHAR[]")}, of=(lambda value, ctx: not_null(value, ctx), build.as_it_is))
R.macros({"multisearchallpositions": ("ch__positions", "BIGINT[]")},
         of=(lambda value, ctx: not_null(value, ctx), build.as_it_is))  # fmt: skip


@R.function("isvalidutf8", "tovalidutf8")
def valid(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Texts are UTF-8 here; one that is written may hold bytes
    value = node.expressions[0]
    if build.text(value.unnest()) is not None:
        raise ctx.error(node, f"{node.name} has a counterpart for a column: texts are UTF-8 here.")
    return value if node.name.lower() == "tovalidutf8" else ctx.macro("ch__one", value, type="BIGINT")


def _ascii(value: exp.Expr, ctx: Context) -> exp.Expr:
    return ctx.macro("ch__ascii", value, type="VARCHAR")


@R.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/string-functions#length: bytes
    value = node.this
    if ctx.is_a(value, "array") or isinstance(value, (exp.Array, exp.Split, exp.RegexpSplit)):
        return ctx.call("len", value, type="BIGINT")
    if ctx.is_a(value, "map") or isinstance(value, exp.VarMap):
        return ctx.call("cardinality", value, type="BIGINT")
    if ctx.is_a(value, "text"):
        name = "strlen" if node.args.get("binary") else "length"
        return ctx.call(name, value, type="BIGINT")
    return ctx.macro("ch__length", value, type="BIGINT")


@R.function("empty", "notempty")
def emptiness(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.expressions[0]
    mapped = ctx.is_a(value, "map") or isinstance(value, exp.VarMap)
    made = ctx.call("cardinality", value) if mapped else ctx.macro("ch__length", value, type="BIGINT")
    kind = exp.EQ if node.name.lower() == "empty" else exp.GT
    return exp.Paren(this=kind(this=made, expression=build.lit(0)))


def _cut(value: exp.Expr, start: exp.Expr, size: exp.Expr | None, ctx: Context, unit: str) -> exp.Expr:
    name = f"ch__{unit}cut_{'at' if size is None else 'size'}"
    return ctx.macro(name, value, start, *([size] if size else []), type="VARCHAR")


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    start, size = node.args.get("start"), node.args.get("length")
    if isinstance(start, exp.Literal) and start.this == "0":
        raise ctx.error(node, "Position 0 is an error in ClickHouse: texts begin at 1.")
    return _cut(node.this, start or build.lit(1), size, ctx, "b")


@R.function("mid", "substringutf8")
def cuts(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, start, *size = node.expressions
    return _cut(value, start, size[0] if size else None, ctx, "" if node.name.lower().endswith("utf8") else "b")


def _padded(
    value: exp.Expr, size: exp.Expr, fill: exp.Expr | None, left: bool, ctx: Context, unit: str = "b"
) -> exp.Expr:
    return ctx.macro(
        f"ch__{unit}pad_{'left' if left else 'right'}", value, size, fill or build.lit(" "), type="VARCHAR"
    )


@R.rule(exp.Pad)
def padding(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = node.args.get("fill_pattern")
    return _padded(node.this, node.expression, fill, bool(node.args.get("is_left")), ctx)


@R.function("leftpad", "rightpad", "leftpadutf8", "rightpadutf8")
def pads(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, size, *fill = node.expressions
    name = node.name.lower()
    unit = "" if name.endswith("utf8") else "b"
    return _padded(value, size, fill[0] if fill else None, name.startswith("left"), ctx, unit)


@R.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _place(node.this, node.args["substr"], node.args.get("position"), ctx, "b")


def _place(value: exp.Expr, part: exp.Expr, start: exp.Expr | None, ctx: Context, unit: str) -> exp.Expr:
    if unit and start is None:
        return ctx.macro("ch__bposition", value, part, type="BIGINT")
    value = _ascii(value, ctx) if unit else value
    return ctx.macro("ch__position", value, part, start or build.lit(1), type="BIGINT")


@R.function("positioncaseinsensitive", "positionutf8", "positioncaseinsensitiveutf8", "locate")
def positions(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, part, *start = node.expressions
    name = node.name.lower()
    if "insensitive" in name:
        fold = "lower" if name.endswith("utf8") else "ch__lower"
        value, part = (ctx.call(fold, x) if fold == "lower" else ctx.macro(fold, x) for x in (value, part))
    return _place(value, part, start[0] if start else None, ctx, "" if name.endswith("utf8") else "b")


@R.rule(exp.Like, exp.ILike)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # A backslash escapes: https://clickhouse.com/docs/sql-reference/functions/string-search-functions#like
    if isinstance(node.parent, exp.Escape):
        return None
    made = exp.Escape(this=node.copy(), expression=build.lit("\\"))
    made.type = exp.DataType.build("BOOLEAN")
    return made


@R.rule(exp.Concat, exp.DPipe)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Of any types, as toString gives them; NULL if one is
    parts = node.expressions if isinstance(node, exp.Concat) else [node.this, node.expression]
    if all(ctx.is_a(part, "text") or isinstance(part, exp.Null) for part in parts):
        return None
    if isinstance(node, exp.DPipe):
        node.set("this", to_text(parts[0], node, ctx))
        node.set("expression", to_text(parts[1], node, ctx))
    else:
        node.set("expressions", [to_text(part, node, ctx) for part in parts])
    return None


@R.rule(exp.ConcatWs)
@R.function("concatwithseparator")
def with_separator(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # NULL if one is: https://clickhouse.com/docs/sql-reference/functions/string-functions#concatWithSeparator
    separator, *parts = node.expressions
    made = to_text(parts[0], node, ctx)
    for part in parts[1:]:
        joined = exp.DPipe(this=made, expression=separator.copy(), safe=True)
        made = exp.DPipe(this=joined, expression=to_text(part, node, ctx), safe=True)
    made = exp.Paren(this=made)
    made.type = exp.DataType.build("VARCHAR")
    return made


@R.rule(exp.Trim)
def trim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Spaces only
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "trim")
    return ctx.call(name, node.this, node.args.get("expression") or build.lit(" "), type="VARCHAR")


@R.function("trimleft", "trimright", "trimboth")
def trims(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = {"trimleft": "ltrim", "trimright": "rtrim"}.get(node.name.lower(), "trim")
    return ctx.call(name, node.expressions[0], *(node.expressions[1:] or [build.lit(" ")]), type="VARCHAR")


R.renames({exp.Repeat: ("repeat", "VARCHAR", "this", lambda node, ctx: build.cast(node.args["times"], "BIGINT"))})


@R.rule(exp.Reverse)
def reverse(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "array") or isinstance(node.this, exp.Array):
        return ctx.call("list_reverse", node.this)
    node.set("this", _ascii(node.this, ctx))
    return None


R.macros({"countsubstrings": ("ch__count_of", "BIGINT")}, arity=2)


def not_null(value: exp.Expr, ctx: Context) -> exp.Expr:
    """An array is never NULL: the words of a NULL in a column are those of an empty text."""
    return value if isinstance(value, exp.Null) else exp.Coalesce(this=value, expressions=[build.lit("")])


@R.rule(exp.Split)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("limit") is not None:
        made = ctx.call("string_split", not_null(node.this, ctx), node.expression)
        return ctx.call("list_slice", made, build.lit(1), node.args["limit"], type="VARCHAR[]")
    return ctx.macro("ch__split", not_null(node.this, ctx), node.expression, type="VARCHAR[]")


#: What a word is made of.
_WORDS = {
    "splitbywhitespace": "[^ \\t\\n\\r\\f\\v]+", "alphatokens": "[a-zA-Z]+",
    "splitbynonalpha": "[^ \\t\\n\\r\\f\\v!-/:-@\\[-`{-}]+", "tokens": "[^\\x00-/:-@\\[-`{-\\x7f]+",
}  # fmt: skip


@R.function(*_WORDS)
def words(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, f"{node.name} with a limit has no counterpart: use arraySlice.")
    pattern = _WORDS[node.name.lower()]
    return ctx.call("regexp_extract_all", not_null(node.expressions[0], ctx), build.lit(pattern), type="VARCHAR[]")


@R.rule(exp.Format)
def formatted(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if not all(ctx.is_a(part, "text") for part in node.expressions):
        raise ctx.error(node, "format takes texts: use toString.")
    return ctx.call("format", node.this, *node.expressions, type="VARCHAR")


@R.rule(exp.Chr)
def char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    codes = [ctx.call("chr", build.cast(code, "INTEGER")) for code in (node.expressions or [node.this])]
    return codes[0] if len(codes) == 1 else ctx.call("concat", *codes, type="VARCHAR")
