"""From the text of a query and the types it meets to what DuckDB runs: the gates a query passes, in order.

1. it parses in its dialect; 2. it is one query; 3. every node is allowed; 4. every table and placeholder is known;
5. it has a faithful translation; 6. DuckDB binds it. (7., that it runs on the example, is the caller's.)
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..artifact.functions import Udf
from ..artifact.spec import CompatSpec
from ..engines import sandbox
from ..engines.duckdb import Instance, Program
from ..engines.forks import querying
from ..engines.sandbox import Limits, TableSource
from ..engines.scratch import SCRATCH
from ..errors import LimitError, QueryError, SQLModelError, UnknownFunctionError, UnreadableError, did_you_mean
from ..frames.schema import arrow_schema, instead_of
from ..query.facts.rows import ROW_ID, RowPlan, plan_rows, used_columns
from ..query.gate import packs
from ..query.reading.tree import dumps
from .function_kinds import function_kinds

if TYPE_CHECKING:
    from ..query.reading.types import Finding, ParsedQuery

__all__ = ["Compiled", "bind", "check_source_tables", "compile_query", "instance_for", "orders_rows"]


@dataclass(frozen=True)
class Compiled:
    """A query that passed the gates, for one set of types.

    Attributes:
        program: What DuckDB runs.
        instance: Where it runs.
        param_types: ``{placeholder: DuckDB type}``.
        columns: ``{reference table: its columns the query uses}``.
        claims: ``{reference table: column sets}`` that must be unique for the row class to hold.
        compat: What the package installs for the dialect.
        level: Of the dialect.
        warnings: What the writer should know.
        nondeterminism: What the source engine itself leaves open.
        allowed: The refusals the writer accepted and the query needed.
    """

    program: Program
    instance: Instance
    param_types: Mapping[str, str]
    columns: Mapping[str, list[str]]
    claims: Mapping[str, list[list[str]]]
    compat: CompatSpec
    level: str
    warnings: tuple[Finding, ...] = ()
    nondeterminism: tuple[Finding, ...] = ()
    allowed: tuple[str, ...] = ()


@querying
def compile_query(
    query: ParsedQuery,
    *,
    input_table: str,
    input_types: Mapping[str, str] | None,
    param_types: Mapping[str, str],
    tables: Mapping[str, Mapping[str, str]],
    source: Callable[[str, list[str] | None], TableSource],
    unique: Callable[[str, list[str], list[str]], bool],
    udfs: Mapping[str, Udf],
    limits: Limits,
    allow: Collection[str] = (),
) -> Compiled:
    """Takes a parsed query through gates 3 to 6.

    Args:
        query: The query, from ``query.parse``.
        input_table: The name it reads the input by.
        input_types: ``{column: DuckDB type}`` of the input; None if there is none.
        param_types: ``{placeholder: DuckDB type}``.
        tables: ``{reference table: {column: DuckDB type}}``.
        source: Gives a reference table's data, cut to columns.
        unique: Whether columns of a reference table are unique among its rows.
        udfs: The Python functions.
        limits: What the query may take.
        allow: Named refusals the writer accepts.

    Raises:
        QueryError: The query fails a gate: what, where, and what to write instead.
    """
    from ..query.translation.transpile import to_duckdb

    known = dict(tables)
    if input_types is not None:
        known[input_table] = input_types
    with contextlib.closing(SCRATCH.cursor()) as cursor:
        if query.dialect == "duckdb":
            # Gate 3 on the text as it is, so that a forbidden node is named before a missing table or type is.
            with _hints(query):
                sandbox.parse_tree(cursor, _dollars(query))
                if query.tree is not None:
                    check_source_tables(query, known, input_table)
                sandbox.check(cursor, _dollars(query), tables=list(known), functions=list(udfs))
        else:
            check_source_tables(query, known, input_table)
        translation = to_duckdb(query, known, param_types, allow, functions=list(udfs))
        compat = _compat(translation)
        sql = translation.duckdb_sql
        functions = [*udfs, *compat.macros]
        facts = sandbox.check(cursor, sql, tables=list(known), functions=functions)
        statement = _statement(sandbox.parse_tree(cursor, sql))
        columns = {
            name: used_columns(statement, name, list(kinds))
            for name, kinds in tables.items()
            if any(name.casefold() == table.casefold() for table in facts.tables)
        }
        instance = instance_for(columns, source, compat, udfs, limits)
        reads = input_types is not None and any(t.casefold() == input_table.casefold() for t in facts.tables)
        schema = arrow_schema(input_types) if reads and input_types is not None else None
        plan = RowPlan("table", "the query does not read the input")
        if reads:
            kinds = function_kinds(compat, udfs)
            plan = plan_rows(statement, input_table, columns, kind=kinds, unique=unique, types=known)
        program = Program(sql, input_table, schema, {}, plan.rows, None, frozenset(facts.parameters))
        if plan.tree is not None:
            program = _with_row_id(cursor, program, plan, known, functions, instance)
            if program.rows == "table":
                plan = RowPlan("table", "the row number cannot be carried through the query")
        program = bind(instance, program, query.sql)
    return Compiled(
        program,
        instance,
        _folded(param_types, facts.parameters),
        columns,
        plan.claims,
        compat,
        translation.level,
        translation.warnings,
        translation.nondeterminism,
        translation.allowed,
    )


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


def orders_rows(program: Program) -> bool:
    """Whether the order of a program's rows is the query's word: an ORDER BY at its top, or the input's order."""
    if program.rows != "table":
        return True
    cursor = SCRATCH.cursor()
    try:
        node = _statement(sandbox.parse_tree(cursor, program.sql))["node"]
    finally:
        cursor.close()
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in node.get("modifiers") or ())


