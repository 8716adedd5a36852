"""A stored model saved anew by this version's rules, and what a caller would feel of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact import mlmodel
from ..artifact.spec import SqlSpec
from ..errors import SQLModelError
from ..flavor import log_model, save_model
from ..pyfunc import FLAVOR_NAME, load_model
from ..query.facts.changes import text_changes
from ..report.description import CLOSING
from .diff import diff
from .diff.result import Diff
from .resave import made_of

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

    from ..model import SQLModel

__all__ = ["UPGRADED_FROM", "Upgrade", "register", "upgrade"]

#: The tag of a registered version that names the version it was made of.
UPGRADED_FROM = "sql.upgraded_from"

#: What makes two runs of one text differ on one machine.
_CHANCE = ("clock", "random")

#: Of a finding, in the words of ``mlflow-sql check``.
Found = tuple[str, int | None, int | None, str]


@dataclass(frozen=True)
class Upgrade:
    """What this version makes of a stored model.

    Attributes:
        name: The model, as it was given.
        versions: ``{package: (when it was saved, now)}``, of those that differ.
        refused: Why this version does not save it; None where it does.
        text: Changed lines of what DuckDB runs, as a unified diff; empty where it is the same.
        level: Before and after.
        findings: Constructs without evidence, and what the engine leaves open, that were not said when it was saved.
        settled: Those that were said then, and are not now.
        answer: How the rows differ from the answer kept at save, in lines; None where none was kept.
        diff: Signature and rows, run on today's DuckDB; None if it is refused or the stored text does not load.
        why_no_diff: Why the stored text does not load.
        open: What the query leaves open, in words, where two runs of one text may differ: random values, the clock.
    """

    name: str
    versions: Mapping[str, tuple[str, str]]
    refused: str | None = None
    text: str = ""
    level: tuple[str, str | None] = ("", None)
    findings: tuple[Found, ...] = ()
    settled: tuple[Found, ...] = ()
    answer: str | None = None
    diff: Diff | None = None
    why_no_diff: str | None = None
    open: tuple[str, ...] = ()

    @property
    def by_chance(self) -> bool:
        """Whether rows that differ tell nothing: it is the same text, and two runs of it differ."""
        return bool(self.open) and not self.text

    @property
    def felt(self) -> bool:
        """Whether a caller would notice: it is refused, or its signature, rows, level or findings are others."""
        other = self.why_no_diff is not None
        if self.by_chance:
            other = other or (self.diff is not None and bool(self.diff.signature))
        else:
            other = other or bool(self.answer) or (self.diff is not None and not self.diff.equal)
        return self.refused is not None or other or self.level[0] != self.level[1] or bool(self.findings)

    @property
    def current(self) -> bool:
        """Whether it is what this version would save: nothing to register."""
        return not self.felt and not self.text and not self.settled and not self.versions


def upgrade(folder: Path, target: Path, name: str) -> Upgrade:
    """Saves a stored model anew, and compares.

    Args:
        folder: The model, as downloaded.
        target: Where it is saved anew; nothing is there if it is refused.
        name: The model, for the report.

    Raises:
        ModelFileError: It is no such model, or a file of it is missing or altered.
    """
    old = mlmodel.read(folder, FLAVOR_NAME).spec
    found = Upgrade(name, _versions(old), level=(old.level, None))
    try:
        model, beside = made_of(folder)
        save_model(model, target, **beside)
    except SQLModelError as error:
        return replace(found, refused=error.message)
    except Exception as error:  # of MLflow's, whose errors this package's become at its doors
        from mlflow.exceptions import MlflowException

        if not isinstance(error, MlflowException):
            raise
        return replace(found, refused=error.message)
    new = mlmodel.read(target, FLAVOR_NAME).spec
    before, after = _said(old), _said(new)
    found = replace(
        found,
        text=text_changes(old.duckdb_sql, new.duckdb_sql),
        level=(old.level, new.level),
        findings=tuple(one for one in after if one not in before),
        settled=tuple(one for one in before if one not in after),
        open=tuple(one.message for one in old.nondeterminism if one.kind in _CHANCE),
    )
    made = load_model(str(target))
    found = replace(found, answer=_answer(made, folder, target, old))
    try:
        stored = load_model(str(folder))
    except Exception as error:
        return replace(found, why_no_diff=str(getattr(error, "message", error)))
    return replace(found, diff=replace(diff(stored, made), names=(name, "saved anew")))


def register(folder: Path, name: str, version: str | None) -> ModelInfo:
    """Logs a stored model anew in a run of its own, and registers it; aliases stay where they are.

    Args:
        folder: The model, as downloaded.
        name: The registered model.
        version: The version that it was, whose description and tags go with it where a person wrote them.
    """
    import mlflow

    model, beside = made_of(folder)
    with mlflow.start_run(run_name=f"upgrade of {name} {version}" if version else None):
        info = log_model(model, name=name, registered_model_name=name, **beside)
    client, new = mlflow.MlflowClient(), str(info.registered_model_version)
    if version is not None:
        before = client.get_model_version(name, version)
        for key, value in before.tags.items():
            if not key.startswith(("sql.", "mlflow.")):
                client.set_model_version_tag(name, new, key, value)
        if before.description and CLOSING not in before.description:
            client.update_model_version(name, new, before.description)
        client.set_model_version_tag(name, new, UPGRADED_FROM, version)
    return info


def _versions(spec: SqlSpec) -> dict[str, tuple[str, str]]:
    from importlib.metadata import version

    import duckdb

    from ..artifact.packaging import sources_digest
    from ..version import __version__

    pairs = {
        "mlflow-sql-flavor": (spec.mlflow_sql_flavor_version, __version__),
        "duckdb": (spec.duckdb_version, duckdb.__version__),
        "sqlglot": (spec.sqlglot_version, version("sqlglot")),
        "rules": ((spec.translation.digest if spec.translation else None) or "not recorded", sources_digest()),
        "format_version": (str(spec.format_version), "2"),
    }
    return {name: (then[:12], now[:12]) for name, (then, now) in pairs.items() if then != now}


def _said(spec: SqlSpec) -> tuple[Found, ...]:
    said: list[Any] = [*spec.findings, *spec.nondeterminism]
    return tuple((one.kind, one.line, one.column, one.message) for one in said)


def _answer(model: SQLModel, folder: Path, target: Path, old: SqlSpec) -> str | None:
    """The rows against those that the model gave when it was saved."""
    from ..artifact.recorded_rows import recorded_output
    from ..compile.gates.row_number import orders_rows
    from ..frames.compare import compare

    then = recorded_output(folder, old)
    now = recorded_output(target, mlmodel.read(target, FLAVOR_NAME).spec)
    if then is None or now is None:
        return None
    found: Any = compare(now, then, ordered=orders_rows(model.bind().program))
    return "" if found.equal else str(found.text("now", "then"))
