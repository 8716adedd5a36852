"""How engines call an output without a name; compared with their recorded answers in tests/query/reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from .traversal import find_all, find_first, walk_tree

__all__ = ["Item", "clickhouse", "mysql", "postgres", "redshift", "snowflake", "spark", "sqlite"]


@dataclass(frozen=True)
class Item:
    """An output without AS.

    Attributes:
        node: It.
        text: As written; None where that cannot be told.
        sql: The whole text.
    """

    node: exp.Expr
    text: str | None
    sql: str

    def called(self, node: exp.Expr) -> str | None:
        """The name of a function as it is written."""
        if isinstance(node, exp.Anonymous):
            return str(node.name)
        if "start" in node.meta and isinstance(node, (exp.Func, exp.Binary)):
            return self.sql[node.meta["start"] : node.meta["end"] + 1].strip('"`')
        return None


_WRAPS = (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)
_OPERATORS = (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Connector, exp.Predicate)
_BOUND = (exp.Placeholder, exp.Parameter)


# PostgreSQL: FigureColnameInternal in src/backend/parser/parse_target.c


def postgres(item: Item) -> str | None:
    """The column's, the function's or the type's name, ``case``, ``array``, …, else ``?column?``."""
    found = _postgres(item.node, item, True)
    return None if found is None else found[0] or "?column?"


def redshift(item: Item) -> str | None:
    """As PostgreSQL 8, where no function has been renamed since."""
    parts = list(find_all(item.node, exp.Extract, exp.AtTimeZone, exp.Trim))
    return None if parts else postgres(item)


#: Of a type in a cast; by the engine's own names of types.
_PG_TYPES = {
    exp.DType.INT: "int4", exp.DType.BIGINT: "int8", exp.DType.SMALLINT: "int2", exp.DType.FLOAT: "float4",
    exp.DType.DOUBLE: "float8", exp.DType.DECIMAL: "numeric", exp.DType.TEXT: "text", exp.DType.VARCHAR: "varchar",
    exp.DType.CHAR: "bpchar", exp.DType.BOOLEAN: "bool", exp.DType.DATE: "date", exp.DType.TIME: "time",
    exp.DType.TIMESTAMP: "timestamp", exp.DType.TIMESTAMPTZ: "timestamptz", exp.DType.INTERVAL: "interval",
    exp.DType.JSON: "json", exp.DType.JSONB: "jsonb", exp.DType.UUID: "uuid", exp.DType.VARBINARY: "bytea",
}  # fmt: skip
_PG_WORDS: dict[type[exp.Expr], str] = {
    exp.CurrentDate: "current_date", exp.CurrentTimestamp: "current_timestamp", exp.CurrentTime: "current_time",
    exp.Localtimestamp: "localtimestamp", exp.Localtime: "localtime", exp.CurrentUser: "current_user",
    exp.SessionUser: "session_user",
}  # fmt: skip

Named = tuple[str | None, int]


def _postgres(node: exp.Expr, item: Item, first: bool) -> Named | None:
    """``(name, strength)``: 0 none, 1 a type's or a construct's, 2 a column's or a function's; None if not known.

    ``first`` says whether the item's text begins with this node.
    """
    if isinstance(node, exp.Paren):
        return _postgres(node.this, item, False)
    if isinstance(node, exp.Column):
        return _folded(node.this), 2
    if isinstance(node, exp.Dot):
        return (
            (_folded(node.expression), 2)
            if isinstance(node.expression, exp.Identifier)
            else (_postgres(node.expression, item, False))
        )
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return _postgres_cast(node, item, first)
    if isinstance(node, (*_WRAPS, exp.Bracket, exp.Collate, exp.Order)):
        return _postgres(node.this, item, first)
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        found = _postgres(default, item, False) if default is not None else (None, 0)
        return found if found is None or found[1] > 1 else ("case", 1)
    if isinstance(node, exp.Subquery):
        return _postgres_subquery(node, item)
    if isinstance(node, exp.Exists):
        return "exists", 2
    if isinstance(node, exp.Array):
        return "array", 2
    if isinstance(node, exp.Tuple):
        return "row", 2
    if isinstance(node, exp.AtTimeZone):
        return "timezone", 2
    if isinstance(node, exp.Trim) and item.called(node) is None:
        return {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or "").upper(), "btrim"), 2
    if isinstance(node, exp.Interval):
        return "interval", 1
    if isinstance(node, (exp.Literal, exp.ByteString, exp.Boolean, exp.Null, *_BOUND)):
        return None, 0
    called = item.called(node)
    if called is not None:
        return called.lower(), 2
    if type(node) in _PG_WORDS:
        return _PG_WORDS[type(node)], 2
    if isinstance(node, _OPERATORS):
        return None, 0
    word = re.match(r"([^\W\d]\w*)\s*\(", item.text or "") if first else None
    return (word[1].lower(), 2) if word and isinstance(node, exp.Func) else None


