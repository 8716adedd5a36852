"""Outer joins: join_use_nulls is off, so that an unmatched row holds defaults in columns that are not Nullable.

https://clickhouse.com/docs/sql-reference/statements/select/join. Where every row matches, or the column is Nullable,
or what is asked of it does not depend on it, the rows are the same; else the query fails when it happens.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from .nulls import condition, default_of, nullable

R = DialectRules("clickhouse joins")
_WHY = "Where nothing matches, a column that is not Nullable is 0 or an empty text here, not NULL"
_INSTEAD = "Name the columns, use an inner join, or accept NULL as with join_use_nulls = 1"
_MARK = "__matched"
#: On a query whose settings say that what is not matched is NULL.
JOIN_USE_NULLS = "join_use_nulls"


@R.prepare
def outer_joins(tree: exp.Expr, ctx: Context) -> None:
    for select in list(tree.find_all(exp.Select)):
        _any_joins(select, ctx)
        if tree.meta.get(JOIN_USE_NULLS):
            continue
        if "outer_join_default" in ctx.allow:
            for join in select.args.get("joins") or ():
                if _outer(join):
                    ctx.refuse("outer_join_default", join, _WHY, _INSTEAD)
            continue
        _guard(select, ctx)


def _outer(join: exp.Expr) -> bool:
    side, kind = (join.args.get("side") or "").upper(), (join.args.get("kind") or "").upper()
    return side in ("LEFT", "RIGHT", "FULL") and kind not in ("SEMI", "ANTI", "ARRAY")


def _any_joins(select: exp.Select, ctx: Context) -> None:
    """ANY: one of the matching rows."""
    for join in select.args.get("joins") or ():
        if (join.args.get("kind") or "").upper() != "ANY":
            continue
        keys = _right_keys(join)
        if (join.args.get("side") or "").upper() != "LEFT" or keys is None:
            raise ctx.error(join.this, "ANY JOIN has a counterpart as LEFT ANY JOIN on equal columns.")
        ctx.open("any_join", join.this, "Which of the matching rows is taken is not fixed.")
        source = join.this
        alias = source.args.get("alias") or exp.TableAlias(this=exp.to_identifier(source.alias_or_name))
        inner = source.copy()
        first = exp.Distinct(on=exp.Tuple(expressions=[exp.column(key) for key in keys]))
        made = exp.Select(expressions=[exp.Star()], distinct=first).from_(inner)
        join.set("this", exp.Subquery(this=made, alias=alias.copy()))
        join.set("kind", None)


def _right_keys(join: exp.Expr) -> list[str] | None:
    if join.args.get("using"):
        return [key.name for key in join.args["using"]]
    name, keys = join.this.alias_or_name, []
    on = join.args.get("on")
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        sides = [part.this, part.expression] if isinstance(part, exp.EQ) else []
        mine = [side for side in sides if isinstance(side, exp.Column) and side.table == name]
        if len(mine) != 1:
            return None
        keys.append(mine[0].name)
    return keys


def _guard(select: exp.Select, ctx: Context) -> None:
    joins = [join for join in select.args.get("joins") or () if isinstance(join.this, (exp.Table, exp.Subquery))]
    from_ = select.args.get("from_")
    if from_ is None or not any(_outer(join) for join in joins):
        return
    open_: dict[str, exp.Expr] = {}  # alias -> the source whose rows may be missing
    before = [from_.this]
    for join in joins:
        side = (join.args.get("side") or "").upper()
        if _outer(join):
            if side in ("LEFT", "FULL"):
                open_[join.this.alias_or_name] = join.this
            if side in ("RIGHT", "FULL"):
                open_.update({source.alias_or_name: source for source in before})
        before.append(join.this)
    shared = {key.name for join in joins for key in join.args.get("using") or ()}
    if any(isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))
           for item in select.expressions):  # fmt: skip
        ctx.refuse("outer_join_default", select.expressions[0], _WHY, _INSTEAD)
    known = {alias: _columns(source, ctx) for alias, source in open_.items()}
    outputs = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
    everything = [_columns(source, ctx) for source in before]
    used = set()
    for column in list(_columns_of(select)):
        owner = column.table
        if not owner and column.name in outputs:
            continue
        if not owner:
            owners = [alias for alias, names in known.items() if names is None or column.name in names]
            if not owners or column.name in shared or any(names is None for names in everything):
                if owners and column.name not in shared:
                    ctx.refuse("outer_join_default", column, _WHY, "Write the table before each column's name")
                continue
            if sum(column.name in (names or ()) for names in everything) > 1:
                continue
            owner = owners[0]
        if owner not in open_:
            continue
        found = nullable(column, ctx)
        if found is True or _indifferent(column):
            continue
        used.add(owner)
        mark = exp.column(_MARK, table=owner)
        default = default_of(column, ctx) if found is False else None
        if default is not None:
            unmatched = exp.If(this=exp.Is(this=mark, expression=exp.Null()), true=default)
            guarded: exp.Expr = exp.Case(ifs=[unmatched], default=column.copy())
        else:
            guarded = ctx.macro("ch__matched", column.copy(), mark, condition(found), type=None)
        guarded.type = column.type
        guarded.meta["nullable"] = found
        parent, key, index = column.parent, column.arg_key, column.index
        made: exp.Expr = guarded
        if parent is select and key == "expressions":
            made = exp.alias_(guarded, column.name)
            made.type = column.type
        if parent is not None and key:
            parent.set(key, made, index)
    for alias in used:
        _mark(open_[alias], alias)


def _mark(source: exp.Expr, alias: str) -> None:
    inner = source.copy()
    if isinstance(inner, exp.Subquery):
        inner.set("alias", exp.TableAlias(this=exp.to_identifier("__inner")))
    made = exp.Select(expressions=[exp.Star(), exp.alias_(exp.Boolean(this=True), _MARK)]).from_(inner)
    source.replace(exp.Subquery(this=made, alias=exp.TableAlias(this=exp.to_identifier(alias))))


def _columns(source: exp.Expr, ctx: Context) -> set[str] | None:
    """The names a source gives; None when a star hides them."""
    query: exp.Expr | None = source.this if isinstance(source, exp.Subquery) else None
    if isinstance(source, exp.Table):
        with_ = [cte for cte in source.root().find_all(exp.CTE) if cte.alias == source.name]
        if not with_:
            name = next((name for name in ctx.schema if name.casefold() == source.name.casefold()), None)
            return set(ctx.schema[name]) if name is not None else None
        query = with_[0].this
    if not isinstance(query, exp.Query) or any(item.is_star for item in query.selects):
        return None
    return set(query.named_selects)


def _columns_of(select: exp.Select) -> list[exp.Column]:
    """A SELECT's columns, but for those that say what matches."""
    found = []
    for column in select.find_all(exp.Column):
        join = column.find_ancestor(exp.Join, exp.Select)
        if column.find_ancestor(exp.Select) is select and not isinstance(join, exp.Join):
            found.append(column)
        elif column.find_ancestor(exp.Select) is not select and column.table:
            inner = column.find_ancestor(exp.Select)
            if inner is not None and not any(
                table.alias_or_name == column.table for table in inner.find_all(exp.Table)
            ):
                found.append(column)
    return found


