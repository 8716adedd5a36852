"""PostgreSQL 15: https://www.postgresql.org/docs/15/"""

from __future__ import annotations

from .. import DialectRules
from . import arrays, casts, checks, dates, intervals, numbers, overflow, relations, scales, strings, types

__all__ = ["D"]

D = DialectRules("postgres", level="verified", pack="postgres", catalog="postgres")
for _topic in (types, checks, relations, intervals, numbers, overflow, casts, arrays, strings, dates, scales):
    D.use(_topic.R)
