"""Texts: each rule's page is t-sql/functions/<name>-transact-sql of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared import build

R = DialectRules("tsql strings")

R.renames({"nchar": ("chr", "VARCHAR")})
R.macros({exp.Stuff: ("ts__stuff", "VARCHAR"), exp.Repeat: ("ts__replicate", "VARCHAR")})


def _in_code_page(text: str) -> bool:
    """Whether the code page of the default collation of an installation has these characters."""
    try:
        return bool(text.encode("cp1252"))
    except UnicodeEncodeError:
        return False


@R.normalise
def national(tree: exp.Expr, ctx: Context) -> None:
    """N'...' is a text as any other; only its bytes are twice as many."""
    for text in find_all(tree, exp.Literal):
        if text.is_string and not text.this.isascii() and not _in_code_page(text.this):
            # data-types/char-and-varchar-transact-sql: converted to the code page of the database
            ctx.warn("encoding", text, "Without N before it SQL Server reads this text in the code page of the "
                     "database, where other characters become '?': write N'...'.")  # fmt: skip
    for node in list(find_all(tree, exp.National)):
        made = build.lit(node.name)
        made.meta.update(node.meta, national=True)
        node.replace(made)


# functions/space-transact-sql, functions/replicate-transact-sql: less than none is NULL
R.macros({exp.Space: ("ts__replicate", "VARCHAR", build.lit(" "), "this")})


# functions/quotename-transact-sql: what is no quotation mark gives NULL
_QUOTES = {"[": "[]", "]": "[]", "(": "()", ")": "()", "{": "{}", "}": "{}", "'": "''",
           '"': '""', "`": "``"}  # fmt: skip


@R.function("quotename")
def quotename(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this, *mark = node.expressions
    written = build.text(mark[0]) if mark else "["
    if written is None:
        ctx.refuse("unfaithful", node, "QUOTENAME is verified with a constant character", "Write it")
    if (written or " ")[0] in "<>":
        ctx.refuse("unfaithful", node, "QUOTENAME with < is answered either way by what was recorded", "Use +")
    pair = _QUOTES.get((written or "")[:1])
    if pair is None:
        return build.cast(exp.Null(), "VARCHAR")
    return ctx.macro("ts__quotename", this, build.lit(pair[0]), build.lit(pair[1]), type="VARCHAR")


@R.rule(exp.Translate)
def translate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """functions/translate-transact-sql: character by character, without case."""
    sides = [node.this, node.args["from_"], node.args["to"]]
    if not all(ctx.is_a(side, "text") or isinstance(side, exp.Null) for side in sides):
        ctx.refuse("implicit_cast", node, "TRANSLATE is verified for texts", "Cast to VARCHAR")
    old, new = build.text(sides[1]), build.text(sides[2])
    if old is not None and new is not None and len(old) != len(new):
        raise ctx.error(node, "TRANSLATE needs as many new characters as old ones.")
    if old is not None and not any(c.isalpha() for c in old):
        return ctx.call("translate", *sides, type="VARCHAR")
    return ctx.macro("ts__translate", *sides, type="VARCHAR")


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
    if old is not None and old and not any(c.isalpha() for c in old):
        return None
    return ctx.macro("ts__replace", node.this, node.expression, node.args["replacement"], type="VARCHAR")


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
    wide = [n for n in walk_tree(node.expressions[0]) if "national" in n.meta]
    if wide and wide[0] is node.expressions[0]:
        return build.lit(2 * len(wide[0].name))
    if wide or not ctx.is_a(node.expressions[0], "text"):
        ctx.refuse("bytes", node, "DATALENGTH is verified for texts", "Use LEN")
    return ctx.macro("ts__ascii_length", node.expressions[0], type="INTEGER")


# statements/collations: of what is only handed over or joined, a collation changes nothing
@R.rule(exp.Collate)
def collate(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    above = node.parent
    while isinstance(above, (exp.Paren, exp.Add, exp.DPipe, exp.Alias)):
        above = above.parent
    if not isinstance(above, exp.Select) or above.args.get("distinct") or isinstance(above.parent, exp.SetOperation):
        ctx.refuse("collation", node, "A collation is verified where nothing is compared", "Leave it out")
    return node.this
