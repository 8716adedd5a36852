"""Functions and clauses as everyday queries have them, by dialect: with their constants, over edge columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["everyday"]

FILE = Path(__file__).parent / "data" / "everyday.txt"


def everyday(dialect: str) -> Iterator[str]:
    """Expressions over table ``a``, and whole queries: those of all dialects, then the dialect's own."""
    section = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            section = line[2:]
        elif section in ("all", dialect):
            yield line
