"""The house as DESIGN has it: data flows one way, and each foreign library has its place."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests import house
from tests.house import MODULES, Import


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _ran(module: str) -> set[str]:
    return {found.target for found in house.imports(module) if found.runs and found.target != module}


def _shown(wrong: list[Import]) -> list[str]:
    return [f"{found.module}:{found.line} -> {found.target}" for found in wrong]


def test_what_is_looked_at() -> None:
    assert len(MODULES) > 100
    assert "mlflow_sql_flavor.compile.compiled_model" in _ran("mlflow_sql_flavor.model")
    assert "sqlglot.exp" in _ran("mlflow_sql_flavor.query.reading.parse")


def test_every_module_is_in_a_part_of_the_order() -> None:
    assert {house.part_of(module) for module in MODULES} <= set(house.ORDER)


def test_a_room_that_is_not_in_the_order_is_none() -> None:
    assert house.part_of("mlflow_sql_flavor.query") == "query"
    assert house.part_of("mlflow_sql_flavor.query.gate.policy") == "query.gate"
    assert house.part_of("mlflow_sql_flavor.convert.dbt.types") == "convert"
    for name in ("query.newroom", "query.newroom.rules", "query.new", "newroom", "new"):
        with pytest.raises(LookupError):
            house.part_of(f"mlflow_sql_flavor.{name}")


def test_every_part_of_the_order_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not house.absent()
    monkeypatch.setattr(house, "ORDER", (*house.ORDER, "query.newroom", "new"))
    assert house.absent() == ["query.newroom", "new"]


def test_modules_are_imported_by_name_where_that_is_expected() -> None:
    """Such an import is none that the order is read from."""
    assert house.imported_by_name().keys() == house.BY_NAME.keys()


@pytest.mark.parametrize(
    "line",
    [
        'importlib.import_module("mlflow_sql_flavor.cli")',
        'i("mlflow_sql_flavor.cli")',
        'i.import_module("mlflow_sql_flavor.cli")',
        'sys.modules["mlflow_sql_flavor.cli"]',
        's.get("mlflow_sql_flavor.cli")',
        'pkgutil.resolve_name("mlflow_sql_flavor.cli:main")',
        'getattr(importlib, "import_" + "module")("mlflow_sql_flavor.cli")',
        '__import__("mlflow_sql_flavor.cli")',
        'exec("from mlflow_sql_flavor import cli")',
        '[entry.load() for entry in importlib.metadata.entry_points(group="console_scripts")]',
        '"import importlib; importlib.import_module(name)"',
    ],
)
def test_an_import_by_name_is_seen(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    heads = {
        "i(": "from importlib import import_module as i",
        "i.": "import importlib as i",
        "s.": "from sys import modules as s",
    }
    head = heads.get(line[:2], "import importlib.metadata, pkgutil, sys")
    (tmp_path / "new.py").write_text(f"{head}\nx = {line}\n")
    monkeypatch.setitem(MODULES, "mlflow_sql_flavor.frames.new", tmp_path / "new.py")
    assert 2 in house.imported_by_name()["mlflow_sql_flavor.frames.new"]


def test_a_version_and_a_file_are_no_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text(
        "import importlib.metadata, re, sys\nfrom importlib.resources import files\n"
        'x = [importlib.metadata.version("mlflow"), files("mlflow_sql_flavor"), sys.path, re.compile("eval")]\n'
    )
    monkeypatch.setitem(MODULES, "mlflow_sql_flavor.frames.new", tmp_path / "new.py")
    assert "mlflow_sql_flavor.frames.new" not in house.imported_by_name()


def test_a_part_imports_only_what_stands_below_it() -> None:
    assert not _shown(house.against_the_order())


def test_a_dialect_imports_its_parent_or_what_is_shared() -> None:
    assert not _shown(house.crossings())


def test_every_module_that_is_imported_exists() -> None:
    """mypy passes over missing modules, since not every library has types."""
    assert not [
        f"{module}:{found.line} -> {found.target}"
        for module in MODULES
        for found in house.imports(module)
        if _within(found.target, "mlflow_sql_flavor") and found.target not in MODULES
    ]


def test_the_rooms_stay_small() -> None:
    assert sum(path.parent == house.PACKAGE for path in MODULES.values()) <= 9
    assert sum(path.parent == house.PACKAGE / "query" for path in MODULES.values()) <= 3
    assert not [(lines, name) for lines, name in house.longest() if lines > 450]


def test_no_cycle() -> None:
    graph = {
        name: {found.target for found in house.imports(name) if found.target in MODULES} - {name} for name in MODULES
    }
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
        name for name in MODULES if not _within(name, home) and any(_within(other, library) for other in _ran(name))
    }
    assert not strangers


def test_private_names_of_mlflow_are_in_one_place() -> None:
    private = {
        (name, imported)
        for name in MODULES
        if name != "mlflow_sql_flavor._mlflow"
        for imported in _ran(name)
        if _within(imported, "mlflow") and any(part.startswith("_") for part in imported.split("."))
    }
    assert not private


def test_only_model_py_knows_the_private_side_of_a_model() -> None:
    """What other modules need of a ``SQLModel`` is public; a private name of its is read on ``self`` alone."""
    tree = house.tree_of(MODULES["mlflow_sql_flavor.model"])
    (model,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "SQLModel")
    methods = {node.name for node in model.body if isinstance(node, ast.FunctionDef)}
    attributes = [node for node in ast.walk(model) if isinstance(node, ast.Attribute)]
    set_here = {node.attr for node in attributes if _is_name(node.value, "self")}
    private = {name for name in methods | set_here if name.startswith("_") and not name.startswith("__")}
    assert {"_compiled_model", "_repr_html_"} <= private
    read = {
        f"{name}:{node.lineno} {ast.unparse(node)}"
        for name, path in MODULES.items()
        if name != "mlflow_sql_flavor.model"
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in private and not _is_name(node.value, "self", "cls")
    }
    assert not read


def test_what_looks_at_a_model_gets_plain_values() -> None:
    """Batches, Spark, databases and reports get a definition and what was compiled of it, never what compiles."""
    live = {
        f"{name} -> {found.target}"
        for name in MODULES
        if house.part_of(name) in ("scale", "report")
        for found in house.imports(name)
        if found.target in ("mlflow_sql_flavor.compile.compiled_model", "mlflow_sql_flavor.compile.source_query")
        and found.runs
    } | {
        f"{name}:{node.lineno}"
        for name, path in MODULES.items()
        if house.part_of(name) in ("scale", "report")
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.Name) and node.id == "CompiledModel"
    }
    assert not live


def test_only_the_flavor_that_saves_a_model_is_handed_what_compiles_it() -> None:
    """Others ask ``bind``, or take the definition."""
    asked = {
        name
        for name, path in MODULES.items()
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.ImportFrom) and any(alias.name == "compiled_model_of" for alias in node.names)
    }
    assert asked == {"mlflow_sql_flavor.flavor"}


def test_what_stands_below_the_model_does_not_name_it() -> None:
    named = {
        name
        for name, path in MODULES.items()
        if house.ORDER.index(house.part_of(name)) > house.ORDER.index("model")
        for node in ast.walk(house.tree_of(path))
        if isinstance(node, ast.Name) and node.id == "SQLModel"
    }
    assert not named


def _is_name(node: ast.expr, *names: str) -> bool:
    return isinstance(node, ast.Name) and node.id in names
