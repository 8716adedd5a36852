"""Bodies that MLflow's own server answers with a 500 or a traceback, and the guard of docs/serving.md before it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor

PAGE = Path(__file__).parents[2] / "docs" / "serving.md"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from mlflow.pyfunc import scoring_server

    path = tmp_path_factory.mktemp("guard") / "m"
    example = pd.DataFrame({"a": [1.5], "s": ["x"]})
    mlflow_sql_flavor.save_model(
        "SELECT a * 2 AS b FROM input", path, input_example=example, bundle_flavor=False, pip_requirements=[]
    )
    return scoring_server.init(mlflow.pyfunc.load_model(str(path)))


@pytest.fixture(scope="module")
def guarded(served: Any) -> Any:
    block = next(b for b in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S) if "class Guard" in b)
    names: dict[str, Any] = {}
    exec(block, names)
    return names["Guard"](served)


def answer(app: Any, body: bytes, kind: str = "application/json") -> Any:
    testclient = pytest.importorskip("starlette.testclient")
    return testclient.TestClient(app, raise_server_exceptions=False).post(
        "/invocations", content=body, headers={"content-type": kind}
    )


GOOD = b'{"dataframe_records": [{"a": 1.5, "s": "[[[[{"}]}'
BAD = {
    "deep": (b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "application/json", 400, "deeper than 32"),
    "digits": (b'{"inputs": {"a": [' + b"9" * 5_000 + b"]}}", "application/json", 400, "more than 400 digits"),
    "long": (b'{"inputs": "' + b"x" * 60_000_000 + b'"}', "application/json", 413, "more than 10,000,000 bytes"),
    "ragged": (b"a,s\n1.5,x\n2.5,y,z\n", "text/csv", 400, "different numbers of fields"),
}


def test_what_is_good_goes_through(served: Any, guarded: Any) -> None:
    for app in (served, guarded):
        found = answer(app, GOOD)
        assert (found.status_code, found.json()) == (200, {"predictions": [{"b": 3.0}]})
        found = answer(app, b"a,s\n1.5,x\n", "text/csv")
        assert (found.status_code, found.json()) == (200, {"predictions": [{"b": 3.0}]})
        assert answer(app, b"").status_code >= 400


@pytest.mark.parametrize("name", BAD)
def test_what_hurts_is_one_sentence(guarded: Any, name: str) -> None:
    body, kind, status, words = BAD[name]
    found = answer(guarded, body, kind)
    assert found.status_code == status
    assert words in found.json()["message"] and "Traceback" not in found.text


@pytest.mark.parametrize("name", ["deep", "digits", "ragged"])
def test_what_the_server_says_without_it(served: Any, name: str) -> None:
    """As the page says; where MLflow mends it, the page is to be changed."""
    body, kind, *_ = BAD[name]
    found = answer(served, body, kind)
    if name == "ragged":
        assert found.status_code == 400 and "Traceback" in found.text
    else:
        assert found.status_code == 500
    assert answer(served, GOOD).status_code == 200
