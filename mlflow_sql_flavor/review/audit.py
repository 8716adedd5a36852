"""What a model's folder holds, told without loading it: nothing of it is imported, unpickled or run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from ..artifact import files as artifact
from ..artifact import packaging
from ..artifact.functions import UDF_FILE
from ..artifact.recorded import OUTPUT
from ..artifact.spec import SqlSpec
from ..artifact.tables import stored_table
from ..compile.stored_checks import check_compat, check_fields
from ..errors import SQLModelError

__all__ = ["Audit", "Remark", "audit"]

_FLAVOR = "sql"
_MODULE = "mlflow_sql_flavor"

#: Files that MLflow writes or that this package reads; others of a model are named in the audit.
_EXPECTED = {
    "MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "constraints.txt", "input_example.json",
    "serving_input_example.json", "expected_output.parquet", "registered_model_meta", "README.md", "lineage.svg",
    OUTPUT, UDF_FILE,
}  # fmt: skip


@dataclass(frozen=True)
class Remark:
    """One thing looked at.

    Attributes:
        subject: What: ``"query"``, ``"table listings"``, ``"code"``.
        verdict: ``"ok"``; ``"note"`` for what a reader should know; ``"bad"`` for what is altered, refused or runs
            code of the model.
        message: One sentence.
    """

    subject: str
    verdict: str
    message: str


@dataclass(frozen=True)
class Audit:
    """All remarks, in the order they were made."""

    remarks: tuple[Remark, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is bad."""
        return all(remark.verdict != "bad" for remark in self.remarks)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"ok": self.ok, "remarks": [asdict(remark) for remark in self.remarks]}


