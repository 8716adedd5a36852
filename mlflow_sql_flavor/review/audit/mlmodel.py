"""What MLmodel says beside its ``sql`` section: each key is one that this flavor or MLflow writes, or it is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ...artifact.mlmodel import Stored
from ...engines.limits import effective_limits
from ...errors import InputError
from ...frames.mlflow_schema import mlflow_schema
from ...query.gate.identifiers import fold

__all__ = ["judge_mlmodel"]

_MODULE = "mlflow_sql_flavor"
_ENV = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
_CONFIG = ("timeout_seconds", "memory_limit", "threads", "max_rows", "isolation", "tables")

_ID = r"[A-Za-z0-9-]{1,100}"
#: Keys of MLflow's that say where a model came from, and what it writes there; nothing is read or run by them.
_MLFLOW = {
    "artifact_path": r"[\w .:/\\@=+,~%()-]{0,500}",
    "databricks_runtime": r"[\w.-]{0,100}",
    "is_signature_from_type_hint": r"True|False",
    "mlflow_version": r"[0-9][\w.+-]{0,50}",
    "model_id": _ID,
    "model_size_bytes": r"[0-9]{1,20}",
    "model_uuid": _ID,
    "run_id": _ID,
    "type_hint_from_example": r"True|False",
    "utc_time_created": r"[0-9 :.T+-]{1,40}",
}
_READ = ("flavors", "saved_input_example_info", "signature")

_EXAMPLE = {
    "artifact_path": ("input_example.json",),
    "serving_input_path": ("serving_input_example.json",),
    "type": ("dataframe", "ndarray", "json_object"),
    "pandas_orient": ("split", "records"),
    "format": ("tf-serving",),
    "params": ("true",),
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
    odd = [key for key, value in content.items() if not (key in _READ or _is_written(key, value))]
    if odd:
        shown = ", ".join(f"{key[:40]} ({_size(content[key])})" for key in odd[:10])
        yield "keys", "not known", f"MLmodel has what this package neither writes nor reads: {shown}."


def _is_written(key: str, value: Any) -> bool:
    """Whether MLflow writes such a value there."""
    if key in ("prompts", "metadata"):
        return not value
    if key not in _MLFLOW and key != "env_vars":
        return False
    if value is None:
        return True
    if key == "env_vars":
        names = value if isinstance(value, list) else [None]
        return all(isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,200}", name) for name in names)
    return not isinstance(value, (list, dict)) and bool(re.fullmatch(_MLFLOW[key], str(value)))


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
    if not isinstance(python, str) or not re.fullmatch(r"3\.\d{1,3}\.\d{1,3}[a-z0-9+]{0,20}", python):
        yield "python_function", "not known", f"python_version is {str(python)[:40]!r}."
    odd = {key: value for key, value in pyfunc.items() if key not in _KEYS}
    if odd:
        shown = ", ".join(f"{key[:40]} = {str(value)[:80]}" for key, value in list(odd.items())[:10])
        yield "python_function", "bad", f"Keys that this flavor never writes, and MLflow may follow: {shown}."


_KEYS = ("loader_module", "python_version", "env", "code", "config")


def _limits(stored: Stored) -> Iterator[tuple[str, str, str]]:
    limits = stored.spec.limits.model_dump(exclude_none=True)
    text = ", ".join(f"{name} {value}" for name, value in limits.items())
    try:
        effective_limits(limits, None, {name: stored.config.get(name) for name in _CONFIG})
    except InputError as error:
        yield "limits", "bad", error.message
    else:
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
    outputs, inputs = getattr(stored.signature, "outputs", None), getattr(stored.signature, "inputs", None)
    if outputs is None:
        return
    spec = stored.spec
    made = mlflow_schema(spec.output_types)
    if _columns(outputs) != [(each.name, each.type) for each in made.inputs]:
        yield "signature", "not known", "Its outputs are not those this package makes of output_types: set by hand."
        return
    names = None if inputs is None else {fold(str(name)) for name, _ in _columns(inputs)}
    params = getattr(stored.signature, "params", None)
    if names is not None and not names <= {fold(name) for name in spec.input_types or ()}:
        yield "signature", "not known", "Its inputs are not the columns that the query reads: set by hand."
    elif params is not None and not {param.name for param in params.params} <= set(spec.param_types):
        yield "signature", "not known", "Its parameters are not those of the query: set by hand."
    else:
        yield "signature", "ok", "Its columns and parameters are the query's."


def _columns(schema: Any) -> list[tuple[Any, Any]]:
    return [(each.name, each.type) for each in schema.inputs]


def _example(info: Any) -> Iterator[tuple[str, str, str]]:
    if info is None:
        return
    wrong = not isinstance(info, dict) or any(
        value is not None and value not in _EXAMPLE.get(key, ()) for key, value in info.items()
    )
    if wrong:
        yield "input example", "bad", "MLmodel names another file or kind than MLflow writes for an input example."
