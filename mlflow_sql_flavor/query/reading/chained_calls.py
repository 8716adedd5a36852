"""sqlglot's parsers, but for three readings of a call: chained ones, arguments with an arrow, and JSON_ARRAY's words.

Calls that are chained, ``x.f(y)``, are read as the plain ones that DuckDB makes of them: ``f(x, y)``.

sqlglot takes them for qualified names, in which ``x`` is no column. Which of them are chained is decided where the gate
decides it, by `dotted.names_schema`.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.parser import Parser
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokens import TokenType

from .qualified_names import names_schema
from .traversal import find_all, put, walk_tree

__all__ = ["parser_of"]

#: Dialects in which an arrow is JSON's alone, and makes no lambda.
_NO_LAMBDAS = {"postgres", "redshift", "mysql", "sqlite", "materialize", "risingwave"}


def parser_of(dialect: str) -> Parser:
    """sqlglot's parser of a dialect; the one of DuckDB's text gives plain calls for chained ones.

    Args:
        dialect: Canonical name.
    """
    if dialect in _NO_LAMBDAS:
        return _without_lambdas(dialect)
    if dialect in _JSON_ARRAYS:
        return _with_json_array(dialect)(dialect=Dialect.get_or_raise(dialect), max_errors=1)
    if dialect != "duckdb":
        return Dialect.get_or_raise(dialect).parser(max_errors=1)
    return _Parser(dialect=DuckDB(), max_errors=1)


#: Dialects whose JSON_ARRAY says what becomes of NULL and what is returned, which sqlglot reads of JSON_OBJECT alone.
_JSON_ARRAYS = {"trino", "presto", "athena"}


@cache
def _with_json_array(dialect: str) -> type[Parser]:
    base = type(Dialect.get_or_raise(dialect).parser())
    calls = {**base.FUNCTION_PARSERS, "JSON_ARRAY": _json_array}
    made: dict[str, Any] = {"FUNCTION_PARSERS": calls}
    if hasattr(base, "JSON_QUERY_OPTIONS"):
        options = base.JSON_QUERY_OPTIONS
        made["JSON_QUERY_OPTIONS"] = {**options, "WITH": (*options["WITH"], ("CONDITIONAL", "ARRAY", "WRAPPER"))}
    return type(base.__name__, (base,), made)


def _json_array(parser: Any) -> exp.Expr:
    values = parser._parse_csv(lambda: parser._parse_format_json(parser._parse_bitwise()))
    handling = parser._parse_on_handling("NULL", "NULL", "ABSENT")
    kind = parser._match_text_seq("RETURNING") and parser._parse_format_json(parser._parse_types())
    encoding = parser._match_text_seq("ENCODING") and parser._parse_var()
    made: exp.Expr = parser.expression(exp.JSONArray(expressions=values, null_handling=handling, return_type=kind))
    if encoding:
        made.set("encoding", encoding)
    return made


@cache
def _parser_class(dialect: str) -> type[Parser]:
    base = type(Dialect.get_or_raise(dialect).parser())
    kept = {token: made for token, made in base.LAMBDAS.items() if token != TokenType.ARROW}
    return type(base.__name__, (base,), {"LAMBDAS": kept})


def _without_lambdas(dialect: str) -> Parser:
    """``f(j -> 'a')`` is a part of JSON as an argument."""
    return _parser_class(dialect)(dialect=Dialect.get_or_raise(dialect), max_errors=1)


class _Link(exp.Expression):
    """The ``f(y)`` of ``x.f(y)`` until all is read: sqlglot takes columns apart before a function's own node."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class _Parser(DuckDBParser):
    def parse(self, raw_tokens: Any, sql: str = "") -> list[exp.Expr | None]:
        trees = super().parse(raw_tokens, sql)
        return [tree and _plain(tree) for tree in trees]

    def _parse_field(self, *args: Any, **kwargs: Any) -> exp.Expr | None:
        dotted = self._prev is not None and self._prev.token_type == TokenType.DOT
        field = super()._parse_field(*args, **kwargs)
        called = field.this if isinstance(field, exp.Filter) else field
        return self.expression(_Link(this=field)) if dotted and isinstance(called, exp.Func) else field

    def _parse_type(self, *args: Any, **kwargs: Any) -> exp.Expr | None:
        first = self._curr
        found = super()._parse_type(*args, **kwargs)
        if not isinstance(found, exp.Cast) or not isinstance(found.this, exp.Dot):
            return found
        if first.token_type == TokenType.STRING or first.text.upper() in ("CAST", "TRY_CAST"):
            return found
        chain = inner = found.this  # DATE '2020-01-01'.year() is year(DATE '2020-01-01')
        while isinstance(inner.this, exp.Dot):
            inner = inner.this
        if isinstance(inner.this, exp.Literal):
            found.set("this", inner.this.copy())
            inner.set("this", found)
            return chain
        return found


