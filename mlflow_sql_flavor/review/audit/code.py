"""What code a model brings: the bundled package, modules of its own, Python functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...artifact import packaging
from ...artifact.bounded_files import checksum, read_file
from ...artifact.functions import UDF_FILE
from ...artifact.manifest import below
from ...artifact.spec import SqlSpec
from ...errors import SQLModelError
from ...query.gate.package_text import ARCHIVE, unpacked

__all__ = ["judge_code"]

#: A larger module of the bundled package is none of this package's, in bytes.
_MOST = 10_000_000


def judge_code(spec: SqlSpec, pyfunc: Any, root: Path) -> Iterator[tuple[str, str, str]]:
    """Remarks on what runs where the model is loaded.

    Yields:
        ``(subject, verdict, sentence)``.
    """
    yield from _udfs(spec, root)
    named = {str(name) for name in (spec.code, pyfunc.get("code") if isinstance(pyfunc, dict) else None) if name}
    for name in sorted(named - {"code"}):
        yield "code", "bad", f"mlflow.pyfunc.load_model would import from {name[:80]!r}, which is not audited."
    code = root / "code"
    files = list(below(code)) if code.is_dir() and not code.is_symlink() else []
    own = [path for path in files if path.startswith(f"{packaging.PACKAGE}/")]
    if own:
        yield _bundled(spec, code, own)
    foreign = [path for path in files if path not in set(own)]
    if foreign or code.is_symlink():
        text = f"mlflow.pyfunc.load_model puts the model's own code on sys.path ({_some(foreign)})."
        yield "code", "bad", text
    elif named <= {"code"}:
        yield "code", "ok", "No code of the model's own."


def _udfs(spec: SqlSpec, root: Path) -> Iterator[tuple[str, str, str]]:
    if spec.udfs is None:
        if (root / UDF_FILE).is_symlink() or (root / UDF_FILE).exists():
            yield "udfs", "bad", f"The pickle {UDF_FILE} lies in the model, but the query has no Python functions."
        else:
            yield "udfs", "ok", "No Python functions, no pickle."
        return
    try:
        same = checksum(root, UDF_FILE) == spec.udfs.sha256
    except SQLModelError as error:
        yield "udfs", "bad", f"The pickle {UDF_FILE}: {error.message}"
        return
    if not same:
        yield "udfs", "bad", f"The pickle {UDF_FILE} is not the one that was saved: its checksum differs."
        return
    names = ", ".join(name[:40] for name in list(spec.udfs.functions)[:10])
    text = f"A pickle of Python functions, whose code runs when it is loaded and is not looked into: {names}."
    yield "udfs", "not known", text


def _bundled(spec: SqlSpec, code: Path, own: list[str]) -> tuple[str, str, str]:
    altered = _altered(code, own)
    if not altered:
        return "bundled package", "ok", f"{len(own)} files, byte for byte what the running package brings."
    text = (
        f"The model's copy of {packaging.PACKAGE}, which mlflow.pyfunc.load_model imports where none is installed, is "
        f"not this version's ({_some(altered)}). The model was saved with version {spec.mlflow_sql_flavor_version}: "
        "audit it with that one."
    )
    return "bundled package", "bad", text


def _altered(code: Path, own: list[str]) -> list[str]:
    archive = f"{packaging.PACKAGE}/{ARCHIVE}"
    altered = []
    for path in own:
        parts = path.split("/")
        # What a bundle never brings: a compiled file there would be imported in place of the source beside it.
        extra = path.endswith((".pyc", ".so", ".pyd")) or any(part.startswith(".") for part in parts)
        try:
            brought = read_file(code, path, _MOST)
            if path == archive:  # what it holds, not how it was compressed
                same = unpacked(brought) == packaging.bundled_texts()
            else:
                same = not extra and brought == packaging.bundled_file("/".join(parts[1:]))
            if not same:
                altered.append(path)
        except (OSError, SQLModelError, ValueError):
            altered.append(path)
    expected = {f"{packaging.PACKAGE}/{path}" for path in packaging.bundled_files()}
    expected = {path for path in expected if not path.endswith(packaging.PACKED)} | {archive}
    return sorted({*altered, *(expected - set(own))})


def _some(paths: list[str]) -> str:
    shown = ", ".join(path[:80] for path in paths[:3])
    return f"{len(paths)} files: {shown}{', …' if len(paths) > 3 else ''}"
