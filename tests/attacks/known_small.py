"""``python -m tests.attacks.known_small``: how many of the recorded queries of five engines are known to be small."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter

from mlflow.exceptions import MlflowException

from mlflow_sql_flavor import SQLModel

from ..fidelity.cases import Case, cases, tables

__all__ = ["ENGINES", "counted"]

ENGINES = ("spark", "postgres", "mysql", "sqlite", "clickhouse")


def _small(case: Case) -> bool | None:
    """Whether the query of a case runs where it was loaded; None if it is refused."""
    data = tables("recorded")
    with contextlib.suppress(MlflowException):
        model = SQLModel(case.sql, dialect=case.dialect, tables={name: data[name] for name in case.inputs})
        return not model.bind().compiled.isolated
    return None


def counted(every: int = 1, verbose: bool = False) -> Counter[str]:
    """``small``, ``apart`` and ``refused``.

    Args:
        every: One of so many cases.
        verbose: Whether to print those that are run apart.
    """
    found: Counter[str] = Counter()
    for engine in ENGINES:
        for case in list(cases(engine))[::every]:
            small = _small(case)
            found["refused" if small is None else "small" if small else "apart"] += 1
            if verbose and small is False:
                print(case.id, case.dialect, case.sql[:150].replace("\n", " "))
    return found


if __name__ == "__main__":
    result = counted(verbose="-v" in sys.argv)
    print(f"{result['small']} of {result['small'] + result['apart']} known to be small; {result['refused']} refused")
