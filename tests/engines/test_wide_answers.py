"""What DuckDB holds once may leave it many times: under any number of names, in lists, from one placeholder."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import psutil
import pyarrow as pa
import pytest

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines import answer_width, stream
from mlflow_sql_flavor.engines.limits import Limits
from mlflow_sql_flavor.errors import LimitError
from mlflow_sql_flavor.query.gate.placeholder_uses import placeholder_uses
from tests.query.gate.test_query_bounds import CON, parse_tree

NAMES = 2000
ONE = {
    "names": "s AS c{n}",
    "lists": "[s, s] AS c{n}",
    "structs": "{{'a': s, 'b': [s]}} AS c{n}",
    "a placeholder": "$p AS c{n}",
    "a placeholder beside": "s LIKE $p AS c{n}",
    "an inner name": "b AS c{n}",
}
LIMITS = {"timeout_seconds": 20, "memory_limit": "100MB"}


def _query(one: str, names: int = NAMES, end: str = "LIMIT 9999") -> str:
    source = "(SELECT s AS b FROM input)" if " b " in f" {one} " else "input"
    return f"SELECT {', '.join(one.format(n=n) for n in range(names))} FROM {source} {end}"


@contextmanager
def _within(most: int) -> Iterator[None]:
    """Fails where this process takes more bytes than that meanwhile."""
    process = psutil.Process()
    before, peak, over = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.003):
            peak[0] = max(peak[0], process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert peak[0] < most


OUTPUTS = dict(zip(ONE, ["pandas", "arrow", "pandas", "arrow", "pandas", "polars"], strict=True))


@pytest.mark.parametrize("name", ONE)
def test_copies_are_bounded(name: str) -> None:
    """800 MB of them, of 400 kB, within memory_limit and half a gigabyte."""
    model = SQLModel(_query(ONE[name]), limits=LIMITS)
    params = {"p": "x" * 400_000} if "$p" in ONE[name] else None
    with _within(600_000_000), pytest.raises(LimitError, match="memory_limit"):
        model.predict(pa.table({"s": ["x" * 400_000]}), params, output=OUTPUTS[name])


def test_those_handed_on_unchanged_are_bounded() -> None:
    model = SQLModel(_query("s AS c{n}", end=""), limits=LIMITS)
    for output in ("pandas", "arrow", "polars"):
        with _within(600_000_000), pytest.raises(LimitError, match="memory_limit"):
            model.predict(pd.DataFrame({"s": ["x" * 400_000]}), output=output)


@pytest.mark.parametrize("query", [_query("s AS c{n}", end=""), _query("s AS c{n}")])
def test_batches_are_bounded(query: str) -> None:
    data = pa.table({"s": ["a"] * 10 + ["x" * 400_000]})
    with _within(600_000_000), pytest.raises(LimitError, match="memory_limit"):
        list(SQLModel(query, limits=LIMITS).predict_batches(data, batch_rows=5))


def test_batches_of_wide_rows_are_made_of_few() -> None:
    """600 rows of which each takes 2 MB, of 10 kB."""
    data = pa.table({"s": ["x" * 10_000] * 600})
    with _within(600_000_000):
        read = SQLModel(_query("s AS c{n}", 200), limits=LIMITS).predict_batches(data)
        assert sum(batch.num_rows for batch in read) == 600


@pytest.mark.parametrize("end", ["LIMIT 9999", "ORDER BY n", ""])
def test_a_measured_answer_is_the_same(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whichever way it comes: rows in their order, types, and no rows."""
    query = f"SELECT n, s AS a, [s] AS b, upper(s) AS c, $p AS d FROM input {end}"
    texts = [None if n % 7 == 0 else "x" * (n * 10) for n in range(300)]
    for rows in (0, 1, 300):
        data = pa.table({"n": pa.array(range(rows), pa.int32()), "s": pa.array(texts[:rows], pa.string())})
        expected = {
            "n": list(range(rows)),
            "a": texts[:rows],
            "b": [[text] for text in texts[:rows]],
            "c": [text and text.upper() for text in texts[:rows]],
            "d": ["é"] * rows,
        }
        for most in (0, answer_width._BYTES):
            monkeypatch.setattr(answer_width, "_BYTES", most)
            model = SQLModel(query)
            found = model.predict(data, {"p": "é"}, output="arrow")
            assert found.to_pydict() == expected
            assert [found.schema.field(name).type for name in "nacd"] == [pa.int32(), *[pa.string()] * 3]
            assert pa.types.is_list(found.schema.field("b").type)
            assert model.predict(data.to_pandas(), {"p": "é"})["n"].tolist() == expected["n"]
            if not most:
                continue
            pieces = list(model.predict_batches(data, {"p": "é"}, batch_rows=70))
            assert pa.Table.from_batches(pieces, found.schema).to_pydict() == expected


