"""SQL NULL, NaN and infinity are null in JSON, for every type; and every value encodes."""

from __future__ import annotations

import math
from typing import Any

import mlflow
import pandas as pd
import pytest

from mlflow_sql_flavor.frames import schema

from .servers import Client
from .types import FLOATS, MOMENT, NESTED, NULL, ODD, SCALARS, VALUE, expected, name_of

NAMES = ["at", *(name_of(kind) for kind in SCALARS), *NESTED]


def _row(kind: str, odd: str = "1") -> dict[str, str | None]:
    return {"kind": kind, "odd": odd, "at": MOMENT if kind == VALUE else None}


@pytest.fixture(scope="module")
def answers(clients: dict[str, Client]) -> dict[str, list[dict[str, Any]]]:
    """NULL and values apart, together, and enough rows for the path of large results."""
    send = clients["types"].predictions
    return {
        "values": send({"dataframe_records": [_row(VALUE)] * 2}),
        "nulls": send({"dataframe_records": [_row(NULL)] * 2}),
        "both": send({"dataframe_records": [_row(VALUE), _row(NULL)]}),
        "many": send({"dataframe_records": [_row(VALUE), _row(NULL)] * 600}),
    }


def test_every_type_is_tested() -> None:
    assert {kind.partition("(")[0] for kind in SCALARS} == set(schema.TYPES)


@pytest.mark.parametrize("name", NAMES)
def test_null_and_value(name: str, answers: dict[str, list[dict[str, Any]]]) -> None:
    value = expected(VALUE)[name]
    assert [row[name] for row in answers["values"]] == [value, value]
    assert [row[name] for row in answers["nulls"]] == [None, None]
    assert [row[name] for row in answers["both"]] == [value, None]
    assert [row[name] for row in answers["many"]] == [value, None] * 600


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("kind", FLOATS)
def test_odd_floats(kind: str, odd: str, clients: dict[str, Client]) -> None:
    name = name_of(kind)
    answer = clients["types"].predictions({"dataframe_records": [_row(ODD, odd), _row(ODD, "2.5"), _row(NULL)]})
    assert [row[name] for row in answer] == [None, 2.5, None]


def test_the_host_keeps_what_json_cannot(clients: dict[str, Client]) -> None:
    """Only an answer of the server is changed: batch users get pandas' own values and dtypes."""
    model = mlflow.pyfunc.load_model(str(clients["types"].model))
    result = model.predict(
        pd.DataFrame([_row(ODD, "inf"), _row(ODD, "nan"), _row(NULL)]).astype({"at": "datetime64[us]"})
    )
    column = result["t_double"]
    assert column.dtype == "float64"
    assert math.isinf(column[0]) and math.isnan(column[1]) and math.isnan(column[2])
    assert str(result["t_date"].dtype) == "datetime64[us]"
    assert str(result["t_bigint"].dtype) == "Int64"
