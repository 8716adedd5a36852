"""Every field of a saved MLmodel edited by somebody hostile: one sentence, and nothing read, changed or run."""

from __future__ import annotations

import copy
import datetime
import hashlib
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from mlflow.exceptions import MlflowException

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact.example import stored
from mlflow_sql_flavor.errors import ModelFileError, SQLModelError
from mlflow_sql_flavor.report.escaping import visible
from mlflow_sql_flavor.review.audit import audit

pytestmark = pytest.mark.ci

CANARY = "canary-51c0"
DATA = pd.DataFrame({"x": [3, 1, 2], "k": [1, 2, 1]})
HOSTILE_NAMES = ["a\0b", "x" * 20_000, '"; DROP TABLE t; --', "a\nb", "sqlite_master", "\ud800"]
HOSTILE_TYPES = [
    "BIGINT); DROP TABLE t; --",
    "STRUCT(" * 500,
    "ENUM(SELECT 1)",
    "DECIMAL(99999,1)",
    "no_such",
    "\0",
    "(",
]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v + :p AS y, x FROM input LEFT JOIN t USING (k)",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_example=(DATA, {"p": 5}),
        bundle_flavor=False,
        pip_requirements=[],
    )
    return path


class Victim:
    """A copy of the model beside files it may not touch."""

    def __init__(self, template: Path, home: Path) -> None:
        self.folder = home / "m"
        shutil.copytree(template, self.folder)
        self.outside = home / "outside.parquet"
        pq.write_table(pa.table({"k": [1, 2], "v": [7, 7], "secret": [CANARY, CANARY]}), self.outside)
        (home / "outside.csv").write_text(f"k,v\n1,{CANARY}\n")
        self.home = home

    def edit(self, change: Callable[[dict[str, Any]], Any]) -> None:
        file = self.folder / "MLmodel"
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        change(content["flavors"])
        try:
            text = yaml.dump(content, Dumper=yaml.CSafeDumper)
        except UnicodeEncodeError:  # half a character, which only the slow dumper escapes
            text = yaml.safe_dump(content)
        file.write_text(text, encoding="utf-8")

    def state(self) -> dict[str, str]:
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file() and not path.is_symlink()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def attack(self) -> str:
        """Loads and runs it natively; the sentence it is refused with."""
        before, cwd = self.state(), sorted(os.listdir())
        with pytest.raises(MlflowException) as caught:
            model = mlflow_sql_flavor.load_model(str(self.folder))
            result = model.predict(DATA)
            pytest.fail(f"ran: {result.to_dict()}")
        message = str(caught.value.message)
        assert CANARY not in message and str(self.home) not in message
        assert "\n\n" not in message.split("\nLine", 1)[0] and "Traceback" not in message
        assert len(message) < 700 or "…" in message
        assert len(message) < 5000 and visible(message) == message
        assert (self.state(), sorted(os.listdir())) == (before, cwd)
        return message


