"""Gates 1 and 2: the text parses in its dialect, and it is one query and nothing else."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.dialects import MODULE_BY_DIALECT
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import TokenError
from sqlglot.tokens import Token, TokenType

from ...errors import QueryError, did_you_mean
from .chained_calls import parser_of
from .commas import check_commas
from .lengths import check_length
from .numerals import joined
from .parsed_query import ParsedQuery, PlaceholderUse
from .placeholders import adjacent, find_placeholders
from .positions import span
from .recursion import followed
from .scripts import folded
from .scripts.inlining import expand
from .scripts.statements import statements
from .syntax import FAILURES, token_message, unreadable
from .table_names import with_names
from .tables import mark_recursive
from .traversal import find_all
from .unnamed_outputs import is_star, name_outputs

__all__ = ["ALIASES", "DIALECTS", "Text", "one_query", "parse", "read", "resolve_dialect"]

ALIASES = {
    "postgresql": "postgres", "pg": "postgres", "psql": "postgres", "cockroachdb": "postgres",
    "mssql": "tsql", "sqlserver": "tsql", "sql_server": "tsql", "t-sql": "tsql", "transactsql": "tsql",
    "synapse": "tsql",
    "mariadb": "mysql",
    "spark": "databricks", "sparksql": "databricks", "spark_sql": "databricks", "spark3": "databricks",
    "spark4": "databricks", "pyspark": "databricks",
    "bq": "bigquery", "googlesql": "bigquery", "zetasql": "bigquery",
    "sqlite3": "sqlite", "duck": "duckdb", "ch": "clickhouse", "sf": "snowflake", "awsathena": "athena",
    "plsql": "oracle", "trinodb": "trino", "prestodb": "presto",
}  # fmt: skip
"""Other names of a dialect."""

_NO_ENGINE = {"", "dax", "dune", "prql", "solr", "tableau"}

DIALECTS = tuple(sorted({d for d in MODULE_BY_DIALECT.values() if d not in _NO_ENGINE and d not in ALIASES}))
"""Every dialect a query may be written in."""

_REFUSED = (
    exp.Command, exp.DML, exp.DDL, exp.Into, exp.Copy, exp.Attach, exp.Detach, exp.Pragma, exp.Set, exp.Use, exp.Show,
    exp.Describe, exp.Summarize, exp.Drop, exp.Alter, exp.TruncateTable, exp.Transaction, exp.Commit, exp.Rollback,
    exp.ReadCSV, exp.ReadParquet, exp.Kill, exp.Cache, exp.Uncache, exp.Analyze, exp.Lock,
)  # fmt: skip
_LOOKED_AT = (
    exp.Select, exp.Identifier, exp.SessionParameter, exp.Parameter, exp.MatchAgainst, exp.Placeholder, exp.Table,
)  # fmt: skip
_TABLE_FUNCTIONS = {
    "generate_series", "range", "unnest", "flatten", "explode", "posexplode", "explode_outer", "posexplode_outer",
    "stack", "inline", "inline_outer", "json_each", "json_tree", "json_table", "json_array_elements",
    "json_array_elements_text", "jsonb_array_elements", "jsonb_array_elements_text", "json_each_text", "jsonb_each",
    "jsonb_each_text", "json_object_keys", "jsonb_object_keys", "string_split", "split_to_table", "openjson",
    "numbers", "sequence", "regexp_split_to_table", "string_to_table", "json_tuple", "values", "table", "generator",
    "json_to_recordset", "jsonb_to_recordset", "split", "repeat", "jsonb_path_query", "regexp_matches",
    "json_to_record", "jsonb_to_record",
}  # fmt: skip
#: The path of a .sql file: one word, or rooted as no query begins.
_PATH = re.compile(r"(?:(?:[A-Za-z]:|~|\.{0,2})[\\/](?!\*)[^\n]*|[^\s'\"();*]+)\.sql", re.I)
_DUCKDB_MARKS = ("{{", "{%", "{#", "${", "<%")


def resolve_dialect(name: str) -> str:
    """Canonical name of a dialect: lower case, aliases resolved (``spark`` is read as ``databricks``).

    Raises:
        QueryError: unknown name, or not a SQL dialect; with the nearest known one.
    """
    folded = str(name).strip().lower().replace(" ", "")
    folded = ALIASES.get(folded, folded)
    if folded in DIALECTS:
        return folded
    if folded in _NO_ENGINE:
        raise QueryError(f"{name!r} is not a SQL dialect that a model can be written in. Known: {', '.join(DIALECTS)}.")
    hint = did_you_mean(folded, [*DIALECTS, *ALIASES])
    raise QueryError(f"Unknown dialect {name!r}.{hint} Known: {', '.join(DIALECTS)}.")


def parse(sql: str | exp.Expr, dialect: str = "duckdb", names: Collection[str] = ()) -> ParsedQuery:
    """Parse and check the text of a query.

    In dialect duckdb DuckDB's own parser has the last word: when sqlglot cannot read the text, the result has
    ``tree=None`` and the caller judges it with DuckDB.

    Args:
        sql: One query, or a sqlglot expression, which is written out in ``dialect``.
        dialect: Any name :func:`resolve_dialect` knows.
        names: Of the model's tables and its input, by which the query may read them qualified.

    Raises:
        QueryError: with line, column and caret where the place is known.
    """
    query = one_query(read(sql, dialect))
    return with_names(query, names)[0] if names else query


@dataclass(frozen=True)
class Text:
    """A text that its dialect reads.

    Args:
        sql: As the user wrote it.
        dialect: Canonical dialect name.
        statements: Their trees; None when only DuckDB's own parser can judge the text (dialect duckdb).
        placeholders: Every use, in order of the text.
        script: The tokens of each statement, where there are several.
    """

    sql: str
    dialect: str
    statements: Sequence[exp.Expr] | None
    placeholders: tuple[PlaceholderUse, ...] = ()
    script: Sequence[Sequence[Token]] = ()


def read(sql: str | exp.Expr, dialect: str = "duckdb") -> Text:
    """Gate 1: the text parses in its dialect.

    Args:
        sql, dialect: As for :func:`parse`.

    Raises:
        QueryError: with line, column and caret where the place is known.
    """
    dialect = resolve_dialect(dialect)
    if isinstance(sql, exp.Expr):
        sql = sql.sql(dialect)
    if not isinstance(sql, str):
        raise QueryError(
            "A query is text, a pathlib.Path of a .sql file, a sqlglot or ibis expression, a SQLAlchemy statement or a "
            f"DuckDB relation, not {type(sql).__name__}: what else has a text of its own gives it by a call such as "
            "str(query) or query.get_sql()."
        )
    if not sql.strip():
        raise QueryError("The query is empty.")
    if "\x00" in sql:
        raise QueryError("The query holds a NUL character.", sql, sql.index("\x00"))
    if len(sql) < 1000 and _PATH.fullmatch(sql.strip()):
        raise QueryError(f"This is a path, not a query: pass pathlib.Path({sql.strip()!r}).")
    check_length(sql)
    text = sql
    return followed(lambda: _read(text, dialect))


def one_query(text: Text) -> ParsedQuery:
    """Gate 2: the text is one query and nothing else, and names its outputs.

    Args:
        text: From :func:`read`.

    Raises:
        QueryError: with line, column and caret where the place is known.
    """
    return followed(lambda: _one_query(text))


#: ``$x,$y``, of which sqlglot reads ``$x,$`` as the tag of a quoted text; and what to write for its dollars.
_GLUED = re.compile(r"\$[A-Za-z_]\w*[^\w\s$][^\s$]*\$")
_NAMED = re.compile(r"(?<![\w$:])\$(?=[A-Za-z_]\w*(?![\w$]))")


def _read(sql: str, dialect: str) -> Text:
    reader = Dialect.get_or_raise(dialect)
    if dialect == "duckdb" and _GLUED.search(sql):
        with contextlib.suppress(TokenError):
            plain = _NAMED.sub(":", sql)
            return Text(sql, dialect, None, find_placeholders(plain, dialect, reader.tokenize(plain)))
    try:
        tokens = reader.tokenize(sql)
    except TokenError:
        _refuse_marks(sql)
        if dialect == "duckdb":
            return Text(sql, dialect, None)
        raise QueryError(token_message(dialect)) from None
    at = adjacent(tokens, sql, _DUCKDB_MARKS)
    if at is not None:
        raise _templating(sql, at)
    _refuse_braces(sql, dialect, tokens)
    tokens = [*joined(tokens, sql, dialect)]
    check_commas(tokens, sql, dialect)
    uses = find_placeholders(sql, dialect, tokens)
    text = sql
    if dialect == "duckdb":
        # same length, so that positions stay: DuckDB knows $x where other dialects say :x
        for use in uses:
            if text[use.start] == ":":
                text = f"{text[: use.start]}${text[use.start + 1 :]}"
        tokens = reader.tokenize(text) if text != sql else tokens
    script = statements(tokens, dialect)
    if len(script) > 1:
        return Text(sql, dialect, (), uses, script)
    try:
        trees = parser_of(dialect).parse(tokens, text)
    except FAILURES as error:
        if dialect == "duckdb":
            return Text(sql, dialect, None, uses)
        raise unreadable(error, sql, dialect) from None
    return Text(sql, dialect, [t for t in trees if t is not None and not isinstance(t, exp.Semicolon)], uses)


def _one_query(text: Text) -> ParsedQuery:
    sql, dialect, found = text.sql, text.dialect, text.statements
    if found is None:
        return ParsedQuery(sql, dialect, None, text.placeholders)
    whole = None
    if text.script:
        whole = folded(sql, dialect, text.script, text.placeholders)
        found = [whole.tree]
    if not found:
        raise QueryError("The query is empty: it holds comments only.")
    tree = _check_root(_rows(found[0], dialect), sql)
    _check_nodes(tree, sql, dialect)
    mark_recursive(tree, dialect)
    if dialect != "duckdb":
        name_outputs(tree, whole.shown if whole else sql, dialect)
    _check_duplicates(tree, sql)
    if whole is None:
        return ParsedQuery(sql, dialect, tree, text.placeholders)
    expand(tree, lambda message, node: _at(message, node, sql))
    _check_nodes(tree, sql, dialect)
    return ParsedQuery(sql, dialect, tree, whole.uses, defaults=whole.defaults, folded=True)


#: What an engine calls the columns of VALUES that stand alone: a name and the first number.
_COLUMNS = {"trino": ("_col", 0), "presto": ("_col", 0), "athena": ("_col", 0), "postgres": ("column", 1),
            "sqlite": ("column", 1), "databricks": ("col", 1)}  # fmt: skip


def _rows(tree: exp.Expr, dialect: str) -> exp.Expr:
    """``VALUES …`` as a query of its own reads the rows that it writes."""
    if not isinstance(tree, exp.Values) or dialect not in _COLUMNS or tree.args.get("alias") or not tree.expressions:
        return tree
    name, first = _COLUMNS[dialect]
    row = tree.expressions[0]
    size = len(row.expressions) if isinstance(row, exp.Tuple) else 1
    columns = [exp.to_identifier(f"{name}{first + place}") for place in range(size)]
    tree.set("alias", exp.TableAlias(this=exp.to_identifier("_values"), columns=columns))
    return exp.Select(expressions=[exp.Star()]).from_(tree, copy=False)


def _check_root(tree: exp.Expr, sql: str) -> exp.Query:
    if isinstance(tree, exp.Query) and not isinstance(tree, (exp.Table, exp.DML, exp.DDL)):
        return tree
    word = sql.split(None, 1)[0][:20] if sql.split() else ""
    start = len(sql) - len(sql.lstrip())
    raise QueryError(
        "A model is a query: SELECT, WITH, or SELECTs joined by UNION, INTERSECT or EXCEPT. "
        f"This is {'not one' if isinstance(tree, exp.Alias | exp.Column) else type(tree).__name__.upper()}.",
        sql,
        start,
        len(word),
    )


def _check_nodes(tree: exp.Expr, sql: str, dialect: str) -> None:
    for node in find_all(tree, *_REFUSED, *_LOOKED_AT):
        if isinstance(node, _REFUSED) and not (isinstance(node, exp.Query) and isinstance(node, exp.Select)):
            word = node.sql_name() if isinstance(node, exp.Func) else type(node).__name__.upper()
            raise _at(f"{word} is not allowed: a model only reads.", node, sql)
        if isinstance(node, exp.Select) and node.args.get("into"):
            raise _at("SELECT INTO is not allowed: a model only reads.", node.args["into"], sql)
        if isinstance(node, exp.Identifier):
            if not node.quoted and node.name[:1] in ("$", "@", "#") and len(node.name) > 1:
                raise _at(
                    f"{node.name!r} is not a parameter in dialect {dialect}. Write :{node.name.lstrip('$@#')}.",
                    node,
                    sql,
                )
        elif (
            isinstance(node, exp.SessionParameter)
            or (isinstance(node, exp.Parameter) and isinstance(node.this, exp.Parameter))
            or (isinstance(node, exp.MatchAgainst) and "@@" in sql and not node.expressions)
        ):
            raise _at("Variables of the server (@@name) are not available to a model.", node, sql)
        elif isinstance(node, exp.Placeholder) and node.args.get("widget"):
            raise _templating(sql, max(sql.find("{"), 0))
        elif isinstance(node, exp.Table):
            _check_table(node, sql, dialect)


def _check_table(node: exp.Table, sql: str, dialect: str) -> None:
    this = node.this
    if isinstance(this, exp.Literal) or (isinstance(this, exp.Identifier) and _is_string_token(this, sql)):
        raise _at("A file cannot be read by its name. Bundle the data with tables={...} and name it.", node, sql)
    if isinstance(this, exp.Anonymous) and str(this.name).lower() not in _TABLE_FUNCTIONS:
        raise _at(
            f"The table function {this.name!r} is not allowed. Bundle the data with tables={{...}}; allowed are "
            "unnest, range and generate_series.",
            node,
            sql,
        )


def _is_string_token(this: exp.Identifier, sql: str) -> bool:
    start = this.meta.get("start")
    return start is not None and sql[start : start + 1] == "'"


def _check_duplicates(tree: exp.Query, sql: str) -> None:
    seen: dict[str, exp.Expr] = {}
    for column in tree.selects:
        name = column.output_name
        if not name or is_star(column):
            continue
        if name.casefold() in seen:
            raise _at(f"Two outputs are called {name!r}. Give one of them another name with AS.", column, sql)
        seen[name.casefold()] = column


def _at(message: str, node: exp.Expr, sql: str) -> QueryError:
    where = span(node)
    return QueryError(message, sql, *((where[0], where[1] - where[0]) if where else (None, 1)))


def _templating(sql: str, offset: int) -> QueryError:
    return QueryError(
        "The query holds a template, which nobody renders here. Log a model of dbt's with "
        "mlflow_sql_flavor.from_dbt(project, model) or mlflow-sql log --dbt PROJECT MODEL; of anything else give the "
        "rendered text, and write a parameter as :name.",
        sql,
        offset,
        length=2,
    )


def _refuse_marks(sql: str) -> None:
    for mark in ("{{", "{%", "${"):
        if mark in sql:
            raise _templating(sql, sql.index(mark))


def _refuse_braces(sql: str, dialect: str, tokens: Sequence[Token]) -> None:
    """Refuses ``{name}``, ``= %s`` and ``= %(name)s``, which a Python program would have filled in."""
    for i, token in enumerate(tokens):
        found = None
        if token.token_type == TokenType.L_BRACE:
            found = _BRACES.match(sql, token.start)
        elif token.token_type == TokenType.MOD and i and tokens[i - 1].token_type in _BEFORE_VALUE:
            found = (_PERCENT if dialect in ("postgres", "redshift") else _PERCENTS).match(sql, token.start)
        if found:
            form = _OWN_FORM.get(dialect, ":name")
            raise QueryError(
                f"{found[0]!r} is filled in by nobody: write a parameter as {form}.", sql, token.start, len(found[0])
            )


#: The dialects whose engine has a form of its own.
_OWN_FORM = {"tsql": "@name", "bigquery": "@name", "clickhouse": "{name: Type}"}
_BRACES = re.compile(r"\{\w*\}")
_PERCENT = re.compile(r"%s\b")
_PERCENTS = re.compile(r"%s\b|%\(\w+\)s\b")
#: After these no operator stands between two values, so % is none.
_BEFORE_VALUE = {
    TokenType.EQ, TokenType.NEQ, TokenType.GT, TokenType.GTE, TokenType.LT, TokenType.LTE, TokenType.L_PAREN,
    TokenType.COMMA, TokenType.LIKE, TokenType.ILIKE, TokenType.AND, TokenType.OR, TokenType.BETWEEN, TokenType.LIMIT,
    TokenType.OFFSET,
}  # fmt: skip
