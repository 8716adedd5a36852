"""Into DuckDB: types on the tree, the rules of the dialect applied, lineage."""
