"""UNNEST: sql/select#unnest of the manual."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules

R = DialectRules("trino relations")


@R.normalise
def no_natural_join(tree: exp.Expr, ctx: Context) -> None:
    """The grammar has NATURAL JOIN, and the engine answers that it is not supported (sql/select#joins)."""
    for join in tree.find_all(exp.Join):
        if (join.args.get("method") or "").upper() == "NATURAL":
            raise ctx.error(join.this, "Trino has no NATURAL JOIN: write JOIN … USING (…) with the shared columns.")


# sql/select#unnest
@R.rule(exp.Unnest)
def unnest(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """A map has two columns; of several arrays the shorter ones are filled with NULL."""
    alias = node.args.get("alias")
    names = [c.name for c in alias.args.get("columns") or ()] if alias is not None else []
    sources: list[exp.Expr] = []
    for item in node.expressions:
        if ctx.is_a(item, "map") or (len(node.expressions) == 1 and len(names) == 2 and not node.args.get("offset")):
            sources += [ctx.call("map_keys", item), ctx.call("map_values", item.copy())]
        else:
            sources.append(item)
    if len(sources) == 1:
        return None
    if node.args.get("offset") or len(names) != len(sources):
        ctx.refuse("unfaithful", node, "This UNNEST is verified with a name for each column and without ORDINALITY",
                   "Write AS t(a, b)")  # fmt: skip
    columns = [exp.alias_(ctx.call("unnest", s), n, quoted=True) for s, n in zip(sources, names, strict=False)]
    return exp.Subquery(this=exp.Select(expressions=columns), alias=exp.TableAlias(this=alias.this if alias else None))
