"""jsonb that is changed or looked into: merged, set, taken out of, contained, and its operators by their functions.

https://www.postgresql.org/docs/15/functions-json.html#FUNCTIONS-JSONB-OP-TABLE and #FUNCTIONS-JSON-PROCESSING-TABLE
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all, walk_tree
from .. import DialectRules
from ..shared.build import cast, lit, text, translated
from ..shared.row_comparisons import fields
from ..shared.source_types import columns_of_star, sources_of
from .casts import json_root
from .comparisons import null_array
from .numbers import whole

R = DialectRules("postgres json edits")
T = exp.DType

#: Functions behind the operators.
_OPERATORS: dict[str, Callable[[exp.Expr, exp.Expr], exp.Expr]] = {
    "jsonb_concat": lambda a, b: exp.DPipe(this=a, expression=b),
    "jsonb_delete": lambda a, b: exp.Sub(this=a, expression=b),
    "jsonb_delete_path": lambda a, b: exp.JSONBDeleteAtPath(this=a, expression=b),
    "jsonb_contains": lambda a, b: exp.ArrayContainsAll(this=a, expression=b),
    "jsonb_contained": lambda a, b: exp.ArrayContainedBy(this=a, expression=b),
    "jsonb_exists": lambda a, b: exp.JSONBContainsTopKey(this=a, expression=b),
    "jsonb_exists_any": lambda a, b: exp.JSONBContainsAnyTopKeys(this=a, expression=b),
    "jsonb_exists_all": lambda a, b: exp.JSONBContainsAllTopKeys(this=a, expression=b),
}
_PARTS = {"jsonb_extract_path": exp.JSONBExtract, "jsonb_extract_path_text": exp.JSONBExtractScalar}
_OF_JSONB = ("jsonb_set", "jsonb_set_lax", "jsonb_insert", "jsonb_pretty", "jsonb_strip_nulls")


@R.normalise
def by_name(tree: exp.Expr, ctx: Context) -> None:
    """The functions that an operator calls, and literals that are read as jsonb."""
    for node in list(walk_tree(tree)):
        if isinstance(node, exp.JSONBExists):  # sqlglot reads its key as a path
            keys = node.args["path"].expressions if isinstance(node.args.get("path"), exp.JSONPath) else []
            if len(keys) == 2 and isinstance(keys[1], exp.JSONPathKey):
                key = lit(str(keys[1].this))
                node.replace(exp.JSONBContainsTopKey(this=as_jsonb(node.this), expression=key))
            continue
        if isinstance(node, exp.JSONBContains):
            both = as_jsonb(node.this), as_jsonb(node.expression)
            node.replace(exp.Paren(this=exp.ArrayContainsAll(this=both[0], expression=both[1])))
        if not isinstance(node, exp.Anonymous):
            continue
        name, args = node.name.lower(), list(node.expressions)
        if name in _OPERATORS and len(args) == 2:
            left, right = as_jsonb(args[0]), args[1]
            if name in ("jsonb_concat", "jsonb_contains", "jsonb_contained"):
                right = as_jsonb(right)
            node.replace(exp.Paren(this=_OPERATORS[name](left, right)))
        elif name in _PARTS and len(args) > 1 and not any(isinstance(arg, exp.Variadic) for arg in args):
            steps = exp.Array(expressions=[_step_text(arg) for arg in args[1:]])
            node.replace(exp.Paren(this=_PARTS[name](this=as_jsonb(args[0]), expression=steps)))
        elif name in _OF_JSONB and args:
            node.set("expressions", [as_jsonb(arg) if at in (0, 2) else arg for at, arg in enumerate(args)])


def as_jsonb(node: exp.Expr) -> exp.Expr:
    """A literal as the jsonb that it is read as."""
    if text(node) is None and not isinstance(node, exp.Null):
        return node
    return exp.Cast(this=node.copy(), to=exp.DataType.build("JSONB"))


def _step_text(node: exp.Expr) -> exp.Expr:
    """A step of a path that is a constant: ``'a'``, ``1::text``."""
    value = node.this if isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES else node
    number = whole(value)
    return lit(str(number)) if number is not None and value is not node else node


@R.prepare
def beside_jsonb(tree: exp.Expr, ctx: Context) -> None:
    """A quoted literal beside a jsonb is one: ``j || '{"a": 1}'``."""
    for node in list(find_all(tree, exp.DPipe)):
        for side, other in ((node.this, node.expression), (node.expression, node.this)):
            if text(side.unnest()) is not None and is_jsonb(other):
                made = exp.Cast(this=side.unnest().copy(), to=exp.DataType.build("JSONB"))
                made.type = exp.DataType.build("JSONB")
                side.replace(made)
                node.type = made.type


def is_jsonb(node: exp.Expr) -> bool:
    """Whether this is a jsonb."""
    kind = node.unnest().type if not isinstance(node, exp.Subquery) else node.type
    return isinstance(kind, exp.DataType) and kind.this == T.JSONB


def plain(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A jsonb of which DuckDB writes every number as PostgreSQL does, or an error when it runs."""
    if isinstance(node, exp.Null):
        return cast(node, "JSON")
    inner = node.unnest()
    if inner.meta.get("plain"):
        return node
    return ctx.macro("pg__jsonb_doc", node, json_root(node).copy(), type="JSON")


