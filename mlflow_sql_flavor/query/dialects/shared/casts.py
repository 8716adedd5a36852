"""Division and casts that differ from engine to engine in one way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from ...facts.context import Context
from . import build


@dataclass
class Conversion:
    """A CAST or TRY_CAST on its way to DuckDB's.

    Attributes:
        node: The cast.
        this: What is cast, a rule's own form of it in its place where there is one.
        ctx: The context.
        pack: What the names of the dialect's macros begin with; those of texts are ``valid`` and ``try_valid``.
        literal: The text that is cast, where it is written out.
        is_text: Whether what is cast is a text.
    """

    node: exp.Expr
    this: exp.Expr
    ctx: Context
    pack: str
    literal: str | None
    is_text: bool

    @classmethod
    def of(cls, node: exp.Expr, ctx: Context, pack: str) -> Conversion:
        return cls(node, node.this, ctx, pack, build.text(node.this), ctx.is_a(node.this, "text"))

    @property
    def kind(self) -> exp.Expr:
        """The type it is cast to."""
        found: exp.Expr = self.node.args["to"]
        return found

    @property
    def soft(self) -> bool:
        """Whether NULL stands for what cannot be cast."""
        return isinstance(self.node, exp.TryCast)

    def done(self, value: exp.Expr, type_: str) -> exp.Expr:
        """A value in DuckDB's type, which no rule looks at again."""
        return build.translated(value, type_, self.soft)

    def valid(self, pattern: str) -> exp.Expr:
        """What is cast; a text only where it has the engine's form."""
        if not self.is_text or (self.literal is not None and re.fullmatch(pattern, self.literal)):
            return self.this
        name = f"{self.pack}__{'try_' if self.soft else ''}valid"
        return self.ctx.macro(name, self.this, build.lit(pattern))


def plain_division(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Leave ``a / b`` to DuckDB's settings (integer_division), without sqlglot's casts."""
    node.set("typed", False)
    node.set("safe", False)
    return node


def varchar_n(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``CAST(x AS VARCHAR(n))`` keeps n characters; DuckDB ignores the length."""
    if not isinstance(node, exp.Cast) or node.to.this not in exp.DataType.TEXT_TYPES or not node.to.expressions:
        return None
    size = node.to.expressions[0].this
    if not isinstance(size, exp.Literal):
        return None
    return ctx.macro("common__varchar", node.this, size.copy(), type="VARCHAR")
