"""``from_sklearn``: the SQL of a fitted estimator, compared with it, as a model."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..errors import InputError, LimitError, QueryError
from ..frames import reading
from ..mlflow_errors import public
from ..query.reading.lengths import MAX_WORDS, check_length
from . import boosters, through_orbital
from .builder import Column, Query, conjunction, unique
from .estimators.answer import answer, takes_infinity
from .outputs import Names, Numbers, finish
from .preprocessing.steps import describe, passes
from .trees.array_trees import TooDeepError
from .verify import check

if TYPE_CHECKING:
    import pandas as pd

    from ..model import SQLModel

__all__ = ["from_sklearn", "sklearn_to_sql"]

_logger = logging.getLogger(__name__)

#: With so many leaves planning the query takes longer than walking the trees (docs/sklearn.md).
_WALKED = 200
#: Most rows that walk the trees, and on how many of X both texts are compared.
_FEW, _COMPARED = 2000, 10_000
#: Rows for which planning a leaf costs as much as walking a step (docs/sklearn.md).
_ROWS_A_LEAF = 600


@public
def from_sklearn(
    estimator: Any,
    X: pd.DataFrame,
    *,
    input_table: str = "input",
    prediction_name: str = "prediction",
    probabilities: bool = True,
    prediction_column: str | None = None,
) -> SQLModel:
    """A fitted estimator, pipeline or booster as a SQL model that gives the same answers.

    Linear models, trees, forests, gradient boosting, and the usual preprocessing before them: scaling, imputation,
    encoding, ``ColumnTransformer``; XGBoost, LightGBM and CatBoost, alone or as the last step. Trees are exact: they
    compare what the library compares, and add in its order. A row that the estimator refuses, for a missing or infinite
    value or an unknown category, gets NULL.

    Args:
        estimator: The fitted estimator, pipeline, or search (its best estimator).
        X: Rows to compare on, with the columns and types the model will read; the training data will do.
        input_table: The name by which the SQL reads the prediction input.
        prediction_name: What to call the column of predictions.
        probabilities: For a classifier that has ``predict_proba``: one column ``probability_<class>`` for each class.
        prediction_column: As for ``SQLModel``: the one column that ``pyfunc`` returns, such as ``"prediction"``, which
            ``mlflow.models.evaluate`` of a classifier needs.

    Returns:
        The model, in DuckDB's dialect and with the signature of the columns it reads: ready for ``log_model``. Labels
        keep their type: integers, text, booleans.

    Raises:
        QueryError: A step cannot be converted, or a prediction on X is not the estimator's: by more than 1e-9
            relative, or another class. The message names the step, or the first row.
    """
    from ..model import SQLModel

    names = Names(prediction_name, probabilities)
    estimator = _best(estimator)
    sql, leaves = _written(estimator, X, Query(input_table), names)
    used = _plain(X.iloc[:, _used(estimator, X)])
    options: dict[str, Any] = {
        "input_table": input_table,
        "signature": _signature(used),
        "prediction_column": prediction_column,
    }
    _refuse_long(estimator, sql, leaves)
    model = SQLModel(sql, **options)
    check(estimator, X, model.predict(used), names)
    if leaves < _WALKED:
        return model
    try:
        few, _ = _written(estimator, X, walked := Query(input_table, few_rows=True), names)
    except TooDeepError:
        return model
    try:
        rows = min(_FEW, max(1, _ROWS_A_LEAF * leaves // max(walked.steps, 1)))
        made = SQLModel(sql, few_rows=(rows, few), **options)
        parts = [used.iloc[at : at + rows] for at in range(0, min(len(used), _COMPARED), rows)]
        same = all(made.predict(part).equals(model.predict(part)) for part in parts)
    except (QueryError, LimitError) as error:  # it is not needed for an answer, but may be longer than a text may be
        _logger.warning("Few rows are answered by the whole query, as its text for few rows is refused: %s", error)
        return model
    if not same:
        _logger.warning("Few rows are answered by the whole query: its text for few rows gives other rows of X.")
    return made if same else model


def _signature(used: Any) -> Any:
    """MLflow's signature of the columns that are read.

    Raises:
        InputError: It has no type for one of them.
    """
    from mlflow.models import infer_signature
    from mlflow.types import DataType

    found = infer_signature(used)
    if found.inputs.has_input_names() and all(isinstance(kind, DataType) for kind in found.inputs.input_types()):
        return found
    for name, kind in used.dtypes.items():
        (spec,) = infer_signature(used[[name]]).inputs.inputs
        if isinstance(spec.type, DataType):
            continue
        if used[name].isna().all():
            raise InputError(f"Column {name!r} of X has no value that tells its type: pass a row in which it has one.")
        raise InputError(f"Column {name!r} of X is {kind}, which MLflow has no type for: convert it to float64.")
    return found


@public
def sklearn_to_sql(
    estimator: Any,
    X: pd.DataFrame,
    *,
    input_table: str = "input",
    prediction_name: str = "prediction",
    probabilities: bool = True,
) -> str:
    """The SQL alone, in DuckDB's dialect, not yet compared with the estimator; arguments as for ``from_sklearn``."""
    return _written(_best(estimator), X, Query(input_table), Names(prediction_name, probabilities))[0]


