"""Limits: the smaller of two, and a sentence for what is no limit."""

from typing import Any

import pytest

from mlflow_sql_flavor.engines.limits import Limits, effective_limits, validate_limits
from mlflow_sql_flavor.errors import InputError

NAMES = ("TIMEOUT_SECONDS", "MEMORY_LIMIT", "THREADS", "MAX_ROWS", "ISOLATION")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"MLFLOW_SQL_{name}", raising=False)


def test_default_is_below_the_servers_timeout() -> None:
    default = effective_limits({})
    assert default == Limits.default()
    assert default.timeout_seconds == 30
    assert default.isolation == "thread"


def test_model_only_tightens() -> None:
    assert effective_limits({"timeout_seconds": 5}).timeout_seconds == 5
    assert effective_limits({"timeout_seconds": 500, "memory_limit": "900TB", "max_rows": 10**15}) == Limits.default()
    assert effective_limits({"isolation": "process"}).isolation == "process"
    assert effective_limits({"isolation": "thread"}, {"isolation": "process"}).isolation == "process"


def test_argument_then_environment_then_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SQL_TIMEOUT_SECONDS", "50")
    monkeypatch.setenv("MLFLOW_SQL_MEMORY_LIMIT", "1GiB")
    monkeypatch.setenv("MLFLOW_SQL_MAX_ROWS", "1000")
    monkeypatch.setenv("MLFLOW_SQL_ISOLATION", "process")
    found = effective_limits({"max_rows": 10}, {"timeout_seconds": 40, "threads": 1, "tables": None})
    assert found == Limits(40.0, 2**30, 1, 10, "process")


def test_config_of_the_file_gives_no_permission() -> None:
    """MLflow merges the file's config into the loader's: what came from the file must not raise a limit."""
    in_file = {"timeout_seconds": 9999, "memory_limit": "900TB", "isolation": "thread", "tables": None}
    assert effective_limits({}, in_file, in_file) == Limits.default()
    assert effective_limits({}, {**in_file, "timeout_seconds": 100}, in_file).timeout_seconds == 100
    assert effective_limits({}, {"timeout_seconds": 3}, {"timeout_seconds": 3}).timeout_seconds == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout_seconds", value)
        for value in (
            float("nan"),
            float("inf"),
            -1,
            0,
            1e300,
            "x",
            "",
            True,
            [],
            {},
            10**400,
            10**5000,
            "9" * 500,
            b"1",
            None,
        )
        if value is not None
    ]
    + [("memory_limit", v) for v in ("1", "10KB", "-1GB", "1 GB; SET x", "1e9999", "１GB", 0, 10**30, 1.5, "GB", "1XB")]
    + [("threads", v) for v in (0, -1, 1.5, 10**9, "x", "nan")]
    + [("max_rows", v) for v in (0, -5, 0.5, 1e300, "all")]
    + [("isolation", v) for v in ("none", "", 1, ["process"], "PROCESS")]
    + [("tables", 1), ("timeout", 1), ("x" * 1000, 1)],
    ids=lambda value: value[:20] if isinstance(value, str) else type(value).__name__,
)
def test_hostile_values(name: str, value: object) -> None:
    with pytest.raises(InputError) as caught:
        effective_limits({name: value})
    assert name[:20] in caught.value.message
    assert len(caught.value.message) < 400


def test_what_is_no_mapping() -> None:
    with pytest.raises(InputError, match="mapping"):
        validate_limits(["timeout_seconds"], "limits")  # type: ignore[arg-type]


def test_environment_is_named_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SQL_THREADS", "many")
    with pytest.raises(InputError, match="MLFLOW_SQL_THREADS"):
        effective_limits({})


@pytest.mark.parametrize(
    ("text", "expected"), [("512MB", 512_000_000), ("1.5GiB", 3 * 2**29), ("2g", 2 * 10**9), (2**28, 2**28)]
)
def test_sizes(text: object, expected: int) -> None:
    assert validate_limits({"memory_limit": text}, "limits") == {"memory_limit": expected}


def test_every_limit_comes_back_from_a_saved_model(tmp_path: Any) -> None:
    import mlflow_sql_flavor

    limits = {"timeout_seconds": 2, "memory_limit": "512MB", "threads": 1, "max_rows": 7, "isolation": "thread"}
    mlflow_sql_flavor.save_model("SELECT 1 AS a", tmp_path / "m", limits=limits, bundle_flavor=False)
    found = mlflow_sql_flavor.load_model(str(tmp_path / "m")).limits
    assert (found.timeout_seconds, found.memory_limit, found.threads, found.max_rows) == (2, 512_000_000, 1, 7)
