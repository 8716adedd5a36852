"""The column lineage as one SVG file: boxes of columns, left to right, without script, style sheet or address."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .escaping import escape, shortened, visible

if TYPE_CHECKING:
    from ..query.reading.parsed_query import Lineage, LineageEdge, Relation

__all__ = ["picture"]

#: What is drawn of larger graphs: columns in a box, steps, layers of steps, lines between two boxes.
MOST_COLUMNS = 24
MOST_STEPS = 24
MOST_LAYERS = 6
MOST_LINES = 100
#: Lines that pass below other boxes run side by side, so many and so far apart in pixels.
MOST_LANES, _LANE = 16, 5

_LINE, _HEAD, _GAP_X, _GAP_Y, _MARGIN = 20, 26, 76, 26, 12
_COLOURS = {
    "input": ("#1f5fa8", "#e8f0fa"),
    "table": ("#8a5a00", "#fbf3e0"),
    "parameters": ("#7a3e9d", "#f5ecfa"),
    "step": ("#4b5563", "#f1f3f5"),
    "output": ("#1b7a43", "#e6f5ec"),
}
_TITLES = {"input": "input", "table": "reference table", "parameters": "parameters", "step": "step", "output": "output"}
_ROWS = "rows and their order"


@dataclass
class _Box:
    relation: Relation
    columns: list[str]
    hidden: int = 0
    rows: bool = False
    layer: int = 0
    x: float = 0
    y: float = 0
    width: float = 0

    @property
    def height(self) -> float:
        return _HEAD + _LINE * (len(self.columns) + (self.hidden > 0) + self.rows) + 8

    def at(self, column: str | None) -> float:
        """The height of a column's line; of the rows' for None; of the title for what has no line of its own."""
        if column is None:
            place = len(self.columns) + (self.hidden > 0) if self.rows else None
        elif column in self.columns:
            place = self.columns.index(column)
        else:
            place = len(self.columns) if self.hidden else None
        return self.y + (_HEAD / 2 if place is None else _HEAD + _LINE * (place + 0.5) + 4)


def picture(lineage: Lineage) -> str | None:
    """Draws the lineage.

    Large graphs stay readable: boxes show up to 24 columns, longer chains of steps are left out between sources and
    output, many lines between two boxes become one; a line of text below says what was left out.

    Returns:
        An SVG document; None if there is no lineage.
    """
    if not lineage.relations:
        return None
    notes = []
    relations, edges = list(lineage.relations), list(lineage.edges)
    steps = sum(relation.kind == "step" for relation in relations)
    layers = _layers(len(relations), edges)
    if steps > MOST_STEPS or max(layers) > MOST_LAYERS:
        edges = list(_through(lineage))
        layers = _layers(len(relations), edges)
        notes.append(f"{steps} steps between are not drawn")
    boxes, more = _boxes(relations, edges, layers)
    if more:
        notes.append(more)
    if not boxes:
        return None
    lines, bundled = _lines(boxes, edges)
    if bundled:
        notes.append("thick lines stand for more columns than can be drawn")
    if lineage.partial:
        notes.append("some columns could not be followed to their end")
    if any(line.to_column is None and not line.whole for line in lines):
        notes.insert(0, "dashed: which rows there are, and their order")
    width, height = _place(boxes, lines)
    return _svg(boxes, lines, notes, width, height)


def _layers(count: int, edges: Iterable[LineageEdge]) -> list[int]:
    layers = [0] * count
    for edge in sorted(edges, key=lambda e: e.target):  # a step comes after those it reads
        if edge.source < edge.target:
            layers[edge.target] = max(layers[edge.target], layers[edge.source] + 1)
    return layers


def _through(lineage: Lineage) -> Iterator[LineageEdge]:
    """Edges from the sources to the output, without the steps between."""
    from ..query.reading.parsed_query import LineageEdge

    numbers = {relation.name: n for n, relation in enumerate(lineage.relations) if relation.kind != "step"}
    last = len(lineage.relations) - 1
    for column, places in lineage.origins(rows=True).items():
        for name, source_column in places:
            yield LineageEdge(numbers[name], source_column, last, column or None)


def _boxes(relations: list[Relation], edges: list[LineageEdge], layers: list[int]) -> tuple[dict[int, _Box], str]:
    used: dict[int, dict[str, None]] = {}
    for edge in edges:
        for number, column in ((edge.source, edge.source_column), (edge.target, edge.column)):
            columns = used.setdefault(number, {})
            if column is not None:
                columns[column] = None
    boxes, cut = {}, False
    last = len(relations) - 1
    for number, relation in enumerate(relations):
        if number not in used and number != last:
            continue
        known = used.get(number, {})
        # first what is read, in the relation's own order
        order = [c for c in relation.columns if c in known] + [c for c in known if c not in relation.columns]
        if relation.kind in ("output", "step"):
            order = list(dict.fromkeys((*relation.columns, *order)))
        shown = order[:MOST_COLUMNS]
        hidden = len(set(relation.columns) | set(order)) - len(shown)
        cut = cut or len(order) > MOST_COLUMNS
        rows = any(_draws_rows(e, edges) for e in edges if e.target == number and e.column is None)
        boxes[number] = _Box(relation, shown, hidden, rows, layers[number])
    final = max((box.layer for box in boxes.values()), default=0)
    boxes[last].layer = max(final, 1) if len(boxes) > 1 else 0
    for number, box in boxes.items():  # a source stands beside the first step that reads it
        readers = [boxes[edge.target].layer for edge in edges if edge.source == number]
        if box.relation.kind not in ("step", "output") and readers:
            box.layer = min(readers) - 1
    return boxes, "wide tables show their first columns" if cut else ""


def _draws_rows(edge: LineageEdge, edges: list[LineageEdge]) -> bool:
    """Whether an edge into a relation's rows says something: reading the rows of what is read anyway does not."""
    if edge.column is not None or edge.source_column is not None:
        return True
    same = (e for e in edges if e.source == edge.source and e.target == edge.target)
    passed = (e for e in edges if e.target == edge.source and e.column is None and e.source_column is not None)
    return next(passed, None) is not None or all(e == edge for e in same)


