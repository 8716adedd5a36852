"""Outer joins: join_use_nulls is off, so that an unmatched row holds defaults in columns that are not Nullable.

https://clickhouse.com/docs/sql-reference/statements/select/join. Where every row matches, or the column is Nullable,
or what is asked of it does not depend on it, the rows are the same; else the query fails when it happens.
"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
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
    for select in list(find_all(tree, exp.Select)):
        _any_joins(select, ctx)
        _star_of_one_side(select, ctx)
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


def _star_of_one_side(select: exp.Select, ctx: Context) -> None:
    kinds = {(join.args.get("kind") or "").upper() for join in select.args.get("joins") or ()}
    star = next((item for item in select.expressions if isinstance(item, exp.Star)), None)
    if star is not None and kinds & {"SEMI", "ANTI"}:
        raise ctx.error(star, "A star over a SEMI or ANTI JOIN has the columns of both sides in ClickHouse: name them.")


def _any_joins(select: exp.Select, ctx: Context) -> None:
    """ANY: one of the matching rows. https://clickhouse.com/docs/sql-reference/statements/select/join#supported-types-of-join"""
    from_ = select.args.get("from_")
    for place, join in enumerate(select.args.get("joins") or ()):
        if (join.args.get("kind") or "").upper() != "ANY":
            continue
        side = (join.args.get("side") or "").upper()
        keys = _keys(join, ctx)
        alone = place == 0 and from_ is not None and isinstance(from_.this, (exp.Table, exp.Subquery))
        if side == "FULL" or keys is None or (side != "LEFT" and not alone):
            raise ctx.error(join.this, "ANY JOIN has a counterpart of two tables on equal columns or expressions.")
        ctx.open("any_join", join.this, "Which of the matching rows is taken is not fixed.")
        left, right = keys
        if side != "RIGHT":
            _one_each(join.this, right)
        if side != "LEFT":
            assert from_ is not None
            _one_each(from_.this, left)
        join.set("kind", None)


def _one_each(source: exp.Expr, keys: list[exp.Expr]) -> None:
    """Leaves one row of a source for each of its keys."""
    alias = source.args.get("alias") or exp.TableAlias(this=exp.to_identifier(source.alias_or_name))
    own = [key.copy() for key in keys]
    for column in [column for key in own for column in find_all(key, exp.Column)]:
        column.set("table", None)
    first = exp.Distinct(on=exp.Tuple(expressions=own))
    made = exp.Select(expressions=[exp.Star()], distinct=first).from_(source.copy())
    source.replace(exp.Subquery(this=made, alias=alias.copy()))


def _keys(join: exp.Expr, ctx: Context) -> tuple[list[exp.Expr], list[exp.Expr]] | None:
    """What has to be equal on the left and on the right."""
    if join.args.get("using"):
        keys: list[exp.Expr] = [exp.column(key.name) for key in join.args["using"]]
        return keys, keys
    name, known = join.this.alias_or_name, columns_of(join.this, ctx)
    left: list[exp.Expr] = []
    right: list[exp.Expr] = []
    on = join.args.get("on")
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        sides = [part.this, part.expression] if isinstance(part, exp.EQ) else []
        owned = [_of_right(side, name, known) for side in sides]
        if sorted(owned, key=str) != [False, True]:
            return None
        right.append(sides[owned.index(True)])
        left.append(sides[owned.index(False)])
    return left, right


def _of_right(side: exp.Expr, name: str, known: list[str] | None) -> bool | None:
    """Whether an expression reads the joined table alone, or nothing of it; None where that is not known."""
    found = set()
    for column in find_all(side, exp.Column):
        if not column.table and known is None:
            return None
        found.add(column.table == name if column.table else column.name in (known or ()))
    return found.pop() if len(found) == 1 else None


