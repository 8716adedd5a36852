-- What tsql means, in DuckDB. Names: ts__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET integer_division = true;
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;
SET default_collation = 'nocase';

-- Casts.
CREATE MACRO ts__valid(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, re) THEN trim(s) ELSE error('Bad value: ' || s) END;
CREATE MACRO ts__try_valid(s, re) AS CASE WHEN regexp_full_match(s, re) THEN trim(s) WHEN s = '' OR regexp_matches(s, '[0-9]') THEN error('This text may be valid in another form: ' || s) END;
CREATE MACRO ts__fits(x, n) AS CASE WHEN length(CAST(x AS VARCHAR)) > n THEN error('The text is too long.') ELSE CAST(x AS VARCHAR) END;
CREATE MACRO ts__bit(x) AS CASE WHEN x IS NULL THEN NULL WHEN CAST(x AS DOUBLE) <> 0 THEN 1 ELSE 0 END;
CREATE MACRO ts__text_bit(s) AS CASE WHEN s IS NULL THEN NULL WHEN lower(s) = 'true' OR regexp_full_match(s, '0*[1-9][0-9]*') THEN 1 WHEN lower(s) = 'false' OR regexp_full_match(s, '0+') THEN 0 ELSE CAST(error('No bit: ' || s) AS INTEGER) END;

-- Text.
CREATE MACRO ts__substring(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN n < 0 THEN error('The length may not be negative.') ELSE substring(s, greatest(p, 1), greatest(n + least(p - 1, 0), 0)) END;
CREATE MACRO ts__charindex(a, s) AS CASE WHEN a = '' THEN 0 ELSE strpos(lower(s), lower(a)) END;
CREATE MACRO ts__stuff(s, p, n, r) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR p <= 0 OR n < 0 OR p > length(s) THEN NULL ELSE left(s, p - 1) || coalesce(r, '') || substring(s, p + n) END;
CREATE MACRO ts__ascii_length(s) AS CASE WHEN strlen(s) <> length(s) THEN error('DATALENGTH of text beyond ASCII is not verified.') ELSE length(s) END;

-- Dates.
CREATE MACRO ts__sunday(d) AS CAST(d AS DATE) - CAST(dayofweek(d) AS INTEGER);
CREATE MACRO ts__weeks(a, b) AS CAST((ts__sunday(b) - ts__sunday(a)) // 7 AS BIGINT);
CREATE MACRO ts__weekday(t) AS dayofweek(t) + 1;
CREATE MACRO ts__week(t) AS (dayofyear(t) - 1 + dayofweek(date_trunc('year', t))) // 7 + 1;
