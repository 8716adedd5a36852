"""What a query's tree may contain: the node types of DuckDB's ``json_serialize_sql``, key by key.

Data only; `policy` walks a tree against it. A node type, or a filled key, that is not here is refused, so what a newer
DuckDB adds stays shut until someone has read what it does.
"""

from functools import cache, lru_cache

from .package_text import read_text

# What is under a key: DATA holds no nodes; the others are walked.
DATA, EXPR, REF, NODE = "data", "expression", "table", "query"
MODIFIERS, CTES, PAIRS, PIVOTS = "clause", "with", "pair", "pivot"

_LOCATION = {"type": DATA, "alias": DATA, "query_location": DATA, "query_location_length": DATA}
_NODE = {"type": DATA, "modifiers": MODIFIERS, "cte_map": CTES}
_REF = {**_LOCATION, "sample": DATA, "column_name_alias": DATA}
_EXPR = {**_LOCATION, "class": DATA}
_NAMES = {"schema": DATA, "catalog": DATA, "qualified_name": DATA}

NODES: dict[str, dict[str, str]] = {
    "SELECT_NODE": {
        **_NODE,
        "select_list": EXPR,
        "from_table": REF,
        "where_clause": EXPR,
        "group_expressions": EXPR,
        "group_sets": DATA,
        "aggregate_handling": DATA,
        "having": EXPR,
        "sample": DATA,
        "qualify": EXPR,
    },
    "SET_OPERATION_NODE": {
        **_NODE,
        "setop_type": DATA,
        "setop_all": DATA,
        "left": NODE,
        "right": NODE,
        "children": NODE,
    },
    "RECURSIVE_CTE_NODE": {
        **_NODE,
        "cte_name": DATA,
        "union_all": DATA,
        "left": NODE,
        "right": NODE,
        "aliases": DATA,
        "key_targets": EXPR,
        "payload_aggregates": EXPR,
    },
    "CTE_NODE": {**_NODE, "cte_name": DATA, "query": NODE, "child": NODE, "aliases": DATA, "materialized": DATA},
}

REFS: dict[str, dict[str, str]] = {
    "EMPTY": _REF,
    "BASE_TABLE": {**_REF, "table_name": DATA, "schema_name": DATA, "catalog_name": DATA, "qualified_name": DATA},
    "SUBQUERY": {**_REF, "subquery": NODE},
    "JOIN": {
        **_REF,
        "left": REF,
        "right": REF,
        "condition": EXPR,
        "join_type": DATA,
        "ref_type": DATA,
        "using_columns": DATA,
        "delim_flipped": DATA,
        "duplicate_eliminated_columns": EXPR,
        "is_implicit": DATA,
        "ranking_expression": EXPR,
        "nearest_count": DATA,
        "nearest_order_type": DATA,
        "nearest_approx": DATA,
    },
    "EXPRESSION_LIST": {**_REF, "expected_names": DATA, "expected_types": DATA, "values": EXPR},
    "TABLE_FUNCTION": {**_REF, "function": EXPR, "with_ordinality": DATA},
    "PIVOT": {
        **_REF,
        "source": REF,
        "aggregates": EXPR,
        "unpivot_names": DATA,
        "pivots": PIVOTS,
        "groups": DATA,
        "include_nulls": DATA,
    },
}

