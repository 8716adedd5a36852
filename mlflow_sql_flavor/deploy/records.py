"""The bookkeeping table: one row a deployment, which ``list``, ``get``, ``predict`` and ``delete`` read."""

from __future__ import annotations

import datetime
import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError
from .engines import schema_name
from .server import Made, Server
from .target import failing

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["TABLE", "UNFINISHED", "Book", "DatabaseBook", "Record", "newest", "objects_of", "unfinished_row"]

_logger = logging.getLogger(__name__)

#: Its name in the schema that the target names.
TABLE = "mlflow_sql_deployments"


@dataclass(frozen=True)
class Record:
    """What is known of one deployment.

    Attributes:
        name: Its name.
        kind: ``view``, ``function`` or ``table``.
        schema: Where it is; None for the connection's own schema at that time.
        model_uri: The model as it was asked for.
        version_uri: What an alias meant then; else the same.
        run_id: Of the run that logged the model, or None.
        digest: SHA-256 of the query, its parameters and its reference tables.
        params: Values of the parameters.
        config: What it was made of, for an update.
        objects: All that was made.
        query: The query over a table of the name ``slot``, in the engine's dialect, with its values.
        slot: That name.
        reads: The statement that reads the deployment.
        input_types: ``{column: DuckDB type}`` of the input, by the names the columns have in the engine.
        input_names: The same columns by the model's names.
        output_types: ``{column: DuckDB type}``.
        verification: What was compared, in words.
        deployed_by: The user of the machine it was deployed from.
        deployed_at: When, UTC, ISO 8601.
        own_table: ``yes`` if a deployment made the bookkeeping table, which goes with the last of them.
        token: Of this state of the deployment; the newest counts.
    """

    name: str
    kind: str
    schema: str | None
    model_uri: str
    version_uri: str
    run_id: str | None
    digest: str
    params: Mapping[str, Any]
    config: Mapping[str, Any]
    objects: tuple[Made, ...]
    query: str
    slot: str
    reads: str
    input_types: Mapping[str, str]
    input_names: tuple[str, ...]
    output_types: Mapping[str, str]
    verification: str
    deployed_by: str
    deployed_at: str
    own_table: str = ""
    token: str = field(default_factory=lambda: secrets.token_hex(8))

    def row(self) -> dict[str, str | None]:
        """Its columns in the table: texts, those of a structure as JSON."""
        found = asdict(self)
        return {
            key: value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in found.items()
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Record:
        """Reads a row of the table.

        Raises:
            InputError: It is none that this version wrote.
        """
        try:
            found = {each.name: row[each.name] for each in fields(cls)}
            for key in _JSON:
                found[key] = json.loads(found[key])
            found["objects"] = tuple(Made(**each) for each in found["objects"])
            found["input_names"] = tuple(found["input_names"])
            return cls(**found)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise InputError(
                f"The row of {row.get('name')!r} in {TABLE} cannot be read: it was written by another version of "
                "mlflow-sql-flavor, or edited. Delete the deployment and create it anew."
            ) from None

    def told(self) -> dict[str, Any]:
        """What ``list`` and ``get`` say of it."""
        return {
            "name": self.name,
            "flavor": "sql",
            "kind": self.kind,
            "schema": self.schema,
            "model_uri": self.model_uri,
            "version_uri": self.version_uri,
            "run_id": self.run_id,
            "digest": self.digest,
            "params": dict(self.params),
            "input": self.config.get("input"),
            "verification": self.verification,
            "deployed_by": self.deployed_by,
            "deployed_at": self.deployed_at,
            "reads": self.reads,
        }


#: The table's columns.
COLUMNS = tuple(each.name for each in fields(Record))
_JSON = ("params", "config", "objects", "input_types", "input_names", "output_types")


#: The kind of a row that says that a call is at work, or that it ended in the middle.
UNFINISHED = "unfinished"


def unfinished_row(name: str, schema: str | None, token: str, *, own: bool) -> dict[str, str | None]:
    """The row of a call that has begun: what it makes has names that end in its token.

    Args:
        name: The deployment's.
        schema: Where it makes its objects.
        token: Of the call.
        own: Whether a deployment made the bookkeeping table.
    """
    known = {"name": name, "kind": UNFINISHED, "schema": schema, "token": token, "own_table": "yes" if own else ""}
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    return {**dict.fromkeys(COLUMNS, ""), "run_id": None, "deployed_at": now, **known}


class Book(Protocol):
    """Where the records are."""

    def rows(self) -> list[Mapping[str, Any]]:
        """The table as it is."""

    def all(self) -> list[Record]:
        """Every deployment that can be read, by name; the newest state of each."""

    def add(self, record: Record) -> None:
        """Writes a state of a deployment, which is the one that counts from then on."""

    def take_back(self, record: Record) -> None:
        """Takes one state of a deployment out again."""

    def remove(self, name: str, *, but: str | None = None) -> None:
        """Takes out the states of a deployment, but for that of a token."""

    def begin(self, name: str, schema: str | None) -> None:
        """Writes down that this call is at work."""

    def end(self, token: str) -> None:
        """Takes out that a call was at work."""


def newest(rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    """The newest state of each deployment, by name; a row that cannot be read is told of and left out."""
    found: dict[str, Record] = {}
    records = []
    for row in rows:
        if row.get("kind") == UNFINISHED:
            continue
        try:
            records.append(Record.of_row(row))
        except InputError as error:
            _logger.warning("%s", error.message)
    for record in sorted(records, key=lambda each: each.deployed_at):
        found[record.name] = record
    return [found[name] for name in sorted(found)]


def objects_of(rows: Sequence[Mapping[str, Any]], name: str) -> list[Made] | None:
    """What was made for a deployment, by all its states, one that cannot be read otherwise too; None if it has no row.

    Raises:
        InputError: Not even that can be read.
    """
    found: list[Made] | None = None
    for row in rows:
        if row.get("name") == name and row.get("kind") != UNFINISHED:
            try:
                made = [Made(**each) for each in json.loads(row["objects"])]
            except (KeyError, TypeError, ValueError):
                raise InputError(
                    f"What was made for {name!r} cannot be read from its row in {TABLE}, which was edited: drop its "
                    "view and tables by hand, then the row."
                ) from None
            found = [*(found or []), *(each for each in made if each not in (found or []))]
    return found


class DatabaseBook:
    """The table in a database.

    Args:
        server: The connection.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._schema = server.target.book
        self._table = self._columns()

    def _columns(self) -> sa.Table:
        import sqlalchemy as sa
        from sqlalchemy.dialects import mssql, mysql

        # A text of other engines is of one code page, of 256 characters, or cannot be compared.
        text = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb").with_variant(sa.String(65535), "redshift")
        key = text.with_variant(sa.String(255), "oracle").with_variant(mssql.NVARCHAR(255), "mssql")
        text = text.with_variant(mssql.NVARCHAR(), "mssql")
        empty = self._server.dialect == "oracle"  # in which an empty text is NULL
        columns = [
            sa.Column(
                each.name, key if each.name in ("name", "token") else text,
                nullable=empty or each.name in ("schema", "run_id"),
            )
            for each in fields(Record)
        ]  # fmt: skip
        return sa.Table(TABLE, sa.MetaData(), *columns, schema=schema_name(self._server.dialect, self._schema))

    def _there(self) -> bool:
        return self._server.has(TABLE, self._schema)

    def _make(self) -> None:
        from sqlalchemy.schema import CreateTable

        if self._schema is not None and not self._server.has_schema(self._schema):
            raise InputError(f"There is no schema {self._schema!r} for the bookkeeping table: create it first.")
        if self._server.dialect == "clickhouse":  # whose tables say their engine, and what may be NULL
            listed = ", ".join(
                f"{self._server.quoted(c.name)} {'Nullable(String)' if c.nullable else 'String'}"
                for c in self._table.columns
            )
            name = self._server.quoted(self._schema, TABLE)
            text = f"CREATE TABLE IF NOT EXISTS {name} ({listed}) ENGINE = MergeTree ORDER BY (name, token)"
            self._server.run(text, f"make the bookkeeping table {TABLE}")
        else:
            with failing(self._server.target, f"make the bookkeeping table {TABLE}"):
                self._server.connection.execute(CreateTable(self._table))
        self._server.keep(Made("table", self._schema, TABLE))

    def rows(self) -> list[Mapping[str, Any]]:
        if not self._there():
            return []
        with failing(self._server.target, f"read the bookkeeping table {TABLE}"):
            return [dict(row) for row in self._server.connection.execute(self._table.select()).mappings()]

    def all(self) -> list[Record]:
        return newest(self.rows())

    def add(self, record: Record) -> None:
        if not self._there():
            self._make()
            record = replace(record, own_table="yes")
        elif any(row["own_table"] for row in self.rows()):
            record = replace(record, own_table="yes")
        with failing(self._server.target, f"write to the bookkeeping table {TABLE}"):
            self._server.connection.execute(self._table.insert(), record.row())

    def take_back(self, record: Record) -> None:
        self._delete(self._table.c.token == record.token)

    def remove(self, name: str, *, but: str | None = None) -> None:
        rows = self.rows()
        if not rows:
            return
        if but is None and all(row["name"] == name for row in rows) and any(row["own_table"] for row in rows):
            self._server.drop(Made("table", self._schema, TABLE))
            return
        for row in rows:  # by their tokens: to some databases names are equal whose tables are not the same
            if row["name"] == name and row["token"] not in (self._server.token, but):
                self._delete(self._table.c.token == row["token"])

    def begin(self, name: str, schema: str | None) -> None:
        there = self._there()
        if not there:
            self._make()
        own = not there or any(row["own_table"] for row in self.rows())
        with failing(self._server.target, f"write to the bookkeeping table {TABLE}"):
            self._server.connection.execute(
                self._table.insert(), unfinished_row(name, schema, self._server.token, own=own)
            )

    def end(self, token: str) -> None:
        rows = self.rows()
        if rows and all(row["token"] == token for row in rows) and any(row["own_table"] for row in rows):
            self._server.drop(Made("table", self._schema, TABLE))
        elif any(row["token"] == token for row in rows):
            self._delete(self._table.c.token == token)

    def _delete(self, where: Any) -> None:
        with failing(self._server.target, f"write to the bookkeeping table {TABLE}"):
            self._server.connection.execute(self._table.delete().where(where))
