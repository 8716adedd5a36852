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
CREATE MACRO tr__iso_day(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN CAST(s AS DATE) WHEN regexp_full_match(s, '[0-9]{4}-W[0-9]{2}(-[1-7])?') THEN CAST(strptime(CASE WHEN length(s) = 8 THEN s || '-1' ELSE s END, '%G-W%V-%u') AS DATE) WHEN regexp_full_match(s, '[0-9]{4}-[0-9]{3}') THEN CAST(strptime(s, '%Y-%j') AS DATE) ELSE CAST(error('No date of ISO 8601.') AS DATE) END;
CREATE MACRO tr__iso_stamp(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, '[^T]+(T[0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?') THEN CAST(tr__iso_day(split_part(s, 'T', 1)) AS VARCHAR) || ' ' || CASE WHEN NOT contains(s, 'T') THEN '00:00:00' WHEN regexp_full_match(s, '[^T]+T[0-9]{2}((Z|[+-].*)?)') THEN substring(split_part(s, 'T', 2), 1, 2) || ':00:00' ELSE replace(regexp_extract(split_part(s, 'T', 2), '^[0-9:.,]+'), ',', '.') END || CASE WHEN regexp_matches(s, 'T.*(Z|[+-].*)$') THEN regexp_replace(regexp_extract(s, 'T[^Z+-]*(Z|[+-].*)$', 1), '^([+-][0-9]{2})([0-9]{2})$', '\1:\2') ELSE '+00' END ELSE error('No timestamp of ISO 8601.') END;
CREATE MACRO tr__micros(a, b) AS epoch_us(b) - epoch_us(a);
CREATE MACRO tr__boundaries(a, b) AS (year(b) - year(a)) * 12 + month(b) - month(a);
CREATE MACRO tr__full(a, b) AS tr__boundaries(a, b) - CASE WHEN a + to_months(CAST(tr__boundaries(a, b) AS INTEGER)) > b THEN 1 ELSE 0 END;
CREATE MACRO tr__months(a, b) AS CASE WHEN b >= a THEN tr__full(a, b) ELSE -tr__full(b, a) END;

-- Numbers.
CREATE MACRO tr__to_base(x, b) AS CASE WHEN x < 0 THEN '-' ELSE '' END || lower(to_base(abs(x), b));
CREATE MACRO tr__nan() AS CAST('nan' AS DOUBLE);
CREATE MACRO tr__infinity() AS CAST('inf' AS DOUBLE);
CREATE MACRO tr__e() AS exp(CAST(1 AS DOUBLE));
CREATE MACRO tr__two(n) AS CAST(pow(2, n) AS HUGEINT);
CREATE MACRO tr__unsigned(x, w) AS CAST(x AS HUGEINT) + CASE WHEN x < 0 THEN tr__two(w) ELSE 0 END;
CREATE MACRO tr__signed(x, w) AS CAST(CASE WHEN x >= tr__two(w - 1) THEN x - tr__two(w) ELSE x END AS BIGINT);
CREATE MACRO tr__shift_left(x, n, w) AS CASE WHEN n < 0 THEN CAST(error('A shift is not negative.') AS BIGINT) WHEN n >= w THEN 0 ELSE tr__signed(tr__unsigned(x, w) % tr__two(w - n) * tr__two(n), w) END;
CREATE MACRO tr__shift_right(x, n, w) AS CASE WHEN n < 0 THEN CAST(error('A shift is not negative.') AS BIGINT) WHEN n >= w THEN 0 ELSE tr__signed(tr__unsigned(x, w) // tr__two(n), w) END;
CREATE MACRO tr__shift_signed(x, n) AS CASE WHEN n < 0 THEN CAST(error('A shift is not negative.') AS BIGINT) WHEN n >= 64 THEN CASE WHEN x < 0 THEN -1 ELSE 0 END WHEN x < 0 THEN CAST(-((-CAST(x AS HUGEINT) + tr__two(n) - 1) // tr__two(n)) AS BIGINT) ELSE CAST(CAST(x AS HUGEINT) // tr__two(n) AS BIGINT) END;
CREATE MACRO tr__bit_count(x, n) AS CASE WHEN n < 2 OR n > 64 OR x >= tr__two(n - 1) OR x < -tr__two(n - 1) THEN CAST(error('The number does not fit into these bits.') AS BIGINT) ELSE CAST(bit_count(CAST(x AS BIGINT)) - CASE WHEN x < 0 THEN 64 - n ELSE 0 END AS BIGINT) END;
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

CREATE MACRO tr__nth_last(s, x, n) AS CASE WHEN s IS NULL OR x IS NULL THEN NULL WHEN x = '' THEN CAST(error('The last place of an empty text is not verified.') AS BIGINT) WHEN tr__nth(reverse(s), reverse(x), n) = 0 THEN 0 ELSE length(s) - length(x) - tr__nth(reverse(s), reverse(x), n) + 2 END;
CREATE MACRO tr__found(s, p) AS regexp_extract_all(s, p);
CREATE MACRO tr__gap(s, p, n) AS list_sum(list_transform(list_slice(regexp_split_to_array(s, p), 1, n), LAMBDA g: length(g))) + coalesce(list_sum(list_transform(list_slice(tr__found(s, p), 1, n - 1), LAMBDA g: length(g))), 0);
CREATE MACRO tr__starts(s, p) AS list_transform(range(1, len(tr__found(s, p)) + 1), LAMBDA n: CAST(tr__gap(s, p, n) AS BIGINT) + 1);
CREATE MACRO tr__held(s, p, i) AS len(list_filter(tr__starts(s, p), LAMBDA x, n: x < i AND x + length(tr__found(s, p)[n]) > i)) > 0;
CREATE MACRO tr__regexp_position_from(s, p, i, n) AS CASE WHEN s IS NULL OR i IS NULL OR n IS NULL THEN NULL WHEN i < 1 OR n < 1 THEN CAST(error('The start and the occurrence must be positive.') AS INTEGER) WHEN tr__held(s, p, i) THEN CAST(error('A match that begins before the start is not verified.') AS INTEGER) ELSE coalesce(list_filter(tr__starts(s, p), LAMBDA x: x >= i)[n], -1) END;
CREATE MACRO tr__url_parameter(u, k) AS CASE WHEN u IS NULL OR k IS NULL THEN NULL WHEN NOT regexp_matches('&' || coalesce(tr__url_query(u), ''), '&' || regexp_escape(k) || '(=|&|$)') THEN NULL ELSE url_decode(replace(regexp_extract('&' || tr__url_query(u), '&' || regexp_escape(k) || '(?:=([^&]*))?(?:&|$)', 1), '+', ' ')) END;
CREATE MACRO tr__url_fragment(u) AS CASE WHEN u IS NOT NULL THEN url_decode(regexp_extract(u, '#(.*)$', 1)) END;
CREATE MACRO tr__url_port(u) AS TRY_CAST(regexp_extract(u, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/@?#]*@)?[^/:?#]+:([0-9]+)', 1) AS BIGINT);
CREATE MACRO tr__plural(n, word) AS CASE WHEN n <> 0 THEN CAST(n AS VARCHAR) || ' ' || word || CASE WHEN n = 1 THEN '' ELSE 's' END END;
CREATE MACRO tr__spans(n) AS CASE WHEN n = 0 THEN '0 seconds' ELSE concat_ws(', ', tr__plural(n // 604800, 'week'), tr__plural(n // 86400 % 7, 'day'), tr__plural(n // 3600 % 24, 'hour'), tr__plural(n // 60 % 60, 'minute'), tr__plural(n % 60, 'second')) END;
CREATE MACRO tr__human_seconds(x) AS CASE WHEN isnan(x) OR isinf(x) THEN error('No number of seconds.') WHEN x IS NOT NULL THEN tr__spans(CAST(floor(abs(x) + 0.5) AS BIGINT)) END;
CREATE MACRO tr__three(x) AS CASE WHEN abs(x) >= 100 THEN format('{:.0f}', CAST(x AS DOUBLE)) WHEN abs(x) >= 10 THEN rtrim(rtrim(format('{:.1f}', CAST(x AS DOUBLE)), '0'), '.') ELSE rtrim(rtrim(format('{:.2f}', CAST(x AS DOUBLE)), '0'), '.') END;
CREATE MACRO tr__format_number(x) AS CASE WHEN x IS NULL THEN NULL WHEN abs(CAST(x AS DOUBLE)) < 1 THEN error('format_number of a fraction is not verified.') WHEN abs(x) < 1e3 THEN tr__three(x) WHEN abs(x) < 1e6 THEN tr__three(x / 1e3) || 'K' WHEN abs(x) < 1e9 THEN tr__three(x / 1e6) || 'M' WHEN abs(x) < 1e12 THEN tr__three(x / 1e9) || 'B' WHEN abs(x) < 1e15 THEN tr__three(x / 1e12) || 'T' WHEN abs(x) < 999e15 THEN tr__three(x / 1e15) || 'Q' ELSE error('This number is too large for format_number.') END;
CREATE MACRO tr__data_size(s) AS CASE WHEN s IS NULL THEN NULL WHEN NOT regexp_full_match(s, '[0-9]+([.][0-9]+)?(B|[kMGTPEZY]B)') THEN CAST(error('No size of data.') AS DECIMAL(38, 0)) ELSE CAST(floor(CAST(regexp_extract(s, '^[0-9.]+') AS DECIMAL(18, 6)) * CAST(pow(1024, strpos('kMGTPEZY', regexp_extract(s, '[kMGTPEZY]'))* CASE WHEN regexp_matches(s, '[kMGTPEZY]') THEN 1 ELSE 0 END) AS DECIMAL(20, 0))) AS DECIMAL(38, 0)) END;
CREATE MACRO tr__luhn(s) AS CASE WHEN s IS NULL THEN NULL WHEN s = '' THEN false WHEN NOT regexp_full_match(s, '[0-9]+') THEN CAST(error('luhn_check takes digits.') AS BOOLEAN) ELSE list_sum(list_transform(string_split(reverse(s), ''), LAMBDA c, i: CASE WHEN i % 2 = 1 THEN CAST(c AS INTEGER) ELSE CAST(c AS INTEGER) * 2 // 10 + CAST(c AS INTEGER) * 2 % 10 END)) % 10 = 0 END;
CREATE MACRO tr__decimal_text(x) AS regexp_replace(CAST(x AS VARCHAR), '^(-?)[.]', '\10.');

-- JSON.
CREATE MACRO tr__json_sorted(j) AS '{' || array_to_string(list_transform(list_sort(json_keys(j)), LAMBDA k: CAST(to_json(k) AS VARCHAR) || ':' || CAST(json_extract(j, '/' || replace(replace(k, '~', '~0'), '/', '~1')) AS VARCHAR)), ',') || '}';
CREATE MACRO tr__json_key(j) AS CASE WHEN regexp_matches(CAST(j AS VARCHAR), '[{].*[{]|[0-9][.eE][0-9]') OR json_type(j) = 'OBJECT' AND (len(list_distinct(json_keys(j))) < len(json_keys(j)) OR json_keys(j) <> list_sort(json_keys(j)) AND strlen(CAST(j AS VARCHAR)) > length(CAST(j AS VARCHAR))) OR json_type(j) <> 'OBJECT' AND contains(CAST(j AS VARCHAR), '{') THEN error('The text of this JSON value is not verified: objects within it, or a number with a point.') WHEN json_type(j) = 'OBJECT' THEN tr__json_sorted(CAST(json(j) AS JSON)) ELSE CAST(json(j) AS VARCHAR) END;
CREATE MACRO tr__json_is_scalar(j) AS json_type(CAST(j AS JSON)) NOT IN ('OBJECT', 'ARRAY');
CREATE MACRO tr__json_at(j, p) AS json_extract(CAST(j AS JSON), p);
CREATE MACRO tr__json_exists(j, s) AS CASE WHEN j IS NOT NULL THEN coalesce(len(s) > 0, false) END;
CREATE MACRO tr__json_items(j) AS CAST(CASE WHEN TRY_CAST(j AS JSON) IS NOT NULL THEN [TRY_CAST(j AS JSON)] END AS JSON[]);
CREATE MACRO tr__json_elements(s) AS flatten(list_transform(s, LAMBDA e: CASE WHEN json_type(e) = 'ARRAY' THEN json_extract(e, '$[*]') ELSE [e] END));
CREATE MACRO tr__json_place(s, i, p) AS list_filter(list_transform(s, LAMBDA e: CASE WHEN json_type(e) = 'ARRAY' THEN json_extract(e, p) WHEN i = 0 THEN e END), LAMBDA e: e IS NOT NULL);
CREATE MACRO tr__json_member(s, p, q) AS flatten(list_transform(s, LAMBDA e: CASE WHEN json_type(e) = 'ARRAY' THEN json_extract(e, q) ELSE list_filter([json_extract(e, p)], LAMBDA x: x IS NOT NULL) END));
CREATE MACRO tr__json_members(s, p, q) AS flatten(list_transform(s, LAMBDA e: CASE WHEN json_type(e) = 'ARRAY' THEN json_extract(e, q) ELSE json_extract(e, p) END));
CREATE MACRO tr__json_plain(t) AS regexp_replace(t, '"([^"\\]|\\.)*"', '""', 'g');
CREATE MACRO tr__json_text(j) AS CASE WHEN regexp_matches(tr__json_plain(CAST(j AS VARCHAR)), '[0-9][.eE][-+0-9]') THEN error('The text of a JSON number with a point is not verified.') ELSE CAST(json(j) AS VARCHAR) END;
CREATE MACRO tr__json_scalar_text(j) AS CASE json_type(j) WHEN 'NULL' THEN NULL WHEN 'DOUBLE' THEN error('This text of a JSON number is not verified.') ELSE j ->> '$' END;
CREATE MACRO tr__json_one(s, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e WHEN len(s) > 1 OR json_type(s[1]) IN ('OBJECT', 'ARRAY') THEN w ELSE tr__json_scalar_text(s[1]) END;
CREATE MACRO tr__json_fits(k, t) AS CASE WHEN t IN ('int', 'number') THEN CASE WHEN k IN ('BIGINT', 'UBIGINT') OR (t = 'number' AND k = 'DOUBLE') THEN true ELSE error('A JSON value of this kind is not verified as a number.') END WHEN t = 'bool' THEN k = 'BOOLEAN' ELSE k = 'VARCHAR' END;
CREATE MACRO tr__json_shaped(x, t) AS CASE t WHEN 'date' THEN regexp_full_match(x, '[0-9]{4}-[0-9]{2}-[0-9]{2}') WHEN 'time' THEN regexp_full_match(x, '[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?') ELSE true END;
CREATE MACRO tr__json_read(s, t) AS CASE WHEN len(s) = 1 AND json_type(s[1]) NOT IN ('OBJECT', 'ARRAY', 'NULL') AND tr__json_fits(json_type(s[1]), t) AND tr__json_shaped(s[1] ->> '$', t) THEN s[1] ->> '$' END;
CREATE MACRO tr__json_returned(s, v, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e WHEN len(s) = 1 AND json_type(s[1]) = 'NULL' THEN NULL WHEN v IS NULL THEN w ELSE v END;
CREATE MACRO tr__json_wrapped(s) AS '[' || array_to_string(list_transform(s, LAMBDA x: tr__json_text(x)), ',') || ']';
CREATE MACRO tr__json_wrapped_none(s, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e WHEN len(s) > 1 THEN w ELSE tr__json_text(s[1]) END;
CREATE MACRO tr__json_wrapped_always(s, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e ELSE tr__json_wrapped(s) END;
CREATE MACRO tr__json_wrapped_some(s, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e WHEN len(s) = 1 AND json_type(s[1]) IN ('OBJECT', 'ARRAY') THEN tr__json_text(s[1]) ELSE tr__json_wrapped(s) END;
CREATE MACRO tr__json_bare(s, e, w) AS CASE WHEN s IS NULL THEN NULL WHEN len(s) = 0 THEN e WHEN len(s) > 1 THEN w WHEN json_type(s[1]) = 'VARCHAR' THEN s[1] ->> '$' ELSE tr__json_text(s[1]) END;
CREATE MACRO tr__json_whole(j) AS CAST(CASE WHEN json_type(TRY_CAST(j AS JSON)) = 'ARRAY' THEN json_extract(TRY_CAST(j AS JSON), '$[*]') END AS JSON[]);
CREATE MACRO tr__json_known(s) AS list_filter(s, LAMBDA x: json_type(x) <> 'NULL');
CREATE MACRO tr__json_index(j, i) AS CASE WHEN i >= len(tr__json_whole(j)) OR i < -len(tr__json_whole(j)) THEN len(tr__json_whole(j)) + 1 WHEN i < 0 THEN len(tr__json_whole(j)) + i + 1 ELSE i + 1 END;
CREATE MACRO tr__json_get(j, i) AS tr__json_bare(tr__json_known(list_slice(tr__json_whole(j), tr__json_index(j, i), tr__json_index(j, i))), NULL, NULL);
CREATE MACRO tr__json_double(x) AS CASE WHEN isnan(x) OR isinf(x) THEN error('NaN and Infinity are not verified in JSON.') WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR) ELSE tr__dbl_text(CAST(x AS DOUBLE)) END;
CREATE MACRO tr__json_string(s) AS CAST(to_json(s) AS VARCHAR);
CREATE MACRO tr__json_date(d) AS '"' || strftime(d, '%Y-%m-%d') || '"';
CREATE MACRO tr__json_array(a) AS '[' || array_to_string(list_filter(a, LAMBDA x: x IS NOT NULL), ',') || ']';
CREATE MACRO tr__json_object(a) AS '{' || array_to_string(list_filter(a, LAMBDA x: x IS NOT NULL), ',') || '}';
CREATE MACRO tr__json_pair(k, v) AS CASE WHEN k IS NULL THEN error('A key of a JSON object is not NULL.') ELSE CAST(to_json(k) AS VARCHAR) || ':' || v END;
CREATE MACRO tr__json_map(p) AS '{' || array_to_string(list_transform(list_sort(p), LAMBDA x: CAST(to_json(x[1]) AS VARCHAR) || ':' || x[2]), ',') || '}';
CREATE MACRO tr__fits(s, n) AS CASE WHEN length(s) > n THEN error('The text is longer than its type.') ELSE s END;
CREATE MACRO tr__json_null(j) AS j IS NULL OR json_type(j) = 'NULL';
CREATE MACRO tr__json_list(j) AS CASE WHEN tr__json_null(j) THEN NULL WHEN json_type(j) <> 'ARRAY' THEN error('A JSON value of this kind is no array.') ELSE json_extract(j, '$[*]') END;
CREATE MACRO tr__json_entries(j) AS CASE WHEN tr__json_null(j) THEN NULL WHEN json_type(j) <> 'OBJECT' THEN error('A JSON value of this kind is no map.') ELSE list_transform(list_zip(json_keys(j), json_extract(j, '$.*')), LAMBDA p: {'k': p[1], 'v': p[2]}) END;
CREATE MACRO tr__json_field(j, k, p) AS CASE json_type(j) WHEN 'ARRAY' THEN json_extract(j, p) WHEN 'OBJECT' THEN json_extract(j, '$."' || k || '"') END;
CREATE MACRO tr__json_is_row(j, n) AS CASE WHEN tr__json_null(j) THEN false WHEN json_type(j) = 'OBJECT' THEN CASE WHEN len(list_distinct(list_transform(json_keys(j), LAMBDA k: lower(k)))) < len(json_keys(j)) THEN error('Keys that differ in case alone are not verified.') ELSE true END WHEN json_type(j) = 'ARRAY' AND json_array_length(j) = n THEN true ELSE error('A JSON value of this kind is no row of so many fields.') END;
CREATE MACRO tr__json_has_bool(j, v) AS CASE WHEN v IS NULL THEN NULL WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN len(list_filter(json_extract(CAST(j AS JSON), '$[*]'), LAMBDA e: json_type(e) = 'BOOLEAN' AND (e ->> '$') = CAST(v AS VARCHAR))) > 0 END;
CREATE MACRO tr__json_bool(j) AS CASE WHEN tr__json_null(j) THEN NULL WHEN json_type(j) = 'BOOLEAN' OR json_type(j) = 'VARCHAR' AND lower(j ->> '$') IN ('true', 'false') THEN j ->> '$' ELSE error('A JSON value of this kind is no boolean.') END;
CREATE MACRO tr__json_length(j) AS CASE WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN CAST(json_array_length(CAST(j AS JSON)) AS BIGINT) END;
CREATE MACRO tr__json_size(j) AS CASE json_type(j) WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) WHEN 'OBJECT' THEN len(json_keys(j)) ELSE CASE WHEN j IS NOT NULL THEN 0 END END;
CREATE MACRO tr__json_has_text(j, v) AS CASE WHEN v IS NULL THEN NULL WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN len(list_filter(CAST(CAST(j AS JSON) AS JSON[]), LAMBDA e: json_type(e) = 'VARCHAR' AND (e ->> '$') = v)) > 0 END;
CREATE MACRO tr__json_has_int(j, v) AS CASE WHEN v IS NULL THEN NULL WHEN json_type(CAST(j AS JSON)) = 'ARRAY' THEN len(list_filter(CAST(CAST(j AS JSON) AS JSON[]), LAMBDA e: json_type(e) IN ('BIGINT', 'UBIGINT') AND CAST(e ->> '$' AS BIGINT) = v)) > 0 END;
CREATE MACRO tr__json_format(j) AS tr__json_key(j);
CREATE MACRO tr__json_value(j) AS CASE WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN error('A JSON object or array is no scalar.') WHEN json_type(j) = 'DOUBLE' THEN error('This text of a JSON number is not verified.') ELSE j ->> '$' END;
CREATE MACRO tr__json_number(j) AS CASE WHEN tr__json_null(j) THEN NULL WHEN json_type(j) = 'BOOLEAN' THEN CASE j ->> '$' WHEN 'true' THEN '1' ELSE '0' END WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN error('A JSON value of this kind is no number.') ELSE j ->> '$' END;

-- Arrays.
CREATE MACRO tr__has_null(a) AS len(list_filter(a, LAMBDA x: x IS NULL)) > 0;
CREATE MACRO tr__contains(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL WHEN list_contains(a, v) THEN true WHEN tr__has_null(a) THEN NULL ELSE false END;
CREATE MACRO tr__array_position(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL ELSE CAST(coalesce(list_position(a, v), 0) AS BIGINT) END;
CREATE MACRO tr__array_remove(a, v) AS CASE WHEN v IS NOT NULL THEN list_filter(a, LAMBDA x: x IS NULL OR x <> v) END;
CREATE MACRO tr__distinct(a) AS list_filter(a, LAMBDA x, i: list_position(a, x) = i);
CREATE MACRO tr__array_except(a, b) AS tr__distinct(list_filter(a, LAMBDA x: list_position(b, x) IS NULL));
CREATE MACRO tr__array_intersect(a, b) AS CASE WHEN b IS NOT NULL THEN tr__distinct(list_filter(a, LAMBDA x: list_position(b, x) IS NOT NULL)) END;
CREATE MACRO tr__overlap(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN (tr__has_null(a) AND len(b) > 0) OR (tr__has_null(b) AND len(a) > 0) THEN NULL ELSE false END;
CREATE MACRO tr__is_nan(x) AS typeof(x) IN ('DOUBLE', 'FLOAT') AND CAST(x AS VARCHAR) = 'nan';
CREATE MACRO tr__array_max(a) AS CASE WHEN NOT tr__has_null(a) THEN coalesce(list_max(list_filter(a, LAMBDA y: NOT tr__is_nan(y))), list_max(a)) END;
CREATE MACRO tr__array_min(a) AS CASE WHEN NOT tr__has_null(a) THEN list_min(a) END;
CREATE MACRO tr__fill(a, v) AS list_transform(a, LAMBDA x: coalesce(CAST(x AS VARCHAR), v));
CREATE MACRO tr__slice(a, p, n) AS CASE WHEN a IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN p = 0 OR n < 0 THEN error('slice starts at 1, and its length is not negative.') WHEN -p > len(a) OR n = 0 THEN list_slice(a, 1, 0) ELSE list_slice(a, CASE WHEN p < 0 THEN len(a) + p + 1 ELSE p END, CASE WHEN p < 0 THEN len(a) + p ELSE p - 1 END + n) END;
CREATE MACRO tr__repeat(x, n) AS CASE WHEN n IS NOT NULL THEN list_transform(range(greatest(n, 0)), LAMBDA i: x) END;
CREATE MACRO tr__step(a, b) AS CASE WHEN a <= b THEN 1 ELSE -1 END;
CREATE MACRO tr__months_from(a, b, n) AS list_filter(list_transform(range(tr__boundaries(a, b) // n + 1), LAMBDA i: a + to_months(CAST(i * n AS INTEGER))), LAMBDA t: t <= b);
CREATE MACRO tr__seconds_from(a, b, n) AS list_transform(range((epoch_us(b) - epoch_us(a)) // (CAST(n AS BIGINT) * 1000000) + 1), LAMBDA i: a + to_seconds(i * n));
CREATE MACRO tr__any(r) AS CASE WHEN r IS NULL THEN NULL WHEN list_contains(r, true) THEN true WHEN tr__has_null(r) THEN NULL ELSE false END;
CREATE MACRO tr__all(r) AS CASE WHEN r IS NULL THEN NULL WHEN list_contains(r, false) THEN false WHEN tr__has_null(r) THEN NULL ELSE true END;
CREATE MACRO tr__none(r) AS NOT tr__any(r);

CREATE MACRO tr__ngrams(a, n) AS CASE WHEN n < 1 THEN error('N must be positive.') WHEN len(a) <= n THEN [a] ELSE list_transform(range(1, len(a) - n + 2), LAMBDA g: list_slice(a, g, g + n - 1)) END;
CREATE MACRO tr__combine1(a) AS list_transform(a, LAMBDA x1: [x1]);
CREATE MACRO tr__combine2(a) AS flatten(list_transform(range(2, len(a) + 1), LAMBDA j2: list_transform(tr__combine1(list_slice(a, 1, j2 - 1)), LAMBDA c2: list_append(c2, a[j2]))));
CREATE MACRO tr__combine3(a) AS flatten(list_transform(range(3, len(a) + 1), LAMBDA j3: list_transform(tr__combine2(list_slice(a, 1, j3 - 1)), LAMBDA c3: list_append(c3, a[j3]))));
CREATE MACRO tr__combine4(a) AS flatten(list_transform(range(4, len(a) + 1), LAMBDA j4: list_transform(tr__combine3(list_slice(a, 1, j4 - 1)), LAMBDA c4: list_append(c4, a[j4]))));
CREATE MACRO tr__combine5(a) AS flatten(list_transform(range(5, len(a) + 1), LAMBDA j5: list_transform(tr__combine4(list_slice(a, 1, j5 - 1)), LAMBDA c5: list_append(c5, a[j5]))));
CREATE MACRO tr__contains_sequence(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN len(b) = 0 THEN true WHEN len(b) > len(a) THEN false ELSE len(list_filter(range(1, len(a) - len(b) + 2), LAMBDA g: list_slice(a, g, g + len(b) - 1) = b)) > 0 END;
CREATE MACRO tr__trim_array(a, n) AS CASE WHEN n < 0 OR n > len(a) THEN error('The size must lie between 0 and the cardinality of the array.') ELSE list_slice(a, 1, len(a) - n) END;
CREATE MACRO tr__no_null(a) AS CASE WHEN tr__has_null(a) THEN error('Sorting NULLs by a function is not verified.') ELSE a END;
CREATE MACRO tr__dot(a, b) AS CASE WHEN a IS NULL OR b IS NULL OR tr__has_null(a) OR tr__has_null(b) THEN NULL WHEN len(a) <> len(b) THEN CAST(error('The arrays must have the same length.') AS DOUBLE) ELSE coalesce(list_sum(list_transform(list_zip(a, b), LAMBDA p: CAST(p[1] AS DOUBLE) * CAST(p[2] AS DOUBLE))), 0) END;
CREATE MACRO tr__norm(a) AS sqrt(tr__dot(a, a));
CREATE MACRO tr__cosine(a, b) AS CASE WHEN len(a) = 0 OR tr__norm(a) = 0 OR tr__norm(b) = 0 THEN CAST(error('The vector is zero.') AS DOUBLE) WHEN isinf(tr__norm(a)) OR isinf(tr__norm(b)) THEN CAST('nan' AS DOUBLE) ELSE tr__dot(a, b) / (tr__norm(a) * tr__norm(b)) END;
CREATE MACRO tr__euclidean(a, b) AS CASE WHEN len(a) <> len(b) THEN CAST(error('The arrays must have the same length.') AS DOUBLE) ELSE sqrt(coalesce(list_sum(list_transform(list_zip(a, b), LAMBDA p: pow(CAST(p[1] AS DOUBLE) - CAST(p[2] AS DOUBLE), 2))), 0)) END;

-- Maps.
CREATE MACRO tr__map_at(m, k) AS CASE WHEN m IS NULL OR k IS NULL THEN NULL WHEN map_contains(m, k) THEN m[k] ELSE error('The key is not in the map.') END;
CREATE MACRO tr__split_to_map(s, p, v) AS map_from_entries(list_transform(string_split(s, p), LAMBDA e: CASE WHEN len(string_split(e, v)) <> 2 THEN error('An entry is not one key and one value.') ELSE row(string_split(e, v)[1], string_split(e, v)[2]) END));

-- Dates.
CREATE MACRO tr__iso_date(d) AS strftime(d, '%Y-%m-%d');
CREATE MACRO tr__millisecond(t) AS CAST(date_part('millisecond', t) AS BIGINT) % 1000;
CREATE MACRO tr__twelve(t) AS CASE WHEN hour(t) = 12 THEN t - to_hours(12) ELSE t END;
CREATE MACRO tr__steps(t, u) AS make_timestamp((epoch_us(t) + 62135596800000000 + u // 2) // u * u - 62135596800000000);

-- Intervals: of months, or of days and less.
CREATE MACRO tr__interval_months(i) AS date_part('year', i) * 12 + date_part('month', i);
CREATE MACRO tr__interval_micros(i) AS CAST(epoch(i - to_months(CAST(tr__interval_months(i) AS INTEGER))) * 1000 AS BIGINT);
CREATE MACRO tr__interval_time(n) AS CAST(n // 86400000 AS VARCHAR) || ' ' || lpad(CAST(n // 3600000 % 24 AS VARCHAR), 2, '0') || ':' || lpad(CAST(n // 60000 % 60 AS VARCHAR), 2, '0') || ':' || lpad(CAST(n // 1000 % 60 AS VARCHAR), 2, '0') || '.' || lpad(CAST(n % 1000 AS VARCHAR), 3, '0');
CREATE MACRO tr__interval_sign(n, t) AS CASE WHEN n < 0 THEN '-' ELSE '' END || t;
CREATE MACRO tr__interval_text(i) AS CASE WHEN i IS NULL THEN NULL WHEN tr__interval_months(i) <> 0 THEN tr__interval_sign(tr__interval_months(i), CAST(abs(tr__interval_months(i)) // 12 AS VARCHAR) || '-' || CAST(abs(tr__interval_months(i)) % 12 AS VARCHAR)) WHEN tr__interval_micros(i) <> 0 THEN tr__interval_sign(tr__interval_micros(i), tr__interval_time(abs(tr__interval_micros(i)))) ELSE error('Whether an interval of nothing is one of months is not known here.') END;
CREATE MACRO tr__hamming(a, b) AS CASE WHEN a = '' AND b = '' THEN 0 ELSE hamming(a, b) END;
