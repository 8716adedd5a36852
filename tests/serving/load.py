"""``python -m tests.serving.load [SECONDS]``: a real server at saturation, with every answer checked; prints a table.

`mlflow models serve` with two workers is driven by wrk (package ``wrk`` of Debian), every answer compared byte for byte
with one that was checked before. One request in a hundred is malformed. At the same time other clients drip their
bytes, go away in the middle, and ask once a second for what ends on the time limit only.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

import mlflow_sql_flavor

from .hostile import Crowd
from .servers import CSV, JSON, Client, models_serve

CONNECTIONS = 16
TIMEOUT = 1.0
FACTORS = {"Seoul": 1.5, "Busan": 2.0, "O'Brien": 0.5}
SQL = """
SELECT i.id, i.name, i.amount * z.factor * $boost AS score, CAST(i.code AS INTEGER) AS code,
       max(i.id) OVER () AS last, $label || i.name AS label,
       (SELECT count(*) FROM range($spin) a, range($spin) b WHERE a.range % 7 <> b.range % 5) AS spun
FROM input i LEFT JOIN zones z ON i.region = z.region
"""
EXAMPLE = pd.DataFrame({"id": [1], "name": ["a"], "amount": [1.0], "region": ["Seoul"], "code": ["7"]})


@dataclass
class Report:
    """What was measured; ``rss`` is of all server processes together, in bytes, with the seconds since the start."""

    wrk: dict[str, float] = field(default_factory=dict)
    sample: str = ""
    seen: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    endings: list[float] = field(default_factory=list)
    rss: list[tuple[float, int]] = field(default_factory=list)
    pids: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
    answers_afterwards: bool = False
    exit_code: int | None = None
    left_over: list[str] = field(default_factory=list)
    exit_seconds: float = 0.0
    log: str = ""

    def _tenth(self, number: int) -> float:
        end = self.rss[-1][0]
        return statistics.median(size for at, size in self.rss if number <= 10 * at / end < number + 1 + (number == 9))

    def growth(self) -> float:
        """Memory of the last tenth by that of the third tenth, medians: what comes before is warm-up."""
        return self._tenth(9) / self._tenth(2)

    def table(self) -> str:
        w = self.wrk
        rows: list[tuple[str, str]] = [
            ("seconds, connections", f"{w['seconds']:.0f}, {CONNECTIONS}"),
            ("requests answered", f"{w['total']:,.0f} ({w['total'] / w['seconds']:.0f} a second)"),
            ("of them malformed", f"{w['malformed']:,.0f}"),
            ("of them failing on a value, as they should", f"{w['failing']:,.0f}"),
            ("wrong answers", f"{w['wrong'] + len(self.wrong):,.0f}"),
            ("HTTP 5xx", f"{w['server_errors']:,.0f}"),
            ("ended by the model's time limit", f"{w['timed_out']:,.0f}"),
            ("connections refused or broken", f"{sum(v for k, v in w.items() if k in SOCKET):,.0f}"),
            ("latency p50, p90, p99, max", ", ".join(f"{w[k]:,.0f} ms" for k in ("p50", "p90", "p99", "max"))),
            *((what, f"{count:,}") for what, count in sorted(self.seen.items())),
            (f"query without end ({TIMEOUT:.0f} s): median, longest", self._endings()),
            ("memory, median of each tenth", f"{', '.join(f'{self._tenth(n) / 1e6:,.0f}' for n in range(10))} MB"),
            ("memory of the last tenth / the third", f"{self.growth():.3f}"),
            ("same processes at the end", str(self.pids[0] == self.pids[1])),
            ("right answers afterwards", str(self.answers_afterwards)),
            ("SIGTERM: seconds, exit code, left over", f"{self.exit_seconds:.1f}, {self.exit_code}, {self.left_over}"),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)

    def _endings(self) -> str:
        return f"{statistics.median(self.endings):.1f} s, {max(self.endings):.1f} s" if self.endings else "none"


SOCKET = ("socket_connect", "socket_read", "socket_write", "socket_timeout")


def save(path: Path) -> None:
    """A join, a window, parameters and a subquery whose length a parameter sets."""
    zones = pd.DataFrame({"region": list(FACTORS), "factor": list(FACTORS.values())})
    mlflow_sql_flavor.save_model(
        SQL,
        path,
        tables={"zones": zones},
        limits={"timeout_seconds": TIMEOUT, "threads": 1},
        input_example=(EXAMPLE, {"boost": 1.0, "label": "", "spin": 0}),
    )


def valid(number: int, count: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A request unlike all others and its answer, computed here and not by DuckDB."""
    boost, region = [1.0, 0.25, 3.0][number % 3], list(FACTORS)[number % len(FACTORS)]
    first = number * 10_000
    rows = [
        {"id": first + n, "name": f"한{number}", "amount": n * 0.5, "region": region, "code": str(n)}
        for n in range(count)
    ]
    answer = [
        {
            "id": first + n,
            "name": f"한{number}",
            "score": n * 0.5 * FACTORS[region] * boost,
            "code": n,
            "last": first + count - 1,
            "label": f"it's {number} 한{number}",
            "spun": 0,
        }
        for n in range(count)
    ]
    body = {"dataframe_records": rows, "params": {"boost": boost, "label": f"it's {number} ", "spin": 0}}
    return body, answer


