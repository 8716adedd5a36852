"""Placeholders: found in the text in every form the dialects have, bound in DuckDB's own form.

The tree says what a placeholder is; the tokens say where it stands. Text outside placeholders is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from ...errors import NotGivenError, QueryError
from .parsed_query import Edit, PlaceholderUse

__all__ = ["bind_tree", "check_types", "data_type", "edited", "find_placeholders", "rewrite_text", "unedited"]

_WORD = re.compile(r"[^\W\d]\w*\Z|\d+\Z")
_QUOTED = {TokenType.STRING, TokenType.IDENTIFIER, TokenType.NATIONAL_STRING, TokenType.RAW_STRING}
# A colon after one of these is a path, a slice, a struct field or a prefix alias, not a placeholder.
_VALUES = _QUOTED | {TokenType.VAR, TokenType.NUMBER, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}
_AT = {"postgres", "databricks", "mysql", "sqlite", "clickhouse", "snowflake", "bigquery", "redshift", "tsql", "trino"}
_DOLLAR = {"duckdb", "postgres", "redshift", "snowflake", "databricks"}
_PERCENT = {"postgres", "redshift"}


def find_placeholders(sql: str, dialect: str, tokens: Sequence[Token]) -> tuple[PlaceholderUse, ...]:
    """Every placeholder of the text in order: ``:x``, ``@x``, ``$x``, ``$1``, ``?``, ``%(x)s``, ``{x: Type}``."""
    first: dict[str, str] = {}  # of two spellings of a name; case does not count
    found = _scan(sql, dialect, tokens)
    return tuple(replace(use, name=first.setdefault(use.name.casefold(), use.name)) for use in found)


def _scan(sql: str, dialect: str, tokens: Sequence[Token]) -> Iterator[PlaceholderUse]:
    marks, i, n = 0, 0, len(tokens)
    while i < n:
        token = tokens[i]
        kind, text = token.token_type, sql[token.start : token.end + 1]
        following = tokens[i + 1] if i + 1 < n else None
        word = (
            sql[following.start : following.end + 1]
            if following and following.start == token.end + 1 and following.token_type not in _QUOTED
            else ""
        )
        before = tokens[i - 1] if i else None
        if kind in _QUOTED:
            pass
        elif text == "?":
            glued = before is not None and before.token_type in {*_VALUES, TokenType.JSON, TokenType.JSONB}
            if not glued:
                marks += 1
                yield PlaceholderUse(f"p{marks}", token.start, token.end + 1)
        elif _WORD.match(word) and (
            (text == ":" and not _is_colon_of_value(tokens, i))
            or (text == "@" and dialect in _AT)
            or (text == "$" and dialect in _DOLLAR)
        ):
            name = f"p{word}" if word.isdigit() else word
            yield PlaceholderUse(name, token.start, (following or token).end + 1)
            i += 1
        elif text == "%" and word == "(" and dialect in _PERCENT and i + 4 < n:
            last = tokens[i + 4]
            if sql[last.start : last.end + 1] == "s" and tokens[i + 3].end + 1 == last.start:
                yield PlaceholderUse(tokens[i + 2].text, token.start, last.end + 1)
                i += 4
        elif text == "{" and dialect == "clickhouse" and i + 3 < n and tokens[i + 2].text == ":":
            close = next((j for j in range(i + 3, min(n, i + 60)) if tokens[j].text == "}"), None)
            if close and _WORD.match(tokens[i + 1].text):
                hint = sql[tokens[i + 3].start : tokens[close].start].strip()
                yield PlaceholderUse(tokens[i + 1].text, token.start, tokens[close].end + 1, _clickhouse_type(hint))
                i = close
        i += 1


def _is_colon_of_value(tokens: Sequence[Token], i: int) -> bool:
    before = tokens[i - 1] if i else None
    if before is None:
        return False
    if before.token_type == TokenType.L_BRACKET:  # [:x] is a slice after a value, a list of one elsewhere
        return i > 1 and tokens[i - 2].token_type in _VALUES
    return before.token_type in _VALUES


def _clickhouse_type(text: str) -> str | None:
    try:
        return exp.DataType.build(text, dialect="clickhouse").sql("duckdb")
    except Exception:
        return None


@lru_cache(maxsize=1000)
def data_type(text: str) -> exp.DataType:
    """A DuckDB type as a sqlglot type, to be the type of nodes; what is put into a tree is a copy of it."""
    try:
        return exp.DataType.build(text, dialect="duckdb")
    except Exception as e:
        raise QueryError(f"{text!r} is not a DuckDB type.") from e


def check_types(uses: Sequence[PlaceholderUse], params: Mapping[str, str], sql: str) -> dict[str, str]:
    """The type of every placeholder, by the name as the query writes it.

    Raises:
        QueryError: a placeholder without a declared type, at its position.
    """
    folded = {name.casefold(): type_ for name, type_ in params.items()}
    found = {}
    for use in uses:
        type_ = folded.get(use.name.casefold()) or use.type_hint
        if type_ is None:
            raise NotGivenError(
                f"Parameter {use.name!r} has no type",
                sql,
                use.start,
                use.end - use.start,
                name=use.name,
                what="give a value for it in input_example's params or in the signature",
            )
        found[use.name] = type_
    return found


def rewrite_text(sql: str, uses: Sequence[PlaceholderUse], types: Mapping[str, str], edits: Sequence[Edit] = ()) -> str:
    """The text with every placeholder as ``CAST($name AS type)`` and other edits; all other characters verbatim."""
    bounds: list[Edit] = []
    for use in uses:
        bound = f"CAST(${use.name} AS {types[use.name]})"
        if types[use.name].endswith("]") and re.search(
            r"\bIN\s*\(\s*\Z", sql[max(0, use.start - 100) : use.start], re.I
        ):
            bound = f"SELECT unnest({bound})"  # DuckDB has no IN (list parameter)
        bounds.append((use.start, use.end, bound))
    return edited(sql, [*edits, *bounds])


def edited(sql: str, edits: Sequence[Edit]) -> str:
    """The text with edits that do not overlap."""
    parts, at = [], 0
    for start, end, text in sorted(edits):
        parts += [sql[at:start], text]
        at = end
    return "".join([*parts, sql[at:]])


def unedited(offset: int, edits: Sequence[Edit]) -> int:
    """The place in a text of a place in what it was edited into."""
    shift = 0
    for start, end, text in sorted(edits):
        begins = start + shift
        if offset < begins:
            break
        if offset < begins + len(text):
            return start
        shift += len(text) - (end - start)
    return offset - shift


def name_of(node: exp.Expr) -> str | None:
    """The name of a Placeholder or Parameter node; None for ``?``."""
    this = node.this
    name = this if isinstance(this, str) else this.name if isinstance(this, exp.Expr) else ""
    return (f"p{name}" if name.isdigit() else name) or None


def bind_tree(nodes: Sequence[exp.Expr], types: Mapping[str, str]) -> list[tuple[exp.Expr, exp.Expr]]:
    """(old, new) for every placeholder of a tree, given its nodes in text order."""
    found: list[tuple[exp.Expr, exp.Expr]] = []
    marks = 0
    for node in nodes:
        if not isinstance(node, (exp.Placeholder, exp.Parameter)):
            continue
        name = name_of(node)
        if name is None:
            marks += 1
            name = f"p{marks}"
        if name not in types:
            name = next((known for known in types if known.casefold() == name.casefold()), name)
        if name not in types:
            raise QueryError(f"Cannot tell where parameter {name!r} stands. Write it as :{name}.")
        found.append((node, _bound(name, types[name])))
    return found


def _bound(name: str, type_: str) -> exp.Expr:
    # named as DuckDB writes it, so that the generator of DuckDB prints $name
    cast = exp.Cast(this=exp.Placeholder(this=name), to=data_type(type_).copy())
    cast.type = data_type(type_)
    cast.meta["parameter"] = name
    return cast


def adjacent(tokens: Sequence[Token], sql: str, marks: Sequence[str]) -> int | None:
    """Offset of the first of ``marks`` outside strings, quoted names and comments, or None."""
    for token in tokens:
        if token.token_type not in _QUOTED and sql.startswith(tuple(marks), token.start):
            return token.start
    for left, right in pairwise(tokens):
        glued = left.end + 1 == right.start and not {left.token_type, right.token_type} & _QUOTED
        if glued and sql.startswith(tuple(marks), left.end):
            return left.end
    return None
