"""What ``save_model`` accepts: the gates a query passes, in order, from its text and the types it meets to a program.

A gate that a query does not pass raises a ``QueryError``: what, where, and what to write instead.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...engines.forks import querying
from ...engines.program import Program
from ...engines.query_check import text_of
from ...errors import NotGivenError, QueryError, UnknownFunctionError, UnreadableError, did_you_mean
from ...frames.schema import arrow_schema
from ...query.facts.parse_tree import statement_of
from ...query.facts.rows import RowPlan, plan_rows, used_columns
from ...query.gate.packs import Compat
from ...query.gate.query_bounds import answer_of
from ...query.reading.recursion import growing
from ..compiled_query import Compiled
from ..duckdb_binding import binding_for
from ..duckdb_instance import instances_for
from ..function_kinds import function_kinds, macro_bodies
from ..optimized_plan import optimized_plan
from .constant_failures import refuse_failing_constants
from .impossible_casts import may_cast, refuse_impossible_casts
from .row_number import with_row_id
from .state import CompileRequest, CompileState
from .unplaced_errors import placed
from .window_keys import is_refused_key, keys_apart

if TYPE_CHECKING:
    from ...query.evidence.lookup import Evidence
    from ...query.reading.parsed_query import Lineage, ParsedQuery, Translation

__all__ = ["GATES", "Gate", "compile_query", "pass_through"]


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        number: Its place in the order that the documentation gives.
        asks: What holds of a query that passed it.
        check: Lets a query pass or raises; None if it is asked elsewhere.
        typed: Whether it needs the types of the input.
    """

    number: int
    asks: str
    check: Callable[[CompileState], None] | None
    typed: bool = False


def _query(state: CompileState) -> ParsedQuery:
    assert state.query is not None
    return state.query


def _parses(state: CompileState) -> None:
    from ...query.reading.parse import read

    state.text = read(state.sql, state.dialect)


def _is_one_query(state: CompileState) -> None:
    from ...query.reading.parse import one_query

    assert state.text is not None
    state.query = one_query(state.text)


def _reads_by_name(state: CompileState) -> None:
    """Tables under the names by which the query reads them, wherever what was asked names them by fewer parts."""
    from ...query.reading.table_names import with_names

    asked = state.asked
    state.query, names = with_names(_query(state), asked.names)
    if all(name == found for name, found in names.items()):
        return
    given = {names.get(name, name): name for name in asked.tables}
    state.asked = replace(
        asked,
        input_table=names.get(asked.input_table, asked.input_table),
        tables={name: asked.tables[own] for name, own in given.items()},
        keys={name: asked.keys[own] for name, own in given.items() if own in asked.keys},
        source=lambda name, columns: asked.source(given[name], columns),
        unique=lambda name, columns, loose: asked.unique(given.get(name, name), columns, loose),
        required={name: asked.required.get(own, ()) for name, own in given.items()},
    )


def _is_allowed(state: CompileState) -> None:
    """On the text as it is where DuckDB reads it, so that a forbidden node is named before a missing table or type is.

    Of other dialects DuckDB sees the translation, which is judged as soon as it is there.
    """
    _reads_by_name(state)
    query = _query(state)
    if query.dialect != "duckdb":
        return
    from ...query.translation.transpile import plain_duckdb

    try:
        with _hints(query), _in_the_text(query):
            state.judge(plain_duckdb(query), state.asked.udfs)
    except UnreadableError:
        raise
    except QueryError:
        _knows_tables(state)  # a table that is not there is named as the writer knows it
        raise


def _knows_tables(state: CompileState) -> None:
    from ...query.reading.tables import table_uses

    query, asked = _query(state), state.asked
    known = asked.names
    names = {name.casefold() for name in known}
    uses = table_uses(query)
    for name, start, length in uses:
        if name.casefold() not in names:
            raise _unknown_table(name, known, asked.input_table, query.sql, start, length)
    found = [name for name, _, _ in uses]
    if query.tree is None and state.facts is not None:  # only DuckDB reads this text
        found = list(state.facts.tables)
    state.read = frozenset(name.casefold() for name in found)


def _translates(state: CompileState) -> None:
    from ...query.translation.transpile import translate

    query, asked = _query(state), state.asked
    kinds = dict(asked.param_types)
    if state.needs_types:  # a parameter of unknown type stands as text: it is the binding, not reached, that minds
        given = {name.casefold() for name in (*kinds, *query.type_hints)}
        kinds |= {name: "VARCHAR" for name in query.params if name.casefold() not in given}
    state.translation, state.typed = translate(
        query, asked.schema, kinds, asked.allow, list(asked.udfs), required=asked.required, keys=asked.keys
    )
    state.judge(state.translation.duckdb_sql, [*asked.udfs, *state.translation.macros])
    _keeps_parameters(state)
    state.evidence = _evidence(state)


