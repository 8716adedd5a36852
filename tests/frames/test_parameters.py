"""Parameters: bound as values, in every dialect's form, typed by the signature or by the value."""

import datetime
import decimal

import duckdb
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ParamSchema, ParamSpec

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, QueryError
from mlflow_sql_flavor.model import compiled_model_of

DATA = pd.DataFrame({"a": [1, 2, 3]})


@pytest.mark.parametrize(
    ("dialect", "form"),
    [("duckdb", "$x"), ("duckdb", ":x"), ("duckdb", "?"), ("postgres", ":x"), ("postgres", "$x"), ("postgres", "%(x)s"),
     ("postgres", "$1"), ("bigquery", "@x"), ("snowflake", ":x"), ("snowflake", "$x"), ("snowflake", "?"),
     ("databricks", ":x"), ("databricks", "$x"), ("spark", ":x"), ("tsql", "@x"), ("mysql", ":x"), ("mysql", "@x"),
     ("mysql", "?"), ("oracle", ":x"), ("sqlite", ":x"), ("sqlite", "@x"), ("sqlite", "?"), ("trino", ":x"),
     ("clickhouse", "{x: Int64}"), ("clickhouse", ":x"), ("redshift", "$x"), ("redshift", ":x")],
)  # fmt: skip
def test_every_form_of_every_dialect(dialect, form):
    name = "p1" if form in ("?", "$1") else "x"
    model = SQLModel(f"SELECT a FROM input WHERE a >= {form}", dialect=dialect)
    assert model.predict(DATA, params={name: 2})["a"].tolist() == [2, 3]
    assert model.predict(DATA, params={name.upper(): 3})["a"].tolist() == [3]


@pytest.fixture(scope="module")
def echo():
    return SQLModel("SELECT $s AS s, typeof($s) AS t, $s IS NULL AS n")


@pytest.mark.parametrize(
    ("value", "found", "kind"),
    [
        ("it's \"q\" \\ ; -- /* $s :s */ '", "it's \"q\" \\ ; -- /* $s :s */ '", "VARCHAR"),
        ("'; DROP TABLE input; --", "'; DROP TABLE input; --", "VARCHAR"),
        ("", "", "VARCHAR"), ("한국\n😀", "한국\n😀", "VARCHAR"), (np.str_("a"), "a", "VARCHAR"), (5, 5, "BIGINT"),
        (-(2**63), -(2**63), "BIGINT"), (np.int64(3), 3, "BIGINT"), (True, True, "BOOLEAN"),
        (np.bool_(False), False, "BOOLEAN"), (1.5, 1.5, "DOUBLE"), (np.float32(1.5), 1.5, "DOUBLE"),
        (float("inf"), float("inf"), "DOUBLE"), (decimal.Decimal("1.50"), 1.5, "DECIMAL(3,2)"),
        (b"\x00'", b"\x00'", "BLOB"), (datetime.date(2024, 2, 29), pd.Timestamp("2024-02-29"), "DATE"),
        (datetime.datetime(2024, 1, 1, 2), pd.Timestamp("2024-01-01 02:00"), "TIMESTAMP"),
        (pd.Timestamp("2024-01-01 02:00"), pd.Timestamp("2024-01-01 02:00"), "TIMESTAMP"),
        (datetime.time(1, 2), "01:02:00", "TIME"), (datetime.timedelta(days=1), "1 day", "INTERVAL"),
        ([1, None, 2], [1, None, 2], "BIGINT[]"), ((1, 2.5), [1.0, 2.5], "DOUBLE[]"),
        (["a", "b'"], ["a", "b'"], "VARCHAR[]"),
        (np.array([1, 2]), [1, 2], "BIGINT[]"), ([True], [True], "BOOLEAN[]"),
    ],
)  # fmt: skip
def test_values(echo, value, found, kind):
    row = echo.predict(params={"s": value}).iloc[0]
    assert (row["s"], row["t"], bool(row["n"])) == (found, kind, False)


@pytest.mark.parametrize("value", [None, pd.NA, [], [None], {"a": 1}, {1}, object()])
def test_values_that_say_no_type(echo, value):
    with pytest.raises((InputError, QueryError), match=r"Parameter 's'.* type") as error:
        echo.predict(params={"s": value})
    assert "0x" not in str(error.value)


def test_integers_beyond_64_bits(echo):
    assert echo.predict(params={"s": 2**70}, output="arrow")["s"].to_pylist() == [2**70]


