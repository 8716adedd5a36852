"""``python -m tests.evidence releases VERSION ...``: the recorded answers on other releases of sqlglot.

Each release is installed into a folder of its own and asked in a process of its own; ``replay`` is what runs there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mlflow_sql_flavor.query.evidence.index import index_of

from ..fidelity.cases import DOCUMENTED, RECORDED
from .measure import flagged
from .observe import Observation
from .sources import ENGINES, fidelity, made

__all__ = ["VERDICTS", "changes", "releases", "replay"]

#: ``right``: the engine's rows; ``told``: other rows and a finding; ``silent``: other rows and none; ``none``: no rows.
VERDICTS = ("right", "none", "told", "silent")


def replay(dialects: Sequence[str] = (), share: float = 1) -> Iterator[tuple[str, str]]:
    """``(case, verdict)`` of the recorded answers that gave rows; a case that is not named gave none.

    Args:
        dialects: These alone; all of them by default.
        share: The part of the answers that is asked, 0 to 1.
    """
    for dialect in [*RECORDED, *DOCUMENTED]:
        if not dialects or dialect in dialects:
            yield from ((f"{dialect} {each.case}", _verdict(each)) for each in fidelity(dialect, share))
    for dialect in ENGINES:
        if not dialects or dialect in dialects:
            yield from ((f"{dialect} {each.case}", _verdict(each)) for each in made(dialect, share))


def _verdict(each: Observation) -> str:
    index = index_of(each.dialect)
    if each.right:
        return "right"
    pairs = {} if index is None else {f"{a}\t{b}": "x" for a, others in index.pairs.items() for b in others}
    return "told" if index is None or flagged(each, {**index.codes, **pairs}) else "silent"


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The cases whose verdict is another one: ``(case, before, now)``."""
    names = sorted({*before, *now})
    pairs = ((name, before.get(name, "none"), now.get(name, "none")) for name in names)
    return [each for each in pairs if each[1] != each[2]]


def releases(versions: Sequence[str], dialects: Sequence[str], share: float, show: bool) -> None:
    """Prints a line a release: of the cases that any of them gave rows for, what each makes of them.

    Args:
        versions: Releases of sqlglot; the first is what the others are held against.
        dialects: These alone; all of them if there is none.
        share: See :func:`replay`.
        show: Whether the cases with another verdict are named.
    """
    first: dict[str, str] | None = None
    print(f"{'sqlglot':<10}" + "".join(f"{name:>8}" for name in (*VERDICTS[0:1], *VERDICTS[2:], "other")), flush=True)
    for version in versions:
        found = _on(version, dialects, share)
        if isinstance(found, str):
            print(f"{version:<10}  {found}", flush=True)
            continue
        first = found if first is None else first
        count, other = Counter(found.values()), changes(first, found)
        numbers = (count["right"], count["told"], count["silent"], len(other))
        print(f"{version:<10}" + "".join(f"{number:>8}" for number in numbers), flush=True)
        for case, before, now in other if show else ():
            print(f"    {before} > {now}: {case}")


def _on(version: str, dialects: Sequence[str], share: float) -> dict[str, str] | str:
    with tempfile.TemporaryDirectory(prefix="sqlglot") as folder:
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, f"sqlglot=={version}"]
        subprocess.run(install, check=True, capture_output=True)
        child = [sys.executable, "-m", "tests.evidence", "replay", "--share", str(share)]
        for dialect in dialects:
            child += ["--dialect", dialect]
        paths = os.pathsep.join([folder, str(Path(__file__).parents[2])])
        run = subprocess.run(child, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
        if run.returncode:
            return run.stderr.strip().splitlines()[-1][:90]
        return dict(json.loads(line) for line in run.stdout.splitlines())
