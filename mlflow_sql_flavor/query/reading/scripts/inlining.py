"""SQL functions that a script defines, written out where they are called.

The value of an argument stands wherever its name does, as the engine reads that name: a column of a subquery in the
function's body goes before it, and a name of the body never catches a column of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from ....errors import QueryError
from ..positions import span
from ..traversal import find_all, find_first, put, walk_tree

__all__ = ["COERCED", "HIDES", "OUTER", "Argument", "SqlFunction", "called", "expand", "is_volatile"]

#: Of a cast that stands for what the engine does by itself: ``(what is converted, text of the type)``.
COERCED = "coerced"
#: Of what stands in a name's place: the identifier, which a column of that name in its FROM goes before.
HIDES = "hides"
#: Of a caller's column within a subquery of the body: how many SELECTs further out it belongs.
OUTER = "outer"

_CALL = "sql_function"
_MOST_NODES = 60_000
_VOLATILE = {
    "rand", "random", "randn", "uniform", "generate_uuid", "gen_random_uuid", "uuid", "uuid_string", "newid",
    "nextval", "clock_timestamp", "generateuuidv4", "rand32", "rand64", "randconstant", "seq4", "seq8", "randstr",
}  # fmt: skip
_ATOMIC = (
    exp.Column, exp.Literal, exp.Paren, exp.Subquery, exp.Func, exp.Null, exp.Boolean, exp.Placeholder, exp.Parameter,
    exp.Dot, exp.Bracket,
)  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """An argument of a function: its name, and its type and default where it has them."""

    name: str
    kind: exp.DataType | None = None
    default: exp.Expr | None = None


@dataclass(eq=False)
class SqlFunction:
    """A function whose body is SQL.

    Args:
        name: As its definition has it.
        arguments: In order.
        returns: The type its value is converted to; None for the body's own.
        body: An expression or a query; None while it is read.
        strict: Whether it is NULL wherever an argument is.
        columns_first: Whether a column of a subquery in the body goes before an argument of its name.
        numbered: Whether the body may say ``$1``.
    """

    name: str
    arguments: Sequence[Argument] = ()
    returns: exp.DataType | None = None
    body: exp.Expr | None = None
    strict: bool = False
    columns_first: bool = True
    numbered: bool = False
    used: dict[str, int] = field(default_factory=dict)


def called(node: exp.Expr, function: SqlFunction) -> None:
    """Marks a call as one of a function of the script."""
    node.meta[_CALL] = function


def expand(tree: exp.Expr, at: Callable[[str, exp.Expr], QueryError]) -> exp.Expr:
    """Writes out the marked calls of a tree, the innermost first.

    Args:
        tree: A query or an expression.
        at: Makes an error at a node.

    Returns:
        The tree, or what stands in its place where it is a call itself.

    Raises:
        QueryError: A call does not fit its function, or all calls written out are too long.
    """
    nodes = list(walk_tree(tree, bfs=False))
    size = len(nodes)
    for node in reversed(nodes):
        function = node.meta.get(_CALL)
        if function is None:
            continue
        if function.body is None:
            raise at(f"{function.name} calls itself: a model's functions cannot be recursive.", node)
        if isinstance(node.parent, (exp.Table, exp.Lateral)):
            raise at(f"{function.name} gives a value, not a table: it cannot stand in FROM.", node)
        if isinstance(node.parent, (exp.Window, exp.Filter, exp.WithinGroup)):
            raise at(f"{function.name} is no aggregate: it takes neither OVER nor FILTER.", node)
        new = _written(node, function, at)
        size += sum(1 for _ in walk_tree(new))
        if size > _MOST_NODES:
            raise at("The functions written out make this query too long: call the inner ones in a WITH clause.", node)
        tree = put(new, node, tree)
    return tree


def is_volatile(node: exp.Expr) -> bool:
    """Whether it may give another value each time."""
    return any(
        isinstance(part, (exp.Rand, exp.Randn, exp.Uuid))
        or (isinstance(part, exp.Anonymous) and str(part.name).lower() in _VOLATILE)
        for part in walk_tree(node)
    )


def _written(call: exp.Expr, function: SqlFunction, at: Callable[[str, exp.Expr], QueryError]) -> exp.Expr:
    assert function.body is not None
    values = _values(call, function, at)
    body = function.body.copy()
    root = exp.Paren(this=body)
    for name in values:
        _free_names(root, values[name])
    counts = dict.fromkeys(values, 0)
    refused = _substitute(root, function, values, counts, at)
    for name, value in values.items():
        if is_volatile(value) and (counts[name] != 1 or function.strict or refused):
            raise at(
                f"{function.name} needs argument {name} more than once, and the engine asks for its value only once: "
                "compute it in a step of WITH before.",
                call,
            )
    found: exp.Expr = root.this
    if isinstance(found, exp.Select):
        found = exp.Subquery(this=found)
    found = found if isinstance(found, _ATOMIC) else exp.Paren(this=found)
    if function.returns is not None:
        found = coerced(found, function.returns, f"the value of {function.name}")
    if function.strict and values:
        nulls: exp.Expr | None = None
        for value in values.values():
            test = exp.Is(this=value.copy(), expression=exp.Null())
            nulls = test if nulls is None else exp.Or(this=nulls, expression=test)
        found = exp.Case(ifs=[exp.If(this=nulls, true=exp.Null())], default=found)
    return found


def coerced(value: exp.Expr, kind: exp.DataType, what: str) -> exp.Cast:
    """A value as its engine converts it by itself; what is converted is named in refusals."""
    cast = exp.Cast(this=value, to=kind.copy())
    cast.meta[COERCED] = what
    return cast


def _values(call: exp.Expr, function: SqlFunction, at: Callable[[str, exp.Expr], QueryError]) -> dict[str, exp.Expr]:
    given: dict[str, exp.Expr] = {}
    place = 0
    for item in call.expressions:
        if isinstance(item, (exp.Kwarg, exp.PropertyEQ)):
            name = next((a.name for a in function.arguments if a.name.casefold() == item.this.name.casefold()), None)
            if name is None:
                raise at(f"{function.name} has no argument {item.this.name}.", item)
            given[name] = item.expression
            continue
        if isinstance(item, (exp.Distinct, exp.Star, exp.Order)):
            raise at(f"{function.name} takes values only.", call)
        if place < len(function.arguments):
            given[function.arguments[place].name] = item
        place += 1
    least = sum(1 for a in function.arguments if a.default is None)
    if place > len(function.arguments) or any(a.name not in given and a.default is None for a in function.arguments):
        most = len(function.arguments)
        takes = str(most) if least == most else f"{least} to {most}"
        raise at(f"{function.name} takes {takes} argument{'s' if takes != '1' else ''}, not {place}.", call)
    values: dict[str, exp.Expr] = {}
    for argument in function.arguments:
        value = given.get(argument.name, argument.default)
        assert value is not None
        value = value.copy() if isinstance(value, _ATOMIC) else exp.Paren(this=value.copy())
        if argument.kind is not None:
            value = coerced(value, argument.kind, f"argument {argument.name} of {function.name}")
        values[argument.name] = value
    return values


def _substitute(
    root: exp.Paren,
    function: SqlFunction,
    values: dict[str, exp.Expr],
    counts: dict[str, int],
    at: Callable[[str, exp.Expr], QueryError],
) -> bool:
    """Puts the values in the place of their names; whether one stands in a subquery that may read it many times."""
    folded = {name.casefold(): name for name in values}
    many = False
    for node in reversed(list(walk_tree(root, bfs=False))):  # what a star replaces goes before the star
        found = _reference(node, function, folded)
        if found is None:
            if isinstance(node, exp.Column) and not node.table and function.columns_first and not _in_select(node):
                known = ", ".join(values) or "none"
                raise at(f"{function.name} has no argument {node.name}: it has {known}.", node)
            continue
        name, fields = found
        selects = _selects(node)
        seen = [select for select in selects if not _in_first_source(node, select)]
        if function.columns_first and not fields and any(_exposes(select, name) for select in selects):
            continue
        value = values[name].copy()
        counts[name] += 1
        if selects:
            many = many or bool(seen)
            if seen and find_first(value, exp.AggFunc, exp.Window) is not None:
                raise at(
                    f"{function.name} reads argument {name} in a subquery, where an aggregate or a window cannot "
                    "stand: compute it in a step of WITH before.",
                    value,
                )
            for column in find_all(value, exp.Column) if seen else ():
                if not column.table:
                    column.meta[OUTER] = column.meta.get(OUTER, 0) + len(selects)
        for each in fields:
            value = exp.Dot(this=value, expression=each.copy())
        if function.columns_first and not fields and selects:
            value.meta[HIDES] = node.copy()
        node.replace(value)
    return many


def _reference(node: exp.Expr, function: SqlFunction, folded: dict[str, str]) -> tuple[str, list[exp.Expr]] | None:
    """The argument that a node of the body names, and the fields of it that are read."""
    if isinstance(node, exp.Column) and (isinstance(node.this, exp.Identifier) or node.table):
        parts = node.parts
        if (
            len(parts) > 1
            and parts[0].name.casefold() == function.name.casefold()
            and parts[1].name.casefold() in folded
        ):
            return folded[parts[1].name.casefold()], list(parts[2:])
        if parts[0].name.casefold() in folded and not (len(parts) > 1 and _is_source(node, parts[0].name)):
            return folded[parts[0].name.casefold()], list(parts[1:])
    elif isinstance(node, exp.Parameter):
        name = node.this.name if isinstance(node.this, exp.Expr) else str(node.this)
        if name.isdigit() and function.numbered and 0 < int(name) <= len(function.arguments):
            return function.arguments[int(name) - 1].name, []
        if name.casefold() in folded and not name.isdigit():
            return folded[name.casefold()], []
    elif isinstance(node, exp.Identifier) and not function.columns_first:
        named = isinstance(node.parent, (exp.Column, exp.Table, exp.TableAlias, exp.Alias))
        if not named and node.name.casefold() in folded and not _bound_by_lambda(node):
            return folded[node.name.casefold()], []
    return None


def _in_first_source(node: exp.Expr, select: exp.Select) -> bool:
    """Whether it stands in what FROM reads first, where no column of that FROM is seen."""
    here: exp.Expr | None = node
    while here is not None and here.parent is not select:
        here = here.parent
    return isinstance(here, exp.From) and not isinstance(here.this, (exp.Subquery, exp.Paren))


def _bound_by_lambda(node: exp.Expr) -> bool:
    """Whether it is, or names, the variable of a lambda of the body's own."""
    here = node.find_ancestor(exp.Lambda)
    while here is not None:
        if any(each.name.casefold() == node.name.casefold() for each in here.expressions):
            return True
        here = here.find_ancestor(exp.Lambda)
    return False


