"""Where compared cases come from: this repository's recorded answers, and the engines' and vendors' own suites.

The suites are read by scripts outside of the repository: ``SUITES`` is their folder, ``MIRRORS`` that of the clones
they read (see there), ``SUITES_CACHE`` where they keep text and tables.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow_sql_flavor.errors import SQLModelError

from ..fidelity.cases import RECORDED, cases, extra_cases, tables
from .observe import Observation, observe, write
from .ours import Ours, same
from .record import recorded, rejudged

__all__ = ["ENGINE_SUITES", "VENDOR_SETS", "fidelity", "made", "suite", "vendor"]

ENGINES = {
    "postgres": "PostgreSQL 15 to 18", "databricks": "Spark 4 (ANSI)", "mysql": "MariaDB 10.11 in MySQL 8's mode",
    "sqlite": "SQLite 3.54", "clickhouse": "ClickHouse 26.9",
}  # fmt: skip
ENGINE_SUITES = {
    "pg": ("postgres", "pg.py", []), "spark": ("databricks", "spark.py", []), "ch": ("clickhouse", "ch.py", []),
    "slt_sqlite": ("sqlite", "slt.py", ["sqlite"]), "slt_mysql": ("mysql", "slt.py", ["mysql"]),
}  # fmt: skip
VENDOR_SETS = {
    "bq_docs": "bigquery", "bq_compliance": "bigquery", "tsql": "tsql", "trino_docs": "trino", "trino_tests": "trino",
    "snowflake": "snowflake", "redshift": "redshift", "oracle": "oracle",
}  # fmt: skip


def fidelity(dialect: str, share: float = 1) -> Iterator[Observation]:
    """The recorded and documented cases of tests/fidelity, or a part of them, 0 to 1."""
    recorded = dialect in RECORDED
    ours = Ours(dialect, tables("recorded" if recorded else "extra"))
    name = "databricks" if dialect == "spark" else dialect
    kind, source = ("compared", ENGINES[name]) if recorded else ("manual", "the manual")
    for group, found in (("", cases(dialect)), ("extra ", extra_cases(dialect))):
        for case in found:
            if case.rows is None or not _drawn(case.id, share):
                continue
            try:
                _, rows, seen = ours.run(case.sql)
            except Exception:  # refused, or what sqlglot or DuckDB raises: no rows
                continue
            right = same(case.rows, rows, case.ordered)
            yield Observation(f"fidelity {group}{case.id}", name, source, kind, right, seen)


def made(dialect: str, share: float = 1) -> Iterator[Observation]:
    """The recorded answers to generated queries, or a part of them, 0 to 1."""
    drawn = None if share >= 1 else {case["q"] for case in recorded(dialect) if _drawn(case["q"], share)}
    for query, right, seen in rejudged(dialect, drawn):
        yield Observation(f"made {query}", dialect, ENGINES[dialect], "compared", right, seen)


def _drawn(name: str, share: float) -> bool:
    return zlib.crc32(name.encode()) % 1000 < share * 1000


def suite(name: str, out: Path) -> None:
    """Runs an engine's suite by its script, and writes what each case says."""
    dialect, script, args = ENGINE_SUITES[name]
    folder = Path(os.environ["SUITES"]).resolve()
    sys.path[:0] = [str(folder)]
    import common  # type: ignore[import-not-found]

    stash: list[Any] = [None]
    ours, add, judged = common.ours, common.Log.add, _verdicts(folder)

    def watched(sql: str, read_as: str, given: Any, **kw: Any) -> Any:
        result = ours(sql, read_as, given, **kw)
        stash[0] = (sql, given) if result[0] == "rows" else None
        return result

    def noted(log: Any, file: str, sql: str, gold: Any, res: Any, verdict: str, case: str) -> None:
        add(log, file, sql, gold, res, verdict, case)
        record = json.loads(log.path.read_text().rsplit("\n", 2)[-2])
        outcome = judged(record)
        if stash[0] is not None and outcome in ("equal", "wrong"):
            _note(out, case, dialect, ENGINES[dialect], "compared", outcome == "equal", *stash[0])
        stash[0] = None

    common.ours, common.Log.add = watched, noted
    sys.argv = [script, *args]
    os.chdir(folder)
    runpy.run_path(str(folder / script), run_name="__main__")


