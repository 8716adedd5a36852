"""``format_version`` 1 of the ``sql`` section, as mlflow-sql-flavor 0.1 wrote it: read for ever."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from . import parts

__all__ = ["SqlSpec1"]


class _Table(parts.Part):
    path: parts.Path
    rows: parts.Count
    sha256: parts.Digest
    columns: parts.Types
    unique: parts.Keys = []

    @field_validator("path")
    @classmethod
    def _inside(cls, value: str) -> str:
        return parts.inside_tables(value)


class _Expected(parts.Part):
    path: Literal["expected_output.parquet"]
    sha256: parts.Digest
    rows: parts.Count
    verdict: parts.Text


class SqlSpec1(parts.Part):
    """The section; ``level`` is the dialect's, and no file has a checksum but tables, functions and expected rows."""

    format_version: Literal[1]
    sql: parts.Text
    dialect: parts.Name
    duckdb_sql: parts.Text
    input_table: parts.Name
    input_types: parts.Types | None
    output_types: parts.Types
    param_types: parts.Types
    tables: Annotated[dict[parts.Name, _Table], Field(max_length=parts.MAX_TABLES)] = {}
    column_order: parts.OrderSpec | None = None
    udfs: parts.UdfsSpec | None = None
    prediction_column: parts.Name | None = None
    rows: Literal["independent", "aligned", "table"]
    limits: parts.LimitsSpec = parts.LimitsSpec()
    compat: parts.CompatSpec = parts.CompatSpec()
    level: Literal["verified", "documented", "unverified"]
    nondeterminism: Annotated[list[parts.OpenSpec], Field(max_length=parts.MAX_FINDINGS)] = []
    allow: parts.Names = []
    expected_output: _Expected | None = None
    sqlglot_version: parts.Name
    duckdb_version: parts.Name
    mlflow_sql_flavor_version: parts.Name
    code: parts.Path | None = None
    extra_files: Annotated[list[Any], Field(max_length=parts.MAX_FILES)] | None = None

    def current(self) -> dict[str, Any]:
        """The keys as the present format has them; what was not recorded is None."""
        return {**self.model_dump(), "manifest": None, "translation": None}
