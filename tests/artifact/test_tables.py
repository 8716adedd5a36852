"""Reference tables: of every kind, cut to what is read, checked when they come back, replaced at load."""

import datetime
from pathlib import Path

import mlflow
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.errors import InputError, ModelFileError, QueryError, SQLModelError
from mlflow_sql_flavor.model import compiled_model_of

LISTINGS = pd.DataFrame({"region": ["Seoul", "Busan", None], "score": [4.5, 3.0, 1.0], "unused": [1, 2, 3]})
DATA = pd.DataFrame({"region": ["Busan", "Jeju", "Seoul"]}, index=[7, 8, 9])
QUERY = "SELECT input.region, score FROM input LEFT JOIN listings ON listings.region = input.region"


def columns_loaded(model):
    """The reference tables as they are in the model's instance: the catalog, and nothing else."""
    bound = compiled_model_of(model).bound[0]
    cursor = bound.compiled.quick.cursor()
    rows = cursor.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main' "
        "AND database_name = 'memory' ORDER BY column_index"
    ).fetchall()
    found = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "arrow", "batch", "parquet", "text path", "csv", "dict"])
def test_every_kind(kind, tmp_path):
    arrow = pa.Table.from_pandas(LISTINGS, preserve_index=False)
    pq.write_table(arrow, tmp_path / "it's [1]*.parquet")
    LISTINGS.to_csv(tmp_path / "l.csv", index=False)
    table = {
        "pandas": LISTINGS,
        "polars": pl.from_arrow(arrow),
        "lazy": pl.from_arrow(arrow).lazy(),
        "arrow": arrow,
        "batch": arrow.to_batches()[0],
        "parquet": tmp_path / "it's [1]*.parquet",
        "text path": str(tmp_path / "it's [1]*.parquet"),
        "csv": tmp_path / "l.csv",
        "dict": LISTINGS.to_dict("list"),
    }[kind]
    model = SQLModel(QUERY, tables={"listings": table})
    found = model.predict(DATA)
    assert found["score"].fillna(-1).tolist() == [3.0, -1, 4.5]
    assert found.index.tolist() == [7, 8, 9]
    assert columns_loaded(model) == {"listings": ["region", "score"]}


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (["x"], "Argument tables takes a dict of texts to tables"),
        ({"t": 5}, "Reference table 't': The data is an int, which cannot be read as a table"),
        ({"t": "/nowhere/x.parquet"}, "no file 'x.parquet'"),
        ({"t": pd.DataFrame()}, "no columns"),
        ({"t": LISTINGS, "T": LISTINGS}, "same|Two reference tables"),
        ({"input": LISTINGS}, "has the input's name 'input'"),
        ({"": LISTINGS}, "empty"),
        ({"t": pd.DataFrame([[1, 2]], columns=["a", "A"])}, "same name"),
        ({"t": pd.DataFrame({"a": [1, "x"]})}, "Reference table 't'.*more than one type"),
    ],
)
def test_what_is_no_table_is_one_sentence(tables, words):
    with pytest.raises(InputError, match=words) as error:
        SQLModel("SELECT 1 AS x", tables=tables)
    assert "\n" not in str(error.value)
    assert "/nowhere" not in str(error.value)


def test_files_that_are_none(tmp_path):
    (tmp_path / "a.parquet").write_text("no")
    (tmp_path / "a.xlsx").write_text("no")
    with pytest.raises(InputError, match="is not a Parquet file"):
        SQLModel("SELECT 1 AS x", tables={"t": tmp_path / "a.parquet"})
    with pytest.raises(InputError, match=r"neither a \.parquet nor a \.csv file"):
        SQLModel("SELECT 1 AS x", tables={"t": tmp_path / "a.xlsx"})


def test_a_hundred_thousand_columns(tmp_path):
    wide = pa.table({f"c{i}": pa.array([], pa.int8()) for i in range(100_000)})
    with pytest.raises(InputError, match="has 100,000 columns; at most 10,000") as error:
        SQLModel("SELECT c1 FROM t", tables={"t": wide})
    assert "\n" not in str(error.value)


def test_only_tables_and_columns_that_are_read_are_loaded():
    other = pd.DataFrame({"z": [1]})
    model = SQLModel("SELECT max(Score) AS m FROM Listings", tables={"listings": LISTINGS, "other": other})
    assert model.predict()["m"].tolist() == [4.5]
    assert columns_loaded(model) == {"Listings": ["score"]}
    every = SQLModel("SELECT * FROM listings", tables={"listings": LISTINGS, "other": other})
    assert every.predict().columns.tolist() == ["region", "score", "unused"]


def test_every_type_comes_back_from_a_model(tmp_path):
    table = pa.table(
        {
            "a": pa.array([1], pa.int8()), "b": pa.array([datetime.date(2024, 1, 1)]), "c": pa.array([["x", None]]),
            "d": pa.array([1], pa.decimal128(20, 3)), "e": pa.array([{"k": 1}]),
            "f": pa.array(["x"]).dictionary_encode(),
            "g": pa.array([datetime.datetime(2024, 1, 1)], pa.timestamp("ns", "UTC")), "h": pa.array([None], pa.null()),
        }
    )  # fmt: skip
    query = "SELECT * FROM t"
    own = SQLModel(query, tables={"t": table})
    mlflow_sql_flavor.save_model(own, tmp_path / "m", pip_requirements=[])
    loaded = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    assert loaded.predict(output="arrow").equals(own.predict(output="arrow"))
    pd.testing.assert_frame_equal(loaded.predict(), own.predict())


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model"
    mlflow_sql_flavor.save_model(QUERY, path, tables={"listings": LISTINGS}, input_example=DATA, pip_requirements=[])
    return path


