"""Queries that are large where no limit of DuckDB's looks: while they are bound, or within one batch of rows."""

__all__ = ["QUERIES"]

QUERIES = {
    "a structure by its schema": "SELECT length(main.json_transform('{}', repeat('[', 20000))::VARCHAR) AS r",
    "repeat by its schema": "SELECT length(main.repeat('x', 2000000000)) AS r",
    "replace": "SELECT length(replace(repeat('x', 10000000), 'x', repeat('y', 1000000))) AS r",
    "rows of large texts": "SELECT max(length(repeat('x', 10000000 - (i % 2)::INT))) AS r FROM range(2048) t(i)",
    "a number of a million digits": "SELECT length((repeat('9', 1000000)::BIGNUM)::VARCHAR) AS r",
    "a list of texts": "SELECT length(list_string_agg(list_transform(range(100000), "
    "lambda x: repeat('x', 1000000)))) AS r",
    "deep JSON": "SELECT json_contains(repeat('[', 300000) || repeat(']', 300000), '1')::BIGINT AS r",
    "a size of each row": "SELECT sum(length(lpad('x', 9000000 + a::INT, 'y')))::BIGINT AS r FROM input, range(99)",
    "doubling": "WITH c0 AS (SELECT repeat('x', 1000) AS t), "
    + ", ".join(f"c{n} AS (SELECT t || t AS t FROM c{n - 1})" for n in range(1, 25))
    + " SELECT length(t) AS r FROM c24",
    "100,000 common table expressions": "WITH "
    + ", ".join(f"c{n} AS (SELECT 1 AS r)" for n in range(100_000))
    + " SELECT r FROM c1",
    "100,000 relations": f"SELECT 1 AS r FROM {', '.join(['input'] * 100_000)}",
    "a width by a value": "SELECT length(format('{:>{}}', s, a * 1000000000)) AS r FROM input",
    "a field ten thousand times": f"SELECT length(format('{'{0}' * 10_000}', repeat('x', 90000))) AS r",
    "digits of digits": f"SELECT length({'hex(' * 28}'x'{')' * 28}) AS r",
    "the least": "SELECT length(repeat('x', 1000000000 - least(1, 1000000000, 1000000000))) AS r FROM input",
    "beyond what a float holds": "SELECT length(repeat('x', (9007199254740993 - 9007199254740992) * 2000000000)) AS r",
    "a column by the same name": "SELECT length(repeat('x', ref.v * 100000000)) AS r FROM ref, (SELECT 0 AS v) c",
    "300 joins": "SELECT count(*) AS r FROM input i0 "
    + " ".join(f"JOIN input i{n} ON i{n}.a = i{n - 1}.a" for n in range(1, 300)),
}  # fmt: skip
