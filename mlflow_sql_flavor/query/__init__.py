"""SQL as text: read, judged, translated, written for other engines; nothing here runs a query."""
