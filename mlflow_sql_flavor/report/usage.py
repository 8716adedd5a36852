"""How a model is called: Python, a request, a terminal; with the stored example's first row where there is one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from .escaping import fence, visible
from .facts import NO_DEFAULT, Facts

__all__ = ["calls"]

#: More columns are not written out in an example of a call.
MOST_COLUMNS = 200

#: A value of each type as JSON has it.
_SAMPLES: dict[str, Any] = {
    "BOOLEAN": True, "FLOAT": 1.5, "DOUBLE": 1.5, "VARCHAR": "text", "BLOB": "AAAA", "TIME": "12:00:00",
    "DATE": "2024-01-31T00:00:00", "TIMESTAMP": "2024-01-31T12:00:00",
    "TIMESTAMP WITH TIME ZONE": "2024-01-31T12:00:00", "INTERVAL": "1 day",
    "UUID": "00000000-0000-0000-0000-000000000000", "TINYINT": 1, "SMALLINT": 1, "INTEGER": 1, "BIGINT": 1,
    "UTINYINT": 1, "USMALLINT": 1, "UINTEGER": 1, "UBIGINT": 1, "HUGEINT": 1,
}  # fmt: skip
#: Types that pandas does not make of Python's numbers by itself, and MLflow does not convert.
_NARROW = {
    "TINYINT": "int32", "SMALLINT": "int32", "INTEGER": "int32", "UTINYINT": "int32", "USMALLINT": "int32",
    "FLOAT": "float32",
}  # fmt: skip


def calls(facts: Facts, example: Mapping[str, Any] | None = None) -> Iterator[str]:
    """The paragraphs of Markdown.

    Args:
        facts: The model; its outputs are known.
        example: The first row of the stored input example, as JSON has it.
    """
    row = _row(facts.inputs or {}, example)
    params = {
        name: _json_value(default) if default is not NO_DEFAULT else _sample(kind or "VARCHAR")
        for name, (kind, default) in facts.params.items()
    }
    given = f", params={params!r}" if params else ""
    imports, data = "import mlflow\n", "None"
    if facts.inputs and row is None:
        data = "data"
    elif row is not None and facts.inputs:
        imports += "import pandas as pd\n"
        data = _frame(row, facts.inputs)
    yield "In Python, `model_uri` being this model's address, such as `models:/name@champion`:"
    yield fence(
        f"{imports}\nmodel = mlflow.pyfunc.load_model(model_uri)\nprint(model.predict({data}{given}))", "python"
    )
    if row is not None:
        request: dict[str, Any] = (
            {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}}
            if facts.inputs
            else {"inputs": []}
        )
        if params:
            request["params"] = params
        yield "Over HTTP, after `mlflow models serve -m MODEL_URI`: post this as JSON to `/invocations`."
        yield fence(json.dumps(request, ensure_ascii=False), "json")
    yield "In a terminal, and as SQL for another engine:"
    options = "".join(f" -p {name}={_shell(value)}" for name, value in params.items() if name.isidentifier())
    source = " -i rows.csv" if facts.inputs else ""
    yield fence(f"mlflow-sql predict MODEL_URI{source}{options}\nmlflow-sql transpile MODEL_URI --to snowflake", "bash")


def _row(types: Mapping[str, str], example: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Values for a row; None if the types are too many or have no simple value."""
    if len(types) > MOST_COLUMNS:
        return None
    if example is not None and set(types) <= set(example):
        row = {name: example[name] for name in types}
        if len(json.dumps(row)) < 4_000:
            return row
    if all(kind in _SAMPLES or kind.startswith("DECIMAL") for kind in types.values()):
        return {name: _sample(kind) for name, kind in types.items()}
    return None


def _frame(row: Mapping[str, Any], types: Mapping[str, str]) -> str:
    values = ", ".join(f"{name!r}: {_python(value, types[name])}" for name, value in row.items())
    narrow = {name: _NARROW[kind] for name, kind in types.items() if kind in _NARROW and row[name] is not None}
    return f"pd.DataFrame([{{{values}}}])" + (f".astype({narrow!r})" if narrow else "")


def _python(value: Any, kind: str) -> str:
    if isinstance(value, str) and (kind == "DATE" or kind.startswith("TIMESTAMP")):
        return f"pd.Timestamp({value!r})"
    if isinstance(value, str) and kind == "BLOB":
        import base64

        return repr(base64.b64decode(value))
    if isinstance(value, int) and not isinstance(value, bool) and (kind == "DOUBLE" or kind.startswith("DECIMAL")):
        return repr(float(value))
    return repr(value)


def _sample(kind: str) -> Any:
    return 1.5 if kind.startswith("DECIMAL") else _SAMPLES.get(kind, "text")


def _shell(value: Any) -> str:
    return shlex.quote(visible(value if isinstance(value, str) else json.dumps(value), line=True))


def _json_value(value: Any) -> Any:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value
