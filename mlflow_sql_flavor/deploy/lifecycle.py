"""Create, update and delete: all is made and compared first, then takes its place; a failure leaves no trace."""

from __future__ import annotations

import datetime
import getpass
import hashlib
from collections.abc import Sequence

from ..errors import InputError, RunError, did_you_mean
from . import ddl
from .build import Build
from .fetching import Fetched
from .records import TABLE, Book, Record, objects_of
from .server import Made, Server
from .settings import Settings, plain
from .verify import verified

__all__ = ["check_same", "create", "delete", "found", "update"]


def found(book: Book, name: str) -> Record:
    """The record of a deployment.

    Raises:
        InputError: There is none.
    """
    records = {record.name: record for record in book.all()}
    if name not in records:
        for row in book.rows():
            if row.get("name") == name:
                Record.of_row(row)  # which says that it cannot be read
        raise InputError(f"There is no deployment {str(name)[:200]!r} here.{did_you_mean(str(name), list(records))}")
    return records[name]


def check_same(record: Record, fetched: Fetched) -> None:
    """Refuses a model that has taken the place of the one that was deployed.

    Raises:
        InputError: The query is another.
    """
    if _digest(fetched) != record.digest:
        raise InputError(
            f"The model at {record.version_uri!r} is another now than when {record.name!r} was deployed: name it by -m "
            "to deploy it, or put the earlier one back."
        )


def create(server: Server, book: Book, name: str, fetched: Fetched, settings: Settings) -> Record:
    """Makes a deployment.

    Raises:
        InputError: The name is taken, or the settings do not fit.
        QueryError: The engine gives other rows than the model.
        RunError: The engine refused a statement.
    """
    server.check_name(name)
    if name.casefold() == TABLE:
        raise InputError(f"{TABLE} is the name of the bookkeeping table: give the deployment another.")
    if any(row.get("name") == name for row in book.rows()):
        raise InputError(f"There is a deployment {name!r} here already: update it, or take another name.")
    build = Build(server, fetched.model, settings, name)
    _check_place(server, build, name)
    source, verification = _prepared(build, fetched)
    build.create(name, source)
    build.try_out(name)
    record = _record(build, fetched, verification, Made(settings.kind, build.schema, name, _types(build)))
    book.add(record)
    return record


def update(server: Server, book: Book, name: str, fetched: Fetched, settings: Settings) -> Record:
    """Puts another version or other settings in the place of a deployment.

    Raises:
        InputError: There is no such deployment, or the settings do not fit.
        QueryError: The engine gives other rows than the model.
        RunError: The engine refused a statement; what was deployed is as it was.
    """
    old = found(book, name)
    before = old.objects[0]
    build = Build(server, fetched.model, settings, name)
    now = Made(settings.kind, build.schema, name, _types(build))
    if before.schema != now.schema:
        _check_place(server, build, name)
    elif before.kind != now.kind and not server.transactional:
        raise InputError(
            f"{server.dialect} cannot turn a {before.kind} into a {now.kind} in one step: delete the deployment and "
            "create it anew."
        )
    source, verification = _prepared(build, fetched)
    record = _record(build, fetched, verification, now)
    rest = list(old.objects[1:])
    if server.transactional:
        if before != now or not _replaced(build, source):
            server.drop(before)
            build.create(name, source)
        build.try_out(name)
        book.add(record)
    elif before == now or (before.schema == now.schema and server.dialect != "snowflake"):
        _swapped(server, book, build, record, source, in_place=True)
    else:  # in Snowflake a function of other arguments is another function
        _swapped(server, book, build, record, source, in_place=False)
        rest.insert(0, before)
    server.done()
    _drop(server, rest)
    book.remove(name, but=record.token)
    return record


def delete(server: Server, book: Book, name: str) -> None:
    """Takes away all that was made for a deployment; one that is not there is gone already."""
    records = {record.name: record for record in book.all()}
    objects = records[name].objects if name in records else objects_of(book.rows(), name)
    if objects is not None:
        _drop(server, objects)
        book.remove(name)


def _check_place(server: Server, build: Build, name: str) -> None:
    if build.schema is not None and not server.has_schema(build.schema):
        raise InputError(f"There is no schema {build.schema!r}: create it first, or name another by -C schema=.")
    if server.has(name, build.schema):
        raise InputError(
            f"There is a table or view {server.quoted(build.schema, name)} that is no deployment: take another name, "
            "or remove it."
        )


def _prepared(build: Build, fetched: Fetched) -> tuple[Sequence[str] | None, str]:
    if build.zoned:
        build.server.use_utc(build.query.types)
    source = build.check_input()
    build.references()
    return source, verified(build, fetched.answering)


def _replaced(build: Build, source: Sequence[str] | None) -> bool:
    """Within a transaction: whether the engine put the new one in the old one's place, which keeps its grants."""
    dialect, kind = build.server.dialect, build.settings.kind
    if kind == "table" or dialect == "sqlite":
        return False
    try:
        with build.server.attempt():
            build.create(build.name, source, replace=True)
    except RunError:
        if dialect not in ("postgres", "redshift") or build.server.connection.invalidated:
            raise
        return False  # other columns than before, which only a new view may have
    return True


def _swapped(
    server: Server, book: Book, build: Build, record: Record, source: Sequence[str] | None, *, in_place: bool
) -> None:
    """Without transactions: tried under another name, written down, then put in place by one statement."""
    name = build.name
    tried = build.create(server.fresh(name, "new"), source)
    build.try_out(tried.name)
    swap = None
    if in_place and build.settings.kind == "table":
        gone = server.fresh(name, "old")
        place = build.schema
        swap = ddl.swap(
            server.dialect, server.quoted(place, name), server.quoted(place, tried.name), server.quoted(place, gone)
        )
    if swap is None:
        server.drop(tried)
    book.add(record)
    try:
        if swap is not None:
            for statement in swap[0]:
                server.run(statement, f"put the new {name!r} in place")
            server.done()
            server.run(f"DROP TABLE {swap[1]}", "drop what was replaced")
        else:
            build.create(name, source, replace=in_place)
    except BaseException:
        book.take_back(record)
        raise


def _drop(server: Server, objects: Sequence[Made]) -> None:
    """Drops objects, the deployment before its tables."""
    for made in objects:
        server.drop(made)


def _types(build: Build) -> str:
    return ", ".join(each.kind for each in build.arguments().values())


def _record(build: Build, fetched: Fetched, verification: str, now: Made) -> Record:
    slot = build.server.fresh("mlflow_sql", "input")
    columns = build.columns_of(build.input_table) if build.input_table is not None else {}
    names = tuple(build.query.types[build.input_table]) if build.input_table is not None else ()
    return Record(
        name=build.name,
        kind=build.settings.kind,
        schema=build.schema,
        model_uri=fetched.uri,
        version_uri=fetched.version,
        run_id=fetched.run_id,
        digest=_digest(fetched),
        params={name: plain(value) for name, value in build.values.items()},
        config={**build.settings.stored(), "schema": build.schema},
        objects=(now, *build.made),
        query=build.text((slot,)),
        slot=slot,
        reads=build.reads(build.name),
        input_types=columns,
        input_names=names,
        output_types=dict(build.query.outputs),
        verification=verification,
        deployed_by=_user(),
        deployed_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds"),
    )


def _digest(fetched: Fetched) -> str:
    return hashlib.sha256(fetched.model.sql.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
