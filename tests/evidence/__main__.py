"""``python -m tests.evidence COMMAND``: what cases say of the features of queries, and the index made of it.

- ``harvest fidelity|made:DIALECT|SUITE ...``: compare cases and note what each says, into EVIDENCE_STATE.
- ``record DIALECT [--seconds S] [--seed N]``: generated queries on the real engine, into EVIDENCE_STATE.
- ``keep DIALECT ...``: what was recorded, into the repository's data; ``harvest made:DIALECT`` then compares it.
- ``index``: what was noted, into the package's index of each dialect; ``--whole`` where every source was harvested:
  the index is made of that alone.
- ``measure``: an index from one half of the cases, measured on the other; ``--recorded`` teaches the recorded forms of
  both.
- ``releases VERSION ...``: the recorded answers on releases of sqlglot, each held against the first; ``replay`` asks
  the one that is installed.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import warnings
from pathlib import Path

from .sources import ENGINE_SUITES, VENDOR_SETS, fidelity, made, suite, vendor

STATE = Path(os.environ.get("EVIDENCE_STATE") or "/var/tmp/evidence")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evidence", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    harvest = commands.add_parser("harvest")
    harvest.add_argument("source", nargs="+")
    for name in ("index", "measure"):
        each = commands.add_parser(name)
        each.add_argument("--dialect", action="append")
        if name == "measure":
            each.add_argument("--show", action="store_true", help="the features behind false findings, and the misses")
            each.add_argument("--recorded", action="store_true", help="the forms of cases that are asked teach too")
        else:
            each.add_argument("--whole", action="store_true", help="keep nothing of the index as it is")
    run = commands.add_parser("record")
    run.add_argument("dialect")
    run.add_argument("--seconds", type=float, default=3600)
    run.add_argument("--seed", type=int, default=1)
    commands.add_parser("keep").add_argument("dialect", nargs="+")
    for name in ("releases", "replay"):
        each = commands.add_parser(name)
        each.add_argument("--dialect", action="append", default=[])
        each.add_argument("--share", type=float, default=1, help="of the answers, 0 to 1")
        if name == "releases":
            each.add_argument("version", nargs="+")
            each.add_argument("--show", action="store_true", help="the cases with another verdict")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)  # Spark logs every query that it refuses, with its whole stack
    warnings.simplefilter("ignore")
    if args.command == "harvest":
        for source in args.source:
            _harvest(source)
    elif args.command == "record":
        from .record import record

        record(args.dialect, STATE, args.seconds, args.seed)
    elif args.command == "keep":
        from .record import keep

        for dialect in args.dialect:
            path = keep(dialect, STATE)
            print(path.name, path.stat().st_size, flush=True)
    elif args.command == "releases":
        from .releases import releases

        releases(args.version, args.dialect, args.share, args.show)
    elif args.command == "replay":
        from .releases import replay

        for told in replay(args.dialect, args.share):
            print(json.dumps(told))
    elif args.command == "index":
        from .index import write_all

        write_all(STATE, args.dialect, args.whole)
    else:
        from .measure import measure

        measure(STATE, args.dialect, args.show, args.recorded)


def _harvest(source: str) -> None:
    from .observe import write

    if source.startswith("fidelity"):
        from ..fidelity.cases import DOCUMENTED, RECORDED

        only = source.partition(":")[2]
        for dialect in [only] if only else [*RECORDED, *DOCUMENTED]:
            path = STATE / f"fidelity_{dialect}.jsonl"
            path.unlink(missing_ok=True)
            write(path, fidelity(dialect))
            print(path.name, len(path.read_text().splitlines()), flush=True)
        return
    if source.startswith("made"):
        dialect = source.partition(":")[2]
        path = STATE / f"made_{dialect}.jsonl"
        path.unlink(missing_ok=True)
        write(path, made(dialect))
        print(path.name, len(path.read_text().splitlines()), flush=True)
        return
    path = STATE / f"{source}.jsonl"
    path.unlink(missing_ok=True)
    if source in ENGINE_SUITES:
        suite(source, path)
    elif source in VENDOR_SETS:
        vendor(source, path)
    else:
        raise SystemExit(f"No source {source!r}: fidelity, {', '.join([*ENGINE_SUITES, *VENDOR_SETS])}.")


if __name__ == "__main__":
    main()
