"""Parts of a query that fail by themselves: no input, parameter or table takes part in them.

DuckDB computes what is constant while it plans, and leaves in its plan what it could not compute. Each such part is
tried alone, so that what is said of it is known and not guessed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .constant_texts import ERROR, as_call, as_constant, kind_of, leaves

if TYPE_CHECKING:
    from ..engines.duckdb import Instance
    from ..engines.program import Program
    from .optimized_plan import Plan

__all__ = ["Failure", "failing_constants", "failure_of", "first_sentence", "on_purpose", "place_of"]

#: What a writer calls to fail on purpose, as in a branch of UNION ALL that no row should reach.
_ON_PURPOSE = re.compile(r"\berror\s*\(", re.IGNORECASE)
#: DuckDB compiles their second argument before any row, wherever the call stands.
_WITH_PATTERNS = (
    "regexp_matches", "regexp_full_match", "regexp_replace", "regexp_extract", "regexp_extract_all",
    "regexp_split_to_array", "string_split_regex",
)  # fmt: skip
#: Operators whose second operand alone can make them fail.
_DIVISIONS = ("/", "//", "%")
#: Each is a query of its own, and the first that fails is enough.
_MOST_TRIED = 50


@dataclass(frozen=True)
class Failure:
    """A constant part that cannot be computed.

    Attributes:
        said: DuckDB's words, its first sentence.
        texts: The texts among its constants.
        place: Its offset in the text for DuckDB and its length; None where that is not known.
        part: Those of the whole part, where its place is that of a text in it; None where nobody asks.
    """

    said: str
    texts: tuple[str, ...]
    place: tuple[int, int] | None
    part: tuple[int, int] | None = None


def failing_constants(plan: Plan, program: Program, instance: Instance, *, always: bool = True) -> Iterator[Failure]:
    """The constant parts of a plan that fail.

    Args:
        plan: From :func:`.optimized_plan.optimized_plan`.
        program: What was planned.
        instance: Where a part is tried.
        always: Only those that are computed wherever a row gets to them.
    """
    meant = on_purpose(program)
    tried = 0
    parts = plan.with_constants(lambda part: as_constant(part) is not None).expressions
    for part, computed in parts:
        text = as_call(part) if computed or not always else None
        if text is None or tried == _MOST_TRIED or (meant and "error(" in text):
            continue
        tried += 1
        if text == ERROR:  # in a branch of a macro's CASE the input decides whether it is reached
            said = None if meant or not always else str(part["children"][0]["value"]["value"])
        else:
            said = failure_of(f"SELECT {text}", instance)
        if said is not None:
            yield _failure(said, [child for child in leaves(part) if kind_of(child) == "VARCHAR"], part, program)
    for part, computed in parts:
        asked = _by_its_second(part) if tried < _MOST_TRIED else None
        if asked is None or not (asked.everywhere or computed or not always):
            continue
        tried += 1
        if (said := failure_of(asked.text, instance)) is not None:
            yield _failure(said.partition(" in expression (")[0], asked.texts, asked.part, program)


@dataclass(frozen=True)
class _Asked:
    """What is run to see whether a call's second argument, a constant, makes it fail.

    Attributes:
        text: The query.
        texts: The texts in it.
        part: Where the failure stands.
        everywhere: DuckDB fails wherever the call stands, whether a row gets there or not.
    """

    text: str
    texts: list[Any]
    part: dict[str, Any]
    everywhere: bool


def _by_its_second(part: dict[str, Any]) -> _Asked | None:
    children = part.get("children", ())
    if len(children) < 2 or "qname" not in part or (second := as_constant(children[1])) is None:
        return None
    name = part["qname"]["path"][-1]
    if name in _WITH_PATTERNS and kind_of(children[1]) == "VARCHAR":
        return _Asked(f"SELECT regexp_matches('', {second})", [children[1]], children[1], everywhere=True)
    if name in _DIVISIONS:
        return _Asked(f"SELECT 1 {name} {second}", [], part, everywhere=False)
    return None


def _failure(said: str, texts: list[Any], part: dict[str, Any], program: Program) -> Failure:
    """At the place of its one text, else its own, if that is in the query: parts of a macro have places in its body."""
    values = [str(text["value"].get("value")) for text in texts]
    own = [text for text, value in zip(texts, values, strict=True) if _stands(text, value, program.sql)]
    one = own[0] if len({text["value"]["value"] for text in own}) == 1 else None
    at = one if len(texts) == 1 or len(own) < len(texts) else part
    return Failure(said, tuple(values), place_of(at, program.sql) if at is not None else None)


def _stands(part: dict[str, Any], value: str, sql: str) -> bool:
    place = place_of(part, sql)
    return place is not None and sql[place[0] : sum(place)] == "'" + value.replace("'", "''") + "'"


def place_of(part: dict[str, Any], sql: str) -> tuple[int, int] | None:
    """Where a part of DuckDB's tree stands in its text: offset and length in characters, where DuckDB counts bytes."""
    start, length = part.get("query_location", -1), part.get("query_location_length", 0)
    if start < 0 or length <= 0:
        return None
    if sql.isascii():
        return start, length
    data = sql.encode("utf-8", "surrogatepass")
    return len(data[:start].decode("utf-8", "replace")), len(data[start : start + length].decode("utf-8", "replace"))


def on_purpose(program: Program) -> bool:
    """Whether a query calls what fails on purpose."""
    return _ON_PURPOSE.search(program.sql) is not None


def first_sentence(error: BaseException | None) -> str:
    """The first sentence of what DuckDB says."""
    return re.split(r"\. |\n", str(error).partition("Error: ")[2])[0]


def failure_of(text: str, instance: Instance) -> str | None:
    """What DuckDB says where a text fails by its values; None where it does not."""
    import duckdb

    with contextlib.closing(instance.cursor()) as cursor:
        try:
            cursor.execute(text).fetchall()
        except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException) as error:
            return first_sentence(error)
        except duckdb.Error:
            return None
    return None