def _folded(types: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    wanted = {name.casefold() for name in names}
    return {name: kind for name, kind in types.items() if name.casefold() in wanted}


def _dollars(query: ParsedQuery) -> str:
    """The text with ``:name`` as DuckDB's own ``$name``: of the same length, so that positions stay."""
    text = query.sql
    for use in query.placeholders:
        if text[use.start] == ":":
            text = f"{text[: use.start]}${text[use.start + 1 :]}"
    return text


def _statement(tree: dict[str, Any]) -> dict[str, Any]:
    return tree["statements"][0]


def _compat(translation: Any) -> CompatSpec:
    used = translation.macros or translation.settings
    return CompatSpec(
        pack=translation.pack if used else None,
        version=translation.pack_version if used and translation.pack else None,
        macros=list(translation.macros),
        settings=dict(translation.settings),
    )


def check_source_tables(query: ParsedQuery, known: Collection[str], input_table: str) -> None:
    """Gate 4 on the source text: every table it reads is one of ``known``.

    Raises:
        QueryError: Names the first that is not, with its place.
    """
    from ..query.reading.tables import table_uses

    names = {name.casefold() for name in known}
    for name, start, length in table_uses(query):
        if name.casefold() not in names:
            raise _unknown_table(name, known, input_table, query.sql, start, length)


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


def instance_for(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: CompatSpec,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Instance:
    """The DuckDB instance of a model: its tables, its dialect's macros and settings, its functions; then the lock."""
    return Instance(functools.partial(_open, columns, source, compat, udfs, limits))


def _open(
    columns: Mapping[str, list[str]],
    source: Callable[[str, list[str] | None], TableSource],
    compat: CompatSpec,
    udfs: Mapping[str, Udf],
    limits: Limits,
) -> Any:
    macros = packs.statements(compat.pack, compat.version or 1, compat.macros) if compat.pack else []
    return sandbox.open_instance(
        limits=limits,
        settings=compat.settings,
        macros=macros,
        tables={name: source(name, used) for name, used in columns.items()},
        functions=[
            sandbox.Function(
                udf.name,
                udf.callable,
                list(udf.spec.parameters.values()),
                udf.spec.returns,
                {"type": "arrow" if udf.spec.vectorized else "native"}
                | ({"null_handling": "special"} if udf.spec.nulls else {}),
            )
            for udf in udfs.values()
        ],
    )


_LOCATION = {"query_location", "query_location_length"}


def _without_places(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _without_places(v) for k, v in tree.items() if k not in _LOCATION}
    if isinstance(tree, list):
        return [_without_places(v) for v in tree]
    return tree


def _with_row_id(
    cursor: Any, program: Program, plan: RowPlan, tables: Collection[str], functions: list[str], instance: Instance
) -> Program:
    """The program with the row number carried through, in DuckDB's own rendering of its own parse.

    The rendering is believed only if DuckDB parses it back to the same tree; else the model's rows are a ``table``.
    """
    import duckdb

    tree = plan.tree
    try:
        text = cursor.execute(
            "SELECT json_deserialize_sql($tree::JSON)",
            {"tree": dumps({"error": False, "statements": [tree]})},
        ).fetchone()[0]
        again = _statement(sandbox.parse_tree(cursor, text))
        same = _without_places(again) == _without_places(tree)
        if same:
            sandbox.check(cursor, text, tables=list(tables), functions=functions)
            found = bind(instance, replace(program, sql=text, id_position=0))
            # A row number that is not handed on, or that is seen by the query, shows in the outputs.
            if found.id_position is not None and found.output_types == bind(instance, program).output_types:
                return found
    except (SQLModelError, duckdb.Error):
        pass
    return replace(program, rows="table")


@querying
def bind(instance: Instance, program: Program, text: str | None = None) -> Program:
    """Gate 6: the program with the output types DuckDB gives it.

    Args:
        instance: Where it will run.
        program: What will run.
        text: The text errors point into, as its writer knows it; None is what DuckDB sees.

    Raises:
        QueryError: DuckDB does not bind it, two outputs share a name, or an output has a type that is no value.
        LimitError: Its constants need more memory than there may be.
    """
    import duckdb
    import pyarrow as pa

    cursor = instance.cursor()
    try:
        if program.input_schema is not None:
            schema = program.input_schema
            if program.id_position is not None:
                schema = schema.append(pa.field(ROW_ID, pa.int64()))
            cursor.register(program.input_table, schema.empty_table())
        try:
            described = sandbox.describe(cursor, program.sql, dict.fromkeys(program.parameters))
        except (duckdb.OutOfMemoryException, MemoryError) as error:  # a constant is computed when it is bound
            raise LimitError(
                "The query's constants need more memory than memory_limit (MLFLOW_SQL_MEMORY_LIMIT) allows: raise the "
                "limit, or write smaller ones."
            ) from error
        except duckdb.Error as error:
            raise _bind_error(error, program, text) from error
    finally:
        cursor.close()
    position = None
    outputs: dict[str, str] = {}
    for at, (name, kind) in enumerate(described):
        if name.casefold() == ROW_ID and program.id_position is not None and position is None:
            position = at
            continue
        if any(name.casefold() == known.casefold() for known in outputs):
            raise QueryError(f"Two output columns are named {name!r}: give one of them another name with AS.")
        cast = instead_of(kind)
        if cast is not None:
            raise QueryError(
                f"Output column {name!r} is of type {kind}, which has no place in a result: "
                f"write CAST(… AS {cast}) AS {name}."
            )
        outputs[name] = kind
    return replace(program, output_types=outputs, id_position=position)


def _bind_error(error: Exception, program: Program, text: str | None) -> QueryError:
    import re

    lines = str(error).split("\n")
    message = re.sub(r"^\w+( \w+)? Error: ", "", lines[0]).strip()
    hint = next((line.strip() for line in lines[1:] if line.startswith(("Did you mean", "Candidate bindings"))), "")
    near = re.findall(r'"([^"]+)"', hint)
    missing = re.search(r'column "([^"]+)"|column named "([^"]+)"', message)
    if missing:
        message = message.replace("Values list ", "Table ")  # how DuckDB calls an Arrow table
        columns = program.input_schema.names if program.input_schema is not None else []
        hint = did_you_mean(missing[1] or missing[2], [*columns, *(n.split(".")[-1] for n in near)]).strip()
        if not hint and columns:
            more = ", …" if len(columns) > 20 else ""
            hint = f"The input's columns: {', '.join(map(repr, columns[:20]))}{more}."
    offset = _offset(str(error), program.sql)
    sql = program.sql
    if offset is not None and text is not None:
        sql, offset = text, _same_word(offset, program.sql, text)
    if message.startswith("No function matches"):
        message = message.split("You might need")[0].strip()
    message = message.rstrip(".!") + "." if message else "DuckDB does not accept the query."
    return QueryError(f"{message}{' ' + hint if hint else ''}", sql, offset)


def _offset(error: str, sql: str) -> int | None:
    """Where DuckDB's caret points, in a text it bound as ``DESCRIBE <sql>``."""
    import re
    import unicodedata

    caret = re.search(r"LINE (\d+): (.*)\n( *)\^", error)
    lines = sql.split("\n")
    if caret is None or not 1 <= int(caret[1]) <= len(lines):
        return None
    number, excerpt = int(caret[1]), caret[2]
    line = f"DESCRIBE {lines[0]}" if number == 1 else lines[number - 1]
    start = line.find(excerpt.removeprefix("...").removesuffix("..."))
    if start < 0:
        return None
    # The caret stands under the place on a screen, where some characters are two columns wide and some none.
    left, at = len(caret[3]) - len(f"LINE {number}: "), 0
    while left > 0 and at < len(excerpt):
        wide = unicodedata.east_asian_width(excerpt[at]) in "WF"
        left -= 0 if unicodedata.combining(excerpt[at]) else 2 if wide else 1
        at += 1
    start += at - (3 if excerpt.startswith("...") else 0) - (len("DESCRIBE ") if number == 1 else 0)
    start += sum(len(before) + 1 for before in lines[: number - 1])
    return start if 0 <= start < len(sql) else None


def _same_word(offset: int, ran: str, text: str) -> int | None:
    """The place in the writer's text of a word of what ran; None if it is not plainly the same one."""
    import re

    if ran == text:
        return offset
    words = [(m.start(), m[0]) for m in re.finditer(r"\w+|[^\w\s]", ran)]
    word = next((word for start, word in words if start == offset), None)
    here = [start for start, found in words if found == word]
    there = [m.start() for m in re.finditer(r"\w+|[^\w\s]", text) if m[0] == word]
    return there[here.index(offset)] if word is not None and len(here) == len(there) else None
