"""The gate's walk: what it reports, what it lets pass, where it points."""

import random
from collections.abc import Iterator

import duckdb
import pytest

from mlflow_sql_flavor.artifact.spec import CompatSpec
from mlflow_sql_flavor.compile.function_kinds import function_kinds, macro_bodies
from mlflow_sql_flavor.engines.query_check import check, parse_tree
from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.gate import grammar, policy
from mlflow_sql_flavor.query.reading import duckdb_tree

TABLES = ("input", "ref", "Ünï")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def test_facts(con: duckdb.DuckDBPyConnection) -> None:
    facts = check(
        con,
        "WITH c AS (SELECT * FROM REF) SELECT a + $n, Upper(s), my_macro(a) FROM Input JOIN c ON a = k LIMIT $m",
        tables=TABLES,
        functions=["My_Macro"],
    )
    assert facts.parameters == {"n", "m"}
    assert facts.tables == {"input", "ref"}
    assert facts.functions == {"+", "upper", "my_macro"}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH input AS (SELECT a + 1 AS a FROM input) SELECT * FROM input",
        "WITH x AS (SELECT 1), y AS (FROM x) FROM y",
        "WITH x AS (SELECT 1) SELECT * FROM (WITH y AS (FROM x) FROM y) WHERE EXISTS (FROM x)",
        "WITH x AS (SELECT 1 AS a) SELECT 2 UNION ALL SELECT a FROM x ORDER BY 1",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r",
        "WITH RECURSIVE input AS (SELECT a FROM input UNION ALL SELECT a + 1 FROM input WHERE a < 3) FROM input",
        'SELECT * FROM "INPUT", "ref"',
        'SELECT * FROM "Ünï"',
    ],
)
def test_names_in_scope(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    check(con, sql, tables=TABLES)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (FROM b), b AS (SELECT 1) FROM a",
        "WITH a AS (FROM a) FROM a",
        "WITH RECURSIVE a AS (FROM a UNION ALL FROM a) FROM a",
        "SELECT * FROM (WITH x AS (SELECT 1) FROM x), x",
        "(WITH x AS (SELECT 1) FROM x) UNION ALL FROM x",
        "SELECT (WITH x AS (SELECT 1) FROM x), (FROM x)",
        "WITH y AS (WITH x AS (SELECT 1) FROM x) FROM x",
        "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n FROM b), b AS (FROM a) FROM b",
        "SELECT * FROM input x, x",
        'SELECT * FROM "ÜNÏ"',  # DuckDB folds ASCII letters only
        "SELECT * FROM main.input",
    ],
)
def test_names_out_of_scope(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="reads the table"):
        check(con, sql, tables=TABLES)


@pytest.mark.parametrize(
    ("sql", "line", "column"),
    [
        ("SELECT bad(a) FROM input", 1, 8),
        ("SELECT 'é👍', bad(a) FROM input", 1, 14),
        ("SELECT '가나다',\n  '日本' || bad(a)\nFROM input", 2, 11),
        ("SELECT a\nFROM\n  nowhere", 3, 3),
        ("SELECT '한', x FROM read_csv('x')", 1, 20),
        ("SELECT a FROM input WHERE a > (SELECT max(k) FROM sqlite_master)", 1, 51),
        ("SELECT 'é', sum(a FROM input", 1, 19),
        ("SELECT 1 +\n\n  'ü' FROM FROM input", 3, 12),
    ],
)
def test_position(con: duckdb.DuckDBPyConnection, sql: str, line: int, column: int) -> None:
    with pytest.raises(QueryError) as caught:
        check(con, sql, tables=TABLES)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_message_says_what_to_do(con: duckdb.DuckDBPyConnection) -> None:
    for sql, said in {
        "SELECT uper(s) FROM input": "Did you mean 'upper'?",
        "FROM read_csv('x.csv')": "bundle the data with tables=",
        "SELECT current_setting('threads')": "pass what it needs as a parameter",
        "FROM query('SELECT 1')": "write the query itself",
        "FROM inputs": "Did you mean 'input'?",
        "WITH x AS (DELETE FROM ref RETURNING *) FROM x": "DELETE changes data",
        "PIVOT ref ON k USING sum(v)": "IN ('a', 'b')",
        "SELECT 1; SELECT 2": "2 statements",
        "DROP TABLE ref": "DROP",
        "FROM (SUMMARIZE input)": "select the columns",
    }.items():
        with pytest.raises(QueryError) as caught:
            check(con, sql, tables=TABLES)
        assert said in caught.value.message, sql


