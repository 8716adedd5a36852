"""A model is saved whole or not at all: ended at any moment, on a full disk, by two at once."""

import os
import shutil
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel
from mlflow_sql_flavor.artifact.atomic_folder import atomic_folder, partial_name
from mlflow_sql_flavor.artifact.unfinished import check_finished, host
from mlflow_sql_flavor.errors import InputError, ModelFileError, RunError

DATA = pd.DataFrame({"x": [1, 2], "k": [1, 2]})


def save(path, **more):
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y FROM input JOIN t USING (k)",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_example=DATA,
        bundle_flavor=False,
        **{"pip_requirements": [], **more},
    )


#: Ends itself, without a word, at the N-th file opened for writing, folder made or name changed.
KILLED = """
    import os, sys
    import pandas as pd
    import mlflow_sql_flavor, mlflow_sql_flavor.flavor, duckdb, sqlglot, pyarrow.parquet, mlflow.models, mlflow.pyfunc

    home, first, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    data = pd.DataFrame({"x": [1, 2], "k": [1, 2]})
    tables = {"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})}
    at = first
    while True:
        path = f"{home}/{at}"
        os.mkdir(path)
        child = os.fork()
        if child == 0:
            left = at
            def hook(event, args):
                global left
                if event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.move", "shutil.copyfile") or (
                    event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
                ):
                    left -= 1
                    if left < 0:
                        os._exit(9)
            sys.addaudithook(hook)
            mlflow_sql_flavor.save_model(
                "SELECT x + v AS y FROM input JOIN t USING (k)", path + "/m", tables=tables, input_example=data,
                bundle_flavor=False, pip_requirements=[],
            )
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, 9), status
        if status == 0:
            print(at)
            break
        at += step
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the saves are forked")
@pytest.mark.parametrize(
    ("first", "step"), [(0, 6), pytest.param(1, 4, marks=pytest.mark.ci), pytest.param(1, 1, marks=pytest.mark.full)]
)
def test_ended_at_any_moment_nothing_loads(tmp_path, first, step):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(KILLED), str(tmp_path), str(first), str(step)],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    last = int(done.stdout.split()[-1])
    assert last >= 12, "hardly anything was written"
    for place in tmp_path.iterdir():
        for written in place.rglob("MLmodel"):
            if int(place.name) == last:
                assert written.parent == place / "m"
                assert mlflow_sql_flavor.load_model(str(written.parent)).predict(DATA)["y"].tolist() == [11, 22]
            else:
                with pytest.raises(ModelFileError, match="not saved to its end"):
                    mlflow_sql_flavor.load_model(str(written.parent))
        assert (place / "m").exists() == (int(place.name) == last)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mlmodel, "write", full)
    with pytest.raises(RunError, match=r"not saved: No space left on device\."):
        save(tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.ci
@pytest.mark.skipif(sys.platform != "linux", reason="the size of a file is limited as a disk is")
@pytest.mark.parametrize("most", [0, 100, 1000, 2000, 4000])
def test_a_full_disk(tmp_path, most):
    code = f"""
        import resource, signal
        import pandas as pd, mlflow_sql_flavor
        from mlflow.exceptions import MlflowException
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        mlflow_sql_flavor.SQLModel("SELECT 1 AS a").predict()
        resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))
        try:
            query = "SELECT 1 AS a -- " + 5000 * "x"  # MLmodel is longer than any of the limits
            mlflow_sql_flavor.save_model(query, {str(tmp_path / "m")!r}, bundle_flavor=False)
        except MlflowException as error:
            print("refused", error.message)
    """
    run = [sys.executable, "-B", "-W", "ignore", "-c", textwrap.dedent(code)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300)
    assert done.stdout.startswith("refused"), done
    assert list(tmp_path.iterdir()) == []


def test_whatever_fails_leaves_nothing(tmp_path):
    with pytest.raises(mlflow.MlflowException):
        save(tmp_path / "deep" / "m", code_paths=["/no/such/place"])
    with pytest.raises(mlflow.MlflowException):
        save(tmp_path / "deep" / "m", metadata={"when": {1: 2}})
    with pytest.raises(InputError, match="up to 40 digits"):
        save(tmp_path / "deep" / "m", metadata={"raw": b"bytes"})
    assert [path.name for path in tmp_path.rglob("*")] == ["deep"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "m").mkdir()
    save(tmp_path / "m")
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)["y"].tolist() == [11, 22]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
    with pytest.raises(mlflow.MlflowException, match="not empty"):
        save(tmp_path / "m")


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_link_to_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "m").symlink_to(tmp_path / "place")
    save(tmp_path / "m")
    assert (tmp_path / "m").is_symlink() and (tmp_path / "place" / "MLmodel").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"m", "place"}


def test_where_nothing_may_be_made_beside(tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    made = Path.mkdir

    def mkdir(self, *args, **kwargs):
        if self.parent == tmp_path and self.name.startswith("."):
            raise PermissionError(13, "Permission denied")
        return made(self, *args, **kwargs)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    save(tmp_path / "m")
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(DATA)["y"].tolist() == [11, 22]
    assert not [path for path in (tmp_path / "m").iterdir() if path.name.startswith(".")]
    with pytest.raises(RunError, match="Permission denied"):
        save(tmp_path / "n")


def test_two_at_once(tmp_path):
    said = []

    def one(number):
        try:
            with atomic_folder(tmp_path / "m") as made:
                ready.wait()
                (made / "MLmodel").write_text(str(number))
                (made / "more").write_text(str(number))
                ready.wait()
        except InputError as error:
            said.append(error.message)

    ready = threading.Barrier(2)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "m" / "MLmodel").read_text() == (tmp_path / "m" / "more").read_text()
    assert len(said) == 1 and "not empty any more" in said[0]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_who_may_load_what_is_being_saved():
    check_finished(Path("/x/m"))
    mine = Path("/x", partial_name("m"))
    check_finished(mine)
    check_finished(Path(str(mine).replace(str(os.getpid()), str(os.getppid()))))
    for other in (mine.name.replace(f"-{os.getpid()}-", "-999999-"), mine.name.replace(mine.name[3:11], "0" * 8)):
        with pytest.raises(ModelFileError, match="not saved to its end"):
            check_finished(Path("/x", other))


@pytest.mark.skipif(os.name == "nt", reason="asking for a process ends it there")
def test_what_a_killed_save_left_is_removed_by_the_next(tmp_path):
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    left = tmp_path / partial_name("m").replace(f"-{os.getpid()}-", f"-{int(dead.stdout)}-")
    elsewhere = tmp_path / f".m.{'0' * 8}-{int(dead.stdout)}-01234567.partial"
    running = tmp_path / partial_name("m")
    for path in (left, elsewhere, running, tmp_path / ".m.mine.partial"):
        path.mkdir()
        (path / "MLmodel").write_text("")
    save(tmp_path / "m")
    assert {path.name for path in tmp_path.iterdir()} == {"m", elsewhere.name, running.name, ".m.mine.partial"}


def test_what_functions_import_is_found(tmp_path, monkeypatch):
    """MLflow loads the model for that in another process, while it is being saved."""
    import click

    def plus(x: int) -> int:
        return x + len(click.style("", fg=None))

    monkeypatch.setenv("MLFLOW_REQUIREMENTS_INFERENCE_RAISE_ERRORS", "true")
    mlflow_sql_flavor.save_model(
        "SELECT plus(x) AS y FROM input", tmp_path / "m", udfs=[plus], input_example=DATA, bundle_flavor=False
    )
    assert "duckdb==" in (tmp_path / "m" / "requirements.txt").read_text()


def test_a_log_that_is_cut_off(tmp_path, monkeypatch):
    """An upload that ends half-way: each file that did not arrive is named, MLmodel among those that did."""
    save(tmp_path / "m")
    names = yaml.safe_load((tmp_path / "m/MLmodel").read_text())["flavors"]["sql"]["manifest"]
    for name in names:
        cut = tmp_path / "cut"
        shutil.copytree(tmp_path / "m", cut)
        data = (cut / name).read_bytes()
        (cut / name).write_bytes(data[:-1])
        if name in ("README.md", "lineage.svg", "conda.yaml", "requirements.txt", "python_env.yaml"):
            mlflow_sql_flavor.load_model(str(cut))
        else:
            with pytest.raises(ModelFileError, match=f"{name} is missing or cut off"):
                mlflow_sql_flavor.load_model(str(cut))
        shutil.rmtree(cut)


def test_containers_of_one_name_are_told_apart(monkeypatch):
    """Each has processes of its own: the numbers of one say nothing of what runs in the other."""
    here = host()
    monkeypatch.setattr(os, "readlink", lambda path: "pid:[1]")
    assert host() != here
