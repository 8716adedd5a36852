"""A database as a deployment needs it: statements, names, what is there, and one unit of work."""

from __future__ import annotations

import contextlib
import functools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..engines.databases import drivers
from ..errors import InputError, RunError
from ..query.targets import literals, statements
from . import ddl
from .engines import engine_of, schema_name
from .target import Target, failing

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy.engine import Connection, Engine

    from ..engines.databases.connection import Connection as Driven

__all__ = ["ALWAYS_ZONED", "ZONED", "Made", "Server", "opened"]

#: One deployment at a time: what makes a second one wait, and what lets it go on where the transaction does not.
_LOCK = {
    "postgres": ("SELECT pg_advisory_xact_lock(7236837458293011)", None),
    "mysql": ("SELECT GET_LOCK('mlflow_sql_deployments', 60)", "SELECT RELEASE_LOCK('mlflow_sql_deployments')"),
}
#: Engines whose sessions have a time zone, in which a view counts the days and hours of moments: how it is set, and
#: zones far east and far west of UTC, each with a name of the engine's.
ZONED = {
    "postgres": ("SET TimeZone = '{}'", "UTC", ("Etc/GMT-13", "Etc/GMT+11")),
    "duckdb": ("SET TimeZone = '{}'", "UTC", ("Etc/GMT-13", "Etc/GMT+11")),
    "mysql": ("SET time_zone = '{}'", "+00:00", ("+13:00", "-11:00")),
    "clickhouse": ("SET session_timezone = '{}'", "UTC", ("Etc/GMT-13", "Etc/GMT+11")),
}
#: Those of them in which moments without a zone may be read in the session's too.
ALWAYS_ZONED = {"mysql", "clickhouse"}
#: Whether names of tables that differ by capitals alone are one; in SQL Server by the database's collation:
#: https://dev.mysql.com/doc/refman/8.4/en/identifier-case-sensitivity.html,
#: https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers
_CASE = {"mysql": "SELECT @@lower_case_table_names", "tsql": "SELECT CASE WHEN 'a' = 'A' THEN 1 ELSE 0 END"}
#: What literals rest on; and no bar of progress in what a command prints.
_SESSION = {
    "postgres": ["SET standard_conforming_strings = on"],
    "duckdb": ["SET enable_progress_bar = false"],
}


@dataclass(frozen=True)
class Made:
    """An object of the database that a deployment made.

    Attributes:
        kind: ``table``, ``view`` or ``function``.
        schema: Where; None for the connection's own schema.
        name: Its name.
        arguments: Types of a function's arguments, which are part of its name in some engines.
        proof: What the engine says of it and of no other one of that name, as JSON; empty if that was not asked.
    """

    kind: str
    schema: str | None
    name: str
    arguments: str = ""
    proof: str = field(default="", compare=False)

    def named(self, name: str) -> Made:
        """The same under another name."""
        return replace(self, name=name)


