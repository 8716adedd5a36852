"""Every attempt is refused and leaves no trace; what is harmless runs."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mlflow_sql_flavor.engines.query_check import check
from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.gate import grammar, policy
from mlflow_sql_flavor.query.gate.identifiers import fold

from .harness import Range, attempts

GIVEN = attempts("attempts.jsonl")
MORE = attempts("more.jsonl")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    folder = tmp_path_factory.mktemp("attacks")
    with contextlib.chdir(folder):
        target = Range(folder / "probe")
        yield target
        target.close()


@pytest.fixture(autouse=True)
def _no_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "did_you_mean", lambda name, candidates: "")  # slow, a thousand times


@pytest.mark.parametrize("rows", [GIVEN, MORE], ids=["given", "more"])
def test_refused_without_a_trace(target: Range, rows: list[dict]) -> None:
    bad = []
    for row in rows:
        outcome = target.run(row["sql"], instance=not row["harmless"])
        if outcome.trace or (outcome.by is None and not row["harmless"]):
            bad.append((row["sql"][:100], outcome.trace or "ran"))
    assert not bad
    assert target.trace() == ""


def test_harmless_attempts_run(target: Range) -> None:
    refused = {row["sql"]: target.run(row["sql"], instance=False).message for row in MORE if row["harmless"]}
    assert {sql: message for sql, message in refused.items() if message} == {}


def test_gate_refuses_whatever_the_lock_lets_pass(target: Range) -> None:
    rows = [row for row in GIVEN if row["passes_lockdown"] and not row["harmless"]]
    assert len(rows) > 60
    assert [row["sql"] for row in rows if target.run(row["sql"]).by not in ("gate", "apart")] == []


def test_probe_is_worth_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a connection without lock and gate the same attempts do read the canary and do write files."""
    monkeypatch.chdir(tmp_path)
    target = Range(tmp_path / "probe")
    target.con.close()
    target.con = duckdb.connect()
    found = 0
    for sql in (
        "from '/tmp/probe/x.csv'",
        "from '/tmp/probe/x.parquet'",
        "from read_json('/tmp/probe/x.json')",
        "select content from read_text('/tmp/probe/x.csv')",
        "select current_setting('http_proxy')",
    ):
        answer = target.con.execute(sql.replace("/tmp/probe", str(target.probe))).fetchall()
        found += target.trace(str(answer), instance=False) == "read a canary"
    assert found == 5
    target.con.execute(f"copy (select 1) to '{target.probe}/o.csv'")
    assert target.trace(instance=False) == "changed files"
    target.close()


@pytest.mark.parametrize("kind", ["scalar", "aggregate", "macro", "table", "table_macro", "pragma"])
def test_every_function_off_the_list_is_refused(target: Range, kind: str) -> None:
    """Of all functions DuckDB has, whatever is not on the list is refused by the gate, however it is called."""
    allowed = grammar.allowed("table") if kind.startswith("table") else grammar.expression_functions()
    names = target.con.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = ?", [kind]
    ).fetchall()
    forms = (
        ["from {}('/tmp/probe/x.csv')", "select * from ref, {}()", "from main.{}(1)"]
        if kind.startswith("table")
        else ["select {}(1)", "select 'x'.{}()", "select {}(s) over () from input", "select main.{}(s) from input"]
    )
    tried = 0
    for (name,) in names:
        if fold(name) in allowed or fold(name) in grammar.allowed("window"):
            continue
        quoted = '"' + name.replace('"', '""') + '"'
        for form in forms:
            tried += 1
            with pytest.raises(QueryError):
                check(target.con, form.format(quoted), tables=("ref", "input"))
    assert tried
