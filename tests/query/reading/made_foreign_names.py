"""``python -m tests.query.reading.made_foreign_names`` writes ``query/reading/foreign_names.py`` anew.

A name's dialects are those whose catalogue, rules or sqlglot parser has it, and those whose reference lists it
(``foreign_names.txt`` beside this); what DuckDB has, and what is a word of its grammar, is no
foreign name.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import duckdb
import sqlglot
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parser import Parser

from mlflow_sql_flavor.query.reading import foreign_names
from mlflow_sql_flavor.query.translation.hints import DIALECTS, in_catalogs

__all__ = ["MADE_WITH", "made"]

MADE_WITH = f"sqlglot {sqlglot.__version__} and DuckDB {duckdb.__version__}"
_LISTED = Path(__file__).with_name("foreign_names.txt")
_HEAD = f'''"""Names of types and functions that DuckDB does not have and another dialect does.

Made by ``python -m tests.query.reading.made_foreign_names`` with {MADE_WITH}.
"""

__all__ = ["FOREIGN_NAMES"]

_BY_DIALECTS = {{
'''
_TAIL = """}

#: ``{name in capitals: dialects}``.
FOREIGN_NAMES = {name: tuple(dialects.split()) for dialects, names in _BY_DIALECTS.items() for name in names.split()}
"""


def listed() -> dict[str, set[str]]:
    """``{name: dialects}`` by the engines' references."""
    found: dict[str, set[str]] = {}
    for line in _LISTED.read_text(encoding="utf-8").splitlines():
        dialect, _, names = line.partition(": ")
        for name in names.split():
            found.setdefault(name, set()).add(dialect)
    return found


def made() -> str:
    """The module's text."""
    own = {
        name.upper()
        for what in (
            "function_name FROM duckdb_functions()",
            "type_name FROM duckdb_types()",
            "keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'",
        )
        for (name,) in duckdb.sql(f"SELECT DISTINCT {what}").fetchall()
    }
    by_reference = listed()
    common = set(Parser.FUNCTIONS) | set(DuckDB.parser_class.FUNCTIONS)
    names = set(by_reference)
    for dialect in DIALECTS:
        names |= {name.upper() for name in Dialect.get_or_raise(dialect).parser_class.FUNCTIONS} - common
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(name for name in names - own if name.isidentifier()):
        dialects = by_reference.get(name, set()) | set(in_catalogs(name.lower()))
        grouped.setdefault(tuple(sorted(dialects)), []).append(name)
    blocks = []
    for dialects, members in sorted(grouped.items()):
        text = textwrap.fill(" ".join(members), 116, initial_indent=" " * 8, subsequent_indent=" " * 8)
        blocks.append(f'    "{" ".join(dialects)}": """\n{text}\n    """,\n')
    return _HEAD + "".join(blocks) + _TAIL


if __name__ == "__main__":
    Path(foreign_names.__file__).write_text(made(), encoding="utf-8")
