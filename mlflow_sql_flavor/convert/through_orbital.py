"""Linear regressors, with scaling and encoding before them, by the ``orbital`` package.

Only what orbital 0.6 was measured to give right goes this way (tests/convert/test_orbital.py, and the table that
tests/benchmarks/through_orbital.py prints). The rest is written directly, because there orbital

- holds float32: imputed values (3e-9 off), sums of trees;
- takes a missing category for none of the categories, and predicts for an unknown one that the encoder refuses;
- does not know ``drop``, infrequent categories, ``clip``, indicators, log links, or several linear classifiers;
- answers a row with a missing value: by the first class, or without the columns of weight 0. A regressor's rows are
  marked here, so that theirs is NULL;
- writes ``EXP`` of any score, which Postgres refuses beyond 745: logistic models are written directly.
"""

from __future__ import annotations

import re
from typing import Any

from .builder import Column, Query, conjunction, unique

__all__ = ["score"]

_REGRESSORS = {"LinearRegression", "Ridge", "Lasso", "ElasticNet", "HuberRegressor", "BayesianRidge", "SGDRegressor"}
_SCALERS = {"StandardScaler", "MinMaxScaler", "MaxAbsScaler", "RobustScaler"}

#: orbital's time grows with the square of the number of features: 500 of them took it 3 seconds.
_FEATURES = 200


def score(query: Query, estimator: Any, inputs: list[tuple[str, str]], columns: list[Column]) -> str | None:
    """Adds a layer of features and orbital's query, if orbital is right for this estimator.

    Args:
        query: It has no layer yet.
        estimator: A fitted regressor, or a pipeline that ends in one.
        inputs: The layer of features, DOUBLE or text, as SQL and by name.
        columns: The columns of that layer.

    Returns:
        The prediction, NULL where a number is missing or infinite; None if orbital is not for it, or not installed.
    """
    if not _right(estimator, columns):
        return None
    try:
        name = unique("inputs", {query.current.casefold()})
        body = _body(name, estimator, columns)
    except Exception:  # of many types: whatever it does not manage is written directly
        return None
    query.layer(name, inputs)
    query.add("scores", body)
    tests = [f"ABS({column.sql}) < CAST('Infinity' AS DOUBLE)" for column in columns if not column.text]
    return f'CASE WHEN {conjunction(tests)} THEN "variable" END' if tests else '"variable"'


def _body(table: str, estimator: Any, columns: list[Column]) -> str:
    import orbital
    from orbital import types
    from sklearn.pipeline import make_pipeline

    features = {c.name: types.StringColumnType() if c.text else types.DoubleColumnType() for c in columns}
    pipeline = estimator if hasattr(estimator, "steps") else make_pipeline(estimator)
    numbers = orbital.ResultsProjection([column.name for column in columns if not column.text])
    parsed = orbital.parse_pipeline(pipeline, features=features)
    return orbital.export_sql(table, parsed, dialect="duckdb", projection=numbers)


def _right(estimator: Any, columns: list[Column]) -> bool:
    # Names with other characters are refused by orbital, or quoted wrongly; "variable" is its own.
    plain = all(re.fullmatch(r"[A-Za-z]\w*", c.name, re.ASCII) and c.name.lower() != "variable" for c in columns)
    steps = estimator.steps if _named(estimator, {"Pipeline"}) else [("", estimator)]
    *before, (_, last) = steps
    return (
        plain
        and len(columns) <= _FEATURES
        and _named(last, _REGRESSORS)
        and last.coef_.ndim == 1
        and all(_right_step(step) for _, step in before)
    )


def _right_step(step: Any) -> bool:
    if step is None or step == "passthrough":
        return True
    if _named(step, _SCALERS):
        return not getattr(step, "clip", False)
    if _named(step, {"OneHotEncoder"}):
        return (
            step.handle_unknown == "ignore"
            and step.drop_idx_ is None
            and not any(rare is not None for rare in getattr(step, "infrequent_categories_", ()))
            and all(isinstance(value, str) for kinds in step.categories_ for value in kinds.tolist())
        )
    if _named(step, {"ColumnTransformer"}):
        return not step.transformer_weights and all(
            part == "drop" or _right_step(part) for _, part, _ in step.transformers_
        )
    return False


def _named(estimator: Any, names: set[str]) -> bool:
    """Whether it is of one of scikit-learn's own classes; one that inherits may predict another way."""
    cls = type(estimator)
    return cls.__module__.partition(".")[0] == "sklearn" and cls.__name__ in names
