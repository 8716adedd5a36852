"""From text and types to a program, and back from a stored model."""
