"""The index of a dialect: which features of queries were compared with the engine, and how.

It is generated from compared cases by ``python -m tests.evidence index``, never by hand. A line is a feature,
a tab and a code; two features with a tab between them are a pair, known to differ only together. Of a dialect whose
engine nobody ran, a feature with ``number`` stands for those of all numbers: published answers try one of them.

| code | meaning |
|---|---|
| ``c`` | compared with the engine, over the edge data of its kind |
| ``k`` | compared with the engine for constants only |
| ``p null, ties`` | compared with the engine, but not over these edges |
| ``v`` | the vendor's published answers only |
| ``m`` | a manual only |
| ``x`` | stands in a case whose rows differ |
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["FOLDER", "Index", "index_of", "kin", "pack"]

FOLDER = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Index:
    """What is known of a dialect's features.

    Attributes:
        engine: The engine and version that cases were compared with; empty where none was.
        codes: ``{feature: code}``.
        pairs: ``{feature: those it differs together with}``.
    """

    engine: str
    codes: Mapping[str, str]
    pairs: Mapping[str, frozenset[str]]


@cache
def index_of(dialect: str) -> Index | None:
    """The index of a dialect; None where there is none."""
    path = FOLDER / f"{dialect}.txt.gz"
    if not path.is_file():
        return None
    first, *lines = gzip.decompress(path.read_bytes()).decode().split("\n")
    codes: dict[str, str] = {}
    pairs: dict[str, set[str]] = {}
    for line in lines:
        name, _, code = line.rpartition("\t")
        one, tab, other = name.partition("\t")
        if tab:
            pairs.setdefault(one, set()).add(other)
        else:
            codes[name] = code
    return Index(first, codes, {name: frozenset(others) for name, others in pairs.items()})


_NUMBERS = re.compile(r"\b(?:int|uint|dec|double|float)\b")


def kin(name: str) -> str:
    """A feature with its classes of numbers as one."""
    return _NUMBERS.sub("number", name)


def pack(codes: Mapping[str, str], engine: str) -> bytes:
    """An index as the package keeps it: the same bytes for the same index."""
    text = "\n".join([engine, *(f"{name}\t{code}" for name, code in sorted(codes.items()))])
    return gzip.compress(text.encode(), 9, mtime=0)
