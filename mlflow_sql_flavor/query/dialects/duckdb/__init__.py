"""DuckDB: https://duckdb.org/docs/stable/sql/introduction. The text runs as it is."""

from .. import DialectRules

D = DialectRules("duckdb")
