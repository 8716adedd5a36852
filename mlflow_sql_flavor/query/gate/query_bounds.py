"""Whether the largest value a query builds, and the work for one row, are known to be small before it is bound.

DuckDB looks at its limits between batches of 2,048 rows, and not at all while it binds and folds constants. So a bound
is carried through the expression tree: bytes that stem from the query itself, multiples of what stems from data, and
steps. What is known to be small runs where the caller is; everything else, a function nobody described included, runs
in a process that can be ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..reading.recursion import with_deep_stack
from . import grammar
from .constant_sizes import number_of
from .expression_bounds import (
    DATUM,
    Bound,
    Large,
    as_column,
    copies_of,
    formatted,
    known_number,
    larger,
    largest,
    number_after,
    number_below,
    together,
)  # fmt: skip
from .identifiers import fold
from .tree_parts import arguments_of, below, parts, type_name

__all__ = ["MAX_BYTES", "MAX_CONSTANT", "MAX_TIMES", "is_small"]

_Tree = dict[str, Any]
Macro = tuple[Sequence[str], _Tree]

MAX_BYTES = 50_000
"""Most bytes of one row's value that the query adds, four times of all such values together: 2,048 rows at a time."""
MAX_CONSTANT = 1_000_000
"""Most bytes of a literal, or of a value where no table is read. Others without data may be made for each row, too."""
MAX_TIMES = 64
"""Most copies of a value of the data in one value."""
MAX_GROWN = 512
"""The same, with the most that escapes, digits and elements of lists make of each character."""
MAX_STEPS = 1_000_000
"""Most steps for one row."""
MAX_NODES = 2_000_000
"""Most nodes of the query with every common table expression in the places that read it."""
MAX_RELATIONS = 100
"""Most tables that are read, common table expressions counted where they are read: putting them in order takes the
cube of their number, 1 s for a chain of 100 joins and minutes for 300, and no limit of DuckDB's looks there."""
MAX_WIDTH = 20_000
"""Most columns that stars make."""
MAX_GROUPINGS = 1_000
_DATA = (
    1_000  # how long a value of the data is taken to be where its length becomes a number, and how many rows have one
)

#: Types whose values are of one small size, whatever they are cast from.
_FIXED = {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "float", "double", "date", "timestamp"}

#: Loops whose result holds what they made and nothing of what they were given.
_TRANSFORMS = {"list_transform", "array_transform", "list_apply", "array_apply", "apply"}

# Which argument says how long the result is, and which one stands in the place of each thing that is found.
_TO_LENGTH = {"lpad": 1, "rpad": 1, "list_resize": 1, "array_resize": 1, "bitstring": 1, "to_base": 2}
_REPLACES = {"replace": 2, "regexp_replace": 2, "array_to_string": 1, "list_string_agg": 1, "string_agg": 1}
_REPLACES |= {"array_to_string_comma_default": 1, "group_concat": 1, "listagg": 1}


_JSON = frozenset(["array_to_json", "json_array", "json_object", "json_quote", "row_to_json", "to_json"])
_NESTS = ("array", "list", "map", "row", "struct", "union")
_TEXTS = frozenset(["bit", "blob", "json", "varchar"])


def is_small(tree: _Tree, macro: Callable[[str], Macro | None] = lambda name: None, udfs: Iterable[str] = ()) -> bool:
    """Whether a query that passed the gate needs little beyond its data, for one batch and while it is bound.

    Args:
        tree: Of ``parse_tree``.
        macro: Gives the parameters and the body of a macro of the model's by its folded name, or None.
        udfs: Names of its Python functions, which are taken to keep to what they are given.
    """
    try:
        with_deep_stack(lambda: _Reader(macro, frozenset(map(fold, udfs))).statement(tree["statements"][0]["node"]))
    except (Large, OverflowError):
        return False
    return True


