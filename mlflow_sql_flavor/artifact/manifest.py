"""The manifest: size and checksum of every file of a model's folder but MLmodel, which holds it.

It says which files belong to a model, so that one cut off on its way is told by the file that is missing. It proves
nothing about who wrote them: no bound rests on it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import ModelFileError
from .bounded_files import checksum
from .spec_fields import FileSpec

__all__ = ["REWRITTEN", "below", "check", "digest", "make"]

#: Folders that have one entry for all of their files.
_FOLDERS = ("code",)

#: Files that MLflow itself writes anew in a model that is saved: ``update_model_requirements`` does.
REWRITTEN = frozenset({"conda.yaml", "python_env.yaml", "requirements.txt", "constraints.txt"})

#: For people to read, and to edit.
_EDITED = frozenset({"README.md", "lineage.svg", *REWRITTEN})

#: Not a model's: Python writes them when it imports the code beside.
_CACHE = "__pycache__"

#: Folders within each other that are looked into; a system's own bound on a path is about as far.
_DEEPEST = 200


def below(folder: Path, unread: list[str] | None = None) -> Iterator[str]:
    """Paths of the files and links below a folder, relative to it, with forward slashes; links are not followed.

    Args:
        folder: The folder.
        unread: Gets the paths of folders that could not be looked into, or lie too deep.
    """
    waiting = [""]
    while waiting:
        path = waiting.pop()
        try:
            if path.count("/") > _DEEPEST:
                raise OSError
            with os.scandir(os.path.join(folder, path)) as found:
                entries = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in found)
        except OSError:
            if unread is not None:
                unread.append(path.rstrip("/"))
            continue
        yield from (f"{path}{name}" for name, is_folder in entries if not is_folder)
        waiting += [f"{path}{name}/" for name, is_folder in reversed(entries) if is_folder]


def make(folder: Path) -> dict[str, FileSpec]:
    """The manifest of a folder that is whole but for MLmodel."""
    found: dict[str, FileSpec] = {}
    for path in below(folder):
        if path != "MLmodel" and path.split("/")[0] not in _FOLDERS:
            found[path] = FileSpec(bytes=(folder / path).stat().st_size, sha256=checksum(folder, path))
    for name in _FOLDERS:
        if (folder / name).is_dir():
            found[f"{name}/"] = digest(folder / name)
    return found


def digest(folder: Path, until: float | None = None) -> FileSpec:
    """All files below a folder as one: their number, sum of sizes, and the checksum of their checksums."""
    paths = sorted(path for path in below(folder) if _CACHE not in path.split("/"))
    lines = "".join(f"{checksum(folder, path, until)}  {path}\n" for path in paths)
    size = sum((folder / path).stat().st_size for path in paths)
    return FileSpec(bytes=size, sha256=hashlib.sha256(lines.encode()).hexdigest(), files=len(paths))


def check(manifest: Mapping[str, FileSpec], folder: Path) -> None:
    """Refuses a folder that lacks a file of its manifest; contents are compared where they are read.

    Raises:
        ModelFileError: Names the first that is missing or cut off.
    """
    for path, file in manifest.items():
        try:
            found = os.lstat(folder / path.removesuffix("/"))
        except (OSError, ValueError):
            raise _missing(path) from None
        if path.endswith("/"):
            whole = stat.S_ISDIR(found.st_mode) and _number(folder / path, file.files or 0) >= (file.files or 0)
        else:
            whole = stat.S_ISREG(found.st_mode) and (path in _EDITED or found.st_size >= file.bytes)
        if not whole:
            raise _missing(path)


def _number(folder: Path, most: int) -> int:
    """How many files lie below, up to a number that is enough."""
    number = 0
    for path in below(folder):
        number += _CACHE not in path.split("/")
        if number >= most:
            break
    return number


def _missing(path: str) -> ModelFileError:
    return ModelFileError(
        f"The model's {'folder' if path.endswith('/') else 'file'} {path} is missing or cut off: it was not copied "
        "whole. Download it again, or save the model again."
    )
