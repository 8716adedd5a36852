"""dbt to SQL models: a project's compiled model with its seeds, types, words, and unit tests that were run."""

from .convert import from_dbt

__all__ = ["from_dbt"]
