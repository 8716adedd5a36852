"""Text functions. https://spark.apache.org/docs/latest/api/sql/#string-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build, clauses, strings
from .casts import as_text, as_whole
from .types import family

R = DialectRules("databricks strings")

R.macros({"find_in_set": ("dbx__find_in_set", "BIGINT")})
R.rule(exp.Like, exp.ILike)(strings.like_escape)


def _text(node: exp.Expr, ctx: Context) -> exp.Expr:
    return as_text(node, ctx)


@R.prepare
def doubled_quotes(tree: exp.Expr, ctx: Context) -> None:
    """``'it''s'`` holds a quote in Spark 4, where sqlglot reads two texts side by side:
    https://spark.apache.org/docs/latest/sql-ref-literals.html#string-literal"""
    for node in list(find_all(tree, exp.Concat)):
        pieces = node.expressions
        if node.meta or type(node) is not exp.Concat or not all(build.text(p) is not None for p in pieces):
            continue
        end = pieces[0].meta.get("end")
        if end is None:
            continue
        out, sql = [pieces[0].this], ctx.sql
        for piece in pieces[1:]:
            quote, at = sql[end], end + 1
            if sql[at : at + 1] == quote:
                out.append(quote)
            while at < len(sql) and sql[at] not in "'\"":
                at += 1
            if at >= len(sql):
                return
            end = at + 1
            while end < len(sql) and sql[end] != sql[at]:
                end += 2 if sql[end] == "\\" else 1
            out.append(piece.this)
        made = build.lit("".join(out))
        made.type = exp.DataType.build("VARCHAR")
        node.replace(made)


