-- What databricks means, in DuckDB. Names: dbx__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

-- Casts of text: stricter than DuckDB's, and surrounding blanks and control characters are cut off first.
CREATE MACRO dbx__trim(s) AS regexp_replace(CAST(s AS VARCHAR), '^[\x00-\x20]+|[\x00-\x20]+$', '', 'g');
CREATE MACRO dbx__valid(s, re) AS CASE WHEN regexp_full_match(dbx__trim(s), re) THEN dbx__trim(s) ELSE error('The text ''' || s || ''' cannot be cast: it is malformed.') END;
CREATE MACRO dbx__try_valid(s, re) AS CASE WHEN regexp_full_match(dbx__trim(s), re) THEN dbx__trim(s) END;
CREATE MACRO dbx__str_int(s) AS CASE WHEN s IS NOT NULL THEN dbx__valid(s, '[+-]?[0-9]+') END;
CREATE MACRO dbx__try_str_int(s) AS dbx__try_valid(s, '[+-]?[0-9]+');
CREATE MACRO dbx__str_dec(s) AS CASE WHEN s IS NOT NULL THEN dbx__valid(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?') END;
CREATE MACRO dbx__try_str_dec(s) AS dbx__try_valid(s, '[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?');
CREATE MACRO dbx__str_dbl(s) AS CASE WHEN s IS NOT NULL THEN regexp_replace(dbx__valid(s, '(?i)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?[df]?|[+-]?inf(inity)?|nan'), '([0-9.])[dDfF]$', '\1') END;
CREATE MACRO dbx__try_str_dbl(s) AS regexp_replace(dbx__try_valid(s, '(?i)[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?[df]?|[+-]?inf(inity)?|nan'), '([0-9.])[dDfF]$', '\1');
CREATE MACRO dbx__str_bool(s) AS CASE WHEN s IS NOT NULL THEN lower(dbx__valid(s, '(?i)t|true|y|yes|1|f|false|n|no|0')) IN ('t', 'true', 'y', 'yes', '1') END;
CREATE MACRO dbx__try_str_bool(s) AS lower(dbx__try_valid(s, '(?i)t|true|y|yes|1|f|false|n|no|0')) IN ('t', 'true', 'y', 'yes', '1');
CREATE MACRO dbx__day_text(t) AS CASE WHEN regexp_matches(t, '^[0-9]{4}$') THEN t || '-01-01' WHEN regexp_matches(t, '^[0-9]{4}-[0-9]{1,2}$') THEN t || '-01' ELSE regexp_extract(t, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') END;
CREATE MACRO dbx__str_date(s) AS CASE WHEN s IS NOT NULL THEN CAST(dbx__day_text(dbx__valid(s, '[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2}([ T].*)?)?)?')) AS DATE) END;
CREATE MACRO dbx__try_str_date(s) AS TRY_CAST(dbx__day_text(dbx__try_valid(s, '[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2}([ T].*)?)?)?')) AS DATE);
-- Fractions beyond microseconds are cut off; a zone must be an offset.
CREATE MACRO dbx__ts_text(t) AS dbx__day_text(t) || ' ' || coalesce(nullif(regexp_replace(regexp_extract(t, '[ T]([0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]*)?)?)?)', 1), '(\.[0-9]{6})[0-9]*', '\1'), ''), '00:00:00') || CASE WHEN regexp_matches(t, '[ T][0-9]{1,2}$') THEN ':00:00' WHEN regexp_matches(t, '[ T][0-9]{1,2}:[0-9]{1,2}([Zz+-]|$)') THEN ':00' ELSE '' END || CASE WHEN regexp_matches(t, '[ T].*(Z|UTC)$') THEN '+00' ELSE regexp_extract(t, '[ T].*([+-][0-9]{2}:?[0-9]{0,2})$', 1) END;
CREATE MACRO dbx__str_ts(s) AS CASE WHEN s IS NOT NULL THEN CAST(CAST(dbx__ts_text(dbx__valid(s, '[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2}([ T]([0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]*)?)?)? ?(Z|UTC|[+-][0-9]{2}:[0-9]{2}|[+-][0-9]{2})?)?)?)?)?')) AS TIMESTAMPTZ) AS TIMESTAMP) END;
CREATE MACRO dbx__try_str_ts(s) AS CAST(TRY_CAST(dbx__ts_text(dbx__try_valid(s, '[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2}([ T]([0-9]{1,2}(:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]*)?)?)? ?(Z|UTC|[+-][0-9]{2}:[0-9]{2}|[+-][0-9]{2})?)?)?)?)?')) AS TIMESTAMPTZ) AS TIMESTAMP);
-- Text of a double as Java writes it: 1.0E7, 1.0E-4.
CREATE MACRO dbx__sci(neg, digits, exponent) AS CASE WHEN neg THEN '-' ELSE '' END || digits[1] || '.' || coalesce(nullif(rtrim(substring(digits, 2), '0'), ''), '0') || 'E' || exponent;
CREATE MACRO dbx__sci_parts(neg, m, e) AS dbx__sci(neg, ltrim(replace(m, '.', ''), '0'), e + CASE WHEN m LIKE '0.%' THEN -1 - (length(split_part(m, '.', 2)) - length(ltrim(split_part(m, '.', 2), '0'))) ELSE length(split_part(m, '.', 1)) - 1 END);
CREATE MACRO dbx__dbl_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR) ELSE dbx__sci_parts(x < 0, split_part(CAST(abs(x) AS VARCHAR), 'e', 1), coalesce(TRY_CAST(split_part(CAST(abs(x) AS VARCHAR), 'e', 2) AS INTEGER), 0)) END;
CREATE MACRO dbx__floor_div(x, n) AS (x - (x % n + n) % n) // n;
CREATE MACRO dbx__epoch(t) AS dbx__floor_div(epoch_us(CAST(t AS TIMESTAMP)), 1000000);
-- unix_timestamp cuts off towards 1970.
CREATE MACRO dbx__unix(t) AS epoch_us(CAST(t AS TIMESTAMP)) // 1000000;

-- Numbers.
CREATE MACRO dbx__bround(x, n) AS CASE WHEN abs(x) < 1e15 THEN CAST(round_even(CAST(CAST(x AS VARCHAR) AS DECIMAL(38, 18)), n) AS DOUBLE) ELSE x END;
CREATE MACRO dbx__round(x, n) AS CASE WHEN abs(x) < 1e15 THEN CAST(round(CAST(CAST(x AS VARCHAR) AS DECIMAL(38, 18)), n) AS DOUBLE) ELSE x END;
CREATE MACRO dbx__pmod(a, b) AS CASE WHEN a % b < 0 THEN (a % b + b) % b ELSE a % b END;
CREATE MACRO dbx__sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END;
CREATE MACRO dbx__ln(x) AS CASE WHEN x > 0 THEN ln(x) END;
CREATE MACRO dbx__log10(x) AS CASE WHEN x > 0 THEN log10(x) END;
CREATE MACRO dbx__log2(x) AS CASE WHEN x > 0 THEN log2(x) END;
CREATE MACRO dbx__log(b, x) AS CASE WHEN b > 0 AND x > 0 THEN ln(x) / ln(b) END;
CREATE MACRO dbx__asin(x) AS CASE WHEN abs(x) <= 1 THEN asin(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END;
CREATE MACRO dbx__acos(x) AS CASE WHEN abs(x) <= 1 THEN acos(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END;
CREATE MACRO dbx__pow(x, y) AS CASE WHEN x < 0 AND y <> trunc(y) THEN CAST('NaN' AS DOUBLE) ELSE pow(x, y) END;
CREATE MACRO dbx__sec(x) AS CASE WHEN isfinite(x) THEN 1 / cos(x) WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END;
CREATE MACRO dbx__csc(x) AS CASE WHEN isfinite(x) THEN CASE WHEN sin(x) = 0 THEN CAST('Infinity' AS DOUBLE) ELSE 1 / sin(x) END WHEN x IS NOT NULL THEN CAST('NaN' AS DOUBLE) END;
CREATE MACRO dbx__factorial(n) AS CASE WHEN n BETWEEN 0 AND 20 THEN CAST(factorial(CAST(n AS INTEGER)) AS BIGINT) END;
CREATE MACRO dbx__width_bucket(v, lo, hi, n) AS CASE WHEN n <= 0 OR lo = hi OR v IS NULL OR lo IS NULL OR hi IS NULL OR n IS NULL OR isnan(v) OR NOT isfinite(lo) OR NOT isfinite(hi) THEN NULL WHEN lo < hi THEN CASE WHEN v < lo THEN 0 WHEN v >= hi THEN n + 1 ELSE CAST(floor(CAST(n AS DOUBLE) * (v - lo) / (hi - lo)) AS BIGINT) + 1 END ELSE CASE WHEN v > lo THEN 0 WHEN v <= hi THEN n + 1 ELSE CAST(floor(CAST(n AS DOUBLE) * (lo - v) / (lo - hi)) AS BIGINT) + 1 END END;
CREATE MACRO dbx__wrap(v, size) AS (v % size + size + size // 2) % size - size // 2;
CREATE MACRO dbx__shiftleft(x, n) AS CAST(dbx__wrap(CAST(x AS HUGEINT) * CAST(pow(2, n & 31) AS HUGEINT), 4294967296) AS INTEGER);
CREATE MACRO dbx__shiftleft64(x, n) AS CAST(dbx__wrap(CAST(x AS HUGEINT) * CAST(pow(2, n & 63) AS HUGEINT), 18446744073709551616) AS BIGINT);
CREATE MACRO dbx__shiftright(x, n) AS CAST(x AS INTEGER) >> (n & 31);
CREATE MACRO dbx__shiftright64(x, n) AS CAST(x AS BIGINT) >> CAST(n & 63 AS BIGINT);
CREATE MACRO dbx__conv_value(s, b) AS list_reduce(list_transform(string_split(upper(s), ''), LAMBDA c: CAST(strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1 AS HUGEINT)), LAMBDA a, c: a * b + c, CAST(0 AS HUGEINT));
CREATE MACRO dbx__conv(s, b, t, re) AS CASE WHEN s IS NULL OR b IS NULL OR t IS NULL THEN NULL WHEN NOT regexp_full_match(trim(s), re) THEN error('conv of this text is not supported: ' || s) ELSE to_base(CAST(dbx__conv_value(trim(s), b) AS BIGINT), t) END;

-- A quotient of decimals, exact: by doubles while these have digits enough, by integers beyond.
CREATE MACRO dbx__unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT);
CREATE MACRO dbx__point(q, one, s) AS CAST(q // one AS VARCHAR) || '.' || lpad(CAST(q % one AS VARCHAR), s, '0');
CREATE MACRO dbx__ratio(n, d) AS (abs(n) * 2 + abs(d)) // (abs(d) * 2);
CREATE MACRO dbx__quotient(a, b, up, one, s, small) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN abs(a / b) < small THEN CAST(a / b AS VARCHAR) ELSE CASE WHEN (a < 0) <> (b < 0) THEN '-' ELSE '' END || dbx__point(dbx__ratio(dbx__unscaled(a) * up, dbx__unscaled(b)), one, s) END;

-- Text.
CREATE MACRO dbx__substr_from(s, p) AS CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 END;
CREATE MACRO dbx__slice(s, a, b) AS CASE WHEN b <= a THEN CASE WHEN s IS NOT NULL THEN '' END ELSE substring(s, greatest(a, 0) + 1, greatest(b, 0) - greatest(a, 0)) END;
CREATE MACRO dbx__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL ELSE dbx__slice(s, dbx__substr_from(s, CAST(p AS BIGINT)), dbx__substr_from(s, CAST(p AS BIGINT)) + CAST(n AS BIGINT)) END;
CREATE MACRO dbx__substr2(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL ELSE substring(s, greatest(dbx__substr_from(s, CAST(p AS BIGINT)), 0) + 1) END;
CREATE MACRO dbx__left(s, n) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE left(s, n) END;
CREATE MACRO dbx__right(s, n) AS CASE WHEN n <= 0 THEN CASE WHEN s IS NOT NULL THEN '' END ELSE right(s, n) END;
-- Java's special cases beyond the sharp s are rare: an error, not another text.
CREATE MACRO dbx__upper(s) AS CASE WHEN strlen(s) = length(s) THEN upper(s) WHEN regexp_matches(s, '[ŉǰΐΰևẖ-ẚﬀ-ﬆﬓ-ﬗὐ-ῼ]') THEN error('upper of this text is not supported: ' || s) ELSE upper(replace(s, 'ß', 'SS')) END;
CREATE MACRO dbx__lower(s) AS CASE WHEN strlen(s) = length(s) THEN lower(s) WHEN regexp_matches(s, '[İΣ]') THEN error('lower of this text is not supported: ' || s) ELSE lower(s) END;
CREATE MACRO dbx__levenshtein(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN strlen(a) = length(a) AND strlen(b) = length(b) THEN levenshtein(a, b) ELSE error('levenshtein of text beyond ASCII is not supported.') END;
-- The same where error() is not allowed, which is the key of a window: a cast raises instead.
CREATE MACRO dbx__upper_key(s) AS CASE WHEN strlen(s) = length(s) THEN upper(s) WHEN regexp_matches(s, '[ŉǰΐΰևẖ-ẚﬀ-ﬆﬓ-ﬗὐ-ῼ]') THEN CAST(CAST('upper of this text is not supported: ' || s AS INTEGER) AS VARCHAR) ELSE upper(replace(s, 'ß', 'SS')) END;
CREATE MACRO dbx__lower_key(s) AS CASE WHEN strlen(s) = length(s) THEN lower(s) WHEN regexp_matches(s, '[İΣ]') THEN CAST(CAST('lower of this text is not supported: ' || s AS INTEGER) AS VARCHAR) ELSE lower(s) END;
CREATE MACRO dbx__at_key(a, i) AS CASE WHEN i < 0 OR i >= len(a) THEN a[CAST('the index is out of the array: ' || i AS INTEGER)] ELSE a[i + 1] END;
CREATE MACRO dbx__initcap(s) AS array_to_string(list_transform(string_split(s, ' '), LAMBDA w: upper(substring(w, 1, 1)) || lower(substring(w, 2))), ' ');
CREATE MACRO dbx__json(j, p) AS CASE WHEN json_valid(j) THEN json_extract_string(j, p) END;
CREATE MACRO dbx__lpad(s, n, p) AS CASE WHEN s IS NULL OR n IS NULL OR p IS NULL THEN NULL WHEN n <= 0 THEN '' WHEN p = '' THEN left(s, n) ELSE lpad(s, n, p) END;
CREATE MACRO dbx__rpad(s, n, p) AS CASE WHEN s IS NULL OR n IS NULL OR p IS NULL THEN NULL WHEN n <= 0 THEN '' WHEN p = '' THEN left(s, n) ELSE rpad(s, n, p) END;
CREATE MACRO dbx__locate(sub, s, p) AS CASE WHEN sub IS NULL OR s IS NULL OR p IS NULL THEN CASE WHEN p IS NULL AND s IS NOT NULL THEN 0 END WHEN p < 1 THEN 0 WHEN sub = '' THEN 1 WHEN strpos(substring(s, p), sub) = 0 THEN 0 ELSE strpos(substring(s, p), sub) + p - 1 END;
CREATE MACRO dbx__instr(s, sub) AS CASE WHEN sub = '' AND s IS NOT NULL THEN 1 ELSE strpos(s, sub) END;
CREATE MACRO dbx__substring_index(s, d, n) AS CASE WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL WHEN n = 0 OR d = '' THEN '' WHEN n > 0 THEN array_to_string(string_split(s, d)[1:n], d) ELSE array_to_string(string_split(s, d)[greatest(len(string_split(s, d)) + n + 1, 1):], d) END;
CREATE MACRO dbx__split_part(s, d, n) AS CASE WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL WHEN n = 0 THEN error('The index 0 of split_part is invalid.') WHEN d = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE '' END ELSE split_part(s, d, n) END;
CREATE MACRO dbx__find_in_set(x, s) AS CASE WHEN x IS NULL OR s IS NULL THEN NULL WHEN contains(x, ',') THEN 0 ELSE coalesce(list_position(string_split(s, ','), x), 0) END;
CREATE MACRO dbx__chr(n) AS CASE WHEN n < 0 THEN '' WHEN n % 256 = 0 THEN chr(0) ELSE chr(CAST(n % 256 AS INTEGER)) END;
CREATE MACRO dbx__ascii(s) AS CASE WHEN s = '' THEN 0 ELSE unicode(s) END;
CREATE MACRO dbx__is_text(s) AS CASE WHEN s IS NOT NULL THEN true END;
CREATE MACRO dbx__luhn_digit(d, i) AS CASE WHEN i % 2 = 1 THEN d ELSE d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END END;
CREATE MACRO dbx__luhn_check(s) AS CASE WHEN s IS NULL THEN NULL WHEN NOT regexp_full_match(s, '[0-9]+') THEN false ELSE list_sum(list_transform(string_split(reverse(s), ''), lambda c, i: dbx__luhn_digit(CAST(c AS INTEGER), i))) % 10 = 0 END;
CREATE MACRO dbx__elt(n, xs) AS CASE WHEN n < 1 OR n > len(xs) THEN error('The index of elt is out of bounds.') ELSE xs[n] END;
CREATE MACRO dbx__overlay(s, r, p, n) AS dbx__substr(s, 1, CAST(p AS BIGINT) - 1) || r || dbx__substr2(s, CAST(p AS BIGINT) + CASE WHEN n < 0 THEN length(r) ELSE n END);
-- Java rounds half up the digits that a double is written with, where C rounds its exact value.
CREATE MACRO dbx__printf_f(x, n, absent) AS CASE WHEN x IS NULL THEN absent WHEN NOT isfinite(x) THEN dbx__dbl_text(x) WHEN abs(x) >= 1e19 THEN error('A format of a number of 20 digits or more is not supported.') ELSE CASE WHEN CAST(x AS VARCHAR) LIKE '-%' THEN '-' ELSE '' END || CAST(round(CAST(CAST(abs(x) AS VARCHAR) AS DECIMAL(38, 18)), n) AS VARCHAR) END;
CREATE MACRO dbx__format_number(x, n, top, f) AS CASE WHEN abs(x) >= top THEN error('format_number of more than 15 digits is not supported.') ELSE format(f, CAST(CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN x ELSE round_even(x, n) END AS DOUBLE)) END;

-- Dates.
CREATE MACRO dbx__in_month(t) AS epoch_us(CAST(t AS TIMESTAMP)) - epoch_us(CAST(date_trunc('month', CAST(t AS TIMESTAMP)) AS TIMESTAMP));
CREATE MACRO dbx__month_no(t) AS CAST(year(t) * 12 + month(t) AS BIGINT);
-- java.time.LocalDateTime.until: the end moves a day where its time runs against its date.
CREATE MACRO dbx__packed(d) AS dbx__month_no(d) * 32 + day(d);
CREATE MACRO dbx__end_day(a, b) AS CAST(b AS DATE) + CASE WHEN CAST(b AS DATE) > CAST(a AS DATE) AND CAST(b AS TIME) < CAST(a AS TIME) THEN -1 WHEN CAST(b AS DATE) < CAST(a AS DATE) AND CAST(b AS TIME) > CAST(a AS TIME) THEN 1 ELSE 0 END;
CREATE MACRO dbx__months(a, b) AS (dbx__packed(dbx__end_day(a, b)) - dbx__packed(CAST(a AS DATE))) // 32;
CREATE MACRO dbx__micros(a, b) AS epoch_us(CAST(b AS TIMESTAMP)) - epoch_us(CAST(a AS TIMESTAMP));
CREATE MACRO dbx__month_end(t) AS last_day(CAST(t AS DATE)) = CAST(t AS DATE);
CREATE MACRO dbx__months_between(a, b) AS CASE WHEN day(a) = day(b) OR (dbx__month_end(a) AND dbx__month_end(b)) THEN CAST(dbx__month_no(a) - dbx__month_no(b) AS DOUBLE) ELSE dbx__month_no(a) - dbx__month_no(b) + (dbx__in_month(a) // 1000000 - dbx__in_month(b) // 1000000) / 2678400.0::DOUBLE END;
CREATE MACRO dbx__next_day(d, n) AS CAST(d + CAST((n - isodow(d) + 6) % 7 + 1 AS INTEGER) AS DATE);
CREATE MACRO dbx__unread(s) AS CASE WHEN s IS NOT NULL THEN error('The text ''' || s || ''' does not match the date format.') END;
CREATE MACRO dbx__read(s, re, parts, f, otherwise) AS CASE WHEN regexp_full_match(s, re) THEN CAST(strptime(regexp_replace(s, re, parts), f) AS TIMESTAMP) ELSE otherwise END;
CREATE MACRO dbx__try_read(s, re, parts, f, otherwise) AS CASE WHEN regexp_full_match(s, re) THEN CAST(try_strptime(regexp_replace(s, re, parts), f) AS TIMESTAMP) ELSE otherwise END;
CREATE MACRO dbx__parse_ok(s, re) AS CASE WHEN regexp_full_match(s, re) THEN s ELSE error('The text ''' || s || ''' does not match the date format.') END;
CREATE MACRO dbx__try_strptime(s, f, re) AS CASE WHEN regexp_full_match(s, re) THEN try_strptime(s, f) END;
CREATE MACRO dbx__strftime_q(t, f) AS replace(strftime(t, f), '{Q}', CAST(quarter(t) AS VARCHAR));
CREATE MACRO dbx__empty(t) AS CASE WHEN t IS NOT NULL THEN '' END;
CREATE MACRO dbx__clock_hour(t) AS CAST((hour(t) + 23) % 24 + 1 AS VARCHAR);
CREATE MACRO dbx__clock_hour2(t) AS CASE WHEN hour(t) BETWEEN 1 AND 9 THEN '0' ELSE '' END || dbx__clock_hour(t);
CREATE MACRO dbx__half_hour(t) AS CAST(hour(t) % 12 AS VARCHAR);
CREATE MACRO dbx__half_hour2(t) AS CASE WHEN hour(t) % 12 < 10 THEN '0' ELSE '' END || dbx__half_hour(t);
CREATE MACRO dbx__aligned_day(t) AS CAST((day(t) - 1) % 7 + 1 AS VARCHAR);
CREATE MACRO dbx__day_of_year2(t) AS CASE WHEN dayofyear(t) < 10 THEN '0' ELSE '' END || dayofyear(t);
CREATE MACRO dbx__quarter3(t) AS 'Q' || quarter(t);
CREATE MACRO dbx__quarter4(t) AS quarter(t) || ['st', 'nd', 'rd', 'th'][quarter(t)] || ' quarter';
CREATE MACRO dbx__fraction(t, n) AS rpad(left(strftime(t, '%f'), n), n, '0');
CREATE MACRO dbx__from_utc(t, z) AS timezone(z, timezone('UTC', CAST(t AS TIMESTAMP)));
CREATE MACRO dbx__to_utc(t, z) AS timezone('UTC', timezone(z, CAST(t AS TIMESTAMP)));

-- Lists.
CREATE MACRO dbx__at(a, i) AS CASE WHEN a IS NULL OR i IS NULL THEN NULL WHEN i < 0 OR i >= len(a) THEN error('The index ' || i || ' is out of bounds.') ELSE a[i + 1] END;
CREATE MACRO dbx__get(a, i) AS CASE WHEN i >= 0 THEN a[i + 1] END;
CREATE MACRO dbx__element_at(a, i) AS CASE WHEN a IS NULL OR i IS NULL THEN NULL WHEN i = 0 OR abs(i) > len(a) THEN error('The index ' || i || ' is out of bounds.') ELSE a[i] END;
CREATE MACRO dbx__try_element_at(a, i) AS CASE WHEN i = 0 THEN error('The index 0 is invalid.') ELSE a[i] END;
CREATE MACRO dbx__has_null(a) AS len(a) > list_count(a);
CREATE MACRO dbx__array_contains(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN NULL WHEN list_contains(a, x) THEN true WHEN dbx__has_null(a) THEN NULL ELSE false END;
CREATE MACRO dbx__array_position(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN NULL ELSE coalesce(list_position(a, x), 0) END;
CREATE MACRO dbx__array_distinct(a) AS list_filter(a, LAMBDA x, i: CASE WHEN x IS NULL THEN list_count(a[1:i - 1]) = i - 1 ELSE list_position(a, x) = i END);
CREATE MACRO dbx__array_union(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN dbx__array_distinct(list_concat(a, b)) END;
CREATE MACRO dbx__array_intersect(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_filter(dbx__array_distinct(a), LAMBDA x: CASE WHEN x IS NULL THEN dbx__has_null(b) ELSE list_contains(b, x) END) END;
CREATE MACRO dbx__array_except(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_filter(dbx__array_distinct(a), LAMBDA x: CASE WHEN x IS NULL THEN NOT dbx__has_null(b) ELSE NOT list_contains(b, x) END) END;
CREATE MACRO dbx__arrays_overlap(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN len(a) > 0 AND len(b) > 0 AND (dbx__has_null(a) OR dbx__has_null(b)) THEN NULL ELSE false END;
CREATE MACRO dbx__array_remove(a, x) AS CASE WHEN x IS NOT NULL THEN list_filter(a, LAMBDA y: y IS NULL OR y <> x) END;
CREATE MACRO dbx__array_repeat(x, n) AS CASE WHEN n IS NOT NULL THEN list_transform(range(CAST(greatest(n, 0) AS BIGINT)), LAMBDA i: x) END;
CREATE MACRO dbx__flatten(a) AS CASE WHEN len(a) = list_count(a) THEN flatten(a) END;
CREATE MACRO dbx__array_slice(a, s, n) AS CASE WHEN a IS NULL OR s IS NULL OR n IS NULL THEN NULL WHEN s = 0 OR n < 0 THEN error('slice needs a start other than 0 and no negative length.') WHEN s > 0 THEN a[s:s + n - 1] WHEN -s > len(a) THEN a[1:0] ELSE a[len(a) + s + 1:len(a) + s + n] END;
CREATE MACRO dbx__sequence(a, b) AS CASE WHEN a <= b THEN generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT)) ELSE generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT), -1) END;
CREATE MACRO dbx__sequence3(a, b, s) AS CASE WHEN (s > 0 AND a <= b) OR (s < 0 AND a >= b) OR (s = 0 AND a = b) THEN CASE WHEN s = 0 THEN [CAST(a AS BIGINT)] ELSE generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT), CAST(s AS BIGINT)) END WHEN a IS NOT NULL AND b IS NOT NULL AND s IS NOT NULL THEN error('The bounds of sequence are illegal.') END;
CREATE MACRO dbx__exists(a) AS CASE WHEN list_contains(a, true) THEN true WHEN dbx__has_null(a) THEN NULL WHEN a IS NOT NULL THEN false END;
CREATE MACRO dbx__forall(a) AS CASE WHEN list_contains(a, false) THEN false WHEN dbx__has_null(a) THEN NULL WHEN a IS NOT NULL THEN true END;
CREATE MACRO dbx__pairs(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_transform(generate_series(1, greatest(len(a), len(b))), lambda i: {'l': a[i], 'r': b[i]}) END;
CREATE MACRO dbx__positions(a) AS list_transform(CASE WHEN len(a) > 0 THEN a ELSE [NULL] END, lambda v, i: {'p': CASE WHEN len(a) > 0 THEN CAST(i - 1 AS INTEGER) END, 'v': v});
CREATE MACRO dbx__places(a) AS list_transform(a, lambda v, i: {'p': CAST(i - 1 AS INTEGER), 'v': v});
CREATE MACRO dbx__characters(s) AS CASE WHEN s = '' THEN [''] ELSE regexp_extract_all(s, '(?s).') END;
CREATE MACRO dbx__str_to_map(s, p, k) AS CASE WHEN s IS NOT NULL THEN map_from_entries(list_transform(string_split(s, p), lambda e: {'k': split_part(e, k, 1), 'v': CASE WHEN contains(e, k) THEN substring(e, strpos(e, k) + 1) END})) END;
CREATE MACRO dbx__array_insert(a, n, x) AS CASE WHEN a IS NOT NULL THEN list_transform(range(1, greatest(len(a) + 1, n) + 1), lambda i: CASE WHEN i < n THEN a[i] WHEN i = n THEN x ELSE a[i - 1] END) END;
CREATE MACRO dbx__getbit(x, n) AS CASE WHEN n < 0 OR n > 63 THEN error('The bit ' || n || ' is out of range.') ELSE CAST((CAST(x AS BIGINT) >> CAST(n AS BIGINT)) & 1 AS TINYINT) END;
CREATE MACRO dbx__make_ts(y, m, d, h, i, s) AS CASE WHEN s > 60 THEN make_timestamp(y, 13, d, h, i, s) WHEN s = 60 THEN make_timestamp(y, m, d, h, i, 0.0::DOUBLE) + INTERVAL 1 MINUTE ELSE make_timestamp(y, m, d, h, i, s) END;
CREATE MACRO dbx__split(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL WHEN p = '' THEN dbx__characters(s) WHEN regexp_full_match('', p) THEN error('split: a pattern that matches the empty text splits differently') ELSE string_split_regex(s, p) END;
CREATE MACRO dbx__regexp_count(s, p) AS CAST(len(regexp_extract_all(s, p)) AS INTEGER);
CREATE MACRO dbx__regexp_instr(s, p) AS CASE WHEN contains(s, chr(57344)) THEN error('regexp_instr: the text has a character that marks the place here') ELSE CAST(instr(regexp_replace(s, p, chr(57344)), chr(57344)) AS INTEGER) END;
CREATE MACRO dbx__sound_of(s) AS translate(regexp_replace(s, '[^A-Za-z]', '0', 'g'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', '0123012702245501262301720201230127022455012623017202');
CREATE MACRO dbx__sound_codes(s) AS upper(s[1]) || replace(list_reduce(list_prepend(dbx__sound_of(s)[1] || replace(dbx__sound_of(s)[2:], '7', ''), ['1', '2', '3', '4', '5', '6']), lambda t, d: regexp_replace(t, d || '+', d, 'g'))[2:], '0', '');
CREATE MACRO dbx__soundex(s) AS CASE WHEN NOT regexp_matches(s, '^[A-Za-z]') THEN s ELSE rpad(left(dbx__sound_codes(s), 4), 4, '0') END;
CREATE MACRO dbx__split_limit(s, d, n) AS CASE WHEN len(string_split(s, d)) > n THEN list_concat(string_split(s, d)[1:n - 1], [array_to_string(string_split(s, d)[n:], d)]) ELSE string_split(s, d) END;
CREATE MACRO dbx__explode_outer(a) AS CASE WHEN len(a) > 0 THEN a ELSE [NULL] END;
CREATE MACRO dbx__by_ranks(a, r) AS CASE WHEN list_transform(r, lambda x: len(list_filter(r, lambda y: y < x))) <> r THEN error('array_sort: what the comparator gives is no order of these elements') ELSE list_transform(list_sort(list_transform(r, lambda x, i: {'r': x, 'i': i})), lambda s: a[s.i]) END;
CREATE MACRO dbx__array_join(a, s) AS CASE WHEN a IS NOT NULL AND s IS NOT NULL THEN coalesce(array_to_string(a, s), '') END;

-- Aggregates.
CREATE MACRO dbx__skewness(x) AS CASE WHEN count(x) > 2 THEN skewness(x) * (count(x) - 2) / sqrt(count(x) * (count(x) - 1)) WHEN count(x) = 2 AND min(x) < max(x) THEN 0.0::DOUBLE END;
CREATE MACRO dbx__no_nan(x) AS CASE WHEN NOT isnan(x) THEN x END;

-- JSON and addresses.
CREATE MACRO dbx__json_given(s) AS NOT regexp_full_match(s, '[\x00-\x20]*');
CREATE MACRO dbx__json_unread(s) AS CASE WHEN s IS NOT NULL THEN error('from_json of this text is not supported: ' || s) END;
-- What Spark's parser reads and DuckDB's does not (single quotes, text behind the value, NaN) is an error.
CREATE MACRO dbx__json_root(s) AS CASE WHEN json_valid(s) THEN CAST(s AS JSON) WHEN regexp_matches(s, '^[\x00-\x20]*[^\x00-\x20{\[]') OR regexp_matches(s, '^[\x00-\x20]*\{[\x00-\x20]*[^"''}\x00-\x20]') OR NOT regexp_matches(s, '[}\]]') THEN NULL ELSE dbx__json_unread(s) END;
CREATE MACRO dbx__json_object(j) AS CASE WHEN json_type(j) = 'OBJECT' THEN CASE WHEN len(json_keys(j)) = len(list_distinct(json_keys(j))) THEN true ELSE dbx__json_unread(CAST(j AS VARCHAR)) END END;
CREATE MACRO dbx__json_text(j) AS CASE WHEN json_type(j) <> 'NULL' THEN json_extract_string(j, '$') END;
CREATE MACRO dbx__json_int(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT') THEN json_extract_string(j, '$') END;
CREATE MACRO dbx__json_bool(j) AS CASE WHEN json_type(j) = 'BOOLEAN' THEN json_extract_string(j, '$') END;
CREATE MACRO dbx__json_dbl(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT') THEN json_extract_string(j, '$') WHEN json_type(j) = 'VARCHAR' THEN CASE WHEN json_extract_string(j, '$') IN ('NaN', 'INF', '+INF', '-INF', 'Infinity', '+Infinity', '-Infinity') THEN json_extract_string(j, '$') END END;
CREATE MACRO dbx__json_dec(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT') THEN json_extract_string(j, '$') WHEN json_type(j) = 'VARCHAR' THEN CASE WHEN regexp_full_match(json_extract_string(j, '$'), '-?[0-9]+(\.[0-9]+)?') THEN json_extract_string(j, '$') ELSE dbx__json_unread(CAST(j AS VARCHAR)) END END;
CREATE MACRO dbx__json_date(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN CASE WHEN regexp_full_match(json_extract_string(j, '$'), '[+-]?[0-9]{1,3}|[+-]?[0-9]{5,}') THEN dbx__json_unread(CAST(j AS VARCHAR)) ELSE dbx__try_str_date(json_extract_string(j, '$')) END END;
CREATE MACRO dbx__json_ts(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN dbx__try_str_ts(json_extract_string(j, '$')) WHEN json_type(j) IN ('BIGINT', 'UBIGINT') THEN make_timestamp(CAST(json_extract_string(j, '$') AS BIGINT) * 1000000) END;
CREATE MACRO dbx__json_number(t, x) AS CASE WHEN isfinite(x) THEN t ELSE '"' || t || '"' END;
CREATE MACRO dbx__bracketed(a, s, l, r) AS l || CASE WHEN len(a) = 0 THEN '' ELSE array_to_string(a, s) END || r;
CREATE MACRO dbx__json_array_length(j) AS CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY' THEN json_array_length(j) END;
CREATE MACRO dbx__json_object_keys(j) AS CASE WHEN json_valid(j) AND json_type(j) = 'OBJECT' THEN json_keys(j) END;
CREATE MACRO dbx__url_encode(s) AS replace(replace(replace(url_encode(s), '%20', '+'), '~', '%7E'), '%2A', '*');
CREATE MACRO dbx__url_escaped(s) AS NOT regexp_matches(s, '%([^0-9a-fA-F]|$|[0-9a-fA-F]([^0-9a-fA-F]|$))');
CREATE MACRO dbx__url_decode(s) AS CASE WHEN s IS NULL THEN NULL WHEN dbx__url_escaped(s) THEN url_decode(replace(s, '+', '%20')) ELSE error('This text cannot be decoded: ' || s) END;
CREATE MACRO dbx__try_url_decode(s) AS CASE WHEN dbx__url_escaped(s) THEN url_decode(replace(s, '+', '%20')) END;
CREATE MACRO dbx__url(s) AS CASE
  WHEN s IS NULL OR NOT regexp_matches(s, '^[A-Za-z][A-Za-z0-9+.-]*:($|[^/])') AND regexp_full_match(s, '([A-Za-z][A-Za-z0-9+.-]*:)?(//([A-Za-z0-9._~:@!$&''()*+,;=-]|%[0-9a-fA-F]{2})*)?(/?([A-Za-z0-9._~:@!$&''()*+,;=-]|[^\x00-\x7f]|%[0-9a-fA-F]{2})+)*/?(\?([A-Za-z0-9._~:@!$&''()*+,;=/?-]|[^\x00-\x7f]|%[0-9a-fA-F]{2})*)?(#([A-Za-z0-9._~:@!$&''()*+,;=/?-]|[^\x00-\x7f]|%[0-9a-fA-F]{2})*)?') THEN s
  ELSE error('This address cannot be read: ' || s) END;
CREATE MACRO dbx__url_protocol(s) AS nullif(regexp_extract(dbx__url(s), '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '');
CREATE MACRO dbx__url_authority(s) AS nullif(regexp_extract(dbx__url(s), '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)', 1), '');
CREATE MACRO dbx__url_host(s) AS nullif(regexp_extract(dbx__url_authority(s), '^(?:[^@]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.?)(?::[0-9]*)?$', 1), '');
CREATE MACRO dbx__url_userinfo(s) AS CASE WHEN dbx__url_host(s) IS NOT NULL AND contains(dbx__url_authority(s), '@') THEN split_part(dbx__url_authority(s), '@', 1) END;
CREATE MACRO dbx__url_path(s) AS regexp_extract(dbx__url(s), '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1);
CREATE MACRO dbx__url_query(s) AS CASE WHEN contains(split_part(dbx__url(s), '#', 1), '?') THEN regexp_extract(s, '^[^?#]*\?([^#]*)', 1) END;
CREATE MACRO dbx__url_ref(s) AS CASE WHEN contains(dbx__url(s), '#') THEN regexp_extract(s, '#(.*)$', 1) END;
CREATE MACRO dbx__url_file(s) AS dbx__url_path(s) || coalesce('?' || dbx__url_query(s), '');
CREATE MACRO dbx__url_key(s, p) AS CASE WHEN regexp_matches(dbx__url_query(s), p) THEN regexp_extract(dbx__url_query(s), p, 1) END;
CREATE MACRO dbx__no_nulls(l) AS list_transform(l, lambda x: coalesce(x, ''));
CREATE MACRO dbx__mask_one(c, upper_, lower_, digit, other) AS coalesce(CASE WHEN regexp_matches(c, '\p{Lu}') THEN upper_ WHEN regexp_matches(c, '\p{Ll}') THEN lower_ WHEN regexp_matches(c, '\p{Nd}') THEN digit ELSE other END, c);
CREATE MACRO dbx__mask(s, upper_, lower_, digit, other) AS CASE WHEN s = '' THEN s ELSE array_to_string(list_transform(regexp_extract_all(s, '(?s).'), lambda c: dbx__mask_one(c, upper_, lower_, digit, other)), '') END;
