"""``predict_batches``: the rows of ``predict``, files whole or not there at all, memory flat."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, LimitError

from ..platforms import needs_kill

QUERIES = {
    "independent": "SELECT id, a / 2 AS half, label FROM input LEFT JOIN codes USING (code)",
    "aligned": "SELECT id, rank() OVER (PARTITION BY code ORDER BY a, id) AS r FROM input",
    "table": "SELECT code, label, count(*) AS n, sum(a) AS s FROM input LEFT JOIN codes USING (code) GROUP BY ALL",
}
CODES = pa.table({"code": pa.array(range(50), pa.int32()), "label": [f"c{i}" for i in range(50)]})


def rows(count: int, start: int = 0) -> pa.Table:
    random = np.random.default_rng(start + 7)
    a = pa.array(random.integers(0, 1000, count), mask=random.random(count) < 0.1)
    ids = pa.array(np.arange(start, start + count))
    return pa.table({"id": ids, "code": random.integers(0, 60, count).astype("int32"), "a": a})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    for number, name in enumerate(("year=2025/a.parquet", "year=2025/b.parquet", "year=2026/a.parquet")):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows(7_000, number * 7_000), path / name, row_group_size=3_000)
    return path


def model(kind: str, **options: Any) -> SQLModel:
    return SQLModel(QUERIES[kind], tables={"codes": CODES}, **options)


def in_order(table: pa.Table) -> pa.Table:
    return table.sort_by([(name, "ascending") for name in table.column_names])


@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("batch_rows", [999, 500_000])
def test_rows_are_those_of_predict(kind: str, batch_rows: int) -> None:
    data = rows(20_000)
    expected = model(kind).predict(data)
    reader = model(kind).predict_batches(data.to_reader(max_chunksize=4_321), batch_rows=batch_rows)
    assert reader.schema == expected.schema
    got = reader.read_all()
    if kind == "table":
        got, expected = in_order(got), in_order(expected)
    assert got.equals(expected)  # the input's order for the two others


@pytest.mark.parametrize("kind", QUERIES)
def test_no_rows(kind: str) -> None:
    data = rows(0)
    reader = model(kind).predict_batches(data.to_reader())
    assert reader.schema == model(kind).predict(data).schema
    assert reader.read_all().num_rows == 0


def test_one_batch_at_a_time() -> None:
    """The input is read as the result is."""
    read = []

    def batches() -> Any:
        for number in range(100):
            read.append(number)
            yield from rows(1_000, number * 1_000).to_batches()

    source = pa.RecordBatchReader.from_batches(rows(0).schema, batches())
    reader = model("independent").predict_batches(source, batch_rows=1_000)
    assert len(reader.read_next_batch()) == 1_000
    assert len(read) < 5


def test_params_and_columns_left_out(folder: Path) -> None:
    found = SQLModel("SELECT A + :more AS x FROM input").predict_batches(str(folder), {"more": 5}).read_all()
    expected = [None if a is None else a + 5 for a in ds.dataset(folder).to_table()["a"].to_pylist()]
    assert found["x"].to_pylist() == expected


def test_a_partition_column_is_a_column(folder: Path) -> None:
    found = SQLModel("SELECT year, id FROM input").predict_batches(folder).read_all()
    assert found["year"].to_pylist() == [2025] * 14_000 + [2026] * 7_000


@pytest.mark.parametrize("kind", ["aligned", "table"])
def test_a_stream_is_read_once(kind: str, tmp_path: Path) -> None:
    query = {
        "aligned": "SELECT id, a - (SELECT avg(a) FROM input) AS d FROM input",
        "table": "SELECT l.id FROM input AS l JOIN input AS r ON l.id = r.id + 1",
    }[kind]
    with pytest.raises(InputError, match="more than once"):
        SQLModel(query).predict_batches(rows(10).to_reader()).read_all()
    pq.write_table(rows(10), tmp_path / "in.parquet")
    expected = SQLModel(query).predict(rows(10))
    assert in_order(SQLModel(query).predict_batches(tmp_path / "in.parquet").read_all()).equals(in_order(expected))
    assert in_order(SQLModel(query).predict_batches(rows(10)).read_all()).equals(in_order(expected))


def test_a_large_stream_is_not_what_a_join_is_built_on() -> None:
    """The planner takes a stream for one row: its rows would then fill the memory."""
    limits = {"memory_limit": "64MB"}
    query = "SELECT label, count(*) AS n, max(t) AS t FROM input LEFT JOIN codes USING (code) GROUP BY label"

    def batches() -> Any:
        text = ["x" * 100] * 50_000
        for number in range(40):  # 200 MB of text
            yield from pa.table({"code": pa.array(np.full(50_000, number, "int32")), "t": text}).to_batches()

    schema = pa.schema({"code": pa.int32(), "t": pa.string()})
    found = SQLModel(query, tables={"codes": CODES}, limits=limits).predict_batches(
        pa.RecordBatchReader.from_batches(schema, batches())
    )
    assert sum(found.read_all()["n"].to_pylist()) == 2_000_000


def test_limits_hold() -> None:
    source = rows(20_000).to_reader()
    with pytest.raises(LimitError, match="max_rows"):
        model("aligned", limits={"max_rows": 19_999}).predict_batches(source).read_all()
    with pytest.raises(LimitError, match="memory_limit"):
        wide = pa.table({"a": [f"{i:0>200}" for i in range(300_000)]})
        SQLModel("SELECT a FROM input ORDER BY a", limits={"memory_limit": "32MB"}).predict_batches(wide).read_all()


@pytest.mark.ci
def test_isolation() -> None:
    pytest.importorskip("loky")
    for kind in QUERIES:
        own = model(kind, limits={"isolation": "process"})
        got = own.predict_batches(rows(2_000).to_reader(), batch_rows=700).read_all()
        assert in_order(got).equals(in_order(model(kind).predict(rows(2_000))))


# Files


def test_a_folder_gives_a_folder(folder: Path, tmp_path: Path) -> None:
    written = model("independent").predict_batches(folder, output=tmp_path / "out")
    assert (written.rows, written.files, written.skipped) == (21_000, 3, 0)
    names = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*"))
    assert names == ["year=2025/a.parquet", "year=2025/b.parquet", "year=2026/a.parquet"]
    expected = model("independent").predict(ds.dataset(folder).to_table())
    assert ds.dataset(tmp_path / "out").to_table().equals(expected)


def test_other_models_give_one_file(folder: Path, tmp_path: Path) -> None:
    written = model("table").predict_batches(folder, output=tmp_path / "out")
    assert (written.files, [p.name for p in (tmp_path / "out").iterdir()]) == (1, ["part-0.parquet"])
    expected = model("table").predict(ds.dataset(folder).to_table())
    assert in_order(pq.read_table(tmp_path / "out" / "part-0.parquet")).equals(in_order(expected))


def test_a_query_without_input(tmp_path: Path) -> None:
    written = SQLModel("SELECT label FROM codes", tables={"codes": CODES}).predict_batches(
        None, output=tmp_path / "out.parquet"
    )
    assert written.rows == 50 and pq.read_metadata(tmp_path / "out.parquet").num_rows == 50


FAILS = "SELECT CAST(CASE WHEN id = 15000 THEN 'x' ELSE '1' END AS INTEGER) AS n, id FROM input"


@pytest.mark.parametrize("target", ["out", "out.parquet"])
def test_nothing_partial_is_left(folder: Path, tmp_path: Path, target: str) -> None:
    """The third file has a row that the query refuses."""
    with pytest.raises(InputError, match="converted"):
        SQLModel(FAILS).predict_batches(folder, output=tmp_path / target, batch_rows=500)
    left = sorted(p.name for p in tmp_path.rglob("*") if p.is_file() and (tmp_path / "in") not in p.parents)
    assert left == (["a.parquet", "b.parquet"] if target == "out" else [])


def test_an_earlier_file_stays_as_it_was(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out.parquet").write_bytes(b"before")
    with pytest.raises(InputError):
        SQLModel(FAILS).predict_batches(folder, output=tmp_path / "out.parquet")
    assert (tmp_path / "out.parquet").read_bytes() == b"before"


@needs_kill
def test_killed(folder: Path, tmp_path: Path) -> None:
    """What a killed process leaves is not read as Parquet, and the next run finishes the work."""
    out = str(tmp_path / "out")
    code = f"""
        import os, signal
        import mlflow_sql_flavor.scale.batches as batches
        from mlflow_sql_flavor import SQLModel
        grouped, calls = batches._grouped, []
        def killing(*args):
            calls.append(1)
            for table in grouped(*args):
                yield table
                if len(calls) == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
        batches._grouped = killing
        SQLModel("SELECT id FROM input").predict_batches({str(folder)!r}, output={out!r}, batch_rows=500)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, timeout=120)
    assert done.returncode == -9, done.stderr
    assert ds.dataset(tmp_path / "out", format="parquet").count_rows() == 7_000
    written = SQLModel("SELECT id FROM input").predict_batches(folder, output=tmp_path / "out", resume=True)
    assert (written.rows, written.files, written.skipped) == (21_000, 2, 1)
    assert [p for p in (tmp_path / "out").rglob(".*") if p.is_file()] == []
    assert ds.dataset(tmp_path / "out").to_table()["id"].to_pylist() == list(range(21_000))


