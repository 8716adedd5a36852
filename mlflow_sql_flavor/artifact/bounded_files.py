"""The one way by which a file of a model's folder is opened: a regular file within a bound, through no link."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import time
from pathlib import Path

from ..errors import ModelFileError

__all__ = ["checksum", "open_file", "read_file"]

#: Neither a link followed nor a pipe waited for, where the platform has words for that.
_FLAGS = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def open_file(folder: Path, path: str, most: int | None = None) -> io.BufferedReader:
    """Opens a file of a model for reading.

    Args:
        folder: The model's folder.
        path: The file, relative to it, with forward slashes.
        most: The most bytes it may have; None for any number.

    Raises:
        ModelFileError: It is missing, no regular file, reached through a link, or larger.
    """
    *parents, _ = path.split("/")
    name = _shown(path)
    try:
        for at in range(len(parents)):
            if not stat.S_ISDIR(os.lstat(folder.joinpath(*parents[: at + 1])).st_mode):
                raise ModelFileError(f"The model's file {name} is missing: its folder is a link or no folder.")
        before = os.lstat(folder / path)
        if not stat.S_ISREG(before.st_mode):
            what = "a link" if stat.S_ISLNK(before.st_mode) else "no regular file"
            raise ModelFileError(f"The model's file {name} is missing: {what} is in its place. Save the model again.")
        descriptor = os.open(folder / path, _FLAGS)
    except FileNotFoundError:
        raise ModelFileError(f"The model's file {name} is missing: restore it, or save the model again.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise ModelFileError(f"The model's file {name} cannot be opened: {reason}.") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or (most is not None and found.st_size > most):
        os.close(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ModelFileError(f"The model's file {name} is no regular file: save the model again.")
        raise ModelFileError(f"The model's file {name} is {found.st_size:,} bytes, more than {most:,}: it is not read.")
    return os.fdopen(descriptor, "rb")


def read_file(folder: Path, path: str, most: int) -> bytes:
    """The content of a file of a model.

    Raises:
        ModelFileError: As :func:`open_file`, or it cannot be read.
    """
    with open_file(folder, path, most) as file:
        try:
            data = file.read(most + 1)
        except OSError as error:
            raise ModelFileError(f"The model's file {_shown(path)} cannot be read: {error.strerror}.") from None
    if len(data) > most:
        raise ModelFileError(f"The model's file {_shown(path)} is more than {most:,} bytes: it is not read.")
    return data


def checksum(folder: Path, path: str, until: float | None = None) -> str:
    """SHA-256 of a file of a model.

    Args:
        folder: The model's folder.
        path: The file.
        until: ``time.monotonic()`` by which it has to be read; None for any.

    Raises:
        ModelFileError: As :func:`open_file`.
        TimeoutError: It is not read by then.
    """
    found = hashlib.sha256()
    with open_file(folder, path) as file:
        while data := file.read(2**20):
            found.update(data)
            if until is not None and time.monotonic() > until:
                raise TimeoutError(path)
    return found.hexdigest()


def _shown(path: str) -> str:
    return path if len(path) <= 80 else f"{path[:79]}…"
