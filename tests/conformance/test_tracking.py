"""Runs, logged models, the registry, evaluation: against a real ``mlflow server`` on an SQLite store."""

from pathlib import Path

import mlflow
import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature, infer_signature
from mlflow.types import ColSpec, Schema

from .conftest import ANSWER, DATA, values

pytestmark = pytest.mark.usefixtures("tracking")


def read(uri, name):
    """A file of a model in the store."""
    return Path(mlflow.artifacts.download_artifacts(uri), name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def logged(flavor, tracking_server):
    """One model logged with everything and registered, for the tests that only look at it."""
    mlflow.set_tracking_uri(tracking_server)
    mlflow.set_registry_uri(tracking_server)
    mlflow.set_experiment(f"conformance-{flavor.name}")
    with mlflow.start_run() as run:
        info = flavor.log(
            input_example=DATA,
            registered_model_name=f"{flavor.name}-doubler",
            params={"depth": 3},
            tags={"team": "search"},
            model_type="regressor",
            step=2,
            metadata={"owner": "me"},
        )
    return run, info


def test_model_info(flavor, logged):
    run, info = logged
    assert info.run_id == run.info.run_id
    assert info.model_uri == f"models:/{info.model_id}"
    assert set(info.flavors) == {"python_function", flavor.name}
    assert info.metadata == {"owner": "me"}
    assert int(info.registered_model_version) == 1
    assert info.signature.inputs == infer_signature(DATA).inputs
    assert info.saved_input_example_info["type"] == "dataframe"


@pytest.mark.parametrize("verb", ["load_model", "pyfunc"])
@pytest.mark.parametrize("form", ["model", "runs", "version", "alias"])
def test_every_uri_loads(flavor, logged, form, verb):
    run, info = logged
    name = f"{flavor.name}-doubler"
    if form == "alias":
        mlflow.MlflowClient().set_registered_model_alias(name, "champion", 1)
    uri = {
        "model": info.model_uri,
        "runs": f"runs:/{run.info.run_id}/doubler",
        "version": f"models:/{name}/1",
        "alias": f"models:/{name}@champion",
    }[form]
    module = mlflow.pyfunc if verb == "pyfunc" else flavor.module
    assert values(module.load_model(uri).predict(DATA)) == ANSWER


def test_the_logged_model(flavor, logged):
    run, info = logged
    model = mlflow.get_logged_model(info.model_id)
    assert str(model.status) == "READY"
    assert model.name == "doubler"
    assert model.model_type == "regressor"
    assert model.params == {"depth": "3"}
    assert model.tags["team"] == "search"
    assert model.source_run_id == run.info.run_id
    outputs = mlflow.get_run(run.info.run_id).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [(info.model_id, 2)]


def test_the_model_version(flavor, logged):
    run, info = logged
    version = mlflow.MlflowClient().get_model_version(f"{flavor.name}-doubler", "1")
    assert version.run_id == run.info.run_id
    assert version.source == info.model_uri
    assert version.status == "READY"


def test_artifacts_of_the_logged_model(flavor, logged):
    content = yaml.safe_load(read(logged[1].model_uri, "MLmodel"))
    assert content["run_id"] == logged[0].info.run_id
    assert content["model_id"] == logged[1].model_id
    assert content["metadata"] == {"owner": "me"}
    assert content["artifact_path"]


def test_without_a_run(flavor):
    info = flavor.log()
    assert mlflow.active_run() is None
    assert info.run_id is None
    assert values(mlflow.pyfunc.load_model(info.model_uri).predict(DATA)) == ANSWER


def test_into_a_named_run(flavor):
    run_id = mlflow.MlflowClient().create_run(mlflow.get_experiment_by_name(_experiment()).experiment_id).info.run_id
    assert flavor.log(run_id=run_id).run_id == run_id


def _experiment():
    import mlflow.tracking.fluent as fluent

    return mlflow.get_experiment(fluent._get_experiment_id()).name


def test_artifact_path_is_the_second_positional_argument_and_deprecated(flavor, caplog):
    import logging

    logging.getLogger("mlflow").propagate = True
    with caplog.at_level(logging.WARNING, "mlflow"), mlflow.start_run() as run:
        info = flavor.module.log_model(flavor.model, "old", **flavor.arguments({}))
    assert "`artifact_path` is deprecated" in caplog.text
    assert mlflow.get_logged_model(info.model_id).name == "old"
    assert values(mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/old").predict(DATA)) == ANSWER


def test_name_and_artifact_path_exclude_each_other(flavor):
    with pytest.raises(MlflowException, match="Both `artifact_path`") as error:
        flavor.log(name="a", artifact_path="b")
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_resources_and_auth_policy_reach_mlmodel(flavor):
    from mlflow.models.resources import DatabricksTable

    info = flavor.log(resources=[DatabricksTable(table_name="a.b.c")])
    assert yaml.safe_load(read(info.model_uri, "MLmodel"))["resources"]["databricks"]["table"][0]["name"] == "a.b.c"


def test_prompts_reach_mlmodel(flavor):
    prompt = mlflow.genai.register_prompt(f"prompt-{flavor.name}", "Hello {{name}}")
    info = flavor.log(prompts=[prompt])
    assert yaml.safe_load(read(info.model_uri, "MLmodel"))["prompts"] == [prompt.uri]


def test_a_model_id_made_before(flavor):
    model = mlflow.initialize_logged_model(name="early")
    info = flavor.log(model_id=model.model_id, name=None)
    assert info.model_id == model.model_id
    assert str(mlflow.get_logged_model(model.model_id).status) == "READY"


def test_a_failed_log_leaves_a_failed_model(flavor, tmp_path):
    with mlflow.start_run() as run, pytest.raises((MlflowException, OSError), match="nowhere"):
        flavor.log(code_paths=[str(tmp_path / "nowhere.py")])
    models = mlflow.search_logged_models(
        experiment_ids=[run.info.experiment_id],
        filter_string=f"source_run_id = '{run.info.run_id}'",
        output_format="list",
    )
    assert [str(model.status) for model in models] == ["FAILED"]


def test_an_unknown_argument_fails_the_model_too(flavor):
    with mlflow.start_run() as run, pytest.raises(TypeError, match="colour"):
        flavor.log(colour="red")
    models = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], output_format="list")
    assert [str(model.status) for model in models] == ["FAILED"]


