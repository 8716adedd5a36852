"""What is known to be small is small, what is not is not said to be; and ordinary queries are known."""

import duckdb
import pytest

from mlflow_sql_flavor.artifact.spec import CompatSpec
from mlflow_sql_flavor.compile.function_kinds import macro_bodies
from mlflow_sql_flavor.engines.query_check import parse_tree
from mlflow_sql_flavor.query.gate import grammar, packs
from mlflow_sql_flavor.query.gate.query_bounds import is_small

CON = duckdb.connect()

#: One of its numbers is the value, however many there are.
FOREST = f"CASE {' '.join(f'WHEN a < {i} THEN {i}.0123456789012345' for i in range(300))} END"
#: One of its columns.
MOST = f"GREATEST({', '.join(f'c{i}' for i in range(50))})"
#: A list that is there once, however many rows read one of it.
NUMBERS = f"[{', '.join(f'-{i}.0123456789012345e-05' for i in range(64))}]"

SMALL = [
    "SELECT a + 1 AS b, upper(s) || 'x' AS t FROM input WHERE a > $p",
    "SELECT lpad(s, 20, '0') AS t, repeat('ab', 100) AS r FROM input",
    "SELECT sum(range) AS r FROM range(1000000000)",
    "SELECT string_agg(s, ',') AS r, list(a) AS l FROM input GROUP BY k",
    "SELECT list_transform(l, lambda x: x * 2 + a) AS r FROM input",
    "SELECT unnest(generate_series(DATE '2024-01-01', DATE '2024-03-01', INTERVAL 1 MONTH)) AS d",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r",
    "WITH c AS (SELECT s || t AS u FROM input), d AS (SELECT u || u AS v FROM c) SELECT v || '!' AS w FROM d",
    "SELECT replace(s, 'a', 'bb') AS r, regexp_replace(s, '[0-9]+', '#', 'g') AS q FROM input",
    "SELECT levenshtein(s, t) AS d FROM input JOIN ref USING (k)",
    f"SELECT CASE {' '.join(f'WHEN a < {i} THEN {i}.5' for i in range(300))} END AS y FROM input",
    f"SELECT {' + '.join([FOREST] * 100)} AS y FROM input",
    f"SELECT {', '.join(f'a + {i} AS c{i}' for i in range(1000))} FROM input",
    "SELECT arg_max(s, a) AS s, max(a, 3) AS top FROM input",
    "SELECT array_to_string(list(s), ', ') AS r, replace(string_agg(s, ','), 'a', 'b') AS q FROM input GROUP BY k",
    "WITH c AS (SELECT list(a) AS l FROM input) SELECT list_filter(l, lambda x: x > 1) AS r FROM c",
    "SELECT (SELECT string_agg(s, '') FROM input) || s AS r FROM input",
    "SELECT length(repeat('x', 90000)) AS n, range(100000) AS l",
    "SELECT l::DOUBLE[256] AS v FROM input",
    "SELECT i0.a FROM input i0 " + " ".join(f"LEFT JOIN ref i{n} ON i{n}.k = i0.a" for n in range(1, 60)),
    "WITH c0 AS (SELECT a FROM input), "
    + ", ".join(f"c{n} AS (SELECT a + 1 AS a FROM c{n - 1})" for n in range(1, 300))
    + " SELECT a FROM c299",
    f"SELECT md5(concat({', '.join(f'CAST(c{i} AS VARCHAR)' for i in range(40))})) AS k FROM input",
    "SELECT json_object(" + ", ".join(f"'k{i}', c{i}" for i in range(30)) + ") AS o FROM input",
    "SELECT format('{:>10} {} {:.2f}', s, t, a) AS r, printf('%5d', a) AS q FROM input",
    "SELECT concat_ws('-', s, t, a::VARCHAR) AS r, base64(s::BLOB) AS b, to_json(hex(s)) AS h FROM input",
    "SELECT list_transform(string_split(s, ','), lambda x: trim(x)) AS words FROM input",
    "SELECT list_resize([a], 3, 0) AS l, hex('abc') AS h, url_encode('a b') AS u FROM input",
    f"SELECT {'list_transform(' * 40}l{', lambda n: CAST(x[n] AS INTEGER))' * 40} AS walked FROM input",
    f"SELECT [{', '.join(f'CAST(c{i} AS DOUBLE)' for i in range(300))}] AS x FROM input",
    f"SELECT LEAST({', '.join([MOST] * 50)}) AS y FROM input",
    f"SELECT {' + '.join([f'{NUMBERS}[1 + a]'] * 900)} AS y FROM input",
]

