"""The order of the package's parts, and what runs against it: ``python -m tests.house``.

A part may import what stands below it, never what stands above. Every import counts: those inside of functions and
those for type checkers too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = [
    "BY_NAME",
    "MODULES",
    "ORDER",
    "PACKAGE",
    "Import",
    "absent",
    "against_the_order",
    "crossings",
    "imported_by_name",
    "imports",
    "longest",
    "part_of",
    "tree_of",
]

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mlflow_sql_flavor"

#: Highest first; a dot separates a folder from one within it.
ORDER = (
    "__main__",
    "cli",
    "deploy",
    "__init__",
    "review",
    "flavor",
    "pyfunc",
    "convert",
    "model",
    "mlflow_errors",
    "argument_kinds",
    "scale",
    "report",
    "compile",
    "artifact",
    "engines",
    "frames",
    "query",
    "query.evidence",
    "query.targets",
    "query.translation",
    "query.dialects",
    "query.facts",
    "query.gate",
    "query.reading",
    "_mlflow",
    "errors",
    "version",
)

#: A dialect that descends from another one may import it.
PARENTS = {"redshift": "postgres"}


#: Modules that reach others by a name made at run: of their own folder, or of other libraries.
BY_NAME = {
    "mlflow_sql_flavor": "the public names, when they are asked for",
    "mlflow_sql_flavor.artifact.functions": "the modules of a user's functions",
    "mlflow_sql_flavor.cli": "MLflow's errors, where MLflow is imported",
    "mlflow_sql_flavor.compile.duckdb_binding": "whether loky is installed",
    "mlflow_sql_flavor.convert.boosters.fitted_answers": "the libraries of boosted trees",
    "mlflow_sql_flavor.engines.child_process": "what a process is started for; whether resource is there",
    "mlflow_sql_flavor.engines.databases.drivers": "the drivers of databases",
    "mlflow_sql_flavor.engines.spark.detection": "pyspark, where it is imported",
    "mlflow_sql_flavor.engines.spark.spark_sql": "pyspark",
    "mlflow_sql_flavor.flavor": "the package itself, which MLflow takes as the flavor",
    "mlflow_sql_flavor.query.dialects": "the rules of a dialect",
    "mlflow_sql_flavor.query.targets": "the rules of a target",
}

#: What Python has to reach a module, or to run code, by a text: whole modules, and names in others.
_BY_TEXT = ("importlib", "pkgutil", "runpy", "zipimport", "imp", "pydoc", "sys.modules", "sys.meta_path", "builtins",
            "__import__", "__builtins__", "__loader__", "__spec__", "exec", "eval")  # fmt: skip
#: Of these, what gives files and versions.
_NO_MODULES = ("importlib.metadata", "importlib.resources")
#: The same in a text of code, for another process.
_IN_TEXT = re.compile(r"\b(importlib|pkgutil|runpy|zipimport|pydoc|sys\.modules|__import__|__builtins__)\b")


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


#: ``{dotted name: file}`` of every module of the package.
MODULES = {_module(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@dataclass(frozen=True)
class Import:
    """One import: which module's, of what, in which line, and whether it runs."""

    module: str
    target: str
    line: int
    runs: bool


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's tree, to be read only."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _statements(node: ast.AST, runs: bool = True) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        checked = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, runs
        yield from _statements(child, runs and not checked)


@cache
def imports(module: str) -> tuple[Import, ...]:
    """What a module imports, names of this package as modules of it where they are some."""
    path = MODULES[module]
    home = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    found = []
    for statement, runs in _statements(tree_of(path)):
        if isinstance(statement, ast.Import):
            found += [Import(module, alias.name, statement.lineno, runs) for alias in statement.names]
            continue
        parts = home[: len(home) - statement.level + 1] if statement.level else []
        base = ".".join([*parts, *([statement.module] if statement.module else [])])
        for alias in statement.names:
            full = f"{base}.{alias.name}"
            # Of this package a name is looked up in a module; of others it may be one.
            target = base if full not in MODULES and (statement.level or base in MODULES) else full
            found.append(Import(module, target, statement.lineno, runs))
    return tuple(found)


def part_of(module: str) -> str:
    """The part a module of the package belongs to, by the longest name in :data:`ORDER`.

    Raises:
        LookupError: The order has no such part.
    """
    name = module.removeprefix("mlflow_sql_flavor").removeprefix(".") or "__init__"
    parts = name.split(".")
    if ".".join(parts[:2]) in ORDER:
        return ".".join(parts[:2])
    # What is cut into rooms has no others: only what stands beside them is of the whole.
    rooms = any(part.startswith(f"{parts[0]}.") for part in ORDER)
    if parts[0] in ORDER and not (rooms and len(parts) > 1):
        return parts[0]
    raise LookupError(f"{module} is in no part of ORDER")


