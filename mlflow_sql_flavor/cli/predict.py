"""``mlflow-sql predict``: a model's answer for a file, or for a folder of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Pair
from .output import status

if TYPE_CHECKING:
    from ..model import SQLModel


@click.command()
@click.argument("model_uri")
@click.option(
    "-i", "--input", "source", type=click.Path(exists=True, allow_dash=True, path_type=Path),
    help='The input; "-" reads stdin, whose format is seen from its first bytes.',
)  # fmt: skip
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="Where to write.")
@click.option("-p", "--param", "params", type=Pair("value"), multiple=True, help="A parameter's value; repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="What is written to stdout without -o.",
)
@click.option("--batch-rows", type=click.IntRange(1), default=None, help="Rows given to the query at a time, with -o.")
@click.option("--resume", is_flag=True, help="Keep what an earlier run finished in the output folder.")
def predict(
    model_uri: str,
    source: Path | None,
    target: Path | None,
    params: tuple[tuple[str, str], ...],
    form: str,
    batch_rows: int | None,
    resume: bool,
) -> None:
    """Run the model of MODEL_URI on a .csv, .json, .jsonl or .parquet file, or a folder of .parquet files.

    With -o the input is read and the output written batch by batch, so that both may be larger than memory.
    """
    from . import files

    with files.piped(source) as source, contextlib.ExitStack() as opened:
        _check_paths(source, target, resume)
        with status("loading the model"):
            from ..pyfunc import load_model
            from .options import fetched

            model = load_model(str(opened.enter_context(fetched(model_uri))))
        assert model.spec is not None
        if source is None and model.spec.input_types is not None:
            raise click.UsageError("the model reads an input: give it with -i FILE, or -i - for stdin.")
        values = {name: files.parameter(name, text, model.spec.param_types) for name, text in params}
        if target is None:
            with status(f"reading {source.name}" if source is not None else "predicting") as say:
                data = files.read(source, model.spec.input_types or {}) if source is not None else None
                say("predicting")
                found = model.predict(data, values, output="arrow")
            files.echo(found, form)
            return
        rows, note = _write(model, source, target, values, {"batch_rows": batch_rows} if batch_rows else {}, resume)
    click.echo(f"{rows:,} {'row' if rows == 1 else 'rows'} written to {target.name}{note}", err=True)


def _check_paths(source: Path | None, target: Path | None, resume: bool) -> None:
    from . import files

    for path in (source, target):
        if path is None or path.is_dir() or (path is target and not path.suffix):
            continue
        if path.suffix.lower() not in files.SUFFIXES:
            raise click.UsageError(f"{path.name!r} is none of {', '.join(files.SUFFIXES)}.")
        if path is target and not path.absolute().parent.is_dir():
            raise click.UsageError(f"there is no folder {str(path.parent)!r} to write to.")
    if target is not None and target.is_dir() and target.suffix.lower() in files.SUFFIXES and not _is_folder(source):
        raise click.UsageError(f"{target.name!r} is a folder: -o takes one for a folder of input.")
    if source is not None and source.is_dir() and target is None:
        raise click.UsageError("a folder of files needs -o.")
    if resume and (target is None or target.suffix):
        raise click.UsageError("--resume needs -o with a folder.")


def _unsaid(text: str) -> None:
    """Where something else shows how far the work is."""


def _is_folder(path: Path | None) -> bool:
    return path is not None and path.is_dir()


def _write(
    model: SQLModel, source: Path | None, target: Path, values: dict[str, Any], options: dict[str, Any], resume: bool
) -> tuple[int, str]:
    """Rows written, and what else to say of them."""
    from . import files
    from .streams import Text

    types = model.spec.input_types if model.spec is not None else None
    text = source is not None and source.is_file() and source.suffix.lower() != ".parquet"
    to_text = bool(target.suffix) and target.suffix.lower() != ".parquet"
    # Of Parquet the rows are known, and `predict_batches` shows them.
    with status(f"writing {target.name}") if text or to_text else contextlib.nullcontext(_unsaid) as say:
        said = {"read": "", "written": ""}

        def tell(what: str, how_much: str) -> None:
            said[what] = f": {how_much} {what}"
            say(f"writing {target.name}{said['read']}{said['written']}")

        data: Any = source
        if source is not None and text:
            data = Text(source, types or {}, lambda read: tell("read", f"{read:.0%} of {source.name}"))
        if to_text:
            reader = model.predict_batches(data, values, **options)
            return files.write(reader, target, lambda rows: tell("written", f"{rows:,} rows")), ""
        written = model.predict_batches(data, values, output=target, resume=resume, **options)
    if not written.skipped:
        return written.rows, ""
    return written.rows, f" ({written.skipped} of {written.skipped + written.files} files were there)"
