"""The house as DESIGN has it: data flows one way, and each foreign library has its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlflow_sql_flavor"


def _module(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


MODULES = {_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _statements(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that runs, wherever it stands: those for type checkers do not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        yield from _statements(child)


@cache
def _imports(module: str) -> frozenset[str]:
    """What a module imports, names of this package as modules of it where they are some."""
    path = MODULES[module]
    home = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found = set()
    for statement in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        parts = home[: len(home) - statement.level + 1] if statement.level else []
        base = ".".join([*parts, *([statement.module] if statement.module else [])])
        for alias in statement.names:
            full = f"{base}.{alias.name}"
            found.add(full if full in MODULES or not statement.level else base)
    return frozenset(found - {module})


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_what_is_looked_at() -> None:
    assert len(MODULES) > 100
    assert "mlflow_sql_flavor.compile" in _imports("mlflow_sql_flavor.model")
    assert "sqlglot.exp" in _imports("mlflow_sql_flavor.query.parse")


def test_no_cycle() -> None:
    graph = {name: {other for other in _imports(name) if other in MODULES} for name in MODULES}
    graph["mlflow_sql_flavor"] = set()  # its verbs are imported by their users, when they are called
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    ("library", "home"),
    [("sqlglot", "mlflow_sql_flavor.query"), ("mlflow.utils", "mlflow_sql_flavor._mlflow")],
)
def test_a_library_has_one_home(library: str, home: str) -> None:
    strangers = {
        name
        for name in MODULES
        if not _within(name, home) and any(_within(imported, library) for imported in _imports(name))
    }
    assert not strangers


def test_private_names_of_mlflow_are_in_one_place() -> None:
    private = {
        (name, imported)
        for name in MODULES
        if name != "mlflow_sql_flavor._mlflow"
        for imported in _imports(name)
        if _within(imported, "mlflow") and any(part.startswith("_") for part in imported.split("."))
    }
    assert not private


def test_texts_know_no_engine_and_engines_no_model() -> None:
    above = ("flavor", "model", "pyfunc", "artifact", "compile", "native", "elsewhere", "cli", "report", "convert")
    for name in MODULES:
        if _within(name, "mlflow_sql_flavor.query"):
            assert not {i for i in _imports(name) if _within(i, "mlflow_sql_flavor.engines")}, name
        if _within(name, "mlflow_sql_flavor.engines") or _within(name, "mlflow_sql_flavor.query"):
            assert not {i for i in _imports(name) for top in above if _within(i, f"mlflow_sql_flavor.{top}")}, name
