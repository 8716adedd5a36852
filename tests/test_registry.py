"""SQL models in the tracking server and the registry: what has no counterpart in a built-in flavor."""

import hashlib
import json

import mlflow
import pandas as pd
import pytest
import requests
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

import mlflow_sql_flavor

pytestmark = pytest.mark.usefixtures("tracking")

LISTINGS = pd.DataFrame(
    {"listing_id": [1, 2, 3, 4], "region": ["A", "A", "B", "A"], "review_score": [4.5, 4.9, 5.0, 3.0]}
)
RANK = """-- 평점이 높은 순서
SELECT listing_id, review_score
FROM listings JOIN input USING (region)
WHERE review_score >= :min_score
ORDER BY review_score DESC"""
ASKED = pd.DataFrame({"region": ["A"]})
#: What tests/artifact/test_packaging.py shows takes no time here.
FAST = {"pip_requirements": [], "bundle_flavor": False}


@pytest.fixture(scope="module")
def ranker(tracking_server):
    mlflow.set_tracking_uri(tracking_server)
    mlflow.set_registry_uri(tracking_server)
    mlflow.set_experiment("ranking")
    with mlflow.start_run():
        info = mlflow_sql_flavor.log_model(
            RANK,
            name="ranker",
            dialect="spark",
            tables={"listings": LISTINGS},
            input_example=(ASKED, {"min_score": 4.0}),
            registered_model_name="ranker",
            tags={"team": "search"},
            **FAST,
        )
    mlflow.MlflowClient().set_registered_model_alias("ranker", "champion", 1)
    return info


def ids(result):
    return result["listing_id"].tolist()


@pytest.mark.parametrize("uri", ["models:/ranker/1", "models:/ranker@champion", None])
def test_every_way_in(ranker, uri):
    uri = uri or f"runs:/{ranker.run_id}/ranker"
    assert ids(mlflow.pyfunc.load_model(uri).predict(ASKED)) == [2, 1]
    assert ids(mlflow.pyfunc.load_model(uri).predict(ASKED, params={"min_score": 2.0})) == [2, 1, 4]
    assert ids(mlflow_sql_flavor.load_model(uri).predict(ASKED, params={"min_score": 4.6})) == [2]


def test_fresh_listings_at_load(ranker):
    newer = pd.concat([LISTINGS, pd.DataFrame({"listing_id": [9], "region": ["A"], "review_score": [4.95]})])
    loaded = mlflow.pyfunc.load_model("models:/ranker@champion", model_config={"tables": {"listings": newer}})
    assert ids(loaded.predict(ASKED)) == [9, 2, 1]


def test_the_dialect_is_a_tag_of_the_model_and_of_its_version(ranker):
    assert {"sql.dialect": "databricks", "team": "search"}.items() <= mlflow.get_logged_model(
        ranker.model_id
    ).tags.items()
    version = mlflow.MlflowClient().get_model_version("ranker", "1")
    assert version.tags["sql.dialect"] == "databricks"


def test_sql_models_are_found_by_their_tag(ranker):
    found = mlflow.search_logged_models(
        experiment_ids=[mlflow.get_logged_model(ranker.model_id).experiment_id],
        filter_string="tags.`sql.dialect` = 'databricks'",
        output_format="list",
    )
    assert [model.model_id for model in found] == [ranker.model_id]
    versions = mlflow.MlflowClient().search_model_versions("tag.`sql.dialect` = 'databricks'")
    assert [version.name for version in versions] == ["ranker"]


def test_a_tag_of_the_caller_wins():
    info = mlflow_sql_flavor.log_model("SELECT 1 AS a", name="m", tags={"sql.dialect": "mine"}, **FAST)
    assert mlflow.get_logged_model(info.model_id).tags["sql.dialect"] == "mine"


def test_the_text_is_verbatim_in_the_registry(ranker):
    assert Model.load("models:/ranker/1").flavors["sql"]["sql"] == RANK


