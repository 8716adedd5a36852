"""The functions whose meaning the manual settles: any other is refused."""

from __future__ import annotations

from .. import DialectRules
from ..shared import documented

R = DialectRules("snowflake verified")

_NAMES = """
    abs acos add_months all any any_value approx_count_distinct arg_max arg_min array_agg array_append array_cat
    array_compact array_concat array_construct array_contains array_distinct array_max array_min array_position
    array_prepend array_size array_slice array_to_string ascii asin atan atan2 avg base64_encode bitand bitand_agg
    bitor bitor_agg bitxor bitxor_agg booland_agg boolor_agg byte_length case cast cbrt ceil char charindex
    check_json chr coalesce concat concat_ws contains convert_timezone corr cos count count_if countif covar_pop
    covar_samp cume_dist current_date current_timestamp date date_add date_diff date_from_parts date_part date_sub
    date_trunc dateadd datediff datefromparts datetrunc day dayname dayofmonth dayofweek dayofweekiso dayofyear
    decode decode_case degrees dense_rank div0 div0null editdistance endswith equal_null exists exp explode extract
    factorial first_value flatten floor generator get_path greatest greatest_ignore_nulls group_concat grouping hash
    hex_encode hll hour if iff ifnull initcap insert is_null_value json_extract json_extract_path_text lag last_day
    last_value lateral lead least least_ignore_nulls left len length levenshtein listagg ln log lower lpad ltrim max
    max_by md5 median min min_by minute mod mode month monthname months_between next_day nth_value ntile nullif
    nullifzero nvl nvl2 object_construct octet_length parse_json percent_rank percentile_cont percentile_disc pi
    position pow power previous_day quarter radians rank regexp_count regexp_instr regexp_like regexp_replace
    regexp_substr regr_intercept regr_r2 regr_slope repeat replace reverse right rlike round row_number rpad rtrim
    second seq4 sha1 sha1_hex sha2 sha2_hex sign sin space split split_part split_to_table sqrt square startswith
    stddev stddev_pop stddev_samp str_position str_split str_to_date str_to_time strlen strposition strtok
    strtok_to_array substr substring sum tan time_slice time_to_str timestamp_from_parts timestamp_ntz_from_parts
    timestamp_trunc timestampadd timestampdiff to_boolean to_char to_date to_decimal to_double to_number to_numeric
    to_timestamp to_timestamp_ntz to_varchar translate trim trunc truncate try_cast try_parse_json try_to_boolean
    try_to_date try_to_decimal try_to_double try_to_number try_to_numeric ts_or_ds_add ts_or_ds_diff
    ts_or_ds_to_date upper uuid_string var_pop var_samp variance week weekiso weekofyear width_bucket year
    yearofweek yearofweekiso zeroifnull asinh sinh cosh tanh unicode booland boolor boolxor boolnot boolxor_agg timediff
    array_unique_agg array_intersection array_except array_remove array_sort arrays_overlap typeof is_array is_object
    is_boolean is_varchar is_char is_integer random object_keys to_time try_to_time time acosh atanh
    rtrimmed_length hex_decode_string to_binary regexp_substr_all regexp_extract_all grouping_id time_from_parts
    to_variant object_construct_keep_null j_s_o_n_object struct object_insert object_delete object_pick object_agg get
    arrays_to_object to_object as_object as_array to_array strip_null_value to_json array_insert array_construct_compact
    try_to_timestamp try_to_timestamp_ntz unix_to_time arrays_zip array_flatten array_remove_at array_generate_range
    array_reverse
"""
documented.standard(R, _NAMES.split())
