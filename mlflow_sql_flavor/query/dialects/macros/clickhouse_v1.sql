-- ClickHouse on DuckDB: https://clickhouse.com/docs/sql-reference
-- uses: common 1

SET TimeZone = 'UTC';
SET ieee_floating_point_ops = true;

CREATE MACRO ch__divide(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a / b END;
CREATE MACRO ch__intdiv(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE a // b END;
CREATE MACRO ch__round(x, n) AS round_even(x * power(10::DOUBLE, n), 0) / power(10::DOUBLE, n);
CREATE MACRO ch__of_rows(x) AS CASE WHEN count(*) = 0 THEN
  error('of no rows ClickHouse gives 0 or NULL, by whether the column is Nullable') ELSE x END;
CREATE MACRO ch__hex(x) AS CASE WHEN x < 0 THEN error('hex of a negative number depends on its width')
  ELSE CASE WHEN length(hex(x)) % 2 = 1 THEN '0' || hex(x) ELSE hex(x) END END;
CREATE MACRO ch__ascii(s) AS CASE WHEN s IS NOT NULL AND strlen(s) <> length(s) THEN
  error('ClickHouse counts bytes here, and this text is not ASCII: use the UTF8 function') ELSE s END;
CREATE MACRO ch__upper(s) AS translate(s, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
CREATE MACRO ch__lower(s) AS translate(s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
CREATE MACRO ch__digits(s) AS CASE WHEN s IS NOT NULL AND NOT regexp_full_match(s, '[+-]?[0-9]+') THEN
  error('a text is not an integer') ELSE s END;
CREATE MACRO ch__text(x) AS CASE WHEN isnan(x) THEN 'nan' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'inf' ELSE '-inf' END
  WHEN abs(x) >= 1e15::DOUBLE OR (x <> 0 AND abs(x) < 1e-4::DOUBLE) THEN error('the text of so large or small a float')
  ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END;
CREATE MACRO ch__weeks(a, b) AS date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7;
CREATE MACRO ch__not_null(x) AS CASE WHEN x IS NULL THEN error('a cast to a type that is not Nullable meets NULL') ELSE x END;
CREATE MACRO ch__decimal(s) AS CASE WHEN contains(s, '.') THEN rtrim(rtrim(s, '0'), '.') ELSE s END;

CREATE MACRO ch__pmod(a, b) AS CASE WHEN b = 0 THEN error('Division by zero') ELSE ((a % b) + abs(b)) % abs(b) END;
CREATE MACRO ch__div_null(a, b) AS CASE WHEN b <> 0 THEN a / b END;
CREATE MACRO ch__intdiv_zero(a, b) AS CASE WHEN b = 0 THEN 0 ELSE a // b END;
CREATE MACRO ch__and(a, b) AS a & b;
CREATE MACRO ch__or(a, b) AS a | b;
CREATE MACRO ch__xor(a, b) AS xor(a, b);
CREATE MACRO ch__left(a, b) AS a << b;
CREATE MACRO ch__right(a, b) AS a >> b;
CREATE MACRO ch__is_null(x) AS CASE WHEN x IS NULL THEN 1 ELSE 0 END;
CREATE MACRO ch__is_not_null(x) AS CASE WHEN x IS NULL THEN 0 ELSE 1 END;
CREATE MACRO ch__round1(x) AS round_even(x, 0);
CREATE MACRO ch__int64_null(s) AS CASE WHEN regexp_full_match(s, '[+-]?[0-9]+') THEN TRY_CAST(s AS BIGINT) END;
CREATE MACRO ch__int32_null(s) AS CASE WHEN regexp_full_match(s, '[+-]?[0-9]+') THEN TRY_CAST(s AS INTEGER) END;
CREATE MACRO ch__int64_zero(s) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(ch__int64_null(s), 0) END;
CREATE MACRO ch__int32_zero(s) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(ch__int32_null(s), 0) END;
CREATE MACRO ch__float_null(s) AS CASE WHEN regexp_full_match(s, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?') THEN
  TRY_CAST(s AS DOUBLE) END;
CREATE MACRO ch__float_zero(s) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(ch__float_null(s), 0) END;
CREATE MACRO ch__has_any(a, b) AS list_has_any(a, b);
CREATE MACRO ch__has_all(a, b) AS list_has_all(a, b);
CREATE MACRO ch__index_of(a, x) AS coalesce(list_position(a, x), 0);
CREATE MACRO ch__array_uniq(a) AS len(list_distinct(a));
CREATE MACRO ch__join(a, s) AS array_to_string(a, s);
CREATE MACRO ch__group_array(x) AS coalesce(list(x) FILTER (x IS NOT NULL), []);
CREATE MACRO ch__group_uniq(x) AS coalesce(list(DISTINCT x) FILTER (x IS NOT NULL), []);
CREATE MACRO ch__monday(d) AS CAST(date_trunc('week', d) AS DATE);
CREATE MACRO ch__sunday(d) AS CAST(d AS DATE) - CAST(dayofweek(d) AS INTEGER);
CREATE MACRO ch__json_at(j, k) AS json_extract(j, '$.' || '"' || k || '"');
CREATE MACRO ch__json_string(j, k) AS CASE WHEN j IS NULL THEN NULL
  WHEN json_type(ch__json_at(j, k)) = 'VARCHAR' THEN json_extract_string(ch__json_at(j, k), '$') ELSE '' END;
CREATE MACRO ch__json_float(j, k) AS CASE WHEN j IS NULL THEN NULL ELSE coalesce(TRY_CAST(
  CASE WHEN json_type(ch__json_at(j, k)) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN CAST(ch__json_at(j, k) AS VARCHAR) END AS DOUBLE), 0) END;
CREATE MACRO ch__json_int(j, k) AS CASE WHEN j IS NULL THEN NULL ELSE coalesce(TRY_CAST(
  CASE WHEN json_type(ch__json_at(j, k)) IN ('UBIGINT', 'BIGINT') THEN CAST(ch__json_at(j, k) AS VARCHAR) END AS BIGINT), 0) END;
CREATE MACRO ch__json_bool(j, k) AS CASE WHEN j IS NULL THEN NULL
  WHEN json_type(ch__json_at(j, k)) = 'BOOLEAN' AND CAST(ch__json_at(j, k) AS VARCHAR) = 'true' THEN 1 ELSE 0 END;
CREATE MACRO ch__json_has(j, k) AS CASE WHEN j IS NULL THEN NULL WHEN ch__json_at(j, k) IS NULL THEN 0 ELSE 1 END;
CREATE MACRO ch__array_distinct(a) AS list_filter(a, lambda x, i: list_position(a, x) = i);
CREATE MACRO ch__cut(x, n) AS trunc(x * CAST(power(10, n) AS BIGINT)) / CAST(power(10, n) AS BIGINT);
CREATE MACRO ch__search_any(s, a) AS CASE WHEN s IS NULL THEN NULL WHEN len(list_filter(a, lambda x: contains(s, x))) > 0 THEN 1 ELSE 0 END;
CREATE MACRO ch__json_length(j, v) AS CASE WHEN j IS NULL THEN NULL ELSE CASE json_type(v)
  WHEN 'ARRAY' THEN json_array_length(v) WHEN 'OBJECT' THEN len(json_keys(v)) ELSE 0 END END;
CREATE MACRO ch__count(a, b) AS (year(b) * 12 + month(b)) - (year(a) * 12 + month(a))
  - CASE WHEN (b - date_trunc('month', b)) < (a - date_trunc('month', a)) THEN 1 ELSE 0 END;
CREATE MACRO ch__age(a, b, n) AS CASE WHEN a <= b THEN ch__count(a, b) // n ELSE -(ch__count(b, a) // n) END;
CREATE MACRO ch__age_of(a, b, us) AS CAST((epoch_us(b) - epoch_us(a)) // us AS BIGINT);
