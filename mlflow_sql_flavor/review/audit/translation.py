"""Whether the query that a model shows is the one that it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...artifact.spec import SqlSpec
from ...compile.recompilation import same_versions, stored_section
from ...engines import child_process
from ...errors import SQLModelError

__all__ = ["Judged", "judge"]


@dataclass(frozen=True)
class Judged:
    """The verdict on ``duckdb_sql`` and what else MLmodel says of its text.

    Attributes:
        verdict: ``ok``: the text gives just that; ``bad``: the same versions give something else; ``not known``.
        message: One sentence.
        now: What this version makes of ``sql``; None where it is the same or cannot be told.
        pages: Checksums of the pages for people that this version writes for the model.
    """

    verdict: str
    message: str
    now: str | None = None
    pages: Mapping[str, str] = field(default_factory=dict)


#: The parser's thread reserves a stack for the deepest text; most of it is never touched.
_ADDRESSES = 4_000_000_000

#: Of the processor: who looks at a model wants an answer, and the rest of an audit takes time too.
_SECONDS = 10.0

#: What a text is refused with; any other error tells nothing of it.
_REFUSALS = ("InputError", "ModelFileError", "QueryError", "SQLModelError", "UnknownFunctionError", "UnreadableError")


def judge(spec: SqlSpec, folder: Path, signature: Any = None) -> Judged:
    """Compiles a model's ``sql`` again, in a process of its own, and compares with what MLmodel says.

    Args:
        spec: The ``sql`` section.
        folder: The model, for the types of its tables.
        signature: As MLmodel has it, for the pages.
    """
    if spec.translation is not None and spec.translation.kind == "converted":
        return Judged(
            "not known", "A converter made both texts: whether they give the same rows cannot be told by them."
        )
    same = same_versions(spec)
    try:
        data = json.dumps([spec.write(), str(folder.resolve()), signature], default=str).encode()
        now, pages = json.loads(
            child_process.call(f"{__package__}.recompile", data, addresses=_ADDRESSES, seconds=_SECONDS)
        )
    except (child_process.ChildError, SQLModelError) as error:
        reason = str(error).split("\n")[0]
        if same and getattr(error, "kind", "") in _REFUSALS:
            return Judged("bad", f"The versions that saved it refuse the text that is shown: {reason}")
        return Judged("not known", f"The text that is shown could not be translated again here: {reason}")
    then = stored_section(spec)
    differs = [key for key, value in now.items() if value != then[key]]
    if not differs and spec.few_rows is not None:
        return Judged(
            "not known",
            "The text that is shown gives what runs, translated again here, but for inputs of at most "
            f"{spec.few_rows.rows} rows: a converter made another text for them.",
            None,
            pages,
        )
    if not differs:
        return Judged("ok", "The text that is shown gives what runs, translated again here.", None, pages)
    text = now["duckdb_sql"] if now["duckdb_sql"] != spec.duckdb_sql else None
    what = f"other {', '.join(differs)}"
    if same:
        return Judged(
            "bad", f"The text that is shown does not give what runs: its own versions give {what}.", text, pages
        )
    return Judged("not known", f"This version gives {what} than {_versions(spec)} that saved it.", text, pages)


def _versions(spec: SqlSpec) -> str:
    text = f"mlflow-sql-flavor {spec.mlflow_sql_flavor_version}, sqlglot {spec.sqlglot_version}"
    return f"{text} and DuckDB {spec.duckdb_version}"
