"""What a query's features say of it: findings, one a construct, and the level."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from mlflow_sql_flavor.query.evidence.features import features
from mlflow_sql_flavor.query.evidence.index import FOLDER, Index, index_of, pack
from mlflow_sql_flavor.query.evidence.lookup import evidence_of, judged


def index(**codes: str) -> Index:
    return Index("Engine 1", {name.replace("_", " "): code for name, code in codes.items()}, {})


def told(sql: str, known: Index) -> list[str]:
    tree = parse_one(sql, read="postgres")
    return [why for _, why in judged(features(tree, sql), known)[0]]


def test_what_was_compared_is_no_finding() -> None:
    assert told("SELECT 1", index(no_from="c", literal_int="c")) == []


def test_what_nobody_compared_is_one() -> None:
    (only,) = told("SELECT 1, 2, 3", index(no_from="c"))
    assert "Nobody compared" in only


def test_missing_edges_are_named() -> None:
    (only,) = told("SELECT 1", index(no_from="p null, ties", literal_int="c"))
    assert "null, ties" in only


def test_documents_are_no_finding_and_lower_the_level() -> None:
    tree = parse_one("SELECT 1")
    found, documented = judged(features(tree, "SELECT 1"), index(no_from="v", literal_int="c"))
    assert found == [] and documented


def test_two_that_only_differ_together_are_one_finding() -> None:
    known = Index("Engine 1", {"no from": "c", "literal int": "c"}, {"literal int": frozenset({"no from"})})
    (only,) = told("SELECT 1", known)
    assert "together with" in only


def test_an_unknown_type_is_told_once() -> None:
    sql = "SELECT upper(trim(lower(s))) FROM t"
    known = index(function_upper="c")
    unknown = [f for f, _ in judged(features(parse_one(sql, read="postgres"), sql), known)[0] if f.unknown]
    assert len(unknown) == 1


@pytest.mark.parametrize(
    ("sql", "whole"),
    [
        ("SELECT replace('a', 'b', 'c')", "function replace/3(1: text; 2: text; 3: text)"),
        (
            "SELECT lag(1, 2) OVER (ORDER BY 'a')",
            "window lag(int, int) ordered and function lag/2(1: int) and function lag/2(2: int)",
        ),
        ("SELECT sum(1) FILTER (WHERE TRUE)", "filter and function sum(int)"),
    ],
)
def test_a_call_has_one_finding_for_all_its_arguments_and_its_window(sql: str, whole: str, monkeypatch) -> None:
    known = Index("Engine 1", {}, {})
    monkeypatch.setattr("mlflow_sql_flavor.query.evidence.lookup.index_of", lambda dialect: known)
    findings = evidence_of(parse_one(sql, read="postgres"), sql, "postgres").findings
    (call,) = (found for found in findings if "function" in found.feature)
    assert call.message == f"Nobody compared {whole} with Engine 1: its rows may be other ones."


@pytest.mark.parametrize(
    ("sql", "code", "lacks"),
    [
        ("SELECT substring(s, 2) FROM t", "p negative", False),  # no negative number gets there
        ("SELECT substring(s, -2) FROM t", "p negative", True),
        ("SELECT substring(s, i) FROM t", "p negative", True),
        ("SELECT substring(s, 2) FROM t", "k", False),
        ("SELECT substring(s, i) FROM t", "k", True),
        ("SELECT substring(s, (SELECT 2)) FROM t", "k", True),
    ],
)
def test_of_a_constant_argument_its_own_edges_count(sql: str, code: str, lacks: bool) -> None:
    tree = parse_one(sql, read="postgres")
    for column in tree.find_all(exp.Column):
        column.type = exp.DType.INT if column.name == "i" else exp.DType.TEXT
    for literal in tree.find_all(exp.Literal, exp.Neg):
        literal.type = exp.DType.INT
    found = [feature for feature in features(tree, sql) if "(2: " in feature.name]
    assert len(found) == 1
    assert bool(judged(found, Index("Engine 1", {found[0].name: code}, {}))[0]) is lacks


def test_a_dialect_without_an_index_has_one_finding() -> None:
    found = evidence_of(exp.select("1"), "SELECT 1", "doris")
    assert found.level == "unverified" and len(found.findings) == 1


def test_an_index_is_read_back_as_it_was_packed(tmp_path, monkeypatch) -> None:
    codes = {"function abs(int)": "c", "one\tother": "x", "group by ?": "p null"}
    (tmp_path / "mine.txt.gz").write_bytes(pack(codes, "Engine 1"))
    monkeypatch.setattr("mlflow_sql_flavor.query.evidence.index.FOLDER", tmp_path)
    index_of.cache_clear()
    read = index_of("mine")
    index_of.cache_clear()
    assert read is not None and read.engine == "Engine 1"
    assert read.codes == {"function abs(int)": "c", "group by ?": "p null"}
    assert read.pairs == {"one": frozenset({"other"})}


def test_every_index_of_the_package_is_readable() -> None:
    names = [path.name.partition(".")[0] for path in FOLDER.glob("*.txt.gz")]
    assert len(names) >= 5
    for name in names:
        read = index_of(name)
        assert read is not None and len(read.codes) > 50
        assert {code[0] for code in read.codes.values()} <= set("ckpvmx")