def test_batches_of_a_stream_have_the_rows_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data = SQLModel("SELECT n FROM input LIMIT 99999"), pa.table({"n": range(20_000)})
    assert [batch.num_rows for batch in model.predict_batches(data, batch_rows=50_000)] == [20_000]
    monkeypatch.setattr(stream, "_BYTES", 40_000)
    assert max(batch.num_rows for batch in model.predict_batches(data, batch_rows=50_000)) == 4096


def test_what_is_wide_and_what_is_not() -> None:
    limits = Limits(10, 10**9, 4, 10**9, "thread")

    def known(columns: str, data: pa.Table, end: str = "LIMIT 9999") -> bool:
        model = SQLModel(f"SELECT {columns} FROM input {end}", input_types={"s": "VARCHAR", "n": "BIGINT"})
        program = model.bind(data).program
        return answer_width.fits(program, data, {}, limits, data.num_rows if program.rows != "table" else None)

    def table(size: int, rows: int, also: int = 0) -> pa.Table:
        return pa.table({"s": ["x" * size] * rows + ["x" * also] * (also > 0), "n": range(rows + (also > 0))})

    names = ", ".join(f"s AS c{n}" for n in range(100))
    assert known("s, upper(s) AS t, length(s) AS l", table(100, 3000))
    assert known("n", table(10, 3000, 10**6))
    assert known(", ".join(f"length(s) + {n} AS c{n}" for n in range(500)), table(10, 3000, 10**6))
    assert known(names, table(100, 100_000))
    assert not known(names, table(100, 3000, 10**6))  # any of its rows may be 2,048 times in an answer of its own
    assert known(names, table(100, 3000, 10**5), "")  # one of them, in one of rows that are the input's
    assert not known(names, table(10**6, 3), "")
    view = pa.table({"s": pa.array(["x" * 3 * 10**6, "a"], pa.string_view()), "n": [1, 2]})
    for data in (view, view.slice(1)):
        program = SQLModel(f"SELECT {names} FROM input").bind(table(1, 1).select(["s"])).program
        assert answer_width.fits(program, data, {}, limits, data.num_rows) is (data.num_rows == 1)


def test_places_of_placeholders_are_counted_where_macros_put_them() -> None:
    body = parse_tree(CON, "SELECT a || a || g(b)")["statements"][0]["node"]["select_list"][0]
    inner = parse_tree(CON, "SELECT [v, v, v]")["statements"][0]["node"]["select_list"][0]
    macros = {"f": (["a", "b"], body), "g": (["v"], inner)}
    tree = parse_tree(CON, "WITH t AS (SELECT $p AS x) SELECT f(lower($p), $Q), (SELECT $q) FROM t WHERE x = $p")
    assert placeholder_uses(tree, macros.get) == {"p": 4, "q": 4}


def test_python_objects_are_counted_before_they_are_made() -> None:
    model = SQLModel("SELECT list_transform(range(100), lambda i: n + i) AS r FROM input", limits=LIMITS)
    data = pa.table({"n": pa.array(range(60_000), pa.int64())})
    assert model.predict(data, output="arrow").num_rows == 60_000
    with pytest.raises(LimitError, match="as Python objects"):
        model.predict(data, output="pandas")
