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
CREATE MACRO tr__micros(a, b) AS epoch_us(b) - epoch_us(a);
CREATE MACRO tr__boundaries(a, b) AS (year(b) - year(a)) * 12 + month(b) - month(a);
CREATE MACRO tr__full(a, b) AS tr__boundaries(a, b) - CASE WHEN a + to_months(CAST(tr__boundaries(a, b) AS INTEGER)) > b THEN 1 ELSE 0 END;
CREATE MACRO tr__months(a, b) AS CASE WHEN b >= a THEN tr__full(a, b) ELSE -tr__full(b, a) END;
