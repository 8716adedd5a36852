"""Create, update and delete: all is made and compared first, then takes its place; a failure leaves no trace."""

from __future__ import annotations

import contextlib
import datetime
import getpass
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..artifact import mlmodel
from ..errors import InputError, did_you_mean
from . import collations, ddl
from .build import Build
from .dependents import dependents_of
from .engines import engine_of
from .fetching import Fetched
from .ownership import check, signed
from .records import TABLE, UNFINISHED, Book, Record, objects_of
from .server import Made, Server
from .settings import Settings, plain
from .verify import verified

__all__ = ["check_same", "create", "delete", "found", "update"]

#: After so long a call that has not ended is taken for one that never will, where no other one waits for it.
STALE = datetime.timedelta(hours=1)


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
    if _digest(fetched, record.params, record.config.get("tables", {})) != record.digest:
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
    for row in book.rows():
        if row.get("kind") != UNFINISHED and server.same(str(row.get("name"))) == server.same(name):
            raise InputError(f"There is a deployment {row['name']!r} here already: update it, or take another name.")
    build = Build(server, fetched.model, settings, name)
    _check_place(server, build, name)
    with _noted(server, book, build):
        source, verification = _prepared(build, fetched)
        now = signed(server, build.create(name, source), build.mark)
        build.try_out(name)
        record = _record(build, fetched, verification, now)
        book.add(record)
        server.done()
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
    check(server, before)
    if before.kind != now.kind and before.schema == now.schema:
        _check_kinds(server, before, now)
    with _noted(server, book, build):
        source, verification = _prepared(build, fetched)
        record = _record(build, fetched, verification, now)
        kept = _keeps(build, old, now)
        rest = list(old.objects[1:])
        if server.transactional:
            _replaced(server, build, before, source, kept=kept)
            build.try_out(name)
            record = _signed(server, build, record)
            book.add(record)
        else:
            in_place = before == now or (before.schema == now.schema and server.dialect != "snowflake")
            if not in_place:  # in Snowflake a function of other arguments is another function
                rest.insert(0, before)
            rest += _swapped(server, book, build, record, source, in_place=in_place, kept=kept)
            record = _signed(server, build, record)
            book.add(record)
        server.done()
        places = {(each.schema, each.name) for each in record.objects}
        earlier = [each for each in objects_of(book.rows(), name) or [] if (each.schema, each.name) not in places]
        _drop(server, [*rest, *(each for each in earlier if each not in rest)])
        book.remove(name, but=record.token)
    return record


def delete(server: Server, book: Book, name: str) -> None:
    """Takes away all that was made for a deployment; one that is not there is gone already."""
    _sweep(server, book)
    objects = objects_of(book.rows(), name)
    if objects is None:
        return
    records = {record.name: record for record in book.all()}
    if name in records:
        check(server, records[name].objects[0])
    _drop(server, objects)
    book.remove(name)


@contextlib.contextmanager
def _noted(server: Server, book: Book, build: Build) -> Iterator[None]:
    """Where nothing takes back what was made: writes down first that it is, so that a later call can."""
    if server.transactional:
        yield
        return
    _sweep(server, book)
    book.begin(build.name, build.schema)
    try:
        yield
    except BaseException as error:
        left = server.undo()
        if left:
            error.add_note(server.left(left))
        else:
            with contextlib.suppress(Exception):  # else the next call does
                _swept(server, book, build.schema, server.token)
        raise
    book.end(server.token)


def _sweep(server: Server, book: Book) -> None:
    """Drops what calls left that ended in the middle: where calls wait for each other any, else old ones."""
    if server.transactional:
        return
    before = (datetime.datetime.now(datetime.UTC) - STALE).isoformat()
    for row in book.rows():
        if row["kind"] == UNFINISHED and (server.waits or row["deployed_at"] < before):
            _swept(server, book, row["schema"] or None, row["token"])


def _swept(server: Server, book: Book, schema: str | None, token: str) -> None:
    rows = book.rows()
    names = {str(row["name"]) for row in rows if row["kind"] != UNFINISHED}
    live = {each for name in names for each in objects_of(rows, name) or []}
    for made in server.named(schema, f"__{token}"):
        if (made.schema, made.name) not in {(each.schema, each.name) for each in live}:
            server.drop(made)
    book.end(token)


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
    collations.tell(build, source)
    return source, verified(build, fetched.answering)


