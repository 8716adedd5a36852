"""Paths of SQL/JSON: https://www.postgresql.org/docs/15/functions-json.html#FUNCTIONS-SQLJSON-PATH

A path gives a sequence of items, here a list of JSON values; a condition is true, false or, where it is unknown, NULL.
"""

from __future__ import annotations

import json
import re
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared.build import cast, lit, text
from .json_edits import as_jsonb, made_jsonb
from .regex import convert

R = DialectRules("postgres json paths")

_FUNCTIONS = ("jsonb_path_exists", "jsonb_path_match", "jsonb_path_query_array", "jsonb_path_query_first")
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<variable>\$\w+)|(?P<word>[^\W\d]\w*)|(?P<sign>==|!=|<>|<=|>=|&&|\|\||\*\*|[-$@.\[\](){}?!<>*,+/%]))""",
    re.X,
)
# of an item that is less, equal, greater
_TESTS = {"==": (0, 1, 0), "!=": (1, 0, 1), "<>": (1, 0, 1), "<": (1, 0, 0), "<=": (1, 1, 0), ">": (0, 0, 1),
          ">=": (0, 1, 1)}  # fmt: skip


class _NoPathError(Exception):
    """What a path has that is not translated."""


@R.normalise
def operators(tree: exp.Expr, ctx: Context) -> None:
    """``j @? '$.a'`` and ``j @@ '$.a > 1'`` by their functions."""
    for node in list(find_all(tree, exp.JSONBPathExists, exp.MatchAgainst)):
        exists = isinstance(node, exp.JSONBPathExists)
        doc, path = (node.this, node.expression) if exists else (node.expressions[0], node.this)
        name = _FUNCTIONS[0] if exists else _FUNCTIONS[1]
        made = exp.Anonymous(this=name, expressions=[doc, path])
        made.meta["silent"] = True
        node.replace(made)
    for node in find_all(tree, exp.Anonymous):
        if node.name.lower() in (*_FUNCTIONS, "jsonb_path_query") and node.expressions:
            node.set("expressions", [as_jsonb(node.expressions[0]), *node.expressions[1:]])


@R.function(*_FUNCTIONS)
def path_function(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = node.name.lower()
    if len(node.expressions) < 2:
        raise ctx.error(node, f"{name}() takes a document and a path.")
    doc = node.expressions[0]
    if name.startswith("jsonb_path_query"):
        found = sequence(node, ctx)
        if name.endswith("_first"):
            return made_jsonb(ctx.call("list_extract", found, lit(1)))
        return made_jsonb(ctx.macro("pg__jsonb_array", found))
    path = _Path(node, ctx)
    if name == "jsonb_path_exists":
        some = exp.GT(this=ctx.call("len", path.items()), expression=lit(0))
        return path.of(doc, some, "BOOLEAN")
    kind, made = path.read()
    if kind == "items":
        made = ctx.macro("pg__path_boolean", made, exp.Boolean(this=path.silent))
    return path.of(doc, made, "BOOLEAN")


def sequence(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The items that the path of a call finds in its document, NULL for a document that is NULL."""
    path = _Path(node, ctx)
    return path.of(node.expressions[0], ctx.macro("pg__path_found", path.items()), "JSON[]")


