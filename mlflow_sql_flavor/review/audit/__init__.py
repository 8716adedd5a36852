"""What a model's folder holds, told without loading it: nothing of it is imported, unpickled or run.

Three verdicts. ``ok``: looked at whole and as it should be. ``bad``: altered, refused, or runs code of the model.
``not known``: everything else, by its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...artifact import mlmodel as artifact
from ...artifact.spec import SqlSpec
from ...artifact.tables import stored_table
from ...compile.stored_checks import check_compat, check_fields
from ...errors import SQLModelError
from . import requirements
from .code import judge_code
from .folder import judge_folder
from .keys import judge_keys
from .mlmodel import judge_mlmodel
from .translation import Judged, judge

__all__ = ["Audit", "Remark", "audit"]

_FLAVOR = "sql"


@dataclass(frozen=True)
class Remark:
    """One thing looked at.

    Attributes:
        subject: What: ``"query"``, ``"table listings"``, ``"code"``.
        verdict: ``"ok"``, ``"bad"`` or ``"not known"``.
        message: One sentence.
    """

    subject: str
    verdict: str
    message: str


@dataclass(frozen=True)
class Audit:
    """All remarks, in the order they were made."""

    remarks: tuple[Remark, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is bad."""
        return all(remark.verdict != "bad" for remark in self.remarks)

    @property
    def verdict(self) -> str:
        """The worst of the verdicts: ``bad``, else ``not known``, else ``ok``."""
        found = {remark.verdict for remark in self.remarks}
        return next((verdict for verdict in ("bad", "not known") if verdict in found), "ok")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        remarks = [asdict(remark) for remark in self.remarks]
        return {"ok": self.ok, "verdict": self.verdict, "remarks": remarks}


def audit(folder: str | os.PathLike[str]) -> Audit:
    """Inspects a model in a local folder.

    Args:
        folder: The model, as downloaded.
    """
    return Audit(tuple(Remark(*found) for found in _remarks(Path(folder))))


def _remarks(root: Path) -> Iterator[tuple[str, str, str]]:
    try:
        stored = artifact.read(root, _FLAVOR)
    except SQLModelError as error:
        yield "MLmodel", "bad", error.message
        return
    spec = stored.spec
    yield "MLmodel", "ok", f"format_version {spec.format_version}, readable, all of it."
    yield from judge_mlmodel(stored)
    yield from _checked("fields", "Names and types are consistent.", lambda: check_fields(spec))
    yield from _checked("compat", _compat_text(spec), lambda: check_compat(spec.compat))
    yield from _checked("query", "The gate accepts what DuckDB runs.", lambda: _gate(spec))
    judged = judge(spec, root, stored.content.get("signature"))
    yield "translation", judged.verdict, _told(spec, judged)
    yield from _tables(spec, root)
    yield from judge_code(spec, stored.content["flavors"].get("python_function"), root)
    for path in requirements.FILES:
        for verdict, message in requirements.judge(
            root, path, spec.manifest is not None and path in requirements.NEEDED
        ):
            yield path.removesuffix(".txt"), verdict, message
    yield from judge_folder(spec, root, judged.pages)


def _checked(subject: str, message: str, check: Callable[[], object]) -> Iterator[tuple[str, str, str]]:
    try:
        check()
    except SQLModelError as error:
        yield subject, "bad", error.message
    else:
        yield subject, "ok", message


def _gate(spec: SqlSpec) -> None:
    from ...engines import query_check
    from ...engines.empty_instance import EMPTY_INSTANCE

    tables = [*spec.tables, *([spec.input_table] if spec.input_types is not None else [])]
    functions = [*(spec.udfs.functions if spec.udfs else ()), *spec.compat.macros]
    cursor = EMPTY_INSTANCE.cursor()
    try:
        for sql in [spec.duckdb_sql, *([spec.few_rows.duckdb_sql] if spec.few_rows else [])]:
            query_check.check(cursor, sql, tables=tables, functions=functions, stored=True)
    finally:
        cursor.close()


def _compat_text(spec: SqlSpec) -> str:
    if spec.compat.pack is None:
        return "No macros, and no settings outside the allowed ones."
    return (
        f"{len(spec.compat.macros)} macros of {spec.compat.pack} version {spec.compat.version}, all in this package; "
        "settings are allowed ones."
    )


#: So much of a text is shown.
_SHOWN = 600


def _told(spec: SqlSpec, found: Judged) -> str:
    message = found.message
    if found.verdict != "ok":
        message = f"{message} What runs: {_short(spec.duckdb_sql)}"
        if found.now is not None:
            message = f"{message} What the shown text gives here: {_short(found.now)}"
    return message


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"


def _tables(spec: SqlSpec, root: Path) -> Iterator[tuple[str, str, str]]:
    for name, table in spec.tables.items():
        try:
            stored_table(name, table, root)
        except SQLModelError as error:
            yield f"table {name}", "bad", error.message
        else:
            size = (root / table.path).stat().st_size
            yield f"table {name}", "ok", f"{table.rows:,} rows, {size:,} bytes, checksum as saved."
            yield from judge_keys(spec, name, root)
