"""What is in a saved model: files, MLmodel's keys, the signature, the example."""

import json
import subprocess
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow.exceptions import MlflowException
from mlflow.models import Model, ModelSignature, infer_signature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

from .conftest import ANSWER, DATA, values

ENVIRONMENT = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"}
EXAMPLE = {"input_example.json", "serving_input_example.json"}


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def mlmodel(folder):
    return yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))


def test_files_of_a_plain_model(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    assert files(tmp_path / "m") == ENVIRONMENT | flavor.files


def test_files_with_everything(flavor, tmp_path):
    (tmp_path / "own.py").write_text("VALUE = 1\n")
    (tmp_path / "packages.txt").write_text("libgomp1\n")
    flavor.save(
        tmp_path / "m",
        input_example=DATA,
        code_paths=[str(tmp_path / "own.py")],
        extra_files=[str(tmp_path / "packages.txt")],
        metadata={"team": "search"},
        signature=None,
    )
    own = EXAMPLE | flavor.files | flavor.answer
    assert files(tmp_path / "m") == ENVIRONMENT | own | {"code/own.py", "extra_files/packages.txt"}
    content = mlmodel(tmp_path / "m")
    assert content["metadata"] == {"team": "search"}
    assert content["flavors"]["python_function"]["code"] == "code"
    assert content["flavors"][flavor.name]["code"] == "code"
    assert content["flavors"][flavor.name]["extra_files"] == [{"path": "extra_files/packages.txt"}]
    assert content["saved_input_example_info"]["type"] == "dataframe"
    assert json.loads((tmp_path / "m/serving_input_example.json").read_text()) == {
        "dataframe_split": {"columns": ["x"], "data": [[1.0], [2.0], [3.5]]}
    }
    assert values(mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(DATA)) == ANSWER
    flavor.module.load_model(str(tmp_path / "m"))


def test_keys_of_mlmodel(flavor, tmp_path):
    flavor.save(tmp_path / "m", input_example=DATA, metadata={"a": 1})
    content = mlmodel(tmp_path / "m")
    expected = {
        *("flavors", "is_signature_from_type_hint", "metadata", "mlflow_version", "model_id", "model_size_bytes"),
        *("model_uuid", "prompts", "saved_input_example_info", "signature", "type_hint_from_example"),
        "utc_time_created",
    }
    assert set(content) == expected
    assert list(content["flavors"]) == ["python_function", flavor.name]
    pyfunc = content["flavors"]["python_function"]
    assert {"env", "loader_module", "python_version"} <= set(pyfunc)
    assert pyfunc["env"] == {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    assert pyfunc.get("code") is None
    assert "code" in content["flavors"][flavor.name]
    assert content["model_size_bytes"] > 0


def test_mlmodel_is_what_mlflow_reads(flavor, tmp_path):
    flavor.save(tmp_path / "m", input_example=DATA)
    model = Model.load(str(tmp_path / "m"))
    assert set(model.flavors) == {"python_function", flavor.name}
    assert model.get_input_schema() == Schema([ColSpec("double", "x")])
    assert mlflow.models.get_model_info(str(tmp_path / "m")).signature == model.signature
    pd.testing.assert_frame_equal(model.load_input_example(str(tmp_path / "m")), DATA)


def test_a_given_model_object_is_filled(flavor, tmp_path):
    model = Model(metadata={"before": 1})
    flavor.save(tmp_path / "m", mlflow_model=model, metadata={"after": 2})
    assert set(model.flavors) == {"python_function", flavor.name}
    assert model.metadata == {"after": 2}


# signature and example


def test_signature_from_the_example(flavor, tmp_path):
    flavor.save(tmp_path / "m", input_example=DATA)
    signature = Model.load(str(tmp_path / "m")).signature
    assert signature.inputs == infer_signature(DATA).inputs
    assert signature.outputs is not None  # sklearn's is a tensor, SQL's a named column
    assert signature.params is None


def test_signature_false_is_none_in_the_file(flavor, tmp_path):
    flavor.save(tmp_path / "m", input_example=DATA, signature=False)
    assert "signature" not in mlmodel(tmp_path / "m")
    assert "saved_input_example_info" in mlmodel(tmp_path / "m")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "m"))
    assert loaded.metadata.signature is None
    assert values(loaded.predict(DATA)) == ANSWER


