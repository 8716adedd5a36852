"""What one compared case says: the features of its query, the edges each was compared on, and the verdict."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from mlflow_sql_flavor.frames.schema import from_arrow
from mlflow_sql_flavor.query.evidence.edges import is_constant
from mlflow_sql_flavor.query.evidence.features import features
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.translation.transpile import translate

from .edges import edges_below, edges_of_tables, made_columns, needed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Observation", "Seen", "observe", "read", "seen_in", "write"]

#: Features of whole rows: what stands beside them in their SELECT counts too.
_ROWS = ("join", "group", "distinct", "order", "union", "except", "intersect", "frame")


@dataclass(frozen=True)
class Seen:
    """A feature in a case.

    Attributes:
        edges: Those it was compared on.
        needed: Those of its kind.
        constant: Whether only constants stand in it.
        unknown: Whether a type in it is not known.
    """

    edges: list[str]
    needed: list[str]
    constant: bool
    unknown: bool


@dataclass(frozen=True)
class Observation:
    """One case that was compared.

    Attributes:
        case: Its id.
        dialect: The dialect.
        source: Where it comes from, ``suite`` or set and the engine with its version.
        kind: ``compared`` (with the engine), ``vendor`` (with its published answer), ``manual``.
        right: Whether the rows are the engine's.
        seen: ``{feature: how it stands there}``.
    """

    case: str
    dialect: str
    source: str
    kind: str
    right: bool
    seen: dict[str, Seen]


def observe(sql: str, dialect: str, tables: Mapping[str, pa.Table]) -> dict[str, Seen]:
    """The features of a query that the package translates, with the edges in the data it reads."""
    schema = {name: {f.name: from_arrow(f.type) for f in table.schema} for name, table in tables.items()}
    columns = edges_of_tables(tables)
    query = parse(sql, dialect)
    typed = translate(query, schema, {})[1]
    return seen_in(typed.tree, query.sql, columns) if typed is not None else {}


def seen_in(tree: exp.Expr, sql: str, columns: Mapping[str, set[str]]) -> dict[str, Seen]:
    """The features of a typed tree, with the edges below each.

    Args:
        tree: The tree.
        sql: Its text.
        columns: ``{column in small letters: edges}`` of the data it reads.
    """
    found: dict[str, Seen] = {}
    made = made_columns(tree, columns)
    for feature in features(tree, sql):
        node, values = feature.node, feature.values
        if feature.name.startswith(_ROWS):
            values = (node.find_ancestor(exp.Select, exp.SetOperation) or node,)
        edges = {edge for value in values for edge in edges_below(value, columns, made)}
        before = found.get(feature.name)
        want = needed(feature.name, feature.values, node)
        constant = all(is_constant(value) for value in feature.values)
        if before is not None:
            edges, want = edges | set(before.edges), want | set(before.needed)
            constant = constant and before.constant
        found[feature.name] = Seen(sorted(edges), sorted(want), constant, feature.unknown)
    return found


def write(path: Path, observations: Iterable[Observation]) -> None:
    """One line an observation."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for each in observations:
            line = {**vars(each), "seen": {name: vars(seen) for name, seen in each.seen.items()}}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(folder: Path, pattern: str = "*.jsonl") -> Iterator[Observation]:
    """All observations in a folder's files of a pattern; a case seen again counts as it was seen last."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(folder.glob(pattern)):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            found[raw["dialect"], raw["case"]] = raw
    for raw in found.values():
        yield Observation(**{**raw, "seen": {name: Seen(**seen) for name, seen in raw["seen"].items()}})
