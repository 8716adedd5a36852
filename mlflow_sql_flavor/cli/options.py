"""What the commands take: types of arguments, and where a model's files are."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from .watch import allow_tables

__all__ = ["Dialect", "Pair", "Size", "Types", "as_keys", "fetched", "formats", "keys", "query_text", "say_dialect"]


def formats(*more: str) -> Callable[[Any], Any]:
    """``--format table|json|csv``, and more where a command has more."""
    choice = click.Choice(["table", "json", "csv", *more])
    return click.option("--format", "form", type=choice, default="table", show_default=True, help="What to write.")


def say_dialect(ctx: click.Context, text: str) -> None:
    """Says, on stderr, how a text is read of which nobody named the dialect, and which of its words are another's."""
    from ..query.reading.foreign_words import foreign_words

    if ctx.get_parameter_source("dialect") is not click.core.ParameterSource.DEFAULT:
        return
    click.echo("dialect: duckdb, as none was named (--dialect)", err=True)
    found = foreign_words(text)
    if found:
        words = ", ".join(f"{word} ({', '.join(dialects)})" for word, dialects in list(found.items())[:5])
        click.echo(f"words of other dialects in it: {words}", err=True)


def query_text(path: Path) -> str:
    """The text of a SQL file; ``-`` is stdin.

    Raises:
        InputError: It is not UTF-8.
    """
    from ..errors import InputError

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"The file {path.name!r} is not UTF-8 text: save it as UTF-8.") from None


def readable(sql: str) -> None:
    """Asks DuckDB whether it reads a text that sqlglot does not.

    Raises:
        QueryError: It does not; where and why.
    """
    from ..engines import query_check
    from ..engines.empty_instance import EMPTY_INSTANCE

    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        query_check.parse_tree(cursor, sql)


class Dialect(click.ParamType):
    """A SQL dialect by sqlglot's name or a usual alias."""

    name = "dialect"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from ..errors import QueryError
        from ..query.reading.parse import resolve_dialect

        try:
            return resolve_dialect(value)
        except QueryError as error:
            self.fail(error.message, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from ..query.reading.parse import DIALECTS

        return [CompletionItem(name) for name in DIALECTS if name.startswith(incomplete)]


class Types(click.ParamType):
    """``{"column": "DuckDB type"}`` as JSON text, or the path of a .json file with it."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        if isinstance(value, dict):
            return value
        try:
            text = value if value.lstrip().startswith("{") else Path(value).read_text(encoding="utf-8")
            found = json.loads(text)
        except OSError:
            self.fail('give JSON such as {"price": "DECIMAL(10,2)"}, or the path of a file with it.', param, ctx)
        except ValueError as error:
            self.fail(f"this is not JSON ({error}).", param, ctx)
        if not isinstance(found, dict) or not all(isinstance(kind, str) for kind in found.values()):
            self.fail('give an object of types by name, such as {"price": "DECIMAL(10,2)"}.', param, ctx)
        return found


class Size(click.ParamType):
    """Bytes, as a number or as a text such as ``2GB``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from ..engines.limits import validate_limits
        from ..errors import InputError

        try:
            return int(validate_limits({"memory_limit": value}, "--memory-limit")["memory_limit"])
        except InputError:
            self.fail("give bytes, or a size such as 2GB.", param, ctx)


class Pair(click.ParamType):
    """``name=value``."""

    def __init__(self, value: str) -> None:
        self.name = f"name={value}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value
        name, equals, rest = value.partition("=")
        if not equals or not name:
            self.fail(f"write {self.name}, not {value!r}.", param, ctx)
        return name, rest


def keys() -> Callable[[Any], Any]:
    """``--key TABLE=COLUMN,…``, repeatable."""
    return click.option(
        "--key", "keys", type=Pair("column,..."), multiple=True,
        help="Columns that identify the rows of a reference table, checked on them; repeatable.",
    )  # fmt: skip


def as_keys(given: Sequence[tuple[str, str]]) -> dict[str, list[list[str]]] | None:
    """What ``--key`` says, as ``save_model`` takes it; None where nothing is said."""
    found: dict[str, list[list[str]]] = {}
    for table, columns in given:
        found.setdefault(table, []).append(next(csv.reader([columns], skipinitialspace=True)))
    return found or None


@contextlib.contextmanager
def fetched(model_uri: str) -> Iterator[Path]:
    """The folder of a model, downloaded where it is not local; nothing of it is loaded.

    Raises:
        ModelFileError: There is no model, or it is none of SQL.
    """
    from ..errors import ModelFileError

    path = Path(model_uri)
    if path.is_dir():
        _check_flavor(path, model_uri)
        yield path
        return
    if path.is_file():
        raise ModelFileError(f"{model_uri!r} is a file: give a model's folder, or its address such as models:/name/1.")
    if ":" not in model_uri:
        raise ModelFileError(
            f"There is no folder {model_uri!r}: give a model's, or its address such as models:/name/1."
        )
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    with tempfile.TemporaryDirectory(prefix="mlflow-sql-") as folder:
        try:
            found = Path(download_artifacts(artifact_uri=model_uri, dst_path=folder))
        except MlflowException as error:
            last = error.message.strip().splitlines()[-1]
            raise ModelFileError(f"The model {model_uri!r} cannot be fetched: {last}") from None
        _check_flavor(found, model_uri)
        yield found


def _check_flavor(folder: Path, model_uri: str) -> None:
    """Says which flavors a model has that is none of SQL; all else is found out where it is read."""
    from ..artifact.mlmodel import content_of
    from ..errors import ModelFileError

    if not os.path.lexists(folder / "MLmodel"):
        raise ModelFileError(f"{model_uri!r} is not a model: it has no MLmodel file.")
    found = content_of(folder, "sql")["flavors"]
    allow_tables(folder)
    if "sql" not in found:
        others = ", ".join(name[:60] for name in list(found)[:10])
        raise ModelFileError(f"{model_uri!r} is not a SQL model: its flavors are {others}.")