LARGE = [
    f"SELECT {', '.join([NUMBERS] * 1000)} FROM input",
    f"SELECT [{', '.join(f'{i}.25' for i in range(100_000))}][1 + a] AS y FROM input",
    f"SELECT {' + '.join([f'(a || {NUMBERS})[1 + a]'] * 900)} AS y FROM input",
    f"SELECT {NUMBERS}[length(repeat('x', 2000000000))] AS y FROM input",
    "SELECT count(*) FROM input i0 " + " ".join(f"JOIN input i{n} ON i{n}.a = i{n - 1}.a" for n in range(1, 150)),
    "SELECT " + " + ".join(["(SELECT max(v) FROM ref)"] * 150),
    " UNION ALL BY NAME ".join(f"SELECT a AS c{n} FROM input" for n in range(150)),
    "WITH c0 AS (SELECT a FROM input), "
    + ", ".join(f"c{n} AS (SELECT x.a FROM c{n - 1} x JOIN c{n - 1} y USING (a))" for n in range(1, 9))
    + " SELECT a FROM c8",
    "SELECT list_transform(range(1000000), lambda x: CAST(repeat('1', 1000000) AS DOUBLE))",
    f"SELECT {'list_transform(' * 9}l{', lambda n: [n, n, n, n])' * 9} AS walked FROM input",
    f"SELECT {'hex(' * 12}s{')' * 12} FROM input",
    f"SELECT {'to_json(' * 4}s{')' * 4} FROM input",
    f"SELECT {'url_encode(' * 20}'%%%%'{')' * 20}",
    f"SELECT {'regexp_escape(' * 25}'....'{')' * 25}",
    f"SELECT {'CAST([' * 20}s{'] AS VARCHAR)' * 20} FROM input",
    "WITH c0 AS (SELECT s AS t FROM input), "
    + ", ".join(f"c{n} AS (SELECT [t]::VARCHAR AS t FROM c{n - 1})" for n in range(1, 20))
    + " SELECT t FROM c19",
    "SELECT json_pretty(s) FROM input",
    "SELECT format('{:>{}}', s, a * 1000000000) FROM input",
    "SELECT printf('%*d', a, 1) FROM input",
    f"SELECT length(format('{'{0}' * 10_000}', repeat('x', 90000)))",
    f"SELECT concat_ws(repeat('x', 90000), {', '.join(['a::VARCHAR'] * 60)}) FROM input",
    "SELECT list_resize([''], 1000, repeat('x', 90000)) FROM input",
    "SELECT length(replace(repeat('x', 10000000), 'x', repeat('y', 1000000)))",
    "SELECT max(length(repeat('x', 10000000 - (i % 2)::INT))) FROM range(2048) t(i)",
    "SELECT length((repeat('9', 1000000)::BIGNUM)::VARCHAR)",
    "SELECT length(list_string_agg(list_transform(range(100000), lambda x: repeat('x', 1000000))))",
    "SELECT repeat(s, a) FROM input",
    "SELECT LEAST(s, repeat(s, 1000)) AS r FROM input",
    "SELECT repeat('x', GREATEST(10, a)) FROM input",
    "SELECT GREATEST('a', repeat(chr(a), 90000)) FROM input",
    "SELECT repeat(s, 1000000) FROM input",
    "SELECT lpad(s, a, 'x') FROM input",
    "SELECT range(a) FROM input",
    "SELECT range(9000000 + a % 2) FROM input",
    "SELECT format(s, a) FROM input",
    "SELECT bitstring('1', a) FROM input",
    "SELECT json_contains(repeat('[', 300000), '1')",
    "SELECT list_resize([1], a) FROM input",
    "SELECT approx_top_k(a, 100000000) FROM input",
    "SELECT reservoir_quantile(a, 0.5, 2000000000) FROM input",
    "SELECT CAST(NULL AS INTEGER[100000]) FROM input",
    "SELECT CAST(NULL AS INTEGER[9000][9000]) AS r",
    "SELECT TRY_CAST(l AS STRUCT(a VARCHAR[100][100])) FROM input",
    "SELECT list_sort(range(100000)) FROM input",
    "SELECT regexp_replace(string_agg(s, ''), '.', string_agg(s, ''), 'g') AS r FROM input",
    "WITH c AS (SELECT string_agg(s, '') AS t FROM input) SELECT replace(t, 'a', t) AS r FROM c",
    "SELECT levenshtein(string_agg(s, ''), string_agg(s, '')) AS r FROM input",
    "SELECT repeat(string_agg(s, ''), 60) AS r FROM input",
    "WITH c AS (SELECT list(a) AS l FROM input) SELECT list_transform(l, lambda x: list_sum(list_transform(l, "
    "lambda y: y * x))) AS r FROM c",
    "SELECT 'x' AS t, list_slice(range(9000), 1, 5), list_sort(range(9000)), list_distinct(range(9000)) FROM input",
    f"SELECT '{'x' * 60_000}' AS t FROM input",
    "SELECT list_select([s], range(1000000)) FROM input",
    "SELECT upper(string_agg(repeat('x', 10000), '')) FROM range(1000000)",
    "WITH RECURSIVE r(t) AS (SELECT 'x' UNION ALL SELECT t || t FROM r) SELECT length(t) FROM r",
    "WITH "
    + ", ".join(f"c{n} AS (SELECT t || t AS t FROM {f'c{n - 1}' if n else 'input'})" for n in range(30))
    + " SELECT t FROM c29",
    "WITH c0 AS (SELECT 1 AS a), "
    + ", ".join(f"c{n} AS NOT MATERIALIZED (SELECT x.a FROM c{n - 1} x, c{n - 1} y)" for n in range(1, 25))
    + " SELECT a FROM c24",
    f"SELECT {', '.join(['*'] * 2000)} FROM (SELECT {', '.join(f'{n} AS c{n}' for n in range(500))})",
    f"SELECT {', '.join(f'repeat(s, {64}) || repeat(chr(a), 90000) AS c{n}' for n in range(100))} FROM input",
    f"SELECT {', '.join(f'CASE a WHEN {n} THEN repeat(chr(a), 45000) END AS c{n}' for n in range(6))} FROM input",
    "SELECT y FROM (SELECT repeat('x', 90000)) t(y), (SELECT 1) u WHERE repeat(y, 10) <> ''",
]
_LOOPS = "1"
for _level in range(25):
    _LOOPS = f"list_sum(list_transform(range(100), lambda x{_level}: x{_level} + {_LOOPS}))"
