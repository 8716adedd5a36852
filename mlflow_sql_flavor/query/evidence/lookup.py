"""What of a query nobody compared: its findings, and the level that follows."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ..reading.parsed_query import Finding
from ..reading.positions import finding
from . import NO_EVIDENCE
from .edges import constant_edges, is_constant
from .features import Feature, features
from .index import Index, index_of, kin

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
    findings = tuple(_one(same, engine, sql) for same in _by_construct(found))
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
_FORMS = (_DIFFERS, _TOGETHER, _NEVER, _UNKNOWN, _CONSTANTS, _EDGES)
#: What is told of a construct that lacks several things: the gravest, each by how its sentence begins.
_GRAVEST = [re.split(r"\{(?:other|edges)\}", form)[0] for form in _FORMS]
_AROUND_CALLS = (exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)


def _by_construct(found: Sequence[tuple[Feature, str]]) -> list[list[tuple[Feature, str]]]:
    """What is missing of one construct, together: of all arguments of a call, of a function and its window."""
    grouped: dict[int, list[tuple[Feature, str]]] = {}
    for feature, why in found:
        node = feature.node
        while isinstance(node.parent, _AROUND_CALLS) and node.parent.this is node:
            node = node.parent
        grouped.setdefault(id(node), []).append((feature, why))
    return list(grouped.values())


def _one(missing: Sequence[tuple[Feature, str]], engine: str, sql: str) -> Finding:
    """The finding of a construct: one sentence, of the gravest that it lacks."""

    def rank(why: str) -> int:
        return next(at for at, start in enumerate(_GRAVEST) if why.startswith(start))

    worst = min((why for _, why in missing), key=rank)
    names = _joined([feature.name for feature, why in missing if why == worst])
    told = worst.replace("{engine}", engine).replace("{feature}", names)
    every = "; ".join(feature.name for feature, _ in missing)
    return replace(finding(NO_EVIDENCE, told, missing[0][0].node, sql), feature=every)


def _joined(names: Sequence[str]) -> str:
    """``function iff/3(2: ts)`` and ``function iff/3(3: date)`` are ``function iff/3(2: ts; 3: date)``."""
    heads = {name.partition("(")[0] for name in names}
    if len(names) > 1 and len(heads) == 1 and all(name.endswith(")") for name in names):
        return f"{heads.pop()}({'; '.join(name.partition('(')[2][:-1] for name in names)})"
    return " and ".join(names)


def _missing(feature: Feature, codes: Mapping[str, str]) -> tuple[str | None, bool]:
    if feature.unknown:
        return _UNKNOWN, False
    code = codes.get(feature.name) or codes.get(kin(feature.name))
    if code is None:
        return _NEVER, False
    if code == "x":
        return _DIFFERS, False
    fixed = all(is_constant(value) for value in feature.values)
    if code == "k" and not fixed:
        return _CONSTANTS, False
    if code[0] == "p":
        missing = code[2:].split(", ")
        if fixed:  # no other value than these gets there
            own = {edge for value in feature.values for edge in constant_edges(value)}
            missing = [edge for edge in missing if edge in own]
        return (_EDGES.replace("{edges}", ", ".join(missing)) if missing else None), False
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
