"""Gate 6: what DuckDB makes of a query against its types; and its errors, in the words of who wrote it."""

from __future__ import annotations

import functools
import importlib.util
import logging
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..engines import query_check
from ..engines.constant_tables import make_constants
from ..engines.duckdb import Instance
from ..engines.forks import querying
from ..engines.limits import Limits
from ..engines.program import Program
from ..engines.worker import bind_apart
from ..errors import LimitError, QueryError, did_you_mean
from ..frames.schema import from_arrow, instead_of, quote
from ..query.facts.rows import ROW_ID

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

__all__ = ["bind", "binding_for"]

_NULL = '"NULL"'

_logger = logging.getLogger(__name__)


@querying
def bind(instance: Instance, program: Program, text: str | None = None, null: str | None = None) -> Program:
    """Gate 6: the program with the output types DuckDB gives it.

    Args:
        instance: Where it will run.
        program: What will run.
        text: The text errors point into, as its writer knows it; None is what DuckDB sees.
        null: The type that an output of nothing but NULL is cast to; None refuses one.

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
            _stand_in(cursor, program.input_table, schema)
        try:
            make_constants(cursor, program.constants)
            described = query_check.describe(cursor, program.sql, dict.fromkeys(program.parameters))
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
    casts: list[str] = []
    folded: set[str] = set()
    for at, (name, kind) in enumerate(described):
        if name.casefold() == ROW_ID and program.id_position is not None and position is None:
            position = at
            continue
        if name.casefold() in folded:
            raise QueryError(f"Two output columns are named {name!r}: give one of them another name with AS.")
        if null is not None and kind == _NULL:
            kind = null
            casts.append(f"CAST({quote(name)} AS {kind}) AS {quote(name)}")
        cast = instead_of(kind)
        if cast is not None:
            raise QueryError(
                f"Output column {name!r} is of type {kind}, which has no place in a result: "
                f"write CAST(… AS {cast}) AS {name}."
            )
        outputs[name] = kind
        folded.add(name.casefold())
    sql = f"SELECT * REPLACE ({', '.join(casts)}) FROM ({program.sql}\n)" if casts else program.sql
    return replace(program, sql=sql, output_types=outputs, id_position=position)


def _stand_in(cursor: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema) -> None:
    """Makes a table of no rows, of the columns that a frame has: a view, as one of Arrow data is.

    DuckDB imports pandas to take an Arrow table, which is longer than all else of a short query.
    """
    kinds = {field.name: from_arrow(field.type) for field in schema}
    if kinds and all(map(_PLAIN.fullmatch, kinds.values())):
        columns = ", ".join(f"CAST(NULL AS {kind}) AS {quote(column)}" for column, kind in kinds.items())
        cursor.execute(f"CREATE TEMPORARY VIEW {quote(name)} AS SELECT {columns} WHERE false")
    else:
        cursor.register(name, schema.empty_table())


#: Types that a column of Arrow data and one of DuckDB's own have alike.
_PLAIN = re.compile(r"BOOLEAN|U?(?:TINY|SMALL|BIG)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|DATE|TIMESTAMP")


def binding_for(small: bool, limits: Limits, null: str | None = None) -> Callable[..., Program]:
    """What binds a query: a partial :func:`bind`; where it is not known to be small the same in a process that can end.

    Without the package that such a process needs, a query that somebody compiles here is bound here: it is their own.

    Args:
        small: From ``query.gate.query_bounds``: DuckDB computes constants while it binds, and looks at no limit then.
        limits: What the query may take.
        null: As of :func:`bind`.
    """
    if small:
        return functools.partial(bind, null=null)
    if importlib.util.find_spec("loky") is None:
        _logger.warning(
            "The query is not known to be small and was bound in this process; what loads it needs the package loky: "
            'pip install "mlflow-sql-flavor[isolation]".'
        )
        return functools.partial(bind, null=null)
    return lambda instance, program, text=None: bind_apart(
        instance, program, limits, functools.partial(bind, text=text, null=null)
    )


def _bind_error(error: Exception, program: Program, text: str | None) -> QueryError:
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
    if offset is None and text is not None:
        sql, offset = text, _named_word(message, text)
    if message.startswith("No function matches"):
        message = message.split("You might need")[0].strip()
        message = message.replace("INTEGER_LITERAL", "INTEGER").replace("STRING_LITERAL", "VARCHAR")
    message = message.rstrip(".!") + "." if message else "DuckDB does not accept the query."
    return QueryError(f"{message}{' ' + hint if hint else ''}", sql, offset)


_WORD = re.compile(r""""([^"]+)"|'(\w+)'|\b([A-Z]{3,}(?: BY)?)\b""")


def _named_word(message: str, text: str) -> int | None:
    """The place in the writer's text of the first thing that a sentence names: a name in quotes, or a word of SQL."""
    for found in _WORD.finditer(message):
        word = r"\s+".join(map(re.escape, (found[1] or found[2] or found[3]).split()))
        place = re.search(rf"(?i)(?<!\w){word}(?!\w)", text)
        if place is not None:
            return place.start()
    return None


def _offset(error: str, sql: str) -> int | None:
    """Where DuckDB's caret points, in a text it bound as ``DESCRIBE <sql>``."""
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
    if ran == text:
        return offset
    words = [(m.start(), m[0]) for m in re.finditer(r"\w+|[^\w\s]", ran)]
    word = next((word for start, word in words if start == offset), None)
    here = [start for start, found in words if found == word]
    there = [m.start() for m in re.finditer(r"\w+|[^\w\s]", text) if m[0] == word]
    return there[here.index(offset)] if word is not None and len(here) == len(there) else None
