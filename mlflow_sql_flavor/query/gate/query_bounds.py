"""Whether the largest value a query builds, and the work for one row, are known to be small before it is bound.

DuckDB looks at its limits between batches of 2,048 rows, and not at all while it binds and folds constants. So a bound
is carried through the expression tree: bytes that stem from the query itself, multiples of what stems from data, and
steps. What is known to be small runs where the caller is; everything else, a function nobody described included, runs
in a process that can be ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ..reading.recursion import with_deep_stack
from . import grammar
from . import size_words as words
from . import small_sizes as most
from .column_bounds import Columns, is_plain_star
from .expression_bounds import (
    DATA,
    DATUM,
    Answer,
    Bound,
    Large,
    as_column,
    copies_of,
    count_of,
    element_of,
    formatted,
    largest,
    length_of,
    number_below,
    one_of,
    small,
    together,
)  # fmt: skip
from .identifiers import fold
from .macro_calls import Macro, MacroCalls
from .number_bounds import after, at_most, cast, elements, literal
from .placeholder_uses import placeholder_uses
from .planning_cost import COLUMN, RELATION, planning_cost
from .tree_parts import arguments_of, below, is_number_list, parts, parts_by_query, type_name

__all__ = ["answer_of", "is_small"]

_Tree = dict[str, Any]


def is_small(
    tree: _Tree,
    macro: Callable[[str], Macro | None] = lambda name: None,
    udfs: Iterable[str] = (),
    tables: Mapping[str, Collection[str]] | None = None,
    parameters: Mapping[str, str] | None = None,
    cell: int = 0,
) -> bool:
    """Whether :func:`answer_of` the same knows the query to be small."""
    return answer_of(tree, macro, udfs, tables, parameters, cell) is not None


def answer_of(
    tree: _Tree,
    macro: Callable[[str], Macro | None] = lambda name: None,
    udfs: Iterable[str] = (),
    tables: Mapping[str, Collection[str]] | None = None,
    parameters: Mapping[str, str] | None = None,
    cell: int = 0,
) -> Answer | None:
    """How wide a row of a query is that needs little beyond its data, for one batch and while it is bound; else None.

    Args:
        tree: Of ``parse_tree``, of a query that passed the gate.
        macro: Gives the parameters and the body of a macro of the model's by its folded name, or None.
        udfs: Names of its Python functions, which are taken to keep to what they are given.
        tables: The columns of the tables that it may read, with their types where they are known; None if they are not.
        parameters: The types of its placeholders.
        cell: Bytes of the largest value of its reference tables, which any of its rows may copy.
    """
    try:
        node = tree["statements"][0]["node"]
        kinds = {fold(name): kind for name, kind in (parameters or {}).items()}
        everything, own = parts_by_query(node)
        reader = _Reader(macro, frozenset(map(fold, udfs)), Columns(everything, tables), kinds, own)
        reader.copy(cell, 1)
        with_deep_stack(lambda: reader.node(node))
    except (Large, OverflowError):
        return None
    return reader.answer._replace(cell=cell, uses=placeholder_uses(tree, macro))


class _Reader:
    def __init__(
        self,
        macro: Callable[[str], Macro | None],
        udfs: frozenset[str],
        columns: Columns,
        kinds: Mapping[str, str],
        sizes: dict[int, int],
    ) -> None:
        self.macro, self.udfs, self.columns, self.placeholders = macro, udfs, columns, kinds
        self.macros = MacroCalls(macro)
        self.sizes = sizes  # of each query by its id: the parts that are its own
        self.weights: dict[str, float] = {}
        self.widths: dict[str, float] = {}
        self.total = 0.0  # bytes of a row's values
        self.reads = 0  # of tables, wherever they stand
        self.lambdas = 0  # around what is looked at
        self.answer = Answer()
        self.cell, self.copied = 0, 0.0  # bytes of a value of the data, and how many of them one row makes

    # relations: (nodes with everything that is read, columns)

    def node(self, node: _Tree) -> tuple[float, float]:
        weight = 0.0
        if id(node) not in self.sizes:  # of a macro
            self.sizes |= parts_by_query(node)[1]
            self.columns.stars = True
        for entry in (node.get("cte_map") or {}).get("map") or []:
            name, value = fold(entry["key"]), entry["value"]
            inner = value.get("query_node") or (value.get("query") or {}).get("node") or {}
            self.weights[name], self.widths[name] = self.node(inner)
            self.columns.rename(value.get("aliases"))
            self.check_weight(self.weights[name])
        kind = node.get("type")
        if kind == "RECURSIVE_CTE_NODE":
            self.weights[fold(node["cte_name"])] = self.widths[fold(node["cte_name"])] = 1
            left = self.node(node["left"])
            self.loose([node.get("key_targets"), node.get("payload_aggregates")])
            known = self.columns
            before, unnamed = dict(known.names), known.unnamed
            known.names, known.unnamed = dict.fromkeys(known.names, DATUM), DATUM
            right = self.node(node["right"])
            made = (*known.names.values(), known.unnamed)
            if any(b.own > 64 or b.times > 1 or b.growth > 1 for b in made):  # larger in each round
                raise Large
            known.names = before | {k: v for k, v in known.names.items() if k not in before}
            known.unnamed = largest([unnamed, known.unnamed])
            return left[0] + right[0], left[1]
        if kind != "SELECT_NODE":
            sides = [node.get("left"), node.get("right"), *(node.get("children") or [])]
            found = [self.node(side) for side in sides if side]
            self.loose({k: v for k, v in node.items() if k not in ("left", "right", "children", "cte_map")})
            weight = sum(w for w, _ in found) + planning_cost(node)
            return self.check_weight(weight), max((w for _, w in found), default=1)
        source, columns = self.relation(node.get("from_table") or {})
        weight += source
        if len(node.get("group_sets") or []) > most.MAX_GROUPINGS:
            raise Large
        width, answer = 0.0, Answer()
        self.columns.widest = max(self.columns.widest, columns)
        for item in node.get("select_list") or []:
            bound = self.of(item, {})
            if bound.own > most.MAX_BYTES and not self.columns.one_row:  # a literal too is copied into each row
                raise Large
            star = item.get("class") == "STAR"
            wide = columns if self.columns.has_star(item) else 1
            width, answer = width + wide, answer.beside(bound, wide)
            if not star or not is_plain_star(item):
                # At once: the next ones may read it.
                self.columns.add(fold(item.get("alias") or (item.get("column_names") or [""])[-1]), bound)
        self.loose({k: v for k, v in node.items() if k not in ("select_list", "from_table", "cte_map")})
        if width > most.MAX_WIDTH:
            raise Large
        self.answer = self.answer.wider(answer)
        weight += self.sizes[id(node)] + planning_cost(node) + COLUMN * width
        return self.check_weight(weight), width

    def copy(self, cell: int, copies: float) -> None:
        self.cell, self.copied = cell, self.copied + copies
        if self.cell * self.copied > most.MAX_COPIED:
            raise Large

    def check_weight(self, weight: float) -> float:
        if weight > most.MAX_NODES:
            raise Large
        return weight

    def relation(self, ref: _Tree) -> tuple[float, float]:
        kind = ref.get("type")
        if kind == "BASE_TABLE":
            name = fold(ref["table_name"])
            self.columns.rename(ref.get("column_name_alias"))
            self.reads += name not in self.weights
            if self.reads > most.MAX_RELATIONS:
                raise Large
            return max(self.weights.get(name, 0), RELATION), self.widths.get(name, self.columns.width(name))
        if kind == "SUBQUERY":
            weight, width = self.node(ref["subquery"]["node"])
            self.columns.rename(ref.get("column_name_alias"))
            return max(weight, RELATION), width
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
                self.columns.rename(join.get("column_name_alias"))
            return weight, width
        if kind == "PIVOT":
            found = self.relation(ref["source"])
            entries = sum(1 for _ in parts(ref.get("pivots"))) + sum(1 for _ in parts(ref.get("aggregates")))
            self.loose({k: v for k, v in ref.items() if k != "source"})
            self.columns.rename(ref.get("column_name_alias"))
            return found[0] * 2, found[1] + entries**2
        if kind == "TABLE_FUNCTION":
            for argument in arguments_of(ref["function"]):
                self.columns.add("", self.of(argument, {}))
            self.columns.rename(ref.get("column_name_alias"))
            return RELATION, 10
        self.loose(ref)
        self.columns.rename(ref.get("column_name_alias"))
        return 1 if kind in (None, "EMPTY") else RELATION, 10

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
                    self.columns.add("", self.of(part, {}))
                elif "node" in part and isinstance(part["node"], dict):
                    self.node(part["node"])
                else:
                    stack.extend(part.values())

    def of(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        bound = self._of(node, parameters)
        if bound.steps > most.MAX_STEPS or bound.times > most.MAX_TIMES or bound.times * bound.growth > most.MAX_GROWN:
            raise Large
        if bound.times and node.get("class") not in ("COLUMN_REF", "PARAMETER", "SUBQUERY"):
            self.copy(self.cell, bound.times)
        literal = bound.constant and (self.columns.one_row or node.get("class") in ("CONSTANT", "CAST"))
        if bound.own > (most.MAX_CONSTANT if literal else most.MAX_BYTES) or (bound.whole and bound.times > 8):
            raise Large
        if not literal and bound.own > 1000:
            self.add(bound.own)
        return bound

    def add(self, own: float) -> None:
        self.total += own
        if self.total > 4 * most.MAX_BYTES:
            raise Large

    def inside(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        """As :meth:`of`, of what stands in a lambda."""
        self.lambdas += 1
        if self.lambdas > most.MAX_LAMBDAS:
            raise Large
        found = self.of(node, parameters)
        self.lambdas -= 1
        return found

    def _of(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        kind = node.get("class")
        if kind == "CONSTANT":
            text = (node.get("literal") or {}).get("text")
            text = text if isinstance(text, str) else ""
            number = literal(text) if len(text) <= 100 else None
            return Bound(len(text) + 8, 0, number, 1, True, text, flat=number is not None)
        if kind == "PARAMETER":
            known = self.placeholders.get(fold(str(node.get("identifier"))), "[]")
            return DATUM._replace(flat=not known.endswith("]"))
        if kind == "COLUMN_REF":
            names = [fold(name) for name in node.get("column_names") or []]
            own = [parameters[name] for name in names if name in parameters]
            return as_column(largest(own)) if own else self.columns.read(names)
        if kind == "POSITIONAL_REFERENCE":
            return as_column(self.columns.anything())
        if kind == "STAR":
            bounds = [self.of(child, parameters) for child in below(node)]
            for entry in node.get("replace_list") or []:
                self.columns.add(fold(str(entry.get("key"))), self.of(entry["value"], parameters))
            return as_column(largest([*bounds, self.columns.anything()]))
        if kind == "SUBQUERY":
            self.node(node["subquery"]["node"])
            items = (node["subquery"]["node"].get("select_list") or [])[:1]
            plain = bool(items) and items[0].get("class") not in ("STAR", "POSITIONAL_REFERENCE")
            bounds = [self.of(items[0], parameters)] if plain else [self.columns.anything()]
            bounds += [self.of(node["child"], parameters)] if isinstance(node.get("child"), dict) else []
            return as_column(largest([*bounds, self.columns.unnamed]))
        if kind in ("FUNCTION", "WINDOW"):
            return self.call(node, parameters)
        if kind == "LAMBDA":
            return self.inside(node["expr"], parameters)
        if node.get("type") == "ARRAY_EXTRACT" and is_number_list(node["children"][0]):  # one list for all rows
            return small(self.of(node["children"][1], parameters).steps)
        children = [self.of(child, parameters) for child in below(node)]
        total = together(children)
        if kind in ("COMPARISON", "CONJUNCTION", "BETWEEN"):
            return small(total.steps, at_most(1), total.constant)
        if node.get("type") == "OPERATOR_UNPACK":  # an argument for each column
            return total.of(total.own * self.columns.widest, total.times * self.columns.widest)
        if kind == "CASE":
            return one_of(children, total)
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
                sizes = [literal((c.get("literal") or {}).get("text") or "") for c in part.get("children") or []]
                cells *= max([2.0, *(size.most for size in sizes if size is not None)])
                if 8 * cells > most.MAX_BYTES:  # as large where it is NULL
                    raise Large
            if name in words.TEXTS:
                # A text within a list or a struct is written with its quotes escaped, and with those around it.
                total = total.grown(2)._replace(nested=False) if total.nested else total
        target = node.get("type_expr") or {}
        kind = fold(str(target.get("type_name") or type_name(target)))
        number = cast(total.number, total.text, kind)
        if kind in words.FIXED:
            return small(total.steps, number, total.constant, total.text)
        # Names of an enumeration's values and of a struct's fields stand in each text that is made of it.
        named = sum(len(str((part.get("literal") or {}).get("text") or "")) + len(str(part.get("alias") or ""))
                    for part in parts(target) if part is not target)  # fmt: skip
        return total._replace(number=number, own=total.own + named)

    def call(self, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        name = fold(str(node.get("function_name")))
        found = self.called(name, node, parameters)
        return found._replace(whole=True) if "collects" in grammar.effects(name) else found

    def called(self, name: str, node: _Tree, parameters: dict[str, Bound]) -> Bound:
        nodes, effects = arguments_of(node), grammar.effects(name)
        self.loose([node[key] for key in words.BESIDE if key in node])
        if "loops" in effects and len(nodes) > 1:
            return self.loop(name, nodes, parameters)
        found = self.macro(name)
        look = self.inside if found is not None and self.macros.loops(name, found) else self.of
        given = [look(argument, parameters) for argument in nodes]
        extra = [node[k] for k in words.OF_WINDOWS if isinstance(node.get(k), dict)]
        given += [self.of(more, parameters) for more in extra]
        total = together(given)
        fields = sum(len(str(a.get("name") or "")) for a in node.get("arguments") or [] if isinstance(a, dict))
        fields += sum(len(str(argument.get("alias") or "")) for argument in nodes)
        total = total._replace(own=total.own + fields) if fields else total
        if name in ("list_aggregate", "list_aggr", "array_aggregate", "array_aggr", "aggregate"):
            name = fold((given[1].text if len(given) > 1 else None) or "")
            given, effects = [given[0], *given[2:]] if given else given, grammar.effects(name)
        if "collects" in effects and (self.columns.rows_made or any(bound.own > 10_000 for bound in given)):
            raise Large
        if "keeps" in effects and len(given) > 1 and not number_below(given[1:], 10_000, name):
            raise Large
        if "open" in effects:
            raise Large
        if name == "repeat" and len(given) > 1:
            return copies_of(given[0], count_of(given[1]), total)
        if name in ("range", "generate_series"):
            return self.series(given, total)
        if name in ("list_resize", "array_resize") and len(given) > 2:
            added = copies_of(given[2], count_of(given[1]), total)
            return total.of(total.own + added.own, total.times + added.times, added.steps)
        if name in words.TO_LENGTH and len(given) > words.TO_LENGTH[name]:
            length = count_of(given[words.TO_LENGTH[name]])
            return total.of(total.own + 8 * length, total.times, total.steps + length)
        if name in ("format", "printf"):
            pattern = given[0].text if given else None
            return formatted(pattern or "", total, [bound.number for bound in given[1:]])
        if "expands" in effects or "doubles" in effects:
            factor = 8 if "expands" in effects else 2
            return total.grown(factor)._replace(number=None, nested=name not in words.JSON)
        if name == "concat_ws" and given:
            between = copies_of(given[0], len(given), total)
            return total.of(total.own + between.own, total.times + between.times)
        if name in ("strftime", "strptime", "try_strptime"):
            return total.of(total.own * 32, total.times)
        if name in words.REPLACES and len(given) > 1:
            by = given[min(words.REPLACES[name], len(given) - 1)]
            if by.whole:
                raise Large
            copies = max(1, by.own - 8) if not by.times else 8 * max(1, by.own - 8) * by.times
            return copies_of(total, copies, total)
        if "product" in effects and len(given) > 1:
            left, right = (length_of(b) * (DATA if b.whole and b.times else 1) for b in given[:2])
            if left * right > 10 * DATA**2:
                raise Large
            if name.endswith("intersect"):  # what stands in both
                return given[0].of(given[0].own, given[0].times, total.steps)
            return small(total.steps, at_most(max(left, right)), total.constant)
        if "path" in effects and len(given) > 1 and (given[1].text or "").count("*") > 2:
            raise Large
        if "length" in effects and given:
            return small(total.steps, at_most((8 if name == "bit_length" else 1) * length_of(given[0])), total.constant)
        if name in ("least", "greatest"):
            return one_of(given, total)
        number = after(name, [bound.number for bound in given])
        adds = name in ("+", "add") and not any(bound.flat or bound.number for bound in given)  # lists, end to end
        numeric = "numeric" in effects or name in ("+", "add")
        if "fixed" in effects or (numeric and not adds and not self.columns.endless):
            return small(total.steps, number, total.constant)
        if name in words.QUANTILES and len(given) > 1:  # one value for each
            return copies_of(given[0], max(1, given[1].own / 8), total)
        if name in self.udfs:
            return total._replace(number=None, constant=False, text=None)
        if found is not None:
            return self.macros.look(self, name, found, given)
        known = name in grammar.expression_functions() or name in grammar.allowed("window")
        if not known and name not in grammar.allowed("operator"):
            raise Large
        return total._replace(number=number, text=None, nested=total.nested or name.startswith(words.NESTS))

    def loop(self, name: str, nodes: list[_Tree], parameters: dict[str, Bound]) -> Bound:
        over = self.of(nodes[0], parameters)
        rest = [self.of(argument, parameters) for argument in nodes[1:] if argument.get("class") != "LAMBDA"]
        count = max(over.own / 8, 1) if over.own > 8 or not over.times else 1.0
        count *= max(over.times, 1)
        rounds = count * (DATA if over.whole else 1)
        own: Bound = Bound()
        for argument in nodes[1:]:
            if argument.get("class") == "LAMBDA":
                names = [fold(n) for part in parts(argument.get("lhs")) for n in part.get("column_names") or []]
                inner = {**parameters, **dict.fromkeys(names, element_of(over))}
                own = self.inside(argument["expr"], inner)
        if over.whole and (own.whole or own.steps >= DATA):
            raise Large
        more = own.times > 1 or own.own > 64 or own.growth > over.growth
        if name.endswith("reduce") and more:  # what one round makes the next one takes
            raise Large
        total = together([over, *rest])
        times = max(over.times, 1 if over.times else 0) * max(own.times, 1) if over.times or own.times else 0
        found = total.of(
            (0 if name in words.TRANSFORMS else total.own) + count * own.own, times, total.steps + rounds * own.steps
        )
        return found._replace(growth=max(total.growth, own.growth), constant=total.constant and own.constant)

    def series(self, given: list[Bound], total: Bound) -> Bound:
        found = elements([bound.number for bound in given])
        if found is None:
            raise Large
        count, number = found
        return Bound(8 * (count + 1), 0, number, total.steps + count, total.constant, nested=True)
