"""isolation="process": the same answers, and no query outlasts its time or outgrows its memory."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import psutil
import pytest
import yaml

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.engines import worker
from mlflow_sql_flavor.errors import InputError, LimitError, RunError, SQLModelError
from mlflow_sql_flavor.model import compiled_model_of

from ..platforms import needs_fork

LIMITS = {"isolation": "process", "timeout_seconds": 1, "memory_limit": "512MB", "threads": 1}
BAR_SECONDS = 2.0

# What DuckDB's own limits do not stop, its size or its time coming from the data of a request.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "repeat": ("SELECT repeat(s, n) AS r FROM input", {"s": ["x"], "n": [2_000_000_000]}),
    "repeat rows": ("SELECT repeat(s, n) AS r FROM input", {"s": ["x"] * 1000, "n": [2_000_000] * 1000}),
    "repeat length": ("SELECT length(repeat(s, n)) AS r FROM input", {"s": ["x"], "n": [4_000_000_000]}),
    "lpad": ("SELECT length(lpad(s, n::INTEGER, 'y')) AS r FROM input", {"s": ["x"], "n": [2_000_000_000]}),
    "rpad": ("SELECT length(rpad(s, n::INTEGER, 'yz')) AS r FROM input", {"s": ["x"], "n": [2_000_000_000]}),
    "deep json": ("SELECT json_contains(s, '1') AS r FROM input", {"s": ["[" * 300_000 + "]" * 300_000]}),
    "levenshtein": ("SELECT levenshtein(s, t) AS r FROM input", {"s": ["x" * 10**6], "t": ["y" * 10**6]}),
    "damerau": ("SELECT damerau_levenshtein(s, t) AS r FROM input", {"s": ["x" * 10**5], "t": ["y" * 10**5]}),
    "jaro": ("SELECT jaro_winkler_similarity(s, t) AS r FROM input", {"s": ["x" * 10**6], "t": ["yx" * 10**6]}),
    "format": ("SELECT length(format(s, 1)) AS r FROM input", {"s": ["{:>2000000000}"]}),
    "printf": ("SELECT length(printf(s, 1)) AS r FROM input", {"s": ["%2000000000d"]}),
    "bitstring": ("SELECT length(bitstring(s, n::INTEGER)) AS r FROM input", {"s": ["1"], "n": [2_000_000_000]}),
    "map of ranges": ("SELECT cardinality(map(range(n), range(n))) AS r FROM input", {"n": [10_000_000]}),
    "range": ("SELECT len(range(n)) AS r FROM input", {"n": [2_000_000_000]}),
    "series of timestamps": (
        "SELECT len(generate_series(TIMESTAMP '1900-01-01', TIMESTAMP '2999-01-01', to_seconds(n))) AS r FROM input",
        {"n": [1]},
    ),
    "list of lists": ("SELECT len(list_transform(range(n), lambda i: range(n))) AS r FROM input", {"n": [100_000]}),
    "list_resize": ("SELECT len(list_resize([1], n)) AS r FROM input", {"n": [2_000_000_000]}),
    "json of a range": ("SELECT length(to_json(range(n))) AS r FROM input", {"n": [100_000_000]}),
    "replace": ("SELECT length(replace(s, 'x', repeat('y', n))) AS r FROM input", {"s": ["x" * 10**6], "n": [10_000]}),
    "strip_accents": ("SELECT length(strip_accents(repeat(s, n))) AS r FROM input", {"s": ["é"], "n": [200_000_000]}),
    "endless series": ("SELECT count(*) AS r FROM input, range(1000000000000) WHERE range > n", {"n": [1]}),
    "endless recursion": (
        "WITH RECURSIVE a AS (SELECT n FROM input UNION ALL SELECT n + 1 FROM a) SELECT count(*) AS r FROM a",
        {"n": [1]},
    ),
    "cross joins": (
        "SELECT count(*) AS r FROM input a, range(100000) b, range(100000) c WHERE a.n + b.range <> c.range",
        {"n": [1]},
    ),
    "long text": ("SELECT string_agg(repeat(s, 1000000), '') AS r FROM input, range(n)", {"s": ["x"], "n": [100_000]}),
}

_CTES = ", ".join(f"c{n} AS NOT MATERIALIZED (SELECT x.a + y.a AS a FROM c{n - 1} x, c{n - 1} y)" for n in range(1, 25))
_LOOPS = "1"
for _level in range(25):
    _LOOPS = f"list_sum(list_transform(range(100), lambda x{_level}: x{_level} + {_LOOPS}))"

# What is computed while DuckDB binds, plans or folds constants: it stands in the query, and no data is needed.
BOUND: dict[str, tuple[str, str]] = {
    "a number of 2,000,000 digits": ("SELECT length((repeat('9', 2000000)::BIGNUM)::VARCHAR) AS r", "BIGINT"),
    "24 lists in each other's place": (
        f"WITH c0 AS NOT MATERIALIZED (SELECT 1 AS a), {_CTES} SELECT a AS r FROM c24",
        "INTEGER",
    ),
    "25 loops in each other": (f"SELECT {_LOOPS} AS r", "HUGEINT"),
    "1,000,000 bins": ("SELECT cardinality(histogram(range, range(1000000))) AS r FROM range(1000000)", "UBIGINT"),
    "wildcards of a JSON path": (
        f"SELECT len(json_extract(repeat('[', 900) || repeat(']', 900), '${'.**' * 50}')) AS r",
        "BIGINT",
    ),
    "stars": (
        f"SELECT count(*) AS r FROM (SELECT {', '.join(['*'] * 2000)} FROM "
        f"(SELECT {', '.join(f'{n} AS c{n}' for n in range(500))}))",
        "BIGINT",
    ),
    "grouping sets": (
        "SELECT count(*) AS r FROM (SELECT 1 FROM range(10) GROUP BY "
        + ", ".join(f"ROLLUP({', '.join(f'range + {9 * n + m}' for m in range(9))})" for n in range(4))
        + ")",
        "BIGINT",
    ),
}


def _workers(model: SQLModel) -> list[psutil.Process]:
    """The worker processes of this interpreter."""
    found = psutil.Process().children(recursive=True)
    return [p for p in found if p.status() != psutil.STATUS_ZOMBIE and "loky.backend.popen_loky" in " ".join(_line(p))]


def _line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="module")
def plain() -> Iterator[SQLModel]:
    model = SQLModel("SELECT s, x + coalesce(:p, 0) AS y FROM input", limits=LIMITS)
    model.predict(pd.DataFrame({"s": ["a"], "x": [1]}), {"p": 1})
    yield model


def test_the_answers_are_those_of_a_thread() -> None:
    table = pd.DataFrame({"k": [1, 2, 3], "v": [0.5, None, 2.5]})
    sql = """SELECT s, x, x / 4 AS q, x::DECIMAL(9,2) AS d, DATE '2020-01-31' + x::INT AS day, [x, NULL] AS l,
                    {'a': s, 'b': x} AS o, v, lag(x) OVER (ORDER BY x) AS before, :p AS p
             FROM input LEFT JOIN t ON x % 4 = k"""
    models = [SQLModel(sql, tables={"t": table}, limits={"isolation": kind}) for kind in ("thread", "process")]
    for count in (0, 1, 7, 3000):
        rows = pd.DataFrame({"s": [f"é{i}" if i % 3 else None for i in range(count)], "x": range(count, 0, -1)})
        rows = rows.astype({"x": "int64", "s": "string"})
        rows.index = rows.index * 3 + 1
        for kind in ("pandas", "arrow", "polars"):
            expected, found = (model.predict(rows, {"p": "π"}, output=kind) for model in models)
            assert expected.equals(found), (count, kind)
            if kind == "pandas":
                pd.testing.assert_frame_equal(found, expected)


def test_an_error_is_that_of_a_thread() -> None:
    for sql in ("SELECT CAST(s AS INTEGER) AS n FROM input", "SELECT CAST(error(s) AS VARCHAR) AS e FROM input"):
        messages = []
        for kind in ("thread", "process"):
            with pytest.raises(InputError) as caught:
                SQLModel(sql, limits={"isolation": kind}).predict(pd.DataFrame({"s": ["secret"]}))
            messages.append(caught.value.message)
        assert messages[0] == messages[1]
        assert "secret" not in messages[0]


def test_a_worker_has_no_environment(plain: SQLModel) -> None:
    """What a query of the worker could leak is not there."""
    bound = compiled_model_of(plain).bound[0]
    one = bound.runner._ready.get(timeout=60)
    try:
        assert one._pool.submit(os.getenv, "PATH").result(30) is None
    finally:
        bound.runner._ready.put(one)


def test_a_worker_killed_from_outside_is_replaced(plain: SQLModel) -> None:
    data = pd.DataFrame({"s": ["a"], "x": [1]})
    for process in _workers(plain):
        process.kill()
    answers = []
    for _ in range(2 * worker.WORKERS + 1):
        try:
            answers.append(plain.predict(data, {"p": 2})["y"].tolist())
        except RunError as error:
            assert "was ended from outside (SIGKILL)" in error.message
    assert answers and answers[-1] == [3]


def test_it_is_pickled_without_its_workers(plain: SQLModel) -> None:
    import cloudpickle

    again = pickle.loads(cloudpickle.dumps(plain))
    assert again.predict(pd.DataFrame({"s": ["a"], "x": [1]}), {"p": 4})["y"].tolist() == [5]


def test_without_loky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "loky", None)
    with pytest.raises(RunError, match=r'needs the package loky: pip install "mlflow-sql-flavor\[isolation\]"'):
        SQLModel("SELECT 1 AS a", limits=LIMITS).predict()


def test_the_requirements_of_a_model_that_asks_for_it(tmp_path: Any) -> None:
    import loky

    import mlflow_sql_flavor

    for name, limits in (("with", {"isolation": "process"}), ("without", None)):
        # The query reads its input and no example is given: nothing runs.
        mlflow_sql_flavor.save_model(
            "SELECT x FROM input", tmp_path / name, limits=limits, input_types={"x": "BIGINT"}, bundle_flavor=True
        )
        lines = (tmp_path / name / "requirements.txt").read_text().split()
        assert (f"loky=={loky.__version__}" in lines) == (name == "with")


_PROGRAM = """
import os, sys
import pandas as pd
from mlflow_sql_flavor import SQLModel
def main():
    model = SQLModel("SELECT repeat(s, n) AS r FROM input", limits={limits!r})
    print(model.predict(pd.DataFrame({{"s": ["a"], "n": [3]}}))["r"].tolist(), flush=True)
    try:
        model.predict(pd.DataFrame({{"s": ["a"], "n": [2_000_000_000]}}))
    except Exception as error:
        print(type(error).__name__, flush=True)
    {extra}
