"""How long ``log_model`` takes beside ``mlflow.sklearn.log_model``: interleaved, so that both meet the same machine.

``python -m tests.benchmarks.log_model [rounds]`` prints the medians and their ratio.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import time

ROUNDS = 5


def main(rounds: int = ROUNDS) -> dict[str, float]:
    """Medians in seconds, by what was logged."""
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_UV_AUTO_DETECT": "false", "DO_NOT_TRACK": "1"})
    import mlflow
    import mlflow.sklearn
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    import mlflow_sql_flavor

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.25, 0.0]})
    table = pd.DataFrame({"b": [0.5, 0.25], "factor": [2.0, 3.0]})
    linear = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
    pins = ["mlflow"]

    def plus(a: float) -> float:
        return a + 1

    query = "SELECT a, factor FROM input LEFT JOIN t USING (b)"
    kinds = {
        "sql": lambda: mlflow_sql_flavor.log_model(query, name="m", tables={"t": table}, input_example=frame),
        "sql, a function": lambda: mlflow_sql_flavor.log_model(
            "SELECT plus(a) AS x FROM input", name="m", udfs=[plus], input_example=frame
        ),
        "sql, requirements given": lambda: mlflow_sql_flavor.log_model(
            query, name="m", tables={"t": table}, input_example=frame, pip_requirements=pins
        ),
        "sql of an index, requirements given": lambda: mlflow_sql_flavor.log_model(
            query, name="m", tables={"t": table}, input_example=frame, pip_requirements=pins, bundle_flavor=False
        ),
        "sklearn": lambda: mlflow.sklearn.log_model(linear, name="m", input_example=frame),
        "sklearn, requirements given": lambda: mlflow.sklearn.log_model(
            linear, name="m", input_example=frame, pip_requirements=pins
        ),
    }
    with tempfile.TemporaryDirectory() as folder:
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.create_experiment("log_model", artifact_location=f"{folder}/artifacts")
        mlflow.set_experiment("log_model")
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for number in range(rounds + 1):
            for name, log in kinds.items():
                start = time.perf_counter()
                log()
                if number:  # the first round imports
                    times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    found = main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
    for kind, seconds in found.items():
        base = found["sklearn, requirements given" if "requirements" in kind else "sklearn"]
        print(f"{kind:<36} {seconds:6.2f} s   {seconds / base:.2f} of sklearn's")
