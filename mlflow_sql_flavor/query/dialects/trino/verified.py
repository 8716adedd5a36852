"""The functions whose meaning the manual settles: any other is refused."""

from __future__ import annotations

from sqlglot import exp

from .. import DialectRules
from ..shared import documented

R = DialectRules("trino verified")

_NAMES = """
    abs acos any_value approx_distinct approx_percentile arbitrary array array_agg array_concat array_contains
    array_distinct array_except array_filter array_first array_intersect array_join array_last array_max array_min
    array_position array_remove array_size array_sort array_to_string asin atan atan2 avg bitwise_and
    bitwise_and_agg bitwise_not bitwise_or bitwise_or_agg bitwise_xor bitwise_xor_agg bool_and bool_or cardinality
    case cast cbrt ceil ceiling char_length chr coalesce codepoint concat concat_ws contains corr cos
    cosine_distance cosine_similarity count count_if covar_pop covar_samp cume_dist current_date current_timestamp
    date date_add date_diff date_format date_parse date_trunc day day_of_month day_of_week day_of_week_iso
    day_of_year degrees dense_rank dot_product dow doy element_at ends_with euclidean_distance every exists exp
    extract filter first_value flatten floor format from_base from_base64 from_hex from_iso8601_date
    from_iso8601_timestamp from_unixtime from_utf8 generate_series greatest group_concat grouping hour if
    is_distinct_from is_finite is_infinite is_nan json_array_contains json_array_length json_extract json_array
    json_extract_scalar json_format json_object j_s_o_n_array j_s_o_n_object json_parse json_value lag
    last_day_of_month last_value lead least length levenshtein_distance listagg ln localtime localtimestamp log
    log10 log2 logical_and logical_or lower lpad ltrim map map_from_entries map_keys map_values max max_by md5 min
    min_by minute mod month normalize now nth_value ntile nullif overlay parse_datetime percent_rank pi position
    pow power quarter radians random rank reduce regexp_count regexp_extract regexp_extract_all regexp_like
    regexp_replace regexp_split repeat replace reverse round row row_number rpad rtrim second sequence sha1 sha256
    sign sin slice split split_part split_to_map sqrt starts_with stddev stddev_pop stddev_samp str_position
    str_to_time strpos strposition substr substring sum tan time_to_str time_trunc timestamp_trunc to_base64
    to_hex to_unixtime to_utf8 transform translate trim truncate typeof try try_cast unnest upper uuid var_pop
    var_samp variance week week_of_year width_bucket year year_of_week yow
"""
documented.standard(R, _NAMES.split(), but={exp.AtTimeZone})
