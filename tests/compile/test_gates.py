"""What save_model accepts: seven gates, in their order, each with an error that points at the place."""

import datetime

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

import mlflow_sql_flavor

DATA = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
LOOKUP = {"lookup": pd.DataFrame({"a": [1, 2], "v": [0.5, 1.5]})}


def save(tmp_path, sql, **given):
    if not {"input_example", "signature", "input_types"} & set(given):
        given["input_example"] = DATA
    mlflow_sql_flavor.save_model(sql, tmp_path / "m", pip_requirements=[], bundle_flavor=False, **given)


def refused(tmp_path, sql, words, at=None, **given):
    """Saving is refused with these words, points at line and column ``at``, and leaves nothing."""
    with pytest.raises(MlflowException, match=words) as error:
        save(tmp_path, sql, **given)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert not (tmp_path / "m").exists()
    assert "Traceback" not in error.value.message
    assert str(tmp_path) not in error.value.message
    if at is not None:
        assert (error.value.line, error.value.column) == at
        head, caret = error.value.message.split("\n")[-2:]
        assert head.startswith(f"line {at[0]}, column {at[1]}: ")
        assert set(caret.strip()) == {"^"}
    return error.value


# 1: the text parses in its dialect


@pytest.mark.parametrize(
    ("sql", "dialect", "words", "at"),
    [
        ("THIS IS NOT VALID SQL", "duckdb", "query|read", (1, 1)),
        ("THIS IS NOT VALID SQL", "postgres", "query|read", (1, 1)),
        ("SELECT a\nFROM input\nWHERE (b = 'x'", "snowflake", "cannot be read as snowflake", None),
        ("SELECT a FROM input WHERE {{ filter }}", "duckdb", "template", (1, 27)),
        ("SELECT a\nFROM input WHERE {{ filter }}", "databricks", "template", (2, 18)),
        ("SELECT '{{ a }}' || b AS b FROM input WHERE {% if x %}", "bigquery", "template", (1, 45)),
        ("SELECT 'a FROM input", "postgres", "not closed", None),
        ("", "duckdb", "empty", None),
        ("-- nothing", "mysql", "comments only", None),
    ],
)
def test_gate_1_parse(tmp_path, sql, dialect, words, at):
    refused(tmp_path, sql, words, at, dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "stored"),
    [
        *(("postgresql", "postgres"), ("mssql", "tsql"), ("mariadb", "mysql"), ("sparksql", "databricks")),
        *(("spark", "databricks"), ("DuckDB", "duckdb")),
    ],
)
def test_other_names_of_a_dialect(tmp_path, dialect, stored):
    save(tmp_path, "SELECT a AS x FROM input", dialect=dialect)
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).dialect == stored


def test_an_unknown_dialect(tmp_path):
    refused(tmp_path, "SELECT a FROM input", "Unknown dialect 'snowflak'.*'snowflake'", dialect="snowflak")
    refused(tmp_path, "SELECT a FROM input", "Unknown dialect 'oracel'.*'oracle'", dialect="oracel")


@pytest.mark.parametrize("path", ["rank.sql", r"C:\my x\rank.sql", "queries/rank.sql", "/q/rank.SQL", "../a b/r.sql"])
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_a_path_given_as_text(tmp_path, path, dialect):
    refused(tmp_path, path, "This is a path, not a query: pass pathlib.Path", dialect=dialect)


def test_what_ends_like_a_path_and_is_a_query(tmp_path):
    save(tmp_path, "/* a */ WITH sql AS (SELECT a FROM input) SELECT sql.a AS v FROM sql /* rank.sql */")
    refused(tmp_path / "n", "SELECT a FROM x.sql", "able 'x.sql'|able 'sql'")


@pytest.mark.parametrize(
    ("sql", "dialect", "words", "at"),
    [
        ("SELECT a FROM input WHERE b = {region}", "duckdb", "write a parameter as :name", (1, 31)),
        ("SELECT a FROM input WHERE b = {region}", "tsql", "write a parameter as @name", (1, 31)),
        ("SELECT a FROM input WHERE a = %s", "duckdb", "write a parameter as :name", (1, 31)),
        ("SELECT a FROM input WHERE a IN (%s, %s)", "postgres", "write a parameter as :name", (1, 33)),
        ("SELECT a FROM input WHERE b = %(region)s", "mysql", "write a parameter as :name", (1, 31)),
    ],
)
def test_placeholders_of_python_programs(tmp_path, sql, dialect, words, at):
    refused(tmp_path, sql, words, at, dialect=dialect)


def test_a_remainder_and_a_struct_are_no_placeholders(tmp_path):
    data = pd.DataFrame({"a": [5], "s": [3]})
    save(tmp_path, "SELECT a %s AS r, {'x': a}.x AS x, '{a} = %s' AS t FROM input", input_example=data)
    found = mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict(data)
    assert found.values.tolist() == [[2, 5, "{a} = %s"]]


