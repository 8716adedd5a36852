"""What MLflow calls: ``mlflow deployments … -t sql:…`` and ``mlflow.deployments.get_deploy_client("sql:…")``.

The contract is that of ``mlflow.deployments.base``: one subclass of ``BaseDeploymentClient`` in this module, beside
:func:`run_local` and :func:`target_help`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from mlflow.deployments import BaseDeploymentClient
from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2

from ..errors import InputError, SQLModelError
from .target import Target

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.engine import Engine

    from .records import Book
    from .server import Server

__all__ = ["SQLDeploymentClient", "run_local", "target_help"]

_INTERNAL = databricks_pb2.INTERNAL_ERROR
_F = TypeVar("_F", bound=Callable[..., Any])


class DeploymentError(MlflowException, click.ClickException):  # type: ignore[misc]
    """What goes wrong with a deployment: to MLflow's command line a sentence, to a caller an ``MlflowException``."""

    def __init__(self, message: str, error_code: int) -> None:
        click.ClickException.__init__(self, message)
        MlflowException.__init__(self, message, error_code=error_code)
        self._given = (message, error_code)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._given


def _edge(call: _F) -> _F:
    """A method whose errors are MLflow's, with a sentence for the command line and nothing of how it came to be."""

    @functools.wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except DeploymentError:
            raise
        except (SQLModelError, MlflowException) as error:
            notes = " ".join(getattr(error, "__notes__", []))
            message = f"{error.message} {notes}".strip()
            code = getattr(databricks_pb2, str(error.error_code), databricks_pb2.INTERNAL_ERROR)
            raise DeploymentError(message, code) from None
        except ImportError as error:
            missing = error.name or str(error)
            raise DeploymentError(f"{missing} is not installed, which this needs: install it.", _INTERNAL) from None
        except Exception as error:  # of a store of models, of a value that nobody thought of
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason given")
            target = getattr(args[0], "_target", None) if args else None
            if target is not None and target.url is not None:
                said = target.masked(said)
            raise DeploymentError(f"{type(error).__name__}: {said}", _INTERNAL) from None

    return called  # type: ignore[return-value]


