-- What snowflake means, in DuckDB. Names: sf__*.
-- uses: common 1
SET TimeZone = 'UTC';
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

-- Casts of text.
CREATE MACRO sf__valid(s, re) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(trim(s), re) THEN trim(s) ELSE error('Bad value: ' || s) END;
CREATE MACRO sf__try_valid(s, re) AS CASE WHEN regexp_full_match(trim(s), re) THEN trim(s) WHEN regexp_matches(s, '[0-9]') THEN error('This text may be valid in another form: ' || s) END;
CREATE MACRO sf__fits(s, n) AS CASE WHEN length(s) > n THEN error('The text is too long: ' || s) ELSE s END;
CREATE MACRO sf__try_bool(s) AS CASE WHEN lower(s) IN ('true', 't', 'yes', 'y', 'on', '1') THEN true WHEN lower(s) IN ('false', 'f', 'no', 'n', 'off', '0') THEN false END;
CREATE MACRO sf__bool(s) AS CASE WHEN s IS NULL THEN NULL ELSE coalesce(sf__try_bool(s), CAST(error('No boolean: ' || s) AS BOOLEAN)) END;
CREATE MACRO sf__dbl_text(x) AS CASE WHEN x IS NULL THEN NULL WHEN x = 0 THEN '0' WHEN abs(x) >= 1e-4 AND abs(x) < 1e15 THEN printf('%.15g', x) ELSE error('The text of this number is not verified.') END;
CREATE MACRO sf__json_text(j) AS CASE WHEN json_type(CAST(j AS JSON)) IN ('OBJECT', 'ARRAY', 'DOUBLE') THEN error('The text of an object, an array or a number with a point is not verified.') ELSE CAST(j AS JSON) ->> '$' END;
CREATE MACRO sf__json_number(j) AS CAST(j AS JSON) ->> '$';

