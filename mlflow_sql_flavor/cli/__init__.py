"""The command line ``mlflow-sql``: results on stdout, everything else on stderr.

Exit codes: 0 done, 1 refused, failed or different, 2 wrong usage, 130 ended by Ctrl-C.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import click

from ..errors import NotGivenError, SQLModelError
from ..version import __version__
from .check import check
from .diff import diff
from .export import export
from .lineage import lineage
from .log import log
from .openapi import openapi
from .options import Size
from .output import clean
from .predict import predict
from .show import show
from .test import test
from .transpile import transpile
from .upgrade import upgrade
from .watch import MEMORY, SECONDS

__all__ = ["INTERRUPTED", "main"]

#: The exit code of what Ctrl-C ended, as a shell has it: 128 and the number of the signal.
INTERRUPTED = 130


class _Failure(click.ClickException):
    exit_code = 1

    def show(self, file: Any = None) -> None:
        click.echo(f"mlflow-sql: error: {clean(self.message)}", err=True)


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _quiet():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt:
            click.echo("\nmlflow-sql: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except NotGivenError as error:
            raise _Failure(_in_options(error, self.commands.get(str(ctx.invoked_subcommand)))) from None
        except SQLModelError as error:
            raise _Failure(error.message) from None
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe has seen enough: click ends quietly
                raise
            what = error.strerror or str(error) or type(error).__name__
            raise _Failure(f"{what}: {error.filename}" if error.filename else what) from None
        except Exception as error:
            if _is_mlflows(error):
                raise _Failure(str(error)) from None
            first = (str(error).strip().splitlines() or [""])[0]
            raise _Failure(f"{type(error).__name__}: {first}" if first else type(error).__name__) from None


def _in_options(error: NotGivenError, command: click.Command | None) -> str:
    """What is said of what was not given, with the options of the command that give it."""
    options = [name for param in command.params for name in param.opts] if command is not None else []
    ways = {"-p": f"-p {error.name}=VALUE", "--param-types": "--param-types"}
    if not error.name:
        ways = {"-i": "-i FILE", "--input-types": "--input-types"}
    found = [way for option, way in ways.items() if option in options]
    if "-p" in options and error.name:
        found = found[:1]  # the types alone are not enough there
    return error.told(f"give {' or '.join(found)}").message if found else error.message


def _is_mlflows(error: Exception) -> bool:
    """Whether it is an error of MLflow's, which is not imported to find out: it is there if it has raised one."""
    exceptions = sys.modules.get("mlflow.exceptions")
    return exceptions is not None and isinstance(error, exceptions.MlflowException)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's and its parts' remarks; a progress bar only for a person who waits."""
    bar = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
    loggers = [logging.getLogger(name) for name in ("mlflow", "mlflow_sql_flavor", "alembic")]
    levels = [logger.level for logger in loggers]
    given = os.environ.get(bar)
    if given is None and not sys.stderr.isatty():
        os.environ[bar] = "false"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.CRITICAL)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if given is None:
            os.environ.pop(bar, None)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlflow-sql")
@click.option(
    "--timeout", type=click.FloatRange(1), default=SECONDS, show_default=True,
    help="Seconds that a command which looks at a model may take.",
)  # fmt: skip
@click.option(
    "--memory-limit", type=Size(), default=MEMORY, show_default="1.3GB",
    help="Memory that it may take, beside the model's tables.",
)  # fmt: skip
@click.pass_context
def main(ctx: click.Context, timeout: float, memory_limit: int) -> None:  # read by `watch.Watched`
    """SQL queries as MLflow models: check, log, show, translate, run, test and compare them."""
    if os.environ.get("NO_COLOR"):  # no-color.org
        ctx.color = False


for _command in (check, log, show, transpile, predict, test, diff, lineage, export, openapi, upgrade):
    main.add_command(_command)
