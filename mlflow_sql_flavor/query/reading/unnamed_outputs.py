"""Outputs without a name get the one that their engine gives them; where that is not known they need an AS.

The names are written into the tree as aliases, so that no text of DuckDB's or of a macro becomes one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from ...errors import QueryError
from . import output_names
from .parsed_query import ParsedQuery
from .positions import span
from .traversal import find_all, find_first

__all__ = ["UNNAMED", "check_handed_on", "is_star", "name_outputs"]

#: What an output of a subquery is called that its engine leaves without a name, or gives one that is not known.
UNNAMED = "__unnamed_"

_NAMES: dict[str, Callable[[output_names.Item], str | None]] = {
    "postgres": output_names.postgres,
    "redshift": output_names.redshift,
    "mysql": output_names.mysql,
    "sqlite": output_names.sqlite,
    "clickhouse": output_names.clickhouse,
    "databricks": output_names.spark,
    "snowflake": output_names.snowflake,
}
_NUMBERED = {"bigquery": "f{anonymous}_", **dict.fromkeys(("trino", "presto", "athena"), "_col{place}")}
_ENDS = {
    TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY, TokenType.LIMIT,
    TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.QUALIFY, TokenType.WINDOW, TokenType.SEMICOLON,
    TokenType.OFFSET, TokenType.FETCH, TokenType.INTO,
}  # fmt: skip
_NAMED = (exp.Alias, exp.Aliases, exp.Posexplode, exp.Inline, exp.PropertyEQ)
_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSE = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}


def name_outputs(tree: exp.Query, sql: str, dialect: str) -> None:
    """Names the outputs of a query and of those it reads from, in place.

    Args:
        tree: The query, of another dialect than DuckDB's.
        sql: Its text.
        dialect: Canonical name.

    Raises:
        QueryError: An output of the query itself has no name that is known, at its place.
    """
    top = tree
    while isinstance(top, (exp.SetOperation, exp.Subquery, exp.Paren)):
        top = top.this
    for select in list(find_all(tree, exp.Select)):
        if dialect == "tsql":
            _assigned(select)
        if select is not top and not _hands_on(select):
            continue
        pending = [item for item in select.expressions if _is_unnamed(item, sql, dialect)]
        if not pending:
            continue
        texts = _texts(select, sql, dialect) if select is top else None
        _name(select, texts, sql, dialect, select is top)


def _assigned(select: exp.Select) -> None:
    """``'name' = value``: T-SQL's alias as a text (queries/select-clause-transact-sql)."""
    for item in list(select.expressions):
        if isinstance(item, exp.EQ) and isinstance(item.this, exp.Literal) and item.this.is_string:
            item.replace(exp.alias_(item.expression.copy(), item.this.name, quoted=True))


def _name(select: exp.Select, texts: list[str] | None, sql: str, dialect: str, last: bool) -> None:
    anonymous = 0
    stars = False
    for place, item in enumerate(list(select.expressions)):
        stars = stars or is_star(item)
        if not _is_unnamed(item, sql, dialect):
            continue
        text = texts[place] if texts is not None else None
        name: str | None = None
        if dialect in _NUMBERED:
            if last and not stars:
                name = _column_in_brackets(item) if dialect != "bigquery" else None
                name = name or _NUMBERED[dialect].format(anonymous=anonymous, place=place)
        elif dialect in _NAMES and not isinstance(item, exp.Column):
            name = _NAMES[dialect](output_names.Item(item, text, sql))
        anonymous += 1
        if not name:
            if last:
                raise _nameless(item, sql, dialect)
            name = f"{UNNAMED}{place + 1}"
        select.expressions[place].replace(exp.alias_(item.copy(), name, quoted=True))


def _nameless(item: exp.Expr, sql: str, dialect: str) -> QueryError:
    where = span(item)
    found = (where[0], where[1] - where[0]) if where else (None, 1)
    gives = "gives it none" if dialect == "tsql" else "gives it one that is not known here"
    return QueryError(f"This output has no name: {dialect} {gives}. Write AS name behind it.", sql, *found)