@R.rule(
    exp.Length, exp.Upper, exp.Lower, exp.Initcap, exp.Reverse, exp.Trim, exp.Replace, exp.Translate, exp.StartsWith,
    exp.EndsWith, exp.Contains, exp.Repeat, exp.RegexpReplace, exp.RegexpExtract, exp.RegexpExtractAll, exp.RegexpLike,
    exp.RegexpCount, exp.RegexpInstr, exp.RegexpSplit, exp.Like, exp.ILike, exp.Levenshtein, exp.Overlay,
)  # fmt: skip
def text_arguments(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Numbers, dates and booleans given where text is expected are written as text."""
    for key in ("this", "expression"):
        value = node.args.get(key)
        name = family(value)
        if value is not None and name in ("int", "float", "decimal", "bool", "date", "timestamp"):
            node.set(key, as_text(value, ctx))
    return None


def _folding(node: exp.Expr, ctx: Context) -> str:
    return f"dbx__{node.key}{'_key' if clauses.window_key(node) else ''}"


R.macros({exp.Upper: (_folding, "VARCHAR", "this"), exp.Lower: (_folding, "VARCHAR", "this")})


@R.rule(exp.Levenshtein)
def levenshtein(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """DuckDB counts bytes."""
    if len([a for a in node.args.values() if isinstance(a, exp.Expr)]) > 2:
        ctx.refuse("unfaithful", node, "levenshtein with a threshold is not verified", "Leave the threshold out")
    return ctx.macro("dbx__levenshtein", node.this, node.expression, type="BIGINT")


@R.rule(exp.Replace)
def replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("replacement") is None:
        node.set("replacement", build.lit(""))
    return None


@R.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) == "binary":
        return ctx.call("octet_length", node.this, type="BIGINT")
    return ctx.call("length", node.this, type="BIGINT")


@R.function("octet_length")
def octet_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    name = "octet_length" if family(this) == "binary" else "strlen"
    return ctx.call(name, this if name == "octet_length" else _text(this, ctx), type="BIGINT")


def small(node: exp.Expr | None, least: int) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and least <= int(node.this) < 2**31


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Position 0 is the first character, a negative one counts from the end, a negative length gives ''."""
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    this, start, size = _text(node.this, ctx), node.args.get("start"), node.args.get("length")
    if small(start, 1) and (size is None or small(size, 0)):
        return ctx.call("substring", this, *(a for a in (start, size) if a is not None), type="VARCHAR")
    assert start is not None
    if size is None:
        return ctx.macro("dbx__substr2", this, start, type="VARCHAR")
    return ctx.macro("dbx__substr", this, start, size, type="VARCHAR")


@R.rule(exp.Left, exp.Right)
def left_right(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    name = "dbx__left" if isinstance(node, exp.Left) else "dbx__right"
    return ctx.macro(name, _text(node.this, ctx), node.expression, type="VARCHAR")


@R.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = node.args.get("fill_pattern") or build.lit(" ")
    name = "dbx__lpad" if node.args.get("is_left") else "dbx__rpad"
    return ctx.macro(name, _text(node.this, ctx), build.cast(node.expression, "INTEGER"), _text(fill, ctx),
                     type="VARCHAR")  # fmt: skip


@R.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, sub, start = _text(node.this, ctx), _text(node.args["substr"], ctx), node.args.get("position")
    if node.args.get("occurrence") is not None:
        ctx.refuse("unfaithful", node, "instr with an occurrence is not verified", "Use instr(text, part)")
    if start is None:
        return ctx.macro("dbx__instr", this, sub, type="BIGINT")
    return ctx.macro("dbx__locate", sub, this, start, type="BIGINT")


R.macros(
    {
        exp.SubstringIndex: ("dbx__substring_index", "VARCHAR", "this", "delimiter", "count"),
        exp.SplitPart: ("dbx__split_part", "VARCHAR", "this", "delimiter", "part_index"),
    },
    of=(_text, build.as_it_is),
)


R.renames({"btrim": ("trim", "VARCHAR", "expressions", build.lit(" "))}, of=_text, arity=1)
R.renames({"btrim": ("trim", "VARCHAR")}, of=(_text, build.as_it_is), arity=2)


@R.rule(exp.Chr)
def chr_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "chr takes one number.")
    return ctx.macro("dbx__chr", as_whole(node.expressions[0], ctx), type="VARCHAR")


def _texts(node: exp.Expr, ctx: Context) -> exp.Expr:
    return exp.Array(expressions=[_text(value, ctx) for value in node.expressions])


R.macros({exp.Elt: ("dbx__elt", None, "this", _texts)})
R.renames({exp.Space: ("repeat", "VARCHAR", build.lit(" "), "this")})


@R.rule(exp.Overlay)
def overlay(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A negative position counts from the end for the rest, and leaves nothing before."""
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    args = [_text(node.this, ctx), _text(node.expression, ctx), node.args["from_"]]
    return ctx.macro("dbx__overlay", *args, node.args.get("for_") or build.lit(-1), type="VARCHAR")


R.macros({exp.Soundex: ("dbx__soundex", "VARCHAR", "this")})


R.macros(
    {
        # Only a blank starts a word.
        exp.Initcap: ("dbx__initcap", "VARCHAR", "this"),
    }
)

# A text of DuckDB is always valid.
R.converts(dict.fromkeys(("make_valid_utf8", "validate_utf8", "try_validate_utf8"), build.as_it_is))
R.macros({"is_valid_utf8": ("dbx__is_text", "BOOLEAN"), "luhn_check": ("dbx__luhn_check", "BOOLEAN")})

R.macros({exp.Ascii: ("dbx__ascii", "INTEGER")}, of=_text)


# https://docs.databricks.com/en/sql/language-manual/functions/mask.html
@R.function("mask")
def mask(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, *given = node.expressions
    marks: list[exp.Expr] = [build.lit("X"), build.lit("x"), build.lit("n"), exp.Null()]
    for place, mark in enumerate(given):
        written = build.text(mark)
        if not isinstance(mark, exp.Null) and (written is None or len(written) != 1):
            raise ctx.error(node, "mask has a counterpart for constants of one character.")
        marks[place] = mark
    return ctx.macro("dbx__mask", value, *(build.cast(mark, "VARCHAR") for mark in marks), type="VARCHAR")