def _postgres_cast(node: exp.Expr, item: Item, first: bool) -> Named | None:
    inner = _postgres(node.this, item, first and not re.match(r"(?i)cast\s*\(", item.text or ""))
    if inner is None or inner[1] > 1:
        return inner
    kind = node.args["to"]
    while kind.this == exp.DType.ARRAY and kind.expressions:
        kind = kind.expressions[0]
    name = _PG_TYPES.get(kind.this)
    if isinstance(kind.args.get("kind"), exp.Identifier):
        name = kind.args["kind"].name if kind.args["kind"].name == "char" else None
    return (name, 1) if name is not None else None


def _postgres_subquery(node: exp.Subquery, item: Item) -> Named | None:
    selects = node.this.selects if isinstance(node.this, exp.Query) else []
    if len(selects) != 1:
        return None
    if isinstance(selects[0], exp.Alias):
        return _folded(selects[0].args["alias"]), 2
    return _postgres(selects[0], item, False)


def _folded(name: exp.Expr) -> str:
    return name.name if name.args.get("quoted") else name.name.lower()


# MySQL, SQLite, Snowflake: the text


def mysql(item: Item) -> str | None:
    """The text; a string's value. https://dev.mysql.com/doc/refman/8.4/en/problems-with-alias.html"""
    node = item.node
    found = node.unnest()
    if isinstance(found, exp.Column):
        return found.name
    if item.text is None or find_first(node, *_BOUND):
        return None
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    if isinstance(node, (exp.Boolean, exp.Null)):
        return item.text.upper()
    return item.text if len(item.text) <= 256 and item.text[0] not in "'\"" else None


def sqlite(item: Item) -> str | None:
    """The text. https://sqlite.org/c3ref/column_name.html"""
    found = item.node.unnest()
    if isinstance(found, exp.Column):
        return found.name
    return None if item.text is None or find_first(item.node, *_BOUND) else item.text


def snowflake(item: Item) -> str | None:
    """The text in capitals, of a plain call of columns and numbers: what the manual's examples show."""
    plain = re.fullmatch(r"\w+\((\*|(DISTINCT )?[\w.]+(, [\w.]+)*)?\)", item.text or "", re.I)
    return item.text.upper() if item.text is not None and plain else None


# ClickHouse and Spark: the tree, written out

Writer = Callable[[exp.Expr], str | None]


def _joined(nodes: list[exp.Expr], write: Writer) -> str | None:
    found = [write(node) for node in nodes]
    return None if None in found else ", ".join(part for part in found if part is not None)


def _arguments(node: exp.Expr) -> list[exp.Expr] | None:
    """The arguments of a call in their order in the text; None if one is not of the text."""
    given: list[tuple[int, exp.Expr]] = []
    for key in node.arg_types:
        value = node.args.get(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, exp.Expr):
                places = [part.meta["start"] for part in walk_tree(each) if "start" in part.meta]
                if not places:
                    return None
                given.append((min(places), each))
    return [each for _, each in sorted(given, key=lambda pair: pair[0])]


