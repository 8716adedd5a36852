"""The names of the package: looked up when they are asked for."""

import importlib
import json
import subprocess
import sys
import textwrap

import pytest

import mlflow_sql_flavor

PUBLIC = [
    "FLAVOR_NAME",
    "SQLModel",
    "__version__",
    "diff",
    "from_dbt",
    "from_sklearn",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]


def in_a_new_process(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_dir_shows_the_public_names() -> None:
    """Before any is used, and after all are."""
    fresh = in_a_new_process("import json, mlflow_sql_flavor; print(json.dumps(dir(mlflow_sql_flavor)))")
    for name in PUBLIC:
        assert getattr(mlflow_sql_flavor, name) is not None
    assert dir(mlflow_sql_flavor) == json.loads(fresh) == PUBLIC == mlflow_sql_flavor.__all__


def test_what_mlflow_looks_for_is_there() -> None:
    """MLflow imports ``loader_module`` and takes ``_load_pyfunc``; ``log_model`` hands it the module itself."""
    assert importlib.import_module("mlflow_sql_flavor")._load_pyfunc.__module__ == "mlflow_sql_flavor.pyfunc"
    assert "_load_pyfunc" not in mlflow_sql_flavor.__all__


@pytest.mark.ci
def test_names_and_parts_without_another_import() -> None:
    """``from ... import``, ``import *``, and the parts as attributes, each in a process that imported nothing else."""
    in_a_new_process(
        "from mlflow_sql_flavor import save_model, _load_pyfunc; assert save_model.__name__ == 'save_model'"
    )
    in_a_new_process("from mlflow_sql_flavor import *; assert diff.__module__ == 'mlflow_sql_flavor.review.diff'")
    in_a_new_process("import mlflow_sql_flavor; assert issubclass(mlflow_sql_flavor.errors.QueryError, Exception)")
    in_a_new_process(
        """
        import inspect, mlflow_sql_flavor
        assert inspect.ismodule(mlflow_sql_flavor.flavor) and inspect.ismodule(mlflow_sql_flavor.review)
        assert callable(mlflow_sql_flavor.diff)
        try:
            mlflow_sql_flavor.nothing
        except AttributeError as error:
            assert str(error) == "module 'mlflow_sql_flavor' has no attribute 'nothing'"
        else:
            raise AssertionError
        """
    )


def test_importing_it_imports_none_of_what_it_uses() -> None:
    heavy = ["mlflow", "pandas", "numpy", "pyarrow", "duckdb", "sqlglot", "pydantic", "yaml", "click"]
    code = f"import sys, mlflow_sql_flavor; print([name for name in {heavy} if name in sys.modules])"
    assert in_a_new_process(code) == "[]\n"