def test_deep_and_wide_queries(con: duckdb.DuckDBPyConnection) -> None:
    """900 terms are 2,700 levels of tree; DuckDB itself stops at 1,000 nested expressions."""
    check(con, f"SELECT {'+'.join(['a'] * 900)} FROM input", tables=TABLES)
    check(con, f"SELECT {', '.join(f'a + {i}' for i in range(5000))} FROM input", tables=TABLES)
    ctes = ", ".join(f"c{i} AS (SELECT a + {i} AS a FROM {f'c{i - 1}' if i else 'input'})" for i in range(500))
    assert check(con, f"WITH {ctes} FROM c499", tables=TABLES).tables == {"input"}
    with pytest.raises(QueryError, match="1,000 deep"):
        check(con, f"SELECT {'+'.join(['a'] * 5000)} FROM input", tables=TABLES)
    with pytest.raises(QueryError, match="characters"):
        check(con, f"SELECT '{'x' * policy.MAX_QUERY_CHARS}'", tables=TABLES)


def test_full_and_short_trees_are_judged_alike(con: duckdb.DuckDBPyConnection) -> None:
    sql = """
        WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5)
        SELECT DISTINCT ON (k) k, sum(v) FILTER (v > 1) OVER w AS s, CASE WHEN v BETWEEN 1 AND 2 THEN 'a' ELSE s END,
               * EXCLUDE (v) REPLACE (k + 1 AS k), [x + 1 FOR x IN l IF x > 0], (SELECT max(a) FROM input)
        FROM ref ASOF JOIN input ON k >= a LEFT JOIN (VALUES (1, 'x')) t(i, j) USING (k), unnest(l) u(x)
        WHERE k IN (FROM r) AND s COLLATE nocase LIKE 'a%'
        WINDOW w AS (PARTITION BY k ORDER BY v ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
        QUALIFY row_number() OVER (ORDER BY k) = 1
        ORDER BY ALL LIMIT 10 OFFSET 2"""
    short = policy.judge(parse_tree(con, sql), sql, tables=TABLES)
    row = con.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchone()
    assert row is not None
    assert policy.judge(duckdb_tree.loads(row[0]), sql, tables=TABLES) == short


