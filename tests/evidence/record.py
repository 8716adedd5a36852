"""``python -m tests.evidence record DIALECT``: generated queries on the real engine and as models, compared and kept.

Expressions are put side by side as the columns of one query; one that a side refuses is split off. What it has tried is
kept in EVIDENCE_STATE, so that a run goes on where the last one stopped. What differs goes to ``differs_DIALECT.jsonl``
with its cause's features, what matches to ``data/DIALECT.jsonl.gz``.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from ..fidelity.cases import arrow_tables
from ..fidelity.compare import decode
from ..fidelity.engines import EngineError, Run, encode, start
from .candidates import expressions
from .clauses import queries
from .coverage import Coverage
from .everyday import everyday
from .further import further_expressions
from .index import build
from .lifted import lifted, origins
from .measure import flagged
from .observe import Seen, read
from .ours import Ours, same
from .tables import SPECS
from .wide import expanded, reads_wide

__all__ = ["DATA", "Recorder", "keep", "ordered", "record", "recorded", "rejudged", "whole"]

DATA = Path(__file__).parent / "data"
#: Expressions that the engine answers in one query: one that it refuses costs a search among its neighbours.
_BATCH = {"databricks": 40, "clickhouse": 12}
_NAMES = {"databricks": "spark"}
_FUNCTION = re.compile(r"(?:function|window) (\w+)[(/]")
#: Of an answer that the repository keeps: `space(d)` of a large number is megabytes.
_MOST_CHARACTERS = 20_000
_CALL = re.compile(r"(?:^|SELECT |, )(\w+)\(")
_VALUES = re.compile(r"\b(?:[a-z]|c_[a-z]+)\b|'[^']*'|\b[0-9.]+\b")
#: So many refusals of calls of a function with as many arguments, and no answer: the others are not tried.
_REFUSALS = 25
#: Of the candidates that would show nothing new so many are asked all the same: they may differ without a finding.
_KNOWN = 0.1
IDS = tuple(row[0] for row in SPECS["a"][1])
_ALL = frozenset(IDS)
_NULLS = 6  # the row of NULLs: an engine that refuses an expression there refuses it for its types
#: What DuckDB raises at a value, not at a query.
_AT_SOME_ROWS = (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.InvalidInputException)


@dataclass(frozen=True)
class Answer:
    """The package's answer to an expression.

    Attributes:
        rows: ``{id: value}`` of the rows at which it does not raise; None if it gives no row for each.
        seen: Its features.
    """

    rows: dict[int, Any] | None
    seen: dict[str, Seen]


@dataclass
class Recorder:
    """One dialect's run.

    Attributes:
        dialect: The dialect.
        run: The engine.
        until: Clock time in seconds at which to stop.
        chance: Which of the candidates that would show nothing new are asked all the same.
        cover: What is shown already.
        tried: What was settled before.
    """

    dialect: str
    run: Run
    until: float
    chance: random.Random
    cover: Coverage
    tried: set[str] = field(default_factory=set)
    found: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ours = Ours(self.dialect, arrow_tables(SPECS))
        self.count = {"match": 0, "differ": 0, "known": 0, "refused": 0, "error": 0}
        self.refused: Counter[str] = Counter()
        self.waiting: dict[str, Answer] = {}

    def expressions(self, items: Sequence[str]) -> None:
        """Compares expressions over table ``a`` or ``wide``, as soon as there are enough that we do not refuse."""
        for item in items:
            self.tried.add(item)
            form = _form(item)
            if self.refused[form] >= _REFUSALS:
                continue
            got = self._ours(beside([item], self.dialect))
            self.refused[form] = -(10**6) if got is not None else self.refused[form] + 1
            if got is None or not self._wanted(got.seen):
                continue
            if not self._analysed(item):
                self.count["error"] += 1
            elif got.rows is not None:
                self.waiting[item] = got
            else:  # it makes one row of many, or many of one
                self.query(_alone(item))
        if len(self.waiting) >= _BATCH.get(self.dialect, 6):
            self.flush()

    def _analysed(self, item: str) -> bool:
        """Whether an engine that tells before it runs a query accepts it: a refusal costs a search in its batch."""
        try:
            getattr(self.run, "analysed", str)(beside([item], self.dialect))
        except Exception:
            return False
        return True

    def flush(self) -> None:
        """Asks the engine for what is waiting."""
        self._engine(list(self.waiting), self.waiting)
        self.waiting.clear()

    def _ours(self, sql: str) -> Answer | None:
        try:
            _, rows, seen = self.ours.run(sql)
        except _AT_SOME_ROWS:
            try:
                found, seen = self.ours.by_row(sql, IDS)
            except Exception:  # a value that Python cannot hold
                found = {}
            return Answer({at: row[1] for at, row in found.items()}, seen) if found else None
        except Exception:  # refused, or what sqlglot or DuckDB raises: no rows, so nothing to compare
            self.count["refused"] += 1
            return None
        if self.ours.open & {"random", "uuid", "clock"}:
            return None
        if [row[0] for row in rows if row[0] in _ALL] != [row[0] for row in rows] or len(rows) != len(IDS):
            return Answer(None, seen)
        return Answer({row[0]: row[1] for row in rows}, seen)

    def _wanted(self, seen: dict[str, Seen]) -> bool:
        if self.cover.lacks(seen) or self.chance.random() < _KNOWN:
            return True
        self.count["known"] += 1
        return False

    def _engine(self, items: list[str], ours: dict[str, Answer]) -> None:
        if not items:
            return
        rows = self._asked(items)
        if rows is None and len(items) > 1:
            half = len(items) // 2
            self._engine(items[:half], ours)
            self._engine(items[half:], ours)
        elif rows is None:
            self._judge(items[0], dict(self._part(items[0], IDS)) if self._asked(items, [_NULLS]) else {}, ours)
        else:
            for at, item in enumerate(items, 1):
                self._judge(item, {row[0]: row[at] for row in rows}, ours)

    def _asked(self, items: list[str], ids: Sequence[int] = ()) -> list[list[Any]] | None:
        try:
            _, rows = self.run(beside(items, self.dialect, ids))
        except EngineError:
            return None
        return rows if len(rows) == len(ids or IDS) else None

    def _part(self, item: str, ids: Sequence[int]) -> Iterator[tuple[int, Any]]:
        """The engine's answers at the rows at which it has one."""
        rows = self._asked([item], ids)
        if rows is not None:
            yield from ((row[0], row[1]) for row in rows)
        elif len(ids) > 1:
            half = len(ids) // 2
            yield from self._part(item, ids[:half])
            yield from self._part(item, ids[half:])

    def query(self, sql: str) -> None:
        """Compares a whole query."""
        self.tried.add(sql)
        try:
            _, got, seen = self.ours.run(expanded(sql, self.dialect))
        except Exception:  # as in _ours
            self.count["refused"] += 1
            return
        if self.ours.open & {"random", "uuid", "clock"} or not self._wanted(seen):
            return
        open_ = self.ours.open
        try:
            _, rows = self.run(expanded(sql, self.dialect))
            want = [[encode(value) for value in row] for row in rows]
            right = judged(want, got, sql, self.dialect)
        except (EngineError, ValueError, TypeError, OverflowError, ArithmeticError):  # or what Python cannot hold
            self.count["error"] += 1
            return
        if right is not None:
            self._note({"q": sql, "r": want}, right, got, seen, bool(open_))

    def _judge(self, item: str, want: dict[int, Any], ours: dict[str, Answer]) -> None:
        given = ours[item].rows or {}
        both = [at for at in IDS if at in want and at in given]
        if not both:
            self.count["error"] += 1
            return
        case: dict[str, Any] = {"q": item, "r": [[encode(want[at])] for at in IDS if at in want]}
        if len(want) < len(IDS):
            case["not"] = [at for at in IDS if at not in want]
        try:
            right = matches([[encode(want[at])] for at in both], [[given[at]] for at in both], True)
        except (ValueError, TypeError, OverflowError, ArithmeticError):  # a value that Python cannot hold
            self.count["error"] += 1
            return
        seen = ours[item].seen
        alike = _alike(want, given)
        if len(alike) < len(IDS):
            seen = self.ours.seen(beside([item], self.dialect), alike)
        self._note(case, right, [[given[at]] for at in both], seen, False)

    def _note(
        self, case: dict[str, Any], right: bool, got: list[list[Any]], seen: dict[str, Seen], open_: bool
    ) -> None:
        if right:
            self.cover.add(seen)
        elif open_:
            return  # another of the answers that the engine may give
        else:
            case["got"] = [[encode(value) for value in row] for row in got]
        self.count["match" if right else "differ"] += 1
        self.found.append(case)


