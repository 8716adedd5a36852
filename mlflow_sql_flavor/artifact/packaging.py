"""Requirements of a model, and the flavor's own code inside it where no index has the package.

A container or a virtual environment installs what requirements.txt says. A package installed from a checkout, a wheel
or a repository is on no index: then its code travels in the model's ``code/`` folder and no pin is written.
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import importlib.metadata
import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import SQLModelError
from ..query.gate.package_text import ARCHIVE, packed
from ..version import __version__
from .manifest import below

__all__ = ["bundle", "inferred", "requirements", "should_bundle", "write_environment"]

DISTRIBUTION = "mlflow-sql-flavor"
PACKAGE = "mlflow_sql_flavor"

_HERE = Path(__file__).resolve().parents[1]

#: The parts of the package by which a query is translated.
_TRANSLATES = ("query", "compile", "frames", "engines")

#: What a model does without to be loaded and to predict: patterns of paths in the package. What is bundled imports
#: nothing of it, but where a call asks for more than that, which then says so (``errors.left_out``).
LEFT_OUT = (
    "__main__.py",
    "argument_kinds.py",
    "cli/*",
    "convert/*",
    "deploy/*",
    "flavor/*",
    "report/*",
    "review/*",
    "scale/*",
    "compile/check.py",
    "compile/expression_text.py",
    "compile/gates/*",
    "compile/input_types.py",
    "compile/recompilation.py",
    "compile/rendering.py",
    "compile/save_preparation.py",
    "compile/signature.py",
    "compile/source_query.py",
    "artifact/atomic_folder.py",
    "artifact/query_files.py",
    "artifact/enforcement.py",
    "artifact/example.py",
    "artifact/model_description.py",
    "artifact/packaging.py",
    "artifact/recorded_rows.py",
    "artifact/stored_rows.py",
    "artifact/parquet_to_ipc.py",
    "engines/child_process.py",
    "engines/databases/*",
    "engines/spark/spark_sql.py",
    "engines/spark/types.py",
    "engines/stream.py",
    "frames/compare.py",
    "frames/mlflow_schema.py",
    "frames/sources.py",
    "query/dialects/*.py",
    "query/dialects/*.json",
    "query/evidence/*",
    "query/targets/*",
    "query/translation/*",
    "query/facts/*",
    "query/reading/*",
)

#: What of those stays: it needs no sqlglot, and loading needs it.
KEPT = (
    "query/facts/__init__.py",
    "query/facts/columns.py",
    "query/facts/keys.py",
    "query/facts/parse_tree.py",
    "query/facts/passthrough.py",
    "query/facts/rows.py",
    "query/reading/__init__.py",
    "query/reading/qualified_names.py",
    "query/reading/lengths.py",
    "query/reading/recursion.py",
    "query/reading/duckdb_tree.py",
)

#: What is compressed in a bundle, in one: every dialect's macros, of which a model asks for few, and lists of names.
PACKED = (".sql", ".txt")

#: A docstring as the formatter leaves it: the first thing in a file, or what follows the line of a class or function.
_DOCSTRING = re.compile(r'(\A|:\n) *r?"""(?:\\.|[^\\])*?"""$', re.DOTALL | re.MULTILINE)

#: What DuckDB or this package import wherever it is installed, and work without.
OPTIONAL = ("polars", "pyspark")


def should_bundle(choice: bool | str) -> bool:
    """Whether the flavor's code goes into the model.

    Args:
        choice: True, False, or ``"auto"``: if no index is known to have the installed package. pip records where a
            package came from in ``direct_url.json`` unless it came from an index (PEP 610).
    """
    if isinstance(choice, bool):
        return choice
    if choice != "auto":
        raise SQLModelError(f'bundle_flavor is True, False or "auto", not {choice!r}.')
    try:
        found = importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return True
    here = Path(__file__).resolve().parents[1]
    # Running from a model's code/ folder, an installed copy says nothing about this one.
    if found.version != __version__ or Path(str(found.locate_file(PACKAGE))).resolve() != here:
        return True
    # No installer wrote the metadata that a build leaves beside a checkout, which is found first from there.
    return found.read_text("direct_url.json") is not None or found.read_text("INSTALLER") is None


def bundle(folder: Path, code: str | None) -> str:
    """Copies what loads a model and predicts into its code folder.

    Args:
        folder: The model.
        code: The code folder MLflow made for ``code_paths``, relative to the model; None if there is none.

    Returns:
        The code folder, relative to the model.
    """
    target = folder / (code or "code")
    destination = target / PACKAGE
    if destination.exists():
        raise SQLModelError(
            f"code_paths brings a folder {PACKAGE} of its own; leave it out, or pass bundle_flavor=False to use it."
        )
    for path in bundled_files():
        if path.endswith(PACKED):
            continue
        made = destination / path
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(bundled_file(path))
    (destination / ARCHIVE).write_bytes(_archive())
    return target.name


@functools.cache
def bundled_file(path: str) -> bytes:
    """A file as a bundle has it: a module without its docstrings, as ``python -OO`` runs it, each line in its place."""
    content = (_HERE / path).read_bytes()
    return _without_docstrings(content.decode()).encode() if path.endswith(".py") else content


def _without_docstrings(source: str) -> str:
    def none(found: re.Match[str]) -> str:
        text = found[0]
        indented = text[: text.index('"""')].removesuffix("r")
        return f'{indented}""' + "\n" * text.count("\n", len(indented))

    return _DOCSTRING.sub(none, source)