def _verdicts(folder: Path) -> Any:
    import report  # type: ignore[import-not-found]

    return report.verdict


def vendor(name: str, out: Path) -> None:
    """Runs a set of a vendor's recorded answers, and writes what each case says."""
    folder = Path(os.environ["SUITES"]).resolve() / "recorded"
    sys.path[:0] = [str(folder), str(folder.parent)]
    import core  # type: ignore[import-not-found]

    labels = json.loads((folder / "labels.json").read_text())
    dialect = VENDOR_SETS[name]
    plain = Ours(dialect, {})
    for case in map(json.loads, (core.CACHE / "cases" / f"{name}.jsonl").open()):
        if "error" in case["want"] or not core.where.mine(case["id"]):
            continue
        sql, _ = core.name_outputs(case["sql"], dialect)
        given = {
            t: core.load_table(p)
            for t, p in case.get("tables", {}).items()
            if re.search(rf"\b{re.escape(t)}\b", sql, re.I)
        }
        try:
            found, seen = (Ours(dialect, given) if given else plain).answer(sql)
            rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
            right = core.judge(case["want"], [list(row) for row in rows])
        except SQLModelError:
            continue
        except Exception:  # a name that DuckDB reads in another way, a type that only a model knows how to hand over
            seen, right = {}, False
        if not right:  # by the model itself, which is slower and has the last word
            kind, got, _ = core.run_sql(sql, dialect, given or None)
            if kind != "rows":
                continue
            right = core.judge(case["want"], got)
        if not right and str(labels.get(case["id"], "")).startswith("-"):
            continue
        source = f"{name}: the vendor's published answers"
        if seen:
            write(out, [Observation(case["id"], dialect, source, "vendor", right, seen)])
        else:
            _note(out, case["id"], dialect, source, "vendor", right, sql, given)
    without_unlike_tables(out, core.CACHE / "cases" / f"{name}.jsonl")


_WHOLE_TABLE = re.compile(r"\s*SELECT\s+\*\s+FROM\s+[\w.\[\]\"`]+(?:\s+ORDER\s+BY[\w\s,.]+)?\s*;?\s*", re.IGNORECASE)


def without_unlike_tables(noted: Path, asked: Path) -> int:
    """Drops the cases over a table that is not the engine's, and says how many: statements of the suite changed it that
    nobody reads here (triggers, procedures). It shows where a star of the table alone gives other rows than recorded.

    Args:
        noted: What each case says.
        asked: The cases, with the tables that each reads.
    """
    cases = {case["id"]: case for case in map(json.loads, asked.open(encoding="utf-8"))}
    lines = noted.read_text(encoding="utf-8").splitlines()
    found = [(line, json.loads(line)) for line in lines]
    unlike = {
        path
        for _, each in found
        if not each["right"] and _WHOLE_TABLE.fullmatch(cases[each["case"]]["sql"])
        for path in _read(cases[each["case"]])
    }
    kept = [line for line, each in found if not unlike & set(_read(cases[each["case"]]))]
    noted.write_text("".join(line + "\n" for line in kept), encoding="utf-8")
    return len(lines) - len(kept)


def _read(case: dict[str, Any]) -> list[str]:
    tables = case.get("tables", {})
    return [str(path) for name, path in tables.items() if re.search(rf"\b{re.escape(name)}\b", case["sql"], re.I)]


def _note(out: Path, case: str, dialect: str, source: str, kind: str, right: bool, sql: str, given: Any) -> None:
    try:
        seen = observe(sql, dialect, given or {})
    except (SQLModelError, RecursionError):
        return
    write(out, [Observation(case, dialect, source, kind, right, seen)])
