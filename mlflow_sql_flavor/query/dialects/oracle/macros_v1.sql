-- What oracle means, in DuckDB. Names: ora__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

CREATE MACRO ora__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR n < 1 OR -p > length(s) THEN NULL
  ELSE nullif(substring(s, CASE WHEN p = 0 THEN 1 ELSE p END, n), '') END;
CREATE MACRO ora__last_day(t) AS last_day(t) + (CAST(t AS TIMESTAMP) - date_trunc('day', t));
CREATE MACRO ora__add_months(t, n) AS CASE WHEN CAST(t AS DATE) = last_day(t) THEN last_day(t + to_months(CAST(trunc(n) AS INTEGER))) + (CAST(t AS TIMESTAMP) - date_trunc('day', t)) ELSE t + to_months(CAST(trunc(n) AS INTEGER)) END;
CREATE MACRO ora__months_between(a, b) AS (year(a) - year(b)) * 12 + (month(a) - month(b)) + CASE WHEN day(a) = day(b) OR (CAST(a AS DATE) = last_day(a) AND CAST(b AS DATE) = last_day(b)) THEN 0 ELSE (day(a) - day(b) + (epoch(CAST(a AS TIMESTAMP) - date_trunc('day', a)) - epoch(CAST(b AS TIMESTAMP) - date_trunc('day', b))) / 86400) / 31 END;
CREATE MACRO ora__mod(a, b) AS CASE WHEN b = 0 THEN a ELSE a % b END;

