"""A DuckDB instance that can compute and nothing else, and the check that a query must pass before it runs there.

The lock keeps files, the network, the environment and settings out of reach. It does not stop writes to the instance's
own catalog or a look at it: that is what `check` is for. Neither is enough alone.
"""

import contextlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LimitError, ModelFileError, QueryError, UnreadableError
from ..query.gate import calls, packs, policy
from ..query.gate.identifiers import fold
from ..query.gate.policy import Facts
from ..query.reading.recursion import TOO_DEEP
from ..query.reading.tree import loads
from .limits import ISOLATIONS, Limits, effective_limits, validate_limits
from .parse_limits import check_shape

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = [
    "ISOLATIONS",
    "Facts",
    "Function",
    "Limits",
    "TableSource",
    "check",
    "describe",
    "effective_limits",
    "judge",
    "open_instance",
    "parse_tree",
    "quote",
    "statement",
    "validate_limits",
]

MAX_COLUMNS = 10_000
"""Most columns of a reference table."""
MAX_NAME = 10_000
"""Longest name of a table or column, in characters."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "allow_persistent_secrets": False,
    "allow_unredacted_secrets": False,
    "allow_extension_repositories": "forbidden",
    "python_enable_replacements": False,
    "python_scan_all_frames": False,
    # DuckDB copies HTTP_PROXY from the environment, credentials included, into a setting that a query can read.
    "http_proxy": "",
    "http_proxy_username": "",
    "http_proxy_password": "",
    "secret_directory": "/nonexistent",
    "home_directory": "/nonexistent",
    "enable_external_file_cache": False,
    # Never spill. From the start: left alone it is `.tmp` in the server's working directory, used while tables load,
    # and once used it cannot be changed; nor can it once external access is off.
    "temp_directory": "",
    "max_temp_directory_size": "0B",
    "custom_user_agent": "mlflow_sql_flavor",
}
# Where no column is called so, DuckDB asks for a function of the name: this one comes before its own.
_NO_USER = "CREATE MACRO \"user\"() AS error('USER asks for the session, which a model may not see')"
_LOCK = ("SET enable_external_access = false", "SET lock_configuration = true")


@dataclass(frozen=True)
class TableSource:
    """Where a reference table comes from.

    Attributes:
        data: A Parquet file of the model, already checked to lie inside its folder; or an Arrow table.
        columns: The columns to keep, or None for all.
    """

    data: "Path | pa.Table"
    columns: Sequence[str] | None = None


@dataclass(frozen=True)
class Function:
    """A Python function for the query to call.

    Attributes:
        name: By which the query calls it.
        function: What runs.
        parameters: DuckDB types of its arguments.
        returns: DuckDB type of its result.
        options: Further arguments of DuckDB's ``create_function``.
    """

    name: str
    function: Any
    parameters: Sequence[str]
    returns: str
    options: Mapping[str, Any] | None = None


def quote(identifier: str) -> str:
    """An identifier as DuckDB reads it back, whatever it contains.

    Raises:
        InputError: It is no text, empty, longer than `MAX_NAME`, or holds a NUL.
    """
    if not isinstance(identifier, str) or not 0 < len(identifier) <= MAX_NAME or "\0" in identifier:
        raise InputError(f"A name of a table or column is empty, too long or not text: {repr(identifier)[:60]}.")
    return '"' + identifier.replace('"', '""') + '"'


def open_instance(
    *,
    limits: Limits,
    settings: Mapping[str, str | bool] | None = None,
    macros: Iterable[str] = (),
    tables: Mapping[str, TableSource] | None = None,
    functions: Iterable[Function] = (),
) -> "duckdb.DuckDBPyConnection":
    """A new in-memory DuckDB instance with a model's tables and functions, locked.

    Use one cursor of it per thread. Cursors inherit the lock; what a cursor registers is seen by that cursor alone.

    Args:
        limits: What its queries may take.
        settings: Semantics of a dialect, from `packs.SETTINGS_ALLOWED`.
        macros: ``CREATE MACRO`` statements of the package's own packs, never text of a model.
        tables: The reference tables by name.
        functions: The model's Python functions.

    Raises:
        ModelFileError: A table cannot be read, or a setting is not allowed.
        InputError: A name clashes with one of DuckDB's or is not usable.
        LimitError: The tables do not fit into ``memory_limit``.
    """
    import duckdb

    packs.check_settings(settings or {})
    config = {**_CONFIG, "max_memory": f"{limits.memory_limit}B", "threads": limits.threads}
    con = duckdb.connect(":memory:", config=config)
    try:
        taken = set(_own_names(con, "table")) if tables else set()
        for name, source in (tables or {}).items():
            _new_name(name, taken, "table")
            _load_table(con, name, source, limits)
        # The server's own time zone is no part of the model.
        for name, value in {"TimeZone": "UTC", **(settings or {})}.items():
            literal = str(value).lower() if isinstance(value, bool) else f"'{value}'"
            con.execute(f"SET GLOBAL {name} = {literal}")  # GLOBAL: cursors start from the instance's settings
        for macro in (_NO_USER, *macros):
            con.execute(macro)
        # Listing DuckDB's functions costs more than all the rest of opening: only where there are some to compare with.
        taken = {*_own_names(con, "function"), *(_macro_names(con) if macros else ())} if functions else set()
        for function in functions:
            _add_function(con, function, taken)
        con.execute(f"SET GLOBAL max_execution_time = {max(1, round(limits.timeout_seconds * 1000))}")
        for statement in _LOCK:
            con.execute(statement)
    except BaseException:
        con.close()
        raise
    return con


def check(
    con: "duckdb.DuckDBPyConnection", sql: str, *, tables: Collection[str], functions: Collection[str] = ()
) -> Facts:
    """Accept or refuse the SQL that DuckDB is about to run. Nothing of it runs here, and nothing is bound.

    Args:
        con: A connection of any instance; only its parser is used.
        sql: The SQL for DuckDB.
        tables: Names of the tables it may read, the input and the reference tables; as a mapping with the columns of
            each.
        functions: Names of the macros and Python functions that are installed for it.

    Raises:
        QueryError: It is not exactly one query, or it does something outside `policy`'s list; says what and where.
    """
    return judge(con, parse_tree(con, sql), sql, tables=tables, functions=functions)


def judge(
    con: "duckdb.DuckDBPyConnection",
    tree: dict[str, Any],
    sql: str,
    *,
    tables: Collection[str],
    functions: Collection[str] = (),
) -> Facts:
    """As :func:`check`, of a text that is parsed already.

    Args:
        con: A connection of any instance.
        tree: From :func:`parse_tree` of ``sql``.
        sql, tables, functions: As for :func:`check`.

    Raises:
        QueryError: As :func:`check`.
    """
    # A model's file names its tables, macros and functions: a name of DuckDB's own among them would open what is shut.
    for kind, names in (("table", tables), ("function", functions)):
        own = _own_names(con, kind) if names else frozenset()
        for name in names:
            if fold(name) in own:
                raise QueryError(
                    f"The {kind} {name[:80]!r} of the model has the name of one of DuckDB's own: rename it."
                )
    return policy.judge(tree, sql, tables=tables, functions=functions)


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
    calls.resolve(tree, sql)
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


_OWN = {
    "table": "SELECT DISTINCT view_name FROM duckdb_views() WHERE internal",
    "function": "SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal",
}
_known: dict[str, frozenset[str]] = {}


def _own_names(con: "duckdb.DuckDBPyConnection", kind: str) -> frozenset[str]:
    """The views or the functions that DuckDB itself brings. The same for every instance, so asked once, when needed."""
    if kind not in _known:
        _known[kind] = frozenset(fold(name) for (name,) in con.execute(_OWN[kind]).fetchall())
    return _known[kind]


def _macro_names(con: "duckdb.DuckDBPyConnection") -> set[str]:
    rows = con.execute("SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal").fetchall()
    return {fold(name) for (name,) in rows}


def _new_name(name: str, taken: set[str], kind: str) -> None:
    quote(name)
    if fold(name) in taken:
        raise InputError(f"The {kind} {name[:80]!r} has a name that DuckDB or the model already uses: rename it.")
    taken.add(fold(name))


def _add_function(con: "duckdb.DuckDBPyConnection", function: Function, taken: set[str]) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", function.name):
        raise InputError(f"{function.name[:80]!r} cannot be a function's name: use letters, digits and underscores.")
    _new_name(function.name, taken, "function")
    con.create_function(
        function.name, function.function, list(function.parameters), function.returns, **dict(function.options or {})
    )


def _load_table(con: "duckdb.DuckDBPyConnection", name: str, source: TableSource, limits: Limits) -> None:
    import duckdb

    columns = "*" if source.columns is None else ", ".join(map(quote, source.columns)) or "NULL AS _"
    try:
        if isinstance(source.data, Path):
            _check_parquet(name, source, limits)
            con.execute(
                f"CREATE TABLE main.{quote(name)} AS SELECT {columns} "
                "FROM read_parquet([$path], hive_partitioning = false, union_by_name = false, filename = false)",
                {"path": _literal_path(source.data)},
            )
        else:
            con.register("__source", source.data)
            try:
                con.execute(f"CREATE TABLE main.{quote(name)} AS SELECT {columns} FROM __source")
            finally:
                con.unregister("__source")
    except duckdb.OutOfMemoryException:
        raise LimitError(
            f"The reference table {name[:80]!r} does not fit into memory_limit = {limits.memory_limit:,} bytes: "
            "raise memory_limit (argument or MLFLOW_SQL_MEMORY_LIMIT), or bundle fewer rows and columns."
        ) from None
    except duckdb.Error as error:
        raise ModelFileError(f"The reference table {name[:80]!r} cannot be read: {_sentence(error)}") from None


def _check_parquet(name: str, source: TableSource, limits: Limits) -> None:
    """Believe nothing of a file's data before its own summary of it is within bounds.

    Only the columns the query uses count: no others are read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        meta = parquet.read_metadata(source.data)
        paths = [meta.schema.column(i).path for i in range(meta.num_columns)]
        groups = [meta.row_group(i) for i in range(meta.num_row_groups)]
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError) as error:
        raise ModelFileError(
            f"The reference table {name[:80]!r} is not a readable Parquet file ({type(error).__name__})."
        ) from None
    if meta.num_columns > MAX_COLUMNS:
        raise ModelFileError(
            f"The reference table {name[:80]!r} has {meta.num_columns:,} columns; at most {MAX_COLUMNS:,}."
        )
    # A nested column has several leaves: "column.list.element".
    used = None if source.columns is None else tuple(f"{column}.".casefold() for column in source.columns)
    leaves = [i for i, leaf in enumerate(paths) if used is None or f"{leaf}.".casefold().startswith(used)]
    size = sum(max(group.column(i).total_uncompressed_size, 0) for group in groups for i in leaves)
    if size > limits.memory_limit:
        raise LimitError(
            f"What the query uses of the reference table {name[:80]!r} is {size:,} bytes uncompressed, more than "
            f"memory_limit = {limits.memory_limit:,} bytes: raise memory_limit (argument or MLFLOW_SQL_MEMORY_LIMIT), "
            "or bundle less."
        )


def _literal_path(path: Path) -> str:
    # DuckDB reads a path as a pattern; a bracket around a wildcard takes its meaning away.
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path.absolute()))


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


def _sentence(error: Exception) -> str:
    return str(error).split("\n", 1)[0].split(": ", 1)[-1]


_CARET = re.compile(r"\n\nLINE (\d+): (.*)\n( *)\^(\^*)", re.DOTALL)


def _parse_error(error: Exception, sql: str) -> QueryError:
    """DuckDB's message as ours: its excerpt gives the line, and the caret the place in it."""
    if "Max expression depth" in str(error):
        return QueryError(TOO_DEEP)
    message = f"DuckDB cannot read the query: {_sentence(error).rstrip('.')}."
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
