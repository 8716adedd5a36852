"""``python -m tests.attacks``: try every attempt and print the table; exit status 1 if one got through."""

import contextlib
import sys
import tempfile
from collections import Counter
from pathlib import Path

from .harness import Range, attempts


def main() -> int:
    rows = attempts()
    totals: dict[str, Counter[str]] = {}
    through = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        target = Range(Path(folder) / "probe")
        for row in rows:
            outcome = target.run(row["sql"])
            count = totals.setdefault(row.get("class", "given"), Counter())
            count["tried"] += 1
            count["harmless"] += row["harmless"]
            count["refused by the gate"] += outcome.by == "gate"
            count["refused by DuckDB"] += outcome.by == "duckdb"
            count["run apart"] += outcome.by == "apart"
            count["read or changed"] += bool(outcome.trace)
            if outcome.trace or (outcome.by is None and not row["harmless"]):
                through.append(f"{row['sql'][:100]!r}: {outcome.trace or 'ran'}")
        if trace := target.trace():
            through.append(f"at the end: {trace}")
        target.close()
    columns = ["tried", "harmless", "refused by the gate", "refused by DuckDB", "run apart", "read or changed"]
    print(f"{'class':<28}" + "".join(f"{column:>22}" for column in columns))
    total: Counter[str] = Counter()
    for name, count in totals.items():
        total += count
        print(f"{name:<28}" + "".join(f"{count[column]:>22}" for column in columns))
    print(f"{'all':<28}" + "".join(f"{total[column]:>22}" for column in columns))
    print(*through, sep="\n")
    return 1 if through else 0


if __name__ == "__main__":
    sys.exit(main())
