"""From what cases say to the index of a dialect: which features have evidence, of what kind, and what is missing."""

from __future__ import annotations

import gzip
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

from mlflow_sql_flavor.query.evidence.index import FOLDER, kin, pack

from .observe import Observation, read

__all__ = ["build", "merged", "write_all"]

#: From this share of differing cases on, a feature is what they have in common.
_SUSPECT = 0.25
#: Features of at least this part of the largest share are blamed with it.
_ALIKE = 0.5


def build(observations: Sequence[Observation]) -> dict[str, str]:
    """``{feature: code}``; see :mod:`mlflow_sql_flavor.query.evidence.index` for the codes."""
    right = [each for each in observations if each.right]
    wrong = [each for each in observations if not each.right]
    codes = _evidence(right)
    documented = all(each.kind != "compared" for each in observations)
    good = Counter(name for each in right for name in each.seen)
    together = {frozenset(pair) for each in right for pair in combinations(sorted(each.seen), 2)} if wrong else set()
    blamed = _causes(wrong, good)
    codes.update(dict.fromkeys(blamed, "x"))
    for each in wrong:
        known = [name for name in each.seen if good[name] and not each.seen[name].unknown]
        if blamed & each.seen.keys() or len(known) < len(each.seen):
            continue
        pairs = [pair for pair in combinations(sorted(known), 2) if frozenset(pair) not in together]
        pairs.sort(key=lambda pair: good[pair[0]] * good[pair[1]])
        for pair in pairs[:3]:
            codes["\t".join(pair)] = "x"
        if not pairs and known:
            codes[min(known, key=lambda name: good[name])] = "x"  # the rarest: what stands in most cases is no cause
    return {**_kindred(codes), **codes} if documented else codes


def _causes(wrong: Sequence[Observation], good: Mapping[str, int]) -> set[str]:
    """What differing cases have in common: of a case that one feature explains, the others are not blamed."""
    left = list(wrong)
    found: set[str] = set()
    while left:
        bad = Counter(name for each in left for name in each.seen if good[name] and not each.seen[name].unknown)
        shares = {name: number / (number + good[name]) for name, number in bad.items()}
        most = max(shares.values(), default=0)
        if most < _SUSPECT:
            break
        now = {name for name, share in shares.items() if share >= _ALIKE * most}
        found |= now
        left = [each for each in left if not now & each.seen.keys()]
    return found


def _kindred(codes: Mapping[str, str]) -> dict[str, str]:
    """What is documented for some numbers, as of all: unless it differs for some."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, code in codes.items():
        if kin(name) != name and "\t" not in name:
            found[kin(name)].add(code[0])
    return {name: min(kinds, key="vm".index) for name, kinds in found.items() if "x" not in kinds}


def _evidence(right: Iterable[Observation]) -> dict[str, str]:
    edges: dict[str, set[str]] = defaultdict(set)
    wanted: dict[str, set[str]] = defaultdict(set)
    varied: set[str] = set()
    kinds: dict[str, set[str]] = defaultdict(set)
    for each in right:
        for name, seen in each.seen.items():
            if seen.unknown:
                continue
            kinds[name].add(each.kind)
            if each.kind == "compared":
                edges[name].update(seen.edges)
                wanted[name].update(seen.needed)
                if not seen.constant:
                    varied.add(name)
    codes = {}
    for name, found in kinds.items():
        if "compared" in found:
            missing = wanted[name] - edges[name]
            # what a vendor published is no comparison over edges either: it only stands where there is none at all
            codes[name] = f"p {', '.join(sorted(missing))}" if missing else "c" if name in varied else "k"
        else:
            codes[name] = "v" if "vendor" in found else "m"
    return codes


def merged(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """An index with what a part of its cases says now: what the others said stays, and a difference outweighs it.

    Args:
        before: The codes as they are.
        now: Those of the cases that were harvested anew.
    """
    return {**before, **{name: _both(before.get(name), code) for name, code in now.items()}}


def _both(before: str | None, now: str) -> str:
    if before is None or now == "x":
        return now
    if before[0] == now[0] == "p":  # edges add up
        missing = set(before[2:].split(", ")) & set(now[2:].split(", "))
        return f"p {', '.join(sorted(missing))}" if missing else "c"
    # A difference that is not seen any more may be of a case that was not harvested.
    return min(before, now, key=lambda code: "xcpkvm".index(code[0]))


def _kept(path: Path) -> tuple[str, dict[str, str]]:
    """The engines and the codes of an index as it is."""
    if not path.is_file():
        return "", {}
    first, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    return first, {name: code for name, _, code in (line.rpartition("\t") for line in lines)}


def write_all(state: Path, only: Sequence[str] | None = None, whole: bool = False) -> None:
    """Writes the package's index of every dialect that was observed, and the releases that gave the rows.

    Args:
        state: Where the observations are.
        only: These dialects alone.
        whole: Whether all that there is was harvested: what the index says beyond it, differences that are mended
            among it, is dropped then, and stays else.
    """
    by: dict[str, list[Observation]] = defaultdict(list)
    for each in read(state):
        by[each.dialect].append(each)
    for dialect, found in sorted(by.items()):
        if only and dialect not in only:
            continue
        codes = build(found)
        engines = sorted({each.source for each in found if each.kind == "compared"})
        path = FOLDER / f"{dialect}.txt.gz"
        path.parent.mkdir(exist_ok=True)
        if not whole:
            engine, before = _kept(path)
            codes = merged(before, codes)
            engines = sorted({*engines, *(engine.split("; ") if engine else ())})
        path.write_bytes(pack(codes, "; ".join(engines)))
        count = Counter(code[0] for code in codes.values())
        told = " ".join(f"{name} {number}" for name, number in sorted(count.items()))
        releases = (f"{name} {version(name)}" for name in ("sqlglot", "duckdb"))
        (FOLDER / "RELEASES.txt").write_text("\n".join([*releases, ""]), encoding="utf-8")
        print(
            f"{dialect:11} cases {len(found):5} features {len(codes):5} {told} bytes {path.stat().st_size}", flush=True
        )
