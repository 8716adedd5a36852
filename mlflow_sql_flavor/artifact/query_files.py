"""What a model's folder holds of its query: the tables, functions and rows written into it, and the section of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..errors import InputError
from ..version import __version__
from . import packaging, tables
from .functions import save_udfs
from .recorded_rows import write_expected
from .spec import CompatSpec, ExpectedSpec, FewRowsSpec, LimitsSpec, OpenSpec, OrderSpec, SqlSpec, TranslationSpec
from .spec_fields import MAX_FINDINGS, FindingSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from ..query.gate.packs import Compat
    from ..query.reading.parsed_query import Finding
    from .functions import Udf
    from .model_description import ModelDescription
    from .tables import ReferenceTable

__all__ = ["QueryFiles", "write_query_files"]


@dataclass(frozen=True)
class QueryFiles:
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
        keys: ``{reference table: [columns of a key, …]}`` that the writer declared.
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
        param_defaults: ``{placeholder: value as text}`` of those that the query itself sets.
        about: What the model's maker tells of it.
        few_rows: Another text of the same rows, for few of them.
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
    compat: Compat
    level: str
    findings: Sequence[Finding] = ()
    settled: str | None = None
    nondeterminism: Sequence[Finding] = ()
    allow: Sequence[str] = ()
    expected: tuple[pa.Table, str] | None = None
    param_defaults: Mapping[str, str | None] = field(default_factory=dict)
    about: ModelDescription | None = None
    keys: Mapping[str, list[list[str]]] = field(default_factory=dict)
    few_rows: FewRowsSpec | None = None


def write_query_files(contents: QueryFiles, folder: Path, code: str | None) -> SqlSpec:
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
            few_rows=contents.few_rows,
            input_table=contents.input_table,
            input_types=dict(contents.input_types) if contents.input_types is not None else None,
            output_types=dict(contents.output_types),
            param_types=dict(contents.param_types),
            param_defaults=dict(contents.param_defaults),
            tables=stored,
            keys={name: keys for name, keys in contents.keys.items() if name in stored},
            column_order=OrderSpec(
                input=list(contents.input_types) if contents.input_types is not None else None,
                output=list(contents.output_types),
                tables={name: list(table.columns) for name, table in stored.items()},
            ),
            udfs=save_udfs(contents.udfs, folder) if contents.udfs else None,
            prediction_column=contents.prediction_column,
            rows=contents.rows,  # type: ignore[arg-type]
            limits=LimitsSpec(**contents.limits),
            compat=CompatSpec(**asdict(contents.compat)),
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
            expected_output=_compared(contents, folder),
            about=contents.about.spec() if contents.about is not None else None,
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


def _compared(contents: QueryFiles, folder: Path) -> ExpectedSpec | None:
    """What the model was compared with: the rows of the source engine, and others that its maker brought."""
    found = write_expected(*contents.expected, folder) if contents.expected is not None else None
    verdicts = list(contents.about.verdicts) if contents.about is not None else []
    if not verdicts:
        return found
    return (found or ExpectedSpec()).model_copy(update={"verdicts": verdicts})
