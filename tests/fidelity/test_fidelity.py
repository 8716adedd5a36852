"""No case is silently wrong, and each dialect reaches its share of matches."""

import pytest

from .run import run

BARS = {
    "postgres": 97, "spark": 95, "mysql": 95, "sqlite": 95, "clickhouse": 85,
    "snowflake": 92, "bigquery": 90, "redshift": 90, "tsql": 80, "trino": 85, "oracle": 70,
}  # fmt: skip


@pytest.mark.parametrize("dialect", BARS)
def test_fidelity(dialect):
    outcomes = run(dialect)
    silent = [
        f"{o.case.id}: {o.case.sql}\n  expected {o.case.rows}\n  got {o.got}" for o in outcomes if o.verdict == "silent"
    ]
    match = 100 * sum(o.verdict == "match" for o in outcomes) / len(outcomes)
    refused = [o.case.id for o in outcomes if o.verdict == "refused"]
    assert not silent, "silently wrong:\n" + "\n".join(silent)
    assert match >= BARS[dialect], f"{match:.1f} % match, refused: {refused}"