_CH_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "plus", exp.Sub: "minus", exp.Mul: "multiply", exp.Div: "divide", exp.Mod: "modulo", exp.EQ: "equals",
    exp.NEQ: "notEquals", exp.GT: "greater", exp.GTE: "greaterOrEquals", exp.LT: "less", exp.LTE: "lessOrEquals",
    exp.Like: "like", exp.ILike: "ilike", exp.DPipe: "concat",
}  # fmt: skip
_SAME_IN_CLICKHOUSE = frozenset({
    "sum", "avg", "min", "max", "any", "count", "uniq", "uniqexact", "sumif", "countif", "avgif", "argmax",
    "argmin", "grouparray", "groupuniqarray", "upper", "lower", "length", "round", "floor", "ceil", "ceiling",
    "abs", "sqrt", "exp", "ln", "power", "mod", "sign", "greatest", "least", "tostring", "toint32", "toint64",
    "tofloat64", "toyear", "tomonth", "todate", "coalesce", "nullif", "concat", "replace", "substring", "reverse",
    "now", "today", "if", "multiif", "lowerutf8", "upperutf8",
})  # fmt: skip


def clickhouse(item: Item) -> str | None:
    """The query tree's own text: operators as functions, ``count(*)`` as ``count()``."""

    def write(node: exp.Expr) -> str | None:
        if isinstance(node, exp.Paren):
            return write(node.this)
        if isinstance(node, exp.Column):
            return node.name
        if isinstance(node, exp.Literal):
            if node.is_string:
                return "'" + node.this.replace("\\", "\\\\").replace("'", "\\'") + "'"
            return node.this if re.fullmatch(r"\d{1,18}", node.this) else None
        if isinstance(node, exp.Null):
            return "NULL"
        if isinstance(node, exp.Boolean):
            return str(node.this).lower()
        if isinstance(node, (exp.And, exp.Or)) and isinstance(node.this, type(node)):
            return None  # a chain is one call there
        sign = (
            "and" if isinstance(node, exp.And) else "or" if isinstance(node, exp.Or) else _CH_OPERATORS.get(type(node))
        )
        called = item.called(node)
        if sign is not None and called is None:
            if node.args.get("negate"):
                sign = f"not{sign[0].upper()}{sign[1:]}"
            both = _joined([node.this, node.expression], write)
            return f"{sign}({both})" if both is not None else None
        if isinstance(node, exp.Array) and called is None:
            listed = _joined(node.expressions, write)
            return f"[{listed}]" if listed is not None else None
        if isinstance(node, exp.Cast) and node is item.node:
            kind = re.search(r"(?i)\bas\s+(\w+)\s*\)\Z|::\s*(\w+)\Z", item.text or "")
            inner = write(node.this)
            return f"CAST({inner}, '{kind[1] or kind[2]}')" if kind and inner is not None else None
        if isinstance(node, exp.Explode):
            called = "arrayJoin"
        if called is None or (called.lower() not in _SAME_IN_CLICKHOUSE and called != "arrayJoin"):
            return None
        given = [] if isinstance(node, exp.Count) and isinstance(node.this, exp.Star) else _arguments(node)
        if given is None:
            return None
        if any(isinstance(argument, exp.Distinct) for argument in given):
            inside = _joined(given[0].expressions, write)
            return f"{called}Distinct({inside})" if inside is not None and len(given) == 1 else None
        listed = _joined(given, write)
        return f"{called}({listed})" if listed is not None else None

    return write(item.node)


