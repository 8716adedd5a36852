"""Text functions. https://spark.apache.org/docs/latest/api/sql/#string-functions"""

from __future__ import annotations

import re

from sqlglot import exp

from .. import common
from ..context import Context
from . import D
from .casts import as_text
from .coercion import family, window_key

D.rule(exp.Like, exp.ILike)(common.like_escape)


def _text(node: exp.Expr, ctx: Context) -> exp.Expr:
    return as_text(node, ctx)


@D.prepare
def doubled_quotes(tree: exp.Expr, ctx: Context) -> None:
    """``'it''s'`` holds a quote in Spark 4, where sqlglot reads two texts side by side:
    https://spark.apache.org/docs/latest/sql-ref-literals.html#string-literal"""
    for node in list(tree.find_all(exp.Concat)):
        pieces = node.expressions
        if node.meta or type(node) is not exp.Concat or not all(common.text(p) is not None for p in pieces):
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
        made = common.lit("".join(out))
        made.type = exp.DataType.build("VARCHAR")
        node.replace(made)


@D.rule(
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


@D.rule(exp.Upper)
def upper(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("dbx__upper_key" if window_key(node) else "dbx__upper", node.this, type="VARCHAR")


@D.rule(exp.Lower)
def lower(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("dbx__lower_key" if window_key(node) else "dbx__lower", node.this, type="VARCHAR")


@D.rule(exp.Levenshtein)
def levenshtein(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """DuckDB counts bytes."""
    if len([a for a in node.args.values() if isinstance(a, exp.Expr)]) > 2:
        ctx.refuse("unfaithful", node, "levenshtein with a threshold is not verified", "Leave the threshold out")
    return ctx.macro("dbx__levenshtein", node.this, node.expression, type="BIGINT")


@D.rule(exp.Initcap)
def initcap(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Only a blank starts a word."""
    return ctx.macro("dbx__initcap", node.this, type="VARCHAR")


@D.rule(exp.Replace)
def replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("replacement") is None:
        node.set("replacement", common.lit(""))
    return None


@D.rule(exp.Length)
def length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) == "binary":
        return ctx.call("octet_length", node.this, type="BIGINT")
    return ctx.call("length", node.this, type="BIGINT")


@D.function("octet_length")
def octet_length(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    name = "octet_length" if family(this) == "binary" else "strlen"
    return ctx.call(name, this if name == "octet_length" else _text(this, ctx), type="BIGINT")


def _small(node: exp.Expr | None, least: int) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and least <= int(node.this) < 2**31


@D.rule(exp.Substring)
def substring(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Position 0 is the first character, a negative one counts from the end, a negative length gives ''."""
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    this, start, size = _text(node.this, ctx), node.args.get("start"), node.args.get("length")
    if _small(start, 1) and (size is None or _small(size, 0)):
        return ctx.call("substring", this, *(a for a in (start, size) if a is not None), type="VARCHAR")
    assert start is not None
    if size is None:
        return ctx.macro("dbx__substr2", this, start, type="VARCHAR")
    return ctx.macro("dbx__substr", this, start, size, type="VARCHAR")


@D.rule(exp.Left, exp.Right)
def left_right(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    name = "dbx__left" if isinstance(node, exp.Left) else "dbx__right"
    return ctx.macro(name, _text(node.this, ctx), node.expression, type="VARCHAR")


@D.rule(exp.Pad)
def pad(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    fill = node.args.get("fill_pattern") or common.lit(" ")
    name = "dbx__lpad" if node.args.get("is_left") else "dbx__rpad"
    return ctx.macro(name, _text(node.this, ctx), common.cast(node.expression, "INTEGER"), _text(fill, ctx),
                     type="VARCHAR")  # fmt: skip


@D.rule(exp.StrPosition)
def position(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, sub, start = _text(node.this, ctx), _text(node.args["substr"], ctx), node.args.get("position")
    if node.args.get("occurrence") is not None:
        ctx.refuse("unfaithful", node, "instr with an occurrence is not verified", "Use instr(text, part)")
    if start is None:
        return ctx.macro("dbx__instr", this, sub, type="BIGINT")
    return ctx.macro("dbx__locate", sub, this, start, type="BIGINT")


@D.rule(exp.SubstringIndex)
def substring_index(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro(
        "dbx__substring_index", _text(node.this, ctx), node.args["delimiter"], node.args["count"], type="VARCHAR"
    )


@D.rule(exp.SplitPart)
def split_part(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro(
        "dbx__split_part", _text(node.this, ctx), node.args["delimiter"], node.args["part_index"], type="VARCHAR"
    )


@D.function("find_in_set")
def find_in_set(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("dbx__find_in_set", *node.expressions, type="BIGINT")


@D.function("btrim")
def btrim(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("trim", _text(node.expressions[0], ctx), *(node.expressions[1:] or [common.lit(" ")]),
                    type="VARCHAR")  # fmt: skip


@D.rule(exp.Chr)
def chr_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "chr takes one number.")
    return ctx.macro("dbx__chr", node.expressions[0], type="VARCHAR")


@D.rule(exp.Ascii)
def ascii_(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("dbx__ascii", _text(node.this, ctx), type="INTEGER")


@D.rule(exp.Elt)
def elt(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.macro("dbx__elt", node.this, exp.Array(expressions=[_text(e, ctx) for e in node.expressions]))


@D.rule(exp.Space)
def space(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("repeat", common.lit(" "), node.this, type="VARCHAR")


# Regular expressions: Java's and RE2 agree but for what is refused here (or raises at the first row).
_INTERSECTION = re.compile(r"&&|\[\^?[^\]]*(?<!\\)\[(?!:)")


def _pattern(node: exp.Expr, pattern: exp.Expr | None, ctx: Context) -> None:
    found = common.text(pattern)
    if found is not None and _INTERSECTION.search(found):
        ctx.refuse(
            "unfaithful", node, "Sets within sets of a Java regular expression mean something else in RE2",
            "Write one set of characters",
        )  # fmt: skip
    if found is not None and re.search(
        r"\\[hHRGXZ]|\(\?<[=!]|\(\?[=!>]|[*+?}]\+|\\[1-9]|\\k<|\\p\{(?:Is|In|java)", found
    ):
        raise ctx.error(node, "This regular expression uses what RE2 does not have (looking around, backreferences, "
                              "possessive quantifiers). Write it without.")  # fmt: skip


@D.rule(exp.RegexpLike, exp.RegexpSplit, exp.RegexpCount, exp.RegexpInstr, exp.RegexpExtract, exp.RegexpExtractAll,
        exp.RegexpReplace, exp.RegexpSubstr)  # fmt: skip
def pattern(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, node.expression, ctx)
    return None


@D.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``$1`` is a group, a backslash makes the next character plain."""
    position_ = node.args.get("position")
    if position_ is not None and position_.name != "1":
        ctx.refuse("unfaithful", node, "regexp_replace from a position is not verified", "Leave the position out")
    replacement = node.args.get("replacement") or common.lit("")
    found = common.text(replacement)
    if found is None:
        ctx.refuse(
            "unfaithful", node, "A replacement that is no constant may hold $1", "Write the replacement as a constant"
        )
        return None
    out, i = [], 0
    while i < len(found):
        char = found[i]
        if char == "\\" and i + 1 < len(found):
            out.append("\\\\" if found[i + 1] == "\\" else found[i + 1])
            i += 2
        elif char == "$" and i + 1 < len(found) and found[i + 1].isdigit():
            if i + 2 < len(found) and found[i + 2].isdigit():
                raise ctx.error(node, "Groups beyond $9 and digits behind a group are not supported.")
            out.append("\\" + found[i + 1])
            i += 2
        elif char in "$\\":
            raise ctx.error(node, "A replacement may hold $1 to $9; write \\$ for the sign itself.")
        else:
            out.append(char)
            i += 1
    return ctx.call(
        "regexp_replace", node.this, node.expression, common.lit("".join(out)), common.lit("g"), type="VARCHAR"
    )


@D.rule(exp.RegexpExtract)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = node.args.get("group") or common.lit(1)
    found = common.text(node.expression)
    if found is None:
        ctx.refuse("unfaithful", node, "The regular expression is not a constant", "Write it as a constant")
    else:
        groups = len(re.findall(r"(?<!\\)\((?!\?(?![P<]))", re.sub(r"\[[^\]]*\]", "", found)))
        if isinstance(group, exp.Literal) and group.is_int and int(group.this) > groups:
            raise ctx.error(node, f"The regular expression has {groups} groups, and group {group.this} is asked for.")
    return ctx.call("regexp_extract", node.this, node.expression, group, type="VARCHAR")


@D.rule(exp.RegexpSubstr)
def regexp_substr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """What matches, NULL where that is nothing."""
    if common.text(node.expression) is None:
        ctx.refuse("unfaithful", node, "The regular expression is not a constant", "Write it as a constant")
    made = ctx.call("regexp_extract", node.this, node.expression, common.lit(0), type="VARCHAR")
    return ctx.call("nullif", made, common.lit(""), type="VARCHAR")


@D.rule(exp.RegexpLike)
def regexp_like(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return ctx.call("regexp_matches", node.this, node.expression, type="BOOLEAN")


@D.function("regexp")
def regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    _pattern(node, node.expressions[1], ctx)
    return ctx.call("regexp_matches", *node.expressions, type="BOOLEAN")


_PLAIN = r"[\w ,;:/@#%&=<>!\"'~`-]"


def _matches_nothing(pattern: str) -> bool:
    try:
        return re.fullmatch(pattern, "") is not None
    except re.error:
        return False


@D.rule(exp.RegexpSplit)
def split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    limit, found = node.args.get("limit"), common.text(node.expression)
    if limit is not None and not (isinstance(limit, exp.Neg) or limit.name in ("0", "-1")):
        if _small(limit, 1) and found is not None and re.fullmatch(_PLAIN, found):
            return ctx.macro("dbx__split_limit", node.this, node.expression, limit, type="VARCHAR[]")
        ctx.refuse("unfaithful", node, "split with this limit is not verified", "Split at one plain character")
    if found is not None and _matches_nothing(found):
        ctx.refuse("unfaithful", node, "A pattern that matches the empty text splits differently",
                   "Write \\\\| for a bar, or [|]")  # fmt: skip
    if found is not None and re.fullmatch(_PLAIN, found):
        return ctx.call("string_split", node.this, node.expression, type="VARCHAR[]")
    return ctx.call("string_split_regex", node.this, node.expression, type="VARCHAR[]")


@D.rule(exp.MD5, exp.SHA, exp.SHA2)
def digest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if family(node.this) not in ("text", "binary", "null", None):
        raise ctx.error(node, "databricks takes a digest of a text or a binary only. Cast the argument to STRING.")
    return None


@D.rule(exp.Overlay)
def overlay(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A negative position counts from the end for the rest, and leaves nothing before."""
    if family(node.this) == "binary":
        ctx.refuse("bytes", node, "Parts of a binary are not verified", "Cut the text instead")
    args = [_text(node.this, ctx), _text(node.expression, ctx), node.args["from_"]]
    return ctx.macro("dbx__overlay", *args, node.args.get("for_") or common.lit(-1), type="VARCHAR")


@D.rule(exp.SHA2)
def sha2(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    bits = node.args.get("length")
    if bits is not None and bits.name not in ("0", "256"):
        ctx.refuse("encoding", node, "DuckDB has SHA-2 with 256 bits only", "Use sha2(text, 256)")
    return ctx.call("sha256", node.this, type="VARCHAR")


@D.rule(exp.Decode, exp.Encode)
def charset(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = (common.text(node.args.get("charset")) or "").lower().replace("-", "")
    if name != "utf8":
        ctx.refuse("encoding", node, "DuckDB knows UTF-8 only", "Use 'UTF-8'")
    is_decode = isinstance(node, exp.Decode)
    if is_decode and family(node.this) == "text":
        return node.this
    return ctx.call("decode" if is_decode else "encode", node.this, type="VARCHAR" if is_decode else "BLOB")


@D.function("format_number")
def format_number(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Thousands by commas, n digits, half even: java.text.DecimalFormat."""
    x, digits = node.expressions
    if not (isinstance(digits, exp.Literal) and digits.is_int) or family(x) not in ("int", "decimal", "float"):
        ctx.refuse(
            "number_format", node, "format_number is verified for numbers and constant digits", "Round the number"
        )
        return None
    n = int(digits.this)
    if n > 14:
        ctx.refuse("number_format", node, "format_number is verified for up to 14 digits", "Ask for fewer digits")
    args = [digits, common.cast(common.lit(str(10.0 ** (15 - n))), "DOUBLE"), common.lit("{:,." + str(n) + "f}")]
    return ctx.macro("dbx__format_number", common.cast(x, "DOUBLE"), *args, type="VARCHAR")


@D.rule(exp.Format)
def format_string(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _printf(node, node.this, node.expressions, ctx)


@D.function("printf")
def printf(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _printf(node, node.expressions[0], node.expressions[1:], ctx)


_SPEC = re.compile(r"%(?:(%)|(0?\d*)(d)|(-?\d*)(s)|\.(\d+)(f))")


def _printf(node: exp.Expr, this: exp.Expr, args: list[exp.Expr], ctx: Context) -> exp.Expr:
    """Java's formats: those without flags, of arguments that fit. NULL is the text "null", cut by a precision."""
    found = common.text(this)
    rest = _SPEC.sub("", found) if found is not None else "%"
    specs = [m for m in _SPEC.finditer(found or "") if not m[1]]
    fits = len(specs) == len(args) and all(
        family(a) in ({"int"} if m[3] else {"text", "int"} if m[5] else {"float", "decimal"})
        and (not m[7] or int(m[6]) <= 18)
        for m, a in zip(specs, args, strict=False)
    )
    if "%" in rest or not fits:
        ctx.refuse("locale_format", node, "This format is not verified: Java's formats differ from C's",
                   "Use %s, %d or %.2f with text, integers and doubles, or CONCAT with ROUND")  # fmt: skip
        return ctx.call("printf", this, *args, type="VARCHAR")
    fmt = common.lit(_SPEC.sub(lambda m: m[0] if m[1] or m[5] else "%s", found or ""))
    made = [_printed(spec, arg, ctx) for spec, arg in zip(specs, args, strict=True)]
    return ctx.call("printf", fmt, *made, type="VARCHAR")


def _printed(spec: re.Match[str], arg: exp.Expr, ctx: Context) -> exp.Expr:
    if spec[7]:
        n = int(spec[6])
        return ctx.macro("dbx__printf_f", common.cast(arg, "DOUBLE"), common.lit(n), common.lit("null"[:n]))
    absent = "null"
    if spec[3]:
        absent = absent.rjust(int(spec[2] or 0))
        arg = ctx.call("printf", common.lit(spec[0]), arg)
    else:
        arg = as_text(arg, ctx)
    return exp.Coalesce(this=arg, expressions=[common.lit(absent)])


@D.rule(exp.Soundex)
def soundex(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    raise ctx.error(node, "DuckDB has no soundex. Compare with levenshtein, or keep the code as a column.")


D.refuse_functions("hash", {"hash", "xxhash64"}, "This hash belongs to Spark: DuckDB's gives other numbers",
                   "Use md5 or sha2, which are the same everywhere")  # fmt: skip
