-- What redshift means, in DuckDB. Names: rs__*.
-- uses: postgres 1
SET TimeZone = 'UTC';
SET integer_division = true;
SET ieee_floating_point_ops = false;
SET error_on_division_by_zero = true;

CREATE MACRO rs__add_months(t, n) AS CASE WHEN CAST(t AS DATE) = last_day(t) THEN last_day(t + to_months(n)) + CAST(t AS TIME) ELSE t + to_months(n) END;
CREATE MACRO rs__flat(s) AS CASE WHEN suffix(s, ' ') THEN CAST(error('A text that ends in blanks is a key, which Redshift takes for the same without them: use RTRIM.') AS BOOLEAN) ELSE true END;
CREATE MACRO rs__compare(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END;
CREATE MACRO rs__strict(s) AS json_valid(s) AND NOT regexp_matches(regexp_replace(s, '"([^"\\]|\\.)*"', '""', 'g'), ',\s*[\]}]');
CREATE MACRO rs__is_json(s) AS CASE WHEN s IS NULL THEN NULL WHEN rs__strict(s) THEN CASE WHEN json_type(s) IN ('OBJECT', 'ARRAY') THEN json_type(s) = 'OBJECT' ELSE CAST(error('IS_VALID_JSON of a scalar is not verified.') AS BOOLEAN) END ELSE false END;
CREATE MACRO rs__is_json_array(s) AS CASE WHEN s IS NULL THEN NULL WHEN rs__strict(s) THEN json_type(s) = 'ARRAY' ELSE false END;
CREATE MACRO rs__json_length(s) AS CASE WHEN s IS NULL THEN NULL WHEN json_type(s) = 'ARRAY' THEN json_array_length(s) ELSE CAST(error('This is no JSON array.') AS BIGINT) END;
CREATE MACRO rs__json_element(s, i) AS CASE WHEN s IS NULL OR i IS NULL THEN NULL WHEN json_type(s) <> 'ARRAY' OR i < 0 OR i >= json_array_length(s) OR json_type(s, '$[' || i || ']') IN ('OBJECT', 'ARRAY', 'DOUBLE', 'NULL') THEN error('This element of a JSON text is not verified.') ELSE s ->> ('$[' || i || ']') END;
CREATE MACRO rs__strtol(s, b) AS CASE WHEN s IS NULL THEN NULL WHEN b = 16 AND regexp_full_match(s, '[0-9a-fA-F]{1,15}') THEN CAST('0x' || s AS BIGINT) WHEN b = 10 AND regexp_full_match(s, '-?[0-9]{1,18}') THEN CAST(s AS BIGINT) WHEN b = 2 AND regexp_full_match(s, '[01]{1,60}') THEN list_reduce(list_transform(string_split(s, ''), LAMBDA c: CAST(c AS BIGINT)), LAMBDA a, c: 2 * a + c) ELSE CAST(error('Not a number of this base.') AS BIGINT) END;
CREATE MACRO rs__next_day(d, n) AS CAST(d + CAST((n - isodow(d) + 6) % 7 + 1 AS INTEGER) AS DATE);
CREATE MACRO rs__months_between(a, b) AS CAST((year(a) - year(b)) * 12 + (month(a) - month(b)) AS DOUBLE) + CASE WHEN day(a) = day(b) OR (a = last_day(a) AND b = last_day(b)) THEN 0 ELSE CAST(day(a) - day(b) AS DOUBLE) / 31 END;
CREATE MACRO rs__regexp_instr(s, p) AS CASE WHEN regexp_matches(s, p) THEN length(regexp_extract(s, '(?s:^(.*?))(?:' || p || ')', 1)) + 1 WHEN s IS NOT NULL THEN 0 END;
CREATE MACRO rs__years(t, n) AS CASE WHEN month(t) = 2 AND day(t) = 29 AND day(t + to_years(CAST(n AS INTEGER))) <> 29 THEN t + to_years(CAST(n AS INTEGER)) + to_days(1) ELSE t + to_years(CAST(n AS INTEGER)) END;
