"""What a command imports: MLflow alone takes seconds, and a check of a text needs none of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"mlflow", "pandas", "pyarrow", "numpy", "polars", "pyspark", "sklearn"}
ENGINES = {"duckdb", "sqlglot"}
TYPES = '{"a": "INT"}'


@pytest.mark.parametrize(
    ("arguments", "not_imported"),
    [
        (["--help"], HEAVY | ENGINES),
        (["--version"], HEAVY | ENGINES),
        (["check", "--help"], HEAVY | ENGINES),
        (["check", "{query}"], HEAVY),
        (["check", "{query}", "--format", "json"], HEAVY),
        (["check", "{query}", "--dialect", "snowflake", "--input-types", TYPES], {"mlflow"}),  # bound on an Arrow table
        (["check", "{wrong}", "--input-types", TYPES], {"mlflow"}),
        (["transpile", "{query}", "--to", "spark", "--input-types", TYPES], HEAVY),
        (["lineage", "{query}", "--input-types", TYPES], HEAVY),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_command_imports_no_more_than_it_needs(tmp_path: Path, arguments, not_imported) -> None:
    query, wrong = tmp_path / "query.sql", tmp_path / "wrong.sql"
    query.write_text("SELECT a + 1 AS b FROM input", encoding="utf-8")
    wrong.write_text("SELECT nope(a) FROM input", encoding="utf-8")
    words = [word.format(query=query, wrong=wrong) if "{" in word and word != TYPES else word for word in arguments]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mlflow_sql_flavor", *words],
        capture_output=True, text=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.returncode == (1 if "{wrong}" in arguments else 0), done.stderr[-2000:]
    imported = set(re.findall(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert "mlflow_sql_flavor.cli" in imported
    assert not {name.partition(".")[0] for name in imported} & not_imported