def test_one_parameter_in_two_spellings():
    model = SQLModel("SELECT $X + $x AS s")
    assert model.predict(params={"x": 2})["s"].tolist() == [4]
    assert model.predict(params={"X": 2})["s"].tolist() == [4]


@pytest.mark.parametrize(
    ("dialect", "condition"),
    [("duckdb", "a = ANY($l)"), ("duckdb", "a IN $l"), ("duckdb", "a IN ($l)"), ("postgres", "a = ANY(:l)"),
     ("snowflake", "a IN (:l)"), ("bigquery", "a IN UNNEST(@l)"), ("databricks", "array_contains(:l, a)")],
)  # fmt: skip
def test_lists(dialect, condition):
    model = SQLModel(f"SELECT a FROM input WHERE {condition}", dialect=dialect)
    assert model.predict(DATA, params={"l": [1, 3]})["a"].tolist() == [1, 3]
    assert model.predict(DATA, params={"l": [9]})["a"].tolist() == []
    text = SQLModel("SELECT a FROM input WHERE CAST(a AS VARCHAR) IN ($l)")
    assert text.predict(DATA, params={"l": ["3", "1' OR '1'='1"]})["a"].tolist() == [3]


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "databricks", "snowflake", "trino"])
def test_null_in_a_list_of_parameters(dialect):
    """Also where IN of a subquery knows no NULL, as in Spark: a parameter is given as a list of values."""
    model = SQLModel("SELECT a IN (:l) AS i, a NOT IN (:l) AS o FROM input", dialect=dialect)
    found = model.predict(pd.DataFrame({"a": [1.0, None, 2.0]}), params={"l": [1.0, 3.0]}, output="arrow")
    assert found["i"].to_pylist() == [True, None, False]
    assert found["o"].to_pylist() == [False, None, True]


def test_a_limit_and_an_interval():
    assert SQLModel("SELECT a FROM input LIMIT $n").predict(DATA, params={"n": 2})["a"].tolist() == [1, 2]
    found = SQLModel("SELECT DATE '2024-02-28' + to_days(CAST($n AS INTEGER)) AS d").predict(params={"n": 1})
    assert found["d"].tolist() == [pd.Timestamp("2024-02-29")]


TYPES = {
    "i": ("long", 1), "f": ("double", 0.5), "s": ("string", "x"), "b": ("boolean", True), "n": ("long", None),
    "d": ("datetime", datetime.date(2024, 1, 1)), "l": ("string", ["a"]),
}  # fmt: skip
SIGNATURE = ModelSignature(
    params=ParamSchema([ParamSpec(k, t, v, shape=(-1,) if k == "l" else None) for k, (t, v) in TYPES.items()])
)
QUERY = "SELECT " + ", ".join(f"${name} AS {name}, typeof(${name}) AS t{name}" for name in TYPES)


@pytest.fixture(scope="module")
def declared():
    return SQLModel(QUERY, signature=SIGNATURE)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    path = tmp_path_factory.mktemp("params") / "model"
    mlflow_sql_flavor.save_model(QUERY, path, signature=SIGNATURE, pip_requirements=[])
    return mlflow_sql_flavor.load_model(str(path)), mlflow.pyfunc.load_model(str(path))


def _check(found):
    assert found.iloc[0][[f"t{name}" for name in TYPES]].tolist() == [
        "BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", "BIGINT", "DATE", "VARCHAR[]"]  # fmt: skip
    assert found["n"].isna().all()


def test_defaults_and_types_of_a_signature(declared, loaded):
    for model in (declared, loaded[0]):
        _check(model.predict())
        _check(model.predict(params={"i": 5, "F": 2, "d": "2024-05-01", "l": [], "s": None}))
        assert model.predict(params={"i": None})["i"].isna().all()
        assert model.predict(params={"d": datetime.date(2024, 5, 1)})["d"].tolist() == [pd.Timestamp("2024-05-01")]
        assert model.predict(params={"l": ["a", "it's"]})["l"].tolist() == [["a", "it's"]]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"i": 1.5}, "'i' is of type BIGINT; a float"), ({"i": "1"}, "'i' is of type BIGINT; a str"),
        ({"i": True}, "'i' is of type BIGINT; a bool"), ({"b": 1}, "'b' is of type BOOLEAN; an int"),
        ({"s": 5}, "'s' is of type VARCHAR; an int"), ({"d": 5}, "'d' is of type DATE; an int"),
        ({"l": "a"}, "'l' is of type a list of VARCHAR; a str"), ({"l": [1]}, "'l' is of type VARCHAR; an int"),
        ({"d": "soon"}, "'d'.* 'soon'"), ({"i": 2**70}, f"'i' is of type BIGINT; {2**70} is none"),
        ({"ii": 1}, r"no parameter 'ii'\. Did you mean 'i'"), ({"zzz": 1}, "Its parameters: "),
        ([1], "params is a dict"),
    ],
)  # fmt: skip
def test_wrong_values_are_one_sentence(declared, loaded, params, words):
    for model in (declared, loaded[0]):
        with pytest.raises(InputError, match=words) as error:
            model.predict(params=params)
        assert "\n" not in str(error.value)


