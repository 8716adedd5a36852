"""Rule helpers that several dialects share: each takes (node, ctx) like a rule, or builds a node."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...facts.context import Context

__all__ = [
    "UnknownToken",
    "cast",
    "like_escape",
    "lit",
    "plain_division",
    "selects_of",
    "text",
    "timefmt",
    "truncating_cast",
    "varchar_n",
    "window_key",
]


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


def lit(value: str | int) -> exp.Expr:
    """A literal."""
    return exp.Literal.string(value) if isinstance(value, str) else exp.Literal.number(value)


def text(node: exp.Expr | None) -> str | None:
    """The value of a string literal, raw or not, None for anything else."""
    if isinstance(node, exp.RawString) and isinstance(node.this, str):
        return node.this
    return node.this if isinstance(node, exp.Literal) and node.is_string else None


def cast(node: exp.Expr, type_: str) -> exp.Cast:
    """``CAST(node AS type_)``, a DuckDB type."""
    target = exp.DataType.build(type_, dialect="duckdb")
    made = exp.Cast(this=node, to=target)
    made.type = target.copy()
    return made


def plain_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Leave ``a / b`` to DuckDB's settings (integer_division), without sqlglot's casts."""
    node.set("typed", False)
    node.set("safe", False)
    return node


def truncating_cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``CAST(float or decimal AS integer)`` cuts the fraction off; DuckDB rounds half to even."""
    if (
        isinstance(node, exp.Cast)
        and node.to.this in exp.DataType.INTEGER_TYPES
        and ctx.is_a(node.this, "float", "decimal")
    ):
        node.set("this", ctx.call("trunc", node.this))
    return None


def varchar_n(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``CAST(x AS VARCHAR(n))`` keeps n characters; DuckDB ignores the length."""
    if not isinstance(node, exp.Cast) or node.to.this not in exp.DataType.TEXT_TYPES or not node.to.expressions:
        return None
    size = node.to.expressions[0].this
    if not isinstance(size, exp.Literal):
        return None
    return ctx.macro("common__varchar", node.this, size.copy(), type="VARCHAR")


def like_escape(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """LIKE escapes with a backslash unless ESCAPE says otherwise; DuckDB has no default escape."""
    if isinstance(node.parent, exp.Escape):
        return None
    pattern = text(node.expression)
    if pattern is not None and "\\" not in pattern:
        return None
    made = exp.Escape(this=node, expression=lit("\\"))
    return made


def selects_of(query: exp.Expr | None) -> list[exp.Select]:
    """The SELECTs that a set operation puts together, through brackets."""
    if isinstance(query, (exp.Subquery, exp.Paren)):
        return selects_of(query.this)
    if isinstance(query, exp.SetOperation):
        return [*selects_of(query.this), *selects_of(query.expression)]
    return [query] if isinstance(query, exp.Select) else []


def window_key(node: exp.Expr) -> bool:
    """Whether this is in PARTITION BY or ORDER BY of a window, where DuckDB refuses what may call error()."""
    child, above = node, node.parent
    while above is not None and not isinstance(above, exp.Query):
        if isinstance(above, exp.Window):
            return child.arg_key in ("partition_by", "order")
        child, above = above, above.parent
    return False