def test_resume_skips_only_what_is_the_same(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    query = "SELECT id, a + :x AS b, label FROM input LEFT JOIN codes USING (code)"

    def run(x: int = 1, tables: pa.Table = CODES, sql: str = query) -> tuple[int, int]:
        written = SQLModel(sql, tables={"codes": tables}).predict_batches(folder, {"x": x}, output=out, resume=True)
        assert written.rows == 21_000
        return written.files, written.skipped

    assert run() == (3, 0)
    assert run() == (0, 3)
    (out / "year=2025/b.parquet").unlink()
    assert run() == (1, 2)
    assert run(x=2) == (3, 0)
    assert run(x=2, tables=CODES.slice(0, 49)) == (3, 0)
    assert run(x=2, sql=query.replace("a + :x", "a - :x")) == (3, 0)
    pq.write_table(rows(7_000, 5), folder / "year=2026/a.parquet")
    assert run(x=2, sql=query.replace("a + :x", "a - :x")) == (1, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"input_types": {"id": "BIGINT", "code": "INTEGER", "a": "DOUBLE"}},
        {"compat": {"pack": None, "version": None, "macros": [], "settings": {"ieee_floating_point_ops": False}}},
        {"input_table": "input"},
    ],
    ids=["types", "settings", "nothing"],
)
def test_resume_takes_over_no_other_models_rows(folder: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    import yaml

    out = tmp_path / "out"
    types = {"id": "BIGINT", "code": "INTEGER", "a": "FLOAT"}
    mlflow_sql_flavor.save_model(
        "SELECT id, CAST(a / 3 AS VARCHAR) AS s FROM input", tmp_path / "m", input_types=types, bundle_flavor=False
    )
    first = mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict_batches(folder, output=out, resume=True)
    assert (first.files, first.skipped) == (3, 0)
    content = yaml.safe_load((tmp_path / "m/MLmodel").read_text())
    content["flavors"]["sql"].update(change)
    (tmp_path / "m/MLmodel").write_text(yaml.safe_dump(content))
    other = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    second = other.predict_batches(folder, output=out, resume=True)
    assert (second.files, second.skipped) == ((0, 3) if change == {"input_table": "input"} else (3, 0))
    written, data = (ds.dataset(path, format="parquet").to_table() for path in (out, folder))
    assert in_order(written).equals(in_order(other.predict(data, output="arrow")))


def test_resume_takes_over_no_other_versions_rows(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = SQLModel("SELECT id FROM input")
    assert query.predict_batches(folder, output=tmp_path / "out", resume=True).files == 3
    assert query.predict_batches(folder, output=tmp_path / "out", resume=True).files == 0
    monkeypatch.setattr("mlflow_sql_flavor.scale.batches.__version__", "0.0.1")
    assert query.predict_batches(folder, output=tmp_path / "out", resume=True).files == 3


def test_two_runs_at_once_share_no_file(tmp_path: Path) -> None:
    from mlflow_sql_flavor.scale.batches import replacing

    with replacing(tmp_path / "a.parquet") as one, replacing(tmp_path / "a.parquet") as two:
        assert one != two and one.name.startswith(".") and one.parent == two.parent == tmp_path
        one.write_text("one")
        two.write_text("two")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["one"]


def test_two_processes_into_one_folder_each_write_whole_files(folder: Path, tmp_path: Path) -> None:
    """One stops within its first file while another writes all: neither removes or continues the other's."""
    out = tmp_path / "out"
    code = f"""
        import time
        from pathlib import Path
        import mlflow_sql_flavor.scale.batches as batches
        from mlflow_sql_flavor import SQLModel
        here, grouped = Path({str(tmp_path)!r}), batches._grouped
        def waiting(*args):
            for number, table in enumerate(grouped(*args)):
                yield table
                if number == 3:
                    (here / "within").touch()
                    while not (here / "go").exists():
                        time.sleep(0.01)
        batches._grouped = waiting
        written = SQLModel("SELECT id, 1 AS r FROM input").predict_batches({str(folder)!r}, output=here / "out",
                                                                          batch_rows=500, resume=True)
        assert (written.rows, written.files) == (21_000, 3), written
    """
    one = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 120
        while not (tmp_path / "within").exists() and one.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert (partial := [p for p in out.rglob(".*") if p.is_file()])
        two = SQLModel("SELECT id, 2 AS r FROM input").predict_batches(folder, output=out, resume=True)
        assert (two.rows, two.files) == (21_000, 3)
        assert [p for p in out.rglob(".*") if p.is_file()] == partial
        (tmp_path / "go").touch()
        assert one.wait(120) == 0, one.stderr.read() if one.stderr else ""
    finally:
        one.kill()
        one.communicate()
    assert [p for p in out.rglob(".*") if p.is_file()] == []
    for path in sorted(out.rglob("*.parquet")):
        table = pq.read_table(path, partitioning=None)
        assert (table.num_rows, set(table["r"].to_pylist())) == (7_000, {1})  # the last to finish, and whole
    assert ds.dataset(out, format="parquet").to_table()["id"].to_pylist() == list(range(21_000))


def test_folders_are_not_mixed(folder: Path, tmp_path: Path) -> None:
    out, query = tmp_path / "out", SQLModel("SELECT id FROM input")
    query.predict_batches(folder, output=out)
    with pytest.raises(InputError, match="pass resume"):
        query.predict_batches(folder, output=out)
    (folder / "year=2026/a.parquet").unlink()
    with pytest.raises(InputError, match=r"year=2026/a\.parquet.*no output of this input"):
        query.predict_batches(folder, output=out, resume=True)
    with pytest.raises(InputError, match="where the input is"):
        query.predict_batches(folder, output=folder / "scores")
    with pytest.raises(InputError, match="cannot be told"):
        query.predict_batches(rows(5).to_reader(), output=tmp_path / "new", resume=True)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("nowhere.parquet", "no file or folder 'nowhere.parquet'"),
        ({"a": [1]}, "cannot read data of type dict"),
        (pa.table({"b": [1]}), "lacks column 'a'"),
    ],
)
def test_refused(data: Any, says: str) -> None:
    query = SQLModel("SELECT a FROM input", input_types={"a": "BIGINT"}, signature=None)
    loaded = query if not isinstance(data, pa.Table) else SQLModel("SELECT a FROM input", signature=_signature())
    with pytest.raises(InputError, match=says):
        loaded.predict_batches(data)


