"""Whatever text the gate is given, it answers with facts or with an error of the package, and nothing happens."""

import contextlib
import copy
import random
import re
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlflow_sql_flavor.engines.query_check import check, parse_tree
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.query.gate import grammar, policy
from mlflow_sql_flavor.query.gate.identifiers import fold

from .harness import attempts

SEEDS = [row["sql"] for row in attempts() if len(row["sql"]) < 500]
HARMLESS = [row["sql"] for row in attempts() if row["harmless"]]
TOKENS = sorted({token for sql in SEEDS for token in re.findall(r"\w+|[^\w\s]|\s+", sql)})
TABLES = ("input", "ref")
QUICK = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute("CREATE TABLE ref AS SELECT 1 AS k, 2 AS v")
        yield con


@pytest.fixture(autouse=True)
def _no_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "did_you_mean", lambda name, candidates: "")


def judged(con: duckdb.DuckDBPyConnection, sql: str) -> policy.Facts | None:
    try:
        return check(con, sql, tables=TABLES)
    except SQLModelError as error:
        assert error.message
        return None


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A seed with tokens dropped, doubled, swapped or taken from other seeds."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    tokens = re.findall(r"\w+|[^\w\s]|\s+", rng.choice(rng.choice((SEEDS, HARMLESS))))
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(tokens) + 1)
        match rng.randrange(5):
            case 0:
                del tokens[at : at + rng.randrange(1, 3)]
            case 1:
                tokens.insert(at, rng.choice(TOKENS))
            case 2:
                tokens[at:at] = tokens[at : at + rng.randrange(1, 8)]
            case 3:
                other = re.findall(r"\w+|[^\w\s]|\s+", rng.choice(SEEDS))
                cut = rng.randrange(len(other) + 1)
                tokens[at:at] = other[cut : cut + rng.randrange(1, 12)]
            case 4:
                tokens[at : at + 1] = [
                    rng.choice(["(", ")", "'", '"', "$", "\\", "é", "👍", "\n", "--", "/*", ";", ","])
                ]
    return "".join(tokens)


def test_nothing_but_errors_of_the_package(con: duckdb.DuckDBPyConnection) -> None:
    passed = 0

    @QUICK
    @given(st.one_of(mutated(), mutated(), mutated(), st.text(max_size=60)))
    def run(sql: str) -> None:
        nonlocal passed
        facts = judged(con, sql)
        if facts is not None:
            passed += 1
            assert facts.tables <= set(TABLES)
            assert facts.functions <= grammar.expression_functions() | grammar.allowed("window") | grammar.allowed(
                "table"
            )

    run()
    assert passed > 5  # or the mutations would test the parser only
    assert con.execute("FROM ref").fetchall() == [(1, 2)]


def test_what_passes_reads_only_what_it_may(con: duckdb.DuckDBPyConnection) -> None:
    """DuckDB's own list of the tables in a query that passed: none beyond those allowed."""

    @QUICK
    @given(mutated())
    def run(sql: str) -> None:
        if judged(con, sql) is None:
            return
        try:
            names = con.get_table_names(sql)
        except duckdb.Error:
            return
        assert {fold(name) for name in names} <= set(TABLES), names

    run()


def test_damaged_trees(con: duckdb.DuckDBPyConnection) -> None:
    """A tree that DuckDB would never write is refused, not stumbled over."""
    seeds = [row["sql"] for row in attempts("more.jsonl") if row["harmless"]]

    @QUICK
    @given(st.sampled_from(seeds), st.integers(0, 2**32))
    def run(sql: str, seed: int) -> None:
        tree, rng = parse_tree(con, sql), random.Random(seed)
        places: list[tuple] = []
        todo: list = [tree]
        while todo:
            item = todo.pop()
            pairs = item.items() if isinstance(item, dict) else enumerate(item)
            for key, value in list(pairs):
                places.append((item, key))
                if isinstance(value, dict | list):
                    todo.append(value)
        owner, key = rng.choice(places)
        other, at = rng.choice(places)
        owner[key] = rng.choice(
            [
                None,
                7,
                -1,
                2**64,
                "x",
                "",
                True,
                1.5,
                [],
                {},
                [1],
                {"type": "x"},
                {"class": []},
                copy.deepcopy(other[at]),
            ]
        )
        with contextlib.suppress(SQLModelError):
            policy.judge(tree, sql, tables=TABLES)

    run()
