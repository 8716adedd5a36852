"""Models and comparisons in a notebook: fragments of HTML that need nothing else and follow its light or dark theme."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from .card import ROWS
from .escaping import escape, shortened
from .facts import NO_DEFAULT, Facts
from .lineage_picture import picture

__all__ = ["model_html", "sql_html", "table_html"]

MOST_SQL = 20_000
MOST_ROWS = 50

#: Readable on white and on black.
_COLOURS = {
    "keyword": "#3b78c4",
    "string": "#2f8a4a",
    "number": "#b06a1f",
    "parameter": "#a556c0",
    "comment": "#808890",
}
_CELL = "text-align:left;padding:2px 12px 2px 0;border:0;vertical-align:top"


def model_html(facts: Facts) -> str:
    """A model for a notebook: the query, its dialect, signature and lineage. Nothing is run."""
    parts = [
        f"<b>SQLModel</b> · {escape(facts.dialect)}{f' ({escape(facts.level)})' if facts.level else ''}"
        + (f" · {escape(ROWS[facts.rows])}" if facts.rows else ""),
        sql_html(facts.sql, facts.dialect),
        *_signature(facts),
    ]
    drawn = picture(facts.lineage())
    if drawn is not None:
        parts.append(
            '<img alt="Column lineage" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode("ascii")}">'
        )
    return f"<div>{''.join(f'<div>{part}</div>' for part in parts)}</div>"


def _signature(facts: Facts) -> Iterable[str]:
    rows = []
    if facts.inputs:
        rows.append(
            ("input" if facts.input_table == "input" else f"input {facts.input_table}", _types(facts.inputs.items()))
        )
    if facts.params:
        given = (
            (name, f"{kind or 'by its value'}{'' if default is NO_DEFAULT else f' = {default!r}'}")
            for name, (kind, default) in facts.params.items()
        )
        rows.append(("parameters", _types(given)))
    for name, table in facts.tables.items():
        rows.append((f"table {name}", f"{table.rows:,} rows: {_types(table.columns.items())}"))
    if facts.outputs:
        rows.append(("output", _types(facts.outputs.items())))
    if facts.functions:
        rows.append(("functions", ", ".join(facts.functions)))
    if facts.prediction_column:
        rows.append(("prediction", facts.prediction_column))
    yield table_html((), rows)


def _types(columns: Iterable[tuple[str, str]]) -> str:
    return shortened(", ".join(f"{name} {kind}" for name, kind in columns), 600)


def sql_html(sql: str, dialect: str) -> str:
    """A query in colour."""
    from ..query.reading.highlight import pieces

    shown = sql[:MOST_SQL]
    text = "".join(
        f'<span style="color:{_COLOURS[kind]}">{escape(piece, line=False)}</span>'
        if kind
        else escape(piece, line=False)
        for kind, piece in pieces(shown, dialect)
    )
    more = f"\n… {len(sql) - MOST_SQL:,} more characters" if len(sql) > MOST_SQL else ""
    return f'<pre style="margin:6px 0;white-space:pre-wrap;text-align:left">{text}{more}</pre>'


def table_html(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A plain table of text."""
    head = "".join(f'<th style="{_CELL}">{escape(name)}</th>' for name in heads)
    shown = list(rows)
    lines = ("".join(f'<td style="{_CELL}">{escape(value)}</td>' for value in row) for row in shown[:MOST_ROWS])
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    more = f"<div>… {len(shown) - MOST_ROWS:,} more</div>" if len(shown) > MOST_ROWS else ""
    first = f"<tr>{head}</tr>" if head else ""
    return f'<table style="margin:4px 0;border:0">{first}{body}</table>{more}'
