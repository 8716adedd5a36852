"""CAST, TRY_CAST, and whether a text converts."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build
from ..shared.casts import Conversion
from . import encodings, times
from .decimals import is_money

R = DialectRules("tsql casts")

R.macros({"isdate": ("ts__isdate", "INTEGER")})
_T = exp.DType


@R.function("isnumeric")
def isnumeric(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    this = node.expressions[0]
    if ctx.is_a(this, "number"):
        return exp.Case(ifs=[exp.If(this=exp.Is(this=this, expression=exp.Null()), true=build.lit(0))],
                        default=build.lit(1))  # fmt: skip
    return ctx.macro("ts__isnumeric", this, type="INTEGER")


_MONEY = r"\s*[+-]?[$€£¥]?[+-]?[0-9,]*\.?[0-9]*\s*"
_FLOAT = r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*"
STAMPS = {_T.DATETIME, _T.DATETIME2, _T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.SMALLDATETIME}


def _cut(cast: Conversion) -> exp.Expr:
    """A cast to text of at most some characters, 30 unless said."""
    node, this, kind, is_text, done, ctx = cast.node, cast.this, cast.kind, cast.is_text, cast.done, cast.ctx
    if is_money(this):
        this = ctx.macro("ts__money", this, type="VARCHAR")
    elif ctx.is_a(this, "timestamp", "time"):
        this = times.text(this, ctx) or this
    if not ctx.is_a(this, "text", "int", "decimal", "date") and not isinstance(this, exp.Null):
        ctx.refuse("locale_format", node, "The text of this value is not verified", "Use FORMAT or CONVERT")
    size = kind.expressions[0].name if kind.expressions else "30"
    if size.upper() == "MAX":
        return done(this, "VARCHAR")
    if is_text and isinstance(this, exp.Null):
        return done(this, "VARCHAR")
    cut = "common__varchar" if is_text or int(size) >= 30 else "ts__fits"
    return padded(ctx.macro(cut, this, build.lit(int(size)), type="VARCHAR"), kind, ctx)


def padded(made: exp.Expr, kind: exp.Expr, ctx: Context) -> exp.Expr:
    """data-types/char-and-varchar-transact-sql: a text of fixed length is filled with blanks."""
    if kind.this not in (_T.CHAR, _T.NCHAR):
        return made
    size = int(kind.expressions[0].name) if kind.expressions else 30
    made = ctx.call("rpad", made, build.lit(size), build.lit(" "), type="VARCHAR")
    made.type = exp.DataType(this=_T.CHAR, expressions=[exp.DataTypeParam(this=build.lit(size))])
    made.meta["length"] = size
    return made


@R.normalise
def single(tree: exp.Expr, ctx: Context) -> None:
    """REAL and FLOAT are one type to sqlglot: which one is written stands in the text."""
    found = [n for n in find_all(tree, exp.DataType, bfs=False) if n.this == _T.FLOAT and not n.expressions]
    if not found:
        return
    tokens = Dialect.get_or_raise("tsql").tokenize(ctx.sql)
    words = [
        token.text.upper()
        for token, after in zip(tokens, [*tokens[1:], None], strict=True)
        if token.token_type.name == "FLOAT" and (after is None or after.text != "(")
    ]
    selects = list(find_all(tree, exp.Select, exp.Convert, exp.SetOperation))
    if len(set(words)) > 1 and (len(words) != len(found) or len(selects) > 1):
        ctx.refuse("unfaithful", tree, "Which of these types is REAL is not known here", "Write FLOAT(24) for REAL")
    for node, word in zip(found, words if len(words) == len(found) else words[:1] * len(found), strict=False):
        if word == "REAL":
            node.meta["real"] = True


@R.prepare
def widest(tree: exp.Expr, ctx: Context) -> None:
    """language-elements/set-operators-union-transact-sql: of CHAR(4) and CHAR(8) the wider one comes out."""
    for node in list(find_all(tree, exp.SetOperation)):
        if isinstance(node.parent, exp.SetOperation):
            continue
        arms = [arm for arm in find_all(node, exp.Select) if _is_arm(arm, node)]
        if len({len(arm.expressions) for arm in arms}) > 1:
            continue
        for items in zip(*(arm.expressions for arm in arms), strict=True):
            values = [item.unalias() for item in items]
            kinds = [v.this if isinstance(v, exp.Convert) else v.args.get("to") or v.type for v in values]
            if len({k.sql() for k in kinds if k and k.this == _T.BINARY}) > 1:
                ctx.refuse(
                    "unfaithful", values[0], "BINARY of several lengths in one column is not verified", "Cast it"
                )
            sizes = {int(k.expressions[0].name) for k in kinds if k and k.this in _FIXED and k.expressions}
            if len(sizes) < 2:
                continue
            for value in values:
                kind = exp.DataType(this=_T.CHAR, expressions=[exp.DataTypeParam(this=build.lit(max(sizes)))])
                made = exp.Cast(this=value.copy(), to=kind)
                made.type = kind.copy()
                value.replace(made)


_FIXED = (_T.CHAR, _T.NCHAR)


def _is_arm(select: exp.Expr, whole: exp.Expr) -> bool:
    above = select.parent
    while isinstance(above, (exp.SetOperation, exp.Paren, exp.Subquery)) and above is not whole:
        above = above.parent
    return above is whole


# functions/cast-and-convert-transact-sql
@R.rule(exp.Cast, exp.TryCast)
def cast(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    if node.meta.get("translated"):
        return None
    cast = Conversion.of(node, ctx, "ts")
    this, kind, is_text, done, valid = cast.this, cast.kind, cast.is_text, cast.done, cast.valid
    to = kind.this

    if ctx.unknown(this) and not isinstance(this, exp.Null):
        ctx.refuse("implicit_cast", node, "The type of this value is not known here", "Use a column or a CAST of one")
    if to in exp.DataType.TEXT_TYPES:
        made = _cut(cast)
        if to in (_T.NVARCHAR, _T.NCHAR):
            made.meta["national"] = True
        if to == _T.TEXT:
            made.meta["long_text"] = True
        if kind.expressions and kind.expressions[0].name.isdigit():
            made.meta["length"] = int(kind.expressions[0].name)
        return made
    if to == _T.BIT or to == _T.BOOLEAN:
        made = ctx.macro("ts__text_bit" if is_text else "ts__bit", this, type="INTEGER")
        made.meta["bit"] = True
        return made
    if to in exp.DataType.INTEGER_TYPES:
        # a text is trimmed; an empty one is 0
        if is_text:
            return done(ctx.macro("ts__int_text", valid(r"\s*[+-]?[0-9]+\s*|\s*")), kind.sql("duckdb"))
        if is_money(this):  # rounded, where other decimals are cut
            return done(ctx.call("round", this), kind.sql("duckdb"))
        value = ctx.call("trunc", this) if ctx.is_a(this, "float", "decimal") else this
        return done(value, kind.sql("duckdb"))
    if to in exp.DataType.FLOAT_TYPES:
        # data-types/float-and-real-transact-sql: REAL, and FLOAT of at most 24 bits
        bits = int(kind.expressions[0].name) if kind.expressions else 24 if "real" in kind.meta else 53
        value = valid(_FLOAT + r"|\s*")
        if is_text:  # an empty one is 0
            value = ctx.macro("ts__int_text", value, type="VARCHAR")
        return done(value, "REAL" if bits <= 24 else "DOUBLE")
    if to in (_T.MONEY, _T.SMALLMONEY):
        value = valid(_MONEY)
        if is_text:
            value = ctx.macro("ts__bare_money", value, type="VARCHAR")
        made = done(value, f"DECIMAL({19 if to == _T.MONEY else 10}, 4)")
        made.meta["money"] = True
        return made
    if to == _T.DECIMAL:
        sizes = [p.name for p in kind.expressions] or ["18"]
        return done(valid(_FLOAT.split("([eE]")[0] + r"\s*"), f"DECIMAL({', '.join([*sizes, '0'][:2])})")
    if to == _T.DATE or to == _T.TIME or to == _T.TIMESTAMPTZ or to in STAMPS:
        return _moment(cast)
    if to in encodings.BINARY:
        return encodings.binary(node, this, kind, 0, cast.soft, ctx)
    ctx.refuse("unfaithful", node, "A cast to this type is not verified", "Use another type")
    return None


def _moment(cast: Conversion) -> exp.Expr:
    """A cast to a date, a time or both, rounded to the steps of the type."""
    node, this, kind, is_text, done, ctx = cast.node, cast.this, cast.kind, cast.is_text, cast.done, cast.ctx
    to = kind.this
    if ctx.is_a(this, "number"):
        if to not in (_T.DATETIME, _T.SMALLDATETIME):
            raise ctx.error(node, "A number does not become this type. Cast it to DATETIME before.")
        return times.moved([(1, this)], kind, ctx)
    if ctx.is_a(this, "time") and to != _T.TIME:
        if to == _T.DATE:
            raise ctx.error(node, "A TIME does not become a DATE.")
        this = exp.Paren(this=exp.Add(this=build.cast(build.lit("1900-01-01"), "DATE"), expression=this))
        this.type = exp.DataType.build("TIMESTAMP")
    if to != _T.TIMESTAMPTZ:
        this = times.local(this, ctx)
    literal = build.text(this)
    places = 3 if to == _T.SMALLDATETIME or to == _T.DATETIME else times.digits(kind)
    known = times.written(literal, to, places) if literal is not None else None
    if known is not None and to == _T.TIMESTAMPTZ:
        return times.offset_value(done(build.lit(known[0]), "TIMESTAMP"), build.lit(known[1] or 0), kind, ctx)
    if to == _T.TIMESTAMPTZ and (ctx.is_a(this, "timestamp", "date") or "local" in this.meta):
        stamp = done(times.local(this, ctx), "TIMESTAMP")
        return times.offset_value(times.rounded(stamp, kind, ctx), this.meta.get("offset", build.lit(0)), kind, ctx)
    if known is not None and literal is not None:
        found = times.read(literal, to)
        value = build.lit(found[0].isoformat() if to == _T.DATE and found else known[0])
        is_text = False
    else:
        value = cast.valid(times.pattern(to)) if is_text else this
        if is_text:
            value = ctx.macro("ts__iso", value, type="VARCHAR")
    if to == _T.DATE:
        return done(value, "DATE")
    if to == _T.TIMESTAMPTZ:
        value = ctx.macro("ts__offset", value, type="VARCHAR") if is_text else value
        value = done(value, "TIMESTAMPTZ")
        if times.digits(kind) < 6:
            value = ctx.macro("ts__steps_tz", value, build.lit(10 ** (6 - times.digits(kind))))
        return done(value, "TIMESTAMPTZ")
    if (
        this.is_type(_T.DATETIME)
        and not isinstance(node.parent, exp.TimeToStr)
        and (to == _T.TIME or to == _T.DATETIME2)
    ):
        # three hundredths of a second are 0.0033333 there, which has more digits than DuckDB's types
        value = ctx.macro("ts__hundredths", value, type="TIMESTAMP")
    if to == _T.TIME:
        if is_text or ctx.is_a(this, "time"):
            value = ctx.macro("ts__dated", build.cast(value, "VARCHAR"), type="VARCHAR")
        value = times.rounded(done(value, "TIMESTAMP"), kind, ctx)
        made = done(value, "TIME")
        made.meta["steps"] = True
    else:
        made = times.rounded(done(value, "TIMESTAMP"), kind, ctx)
    made.type = exp.DataType(this=to, expressions=[e.copy() for e in kind.expressions])
    return made
