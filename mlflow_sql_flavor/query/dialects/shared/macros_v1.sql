-- Building blocks that several dialects share. Names: common__*.

-- Round half away from zero, text in, for exact decimals only.
CREATE MACRO common__trunc_int(x) AS CAST(trunc(x) AS BIGINT);

-- Round half to even at n digits.
CREATE MACRO common__round_even(x, n) AS round_even(x, n);

-- First n characters: what CAST(x AS VARCHAR(n)) keeps.
CREATE MACRO common__varchar(x, n) AS substring(CAST(x AS VARCHAR), 1, n);

-- Complete months from a to b: negative when b is before a.
CREATE MACRO common__months(a, b) AS date_sub('month', a, b);