@pytest.fixture
def victim(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Victim:
    monkeypatch.setenv("MLFLOW_SQL_CANARY", CANARY)
    return Victim(template, tmp_path)


def _sql(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda flavors: flavors["sql"].update(values)


def _in(*keys: str, **values: Any) -> Callable[[dict[str, Any]], Any]:
    def change(flavors: dict[str, Any]) -> None:
        section = flavors["sql"]
        for key in keys:
            section = section[key]
        section.update(values)

    return change


def test_the_unchanged_model_runs(template: Path) -> None:
    assert mlflow_sql_flavor.load_model(str(template)).predict(DATA)["y"].tolist() == [18, 26, 17]


OUTPUT = "CAST(1 AS BIGINT) AS y, CAST($p AS BIGINT) AS x"
EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "sql reads a file": _sql(duckdb_sql=f"SELECT {OUTPUT} FROM read_parquet('../outside.parquet')"),
    "sql names a file": _sql(duckdb_sql=f"SELECT {OUTPUT} FROM '../outside.csv'"),
    "sql reads the catalog": _sql(duckdb_sql=f"SELECT {OUTPUT} FROM duckdb_settings()"),
    "sql reads the environment": _sql(duckdb_sql="SELECT getenv('MLFLOW_SQL_CANARY') AS y, $p AS x"),
    "sql writes": _sql(duckdb_sql="COPY (SELECT 1) TO 'stolen.csv'"),
    "sql inserts in a CTE": _sql(
        duckdb_sql=f"WITH c AS (INSERT INTO t VALUES (1, 2) RETURNING k) SELECT {OUTPUT} FROM c"
    ),
    "sql is two statements": _sql(duckdb_sql=f"SELECT {OUTPUT}; DROP TABLE t"),
    "sql is huge": _sql(duckdb_sql="SELECT " + "1+" * 4_000_000 + "1 AS y"),
    "sql is deep": _sql(duckdb_sql="SELECT " + "(" * 50_000 + "1" + ")" * 50_000 + " AS y"),
    "sql of WITH lists in each other": _sql(duckdb_sql="WITH a AS (" * 9),
    "sql of open brackets": _sql(duckdb_sql="SELECT " + "(" * 10_000),
    "sql of 4,000,000 values": _sql(duckdb_sql=f"SELECT {'1,' * 3_900_000}1"),
    "sql of control characters": _sql(duckdb_sql="\x1b[31m\x1b]0;t\x07 \u202e"),
    "sql has half a character": _sql(duckdb_sql="SELECT '\ud800' AS y"),
    "sql has a NUL": _sql(duckdb_sql="SELECT '\0' AS y"),
    "sql in Python": _sql(duckdb_sql="SELECT y, x FROM DATA"),
    "input_table of the catalog": _sql(input_table="sqlite_master"),
    "input_table of the catalog's schema": _sql(input_table="duckdb_tables"),
    "input_table of a table": _sql(input_table="T"),
    "input_types missing": _sql(input_types=None),
    "input_types of other columns": _sql(input_types={"z": "BIGINT"}),
    "input_types twice": _in("input_types", K="BIGINT"),
    "output_types other": _in("output_types", y="VARCHAR"),
    "output_types more": _in("output_types", z="BIGINT"),
    "param_types other": _sql(param_types={"q": "BIGINT"}),
    "param_types twice": _in("param_types", P="BIGINT"),
    "prediction_column that is none": _sql(prediction_column="secret"),
    "rows of another kind": _sql(rows="everything"),
    "udfs without a file": _sql(
        udfs={"path": "udfs.cloudpickle", "sha256": "0" * 64, "cloudpickle_version": "3", "functions": {}}
    ),
    "udfs elsewhere": _sql(
        udfs={"path": "/tmp/x.cloudpickle", "sha256": "0" * 64, "cloudpickle_version": "3", "functions": {}}
    ),
    "compat macros without a pack": _sql(compat={"macros": ["read_text"]}),
    "compat macros of no pack": _sql(compat={"macros": ["harmless"]}),
    "compat version without a pack": _sql(compat={"version": 3}),
    "compat pack elsewhere": _sql(compat={"pack": "../../../outside", "version": 1}),
    "compat pack absolute": _sql(compat={"pack": "/etc/passwd", "version": 1}),
    "compat pack of 100,000 characters": _sql(compat={"pack": "x" * 100_000, "version": 1}),
    "compat setting of 100,000 characters": _sql(compat={"settings": {"TimeZone": "x" * 100_000}}),
    "compat pack of the future": _sql(compat={"pack": "databricks", "version": 999}),
    "compat macro unknown": _sql(compat={"pack": "databricks", "version": 1, "macros": ["dbx__nothing"]}),
    "compat macro text": _sql(compat={"pack": "databricks", "version": 1, "macros": ["f() AS 1; DROP TABLE t"]}),
    "compat setting access": _sql(compat={"settings": {"enable_external_access": True}}),
    "compat setting lock": _sql(compat={"settings": {"lock_configuration": False}}),
    "compat setting value": _sql(compat={"settings": {"TimeZone": "UTC'; SET threads = 99; --"}}),
    "compat setting of another type": _sql(compat={"settings": {"integer_division": 1}}),
    "limits unknown": _in("limits", spill="/tmp"),
    "limits text": _in("limits", memory_limit="1GB'; SET x"),
    "limits negative": _in("limits", threads=-1),
    "format_version later": _sql(format_version=3),
    "format_version text": _sql(format_version="1"),
    "level other": _sql(level="trusted"),
    "nondeterminism other": _sql(nondeterminism="none"),
    "expected_output elsewhere": _sql(
        expected_output={"path": "../outside.parquet", "sha256": "0" * 64, "rows": 1, "verdict": "equal"}
    ),
    "a key of the future": _sql(permissions=["files"]),
    "config brings tables": lambda f: f["python_function"].update(config={"tables": {"t": "../outside.parquet"}}),
    "config no limit": lambda f: f["python_function"].update(config={"timeout_seconds": "for ever"}),
    "table columns it lacks": _in("tables", "t", columns={"secret": "VARCHAR"}),
    "table twice": lambda f: f["sql"]["tables"].update(T=f["sql"]["tables"]["t"]),
    "table missing": _in("tables", "t", path="tables/other.parquet"),
    **{
        f"table path {path[:24]!r}": _in("tables", "t", path=path)
        for path in (
            *("../outside.parquet", "/etc/passwd", "tables/../../outside.parquet", "tables/*.parquet"),
            *("s3://bucket/x.parquet", "https://example.org/x.parquet", "file:///etc/passwd", "tables/[a-z].parquet"),
        )
    },
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_field_is_refused(victim: Victim, name: str) -> None:
    victim.edit(EDITS[name])
    victim.attack()


def test_a_table_named_as_a_view_of_the_catalog(victim: Victim) -> None:
    """It comes before DuckDB's, so that a view of a newer DuckDB closes no model; nothing of the catalog is read."""
    expected = mlflow_sql_flavor.load_model(str(victim.folder)).predict(DATA)
    victim.edit(lambda f: f["sql"]["tables"].update(sqlite_master=f["sql"]["tables"]["t"]))
    assert mlflow_sql_flavor.load_model(str(victim.folder)).predict(DATA).equals(expected)
    victim.edit(lambda f: f["sql"].update(duckdb_sql="SELECT k + $p AS y, v AS x FROM sqlite_master", rows="table"))
    found = mlflow_sql_flavor.load_model(str(victim.folder)).predict(DATA)
    assert sorted(found["x"]) == [10, 20]


def _drawn(first: Any, second: Any) -> list[Any]:
    """Every pair, and without ``full`` each of both at least once."""
    most = max(len(first), len(second))
    taken = {(at % len(first), at % len(second)) for at in range(most)}
    return [
        pytest.param(one, other, marks=[] if (i, j) in taken else pytest.mark.full)
        for i, one in enumerate(first)
        for j, other in enumerate(second)
    ]


@pytest.mark.parametrize(
    ("field", "at"), _drawn(["input_types", "param_types", "output_types", "tables"], range(len(HOSTILE_NAMES)))
)
def test_hostile_names(victim: Victim, field: str, at: int) -> None:
    def change(flavors: dict[str, Any]) -> None:
        section = flavors["sql"][field]
        section[HOSTILE_NAMES[at]] = section.pop(next(iter(section)))

    victim.edit(change)
    victim.attack()


@pytest.mark.parametrize("name", [n for n in HOSTILE_NAMES if "master" not in n], ids=repr)
def test_hostile_name_of_the_input(victim: Victim, name: str) -> None:
    victim.edit(_sql(input_table=name))
    victim.attack()


@pytest.mark.parametrize(
    ("field", "at"), _drawn(["input_types", "param_types", "output_types"], range(len(HOSTILE_TYPES)))
)
def test_hostile_types(victim: Victim, field: str, at: int) -> None:
    kind = HOSTILE_TYPES[at]
    victim.edit(lambda f: f["sql"][field].update({next(iter(f["sql"][field])): kind}))
    victim.attack()


ROWS = [
    ("SELECT x + $p AS y, x FROM input ORDER BY x", "independent"),
    ("SELECT x + $p AS y, x FROM input ORDER BY x", "aligned"),
    ("SELECT x + $p AS y, x FROM input WHERE x > 0", "independent"),
    ("SELECT x + v + $p AS y, x FROM input LEFT JOIN t USING (k)", "independent"),
    ("SELECT max(x) + $p AS y, x FROM input GROUP BY x", "aligned"),
    ("SELECT x + $p AS y, max(x) OVER () AS x FROM input", "independent"),
    ("SELECT __mlflow_sql_row, lag(x) OVER (ORDER BY x) + $p AS y, x FROM input", "independent"),
    ("SELECT DISTINCT x + $p AS y, x FROM input", "aligned"),
    ("SELECT x + $p AS y, x FROM input UNION ALL SELECT 1, 2 FROM input WHERE false", "independent"),
    ("SELECT v + $p AS y, v AS x FROM t", "independent"),
]


@pytest.mark.parametrize("at", range(len(ROWS)))
@pytest.mark.parametrize("isolation", [None, pytest.param("process", marks=pytest.mark.full)])
def test_rows_are_what_the_query_makes_them(victim: Victim, at: int, isolation: str | None) -> None:
    """Rows in another order would go with another row's index, and silently."""
    sql, rows = ROWS[at]
    victim.edit(_sql(duckdb_sql=sql, rows=rows, limits={"isolation": isolation} if isolation else {}))
    message = victim.attack()
    assert "rows" in message


def test_a_false_claim_of_uniqueness_shows(victim: Victim) -> None:
    """The key is unique by MLmodel and repeats in the file: no row of the answer may be one of another input row."""
    path = victim.folder / "tables" / "t.parquet"
    pq.write_table(pa.table({"k": [1, 1], "v": [1, 2]}), path)
    _replace_table(victim)
    assert "repeated keys" in victim.attack()


def test_a_link_out_of_the_model(victim: Victim) -> None:
    path = victim.folder / "tables" / "t.parquet"
    path.unlink()
    path.symlink_to(victim.outside)
    victim.edit(_in("tables", "t", sha256=hashlib.sha256(victim.outside.read_bytes()).hexdigest()))
    assert "missing" in victim.attack()


def test_a_linked_folder(victim: Victim) -> None:
    shutil.move(victim.folder / "tables", victim.home / "elsewhere")
    (victim.folder / "tables").symlink_to(victim.home / "elsewhere")
    assert "missing" in victim.attack()


def test_config_of_the_file_raises_no_limit(victim: Victim) -> None:
    high = {"timeout_seconds": 1e6, "memory_limit": "900TB", "max_rows": 2**60, "isolation": "thread"}
    victim.edit(lambda f: (f["sql"].update(limits=high), f["python_function"].update(config=high)))
    default = mlflow_sql_flavor.SQLModel("SELECT 1 AS a").limits
    assert mlflow_sql_flavor.load_model(str(victim.folder)).limits == default
    # As MLflow hands it over to pyfunc's loader: merged, so that the file's values look like the loader's.
    assert mlflow_sql_flavor._load_pyfunc(str(victim.folder), dict(high)).get_raw_model().limits == default


def test_code_of_the_model_is_not_imported(victim: Victim) -> None:
    """Natively: neither code/ nor loader_module; MLflow's own pyfunc loader imports both before we are asked."""
    package = victim.folder / "code" / "stolen_module"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"open({str(victim.home / 'ran')!r}, 'w').close()")
    victim.edit(lambda f: f["python_function"].update(code="code", loader_module="stolen_module"))
    victim.edit(_sql(code="code"))
    import sys

    before = list(sys.path)
    assert len(mlflow_sql_flavor.load_model(str(victim.folder)).predict(DATA)) == 3
    assert sys.path == before and "stolen_module" not in sys.modules and not (victim.home / "ran").exists()


def _replace_table(victim: Victim, columns: dict[str, str] | None = None) -> None:
    """MLmodel says of the table's file what whoever put it there would have it say."""
    content = (victim.folder / "tables" / "t.parquet").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    victim.edit(_in("tables", "t", sha256=digest, **({} if columns is None else {"columns": columns})))
    victim.edit(_in("manifest", "tables/t.parquet", sha256=digest, bytes=len(content)))


def test_a_table_that_unpacks_to_gigabytes(victim: Victim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SQL_MEMORY_LIMIT", "64MB")
    path = victim.folder / "tables" / "t.parquet"
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 1::BIGINT AS k, repeat('x', 1000) AS v FROM range(3000000)) TO '" + str(path) + "' "
            "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 1000000)"
        )
    assert path.stat().st_size < 1_000_000
    _replace_table(victim, {"k": "BIGINT", "v": "VARCHAR"})
    assert "memory_limit" in victim.attack()