class SQLDeploymentClient(BaseDeploymentClient):
    """Models as views, functions and tables of a database.

    Args:
        target_uri: ``sql:<SQLAlchemy URL>``, in which ``?mlflow_schema=…`` says where the bookkeeping table lies; or
            ``sql:spark`` for the catalog of the active Spark session.

    Raises:
        MlflowException: It is no such address.
    """

    @_edge
    def __init__(self, target_uri: str) -> None:
        self._target = Target.read(target_uri)
        self._engine: Engine | None = None
        super().__init__(self._target.shown)

    @_edge
    def create_deployment(
        self,
        name: str,
        model_uri: str,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """Puts a model into the database, once it gives the same rows there as here.

        Args:
            name: Of the view, the function or the table.
            model_uri: Of the model.
            flavor: ``sql`` or None.
            config: ``schema``, ``input``, ``params``, ``as``, ``tables``, ``verify``: see :func:`target_help`.
            endpoint: None: a database has no endpoints.

        Returns:
            ``name``, ``flavor`` and what :meth:`get_deployment` tells.

        Raises:
            MlflowException: The name is taken, the settings do not fit, the engine gives other rows or refuses a
                statement. Nothing is left of the attempt.
        """
        from . import lifecycle
        from .fetching import fetched
        from .settings import Settings

        _check(flavor, endpoint)
        settings = Settings.read(config)
        with fetched(model_uri) as model, self._opened(changes=True) as (server, book):
            return lifecycle.create(server, book, name, model, settings).told()

    @_edge
    def update_deployment(
        self,
        name: str,
        model_uri: str | None = None,
        flavor: str | None = None,
        config: Mapping[str, Any] | None = None,
        endpoint: str | None = None,
    ) -> dict[str, Any]:
        """Puts another version or other settings in a deployment's place; with neither it is made anew.

        Args:
            name: Of the deployment.
            model_uri: Of another model; None keeps the version that is deployed, whatever an alias means now.
            flavor: ``sql`` or None.
            config: Settings that change; the others stay.
            endpoint: None.

        Returns:
            As :meth:`create_deployment`.

        Raises:
            MlflowException: As :meth:`create_deployment`; what was deployed is as it was.
        """
        from . import lifecycle
        from .fetching import fetched
        from .settings import Settings

        _check(flavor, endpoint)
        while True:
            with self._opened() as (_, book):
                uri = lifecycle.found(book, name).version_uri if model_uri is None else model_uri
            with fetched(uri) as model, self._opened(changes=True) as (server, book):
                old = lifecycle.found(book, name)
                if model_uri is None:
                    if old.version_uri != uri:
                        continue  # another call was faster: the version that it deployed is the one to keep
                    lifecycle.check_same(old, model)
                    model = replace(model, uri=old.model_uri)  # an alias stays the one that it was asked for by
                return lifecycle.update(server, book, name, model, Settings.read(config, old.config)).told()

    @_edge
    def delete_deployment(
        self, name: str, config: Mapping[str, Any] | None = None, endpoint: str | None = None
    ) -> None:
        """Takes away all that was made for a deployment, and nothing else; one that is not there is gone already.

        Args:
            name: Of the deployment.
            config: Not read.
            endpoint: None.

        Raises:
            MlflowException: The engine refuses it, as where another view reads the deployment. Nothing is changed then.
        """
        from . import lifecycle

        _check(None, endpoint)
        with self._opened(changes=True) as (server, book):
            lifecycle.delete(server, book, name)

    @_edge
    def list_deployments(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """What the bookkeeping table has, by name.

        Args:
            endpoint: None.
        """
        _check(None, endpoint)
        with self._opened() as (_, book):
            return [record.told() for record in book.all()]

    @_edge
    def get_deployment(self, name: str, endpoint: str | None = None) -> dict[str, Any]:
        """What is known of a deployment.

        Args:
            name: Of the deployment.
            endpoint: None.

        Returns:
            ``name``, ``flavor``, ``kind``, ``schema``, ``model_uri`` as asked for, ``version_uri`` that it meant,
            ``run_id``, ``digest`` of the query, its parameters and reference tables, ``params``, ``input``,
            ``verification``, ``deployed_by``, ``deployed_at``, ``reads`` (the statement that reads it), ``status``,
            ``definition``: ``as deployed`` or ``changed``, None where the engine does not tell; and ``alias_now``: the
            version that the alias means now; None without an alias.

        Raises:
            MlflowException: There is none of that name.
        """
        from . import lifecycle, serving

        _check(None, endpoint)
        with self._opened() as (server, book):
            return serving.described(server, lifecycle.found(book, name))

    @_edge
    def predict(self, deployment_name: str | None = None, inputs: Any = None, endpoint: str | None = None) -> Any:
        """Runs a deployment's query in the database, on rows that are sent along.

        Args:
            deployment_name: Of the deployment.
            inputs: DataFrame, records, a dict of columns, or a request to MLflow's server: ``{"dataframe_split": …}``,
                ``dataframe_records``, ``inputs`` or ``instances``, without ``params``.
            endpoint: None.

        Returns:
            pandas DataFrame with the dtypes that the model's ``predict`` gives.

        Raises:
            MlflowException: There is no such deployment, or the rows do not fit.
        """
        from . import lifecycle, serving

        _check(None, endpoint)
        with self._opened() as (server, book):
            return serving.predicted(server, lifecycle.found(book, deployment_name or ""), inputs)

    @_edge
    def explain(self, deployment_name: str | None = None, df: Any = None, endpoint: str | None = None) -> pd.DataFrame:
        """The engine's plan of reading a deployment.

        Args:
            deployment_name: Of the deployment.
            df: Not read: the plan is that over the deployment's own input.
            endpoint: None.

        Returns:
            The rows of the engine's EXPLAIN.

        Raises:
            MlflowException: There is no such deployment, or the engine has no such statement.
        """
        from . import lifecycle, serving

        _check(None, endpoint)
        with self._opened() as (server, book):
            return serving.explained(server, lifecycle.found(book, deployment_name or ""))

    @contextmanager
    def _opened(self, *, changes: bool = False) -> Iterator[tuple[Server, Book]]:
        from .records import DatabaseBook
        from .server import opened

        if self._target.url is None:
            from . import spark

            with spark.opened(self._target) as session:
                yield session, spark.SparkBook(session)
            return
        if self._engine is None:
            self._engine = self._target.engine()
        with opened(self._target, self._engine, changes=changes) as server:
            yield server, DatabaseBook(server)


def _check(flavor: str | None, endpoint: str | None) -> None:
    if flavor not in (None, "sql"):
        raise InputError(f"This target deploys the flavor sql, not {flavor!r}.")
    if endpoint is not None:
        raise InputError("A database has no endpoints: leave endpoint out.")


@_edge
def run_local(name: str, model_uri: str, flavor: str | None = None, config: Mapping[str, Any] | None = None) -> None:
    """Deploys a model to a DuckDB file in this folder, with the stored example as its input; to an SQLite file if the
    model is in another dialect than DuckDB's.

    Args:
        name: Of the deployment and of the file, ``NAME.duckdb`` or ``NAME.sqlite``.
        model_uri: Of the model.
        flavor: ``sql`` or None.
        config: As for :meth:`SQLDeploymentClient.create_deployment`, without ``input``.

    Raises:
        MlflowException: As there; or the file exists.
    """
    from .local import run

    _check(flavor, None)
    path = run(name, model_uri, config, SQLDeploymentClient)
    click.echo(f'{name} is a view in {path}, over the stored example: read it with SELECT * FROM "{name}".')


def target_help() -> str:
    """What ``mlflow deployments help -t sql`` prints."""
    return Path(__file__).with_name("help.txt").read_text(encoding="utf-8")
