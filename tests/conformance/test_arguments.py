"""The verbs take the arguments of the built-in flavors, in their order and with their defaults."""

import importlib
import inspect

import mlflow.statsmodels
import mlflow.xgboost
import pytest

import mlflow_sql_flavor

BUILT_IN = [mlflow.statsmodels, mlflow.xgboost]
#: Arguments of one flavor only, which no other takes.
OWN = {"remove_data", "model_format"}


def parameters(function):
    return list(inspect.signature(function).parameters.values())


@pytest.mark.parametrize("built_in", BUILT_IN, ids=lambda module: module.__name__)
@pytest.mark.parametrize("verb", ["save_model", "log_model", "load_model"])
def test_every_argument_of_a_built_in_flavor_is_there_in_its_order(built_in, verb):
    theirs = [p for p in parameters(getattr(built_in, verb))[1:] if p.name not in OWN]
    ours = {p.name: p for p in parameters(getattr(mlflow_sql_flavor, verb))[1:]}
    kept = [p for p in theirs if p.kind is not p.VAR_KEYWORD]
    assert [name for name in ours if name in {p.name for p in kept}] == [p.name for p in kept]
    for p in kept:
        assert ours[p.name].default == p.default, p.name
        assert ours[p.name].kind == p.kind, p.name


@pytest.mark.parametrize(("verb", "count"), [("save_model", 5), ("log_model", 5)])
def test_the_leading_positional_arguments_are_the_same(verb, count):
    for built_in in BUILT_IN:
        names = [p.name for p in parameters(getattr(built_in, verb))[1:count]]
        assert [p.name for p in parameters(getattr(mlflow_sql_flavor, verb))[1:count]] == names


@pytest.mark.parametrize(
    "name", ["FLAVOR_NAME", "_load_pyfunc", "get_default_pip_requirements", "get_default_conda_env"]
)
def test_the_module_has_the_names_of_a_flavor(flavor, name):
    assert hasattr(flavor.module, name)
    assert flavor.name == flavor.module.FLAVOR_NAME


def test_default_environments_list_the_library_and_mlflow(flavor):
    lines = flavor.module.get_default_pip_requirements()
    assert any(line.startswith(f"{flavor.requirement}==") for line in lines)
    assert not any(line.startswith("cloudpickle") for line in lines)
    assert any(
        r.startswith("cloudpickle==") for r in flavor.module.get_default_pip_requirements(include_cloudpickle=True)
    )
    environment = flavor.module.get_default_conda_env()
    assert environment["name"] == "mlflow-env"
    pip = next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))
    assert "mlflow" in pip[0]
    assert set(lines) <= set(pip)


@pytest.mark.parametrize("verb", ["save_model", "log_model"])
def test_docstrings_have_their_placeholders_filled(flavor, verb):
    text = getattr(flavor.module, verb).__doc__
    assert "{{" not in text
    assert "pip_requirements" in text


def test_what_pyfunc_needs_of_the_wrapper(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    loaded = importlib.import_module("mlflow.pyfunc").load_model(str(tmp_path / "m"))
    wrapper = loaded._model_impl
    assert list(inspect.signature(wrapper.predict).parameters) == ["data", "params"]
    assert type(loaded.get_raw_model()) is type(flavor.module.load_model(str(tmp_path / "m")))
    assert loaded.metadata.flavors["python_function"]["loader_module"] == flavor.module.__name__
