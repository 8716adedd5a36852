"""A dbt project as ``manifest.json`` and ``catalog.json`` tell it: nodes, how people name them, and their columns."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ...errors import InputError, QueryError, did_you_mean
from ...query.reading.parse import resolve_dialect
from ...query.reading.qualified_names import folded_parts, split_name

__all__ = ["Fixture", "Node", "Project", "UnitTest"]

#: What dbt 1.8 to 1.12 write: https://schemas.getdbt.com/dbt/manifest/v12.json
_VERSION = 12

#: Adapters that are not called as the dialect they write.
_ADAPTERS = {
    "spark": "databricks", "sqlserver": "tsql", "synapse": "tsql", "fabric": "tsql",
    "greenplum": "postgres", "alloydb": "postgres", "mysql5": "mysql", "glue": "databricks",
}  # fmt: skip


class _Read(BaseModel):
    """Of an object of dbt's, what is read here."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _Column(_Read):
    name: str = ""
    description: str | None = None
    data_type: str | None = None


class _DependsOn(_Read):
    nodes: list[str] = []


class _Cte(_Read):
    id: str
    sql: str


class Node(_Read):
    """A model, seed, snapshot or source. The fields are those of dbt's manifest."""

    unique_id: str
    name: str
    resource_type: str
    package_name: str = ""
    relation_name: str | None = None
    original_file_path: str = ""
    root_path: str | None = None
    raw_code: str = ""
    compiled_code: str | None = None
    compiled_path: str | None = None
    language: str | None = "sql"
    description: str | None = None
    columns: dict[str, _Column] = {}
    config: dict[str, Any] = {}
    tags: list[str] = []
    depends_on: _DependsOn = _DependsOn()
    extra_ctes: list[_Cte] = []
    source_name: str | None = None
    version: str | None = None
    latest_version: str | None = None

    @property
    def title(self) -> str:
        """As a model refers to it: ``ref('orders')``, ``source('raw', 'events')``."""
        if self.resource_type == "source":
            return f"source('{self.source_name}', '{self.name}')"
        return f"ref('{self.name}'{f', v={self.version}' if self.version is not None else ''})"

    @property
    def ephemeral(self) -> bool:
        """Whether dbt writes its text into those that read it."""
        return self.config.get("materialized") == "ephemeral"

    def names(self) -> Iterable[str]:
        """What people call it, in full."""
        yield self.unique_id
        if self.resource_type == "source":
            yield f"{self.source_name}.{self.name}"
            yield f"{self.package_name}.{self.source_name}.{self.name}"
            return
        for name in (self.name, f"{self.package_name}.{self.name}"):
            if self.version is not None:
                yield f"{name}.v{self.version}"
            if self.version == self.latest_version:
                yield name


class Fixture(_Read):
    """Rows of a unit test: given ones of an input, or those expected."""

    input: str = ""
    rows: list[dict[str, Any]] | str | None = None
    format: str = "dict"


class _Overrides(_Read):
    macros: dict[str, Any] = {}
    vars: dict[str, Any] = {}
    env_vars: dict[str, Any] = {}


class UnitTest(_Read):
    """A unit test of a model."""

    name: str
    given: list[Fixture] = []
    expect: Fixture = Fixture()
    overrides: _Overrides | None = None
    depends_on: _DependsOn = _DependsOn()