def _selects(node: exp.Expr) -> list[exp.Select]:
    found = []
    here = node.find_ancestor(exp.Select)
    while here is not None:
        found.append(here)
        here = here.find_ancestor(exp.Select)
    return found


def _in_select(node: exp.Expr) -> bool:
    return node.find_ancestor(exp.Select, exp.Lambda) is not None


def _sources(select: exp.Select) -> list[exp.Expr]:
    from_ = select.args.get("from_")
    joined = [join.this for join in select.args.get("joins") or ()]
    return [*([from_.this] if from_ is not None else []), *joined, *(select.args.get("laterals") or ())]


def _exposes(select: exp.Select, name: str) -> bool:
    """Whether a FROM has a column of a name, as far as the text alone tells."""
    for source in _sources(select):
        alias = source.args.get("alias")
        if isinstance(alias, exp.TableAlias) and any(c.name.casefold() == name.casefold() for c in alias.columns):
            return True
        outputs = source.this.named_selects if isinstance(source, exp.Subquery) else []
        if name.casefold() in {output.casefold() for output in outputs}:
            return True
        offset = source.args.get("offset")
        if isinstance(offset, exp.Identifier) and offset.name.casefold() == name.casefold():
            return True
    return False


def _is_source(node: exp.Expr, name: str) -> bool:
    """Whether a qualifier is a table or a column of a FROM around it, rather than an argument with fields."""
    return any(
        source.alias_or_name.casefold() == name.casefold() or _exposes(select, name)
        for select in _selects(node)
        for source in _sources(select)
    )


