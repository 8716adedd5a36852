"""requirements.txt, constraints.txt, conda.yaml and code/ follow from the arguments as for the built-in flavors."""

import shutil
import sys
import zipfile

import mlflow
import pytest
import yaml

from .conftest import ANSWER, DATA, values


def lines(folder, name="requirements.txt"):
    return (folder / name).read_text(encoding="utf-8").splitlines()


def pip_of(folder):
    environment = yaml.safe_load((folder / "conda.yaml").read_text())
    return next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))


MLFLOW = f"mlflow=={mlflow.__version__}"


def test_the_default_pins_mlflow_and_the_library(flavor, tmp_path):
    flavor.save(tmp_path / "m", pip_requirements=None)
    found = lines(tmp_path / "m")
    assert found[0] == MLFLOW
    assert any(line.startswith(f"{flavor.requirement}==") for line in found)
    assert all("==" in line for line in found)
    assert pip_of(tmp_path / "m") == found
    assert (
        set(flavor.module.get_default_pip_requirements()) <= set(found) or flavor.name == "sql"
    )  # bundle_flavor=False


def test_pip_requirements_stand_alone(flavor, tmp_path):
    flavor.save(tmp_path / "m", pip_requirements=["a==1", "b>2"])
    assert lines(tmp_path / "m") == [MLFLOW, "a==1", "b>2"]
    assert pip_of(tmp_path / "m") == [MLFLOW, "a==1", "b>2"]


def test_pip_requirements_that_name_mlflow(flavor, tmp_path):
    flavor.save(tmp_path / "m", pip_requirements=["mlflow>=3", "a"])
    assert lines(tmp_path / "m") == ["mlflow>=3", "a"]


def test_a_requirements_file_a_constraint_and_private_indexes(flavor, tmp_path):
    (tmp_path / "base.txt").write_text("a==1\n# a comment\n--extra-index-url https://packages.example/simple\n")
    (tmp_path / "limits.txt").write_text("c<3\n")
    given = [
        f"-r {tmp_path / 'base.txt'}",
        f"-c {tmp_path / 'limits.txt'}",
        "--index-url https://user:${TOKEN}@packages.example/simple",
        "--trusted-host packages.example",
        "d @ https://packages.example/d-1-py3-none-any.whl",
        "c",
    ]
    flavor.save(tmp_path / "m", pip_requirements=given)
    assert lines(tmp_path / "m") == [
        MLFLOW,
        "a==1",
        "--extra-index-url https://packages.example/simple",
        "--index-url https://user:${TOKEN}@packages.example/simple",
        "--trusted-host packages.example",
        "d @ https://packages.example/d-1-py3-none-any.whl",
        "c",
        "-c constraints.txt",
    ]
    assert lines(tmp_path / "m", "constraints.txt") == ["c<3"]
    assert pip_of(tmp_path / "m") == lines(tmp_path / "m")


@pytest.mark.ci  # sklearn starts a process to see what it imports
def test_extra_pip_requirements_are_added_or_merged(flavor, tmp_path):
    flavor.save(tmp_path / "m", extra_pip_requirements=["a==1", "--find-links wheels", f"{flavor.requirement}>=0.1"])
    found = lines(tmp_path / "m")
    assert found[0] == MLFLOW
    assert {"a==1", "--find-links wheels"} <= set(found)
    named = [line for line in found if line.startswith(flavor.requirement)]
    assert len(named) == 1
    assert named[0].startswith(f"{flavor.requirement}==")
    assert named[0].endswith(",>=0.1")
    assert pip_of(tmp_path / "m") == found


@pytest.mark.parametrize("form", ["dict", "file"])
def test_a_conda_environment(flavor, tmp_path, form):
    environment = {"channels": ["defaults"], "dependencies": ["python=3.11", {"pip": ["a==1", "mlflow"]}], "name": "e"}
    given = environment
    if form == "file":
        given = tmp_path / "env.yaml"
        given.write_text(yaml.safe_dump(environment))
        given = str(given)
    flavor.save(tmp_path / "m", conda_env=given)
    assert yaml.safe_load((tmp_path / "m/conda.yaml").read_text()) == environment
    assert lines(tmp_path / "m") == ["a==1", "mlflow"]


def test_a_conda_environment_without_mlflow_gets_it(flavor, tmp_path):
    flavor.save(tmp_path / "m", conda_env={"dependencies": ["python=3.11", "pip", {"pip": ["a==1"]}]})
    assert lines(tmp_path / "m") == [MLFLOW, "a==1"]


def test_python_env_is_this_python(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    found = yaml.safe_load((tmp_path / "m/python_env.yaml").read_text())
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["dependencies"] == ["-r requirements.txt"]


def test_code_is_on_the_path_when_pyfunc_loads(flavor, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    package = tmp_path / f"helpers_of_{flavor.name}"
    package.mkdir()
    (package / "__init__.py").write_text("VALUE = 7\n")
    flavor.save(tmp_path / "m", code_paths=[str(package)], input_example=DATA)
    shutil.rmtree(package)
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert __import__(package.name).VALUE == 7
    assert values(loaded.predict(DATA)) == ANSWER


def test_wheels_and_a_list_of_system_packages_travel_with_the_model(flavor, tmp_path):
    wheel = tmp_path / "private-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("private.py", "VALUE = 1\n")
    (tmp_path / "apt.txt").write_text("libgomp1\n")
    flavor.save(
        tmp_path / "m",
        code_paths=[str(wheel)],
        extra_files=[str(tmp_path / "apt.txt")],
        pip_requirements=[flavor.requirement, "code/private-1.0-py3-none-any.whl"],
    )
    assert (tmp_path / "m/code" / wheel.name).read_bytes() == wheel.read_bytes()
    assert (tmp_path / "m/extra_files/apt.txt").read_text() == "libgomp1\n"
    assert lines(tmp_path / "m") == [MLFLOW, flavor.requirement, "code/private-1.0-py3-none-any.whl"]
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert values(loaded.predict(DATA)) == ANSWER


def test_extra_files_of_a_logged_model(flavor, tmp_path):
    (tmp_path / "apt.txt").write_text("libgomp1\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.txt").write_text("a")
    flavor.save(tmp_path / "m", extra_files=[str(tmp_path / "apt.txt"), str(tmp_path / "more")])
    listed = yaml.safe_load((tmp_path / "m/MLmodel").read_text())["flavors"][flavor.name]["extra_files"]
    assert {entry["path"] for entry in listed} == {"extra_files/apt.txt", "extra_files/more"}
    flavor.module.load_model(str(tmp_path / "m"))