def bundled_texts() -> dict[str, str]:
    """``{path: text}`` of the files of a bundle that it brings in one."""
    return {path: (_HERE / path).read_bytes().decode() for path in bundled_files() if path.endswith(PACKED)}


@functools.cache
def _archive() -> bytes:
    return packed(bundled_texts())


@functools.cache
def bundled_files() -> tuple[str, ...]:
    """The files of a bundle, relative to the package, with forward slashes."""
    return tuple(
        path for path in _files() if path in KEPT or not any(fnmatch.fnmatchcase(path, one) for one in LEFT_OUT)
    )


@functools.cache
def _files() -> tuple[str, ...]:
    """The package's own files, relative to it."""
    return tuple(
        path
        for path in below(_HERE)
        if not any(part == "__pycache__" or part.startswith(".") for part in path.split("/")) and path[-4:] != ".pyc"
    )


@functools.cache
def sources_digest() -> str:
    """SHA-256 of the sources that make ``duckdb_sql`` of ``sql``: the same digest gives the same text."""
    found = hashlib.sha256()
    for path in _files():
        if path.split("/")[0] in _TRANSLATES:
            found.update(f"{path}\n".encode() + hashlib.sha256(_HERE.joinpath(path).read_bytes()).digest())
    return found.hexdigest()


def requirements(*, bundled: bool, udfs: bool, tables: bool = True, isolated: bool = False) -> list[str]:
    """What a model needs besides MLflow, pinned to what is installed.

    Args:
        bundled: The flavor's code is in the model, so that no index needs to have it.
        udfs: The model has Python functions.
        tables: The model reads Arrow data; it always does.
        isolated: The model asks for ``isolation="process"`` itself. (cloudpickle then comes with loky.)
    """
    from .. import _mlflow

    own = [] if bundled else [f"{DISTRIBUTION}=={__version__}"]
    names = ["duckdb", "pandas", *(["pyarrow"] if tables else []), *(["cloudpickle"] if udfs else [])]
    return own + [_mlflow.pinned_requirement(name) for name in names + ["loky"] * isolated]


def inferred(folder: Path, flavor: str, fallback: list[str]) -> list[str]:
    """What MLflow sees a model import, for what its Python functions need.

    Without this package: whether it is pinned is decided by :func:`requirements`. And without :data:`OPTIONAL`, unless
    the functions name it.

    Args:
        folder: The model, with its MLmodel.
        flavor: The flavor's name.
        fallback: If MLflow cannot load the model.
    """
    from mlflow.models import infer_pip_requirements

    found = infer_pip_requirements(str(folder), flavor, fallback=fallback)
    paths = [folder / "udfs.cloudpickle", *(p for p in folder.glob("code/**/*.py") if PACKAGE not in p.parts)]
    sources = [path.read_bytes() for path in paths if path.is_file()]
    unused = [f"{name}=" for name in OPTIONAL if not any(name.encode() in source for source in sources)]
    return [line for line in found if not line.startswith((DISTRIBUTION, PACKAGE, *unused))]


def write_environment(
    folder: Path, needed: list[str] | None, conda_env: Any, pip_requirements: Any, extra_pip_requirements: Any
) -> None:
    """Writes requirements.txt, conda.yaml and python_env.yaml, as the built-in flavors do.

    Args:
        folder: The model.
        needed: Requirements where the writer gives none; None where one of the next two is given.
        conda_env: As for ``save_model``.
        pip_requirements: As for ``save_model``.
        extra_pip_requirements: As for ``save_model``.
    """
    from .. import _mlflow

    if conda_env is None:
        found = _mlflow.process_pip_requirements(needed, pip_requirements, extra_pip_requirements)
    else:
        found = _mlflow.process_conda_env(conda_env)
    conda_env, pip_requirements, constraints = found
    with open(folder / _mlflow.CONDA_ENV_FILE, "w", encoding="utf-8") as file:
        yaml.safe_dump(conda_env, stream=file, default_flow_style=False)
    if constraints:
        _mlflow.write_to(str(folder / _mlflow.CONSTRAINTS_FILE), "\n".join(constraints))
    _mlflow.write_to(str(folder / _mlflow.REQUIREMENTS_FILE), "\n".join(pip_requirements))
    _mlflow.PythonEnv.current().to_yaml(str(folder / _mlflow.PYTHON_ENV_FILE))
