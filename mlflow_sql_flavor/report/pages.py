"""What a model's folder tells a person: the card and the picture of its lineage, written when it is saved."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.bounded_files import read_file
from ..errors import ModelFileError

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec
    from ..query.reading.parsed_query import Lineage

__all__ = ["CARD", "PICTURE", "pages", "write"]

CARD = "README.md"
PICTURE = "lineage.svg"

_logger = logging.getLogger(__name__)


def write(folder: Path, spec: SqlSpec, signature: Any, lineage: Callable[[], Lineage] | None = None) -> None:
    """Writes ``README.md`` and, where the query's columns can be followed, ``lineage.svg``.

    A file that is there already stays. A failure is a warning: a model without a card is a model.

    Args:
        folder: The model's folder.
        spec: The ``sql`` section of its MLmodel.
        signature: Its signature, for the defaults of parameters.
        lineage: Tells its lineage, where that is known from compiling it; None follows it from the text.
    """
    try:
        for name, text in pages(folder, spec, signature, lineage).items():
            if not (folder / name).exists():
                (folder / name).write_bytes(text.encode("utf-8"))
    except Exception as error:
        _logger.warning("The model is saved without a card or its lineage: %s: %s", type(error).__name__, error)


def pages(folder: Path, spec: SqlSpec, signature: Any, lineage: Callable[[], Lineage] | None = None) -> dict[str, str]:
    """``{file: text}`` of what :func:`write` writes; the arguments are the same."""
    from .card import card
    from .facts import of_spec
    from .lineage_picture import picture

    facts = of_spec(spec, signature)
    followed = lineage() if lineage is not None else facts.lineage()
    drawn = picture(followed)
    found = {CARD: card(facts, followed, PICTURE if drawn is not None else None, _example(folder))}
    return found if drawn is None else {**found, PICTURE: drawn}


def _example(folder: Path) -> dict[str, Any] | None:
    """The first row of the stored example."""
    try:
        text = read_file(folder, "serving_input_example.json", 1_000_000)
    except ModelFileError:
        return None
    split = json.loads(text).get("dataframe_split") or {}
    rows = split.get("data")
    return dict(zip(split["columns"], rows[0], strict=True)) if rows else None
