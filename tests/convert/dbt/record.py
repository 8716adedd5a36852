"""Writes tests/convert/dbt/written anew: ``python -m tests.convert.dbt.record DBT_PYTHON``.

DBT_PYTHON is the Python of an environment with dbt-core and the adapters. What dbt writes of the project ``shop`` is
kept without dbt's own macros and without what differs from run to run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["HERE", "build", "environment_of"]

HERE = Path(__file__).parent
ADAPTERS = ("duckdb", "snowflake", "bigquery")
_FILL = (
    "import duckdb; c = duckdb.connect('shop.duckdb'); c.execute('create schema main_raw'); "
    "c.execute('create table main_raw.customers as select 10 as id, \\'Ann\\' as full_name')"
)


def environment_of(project: Path) -> dict[str, str]:
    """What dbt is run with."""
    return {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DBT_PROFILES_DIR": str(project)}


def build(python: str, project: Path) -> None:
    """Builds the project with dbt on DuckDB, its unit tests among it, and writes the catalog.

    Args:
        python: Of dbt's environment.
        project: A copy of the project.

    Raises:
        CalledProcessError: dbt, or one of its unit tests, failed.
    """
    environment = environment_of(project)
    dbt = [python, "-c", "import sys; from dbt.cli.main import cli; sys.exit(cli())"]
    for command in (
        [python, "-c", _FILL],
        [*dbt, "seed", "--quiet"],
        [*dbt, "run", "--empty", "--quiet"],
        [*dbt, "build", "--exclude", "resource_type:seed", "--quiet"],
        [*dbt, "docs", "generate", "--quiet"],
        [*dbt, "compile", "--full-refresh", "--quiet"],
    ):
        subprocess.run(command, check=True, cwd=project, env=environment)


def _kept(target: Path) -> dict[str, Any]:
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    told = ("dbt_schema_version", "dbt_version", "project_name", "adapter_type")
    kept = {"metadata": {key: manifest["metadata"][key] for key in told}}
    for part in ("nodes", "sources", "unit_tests"):
        kept[part] = manifest[part]
        for each in kept[part].values():
            for key in ("created_at", "root_path", "checksum", "build_path", "unrendered_config", "docs"):
                each.pop(key, None)
    return kept


def main() -> int:
    """Writes the files."""
    for adapter in ADAPTERS:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / "shop"
            shutil.copytree(HERE / "shop", project)
            if adapter == "duckdb":
                build(sys.argv[1], project)
            else:
                subprocess.run([sys.argv[1], str(HERE / "compiled.py"), str(project), adapter], check=True)
            written = HERE / "written" / adapter
            written.mkdir(parents=True, exist_ok=True)
            text = json.dumps(_kept(project / "target"), indent=1, ensure_ascii=False)
            (written / "manifest.json").write_text(text + "\n", encoding="utf-8")
            if adapter == "duckdb":
                catalog = json.loads((project / "target" / "catalog.json").read_text(encoding="utf-8"))
                del catalog["metadata"]
                text = json.dumps(catalog, indent=1, ensure_ascii=False)
                (written / "catalog.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