EXPRESSIONS: dict[str, dict[str, str]] = {
    "COLUMN_REF": {**_EXPR, "column_names": DATA},
    "CONSTANT": {**_EXPR, "literal": DATA},
    "PARAMETER": {**_EXPR, "identifier": DATA},
    "POSITIONAL_REFERENCE": {**_EXPR, "index": DATA},
    "COMPARISON": {**_EXPR, "left": EXPR, "right": EXPR},
    "CONJUNCTION": {**_EXPR, "children": EXPR},
    "BETWEEN": {**_EXPR, "input": EXPR, "lower": EXPR, "upper": EXPR},
    "CASE": {**_EXPR, "case_checks": PAIRS, "else_expr": EXPR},
    "CAST": {**_EXPR, "child": EXPR, "try_cast": DATA, "type_expr": EXPR},
    "TYPE": {**_EXPR, **_NAMES, "type_name": DATA, "children": EXPR},
    "COLLATE": {**_EXPR, "child": EXPR, "collation": DATA},
    "LAMBDA": {**_EXPR, "lhs": EXPR, "expr": EXPR, "syntax_type": DATA},
    "OPERATOR": {**_EXPR, "children": EXPR},
    "SUBQUERY": {**_EXPR, "subquery_type": DATA, "subquery": NODE, "child": EXPR, "comparison_type": DATA},
    "STAR": {
        **_EXPR,
        "relation_name": DATA,
        "exclude_list": DATA,
        "qualified_exclude_list": DATA,
        "replace_list": PAIRS,
        "rename_list": DATA,
        "columns": DATA,
        "expr": EXPR,
    },
    "FUNCTION": {
        **_EXPR,
        **_NAMES,
        "function_name": DATA,
        "arguments": PAIRS,
        "filter": EXPR,
        "order_bys": MODIFIERS,
        "distinct": DATA,
        "is_operator": DATA,
    },
    "WINDOW": {
        **_EXPR,
        **_NAMES,
        "function_name": DATA,
        "arguments": PAIRS,
        "partitions": EXPR,
        "orders": PAIRS,
        "arg_orders": PAIRS,
        "start": DATA,
        "end": DATA,
        "start_expr": EXPR,
        "end_expr": EXPR,
        "offset_expr": EXPR,
        "default_expr": EXPR,
        "filter_expr": EXPR,
        "exclude_clause": DATA,
        "ignore_nulls": DATA,
        "has_ignore_nulls": DATA,
        "distinct": DATA,
    },
}

# Small records without a type of their own: their keys, under the kind that holds them.
PAIR = {"name": DATA, "key": DATA, "value": EXPR, "when_expr": EXPR, "then_expr": EXPR, "expression": EXPR}
ORDER = {"type": DATA, "null_order": DATA, "expression": EXPR}
PIVOT_COLUMN = {"pivot_expressions": EXPR, "unpivot_names": DATA, "entries": PIVOTS}
PIVOT_ENTRY = {"values": DATA, "star_expr": EXPR, "alias": DATA}
CTE = {"aliases": DATA, "materialized": DATA, "key_targets": EXPR, "payload_aggregates": EXPR, "query_node": NODE}
STATEMENT = {"node": NODE, "named_param_map": DATA}
MODIFIER_TYPES: dict[str, dict[str, str]] = {
    "ORDER_MODIFIER": {"type": DATA, "orders": PAIRS},
    "LIMIT_MODIFIER": {"type": DATA, "limit": EXPR, "offset": EXPR, "limit_type": DATA},
    "DISTINCT_MODIFIER": {"type": DATA, "distinct_on_targets": EXPR},
}

# Names that DuckDB answers from the session when no column has them. `user` is one too, and a common name of a column:
# it passes where something in the query may have it, and means nothing in a model's instance where nothing has.
SESSION_VALUES = frozenset(["current_catalog", "current_role", "current_schema", "current_user", "session_user"])

# Aggregates by name: the second argument says which aggregate runs.
LIST_AGGREGATES = frozenset(["aggregate", "array_aggr", "array_aggregate", "list_aggr", "list_aggregate"])
# Their second argument is a type, as deeply nested as its text: at 20,000 levels DuckDB 2.0 ends the process.
STRUCTURED = frozenset(["from_json", "from_json_strict", "json_transform", "json_transform_strict"])
MAX_STRUCTURE = 100


@cache
def allowed(kind: str) -> frozenset[str]:
    """What ``allowed.txt`` lists under a kind: scalar, aggregate, rows, window, table, operator or type."""
    return _read("allowed.txt")[kind]


@cache
def effect(kind: str) -> frozenset[str]:
    """What ``effects.txt`` lists under a kind of effect, which is a heading there."""
    return _read("effects.txt")[kind]


@lru_cache(5_000)
def effects(name: str) -> frozenset[str]:
    """The kinds of effect under which ``effects.txt`` lists a function, by its folded name."""
    return frozenset(kind for kind, names in _read("effects.txt").items() if name in names)


@cache
def expression_functions() -> frozenset[str]:
    """Every function that may stand in an expression."""
    return allowed("scalar") | allowed("aggregate") | allowed("rows")


@cache
def _read(file: str) -> dict[str, frozenset[str]]:
    kinds: dict[str, set[str]] = {}
    current: set[str] = set()
    for line in read_text(f"query/gate/{file}").splitlines():
        if line.startswith("[") and line.endswith("]") and len(line) > 2:
            current = kinds.setdefault(line[1:-1], set())
        elif line and not line.startswith("# "):
            current.add(line)
    return {kind: frozenset(names) for kind, names in kinds.items()}