def _alike(want: Collection[int], given: Collection[int]) -> list[int]:
    """The rows at which both sides answer, or both raise."""
    return [at for at in IDS if (at in want) == (at in given)]


def matches(want: list[list[Any]], got: list[list[Any]], in_order: bool) -> bool:
    """Whether rows are those of a recorded answer."""
    return same([decode(row) for row in json.loads(json.dumps(want))], got, in_order)


def judged(want: list[list[Any]], got: list[list[Any]], sql: str, dialect: str) -> bool | None:
    """Whether rows are those of a recorded answer; None where only their order differs, and ties leave it open."""
    in_order = ordered(sql, dialect)
    right = matches(want, got, in_order)
    if right or not in_order or re.search(r"\bid\b", sql.rpartition("ORDER BY")[2]):
        return right
    return None if matches(want, got, False) else False


def _form(item: str) -> str:
    """A call by its name and its number of arguments; empty for what is none."""
    match = _CALL.match(item)
    return f"{match[1]} {item.count(', ')}" if match and "(" not in item[match.end() :] else ""


def _alone(item: str) -> str:
    return f"SELECT {item} AS c FROM {'wide' if reads_wide(item) else 'a'}"


def ordered(sql: str, dialect: str = "") -> bool:
    """Whether the order of rows counts; ClickHouse's ORDER BY behind a set operation is that of its last SELECT."""
    if dialect == "clickhouse" and re.search(r"\b(?:UNION|EXCEPT|INTERSECT)\b", sql):
        return False
    return "ORDER BY" in sql.rpartition(")")[2] or not sql.startswith(("SELECT", "WITH"))