@dataclass(frozen=True)
class _Stroke:
    source: int
    target: int
    from_column: str | None
    to_column: str | None
    count: int = 1
    whole: bool = False
    lane: int = 0


def _lines(boxes: dict[int, _Box], edges: list[LineageEdge]) -> tuple[list[_Stroke], bool]:
    pairs: dict[tuple[int, int], dict[_Stroke, None]] = {}
    for edge in edges:
        if not _draws_rows(edge, edges):
            continue
        source, target = boxes[edge.source], boxes[edge.target]
        start = edge.source_column if edge.source_column in source.columns else "" if edge.source_column else None
        end = edge.column if edge.column in target.columns else "" if edge.column else None
        stroke = _Stroke(edge.source, edge.target, start, end)
        pairs.setdefault((edge.source, edge.target), {})[stroke] = None
    found: list[_Stroke] = []
    bundled = False
    for (source_number, target_number), strokes in pairs.items():
        if len(strokes) > MOST_LINES:
            bundled = True
            found.append(_Stroke(source_number, target_number, None, None, len(strokes), True))
        else:
            found += strokes
    long = [line for line in found if boxes[line.target].layer - boxes[line.source].layer > 1]
    lanes = {line: min(number, MOST_LANES - 1) for number, line in enumerate(long)}
    return [replace(line, lane=lanes.get(line, 0)) for line in found], bundled


def _place(boxes: dict[int, _Box], edges: list[_Stroke]) -> tuple[float, float]:
    for box in boxes.values():
        names = [box.relation.name, *box.columns, *([_ROWS] if box.rows else [])]
        box.width = min(240.0, max(96.0, max(map(_measure, names)) + 24))
    x = float(_MARGIN)
    heights = []
    layers = sorted({box.layer for box in boxes.values()})
    for layer in layers:
        here = [(n, box) for n, box in boxes.items() if box.layer == layer]
        before = {n: _mean(boxes[e.source].y for e in edges if e.target == n and e.source in boxes) for n, _ in here}
        y = float(_MARGIN)
        for _number, box in sorted(here, key=lambda pair: (before[pair[0]], pair[0])):
            box.x, box.y = x, y
            y += box.height + _GAP_Y
        heights.append(y - _GAP_Y)
        x += max(box.width for _, box in here) + _GAP_X
    most = max(heights)
    for layer, height in zip(layers, heights, strict=True):
        for box in boxes.values():
            if box.layer == layer:
                box.y += (most - height) / 2
    long = [edge.lane for edge in edges if boxes[edge.target].layer - boxes[edge.source].layer > 1]
    return x - _GAP_X + _MARGIN, most + _MARGIN + (8 + _LANE * max(long) if long else 0)


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0


