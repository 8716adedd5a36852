"""DuckDB without a model: its parser and its catalog."""

from __future__ import annotations

from dataclasses import replace

from . import sandbox
from .duckdb import Instance
from .limits import Limits

__all__ = ["EMPTY_INSTANCE"]

#: An instance without tables or macros, opened when it is first asked.
EMPTY_INSTANCE = Instance(lambda: sandbox.open_instance(limits=replace(Limits.default(), threads=1)))
