"""What a query does to the rows of its input, decided from its text and held against what it does."""

import random

import pytest

from mlflow_sql_flavor.query.facts.rows import used_columns

from ..bench import bench, rows_of, sample

INDEPENDENT = """
FROM input
SELECT id + 1 AS i, upper(g) AS g FROM input
SELECT INPUT.ID FROM Input
SELECT * EXCLUDE (x) REPLACE (n + 1 AS n) FROM input
SELECT COLUMNS('i.*') FROM input
SELECT i AS whole FROM input i
SELECT #2 AS second FROM input
WITH a(p, q) AS (SELECT id, x FROM input), b AS (SELECT p FROM a) SELECT * FROM b
WITH a AS MATERIALIZED (SELECT * FROM input) SELECT id FROM a
SELECT id, CASE WHEN x IN (SELECT x FROM r) THEN 1 END AS c FROM input
SELECT input.id, v FROM input LEFT JOIN r ON k = g
SELECT input.id, v FROM input LEFT JOIN r ON r.k = upper(g) AND r.v > n
SELECT * EXCLUDE (k) FROM input LEFT JOIN (SELECT k, v FROM r WHERE v > 1) q ON g = q.k
SELECT input.*, m FROM input LEFT JOIN (SELECT k, max(w) AS m FROM d GROUP BY k) q ON g = q.k
SELECT input.*, m FROM input LEFT JOIN (SELECT k, max(w) AS m FROM d GROUP BY 1) q ON g = q.k
SELECT id, q.k FROM input LEFT JOIN (SELECT DISTINCT k FROM d) q ON g = q.k
SELECT input.id, v FROM r RIGHT JOIN input ON r.k = input.g
SELECT id, c FROM input, (SELECT count(*) AS c FROM r)
SELECT id, c FROM input CROSS JOIN (SELECT max(v) AS c FROM d)
SELECT id, m FROM input, LATERAL (SELECT max(v) AS m FROM d WHERE d.k = input.g)
SELECT id, (SELECT max(v) FROM d WHERE k = g) AS m FROM input
SELECT id, (SELECT sum(v) FROM (SELECT v FROM d WHERE d.k = i.g)) AS t FROM input i
SELECT input.id, r.v FROM input ASOF LEFT JOIN r ON input.n >= r.v
WITH a AS (SELECT id, g AS region FROM input) SELECT a.*, v FROM a LEFT JOIN r ON region = k
SELECT id, (SELECT sum(i.x) OVER ()) AS t FROM input i
WITH r AS (SELECT k, max(v) AS v FROM d GROUP BY k) SELECT id, v FROM input LEFT JOIN r ON k = g
SELECT id FROM (SELECT id FROM input)
SELECT id, v FROM (SELECT id, g FROM input) LEFT JOIN (SELECT k, v FROM r) q ON k = g
WITH x AS (SELECT id, x FROM input), n AS (SELECT 1 AS c) SELECT id, x, n.c FROM x CROSS JOIN n
"""

ALIGNED = """
SELECT id, sum(x) OVER (PARTITION BY g) AS t FROM input
SELECT *, row_number() OVER (ORDER BY id) AS t FROM input
SELECT id, (SELECT avg(x) FROM input) AS m FROM input
SELECT id, (SELECT avg(j.x) FROM input j WHERE j.g = i.g) AS m FROM input i
SELECT id, EXISTS(SELECT * FROM input j WHERE j.x > i.x) AS m FROM input i
SELECT id, x IN (SELECT j.x FROM input j WHERE j.id <> i.id) AS m FROM input i
SELECT input.id, q.m FROM input LEFT JOIN (SELECT g, avg(x) AS m FROM input GROUP BY g) q USING (g)
SELECT id, m FROM input, (SELECT max(x) AS m FROM input)
WITH a AS (SELECT *, count(*) OVER () AS c FROM input) SELECT id, c FROM a
WITH s AS (SELECT g, max(x) AS m FROM input GROUP BY 1), a AS (FROM s) SELECT id, (SELECT max(m) FROM a) AS m FROM input
WITH input AS (SELECT *, count(*) OVER () AS c FROM input) SELECT id, c FROM input
SELECT input.id, v FROM input LEFT JOIN r ON k = g AND n > (SELECT avg(n) FROM input)
"""

