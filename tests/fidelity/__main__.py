"""``python -m tests.fidelity [--dialect D] [--show silent|refused|all] [--id ID] [--extra]``: the table of fidelity."""

from __future__ import annotations

import argparse
import logging

from .cases import DOCUMENTED, RECORDED
from .run import Outcome, run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    parser.add_argument("--dialect", action="append", choices=[*RECORDED, *DOCUMENTED])
    parser.add_argument("--show", choices=["silent", "refused", "all"])
    parser.add_argument("--id", help="only cases whose id contains this text")
    parser.add_argument("--extra", action="store_true", help="the cases written later, instead of those of the table")
    args = parser.parse_args()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    print(f"{'dialect':<12}{'cases':>6}{'match':>8}{'refused':>9}{'silent':>8}")
    for dialect in args.dialect or [*RECORDED, *DOCUMENTED]:
        outcomes = run(dialect, args.extra, args.id or "")
        count = {v: sum(o.verdict == v for o in outcomes) for v in ("match", "refused", "silent")}
        share = 100 * count["match"] / max(len(outcomes), 1)
        print(f"{dialect:<12}{len(outcomes):>6}{share:>7.1f}%{count['refused']:>9}{count['silent']:>8}", flush=True)
        for outcome in outcomes:
            if args.show == "all" or outcome.verdict == args.show:
                show(outcome)


def show(outcome: Outcome) -> None:
    case = outcome.case
    print(f"\n[{outcome.verdict}] {case.dialect} {case.id}\n  sql      {case.sql}")
    if outcome.duckdb_sql:
        print(f"  duckdb   {outcome.duckdb_sql}")
    print(f"  expected {'an error' if case.rows is None else case.rows}")
    if outcome.error:
        print(f"  error    {outcome.error.splitlines()[0][:300]}")
    else:
        print(f"  got      {outcome.got}")


if __name__ == "__main__":
    main()
