"""Regular expressions: https://clickhouse.com/docs/sql-reference/functions/string-search-functions"""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build
from .strings import not_null

R = DialectRules("clickhouse regex")


def _pattern(node: exp.Expr, ctx: Context) -> str:
    written = build.text(node.unnest())
    if written is None:
        raise ctx.error(node, "The pattern is not a constant: write it as a text.")
    return written


@R.function("replaceregexpall", "replaceregexpone")
def replace_regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    value, pattern, new = node.expressions
    written = _pattern(pattern, ctx)
    everywhere = node.name.lower().endswith("all")
    if everywhere and _matches_nothing(written) and written not in ("^", "$"):
        raise ctx.error(node, "This pattern also matches an empty text, which ClickHouse replaces in other places.")
    flags = build.lit("gs" if everywhere else "s")  # the point matches a line break
    return ctx.call("regexp_replace", value, pattern, new, flags, type="VARCHAR")


def _matches_nothing(pattern: str) -> bool:
    import re

    try:
        return re.search(pattern, "") is not None
    except re.error:
        return True


R.renames({exp.RegexpLike: ("regexp_matches", "BOOLEAN", "this", "expression", build.lit("s"))})


@R.function("extract", "extractall")
def extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # The first group, or all that matched: https://clickhouse.com/docs/sql-reference/functions/string-search-functions#extract
    value, pattern = node.expressions
    group = build.lit(1 if "(" in _pattern(pattern, ctx).replace("(?", "").replace("\\(", "") else 0)
    name = "regexp_extract" if node.name.lower() == "extract" else "regexp_extract_all"
    value = value if name == "regexp_extract" else not_null(value, ctx)
    return ctx.call(
        name, value, pattern, group, build.lit("s"), type="VARCHAR" if name == "regexp_extract" else "VARCHAR[]"
    )


@R.function("extractgroups", "extractallgroups", "extractallgroupsvertical", "extractallgroupshorizontal")
def groups(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/string-search-functions#extractGroups: of a text that does
    # not match none
    value, pattern = node.expressions
    written, name = _pattern(pattern, ctx), node.name.lower()
    count = _groups(written, node, ctx)
    value = not_null(value, ctx)
    each = [build.lit(number) for number in range(1, count + 1)]
    columns = [ctx.call("regexp_extract_all", value.copy(), pattern, number, build.lit("s")) for number in each]
    if name.endswith("horizontal"):
        return exp.Array(expressions=columns)
    rows = ctx.macro("ch__across", exp.Array(expressions=columns))
    if name != "extractgroups":
        return rows
    return exp.Coalesce(this=ctx.call("list_extract", rows, build.lit(1)), expressions=[exp.Array(expressions=[])])


def _groups(pattern: str, node: exp.Expr, ctx: Context) -> int:
    import re

    try:
        count = re.compile(pattern).groups
    except re.error:
        count = 0
    if count == 0:
        raise ctx.error(node, f"{node.name} has a counterpart for a pattern with groups in brackets.")
    if _matches_nothing(pattern):
        raise ctx.error(node, "This pattern also matches an empty text, which ClickHouse finds in other places.")
    return count


@R.rule(exp.RegexpExtract)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    group = node.args.get("group") or node.args.get("position") or build.lit(1)
    return ctx.call("regexp_extract", node.this, node.expression, group, build.lit("s"), type="VARCHAR")


@R.rule(exp.RegexpCount)
def count_matches(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    found = ctx.call("regexp_extract_all", node.this, node.expression, build.lit(0), build.lit("s"))
    return ctx.call("len", found, type="BIGINT")


@R.rule(exp.RegexpSplit)
def split_regexp(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # https://clickhouse.com/docs/sql-reference/functions/splitting-merging-functions#splitbyregexp: where the text
    # matches a part of no length, it is cut no more; without a pattern it is cut into its bytes
    written = _pattern(node.expression, ctx)
    if written == "":
        return ctx.macro("ch__split", not_null(node.this, ctx), node.expression, type="VARCHAR[]")
    if _matches_nothing(written):
        raise ctx.error(node, "This pattern also matches an empty text, at which ClickHouse cuts no more.")
    return ctx.call("regexp_split_to_array", not_null(node.this, ctx), node.expression, type="VARCHAR[]")


# https://clickhouse.com/docs/sql-reference/functions/string-search-functions#multiMatchAny
R.macros({"multimatchany": ("ch__multi_match", "BOOLEAN")})