@R.normalise
def kinds_of_joins(tree: exp.Expr, ctx: Context) -> None:
    """ALL is what a join is anyway; ANY and ASOF stand before LEFT and the like or behind it."""
    for join in find_all(tree, exp.Join):
        for key in ("side", "kind"):
            word = (join.args.get(key) or "").upper()
            if word in ("ALL", "ASOF"):
                join.set(key, None)
            if word == "ASOF":
                join.set("method", "ASOF")
                ctx.open("asof_join", join.this, "Which of several rows of one moment is taken is not fixed.")
            if word == "ANY" and key == "side":
                join.set("side", None)
                join.set("kind", "ANY")


@R.normalise
def stars_over_joins(tree: exp.Expr, ctx: Context) -> None:
    """``*`` over a join of two by its columns: of two columns with one name the second is ``table.name``."""
    for select in list(find_all(tree, exp.Select)):
        joins, from_ = select.args.get("joins") or [], select.args.get("from_")
        if len(joins) != 1 or from_ is None or not any(item.is_star for item in select.expressions):
            continue
        join = joins[0]
        kind = (join.args.get("kind") or "").upper()
        sources = [from_.this, join.this]
        if kind in ("SEMI", "ANTI", "ARRAY") or not all(
            isinstance(each, (exp.Table, exp.Subquery)) for each in sources
        ):
            continue
        (left, right), names = [columns_of(each, ctx) for each in sources], [each.alias_or_name for each in sources]
        if left is None or right is None or not all(names) or names[0] == names[1]:
            continue
        using = {key.name for key in join.args.get("using") or ()}
        if not _outer(join) and not set(left) & (set(right) - using):
            continue
        both = [(names[0], name, name) for name in left]
        both += [(names[1], name, f"{names[1]}.{name}" if name in left else name) for name in right]
        made: list[exp.Expr] = []
        for item in select.expressions:
            star = item.this if isinstance(item, exp.Column) else item
            if not isinstance(star, exp.Star):
                made.append(item)
                continue
            if any(star.args.values()) or (isinstance(item, exp.Column) and using):
                break
            wanted = item.table if isinstance(item, exp.Column) else ""
            for table, name, output in both:
                if (wanted and table != wanted) or (name in using and table != names[0]):
                    continue
                value = exp.column(name, table=None if name in using else table, quoted=True)
                made.append(exp.alias_(value, output, quoted=True))
        else:
            select.set("expressions", made)


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
    known = {alias: columns_of(source, ctx) for alias, source in open_.items()}
    outputs = {item.alias for item in select.expressions if isinstance(item, exp.Alias)}
    everything = [columns_of(source, ctx) for source in before]
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


def columns_of(source: exp.Expr, ctx: Context, depth: int = 0) -> list[str] | None:
    """The names a source gives, in order; None when a star hides them."""
    query: exp.Expr | None = source.this if isinstance(source, exp.Subquery) else None
    if isinstance(source, exp.Table):
        with_ = [cte for cte in find_all(source.root(), exp.CTE) if cte.alias == source.name]
        if not with_:
            name = next((name for name in ctx.schema if name.casefold() == source.name.casefold()), None)
            return list(ctx.schema[name]) if name is not None else None
        query = with_[0].this
    if not isinstance(query, exp.Query):
        return None
    if isinstance(query, exp.Select) and depth < 20 and [type(item) for item in query.selects] == [exp.Star]:
        from_ = query.args.get("from_")
        plain = from_ is not None and not query.args.get("joins") and not any(query.selects[0].args.values())
        return columns_of(from_.this, ctx, depth + 1) if plain and from_ is not None else None
    return None if any(item.is_star for item in query.selects) else list(query.named_selects)


def _columns_of(select: exp.Select) -> list[exp.Column]:
    """A SELECT's columns, but for those that say what matches."""
    found = []
    for column in find_all(select, exp.Column):
        join = column.find_ancestor(exp.Join, exp.Select)
        if column.find_ancestor(exp.Select) is select and not isinstance(join, exp.Join):
            found.append(column)
        elif column.find_ancestor(exp.Select) is not select and column.table:
            inner = column.find_ancestor(exp.Select)
            if inner is not None and not any(
                table.alias_or_name == column.table for table in find_all(inner, exp.Table)
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