def _nodes(value: object) -> list[dict]:
    found, todo = [], [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            found.append(item)
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
    return found


def test_what_is_not_known_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    """A newer DuckDB's new node types, classes and keys stay shut, wherever in the tree they turn up."""
    sql = "WITH c AS (FROM ref) SELECT sum(a + 1) OVER (ORDER BY s), CASE WHEN a THEN 1 END FROM input JOIN c USING (a)"
    count = len(_nodes(parse_tree(con, sql)))
    refused = 0
    for at in range(count):
        fresh = parse_tree(con, sql)
        node = _nodes(fresh)[at]
        if not ({"type", "class", "node", "query_node", "expression"} & node.keys()):
            continue
        node["a_new_key"] = {"type": "SOMETHING"}
        with pytest.raises(QueryError):
            policy.judge(fresh, sql, tables=TABLES)
        refused += 1
        if "type" in node and node["type"] not in ("ORDER_DEFAULT", "VALUE_CONSTANT", "OPERATOR_CAST"):
            fresh = parse_tree(con, sql)
            node = _nodes(fresh)[at]
            node["class" if "class" in node else "type"] = "A_NEW_KIND"
            with pytest.raises(QueryError):
                policy.judge(fresh, sql, tables=TABLES)
    assert refused > 20


def test_constants_that_build_too_much(con: duckdb.DuckDBPyConnection) -> None:
    large = """repeat('x', 2000000000)|repeat('x', '2000000000')|repeat('x', 1000 * 1000 * 1000)|repeat(s, 2e9)
        |repeat(repeat('x', 100000), 100000)|s.repeat(2000000000)|lpad('x', 2000000000, 'y')|rpad(s, 999999999, ' ')
        |format('{:>2000000000}', 1)|format('{:>{}}', 1, 2000000000)|printf('%2000000000d', 1)|printf('%*d', 2e9, 1)
        |bitstring('1', 2000000000)|list_resize([1], 2000000000)|range(100000000)|generate_series(1, 1e8)
        |to_json(range(100000000))|levenshtein(repeat('a', 1000000), repeat('b', 1000000))|repeat('x', 2 ** 31)
        |generate_series(TIMESTAMP '1900-01-01', TIMESTAMP '2024-01-01', INTERVAL 1 SECOND)|repeat('x', 1 << 31)
        |strip_accents(repeat('é', 500000000))|repeat('x', length(repeat('y', 1000000)) * 1000)|repeat([1], 2000000)
        |equi_width_bins(0, 10, 100000000, true)|list_transform(range(100000000), lambda x: x)"""
    for expression in large.split("|"):
        with pytest.raises(QueryError, match=r"the most is|too long"):
            check(con, f"SELECT {expression.strip()} AS r FROM input", tables=TABLES)


def test_constants_that_do_not(con: duckdb.DuckDBPyConnection) -> None:
    small = """repeat('x', 10)|repeat(s, a)|lpad(s, 20, '0')|range(10)|range(a)|format('{:,}', 1234567890)
        |generate_series(DATE '2020-01-01', DATE '2024-12-31', INTERVAL 1 DAY)|printf('%d', 1000000000)
        |generate_series(TIMESTAMP '2024-01-01', TIMESTAMP '2024-02-01', INTERVAL 1 HOUR)|levenshtein(s, 'apple')
        |range(1, 1000000)|list_resize([1], 100)|format('{} 2024010112345', s)|lpad(s, a * 1000000, 'x')"""
    for expression in small.split("|"):
        check(con, f"SELECT {expression.strip()} AS r FROM input", tables=TABLES)
    check(con, "SELECT sum(range) FROM range(1000000000)", tables=TABLES)  # read as a stream, so limits do stop it


#: What DuckDB's catalog may call a function of each kind: it makes some in C++ and some of others, as it pleases.
CATALOG = {
    "scalar": {"scalar", "macro"},
    "aggregate": {"aggregate", "macro"},
    "rows": {"table", "macro"},
    "window": {"window"},
    "table": {"table"},
}


def test_every_listed_name_exists(con: duckdb.DuckDBPyConnection) -> None:
    """A list that names what DuckDB does not have would open it when DuckDB gets it."""
    have: dict[str, set[str]] = {}
    for kind, name in con.execute("SELECT function_type, function_name FROM duckdb_functions()").fetchall():
        have.setdefault(name.lower(), set()).add(kind)
    for kind, kinds in CATALOG.items():
        assert {name for name in grammar.allowed(kind) if not have.get(name, set()) & kinds} == set(), kind
    for name in ("read_text", "current_setting", "getvariable", "query", "json_execute_serialized_sql", "write_log"):
        assert all(name not in grammar.allowed(kind) for kind in CATALOG)


def test_a_new_release_opens_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """Whatever DuckDB brings is shut until it is on the list, and what is listed may become a macro."""
    with duckdb.connect() as newer:
        newer.execute("CREATE MACRO brand_new(x) AS x")
        newer.execute("CREATE MACRO abs(x) AS CASE WHEN x < 0 THEN -x ELSE x END")
        assert newer.execute("SELECT brand_new(1)").fetchone() == (1,)
        with pytest.raises(QueryError, match="'brand_new' is not among the functions"):
            check(newer, "SELECT brand_new(a) FROM input", tables=TABLES)
        check(newer, "SELECT abs(a) FROM input", tables=TABLES)


def test_kinds_agree_with_duckdb(con: duckdb.DuckDBPyConnection) -> None:
    """DuckDB itself: an aggregate of no rows is one row, what makes several of one makes none of an empty list."""
    kind = function_kinds(macro_bodies(CompatSpec()), ())
    catalog = con.execute(
        "SELECT function_name, any_value(function_type), any_value(macro_definition) FROM duckdb_functions() "
        "WHERE function_name NOT IN ('unnest', 'row_number') GROUP BY 1 HAVING count(DISTINCT function_type) = 1"
    ).fetchall()
    compared = 0
    for name, found, text in catalog:
        mine = kind(name.lower())
        if mine == "unknown":
            continue
        compared += 1
        if found == "macro":
            used = {part for part in parse_names(con, text) if part != name.lower()}
            found = next((k for k in ("rows", "aggregate") if any(kind(part) == k for part in used)), "scalar")
        assert mine == found, name
    assert compared > 500


def parse_names(con: duckdb.DuckDBPyConnection, text: str) -> set[str]:
    return {
        part["function_name"].lower() for part in _nodes(parse_tree(con, f"SELECT {text}")) if "function_name" in part
    }


def test_trees_deeper_than_the_recursion_limit() -> None:
    """The banded decoder gives what json gives, at depths around its bands and with brackets inside strings."""
    import json

    rng = random.Random(7)
    leaves = [1, -2, 1.5, 1e30, None, True, 'a"b\\', "{[", "é👍\n", ']}\\"', {}, [], "", 2**64 - 1, "7E+0"]

    def grow(depth: int) -> object:
        value: object = rng.choice(leaves)
        for _ in range(depth):
            items = [rng.choice(leaves) for _ in range(rng.randint(0, 2))] + [value, {"x": [rng.choice(leaves)]}]
            rng.shuffle(items)
            value = items if rng.random() < 0.5 else {f'k{i}"{{': item for i, item in enumerate(items)}
        return value

    for depth in (0, 1, 5, 148, 149, 150, 151, 299, 300, 301, 450):
        value = grow(depth)
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
            assert duckdb_tree._loads_deep(text) == value
    deep = "[" * 50_000 + "]" * 50_000
    value = duckdb_tree.loads(deep)
    for _ in range(49_999):
        (value,) = value
    assert value == []
