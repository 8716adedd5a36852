"""What ``save_model`` accepts: the gates a query passes, in order, from its text and the types it meets to a program.

A gate that a query does not pass raises a ``QueryError``: what, where, and what to write instead.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..engines.forks import querying
from ..engines.program import Program
from ..errors import QueryError, UnknownFunctionError, UnreadableError, did_you_mean
from ..frames.schema import arrow_schema
from ..query.facts.parse_tree import statement_of
from ..query.facts.rows import RowPlan, plan_rows, used_columns
from ..query.gate.packs import Compat
from ..query.gate.query_bounds import is_small
from ..query.reading.recursion import growing
from .binding import bind, binder
from .compiled import Compiled
from .duckdb_instance import instances_for
from .function_kinds import function_kinds, macro_bodies
from .impossible_casts import may_cast, refuse_impossible_casts
from .passage import Asked, Passage
from .row_number import with_row_id

if TYPE_CHECKING:
    from ..query.evidence.lookup import Evidence
    from ..query.reading.types import Lineage, ParsedQuery, Translation

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
    check: Callable[[Passage], None] | None
    typed: bool = False


def _query(passage: Passage) -> ParsedQuery:
    assert passage.query is not None
    return passage.query


def _parses(passage: Passage) -> None:
    from ..query.reading.parse import read

    passage.text = read(passage.sql, passage.dialect)


def _is_one_query(passage: Passage) -> None:
    from ..query.reading.parse import one_query

    assert passage.text is not None
    passage.query = one_query(passage.text)


def _reads_by_name(passage: Passage) -> None:
    """Tables under the names by which the query reads them, wherever what was asked names them by fewer parts."""
    from ..query.reading.names import with_names

    asked = passage.asked
    passage.query, names = with_names(_query(passage), asked.names)
    if all(name == found for name, found in names.items()):
        return
    given = {names.get(name, name): name for name in asked.tables}
    passage.asked = replace(
        asked,
        input_table=names.get(asked.input_table, asked.input_table),
        tables={name: asked.tables[own] for name, own in given.items()},
        keys={name: asked.keys[own] for name, own in given.items() if own in asked.keys},
        source=lambda name, columns: asked.source(given[name], columns),
        unique=lambda name, columns, loose: asked.unique(given.get(name, name), columns, loose),
        required={name: asked.required.get(own, ()) for name, own in given.items()},
    )


def _is_allowed(passage: Passage) -> None:
    """On the text as it is where DuckDB reads it, so that a forbidden node is named before a missing table or type is.

    Of other dialects DuckDB sees the translation, which is judged as soon as it is there.
    """
    _reads_by_name(passage)
    query = _query(passage)
    if query.dialect != "duckdb":
        return
    from ..query.translation.transpile import plain_duckdb

    try:
        with _hints(query), _in_the_text(query):
            passage.judge(plain_duckdb(query), passage.asked.udfs)
    except UnreadableError:
        raise
    except QueryError:
        _knows_tables(passage)  # a table that is not there is named as the writer knows it
        raise


def _knows_tables(passage: Passage) -> None:
    from ..query.reading.tables import table_uses

    query, asked = _query(passage), passage.asked
    known = asked.names
    names = {name.casefold() for name in known}
    uses = table_uses(query)
    for name, start, length in uses:
        if name.casefold() not in names:
            raise _unknown_table(name, known, asked.input_table, query.sql, start, length)
    found = [name for name, _, _ in uses]
    if query.tree is None and passage.facts is not None:  # only DuckDB reads this text
        found = list(passage.facts.tables)
    passage.read = frozenset(name.casefold() for name in found)


def _translates(passage: Passage) -> None:
    from ..query.translation.transpile import translate

    query, asked = _query(passage), passage.asked
    kinds = dict(asked.param_types)
    if passage.needs_types:  # a parameter of unknown type stands as text: it is the binding, not reached, that minds
        given = {name.casefold() for name in (*kinds, *query.type_hints)}
        kinds |= {name: "VARCHAR" for name in query.params if name.casefold() not in given}
    passage.translation, passage.typed = translate(
        query, asked.schema, kinds, asked.allow, list(asked.udfs), required=asked.required, keys=asked.keys
    )
    passage.judge(passage.translation.duckdb_sql, [*asked.udfs, *passage.translation.macros])
    passage.evidence = _evidence(passage)


def _evidence(passage: Passage) -> Evidence:
    from ..query.evidence.lookup import Evidence, evidence_of

    query, typed = _query(passage), passage.typed
    if typed is None:
        return Evidence("verified")  # DuckDB runs the text as it is
    if passage.needs_types:
        return Evidence("unverified")  # types are what evidence is about
    return evidence_of(typed.tree, query.sql, query.dialect, list(passage.asked.udfs))


def _binds(passage: Passage) -> None:
    asked, query, translation, facts = passage.asked, _query(passage), passage.translation, passage.facts
    assert translation is not None and facts is not None and passage.evidence is not None
    compat, sql = _compat(translation), translation.duckdb_sql
    statement = statement_of(passage.parse(sql))
    read = {name.casefold() for name in facts.tables}
    columns = {
        name: used_columns(statement, name, list(kinds))
        for name, kinds in asked.tables.items()
        if name.casefold() in read
    }
    instance, quick = instances_for(columns, asked.source, compat, asked.udfs, asked.limits, asked.rows)
    bodies = macro_bodies(compat)
    small = is_small(passage.parse(sql), bodies, asked.udfs)
    binds = binder(small or not asked.apart, asked.limits)
    types = asked.input_types if asked.input_table.casefold() in read else None
    program = Program(
        sql, asked.input_table, arrow_schema(types) if types is not None else None, {}, "table", None,
        frozenset(facts.parameters),
    )  # fmt: skip
    plan = RowPlan("table", "the query does not read the input")
    if types is not None:
        kind = function_kinds(bodies, asked.udfs)
        plan = plan_rows(statement, asked.input_table, columns, kind=kind, unique=asked.unique, types=asked.schema)
    where = quick if binds is bind else instance
    program = binds(where, program, query.sql)
    kinds = [*asked.param_types.values(), *(kind for each in asked.schema.values() for kind in each.values())]
    if small and may_cast(sql, compat.macros, kinds):  # the optimizer computes constants, and looks at no limit then
        refuse_impossible_casts(query, where, program, types)
    if query.dialect != "duckdb":
        from ..query.reading.outputs import check_handed_on

        check_handed_on(query, asked.schema, program.output_types)
    program, plan = with_row_id(program, plan, where, binds)
    passage.compiled = Compiled(
        program,
        instance,
        quick,
        _folded(asked.param_types, facts.parameters),
        columns,
        plan.claims,
        compat,
        passage.evidence.level,
        passage.evidence.findings,
        passage.warnings,
        translation.nondeterminism,
        passage.allowed,
        _lineage(passage, list(program.output_types)),
        {name: query.defaults[name] for name in facts.parameters if name in query.defaults},
        isolated=binds is not bind,
    )


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
def pass_through(passage: Passage, gates: Iterable[Gate] = GATES) -> Passage:
    """Takes a query through gates, one after the other; those that need types only where these are known.

    Raises:
        QueryError: The query fails a gate: what, where, and what to write instead.
    """
    with growing():
        for gate in gates:
            if gate.check is not None and not (gate.typed and passage.needs_types):
                gate.check(passage)
    return passage


def compile_query(query: ParsedQuery, asked: Asked) -> Compiled:
    """Takes a parsed query, which passed gates 1 and 2, through gates 3 to 6.

    Args:
        query: The query, from ``query.reading.parse``.
        asked: What it is compiled for.

    Raises:
        QueryError: The query fails a gate: what, where, and what to write instead.
    """
    passage = Passage(asked, query.sql, query.dialect, query=query)
    found = pass_through(passage, GATES[2:]).compiled
    assert found is not None
    return found


def _lineage(passage: Passage, outputs: list[str]) -> Callable[[], Lineage]:
    from ..query.translation.lineage import follow, trace

    asked = passage.asked
    if passage.typed is None:
        return functools.partial(trace, _query(passage), asked.schema, asked.input_table, outputs)
    # A partial, since a model is pickled with what it compiled.
    return functools.partial(_told, follow(passage.typed, asked.input_table, outputs))


def _told(found: Lineage) -> Lineage:
    return found


@contextlib.contextmanager
def _hints(query: ParsedQuery) -> Iterator[None]:
    """Says what may be meant where DuckDB does not know a text or a function: another engine's dialect, a udf."""
    try:
        yield
    except UnknownFunctionError as error:
        from ..query.translation.hints import function_hint

        raise error.hinted(function_hint(error.name)) from None
    except UnreadableError as error:
        from ..query.translation.hints import text_hint

        raise error.hinted(text_hint(query.sql)) from None


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
        from ..query.reading.placeholders import unedited

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
        return QueryError(
            f"The query reads its input {name!r}, whose columns are not known: give input_example, signature or "
            "input_types.",
            sql,
            start,
            length,
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