def _signature() -> Any:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    return ModelSignature(inputs=Schema([ColSpec("long", "a")]))


def test_a_file_that_lacks_a_column(folder: Path) -> None:
    pq.write_table(rows(10).drop_columns(["a"]), folder / "year=2026/a.parquet")
    with pytest.raises(InputError, match=r"'year=2026/a\.parquet' lacks column 'a'"):
        SQLModel("SELECT a FROM input").predict_batches(folder).read_all()


def test_a_loaded_model(folder: Path, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        QUERIES["independent"], tmp_path / "model", tables={"codes": CODES}, input_example=rows(5).to_pandas()
    )
    loaded = mlflow_sql_flavor.load_model(str(tmp_path / "model"))
    assert loaded.spec is not None and loaded.spec.rows == "independent"
    expected = loaded.predict(ds.dataset(folder).to_table())
    assert loaded.predict_batches(folder).read_all().equals(expected)


def peak_of(count: int, query: str, folder: Path) -> int:
    """Peak resident memory, in bytes, of a process that scores so many rows from and to Parquet."""
    code = f"""
        import pyarrow as pa, numpy as np, pyarrow.parquet as pq
        from mlflow_sql_flavor import SQLModel
        def batches():
            ids = np.arange(500_000)
            for start in range(0, {count}, 500_000):
                yield pa.record_batch({{"id": ids + start, "code": (ids % 60).astype("int32"), "a": ids}})
        schema = pa.schema({{"id": pa.int64(), "code": pa.int32(), "a": pa.int64()}})
        codes = pa.table({{"code": pa.array(range(50), pa.int32()), "label": [f"c{{i}}" for i in range(50)]}})
        source = pa.RecordBatchReader.from_batches(schema, batches())
        with pq.ParquetWriter("in.parquet", schema) as writer:
            for batch in source:
                writer.write_batch(batch)
        written = SQLModel({query!r}, tables={{"codes": codes}}).predict_batches("in.parquet", output="out.parquet")
        assert written.rows == {count}, written
        # not ru_maxrss, which begins with what the process that started this one has
        print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, cwd=folder, timeout=1200, env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.ci
def test_memory_does_not_grow(tmp_path: Path) -> None:
    few, many = (peak_of(count, QUERIES["independent"], tmp_path) for count in (2_000_000, 16_000_000))
    assert many < few * 1.4
    assert many < 10**9


@pytest.mark.full
def test_memory_of_a_hundred_million_rows(tmp_path: Path) -> None:
    assert peak_of(100_000_000, QUERIES["independent"], tmp_path) < 10**9


@pytest.mark.ci
def test_progress_only_on_a_terminal(folder: Path, tmp_path: Path) -> None:
    """A pseudo-terminal as stderr gets a bar, a pipe nothing."""
    pty = pytest.importorskip("pty")
    target = tmp_path / "out.parquet"
    code = (
        "from mlflow_sql_flavor import SQLModel\n"
        f"SQLModel('SELECT id FROM input').predict_batches({str(folder)!r}, output={str(target)!r}, batch_rows=500)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"")
    main, terminal = pty.openpty()
    with open(main, "rb", buffering=0) as screen:
        done = subprocess.run([sys.executable, "-c", code], stderr=terminal, stdout=subprocess.PIPE, timeout=120)
        os.close(terminal)
        shown = b""
        try:
            while piece := screen.read(4096):
                shown += piece
        except OSError:
            pass  # how Linux says that a terminal has ended
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"21000/21000" in shown


def test_max_rows_counts_a_batch() -> None:
    """A batch is an answer of its own: five of them may have more rows."""
    small = model("independent", limits={"max_rows": 1_000})
    assert small.predict_batches(rows(5_000).to_reader(), batch_rows=1_000).read_all().num_rows == 5_000


def test_a_table_that_is_sparks_is_not_replaced_by_the_models_own(folder: Path, tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT id, label FROM input LEFT JOIN codes USING (code)",
        tmp_path / "m",
        tables={"codes": CODES},
        input_example=rows(3).to_pandas(),
        pip_requirements=[],
    )
    model = mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config={"tables": {"codes": "spark:a.codes"}})
    with pytest.raises(InputError, match="'codes' was given as a table of Spark's"):
        model.predict_batches(folder)


def test_a_type_that_parquet_has_not_is_named_before_anything_is_made(tmp_path: Path) -> None:
    model = SQLModel("SELECT id, INTERVAL 1 MONTH AS month FROM input")
    with pytest.raises(InputError, match="'month' is of a type that Parquet does not have"):
        model.predict_batches(rows(3), output=tmp_path / "new" / "x.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", ["file/x.parquet", "file/x", "scheme://b/x.parquet"])
def test_an_output_that_cannot_be_written_is_named_as_the_caller_has_it(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("in the way")
    model = SQLModel("SELECT id + 1 AS n FROM input")
    with pytest.raises(InputError, match=r"(The output|is a file).*(cannot be written|name a f(ile|older))") as error:
        model.predict_batches(rows(3), output=output)
    assert ".partial" not in str(error.value)
    assert [path.name for path in Path().iterdir()] == ["file"]
    assert Path("file").read_text() == "in the way"
    assert model.predict_batches(rows(3), output="made/on/the/way.parquet").rows == 3
