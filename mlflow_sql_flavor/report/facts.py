"""What a card, a page or a comparison tells of a model, from its MLmodel or from a model that is not saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..artifact.spec import AboutSpec, SqlSpec, VerdictSpec
    from ..compile.bound_query import Bound
    from ..compile.model_definition import Definition
    from ..query.reading.parsed_query import Lineage, ParsedQuery

__all__ = ["NO_DEFAULT", "Facts", "Table", "of_definition", "of_spec"]

NO_DEFAULT: Any = object()


@dataclass(frozen=True)
class Table:
    """A reference table: its number of rows, its columns' types, and the digest of its file where it is saved."""

    rows: int
    columns: Mapping[str, str]
    sha256: str | None = None


@dataclass(frozen=True)
class Facts:
    """A model's description.

    Attributes:
        sql: The query.
        dialect: The dialect it is written in.
        level: What the query's constructs rest on (``verified``, ``documented``, ``unverified``); None while not known.
        findings: Those that nobody compared with the source engine: ``(line, column, message)``.
        input_table: The name of the input in the query.
        inputs: ``{column: DuckDB type}``; None if the query reads no input, or its columns are not known yet.
        outputs: ``{column: DuckDB type}``; None while not known.
        params: ``{name: (DuckDB type or None, default or NO_DEFAULT)}``.
        tables: The reference tables.
        rows: ``independent``, ``aligned`` or ``table``; None while not known.
        functions: Names of Python functions.
        allow: The refusals its writer accepted.
        left_open: What the source engine leaves open: ``(line, column, message)``.
        limits: The model's own limits.
        prediction_column: The one column ``pyfunc`` returns.
        compared: The verdict on the rows of the source engine.
        verdicts: Other comparisons: ``(source, name, outcome, rows, message)``.
        description: What its maker says it is.
        described: ``{output: what its maker says it is}``.
        remarks: What else its maker says.
        versions: ``{package: version}`` it was saved with.
        query: The query, where it is parsed already.
        follow: Gives the column lineage, where the query is typed already.
    """

    sql: str
    dialect: str
    level: str | None
    input_table: str
    inputs: Mapping[str, str] | None = None
    outputs: Mapping[str, str] | None = None
    params: Mapping[str, tuple[str | None, Any]] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    rows: str | None = None
    functions: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    findings: tuple[tuple[int | None, int | None, str], ...] = ()
    left_open: tuple[tuple[int | None, int | None, str], ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    prediction_column: str | None = None
    compared: str | None = None
    verdicts: tuple[tuple[str, str, str, int | None, str | None], ...] = ()
    description: str | None = None
    described: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    query: ParsedQuery | None = None
    follow: Callable[[], Lineage] | None = None

    def lineage(self) -> Lineage:
        """The column lineage, followed now."""
        if self.follow is not None:
            return self.follow()
        from ..errors import SQLModelError
        from ..query.reading.parse import parse
        from ..query.reading.parsed_query import Lineage
        from ..query.translation.lineage import too_long, trace

        reason = too_long(self.sql)
        if reason is not None:
            return Lineage(reason=reason)
        schema = {name: table.columns for name, table in self.tables.items()}
        if self.inputs:
            schema[self.input_table] = self.inputs
        try:
            query = self.query or parse(self.sql, self.dialect, list(schema))
            return trace(query, schema, self.input_table, list(self.outputs or ()))
        except SQLModelError:  # saved by a version that read it
            return Lineage(reason="The query cannot be read by this version, so its columns are not followed.")


def of_spec(spec: SqlSpec, signature: Any = None, names: Mapping[str, Sequence[str]] | None = None) -> Facts:
    """The description of a saved model.

    Args:
        spec: The ``sql`` section of its MLmodel.
        signature: Its signature, for the defaults of parameters.
        names: Of its ``inputs`` and ``outputs`` in their order; None takes the signature's.
    """
    defaults = _defaults(signature)
    if names is None:
        sides = {side: getattr(signature, side, None) for side in ("inputs", "outputs")}
        names = {side: schema.input_names() for side, schema in sides.items() if schema is not None}
    expected = spec.expected_output
    return Facts(
        sql=spec.sql,
        dialect=spec.dialect,
        level=spec.level,
        findings=tuple((f.line, f.column, f.message) for f in spec.findings),
        input_table=spec.input_table,
        inputs=_ordered(spec.input_types, names.get("inputs", ())) if spec.input_types is not None else None,
        outputs=_ordered(spec.output_types, names.get("outputs", ())),
        params={name: (kind, defaults.get(name.casefold(), NO_DEFAULT)) for name, kind in spec.param_types.items()},
        tables={name: Table(t.rows, t.columns, t.sha256) for name, t in spec.tables.items()},
        rows=spec.rows,
        functions=tuple(spec.udfs.functions) if spec.udfs else (),
        allow=tuple(spec.allow),
        left_open=tuple((f.line, f.column, f.message) for f in spec.nondeterminism),
        limits=spec.limits.model_dump(exclude_none=True),
        prediction_column=spec.prediction_column,
        compared=expected.verdict if expected else None,
        verdicts=_verdicts(expected.verdicts) if expected else (),
        **_told(spec.about),
        versions={
            "mlflow-sql-flavor": spec.mlflow_sql_flavor_version,
            "duckdb": spec.duckdb_version,
            "sqlglot": spec.sqlglot_version,
        },
    )


def _ordered(types: Mapping[str, str], names: Sequence[str]) -> Mapping[str, str]:
    """The columns in the signature's order: YAML's mappings are sorted by name."""
    found = {name: types[name] for name in names if name in types}
    return found if len(found) == len(types) else types


def of_definition(model: Definition, bound: Bound | None = None) -> Facts:
    """The description of a model, as far as it is known without running it.

    Args:
        model: The model.
        bound: It compiled for its data, where it has met some.
    """
    if model.spec is not None:
        return of_spec(model.spec, model.signature)
    query = model.query
    defaults = _defaults(model.signature)
    schema = bound.program.input_schema if bound is not None else None
    inputs: Mapping[str, str] | None
    if schema is not None:
        from ..frames.schema import from_arrow

        inputs = {f.name: from_arrow(f.type) for f in schema}
    else:
        inputs = (model.types_of(None) or None) if bound is None else None
    kinds = dict(bound.parameters.types) if bound is not None else dict(query.type_hints)
    return Facts(
        sql=model.sql,
        dialect=model.dialect,
        level=bound.compiled.level if bound is not None else None,
        findings=tuple((f.line, f.column, f.message) for f in bound.compiled.findings) if bound else (),
        input_table=model.input_table,
        inputs=inputs,
        outputs=dict(bound.program.output_types) if bound is not None else None,
        params={name: (kinds.get(name), defaults.get(name.casefold(), NO_DEFAULT)) for name in query.params},
        tables={name: Table(table.rows, table.types) for name, table in model.tables.items()},
        rows=bound.program.rows if bound is not None else None,
        functions=tuple(model.udfs),
        allow=model.allow,
        left_open=tuple((f.line, f.column, f.message) for f in bound.compiled.nondeterminism) if bound else (),
        limits=model.own_limits,
        prediction_column=model.prediction_column,
        verdicts=_verdicts(model.about.verdicts) if model.about is not None else (),
        **_told(model.about.spec() if model.about is not None else None),
        query=query,
        follow=bound.compiled.lineage if bound is not None else None,
    )


def _verdicts(found: Sequence[VerdictSpec]) -> tuple[tuple[str, str, str, int | None, str | None], ...]:
    return tuple((v.source, v.name, v.outcome, v.rows, v.message) for v in found)


def _told(about: AboutSpec | None) -> dict[str, Any]:
    if about is None:
        return {}
    return {"description": about.description, "described": about.columns, "remarks": tuple(about.remarks)}


def _defaults(signature: Any) -> dict[str, Any]:
    params = getattr(signature, "params", None)
    return {spec.name.casefold(): spec.default for spec in params.params} if params is not None else {}