-- Text.
CREATE MACRO sf__start(s, p) AS CASE WHEN p > 0 THEN p WHEN p = 0 THEN 1 WHEN -p > length(s) THEN error('The start lies before the text.') ELSE p END;
CREATE MACRO sf__substr2(s, p) AS CASE WHEN s IS NOT NULL AND p IS NOT NULL THEN substring(s, sf__start(s, p)) END;
CREATE MACRO sf__substr(s, p, n) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL WHEN n < 0 THEN '' ELSE substring(s, sf__start(s, p), n) END;
CREATE MACRO sf__initcap_by(s, d) AS array_to_string(list_transform(string_split(s, ''), LAMBDA c, i: CASE WHEN contains(d, c) THEN c WHEN i = 1 OR contains(d, substring(s, i - 1, 1)) THEN upper(c) ELSE lower(c) END), '');
CREATE MACRO sf__initcap(s, d) AS CASE WHEN contains(s, '''') THEN error('INITCAP of a text with an apostrophe is not verified. Name the delimiters.') ELSE sf__initcap_by(s, d) END;

-- Dates.
CREATE MACRO sf__weeks(a, b) AS CAST(date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7 AS BIGINT);
CREATE MACRO sf__date_from_parts(y, m, d) AS CAST(make_date(y, 1, 1) + to_months(CAST(m - 1 AS INTEGER)) + to_days(CAST(d - 1 AS INTEGER)) AS DATE);
CREATE MACRO sf__next_day(d, n) AS CAST(d + CAST((n - isodow(d) + 6) % 7 + 1 AS INTEGER) AS DATE);
CREATE MACRO sf__previous_day(d, n) AS CAST(d - CAST((isodow(d) - n + 6) % 7 + 1 AS INTEGER) AS DATE);

-- Parts of a text.
CREATE MACRO sf__strtok(s, d, n) AS list_filter(string_split(translate(s, d, repeat(left(d, 1), length(d))), left(d, 1)), LAMBDA t: t <> '')[n];

-- Arrays, and what FLATTEN reads.
CREATE MACRO sf__json_values(j) AS CASE json_type(j) WHEN 'ARRAY' THEN json_extract(j, '$[*]') WHEN 'OBJECT' THEN list_transform(json_keys(j), LAMBDA k: json_extract(j, '/' || replace(replace(k, '~', '~0'), '/', '~1'))) ELSE CAST([] AS JSON[]) END;
CREATE MACRO sf__json_keys(j) AS CASE json_type(j) WHEN 'ARRAY' THEN list_transform(CAST(j AS JSON[]), LAMBDA e: CAST(NULL AS VARCHAR)) WHEN 'OBJECT' THEN json_keys(j) ELSE CAST([] AS VARCHAR[]) END;
CREATE MACRO sf__json_indexes(j) AS CASE json_type(j) WHEN 'ARRAY' THEN range(CAST(json_array_length(j) AS BIGINT)) WHEN 'OBJECT' THEN list_transform(json_keys(j), LAMBDA k: CAST(NULL AS BIGINT)) ELSE CAST([] AS BIGINT[]) END;
CREATE MACRO sf__no_keys(a) AS list_transform(a, LAMBDA e: CAST(NULL AS VARCHAR));
CREATE MACRO sf__places(a) AS range(len(a));
CREATE MACRO sf__or_null(a) AS CASE WHEN len(a) > 0 THEN a ELSE [NULL] END;
CREATE MACRO sf__or_empty(a) AS coalesce(a, []);
CREATE MACRO sf__array_text(a, d) AS CASE WHEN d IS NOT NULL THEN array_to_string(list_transform(a, LAMBDA e: coalesce(CAST(e AS VARCHAR), '')), d) END;
CREATE MACRO sf__contains(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL WHEN list_contains(a, v) THEN true WHEN len(list_filter(a, LAMBDA e: e IS NULL)) > 0 THEN NULL ELSE false END;
CREATE MACRO sf__position(a, v) AS CASE WHEN a IS NULL OR v IS NULL THEN NULL ELSE list_position(a, v) - 1 END;
CREATE MACRO sf__slice(a, f, t) AS CASE WHEN a IS NULL OR f IS NULL OR t IS NULL THEN NULL ELSE list_slice(a, CASE WHEN f < 0 THEN greatest(len(a) + f, 0) ELSE f END + 1, CASE WHEN t < 0 THEN len(a) + t ELSE t END) END;
CREATE MACRO sf__cat(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_concat(a, b) END;
CREATE MACRO sf__compact(a) AS list_filter(a, LAMBDA e: e IS NOT NULL);
CREATE MACRO sf__distinct(a) AS list_filter(a, LAMBDA e, i: list_position(a, e) = i);
CREATE MACRO sf__tokens(s, d) AS list_filter(string_split(translate(s, d, repeat(left(d, 1), length(d))), left(d, 1)), LAMBDA t: t <> '');
CREATE MACRO sf__try_json(s) AS CASE WHEN json_valid(s) THEN s END;
CREATE MACRO sf__check_json(s) AS CASE WHEN s IS NULL OR json_valid(s) OR trim(s) = '' THEN NULL ELSE 'invalid' END;
CREATE MACRO sf__width_bucket(x, a, b, n) AS CASE WHEN x IS NULL OR a IS NULL OR b IS NULL OR n IS NULL THEN NULL WHEN a >= b OR n < 1 THEN CAST(error('WIDTH_BUCKET is verified for growing bounds.') AS BIGINT) WHEN x < a THEN 0 WHEN x >= b THEN CAST(n AS BIGINT) + 1 ELSE CAST(floor(n * (x - a) / (b - a)) AS BIGINT) + 1 END;
CREATE MACRO sf__insert(s, p, n, r) AS CASE WHEN s IS NULL OR p IS NULL OR n IS NULL OR r IS NULL THEN NULL WHEN p < 1 OR n < 0 OR p > length(s) + 1 THEN error('INSERT is verified inside of the text.') ELSE left(s, p - 1) || r || substring(s, p + n) END;
CREATE MACRO sf__edit(a, b) AS CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN strlen(a) = length(a) AND strlen(b) = length(b) THEN levenshtein(a, b) ELSE error('EDITDISTANCE of text beyond ASCII is not verified.') END;
CREATE MACRO sf__months_between(a, b) AS CAST((year(a) - year(b)) * 12 + (month(a) - month(b)) AS DOUBLE) + CASE WHEN day(a) = day(b) OR (a = last_day(a) AND b = last_day(b)) THEN 0 ELSE CAST(day(a) - day(b) AS DOUBLE) / 31 END;
CREATE MACRO sf__json_size(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END;
CREATE MACRO sf__present(j) AS CASE WHEN json_type(j) <> 'NULL' THEN j END;
CREATE MACRO sf__occurrence(a, i) AS len(list_filter(list_slice(a, 1, i), LAMBDA e: e IS NOT DISTINCT FROM a[i]));
CREATE MACRO sf__times(a, v) AS len(list_filter(a, LAMBDA e: e IS NOT DISTINCT FROM v));
CREATE MACRO sf__except(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_filter(a, LAMBDA v, i: sf__occurrence(a, i) > sf__times(b, v)) END;
CREATE MACRO sf__intersect(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN list_filter(a, LAMBDA v, i: sf__occurrence(a, i) <= sf__times(b, v)) END;
CREATE MACRO sf__remove(a, v) AS CASE WHEN v IS NOT NULL THEN list_filter(a, LAMBDA e: e IS DISTINCT FROM v) END;
CREATE MACRO sf__overlap(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN len(list_filter(a, LAMBDA v: sf__times(b, v) > 0)) > 0 END;
CREATE MACRO sf__one_true(x) AS CASE WHEN count(x) > 0 THEN count_if(CAST(x AS BOOLEAN)) = 1 END;
CREATE MACRO sf__is_array(j) AS json_type(j) = 'ARRAY';
CREATE MACRO sf__is_object(j) AS json_type(j) = 'OBJECT';
CREATE MACRO sf__is_boolean(j) AS json_type(j) = 'BOOLEAN';
CREATE MACRO sf__is_varchar(j) AS json_type(j) = 'VARCHAR';
CREATE MACRO sf__is_integer(j) AS json_type(j) IN ('BIGINT', 'UBIGINT', 'HUGEINT');
CREATE MACRO sf__typeof(j) AS CASE json_type(j) WHEN 'NULL' THEN 'NULL_VALUE' WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' WHEN 'DOUBLE' THEN error('TYPEOF of a number with a point is not verified.') ELSE json_type(j) END;
CREATE MACRO sf__unicode(s) AS CASE WHEN s = '' THEN 0 ELSE unicode(s) END;
CREATE MACRO sf__true(x) AS round(CAST(x AS DOUBLE)) <> 0;
CREATE MACRO sf__boolor(a, b) AS sf__true(a) OR sf__true(b);
CREATE MACRO sf__booland(a, b) AS sf__true(a) AND sf__true(b);
CREATE MACRO sf__boolxor(a, b) AS sf__true(a) <> sf__true(b);
CREATE MACRO sf__boolnot(a) AS NOT sf__true(a);
CREATE MACRO sf__wall(s) AS regexp_replace(s, '(:[0-9.]+) ?(Z|[+-][0-9]{2}:?[0-9]{2})$', '\1');
CREATE MACRO sf__rtrimmed_length(s) AS length(rtrim(s, ' '));
CREATE MACRO sf__hex_text(s) AS decode(unhex(s));
CREATE MACRO sf__gap(s, p, n) AS list_sum(list_transform(list_slice(regexp_split_to_array(s, p), 1, n), LAMBDA g: length(g))) + coalesce(list_sum(list_transform(list_slice(regexp_extract_all(s, p), 1, n - 1), LAMBDA g: length(g))), 0);
CREATE MACRO sf__regexp_at(s, p, n, after, before) AS CASE WHEN s IS NULL THEN NULL WHEN len(regexp_extract_all(s, p)) < n THEN 0 ELSE CAST(sf__gap(s, p, n) AS BIGINT) + 1 + before + CASE WHEN after = 1 THEN length(regexp_extract_all(s, p)[n]) ELSE 0 END END;
CREATE MACRO sf__replace_nth(s, p, r, n) AS CASE WHEN len(regexp_extract_all(s, p)) < n THEN s ELSE left(s, CAST(sf__gap(s, p, n) AS BIGINT)) || regexp_replace(regexp_extract_all(s, p)[n], p, r) || substring(s, CAST(sf__gap(s, p, n) AS BIGINT) + length(regexp_extract_all(s, p)[n]) + 1) END;
CREATE MACRO sf__stamp_from_parts(y, m, d, h, i, s) AS CAST(sf__date_from_parts(y, m, d) AS TIMESTAMP) + to_seconds(CAST(h * 3600 + i * 60 + s AS BIGINT));
CREATE MACRO sf__time_from_parts(h, i, s) AS CAST(TIMESTAMP '1970-01-01 00:00:00' + to_seconds(CAST(h * 3600 + i * 60 + s AS BIGINT)) AS TIME);
CREATE MACRO sf__as_varchar(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN j ->> '$' END;
CREATE MACRO sf__as_boolean(j) AS CASE WHEN json_type(j) = 'BOOLEAN' THEN CAST(j ->> '$' AS BOOLEAN) END;
CREATE MACRO sf__as_integer(j) AS CASE WHEN sf__is_integer(j) THEN CAST(j ->> '$' AS BIGINT) END;
CREATE MACRO sf__as_double(j) AS CASE WHEN sf__is_integer(j) OR json_type(j) = 'DOUBLE' THEN CAST(j ->> '$' AS DOUBLE) END;
CREATE MACRO sf__jsons(a) AS list_transform(a, LAMBDA e: to_json(e));
CREATE MACRO sf__items(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN CAST(j AS JSON[]) END;
CREATE MACRO sf__json_texts(a) AS list_transform(a, LAMBDA e: CASE WHEN json_type(e) = 'DOUBLE' THEN sf__dbl_text(CAST(e AS DOUBLE)) ELSE e ->> '$' END);
CREATE MACRO sf__insert_at(a, p, v) AS CASE WHEN a IS NULL OR p IS NULL THEN NULL WHEN p < 0 AND -p > len(a) THEN error('The place lies before the array.') ELSE list_concat(list_concat(list_slice(a, 1, CASE WHEN p < 0 THEN len(a) + p ELSE p END), list_transform(range(greatest(p - len(a), 0)), LAMBDA e: NULL)), list_concat([v], list_slice(a, CASE WHEN p < 0 THEN len(a) + p ELSE p END + 1, len(a)))) END;
CREATE MACRO sf__remove_at(a, p) AS CASE WHEN p IS NOT NULL THEN list_filter(a, LAMBDA e, i: i <> CASE WHEN p < 0 THEN len(a) + p ELSE p END + 1) END;
CREATE MACRO sf__zip(a) AS CASE WHEN len(list_filter(a, LAMBDA e: e IS NULL)) > 0 THEN NULL WHEN len(flatten(a)) = 0 THEN CAST('[{}]' AS JSON) ELSE to_json(list_transform(range(coalesce(list_max(list_transform(a, LAMBDA e: len(e))), 0)), LAMBDA place: sf__object(list_transform(range(len(a)), LAMBDA number: '$' || (number + 1)), list_transform(a, LAMBDA part: coalesce(part[place + 1], 'null'))))) END;
CREATE MACRO sf__flattened(a) AS CASE WHEN len(list_filter(a, LAMBDA e: e IS NULL OR json_type(e) = 'NULL')) = 0 THEN to_json(flatten(list_transform(a, LAMBDA e: CASE WHEN json_type(e) = 'ARRAY' THEN CAST(e AS JSON[]) ELSE error('ARRAY_FLATTEN takes an array of arrays.') END))) END;
CREATE MACRO sf__to_array(j) AS CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL WHEN json_type(j) = 'ARRAY' THEN j ELSE to_json([j]) END;
CREATE MACRO sf__pairs(p) AS CAST('{' || array_to_string(list_transform(list_sort(p), LAMBDA e: CAST(to_json(e.k) AS VARCHAR) || ':' || CAST(e.v AS VARCHAR)), ',') || '}' AS JSON);
CREATE MACRO sf__object(ks, vs) AS sf__pairs(list_filter(list_transform(ks, LAMBDA k, i: {'k': k, 'v': CAST(vs[i] AS JSON)}), LAMBDA e: e.k IS NOT NULL AND e.v IS NOT NULL));
CREATE MACRO sf__as_object(j) AS CASE WHEN json_type(j) = 'OBJECT' THEN j END;
CREATE MACRO sf__as_array(j) AS CASE WHEN json_type(j) = 'ARRAY' THEN j END;
CREATE MACRO sf__to_object(j) AS CASE WHEN j IS NULL OR json_type(j) = 'NULL' THEN NULL WHEN json_type(j) = 'OBJECT' THEN j ELSE CAST(error('TO_OBJECT takes an object.') AS JSON) END;
CREATE MACRO sf__field(j, k) AS json_extract(j, '/' || replace(replace(k, '~', '~0'), '/', '~1'));
CREATE MACRO sf__entries(j) AS list_transform(json_keys(j), LAMBDA n: {'k': n, 'v': sf__field(j, n)});
CREATE MACRO sf__without(j, ks) AS CASE WHEN j IS NOT NULL THEN sf__pairs(list_filter(sf__entries(sf__to_object(j)), LAMBDA e: NOT list_contains(ks, e.k))) END;
CREATE MACRO sf__picked(j, ks) AS CASE WHEN j IS NOT NULL THEN sf__pairs(list_filter(sf__entries(sf__to_object(j)), LAMBDA e: list_contains(ks, e.k))) END;
CREATE MACRO sf__with(j, n, x, again) AS CASE WHEN j IS NULL THEN NULL WHEN n IS NULL THEN j WHEN NOT again AND list_contains(json_keys(j), n) THEN CAST(error('OBJECT_INSERT of a key that is there needs TRUE.') AS JSON) WHEN x IS NULL THEN sf__without(j, [n]) ELSE sf__pairs(list_append(list_filter(sf__entries(sf__to_object(j)), LAMBDA e: e.k <> n), {'k': n, 'v': x})) END;
CREATE MACRO sf__distinct_keys(ks) AS CASE WHEN len(ks) > len(list_distinct(ks)) THEN error('OBJECT_AGG of a key that comes twice fails.') ELSE ks END;
CREATE MACRO sf__strip_null(j) AS CASE WHEN json_type(j) <> 'NULL' THEN j END;
CREATE MACRO sf__sorted_keys(j) AS list_sort(json_keys(j));
CREATE MACRO sf__at(j, i) AS CASE WHEN i >= 0 AND json_type(j) = 'ARRAY' THEN json_extract(j, '$[' || i || ']') END;
CREATE MACRO sf__or_json_null(a, z) AS list_transform(a, LAMBDA e: coalesce(e, z));
CREATE MACRO sf__step(p, k) AS CASE WHEN regexp_full_match(k, '[A-Za-z_][A-Za-z0-9_]*') THEN p || CASE WHEN p = '' THEN '' ELSE '.' END || k ELSE p || '[''' || k || ''']' END;
CREATE MACRO sf__json_paths(j, p) AS CASE json_type(j) WHEN 'ARRAY' THEN list_transform(range(CAST(json_array_length(j) AS BIGINT)), LAMBDA i: p || '[' || i || ']') WHEN 'OBJECT' THEN list_transform(json_keys(j), LAMBDA k: sf__step(p, k)) ELSE CAST([] AS VARCHAR[]) END;
CREATE MACRO sf__list_paths(a) AS list_transform(range(len(a)), LAMBDA i: '[' || i || ']');
CREATE MACRO sf__variant_text(j) AS CASE WHEN json_type(j) = 'VARCHAR' THEN j ->> '$' WHEN j IS NOT NULL AND json_type(j) <> 'NULL' THEN error('A VARIANT that is no text beside a text is not verified.') END;
CREATE MACRO sf__variant_number(j) AS CASE WHEN json_type(j) IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE') THEN CAST(j AS DOUBLE) WHEN j IS NOT NULL AND json_type(j) <> 'NULL' THEN CAST(error('A VARIANT that is no number beside a number is not verified.') AS DOUBLE) END;
CREATE MACRO sf__no_json_null(j) AS CASE WHEN json_type(j) = 'NULL' THEN CAST(error('A JSON null that is compared with <> is not verified.') AS JSON) ELSE j END;
CREATE MACRO sf__try_strptime(s, f) AS CASE WHEN s = trim(s) THEN try_strptime(s, f) WHEN s IS NOT NULL THEN CAST(error('A date between blanks is not verified.') AS TIMESTAMP) END;
