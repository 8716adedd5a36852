"""The further documented cases: each gives the manual's rows, but for those that are marked as refused."""

import pytest

from ..shares import SHARES, drawn
from .cases import DOCUMENTED, extra_cases, refused_cases
from .run import judge


@pytest.mark.ci
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("dialect", DOCUMENTED)
def test_extra_documented(dialect, share):
    refused = refused_cases(dialect)
    every = list(extra_cases(dialect))
    outcomes = [judge(case) for case in drawn(every, share)]
    wrong = [
        f"{o.verdict} {o.case.id}: {o.case.sql}\n  expected {o.case.rows}\n  got {o.got or o.error}"
        for o in outcomes
        if o.verdict != ("refused" if o.case.id in refused else "match")
    ]
    assert outcomes
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= 0.15 * len(every)
