"""A model as objects of a database: its tables, and its query over an input as a view, a function or a table."""

from __future__ import annotations

import contextlib
import decimal
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..compile.source_query import stored_query
from ..engines.databases.results import typed
from ..errors import InputError, RunError, did_you_mean
from ..model import definition_of
from ..query.reading.qualified_names import split_name
from ..query.targets import literals, statements
from ..query.targets.columns import as_type, column_of_table, kept_as, misfits, shown_in_a_zone, subquery
from ..query.targets.sqlserver import as_body
from . import bulk, ddl
from .engines import FUNCTIONS, engine_of
from .server import ALWAYS_ZONED, Made, Server
from .settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from ..model import SQLModel

__all__ = ["Build"]


def _exact(params: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Decimals, for which JSON has texts, as numbers."""
    decimals = {name.casefold() for name, kind in types.items() if kind.startswith("DECIMAL")}

    def number(given: Any) -> Any:
        if isinstance(given, (list, tuple)):
            return [number(each) for each in given]
        try:
            return decimal.Decimal(given) if isinstance(given, str) else given
        except decimal.InvalidOperation:
            return given

    return {name: number(given) if name.casefold() in decimals else given for name, given in params.items()}


def _column_of(column: str, there: list[str], what: str) -> str:
    """The column of a table that a query's name means: the one of that spelling, else the only one of those letters.

    Raises:
        InputError: There is none, or there are several.
    """
    if column in there:
        return column
    alike = [name for name in there if name.casefold() == column.casefold()]
    if len(alike) == 1:
        return alike[0]
    said = f" It has {' and '.join(map(repr, alike))}." if alike else did_you_mean(column, there)
    raise InputError(f"{what} lacks column {column!r}.{said}")


class Build:
    """One model on its way into one database.

    Args:
        server: The connection.
        model: The model.
        settings: Where it goes, and with what.
        name: The deployment's name.

    Raises:
        InputError: The model or the settings do not fit the database, or each other.
        QueryError: The query has no faithful form in the engine's dialect.
    """

    def __init__(self, server: Server, model: SQLModel, settings: Settings, name: str) -> None:
        if model.udfs:
            raise InputError(
                f"The query calls Python functions ({', '.join(model.udfs)}), which a database cannot call: write "
                "them in SQL."
            )
        self.server, self.settings, self.name = server, settings, name
        self.schema = settings.schema or server.schema
        self._values: dict[str, Mapping[str, str]] = {}  # of tables of others, whose further columns are not read
        self._spelling: dict[str, dict[str, str]] = {}  # of their columns, by the names that the query reads
        self._zoned: dict[str, set[str]] = {}  # columns whose moments are read in the session's zone
        self._definition = definition_of(model)
        self.query = stored_query(self._definition)
        self.values = self.query.parameters.values(_exact(settings.params, self.query.parameters.types))
        self._check_kind()
        self.input_table = self._definition.input_table if self._definition.input_table in self.query.types else None
        self.made: list[Made] = []
        self.mark = f"mlflow-sql-flavor {secrets.token_hex(8)}"
        self._names: dict[str, Sequence[str]] = {}
        self._parsed = self.query.parsed

    @property
    def zoned(self) -> bool:
        """Whether moments with a time zone are read, made or asked for."""
        kinds = [kind for types in self.query.types.values() for kind in types.values()]
        kinds += [*self.query.outputs.values(), *self.query.parameters.types.values()]
        if self.server.dialect in ALWAYS_ZONED and any(kind.startswith("TIMESTAMP") for kind in kinds):
            return True
        return any("TIME ZONE" in kind for kind in kinds) or "timestamptz" in self._parsed.sql.casefold()

    def _check_kind(self) -> None:
        kind, dialect = self.settings.kind, self.server.dialect
        if dialect == "duckdb" != self.query.parsed.dialect:
            raise InputError(
                f"DuckDB gives the rows of {self.query.parsed.dialect} under settings of the session, which a view "
                "does not bring: write the query in DuckDB's dialect, or use run_on."
            )
        if kind == "table" and self.query.rows != "independent":
            raise InputError(
                f"A model whose rows are {self.query.rows!r} is no table: each of its rows may change with any row of "
                "the input. Deploy it as a view."
            )
        if kind != "function":
            return
        if dialect not in FUNCTIONS:
            raise InputError(
                f"{dialect} has no functions that give tables: deploy a view, or on one of "
                f"{', '.join(sorted(FUNCTIONS))}."
            )
        if engine_of(dialect).bare:
            columns = {name.casefold() for types in self.query.types.values() for name in types}
            for name in self.values:
                if name.casefold() in columns:
                    raise InputError(
                        f"Parameter {name!r} has the name of a column, which {dialect} would read instead of the "
                        "function's argument: rename the parameter in the query."
                    )

    # tables

    def check_input(self) -> tuple[str, ...] | None:
        """The parts of the input's name, its columns looked at; None if the query reads no input.

        Raises:
            InputError: It is not said, not there, or lacks a column.
        """
        if self.input_table is None:
            return None
        given: Any = self.settings.input
        if given is None:
            own = split_name(self.input_table, self._definition.dialect)
            if len(own) == 1:
                raise InputError("The query reads its input: name its table in the database, as -C input=schema.table.")
            given = own
        parts = self._found(given, self.input_table, "The input")
        if self.settings.input is not None:
            self.settings = replace(self.settings, input=statements.spelled(parts, self.server.dialect))
        return parts

    def _found(self, given: Any, table: str, what: str) -> tuple[str, ...]:
        """The parts of a table's full name, and how its columns are read as the model's types."""
        dialect = self.server.dialect
        said = statements.name_of_table(given, dialect)
        parts, shown = self.server.resolved(said), ".".join(said)
        myself = self.server.resolved(self.server.stored(self.schema, self.name))
        if [*map(self.server.same, parts)] == [*map(self.server.same, myself)]:
            raise InputError(f"{self.name!r} cannot read itself: name another table.")
        there = self.server.columns(parts)
        if there is None:
            raise InputError(f"{what} {shown!r} is not there, or may not be read: name a table of the database.")
        values, spelling, zoned = {}, {}, set()
        for column, kind in self.columns_of(table).items():
            own = spelling[column] = _column_of(column, list(there), f"{what} {shown!r}")
            have = there[own]
            read = as_type(column_of_table(own, dialect), have, kind, dialect)
            if shown_in_a_zone(have, kind, dialect):
                zoned.add(own)
                have = f"{have}, which is read in the session's time zone," if read is None else have
            if read is None:
                raise InputError(
                    f"{what} {shown!r} has column {column!r} of type {have} and the model reads {kind}: name a view "
                    "that casts it, so that it is you who says what becomes of values that do not fit."
                )
            values[column] = read
        self._spelling[table], self._zoned[table] = spelling, zoned
        self._check_stored(parts, self.columns_of(table), what)
        self._values[table] = values
        return parts

    def _check_stored(self, parts: Sequence[str], columns: Mapping[str, str], what: str) -> None:
        """Refuses values of other types than their column has, where an engine lets a column have such."""
        for sql, names in misfits(parts, columns, self.server.dialect):
            for row in self.server.rows(sql, f"look at the values of {parts[-1]!r}")[1]:
                for name, found in zip(names, row, strict=True):
                    kept = kept_as(columns[name])
                    if kept and found not in kept:
                        raise InputError(
                            f"{what} {'.'.join(parts)!r} has a value of type {found} in column {name!r} and the model "
                            f"reads {columns[name]}: mend the value, or name a view that casts the column."
                        )

    def columns_of(self, table: str) -> dict[str, str]:
        """``{column: DuckDB type}`` of a table, under the names of the table that is there, else those by which the
        query finds them in the engine."""
        types = self.query.types[table]
        names = statements.column_names(list(types), self.query.parsed, self.server.dialect)
        there = self._spelling.get(table, {})
        return {there.get(names[column], names[column]): kind for column, kind in types.items()}

    def references(self) -> None:
        """Makes and fills the reference tables that are not there under a name the settings give."""
        given = self._definition.by_name(self.settings.tables)
        known = dict(given)
        for table in self.query.types:
            if table == self.input_table:
                continue
            if table in given:
                parts = self._found(given[table], table, f"The table given for {table!r},")
                self._check_keys(table, parts)
                self._names[table] = parts
                known[table] = statements.spelled(parts, self.server.dialect)
                continue
            made = self.own_table(table)
            self.made.append(made)
            self._names[table] = self.server.stored(self.schema, made.name)
        self.settings = replace(self.settings, tables=known)

    def places(self, source: Sequence[str] | None) -> dict[str, Sequence[str]]:
        """The parts of the names of all tables that are read, by the model's; of the input ``source``."""
        return self._names if self.input_table is None or source is None else {**self._names, self.input_table: source}

    @contextlib.contextmanager
    def own_rows(self) -> Iterator[None]:
        """Until the end every reference table has the model's own rows, those too that the settings name there."""
        names, scratch = dict(self._names), []
        for table in self._definition.by_name(self.settings.tables):
            if table in self._names:
                scratch.append(self.own_table(table))
                self._names[table] = self.server.stored(self.schema, scratch[-1].name)
        yield
        for made in scratch:
            self.server.drop(made)
        self._names = names

    def own_table(self, table: str) -> Made:
        """Makes a reference table of the model's own rows."""
        name = self.server.fresh(self.name, split_name(table, self._definition.dialect)[-1])
        rows = bulk.batches(self._definition.table(table), list(self.query.types[table]))
        return self.table(name, self.columns_of(table), rows)

    def _check_keys(self, table: str, parts: Sequence[str]) -> None:
        for columns in self.query.claims.get(table, []):
            folded = statements.column_names(columns, self.query.parsed, self.server.dialect)
            own = [self._spelling[table][folded[column]] for column in columns]
            sql = statements.repeated(parts, own, self.server.dialect)
            if self.server.rows(sql)[1]:
                raise InputError(
                    f"The table given for {table!r} repeats values of {', '.join(columns)}, which were unique when the "
                    "model was saved: its rows would be matched more than once. Remove the repeats."
                )

    def input_rows(self, name: str, rows: Any) -> Made:
        """Makes a table like the input of other rows.

        Args:
            name: Its name.
            rows: Record batches of the input's columns.
        """
        table = self.input_table or ""
        return self.table(name, self.columns_of(table), rows, self._zoned.get(table, ()))

    def table(self, name: str, columns: Mapping[str, str], rows: Any, zoned: Collection[str] = ()) -> Made:
        """Makes a table and fills it.

        Args:
            name: Its name.
            columns: ``{column: DuckDB type}``.
            rows: Record batches of the same columns.
            zoned: Columns that are to have MySQL's type of moments that are read in the session's zone.
        """
        self.server.run(self._create_table(name, columns, zoned), f"make the table {name!r}")
        made = self.server.keep(Made("table", self.schema, name))
        bulk.load(self.server, self.schema, name, list(columns), rows)
        return made

    def _create_table(self, name: str, columns: Mapping[str, str], zoned: Collection[str] = ()) -> str:
        dialect = self.server.dialect
        listed = ", ".join(
            f"{self.server.exact(column)} "
            f"{'TIMESTAMP(6) NULL' if column in zoned else statements.type_in(kind, dialect)}"
            for column, kind in columns.items()
        )
        engine = {"clickhouse": " ENGINE = MergeTree ORDER BY tuple()"}.get(dialect, "")
        return f"CREATE TABLE {self.server.quoted(self.schema, name)} ({listed}){engine}"

    # the query

    def arguments(self) -> dict[str, ddl.Argument]:
        """The arguments of a function, by parameter."""
        if self.settings.kind != "function":
            return {}
        dialect, types = self.server.dialect, self.query.parameters.types
        found = {}
        for name, value in self.values.items():
            kind = statements.argument_type(types[name], dialect)
            name_there = name if dialect == "clickhouse" else self.server.exact(self.server.stored(name)[0])
            found[name] = ddl.Argument(name_there, kind, self._literal(name, value))
        return found

    def _literal(self, name: str, value: Any) -> str:
        from ..engines.databases.results import plain

        exact = typed(name, value, self.query.parameters.types[name]).as_py()
        return literals.literal(plain(exact, self.server.dialect), self.server.dialect)

    def text(self, source: Sequence[str] | None, *, bound: bool = True) -> str:
        """The query over a table, in the engine's dialect.

        Args:
            source: Parts of the input's name.
            bound: Whether its parameters have their values; else they are the arguments of a function.
        """
        from ..query.targets.render import render_for
        from ..query.targets.rendered_query import Raw

        types = self.query.parameters.types
        names: dict[str, Sequence[str] | Raw] = dict(self._names)
        if self.input_table is not None and source is not None:
            names[self.input_table] = source
        for table, values in self._values.items():
            names[table] = Raw(subquery(names[table], values, self.server.dialect))
        one_by_one = not self.server.lists
        lists = {name: len(self.values[name] or ()) for name, kind in types.items() if kind.endswith("]")}
        folded = {name.casefold(): name for name in self.values}

        def literal(name: str, kind: str, number: int) -> str:
            of, _, place = name.removesuffix("]").partition("[")
            own = folded[of.casefold()]
            if not place:
                return self._literal(own, self.values[own])
            return literals.literal(self.values[own][int(place)], self.server.dialect)

        marker = literal if bound else ddl.marker_of(self.server.dialect, self._by_any_case(self.arguments()))
        return render_for(
            self._parsed,
            self.server.dialect,
            self.query.types,
            types,
            names,
            marker,
            lists=lists if one_by_one and bound else None,
        ).sql

    def _by_any_case(self, arguments: Mapping[str, ddl.Argument]) -> dict[str, ddl.Argument]:
        folded = {name.casefold(): each for name, each in arguments.items()}
        said = {use.name: folded[use.name.casefold()] for use in self._parsed.placeholders}
        ordered = {name: arguments[name] for name in arguments}
        return {**ordered, **said} if set(said) - set(ordered) else ordered

    def create(self, name: str, source: Sequence[str] | None, *, replace: bool = False) -> Made:
        """Makes the view, the function or the table.

        Args:
            name: Its name.
            source: Parts of the input's name.
            replace: Whether it takes the place of one that is there.
        """
        kind, dialect = self.settings.kind, self.server.dialect
        arguments = list(self.arguments().values())
        sql = ddl.create(
            kind, dialect, self.server.quoted(self.schema, name), self.body(source), arguments, self._columns(),
            replace=replace, text=lambda text: literals.literal(text, dialect), mark=self.mark,
        )  # fmt: skip
        made = Made(kind, self.schema, name, ", ".join(each.kind for each in arguments))
        for number, statement in enumerate(sql):
            self.server.run(statement, f"make the {kind} {name!r}")
            if number == 0 and not replace:
                self.server.keep(made)
        return made

    def body(self, source: Sequence[str] | None) -> str:
        """The query of what is made, with the model's names and types.

        Args:
            source: Parts of the input's name.
        """
        outputs, dialect = self.query.outputs, self.server.dialect
        written = list(statements.column_names(list(outputs), self.query.parsed, dialect).values())
        head, tail = statements.projected(outputs, written, dialect)
        body = f"{head}{self.text(source, bound=self.settings.kind != 'function')}{tail}"
        return as_body(body) if dialect == "tsql" else body

    def _columns(self) -> list[tuple[str, str]]:
        dialect = self.server.dialect
        return [(self.server.exact(c), statements.type_in(k, dialect)) for c, k in self.query.outputs.items()]

    def refreshes(self) -> bool:
        """Whether a table of the same columns gets new rows where it is."""
        return self.settings.kind == "table" and bool(engine_of(self.server.dialect).refresh)

    def refresh(self, name: str, source: Sequence[str] | None) -> None:
        """Gives a table that :meth:`create` made new rows; one that others see has the old ones until then.

        Args:
            name: Its name.
            source: Parts of the input's name.
        """
        server = self.server
        made = Made("table", self.schema, server.fresh(name, "new"))
        quoted, free = server.quoted(self.schema, name), server.quoted(self.schema, made.name)
        columns = [column for column, _ in self._columns()]
        todo = ddl.refresh(server.dialect, quoted, free, columns, self.body(source))
        aside = any(statement.startswith("CREATE TABLE") for statement in todo)
        if aside:
            server.keep(made)
        try:
            for statement in todo:
                server.run(statement, f"give the table {name!r} new rows")
        except BaseException:
            if "START TRANSACTION" in todo:
                with contextlib.suppress(RunError):
                    server.run("ROLLBACK")
            raise
        if aside:
            server.drop(made)

    def reads(self, name: str) -> str:
        """The statement that reads what :meth:`create` made."""
        quoted = self.server.quoted(self.schema, name)
        return ddl.reads(self.settings.kind, self.server.dialect, quoted, list(self.arguments().values()))

    def answer(self, name: str) -> pa.Table:
        """All rows of what :meth:`create` made."""
        return self.server.answer(self.reads(name), self.query.outputs)

    def try_out(self, name: str) -> None:
        """Asks for no row of what :meth:`create` made: some engines look at a view's tables then only.

        Raises:
            RunError: It cannot be read.
        """
        self.server.rows(ddl.no_row(self.reads(name), self.server.dialect), f"read the new {name!r}")
