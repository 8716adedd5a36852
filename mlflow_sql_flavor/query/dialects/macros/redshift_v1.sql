-- What redshift means, in DuckDB. Names: rs__*.
-- uses: postgres 1
SET TimeZone = 'UTC';
SET integer_division = true;
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

CREATE MACRO rs__add_months(t, n) AS CASE WHEN CAST(t AS DATE) = last_day(t) THEN last_day(t + to_months(n)) + CAST(t AS TIME) ELSE t + to_months(n) END;
