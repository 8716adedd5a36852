"""The features of a query: what of it has to have been compared with the engine for its rows to be vouched for.

A feature is a short text, ``function abs(int)`` or ``join left using``. It is read from the tree that translation has
before its rules run: typed, and of the shape that was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from ..reading.traversal import find_all
from .classes import READ_AS, UNKNOWN, class_of, literal_class, written_type
from .clauses import CLAUSES, clauses

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Feature", "features"]

_SAME = (exp.Add, exp.Mul, exp.EQ, exp.NEQ, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.NullSafeEQ)
_ORDERING = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_COMPARISONS = (exp.EQ, exp.NEQ, *_ORDERING, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between)
_CHAINED = (exp.Div, exp.IntDiv, exp.Mod, exp.Pow)
_PASSED = (exp.Paren, exp.Alias, exp.Tuple, exp.Column, exp.Star, exp.Identifier, exp.Var, exp.Subquery)
#: What a feature may be of; other nodes are passed over.
_FEATURED = (
    *CLAUSES, exp.Func, exp.Binary, exp.Literal, exp.HexString, exp.BitString, exp.ByteString, exp.RawString,
    exp.National, exp.UnicodeString, exp.Interval, exp.Cast, exp.Case, exp.Window, exp.Connector, exp.Not, exp.DPipe,
    exp.In, exp.Between, exp.Is, exp.Like, exp.ILike, exp.Escape, exp.Bracket, exp.Neg, exp.BitwiseNot, exp.AtTimeZone,
    exp.Collate,
)  # fmt: skip
_UNITS = re.compile(r"[A-Za-z_]{1,24}")


@dataclass(frozen=True)
class Feature:
    """One construct.

    Attributes:
        name: What is looked up.
        node: Where it stands.
        unknown: Whether the type of something in it is not known.
        parts: What its classes are those of: an argument of a call; empty where that is all of the node.
    """

    name: str
    node: exp.Expr
    unknown: bool = False
    parts: tuple[exp.Expr, ...] = ()

    @property
    def values(self) -> tuple[exp.Expr, ...]:
        """What has to have been compared over edge data."""
        return self.parts or (self.node,)


def features(tree: exp.Expr, sql: str) -> list[Feature]:
    """Every feature of a typed tree, in the order of the text, each at every place where it stands.

    Args:
        tree: The typed tree.
        sql: The text it was read from, for names as written.
    """
    found: list[Feature] = []
    for node in find_all(tree, *_FEATURED, bfs=False):
        if node.meta_get("parameter") is not None:
            continue
        found += [Feature(name, node, UNKNOWN in name.partition(" ")[2]) for name in _of(node, sql)]
        if _is_call(node):
            told = _function(node, sql)
            found += [Feature(name, node, UNKNOWN in name.partition(" ")[2], parts) for name, parts in told]
    return found


def _of(node: exp.Expr, sql: str) -> Iterator[str]:
    if isinstance(node, CLAUSES):
        yield from clauses(node)
    if isinstance(node, exp.Literal):
        if not isinstance(node.parent, (exp.Interval, exp.DataTypeParam)):
            yield f"literal {literal_class(node)}"
    elif isinstance(
        node, (exp.HexString, exp.BitString, exp.ByteString, exp.RawString, exp.National, exp.UnicodeString)
    ):
        yield f"literal {type(node).__name__.lower()}"
    elif isinstance(node, exp.Interval):
        yield _interval(node)
    elif isinstance(node, exp.Cast):
        yield from _cast(node)
    elif isinstance(node, exp.Case):
        yield from _case(node)
    elif isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        return
    elif isinstance(node, exp.Exists):
        return  # its query is a feature
    elif isinstance(node, exp.Window):
        yield from _window(node, sql)
    elif isinstance(node, (exp.Connector, exp.Not)):
        operands = {class_of(part) for part in node.iter_expressions()} - {"bool"}
        yield " ".join((f"operator {node.key}", *sorted(operands)))
    elif (isinstance(node, exp.Binary) and not isinstance(node, exp.Func)) or isinstance(node, exp.DPipe):
        if not isinstance(node, (exp.Dot, exp.PropertyEQ, exp.Kwarg)):
            yield from _operator(node)
    elif isinstance(node, (exp.In, exp.Between, exp.Is, exp.Like, exp.ILike, exp.Escape)):
        yield from _operator(node)
    elif isinstance(node, exp.Bracket):
        index = [class_of(part) + (" below 0" if isinstance(part, exp.Neg) else "") for part in node.expressions]
        yield f"subscript {class_of(node.this)}[{','.join(index)}]"
    elif isinstance(node, (exp.Neg, exp.BitwiseNot)):
        inner = "literal" if isinstance(node.this, exp.Literal) else class_of(node.this)
        yield f"operator {node.key}({inner})"
    elif isinstance(node, (exp.AtTimeZone, exp.Collate)):
        yield f"operator {node.key}({class_of(node.this)})"
    elif isinstance(node, exp.Dot):
        yield f"field of {class_of(node.this)}"


#: Of sqlglot's functions those that are told as another construct.
_NO_CALLS = (exp.Case, exp.Cast, exp.Collate, exp.Connector, exp.Exists)


def _is_call(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Func) or isinstance(node, _NO_CALLS):
        return False
    if isinstance(node, exp.If) and isinstance(node.parent, exp.Case):
        return False
    return not isinstance(node, READ_AS) or node.meta_get("start") is not None


def written_name(node: exp.Expr, sql: str) -> str:
    """A function's name as written, in small letters: of NVL and IFNULL sqlglot makes one class."""
    if isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)):  # what ClickHouse parametrises and combines too
        return str(node.name).lower()
    meta = node.meta
    if "start" in meta:
        text = sql[meta["start"] : meta["end"] + 1].strip('`"[]')
        if _UNITS.match(text) and re.fullmatch(r"\w+", text):
            return text.lower()
    return str(node.key) + "*"


