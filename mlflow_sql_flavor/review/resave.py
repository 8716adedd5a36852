"""What a stored model was made of, to be saved again: its query, tables and functions, and the files beside them."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .. import _mlflow
from ..artifact import manifest, mlmodel, packaging
from ..artifact.bounded_files import read_file
from ..artifact.example import stored as stored_example
from ..artifact.functions import load_udfs
from ..artifact.model_description import ModelDescription
from ..artifact.recorded_rows import stored_output
from ..artifact.spec import SqlSpec
from ..compile.model_definition import define_stored
from ..engines.limits import effective_limits
from ..errors import ModelFileError
from ..model import SQLModel, with_description
from ..pyfunc import FLAVOR_NAME

__all__ = ["made_of"]

#: A larger list of requirements is not read, in bytes.
_MOST = 1_000_000


def made_of(folder: Path) -> tuple[SQLModel, dict[str, Any]]:
    """The model of a folder, uncompiled, and what ``save_model`` takes beside it to save it as it was.

    Args:
        folder: The model.

    Raises:
        ModelFileError: A file is missing or altered.
        QueryError: This version refuses the text.
    """
    found = mlmodel.read(folder, FLAVOR_NAME)
    spec = found.spec
    if spec.manifest is not None:
        manifest.check(spec.manifest, folder)
    udfs = None
    if spec.udfs is not None:
        udfs = load_udfs(spec.udfs, folder, _mlflow.pickles_allowed(), spec.code)
    limits = effective_limits(spec.limits.model_dump(exclude_none=True))
    stored = define_stored(spec, folder, limits=limits, signature=found.signature, udfs=udfs)
    example = stored_example(folder) if found.content.get("saved_input_example_info") is not None else None
    arguments = {**stored.given(), "input_types": stored.input_types or None}
    if example is not None and (values := _values(example[1] or {}, spec.param_types)):
        # Of these the signature has another type: it was made of the example, as it will be again.
        example = example[0], {**(example[1] or {}), **values}
        arguments["signature"] = _without_params(arguments["signature"])
    model = SQLModel(**arguments)
    beside: dict[str, Any] = {
        "input_example": example,
        "metadata": found.content.get("metadata"),
        "code_paths": _code(folder, spec),
        "extra_files": _extra(folder, spec),
        **_environment(folder, spec),
    }
    if found.signature is None:
        beside["signature"] = False
    if spec.expected_output is not None and spec.expected_output.path is not None:
        beside["expected_output"] = stored_output(folder, spec.expected_output)
    if beside["input_example"] is not None and beside["input_example"][1] is None:
        beside["input_example"] = beside["input_example"][0]
    if isinstance(beside["input_example"], tuple) and spec.input_types is None:
        beside["input_example"] = (None, beside["input_example"][1])
    return with_description(model, _about(spec)), {name: value for name, value in beside.items() if value is not None}


def _values(stored: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Those of the example's parameters that MLflow has no type for, as they were given: decimals, times, intervals.

    Args:
        stored: ``{parameter: value}`` as MLflow reads it.
        types: ``{parameter: DuckDB type}`` of the model.
    """
    import duckdb

    found = {}
    folded = {name.casefold(): kind for name, kind in types.items()}
    for name, value in stored.items():
        kind = folded.get(name.casefold(), "")
        if type(value) in (int, float, str) and re.fullmatch(r"DECIMAL\(\d+, ?\d+\)|TIME|INTERVAL", kind):
            with duckdb.connect() as con, contextlib.suppress(duckdb.Error):
                (found[name],) = con.execute(f"SELECT CAST($1 AS {kind})", [str(value)]).fetchone() or (value,)
    return found


def _without_params(signature: Any) -> Any:
    from mlflow.models import ModelSignature

    if signature is None or (signature.inputs is None and signature.outputs is None):
        return None
    return ModelSignature(inputs=signature.inputs, outputs=signature.outputs)


def _about(spec: SqlSpec) -> ModelDescription | None:
    """What its maker told. Verdicts stay behind: they are on the rows of the text that was compiled then."""
    if spec.about is None:
        return None
    told = spec.about
    return ModelDescription(told.description, dict(told.columns), tuple(told.remarks))


def _code(folder: Path, spec: SqlSpec) -> list[str] | None:
    """The writer's own modules, without the package's."""
    if spec.code is None or not (folder / spec.code).is_dir():
        return None
    own = sorted(path for path in (folder / spec.code).iterdir() if path.name not in (packaging.PACKAGE, "__pycache__"))
    return [str(path) for path in own] or None


def _extra(folder: Path, spec: SqlSpec) -> list[str] | None:
    """The writer's own files, which stand where MLflow copied them."""
    files = [folder / str(one.get("path")) for one in spec.extra_files or () if isinstance(one, dict)]
    for file in files:
        if folder.resolve() not in file.resolve().parents or not file.is_file():
            raise ModelFileError(f"The model's file {file.name!r} of extra_files is missing: restore it.")
    return [str(file) for file in files] or None


def _environment(folder: Path, spec: SqlSpec) -> dict[str, Any]:
    """The model's requirements, what this package pins itself as it is installed now."""
    if not (folder / _mlflow.REQUIREMENTS_FILE).is_file():
        return {}
    lines = read_file(folder, _mlflow.REQUIREMENTS_FILE, _MOST).decode("utf-8").split("\n")
    bundled = packaging.should_bundle("auto")
    isolated = spec.limits.isolation == "process"
    ours = packaging.requirements(bundled=bundled, udfs=spec.udfs is not None, isolated=isolated)
    today = {_project(line): line for line in ["mlflow" + _mlflow.pinned_requirement("mlflow")[6:], *ours]}
    before = [line.strip() for line in lines if line.strip() and _project(line) != packaging.DISTRIBUTION]
    kept = [today.get(_project(line), line) if "==" in line else _absolute(line, folder) for line in before]
    names = {_project(line) for line in before}
    if "duckdb" in names:  # else the writer gave a list of his own
        kept += [line for name, line in today.items() if name not in names]
    conda = yaml.safe_load(read_file(folder, _mlflow.CONDA_ENV_FILE, _MOST)) if _has_conda(folder) else {}
    parts = conda.get("dependencies", []) if isinstance(conda, dict) else []
    if all(isinstance(part, dict) or re.match(r"(python|pip)\b", str(part)) for part in parts):
        return {"pip_requirements": kept}
    # Packages of conda's own, which requirements.txt does not name.
    return {"conda_env": {**conda, "dependencies": [p for p in parts if not isinstance(p, dict)] + [{"pip": kept}]}}


def _has_conda(folder: Path) -> bool:
    return (folder / _mlflow.CONDA_ENV_FILE).is_file()


def _project(line: str) -> str:
    """The name of a requirement's project, as indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[=<>!~;@]", line.strip(), maxsplit=1)[0]).lower()


def _absolute(line: str, folder: Path) -> str:
    """A file of constraints that stands in the model is named from the model."""
    found = re.fullmatch(r"-c\s+(\S+)", line)
    return f"-c {json.dumps(str(folder / found[1]))[1:-1]}" if found else line