def made_jsonb(value: exp.Expr) -> exp.Expr:
    """A jsonb whose numbers DuckDB writes as PostgreSQL does."""
    value.type = exp.DataType.build("JSONB")
    value.meta["plain"] = True
    return value


@R.rule(exp.DPipe)
def merged(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if not any(map(is_jsonb, (left, right))) or not all(
        is_jsonb(s) or isinstance(s.unnest(), exp.Null) for s in (left, right)
    ):
        return None
    return made_jsonb(ctx.macro("pg__jsonb_cat", plain(left, ctx), plain(right, ctx)))


@R.rule(exp.Sub)
def without(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """``j - 'key'``, ``j - 1``, ``j - ARRAY['a', 'b']``"""
    doc, key = node.this, node.expression
    if not is_jsonb(doc):
        return None
    kind = ctx.type_of(key)
    if isinstance(key.unnest(), exp.Null) or kind is None:
        raise ctx.error(node, "The type of what is taken out of a jsonb is not known here. Cast it.")
    if ctx.is_a(key, "array"):
        name = "pg__jsonb_minus_keys"
    elif ctx.is_a(key, "int"):
        name = "pg__jsonb_minus_item"
    elif ctx.is_a(key, "text"):
        name = "pg__jsonb_minus"
    else:
        raise ctx.error(node, f"{ctx.rules.name} takes a text, an integer or a text[] out of a jsonb. Cast it.")
    return made_jsonb(ctx.macro(name, plain(doc, ctx), key))


@R.rule(exp.JSONBDeleteAtPath)
def without_path(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    return _edited(node, node.this, node.expression, exp.Null(), "cut", ctx)


@R.function("jsonb_set", "jsonb_insert")
def put(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    doc, path, new, *rest = node.expressions
    if any(isinstance(each, exp.PropertyEQ | exp.Kwarg) for each in node.expressions):
        raise ctx.error(node, f"{node.name}() has a counterpart with arguments by their places.")
    asked = rest[0] if rest else exp.Boolean(this=node.name.lower() == "jsonb_set")
    if not isinstance(asked, exp.Boolean):
        raise ctx.error(node, f"The last argument of {node.name}() has to be true or false here.")
    ways = ("put", "change") if node.name.lower() == "jsonb_set" else ("behind", "before")
    how = ways[0] if asked.this else ways[1]
    return _edited(node, doc, path, new, how, ctx)


def _edited(node: exp.Expr, doc: exp.Expr, path: exp.Expr, new: exp.Expr, how: str, ctx: Context) -> exp.Expr:
    """The steps of a path one in another; the document and the new value are computed once."""
    steps = steps_of(path)
    if steps is None:
        raise ctx.error(node, "The path has to be written here, such as '{a,b,0}' or ARRAY['a', 'b'].")
    if len(steps) > _DEEPEST:
        raise ctx.error(node, f"A path of more than {_DEEPEST} steps has no counterpart.")
    if not steps:
        return made_jsonb(plain(doc, ctx))
    value = lit("null") if how == "cut" else plain(new, ctx)
    both = exp.Anonymous(this="struct_pack", expressions=[_named("doc", plain(doc, ctx)), _named("new", value)])
    both.meta["translated"] = True
    whole_ = exp.column("doc", "both")
    made: exp.Expr = exp.Case(
        ifs=[
            exp.If(this=_nulls(how), true=exp.Null()),
            exp.If(
                this=exp.Not(this=exp.Paren(this=exp.or_(_is(whole_, "OBJECT", ctx), _is(whole_, "ARRAY", ctx)))),
                true=ctx.call("error", lit("cannot set or delete a path in a scalar")),
            ),
        ],
        default=_step(whole_, steps, how, 1, ctx),
    )
    each = exp.Lambda(this=made, expressions=[exp.to_identifier("both")])
    found = ctx.call("list_transform", exp.Array(expressions=[both]), each)
    return made_jsonb(ctx.call("list_extract", found, lit(1)))


_DEEPEST = 4


def _nulls(how: str) -> exp.Expr:
    tests: list[exp.Expr] = [exp.Is(this=exp.column("doc", "both"), expression=exp.Null())]
    if how != "cut":
        tests.append(exp.Is(this=exp.column("new", "both"), expression=exp.Null()))
    return exp.or_(*tests, copy=False)


def _named(name: str, value: exp.Expr) -> exp.Expr:
    return exp.PropertyEQ(this=exp.to_identifier(name), expression=value)


def _step(doc: exp.Expr, steps: list[str], how: str, depth: int, ctx: Context) -> exp.Expr:
    """A part of the document with what the rest of the path makes of it."""
    step, rest = steps[0], steps[1:]
    number = lit(int(step)) if re.fullmatch(r"\s*[+-]?\d+\s*", step) else None
    new: exp.Expr = exp.column("new", "both")
    flag = exp.Boolean(this=not rest and how in ("put", "behind"))
    into = "pg__jsonb_insert" if not rest and how in ("before", "behind") else "pg__jsonb_put"
    if rest:
        key = step.replace("\\", "\\\\").replace('"', '\\"')
        part: exp.Expr = ctx.call("json_extract", doc.copy(), lit(f'$."{key}"'))
        if number is not None:
            at = ctx.call("json_extract", doc.copy(), number.copy())
            part = exp.Case(ifs=[exp.If(this=_is(doc, "ARRAY", ctx), true=at)], default=part)
        new = _step(part, rest, how, depth + 1, ctx)
    if how == "cut" and not rest:
        of_object: exp.Expr = ctx.macro("pg__jsonb_minus", doc.copy(), lit(step))
        of_array = ctx.macro("pg__jsonb_cut", doc.copy(), number) if number is not None else None
    else:
        of_object = ctx.macro(f"{into}_key", doc.copy(), lit(step), new, flag)
        of_array = None
        if number is not None:
            of_array = ctx.macro(f"{into}_item", doc.copy(), number, new.copy(), flag.copy())
    if of_array is None:
        of_array = ctx.call("error", lit(f"path element at position {depth} is not an integer: {step}"))
    branches = [
        exp.If(this=_is(doc, "OBJECT", ctx), true=of_object),
        exp.If(this=_is(doc, "ARRAY", ctx), true=of_array),
    ]
    return exp.Case(ifs=branches, default=doc.copy())


def _is(doc: exp.Expr, kind: str, ctx: Context) -> exp.Expr:
    return exp.EQ(this=ctx.call("json_type", doc.copy()), expression=lit(kind))


_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^"{},\\]+?))\s*(,|$)')


def steps_of(path: exp.Expr) -> list[str] | None:
    """The steps of a path that is written out: ``'{a,"b c",0}'`` or ``ARRAY['a', 'b c', '0']``."""
    path = path.unnest()
    while isinstance(path, exp.Cast):
        path = path.this.unnest()
    if isinstance(path, exp.Array):
        found = [text(step.this if isinstance(step, exp.Cast) else step) for step in path.expressions]
        known = [step for step in found if step is not None]
        return known if len(known) == len(found) else None
    written = text(path)
    if written is None or not re.fullmatch(r"\s*\{.*\}\s*", written, re.S):
        return None
    inside, at, steps = written.strip()[1:-1], 0, []
    while inside.strip() and at <= len(inside):
        item = _ITEM.match(inside, at)
        if item is None or (item[1] is None and item[2].upper() == "NULL"):
            return None
        steps.append(item[2] if item[1] is None else re.sub(r"\\(.)", r"\1", item[1]))
        at = item.end()
        if not item[3]:
            break
    return steps


@R.function("jsonb_strip_nulls")
def strip_nulls(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if len(node.expressions) != 1:
        raise ctx.error(node, "jsonb_strip_nulls() has a counterpart with one argument.")
    return made_jsonb(ctx.macro("pg__jsonb_bare", plain(node.expressions[0], ctx)))


R.macros({"jsonb_pretty": ("pg__jsonb_pretty", "VARCHAR")}, of=plain)


@R.rule(exp.ArrayContainsAll, exp.ArrayContainedBy)
def contains(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # datatype-json.html#JSON-CONTAINMENT
    inside = isinstance(node, exp.ArrayContainedBy)
    whole_, part = (node.expression, node.this) if inside else (node.this, node.expression)
    if not ctx.is_a(whole_, "json"):
        return None
    found = text(part.this if isinstance(part, exp.Cast) else part)
    try:
        needle = json.loads(found) if found is not None else ...
    except ValueError:
        needle = ...
    if needle is ...:
        raise ctx.error(node, "@> on jsonb needs a literal here, e.g. '{\"a\": 1}'.")
    test = exp.and_(*_contains(whole_, needle, 0, ctx), copy=False)
    if isinstance(needle, (str, int, float, bool)) or needle is None:  # an array may contain a value that is none
        within = exp.and_(*_contains(whole_, [needle], 0, ctx), copy=False)
        test = exp.or_(exp.Paren(this=test), exp.Paren(this=within), copy=False)
    return null_array(exp.Coalesce(this=exp.Paren(this=test), expressions=[exp.Boolean(this=False)]), whole_)


def _contains(doc: exp.Expr, needle: Any, depth: int, ctx: Context) -> Any:
    """What is to hold for a JSON value that contains another one."""
    kind = ctx.call("json_type", doc.copy())
    if isinstance(needle, dict):
        yield exp.EQ(this=kind, expression=lit("OBJECT"))
        for key, value in needle.items():
            yield from _contains(ctx.call("json_extract", doc.copy(), lit(f'$."{key}"')), value, depth, ctx)
    elif isinstance(needle, list):
        yield exp.EQ(this=kind, expression=lit("ARRAY"))
        for value in needle:
            item = exp.column(f"part{depth}")
            test = exp.and_(*_contains(item, value, depth + 1, ctx), copy=False)
            each = exp.Lambda(this=test, expressions=[exp.to_identifier(item.name)])
            items = ctx.macro("pg__jsonb_some", doc.copy(), type="JSON[]")
            found = ctx.call("list_filter", items, each)
            yield exp.GT(this=ctx.call("len", found), expression=lit(0))
    else:
        raw = ctx.call("json_extract_string", doc.copy(), lit("$"))
        if isinstance(needle, bool) or needle is None:
            yield exp.EQ(this=kind, expression=lit("NULL" if needle is None else "BOOLEAN"))
            if needle is not None:
                yield exp.EQ(this=raw, expression=lit(str(needle).lower()))
        elif isinstance(needle, (int, float)):
            yield exp.In(this=kind, expressions=[lit("BIGINT"), lit("UBIGINT"), lit("DOUBLE")])
            yield exp.EQ(this=translated(raw, "DOUBLE", soft=True), expression=cast(lit(repr(needle)), "DOUBLE"))
        else:
            yield exp.EQ(this=kind, expression=lit("VARCHAR"))
            yield exp.EQ(this=raw, expression=lit(needle))


R.macros(
    {
        exp.JSONBContainsTopKey: ("pg__jsonb_has", "BOOLEAN", "this", "expression"),
        exp.JSONBContainsAnyTopKeys: ("pg__jsonb_has_any", "BOOLEAN", "this", "expression"),
        exp.JSONBContainsAllTopKeys: ("pg__jsonb_has_all", "BOOLEAN", "this", "expression"),
    }
)


_RECORDS = ("json_to_record", "jsonb_to_record", "json_to_recordset", "jsonb_to_recordset")
_OF_ROWS = ("row_to_json", "to_json", "to_jsonb", "jsonb_agg", "json_build_array", "jsonb_build_array",
            "json_build_object", "jsonb_build_object")  # fmt: skip


@R.normalise
def records(tree: exp.Expr, ctx: Context) -> None:
    """A record of named types is a value of each key, cast: the query as it could have been written."""
    for node in list(find_all(tree, exp.Table, exp.Lateral)):
        call, alias = node.this, node.args.get("alias")
        name = call.name.lower() if isinstance(call, exp.Anonymous) else ""
        if name not in _RECORDS:
            continue
        columns = alias.columns if isinstance(alias, exp.TableAlias) else []
        if len(call.expressions) != 1 or not columns or not all(isinstance(c, exp.ColumnDef) for c in columns):
            raise ctx.error(call, f"{name}() has a counterpart with a list of columns: AS x(a int, b text).")
        binary = name.startswith("jsonb")
        doc = call.expressions[0]
        if text(doc) is not None:
            doc = exp.Cast(this=doc, to=exp.DataType.build("JSONB" if binary else "JSON"))
        value = exp.column("value", "record")
        made = exp.select(*(exp.alias_(_field(value, c, binary, ctx), c.this.copy()) for c in columns))
        if name.endswith("recordset"):
            items = exp.Anonymous(this=f"json{'b' if binary else ''}_array_elements", expressions=[doc])
            names = exp.TableAlias(this=exp.to_identifier("record"), columns=[exp.to_identifier("value")])
            made = made.from_(exp.Table(this=items, alias=names))
        else:
            made = made.from_(exp.select(exp.alias_(doc, "value")).subquery("record"))
        assert isinstance(alias, exp.TableAlias)  # it has the columns
        bare = exp.TableAlias(this=alias.this.copy())
        node.replace(exp.Lateral(this=exp.Subquery(this=made), alias=bare))


def _field(value: exp.Expr, column: exp.ColumnDef, binary: bool, ctx: Context) -> exp.Expr:
    kind = column.args["kind"]
    key = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=column.name)])
    found = exp.JSONExtract(this=value.copy(), expression=key)
    if kind.is_type(exp.DType.JSONB) and binary:
        return found
    if kind.is_type(exp.DType.JSON, exp.DType.JSONB, exp.DType.ARRAY, exp.DType.STRUCT, exp.DType.USERDEFINED):
        raise ctx.error(column, "A column of this type has no counterpart here. Take it as jsonb or text.")
    return exp.Cast(this=exp.JSONExtractScalar(this=value.copy(), expression=key.copy()), to=kind.copy())


@R.prepare
def whole_rows(tree: exp.Expr, ctx: Context) -> None:
    """The name of a table where a value stands is its row: its columns by their names."""
    for node in list(walk_tree(tree)):
        if not isinstance(node, exp.Column) or node.table or not _takes_a_row(node):
            continue
        select = node.find_ancestor(exp.Select)
        source = next((s for s in sources_of(select) if s.alias_or_name == node.name), None) if select else None
        if select is None or source is None or _is_column(node, select, ctx):
            continue
        star = exp.Column(this=exp.Star(), table=exp.to_identifier(node.name))
        columns = columns_of_star(star, select, ctx.schema)
        if columns is None or any(kind is None for _, kind in columns):
            raise ctx.error(node, "The types of this row's columns are not known here. Name them.")
        row = exp.Anonymous(this="row", expressions=[_column(name, node.name, kind) for name, kind in columns if kind])
        row.meta["names"] = [name for name, _ in columns]
        node.replace(row)


def _takes_a_row(node: exp.Expr) -> bool:
    above = node.parent
    if isinstance(above, exp.Order):
        above = above.parent
    if isinstance(above, exp.JSONArrayAgg):
        return True
    return isinstance(above, exp.Anonymous) and above.name.lower() in _OF_ROWS


def _is_column(node: exp.Column, select: exp.Select, ctx: Context) -> bool:
    known = columns_of_star(exp.Star(), select, ctx.schema)
    return known is None or node.name.casefold() in {name.casefold() for name, _ in known}


def _column(name: str, table: str, kind: exp.DataType) -> exp.Column:
    made = exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(table))
    made.type = kind.copy()
    return made


def row_of(node: exp.Expr) -> list[tuple[str, exp.Expr]] | None:
    """Names and values of a row that is written out; without names of its own they are f1, f2, ..."""
    values = fields(node)
    if values is None:
        return None
    names = node.unnest().meta.get("names") or [f"f{place}" for place in range(1, len(values) + 1)]
    return list(zip(names, values, strict=True))
