"""PostgreSQL 15: https://www.postgresql.org/docs/15/"""

from __future__ import annotations

from .. import DialectRules
from . import arrays, casts, checks, dates, numbers, relations, strings, types

__all__ = ["D"]

D = DialectRules("postgres", level="verified", pack="postgres", catalog="postgres")
for _topic in (types, checks, relations, numbers, casts, arrays, strings, dates):
    D.use(_topic.R)
