-- ClickHouse on DuckDB: https://clickhouse.com/docs/sql-reference
-- uses: common 1

SET TimeZone = 'UTC';
SET ieee_floating_point_ops = true;

-- Numbers
CREATE MACRO ch__raw(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN error('a decimal is a float here: use toFloat64')
  ELSE CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT) END;
CREATE MACRO ch__divide(a, b, shift, unit) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE
  CAST((ch__raw(a) * CAST(shift AS HUGEINT)) // ch__raw(b) AS DECIMAL(38,0)) * unit END;
CREATE MACRO ch__intdiv(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a // b END;
CREATE MACRO ch__intdiv_by(a, b) AS a // b;
CREATE MACRO ch__intdiv_of(a, b) AS CASE WHEN b = 0 THEN error('Division by zero')
  ELSE CAST(trunc(CAST(a AS DOUBLE) / CAST(b AS DOUBLE)) AS BIGINT) END;
CREATE MACRO ch__intdiv_zero(a, b) AS CASE WHEN a IS NULL THEN NULL WHEN b = 0 THEN 0 ELSE a // b END;
CREATE MACRO ch__intdiv_zero_of(a, b) AS CASE WHEN a IS NULL THEN NULL WHEN b = 0 THEN 0 ELSE CAST(trunc(CAST(a AS DOUBLE) / CAST(b AS DOUBLE)) AS BIGINT) END;
CREATE MACRO ch__gcd(a, b) AS CASE WHEN coalesce(a, 0) = 0 OR coalesce(b, 0) = 0 THEN error('Division by zero') ELSE gcd(a, b) END;
CREATE MACRO ch__lcm(a, b) AS CASE WHEN coalesce(a, 0) = 0 OR coalesce(b, 0) = 0 THEN error('Division by zero') ELSE lcm(a, b) END;
CREATE MACRO ch__exp2(x) AS power(2::DOUBLE, x);
CREATE MACRO ch__exp10(x) AS power(10::DOUBLE, x);
CREATE MACRO ch__log1p(x) AS CASE WHEN x IS NULL THEN NULL WHEN x < -1 THEN 'nan'::DOUBLE WHEN x = -1 THEN '-inf'::DOUBLE ELSE ln(1 + x::DOUBLE) END;
CREATE MACRO ch__sigmoid(x) AS 1 / (1 + exp(-CAST(x AS DOUBLE)));
CREATE MACRO ch__hypot(x, y) AS sqrt(x::DOUBLE * x::DOUBLE + y::DOUBLE * y::DOUBLE);
CREATE MACRO ch__mod(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a % b END;
CREATE MACRO ch__mod_zero(a, b) AS CASE WHEN a IS NULL THEN NULL WHEN b = 0 THEN 0 ELSE a % b END;
CREATE MACRO ch__pmod(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE ((a % b) + abs(b)) % abs(b) END;
CREATE MACRO ch__div_null(a, b) AS CASE WHEN b <> 0 THEN a / b END;
CREATE MACRO ch__round(x, n) AS round_even(x * power(10::DOUBLE, n), 0) / power(10::DOUBLE, n);
CREATE MACRO ch__round_any(x, n) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN ch__round(x, n) ELSE round(x, n) END;
CREATE MACRO ch__bankers(x, n) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN ch__round(x, n) ELSE round_even(x, n) END;
CREATE MACRO ch__trunc(x, n) AS trunc(x * power(10::DOUBLE, n)) / power(10::DOUBLE, n);
CREATE MACRO ch__floor(x, n) AS floor(x * power(10::DOUBLE, n)) / power(10::DOUBLE, n);
CREATE MACRO ch__ceil(x, n) AS ceil(x * power(10::DOUBLE, n)) / power(10::DOUBLE, n);
CREATE MACRO ch__and(a, b) AS a & b;
CREATE MACRO ch__or(a, b) AS a | b;
CREATE MACRO ch__xor(a, b) AS xor(a, b);
CREATE MACRO ch__steps(b) AS CASE WHEN b < 0 THEN error('a shift by a negative number') ELSE b END;
CREATE MACRO ch__right(a, b) AS a >> ch__steps(b);
CREATE MACRO ch__unsigned(x, m) AS CAST(((x % CAST(m AS HUGEINT)) + CAST(m AS HUGEINT)) % CAST(m AS HUGEINT) AS BIGINT);
CREATE MACRO ch__signed(x, m, h) AS CAST((((x + CAST(h AS HUGEINT)) % CAST(m AS HUGEINT)) + CAST(m AS HUGEINT))
  % CAST(m AS HUGEINT) - CAST(h AS HUGEINT) AS BIGINT);
CREATE MACRO ch__within(x, h) AS CASE WHEN x < -h OR x >= h THEN error('a number beyond its type') ELSE x END;
CREATE MACRO ch__uint64(x) AS CASE WHEN x < 0 THEN error('a negative number as UInt64') ELSE x END;
CREATE MACRO ch__left(a, b, m) AS ch__unsigned(CAST(a AS HUGEINT) * CAST(power(2, ch__steps(b)) AS HUGEINT), m);
CREATE MACRO ch__left_signed(a, b, m) AS ch__signed(CAST(a AS HUGEINT) * CAST(power(2, ch__steps(b)) AS HUGEINT), m, CAST(m AS HUGEINT) // 2);
CREATE MACRO ch__bit_test(a, b) AS (a >> b) & 1;
CREATE MACRO ch__bit_distance(a, b) AS bit_count(xor(CAST(a AS BIGINT), CAST(b AS BIGINT)));
CREATE MACRO ch__bit_places(x, bits) AS CASE WHEN x IS NULL THEN NULL WHEN x < 0 AND bits = 0 THEN error('the bits of a negative number depend on its width')
  ELSE list_filter(range(0, 64), lambda i: (CAST(CASE WHEN x < 0 THEN CAST(x AS HUGEINT) + (CAST(1 AS HUGEINT) << CAST(bits AS INTEGER)) ELSE x END AS HUGEINT) >> CAST(i AS INTEGER)) & 1 = 1) END;
CREATE MACRO ch__bits_of(x, bits) AS list_transform(ch__bit_places(x, bits), lambda i: CASE WHEN x < 0 AND i = bits - 1 THEN -1 ELSE 1 END * (CAST(1 AS HUGEINT) << CAST(i AS INTEGER)));
CREATE MACRO ch__power_of_2(x) AS CASE WHEN x BETWEEN 0 AND 62 THEN CAST(1 AS BIGINT) << CAST(x AS BIGINT) WHEN x IS NULL THEN NULL ELSE error('intExp2 beyond 62') END;
CREATE MACRO ch__bit_count(x) AS CASE WHEN x < 0 THEN error('bitCount of a negative number depends on its width')
  ELSE CAST(bit_count(x) AS BIGINT) END;
CREATE MACRO ch__hex(x) AS CASE WHEN x < 0 THEN error('hex of a negative number depends on its width')
  ELSE CASE WHEN length(hex(x)) % 2 = 1 THEN '0' || hex(x) ELSE hex(x) END END;
CREATE MACRO ch__bin(x) AS CASE WHEN x < 0 THEN error('bin of a negative number depends on its width')
  ELSE lpad(bin(x), CAST(ceil(length(bin(x)) / 8) AS INTEGER) * 8, '0') END;
CREATE MACRO ch__bucket(x, a, b, n) AS CASE WHEN x < a THEN 0 WHEN x >= b THEN n + 1
  ELSE CAST(floor((x - a) * n / (b - a)) AS BIGINT) + 1 END;
CREATE MACRO ch__cut(x, n) AS CAST(regexp_extract(CAST(x AS VARCHAR), '^-?[0-9]*[.]?[0-9]{0,' || n || '}') AS DECIMAL(38,18));

-- NaN and NULL
CREATE MACRO ch__nan(x) AS CASE WHEN x IS NULL THEN NULL ELSE isnan(CAST(x AS DOUBLE)) END;
CREATE MACRO ch__any_nan(a, b) AS isnan(CAST(a AS DOUBLE)) OR isnan(CAST(b AS DOUBLE));
CREATE MACRO ch__eq(a, b) AS a = b AND NOT ch__any_nan(a, b);
CREATE MACRO ch__ne(a, b) AS a <> b OR ch__any_nan(a, b);
CREATE MACRO ch__lt(a, b) AS a < b AND NOT ch__any_nan(a, b);
CREATE MACRO ch__le(a, b) AS a <= b AND NOT ch__any_nan(a, b);
CREATE MACRO ch__gt(a, b) AS a > b AND NOT ch__any_nan(a, b);
CREATE MACRO ch__ge(a, b) AS a >= b AND NOT ch__any_nan(a, b);
CREATE MACRO ch__no_nan(x) AS CASE WHEN isnan(CAST(x AS DOUBLE)) THEN error('the least or greatest of NaN') ELSE x END;
CREATE MACRO ch__not_distinct(a, b) AS CASE WHEN isnan(CAST(a AS DOUBLE)) AND isnan(CAST(b AS DOUBLE)) THEN error('whether NaN is distinct from NaN goes by whether the column is Nullable') ELSE a IS NOT DISTINCT FROM b END;
CREATE MACRO ch__finite(x) AS isfinite(CAST(x AS DOUBLE));
CREATE MACRO ch__if_finite(x, y) AS CASE WHEN isfinite(CAST(x AS DOUBLE)) THEN x ELSE y END;
CREATE MACRO ch__is_null(x) AS CASE WHEN x IS NULL THEN 1 ELSE 0 END;
CREATE MACRO ch__is_not_null(x) AS CASE WHEN x IS NULL THEN 0 ELSE 1 END;
CREATE MACRO ch__one(x) AS CASE WHEN x IS NOT NULL THEN 1 END;
CREATE MACRO ch__zero_or_null(x) AS x IS NULL OR x = 0;
CREATE MACRO ch__not_null(x) AS CASE WHEN x IS NULL THEN error('a cast to a type that is not Nullable meets NULL') ELSE x END;
CREATE MACRO ch__assume(x) AS CASE WHEN x IS NULL THEN error('assumeNotNull meets a NULL') ELSE x END;
CREATE MACRO ch__default(x, rows, d) AS CASE WHEN rows = 0 THEN d ELSE x END;
CREATE MACRO ch__of_rows(x, rows, proven) AS CASE WHEN rows = 0 AND NOT proven THEN
  error('of no rows ClickHouse gives a default or NULL, by whether the column is Nullable') ELSE x END;
-- Of an hour that the clocks show twice the first
CREATE MACRO ch__moment_in(x, zone) AS timezone('UTC', CASE
  WHEN timezone(zone, timezone(zone, CAST(x AS TIMESTAMP)) - to_hours(1)) = CAST(x AS TIMESTAMP) THEN timezone(zone, CAST(x AS TIMESTAMP)) - to_hours(1)
  ELSE timezone(zone, CAST(x AS TIMESTAMP)) END);
CREATE MACRO ch__subtotal(x, total, proven) AS CASE WHEN total AND NOT proven THEN
  error('in a subtotal ClickHouse gives a default or NULL, by whether the column is Nullable') ELSE x END;
CREATE MACRO ch__no_nulls_in_fill(x, nulls) AS CASE WHEN nulls > 0 THEN error('WITH FILL meets NULL') ELSE x END;
CREATE MACRO ch__steps_between(a, b, step) AS range(a, b, step);
CREATE MACRO ch__filled_with(d, proven) AS CASE WHEN proven THEN NULL ELSE d END;
CREATE MACRO ch__matched(x, found, proven) AS CASE WHEN found IS NULL AND NOT proven THEN
  error('where nothing matches ClickHouse gives a default or NULL, by whether the column is Nullable') ELSE x END;

-- Conversions
CREATE MACRO ch__whole(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT)
  WHEN typeof(x) LIKE 'DECIMAL%' THEN CAST(trunc(TRY_CAST(x AS DECIMAL(38,10))) AS BIGINT)
  WHEN typeof(x) LIKE '%INT%' OR typeof(x) = 'BOOLEAN' THEN TRY_CAST(x AS BIGINT)
  ELSE error('the type of a value to convert is not known: name it in a CTE with a CAST') END;
CREATE MACRO ch__int_null(s, low, high) AS CASE WHEN regexp_full_match(s, '[+-]?[0-9]+')
  AND TRY_CAST(s AS HUGEINT) BETWEEN low AND high THEN TRY_CAST(s AS BIGINT) END;
CREATE MACRO ch__int_of(s, low, high, proven) AS CASE WHEN s IS NULL OR regexp_full_match(s, '[+-]?[0-9]+') AND
  TRY_CAST(s AS HUGEINT) BETWEEN low AND high THEN TRY_CAST(s AS BIGINT) WHEN proven AND NOT regexp_full_match(s, '[+-]?[0-9]+')
  THEN NULL ELSE error('a text is not an integer') END;
CREATE MACRO ch__is_float(s) AS regexp_full_match(s, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|nan)');
CREATE MACRO ch__float_null(s) AS CASE WHEN ch__is_float(s) THEN TRY_CAST(s AS DOUBLE) END;
CREATE MACRO ch__float_of(s, proven) AS CASE WHEN s IS NULL THEN NULL WHEN ch__is_float(s) THEN TRY_CAST(s AS DOUBLE)
  WHEN proven THEN NULL ELSE error('a text is not a number') END;
CREATE MACRO ch__float_text(s, proven) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[+-]?[0-9]+(\.[0-9]*)?') THEN s
  WHEN proven THEN NULL ELSE error('a text is not a number') END;
CREATE MACRO ch__decimal_null(s, n) AS CASE WHEN regexp_full_match(s, '[+-]?[0-9.]+[eE][+-]?[0-9]+') THEN
  error('a decimal out of a text with an exponent is not supported') WHEN regexp_full_match(s, '[+-]?[0-9]+(\.[0-9]*)?') THEN
  ch__cut(TRY_CAST(s AS DECIMAL(38,18)), n) END;
CREATE MACRO ch__or_zero(s, x, d) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(x, d) END;
CREATE MACRO ch__days(d) AS date_diff('day', DATE '1970-01-01', CAST(d AS DATE));
CREATE MACRO ch__seconds_cut(t) AS CAST(trunc(epoch(CAST(t AS TIMESTAMP))) AS BIGINT);
CREATE MACRO ch__seconds(t) AS CAST(floor(epoch(CAST(t AS TIMESTAMP))) AS BIGINT);
CREATE MACRO ch__date_of(s, proven) AS CASE WHEN s IS NULL THEN NULL
  WHEN regexp_matches(s, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}($|[ T])') AND TRY_CAST(left(s, 10) AS DATE) IS NOT NULL THEN TRY_CAST(left(s, 10) AS DATE)
  WHEN proven AND NOT regexp_matches(s, '^[0-9]{4}') THEN NULL ELSE error('a text is not a date') END;
CREATE MACRO ch__date_null(s) AS CASE WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN TRY_CAST(s AS DATE) END;
CREATE MACRO ch__date_of_int(x) AS CASE WHEN x < 0 THEN DATE '1970-01-01' WHEN x BETWEEN 0 AND 65535 THEN DATE '1970-01-01' + CAST(x AS INTEGER)
  ELSE CAST(make_timestamp(CAST(x AS BIGINT) * 1000000) AS DATE) END;
CREATE MACRO ch__moment_of(s, proven) AS CASE WHEN s IS NULL THEN NULL
  WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2})?') AND TRY_CAST(s AS TIMESTAMP) IS NOT NULL
  THEN TRY_CAST(s AS TIMESTAMP) WHEN proven AND NOT regexp_matches(s, '^[0-9]{4}') THEN NULL ELSE error('a text is not a moment') END;
CREATE MACRO ch__moment_null(s) AS CASE WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2})?')
  THEN TRY_CAST(s AS TIMESTAMP) END;
CREATE MACRO ch__moment_best(s) AS CASE WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?Z?)?')
  THEN TRY_CAST(replace(replace(s, 'Z', ''), 'T', ' ') AS TIMESTAMP)
  WHEN regexp_full_match(s, '[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}( [0-9]{2}:[0-9]{2}(:[0-9]{2})?)?')
  THEN try_strptime(s, ['%d %b %Y %H:%M:%S', '%d %b %Y %H:%M', '%d %b %Y']) END;
