"""What of a query nobody compared: its findings, and the level that follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from ..reading.positions import finding
from ..reading.types import Finding
from .features import Feature, features
from .index import Index, index_of

__all__ = ["NO_EVIDENCE", "Evidence", "evidence_of", "judged"]

#: The kind of such findings, and the name by which ``allow`` accepts them.
NO_EVIDENCE = "no_evidence"
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


def evidence_of(tree: exp.Expr, sql: str, dialect: str) -> Evidence:
    """Looks every feature of a typed tree up.

    Args:
        tree: The typed tree, as translation has it before its rules run.
        sql: The text it was read from, for places.
        dialect: Canonical dialect name.
    """
    index = index_of(_SAME_INDEX.get(dialect, dialect))
    if index is None:
        told = f"Nobody compared dialect {dialect} with its engine: give expected_output to have the rows compared."
        return Evidence("unverified", (Finding(NO_EVIDENCE, told),))
    found, documented = judged(features(tree, sql), index)
    findings = tuple(finding(NO_EVIDENCE, _sentence(f, missing, dialect), f.node, sql) for f, missing in found)
    level = "unverified" if findings else "documented" if documented or dialect in _COUSINS else "verified"
    return Evidence(level, findings)


def judged(found: Iterable[Feature], index: Index) -> tuple[list[tuple[Feature, str]], bool]:
    """The features without evidence, each once with what is missing; and whether some rests on documents only."""
    missing: dict[str, tuple[Feature, str]] = {}
    documented = False
    named = {feature.name for feature in found} if isinstance(found, list) else set()
    for feature in found:
        why, by_document = _missing(feature, index.codes)
        documented = documented or by_document
        if why is None:
            others = index.pairs.get(feature.name, frozenset()) & named
            why = f"differs together with: {min(others)}" if others else None
        if why is not None and feature.name not in missing:
            missing[feature.name] = (feature, why)
    return _without_consequences(list(missing.values())), documented


def _missing(feature: Feature, codes: Mapping[str, str]) -> tuple[str | None, bool]:
    if feature.unknown:
        return "its type is not known", False
    code = codes.get(feature.name)
    if code is None:
        return "never compared", False
    if code == "x":
        return "known to differ", False
    if code == "k" and next(feature.node.find_all(exp.Column), None) is not None:
        return "compared for constants only", False
    if code[0] == "p":
        return f"compared, but not over: {code[2:]}", False
    return None, code in ("v", "m")


def _without_consequences(found: list[tuple[Feature, str]]) -> list[tuple[Feature, str]]:
    """A type that is not known is told once: at the innermost construct, not at all that stand around it."""
    unknown = {id(feature.node) for feature, _ in found if feature.unknown}
    if len(unknown) < 2:
        return found
    around: set[int] = set()
    for feature, _ in found:
        if feature.unknown:
            parent = feature.node.parent
            while parent is not None:
                around.add(id(parent))
                parent = parent.parent
    return [(f, why) for f, why in found if not (f.unknown and id(f.node) in around)]


def _sentence(feature: Feature, missing: str, dialect: str) -> str:
    return f"{feature.name!r} has no evidence against {dialect} ({missing}): its rows may be other ones."
