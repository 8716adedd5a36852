"""A caller's mistake is HTTP 400 with one sentence; a failure of ours is HTTP 500 that says nothing of the server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .models import ROW
from .servers import CSV, JSON, Client, plain_error


def _body(params: Any = None, **row: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"dataframe_records": [{**ROW, **row}]}
    return body if params is None else {**body, "params": params}


MISTAKES = {
    "text for a number": (_body(divisor="x"), "divisor"),
    "text for a double": (_body(amount="much"), "amount"),
    "NULL for a long": (_body(divisor=None), "divisor"),
    "a missing column": ({"dataframe_records": [{"id": 1}]}, "missing inputs"),
    "no rows and no columns": ({"dataframe_records": []}, "missing inputs"),
    "a param of another type": (_body({"boost": "x"}), "boost"),
    "a param that is no list": (_body({"regions": "Seoul"}), "regions"),
    "a list for a scalar param": (_body({"boost": [1.0]}), "boost"),
    "params that are no object": (_body([1]), "dictionary"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_that_mlflow_finds(case: str, scores: Client) -> None:
    body, word = MISTAKES[case]
    assert word in plain_error(scores.send(body), 400, scores.model)


def test_text_for_a_datetime(clients: dict[str, Client]) -> None:
    client = clients["types"]
    body = {"dataframe_records": [{"kind": "value", "odd": "1", "at": "some day"}]}
    assert "at" in plain_error(client.send(body), 400, client.model)


FAILURES = {
    # Databricks' rules for text are a macro of ours, whose refusal DuckDB reports as that of a function.
    "a conversion": (_body(code="seven"), "refuses a value"),
    "a division by zero": (_body(divisor=0), "divides by zero"),
    "an overflow of a conversion": (_body(code="99999999999"), "cannot be converted"),
}


@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("others", [0, 2000])
def test_values_the_query_fails_on(case: str, others: int, scores: Client) -> None:
    """The same sentence for few rows and for many, which take another way through the engine."""
    body, word = FAILURES[case]
    sentence = plain_error(
        scores.send({"dataframe_records": body["dataframe_records"] + [ROW] * others}), 400, scores.model
    )
    assert word in sentence
    assert sentence.endswith(".") and "\n" not in sentence
    value = "seven" if "seven" in str(body) else "99999999999"
    assert value not in sentence


def test_an_unknown_param_is_ignored(scores: Client) -> None:
    """As MLflow has it for every flavor: it warns in the log and drops the parameter."""
    assert scores.predictions(_body({"bost": 2.0})) == scores.predictions(_body())


MALFORMED: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", JSON),
    "a JSON list": ([], JSON),
    "a JSON number": ("5", JSON),
    "an empty body": ("", JSON),
    "none of the keys": ({"rows": []}, JSON),
    "two of the keys": ({"inputs": [], "instances": []}, JSON),
    "records that are a number": ({"dataframe_records": 5}, JSON),
    "records that are numbers": ({"dataframe_records": [1, 2]}, JSON),
    "records that are a string": ({"dataframe_records": "x"}, JSON),
    "split without data": ({"dataframe_split": {"columns": ["a"]}}, JSON),
    "split that is a list": ({"dataframe_split": []}, JSON),
    "inputs of unequal length": ({"inputs": {"a": [1, 2], "b": [1.0]}}, JSON),
    "instances that are null": ({"instances": None}, JSON),
    "bytes that are no text": (b"\xff\xfe", JSON),
    "JSON deeper than Python reads": (b"[" * 5000, JSON),
    "an unknown content type": ("a,b", "text/plain"),
    "another charset": ("a,b\n1,2", CSV + "; charset=latin1"),
    "another content parameter": ("a,b\n1,2", CSV + "; header=no"),
    "CSV of text for numbers": ("a,b\nx,y\n", CSV),
    "CSV without the columns": ("c\n1\n", CSV),
    "CSV that is empty": ("", CSV),
    "a missing column": ({"dataframe_records": [{"a": 1}]}, JSON),
    "text for a number": ({"dataframe_records": [{"a": "x", "b": 1.0}]}, JSON),
    "NULL for a long": ({"dataframe_records": [{"a": None, "b": 1.0}]}, JSON),
    "a fraction for a long": ({"dataframe_records": [{"a": 1.5, "b": 1.0}]}, JSON),
    "an unknown param": ({"dataframe_records": [{"a": 1, "b": 1.0}], "params": {"x": 1}}, JSON),
    "params that are a list": ({"dataframe_records": [{"a": 1, "b": 1.0}], "params": [1]}, JSON),
    "an extra column": ({"dataframe_records": [{"a": 1, "b": 1.0, "c": 2}]}, JSON),
    "a list of lists": ({"inputs": [[1, 1.0]]}, JSON),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_as_scikit_learn(case: str, clients: dict[str, Client]) -> None:
    """Whatever comes in, the status, the content type and the error code are those of a built-in flavor."""
    body, content_type = MALFORMED[case]
    ours, theirs = (clients[name].send(body, content_type) for name in ("twin", "sklearn"))
    assert ours.status_code == theirs.status_code, (ours.text, theirs.text)
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    if ours.headers["content-type"] == "application/json":
        assert ours.json().get("error_code") == theirs.json().get("error_code")


def test_json_that_mlflow_fails_on(clients: dict[str, Client]) -> None:
    """MLflow reads the body before any flavor is asked; what it does not catch is its 500, the same for all of them."""
    body, content_type = MALFORMED["JSON deeper than Python reads"]
    for name in ("twin", "sklearn"):
        response = clients[name].send(body, content_type)
        assert (response.status_code, response.text) == (500, "Internal Server Error"), name
    assert clients["twin"].predictions({"dataframe_records": [{"a": 1, "b": 0.0}]}) == [{"y": 3.0}]


def test_a_fraction_for_a_long_is_cut_by_mlflow(clients: dict[str, Client]) -> None:
    """MLflow's server casts before any flavor is asked; a model that wants an error reads the column as double."""
    body = {"dataframe_records": [{"a": 1.5, "b": 0.0}]}
    assert clients["twin"].predictions(body) == [{"y": 3.0}]
    assert clients["sklearn"].predictions(body) == pytest.approx([3.0])


