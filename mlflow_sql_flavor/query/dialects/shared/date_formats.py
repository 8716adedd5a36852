"""A format string of an engine as the text that DuckDB's strftime and strptime take."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...facts.context import Context
from .calls import written_text


class UnknownToken(ValueError):
    """A format string holds a token that DuckDB's strftime cannot express; ``token`` and ``offset`` say which."""

    def __init__(self, token: str, offset: int) -> None:
        super().__init__(f"the format token {token!r}")
        self.token, self.offset = token, offset


def timefmt(
    fmt: str,
    tokens: Mapping[str, str],
    *,
    quote: str = "",
    escape: str = "",
    letters: bool = True,
    fold: bool = False,
) -> str:
    """A format string as DuckDB's strftime text.

    The longest token wins. Text between ``quote`` characters is literal (a doubled quote is one quote), and so is the
    character behind ``escape``.

    Args:
        fmt: Format of the source dialect, e.g. ``YYYY-MM-DD`` or ``%Y-%m``.
        tokens: Source token -> strftime text (``%%`` for a percent sign).
        quote: Characters that enclose literal text, e.g. ``\'"\'`` or ``"\'"``.
        escape: Character that makes the next one literal.
        letters: Whether a letter outside of tokens and quotes is an unknown token (patterns like ``YYYY``); False where
            tokens start with a sign (``%Y``), which then is unknown when no token follows.
        fold: Whether tokens match in any case.

    Raises:
        UnknownToken: a token that ``tokens`` does not have.
    """
    known = {k.upper(): v for k, v in tokens.items()} if fold else dict(tokens)
    longest = max(map(len, known))
    out: list[str] = []
    i = 0
    while i < len(fmt):
        char = fmt[i]
        if quote and char in quote:
            end = fmt.find(char, i + 1)
            if end < 0:
                raise UnknownToken(fmt[i:], i)
            out.append((fmt[i + 1 : end] or char).replace("%", "%%"))
            i = end + 1
            continue
        if escape and char == escape and i + 1 < len(fmt):
            out.append(fmt[i + 1].replace("%", "%%"))
            i += 2
            continue
        for size in range(min(longest, len(fmt) - i), 0, -1):
            piece = fmt[i : i + size]
            found = known.get(piece.upper() if fold else piece)
            if found is not None:
                out.append(found)
                i += size
                break
        else:
            if (letters and char.isalpha()) or (not letters and char == "%"):
                raise UnknownToken(fmt[i : i + 2] if not letters else char, i)
            out.append("%%" if char == "%" else char)
            i += 1
    return "".join(out)


def formatted(node: exp.Expr, ctx: Context, argument: int, tokens: dict[str, str], **how: object) -> str:
    """The strftime text of a format as it is written in the query."""
    start = node.meta.get("start")
    written = written_text(ctx.sql, start, argument, ctx.rules.name) if start is not None else None
    if written is None:
        raise ctx.error(node, "The format has to be a constant text.")
    try:
        return timefmt(written, tokens, **how)  # type: ignore[arg-type]
    except UnknownToken as e:
        raise ctx.error(node, f"The format {written!r} holds {e.token!r}, which is not supported here.") from None
