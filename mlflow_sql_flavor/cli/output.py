"""How the commands write: text of a stranger's model without control characters, JSON, CSV, SQL in colour."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import shutil
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import click

from ..errors import visible as clean
from ..report.escaping import shortened

__all__ = [
    "clean", "echo_csv", "echo_findings", "echo_json", "fields", "finding_rows", "indented", "name_cell", "sql_text",
    "status", "verdicts",
]  # fmt: skip

_COLOURS: dict[str, dict[str, Any]] = {
    "keyword": {"fg": "blue", "bold": True},
    "string": {"fg": "green"},
    "number": {"fg": "yellow"},
    "parameter": {"fg": "magenta"},
    "comment": {"dim": True},
}


def echo_json(value: Any) -> None:
    """One JSON document on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    odd = {ord(c): json.dumps(c)[1:-1] for c in set(text) if clean(c) != c}
    click.echo(text.translate(odd))


def echo_csv(heads: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Rows on stdout; a missing value is an empty field."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([clean(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    click.echo(target.getvalue(), nl=False)


def echo_findings(title: str, findings: Any) -> None:
    """One line for each finding, with its place."""
    for found in findings:
        place = f"line {found.line}, column {found.column}: " if found.line else ""
        click.echo(clean(f"{title}: {place}{found.message} [{found.kind}]", line=True))


def finding_rows(title: str, findings: Any) -> Iterator[tuple[Any, ...]]:
    """The findings as ``(title, kind, line, column, message)``."""
    for found in findings:
        yield title, found.kind, found.line, found.column, found.message


def fields(rows: list[tuple[str, str]]) -> None:
    """Aligned ``name  value`` lines: a stranger's text stays in its line and in its column."""
    heads = [name_cell(name) for name, _ in rows]
    width = max(map(len, heads), default=0)
    for head, (_, value) in zip(heads, rows, strict=True):
        text = indented(clean(value, line=True), width + 2)
        click.echo(f"{click.style(head.ljust(width), bold=True)}  {text}")


#: Verdicts of an audit or a test, as they stand at the beginning of a line.
_COLOURED = {"ok": "green", "note": "yellow", "not known": "yellow", "bad": "red"}


def verdicts(rows: list[tuple[str, str, str]]) -> None:
    """Aligned ``verdict  name  message`` lines; a message of several lines is indented below its own."""
    heads = [name_cell(name) for _, name, _ in rows]
    width = max(map(len, heads), default=0)
    first = max((len(verdict) for verdict, _, _ in rows), default=0)
    for head, (verdict, _, message) in zip(heads, rows, strict=True):
        text = indented(clean(message), first + width + 4)
        click.echo(f"{click.style(verdict.ljust(first), fg=_COLOURED[verdict])}  {head.ljust(width)}  {text}")


def name_cell(name: str) -> str:
    """A name in a column of its own: of one line, and no wider than may be."""
    return shortened(clean(name, line=True), 60)


#: The narrowest column that lines are broken for; below it the terminal breaks them.
_NARROW = 20


def indented(text: str, by: int) -> str:
    """A text beside ``by`` columns of others: in a terminal its lines are broken between words, in a pipe never."""
    lines = text.split("\n")
    room = shutil.get_terminal_size().columns - by
    if sys.stdout.isatty() and room >= _NARROW:
        lines = [
            part
            for line in lines
            for part in textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) or [""]
        ]
    return f"\n{' ' * by}".join(lines)


def sql_text(sql: str, dialect: str) -> str:
    """The query for a terminal, in colour; click drops colour in a pipe."""
    from ..query.reading.highlight import pieces

    return "".join(click.style(text, **_COLOURS[kind]) if kind else text for kind, text in pieces(clean(sql), dialect))


@contextlib.contextmanager
def status(text: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr while something takes long, with the seconds since it began; only for a person who waits.

    Args:
        text: What is going on.

    Yields:
        What replaces the text, from any thread.
    """
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    start, done, shown = time.monotonic(), threading.Event(), [text]

    def show() -> None:
        past = int(time.monotonic() - start)
        line = shortened(f"{clean(shown[0], line=True)} …{f' {past} s' if past else ''}", _columns())
        # Back at its beginning, so that what MLflow says meanwhile takes the line's place.
        click.echo(f"{line}\x1b[K\r", err=True, nl=False, color=True)

    def tick() -> None:
        while not done.wait(1):
            show()

    def say(text: str) -> None:
        shown[0] = text

    show()
    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield say
    finally:
        done.set()
        ticking.join()
        click.echo("\x1b[K", err=True, nl=False, color=True)


def _columns() -> int:
    """How long a line may be that has to stay one."""
    try:
        return max((os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1, _NARROW)
    except (OSError, ValueError):
        return 79