CREATE MACRO ora__stored(s) AS nullif(s, '');
CREATE MACRO ora__valid(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, re) THEN trim(s) ELSE error('Not a number that is verified here: ' || s) END;
CREATE MACRO ora__masked(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, re) THEN CASE WHEN regexp_matches(s, '[-<]') THEN '-' ELSE '' END || regexp_replace(s, '[^0-9.]', '', 'g') ELSE error('Not a number of this mask: ' || s) END;
CREATE MACRO ora__fits(s, n) AS CASE WHEN length(s) > n THEN error('The text is too long.') ELSE s END;
CREATE MACRO ora__dec_text(x) AS CASE WHEN x = 0 THEN '0' WHEN contains(CAST(x AS VARCHAR), '.') THEN regexp_replace(rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.'), '^(-?)0[.]', '\1.') ELSE CAST(x AS VARCHAR) END;
CREATE MACRO ora__bare(x, f, n) AS CASE WHEN n = 0 AND trunc(x) = 0 THEN regexp_replace(format(f, CAST(abs(x) AS DOUBLE)), '^0(.)', '\1') WHEN length(split_part(format(f, CAST(abs(x) AS DOUBLE)), '.', 1)) < n THEN repeat('0', n - length(split_part(format(f, CAST(abs(x) AS DOUBLE)), '.', 1))) || format(f, CAST(abs(x) AS DOUBLE)) ELSE format(f, CAST(abs(x) AS DOUBLE)) END;
CREATE MACRO ora__mask(x, f, n, most, size) AS CASE WHEN x IS NULL THEN NULL WHEN length(CAST(trunc(abs(x)) AS VARCHAR)) > most OR abs(x) >= 1000000000000000 THEN error('This number is too long for its mask.') WHEN size = 0 THEN CASE WHEN x < 0 THEN '-' ELSE '' END || ora__bare(x, f, n) ELSE lpad(CASE WHEN x < 0 THEN '-' ELSE '' END || ora__bare(x, f, n), size, ' ') END;
CREATE MACRO ora__places(s, x) AS list_filter(range(1, length(s) + 1), LAMBDA i: substring(s, i, length(x)) = x);
CREATE MACRO ora__instr(s, x, p, n) AS CASE WHEN s IS NULL OR x IS NULL THEN NULL WHEN p > 0 THEN coalesce(list_filter(ora__places(s, x), LAMBDA i: i >= p)[n], 0) WHEN p < 0 THEN coalesce(list_reverse(list_filter(ora__places(s, x), LAMBDA i: i <= length(s) + p + 1))[n], 0) ELSE 0 END;
CREATE MACRO ora__initcap(s) AS array_to_string(list_transform(string_split(s, ''), LAMBDA c, i: CASE WHEN i = 1 OR NOT regexp_matches(substring(s, i - 1, 1), '[\p{L}\p{N}]') THEN upper(c) ELSE lower(c) END), '');
CREATE MACRO ora__gap(s, p, n) AS list_sum(list_transform(list_slice(regexp_split_to_array(s, p), 1, n), LAMBDA g: length(g))) + coalesce(list_sum(list_transform(list_slice(regexp_extract_all(s, p), 1, n - 1), LAMBDA g: length(g))), 0);
CREATE MACRO ora__regexp_at(s, p, n, after) AS CASE WHEN s IS NULL THEN NULL WHEN len(regexp_extract_all(s, p)) < n THEN 0 ELSE CAST(ora__gap(s, p, n) AS BIGINT) + 1 + CASE WHEN after = 1 THEN length(regexp_extract_all(s, p)[n]) ELSE 0 END END;
CREATE MACRO ora__regexp_group_at(s, p, n, before, g, after) AS CASE WHEN s IS NULL THEN NULL WHEN len(regexp_extract_all(s, p)) < n THEN 0 ELSE CAST(ora__gap(s, p, n) AS BIGINT) + 1 + length(regexp_extract(regexp_extract_all(s, p)[n], before)) + CASE WHEN after = 1 THEN length(regexp_extract_all(s, p, g)[n]) ELSE 0 END END;
CREATE MACRO ora__replace_nth(s, p, r, n) AS CASE WHEN len(regexp_extract_all(s, p)) < n THEN s ELSE left(s, CAST(ora__gap(s, p, n) AS BIGINT)) || regexp_replace(regexp_extract_all(s, p)[n], p, r) || substring(s, CAST(ora__gap(s, p, n) AS BIGINT) + length(regexp_extract_all(s, p)[n]) + 1) END;
CREATE MACRO ora__ascii_char(n) AS CASE WHEN n < 128 THEN chr(n) WHEN n < 65536 THEN '\' || upper(printf('%04x', n)) ELSE '\' || upper(printf('%04x', 55296 + (n - 65536) // 1024)) || '\' || upper(printf('%04x', 56320 + (n - 65536) % 1024)) END;
CREATE MACRO ora__asciistr(s) AS nullif(array_to_string(list_transform(string_split(s, ''), LAMBDA c: CASE WHEN c = '\' THEN '\005C' WHEN c = '' THEN '' ELSE ora__ascii_char(unicode(c)) END), ''), '');
CREATE MACRO ora__sunday(t) AS date_trunc('day', t) - to_days(CAST(dayofweek(t) AS INTEGER));
CREATE MACRO ora__year_week(t) AS date_trunc('day', t) - to_days(CAST((dayofyear(t) - 1) % 7 AS INTEGER));
CREATE MACRO ora__month_week(t) AS date_trunc('day', t) - to_days(CAST((day(t) - 1) % 7 AS INTEGER));
CREATE MACRO ora__iso_year(t) AS date_trunc('week', make_date(CAST(isoyear(t) AS INTEGER), 1, 4));
CREATE MACRO ora__century(t) AS make_timestamp(CAST((year(t) - 1) // 100 * 100 + 1 AS INTEGER), 1, 1, 0, 0, 0);
CREATE MACRO ora__round_quarter(t) AS date_trunc('quarter', date_trunc('month', t) + to_months(CASE WHEN day(t) >= 16 THEN 2 ELSE 1 END));
CREATE MACRO ora__cutoff(t, low) AS CASE WHEN year(t) < low THEN t + to_months(1200) WHEN year(t) >= low + 100 THEN t - to_months(1200) ELSE t END;
CREATE MACRO ora__json_value(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN NULL WHEN json_type(j) = 'DOUBLE' THEN error('This text of a JSON number is not verified.') ELSE nullif(j ->> '$', '') END;
CREATE MACRO ora__round(x, n) AS CASE WHEN abs(x) < 1e15 THEN CAST(round(CAST(CAST(x AS VARCHAR) AS DECIMAL(38, 18)), n) AS DOUBLE) ELSE x END;
CREATE MACRO ora__remainder(a, b) AS CASE WHEN b = 0 THEN CAST(error('REMAINDER by zero is an error.') AS INTEGER) ELSE a - b * round_even(a / b, 0) END;
CREATE MACRO ora__width_bucket(x, a, b, n) AS CASE WHEN x IS NULL OR a IS NULL OR b IS NULL OR n IS NULL THEN NULL WHEN a >= b OR n < 1 THEN CAST(error('WIDTH_BUCKET is verified for growing bounds.') AS BIGINT) WHEN x < a THEN 0 WHEN x >= b THEN CAST(n AS BIGINT) + 1 ELSE CAST(floor(n * (x - a) / (b - a)) AS BIGINT) + 1 END;
CREATE MACRO ora__week(t) AS (dayofyear(t) - 1) // 7 + 1;
CREATE MACRO ora__week_of_month(t) AS (day(t) - 1) // 7 + 1;
CREATE MACRO ora__round_month(t) AS CASE WHEN day(t) >= 16 THEN date_trunc('month', t) + to_months(1) ELSE date_trunc('month', t) END;
CREATE MACRO ora__round_year(t) AS CASE WHEN month(t) >= 7 THEN date_trunc('year', t) + to_months(12) ELSE date_trunc('year', t) END;
CREATE MACRO ora__round_day(t) AS date_trunc('day', CAST(t AS TIMESTAMP) + to_hours(12));
CREATE MACRO ora__next_day(d, n) AS CAST(d + CAST((n - isodow(d) + 6) % 7 + 1 AS INTEGER) AS DATE);
CREATE MACRO ora__same_day(a, b) AS CASE WHEN day(a) = day(b) THEN b ELSE CAST(error('The month of the result has no such day.') AS TIMESTAMP) END;
CREATE MACRO ora__ascii(s) AS CASE WHEN strlen(s) > length(s) THEN error('INSTRB is verified for texts of ASCII.') ELSE s END;
CREATE MACRO ora__lnnvl(c) AS coalesce(NOT c, true);
