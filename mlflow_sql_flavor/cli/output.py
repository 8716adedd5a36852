"""How the commands write: text of a stranger's model without control characters, JSON, SQL in colour."""

from __future__ import annotations

import json
import re
from typing import Any

import click

__all__ = ["clean", "echo_findings", "echo_json", "fields", "sql_text"]

#: Control characters steer a terminal, and marks of writing direction show text in another order than it has.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with what a terminal would act on, written out as escapes."""
    return _UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text.replace("\r\n", "\n"))


def echo_json(value: Any) -> None:
    """One JSON document on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    click.echo(_UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text))


def echo_findings(title: str, findings: Any) -> None:
    """One line for each finding, with its place."""
    for found in findings:
        place = f"line {found.line}, column {found.column}: " if found.line else ""
        click.echo(clean(f"{title}: {place}{found.message} [{found.kind}]"))


def fields(rows: list[tuple[str, str]]) -> None:
    """Aligned ``name  value`` lines; a value of several lines is indented."""
    width = max((len(clean(name)) for name, _ in rows), default=0)
    for name, value in rows:
        text = clean(value).replace("\n", f"\n{' ' * (width + 2)}")
        click.echo(f"{click.style(clean(name).ljust(width), bold=True)}  {text}")


def sql_text(sql: str) -> str:
    """The query for a terminal, in colour where pygments is installed; click drops colour in a pipe."""
    text = clean(sql)
    try:
        from pygments import highlight
        from pygments.formatters import TerminalFormatter
        from pygments.lexers import SqlLexer
    except ImportError:
        return text
    return highlight(text, SqlLexer(stripnl=False, ensurenl=False), TerminalFormatter())
