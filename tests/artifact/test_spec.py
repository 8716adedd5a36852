"""The ``sql`` section of MLmodel, written and read; and what is refused of a file somebody changed."""

import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException
from pydantic import ValidationError

import mlflow_sql_flavor
from mlflow_sql_flavor.artifact.spec import FORMAT_VERSION, SqlSpec
from mlflow_sql_flavor.errors import ModelFileError

KEYS = [
    *("format_version", "sql", "dialect", "duckdb_sql", "input_table", "input_types", "output_types", "param_types"),
    *(
        "tables",
        "udfs",
        "prediction_column",
        "rows",
        "limits",
        "column_order",
        "compat",
        "level",
        "findings",
        "keys",
        "manifest",
        "translation",
        "few_rows",
        "param_defaults",
        "nondeterminism",
        "allow",
        "about",
    ),
    *("expected_output", "sqlglot_version", "duckdb_version", "mlflow_sql_flavor_version", "code"),
]
PLAIN = {
    "format_version": 2,
    "sql": "SELECT 1 AS a",
    "dialect": "duckdb",
    "duckdb_sql": "SELECT 1 AS a",
    "input_table": "input",
    "input_types": None,
    "output_types": {"a": "INTEGER"},
    "param_types": {},
    "rows": "table",
    "level": "verified",
    "manifest": {},
    "sqlglot_version": "30.30.0",
    "duckdb_version": "2.0.0",
    "mlflow_sql_flavor_version": "0.2.0",
}
SHA = "0" * 64


def test_a_key_that_nothing_filled_is_read_where_it_is_null():
    assert SqlSpec.read({**PLAIN, "duckdb_input": None}) == SqlSpec(**PLAIN)
    with pytest.raises(ModelFileError, match="duckdb_input"):
        SqlSpec.read({**PLAIN, "duckdb_input": "raw_events"})


def test_what_is_written_is_read_back():
    spec = SqlSpec(**PLAIN)
    assert SqlSpec.read(yaml.safe_load(yaml.safe_dump(spec.write()))) == spec


def test_every_key_of_the_format_is_written_with_its_neutral_value():
    section = SqlSpec(**PLAIN).write()
    assert sorted(section) == sorted(KEYS)
    assert section["format_version"] == FORMAT_VERSION == 2
    assert (section["limits"], section["tables"], section["nondeterminism"], section["allow"]) == ({}, {}, [], [])
    assert section["compat"] == {"pack": None, "version": None, "macros": [], "settings": {}}
    assert section["udfs"] is section["prediction_column"] is section["expected_output"] is section["code"] is None


def test_plain_types_only():
    """MLflow dumps MLmodel with ``yaml.safe_dump``, again after set_signature: it must be able to."""
    assert yaml.safe_dump(SqlSpec(**PLAIN, limits={"timeout_seconds": 1.5}).write())


def test_a_later_format_is_named_with_the_version_to_install():
    section = {**PLAIN, "format_version": 3, "something": {"new": 1}, "mlflow_sql_flavor_version": "0.9.0"}
    with pytest.raises(ModelFileError, match=r"format_version 3.*reads up to 2.*install mlflow-sql-flavor 0\.9\.0"):
        SqlSpec.read(section)


def test_an_unknown_key_is_named():
    with pytest.raises(ModelFileError, match=r"does not know: colour\..*mlflow_sql_flavor_version"):
        SqlSpec.read({**PLAIN, "colour": "red"})
    with pytest.raises(ModelFileError, match=r"does not know: limits\.colour"):
        SqlSpec.read({**PLAIN, "limits": {"colour": 1}})
    with pytest.raises(ModelFileError, match=r"does not know: compat\.sql"):
        SqlSpec.read({**PLAIN, "compat": {"sql": "CREATE MACRO f() AS 1"}})


@pytest.mark.parametrize("key", list(PLAIN))
def test_a_missing_key_is_named(key):
    with pytest.raises(ModelFileError, match=key):
        SqlSpec.read({name: value for name, value in PLAIN.items() if name != key})


