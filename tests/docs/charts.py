"""The plots beside tables of the documentation, drawn from these tables: ``python -m tests.docs.charts [DOCS]``.

``.ci/site`` draws them anew, so that a plot of the site shows what its table says.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path

__all__ = ["bars", "lines", "main", "table_under"]

WIDTH, LEFT, ROW = 720, 110, 24
#: Readable on a light and on a dark page.
_STYLE = (
    "<style>text{font:12px sans-serif;fill:#333}.axis{stroke:#999}.match{fill:#2a9d8f}.refused{fill:#bbb}"
    ".wrong{fill:#d62828}.line{fill:none;stroke-width:2}.s0{stroke:#2a9d8f}.s1{stroke:#e76f51}.s2{stroke:#6d5fd0}"
    ".s3{stroke:#c99700}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.refused{fill:#666}}</style>"
)


def table_under(page: str, opening: str) -> list[list[str]]:
    """The cells of the table whose head begins so, its head first and without the line below that."""
    lines = page.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(opening))
    end = next((at for at in range(start, len(lines)) if not lines[at].startswith("|")), len(lines))
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines[start:end]]
    return [rows[0], *rows[2:]]


def bars(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Of each name the shares that match, are refused, and are silently wrong, which make a whole.

    Args:
        rows: The name and three numbers.
    """
    space = WIDTH - LEFT - 60
    parts = []
    for at, (name, *values) in enumerate(rows):
        top, left, whole = 30 + at * ROW, float(LEFT), sum(values)
        parts.append(f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>')
        for kind, value in zip(("match", "refused", "wrong"), values, strict=True):
            wide = space * value / whole
            parts.append(f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{ROW - 6}"/>')
            left += wide
        parts.append(f'<text x="{LEFT + space + 6}" y="{top + 13}">{100 * values[0] / whole:.1f} %</text>')
    for at, (kind, said) in enumerate(
        (("match", "the engine's rows"), ("refused", "refused"), ("wrong", "other rows"))
    ):
        parts.append(f'<rect class="{kind}" x="{LEFT + at * 150}" y="8" width="12" height="12"/>')
        parts.append(f'<text x="{LEFT + at * 150 + 18}" y="18">{said}</text>')
    return _svg(40 + len(rows) * ROW, parts)


def lines(series: Sequence[tuple[str, Sequence[tuple[float, float]]]], below: str, *, powers: bool = False) -> str:
    """Lines over a logarithmic axis of powers of ten.

    Args:
        series: Of each line its name and points.
        below: What the axis counts.
        powers: Whether the heights are on a logarithmic axis too, else from 0 up.
    """
    tall, heights = 260, [y for _, points in series for _, y in points]
    last = max(math.log10(x) for _, points in series for x, _ in points)
    if powers:
        marks = [m * 10.0**p for p in range(-3, 4) for m in (1, 3)]
        low = max(mark for mark in marks if mark <= min(heights))
        marks = [mark for mark in marks if low <= mark <= max(heights) * 3]
    else:
        marks = [half / 2 for half in range(math.ceil(max(heights) * 2) + 1)]

    def share(y: float) -> float:
        if powers:
            return math.log(y / marks[0]) / math.log(marks[-1] / marks[0])
        return y / marks[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        return 60 + (WIDTH - 90) * math.log10(x) / last, 20 + (tall - 20) * (1 - share(y))

    parts = []
    for mark in marks:
        _, y = place(1, mark)
        parts.append(f'<line class="axis" x1="60" x2="{WIDTH - 30}" y1="{y:.1f}" y2="{y:.1f}" stroke-opacity=".4"/>')
        parts.append(f'<text x="52" y="{y + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for power in range(math.floor(last) + 1):
        x, _ = place(10**power, marks[-1])
        parts.append(f'<text x="{x:.1f}" y="{tall + 18}" text-anchor="middle">{10**power:,}</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{tall + 38}" text-anchor="middle">{escape(below)}</text>')
    for at, (name, points) in enumerate(series):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline class="line s{at}" points="{path}"/>')
        parts.append(
            f'<line class="line s{at}" x1="70" x2="94" y1="{tall + 56 + 18 * at}" y2="{tall + 56 + 18 * at}"/>'
        )
        parts.append(f'<text x="100" y="{tall + 60 + 18 * at}">{escape(name)}</text>')
    return _svg(tall + 60 + 18 * len(series), parts)


def _svg(height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return "\n".join([head, _STYLE, *parts, "</svg>", ""])


def _dialects(page: str) -> str:
    found = []
    for name, *_, told in table_under(page, "| dialect | other names |"):
        measured = re.fullmatch(r"([\d.]+) % / (\d+) / (\d+) of (\d+)", told)
        if measured:
            refused, wrong, whole = (int(part) for part in measured.groups()[1:])
            found.append((name, whole - refused - wrong, refused, wrong))
    return bars(found)


def _growth(page: str) -> str:
    powers = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")

    def number(text: str) -> float:
        base, power = re.fullmatch(r"([\d,]+)([⁰¹²³⁴⁵⁶⁷⁸⁹]*)", text).groups()  # type: ignore[union-attr]
        return float(base.replace(",", "")) ** int(power.translate(powers) or 1)

    found = []
    for name, opening in (
        ("rows of a reference table", "| rows of the table |"),
        ("columns of the input, all read", "| columns, all read |"),
        ("bytes of the query", "| bytes of the query"),
    ):
        (_, *head), (_, *ratios), *_ = table_under(page, opening)
        points = [(number(x), float(y)) for x, y in zip(head, ratios, strict=True)]
        found.append((f"{name}: one row, time to raw DuckDB's", points))
    return lines(found, "rows, columns or bytes")


def _ways(page: str) -> str:
    """The scalar query in each way that was run at every number of rows."""
    (_, _, *head), *rows = table_under(page, "| query | way | 1 row |")
    sizes = [float(text.split()[0].replace(",", "")) for text in head]
    first = [row[1:] for row in rows[: next(at for at, row in enumerate(rows) if at and row[0])]]
    whole = [(way.replace("`", ""), ratios) for way, *ratios in first if all(ratios)]
    found = [(way, list(zip(sizes, map(float, ratios), strict=True))) for way, ratios in whole]
    return lines(found, "rows; time to raw DuckDB's, scalar query", powers=True)


def main(docs: Path) -> None:
    """Draws the plots of a folder of pages into its ``images``."""
    for name, page, draw in (
        ("dialects", "dialects.md", _dialects),
        ("growth", "performance.md", _growth),
        ("performance", "performance.md", _ways),
    ):
        text = (docs / page).read_text(encoding="utf-8")
        (docs / "images" / f"{name}.svg").write_text(draw(text), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
