"""DuckDB: the text runs as it is."""

from .. import DialectRules

D = DialectRules("duckdb", level="verified")
