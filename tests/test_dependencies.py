"""What the package imports is what pyproject.toml declares."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Of an extra, or of MLflow's own parts: the module's distribution has another name where it is not installed.
NAMES = {"ibis": "ibis-framework", "sklearn": "scikit-learn", "xgboost": "xgboost-cpu", "yaml": "PyYAML"}

#: Not of an index: this folder, a vendor's recorded suites, a package that a test makes.
NOT_INSTALLED = {"tests", "core", "common", "report", "pricing_of_a_test", "dbt", "agate"}


def normal(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> dict[str, Requirement]:
    return {normal(found.name): found for found in map(Requirement, requirements)}


def imported(node: ast.AST, at_import: bool, runs: bool = True) -> set[str]:
    """Top-level modules of others that a file imports; ``at_import``: when it is imported itself."""
    found = set()
    for child in ast.iter_child_nodes(node):
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        checked = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if isinstance(child, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in child.names if runs}
        elif isinstance(child, ast.ImportFrom) and not child.level:
            found |= {str(child.module).partition(".")[0]} if runs else set()
        found |= imported(child, at_import, runs and not (at_import and (inside or checked)))
    return found - set(sys.stdlib_module_names)


def distributions(at_import: bool, folder: str = "mlflow_sql_flavor") -> dict[str, set[str]]:
    """``{module: distributions it may come from}``."""
    installed = packages_distributions()
    modules: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        modules |= imported(ast.parse(path.read_text(encoding="utf-8")), at_import)
    return {name: {normal(d) for d in installed.get(name, [NAMES.get(name, name)])} for name in modules}


def test_what_every_import_needs_is_a_dependency() -> None:
    """An import at the top of a file runs for everybody."""
    known = declared(PROJECT["dependencies"])
    assert not {name: found for name, found in distributions(at_import=True).items() if not found & known.keys()}


def test_what_is_imported_anywhere_is_declared() -> None:
    """An import inside a function too, be it of an extra."""
    known = declared([*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())])
    found = distributions(at_import=False)
    assert {"mlflow", "duckdb", "sqlglot", "pandas", "numpy", "pydantic", "yaml", "loky", "sklearn"} <= found.keys()
    assert not {name: names for name, names in found.items() if not names & known.keys()}


def test_what_the_tests_import_is_declared() -> None:
    """Not only there because something else happens to need it."""
    known = declared([*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())])
    found = distributions(at_import=False, folder="tests")
    assert {"requests", "uvicorn", "starlette", "packaging"} <= found.keys()
    missing = {name for name, names in found.items() if not names & known.keys()}
    assert missing <= {"mlflow_sql_flavor", *NOT_INSTALLED}, sorted(missing)


def test_every_dependency_is_imported_and_has_a_lowest_version() -> None:
    used = set().union(*distributions(at_import=False).values())
    for name, requirement in declared(PROJECT["dependencies"]).items():
        assert name in used, f"{name} is declared and not imported"
        assert any(each.operator == ">=" for each in requirement.specifier), name


def test_the_oldest_versions_tried_are_the_lowest_declared() -> None:
    """tests/oldest.txt pins what pyproject.toml allows at the least, as far as it is written out there."""
    lines = (ROOT / "tests" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    tried = declared([line for line in lines if "==" in line])
    for name, requirement in declared(PROJECT["dependencies"]).items():
        (pin,) = tried[name].specifier
        (lowest,) = (each.version for each in requirement.specifier if each.operator == ">=")
        assert pin.version == lowest or pin.version.startswith(f"{lowest}."), f"{name}: {pin} is not {lowest}"
