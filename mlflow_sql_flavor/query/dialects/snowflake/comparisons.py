"""Rows compared: sql-reference/functions/in of the manual."""

from __future__ import annotations

from .. import DialectRules
from ..shared import rows

R = DialectRules("snowflake comparisons")
R.normalise(rows.by_field())
