"""Reading what a command writes to a pseudo-terminal."""

from __future__ import annotations

import os

__all__ = ["read_terminal"]


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
