"""What a query does, read from its tree: rows, keys, columns, what it leaves open."""