def test_a_changed_file_is_refused(saved):
    (file,) = (saved / "tables").iterdir()
    content = file.read_bytes()
    pq.write_table(pa.Table.from_pandas(LISTINGS.assign(score=5.0), preserve_index=False), file)
    with pytest.raises(ModelFileError, match=r"'listings'.*its checksum differs") as error:
        mlflow_sql_flavor.load_model(str(saved))
    assert str(saved) not in str(error.value)
    file.unlink()
    with pytest.raises(ModelFileError, match=r"tables/listings\.parquet is missing"):
        mlflow_sql_flavor.load_model(str(saved))
    outside = saved.parent / "other.parquet"
    outside.write_bytes(content)
    file.symlink_to(outside)
    with pytest.raises(ModelFileError, match=r"tables/listings\.parquet is missing"):
        mlflow_sql_flavor.load_model(str(saved))


def _load(saved, table, name="listings"):
    return mlflow.pyfunc.load_model(str(saved), model_config={"tables": {name: table}})


def test_newer_data_at_load(saved, tmp_path):
    newer = LISTINGS.assign(score=[9.0, 8.0, 7.0])
    pq.write_table(pa.Table.from_pandas(newer, preserve_index=False), tmp_path / "new.parquet")
    newer.to_csv(tmp_path / "new.csv", index=False)
    for table in (newer, tmp_path / "new.parquet", str(tmp_path / "new.csv"), pl.from_pandas(newer)):
        found = _load(saved, table).predict(DATA)
        assert found["score"].fillna(-1).tolist() == [8.0, -1, 9.0]
        assert found.index.tolist() == [7, 8, 9]
    assert _load(saved, newer, "LISTINGS").predict(DATA)["score"][9] == 9.0
    # What differs but fits is cast to the types the model was saved with; columns it does not read may be missing.
    drifted = newer[["score", "region"]].astype({"score": "int64", "region": "category"}).assign(more=1)
    found = _load(saved, drifted).predict(DATA)
    assert found.dtypes.astype(str).tolist() == [str(pd.Series(["a"]).dtype), "float64"]
    assert found["score"].fillna(-1).tolist() == [8.0, -1, 9.0]
    empty = _load(saved, newer.iloc[:0]).predict(DATA)
    assert empty["score"].isna().all()
    assert len(empty) == 3


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (LISTINGS.drop(columns="score"), "lacks column 'score', which the query reads"),
        (LISTINGS.rename(columns={"score": "scores"}), "lacks column 'score'.*Did you mean 'scores'"),
        (LISTINGS.assign(score=["a", "b", "c"]), "'score' does not fit its type DOUBLE"),
        (pd.concat([LISTINGS, LISTINGS]), "repeats values of region"),
        ("/nowhere/new.parquet", "no file 'new.parquet'"),
        (5, "Reference table 'listings'"),
    ],
)
def test_data_that_does_not_fit_is_refused_at_load_or_first_use(saved, table, words):
    with pytest.raises(SQLModelError, match=words) as error:
        _load(saved, table).predict(DATA)
    assert "\n" not in str(error.value)


def test_unknown_tables_at_load(saved):
    with pytest.raises(InputError, match=r"no reference table 'listing'\. Did you mean 'listings'"):
        _load(saved, LISTINGS, "listing")
    with pytest.raises(InputError, match="Argument tables takes a dict of texts to tables"):
        mlflow.pyfunc.load_model(str(saved), model_config={"tables": [1]})


def test_keys_as_duckdb_compares_them():
    def unique(values, loose=()):
        table = mlflow_sql_flavor.artifact.tables.open_table("t", pd.DataFrame({"K": values}))
        return table.unique(["k"], loose)

    assert unique([1, 2, None, None])
    assert not unique([1, 2, 2])
    assert not unique([0.0, -0.0])
    assert unique(["1", "01", None])
    assert not unique(["1", "01"], ["k"])
    assert not unique([2**53, 2**53 + 1], ["k"])
    assert unique([[1], [2]])
    assert not unique([[1], [1]])
    assert unique(pd.Categorical(["a", "b"]))
    assert not mlflow_sql_flavor.artifact.tables.open_table("t", pd.DataFrame({"a": [1]})).unique(["b"])


def test_a_table_that_is_not_there():
    with pytest.raises(QueryError, match=r"'listing' is neither the input.*Did you mean 'listings'"):
        SQLModel("SELECT score FROM listing", tables={"listings": LISTINGS}).predict()


@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_columns_keep_their_order(tmp_path: Path, isolation: str) -> None:
    """A star gives the columns of the model, however MLflow sorts the keys of the file, and whatever the newer data."""
    data = pd.DataFrame({"z": [1, 2], "a": [20, 30]})
    rates = pd.DataFrame({"y": [0.5, 1.5], "z": [1, 2], "b": ["p", "q"]})
    sql = "SELECT *, z + a AS m FROM input JOIN rates USING (z) ORDER BY z"
    mlflow_sql_flavor.save_model(sql, tmp_path / "model", tables={"rates": rates}, input_example=data)
    expected = mlflow_sql_flavor.SQLModel(sql, tables={"rates": rates}).predict(data)
    assert expected.columns.tolist() == ["z", "a", "y", "b", "m"]
    model = mlflow.models.Model.load(tmp_path / "model")
    (tmp_path / "model" / "MLmodel").write_text(yaml.safe_dump(model.to_dict()), encoding="utf-8")
    config = {"isolation": isolation, "tables": {"rates": rates[["b", "z", "y"]]}}
    loaded = mlflow_sql_flavor.load_model(tmp_path / "model", model_config=config)
    pd.testing.assert_frame_equal(loaded.predict(data), expected)
    assert [spec.name for spec in loaded.signature.outputs.inputs] == expected.columns.tolist()
