"""Compiles a dbt project with dbt itself, for a database that is not there: ``python compiled.py PROJECT TARGET``.

Runs in the environment that has dbt-core and the adapter, not in this package's. Whatever asks the database gets no
rows and no relations, which is what an empty one answers, but for columns: seeds have those of their files, sources
those that the project declares or a seed of their name has. A model whose macros need more fails alone, and says so.
"""

import csv
import json
import os
import sys
from pathlib import Path


class Known:
    """The columns of seeds and sources, and of the models that hand them on, by their names in the database."""

    def __init__(self, manifest):
        self.columns = {}
        nodes = {**manifest.nodes, **manifest.sources}
        waiting = dict(nodes)
        for key, node in nodes.items():
            found = [column.name for column in node.columns.values()]
            if str(node.resource_type) == "seed":
                path = Path(node.root_path or ".") / node.original_file_path
                if path.is_file():
                    with path.open(encoding="utf-8-sig", newline="") as file:
                        found = next(csv.reader(file), [])
            if found and str(node.resource_type) in ("seed", "source"):
                self.columns.setdefault(self._name(node), found)
                waiting.pop(key)
        for node in waiting.values():
            parents = list(getattr(node, "depends_on_nodes", []))
            parent = nodes.get(parents[0]) if len(parents) == 1 else None
            if parent is not None and self._name(parent) in self.columns:
                self.columns.setdefault(self._name(node), self.columns[self._name(parent)])

    @staticmethod
    def _name(node):
        return (node.identifier if str(node.resource_type) == "source" else node.alias).strip('"`').lower()

    def of(self, identifier):
        """Names of columns; none where nothing is known."""
        return self.columns.get(str(identifier or "").strip('"`').lower(), [])


def stub(known):
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

    def columns(self, relation):
        return [self.Column(name, "varchar") for name in known[0].of(relation.identifier)] if known else []

    def relation(self, database, schema, identifier):
        if known and known[0].of(identifier):
            return self.Relation.create(database=database, schema=schema, identifier=identifier)
        return None

    waiting = [BaseAdapter]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        kind.execute = execute
        for name in ("list_relations", "list_relations_without_caching", "list_schemas"):
            setattr(kind, name, nothing)
        for name in ("debug_query", "cleanup_connections", "clear_transaction", "cancel_open_connections"):
            setattr(kind, name, absent)
        available(kind, "get_relation", relation)
        available(kind, "get_columns_in_relation", columns)
        manager = getattr(kind, "ConnectionManager", None)
        if manager is not None and manager.__name__ != "DuckDBConnectionManager":
            manager.open = classmethod(open_)


def available(kind, name, function):
    """Puts a method in the place of one that templates may call."""
    function._is_available_ = True
    setattr(kind, name, function)


def main():
    """Compiles; the artifacts are in the project's target folder. FIRST names a file: the models to compile."""
    project, target, *more = sys.argv[1:]
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.chdir(project)
    from dbt.cli.main import dbtRunner

    __import__(f"dbt.adapters.{target}")
    known = []
    if target != "duckdb":
        stub(known)
    profiles = os.environ.get("DBT_PROFILES_DIR", str(Path.cwd()))
    common = ["--target", target, "--profiles-dir", profiles, "--quiet"]
    if more:
        common += ["--vars", more[0]]
    parsed = dbtRunner().invoke(["parse", *common])
    if parsed.exception is not None:
        print(parsed.exception)
        return 2
    if target != "duckdb":
        known.append(Known(parsed.result))
    if "FIRST" in os.environ:
        chosen = json.loads(os.environ["FIRST"])
        common += ["--select", *(f"+path:{path}" for path in chosen)]
    found = dbtRunner(manifest=parsed.result).invoke(["compile", "--no-populate-cache", *common])
    for result in getattr(found.result, "results", None) or []:
        if str(result.status) == "error":
            print(f"{result.node.unique_id}: {str(result.message).splitlines()[0] if result.message else 'failed'}")
    if found.exception is not None:
        print(found.exception)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
