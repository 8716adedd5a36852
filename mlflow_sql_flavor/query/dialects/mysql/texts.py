"""Texts: https://dev.mysql.com/doc/refman/8.0/en/string-functions.html"""

from __future__ import annotations

from sqlglot import exp

from .. import common
from ..context import Context
from . import D
from .values import text, whole

D.known("ascii", "ord", "md5", "sha1", "lower", "degrees", "radians", "pi", "monthname", "dayname")
D.refuse_functions(
    "session", {"user", "database", "version", "connection_id", "schema"}, "It is the server's", "Leave it out"
)


@D.rule(exp.DPipe, exp.Concat, exp.ConcatWs)
def joined(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if isinstance(node, exp.DPipe):
        node.set("this", text(node.this, ctx))
        node.set("expression", text(node.expression, ctx))
    else:
        node.set("expressions", [text(part, ctx) for part in node.expressions])
    return None


@D.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # LENGTH counts bytes, CHAR_LENGTH characters
    value = text(node.this, ctx)
    if node.args.get("binary"):
        return ctx.call("strlen", value, type="BIGINT")
    node.set("this", value)
    return None


@D.function("octet_length")
def octets(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("strlen", text(node.expressions[0], ctx), type="BIGINT")


@D.function("bit_length")
def bit_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return exp.Mul(this=ctx.call("strlen", text(node.expressions[0], ctx)), expression=common.lit(8))


@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # Position 0 and a length below 1 give an empty text
    value, start, size = text(node.this, ctx), whole(node.args["start"], ctx), node.args.get("length")
    if size is None:
        return ctx.macro("my__from", value, start, type="VARCHAR")
    return ctx.macro("my__substr", value, start, whole(size, ctx), type="VARCHAR")


@D.rule(exp.Left, exp.Right)
def ends(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = "my__left" if isinstance(node, exp.Left) else "my__right"
    return ctx.macro(name, text(node.this, ctx), whole(node.expression, ctx), type="VARCHAR")


@D.rule(exp.Upper)
def upper(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("my__upper", text(node.this, ctx), type="VARCHAR")


@D.rule(
    exp.Lower,
    exp.Trim,
    exp.Replace,
    exp.Pad,
    exp.Repeat,
    exp.Reverse,
    exp.Ascii,
    exp.MD5,
    exp.SHA,
    exp.SHA2,
    exp.GroupConcat,
)
def of_text(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value = node.this
    if isinstance(value, exp.Expr) and not isinstance(value, (exp.Distinct, exp.Order)) and not ctx.unknown(value):
        node.set("this", text(value, ctx))
    return None


@D.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The search follows the collation: case and accents do not count
    args = [ctx.macro("my__fold", text(node.args[key], ctx), type="VARCHAR") for key in ("this", "substr")]
    start = node.args.get("position")
    if start is None:
        return ctx.call("strpos", *args, type="BIGINT")
    return ctx.macro("my__locate", *args, whole(start, ctx), type="BIGINT")


@D.rule(exp.Like)
def like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://dev.mysql.com/doc/refman/8.0/en/string-comparison-functions.html#operator_like
    node.set("this", ctx.macro("my__fold", text(node.this, ctx), type="VARCHAR"))
    pattern = text(node.expression, ctx)
    node.set("expression", ctx.macro("my__fold", pattern, type="VARCHAR"))
    if isinstance(node.parent, exp.Escape):
        return None
    made = exp.Escape(this=node.copy(), expression=common.lit("\\"))
    made.type = exp.DataType.build("BOOLEAN")
    return made


@D.rule(exp.RegexpLike)
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call(
        "regexp_matches", text(node.this, ctx), _pattern(node.expression, ctx), common.lit("i"), type="BOOLEAN"
    )


@D.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("position") or node.args.get("occurrence"):
        raise ctx.error(node, "REGEXP_SUBSTR with a position has no counterpart: cut the text with SUBSTR first.")
    args = [text(node.this, ctx), _pattern(node.expression, ctx), common.lit(0), common.lit("i")]
    return ctx.call("regexp_extract", *args, type="VARCHAR")


@D.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    replacement = node.args.get("replacement") or common.lit("")
    written = common.text(replacement)
    if written is None:
        raise ctx.error(node, "The replacement is not a constant: write it as a text.")
    args = [text(node.this, ctx), _pattern(node.expression, ctx), common.lit(written), common.lit("gi")]
    return ctx.call("regexp_replace", *args, type="VARCHAR")


def _pattern(node: exp.Expr, ctx: Context) -> exp.Expr:
    written = common.text(node.unnest())
    if (
        written is not None
        and any(mark in written for mark in ("(?=", "(?!", "(?<", "\\b", "[[:<:]]", "[[:>:]]"))
        and ("(?" in written or "[[:" in written)
    ):
        raise ctx.error(node, "Look-around and word-boundary brackets are not in DuckDB's regular expressions.")
    return node


@D.rule(exp.SubstringIndex)
def substring_index(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    args = [text(node.this, ctx), text(node.args["delimiter"], ctx), whole(node.args["count"], ctx)]
    return ctx.macro("my__substring_index", *args, type="VARCHAR")


@D.rule(exp.Hex)
def hexadecimal(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if ctx.is_a(node.this, "int"):
        return ctx.call("hex", ctx.macro("my__unsigned", node.this), type="VARCHAR")
    return None


@D.function("bin")
def binary(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("bin", ctx.macro("my__unsigned", whole(node.expressions[0], ctx)), type="VARCHAR")


@D.function("strcmp")
def strcmp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("my__strcmp", *(text(arg, ctx) for arg in node.expressions), type="BIGINT")


@D.function("find_in_set")
def find_in_set(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("my__find_in_set", *(text(arg, ctx) for arg in node.expressions), type="BIGINT")


@D.rule(exp.Collate)
def collate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = node.expression.name.lower()
    if name.endswith("_bin"):
        ctx.refuse("collation", node, "A binary collation compares bytes", "Leave it out")
    return node.this if name.endswith("_ci") else None


@D.rule(exp.Soundex)
def soundex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    ctx.refuse("soundex", node, "Phonetic codes belong to one engine", "Compute them beforehand")
    return None
