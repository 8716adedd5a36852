"""Every form of a clause, as whole queries over the generator's tables: with ties, NULLs and no rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from .candidates import AGGREGATES, COLUMNS, SECOND, SHIFTS, WINDOWS
from .further import further_queries

__all__ = ["queries"]

_FRAMES = (
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
    "ROWS 2 PRECEDING",
    "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
    "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
    "RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING",
    "RANGE BETWEEN 2 PRECEDING AND CURRENT ROW",
    "ROWS BETWEEN 6 PRECEDING AND CURRENT ROW",
)
_JOINS = (
    "JOIN",
    "INNER JOIN",
    "LEFT JOIN",
    "LEFT OUTER JOIN",
    "RIGHT JOIN",
    "FULL JOIN",
    "FULL OUTER JOIN",
    "CROSS JOIN",
    "LEFT SEMI JOIN",
    "LEFT ANTI JOIN",
    "ANY LEFT JOIN",
    "NATURAL JOIN",
    "NATURAL LEFT JOIN",
)


def queries(dialect: str) -> Iterator[tuple[int, str]]:
    """Whole queries, with how common they are: 0 first. Each orders its rows where order could be another."""
    yield from further_queries(dialect)
    for table in ("a", "z"):
        for column in COLUMNS.values():
            for name in AGGREGATES:
                yield 1, f"SELECT {name}({column}) AS c FROM {table}"
                yield 1, f"SELECT g, {name}({column}) AS c FROM {table} GROUP BY g"
            for name in ("sum", "avg", "min", "max", "count"):
                yield 0, f"SELECT g, {name}({column}) AS c, count(*) AS n FROM {table} GROUP BY g"
                yield 0, f"SELECT {name}(DISTINCT {column}) AS c FROM {table}"
                yield 0, f"SELECT g, {name}(DISTINCT {column}) AS c FROM {table} GROUP BY g"
                yield 1, f"SELECT {name}({column}) FILTER (WHERE i > 1) AS c FROM {table}"
                yield 0, f"SELECT g, {name}({column}) AS c FROM {table} GROUP BY g HAVING count(*) > 1"
                yield 0, f"SELECT g, {name}({column}) AS c FROM {table} GROUP BY g HAVING {name}({column}) IS NOT NULL"
                yield 0, f"SELECT {name}(CASE WHEN o THEN {column} END) AS c FROM {table}"
                yield 0, f"SELECT {name}(CASE WHEN o THEN {column} ELSE 0 END) AS c FROM {table}"
                yield 0, f"SELECT g, coalesce({name}({column}), 0) AS c FROM {table} GROUP BY g"
            yield 0, f"SELECT {column}, count(*) AS n FROM {table} GROUP BY {column}"
            yield 0, f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY {column} ORDER BY n DESC, k"
            yield 1, f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
            yield 1, f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY k ORDER BY k"
            yield 0, f"SELECT DISTINCT {column} FROM {table}"
            yield 0, f"SELECT DISTINCT g, {column} FROM {table}"
            yield 0, f"SELECT count(DISTINCT {column}) AS c, count({column}) AS n, count(*) AS m FROM {table}"
            for way in ("", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST", " DESC NULLS FIRST", " NULLS LAST"):
                yield 0, f"SELECT {column} AS k, id FROM {table} ORDER BY {column}{way}, id"
                yield 0, f"SELECT id FROM {table} ORDER BY {column}{way}, id LIMIT 3"
            yield 1, f"SELECT {column} AS k, id FROM {table} ORDER BY k, id DESC LIMIT 3 OFFSET 1"
            yield 1, f"SELECT {column} AS k, id FROM {table} ORDER BY 1, 2"
            for extra in (
                "ROLLUP (g, {0})",
                "CUBE (g, {0})",
                "GROUPING SETS ((g), ({0}), ())",
                "ROLLUP ({0})",
                "g, ROLLUP ({0})",
            ):
                group = extra.format(column)
                yield (
                    1,
                    f"SELECT g, {column} AS k, count(*) AS n FROM {table} GROUP BY {group}"
                    if "g" in group
                    else (f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY {group}"),
                )
            yield 1, f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY {column} WITH ROLLUP"
            yield 1, f"SELECT {column} AS k, count(*) AS n FROM {table} GROUP BY {column} WITH TOTALS"
            yield 0, f"SELECT id FROM {table} WHERE {column} IN (SELECT {SECOND[_class(column)]} FROM a)"
            yield 0, f"SELECT id FROM {table} WHERE {column} NOT IN (SELECT {SECOND[_class(column)]} FROM a)"
            yield 0, f"SELECT id FROM {table} WHERE {column} = (SELECT max({column}) FROM a)"
            yield 0, f"SELECT id FROM {table} WHERE {column} > (SELECT avg(i) FROM a)"
            yield 0, f"SELECT id, (SELECT max({column}) FROM z) AS c FROM {table}"
            yield 0, f"WITH c AS (SELECT g, max({column}) AS m FROM {table} GROUP BY g) SELECT g, m FROM c"
            yield (
                0,
                f"SELECT q.m FROM (SELECT g, min({column}) AS m FROM {table} GROUP BY g) AS q WHERE q.m IS NOT NULL",
            )
        yield 0, f"SELECT count(*) AS n FROM {table}"
        yield 0, f"SELECT * FROM {table}"
        yield 0, f"SELECT r.* FROM {table} AS r"
        yield 0, f"SELECT *, i + 1 AS c FROM {table}"
        yield 1, f"SELECT count(r.*) AS n FROM {table} AS r"
        yield (
            0,
            f"SELECT count(*) AS n, sum(i) AS c, avg(x) AS m, min(u) AS lo, max(w) AS hi FROM {table} WHERE i > 100000",
        )
        for condition in (
            "i > 0 AND s <> ''",
            "NOT (i > 0)",
            "o OR p",
            "o",
            "NOT o",
            "i > 0 OR s IS NULL",
            "o = p",
            "o = TRUE",
            "o IS NULL",
            "s LIKE 'a%' AND x > 0",
        ):
            yield 0, f"SELECT id FROM {table} WHERE {condition}"
    yield from _windows()
    yield from _sets()
    yield from _joins()
    yield from _rest()


def _class(column: str) -> str:
    return next(name for name, each in COLUMNS.items() if each == column)


def _windows() -> Iterator[tuple[int, str]]:
    for name in WINDOWS:
        for order in (*COLUMNS.values(), "i DESC", "x DESC", "s DESC", "u DESC"):
            tie = ", id" if name in ("row_number()", "ntile(3)") else ""
            yield 0, f"SELECT id, {name} OVER (ORDER BY {order}{tie}) AS c FROM a"
            yield 0, f"SELECT id, {name} OVER (PARTITION BY g ORDER BY {order}{tie}) AS c FROM a"
    for column in COLUMNS.values():
        for name in ("sum", "avg", "min", "max", "count", "stddev", "first_value", "last_value"):
            for over in (
                "",
                "PARTITION BY g",
                "ORDER BY id",
                "PARTITION BY g ORDER BY id",
                "ORDER BY g",
                "PARTITION BY s",
            ):
                if name.endswith("_value") and "id" not in over:
                    continue  # which row is the first is open
                yield 0, f"SELECT id, {name}({column}) OVER ({over}) AS c FROM a"
            for frame in _FRAMES:
                yield 1, f"SELECT id, {name}({column}) OVER (ORDER BY id {frame}) AS c FROM a"
        for name in SHIFTS:
            yield 0, f"SELECT id, {name}({column}) OVER (ORDER BY id) AS c FROM a"
            yield 0, f"SELECT id, {name}({column}) OVER (PARTITION BY g ORDER BY id) AS c FROM a"
            yield 1, f"SELECT id, {name}({column}, 2) OVER (ORDER BY id) AS c FROM a"
            yield 1, f"SELECT id, {name}({column}, 1, {column}) OVER (ORDER BY id) AS c FROM a"
            yield 1, f"SELECT id, {name}({column}, 1, 0) OVER (ORDER BY id) AS c FROM a"
        yield 0, f"SELECT id, {column} - lag({column}) OVER (ORDER BY id) AS c FROM a"
    yield 0, "SELECT id, count(*) OVER () AS c FROM a"
    yield 0, "SELECT id, count(*) OVER (PARTITION BY g) AS c FROM a"
    yield 0, "SELECT id, count(*) OVER (ORDER BY id) AS c FROM a"
    yield 0, "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY g ORDER BY id) AS r FROM a) AS q WHERE r = 1"
    yield 1, "SELECT id FROM a QUALIFY row_number() OVER (PARTITION BY g ORDER BY id) = 1"
    yield 1, "SELECT g, sum(sum(i)) OVER (ORDER BY g) AS c FROM a GROUP BY g"
    yield 1, "SELECT id, sum(i) OVER w AS c FROM a WINDOW w AS (PARTITION BY g ORDER BY id)"


def _sets() -> Iterator[tuple[int, str]]:
    for word in ("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "UNION DISTINCT", "EXCEPT ALL", "INTERSECT ALL", "MINUS"):
        for one, other in product(COLUMNS.values(), SECOND.values()):
            yield (0 if "UNION" in word else 1), f"SELECT {one} AS c FROM a {word} SELECT {other} FROM a"
        yield 0, f"SELECT id, s FROM a {word} SELECT g, s FROM b"
        yield 1, f"SELECT g, x FROM a {word} SELECT g, x FROM b ORDER BY g, x"
        yield 1, f"SELECT * FROM b {word} SELECT * FROM b"
        yield 1, f"SELECT i AS c FROM a {word} SELECT 1"
        yield 1, f"SELECT i AS c FROM z {word} SELECT j FROM a"
        yield 1, f"SELECT i AS c FROM a {word} SELECT NULL"


def _joins() -> Iterator[tuple[int, str]]:
    for join in _JOINS:
        plain = "NATURAL" in join or "CROSS" in join
        for condition in (
            ("",)
            if plain
            else (
                "ON a.g = b.g",
                "ON a.g = b.g AND a.s = b.s",
                "ON a.i > b.k",
                "ON a.s = b.s",
                "ON a.u = b.u",
                "ON a.d = b.d",
                "ON a.x = b.x",
                "ON a.g = b.g AND b.x > 0",
                "ON a.g = b.k OR a.i = 7",
            )
        ):
            yield 0, f"SELECT a.id, b.k FROM a {join} b {condition}"
            yield 1, f"SELECT a.id AS c FROM a {join} b {condition}"
            yield 1, f"SELECT a.id, b.k FROM z AS a {join} b {condition}"
        if not plain:
            yield 0, f"SELECT g, a.id, b.k FROM a {join} b USING (g)"
            yield 1, f"SELECT id, b.k FROM a {join} b USING (g, s)"
            yield 1, f"SELECT g, count(*) AS n FROM a {join} b USING (g) GROUP BY g"
            yield 1, f"SELECT * FROM (SELECT g, id FROM a) AS a {join} (SELECT g, k FROM b) AS b USING (g)"
            yield 1, f"SELECT * FROM (SELECT g, id FROM a) AS a {join} (SELECT g AS h, k FROM b) AS b ON a.g = b.h"
    yield 0, "SELECT a.id, b.k FROM a, b WHERE a.g = b.g"
    yield 0, "SELECT a.id, c.id AS other FROM a JOIN a AS c ON a.i = c.j"
    yield 0, "SELECT a.id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.g = a.g)"
    yield 0, "SELECT a.id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.g = a.g)"
    yield 0, "SELECT a.id, (SELECT max(b.k) FROM b WHERE b.g = a.g) AS c FROM a"
    yield 1, "SELECT a.id, q.n FROM a CROSS JOIN LATERAL (SELECT count(*) AS n FROM b WHERE b.g = a.g) AS q"
    yield 1, "SELECT a.id FROM a WHERE a.i > ALL (SELECT k FROM b WHERE k IS NOT NULL)"
    yield 1, "SELECT a.id FROM a WHERE a.i = ANY (SELECT k FROM b)"
    yield 0, "SELECT a.g, sum(b.x) AS c FROM a LEFT JOIN b ON a.g = b.g GROUP BY a.g"


def _rest() -> Iterator[tuple[int, str]]:
    yield (
        0,
        "WITH r AS (SELECT g, count(*) AS n FROM a GROUP BY g), t AS (SELECT max(n) AS m "
        "FROM r) SELECT g, n, m FROM r, t",
    )
    yield 1, "WITH r (k, n) AS (SELECT g, count(*) FROM a GROUP BY g) SELECT k, n FROM r"
    yield 1, "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT n FROM r"
    yield 1, "SELECT n FROM (VALUES (1), (NULL), (3)) AS t (n)"
    yield 0, "SELECT 1 AS one, 'a' AS two, NULL AS three, 1.5 AS four, TRUE AS five"
    yield 0, "SELECT upper(s) AS k, count(*) AS n FROM a GROUP BY upper(s)"
    yield 1, "SELECT i % 2 AS k, sum(x) AS c FROM a GROUP BY i % 2 ORDER BY k"
    yield 1, "SELECT id FROM a ORDER BY i + 1, id"
    yield 1, "SELECT id FROM a ORDER BY upper(s), id"
    yield 1, "SELECT id, s FROM a ORDER BY length(s), id"
    yield (
        0,
        "SELECT CASE WHEN i > 5 THEN 'high' WHEN i > 0 THEN 'low' ELSE 'none' END AS k, "
        "count(*) AS n FROM a GROUP BY 1",
    )
    yield 0, "SELECT sum(x * i) AS c, sum(x) / count(*) AS m, 100.0 * count(i) / count(*) AS share FROM a"
    yield 0, "SELECT round(avg(x), 2) AS c, round(sum(d), 1) AS m FROM a"
    yield 0, "SELECT g, sum(i) AS c FROM a GROUP BY g HAVING sum(i) > 0 ORDER BY c DESC, g"
    yield 1, "SELECT DISTINCT ON (g) g, id FROM a ORDER BY g, id"
    yield 1, "SELECT id FROM a ORDER BY id FETCH FIRST 3 ROWS ONLY"
    yield 1, "SELECT i FROM a ORDER BY i FETCH FIRST 3 ROWS WITH TIES"
    yield 1, "SELECT g, id FROM a ORDER BY id LIMIT 1 BY g"
    yield 1, "SELECT id FROM a ORDER BY id LIMIT 0"
    yield 1, "SELECT max(i) AS c FROM a HAVING max(i) > 0"
    yield 1, "SELECT g, s, grouping(g) AS k, count(*) AS n FROM a GROUP BY ROLLUP (g, s)"
    yield 1, "SELECT g, GROUPING_ID(g, s) AS k, count(*) AS n FROM a GROUP BY CUBE (g, s)"
    yield 1, "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS c FROM a"
    yield 1, "SELECT g, percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS c FROM a GROUP BY g"
    yield 1, "SELECT string_agg(s, ',' ORDER BY id) AS c FROM a"
    yield 1, "SELECT group_concat(s ORDER BY id SEPARATOR ',') AS c FROM a"
    yield 1, "SELECT array_agg(i ORDER BY id) AS c FROM a"
    yield 1, "SELECT g FROM a GROUP BY ALL"
    yield 1, "SELECT g, sum(i) AS c FROM a GROUP BY ALL"
