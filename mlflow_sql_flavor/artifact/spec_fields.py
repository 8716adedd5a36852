"""The parts of MLmodel's ``sql`` section, each a list or mapping of bounded length; shared by all format versions.

A part never changes its meaning: what a later format says otherwise is a part of its own.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = [
    "AboutSpec",
    "CompatSpec",
    "ExpectedSpec",
    "FewRowsSpec",
    "FileSpec",
    "FindingSpec",
    "LimitsSpec",
    "OpenSpec",
    "OrderSpec",
    "TableSpec",
    "TranslationSpec",
    "UdfSpec",
    "UdfsSpec",
    "VerdictSpec",
]

#: A longer query than this is refused, in characters.
MAX_SQL = 8_000_000

#: The most columns of one table, and entries of the other lists and mappings.
MAX_COLUMNS, MAX_TABLES, MAX_NAMES, MAX_FINDINGS, MAX_FILES = 50_000, 10_000, 10_000, 10_000, 100_000

Text = Annotated[str, Field(max_length=MAX_SQL)]
Sentence = Annotated[str, Field(max_length=100_000)]
Name = Annotated[str, Field(min_length=1, max_length=100_000)]
Type = Annotated[str, Field(min_length=1, max_length=100_000)]
Path = Annotated[str, Field(min_length=1, max_length=1_000)]
FilePath = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(lambda path: _inside(path))]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Place = Annotated[int, Field(ge=0, le=2**31 - 1)]
Columns = Annotated[list[Name], Field(max_length=MAX_COLUMNS)]
Types = Annotated[dict[Name, Type], Field(max_length=MAX_COLUMNS)]
Names = Annotated[list[Name], Field(max_length=MAX_NAMES)]
Keys = Annotated[list[Annotated[list[Name], Field(max_length=1_000)]], Field(max_length=1_000)]


class Part(BaseModel):
    """Anything of the section: no other keys, no other types, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _inside(path: str) -> str:
    parts = path.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[\\:\x00-\x1f\x7f]", path):
        raise ValueError("a file's path is relative to the model and inside of it, with forward slashes")
    return path


def inside_tables(path: str) -> str:
    """The path of a reference table's file, if it is one."""
    if not re.fullmatch(r"tables/[^/\\:\x00-\x1f]+\.parquet", path) or ".." in path:
        raise ValueError("a table's path is tables/NAME.parquet inside the model")
    return path


class TableSpec(Part):
    """A reference table stored in the model.

    Attributes:
        path: Its Parquet file, relative to the model, with forward slashes.
        rows: Number of rows.
        sha256: Of the file.
        columns: ``{column: DuckDB type}`` of the columns the query uses.
        unique: Column sets on whose uniqueness the model's row behaviour rests.
    """

    path: Path
    rows: Count
    sha256: Digest
    columns: Types
    unique: Keys = []

    @field_validator("path")
    @classmethod
    def _inside(cls, value: str) -> str:
        return inside_tables(value)


class UdfSpec(Part):
    """A Python function of the query: its types, and how it is called."""

    parameters: Annotated[dict[Name, Type], Field(max_length=1_000)]
    returns: Type
    vectorized: bool
    nulls: bool = False
    takes_null: Annotated[list[Name], Field(max_length=1_000)] | None = None
    """The parameters that get NULL as None; None: all of them, if ``nulls``."""


class UdfsSpec(Part):
    """The file with the Python functions, and what it holds."""

    path: Literal["udfs.cloudpickle"]
    sha256: Digest
    cloudpickle_version: Name
    functions: Annotated[dict[Name, UdfSpec], Field(max_length=MAX_NAMES)]


class CompatSpec(Part):
    """Names of what the package installs for a dialect; never its text."""

    pack: Name | None = None
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    macros: Names = []
    settings: Annotated[dict[Name, str | bool], Field(max_length=1_000)] = {}


class OpenSpec(Part):
    """Something the source engine leaves open, and where in the query."""

    kind: Name
    message: Text
    line: Place | None = None
    column: Place | None = None
    text: Text | None = None


