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

-- Moments, in the steps of their type. 62135596800000000: microseconds from the year 1 to 1970, which keeps them positive.
CREATE MACRO ts__steps(t, u) AS make_timestamp((epoch_us(t) + 62135596800000000 + u // 2) // u * u - 62135596800000000);
CREATE MACRO ts__steps_tz(t, u) AS to_timestamp(0) + to_microseconds((epoch_us(t) + 62135596800000000 + u // 2) // u * u - 62135596800000000);
CREATE MACRO ts__tick(t) AS CASE WHEN t < TIMESTAMP '1753-01-01' THEN CAST(error('A DATETIME starts in the year 1753.') AS TIMESTAMP) ELSE make_timestamp((((epoch_us(t) + 62135596800000000) * 3 + 5000) // 10000 * 10 + 1) // 3 * 1000 - 62135596800000000) END;
CREATE MACRO ts__minute(t) AS CASE WHEN t < TIMESTAMP '1900-01-01' OR t >= TIMESTAMP '2079-06-06 23:59:29.999' THEN CAST(error('A SMALLDATETIME lies between 1900 and June 2079.') AS TIMESTAMP) ELSE ts__steps(ts__tick(t), 60000000) END;
CREATE MACRO ts__iso(s) AS regexp_replace(trim(s), '^([0-9]{4})([0-9]{2})([0-9]{2})([ T].*)?$', '\1-\2-\3\4');
CREATE MACRO ts__offset(s) AS regexp_replace(s, ' ([+-][0-9]{2}:[0-9]{2}|Z)$', '\1');
CREATE MACRO ts__dated(s) AS CASE WHEN regexp_matches(s, '^[0-9]{1,2}:') THEN '1900-01-01 ' || s ELSE s END;
CREATE MACRO ts__whole(t) AS CASE WHEN epoch_us(t) % 1000000 <> 0 THEN CAST(error('The digits of this second depend on the type: cast to DATETIME2(0) or DATETIME.') AS TIMESTAMP) ELSE t END;
CREATE MACRO ts__shown(t, n) AS left(strftime(t, '%Y-%m-%d %H:%M:%S.%f') || '0', n);
CREATE MACRO ts__shown_time(t, n) AS left(strftime(DATE '1900-01-01' + t, '%H:%M:%S.%f') || '0', n);
CREATE MACRO ts__iso8601(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S') || CASE WHEN epoch_us(t) % 1000000 = 0 THEN '' ELSE strftime(t, '.%g') END;
CREATE MACRO ts__mon_day(t) AS strftime(t, '%b ') || lpad(strftime(t, '%-d'), 2, ' ') || strftime(t, ' %Y');
CREATE MACRO ts__mon(t) AS ts__mon_day(t) || ' ' || lpad(strftime(t, '%-I'), 2, ' ') || strftime(t, ':%M%p');
CREATE MACRO ts__mon_milli(t) AS ts__mon_day(t) || ' ' || lpad(strftime(t, '%-I'), 2, ' ') || strftime(t, ':%M:%S:%g%p');
CREATE MACRO ts__money(x) AS CAST(CAST(round(x, 2) AS DECIMAL(19, 2)) AS VARCHAR);
CREATE MACRO ts__bytes(b) AS regexp_replace(hex(b), '(00)+$', '');
CREATE MACRO ts__bare_money(s) AS CASE WHEN regexp_matches(s, '[0-9]') THEN regexp_replace(s, '[$€£¥,]', '', 'g') WHEN trim(s) = '' THEN '0' ELSE s END;
CREATE MACRO ts__hundredths(t) AS CASE WHEN epoch_us(t) % 10000 <> 0 THEN CAST(error('A DATETIME in steps of a three-hundredth has more digits here than are kept: cast to DATETIME2(3).') AS TIMESTAMP) ELSE t END;
CREATE MACRO ts__parts(y, m, d, h, i, s) AS CASE WHEN y IS NULL OR m IS NULL OR d IS NULL OR h IS NULL OR i IS NULL OR s IS NULL THEN NULL WHEN h BETWEEN 0 AND 23 AND i BETWEEN 0 AND 59 AND s BETWEEN 0 AND 59 THEN make_timestamp(y, m, d, h, i, s) ELSE CAST(error('These are no parts of a time.') AS TIMESTAMP) END;
CREATE MACRO ts__with_fraction(t, f, u) AS CASE WHEN f < 0 OR f >= u AND f > 0 OR f * 1000000 % u <> 0 THEN CAST(error('This fraction has more digits than its type, or than are kept.') AS TIMESTAMP) ELSE t + to_microseconds(f * 1000000 // u) END;
CREATE MACRO ts__at_zone(t, z) AS CASE WHEN timezone(z, timezone(z, t)) <> t OR timezone(z, timezone(z, t) + to_hours(1)) = t OR timezone(z, timezone(z, t) - to_hours(1)) = t THEN CAST(error('This time is twice or never on the clock of its zone.') AS TIMESTAMPTZ) ELSE timezone(z, t) END;
CREATE MACRO ts__shown_offset(t, n, o) AS ts__shown(t, n) || CASE WHEN o < 0 THEN ' -' ELSE ' +' END || lpad(CAST(abs(o) // 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(o) % 60 AS VARCHAR), 2, '0');

-- Binary data.
CREATE MACRO ts__hex(x, n) AS unhex(right(hex(CAST(CAST(CAST(x AS BIGINT) AS BIT) AS BLOB)), n * 2));
CREATE MACRO ts__number(b) AS CASE WHEN octet_length(b) > 7 THEN CAST(error('Binary data of so many bytes is no number here.') AS BIGINT) WHEN octet_length(b) = 0 THEN 0 ELSE CAST('0x' || hex(b) AS BIGINT) END;
CREATE MACRO ts__hex_text(s, prefix) AS CASE WHEN NOT regexp_full_match(s, CASE WHEN prefix THEN '0x' ELSE '' END || '([0-9A-Fa-f]{2})*') THEN CAST(error('No hexadecimal text.') AS BLOB) ELSE unhex(CASE WHEN prefix THEN substring(s, 3) ELSE s END) END;
CREATE MACRO ts__try_hex(s, prefix) AS CASE WHEN regexp_full_match(s, CASE WHEN prefix THEN '0x' ELSE '' END || '([0-9A-Fa-f]{2})*') THEN unhex(CASE WHEN prefix THEN substring(s, 3) ELSE s END) END;
CREATE MACRO ts__ascii(s) AS CASE WHEN strlen(s) <> length(s) THEN CAST(error('The bytes of text beyond ASCII depend on the collation.') AS BLOB) ELSE encode(s) END;
CREATE MACRO ts__cut(b, n, pad) AS unhex(CASE WHEN pad THEN rpad(left(hex(b), n * 2), n * 2, '0') ELSE left(hex(b), n * 2) END);
CREATE MACRO ts__last(b, n, pad) AS unhex(CASE WHEN pad THEN right(repeat('0', n * 2) || hex(b), n * 2) ELSE right(hex(b), n * 2) END);

-- Text.
CREATE MACRO ts__translate(s, a, b) AS CASE WHEN s IS NULL OR a IS NULL OR b IS NULL THEN NULL WHEN length(a) <> length(b) THEN error('TRANSLATE needs as many new characters as old ones.') ELSE array_to_string(list_transform(string_split(s, ''), LAMBDA c: coalesce(nullif(substring(b, CASE WHEN c = '' THEN 0 ELSE strpos(lower(a), lower(c) COLLATE "binary") END, CASE WHEN strpos(lower(a), lower(c) COLLATE "binary") = 0 THEN 0 ELSE 1 END), ''), c)), '') END;
CREATE MACRO ts__replace(s, a, b) AS CASE WHEN s IS NULL OR a IS NULL OR b IS NULL THEN NULL WHEN a = '' THEN s ELSE regexp_replace(s, regexp_escape(a), replace(b, '\', '\\'), 'gi') END;
CREATE MACRO ts__quotename(s, l, r) AS CASE WHEN length(s) <= 128 THEN l || replace(s, r, r || r) || r END;
CREATE MACRO ts__replicate(s, n) AS CASE WHEN n < 0 THEN NULL ELSE repeat(s, CAST(n AS BIGINT)) END;
CREATE MACRO ts__substring(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN n < 0 THEN error('The length may not be negative.') ELSE substring(s, greatest(p, 1), greatest(n + least(p - 1, 0), 0)) END;
CREATE MACRO ts__charindex(a, s) AS CASE WHEN a = '' THEN 0 ELSE strpos(lower(s), lower(a) COLLATE "binary") END;
CREATE MACRO ts__stuff(s, p, n, r) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR p <= 0 OR n < 0 OR p > length(s) THEN NULL ELSE left(s, p - 1) || coalesce(r, '') || substring(s, p + n) END;
CREATE MACRO ts__ascii_length(s) AS CASE WHEN strlen(s) <> length(s) THEN error('DATALENGTH of text beyond ASCII is not verified.') ELSE length(s) END;

-- Dates.
CREATE MACRO ts__sunday(d) AS CAST(d AS DATE) - CAST(dayofweek(d) AS INTEGER);
CREATE MACRO ts__weeks(a, b) AS CAST((ts__sunday(b) - ts__sunday(a)) // 7 AS BIGINT);
CREATE MACRO ts__weekday(t) AS dayofweek(t) + 1;
CREATE MACRO ts__week(t) AS (dayofyear(t) - 1 + dayofweek(date_trunc('year', t))) // 7 + 1;
CREATE MACRO ts__isdate(s) AS CASE WHEN s IS NULL OR NOT regexp_matches(s, '[0-9]') THEN 0 WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?') THEN CASE WHEN TRY_CAST(s AS TIMESTAMP) IS NULL OR TRY_CAST(s AS TIMESTAMP) < TIMESTAMP '1753-01-01' THEN 0 ELSE 1 END ELSE CAST(error('ISDATE of this text is not verified.') AS INTEGER) END;

-- Numbers.
CREATE MACRO ts__digits(w, s) AS lpad(CAST(abs(w) AS VARCHAR), CAST(greatest(s + 1, length(CAST(abs(w) AS VARCHAR))) AS INTEGER), '0');
CREATE MACRO ts__point(w, s) AS CASE WHEN w < 0 THEN '-' ELSE '' END || left(ts__digits(w, s), length(ts__digits(w, s)) - s) || '.' || right(ts__digits(w, s), s);
CREATE MACRO ts__str(x, n, d) AS CASE WHEN length(printf('%.' || d || 'f', common__round(x, d))) > n THEN error('STR of a number that is too long is not verified.') ELSE lpad(printf('%.' || d || 'f', common__round(x, d)), n, ' ') END;
CREATE MACRO ts__isnumeric(s) AS CASE WHEN s IS NULL THEN 0 WHEN regexp_full_match(s, '\s*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,2})?\s*|[-+]|[$][0-9]*[.]?[0-9]*') THEN 1 WHEN NOT regexp_matches(s, '[0-9$+.,-]') THEN 0 WHEN regexp_full_match(s, '\s*[A-Za-z][A-Za-z0-9]*\s*') THEN 0 ELSE CAST(error('ISNUMERIC of this text is not verified.') AS INTEGER) END;
CREATE MACRO ts__padded(x, n) AS CASE WHEN x < 0 THEN '-' ELSE '' END || CASE WHEN length(CAST(abs(x) AS VARCHAR)) >= n THEN CAST(abs(x) AS VARCHAR) ELSE lpad(CAST(abs(x) AS VARCHAR), n, '0') END;
CREATE MACRO ts__int_text(s) AS CASE WHEN trim(s) = '' THEN '0' ELSE trim(s) END;
CREATE MACRO ts__thousands(t) AS reverse(rtrim(regexp_replace(reverse(split_part(t, '.', 1)), '([0-9]{3})', '\1,', 'g'), ',')) || CASE WHEN contains(t, '.') THEN '.' || split_part(t, '.', 2) ELSE '' END;
CREATE MACRO ts__grouped(x) AS CASE WHEN x < 0 THEN '-' ELSE '' END || ts__thousands(CAST(abs(x) AS VARCHAR));
CREATE MACRO ts__percent(x) AS ts__grouped(x) || ' %';
CREATE MACRO ts__dollars(x) AS CASE WHEN x < 0 THEN '($' || ts__thousands(CAST(abs(x) AS VARCHAR)) || ')' ELSE '$' || ts__thousands(CAST(abs(x) AS VARCHAR)) END;

-- JSON.
CREATE MACRO ts__isjson(s) AS CASE WHEN s IS NULL THEN NULL WHEN json_valid(s) THEN CASE WHEN json_type(s) IN ('OBJECT', 'ARRAY') THEN 1 ELSE 0 END ELSE 0 END;
CREATE MACRO ts__json_value(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN NULL WHEN json_type(j) = 'DOUBLE' THEN error('This text of a JSON number is not verified.') ELSE j ->> '$' END;

-- Texts that end in blanks, where those count or not by the type of the column.
CREATE MACRO ts__flat(s) AS CASE WHEN suffix(s, ' ') THEN CAST(error('A text that ends in blanks is a key, which SQL Server takes for the same without them: use RTRIM.') AS BOOLEAN) ELSE true END;
CREATE MACRO ts__flat_text(s) AS CASE WHEN suffix(s, ' ') THEN error('LIKE of a text that ends in blanks differs by its type: use RTRIM.') ELSE s END;
CREATE MACRO ts__patindex(s, p) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_matches(s, p, 'is') THEN length(regexp_extract(s, '^(.*?)' || p, 1, 'is')) + 1 ELSE 0 END;
CREATE MACRO ts__charindex_from(a, s, p) AS CASE WHEN a IS NULL OR s IS NULL OR p IS NULL THEN NULL WHEN a = '' OR strpos(lower(substring(s, greatest(p, 1))), lower(a) COLLATE "binary") = 0 THEN 0 ELSE strpos(lower(substring(s, greatest(p, 1))), lower(a) COLLATE "binary") + greatest(p, 1) - 1 END;
