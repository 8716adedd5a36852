"""The check that a query must pass before it runs in the sandbox, on DuckDB's own parse; what it gives, by binding."""

import contextlib
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import QueryError, UnreadableError
from ..query.gate import call_resolution, policy
from ..query.gate.identifiers import fold
from ..query.gate.policy import Facts
from ..query.reading.duckdb_tree import dumps, loads
from ..query.reading.recursion import TOO_DEEP
from .parse_limits import check_shape
from .sandbox import sentence, taken_names

if TYPE_CHECKING:
    import duckdb

__all__ = ["check", "describe", "judge", "parse_tree", "statement", "text_of"]


def check(
    con: "duckdb.DuckDBPyConnection",
    sql: str,
    *,
    tables: Collection[str],
    functions: Collection[str] = (),
    stored: bool = False,
) -> Facts:
    """Accept or refuse the SQL that DuckDB is about to run. Nothing of it runs here, and nothing is bound.

    Args:
        con: A connection of any instance; only its parser is used.
        sql: The SQL for DuckDB.
        tables: Names of the tables it may read, the input and the reference tables; as a mapping with the columns of
            each.
        functions: Names of the macros and Python functions that are installed for it.
        stored: Whether it is a stored model's, run where its own names come first (``sandbox.open_instance``).

    Raises:
        QueryError: It is not exactly one query, or it does something outside `policy`'s list; says what and where.
    """
    return judge(con, parse_tree(con, sql), sql, tables=tables, functions=functions, stored=stored)


def judge(
    con: "duckdb.DuckDBPyConnection",
    tree: dict[str, Any],
    sql: str,
    *,
    tables: Collection[str],
    functions: Collection[str] = (),
    stored: bool = False,
) -> Facts:
    """As :func:`check`, of a text that is parsed already.

    Args:
        con: A connection of any instance.
        tree: From :func:`parse_tree` of ``sql``.
        sql, tables, functions, stored: As for :func:`check`.

    Raises:
        QueryError: As :func:`check`.
    """
    # A model's file names its tables, macros and functions: a name of DuckDB's own among them would open what is shut.
    for kind, names in (("table", tables), ("function", functions)):
        taken = taken_names(con, kind, stored=stored) if names else frozenset()
        for name in names:
            if fold(name) in taken:
                raise QueryError(
                    f"The {kind} {name[:80]!r} of the model has the name of one of DuckDB's own: rename it."
                )
    return policy.judge(tree, sql, tables=tables, functions=functions)


def text_of(con: "duckdb.DuckDBPyConnection", statement: Mapping[str, Any]) -> str:
    """The SQL of a statement of :func:`parse_tree`, as DuckDB writes it."""
    tree = dumps({"error": False, "statements": [statement]})
    row = con.execute("SELECT json_deserialize_sql($tree::JSON)", {"tree": tree}).fetchone()
    return str(row[0]) if row else ""


