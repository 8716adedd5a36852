"""Every form of request that MLflow knows gives the answer `predict` gives on the host."""

from __future__ import annotations

import io
from typing import Any

import mlflow
import pandas as pd
import pytest

from .models import ANSWER, PARAMS, ROW, frame
from .servers import CSV, PARQUET, Client

ROWS = [{}, {"id": 2, "region": "Busan", "amount": None, "code": None}, {"id": 3, "region": "nowhere", "name": "a'b"}]


def _records(**same: Any) -> list[dict[str, Any]]:
    return [{**ROW, **row, **same} for row in ROWS]


def _split(names: list[str]) -> dict[str, Any]:
    return {"columns": names, "data": [[row[name] for name in names] for row in _records()]}


BODIES = {
    "dataframe_records": {"dataframe_records": _records()},
    "dataframe_split": {"dataframe_split": _split(list(ROW))},
    "dataframe_split in another order, with an index": {
        "dataframe_split": {**_split(list(reversed(ROW))), "index": [7, 5, 6]}
    },
    "extra columns": {"dataframe_records": [{**row, "unused": "x"} for row in _records()]},
}
# MLflow reads these as numpy arrays, in which a string that is null has become the text "None".
TENSOR_BODIES = {
    "instances": {"instances": _records(code="7")},
    "inputs as records": {"inputs": _records(code="7")},
    "inputs as columns": {"inputs": {name: [row[name] for row in _records(code="7")] for name in ROW}},
}


def on_host(model: Client, data: Any, params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """What `pyfunc` gives without a server, as records of JSON."""
    result = mlflow.pyfunc.load_model(str(model.model)).predict(data, params=params)
    records = result.astype(object).where(result.notna(), None).to_dict("records")
    return [{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()} for row in records]


@pytest.fixture(scope="module")
def host_answer(clients: dict[str, Client]) -> list[dict[str, Any]]:
    return on_host(clients["scores"], frame(*ROWS))


@pytest.mark.parametrize("form", BODIES)
def test_json(form: str, scores: Client, host_answer: list[dict[str, Any]]) -> None:
    answer = scores.predictions(BODIES[form])
    assert answer == host_answer
    assert answer[0] == ANSWER
    assert [row["score"] for row in answer] == [3.75, None, None]
    assert [list(row) for row in answer] == [list(ANSWER)] * 3


@pytest.mark.parametrize("form", TENSOR_BODIES)
def test_json_of_tensors(form: str, scores: Client, host_answer: list[dict[str, Any]]) -> None:
    assert scores.predictions(TENSOR_BODIES[form]) == [{**row, "code": 7} for row in host_answer]


def test_one_record_as_inputs(scores: Client) -> None:
    assert scores.predictions({"inputs": ROW}) == [ANSWER]


def test_csv(scores: Client, host_answer: list[dict[str, Any]]) -> None:
    text = pd.DataFrame(_records()).to_csv(index=False)
    assert scores.predictions(text, CSV) == host_answer
    assert scores.predictions(text, CSV + "; charset=utf-8") == host_answer


def test_parquet(scores: Client, host_answer: list[dict[str, Any]]) -> None:
    body = io.BytesIO()
    frame(*ROWS).to_parquet(body)
    assert scores.predictions(body.getvalue(), PARQUET) == host_answer


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"boost": 2.0},
        {"boost": 2, "label": "q\"uo'te; DROP TABLE zones --"},
        {"regions": ["Busan", "it's"], "label": "한국 "},
        {"regions": []},
        {"boost": None, "label": None},
    ],
)
def test_params(params: dict[str, Any], scores: Client) -> None:
    answer = scores.predictions({"dataframe_records": _records(), "params": params})
    assert answer == on_host(scores, frame(*ROWS), params)
    used = {**PARAMS, **params}
    assert answer[0]["score"] == (None if used["boost"] is None else 3.75 * used["boost"])
    assert answer[0]["label"] == (None if used["label"] is None else used["label"] + "한강")
    assert answer[0]["local"] == ("Seoul" in used["regions"])


def test_many_rows_keep_their_order(scores: Client) -> None:
    rows = [{"id": n, "region": ("Seoul", "Busan", "nowhere")[n % 3], "amount": n / 4} for n in range(3000)]
    answer = scores.predictions({"dataframe_records": [{**ROW, **row} for row in rows]})
    assert [row["id"] for row in answer] == list(range(3000))
    factors = (1.5, 2.0, None)
    assert [row["score"] for row in answer] == [
        None if n % 3 == 2 else n / 4 * factors[n % 3]
        for n in range(3000)  # type: ignore[operator]
    ]


def test_no_rows(scores: Client) -> None:
    assert scores.predictions({"dataframe_split": {"columns": list(ROW), "data": []}}) == []


@pytest.mark.parametrize(
    "body",
    [{"inputs": []}, {"inputs": {}}, {"dataframe_records": []}, {"dataframe_split": {"columns": [], "data": []}}],
)
def test_a_query_without_input(body: dict[str, Any], clients: dict[str, Client]) -> None:
    """MLflow's server wants one of its keys in every request; a query that reads none ignores what it holds."""
    answer = clients["catalog"].predictions(body)
    assert [row["region"] for row in answer] == ["Busan", "Seoul"]
    answer = clients["catalog"].predictions({**body, "params": {"floor": 0.1}})
    assert answer == [
        {"region": "Busan", "factor": 2.0},
        {"region": "Seoul", "factor": 1.5},
        {"region": "O'Brien", "factor": 0.5},
    ]


def test_prediction_column(clients: dict[str, Client]) -> None:
    """`predict` gives a Series, which MLflow's server writes as records with its name."""
    body = {"dataframe_records": [{"a": 1, "b": 0.5}, {"a": -2, "b": 0.25}]}
    assert clients["twin"].predictions(body) == [{"y": 4.5}, {"y": -2.25}]
    assert clients["sklearn"].predictions(body) == pytest.approx([4.5, -2.25])
