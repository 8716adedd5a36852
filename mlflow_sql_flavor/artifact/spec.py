"""The ``sql`` section of MLmodel: one model that reads and writes it, and its format versions.

Everything read here may be hostile text: it is checked for shape and size before any of it is used, and it can
tighten what the loader allows, never loosen it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ..errors import ModelFileError
from . import spec_fields
from .format_1 import SqlSpec1
from .spec_fields import (
    AboutSpec,
    CompatSpec,
    ExpectedSpec,
    FewRowsSpec,
    FileSpec,
    FindingSpec,
    LimitsSpec,
    OpenSpec,
    OrderSpec,
    TableSpec,
    TranslationSpec,
    UdfSpec,
    UdfsSpec,
    VerdictSpec,
)

__all__ = [
    "FORMAT_VERSION",
    "AboutSpec",
    "CompatSpec",
    "ExpectedSpec",
    "FewRowsSpec",
    "FileSpec",
    "FindingSpec",
    "LimitsSpec",
    "OpenSpec",
    "OrderSpec",
    "SqlSpec",
    "TableSpec",
    "TranslationSpec",
    "UdfSpec",
    "UdfsSpec",
    "VerdictSpec",
]

#: Version of the section this package writes. A new meaning of a key is a new version; readers of old ones stay.
FORMAT_VERSION = 2


class SqlSpec(spec_fields.Part):
    """The ``sql`` flavor of an MLmodel file; the keys are described in the documentation of the format.

    One that was read from an older format says so in ``format_version``; what that format did not record is None.
    """

    format_version: Literal[1, 2] = 2
    sql: spec_fields.Text
    dialect: spec_fields.Name
    duckdb_sql: spec_fields.Text
    few_rows: FewRowsSpec | None = None
    translation: TranslationSpec | None = TranslationSpec()
    input_table: spec_fields.Name
    input_types: spec_fields.Types | None
    output_types: spec_fields.Types
    param_types: spec_fields.Types
    #: Values that the text itself gives its parameters, as text that DuckDB casts to their types.
    param_defaults: Annotated[
        dict[spec_fields.Name, spec_fields.Sentence | None], Field(max_length=spec_fields.MAX_COLUMNS)
    ] = {}
    tables: Annotated[dict[spec_fields.Name, TableSpec], Field(max_length=spec_fields.MAX_TABLES)] = {}
    #: Column sets of tables that the writer declared unique, checked on the data.
    keys: Annotated[dict[spec_fields.Name, spec_fields.Keys], Field(max_length=spec_fields.MAX_TABLES)] = {}
    column_order: OrderSpec | None = None
    udfs: UdfsSpec | None = None
    prediction_column: spec_fields.Name | None = None
    rows: Literal["independent", "aligned", "table"]
    limits: LimitsSpec = LimitsSpec()
    compat: CompatSpec = CompatSpec()
    level: Literal["verified", "documented", "unverified"]
    findings: Annotated[list[FindingSpec], Field(max_length=spec_fields.MAX_FINDINGS)] = []
    nondeterminism: Annotated[list[OpenSpec], Field(max_length=spec_fields.MAX_FINDINGS)] = []
    allow: spec_fields.Names = []
    expected_output: ExpectedSpec | None = None
    #: What its maker tells of it, for people.
    about: AboutSpec | None = None
    manifest: Annotated[dict[spec_fields.FilePath, FileSpec], Field(max_length=spec_fields.MAX_FILES)] | None = None
    sqlglot_version: spec_fields.Name
    duckdb_version: spec_fields.Name
    mlflow_sql_flavor_version: spec_fields.Name
    code: spec_fields.Path | None = None
    extra_files: Annotated[list[Any], Field(max_length=spec_fields.MAX_FILES)] | None = None

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
            return _READERS[version](section)
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
        section["tables"] = {name: table.model_dump(exclude_defaults=True) for name, table in self.tables.items()}
        for name, table in self.tables.items():
            section["tables"][name]["unique"] = [list(key) for key in table.unique]
        if self.manifest is not None:
            section["manifest"] = {path: file.model_dump(exclude_none=True) for path, file in self.manifest.items()}
        return section


def _ordered(types: Any, names: Any) -> Any:
    if not isinstance(types, dict) or not isinstance(names, list):
        return types
    if not all(isinstance(name, str) for name in names) or len(names) != len(types) or set(names) != set(types):
        raise ValueError("column_order does not name the columns")
    return {name: types[name] for name in names}


_UNFILLED = ("duckdb_input", None)


def _current(section: dict[str, Any]) -> SqlSpec:
    # Models of before 0.2.0 name a key that nothing filled.
    found = SqlSpec.model_validate({key: value for key, value in section.items() if (key, value) != _UNFILLED})
    if found.manifest is None or found.translation is None:
        raise ModelFileError("MLmodel's sql section has no manifest: restore it, or save the model again.")
    return found


#: ``{format_version: its reader}``.
_READERS: dict[int, Callable[[dict[str, Any]], SqlSpec]] = {
    1: lambda section: SqlSpec.model_validate(SqlSpec1.model_validate(section).current()),
    2: _current,
}
