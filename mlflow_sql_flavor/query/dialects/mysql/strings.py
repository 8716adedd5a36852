"""Texts: https://dev.mysql.com/doc/refman/8.0/en/string-functions.html"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, strings
from .coercions import by_bytes, json_text, number, text, whole
from .regex import is_binary

R = DialectRules("mysql strings")
R.rule(exp.DPipe, exp.Concat, exp.ConcatWs)(strings.joined(text))

R.renames({"octet_length": ("strlen", "BIGINT")}, of=text)
R.macros(
    {
        exp.Upper: ("my__upper", "VARCHAR"),
        exp.Ascii: ("my__ascii", "BIGINT"),
        "ord": ("my__ord", "BIGINT"),
        "strcmp": ("my__strcmp", "BIGINT"),
        "find_in_set": ("my__find_in_set", "BIGINT"),
    },
    of=text,
)


@R.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # LENGTH counts bytes, CHAR_LENGTH characters
    value = text(node.this, ctx)
    if node.args.get("binary"):
        return ctx.call("strlen", value, type="BIGINT")
    node.set("this", value)
    return None


@R.function("bit_length")
def bit_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return exp.Mul(this=ctx.call("strlen", text(node.expressions[0], ctx)), expression=build.lit(8))


@R.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Position 0 and a length below 1 give an empty text
    value, start, size = text(node.this, ctx), whole(node.args["start"], ctx), node.args.get("length")
    if size is None:
        return ctx.macro("my__from", value, start, type="VARCHAR")
    return ctx.macro("my__substr", value, start, whole(size, ctx), type="VARCHAR")


R.macros(
    {
        exp.Left: ("my__left", "VARCHAR", "this", "expression"),
        exp.Right: ("my__right", "VARCHAR", "this", "expression"),
        "mid": ("my__substr", "VARCHAR"),
    },
    of=(text, whole),
)
R.macros(
    {exp.SubstringIndex: ("my__substring_index", "VARCHAR", "this", "delimiter", "count")},
    of=(text, text, whole),
)
R.macros(
    {exp.Stuff: ("my__insert", "VARCHAR", "this", "start", "length", "expression")},
    of=(text, whole, whole, text),
)


@R.rule(
    exp.Lower,
    exp.Replace,
    exp.Repeat,
    exp.Reverse,
    exp.MD5,
    exp.SHA,
    exp.SHA2,
    exp.GroupConcat,
)
def of_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    holder: exp.Expr = node
    if isinstance(node, exp.GroupConcat) and isinstance(value, exp.Order):
        holder, value = value, value.this
    if isinstance(value, exp.Distinct):
        value.set("expressions", [each if ctx.unknown(each) else text(each, ctx) for each in value.expressions])
    elif isinstance(value, exp.Expr) and not ctx.unknown(value):
        holder.set("this", text(value, ctx))
    return None


@R.rule(exp.Trim)
def trim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-functions.html#function_trim: a text, not a set of characters
    value, cut = text(node.this, ctx), node.args.get("expression")
    node.set("this", value)
    if cut is None or len(build.text(cut.unnest()) or "") == 1:
        return None
    where = {"LEADING": "left", "TRAILING": "right"}.get(str(node.args.get("position") or "").upper(), "both")
    return ctx.macro(f"my__trim_{where}", value, text(cut, ctx), type="VARCHAR")


@R.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # NULL for a negative length
    node.set("this", text(node.this, ctx))
    size = node.expression
    if isinstance(size, exp.Literal):
        return None
    node.set("expression", build.cast(whole(size.copy(), ctx), "INTEGER"))
    made = exp.Case(ifs=[exp.If(this=exp.GTE(this=whole(size.copy(), ctx), expression=build.lit(0)), true=node.copy())])
    made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    return made


@R.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The search ignores case; an accent counts, for a letter with one has more bytes
    sides = [node.this, node.args["substr"]]
    exactly = any(is_binary(side) or json_text(side) for side in sides)
    sides = [side.unnest().this if is_binary(side) else text(side, ctx) for side in sides]
    value, wanted = sides if exactly else (ctx.call("lower", side, type="VARCHAR") for side in sides)
    start = node.args.get("position")
    if start is None:
        return ctx.call("strpos", value, by_bytes(wanted), type="BIGINT")
    return ctx.macro("my__locate", value, wanted, whole(start, ctx), type="BIGINT")


@R.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-comparison-functions.html#operator_like
    exactly = is_binary(node.this) or is_binary(node.expression) or json_text(node.this)
    for key in ("this", "expression"):
        value = node.args[key].unnest().this if is_binary(node.args[key]) else text(node.args[key], ctx)
        node.set(key, value if exactly else ctx.macro("my__fold", value, type="VARCHAR"))
    if exactly:
        node.set("this", by_bytes(node.this))
    if isinstance(node.parent, exp.Escape):
        return None
    made = exp.Escape(this=node.copy(), expression=build.lit("\\"))
    made.type = exp.DataType.build("BOOLEAN")
    return made


@R.rule(exp.Collate)
def collate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = node.expression.name.lower()
    if name.endswith("_ci"):
        return node.this
    if not name.endswith("_bin"):
        ctx.refuse("collation", node, "This collation cannot be reproduced", "Leave it out")
    return by_bytes(text(node.this, ctx))


@R.rule(exp.Chr)
def char(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-functions.html#function_char: bytes, unless USING names a set
    codes = [part.this for part in node.expressions if isinstance(part, exp.Literal) and not part.is_string]
    if len(codes) != len(node.expressions) or not all(0 < int(code) < 128 for code in codes):
        raise ctx.error(node, "CHAR of another value than constants from 1 to 127: write the text itself.")
    made: exp.Expr = build.lit("".join(chr(int(code)) for code in codes))
    made.type = exp.DataType.build("VARCHAR", dialect="duckdb")
    if node.args.get("charset"):
        return made
    if isinstance(node.parent, (exp.Alias, exp.Select)):
        return ctx.call("encode", made, type="BLOB")
    raise ctx.error(node, "CHAR makes bytes of the texts it is joined with: write CHAR(... USING utf8mb4).")


def _texts(node: exp.Expr, ctx: Context) -> exp.Expr:
    return exp.Array(expressions=[text(value, ctx) for value in node.expressions])


R.macros({exp.Elt: ("my__elt", "VARCHAR", "this", _texts)}, of=whole)


@R.function("field")
def field(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-functions.html#function_field: texts, or else numbers
    if all(ctx.is_a(value, "text") for value in node.expressions) or all(
        ctx.is_a(value, "int") for value in node.expressions
    ):
        wanted, *others = node.expressions
    else:
        wanted, *others = (build.cast(number(value, ctx), "DOUBLE") for value in node.expressions)
    ifs = [
        exp.If(this=exp.EQ(this=wanted.copy(), expression=other), true=build.lit(i + 1))
        for i, other in enumerate(others)
    ]
    made = exp.Case(ifs=ifs, default=build.lit(0))
    made.type = exp.DataType.build("BIGINT")
    return made


R.lacks({"quote"}, "QUOTE has no counterpart: leave it out, a result needs no quotes.")