def _indifferent(column: exp.Column) -> bool:
    """Whether 0 or an empty text and NULL come to the same where a column is asked."""
    parent = column.parent
    if isinstance(parent, exp.Coalesce) and parent.this is column and len(parent.expressions) == 1:
        default = parent.expressions[0]
        return isinstance(default, exp.Literal) and default.this in ("0", "", "0.0")
    if isinstance(parent, (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)) and _asked(parent):
        literal = parent.expression if parent.this is column else parent.this
        if not isinstance(literal, exp.Literal):
            return False
        default_: float | str = "" if literal.is_string else 0.0
        value: float | str = literal.this if literal.is_string else float(literal.this)
        one, two = (default_, value) if parent.this is column else (value, default_)
        tests = {exp.EQ: one == two, exp.NEQ: one != two}
        if type(parent) in tests:
            return not tests[type(parent)]
        ordered = {exp.LT: one < two, exp.LTE: one <= two, exp.GT: one > two, exp.GTE: one >= two}  # type: ignore[operator]
        return not ordered[type(parent)]
    return False


def _asked(node: exp.Expr) -> bool:
    """Whether only a condition's being true counts: in WHERE, HAVING, IF and the like, joined by AND and OR."""
    parent = node.parent
    while isinstance(parent, (exp.And, exp.Or, exp.Paren)):
        node, parent = parent, parent.parent
    if isinstance(parent, exp.CombinedAggFunc):
        return str(parent.this).lower().endswith("if") and parent.expressions[-1] is node
    return isinstance(parent, (exp.Where, exp.Having, exp.CountIf)) or (
        isinstance(parent, exp.If) and parent.this is node
    )
