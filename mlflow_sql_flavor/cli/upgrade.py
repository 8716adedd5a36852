"""``mlflow-sql upgrade``: a stored model saved anew by today's rules, shown, and registered where that is asked for."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import fetched, formats
from .output import clean, echo_csv, echo_json, status
from .watch import Watched

if TYPE_CHECKING:
    from ..review.upgrade import Upgrade


class _Watched(Watched):
    """Watched while it looks; what registers, or goes through versions, takes as long as the store does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any(arg == "--register" or arg.startswith("--all") for arg in args):
            return click.Command.parse_args(self, ctx, args)
        return super().parse_args(ctx, args)


@click.command(cls=_Watched)
@click.argument("model_uri", required=False)
@click.option("--all", "every", metavar="NAME", help="Every version of this registered model.")
@click.option("--register", is_flag=True, help="Register it as a new version; aliases stay where they are.")
@click.option(
    "--save", "target", type=click.Path(path_type=Path, file_okay=False), help="Keep what was saved in this folder."
)
@click.option("--most", type=click.IntRange(0), default=10, show_default=True, help="Rows and cells shown of a kind.")
@formats()
@click.pass_context
def upgrade(
    ctx: click.Context,
    model_uri: str | None,
    every: str | None,
    register: bool,
    target: Path | None,
    most: int,
    form: str,
) -> None:
    """Save MODEL_URI anew by this version's rules and show what differs. Exit code 0: nothing a caller would notice.

    1: it is refused, or its rows, signature, level or findings are others. Nothing is registered without --register.
    """
    if (model_uri is None) == (every is None):
        raise click.UsageError("Give a model's address, or --all NAME of a registered model.")
    if target is not None and every is not None:
        raise click.UsageError("--save keeps one model: give its address instead of --all.")
    if target is not None and target.is_dir() and any(target.iterdir()):
        raise click.UsageError(f"--save {str(target)!r} exists and is not empty: name a new folder.")
    found = []
    for uri in [model_uri] if model_uri is not None else _versions(str(every)):
        with status(f"saving {uri} anew"):
            found.append(_one(str(uri), register, target, every is not None))
    if form == "json":
        echo_json([_plain(*one, most) for one in found])
    elif form == "csv":
        rows = [row for upgraded, where in found for row in _rows(upgraded, where)]
        echo_csv(("model", "part", "before", "after"), rows)
    else:
        for upgraded, where in found:
            for line in _lines(upgraded, where, most):
                click.echo(clean(line))
    ctx.exit(1 if any(upgraded.felt for upgraded, _ in found) else 0)


def _one(uri: str, wanted: bool, target: Path | None, goes_on: bool) -> tuple[Upgrade, str | None]:
    """What becomes of one model, and the address of what was registered; of several, one that is none ends nothing."""
    from ..errors import SQLModelError
    from ..review.upgrade import Upgrade, register, upgrade

    named = re.fullmatch(r"models:/([^/@]+)[/@](.+)", uri)
    if wanted and named is None:
        raise click.UsageError(
            "--register needs the address of a registered version, such as models:/name/1; of a folder, "
            "--save FOLDER and mlflow.register_model."
        )
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-sql-")))
        try:
            folder = stack.enter_context(fetched(uri))
            found = upgrade(folder, target if target is not None else place / "model", uri)
        except SQLModelError as error:
            if not goes_on:
                raise
            return Upgrade(uri, {}, refused=error.message), None
        if not wanted or named is None or found.refused is not None or found.current:
            return found, None
        info = register(folder, named[1], _version(uri))
        return found, f"models:/{named[1]}/{info.registered_model_version}"


def _version(uri: str) -> str | None:
    from .. import _mlflow

    return _mlflow.version_of(uri)[1]


