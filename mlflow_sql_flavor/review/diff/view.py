"""How two models differ, as text, as HTML and as plain values: what :class:`.Diff` shows of itself."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...report.escaping import escape, shortened, visible
from ...report.html import table_html

if TYPE_CHECKING:
    from ...query.facts.changes import Change
    from .differences import Differences, RowsDiff

__all__ = ["html", "plain", "text"]


def plain(value: Any) -> Any:
    """A value as JSON has it; a number that is not finite as text, for it differs from null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def text(found: Differences, most: int) -> str:
    """The lines of :meth:`.Diff.text`; names and values without control characters."""
    return visible("\n".join(_lines(found, most)))


def _lines(found: Differences, most: int) -> Iterator[str]:
    old, new = (visible(name, line=True) for name in found.names)
    yield f"old: {old}"
    yield f"new: {new}"
    yield f"query: {_query_title(found)}"
    changes = found.query.changes
    if changes is None and found.query.text:
        yield from (f"  {line}" for line in found.query.text.splitlines()[2:])
    for change in changes or ():
        yield f"  {_where(change)}: {_what(change.before, change.after)}"
    yield f"signature: {_count(len(found.signature), 'change')}"
    for part in found.signature:
        yield f"  {part.part} {visible(part.name, line=True)}: {_what(part.before, part.after)}"
    rows = found.rows
    if rows is None:
        yield f"rows: not compared: {found.why_no_rows}"
        return
    yield f"rows: {_rows_title(rows)}"
    comparison = rows.comparison
    for title, names in (("new columns", comparison.extra), ("columns gone", comparison.missing)):
        if names:
            yield f"  {title}: {', '.join(visible(name, line=True) for name in names)}"
    if rows.columns:
        counts = ", ".join(f"{visible(name, line=True)} {count:,}" for name, count in rows.columns.items())
        yield f"  changed cells: {counts}"
    for cell in comparison.cells[:most]:
        key = _key(rows, cell.row)
        yield f"  {key}, {visible(cell.column, line=True)}: {_what(_value(cell.right), _value(cell.left))}"
    yield from _more(len(comparison.cells), most, "changed cells")
    for sign, side in (("+", comparison.added), ("-", comparison.removed)):
        for row in side[:most]:
            yield f"  {sign} {_row(row)}"
        yield from _more(len(side), most, "rows added" if sign == "+" else "rows removed")


def _more(total: int, most: int, what: str) -> Iterator[str]:
    if total > most:
        yield f"  … {total - most:,} more {what}"


def _query_title(found: Differences) -> str:
    query = found.query
    moved = f", {query.dialects[0]} → {query.dialects[1]}" if query.dialects[0] != query.dialects[1] else ""
    if query.changes is None:
        return f"{'other text' if query.text else 'the same text'}{moved}"
    if not query.changes and query.text:
        return f"the same, written in another way{moved}"
    return f"{_count(len(query.changes), 'change')}{moved}"


def _rows_title(rows: RowsDiff) -> str:
    found = rows.comparison
    paired = f", paired by {', '.join(visible(n, line=True) for n in rows.by)}" if rows.by else ""
    counts = f"{len(found.added):,} added, {len(found.removed):,} removed, {rows.changed_rows:,} changed"
    if rows.equal:
        counts = "no change"
    elif rows.reordered:
        counts = "the same rows in another order"
    return f"{found.rows[1]:,} → {found.rows[0]:,}: {counts} (on {rows.data}{paired})"


def _count(number: int, word: str) -> str:
    return f"no {word}" if number == 0 else f"{number:,} {word}{'' if number == 1 else 's'}"


def _where(change: Change) -> str:
    step = f"{visible(change.step, line=True)}: " if change.step else ""
    return f"{step}{change.clause}" if change.clause else f"{step}order of its parts"


def _what(before: str | None, after: str | None) -> str:
    if before is None:
        return f"+ {visible(after or '', line=True)}"
    if after is None:
        return f"- {visible(before, line=True)}"
    return f"{visible(before, line=True)} → {visible(after, line=True)}"


def _value(value: Any) -> str:
    return "NULL" if value is None else shortened(str(plain(value)), 80)


def _row(row: dict[str, Any]) -> str:
    return ", ".join(f"{visible(name, line=True)} = {visible(_value(value), line=True)}" for name, value in row.items())


def _key(rows: RowsDiff, number: int) -> str:
    keys = rows.keys.get(number)
    if not keys:
        return f"row {number}"
    return ", ".join(f"{visible(n, line=True)} {_value(v)}" for n, v in zip(rows.by, keys, strict=True))


def html(found: Differences, most: int = 20) -> str:
    """The fragment of :meth:`.Diff._repr_html_`."""
    parts = [
        f"<div><b>{escape(found.names[0])} → {escape(found.names[1])}</b></div>",
        f"<div><b>Query</b>: {escape(_query_title(found))}</div>",
    ]
    changes = found.query.changes
    if changes is None and found.query.text:
        parts.append(f"<pre>{escape(shortened(found.query.text, 20_000), line=False)}</pre>")
    elif changes:
        parts.append(
            table_html(("where", "old", "new"), [(_where(c), _text(c.before), _text(c.after)) for c in changes])
        )
    parts.append(f"<div><b>Signature</b>: {escape(_count(len(found.signature), 'change'))}</div>")
    if found.signature:
        lines = [(f"{c.part} {c.name}", _text(c.before), _text(c.after)) for c in found.signature]
        parts.append(table_html(("what", "old", "new"), lines))
    rows = found.rows
    if rows is None:
        parts.append(f"<div><b>Rows</b>: not compared: {escape(found.why_no_rows or '')}</div>")
        return f"<div>{''.join(parts)}</div>"
    parts.append(f"<div><b>Rows</b>: {escape(_rows_title(rows))}</div>")
    comparison = rows.comparison
    if rows.columns:
        parts.append(table_html(("column", "changed cells"), [(n, f"{c:,}") for n, c in rows.columns.items()]))
        cells = [(_key(rows, c.row), c.column, _value(c.right), _value(c.left)) for c in comparison.cells[:most]]
        parts.append(table_html(("row", "column", "old", "new"), cells))
        parts += [f"<div>{escape(line.strip())}</div>" for line in _more(len(comparison.cells), most, "changed cells")]
    for title, side in (("added", comparison.added), ("removed", comparison.removed)):
        if side:
            names = list(side[0])
            parts.append(f"<div>{len(side):,} {title}</div>")
            parts.append(table_html(names, [[_value(row[name]) for name in names] for row in side[:most]]))
            parts += [f"<div>{escape(line.strip())}</div>" for line in _more(len(side), most, f"rows {title}")]
    return f"<div>{''.join(parts)}</div>"


def _text(value: str | None) -> str:
    return "" if value is None else value
