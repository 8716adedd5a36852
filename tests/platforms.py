"""What a test needs of the platform; elsewhere it is skipped and says so."""

from __future__ import annotations

import os

import pytest

__all__ = ["needs_fork", "needs_kill"]

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")
needs_kill = pytest.mark.skipif(os.name != "posix", reason="this platform has no SIGKILL")
