"""A call as it is written in the query: how many arguments, one of them as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ...facts.context import Context
from ...facts.rules import arguments
from . import build


def argument(position: int, default: exp.Expr) -> Callable[[exp.Expr, Context], exp.Expr]:
    """What a table hands on: the argument of a call at this place, or a constant where it is not given."""

    def given(node: exp.Expr, ctx: Context) -> exp.Expr:
        return [*arguments(node)[position : position + 1], default.copy()][0]

    return given


def extracted_json(node: exp.Expr, ctx: Context) -> exp.Expr:
    """What a table hands on: the JSON at a call's path, a constant: DuckDB reads others as paths of its own."""
    constant_path(node.expression, ctx)
    return exp.JSONExtract(this=node.this, expression=node.expression)


def constant_path(path: exp.Expr, ctx: Context) -> exp.Expr:
    """The same path; refused where it is not a constant."""
    if not isinstance(path, exp.JSONPath) and build.text(path) is None:
        ctx.refuse("unfaithful", path, "The JSON path is not a constant", "Write the path as a text")
    return path


def argument_count(node: exp.Expr, ctx: Context) -> int:
    """How many arguments a call is written with."""
    start = node.meta.get("start")
    if start is None:
        return 0
    depth = count = 0
    quote = ""
    for char in ctx.sql[start:]:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth == 0:
                return count + 1
        elif char == "," and depth == 1:
            count += 1
    return 0


def written_text(sql: str, start: int, index: int, dialect: str = "databricks") -> str | None:
    """Argument ``index`` of the call at ``start``, where it is one string."""
    depth = commas = 0
    argument: list[Any] = []
    # The call ends soon: a growing window keeps this linear in the call, not in the query.
    for size in (400, 4000, 40_000, len(sql)):
        try:
            tokens = Dialect.get_or_raise(dialect).tokenize(sql[start : start + size])
        except Exception:  # cut in the middle of a text
            continue
        depth = commas = 0
        argument = []
        for token in tokens[1:]:
            kind = token.token_type.name
            if kind == "L_PAREN":
                depth += 1
                if depth == 1:
                    continue
            elif kind == "R_PAREN":
                depth -= 1
                if depth == 0:
                    only = argument[0] if len(argument) == 1 else None
                    named = getattr(getattr(only, "token_type", None), "name", "")
                    return str(only.text) if only is not None and named in ("STRING", "RAW_STRING") else None
            elif kind == "COMMA" and depth == 1:
                commas += 1
                continue
            if commas == index:
                argument.append(token)
        if size >= len(sql) - start:
            break
    return None


def written_name(node: exp.Func, sql: str) -> str | None:
    """The name as the user wrote it, None for operators and other syntax."""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):
        this = node.this
        return this if isinstance(this, str) else this.name
    start, end = node.meta.get("start"), node.meta.get("end")
    if start is None or end is None:
        return None
    text = sql[start : end + 1]
    return text if text.isidentifier() and sql[end + 1 :].lstrip()[:1] == "(" else None
