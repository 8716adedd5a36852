"""From text to a parsed query: placeholders, tables, positions."""
