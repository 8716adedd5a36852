"""A model's folder that is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError, RunError
from .unfinished import PARTIAL, host

__all__ = ["atomic_folder", "partial_name", "remove_left"]

_LAST = "MLmodel"


def partial_name(name: str) -> str:
    """A name of its own for what is to be ``name`` once it is whole; hidden, and with the process that writes it."""
    return f".{name[:100]}.{host()}-{os.getpid()}-{secrets.token_hex(4)}.partial"


def remove_left(folder: Path, name: str) -> None:
    """Removes what processes of this machine left behind when they were killed while they wrote ``name``."""
    for path in folder.glob(f".{glob.escape(name[:100])}.*.partial"):
        found = PARTIAL.fullmatch(path.name)
        if found is None or found[1] != host() or _runs(int(found[2])):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    if os.name == "nt":  # asking would end it
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
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
    name = partial_name(folder.name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_left(folder.parent, folder.name)
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
