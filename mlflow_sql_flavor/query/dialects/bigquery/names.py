"""Stars of structs: query-syntax#select_expression_star of the manual."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from ...facts.context import Context
from ...reading.placeholders import data_type
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from ..shared.source_types import type_of_path

R = DialectRules("bigquery names")


@R.prepare
def stars_of_fields(tree: exp.Expr, ctx: Context) -> None:
    """``h.info.*``, ``info.*`` and ``(expression).*``, with EXCEPT and REPLACE: each field is a column."""
    spelling = spelled(tree, ctx)
    for select in list(find_all(tree, exp.Select)):
        for item in list(select.expressions):
            found = _struct(item, select, ctx)
            if found is None:
                continue
            base, kind, star = found
            fields = [f for f in kind.expressions if isinstance(f, exp.ColumnDef)] if kind is not None else []
            if not fields:
                raise ctx.error(item, "The fields of this struct are not known here: name them.")
            left_out = {part.name.casefold() for part in star.args.get("except_") or ()}
            new = {part.alias.casefold(): part.this for part in star.args.get("replace") or ()}
            made = []
            for field in fields:
                folded = field.name.casefold()
                if folded in left_out:
                    continue
                name = exp.to_identifier(spelling.get(folded, field.name), quoted=True)
                value = new[folded] if folded in new else exp.Dot(this=base.copy(), expression=name.copy())
                if folded not in new and isinstance(field.args.get("kind"), exp.DataType):
                    value.type = field.args["kind"].copy()
                made.append(build.named(value, name))
            at = select.expressions.index(item)
            select.set("expressions", [*select.expressions[:at], *made, *select.expressions[at + 1 :]])


def spelled(tree: exp.Expr, ctx: Context) -> dict[str, str]:
    """``{folded name: as it is written}``: typing folds the names of fields."""
    found = {name.name.casefold(): name.name for name in find_all(tree, exp.Identifier)}
    return found | {field.name.casefold(): field.name for table in ctx.schema.values() for field in _fields(table)}


def _fields(table: Mapping[str, str]) -> list[exp.Expr]:
    return [field for kind in table.values() if "STRUCT" in kind for field in find_all(data_type(kind), exp.ColumnDef)]


# query-syntax#select_as_struct
@R.rule(exp.Select)
def as_struct(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.args.get("kind") != "STRUCT":
        return None
    whole: exp.Expr | None = node.parent
    while isinstance(whole, (exp.SetOperation, exp.Paren)):
        whole = whole.parent
    if isinstance(whole, exp.Subquery) and isinstance(whole.parent, (exp.From, exp.Join)):
        whole = None
    if whole is None or isinstance(whole, exp.CTE):
        node.set("kind", None)  # rows of a table, whose columns are the fields
        return None
    if any(item.is_star for item in node.expressions):
        return None
    fields = []
    for place, item in enumerate(node.expressions):
        name = item.args.get("alias") if item.alias else exp.to_identifier(item.alias_or_name or f"_{place}")
        value = item.this if isinstance(item, exp.Alias) else item
        if isinstance(item, exp.Subquery) and item.alias:
            value.set("alias", None)
        fields.append(exp.PropertyEQ(this=name.copy(), expression=value))
    node.set("kind", None)
    node.set("expressions", [exp.Struct(expressions=fields)])
    return None


def _struct(item: exp.Expr, select: exp.Select, ctx: Context) -> tuple[exp.Expr, exp.DataType | None, exp.Star] | None:
    """The struct of a star, its type, and the star; None of anything else."""
    if isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star):
        kind = item.this.type if ctx.type_of(item.this) is not None else type_of_path(item.this, ctx.schema)
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
