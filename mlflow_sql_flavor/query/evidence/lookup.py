"""What of a query nobody compared: its findings, and the level that follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ..reading.positions import finding
from ..reading.types import Finding
from . import NO_EVIDENCE
from .features import Feature, features
from .index import Index, index_of

__all__ = ["Evidence", "evidence_of", "judged"]

_SAME_INDEX = {"presto": "trino", "athena": "trino", "spark": "databricks", "materialize": "postgres"}
_COUSINS = {"presto": "trino", "athena": "trino", "materialize": "postgres"}  # of one family, but not the engine itself


@dataclass(frozen=True)
class Evidence:
    """What is known of a query.

    Attributes:
        level: ``verified`` (all of it was compared with the engine), ``documented``, ``unverified``.
        findings: What nobody compared, one entry a construct, at its first place.
    """

    level: str
    findings: tuple[Finding, ...] = ()


def evidence_of(tree: exp.Expr, sql: str, dialect: str, functions: Collection[str] = ()) -> Evidence:
    """Looks every feature of a typed tree up.

    Args:
        tree: The typed tree, as translation has it before its rules run.
        sql: The text it was read from, for places.
        dialect: Canonical dialect name.
        functions: The model's own Python functions: they are what they are on every engine.
    """
    index = index_of(_SAME_INDEX.get(dialect, dialect))
    if index is None:
        told = f"Nobody compared dialect {dialect} with its engine: give expected_output to have the rows compared."
        return Evidence("unverified", (Finding(NO_EVIDENCE, told, feature=f"dialect {dialect}"),))
    own = tuple(f"function {name.lower()}(" for name in functions)
    asked = [feature for feature in features(tree, sql) if not (own and feature.name.startswith(own))]
    found, documented = judged(asked, index)
    engine = index.engine or dialect
    findings = tuple(
        replace(finding(NO_EVIDENCE, _told(missing, f.name, engine), f.node, sql), feature=f.name)
        for f, missing in found
    )
    itself = index.engine and not documented and dialect not in _COUSINS
    level = "unverified" if findings else "verified" if itself else "documented"
    return Evidence(level, findings)


def judged(found: Sequence[Feature], index: Index) -> tuple[list[tuple[Feature, str]], bool]:
    """The features without evidence, each once with what is missing; and whether some rest on documents only."""
    missing: dict[str, tuple[Feature, str]] = {}
    documented = False
    named = {feature.name for feature in found}
    for feature in found:
        why, by_document = _missing(feature, index.codes)
        documented = documented or by_document
        if why is None:
            others = index.pairs.get(feature.name, frozenset()) & named
            why = _TOGETHER.replace("{other}", min(others)) if others else None
        if why is not None and feature.name not in missing:
            missing[feature.name] = (feature, why)
    return _without_consequences(list(missing.values())), documented


_NEVER = "Nobody compared {feature} with {engine}: its rows may be other ones."
_CONSTANTS = "{feature} was compared with {engine} for constants only: over columns its rows may be other ones."
_EDGES = "{feature} was compared with {engine}, but not over {edges}: there its rows may be other ones."
_DIFFERS = "{feature} gave other rows than {engine} where it was compared."
_TOGETHER = "{feature} together with {other} gave other rows than {engine} where it was compared."
_UNKNOWN = "The type of a value in {feature} is not known, so no comparison with {engine} vouches for its rows."


def _told(missing: str, feature: str, engine: str) -> str:
    return missing.replace("{engine}", engine).replace("{feature}", feature)


def _missing(feature: Feature, codes: Mapping[str, str]) -> tuple[str | None, bool]:
    if feature.unknown:
        return _UNKNOWN, False
    code = codes.get(feature.name)
    if code is None:
        return _NEVER, False
    if code == "x":
        return _DIFFERS, False
    if code == "k" and next(feature.node.find_all(exp.Column), None) is not None:
        return _CONSTANTS, False
    if code[0] == "p":
        return _EDGES.replace("{edges}", code[2:]), False
    return None, code in ("v", "m")


def _without_consequences(found: list[tuple[Feature, str]]) -> list[tuple[Feature, str]]:
    """A type that is not known is told once: at the innermost construct, not at all that stand around it."""
    around: set[int] = set()
    for feature, _ in found:
        parent = feature.node.parent if feature.unknown else None
        while parent is not None:
            around.add(id(parent))
            parent = parent.parent
    return [(f, why) for f, why in found if not (f.unknown and id(f.node) in around)]
