"""Whether a stored model still answers as it did: its example run again, here and now, as after an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, SQLModelError

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec
    from ..model import SQLModel

__all__ = ["Check", "retest"]


@dataclass(frozen=True)
class Check:
    """One thing tried.

    Attributes:
        name: ``load``, ``answer``, ``source engine``, ``translation`` or ``versions``.
        verdict: ``ok``; ``note`` for what a reader should know; ``bad`` for what has changed.
        message: One sentence, and for rows the differences.
    """

    name: str
    verdict: str
    message: str


def retest(folder: Path) -> tuple[Check, ...]:
    """Runs a model's stored example again.

    Args:
        folder: The model, as downloaded.

    Returns:
        Whether it loads, gives the answer it gave when it was saved and the rows of its source engine, is translated
        as it was, and which versions have changed.

    Raises:
        InputError: It stores no input example, or no answer to it.
        ModelFileError: It is no such model.
    """
    from ..artifact import mlmodel
    from ..pyfunc import FLAVOR_NAME, load_model

    spec = mlmodel.read(folder, FLAVOR_NAME).spec
    versions = tuple(_versions(spec))
    try:
        model = load_model(str(folder))
    except SQLModelError as error:
        return (Check("load", "bad", error.message), *versions)
    answers = tuple(_answers(model, folder))
    del model  # its workers take memory beside the process that translates
    return (Check("load", "ok", "The model loads."), *answers, _translation(spec, folder), *versions)


def _answers(model: SQLModel, folder: Path) -> Iterator[Check]:
    from ..artifact.example import stored
    from ..artifact.recorded_rows import recorded_output
    from ..compile.gates.row_number import orders_rows
    from ..frames.compare import compare

    data, params = stored(folder)
    assert model.spec is not None
    recorded = recorded_output(folder, model.spec)
    expected = model.spec.expected_output
    expected = expected if expected is not None and expected.path is not None else None
    if recorded is None and expected is None:
        raise InputError("The model stores no answer to its input example: save it again with this version.")
    try:
        result = model.predict(data, params, output="arrow")
    except SQLModelError as error:
        yield Check("answer", "bad", error.message)
        return
    if recorded is not None:
        found = compare(result, recorded, ordered=orders_rows(model.bind(data, params).program))
        if found.equal:
            yield Check("answer", "ok", f"The answer it gave when it was saved ({_rows(recorded.num_rows)}).")
        else:
            yield Check("answer", "bad", f"Other rows than when it was saved:\n{found.text('now', 'then')}")
            for open_ in model.spec.nondeterminism:
                yield Check("answer", "note", f"The query leaves it open: {open_.message}")
    if expected is not None:
        against = model.verify()
        if against.equal:
            yield Check("source engine", "ok", f"The answer that {model.dialect} gave ({_rows(expected.rows or 0)}).")
        else:
            text = against.text("now", model.dialect)
            yield Check("source engine", "bad", f"Other rows than {model.dialect} gave:\n{text}")


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _translation(spec: SqlSpec, folder: Path) -> Check:
    from .audit.translation import judge

    found = judge(spec, folder)
    return Check("translation", "note" if found.verdict == "not known" else found.verdict, found.message)


def _versions(spec: SqlSpec) -> Iterator[Check]:
    from importlib.metadata import version

    import duckdb

    from ..version import __version__

    pairs = (
        ("mlflow-sql-flavor", spec.mlflow_sql_flavor_version, __version__),
        ("duckdb", spec.duckdb_version, duckdb.__version__),
        ("sqlglot", spec.sqlglot_version, version("sqlglot")),
    )
    changed = [f"{name} {then} then, {now} now" for name, then, now in pairs if then != now]
    if changed:
        yield Check("versions", "note", f"{'; '.join(changed)}.")