def beside(items: Sequence[str], dialect: str, ids: Sequence[int] = ()) -> str:
    """Expressions as the columns of one query, of all rows or some."""
    columns = ", ".join(f"{item} AS c{at}" for at, item in enumerate(items))
    some = f" WHERE id IN ({', '.join(map(str, ids))})" if ids else ""
    return expanded(f"SELECT id, {columns} FROM {'wide' if any(map(reads_wide, items)) else 'a'}{some}", dialect)


def whole(item: str, dialect: str) -> str:
    """A recorded item as a query."""
    return expanded(item, dialect) if _is_query(item) else beside([item], dialect)


def _is_query(item: str) -> bool:
    return item.startswith(("SELECT", "WITH"))


def record(dialect: str, state: Path, seconds: float, seed: int) -> None:
    """Goes through the candidates as far as the seconds reach: what cases use and lack first, then the common ones."""
    path, book = state / "made" / f"{dialect}.jsonl", state / "made" / f"{dialect}.tried"
    path.parent.mkdir(parents=True, exist_ok=True)
    tried = set(book.read_text(encoding="utf-8").splitlines()) if book.exists() else set()
    chance = random.Random(seed)
    asked = lacking(state, dialect)
    # the everyday ones and the forms of noted cases, then the common ones with those of functions that noted cases
    # use and lack, then the rest
    stages: list[dict[str, bool]] = [{item: not _is_query(item) for item in everyday(dialect)}, {}, {}, {}, {}]
    short = _short(state, dialect)
    for item, (rank, found_in) in origins(dialect).items():
        stages[rank or (0 if found_in & short else 1)].setdefault(item, not _is_query(item))
    for many, found in ((True, _items(dialect)), (False, queries(dialect))):
        for rank, item in found:
            called = _called(item)
            later = 0 if called in asked else 2 if _form(item) else 1
            stages[max(1, rank + later)].setdefault(item, many)
    cover = Coverage(each for each in read(state, f"made_{dialect}.jsonl"))
    with start(_NAMES.get(dialect, dialect), SPECS) as run:
        recorder = Recorder(dialect, run, time.time() + seconds, chance, cover, tried)
        before = set(tried)
        for stage in stages:
            if time.time() > recorder.until:
                break
            for item in _by_turns([item for item in stage if item not in tried], chance):
                if time.time() > recorder.until:
                    break
                if stage[item]:
                    recorder.expressions([item])
                else:
                    recorder.query(item)
                if len(recorder.found) > 50:
                    _keep(recorder, path, book, before)
        recorder.flush()
        _keep(recorder, path, book, before)


def _items(dialect: str) -> Iterator[tuple[int, str]]:
    yield from expressions(dialect)
    yield from further_expressions(dialect)


