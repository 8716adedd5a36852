"""The files of a model's folder: each one looked at whole and as it should be, or named."""

from __future__ import annotations

import hashlib
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...artifact import plain_yaml
from ...artifact.bounded_files import checksum, read_file
from ...artifact.example import EXAMPLE
from ...artifact.functions import UDF_FILE
from ...artifact.manifest import REWRITTEN, below, digest
from ...artifact.recorded_rows import EXPECTED, OUTPUT, recorded_output, stored_output
from ...artifact.spec import SqlSpec
from ...errors import SQLModelError

__all__ = ["judge_folder"]

#: The most of them that are looked for, and how long their contents are read.
_MOST, _SECONDS = 100_000, 8.0

#: Data, checked by checksum alone: read as rows by MLflow, run by nobody.
_DATA = (EXAMPLE, "serving_input_example.json")
#: For people to read.
_PAGES, _LARGEST_PAGE = ("README.md", "lineage.svg"), 100_000_000
#: What MLflow adds to a folder when it logs or downloads it: names of variables, and of a version.
_VARIABLES, _VERSION = "environment_variables.txt", "registered_model_meta"
_NAMES = re.compile(r"(?:(?:#[^\n]*|[A-Za-z_][A-Za-z0-9_]*)\n?)*")


def judge_folder(spec: SqlSpec, root: Path, pages: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Remarks on the files.

    Args:
        spec: The ``sql`` section.
        root: The model.
        pages: Checksums of the pages for people, as this version writes them.

    Yields:
        ``(subject, verdict, sentence)``.
    """
    paths: list[str] = []
    links: list[str] = []
    odd: list[str] = []
    unread: list[str] = []
    for number, path in enumerate(below(root, unread)):
        if number >= _MOST:
            yield "files", "not known", f"More than {_MOST:,} files: the others were not looked at."
            break
        mode = (root / path).lstat().st_mode
        (links if stat.S_ISLNK(mode) else paths if stat.S_ISREG(mode) else odd).append(path)
    if links:
        yield "files", "bad", f"The model has symbolic links: {_some(links)}."
    if odd:
        yield "files", "bad", f"The model has what is neither file nor folder: {_some(odd)}."
    if unread:
        yield "files", "not known", f"Folders that could not be looked into: {_some(unread)}."
    yield from _manifest(spec, root, paths)
    yield from _answers(spec, root)
    yield from _pages(root, paths, pages)
    yield from _others(spec, root, paths)


def _manifest(spec: SqlSpec, root: Path, paths: list[str]) -> Iterator[tuple[str, str, str]]:
    if spec.manifest is None:
        yield "manifest", "not known", "Saved before manifests: nobody knows which files the model had."
        return
    missing: list[str] = []
    altered: list[str] = []
    rewritten: list[str] = []
    unread: list[str] = []
    present, until = set(paths), time.monotonic() + _SECONDS
    tables = {table.path for table in spec.tables.values() if table.sha256 == _sha256(spec, table.path)}
    for path, file in spec.manifest.items():
        try:
            if path.endswith("/"):
                found = digest(root / path, until) if (root / path).is_dir() else None
                same = found == file
                missing += [path] if found is None else []
            elif path not in present:
                missing.append(path)
                continue
            else:
                same = (root / path).lstat().st_size == file.bytes and (
                    path in tables or checksum(root, path, until) == file.sha256
                )
        except TimeoutError:
            unread.append(path)
            continue
        except (OSError, SQLModelError):
            same = False
        if not same and path not in missing:
            (rewritten if path in REWRITTEN else altered).append(path)
    more = [path for path in paths if path not in spec.manifest and _has_to_be_named(path, root)]
    if missing:
        yield "manifest", "bad", f"Files are missing: {_some(missing)}."
    if altered:
        yield "manifest", "bad", f"Files are not those that were saved: {_some(altered)}."
    if rewritten:
        text = f"Written anew since it was saved, as MLflow's update_model_requirements does: {_some(rewritten)}."
        yield "manifest", "not known", text
    if unread:
        yield "manifest", "not known", f"Not read to the end within {_SECONDS:g} s: {_some(unread)}."
    if more:
        yield "manifest", "not known", f"It does not name these, whoever put them there: {_some(more)}."
    if not (missing or altered or rewritten or unread or more):
        yield "manifest", "ok", f"{len(spec.manifest)} entries, each read whole and as it was saved."


def _has_to_be_named(path: str, root: Path) -> bool:
    """Whether no entry for a folder stands for a file, and MLflow does not add it later."""
    later = path in (_VARIABLES, _VERSION) and _is_later(root, path)
    return path != "MLmodel" and not path.startswith("code/") and not later


def _sha256(spec: SqlSpec, path: str) -> str | None:
    file = (spec.manifest or {}).get(path)
    return file.sha256 if file is not None else None


def _answers(spec: SqlSpec, root: Path) -> Iterator[tuple[str, str, str]]:
    """The stored rows, read as the test command reads them."""
    section = spec.expected_output
    for name, wanted in ((OUTPUT, True), (EXPECTED, section is not None and section.path is not None)):
        if not (root / name).exists():
            if name == EXPECTED and wanted:
                yield "expected output", "bad", f"The model's file {name} is missing."
            continue
        subject = "answer" if name == OUTPUT else "expected output"
        if not wanted:
            yield subject, "not known", f"{name} lies in the model, and MLmodel does not name it."
            continue
        try:
            if name == OUTPUT:
                table = recorded_output(root, spec)
            else:
                assert section is not None
                table = stored_output(root, section)
        except SQLModelError as error:
            yield subject, "bad", error.message
        else:
            rows = table.num_rows if table is not None else 0
            yield subject, "ok", f"{rows:,} rows, all of them read; mlflow-sql test compares them with the query's."


def _pages(root: Path, paths: list[str], pages: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    other = [path for path in _PAGES if path in paths and not _is_page(root, path, pages.get(path))]
    if other:
        yield "card", "not known", f"Not what this version writes for the model, or edited: {_some(other)}."
    elif any(path in paths for path in _PAGES):
        yield "card", "ok", "What this version writes for the model."


def _is_page(root: Path, path: str, wanted: str | None) -> bool:
    try:
        return hashlib.sha256(read_file(root, path, _LARGEST_PAGE)).hexdigest() == wanted
    except SQLModelError:
        return False


def _others(spec: SqlSpec, root: Path, paths: list[str]) -> Iterator[tuple[str, str, str]]:
    """Files that nothing above has looked at."""
    judged = {"MLmodel", UDF_FILE, OUTPUT, EXPECTED, *REWRITTEN, *(table.path for table in spec.tables.values())}
    saved = spec.manifest or {}
    unknown = []
    for path in paths:
        if path in judged or path.startswith("code/"):
            continue
        if path in _PAGES or (path in _DATA and (path in saved or spec.manifest is None)):
            continue  # by the manifest; without one, said there
        if path in (_VARIABLES, _VERSION) and _is_later(root, path):
            continue
        unknown.append(path)
    if unknown:
        yield "files", "not known", f"{len(unknown)} that no query reads and nobody looked into: {_some(unknown, 20)}."


def _is_later(root: Path, path: str) -> bool:
    try:
        text = read_file(root, path, 100_000).decode("utf-8")
        if path == _VERSION:
            content = plain_yaml.read(text.encode())
            return isinstance(content, dict) and set(content) <= {"model_name", "model_version"}
        return _NAMES.fullmatch(text) is not None
    except (SQLModelError, UnicodeDecodeError, plain_yaml.PlainYamlError):
        return False


def _some(paths: list[str], most: int = 5) -> str:
    shown = ", ".join(path if len(path) <= 100 else f"{path[:99]}…" for path in paths[:most])
    return f"{shown}{', …' if len(paths) > most else ''}"
