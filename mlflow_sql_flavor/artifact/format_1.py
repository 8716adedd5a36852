"""``format_version`` 1 of the ``sql`` section, as mlflow-sql-flavor 0.1 wrote it: read for ever."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from . import spec_fields

__all__ = ["SqlSpec1"]


class _Table(spec_fields.Part):
    path: spec_fields.Path
    rows: spec_fields.Count
    sha256: spec_fields.Digest
    columns: spec_fields.Types
    unique: spec_fields.Keys = []

    @field_validator("path")
    @classmethod
    def _inside(cls, value: str) -> str:
        return spec_fields.inside_tables(value)


class _Expected(spec_fields.Part):
    path: Literal["expected_output.parquet"]
    sha256: spec_fields.Digest
    rows: spec_fields.Count
    verdict: spec_fields.Text


class SqlSpec1(spec_fields.Part):
    """The section; ``level`` is the dialect's, and no file has a checksum but tables, functions and expected rows."""

    format_version: Literal[1]
    sql: spec_fields.Text
    dialect: spec_fields.Name
    duckdb_sql: spec_fields.Text
    input_table: spec_fields.Name
    input_types: spec_fields.Types | None
    output_types: spec_fields.Types
    param_types: spec_fields.Types
    tables: Annotated[dict[spec_fields.Name, _Table], Field(max_length=spec_fields.MAX_TABLES)] = {}
    column_order: spec_fields.OrderSpec | None = None
    udfs: spec_fields.UdfsSpec | None = None
    prediction_column: spec_fields.Name | None = None
    rows: Literal["independent", "aligned", "table"]
    limits: spec_fields.LimitsSpec = spec_fields.LimitsSpec()
    compat: spec_fields.CompatSpec = spec_fields.CompatSpec()
    level: Literal["verified", "documented", "unverified"]
    nondeterminism: Annotated[list[spec_fields.OpenSpec], Field(max_length=spec_fields.MAX_FINDINGS)] = []
    allow: spec_fields.Names = []
    expected_output: _Expected | None = None
    sqlglot_version: spec_fields.Name
    duckdb_version: spec_fields.Name
    mlflow_sql_flavor_version: spec_fields.Name
    code: spec_fields.Path | None = None
    extra_files: Annotated[list[Any], Field(max_length=spec_fields.MAX_FILES)] | None = None

    def current(self) -> dict[str, Any]:
        """The keys as the present format has them; what was not recorded is None."""
        return {**self.model_dump(), "manifest": None, "translation": None}
