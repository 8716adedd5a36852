"""Below the public functions errors are plain; what leaves these is the same error, and MLflow's."""

import copy
import inspect
import pickle
import subprocess
import sys
import textwrap
import traceback

import cloudpickle
import mlflow
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INTERNAL_ERROR, INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel, errors
from mlflow_sql_flavor.mlflow_errors import public
from mlflow_sql_flavor.pyfunc import SQLModelWrapper

FRAME = pd.DataFrame({"a": ["x"]})
ERRORS = [
    each
    for each in vars(errors).values()
    if inspect.isclass(each) and issubclass(each, errors.SQLModelError) and each.__module__ == errors.__name__
]
CODES = {errors.RunError: (INTERNAL_ERROR, 500), errors.MissingError: (RESOURCE_DOES_NOT_EXIST, 404)}


def raised(plain: errors.SQLModelError, cause: BaseException | None = None) -> errors.SQLModelError:
    @public
    def function() -> None:
        raise plain from cause

    with pytest.raises(MlflowException) as caught:
        function()
    assert isinstance(caught.value, errors.SQLModelError)
    return caught.value


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_as_mlflow_raises_it(kind) -> None:
    """All that MLflow's own class answers, and the name by which users import it."""
    found = raised(kind("Wrong."))
    code, status = CODES.get(kind, (INVALID_PARAMETER_VALUE, 400))
    same = MlflowException("Wrong.", error_code=code)
    assert isinstance(found, kind)
    assert (found.message, found.error_code, str(found)) == (same.message, same.error_code, str(same))
    assert found.get_http_status_code() == same.get_http_status_code() == status
    assert found.serialize_as_json() == same.serialize_as_json()
    assert traceback.format_exception_only(found) == [f"mlflow_sql_flavor.errors.{kind.__name__}: Wrong.\n"]
    for parent in kind.__mro__[1:]:
        if parent in ERRORS:
            assert isinstance(found, type(raised(parent("Wrong.")))), "the classes keep their order"


def test_an_error_of_a_caller_s_own() -> None:
    class Mine(errors.InputError):
        pass

    @public
    def fail() -> None:
        raise Mine("Wrong.")

    for _ in range(2):
        with pytest.raises(MlflowException, match="Wrong") as found:
            fail()
        assert isinstance(found.value, Mine)


def test_every_error_is_of_the_one_module() -> None:
    """Elsewhere a class would have no counterpart of MLflow's."""
    known = set()

    def walk(kind: type) -> None:
        known.add(kind)
        for narrower in kind.__subclasses__():
            walk(narrower)

    walk(errors.SQLModelError)
    own = {kind.__module__ for kind in known if not kind.__module__.startswith("tests.")}
    assert own == {"mlflow_sql_flavor.errors", "mlflow_sql_flavor.mlflow_errors"}
    assert len(ERRORS) >= 8


@pytest.mark.parametrize(
    "through",
    [
        copy.copy,
        copy.deepcopy,
        lambda error: pickle.loads(pickle.dumps(error)),
        lambda error: cloudpickle.loads(cloudpickle.dumps(error)),
    ],
    ids=["copy", "deepcopy", "pickle", "cloudpickle"],
)
@pytest.mark.parametrize(
    "plain",
    [
        errors.QueryError("Wrong.", "SELECT 1", 7),
        errors.UnknownFunctionError("Wrong.", "SELECT f(1)", 7, name="f"),
        errors.RunError("x" * 10_000),
    ],
    ids=["place", "name", "long"],
)
def test_copies(plain, through) -> None:
    for error in (copy.copy(plain), raised(copy.copy(plain))):
        found = through(error)
        assert type(found) is type(error)
        assert (found.__dict__, found.args, str(found)) == (error.__dict__, error.args, str(error))


