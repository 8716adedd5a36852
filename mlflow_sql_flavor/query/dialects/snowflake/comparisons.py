"""Rows compared: sql-reference/functions/in of the manual."""

from __future__ import annotations

from .. import DialectRules
from ..shared import row_comparisons

R = DialectRules("snowflake comparisons")
R.normalise(row_comparisons.by_field())
