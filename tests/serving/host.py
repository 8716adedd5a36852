"""Serves several models from one process, each by MLflow's own app under uvicorn: importing MLflow is what takes long.

Usage: python host.py '{"name": ["model folder", port], ...}'. Models named ``broken`` and ``bug`` have their engine
replaced by one that fails, as no request can make a sound one do.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import duckdb
import mlflow
import uvicorn
from mlflow.pyfunc import scoring_server

from mlflow_sql_flavor.model import compiled_model_of

SECRET = "/srv/secret/model.db: row 17 of somebody else"


class _Engine:
    source = None
    statement = None

    def execute(self, *_: Any) -> Any:
        raise duckdb.InternalException(f"INTERNAL Error: {SECRET}")

    def close(self) -> None:
        pass

    @property
    def cursor(self) -> _Engine:
        return self


def _bug() -> Any:
    raise RuntimeError(SECRET)


def main(places: dict[str, Any]) -> None:
    """Loads and serves, until the process is ended."""
    threads = []
    for name, (path, port) in places.items():
        model = mlflow.pyfunc.load_model(path)
        if name in ("broken", "bug"):
            bound = compiled_model_of(model.get_raw_model()).bound[0]
            for runner in (bound.runner, bound.quick, *(bound._one_row or ())[1:]):
                if runner is not None:
                    runner._borrow = _Engine if name == "broken" else _bug
        config = uvicorn.Config(scoring_server.init(model), host="127.0.0.1", port=port, log_level="warning")
        threads.append(threading.Thread(target=uvicorn.Server(config).run, daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
