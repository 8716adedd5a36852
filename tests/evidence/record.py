"""``python -m tests.evidence record DIALECT``: generated queries on the real engine and as models, compared and kept.

Expressions are put side by side as the columns of one query; one that a side refuses is split off. What it has tried is
kept in EVIDENCE_STATE, so that a run goes on where the last one stopped. What differs goes to ``differs_DIALECT.jsonl``
with its cause's features, what matches to ``data/DIALECT.jsonl.gz``.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..fidelity.cases import arrow_tables
from ..fidelity.compare import decode
from ..fidelity.engines import EngineError, Run, encode, start
from .candidates import expressions
from .clauses import queries
from .everyday import everyday
from .observe import Seen
from .ours import Ours, same
from .tables import SPECS

__all__ = ["DATA", "Recorder", "keep", "ordered", "record", "recorded", "rejudged", "whole"]

DATA = Path(__file__).parent / "data"
#: Expressions that the engine answers in one query: one that it refuses costs a search among its neighbours.
_BATCH = {"databricks": 40, "clickhouse": 12}
_NAMES = {"databricks": "spark"}


@dataclass
class Recorder:
    """One dialect's run.

    Attributes:
        dialect: The dialect.
        run: The engine.
        until: Clock time in seconds at which to stop.
        tried: What was settled before.
    """

    dialect: str
    run: Run
    until: float
    tried: set[str] = field(default_factory=set)
    found: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ours = Ours(self.dialect, arrow_tables(SPECS))
        self.count = {"match": 0, "differ": 0, "refused": 0, "error": 0}

    def expressions(self, items: Sequence[str]) -> None:
        """Compares expressions over table ``a``; those that we refuse fall out first."""
        kept: dict[str, list[list[Any]]] = {}
        for item in items:
            self.tried.add(item)
            got = self._ours(beside([item]))
            if got is None:
                continue
            if len(got) == len(SPECS["a"][1]):
                kept[item] = sorted(got, key=lambda row: row[0])
            else:  # it makes one row of many, or many of one
                self.query(f"SELECT {item} AS c FROM a")
        self._engine(list(kept), kept)

    def _ours(self, sql: str) -> list[list[Any]] | None:
        try:
            return self.ours.run(sql)[1]
        except Exception:  # refused, or what sqlglot or DuckDB raises: no rows, so nothing to compare
            self.count["refused"] += 1
            return None

    def _engine(self, items: list[str], ours: dict[str, list[list[Any]]]) -> None:
        if not items:
            return
        try:
            _, rows = self.run(beside(items))
            whole_rows = len(rows) == len(SPECS["a"][1])
        except EngineError:
            whole_rows = False
        if not whole_rows:
            half = len(items) // 2
            if half:
                self._engine(items[:half], ours)
                self._engine(items[half:], ours)
            else:
                self.count["error"] += 1
            return
        rows.sort(key=lambda row: row[0])
        for at, item in enumerate(items, 1):
            self._judge(item, [[row[at]] for row in rows], [[row[1]] for row in ours[item]], True)

    def query(self, sql: str) -> None:
        """Compares a whole query."""
        self.tried.add(sql)
        got = self._ours(sql)
        if got is None:
            return
        try:
            _, rows = self.run(sql)
        except EngineError:
            self.count["error"] += 1
            return
        self._judge(sql, rows, got, ordered(sql))

    def _judge(self, item: str, want: list[list[Any]], got: list[list[Any]], in_order: bool) -> None:
        rows = [[encode(value) for value in row] for row in want]
        right = same([decode(row) for row in json.loads(json.dumps(rows))], got, in_order)
        self.count["match" if right else "differ"] += 1
        case = {"q": item, "r": rows} if right else {"q": item, "r": rows, "got": [[encode(v) for v in r] for r in got]}
        self.found.append(case)


def ordered(sql: str) -> bool:
    """Whether the order of rows counts."""
    return "ORDER BY" in sql.rpartition(")")[2] or not sql.startswith(("SELECT", "WITH"))


def beside(items: Sequence[str]) -> str:
    """Expressions as the columns of one query."""
    return f"SELECT id, {', '.join(f'{item} AS c{at}' for at, item in enumerate(items))} FROM a"


def whole(item: str) -> str:
    """A recorded item as a query."""
    return item if item.startswith(("SELECT", "WITH")) else beside([item])


def record(dialect: str, state: Path, seconds: float, seed: int) -> None:
    """Goes through the candidates, the common ones first, as far as the seconds reach."""
    path, book = state / "made" / f"{dialect}.jsonl", state / "made" / f"{dialect}.tried"
    path.parent.mkdir(parents=True, exist_ok=True)
    tried = set(book.read_text(encoding="utf-8").splitlines()) if book.exists() else set()
    chance = random.Random(seed)
    common = [(0, item) for item in everyday(dialect)]
    parts = [
        (list(dict.fromkeys(common)), True),
        (list(dict.fromkeys(expressions(dialect))), True),
        (list(dict.fromkeys(queries())), False),
    ]
    with start(_NAMES.get(dialect, dialect), SPECS) as run:
        recorder = Recorder(dialect, run, time.time() + seconds, tried)
        before = set(tried)
        for rank in (0, 1, 2):
            for part, many in parts:
                todo = [item for at, item in part if at == rank and item not in recorder.tried]
                chance.shuffle(todo)
                for items in _batches(todo, _BATCH.get(dialect, 6) if many else 1):
                    if time.time() > recorder.until:
                        break
                    if many:
                        recorder.expressions(items)
                    else:
                        recorder.query(items[0])
                    if len(recorder.found) > 400:
                        _keep(recorder, path, book, before)
        _keep(recorder, path, book, before)


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for at in range(0, len(items), size):
        yield list(items[at : at + size])


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
    """Puts what was recorded, with what the repository holds, into the repository: one answer a query, in order."""
    found = {case["q"]: case["r"] for case in recorded(dialect)}
    path = state / "made" / f"{dialect}.jsonl"
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            found[case["q"]] = case["r"]
    DATA.mkdir(exist_ok=True)
    lines = (
        json.dumps({"q": query, "r": rows}, ensure_ascii=False, separators=(",", ":")) + "\n"
        for query, rows in sorted(found.items())
    )
    (DATA / f"{dialect}.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode(), 9, mtime=0))
    return DATA / f"{dialect}.jsonl.gz"


def rejudged(dialect: str) -> Iterator[tuple[str, bool, dict[str, Seen]]]:
    """Every recorded case as the package answers it now: the query, whether the rows match, its features."""
    ours = Ours(dialect, arrow_tables(SPECS))
    for case in recorded(dialect):
        try:
            _, rows, seen = ours.run(whole(case["q"]))
        except Exception:  # refused, or what sqlglot or DuckDB raises: no rows
            continue
        if not case["q"].startswith(("SELECT", "WITH")):
            rows = [[row[1]] for row in sorted(rows, key=lambda row: row[0])]
        yield case["q"], same([decode(row) for row in case["r"]], rows, ordered(whole(case["q"]))), seen
