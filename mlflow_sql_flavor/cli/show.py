"""``mlflow-sql show``: what a model is, read from its files without loading it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import fetched, formats
from .output import clean, echo_csv, echo_findings, echo_json, fields, sql_text, verdicts
from .watch import Watched

if TYPE_CHECKING:
    from ..report.facts import Facts


@click.command(cls=Watched)
@click.argument("model_uri")
@click.option("--audit", "audited", is_flag=True, help="Inspect what loading it would trust; exit code 1 if not sound.")
@formats()
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
    from ..review.audit import audit

    found = audit(folder)
    if form == "json":
        echo_json(found.to_dict())
        return found.ok
    if form == "csv":
        echo_csv(("subject", "verdict", "message"), [(r.subject, r.verdict, r.message) for r in found.remarks])
        return found.ok
    verdicts([(r.verdict, r.subject, clean(r.message, line=True)) for r in found.remarks])
    return found.ok


def _show(folder: Path, form: str) -> None:
    from ..artifact import mlmodel
    from ..report.facts import of_spec
    from ..review.audit.translation import judge

    stored = mlmodel.read(folder, "sql")
    spec = stored.spec
    shown = judge(spec, folder)
    if form == "json":
        signature: Any = stored.signature.to_dict() if stored.signature is not None else None
        told = {"verdict": shown.verdict, "message": shown.message}
        echo_json({**spec.write(), "signature": signature, "shown_is_what_runs": told})
        return
    facts = of_spec(spec, stored.signature)
    rows = list(_rows(facts))
    if form == "csv":
        runs = [("duckdb_sql", spec.duckdb_sql), ("shown", shown.message)] if shown.verdict != "ok" else []
        echo_csv(("field", "value"), [("sql", spec.sql), *runs, *rows])
        return
    click.echo(sql_text(spec.sql.rstrip(), spec.dialect))
    click.echo()
    if shown.verdict != "ok":
        verdicts([(shown.verdict, "text", shown.message)])
        click.echo("what runs:")
        click.echo(sql_text(spec.duckdb_sql.rstrip(), "duckdb"))
        click.echo()
    fields(rows)
    echo_findings("no evidence", spec.findings)
    echo_findings("left open by its engine", spec.nondeterminism)


def _rows(facts: Facts) -> Iterator[tuple[str, str]]:
    from ..report.facts import NO_DEFAULT

    yield "dialect", f"{facts.dialect} ({facts.level})"
    yield "rows", str(facts.rows)
    if facts.inputs is not None:
        name = facts.input_table
        yield "input" if name == "input" else f"input {name}", _types(facts.inputs)
    if facts.params:
        yield (
            "parameters",
            ", ".join(
                f"{name} {kind}" + ("" if default is NO_DEFAULT else f" = {default!r}")
                for name, (kind, default) in facts.params.items()
            ),
        )
    yield "output", _types(facts.outputs or {})
    if facts.prediction_column:
        yield "prediction", facts.prediction_column
    for name, table in facts.tables.items():
        yield f"table {name}", f"{table.rows:,} rows: {_types(table.columns)}"
    if facts.functions:
        yield "functions", ", ".join(facts.functions)
    if facts.limits:
        yield "limits", ", ".join(f"{name} {value}" for name, value in facts.limits.items())
    if facts.allow:
        yield "allowed", ", ".join(facts.allow)
    if facts.compared:
        yield "compared", facts.compared
    yield "saved with", ", ".join(f"{name} {version}" for name, version in facts.versions.items())


def _types(types: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in types.items())