def absent() -> list[str]:
    """Parts of :data:`ORDER` that the package does not have."""
    return [part for part in ORDER if not _first_file(part).is_file()]


def imported_by_name() -> dict[str, list[int]]:
    """``{module: lines}`` of what may import by a text, which :func:`imports` does not see."""
    found = {module: _by_text(path) for module, path in MODULES.items()}
    return {module: lines for module, lines in found.items() if lines}


@cache
def _by_text(path: Path) -> list[int]:
    return sorted({line for line, name in _dotted_names(path) if _is_by_text(name)})


def _dotted_names(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name, whatever it is called here, of every name that a module, or a text of code in it, uses."""
    tree = tree_of(path)
    called: dict[str, str] = {}
    for statement, _ in _statements(tree):
        for alias in statement.names:
            if isinstance(statement, ast.ImportFrom):
                called[alias.asname or alias.name] = full = f"{statement.module}.{alias.name}"
                yield statement.lineno, full
            elif alias.asname:
                called[alias.asname] = alias.name
    within = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and node not in within:
            rest: list[str] = []
            whole: ast.expr = node
            while isinstance(whole, ast.Attribute):
                rest.insert(0, whole.attr)
                whole = whole.value
            if isinstance(whole, ast.Name):
                yield node.lineno, ".".join([called.get(whole.id, whole.id), *rest])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for line, text in enumerate(node.value.splitlines(), node.lineno):
                yield from ((line, "importlib.in_a_text") for _ in _IN_TEXT.findall(text))


def _is_by_text(name: str) -> bool:
    def within(names: Iterable[str]) -> bool:
        return any(name == each or name.startswith(f"{each}.") for each in names)

    return within(_BY_TEXT) and (not within(_NO_MODULES) or "entry_point" in name)


def against_the_order() -> list[Import]:
    """Imports of a part that stands above the importing module's own."""
    return [
        found
        for module in MODULES
        for found in imports(module)
        if found.target in MODULES and ORDER.index(part_of(found.target)) < ORDER.index(part_of(module))
    ]


def _dialect(module: str) -> str | None:
    parts = module.split(".")
    return parts[3] if parts[1:3] == ["query", "dialects"] and len(parts) > 3 else None


def crossings() -> list[Import]:
    """Imports of one dialect's rules by another's, but for those of a parent."""
    return [
        found
        for module in MODULES
        for found in imports(module)
        if (here := _dialect(module)) is not None
        and _dialect(found.target) not in (None, here, "shared", PARENTS.get(here))
    ]


def longest() -> list[tuple[int, str]]:
    """Lines and name of each module, the longest first."""
    counted = ((len(path.read_text(encoding="utf-8").splitlines()), name) for name, path in MODULES.items())
    return sorted(counted, reverse=True)


def _main() -> int:
    counts = Counter(part_of(module) for module in MODULES)
    for part in ORDER:
        if counts[part]:
            docstring = ast.get_docstring(tree_of(_first_file(part))) or " "
            what, depth = docstring.splitlines()[0], 2 * part.count(".")
            print(f"{'':{depth}}{part.rpartition('.')[2]:{16 - depth}} {counts[part]:4}  {what}")
    at_root = sum(path.parent == PACKAGE for path in MODULES.values())
    at_query = sum(path.parent == PACKAGE / "query" for path in MODULES.values())
    print(f"\n{len(MODULES)} modules, {at_root} at the root, {at_query} at query's; the longest:")
    for lines, name in longest()[:3]:
        print(f"  {lines:4} {name}")
    wrong = against_the_order()
    print(f"\nImports against the order: {len(wrong) or 'none'}")
    for found in wrong:
        print(f"  {found.module}:{found.line} -> {found.target}")
    crossed = crossings()
    print(f"Imports from one dialect into another: {len(crossed) or 'none'}")
    for found in crossed:
        print(f"  {found.module}:{found.line} -> {found.target}")
    lacking = absent()
    print(f"Parts of the order that are not there: {', '.join(lacking) or 'none'}")
    strangers = {module: lines for module, lines in imported_by_name().items() if module not in BY_NAME}
    print(f"Imports by a name made at run, where none are expected: {strangers or 'none'}")
    return 1 if wrong or crossed or lacking or strangers else 0


def _first_file(part: str) -> Path:
    folder = PACKAGE.joinpath(*part.split("."))
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


if __name__ == "__main__":
    sys.exit(_main())
