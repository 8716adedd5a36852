"""One row over HTTP, by ``mlflow models serve``: ``python -m tests.benchmarks.served [seconds]``; needs ``wrk``.

Three models with the same input and output, each behind a server of its own with one and two workers, asked in turn by
one and by 16 clients.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .bars import QUIET

os.environ.update(QUIET)
ROUNDS = 3
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{}]==]
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


def save(folder: Path) -> dict[str, Path]:
    """A linear model of two inputs as SQL and as scikit-learn, and a model that does nothing."""
    import cloudpickle
    import mlflow
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    import mlflow_sql_flavor

    from . import rivals

    cloudpickle.register_pickle_by_value(rivals)  # the servers do not have the benchmarks
    example = pd.DataFrame({"a": [1.0], "b": [0.5]})
    data = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [0.0, 1.0, 0.5, 2.5]})
    estimator = LinearRegression().fit(data, 1.0 + 2 * data["a"] + 3 * data["b"])
    given: dict[str, Any] = {"input_example": example, "pip_requirements": ["mlflow"]}
    mlflow_sql_flavor.save_model(
        "SELECT 1.0 + 2 * a + 3 * b AS y FROM input", folder / "sql", prediction_column="y", **given
    )
    pickled = mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE
    mlflow.sklearn.save_model(estimator, folder / "sklearn", serialization_format=pickled, **given)
    mlflow.pyfunc.save_model(folder / "no-op", python_model=rivals.Nothing(), **given)
    return {name: folder / name for name in ("sql", "sklearn", "no-op")}


def _wrk(url: str, script: Path, clients: int, seconds: int) -> tuple[float, float, float, int]:
    """Requests a second, p50 and p99 in milliseconds, errors."""
    command = ["wrk", f"-t{min(clients, 2)}", f"-c{clients}", f"-d{seconds}s", "-s", str(script), "--timeout", "10s"]
    text = subprocess.run([*command, f"{url}/invocations"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", text)
    assert found is not None, text
    requests, micros, p50, p99, errors = (float(value) for value in found.groups())
    return requests / (micros / 1e6), p50 / 1000, p99 / 1000, int(errors)


def run(seconds: int = 5, workers: tuple[int, ...] = (1, 2), clients: tuple[int, ...] = (1, 16)) -> list[list[str]]:
    """Medians over the rounds."""
    from ..conftest import free_port
    from ..serving.servers import Client, Process

    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "true"
    lines = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        models = save(folder)
        script = folder / "ask.lua"
        body = json.dumps({"dataframe_split": {"columns": ["a", "b"], "data": [[1.0, 0.5]]}})
        script.write_text(_SCRIPT.replace("{}", body, 1))
        for count in workers:
            servers: list[tuple[str, Process, Client]] = []
            try:
                for name, path in models.items():
                    port = free_port()
                    command = ["mlflow", "models", "serve", "-m", str(path), "-h", "127.0.0.1", "-p", str(port)]
                    command += ["--env-manager", "local", "--workers", str(count)]
                    servers.append((name, Process(command, folder / f"{name}-{count}.log"), Client(port, path)))
                for _, process, client in servers:
                    process.wait(client)
                for asking in clients:
                    seen: dict[str, list[tuple[float, float, float, int]]] = {}
                    for number in range(ROUNDS + 1):
                        for name, _, client in servers:
                            result = _wrk(client.url, script, asking, seconds if number else 2)
                            if number:  # the first round warms
                                seen.setdefault(name, []).append(result)
                    for name, values in seen.items():
                        middle = [statistics.median(column) for column in zip(*values, strict=True)]
                        rate = _ratio(values, seen["sklearn"], 0)
                        tail = _ratio(values, seen["no-op"], 2)
                        lines.append(
                            [
                                *(str(count), str(asking), name, f"{middle[0]:.0f}", f"{middle[1]:.2f}"),
                                *(f"{middle[2]:.2f}", f"{rate:.2f}", f"{tail:.2f}"),
                                str(sum(value[3] for value in values)),
                            ]
                        )
            finally:
                for _, process, _ in servers:
                    process.close()
    header = [
        "workers",
        "clients",
        "model",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "rate to sklearn",
        "p99 to no-op",
        "errors",
    ]
    return [header, *lines]


def _ratio(values: list[Any], base: list[Any], column: int) -> float:
    return statistics.median(a[column] / b[column] for a, b in zip(values, base, strict=True))


if __name__ == "__main__":
    from .measure import table

    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(table(found[0], found[1:]))
