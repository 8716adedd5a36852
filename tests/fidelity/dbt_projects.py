"""How many models of public dbt projects are accepted as dbt compiles them: ``python -m tests.fidelity.dbt_projects``.

The environment variable DBT_PROJECTS names a folder with git clones, bare or not, of the repositories in
data/dbt_projects.yaml, as ``owner+name`` or ``owner+name/repo``; DBT_PYTHON the Python of an environment with dbt-core
and the adapters. No row is compared. Arguments: adapters; ``-v`` prints whole messages.
"""

from __future__ import annotations

import collections
import contextlib
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlglot
import yaml
from sqlglot import exp

from mlflow_sql_flavor.compile.check import check
from mlflow_sql_flavor.convert.dbt.project import Node, Project
from mlflow_sql_flavor.convert.dbt.reads import reads
from mlflow_sql_flavor.convert.dbt.rows import seed
from mlflow_sql_flavor.convert.dbt.types import ANY_DIGITS, duckdb_types
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.frames.schema import arrow_schema, canonical

from .dbt_usage import used_types

__all__ = ["main"]

HERE = Path(__file__).parent
COMPILE = HERE.parent / "convert" / "dbt" / "compiled.py"
ENOUGH = 100
_CONNECTION = {
    "snowflake": {"account": "none", "user": "u", "password": "p", "database": "analytics"},
    "bigquery": {"method": "oauth", "project": "analytics"},
    "postgres": {"host": "none.invalid", "port": 5432, "user": "u", "password": "p", "dbname": "analytics"},
    "redshift": {"host": "none.invalid", "port": 5439, "user": "u", "password": "p", "dbname": "analytics"},
    "databricks": {"host": "none.invalid", "http_path": "/p", "token": "t", "catalog": "analytics"},
}
#: Calls that write what a database answers into a text; without one what they write is no query.
_ASKS = re.compile(r"\b(get_filtered_columns_in_relation|get_column_values|run_query|pivot|statement)\s*\(")
#: A list of columns that the database was to give.
_NO_COLUMNS = re.compile(r"(?is)(,|\bselect)\s*\bfrom\b")
#: What a file of a project says of tests, of documents and of what is made of models; none of it changes their text.
_NO_TEXT = ("tests", "data_tests", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "meta")


def _extract(clones: Path, source: str, into: Path) -> None:
    repository, commit = source.split("@")
    name = repository.replace("/", "+")
    clone = next((path for path in (clones / name / "repo", clones / name) if path.is_dir()), None)
    if clone is None:
        raise FileNotFoundError(f"no clone of {repository} in {clones}")
    into.mkdir(parents=True)
    left_out: list[str] = []
    while True:
        command = ["git", "-C", str(clone), "archive", commit, "--", ".", *left_out]
        packed = subprocess.run(command, capture_output=True)
        if not packed.returncode:
            break
        lost = re.search(rb"invalid object \w+ \w+ for '(.+?)'", packed.stderr)
        if lost is None:
            raise RuntimeError(packed.stderr.decode())
        left_out.append(f":(exclude){lost[1].decode()}")  # a snapshot without its largest files
    subprocess.run(["tar", "-x", "-C", into], check=True, input=packed.stdout)
    for each in left_out:
        path = into / each.removeprefix(":(exclude)")
        if path.suffix == ".csv":  # so that the project parses
            path.write_text("not_in_the_snapshot\n", encoding="utf-8")


def _without_tests(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_tests(each) for key, each in value.items() if key not in _NO_TEXT}
    return [_without_tests(each) for each in value] if isinstance(value, list) else value


