"""Beside MLflow's own scikit-learn image: the same answers in status and shape, the same closures, size and start."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from .engine import Container, client
from .models import FRAME, bodies
from .test_image import CLOSED

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

NUMBERS = pd.DataFrame({"id": [3, 1, 2, 4], "price": [10.0, 2.5, 1.0, 7.25]})

#: Requests that are wrong in ways both flavors can meet.
WRONG = {
    "no JSON": (b"{", "application/json"),
    "no format": (b"{}", "application/json"),
    "two formats": (b'{"inputs": {}, "instances": []}', "application/json"),
    "empty records": (b'{"dataframe_records": []}', "application/json"),
    "missing columns": (b'{"dataframe_split": {"columns": ["x"], "data": [[1]]}}', "application/json"),
    "text for a number": (b'{"dataframe_records": [{"id": "x", "region": "x", "price": "x"}]}', "application/json"),
    "another content type": (b"x", "text/plain"),
}


@pytest.fixture(scope="module")
def pair(sql_image, sklearn_image, sql_models):
    with Container(sql_image, model=sql_models["plain"]) as ours, Container(sklearn_image) as theirs:
        ours.wait()
        theirs.wait()
        yield ours, theirs


def _shape(text):
    """Keys and lengths of an answer, without its values."""
    found = json.loads(text)
    return {key: len(value) if isinstance(value, list) else type(value) for key, value in found.items()}


def test_status_and_shape(pair):
    ours, theirs = pair
    for path in ("/ping", "/health", "/version"):
        assert ours.request(path)[0] == theirs.request(path)[0], path
    for name, body in bodies(FRAME, None).items():
        mine, other = ours.post(body), theirs.post(bodies(NUMBERS, None)[name])
        assert (mine[0], _shape(mine[1])) == (other[0], _shape(other[1])) == (200, {"predictions": 4}), name


@pytest.mark.parametrize("name", WRONG)
def test_wrong_requests(pair, name):
    ours, theirs = pair
    mine, other = ours.post(*WRONG[name]), theirs.post(*WRONG[name])
    assert mine[0] == other[0], (mine, other)
    assert "Traceback" not in mine[1] or "Traceback" in other[1]


def test_closed_as_far_as_theirs(sql_image, sklearn_image):
    for options in (CLOSED, {**CLOSED, "tmpfs": {}}, {"user": "1000:1000"}, {"read_only": True}):
        alive = []
        for image in (sql_image, sklearn_image):
            with Container(image, **options) as container:
                try:
                    container.wait(60)
                    alive.append(True)
                except AssertionError:
                    alive.append(False)
        assert alive[0] or not alive[1], options


def test_size_and_start(sql_image, sklearn_image, capsys):
    """Prints the table of docs/serving.md: ``pytest -m full -s tests/docker/test_contrast.py -k size``."""
    lines, starts = [], {}
    for what, image in (("sql", sql_image), ("sklearn", sklearn_image)):
        times = []
        for _ in range(3):
            with Container(image) as container:
                times.append(container.wait())
        starts[what] = sorted(times)[1]
        size = client().images.get(image).attrs["Size"] / 1e6
        lines.append(f"| {what} | {size:,.0f} MB | {starts[what]:.1f} s |")
    with capsys.disabled():
        print("\n| image | size | start to /ping |\n|---|---|---|\n" + "\n".join(lines))
    # A fifth is this machine's own scatter between two runs of one image.
    assert starts["sql"] < 1.2 * starts["sklearn"] + 1
