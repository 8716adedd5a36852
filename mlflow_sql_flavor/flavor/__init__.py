"""
The ``mlflow_sql_flavor`` module provides an API for logging and loading SQL models. It exports models with:

SQL (native) format
    The main flavor: the query itself, readable in MLmodel, loaded back as a :class:`SQLModel`.
:py:mod:`mlflow.pyfunc`
    For the generic tools: ``mlflow.pyfunc.load_model``, serving, images, evaluation.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import pyfunc
from mlflow.models import Model, ModelInputExample, ModelSignature
from mlflow.models.model import MLMODEL_FILE_NAME

from .. import _mlflow
from ..artifact import enforcement, manifest, mlmodel, packaging
from ..artifact.atomic_folder import atomic_folder
from ..artifact.example import save_example
from ..artifact.model_description import ModelDescription
from ..artifact.query_files import write_query_files
from ..artifact.recorded_rows import write_output
from ..compile.expression_text import text_of
from ..compile.gates.strictness import is_strict
from ..compile.model_definition import dialect_name
from ..compile.save_preparation import Prepared, prepare
from ..errors import InputError
from ..mlflow_errors import public
from ..model import SQLModel, compiled_model_of, definition_of
from ..pyfunc import CONFIG, FLAVOR_NAME
from ..query.reading.recursion import growing
from ..report.pages import write as write_pages
from .arguments import ARGUMENT_DOCS, Arguments
from .tracked import track

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models.model import ModelInfo
    from sqlglot import exp

    from ..artifact.keys import Key
    from ..compile.expression_text import Statement
    from ..frames.reading import Data

_logger = logging.getLogger(__name__)
#: Remarks on a query that are told when it is saved; MLmodel has all.
_MOST_WARNINGS = 8


@public
def get_default_pip_requirements(include_cloudpickle: bool = False) -> list[str]:
    """
    Args:
        include_cloudpickle: Whether the model has Python functions, which are stored with cloudpickle.

    Returns:
        A list of default pip requirements for MLflow Models produced by this flavor. Calls to :func:`save_model()` and
        :func:`log_model()` produce a pip environment that, at minimum, contains these requirements.
    """
    return packaging.requirements(bundled=packaging.should_bundle("auto"), udfs=include_cloudpickle)


@public
def get_default_conda_env(include_cloudpickle: bool = False) -> dict[str, Any]:
    """
    Args:
        include_cloudpickle: Whether the model has Python functions, which are stored with cloudpickle.

    Returns:
        The default Conda environment for MLflow Models produced by calls to :func:`save_model()` and
        :func:`log_model()`.
    """
    return _mlflow.conda_env_of(additional_pip_deps=get_default_pip_requirements(include_cloudpickle))


@public
@_mlflow.format_docstring(ARGUMENT_DOCS)
def save_model(
    sql_model: str | Path | SQLModel | exp.Expr | Statement,
    path: str | os.PathLike[str],
    conda_env: str | dict[str, Any] | None = None,
    code_paths: list[str] | None = None,
    mlflow_model: Model | None = None,
    dialect: str | None = None,
    tables: Mapping[str, Data | str | os.PathLike[str]] | None = None,
    udfs: Sequence[Callable[..., Any]] | None = None,
    input_table: str | None = None,
    input_types: Mapping[str, str | pa.DataType] | pa.Schema | None = None,
    prediction_column: str | None = None,
    limits: Mapping[str, Any] | None = None,
    allow: Collection[str] | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: ModelInputExample | None = None,
    pip_requirements: str | Iterable[str] | None = None,
    extra_pip_requirements: str | Iterable[str] | None = None,
    expected_output: Data | None = None,
    bundle_flavor: bool | str = "auto",
    metadata: dict[str, Any] | None = None,
    extra_files: list[str] | None = None,
    model_config: dict[str, Any] | None = None,
    validate_serving_input: bool = True,
    strict: bool | None = None,
    keys: Mapping[str, Key] | None = None,
) -> None:
    """
    Save a SQL model to a path on the local file system.

    Args:
        sql_model: {{ sql_model }}
        path: Local path where the model is to be saved.
        conda_env: {{ conda_env }}
        code_paths: {{ code_paths }}
        mlflow_model: :py:mod:`mlflow.models.Model` this flavor is being added to.
        dialect: {{ dialect }}
        tables: {{ tables }}
        udfs: {{ udfs }}
        input_table: {{ input_table }}
        input_types: {{ input_types }}
        prediction_column: {{ prediction_column }}
        limits: {{ limits }}
        allow: {{ allow }}
        signature: {{ signature }}
        input_example: {{ input_example }}
        pip_requirements: {{ pip_requirements }}
        extra_pip_requirements: {{ extra_pip_requirements }}
        expected_output: {{ expected_output }}
        bundle_flavor: {{ bundle_flavor }}
        metadata: {{ metadata }}
        extra_files: {{ extra_files }}
        model_config: Not for this flavor at save: give ``limits``. Loaders may pass it.
        validate_serving_input: For :func:`log_model`: whether MLflow tries the input example as a request.
        strict: {{ strict }}
        keys: {{ keys }}

    Raises:
        QueryError: The query is not accepted: what, where in the text, and what to write instead.
        InputError: The tables, types, example or limits do not fit.
    """
    given = Arguments.of(locals())
    _mlflow.validate_env_arguments(conda_env, pip_requirements, extra_pip_requirements)
    if model_config:
        raise InputError("A SQL model stores no model_config: give the model's own limits by limits={...}.")
    with growing():
        _save(sql_model, Path(os.path.abspath(path)), mlflow_model if mlflow_model is not None else Model(), given)


def _save(
    sql_model: str | Path | SQLModel | exp.Expr | Statement, folder: Path, mlflow_model: Model, given: Arguments
) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        _mlflow.prepare_save_path(str(folder))  # refuses it; an unused one is made only once the query is accepted
    model = _model(sql_model, given)
    strict = is_strict(given.strict)
    about = model.about or ModelDescription()
    example = about.example if given.input_example is None else given.input_example
    prepared = prepare(compiled_model_of(model), given.signature, example, given.expected_output, strict)
    told = prepared.warnings
    for finding in told[:_MOST_WARNINGS]:
        where = f" (line {finding.line}, column {finding.column})" if finding.line else ""
        _logger.warning("%s%s", finding.message, where)
    if len(told) > _MOST_WARNINGS:
        _logger.warning("%d more: findings and nondeterminism in MLmodel.", len(told) - _MOST_WARNINGS)

    with atomic_folder(folder) as made:
        _write(model, prepared, made, mlflow_model, given)


def _write(model: SQLModel, prepared: Prepared, folder: Path, mlflow_model: Model, given: Arguments) -> None:
    code = _mlflow.copy_code_paths(given.code_paths, str(folder))
    bundled = packaging.should_bundle(given.bundle_flavor)
    if bundled:
        code = packaging.bundle(folder, code)
    save_example(mlflow_model, prepared.saved_example, folder)
    mlflow_model.signature = prepared.signature
    _say_what_callers_meet(prepared, folder, given, definition_of(model).prediction_column)
    told = model.about.metadata if model.about is not None else {}
    if given.metadata is not None or told:
        mlflow_model.metadata = {**told, **(given.metadata or {})}

    spec = write_query_files(prepared.contents(definition_of(model)), folder, code)
    extra_files_config = _mlflow.copy_extra_files(given.extra_files, str(folder))
    if prepared.saved_example is not None:
        write_output(prepared.output, folder)
    write_pages(folder, spec, prepared.signature, prepared.bound.compiled.lineage)
    pyfunc.add_to_model(
        mlflow_model,
        loader_module="mlflow_sql_flavor",
        conda_env=_mlflow.CONDA_ENV_FILE,
        python_env=_mlflow.PYTHON_ENV_FILE,
        code=code,
        model_config=CONFIG,
    )

    def write_mlmodel() -> None:
        section = spec.model_copy(update={"manifest": manifest.make(folder)}).write()
        mlflow_model.add_flavor(FLAVOR_NAME, **section, **extra_files_config)
        mlflow_model.model_size_bytes = _mlflow.get_total_file_size(str(folder)) or len(model.sql.encode())
        mlmodel.write(mlflow_model, folder / MLMODEL_FILE_NAME)

    needed = None
    if given.conda_env is None and given.pip_requirements is None:
        isolated = model.model_limits.get("isolation") == "process"
        needed = packaging.requirements(bundled=bundled, udfs=bool(model.udfs), isolated=isolated)
        if model.udfs:  # what the functions import is not known otherwise
            write_mlmodel()
            needed = sorted({*needed, *packaging.inferred(folder, FLAVOR_NAME, needed)})
    packaging.write_environment(folder, needed, given.conda_env, given.pip_requirements, given.extra_pip_requirements)
    write_mlmodel()


def _say_what_callers_meet(prepared: Prepared, folder: Path, given: Arguments, prediction: str | None) -> None:
    if prediction is not None and prepared.bound.program.rows == "table":
        _logger.warning(
            "The rows of prediction_column %r are in an order or number of the query's own, and mlflow.models.evaluate "
            "pairs predictions with targets by place: leave ORDER BY, LIMIT and filters out of a model that is to be "
            "evaluated.",
            prediction,
        )
    inputs, types = getattr(prepared.signature, "inputs", None), prepared.bound.program.input_schema
    example = given.input_example[0] if isinstance(given.input_example, tuple) else given.input_example
    signed = isinstance(given.signature, ModelSignature) and given.signature.inputs is not None
    told = (
        *enforcement.refused_by_pyfunc(example, inputs, signed, types),
        *enforcement.refused_by_server(folder, example, inputs, types, signed),
    )
    for sentence in dict.fromkeys(told):
        _logger.warning("%s", sentence)


def _model(sql_model: str | Path | SQLModel | exp.Expr | Statement, given: Arguments) -> SQLModel:
    own = given.of_the_model()
    signature = given.signature if isinstance(given.signature, ModelSignature) else None
    if not isinstance(sql_model, SQLModel):
        if given.dialect is None and isinstance(sql_model, (str, Path)):
            _say_dialect(text_of(sql_model, "duckdb"))
        return SQLModel(sql_model, signature=signature, **own)
    if own:
        raise InputError(
            f"A SQLModel brings its own {', '.join(own)}: give them to SQLModel(...), or pass the SQL text here."
        )
    return sql_model.copy(signature)


def _say_dialect(text: str) -> None:
    """How a text is read of which nobody named the dialect, and which of its words are another's."""
    from ..query.reading.foreign_words import foreign_words

    found = [f"{word} ({', '.join(dialects)})" for word, dialects in foreign_words(text).items()]
    if found:
        _logger.warning(
            "No dialect was named: the query is read as DuckDB's, and words of it are of others: %s. Pass dialect=... "
            "to get that engine's rows.",
            ", ".join(found[:_MOST_WARNINGS]),
        )
    else:
        _logger.info("No dialect was named: the query is read as DuckDB's.")


