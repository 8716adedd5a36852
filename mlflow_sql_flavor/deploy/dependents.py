"""What hangs on an object that has to be dropped and made anew: grants, indexes, triggers, made anew with it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InputError
from ..query.targets import literals
from .server import Made, Server

__all__ = ["dependents_of"]


def dependents_of(server: Server, made: Made) -> list[str]:
    """The statements that give a new object of the same name what the old one had.

    Args:
        server: The connection.
        made: The old one, still there.

    Raises:
        InputError: It has what cannot be given to another one.
    """
    asked = _ASKED.get(server.dialect)
    return asked(server, made) if asked is not None else []


def _no(made: Made, what: str) -> InputError:
    return InputError(
        f"{made.name!r} has {what}, which a new {made.kind} in its place would not have: take them off "
        "first, or deploy under another name."
    )


def _literal(server: Server, text: str) -> str:
    return literals.literal(text, server.dialect)


def _postgres(server: Server, made: Made) -> list[str]:
    quoted = server.quoted(made.schema or server.schema, made.name)
    if made.kind == "function":
        call = _literal(server, f"{quoted}({made.arguments})")
        source, acl, owner = f"pg_catalog.pg_proc o WHERE o.oid = to_regprocedure({call})", "o.proacl", "o.proowner"
        on = f"FUNCTION {quoted}"
    else:
        source = f"pg_catalog.pg_class o WHERE o.oid = to_regclass({_literal(server, quoted)})"
        acl, owner, on = "o.relacl", "o.relowner", quoted
        others = (
            f"SELECT (SELECT count(*) FROM pg_policy WHERE polrelid = o.oid) "
            f"+ (SELECT count(*) FROM pg_attribute WHERE attrelid = o.oid AND attacl IS NOT NULL) "
            f"+ (SELECT count(*) FROM pg_constraint WHERE conrelid = o.oid AND contype <> 'n') FROM {source}"
        )
        if any(row[0] for row in server.rows(others, "look at what hangs on the table")[1]):
            raise _no(made, "policies, constraints or grants of single columns")
    grants = server.rows(
        f"SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END, "
        f"g.privilege_type, g.is_grantable FROM (SELECT {acl} AS acl, {owner} AS owner FROM {source}) x, "
        f"aclexplode(x.acl) g WHERE g.grantee <> x.owner",
        "look at its grants",
    )[1]
    found = []
    if made.kind == "function":
        if any(row[0] for row in server.rows(f"SELECT {acl} IS NOT NULL FROM {source}")[1]):
            found.append(f"REVOKE ALL ON {on} FROM PUBLIC")
    else:
        where = f"= to_regclass({_literal(server, quoted)})"
        for sql in (
            f"SELECT pg_get_indexdef(indexrelid) FROM pg_catalog.pg_index WHERE indrelid {where}",
            f"SELECT pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger WHERE NOT tgisinternal AND tgrelid {where}",
        ):
            found += [str(row[0]) for row in server.rows(sql, "look at its indexes and triggers")[1]]
    option = {True: " WITH GRANT OPTION"}
    return [*found, *(f"GRANT {what} ON {on} TO {who}{option.get(may, '')}" for who, what, may in grants)]


def _sqlite(server: Server, made: Made) -> list[str]:
    within = f"{server.quoted(made.schema)}." if made.schema else ""
    sql = (
        f"SELECT sql FROM {within}sqlite_master WHERE tbl_name = {_literal(server, made.name)} COLLATE NOCASE "
        "AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    )
    return [str(row[0]) for row in server.rows(sql, "look at its indexes and triggers")[1]]


def _duckdb(server: Server, made: Made) -> list[str]:
    schema, name = _literal(server, made.schema or server.schema or "main"), _literal(server, made.name)
    sql = (
        "SELECT sql FROM duckdb_indexes() WHERE database_name = current_database() "
        f"AND schema_name = {schema} AND table_name = {name} AND sql IS NOT NULL"
    )
    return [str(row[0]) for row in server.rows(sql, "look at its indexes")[1]]


def _counted(sql: str, what: str) -> Callable[[Server, Made], list[str]]:
    def asked(server: Server, made: Made) -> list[str]:
        quoted = server.quoted(made.schema or server.schema, made.name)
        schema = _literal(server, made.schema or server.schema or "")
        text = sql.format(quoted=_literal(server, quoted), schema=schema, name=_literal(server, made.name))
        if any(row[0] for row in server.rows(text, f"look at what hangs on {made.name!r}")[1]):
            raise _no(made, what)
        return []

    return asked


_ASKED: dict[str, Callable[[Server, Made], list[str]]] = {
    "postgres": _postgres,
    "sqlite": _sqlite,
    "duckdb": _duckdb,
    "redshift": _counted(
        "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = {schema} AND c.relname = {name} AND c.relacl IS NOT NULL",
        "grants",
    ),
    # https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-database-permissions
    "tsql": _counted(
        "SELECT (SELECT COUNT(*) FROM sys.database_permissions WHERE class = 1 AND major_id = OBJECT_ID({quoted})) "
        "+ (SELECT COUNT(*) FROM sys.indexes WHERE object_id = OBJECT_ID({quoted}) AND type > 0) "
        "+ (SELECT COUNT(*) FROM sys.triggers WHERE parent_id = OBJECT_ID({quoted}))",
        "grants, indexes or triggers",
    ),
    "mysql": _counted(
        "SELECT (SELECT COUNT(*) FROM information_schema.statistics WHERE table_schema = {schema} AND table_name = "
        "{name}) + (SELECT COUNT(*) FROM information_schema.triggers WHERE event_object_schema = {schema} AND "
        "event_object_table = {name})",
        "indexes or triggers",
    ),
}