LARGE.append(f"SELECT {_LOOPS}")


@pytest.mark.parametrize("sql", SMALL)
def test_ordinary_queries_are_known_to_be_small(sql: str) -> None:
    assert is_small(parse_tree(CON, sql))


@pytest.mark.parametrize("sql", LARGE)
def test_what_can_grow_is_not(sql: str) -> None:
    assert not is_small(parse_tree(CON, sql))


def test_a_function_that_nobody_described_is_not() -> None:
    assert not is_small(parse_tree(CON, "SELECT brand_new(a) FROM input"))
    assert is_small(parse_tree(CON, "SELECT mine(a) FROM input"), udfs=["mine"])


def test_macros_of_the_package_are_looked_into() -> None:
    """Whatever macro takes a number on to a size is found by its body."""
    macros = packs.load("databricks").macros
    bodies = macro_bodies(CompatSpec(pack="databricks", version=1, macros=list(macros)))
    found = []
    for name, text in macros.items():
        parameters = text.split("(", 1)[1].split(")", 1)[0]
        if ":=" in parameters:
            continue
        call = (
            f"SELECT {name}({', '.join(f'a{i}' for i, _ in enumerate(parameters.split(',')) if parameters)}) FROM input"
        )
        if any(word in text for word in ("lpad(", "rpad(", "repeat(")):
            found.append((name, is_small(parse_tree(CON, call), bodies)))
    assert found and not any(small for _, small in found)


def test_a_macro_counts_at_each_of_its_calls() -> None:
    """A body that is looked at once for the same arguments is made anew in each column all the same."""
    bodies = {
        "long": (["s"], "repeat('x', 1000) || s"),
        "joined": (["s", "t"], "long(s) || t"),
        "outer": (["s"], "s || unnamed"),
    }
    macros = {
        name: (names, parse_tree(CON, f"SELECT {body} AS m")["statements"][0]["node"]["select_list"][0])
        for name, (names, body) in bodies.items()
    }

    def small(columns: str) -> bool:
        return is_small(parse_tree(CON, f"SELECT {columns} FROM input"), macros.get)

    assert small("long(a) AS x, long(a) AS y")
    assert not small(", ".join(f"long(a) AS c{i}" for i in range(20)))
    assert not small(", ".join(f"joined(a, b) AS c{i}" for i in range(20)))
    assert small("outer(a) AS x, outer(a) AS y")
    calls = ", ".join(f"outer(a) AS c{i}" for i in range(8))
    assert small(f"outer(a) AS x, {calls}")
    assert not small(f"outer(a) AS x, repeat('x', 2000) AS unnamed, {calls}")  # reads more than it is given


def test_effects_are_of_functions_on_the_list() -> None:
    known = grammar.expression_functions() | grammar.allowed("operator") | grammar.allowed("window")
    for kind in ("fixed", "length", "product", "collects", "keeps", "open", "loops", "path"):
        assert grammar.effect(kind) <= known, grammar.effect(kind) - known
