"""What each engine can, as its manual says it: the one table that statements and their order go by."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["ENGINES", "FUNCTIONS", "Engine", "engine_of", "schema_name"]


@dataclass(frozen=True)
class Engine:
    """What deployments need to know of an engine.

    Attributes:
        transactional: CREATE and DROP are taken back with the rest of a transaction.
        replace_view: The words that put a new view in an old one's place, which keep its grants; empty if there are
            none.
        kept_columns: What columns a view may have that takes an old one's place: ``any``; ``added``, the old ones and
            more behind them; ``same``.
        functions: It has functions that give tables, or views with parameters.
        bare: An argument is read by its bare name, which a column of that name would hide.
        defaults: A function's arguments have defaults.
        replace_table: The words that put a new table in an old one's place in one statement; empty if there are none.
        refresh: How a table of the same columns gets new rows at once, so that its grants and indexes stay:
            statements with ``{name}``, ``{made}`` (a free name), ``{columns}`` and ``{body}``; the engine takes all of
            them back if one fails, or the last one alone changes what others see.
        swap: How a table of other columns takes the old one's place at once: with ``{name}``, ``{made}``, ``{gone}``.
        swapped_out: Under which of these names the old one is then.
        any_case: Names of tables that differ by capitals alone are one name.
        if_exists: DROP takes IF EXISTS.
        purge: What ends DROP TABLE so that the table is not kept in a bin.
        plan: How the plan of ``{query}`` is asked for; the rows are those of the statement marked by ``>``.
    """

    transactional: bool = False
    replace_view: str = "CREATE OR REPLACE VIEW"
    kept_columns: str = "any"
    functions: bool = False
    bare: bool = False
    defaults: bool = True
    replace_table: str = ""
    refresh: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()
    swapped_out: str = "{made}"
    any_case: bool = False
    if_exists: bool = True
    purge: str = ""
    plan: tuple[str, ...] = field(default=(">EXPLAIN {query}",))


_DELETE, _INSERT = "DELETE FROM {name}", "INSERT INTO {name} ({columns}) {body}"
#: By sqlglot's name of the dialect.
ENGINES = {
    # https://www.postgresql.org/docs/current/sql-createview.html: the same columns, and more at the end
    "postgres": Engine(transactional=True, kept_columns="added", functions=True, refresh=(_DELETE, _INSERT)),
    # https://www.sqlite.org/lang_createview.html
    "sqlite": Engine(
        transactional=True,
        replace_view="",
        refresh=(_DELETE, _INSERT),
        any_case=True,
        plan=(">EXPLAIN QUERY PLAN {query}",),
    ),
    "duckdb": Engine(transactional=True, refresh=(_DELETE, _INSERT), any_case=True),
    # https://learn.microsoft.com/en-us/sql/t-sql/statements/create-view-transact-sql keeps the permissions;
    # https://learn.microsoft.com/en-us/sql/t-sql/statements/set-showplan-all-transact-sql is a batch of its own
    "tsql": Engine(
        transactional=True,
        replace_view="CREATE OR ALTER VIEW",
        refresh=(_DELETE, _INSERT),
        plan=("SET SHOWPLAN_ALL ON", ">{query}", "SET SHOWPLAN_ALL OFF"),
    ),
    # https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_VIEW.html: the identical set of columns; no savepoints,
    # and TRUNCATE commits
    "redshift": Engine(transactional=True, kept_columns="same", refresh=(_DELETE, _INSERT)),
    # https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html: INSERT and DELETE are transactional, CREATE is not
    "mysql": Engine(
        refresh=("START TRANSACTION", _DELETE, _INSERT, "COMMIT"),
        swap=("RENAME TABLE {name} TO {gone}, {made} TO {name}",),
        swapped_out="{gone}",
    ),
    # https://clickhouse.com/docs/sql-reference/statements/exchange
    "clickhouse": Engine(
        functions=True,
        defaults=False,
        refresh=("CREATE TABLE {made} AS {name}", "INSERT INTO {made} {body}", "EXCHANGE TABLES {name} AND {made}"),
        swap=("EXCHANGE TABLES {name} AND {made}",),
    ),
    # https://docs.snowflake.com/en/sql-reference/sql/create-view, insert, explain
    "snowflake": Engine(
        functions=True,
        bare=True,
        replace_table="CREATE OR REPLACE TABLE",
        refresh=("INSERT OVERWRITE INTO {name} {body}",),
        plan=(">EXPLAIN USING TEXT {query}",),
    ),
    # https://cloud.google.com/bigquery/docs/reference/standard-sql/procedural-language#begin_transaction; no EXPLAIN
    "bigquery": Engine(
        functions=True,
        bare=True,
        defaults=False,
        replace_table="CREATE OR REPLACE TABLE",
        refresh=(
            "BEGIN TRANSACTION; DELETE FROM {name} WHERE TRUE; "
            "INSERT INTO {name} ({columns}) {body}; COMMIT TRANSACTION",
        ),
        plan=(),
    ),
    # https://trino.io/docs/current/sql/create-table-as.html: where the connector replaces tables
    "trino": Engine(replace_table="CREATE OR REPLACE TABLE", any_case=True),
    # https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/: CREATE VIEW, DROP TABLE, EXPLAIN PLAN. A
    # block is one statement, taken back as a whole
    "oracle": Engine(
        refresh=("BEGIN DELETE FROM {name}; INSERT INTO {name} ({columns}) {body}; COMMIT; END;",),
        if_exists=False,
        purge=" PURGE",
        plan=(
            "EXPLAIN PLAN FOR {query}",
            ">SELECT PLAN_TABLE_OUTPUT FROM TABLE(DBMS_XPLAN.DISPLAY())",
        ),
    ),
    # https://docs.databricks.com/aws/en/sql/language-manual/sql-ref-syntax-dml-insert-into; REPLACE TABLE is Delta's
    "databricks": Engine(
        functions=True,
        bare=True,
        replace_table="CREATE OR REPLACE TABLE",
        refresh=("INSERT OVERWRITE TABLE {name} {body}",),
        any_case=True,
    ),
}  # fmt: skip
#: Engines with functions that give tables, or views with parameters.
FUNCTIONS = {name for name, engine in ENGINES.items() if engine.functions}


def engine_of(dialect: str) -> Engine:
    """What an engine can; nothing beyond views for one that is not known."""
    return ENGINES.get(dialect, Engine())


def schema_name(engine: str, *parts: str | None) -> str | None:
    """A schema as its SQLAlchemy dialect takes it: DuckDB's reads a database and a schema, each quoted if it has a dot.

    Args:
        engine: sqlglot's name of its dialect.
        parts: The schema alone, or a database before it.

    Returns:
        None for the connection's own.
    """
    named = [part for part in parts if part is not None]
    if engine == "duckdb":
        named = ['"' + part.replace('"', '""') + '"' if {".", '"'} & set(part) else part for part in named]
    return ".".join(named) or None