def _measure(text: str) -> float:
    """About the width of a text, in pixels: East Asian letters take two places."""
    shown = shortened(visible(text, line=True), 30)
    return sum(12.5 if unicodedata.east_asian_width(c) in "WF" else 7.0 for c in shown)


def _svg(boxes: dict[int, _Box], lines: list[_Stroke], notes: list[str], width: float, height: float) -> str:
    below = 22 if notes else 0
    text = "; ".join(notes)
    width = max(width, 6.2 * len(text) + 2 * _MARGIN)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height + below:.0f}" '
        f'viewBox="0 0 {width:.0f} {height + below:.0f}" role="img" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="12">',
        "<title>Column lineage</title>",
        f'<rect width="{width:.0f}" height="{height + below:.0f}" fill="#ffffff"/>',
    ]
    parts += [_path(boxes, line) for line in lines]
    for box in boxes.values():
        parts += _box(box)
    if notes:
        note = f"{text[0].upper()}{text[1:]}."
        parts.append(f'<text x="{_MARGIN}" y="{height + 10:.0f}" fill="#4b5563" font-size="11">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _path(boxes: dict[int, _Box], line: _Stroke) -> str:
    source, target = boxes[line.source], boxes[line.target]
    colour = _COLOURS[source.relation.kind][0]
    x1, x2 = source.x + source.width, target.x
    y1 = source.y + _HEAD / 2 if line.whole else source.at(line.from_column)
    y2 = target.y + _HEAD / 2 if line.whole else target.at(line.to_column)
    between = [b for b in boxes.values() if source.layer < b.layer < target.layer]
    if between:  # below the boxes it passes
        start, end = min(b.x for b in between), max(b.x + b.width for b in between)
        low = max(b.y + b.height for b in between) + 8 + _LANE * line.lane
        if max(y1, y2) > low:
            low = max(low, min(y1, y2))
        course = (
            f"C{start - 20:.1f} {y1:.1f} {start - _GAP_X / 2:.1f} {low:.1f} {start:.1f} {low:.1f}H{end:.1f}"
            f"C{end + _GAP_X / 2:.1f} {low:.1f} {end + 20:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        )
    else:
        bend = max(40.0, (x2 - x1) / 2)
        course = f"C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    rows = line.to_column is None and not line.whole
    style = ' stroke-dasharray="4 3" stroke-opacity="0.55"' if rows else ' stroke-opacity="0.65"'
    thick = 6 if line.whole else 1.4
    title = f"<title>{line.count} columns</title>" if line.whole else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}{course}" '
        f'fill="none" stroke="{colour}" stroke-width="{thick}"{style}>{title}</path>'
    )


def _box(box: _Box) -> Iterator[str]:
    dark, light = _COLOURS[box.relation.kind]
    x, y, w = box.x, box.y, box.width
    size = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{box.height:.1f}"'
    yield f'<rect {size} rx="5" fill="#ffffff" stroke="{dark}"/>'
    yield (
        f'<path d="M{x:.1f} {y + _HEAD:.1f}v-{_HEAD - 5}a5 5 0 0 1 5 -5h{w - 10:.1f}a5 5 0 0 1 5 5v{_HEAD - 5}z" '
        f'fill="{light}" stroke="{dark}"/>'
    )
    title = box.relation.name
    kind = _TITLES[box.relation.kind]
    yield _text(x + 10, y + 17, title, dark, 'font-weight="600"', f"{kind} {title}")
    line = y + _HEAD + 4
    for name in box.columns:
        yield _text(x + 10, line + 14, name, "#111827")
        line += _LINE
    if box.hidden:
        unread = box.relation.kind in ("input", "table") and len(box.columns) < MOST_COLUMNS
        words = f"{box.hidden:,} {'not read' if unread else 'more'}"
        yield _text(x + 10, line + 14, words, "#6b7280", 'font-style="italic"')
        line += _LINE
    if box.rows:
        yield _text(x + 10, line + 14, _ROWS, "#6b7280", 'font-style="italic"')


def _text(x: float, y: float, text: str, colour: str, style: str = "", full: str | None = None) -> str:
    shown = shortened(visible(text, line=True), 30)
    hint = full if full is not None else text
    title = f"<title>{escape(shortened(hint, 300))}</title>" if full is not None or shown != text else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" {style}>{escape(shown)}{title}</text>'
