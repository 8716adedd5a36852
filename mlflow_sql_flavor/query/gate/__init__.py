"""What may run: DuckDB's own parse against the list of what is allowed, sizes, macro packs."""
