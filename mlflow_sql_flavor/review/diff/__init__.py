"""What changes if one model takes another's place: in the query, in the signature and in the rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...errors import InputError, QueryError, SQLModelError
from ...frames.schema import kind_of
from ...mlflow_errors import public
from ...model import definition_of
from .differences import QueryDiff, RowsDiff, SignatureChange
from .result import Diff

if TYPE_CHECKING:
    import pyarrow as pa

    from ...compile.bound_query import Bound
    from ...frames.reading import Data
    from ...model import SQLModel
    from ...report.facts import Facts

__all__ = ["Diff", "QueryDiff", "RowsDiff", "SignatureChange", "diff"]


@public
def diff(
    a: SQLModel | str | os.PathLike[str],
    b: SQLModel | str | os.PathLike[str],
    data: Data | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    by: str | Sequence[str] | None = None,
) -> Diff:
    """Compares two SQL models: the old one (champion) and the one that may take its place (challenger).

    Args:
        a: The old model: a :class:`SQLModel`, or where one is (``"models:/ranker@champion"``, a run's, a folder).
        b: The new one.
        data: The input both are run on. None takes the stored input example of the old model, else of the new one.
        params: Values of the parameters; each model takes those it has. With stored data None takes the stored ones.
        by: The output columns whose values pair the rows of both. None takes them in order if both models give one
            row for each input row; else pairs by a column that identifies the rows on both sides, where there is one.

    Returns:
        A :class:`Diff`; ``.equal`` says whether nothing differs.

    Raises:
        InputError: A key of ``by`` is missing or repeats; the data does not fit a model.
        QueryError: A model does not run on data of these types.
    """
    old, new = _model(a), _model(b)
    names = (_name(a, "old"), _name(b, "new"))
    given = "the data given"
    why = None
    if data is None and params is None:
        data, params, given, why = _stored(old, new)
    runs: list[tuple[Bound, pa.Table]] = []
    if why is None:
        runs = [_run(*model, data, params, given) for model in ((old, _label(a, "old")), (new, _label(b, "new")))]
    facts = _facts(old, runs[0][0] if runs else None), _facts(new, runs[1][0] if runs else None)
    rows = _rows(*runs, by=by, given=given) if len(runs) == 2 else None
    return Diff(names, _query(old, new), tuple(_signature(*facts)), rows, why)


def _model(given: Any) -> SQLModel:
    from ...model import SQLModel

    if isinstance(given, SQLModel):
        return given
    if isinstance(given, (str, os.PathLike)):
        from ...pyfunc import load_model

        return load_model(os.fspath(given))
    raise InputError(f"diff compares SQL models or their addresses, not {kind_of(given)}.")


def _name(given: Any, side: str) -> str:
    return os.fspath(given) if isinstance(given, (str, os.PathLike)) else f"the {side} SQLModel"


def _stored(old: SQLModel, new: SQLModel) -> tuple[Any, Mapping[str, Any] | None, str, str | None]:
    """Data for both where none was given: ``(data, params, what it is, why there is none)``."""
    from ...artifact.example import stored

    for model, side in ((old, "old"), (new, "new")):
        folder = definition_of(model).folder
        if folder is None:
            continue
        try:
            data, params = stored(folder)
        except InputError:
            continue
        return data, params, f"the input example of the {side} model", None
    if not any(_reads_input(model) for model in (old, new)):
        return None, None, "no input: both read their own tables only", None
    return None, None, "", "no data was given, and no model stores an input example"


def _reads_input(model: SQLModel) -> bool:
    if model.spec is not None:
        return model.spec.input_types is not None
    from ...query.reading.tables import table_uses

    query = definition_of(model).query
    names = {name.casefold() for name, _, _ in table_uses(query)}
    return query.tree is None or model.input_table.casefold() in names


def _label(given: Any, side: str) -> str:
    return f"The {side} model ({os.fspath(given)})" if isinstance(given, (str, os.PathLike)) else f"The {side} model"


def _run(
    model: SQLModel, label: str, data: Any, params: Mapping[str, Any] | None, given: str
) -> tuple[Bound, pa.Table]:
    try:
        own = _own(model, params)
        return model.bind(data, own), model.predict(data, own, output="arrow")
    except SQLModelError as error:
        stored = given.startswith("the input example") and isinstance(error, (InputError, QueryError))
        advice = " Pass rows that both models can read as data= (--data in the CLI)." if stored else ""
        raise type(error)(f"{label} does not run on {given}.{advice} {error.message}") from None


def _own(model: SQLModel, params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The parameters this model has, of those that were given for both."""
    if params is None:
        return None
    known = model.spec.param_types if model.spec is not None else definition_of(model).query.params
    folded = {name.casefold() for name in known}
    return {name: value for name, value in params.items() if str(name).casefold() in folded}


def _facts(model: SQLModel, bound: Bound | None) -> Facts:
    from ...report.facts import of_definition

    return of_definition(definition_of(model), bound)


def _query(old: SQLModel, new: SQLModel) -> QueryDiff:
    from ...query.facts.changes import changes, text_changes

    try:
        found = changes(definition_of(old).query, definition_of(new).query)
    except QueryError:  # saved by a version that read it
        found = None
    return QueryDiff((old.dialect, new.dialect), found, text_changes(old.sql, new.sql))


def _signature(old: Facts, new: Facts) -> list[SignatureChange]:
    from ...report.facts import NO_DEFAULT

    def typed(facts: Facts) -> dict[str, str]:
        found = {}
        for name, (kind, default) in facts.params.items():
            found[name] = f"{kind or 'by its value'}{'' if default is NO_DEFAULT else f' = {default!r}'}"
        return found

    def content(facts: Facts) -> dict[str, str]:
        found = {}
        for name, table in facts.tables.items():  # files can be compared by their digest, where both are files
            both = all(name in side.tables and side.tables[name].sha256 for side in (old, new))
            digest = f", sha256 {str(table.sha256)[:12]}" if both else ""
            found[name] = f"{table.rows:,} rows{digest}"
        return found

    found: list[SignatureChange] = []
    parts: list[tuple[str, Callable[[Facts], Mapping[str, str] | None]]] = [
        ("input", lambda facts: facts.inputs),
        ("output", lambda facts: facts.outputs),
        ("parameter", typed),
        ("table", content),
    ]
    for part, of in parts:
        before, after = of(old), of(new)
        known = [side is not None for side in (before, after)]
        if not any(known) or (part == "output" and not all(known)):
            continue
        before, after = before or {}, after or {}
        for name in dict.fromkeys((*before, *after)):
            if before.get(name) != after.get(name):
                found.append(SignatureChange(part, name, before.get(name), after.get(name)))
        if part == "output" and set(before) == set(after) and list(before) != list(after):
            found.append(SignatureChange(part, "order of columns", ", ".join(before), ", ".join(after)))
    if old.rows and new.rows and old.rows != new.rows:
        found.append(SignatureChange("rows", "one per input row", old.rows, new.rows))
    return found


def _rows(
    old: tuple[Bound, pa.Table], new: tuple[Bound, pa.Table], *, by: str | Sequence[str] | None, given: str
) -> RowsDiff:
    from ...compile.gates.row_number import orders_rows
    from ...frames.compare import compare

    left, right = new[1], old[1]
    keys = (by,) if isinstance(by, str) else tuple(by or ())
    if keys:
        return _by(left, right, keys, given)
    if all(bound.program.rows != "table" for bound, _ in (old, new)) and left.num_rows == right.num_rows:
        return RowsDiff(compare(left, right, ordered=True), (), given)
    key = _identifying(left, right) if by is None else None
    # Where nothing tells which row became which, they differ as a whole, not in cells by chance.
    rows = RowsDiff(compare(left, right, pair=False), (), given) if key is None else _by(left, right, (key,), given)
    ordered = all(orders_rows(bound.program) for bound, _ in (old, new))
    if rows.equal and ordered and not compare(left, right, ordered=True).equal:
        rows = replace(rows, reordered=True)
    return rows


def _by(left: pa.Table, right: pa.Table, keys: tuple[str, ...], given: str) -> RowsDiff:
    from ...frames.compare import compare

    found = compare(left, right, by=keys)
    numbers = sorted({cell.row for cell in found.cells})
    values = right.select(list(keys)).take(numbers).to_pylist() if numbers else []
    named = {n: tuple(row.values()) for n, row in zip(numbers, values, strict=True)}
    return RowsDiff(found, keys, given, keys=named)


def _identifying(left: pa.Table, right: pa.Table) -> str | None:
    """The column without repeats on both sides that most rows share, as an identifier does; None if there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    best: tuple[int, str] | None = None
    for name in right.column_names:
        if name not in left.column_names:
            continue
        a, b = left.column(name), right.column(name)
        kinds = {str(side.type) for side in (a, b)}
        if len(kinds) > 1 or not (
            pa.types.is_integer(a.type) or pa.types.is_string(a.type) or pa.types.is_date(a.type)
        ):
            continue
        if any(len(side) == 0 or side.null_count or pc.count_distinct(side).as_py() != len(side) for side in (a, b)):
            continue
        shared = pc.sum(pc.is_in(a, value_set=b.combine_chunks())).as_py() or 0
        if 2 * shared >= min(len(a), len(b)) and (best is None or shared > best[0]):
            best = shared, name
    return best[1] if best is not None else None