@public
@_mlflow.format_docstring(ARGUMENT_DOCS)
def log_model(
    sql_model: str | Path | SQLModel | exp.Expr | Statement,
    artifact_path: str | None = None,
    conda_env: str | dict[str, Any] | None = None,
    code_paths: list[str] | None = None,
    registered_model_name: str | None = None,
    dialect: str | None = None,
    tables: Mapping[str, Data | str | os.PathLike[str]] | None = None,
    udfs: Sequence[Callable[..., Any]] | None = None,
    input_table: str | None = None,
    input_types: Mapping[str, str | pa.DataType] | pa.Schema | None = None,
    prediction_column: str | None = None,
    limits: Mapping[str, Any] | None = None,
    allow: Collection[str] | None = None,
    signature: ModelSignature | bool | None = None,
    input_example: ModelInputExample | None = None,
    await_registration_for: int | None = _mlflow.DEFAULT_AWAIT_MAX_SLEEP_SECONDS,
    pip_requirements: str | Iterable[str] | None = None,
    extra_pip_requirements: str | Iterable[str] | None = None,
    expected_output: Data | None = None,
    bundle_flavor: bool | str = "auto",
    metadata: dict[str, Any] | None = None,
    extra_files: list[str] | None = None,
    name: str | None = None,
    params: dict[str, Any] | None = None,
    tags: dict[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    strict: bool | None = None,
    keys: Mapping[str, Key] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """
    Log a SQL model as an MLflow artifact for the current run.

    The logged model and, with ``registered_model_name``, the model version carry the tags ``sql.dialect`` and
    ``sql.level`` and a description: dialect, level, what it reads and gives, and the query up to a screen. Where a run
    is active, the reference tables and the input example are inputs of it, with their digests.

    Args:
        sql_model: {{ sql_model }}
        artifact_path: Deprecated. Use `name` instead.
        conda_env: {{ conda_env }}
        code_paths: {{ code_paths }}
        registered_model_name: If given, create a model version under ``registered_model_name``, also creating a
            registered model if one with the given name does not exist.
        dialect: {{ dialect }}
        tables: {{ tables }}
        udfs: {{ udfs }}
        input_table: {{ input_table }}
        input_types: {{ input_types }}
        prediction_column: {{ prediction_column }}
        limits: {{ limits }}
        allow: {{ allow }}
        signature: {{ signature }}
        input_example: {{ input_example }}
        await_registration_for: Number of seconds to wait for the model version to finish being created and is in
            ``READY`` status. By default, the function waits for five minutes. Specify 0 or None to skip waiting.
        pip_requirements: {{ pip_requirements }}
        extra_pip_requirements: {{ extra_pip_requirements }}
        expected_output: {{ expected_output }}
        bundle_flavor: {{ bundle_flavor }}
        metadata: {{ metadata }}
        extra_files: {{ extra_files }}
        name: {{ name }}
        params: {{ params }}
        tags: {{ tags }}
        model_type: {{ model_type }}
        step: {{ step }}
        model_id: {{ model_id }}
        strict: {{ strict }}
        keys: {{ keys }}
        kwargs: Extra kwargs to pass to ``mlflow.models.Model.log``.

    Returns:
        A :py:class:`ModelInfo <mlflow.models.model.ModelInfo>` instance that contains the metadata of the logged model.
    """
    given = Arguments.of(locals())
    written_in = sql_model.dialect if isinstance(sql_model, SQLModel) else dialect_name(dialect)
    info = Model.log(
        artifact_path=artifact_path,
        name=name,
        flavor=sys.modules["mlflow_sql_flavor"],
        registered_model_name=registered_model_name,
        await_registration_for=await_registration_for,
        params=params,
        tags={"sql.dialect": written_in, **(tags or {})},
        model_type=model_type,
        step=step,
        model_id=model_id,
        sql_model=sql_model,
        **given.by_name(),
        **kwargs,
    )
    track(info, info.flavors[FLAVOR_NAME], registered_model_name, kwargs.get("run_id"))
    return info
