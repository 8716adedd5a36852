"""The cases recorded later: none is silently wrong, and hardly one refused."""

import pytest

from ..shares import SHARES, drawn
from .cases import DATA, extra_cases
from .run import judge

DIALECTS = sorted(path.stem.removeprefix("extra_") for path in DATA.glob("extra_*.jsonl"))


@pytest.mark.ci
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_extra(dialect, share):
    outcomes = [judge(case) for case in drawn(extra_cases(dialect), share)]
    silent = [f"{o.case.sql}\n  expected {o.case.rows}\n  got {o.got}" for o in outcomes if o.verdict == "silent"]
    refused = [f"{o.case.sql}\n  {o.error}" for o in outcomes if o.verdict == "refused"]
    assert outcomes
    assert not silent, "silently wrong:\n" + "\n".join(silent)
    assert len(refused) <= 0.03 * len(outcomes), "\n".join(refused)
