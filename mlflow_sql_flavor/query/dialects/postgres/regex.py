"""Postgres' regular expressions as RE2's: https://www.postgresql.org/docs/15/functions-matching.html#POSIX-SYNTAX-DETAILS.

Postgres' classes know Unicode, RE2's only ASCII; a dot matches a newline; alternatives match the longest, in RE2 the
first; one greedy quantifier makes a whole expression greedy. What has no counterpart raises :class:`NoCounterpart`.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.build import cast, lit, text, variable
from ..shared.lookarounds import split
from .numbers import whole

R = DialectRules("postgres regex")


@R.rule(exp.SimilarTo)
def similar_to(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    sign = text(node.parent.expression) if isinstance(node.parent, exp.Escape) else "\\"
    pattern = text(node.expression)
    if pattern is None or sign is None:
        raise ctx.error(node, "SIMILAR TO needs a literal pattern here. Use LIKE or a literal.")
    try:
        made = similar(pattern, sign)
    except NoCounterpart as e:
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
        return lit(convert(value, extracts=extracts))
    except NoCounterpart as e:
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
    around = split(text(node.expression) or "")
    if around is not None:
        parts = [(f"{around.before}(?:{around.core}){around.after}", True), *around.tests]
        tests: list[exp.Expr] = []
        for part, wanted in parts:
            made = _pattern(node, lit(part), ctx, extracts=False)
            test = ctx.call("regexp_matches", node.this.copy(), made, lit(options), type="BOOLEAN")
            tests.append(test if wanted else exp.Not(this=test))
        return exp.Paren(this=exp.and_(*tests, copy=False))
    pattern = _pattern(node, node.expression, ctx, extracts=False)
    return ctx.call("regexp_matches", node.this, pattern, lit(options), type="BOOLEAN")


def _one_match(node: exp.Expr, pattern: exp.Expr | None, ctx: Context) -> tuple[exp.Expr, str, int]:
    """A pattern whose first match is wanted: in DuckDB, as it is written, and how many groups are before its own.

    What a constraint at one of its ends looks at is read too, which the next match could not begin in.
    """
    written = text(pattern) or ""
    around = split(written)
    if around is None or around.tests:
        return _pattern(node, pattern, ctx, extracts=True), written, 0
    before, core, after = (
        text(_pattern(node, lit(part), ctx, extracts=part is around.core)) or ""
        for part in (around.before, around.core, around.after)
    )
    return lit(f"{before}({core}){after}"), f"({around.core})", 1


def extracted(node: exp.Expr, value: exp.Expr, pattern: exp.Expr | None, options: str, ctx: Context) -> exp.Expr:
    made, written, skipped = _one_match(node, pattern, ctx)
    group = min(1 + skipped, groups(written))
    _no_optional(node, lit(written), group, ctx)
    return ctx.macro("pg__regexp", value, made, lit(group), lit(options or "s"), type="VARCHAR")


def _no_optional(node: exp.Expr, pattern: exp.Expr | None, group: int, ctx: Context) -> None:
    if group and optional_group(text(pattern) or ""):
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
    # functions-matching.html#FUNCTIONS-POSIX-REGEXP: from a place on, where what comes before it matters to no part
    start, flags, pattern = node.args.get("position"), node.args.get("parameters"), text(node.expression)
    first = 1 if start is None else whole(start)
    if not pattern or first is None or first < 1 or (first > 1 and re.search(r"[\\^]|\(\?", pattern)):
        raise ctx.error(node, "regexp_count() has a counterpart of a literal pattern, without ^ and \\ behind a start.")
    made = _pattern(node, node.expression, ctx, extracts=True)
    value = node.this if first == 1 else ctx.call("substring", node.this, lit(first), type="VARCHAR")
    options = _options(node, flags, ctx) if flags is not None else "s"
    found = ctx.call("regexp_extract_all", value, made, lit(0), lit(options))
    return ctx.call("len", found, type="INTEGER")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # functions-matching.html#FUNCTIONS-POSIX-REGEXP: the place of a match, or behind it
    pattern, group = text(node.expression), node.args.get("group")
    first, number, behind = (whole(node.args.get(key)) if node.args.get(key) is not None else default
                             for key, default in (("position", 1), ("occurrence", 1), ("option", 0)))  # fmt: skip
    if not pattern or (group is not None and whole(group) != 0) or first is None or first < 1:
        raise ctx.error(node, "regexp_instr() has a counterpart of a literal pattern and the whole match.")
    if number is None or number < 1 or behind not in (0, 1) or (first > 1 and re.search(r"[\\^]|\(\?", pattern)):
        raise ctx.error(node, "regexp_instr() has a counterpart of constants, without ^ and \\ behind a start.")
    made = text(_pattern(node, node.expression, ctx, extracts=True)) or ""
    flags = node.args.get("parameters")
    options = _options(node, flags, ctx) if flags is not None else "s"
    value = node.this if first == 1 else ctx.call("substring", node.this, lit(first), type="VARCHAR")
    found = ctx.macro("pg__regexp_place", value, lit(f"(?{options}){made}"), lit(number), lit(behind), lit(first - 1))
    return cast(found, "INTEGER")


@R.rule(exp.RegexpReplace)
def regexp_replace(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    flags, start, number = (node.args.get(key) for key in ("modifiers", "position", "occurrence"))
    every = flags is not None and "g" in (text(flags) or "") and number is None
    if start is not None or number is not None:
        if whole(start) != 1 or (number is not None and whole(number) not in (0, 1)):
            raise ctx.error(node, "regexp_replace() has a counterpart from 1 on, of the first match or of all (0).")
        every = every or whole(number) == 0
    options = _options(node, flags, ctx) + ("g" if every else "")
    replacement = text(node.args.get("replacement"))
    if replacement is None:
        raise ctx.error(node, "regexp_replace() needs a literal replacement here.")
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
    made, written, skipped = _one_match(node, pattern, ctx)
    count = groups(written)
    _no_optional(node, lit(written), count, ctx)
    found = [
        ctx.call("regexp_extract", value.copy(), made.copy(), lit(i), lit(options))
        for i in (range(1 + skipped, count + 1) if count > skipped else [skipped])
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
    every = bool(rest) and "g" in (text(rest[0]) or "")
    if every:
        made, written, skipped = _pattern(node, pattern, ctx, extracts=True), text(pattern) or "", 0
    else:
        made, written, skipped = _one_match(node, pattern, ctx)
    count = groups(written)
    if count and optional_group(written):
        raise ctx.error(node, "regexp_matches() has no counterpart for a group that may take no part. Use (?:...).")
    if count > 1 + skipped:
        return exp.Explode(this=_groups_of(value, made, range(1 + skipped, count + 1), options, every, ctx))
    name = "pg__matches" if every else "pg__first_match"
    return exp.Explode(this=ctx.macro(name, value, made, lit(count), lit(options)))


def _groups_of(value: exp.Expr, pattern: exp.Expr, numbers: range, options: str, every: bool, ctx: Context) -> exp.Expr:
    """The groups of the first match, or of each, as an array a match."""
    args = [value, pattern]
    if not every:
        found = [ctx.call("regexp_extract", *(a.copy() for a in args), lit(i), lit(options)) for i in numbers]
        matches = ctx.call("regexp_matches", *(a.copy() for a in args), lit(options))
        some = exp.If(this=matches, true=exp.Array(expressions=[exp.Array(expressions=found)]))
        return exp.Case(ifs=[some], default=exp.Array(expressions=[]))
    lists = [ctx.call("regexp_extract_all", *(a.copy() for a in args), lit(i), lit(options)) for i in numbers]
    place = variable("place", value, pattern)
    items = [ctx.call("list_extract", each, exp.column(place)) for each in lists]
    row = exp.Lambda(this=exp.Array(expressions=items), expressions=[exp.to_identifier(place)])
    places = ctx.call("generate_series", lit(1), ctx.call("len", lists[0].copy()))
    return ctx.call("list_transform", places, row)


@R.function("regexp_split_to_array")
def regexp_split(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, pattern, *rest = node.expressions
    options = _options(node, rest[0] if rest else None, ctx)
    made = text(_pattern(node, pattern, ctx, extracts=True)) or ""
    flags = "(?s" + ("i" if "i" in options else "") + ")"
    return ctx.call("string_split_regex", value, lit(flags + made), type="VARCHAR[]")


_SPACE = r"\t\n\v\f\r \x{1680}\x{2000}-\x{2006}\x{2008}-\x{200a}\x{2028}\x{2029}\x{205f}\x{3000}"
_CLASSES = {
    "alpha": r"\p{L}", "digit": "0-9", "alnum": r"\p{L}\p{N}", "upper": r"\p{Lu}", "lower": r"\p{Ll}",
    "space": _SPACE, "punct": r"\p{P}\p{S}", "xdigit": "0-9A-Fa-f", "blank": r" \t",
    "ascii": r"\x00-\x7F",
}  # fmt: skip
_SHORT = {"d": "0-9", "w": r"\p{L}\p{N}_", "s": _SPACE}
_SAME = "tnrfv"


class NoCounterpart(ValueError):
    """A part of a pattern that RE2 does not have; the message names it."""


def convert(pattern: str, *, extracts: bool) -> str:
    """A pattern for RE2 with the option ``s``; ``extracts``: the matched text matters, not only whether it matches."""
    if pattern.startswith("***"):
        raise NoCounterpart("the prefix ***")
    out: list[str] = []
    i, lazy, greedy = 0, False, False
    if pattern.startswith("(?i)"):  # an option that both know at the beginning
        out, pattern = ["(?i)"], pattern[4:]
    while i < len(pattern):
        char = pattern[i]
        if char == "\\":
            out.append(_escape(pattern, i, inside=False))
            i += 2
        elif char == "[":
            piece, i = _bracket(pattern, i)
            out.append(piece)
        elif pattern.startswith("(?", i) and not pattern.startswith("(?:", i):
            raise NoCounterpart(f"{pattern[i : i + 4]!r}")
        elif char in "*+?" or (char == "{" and re.match(r"\{\d+(,\d*)?\}", pattern[i:])):
            found = re.match(r"\{\d+(,\d*)?\}|[*+?]", pattern[i:])
            assert found is not None
            end = i + found.end()
            if pattern[end : end + 1] == "?":
                lazy, end = True, end + 1
            elif not re.fullmatch(r"\{(\d+)(,\1)?\}", found[0]):
                greedy = True
            if pattern[end : end + 1] in ("*", "+"):
                raise NoCounterpart("a quantifier behind a quantifier")
            out.append(pattern[i:end])
            i = end
        else:
            out.append(char)
            i += 1
    if extracts and lazy and greedy:
        raise NoCounterpart("greedy and non-greedy quantifiers together")
    if extracts and "|" in re.sub(r"\\.|\[[^\]]*\]", "", pattern):
        _check_alternatives(pattern)
    return "".join(out)


def _escape(pattern: str, i: int, *, inside: bool) -> str:
    code = pattern[i + 1 : i + 2]
    if code.lower() in _SHORT and code:
        body = _SHORT[code.lower()]
        if code.isupper():
            if inside:
                raise NoCounterpart(f"\\{code} in brackets")
            return f"[^{body}]"
        return body if inside else f"[{body}]"
    if not code or code == "0" or code.isdigit():
        raise NoCounterpart(f"the back reference \\{code}")
    if not code.isalnum():
        return "\\" + code
    if code in _SAME:
        return "\\" + code
    if inside:
        raise NoCounterpart(f"\\{code} in brackets")
    if code == "A":
        return r"\A"
    if code == "Z":
        return r"\z"
    # RE2's \b knows ASCII words only: right where the neighbour in the pattern is an ASCII word character.
    if (code in "ym" and re.match(r"[A-Za-z0-9_]", pattern[i + 2 : i + 3])) or (
        code in "yM" and re.search(r"(?<!\\)[A-Za-z0-9_]$", pattern[:i])
    ):
        return r"\b"
    raise NoCounterpart(f"\\{code}")


def _bracket(pattern: str, i: int) -> tuple[str, int]:
    out = ["["]
    i += 1
    if pattern[i : i + 1] == "^":
        out.append("^")
        i += 1
    first = True
    while i < len(pattern) and (first or pattern[i] != "]"):
        first = False
        if pattern.startswith(("[.", "[="), i):
            raise NoCounterpart("collating elements")
        if pattern.startswith("[:", i):
            end = pattern.find(":]", i)
            name = pattern[i + 2 : end]
            if name not in _CLASSES:
                raise NoCounterpart(f"[:{name}:]")
            out.append(_CLASSES[name])
            i = end + 2
        elif pattern[i] == "\\":
            out.append(_escape(pattern, i, inside=True))
            i += 2
        else:
            out.append("\\" + pattern[i] if pattern[i] in "[]" else pattern[i])
            i += 1
    return "".join(out) + "]", i + 1


def _check_alternatives(pattern: str) -> None:
    # The first and the longest alternative are the same when none is the beginning of another.
    for group in re.split(r"[()]", pattern):
        parts = [re.sub(r"^\?:|[\^$]", "", p) for p in group.split("|")]
        if len(parts) < 2:
            continue
        plain = all(re.fullmatch(r"[\w\s,;:@#%&=<>~'\"/!-]+", p) for p in parts)
        if plain and not any(a != b and b.startswith(a) for a in parts for b in parts):
            continue
        starts = [p[:1] for p in parts]
        fixed = all(re.match(r"[\w@#%&=<>~'\"/!-](?![*?{])", p) for p in parts)
        if not (fixed and len(set(starts)) == len(starts)):
            raise NoCounterpart("alternatives where the longest match is not the first")


def groups(pattern: str) -> int:
    """How many capturing groups a pattern has."""
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern)
    return len(re.findall(r"\((?!\?)", bare))


def optional_group(pattern: str) -> bool:
    """Whether a group may take no part in a match: postgres then gives NULL, RE2 the empty text."""
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern)
    levels = [[False, False, False]]  # of each open group: has alternatives, holds a capturing group, is one
    for i, char in enumerate(bare):
        if char == "(":
            captures = bare[i + 1 : i + 2] != "?"
            for level in levels if captures else ():
                level[1] = True
            levels.append([False, False, captures])
        elif char == "|":
            levels[-1][0] = True
        elif char == ")" and len(levels) > 1:
            alternatives, holds, captures = levels.pop()
            left_out = re.match(r"[*?]|\{0", bare[i + 1 :]) is not None
            if (left_out and (holds or captures)) or (alternatives and holds):
                return True
    return all(levels[0][:2])


def similar(pattern: str, escape: str) -> str:
    """A SIMILAR TO pattern as RE2: functions-matching.html#FUNCTIONS-SIMILARTO-REGEXP"""
    out: list[str] = []
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if escape and char == escape:
            if pattern[i + 1 : i + 2] == '"' or i + 1 >= len(pattern):
                raise NoCounterpart("the escape character here")
            out.append(re.escape(pattern[i + 1]))
            i += 2
            continue
        if char == "[":
            end = pattern.find("]", i + 2)
            piece, _ = _bracket(pattern, i)
            if end < 0:
                raise NoCounterpart("an open bracket")
            out.append(piece)
            i = _bracket(pattern, i)[1]
            continue
        out.append({"%": ".*", "_": "."}.get(char) or (re.escape(char) if char in ".^$\\" else char))
        i += 1
    return "(?s)" + "".join(out)