class _Reader:
    def __init__(self, macro: Callable[[str], Macro | None], udfs: frozenset[str]) -> None:
        self.macro, self.udfs = macro, udfs
        self.names: dict[str, Bound] = {}  # of every output so far, by its name
        self.unnamed = DATUM
        self.rows_made = False  # by a table function, a recursion: more than the data has
        self.one_row = False
        self.weights: dict[str, float] = {}
        self.widths: dict[str, float] = {}
        self.total = 0.0  # bytes of a row's values
        self.reads = 0  # of tables, wherever they stand

    def statement(self, node: _Tree) -> None:
        self.rows_made = any(
            part.get("type") in ("TABLE_FUNCTION", "RECURSIVE_CTE_NODE")
            or (part.get("class") == "FUNCTION" and fold(str(part.get("function_name"))) in grammar.allowed("rows"))
            for part in parts(node)
        )
        self.one_row = not self.rows_made and not any(part.get("type") == "BASE_TABLE" for part in parts(node))
        self.node(node)

    # relations: (nodes with everything that is read, columns)

    def node(self, node: _Tree) -> tuple[float, float]:
        weight = 0.0
        for entry in (node.get("cte_map") or {}).get("map") or []:
            name, value = fold(entry["key"]), entry["value"]
            inner = value.get("query_node") or (value.get("query") or {}).get("node") or {}
            self.weights[name], self.widths[name] = self.node(inner)
            self.rename(value.get("aliases"))
            self.check_weight(self.weights[name])
        kind = node.get("type")
        if kind == "RECURSIVE_CTE_NODE":
            self.weights[fold(node["cte_name"])] = self.widths[fold(node["cte_name"])] = 1
            left = self.node(node["left"])
            before, unnamed = dict(self.names), self.unnamed
            self.names, self.unnamed = dict.fromkeys(self.names, DATUM), DATUM
            right = self.node(node["right"])
            if any(b.own > 64 or b.times > 1 for b in (*self.names.values(), self.unnamed)):  # larger in each round
                raise Large
            self.names = before | {k: v for k, v in self.names.items() if k not in before}
            self.unnamed = larger(unnamed, self.unnamed)
            return left[0] + right[0], left[1]
        if kind != "SELECT_NODE":
            sides = [node.get("left"), node.get("right"), *(node.get("children") or [])]
            found = [self.node(side) for side in sides if side]
            self.loose(node)
            return self.check_weight(sum(w for w, _ in found)), max((w for _, w in found), default=1)
        source, columns = self.relation(node.get("from_table") or {})
        weight += source
        if len(node.get("group_sets") or []) > MAX_GROUPINGS:
            raise Large
        width = 0.0
        outputs: list[tuple[str, Bound]] = []
        for item in node.get("select_list") or []:
            bound = self.of(item, {})
            if bound.own > MAX_BYTES and not self.one_row:  # a literal too is copied into each row
                raise Large
            star = item.get("class") == "STAR"
            width += columns if star else 1
            if not star:
                outputs.append((fold(item.get("alias") or (item.get("column_names") or [""])[-1]), bound))
        for name, bound in outputs:
            if name:
                self.names[name] = larger(self.names.get(name), bound)
            else:
                self.unnamed = larger(self.unnamed, bound)
        self.loose({k: v for k, v in node.items() if k not in ("select_list", "from_table", "cte_map")})
        if width > MAX_WIDTH:
            raise Large
        weight += sum(1 for _ in parts(node, inside=False))
        return self.check_weight(weight), width

    def check_weight(self, weight: float) -> float:
        if weight > MAX_NODES:
            raise Large
        return weight

    def relation(self, ref: _Tree) -> tuple[float, float]:
        kind = ref.get("type")
        if kind == "BASE_TABLE":
            name = fold(ref["table_name"])
            self.rename(ref.get("column_name_alias"))
            self.reads += name not in self.weights
            if self.reads > MAX_RELATIONS:
                raise Large
            return self.weights.get(name, MAX_NODES / MAX_RELATIONS), self.widths.get(name, 50)
        if kind == "SUBQUERY":
            found = self.node(ref["subquery"]["node"])
            self.rename(ref.get("column_name_alias"))
            return found
        if kind == "JOIN":
            # A chain of joins leans to the left.
            chain: list[_Tree] = []
            while ref.get("type") == "JOIN":
                chain.append(ref)
                ref = ref["left"]
            weight, width = self.relation(ref)
            for join in reversed(chain):
                more, wider = self.relation(join["right"])
                weight, width = weight + more, width + wider
                self.loose({k: v for k, v in join.items() if k not in ("left", "right")})
            return weight, width
        if kind == "PIVOT":
            found = self.relation(ref["source"])
            entries = sum(1 for _ in parts(ref.get("pivots"))) + sum(1 for _ in parts(ref.get("aggregates")))
            self.loose({k: v for k, v in ref.items() if k != "source"})
            self.rename(ref.get("column_name_alias"))
            return found[0] * 2, found[1] + entries**2
        if kind == "TABLE_FUNCTION":
            for argument in arguments_of(ref["function"]):
                self.unnamed = larger(self.unnamed, self.of(argument, {}))
            self.rename(ref.get("column_name_alias"))
            return 1, 10
        self.loose(ref)
        self.rename(ref.get("column_name_alias"))
        return 1, 10

    def rename(self, aliases: Any) -> None:
        """Columns by new names may be any of those before."""
        for alias in aliases or []:
            for bound in (*self.names.values(), self.unnamed):
                self.names[fold(alias)] = larger(self.names.get(fold(alias)), bound)

    # expressions

    def loose(self, tree: Any) -> None:
        """The expressions in something that is not an output."""
        stack = [tree]
        while stack:
            part = stack.pop()
            if isinstance(part, list):
                stack.extend(part)
            elif isinstance(part, dict):
                if "class" in part:
                    self.unnamed = larger(self.unnamed, self.of(part, {}))
                elif "node" in part and isinstance(part["node"], dict):
                    self.node(part["node"])
                else:
                    stack.extend(part.values())

    def of(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        bound = self._of(node, parameters)
        if bound.steps > MAX_STEPS or bound.times > MAX_TIMES or bound.times * bound.growth > MAX_GROWN:
            raise Large
        literal = bound.constant and (self.one_row or node.get("class") in ("CONSTANT", "CAST"))
        if bound.own > (MAX_CONSTANT if literal else MAX_BYTES) or (bound.whole and bound.times > 8):
            raise Large
        if not literal and bound.own > 1000:
            self.total += bound.own
            if self.total > 4 * MAX_BYTES:
                raise Large
        return bound

    def _of(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        kind = node.get("class")
        if kind == "CONSTANT":
            text = (node.get("literal") or {}).get("text")
            text = text if isinstance(text, str) else ""
            return Bound(len(text) + 8, 0, number_of(text) if len(text) <= 100 else None, 1, True, text)
        if kind == "PARAMETER":
            return DATUM
        if kind == "COLUMN_REF":
            names = [fold(name) for name in node.get("column_names") or []]
            found = [parameters.get(n) or self.names.get(n) for n in names]
            known = [bound for bound in found if bound is not None]
            return as_column(known[0]) if len(known) == 1 else as_column(largest([*known, self.unnamed]))
        if kind == "SUBQUERY":
            self.node(node["subquery"]["node"])
            items = node["subquery"]["node"].get("select_list") or []
            bounds = [self.of(item, parameters) for item in items[:1] if item.get("class") != "STAR"]
            bounds += [self.of(node["child"], parameters)] if isinstance(node.get("child"), dict) else []
            return as_column(largest([*bounds, self.unnamed]))
        if kind in ("FUNCTION", "WINDOW"):
            return self.call(node, parameters)
        if kind == "LAMBDA":
            return self.of(node["expr"], parameters)
        children = [self.of(child, parameters) for child in below(node)]
        total = together(children)
        if kind in ("COMPARISON", "CONJUNCTION", "BETWEEN"):
            return Bound(8, 0, 1, total.steps, total.constant)
        if kind == "CASE":
            numbers = [child.number for child in children]
            number = None if None in numbers else max((abs(n) for n in numbers if n is not None), default=None)
            own, times = (max((getattr(c, name) for c in children), default=0) for name in ("own", "times"))
            return replace(total, own=own, times=times, number=number, text=None)  # one of its branches
        if kind == "CAST":
            return self.cast(node, children)
        return total

    def cast(self, node: _Tree, children: list[Bound]) -> Bound:
        total, cells = together(children), 1.0
        for part in parts(node.get("type_expr") or {}):
            name = fold(str(part.get("type_name", "")))
            if name in ("bignum", "varint") and (total.own > 5000 or total.times > 8):  # the square of its digits
                raise Large
            if name == "array":
                sizes = [number_of((c.get("literal") or {}).get("text") or "") for c in part.get("children") or []]
                cells *= max([2.0, *(abs(size) for size in sizes if size is not None)])
                if 8 * cells > MAX_BYTES:  # as large where it is NULL
                    raise Large
            if name in _TEXTS:
                # A text within a list or a struct is written with its quotes escaped, and with those around it.
                total = replace(total.grown(2), nested=False) if total.nested else total
        target = node.get("type_expr") or {}
        if fold(str(target.get("type_name") or type_name(target))) in _FIXED:
            return Bound(8, 0, total.number, total.steps, total.constant, total.text)
        return total

    def call(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        name = fold(str(node.get("function_name")))
        found = self.called(name, node, parameters)
        return replace(found, whole=True) if name in grammar.effect("collects") else found

    def called(self, name: str, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        nodes = arguments_of(node)
        self.loose([v for k, v in node.items() if k in ("filter", "filter_expr", "order_bys", "orders", "partitions")])
        if name in grammar.effect("loops") and len(nodes) > 1:
            return self.loop(name, nodes, parameters)
        given = [self.of(argument, parameters) for argument in nodes]
        extra = [node[k] for k in ("default_expr", "offset_expr") if isinstance(node.get(k), dict)]
        given += [self.of(more, parameters) for more in extra]
        total = together(given)
        if name in ("list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate"):
            name = fold((given[1].text if len(given) > 1 else None) or "")
            given = [given[0], *given[2:]] if given else given
        if name in grammar.effect("collects") and (self.rows_made or any(bound.own > 10_000 for bound in given)):
            raise Large
        if name in grammar.effect("keeps") and len(given) > 1 and not number_below(given[1:], 10_000, name):
            raise Large
        if name in grammar.effect("open"):
            raise Large
        if name == "repeat" and len(given) > 1:
            return copies_of(given[0], known_number(given[1].number), total)
        if name in ("range", "generate_series"):
            return self.series(given, total)
        if name in ("list_resize", "array_resize") and len(given) > 2:
            added = copies_of(given[2], known_number(given[1].number), total)
            return total.of(total.own + added.own, total.times + added.times, added.steps)
        if name in _TO_LENGTH and len(given) > _TO_LENGTH[name]:
            length = known_number(given[_TO_LENGTH[name]].number)
            return total.of(total.own + 8 * length, total.times, total.steps + length)
        if name in ("format", "printf"):
            pattern = given[0].text if given else None
            return formatted(pattern or "", total, [bound.number for bound in given[1:]])
        if name in grammar.effect("expands") | grammar.effect("doubles"):
            factor = 8 if name in grammar.effect("expands") else 2
            return replace(total.grown(factor), number=None, nested=name not in _JSON)
        if name == "concat_ws" and given:
            between = copies_of(given[0], len(given), total)
            return total.of(total.own + between.own, total.times + between.times)
        if name in ("strftime", "strptime", "try_strptime"):
            return total.of(total.own * 32, total.times)
        if name in _REPLACES and len(given) > 1:
            by = given[min(_REPLACES[name], len(given) - 1)]
            if by.whole:
                raise Large
            copies = max(1, by.own - 8) if not by.times else 8 * max(1, by.own - 8) * by.times
            return copies_of(total, copies, total)
        if name in grammar.effect("product") and len(given) > 1:
            left, right = (b.own + _DATA * b.times * (_DATA if b.whole else 1) for b in given[:2])
            if left * right > 10 * _DATA**2:
                raise Large
            return Bound(8, 0, max(left, right), total.steps, total.constant)
        if name in grammar.effect("path") and len(given) > 1 and (given[1].text or "").count("*") > 2:
            raise Large
        if name in grammar.effect("length") and given:
            return Bound(8, 0, given[0].own + _DATA * given[0].times, total.steps, total.constant)
        if name in ("least", "greatest"):
            numbers = [abs(bound.number) for bound in given if bound.number is not None]
            complete = bool(numbers) and len(numbers) == len(given)
            return replace(total, number=max(numbers) if complete else None, text=None)
        number = number_after(name, given)
        if name in grammar.effect("fixed"):
            return Bound(8, 0, number, total.steps, total.constant)
        if name in self.udfs:
            return replace(total, number=None, constant=False, text=None)
        if (found := self.macro(name)) is not None:
            names, body = found
            values = dict(zip(map(fold, names), given, strict=False))
            return self.of(body, dict.fromkeys(map(fold, names), DATUM) | values)
        known = name in grammar.expression_functions() or name in grammar.allowed("window")
        if not known and name not in grammar.allowed("operator"):
            raise Large
        return replace(total, number=number, text=None, nested=total.nested or name.startswith(_NESTS))

    def loop(self, name: str, nodes: list[_Tree], parameters: dict[str, Bound]) -> Bound:
        over = self.of(nodes[0], parameters)
        rest = [self.of(argument, parameters) for argument in nodes[1:] if argument.get("class") != "LAMBDA"]
        count = max(over.own / 8, 1) if over.own > 8 or not over.times else 1.0
        count *= max(over.times, 1)
        rounds = count * (_DATA if over.whole else 1)
        own: Bound = Bound()
        for argument in nodes[1:]:
            if argument.get("class") == "LAMBDA":
                names = [fold(n) for part in parts(argument.get("lhs")) for n in part.get("column_names") or []]
                inner = {**parameters, **dict.fromkeys(names, Bound(8, min(over.times, 1), growth=over.growth))}
                own = self.of(argument["expr"], inner)
        if over.whole and (own.whole or own.steps >= _DATA):
            raise Large
        if name.endswith("reduce") and (own.times > 1 or own.own > 64):  # what one round makes the next one takes
            raise Large
        total = together([over, *rest])
        times = max(over.times, 1 if over.times else 0) * max(own.times, 1) if over.times or own.times else 0
        found = total.of(
            (0 if name in _TRANSFORMS else total.own) + count * own.own, times, total.steps + rounds * own.steps
        )
        return replace(found, growth=max(total.growth, own.growth), constant=total.constant and own.constant)

    def series(self, given: list[Bound], total: Bound) -> Bound:
        if not given:
            raise Large
        ends = [known_number(bound.number) for bound in given[:2]]
        step = abs(known_number(given[2].number)) if len(given) > 2 else 1.0
        if len(given) > 2 and (not given[2].constant or not step):
            raise Large
        # Two dates in seconds lie closer together than both lie from 1970.
        exact = len(given) > 1 and all(bound.constant and bound.number is not None for bound in given[:2])
        count = abs(ends[1] - ends[0]) / step if exact else sum(map(abs, ends)) / step
        return Bound(8 * (count + 1), 0, max(map(abs, ends)), total.steps + count, total.constant)
