"""A stranger's text made harmless for where it is shown: a terminal, Markdown, HTML or SVG."""

from __future__ import annotations

import html
import re

__all__ = ["cell", "escape", "fence", "shortened", "visible"]

#: Control characters steer a terminal, marks of writing direction show text in another order than it has, and XML has
#: no place for lone surrogates and U+FFFE.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

#: Names and types that Markdown leaves alone between backticks.
_PLAIN = re.compile(r"[^\W_][\w .,()\[\]-]*|_[\w]*")


def visible(text: str, *, line: bool = False) -> str:
    """The text with what is not seen written out as escapes.

    Args:
        text: Any text.
        line: Whether it has to stay on one line.
    """
    text = _UNSEEN.sub(lambda m: f"\\u{ord(m[0]):04x}", text.replace("\r\n", "\n"))
    return text.replace("\n", "\\n").replace("\t", "\\t") if line else text


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
