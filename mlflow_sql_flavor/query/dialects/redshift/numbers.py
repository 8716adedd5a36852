"""Numbers: each rule names its page below https://docs.aws.amazon.com/redshift/latest/dg/."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import find_all
from .. import DialectRules
from ..shared import build

R = DialectRules("redshift numbers")
# r_DEXP.html, r_DLOG10.html, FUNC_SHA1.html, r_REPLICATE.html, r_TO_HEX.html, r_DATE_CMP.html, r_TIMESTAMP_CMP.html,
# r_DATE_PART_YEAR.html, IS_VALID_JSON.html, IS_VALID_JSON_ARRAY.html, JSON_ARRAY_LENGTH.html
R.renames({"dexp": ("exp", "DOUBLE"), "dlog1": ("ln", "DOUBLE"), "dlog10": ("log10", "DOUBLE")})


@R.rule(exp.FromBase)
def strtol(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    """r_STRTOL.html."""
    base = build.literal_int(node.expression)
    if base not in (2, 10, 16):
        ctx.refuse("unfaithful", node, "STRTOL is verified for the bases 2, 10 and 16", "Compute it")
    return ctx.macro("rs__strtol", node.this, build.lit(base or 10), type="BIGINT")


@R.rule(exp.Round, exp.Trunc)
def digits_of_float(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    # r_ROUND.html takes floats too, without saying how a tie falls.
    if node.args.get("decimals") is not None and ctx.is_a(node.this, "float"):
        raise ctx.error(
            node, "Rounding a float to digits: the manual leaves ties open. Write CAST(x AS numeric(18,6))."
        )
    return None


@R.prepare
def quotients(tree: exp.Expr, ctx: Context) -> None:
    """EXTRACT is an integer, DATE_PART is not; a quotient of SUM(DECIMAL) keeps few digits."""
    for node in find_all(tree, exp.Div):
        # r_numeric_computations201.html: 38 digits of SUM leave as little as 4 behind the point, cut in a way not said
        sums = [s for side in (node.this, node.expression) for s in find_all(side, exp.Sum)]
        if ctx.is_a(node, "decimal") and any(ctx.is_a(s, "decimal") for s in sums):
            ctx.refuse(
                "unfaithful", node, "A quotient of SUM of a DECIMAL or BIGINT keeps few digits in Redshift",
                "Cast the sum to double precision",
            )  # fmt: skip
        for side in (node.this, node.expression):
            if isinstance(side.unnest(), exp.Extract):
                ctx.refuse("unfaithful", side, "EXTRACT is an integer, DATE_PART a float", "Cast it before dividing")
