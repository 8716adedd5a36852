"""A reference table of ten million rows, loaded, and compared, in memory that does not grow with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mlflow_sql_flavor

from .places import opened

pytestmark = pytest.mark.full

ROWS = 10_000_000
#: What a process may take beyond one that deploys a table of ten rows, in MB. The table is 160 MB as Arrow.
MOST = 300

_DEPLOYS = r"""
import re, sys
from mlflow.deployments import get_deploy_client
target, model, *verify = sys.argv[1:]
client = get_deploy_client(target)
config = {"input": "events"} | ({} if verify else {"verify": "false"})
made = client.create_deployment("ranker", model, config=config)
assert made["verification"].startswith("equal on 2 rows" if verify else "not verified")
with open("/proc/self/status") as told:  # getrusage's peak is that of whoever started the process, if it is higher
    print(int(re.search(r"VmHWM:\s*(\d+)", told.read())[1]) // 1024)
"""


def saved(folder: Path, rows: int) -> str:
    with pq.ParquetWriter(folder / f"{rows}.parquet", pa.schema([("k", pa.int64()), ("v", pa.float64())])) as writer:
        for start in range(0, rows, 1_000_000):
            keys = pa.array(range(start, min(start + 1_000_000, rows)))
            writer.write_table(pa.table({"k": keys, "v": keys.cast(pa.float64())}))
    path = folder / f"model_{rows}"
    mlflow_sql_flavor.save_model(
        "SELECT id, v FROM input LEFT JOIN big ON k = id", path, tables={"big": folder / f"{rows}.parquet"},
        input_example=pd.DataFrame({"id": [1, 5]}), pip_requirements=["mlflow"],
    )  # fmt: skip
    return str(path)


@pytest.mark.parametrize("verify", [[], ["verify"]], ids=["not-compared", "compared"])
@pytest.mark.parametrize("engine", ["postgres", "sqlite", "duckdb"])
def test_ten_million_rows(engine: str, verify: list[str], tmp_path: Path) -> None:
    peaks = []
    for rows in (10, ROWS):
        model = saved(tmp_path, rows)
        (tmp_path / f"{engine}{rows}").mkdir()
        with opened(engine, tmp_path / f"{engine}{rows}") as place:
            told = subprocess.run(
                [sys.executable, "-c", _DEPLOYS, place.target, model, *verify],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            peaks.append(int(told.stdout.split()[-1]))
            name = next(found for found in place.objects() if found.startswith("ranker__big"))
            assert place.ask(f"SELECT count(*), sum(v) FROM {name}") == [(rows, float(rows * (rows - 1) // 2))]
    print(engine, verify, peaks)
    assert peaks[1] - peaks[0] < MOST, peaks
