"""REGEXP."""

from __future__ import annotations

from sqlglot import exp

from .. import DialectRules

R = DialectRules("sqlite regex")


R.lacks({exp.RegexpLike}, "SQLite has no function behind REGEXP: write LIKE or GLOB.")
