-- What bigquery means, in DuckDB. Names: bq__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

-- Casts of text.
CREATE MACRO bq__valid(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(trim(s, E' \t\n\r'), re) THEN trim(s, E' \t\n\r') ELSE error('Bad value: ' || s) END;
CREATE MACRO bq__try_valid(s, re) AS CASE WHEN regexp_full_match(trim(s, E' \t\n\r'), re) THEN trim(s, E' \t\n\r') END;
CREATE MACRO bq__str_bool(s) AS lower(bq__valid(s, '(?i)true|false')) = 'true';
CREATE MACRO bq__try_str_bool(s) AS lower(bq__try_valid(s, '(?i)true|false')) = 'true';
-- The text of numbers: 15 digits where they suffice, else 17; decimals without trailing zeros.
CREATE MACRO bq__dbl_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END WHEN CAST(printf('%.15g', x) AS DOUBLE) = x THEN printf('%.15g', x) ELSE printf('%.17g', x) END;
CREATE MACRO bq__dec_text(x) AS CASE WHEN contains(CAST(x AS VARCHAR), '.') THEN rtrim(rtrim(CAST(x AS VARCHAR), '0'), '.') ELSE CAST(x AS VARCHAR) END;

CREATE MACRO bq__timestamp_text(t) AS strftime(t, '%Y-%m-%d %H:%M:%S') || CASE WHEN epoch_us(t) % 1000000 = 0 THEN '' WHEN epoch_us(t) % 1000 = 0 THEN strftime(t, '.%g') ELSE strftime(t, '.%f') END || '+00';
CREATE MACRO bq__size(s, n) AS CASE WHEN length(s) > n THEN error('The text is longer than its type.') ELSE s END;
CREATE MACRO bq__try_size(s, n) AS CASE WHEN length(s) <= n THEN s END;

-- Numbers.
CREATE MACRO bq__or_nan(least, most) AS CASE WHEN isnan(most) THEN most ELSE least END;
CREATE MACRO bq__no_nan(x) AS CASE WHEN isnan(x) THEN CAST(error('A percentile of NaN has no counterpart.') AS DOUBLE) ELSE x END;
CREATE MACRO bq__ieee_divide(a, b) AS CASE WHEN b <> 0 THEN a / b WHEN b IS NULL OR a IS NULL THEN NULL WHEN a > 0 AND NOT isnan(CAST(a AS DOUBLE)) THEN CAST('inf' AS DOUBLE) WHEN a < 0 THEN CAST('-inf' AS DOUBLE) ELSE CAST('nan' AS DOUBLE) END;

-- Text.
CREATE MACRO bq__start(s, p) AS CASE WHEN p > 0 THEN p WHEN p = 0 THEN 1 ELSE greatest(length(s) + p + 1, 1) END;
CREATE MACRO bq__substr2(s, p) AS CASE WHEN s IS NOT NULL AND p IS NOT NULL THEN substring(s, bq__start(s, p)) END;
CREATE MACRO bq__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN n < 0 THEN error('The length of substr may not be negative.') ELSE substring(s, bq__start(s, p), n) END;
CREATE MACRO bq__left(s, n) AS CASE WHEN n < 0 THEN error('The length may not be negative.') ELSE left(s, n) END;
CREATE MACRO bq__right(s, n) AS CASE WHEN n < 0 THEN error('The length may not be negative.') ELSE right(s, n) END;
CREATE MACRO bq__upper(s) AS upper(replace(s, 'ß', 'SS'));
CREATE MACRO bq__initcap(s, d) AS array_to_string(list_transform(string_split(s, ''), LAMBDA c, i: CASE WHEN i = 1 OR contains(d, substring(s, i - 1, 1)) THEN upper(c) ELSE lower(c) END), '');
CREATE MACRO bq__regexp_extract(s, p, n) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, n) END;
CREATE MACRO bq__lpad(s, n, p) AS CASE WHEN n < 0 OR p = '' THEN error('The arguments of lpad are illegal.') ELSE lpad(s, n, p) END;
CREATE MACRO bq__rpad(s, n, p) AS CASE WHEN n < 0 OR p = '' THEN error('The arguments of rpad are illegal.') ELSE rpad(s, n, p) END;