def _keeps(build: Build, old: Record, now: Made) -> bool:
    """Whether the new one's columns and arguments let it take the old one's place, which keeps its grants."""
    before, engine = old.objects[0], engine_of(build.server.dialect)
    if before != now:
        return False
    was, new = list(old.output_types.items()), list(build.query.outputs.items())
    if now.kind == "table":
        return was == new and bool(engine.refresh)
    if now.kind == "function":
        return was == new and list(old.params) == list(build.values)
    columns = {"any": True, "added": was == new[: len(was)], "same": was == new}
    return bool(engine.replace_view) and columns[engine.kept_columns]


def _check_kinds(server: Server, before: Made, now: Made) -> None:
    """Refuses another kind of object where the new one could not have what hangs on the old one."""
    hung = dependents_of(server, before)
    if "function" not in (before.kind, now.kind):
        hung = [statement for statement in hung if not statement.startswith("GRANT ")]
    if hung:
        raise InputError(
            f"{before.name!r} has what a {now.kind} in its place would not have, {hung[0]}: take it off first, or "
            "deploy under another name."
        )


def _replaced(server: Server, build: Build, before: Made, source: Sequence[str] | None, *, kept: bool) -> None:
    """Within a transaction: in the old one's place, or the old one dropped and made anew with what hung on it."""
    if kept and build.settings.kind == "table":
        build.refresh(build.name, source)
    elif kept:
        build.create(build.name, source, replace=True)
    else:
        same = (before.kind == "function") == (build.settings.kind == "function") and before.schema == build.schema
        again = dependents_of(server, before) if same else []
        server.drop(before)
        build.create(build.name, source)
        for statement in again:
            server.run(statement, f"give the new {build.name!r} the grants, indexes and triggers of the old one")


def _swapped(
    server: Server,
    book: Book,
    build: Build,
    record: Record,
    source: Sequence[str] | None,
    *,
    in_place: bool,
    kept: bool,
) -> list[Made]:
    """Without transactions: tried under another name, written down, then put in place by one statement.

    Returns:
        What was replaced and is to be dropped.
    """
    name, gone = build.name, Made("table", build.schema, server.fresh(build.name, "old"))
    table = build.settings.kind == "table"
    if table and in_place and not kept:
        dependents_of(server, gone.named(name))
    if not (table and in_place and (kept or engine_of(server.dialect).swap)):
        tried = build.create(server.fresh(name, "new"), source)
        build.try_out(tried.name)
        server.drop(tried)
        book.add(record)
        with _taken_back(book, record):
            build.create(name, source, replace=in_place)
        return []
    if kept:
        book.add(record)
        with _taken_back(book, record):
            build.refresh(name, source)
        return []
    tried = build.create(server.fresh(name, "new"), source)
    build.try_out(tried.name)
    swap = ddl.swap(server.dialect, *(server.quoted(build.schema, each) for each in (name, tried.name, gone.name)))
    assert swap is not None
    book.add(record)
    with _taken_back(book, record):
        for statement in swap[0]:
            server.run(statement, f"put the new {name!r} in place")
    server.done()
    return [gone if swap[1] == server.quoted(build.schema, gone.name) else tried]


@contextlib.contextmanager
def _taken_back(book: Book, record: Record) -> Iterator[None]:
    try:
        yield
    except BaseException:
        book.take_back(record)
        raise


def _signed(server: Server, build: Build, record: Record) -> Record:
    """The record of what is in place now, known by what the engine says of it."""
    now = signed(server, record.objects[0], build.mark)
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    return replace(record, objects=(now, *record.objects[1:]), token=secrets.token_hex(8), deployed_at=at)


def _drop(server: Server, objects: Sequence[Made]) -> None:
    """Drops objects, the deployment before its tables."""
    for made in objects:
        server.drop(made)


def _types(build: Build) -> str:
    return ", ".join(each.kind for each in build.arguments().values())


def _record(build: Build, fetched: Fetched, verification: str, now: Made) -> Record:
    (slot,) = build.server.stored(build.server.fresh("mlflow_sql", "input"))
    columns = build.columns_of(build.input_table) if build.input_table is not None else {}
    names = tuple(build.query.types[build.input_table]) if build.input_table is not None else ()
    params = {name: plain(value) for name, value in build.values.items()}
    return Record(
        name=build.name,
        kind=build.settings.kind,
        schema=build.schema,
        model_uri=fetched.uri,
        version_uri=fetched.version,
        run_id=fetched.run_id,
        digest=_digest(fetched, params, build.settings.tables),
        params=params,
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


def _digest(fetched: Fetched, params: Mapping[str, Any], tables: Mapping[str, str]) -> str:
    """SHA-256 of what decides the rows: the query, its parameters, its reference tables' rows or names there."""
    stored = mlmodel.read(fetched.folder, "sql").spec.tables
    rows = {name: tables.get(name, spec.sha256) for name, spec in stored.items()}
    text = json.dumps([fetched.model.sql, dict(params), rows], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
