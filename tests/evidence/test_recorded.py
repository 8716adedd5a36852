"""No wrong row without a word: of the recorded answers that the package does not give, each has a finding."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mlflow_sql_flavor.query.evidence.index import index_of

from ..fidelity.cases import arrow_tables
from ..fidelity.compare import decode
from .measure import flagged
from .observe import Observation, Seen
from .ours import Ours, same
from .record import ordered, recorded, whole
from .tables import SPECS

DIALECTS = ("postgres", "databricks", "mysql", "sqlite", "clickhouse")


def judged(dialect: str, share: float) -> Iterator[tuple[str, bool, dict[str, Seen]]]:
    """The query, whether its rows are the engine's, and its features, of a share of the recorded answers."""
    ours = Ours(dialect, arrow_tables(SPECS))
    chance = random.Random(7)
    for case in recorded(dialect):
        if chance.random() > share:
            continue
        try:
            _, rows, seen = ours.run(whole(case["q"]))
        except Exception:  # refused: no rows
            continue
        if not case["q"].startswith(("SELECT", "WITH")):
            rows = [[row[1]] for row in sorted(rows, key=lambda row: row[0])]
        yield case["q"], same([decode(row) for row in case["r"]], rows, ordered(whole(case["q"]))), seen


def silent(dialect: str, share: float) -> tuple[int, list[str]]:
    index = index_of(dialect)
    assert index is not None
    codes = dict(index.codes) | {f"{one}\t{other}": "x" for one, others in index.pairs.items() for other in others}
    count, found = 0, []
    for query, right, seen in judged(dialect, share):
        count += 1
        if not right and not flagged(Observation(query, dialect, "", "compared", False, seen), codes):
            found.append(query)
    return count, found


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_sample_of_recorded_answers_has_no_silent_difference(dialect: str) -> None:
    count, found = silent(dialect, 0.05)
    assert count > 5 and found == []


@pytest.mark.ci
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_recorded_answer_differs_silently(dialect: str) -> None:
    count, found = silent(dialect, 1)
    assert count > 100 and found == []