LARGE_VALUES = {
    "a text": lambda: (pa.array(["x" * 200_000_000]), "VARCHAR"),
    "bytes": lambda: (pa.array([b"\0" * 200_000_000]), "BLOB"),
    "a list": lambda: (pa.array([[0] * 25_000_000], pa.list_(pa.int64())), "BIGINT[]"),
    "a list of lists": lambda: (pa.array([[[0] * 1000] * 25_000], pa.list_(pa.list_(pa.int64()))), "BIGINT[][]"),
    "a struct": lambda: (pa.array([{"f": "x" * 200_000_000}]), "STRUCT(f VARCHAR)"),
}


@pytest.mark.parametrize("name", LARGE_VALUES)
def test_one_value_that_unpacks_to_more_than_the_limit(
    victim: Victim, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("MLFLOW_SQL_MEMORY_LIMIT", "64MB")
    column, kind = LARGE_VALUES[name]()
    path = victim.folder / "tables" / "t.parquet"
    pq.write_table(pa.table({"k": [1], "v": column}), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 100_000
    _replace_table(victim, {"k": "BIGINT", "v": kind})
    victim.edit(_in("tables", "t", rows=1))
    assert "memory_limit" in victim.attack()
    found = {remark.subject: remark.verdict for remark in audit(victim.folder).remarks}
    assert found["table t"] == "ok" and found["translation"] == "bad"  # its checksum; its types are not the query's


def test_a_table_of_100_000_columns(victim: Victim) -> None:
    path = victim.folder / "tables" / "t.parquet"
    pq.write_table(pa.table({f"c{i}": pa.array([1], pa.int8()) for i in range(100_000)}), path)
    _replace_table(victim, {"k": "BIGINT", "v": "BIGINT"})
    assert "100,000 columns" in victim.attack()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", b"k,v\n1,2\n"])
def test_a_table_that_is_no_parquet(victim: Victim, content: bytes) -> None:
    (victim.folder / "tables" / "t.parquet").write_bytes(content)
    _replace_table(victim, {"k": "BIGINT", "v": "BIGINT"})
    assert "'t'" in victim.attack()


def test_an_mlmodel_of_100_mb(victim: Victim) -> None:
    with (victim.folder / "MLmodel").open("ab") as file:
        file.write(b"# padding\n" * 10_000_000)
    assert "it is not read" in victim.attack()


def test_a_bomb_of_aliases(victim: Victim) -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    file = victim.folder / "MLmodel"
    text = file.read_text(encoding="utf-8").replace("nondeterminism: []", "nondeterminism: *a11")
    file.write_text("\n".join(levels) + "\n" + text, encoding="utf-8")
    victim.attack()


INFO = {"type": "dataframe", "pandas_orient": "split", "params": "true", "artifact_path": "input_example.json"}
EXAMPLES = {
    "above": {**INFO, "artifact_path": "../outside.json"},
    "absolute": {**INFO, "artifact_path": "/etc/passwd"},
    "another file": {**INFO, "artifact_path": "MLmodel"},
    "no text": {**INFO, "artifact_path": 7},
    "too long": {**INFO, "artifact_path": "x" * 100_000},
    "NUL": {**INFO, "artifact_path": "\0"},
    "another type": {**INFO, "type": "pickle"},
    "no type": {},
    "no mapping": ["input_example.json"],
    "a number": 5,
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_input_example_is_the_models_own(victim: Victim, name: str) -> None:
    """MLflow itself would read the file of any path named there."""
    (victim.home / "outside.json").write_text('{"columns": ["x", "k"], "data": [[1, 1]]}')
    file = victim.folder / "MLmodel"
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    file.write_text(yaml.safe_dump({**content, "saved_input_example_info": EXAMPLES[name]}), encoding="utf-8")
    with pytest.raises(ModelFileError) as caught:
        stored(victim.folder)
    assert str(victim.home) not in caught.value.message


@pytest.mark.parametrize("text", ["[" * 50_000, "{", '{"columns": 5}', "[1e999]", "\0", ""])
def test_an_input_example_that_is_none(victim: Victim, text: str) -> None:
    (victim.folder / "input_example.json").write_text(text)
    with pytest.raises(ModelFileError, match="input example"):
        stored(victim.folder)


def test_an_input_example_that_is_a_link(victim: Victim) -> None:
    path = victim.folder / "input_example.json"
    shutil.move(path, victim.home / "elsewhere.json")
    path.symlink_to(victim.home / "elsewhere.json")
    with pytest.raises(ModelFileError, match="missing"):
        stored(victim.folder)


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [] if not place else [place]
    return found + [inner for key, item in pairs for inner in _places(item, (*place, key))]


ODD: list[Any] = [
    *(None, "", 0, -1, 2**63, 10**400, True, 1.5, float("nan"), float("inf"), [], {}, [[]], {"": ""}, [None], {1: 2}),
    *(
        "x" * 100_000,
        "a\0b",
        "\x1b[31mX\x1b]0;t\x07",
        "<script>alert(1)</script>",
        "\u202eevil",
        "\u0130",
        "[" * 100_000,
    ),
    *("../../etc/passwd", "9" * 5000, datetime.date(2020, 1, 1), b"bytes", ["x", "x"], {"x": {"x": "y"}}, "SELECT 1"),
    *("[{}]", '[{"type": 5}]', "null", "input", "t"),
]


@pytest.mark.parametrize(("values", "audited"), [(1, 12), pytest.param(8, 1, marks=pytest.mark.full)])
def test_every_value_of_the_file_replaced(victim: Victim, values: int, audited: int) -> None:
    """Each of them by odd values: it loads and answers, or one sentence; so do the audit and the example."""
    file = victim.folder / "MLmodel"
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    places = _places(content)
    assert len(places) > 80
    accepted = refused = 0
    before = victim.state()
    for at, place in enumerate(places):
        for number, value in enumerate(random.Random(repr(place)).sample(ODD, values)):
            edited = copy.deepcopy(content)
            owner = edited
            for key in place[:-1]:
                owner = owner[key]
            owner[place[-1]] = value
            file.write_text(yaml.dump(edited, Dumper=yaml.CSafeDumper), encoding="utf-8")
            said = []
            try:
                if number < 1 and at % audited == 0:  # each starts a process
                    said += [remark.message for remark in audit(victim.folder).remarks]
            except SQLModelError as error:
                said.append(error.message)
            try:
                model = mlflow_sql_flavor.load_model(str(victim.folder))
                assert len(model.predict(DATA)) == 3
                accepted += 1
            except MlflowException as error:
                said.append(error.message)
                refused += 1
            try:
                stored(victim.folder)
            except SQLModelError as error:
                said.append(error.message)
            for message in said:
                assert str(victim.home) not in message and "Traceback" not in message, (place, value)
                assert len(message) < 5000, (place, value)
    file.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper), encoding="utf-8")
    after = victim.state()
    assert {k: v for k, v in after.items() if k != str(file)} == {k: v for k, v in before.items() if k != str(file)}
    assert accepted > 6 * values and refused > 25 * values