if __name__ == "__main__":
    main()
"""
_FORK = """
    child = os.fork()
    if child == 0:
        print("child", model.predict(pd.DataFrame({"s": ["b"], "n": [2]}))["r"].tolist(), flush=True)
        os._exit(0)  # as multiprocessing ends a forked child
    _, status = os.waitpid(child, 0)
    print("status", status, flush=True)
    print("parent", model.predict(pd.DataFrame({"s": ["c"], "n": [2]}))["r"].tolist(), flush=True)
"""


def _run(tmp_path: Any, extra: str = "") -> tuple[subprocess.CompletedProcess[str], set[int]]:
    path = tmp_path / "program.py"
    path.write_text(_PROGRAM.format(limits=LIMITS, extra=extra.strip()))
    mark = {**os.environ, "MLFLOW_SQL_TEST_MARK": str(tmp_path)}
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=240, env=mark)
    time.sleep(1)
    left = set()
    for process in psutil.process_iter():
        try:
            if process.environ().get("MLFLOW_SQL_TEST_MARK") == str(tmp_path):
                left.add(process.pid)
        except psutil.Error:
            continue
    return done, left


@pytest.mark.alone
@pytest.mark.ci
def test_a_clean_exit(tmp_path: Any) -> None:
    done, left = _run(tmp_path)
    assert done.stdout.splitlines() == ["['aaa']", "LimitError"]
    assert (done.stderr, done.returncode, left) == ("", 0, set())


@needs_fork
@pytest.mark.alone
@pytest.mark.ci
def test_a_fork(tmp_path: Any) -> None:
    done, left = _run(tmp_path, _FORK)
    assert done.stdout.splitlines() == ["['aaa']", "LimitError", "child ['bb']", "status 0", "parent ['cc']"]
    assert (done.returncode, left) == (0, set())


def _drawn(names: Iterable[str]) -> list[Any]:
    """A third of them; the others are of the same kinds and by hand."""
    return [pytest.param(name, marks=pytest.mark.full if at % 3 else []) for at, name in enumerate(names)]


class _Peak(threading.Thread):
    """The most memory any worker has resident."""

    def __init__(self, model: SQLModel) -> None:
        super().__init__(daemon=True)
        self.model, self.done, self.bytes = model, threading.Event(), 0

    def run(self) -> None:
        while not self.done.wait(0.02):
            for process in _workers(self.model):
                try:
                    self.bytes = max(self.bytes, process.memory_info().rss)
                except psutil.Error:
                    continue


@pytest.mark.alone
@pytest.mark.ci
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", _drawn(CASES))
def test_every_query_ends_within_its_limits(name: str, plain: SQLModel) -> None:
    """Timed from its start to its error; a busy machine's share is what a call that does nothing takes at that time."""
    sql, columns = CASES[name]
    data = pd.DataFrame(columns)
    model = SQLModel(sql, limits=LIMITS)
    small = data.head(1).assign(**{c: ["x"] for c in ("s", "t") if c in data}, **({"n": [1]} if "n" in data else {}))
    endless = name.startswith(("endless", "cross"))
    if name in ("format", "printf"):
        small = data.assign(s=["{}" if name == "format" else "%d"])
    if name == "deep json":
        small = data.assign(s=["[1]"])
    if name == "bitstring":
        small = data.assign(s=["1"], n=[1])
    if name == "series of timestamps":
        small = data.assign(n=[10**12])
    if not endless:
        model.predict(small)
    else:
        runner = compiled_model_of(model).bind(compiled_model_of(model).definition.types_of(data)).runner
        runner._start()
        while runner._ready.empty():  # starting a worker is no part of a query's time
            time.sleep(0.05)
    row, one = pd.DataFrame({"s": ["a"], "x": [1]}), {"p": 1}
    plain.predict(row, one)
    started = time.monotonic()
    plain.predict(row, one)
    trivial = time.monotonic() - started
    before = psutil.Process().memory_info().rss
    peak = _Peak(model)
    peak.start()
    started = time.monotonic()
    try:
        model.predict(data)
    except SQLModelError as error:
        assert isinstance(error, LimitError | InputError), error
    took = time.monotonic() - started
    peak.done.set()
    peak.join()
    print(f"{name}: {took:.2f} s, trivial {trivial:.3f} s, {peak.bytes / 1e6:.0f} MB")
    assert took < BAR_SECONDS + trivial
    assert peak.bytes < 1_000_000_000  # the 512 MB above what an idle worker with pandas and Arrow has
    assert psutil.Process().memory_info().rss < before + 200_000_000
    assert plain.predict(row, one)["y"].tolist() == [2]
    if not endless:
        assert len(model.predict(small)) == 1