def plan(client: Client) -> tuple[str, list[tuple[bytes, Any]]]:
    """The requests for wrk, each sent once and its answer checked; and some of them for the other clients."""
    items, small = [], []
    counts = [1] * 20 + [2, 5, 30] * 4 + [300, 1200]
    for number, count in enumerate(counts):
        body, answer = valid(number, count)
        sent = json.dumps(body, ensure_ascii=False).encode()
        response = client.send(sent)
        assert response.status_code == 200 and response.json() == {"predictions": answer}, response.text[:500]
        weight = 40 if count < 10 else 20 if count < 100 else 4
        items.append(_item(f"valid {number}", "valid", weight, sent, 200, response.content))
        if count < 10:
            small.append((sent, answer))
    for number, code in enumerate(("seven", "99999999999")):
        body, _ = valid(900 + number, 3)
        body["dataframe_records"][1]["code"] = code
        response = client.send(body)
        assert response.status_code == 400, response.text
        items.append(_item(f"failing {code}", "failing", 20, json.dumps(body).encode(), 400, response.content))
    total = sum(item["weight"] for item in items)
    one = valid(950, 1)[0]
    malformed: list[tuple[str, Any, str]] = [
        ("not JSON", b"{", JSON),
        ("cut off", json.dumps(one).encode()[:-9], JSON),
        ("empty", b"", JSON),
        ("no text", b"\xff\xfe\x00", JSON),
        ("a list", b"[]", JSON),
        ("another key", b'{"rows": []}', JSON),
        ("a missing column", b'{"dataframe_records": [{"id": 1}]}', JSON),
        ("text for a number", json.dumps(one).replace('"amount": 0.0', '"amount": "much"').encode(), JSON),
        ("a param of another type", json.dumps({**one, "params": {"boost": "x"}}).encode(), JSON),
        ("another content type", b"a,b", "text/plain"),
        ("CSV without the columns", b"c\n1\n", CSV),
    ]
    for name, sent, kind in malformed:
        response = client.send(sent, kind)
        assert 400 <= response.status_code < 500, (name, response.status_code, response.text[:300])
        assert "Traceback" not in response.text, name
        weight = max(1, round(total / 99 / len(malformed)))
        items.append(_item(name, "malformed", weight, sent, response.status_code, None, kind))
    return "return {\n" + ",\n".join(map(_lua, items)) + "\n}\n", small


def _item(
    name: str, kind: str, weight: int, body: bytes, status: int, answer: bytes | None, type_: str = JSON
) -> dict[str, Any]:
    item = {"name": name, "kind": kind, "weight": weight, "body": body, "status": status, "answer": answer}
    return {**item, "method": "POST", "path": "/invocations", "type": type_}


def _lua(item: dict[str, Any]) -> str:
    def value(found: Any) -> str:
        data = found.encode() if isinstance(found, str) else found
        return str(data) if isinstance(data, int) else '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'

    return "{" + ", ".join(f"{key} = {value(found)}" for key, found in item.items() if found is not None) + "}"


def processes(root: psutil.Process) -> list[psutil.Process]:
    return [p for p in (root, *root.children(recursive=True)) if p.is_running()]


def memory(root: psutil.Process) -> int:
    total = 0
    for process in processes(root):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def run(seconds: int, workers: int = 2) -> Report:
    """Starts the server, loads it for so long, ends it.

    Raises:
        FileNotFoundError: There is no wrk.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise FileNotFoundError("wrk is not installed (apt-get install wrk).")
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        save(home / "model")
        server, client = models_serve(home / "model", home / "log", "--workers", str(workers))
        try:
            server.wait(client)
            root = psutil.Process(server.pid)
            text, small = plan(client)
            (home / "plan.lua").write_text(text)
            body = valid(0, 1)[0]
            endless = json.dumps({**body, "params": {**body["params"], "spin": 10**9}}).encode()
            crowd = Crowd(int(client.url.rpartition(":")[2]), small, endless)
            report.pids = (frozenset(p.pid for p in processes(root)), frozenset())
            command = [wrk, "-t", str(CONNECTIONS), "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-T", "90s"]
            command += ["-s", str(Path(__file__).with_suffix(".lua")), client.url, "--", str(home / "plan.lua")]
            over = threading.Event()
            watch = threading.Thread(target=_watch, args=(root, report.rss, over))
            crowd.start()
            watch.start()
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=True)
            finally:
                over.set()
                crowd.stop()
                watch.join()
            said = dict(line[1:].split("=", 1) for line in done.stdout.splitlines() if line.startswith("@"))
            report.sample = said.pop("sample")
            report.wrk = {name: float(value) for name, value in said.items()}
            report.seen, report.wrong, report.endings = dict(crowd.seen), crowd.wrong, crowd.took
            report.pids = (report.pids[0], frozenset(p.pid for p in processes(root)))
            report.answers_afterwards = all(client.predictions(sent) == answer for sent, answer in small)
            _terminate(server, root, report)
        finally:
            server.close()
            report.log = (home / "log").read_text(errors="replace")
    return report


def _watch(root: psutil.Process, found: list[tuple[float, int]], over: threading.Event) -> None:
    started = time.monotonic()
    while not over.wait(1.0):
        found.append((time.monotonic() - started, memory(root)))


def _terminate(server: Any, root: psutil.Process, report: Report) -> None:
    family = processes(root)
    started = time.monotonic()
    root.terminate()
    report.exit_code = server.wait_end(30)
    _, alive = psutil.wait_procs(family, timeout=30)
    report.exit_seconds = time.monotonic() - started
    report.left_over = [p.name() for p in alive]


if __name__ == "__main__":
    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else 600)
    print(found.table())
    print(*[line for line in (found.sample, *found.wrong[:3]) if line], sep="\n")
    sys.exit(0 if not found.wrk["wrong"] + found.wrk["server_errors"] + len(found.wrong) else 1)