@pytest.mark.parametrize(
    "change",
    [
        {"format_version": 0},
        {"format_version": -1},
        {"format_version": "1"},
        {"format_version": True},
        {"format_version": 1.0},
        {"format_version": None},
        {"sql": 1},
        {"sql": None},
        {"sql": ["SELECT 1"]},
        {"sql": "x" * 8_000_001},
        {"dialect": ""},
        {"rows": "all"},
        {"level": "great"},
        {"output_types": None},
        {"output_types": {"a": 1}},
        {"output_types": {1: "INTEGER"}},
        {"output_types": [["a", "INTEGER"]]},
        {"input_types": {"": "INTEGER"}},
        {"limits": None},
        {"limits": {"timeout_seconds": "5"}},
        {"limits": {"timeout_seconds": float("nan")}},
        {"limits": {"timeout_seconds": float("inf")}},
        {"limits": {"timeout_seconds": -1}},
        {"limits": {"threads": 1.5}},
        {"limits": {"isolation": "none"}},
        {"compat": {"macros": "all"}},
        {"compat": {"version": 0}},
        {"compat": {"settings": {"TimeZone": ["x"]}}},
        {"udfs": {"path": "/etc/passwd", "sha256": SHA, "cloudpickle_version": "3", "functions": {}}},
        {"udfs": {"path": "udfs.cloudpickle", "sha256": "short", "cloudpickle_version": "3", "functions": {}}},
        {"expected_output": {"path": "../x.parquet", "sha256": SHA, "rows": 1, "verdict": "same"}},
        {"code": 5},
        {"nondeterminism": [{"kind": "x"}]},
    ],
)
def test_values_of_another_kind_are_refused_with_one_sentence(change):
    with pytest.raises(ModelFileError) as error:
        SqlSpec.read({**PLAIN, **change})
    assert len(error.value.message) < 400
    assert "\n" not in error.value.message


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "tables/../../x.parquet", "tables/a/b.parquet", "tables/..parquet", "../tables/a.parquet"),
        *("tables/a.csv", "tables\\a.parquet", "C:/a.parquet", "tables/C:a.parquet", "tables/a\n.parquet", ""),
        "tables/" + "a" * 2000 + ".parquet",
    ],
)
def test_a_table_lies_in_the_model(path):
    table = {"path": path, "rows": 1, "sha256": SHA, "columns": {"a": "INTEGER"}}
    with pytest.raises(ModelFileError):
        SqlSpec.read({**PLAIN, "tables": {"t": table}})
    SqlSpec.read({**PLAIN, "tables": {"t": {**table, "path": "tables/t.parquet"}}})


V1 = {key: value for key, value in PLAIN.items() if key != "manifest"} | {"format_version": 1}


def test_format_1_is_read_and_says_what_it_did_not_record():
    table = {"path": "tables/t.parquet", "rows": 1, "sha256": SHA, "columns": {"b": "DATE", "a": "INTEGER"}}
    answer = {"path": "expected_output.parquet", "sha256": SHA, "rows": 1, "verdict": "equal"}
    order = {"input": None, "output": ["a"], "tables": {"t": ["a", "b"]}}
    spec = SqlSpec.read({**V1, "tables": {"t": table}, "expected_output": answer, "column_order": order})
    assert (spec.format_version, spec.manifest, spec.translation) == (1, None, None)
    assert list(spec.tables["t"].columns) == ["a", "b"]
    assert spec.expected_output.verdict == "equal" and spec.expected_output.verdicts == []


