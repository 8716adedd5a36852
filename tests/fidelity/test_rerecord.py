"""The recorded answers are what the engines answer: each case is run again on its engine and compared."""

import pytest

from ..shares import SHARES, drawn
from .cases import DATA, RECORDED, Case, cases, extra_cases
from .compare import same_rows
from .engines import EngineError, Missing, start

# Of several rows ClickHouse takes any for a subquery used as a value; before Spark 4.3 a corr of constants is an error.
OPEN = {("clickhouse", "rel.scalar_sub_multi"), ("spark", "extra.096")}


def _all(dialect: str) -> list[Case]:
    extra = list(extra_cases(dialect)) if (DATA / f"extra_{dialect}.jsonl").is_file() else []
    return [*cases(dialect), *extra]


@pytest.mark.ci
@pytest.mark.parametrize(
    "dialect", [pytest.param(name, marks=pytest.mark.full) if name == "spark" else name for name in RECORDED]
)
@pytest.mark.parametrize("share", SHARES)
def test_same_answers(dialect, share):
    differ = []
    try:
        with start(dialect) as run:
            for case in drawn(_all(dialect), share):
                try:
                    rows = run(case.sql)[1]
                except EngineError as e:
                    rows, error = None, str(e)
                else:
                    error = ""
                if (dialect, case.id) in OPEN:
                    continue
                same = rows == case.rows if None in (rows, case.rows) else same_rows(case.rows, rows, case.ordered)
                if not same:
                    differ.append(f"{case.id}: {case.sql}\n  recorded {case.rows}\n  now      {error or rows}")
    except Missing as e:
        pytest.skip(str(e))
    assert not differ, f"{len(differ)} differ:\n" + "\n".join(differ)
