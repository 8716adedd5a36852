"""Reading what a command writes to a pseudo-terminal."""

from __future__ import annotations

import os

import pytest

__all__ = ["open_terminal", "read_terminal"]


def open_terminal() -> tuple[int, int]:
    """Both ends of a new pseudo-terminal; the test is skipped where there are none."""
    pty = pytest.importorskip("pty", reason="this platform has no pseudo-terminals")
    return pty.openpty()


def read_terminal(leader: int) -> bytes:
    """All that comes out of the terminal until its other end is closed."""
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            return text
        if not piece:
            return text
        text += piece
