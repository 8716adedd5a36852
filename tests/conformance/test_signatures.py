"""``save_model`` and ``log_model`` keep what callers wrote against: each argument, its place, default and type."""

from __future__ import annotations

import inspect
import re

import pytest

import mlflow_sql_flavor

#: Of 0.1, in order; the place of an argument counts, since each may be given without its name.
SAVE_MODEL = """
sql_model: str | Path | SQLModel | exp.Expr | Statement
path: str | os.PathLike[str]
conda_env: str | dict[str, Any] | None = None
code_paths: list[str] | None = None
mlflow_model: Model | None = None
dialect: str | None = None
tables: Mapping[str, Data | str | os.PathLike[str]] | None = None
udfs: Sequence[Callable[..., Any]] | None = None
input_table: str | None = None
input_types: Mapping[str, str | pa.DataType] | pa.Schema | None = None
prediction_column: str | None = None
limits: Mapping[str, Any] | None = None
allow: Collection[str] | None = None
signature: ModelSignature | bool | None = None
input_example: ModelInputExample | None = None
pip_requirements: str | Iterable[str] | None = None
extra_pip_requirements: str | Iterable[str] | None = None
expected_output: Data | None = None
bundle_flavor: bool | str = 'auto'
metadata: dict[str, Any] | None = None
extra_files: list[str] | None = None
model_config: dict[str, Any] | None = None
validate_serving_input: bool = True
strict: bool | None = None
keys: Mapping[str, Key] | None = None
"""
LOG_MODEL = """
sql_model: str | Path | SQLModel | exp.Expr | Statement
artifact_path: str | None = None
conda_env: str | dict[str, Any] | None = None
code_paths: list[str] | None = None
registered_model_name: str | None = None
dialect: str | None = None
tables: Mapping[str, Data | str | os.PathLike[str]] | None = None
udfs: Sequence[Callable[..., Any]] | None = None
input_table: str | None = None
input_types: Mapping[str, str | pa.DataType] | pa.Schema | None = None
prediction_column: str | None = None
limits: Mapping[str, Any] | None = None
allow: Collection[str] | None = None
signature: ModelSignature | bool | None = None
input_example: ModelInputExample | None = None
await_registration_for: int | None = 300
pip_requirements: str | Iterable[str] | None = None
extra_pip_requirements: str | Iterable[str] | None = None
expected_output: Data | None = None
bundle_flavor: bool | str = 'auto'
metadata: dict[str, Any] | None = None
extra_files: list[str] | None = None
name: str | None = None
params: dict[str, Any] | None = None
tags: dict[str, Any] | None = None
model_type: str | None = None
step: int = 0
model_id: str | None = None
strict: bool | None = None
keys: Mapping[str, Key] | None = None
**kwargs: Any
"""
SIGNATURES = {"save_model": SAVE_MODEL, "log_model": LOG_MODEL}


def _parameters(verb: str) -> list[inspect.Parameter]:
    return list(inspect.signature(getattr(mlflow_sql_flavor, verb)).parameters.values())


def _written(parameter: inspect.Parameter) -> str:
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    default = f" = {parameter.default!r}" if parameter.default is not parameter.empty else ""
    return f"{stars}{parameter.name}: {parameter.annotation}{default}"


def _documented(verb: str) -> dict[str, str]:
    """``{argument: what the docstring says}``."""
    text = inspect.getdoc(getattr(mlflow_sql_flavor, verb)) or ""
    arguments = re.split(r"\n\n(?:Raises|Returns):", text.split("\nArgs:\n")[1])[0]
    parts = re.split(r"^    (\w+): ", arguments, flags=re.MULTILINE)[1:]
    assert len(set(parts[::2])) == len(parts[::2])
    return dict(zip(parts[::2], map(str.strip, parts[1::2]), strict=True))


@pytest.mark.parametrize("verb", SIGNATURES)
def test_arguments_keep_place_type_and_default(verb: str) -> None:
    assert [_written(p) for p in _parameters(verb)] == SIGNATURES[verb].split("\n")[1:-1]
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.VAR_KEYWORD) for p in _parameters(verb))


@pytest.mark.parametrize("verb", SIGNATURES)
def test_every_argument_is_documented_once(verb: str) -> None:
    documented = _documented(verb)
    assert list(documented) == [p.name for p in _parameters(verb)]
    assert not [name for name, text in documented.items() if not text or "{{" in text]


def test_both_document_alike_what_they_share() -> None:
    save, log = _documented("save_model"), _documented("log_model")
    shared = set(save) & set(log)
    assert len(shared) >= 19
    assert {name: log[name] for name in shared} == {name: save[name] for name in shared}