def _is_unnamed(item: exp.Expr, sql: str, dialect: str) -> bool:
    if isinstance(item, exp.Column) and not is_star(item):
        where = span(item)
        return where is not None and sql[max(0, where[0] - 50) : where[0]].rstrip().endswith(
            "+"
        )  # +x, of which sqlglot keeps x
    if is_star(item) or isinstance(item, _NAMED):
        return False
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Identifier):
        return dialect == "databricks" and find_first(item, exp.Func) is not None
    return not (isinstance(item, exp.Subquery) and item.alias)


def is_star(column: exp.Expr) -> bool:
    """Whether it stands for columns that it does not name."""
    return column.is_star or isinstance(column, exp.Columns)


def _column_in_brackets(item: exp.Expr) -> str | None:
    found = item.unnest()
    return found.name if isinstance(found, exp.Column) else None


def check_handed_on(query: ParsedQuery, schema: Mapping[str, Mapping[str, str]], outputs: Collection[str]) -> None:
    """Refuses names that ``*`` takes from a step where its engine has none, or has one twice.

    Args:
        query: What was compiled.
        schema: ``{table: {column: type}}`` of what it reads.
        outputs: As DuckDB calls them: the second ``id`` that a star finds is ``id_1`` to it.

    Raises:
        QueryError: Names one.
    """
    for name in outputs:
        if name.startswith(UNNAMED):
            raise QueryError(
                f"Column {name.removeprefix(UNNAMED)} of a subquery has no name that is known, and * hands it on. "
                "Write AS name behind it there."
            )
    numbered = {name: re.sub(r"_\d+\Z", "", name) for name in outputs}
    twins = [name for name, plain in numbered.items() if plain != name and plain in outputs]
    if not twins or query.tree is None:
        return
    said = {part.name.casefold() for part in find_all(query.tree, exp.Identifier)}
    said |= {column.casefold() for columns in schema.values() for column in columns}
    for name in twins:
        if name.casefold() not in said:
            raise QueryError(f"* hands on two columns named {numbered[name]!r}: give one another name with AS.")


def _hands_on(select: exp.Select) -> bool:
    """Whether another query can read the columns by name: those of a step or of a subquery in FROM."""
    node: exp.Expr | None = select
    while isinstance(node, exp.Query) and isinstance(node.parent, (exp.SetOperation, exp.Subquery, exp.Paren)):
        if isinstance(node.parent, exp.SetOperation) and node.arg_key != "this":
            return False
        node = node.parent
    if isinstance(node, exp.Subquery):
        return node.arg_key == "this" and isinstance(node.parent, (exp.From, exp.Join))
    return node is not None and isinstance(node.parent, exp.CTE) and not node.parent.args["alias"].columns


def _texts(select: exp.Select, sql: str, dialect: str) -> list[str] | None:
    """The text of each output of the query itself; None where they cannot be told apart."""
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except TokenError:
        return None
    wraps = 0
    while wraps < len(tokens) and tokens[wraps].token_type == TokenType.L_PAREN:
        wraps += 1
    depth = 0
    for at, token in enumerate(tokens):
        if token.token_type == TokenType.SELECT and depth == wraps:
            found = _pieces(tokens, at + 1, sql)
            return found if len(found) == len(select.expressions) else None
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
    return None


def _pieces(tokens: Sequence[Token], at: int, sql: str) -> list[str]:
    if at < len(tokens) and tokens[at].token_type in (TokenType.DISTINCT, TokenType.ALL):
        at += 1
        if at < len(tokens) and tokens[at].token_type == TokenType.ON:
            at = _closed(tokens, at + 1)
    pieces: list[str] = []
    depth, first = 0, at
    while at < len(tokens):
        kind = tokens[at].token_type
        if depth == 0 and (kind in _ENDS or kind in _CLOSE):
            break
        if depth == 0 and kind == TokenType.COMMA:
            pieces.append(sql[tokens[first].start : tokens[at - 1].end + 1])
            first = at + 1
        depth += (kind in _OPEN) - (kind in _CLOSE)
        at += 1
    if first < at:
        pieces.append(sql[tokens[first].start : tokens[at - 1].end + 1])
    return [re.sub(r"\A\s+|\s+\Z", "", piece) for piece in pieces]


def _closed(tokens: Sequence[Token], at: int) -> int:
    depth = 0
    while at < len(tokens):
        depth += (tokens[at].token_type in _OPEN) - (tokens[at].token_type in _CLOSE)
        at += 1
        if depth == 0:
            return at
    return at
