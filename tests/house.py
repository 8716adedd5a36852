"""The order of the package's parts, and what runs against it: ``python -m tests.house``.

A part may import what stands below it, never what stands above. Every import counts: those inside of functions and
those for type checkers too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
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


#: Modules that import others by a name made at run: of their own folder, or of other libraries.
BY_NAME = {
    "mlflow_sql_flavor": "the public names, when they are asked for",
    "mlflow_sql_flavor.convert.boosters.answers": "the libraries of boosted trees",
    "mlflow_sql_flavor.engines.child": "the module that a process of its own is started for",
    "mlflow_sql_flavor.engines.database": "the drivers of databases",
    "mlflow_sql_flavor.engines.spark": "pyspark",
    "mlflow_sql_flavor.query.dialects": "the rules of a dialect",
    "mlflow_sql_flavor.query.targets": "the rules of a target",
}


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
    for statement, runs in _statements(ast.parse(path.read_text(encoding="utf-8"))):
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
    """``{module: lines}`` of what imports by a text, which :func:`imports` does not see; texts of code are read too."""
    found = {
        module: [
            number
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if re.search(r"\b(import_module|__import__|run_module|run_path)\s*\(", line)
        ]
        for module, path in MODULES.items()
    }
    return {module: lines for module, lines in found.items() if lines}


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
            docstring = ast.get_docstring(ast.parse(_first_file(part).read_text(encoding="utf-8"))) or " "
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
