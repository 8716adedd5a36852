-- What oracle means, in DuckDB. Names: ora__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

CREATE MACRO ora__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR n < 1 OR -p > length(s) THEN NULL
  ELSE nullif(substring(s, CASE WHEN p = 0 THEN 1 ELSE p END, n), '') END;
CREATE MACRO ora__nth(s, x, n) AS CASE WHEN s IS NULL OR x IS NULL THEN NULL
  WHEN len(string_split(s, x)) <= n THEN 0
  ELSE length(array_to_string(list_slice(string_split(s, x), 1, n), x)) + 1 END;
CREATE MACRO ora__last_day(t) AS last_day(t) + (CAST(t AS TIMESTAMP) - date_trunc('day', t));
CREATE MACRO ora__add_months(t, n) AS CASE WHEN CAST(t AS DATE) = last_day(t) THEN last_day(t + to_months(CAST(trunc(n) AS INTEGER))) + (CAST(t AS TIMESTAMP) - date_trunc('day', t)) ELSE t + to_months(CAST(trunc(n) AS INTEGER)) END;
CREATE MACRO ora__months_between(a, b) AS (year(a) - year(b)) * 12 + (month(a) - month(b)) + CASE WHEN day(a) = day(b) OR (CAST(a AS DATE) = last_day(a) AND CAST(b AS DATE) = last_day(b)) THEN 0 ELSE (day(a) - day(b) + (epoch(CAST(a AS TIMESTAMP) - date_trunc('day', a)) - epoch(CAST(b AS TIMESTAMP) - date_trunc('day', b))) / 86400) / 31 END;
CREATE MACRO ora__mod(a, b) AS CASE WHEN b = 0 THEN a ELSE a % b END;
