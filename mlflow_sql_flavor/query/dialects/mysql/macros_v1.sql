-- MySQL 8 and MariaDB on DuckDB: https://dev.mysql.com/doc/refman/8.0/en/
-- uses: common 1

SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = false;
SET default_collation = 'nocase.noaccent';

-- type-conversion.html: the number a text begins with, else 0
CREATE MACRO my__numeral(s) AS CASE WHEN s IS NULL THEN NULL ELSE
  coalesce(nullif(regexp_extract(s, '^\s*([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?)', 1), ''), '0') END;
CREATE MACRO my__number(s) AS TRY_CAST(my__numeral(s) AS DOUBLE);
CREATE MACRO my__integer(s) AS CASE WHEN s IS NULL THEN NULL ELSE
  coalesce(TRY_CAST(nullif(regexp_extract(s, '^\s*([+-]?[0-9]+)', 1), '') AS BIGINT), 0) END;
CREATE MACRO my__unsigned(x) AS
  CASE WHEN x < 0 THEN CAST(CAST(x AS HUGEINT) + 18446744073709551616 AS UBIGINT) ELSE CAST(x AS UBIGINT) END;
-- A double has its shortest digits, an exponent from 1e15 and below 1e-15
CREATE MACRO my__plain(t) AS '0.' || repeat('0', CAST(regexp_extract(t, 'e-([0-9]+)$', 1) AS INTEGER) - 1)
  || replace(regexp_extract(t, '^([0-9.]+)e', 1), '.', '');
CREATE MACRO my__exponent(t) AS regexp_replace(t[1:1] || '.' || rtrim(t[2:16], '0'), '\.$', '') || 'e15';
CREATE MACRO my__absolute(x) AS CASE
  WHEN x >= 1e15::DOUBLE AND x < 1e16::DOUBLE THEN my__exponent(printf('%.0f', x))
  WHEN x >= 1e15::DOUBLE OR (x <> 0 AND x < 1e-15::DOUBLE) THEN replace(CAST(x AS VARCHAR), 'e+', 'e')
  WHEN contains(CAST(x AS VARCHAR), 'e-') THEN my__plain(CAST(x AS VARCHAR))
  ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END;
