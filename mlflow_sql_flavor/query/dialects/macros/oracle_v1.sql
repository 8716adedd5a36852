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
