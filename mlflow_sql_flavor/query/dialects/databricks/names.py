"""Aliases that later outputs read. https://spark.apache.org/docs/latest/sql-ref-syntax-qry-select.html"""

from __future__ import annotations

from .. import DialectRules
from ..shared import aliases

R = DialectRules("databricks names")
R.prepare(aliases.written_again)
