"""Fitted estimators, pipelines and boosters as queries that give the same answers."""

from .convert import from_sklearn, sklearn_to_sql

__all__ = ["from_sklearn", "sklearn_to_sql"]
