"""Names in double quotes that name no column: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("sqlite names")


@R.prepare
def double_quoted(tree: exp.Expr, ctx: Context) -> None:
    # A double-quoted name that is no column is a text: https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted
    for column in tree.find_all(exp.Column):
        if column.this.args.get("quoted") and not column.table and ctx.unknown(column) and ctx.sql:
            start = column.this.meta.get("start")
            if start is not None and ctx.sql[start : start + 1] == '"':
                ctx.warn(
                    "double_quoted_string", column, "A name in double quotes that is no column is a text in SQLite."
                )
