"""What a model's folder tells a person: the card and the picture of its lineage, written when it is saved."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec

__all__ = ["CARD", "PICTURE", "write"]

CARD = "README.md"
PICTURE = "lineage.svg"

_logger = logging.getLogger(__name__)


def write(folder: Path, spec: SqlSpec, signature: Any) -> None:
    """Writes ``README.md`` and, where the query's columns can be followed, ``lineage.svg``.

    A file that is there already stays. A failure is a warning: a model without a card is a model.

    Args:
        folder: The model's folder.
        spec: The ``sql`` section of its MLmodel.
        signature: Its signature, for the defaults of parameters.
    """
    from .card import card
    from .facts import of_spec
    from .picture import picture

    try:
        facts = of_spec(spec, signature)
        lineage = facts.lineage()
        drawn = picture(lineage)
        _write(folder / CARD, card(facts, lineage, PICTURE if drawn is not None else None, _example(folder)))
        if drawn is not None:
            _write(folder / PICTURE, drawn)
    except Exception as error:
        _logger.warning("The model is saved without a card or its lineage: %s: %s", type(error).__name__, error)


def _write(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text, encoding="utf-8")


def _example(folder: Path) -> dict[str, Any] | None:
    """The first row of the stored example."""
    path = folder / "serving_input_example.json"
    if not path.is_file() or path.stat().st_size > 1_000_000:
        return None
    split = json.loads(path.read_text(encoding="utf-8")).get("dataframe_split") or {}
    rows = split.get("data")
    return dict(zip(split["columns"], rows[0], strict=True)) if rows else None
