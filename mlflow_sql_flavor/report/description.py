"""The few lines that MLflow's own pages open with: of a logged model, and of a registered version."""

from __future__ import annotations

from collections.abc import Collection

from .escaping import cell, fence, shortened
from .facts import NO_DEFAULT, Facts

__all__ = ["CLOSING", "description"]

#: A screen of the query; the card has more.
MOST_LINES = 30
MOST_CHARACTERS = 2_500
MOST_NAMES = 12
MOST_NAME = 60

#: MLflow's registry takes descriptions of 5,000 characters.
MOST = 4_900

#: The last sentence, by which one that a person wrote is told from this.
CLOSING = "The card, `README.md` among the artifacts, has types, lineage, evidence and calls."


def description(facts: Facts) -> str:
    """Markdown: what it is, reads and gives, and its query up to a screen.

    Args:
        facts: The model.
    """
    opening = facts.description and "\n".join(cell(line).strip("`") for line in facts.description.splitlines()[:5])
    parts = [opening and shortened(opening, 500)]
    # The registry's list of versions shows its opening as plain text.
    parts.append(f"SQL model in {cell(facts.dialect).strip('`')}, {facts.level or 'not compiled yet'}.")
    reads = [
        f"{_name(name)} ({table.rows:,} row{'s' * (table.rows != 1)} of its own)"
        for name, table in facts.tables.items()
    ][:MOST_NAMES]
    if facts.inputs:
        reads.insert(0, f"{_name(facts.input_table)} with {_names(facts.inputs)}")
    if reads:
        parts.append(f"Reads {'; '.join(reads)}.")
    if facts.params:
        known = {name: default for name, (_, default) in facts.params.items() if default is not NO_DEFAULT}
        shown = {name: f" ({_name(str(default))} by default)" for name, default in known.items()}
        takes = [_name(name) + shown.get(name, "") for name in facts.params]
        parts.append(f"Takes the parameter{'s' * (len(takes) > 1)} {_listed(takes)}.")
    if facts.outputs:
        parts.append(f"Gives {_names(facts.outputs)}.")
    for named, characters in ((parts, MOST_CHARACTERS), (parts, 1_000), (parts[:2], 300)):
        told = "\n\n".join([*filter(None, named), *_query(facts.sql, characters), CLOSING])
        if len(told) <= MOST:
            break
    return told


def _query(sql: str, characters: int) -> list[str]:
    lines = sql.strip().splitlines()
    text = shortened("\n".join(lines[:MOST_LINES]), characters)
    cut = len(lines) > MOST_LINES or text.endswith("…")
    return [fence(text, "sql"), *(["The query goes on in `MLmodel`."] if cut else [])]


def _name(text: str) -> str:
    return cell(shortened(text, MOST_NAME))


def _names(columns: Collection[str]) -> str:
    return _listed([_name(name) for name in columns])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