def test_register_afterwards(flavor):
    info = flavor.log()
    version = mlflow.register_model(info.model_uri, f"{flavor.name}-later")
    assert values(mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}").predict(DATA)) == ANSWER


def test_set_signature_rewrites_mlmodel(flavor):
    info = flavor.log()
    signature = ModelSignature(inputs=Schema([ColSpec("double", "x")]), outputs=Schema([ColSpec("double", "doubled")]))
    mlflow.models.set_signature(info.model_uri, signature)
    assert Model.load(info.model_uri).signature == signature
    assert values(mlflow.pyfunc.load_model(info.model_uri).predict(DATA)) == ANSWER
    assert values(flavor.module.load_model(info.model_uri).predict(DATA)) == ANSWER


@pytest.mark.parametrize("place", ["folder", "store"])
def test_update_model_requirements(flavor, tmp_path, place):
    if place == "folder":
        flavor.save(tmp_path / "m")
        uri = str(tmp_path / "m")
    else:
        uri = flavor.log().artifact_path  # MLflow does not take models:/ here
    mlflow.models.update_model_requirements(uri, "add", ["a==1"])
    mlflow.models.update_model_requirements(uri, "remove", [flavor.requirement])
    assert read(uri, "requirements.txt").splitlines() == [f"mlflow=={mlflow.__version__}", "a==1"]
    assert values(mlflow.pyfunc.load_model(uri).predict(DATA)) == ANSWER


def test_evaluate_as_a_regressor(flavor, logged):
    data = DATA.assign(target=ANSWER)
    result = mlflow.models.evaluate(
        logged[1].model_uri, data, targets="target", model_type="regressor", evaluator_config={"log_explainer": False}
    )
    assert result.metrics["mean_absolute_error"] == pytest.approx(0, abs=1e-9)
    assert result.metrics["r2_score"] == pytest.approx(1)


def test_models_predict_in_this_environment(flavor, logged, tmp_path):
    mlflow.models.predict(
        logged[1].model_uri, input_data=DATA, env_manager="local", output_path=str(tmp_path / "answer.json")
    )
    answer = pd.read_json(tmp_path / "answer.json")["predictions"].tolist()
    assert [value["y"] if isinstance(value, dict) else value for value in answer] == ANSWER


@pytest.mark.ci
def test_add_libraries_to_model(flavor, monkeypatch):
    # the wheels of the named requirements alone: all they need in turn is hundreds of megabytes
    monkeypatch.setenv("MLFLOW_WHEELED_MODEL_PIP_DOWNLOAD_OPTIONS", "--only-binary=:all: --no-deps")
    flavor.log(registered_model_name=f"{flavor.name}-wheels")
    name = f"{flavor.name}-wheels"
    info = mlflow.models.add_libraries_to_model(f"models:/{name}/1", registered_model_name=name)
    wheels = read(f"models:/{name}/2", "requirements.txt").splitlines()
    assert any(line.startswith(f"wheels/{flavor.requirement.replace('-', '_')}-") for line in wheels)
    assert set(info.flavors) == {"python_function", flavor.name}
    assert values(mlflow.pyfunc.load_model(f"models:/{name}/2").predict(DATA)) == ANSWER
