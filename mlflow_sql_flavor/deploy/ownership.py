"""Whether what has a deployment's name is what the deployment made: asked before it is replaced or dropped.

An object is known again by any of what its engine says of it: the number it has in the catalog, the words that were put
on it, or its definition. Who drops it and makes another one of that name has none of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import InputError, RunError
from ..query.targets import literals
from .server import Made, Server

__all__ = ["changed", "check", "signed"]

_PG_TABLE = (
    "SELECT c.oid, obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = {schema} AND c.relname = {name}"
)
_PG_FUNCTION = (
    "SELECT p.oid, obj_description(p.oid, 'pg_proc'), pg_get_functiondef(p.oid) FROM pg_catalog.pg_proc p "
    "WHERE p.oid = to_regprocedure({call})"
)
_CLICKHOUSE = "SELECT toString(uuid), comment, as_select FROM system.tables WHERE database = {schema} AND name = {name}"
#: Queries for ``(number, words, definition)`` of an object, by dialect and kind; NULL for what is not told.
_ASKED: dict[str, dict[str, str]] = {
    "postgres": {"view": _PG_TABLE, "table": _PG_TABLE, "function": _PG_FUNCTION},
    "redshift": {"view": _PG_TABLE, "table": _PG_TABLE},
    "sqlite": dict.fromkeys(("view", "table"), "SELECT NULL, sql, sql FROM {within}sqlite_master WHERE name = {name}"),
    "duckdb": {
        kind: (
            f"SELECT NULL, comment, sql FROM duckdb_{kind}s() WHERE database_name = current_database() "
            f"AND schema_name = {{schema}} AND {kind}_name = {{name}}"
        )
        for kind in ("view", "table")
    },
    "mysql": {
        "view": (
            "SELECT NULL, NULL, view_definition FROM information_schema.views "
            "WHERE table_schema = {schema} AND table_name = {name}"
        ),
        "table": (
            "SELECT NULL, table_comment, NULL FROM information_schema.tables "
            "WHERE table_schema = {schema} AND table_name = {name}"
        ),
    },
    "clickhouse": dict.fromkeys(("view", "table", "function"), _CLICKHOUSE),
    # https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql
    "tsql": dict.fromkeys(
        ("view", "table"),
        "SELECT object_id, NULL, OBJECT_DEFINITION(object_id) FROM sys.objects WHERE object_id = OBJECT_ID({quoted})",
    ),
    # https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_OBJECTS.html
    "oracle": dict.fromkeys(
        ("view", "table"),
        "SELECT object_id, NULL, NULL FROM all_objects WHERE owner = {schema} AND object_name = {name} "
        "AND object_type IN ('TABLE', 'VIEW')",
    ),
    # https://docs.snowflake.com/en/sql-reference/info-schema/tables
    "snowflake": {
        **dict.fromkeys(
            ("view", "table"),
            "SELECT TO_VARCHAR(created), NULL, NULL FROM information_schema.tables "
            "WHERE table_schema = {schema} AND table_name = {name}",
        ),
        "function": (
            "SELECT TO_VARCHAR(created), NULL, function_definition FROM information_schema.functions "
            "WHERE function_schema = {schema} AND function_name = {name}"
        ),
    },
    # https://cloud.google.com/bigquery/docs/information-schema-tables
    "bigquery": {
        **dict.fromkeys(
            ("view", "table"),
            "SELECT CAST(creation_time AS STRING), NULL, NULL FROM {within}INFORMATION_SCHEMA.TABLES "
            "WHERE table_name = {name}",
        ),
        "function": (
            "SELECT CAST(created AS STRING), NULL, routine_definition FROM {within}INFORMATION_SCHEMA.ROUTINES "
            "WHERE routine_name = {name}"
        ),
    },
    # https://trino.io/docs/current/connector/system.html
    "trino": {
        "view": (
            "SELECT NULL, NULL, view_definition FROM information_schema.views "
            "WHERE table_schema = {schema} AND table_name = {name}"
        ),
        "table": (
            "SELECT NULL, comment, NULL FROM system.metadata.table_comments "
            "WHERE schema_name = {schema} AND table_name = {name}"
        ),
    },
}
#: Statements that put words on an object, where those that make it do not.
_WORDS = {
    "postgres": "COMMENT ON {kind} {quoted}{arguments} IS {mark}",
    "redshift": "COMMENT ON {kind} {quoted} IS {mark}",
    "duckdb": "COMMENT ON {kind} {quoted} IS {mark}",
    "trino": "COMMENT ON {kind} {quoted} IS {mark}",
    "clickhouse": "ALTER TABLE {quoted} MODIFY COMMENT {mark}",
}


#: What is put on an object: ``Build.mark``.
_MARK = re.compile("mlflow-sql-flavor [0-9a-f]{16}")


def signed(server: Server, made: Made, mark: str) -> Made:
    """The object with what it is known by from now on.

    Args:
        server: The connection.
        made: An object that was just made, or replaced.
        mark: Words for it alone.
    """
    found = _seen(server, made)
    wordless = found is not None and not found["words"] and server.dialect in _WORDS
    if wordless and (made.kind == "table" or server.dialect != "clickhouse"):  # of a view it has the definition
        arguments = f"({made.arguments})" if made.kind == "function" else ""
        statement = _WORDS[server.dialect].format(
            kind=made.kind.upper(), quoted=server.quoted(made.schema, made.name), arguments=arguments,
            mark=literals.literal(mark, server.dialect),
        )  # fmt: skip
        server.run(statement, f"put a comment on {made.name!r}")
        found = _seen(server, made)
    if found is None or not any(found.values()):
        return made
    if server.dialect == "sqlite":  # whose words are all of the statement
        own = _MARK.search(found["words"])  # that of an earlier call, where the table stayed
        found["words"] = own[0] if own else ""
    return replace(made, proof=json.dumps(found))


def check(server: Server, made: Made) -> None:
    """Refuses an object that has the name of what a deployment made, and is another.

    Raises:
        InputError: It is another; who wants the deployment gone renames it first.
    """
    if not made.proof:
        return
    before, now = json.loads(made.proof), _seen(server, made)
    if now is None or _same(made, before, now):
        return
    raise InputError(
        f"{server.quoted(made.schema, made.name)} is another {made.kind} than the deployment made: somebody put it in "
        "its place. Nothing is changed; rename or drop it first."
    )


def changed(server: Server, made: Made) -> bool | None:
    """Whether the object is another than what was made, or has another definition; None where that is not told."""
    if not made.proof:
        return None
    before = json.loads(made.proof)
    try:
        now = _seen(server, made)
    except RunError:
        return None
    return now is None or not _same(made, before, now) or before["definition"] != now["definition"]


def _same(made: Made, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    words, whole = before["words"], made.kind != "table"  # of which others may have the same columns
    return bool(
        (before["number"] and before["number"] == now["number"])
        or (words and words in now["words"])
        or (whole and before["definition"] and before["definition"] == now["definition"])
    )


def _seen(server: Server, made: Made) -> dict[str, str] | None:
    """What the engine says of an object; None if there is none of that name, or the engine says nothing."""
    described = server.described(made)
    if described is None:
        template = _ASKED.get(server.dialect, {}).get(made.kind)
        if template is None:
            return None
        with server.plain_path():
            rows = server.rows(_asked(server, made, template), f"look at {made.name!r}")[1]
        if not rows:
            return None
        described = tuple(rows[0])
    number, words, definition = (_text(value) for value in described)
    return {
        "number": number if set(number) - set("0-") else "",
        "words": words,
        "definition": hashlib.sha256(definition.encode()).hexdigest()[:16] if definition else "",
    }


def _asked(server: Server, made: Made, template: str) -> str:
    quoted = server.quoted(made.schema or server.schema, made.name)
    schema, name = made.schema or server.schema or "", made.name
    if server.dialect in ("oracle", "snowflake"):
        schema, name = server.stored(schema)[0], server.stored(name)[0]
    within = f"{server.quoted(made.schema)}." if made.schema else ""

    def literal(text: str) -> str:
        return literals.literal(text, server.dialect)

    if server.dialect == "clickhouse" and not schema:
        template = template.replace("{schema}", "currentDatabase()")
    return template.format(
        schema=literal(schema), name=literal(name), within=within, quoted=literal(quoted),
        call=literal(f"{quoted}({made.arguments})"),
    )  # fmt: skip


def _text(value: Any) -> str:
    return "" if value is None else str(value)
