"""What a name with a dot is: a method, or all fields of a row. language/types and sql/select of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build

R = DialectRules("trino names")


# language/types#varchar: x.f(y) is f(x, y), but for those whose function is another one
_METHODS = {"codepoint", "ends_with", "length", "lower", "lpad", "ltrim", "replace", "reverse", "rpad", "rtrim",
            "split", "split_part", "starts_with", "strpos", "substr", "substring", "to_utf8", "translate", "trim",
            "upper"}  # fmt: skip


@R.normalise
def methods(tree: exp.Expr, ctx: Context) -> None:
    for node in list(tree.find_all(exp.Dot)):
        call = node.expression
        named = isinstance(call, exp.Anonymous) and call.name.lower() in _METHODS
        if named and not isinstance(node.this, (exp.Identifier, exp.Column, exp.Dot)):
            made = exp.func(call.name, node.this, *call.expressions, dialect="trino")
            made.meta.update(call.meta)
            node.replace(made)


# functions/comparison#quantified-comparison-predicates: over VALUES, which sqlglot reads as arguments of a function
@R.normalise
def quantified(tree: exp.Expr, ctx: Context) -> None:
    kinds = {"all": exp.All, "any": exp.Any, "some": exp.Any}
    for node in list(tree.find_all(exp.Anonymous)):
        kind = kinds.get(node.name.lower())
        if kind is None or len(node.expressions) != 1 or not isinstance(node.expressions[0], exp.Values):
            continue
        rows = node.expressions[0].copy()
        rows.set("alias", exp.TableAlias(this=exp.to_identifier("_values")))
        node.replace(kind(this=exp.Subquery(this=exp.Select(expressions=[exp.Star()]).from_(rows))))


# sql/select#select-expression: row.* has the row's fields; those without a name are called by their places
@R.prepare
def all_fields(tree: exp.Expr, ctx: Context) -> None:
    for select in tree.find_all(exp.Select):
        made: list[exp.Expr] = []
        for item in select.expressions:
            if not isinstance(item, exp.Dot) or not isinstance(item.expression, exp.Star):
                made.append(item)
                continue
            kind = ctx.type_of(item.this)
            if kind is None or kind.this not in exp.DataType.STRUCT_TYPES or not kind.expressions:
                ctx.refuse("unfaithful", item, "The fields of this row are not known here", "Cast it to ROW(name type)")
                made.append(item)
                continue
            for place, field in enumerate(kind.expressions, 1):
                name = field.name if isinstance(field, exp.ColumnDef) and not isinstance(item.this, exp.Struct) else ""
                part = ctx.call("struct_extract", item.this.copy(), build.lit(name or place))
                inner = field.args.get("kind") if isinstance(field, exp.ColumnDef) else field
                part.type = inner.copy() if isinstance(inner, exp.DataType) else None
                made.append(exp.alias_(part, name or f"_col{len(made)}", quoted=True))
        select.set("expressions", made)
