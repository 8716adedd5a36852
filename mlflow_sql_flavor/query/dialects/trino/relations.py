"""UNNEST: sql/select#unnest of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("trino relations")


@R.normalise
def no_natural_join(tree: exp.Expr, ctx: Context) -> None:
    """The grammar has NATURAL JOIN, and the engine answers that it is not supported (sql/select#joins)."""
    for join in find_all(tree, exp.Join):
        if (join.args.get("method") or "").upper() == "NATURAL":
            raise ctx.error(join.this, "Trino has no NATURAL JOIN: write JOIN … USING (…) with the shared columns.")


def _fields(item: exp.Expr, ctx: Context) -> list[str | int]:
    """The fields of an array of rows, each of which is a column; none for any other array."""
    kind = ctx.type_of(item)
    inner = kind.expressions[0] if kind is not None and ctx.is_a(item, "array") and kind.expressions else None
    if isinstance(inner, exp.DataType) and inner.this in exp.DataType.STRUCT_TYPES and inner.expressions:
        named = [f.name if isinstance(f, exp.ColumnDef) else "" for f in inner.expressions]
        return list(named) if all(named) else list(range(1, len(named) + 1))
    rows = [e for e in item.expressions if not isinstance(e, exp.Null)] if isinstance(item, exp.Array) else []
    if rows and all(isinstance(e, exp.Anonymous) and e.name.lower() == "row" for e in rows):
        return list(range(1, len(rows[0].expressions) + 1))
    return []


# sql/select#unnest
@R.rule(exp.Unnest)
def unnest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A map has two columns; of several arrays the shorter ones are filled with NULL."""
    alias = node.args.get("alias")
    names = [c.name for c in alias.args.get("columns") or ()] if alias is not None else []
    offset = node.args.get("offset")
    sources: list[exp.Expr] = []
    for item in node.expressions:
        fields = _fields(item, ctx)
        if fields:
            one = exp.to_identifier("_row")
            sources += [
                exp.Transform(this=item.copy(), expression=exp.Lambda(
                    this=ctx.call("struct_extract", one.copy(), build.lit(field)), expressions=[one.copy()]))
                for field in fields
            ]  # fmt: skip
        elif ctx.is_a(item, "map") or (len(node.expressions) == 1 and len(names) == 2 and not offset):
            sources += [ctx.call("map_keys", item), ctx.call("map_values", item.copy())]
        else:
            sources.append(item)
    if len(sources) == 1:
        return None
    ordinality = bool(offset)
    if isinstance(offset, exp.Identifier):
        names.append(offset.name)
    wanted = len(sources) + ordinality
    if len(names) not in (0, wanted) or (ordinality and not names):
        ctx.refuse("unfaithful", node, "This UNNEST is verified with a name for each column, ORDINALITY's last",
                   "Write AS t(a, b)")  # fmt: skip
    if ordinality:
        sizes = [exp.Coalesce(this=ctx.call("len", s.copy()), expressions=[build.lit(0)]) for s in sources]
        sources.append(ctx.call("generate_series", build.lit(1), ctx.call("greatest", *sizes)))
    names = names or [f"_col{place}" for place in range(wanted)]
    columns = [exp.alias_(ctx.call("unnest", s), n, quoted=True) for s, n in zip(sources, names, strict=False)]
    named = alias.this if alias is not None and alias.this is not None else exp.to_identifier("_unnest")
    return exp.Subquery(this=exp.Select(expressions=columns), alias=exp.TableAlias(this=named))
