"""Macro packs: the DuckDB macros and settings that a translated query needs, read from the package's own text.

A pack file holds ``SET name = value;`` lines (settings), ``-- uses: other 1`` lines (packs it builds on) and
``CREATE MACRO`` statements. Macro names carry the pack's prefix and two underscores, which is how one macro finds
another it needs. A model names pack, version and macros; the text never comes from the model. A published file never
changes: a change is a new version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from ...errors import ModelFileError
from .package_text import read_text, texts_like

__all__ = [
    "SETTINGS_ALLOWED", "Compat", "Pack", "check_settings", "load", "messages", "setting_statements", "settings",
    "statements",
]  # fmt: skip

SETTINGS_ALLOWED: dict[str, tuple[str | bool, ...]] = {
    "default_collation": ("", "nocase", "nocase.noaccent", "nocase.noaccent.en"),
    "error_on_division_by_zero": (True, False),
    "ieee_floating_point_ops": (True, False),
    "integer_division": (True, False),
    "scalar_subquery_error_on_multiple_rows": (True, False),
    "TimeZone": ("UTC",),
}
"""Every setting a model may ask for, with its allowed values."""

#: The dialects' folders: their packs are read as files, since importing a dialect needs sqlglot.
_DIALECTS = "query/dialects"
_COMMENT = re.compile(r"^\s*--.*$", re.M)
_SET = re.compile(r"^SET\s+(\w+)\s*=\s*(true|false|'[^']*')$", re.I)
_MACRO = re.compile(r"^CREATE\s+MACRO\s+(\w+)\s*\(", re.I)
_USES = re.compile(r"^--\s*uses:\s*(\w+)\s+(\d+)\s*$", re.M)
_CALL = re.compile(r"\b([a-z][a-z0-9]*__\w+)\s*\(", re.I)


@dataclass(frozen=True)
class Pack:
    """One version of a pack: macro name -> statement, in file order; and its settings."""

    name: str
    version: int
    macros: Mapping[str, str]
    settings: Mapping[str, str | bool]


@dataclass(frozen=True)
class Compat:
    """Names of what the package installs for a query's dialect: a pack's version, macros of it, settings."""

    pack: str | None = None
    version: int | None = None
    macros: list[str] = field(default_factory=list)
    settings: dict[str, str | bool] = field(default_factory=dict)


@cache
def load(pack: str, version: int = 1) -> Pack:
    """Read a pack with the packs it uses.

    Raises:
        ModelFileError: no such pack or version in this package, or its text is malformed.
    """
    try:
        if not re.fullmatch(r"[a-z0-9]{1,40}", pack) or not 0 < version < 10_000:  # no name of a file: no disk is asked
            raise FileNotFoundError
        text = read_text(f"{_DIALECTS}/{'shared' if pack == 'common' else pack}/macros_v{version}.sql")
    except FileNotFoundError:
        raise ModelFileError(
            f"The model needs the macro pack {pack[:80]!r} version {version}, which this version of mlflow-sql-flavor "
            "does not have. Install the version that wrote the model, or a newer one."
        ) from None
    macros: dict[str, str] = {}
    for used, used_version in _USES.findall(text):
        macros.update(load(used, int(used_version)).macros)
    found: dict[str, str | bool] = {}
    for statement in re.split(r";[ \t]*(?:\n|\Z)", _COMMENT.sub("", text)):
        statement = statement.strip()
        if not statement:
            continue
        if match := _SET.match(statement):
            value = match[2]
            found[match[1]] = value[1:-1] if value.startswith("'") else value.lower() == "true"
        elif match := _MACRO.match(statement):
            macros[match[1]] = statement
        else:
            raise ModelFileError(f"Macro pack {pack!r} version {version}: cannot read {statement.splitlines()[0]!r}.")
    check_settings(found)
    return Pack(pack, version, macros, found)


def statements(pack: str, version: int, names: Iterable[str]) -> list[str]:
    """``CREATE MACRO`` statements for ``names`` and all they need, each after those it calls.

    Raises:
        ModelFileError: a name that this version of the pack does not have.
    """
    macros = load(pack, version).macros
    done: dict[str, None] = {}

    def add(name: str) -> None:
        if name in done:
            return
        if name not in macros:
            raise ModelFileError(f"Macro pack {pack!r} version {version} has no macro {name[:80]!r}.")
        for needed in _CALL.findall(macros[name]):
            if needed != name:
                add(needed)
        done[name] = None

    for name in names:
        add(name)
    return [macros[name] for name in done]


def settings(pack: str, version: int = 1) -> dict[str, str | bool]:
    """The session settings a pack asks for."""
    return dict(load(pack, version).settings)


def check_settings(wanted: Mapping[str, object]) -> None:
    """Refuse any setting or value outside the allow-list.

    Raises:
        ModelFileError: naming the setting.
    """
    for name, value in wanted.items():
        if name not in SETTINGS_ALLOWED:
            raise ModelFileError(f"A model may not change the DuckDB setting {name[:80]!r}.")
        if not any(value == allowed and type(value) is type(allowed) for allowed in SETTINGS_ALLOWED[name]):
            raise ModelFileError(f"A model may not set DuckDB's {name!r} to {str(value)[:80]!r}.")


def setting_statements(wanted: Mapping[str, str | bool]) -> list[str]:
    """``SET`` statements, checked against the allow-list."""
    check_settings(wanted)
    return [
        f"SET {name} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for name, value in wanted.items()
    ]


@cache
def messages() -> frozenset[str]:
    """What macros of the package say when they refuse a value: texts of ours, without any of the caller's data."""
    texts = texts_like(_DIALECTS, "macros_v*")
    found = [re.findall(r"error\('((?:[^']|'')*)'\)", text) for text in texts]
    return frozenset(message.replace("''", "'") for messages in found for message in messages)
