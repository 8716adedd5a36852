"""Arrow and Parquet files of a stranger's model: read whole and right, or refused in one sentence before they cost."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import stored_rows
from mlflow_sql_flavor.errors import InputError, ModelFileError
from mlflow_sql_flavor.review.retest import retest

DATA = pd.DataFrame({"x": ["AAAA", "BBBB", "CCCC"]})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x AS y FROM input",
        path,
        input_example=DATA,
        expected_output=DATA.rename(columns={"x": "y"}),
        bundle_flavor=False,
        pip_requirements=[],
    )
    return path


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "m"))


def replace(folder: Path, name: str, data: bytes, rows: int | None = None) -> None:
    """A file put in another's place, by somebody who mends MLmodel's checksums."""
    (folder / name).write_bytes(data)
    content = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    section = content["flavors"]["sql"]
    entry = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    section["manifest"][name] = entry
    if name.startswith("expected"):
        section["expected_output"]["sha256"] = entry["sha256"]
        section["expected_output"]["rows"] = rows if rows is not None else section["expected_output"]["rows"]
    (folder / "MLmodel").write_text(yaml.safe_dump(content), encoding="utf-8")


def ipc(table: pa.Table, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return sink.getvalue().to_pybytes()


def test_the_unchanged_model_answers_as_it_did(folder: Path) -> None:
    assert [(check.name, check.verdict) for check in retest(folder)] == [
        ("load", "ok"), ("answer", "ok"), ("source engine", "ok"), ("translation", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "offsets",
    [(0, 1000, 1040, 1080), (0, -4, 8, 12), (0, 8, 4, 12), (4, 0, 8, 12), (0, 4, 8, 2**31 - 1), (-1, 0, 0, 0)],
)
def test_offsets_out_of_bounds(folder: Path, offsets: tuple[int, ...]) -> None:
    data = ipc(pa.table({"y": ["AAAA", "BBBB", "CCCC"]}))
    old = struct.pack("<4i", 0, 4, 8, 12)
    assert data.count(old) == 1
    replace(folder, "example_output.arrow", data.replace(old, struct.pack("<4i", *offsets)))
    with pytest.raises(ModelFileError, match=r"example_output\.arrow is damaged"):
        retest(folder)


def test_text_that_is_no_text(folder: Path) -> None:
    data = ipc(pa.table({"y": ["AAAA", "BBBB", "CCCC"]})).replace(b"BBBB", b"B\xff\xffB")
    replace(folder, "example_output.arrow", data)
    with pytest.raises(ModelFileError, match=r"example_output\.arrow is damaged"):
        retest(folder)


def test_names_and_zones_that_are_none(folder: Path) -> None:
    structs = ipc(pa.table({"y": pa.array([{"abcd": 1}] * 3)})).replace(b"abcd", b"\xb9bcd")
    zones = ipc(pa.table({"y": pa.array([0] * 3, pa.timestamp("us", "Asia/Seoul"))})).replace(b"Seoul", b"Seoux")
    dates = ipc(pa.table({"y": pa.array([2**62] * 3, pa.timestamp("us"))}))
    for data in (structs, zones, dates):
        replace(folder, "example_output.arrow", data)
        with pytest.raises(ModelFileError, match=r"example_output\.arrow is damaged"):
            retest(folder)


def test_list_offsets_out_of_bounds(folder: Path) -> None:
    data = ipc(pa.table({"y": pa.array([[1, 2], [3], [4]], pa.list_(pa.int64()))}))
    old = struct.pack("<4i", 0, 2, 3, 4)
    assert data.count(old) == 1
    replace(folder, "example_output.arrow", data.replace(old, struct.pack("<4i", 0, 200, 300, 400)))
    with pytest.raises(ModelFileError, match="damaged"):
        retest(folder)


def test_more_rows_than_the_buffers_have(folder: Path) -> None:
    data = ipc(pa.table({"y": pa.array([1234567, 2, 3], pa.int64())}))
    old = struct.pack("<q", 3)
    changed = data.replace(old, struct.pack("<q", 1_000_000))
    assert changed != data
    replace(folder, "example_output.arrow", changed)
    with pytest.raises(ModelFileError, match=r"damaged|not read"):
        retest(folder)


MANY = 3_000_000
ARROW = {
    "compressed": (pa.table({"y": pa.array(["A"] * 3)}), "zstd"),
    "compressed, many": (pa.table({"y": pa.array([0] * MANY)}), "lz4"),
    "many rows": (pa.table({"y": pa.array([True] * MANY)}), None),
    "many rows without bytes": (pa.table({"y": pa.nulls(MANY)}), None),
    "rows without bytes": (pa.table({"y": pa.nulls(3)}), None),
    "runs": (pa.table({"y": pa.RunEndEncodedArray.from_arrays([2**31 - 1], ["x" * 1000])}).slice(0, 3), None),
    "structs without fields": (pa.table({"y": pa.array([{}] * 3, pa.struct([]))}), None),
    "lists of nothing": (
        pa.table({"y": pa.ListArray.from_arrays(pa.array([0, MANY]), pa.nulls(MANY))}), None,
    ),
    "one long list": (
        pa.table({"y": pa.ListArray.from_arrays(pa.array([0, MANY]), pa.array([1] * MANY, pa.int8()))}), None,
    ),
    "a long word, often": (
        pa.table({"y": pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int8()), ["x" * 1_000_000])}), None,
    ),
    "views": (pa.table({"y": pa.array(["x" * 1000] * 3, pa.string_view())}), None),
    "other columns": (pa.table({"z": ["A"] * 3}), None),
    "another type": (pa.table({"y": pa.array([b"abc"] * 3, pa.binary(3))}).rename_columns(["q"]), None),
}  # fmt: skip


@pytest.mark.parametrize("name", ARROW)
def test_an_answer_that_no_query_gave(folder: Path, name: str) -> None:
    table, compression = ARROW[name]
    replace(folder, "example_output.arrow", ipc(table, compression))
    with pytest.raises(ModelFileError, match=r"example_output\.arrow"):
        retest(folder)


@pytest.mark.parametrize("data", [b"", b"ARROW1\0\0", b"ARROW1\0\0" + b"\xff" * 200, b"PAR1", b"\0" * 1000])
def test_no_arrow_at_all(folder: Path, data: bytes) -> None:
    replace(folder, "example_output.arrow", data)
    with pytest.raises(ModelFileError, match=r"example_output\.arrow"):
        retest(folder)


def test_an_answer_of_another_save(folder: Path) -> None:
    (folder / "example_output.arrow").write_bytes(ipc(pa.table({"y": ["AAAA", "BBBB", "DDDD"]})) + b" " * 100)
    with pytest.raises(ModelFileError, match="not the one that was saved"):
        retest(folder)


PARQUET = {
    "100,000,000 rows of one value": lambda: constant(100_000_000),
    "claims as many": lambda: constant(3_000_000),
    "a long word, often": lambda: parquet(pa.table({"y": ["x" * 1_000_000] * 2000})),
    "zeros": lambda: parquet(pa.table({"y": [b"\0" * 200_000_000]}), compression="zstd", use_dictionary=False),
    "a cut file": lambda: parquet(pa.table({"y": ["A"]}))[:-20],
    "no Parquet": lambda: b"PAR1" + b"\xff" * 100 + b"PAR1",
    "another number of rows": lambda: parquet(pa.table({"y": ["A", "B"]})),
}


def constant(rows: int) -> bytes:
    import duckdb

    with duckdb.connect() as con:
        sink = pa.BufferOutputStream()
        reader = con.execute(f"SELECT 1::BIGINT AS y FROM range({rows})").to_arrow_reader(1_000_000)
        with pq.ParquetWriter(sink, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch, row_group_size=100_000_000)
        return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("name", PARQUET)
def test_expected_rows_that_unpack_to_more_than_is_read(folder: Path, name: str) -> None:
    data = PARQUET[name]()
    rows = {"100,000,000 rows of one value": 100_000_000, "claims as many": 3_000_000, "a long word, often": 2000}
    replace(folder, "expected_output.parquet", data, rows.get(name))
    assert len(data) < 10_000_000
    with pytest.raises(ModelFileError, match=r"expected_output\.parquet"):
        retest(folder)


@pytest.mark.ci
@pytest.mark.skipif(sys.platform != "linux", reason="resource limits are measured on Linux")
@pytest.mark.parametrize("name", ["100,000,000 rows of one value", "a long word, often", "zeros"])
def test_what_it_costs(folder: Path, name: str) -> None:
    """The process itself and those it starts, measured from outside: no more than 1.5 GB and 20 seconds."""
    replace(folder, "expected_output.parquet", PARQUET[name](), 2000)
    code = textwrap.dedent(
        """
        import resource, sys, time
        from pathlib import Path
        from mlflow_sql_flavor.review.retest import retest
        from mlflow_sql_flavor.errors import SQLModelError
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        try:
            retest(Path(sys.argv[1]))
        except Exception as error:
            print(type(error).__name__)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(max(used, child) // 1024, time.monotonic() - began)
        """
    )
    out = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True).stdout
    kind, figures = out.strip().splitlines()
    megabytes, seconds = map(float, figures.split())
    assert "ModelFileError" in kind or "Mlflow" in kind
    assert megabytes < 1500 and seconds < 20, figures


def test_what_its_reader_refuses_save_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_rows, "MOST_VALUES", 2)
    with pytest.raises(Exception, match="3 values") as error:
        mlflow_sql_flavor.save_model(
            "SELECT x AS y FROM input", tmp_path / "m", input_example=DATA, expected_output=pa.table({"y": DATA["x"]})
        )
    assert isinstance(error.value, InputError) or "Give fewer rows" in str(error.value)
    assert not (tmp_path / "m" / "MLmodel").exists()


def test_every_type_that_a_query_gives_is_read_back() -> None:
    sql = (
        "SELECT 1::HUGEINT h, 'a'::ENUM('a','b') e, uuid() u, INTERVAL 1 DAY i, TIME '01:00' t, '1'::JSON j, "
        "[1,2]::INT[2] arr, {'a': [1]} s, MAP{'a': 1} mp, '1'::BIT b, TIMESTAMPTZ '2024-01-01' tz, 1::UBIGINT ub, "
        "1.5::DECIMAL(10,2) d, 'a'::BLOB bl, TIMESTAMP_NS '2024-01-01' ns, 1.5::FLOAT f, 123::BIGNUM bn, NULL::INT n"
    )
    import duckdb

    with duckdb.connect() as con:
        table = con.execute(sql).to_arrow_table()
    read = stored_rows.from_ipc(stored_rows.to_ipc(table), "x", columns=table.column_names, rows=1)
    assert read.equals(table)
