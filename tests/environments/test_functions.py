"""Python functions of a model travel with what they use of modules that no package would install elsewhere."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

import mlflow_sql_flavor

from .conftest import run

MODULE = """
import math

RATE = 1.1

def rounded(x):
    return math.floor(x * 100 + 0.5) / 100

def surcharge(price: float) -> float:
    return rounded(price * RATE)
"""
FRAME = pd.DataFrame({"price": [10.0]})


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Imports a module that only this process can."""
    folder = tmp_path / "local"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def make(text=MODULE):
        (folder / "pricing_of_a_test.py").write_text(text)
        import pricing_of_a_test

        return pricing_of_a_test

    yield make
    sys.modules.pop("pricing_of_a_test", None)


def _loads(path, cwd):
    code = (
        "import sys, pandas as pd, mlflow_sql_flavor as m; "
        "print(m.load_model(sys.argv[1]).predict(pd.DataFrame({'price': [10.0]})).iloc[0, 0])"
    )
    return run(sys.executable, "-c", code, path, cwd=cwd, check=False)


def test_of_a_local_module(module, tmp_path):
    mlflow_sql_flavor.save_model(
        "SELECT surcharge(price) AS total FROM input",
        tmp_path / "model",
        udfs=[module().surcharge],
        input_example=FRAME,
        pip_requirements=["mlflow"],
    )
    done = _loads(tmp_path / "model", tmp_path)
    assert done.stdout.strip() == "11.0", done.stderr


def test_of_a_module_that_cannot_be_stored(module, tmp_path):
    """By name then, as without us: its code has to come with code_paths."""
    local = module(
        MODULE.replace("RATE = 1.1", "import threading\nRATE = 1.1\nLOCK = threading.Lock()\n").replace(
            "    return rounded", "    with LOCK:\n        pass\n    return rounded"
        )
    )
    mlflow_sql_flavor.save_model(
        "SELECT surcharge(price) AS total FROM input",
        tmp_path / "model",
        udfs=[local.surcharge],
        code_paths=[local.__file__],
        input_example=FRAME,
        pip_requirements=["mlflow"],
    )
    done = _loads(tmp_path / "model", tmp_path)
    assert done.stdout.strip() == "11.0", done.stderr