def _keeps_parameters(state: CompileState) -> None:
    """A parameter that is read as a word, as where a function takes a unit, is refused: no value would reach it."""
    query, facts = _query(state), state.facts
    if query.folded or facts is None:
        return
    kept = {name.casefold() for name in facts.parameters}
    for use in query.placeholders:
        if use.name.casefold() not in kept:
            raise QueryError(
                f"Parameter {use.name!r} stands where {query.dialect} takes a word, such as a unit: write the word "
                "itself, or CASE with a branch for each.",
                query.sql,
                use.start,
                use.end - use.start,
            )


def _evidence(state: CompileState) -> Evidence:
    from ...query.evidence.lookup import Evidence, evidence_of

    query, typed = _query(state), state.typed
    if typed is None:
        return Evidence("verified")  # DuckDB runs the text as it is
    if state.needs_types:
        return Evidence("unverified")  # types are what evidence is about
    return evidence_of(typed.tree, query.sql, query.dialect, list(state.asked.udfs))


def _binds(state: CompileState) -> None:
    asked, query, translation, facts = state.asked, _query(state), state.translation, state.facts
    assert translation is not None and facts is not None and state.evidence is not None
    compat, sql = _compat(translation), translation.duckdb_sql
    statement = statement_of(state.parse(sql))
    read = {name.casefold() for name in facts.tables}
    columns = {
        name: used_columns(statement, name, list(kinds))
        for name, kinds in asked.tables.items()
        if name.casefold() in read
    }
    instance, quick = instances_for(columns, asked.source, compat, asked.udfs, asked.limits, asked.rows)
    bodies = macro_bodies(compat)
    answer = answer_of(state.parse(sql), bodies, asked.udfs, asked.schema, asked.param_types)
    small = answer is not None
    binds = binding_for(small or not asked.apart, asked.limits, _NULL_TYPES.get(query.dialect))
    here = isinstance(binds, functools.partial)
    types = asked.input_types if asked.input_table.casefold() in read else None
    program = Program(
        sql, asked.input_table, arrow_schema(types) if types is not None else None, {}, "table", None,
        frozenset(facts.parameters), answer=answer,
    )  # fmt: skip
    plan = RowPlan("table", "the query does not read the input")
    if types is not None:
        kind = function_kinds(bodies, asked.udfs)
        plan = plan_rows(statement, asked.input_table, columns, kind=kind, unique=asked.unique, types=asked.schema)
    where = quick if here else instance
    try:
        with _format_placed(query):
            program = binds(where, program, query.sql)
    except QueryError as error:
        apart = keys_apart(statement) if is_refused_key(error) else None
        if apart is None:
            raise placed(query, error, asked, compile_query) from error.__cause__
        plan = plan if plan.tree is None else replace(plan, tree=keys_apart(plan.tree) or plan.tree)
        with contextlib.closing(quick.cursor()) as cursor:
            text = text_of(cursor, apart)
        program = binds(where, replace(program, sql=text), query.sql)
    kinds = [*asked.param_types.values(), *(kind for each in asked.schema.values() for kind in each.values())]
    if small and not asked.part:
        left = optimized_plan(where, program, types)
        if may_cast(sql, compat.macros, kinds):
            refuse_impossible_casts(query, program, left)
        refuse_failing_constants(query, program, left, where, asked.limits, compile_query)
    if query.dialect != "duckdb":
        from ...query.reading.unnamed_outputs import check_handed_on

        check_handed_on(query, asked.schema, program.output_types)
    program, plan = with_row_id(program, plan, where, binds)
    state.compiled = Compiled(
        program,
        instance,
        quick,
        _folded(asked.param_types, facts.parameters),
        columns,
        plan.claims,
        compat,
        state.evidence.level,
        state.evidence.findings,
        state.warnings,
        translation.nondeterminism,
        state.allowed,
        _lineage(state, list(program.output_types)),
        {name: query.defaults[name] for name in facts.parameters if name in query.defaults},
        isolated=not here,
    )


#: The type of an output that is NULL and nothing else.
#: https://www.postgresql.org/docs/current/typeconv-select.html
#: https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_AS.html
#: https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#literals
#: https://learn.microsoft.com/en-us/sql/t-sql/queries/select-into-clause-transact-sql
_NULL_TYPES = {
    "postgres": "VARCHAR", "redshift": "VARCHAR", "snowflake": "VARCHAR", "bigquery": "BIGINT", "tsql": "INTEGER",
}  # fmt: skip

