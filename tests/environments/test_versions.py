"""Several versions of the flavor's code in one process: the first one imported reads every model, or says why not."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap

import mlflow
import pandas as pd
import pytest
import yaml

import mlflow_sql_flavor

from .conftest import PACKAGE, run

FRAME = pd.DataFrame({"x": [1, 2]})


def _save(path, sql="SELECT x + 1 AS y FROM input", version=None, format_version=None):
    """A model with bundled code; of another version of the package, or of another format, if so asked."""
    mlflow_sql_flavor.save_model(sql, path, input_example=FRAME, bundle_flavor=True)
    found = yaml.safe_load((path / "MLmodel").read_text(encoding="utf-8"))
    section = found["flavors"]["sql"]
    if version is not None:
        section["mlflow_sql_flavor_version"] = version
        (path / "code" / "mlflow_sql_flavor" / "version.py").write_text(f'__version__ = "{version}"\n')
    if format_version is not None:
        section["format_version"] = format_version
    (path / "MLmodel").write_text(yaml.safe_dump(found, allow_unicode=True), encoding="utf-8")
    return path


def _alone(script, *arguments, cwd):
    """Runs a script where the package is not installed: only a model can bring it."""
    header = """
        import json, sys
        sys.path[:] = [p for p in sys.path if not __import__("os").path.exists(p + "/mlflow_sql_flavor")]
        sys.meta_path[:] = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", str(f)) + str(f)]
        import mlflow, pandas as pd
        frame = pd.DataFrame({"x": [1, 2]})
    """
    code = textwrap.dedent(header) + textwrap.dedent(script)
    return run(sys.executable, "-c", code, *arguments, cwd=cwd, env={"PYTHONPATH": ""}, check=False)


def test_not_installed_here(tmp_path):
    """The other tests mean something only if the package is really out of reach."""
    done = _alone("import mlflow_sql_flavor", cwd=tmp_path)
    assert "No module named 'mlflow_sql_flavor'" in done.stderr


def test_two_bundled_versions_share_the_first(tmp_path):
    old = _save(tmp_path / "old", version="0.0.1")
    new = _save(tmp_path / "new", "SELECT x * 10 AS y FROM input", version="99.0.0")
    done = _alone(
        """
        answers = [mlflow.pyfunc.load_model(uri).predict(frame).y.tolist() for uri in sys.argv[1:]]
        import mlflow_sql_flavor
        print(json.dumps([answers, mlflow_sql_flavor.__version__, mlflow_sql_flavor.__file__]))
        """,
        *(old, new),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    answers, version, file = json.loads(done.stdout.splitlines()[-1])
    assert answers == [[2, 3], [10, 20]]
    assert version == "0.0.1" and file.startswith(str(old))


def test_a_later_format_beside_an_older_reader(tmp_path):
    old = _save(tmp_path / "old", version="0.0.1")
    new = _save(tmp_path / "new", version="99.0.0", format_version=3)
    done = _alone("[mlflow.pyfunc.load_model(uri) for uri in sys.argv[1:]]", old, new, cwd=tmp_path)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "is of format_version 3" in last and "install mlflow-sql-flavor 99.0.0 or later" in last


def test_bundled_beside_installed(tmp_path):
    """Imported before the model: the installed package reads it. Not yet: pyfunc takes the model's own."""
    model = _save(tmp_path / "model", version="0.0.1")
    code = "import mlflow; m = mlflow.pyfunc.load_model({!r}); import mlflow_sql_flavor as f; print(f.__version__)"
    ours, theirs = (
        run(sys.executable, "-c", first + code.format(str(model)), cwd=tmp_path).stdout.splitlines()[-1]
        for first in ("import mlflow_sql_flavor; ", "")
    )
    assert (ours, theirs) == (mlflow_sql_flavor.__version__, "0.0.1")


def test_native_load_takes_nothing_from_the_model(tmp_path):
    model = _save(tmp_path / "model", version="0.0.1")
    for path in (model / "code").rglob("*.py"):
        path.write_text("raise SystemExit('the model ran')")
    assert mlflow_sql_flavor.load_model(str(model)).predict(FRAME).y.tolist() == [2, 3]


@pytest.mark.parametrize("load", [mlflow_sql_flavor.load_model, mlflow.pyfunc.load_model])
def test_a_later_format(tmp_path, load):
    model = _save(tmp_path / "model", version="99.0.0", format_version=3)
    with pytest.raises(mlflow.MlflowException, match=r"format_version 3.*install mlflow-sql-flavor 99\.0\.0 or later"):
        load(str(model))


def test_a_checkout_is_on_no_index(tmp_path):
    """What a build leaves beside the package is found before the installed copy, and says nothing of an index."""
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    info = tmp_path / "mlflow_sql_flavor.egg-info"
    info.mkdir()
    version = mlflow_sql_flavor.__version__
    (info / "PKG-INFO").write_text(f"Metadata-Version: 2.4\nName: mlflow-sql-flavor\nVersion: {version}\n")
    code = (
        "from mlflow_sql_flavor.artifact import packaging; print(packaging.__file__, packaging.should_bundle('auto'))"
    )
    done = run(sys.executable, "-c", code, cwd=tmp_path)
    assert done.stdout.split() == [str(tmp_path / PACKAGE.name / "artifact" / "packaging.py"), "True"]
