"""How evidence is drawn from compared cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlflow_sql_flavor.query.evidence.index import pack

from . import index
from .index import build, merged
from .observe import Observation, Seen, write


def case(right: bool = True, kind: str = "compared", **seen: Seen) -> Observation:
    names = {name.replace("_", " "): each for name, each in seen.items()}
    return Observation(str(sorted(names)) + str(right), "mine", "Engine 1", kind, right, names)


WHOLE = Seen(["null", "negative"], ["null"], False, False)
PART = Seen([], ["null"], False, False)


def test_one_matching_case_without_the_edges_is_no_evidence() -> None:
    assert build([case(abs_int=PART)]) == {"abs int": "p null"}


def test_edges_add_up_over_cases() -> None:
    assert build([case(abs_int=PART), case(abs_int=WHOLE, other=WHOLE)])["abs int"] == "c"


def test_constants_speak_for_constants_only() -> None:
    assert build([case(abs_int=Seen([], [], True, False))]) == {"abs int": "k"}


def test_vendors_and_manuals_are_told_apart_from_engines() -> None:
    assert build([case(kind="vendor", one=PART), case(kind="manual", other=PART)]) == {"one": "v", "other": "m"}


def test_an_unknown_type_has_no_evidence() -> None:
    assert build([case(abs_any=Seen(["null"], ["null"], False, True))]) == {}


def test_what_differing_cases_share_loses_its_evidence() -> None:
    found = build([case(a=WHOLE, b=WHOLE), case(a=WHOLE), case(False, a=WHOLE, b=WHOLE)])
    assert found["b"] == "x"


def test_what_differs_only_together_is_a_pair() -> None:
    right = [case(a=WHOLE, c=WHOLE, **{f"n{n}": WHOLE}) for n in range(9)] + [
        case(b=WHOLE, c=WHOLE, **{f"n{n}": WHOLE}) for n in range(9)
    ]
    found = build([*right, case(False, a=WHOLE, b=WHOLE, c=WHOLE)])
    assert found["a\tb"] == "x" and found["a"] == found["b"] == "c"


@pytest.mark.parametrize(
    ("before", "now", "both"),
    [
        ("c", "p null", "c"),
        ("p null, ties", "p negative, null", "p null"),
        ("p null", "p ties", "c"),
        ("m", "c", "c"),
        ("v", "k", "k"),
        ("c", "x", "x"),
        ("x", "c", "x"),
    ],
)
def test_what_was_harvested_anew_is_merged(before: str, now: str, both: str) -> None:
    assert merged({"a": before, "b\tc": "x"}, {"a": now, "d": "k"}) == {"a": both, "b\tc": "x", "d": "k"}


@pytest.mark.parametrize("whole", [False, True])
def test_what_was_not_harvested_stays_in_the_index(whole: bool, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(index, "FOLDER", tmp_path)
    path = tmp_path / "mine.txt.gz"
    path.write_bytes(pack({"abs int": "p null", "sum int": "c", "a\tb": "x"}, "Engine 0"))
    write(tmp_path / "state" / "fidelity_mine.jsonl", [case(abs_int=WHOLE, new=WHOLE)])
    index.write_all(tmp_path / "state", whole=whole)
    kept = {} if whole else {"sum int": "c", "a\tb": "x"}
    engine = "Engine 1" if whole else "Engine 0; Engine 1"
    assert index._kept(path) == (engine, {"abs int": "c", "new": "c", **kept})
