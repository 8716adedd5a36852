"""Spark as an engine, its types, and what tells it from outside."""