def _versions(name: str) -> list[str]:
    """The addresses of a registered model's versions, oldest first.

    Raises:
        InputError: There is none.
    """
    import mlflow

    from ..errors import InputError
    from ..review.upgrade import UPGRADED_FROM

    quoted = name.replace("'", "\\'")
    found = list(mlflow.MlflowClient().search_model_versions(f"name='{quoted}'"))
    if not found:
        raise InputError(f"There is no registered model {name!r}, or it has no version.")
    done = {version.tags.get(UPGRADED_FROM) for version in found}
    numbers = sorted(int(version.version) for version in found if str(version.version) not in done)
    return [f"models:/{name}/{number}" for number in numbers]


def _lines(found: Upgrade, where: str | None, most: int) -> Iterator[str]:
    yield f"{found.name}: {_verdict(found)}"
    for package, (then, now) in found.versions.items():
        yield f"  {package}: {then} then, {now} now"
    if found.refused is not None:
        yield from (f"  {line}" for line in f"refused: {found.refused}".splitlines())
        return
    if found.text:
        yield "  what DuckDB runs:"
        yield from (f"    {line}" for line in found.text.splitlines()[2:])
    if found.level[0] != found.level[1]:
        yield f"  level: {found.level[0]} → {found.level[1]}"
    for sign, said in (("+", found.findings), ("-", found.settled)):
        for kind, line, column, message in said:
            place = f"line {line}, column {column}: " if line else ""
            yield f"  {sign} {place}{message} [{kind}]"
    if found.by_chance:
        yield from (f"  rows are not compared: {message}" for message in found.open)
    elif found.answer:
        yield "  rows, against the answer kept when it was saved:"
        yield from (f"    {line}" for line in found.answer.splitlines())
    if found.why_no_diff is not None:
        yield f"  the stored model no longer loads: {found.why_no_diff}"
    if found.diff is not None and not found.diff.equal and (found.felt or not found.by_chance):
        yield from (f"  {line}" for line in found.diff.text(most).splitlines()[2:])
    if where is not None:
        yield f"  registered: {where}"


def _verdict(found: Upgrade) -> str:
    if found.refused is not None:
        return "refused by this version"
    if found.felt:
        return "a caller may notice"
    return "as this version saves it" if found.current else "nothing a caller would notice"


def _plain(found: Upgrade, where: str | None, most: int) -> dict[str, Any]:
    said = [dict(zip(("kind", "line", "column", "message"), one, strict=True)) for one in found.findings]
    settled = [dict(zip(("kind", "line", "column", "message"), one, strict=True)) for one in found.settled]
    return {
        "model": found.name,
        "felt": found.felt,
        "current": found.current,
        "versions": {name: list(pair) for name, pair in found.versions.items()},
        "refused": found.refused,
        "text": found.text,
        "level": list(found.level),
        "findings": said,
        "settled": settled,
        "answer": found.answer,
        "diff": found.diff.to_dict(most) if found.diff is not None else None,
        "why_no_diff": found.why_no_diff,
        "open": list(found.open),
        "registered": where,
    }


def _rows(found: Upgrade, where: str | None) -> Iterator[tuple[Any, ...]]:
    yield found.name, "verdict", None, _verdict(found)
    for package, (then, now) in found.versions.items():
        yield found.name, package, then, now
    if found.refused is not None:
        yield found.name, "refused", None, found.refused
        return
    if found.text:
        yield found.name, "text", None, found.text
    if found.level[0] != found.level[1]:
        yield found.name, "level", *found.level
    for _, _, _, message in found.findings:
        yield found.name, "finding", None, message
    for _, _, _, message in found.settled:
        yield found.name, "finding", message, None
    for change in found.diff.signature if found.diff is not None else ():
        yield found.name, f"{change.part} {change.name}", change.before, change.after
    for message in found.open:
        yield found.name, "open", None, message
    if found.by_chance:
        pass
    elif found.answer:
        yield found.name, "answer", None, found.answer
    if found.diff is not None and found.diff.rows is not None and not found.diff.rows.equal:
        yield found.name, "rows", found.diff.rows.comparison.rows[1], found.diff.rows.comparison.rows[0]
    if where is not None:
        yield found.name, "registered", None, where
