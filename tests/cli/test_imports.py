"""What a command imports: MLflow alone takes seconds, and a check of a text needs none of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mlflow_sql_flavor

HEAVY = {"mlflow", "pandas", "pyarrow", "numpy", "polars", "pyspark", "sklearn"}
ENGINES = {"duckdb", "sqlglot"}
TYPES = '{"a": "INT"}'


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A stored one, in a folder: what is told of it needs its MLmodel alone."""
    folder = tmp_path_factory.mktemp("imports") / "model"
    mlflow_sql_flavor.save_model(
        "SELECT * FROM input", folder, input_types={"b": "INTEGER", "a": "INTEGER"}, bundle_flavor=False,
        pip_requirements=["mlflow"],
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("arguments", "not_imported"),
    [
        (["--help"], HEAVY | ENGINES),
        (["--version"], HEAVY | ENGINES),
        (["check", "--help"], HEAVY | ENGINES),
        (["check", "{query}"], HEAVY),
        (["check", "{query}", "--format", "json"], HEAVY),
        (["check", "{query}", "--dialect", "snowflake", "--input-types", TYPES], {"mlflow", "pandas"}),
        (["check", "{wrong}", "--input-types", TYPES], {"mlflow", "pandas"}),
        (["transpile", "{query}", "--to", "spark", "--input-types", TYPES], HEAVY),
        (["lineage", "{query}", "--input-types", TYPES], HEAVY),
        (["transpile", "{model}", "--to", "bigquery"], HEAVY),
        (["lineage", "{model}"], HEAVY),
        (["lineage", "{model}", "--format", "svg"], HEAVY),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_command_imports_no_more_than_it_needs(tmp_path: Path, model, arguments, not_imported) -> None:
    query, wrong = tmp_path / "query.sql", tmp_path / "wrong.sql"
    query.write_text("SELECT a + 1 AS b FROM input", encoding="utf-8")
    wrong.write_text("SELECT nope(a) FROM input", encoding="utf-8")
    words = [
        word.format(query=query, wrong=wrong, model=model) if "{" in word and word != TYPES else word
        for word in arguments
    ]
    # The variable, unlike -X, is handed on to the process of its own in which a command runs.
    done = subprocess.run(
        [sys.executable, "-m", "mlflow_sql_flavor", *words],
        env={**os.environ, "PYTHONPROFILEIMPORTTIME": "1"},
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == (1 if "{wrong}" in arguments else 0), done.stderr[-2000:]
    if arguments == ["lineage", "{model}"]:  # in the signature's order, which MLmodel's own mappings have not
        assert done.stdout.split()[:4] == ["b", "input.b", "a", "input.a"]
    imported = set(re.findall(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "mlflow_sql_flavor.cli" in imported
    packages = {name.partition(".")[0] for name in imported}
    assert not packages & not_imported
    if arguments[-1] not in ("--help", "--version"):  # what ran in the other process is among them
        assert "sqlglot" in packages
