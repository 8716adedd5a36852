"""What the generator asks for, and what it leaves out."""

from __future__ import annotations

import pytest

from .coverage import Coverage
from .observe import Observation, Seen
from .record import rejudged, whole
from .wide import WIDE, expanded


def case(name: str, edges: list[str], constant: bool = False) -> dict[str, Seen]:
    return {name: Seen(edges, ["negative", "null"], constant, False)}


def test_only_what_shows_more_is_asked_for() -> None:
    before = Observation("made 1", "mine", "Engine 1", "compared", True, case("abs(int)", ["null"]))
    cover = Coverage([before])
    assert not cover.lacks(case("abs(int)", ["null"]))
    assert cover.lacks(case("abs(int)", ["negative"]))
    assert cover.lacks(case("abs(double)", []))
    cover.add(case("abs(int)", ["negative"]))
    assert not cover.lacks(case("abs(int)", ["negative", "null"]))


def test_a_column_after_a_constant_is_more_and_an_unknown_type_is_not() -> None:
    cover = Coverage([])
    cover.add(case("abs(int)", ["null", "negative"], constant=True))
    assert cover.lacks(case("abs(int)", [])) and not cover.lacks(case("abs(int)", [], constant=True))
    assert not cover.lacks({"abs(?)": Seen([], [], False, True)})


@pytest.mark.parametrize("dialect", WIDE)
def test_a_query_makes_the_further_columns_that_it_reads(dialect: str) -> None:
    for name, made in WIDE[dialect].items():
        query = expanded(f"SELECT {name} FROM wide", dialect)
        others = [each for each in WIDE[dialect] if each != name and f"AS {each}" in query]
        assert f"{made} AS {name} FROM a) AS wide" in query and others == []
    assert expanded("SELECT i FROM a", dialect) == "SELECT i FROM a"
    assert whole("i + 1", dialect) == "SELECT id, i + 1 AS c0 FROM a"


def test_rows_at_which_the_engine_raises_are_left_out() -> None:
    found = {query: (right, seen) for query, right, seen in rejudged("postgres", {"CAST(n AS int)"})}
    right, seen = found["CAST(n AS int)"]
    assert right and "cast text as int" in seen