def _written(estimator: Any, X: Any, query: Query, names: Names) -> tuple[str, int]:
    """The text of a query that has nothing yet, and how many leaves of trees it has."""
    library, version = boosters.refuse_unfitted(estimator)
    query.comment(f"{describe(estimator)} of {library} {version}, converted by mlflow_sql_flavor.")
    columns, used = _columns(estimator, X)
    inputs = [_read(X.iloc[:, i], columns[i]) for i in used]
    found = through_orbital.score(query, estimator, inputs, [columns[i] for i in used])
    if found is not None:
        return finish(query, Numbers([found]), names) + "\n", 0
    _features(query, estimator, X, columns, used)
    return finish(query, answer(query, estimator, columns, "", names.probabilities, X), names) + "\n", query.leaves


def _refuse_long(estimator: Any, sql: str, leaves: int) -> None:
    """Says of too many trees what to do, which the limit of a query's length does not."""
    try:
        check_length(sql)
    except QueryError:
        if not leaves:
            raise
        raise QueryError(
            f"{describe(estimator)} cannot be converted: its trees have {leaves:,} leaves, and the query would have "
            f"more than {MAX_WORDS:,} words and signs. Fit fewer or shallower trees, or log it with "
            f"{boosters.flavor_of(estimator)}."
        ) from None


def _best(estimator: Any) -> Any:
    """The estimator that a search answers with."""
    return getattr(estimator, "best_estimator_", estimator)


def _used(estimator: Any, X: Any) -> list[int]:
    """Places of the columns that the first step reads."""
    first = boosters.first_step(estimator)
    places = getattr(first, "_transformer_to_input_indices", None)
    if places is None:
        return list(range(X.shape[1]))
    dropped = {name for name, step, _ in first.transformers_ if step == "drop"}
    return sorted({i for name, part in places.items() if name not in dropped for i in part})


def _columns(estimator: Any, X: Any) -> tuple[list[Column], list[int]]:
    """The features, and the places of those that are read."""
    import pandas as pd

    if not isinstance(X, pd.DataFrame):
        raise InputError(f"X is a pandas DataFrame whose columns are the model's input, not {type(X).__name__}.")
    if X.empty:
        raise InputError("X has no rows to compare predictions on.")
    names = list(X.columns)
    if not all(isinstance(name, str) for name in names):
        raise InputError("The columns of X are named by text, which become the names of the model's input.")
    reading.refuse_twins(names)
    fitted = boosters.feature_names(estimator)
    if fitted not in (None, names, [name.replace(" ", "_") for name in names]):
        raise InputError("X has other columns than the estimator was fitted on, or in another order.")
    used = _used(estimator, X)
    return [Column(name, i in used and _is_text(X.iloc[:, i])) for i, name in enumerate(names)], used


def _features(query: Query, estimator: Any, X: Any, columns: list[Column], used: list[int]) -> None:
    """The first layer: every feature as DOUBLE or text, with one way to be missing, and a mark for infinite ones.

    scikit-learn refuses infinity, but for histogram gradient boosting.
    """
    items = [_read(X.iloc[:, i], columns[i]) for i in used]
    untouched = _untouched(estimator, used)
    floats = [columns[i] for i in used if i not in untouched and _kind(X.iloc[:, i]) not in _FINITE]
    if floats:
        query.valid = unique("accepted", query.taken(columns))
        infinite = "CAST('Infinity' AS DOUBLE)"
        tests = [f"COALESCE(ABS(CAST({column.sql} AS DOUBLE)) <> {infinite}, TRUE)" for column in floats]
        items.append((conjunction(tests), query.valid))
    query.layer("inputs", items)


def _untouched(estimator: Any, used: list[int]) -> set[int]:
    """Places of the columns that come as they are to an estimator that takes infinity."""
    *before, last = [step for _, step in getattr(estimator, "steps", [("", estimator)])]
    if not takes_infinity(last):
        return set()
    steps = [step for step in before if not passes(step)]
    if not steps:
        return set(used)
    places = getattr(steps[0], "_transformer_to_input_indices", None)
    if places is None or len(steps) > 1:
        return set()
    touched = {i for name, step, _ in steps[0].transformers_ if not passes(step) for i in places[name]}
    return set(used) - touched


def _kind(column: Any) -> str:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.cat.categories
    return pd.api.types.infer_dtype(column, skipna=True)


_TEXT = {"string"}
_FINITE = {"string", "integer", "boolean", "decimal", "empty"}
_NUMBERS = {"floating", "integer", "mixed-integer-float", "decimal", "integer-na", "empty"}


def _is_text(column: Any) -> bool:
    kind = _kind(column)
    if kind not in {*_TEXT, *_NUMBERS, "boolean"}:
        raise InputError(f"Column {column.name!r} of X holds {kind} values: only numbers, text and booleans convert.")
    return kind in _TEXT


def _read(values: Any, column: Column) -> tuple[str, str]:
    name, kind = column.sql, _kind(values)
    if column.text:
        return name, column.name
    if kind == "boolean":
        return f"CAST(CASE WHEN {name} THEN 1E0 WHEN NOT {name} THEN 0E0 END AS DOUBLE)", column.name
    if kind == "integer":
        return f"CAST({name} AS DOUBLE)", column.name
    return f"NULLIF(CAST({name} AS DOUBLE), CAST('NaN' AS DOUBLE))", column.name


def _plain(X: Any) -> Any:
    """X with categories as the values they stand for."""
    import pandas as pd

    found = {}
    for name, kind in X.dtypes.items():
        if isinstance(kind, pd.CategoricalDtype):
            values = kind.categories
            if values.dtype.kind in "iub" and X[name].hasnans:  # of which numpy has none that is missing
                found[name] = X[name].astype(object).astype(pd.array(values.tolist()).dtype)
            else:
                found[name] = X[name].astype(values.dtype)
    return X.assign(**found)