@dataclass(frozen=True)
class Project:
    """A project that dbt compiled.

    Attributes:
        root: Its folder.
        target: The folder with its artifacts.
        manifest: ``manifest.json``.
        dialect: That of its adapter.
    """

    root: Path
    target: Path
    manifest: dict[str, Any]
    dialect: str

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Project:
        """Reads a project.

        Args:
            path: Its folder, or the folder with its ``manifest.json``.

        Raises:
            InputError: There is no manifest, or none that this package reads.
        """
        given = Path(path)
        targets = [given, given / _target_path(given), given / "target"]
        target = next((found for found in targets if (found / "manifest.json").is_file()), None)
        if target is None:
            raise InputError(
                f"There is no manifest.json in {given.name!r} nor in its target folder: run dbt compile in the project."
            )
        root = given if target != given else given.resolve().parent
        for folder in (target.resolve(), *target.resolve().parents):
            if (folder / "dbt_project.yml").is_file():
                root = folder
                break
        manifest = _json(target / "manifest.json")
        metadata = manifest.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        _check_version(str(metadata.get("dbt_schema_version")))
        return cls(root, target, manifest, _dialect(str(metadata.get("adapter_type") or "")))

    @property
    def name(self) -> str:
        """The project's name."""
        return str(self.manifest["metadata"].get("project_name") or "")

    @property
    def adapter(self) -> str:
        """The adapter it was compiled for."""
        return str(self.manifest["metadata"].get("adapter_type") or "")

    @property
    def dbt_version(self) -> str:
        """The dbt that compiled it."""
        return str(self.manifest["metadata"].get("dbt_version") or "")

    @cached_property
    def _catalog(self) -> dict[str, dict[str, str]]:
        path = self.target / "catalog.json"
        if not path.is_file():
            return {}
        found = _json(path)
        tables = {**(found.get("sources") or {}), **(found.get("nodes") or {})}
        return {
            unique_id: {str(name): str(column.get("type")) for name, column in table.get("columns", {}).items()}
            for unique_id, table in tables.items()
        }

    def has_catalog(self, node: Node) -> bool:
        """Whether the catalog has all columns of a node."""
        return node.unique_id in self._catalog

    def columns(self, node: Node) -> dict[str, str]:
        """``{column: type as the adapter writes it}``: of the catalog, else as far as the project declares them."""
        declared = {key: column.data_type for key, column in node.columns.items() if column.data_type}
        return self._catalog.get(node.unique_id) or {**node.config.get("column_types", {}), **declared}

    def model(self, name: str) -> Node:
        """A model by its name, ``package.name``, ``name.v2`` or unique id.

        Raises:
            InputError: There is none, or several, or it is not SQL, or dbt has not compiled it.
        """
        node = self.find(name, self._models)
        if (node.language or "sql") != "sql":
            raise InputError(f"The dbt model {name!r} is written in {node.language}: a SQL model is a query.")
        return node

    def compiled(self, node: Node) -> str:
        """The text that dbt compiled a model to.

        Raises:
            InputError: It has not.
        """
        if node.compiled_code:
            return node.compiled_code.strip()
        path = self.target / "compiled" / node.package_name / node.original_file_path
        if path.is_file():
            return path.read_text(encoding="utf-8").strip()
        raise InputError(
            f"manifest.json has no compiled SQL of {node.name!r}: run dbt compile in the project, which dbt parse and "
            "dbt ls do not."
        )

    @cached_property
    def _models(self) -> list[Node]:
        return [node for node in self._nodes.values() if node.resource_type == "model"]

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        raw = {**(self.manifest.get("nodes") or {}), **(self.manifest.get("sources") or {})}
        kinds = ("model", "seed", "snapshot", "source")
        return {key: _read(Node, value, key) for key, value in raw.items() if value.get("resource_type") in kinds}

    def parents(self, node: Node) -> list[Node]:
        """Everything that a model's compiled text may read: its parents, those of ephemeral ones, and itself."""
        found: dict[str, Node] = {}
        waiting = list(node.depends_on.nodes)
        while waiting:
            parent = self._nodes.get(waiting.pop(0))
            if parent is not None and parent.unique_id not in found:
                found[parent.unique_id] = parent
                waiting += parent.depends_on.nodes if parent.ephemeral else []
        return [*found.values(), node]

    def find(self, name: str, among: Iterable[Node]) -> Node:
        """The one node that a caller means.

        Args:
            name: ``orders``, ``shop.orders``, ``orders.v2``, ``raw.events``, ``ref('orders')``,
                ``source('raw', 'events')``, a unique id, or the relation's name in the database.
            among: Where to look.

        Raises:
            InputError: None of them, or several.
        """
        among = list(among)
        asked = _asked(name)
        relation = folded_parts(split_name(name, self.dialect))
        found = [node for node in among if asked in (known.casefold() for known in node.names())]
        found = found or [n for n in among if n.relation_name and self._parts(n.relation_name) == relation]
        found = found or [node for node in among if asked == node.name.casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(node.unique_id for node in found)
            raise InputError(f"{name!r} may be {listed}: give the unique id.")
        known = [known for node in among for known in node.names()]
        listed = ", ".join(node.title for node in among[:20]) or "none"
        raise InputError(f"The dbt project has no {name!r} here.{did_you_mean(asked, known)} There is {listed}.")

    def _parts(self, relation: str) -> tuple[str, ...]:
        return folded_parts(split_name(relation, self.dialect))

    def unit_tests(self, node: Node) -> list[UnitTest]:
        """The unit tests of a model, in the project's order."""
        tests = [_read(UnitTest, value, key) for key, value in (self.manifest.get("unit_tests") or {}).items()]
        return [test for test in tests if node.unique_id in test.depends_on.nodes]


#: ``ref('package', 'name', v=2)`` and ``source('name', 'table')``.
_CALL = re.compile(
    r"""(?x) (ref|source) \s* \( \s* ['"] ([^'"]+) ['"] \s*
    (?: , \s* ['"] ([^'"]+) ['"] \s* )?
    (?: , \s* (?: v | version ) \s* = \s* ['"]? ([\w.]+) ['"]? \s* )? \)"""
)


def _asked(name: str) -> str:
    call = _CALL.fullmatch(name.strip())
    if call is None:
        return name.strip().casefold()
    parts = [part for part in call.groups()[1:3] if part]
    return ".".join(parts + ([f"v{call[4]}"] if call[4] else [])).casefold()


def _target_path(root: Path) -> str:
    """The folder of artifacts that dbt_project.yml names."""
    import yaml

    try:
        found = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
        name = found.get("target-path")
    except (OSError, yaml.YAMLError, UnicodeDecodeError, AttributeError):
        return "target"
    return name if isinstance(name, str) and "{" not in name else "target"


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read ({str(error)[:100]}): run dbt again.") from None
    if not isinstance(found, dict):
        raise InputError(f"{path.name} is not what dbt writes: run dbt again.")
    return found


def _check_version(schema: str) -> None:
    found = re.search(r"/manifest/v(\d+)\.json$", schema)
    if found is None:
        raise InputError("manifest.json does not say its version: run dbt compile of dbt 1.8 or later in the project.")
    if int(found[1]) != _VERSION:
        newer = int(found[1]) > _VERSION
        raise InputError(
            f"manifest.json is of version {found[1]}, which a dbt {'later than 1.12' if newer else 'before 1.8'} "
            f"writes; {_VERSION} is read: compile the project with dbt-core 1.8 to 1.12."
        )


def _dialect(adapter: str) -> str:
    try:
        return resolve_dialect(_ADAPTERS.get(adapter, adapter))
    except QueryError:
        raise InputError(
            f"The project was compiled for the adapter {adapter!r}, whose dialect is not known here: pass the text in "
            "target/compiled to SQLModel with its dialect."
        ) from None


def _read(kind: type[Any], value: Any, key: str) -> Any:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part)[:60] for part in first["loc"][:4])
        raise InputError(f"manifest.json is not what dbt writes at {key}.{where}: {first['msg']}.") from None
