"""The functions that are verified: any other is refused."""

from __future__ import annotations

from sqlglot import exp

from ...facts.context import Context
from ...reading.traversal import walk_tree
from .. import DialectRules
from ..shared.calls import written_name
from ..shared.verified import is_known

R = DialectRules("bigquery verified")
_NAMES = """
    abs acos any_value approx_count_distinct approx_quantiles array array_agg array_concat array_length
    array_reverse array_to_string ascii asin atan atan2 avg bit_and bit_count bit_or bit_xor byte_length case cast
    ceil ceiling char char_length character_length chr coalesce concat contains_substr corr cos count countif
    covar_pop covar_samp cume_dist current_date current_datetime current_timestamp date date_add date_diff
    date_from_unix_date date_sub date_trunc datetime datetime_add datetime_diff datetime_sub datetime_trunc
    dense_rank div edit_distance ends_with exists exp extract first_value floor format format_date format_datetime
    format_timestamp generate_array generate_date_array generate_uuid greatest grouping if ifnull initcap instr
    is_inf is_nan json_extract json_extract_scalar json_query json_value lag last_day last_value lead least left
    length ln log log10 logical_and logical_or lower lpad ltrim max max_by md5 min min_by mod nth_value ntile nullif
    parse_date parse_datetime parse_timestamp percent_rank percentile_cont percentile_disc pow power rand rank
    regexp_contains regexp_extract regexp_extract_all regexp_replace repeat replace reverse right round row_number
    rpad rtrim safe_add safe_cast safe_divide safe_multiply safe_subtract sha1 sha256 sign sin split sqrt
    starts_with stddev stddev_pop stddev_samp string_agg strpos struct substr substring sum tan timestamp
    timestamp_add timestamp_diff timestamp_micros timestamp_millis timestamp_seconds timestamp_sub timestamp_trunc
    to_hex trim trunc unix_micros unix_millis unix_seconds unnest upper var_pop var_samp variance interval in and or
    not offset ordinal safe_offset safe_ordinal values cbrt safe_negate range_bucket unicode translate to_base64
    from_base64 from_hex safe_convert_bytes_to_string regexp_instr regexp_substr week unix_date generate_timestamp_array
    int64 bool parse_json to_json_string json_extract_array json_query_array json_value_array
    json_extract_string_array array_first array_last lax_int64 lax_float64 lax_bool lax_string float64 string json_type
    json_object array_concat_agg array_slice array_min array_max array_sum pi acosh asinh atanh cosh
    sinh tanh cot coth csc csch sec sech parse_numeric code_points_to_string to_code_points time current_time time_add
    time_sub format_time parse_time degrees radians date_from_unix_date
"""
VERIFIED = frozenset(_NAMES.split())


@R.prepare
def verified(tree: exp.Expr, ctx: Context) -> None:
    """A function that is not on the list is refused: a name both engines have need not mean the same."""
    for node in walk_tree(tree):
        name = written_name(node, ctx.sql) if isinstance(node, exp.Func) else None
        if name is None or is_known(name, VERIFIED, ctx):
            continue
        if isinstance(node, exp.FarmFingerprint):
            ctx.refuse("hash", node, "This hash belongs to BigQuery", "Use TO_HEX(MD5(...))")
            continue
        ctx.refuse("unfaithful", node, f"{name} is not verified to give BigQuery's rows", "Write it otherwise")