_SPARK_OPERATORS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.EQ: "=", exp.GT: ">", exp.GTE: ">=",
    exp.LT: "<", exp.LTE: "<=", exp.And: "AND", exp.Or: "OR", exp.NullSafeEQ: "<=>",
}  # fmt: skip
_SAME = """
    sum avg min max upper ucase lower length char_length character_length abs coalesce greatest least nullif nvl
    ifnull year month initcap collect_list collect_set size map array struct variance stddev mean std first last
    substring substr left right reverse replace trim concat concat_ws ceiling ln mod sign pow date_add datediff
    date_format to_date date_trunc approx_count_distinct regexp_extract lpad instr max_by add_months any_value
    array_append array_compact array_contains array_distinct array_except array_intersect array_max array_min
    array_position array_prepend array_remove array_repeat array_size array_union arrays_overlap ascii bin bit_and
    bit_count bit_length bit_or bool_and bool_or btrim cardinality chr conv corr count_if covar_pop current_date
    date_sub day dayname dayofmonth dayofweek dayofyear element_at elt endswith equal_null every factorial
    find_in_set first_value format_number get get_json_object hex hour isnan json_array_length kurtosis last_day
    last_value lcase len levenshtein ltrim make_date map_concat map_contains_key map_entries map_from_arrays
    map_keys map_values md5 median min_by minute mode monthname named_struct nanvl next_day now nullifzero nvl2
    octet_length pmod quarter regexp_count regexp_substr repeat rint rpad rtrim second sequence sha1 sha2
    shiftleft shiftright skewness slice split_part startswith stddev_pop stddev_samp substring_index to_json
    to_timestamp translate try_add try_divide try_element_at try_multiply try_subtract try_sum try_avg unbase64
    unhex unix_date unix_micros unix_millis unix_seconds url_encode var_pop var_samp weekday weekofyear zeroifnull
"""
_CAPITALS = """
    floor ceil sqrt exp power acos asin atan atan2 cbrt cos cot degrees radians sin tan tanh
"""
_SAME_IN_SPARK, _CAPITALS_IN_SPARK = frozenset(_SAME.split()), frozenset(_CAPITALS.split())
#: Name and number of arguments -> what Spark writes behind them.
_DEFAULTS_IN_SPARK = {
    ("split", 2): "-1", ("round", 1): "0", ("locate", 2): "1", ("percentile", 2): "1",
    ("months_between", 2): "true", ("regexp_replace", 3): "1", ("percentile_approx", 2): "10000",
}  # fmt: skip
_LISTS = (exp.Array, exp.GenerateSeries, exp.RegexpSplit, exp.Transform, exp.ArrayFilter)
_SPARK_TYPES = {
    exp.DType.TEXT: "STRING", exp.DType.INT: "INT", exp.DType.BIGINT: "BIGINT", exp.DType.DOUBLE: "DOUBLE",
    exp.DType.FLOAT: "FLOAT", exp.DType.DATE: "DATE", exp.DType.TIMESTAMP: "TIMESTAMP", exp.DType.BOOLEAN: "BOOLEAN",
    exp.DType.SMALLINT: "SMALLINT", exp.DType.TINYINT: "TINYINT", exp.DType.BINARY: "BINARY",
}  # fmt: skip


def spark(item: Item) -> str | None:
    """What ``toPrettySQL`` writes; of a cast column the column's name."""

    def write(node: exp.Expr) -> str | None:
        if isinstance(node, exp.Paren):
            return write(node.this)
        if isinstance(node, exp.Column):
            return node.name
        if isinstance(node, exp.Literal):
            return node.this if node.is_string or re.fullmatch(r"(0|[1-9]\d{0,17})(\.\d{1,9})?", node.this) else None
        if isinstance(node, exp.Null):
            return "NULL"
        if isinstance(node, exp.Boolean):
            return str(node.this).lower()
        sign = _SPARK_OPERATORS.get(type(node))
        called = item.called(node)
        if sign is not None and called is None:
            left, right = write(node.this), write(node.expression)
            return f"({left} {sign} {right})" if left is not None and right is not None else None
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            inner = write(node.this)
            return f"({inner} IS NULL)" if inner is not None else None
        if isinstance(node, exp.Cast):
            return _spark_cast(node, item.sql[: node.this.meta.get("start", 0)][-50:], write)
        if isinstance(node, exp.Bracket) and len(node.expressions) == 1:
            left, right = write(node.this), write(node.expressions[0])
            if left is None or right is None:
                return None
            word = "try_element_at" if node.args.get("safe") else "element_at"
            return f"{word}({left}, {right})" if node.args.get("offset") else f"{left}[{right}]"
        if isinstance(node, exp.Case) and node.args.get("this") is None:
            return _case(node, write)
        if isinstance(node, exp.Count):
            return _spark_count(node, write)
        if isinstance(node, (exp.Dot, exp.FromJson)):
            left = write(node.this)
            form = f"from_json({left})" if isinstance(node, exp.FromJson) else f"{left}.{node.name}"
            return form if left is not None else None
        return _spark_call(node, called, write) if called is not None else _spark_operator(node, write)

    node = item.node
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Column):
        called = re.match(r"(?i)to_\w+", item.text or "")
        return f"{called[0].lower()}({node.this.name})" if called else node.this.name
    if isinstance(node, exp.Explode):
        return "col" if isinstance(node.this, _LISTS) and not isinstance(node, exp.Posexplode) else None
    return write(node)