class _Path:
    """A path that is written out, as expressions of DuckDB."""

    def __init__(self, node: exp.Expr, ctx: Context):
        self.node, self.ctx, self.depth, self.at = node, ctx, 0, 0
        _, path, *rest = node.expressions
        written = text(path.this if isinstance(path, exp.Cast) else path)
        if written is None or len(rest) > 2:
            raise ctx.error(node, "The path has to be a literal here, such as '$.items[0].price'.")
        names = text(rest[0].this if isinstance(rest[0], exp.Cast) else rest[0]) if rest else "{}"
        self.silent = bool(node.meta.get("silent")) or (len(rest) == 2 and rest[1] == exp.true())
        try:
            self.values: dict[str, Any] = json.loads(names or "")
        except ValueError:
            raise ctx.error(node, "The variables of a path have to be a literal, such as '{\"least\": 5}'.") from None
        try:
            self.tokens = _tokens(written)
        except _NoPathError as failed:
            raise self.error(failed) from None

    def error(self, failed: _NoPathError) -> Exception:
        return self.ctx.error(
            self.node,
            f"This path has {failed}, which is not translated. Names, places, *, last, filters with comparisons, "
            "&&, ||, !, exists, starts with and like_regex are.",
        )

    def read(self) -> tuple[str, exp.Expr]:
        """``test`` with a condition, or ``items`` with a list, of the document ``doc``."""
        try:
            self._mode()
            found = self._or(exp.Null())
            if self.at < len(self.tokens):
                raise _NoPathError(repr(self._peek()))
        except _NoPathError as failed:
            raise self.error(failed) from None
        return found

    def items(self) -> exp.Expr:
        """The items that are found; a condition gives the one item that it is."""
        kind, made = self.read()
        return exp.Array(expressions=[self.ctx.macro("pg__path_truth", made)]) if kind == "test" else made

    def of(self, doc: exp.Expr, made: exp.Expr, type_: str) -> exp.Expr:
        """What was read, of a document that is computed once; NULL of NULL."""
        null = exp.If(this=exp.Is(this=exp.column("doc"), expression=exp.Null()), true=exp.Null())
        each = exp.Lambda(this=exp.Case(ifs=[null], default=made), expressions=[exp.to_identifier("doc")])
        one = exp.Array(expressions=[cast(doc, "JSON")])
        return self.ctx.call("list_extract", self.ctx.call("list_transform", one, each), lit(1), type=type_)

    # The grammar: or, and, not, comparison, accessor.
    def _mode(self) -> None:
        if self._take("strict"):
            raise _NoPathError("strict mode")
        self._take("lax")

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        if self._peek() in wanted and self.tokens[self.at][0] in ("word", "sign"):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise _NoPathError(repr(self._peek() or "an end before its end"))

    def _or(self, item: exp.Expr) -> tuple[str, exp.Expr]:
        return self._chain(item, "||", exp.Or, self._and)

    def _and(self, item: exp.Expr) -> tuple[str, exp.Expr]:
        return self._chain(item, "&&", exp.And, self._comparison)

    def _chain(self, item: exp.Expr, sign: str, kind: type[exp.Expr], below: Any) -> tuple[str, exp.Expr]:
        found = below(item)
        while self._take(sign):
            sides = [found, below(item)]
            if any(each[0] != "test" for each in sides):
                raise _NoPathError(f"{sign} beside what is no condition")
            found = "test", exp.Paren(this=kind(this=sides[0][1], expression=sides[1][1]))
        return found

    def _comparison(self, item: exp.Expr) -> tuple[str, exp.Expr]:
        if self._take("!"):
            self._need("(")
            inner = self._test(item)
            return "test", exp.Paren(this=exp.Not(this=inner))
        if self._peek() == "exists" and self._take("exists"):
            self._need("(")
            _, made = self._accessor(item)
            self._need(")")
            return "test", exp.Paren(this=exp.GT(this=self.ctx.call("len", made), expression=lit(0)))
        kind, left = self._accessor(item)
        sign = self._take(*_TESTS)
        if sign and kind == "items":
            kind, right = self._accessor(item)
            if kind != "items":
                raise _NoPathError("a condition that is compared")
            return "test", self._compared(left, right, sign)
        if kind == "items" and self._take("starts"):
            self._need("with")
            return "test", self._text_test(left, "starts_with", [lit(str(self._text()))])
        if kind == "items" and self._take("like_regex"):
            return "test", self._like(left)
        if kind == "test" and self._take("is"):
            self._need("unknown")
            return "test", exp.Paren(this=exp.Is(this=left, expression=exp.Null()))
        return kind, left

    def _test(self, item: exp.Expr) -> exp.Expr:
        """A condition and the bracket behind it."""
        kind, made = self._or(item)
        self._need(")")
        if kind != "test":
            raise _NoPathError("a filter that is no condition")
        return made

    def _text(self) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "text":
            self.at += 1
            return str(json.loads(self.tokens[self.at - 1][1]))
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "variable":
            value = self._variable()
            if isinstance(value, str):
                return value
        raise _NoPathError(repr(self._peek()))

    def _variable(self) -> Any:
        name = self.tokens[self.at][1][1:]
        self.at += 1
        if name not in self.values:
            raise _NoPathError(f"a variable {name!r} without a value")
        return self.values[name]

    def _like(self, items: exp.Expr) -> exp.Expr:
        pattern, flags = self._text(), ""
        if self._take("flag"):
            flags = self._text()
        if set(flags) - {"i"} or "[^" in pattern or re.search(r"[^\x00-\x7f]|\\[WSD]", pattern):
            raise _NoPathError("a like_regex with these flags or sets")
        try:
            known = convert(pattern, extracts=False)
        except ValueError as failed:
            raise _NoPathError(f"a like_regex with {failed}") from None
        return self._text_test(items, "regexp_matches", [lit(known), lit(flags)])

    def _text_test(self, items: exp.Expr, function: str, args: list[exp.Expr]) -> exp.Expr:
        one = exp.column("t")
        value = self.ctx.call("json_extract_string", one.copy(), lit("$"))
        of_text = exp.EQ(this=self.ctx.call("json_type", one), expression=lit("VARCHAR"))
        made = exp.Case(ifs=[exp.If(this=of_text, true=self.ctx.call(function, value, *args))])
        each = exp.Lambda(this=made, expressions=[exp.to_identifier("t")])
        tests = self.ctx.call("list_transform", self.ctx.macro("pg__path_items", items), each)
        return self.ctx.macro("pg__path_some", tests, type="BOOLEAN")

    def _compared(self, left: exp.Expr, right: exp.Expr, sign: str) -> exp.Expr:
        flags = [exp.Boolean(this=bool(flag)) for flag in _TESTS[sign]]
        tests = self.ctx.macro("pg__path_tests", left, right, *flags)
        return self.ctx.macro("pg__path_some", tests, type="BOOLEAN")

    def _accessor(self, item: exp.Expr) -> tuple[str, exp.Expr]:
        """A literal, a variable or a path from the document or the item, or a condition in brackets."""
        kind, found = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "sign" and found == "(":
            self.at += 1
            inside = self._or(item)
            self._need(")")
            return inside
        if kind in ("text", "number") or (kind == "word" and found in ("true", "false", "null")):
            self.at += 1
            return "items", _constant(found)
        if kind == "sign" and found == "-" and self.tokens[self.at + 1 : self.at + 2]:
            self.at += 2
            if self.tokens[self.at - 1][0] == "number":
                return "items", _constant("-" + self.tokens[self.at - 1][1])
            raise _NoPathError("arithmetic")
        if kind == "variable":
            return "items", _constant(json.dumps(self._variable()))
        if found not in ("$", "@") or kind != "sign":
            raise _NoPathError(repr(found) if found else "an end before its end")
        self.at += 1
        if found == "@" and isinstance(item, exp.Null):
            raise _NoPathError("@ outside of a filter")
        made: exp.Expr = exp.Array(expressions=[exp.column("doc") if found == "$" else item.copy()])
        while True:
            step = self._take(".", "[", "?")
            if not step:
                break
            made = {".": self._member, "[": self._place, "?": self._filter}[step](made)
        if self._peek() in ("+", "-", "*", "/", "%"):
            raise _NoPathError("arithmetic")
        return "items", made

    def _member(self, items: exp.Expr) -> exp.Expr:
        if self._take("*"):
            return self.ctx.macro("pg__path_values", items)
        kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind not in ("text", "word"):
            raise _NoPathError(repr("." + name))
        self.at += 1
        if kind == "word" and self._take("("):
            self._need(")")
            if name not in ("size", "type"):
                raise _NoPathError(f"{name}()")
            return self.ctx.macro(f"pg__path_{name}", items)
        key = json.loads(name) if kind == "text" else name
        escaped = str(key).replace("\\", "\\\\").replace('"', '\\"')
        return self.ctx.macro("pg__path_member", items, lit(f'$."{escaped}"'))

    def _place(self, items: exp.Expr) -> exp.Expr:
        if self._take("*"):
            self._need("]")
            return self.ctx.macro("pg__path_items", items)
        first = self._number()
        last = self._number() if self._take("to") else first
        if self._peek() == ",":
            raise _NoPathError("several places in one bracket")
        self._need("]")
        return self.ctx.macro("pg__path_places", items, lit(first), lit(last))

    def _number(self) -> int:
        """A place from 0 on, or from the end below 0."""
        if self._take("last"):
            return -1 - (self._count() if self._take("-") else 0)
        return self._count()

    def _count(self) -> int:
        kind, found = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "number" or not found.isdigit():
            raise _NoPathError(repr(found))
        self.at += 1
        return int(found)

    def _filter(self, items: exp.Expr) -> exp.Expr:
        self._need("(")
        self.depth += 1
        name = f"item{self.depth}"
        test = self._test(exp.column(name))
        each = exp.Lambda(this=test, expressions=[exp.to_identifier(name)])
        return self.ctx.call("list_filter", self.ctx.macro("pg__path_items", items), each)


def _tokens(path: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while path[at:].strip():
        match = _TOKEN.match(path, at)
        if match is None or match.lastgroup is None:
            raise _NoPathError(repr(path[at:].strip()[:10]))
        if match.lastgroup == "text" and re.search(r"\\[^\"\\/bfnrtu]", match["text"]):
            raise _NoPathError("an escape that JSON has not")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _constant(written: str) -> exp.Expr:
    return exp.Array(expressions=[cast(lit(written), "JSON")])
