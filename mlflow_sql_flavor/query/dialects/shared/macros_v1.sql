-- Building blocks that several dialects share. Names: common__*.

-- Round half away from zero, text in, for exact decimals only.
CREATE MACRO common__trunc_int(x) AS CAST(trunc(x) AS BIGINT);

-- Round half away from zero at n digits, doubles: by a power of ten and back.
CREATE MACRO common__round(x, n) AS CASE WHEN n < 0 THEN round(x / power(10::DOUBLE, -n)) * power(10::DOUBLE, -n)
  WHEN isfinite(x * power(10::DOUBLE, n)) THEN round(x * power(10::DOUBLE, n)) / power(10::DOUBLE, n) ELSE x END;

-- Round half to even at n digits.
CREATE MACRO common__round_even(x, n) AS round_even(x, n);

-- First n characters: what CAST(x AS VARCHAR(n)) keeps.
CREATE MACRO common__varchar(x, n) AS substring(CAST(x AS VARCHAR), 1, n);

-- Complete months from a to b: negative when b is before a.
CREATE MACRO common__months(a, b) AS date_sub('month', a, b);
