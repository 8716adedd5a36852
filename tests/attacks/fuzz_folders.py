"""Random damage to a model's folder: MLmodel's fields, its text cut anywhere, its Parquet and Arrow files.

Whatever is done, reading ends with a value or with one sentence. ``python -m tests.attacks.fuzz_folders 3600`` goes on
for an hour and prints what was tried; the tests do so for a few tries, and with ``-m ci`` for two minutes.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact import mlmodel, parquet_to_ipc, stored_rows
from mlflow_sql_flavor.artifact.spec import SqlSpec
from mlflow_sql_flavor.errors import ModelFileError, SQLModelError, visible

DATA = pd.DataFrame({"x": [1.5, 2.0, None], "k": [1, 2, 1], "s": ["ab", None, "점수"]})

#: The longest that one try may take, in seconds of the processor.
MOST_SECONDS = 10.0


def make(folder: Path) -> Path:
    """The model that is damaged."""
    path = folder / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y, s, [x, v] AS both, {'a': s} AS inner FROM input LEFT JOIN t USING (k) WHERE k >= :p",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_example=(DATA, {"p": 1}),
        expected_output=mlflow_sql_flavor.SQLModel(
            "SELECT x + v AS y, s, [x, v] AS both, {'a': s} AS inner FROM input LEFT JOIN t USING (k) WHERE k >= :p",
            tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        ).predict(DATA, {"p": 1}, output="arrow"),
        bundle_flavor=False,
        pip_requirements=[],
        metadata={"list": [1, 2.5, None], "when": "2024-01-01"},
    )
    return path


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text("abc;:'\"\n-*&!<", max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(inner for key, item in pairs for inner in places(item, (*place, key)))]


class Fuzz:
    """One model, and what was done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = make(folder)
        self.text = (self.folder / "MLmodel").read_bytes()
        self.content = yaml.safe_load(self.text)
        self.places = [place for place in places(self.content) if place]
        self.arrow = (self.folder / "example_output.arrow").read_bytes()
        self.parquet = (self.folder / "expected_output.parquet").read_bytes()
        self.tried: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.slowest = 0.0

    def attempt(self, kind: str, call: Callable[[], object]) -> None:
        """Runs one try: a value, or one short sentence."""
        self.tried[kind] += 1
        began = time.process_time()
        try:
            call()
            self.read[kind] += 1
        except (SQLModelError, MlflowException) as error:
            message = error.message
            assert message and "Traceback" not in message and str(self.folder) not in message, message
            assert len(message) < 5000 and visible(message) == message
        seconds = time.process_time() - began
        self.slowest = max(self.slowest, seconds)
        assert seconds < MOST_SECONDS, (kind, seconds)

    def mlmodel(self, data: bytes) -> None:
        (self.folder / "MLmodel").write_bytes(data)
        mlmodel.read(self.folder, "sql")

    def field(self, place: tuple[Any, ...], value: Any) -> None:
        edited = copy.deepcopy(self.content)
        owner = edited
        for key in place[:-1]:
            owner = owner[key]
        owner[place[-1]] = value
        section = edited.get("flavors", {})
        section = section.get("sql") if isinstance(section, dict) else None
        self.attempt("fields of the section", lambda: SqlSpec.read(section))
        try:
            text = yaml.safe_dump(edited).encode("utf-8")
        except UnicodeEncodeError:  # half a character: no file has one
            return
        self.attempt("fields of MLmodel", lambda: self.mlmodel(text))

    def cut(self, at: int) -> None:
        self.attempt("MLmodel cut", lambda: self.mlmodel(self.text[:at]))

    def bytes_of(self, kind: str, rng: random.Random) -> None:
        whole = {"MLmodel": self.text, "Arrow": self.arrow, "Parquet": self.parquet}[kind]
        data = mutated(whole, rng)
        if kind == "MLmodel":
            self.attempt("bytes of MLmodel", lambda: self.mlmodel(data))
        elif kind == "Arrow":
            self.attempt("bytes of Arrow", lambda: self.rows(stored_rows.from_ipc(data, "x.arrow")))
        else:
            self.attempt("bytes of Parquet", lambda: self.unpacked(data))

    def rows(self, table: Any) -> None:
        """Every value is touched, as a comparison does."""
        for column in table.columns:
            column.to_pylist()

    def unpacked(self, data: bytes) -> None:
        """What the process for it does, here: a crash ends the run, which a test sees."""
        import pyarrow as pa

        try:
            plain = parquet_to_ipc.main(data)
        except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
            raise ModelFileError(f"It is damaged ({type(error).__name__}).") from None
        self.rows(stored_rows.from_ipc(plain, "x.parquet"))


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed, dropped, doubled or cut at a few places."""
    found = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(found) + 1)
        match rng.randrange(6):
            case 0:
                found[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                found[at : at + 4] = rng.choice((b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f", b"\x00\x00\x00\x80"))
            case 2:
                del found[at : at + rng.randrange(1, 9)]
            case 3:
                found[at:at] = found[at : at + rng.randrange(1, 65)]
            case 4 if rng.random() < 0.2:
                del found[at:]
            case _:
                if at < len(found):
                    found[at] ^= 1 << rng.randrange(8)
    return bytes(found)


def cuts(fuzz: Fuzz, step: int = 1) -> None:
    """MLmodel cut after every byte."""
    for at in range(0, len(fuzz.text), step):
        fuzz.cut(at)


def fields(fuzz: Fuzz, examples: int, seed: int | None = None) -> None:
    """Values of MLmodel replaced by hypothesis' own."""

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=seed is None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(st.integers(0, 10**6), VALUES)
    def replace(place: int, value: Any) -> None:
        fuzz.field(fuzz.places[place % len(fuzz.places)], value)

    replace()


def damaged(fuzz: Fuzz, seed: int, number: int) -> None:
    """Bytes of all three files damaged."""
    rng = random.Random(seed)
    for _ in range(number):
        for kind in ("MLmodel", "Arrow", "Parquet"):
            fuzz.bytes_of(kind, rng)


def rounds(fuzz: Fuzz, seconds: float) -> Iterator[int]:
    """One seed after another until the time is over."""
    end = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < end:
        yield seed
        seed += 1


def main(seconds: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        fuzz = Fuzz(Path(folder))
        cuts(fuzz)
        for seed in rounds(fuzz, seconds):
            fields(fuzz, 100, seed)
            damaged(fuzz, seed, 200)
    for kind, number in sorted(fuzz.tried.items()):
        print(f"{kind:<24}{number:>12,} tried{fuzz.read[kind]:>12,} read")
    print(f"{'all':<24}{sum(fuzz.tried.values()):>12,} tried; the slowest took {fuzz.slowest:.2f} s of CPU")
    print(json.dumps({"seeds": seed + 1}))
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3600.0))
