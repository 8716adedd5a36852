"""A DuckDB instance that can compute and nothing else.

The lock keeps files, the network, the environment and settings out of reach. It does not stop writes to the instance's
own catalog or a look at it: that is what `query_check` is for. Neither is enough alone.
"""

import contextlib
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LimitError, ModelFileError
from ..query.gate import grammar, packs
from ..query.gate.identifiers import fold
from ..query.gate.refused_functions import reaches_out
from .limits import Limits

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = [
    "Function", "TableSource", "open_instance", "own_names", "quote", "sentence", "tables_on_disk", "taken_names",
]  # fmt: skip

MAX_COLUMNS = MAX_NAME = 10_000
"""Most columns of a reference table; longest name of a table or column, in characters."""

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
# Work on a plan that few rows do not repay.
_FEW_ROWS = (
    "SET GLOBAL disabled_optimizers = 'statistics_propagation,common_subexpressions,common_subplan,column_lifetime,"
    "projection_pullup,projection_placement,join_filter_pushdown,aggregate_function_rewriter'"
)
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


#: Where instances that are opened keep their tables; None for memory.
_FOLDER: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextlib.contextmanager
def tables_on_disk(folder: Path) -> Iterator[None]:
    """Instances that are opened meanwhile have their reference tables in files, of which DuckDB reads what it needs.

    Args:
        folder: Of the files; they stay for as long as the instances.
    """
    before = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(before)


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
    few_rows: bool = False,
    stored: bool = False,
) -> "duckdb.DuckDBPyConnection":
    """A new in-memory DuckDB instance with a model's tables and functions, locked.

    Use one cursor of it per thread. Cursors inherit the lock; what a cursor registers is seen by that cursor alone.

    Args:
        limits: What its queries may take.
        settings: Semantics of a dialect, from `packs.SETTINGS_ALLOWED`.
        macros: ``CREATE MACRO`` statements of the package's own packs, never text of a model.
        tables: The reference tables by name.
        functions: The model's Python functions.
        few_rows: Whether it is for few rows alone: one thread, less planning.
        stored: Whether the model is a stored one, whose names DuckDB may have taken since: its own come first then.

    Raises:
        ModelFileError: A table cannot be read, or a setting is not allowed.
        InputError: A name clashes with one of DuckDB's or is not usable. Of a stored model: DuckDB's would come first.
        LimitError: The tables do not fit into ``memory_limit``.
    """
    import duckdb

    packs.check_settings(settings or {})
    config = {**_CONFIG, "max_memory": f"{limits.memory_limit}B", "threads": 1 if few_rows else limits.threads}
    folder = _FOLDER.get()
    place = ":memory:" if folder is None or few_rows or not tables else str(folder / f"{secrets.token_hex(8)}.duckdb")
    con = duckdb.connect(place, config=config)
    try:
        own = own_names(con, "table") if tables else frozenset()
        taken = set(taken_names(con, "table", stored=stored)) if tables else set()
        for name, source in (tables or {}).items():
            _new_name(name, taken, "table")
            if fold(name) in own:
                _check_table_comes_first(con, name)
            _load_table(con, name, source, limits)
        # The server's own time zone is no part of the model.
        for name, value in {"TimeZone": "UTC", **(settings or {})}.items():
            literal = str(value).lower() if isinstance(value, bool) else f"'{value}'"
            con.execute(f"SET GLOBAL {name} = {literal}")  # GLOBAL: cursors start from the instance's settings
        for macro in (_NO_USER, *macros):
            con.execute(macro)
        # Listing DuckDB's functions costs more than all the rest of opening: only where there are some to compare with.
        own = own_names(con, "function") if functions else frozenset()
        taken = set(taken_names(con, "function", stored=stored)) if functions else set()
        taken |= _macro_names(con) if functions and macros else set()
        for function in functions:
            _add_function(con, function, taken, own)
        if few_rows:
            con.execute(_FEW_ROWS)
        con.execute(f"SET GLOBAL max_execution_time = {max(1, round(limits.timeout_seconds * 1000))}")
        for statement in _LOCK:
            con.execute(statement)
    except BaseException:
        con.close()
        raise
    return con


_OWN = {
    "table": "SELECT DISTINCT view_name FROM duckdb_views() WHERE internal",
    "function": "SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal",
}
_known: dict[str, frozenset[str]] = {}