@pytest.mark.alone
@pytest.mark.ci
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", _drawn(BOUND))
def test_binding_ends_within_its_limits(name: str, plain: SQLModel, tmp_path: Any) -> None:
    """The query of an edited file, which its loader neither binds nor runs; a worker's start is not counted."""
    import mlflow_sql_flavor

    sql, kind = BOUND[name]
    mlflow_sql_flavor.save_model(f"SELECT 1::{kind} AS r", tmp_path / "m", limits=LIMITS, bundle_flavor=False)
    file = tmp_path / "m" / "MLmodel"
    content = yaml.safe_load(file.read_text())
    content["flavors"]["sql"].update(duckdb_sql=sql)
    file.write_text(yaml.safe_dump(content))
    process = psutil.Process()
    before, memory = time.process_time(), process.memory_info().rss
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert time.process_time() - before < BAR_SECONDS, "the load itself"
    runner = compiled_model_of(model).bound[0].runner
    assert isinstance(runner, worker.ProcessRunner)
    opened = worker._Worker(runner._state)
    row, one = pd.DataFrame({"s": ["a"], "x": [1]}), {"p": 1}
    started = time.monotonic()
    plain.predict(row, one)
    trivial = time.monotonic() - started
    peak = _Peak(model)
    peak.start()
    took = []  # of what precedes all requests, and of a request
    try:
        for step in (opened.bind, lambda: opened.run(None, {}, None)):
            started = time.monotonic()
            said = step()
            took.append(time.monotonic() - started)
            if said is not None:
                break
    finally:
        peak.done.set()
        peak.join()
        opened.kill()
    print(f"{name}: {took} s, trivial {trivial:.3f} s, {peak.bytes / 1e6:.0f} MB, {str(said)[:60]}")
    assert isinstance(said, bytes | LimitError | InputError), said
    assert max(took) < BAR_SECONDS + trivial
    assert peak.bytes < 1_000_000_000
    assert process.memory_info().rss < memory + 200_000_000
    assert plain.predict(row, one)["y"].tolist() == [2]
