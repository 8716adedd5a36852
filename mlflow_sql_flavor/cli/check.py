"""``mlflow-sql check``: whether a query can be a model, before there is one."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Dialect, Pair, Types
from .output import echo_findings, echo_json

if TYPE_CHECKING:
    from ..model import SQLModel


@click.command()
@click.argument("query", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--dialect", type=Dialect(), default="duckdb", show_default=True, help="The dialect it is written in.")
@click.option("--input-types", type=Types(), help='Types of the input: {"price": "DECIMAL(10,2)"}, or a .json file.')
@click.option("--param-types", type=Types(), help='Types of the parameters: {"region": "VARCHAR"}, or a .json file.')
@click.option("--table", "tables", type=Pair("path"), multiple=True, help="A reference table: .parquet or .csv.")
@click.option("--input-table", default="input", show_default=True, help="The name by which it reads the input.")
@click.option("--allow", multiple=True, help="A refusal to accept, by name.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def check(
    ctx: click.Context,
    query: Path,
    dialect: str,
    input_types: dict[str, str] | None,
    param_types: dict[str, str] | None,
    tables: tuple[tuple[str, str], ...],
    input_table: str,
    allow: tuple[str, ...],
    form: str,
) -> None:
    """Check the SQL file QUERY ("-" reads stdin). Exit code 0: accepted, 1: refused."""
    from ..errors import QueryError, SQLModelError
    from ..model import SQLModel

    text: Any = sys.stdin.read() if str(query) == "-" else query
    try:
        model = SQLModel(text, dialect, dict(tables), input_table=input_table, allow=allow)
        report = _check(model, input_types, param_types or {})
    except SQLModelError as error:
        if form == "text":
            raise
        place = {"line": error.line, "column": error.column} if isinstance(error, QueryError) else {}
        reason = error.reason if isinstance(error, QueryError) else error.message
        echo_json({"ok": False, "dialect": dialect, "error": {"message": reason, "text": error.message, **place}})
        ctx.exit(1)
    if form == "json":
        findings = {key: [asdict(found) for found in report[key]] for key in ("warnings", "nondeterminism")}
        echo_json({**report, **findings})
        return
    click.echo(f"ok: {dialect} ({report['level']})")
    if report["rows"] is not None:
        click.echo(f"rows: {report['rows']}")
        click.echo("output: " + ", ".join(f"{name} {kind}" for name, kind in report["output_types"].items()))
    echo_findings("warning", report["warnings"])
    echo_findings("left open by the engine", report["nondeterminism"])
    if report["unchecked"]:
        click.echo(f"not checked: {report['unchecked']}", err=True)


def _check(model: SQLModel, types: dict[str, str] | None, kinds: dict[str, str]) -> dict[str, Any]:
    from ..schema import canonical

    assert model._query is not None
    kinds = {name: canonical(kind) for name, kind in kinds.items()}
    hinted = {name.casefold(): kind for name, kind in kinds.items()}
    query = model._query
    uses = tuple(replace(use, type_hint=hinted.get(use.name.casefold(), use.type_hint)) for use in query.placeholders)
    model._query = replace(query, placeholders=uses)
    if types is None and _reads_input(model):
        return _untyped(model)
    bound = model.bind({name: canonical(kind) for name, kind in types.items()} if types is not None else None)
    compiled = bound.compiled
    return _report(model, compiled, compiled.program.sql, compiled.program.rows, dict(compiled.program.output_types))


def _report(
    model: SQLModel,
    found: Any,
    sql: str,
    rows: str | None,
    outputs: dict[str, str] | None,
    unchecked: str | None = None,
) -> dict[str, Any]:
    return {
        "ok": True,
        "dialect": model.dialect,
        "level": found.level,
        "rows": rows,
        "output_types": outputs,
        "duckdb_sql": sql,
        "allowed": list(found.allowed),
        "warnings": found.warnings,
        "nondeterminism": found.nondeterminism,
        "unchecked": unchecked,
    }


def _reads_input(model: SQLModel) -> bool:
    from ..compile import SCRATCH
    from ..engines import sandbox
    from ..query.tables import table_uses

    query = model._query
    assert query is not None
    if query.tree is not None:
        names = [name for name, _, _ in table_uses(query)]
    else:  # only DuckDB reads this text
        cursor = SCRATCH.cursor()
        facts = sandbox.check(cursor, query.sql, tables=[model.input_table, *model.tables])
        cursor.close()
        names = list(facts.tables)
    return any(name.casefold() == model.input_table.casefold() for name in names)


def _untyped(model: SQLModel) -> dict[str, Any]:
    """The gates that need no types of the input: the text, the tables, the translation, what DuckDB would run."""
    from ..compile import SCRATCH, _check_source_tables
    from ..engines import sandbox
    from ..errors import QueryError
    from ..query.transpile import to_duckdb

    query = model._query
    assert query is not None
    known = {name: table.types for name, table in model.tables.items()}
    _check_source_tables(query, [*known, model.input_table], model.input_table)
    untyped = [name for name in query.params if name not in query.type_hints]
    # A parameter of unknown type stands as text: it is the binding, which is not reached, that would mind.
    kinds = {name: query.type_hints.get(name, "VARCHAR") for name in query.params}
    try:
        translation = to_duckdb(query, known, kinds, model.allow)
    except QueryError as error:
        raise QueryError(f"{error.message}\n(The input's types were not given: --input-types may settle it.)") from None
    cursor = SCRATCH.cursor()
    sandbox.check(
        cursor, translation.duckdb_sql, tables=[*known, model.input_table], functions=list(translation.macros)
    )
    cursor.close()
    missing = f" and of parameters {', '.join(untyped)} (--param-types)" if untyped else ""
    note = (
        f"types of the input (--input-types){missing} are unknown, so columns, output types and what the translation "
        "makes of them are left to the saving of the model."
    )
    return _report(model, translation, translation.duckdb_sql, None, None, note)
