"""A model's folder: what is written into it, and what of it is believed when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ..errors import ModelFileError
from ..version import __version__
from . import tables
from .functions import save_udfs
from .spec import LimitsSpec, OpenSpec, OrderSpec, SqlSpec

if TYPE_CHECKING:
    from mlflow.models import Model

    from ..compile.examples import Prepared
    from ..model import SQLModel

__all__ = ["Stored", "read", "write", "write_mlmodel"]

#: A larger MLmodel is not read, in bytes.
MAX_MLMODEL = 32_000_000


def write(model: SQLModel, prepared: Prepared, folder: Path, code: str | None) -> SqlSpec:
    """Writes the tables and functions of a model into its folder.

    Returns:
        The ``sql`` section of its MLmodel.
    """
    from importlib.metadata import version

    import duckdb

    bound = prepared.bound
    compiled = bound.compiled
    claims = {name.casefold(): keys for name, keys in compiled.claims.items()}
    stored = {
        name: tables.store(model.tables[name], folder, columns, claims.get(name.casefold(), []))
        for name, columns in compiled.columns.items()
    }
    return SqlSpec(
        sql=model.sql,
        dialect=model.dialect,
        duckdb_sql=bound.program.sql,
        input_table=model.input_table,
        input_types=dict(prepared.input_types) if prepared.input_types is not None else None,
        output_types=dict(bound.program.output_types),
        param_types=dict(compiled.param_types),
        tables=stored,
        column_order=OrderSpec(
            input=list(prepared.input_types) if prepared.input_types is not None else None,
            output=list(bound.program.output_types),
            tables={name: list(table.columns) for name, table in stored.items()},
        ),
        udfs=save_udfs(model.udfs, folder) if model.udfs else None,
        prediction_column=model.prediction_column,
        rows=bound.program.rows,  # type: ignore[arg-type]
        limits=LimitsSpec(**model.model_limits),
        compat=compiled.compat,
        level=compiled.level,  # type: ignore[arg-type]
        nondeterminism=[
            OpenSpec(kind=f.kind, message=f.message, line=f.line, column=f.column, text=f.text or None)
            for f in compiled.nondeterminism
        ],
        allow=list(compiled.allowed),
        expected_output=prepared.write_expected(folder),
        sqlglot_version=version("sqlglot"),
        duckdb_version=duckdb.__version__,
        mlflow_sql_flavor_version=__version__,
        code=code,
    )


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Text of several lines as a block, as a person would write it."""


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def write_mlmodel(model: Model, path: Path) -> None:
    """Writes MLmodel as UTF-8 with the SQL as a block: MLflow's own dump escapes both into one line."""
    text = yaml.dump(model.to_dict(), Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=1_000_000)
    path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Stored:
    """What a model's MLmodel says.

    Attributes:
        spec: Its ``sql`` section.
        config: The ``config`` of its ``python_function`` section.
        signature: Its signature.
    """

    spec: SqlSpec
    config: dict[str, Any]
    signature: Any


def read(folder: Path, flavor: str) -> Stored:
    """Reads the MLmodel of a folder.

    Raises:
        ModelFileError: It is missing, too large or not such a file.
        MlflowException: It has no such flavor.
    """
    from mlflow.models import ModelSignature

    from .. import _mlflow

    path = folder / "MLmodel"
    try:
        size = path.stat().st_size
    except OSError:
        _mlflow.flavor_configuration(str(folder), flavor)  # raises as the built-in flavors do
        raise ModelFileError("There is no MLmodel file at the model's location.") from None
    if size > MAX_MLMODEL:
        raise ModelFileError(f"MLmodel is {size:,} bytes, more than {MAX_MLMODEL:,}: it is not read.")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError):
        raise ModelFileError("MLmodel is not valid YAML: restore it, or save the model again.") from None
    if not isinstance(content, dict) or not isinstance(content.get("flavors"), dict):
        raise ModelFileError("MLmodel has no flavors section: restore it, or save the model again.")
    if flavor not in content["flavors"]:
        _mlflow.flavor_configuration(str(folder), flavor)  # raises as the built-in flavors do
    pyfunc = content["flavors"].get("python_function")
    config = pyfunc.get("config") if isinstance(pyfunc, dict) else None
    if config is not None and not isinstance(config, dict):
        raise ModelFileError("MLmodel's config is not a mapping: restore it, or save the model again.")
    signature = content.get("signature")
    try:
        found = ModelSignature.from_dict(signature) if signature else None
    except Exception:
        raise ModelFileError("MLmodel's signature cannot be read: restore it, or save the model again.") from None
    return Stored(SqlSpec.read(content["flavors"][flavor]), config or {}, found)
