"""No wrong row without a word: of the recorded answers that the package does not give, each has a finding."""

from __future__ import annotations

import random

import pytest

from mlflow_sql_flavor.query.evidence.index import index_of

from .measure import flagged
from .observe import Observation
from .record import recorded, rejudged

DIALECTS = ("postgres", "databricks", "mysql", "sqlite", "clickhouse")


def silent(dialect: str, share: float) -> tuple[int, list[str]]:
    index = index_of(dialect)
    assert index is not None
    codes = dict(index.codes) | {f"{one}\t{other}": "x" for one, others in index.pairs.items() for other in others}
    chance = random.Random(7)
    drawn = {case["q"] for case in recorded(dialect) if chance.random() <= share}
    count, found = 0, []
    for query, right, seen in rejudged(dialect, drawn):
        count += 1
        if not right and not flagged(Observation(query, dialect, "", "compared", False, seen), codes):
            found.append(query)
    return count, found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_sample_of_recorded_answers_has_no_silent_difference(dialect: str) -> None:
    count, found = silent(dialect, 0.05)
    assert count > 5 and found == []


@pytest.mark.full
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_recorded_answer_differs_silently(dialect: str) -> None:
    count, found = silent(dialect, 1)
    assert count > 100 and found == []


#: A difference that was found by machine and mended, the smallest query of each cause.
MENDED = {
    "sqlite": ["(i, 1) IN ((j, 1))", "(s, 1) IN ((t, 1))", "(i, s) IN ((7, 'apple'), (1, 'b'))", "c_va = 0"],
    "databricks": [
        "concat(d)",
        "concat(o)",
        "concat(w)",
        "bin(x)",
        "hex(x)",
        "chr(d)",
        "from_unixtime(d)",
        "bround(l)",
        "concat_ws(o)",
        "sort_array(split('b,a', s))",
        "transform(split(s, s), x -> upper(x))",
        "regexp_count('a1b2', t)",
        "regexp_instr('abc123', s)",
    ],
    "clickhouse": [
        "d IN (NULL, NULL)",
        "s IN (NULL, NULL)",
        "o NOT IN (NULL)",
        "-i",
        "negate(i)",
        "arrayElement([i, j], 1)",
        "has([1, 7], i)",
        "map('k', i)['k']",
        "toInt32(x)",
        "round(i, -1)",
        "(i, s) IN (SELECT g, b.s FROM b)",
        "i = ANY (SELECT k FROM b)",
        "SELECT x AS k, id FROM a ORDER BY x DESC NULLS FIRST, id",
    ],
    "postgres": [
        "to_char(w, ',')",
        "lpad(s, j)",
        "(w, q) OVERLAPS (w, q)",
        "width_bucket(5.35, 0.024, e, 5)",
        "'{\"a\": 1}'::jsonb ->> s",
    ],
}


@pytest.mark.parametrize("dialect", MENDED)
def test_what_was_mended_gives_the_engines_rows(dialect: str) -> None:
    found = {query: right for query, right, _ in rejudged(dialect, MENDED[dialect])}
    assert found == dict.fromkeys(MENDED[dialect], True)
