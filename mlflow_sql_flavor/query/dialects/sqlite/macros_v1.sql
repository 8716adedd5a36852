-- SQLite 3 on DuckDB: https://sqlite.org/lang.html

SET integer_division = true;
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = false;
SET TimeZone = 'UTC';

-- https://sqlite.org/lang_expr.html#castexpr: the longest numeral a text begins with, else 0
CREATE MACRO sqlite__number(s) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(
  TRY_CAST(regexp_extract(s, '^[ \t\n\r\f\v]*([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?)', 1) AS DOUBLE), 0.0::DOUBLE) END;
CREATE MACRO sqlite__trunc(x) AS CASE WHEN x >= 9223372036854775807::DOUBLE THEN 9223372036854775807
  WHEN x <= -9223372036854775807::DOUBLE THEN CAST('-9223372036854775808' AS BIGINT) ELSE CAST(trunc(x) AS BIGINT) END;
CREATE MACRO sqlite__integer(s) AS CASE WHEN s IS NULL THEN NULL ELSE
  coalesce(TRY_CAST(regexp_extract(s, '^[ \t\n\r\f\v]*([+-]?[0-9]+)', 1) AS BIGINT),
    sqlite__trunc(TRY_CAST(regexp_extract(s, '^[ \t\n\r\f\v]*([+-]?[0-9]+)', 1) AS DOUBLE)), 0) END;
-- https://sqlite.org/datatype3.html#type_conversions_prior_to_comparison: the number a text is as a whole
CREATE MACRO sqlite__numeral(s) AS
  CASE WHEN regexp_full_match(s, '[ \t\n\r\f\v]*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\r\f\v]*')
    THEN sqlite__number(s) END;
-- https://sqlite.org/lang_expr.html#operators: a shift by a negative number goes the other way
CREATE MACRO sqlite__wrap(n) AS CAST(CASE WHEN n >= 9223372036854775808::HUGEINT THEN n - 18446744073709551616::HUGEINT
  WHEN n < -9223372036854775808::HUGEINT THEN n + 18446744073709551616::HUGEINT ELSE n END AS BIGINT);
CREATE MACRO sqlite__left(a, n) AS CASE WHEN n >= 64 THEN CASE WHEN a IS NOT NULL THEN 0 END ELSE
  sqlite__wrap((CAST(a AS HUGEINT) * CAST(power(2::DOUBLE, n) AS HUGEINT)) % 18446744073709551616::HUGEINT) END;
CREATE MACRO sqlite__right(a, n) AS CASE WHEN n >= 64 THEN CASE WHEN a < 0 THEN -1 WHEN a >= 0 THEN 0 END
  ELSE a >> n END;
CREATE MACRO sqlite__shift_left(a, n) AS CASE WHEN n < 0 THEN sqlite__right(a, -n) ELSE sqlite__left(a, n) END;
CREATE MACRO sqlite__shift_right(a, n) AS CASE WHEN n < 0 THEN sqlite__left(a, -n) ELSE sqlite__right(a, n) END;
-- a real as text, always with a point: 17 digits, fewer where those end in zeros or nines and still read back as the
-- same number (https://sqlite.org/floatingpoint.html); where the 17th hangs by the next two, SQLite's may be another
CREATE MACRO sqlite__pointed(s) AS regexp_replace(s, '^(-?[0-9]+)(e.*)?$', '\1.0\2');
CREATE MACRO sqlite__long(x, e18) AS CASE
  WHEN (e18[15:17] = '000' OR e18[16:17] = '99') AND TRY_CAST(printf('%.14g', x) AS DOUBLE) = x
    THEN sqlite__pointed(printf('%.14g', x))
  WHEN e18[19:20] BETWEEN '44' AND '55' OR abs(CAST(e18[22:] AS INTEGER)) > 15
    THEN error('versions of SQLite write this real differently: use ROUND or printf')
  ELSE sqlite__pointed(printf('%.17g', x)) END;
CREATE MACRO sqlite__text(x) AS CASE
  WHEN x IS NULL THEN NULL
  WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Inf' ELSE '-Inf' END
  WHEN trunc(x) = x AND abs(x) < 1e17::DOUBLE THEN printf('%.1f', x::DOUBLE + 0.0::DOUBLE)
  ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || sqlite__long(abs(x::DOUBLE), printf('%.18e', abs(x::DOUBLE))) END;
CREATE MACRO sqlite__quote(s) AS CASE WHEN s IS NULL THEN 'NULL' ELSE '''' || replace(s, '''', '''''') || '''' END;
CREATE MACRO sqlite__glob(s) AS replace(s, '[^', '[!');
-- https://sqlite.org/lang_corefunc.html#round: half away from zero of the value's own digits
CREATE MACRO sqlite__round(x, n) AS CASE
  WHEN abs(x::DOUBLE) >= 1e15::DOUBLE THEN x::DOUBLE
  ELSE round(printf('%.20f', x::DOUBLE)::DECIMAL(38, 20), n)::DOUBLE END;
CREATE MACRO sqlite__sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) END;
CREATE MACRO sqlite__ln(x) AS CASE WHEN x > 0 THEN ln(x) END;
CREATE MACRO sqlite__log(x) AS CASE WHEN x > 0 THEN log10(x) END;
CREATE MACRO sqlite__log2(b, x) AS CASE WHEN x > 0 AND b > 1 THEN ln(x) / ln(b) END;
CREATE MACRO sqlite__acos(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) END;
CREATE MACRO sqlite__asin(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) END;
CREATE MACRO sqlite__acosh(x) AS CASE WHEN x >= 1 THEN acosh(x) END;
CREATE MACRO sqlite__atanh(x) AS CASE WHEN x > -1 AND x < 1 THEN atanh(x) WHEN abs(x) = 1 THEN x * 'inf'::DOUBLE END;
CREATE MACRO sqlite__pow(x, y) AS CASE WHEN NOT isnan(power(x::DOUBLE, y::DOUBLE)) THEN power(x::DOUBLE, y::DOUBLE) END;
CREATE MACRO sqlite__random() AS (CAST(floor(random() * 4294967296) AS BIGINT) - 2147483648) * 4294967296
  + CAST(floor(random() * 4294967296) AS BIGINT);
