"""A model's folder: what is written into it, and what of it is believed when it is read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from ..errors import InputError, ModelFileError
from ..version import __version__
from . import packaging, plain_yaml, tables
from .atomic_folder import check_finished
from .functions import save_udfs
from .opening import read_file
from .recorded import write_expected
from .spec import LimitsSpec, OpenSpec, OrderSpec, SqlSpec, TranslationSpec
from .spec_fields import MAX_FINDINGS, FindingSpec

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import Model

    from ..query.reading.types import Finding
    from .functions import Udf
    from .spec import CompatSpec
    from .tables import ReferenceTable

__all__ = ["Contents", "Stored", "mlmodel", "read", "write", "write_mlmodel"]

#: A larger MLmodel is not read, in bytes.
MAX_MLMODEL = 32_000_000


@dataclass(frozen=True)
class Contents:
    """What is stored of a model.

    Attributes:
        sql: The query, as written.
        dialect: The dialect it is written in.
        duckdb_sql: What DuckDB runs.
        input_table: The name by which the query reads the input.
        input_types: ``{column: DuckDB type}``; None if it reads no input.
        output_types: ``{column: DuckDB type}``.
        param_types: ``{placeholder: DuckDB type}``.
        tables: The reference tables that it reads, by name.
        columns: ``{reference table: its columns the query uses}``.
        unique: ``{reference table: column sets}`` that must be unique for the row class to hold.
        udfs: The Python functions by name.
        prediction_column: The one column ``pyfunc`` returns.
        rows: ``independent``, ``aligned`` or ``table``.
        limits: The model's own limits.
        compat: What the package installs for the dialect.
        level: What the query's constructs rest on.
        findings: Those that nobody compared with the source engine.
        settled: What the writer settled them with: ``allow`` or ``expected_output``; None if they stand open.
        nondeterminism: What the source engine itself leaves open.
        allow: The refusals its writer accepted.
        expected: The rows of the source engine, and the verdict on them.
    """

    sql: str
    dialect: str
    duckdb_sql: str
    input_table: str
    input_types: Mapping[str, str] | None
    output_types: Mapping[str, str]
    param_types: Mapping[str, str]
    tables: Mapping[str, ReferenceTable]
    columns: Mapping[str, list[str]]
    unique: Mapping[str, list[list[str]]]
    udfs: Mapping[str, Udf]
    prediction_column: str | None
    rows: str
    limits: Mapping[str, Any]
    compat: CompatSpec
    level: str
    findings: Sequence[Finding] = ()
    settled: str | None = None
    nondeterminism: Sequence[Finding] = ()
    allow: Sequence[str] = ()
    expected: tuple[pa.Table, str] | None = None


def write(contents: Contents, folder: Path, code: str | None) -> SqlSpec:
    """Writes the tables, functions and expected rows of a model into its folder.

    Args:
        contents: The model.
        folder: Its folder.
        code: The name of the folder's code directory, if it has one.

    Returns:
        The ``sql`` section of its MLmodel.
    """
    from importlib.metadata import version

    import duckdb

    unique = {name.casefold(): keys for name, keys in contents.unique.items()}
    stored = {
        name: tables.store(contents.tables[name], folder, columns, unique.get(name.casefold(), []))
        for name, columns in contents.columns.items()
    }
    try:
        return SqlSpec(
            sql=contents.sql,
            dialect=contents.dialect,
            duckdb_sql=contents.duckdb_sql,
            input_table=contents.input_table,
            input_types=dict(contents.input_types) if contents.input_types is not None else None,
            output_types=dict(contents.output_types),
            param_types=dict(contents.param_types),
            tables=stored,
            column_order=OrderSpec(
                input=list(contents.input_types) if contents.input_types is not None else None,
                output=list(contents.output_types),
                tables={name: list(table.columns) for name, table in stored.items()},
            ),
            udfs=save_udfs(contents.udfs, folder) if contents.udfs else None,
            prediction_column=contents.prediction_column,
            rows=contents.rows,  # type: ignore[arg-type]
            limits=LimitsSpec(**contents.limits),
            compat=contents.compat,
            level=contents.level,  # type: ignore[arg-type]
            findings=[
                FindingSpec(
                    kind=f.kind,
                    feature=f.feature,
                    message=f.message,
                    line=f.line,
                    column=f.column,
                    text=f.text or None,
                    settled=contents.settled,  # type: ignore[arg-type]
                )
                for f in contents.findings[:MAX_FINDINGS]
            ],
            nondeterminism=[
                OpenSpec(kind=f.kind, message=f.message, line=f.line, column=f.column, text=f.text or None)
                for f in contents.nondeterminism
            ],
            allow=list(contents.allow),
            expected_output=write_expected(*contents.expected, folder) if contents.expected is not None else None,
            translation=TranslationSpec(digest=packaging.sources_digest()),
            sqlglot_version=version("sqlglot"),
            duckdb_version=duckdb.__version__,
            mlflow_sql_flavor_version=__version__,
            code=code,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:60] for part in first["loc"][:4])
        raise InputError(f"What would be {where} in MLmodel could not be read back: {first['msg']}.") from None


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Text of several lines as a block, as a person would write it."""


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def _dump(content: dict[str, Any], readable: bool) -> bytes:
    text = yaml.dump(content, Dumper=_Dumper, default_flow_style=False, allow_unicode=readable, width=1_000_000)
    return text.encode("utf-8")