TABLE = """
SELECT 1 AS one
WITH w AS (SELECT id, x FROM input), n AS (SELECT 1 AS c) SELECT w, n.c FROM w CROSS JOIN n
SELECT k FROM r
SELECT id FROM input WHERE x > 1
SELECT id FROM input ORDER BY id
SELECT id FROM input LIMIT 2
SELECT DISTINCT g FROM input
SELECT DISTINCT ON (g) id FROM input
SELECT count(*) AS c FROM input
SELECT g, count(*) AS c FROM input GROUP BY g
SELECT g, count(*) AS c FROM input GROUP BY ALL
SELECT id, unnest([1, 2]) AS u FROM input
SELECT id, regexp_split_to_table(g, 'x') AS u FROM input
SELECT id FROM input USING SAMPLE 50%
SELECT id FROM input TABLESAMPLE 50%
SELECT id FROM input QUALIFY row_number() OVER (ORDER BY id) = 1
SELECT id FROM input UNION ALL SELECT id FROM input
SELECT id FROM input EXCEPT SELECT id FROM r
SELECT input.id FROM input JOIN r ON k = g
SELECT input.id FROM input SEMI JOIN r ON k = g
SELECT input.id FROM input ANTI JOIN r ON k = g
SELECT input.id FROM input FULL JOIN r ON k = g
SELECT input.id FROM input RIGHT JOIN r ON k = g
SELECT input.id FROM input LEFT JOIN d ON k = g
SELECT input.id FROM input LEFT JOIN r ON k <> g
SELECT input.id FROM input LEFT JOIN r ON k = g OR v = n
SELECT input.id FROM input LEFT JOIN r ON r.k = r.k
SELECT input.id FROM input NATURAL LEFT JOIN (SELECT v AS n, k FROM d) q
SELECT input.id FROM input POSITIONAL JOIN r
SELECT a.id FROM input a JOIN input b ON a.id = b.id
SELECT input.id FROM input, r
SELECT input.id FROM input, unnest([1, 2]) u(v)
SELECT input.id FROM input, (VALUES (1), (2)) q(v)
SELECT input.id FROM input CROSS JOIN (SELECT unnest([1, 2]) AS u, count(*) AS c FROM r)
SELECT input.id FROM input CROSS JOIN (SELECT count(*) AS c FROM r HAVING count(*) > 9)
SELECT input.id FROM input CROSS JOIN (SELECT count(*) AS c FROM r LIMIT 0)
SELECT input.id FROM input CROSS JOIN (SELECT count(*) AS c FROM r QUALIFY row_number() OVER () > 1)
SELECT input.id FROM input CROSS JOIN (SELECT 1 AS c WHERE false)
SELECT input.id FROM input LEFT JOIN (SELECT k, unnest(list(v)) AS u FROM d GROUP BY k) q ON q.k = g
SELECT input.id FROM input LEFT JOIN (SELECT d.k FROM d JOIN r ON d.v = r.v GROUP BY r.k, d.k) q ON q.k = g
SELECT input.id FROM input LEFT JOIN (SELECT k FROM d GROUP BY ROLLUP (k)) q ON q.k = g
SELECT input.id FROM input LEFT JOIN (SELECT v FROM r) q ON g = 'a'
SELECT input.id FROM input LEFT JOIN (SELECT DISTINCT v AS k, k AS j FROM d) q ON q.k = n
SELECT input.id FROM input LEFT JOIN s ON s.k = input.n
SELECT input.id FROM (SELECT * FROM input) input LEFT JOIN s ON n = k
SELECT input.id FROM input LEFT JOIN s ON s.k = input.n + 1
SELECT q.p FROM input q(p) ASOF LEFT JOIN LATERAL (SELECT q.p AS m FROM s) t ON q.p >= t.m
SELECT (SELECT sum(i.x)) AS s FROM input i
SELECT (SELECT max(z)) AS s FROM (SELECT x AS z FROM input) i
SELECT i.id, i AS whole, v FROM input i LEFT JOIN r ON k = g
SELECT i.id, hash(i) AS h, v FROM input i LEFT JOIN r ON k = g
SELECT #5 AS z, input.id FROM input LEFT JOIN r ON k = g
SELECT COLUMNS('i.*') FROM input LEFT JOIN e ON k = g
SELECT COLUMNS(*) + 1 FROM (SELECT id, sum(x) OVER () AS t FROM input)
SELECT id, (SELECT count(*) FROM (SELECT DISTINCT * EXCLUDE (id, x) FROM input)) AS c FROM input
WITH a AS (SELECT * FROM input) SELECT id, (SELECT count(*) FROM (SELECT DISTINCT * EXCLUDE (id, x) FROM a)) AS n FROM a
SELECT id, (SELECT count(*) FROM (PIVOT input ON g IN ('a') USING sum(x))) AS c FROM input
WITH a(p, q, y, z, w) AS (SELECT *, x + 1 FROM input) SELECT a.*, v FROM a LEFT JOIN r ON k = q
WITH input AS (SELECT * FROM input WHERE x > 1) SELECT * FROM input
WITH input AS (SELECT k AS id FROM r) SELECT * FROM input
WITH RECURSIVE a AS (SELECT id FROM input UNION ALL SELECT id - 1 FROM a WHERE id > 0) SELECT * FROM a
"""


