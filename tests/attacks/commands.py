"""``python -m tests.attacks.commands``: attempts as a model's query, through everything that loads or looks.

``--attempts`` takes all of `attempts.jsonl` and `more.jsonl`, ``--large`` those of `large`, ``--every N`` one of N of
them; the commands are named after that, all where none is. ``-v`` prints each one.

Each attempt is edited into a saved model, shown and run alike, and given to each command in a process of its own, which
is watched from here with all its children. Printed are the slowest and the largest of each command, and what went over
the bounds; exit status 1 if anything did. The processes are forks of one that has imported everything, and a command
runs there without the watch that it has over itself, so that each of its parts shows what it takes; with ``--watched``
the command line itself is run.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from .harness import INPUT, REF, attempts
from .large import QUERIES

__all__ = ["COMMANDS", "Measured", "Template", "measured", "run"]

SECONDS, BYTES = 20.0, 1_500_000_000

#: What a loader sets who does not trust: limits of a query.
TIMEOUT, MEMORY = 5.0, 512_000_000
LIMITS = {"MLFLOW_SQL_TIMEOUT_SECONDS": str(TIMEOUT), "MLFLOW_SQL_MEMORY_LIMIT": str(MEMORY)}

#: Set where the command line itself is run, with the watch that it has over itself.
WATCHED = "TESTS_ATTACKS_WATCHED"

TYPES = '{"a": "BIGINT", "s": "VARCHAR"}'


@dataclass(frozen=True)
class Measured:
    """What one command took: seconds, those of the processor, bytes beyond its start; what it said, if it ended."""

    seconds: float
    processor: float
    memory: int
    said: str
    ended: bool

    @property
    def bounded(self) -> bool:
        # Twice the time: a machine that others use too; what is not watched may load, then answer, then translate.
        return self.ended and self.seconds < 2 * SECONDS and self.memory < BYTES and "Traceback" not in self.said


class Template:
    """A saved model that reads ``ref`` and ``input``, to be edited."""

    def __init__(self, folder: Path) -> None:
        import mlflow_sql_flavor

        self.model = folder / "saved"
        mlflow_sql_flavor.save_model(
            "SELECT count(v) AS r FROM input LEFT JOIN ref ON k = a GROUP BY s",
            self.model,
            tables={"ref": REF},
            input_example=INPUT.to_pandas(),
            bundle_flavor=False,
            pip_requirements=[],
        )
        self.content = yaml.safe_load((self.model / "MLmodel").read_text(encoding="utf-8"))
        self.folder = folder

    def edited(self, query: str, **keys: Any) -> Path:
        """A copy with another query in it, and the query in a file beside."""
        path = Path(tempfile.mkdtemp(dir=self.folder)) / "m"
        shutil.copytree(self.model, path)
        content = {**self.content, "flavors": {**self.content["flavors"]}}
        section = {"sql": query, "duckdb_sql": query, "rows": "table", "output_types": {"r": "BIGINT"}, **keys}
        section["column_order"] = {**content["flavors"]["sql"]["column_order"], "output": list(section["output_types"])}
        content["flavors"]["sql"] = {**content["flavors"]["sql"], **section}
        (path / "MLmodel").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        (path.parent / "query.sql").write_text(query, encoding="utf-8", errors="surrogatepass")
        return path


def _load(folder: Path) -> None:
    import mlflow_sql_flavor

    start = time.monotonic()
    model = mlflow_sql_flavor.load_model(str(folder))
    print(f"loaded in {time.monotonic() - start:.2f}")
    model.predict(INPUT)
    print("answered")


def _alone(folder: Path) -> None:
    import mlflow_sql_flavor

    query = (folder.parent / "query.sql").read_text(encoding="utf-8", errors="surrogatepass")
    mlflow_sql_flavor.SQLModel(query, tables={"ref": REF}).predict(INPUT)
    print("answered")


def _cli(*words: str) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        from mlflow_sql_flavor.cli import main

        template = folder.parent.parent / "saved"
        places = {"MODEL": str(folder), "FILE": str(folder.parent / "query.sql"), "SAVED": str(template)}
        places["REF"] = f"ref={next((template / 'tables').iterdir())}"
        arguments = [places.get(word, word) for word in words]
        if WATCHED in os.environ:
            found = subprocess.run(
                [sys.executable, "-m", "mlflow_sql_flavor", *arguments], capture_output=True, text=True
            )
            print(found.stdout[:2000], found.stderr[:2000])
        else:
            main.main(arguments, prog_name="mlflow-sql", standalone_mode=False)

    return run


COMMANDS: dict[str, Callable[[Path], None]] = {
    "load_model": _load,
    "SQLModel": _alone,
    "show": _cli("show", "MODEL"),
    "show --audit": _cli("show", "MODEL", "--audit"),
    "test": _cli("test", "MODEL"),
    "lineage": _cli("lineage", "MODEL"),
    "transpile": _cli("transpile", "MODEL", "--to", "postgres"),
    "diff": _cli("diff", "SAVED", "MODEL"),
    "check": _cli("check", "FILE", "--input-types", TYPES, "--table", "REF"),
}


def _child(command: str, folder: Path, pipe: Any) -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_WRONLY)  # a worker that starts as this process leaves has a word on that
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.environ.update(LIMITS)
    said = io.StringIO()
    pipe.send("ready")
    pipe.recv()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            COMMANDS[command](folder)
    except SystemExit:
        pass
    except BaseException as error:
        said.write(f"{type(error).__name__}: {str(getattr(error, 'message', error))[:300]}")
    pipe.send(said.getvalue()[:3000])
    pipe.recv()
    os._exit(0)


def _taken(process: psutil.Process) -> int:
    total = 0
    with contextlib.suppress(psutil.Error):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total


def _worked(process: psutil.Process) -> float:
    """Seconds of the processor of a process, of what it started, and of what of that has ended."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])
    return total


