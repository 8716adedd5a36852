"""A model ready to run: compiled once for each set of input types it meets, and kept."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..artifact.tables import source_of
from ..engines.duckdb import Runner
from ..engines.worker import ProcessRunner
from ..errors import InputError, NotGivenError, QueryError, SQLModelError
from ..frames import reading, writing
from ..frames.parameters import Parameters, refused_type, types_of_schema, types_of_values, unknown
from ..frames.schema import canonical
from .bound_query import Bound
from .compiled_query import Compiled
from .duckdb_binding import bind
from .stored_program import restored

if TYPE_CHECKING:
    from ..query.reading.parsed_query import ParsedQuery
    from .gates.state import CompileRequest
    from .model_definition import Definition

__all__ = ["CompiledModel"]

#: What a placeholder is most often compared with.
_ORDINARY = ("BIGINT", "VARCHAR", "DOUBLE", "TIMESTAMP", "BOOLEAN", "BIGINT[]", "VARCHAR[]")
#: For so many sets of types a model stays compiled; each is a DuckDB instance.
MOST_BOUND = 32


class CompiledModel:
    """Compiles a model for the types it meets; one that is stored is compiled already.

    Args:
        definition: The model; of a stored one nothing of the text is read to run it.

    Raises:
        ModelFileError: A stored model contradicts itself.
        QueryError: The query of a stored model is not one that may run here.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._by_types: dict[Any, Bound] = {}
        self._by_shape: dict[Any, Bound] = {}
        self._lock = threading.Lock()
        self._stored: Bound | None = None
        if definition.spec is not None:
            self._stored = self._ready(restored(definition.spec, definition.tables, definition.udfs, definition.limits))
            runner = self._stored.runner
            if isinstance(runner, ProcessRunner) and definition.limits.isolation != "process":
                runner.check()

    @property
    def bound(self) -> tuple[Bound, ...]:
        """What is compiled by now, the newest last."""
        return (self._stored,) if self._stored is not None else tuple(self._by_types.values())

    def read(self, data: Any, params: Mapping[str, Any] | None) -> tuple[reading.Frame | None, Bound]:
        """The data as the query reads it, and the query compiled for it.

        Args:
            data: A frame of any kind; None if the query reads no input.
            params: Values whose types the placeholders take, where no signature gives them.

        Returns:
            The frame, None where the query reads no input; and what runs.

        Raises:
            InputError: The data does not fit, or is missing.
            QueryError: The query cannot run on data of these types.
        """
        bound = self.bound_for(data, params)
        return self._frame(data, bound), bound

    def answer(self, data: Any, params: Mapping[str, Any] | None, output: str | None) -> Any:
        """The query's result: :meth:`read`, then :meth:`Bound.run`, or sooner for one row of pandas."""
        bound = self.bound_for(data, params)
        if output in (None, "pandas"):
            found = bound.of_one_row(data, params)
            if found is not None:
                return found
        frame = self._frame(data, bound)
        return bound.run(frame, bound.parameters.values(params), output)

    def bound_for(self, data: Any, params: Mapping[str, Any] | None) -> Bound:
        """The query compiled for this data and these values; as :meth:`read`, the data itself left unread."""
        if self.definition.spark_tables:
            name = next(iter(self.definition.spark_tables))
            raise InputError(
                f"Reference table {name!r} was given as a table of Spark's: pass a Spark DataFrame to predict, or load "
                "the model without it."
            )
        return self._stored or self._for_data(data, params)

    def _frame(self, data: Any, bound: Bound) -> reading.Frame | None:
        if bound.program.input_schema is None:
            return None
        if data is None:
            raise InputError("The query reads its input: pass the data to predict.")
        return reading.read(data, bound.program.input_schema, any_text=True)

    def bind(self, types: Mapping[str, str] | None, params: Mapping[str, Any] | None = None) -> Bound:
        """The query compiled for an input of these types; compiled once for each.

        Args:
            types: ``{column: DuckDB type}``; None if there is no input.
            params: Values whose types the placeholders take, where no signature gives them.

        Raises:
            QueryError: The query fails a gate.
        """
        if self._stored is not None:
            return self._stored
        query = self.definition.query
        folded = {name.casefold(): kind for name, kind in self.param_types(params).items()}
        found = {name: folded[name.casefold()] for name in query.params if name.casefold() in folded}
        if len(found) < len(query.params):
            read = {name.casefold() for name in query.params}
            misspelt = next((label for label in params or {} if str(label).casefold() not in read), None)
            if misspelt is not None:
                raise unknown(misspelt, list(query.params))
        key = (None if types is None else tuple(types.items()), tuple(found.items()))
        bound = self._by_types.get(key)
        if bound is None:
            with self._lock:
                try:
                    bound = self._by_types.get(key) or self._compile(query, types, found)
                except QueryError as error:
                    self._refuse_value(error, types, found, params)
                    raise
                if len(self._by_types) >= MOST_BOUND:
                    self._by_types.pop(next(iter(self._by_types)))
                    self._by_shape.clear()
                self._by_types[key] = bound
        return bound

    def param_types(self, params: Mapping[str, Any] | None) -> dict[str, str]:
        """``{placeholder: DuckDB type}``: as the signature has it, else as the value, else as the text hints."""
        declared = types_of_schema(getattr(self.definition.signature, "params", None))
        hints = {name: canonical(kind) for name, kind in self.definition.query.type_hints.items()}
        return {**hints, **types_of_values(params), **declared}

    def _for_data(self, data: Any, params: Mapping[str, Any] | None) -> Bound:
        """The query compiled for this data and these values; a frame of a known shape is not looked at again."""
        fixed = getattr(self.definition.signature, "inputs", None) is not None
        shape = "signature" if fixed else reading.shape_of(data)
        if shape is None:
            return self.bind(self.definition.types_of(data), params)
        key = (shape, tuple(types_of_values(params).items()) if params else ())
        try:
            bound = self._by_shape.get(key)
        except UnicodeEncodeError:  # a category that is no text, which is said where the column is read
            return self.bind(self.definition.types_of(data), params)
        if bound is None:
            bound = self._by_shape[key] = self.bind(self.definition.types_of(data), params)
        return bound

    def _compile(self, query: ParsedQuery, types: Mapping[str, str] | None, params: Mapping[str, str]) -> Bound:
        from .gates import compile_query

        model = self.definition
        for name in query.params:
            if name not in params:
                use = next(use for use in query.placeholders if use.name == name)
                raise NotGivenError(
                    f"Parameter {name!r} has no type",
                    query.sql,
                    use.start,
                    use.end - use.start,
                    name=name,
                    what="give it a value that is not None, in params or in input_example's params, or declare it in "
                    "the signature",
                )
        asked = self.asked(types, params)
        compiled = compile_query(query, asked)
        if model.few_rows is not None:
            from .gates.few_rows_query import with_few_rows

            compiled = with_few_rows(compiled, model.few_rows, asked)
        return self._ready(compiled)

    def _refuse_value(
        self,
        error: QueryError,
        types: Mapping[str, str] | None,
        found: Mapping[str, str],
        params: Mapping[str, Any] | None,
    ) -> None:
        """Names the parameter that makes a query fail to compile by the type of its value, where another type would do.

        Raises:
            InputError: There is one.
        """
        for label, value in (params or {}).items():
            name = next((each for each in found if each.casefold() == str(label).casefold()), None)
            for kind in _ORDINARY if name is not None and self.param_types(params).get(label) == found[name] else ():
                if name is None or kind == found[name]:
                    continue
                try:
                    self._compile(self.definition.query, types, {**found, name: kind})
                except SQLModelError:
                    continue
                raise refused_type(name, value, found[name], kind, error.reason) from error

    def asked(self, types: Mapping[str, str] | None, params: Mapping[str, str]) -> CompileRequest:
        """What the query is compiled for, for an input and parameters of these DuckDB types."""
        from .gates.state import CompileRequest

        model = self.definition
        return CompileRequest(
            input_table=model.input_table,
            input_types=types,
            param_types=params,
            tables={name: table.types for name, table in model.tables.items()},
            source=functools.partial(source_of, model.tables),
            unique=model.unique,
            keys=model.keys,
            udfs=model.udfs,
            limits=model.limits,
            allow=model.allow,
            required={name: table.required for name, table in model.tables.items()},
            rows=sum(table.rows for table in model.tables.values()),
        )

    def _ready(self, compiled: Compiled) -> Bound:
        model = self.definition
        limits = model.limits
        runner: Runner | ProcessRunner
        if limits.isolation == "process" or compiled.isolated:
            runner = ProcessRunner(compiled.instance, compiled.program, limits, bind)
        else:
            runner = Runner(compiled.instance, compiled.program, limits)
        columns = writing.Columns(compiled.program.output_types)
        quick = few = None
        if isinstance(runner, Runner) and compiled.quick is not compiled.instance:
            quick = runner.beside(compiled.quick, compiled.program)
        if isinstance(runner, Runner) and compiled.few is not None:
            few = runner.beside(compiled.quick, compiled.few.program)
        parameters = Parameters(compiled.param_types, model.defaults, model.texts)
        return Bound(compiled, runner, columns, parameters, quick, few, model.sql, limits.memory_limit)

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        del state["_lock"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()
