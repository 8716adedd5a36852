"""How evidence is drawn from compared cases."""

from __future__ import annotations

from .index import build
from .observe import Observation, Seen


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