def _plain(tree: exp.Expr) -> exp.Expr:
    found = [node for node in walk_tree(tree) if isinstance(node, (exp.Column, exp.Dot)) and _links(node)]
    for node in reversed(found):
        tree = put(_unchained(node), node, tree)
    return tree


def _links(node: exp.Expr) -> bool:
    return any(isinstance(part, _Link) for part in node.args.values())


def _unchained(node: exp.Expr) -> exp.Expr:
    """``a.b.f(y).c``, of which sqlglot makes a column of up to four parts, or a dot."""
    path: list[exp.Expr] = []
    if isinstance(node, exp.Dot):  # after a value, or a lambda's own name
        value, parts = node.this, [node.expression]
    else:
        value, parts = None, [part for part in map(node.args.get, ("catalog", "db", "table", "this")) if part]
    for part in parts:
        if not isinstance(part, _Link):
            path.append(part)
        elif names_schema(_first(value, path)):
            path.append(part.this)  # the gate refuses it, here it keeps its form
        else:
            value, path = _call(part.this, _value(value, path)), []
    return _value(value, path)


def _first(value: exp.Expr | None, path: list[exp.Expr]) -> str:
    if isinstance(value, exp.Column):
        return value.parts[0].name
    return path[0].name if value is None else ""


def _value(value: exp.Expr | None, path: list[exp.Expr]) -> exp.Expr:
    if value is None:
        return exp.Column(**dict(zip(("this", "table", "db", "catalog"), reversed(path), strict=False)))
    return exp.Dot.build([value, *path]) if path else value


def _call(call: exp.Expr, given: exp.Expr) -> exp.Expr:
    """The call with what it is chained to as its first argument, as its plain text reads."""
    if isinstance(call, exp.Filter):
        call.set("this", _call(call.this, given))
        return call
    arguments = [given, *call.expressions]
    if isinstance(arguments[-1], exp.Order) and not arguments[-1].this:
        arguments[-2:] = [arguments[-1]]  # x.f(ORDER BY y)
        arguments[-1].set("this", given)
    stand_ins: list[exp.Expr] = [
        argument if isinstance(argument, (exp.Literal, exp.Order)) else exp.column(f"argument {number}", quoted=True)
        for number, argument in enumerate(arguments)
    ]
    read = _read(call, stand_ins)
    places = {column.name: column for column in find_all(read, exp.Column)}
    for stand_in, argument in zip(stand_ins, arguments, strict=True):
        if stand_in is argument:
            continue
        if stand_in.name not in places:  # its name was taken for a word, as of a unit
            return _read(call, arguments)
        places[stand_in.name].replace(argument)
    read.meta.update(call.meta)
    return read


def _read(call: exp.Expr, arguments: list[exp.Expr]) -> exp.Expr:
    text = exp.Anonymous(this=call.this, expressions=[argument.copy() for argument in arguments]).sql("duckdb")
    read = Dialect.get_or_raise("duckdb").parser(max_errors=1).parse(DuckDB().tokenize(text), text)[0]
    assert read is not None
    return read
