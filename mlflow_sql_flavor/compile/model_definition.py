"""A model as plain values: what its maker gave, or what its MLmodel says. Nothing of it is compiled yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..artifact.functions import Udf, read_udfs
from ..artifact.keys import covers, read_keys
from ..artifact.spec import FewRowsSpec, SqlSpec
from ..artifact.tables import ReferenceTable, read_tables, stored_table
from ..engines import sandbox
from ..engines.limits import Limits, effective_limits, validate_limits
from ..engines.spark.detection import is_table
from ..errors import InputError, did_you_mean
from ..query.reading.qualified_names import known_name
from .few_rows import few_rows_of
from .stored_program import with_newer

if TYPE_CHECKING:
    from ..artifact.keys import Key
    from ..artifact.model_description import ModelDescription
    from ..query.reading.parsed_query import ParsedQuery

__all__ = ["Definition", "define", "define_stored", "dialect_name"]


@dataclass(frozen=True, eq=False)
class Definition:
    """What a model is made of.

    Attributes:
        sql: The query, as written.
        dialect: The dialect it is written in.
        input_table: The name by which it reads the input.
        tables: The reference tables by name.
        udfs: The Python functions by name.
        input_types: ``{column: DuckDB type}`` that the writer declared; of a stored model, of all of its input.
        signature: ``mlflow.models.ModelSignature`` or None.
        prediction_column: The one column ``pyfunc`` returns; None for all.
        own_limits: The model's own limits, those it sets.
        limits: What it may take: the smaller of its own and the loader's.
        allow: Refusals the writer accepts.
        few_rows: Another text of the same rows, for few of them.
        spec: The ``sql`` section of its MLmodel, if it is stored.
        folder: Where it is stored.
        keys: ``{reference table: [columns of a key, …]}`` that the writer declared and its rows bear out.
        spark_tables: Reference tables that the loader named as tables of Spark's.
        texts: Values that the query itself gives its parameters, as text.
        about: What its maker tells of it beside the query.
        parsed: The query, where it was parsed to make the model.
    """

    sql: str
    dialect: str
    input_table: str
    tables: Mapping[str, ReferenceTable]
    udfs: Mapping[str, Udf]
    input_types: Mapping[str, str]
    signature: Any
    prediction_column: str | None
    own_limits: Mapping[str, Any]
    limits: Limits
    allow: tuple[str, ...]
    few_rows: FewRowsSpec | None = None
    spec: SqlSpec | None = None
    folder: Path | None = None
    keys: Mapping[str, list[list[str]]] = field(default_factory=dict)
    spark_tables: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str | None] = field(default_factory=dict)
    about: ModelDescription | None = None
    parsed: ParsedQuery | None = None

    @cached_property
    def query(self) -> ParsedQuery:
        """The query, reading its tables by the names they have here; a stored model's is parsed when first asked for.

        Raises:
            QueryError: A stored text is not one that this version reads.
        """
        from ..query.reading.parse import parse

        return self.parsed or parse(self.sql, self.dialect, [*self.tables, self.input_table])

    @property
    def defaults(self) -> dict[str, Any]:
        """Values of parameters that a call may leave out."""
        params = getattr(self.signature, "params", None)
        return {spec.name: spec.default for spec in params.params} if params is not None else {}

    def given(self) -> dict[str, Any]:
        """The arguments of ``SQLModel`` that make this model anew, from its text."""
        plain = ("sql", "dialect", "input_table", "input_types", "signature", "prediction_column", "allow", "keys")
        return {
            **{name: getattr(self, name) for name in (*plain, "few_rows")},
            "tables": {name: table.data for name, table in self.tables.items()},
            "udfs": [*self.udfs.values()],
            "limits": self.own_limits,
        }

    def types_of(self, data: Any) -> dict[str, str] | None:
        """``{column: DuckDB type}`` of the input, with this data; None if nothing tells them."""
        from .input_types import types_of_input

        return types_of_input(data, self.signature, self.input_types)

    def table(self, name: str) -> ReferenceTable:
        """A reference table by its name in any case."""
        return next(table for known, table in self.tables.items() if known.casefold() == name.casefold())

    def by_name(self, tables: Mapping[str, Any] | None) -> dict[str, Any]:
        """What a caller gives for reference tables, by the names the query has for them.

        Raises:
            InputError: The model has no such table.
        """
        known = list(self.tables)
        found = {}
        for label, data in (tables or {}).items():
            name = known_name(str(label), known, self.dialect)
            if name is None:
                raise InputError(f"The model has no reference table {label!r}.{did_you_mean(str(label), known)}")
            found[name] = data
        return found

    def unique(self, name: str, columns: Sequence[str], loose: Collection[str] = ()) -> bool:
        """Whether no two rows of a reference table share the values of columns; as :meth:`ReferenceTable.unique`."""
        known = covers(self.keys, name, [column for column in columns if column not in loose])
        return known or self.table(name).unique(columns, loose)


def define(
    query: ParsedQuery,
    *,
    tables: Mapping[str, Any] | None,
    udfs: Sequence[Callable[..., Any] | Udf] | None,
    input_table: str,
    input_types: Any,
    signature: Any,
    prediction_column: str | None,
    limits: Mapping[str, Any] | None,
    allow: Collection[str] | None,
    keys: Mapping[str, Key] | None = None,
    few_rows: tuple[int, str] | FewRowsSpec | None = None,
) -> Definition:
    """The definition a user gives, checked as far as it can be without the input; arguments as of ``SQLModel``.

    Raises:
        InputError: A table, type, limit or name does not fit.
    """
    from .input_types import declared_types

    sandbox.quote(input_table)
    query, references, input_table = _by_the_query(query, read_tables(tables), input_table)
    if any(name.casefold() == input_table.casefold() for name in references):
        raise InputError(f"A reference table has the input's name {input_table!r}: rename it or set input_table.")
    functions = read_udfs(udfs)
    types = declared_types(input_types)
    own = validate_limits(limits, "limits")
    return Definition(
        sql=query.sql,
        dialect=query.dialect,
        input_table=input_table,
        tables=references,
        udfs=functions,
        input_types=types,
        signature=signature or None,
        prediction_column=prediction_column,
        own_limits=own,
        limits=effective_limits(own),
        allow=tuple(allow or ()),
        texts=query.defaults,
        keys=read_keys(keys, references, query.dialect),
        few_rows=few_rows_of(few_rows),
        parsed=query,
    )


def _by_the_query(
    query: ParsedQuery, tables: Mapping[str, ReferenceTable], input_table: str
) -> tuple[ParsedQuery, dict[str, ReferenceTable], str]:
    """The query, and the tables and the input under the names by which it reads them."""
    from ..query.reading.table_names import with_names

    query, names = with_names(query, [*tables, input_table])
    found = {}
    for name, table in tables.items():
        table.name = names.get(name, name)
        found[table.name] = table
    return query, found, names.get(input_table, input_table)


def define_stored(
    spec: SqlSpec,
    folder: Path,
    *,
    limits: Limits,
    signature: Any = None,
    udfs: Mapping[str, Udf] | None = None,
    tables: Mapping[str, Any] | None = None,
) -> Definition:
    """The definition an MLmodel file gives; arguments as of ``SQLModel.from_spec``.

    Raises:
        ModelFileError: A table's file is missing or altered.
        InputError: Newer data for a table does not fit.
    """
    spark_tables: dict[str, Any] = {}
    if isinstance(tables, Mapping):
        spark_tables = {name: data for name, data in tables.items() if is_table(data)}
        tables = {name: data for name, data in tables.items() if name not in spark_tables}
    replaced = {known_name(str(label), list(spec.tables), spec.dialect) for label in tables or ()}
    own = {
        # Of a table in whose place newer data is read, the stored rows do not matter.
        name: stored_table(name, table, folder, content=name not in replaced)
        for name, table in spec.tables.items()
    }
    return Definition(
        sql=spec.sql,
        dialect=spec.dialect,
        input_table=spec.input_table,
        tables=with_newer(own, tables, spec),
        udfs=dict(udfs or {}),
        input_types=dict(spec.input_types or {}),
        signature=signature,
        prediction_column=spec.prediction_column,
        own_limits=spec.limits.model_dump(exclude_none=True),
        limits=limits,
        allow=tuple(spec.allow),
        few_rows=spec.few_rows,
        spec=spec,
        folder=folder,
        keys=spec.keys,
        spark_tables=spark_tables,
        texts=spec.param_defaults,
    )


def dialect_name(dialect: str | None) -> str:
    """sqlglot's name of a dialect, usual aliases read; DuckDB's where none is said.

    Raises:
        QueryError: There is no such dialect.
    """
    from ..query.reading.parse import resolve_dialect

    return resolve_dialect(dialect or "duckdb")