def _spark_cast(node: exp.Cast, before: str, write: Writer) -> str | None:
    """Args:
    before: The text before what is cast.
    """
    to, value = node.to, node.this
    if re.search(r"(?i)\b(int|bigint|float|double|date|timestamp|boolean|string)\s*\(\s*\Z", before):
        return write(value)  # called as a function
    if isinstance(value, exp.Literal) and not re.search(r"(?i)\b(try_)?cast\s*\(\s*\Z", before):
        plain = (
            value.is_string and re.fullmatch(r"\d{4}-\d\d-\d\d", value.this) and re.search(r"(?i)\bdate\s*\Z", before)
        )
        return f"DATE '{value.this}'" if plain and to.this == exp.DType.DATE else None  # 1L
    kind = _SPARK_TYPES.get(to.this)
    if to.this == exp.DType.DECIMAL and len(to.expressions) == 2:
        kind = f"DECIMAL({','.join(digits.name for digits in to.expressions)})"
    inner = write(value)
    word = "TRY_CAST" if isinstance(node, exp.TryCast) else "CAST"
    return f"{word}({inner} AS {kind})" if kind and inner is not None else None


def _spark_call(node: exp.Expr, called: str, write: Writer) -> str | None:
    word = called.lower()
    given = _arguments(node)
    if given is None:
        return None
    if word == "if" and len(given) == 3:
        listed = _joined(given, write)
        return f"(IF({listed}))" if listed is not None else None
    behind = _DEFAULTS_IN_SPARK.get((word, len(given)))
    if word in _CAPITALS_IN_SPARK:
        called = word.upper()
    elif word in _SAME_IN_SPARK or behind or (word == "round" and len(given) == 2):
        called = word
    else:
        return None
    distinct = bool(given) and isinstance(given[0], exp.Distinct)
    listed = _joined(given[0].expressions if distinct else given, write)
    ending = f", {behind})" if behind else ")"
    return f"{called}({'DISTINCT ' if distinct else ''}{listed}{ending}" if listed is not None else None


def _spark_operator(node: exp.Expr, write: Writer) -> str | None:
    if isinstance(node, exp.NEQ):
        both = [write(node.this), write(node.expression)]
        return None if None in both else f"(NOT ({both[0]} = {both[1]}))"
    if isinstance(node, (exp.Not, exp.Neg)):
        null = node.this if isinstance(node.this, exp.Is) and isinstance(node.this.expression, exp.Null) else None
        inner = write(null.this if null is not None else node.this)
        if inner is None:
            return None
        if null is not None:
            return f"({inner} IS NOT NULL)"
        if isinstance(node, exp.Not):
            return f"(NOT {inner})"
        return f"-{inner}" if isinstance(node.this, exp.Literal) else f"(- {inner})"
    if isinstance(node, exp.In) and node.expressions:
        listed, inner = _joined(node.expressions, write), write(node.this)
        return f"({inner} IN ({listed}))" if listed is not None and inner is not None else None
    if isinstance(node, exp.Between) and not node.args.get("symmetric"):
        listed = _joined([node.this, node.args["low"], node.args["high"]], write)
        return f"between({listed})" if listed is not None else None
    if isinstance(node, exp.DPipe) and not isinstance(node.this, exp.DPipe):
        listed = _joined([node.this, node.expression], write)
        return f"concat({listed})" if listed is not None else None
    return None


def _spark_count(node: exp.Count, write: Writer) -> str | None:
    if isinstance(node.this, exp.Star):
        return "count(1)"
    if isinstance(node.this, exp.Distinct):
        listed = _joined(node.this.expressions, write)
        return f"count(DISTINCT {listed})" if listed is not None else None
    listed = _joined([node.this, *node.expressions], write)
    return f"count({listed})" if listed is not None else None


def _case(node: exp.Case, write: Writer) -> str | None:
    parts = ["CASE"]
    for branch in node.args["ifs"]:
        when, then = write(branch.this), write(branch.args["true"])
        if when is None or then is None:
            return None
        parts.append(f"WHEN {when} THEN {then}")
    default = node.args.get("default")
    if default is not None:
        other = write(default)
        if other is None:
            return None
        parts.append(f"ELSE {other}")
    return " ".join([*parts, "END"])
