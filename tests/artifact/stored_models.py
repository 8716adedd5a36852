"""Models as earlier releases saved them, among the tests' data."""

from __future__ import annotations

import tarfile
from pathlib import Path

__all__ = ["STORED", "unpacked"]

_DATA = Path(__file__).parent / "data"

#: ``ranker_<version>``: a model folder as that version wrote it; a new format adds one, none is removed.
STORED = sorted(path.name.removesuffix(".tar.xz") for path in _DATA.glob("*.tar.xz"))


def unpacked(name: str, target: Path) -> Path:
    """A stored model in a folder.

    Args:
        name: Of the archive, without its ending.
        target: The folder.
    """
    # Python 3.11 has the filter from 3.11.4 on.
    safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(_DATA / f"{name}.tar.xz") as archive:
        archive.extractall(target, **safely)
    return target
