"""Compiles a dbt project with dbt itself, for a database that is not there: ``python compiled.py PROJECT TARGET``.

Runs in the environment that has dbt-core and the adapter, not in this package's. Whatever asks the database gets no
rows and no relations, which is what an empty one answers; a model whose macros need more fails alone, and says so.
"""

import os
import sys
from pathlib import Path


def stub() -> None:
    """Replaces what adapters ask their databases for."""
    from unittest.mock import MagicMock

    import agate
    from dbt.adapters.base.impl import BaseAdapter
    from dbt.adapters.contracts.connection import AdapterResponse, ConnectionState

    def execute(self, sql, auto_begin=False, fetch=False, limit=None):
        return AdapterResponse("none"), agate.Table([])

    def open_(cls, connection):
        connection.state = ConnectionState.OPEN
        connection.handle = MagicMock()
        return connection

    def nothing(self, *args, **kwargs):
        return []

    def absent(self, *args, **kwargs):
        return None

    waiting = [BaseAdapter]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        kind.execute = execute
        for name in ("list_relations", "list_relations_without_caching", "get_columns_in_relation", "list_schemas"):
            setattr(kind, name, nothing)
        for name in (
            "get_relation",
            "debug_query",
            "cleanup_connections",
            "clear_transaction",
            "cancel_open_connections",
        ):
            setattr(kind, name, absent)
        manager = getattr(kind, "ConnectionManager", None)
        if manager is not None and manager.__name__ != "DuckDBConnectionManager":
            manager.open = classmethod(open_)


def main() -> int:
    """Compiles; the artifacts are in the project's target folder."""
    project, target, *more = sys.argv[1:]
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.chdir(project)
    from dbt.cli.main import dbtRunner

    __import__(f"dbt.adapters.{target}")
    if target != "duckdb":
        stub()
    profiles = os.environ.get("DBT_PROFILES_DIR", str(Path.cwd()))
    command = ["compile", "--target", target, "--no-populate-cache", "--profiles-dir", profiles, "--quiet"]
    if more:
        command += ["--vars", more[0]]
    found = dbtRunner().invoke(command)
    for result in getattr(found.result, "results", None) or []:
        if str(result.status) == "error":
            print(f"{result.node.unique_id}: {str(result.message).splitlines()[0] if result.message else 'failed'}")
    if found.exception is not None:
        print(found.exception)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
