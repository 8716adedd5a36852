"""Regular expressions: string_functions of the manual."""

from __future__ import annotations

import re

from sqlglot import exp

from ...facts.context import Context
from .. import DialectRules
from ..shared import build, regex_groups
from ..shared.calls import argument_count

R = DialectRules("bigquery regex")


@R.rule(exp.RegexpInstr)
def regexp_instr(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    pattern = build.text(node.expression)
    if pattern is None or "(" in pattern or argument_count(node, ctx) != 2:
        ctx.refuse("unfaithful", node, "REGEXP_INSTR is verified for a constant pattern without groups", "Use STRPOS")
    return ctx.macro("bq__regexp_instr", node.this, build.lit(pattern or ""), type="BIGINT")


@R.rule(exp.RegexpExtract, exp.RegexpExtractAll)
def regexp_extract(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """The capturing group when there is one, else the whole match; NULL without a match."""
    pattern = build.text(node.expression)
    nth = build.literal_int(node.args.get("occurrence") or build.lit(1))
    if pattern is None or build.literal_int(node.args.get("position") or build.lit(1)) != 1 or not nth or nth < 1:
        ctx.refuse("unfaithful", node, "REGEXP_EXTRACT is verified for a constant pattern from position 1 on",
                   "Write the pattern as a constant")  # fmt: skip
        return None
    captured = len(re.findall(r"(?<!\\)\((?!\?(?!P<))", re.sub(r"\[[^\]]*\]", "", pattern)))
    if captured > 1:
        raise ctx.error(node, "The pattern has more than one capturing group. Write (?:...) for the others.")
    if isinstance(node, exp.RegexpExtractAll):
        return ctx.call("regexp_extract_all", node.this, node.expression, build.lit(captured), type="VARCHAR[]")
    if nth > 1:
        found = ctx.call("regexp_extract_all", node.this, node.expression, build.lit(captured))
        found = ctx.call("list_extract", found, build.lit(nth), type="VARCHAR")
    else:
        found = ctx.macro("bq__regexp_extract", node.this, node.expression, build.lit(captured), type="VARCHAR")
    return regex_groups.absent(found, pattern, captured, node, ctx)
