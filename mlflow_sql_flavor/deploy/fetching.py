"""The model of a deployment: fetched, loaded, and what its address meant when it was."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from .. import _mlflow
from ..errors import InputError, ModelFileError

if TYPE_CHECKING:
    from ..model import SQLModel

__all__ = ["Fetched", "fetched", "version_of"]


@dataclass(frozen=True)
class Fetched:
    """A model and where it is from.

    Attributes:
        model: Loaded without the rows of its tables, which are read from their files where they are wanted.
        uri: As it was asked for.
        version: What an alias, a stage or ``latest`` meant; else the same.
        run_id: Of the run that logged it, or None.
        folder: Its files.
    """

    model: SQLModel
    uri: str
    version: str
    run_id: str | None
    folder: Path

    def answering(self) -> SQLModel:
        """The model with its rows, for what it answers."""
        from ..pyfunc import load_model

        return load_model(str(self.folder))


def version_of(uri: str) -> str:
    """The version that an alias, a stage or ``latest`` means now; else the same address, of a path the whole one."""
    if not uri.startswith("models:/"):
        return uri if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", uri) else str(Path(uri).absolute())
    name, version = _mlflow.version_of(uri)
    return f"models:/{name}/{version}" if name is not None else uri


@contextmanager
def fetched(uri: str) -> Iterator[Fetched]:
    """The model at an address; its files are there until the end.

    Raises:
        ModelFileError: It is none of SQL.
        MlflowException: MLflow finds none.
    """
    from mlflow.models import Model

    from ..pyfunc import load_model

    if not isinstance(uri, str) or not uri:
        raise InputError("model_uri is the address of a model, such as models:/ranker@champion.")
    version = version_of(uri)
    if not uri.startswith("models:/"):
        uri = version  # a path that means the same from every folder
    here = _here(version)
    if here is not None and here.exists() and not (here / "MLmodel").is_file():
        raise _no_model(uri)  # before all that lies there is copied
    with tempfile.TemporaryDirectory(prefix="mlflow-sql-") as folder:
        path = Path(_mlflow.download(artifact_uri=version, output_path=folder))
        if not (path / "MLmodel").is_file():
            raise _no_model(uri)
        info = Model.load(str(path))
        if "sql" not in (info.flavors or {}):
            raise ModelFileError(f"{uri!r} is not a SQL model: its flavors are {', '.join(info.flavors)}.")
        # A model with a process of its own is opened there only, and no such process is started until it answers.
        model = load_model(str(path), model_config={"isolation": "process"})
        yield Fetched(model, uri, version, info.run_id, path)


def _no_model(uri: str) -> ModelFileError:
    return ModelFileError(f"{uri!r} is not a model: it has no MLmodel file.")


def _here(uri: str) -> Path | None:
    """The folder of this machine that an address names; None for another address."""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", uri):
        return Path(uri)
    parts = urlsplit(uri)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" and parts.netloc in ("", "localhost") else None
