"""The card of a saved model: what it says is so, what it shows to run runs, and a hostile query stays text."""

from __future__ import annotations

import datetime
import decimal
import json
import logging
import re
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.models import validate_serving_input

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel as artifact
from mlflow_sql_flavor.query.reading.parsed_query import Lineage
from mlflow_sql_flavor.report import pages as report
from mlflow_sql_flavor.report.card import MOST_SQL, card
from mlflow_sql_flavor.report.facts import Facts, Table, of_spec

LISTINGS = pd.DataFrame({"listing_id": [1, 2, 3], "region": ["서울", "서울", "Busan"], "score": [4.5, 3.0, 4.9]})
SQL = """WITH good AS (SELECT * FROM listings WHERE score >= :min_score)
SELECT g.listing_id, g.score * i.factor AS points FROM input AS i JOIN good AS g USING (region)"""


def save(path: Path, sql: str, **given: Any) -> Path:
    mlflow_sql_flavor.save_model(sql, path, pip_requirements=["mlflow"], bundle_flavor=False, **given)
    return path


def blocks(text: str) -> list[tuple[str, str]]:
    """``(language, content)`` of the fenced blocks, as CommonMark closes them."""
    found, fence, lines, language = [], "", [], ""
    for line in text.splitlines():
        ticks = re.match(r"(`{3,})(.*)", line)
        if not fence and ticks:
            fence, language, lines = ticks[1], ticks[2], []
        elif fence and line.rstrip() and set(line.rstrip()) == {"`"} and len(line.rstrip()) >= len(fence):
            found.append((language, "\n".join(lines)))
            fence = ""
        elif fence:
            lines.append(line)
    assert not fence
    return found


def run_python(text: str, path: Path) -> None:
    code = next(content for language, content in blocks(text) if language == "python")
    exec(code, {"model_uri": str(path)})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(
        tmp_path_factory.mktemp("card") / "model",
        SQL,
        tables={"listings": LISTINGS},
        input_example=(pd.DataFrame({"region": ["서울"], "factor": [2]}), {"min_score": 4.0}),
    )


def test_card_says_what_the_model_is(model: Path) -> None:
    text = (model / "README.md").read_text(encoding="utf-8")
    assert blocks(text)[0] == ("sql", SQL)
    for line in (
        "| `region` | `VARCHAR` |",
        "| `min_score` | `DOUBLE` | `4.0` |",
        "| `points` | `DOUBLE` | `listings.score`, `input.factor` |",
        "A table of its own",
        "| `listings` | 3 |",
        "`lineage.svg` shows the steps between.",
    ):
        assert line in text, line
    rows = re.search("Which rows there are, and their order, depends on (.*)\\.", text)
    assert rows is not None
    assert set(rows[1].split(", ")) == {
        "`listings.region`",
        "`listings.score`",
        "`input.region`",
        "parameter `min_score`",
    }
    assert (model / "lineage.svg").is_file()


