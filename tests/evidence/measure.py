"""How good the findings are: an index from one half of the cases, measured on the other, both ways."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlflow_sql_flavor.query.evidence.index import kin

from .index import build
from .lifted import origins
from .observe import Observation, Seen, read
from .wide import WIDE

__all__ = ["flagged", "measure"]


def flagged(each: Observation, codes: Mapping[str, str]) -> dict[str, str]:
    """The features of a case that an index finds without evidence, and what is missing."""
    found: dict[str, str] = {}
    pairs: dict[str, set[str]] = defaultdict(set)
    for name in codes:
        one, tab, other = name.partition("\t")
        if tab:
            pairs[one].add(other)
    for name, seen in each.seen.items():
        code = codes.get(name) or codes.get(kin(name))
        if seen.unknown:
            found[name] = "type not known"
        elif code is None:
            found[name] = "never compared"
        elif _lacks(code, seen):
            found[name] = code
        elif pairs.get(name, set()) & each.seen.keys():
            found[name] = "pair"
    return found


def _lacks(code: str, seen: Seen) -> bool:
    if code[0] == "p":  # of constants only their own edges count
        return not seen.constant or bool(set(code[2:].split(", ")) & set(seen.edges))
    return code == "x" or (code == "k" and not seen.constant)


def _half(case: str) -> int:
    return zlib.crc32(case[::-1].encode()) % 2


def _teaches(case: str, half: int, lifted_from: Mapping[str, tuple[int, set[str]]]) -> bool:
    """Whether a case is none that is asked, and not recorded in the form of one that is asked alone."""
    if not case.startswith("made "):
        return _half(case) != half
    forms = lifted_from.get(case.removeprefix("made "))
    return forms is None or any(_half(each) != half for each in forms[1])


def measure(state: Path, only: Sequence[str] | None, show: bool, recorded: bool = False) -> None:
    """Prints, per dialect, the shares of right and of wrong cases that have a finding.

    Args:
        state: Where the observations are.
        only: These dialects alone.
        show: The features behind it too.
        recorded: Whether what was recorded in the form of a case teaches, though that case is asked.
    """
    by: dict[str, list[Observation]] = defaultdict(list)
    for each in read(state):
        by[each.dialect].append(each)
    print(f"{'dialect':<12}{'right':>7}{'with a finding':>16}{'wrong':>7}{'with a finding':>16}")
    for dialect, found in sorted(by.items()):
        if only and dialect not in only:
            continue
        right = wrong = false = true = 0
        why: Counter[str] = Counter()
        missed = []
        lifted_from = origins(dialect) if dialect in WIDE and not recorded else {}
        for half in (0, 1):
            asked = [each for each in found if _half(each.case) == half and not each.case.startswith("made ")]
            taught = [each for each in found if _teaches(each.case, half, lifted_from)]
            codes = build(taught)
            for each in asked:
                told = flagged(each, codes)
                if each.right:
                    right, false = right + 1, false + bool(told)
                    if len(told) == 1:
                        why.update(f"{name} [{reason}]" for name, reason in told.items())
                else:
                    wrong, true = wrong + 1, true + bool(told)
                    if not told:
                        missed.append(each.case)
        print(f"{dialect:<12}{right:>7}{_share(false, right):>16}{wrong:>7}{_share(true, wrong):>16}", flush=True)
        if show:
            for name, count in why.most_common(40):
                print(f"    {count:4} {name}")
            for case in missed[:40]:
                print("    missed", case)


def _share(part: int, whole: int) -> str:
    return f"{part} {100 * part / whole:.1f}%" if whole else "-"