@pytest.mark.parametrize(
    "change",
    [
        {"manifest": {}},
        {"findings": []},
        {"keys": {}},
        {"translation": None},
        {"expected_output": {"verdicts": []}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_format_1_knows_no_later_key(change):
    with pytest.raises(ModelFileError, match=next(iter(change))):
        SqlSpec.read({**V1, **change})


def test_format_2_has_a_manifest():
    for missing in ({"manifest": None}, {"translation": None}):
        with pytest.raises(ModelFileError, match="manifest"):
            SqlSpec.read({**PLAIN, **missing})


def test_what_other_models_need_can_be_said():
    """Qualified names, scripts, dbt's unit tests, converted trees and findings: read back as they were written."""
    table = {"path": "tables/t.parquet", "rows": 1, "sha256": SHA, "columns": {"id": "BIGINT"}, "unique": [["id"]]}
    dbt = {"source": "dbt unit test", "name": "rounds", "outcome": "equal", "rows": 3, "message": None}
    finding = {
        "kind": "evidence",
        "feature": "function:nvl/2",
        "message": "Nobody compared NVL.",
        "line": 1,
        "column": 8,
    }
    section = {
        **PLAIN,
        "tables": {
            "mart.listings": table,
        },
        "keys": {"mart.listings": [["id"]]},
        "input_table": "raw.events",
        "param_defaults": {"since": "2024-01-01", "until": None},
        "expected_output": {
            "verdicts": [dbt, {**dbt, "name": "macro", "outcome": "not run", "message": "is_incremental"}]
        },
        "few_rows": {"rows": 8, "duckdb_sql": "SELECT 2 AS a"},
        "translation": {"kind": "converted", "digest": SHA},
        "findings": [{**finding, "text": "NVL(a, 1)", "settled": "allow"}],
        "manifest": {
            "tables/t.parquet": {"bytes": 10, "sha256": SHA},
            "code/": {"bytes": 9, "sha256": SHA, "files": 2},
        },
    }
    spec = SqlSpec.read(section)
    assert SqlSpec.read(yaml.safe_load(yaml.safe_dump(spec.write()))) == spec
    written = spec.write()
    assert written["manifest"] == section["manifest"] and written["tables"] == section["tables"]


@pytest.mark.parametrize("path", ["/a", "../a", "a/../b", "a//b", "./a", "a\\b", "C:a", "a\nb", "", "/", "a" * 1001])
def test_a_file_of_the_manifest_lies_in_the_model(path):
    with pytest.raises(ModelFileError, match="manifest"):
        SqlSpec.read({**PLAIN, "manifest": {path: {"bytes": 1, "sha256": SHA}}})


LONG = [
    {"allow": ["x"] * 10_001},
    {"nondeterminism": [{"kind": "x", "message": "x"}] * 10_001},
    {"findings": [{"kind": "x", "feature": "x", "message": "x"}] * 10_001},
    {"output_types": {f"c{i}": "INTEGER" for i in range(50_001)}},
    {"param_types": {f"c{i}": "INTEGER" for i in range(50_001)}},
    {"param_defaults": {f"c{i}": None for i in range(50_001)}},
    {"compat": {"macros": ["x"] * 10_001}},
    {"compat": {"settings": {f"s{i}": True for i in range(1_001)}}},
    {"keys": {f"t{i}": [["a"]] for i in range(10_001)}},
    {"keys": {"t": [["a"]] * 1_001}},
    {"manifest": {f"f{i}": {"bytes": 1, "sha256": SHA} for i in range(100_001)}},
    {"expected_output": {"verdicts": [{"source": "x", "name": "x", "outcome": "equal"}] * 10_001}},
    {"extra_files": [1] * 100_001},
    {"code": "x" * 1_001},
    {"limits": {"memory_limit": "1" * 101}},
]


@pytest.mark.parametrize("change", LONG, ids=[next(iter(change)) + str(at) for at, change in enumerate(LONG)])
@pytest.mark.parametrize("plain", [PLAIN, V1], ids=["2", "1"])
def test_every_list_and_mapping_is_bounded(plain, change):
    with pytest.raises(ModelFileError, match=next(iter(change))):
        SqlSpec.read({**plain, **change})


@pytest.mark.parametrize("section", [None, [], "SELECT 1", 1])
def test_a_section_that_is_no_mapping(section):
    with pytest.raises(ModelFileError, match="not a mapping"):
        SqlSpec.read(section)


def test_a_spec_cannot_be_changed():
    with pytest.raises(ValidationError):
        SqlSpec(**PLAIN).sql = "SELECT 2"


# the same, in the file of a model


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("spec") / "m"
    mlflow_sql_flavor.save_model(
        "SELECT x + v AS y FROM input JOIN t USING (k)",
        path,
        tables={"t": pd.DataFrame({"k": [1, 2], "v": [10, 20]})},
        input_types={"x": "BIGINT", "k": "BIGINT"},
        limits={"timeout_seconds": 30},
        bundle_flavor=False,
        pip_requirements=[],
    )
    return path


@pytest.fixture
def edit(template, tmp_path):
    """Loads the model after a change to its MLmodel."""
    import shutil

    def load(change=None, text=None):
        folder = tmp_path / "m"
        shutil.copytree(template, folder)
        content = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        if change is not None:
            change(content["flavors"])
        written = yaml.safe_dump(content) if text is None else text
        (folder / "MLmodel").write_bytes(written if isinstance(written, bytes) else written.encode())
        return mlflow_sql_flavor.load_model(str(folder))

    return load


def test_the_unchanged_file_loads(edit):
    assert edit().predict(pd.DataFrame({"x": [1], "k": [2]}))["y"].tolist() == [21]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f["sql"].update(colour="red"), "does not know: colour"),
        (lambda f: f["sql"].update(format_version=7), "format_version 7"),
        (lambda f: f["sql"].pop("rows"), "rows"),
        (lambda f: f["sql"].update(duckdb_sql="SELECT * FROM read_csv('/etc/passwd')"), "read_csv"),
        (lambda f: f["sql"].update(duckdb_sql="SELECT 1 AS y; SELECT 2 AS y"), "statement"),
        (lambda f: f["sql"].update(duckdb_sql="COPY (SELECT 1) TO '/tmp/x'"), "."),
        (lambda f: f["sql"].update(duckdb_sql="SELECT getenv('HOME') AS y"), "getenv"),
        (lambda f: f["sql"].update(duckdb_sql="SELECT"), "."),
        (lambda f: f["sql"]["output_types"].update(y="VARCHAR"), "other output types"),
        (lambda f: f["sql"]["output_types"].update(z="BIGINT"), "column_order does not name the columns"),
        (lambda f: f["sql"]["input_types"].update(x="NOTATYPE"), "NOTATYPE"),
        (lambda f: f["sql"].update(param_types={"p": "BIGINT"}), "param_types"),
        (lambda f: f["sql"]["compat"].update(pack="nobody", version=1, macros=["f"]), "nobody|pack"),
        (lambda f: f["sql"]["compat"].update(settings={"enable_external_access": True}), "enable_external_access"),
        (lambda f: f["sql"]["tables"]["t"].update(sha256="1" * 64), "checksum"),
        (lambda f: f["sql"]["tables"]["t"].update(path="tables/other.parquet"), "missing"),
        (lambda f: f["sql"]["tables"]["t"]["columns"].update(w="BIGINT"), "."),
        (lambda f: f["python_function"].update(config={"tables": {"t": "/etc/passwd"}}), "only a loader may set"),
        (lambda f: f["python_function"].update(config=["tables"]), "config"),
        (lambda f: f.update(sql="SELECT 1"), "not a mapping"),
    ],
)
def test_a_changed_file_is_refused(edit, change, words):
    with pytest.raises(MlflowException, match=words) as error:
        edit(change)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "Traceback" not in error.value.message