def test_through_pyfunc(loaded):
    """As MLflow does for every flavor: unknown ones are dropped, wrong types refused before the model is asked."""
    _, model = loaded
    _check(model.predict(pd.DataFrame(), params={}))
    _check(model.predict(pd.DataFrame(), params={"i": 7, "unknown": 1, "l": ["x"]}))
    for wrong in ({"i": "1"}, {"i": 1.5}, {"b": 1}, {"l": "a"}):
        with pytest.raises(MlflowException):
            model.predict(pd.DataFrame(), params=wrong)


def test_missing_ones():
    model = SQLModel("SELECT $a + $b AS s", signature=ModelSignature(params=ParamSchema([ParamSpec("a", "long", 1)])))
    with pytest.raises(QueryError, match="Parameter 'b' has no type"):
        model.predict()
    with pytest.raises(QueryError, match="Parameter 'b' has no type"):
        model.predict(params={"b": None})
    assert model.predict(params={"b": 2})["s"].tolist() == [3]
    both = SQLModel("SELECT $a + $b AS s")
    both.predict(params={"a": 1, "b": 2})
    with pytest.raises(InputError, match="'z'"):
        SQLModel("SELECT 1 AS x").predict(params={"z": 1})


DIALECTS = [
    *("duckdb", "postgres", "databricks", "mysql", "sqlite", "clickhouse"),
    *("snowflake", "bigquery", "redshift", "tsql", "trino", "oracle"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_in_every_dialect(dialect: str) -> None:
    """Compared as the same values written out, NULL and letter case included; an input row stays one row."""
    mark = "@wanted" if dialect in ("bigquery", "tsql") else ":wanted"
    data = pd.DataFrame({"a": [1, 2, 3, 4], "s": ["x", "y", "z", None]})
    flags = "SELECT a AS a, CASE WHEN s NOT IN ({0}) THEN 'out' WHEN s IN ({0}) THEN 'in' ELSE '?' END AS r FROM input"
    model = SQLModel(flags.format(mark), dialect)
    written = SQLModel(flags.format("'x', 'Z'"), dialect).predict(data)
    pd.testing.assert_frame_equal(model.predict(data, {"wanted": ["x", "Z"]}), written)
    assert compiled_model_of(model).bound[0].program.rows == "independent"
    if dialect != "clickhouse":  # its ANY is an aggregate
        found = SQLModel(f"SELECT a AS a FROM input WHERE a = ANY({mark})", dialect).predict(data, {"wanted": [3, 1]})
        assert found["a"].tolist() == [1, 3]


@pytest.mark.parametrize(
    "condition", ["a IN ($x,$y)", "a = $x+$y-$x", "a BETWEEN $x AND($y)", "a IN ($X,$y) OR a IN ($x,$Y)"]
)
def test_placeholders_without_a_blank_between(tmp_path, condition):
    data = pd.DataFrame({"a": [1, 2, 3]})
    sql = f"SELECT a FROM input WHERE {condition}"
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", input_example=(data, {"x": 1, "y": 3}))
    params = {"x": 1, "y": 3}
    expected = duckdb.execute(f"SELECT a FROM data WHERE {condition}", params).df()["a"].tolist()
    assert mlflow_sql_flavor.load_model(tmp_path / "m").predict(data, params)["a"].tolist() == expected


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "databricks"])
def test_two_spellings_of_a_parameter_are_saved_as_one(tmp_path, dialect):
    data = pd.DataFrame({"a": [1, 2, 3]})
    sql = "SELECT a FROM input WHERE a > :Least AND a < :least + 2"
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_example=(data, {"least": 1}))
    assert mlflow_sql_flavor.load_model(tmp_path / "m").predict(data, {"least": 1})["a"].tolist() == [2]
