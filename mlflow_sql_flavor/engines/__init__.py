"""Where a program runs: DuckDB in a sandbox or a worker, Spark, databases."""