def lacking(state: Path, dialect: str) -> set[str]:
    """The functions, as written, that noted cases use and whose evidence is not whole."""
    found = [each for each in read(state) if each.dialect == dialect]
    codes = build(found)
    short = {name for each in found if each.right for name in each.seen if codes.get(name, "?")[0] not in "cv"}
    return {match[1] for name in short if (match := _FUNCTION.match(name))}


def _short(state: Path, dialect: str) -> set[str]:
    """The noted cases that have a finding by what was recorded."""
    found = [each for each in read(state) if each.dialect == dialect]
    codes = build([each for each in found if each.case.startswith("made ")])
    return {each.case for each in found if each.right and flagged(each, codes)}


def _called(item: str) -> str:
    match = _CALL.search(item)
    return match[1].lower() if match else ""


def _by_turns(items: Sequence[str], chance: random.Random) -> list[str]:
    """In a drawn order, one of each form before the second of any: a function is no rarer for having few calls."""
    drawn = list(items)
    chance.shuffle(drawn)
    turn: Counter[str] = Counter()
    turns = {}
    for item in drawn:
        form = _form(item) or _VALUES.sub("?", item)
        turn[form] += 1
        turns[item] = turn[form]
    return sorted(drawn, key=turns.__getitem__)


def _keep(recorder: Recorder, path: Path, book: Path, before: set[str]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for each in recorder.found:
            file.write(json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n")
    recorder.found.clear()
    with book.open("a", encoding="utf-8") as file:
        file.writelines(item + "\n" for item in sorted(recorder.tried - before))
    before |= recorder.tried
    print(recorder.dialect, recorder.count, time.strftime("%T"), flush=True)


def recorded(dialect: str) -> Iterator[dict[str, Any]]:
    """The cases the repository holds: ``q`` the query, or an expression over table ``a``; ``r`` the engine's rows."""
    path = DATA / f"{dialect}.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from map(json.loads, file)


def keep(dialect: str, state: Path) -> Path:
    """Puts what was recorded, with what the repository holds, into the repository: one answer a query, in order.

    A query that is no longer made, since its answer is open, falls out.
    """
    items = {item for _, item in (*_items(dialect), *lifted(dialect))} | set(everyday(dialect))
    made = items | {query for _, query in queries(dialect)} | {_alone(item) for item in items}
    found = {case["q"]: case for case in recorded(dialect) if case["q"] in made}
    path = state / "made" / f"{dialect}.jsonl"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            if case["q"] in made and len(line) <= _MOST_CHARACTERS:
                found[case["q"]] = {key: value for key, value in case.items() if key != "got"}
    DATA.mkdir(exist_ok=True)
    lines = (json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n" for _, case in sorted(found.items()))
    (DATA / f"{dialect}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))
    return DATA / f"{dialect}.jsonl.gz"


def rejudged(dialect: str, only: Collection[str] | None = None) -> Iterator[tuple[str, bool, dict[str, Seen]]]:
    """Every recorded case as the package answers it now: the query, whether the rows match, its features.

    Args:
        dialect: The dialect.
        only: These queries alone.
    """
    ours = Ours(dialect, arrow_tables(SPECS))
    for case in recorded(dialect):
        if only is not None and case["q"] not in only:
            continue
        try:
            found = _rejudged(ours, case)
        except Exception:  # refused, or what sqlglot or DuckDB raises: no rows
            continue
        if found is not None and (found[0] or not ours.open):  # else it may be another of the engine's answers
            yield case["q"], *found


def _rejudged(ours: Ours, case: dict[str, Any]) -> tuple[bool, dict[str, Seen]] | None:
    text = whole(case["q"], ours.dialect)
    if _is_query(case["q"]):
        _, rows, seen = ours.run(text)
        right = judged(case["r"], rows, text, ours.dialect)
        return None if right is None else (right, seen)
    raised = case.get("not", [])
    want = dict(zip((at for at in IDS if at not in raised), case["r"], strict=True))
    try:
        if raised:
            raise duckdb.InvalidInputException  # asked row by row
        _, rows, seen = ours.run(text)
        given = {row[0]: [row[1]] for row in rows}
    except _AT_SOME_ROWS:
        given = {at: row[1:] for at, row in ours.by_row(text, IDS)[0].items()}
        seen = ours.seen(text, _alike(want, given))
    both = [at for at in IDS if at in want and at in given]
    return (matches([want[at] for at in both], [given[at] for at in both], True), seen) if both else None
