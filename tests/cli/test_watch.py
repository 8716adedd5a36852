"""A command that looks at a model runs in a process that ends in time and memory, with all that it started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlflow_sql_flavor.cli import watch
from mlflow_sql_flavor.engines.process import descendants, memory_is_told, memory_of
from mlflow_sql_flavor.errors import LimitError


def started(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code])


@pytest.fixture
def told(tmp_path: Path) -> Path:
    (tmp_path / "told").touch()
    return tmp_path / "told"


def test_its_exit_code_is_handed_on(told: Path) -> None:
    assert watch._watch(started("raise SystemExit(3)"), told, 60, 10**9) == 3


def test_it_is_ended_by_its_time(told: Path) -> None:
    process = started("while True: pass")
    with pytest.raises(LimitError, match=r"longer than 1 s and was ended.*--timeout"):
        watch._watch(process, told, 1, 10**9)
    process.kill()


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="needs /proc/PID/schedstat")
def test_what_waits_is_not_taken_for_a_busy_machine(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_BUSY", 1_000)
    process = started("import time; time.sleep(600)")
    with pytest.raises(LimitError, match="longer than 1 s and was ended"):
        watch._watch(process, told, 1, 10**9)
    process.kill()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_it_is_ended_by_the_memory_of_what_it_started(told: Path) -> None:
    inner = "x = bytearray(b'x') * 300_000_000; import time; time.sleep(60)"
    process = started(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])")
    try:
        with pytest.raises(LimitError, match=r"more than 0.2 GB.*--memory-limit"):
            watch._watch(process, told, 60, 200_000_000)
        assert sum(map(memory_of, descendants(process.pid))) > 150_000_000
    finally:
        for pid in [*descendants(process.pid), process.pid]:
            os.kill(pid, 9)
        process.wait()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_tables_are_beside_the_memory(told: Path) -> None:
    process = started("x = bytearray(b'x') * 300_000_000; import time; time.sleep(0.5)")
    told.write_text("400000000")
    assert watch._watch(process, told, 60, 200_000_000) == 0


def test_tables_are_told_up_to_the_memory_limit(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tmp_path / "m" / "tables"
    tables.mkdir(parents=True)
    pq.write_table(pa.table({"a": range(100_000)}), tables / "t.parquet")
    (tables / "no.parquet").write_bytes(b"PAR1")
    monkeypatch.setenv(watch._VARIABLE, str(told))
    watch.allow_tables(tmp_path / "m")
    assert 800_000 < int(told.read_text()) < 4_000_000
    monkeypatch.setenv("MLFLOW_SQL_MEMORY_LIMIT", "16MiB")
    for number in range(30):
        pq.write_table(pa.table({"a": range(100_000)}), tables / f"t{number}.parquet")
    watch.allow_tables(tmp_path / "m")
    assert int(told.read_text()) == 16 * 2**20


def test_what_nothing_measures_is_said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """As on macOS and Windows, where there is no /proc, without psutil; with it there is nothing to say."""
    assert memory_is_told()
    monkeypatch.setattr(os.path, "isdir", lambda path: path != "/proc/self")
    pytest.importorskip("psutil")
    assert memory_is_told()
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert watch.run_watched(["--version"]) == 0
    said = capfd.readouterr().err
    assert "memory of this command is not bounded" in said and said.count("\n") == 1


@pytest.mark.alone
@pytest.mark.ci
def test_the_command_says_so_in_one_sentence(tmp_path: Path) -> None:
    query = tmp_path / "q.sql"
    query.write_text("SELECT 1 AS a")
    start = time.monotonic()
    words = [sys.executable, "-m", "mlflow_sql_flavor", "--memory-limit", "50MB"]
    asked = ["check", str(query), "--dialect", "duckdb"]
    found = subprocess.run([*words, *asked], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("mlflow-sql: error: The command took more than 0.1 GB of memory")
    assert found.stderr.count("\n") == 1
    assert time.monotonic() - start < 60
    found = subprocess.run([*words[:3], *asked], capture_output=True, text=True)
    assert (found.returncode, found.stdout.splitlines()[0], found.stderr) == (0, "ok: duckdb (verified)", "")
    found = subprocess.run([*words[:3], *asked, "--nonsense"], capture_output=True, text=True)
    assert found.returncode == 2 and found.stderr.startswith("Usage: mlflow-sql check")


@pytest.mark.alone
@pytest.mark.ci
@pytest.mark.parametrize("body", ["time.sleep(600)", "while True: pass"])
def test_a_python_function_that_never_ends(tmp_path: Path, body: str) -> None:
    """It is code of the model's author, which nothing in a process ends; the command's process is ended."""
    source = f"""
import pandas as pd
import mlflow_sql_flavor

def waits(x: int) -> int:
    import os, time
    if os.path.exists({str(tmp_path / "go")!r}):
        {body}
    return x

mlflow_sql_flavor.save_model("SELECT waits(a) AS r FROM input", {str(tmp_path / "m")!r}, udfs=[waits],
    input_example=pd.DataFrame({{"a": [1]}}), pip_requirements=[], bundle_flavor=False)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", source], check=True, cwd=tmp_path)
    (tmp_path / "go").touch()
    asked = [sys.executable, "-m", "mlflow_sql_flavor", "--timeout", "8", "test", str(tmp_path / "m")]
    found = subprocess.run(asked, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("mlflow-sql: error: The command took longer than 8 s and was ended")
    asked[-2:] = ["show", str(tmp_path / "m")]
    asked[4] = "60"
    assert subprocess.run(asked, capture_output=True, text=True).returncode == 0