def _function(node: exp.Expr, sql: str) -> Iterator[tuple[str, tuple[exp.Expr, ...]]]:
    """One argument's class at a time: what a function makes of one hardly depends on the class of the next.

    Nor on the others of a list: the sets of classes are as many as there are queries, and a case that differed is named
    as well by the class of one of them.
    """
    name, given = written_name(node, sql), _given(node)
    for at, (kind, parts) in enumerate(given, 1):
        if kind.endswith(" .."):
            for each in dict.fromkeys(kind.removesuffix(" ..").split(", ")):
                yield f"function {name}(.. {each} ..)", tuple(part for part in parts if _argument(part) == each)
        else:
            yield f"function {name}/{len(given)}({at}: {kind})" if len(given) > 1 else f"function {name}({kind})", parts
    if not given:
        yield f"function {name}()", ()


def _arguments(node: exp.Expr) -> str:
    return ", ".join(kind for kind, _ in _given(node))


def _given(node: exp.Expr) -> list[tuple[str, tuple[exp.Expr, ...]]]:
    """The arguments of a function: their classes, units and words, and the parts that these are of."""
    given: list[tuple[str, tuple[exp.Expr, ...]]] = []
    for key, value in node.args.items():
        if (isinstance(node, exp.Anonymous) and key == "this") or key == "alias" or value is None or value == []:
            continue
        if isinstance(value, list):
            parts = tuple(part for part in value if isinstance(part, exp.Expr))
            named = [_argument(part) for part in parts]
            if len(named) < 3:
                given += [(kind, (part,)) for kind, part in zip(named, parts, strict=True)]
            else:
                given.append((f"{', '.join(sorted(set(named)))} ..", parts))
        elif isinstance(value, exp.Expr):
            unit = key in ("unit", "position") or (isinstance(node, exp.Extract) and key == "this")
            word = unit and _UNITS.fullmatch(value.name) is not None
            given.append((value.name.lower() if word else _argument(value), (value,)))
        elif value is True and key not in (
            "big_int",
            "is_string",
            "safe",
            "coalesce",
            "null_on_zero_variance",
            "check",
        ):
            given.append((f"{key}", ()))
    return given


def _argument(node: exp.Expr) -> str:
    if isinstance(node, exp.Distinct):
        return "distinct " + " ".join(_argument(part) for part in node.expressions)
    if isinstance(node, exp.Order):
        return f"{_argument(node.this) if node.this else ''} ordered"
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls, exp.HavingMax, exp.Limit)):
        return f"{_argument(node.this) if node.this else ''} {node.key}"
    if isinstance(node, (exp.PropertyEQ, exp.Kwarg)):
        return f"={class_of(node.expression)}"
    return class_of(node)