def write_mlmodel(model: Model, path: Path) -> None:
    """Writes MLmodel as UTF-8 with the SQL as a block: MLflow's own dump escapes both into one line.

    Raises:
        InputError: It would hold what its reader refuses.
    """
    content = model.to_dict()
    try:
        data = _dump(content, True)
        if plain_yaml.read(data)["flavors"] != content["flavors"]:  # without libyaml a next line (U+0085) is lost
            data = _dump(content, False)
            plain_yaml.read(data)
    except (plain_yaml.PlainYamlError, yaml.YAMLError, UnicodeEncodeError, RecursionError) as error:
        reason = (
            str(error) if isinstance(error, plain_yaml.PlainYamlError) else "a value that YAML has no plain form for"
        )
        raise InputError(
            f"The model's MLmodel could not be read back: {reason}. metadata holds text, numbers of up to 40 digits, "
            "dates, true, false, None, and lists and dicts of them with text as keys."
        ) from None
    if len(data) > MAX_MLMODEL:
        raise InputError(
            f"The model's MLmodel would be {len(data):,} bytes; at most {MAX_MLMODEL:,}: shorten the query."
        )
    path.write_bytes(data)


@dataclass(frozen=True)
class Stored:
    """What a model's MLmodel says.

    Attributes:
        spec: Its ``sql`` section.
        config: The ``config`` of its ``python_function`` section.
        signature: Its signature.
        content: All of it.
    """

    spec: SqlSpec
    config: dict[str, Any]
    signature: Any
    content: dict[str, Any]


def _raise_as_mlflow(folder: Path, flavor: str) -> None:
    """Raises what MLflow does for the built-in flavors, where no such flavor is there."""
    from mlflow.exceptions import MlflowException

    from .. import _mlflow

    try:
        _mlflow.flavor_configuration(str(folder), flavor)
    except MlflowException:
        raise
    except Exception:  # what else it makes of such a file is no sentence
        return


def read(folder: Path, flavor: str) -> Stored:
    """Reads the MLmodel of a folder.

    Raises:
        ModelFileError: It is missing, too large or not such a file.
        MlflowException: It has no such flavor.
    """
    from mlflow.models import ModelSignature

    check_finished(folder)
    content = mlmodel(folder, flavor)
    if flavor not in content["flavors"]:
        _raise_as_mlflow(folder, flavor)
        raise ModelFileError(f"MLmodel has no {flavor} flavor.")
    pyfunc = content["flavors"].get("python_function")
    config = pyfunc.get("config") if isinstance(pyfunc, dict) else None
    if config is not None and not isinstance(config, dict):
        raise ModelFileError("MLmodel's config is not a mapping: restore it, or save the model again.")
    signature = content.get("signature")
    try:
        found = ModelSignature.from_dict(signature) if signature else None
    except Exception:
        raise ModelFileError("MLmodel's signature cannot be read: restore it, or save the model again.") from None
    return Stored(SqlSpec.read(content["flavors"][flavor]), config or {}, found, content)


def mlmodel(folder: Path, flavor: str) -> dict[str, Any]:
    """All of a folder's MLmodel, which has a section of flavors.

    Raises:
        ModelFileError: It is missing, too large or not such a file.
        MlflowException: It is missing, in the words of the built-in flavors.
    """
    if not os.path.lexists(folder / "MLmodel"):
        _raise_as_mlflow(folder, flavor)
        raise ModelFileError("There is no MLmodel file at the model's location.")
    try:
        content = plain_yaml.read(read_file(folder, "MLmodel", MAX_MLMODEL))
    except plain_yaml.PlainYamlError as error:
        raise ModelFileError(f"MLmodel cannot be read: {error}. Restore it, or save the model again.") from None
    if not isinstance(content, dict) or not isinstance(content.get("flavors"), dict):
        raise ModelFileError("MLmodel has no flavors section: restore it, or save the model again.")
    return content
