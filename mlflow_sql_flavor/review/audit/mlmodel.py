"""What MLmodel says beside its ``sql`` section: each key is one that this flavor or MLflow writes, or it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...artifact.mlmodel import Stored
from ...frames.mlflow_schema import mlflow_schema

__all__ = ["judge_mlmodel"]

_MODULE = "mlflow_sql_flavor"
_ENV = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
_CONFIG = ("timeout_seconds", "memory_limit", "threads", "max_rows", "isolation", "tables")

#: Keys of MLflow's that say where a model came from; nothing is read or run by them.
_MLFLOW = frozenset(
    {
        "artifact_path", "databricks_runtime", "env_vars", "flavors", "is_signature_from_type_hint", "mlflow_version",
        "model_id", "model_size_bytes", "model_uuid", "run_id", "saved_input_example_info", "signature",
        "type_hint_from_example", "utc_time_created",
    }
)  # fmt: skip

_EXAMPLE = {
    "artifact_path": ("input_example.json",),
    "serving_input_path": ("serving_input_example.json",),
    "type": ("dataframe", "ndarray", "json_object"),
}


def judge_mlmodel(stored: Stored) -> Iterator[tuple[str, str, str]]:
    """Remarks on MLmodel.

    Yields:
        ``(subject, verdict, sentence)``.
    """
    content, flavors = stored.content, stored.content["flavors"]
    others = sorted(str(name)[:60] for name in flavors if name not in ("sql", "python_function"))
    if others:
        yield "flavors", "not known", f"Other flavors, which are not audited: {', '.join(others[:10])}."
    yield from _pyfunc(flavors.get("python_function"))
    yield from _limits(stored)
    yield from _signature(stored)
    yield from _example(content.get("saved_input_example_info"))
    odd = [key for key in content if key not in _MLFLOW and not (key in ("prompts", "metadata") and not content[key])]
    if odd:
        shown = ", ".join(f"{key[:40]} ({_size(content[key])})" for key in odd[:10])
        yield "keys", "not known", f"MLmodel has what this package neither writes nor reads: {shown}."


def _size(value: Any) -> str:
    return f"{len(value)} entries" if isinstance(value, (dict, list)) else f"{len(str(value)):,} characters"


def _pyfunc(pyfunc: Any) -> Iterator[tuple[str, str, str]]:
    if not isinstance(pyfunc, dict):
        yield "loader", "ok" if pyfunc is None else "bad", "No python_function flavor."
        return
    loader = pyfunc.get("loader_module")
    if loader == _MODULE:
        yield "loader", "ok", f"loader_module is {_MODULE}."
    else:
        yield "loader", "bad", f"mlflow.pyfunc.load_model would import {str(loader)[:80]!r}, not {_MODULE}."
    env = pyfunc.get("env")
    if env != _ENV:
        yield "environment", "bad", f"The environment is not made from {' and '.join(_ENV.values())}: {str(env)[:200]}"
    python = pyfunc.get("python_version")
    if not isinstance(python, str) or not re.fullmatch(r"3\.\d+\.\d+[a-z0-9+]*", python):
        yield "python_function", "not known", f"python_version is {str(python)[:40]!r}."
    odd = {key: value for key, value in pyfunc.items() if key not in _KEYS}
    if odd:
        shown = ", ".join(f"{key[:40]} = {str(value)[:80]}" for key, value in list(odd.items())[:10])
        yield "python_function", "bad", f"Keys that this flavor never writes, and MLflow may follow: {shown}."


_KEYS = ("loader_module", "python_version", "env", "code", "config")


def _limits(stored: Stored) -> Iterator[tuple[str, str, str]]:
    limits = stored.spec.limits.model_dump(exclude_none=True)
    text = ", ".join(f"{name} {value}" for name, value in limits.items())
    yield "limits", "ok", f"The model's own: {text}." if text else "None of the model's own."
    given = {k: v for k, v in stored.config.items() if v is not None}
    names = ", ".join(str(name)[:40] for name in list(given)[:10])
    if "tables" in given:
        yield "config", "bad", "MLmodel sets config.tables, which only a loader may set."
    elif set(stored.config) - set(_CONFIG):
        yield "config", "bad", f"MLmodel sets config of other names than this flavor's: {names}."
    elif given:
        yield "config", "not known", f"MLmodel sets config ({names}): it counts as a limit, never as a permission."


def _signature(stored: Stored) -> Iterator[tuple[str, str, str]]:
    outputs = getattr(stored.signature, "outputs", None)
    if outputs is None:
        return
    made = mlflow_schema(stored.spec.output_types)
    if [(each.name, each.type) for each in outputs.inputs] == [(each.name, each.type) for each in made.inputs]:
        yield "signature", "ok", "Its outputs are the query's."
    else:
        yield "signature", "not known", "Its outputs are not those this package makes of output_types: set by hand."


def _example(info: Any) -> Iterator[tuple[str, str, str]]:
    if info is None:
        return
    wrong = not isinstance(info, dict) or any(
        info.get(key) is not None and info.get(key) not in allowed for key, allowed in _EXAMPLE.items()
    )
    if wrong:
        yield "input example", "bad", "MLmodel names another file or kind than MLflow writes for an input example."