def test_a_file_can_tighten_a_limit_and_not_loosen_it(edit):
    model = edit(lambda f: f["sql"]["limits"].update(timeout_seconds=10**6, max_rows=5))
    default = mlflow_sql_flavor.SQLModel("SELECT 1 AS a").limits
    assert model.limits.max_rows == 5
    assert model.limits.timeout_seconds == default.timeout_seconds


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null\n",
        b"[1, 2]\n",
        b"flavors: 5\n",
        b"flavors: [sql]\n",
        b"\xff\xfe\x00",
        b"flavors: {sql: {sql: !!python/object/apply:os.system ['true']}}\n",
        b"a: &a [1]\nb: *c\n",
        b"[" * 5000,
        b"flavors: {sql: {format_version: 1}}\nflavors: {sql: 2}\n",
    ],
    ids=["empty", "null", "list", "number", "names", "bytes", "python", "alias", "deep", "twice"],
)
def test_a_file_that_is_no_mlmodel(edit, text):
    with pytest.raises(MlflowException) as error:
        edit(text=text)
    assert "\n" not in error.value.message


def test_a_bomb_of_aliases_is_no_work(edit):
    """Nine levels of nine aliases are 10^9 values if anyone walks them; the reader does not."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    text = "\n".join([*lines, "flavors: {sql: {sql: *a9, format_version: 1}}"])
    with pytest.raises(ModelFileError) as error:
        edit(text=text)
    assert len(error.value.message) < 400


def test_a_file_that_was_not_copied_is_named(template, tmp_path):
    import shutil

    names = yaml.safe_load((template / "MLmodel").read_text(encoding="utf-8"))["flavors"]["sql"]["manifest"]
    assert {"tables/t.parquet", "conda.yaml", "requirements.txt"} <= set(names)
    for name in names:
        folder = tmp_path / name.replace("/", "_")
        shutil.copytree(template, folder)
        (folder / name).unlink()
        with pytest.raises(ModelFileError, match=f"file {name} is missing or cut off"):
            mlflow_sql_flavor.load_model(str(folder))


def test_a_huge_file_is_not_read(edit, monkeypatch):
    monkeypatch.setattr("mlflow_sql_flavor.artifact.mlmodel.MAX_MLMODEL", 100)
    with pytest.raises(ModelFileError, match="it is not read"):
        edit()


def test_a_signature_that_cannot_be_read(template, tmp_path):
    import shutil

    shutil.copytree(template, tmp_path / "m")
    content = yaml.safe_load((tmp_path / "m/MLmodel").read_text(encoding="utf-8"))
    content["signature"] = {"inputs": "[{"}
    (tmp_path / "m/MLmodel").write_text(yaml.safe_dump(content))
    with pytest.raises(ModelFileError, match="signature cannot be read"):
        mlflow_sql_flavor.load_model(str(tmp_path / "m"))