CREATE MACRO bq__edit_distance(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN strlen(a) = length(a) AND strlen(b) = length(b) THEN levenshtein(a, b) ELSE error('edit_distance of text beyond ASCII is not supported.') END;

CREATE MACRO bq__at_most(d, n) AS CASE WHEN n < 0 THEN error('The greatest distance may not be negative.') WHEN d IS NOT NULL AND n IS NOT NULL THEN least(d, n) END;
CREATE MACRO bq__unicode(s) AS CASE WHEN s = '' THEN 0 ELSE unicode(s) END;
CREATE MACRO bq__split(s, d) AS CASE WHEN s IS NOT NULL AND d IS NOT NULL THEN string_split(s, d) END;
CREATE MACRO bq__bytes_text(b) AS CASE WHEN b IS NOT NULL AND try(decode(b)) IS NULL THEN error('Bytes that are no UTF-8 are not verified.') ELSE try(decode(b)) END;

-- Dates: weeks start on a Sunday; {Q} and {e} stand for what strftime does not have.
CREATE MACRO bq__sunday(d) AS CAST(d AS DATE) - CAST(dayofweek(d) AS INTEGER);
CREATE MACRO bq__monday(d) AS CAST(d AS DATE) - CAST(isodow(d) - 1 AS INTEGER);
CREATE MACRO bq__strftime(t, f) AS replace(replace(strftime(t, f), '{Q}', CAST(quarter(t) AS VARCHAR)), '{e}', lpad(CAST(day(t) AS VARCHAR), 2, ' '));
CREATE MACRO bq__micros(a, b) AS epoch_us(CAST(b AS TIMESTAMP)) - epoch_us(CAST(a AS TIMESTAMP));

-- Lists.
CREATE MACRO bq__offset(a, i) AS CASE WHEN a IS NULL OR i IS NULL THEN NULL WHEN i < 0 OR i >= len(a) THEN error('Array index ' || i || ' is out of bounds.') ELSE a[i + 1] END;
CREATE MACRO bq__safe_offset(a, i) AS CASE WHEN i >= 0 THEN a[i + 1] END;

-- Series: each element is counted from the start.
CREATE MACRO bq__boundaries(a, b) AS (year(b) - year(a)) * 12 + month(b) - month(a);
CREATE MACRO bq__months_from(a, b, n) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_filter(list_transform(range(greatest(bq__boundaries(a, b) // n + 1, 0)), LAMBDA i: a + to_months(CAST(i * n AS INTEGER))), LAMBDA t: t <= b) END;
CREATE MACRO bq__seconds_from(a, b, n) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_transform(CASE WHEN b >= a THEN range((epoch_us(b) - epoch_us(a)) // (CAST(n AS BIGINT) * 1000000) + 1) ELSE range(0) END, LAMBDA i: a + to_seconds(i * n)) END;
CREATE MACRO bq__series(a, b, n) AS CASE WHEN n = 0 THEN error('The step may not be 0.') WHEN (b - a) / n < 0 THEN list_filter([a], LAMBDA x: false) ELSE list_transform(range(CAST(floor((b - a) / n) AS BIGINT) + 1), LAMBDA i: a + i * n) END;
CREATE MACRO bq__array(a) AS coalesce(bq__no_nulls(a), []);
CREATE MACRO bq__any_int(x) AS CASE
  WHEN typeof(x) = 'VARCHAR' THEN CAST(bq__valid(CAST(x AS VARCHAR), '[+-]?[0-9]+') AS BIGINT)
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
  WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(round(TRY_CAST(x AS DECIMAL(38, 9))) AS BIGINT) ELSE CAST(x AS BIGINT) END;
CREATE MACRO bq__try_any_int(x) AS CASE
  WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(bq__try_valid(CAST(x AS VARCHAR), '[+-]?[0-9]+') AS BIGINT)
  WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN TRY_CAST(round(TRY_CAST(x AS DOUBLE)) AS BIGINT)
  WHEN typeof(x) LIKE 'DECIMAL%' THEN TRY_CAST(round(TRY_CAST(x AS DECIMAL(38, 9))) AS BIGINT)
  ELSE TRY_CAST(x AS BIGINT) END;
CREATE MACRO bq__int_series(a, b, n) AS CASE WHEN n = 0 THEN error('The step may not be 0.') ELSE generate_series(a, b, n) END;
CREATE MACRO bq__no_nulls(a) AS CASE WHEN len(list_filter(a, LAMBDA x: x IS NULL)) > 0 THEN error('An array of the result holds a NULL, which is an error: use IGNORE NULLS.') ELSE a END;
CREATE MACRO bq__json_array(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN list_transform(CAST(j AS JSON[]), LAMBDA e: CAST(e AS VARCHAR)) END;
CREATE MACRO bq__json_values(j) AS CASE WHEN json_type(j) <> 'ARRAY' OR len(list_filter(CAST(j AS JSON[]), LAMBDA e: json_type(e) IN ('OBJECT', 'ARRAY', 'DOUBLE'))) > 0 THEN CASE WHEN len(list_filter(CAST(j AS JSON[]), LAMBDA e: json_type(e) = 'DOUBLE')) > 0 THEN error('This text of a JSON number is not verified.') END ELSE list_transform(CAST(j AS JSON[]), LAMBDA e: e ->> '$') END;
CREATE MACRO bq__range_bucket(x, a) AS CASE WHEN x IS NULL OR a IS NULL THEN NULL ELSE len(list_filter(a, LAMBDA b: b <= x)) END;
CREATE MACRO bq__places(s, x) AS list_filter(range(1, length(s) + 1), LAMBDA i: substring(s, i, length(x)) = x);
CREATE MACRO bq__instr(s, x, p, n) AS CASE WHEN s IS NULL OR x IS NULL THEN NULL WHEN p > 0 THEN coalesce(list_filter(bq__places(s, x), LAMBDA i: i >= p)[n], 0) ELSE coalesce(list_reverse(list_filter(bq__places(s, x), LAMBDA i: i <= length(s) + p + 1))[n], 0) END;
CREATE MACRO bq__regexp_instr(s, p) AS CASE WHEN regexp_matches(s, p) THEN length(regexp_extract(s, '(?s:^(.*?))(?:' || p || ')', 1)) + 1 WHEN s IS NOT NULL THEN 0 END;
CREATE MACRO bq__datetime_text(t) AS CASE WHEN date_part('microseconds', t) % 1000000 <> 0 THEN error('The text of fractions of a second is not verified.') ELSE strftime(t, '%Y-%m-%d %H:%M:%S') END;
CREATE MACRO bq__isoyear(d) AS CAST(date_trunc('week', make_date(CAST(isoyear(d) AS INTEGER), 1, 4)) AS DATE);
CREATE MACRO bq__json_query(j) AS CASE WHEN json_type(j) <> 'NULL' THEN j END;
CREATE MACRO bq__json_bool(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'BOOLEAN' THEN CAST(j AS BOOLEAN) ELSE CAST(error('This JSON value is no boolean.') AS BOOLEAN) END;
CREATE MACRO bq__json_ints(x) AS CASE WHEN x IS NULL THEN 'null' WHEN regexp_matches(CAST(to_json(x) AS VARCHAR), '[0-9]{16}') THEN error('The JSON text of a number of 16 digits is not verified.') ELSE CAST(to_json(x) AS VARCHAR) END;
CREATE MACRO bq__json_nested(x) AS CASE WHEN x IS NULL THEN 'null' WHEN regexp_matches(CAST(to_json(x) AS VARCHAR), '[<>&]|[^ -~]|[\\]u|[0-9]{16}') THEN error('The JSON text of such characters or of a number of 16 digits is not verified.') ELSE CAST(to_json(x) AS VARCHAR) END;
CREATE MACRO bq__json_texts(x) AS CASE WHEN x IS NULL THEN 'null' WHEN regexp_matches(CAST(to_json(x) AS VARCHAR), '[<>&]|[^ -~]|[\\]u') THEN error('The JSON text of such characters is not verified.') ELSE CAST(to_json(x) AS VARCHAR) END;

-- Values of JSON: the lax ones are NULL of what does not convert.
CREATE MACRO bq__lax_text(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE', 'VARCHAR') AND regexp_full_match(j ->> '$', '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?') THEN j ->> '$' END;
CREATE MACRO bq__lax_int(j, a, b) AS CASE WHEN json_type(j) = 'BOOLEAN' THEN CAST(CAST(j AS BOOLEAN) AS INTEGER) WHEN TRY_CAST(bq__lax_text(j) AS DECIMAL(38, 9)) IS NOT NULL AND round(TRY_CAST(bq__lax_text(j) AS DECIMAL(38, 9))) BETWEEN a AND b THEN round(TRY_CAST(bq__lax_text(j) AS DECIMAL(38, 9))) END;
CREATE MACRO bq__lax_double(j) AS CASE WHEN json_type(j) = 'VARCHAR' AND regexp_full_match(j ->> '$', '(?i)nan|[+-]?inf(inity)?') THEN TRY_CAST(ltrim(j ->> '$', '+') AS DOUBLE) ELSE TRY_CAST(bq__lax_text(j) AS DOUBLE) END;
CREATE MACRO bq__lax_float(j) AS TRY_CAST(TRY_CAST(bq__lax_double(j) AS FLOAT) AS DOUBLE);
CREATE MACRO bq__lax_bool(j) AS CASE WHEN json_type(j) = 'BOOLEAN' THEN CAST(j AS BOOLEAN) WHEN json_type(j) = 'VARCHAR' THEN CASE lower(j ->> '$') WHEN 'true' THEN true WHEN 'false' THEN false END ELSE TRY_CAST(bq__lax_text(j) AS DOUBLE) <> 0 END;
CREATE MACRO bq__lax_string(j) AS CASE WHEN json_type(j) = 'DOUBLE' THEN bq__dbl_text(CAST(j AS DOUBLE)) WHEN json_type(j) NOT IN ('NULL', 'OBJECT', 'ARRAY') THEN j ->> '$' END;
CREATE MACRO bq__elements(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN CAST(j AS JSON[]) END;
CREATE MACRO bq__lax_ints(j, a, b) AS list_transform(bq__elements(j), LAMBDA e: bq__lax_int(e, a, b));
CREATE MACRO bq__lax_doubles(j) AS list_transform(bq__elements(j), LAMBDA e: bq__lax_double(e));
CREATE MACRO bq__lax_floats(j) AS list_transform(bq__elements(j), LAMBDA e: bq__lax_float(e));
CREATE MACRO bq__lax_bools(j) AS list_transform(bq__elements(j), LAMBDA e: bq__lax_bool(e));
CREATE MACRO bq__lax_strings(j) AS list_transform(bq__elements(j), LAMBDA e: bq__lax_string(e));
-- Those that raise.
CREATE MACRO bq__all_elements(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'ARRAY' THEN CAST(j AS JSON[]) ELSE CAST(error('This JSON value is no array.') AS JSON[]) END;
CREATE MACRO bq__whole(j, a, b) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'DOUBLE') AND CAST(j AS DOUBLE) = round(CAST(j AS DOUBLE)) AND bq__lax_int(j, a, b) IS NOT NULL THEN bq__lax_int(j, a, b) ELSE CAST(error('This JSON value is no whole number of its type.') AS BIGINT) END;
CREATE MACRO bq__wholes(j, a, b) AS list_transform(bq__all_elements(j), LAMBDA e: bq__whole(e, a, b));
CREATE MACRO bq__json_bools(j) AS list_transform(bq__all_elements(j), LAMBDA e: bq__json_bool(e));
CREATE MACRO bq__json_exact_double(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'HUGEINT') AND CAST(CAST(j AS DOUBLE) AS HUGEINT) <> CAST(j AS HUGEINT) THEN CAST(error('This JSON number has more digits than FLOAT64 holds.') AS DOUBLE) ELSE bq__json_double(j) END;
CREATE MACRO bq__is_wide(s) AS length(ltrim(regexp_replace(s, '[eE].*|[-.]', '', 'g'), '0')) > 15 AND NOT coalesce(TRY_CAST(regexp_extract(s, '^-?[0-9]+$') AS HUGEINT) BETWEEN -9223372036854775808 AND 18446744073709551615, false);
CREATE MACRO bq__parse_json(s) AS CASE WHEN len(list_filter(regexp_extract_all(regexp_replace(s, '"([^"\\]|\\.)*"', '""', 'g'), '-?[0-9][0-9.]{15,}([eE][-+]?[0-9]+)?'), LAMBDA n: bq__is_wide(n))) > 0 THEN CAST(error('A number of this JSON has more digits than FLOAT64 holds.') AS JSON) ELSE CAST(s AS JSON) END;
CREATE MACRO bq__json_double(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE') THEN CAST(j AS DOUBLE) ELSE CAST(error('This JSON value is no number.') AS DOUBLE) END;
CREATE MACRO bq__json_string(j) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(j) = 'VARCHAR' THEN j ->> '$' ELSE error('This JSON value is no string.') END;
CREATE MACRO bq__json_strings(j) AS list_transform(bq__all_elements(j), LAMBDA e: bq__json_string(e));
CREATE MACRO bq__json_type(j) AS CASE json_type(j) WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' ELSE CASE WHEN j IS NOT NULL THEN 'number' END END;

-- Arrays.
CREATE MACRO bq__slice(a, f, t) AS CASE WHEN a IS NOT NULL AND f IS NOT NULL AND t IS NOT NULL THEN list_slice(a, greatest(CASE WHEN f < 0 THEN f + len(a) ELSE f END, 0) + 1, greatest(CASE WHEN t < 0 THEN t + len(a) ELSE t END + 1, 0)) END;
CREATE MACRO bq__is_distinct(a) AS CASE WHEN a IS NOT NULL THEN list_unique(a) + CASE WHEN len(list_filter(a, LAMBDA e: e IS NULL)) > 0 THEN 1 ELSE 0 END = len(a) END;
CREATE MACRO bq__of_code_points(a) AS CASE WHEN a IS NULL OR len(list_filter(a, LAMBDA e: e IS NULL)) > 0 THEN NULL ELSE array_to_string(list_transform(a, LAMBDA e: CASE WHEN e = 0 THEN error('A text with NUL is not verified.') ELSE chr(CAST(e AS INTEGER)) END), '') END;
CREATE MACRO bq__code_points(s) AS CASE WHEN s = '' THEN CAST([] AS BIGINT[]) ELSE list_transform(string_split(s, ''), LAMBDA c: CAST(CASE WHEN length(c) = 1 AND chr(unicode(c)) = c THEN unicode(c) ELSE CAST(error('Combined characters are not verified.') AS INTEGER) END AS BIGINT)) END;
CREATE MACRO bq__bytes(b) AS list_transform(range(octet_length(b)), LAMBDA i: CAST('0x' || substring(hex(b), CAST(2 * i + 1 AS BIGINT), 2) AS BIGINT));
-- Mathematics.
CREATE MACRO bq__finite(y, x) AS CASE WHEN isinf(y) AND NOT isinf(CAST(x AS DOUBLE)) THEN CAST(error('A FLOAT64 overflows.') AS DOUBLE) ELSE y END;
CREATE MACRO bq__cosh(x) AS bq__finite(cosh(x), x);
CREATE MACRO bq__sinh(x) AS bq__finite(sinh(x), x);
CREATE MACRO bq__cot(x) AS 1e0 / tan(x);
CREATE MACRO bq__coth(x) AS 1e0 / tanh(x);
CREATE MACRO bq__csc(x) AS 1e0 / sin(x);
CREATE MACRO bq__csch(x) AS CASE WHEN abs(x) > 710 THEN 0e0 * sign(x) ELSE 1e0 / sinh(x) END;
CREATE MACRO bq__sec(x) AS 1e0 / cos(x);
CREATE MACRO bq__sech(x) AS CASE WHEN abs(x) > 710 THEN 0e0 ELSE 1e0 / cosh(x) END;
CREATE MACRO bq__acosh(x) AS CASE WHEN x < 1 THEN CAST(error('acosh is defined from 1 on.') AS DOUBLE) ELSE acosh(x) END;
CREATE MACRO bq__atanh(x) AS CASE WHEN abs(x) >= 1 THEN CAST(error('atanh is defined between -1 and 1.') AS DOUBLE) ELSE atanh(x) END;
CREATE MACRO bq__divide(a, b) AS bq__finite(a / b, CASE WHEN isinf(CAST(a AS DOUBLE)) THEN a ELSE 0 END);
CREATE MACRO bq__parse_numeric(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '\s*([+-]?\s*([0-9][0-9,]*[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?|([0-9][0-9,]*[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\s*[+-])\s*') THEN CAST(CASE WHEN regexp_matches(s, '-\s*$|^\s*-') THEN '-' ELSE '' END || regexp_replace(regexp_replace(s, '^\s*[+-]|[+-]\s*$', '', 'g'), '[\s,]', '', 'g') AS DECIMAL(38, 9)) ELSE CAST(error('This text is no NUMERIC.') AS DECIMAL(38, 9)) END;
CREATE MACRO bq__second_of_day(t) AS lpad(CAST(hour(t) * 3600 + minute(t) * 60 + second(t) AS VARCHAR), 5, '0');
CREATE MACRO bq__number_or(a, b) AS CASE WHEN isnan(a) THEN b ELSE a END;
