"""The functions whose meaning the manual settles: any other is refused."""

from __future__ import annotations

from sqlglot import exp

from .. import DialectRules
from ..shared import documented

R = DialectRules("tsql verified")

_NAMES = """
    abs acos all any any_value ascii asin atan avg case cast ceil ceiling char charindex choose coalesce collate
    concat concat_ws convert cos count count_big cume_dist current_timestamp datalength date_add date_diff
    date_from_parts date_part dateadd datediff datediff_big datefromparts datename datepart datetime2fromparts
    datetimefromparts datetimeoffsetfromparts datetrunc day degrees dense_rank eomonth exists exp extract
    first_value floor format getdate getutcdate greatest group_concat grouping hashbytes if iif isnull json_value
    lag last_day last_value lateral lead least left len length ln log log10 lower ltrim max md5 min month newid
    ntile nullif number_to_str parsename patindex percent_rank percentile_cont percentile_disc pi pow power
    quotename radians rank repeat replace replicate reverse right round row_number rtrim sha sha2 sign sin
    smalldatetimefromparts space sqrt square stddev stddev_pop stddev_samp stdev stdevp str_position string_agg
    string_split strposition stuff substring sum switchoffset sysdatetime sysutcdatetime tan time_from_parts
    time_to_str time_zone timefromparts timestamp_from_parts todatetimeoffset translate trim try_cast try_convert
    ts_or_ds_add ts_or_ds_diff unicode upper uuid var var_pop variance variance_pop varp year
"""
documented.standard(R, _NAMES.split(), but={exp.Add, exp.Sub, exp.AtTimeZone})  # + joins texts: strings, dates