def test_no_signature_without_anything_to_infer_it_from(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    if flavor.name == "sql":  # input_types, which it needs to be saved, are a signature
        assert Model.load(str(tmp_path / "m")).signature is not None
    else:
        assert Model.load(str(tmp_path / "m")).signature is None


def test_a_given_signature_is_kept(flavor, tmp_path):
    given = ModelSignature(
        inputs=Schema([ColSpec("double", "x")]),
        outputs=Schema([ColSpec("double", "y")]),
    )
    flavor.save(tmp_path / "m", signature=given)
    assert Model.load(str(tmp_path / "m")).signature == given
    flavor.save(tmp_path / "with_example", signature=given, input_example=DATA)
    assert Model.load(str(tmp_path / "with_example")).signature == given


def test_unused_parameters_of_a_signature_are_kept(flavor, tmp_path):
    """sklearn refuses parameters at predict; SQL refuses none that the signature declares and the query lacks."""
    given = ModelSignature(
        inputs=Schema([ColSpec("double", "x")]),
        outputs=Schema([ColSpec("double", "y")]),
        params=ParamSchema([ParamSpec("unused", "long", 3)]),
    )
    flavor.save(tmp_path / "m", signature=given)
    assert Model.load(str(tmp_path / "m")).signature == given
    assert values(mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(DATA)) == ANSWER


@pytest.mark.parametrize(
    ("example", "kind"),
    [
        (DATA, "dataframe"),
        ({"x": [1.0, 2.0, 3.5]}, "json_object"),
        ([{"x": 1.0}, {"x": 2.0}, {"x": 3.5}], "json_object"),
        ({"x": np.array([1.0, 2.0, 3.5])}, "ndarray"),
    ],
    ids=["frame", "dict", "records", "dict of arrays"],
)
def test_forms_of_an_example(flavor, tmp_path, example, kind):
    # sklearn does not predict on dicts and lists itself: a signature makes frames of them, for both
    signature = ModelSignature(inputs=Schema([ColSpec("double", "x")]))
    flavor.save(tmp_path / "m", input_example=example, signature=signature)
    assert mlmodel(tmp_path / "m")["saved_input_example_info"]["type"] == kind
    assert values(mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(example)) == ANSWER


def test_an_example_mlflow_has_no_form_for_is_refused(flavor, tmp_path):
    with pytest.raises(MlflowException, match="Expected one of the following types"):
        flavor.save(tmp_path / "m", input_example=pd.Series([1.0], name="x"), signature=None)


def test_an_array_as_example(flavor, tmp_path):
    array = DATA.to_numpy()
    if flavor.name == "sql":  # a query reads columns by name, an array has none; the signature names them
        with pytest.raises(MlflowException, match="has no column names"):
            flavor.save(tmp_path / "refused", input_example=array)
        assert not (tmp_path / "refused").exists()
        flavor.save(
            tmp_path / "m", input_example=array, signature=ModelSignature(inputs=Schema([ColSpec("double", "x")]))
        )
        assert mlmodel(tmp_path / "m")["saved_input_example_info"]["type"] == "ndarray"
    else:
        flavor.save(tmp_path / "m", input_example=array)
    assert mlmodel(tmp_path / "m")["saved_input_example_info"]["type"] == "ndarray"


# loading


def test_load_into_a_given_folder(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    (tmp_path / "there").mkdir()
    flavor.module.load_model(str(tmp_path / "m"), dst_path=str(tmp_path / "there"))
    assert "MLmodel" in {path.name for path in (tmp_path / "there").rglob("*")}


def test_a_model_moved_elsewhere_loads(flavor, tmp_path):
    flavor.save(tmp_path / "m", input_example=DATA)
    (tmp_path / "m").rename(tmp_path / "한글 space")
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "한글 space"))
    assert values(loaded.predict(DATA)) == ANSWER
    flavor.module.load_model((tmp_path / "한글 space").as_uri())


def test_the_module_need_not_be_imported_to_load(flavor, tmp_path):
    flavor.save(tmp_path / "m")
    code = (
        "import sys, mlflow, pandas as pd\n"
        "assert 'mlflow_sql_flavor' not in sys.modules\n"
        f"print(float(mlflow.pyfunc.load_model({str(tmp_path / 'm')!r}).predict(pd.DataFrame({{'x': [4.0]}}))"
        ".__array__().ravel()[0]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "8.0", done.stderr
