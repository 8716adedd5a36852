"""mozilla/bigquery-etl's recorded tests of SQL as written: ``python -m tests.fidelity.bigquery_etl [-v] [NAME ...]``.

The environment variable BIGQUERY_ETL names a git clone of mozilla/bigquery-etl, bare or not. A test is a query.sql with
the rows of its tables and of its answer. Those are run whose text is plain, or has no template but ``is_init()``; the
definitions of the SQL functions that it calls stand before it, as one script. Compared as the project's own plugin
does: without NULLs and the columns of the time of running, in any order.
"""

from __future__ import annotations

import base64
import collections
import datetime
import decimal
import json
import math
import os
import re
import subprocess
import sys
import warnings
from pathlib import PurePosixPath
from typing import Any

import jinja2
import pyarrow as pa
import yaml

from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import SQLModelError
from mlflow_sql_flavor.model import compiled_model_of
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.reading.scripts.statements import statements, word
from mlflow_sql_flavor.query.reading.syntax import tokenized
from mlflow_sql_flavor.query.reading.tables import table_uses

__all__ = ["main"]

_TYPES = {
    "STRING": pa.string(), "INTEGER": pa.int64(), "INT64": pa.int64(), "FLOAT": pa.float64(), "FLOAT64": pa.float64(),
    "BOOLEAN": pa.bool_(), "BOOL": pa.bool_(), "DATE": pa.date32(), "TIMESTAMP": pa.timestamp("us", "UTC"),
    "DATETIME": pa.timestamp("us"), "NUMERIC": pa.decimal128(38, 9), "BIGNUMERIC": pa.decimal128(38, 9),
    "BYTES": pa.binary(), "TIME": pa.time64("us"), "JSON": pa.string(),
}  # fmt: skip
_PLACES = {"projects": "sql/", "tests": "tests/sql/"}


class _Loader(yaml.CSafeLoader):
    """YAML with the project's own tag for lists in lists."""


def _flat(loader: yaml.CSafeLoader, node: yaml.SequenceNode) -> list[Any]:
    parts = loader.construct_sequence(node, deep=True)
    return [each for part in parts for each in (part if isinstance(part, list) else [part])]


_Loader.add_constructor("!flatten-lists", _flat)
_Loader.add_multi_constructor("!", lambda loader, tag, node: _Include(tag, loader.construct_mapping(node, deep=True)))


class _Include(dict[str, Any]):
    """What a schema takes from another file; of descriptions nothing is needed."""

    def __init__(self, tag: str, given: dict[str, Any]) -> None:
        super().__init__(given)
        self.tag = tag