def test_set_signature_keeps_the_model(ranker):
    info = mlflow_sql_flavor.log_model(
        RANK,
        name="again",
        tables={"listings": LISTINGS},
        input_example=(ASKED, {"min_score": 4.0}),
        **FAST,
    )
    signature = ModelSignature(
        inputs=Schema([ColSpec("string", "region")]),
        outputs=info.signature.outputs,
        params=ParamSchema([ParamSpec("min_score", "double", 4.8)]),
    )
    mlflow.models.set_signature(info.model_uri, signature)
    loaded = mlflow.pyfunc.load_model(info.model_uri)
    assert loaded.metadata.signature == signature
    assert ids(loaded.predict(ASKED)) == [2]  # the new default
    assert Model.load(info.model_uri).flavors["sql"]["sql"] == RANK
    assert ids(mlflow_sql_flavor.load_model(info.model_uri).predict(ASKED)) == [2]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("THIS IS NOT VALID SQL", "query"),
        ("SELECT nope FROM input", "nope"),
        ("SELECT CAST(region AS INT) AS x FROM input", "does not run"),
    ],
)
def test_a_refused_query_leaves_a_failed_model_and_nothing_in_the_registry(sql, words):
    with mlflow.start_run() as run, pytest.raises(MlflowException, match=words):
        mlflow_sql_flavor.log_model(sql, name="bad", input_example=ASKED, registered_model_name="bad")
    models = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], output_format="list")
    assert [str(model.status) for model in models] == ["FAILED"]
    assert mlflow.MlflowClient().search_registered_models("name = 'bad'") == []


def test_a_log_without_a_signature_in_the_file():
    info = mlflow_sql_flavor.log_model(
        "SELECT region FROM input", name="raw", input_example=ASKED, signature=False, **FAST
    )
    assert info.signature is None
    assert mlflow.pyfunc.load_model(info.model_uri).predict(ASKED)["region"].tolist() == ["A"]


def test_an_example_that_does_not_serve_is_told_by_mlflow(caplog):
    """NULL is beyond MLflow's long, where the writer asks for it; the model is logged, as for a built-in flavor."""
    import logging

    logging.getLogger("mlflow").propagate = True
    example = pd.DataFrame({"a": pd.array([1, None], dtype="Int64")})
    with caplog.at_level(logging.WARNING, "mlflow"):
        signature = ModelSignature(inputs=Schema([ColSpec("long", "a")]))
        mlflow_sql_flavor.log_model("SELECT a FROM input", name="m", input_example=example, signature=signature, **FAST)
    assert "Failed to validate serving input example" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING, "mlflow"):
        mlflow_sql_flavor.log_model(
            "SELECT a FROM input", name="m", input_example=example, **FAST, validate_serving_input=False
        )
    assert "Failed to validate" not in caplog.text


def test_no_warning_for_an_ordinary_model(caplog):
    import logging

    logging.getLogger("mlflow").propagate = True
    with caplog.at_level(logging.WARNING, "mlflow"):
        mlflow_sql_flavor.log_model(
            RANK, name="quiet", tables={"listings": LISTINGS}, input_example=(ASKED, {"min_score": 4.0})
        )
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


# evaluation

PENGUINS = pd.DataFrame(
    {
        "flipper": [180, 190, 220, 230, 185, 215],
        "species": ["Adelie", "Adelie", "Gentoo", "Gentoo", "Adelie", "Adelie"],
    }
)
RULE = """SELECT flipper > 205 AS large, CASE WHEN flipper > 205 THEN 'Gentoo' ELSE 'Adelie' END AS species
FROM input"""


def test_evaluate_a_classifier_by_its_prediction_column():
    info = mlflow_sql_flavor.log_model(
        RULE,
        name="rule",
        prediction_column="species",
        input_example=PENGUINS[["flipper"]],
        **FAST,
    )
    result = mlflow.models.evaluate(
        info.model_uri, PENGUINS, targets="species", model_type="classifier", evaluator_config={"log_explainer": False}
    )
    assert result.metrics["accuracy_score"] == pytest.approx(5 / 6)
    predicted = mlflow.pyfunc.load_model(info.model_uri).predict(PENGUINS[["flipper"]])
    assert isinstance(predicted, pd.Series)
    assert predicted.name == "species"


