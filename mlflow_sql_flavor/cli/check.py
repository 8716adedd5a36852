"""``mlflow-sql check``: whether a query can be a model, before there is one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from .options import Dialect, Pair, Types, as_keys, formats, keys, query_text, say_dialect
from .output import echo_csv, echo_findings, echo_json, finding_rows
from .watch import Watched

_HEADS = ("what", "kind", "line", "column", "message")


@click.command(cls=Watched)
@click.argument("query", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--dialect", type=Dialect(), default="duckdb", show_default=True, help="The dialect it is written in.")
@click.option("--input-types", type=Types(), help='Types of the input: {"price": "DECIMAL(10,2)"}, or a .json file.')
@click.option("--param-types", type=Types(), help='Types of the parameters: {"region": "VARCHAR"}, or a .json file.')
@click.option("--table", "tables", type=Pair("path"), multiple=True, help="A reference table: .parquet or .csv.")
@keys()
@click.option("--input-table", default="input", show_default=True, help="The name by which it reads the input.")
@click.option("--allow", multiple=True, help="A refusal to accept, by name.")
@click.option("--strict/--no-strict", default=None, help="Refuse what was never compared with the source engine.")
@formats()
@click.pass_context
def check(
    ctx: click.Context,
    query: Path,
    dialect: str,
    input_types: dict[str, str] | None,
    param_types: dict[str, str] | None,
    tables: tuple[tuple[str, str], ...],
    keys: tuple[tuple[str, str], ...],
    input_table: str,
    allow: tuple[str, ...],
    strict: bool | None,
    form: str,
) -> None:
    """Check the SQL file QUERY ("-" reads stdin). Exit code 0: accepted, 1: refused."""
    from ..compile.check import check as checked
    from ..compile.gates.strictness import is_strict
    from ..errors import QueryError, SQLModelError

    try:
        text = query_text(query)
        say_dialect(ctx, text)
        report = checked(
            text,
            dialect,
            tables=dict(tables),
            input_types=input_types,
            param_types=param_types,
            input_table=input_table,
            allow=allow,
            keys=as_keys(keys),
            strict=is_strict(strict),
        )
    except SQLModelError as error:
        if form == "table":
            raise
        line, column = (error.line, error.column) if isinstance(error, QueryError) else (None, None)
        reason = error.reason if isinstance(error, QueryError) else error.message
        if form == "csv":
            echo_csv(_HEADS, [("error", "refused", line, column, reason)])
        else:
            place = {"line": line, "column": column} if isinstance(error, QueryError) else {}
            echo_json({"ok": False, "dialect": dialect, "error": {"message": reason, "text": error.message, **place}})
        ctx.exit(1)
    if form == "json":
        echo_json({"ok": True, **asdict(report)})
        return
    if form == "csv":
        rows = [*finding_rows("warning", report.warnings), *finding_rows("left open", report.nondeterminism)]
        echo_csv(_HEADS, [("ok", report.level, None, None, report.unchecked or "accepted"), *rows])
        return
    click.echo(f"ok: {dialect} ({report.level})")
    if report.output_types is not None:
        click.echo(f"rows: {report.rows}")
        click.echo("output: " + ", ".join(f"{name} {kind}" for name, kind in report.output_types.items()))
    echo_findings("warning", report.warnings)
    echo_findings("left open by the engine", report.nondeterminism)
    if report.unchecked:
        click.echo(f"not checked: {report.unchecked}", err=True)
