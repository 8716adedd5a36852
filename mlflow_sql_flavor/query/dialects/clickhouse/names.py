"""Names: WITH of a value, aliases within expressions, and aliases that hide a column of the input.

https://clickhouse.com/docs/sql-reference/syntax#notes-on-usage: an alias may stand anywhere and is read before a
column of its name, except within its own expression.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, find_first, walk_tree
from .. import DialectRules
from ..shared import build

R = DialectRules("clickhouse names")
_FLOATS = {"nan": "nan", "inf": "inf", "infinity": "inf"}


@R.normalise
def values_in_with(tree: exp.Expr, ctx: Context) -> None:
    # WITH <expression> AS <name>: https://clickhouse.com/docs/sql-reference/statements/select/with
    for with_ in list(find_all(tree, exp.With)):
        owner = with_.parent
        assert owner is not None
        for cte in list(with_.expressions):
            if not cte.args.get("scalar"):
                continue
            cte.pop()
            for column in list(find_all(owner, exp.Column)):
                if column.name == cte.alias and not column.table:
                    _substitute(column, cte.this)
        if not with_.expressions:
            with_.pop()


@R.normalise
def float_words(tree: exp.Expr, ctx: Context) -> None:
    for column in list(find_all(tree, exp.Column)):
        word = _FLOATS.get(column.name.lower())
        if word and not column.table and column.name not in ctx.columns and not column.this.quoted:
            number = build.cast(build.lit(word), "DOUBLE")
            number.meta["parameter"] = ""  # no conversion of ClickHouse's
            _substitute(column, number)


@R.normalise
def aliases(tree: exp.Expr, ctx: Context) -> None:
    for select in list(find_all(tree, exp.Select)):
        _distinct_names(select, ctx)
        known: dict[str, exp.Expr] = {}
        inline: set[str] = set()
        for node in list(_of(select)):
            if not isinstance(node, exp.Alias):
                continue
            known.setdefault(node.alias, node.this)
            if node.parent is not select and isinstance(node.parent, (exp.Paren, exp.Func, exp.Binary, exp.Ordered)):
                inline.add(node.alias)
                inner = node.this
                parent = node.parent
                parent.set(str(node.arg_key), inner if isinstance(parent, exp.Paren) else _grouped(inner), node.index)
        if not known:
            continue
        sources = _other_names(tree, select) | ctx.columns
        wanted = {
            name: value.copy() for name, value in known.items() if name in inline or name in sources or _short(value)
        }
        own = {id(node): name for name, value in known.items() for node in walk_tree(value)}
        _name_source(select, wanted, ctx)
        for column in list(_of(select)):
            if not isinstance(column, exp.Column) or column.table or column.name not in wanted:
                continue
            value = wanted[column.name]
            if own.get(id(column)) == column.name or (isinstance(value, exp.Column) and value.name == column.name):
                continue
            if column.name not in inline and _reads_output(column, select, column.name in sources):
                continue
            _substitute(column, _expanded(column.name, wanted, (), ctx, column))


def _name_source(select: exp.Select, wanted: dict[str, exp.Expr], ctx: Context) -> None:
    """Says of the columns in what is written twice whose they are, so that no alias is read there again."""
    from_ = select.args.get("from_")
    if from_ is None or select.args.get("joins") or not isinstance(from_.this, (exp.Table, exp.Subquery)):
        return
    source = from_.this.args["alias"].this if from_.this.args.get("alias") else from_.this.this
    if not isinstance(source, exp.Identifier):
        return
    for value in wanted.values():
        for column in find_all(value, exp.Column):
            if not column.table and column.name in wanted and column.name in ctx.columns and column is not value:
                column.meta["source"] = source


def _reads_output(column: exp.Column, select: exp.Select, hidden: bool) -> bool:
    """ORDER BY reads the output in both engines; so do GROUP BY and HAVING where no column has the name."""
    ordered, order = column.parent, column.parent.parent if column.parent is not None else None
    if isinstance(ordered, exp.Ordered) and isinstance(order, exp.Order) and order.parent is select:
        return True
    return not hidden and (isinstance(ordered, exp.Group) or column.find_ancestor(exp.Having, exp.Select) is not select)


def _short(value: exp.Expr) -> bool:
    """Whether a value may be written twice: DuckDB reads an alias in another output only if it cannot fail."""
    return sum(1 for _ in walk_tree(value)) < 40 and find_first(value, exp.Query) is None


def _distinct_names(select: exp.Select, ctx: Context) -> None:
    seen: dict[str, str] = {}
    for item in select.expressions:
        name = item.alias if isinstance(item, exp.Alias) else ""
        twin = seen.setdefault(name.casefold(), name) if name else name
        if twin != name:
            raise ctx.error(item, f"{twin!r} and {name!r} are two names in ClickHouse and one in DuckDB: rename one.")


def _expanded(name: str, wanted: dict[str, exp.Expr], within: tuple[str, ...], ctx: Context, at: exp.Expr) -> exp.Expr:
    """An alias' expression, the aliases within it expanded; its own name in it is the column."""
    if len(within) > 20:
        raise ctx.error(at, "The aliases of this query refer to each other in a circle.")
    holder = exp.Paren(this=wanted[name].copy())
    for column in list(find_all(holder, exp.Column)):
        if column.table or column.name not in wanted or column.name == name or column.find_ancestor(exp.Select):
            continue
        if column.name in within:
            raise ctx.error(at, "The aliases of this query refer to each other in a circle.")
        value = wanted[column.name]
        if not (isinstance(value, exp.Column) and value.name == column.name):
            _substitute(column, _expanded(column.name, wanted, (*within, name), ctx, at))
    for column in find_all(holder, exp.Column):
        source = column.meta.pop("source", None)
        if source is not None and column.name == name:
            column.set("table", source.copy())
    inner: exp.Expr = holder.this
    inner.parent = None
    return inner


def _other_names(tree: exp.Expr, select: exp.Select) -> set[str]:
    return {
        name
        for other in find_all(tree, exp.Select)
        if other is not select
        for name in other.named_selects
        if name != "*"
    }


def _of(select: exp.Select) -> Iterator[exp.Expr]:
    """The nodes of a SELECT's own expressions: not those of subqueries, nor of FROM and JOIN."""
    for key, value in select.args.items():
        if key in ("from_", "from", "joins", "with_", "with", "laterals"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expr):
                yield from walk_tree(item, bfs=False, prune=lambda node: isinstance(node, exp.Query))


def _grouped(value: exp.Expr) -> exp.Expr:
    simple = isinstance(value, (exp.Column, exp.Literal, exp.Func, exp.Paren, exp.Subquery, exp.Cast, exp.Identifier))
    return value if simple and not isinstance(value, exp.Connector) else exp.Paren(this=value)


def _substitute(column: exp.Column, value: exp.Expr) -> None:
    """Puts a value in a column's place; an output keeps its name."""
    parent, key, index = column.parent, column.arg_key, column.index
    new = _grouped(value.copy())
    if isinstance(parent, exp.Select) and key == "expressions":
        new = exp.alias_(new, column.name, quoted=column.this.quoted)
    if parent is not None and key:
        parent.set(key, new, index)