CREATE MACRO sqlite__unicode(s) AS CASE WHEN s <> '' THEN unicode(s) END;
CREATE MACRO sqlite__unhex(s) AS CASE WHEN regexp_full_match(s, '([0-9A-Fa-f]{2})*') THEN unhex(s) END;
CREATE MACRO sqlite__total(x) AS coalesce(sum(x), 0.0::DOUBLE);
CREATE MACRO sqlite__upper(s) AS translate(s, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
CREATE MACRO sqlite__lower(s) AS translate(s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');

-- https://sqlite.org/lang_datefunc.html#time_values, in whole milliseconds
CREATE MACRO sqlite__seconds(n) AS CAST(least(round(n * 1000), floor(n) * 1000 + 999) AS BIGINT);
CREATE MACRO sqlite__clock(s) AS
  to_milliseconds((TRY_CAST(s[1:2] AS BIGINT) * 3600000 + TRY_CAST(s[4:5] AS BIGINT) * 60000
    + sqlite__seconds(coalesce(TRY_CAST(nullif(s[7:], '') AS DOUBLE), 0.0)))::BIGINT);
CREATE MACRO sqlite__day(s) AS
  make_date(s[1:4]::BIGINT, s[6:7]::BIGINT, 1)::TIMESTAMP + to_days((s[9:10]::BIGINT - 1)::INTEGER);
CREATE MACRO sqlite__local(s) AS CASE
  WHEN regexp_full_match(s, '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]*') THEN sqlite__day(s)
  WHEN regexp_full_match(s, '[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[ T]*([01][0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)? *Z? *')
    THEN sqlite__day(s) + sqlite__clock(trim(s[11:], ' TZ'))
  WHEN regexp_full_match(s, '([01][0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)? *Z? *') THEN
    TIMESTAMP '2000-01-01' + sqlite__clock(trim(s, ' Z'))
  ELSE sqlite__julian(sqlite__numeral(s)) END;
CREATE MACRO sqlite__moment(s) AS CASE WHEN regexp_full_match(s, '.{10}[ T]+[0-9:.]+ *[+-](0[0-9]|1[0-4]):[0-5][0-9]')
  THEN sqlite__local(trim(left(s, -6))) - to_minutes(CAST(left(right(s, 6), 1) || '1' AS BIGINT)
    * (left(right(s, 5), 2)::BIGINT * 60 + right(s, 2)::BIGINT)) ELSE sqlite__local(s) END;
CREATE MACRO sqlite__julian(n) AS
  CASE WHEN n BETWEEN 0 AND 5373484.5 THEN make_timestamp((round((n - 2440587.5::DOUBLE) * 86400000)::BIGINT * 1000)) END;
CREATE MACRO sqlite__epoch(n) AS make_timestamp(round(n * 1000::BIGINT)::BIGINT * 1000);
CREATE MACRO sqlite__now() AS date_trunc('millisecond', CAST(now() AS TIMESTAMP));
CREATE MACRO sqlite__months(t, n) AS
  date_trunc('month', t) + to_months(trunc(n)::INTEGER) + (t - date_trunc('month', t))
  + to_milliseconds(round((n - trunc(n)) * 2592000000::BIGINT)::BIGINT);
CREATE MACRO sqlite__years(t, n) AS sqlite__months(t, 12 * trunc(n)::INTEGER)
  + to_milliseconds(round((n - trunc(n)) * 31536000000::BIGINT)::BIGINT);
CREATE MACRO sqlite__shift(t, n, ms) AS t + to_milliseconds(round(n * ms::BIGINT)::BIGINT);
CREATE MACRO sqlite__weekday(t, n) AS t + to_days(((n - dayofweek(t) + 7) % 7)::INTEGER);
CREATE MACRO sqlite__julianday(t) AS epoch_ms(t) / 86400000.0::DOUBLE + 2440587.5::DOUBLE;
CREATE MACRO sqlite__unixepoch(t) AS floor(epoch_ms(t) / 1000.0::DOUBLE)::BIGINT;

-- https://sqlite.org/json1.html: a value has the type it has in the JSON; where only a text can be, another is an error
CREATE MACRO sqlite__json_value(j, p) AS CASE json_type(j, p)
  WHEN 'VARCHAR' THEN json_extract_string(j, p)
  WHEN 'OBJECT' THEN json_extract(j, p)::VARCHAR WHEN 'ARRAY' THEN json_extract(j, p)::VARCHAR
  WHEN 'NULL' THEN NULL
  ELSE CASE WHEN json_type(j, p) IS NULL THEN NULL
    ELSE error('a JSON number or boolean is read as text: write CAST(... AS REAL), CAST(... AS INTEGER) or CAST(... AS TEXT)') END END;
-- RFC 8259; DuckDB reads NaN, Infinity and a comma behind the last element too
CREATE MACRO sqlite__json_valid(s) AS CASE WHEN s IS NOT NULL THEN json_valid(s) AND NOT regexp_matches(
  regexp_replace(s, '"(?:[^"\\]|\\.)*"', '""', 'g'), ',\s*[\]}]|[nN][aA][nN]|[iI][nN][fF]') END;
CREATE MACRO sqlite__json(s) AS CASE WHEN sqlite__json_valid(s) THEN
  array_to_string(regexp_extract_all(s, '"(?:[^"\\]|\\.)*"|[^"\s]'), '')
  WHEN s IS NOT NULL THEN error('malformed JSON') END;
CREATE MACRO sqlite__label(k) AS CASE WHEN k IS NULL THEN error('a JSON object label is NULL') ELSE k END;
CREATE MACRO sqlite__json_missing(j, p) AS coalesce(json_type(j, p), 'NULL') = 'NULL';
CREATE MACRO sqlite__json_type(j, p) AS CASE json_type(j, p) WHEN 'VARCHAR' THEN 'text' WHEN 'UBIGINT' THEN 'integer'
  WHEN 'BIGINT' THEN 'integer' WHEN 'DOUBLE' THEN 'real' WHEN 'BOOLEAN' THEN json_extract_string(j, p)
  ELSE lower(json_type(j, p)) END;
CREATE MACRO sqlite__json_key(k, path) AS CASE WHEN ends_with(path, ']')
  THEN error('the index of a JSON array is a number: write CAST(key AS INTEGER)') ELSE k END;
CREATE MACRO sqlite__json_number(j, p) AS CASE json_type(j, p)
  WHEN 'BOOLEAN' THEN CASE json_extract_string(j, p) WHEN 'true' THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END
  WHEN 'VARCHAR' THEN sqlite__number(json_extract_string(j, p))
  WHEN 'NULL' THEN NULL WHEN 'OBJECT' THEN 0.0::DOUBLE WHEN 'ARRAY' THEN 0.0::DOUBLE
  ELSE TRY_CAST(json_extract_string(j, p) AS DOUBLE) END;
CREATE MACRO sqlite__json_text(j, p) AS CASE json_type(j, p)
  WHEN 'BOOLEAN' THEN CASE json_extract_string(j, p) WHEN 'true' THEN '1' ELSE '0' END
  WHEN 'DOUBLE' THEN sqlite__text(json_extract_string(j, p)::DOUBLE)
  WHEN 'NULL' THEN NULL
  WHEN 'OBJECT' THEN json_extract(j, p)::VARCHAR WHEN 'ARRAY' THEN json_extract(j, p)::VARCHAR
  ELSE json_extract_string(j, p) END;

-- The value beside the extreme; of a group whose values are all NULL, any
CREATE MACRO sqlite__at_max(x, v) AS CASE WHEN count(v) = 0 THEN any_value(x) ELSE arg_max_null(x, v) END;
CREATE MACRO sqlite__at_min(x, v) AS CASE WHEN count(v) = 0 THEN any_value(x) ELSE arg_min_null(x, v) END;
