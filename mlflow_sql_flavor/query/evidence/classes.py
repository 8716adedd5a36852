"""Classes of types: what two values must share for a comparison of one with the engine to speak for the other."""

from __future__ import annotations

from sqlglot import exp

from ..reading.traversal import find_all
from .rows import made_by

__all__ = ["READ_AS", "UNKNOWN", "class_of", "literal_class", "type_class", "written_type"]

UNKNOWN = "?"

#: What sqlglot puts around a value that a function takes in several types.
READ_AS = (exp.TsOrDsToDate, exp.TsOrDsToDatetime, exp.TsOrDsToTimestamp, exp.TsOrDsToTime)

_D = exp.DType
_CLASSES: dict[exp.DType, str] = {
    **dict.fromkeys((_D.TINYINT, _D.SMALLINT, _D.INT, _D.MEDIUMINT, _D.BIGINT), "int"),
    **dict.fromkeys((_D.UTINYINT, _D.USMALLINT, _D.UINT, _D.UMEDIUMINT, _D.UBIGINT), "uint"),
    **dict.fromkeys((_D.INT128, _D.INT256, _D.UINT128, _D.UINT256), "huge"),
    **dict.fromkeys((_D.DECIMAL, _D.BIGDECIMAL, _D.UDECIMAL), "dec"),
    **dict.fromkeys((_D.TEXT, _D.VARCHAR, _D.NVARCHAR, _D.NAME), "text"),
    **dict.fromkeys((_D.CHAR, _D.NCHAR, _D.BPCHAR), "char"),
    **dict.fromkeys((_D.DATE, _D.DATE32), "date"),
    **dict.fromkeys((_D.TIMESTAMP, _D.TIMESTAMPNTZ, _D.DATETIME, _D.DATETIME64), "ts"),
    **dict.fromkeys((_D.TIMESTAMPTZ, _D.TIMESTAMPLTZ), "tstz"),
    **dict.fromkeys((_D.JSON, _D.JSONB), "json"),
    **dict.fromkeys((_D.ARRAY, _D.LIST), "array"),
    **dict.fromkeys(exp.DataType.STRUCT_TYPES, "struct"),
    _D.DOUBLE: "double", _D.FLOAT: "float", _D.BOOLEAN: "bool", _D.NULL: "null", _D.UNKNOWN: UNKNOWN,
}  # fmt: skip


def type_class(kind: exp.Expr | None) -> str:
    """The class of a type; ``?`` where it is not known."""
    if not isinstance(kind, exp.DataType):
        return UNKNOWN
    found = _CLASSES.get(kind.this)
    if found == "array":
        inside = kind.expressions
        return f"array<{type_class(inside[0]) if inside else UNKNOWN}>"
    if found is None:
        return str(kind.this.value if isinstance(kind.this, exp.DType) else kind.this).lower()
    return found


def class_of(node: exp.Expr | None) -> str:
    """The class of a value: of its type, but for what has its own rules (NULL, a row, a star, a query)."""
    while isinstance(node, (exp.Paren, exp.Alias, *READ_AS)):
        node = node.this
    if node is None:
        return ""
    if isinstance(node, exp.Null):
        return "null"
    if isinstance(node, exp.Star):
        return "*"
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        return "t.*"
    if isinstance(node, exp.Tuple):
        return "row"
    if isinstance(node, exp.Lambda):
        return "lambda"
    if isinstance(node, exp.DataType):
        return f"type {type_class(node)}"
    if isinstance(node, exp.Interval):
        return "interval"
    if isinstance(node, exp.Slice):
        return "slice"
    if isinstance(node, (exp.Grouping, exp.GroupingId)):
        return "int"
    if isinstance(node, exp.Identifier):  # a lambda's variable, a pivot's column: the writer chose what it is called
        return "name"
    if isinstance(node, exp.Var):
        return f"word {node.name.lower()[:24]}"
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "int" if node.is_int else "double" if "e" in node.name.lower() else "dec"
    if isinstance(node, exp.Boolean):
        return "bool"
    if isinstance(node, (exp.JSONPath, exp.JSONPathPart)):
        return "path"
    if isinstance(node, (exp.Subquery, exp.Query)):
        inner = node.unnest() if isinstance(node, exp.Subquery) else node
        items = inner.selects if isinstance(inner, exp.Query) else []
        return class_of(items[0]) if len(items) == 1 else "query"
    found = type_class(node.type)
    if found == UNKNOWN and isinstance(node, exp.Anonymous):
        return _returned(node)
    if isinstance(node, exp.Column) and (found == UNKNOWN or found.startswith("array")):
        element = made_by(node, class_of)  # sqlglot takes what LATERAL VIEW makes of an array for the array
        made = _named_beside(node) if found == UNKNOWN == element and not node.table else None
        return class_of(made) if made is not None else found if element == UNKNOWN else element
    return found


#: What functions return that sqlglot does not know, by name and number of arguments: the same in all engines.
_RETURNS = {
    ("age", 1): "interval",
    ("age", 2): "interval",
    ("regexp_match", 2): "array<text>",
    ("make_date", 3): "date",
}


def _returned(node: exp.Anonymous) -> str:
    name, arguments = node.name.lower(), node.expressions
    if name in ("all", "any", "some") and len(arguments) == 1:  # a comparison with each element
        kind = class_of(arguments[0])
        return kind[6:-1] if kind.startswith("array<") else UNKNOWN
    return _RETURNS.get((name, len(arguments)), UNKNOWN)


def _named_beside(column: exp.Column) -> exp.Expr | None:
    """The output of its own SELECT that a column of no table names, as clauses do, and items in some engines."""
    scope = column.find_ancestor(exp.Select, exp.SetOperation)
    while isinstance(scope, (exp.SetOperation, exp.Subquery)):
        scope = scope.this
    if not isinstance(scope, exp.Select):
        return None
    named = (item.this for item in scope.expressions if isinstance(item, exp.Alias) and item.alias == column.name)
    found = next(named, None)
    return None if found is None or column in find_all(found, exp.Column) else found


def literal_class(node: exp.Literal) -> str:
    """What makes one constant unlike another: its size, its form, what stands in the text."""
    text = node.name
    if node.is_string:
        if not text:
            return "empty text"
        if "\\" in text:
            return "text with a backslash"
        return "text" if text.isascii() else "text beyond ASCII"
    if text.isdigit():
        digits = len(text.lstrip("0"))
        return "int" if digits < 10 else "bigint" if digits < 19 else "huge"
    if "e" in text.lower():
        return "exponent"
    return "dec" if len(text) <= 17 else "long dec"


def written_type(kind: exp.Expr) -> str:
    """A type as a query writes it: its parameters by what they mean (none, zero, some)."""
    if not isinstance(kind, exp.DataType):
        return str(kind.name or type(kind).__name__).lower()[:40]
    name = str(kind.this.value if isinstance(kind.this, exp.DType) else kind.this).lower()
    if kind.this == exp.DType.USERDEFINED:
        name = str(kind.args.get("kind") or name).lower()[:40]
    inside = []
    for part in kind.expressions:
        if isinstance(part, exp.DataType):
            inside.append(written_type(part))
        elif isinstance(part, exp.ColumnDef):
            inside.append("field")
        else:
            value = part.name if isinstance(part, exp.DataTypeParam) else str(part)
            temporal = kind.this in exp.DataType.TEMPORAL_TYPES
            inside.append(value if temporal else "0" if value == "0" else "n")
    return f"{name}({','.join(dict.fromkeys(inside) if 'field' in inside else inside)})" if inside else name