def own_names(con: "duckdb.DuckDBPyConnection", kind: str) -> frozenset[str]:
    """The views or the functions that DuckDB itself brings. The same for every instance, so asked once, when needed."""
    if kind not in _known:
        _known[kind] = frozenset(fold(name) for (name,) in con.execute(_OWN[kind]).fetchall())
    return _known[kind]


def taken_names(con: "duckdb.DuckDBPyConnection", kind: str, *, stored: bool) -> frozenset[str]:
    """The names that a model may not give to a table or a function of its own.

    At save, all of DuckDB's. What a later DuckDB has added does not close a stored model: its own come first
    (:func:`open_instance` makes sure of it). But functions on the package's list mean what the list says, and the gate
    itself reads queries by one of those that reach out.
    """
    own = own_names(con, kind)
    if not stored or not own:
        return own
    if kind == "table":
        return frozenset()
    listed = grammar.expression_functions() | grammar.allowed("window") | grammar.allowed("table")
    return frozenset(name for name in own if name in listed or name == "user" or reaches_out(name))


def _macro_names(con: "duckdb.DuckDBPyConnection") -> set[str]:
    rows = con.execute("SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal").fetchall()
    return {fold(name) for (name,) in rows}


def _new_name(name: str, taken: set[str], kind: str) -> None:
    quote(name)
    if fold(name) in taken:
        raise InputError(f"The {kind} {name[:80]!r} has a name that DuckDB or the model already uses: rename it.")
    taken.add(fold(name))


_OURS = "CAST(NULL AS ENUM('the model''s own'))"


def _comes_second(kind: str, name: str) -> InputError:
    return InputError(
        f"This DuckDB has a {kind} {name[:80]!r} of its own, which would come before the model's: load the model with "
        "the version of DuckDB it was saved with, or save it again with another name."
    )


def _check_table_comes_first(con: "duckdb.DuckDBPyConnection", name: str) -> None:
    import duckdb

    con.execute(f'CREATE TABLE main.{quote(name)} AS SELECT {_OURS} AS "the model\'s own"')
    try:
        con.execute(f'DESCRIBE SELECT "the model\'s own" FROM {quote(name)}')
    except duckdb.Error:
        raise _comes_second("table", name) from None
    con.execute(f"DROP TABLE main.{quote(name)}")


def _before_its_own(con: "duckdb.DuckDBPyConnection", function: Function, called: str) -> None:
    """A macro, which DuckDB finds before a function of its own, that calls the model's function by another name."""
    import duckdb

    name, arguments = quote(function.name), ", ".join(f"a{i}" for i in range(len(function.parameters)))
    try:
        con.execute(f"CREATE MACRO main.{name}({arguments}) AS {_OURS}")
        # Bound, not run. Bare, as in a query: some names DuckDB never looks up.
        nulls = ", ".join("NULL" for _ in function.parameters)
        ((_, kind, *_),) = con.execute(f"DESCRIBE SELECT {function.name}({nulls})").fetchall()
        ((ours, *_),) = con.execute(f"SELECT typeof({_OURS})").fetchall()
    except duckdb.Error:
        raise _comes_second("function", function.name) from None
    if kind != ours:
        raise _comes_second("function", function.name)
    con.execute(f"CREATE OR REPLACE MACRO main.{name}({arguments}) AS {quote(called)}({arguments})")


def _add_function(con: "duckdb.DuckDBPyConnection", function: Function, taken: set[str], own: Collection[str]) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", function.name):
        raise InputError(f"{function.name[:80]!r} cannot be a function's name: use letters, digits and underscores.")
    _new_name(function.name, taken, "function")
    clashes = fold(function.name) in own
    called = f"__model__{function.name}" if clashes else function.name
    if clashes:
        _new_name(called, taken, "function")
    con.create_function(
        called, function.function, list(function.parameters), function.returns, **dict(function.options or {})
    )
    if clashes:
        _before_its_own(con, function, called)


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
        raise ModelFileError(f"The reference table {name[:80]!r} cannot be read: {sentence(error)}") from None


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


def sentence(error: Exception) -> str:
    """The first line of an error of DuckDB's, without its kind."""
    return str(error).split("\n", 1)[0].split(": ", 1)[-1]