CREATE MACRO ch__moment_of_int(x) AS CASE WHEN x < 0 THEN TIMESTAMP '1970-01-01'
  WHEN x > 4294967295 THEN error('beyond the last DateTime') ELSE make_timestamp(CAST(x AS BIGINT) * 1000000) END;
CREATE MACRO ch__fine_moment_of_int(x) AS CASE WHEN x < -2208988800 OR x > 10413791999 THEN error('beyond the first or the last DateTime64') ELSE make_timestamp(CAST(x AS BIGINT) * 1000000) END;
CREATE MACRO ch__exponent(t) AS CAST(regexp_extract(t, 'e[+-]([0-9]+)', 1) AS INTEGER);
CREATE MACRO ch__digits_of(t) AS replace(regexp_extract(t, '^-?([0-9.]+)e', 1), '.', '');
CREATE MACRO ch__text(x) AS CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
  WHEN abs(x) >= 1e21::DOUBLE OR (x <> 0 AND abs(x) < 1e-6::DOUBLE)
  THEN regexp_replace(replace(CAST(x AS VARCHAR), 'e+', 'e'), 'e(-?)0', 'e\1')
  WHEN contains(CAST(x AS VARCHAR), 'e+') THEN CASE WHEN x < 0 THEN '-' ELSE '' END
    || rpad(ch__digits_of(CAST(x AS VARCHAR)), ch__exponent(CAST(x AS VARCHAR)) + 1, '0')
  WHEN contains(CAST(x AS VARCHAR), 'e-') THEN CASE WHEN x < 0 THEN '-' ELSE '' END
    || '0.' || repeat('0', ch__exponent(CAST(x AS VARCHAR)) - 1) || ch__digits_of(CAST(x AS VARCHAR))
  ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END;
