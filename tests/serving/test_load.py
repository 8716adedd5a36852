"""A server at saturation stays right and alive: `tests.serving.load`, for a short while and for ten minutes."""

from __future__ import annotations

import re
import shutil

import pytest

from . import load


@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk (apt-get install wrk)")
@pytest.mark.timeout(1200)
@pytest.mark.full
@pytest.mark.parametrize("seconds", [30, 600])
def test_a_server_under_load(seconds: int, capsys: pytest.CaptureFixture[str]) -> None:
    report = load.run(seconds)
    with capsys.disabled():
        print(f"\n{report.table()}")
    assert report.wrk["total"] > 100
    assert (report.wrk["server_errors"], report.wrk["wrong"], report.sample) == (0, 0, "")
    assert report.wrong == []
    assert sum(report.wrk[name] for name in load.SOCKET) == 0
    assert report.wrk["malformed"] > 0 and report.wrk["failing"] > 0
    assert report.seen["query without end: HTTP 400"] > seconds / 4
    assert report.seen["dripping: HTTP 200"] > 0
    assert report.seen["left in the middle"] > 0 and report.seen["left before the answer"] > 0
    assert not [what for what in report.seen if "HTTP 5" in what]
    assert report.pids[0] == report.pids[1], "a worker was replaced"
    if seconds >= 600:
        assert report.growth() < 1.05
    assert report.answers_afterwards
    assert report.left_over == []
    # Starlette's own, of a client that left in the middle of its request.
    ends = [
        re.split(r"\n[A-Z]+: ", part, maxsplit=1)[0].rstrip()
        for part in report.log.split("Traceback (most recent call last):")[1:]
    ]
    assert [end for end in ends if not end.endswith("ClientDisconnect")] == []
