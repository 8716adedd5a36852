"""How evidence is drawn from compared cases."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from mlflow_sql_flavor.query.evidence.index import pack

from . import index
from .index import build, merged
from .observe import Observation, Seen, write
from .sources import without_unlike_tables


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


def test_documents_of_one_kind_of_number_speak_for_the_others() -> None:
    found = build(
        [case(kind="vendor", **{"function_abs(int)": PART}), case(kind="manual", **{"operator_add(dec,_int)": PART})]
    )
    assert found["function abs(number)"] == "v" and found["operator add(number, number)"] == "m"
    assert "function abs(number)" not in build([case(**{"function_abs(int)": WHOLE})])


def test_they_do_not_where_one_kind_differs() -> None:
    found = build(
        [
            case(kind="vendor", **{"abs(int)": PART}),
            case(False, kind="vendor", **{"abs(int)": PART, "abs(dec)": PART}),
            case(kind="vendor", **{"abs(dec)": PART}),
        ]
    )
    assert "x" in {found["abs(int)"], found["abs(dec)"]} and "abs(number)" not in found


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


def test_a_difference_among_what_matches_elsewhere_is_laid_on_the_rarest() -> None:
    right = [case(no_from=WHOLE, **{f"n{n}": WHOLE}) for n in range(40)] + [case(no_from=WHOLE, cast=WHOLE)] * 9
    wrong = [case(False, no_from=WHOLE, **{f"m{n}": WHOLE}) for n in range(5)]
    found = build([*right, *wrong, case(False, no_from=WHOLE, cast=WHOLE)])
    assert found["no from"] == "c" and found["cast"] == "x"


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
    assert (tmp_path / "RELEASES.txt").read_text() == f"sqlglot {version('sqlglot')}\nduckdb {version('duckdb')}\n"
    assert index._kept(path) == (engine, {"abs int": "c", "new": "c", **kept})


def test_what_stands_beside_a_cause_is_not_blamed() -> None:
    right = [case(star=WHOLE, **{f"n{n}": WHOLE}) for n in range(3)] + [case(cast=WHOLE, star=WHOLE)]
    wrong = [case(False, star=WHOLE, cast=WHOLE, **{f"m{n}": WHOLE}) for n in range(9)]
    assert build(right)["star"] == "c"
    found = build([*right, *(each for each in wrong), case(star=WHOLE)] + [case(star=WHOLE)] * 20)
    assert found["cast"] == "x" and found["star"] == "c"


def test_a_table_that_a_star_shows_to_be_another_is_left_out(tmp_path: Path) -> None:
    asked = [
        {"id": "1", "sql": "SELECT * FROM t ORDER BY a", "tables": {"t": "t.arrow"}},
        {"id": "2", "sql": "SELECT a + 1 FROM t", "tables": {"t": "t.arrow"}},
        {"id": "3", "sql": "SELECT a + 1 FROM r", "tables": {"t": "t.arrow", "r": "r.arrow"}},
    ]
    (tmp_path / "asked").write_text("\n".join(map(json.dumps, asked)))
    write(tmp_path / "noted", [Observation(str(n), "mine", "", "vendor", n > 2, {}) for n in (1, 2, 3)])
    assert without_unlike_tables(tmp_path / "noted", tmp_path / "asked") == 2
    assert json.loads((tmp_path / "noted").read_text())["case"] == "3"
