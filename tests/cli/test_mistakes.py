"""What people do wrong at a terminal: one sentence each on stderr, the exit code that is documented, nothing lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

import mlflow_sql_flavor
from mlflow_sql_flavor.cli import INTERRUPTED, main

from .terminal import open_terminal, read_terminal

ROWS = pd.DataFrame({"id": ["01", "02"], "name": ["a", "b;c"], "price": [1.5, 2.5]})


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def sentence(result: Result) -> str:
    """The one line of a refusal; nothing else is said."""
    assert result.exit_code == 1 and result.stdout == "", result.output
    line, *more = result.stderr.splitlines()
    assert line.startswith("mlflow-sql: error: ") and not more, result.stderr
    return line.removeprefix("mlflow-sql: error: ")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mistakes") / "model"
    mlflow_sql_flavor.save_model(
        "SELECT id, name, price * :k AS p FROM input WHERE price > 1",
        folder,
        input_example=(ROWS, {"k": 2.0}),
        pip_requirements=["mlflow"],
        bundle_flavor=False,
    )
    return folder


@pytest.mark.parametrize("command", ["show", "test", "predict", "lineage", "transpile", "diff"])
def test_an_address_that_is_no_sql_model(command: str, model: Path, tmp_path: Path) -> None:
    more = {"transpile": ("--to", "snowflake"), "diff": (model,)}.get(command, ())
    assert sentence(run(command, "nosuch", *more)).startswith("There is no folder 'nosuch': give a model's")
    (tmp_path / "empty").mkdir()
    assert "has no MLmodel file" in sentence(run(command, tmp_path / "empty", *more))
    (tmp_path / "MLmodel").write_text("flavors:\n  sklearn: {}\n  python_function: {}\n")
    assert "is not a SQL model: its flavors are sklearn, python_function." in sentence(run(command, tmp_path, *more))
    if command in ("show", "predict"):
        assert "is a file: give a model's folder" in sentence(run(command, tmp_path / "MLmodel"))


def test_an_address_of_the_registry_that_is_not_there() -> None:
    said = sentence(run("show", "models:/nosuch@champion"))
    assert said.startswith("The model 'models:/nosuch@champion' cannot be fetched: ") and "nosuch" in said


@pytest.mark.parametrize("target", [None, "out.csv", "out.parquet"], ids=["stdout", "csv", "parquet"])
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("semi.csv", b"id;name;price\n01;a;1.5\n", "its fields are separated by ';', not by commas"),
        ("tab.csv", b"id\tname\tprice\n01\ta\t1.5\n", "its fields are separated by '\\t', not by commas"),
        ("latin.csv", "id,name,price\n01,é,1.5\n".encode("latin-1"), "is not UTF-8 text: save it as UTF-8"),
        ("value.csv", b"id,name,price\n01,a,cheap\n", "column 'price' as double: invalid value 'cheap'"),
        ("empty.csv", b"", "empty.csv is empty"),
        ("ragged.csv", b"id,name,price\n01,a\n", "Expected 3 columns, got 2"),
        ("short.csv", b"id,name\n01,a\n", "lacks column 'price'"),
        ("text.jsonl", b'{"id": "1", "name": "a", "price": 2}\n\nx\n', "line 3 is not JSON"),
        ("latin.json", '[{"id": "é"}]'.encode("latin-1"), "is not UTF-8 text: save it as UTF-8"),
        ("not.parquet", b"hello", "not.parquet"),
    ],
    ids=lambda given: given if isinstance(given, str) and "." in given and " " not in given else "",
)
def test_an_input_that_cannot_be_read(
    model: Path, tmp_path: Path, name: str, content: bytes, says: str, target: str | None
) -> None:
    source = tmp_path / name
    source.write_bytes(content)
    if target is None:
        assert says in sentence(run("predict", model, "-i", source))
        return
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / target).write_bytes(b"of yesterday")
    assert says in sentence(run("predict", model, "-i", source, "-o", folder / target))
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(target, b"of yesterday")]


def test_an_output_that_cannot_be_written(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    ROWS.to_csv(source, index=False)
    (tmp_path / "folder.csv").mkdir()
    for target, says in {"nosuch/out.csv": "there is no folder", "folder.csv": "'folder.csv' is a folder"}.items():
        result = run("predict", model, "-i", source, "-o", tmp_path / target)
        assert result.exit_code == 2 and says in result.stderr, result.output
    assert {path.name for path in tmp_path.iterdir()} == {"in.csv", "folder.csv"}


def test_lineage_without_types_is_not_a_constant(tmp_path: Path) -> None:
    query = tmp_path / "query.sql"
    query.write_text("SELECT a FROM input")
    result = run("lineage", query)
    assert result.exit_code == 0 and result.stdout == "a  not known\n" and "--input-types" in result.stderr
    assert run("lineage", query, "--input-types", '{"a": "BIGINT"}').stdout.startswith("a ")


@pytest.mark.parametrize("command", [("lineage",), ("transpile", "--to", "snowflake"), ("check",)])
def test_a_text_that_nobody_reads_has_a_caret(command: tuple[str, ...], tmp_path: Path) -> None:
    query = tmp_path / "query.sql"
    query.write_text("SELECT a FROM WHERE")
    result = run(*command, query)
    assert result.exit_code == 1 and "DuckDB cannot read the query" in result.stderr
    assert result.stderr.splitlines()[-1].strip() == "^^^^^"


def command_line(*args: object) -> list[str]:
    return [sys.executable, "-m", "mlflow_sql_flavor", *map(str, args)]


def big(folder: Path, rows: int) -> Path:
    path = folder / "big.csv"
    with path.open("w") as file:
        file.write("id,name,price\n")
        file.writelines(f"{i},n{i},{i * 0.5}\n" for i in range(rows))
    return path


@pytest.mark.ci
@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_a_reader_that_has_seen_enough(model: Path, tmp_path: Path, form: str) -> None:
    source = big(tmp_path, 50_000)
    process = subprocess.Popen(
        command_line("predict", model, "-i", source, "--format", form), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(60) in (0, 1) and "Traceback" not in said and "error" not in said.lower(), said


@pytest.mark.ci
def test_an_interrupt_is_quiet_and_leaves_the_old_output(model: Path, tmp_path: Path) -> None:
    source = big(tmp_path, 300_000)
    target = tmp_path / "out.csv"
    target.write_text("of yesterday")
    process = subprocess.Popen(
        command_line("predict", model, "-i", source, "-o", target, "--batch-rows", 10),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    end = time.monotonic() + 120
    while not list(tmp_path.glob(".out.csv.*.partial")) and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED and out == b"" and said.decode().strip() == "mlflow-sql: interrupted"
    assert target.read_text() == "of yesterday" and not list(tmp_path.glob(".out.csv.*"))


@pytest.mark.ci
def test_a_narrow_terminal(model: Path) -> None:
    """Nothing is cut: lines break between words, beside their name where there is room."""
    said = {}
    for columns in ("20", "60", "200"):
        leader, follower = open_terminal()
        process = subprocess.Popen(
            command_line("show", model),
            stdout=follower,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": columns, "TERM": "xterm"},
        )
        os.close(follower)
        text = read_terminal(leader)
        process.wait(60)
        os.close(leader)
        said[columns] = re.sub(r"\x1b\[[\d;]*m", "", text.decode()).replace("\r", "")
    assert said["20"] == said["200"] and "saved with  mlflow-sql-flavor" in said["200"]
    assert said["60"].split() == said["200"].split(), "the same words"
    below = said["60"].partition("dialect")[2].splitlines()
    assert max(map(len, below)) <= 60 < max(map(len, said["200"].splitlines()))
    assert any(line.startswith(" " * 12) for line in below)