def test_what_is_no_query_at_all(tmp_path):
    refused(tmp_path, DATA, "pathlib.Path of a .sql file")


# 2: one statement, a query


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "databricks"])
@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select 1 as a; select 2 as a", "2 statements|one query"),
        ("INSERT INTO input SELECT 1 AS a, 'x' AS b", "query|reads"),
        ("CREATE TABLE t AS SELECT a FROM input", "query|reads"),
        ("DROP TABLE input", "query|reads"),
        ("WITH gone AS (DELETE FROM input RETURNING *) SELECT a FROM gone", "reads|query|DELETE|read"),
        ("SET threads = 1", "query"),
    ],
)
def test_gate_2_one_query(tmp_path, sql, words, dialect):
    refused(tmp_path, sql, words, dialect=dialect)


def test_a_semicolon_at_the_end_is_no_second_statement(tmp_path):
    save(tmp_path, "SELECT a FROM input;\n-- the end\n")


@pytest.mark.parametrize("dialect", ["duckdb", "snowflake"])
def test_duplicate_outputs(tmp_path, dialect):
    refused(tmp_path, "SELECT a, b AS A FROM input", "'A'", (1, 11), dialect=dialect)


def test_an_unnamed_output_outside_duckdb(tmp_path):
    refused(tmp_path, "SELECT a,\n  a + 1\nFROM input", "has no name", (2, 3), dialect="tsql")
    save(tmp_path, "SELECT a,\n  a + 1\nFROM input", dialect="duckdb")


# 3: the allow-list


@pytest.mark.parametrize(
    ("sql", "words", "at"),
    [
        ("SELECT a\nFROM read_csv('/etc/passwd')", "read_csv", (2, 6)),
        ("SELECT * FROM 'data.parquet'", "data.parquet|file", None),
        ("SELECT a, getenv('HOME') AS h FROM input", "getenv", (1, 11)),
        ("SELECT a FROM input, duckdb_settings() AS s", "duckdb_settings", None),
        ("SELECT a FROM input WHERE b = (SELECT content FROM read_text('/etc/passwd'))", "read_text", None),
    ],
)
def test_gate_3_allow_list(tmp_path, sql, words, at):
    refused(tmp_path, sql, words, at)


# 4: tables and parameters


def test_gate_4_unknown_tables(tmp_path):
    refused(
        tmp_path, "SELECT v\nFROM lokup JOIN input USING (a)", "'lokup'.*Did you mean 'lookup'", (2, 6), tables=LOOKUP
    )
    refused(
        tmp_path,
        "SELECT v AS v FROM lokup JOIN input USING (a)",
        "'lokup'.*Did you mean 'lookup'",
        (1, 20),
        tables=LOOKUP,
        dialect="snowflake",
    )


def test_gate_4_input_without_types(tmp_path):
    with pytest.raises(MlflowException, match=r"give input_example, signature or input_types") as error:
        mlflow_sql_flavor.save_model("SELECT a FROM input", tmp_path / "m")
    assert (error.value.line, error.value.column) == (1, 15)


def test_gate_4_parameters(tmp_path):
    refused(tmp_path, "SELECT a FROM input WHERE a > :low", "'low' has no type", (1, 31))
    refused(tmp_path, "SELECT a FROM input WHERE a > :low", "'low' has no type", input_example=(DATA, {"low": None}))
    refused(
        tmp_path, "SELECT a FROM input WHERE a > :low", "no parameter 'lo'", input_example=(DATA, {"low": 1, "lo": 1})
    )


# 5: translation


def test_gate_5_translation(tmp_path):
    refused(tmp_path, "SELECT LEVEL AS l FROM input CONNECT BY LEVEL < 3", ".", dialect="oracle")
    refused(tmp_path, "SELECT NO_SUCH_FUNCTION(a) AS x FROM input", "NO_SUCH_FUNCTION", dialect="snowflake")


# 6: DuckDB binds it


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "databricks"])
def test_gate_6_a_missing_column(tmp_path, dialect):
    frame = pd.DataFrame({"region": ["x"], "score": [1.0]})
    error = refused(
        tmp_path, "SELECT scor AS s\nFROM input", "scor.*[Dd]id you mean '?score", input_example=frame, dialect=dialect
    )
    assert (error.line, error.column) == (1, 8)


@pytest.mark.parametrize(
    "sql",
    [
        "-- 한국어\nSELECT '한국어' AS k,\n  scor AS s FROM input",
        "SELECT '한국어' AS k, scor AS s FROM input",
        "SELECT :p AS p, score + :p AS q, :p + scor AS s FROM input",
        f"SELECT {', '.join(f'score AS s{i}' for i in range(30))}, scor AS s FROM input",
    ],
)
def test_gate_6_the_place_in_the_text_as_written(tmp_path, sql):
    frame = pd.DataFrame({"region": ["x"], "score": [1.0]})
    before = sql[: sql.index("scor AS")].split("\n")
    at = len(before), len(before[-1]) + 1
    refused(tmp_path, sql, "scor", at, input_example=(frame, {"p": 1.0}) if ":p" in sql else frame)