def _prepare(folder: Path, adapter: str) -> None:
    """Takes out what needs packages that are not there: tests, and what is not compiled."""
    for path in folder.rglob("*.y*ml"):
        if path.name == "dbt_project.yml" or "dbt_packages" in path.relative_to(folder).parts or path.is_symlink():
            continue
        if "models" in path.parts:
            try:
                kept = _without_tests(yaml.safe_load(path.read_text(encoding="utf-8")))
            except yaml.YAMLError:
                continue
            path.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for name in ("packages.yml", "dependencies.yml", "package-lock.yml"):
        (folder / name).unlink(missing_ok=True)
    for name in ("tests", "analyses", "analysis", "snapshots"):
        if (folder / name).is_dir() and name != "snapshots":
            shutil.rmtree(folder / name)
    project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
    output = {"type": adapter, "schema": "main", "threads": 1, **_CONNECTION[adapter]}
    profile = {project.get("profile", "package"): {"target": adapter, "outputs": {adapter: output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    for key in ("on-run-start", "on-run-end", "flags", "require-dbt-version"):
        project.pop(key, None)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project, sort_keys=False), encoding="utf-8")


def _compiled(clones: Path, entry: Mapping[str, Any], known: Mapping[str, str], work: Path) -> tuple[Path, list[str]]:
    """The folder that dbt compiled, and what it said."""
    _extract(clones, entry["repository"], work / "source")
    folder = root = work / "source" / entry.get("folder", ".")
    ddl = {}
    for path in (work / "source").glob(entry.get("types", "none")):
        ddl[path.name] = path.read_text(encoding="utf-8", errors="replace")
    (work / "ddl.json").write_text(json.dumps(ddl))
    for each in entry.get("not_parsed", ()):
        (folder / each).unlink()
    _prepare(folder, entry["adapter"])
    if tests := entry.get("tests_of_package"):
        package = folder
        folder = folder / tests
        _prepare(folder, entry["adapter"])
        name = yaml.safe_load((package / "dbt_project.yml").read_text(encoding="utf-8"))["name"]
        (folder / "dbt_packages").mkdir()
        shutil.copytree(package, folder / "dbt_packages" / name, ignore=shutil.ignore_patterns(tests, ".git*"))
    for name in entry["packages"]:
        into = folder / "dbt_packages" / name
        _extract(clones, known[name], into)
        for each in ("packages.yml", "integration_tests", "models", "tests"):
            path = into / each
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    first = [] if "tests_of_package" in entry else _in_order(root)[:ENOUGH]
    environment = {**os.environ, "DBT_PROFILES_DIR": str(folder), **({"FIRST": json.dumps(first)} if first else {})}
    command = [os.environ["DBT_PYTHON"], str(COMPILE), str(folder), entry["adapter"], json.dumps(entry.get("vars", {}))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=work)
    said = [line for line in (done.stdout + done.stderr).split("\n") if line.strip()]
    return folder, said


def _in_order(folder: Path) -> list[str]:
    paths = [str(path.relative_to(folder)) for path in (folder / "models").rglob("*.sql")]
    return sorted(paths, key=lambda path: path.split("/"))


class _Types:
    """Columns and types of a project's relations, as far as anything tells them."""

    def __init__(self, project: Project, ddl: Mapping[str, str], texts: Mapping[str, str]) -> None:
        self.project = project
        self.made: dict[str, dict[str, str]] = {}
        self.failed: set[str] = set()
        self.tables: dict[str, dict[str, str]] = {}
        self.texts = texts
        for text in ddl.values():
            for statement in re.findall(r"(?is)CREATE TABLE .*?\n\s*\)", text):
                tree = sqlglot.parse_one(re.sub(r'COLLATE pg_catalog."\w+"', "", statement), dialect="postgres")
                table = tree.find(exp.Table)
                assert table is not None
                columns = {c.name: c.args["kind"].sql("duckdb") for c in tree.find_all(exp.ColumnDef)}
                self.tables[table.name.casefold()] = {n: _kind(k) for n, k in columns.items()}
        for key, node in project.manifest["nodes"].items():
            if node["resource_type"] == "seed":
                try:
                    table = seed(project, Node.model_validate(node))
                except (SQLModelError, OSError):
                    continue
                self.made[key] = self.tables[node["alias"].casefold()] = dict(_duckdb_types(table))

    @cached_property
    def trees(self) -> dict[str, exp.Expr]:
        """The models' texts, as far as they parse."""
        found = {}
        for key, sql in self.texts.items():
            with contextlib.suppress(sqlglot.errors.SqlglotError):
                found[key] = sqlglot.parse_one(sql, dialect=self.project.dialect)
        return found

    @cached_property
    def usage(self) -> dict[str, str]:
        """How the project uses columns of a name."""
        return used_types(list(self.trees.values()))

    def of(self, node: Node) -> dict[str, str]:
        if node.unique_id in self.made:
            return self.made[node.unique_id]
        raw = {**self.project.manifest["nodes"], **self.project.manifest["sources"]}[node.unique_id]
        name = (raw.get("identifier") or raw.get("alias") or node.name).strip('"`').casefold()
        declared = duckdb_types(self.project.columns(node), self.project.dialect)
        types = {n: ("DECIMAL(38,9)" if k == ANY_DIGITS else k) for n, k in declared.items() if k}
        types = {**self.tables.get(name, {}), **types}
        if name in self.tables and node.resource_type == "source":  # files of the project that lag behind its models
            known = {column.casefold() for column in types}
            for column, kind in self._used(node, alone=True).items():
                if column.casefold() not in known:
                    types[column] = kind
                elif kind == "BOOLEAN":
                    types[next(c for c in types if c.casefold() == column.casefold())] = kind
        if not types or (name not in self.tables and len(types) < len(node.columns)):
            types = {**self._used(node), **types}
        self.made[node.unique_id] = types
        return types

    def _used(self, node: Node, alone: bool = False) -> dict[str, str]:
        """By the models that read it; by those that read nothing else."""
        trees = []
        for key, tree in self.trees.items():
            parents = self.project.manifest["nodes"][key]["depends_on"]["nodes"]
            if node.unique_id in parents and not (alone and len(parents) > 1):
                trees.append(tree)
        found = used_types(trees, self.usage)
        return {name.upper() if self.project.dialect == "snowflake" else name: kind for name, kind in found.items()}


def _kind(kind: str) -> str:
    try:
        return canonical(kind)
    except SQLModelError:
        return "VARCHAR"


def _duckdb_types(table: Any) -> Any:
    from mlflow_sql_flavor.artifact.tables import open_table

    return open_table("seed", table).types


def _verdict(project: Project, node: Node, types: _Types) -> str:
    """Empty if it is accepted, else why not; what it makes is known afterwards."""
    sql = project.compiled(node)
    try:
        parents, others = reads(sql, project.dialect, project.parents(node))
        tables: dict[str, Any] = {}
        for parent in parents:
            found = types.of(parent)
            if not found:
                return f"left out: nothing tells the columns of {parent.title}"
            tables[str(parent.relation_name)] = arrow_schema(found).empty_table()
        if others:
            return f"left out: reads {others[0]}, which is neither ref nor source"
        made = check(sql, project.dialect, tables=tables).output_types
        types.made[node.unique_id] = dict(made or {})
    except SQLModelError as error:
        types.failed.add(node.unique_id)
        lost = [p.name for p in project.parents(node) if p.unique_id in types.failed and p is not node]
        return error.message + (f" (It reads {lost[0]}, which is refused.)" if lost else "")
    return ""


def _project(entry: Mapping[str, Any], folder: Path, said: list[str], work: Path, wanted: int, verbose: bool) -> Any:
    project = Project.open(folder)
    texts = {
        key: node["compiled_code"]
        for key, node in project.manifest["nodes"].items()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    types = _Types(project, json.loads((work / "ddl.json").read_text()), texts)
    failed = {line.split(":")[0]: line for line in said if line.startswith("model.")}
    order = _in_order(work / "source" / entry.get("folder", "."))
    models = [n for n in project._models if n.package_name not in entry["packages"]]
    listed = {path: [n for n in models if n.original_file_path == path] for path in order}
    results: dict[str, str] = {}

    def visit(node: Node) -> str:
        if node.unique_id not in results:
            results[node.unique_id] = ""
            for parent in project.parents(node):
                if parent.resource_type == "model" and parent.unique_id in texts and parent is not node:
                    visit(parent)
            results[node.unique_id] = _verdict(project, node, types)
        return results[node.unique_id]

    counts: collections.Counter[str] = collections.Counter()
    for path, nodes in listed.items():
        for node in nodes or [None]:  # type: ignore[list-item]
            if counts["accepted"] + counts["refused"] >= wanted:
                return counts
            reason = next((why for form, why in entry.get("left_out", {}).items() if fnmatch.fnmatch(path, form)), None)
            if node is None:
                reason = reason or "disabled in the project"
            elif found := next(
                (f for f in entry.get("functions", ()) if re.search(rf"(?i)\b{f}\b", node.raw_code)), None
            ):
                reason = reason or f"{found} is a function of the warehouse's own"
            elif asked := _ASKS.search(node.raw_code):
                reason = reason or f"{asked[0]} asks the database"
            elif _NO_COLUMNS.search(texts.get(node.unique_id, "")):
                reason = reason or "the database was asked for columns"
            elif node.unique_id not in texts:
                reason = reason or f"not compiled: {failed.get(node.unique_id, 'its macros need a database')}"
            verdict = f"left out: {reason}" if reason else visit(node)
            kind = "left out" if verdict.startswith("left out") else "refused" if verdict else "accepted"
            counts[kind] += 1
            if verdict:
                short = verdict if verbose else verdict.split("\n")[0][:300]
                print(f"{kind:8} {entry['adapter']} {path}: {short.removeprefix('left out: ')}", flush=True)
    return counts


def main(argv: list[str] | None = None) -> int:
    """Prints what is refused and what is left out, and the counts."""
    given = sys.argv[1:] if argv is None else argv
    if not (os.environ.get("DBT_PROJECTS") and os.environ.get("DBT_PYTHON")):
        print("DBT_PROJECTS and DBT_PYTHON name no clones and no dbt: nothing is measured.")
        return 0
    listed = yaml.safe_load((HERE / "data" / "dbt_projects.yaml").read_text(encoding="utf-8"))
    asked = [word for word in given if not word.startswith("-")]
    totals: dict[str, collections.Counter[str]] = {}
    for entry in listed["projects"]:
        adapter = entry["adapter"]
        if asked and adapter not in asked:
            continue
        total = totals.setdefault(adapter, collections.Counter())
        with tempfile.TemporaryDirectory() as place:
            work = Path(os.environ.get("DBT_WORK", place)) / entry["repository"].split("@")[0].replace("/", "+")
            if (work / "said.json").is_file():  # compiled before
                folder, said = json.loads((work / "said.json").read_text())
            else:
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir(parents=True)
                folder, said = _compiled(Path(os.environ["DBT_PROJECTS"]), entry, listed["packages"], work)
                (work / "said.json").write_text(json.dumps([str(folder), said]))
            if not (Path(folder) / "target" / "manifest.json").is_file():
                print("\n".join(said))
                return 1
            total.update(_project(entry, Path(folder), said, work, ENOUGH - total["accepted"] - total["refused"],
                                  "-v" in given))  # fmt: skip
    short = 0
    for adapter, total in totals.items():
        of = total["accepted"] + total["refused"]
        short += total["accepted"] * 100 < 95 * of
        print(f"{adapter}: {total['accepted']} of {of} accepted, {total['left out']} left out.")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
