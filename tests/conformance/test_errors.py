"""A mistake gives the error the built-in flavors give: its type, its code, its words."""

import mlflow
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from .conftest import DATA


def code_of(error):
    return error.value.error_code


def test_a_path_in_use(flavor, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "kept.txt").write_text("mine")
    with pytest.raises(MlflowException, match="already exists and is not empty") as error:
        flavor.save(tmp_path / "m")
    assert code_of(error) == "RESOURCE_ALREADY_EXISTS"
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["kept.txt"]


def test_an_empty_folder_may_be_the_path(flavor, tmp_path):
    (tmp_path / "m").mkdir()
    flavor.save(tmp_path / "m")
    flavor.module.load_model(str(tmp_path / "m"))


@pytest.mark.parametrize(
    "given",
    [
        {"conda_env": {"dependencies": []}, "pip_requirements": ["a"]},
        {"pip_requirements": ["a"], "extra_pip_requirements": ["b"]},
        {"conda_env": {"dependencies": []}, "extra_pip_requirements": ["b"]},
    ],
)
def test_environments_that_exclude_each_other(flavor, tmp_path, given):
    with pytest.raises(ValueError, match="Only one of"):
        flavor.save(tmp_path / "m", **given)
    assert not (tmp_path / "m").exists()


def test_code_paths_is_a_list(flavor, tmp_path):
    with pytest.raises(TypeError, match="code_paths should be a list, not"):
        flavor.save(tmp_path / "m", code_paths="own.py")


def test_code_that_is_not_there(flavor, tmp_path):
    with pytest.raises((MlflowException, OSError)) as error:
        flavor.save(tmp_path / "m", code_paths=[str(tmp_path / "nowhere.py")])
    assert "nowhere.py" in str(error.value)


def test_extra_files_that_are_not_there(flavor, tmp_path):
    with pytest.raises((MlflowException, OSError)) as error:
        flavor.save(tmp_path / "m", extra_files=[str(tmp_path / "nowhere.txt")])
    assert "nowhere.txt" in str(error.value)


def test_an_argument_nobody_knows(flavor, tmp_path):
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        flavor.save(tmp_path / "m", colour="red")


def test_a_model_without_the_flavor(flavor, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "MLmodel").write_text("flavors:\n  other: {}\n")
    with pytest.raises(MlflowException, match=f'does not have the "{flavor.name}" flavor') as error:
        flavor.module.load_model(str(tmp_path / "m"))
    assert code_of(error) == "RESOURCE_DOES_NOT_EXIST"


def test_a_folder_that_is_no_model(flavor, tmp_path):
    (tmp_path / "m").mkdir()
    with pytest.raises((MlflowException, OSError), match="MLmodel") as error:
        flavor.module.load_model(str(tmp_path / "m"))
    assert getattr(error.value, "error_code", "OSError") in ("RESOURCE_DOES_NOT_EXIST", "OSError")  # before MLflow 3.11


def test_a_path_that_is_not_there(flavor, tmp_path):
    with pytest.raises((MlflowException, OSError)) as error:
        flavor.module.load_model(str(tmp_path / "nowhere"))
    assert "nowhere" in str(error.value)


# predict through pyfunc: what MLflow checks by the signature is the same for both


@pytest.fixture(scope="module")
def loaded(flavor, tmp_path_factory):
    path = tmp_path_factory.mktemp(flavor.name) / "m"
    flavor.save(path, input_example=DATA)
    return mlflow.pyfunc.load_model(str(path))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pd.DataFrame({"z": [1.0]}), "missing inputs"),
        (pd.DataFrame({"x": ["a"]}), "Incompatible input types|Failed to convert"),
        (None, "Expected input to be DataFrame|Failed to enforce|but got"),
        ((1, 2), "Expected input to be DataFrame|Failed to enforce|but got"),
    ],
    ids=["column", "type", "nothing", "tuple"],
)
def test_data_that_does_not_fit_the_signature(loaded, data, words):
    with pytest.raises(MlflowException, match=words) as error:
        loaded.predict(data)
    assert code_of(error) == "INVALID_PARAMETER_VALUE"


def test_parameters_without_a_schema_are_left_out_with_a_warning(loaded, caplog):
    import logging

    logging.getLogger("mlflow").propagate = True
    with caplog.at_level(logging.WARNING, "mlflow"):
        loaded.predict(DATA, params={"nobody": 1})
    assert "does not define a params schema" in caplog.text


def test_extra_columns_and_other_order_are_accepted(loaded):
    loaded.predict(pd.DataFrame({"more": ["a"], "x": [1.0]}))


def test_an_empty_frame(flavor, loaded):
    empty = DATA.iloc[:0]
    if flavor.name == "sklearn":  # scikit-learn itself wants at least one row
        with pytest.raises(ValueError, match="minimum of 1"):
            loaded.predict(empty)
    else:
        assert len(loaded.predict(empty)) == 0
