"""Pipes, Ctrl-C, where a log went, and the dialect that nobody named."""

from __future__ import annotations

import io
import json
import os
import re
import select
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
from mlflow_sql_flavor.cli import INTERRUPTED, files, main
from mlflow_sql_flavor.cli.log import page, shown
from mlflow_sql_flavor.cli.output import status
from mlflow_sql_flavor.cli.streams import Text
from mlflow_sql_flavor.engines.process import descendants

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


def test_the_page_of_a_log_is_the_one_with_the_description() -> None:
    assert page("1", "m-2", None, None) == "experiments/1/models/m-2"
    assert page("1", "m-2", "team/ranker", "3") == "models/team%2Franker/versions/3"


def test_a_password_is_not_shown() -> None:
    assert shown("postgresql://ann:secret@host:5432/ml") == "postgresql://ann:***@host:5432/ml"
    assert shown("sqlite:///mlflow.db") == "sqlite:///mlflow.db"


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT CAST(a AS INT64) AS x FROM input", ["INT64 (bigquery)"]),
        (
            "SELECT nvl(a, 0) AS x, to_char(a, '9') AS y FROM input",
            ["nvl (databricks, mysql, oracle", "to_char (databricks, mysql, oracle, postgres"],
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
    assert done.returncode in (-signal.SIGINT, INTERRUPTED), done
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
    assert process.returncode == INTERRUPTED and "Traceback" not in told
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


@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet", None])
def test_files_of_text_show_how_far_they_are_on_a_terminal(target: str | None, model: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(PIPED["a long csv"])
    leader, follower = open_terminal()
    command = [sys.executable, "-m", "mlflow_sql_flavor", "predict", str(model), "-i", "rows.csv"]
    command += ["--format", "csv"] if target is None else ["-o", target]
    done = subprocess.run(command, cwd=tmp_path, stderr=follower, stdout=subprocess.PIPE, timeout=120)
    os.close(follower)
    told = read_terminal(leader).decode()
    assert done.returncode == 0, told
    assert "loading the model …" in told and (f"writing {target}" if target else "reading rows.csv") in told
    assert told.endswith("\x1b[K" if target is None else f"\x1b[K20,000 rows written to {target}\r\n")


def test_a_file_tells_how_much_of_it_is_read_and_written(tmp_path: Path) -> None:
    for name, data in {"rows.csv": PIPED["a long csv"], "rows.jsonl": b'{"a": 1, "s": "x"}\n' * 60_000}.items():
        (tmp_path / name).write_bytes(data)
        read: list[float] = []
        written: list[int] = []
        reader = Text(tmp_path / name, {"a": "BIGINT", "s": "VARCHAR"}, read.append).to_reader()
        rows = files.write(reader, tmp_path / "out.csv", written.append)
        assert read == sorted(read) and 0 < read[-1] <= 1 and written[-1] == rows == data.count(b"x")


def test_a_wait_says_what_it_is_for_and_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr(told, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", told)
    with status("opening") as say:
        time.sleep(1.2)
        say("reading")
        time.sleep(1)
    text = told.getvalue()
    assert text.startswith("opening …\x1b[K\r") and "opening … 1 s" in text and "reading … 2 s" in text
    assert text.endswith("\r\x1b[K")


@pytest.mark.ci
@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="needs /proc")
def test_no_silent_wait_in_the_own_query_of_the_readme(tmp_path: Path) -> None:
    """Of README's commands on a terminal: five seconds of the command's own work are never without a word.

    Its processor seconds are counted, so that a busy machine is not taken for a wait.
    """
    readme = Path(__file__).parents[2].joinpath("README.md").read_text(encoding="utf-8")
    block = next(found for found in re.findall(r"```bash\n(.*?)```", readme, re.DOTALL) if "mlflow-sql log" in found)
    script = block.replace("mlflow-sql", f"{sys.executable} -m mlflow_sql_flavor")
    leader, follower = open_terminal()
    process = subprocess.Popen(
        ["bash", "-e", "-c", script], cwd=tmp_path, stdout=follower, stderr=follower,
        env={**os.environ, "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"},
    )  # fmt: skip
    os.close(follower)
    ready = select.poll()  # select() knows no file numbers beyond 1,023, which a long run of tests comes to
    ready.register(leader, select.POLLIN | select.POLLHUP)
    silent, longest, told = 0.0, 0.0, b""
    while True:
        if ready.poll(100):
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            told += piece
            silent = worked(process.pid)
        longest = max(longest, worked(process.pid) - silent)
    assert process.wait() == 0, told
    assert b"models:/orders/1" in told and b"loading MLflow" in told
    assert longest < 5


def worked(pid: int) -> float:
    """Processor seconds of a process and of those it started, the ended ones included."""
    return sum(
        sum(map(int, Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:15]))
        for each in (pid, *descendants(pid))
        if Path(f"/proc/{each}/stat").exists()
    ) / os.sysconf("SC_CLK_TCK")


def test_log_names_a_parameter_of_a_type_and_no_default(tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("SELECT a FROM input WHERE a >= :low", encoding="utf-8")
    types = ("--input-types", '{"a": "BIGINT"}', "--param-types", '{"low": "BIGINT"}')
    found = CliRunner().invoke(main, ["log", str(path), *types])
    assert found.exit_code == 2
    assert "-p low=VALUE" in found.stderr


UNTYPED = "SELECT a FROM input WHERE a > :low"


@pytest.mark.parametrize(
    ("sql", "options", "words"),
    [
        (UNTYPED, [], "Parameter 'low' has no type: give -p low=VALUE."),
        (UNTYPED, ["--input-types", '{"a": "INT"}'], "Parameter 'low' has no type: give -p low=VALUE."),
        (UNTYPED.replace(":low", "{low:Int32}"), ["--dialect", "clickhouse", "--input-types", '{"a": "INT"}'],
         "Parameter 'low' has no default value: give -p low=VALUE."),
        ("SELECT a FROM input", [], "whose columns are not known: give -i FILE or --input-types."),
    ],
)  # fmt: skip
def test_what_was_not_given_is_said_with_the_commands_options(sql, options, words, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", None)  # of another test's store
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("query.sql").write_text(sql, encoding="utf-8")
    found = run("log", "query.sql", *options)
    assert found.exit_code == 1 and words in found.stderr and "input_example" not in found.stderr


def test_check_leaves_open_what_it_has_no_types_for(tmp_path) -> None:
    query, of_input, of_low = (
        tmp_path / "query.sql",
        ("--input-types", '{"a": "INT"}'),
        ("--param-types", '{"low": "INT"}'),
    )
    query.write_text(UNTYPED, encoding="utf-8")
    for options, missing in (
        ((), "types of the input (--input-types) and of parameters low (--param-types) are unknown"),
        (of_input, "not checked: types of parameters low (--param-types) are unknown"),
        (of_low, "not checked: types of the input (--input-types) are unknown"),
    ):
        found = run("check", query, *options)
        assert found.exit_code == 0 and "ok: duckdb" in found.stdout and missing in found.stderr
        strict = run("check", query, "--strict", *options)
        assert strict.exit_code == 1 and ("parameters low (--param-types)" in strict.stderr) == (options != of_low)
    found = run("check", query, *of_input, *of_low)
    assert found.exit_code == 0 and "output: a INTEGER" in found.stdout and "not checked" not in found.stderr
    query.write_text(UNTYPED.replace("SELECT a", "SELECT nope(a)"), encoding="utf-8")
    assert run("check", query, *of_input).exit_code == 1
