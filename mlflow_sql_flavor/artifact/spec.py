"""The ``sql`` section of MLmodel: one model that reads and writes it, and its format version.

Everything read here may be hostile text: it is checked for shape and size before any of it is used, and it can
tighten what the loader allows, never loosen it.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ModelFileError

__all__ = ["FORMAT_VERSION", "SqlSpec", "TableSpec", "UdfSpec", "UdfsSpec"]

#: Version of the section this package writes. A new meaning of a key is a new version; readers of old ones stay.
FORMAT_VERSION = 1

#: A longer query than this is refused, in characters.
MAX_SQL = 8_000_000

_Text = Annotated[str, Field(max_length=MAX_SQL)]
_Name = Annotated[str, Field(min_length=1, max_length=100_000)]
_Type = Annotated[str, Field(min_length=1, max_length=100_000)]
_Path = Annotated[str, Field(min_length=1, max_length=1_000)]
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TableSpec(_Section):
    """A reference table stored in the model.

    Attributes:
        path: Its Parquet file, relative to the model, with forward slashes.
        rows: Number of rows.
        sha256: Of the file.
        columns: ``{column: DuckDB type}`` of the columns the query uses.
        unique: Column sets on whose uniqueness the model's row behaviour rests.
    """

    path: _Path
    rows: Annotated[int, Field(ge=0)]
    sha256: _Digest
    columns: Annotated[dict[_Name, _Type], Field(max_length=50_000)]
    unique: list[list[_Name]] = []

    @field_validator("path")
    @classmethod
    def _inside(cls, value: str) -> str:
        if not re.fullmatch(r"tables/[^/\\:\x00-\x1f]+\.parquet", value) or ".." in value:
            raise ValueError("a table's path is tables/NAME.parquet inside the model")
        return value


class UdfSpec(_Section):
    """A Python function of the query: its types, and how it is called."""

    parameters: dict[_Name, _Type]
    returns: _Type
    vectorized: bool
    nulls: bool = False
    takes_null: list[_Name] | None = None
    """The parameters that get NULL as None; None: all of them, if ``nulls``."""


class UdfsSpec(_Section):
    """The file with the Python functions, and what it holds."""

    path: Literal["udfs.cloudpickle"]
    sha256: _Digest
    cloudpickle_version: _Name
    functions: dict[_Name, UdfSpec]


class CompatSpec(_Section):
    """Names of what the package installs for a dialect; never its text."""

    pack: _Name | None = None
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    macros: list[_Name] = []
    settings: dict[_Name, str | bool] = {}


class FindingSpec(_Section):
    """Something the source engine leaves open, and where in the query."""

    kind: _Name
    message: _Text
    line: int | None = None
    column: int | None = None
    text: _Text | None = None


class ExpectedSpec(_Section):
    """The recorded answer beside the input example, and the verdict on it."""

    path: Literal["expected_output.parquet"]
    sha256: _Digest
    rows: Annotated[int, Field(ge=0)]
    verdict: _Text


class LimitsSpec(_Section):
    """The model's own limits: they can only tighten the loader's."""

    timeout_seconds: float | int | None = None
    memory_limit: str | int | None = None
    threads: int | None = None
    max_rows: int | None = None
    isolation: Literal["thread", "process"] | None = None

    @field_validator("timeout_seconds")
    @classmethod
    def _finite(cls, value: float | None) -> float | None:
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError("timeout_seconds is a positive number of seconds")
        return value


class OrderSpec(_Section):
    """Columns in their order, which the mappings above lose when MLflow writes the file anew, its keys sorted."""

    input: Annotated[list[_Name], Field(max_length=50_000)] | None
    output: Annotated[list[_Name], Field(max_length=50_000)]
    tables: dict[_Name, Annotated[list[_Name], Field(max_length=50_000)]] = {}


class SqlSpec(_Section):
    """The ``sql`` flavor of an MLmodel file; the keys are described in the documentation of the format."""

    format_version: Literal[1] = 1
    sql: _Text
    dialect: _Name
    duckdb_sql: _Text
    input_table: _Name
    input_types: Annotated[dict[_Name, _Type], Field(max_length=50_000)] | None
    output_types: Annotated[dict[_Name, _Type], Field(max_length=50_000)]
    param_types: dict[_Name, _Type]
    tables: dict[_Name, TableSpec] = {}
    column_order: OrderSpec | None = None
    udfs: UdfsSpec | None = None
    prediction_column: _Name | None = None
    rows: Literal["independent", "aligned", "table"]
    limits: LimitsSpec = LimitsSpec()
    compat: CompatSpec = CompatSpec()
    level: Literal["verified", "documented", "unverified"]
    nondeterminism: list[FindingSpec] = []
    allow: list[_Name] = []
    expected_output: ExpectedSpec | None = None
    sqlglot_version: _Name
    duckdb_version: _Name
    mlflow_sql_flavor_version: _Name
    code: str | None = None
    extra_files: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_order(cls, section: Any) -> Any:
        order = section.get("column_order") if isinstance(section, dict) else None
        if not isinstance(order, dict):
            return section
        section = dict(section)
        for key, name in (("input_types", "input"), ("output_types", "output")):
            section[key] = _ordered(section.get(key), order.get(name))
        tables, orders = section.get("tables"), order.get("tables")
        if isinstance(tables, dict) and isinstance(orders, dict):
            section["tables"] = {
                name: {**table, "columns": _ordered(table.get("columns"), orders.get(name))}
                if isinstance(table, dict)
                else table
                for name, table in tables.items()
            }
        return section

    @classmethod
    def read(cls, section: Any) -> SqlSpec:
        """Reads the section of a model's MLmodel.

        Raises:
            ModelFileError: Of a later format, or not such a section.
        """
        if not isinstance(section, dict):
            raise ModelFileError("The sql section of MLmodel is not a mapping: save the model again.")
        version = section.get("format_version")
        if type(version) is not int or version < 1:
            raise ModelFileError("MLmodel's sql section has no valid format_version: save the model again.")
        if version > FORMAT_VERSION:
            written = section.get("mlflow_sql_flavor_version")
            need = f" {written[:40]}" if isinstance(written, str) else ""
            raise ModelFileError(
                f"The model is of format_version {version}; this mlflow-sql-flavor reads up to {FORMAT_VERSION}: "
                f"install mlflow-sql-flavor{need} or later."
            )
        try:
            return cls.model_validate(section)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part)[:60] for part in first["loc"][:4]) or "sql"
            if first["type"] == "extra_forbidden":
                raise ModelFileError(
                    f"MLmodel has a key this mlflow-sql-flavor does not know: {where}. It was written by a later "
                    "version or edited: install the version named in mlflow_sql_flavor_version."
                ) from None
            raise ModelFileError(
                f"MLmodel's sql section is not valid at {where}: {first['msg']}. Restore it, or save the model again."
            ) from None

    def write(self) -> dict[str, Any]:
        """The section as plain values for YAML, every key present."""
        section = self.model_dump(exclude={"extra_files"} if self.extra_files is None else None)
        section["limits"] = self.limits.model_dump(exclude_none=True)
        return section


def _ordered(types: Any, names: Any) -> Any:
    if not isinstance(types, dict) or not isinstance(names, list):
        return types
    if not all(isinstance(name, str) for name in names) or len(names) != len(types) or set(names) != set(types):
        raise ValueError("column_order does not name the columns")
    return {name: types[name] for name in names}
