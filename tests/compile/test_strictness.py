"""What has no evidence, at save: findings, the level, strict, and what settles them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.model import compiled_model_of
from mlflow_sql_flavor.query.evidence.index import Index

DATA = pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})
#: A dialect that nobody compared with its engine.
UNKNOWN: dict[str, Any] = {"dialect": "doris", "input_example": DATA}


def section(path: Path) -> dict[str, Any]:
    return yaml.safe_load((path / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]


def test_findings_and_level_stand_in_mlmodel(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", **UNKNOWN)
    saved = section(tmp_path / "m")
    assert saved["level"] == "unverified"
    (finding,) = saved["findings"]
    assert finding["kind"] == "no_evidence" and finding["settled"] is None
    assert "Nobody compared" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")


def test_strict_refuses_what_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(MlflowException, match="Strict: Nobody compared"):
        mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", strict=True, **UNKNOWN)
    assert not (tmp_path / "m").exists()


def test_strict_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SQL_STRICT", "true")
    with pytest.raises(MlflowException, match="Strict"):
        mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", **UNKNOWN)
    mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", strict=False, **UNKNOWN)
    monkeypatch.setenv("MLFLOW_SQL_STRICT", "perhaps")
    with pytest.raises(MlflowException, match="true or false"):
        mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "n", **UNKNOWN)


@pytest.mark.parametrize(
    ("settled", "by"),
    [({"allow": ["no_evidence"]}, "allow"), ({"expected_output": DATA[["a"]]}, "expected_output")],
)
def test_what_the_writer_settles_is_no_warning_and_passes_strict(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, settled: dict[str, Any], by: str
) -> None:
    mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", strict=True, **UNKNOWN, **settled)
    saved = section(tmp_path / "m")
    assert [finding["settled"] for finding in saved["findings"]] == [by]
    assert saved["level"] == "unverified"
    assert not [record for record in caplog.records if "Nobody compared" in record.message]


def test_a_finding_points_at_its_place_and_stands_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Index("Engine 1", {"operator add(int, int)": "c", "literal int": "c"}, {})
    monkeypatch.setattr("mlflow_sql_flavor.query.evidence.lookup.index_of", lambda dialect: known)
    sql = "SELECT abs(a) + abs(a + 1) AS c,\n  upper(s) AS d FROM input"
    compiled = (
        compiled_model_of(mlflow_sql_flavor.SQLModel(sql, "sqlite")).bind({"a": "INTEGER", "s": "VARCHAR"}).compiled
    )
    assert [(f.line, f.column, f.feature) for f in compiled.findings] == [
        (1, 8, "function abs(int)"),
        (2, 3, "function upper(text)"),
    ]
    assert all("Engine 1" in finding.message for finding in compiled.findings)
    assert compiled.level == "unverified"


def test_duckdb_runs_its_own_text(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model("SELECT a AS a FROM input", tmp_path / "m", input_example=DATA, strict=True)
    assert section(tmp_path / "m")["level"] == "verified"


def test_the_logged_model_carries_its_level(tracking: Any) -> None:
    import mlflow

    info = mlflow_sql_flavor.log_model("SELECT a AS a FROM input", name="m", **UNKNOWN)
    assert mlflow.get_logged_model(info.model_id).tags["sql.level"] == "unverified"
