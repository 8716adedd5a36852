"""The reader of MLmodel: what PyYAML writes of plain values is read the same, everything else is refused."""

import datetime
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlflow_sql_flavor.artifact import plain_yaml
from mlflow_sql_flavor.artifact.plain_yaml import PlainYamlError, read

TWICE = [1, {"a": [2.5]}]
PLAIN = {
    "list twice": {"a": TWICE, "b": TWICE, "c": [TWICE]},
    "dates": [datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 2, 3, 4, 5, 678), datetime.date(1, 1, 1)],
    "zones": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=9))),
    "numbers": [0, -5, 10**30, 1.5, -0.0, 1e-5, 1e300, 5e-324, float("inf"), float("-inf")],
    "words": [None, True, False],
    "looks like another": ["1:00:00", "yes", "NO", "010", "0x1", "<<", "=", "2024-01-01", "null", "", "~", "1_0", ".5"],
    "text": [" x", "a\nb\n", "\t", "é", "점수 ", "a: b", "- x", "#", "'", '"', "x" * 500, "word " * 100, "\x85\u2028"],
    "empty": [[], {}],
    "<<": 1,
    "5": 1,
    "": 1,
}


@pytest.mark.parametrize("unicode", [False, True])
def test_what_pyyaml_writes_is_read_back(unicode):
    dumper = yaml.CSafeDumper if unicode else yaml.SafeDumper  # PyYAML's own loses U+0085 that way
    text = yaml.dump(PLAIN, Dumper=dumper, allow_unicode=unicode, default_flow_style=False)
    assert "&id001" in text and read(text.encode()) == yaml.safe_load(text) == PLAIN


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**39) + 1, 10**39)
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.datetimes(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_plain_value_is_read_back(value):
    assert read(yaml.safe_dump(value, default_flow_style=False).encode()) == value


@settings(max_examples=300, deadline=None)
@given(st.text("ab:-?*&!|>%@#'\"[]{},.=<~0179_xeYn \n\t", max_size=40))
def test_no_text_is_read_otherwise_than_by_pyyaml(text):
    """Read as PyYAML reads it, or refused: with two meanings another model would be shown than runs."""
    try:
        found = read(text.encode())
    except PlainYamlError:
        return
    assert repr(found) == repr(yaml.load(text, Loader=yaml.CSafeLoader))


REFUSED = {
    "sexagesimal": "z: 1:00:00",
    "sexagesimal, long": "z: 1" + ":00" * 300_000,
    "sexagesimal with a fraction": "z: 190:20:30.15",
    "octal": "z: 010",
    "hexadecimal": "z: 0x1F",
    "binary": "z: 0b1",
    "underscores": "z: 1_000",
    "a long number": "z: " + "1" * 41,
    "a long fraction": "z: 0." + "1" * 41,
    "yes": "z: yes",
    "capitals": "z: TRUE",
    "loose moment": "z: 2001-12-15 2:59:43.10",
    "no date": "z: 2001-02-30",
    "merge": "a: &a {b: 1}\nc: {<<: *a}",
    "merge without alias": "<<: {a: 1}",
    "value key": "=: 1",
    "tag": "a: !!str x",
    "tag of a list": "a: !!set {b, c}",
    "binary tag": "a: !!binary aGVsbG8=",
    "python": "a: !!python/object/apply:os.system ['true']",
    "local tag": "a: !x y",
    "non-specific tag": "a: ! y",
    "tag directive": "%TAG ! tag:x,2000:\n---\na: 1",
    "second document": "a: 1\n---\nb: 2",
    "key is a number": "1: a",
    "key is null": "~: a",
    "key is a list": "? [a]\n: b",
    "key is an alias": "a: &a x\n*a : 1",
    "key twice": "a: 1\na: 2",
    "anchor twice": "a: &a 1\nb: &a 2",
    "anchor on a key": "&a a: 1",
    "alias of itself": "a: &a [*a]",
    "alias of nothing": "a: *a",
    "control characters": "a: \x07",
    "not UTF-8": b"a: \xff",
    "UTF-16": "a: 1".encode("utf-16"),
    "unfinished": "a: [1, 2",
    "unfinished text": "a: 'x",
    "deep": "[" * 65 + "]" * 65,
    "very deep": "[" * 1_000_000,
    "deep by indentation": "".join(" " * i + "a:\n" for i in range(70)),
    "deep by aliases": "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 70))]),
    "lists of aliases": "\n".join(
        [
            "a0: &a0 [x, x, x, x, x, x, x, x, x]",
            *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)),
        ]
    ),
    "maps of aliases": "\n".join(
        ["a0: &a0 {x: y}", *(f"a{i}: &a{i} {{{', '.join(f'k{j}: *a{i - 1}' for j in range(9))}}}" for i in range(1, 9))]
    ),
    "aliases of a long text": "a: &a '" + "x" * 1_000_000 + "'\nb: [" + "*a, " * 50 + "]",
    "many values": "[" + "1," * 1_000_001 + "]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused_soon_and_in_one_clause(name):
    text = REFUSED[name]
    began = time.process_time()
    with pytest.raises(PlainYamlError) as error:
        read(text if isinstance(text, bytes) else text.encode())
    assert time.process_time() - began < 10
    assert len(str(error.value)) < 150 and "\n" not in str(error.value)


def test_bounds_count_what_aliases_stand_for(monkeypatch):
    monkeypatch.setattr(plain_yaml, "MOST_NODES", 10)
    assert read(b"a: &a [1, 2]\nb: *a\n") == {"a": [1, 2], "b": [1, 2]}
    with pytest.raises(PlainYamlError, match="more than 10 values"):
        read(b"a: &a [1, 2]\nb: *a\nc: *a")
