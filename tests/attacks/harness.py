"""Runs an attempt the way a model's query is run, and looks for any trace of it."""

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from mlflow_sql_flavor.engines.limits import Limits
from mlflow_sql_flavor.engines.query_check import judge, parse_tree
from mlflow_sql_flavor.engines.sandbox import TableSource, open_instance
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.query.gate.query_bounds import is_small

DATA = Path(__file__).parent / "data"
CANARY = "canary-7f3d91"
REF = pa.table({"k": pa.array([1, 2], pa.int32()), "v": pa.array([10, 20], pa.int32())})
INPUT = pa.table({"a": pa.array([1, 2, 3], pa.int64()), "s": ["x", "y", None]})

# What a replacement scan of Python variables would find.
secret_df = pa.table({"secret": [CANARY]})


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt.

    ``by`` is "gate" or "duckdb" where it was refused; "apart" where it is not known to be small, so that a model runs
    it in a process of its own (`test_bounded` measures those); else None. ``trace`` says what it read or changed.
    """

    by: str | None
    message: str
    trace: str


def attempts(*files: str) -> list[dict]:
    names = files or ("attempts.jsonl", "more.jsonl")
    return [json.loads(line) for name in names for line in (DATA / name).open(encoding="utf-8")]


def make_probe(folder: Path) -> Path:
    """The files an attempt would like to read, each with the canary in it."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table({"a": [1], "secret": [CANARY]})
    (folder / "x.csv").write_text(f"a,secret\n1,{CANARY}\n")
    (folder / "x.json").write_text(json.dumps({"a": 1, "secret": CANARY}) + "\n")
    pq.write_table(table, folder / "x.parquet")
    with duckdb.connect(str(folder / "x.db")) as con:
        con.register("source", table)
        con.execute("CREATE TABLE t AS SELECT * FROM source")
        con.unregister("source")
    return folder


class Range:
    """A locked instance with ``ref`` and ``input``, and the files and variables around it."""

    def __init__(self, probe: Path) -> None:
        self.probe = make_probe(probe)
        self.home = Path.cwd()
        os.environ["MLFLOW_SQL_CANARY"] = os.environ["http_proxy"] = os.environ["HTTP_PROXY"] = f"http://{CANARY}:1"
        limits = replace(Limits.default(), timeout_seconds=5.0, memory_limit=256 * 2**20, threads=1)
        self.con = open_instance(limits=limits, tables={"ref": TableSource(REF)})
        self.files = self._files()
        self.state = self._state()

    def close(self) -> None:
        self.con.close()
        for name in ("MLFLOW_SQL_CANARY", "http_proxy", "HTTP_PROXY"):
            os.environ.pop(name, None)

    def run(self, sql: str, instance: bool = True) -> Outcome:
        """Check a query and, where the gate lets it pass, run it, read its answer and compare the instance."""
        sql = sql.replace("/tmp/probe", str(self.probe))
        by, message, answer = None, "", ""
        try:
            tree = parse_tree(self.con, sql)
            judge(self.con, tree, sql, tables=("ref", "input"))
        except SQLModelError as error:
            return Outcome("gate", error.message, self.trace(error.message, instance=False))
        if not is_small(tree):
            by = "apart"
        else:
            cursor = self.con.cursor()
            try:
                cursor.register("input", INPUT)
                answer = str(cursor.execute(sql).fetchall())
            except duckdb.Error as error:
                by, message = "duckdb", str(error)
            finally:
                cursor.close()
        # What the gate refused never reached DuckDB but as text to parse, so the instance is compared once, at the end.
        return Outcome(by, message, self.trace(message + answer, instance=instance and by != "apart"))

    def trace(self, output: str = "", instance: bool = True) -> str:
        """What was read or changed since the start, or an empty string."""
        if CANARY in output:
            return "read a canary"
        if self._files() != self.files:
            return "changed files"
        if instance and self._state() != self.state:
            return "changed the instance"
        return ""

    def _files(self) -> dict[str, str]:
        found = {str(path): "" for path in self.home.iterdir()}
        for path in sorted(self.probe.rglob("*")):
            found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        return found

    def _state(self) -> list:
        """What another request would find: on a cursor of its own, as every request has."""
        with self.con.cursor() as cursor:
            queries = (
                "SELECT * FROM ref ORDER BY k",
                "SELECT name, value FROM duckdb_settings() ORDER BY name",
                "SELECT database_name, schema_name, table_name FROM duckdb_tables() ORDER BY ALL",
                "SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
                "SELECT function_name FROM duckdb_functions() WHERE NOT internal ORDER BY ALL",
                "SELECT database_name FROM duckdb_databases() ORDER BY ALL",
                "SELECT type_name FROM duckdb_types() WHERE NOT internal ORDER BY ALL",
                "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal ORDER BY ALL",
                "SELECT sequence_name FROM duckdb_sequences() ORDER BY ALL",
                "SELECT count(*) FROM duckdb_secrets()",
                "SELECT abs(-3), current_setting('threads')",
            )
            return [cursor.execute(query).fetchall() for query in queries]
