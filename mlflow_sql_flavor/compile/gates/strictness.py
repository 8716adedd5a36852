"""Whether a model may rest on what nobody compared with the source engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...errors import InputError, QueryError
from ...query.evidence import NO_EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ...query.reading.parsed_query import Finding

__all__ = ["is_strict", "refuse_unverified"]

_WORDS = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def is_strict(asked: bool | None) -> bool:
    """What the caller asks; left open, what ``MLFLOW_SQL_STRICT`` says, false by default.

    Raises:
        InputError: The variable says neither yes nor no.
    """
    if asked is not None:
        return bool(asked)
    said = os.environ.get("MLFLOW_SQL_STRICT", "")
    found = _WORDS.get(said.strip().lower())
    if found is None:
        raise InputError(f"MLFLOW_SQL_STRICT is true or false, not {said[:40]!r}.")
    return found


def refuse_unverified(
    level: str, findings: Sequence[Finding], sql: str, dialect: str, allow: Collection[str] = ()
) -> None:
    """Refuses a query whose level is not ``verified``, unless its writer accepted that.

    Args:
        level: Of the query.
        findings: Its constructs without evidence.
        sql: Its text.
        dialect: What that is written in.
        allow: What the writer accepts.

    Raises:
        QueryError: At the first construct without evidence; how many more there are.
    """
    if level == "verified" or NO_EVIDENCE in allow:
        return
    instead = f"Give expected_output to have the rows compared, or accept it: allow=[{NO_EVIDENCE!r}]."
    if not findings:
        raise QueryError(
            f"Strict: constructs of this query rest on documents about {dialect}, without the engine to compare "
            f"with. {instead}"
        )
    first, *others = findings
    more = f" {len(others)} more of its constructs have none either." if others else ""
    start = _offset(sql, first.line, first.column)
    raise QueryError(f"Strict: {first.message}{more} {instead}", sql, start, len(first.text) or 1)


def _offset(sql: str, line: int | None, column: int | None) -> int | None:
    if line is None or column is None:
        return None
    return sum(len(each) + 1 for each in sql.split("\n")[: line - 1]) + column - 1