def test_cause_and_notes_stay_and_one_frame_is_added() -> None:
    plain, cause = errors.InputError("Wrong."), ValueError("why")
    plain.add_note("a note")
    found = raised(plain, cause)
    assert found is plain
    assert found.__cause__ is cause
    assert found.__notes__ == ["a note"]
    frames = [frame.name for frame in traceback.extract_tb(found.__traceback__)]
    assert frames == ["raised", "call", "function"]


def test_what_notebooks_show() -> None:
    with pytest.raises(errors.QueryError) as caught:
        SQLModel("SELECT nope(a) FROM input").predict(FRAME)
    shown = "\n".join(caught.value._render_traceback_())
    assert shown.startswith("QueryError: 'nope' is not among")
    assert shown.endswith("^^^^")


def test_a_failure_inside_leaves_as_mlflows(tmp_path) -> None:
    """Each way out of the package, with an error that is raised far below."""
    wrong = SQLModel("SELECT nope(a) FROM input")
    cast = SQLModel("SELECT a::INT AS b FROM input")
    numbers = pd.DataFrame({"a": [1]})
    mlflow_sql_flavor.save_model("SELECT a FROM input", tmp_path / "m", input_example=numbers)
    loaded = mlflow_sql_flavor.load_model(str(tmp_path / "m"))
    calls = {
        "new": lambda: SQLModel("SELECT 1", "no_such_dialect"),
        "predict": lambda: wrong.predict(FRAME),
        "predict_batches": lambda: wrong.predict_batches(pa.table({"a": ["x"]})),
        "reader": lambda: cast.predict_batches(pa.table({"a": ["x"]})).read_all(),
        "to_sql": lambda: loaded.to_sql("no_such_dialect"),
        "verify": lambda: loaded.verify(),
        "run_on": lambda: loaded.run_on(object(), input="t"),
        "verify_on": lambda: loaded.verify_on(object(), numbers),
        "copy": lambda: SQLModel("SELECT 1", limits={"threads": 1}).copy().predict(params=7),
        "save_model": lambda: mlflow_sql_flavor.save_model(wrong, tmp_path / "n", input_example=FRAME),
        "log_model": lambda: mlflow_sql_flavor.log_model("SELECT 1", name="n", dialect="no_such_dialect"),
        "load_model": lambda: mlflow_sql_flavor.load_model(str(tmp_path / "m"), model_config={"colour": 1}),
        "pyfunc": lambda: mlflow.pyfunc.load_model(str(tmp_path / "m"), model_config={"threads": "many"}),
        "wrapper": lambda: SQLModelWrapper(cast).predict(FRAME),
        "diff": lambda: mlflow_sql_flavor.diff(7, loaded),
    }
    for name, call in calls.items():
        with pytest.raises(MlflowException) as caught:
            call()
        assert isinstance(caught.value, errors.SQLModelError), name
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE", name


def test_no_public_method_is_left_out() -> None:
    for owner in (SQLModel, SQLModelWrapper):
        methods = [
            m for n, m in inspect.getmembers(owner, inspect.isroutine) if not n.startswith("_") or n == "__init__"
        ]
        assert methods and all(hasattr(inspect.unwrap(m), "__code__") and hasattr(m, "__wrapped__") for m in methods)
    for name in set(mlflow_sql_flavor.__all__) - {"FLAVOR_NAME", "SQLModel", "__version__"}:
        assert hasattr(getattr(mlflow_sql_flavor, name), "__wrapped__"), name


def test_raising_needs_no_mlflow() -> None:
    """From parsing to running, in a process that cannot import MLflow."""
    code = """
        import sys
        sys.modules["mlflow"] = None
        from mlflow_sql_flavor.compile.check import check
        from mlflow_sql_flavor.errors import QueryError, SQLModelError
        try:
            check("SELECT nope(a) FROM input", input_types={"a": "INT"})
        except QueryError as error:
            assert (type(error), error.error_code) == (QueryError, "INVALID_PARAMETER_VALUE"), error
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("'nope' is not among")