@pytest.mark.parametrize("name", ["broken", "bug"])
def test_internal_error(name: str, clients: dict[str, Client], host_log: Path) -> None:
    client = clients[name]
    sentence = plain_error(client.send({"dataframe_records": [{"a": 1, "b": 1.0}]}), 500, client.model)
    assert "secret" not in sentence and "row 17" not in sentence
    assert sentence.endswith(".") and "log" in sentence
    assert "row 17 of somebody else" in host_log.read_text(), "the operator can read why"


def _heavy(rows: int) -> dict[str, Any]:
    return {"dataframe_records": [{"x": float(n)} for n in range(rows)]}


def test_timeout(clients: dict[str, Client]) -> None:
    client = clients["limited"]
    started = time.monotonic()
    sentence = plain_error(client.send(_heavy(400)), 400, client.model)
    assert time.monotonic() - started < 20
    assert "timeout_seconds" in sentence and "0.5 s" in sentence
    assert client.predictions(_heavy(2)) == [{"n": 1, "hits": 19}]


def test_timeouts_free_their_threads(clients: dict[str, Client]) -> None:
    """More slow requests at once than the server has threads for: all end, and the next is answered."""
    client = clients["limited"]
    with ThreadPoolExecutor(12) as pool:
        for response in pool.map(lambda _: client.send(_heavy(400)), range(12)):
            assert "timeout_seconds" in plain_error(response, 400, client.model)
    assert client.predictions(_heavy(1)) == [{"n": 1, "hits": 0}]


def test_too_many_rows(clients: dict[str, Client]) -> None:
    client = clients["limited"]
    assert len(client.predictions({**_heavy(1), "params": {"rows": 5}})) == 5
    sentence = plain_error(client.send({**_heavy(1), "params": {"rows": 6}}), 400, client.model)
    assert "max_rows" in sentence and " 5 " in sentence
