"""What a model's maker tells of it beside the query: stored with it, run by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .spec_fields import AboutSpec, VerdictSpec

__all__ = ["ModelDescription"]


@dataclass(frozen=True)
class ModelDescription:
    """What a converter knows of a model, such as its dbt project.

    Attributes:
        description: What the model is, for its card.
        columns: ``{output: what it is}``.
        remarks: Sentences for the card.
        metadata: For MLmodel's ``metadata``, under what the writer gives himself.
        example: Rows of the input, stored as the input example where the writer gives none.
        verdicts: Comparisons with rows that somebody else said are right.
    """

    description: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    example: Any = None
    verdicts: tuple[VerdictSpec, ...] = ()

    def spec(self) -> AboutSpec | None:
        """What of it MLmodel's section keeps; None if there is nothing."""
        found = AboutSpec(description=self.description, columns=dict(self.columns), remarks=list(self.remarks))
        return found if found != AboutSpec() else None