class Clone:
    """The files of a clone's last commit."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.names = set(self._git("ls-tree", "-r", "--name-only", "HEAD").split("\n"))
        self._files = subprocess.Popen(
            ["git", "-C", path, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def _git(self, *args: str) -> str:
        return subprocess.run(["git", "-C", self.path, *args], check=True, capture_output=True, text=True).stdout

    def read(self, name: str) -> str:
        """The text of a file."""
        assert self._files.stdin is not None and self._files.stdout is not None
        self._files.stdin.write(f"HEAD:{name}\n".encode())
        self._files.stdin.flush()
        size = int(self._files.stdout.readline().split()[2])
        text = self._files.stdout.read(size + 1)[:-1].decode()
        return text

    def close(self) -> None:
        """Ends the process that reads files."""
        assert self._files.stdin is not None
        self._files.stdin.close()
        self._files.wait()

    def load(self, stem: str) -> Any:
        """What a file of data holds, whatever its form; None if there is none."""
        for ending in ("yaml", "json", "ndjson"):
            if f"{stem}.{ending}" in self.names:
                text = self.read(f"{stem}.{ending}")
                if ending == "yaml":
                    return yaml.load(text, _Loader)
                return (
                    json.loads(text) if ending == "json" else [json.loads(line) for line in text.splitlines() if line]
                )
        return None


def _fields(found: Any, clone: Clone) -> list[dict[str, Any]]:
    """The fields of a schema, those of other files in their places."""
    if isinstance(found, _Include):
        name = found.get("file") or f"sql/{found['table'].replace('.', '/')}/schema.yaml"
        fields = _fields(clone.load(name.removesuffix(".yaml")), clone)
        if found.get("parent_field"):
            fields = next(f for f in fields if f["name"] == found["parent_field"])["fields"]
        if found.tag == "include-field":
            own = dict(next(f for f in fields if f["name"] == found["field"]))
            own |= {key: found[f"new_{key}"] for key in ("name", "type", "mode", "fields") if found.get(f"new_{key}")}
            return [own]
        if found.get("field_names"):
            fields = [next(f for f in fields if f["name"] == name) for name in found["field_names"]]
        replaced = {f["name"]: f for f in found.get("field_replacements") or ()}
        left_out = found.get("exclude_field_names") or ()
        return [replaced.get(f["name"], f) for f in fields if f["name"] not in left_out]
    if isinstance(found, dict):
        return _fields(found["fields"], clone)
    if found is None:
        raise LookupError("a schema that is not in the clone")
    fields = []
    for each in found:
        if isinstance(each, _Include):
            fields += _fields(each, clone)
        elif "fields" in each:
            fields.append({**each, "fields": _fields(each["fields"], clone)})
        else:
            fields.append(each)
    return fields


def _kind(field: dict[str, Any]) -> pa.DataType:
    name = field["type"].upper()
    kind = pa.struct([(f["name"], _kind(f)) for f in field["fields"]]) if name in ("RECORD", "STRUCT") else _TYPES[name]
    return pa.list_(kind) if field.get("mode", "").upper() == "REPEATED" else kind


def _value(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_value(each, kind.value_type) for each in value or []]
    if value is None:
        return None
    if pa.types.is_struct(kind):
        return {field.name: _value(value.get(field.name), field.type) for field in kind}
    if pa.types.is_timestamp(kind) and not isinstance(value, datetime.datetime):
        if isinstance(value, (int, float)):
            value = datetime.datetime.fromtimestamp(value, datetime.UTC)
        else:
            value = datetime.datetime.fromisoformat(re.sub(r" ?UTC$", "+00:00", str(value)))
    if pa.types.is_timestamp(kind):
        zone = datetime.UTC if kind.tz else None
        return value.astimezone(datetime.UTC) if value.tzinfo and zone else value.replace(tzinfo=zone)
    if pa.types.is_date(kind) and isinstance(value, str):
        return datetime.date.fromisoformat(value)
    if pa.types.is_date(kind) and isinstance(value, datetime.datetime):
        return value.date()
    if pa.types.is_decimal(kind):
        return decimal.Decimal(str(value))
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_integer(kind):
        return int(value)
    if pa.types.is_boolean(kind) and isinstance(value, str):
        return value.lower() == "true"
    if pa.types.is_binary(kind):
        return base64.b64decode(value)
    if pa.types.is_time(kind):
        return datetime.time.fromisoformat(value)
    if pa.types.is_string(kind) and not isinstance(value, str):
        return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
    return value


def _guessed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The schema that BigQuery would find in rows that come without one."""
    fields: dict[str, dict[str, Any]] = {}
    for row in rows:
        for name, value in row.items():
            many = isinstance(value, list)
            values = value if many else [value]
            for each in values:
                if each is None:
                    continue
                found: dict[str, Any] = {"name": name, "mode": "REPEATED" if many else "NULLABLE"}
                if isinstance(each, dict):
                    before = fields.get(name, {}).get("rows", [])
                    found |= {"type": "RECORD", "rows": [*before, each], "fields": _guessed([*before, each])}
                else:
                    found["type"] = _guess(each)
                fields[name] = found
            fields.setdefault(name, {"name": name, "type": "STRING", "mode": "REPEATED" if many else "NULLABLE"})
    return list(fields.values())


