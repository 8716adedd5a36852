"""Text files of the package as they are installed, or all in one as a model brings them (``artifact.packaging``)."""

from __future__ import annotations

import bz2
import fnmatch
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["ARCHIVE", "packed", "read_text", "texts_like", "unpacked"]

#: The file of a bundle that holds them: one whole is a third smaller than its parts.
ARCHIVE = "texts.bz2"
#: More is none of this package's, in bytes.
_MOST = 50_000_000


def packed(texts: Mapping[str, str]) -> bytes:
    """What :data:`ARCHIVE` holds for ``{path: text}``."""
    return bz2.compress(json.dumps(texts, ensure_ascii=False).encode())


def unpacked(archive: bytes) -> dict[str, str]:
    """``{path: text}`` of an archive, and no more of it than may be read.

    Raises:
        ValueError, OSError: It is none.
    """
    found: dict[str, str] = json.loads(bz2.BZ2Decompressor().decompress(archive, _MOST))
    return found


def read_text(path: str) -> str:
    """What a text file of the package says, with the line ends it was written with.

    Args:
        path: Relative to the package, with forward slashes.

    Raises:
        FileNotFoundError: The package has no such file.
    """
    file = files(_PACKAGE).joinpath(*path.split("/"))
    if file.is_file():
        return file.read_bytes().decode().replace("\r\n", "\n")
    if path not in _archived():
        raise FileNotFoundError(path)
    return _archived()[path]


def texts_like(folder: str, name: str) -> list[str]:
    """What the text files of a name say in the folders below one.

    Args:
        folder: Relative to the package.
        name: A pattern.
    """
    place = files(_PACKAGE).joinpath(*folder.split("/"))
    here = [below for below in place.iterdir() if below.is_dir()] if place.is_dir() else []  # a bundle has none
    found = {f"{folder}/{below.name}/{file.name}" for below in here for file in below.iterdir()} | {*_archived()}
    return [read_text(path) for path in sorted(found) if fnmatch.fnmatchcase(path, f"{folder}/*/{name}")]


_PACKAGE = __package__.rsplit(".", 2)[0]


@cache
def _archived() -> Mapping[str, str]:
    file = files(_PACKAGE) / ARCHIVE
    return unpacked(file.read_bytes()) if file.is_file() else {}