def measured(command: str, folder: Path, seconds: float = 60.0) -> Measured:
    """Runs a command on a model in a fork of this process, which is ended after so many seconds."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_child, args=(command, folder, theirs))
    child.start()
    theirs.close()
    ours.recv()
    process = psutil.Process(child.pid)
    before, most, worked, start = _taken(process), 0, 0.0, time.monotonic()
    ours.send("go")
    try:
        while not ours.poll(0.02) and child.is_alive() and time.monotonic() - start < seconds:
            most, worked = max(most, _taken(process) - before), max(worked, _worked(process))
            if most > 3 * BYTES:
                break
        took, said = time.monotonic() - start, None
        with contextlib.suppress(EOFError, OSError):
            said = ours.recv() if ours.poll(0) else None
        return Measured(took, max(worked, _worked(process)), most, said or "", said is not None)
    finally:
        with contextlib.suppress(psutil.Error):
            for one in [*process.children(recursive=True), process]:
                with contextlib.suppress(psutil.Error):
                    one.kill()
        child.join()


def warm() -> None:
    """Imports what every command would have to, and opens nothing."""
    import mlflow.models
    import mlflow.pyfunc
    import mlflow.types  # noqa: F401

    import mlflow_sql_flavor.compile.recompilation
    import mlflow_sql_flavor.flavor
    import mlflow_sql_flavor.query.evidence.lookup
    import mlflow_sql_flavor.query.translation.transpile
    import mlflow_sql_flavor.report.facts
    import mlflow_sql_flavor.review.audit
    import mlflow_sql_flavor.review.diff
    import mlflow_sql_flavor.review.retest  # noqa: F401


def run(
    queries: Iterable[str], commands: Iterable[str] = tuple(COMMANDS), verbose: bool = False
) -> list[tuple[str, str, Measured]]:
    """``(command, query, what it took)`` of all."""
    commands = list(commands)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        context = multiprocessing.get_context("fork")
        maker = context.Process(target=Template, args=(Path(folder),))  # DuckDB does not go through a fork
        maker.start()
        maker.join()
        template = Template.__new__(Template)
        template.folder, template.model = Path(folder), Path(folder) / "saved"
        template.content = yaml.safe_load((template.model / "MLmodel").read_text(encoding="utf-8"))
        warm()
        for number, query in enumerate(queries):
            path = template.edited(query)
            for command in commands:
                took = measured(command, path)
                found.append((command, query, took))
                if not took.bounded or verbose:
                    print(number, command, f"{took.seconds:.1f} s ({took.processor:.1f}) {took.memory / 1e6:.0f} MB",
                          took.ended, query[:90], "->", took.said[:200].replace("\n", " "), flush=True)  # fmt: skip
            shutil.rmtree(path.parent, ignore_errors=True)
    return found


def main() -> int:
    words = argparse.ArgumentParser()
    words.add_argument("--attempts", action="store_true")
    words.add_argument("--large", action="store_true")
    words.add_argument("--every", type=int, default=1)
    words.add_argument("--watched", action="store_true")
    words.add_argument("-v", action="store_true")
    words.add_argument("commands", nargs="*", default=list(COMMANDS))
    asked = words.parse_args()
    wanted = asked.commands or list(COMMANDS)
    if asked.watched:
        os.environ[WATCHED] = "1"
    queries = [row["sql"] for row in attempts()] if asked.attempts else []
    queries += QUERIES.values() if asked.large else []
    found = run(queries[:: asked.every], wanted, verbose=asked.v)
    print(f"{'command':<16}{'tried':>8}{'slowest, s':>12}{'processor, s':>14}{'largest, MB':>13}{'over':>6}")
    for command in wanted:
        took = [m for name, _, m in found if name == command]
        over = sum(not m.bounded for m in took)
        print(
            f"{command:<16}{len(took):>8}{max(m.seconds for m in took):>12.1f}"
            f"{max(m.processor for m in took):>14.1f}"
            f"{max(m.memory for m in took) / 1e6:>13.0f}{over:>6}"
        )
    return 1 if any(not m.bounded for _, _, m in found) else 0


if __name__ == "__main__":
    sys.exit(main())
