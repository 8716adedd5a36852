"""Requirements, and whether the flavor's code travels with the model."""

import ast
import fnmatch
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import packaging
from mlflow_sql_flavor.query.gate import grammar, packs
from mlflow_sql_flavor.query.gate.package_text import ARCHIVE, unpacked

DATA = pd.DataFrame({"a": [1, 2]})
OWN = f"mlflow-sql-flavor=={mlflow_sql_flavor.__version__}"


@pytest.fixture(autouse=True)
def path_as_it_was(monkeypatch):
    """MLflow puts a loaded model's code on sys.path, where a process of a later test would find the package."""
    monkeypatch.setattr(sys, "path", list(sys.path))


def save(folder, sql="SELECT a FROM input", **given):
    mlflow_sql_flavor.save_model(sql, folder, **{"input_example": DATA, **given})
    return (folder / "requirements.txt").read_text().splitlines()


def mlmodel(folder):
    return yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))["flavors"]


def installed(tmp_path, monkeypatch, origin):
    """An installation of the package as pip, uv or a checkout would leave it, with ``origin`` as its PEP 610 record."""
    info = tmp_path / f"mlflow_sql_flavor-{mlflow_sql_flavor.__version__}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: mlflow-sql-flavor\nVersion: {mlflow_sql_flavor.__version__}\n"
    )
    (info / "INSTALLER").write_text("pip\n")
    if origin is not None:
        (info / "direct_url.json").write_text(json.dumps(origin))
    distribution = importlib.metadata.PathDistribution(info)
    monkeypatch.setattr(distribution, "locate_file", lambda name: Path(mlflow_sql_flavor.__file__).parents[1] / name)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: distribution)
    return info


def double(x: int) -> int:
    return 2 * x


# what is pinned


def test_everything_the_model_needs_is_pinned(tmp_path):
    found = save(tmp_path / "m", bundle_flavor=False)
    assert found[0] == f"mlflow=={mlflow.__version__}"
    assert OWN in found
    for name in ("duckdb", "pandas", "pyarrow"):
        assert f"{name}=={importlib.metadata.version(name)}" in found
    assert not any(line.startswith(("cloudpickle", "sqlglot")) for line in found)
    conda = yaml.safe_load((tmp_path / "m/conda.yaml").read_text())
    assert next(part["pip"] for part in conda["dependencies"] if isinstance(part, dict)) == found


