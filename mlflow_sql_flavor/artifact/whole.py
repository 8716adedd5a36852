"""A model's folder that is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError, ModelFileError, RunError

__all__ = ["check_finished", "whole"]

_LAST = "MLmodel"
_PARTIAL = re.compile(r"\..*\.([0-9]+)-[0-9a-f]{8}\.partial")


@contextlib.contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write a model into, which takes its place as ``folder`` when all went well, and is removed otherwise.

    It lies beside, so that one renaming makes the model. Where nothing may be made beside, it lies inside, and its
    files are moved, MLmodel last. If the process is killed it stays behind, and is loaded by nobody: only the process
    that writes it, and those it starts, may look what the model's functions import.

    Args:
        folder: Where the model is to be: missing, or an empty folder.

    Raises:
        InputError: Something was put there in the meantime.
        RunError: It could not be written.
    """
    made = _make(folder)
    try:
        yield made
        _place(made, folder)
    except BaseException as error:
        shutil.rmtree(made, ignore_errors=True)
        if isinstance(error, OSError):
            raise RunError(f"The model is not saved: {error.strerror or type(error).__name__}.") from error
        raise


def _make(folder: Path) -> Path:
    name = f".{folder.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.partial"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = folder.parent / name
        made.mkdir()
    except OSError as error:
        if not folder.is_dir():
            raise RunError(f"The model is not saved: {error.strerror}.") from error
        made = folder / name
        made.mkdir()
    return made


def _place(made: Path, folder: Path) -> None:
    if made.parent != folder:
        try:
            if os.name == "nt" and folder.is_dir():
                folder.rmdir()
            made.rename(folder)
            return
        except OSError:
            if not folder.is_dir():
                raise
    # A folder that cannot be replaced: a mount point, a link, or one within a folder that may not be written to.
    others = [path.name for path in folder.iterdir() if path != made]
    if others:
        raise InputError(f"The folder {folder.name!r} is not empty any more: it holds {others[0][:80]!r}.")
    for path in sorted(made.iterdir(), key=lambda path: path.name == _LAST):
        if path.name == _LAST and folder.stat().st_dev != made.stat().st_dev:
            path = Path(shutil.copyfile(path, folder / f".{_LAST}.partial"))
            path.rename(folder / _LAST)
        else:
            shutil.move(path, folder / path.name)
    shutil.rmtree(made, ignore_errors=True)


def check_finished(folder: Path) -> None:
    """Refuses a folder that another process is still writing, or was when it ended.

    Raises:
        ModelFileError: It is one.
    """
    found = _PARTIAL.fullmatch(folder.resolve().name)
    if found is not None and int(found[1]) not in (os.getpid(), os.getppid()):
        raise ModelFileError("The model was not saved to its end: save it again.")
