-- What trino means, in DuckDB. Names: tr__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET integer_division = true;

CREATE MACRO tr__divide(a, b) AS CASE WHEN b <> 0 THEN a / b WHEN b IS NULL OR a IS NULL THEN NULL WHEN a = 0 OR isnan(a) THEN CAST('nan' AS DOUBLE) WHEN (a > 0) = (CAST(b AS VARCHAR) <> '-0.0') THEN CAST('inf' AS DOUBLE) ELSE CAST('-inf' AS DOUBLE) END;

-- Casts of text.
CREATE MACRO tr__valid(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, re) THEN trim(s) ELSE error('Bad value: ' || s) END;
CREATE MACRO tr__try_valid(s, re) AS CASE WHEN regexp_full_match(s, re) THEN trim(s) END;

-- Text.
CREATE MACRO tr__substr2(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL WHEN p = 0 OR -p > length(s) THEN '' ELSE substring(s, p) END;
CREATE MACRO tr__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN p = 0 OR -p > length(s) OR n <= 0 THEN '' ELSE substring(s, p, n) END;
CREATE MACRO tr__split_part(s, d, n) AS CASE WHEN s IS NOT NULL THEN string_split(s, d)[n] END;
CREATE MACRO tr__regexp_extract(s, p, n) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, n) END;
CREATE MACRO tr__format(t, args) AS CASE WHEN len(list_filter(args, LAMBDA a: a IS NULL)) > 0 THEN error('format of a NULL is not verified.') ELSE t END;
CREATE MACRO tr__json_scalar(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN NULL ELSE j ->> '$' END;

-- Arrays.
CREATE MACRO tr__at(a, i) AS CASE WHEN a IS NULL OR i IS NULL THEN NULL WHEN i < 1 OR i > len(a) THEN error('Array subscript ' || i || ' is out of bounds.') ELSE a[i] END;
CREATE MACRO tr__element_at(a, i) AS CASE WHEN i = 0 THEN error('Array subscripts start at 1.') ELSE a[i] END;

-- Dates.
CREATE MACRO tr__micros(a, b) AS epoch_us(b) - epoch_us(a);
CREATE MACRO tr__boundaries(a, b) AS (year(b) - year(a)) * 12 + month(b) - month(a);
CREATE MACRO tr__full(a, b) AS tr__boundaries(a, b) - CASE WHEN a + to_months(CAST(tr__boundaries(a, b) AS INTEGER)) > b THEN 1 ELSE 0 END;
CREATE MACRO tr__months(a, b) AS CASE WHEN b >= a THEN tr__full(a, b) ELSE -tr__full(b, a) END;

-- Numbers.
CREATE MACRO tr__to_base(x, b) AS CASE WHEN x < 0 THEN '-' ELSE '' END || lower(to_base(abs(x), b));
CREATE MACRO tr__nan() AS CAST('nan' AS DOUBLE);
CREATE MACRO tr__infinity() AS CAST('inf' AS DOUBLE);
CREATE MACRO tr__e() AS exp(CAST(1 AS DOUBLE));
CREATE MACRO tr__shift_left(x, n) AS CASE WHEN x < 0 OR n < 0 OR n > 62 OR x > (9223372036854775807 >> n) THEN CAST(error('This shift is not verified.') AS BIGINT) ELSE CAST(x AS BIGINT) << n END;
CREATE MACRO tr__shift_right(x, n) AS CASE WHEN x < 0 OR n < 0 OR n > 62 THEN CAST(error('This shift is not verified.') AS BIGINT) ELSE CAST(x AS BIGINT) >> n END;
CREATE MACRO tr__from_hex(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[0-9a-fA-F]{1,15}') THEN CAST('0x' || s AS BIGINT) ELSE CAST(error('Not a number of this base.') AS BIGINT) END;
CREATE MACRO tr__from_binary(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[01]{1,60}') THEN list_reduce(list_transform(string_split(s, ''), LAMBDA c: CAST(c AS BIGINT)), LAMBDA a, c: 2 * a + c) ELSE CAST(error('Not a number of this base.') AS BIGINT) END;
CREATE MACRO tr__width_bucket(x, a, b, n) AS CASE WHEN x IS NULL OR a IS NULL OR b IS NULL OR n IS NULL THEN NULL WHEN a >= b OR n < 1 THEN CAST(error('width_bucket is verified for growing bounds.') AS BIGINT) WHEN x < a THEN 0 WHEN x >= b THEN CAST(n AS BIGINT) + 1 ELSE CAST(floor(n * (x - a) / (b - a)) AS BIGINT) + 1 END;
CREATE MACRO tr__exponent(t) AS CASE WHEN contains(t, '.') THEN regexp_replace(regexp_replace(t, '0+e', 'e'), '[.]e', '.0e') ELSE replace(t, 'e', '.0e') END;
CREATE MACRO tr__shortest(x) AS CASE WHEN CAST(format('{:.14e}', x) AS DOUBLE) = x THEN format('{:.14e}', x) WHEN CAST(format('{:.15e}', x) AS DOUBLE) = x THEN format('{:.15e}', x) ELSE format('{:.16e}', x) END;
CREATE MACRO tr__dbl_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END ELSE regexp_replace(regexp_replace(tr__exponent(tr__shortest(x)), 'e[+]?(-?)0*([0-9])', 'E\1\2'), 'E-0$', 'E0') END;

-- Texts.
CREATE MACRO tr__nth(s, x, n) AS CASE WHEN s IS NULL OR x IS NULL THEN NULL WHEN len(string_split(s, x)) <= n THEN 0 ELSE length(array_to_string(list_slice(string_split(s, x), 1, n), x)) + 1 END;
CREATE MACRO tr__split(s, d, n) AS CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) ELSE list_append(list_slice(string_split(s, d), 1, n - 1), array_to_string(list_slice(string_split(s, d), n, len(string_split(s, d))), d)) END;
CREATE MACRO tr__regexp_position(s, p) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_matches(s, p) THEN length(regexp_extract(s, '(?s:^(.*?))(?:' || p || ')', 1)) + 1 ELSE -1 END;
CREATE MACRO tr__url_host(u) AS nullif(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/@?#]*@)?([^/:?#]+)', 1), '');
CREATE MACRO tr__url_path(u) AS regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)', 1);
CREATE MACRO tr__url_query(u) AS regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://[^?#]*[?]([^#]*)', 1);
CREATE MACRO tr__url_protocol(u) AS nullif(regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*)://', 1), '');

-- JSON.
CREATE MACRO tr__json_at(j, p) AS json_extract(CAST(j AS JSON), p);
CREATE MACRO tr__json_exists(j, p) AS CASE WHEN j IS NOT NULL THEN json_extract(CAST(j AS JSON), p) IS NOT NULL END;
CREATE MACRO tr__json_length(j) AS CASE WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON)) AS BIGINT) END;
CREATE MACRO tr__json_size(j) AS CASE json_type(j) WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) WHEN 'OBJECT' THEN len(json_keys(j)) ELSE CASE WHEN j IS NOT NULL THEN 0 END END;
CREATE MACRO tr__json_has_text(j, v) AS CASE WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN len(list_filter(CAST(CAST(j AS JSON) AS JSON[]), LAMBDA e: json_type(e) = 'VARCHAR' AND (e ->> '$') = v)) > 0 END;
CREATE MACRO tr__json_has_int(j, v) AS CASE WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN len(list_filter(CAST(CAST(j AS JSON) AS JSON[]), LAMBDA e: json_type(e) IN ('BIGINT', 'UBIGINT') AND CAST(e ->> '$' AS BIGINT) = v)) > 0 END;
CREATE MACRO tr__json_format(j) AS CASE WHEN regexp_matches(CAST(j AS VARCHAR), '[{]|[0-9][.eE][0-9]') THEN error('The text of a JSON object or of a number with a point is not verified.') ELSE CAST(json(j) AS VARCHAR) END;
CREATE MACRO tr__json_value(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN error('A JSON object or array is no scalar.') WHEN json_type(j) = 'DOUBLE' THEN error('This text of a JSON number is not verified.') ELSE j ->> '$' END;
CREATE MACRO tr__json_number(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY', 'BOOLEAN') THEN error('A JSON value of this kind is no number.') ELSE j ->> '$' END;

-- Arrays.
CREATE MACRO tr__has_null(a) AS len(list_filter(a, LAMBDA x: x IS NULL)) > 0;
CREATE MACRO tr__contains(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL WHEN list_contains(a, v) THEN true WHEN tr__has_null(a) THEN NULL ELSE false END;
CREATE MACRO tr__array_position(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL ELSE CAST(coalesce(list_position(a, v), 0) AS BIGINT) END;
CREATE MACRO tr__array_remove(a, v) AS CASE WHEN v IS NOT NULL THEN list_filter(a, LAMBDA x: x IS NULL OR x <> v) END;
CREATE MACRO tr__distinct(a) AS list_filter(a, LAMBDA x, i: list_position(a, x) = i);
CREATE MACRO tr__array_except(a, b) AS tr__distinct(list_filter(a, LAMBDA x: list_position(b, x) IS NULL));
CREATE MACRO tr__array_intersect(a, b) AS CASE WHEN b IS NOT NULL THEN tr__distinct(list_filter(a, LAMBDA x: list_position(b, x) IS NOT NULL)) END;
CREATE MACRO tr__overlap(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN (tr__has_null(a) AND len(b) > 0) OR (tr__has_null(b) AND len(a) > 0) THEN NULL ELSE false END;
CREATE MACRO tr__array_max(a) AS CASE WHEN NOT tr__has_null(a) THEN list_max(a) END;
CREATE MACRO tr__array_min(a) AS CASE WHEN NOT tr__has_null(a) THEN list_min(a) END;
CREATE MACRO tr__fill(a, v) AS list_transform(a, LAMBDA x: coalesce(CAST(x AS VARCHAR), v));
CREATE MACRO tr__slice(a, p, n) AS CASE WHEN a IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN p = 0 OR n < 0 THEN error('slice starts at 1, and its length is not negative.') WHEN -p > len(a) OR n = 0 THEN list_slice(a, 1, 0) ELSE list_slice(a, CASE WHEN p < 0 THEN len(a) + p + 1 ELSE p END, CASE WHEN p < 0 THEN len(a) + p ELSE p - 1 END + n) END;
CREATE MACRO tr__repeat(x, n) AS list_transform(range(greatest(n, 0)), LAMBDA i: x);
CREATE MACRO tr__step(a, b) AS CASE WHEN a <= b THEN 1 ELSE -1 END;
CREATE MACRO tr__months_from(a, b, n) AS list_filter(list_transform(range(tr__boundaries(a, b) // n + 1), LAMBDA i: a + to_months(CAST(i * n AS INTEGER))), LAMBDA t: t <= b);
CREATE MACRO tr__seconds_from(a, b, n) AS list_transform(range((epoch_us(b) - epoch_us(a)) // (CAST(n AS BIGINT) * 1000000) + 1), LAMBDA i: a + to_seconds(i * n));
CREATE MACRO tr__any(r) AS CASE WHEN r IS NULL THEN NULL WHEN list_contains(r, true) THEN true WHEN tr__has_null(r) THEN NULL ELSE false END;
CREATE MACRO tr__all(r) AS CASE WHEN r IS NULL THEN NULL WHEN list_contains(r, false) THEN false WHEN tr__has_null(r) THEN NULL ELSE true END;
CREATE MACRO tr__none(r) AS NOT tr__any(r);

-- Maps.
CREATE MACRO tr__map_at(m, k) AS CASE WHEN m IS NULL OR k IS NULL THEN NULL WHEN map_contains(m, k) THEN m[k] ELSE error('The key is not in the map.') END;
CREATE MACRO tr__split_to_map(s, p, v) AS map_from_entries(list_transform(string_split(s, p), LAMBDA e: CASE WHEN len(string_split(e, v)) <> 2 THEN error('An entry is not one key and one value.') ELSE row(string_split(e, v)[1], string_split(e, v)[2]) END));

-- Dates.
CREATE MACRO tr__iso_date(d) AS strftime(d, '%Y-%m-%d');
CREATE MACRO tr__millisecond(t) AS CAST(date_part('millisecond', t) AS BIGINT) % 1000;
CREATE MACRO tr__twelve(t) AS CASE WHEN hour(t) = 12 THEN t - to_hours(12) ELSE t END;
CREATE MACRO tr__milli(t) AS make_timestamp((epoch_us(t) + 62135596800000000 + 500) // 1000 * 1000 - 62135596800000000);
