"""A damaged folder is read, or refused in one sentence: a few tries here, two minutes with ``-m ci``."""

from collections.abc import Iterator

import pytest

from .fuzz_folders import Fuzz, cuts, damaged, fields, rounds


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzz]:
    found = Fuzz(tmp_path_factory.mktemp("fuzz"))
    yield found
    print(dict(found.tried), f"slowest {found.slowest:.2f} s")


def test_mlmodel_cut(fuzz: Fuzz) -> None:
    cuts(fuzz, 37)
    assert fuzz.read["MLmodel cut"] < fuzz.tried["MLmodel cut"] / 2


def test_fields_of_mlmodel(fuzz: Fuzz) -> None:
    fields(fuzz, 60)
    assert 0 < fuzz.read["fields of MLmodel"] < fuzz.tried["fields of MLmodel"]


def test_damaged_files(fuzz: Fuzz) -> None:
    damaged(fuzz, 0, 60)
    for kind in ("MLmodel", "Arrow", "Parquet"):
        assert 0 < fuzz.read[f"bytes of {kind}"] < fuzz.tried[f"bytes of {kind}"]


@pytest.mark.ci
def test_mlmodel_cut_after_every_byte(fuzz: Fuzz) -> None:
    cuts(fuzz)


@pytest.mark.ci
def test_two_minutes(fuzz: Fuzz) -> None:
    for seed in rounds(fuzz, 120):
        fields(fuzz, 100, seed + 1)
        damaged(fuzz, seed + 1, 200)
