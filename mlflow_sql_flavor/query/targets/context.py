"""What a rule for a target sees and may say."""

from __future__ import annotations

from sqlglot import exp

from ...errors import QueryError
from ..dialects import DialectRules
from ..facts.context import Context

__all__ = ["TITLES", "Writing"]

TITLES = {"postgres": "PostgreSQL", "databricks": "Spark", "duckdb": "DuckDB"}


class Writing(Context):
    """One query on its way to an engine.

    Attributes:
        source: The dialect that the query is written in.
    """

    def __init__(self, sql: str, rules: DialectRules, source: str):
        super().__init__(sql, rules)
        self.source = source

    def is_a(self, node: exp.Expr | None, *families: str) -> bool:
        """Whether the type is known and of a family; 2.5 is a DECIMAL, which sqlglot takes for DuckDB's double."""
        bare = node.unnest() if node is not None else None
        while isinstance(bare, exp.Neg):
            bare = bare.this.unnest()
        if isinstance(bare, exp.Literal) and not bare.is_string and "." in bare.this and "e" not in bare.this.lower():
            return "decimal" in families or "number" in families
        return super().is_a(node, *families)

    def no(self, node: exp.Expr, what: str, instead: str) -> QueryError:
        """An error at a node for what the target does otherwise, to be raised by the caller.

        Args:
            node: The place.
            what: The function or operator, as the reader knows it.
            instead: What to write, without a full stop.
        """
        return self.error(
            node,
            f"{what} gives other rows on {self.rules.name} than on {TITLES[self.source]}: {instead}, and compare with "
            "verify_on.",
        )
