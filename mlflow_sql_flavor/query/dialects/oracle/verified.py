"""The functions whose meaning the manual settles: any other is refused."""

from __future__ import annotations

from .. import DialectRules
from ..shared import documented

R = DialectRules("oracle verified")

_NAMES = """
    abs acos add_months any_value ascii asin atan atan2 avg case cast ceil chr coalesce concat corr cos count
    covar_pop covar_samp cume_dist current_date current_timestamp date_str_to_date date_trunc decode decode_case
    dense_rank exists exp extract first_value floor greatest group_concat grouping if initcap instr json_value lag
    last_day last_value lead least length listagg ln log lower lpad ltrim max median min mod months_between nanvl
    next_day nth_value ntile nullif nvl nvl2 percent_rank percentile_cont percentile_disc power rank regexp_count
    regexp_instr regexp_like regexp_replace regexp_substr regr_intercept regr_slope replace reverse round row_number
    rpad rtrim sign sin sqrt stddev stddev_pop stddev_samp str_to_time substr sum sysdate systimestamp tan
    timestamp_trunc to_char to_date to_number to_timestamp translate trim trunc upper var_pop var_samp variance
    width_bucket
"""
documented.standard(R, _NAMES.split())