def _guess(value: Any) -> str:
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            return "DATE"
        return "TIMESTAMP" if re.fullmatch(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*", value) else "STRING"
    names = {bool: "BOOLEAN", int: "INTEGER", float: "FLOAT", datetime.datetime: "TIMESTAMP", datetime.date: "DATE"}
    return names[type(value)]


def _table(rows: list[dict[str, Any]], fields: list[dict[str, Any]]) -> pa.Table:
    kinds = {field["name"]: _kind(field) for field in fields}
    folded = [{name.casefold(): value for name, value in row.items()} for row in rows]
    return pa.table({
        name: pa.array([_value(row.get(name.casefold()), kind) for row in folded], kind) for name, kind in kinds.items()
    })  # fmt: skip


def _shown(value: Any) -> Any:
    """As the plugin compares a value."""
    if isinstance(value, dict):
        left_out = ("created_at", "generated_time")
        return {k: _shown(v) for k, v in value.items() if k not in left_out and v is not None}
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime.time):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _same(want: Any, got: Any, ordered: bool = True) -> bool:
    if isinstance(want, dict) and isinstance(got, str):  # of type JSON
        got = json.loads(got) if got.startswith("{") else got
    if isinstance(want, dict) and isinstance(got, dict):
        keys = {key for key in (*want, *got) if want.get(key) is not None or got.get(key) is not None}
        return all(_same(want.get(key), got.get(key), ordered) for key in keys)
    if isinstance(want, list) and isinstance(got, list):
        if len(want) == len(got) and all(_same(one, two, ordered) for one, two in zip(want, got, strict=True)):
            return True
        return not ordered and _equal(want, got, ordered)
    if isinstance(want, bool) or isinstance(got, bool):
        return want is got
    numbers = [v for v in (want, got) if isinstance(v, (int, float))]
    if numbers and want is not None and got is not None:
        try:
            return math.isclose(float(want), float(got), rel_tol=1e-12)
        except (TypeError, ValueError):
            return False
    if isinstance(want, (datetime.date, datetime.datetime)):
        want = want.isoformat()
    return want == got or _moment(want) == _moment(got) is not None


def _moment(value: Any) -> Any:
    try:
        found = datetime.datetime.fromisoformat(re.sub(r" ?UTC$", "+00:00", value))
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=None) if found.utcoffset() in (None, datetime.timedelta()) else found


def _equal(want: list[Any], got: list[Any], ordered: bool) -> bool:
    left = list(got)
    for row in want:
        found = next((at for at, other in enumerate(left) if _same(row, other, ordered)), None)
        if found is None:
            return False
        del left[found]
    return not left


class Functions:
    """The definitions of the project's functions by name, ``dataset.name``."""

    def __init__(self, clone: Clone) -> None:
        self.clone = clone
        self.files: dict[str, list[str]] = collections.defaultdict(list)
        for name in clone.names:
            parts = PurePosixPath(name).parts
            if parts[-1:] == ("udf.sql",) and parts[0] == "sql":
                self.files[f"{parts[-3]}.{parts[-2]}"].append(name)

    def before(self, sql: str, found: dict[str, str] | None = None, open_: tuple[str, ...] = ()) -> dict[str, str]:
        """``{name: definition}`` of those that a text calls, each after those it calls itself."""
        found = {} if found is None else found
        for dataset, name in re.findall(r"(?<![\w])`?(\w+)`?\.`?(\w+)`?\s*\(", sql):
            key = f"{dataset}.{name}"
            if key in found or key in open_ or key not in self.files:
                continue
            files = sorted(self.files[key], key=lambda file: "moz-fx-data-shared-prod" not in file)
            text = self.clone.read(files[0])
            definition = _definitions(_rendered(text) or text)
            self.before(re.sub(r"(?is)CREATE.*?FUNCTION\s+\S+", "", definition, count=1), found, (*open_, key))
            found[key] = definition
        return found


def _definitions(text: str) -> str:
    """The statements of a file that define functions; the others test them."""
    found = statements(tokenized(text, "bigquery"), "bigquery")
    kept = [chunk for chunk in found if word(chunk[0]) == "CREATE"]
    return "\n".join(text[chunk[0].start : chunk[-1].end + 1] + ";" for chunk in kept)


def _rendered(text: str, init: bool = False) -> str | None:
    """A text whose only template is ``is_init()``; None of others."""
    try:
        environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
        return environment.from_string(text).render(is_init=lambda: init)
    except jinja2.TemplateError:
        return None


