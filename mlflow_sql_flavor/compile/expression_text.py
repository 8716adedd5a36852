"""What a model is made of that is no text: a file, a SQLAlchemy statement, an ibis expression, a DuckDB relation.

None of these libraries is imported: who hands over an object of one has it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from ..errors import InputError, QueryError
from ..query.reading.parse import resolve_dialect

__all__ = ["Statement", "text_of"]


class _Compiled(Protocol):
    """A SQLAlchemy statement or an ibis expression."""

    def compile(self, *args: Any, **kwargs: Any) -> Any: ...


class _Relation(Protocol):
    """A DuckDB relation."""

    def sql_query(self) -> str: ...


#: What type checkers know such an object by.
Statement: TypeAlias = _Compiled | _Relation

#: How DuckDB writes a frame that a relation reads.
_FRAME = "__duckdb_source_"

#: Names that the libraries have for a dialect, where they are not sqlglot's.
_SQLALCHEMY = {"postgres": "postgresql", "tsql": "mssql"}
_IBIS = {"tsql": "mssql"}


def text_of(sql: Any, dialect: str) -> Any:
    """The text of what has one of its own; anything else as it is.

    Args:
        sql: Text, a sqlglot expression, the path of a .sql file, or an object of one of the libraries.
        dialect: The dialect that it is or is to be written in.

    Raises:
        QueryError: There is no such file, it is not UTF-8, or the library has no text for it.
    """
    if isinstance(sql, Path):
        return _file(sql)
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(sql).__mro__}
    if ("sqlalchemy", "ClauseElement") in kinds:
        if ("sqlalchemy", "Executable") not in kinds:  # a table, a subquery, a column, exists()
            raise InputError(f"A SQLAlchemy {type(sql).__name__} is no query: pass sqlalchemy.select(...) of it.")
        return _sqlalchemy(sql, resolve_dialect(dialect))
    if ("ibis", "Expr") in kinds:
        return _ibis(sql, resolve_dialect(dialect))
    if ("_duckdb", "DuckDBPyRelation") in kinds or ("duckdb", "DuckDBPyRelation") in kinds:
        return _relation(sql, resolve_dialect(dialect))
    if ("sqlalchemy", "Compiled") in kinds:
        raise InputError(
            "A compiled SQLAlchemy statement is for a driver: pass what it was compiled from, its statement."
        )
    if hasattr(sql, "statement") and any(module == "sqlalchemy" for module, _ in kinds):
        raise InputError("A SQLAlchemy Query is no statement: pass query.statement.")
    return sql


def _file(path: Path) -> str:
    if not path.is_file():
        raise QueryError(f"There is no file {path.name!r} at the path given.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise QueryError(f"The file {path.name!r} is not UTF-8 text: save it as UTF-8.") from None


def _sqlalchemy(statement: Any, dialect: str) -> str:
    """Values stand in the text as literals; a ``bindparam`` without a value is a parameter of the model."""
    from sqlalchemy import literal_column
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.sql import visitors

    def open_parameter(element: Any, **_: Any) -> Any:
        if getattr(element, "__visit_name__", "") == "bindparam" and element.value is None and element.callable is None:
            return literal_column(f":{element.key}", element.type) if element.required else None
        return None

    try:
        opened = visitors.replacement_traverse(statement, {}, open_parameter)
        return str(opened.compile(dialect=_dialect_of(dialect), compile_kwargs={"literal_binds": True}))
    except (SQLAlchemyError, NotImplementedError) as error:
        raise QueryError(f"SQLAlchemy has no text for the statement: {str(error).splitlines()[0]}") from None


def _dialect_of(dialect: str) -> Any:
    from sqlalchemy.dialects import registry
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy.exc import NoSuchModuleError

    try:
        return registry.load(_SQLALCHEMY.get(dialect, dialect))(paramstyle="named")
    except NoSuchModuleError:
        if dialect == "duckdb":  # the words of the standard, which DuckDB reads
            return DefaultDialect(paramstyle="named")
        raise InputError(
            f"SQLAlchemy has no dialect {dialect!r} here: install the package that brings it, or pass the text, "
            "str(statement.compile(dialect=...))."
        ) from None


def _ibis(expression: Any, dialect: str) -> str:
    import ibis

    try:
        return str(ibis.to_sql(expression, dialect=_IBIS.get(dialect, dialect)))
    except Exception as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise QueryError(f"ibis has no text for the expression in {dialect}: {first}") from None


def _relation(relation: Any, dialect: str) -> str:
    if dialect != "duckdb":
        raise InputError(f"A DuckDB relation is DuckDB's: leave dialect={dialect!r} out.")
    text = str(relation.sql_query())
    if _FRAME not in text:
        return text
    # A relation over a frame reads it by an address of this process, which no model can have.
    named = re.findall(rf'(\w+) AS NOT MATERIALIZED \(\s*SELECT \* FROM "{_FRAME}', text)
    known = f" ({', '.join(dict.fromkeys(named))})" if named else ""
    name = named[0] if named else "name"
    raise QueryError(
        f"The relation reads a frame in memory{known}, which it has no text for: pass the query as text, and the frame "
        f"by its name, as tables={{{name!r}: {name}}}, or as input_table={name!r} where it is the model's input."
    )
