"""Clauses in combination: windows with their frames, recursion, groups of expressions, sets with constants, joins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

__all__ = ["combined_queries"]


def combined_queries() -> Iterator[tuple[int, str]]:
    """Whole queries over the tables that every engine has, with how common they are: 0 first."""
    for name, column in product(
        (
            "corr",
            "covar_pop",
            "covar_samp",
            "regr_slope",
            "regr_r2",
            "regr_count",
            "regr_intercept",
            "regr_avgx",
            "regr_avgy",
            "max_by",
            "min_by",
            "argMax",
            "argMin",
        ),
        ("i", "x", "d", "s", "u"),
    ):
        for other in ("i", "j", "x", "d", "y"):
            yield 1, f"SELECT {name}({column}, {other}) AS c FROM a"
            yield 1, f"SELECT g, {name}({column}, {other}) AS c FROM a GROUP BY g"
    for frame in (
        "ROWS 1 PRECEDING",
        "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
        "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
        "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES",
        "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW",
        "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP",
        "RANGE BETWEEN 3 PRECEDING AND 2 FOLLOWING",
    ):
        for call in (
            "sum(i)",
            "avg(x)",
            "count(*)",
            "count(s)",
            "min(s)",
            "max(u)",
            "first_value(i)",
            "last_value(s)",
            "nth_value(i, 2)",
            "array_agg(i)",
            "sum(d)",
        ):
            for order in ("id", "i", "g"):  # which rows a frame of ROWS holds is open where the order has ties
                if order == "id" or not (
                    frame.startswith("ROWS") or call.startswith(("first", "last", "nth", "array"))
                ):
                    yield 1, f"SELECT id, {call} OVER (ORDER BY {order} {frame}) AS c FROM a"
    for call in (
        "lag(i, 1, j)",
        "lead(i, 2, 0)",
        "lead(s, 1)",
        "lag(s, 1, 'z')",
        "lag(d, 1, 0)",
        "lag(x, 1, 0)",
        "lead(u, 1)",
        "nth_value(i, 2)",
        "nth_value(s, 1)",
        "lag(i) IGNORE NULLS",
        "last_value(i) IGNORE NULLS",
        "bool_and(o)",
        "string_agg(s, ',')",
        "corr(i, x)",
        "count(DISTINCT i)",
        "stddev(x)",
        "variance(i)",
        "ntile(4)",
        "lagInFrame(i)",
        "leadInFrame(i, 1)",
        "percent_rank()",
        "cume_dist()",
    ):
        for over in (
            "ORDER BY id",
            "PARTITION BY g ORDER BY id",
            "ORDER BY id DESC",
            "ORDER BY i NULLS LAST, id",
            "PARTITION BY g",
        ):
            if "ORDER" in over or not call.startswith(("la", "le", "nt", "st")):
                yield 0, f"SELECT id, {call} OVER ({over}) AS c FROM a"
    for step, end in (("n + 1", "n < 5"), ("n * 2", "n < 50"), ("n - 1", "n > -3")):
        yield (
            0,
            f"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT {step} FROM r WHERE {end}) SELECT n FROM r ORDER BY n",
        )
        yield (
            0,
            f"WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT {step} FROM r WHERE {end}) SELECT sum(n) AS c FROM r",
        )
    yield (
        0,
        (
            "WITH RECURSIVE r AS (SELECT id, i, 1 AS depth FROM a WHERE id = 1 UNION ALL "
            "SELECT a.id, a.i, r.depth + 1 FROM a JOIN r ON a.id = r.id + 1) SELECT id, i, depth FROM r ORDER BY id"
        ),
    )
    yield (
        0,
        (
            "WITH RECURSIVE r AS (SELECT g, k FROM b WHERE k = 1 UNION SELECT b.g, b.k FROM b JOIN r ON b.k = r.k + 1) "
            "SELECT g, k FROM r ORDER BY g, k"
        ),
    )
    for group in (
        "i % 2",
        "upper(s)",
        "o",
        "CASE WHEN i > 0 THEN 'p' ELSE 'n' END",
        "x",
        "d",
        "u",
        "w",
        "i > 1",
        "length(s)",
        "i / 2",
        "x * 2",
        "d * 2",
        "coalesce(s, '')",
        "extract(year FROM u)",
        "CAST(w AS date)",
        "round(x)",
        "NULL",
    ):
        yield 0, f"SELECT {group} AS k, count(*) AS n, sum(j) AS c FROM a GROUP BY {group}"
        yield 0, f"SELECT {group} AS k, count(*) AS n FROM a GROUP BY 1 ORDER BY 1"
        yield 0, f"SELECT {group} AS k, count(*) AS n FROM a GROUP BY k ORDER BY n DESC, k"
        yield 0, f"SELECT id, {group} AS k FROM a ORDER BY k, id"
        yield 0, f"SELECT id, {group} AS k FROM a ORDER BY {group} DESC, id"
        yield 1, f"SELECT DISTINCT {group} AS k FROM a ORDER BY k"
        yield 1, f"SELECT count(DISTINCT {group}) AS c FROM a"
        yield 1, f"SELECT id, count(*) OVER (PARTITION BY {group}) AS c FROM a"
    for key, other in product(("g", "i", "s", "o", "d", "u"), ("g", "s", "o")):
        if key != other:
            for form in (
                "ROLLUP ({0}, {1})",
                "CUBE ({0}, {1})",
                "GROUPING SETS (({0}), ({1}), ({0}, {1}), ())",
                "{0}, {1} WITH ROLLUP",
                "{0}, {1} WITH CUBE",
                "{0}, {1} WITH TOTALS",
                "{0}, ROLLUP ({1})",
            ):
                group = form.format(key, other)
                yield 0, f"SELECT {key}, {other}, count(*) AS n, sum(j) AS c FROM a GROUP BY {group}"
                yield 1, f"SELECT {key}, {other}, grouping({key}) AS h, count(*) AS n FROM a GROUP BY {group}"
    for word in ("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL"):
        yield 0, f"SELECT * FROM b {word} SELECT * FROM b"
        yield 0, f"SELECT g, s FROM a {word} SELECT g, s FROM b ORDER BY 1, 2"
        for one, other in (
            ("i", "1"),
            ("i", "NULL"),
            ("s", "'a'"),
            ("x", "1"),
            ("d", "1"),
            ("i", "x"),
            ("i", "d"),
            ("s", "NULL"),
        ):
            yield 0, f"SELECT {one} AS c FROM a {word} SELECT {other}"
            yield 0, f"SELECT {one} AS c FROM a {word} SELECT {other} FROM a ORDER BY c"
    for join in (
        "JOIN",
        "LEFT JOIN",
        "RIGHT JOIN",
        "FULL JOIN",
        "NATURAL JOIN",
        "NATURAL LEFT JOIN",
        "LEFT SEMI JOIN",
        "LEFT ANTI JOIN",
    ):
        using = "" if "NATURAL" in join else " USING (g)"
        for items in ("*", "id, k", "g, id, k", "count(*) AS n"):
            yield 0, f"SELECT {items} FROM (SELECT g, id FROM a) AS l {join} (SELECT g, k FROM b) AS r{using}"
        if using:
            for on in (
                "l.g = r.g",
                "l.g = r.g AND l.s = r.s",
                "l.id > r.k",
                "l.g = r.g AND r.k > 1",
                "l.s = r.s",
                "l.g + 1 = r.k",
            ):
                yield 0, f"SELECT * FROM (SELECT g, id, s FROM a) AS l {join} (SELECT g, k, s FROM b) AS r ON {on}"
                yield 0, f"SELECT l.id, r.k FROM a AS l {join} b AS r ON {on}"
    for limit in (
        "LIMIT 3",
        "LIMIT 3 OFFSET 2",
        "OFFSET 7",
        "LIMIT 0",
        "LIMIT 2, 3",
        "FETCH FIRST 2 ROWS ONLY",
        "LIMIT 1 WITH TIES",
    ):
        for order in ("id", "i DESC, id", "s, id", "x NULLS FIRST, id", "2, 1", "w DESC, id"):
            yield 0, f"SELECT id, g FROM a ORDER BY {order} {limit}"
    yield 0, "SELECT A.ID FROM A WHERE A.I > 1 ORDER BY A.ID"
    yield 0, "SELECT max(i) AS c FROM a HAVING count(*) > 3"
    yield 0, "SELECT count(*) AS c FROM z HAVING count(*) > 3"
    yield 0, "SELECT n, m FROM (VALUES (1, 'a'), (NULL, 'b'), (-3, '')) AS t (n, m) ORDER BY n"
    yield 0, "SELECT count(DISTINCT i) AS c, count(DISTINCT s) AS d, sum(DISTINCT i) AS e FROM a"
    yield 0, "SELECT g, count(DISTINCT i) AS c, count(DISTINCT s) AS d FROM a GROUP BY g"
    yield 1, "SELECT count(DISTINCT (g, s)) AS c FROM a"
    yield 1, "SELECT count(DISTINCT g, s) AS c FROM a"