class FindingSpec(Part):
    """A construct without evidence that its rows are the source engine's, and where in the query.

    Attributes:
        kind: What is missing, as ``allow`` names it.
        feature: The construct, as the index of evidence names it.
        message: What is missing, in one sentence.
        line: From 1.
        column: From 1.
        text: The construct as written.
        settled: What its writer settled it with; None if it stands open.
    """

    kind: Name
    feature: Name
    message: Sentence
    line: Place | None = None
    column: Place | None = None
    text: Sentence | None = None
    settled: Literal["allow", "expected_output"] | None = None


class AboutSpec(Part):
    """What the maker of a model tells of it.

    Attributes:
        description: What the model is.
        columns: ``{output: what it is}``.
        remarks: Sentences that a reader should know.
    """

    description: Sentence | None = None
    columns: Annotated[dict[Name, Sentence], Field(max_length=MAX_COLUMNS)] = {}
    remarks: Annotated[list[Sentence], Field(max_length=MAX_FINDINGS)] = []


class VerdictSpec(Part):
    """One comparison with rows that somebody else said are right.

    Attributes:
        source: Who said so: ``"dbt unit test"``.
        name: Of the comparison there.
        outcome: ``equal``; ``not run`` for one that could not be run, with the reason in ``message``.
        rows: Rows compared.
        message: One sentence.
    """

    source: Name
    name: Name
    outcome: Literal["equal", "not run"]
    rows: Count | None = None
    message: Sentence | None = None


class ExpectedSpec(Part):
    """What was compared with the source engine's own rows.

    Attributes:
        path: The file of the recorded answer to the input example; None if only other rows were compared.
        sha256: Of the file.
        rows: Of the file.
        verdict: On the recorded answer, in one sentence.
        verdicts: On other rows, such as a dbt model's unit tests.
    """

    path: Literal["expected_output.parquet"] | None = None
    sha256: Digest | None = None
    rows: Count | None = None
    verdict: Sentence | None = None
    verdicts: Annotated[list[VerdictSpec], Field(max_length=MAX_FINDINGS)] = []

    @model_validator(mode="after")
    def _whole(self) -> ExpectedSpec:
        if len({value is None for value in (self.path, self.sha256, self.rows, self.verdict)}) != 1:
            raise ValueError("path, sha256, rows and verdict go together")
        return self


class LimitsSpec(Part):
    """The model's own limits: they can only tighten the loader's."""

    timeout_seconds: float | int | None = None
    memory_limit: Annotated[str, Field(max_length=100)] | int | None = None
    threads: int | None = None
    max_rows: int | None = None
    isolation: Literal["thread", "process"] | None = None

    @field_validator("timeout_seconds")
    @classmethod
    def _finite(cls, value: float | None) -> float | None:
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ValueError("timeout_seconds is a positive number of seconds")
        return value


class OrderSpec(Part):
    """Columns in their order, which the mappings lose when MLflow writes the file anew, its keys sorted."""

    input: Columns | None
    output: Columns
    tables: Annotated[dict[Name, Columns], Field(max_length=MAX_TABLES)] = {}


class TranslationSpec(Part):
    """Where ``duckdb_sql`` comes from.

    Attributes:
        kind: ``translated`` from ``sql``; ``converted``: a converter made both texts of one estimator.
        digest: SHA-256 of what translates: the package's own sources. The same digest, sqlglot and DuckDB give the
            same text.
    """

    kind: Literal["translated", "converted"] = "translated"
    digest: Digest | None = None


class FewRowsSpec(Part):
    """Another text of the same rows, for inputs where planning takes longer than running.

    Attributes:
        rows: The most rows of an input it is meant for.
        duckdb_sql: What DuckDB runs then.
    """

    rows: Count
    duckdb_sql: Text


class FileSpec(Part):
    """A file of the model's folder, or all files below one of its folders (a path that ends in ``/``).

    Attributes:
        bytes: Its size; of a folder the sum.
        sha256: Of the file; of a folder of the lines ``sha256  path`` of its files, sorted by path.
        files: How many files, of a folder; None of a file.
    """

    bytes: Count
    sha256: Digest
    files: Count | None = None