def _answer(clone: Clone, folder: str, functions: Functions) -> tuple[str, str]:
    """Verdict and reason of one test: equal, wrong, refused, or why it is none of those counted."""
    *_, project, dataset, table, name = PurePosixPath(folder).parts
    path = f"sql/{project}/{dataset}/{table}/query.sql"
    files = [file for file in clone.names if PurePosixPath(file).parent == PurePosixPath(folder)]
    if name == "test_script" or path not in clone.names or any(file.endswith(".sql") for file in files):
        return "left out", "no query.sql, a script, or a view among its tables"
    text = _rendered(clone.read(path), name == "test_init")
    if text is None:
        return "left out", "a template"
    try:
        want = clone.load(f"{folder}/expect")
    except ValueError:
        return "left out", "an answer that is no JSON"
    tables: dict[str, pa.Table] = {}
    for file in files:
        stem = PurePosixPath(file).name.rsplit(".", 1)[0]
        if stem in ("expect", "query_params", "data") or stem.endswith(".schema"):
            continue
        try:
            rows = clone.load(f"{folder}/{stem}") or []
        except ValueError:
            return "left out", f"rows of {stem} that are no JSON"
        found = clone.load(f"{PurePosixPath(folder).parent}/{stem}.schema")
        if found is None and stem.count(".") == 2:
            found = clone.load(f"sql/{stem.replace('.', '/')}/schema")
        try:
            tables[stem] = _table(rows, _fields(found, clone) if found is not None else _guessed(rows))
        except (LookupError, StopIteration, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
            return "left out", f"the types of {stem} are not known: {type(error).__name__}: {error}"
    params = {}
    for each in clone.load(f"{folder}/query_params") or []:
        kind = each.get("type", each.get("type_", "STRING"))
        if not isinstance(kind, str) or "value" not in each:
            return "left out", "a parameter that is an array or a struct"
        params[each["name"]] = _value(each["value"], _TYPES[kind.upper()])
    text = "\n".join([*functions.before(text).values(), text])
    try:
        query = parse(text, "bigquery")
        read = [use for use, _, _ in table_uses(query)]
        params = {name: value for name, value in params.items() if name in query.params}
        named = {}
        for stem, data in tables.items():
            same = [u for u in read if stem.casefold().endswith(u.casefold()) or u.casefold().endswith(stem.casefold())]
            for use in same[:1]:
                named[use] = data
        model = SQLModel(text, dialect="bigquery", tables=named)
        result = model.predict(params=params or None, output="arrow")
    except SQLModelError as error:
        return "refused", str(error)
    try:
        got = [_shown(row) for row in result.to_pylist()]
    except (OverflowError, pa.ArrowException) as error:
        return "wrong", f"rows that Python does not read: {error}"
    # what ARRAY_AGG gathers in no given order has none
    ordered = all(
        found.kind != "unordered_list" for found in compiled_model_of(model).bound[-1].compiled.nondeterminism
    )
    if _equal([_shown(row) for row in want], got, ordered):
        return "equal", ""
    left = [row for row in got if not any(_same(row, other, ordered) for other in map(_shown, want))]
    missing = [row for row in map(_shown, want) if not any(_same(row, other, ordered) for other in got)]
    return "wrong", f"{len(missing)} missing, the first {missing[:1]}; {len(left)} more, the first {left[:1]}"


def main(argv: list[str] | None = None) -> int:
    """Prints what is not equal, and the counts."""
    given = sys.argv[1:] if argv is None else argv
    path = os.environ.get("BIGQUERY_ETL")
    if not path:
        print("BIGQUERY_ETL names no clone of mozilla/bigquery-etl: nothing is measured.")
        return 0
    warnings.simplefilter("ignore")
    clone = Clone(path)
    functions = Functions(clone)
    folders = sorted({
        str(PurePosixPath(file).parent) for file in clone.names
        if file.startswith("tests/sql/") and PurePosixPath(file).stem == "expect"
    })  # fmt: skip
    words = [word for word in given if not word.startswith("-")]
    counts: collections.Counter[str] = collections.Counter()
    for folder in folders:
        if words and not any(word in folder for word in words):
            continue
        verdict, reason = _answer(clone, folder, functions)
        counts[verdict] += 1
        if verdict in ("wrong", "refused") or "-v" in given:
            short = reason if "-v" in given else reason.split("\n")[0]
            print(f"{verdict:8} {folder.removeprefix('tests/sql/')}: {short[:4000]}")
    clone.close()
    total = counts["equal"] + counts["wrong"] + counts["refused"]
    print(f"{counts['equal']} of {total} equal as written, {counts['wrong']} wrong, {counts['refused']} refused; "
          f"{counts['left out']} of {sum(counts.values())} left out.")  # fmt: skip
    return int(counts["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
