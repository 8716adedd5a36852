-- What postgres means, in DuckDB. Names: pg__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET integer_division = true;
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

-- Numbers. A numeric that DuckDB has as DOUBLE stands for the decimal of 15 digits next to it.
CREATE MACRO pg__digits(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN printf('%.15g', x) ELSE CAST(x AS VARCHAR) END;
CREATE MACRO pg__digits_to(x, n) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') AND abs(x) >= pow(10, 15 - n) THEN error('round(): a numeric of more than 15 digits') ELSE pg__digits(x) END;
CREATE MACRO pg__snap(x) AS CAST(pg__digits(x) AS DOUBLE);
CREATE MACRO pg__div(a, b) AS CASE WHEN abs(CAST(a AS DOUBLE) / b) >= 1e15 THEN error('div(): more than 15 digits') ELSE trunc(pg__snap(CAST(a AS DOUBLE) / b)) END;
CREATE MACRO pg__round(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN round_even(x, 0) ELSE round(x) END;
CREATE MACRO pg__hex4(x) AS lower(hex(CASE WHEN x < 0 THEN 4294967296 + CAST(x AS BIGINT) ELSE CAST(x AS BIGINT) END));
CREATE MACRO pg__hex8(x) AS lower(hex(CAST(x AS BIGINT)));
CREATE MACRO pg__width_bucket(x, a, b, n) AS CASE
  WHEN x IS NULL OR a IS NULL OR b IS NULL OR n IS NULL THEN NULL
  WHEN n <= 0 THEN error('width_bucket(): the count must be greater than zero')
  WHEN a = b THEN error('width_bucket(): the bounds cannot be equal')
  WHEN a < b THEN CASE WHEN x < a THEN 0 WHEN x >= b THEN n + 1 ELSE CAST(floor(pg__snap((x - a) * n / CAST(b - a AS DOUBLE))) AS INTEGER) + 1 END
  ELSE CASE WHEN x > a THEN 0 WHEN x <= b THEN n + 1 ELSE CAST(floor(pg__snap((a - x) * n / CAST(a - b AS DOUBLE))) AS INTEGER) + 1 END END;

CREATE MACRO pg__share(a, b) AS CASE WHEN b = 0 THEN CAST(0 AS DOUBLE) ELSE CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END;
CREATE MACRO pg__bucket_of(x, l) AS CASE WHEN x IS NULL OR l IS NULL THEN NULL WHEN len(l) > list_count(l) THEN error('thresholds array must not contain NULLs') WHEN list_sort(l) <> l THEN error('width_bucket(): the thresholds are not in order') ELSE len(list_filter(l, lambda t: t <= x)) END;
CREATE MACRO pg__power(a, b, tiny) AS CASE
  WHEN (NOT isfinite(power(a, b)) OR tiny AND power(a, b) = 0 AND a <> 0) AND isfinite(CAST(a AS DOUBLE)) AND isfinite(CAST(b AS DOUBLE)) THEN error('power(): the result is out of the range of double precision')
  ELSE power(a, b) END;
CREATE MACRO pg__exp(x, tiny) AS CASE
  WHEN (NOT isfinite(exp(x)) OR tiny AND exp(x) = 0) AND isfinite(CAST(x AS DOUBLE)) THEN error('exp(): the result is out of the range of double precision')
  ELSE exp(x) END;
CREATE MACRO pg__finite(r, known) AS CASE WHEN isinf(r) AND known THEN error('the result is out of the range of double precision') ELSE r END;
CREATE MACRO pg__finite_key(r, known) AS CASE WHEN isinf(r) AND known THEN CAST('out of the range of double precision: ' || r AS DOUBLE) ELSE r END;
CREATE MACRO pg__acosh(x) AS CASE WHEN x < 1 THEN error('acosh() takes numbers from 1') ELSE acosh(x) END;
CREATE MACRO pg__no_variance(r, c) AS CASE WHEN isnan(r) AND isfinite(c) THEN NULL ELSE r END;
CREATE MACRO pg__shl4(x, n) AS CAST((((CAST(x AS BIGINT) & 4294967295) * (CAST(1 AS BIGINT) << (n & 31)) & 4294967295) + 2147483648) % 4294967296 - 2147483648 AS INTEGER);
CREATE MACRO pg__shl8(x, n) AS CAST((((CAST(x AS HUGEINT) & 18446744073709551615) * (CAST(1 AS HUGEINT) << CAST(n & 63 AS HUGEINT)) & 18446744073709551615) + 9223372036854775808) % 18446744073709551616 - 9223372036854775808 AS BIGINT);

-- Casts and text.
CREATE MACRO pg__integer(s) AS CASE WHEN s IS NULL OR regexp_full_match(s, '\s*[+-]?[0-9]+(_[0-9]+)*\s*') THEN replace(trim(s, e' \t\n\r'), '_', '') ELSE error('invalid input syntax for type integer: ' || s) END;
CREATE MACRO pg__time(s) AS CASE WHEN s IS NULL OR regexp_matches(s, ':|^\s*([0-9]{4}|[0-9]{6})\s*$|^\s*[0-9]{1,2}\s*[aApP][mM]\s*$') THEN pg__clock_text(trim(s)) ELSE error('invalid input syntax for type time: ' || s) END;
CREATE MACRO pg__numeric(s) AS CASE WHEN regexp_matches(s, '[eExX_]|\.[0-9]{11,}') THEN error('too many digits for a numeric from text: ' || s) ELSE trim(s, e' \t\n\r') END;
CREATE MACRO pg__boolean(s) AS CASE
  WHEN s IS NULL THEN NULL
  WHEN lower(trim(s)) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN true
  WHEN lower(trim(s)) IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN false
  ELSE error('invalid input syntax for type boolean: ' || s) END;
CREATE MACRO pg__bool_letter(x) AS CASE x WHEN true THEN 't' WHEN false THEN 'f' END;
CREATE MACRO pg__float_text(x) AS CASE
  WHEN isnan(x) THEN 'NaN'
  WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
  WHEN abs(x) >= 1e15 AND abs(x) < 1e16 THEN regexp_replace(regexp_replace(rtrim(replace(CAST(x AS VARCHAR), '.', ''), '0'), '^(-?[0-9])([0-9]*)$', '\1.\2'), '\.$', '') || 'e+15'
  ELSE regexp_replace(CAST(x AS VARCHAR), '\.0$', '') END;
CREATE MACRO pg__text(x) AS CASE
  WHEN typeof(x) = 'DOUBLE' THEN pg__float_text(TRY_CAST(x AS DOUBLE))
  WHEN typeof(x) IN ('FLOAT', 'INTERVAL', 'JSON') OR typeof(x) LIKE '%]' OR typeof(x) LIKE '%)' AND typeof(x) NOT LIKE 'DECIMAL%' THEN error('the text of ' || typeof(x) || ' differs from postgres')
  ELSE CAST(x AS VARCHAR) END;
CREATE MACRO pg__char(s, n) AS rpad(substring(s, 1, n), n, ' ');
CREATE MACRO pg__bare_char(s, n) AS rtrim(substring(s, 1, n), ' ');

CREATE MACRO pg__base64(b) AS CASE WHEN octet_length(b) > 57 THEN error('encode(): postgres breaks lines of base64 at 76 characters') ELSE base64(b) END;
CREATE MACRO pg__to_number(s, n) AS CASE WHEN regexp_full_match(trim(s), '[+-]?[0-9,]*(\.[0-9]*)?') AND length(split_part(trim(s), '.', 2)) <= n THEN replace(trim(s), ',', '') ELSE error('to_number(): the text does not fit the format: ' || s) END;
CREATE MACRO pg__interval_part(n, word, before) AS CASE WHEN n <> 0 THEN CASE WHEN n > 0 AND before < 0 THEN '+' ELSE '' END || CAST(n AS VARCHAR) || ' ' || word || CASE WHEN n <> 1 THEN 's' ELSE '' END END;
CREATE MACRO pg__interval_clock(u, before) AS CASE WHEN u <> 0 OR before IS NULL THEN
  CASE WHEN u < 0 THEN '-' WHEN before < 0 THEN '+' ELSE '' END || lpad(CAST(abs(u) // 3600000000 AS VARCHAR), greatest(2, length(CAST(abs(u) // 3600000000 AS VARCHAR)))::INTEGER, '0')
  || ':' || lpad(CAST(abs(u) // 60000000 % 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(u) // 1000000 % 60 AS VARCHAR), 2, '0')
  || CASE WHEN abs(u) % 1000000 <> 0 THEN '.' || rtrim(lpad(CAST(abs(u) % 1000000 AS VARCHAR), 6, '0'), '0') ELSE '' END END;
CREATE MACRO pg__interval_micros(i) AS extract('hour' FROM i) * 3600000000 + extract('minute' FROM i) * 60000000 + extract('microsecond' FROM i);
CREATE MACRO pg__interval_text(i) AS CASE WHEN i IS NOT NULL THEN concat_ws(' ',
  pg__interval_part(extract('year' FROM i), 'year', 0), pg__interval_part(extract('month' FROM i), 'mon', extract('year' FROM i)),
  pg__interval_part(extract('day' FROM i), 'day', CASE WHEN extract('month' FROM i) <> 0 THEN extract('month' FROM i) ELSE extract('year' FROM i) END),
  pg__interval_clock(pg__interval_micros(i), CASE WHEN extract('day' FROM i) <> 0 THEN extract('day' FROM i) WHEN extract('month' FROM i) <> 0 THEN extract('month' FROM i) WHEN extract('year' FROM i) <> 0 THEN extract('year' FROM i) END)) END;

-- The fraction of a month becomes days, of a day time.
CREATE MACRO pg__month_days(i, f) AS round(30 * ((extract('year' FROM i) * 12 + extract('month' FROM i)) * f - trunc(round((extract('year' FROM i) * 12 + extract('month' FROM i)) * f, 9))), 6);
CREATE MACRO pg__interval_times(i, f) AS CASE WHEN i IS NOT NULL AND f IS NOT NULL THEN
  to_months(CAST(trunc(round((extract('year' FROM i) * 12 + extract('month' FROM i)) * f, 9)) AS INTEGER))
  + to_days(CAST(trunc(round(extract('day' FROM i) * f, 9)) + trunc(pg__month_days(i, f)) AS INTEGER))
  + to_microseconds(CAST(round(pg__interval_micros(i) * f
    + round(86400000000 * (extract('day' FROM i) * f - trunc(round(extract('day' FROM i) * f, 9))
      + pg__month_days(i, f) - trunc(pg__month_days(i, f))))) AS BIGINT)) END;
CREATE MACRO pg__interval_sum(i) AS to_months(CAST(sum(extract('year' FROM i) * 12 + extract('month' FROM i)) AS INTEGER)) + to_days(CAST(sum(extract('day' FROM i)) AS INTEGER)) + to_microseconds(CAST(sum(pg__interval_micros(i)) AS BIGINT));
CREATE MACRO pg__interval_avg(i) AS pg__interval_times(pg__interval_sum(i), 1.0 / nullif(count(i), 0));
CREATE MACRO pg__justify_days(i) AS to_months(CAST(extract('year' FROM i) * 12 + extract('month' FROM i) + CAST(trunc(extract('day' FROM i) / 30.0) AS BIGINT) AS INTEGER)) + to_days(CAST(extract('day' FROM i) % 30 AS INTEGER)) + to_microseconds(pg__interval_micros(i));
CREATE MACRO pg__justify_hours(i) AS to_months(CAST(extract('year' FROM i) * 12 + extract('month' FROM i) AS INTEGER)) + to_days(CAST(extract('day' FROM i) + pg__interval_micros(i) // 86400000000 AS INTEGER)) + to_microseconds(pg__interval_micros(i) % 86400000000);
CREATE MACRO pg__interval_of(s, u) AS to_months(CAST(s * (u // 2592000000000) AS INTEGER)) + to_days(CAST(s * (u % 2592000000000 // 86400000000) AS INTEGER)) + to_microseconds(s * (u % 86400000000));
CREATE MACRO pg__interval_span(i) AS CAST((extract('year' FROM i) * 12 + extract('month' FROM i)) * 30 + extract('day' FROM i) AS BIGINT) * 86400000000 + CAST(pg__interval_micros(i) AS BIGINT);
CREATE MACRO pg__justify_interval(i) AS pg__interval_of(CAST(sign(pg__interval_span(i)) AS BIGINT), abs(pg__interval_span(i)));
CREATE MACRO pg__overlaps(a, b, c, d) AS CASE
  WHEN least(a, b) > least(c, d) THEN CASE WHEN c IS NULL OR d IS NULL THEN NULL WHEN least(a, b) < greatest(c, d) THEN true WHEN a IS NULL OR b IS NULL THEN NULL ELSE false END
  WHEN least(a, b) < least(c, d) THEN CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN least(c, d) < greatest(a, b) THEN true WHEN c IS NULL OR d IS NULL THEN NULL ELSE false END
  WHEN (a IS NULL) OR (b IS NULL) OR (c IS NULL) OR (d IS NULL) THEN NULL ELSE true END;

CREATE MACRO pg__hex_bits(h, n, wraps) AS CASE WHEN h IS NULL THEN NULL WHEN NOT regexp_full_match(h, '[0-9a-fA-F]*') THEN error('this text is no hexadecimal digit: ' || h)
  ELSE list_transform([CAST('0x' || rpad(left(h, n // 4), CAST(n // 4 AS INTEGER), '0') AS HUGEINT)], lambda v: CASE WHEN wraps AND v >= CAST(power(2, n - 1) AS HUGEINT) THEN v - CAST(power(2, n) AS HUGEINT) ELSE v END)[1] END;
CREATE MACRO pg__byte(s) AS CASE WHEN s IS NULL OR s = '' THEN s WHEN regexp_full_match(s, '\\[01][0-7][0-7]') THEN CASE WHEN s = '\000' THEN '' ELSE chr(CAST(64 * CAST(s[2] AS INTEGER) + 8 * CAST(s[3] AS INTEGER) + CAST(s[4] AS INTEGER) AS INTEGER)) END
  WHEN ascii(s) > 127 OR regexp_full_match(s, '\\[23][0-7][0-7]') THEN error('"char" of a byte that is no character') ELSE s[1] END;
CREATE MACRO pg__bytea_piece(t) AS CASE WHEN t = '\\' THEN '5C' WHEN starts_with(t, '\') THEN printf('%02X', 64 * CAST(t[2] AS INTEGER) + 8 * CAST(t[3] AS INTEGER) + CAST(t[4] AS INTEGER)) ELSE hex(encode(t)) END;
CREATE MACRO pg__bytea_escaped(s) AS unhex(array_to_string(list_transform(regexp_extract_all(s, '\\\\|\\[0-3][0-7][0-7]|[^\\]+'), lambda t: pg__bytea_piece(t)), ''));
CREATE MACRO pg__bytea_text(b) AS '\x' || lower(hex(b));
CREATE MACRO pg__bytea(s) AS CASE WHEN s IS NULL THEN NULL WHEN NOT contains(s, '\') THEN encode(s)
  WHEN starts_with(s, '\x') THEN CASE WHEN regexp_full_match(s, '\\x(\s*[0-9a-fA-F]{2})*\s*') THEN unhex(regexp_replace(substr(s, 3), '\s', '', 'g')) ELSE error('invalid hexadecimal data of a bytea') END
  WHEN regexp_full_match(s, '(\\\\|\\[0-3][0-7][0-7]|[^\\])*') THEN pg__bytea_escaped(s) ELSE error('invalid input syntax for type bytea') END;
CREATE MACRO pg__item_texts(l) AS list_transform(l, lambda i: CASE WHEN typeof(i) = 'BOOLEAN' THEN pg__bool_letter(TRY_CAST(i AS BOOLEAN)) ELSE pg__text(i) END);

-- Strings.
CREATE MACRO pg__upper(s) AS CASE WHEN contains(s, 'ß') THEN array_to_string(list_transform(string_split(s, 'ß'), lambda p: upper(p)), 'ß') ELSE upper(s) END;
CREATE MACRO pg__initcap(s) AS array_to_string(list_transform(regexp_extract_all(s, '[\p{L}\p{N}]+|[^\p{L}\p{N}]+'), lambda w: pg__upper(w[1]) || lower(w[2:])), '');
CREATE MACRO pg__substring_from(s, a) AS CASE WHEN s IS NULL OR a IS NULL THEN NULL ELSE substring(s, greatest(a, 1)) END;
CREATE MACRO pg__substring(s, a, n) AS CASE
  WHEN s IS NULL OR a IS NULL OR n IS NULL THEN NULL
  WHEN n < 0 THEN error('negative substring length not allowed')
  ELSE substring(s, greatest(a, 1), greatest(a + n - greatest(a, 1), 0)) END;
CREATE MACRO pg__regexp(s, p, g, o) AS CASE WHEN regexp_matches(s, p, o) THEN regexp_extract(s, p, g, o) END;
CREATE MACRO pg__matches(s, p, g, o) AS list_transform(regexp_extract_all(s, p, g, replace(o, 'g', '')), lambda m: [m]);
CREATE MACRO pg__first_match(s, p, g, o) AS CASE WHEN regexp_matches(s, p, o) THEN [[regexp_extract(s, p, g, o)]] ELSE [] END;
CREATE MACRO pg__split(s, d) AS CASE
  WHEN s = '' THEN CAST([] AS VARCHAR[])
  WHEN d IS NULL THEN string_split(s, '')
  WHEN d = '' THEN CASE WHEN s IS NOT NULL THEN [s] END
  ELSE string_split(s, d) END;
CREATE MACRO pg__null_items(l, n) AS list_transform(l, lambda i: nullif(i, n));
CREATE MACRO pg__split_part(s, d, n) AS CASE
  WHEN s IS NULL OR d IS NULL OR n IS NULL THEN NULL
  WHEN n = 0 THEN error('field position must not be zero')
  WHEN d = '' THEN CASE WHEN n IN (1, -1) THEN s ELSE '' END
  ELSE split_part(s, d, n) END;
CREATE MACRO pg__lpad(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN f = '' THEN substring(s, 1, greatest(n, 0)) ELSE lpad(s, greatest(n, 0), f) END;
CREATE MACRO pg__rpad(s, n, f) AS CASE WHEN n IS NULL THEN NULL WHEN f = '' THEN substring(s, 1, greatest(n, 0)) ELSE rpad(s, greatest(n, 0), f) END;

CREATE MACRO pg__chr(n) AS CASE WHEN n = 0 THEN error('chr(): the null character is not permitted') ELSE chr(n) END;
CREATE MACRO pg__overlay(s, r, a, n) AS CASE
  WHEN s IS NULL OR r IS NULL OR a IS NULL OR n IS NULL THEN NULL
  WHEN a < 1 THEN error('overlay(): positions are counted from 1')
  ELSE substring(s, 1, a - 1) || r || pg__substring_from(s, a + n) END;

-- Number masks: digits before the point, those always written, after the point, those always written.
CREATE MACRO pg__mask_whole(n, digits, zeros, decs) AS CASE
  WHEN trunc(abs(n)) >= CAST(power(10, digits) AS DECIMAL(38, 0)) THEN error('to_char(): the number does not fit the format')
  WHEN trunc(abs(n)) = 0 AND (zeros > 0 OR decs > 0) THEN repeat('0', zeros)
  ELSE lpad(CAST(CAST(trunc(abs(n)) AS DECIMAL(38, 0)) AS VARCHAR), CAST(greatest(zeros, length(CAST(CAST(trunc(abs(n)) AS DECIMAL(38, 0)) AS VARCHAR))) AS INTEGER), '0') END;
CREATE MACRO pg__mask_group(s) AS reverse(rtrim(regexp_replace(reverse(s), '([0-9]{3})', '\1,', 'g'), ','));
CREATE MACRO pg__mask_fraction(n, decs, fixed) AS CASE WHEN decs = 0 THEN '' ELSE substring(split_part(CAST(abs(n) AS VARCHAR), '.', 2), 1, fixed) || rtrim(substring(split_part(CAST(abs(n) AS VARCHAR), '.', 2), fixed + 1), '0') END;
CREATE MACRO pg__mask_body(n, digits, zeros, decs, fixed, grouped, point) AS CASE WHEN n < 0 THEN '-' ELSE '' END
    || CASE WHEN decs > 0 AND zeros = 0 AND trunc(abs(n)) = 0 AND pg__mask_fraction(n, decs, fixed) = '' THEN '0' ELSE '' END
    || CASE WHEN grouped THEN pg__mask_group(pg__mask_whole(n, digits, zeros, decs)) ELSE pg__mask_whole(n, digits, zeros, decs) END
    || point || pg__mask_fraction(n, decs, fixed);
CREATE MACRO pg__mask(n, digits, zeros, decs, fixed, grouped, fill, width, point, tail) AS CASE
  WHEN n IS NULL THEN NULL
  WHEN fill THEN pg__mask_body(n, digits, zeros, decs, fixed, grouped, point) || tail
  ELSE lpad(pg__mask_body(n, digits, zeros, decs, fixed, grouped, point), CAST(width + 1 AS INTEGER), ' ') || tail END;

-- Dates and times as texts: month before day, two digits of a year from 1970 to 2069, the name of a month.
CREATE MACRO pg__moment_form() AS '^\s*(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?([0-9]{3,}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]+|[0-9]{8}|[0-9]{6}|(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)[-\s]*[0-9]{1,2}(?:,\s*|[-\s]+)[0-9]+|[0-9]{1,2}[-\s]*(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)[-,\s]*[0-9]+|[0-9]{3,}[-\s]*(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)[-\s]*[0-9]{1,2})(?:(?:\s+|t)(\S.*?))?\s*$';
CREATE MACRO pg__century(y) AS CASE WHEN length(y) > 3 THEN '' WHEN length(y) = 3 THEN '0' WHEN CAST(y AS INTEGER) < 70 THEN '20' ELSE '19' END || CASE WHEN length(y) = 1 THEN '0' ELSE '' END || y;
CREATE MACRO pg__month(s) AS CAST((instr('janfebmaraprmayjunjulaugsepoctnovdec', lower(regexp_extract(s, '([a-zA-Z]{3})[a-zA-Z]*', 1))) + 2) // 3 AS VARCHAR);
CREATE MACRO pg__year_text(d) AS CASE WHEN regexp_full_match(d, '[0-9]{6,8}') THEN d[:-5] WHEN regexp_matches(d, '^[0-9]{3,}') THEN regexp_extract(d, '^[0-9]+') ELSE regexp_extract(d, '[0-9]+$') END;
CREATE MACRO pg__month_text(d) AS CASE
  WHEN regexp_full_match(d, '[0-9]{6,8}') THEN d[-4:-3] || '-' || d[-2:]
  WHEN regexp_full_match(d, '[0-9]{3,}[-/.][0-9]+[-/.][0-9]+') THEN regexp_replace(d, '^[0-9]+.([0-9]+).([0-9]+)$', '\1-\2')
  WHEN regexp_full_match(d, '[0-9]+[-/.][0-9]+[-/.][0-9]+') THEN regexp_replace(d, '^([0-9]+).([0-9]+).[0-9]+$', '\1-\2')
  ELSE pg__month(d) || '-' || CASE WHEN regexp_matches(d, '^[0-9]{3,}') THEN regexp_extract(d, '[0-9]+$') ELSE regexp_extract(d, '[0-9]+') END END;
CREATE MACRO pg__day_text(d) AS pg__century(pg__year_text(d)) || '-' || pg__month_text(d);
CREATE MACRO pg__clock_text(t) AS CASE
  WHEN regexp_full_match(t, '[0-9]{4}([0-9]{2}(\.[0-9]+)?)?') THEN rtrim(t[1:2] || ':' || t[3:4] || ':' || t[5:], ':')
  WHEN regexp_full_match(t, '[0-9]{1,2}(:[0-9:.]*)?\s*[ap]m', 'i') THEN CASE
    WHEN CAST(regexp_extract(t, '^[0-9]+') AS INTEGER) > 12 THEN error('an hour above 12 with AM or PM: ' || t)
    ELSE CAST(CAST(regexp_extract(t, '^[0-9]+') AS INTEGER) % 12 + CASE WHEN t ILIKE '%pm' THEN 12 ELSE 0 END AS VARCHAR) || CASE WHEN contains(t, ':') THEN regexp_extract(t, ':[0-9:.]*') ELSE ':00' END END
  ELSE regexp_replace(t, '\s+z$', 'Z', 'i') END;
CREATE MACRO pg__moment(s) AS CASE
  WHEN s IS NULL OR regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?') THEN s
  WHEN regexp_full_match(s, pg__moment_form(), 'i') THEN concat_ws(' ', pg__day_text(regexp_extract(s, pg__moment_form(), 1, 'i')), nullif(pg__clock_text(regexp_extract(s, pg__moment_form(), 2, 'i')), ''))
  WHEN lower(trim(s)) IN ('epoch', 'infinity', '-infinity') THEN trim(s)
  ELSE error('this text is no date that can be read here: ' || s) END;
-- The seventh digit of a second rounds.
CREATE MACRO pg__seventh(s) AS to_microseconds(CASE WHEN regexp_matches(s, '\.[0-9]{6}[5-9]') THEN 1 ELSE 0 END);
CREATE MACRO pg__timestamp(s) AS CAST(pg__moment(s) AS TIMESTAMP) + pg__seventh(s);
CREATE MACRO pg__timestamptz(s) AS CAST(pg__moment(s) AS TIMESTAMPTZ) + pg__seventh(s);

-- Dates.
CREATE MACRO pg__trunc_century(t) AS date_trunc('century', t - INTERVAL 1 YEAR) + INTERVAL 1 YEAR;
CREATE MACRO pg__trunc_millennium(t) AS date_trunc('millennium', t - INTERVAL 1 YEAR) + INTERVAL 1 YEAR;
CREATE MACRO pg__year(y) AS CASE WHEN y = 0 THEN error('there is no year 0') WHEN y < 0 THEN y + 1 ELSE y END;
CREATE MACRO pg__two_digits(t) AS CASE WHEN year(t) = 1969 THEN t + INTERVAL 100 YEAR ELSE t END;
CREATE MACRO pg__fmt_q(t) AS CAST(quarter(t) AS VARCHAR);
CREATE MACRO pg__fmt_d(t) AS CAST(dayofweek(t) + 1 AS VARCHAR);
CREATE MACRO pg__fmt_ww(t) AS lpad(CAST((dayofyear(t) - 1) // 7 + 1 AS VARCHAR), 2, '0');
CREATE MACRO pg__fmt_w(t) AS CAST((day(t) - 1) // 7 + 1 AS VARCHAR);
CREATE MACRO pg__fmt_j(t) AS CAST(CAST(floor(julian(CAST(t AS DATE))) AS BIGINT) AS VARCHAR);
CREATE MACRO pg__fmt_cc(t) AS lpad(CAST((year(t) - 1) // 100 + 1 AS VARCHAR), 2, '0');
CREATE MACRO pg__fmt_ssss(t) AS CAST(hour(t) * 3600 + minute(t) * 60 + second(t) AS VARCHAR);
CREATE MACRO pg__ordinal(s) AS s || CASE
  WHEN right(s, 2) IN ('11', '12', '13') THEN 'th'
  ELSE CASE right(s, 1) WHEN '1' THEN 'st' WHEN '2' THEN 'nd' WHEN '3' THEN 'rd' ELSE 'th' END END;

-- Arrays and JSON.
CREATE MACRO pg__array_items(s) AS CASE
  WHEN s IS NULL THEN NULL
  WHEN NOT regexp_full_match(s, '\s*\{[^{}"\\]*\}\s*') THEN error('no text of an array that can be read here: ' || s)
  WHEN regexp_full_match(s, '\s*\{\s*\}\s*') THEN CAST([] AS VARCHAR[])
  WHEN regexp_matches(s, '[{,]\s*[,}]') THEN error('malformed text of an array: ' || s)
  ELSE list_transform(string_split(trim(s, e' \t\n\r{}'), ','), lambda i: CASE WHEN upper(trim(i)) <> 'NULL' THEN trim(i, e' \t\n\r') END) END;
CREATE MACRO pg__item_text(s) AS CASE WHEN s IS NULL THEN 'NULL' WHEN s = '' OR upper(s) = 'NULL' OR regexp_matches(s, '[{}",\\\s]') THEN '"' || regexp_replace(s, '(["\\])', '\\\1', 'g') || '"' ELSE s END;
CREATE MACRO pg__array_text(l) AS CASE WHEN l IS NOT NULL THEN '{' || coalesce(array_to_string(list_transform(l, lambda i: pg__item_text(i)), ','), '') || '}' END;
CREATE MACRO pg__array_cat(a, b) AS CASE WHEN a IS NULL AND b IS NULL THEN NULL ELSE list_concat(a, b) END;
CREATE MACRO pg__contains(a, b) AS list_has_all(a, b) AND len(b) = list_count(b);
CREATE MACRO pg__position_from(l, v, n) AS list_position(list_slice(l, n, len(l)), v) + n - 1;
CREATE MACRO pg__array_positions(l, v) AS list_filter(list_transform(l, lambda x, i: CASE WHEN x IS NOT DISTINCT FROM v THEN i END), lambda i: i IS NOT NULL);
CREATE MACRO pg__array_replace(l, v, n) AS list_transform(l, lambda i: CASE WHEN i IS NOT DISTINCT FROM v THEN n ELSE i END);
CREATE MACRO pg__array_fill(v, n) AS CASE WHEN n < 0 THEN error('array_fill(): a length below 0') ELSE list_transform(range(n), lambda i: v) END;
CREATE MACRO pg__trim_array(l, n) AS CASE WHEN n < 0 OR n > len(l) THEN error('trim_array(): the count is not between 0 and the length') ELSE list_slice(l, 1, len(l) - n) END;
CREATE MACRO pg__array_remove(l, v) AS list_filter(l, lambda i: i IS DISTINCT FROM v);
CREATE MACRO pg__element(l, i) AS CASE WHEN i >= 1 THEN list_extract(l, i) END;
CREATE MACRO pg__slice(l, a, b) AS CASE WHEN l IS NULL OR a IS NULL OR b IS NULL THEN NULL WHEN b < greatest(a, 1) THEN l[1:0] ELSE list_slice(l, greatest(a, 1), b) END;
CREATE MACRO pg__json_scalar(v) AS json_extract_string(v, '$');
CREATE MACRO pg__json_bare(doc) AS regexp_replace(CAST(doc AS VARCHAR), '"([^"\\]|\\.)*"', '', 'g');
CREATE MACRO pg__json_plain(doc) AS NOT regexp_matches(pg__json_bare(doc), '[0-9][eE]|\.[0-9]*0([^0-9]|$)|[0-9]{19}|-0([^.]|$)|0\.000000') AND coalesce(list_max(list_transform(regexp_extract_all(pg__json_bare(doc), '[0-9]+\.[0-9]+'), lambda n: length(n))), 0) < 17;
-- The text of a jsonb: the keys in order of their lengths, a blank behind colons and commas.
CREATE MACRO pg__json_string(s) AS CAST(to_json(CAST(s AS VARCHAR)) AS VARCHAR);
CREATE MACRO pg__jsonb_pairs(v) AS map_entries(CAST(v AS MAP(VARCHAR, JSON)));
CREATE MACRO pg__jsonb_items(v) AS list_transform(CAST(v AS JSON[]), lambda i: coalesce(i, CAST('null' AS JSON)));
CREATE MACRO pg__jsonb_0(v) AS CASE WHEN v IS NULL THEN NULL WHEN contains(CAST(v AS VARCHAR), '\u') THEN error('the text of jsonb with control characters differs from postgres')
  WHEN json_type(v) NOT IN ('OBJECT', 'ARRAY') OR CAST(v AS VARCHAR) IN ('{}', '[]') THEN CAST(v AS VARCHAR)
  WHEN regexp_full_match(CAST(v AS VARCHAR), '\[[^"{}\[\]]*\]') THEN replace(CAST(v AS VARCHAR), ',', ', ')
  WHEN regexp_full_match(CAST(v AS VARCHAR), '\{"[^"\\]*":([^"{}\[\],]+|"[^"\\]*")\}') THEN regexp_replace(CAST(v AS VARCHAR), '^(\{"[^"\\]*"):', '\1: ')
  ELSE error('jsonb nested deeper than this has no text here: take its values out') END;
CREATE MACRO pg__jsonb_parts(v) AS CASE WHEN json_type(v) = 'ARRAY' THEN list_transform(CAST(v AS JSON[]), lambda i: struct_pack(n := -1, k := '', v := coalesce(i, CAST('null' AS JSON))))
  WHEN len(json_keys(v)) > len(list_distinct(json_keys(v))) THEN error('jsonb keeps the last of several values of a key: take the others out')
  ELSE list_sort(list_transform(pg__jsonb_pairs(v), lambda p: struct_pack(n := CAST(strlen(p.key) AS INTEGER), k := p.key, v := coalesce(p.value, CAST('null' AS JSON))))) END;
CREATE MACRO pg__jsonb_name(n, k) AS CASE WHEN n < 0 THEN '' WHEN regexp_matches(k, '[\x00-\x1f]') THEN error('the text of jsonb with control characters differs from postgres') ELSE pg__json_string(k) || ': ' END;
CREATE MACRO pg__jsonb_1(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_parts(v), lambda e1: pg__jsonb_name(e1.n, e1.k) || pg__jsonb_0(e1.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_2(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_parts(v), lambda e2: pg__jsonb_name(e2.n, e2.k) || pg__jsonb_1(e2.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_3(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_parts(v), lambda e3: pg__jsonb_name(e3.n, e3.k) || pg__jsonb_2(e3.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_whole(v) AS list_transform([v], lambda w: pg__jsonb_3(w))[1];
CREATE MACRO pg__jsonb_text(v, doc) AS CASE WHEN v IS NULL THEN NULL WHEN json_type(v) IN ('OBJECT', 'ARRAY', 'DOUBLE', 'HUGEINT') AND NOT pg__json_plain(doc) THEN error('the text of a JSON number differs from postgres: cast it to numeric') ELSE pg__jsonb_3(v) END;
CREATE MACRO pg__json_text(v, doc, whole) AS CASE
  WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN whole
  WHEN json_type(v) = 'NULL' THEN NULL
  WHEN json_type(v) IN ('DOUBLE', 'HUGEINT') AND NOT pg__json_plain(doc) THEN error('the text of a JSON number differs from postgres: cast it to numeric')
  ELSE json_extract_string(v, '$') END;
CREATE MACRO pg__json_boolean(v) AS CASE WHEN v IS NULL THEN NULL WHEN json_type(v) <> 'BOOLEAN' THEN error('cannot cast this jsonb to boolean') ELSE json_extract_string(v, '$') = 'true' END;
CREATE MACRO pg__json_step(v, k, i) AS CASE WHEN json_type(v) = 'ARRAY' THEN json_extract(v, i) ELSE json_extract(v, '$."' || k || '"') END;
CREATE MACRO pg__json_field(v, k) AS CASE WHEN json_type(v) = 'OBJECT' THEN json_extract(v, '/' || replace(replace(k, '~', '~0'), '/', '~1')) END;
CREATE MACRO pg__json_array_length(v) AS CASE WHEN json_type(v) <> 'ARRAY' THEN error('cannot get array length of a non-array') ELSE json_array_length(v) END;
CREATE MACRO pg__json_typeof(v) AS CASE json_type(v) WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null' WHEN 'OBJECT' THEN 'object' WHEN 'ARRAY' THEN 'array' WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' WHEN 'HUGEINT' THEN 'number' END;
CREATE MACRO pg__json_items(v) AS CASE WHEN json_type(v) = 'ARRAY' THEN json_extract(v, '$[*]') ELSE CAST(v AS JSON[]) END;
CREATE MACRO pg__json_texts(v) AS list_transform(CAST(v AS JSON[]), lambda e: pg__json_text(e, v, error('the text of a JSON object or array differs from postgres: take its values out')));
CREATE MACRO pg__json_part(v, doc) AS CASE WHEN v IS NULL THEN NULL WHEN CAST(doc AS VARCHAR) = CAST(json(CAST(doc AS VARCHAR)) AS VARCHAR) THEN CAST(v AS VARCHAR) WHEN json_type(v) IN ('BIGINT', 'UBIGINT', 'BOOLEAN', 'NULL') OR (json_type(v) = 'DOUBLE' AND pg__json_plain(doc)) OR (json_type(v) = 'VARCHAR' AND NOT contains(CAST(doc AS VARCHAR), '\')) THEN CAST(v AS VARCHAR) ELSE error('json keeps the blanks of its text: cast to jsonb, or take its values out') END;
CREATE MACRO pg__jsonb_first(v, found) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN found ELSE v END;
CREATE MACRO pg__json_key(s) AS CASE WHEN s IS NULL THEN error('a key of a JSON object cannot be NULL') ELSE pg__json_string(s) END;
CREATE MACRO pg__json_float(s, exact) AS CASE WHEN s IN ('NaN', 'Infinity', '-Infinity') THEN '"' || s || '"' WHEN exact AND contains(s, 'e') THEN error('jsonb writes this number with all its digits: ' || s) ELSE s END;
CREATE MACRO pg__json_moment(s, zone) AS '"' || replace(s, ' ', 'T') || CASE WHEN ends_with(s, 'infinity') THEN '' ELSE zone END || '"';
CREATE MACRO pg__json_list(l, sep) AS CASE WHEN l IS NOT NULL THEN '[' || coalesce(array_to_string(l, sep), '') || ']' END;
CREATE MACRO pg__json_around(s, a, b) AS CASE WHEN s IS NOT NULL THEN a || s || b END;
CREATE MACRO pg__dated(x) AS CASE WHEN isinf(x) THEN error('a part of an infinite date is infinite in postgres, which no integer is') ELSE x END;
CREATE MACRO pg__is_json_text(s) AS json_valid(s) AND NOT regexp_matches(regexp_replace(regexp_replace(s, '"([^"\\]|\\.)*"', '""', 'g'), 'true|false|null|[0-9][eE]', '', 'g'), '[A-Za-z/]|,\s*[\]}]');
CREATE MACRO pg__is_json(s, kind) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_matches(s, '\\u[dD][89a-fA-F]') THEN error('IS JSON of a text with surrogate pairs') WHEN NOT pg__is_json_text(s) THEN false
  WHEN kind = 'ARRAY' THEN json_type(s) = 'ARRAY' WHEN kind = 'OBJECT' THEN json_type(s) = 'OBJECT' WHEN kind = 'SCALAR' THEN json_type(s) NOT IN ('ARRAY', 'OBJECT') ELSE true END;
CREATE MACRO pg__known_in(a) AS CAST(len(list_filter(a, lambda x: x IS NOT NULL)) AS INTEGER);
CREATE MACRO pg__nulls_in(a) AS CAST(len(list_filter(a, lambda x: x IS NULL)) AS INTEGER);
CREATE MACRO pg__shl2(x, n) AS CAST(xor((CAST(x AS BIGINT) + 4294967296) * CAST(power(2, CAST(n AS INTEGER) & 31) AS BIGINT) & 65535, 32768) - 32768 AS SMALLINT);
CREATE MACRO pg__shr2(x, n) AS CAST(CAST(x AS INTEGER) >> (CAST(n AS INTEGER) & 31) AS SMALLINT);
CREATE MACRO pg__bit_count(b) AS CASE WHEN octet_length(b) = 0 THEN 0 ELSE CAST(bit_count(CAST(CASE WHEN octet_length(b) = 0 THEN NULL ELSE b END AS BIT)) AS BIGINT) END;
CREATE MACRO pg__octet(v) AS CASE WHEN v = 92 THEN '\\' WHEN v = 0 OR v >= 128 THEN '\' || (v // 64) || (v // 8 % 8) || (v % 8) ELSE chr(CAST(v AS INTEGER)) END;
CREATE MACRO pg__escape(b) AS CASE WHEN b IS NOT NULL THEN array_to_string(list_transform(range(0, octet_length(b)), lambda i: pg__octet(CAST('0x' || substr(hex(b), CAST(2 * i + 1 AS BIGINT), 2) AS INTEGER))), '') END;
CREATE MACRO pg__lengths(l, n) AS coalesce(list_sum(list_transform(list_slice(l, 1, n), lambda x: length(x))), 0);
CREATE MACRO pg__regexp_place(s, p, n, e, skipped) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_matches('', p) THEN error('regexp_instr() of a pattern that matches an empty text')
  WHEN len(regexp_extract_all(s, p)) < n THEN 0 ELSE pg__lengths(string_split_regex(s, p), n) + pg__lengths(regexp_extract_all(s, p), n - 1 + e) + 1 + skipped END;
CREATE MACRO pg__field(s) AS CASE WHEN s IS NULL THEN '' WHEN s = '' OR regexp_matches(s, '[(),"\\\s]') THEN '"' || replace(replace(s, '\', '\\'), '"', '""') || '"' ELSE s END;
CREATE MACRO pg__julian(s) AS DATE '1970-01-01' + CAST(CAST(s AS BIGINT) - 2440588 AS INTEGER);
-- jsonb that is changed: the pairs of an object, the items of an array; NULL among them is JSON's null.
CREATE MACRO pg__jsonb_doc(v, doc) AS CASE WHEN v IS NULL OR pg__json_plain(doc) THEN v ELSE error('the text of a JSON number differs from postgres: cast it to numeric') END;
CREATE MACRO pg__jsonb_pair(k, v) AS struct_pack(key := CAST(k AS VARCHAR), value := CAST(v AS JSON));
CREATE MACRO pg__jsonb_object(l) AS CAST('{' || array_to_string(list_transform(l, lambda p: pg__json_string(p.key) || ':' || coalesce(CAST(p.value AS VARCHAR), 'null')), ',') || '}' AS JSON);
CREATE MACRO pg__jsonb_array(l) AS CAST('[' || array_to_string(list_transform(l, lambda i: CAST(i AS VARCHAR)), ',') || ']' AS JSON);
CREATE MACRO pg__jsonb_wrapped(v) AS CASE WHEN json_type(v) = 'ARRAY' THEN pg__jsonb_items(v) ELSE [v] END;
CREATE MACRO pg__jsonb_cat(a, b) AS list_transform([struct_pack(a := a, b := b)], lambda c: CASE WHEN c.a IS NULL OR c.b IS NULL THEN NULL
  WHEN json_type(c.a) = 'OBJECT' AND json_type(c.b) = 'OBJECT' THEN pg__jsonb_object(list_concat(list_filter(pg__jsonb_pairs(c.a), lambda o: NOT list_contains(json_keys(c.b), o.key)), pg__jsonb_pairs(c.b)))
  ELSE pg__jsonb_array(list_concat(pg__jsonb_wrapped(c.a), pg__jsonb_wrapped(c.b))) END)[1];
CREATE MACRO pg__jsonb_others(v, k) AS list_filter(pg__jsonb_pairs(v), lambda o: o.key <> k);
CREATE MACRO pg__jsonb_minus(v, k) AS CASE WHEN v IS NULL OR k IS NULL THEN NULL
  WHEN json_type(v) = 'OBJECT' THEN pg__jsonb_object(pg__jsonb_others(v, k))
  WHEN json_type(v) = 'ARRAY' THEN pg__jsonb_array(list_filter(pg__jsonb_items(v), lambda o: CASE WHEN json_type(o) = 'VARCHAR' THEN json_extract_string(o, '$') <> k ELSE true END))
  ELSE error('cannot delete from scalar') END;
CREATE MACRO pg__jsonb_minus_keys(v, l) AS CASE WHEN v IS NULL OR l IS NULL THEN NULL
  WHEN json_type(v) = 'OBJECT' THEN pg__jsonb_object(list_filter(pg__jsonb_pairs(v), lambda o: NOT list_contains(l, o.key)))
  WHEN json_type(v) = 'ARRAY' THEN pg__jsonb_array(list_filter(pg__jsonb_items(v), lambda o: CASE WHEN json_type(o) = 'VARCHAR' THEN NOT list_contains(l, json_extract_string(o, '$')) ELSE true END))
  ELSE error('cannot delete from scalar') END;
CREATE MACRO pg__jsonb_place(v, i) AS CASE WHEN i < 0 THEN i + CAST(json_array_length(v) AS BIGINT) ELSE i END;
-- The items before a place, some new ones, and the items from another place on; places are counted from 0.
CREATE MACRO pg__jsonb_spliced(v, a, l, b) AS pg__jsonb_array(list_concat(list_concat(list_slice(pg__jsonb_items(v), 1, a), l), list_slice(pg__jsonb_items(v), b + 1, CAST(json_array_length(v) AS BIGINT))));
CREATE MACRO pg__jsonb_within(v, i) AS pg__jsonb_place(v, i) BETWEEN 0 AND CAST(json_array_length(v) AS BIGINT) - 1;
CREATE MACRO pg__jsonb_cut(v, i) AS CASE WHEN pg__jsonb_within(v, i) THEN pg__jsonb_spliced(v, pg__jsonb_place(v, i), [], pg__jsonb_place(v, i) + 1) ELSE v END;
CREATE MACRO pg__jsonb_minus_item(v, i) AS CASE WHEN v IS NULL OR i IS NULL THEN NULL
  WHEN json_type(v) = 'ARRAY' THEN pg__jsonb_cut(v, i)
  WHEN json_type(v) = 'OBJECT' THEN error('cannot delete from object using integer index')
  ELSE error('cannot delete from scalar') END;
CREATE MACRO pg__jsonb_put_key(v, k, n, adds) AS CASE WHEN adds OR list_contains(json_keys(v), k) THEN pg__jsonb_object(list_append(pg__jsonb_others(v, k), pg__jsonb_pair(k, n))) ELSE v END;
CREATE MACRO pg__jsonb_insert_key(v, k, n, after) AS CASE WHEN list_contains(json_keys(v), k) THEN error('cannot replace existing key') ELSE pg__jsonb_put_key(v, k, n, true) END;
CREATE MACRO pg__jsonb_put_item(v, i, n, adds) AS CASE WHEN pg__jsonb_within(v, i) THEN pg__jsonb_spliced(v, pg__jsonb_place(v, i), [n], pg__jsonb_place(v, i) + 1)
  WHEN NOT adds THEN v ELSE pg__jsonb_spliced(v, CASE WHEN i < 0 THEN 0 ELSE i END, [n], CASE WHEN i < 0 THEN 0 ELSE i END) END;
CREATE MACRO pg__jsonb_insert_item(v, i, n, after) AS CASE WHEN pg__jsonb_place(v, i) < 0 THEN pg__jsonb_spliced(v, 0, [n], 0)
  ELSE pg__jsonb_spliced(v, pg__jsonb_place(v, i) + CASE WHEN after THEN 1 ELSE 0 END, [n], pg__jsonb_place(v, i) + CASE WHEN after THEN 1 ELSE 0 END) END;
CREATE MACRO pg__jsonb_bare_0(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') AND contains(CAST(v AS VARCHAR), 'null') THEN error('jsonb_strip_nulls() of jsonb nested deeper than this') ELSE CAST(v AS VARCHAR) END;
CREATE MACRO pg__jsonb_kept(v) AS CASE WHEN json_type(v) = 'ARRAY' THEN pg__jsonb_parts(v) ELSE list_filter(pg__jsonb_parts(v), lambda f: CAST(f.v AS VARCHAR) <> 'null') END;
CREATE MACRO pg__jsonb_bare_1(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_kept(v), lambda b1: pg__jsonb_name(b1.n, b1.k) || pg__jsonb_bare_0(b1.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE CAST(v AS VARCHAR) END;
CREATE MACRO pg__jsonb_bare_2(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_kept(v), lambda b2: pg__jsonb_name(b2.n, b2.k) || pg__jsonb_bare_1(b2.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE CAST(v AS VARCHAR) END;
CREATE MACRO pg__jsonb_bare_3(v) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN left(CAST(v AS VARCHAR), 1) || array_to_string(list_transform(pg__jsonb_kept(v), lambda b3: pg__jsonb_name(b3.n, b3.k) || pg__jsonb_bare_2(b3.v)), ', ') || right(CAST(v AS VARCHAR), 1) ELSE CAST(v AS VARCHAR) END;
CREATE MACRO pg__jsonb_bare(v) AS list_transform([v], lambda w: CAST(pg__jsonb_bare_3(w) AS JSON))[1];
CREATE MACRO pg__jsonb_lines(v, l, ind) AS left(CAST(v AS VARCHAR), 1) || e'\n' || CASE WHEN len(l) > 0 THEN ind || '    ' || array_to_string(l, e',\n' || ind || '    ') || e'\n' ELSE '' END || ind || right(CAST(v AS VARCHAR), 1);
CREATE MACRO pg__jsonb_pretty_0(v, ind) AS CASE WHEN CAST(v AS VARCHAR) IN ('{}', '[]') THEN pg__jsonb_lines(v, [], ind) WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN error('jsonb_pretty() of jsonb nested deeper than this') ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_pretty_1(v, ind) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN pg__jsonb_lines(v, list_transform(pg__jsonb_parts(v), lambda e1: pg__jsonb_name(e1.n, e1.k) || pg__jsonb_pretty_0(e1.v, ind || '    ')), ind) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_pretty_2(v, ind) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN pg__jsonb_lines(v, list_transform(pg__jsonb_parts(v), lambda e2: pg__jsonb_name(e2.n, e2.k) || pg__jsonb_pretty_1(e2.v, ind || '    ')), ind) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_pretty_3(v, ind) AS CASE WHEN json_type(v) IN ('OBJECT', 'ARRAY') THEN pg__jsonb_lines(v, list_transform(pg__jsonb_parts(v), lambda e3: pg__jsonb_name(e3.n, e3.k) || pg__jsonb_pretty_2(e3.v, ind || '    ')), ind) ELSE pg__jsonb_0(v) END;
CREATE MACRO pg__jsonb_pretty(v) AS list_transform([v], lambda w: pg__jsonb_pretty_3(w, ''))[1];

-- jsonb of pairs of a key and a value's text.
CREATE MACRO pg__jsonb_last(l, once) AS list_filter(l, lambda p, place: CASE WHEN NOT list_contains(list_transform(list_slice(l, place + 1, len(l)), lambda q: q.k), p.k) THEN true WHEN once THEN error('a key of jsonb comes twice, and which value stays depends on an order') ELSE false END);
CREATE MACRO pg__jsonb_of(l, once) AS '{' || coalesce(array_to_string(list_transform(list_sort(list_transform(pg__jsonb_last(l, once), lambda p: struct_pack(n := strlen(p.k), k := p.k, v := p.v))), lambda s: pg__json_key(s.k) || ': ' || s.v), ', '), '') || '}';
CREATE MACRO pg__json_of(l) AS '{' || coalesce(array_to_string(list_transform(l, lambda p: pg__json_key(p.k) || ' : ' || p.v), ', '), '') || '}';
CREATE MACRO pg__json_pairs(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN len(a) <> len(b) THEN error('mismatched array dimensions') ELSE list_transform(range(1, len(a) + 1), lambda i: struct_pack(k := CASE WHEN a[i] IS NULL THEN error('null value not allowed for object key') ELSE a[i] END, v := coalesce(pg__json_string(b[i]), 'null'))) END;
CREATE MACRO pg__json_halves(a) AS CASE WHEN len(a) % 2 = 1 THEN error('array must have even number of elements') ELSE pg__json_pairs(list_filter(a, lambda x, i: i % 2 = 1), list_filter(a, lambda x, i: i % 2 = 0)) END;
-- What ? looks among: keys, texts of an array, a text alone.
CREATE MACRO pg__jsonb_names(v) AS CASE json_type(v) WHEN 'OBJECT' THEN json_keys(v)
  WHEN 'ARRAY' THEN list_transform(list_filter(CAST(v AS JSON[]), lambda i: json_type(i) = 'VARCHAR'), lambda i: json_extract_string(i, '$'))
  WHEN 'VARCHAR' THEN [json_extract_string(v, '$')] WHEN 'NULL' THEN CAST([] AS VARCHAR[]) ELSE CASE WHEN v IS NOT NULL THEN CAST([] AS VARCHAR[]) END END;
CREATE MACRO pg__jsonb_has(v, k) AS CASE WHEN k IS NOT NULL THEN list_contains(pg__jsonb_names(v), k) END;
CREATE MACRO pg__jsonb_has_any(v, l) AS CASE WHEN l IS NOT NULL THEN list_has_any(pg__jsonb_names(v), l) END;
CREATE MACRO pg__jsonb_has_all(v, l) AS CASE WHEN l IS NOT NULL THEN list_has_all(pg__jsonb_names(v), list_filter(l, lambda k: k IS NOT NULL)) END;
CREATE MACRO pg__jsonb_some(v) AS list_transform(TRY_CAST(v AS JSON[]), lambda i: coalesce(i, CAST('null' AS JSON)));
-- Paths of SQL/JSON: sequences of items are lists; an array stands for its items, and a place of what is none for itself.
CREATE MACRO pg__path_items(l) AS flatten(list_transform(l, lambda p: CASE WHEN json_type(p) = 'ARRAY' THEN pg__jsonb_some(p) ELSE [p] END));
CREATE MACRO pg__path_member(l, k) AS list_filter(list_transform(pg__path_items(l), lambda p: json_extract(p, k)), lambda p: p IS NOT NULL);
CREATE MACRO pg__path_values(l) AS flatten(list_transform(list_filter(pg__path_items(l), lambda p: json_type(p) = 'OBJECT'), lambda p: list_transform(pg__jsonb_parts(p), lambda q: q.v)));
CREATE MACRO pg__path_end(n, i) AS CASE WHEN i < 0 THEN n + i + 1 ELSE i + 1 END;
CREATE MACRO pg__path_slice(l, a, b) AS CASE WHEN pg__path_end(len(l), b) < 1 THEN [] ELSE list_slice(l, greatest(pg__path_end(len(l), a), CASE WHEN a = b THEN pg__path_end(len(l), a) ELSE 1 END), pg__path_end(len(l), b)) END;
CREATE MACRO pg__path_places(l, a, b) AS flatten(list_transform(l, lambda p: pg__path_slice(CASE WHEN json_type(p) = 'ARRAY' THEN pg__jsonb_some(p) ELSE [p] END, a, b)));
CREATE MACRO pg__path_size(l) AS list_transform(l, lambda p: CAST(CASE WHEN json_type(p) = 'ARRAY' THEN json_array_length(p) ELSE 1 END AS JSON));
CREATE MACRO pg__path_type(l) AS list_transform(l, lambda p: CAST('"' || pg__json_typeof(p) || '"' AS JSON));
CREATE MACRO pg__path_truth(b) AS CAST(coalesce(CAST(b AS VARCHAR), 'null') AS JSON);
CREATE MACRO pg__path_boolean(l, silent) AS CASE WHEN len(l) = 1 AND json_type(l[1]) = 'BOOLEAN' THEN CAST(l[1] AS BOOLEAN) WHEN len(l) = 1 AND json_type(l[1]) = 'NULL' OR silent THEN NULL ELSE error('single boolean result is expected') END;
CREATE MACRO pg__path_some(l) AS CASE WHEN list_contains(l, true) THEN true WHEN len(l) > list_count(l) THEN NULL ELSE false END;
CREATE MACRO pg__path_same(x, y) AS CASE WHEN length(x) > 16 AND length(y) > 16 AND x <> y THEN error('numbers of a path that differ behind 15 digits') ELSE true END;
CREATE MACRO pg__path_order(p, q, lt, eq, gt, x, y) AS CASE
  WHEN pg__json_typeof(p) <> pg__json_typeof(q) THEN CASE WHEN 'NULL' IN (json_type(p), json_type(q)) THEN lt AND gt END
  WHEN json_type(p) = 'NULL' THEN eq WHEN json_type(p) IN ('OBJECT', 'ARRAY') THEN NULL
  WHEN json_type(p) IN ('VARCHAR', 'BOOLEAN') THEN CASE WHEN x = y THEN eq WHEN x < y THEN lt ELSE gt END
  ELSE CASE WHEN TRY_CAST(x AS DOUBLE) = TRY_CAST(y AS DOUBLE) THEN eq AND pg__path_same(x, y) WHEN TRY_CAST(x AS DOUBLE) < TRY_CAST(y AS DOUBLE) THEN lt ELSE gt END END;
CREATE MACRO pg__path_tests(l, r, lt, eq, gt) AS flatten(list_transform(pg__path_items(l), lambda p: list_transform(pg__path_items(r), lambda q: pg__path_order(p, q, lt, eq, gt, json_extract_string(p, '$'), json_extract_string(q, '$')))));
CREATE MACRO pg__path_found(l) AS list_transform(l, lambda p: pg__jsonb_doc(p, p));
