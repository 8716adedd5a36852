"""CAST and implicit conversions. https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#cast"""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .types import decimal_of, division, family, kind

R = DialectRules("databricks casts")
_T = exp.DType
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
_PLAIN_TS = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")


def to_decimal(node: exp.Expr, type_: exp.DataType) -> exp.Expr:
    """A double as a decimal, rounded by its shortest text as Java's BigDecimal does."""
    return build.cast(build.cast(node, "VARCHAR"), type_.sql("duckdb"))


def as_text(node: exp.Expr, ctx: Context) -> exp.Expr:
    """What Spark's implicit cast to STRING gives."""
    name = family(node)
    if name in ("text", "null"):
        return node
    if name == "float":
        return ctx.macro("dbx__dbl_text", node, type="VARCHAR")
    if name == "interval":
        ctx.refuse("interval_text", node, "The text of an interval differs between engines", "Extract its parts")
    if name in ("array", "map", "struct", "variant"):
        ctx.refuse("unfaithful", node, "The text of a nested value differs between engines", "Format its parts")
    if name == "binary":
        return ctx.call("decode", node, type="VARCHAR")
    if name == "timestamp":  # of one that has a zone in DuckDB its text has it too
        return build.cast(build.cast(node, "TIMESTAMP"), "VARCHAR")
    return build.cast(node, "VARCHAR")


def as_double(node: exp.Expr, ctx: Context) -> exp.Expr:
    """A number out of a text, anything else as it is."""
    if family(node) == "text":
        return build.cast(ctx.macro("dbx__str_dbl", node), "DOUBLE")
    return node


def as_whole(node: exp.Expr, ctx: Context) -> exp.Expr:
    """An argument where a BIGINT is wanted: what follows the point is cut off."""
    return build.cast(ctx.call("trunc", node), "BIGINT") if family(node) in ("float", "decimal") else node