def test_gate_6_an_unknown_function(tmp_path):
    refused(tmp_path, "SELECT no_such_function(a) AS x FROM input", "no_such_function", (1, 8))


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT score_it(b) AS s FROM input", "passed as udfs=\\[score_it\\]"),
        (
            "SELECT IFF(true, 1, 2) AS b FROM input",
            "databricks and snowflake have it: pass the query's dialect, as in dialect='datab",
        ),
        ("SELECT SAFE_DIVIDE(a, 2) AS b FROM input", "bigquery has it: pass"),
        ("SELECT TOP 3 b FROM input", "It reads as snowflake, tsql"),
        ("SELECT b FROM input CROSS APPLY f(b)", "If it is written for another engine"),
    ],
)
def test_what_another_engine_has_names_its_dialect(tmp_path, sql, hint):
    refused(tmp_path, sql, hint)
    with pytest.raises(MlflowException) as own:
        mlflow_sql_flavor.save_model(sql, tmp_path / "spark", dialect="databricks", input_example=DATA)
    assert "pass the query's dialect" not in own.value.message


def test_gate_6_types_that_do_not_fit(tmp_path):
    refused(tmp_path, "SELECT a,\n       a + [1] AS x FROM input", r"No function matches|Cannot|Could not", (2, 10))


@pytest.mark.parametrize("sql", ["SELECT NULL AS n FROM input", "SELECT a::VARIANT AS n FROM input"])
def test_gate_6_an_output_that_is_no_value(tmp_path, sql):
    refused(tmp_path, sql, "CAST")


# 7: it runs on the example


def test_gate_7_the_example(tmp_path):
    refused(tmp_path, "SELECT CAST(b AS INTEGER) AS n FROM input", "does not run on the input example")
    save(tmp_path, "SELECT CAST(b AS INTEGER) AS n FROM input", input_types={"b": "VARCHAR"})


def test_gate_7_the_example_fits_the_signature(tmp_path):
    signature = ModelSignature(inputs=Schema([ColSpec("long", "a"), ColSpec("long", "b")]))
    refused(tmp_path, "SELECT a FROM input", "column 'b'", signature=signature, input_example=DATA)


# the order


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        # each query fails two gates; the words are of the earlier one
        ("cannot be read|query", "SELECT FROM WHERE nope ("),
        ("statements|one query", "SELECT 1 AS a; SELECT * FROM read_csv('x')"),
        ("read_csv", "SELECT * FROM read_csv('x'), nowhere"),
        ("'nowhere'", "SELECT nope FROM nowhere"),
        ("nope", "SELECT nope, CAST(b AS INTEGER) AS n FROM input"),
    ],
    ids=["1 before 2", "2 before 3", "3 before 4", "4 before 6", "6 before 7"],
)
def test_the_first_gate_speaks(tmp_path, earlier, later):
    refused(tmp_path, later, earlier)


# not of the query, and refused as early


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tables": [1]}, "Argument tables takes a dict of texts to tables"),
        ({"tables": {"input": DATA}}, "input's name"),
        ({"tables": {"t": "nowhere.parquet"}}, "no file 'nowhere.parquet'"),
        ({"input_types": {"c": "BIGINT"}, "input_example": DATA}, "lacks: 'c'"),
        ({"input_types": {"a": "NUMBR"}, "input_example": DATA}, "NUMBR"),
        ({"limits": {"speed": 1}}, "speed"),
        ({"prediction_column": "z"}, "'z' is not an output"),
        ({"bundle_flavor": "always"}, "bundle_flavor"),
        ({"model_config": {"threads": 1}}, "limits"),
        ({"input_example": (DATA, 1)}, "pair"),
        ({"input_example": pd.DataFrame({"a": [1], "A": [2]})}, "case does not count"),
        ({"signature": ModelSignature(inputs=Schema([ColSpec("long")]))}, "named columns"),
    ],
)
def test_arguments_that_do_not_fit(tmp_path, given, words):
    with pytest.raises(MlflowException, match=words) as error:
        mlflow_sql_flavor.save_model(
            "SELECT a FROM input", tmp_path / "m", **{"input_example": DATA, "pip_requirements": [], **given}
        )
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_signature_false_with_parameters(tmp_path):
    example = (DATA, {"low": datetime.date(2024, 1, 1)})
    refused(tmp_path, "SELECT a, :low AS d FROM input", "leave signature out", signature=False, input_example=example)


def test_a_query_that_reads_no_input_needs_no_example(tmp_path):
    mlflow_sql_flavor.save_model("SELECT v FROM lookup", tmp_path / "m", tables=LOOKUP, pip_requirements=[])
    assert mlflow_sql_flavor.load_model(str(tmp_path / "m")).predict()["v"].tolist() == [0.5, 1.5]