class Server:
    """A connection with which deployments are made.

    Args:
        target: Where.
        connection: SQLAlchemy's.
    """

    def __init__(self, target: Target, connection: Connection) -> None:
        self.target, self.connection, self.dialect = target, connection, target.dialect
        self.transactional = engine_of(self.dialect).transactional
        self._made: list[Made] = []
        self.token, self._used = secrets.token_hex(4), set[str]()
        self._prepare = connection.dialect.identifier_preparer
        from sqlalchemy import inspect

        with failing(target, "look at the connection"):
            self._inspector = inspect(connection)
            self.schema: str | None = self._inspector.default_schema_name

    # names

    def quoted(self, *parts: str | None) -> str:
        """A name as the engine reads it."""
        return ".".join(_once(self._prepare.quote, part) for part in parts if part is not None)

    def exact(self, name: str) -> str:
        """A name that is not folded, as the engine reads it."""
        return _once(self._prepare.quote_identifier, name)

    def stored(self, *parts: str | None) -> tuple[str, ...]:
        """A name's parts as the engine keeps them; where it folds, one of small letters alone stands for capitals."""
        dialect = self.connection.dialect
        fold = dialect.denormalize_name if getattr(dialect, "requires_name_normalize", False) else str
        return tuple(str(fold(part)) for part in parts if part is not None)

    def same(self, name: str) -> str:
        """The name, alike for all spellings by which the engine finds the same table."""
        return name.casefold() if engine_of(self.dialect).any_case or self._asked_case else name

    @functools.cached_property
    def _asked_case(self) -> bool:
        """Whether capitals do not count, where that is a matter of the server's or the database's settings."""
        asked = _CASE.get(self.dialect)
        found = self.rows(asked, "ask how names are compared")[1] if asked else []
        return bool(found and found[0][0])

    def fresh(self, *words: str) -> str:
        """A name that nothing has, within the length of the engine's names; all of one call end in its token."""
        whole, number, name = "__".join(words), 1, ""
        while not name or name in self._used:
            end = f"__{self.token}" if number == 1 else f"_{number}__{self.token}"
            name = whole.encode()[: self._longest() - len(end)].decode(errors="ignore") + end
            number += 1
        self._used.add(name)
        return name

    def check_name(self, name: Any) -> None:
        """Refuses what the engine would cut off, and what is no name.

        Raises:
            InputError: Too long, empty, or with characters that no name has.
        """
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise InputError("A deployment's name is the name of a view: some text of characters that are seen.")
        if len(name.encode()) > self._longest():
            raise InputError(
                f"The name of the deployment is {len(name.encode())} bytes long, and this engine keeps "
                f"{self._longest()}: take a shorter one."
            )

    def _longest(self) -> int:
        most = 64 if self.dialect == "mysql" else 127  # SQLAlchemy has the length of MySQL's aliases
        return min(int(self.connection.dialect.max_identifier_length or most), most)

    # time zones

    def use_utc(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        """Counts days and hours in UTC as the model does, for a query with moments that have a zone.

        Args:
            tables: ``{table: {column: DuckDB type}}``.
        """
        if self.dialect in ZONED:
            self.set_zone(ZONED[self.dialect][1])
        elif self.dialect == "databricks":  # whose views keep the settings under which they were made, as Spark's do
            self.run("SET TIME ZONE 'UTC'", "set the session's time zone")

    def set_zone(self, zone: str) -> None:
        """Sets the session's time zone, by a name that :data:`ZONED` has."""
        self.run(ZONED[self.dialect][0].format(zone), "set the session's time zone")

    # what is there

    def has_schema(self, schema: str) -> bool:
        """Whether there is such a schema."""
        with failing(self.target, "list its schemas"):
            if schema == self.schema:
                return True
            names = self._fresh().get_schema_names()
        if self.dialect == "duckdb":  # whose are a database and a schema, quoted where they need it
            names = [statements.name_of_table(name, self.dialect)[-1] for name in names]
        return any(name == schema or name.endswith(f".{schema}") for name in names)

    def has(self, name: str, schema: str | None) -> bool:
        """Whether there is a table or a view of that name."""
        with failing(self.target, "list its tables"):
            seen, within = self._fresh(), schema_name(self.dialect, schema)
            if seen.has_table(name, schema=within):
                return True
            return self.same(name) in map(self.same, seen.get_view_names(schema=within))

    def resolved(self, parts: Sequence[str]) -> tuple[str, ...]:
        """A table's name with the schema in which the connection finds it, where it is said without one."""
        if len(parts) != 1:
            return tuple(parts)
        if self.dialect == "postgres":  # a path of schemas: the first that has it
            name = literals.literal(self.exact(parts[0]), self.dialect)
            sql = (
                "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                f"WHERE c.oid = to_regclass({name})"
            )
            found = self.rows(sql, f"look for the table {parts[0]!r}")[1]
            if found:
                return (str(found[0][0]), parts[0])
        own = self.stored(self.schema)
        if not own and self.dialect == "clickhouse":
            own = (str(self.rows("SELECT currentDatabase()")[1][0][0]),)
        return (*own, parts[0]) if own and self.columns((*own, parts[0])) is not None else tuple(parts)

    def columns(self, parts: Sequence[str]) -> dict[str, str] | None:
        """``{column: the engine's type}`` of a table or view, an empty text for a type without a word; None if there is
        none of that name."""
        from sqlalchemy.exc import NoSuchTableError

        if self.dialect == "clickhouse":  # whose drivers do not look into a named database alike
            name, *rest = (literals.literal(part, self.dialect) for part in reversed(parts))
            of = rest[0] if rest else "currentDatabase()"
            sql = f"SELECT name, type FROM system.columns WHERE database = {of} AND table = {name} ORDER BY position"
            return {str(row[0]): str(row[1]) for row in self.rows(sql, "describe a table")[1]} or None
        dialect = self.connection.dialect
        fold = dialect.normalize_name if getattr(dialect, "requires_name_normalize", False) else str
        *schema, name = (str(fold(part)) for part in parts)
        with failing(self.target, f"describe the table {name!r}"):
            try:
                found = self._fresh().get_columns(name, schema=schema_name(self.dialect, *schema))
            except NoSuchTableError:
                return None
        named = dialect.denormalize_name if fold is not str else str
        return {named(column["name"]): self._type(column["type"]) for column in found} or None

    def _type(self, kind: Any) -> str:
        from sqlalchemy.exc import CompileError

        try:
            return str(kind.compile(dialect=self.connection.dialect))
        except (CompileError, AttributeError):
            return ""

    def _fresh(self) -> Any:
        self._inspector.clear_cache()
        return self._inspector

    def named(self, schema: str | None, ending: str) -> list[Made]:
        """The tables and views of a schema whose names end so, the views first."""
        if self.dialect == "clickhouse":
            of = literals.literal(schema, self.dialect) if schema else "currentDatabase()"
            sql = f"SELECT name, engine = 'View' FROM system.tables WHERE database = {of}"
            found = [(str(row[0]), bool(row[1])) for row in self.rows(sql, "list its tables")[1]]
        else:
            with failing(self.target, "list its tables"):
                seen, within = self._fresh(), schema_name(self.dialect, schema)
                found = [(name, True) for name in seen.get_view_names(schema=within)]
                found += [(name, False) for name in seen.get_table_names(schema=within) if (name, True) not in found]
        return [
            Made("view" if view else "table", schema, name)
            for name, view in sorted(found, key=lambda each: not each[1])
            if name.endswith(ending)
        ]

    @property
    def waits(self) -> bool:
        """Whether a second call waits for a first one, so that what the first has begun it has not left."""
        return self.dialect in _LOCK

    def described(self, made: Made) -> Sequence[Any] | None:
        """``(number, words, definition)`` of an object, where they are no answer of a query."""
        return None

    @contextlib.contextmanager
    def plain_path(self) -> Iterator[None]:
        """PostgreSQL writes the names in a view's definition as the path of schemas of who asks has them."""
        if self.dialect != "postgres":
            yield
            return
        ((path,),) = self.rows("SELECT current_setting('search_path')")[1]
        self.run("SELECT set_config('search_path', 'pg_catalog', true)")
        try:
            yield
        finally:
            with contextlib.suppress(RunError):  # of a statement that failed, which ends the transaction
                self.run(f"SELECT set_config('search_path', {literals.literal(path, self.dialect)}, true)")

    # statements

    def run(self, sql: str, what: str = "run a statement") -> None:
        """A statement as it stands: nothing in it is a parameter."""
        with failing(self.target, what):
            self._execute(sql).close()

    def _execute(self, sql: str) -> Any:
        if self.connection.dialect.name == "clickhousedb":  # its driver reads %% as % without parameters too
            sql = sql.replace("%", "%%")
        return self.connection.exec_driver_sql(sql, execution_options={"no_parameters": True})

    def rows(self, sql: str, what: str = "answer a query") -> tuple[list[str], list[Any]]:
        """Names of the columns and rows of a query as it stands."""
        with failing(self.target, what):
            result = self._execute(sql)
            return list(map(str, result.keys())), [tuple(row) for row in result.fetchall()]

    def answer(self, sql: str, outputs: Mapping[str, str], *, named: bool = True) -> pa.Table:
        """The answer of a query as it stands, in a model's types.

        Args:
            sql: The query.
            outputs: ``{column: DuckDB type}``.
            named: Whether the engine has to name the columns as the model does.

        Raises:
            InputError: It names them otherwise.
            RunError: The engine refused the query, or a value is not of the model's type.
        """
        import pyarrow as pa

        from ..engines.databases.results import as_model, output_schema

        names, rows = self.rows(sql)
        if named:
            self._check_names(names, outputs)
        wanted = output_schema(outputs)
        return pa.Table.from_batches(list(as_model([rows], wanted)) if rows else [], schema=wanted)

    def _check_names(self, names: Sequence[str], outputs: Mapping[str, str]) -> None:
        if [name.casefold() for name in names] != [name.casefold() for name in outputs]:
            raise InputError(
                f"The engine names the columns {', '.join(names)} where the model has {', '.join(outputs)}: "
                "give each column of the query a name by AS."
            )

    @property
    def lists(self) -> bool:
        """Whether a list is a value of the engine's; else its items stand one by one."""
        return self.values().lists

    @property
    def driver(self) -> str:
        """SQLAlchemy's name of the driver."""
        return str(self.connection.dialect.driver)

    def values(self) -> Driven:
        """The connection as ``run_on`` has it, for statements with values and for temporary tables."""
        return drivers.connect(self.connection, self.dialect)

    # a unit of work

    def keep(self, made: Made) -> Made:
        """Notes an object that is to go again should the work fail."""
        self._made.append(made)
        return made

    def drop(self, made: Made) -> None:
        """Takes an object away."""
        name = self.quoted(made.schema, made.name)
        self.run(ddl.drop(made.kind, self.dialect, name, made.arguments), f"drop {made.name!r}")
        if made in self._made:
            self._made.remove(made)

    def undo(self) -> list[Made]:
        """Takes away all that :meth:`keep` noted, the newest first; gives what would not go."""
        left = []
        for made in reversed(self._made[:]):
            try:
                self.drop(made)
            except Exception:
                left.append(made)
        self._made.clear()
        return left

    def left(self, made: Sequence[Made]) -> str:
        """What is said of objects that would not go."""
        names = ", ".join(f"{each.kind} {self.quoted(each.schema, each.name)}" for each in made)
        return f"These could not be dropped again: {names}."

    def done(self) -> None:
        """What was made stays."""
        self._made.clear()


def _once(quote: Callable[[str], str], name: str) -> str:
    """A quoted name in which % stands once: some dialects write it twice, for statements with parameters."""
    text = str(quote(name))
    return text.replace("%%", "%") if "%%" in quote("%") else text


@contextlib.contextmanager
def opened(target: Target, engine: Engine, *, changes: bool = False) -> Iterator[Server]:
    """A connection for one call; where the engine has transactions over all statements it is one of them.

    Args:
        target: Where.
        engine: Of the target.
        changes: Whether deployments are changed, which one call does at a time.
    """
    from sqlalchemy.exc import ArgumentError

    dialect = target.dialect
    with failing(target, "connect"):
        connection = engine.connect()
    lock, unlock = _LOCK.get(dialect, (None, None)) if changes else (None, None)
    try:
        if not engine_of(dialect).transactional:
            with contextlib.suppress(NotImplementedError, ArgumentError):  # a driver without transactions
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        if dialect == "sqlite":
            with failing(target, "begin a transaction"):
                _own_transactions(connection, changes)
        server = Server(target, connection)
        for statement in _SESSION.get(dialect, []):
            server.run(statement, "set the session up")
        if lock:
            (answer,) = server.rows(lock, "wait for another deployment")[1]
            if dialect == "mysql" and answer[0] != 1:
                unlock = None
                raise RunError("Another deployment has been at work for long: try again when it is done.")
        try:
            yield server
            with failing(target, "commit"):
                connection.commit()
            server.done()
        except BaseException as error:
            left = _taken_back(server, connection)
            if left:
                error.add_note(server.left(left))
            raise
        finally:
            if unlock:
                with contextlib.suppress(Exception):
                    server.run(unlock)
    finally:
        with contextlib.suppress(Exception):
            connection.close()
        if target.url is not None and target.url.database not in (None, "", ":memory:"):
            engine.dispose()  # files of SQLite and DuckDB are let go


def _taken_back(server: Server, connection: Connection) -> list[Made]:
    if server.transactional:
        with contextlib.suppress(Exception):  # a connection that is lost has taken it back
            connection.rollback()
        return []
    return server.undo()


def _own_transactions(connection: Connection, changes: bool) -> None:
    """SQLite's driver would begin no transaction before CREATE and DROP, which are to be part of one.

    https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite-serializable
    """
    driver: Any = connection.connection.driver_connection
    driver.isolation_level = None
    connection.exec_driver_sql("BEGIN IMMEDIATE" if changes else "BEGIN")
