"""Folders that lie about themselves: sizes, places and names of files, a manifest that leaves out or misstates."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.artifact.manifest import below
from mlflow_sql_flavor.review.audit.folder import judge_folder

DATA = pd.DataFrame({"x": [1.5, 2.0], "k": [1, 2]})
GIGABYTES = 30 * 2**30


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y FROM input LEFT JOIN t USING (k)",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_example=DATA,
        bundle_flavor=False,
        pip_requirements=["duckdb"],
    )
    return path


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "m"))


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    change(content["flavors"]["sql"])
    (folder / "MLmodel").write_text(yaml.safe_dump(content), encoding="utf-8")


def judged(folder: Path) -> list[tuple[str, str, str]]:
    spec = mlmodel.read(folder, "sql").spec
    return [remark for remark in judge_folder(spec, folder, {}) if remark[0] != "card"]


# sizes


def sparse(path: Path, size: int = GIGABYTES) -> None:
    with path.open("r+b" if path.exists() else "wb") as file:
        file.truncate(size)


def padded(path: Path) -> None:
    """Thirty gigabytes of nothing before a summary that reads as Parquet."""
    data = path.read_bytes()
    sparse(path)
    with path.open("r+b") as file:
        file.seek(GIGABYTES - len(data))
        file.write(data)


def summary(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**27)
        file.seek(2**27 - 8)
        file.write((2**27 - 12).to_bytes(4, "little") + b"PAR1")


@pytest.mark.skipif(os.name == "nt", reason="files with holes")
@pytest.mark.parametrize("change", [sparse, padded, summary], ids=["holes", "padding", "summary"])
def test_a_table_of_gigabytes_that_it_does_not_name(folder: Path, change: Callable[[Path], None]) -> None:
    change(folder / "tables/t.parquet")
    began = time.process_time()
    with pytest.raises(MlflowException, match="reference table 't'"):
        mlflow_sql_flavor.load_model(str(folder))
    assert time.process_time() - began < 5


def test_a_large_table_that_names_its_bytes(tmp_path: Path) -> None:
    """Beyond the size from which a file is asked what it names."""
    noise = pa.table({"k": [1, 2], "v": [1, 2], "unused": [os.urandom(36 * 2**20) for _ in range(2)]})
    pq.write_table(noise, tmp_path / "t.parquet", compression="none")
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y FROM input LEFT JOIN t USING (k)", tmp_path / "m", tables={"t": tmp_path / "t.parquet"},
        input_example=DATA, bundle_flavor=False, pip_requirements=[],
    )  # fmt: skip
    assert (tmp_path / "m/tables/t.parquet").stat().st_size > 2**26
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)["y"].tolist() == [2.5, 4.0]


@pytest.mark.skipif(os.name == "nt", reason="files with holes")
def test_a_page_of_gigabytes_is_read_up_to_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlflow_sql_flavor.review.audit.folder._SECONDS", 0.3)
    sparse(folder / "README.md")
    assert ("manifest", "bad") in {remark[:2] for remark in judged(folder)}  # of another size
    edit(folder, lambda section: section["manifest"]["README.md"].update(bytes=GIGABYTES))
    began = time.process_time()
    remarks = list(judge_folder(mlmodel.read(folder, "sql").spec, folder, {}))
    assert time.process_time() - began < 5
    assert {("manifest", "not known"), ("card", "not known")} <= {remark[:2] for remark in remarks}


# places


@pytest.mark.skipif(os.name == "nt", reason="its paths are shorter")
def test_folders_deeper_than_anybody_looks_are_named(folder: Path) -> None:
    deep = folder / "/".join("a" * 300)
    deep.mkdir(parents=True)
    (deep / "evil.py").write_text("")
    unread: list[str] = []
    assert not any(path.endswith("evil.py") for path in below(folder, unread))
    assert len(unread) == 1
    remarks = [text for _, verdict, text in judged(folder) if verdict == "not known"]
    assert any("could not be looked into" in text for text in remarks)
    mlflow_sql_flavor.load_model(str(folder))


def test_files_below_come_folder_by_folder(tmp_path: Path) -> None:
    for path in ("b/z", "b/a/x", "a", "c/d/e"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    assert list(below(tmp_path)) == ["a", "b/z", "b/a/x", "c/d/e"]


NAMES = [
    "a\nok    everything",
    "b\x1b[2J",
    "c\u202ed",
    "e\u200bf",
    "x" * 200,
    " ",
    "-rf",
    "MLMODEL",
    "Requirements.txt",
]
NAMES += ["tables/T.parquet", ".env", "pip.conf", "setup.py", "__pycache__/x.pyc", "Code/evil.py", ".MLmodel.partial"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_more_is_named(folder: Path, name: str) -> None:
    if (folder / name).exists() or (os.name == "nt" and set(name) & set("\n\x1b ")):
        pytest.skip("this file system has no such name of its own")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("")
    found = {subject for subject, verdict, text in judged(folder) if verdict == "not known" and name[:40] in text}
    assert found == {"files", "manifest"}


# what the manifest says


def _entry(path: str, size: int = 1) -> dict[str, Any]:
    return {path: {"bytes": size, "sha256": hashlib.sha256(b"x").hexdigest()}}


LEFT_OUT = ["tables/t.parquet", "example_output.arrow", "input_example.json", "requirements.txt", "conda.yaml"]
LEFT_OUT += ["README.md", "python_env.yaml", "serving_input_example.json"]
MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    **{f"without {path}": (lambda s, path=path: s["manifest"].pop(path), "not known") for path in LEFT_OUT},
    "empty": (lambda s: s["manifest"].clear(), "not known"),
    "other sizes": (lambda s: [file.update(bytes=0) for file in s["manifest"].values()], "bad"),
    "another checksum of a table": (lambda s: s["manifest"].update(_entry("tables/t.parquet")), "bad"),
    "itself": (lambda s: s["manifest"].update(_entry("MLmodel")), "bad"),
    "a folder as a whole": (
        lambda s: s["manifest"].update({"tables/": {"bytes": 0, "sha256": "0" * 64, "files": 1}}), "bad",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_that_misstates(folder: Path, name: str) -> None:
    change, verdict = MANIFESTS[name]
    edit(folder, change)
    found = {found for subject, found, _ in judged(folder) if subject == "manifest"}
    assert verdict in found and "ok" not in found


REFUSED = ["../x", "/etc/passwd", "./README.md", "a//b", "/", "a\\..\\b", "C:/x", "a\nb", ""]


@pytest.mark.parametrize("path", REFUSED, ids=repr)
def test_a_manifest_that_names_what_is_no_file_of_the_model(folder: Path, path: str) -> None:
    edit(folder, lambda section: section["manifest"].update(_entry(path)))
    with pytest.raises(MlflowException, match="sql section is not valid at manifest"):
        mlflow_sql_flavor.load_model(str(folder))


@pytest.mark.parametrize("entry", [{"bytes": -1}, {"bytes": 2**63}, {"sha256": "0" * 63}, {"sha256": "A" * 64}])
def test_a_manifest_of_other_values(folder: Path, entry: dict[str, Any]) -> None:
    edit(folder, lambda section: section["manifest"]["README.md"].update(entry))
    with pytest.raises(MlflowException, match="sql section is not valid at manifest"):
        mlflow_sql_flavor.load_model(str(folder))