def test_no_process_is_started_for_a_model_without_functions(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError(f"started {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert OWN in save(tmp_path / "m", bundle_flavor=False)


@pytest.mark.ci
def test_functions_bring_cloudpickle_and_what_they_import(tmp_path):
    found = save(tmp_path / "m", "SELECT double(a) AS b FROM input", udfs=[double], bundle_flavor=False)
    assert f"cloudpickle=={importlib.metadata.version('cloudpickle')}" in found
    assert OWN in found
    assert len([line for line in found if line.startswith("mlflow")]) == 2
    assert not [line for line in found if line.startswith(packaging.OPTIONAL)]


def test_the_library_of_the_input_is_not_a_requirement(tmp_path):
    import polars as pl

    assert not any(line.startswith("polars") for line in save(tmp_path / "m", input_example=pl.DataFrame({"a": [1]})))


def test_defaults_are_what_a_model_gets(tmp_path, monkeypatch):
    for bundled, origin in ((False, None), (True, {"url": "file:///src", "dir_info": {"editable": True}})):
        with monkeypatch.context() as patch:
            folder = tmp_path / str(bundled)
            folder.mkdir()
            installed(folder, patch, origin)
            defaults = mlflow_sql_flavor.get_default_pip_requirements()
            assert (OWN in defaults) is not bundled
            assert save(folder / "m")[1:] == defaults


# where the code comes from


@pytest.mark.parametrize(
    ("origin", "bundled"),
    [
        (None, False),
        ({"url": "file:///src/checkout", "dir_info": {"editable": True}}, True),
        ({"url": "file:///src/checkout", "dir_info": {}}, True),
        ({"url": "file:///wheels/mlflow_sql_flavor-0.2.0-py3-none-any.whl", "archive_info": {}}, True),
        ({"url": "https://git.example/x.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}, True),
    ],
    ids=["index", "editable", "folder", "wheel", "repository"],
)
def test_the_code_travels_where_no_index_has_it(tmp_path, monkeypatch, origin, bundled):
    installed(tmp_path, monkeypatch, origin)
    found = save(tmp_path / "m")
    assert (OWN in found) is not bundled
    assert (tmp_path / "m/code/mlflow_sql_flavor/__init__.py").is_file() is bundled
    flavors = mlmodel(tmp_path / "m")
    assert flavors["python_function"].get("code") == flavors["sql"]["code"] == ("code" if bundled else None)


def test_not_installed_at_all(tmp_path, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert packaging.should_bundle("auto")


def test_another_copy_than_the_installed_one(tmp_path, monkeypatch):
    """A package that runs from a model's code folder is not the one the metadata speaks of."""
    installed(tmp_path, monkeypatch, None)
    monkeypatch.setattr(packaging, "__file__", str(tmp_path / "code/mlflow_sql_flavor/artifact/packaging.py"))
    assert packaging.should_bundle("auto")


@pytest.mark.parametrize("choice", [True, False])
def test_the_choice_is_the_writers(tmp_path, monkeypatch, choice):
    installed(tmp_path, monkeypatch, None if choice else {"url": "file:///src", "dir_info": {"editable": True}})
    assert (OWN in save(tmp_path / "m", bundle_flavor=choice)) is not choice
    assert (tmp_path / "m/code").exists() is choice


def statements(source):
    """The tree of a module without its docstrings, and the lines of its statements."""
    tree = ast.parse(source)
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree), [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def test_what_the_bundle_holds(tmp_path):
    """Modules of the package but for their docstrings, and no pattern of what is left out that fits none."""
    save(tmp_path / "m", bundle_flavor=True)
    package, bundle = Path(mlflow_sql_flavor.__file__).parent, tmp_path / "m/code/mlflow_sql_flavor"
    held = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    texts = unpacked((bundle / ARCHIVE).read_bytes())
    assert all(path.endswith((".py", "py.typed")) for path in held - {ARCHIVE})
    for path in held - {ARCHIVE}:
        assert statements((bundle / path).read_bytes()) == statements((package / path).read_bytes()), path
    assert not ast.get_docstring(ast.parse((bundle / "model/__init__.py").read_bytes()))
    assert all(text.encode() == (package / path).read_bytes() for path, text in texts.items())
    assert any(path.endswith(".sql") for path in texts) and not {*texts} & held
    rest = {path.relative_to(package).as_posix() for path in package.rglob("*") if "__pycache__" not in path.parts}
    assert set(packaging.KEPT) <= held
    for pattern in packaging.LEFT_OUT:
        found = fnmatch.filter(rest, pattern)
        assert (found or not (package / pattern).parent.exists()) and not (set(found) & held) - set(packaging.KEPT), (
            pattern
        )


def test_a_bundle_reads_the_texts_that_it_brings(tmp_path):
    packaging.bundle(tmp_path, None)
    asked = "from mlflow_sql_flavor.query.gate import grammar, packs"
    counted = "len(packs.load('postgres').macros), len(packs.messages()), len(grammar.expression_functions())"
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'code')!r}); sys.modules['sqlglot'] = None\n{asked}\n"
    code += f"assert {str(tmp_path)!r} in packs.__file__\nprint([{counted}])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    here = [len(packs.load("postgres").macros), len(packs.messages()), len(grammar.expression_functions())]
    assert json.loads(done.stdout) == here


def test_the_bundle_stands_beside_the_writers_code(tmp_path):
    (tmp_path / "own.py").write_text("VALUE = 1\n")
    save(tmp_path / "m", bundle_flavor=True, code_paths=[str(tmp_path / "own.py")])
    assert {path.name for path in (tmp_path / "m/code").iterdir()} == {"own.py", "mlflow_sql_flavor"}


def test_a_bundle_of_the_writers_own(tmp_path):
    (tmp_path / "mlflow_sql_flavor").mkdir()
    (tmp_path / "mlflow_sql_flavor/__init__.py").write_text("")
    with pytest.raises(MlflowException, match="bundle_flavor=False"):
        save(tmp_path / "m", bundle_flavor=True, code_paths=[str(tmp_path / "mlflow_sql_flavor")])


@pytest.mark.parametrize("bundle", [True, False])
@pytest.mark.parametrize("own", [["duckdb==2.0.0"], None])
def test_given_requirements_are_not_added_to(tmp_path, bundle, own):
    """As for the built-in flavors: pip_requirements is the whole list, but for MLflow."""
    environment = {"pip_requirements": own} if own else {"conda_env": {"dependencies": [{"pip": ["duckdb==2.0.0"]}]}}
    found = save(tmp_path / "m", bundle_flavor=bundle, **environment)
    assert found == [f"mlflow=={mlflow.__version__}", "duckdb==2.0.0"]


def test_wheels_indexes_and_system_packages_beside_the_bundle(tmp_path):
    (tmp_path / "private-1.0-py3-none-any.whl").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "apt.txt").write_text("libgomp1\n")
    found = save(
        tmp_path / "m",
        bundle_flavor=True,
        code_paths=[str(tmp_path / "private-1.0-py3-none-any.whl")],
        extra_files=[str(tmp_path / "apt.txt")],
        extra_pip_requirements=["--extra-index-url https://packages.example/simple", "private==1.0"],
    )
    assert {"--extra-index-url https://packages.example/simple", "private==1.0"} <= set(found)
    assert (tmp_path / "m/code/private-1.0-py3-none-any.whl").is_file()
    assert mlmodel(tmp_path / "m")["sql"]["extra_files"] == [{"path": "extra_files/apt.txt"}]
    assert mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(DATA)["a"].tolist() == [1, 2]
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)["a"].tolist() == [1, 2]