def audit(folder: str | os.PathLike[str]) -> Audit:
    """Inspects a model in a local folder.

    Args:
        folder: The model, as downloaded.
    """
    root = Path(folder)
    try:
        spec = artifact.read(root, _FLAVOR).spec
        content = yaml.load((root / "MLmodel").read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        pyfunc = content["flavors"].get("python_function")
        pyfunc = pyfunc if isinstance(pyfunc, dict) else {}
    except SQLModelError as error:
        return Audit((Remark("MLmodel", "bad", error.message),))
    return Audit(
        (
            Remark("MLmodel", "ok", f"format_version {spec.format_version}, readable."),
            *_flavors(content["flavors"], pyfunc),
            *_checked("fields", "Names and types are consistent.", lambda: check_fields(spec)),
            *_checked("compat", _compat_text(spec), lambda: check_compat(spec.compat)),
            *_checked("query", "The gate accepts what DuckDB runs.", lambda: _gate(spec)),
            *_tables(spec, root),
            *_udfs(spec, root),
            *_code(spec, pyfunc, root),
            *_limits(spec, pyfunc),
            *_requirements(root),
            *_other_files(spec, root),
        )
    )


def _checked(subject: str, message: str, check: Callable[[], object]) -> Iterator[Remark]:
    try:
        check()
    except SQLModelError as error:
        yield Remark(subject, "bad", error.message)
    else:
        yield Remark(subject, "ok", message)


def _gate(spec: SqlSpec) -> None:
    from ..engines import sandbox
    from ..engines.scratch import SCRATCH

    tables = [*spec.tables, *([spec.input_table] if spec.input_types is not None else [])]
    functions = [*(spec.udfs.functions if spec.udfs else ()), *spec.compat.macros]
    cursor = SCRATCH.cursor()
    try:
        sandbox.check(cursor, spec.duckdb_sql, tables=tables, functions=functions)
    finally:
        cursor.close()


def _compat_text(spec: SqlSpec) -> str:
    if spec.compat.pack is None:
        return "No macros, and no settings outside the allowed ones."
    return (
        f"{len(spec.compat.macros)} macros of {spec.compat.pack} version {spec.compat.version}, all in this package; "
        "settings are allowed ones."
    )


def _flavors(flavors: dict[str, Any], pyfunc: dict[str, Any]) -> Iterator[Remark]:
    loader = pyfunc.get("loader_module")
    if loader in (_MODULE, None):
        text = f"loader_module is {_MODULE}." if loader else "No python_function flavor."
        yield Remark("loader", "ok", text)
    else:
        yield Remark("loader", "bad", f"mlflow.pyfunc.load_model would import {str(loader)[:80]!r}, not {_MODULE}.")
    others = sorted(str(name)[:60] for name in flavors if name not in (_FLAVOR, "python_function"))
    if others:
        yield Remark("flavors", "note", f"Other flavors, which are not audited: {', '.join(others[:10])}.")


def _tables(spec: SqlSpec, root: Path) -> Iterator[Remark]:
    for name, table in spec.tables.items():
        try:
            stored_table(name, table, root)
        except SQLModelError as error:
            yield Remark(f"table {name}", "bad", error.message)
        else:
            size = (root / table.path).stat().st_size
            yield Remark(f"table {name}", "ok", f"{table.rows:,} rows, {size:,} bytes, checksum as saved.")


def _udfs(spec: SqlSpec, root: Path) -> Iterator[Remark]:
    path = root / UDF_FILE
    if spec.udfs is None:
        if path.exists():
            yield Remark("udfs", "note", f"{UDF_FILE} lies in the model, but the query has no Python functions.")
        else:
            yield Remark("udfs", "ok", "No Python functions, no pickle.")
    elif path.is_symlink() or not path.is_file():
        yield Remark("udfs", "bad", f"The pickle {UDF_FILE} is missing.")
    elif hashlib.sha256(path.read_bytes()).hexdigest() != spec.udfs.sha256:
        yield Remark("udfs", "bad", f"The pickle {UDF_FILE} is not the one that was saved: its checksum differs.")
    else:
        names = ", ".join(list(spec.udfs.functions)[:10])
        yield Remark("udfs", "note", f"A pickle of Python functions, whose code runs when it is loaded: {names}.")


def _code(spec: SqlSpec, pyfunc: dict[str, Any], root: Path) -> Iterator[Remark]:
    named = {str(name) for name in (spec.code, pyfunc.get("code")) if name is not None}
    for name in sorted(named - {"code"}):
        yield Remark("code", "bad", f"mlflow.pyfunc.load_model would import from {name[:80]!r}, which is not audited.")
    code = root / "code"
    files = _files(code)
    own = {path for path in files if path.parts[0] == packaging.PACKAGE}
    if own:
        altered = sorted(str(p) for p in _altered(code, own))
        if altered:
            shown = f"{', '.join(altered[:3])}{', …' if len(altered) > 3 else ''}"
            yield Remark(
                "bundled package",
                "bad",
                f"The model's copy of {packaging.PACKAGE}, which mlflow.pyfunc.load_model imports where none is "
                f"installed, is not this version's ({len(altered)} files: {shown}). The model was saved with version "
                f"{spec.mlflow_sql_flavor_version}: audit it with that one.",
            )
        else:
            yield Remark("bundled package", "ok", f"{len(own)} files, byte for byte those of the running package.")
    foreign = sorted(str(path) for path in files - own)
    if foreign:
        shown = f"{', '.join(foreign[:5])}{', …' if len(foreign) > 5 else ''}"
        yield Remark(
            "code", "bad", f"mlflow.pyfunc.load_model puts the model's own code on sys.path ({len(foreign)}: {shown})."
        )
    elif named <= {"code"}:
        yield Remark("code", "ok", "No code of the model's own.")


def _files(folder: Path) -> set[Path]:
    """Files and links below a folder, relative to it; links are not followed."""
    found: set[Path] = set()
    for where, folders, files in os.walk(folder):
        links = [name for name in folders if Path(where, name).is_symlink()]
        found.update(Path(where, name).relative_to(folder) for name in [*files, *links])
    return found


def _altered(code: Path, own: set[Path]) -> set[Path]:
    here = Path(__file__).resolve().parents[1]
    altered = set()
    for path in own:
        mine, theirs = here.joinpath(*path.parts[1:]), code / path
        linked = any((code / part).is_symlink() for part in (path, *path.parents))
        # What a bundle never brings: a compiled file there would be imported in place of the source beside it.
        extra = path.suffix in (".pyc", ".so", ".pyd") or any(part.startswith(".") for part in path.parts)
        if linked or extra or not mine.is_file() or not theirs.is_file() or mine.read_bytes() != theirs.read_bytes():
            altered.add(path)
    expected = {
        Path(packaging.PACKAGE) / path
        for path in _files(here)
        if path.suffix == ".py" and not any(part.startswith(".") for part in path.parts)
    }
    return altered | (expected - own)


def _limits(spec: SqlSpec, pyfunc: dict[str, Any]) -> Iterator[Remark]:
    limits = spec.limits.model_dump(exclude_none=True)
    text = ", ".join(f"{name} {value}" for name, value in limits.items())
    yield Remark("limits", "ok", f"The model's own: {text}." if text else "None of the model's own.")
    config = pyfunc.get("config")
    given = {k: v for k, v in config.items() if v is not None} if isinstance(config, dict) else {}
    if "tables" in given:
        yield Remark("config", "bad", "MLmodel sets config.tables, which only a loader may set.")
    elif given:
        names = ", ".join(str(name)[:40] for name in list(given)[:10])
        yield Remark("config", "note", f"MLmodel sets config ({names}): it counts as a limit, never as a permission.")


def _requirements(root: Path) -> Iterator[Remark]:
    path = root / "requirements.txt"
    if path.is_symlink() or not path.is_file():
        return
    lines = path.read_bytes()[:1_000_000].decode("utf-8", "replace").splitlines()
    odd = [line.strip()[:80] for line in lines if line.strip().startswith("-") or "://" in line or " @ " in line]
    odd = [line for line in odd if line != "-c constraints.txt"]
    if odd:
        yield Remark("requirements", "note", f"Not a package of the index by name: {'; '.join(odd[:5])}.")


def _other_files(spec: SqlSpec, root: Path) -> Iterator[Remark]:
    known = _EXPECTED | {table.path for table in spec.tables.values()}
    files = _files(root)
    links = sorted(str(path) for path in files if (root / path).is_symlink())
    if links:
        yield Remark("files", "bad", f"The model has symbolic links: {', '.join(links[:5])}.")
    others = sorted(
        path.as_posix()
        for path in files
        if path.parts[0] not in ("code", "metadata") and path.as_posix() not in known and str(path) not in links
    )
    if others:
        shown = f"{', '.join(others[:5])}{', …' if len(others) > 5 else ''}"
        yield Remark("files", "note", f"{len(others)} files that no query reads: {shown}.")
