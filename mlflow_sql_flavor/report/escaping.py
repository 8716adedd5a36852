"""A stranger's text made harmless for where it is shown: a terminal, Markdown, HTML or SVG."""

from __future__ import annotations

import html
import re

from ..errors import visible

__all__ = ["cell", "escape", "fence", "shortened", "visible"]

#: Names and types that Markdown leaves alone between backticks.
_PLAIN = re.compile(r"[^\W_][\w .,()\[\]-]*|_[\w]*")


def escape(text: str, *, line: bool = True) -> str:
    """The text for HTML and XML, between tags or in a quoted attribute."""
    return html.escape(visible(text, line=line), quote=True)


def cell(text: str) -> str:
    """The text for a cell of a Markdown table: as code where that is safe, else with each odd character as entity."""
    text = visible(text, line=True)
    if _PLAIN.fullmatch(text) and text == text.strip():
        return f"`{text}`"
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text) or " "


def fence(text: str, language: str = "") -> str:
    """A fenced block of Markdown that the text cannot close."""
    text = visible(text)
    ticks = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def shortened(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
