"""Words of a text that DuckDB reads otherwise, or stumbles over, and that are at home in another dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlglot import TokenType
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError

from .foreign_names import FOREIGN_NAMES

__all__ = ["foreign_words"]

#: Names that DuckDB takes as aliases, and that hardly a text written for it has.
_ALIASES = {"INT64": ("bigquery",), "NVARCHAR": ("tsql",), "ISNULL": ("tsql",)}

#: What is no call, as ``words: dialects``: "·" is a name or a closed parenthesis, "'" a text, "#" a number, "?" a unit
#: of time, "…" anything; a word in small letters is the one by which the sign is found.
_SIGNS: dict[str, list[tuple[int, list[str], tuple[str, ...]]]] = {}

for _row in """
    safe . · (: bigquery
    [ offset (: bigquery
    [ ordinal (: bigquery
    * except ( ·: bigquery databricks
    SELECT top #: tsql
    SELECT top (: tsql
    FROM [ · ]: tsql
    JOIN [ · ]: tsql
    . [ · ]: tsql
    datediff ( ? ,: snowflake tsql redshift
    dateadd ( ? ,: snowflake tsql redshift
    · ~ …: postgres
    · regexp ': mysql sqlite
    · rlike ': databricks mysql
    · div ·: mysql databricks
    · div #: mysql databricks
    minus SELECT: oracle snowflake databricks
    FROM dual: oracle mysql
    WHERE rownum: oracle
    AND rownum: oracle
    limit # BY: clickhouse
    LATERAL flatten: snowflake
    LATERAL view: databricks
    ( · : ·: snowflake
    WHERE · : ·: snowflake
    AND · : ·: snowflake
    BY · : ·: snowflake
""".strip().splitlines():
    _parts, _dialects = (side.split() for side in _row.rsplit(": ", 1))
    _at = next(n for n, part in enumerate(_parts) if part.islower() or part in ("[", "~", ":"))
    if _parts[_at] == "[" and _at + 1 < len(_parts) and _parts[_at + 1].islower():
        _at += 1
    _words = [part.upper() for part in _parts]
    _SIGNS.setdefault(_words[_at], []).append((_at, _words, tuple(_dialects)))

_UNITS = {"YEAR", "QUARTER", "MONTH", "WEEK", "ISOWEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND"}

#: So many words back a call's bracket is looked for: a text of many names stays linear.
_NEAR = 200

#: Texts, quoted names and comments.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)


def foreign_words(text: str) -> dict[str, tuple[str, ...]]:
    """``{word as written: dialects that it is of}``, in the order of the text; texts and comments do not count.

    Args:
        text: A query that is read as DuckDB's.
    """
    found: dict[str, tuple[str, ...]] = {}
    plain = _QUOTED.sub("''", text)
    if "`" in plain:
        found["`"] = ("bigquery", "databricks", "mysql")
    if re.search(r"(?<![\w'])r''", plain, re.IGNORECASE):
        found["r'…'"] = ("bigquery",)
    try:
        tokens = DuckDB().tokenize(text)
    except SqlglotError:
        return found
    words = [token.text.upper() for token in tokens]
    for at, token in enumerate(tokens):
        if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            continue
        known = _ALIASES.get(words[at]) or FOREIGN_NAMES.get(words[at])
        if known and _used_as_such(words, at):
            found.setdefault(token.text, known)
        for sign, dialects in _signs(tokens, words, at):
            found.setdefault(sign, dialects)
    return found


def _signs(tokens: Any, words: list[str], at: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    for offset, sign, dialects in _SIGNS.get(words[at], ()):
        start, end = at - offset, at - offset + len(sign)
        if start >= 0 and end <= len(words):
            pairs = zip(sign, tokens[start:end], words[start:end], strict=True)
            if all(_is(part, token, word) for part, token, word in pairs):
                yield tokens[at].text, dialects
    if words[at] in _UNITS and words[at - 1 : at + 2] == [",", words[at], ")"] and _cuts(tokens, words, at):
        yield tokens[at].text, ("bigquery",)


def _call_around(words: list[str], at: int) -> int:
    """The place of the bracket that is open before a word, 0 if none is near."""
    depth = 0
    for place in range(at - 1, max(0, at - _NEAR), -1):
        depth += {")": 1, "(": -1}.get(words[place], 0)
        if depth < 0:
            return place
    return 0


def _cuts(tokens: Any, words: list[str], at: int) -> bool:
    """Whether a unit of time is the last argument of what is cut or counted by it, as BigQuery has it."""
    place = _call_around(words, at)
    called = place > 0 and words[place - 1].endswith(("_TRUNC", "_DIFF"))
    return called and tokens[place + 1].token_type is not TokenType.STRING


def _is(part: str, token: Any, word: str) -> bool:
    kind = token.token_type
    if part == "·":
        return kind in (TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN)
    if part == "'":
        return bool(kind is TokenType.STRING)
    if part == "#":
        return bool(kind is TokenType.NUMBER)
    if part == "?":
        return word in _UNITS and kind not in (TokenType.STRING, TokenType.IDENTIFIER)
    return part == "…" or (part == word and kind not in (TokenType.STRING, TokenType.IDENTIFIER))


def _used_as_such(words: list[str], at: int) -> bool:
    """Whether it is called, or stands where a type does: a column may have such a name."""
    before = words[at - 1] if at else ""
    if before == "AS":
        return _in_cast(words, at)
    return before in ("::", "<") or (before != "." and words[at + 1 : at + 2] == ["("])


def _in_cast(words: list[str], at: int) -> bool:
    place = _call_around(words, at)
    return place > 0 and words[place - 1] in ("CAST", "TRY_CAST", "SAFE_CAST")
