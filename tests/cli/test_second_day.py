"""Pipes, Ctrl-C, where a log went, and the dialect that nobody named."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import main
from mlflow_sql_flavor.cli.log import shown

from .terminal import open_terminal, read_terminal

ROWS = pd.DataFrame({"a": [1, 2], "s": ["x", "가"]})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("piped") / "model"
    mlflow_sql_flavor.save_model(
        "SELECT a + 1 AS b, s FROM input", path, input_example=ROWS, pip_requirements=["mlflow"], bundle_flavor=False
    )
    return path


def run(*args: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


def _parquet() -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(ROWS, preserve_index=False), sink)
    return sink.getvalue()


PIPED = {
    "csv": ROWS.to_csv(index=False).encode(),
    "csv with a mark": b"\xef\xbb\xbf" + ROWS.to_csv(index=False).encode(),
    "json": json.dumps(ROWS.to_dict("records")).encode(),
    "lines": "\n".join(json.dumps(row) for row in ROWS.to_dict("records")).encode(),
    "parquet": _parquet(),
    "columns": json.dumps(ROWS.to_dict("list")).encode(),
    "an object of many lines": json.dumps(ROWS.to_dict("list"), indent=2).encode(),
    "split": json.dumps({"dataframe_split": ROWS.to_dict("split"), "params": {}}).encode(),
    "records": json.dumps({"dataframe_records": ROWS.to_dict("records")}, indent=1).encode(),
    "inputs": json.dumps({"inputs": ROWS.to_dict("list")}).encode(),
    "instances": json.dumps({"instances": ROWS.to_dict("records")}).encode(),
    "a long csv": b"a,s\n" + b"1,x\n" * 20_000,
}


@pytest.mark.parametrize("data", PIPED.values(), ids=PIPED)
def test_the_input_comes_through_a_pipe(data: bytes, model: Path) -> None:
    found = run("predict", model, "-i", "-", "--format", "json", stdin=data)
    assert found.exit_code == 0, found.output
    rows = json.loads(found.stdout)
    assert rows[:1] == [{"b": 2, "s": "x"}] and len(rows) == (20_000 if len(data) > 50_000 else 2)


@pytest.mark.skipif(not os.path.lexists("/dev/stdin"), reason="this platform has no /dev/stdin")
@pytest.mark.parametrize("redirected", [False, True])
def test_the_input_comes_from_a_device(redirected: bool, model: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(PIPED["csv"])
    with (tmp_path / "rows.csv").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "mlflow_sql_flavor", "predict", model, "-i", "/dev/stdin", "--format", "csv"],
            **({"stdin": file} if redirected else {"input": PIPED["csv"]}), capture_output=True, timeout=120,
        )  # fmt: skip
    assert done.stdout.decode().split() == ['"b","s"', '2,"x"', '3,"가"'], done.stderr


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The input from stdin is empty."),
        (b'{"a": 1, "s": "x"}\n{"a": 2,\n', "The input from stdin cannot be read as the model's input: line 2 is not"),
        (b'{"a": 1,\n"s": }\n', "The input from stdin cannot be read as the model's input"),
        (b"a,s\nx,y\n", "The input from stdin cannot be read as the model's input: column 'a' as int64"),
    ],
)
def test_a_message_on_a_pipe_invents_no_name(data: bytes, words: str, model: Path) -> None:
    found = run("predict", model, "-i", "-", stdin=data)
    assert found.exit_code == 1 and words in found.stderr and "stdin." not in found.stderr.replace("stdin is", "")


def test_a_file_without_suffix_is_read_as_what_it_is(model: Path, tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(PIPED["columns"])
    found = run("predict", model, "-i", tmp_path / "rows", "--format", "json")
    assert found.exit_code == 0 and len(json.loads(found.stdout)) == 2
    (tmp_path / "rows").write_bytes(b"{")
    assert "rows cannot be read as the model's input" in run("predict", model, "-i", tmp_path / "rows").stderr


def test_predict_without_an_input_says_so(model: Path) -> None:
    found = run("predict", model)
    assert found.exit_code == 2 and "the model reads an input: give it with -i FILE, or -i - for stdin" in found.stderr


def test_log_says_where_it_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(store)
    try:
        Path("query.sql").write_text("SELECT 1 AS a", encoding="utf-8")
        found = run("log", "query.sql", "--name", "m", "--registered-model-name", "one", "--experiment", "daily")
        run_of = mlflow.search_runs(experiment_names=["daily"]).iloc[0]
    finally:
        mlflow.set_tracking_uri(before)
    assert found.exit_code == 0, found.output
    assert found.stdout == "models:/one/1\n"
    lines = dict(line.split(": ", 1) for line in found.stderr.splitlines() if ": " in line)
    assert lines["experiment"].startswith("daily (") and run_of["run_id"] in lines["run"]
    assert lines["version"] == "1 of one" and lines["page"] == f"mlflow ui --backend-store-uri {store}"
    assert lines["dialect"].startswith("duckdb, as none was named")


def test_a_password_is_not_shown() -> None:
    assert shown("postgresql://ann:secret@host:5432/ml") == "postgresql://ann:***@host:5432/ml"
    assert shown("sqlite:///mlflow.db") == "sqlite:///mlflow.db"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT CAST(a AS INT64) AS x FROM input", ["INT64 (bigquery)"]),
        (
            "SELECT nvl(a, 0) AS x, to_char(a, '9') AS y FROM input",
            ["nvl (databricks, oracle", "to_char (oracle, postgres"],
        ),
        ("SELECT date_part('year', s) AS y, a::int8 AS b, s::string AS t FROM input", []),
        ("SELECT `a` FROM input", ["` (bigquery, databricks, mysql)"]),
        ("SELECT a AS number, t.variant, 'INT64' AS iff FROM input AS t -- CAST(a AS INT64)", []),
        ("SELECT (SELECT max(a) AS string FROM input) AS x", []),
    ],
)
def test_the_dialect_nobody_named(sql: str, words: list[str]) -> None:
    found = run("check", "-", stdin=sql.encode())
    assert "dialect: duckdb, as none was named (--dialect)" in found.stderr
    assert ("words of other dialects" in found.stderr) == bool(words)
    assert all(word in found.stderr for word in words)
    named = run("check", "-", "--dialect", "duckdb", stdin=sql.encode())
    assert "as none was named" not in named.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize(
    "module", ["click", "sqlglot", "mlflow_sql_flavor.cli.check", "mlflow_sql_flavor.compile.check"]
)
def test_ctrl_c_while_it_starts(module: str, tmp_path: Path) -> None:
    """SIGINT at the moment a module is asked for, start-up included: no traceback."""
    query = tmp_path / "q.sql"
    query.write_text("SELECT 1 AS a", encoding="utf-8")
    code = textwrap.dedent(f"""
        import os, signal, sys
        class Interrupt:
            def find_spec(self, name, path=None, target=None):
                if name == {module!r}:
                    os.kill(os.getpid(), signal.SIGINT)
        sys.meta_path.insert(0, Interrupt())
        sys.argv = ["mlflow-sql", "check", {str(query)!r}]
        os.environ["_MLFLOW_SQL_WATCHED"] = {str(tmp_path / "tables")!r}
        from mlflow_sql_flavor.__main__ import run
        run()
    """)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode in (-signal.SIGINT, 1), done
    assert "Traceback" not in done.stderr and "ok:" not in done.stdout


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_ctrl_c_ends_the_watched_process_too(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow_sql_flavor", "check", "-"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + 60
    while not children.read_text().split() and time.monotonic() < end:
        time.sleep(0.01)
    child = int(children.read_text().split()[0])
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1 and "Traceback" not in told
    assert not Path(f"/proc/{child}").exists()


def test_long_work_shows_how_far_it_is_on_a_terminal(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(3):
        ROWS.to_parquet(tmp_path / "in" / f"{number}.parquet")
    leader, follower = open_terminal()
    command = [sys.executable, "-m", "mlflow_sql_flavor", "predict", str(model), "-i", str(tmp_path / "in")]
    done = subprocess.run([*command, "-o", str(tmp_path / "out")], stderr=follower, stdout=subprocess.PIPE, timeout=120)
    os.close(follower)
    told = read_terminal(leader).decode()
    assert done.returncode == 0 and done.stdout == b"", told
    assert "6/6" in told and "6 rows written to" in told