def test_evaluate_a_regressor_with_several_outputs():
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 7.0]})
    info = mlflow_sql_flavor.log_model(
        "SELECT x, 2 * x AS y_hat FROM input", name="double", input_types={"x": "DOUBLE"}, **FAST
    )
    result = mlflow.models.evaluate(
        info.model_uri,
        data,
        targets="y",
        predictions="y_hat",
        model_type="regressor",
        evaluator_config={"log_explainer": False},
    )
    assert result.metrics["max_error"] == pytest.approx(1.0)


# Clients in other languages: the requests of R's package and of Java's MlflowClient
# (github.com/mlflow/mlflow: mlflow/R/mlflow/R/model-registry.R, mlflow/java/client)


def asked(server, path, **query):
    answer = requests.get(f"{server}/api/2.0/mlflow/{path}", params=query, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("model-versions/get", {"version": "1"}),  # mlflow_get_model_version, getModelVersion
        ("registered-models/get", {}),  # mlflow_get_registered_model, getRegisteredModel
        ("registered-models/get-latest-versions", {}),  # mlflow_get_latest_versions, getLatestVersions
        ("registered-models/alias", {"alias": "champion"}),  # mlflow_get_model_version_by_alias
    ],
)
def test_other_languages_read_the_version(ranker, tracking_server, path, query):
    found = asked(tracking_server, path, name="ranker", **query)
    version = (
        found.get("model_version") or (found.get("model_versions") or found["registered_model"]["latest_versions"])[0]
    )
    assert (version["name"], version["version"], version["status"]) == ("ranker", "1", "READY")
    assert version["run_id"] == ranker.run_id and RANK in version["description"]
    assert {"key": "sql.dialect", "value": "databricks"} in version["tags"]


def test_other_languages_read_the_query_and_its_tables(ranker, tracking_server):
    """getModelVersionDownloadUri, then the server's own artifacts: what a client needs no Python for."""
    where = asked(tracking_server, "model-versions/get-download-uri", name="ranker", version="1")["artifact_uri"]
    folder = where.removeprefix("mlflow-artifacts:/")
    files = f"{tracking_server}/api/2.0/mlflow-artifacts/artifacts"
    listed = requests.get(files, params={"path": folder}, timeout=30).json()["files"]
    assert {"MLmodel", "README.md", "tables", "lineage.svg"} <= {file["path"] for file in listed}
    section = yaml.safe_load(requests.get(f"{files}/{folder}/MLmodel", timeout=30).content)["flavors"]["sql"]
    assert (section["sql"], section["dialect"]) == (RANK, "databricks")
    table = section["tables"]["listings"]
    data = requests.get(f"{files}/{folder}/{table['path']}", timeout=30).content
    assert hashlib.sha256(data).hexdigest() == table["sha256"]


# mlflow.models.predict


def _written(folder, request):
    (folder / "in.json").write_text(json.dumps(request))
    return str(folder / "in.json")


def test_models_predict_with_parameters(ranker, tmp_path):
    request = {"dataframe_split": {"columns": ["region"], "data": [["A"]]}, "params": {"min_score": 4.6}}
    mlflow.models.predict(
        "models:/ranker@champion",
        input_path=_written(tmp_path, request),
        env_manager="local",
        output_path=str(tmp_path / "out.json"),
    )
    answer = json.loads((tmp_path / "out.json").read_text())
    assert answer == {"predictions": [{"listing_id": 2, "review_score": 4.9}]}


def test_models_predict_of_a_query_without_input(tmp_path):
    info = mlflow_sql_flavor.log_model(
        "SELECT listing_id FROM listings WHERE region = :region ORDER BY 1",
        name="lookup",
        tables={"listings": LISTINGS},
        input_example=(None, {"region": "A"}),
        **FAST,
    )
    loaded = mlflow.pyfunc.load_model(info.model_uri)
    assert ids(loaded.predict(None)) == [1, 2, 4]
    assert ids(loaded.predict(None, params={"region": "B"})) == [3]
    request = {"inputs": {}, "params": {"region": "B"}}
    mlflow.models.predict(
        info.model_uri,
        input_path=_written(tmp_path, request),
        env_manager="local",
        output_path=str(tmp_path / "out.json"),
    )
    assert json.loads((tmp_path / "out.json").read_text()) == {"predictions": [{"listing_id": 3}]}