def parse_tree(con: "duckdb.DuckDBPyConnection", sql: str) -> dict[str, Any]:
    """DuckDB's own parse of one query (default values left out), its calls resolved, before any other judgement.

    Raises:
        QueryError: It does not parse, or is not exactly one query.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise QueryError("The query is empty.")
    if len(sql) > policy.MAX_QUERY_CHARS:
        raise QueryError(f"The query has {len(sql):,} characters; the most is {policy.MAX_QUERY_CHARS:,}.")
    if "\0" in sql or not _encodable(sql):
        raise QueryError("The query contains a character that is not text (NUL or half of a surrogate pair).")
    check_shape(sql)
    row = con.execute(
        "SELECT json_serialize_sql($sql, skip_default := true, skip_null := true, skip_empty := true)", {"sql": sql}
    ).fetchone()
    tree = loads(row[0]) if row else {}
    if tree.get("error") is not False:
        raise _not_a_query(con, sql)
    if len(tree["statements"]) != 1:
        raise QueryError(f"A model is exactly one query; this text has {len(tree['statements'])} statements.", sql)
    call_resolution.resolve(tree, sql)
    return tree


def statement(con: "duckdb.DuckDBPyConnection", sql: str) -> "duckdb.Statement":
    """The one query of a text that passed `check`, parsed, to be run on any cursor as often as needed.

    Raises:
        QueryError: It is not exactly one query.
    """
    import duckdb

    try:
        statements = con.extract_statements(sql)
        if len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT:
            return statements[0]
    except (duckdb.Error, ValueError):
        pass
    raise _not_a_query(con, sql)


def describe(
    con: "duckdb.DuckDBPyConnection", sql: str, params: Mapping[str, Any] | None = None
) -> list[tuple[str, str]]:
    """The output columns of a checked query, by DuckDB's own binding: (name, DuckDB type). The query does not run.

    Args:
        con: A connection that has the query's tables, and an input of the right types.
        sql: SQL that passed `check`.
        params: A value for each placeholder, of its type.

    Raises:
        QueryError: It would change something.
        duckdb.Error: It does not bind.
    """
    import duckdb

    values = dict(params or {})
    # DuckDB's binder tells whether something is written, should a write ever pass `policy`; a READ ONLY transaction
    # around every call makes each 1.2 times as long. Not a public method, so DuckDB may take it away.
    bind = getattr(con, "_bind", None)
    with contextlib.suppress(duckdb.Error):  # of the two, the errors of DESCRIBE say where
        if bind is not None:
            names, types, _, _, deferred, writes = bind(sql, with_writes=True, values=values or None)
            if writes:
                raise QueryError("The query changes data, and a model may only read: remove what writes.", sql)
            if not deferred:
                return [(name, str(kind)) for name, kind in zip(names, types, strict=True)]
    rows = con.execute(f"DESCRIBE {sql}", values).fetchall()
    return [(row[0], row[1]) for row in rows]


def _encodable(sql: str) -> bool:
    try:
        sql.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _not_a_query(con: "duckdb.DuckDBPyConnection", sql: str) -> QueryError:
    import duckdb

    try:
        statements = con.extract_statements(sql)
        names = [statement.type.name for statement in statements]
    except duckdb.Error as error:
        return _parse_error(error, sql)
    except ValueError:  # a kind of statement that the Python binding has no name for
        names = ["unknown"]
    if len(names) != 1:
        return QueryError(f"A model is exactly one query; this text has {len(names)} statements.", sql)
    if names[0] == "MULTI":
        return QueryError("PIVOT needs its values written out, as in IN ('a', 'b'): columns must not depend on data.")
    return QueryError(f"Only a query (SELECT, VALUES, FROM, WITH) can be a model; this is {names[0]}.", sql)


_CARET = re.compile(r"\n\nLINE (\d+): (.*)\n( *)\^(\^*)", re.DOTALL)


def _parse_error(error: Exception, sql: str) -> QueryError:
    """DuckDB's message as ours: its excerpt gives the line, and the caret the place in it."""
    if "Max expression depth" in str(error):
        return QueryError(TOO_DEEP)
    message = f"DuckDB cannot read the query: {sentence(error).rstrip('.')}."
    match = _CARET.search(str(error))
    if match is None:
        return UnreadableError(message, sql)
    number, excerpt = int(match[1]), match[2]
    column = len(match[3]) - len(f"LINE {number}: ")
    lines = sql.split("\n")
    if not 0 < number <= len(lines) or column < 0:
        return UnreadableError(message, sql)
    line = lines[number - 1]
    if excerpt.startswith("..."):
        begin = line.find(excerpt[3:].removesuffix("..."))
        if begin < 0:
            return UnreadableError(message, sql)
        column += begin - 3
    return UnreadableError(message, sql, sum(len(text) + 1 for text in lines[: number - 1]) + column, 1 + len(match[4]))
