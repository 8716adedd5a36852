"""What tells a folder that is still being written, or whose writer ended before it was whole."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
from pathlib import Path

from ..errors import ModelFileError

__all__ = ["PARTIAL", "check_finished", "host"]

#: The name of such a folder, with the machine and the process that write it.
PARTIAL = re.compile(r"\..*\.([0-9a-f]{8})-([0-9]+)-[0-9a-f]{8}\.partial")


def host() -> str:
    """This machine, in the eight digits that such a name has; containers of one name have processes of their own."""
    processes = ""
    with contextlib.suppress(OSError):
        processes = os.readlink("/proc/self/ns/pid")
    return hashlib.sha256(f"{platform.node()}{processes}".encode()).hexdigest()[:8]


def check_finished(folder: Path) -> None:
    """Refuses a folder that another process is still writing, or was when it ended.

    Raises:
        ModelFileError: It is one.
    """
    found = PARTIAL.fullmatch(folder.resolve().name)
    if found is not None and (found[1] != host() or int(found[2]) not in (os.getpid(), os.getppid())):
        raise ModelFileError("The model was not saved to its end: save it again.")
