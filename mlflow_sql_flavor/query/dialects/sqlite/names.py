"""Names in double quotes that name no column: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules

R = DialectRules("sqlite names")
_BUILT_IN = re.compile(r"rowid|oid|_rowid_|true|false|column\d+", re.I)


@R.normalise
def texts(tree: exp.Expr, ctx: Context) -> None:
    """Makes a text of a name in double quotes that is a name of nothing in the query, nor of a column of its tables."""
    quoted = (c for c in find_all(tree, exp.Column) if not c.table and _double_quoted(c, ctx))
    found = [c for c in quoted if not isinstance(c.parent, exp.Select)]  # an output has its text as its name
    if not found or any(not isinstance(t.this, exp.Identifier) for t in find_all(tree, exp.Table)):
        return
    inner = (item for select in find_all(tree, exp.Select) if select is not tree for item in select.expressions)
    if any(not isinstance(item, (exp.Alias, exp.Column, exp.Star)) for item in inner):
        return  # the text of such an output is its name
    names = {column.casefold() for columns in ctx.schema.values() for column in columns}
    names |= {node.alias.casefold() for node in find_all(tree, exp.Alias, exp.TableAlias)}
    names |= {column.name.casefold() for alias in find_all(tree, exp.TableAlias) for column in alias.columns}
    names |= {table.name.casefold() for table in find_all(tree, exp.Table)}
    for column in found:
        if column.name.casefold() not in names and not _BUILT_IN.fullmatch(column.name):
            column.replace(exp.Literal.string(column.name))


def _double_quoted(column: exp.Column, ctx: Context) -> bool:
    start = column.this.meta.get("start")
    return bool(column.this.args.get("quoted")) and start is not None and ctx.sql[start : start + 1] == '"'


@R.prepare
def double_quoted(tree: exp.Expr, ctx: Context) -> None:
    # A double-quoted name that is no column is a text: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
    for column in find_all(tree, exp.Column):
        if not column.table and ctx.unknown(column) and _double_quoted(column, ctx):
            ctx.warn("double_quoted_string", column, "A name in double quotes that is no column is a text in SQLite.")
