"""A process of its own for what may cost anything: an answer, or one sentence."""

import logging
import sys
import time

import pytest

from mlflow_sql_flavor.engines import child_process
from mlflow_sql_flavor.errors import LimitError


@pytest.fixture
def module(tmp_path, monkeypatch):
    def write(body):
        (tmp_path / "what_runs.py").write_text(f"def main(data):\n    {body}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        return "what_runs"

    return write


def test_it_answers(module):
    assert child_process.call(module("return data[::-1]"), b"abc" * 1_000_000) == b"cba" * 1_000_000


def test_its_errors_are_told(module):
    with pytest.raises(child_process.ChildError, match="no such thing") as error:
        child_process.call(module("raise KeyError('no such thing')"), b"")
    assert error.value.kind == "KeyError"


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of addresses is Linux's")
def test_its_memory_ends(module):
    with pytest.raises(LimitError, match="ended its process"):
        child_process.call(module("return b'x' * 500_000_000"), b"", memory=200_000_000)


def test_its_time_ends(module):
    for body in ("import time; time.sleep(60)", "while True: pass"):
        began = time.monotonic()
        with pytest.raises(LimitError, match="longer than 1 s"):
            child_process.call(module(body), b"", seconds=1)
        assert time.monotonic() - began < 30


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_is_one_sentence(module):
    with pytest.raises(LimitError, match="status -11"):
        child_process.call(module("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"), b"")


def test_a_system_that_bounds_no_memory_is_named_at_the_call(module, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(logging.getLogger("mlflow_sql_flavor"), "propagate", True)
    child_process._say_what_is_not_bounded.cache_clear()
    with caplog.at_level(logging.WARNING, "mlflow_sql_flavor"):
        try:
            for _ in range(2):
                assert child_process.call(module("return data"), b"a") == b"a"
        finally:
            child_process._say_what_is_not_bounded.cache_clear()
    assert len(caplog.records) == 1 and "docs/security.md" in caplog.text