def test_calls_of_the_card_work(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (model / "README.md").read_text(encoding="utf-8")
    run_python(text, model)
    assert capsys.readouterr().out.split() == ["listing_id", "points", "0", "1", "9.0"]
    request = next(content for language, content in blocks(text) if language == "json")
    answer = validate_serving_input(str(model), request)
    assert answer.to_dict("records") == [{"listing_id": 1, "points": 9.0}]


TYPES = {
    "BOOLEAN": True, "TINYINT": 1, "SMALLINT": 1, "INTEGER": 1, "BIGINT": 1, "FLOAT": 1.5, "DOUBLE": 1.5,
    "DECIMAL(10,2)": decimal.Decimal("1.50"), "VARCHAR": "a'\"b", "DATE": datetime.date(2024, 1, 31),
    "TIMESTAMP": datetime.datetime(2024, 1, 31, 12), "BLOB": b"\x00\xff", "TIME": datetime.time(1, 2, 3),
}  # fmt: skip


@pytest.mark.parametrize("example", [False, True])
def test_calls_work_for_every_type(tmp_path: Path, example: bool) -> None:
    names = {kind: f"c{n}" for n, kind in enumerate(TYPES)}
    types = {name: kind for kind, name in names.items()}
    sql = f"SELECT {', '.join(f'{name} AS o{name}' for name in types)} FROM input"
    given = {"input_example": pd.DataFrame({names[kind]: [value] for kind, value in TYPES.items()})} if example else {}
    path = save(tmp_path / "m", sql, input_types=types, **given)
    text = (path / "README.md").read_text(encoding="utf-8")
    run_python(text, path)
    validate_serving_input(str(path), next(content for language, content in blocks(text) if language == "json"))


def test_a_query_without_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(tmp_path / "m", "SELECT 1 + :n AS x", input_example=(None, {"n": 2}))
    text = (path / "README.md").read_text(encoding="utf-8")
    run_python(text, path)
    assert capsys.readouterr().out.split() == ["x", "0", "3"]
    assert "None: the query reads only what the model brings." in text


HOSTILE = (
    "</script><script>alert(1)</script>", "a|b`c`", "```\n# no heading", "]]><x/>", "[x](http://evil.example)",
    "![i](//evil.example/i.png)", "<img src=x onerror=alert(1)>", "\u202egnp.exe", "\x1b[2J", "&lt;b&gt;", "*_~#", " ",
    "line\nbreak", "https://evil.example", "'\"", "-- ", "{{x}}",
)  # fmt: skip


def hostile_facts() -> Facts:
    names = dict.fromkeys(HOSTILE, "VARCHAR")
    sql = "SELECT '\n````\n# not a heading\n<script>alert(1)</script>]]>' AS \"a|b\" -- ``` \u202e\x1b[2J\nFROM input"
    return Facts(
        sql=sql,
        dialect="duckdb",
        level="verified",
        input_table="<b>in|put</b>",
        inputs=names,
        outputs={**names, "x": 'STRUCT("</td><script>" INTEGER)'},
        params={name: ("VARCHAR", name) for name in HOSTILE},
        tables={name: Table(1, names) for name in HOSTILE},
        rows="table",
        functions=HOSTILE,
        allow=HOSTILE,
        left_open=tuple((1, 2, name) for name in HOSTILE),
        limits={"memory_limit": "<script>"},
        prediction_column="<x>",
        compared="verified on 1 row against <script>",
        versions={"duckdb": "<script>", "sqlglot": "`x`"},
    )


def outside_of_blocks(text: str) -> str:
    for _, content in blocks(text):
        text = text.replace(content, "")
    return text


def test_a_hostile_model_stays_text() -> None:
    facts = hostile_facts()
    text = card(facts, Lineage(reason="<script> | `"), "lineage.svg", dict.fromkeys(HOSTILE, "</script>"))
    assert blocks(text)[0][0] == "sql" and "# not a heading" in blocks(text)[0][1]
    prose = outside_of_blocks(text)
    assert not re.search(r"<\s*[a-zA-Z/!]", prose)
    assert "://" not in prose and "](" not in prose
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", text)
    headings = [line for line in prose.splitlines() if line.startswith("#")]
    assert set(headings) == {
        "# SQL model", "## Input", "## Parameters", "## Output", "## Reference tables", "## To know", "## Call it",
    }  # fmt: skip
    for line in prose.splitlines():
        if line.startswith("|"):  # every row has its columns and no more
            assert line.count("|") in (3, 4), line


def test_a_hostile_query_is_saved_whole(tmp_path: Path) -> None:
    sql = 'SELECT \'```</script>]]>\' AS "</td>|`x`", x AS "a\nb" FROM input -- ````'
    path = save(tmp_path / "m", sql, input_types={"x": "BIGINT"})
    assert blocks((path / "README.md").read_text(encoding="utf-8"))[0] == ("sql", sql)


def test_a_long_query_is_cut_and_says_so() -> None:
    sql = "SELECT " + " + ".join(["x"] * 300_000) + " AS s FROM input"
    facts = Facts(sql, "duckdb", "verified", "input", {"x": "BIGINT"}, {"s": "BIGINT"}, rows="independent")
    lineage = facts.lineage()
    text = card(facts, lineage)
    assert len(text) < MOST_SQL + 3_000
    assert f"The first 20,000 of {len(sql):,} characters; `MLmodel` has all." in text
    assert "columns are followed up to" in text


def test_a_wide_model_is_cut_and_says_so() -> None:
    columns = {f"c{n}": "DOUBLE" for n in range(1_000)}
    facts = Facts("SELECT * FROM input", "duckdb", "verified", "input", columns, columns, rows="independent")
    text = card(facts, facts.lineage())
    assert len(text) < 40_000 and "The first 200 of 1,000; `MLmodel` has all." in text
    assert "model.predict(data)" in text


def test_what_is_there_stays(model: Path, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    stored = artifact.read(model, "sql")
    report.write(tmp_path, stored.spec, stored.signature)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert (tmp_path / "lineage.svg").read_text(encoding="utf-8") == (model / "lineage.svg").read_text(encoding="utf-8")


def test_a_users_readme_is_kept(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    path = save(
        tmp_path / "m", "SELECT x FROM input", input_types={"x": "BIGINT"}, extra_files=[str(tmp_path / "README.md")]
    )
    assert (path / "extra_files/README.md").read_text() == "mine"
    assert (path / "README.md").read_text(encoding="utf-8").startswith("# SQL model")


def test_a_failing_card_fails_no_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> str:
        raise ZeroDivisionError("no card")

    monkeypatch.setattr("mlflow_sql_flavor.report.card.card", broken)
    logger = logging.getLogger("mlflow_sql_flavor")
    monkeypatch.setattr(logger, "propagate", True)
    with caplog.at_level("WARNING"):
        path = save(tmp_path / "m", "SELECT x FROM input", input_example=pd.DataFrame({"x": [1]}))
    assert not (path / "README.md").exists() and "without a card" in caplog.text
    assert mlflow.pyfunc.load_model(str(path)).predict(pd.DataFrame({"x": [1]}))["x"].tolist() == [1]


def test_an_audit_knows_the_files(model: Path) -> None:
    from mlflow_sql_flavor.review.audit import audit

    assert [remark for remark in audit(model).remarks if remark.subject == "files"] == []


def test_columns_have_the_signatures_order(tmp_path: Path) -> None:
    path = save(tmp_path / "m", "SELECT x AS b, y AS a FROM input", input_types={"y": "BIGINT", "x": "DOUBLE"})
    stored = artifact.read(path, "sql")
    facts = of_spec(stored.spec, stored.signature)
    assert (list(facts.inputs or ()), list(facts.outputs or ())) == (["y", "x"], ["b", "a"])
    assert facts.lineage().origins()["b"] == (("input", "x"),)
    assert json.loads((path / "README.md").read_text(encoding="utf-8").split("```json\n")[1].split("\n```")[0])