def _interval(node: exp.Interval) -> str:
    unit = node.args.get("unit")
    names = "to".join(word.lower().rstrip("s") for word in re.findall(r"[A-Za-z]+", unit.sql())) if unit else ""
    value = node.this
    kind = "constant" if isinstance(value, (exp.Literal, exp.Neg)) else class_of(value)
    return f"interval {kind} {names or 'in words'}"


def _cast(node: exp.Cast) -> Iterator[str]:
    how = "cast" if type(node) is exp.Cast else node.key
    inner = node.this
    source = class_of(inner)
    if isinstance(inner, exp.Literal) and inner.is_string:
        source = "constant"
    masked = " format" if node.args.get("format") else ""
    pair = f"{source} as {written_type(node.args['to'])}{masked}"
    yield f"{how} {pair}"
    parent = _above(node)
    if isinstance(parent, _COMPARISONS) and source != "constant":
        others = sorted({class_of(part) for part in _operands(parent)})
        yield f"compared {how} {pair} with {' '.join(others)}"


def _above(node: exp.Expr) -> exp.Expr | None:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return parent


def _case(node: exp.Case) -> Iterator[str]:
    results = [branch.args.get("true") for branch in node.args.get("ifs") or ()]
    classes = {class_of(part) for part in (*results, node.args.get("default")) if part is not None} - {"null"}
    bare = "" if node.args.get("default") is not None else " without else"
    yield f"case {' '.join(sorted(classes)) or 'null'}{bare}"
    if node.this is not None:
        tested = {class_of(branch.this) for branch in node.args.get("ifs") or ()}
        yield f"case of {class_of(node.this)} when {' '.join(sorted(tested))}"


def _window(node: exp.Window, sql: str) -> Iterator[str]:
    inner: exp.Expr = node.this
    how = ""
    while isinstance(inner, (exp.IgnoreNulls, exp.RespectNulls, exp.Filter, exp.WithinGroup)):
        how += f" {inner.key}"
        inner = inner.this
    spec = node.args.get("spec")
    frame = (spec is not None and "framed") or (node.args.get("order") is not None and "ordered") or "whole"
    call = "named" if node.arg_key == "windows" else f"{written_name(inner, sql)}({_arguments(inner)})"
    yield f"window {call}{how} {frame}"


def _operands(node: exp.Expr) -> list[exp.Expr]:
    keys = ("this", "expression", "low", "high", "expressions", "query")
    found: list[exp.Expr] = []
    for key in keys:
        value = node.args.get(key)
        found += value if isinstance(value, list) else [value] if isinstance(value, exp.Expr) else []
    return found


def _operand(node: exp.Expr, others: Iterable[str]) -> str:
    """A constant text beside what is no text is converted by the engine: not the same as a column of texts there."""
    kind = class_of(node)
    constant = isinstance(node.unnest() if isinstance(node, exp.Paren) else node, exp.Literal)
    return "constant text" if kind == "text" and constant and set(others) - {"text", "null"} else kind


def _operator(node: exp.Expr) -> Iterator[str]:
    parts = _operands(node)
    classes = [class_of(part) for part in parts]
    named = [_operand(part, classes) for part in parts]
    name = "compare" if isinstance(node, _ORDERING) else "eq" if isinstance(node, exp.NEQ) else node.key
    if isinstance(node, (exp.In, exp.Between)):
        first, rest = named[0], sorted(set(named[1:]))
        query = " query" if node.args.get("query") is not None else ""
        negated = "not " if isinstance(node.parent, exp.Not) else ""
        yield f"operator {negated}{name}{query}({first}: {' '.join(rest)})"
        return
    if isinstance(node, exp.Is):
        yield f"operator is({named[0]}: {class_of(node.expression)})"
        return
    if isinstance(node, (*_SAME, *_ORDERING)):
        named.sort()
    yield f"operator {name}({', '.join(named)})"
    if isinstance(node, _CHAINED):
        inside = next((part for part in parts if isinstance(part, (*_CHAINED, exp.Mul))), None)
        if inside is not None:
            kinds = ",".join(class_of(part) for part in _operands(inside))
            yield f"chain {name} of {inside.key}({kinds})"
    if isinstance(node, _COMPARISONS) and any(isinstance(part, (exp.Any, exp.All)) for part in parts):
        yield f"operator {name} any or all({', '.join(named)})"