GATES = (
    Gate(1, "The text parses in its dialect.", _parses),
    Gate(2, "It is one query and nothing else.", _is_one_query),
    Gate(3, "Every node is on the list of what may run, judged on DuckDB's own parse.", _is_allowed),
    Gate(4, "Every table is the input, a reference table or a step of the query.", _knows_tables),
    Gate(5, "Every parameter has a type, and DuckDB has a faithful counterpart for all of it.", _translates),
    Gate(6, "DuckDB binds it, locked down, against the types.", _binds, typed=True),
    Gate(7, "It runs on the input example: compile.preparation, which has one.", None, typed=True),
)
"""The gates in their order."""


@querying
def pass_through(state: CompileState, gates: Iterable[Gate] = GATES) -> CompileState:
    """Takes a query through gates, one after the other; those that need types only where these are known.

    Raises:
        QueryError: The query fails a gate: what, where, and what to write instead.
    """
    with growing():
        for gate in gates:
            if gate.check is not None and not (gate.typed and state.needs_types):
                gate.check(state)
    return state


def compile_query(query: ParsedQuery, asked: CompileRequest) -> Compiled:
    """Takes a parsed query, which passed gates 1 and 2, through gates 3 to 6.

    Args:
        query: The query, from ``query.reading.parse``.
        asked: What it is compiled for.

    Raises:
        QueryError: The query fails a gate: what, where, and what to write instead.
    """
    state = CompileState(asked, query.sql, query.dialect, query=query)
    found = pass_through(state, GATES[2:]).compiled
    assert found is not None
    return found


def _lineage(state: CompileState, outputs: list[str]) -> Callable[[], Lineage]:
    from ...query.translation.lineage import follow, trace

    asked = state.asked
    if state.typed is None:
        return functools.partial(trace, _query(state), asked.schema, asked.input_table, outputs)
    # A partial, since a model is pickled with what it compiled.
    return functools.partial(_told, follow(state.typed, asked.input_table, outputs))


def _told(found: Lineage) -> Lineage:
    return found


@contextlib.contextmanager
def _hints(query: ParsedQuery) -> Iterator[None]:
    """Says what may be meant where DuckDB does not know a text or a function: another engine's dialect, a udf."""
    try:
        yield
    except UnknownFunctionError as error:
        from ...query.translation.hints import function_hint

        raise error.hinted(function_hint(error.name)) from None
    except UnreadableError as error:
        from ...query.translation.hints import text_hint

        raise error.hinted(text_hint(query.sql)) from None


@contextlib.contextmanager
def _format_placed(query: ParsedQuery) -> Iterator[None]:
    """DuckDB names no place for a constant that it reads while it binds, as a format of dates, but quotes it."""
    try:
        yield
    except QueryError as error:
        from ...query.reading.positions import literal

        where = literal(query.tree, error.reason) if error.line is None and "format" in error.reason else None
        if where is None:
            raise
        raise QueryError(error.reason, query.sql, where[0], where[1] - where[0]) from error.__cause__


@contextlib.contextmanager
def _in_the_text(query: ParsedQuery) -> Iterator[None]:
    """Puts an error's caret into the text as it was written, not as its tables are named for DuckDB."""
    try:
        yield
    except QueryError as error:
        if query.folded:
            raise QueryError(error.reason) from None
        if not query.edits:
            raise
        from ...query.reading.placeholders import unedited

        raise error.moved(query.sql, lambda offset: unedited(offset, query.edits)) from None


def _folded(types: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    wanted = {name.casefold() for name in names}
    return {name: kind for name, kind in types.items() if name.casefold() in wanted}


def _compat(translation: Translation) -> Compat:
    used = translation.macros or translation.settings
    return Compat(
        pack=translation.pack if used else None,
        version=translation.pack_version if used and translation.pack else None,
        macros=list(translation.macros),
        settings=dict(translation.settings),
    )


def _unknown_table(
    name: str, known: Collection[str], input_table: str, sql: str, start: int | None, length: int
) -> QueryError:
    if name.casefold() == input_table.casefold():
        return NotGivenError(
            f"The query reads its input {name!r}, whose columns are not known",
            sql,
            start,
            length,
            what="give input_example, signature or input_types",
        )
    hint = did_you_mean(name, list(known))
    # Who left the input's name as it is may not know that it can be another.
    own = "" if hint or input_table != "input" else f", or input_table={name!r} if it is the model's input"
    return QueryError(
        f"Table {name!r} is neither the input ({input_table!r}) nor one of the reference tables.{hint} "
        f"Pass its data as tables={{{name!r}: ...}}{own}.",
        sql,
        start,
        length,
    )
