"""What DuckDB's binder refuses without a place, or in words that the query does not have: it is the writer's call."""

from __future__ import annotations

import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.compile.compiled_query import Compiled
from mlflow_sql_flavor.compile.gates.state import CompileRequest
from mlflow_sql_flavor.compile.gates.unplaced_errors import placed
from mlflow_sql_flavor.errors import QueryError
from mlflow_sql_flavor.query.reading.parse import parse


@pytest.mark.parametrize(
    ("dialect", "sql", "said", "at"),
    [
        # https://github.com/tobymao/sqlglot/issues/3797: PostgreSQL has no to_date(integer, text) either.
        ("postgres", "SELECT TO_DATE(20220101, 'MM/DD/YYYY') AS d FROM input", "TO_DATE takes no", 8),
        ("bigquery", "SELECT a,\n  PARSE_DATE('%Y', 3) AS d FROM input", "PARSE_DATE takes no", 3),
        ("trino", "SELECT a FROM input WHERE strpos(a, 'x') > 0", "'strpos(BIGINT, VARCHAR)'", 27),
        ("postgres", "SELECT upper(TO_DATE(a, 'YYYY')::text) AS d FROM input", "these types: BIGINT", 14),
        ("bigquery", "SELECT (SELECT PARSE_DATE('%Y', a)) AS d FROM input", "PARSE_DATE takes no", 16),
    ],
)
def test_the_call_is_named_as_it_was_written_and_placed(dialect: str, sql: str, said: str, at: int, tmp_path) -> None:
    with pytest.raises(QueryError) as error:
        mlflow_sql_flavor.save_model(sql, tmp_path / "m", dialect=dialect, input_types={"a": "BIGINT"})
    assert said in error.value.reason and error.value.column == at
    assert "strptime" not in error.value.reason and "LITERAL" not in error.value.reason
    assert not (tmp_path / "m").exists()


def test_a_place_is_looked_for_within_the_same_bounds() -> None:
    """What is not known to be small is bound apart, without one of its calls too."""
    query = parse("SELECT TO_DATE(a, 'YYYY') AS d, repeat('x', 2000000000) AS r FROM input", "postgres")
    asked = []

    def compiles(part: object, request: CompileRequest) -> Compiled:
        asked.append(request.apart)
        raise QueryError("another")

    request = CompileRequest("input", {"a": "BIGINT"}, {}, {}, source=None, unique=None)  # type: ignore[arg-type]
    placed(query, QueryError("No function matches"), request, compiles)
    assert asked and all(asked)
