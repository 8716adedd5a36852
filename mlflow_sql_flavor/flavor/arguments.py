"""What ``save_model`` and ``log_model`` both take: documented once, and handed on as one value."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from .. import _mlflow
from ..artifact.packaging import DISTRIBUTION

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelInputExample, ModelSignature

    from ..artifact.keys import Key
    from ..frames.reading import Data

__all__ = ["ARGUMENT_DOCS", "Arguments"]

_OF_THE_MODEL = (
    "dialect",
    "tables",
    "udfs",
    "input_table",
    "input_types",
    "prediction_column",
    "limits",
    "allow",
    "keys",
)

#: What each argument of :func:`save_model` and :func:`log_model` is, in MLflow's words where it has some.
ARGUMENT_DOCS = _mlflow.LOG_MODEL_PARAM_DOCS.format(package_name=DISTRIBUTION) | {
    "sql_model": """SQL text, a ``pathlib.Path`` to a .sql file, a sqlglot expression, a SQLAlchemy ``select``, an ibis
expression, a DuckDB relation, or a :class:`SQLModel` (which then brings the dialect, tables, functions, types, column
and limits itself).""",
    "dialect": """The dialect the SQL is written in: any of sqlglot's, default ``"duckdb"``.""",
    "tables": """Reference tables, stored in the model as Parquet: ``{name in the query: pandas, polars or Arrow table,
or path of a .parquet or .csv file}``.""",
    "udfs": """Python functions the query calls, with type hints. Stored with cloudpickle.""",
    "keys": """Columns that identify the rows of a reference table: ``{"customers": ["id"]}``, or a list of such lists
where it has several. Checked on the table now, and on data that a loader puts in its place.""",
    "input_table": """The name by which the SQL reads the prediction input, default ``"input"``.""",
    "input_types": """Exact types of input columns where MLflow's schema has no word for them, as DuckDB or Arrow
types: ``{"amount": "DECIMAL(10,2)"}`` or a ``pyarrow.Schema``.""",
    "prediction_column": """The one output column that pyfunc's ``predict`` returns, as a Series.""",
    "limits": """The model's own limits (``timeout_seconds``, ``memory_limit``, ``threads``, ``max_rows``,
``isolation``). They can only tighten those of whoever loads it.""",
    "allow": """Refusals accepted by name, such as ``["hash"]``; recorded in MLmodel.""",
    "signature": f"""Its outputs are not used: those always come from DuckDB's description of the bound query.
Otherwise {_mlflow.LOG_MODEL_PARAM_DOCS["signature"]}""",
    "expected_output": """The rows the source engine gave for ``input_example``. The model is refused if it gives
others.""",
    "strict": """Whether a query is refused of which some construct was never compared with the source engine; None
asks the environment variable ``MLFLOW_SQL_STRICT``. ``expected_output``, or ``allow=["no_evidence"]``, settles it.""",
    "bundle_flavor": """Whether this package's own code goes into the model instead of a pinned requirement.
``"auto"``: if the installed package did not come from an index.""",
}


@dataclass(frozen=True)
class Arguments:
    """What ``save_model`` and ``log_model`` both take; ``ARGUMENT_DOCS`` says what each is."""

    conda_env: str | dict[str, Any] | None
    code_paths: list[str] | None
    dialect: str | None
    tables: Mapping[str, Data | str | os.PathLike[str]] | None
    udfs: Sequence[Callable[..., Any]] | None
    input_table: str | None
    input_types: Mapping[str, str | pa.DataType] | pa.Schema | None
    prediction_column: str | None
    limits: Mapping[str, Any] | None
    allow: Collection[str] | None
    signature: ModelSignature | bool | None
    input_example: ModelInputExample | None
    pip_requirements: str | Iterable[str] | None
    extra_pip_requirements: str | Iterable[str] | None
    expected_output: Data | None
    bundle_flavor: bool | str
    metadata: dict[str, Any] | None
    extra_files: list[str] | None
    strict: bool | None
    keys: Mapping[str, Key] | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Arguments:
        """Those among the arguments of a call."""
        return cls(**{name: given[name] for name in cls.names()})

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(field.name for field in fields(cls))

    def by_name(self) -> dict[str, Any]:
        """``{name: value}``, for a call."""
        return {name: getattr(self, name) for name in self.names()}

    def of_the_model(self) -> dict[str, Any]:
        """``{name: value}`` of those given that describe the query, which a ``SQLModel`` brings itself."""
        return {name: value for name in _OF_THE_MODEL if (value := getattr(self, name)) is not None}