def _free_names(root: exp.Expr, value: exp.Expr) -> None:
    """Renames what the body itself names, where a column of the caller has the same name."""
    outside = {
        part.name.casefold() for column in find_all(value, exp.Column) for part in column.parts[:-1] or column.parts
    }
    outside |= {column.name.casefold() for column in find_all(value, exp.Column) if not column.table}
    if not outside:
        return
    for node in list(find_all(root, exp.Lambda)):
        for own in node.expressions:
            if isinstance(own, exp.Identifier) and own.name.casefold() in outside:
                _rename(node, own.name)
    for select in list(find_all(root, exp.Select)):
        for source in _sources(select):
            alias = source.args.get("alias")
            if not isinstance(alias, exp.TableAlias):
                continue
            for part in [alias.this, *alias.columns]:
                if isinstance(part, exp.Identifier) and part.name.casefold() in outside:
                    _rename(select, part.name, column=part is not alias.this)


def _rename(within: exp.Expr, name: str, column: bool = True) -> None:
    new = f"{name}_of_function"
    outputs = {id(item.args.get("alias")) for select in find_all(within, exp.Select) for item in select.expressions}
    for node in list(find_all(within, exp.Identifier)):
        if node.name.casefold() != name.casefold() or id(node) in outputs:
            continue
        parent = node.parent
        if isinstance(parent, exp.Column) and (node is not parent.parts[0] or not (column or parent.table)):
            continue  # a field, or a column of that name
        if isinstance(parent, exp.Dot) and node is parent.expression:
            continue
        if isinstance(parent, (exp.Table, exp.PropertyEQ, exp.ColumnDef)):
            continue
        node.set("this", new)


def where(node: exp.Expr) -> tuple[int | None, int]:
    """Offset and length of a node, for an error."""
    found = span(node)
    return (found[0], found[1] - found[0]) if found else (None, 1)
