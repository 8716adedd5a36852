"""``mlflow-sql show``: what a model is, read from its files without loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .options import fetched
from .output import clean, echo_findings, echo_json, fields, sql_text


@click.command()
@click.argument("model_uri")
@click.option("--audit", "audited", is_flag=True, help="Inspect what loading it would trust; exit code 1 if not sound.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def show(ctx: click.Context, model_uri: str, audited: bool, form: str) -> None:
    """Show the query, types, tables and versions of MODEL_URI without loading the model."""
    with fetched(model_uri) as folder:
        if audited:
            ok = _audit(folder, form)
        else:
            _show(folder, form)
            ok = True
    ctx.exit(0 if ok else 1)


def _audit(folder: Path, form: str) -> bool:
    from ..audit import audit

    found = audit(folder)
    if form == "json":
        echo_json(found.to_dict())
        return found.ok
    colours = {"ok": "green", "note": "yellow", "bad": "red"}
    width = max(len(clean(remark.subject)) for remark in found.remarks)
    for remark in found.remarks:
        verdict = click.style(remark.verdict.ljust(4), fg=colours[remark.verdict])
        message = clean(remark.message).replace("\n", "\n" + " " * (width + 8))
        click.echo(f"{verdict}  {clean(remark.subject).ljust(width)}  {message}")
    return found.ok


def _show(folder: Path, form: str) -> None:
    from .. import artifact

    stored = artifact.read(folder, "sql")
    spec = stored.spec
    if form == "json":
        signature: Any = stored.signature.to_dict() if stored.signature is not None else None
        echo_json({**spec.write(), "signature": signature})
        return
    click.echo(sql_text(spec.sql.rstrip()))
    click.echo()
    rows = [("dialect", f"{spec.dialect} ({spec.level})"), ("rows", spec.rows)]
    if spec.input_types is not None:
        rows.append((f"input {spec.input_table}", _types(spec.input_types)))
    if spec.param_types:
        rows.append(("parameters", _params(spec.param_types, stored.signature)))
    rows.append(("output", _types(spec.output_types)))
    if spec.prediction_column:
        rows.append(("prediction", spec.prediction_column))
    for name, table in spec.tables.items():
        rows.append((f"table {name}", f"{table.rows:,} rows: {_types(table.columns)}"))
    if spec.udfs is not None:
        rows.append(("functions", ", ".join(spec.udfs.functions)))
    limits = spec.limits.model_dump(exclude_none=True)
    if limits:
        rows.append(("limits", ", ".join(f"{name} {value}" for name, value in limits.items())))
    if spec.allow:
        rows.append(("allowed", ", ".join(spec.allow)))
    if spec.expected_output is not None:
        rows.append(("compared", f"{spec.expected_output.rows:,} rows: {spec.expected_output.verdict}"))
    rows.append(
        (
            "saved with",
            f"mlflow-sql-flavor {spec.mlflow_sql_flavor_version}, duckdb {spec.duckdb_version}, "
            f"sqlglot {spec.sqlglot_version}",
        )
    )
    fields(rows)
    echo_findings("left open by its engine", spec.nondeterminism)


def _types(types: Any) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())


def _params(types: Any, signature: Any) -> str:
    params = getattr(signature, "params", None)
    defaults = {spec.name: spec.default for spec in params.params} if params is not None else {}
    return ", ".join(
        f"{name} {kind}" + (f" = {defaults[name]!r}" if name in defaults else "") for name, kind in types.items()
    )