def _queries(text):
    return text.strip().split("\n")


@pytest.mark.parametrize(
    ("rows", "sql"),
    [(rows, sql) for rows, text in
     (("independent", INDEPENDENT), ("aligned", ALIGNED), ("table", TABLE)) for sql in _queries(text)],
)  # fmt: skip
def test_rows(rows, sql):
    found = bench().find(sql)
    assert found.rows == rows, found.plan.reason
    data = sample(random.Random(sql), 9)
    if rows == "table":
        assert found.plan.reason or found.rows != found.plan.rows
        return
    answer = found.runner.arrow(data, {})
    assert answer.num_rows == 9
    if "SAMPLE" not in sql:
        assert sorted(rows_of(answer)) == sorted(rows_of(found.raw.arrow(data, {})))
    if answer.column_names[0].lower() == "id":
        assert answer.column(0).to_pylist() == data.column("id").to_pylist()
    if rows == "independent":
        alone = [rows_of(found.runner.arrow(data.slice(i, 1), {}))[0] for i in range(9)]
        assert rows_of(answer) == alone


def test_columns_are_cut_to_what_is_read():
    def used(sql):
        from mlflow_sql_flavor.engines.query_check import parse_tree
        from mlflow_sql_flavor.query.facts.parse_tree import statement_of

        return used_columns(statement_of(parse_tree(bench().cursor, sql)), "r", ["k", "v", "x", "id"])

    assert used("SELECT v FROM r") == ["v"]
    assert used("SELECT q.V FROM R q JOIN input USING (k)") == ["k", "v"]
    assert used("SELECT count(*) FROM r") == ["k"]
    assert used("SELECT (SELECT max(v) FROM r WHERE x > 1) FROM input") == ["v", "x"]
    for whole in ("SELECT r FROM r", "SELECT q FROM r q", "SELECT #2 FROM r", "SELECT a FROM r q(a)", "FROM r",
                  "SELECT r.* FROM input, r", "SELECT v FROM input NATURAL JOIN r", "SELECT to_json(r) FROM r",
                  "SELECT COLUMNS('k') FROM r", "FROM (PIVOT r ON k IN ('a') USING sum(v))"):  # fmt: skip
        assert used(whole) == ["k", "v", "x", "id"], whole