def as_date(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The implicit cast to DATE."""
    name = family(node)
    if name == "date":
        return node
    literal = build.text(node)
    if literal is not None and _PLAIN_DATE.fullmatch(literal):
        return build.cast(node, "DATE")
    if name == "text":
        made = ctx.macro("dbx__str_date", node, type="DATE")
        return made
    return build.cast(node, "DATE")


def as_ts(node: exp.Expr, ctx: Context) -> exp.Expr:
    """The implicit cast to TIMESTAMP."""
    name = family(node)
    if name == "timestamp":
        return node
    literal = build.text(node)
    if literal is not None and (_PLAIN_DATE.fullmatch(literal) or _PLAIN_TS.fullmatch(literal)):
        return build.cast(node, "TIMESTAMP")
    if name == "text":
        return ctx.macro("dbx__str_ts", node, type="TIMESTAMP")
    return build.cast(node, "TIMESTAMP")


@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    to, this = node.args["to"], node.this
    source, wanted = family(this), to.this
    soft = isinstance(node, exp.TryCast)

    def done(value: exp.Expr, type_: str) -> exp.Expr:
        made = (exp.TryCast if soft else exp.Cast)(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        made.type = made.args["to"].copy()
        made.meta["translated"] = True
        return made

    def text(name: str) -> exp.Expr:
        return ctx.macro(f"dbx__{'try_' if soft else ''}str_{name}", this)

    if wanted in exp.DataType.TEXT_TYPES:
        # CHAR(n) and VARCHAR(n) in a cast are STRING: nothing is cut off.
        return as_text(this, ctx) if source != "text" else done(this, "VARCHAR")
    if wanted in exp.DataType.INTEGER_TYPES:
        name = to.sql("duckdb")
        if source == "text":
            return done(text("int"), name)
        if source in ("float", "decimal"):
            return done(ctx.call("trunc", this), name)
        if source == "timestamp":
            return done(ctx.macro("dbx__epoch", this), name)
        if source in ("date", "interval"):
            raise ctx.error(node, f"A {source} cannot be cast to a number. Use unix_date(...) or extract a part of it.")
        if source is None:
            return _unknown(node, ctx)
        return done(this, name)
    if wanted in (_T.DECIMAL, _T.BIGDECIMAL):
        sizes = [p.name for p in to.expressions]
        name = f"DECIMAL({[*sizes, '10'][0]}, {[*sizes, '0'][1] if len(sizes) > 1 else 0})"
        if source == "text":
            return done(text("dec"), name)
        if source in ("float", None):
            return done(build.cast(this, "VARCHAR"), name)
        return done(this, name)
    if wanted in exp.DataType.FLOAT_TYPES:
        name = "REAL" if wanted == _T.FLOAT else "DOUBLE"
        if source == "text":
            return done(text("dbl"), name)
        if source == "timestamp":
            return done(exp.Div(this=ctx.call("epoch_us", this), expression=exp.Literal.number("1000000")), name)
        return done(this, name)
    if wanted == _T.BOOLEAN:
        return text("bool") if source == "text" else done(this, "BOOLEAN")
    if wanted == _T.DATE:
        literal = build.text(this)
        if source == "text" and not (literal is not None and _PLAIN_DATE.fullmatch(literal)):
            return text("date")
        return done(this, "DATE")
    if wanted in (_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPLTZ, _T.TIMESTAMPNTZ, _T.DATETIME):
        literal = build.text(this)
        if literal is not None and wanted != _T.TIMESTAMPNTZ and _ZONED.fullmatch(literal):
            return done(build.cast(this, "TIMESTAMPTZ"), "TIMESTAMP")
        if source == "text" and not (literal is not None and _PLAIN_TS.fullmatch(literal)):
            return text("ts")
        if source in ("int", "decimal", "float"):
            amount = build.cast(this, "BIGINT") if source == "int" else exp.Paren(this=this)
            seconds = exp.Mul(this=amount, expression=exp.Literal.number(1000000))
            return ctx.call("make_timestamp", build.cast(seconds, "BIGINT"), type="TIMESTAMP")
        return done(this, "TIMESTAMP")
    if wanted in (_T.BINARY, _T.VARBINARY):
        return ctx.call("encode", this, type="BLOB") if source == "text" else done(this, "BLOB")
    if wanted in (_T.INTERVAL, _T.ARRAY, _T.LIST, _T.MAP, _T.STRUCT, _T.VARIANT):
        if isinstance(this, exp.Null) or source == "null":
            return None
        ctx.refuse("unfaithful", node, f"A cast to {to.sql('databricks')} is not verified", "Build the value itself")
    return None


def _unknown(node: exp.Expr, ctx: Context) -> exp.Expr:
    # Text and numbers differ, so the type has to be known: rare, e.g. the result of a function of the user's own.
    ctx.refuse(
        "implicit_cast", node, "The type of this value is not known here, and text and numbers are cast differently",
        "Cast it to STRING or DOUBLE first",
    )  # fmt: skip
    return node


@R.rule(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv)
def arithmetic(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Text in arithmetic is a BIGINT beside an integer, a DOUBLE otherwise; dates have their own steps."""
    a, b = family(node.this), family(node.expression)
    for key, mine, other in (("this", a, b), ("expression", b, a)):
        if mine != "text":
            continue
        operand = node.args[key]
        if (
            other == "interval"
            and isinstance(node, (exp.Add, exp.Sub))
            and not (key == "expression" and b == mine and isinstance(node, exp.Sub))
        ):
            node.set(key, as_ts(operand, ctx))  # and a text again
            moment = exp.Paren(this=type(node)(this=node.this, expression=node.expression))
            return build.cast(moment, "VARCHAR")
        if other == "interval":
            ctx.refuse("implicit_cast", node, "A text is used as a date", "Cast it to DATE or TIMESTAMP first")
        elif other in ("date", "timestamp"):
            node.set(key, as_date(operand, ctx) if other == "date" else as_ts(operand, ctx))
            a, b = (other, b) if key == "this" else (a, other)
        elif other == "int" and not isinstance(node, exp.Div):
            node.set(key, build.cast(ctx.macro("dbx__str_int", operand), "BIGINT"))
        elif other in ("text", "int", "decimal", "float"):
            node.set(key, as_double(operand, ctx))
    if isinstance(node, exp.Div):
        node.set("typed", False)
        node.set("safe", False)
        p, q = decimal_of(node.this), decimal_of(node.expression)
        if "decimal" in (a, b) and {a, b} <= {"decimal", "int"} and p and q:
            return quotient(node.this, node.expression, p, q, ctx)
    if isinstance(node, exp.Mul) and a == b == "decimal":
        p, q = decimal_of(node.this), decimal_of(node.expression)
        if p and q and p[0] <= 18 < p[0] + q[0]:  # DuckDB would multiply in 64 bits
            node.set("this", build.cast(node.this, f"DECIMAL(19, {p[1]})"))
    if isinstance(node, exp.IntDiv) and {a, b} & {"float"}:
        raise ctx.error(node, "DIV needs integers or decimals: databricks refuses a double here. Cast it.")
    if isinstance(node, exp.IntDiv) and "decimal" in (a, b):
        return build.cast(ctx.call("trunc", _bare(node)), "BIGINT")
    if isinstance(node, (exp.Add, exp.Sub)):
        return _moments(node, a, b, ctx)
    return None


def quotient(a: exp.Expr, b: exp.Expr, p: tuple[int, int], q: tuple[int, int], ctx: Context) -> exp.Expr:
    """Decimals divided: half up at the scale that Spark gives the quotient."""
    type_ = division(p, q)
    up = int(type_.expressions[1].name) - p[1] + q[1]
    if up < 0:
        return to_decimal(exp.Paren(this=exp.Div(this=a, expression=b, typed=False, safe=False)), type_)
    return exact_ratio(a, b, up, type_, ctx)


def exact_ratio(a: exp.Expr, b: exp.Expr, up: int, type_: exp.DataType, ctx: Context) -> exp.Expr:
    """``a / b`` as a decimal of this type, half up.

    Args:
        a, b: Decimals or integers.
        up: How many digits more than those of ``a``, less those of ``b``, the type has behind the point.
        type_: The type of the ratio.
        ctx: Of the translation.
    """
    scale = int(type_.expressions[1].name)
    one, small = build.cast(build.lit("1" + "0" * scale), "HUGEINT"), exp.Literal.number(f"1e{14 - scale}")
    factor = build.cast(build.lit("1" + "0" * up), "HUGEINT")
    text = ctx.macro("dbx__quotient", a, b, factor, one, build.lit(scale), small, type="VARCHAR")
    return build.cast(text, type_.sql("duckdb"))


def _bare(node: exp.Expr) -> exp.Expr:
    made = exp.Div(this=node.this, expression=node.expression, typed=False, safe=False)
    made.type = exp.DataType.build("DOUBLE")
    return made


def _moments(node: exp.Expr, a: str | None, b: str | None, ctx: Context) -> exp.Expr | None:
    left, right = node.this, node.expression
    if a == b == "date" and isinstance(node, exp.Sub):
        # An interval of days; DuckDB's difference of dates is a number.
        days = exp.Sub(this=left, expression=right)
        made = ctx.call("to_days", build.cast(exp.Paren(this=days), "INTEGER"))
        made.type = exp.DataType.build("INTERVAL")
        return made
    if "date" in (a, b) and "interval" in (a, b):
        found = kind(node)
        if found is not None and found.this == _T.DATE and not node.meta.get("translated"):
            node.meta["translated"] = True
            inner = type(node)(this=left, expression=right)
            return build.cast(exp.Paren(this=inner), "DATE")
    if "date" in (a, b) and "int" in (a, b):
        key = "this" if a == "int" else "expression"
        node.set(key, build.cast(node.args[key], "INTEGER"))
    return None


_WRITTEN = ("float", "interval", "struct", "map", "timestamp")


@R.rule(exp.DPipe, exp.Concat, exp.ConcatWs)
def concat(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """Doubles are written as Java writes them; binary and arrays stay what they are."""
    operands = [node.this, node.expression] if isinstance(node, exp.DPipe) else node.expressions
    names = {family(o) for o in operands}
    if "array" in names or names == {"binary"}:
        return None
    alone = len(operands) == 1 and names != {"text"}  # sqlglot leaves the call out, and with it the text it makes
    texts = [as_text(o, ctx) if alone or family(o) in _WRITTEN else o for o in operands]
    if isinstance(node, exp.ConcatWs) and len(operands) == 1:  # the separator of nothing
        known = exp.Not(this=exp.Is(this=exp.Paren(this=operands[0]), expression=exp.Null()))
        return exp.Case(ifs=[exp.If(this=known, true=exp.Literal.string(""))])
    if alone:
        return texts[0]
    if isinstance(node, exp.DPipe):
        node.set("this", texts[0])
        node.set("expression", texts[1])
    else:
        node.set("expressions", texts)
    return None
