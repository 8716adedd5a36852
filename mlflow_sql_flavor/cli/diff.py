"""``mlflow-sql diff``: what changes if one model takes another's place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Pair, fetched, formats
from .output import clean, echo_csv, status
from .watch import Watched

if TYPE_CHECKING:
    from ..model import SQLModel
    from ..review.diff import Diff


@click.command(cls=Watched)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option(
    "--data", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rows both are run on; without: the stored input example of A, else of B.",
)  # fmt: skip
@click.option("-p", "--param", "params", type=Pair("value"), multiple=True, help="A parameter's value; repeatable.")
@click.option("--by", multiple=True, help="An output column whose values pair the rows; repeatable.")
@click.option("--most", type=click.IntRange(0), default=10, show_default=True, help="Rows and cells shown of a kind.")
@formats()
@click.pass_context
def diff(
    ctx: click.Context,
    old: str,
    new: str,
    data: Path | None,
    params: tuple[tuple[str, str], ...],
    by: tuple[str, ...],
    most: int,
    form: str,
) -> None:
    """Compare model B with model A: query, signature, rows. Exit code 0: nothing differs, 1: something does."""
    from dataclasses import replace

    from ..pyfunc import load_model
    from ..review.diff import diff as compared

    with status("comparing"), fetched(old) as one, fetched(new) as two:
        models = load_model(str(one)), load_model(str(two))
        frame = _read(data, models) if data is not None else None
        values = _values(params, models) or None
        found = replace(compared(*models, frame, values, by=by or None), names=(old, new))
    if form == "json":
        click.echo(found.to_json(most))
    elif form == "csv":
        echo_csv(("part", "where", "name", "old", "new"), _rows(found))
    else:
        for line in found.text(most).splitlines():
            mark = line.lstrip()[:2]
            colour = "green" if mark == "+ " or ": + " in line else "red" if mark == "- " or ": - " in line else None
            click.echo(click.style(clean(line), fg=colour) if colour else clean(line))
    ctx.exit(0 if found.equal else 1)


def _read(path: Path, models: tuple[SQLModel, SQLModel]) -> Any:
    from . import files

    types: dict[str, str] = {}
    for model in reversed(models):
        types.update(model.input_types)
    return files.read(path, types)


def _values(params: tuple[tuple[str, str], ...], models: tuple[SQLModel, SQLModel]) -> dict[str, Any]:
    from ..errors import InputError, did_you_mean
    from . import files

    types: dict[str, str] = {}
    for model in reversed(models):
        types.update(model.spec.param_types if model.spec is not None else {})
    folded = {name.casefold() for name in types}
    for name, _ in params:
        if name.casefold() not in folded:
            raise InputError(f"Neither model has a parameter {name!r}.{did_you_mean(name, list(types))}")
    return {name: files.parameter(name, text, types) for name, text in params}


def _rows(found: Diff) -> Iterator[tuple[Any, ...]]:
    """Every change as one row, all of them: a gate reads this."""
    if found.query.changes is None and found.query.text:
        yield "query", "", "text", None, None
    for change in found.query.changes or ():
        yield "query", change.step, change.clause, change.before, change.after
    for part in found.signature:
        yield "signature", part.part, part.name, part.before, part.after
    if found.rows is None:
        return
    from ..review.diff.view import plain

    rows = found.rows
    for name in rows.comparison.extra:
        yield "rows", "column added", name, None, None
    for name in rows.comparison.missing:
        yield "rows", "column removed", name, None, None
    for cell in rows.comparison.cells:
        keys = rows.keys.get(cell.row)
        where = ", ".join(str(plain(key)) for key in keys) if keys else str(cell.row)
        yield "cell", where, cell.column, plain(cell.right), plain(cell.left)
    for row in rows.comparison.added:
        yield "row added", "", "", None, str(plain(row))
    for row in rows.comparison.removed:
        yield "row removed", "", "", str(plain(row)), None
    if rows.reordered:
        yield "rows", "order", "", None, None
