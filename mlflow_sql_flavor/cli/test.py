"""``mlflow-sql test``: whether a stored model still answers as it did."""

from __future__ import annotations

from dataclasses import asdict

import click

from .options import fetched, formats
from .output import echo_csv, echo_json, status, verdicts
from .watch import Watched


@click.command(cls=Watched)
@click.argument("model_uri")
@formats()
@click.pass_context
def test(ctx: click.Context, model_uri: str, form: str) -> None:
    """Run the stored example of MODEL_URI again and compare. Exit code 0: as it was, 1: something has changed."""
    from ..review.retest import retest

    with status("running the example"), fetched(model_uri) as folder:
        checks = retest(folder)
    ok = all(check.verdict != "bad" for check in checks)
    if form == "json":
        echo_json({"ok": ok, "checks": [asdict(check) for check in checks]})
    elif form == "csv":
        echo_csv(("check", "verdict", "message"), [(c.name, c.verdict, c.message) for c in checks])
    else:
        verdicts([(check.verdict, check.name, check.message) for check in checks])
    ctx.exit(0 if ok else 1)
