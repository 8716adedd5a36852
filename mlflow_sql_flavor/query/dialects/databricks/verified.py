"""Which functions are verified: any other is refused, because a name both engines have need not mean the same."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared import build
from ..shared.calls import written_name
from ..shared.verified import is_known
from .types import kind, spark_type

R = DialectRules("databricks verified")
_NAMES = """
    abs acos acosh add_months aggregate any any_value approx_count_distinct approx_percentile array array_agg
    array_append array_compact array_contains array_distinct array_except array_intersect array_join array_max
    array_min array_position array_prepend array_remove array_size array_sort ascii asin asinh atan atan2 atanh avg
    base64 bit_and bit_count bit_length bit_or bit_xor bool_and bool_or boolean cast cbrt ceil ceiling char
    char_length character_length chr coalesce collect_list collect_set concat concat_ws contains convert_timezone
    corr cos cosh cot count count_if covar_pop covar_samp cume_dist curdate current_date current_timestamp date
    date_add date_diff date_format date_from_unix_date date_sub date_trunc dateadd datediff day dayname dayofmonth
    dayofweek dayofyear decode degrees dense_rank double element_at elt encode endswith equal_null exists exp
    explode explode_outer extract factorial filter first first_value flatten float floor format_string from_json
    from_unixtime from_utc_timestamp get_json_object greatest grouping grouping_id hex hour if ifnull ilike initcap
    instr int isnan json_object_keys kurtosis lag last last_day last_value lcase lead least left len length
    levenshtein like listagg ln localtimestamp locate log log10 log2 lower lpad ltrim make_timestamp map
    map_contains_key map_from_arrays map_from_entries map_keys max max_by md5 median min min_by minute mod mode
    month monthname months_between named_struct nanvl negative next_day now nth_value ntile nullif nvl nvl2 overlay
    percent_rank percentile percentile_approx percentile_cont percentile_disc pi posexplode position pow power
    quarter radians rand random rank reduce regexp_count regexp_extract regexp_extract_all regexp_instr regexp_like
    regexp_replace regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy repeat replace reverse right rint rlike round row_number rpad rtrim second sequence sha sha1 sha2
    shiftleft shiftright sign signum sin sinh size skewness slice sort_array space split split_part sqrt startswith
    stddev stddev_pop stddev_samp string string_agg struct substr substring substring_index sum tan tanh timestamp
    timestampadd timestampdiff to_date to_timestamp to_unix_timestamp to_utc_timestamp transform translate trim
    trunc try_add try_cast try_divide try_element_at try_multiply try_subtract ucase unbase64 unhex unix_date
    unix_micros unix_millis unix_seconds unix_timestamp upper uuid var_pop var_samp variance weekofyear width_bucket
    year interval values stack inline range case when in between not and or try_avg try_sum arrays_zip parse_url mask
    to_char to_varchar to_json str_to_map array_insert posexplode_outer map_concat getbit bit_get sec csc
    make_timestamp_ntz make_interval soundex
"""
VERIFIED = frozenset((*_NAMES.split(), "typeof"))


def _of_known_type(value: exp.Expr, ctx: Context) -> bool:
    """Whether a value's type is what was written, or that of a table's column."""
    if isinstance(value, exp.Column):
        return isinstance(ctx.read_from(value), exp.Table) and spark_type(kind(value)) is not None
    return isinstance(value, (exp.Literal, exp.Cast, exp.Boolean, exp.Null)) and spark_type(kind(value)) is not None


@R.rule(exp.Typeof)
def typeof(node: exp.Expr, ctx: Context) -> exp.Expr | None:
    name = spark_type(kind(node.this))
    if name is not None and _of_known_type(node.this, ctx):
        return build.lit(name)
    ctx.refuse("typeof", node, "The names of types differ between engines", "Leave typeof out")
    return None


@R.prepare
def verified(tree: exp.Expr, ctx: Context) -> None:
    for node in walk_tree(tree):
        if not isinstance(node, exp.Func) or "parameter" in node.meta:
            continue
        name = written_name(node, ctx.sql)
        if name is None or is_known(name, VERIFIED, ctx):
            continue
        ctx.refuse(
            "unfaithful", node, f"{name} is not verified to give databricks' rows", "Write it with other functions"
        )