CREATE MACRO my__text(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || my__absolute(abs(x::DOUBLE));

-- A quotient or a mean that DuckDB has as a double, as the exact value it stands for: 15 of its digits
CREATE MACRO my__exact(x) AS CASE WHEN abs(x) >= 1e15::DOUBLE THEN error('a quotient of more than 15 digits')
  ELSE CAST(printf('%.15g', x::DOUBLE) AS DECIMAL(38,18)) END;
CREATE MACRO my__div(a, b) AS a // nullif(b, 0);
CREATE MACRO my__div_real(a, b) AS CAST(trunc(a / nullif(b, 0)) AS BIGINT);
CREATE MACRO my__round(x, n) AS round_even(x * power(10::DOUBLE, n), 0) / power(10::DOUBLE, n);
CREATE MACRO my__sqrt(x) AS CASE WHEN x >= 0 THEN sqrt(x) END;
CREATE MACRO my__ln(x) AS CASE WHEN x > 0 THEN ln(x) END;
CREATE MACRO my__log(x) AS CASE WHEN x > 0 THEN ln(x) END;
CREATE MACRO my__log2(b, x) AS CASE WHEN x > 0 AND b > 0 AND b <> 1 THEN
  CASE b WHEN 10 THEN log10(x) WHEN 2 THEN log2(x) ELSE ln(x) / ln(b) END END;
CREATE MACRO my__acos(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN acos(x) END;
CREATE MACRO my__asin(x) AS CASE WHEN x BETWEEN -1 AND 1 THEN asin(x) END;
CREATE MACRO my__between(x, most) AS CASE WHEN x > most THEN most WHEN x < -most THEN -most ELSE x END;

-- bit-functions.html: unsigned integers of 64 bits
CREATE MACRO my__not(a) AS 18446744073709551615::UBIGINT - my__unsigned(a);
CREATE MACRO my__and(a, b) AS my__unsigned(a) & my__unsigned(b);
CREATE MACRO my__or(a, b) AS my__unsigned(a) | my__unsigned(b);
CREATE MACRO my__xor(a, b) AS xor(my__unsigned(a), my__unsigned(b));
CREATE MACRO my__leftshift(a, b) AS CASE WHEN b >= 64 OR b < 0 THEN 0::UBIGINT ELSE
  CAST((CAST(my__unsigned(a) AS UHUGEINT) * CAST(power(2::DOUBLE, b) AS UHUGEINT)) % 18446744073709551616::UHUGEINT AS UBIGINT) END;
CREATE MACRO my__rightshift(a, b) AS CASE WHEN b >= 64 OR b < 0 THEN 0::UBIGINT ELSE
  CAST(CAST(my__unsigned(a) AS UHUGEINT) // CAST(power(2::DOUBLE, b) AS UHUGEINT) AS UBIGINT) END;

CREATE MACRO my__ascii(s) AS CASE WHEN s = '' THEN 0 ELSE CAST('0x' || left(hex(s), 2) AS BIGINT) END;
CREATE MACRO my__ord(s) AS CASE WHEN s = '' THEN 0 ELSE CAST('0x' || hex(substring(s, 1, 1)) AS BIGINT) END;
CREATE MACRO my__regexp_instr(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL WHEN regexp_matches(s, p, 'i')
  THEN length(regexp_extract(s, '^(.*?)(?:' || p || ')', 1, 'is')) + 1 ELSE 0 END;
CREATE MACRO my__trim_left(s, r) AS regexp_replace(s, '^(?:' || regexp_escape(r) || ')+', '');
CREATE MACRO my__trim_right(s, r) AS regexp_replace(s, '(?:' || regexp_escape(r) || ')+$', '');
CREATE MACRO my__trim_both(s, r) AS my__trim_right(my__trim_left(s, r), r);
CREATE MACRO my__fold(s) AS lower(strip_accents(s)) COLLATE "binary";
CREATE MACRO my__upper(s) AS replace(upper(replace(s, 'ß', chr(57344))), chr(57344), 'ß');
CREATE MACRO my__from(s, p) AS CASE WHEN s IS NULL OR p IS NULL THEN NULL
  WHEN p = 0 OR -p > length(s) THEN '' ELSE substring(s, p) END;
CREATE MACRO my__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL
  WHEN p = 0 OR n < 1 OR -p > length(s) THEN '' ELSE substring(s, p, n) END;
CREATE MACRO my__left(s, n) AS CASE WHEN n < 1 THEN substring(s, 1, 0) ELSE left(s, n) END;
CREATE MACRO my__right(s, n) AS CASE WHEN n < 1 THEN substring(s, 1, 0) ELSE right(s, n) END;
CREATE MACRO my__locate(s, x, p) AS CASE WHEN s IS NULL OR x IS NULL OR p IS NULL THEN NULL
  WHEN p < 1 OR p > length(s) + 1 THEN 0
  WHEN strpos(substring(s, p), x COLLATE "binary") = 0 THEN 0 ELSE strpos(substring(s, p), x COLLATE "binary") + p - 1 END;
CREATE MACRO my__substring_index(s, d, n) AS CASE WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL
  WHEN n = 0 OR d = '' THEN ''
  WHEN n > 0 THEN array_to_string(list_slice(string_split(s, d), 1, n), d)
  ELSE array_to_string(list_slice(string_split(s, d), greatest(len(string_split(s, d)) + n + 1, 1), len(string_split(s, d))), d) END;
CREATE MACRO my__insert(s, p, n, x) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR x IS NULL THEN NULL
  WHEN p < 1 OR p > length(s) THEN s WHEN n < 0 OR p + n > length(s) THEN substring(s, 1, p - 1) || x
  ELSE substring(s, 1, p - 1) || x || substring(s, p + n) END;
CREATE MACRO my__elt(n, list) AS list[CASE WHEN n >= 1 THEN n END];
CREATE MACRO my__format(x, n) AS CASE WHEN x < 0 AND CAST(x AS VARCHAR) SIMILAR TO '.*[1-9].*' THEN '-' ELSE '' END
  || format('{:,}', CAST(trunc(abs(x)) AS HUGEINT))
  || CASE WHEN n > 0 THEN '.' || rpad(split_part(CAST(abs(x) AS VARCHAR), '.', 2), n, '0') ELSE '' END;
CREATE MACRO my__digits(s, b) AS list_reduce(list_prepend(0::UHUGEINT, list_transform(
  string_split(upper(s), ''), lambda c: CAST(strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1 AS UHUGEINT))),
  lambda n, c: n * b + c);
CREATE MACRO my__conv(s, pattern, b, c) AS CASE WHEN s IS NULL OR s = '' THEN NULL
  WHEN starts_with(ltrim(s), '-') THEN error('CONV of a negative number')
  WHEN regexp_extract(ltrim(s), pattern) = '' THEN '0'
  ELSE to_base(CAST(my__digits(regexp_extract(ltrim(s), pattern), b::UHUGEINT) AS BIGINT), c) END;
CREATE MACRO my__crc32(s) AS CASE WHEN s IS NOT NULL THEN CAST(xor(list_reduce(list_prepend(4294967295::UBIGINT, list_transform(
  range(strlen(s)), lambda i: CAST('0x' || substr(hex(s), 2 * i + 1, 2) AS UBIGINT))),
  lambda crc, byte: list_reduce(list_prepend(xor(crc, byte), list_transform(range(8), lambda i: CAST(i AS UBIGINT))),
    lambda a, i: CASE WHEN a % 2 = 1 THEN xor(a >> 1, 3988292384::UBIGINT) ELSE a >> 1 END)), 4294967295::UBIGINT) AS BIGINT) END;
CREATE MACRO my__finite(x) AS CASE WHEN isinf(x) THEN error('a number is out of the range of DOUBLE') ELSE x END;
CREATE MACRO my__strcmp(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END;
CREATE MACRO my__find_in_set(x, s) AS CASE WHEN x IS NULL OR s IS NULL THEN NULL WHEN s = '' OR contains(x, ',') THEN 0
  ELSE coalesce(list_position(list_transform(string_split(my__fold(s), ','), lambda each: encode(each)), encode(my__fold(x))), 0) END;

-- date-and-time-literals.html: the moment a text begins with, NULL if none; years of two digits are 1970 to 2069
CREATE MACRO my__full_year(s) AS CASE WHEN regexp_matches(s, '^[0-9]{2}[^0-9]') THEN
  CASE WHEN s < '70' THEN '20' ELSE '19' END || s ELSE s END;
CREATE MACRO my__moment(s) AS CASE
  WHEN regexp_full_match(s, '[0-9]{8}') THEN try_strptime(s, '%Y%m%d')
  WHEN regexp_full_match(s, '[0-9]{14}') THEN try_strptime(s, '%Y%m%d%H%M%S')
  WHEN regexp_full_match(s, '[0-9]{6}') THEN TRY_CAST(my__full_year(s[1:2] || '-' || s[3:4] || '-' || s[5:6]) AS TIMESTAMP)
  ELSE coalesce(TRY_CAST(CASE WHEN regexp_matches(s, '^[0-9]{4}-[0-9]') THEN s END AS TIMESTAMP), TRY_CAST(regexp_replace(
    regexp_extract(my__full_year(trim(s)), '^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ]+[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?)', 1),
    '^([0-9]+)[-/.]([0-9]+)[-/.]([0-9]+)', '\1-\2-\3') AS TIMESTAMP)) END;
CREATE MACRO my__compared(s) AS CASE WHEN s IS NOT NULL AND my__moment(s) IS NULL
  THEN error('a date is compared with a text that is none') ELSE my__moment(s) END;
-- A TIME is a length of time: time.html
CREATE MACRO my__clock(t) AS to_microseconds(epoch_us(t) - epoch_us(date_trunc('day', t)));
-- Without a colon its digits are HHMMSS, and so are those a date begins with that no time of day follows
CREATE MACRO my__digits_time(n, sign) AS CASE WHEN n % 100 < 60 AND n // 100 % 100 < 60 THEN
  my__clipped(sign * (n // 10000 * 3600 + n // 100 % 100 * 60 + n % 100) * 1000000::BIGINT) END;
CREATE MACRO my__clipped(us) AS CASE WHEN us IS NOT NULL THEN
  to_microseconds(greatest(least(us, 3020399000000), -3020399000000)::BIGINT) END;
CREATE MACRO my__from_0(x) AS CASE WHEN x < 0 THEN 0 ELSE x END;
CREATE MACRO my__time(s) AS CASE
  WHEN regexp_full_match(s, '\s*-?[0-9]+:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?\s*') THEN TRY_CAST(trim(s) AS INTERVAL)
  WHEN regexp_matches(s, '^\s*[0-9]{2,4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}[T ]') OR regexp_full_match(s, '[0-9]{14}')
    THEN my__clock(my__moment(s))
  WHEN regexp_matches(s, '^\s*-?[0-9]+ [0-9]|^\s*-?[0-9]*\.[0-9]|^\s*-?[0-9]{8}|:')
    THEN error('a TIME of such a text is not supported: write hh:mm:ss')
  WHEN regexp_matches(s, '^\s*-?[0-9]') THEN my__digits_time(
    CAST(regexp_extract(s, '[0-9]+') AS BIGINT), CASE WHEN starts_with(ltrim(s), '-') THEN -1 ELSE 1 END) END;
-- The digits of a number are those of a time, of fourteen those of a moment
CREATE MACRO my__number_time(n) AS CASE
  WHEN abs(n) >= 10000000000 THEN my__clock(my__moment(CAST(CAST(trunc(n) AS BIGINT) AS VARCHAR)))
  ELSE my__digits_time(CAST(trunc(abs(n)) AS BIGINT), CASE WHEN n < 0 THEN -1 ELSE 1 END)
    + to_microseconds(CAST(round((abs(n) - trunc(abs(n))) * 1000000) AS BIGINT) * CASE WHEN n < 0 THEN -1 ELSE 1 END) END;
CREATE MACRO my__text_micros(s) AS CASE WHEN my__moment(s) IS NOT NULL THEN microsecond(my__moment(s)) % 1000000
  ELSE abs(my__us(my__time(s))) % 1000000 END;
CREATE MACRO my__whole_time(i) AS to_microseconds(CAST(round(my__us(i) / 1000000) * 1000000 AS BIGINT));
CREATE MACRO my__of_a_day(i) AS CASE WHEN my__us(i) < 0 OR my__us(i) >= 86400000000
  THEN error('TIME_FORMAT of a time that is not one of a day') ELSE i END;
CREATE MACRO my__us(i) AS CAST(round(epoch(i) * 1000000) AS BIGINT);
CREATE MACRO my__time_text(i, long) AS CASE WHEN long OR my__us(i) % 1000000 <> 0
  THEN CAST(to_seconds(my__us(i) // 1000000) AS VARCHAR) || '.' || lpad(CAST(abs(my__us(i)) % 1000000 AS VARCHAR), 6, '0')
  ELSE CAST(i AS VARCHAR) END;
CREATE MACRO my__time_part(i, size, most) AS (abs(my__us(i)) // size) % most;
CREATE MACRO my__maketime(h, m, s) AS CASE WHEN m BETWEEN 0 AND 59 AND s >= 0 AND s < 60 THEN
  my__clipped(CAST(sign(h + 0.5) * (abs(h) * 3600000000 + m * 60000000::BIGINT + round(s * 1000000)) AS BIGINT)) END;
CREATE MACRO my__seconds_time(n) AS my__clipped(CAST(round(n * 1000000::BIGINT) AS BIGINT));
CREATE MACRO my__between_times(a, b) AS my__clipped(epoch_us(a) - epoch_us(b));

-- function_week: t is the day of d's week that says which year it belongs to
CREATE MACRO my__week_day(d, monday, four) AS
  d - CAST(CASE WHEN monday THEN isodow(d) - 1 ELSE dayofweek(d) END - CASE WHEN four THEN 3 ELSE 0 END AS INTEGER);
CREATE MACRO my__week(d, monday, four) AS
  (date_diff('day', make_date(year(d), 1, 1), my__week_day(d, monday, four)) + 7) // 7;
CREATE MACRO my__week_of_year(d, monday, four) AS (dayofyear(my__week_day(d, monday, four)) - 1) // 7 + 1;
CREATE MACRO my__week_year(d, monday, four) AS year(my__week_day(d, monday, four));
CREATE MACRO my__two(n) AS lpad(CAST(n AS VARCHAR), 2, '0');
CREATE MACRO my__ordinal(n) AS CAST(n AS VARCHAR) || CASE WHEN n BETWEEN 11 AND 13 THEN 'th' WHEN n % 10 = 1 THEN 'st'
  WHEN n % 10 = 2 THEN 'nd' WHEN n % 10 = 3 THEN 'rd' ELSE 'th' END;
CREATE MACRO my__date(s) AS CAST(my__moment(s) AS DATE);
CREATE MACRO my__seconds(t) AS date_trunc('second', CAST(t AS TIMESTAMP) + to_milliseconds(500));
CREATE MACRO my__datetime(s) AS my__seconds(my__moment(s));
CREATE MACRO my__from_epoch(us) AS CASE WHEN us BETWEEN 0 AND 32536771199999999 THEN make_timestamp(us) END;
CREATE MACRO my__from_days(n) AS CASE WHEN n BETWEEN 366 AND 3652424 THEN DATE '1970-01-01' + CAST(n - 719528 AS INTEGER)
  WHEN n IS NOT NULL THEN error('FROM_DAYS gives 0000-00-00, which is no date here') END;
CREATE MACRO my__now() AS date_trunc('second', CAST(now() AS TIMESTAMP));
CREATE MACRO my__units(a, b, us) AS CAST((epoch_us(b) - epoch_us(a)) // us AS BIGINT);
CREATE MACRO my__count(a, b) AS (year(b) * 12 + month(b)) - (year(a) * 12 + month(a))
  - CASE WHEN (b - date_trunc('month', b)) < (a - date_trunc('month', a)) THEN 1 ELSE 0 END;
CREATE MACRO my__months(a, b, n) AS CASE WHEN a <= b THEN my__count(a, b) // n ELSE -(my__count(b, a) // n) END;
CREATE MACRO my__add(t, n, us) AS make_timestamp(CAST(epoch_us(t) + round(n * us::BIGINT) AS BIGINT));
CREATE MACRO my__add_months(t, n) AS t + to_months(CAST(n AS INTEGER));
CREATE MACRO my__as_text(s, t, days) AS CASE WHEN days = 1 AND length(s) <= 10 THEN strftime(t, '%Y-%m-%d')
  WHEN epoch_us(t) % 1000000 <> 0 THEN strftime(t, '%Y-%m-%d %H:%M:%S.%f') ELSE strftime(t, '%Y-%m-%d %H:%M:%S') END;
CREATE MACRO my__century(y) AS CASE WHEN y < 70 THEN y + 2000 WHEN y < 100 THEN y + 1900 ELSE y END;
CREATE MACRO my__makedate(y, n) AS CASE WHEN n > 0 AND y BETWEEN 0 AND 9999 THEN make_date(my__century(y), 1, 1) + CAST(n - 1 AS INTEGER) END;
-- A period is YYMM or YYYYMM; in MySQL 8 one without such a month is an error
CREATE MACRO my__period(p) AS CASE WHEN p % 100 BETWEEN 1 AND 12 AND p > 0 THEN my__century(p // 100) * 12 + p % 100 - 1
  WHEN p IS NOT NULL THEN error('a period is YYMM or YYYYMM') END;
CREATE MACRO my__period_diff(a, b) AS my__period(a) - my__period(b);
CREATE MACRO my__of_months(m) AS CASE WHEN m < 0 OR m >= 120000 THEN error('a period out of range')
  ELSE my__century(m // 12) * 100 + m % 12 + 1 END;
CREATE MACRO my__period_add(p, n) AS my__of_months(my__period(p) + n);

-- json.html: the text of a value has a space behind each comma and colon
CREATE MACRO my__json_spaced(t) AS array_to_string(list_transform(regexp_extract_all(t, '"(?:[^"\\]|\\.)*"|[^"]'),
  lambda c: CASE WHEN c = ',' OR c = ':' THEN c || ' ' ELSE c END), '');
CREATE MACRO my__json_show(j, whole) AS CASE
  WHEN json_type(j::JSON) IN ('OBJECT', 'ARRAY') THEN my__json_spaced(j::VARCHAR)
  WHEN json_type(j::JSON) = 'DOUBLE' AND NOT regexp_matches(whole,
    '(^|[^0-9.])' || regexp_replace(j::VARCHAR, '([.+])', '\\\1', 'g') || '($|[^0-9.eE])')
    THEN error('MySQL and MariaDB write a number of this JSON differently: CAST it to DECIMAL or DOUBLE')
  ELSE j::VARCHAR END;
CREATE MACRO my__json_valid(s) AS CASE WHEN s IS NOT NULL THEN json_valid(s) AND NOT regexp_matches(
  regexp_replace(s, '"(?:[^"\\]|\\.)*"', '""', 'g'), ',\s*[\]}]|[nN][aA][nN]|[iI][nN][fF]') END;
CREATE MACRO my__json_scalar(j) AS CASE json_type(j::JSON) WHEN 'VARCHAR' THEN json_extract_string(j::JSON, '$')
  WHEN 'BOOLEAN' THEN j::VARCHAR WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'NULL' THEN NULL ELSE j::VARCHAR END;
CREATE MACRO my__json_type(j) AS CASE json_type(j::JSON) WHEN 'VARCHAR' THEN 'STRING' WHEN 'UBIGINT' THEN 'INTEGER'
  WHEN 'BIGINT' THEN 'INTEGER' ELSE json_type(j::JSON) END;
CREATE MACRO my__json_keys(j, p) AS CASE WHEN json_type(j, p) = 'OBJECT' THEN my__json_spaced(to_json(json_keys(j, p))::VARCHAR) END;
CREATE MACRO my__json_text(j) AS CASE json_type(j::JSON) WHEN 'VARCHAR' THEN json_extract_string(j::JSON, '$') ELSE j::VARCHAR END;
CREATE MACRO my__json_number(j) AS CASE json_type(j::JSON)
  WHEN 'BOOLEAN' THEN CASE WHEN j::VARCHAR = 'true' THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END
  WHEN 'VARCHAR' THEN my__number(json_extract_string(j::JSON, '$'))
  WHEN 'NULL' THEN NULL ELSE TRY_CAST(j::VARCHAR AS DOUBLE) END;
CREATE MACRO my__json_length(j, p) AS CASE json_type(j, p)
  WHEN 'ARRAY' THEN json_array_length(j, p) WHEN 'OBJECT' THEN len(json_keys(j, p))
  ELSE CASE WHEN json_type(j, p) IS NOT NULL THEN 1 END END;
