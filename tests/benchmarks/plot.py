"""The plot of docs/performance.md: ``python -m tests.benchmarks.plot OUT.svg RESULTS.json ...`` of :mod:`.wide`.

Needs matplotlib (``pip install -e ".[bench]"``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(out: str, files: list[str]) -> None:
    """One panel for each kind of work: the ratio of each way to raw DuckDB over the rows."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "performance"
    import matplotlib.pyplot as plt

    found = [entry for file in files for entry in json.loads(Path(file).read_text())]
    works = list(dict.fromkeys(entry["work"] for entry in found))
    ways = [way for way in dict.fromkeys(entry["way"] for entry in found) if way != "raw"]
    figure, axes = plt.subplots(1, len(works), figsize=(3.2 * len(works), 3.8), sharey=True, squeeze=False)
    for axis, work in zip(axes[0], works, strict=True):
        for number, way in enumerate(ways):
            points = [(e["rows"], e["ratio"]) for e in found if e["work"] == work and e["way"] == way]
            if points:
                width = 2.5 if way == "SQLModel" else 1.2
                axis.loglog(
                    *zip(*points, strict=True), "o-", label=way, color=f"C{number}", linewidth=width, markersize=3
                )
        axis.axhline(1, color="black", linewidth=0.8, linestyle=":")
        axis.set_title(work)
        axis.set_xlabel("rows")
    axes[0][0].set_ylabel("time, raw DuckDB = 1")
    handles = {text: handle for axis in axes[0] for handle, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="lower center", ncols=4, fontsize=8)
    figure.tight_layout(rect=(0, 0.13, 1, 1))
    figure.savefig(out, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
