"""Whether a stored table's rows bear out what MLmodel says identifies them, asked in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ...artifact.spec import SqlSpec
from ...artifact.tables import ReferenceTable
from ...engines import child_process
from ...errors import LimitError

__all__ = ["judge_keys", "main"]


def judge_keys(spec: SqlSpec, name: str, root: Path) -> Iterator[tuple[str, str, str]]:
    """Remarks on the keys of a table whose file is the one that was saved.

    Yields:
        ``(subject, verdict, sentence)``.
    """
    table = spec.tables[name]
    keys = [(columns, False) for columns in table.unique] + [(columns, True) for columns in spec.keys.get(name, [])]
    if not keys:
        return
    subject = f"keys {name}"
    try:
        wrong = json.loads(child_process.call(__name__, json.dumps([str(root / table.path), keys]).encode()))
    except (LimitError, child_process.ChildError):
        yield subject, "not known", "Its rows could not be read within 1 GB and 15 s, so they were not compared."
        return
    if wrong:
        yield (
            subject,
            "bad",
            f"{', '.join(wrong[0])} is no key, as MLmodel says: rows repeat values there, or have none.",
        )
    else:
        yield subject, "ok", f"{', '.join(' and '.join(columns) for columns, _ in keys)}: no two rows have the same."


def main(data: bytes) -> bytes:
    """The keys that a table's rows do not bear out; each is its columns, and whether a row has to have them all."""
    path, keys = json.loads(data)
    table = ReferenceTable("", Path(path))
    wrong = [c for c, whole in keys if not table.unique(c) or (whole and table.missing(c))]
    return json.dumps(wrong).encode()
