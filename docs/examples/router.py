"""A server that divides live requests between the champion and a challenger.

    ROUTER_CHAMPION=models:/ranker@champion ROUTER_CHALLENGER=models:/ranker@challenger \
    ROUTER_MODE=canary ROUTER_SHARE=0.05 uvicorn --app-dir docs/examples router:app

| Variable | Default | |
|---|---|---|
| `ROUTER_CHAMPION` | `models:/ranker@champion` | the model that answers |
| `ROUTER_CHALLENGER` | none | the model on trial; without one the champion gets every request |
| `ROUTER_MODE` | `shadow` | `ab`, `canary` or `shadow` |
| `ROUTER_SHARE` | `0.1` | share of the requests the challenger gets, 0 to 1 |
| `ROUTER_MAX_FAILURES` | `5` | `canary`: failures after which the challenger gets no more requests |
| `ROUTER_LOG` | none | file to which each decision is appended, a line of JSON each |

- `ab`: both answer, and a failure is a failure. Requests with one `X-Routing-Key` (a user's id) get one model.
- `canary`: the same, but where the challenger fails the champion answers, and after some failures the trial is over.
- `shadow`: the champion answers. The challenger gets a copy afterwards; how many rows differ is counted.

`POST /invocations` takes `dataframe_records` or `dataframe_split`, and `params`, as MLflow's server does; the header
`X-Served-By` says who answered. `GET /metrics` gives the counts. Aliases are looked up when the server starts.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

import mlflow
import pandas as pd
from fastapi import BackgroundTasks, Body, FastAPI, Header, HTTPException, Response
from mlflow.exceptions import MlflowException

MODES = ("ab", "canary", "shadow")
Key = Annotated[str | None, Header()]
Payload = Annotated[dict[str, Any], Body()]


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    champion: str = "models:/ranker@champion"
    challenger: str | None = None
    mode: str = "shadow"
    share: float = 0.1
    max_failures: int = 5
    log: str | None = None

    @classmethod
    def of(cls, environment: dict[str, str]) -> Settings:
        """From environment variables; an empty one counts as not set.

        Raises:
            ValueError: A value makes no sense: better no server than one that routes wrongly.
        """
        given = {name: value for name in cls.__annotations__ if (value := environment.get(f"ROUTER_{name.upper()}"))}
        kinds = {"share": float, "max_failures": int}
        found = cls(**{name: kinds.get(name, str)(value) for name, value in given.items()})
        if found.mode not in MODES:
            raise ValueError(f"ROUTER_MODE is one of {', '.join(MODES)}, not {found.mode!r}.")
        if not 0 <= found.share <= 1:
            raise ValueError(f"ROUTER_SHARE is between 0 and 1, not {found.share}.")
        return found


class Router:
    """The two models, the rule between them, and the counts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.models = {"champion": mlflow.pyfunc.load_model(settings.champion)}
        if settings.challenger:
            self.models["challenger"] = mlflow.pyfunc.load_model(settings.challenger)
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def drawn(self, key: str | None) -> bool:
        """Whether the challenger gets this request; the same key is drawn the same way, on every replica."""
        if "challenger" not in self.models:
            return False
        if key is None:
            return random.random() < self.settings.share
        part = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
        return part < self.settings.share

    def count(self, **event: Any) -> None:
        """Counts an event by its name, and logs it."""
        with self._lock:
            self.counts[event["event"]] += event.get("by", 1)
            if self.settings.log:
                with open(self.settings.log, "a", encoding="utf-8") as log:
                    log.write(json.dumps({"time": time.time(), **event}) + "\n")

    def ask(self, name: str, data: pd.DataFrame, params: dict[str, Any] | None) -> list[Any]:
        """A model's rows, with null for NULL."""
        found = self.models[name].predict(data, params=params)
        frame = found.to_frame() if isinstance(found, pd.Series) else pd.DataFrame(found)
        self.count(event=f"{name}_answers")
        return json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))

    def answer(self, data: pd.DataFrame, params: dict[str, Any] | None, key: str | None) -> tuple[str, list[Any]]:
        """Who answers, and what."""
        drawn = self.settings.mode != "shadow" and self.drawn(key)
        if self.settings.mode == "canary" and self.counts["challenger_failures"] >= self.settings.max_failures:
            drawn = False
        if not drawn:
            return "champion", self.ask("champion", data, params)
        try:
            return "challenger", self.ask("challenger", data, params)
        except Exception as error:
            if self.settings.mode != "canary":
                raise
            answer = self.ask("champion", data, params)  # a request both refuse is the caller's mistake
            self.count(event="challenger_failures", error=str(error))
            return "champion", answer

    def shadow(self, data: pd.DataFrame, params: dict[str, Any] | None, served: list[Any]) -> None:
        """Asks the challenger too, for the counts only."""
        try:
            found = self.ask("challenger", data, params)
        except Exception as error:
            self.count(event="challenger_failures", error=str(error))
            return
        differ = sum(a != b for a, b in zip(served, found, strict=False)) + abs(len(served) - len(found))
        self.count(event="rows_compared", by=max(len(served), len(found)))
        if differ:
            self.count(event="rows_that_differ", by=differ)


def frame(payload: dict[str, Any]) -> pd.DataFrame:
    """The rows of a request."""
    if isinstance(payload.get("dataframe_records"), list):
        return pd.DataFrame(payload["dataframe_records"])
    if isinstance(payload.get("dataframe_split"), dict):
        return pd.DataFrame(**payload["dataframe_split"])
    raise HTTPException(400, "The request has neither dataframe_records nor dataframe_split.")


def create_app(environment: dict[str, str] | None = None) -> FastAPI:
    """The server; models are loaded now.

    Args:
        environment: Stands for ``os.environ``.
    """
    router = Router(Settings.of(dict(os.environ) if environment is None else environment))
    app = FastAPI(title="Champion and challenger")

    @app.post("/invocations")
    def invocations(payload: Payload, later: BackgroundTasks, response: Response, x_routing_key: Key = None) -> Any:
        try:
            data, params = frame(payload), payload.get("params")
            name, rows = router.answer(data, params, x_routing_key)
        except MlflowException as error:
            raise HTTPException(error.get_http_status_code(), error.message) from None
        except (TypeError, ValueError) as error:
            raise HTTPException(400, str(error)) from None
        if router.settings.mode == "shadow" and router.drawn(x_routing_key):
            later.add_task(router.shadow, data, params, rows)
        response.headers["X-Served-By"] = name
        return {"predictions": rows}

    @app.get("/metrics")
    def metrics() -> dict[str, int]:
        return dict(router.counts)

    @app.get("/ping")
    def ping() -> dict[str, str]:
        return {"champion": router.settings.champion, "mode": router.settings.mode}

    return app


def __getattr__(name: str) -> Any:
    if name == "app":  # loads the models: when a server asks for it, not when a test imports the module
        globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
