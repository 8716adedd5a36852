"""Stars of structs: query-syntax#select_expression_star of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared.sources import type_of_path

R = DialectRules("bigquery names")


@R.prepare
def stars_of_fields(tree: exp.Expr, ctx: Context) -> None:
    """``h.info.*``, ``info.*`` and ``(expression).*``, with EXCEPT and REPLACE: each field is a column."""
    for select in list(tree.find_all(exp.Select)):
        for item in list(select.expressions):
            found = _struct(item, select, ctx)
            if found is None:
                continue
            base, kind, star = found
            names = [field.name for field in kind.expressions] if kind is not None else []
            if not names:
                raise ctx.error(item, "The fields of this struct are not known here: name them.")
            left_out = {part.name.casefold() for part in star.args.get("except_") or ()}
            new = {part.alias.casefold(): part.this for part in star.args.get("replace") or ()}
            made = []
            for name in names:
                if name.casefold() in left_out:
                    continue
                value = new.get(name.casefold()) or exp.Dot(
                    this=base.copy(), expression=exp.to_identifier(name, quoted=True)
                )
                field = next(f for f in kind.expressions if f.name == name) if kind is not None else None
                if (
                    name.casefold() not in new
                    and field is not None
                    and isinstance(field.args.get("kind"), exp.DataType)
                ):
                    value.type = field.args["kind"].copy()
                made.append(exp.alias_(value.copy(), name, quoted=True))
            at = select.expressions.index(item)
            select.set("expressions", [*select.expressions[:at], *made, *select.expressions[at + 1 :]])


def _struct(item: exp.Expr, select: exp.Select, ctx: Context) -> tuple[exp.Expr, exp.DataType | None, exp.Star] | None:
    """The struct of a star, its type, and the star; None of anything else."""
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star):
        kind = item.this.type
        known = kind if isinstance(kind, exp.DataType) and kind.is_type(exp.DType.STRUCT) else None
        return item.this, known, item.expression
    if not isinstance(item, exp.Column) or not isinstance(item.this, exp.Star):
        return None
    parts = [part for part in item.parts if isinstance(part, exp.Identifier)]
    names = {source.casefold() for source in _names(select)}
    qualified = parts[0].name.casefold() in names
    if len(parts) == 1 and qualified:
        return None  # a table's own star
    first, *rest = parts[1:] if qualified else parts
    base: exp.Expr = exp.column(first.copy(), table=parts[0].copy() if qualified else None)
    for part in rest:
        base = exp.Dot(this=base, expression=part.copy())
    probe = exp.Column(this=parts[-1].copy())
    for key, part in zip(("table", "db", "catalog"), reversed(parts[:-1]), strict=False):
        probe.set(key, part.copy())
    probe.parent = select
    kind = type_of_path(probe, ctx.schema)
    return base, kind, item.this


def _names(select: exp.Select) -> list[str]:
    from_ = select.args.get("from_")
    return [
        s.alias_or_name for s in [*([from_.this] if from_ else []), *(j.this for j in select.args.get("joins") or ())]
    ]
