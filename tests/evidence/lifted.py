"""Forms as people write them: the expressions and queries of the recorded cases, over the generator's edge tables.

A catalogue of functions does not tell which arguments go together; the queries of ``tests/fidelity`` do. Of each its
expressions are asked anew with edge columns for its columns, then with a column for each constant, then with columns of
other classes; a query with clauses as it is, its tables made of edge columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pyarrow as pa
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from ..fidelity.cases import Case, cases, extra_cases, tables
from .candidates import COLUMNS
from .wide import WIDE

__all__ = ["lifted", "origins"]

#: Edge columns by class; the ones of moderate values first: a query in which one row overflows has no answer.
_EDGE = {
    "int32": ("j", "i", "g"), "int64": ("l",), "double": ("y", "x"), "decimal": ("e", "d"), "string": ("s", "t"),
    "bool": ("o", "p"), "date32": ("u", "v"), "timestamp": ("w", "q"),
}  # fmt: skip
#: Columns whose texts are of a kind.
_TEXTS = {("numstr", "s"): "n", ("badnum", "s"): "n", ("js", "j"): "c_jt"}
#: A constant, and the column of its kind.
_CONSTANTS = (
    (r"\b(?:ARRAY|array)(?:\[|\()-?\d[^][()]*(?:\]|\))(?:::\w+\[\])?", ("c_ai",)),
    (r"\b(?:ARRAY|array)(?:\[|\()'[^][()]*(?:\]|\))(?:::\w+\[\])?", ("c_at",)),
    (r"\bsplit\(\w+, '.'\)", ("c_at",)),
    (r"\bmap\([^()]*\)", ("c_map",)),
    (r"\bnamed_struct\([^()]*\)", ("c_st",)),
    (r"\b(?:DATE|date) ?'[^']*'|'[^']*'::date\b", ("u",)),
    (r"\b(?:TIMESTAMP|timestamp) ?'[^']*'|'[^']*'::timestamp\b", ("w",)),
    (r"'[\[{][^']*'::jsonb", ("c_jb",)),
    (r"'[\[{][^']*'::json\b", ("c_js",)),
    (r"'[\[{][^']*'", ("c_jt",)),
    (r"'\d{4}-\d\d-\d\d'", ("c",)),
    (r"'-?\d+(?:\.\d+)?'", ("n",)),
    (r"'[^']*'", ("s", "t")),
    (r"(?<![\w.'])\d+\.\d+(?![\w.])", ("e", "y")),
    (r"(?<![\w.'])\d+(?![\w.])", ("j", "i")),
)
_CLAUSES = {
    TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT,
    TokenType.JOIN, TokenType.LIMIT, TokenType.WINDOW, TokenType.QUALIFY, TokenType.LATERAL, TokenType.PIVOT,
}  # fmt: skip
_OPEN = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE)
_CLOSE = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE)


def lifted(dialect: str) -> Iterator[tuple[int, str]]:
    """Expressions and whole queries, with how common they are: 0 first, 3 with columns of other classes."""
    for item, (rank, _) in origins(dialect).items():
        yield rank, item


@cache
def origins(dialect: str) -> Mapping[str, tuple[int, set[str]]]:
    """``{item: how common, the ids of the cases that it was lifted from}``."""
    read = "spark" if dialect == "databricks" else dialect
    found: dict[str, tuple[int, set[str]]] = {}
    for group, given in (("", cases(read)), ("extra ", extra_cases(read))):
        for case in given:
            for rank, item in _of(case, dialect) if "\n" not in case.sql else ():
                before = found.get(item, (rank, set()))
                found[item] = min(rank, before[0]), before[1] | {f"fidelity {group}{case.id}"}
    return found


def _of(case: Case, dialect: str) -> Iterator[tuple[int, str]]:
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(case.sql)
    except SqlglotError:
        return
    items = list(_items(case, tokens))
    if not items or case.inputs:
        yield 0, _over_edges(case)
    for item in items:
        yield 0, item
        for each in _varied(item):
            yield 0, each
        for each in _other_classes(item, dialect):
            yield 3, each


def _columns(case: Case) -> dict[str, dict[str, str]]:
    """``{table: {column: edge column}}`` of the tables that a case reads."""
    found = {}
    for name in case.inputs:
        left = {kind: list(columns) for kind, columns in _EDGE.items()}
        found[name] = {"id": "id"}
        for field in tables("recorded")[name].schema:
            kind = "decimal" if pa.types.is_decimal(field.type) else str(field.type).partition("[")[0]
            if field.name != "id":
                given = _TEXTS.get((name, field.name)) or left[kind].pop(0)
                left[kind] = left[kind] or list(_EDGE[kind])
                found[name][field.name] = given
    return found


def _over_edges(case: Case) -> str:
    """The query with its tables made of edge columns."""
    made = []
    for name, columns in _columns(case).items():
        listed = ", ".join(edge if edge == column else f"{edge} AS {column}" for column, edge in columns.items())
        source = "z" if name == "empty" else "wide" if "c_jt" in columns.values() else "a"
        made.append(f"{name} AS (SELECT {listed} FROM {source})")
    if not made:
        return case.sql
    first = re.match(r"\s*WITH\s+(RECURSIVE\s+)?", case.sql, re.IGNORECASE)
    rest = f", {case.sql[first.end() :]}" if first else f" {case.sql}"
    return f"WITH {'RECURSIVE ' if first and first[1] else ''}{', '.join(made)}{rest}"


def _items(case: Case, tokens: list[Token]) -> Iterator[str]:
    """What a plain query selects of one table or of none, in edge columns."""
    if not tokens or tokens[0].token_type is not TokenType.SELECT or len(case.inputs) > 1:
        return
    depth, start, parts, end = 0, 1, [], len(tokens)
    for at, token in enumerate(tokens):
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if depth == 0 and (token.token_type in _CLAUSES or token.token_type is TokenType.SEMICOLON):
            return
        if depth == 0 and at and end == len(tokens):
            if token.token_type is TokenType.SELECT:
                return
            if token.token_type is TokenType.COMMA:
                parts.append(tokens[start:at])
                start = at + 1
            elif token.token_type is TokenType.FROM:
                end = at
    parts.append(tokens[start:end])
    columns = next(iter(_columns(case).values()), {})
    for part in parts:
        names = [at for at, token in enumerate(part) if token.token_type is TokenType.ALIAS]
        inner = [at for at in names if at == len(part) - 2]
        part = part[: inner[0]] if inner else part
        if part and part[0].token_type not in (TokenType.STAR, TokenType.DISTINCT) and len(part) > 1:
            yield _named(case.sql, part, columns)


def _named(sql: str, part: list[Token], columns: Mapping[str, str]) -> str:
    text, at = "", part[0].start
    for place, token in enumerate(part):
        follows = part[place + 1].token_type if place + 1 < len(part) else None
        edge = columns.get(sql[token.start : token.end + 1].lower())
        if edge and follows is not TokenType.L_PAREN and token.token_type is not TokenType.STRING:
            text, at = text + sql[at : token.start] + edge, token.end + 1
    return text + sql[at : part[-1].end + 1]


def _varied(item: str) -> Iterator[str]:
    """With a column for each constant, one at a time."""
    for pattern, columns in _CONSTANTS:
        for match in re.finditer(pattern, item):
            if item.count("'", 0, match.start()) % 2 == 0:
                for column in columns:
                    yield f"{item[: match.start()]}{column}{item[match.end() :]}"


def _other_classes(item: str, dialect: str) -> Iterator[str]:
    """With a column of another class for each column, one at a time."""
    for match in re.finditer(r"\b(?:[jlyestcnouw]|c_[a-z]+)\b(?![('])", item):
        if item.count("'", 0, match.start()) % 2 == 0:
            for column in (*COLUMNS.values(), *WIDE[dialect]):
                if column != match[0]:
                    yield f"{item[: match.start()]}{column}{item[match.end() :]}"
