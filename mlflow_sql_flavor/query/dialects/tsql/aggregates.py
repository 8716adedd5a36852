"""Variance and deviation under their names in SQL Server."""

from __future__ import annotations

from .. import DialectRules

R = DialectRules("tsql aggregates")

R.renames(
    {
        "varp": ("var_pop", "DOUBLE"),
        "var": ("var_samp", "DOUBLE"),
        "stdevp": ("stddev_pop", "DOUBLE"),
        "stdev": ("stddev_samp", "DOUBLE"),
    }
)