CREATE MACRO ch__decimal(s) AS CASE WHEN contains(s, '.') THEN rtrim(rtrim(s, '0'), '.') ELSE s END;
CREATE MACRO ch__quoted(s) AS '''' || replace(replace(replace(replace(replace(replace(replace(replace(s, '\', '\\'), '''', '\'''), chr(10), '\n'), chr(9), '\t'), chr(13), '\r'), chr(8), '\b'), chr(12), '\f'), chr(0), '\0') || '''';
CREATE MACRO ch__list_text(l) AS '[' || array_to_string(l, ',') || ']';
CREATE MACRO ch__any_text(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN ch__text(TRY_CAST(x AS DOUBLE))
  WHEN typeof(x) LIKE 'DECIMAL%' THEN ch__decimal(CAST(x AS VARCHAR))
  WHEN regexp_full_match(typeof(x), 'U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?(_LITERAL)?') OR typeof(x) IN ('VARCHAR', 'DATE', '"NULL"') THEN CAST(x AS VARCHAR)
  ELSE error('the text of a value of a type that is not known: name it in a CTE with a CAST') END;

-- Aggregates
CREATE MACRO ch__map_keys_of(ps) AS list_sort(list_distinct(list_transform(flatten(list(ps)), lambda p: CASE WHEN p[1] IS NULL THEN error('a key of sumMap that is NULL') ELSE p[1] END)));
CREATE MACRO ch__map_values_of(ps, k) AS list_transform(list_filter(flatten(list(ps)), lambda p: p[1] = k), lambda p: p[2]);
CREATE MACRO ch__columns_of(ps) AS {'1': coalesce(list_transform(ps, lambda p: p.k), []), '2': coalesce(list_transform(ps, lambda p: p.v), [])};
CREATE MACRO ch__known(x) AS CASE WHEN x IS NULL THEN error('minMap or maxMap of NULLs alone') ELSE x END;
CREATE MACRO ch__map_sums(ps) AS list_transform(ch__map_keys_of(ps), lambda k: {'k': k, 'v': coalesce(list_sum(ch__map_values_of(ps, k)), 0)});
CREATE MACRO ch__map_mins(ps) AS list_transform(ch__map_keys_of(ps), lambda k: {'k': k, 'v': ch__known(list_min(ch__map_values_of(ps, k)))});
CREATE MACRO ch__map_maxs(ps) AS list_transform(ch__map_keys_of(ps), lambda k: {'k': k, 'v': ch__known(list_max(ch__map_values_of(ps, k)))});
CREATE MACRO ch__sum_map(ps) AS ch__columns_of(list_filter(ch__map_sums(ps), lambda p: p.v <> 0));
-- Of Nullable values a sum of 0 is kept, and what has no value is not
CREATE MACRO ch__sum_map_nullable(ps) AS ch__columns_of(list_filter(list_transform(ch__map_keys_of(ps), lambda k: {'k': k, 'v': list_sum(ch__map_values_of(ps, k))}), lambda p: p.v IS NOT NULL));
CREATE MACRO ch__sum_map_unknown(ps) AS ch__columns_of(list_transform(ch__map_sums(ps), lambda p: CASE WHEN p.v = 0 THEN error('sumMap keeps a sum of 0 of Nullable values only') ELSE p END));
CREATE MACRO ch__min_map(ps) AS ch__columns_of(ch__map_mins(ps));
CREATE MACRO ch__max_map(ps) AS ch__columns_of(ch__map_maxs(ps));
CREATE MACRO ch__delta_sum(x) AS coalesce(list_sum(list_transform(range(2, len(list(x) FILTER (x IS NOT NULL)) + 1),
  lambda i: greatest(list_extract(list(x) FILTER (x IS NOT NULL), i) - list_extract(list(x) FILTER (x IS NOT NULL), i - 1), 0))), 0);
CREATE MACRO ch__sum_count(x) AS {'1': coalesce(sum(x), 0), '2': count(x)};
CREATE MACRO ch__max(x) AS coalesce(max(x) FILTER (NOT isnan(x)), max(x));
CREATE MACRO ch__min(x) AS coalesce(min(x) FILTER (NOT isnan(x)), min(x));
CREATE MACRO ch__group_array(x) AS coalesce(list(x) FILTER (x IS NOT NULL), []);
CREATE MACRO ch__group_uniq(x) AS coalesce(list(DISTINCT x) FILTER (x IS NOT NULL), []);
CREATE MACRO ch__stddev_samp(x) AS CASE WHEN count(x) = 1 THEN 'nan'::DOUBLE ELSE stddev_samp(x) END;
CREATE MACRO ch__var_samp(x) AS CASE WHEN count(x) = 1 THEN 'nan'::DOUBLE ELSE var_samp(x) END;
CREATE MACRO ch__covar_samp(x, y) AS CASE WHEN regr_count(x, y) = 1 THEN 'nan'::DOUBLE ELSE covar_samp(x, y) END;
CREATE MACRO ch__corr(x, y) AS CASE WHEN regr_count(x, y) = 1 THEN 'nan'::DOUBLE ELSE corr(x, y) END;
CREATE MACRO ch__avg_weighted(x, w) AS sum(CAST(x AS DOUBLE) * w) / sum(CASE WHEN x IS NOT NULL THEN w END);
CREATE MACRO ch__power_mean(x, n) AS sum(power(CAST(x AS DOUBLE), n)) / count(x);
CREATE MACRO ch__moment2(x) AS ch__power_mean(x, 2) - power(ch__power_mean(x, 1), 2);
CREATE MACRO ch__moment3(x) AS ch__power_mean(x, 3) - (3 * ch__power_mean(x, 2) - 2 * power(ch__power_mean(x, 1), 2)) * ch__power_mean(x, 1);
CREATE MACRO ch__moment4(x) AS ch__power_mean(x, 4) - (4 * ch__power_mean(x, 3)
  - (6 * ch__power_mean(x, 2) - 3 * power(ch__power_mean(x, 1), 2)) * ch__power_mean(x, 1)) * ch__power_mean(x, 1);
CREATE MACRO ch__skew_pop(x) AS ch__moment3(x) / power(ch__moment2(x), 1.5::DOUBLE);
CREATE MACRO ch__skew_samp(x) AS ch__moment3(x) / power(ch__moment2(x) * count(x) / (count(x) - 1), 1.5::DOUBLE);
CREATE MACRO ch__kurt_pop(x) AS ch__moment4(x) / power(ch__moment2(x), 2);
CREATE MACRO ch__kurt_samp(x) AS ch__moment4(x) / power(ch__moment2(x) * count(x) / (count(x) - 1), 2);
CREATE MACRO ch__quantile(x, l) AS quantile_cont(CAST(x AS DOUBLE), l);
CREATE MACRO ch__elements(a) AS coalesce(list_filter(flatten(list(a) FILTER (a IS NOT NULL)), lambda x: x IS NOT NULL), []);
-- Nothing stands before the first text that is not empty
CREATE MACRO ch__from_the_first(a, s) AS coalesce(array_to_string(list_slice(a, list_first(list_filter(range(1, len(a) + 1), lambda i: a[i] <> '')), len(a)), s), '');
CREATE MACRO ch__concatenated(x, s) AS CASE WHEN count(x) > 0 THEN ch__from_the_first(list(x) FILTER (x IS NOT NULL), s) END;
CREATE MACRO ch__sorted(x) AS list_sort(list(x) FILTER (x IS NOT NULL));
CREATE MACRO ch__quantile_exact(x, l) AS list_extract(ch__sorted(x),
  least(CAST(floor(l * count(x)) AS BIGINT) + 1, count(x)));
CREATE MACRO ch__quantile_low(x, l) AS list_extract(ch__sorted(x), (count(x) + 1) // 2);
CREATE MACRO ch__entries(x) AS list_transform(map_entries(histogram(x)), lambda e: row(-CAST(e.value AS BIGINT), e.key));
CREATE MACRO ch__top_of(e, n) AS CASE WHEN len(e) > 3 * n THEN error('topK is an estimate of so many values')
  WHEN len(list_distinct(list_transform(list_slice(e, 1, n + 1), lambda p: struct_extract(p, 1)))) < least(n + 1, len(e))
  THEN error('topK of values that are as frequent as each other has no order')
  ELSE list_transform(list_slice(e, 1, n), lambda p: struct_extract(p, 2)) END;
CREATE MACRO ch__top(x, n) AS ch__top_of(list_sort(coalesce(ch__entries(x), [])), n);

-- Texts
CREATE MACRO ch__ascii(s) AS CASE WHEN s IS NOT NULL AND strlen(s) <> length(s) THEN
  error('ClickHouse counts bytes here, and this text is not ASCII: use the UTF8 function') ELSE s END;
CREATE MACRO ch__first_byte(s) AS CASE WHEN s = '' THEN 0 ELSE CAST('0x' || left(hex(s), 2) AS BIGINT) END;
CREATE MACRO ch__upper(s) AS translate(s, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
CREATE MACRO ch__lower(s) AS translate(s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
CREATE MACRO ch__length(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN strlen(CAST(x AS VARCHAR)) WHEN typeof(x) LIKE '%[]' OR typeof(x) LIKE '%[0-9]]'
  THEN len(x) ELSE error('whether this is a text or an array is not known: name it in a CTE with a CAST') END;
CREATE MACRO ch__from_end(s, a) AS CASE WHEN a < 0 THEN length(s) + a + 1 ELSE a END;
CREATE MACRO ch__between(s, p, q) AS CASE WHEN s IS NULL OR p IS NULL OR q IS NULL THEN NULL WHEN q < greatest(p, 1) THEN ''
  ELSE substring(s, CAST(greatest(p, 1) AS BIGINT), CAST(q - greatest(p, 1) + 1 AS BIGINT)) END;
CREATE MACRO ch__place(a) AS CASE WHEN a = 0 THEN error('Indices in strings are 1-based') ELSE a END;
CREATE MACRO ch__cut_at(s, a) AS ch__between(s, ch__from_end(s, ch__place(a)), length(s));
CREATE MACRO ch__cut_size(s, a, n) AS ch__between(s, ch__from_end(s, ch__place(a)),
  least(CASE WHEN n < 0 THEN length(s) + n ELSE ch__from_end(s, a) + n - 1 END, length(s)));
CREATE MACRO ch__left_of(s, n) AS CASE WHEN n IS NOT NULL THEN ch__between(s, 1, CASE WHEN n < 0 THEN length(s) + n ELSE least(n, length(s)) END) END;
CREATE MACRO ch__right_of(s, n) AS ch__between(s, CASE WHEN n < 0 THEN 1 - n ELSE length(s) - n + 1 END, length(s));
CREATE MACRO ch__pad_left(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN n < 0 THEN error('New padded length is negative')
  ELSE lpad(s, CAST(n AS INTEGER), CASE WHEN f = '' THEN ' ' ELSE f END) END;
CREATE MACRO ch__pad_right(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN n < 0 THEN error('New padded length is negative')
  ELSE rpad(s, CAST(n AS INTEGER), CASE WHEN f = '' THEN ' ' ELSE f END) END;
CREATE MACRO ch__position(s, p, a) AS CASE WHEN s IS NULL OR p IS NULL OR a IS NULL THEN NULL
  WHEN p = '' THEN CASE WHEN a > length(s) + 1 THEN 0 ELSE greatest(a, 1) END
  WHEN instr(substring(s, CAST(greatest(a, 1) AS BIGINT)), p) = 0 THEN 0
  ELSE instr(substring(s, CAST(greatest(a, 1) AS BIGINT)), p) + greatest(a, 1) - 1 END;
CREATE MACRO ch__bytes(s, p, q) AS CASE WHEN s IS NULL OR p IS NULL OR q IS NULL THEN NULL WHEN q < greatest(p, 1) THEN ''
  WHEN strlen(s) = length(s) THEN substring(s, CAST(greatest(p, 1) AS BIGINT), CAST(q - greatest(p, 1) + 1 AS BIGINT))
  ELSE decode(unhex(substring(hex(encode(s)), CAST(2 * greatest(p, 1) - 1 AS BIGINT), CAST(2 * (q - greatest(p, 1) + 1) AS BIGINT)))) END;
CREATE MACRO ch__from_last(s, a) AS CASE WHEN a < 0 THEN strlen(s) + a + 1 ELSE a END;
CREATE MACRO ch__bcut_at(s, a) AS ch__bytes(s, ch__from_last(s, ch__place(a)), strlen(s));
CREATE MACRO ch__bcut_size(s, a, n) AS ch__bytes(s, ch__from_last(s, ch__place(a)),
  least(CASE WHEN n < 0 THEN strlen(s) + n ELSE ch__from_last(s, a) + n - 1 END, strlen(s)));
CREATE MACRO ch__bleft_of(s, n) AS CASE WHEN n IS NOT NULL THEN ch__bytes(s, 1, CASE WHEN n < 0 THEN strlen(s) + n ELSE least(n, strlen(s)) END) END;
CREATE MACRO ch__bright_of(s, n) AS ch__bytes(s, CASE WHEN n < 0 THEN 1 - n ELSE strlen(s) - n + 1 END, strlen(s));
CREATE MACRO ch__fill(f) AS CASE WHEN f = '' THEN ' ' ELSE ch__ascii(f) END;
CREATE MACRO ch__padding(s, n, f) AS substring(repeat(ch__fill(f), CAST(greatest(n - strlen(s), 0) AS BIGINT)), 1,
  CAST(greatest(n - strlen(s), 0) AS BIGINT));
CREATE MACRO ch__bpad_left(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN n < 0 THEN error('New padded length is negative')
  WHEN n <= strlen(s) THEN ch__bytes(s, 1, n) ELSE ch__padding(s, n, f) || s END;
CREATE MACRO ch__bpad_right(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN n < 0 THEN error('New padded length is negative')
  WHEN n <= strlen(s) THEN ch__bytes(s, 1, n) ELSE s || ch__padding(s, n, f) END;
CREATE MACRO ch__bposition(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL WHEN p = '' THEN 1
  WHEN instr(s, p) = 0 THEN 0 ELSE strlen(left(s, instr(s, p) - 1)) + 1 END;
CREATE MACRO ch__initcap_words(s) AS list_aggregate(list_transform(regexp_extract_all(s, '[A-Za-z0-9]+|[^A-Za-z0-9]+'),
  lambda w: ch__upper(left(w, 1)) || ch__lower(substring(w, 2))), 'string_agg', '');
CREATE MACRO ch__initcap(s) AS CASE WHEN s = '' THEN '' ELSE ch__initcap_words(s) END;
CREATE MACRO ch__initcap_utf8(s) AS CASE WHEN s = '' THEN '' ELSE list_aggregate(list_transform(
  regexp_extract_all(s, '[\p{L}\p{N}]+|[^\p{L}\p{N}]+'), lambda w: upper(left(w, 1)) || lower(substring(w, 2))), 'string_agg', '') END;
CREATE MACRO ch__replace_one(s, a, b) AS CASE WHEN a = '' OR instr(s, a) = 0 THEN s
  ELSE left(s, instr(s, a) - 1) || b || substring(s, instr(s, a) + length(a)) END;
CREATE MACRO ch__split(s, d) AS CASE WHEN d = '' AND s = '' THEN [] WHEN d = '' THEN string_split(ch__ascii(s), d) ELSE string_split(s, d) END;
CREATE MACRO ch__count_of(s, p) AS CASE WHEN s IS NULL THEN NULL WHEN p = '' THEN 0 ELSE (length(s) - length(replace(s, p, ''))) // length(p) END;
CREATE MACRO ch__until(s, d, n) AS CASE WHEN n IS NULL THEN NULL WHEN n >= 0 THEN array_to_string(list_slice(string_split(s, d), 1, n), d)
  ELSE array_to_string(list_slice(string_split(s, d), greatest(len(string_split(s, d)) + n + 1, 1), len(string_split(s, d))), d) END;
CREATE MACRO ch__search_any(s, a) AS CASE WHEN s IS NULL THEN NULL ELSE len(list_filter(a, lambda x: contains(s, x))) > 0 END;

CREATE MACRO ch__fixed_filled(s, n) AS CASE WHEN strlen(s) > n THEN error('String too long for type FixedString') ELSE s || repeat(chr(0), n - strlen(s)) END;
CREATE MACRO ch__fixed(s, n) AS CASE WHEN strlen(s) > n THEN error('String too long for type FixedString') WHEN strlen(s) < n
  THEN error('a text shorter than its FixedString is filled with zero bytes: leave toFixedString out') ELSE s END;
CREATE MACRO ch__count_no_case(s, p) AS len(regexp_extract_all(s, p, 0, 'si'));
CREATE MACRO ch__quote_meta(s) AS regexp_replace(s, '([\\|()^$.\[\]?*+{:-])', '\\\1', 'g');
CREATE MACRO ch__turned(x) AS CASE WHEN x = -2147483648 THEN error('the sign of the least Int32 cannot be turned') ELSE -x END;
CREATE MACRO ch__ngrams(s, n) AS CASE WHEN n < 1 THEN error('ngrams of no character') ELSE list_transform(range(1, length(s) - n + 2), lambda i: substring(s, i, n)) END;
CREATE MACRO ch__edit_distance(a, b) AS CAST(levenshtein(ch__ascii(a), ch__ascii(b)) AS BIGINT);
CREATE MACRO ch__first_of(s, ps) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(list_position(list_transform(ps, lambda p: contains(s, p)), true), 0) END;
CREATE MACRO ch__first_place_of(s, ps) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(list_min(list_filter(ch__positions(s, ps), lambda p: p > 0)), 0) END;
CREATE MACRO ch__across(columns) AS list_transform(range(1, len(columns[1]) + 1), lambda i: list_transform(columns, lambda c: coalesce(c[i], '')));

-- Arrays
CREATE MACRO ch__together(a, b) AS CASE WHEN len(a) <> len(b) THEN error('arrays of one length are wanted') ELSE a END;
CREATE MACRO ch__zip(a, b) AS CASE WHEN len(a) <> len(b) THEN error('arrays of one length are wanted') ELSE list_zip(a, b) END;
CREATE MACRO ch__zip3(a, b, c) AS CASE WHEN len(a) <> len(b) OR len(a) <> len(c) THEN error('arrays of one length are wanted') ELSE list_zip(a, b, c) END;
CREATE MACRO ch__pairs(a, b) AS list_transform(ch__zip(a, b), lambda p: {'1': p[1], '2': p[2]});
CREATE MACRO ch__triples(a, b, c) AS list_transform(ch__zip3(a, b, c), lambda p: {'1': p[1], '2': p[2], '3': p[3]});
CREATE MACRO ch__has_any(a, b) AS list_has_any(a, b);
CREATE MACRO ch__has_all(a, b) AS list_has_all(a, b);
CREATE MACRO ch__index_of(a, x) AS coalesce(list_position(a, x), 0);
CREATE MACRO ch__array_uniq(a) AS len(list_distinct(list_filter(a, lambda x: x IS NOT NULL))) + CASE WHEN len(list_filter(a, lambda x: x IS NULL)) > 0 THEN 1 ELSE 0 END;
CREATE MACRO ch__count_equal(a, y) AS len(list_filter(a, lambda x: x = y));
CREATE MACRO ch__join(a, s) AS CASE WHEN len(a) = 0 THEN '' ELSE array_to_string(a, s) END;
CREATE MACRO ch__array_sum(a) AS coalesce(list_sum(a), 0);
CREATE MACRO ch__array_avg(a) AS coalesce(list_avg(a), 0.0::DOUBLE);
CREATE MACRO ch__numbers(a) AS CASE WHEN len(list_filter(a, lambda x: NOT isnan(x))) > 0 THEN list_filter(a, lambda x: NOT isnan(x)) ELSE a END;
CREATE MACRO ch__array_min(a) AS CASE WHEN len(a) = 0 THEN error('the least of an empty array') ELSE list_min(a) END;
CREATE MACRO ch__array_max(a) AS CASE WHEN len(a) = 0 THEN error('the greatest of an empty array') ELSE list_max(a) END;
CREATE MACRO ch__array_product(a) AS coalesce(list_product(a), 0.0::DOUBLE);
CREATE MACRO ch__array_count(a) AS len(list_filter(a, lambda x: x <> 0));
CREATE MACRO ch__array_distinct(a) AS list_filter(a, lambda x, i: x IS NOT NULL AND list_position(a, x) = i);
CREATE MACRO ch__sort(a) AS list_sort(a, 'ASC', 'NULLS LAST');
CREATE MACRO ch__sort_down(a) AS list_sort(a, 'DESC', 'NULLS LAST');
CREATE MACRO ch__by(a, k) AS list_transform(k, lambda v, i: row(v, i, list_extract(a, i)));
CREATE MACRO ch__sort_by(a, k) AS list_transform(list_sort(ch__by(a, k)), lambda p: struct_extract(p, 3));
CREATE MACRO ch__sort_down_by(a, k) AS CASE WHEN len(list_distinct(k)) < len(k) THEN error('arrayReverseSort of equal keys') ELSE
  list_transform(list_reverse(list_sort(ch__by(a, k))), lambda p: struct_extract(p, 3)) END;
CREATE MACRO ch__first_true(f) AS coalesce(list_position(f, true), 0);
CREATE MACRO ch__last_true(f) AS CASE WHEN list_contains(f, true) THEN len(f) + 1 - list_position(list_reverse(f), true) ELSE 0 END;
CREATE MACRO ch__range_end(n) AS CASE WHEN n IS NULL THEN error('range of NULL') ELSE n END;
CREATE MACRO ch__enumerate(a) AS range(1, len(a) + 1);
CREATE MACRO ch__cum_sum(a) AS list_transform(a, lambda x, i: list_reduce(list_slice(a, 1, i), lambda p, q: p + q));
CREATE MACRO ch__difference(a) AS list_transform(a, lambda x, i: CASE WHEN i = 1 THEN 0 ELSE x - list_extract(a, i - 1) END);
CREATE MACRO ch__intersect(a, b) AS list_filter(ch__array_distinct(a), lambda x: list_contains(b, x));
CREATE MACRO ch__compact(a) AS list_filter(a, lambda x, i: i = 1 OR x IS DISTINCT FROM list_extract(a, i - 1));
CREATE MACRO ch__push_back(a, x) AS list_append(a, x);
CREATE MACRO ch__push_front(a, x) AS list_prepend(x, a);
CREATE MACRO ch__pop_back(a) AS list_slice(a, 1, len(a) - 1);
CREATE MACRO ch__pop_front(a) AS list_slice(a, 2, len(a));
CREATE MACRO ch__flatten(a) AS flatten(a);
CREATE MACRO ch__with_constant(n, x) AS CASE WHEN n < 0 THEN error('an array of fewer than no elements') ELSE list_transform(range(CAST(n AS BIGINT)), lambda i: x) END;
CREATE MACRO ch__start(a, p) AS CASE WHEN p = 0 THEN error('places in arrays begin at 1') WHEN p < 0 THEN greatest(len(a) + p + 1, 1) ELSE p END;
CREATE MACRO ch__slice_from(a, p) AS list_slice(a, ch__start(a, coalesce(p, 1)), len(a));
CREATE MACRO ch__slice(a, p, n) AS CASE WHEN n IS NULL THEN list_slice(a, ch__start(a, coalesce(p, 1)), len(a))
  WHEN n < 0 THEN list_slice(a, ch__start(a, coalesce(p, 1)), len(a) + n)
  WHEN p < 0 AND len(a) + p < 0 THEN error('a slice from before the array')
  ELSE list_slice(a, ch__start(a, coalesce(p, 1)), ch__start(a, coalesce(p, 1)) + n - 1) END;
CREATE MACRO ch__map_keys(m) AS map_keys(m);
CREATE MACRO ch__map_values(m) AS map_values(m);
CREATE MACRO ch__map_has(m, k) AS coalesce(map_contains(m, k), false);

-- f says of each element whether it counts
CREATE MACRO ch__filled(a, f) AS list_transform(a, lambda x, i: list_extract(a, list_last(list_filter(range(1, i + 1), lambda j: j = 1 OR f[j]))));
CREATE MACRO ch__filled_back(a, f) AS list_transform(a, lambda x, i: list_extract(a, list_first(list_filter(range(i, len(a) + 1), lambda j: j = len(a) OR f[j]))));
CREATE MACRO ch__cut_before(a, starts) AS list_transform(starts, lambda s, j: list_slice(a, s, coalesce(list_extract(starts, j + 1), len(a) + 1) - 1));
CREATE MACRO ch__split_at(a, f) AS ch__cut_before(a, list_filter(range(1, len(a) + 1), lambda i: i = 1 OR f[i]));
CREATE MACRO ch__split_after(a, f) AS ch__cut_before(a, list_filter(range(1, len(a) + 1), lambda i: i = 1 OR f[i - 1]));
CREATE MACRO ch__cum_sum_from_0(a) AS list_transform(ch__cum_sum(a), lambda c, i: c - least(0, list_min(list_slice(ch__cum_sum(a), 1, i))));
CREATE MACRO ch__same(a, b) AS a IS NOT DISTINCT FROM b;
CREATE MACRO ch__enumerate_uniq(a) AS list_transform(a, lambda x, i: len(list_filter(list_slice(a, 1, i), lambda y: ch__same(x, y))));
CREATE MACRO ch__first_places(a) AS list_filter(range(1, len(a) + 1), lambda i: len(list_filter(list_slice(a, 1, i), lambda y: ch__same(a[i], y))) = 1);
CREATE MACRO ch__enumerate_dense(a) AS list_transform(a, lambda x: list_first(list_filter(range(1, len(ch__first_places(a)) + 1), lambda n: ch__same(a[ch__first_places(a)[n]], x))));
CREATE MACRO ch__times(a, n, d) AS list_resize(list_slice(a, 1, 0), greatest(n, 0), d);
CREATE MACRO ch__resize(a, n, d) AS CASE WHEN n IS NULL THEN error('arrayResize to NULL') WHEN n >= 0
  THEN list_concat(list_slice(a, 1, n), ch__times(a, n - len(a), d))
  ELSE list_concat(ch__times(a, -n - len(a), d), list_slice(a, greatest(len(a) + n + 1, 1), len(a))) END;
CREATE MACRO ch__turn(a, n) AS CASE WHEN len(a) = 0 THEN a ELSE list_concat(list_slice(a, n + 1, len(a)), list_slice(a, 1, n)) END;
CREATE MACRO ch__rotate(a, n) AS ch__turn(a, CASE WHEN len(a) = 0 THEN 0 ELSE ((n % len(a)) + len(a)) % len(a) END);
CREATE MACRO ch__shift(a, n, d) AS CASE WHEN n >= 0 THEN list_concat(list_slice(a, n + 1, len(a)), ch__times(a, least(n, len(a)), d))
  ELSE list_concat(ch__times(a, least(-n, len(a)), d), list_slice(a, 1, len(a) + n)) END;
CREATE MACRO ch__has_part(a, b) AS len(b) = 0 OR len(list_filter(range(1, len(a) - len(b) + 2), lambda i: list_slice(a, i, i + len(b) - 1) = b)) > 0;
CREATE MACRO ch__dot_whole(a, b) AS coalesce(list_sum(list_transform(ch__zip(a, b), lambda p: CAST(p[1] AS BIGINT) * CAST(p[2] AS BIGINT))), 0);
CREATE MACRO ch__without(a, y) AS list_filter(a, lambda x: x IS DISTINCT FROM y);
CREATE MACRO ch__nulls_of(a) AS len(a) - list_count(a);
CREATE MACRO ch__in_or(a, n, d) AS CASE WHEN n = 0 OR abs(n) > len(a) THEN d ELSE list_extract(a, n) END;
CREATE MACRO ch__chosen(a, b) AS list_transform(list_filter(ch__zip(a, b), lambda p: p[2] <> 0), lambda p: p[1]);

-- Maps
CREATE MACRO ch__keys_of_both(a, b) AS list_sort(list_distinct(list_concat(map_keys(a), map_keys(b))));
CREATE MACRO ch__map_add(a, b) AS map_from_entries(list_transform(ch__keys_of_both(a, b),
  lambda k: {'k': k, 'v': coalesce(map_extract_value(a, k), 0) + coalesce(map_extract_value(b, k), 0)}));
CREATE MACRO ch__signed_as(x, signed) AS CASE WHEN x < 0 AND NOT signed THEN error('mapSubtract below 0 depends on the type of the values: use toInt64') ELSE x END;
CREATE MACRO ch__map_subtract(a, b, signed) AS map_from_entries(list_transform(ch__keys_of_both(a, b),
  lambda k: {'k': k, 'v': ch__signed_as(coalesce(map_extract_value(a, k), 0) - coalesce(map_extract_value(b, k), 0), signed)}));
CREATE MACRO ch__map_of_pairs(ps) AS map_from_entries(list_transform(ps, lambda p: {'k': struct_extract(p, '1'), 'v': struct_extract(p, '2')}));
CREATE MACRO ch__map_from(k, v) AS CASE WHEN len(k) <> len(v) THEN error('arrays of one length are wanted') ELSE map(k, v) END;
CREATE MACRO ch__map_update(a, b) AS map_from_entries(list_concat(list_filter(map_entries(a), lambda e: NOT map_contains(b, e.key)), map_entries(b)));
CREATE MACRO ch__map_sort(m) AS map_from_entries(list_sort(map_entries(m)));
CREATE MACRO ch__map_sort_down(m) AS map_from_entries(list_reverse(list_sort(map_entries(m))));
CREATE MACRO ch__keys_like(m, p) AS list_filter(map_entries(m), lambda e: e.key LIKE p ESCAPE '\');

-- Dates
CREATE MACRO ch__weeks(a, b) AS date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7;
-- The first Date is 1970-01-01, and weeks begin there at the earliest
CREATE MACRO ch__not_before(x, d) AS CASE WHEN d >= DATE '1970-01-01' THEN greatest(x, DATE '1970-01-01') ELSE x END;
CREATE MACRO ch__in_range(x, d) AS CASE WHEN d >= DATE '1970-01-01' AND (x < DATE '1970-01-01' OR x > DATE '2149-06-06')
  THEN error('beyond the first or the last Date: use toDate32') ELSE x END;
-- A Date32 or a DateTime64 beyond them is the first or the last Date, or DateTime
CREATE MACRO ch__day_within(x) AS CASE WHEN x < DATE '1970-01-01' THEN DATE '1970-01-01' WHEN x > DATE '2149-06-06' THEN DATE '2149-06-06' ELSE x END;
CREATE MACRO ch__second_within(x) AS CASE WHEN x < TIMESTAMP '1970-01-01' THEN TIMESTAMP '1970-01-01'
  WHEN x > TIMESTAMP '2106-02-07 06:28:15' THEN TIMESTAMP '2106-02-07 06:28:15' ELSE x END;
CREATE MACRO ch__as_day(d) AS CASE WHEN d < DATE '1970-01-01' OR d > DATE '2149-06-06' THEN error('a Date before 1970 or after 2149-06-06 wraps around: use toDate32') ELSE d END;
CREATE MACRO ch__as_second(t) AS CASE WHEN t < TIMESTAMP '1970-01-01' OR t > TIMESTAMP '2106-02-07 06:28:15' THEN error('a DateTime before 1970 or after 2106 wraps around: use toDateTime64') ELSE t END;
CREATE MACRO ch__last_of_month(d) AS ch__day_within(last_day(d));
CREATE MACRO ch__week_within(d) AS ch__not_before(CAST(date_trunc('week', d) AS DATE), CAST(d AS DATE));
CREATE MACRO ch__first_of_week(d) AS CASE WHEN typeof(d) <> 'DATE' AND CAST(d AS DATE) BETWEEN DATE '1970-01-01' AND DATE '1970-01-04'
  THEN error('the week of the first days of 1970 goes by the type, which is not known: name it in a CTE with a CAST') ELSE ch__week_within(d) END;
CREATE MACRO ch__monday(d) AS ch__day_within(CAST(date_trunc('week', d) AS DATE));
CREATE MACRO ch__sunday(d) AS ch__day_within(CAST(d AS DATE) - CAST(dayofweek(d) AS INTEGER));
CREATE MACRO ch__count(a, b) AS (year(b) * 12 + month(b)) - (year(a) * 12 + month(a))
  - CASE WHEN (b - date_trunc('month', b)) < (a - date_trunc('month', a)) THEN 1 ELSE 0 END;
CREATE MACRO ch__age(a, b, n) AS CASE WHEN a <= b THEN ch__count(a, b) // n ELSE -(ch__count(b, a) // n) END;
CREATE MACRO ch__age_of(a, b, us) AS CAST((epoch_us(b) - epoch_us(a)) // us AS BIGINT);
-- t is the day of d's week that says which year it belongs to
CREATE MACRO ch__week_day(d, monday, four) AS
  d - CAST(CASE WHEN monday THEN isodow(d) - 1 ELSE dayofweek(d) END - CASE WHEN four THEN 3 ELSE 0 END AS INTEGER);
CREATE MACRO ch__week(d, monday, four) AS (date_diff('day', make_date(year(d), 1, 1), ch__week_day(d, monday, four)) + 7) // 7;
CREATE MACRO ch__week_of_year(d, monday, four) AS (dayofyear(ch__week_day(d, monday, four)) - 1) // 7 + 1;
CREATE MACRO ch__year_week(d, monday, four) AS year(ch__week_day(d, monday, four)) * 100 + ch__week_of_year(d, monday, four);
CREATE MACRO ch__week_sunday(d) AS CAST(strftime(d, '%U') AS BIGINT);
CREATE MACRO ch__week_monday(d) AS (dayofyear(d) + isodow(CAST(date_trunc('year', d) AS DATE)) - 2) // 7
  + CASE WHEN isodow(CAST(date_trunc('year', d) AS DATE)) <= 4 THEN 1 ELSE 0 END;
CREATE MACRO ch__bucket_months(t, n) AS ch__day_within(CAST(DATE '1970-01-01' + to_months(CAST(floor(((year(t) - 1970) * 12 + month(t) - 1) / n) AS INTEGER) * n) AS DATE));
CREATE MACRO ch__bucket_weeks(t, n) AS ch__day_within(DATE '1970-01-05' + CAST(floor(date_diff('day', DATE '1970-01-05', CAST(t AS DATE)) / (7 * n)) AS INTEGER) * 7 * n);
CREATE MACRO ch__bucket_days(t, n) AS DATE '1970-01-01' + CAST(floor(date_diff('day', DATE '1970-01-01', CAST(t AS DATE)) / n) AS INTEGER) * n;
CREATE MACRO ch__last_of_week(d, monday) AS ch__day_within(d + CAST(6 - CASE WHEN monday THEN isodow(d) - 1 ELSE dayofweek(d) END AS INTEGER));
CREATE MACRO ch__of_period(t, us) AS epoch_us(CAST(t AS TIMESTAMP)) // us;
CREATE MACRO ch__quarter_number(t) AS year(t) * 4 + quarter(t) - 1;
CREATE MACRO ch__week_number(t) AS (ch__days(t) + 3) // 7;
CREATE MACRO ch__start_in_seconds(x) AS CASE WHEN x < TIMESTAMP '1970-01-01' OR x > TIMESTAMP '2106-02-07 06:28:15' THEN error('beyond the first or the last DateTime') ELSE x END;
CREATE MACRO ch__hour_number(t) AS ch__of_period(t, 3600000000);
CREATE MACRO ch__minute_number(t) AS ch__of_period(t, 60000000);
CREATE MACRO ch__second_number(t) AS ch__of_period(t, 1000000);
CREATE MACRO ch__from_year_zero(d) AS ch__days(d) + 719528;
CREATE MACRO ch__day_of_number(n) AS CASE WHEN n BETWEEN 19700101 AND 21490606 THEN coalesce(TRY_CAST(TRY_STRPTIME(CAST(n AS VARCHAR), '%Y%m%d') AS DATE), error('YYYYMMDDToDate of a day that is none')) ELSE error('YYYYMMDDToDate beyond the Dates') END;
-- Of a DateTime: the seconds from 1970 to 2106
CREATE MACRO ch__in_seconds(x, t) AS CASE WHEN t >= TIMESTAMP '1970-01-01'
  AND (x < TIMESTAMP '1970-01-01' OR x > TIMESTAMP '2106-02-07 06:28:15') THEN error('beyond the first or the last DateTime: use toDateTime64') ELSE x END;
CREATE MACRO ch__between_moments(a, b) AS CAST((epoch_us(a) - epoch_us(b)) AS DECIMAL(38,0)) * CAST('0.000001' AS DECIMAL(7,6));
-- Of a day that is none the first Date; the days of a month are counted on to 31
CREATE MACRO ch__make_moment(y, m, d, h, i, s, f, scale) AS CASE WHEN f < 0 OR f >= scale THEN error('makeDateTime64 of a fraction of more digits')
  ELSE make_timestamp(y, m, d, h, i, CAST(s AS DOUBLE) + CAST(f AS DOUBLE) / scale) END;
-- Beyond the last DateTime it is the last one
CREATE MACRO ch__make_second(y, m, d, h, i, s) AS CASE WHEN y IS NULL OR m IS NULL OR d IS NULL OR h IS NULL OR i IS NULL OR s IS NULL THEN NULL
  WHEN y < 1970 OR m NOT BETWEEN 1 AND 12 OR d NOT BETWEEN 1 AND 31 OR h NOT BETWEEN 0 AND 99 OR i NOT BETWEEN 0 AND 99 OR s NOT BETWEEN 0 AND 99 THEN TIMESTAMP '1970-01-01'
  WHEN y > 2106 THEN TIMESTAMP '2106-02-07 06:28:15'
  ELSE least(CAST(make_date(y, m, 1) + CAST(d - 1 AS INTEGER) AS TIMESTAMP) + to_seconds(h * 3600 + i * 60 + s), TIMESTAMP '2106-02-07 06:28:15') END;
-- An hour that the clocks leave out is the one before
CREATE MACRO ch__wall(t, z) AS t - (timezone(z, timezone(z, CAST(t AS TIMESTAMP))) - t);
CREATE MACRO ch__make_date(y, m, d) AS CASE WHEN y IS NULL OR m IS NULL OR d IS NULL THEN NULL
  WHEN y BETWEEN 1970 AND 2148 AND m BETWEEN 1 AND 12 AND d BETWEEN 1 AND 31
  THEN make_date(y, m, 1) + CAST(d - 1 AS INTEGER) ELSE DATE '1970-01-01' END;
CREATE MACRO ch__make_day(y, d) AS CASE WHEN y IS NULL OR d IS NULL THEN NULL
  WHEN y BETWEEN 1970 AND 2148 AND d BETWEEN 1 AND 365
  THEN make_date(y, 1, 1) + CAST(d - 1 AS INTEGER) ELSE DATE '1970-01-01' END;
CREATE MACRO ch__parsed(s, x) AS CASE WHEN s IS NOT NULL AND x IS NULL THEN error('a text is not a moment of a known form') ELSE x END;
CREATE MACRO ch__parsed_null(s, x) AS CASE WHEN x IS NULL AND regexp_matches(s, '[0-9]') THEN
  error('a text is not a moment of a known form') ELSE x END;

-- JSON
CREATE MACRO ch__json(j) AS CASE WHEN json_valid(j) THEN CAST(j AS JSON) END;
CREATE MACRO ch__json_key(j, k) AS json_extract(j, '$."' || k || '"');
CREATE MACRO ch__json_place(j, n) AS json_extract(j, '$[' || n || ']');
CREATE MACRO ch__json_number(v) AS CASE WHEN json_type(v) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN TRY_CAST(CAST(v AS VARCHAR) AS DOUBLE)
  WHEN json_type(v) = 'VARCHAR' THEN ch__float_null(json_extract_string(v, '$')) END;
CREATE MACRO ch__json_float(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE coalesce(ch__json_number(v), 0) END;
CREATE MACRO ch__json_int(j, v) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(v) IN ('UBIGINT', 'BIGINT') THEN TRY_CAST(CAST(v AS VARCHAR) AS BIGINT)
  ELSE coalesce(TRY_CAST(trunc(ch__json_number(v)) AS BIGINT), 0) END;
CREATE MACRO ch__json_uint(j, v) AS CASE WHEN ch__json_int(j, v) < 0 THEN error('a negative number as UInt64') ELSE ch__json_int(j, v) END;
CREATE MACRO ch__json_text(v) AS CASE WHEN json_type(v) = 'VARCHAR' THEN json_extract_string(v, '$')
  WHEN json_type(v) IN ('UBIGINT', 'BIGINT', 'BOOLEAN') THEN CAST(v AS VARCHAR)
  WHEN json_type(v) = 'DOUBLE' THEN ch__text(TRY_CAST(CAST(v AS VARCHAR) AS DOUBLE))
  WHEN json_type(v) IN ('ARRAY', 'OBJECT') THEN error('the text of a JSON object is ClickHouse''s own') ELSE '' END;
CREATE MACRO ch__json_string(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE ch__json_text(v) END;
CREATE MACRO ch__json_plain(j, v) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(v) = 'VARCHAR' THEN json_extract_string(v, '$') ELSE '' END;
CREATE MACRO ch__json_bool(j, v) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(v) = 'BOOLEAN' THEN CAST(v AS VARCHAR) = 'true'
  WHEN json_type(v) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN TRY_CAST(CAST(v AS VARCHAR) AS DOUBLE) <> 0 ELSE false END;
CREATE MACRO ch__json_has(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE v IS NOT NULL END;
CREATE MACRO ch__json_length(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE CASE json_type(v)
  WHEN 'ARRAY' THEN json_array_length(v) WHEN 'OBJECT' THEN len(json_keys(v)) ELSE 0 END END;
CREATE MACRO ch__json_kind(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE CASE json_type(v) WHEN 'ARRAY' THEN 'Array' WHEN 'OBJECT' THEN 'Object'
  WHEN 'VARCHAR' THEN 'String' WHEN 'BOOLEAN' THEN 'Bool' WHEN 'BIGINT' THEN 'Int64' WHEN 'UBIGINT' THEN 'Int64' WHEN 'DOUBLE' THEN 'Double' ELSE 'Null' END END;
CREATE MACRO ch__json_value(j, p) AS CASE WHEN j IS NULL THEN NULL WHEN json_type(json_extract(ch__json(j), p)) IN ('ARRAY', 'OBJECT') THEN ''
  WHEN json_type(json_extract(ch__json(j), p)) = 'NULL' THEN 'null' ELSE ch__json_text(json_extract(ch__json(j), p)) END;
CREATE MACRO ch__milliseconds(t) AS epoch_ms(CAST(t AS TIMESTAMP));
CREATE MACRO ch__microseconds(t) AS epoch_us(CAST(t AS TIMESTAMP));
CREATE MACRO ch__l1_norm(v) AS coalesce(list_sum(list_transform(v, lambda x: abs(CAST(x AS DOUBLE)))), 0);
CREATE MACRO ch__l2squared_norm(v) AS coalesce(list_sum(list_transform(v, lambda x: CAST(x AS DOUBLE) * CAST(x AS DOUBLE))), 0);
CREATE MACRO ch__l2_norm(v) AS sqrt(ch__l2squared_norm(v));
CREATE MACRO ch__linf_norm(v) AS coalesce(list_max(list_transform(v, lambda x: abs(CAST(x AS DOUBLE)))), 0);
CREATE MACRO ch__lp_norm(v, p) AS pow(coalesce(list_sum(list_transform(v, lambda x: pow(abs(CAST(x AS DOUBLE)), p))), 0), 1.0::DOUBLE / p);
CREATE MACRO ch__multi_match(s, patterns) AS CASE WHEN s IS NOT NULL THEN coalesce(list_bool_or(list_transform(patterns, lambda p: regexp_matches(s, p, 's'))), false) END;
CREATE MACRO ch__differences(a, b) AS CASE WHEN len(a) <> len(b) THEN error('arrays of one length are wanted') ELSE list_transform(a, lambda x, i: CAST(x AS DOUBLE) - CAST(list_extract(b, i) AS DOUBLE)) END;
CREATE MACRO ch__l1_distance(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ch__l1_norm(ch__differences(a, b)) END;
CREATE MACRO ch__l2squared_distance(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ch__l2squared_norm(ch__differences(a, b)) END;
CREATE MACRO ch__l2_distance(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ch__l2_norm(ch__differences(a, b)) END;
CREATE MACRO ch__linf_distance(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ch__linf_norm(ch__differences(a, b)) END;
CREATE MACRO ch__lp_distance(a, b, p) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ch__lp_norm(ch__differences(a, b), p) END;
CREATE MACRO ch__dot(a, b) AS CASE WHEN len(a) <> len(b) THEN error('arrays of one length are wanted') ELSE coalesce(list_sum(list_transform(a, lambda x, i: CAST(x AS DOUBLE) * CAST(list_extract(b, i) AS DOUBLE))), 0) END;
CREATE MACRO ch__cosine_distance(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN 1 - ch__dot(a, b) / (ch__l2_norm(a) * ch__l2_norm(b)) END;
CREATE MACRO ch__ends_in(s, c) AS CASE WHEN length(c) <> 1 THEN error('appendTrailingCharIfAbsent takes one character') WHEN s = '' OR ends_with(s, c) THEN s ELSE s || c END;
CREATE MACRO ch__positions(s, ps) AS list_transform(ps, lambda p: CAST(ch__bposition(s, p) AS BIGINT));
-- Of each level the moment at which its chain began
CREATE MACRO ch__reached(began, event, width) AS list_transform(event.held, LAMBDA hit, level: CASE
  WHEN NOT hit THEN began[level] WHEN level = 1 THEN event.at
  WHEN event.at <= began[level - 1] + width THEN began[level - 1] ELSE began[level] END);
CREATE MACRO ch__no_null(moment, hits) AS moment IS NOT NULL AND len(list_filter(hits, LAMBDA hit: hit IS NULL)) = 0;
CREATE MACRO ch__funnel_rows(moment, hits) AS count(*) FILTER (ch__no_null(moment, hits));
CREATE MACRO ch__funnel(moment, hits, width, n) AS list_max(list_transform(list_reduce(
  list({'at': moment, 'held': hits} ORDER BY moment) FILTER (ch__no_null(moment, hits)),
  LAMBDA began, event: ch__reached(began, event, width), list_resize(CAST([] AS BIGINT[]), n)),
  LAMBDA start, reached: CASE WHEN start IS NULL THEN 0 ELSE reached END));
-- URLs of a host with a point in it; another text is not followed
CREATE MACRO ch__url(u) AS CASE WHEN u IS NULL OR u = '' OR regexp_full_match(u, '(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+(?:/[^?#:]*)?') OR regexp_full_match(u, '(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+(?::[0-9]+)?(?:/[^?#]*)?(?:\?[^#]*)?(?:#[^?]*)?') THEN u
  ELSE error('a URL of this form is not followed: give its parts') END;
CREATE MACRO ch__domain(u) AS regexp_extract(ch__url(u), '^(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//)?([A-Za-z0-9_.-]+)', 1);
CREATE MACRO ch__domain_bare(u) AS regexp_replace(ch__domain(u), '^www\.', '');
CREATE MACRO ch__path(u) AS regexp_extract(regexp_replace(ch__url(u), '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//', ''), '^[^/]*(/[^?#]*)', 1);
CREATE MACRO ch__protocol(u) AS regexp_extract(ch__url(u), '^([A-Za-z][A-Za-z0-9+.-]*)://', 1);
CREATE MACRO ch__query(u) AS regexp_extract(ch__url(u), '\?([^#]*)', 1);
CREATE MACRO ch__cut_query(u) AS regexp_replace(ch__url(u), '\?[^#]*', '');
