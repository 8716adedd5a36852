"""Requests at the same time do not see each other's input, parameters or errors."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from .models import ROW
from .servers import Client, plain_error, strict

THREADS, REQUESTS = 32, 160


def _expect(client: Client, number: int) -> Callable[[], None]:
    """A request that differs from every other, and the check of its answer."""
    chance = random.Random(number)
    region, factor = chance.choice([("Seoul", 1.5), ("Busan", 2.0), ("O'Brien", 0.5)])
    count = chance.choice([1, 1, 1, 2, 50, 1500])
    boost = chance.choice([1.0, 0.25, 3.0])
    rows = [
        {**ROW, "id": number * 10_000 + n, "name": f"n{number}", "amount": float(n), "region": region}
        for n in range(count)
    ]
    fails = chance.random() < 0.2
    if fails:
        rows[-1]["code"] = f"bad{number}"

    def check() -> None:
        response = client.send({"dataframe_records": rows, "params": {"boost": boost, "label": f"l{number} "}})
        if fails:
            assert "refuses a value" in plain_error(response, 400, client.model)
            return
        assert response.status_code == 200, response.text
        answer = strict(response.text)["predictions"]
        assert [row["id"] for row in answer] == [row["id"] for row in rows]
        assert {row["label"] for row in answer} == {f"l{number} n{number}"}
        assert [row["score"] for row in answer] == [n * factor * boost for n in range(count)]

    return check


@pytest.mark.timeout(300)
def test_mixed_requests_at_once(scores: Client) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(_expect(scores, number)) for number in range(REQUESTS)]
        for future in futures:
            future.result()
