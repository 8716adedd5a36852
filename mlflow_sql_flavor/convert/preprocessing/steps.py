"""Preprocessing steps of scikit-learn, each as one layer of the query.

A step reads columns and gives columns. Other columns that later steps need are handed on beside them. A missing value
(NULL, and NaN, which the first layer makes NULL) stays NULL through arithmetic, as NaN does in scikit-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import QueryError, UnwritableError
from ..boosters.fitted_answers import flavor_of
from ..builder import Column, Query, is_missing, literal, number, unique
from ..estimators import clusters
from ..missing import refuses_missing
from . import expansions
from .encoders import encode
from .power_transforms import box_cox, yeo_johnson

__all__ = ["describe", "join", "known_class", "passes", "sparse", "transform", "unsupported"]

Step = Callable[[Query, Any, list[Column], list[Column], str], list[Column]]


def known_class(estimator: Any, table: Mapping[str, Any]) -> Any:
    """The entry of the nearest known class the estimator is one of; None if there is none.

    Args:
        estimator: Any object.
        table: By the names of classes: of scikit-learn's alone, of other packages' after theirs, ``xgboost.XGBModel``.
    """
    own = _overridden(estimator)
    for cls in type(estimator).__mro__:
        package = cls.__module__.partition(".")[0]
        name = cls.__name__ if package == "sklearn" else f"{package}.{cls.__name__}"
        if name in table:
            return table[name] if not own else None
    return None


#: What an estimator answers by.
_METHODS = ("predict", "predict_proba", "decision_function", "transform")
#: Packages whose classes answer what the classes they inherit from do.
_KNOWN = {"sklearn", "xgboost", "lightgbm", "catboost", "sklearnex", "daal4py", "onedal", "imblearn"}


def _overridden(estimator: Any) -> list[str]:
    """What a class of the user's own answers by in another way than the class it inherits from."""
    own = (cls for cls in type(estimator).__mro__ if cls.__module__.partition(".")[0] not in {*_KNOWN, "builtins"})
    return [f"{cls.__name__}.{name}" for cls in own for name in _METHODS if name in vars(cls)]


def describe(estimator: Any) -> str:
    """Class names, without parameters: ``Pipeline(StandardScaler, Ridge)``."""
    name = type(estimator).__name__
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        return f"{name}({', '.join(part if isinstance(part, str) else describe(part) for _, part in steps)})"
    return name


def unsupported(path: str, estimator: Any, why: str = "") -> QueryError:
    """The error that names a step, and what to do."""
    where = f"step {path!r} ({type(estimator).__name__})" if path else type(estimator).__name__
    own = _overridden(estimator)
    if not why and own:
        why = f"it has a method of its own, {own[0]}"
    told = f": {why.removesuffix('.')}. Fit it another way, or" if why else ". Fit without it, or" if path else ":"
    flavor = "mlflow.sklearn" if path else flavor_of(estimator)
    return QueryError(f"{where} cannot be converted{told} log {'the whole' if path else 'it'} with {flavor}.")


def transform(
    query: Query, step: Any, columns: list[Column], keep: list[Column] | None = None, path: str = ""
) -> list[Column]:
    """Adds a fitted transformer's layers.

    Args:
        query: What is under construction.
        step: The transformer, ``"passthrough"`` or None.
        columns: What it reads, in its order.
        keep: Other columns to hand on.
        path: Its name in scikit-learn's notation, ``prepare__num__scaler``.

    Returns:
        Its outputs, in its order.

    Raises:
        QueryError: It cannot be converted; the message names it.
    """
    if step is None or step == "passthrough":
        return columns
    made = known_class(step, _STEPS)
    if made is None:
        raise unsupported(path, step)
    try:
        return made(query, step, columns, keep or [], path)
    except UnwritableError as error:
        raise unsupported(path, step, error.reason) from None


def sparse(step: Any, given: bool) -> bool:
    """Whether a fitted transformer, or chain of them, gives a sparse matrix.

    Args:
        step: The transformer.
        given: Whether it gets one.
    """
    if step is None or isinstance(step, str):
        return given
    for _, part in getattr(step, "steps", ()):
        given = sparse(part, given)
    if known_class(step, {"FeatureUnion": True}):
        return any(sparse(part, given) for _, part in step.transformer_list if part != "drop")
    read = known_class(step, _SPARSE)
    return read(step) if read is not None else given


def passes(step: Any) -> bool:
    """Whether a step hands its columns on as they are."""
    return step is None or (isinstance(step, str) and step == "passthrough") or getattr(step, "func", ...) is None


def join(path: str, name: str) -> str:
    """A step's path."""
    return f"{path}__{name}" if path else name


def _pipeline(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    for name, part in step.steps:
        columns = transform(query, part, columns, keep, join(path, name))
    return columns


def _columns(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    if step.transformer_weights:
        raise unsupported(path, step, "it has transformer_weights")
    places = step._transformer_to_input_indices
    parts = [(name, part, list(places[name])) for name, part, _ in step.transformers_ if part != "drop"]
    parts = [part for part in parts if part[2]]  # of no columns it is not even fitted
    return _branches(query, parts, columns, keep, path)


def _union(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    if step.transformer_weights:
        raise unsupported(path, step, "it has transformer_weights")
    everything = list(range(len(columns)))
    parts = [(name, part, everything) for name, part in step.transformer_list if part != "drop"]
    return _branches(query, parts, columns, keep, path)


def _branches(
    query: Query, parts: Sequence[tuple[str, Any, list[int]]], columns: list[Column], keep: list[Column], path: str
) -> list[Column]:
    """Branches one after the other, each beside what the later ones read and what the earlier ones gave."""
    done: list[Column] = []
    for at, (name, part, places) in enumerate(parts):
        later = [columns[i] for i in sorted({i for _, _, rest in parts[at + 1 :] for i in rest})]
        beside = list(dict.fromkeys([*keep, *done, *later]))
        done += transform(query, part, [columns[i] for i in places], beside, join(path, name))
    return done


#: What scalers learnt of each column.
_LEARNT = ("mean_", "center_", "scale_", "min_")


def _nothing(step: Any, i: int) -> bool:
    """Whether a scaler saw no value of a column, and answers none."""
    learnt = [getattr(step, name, None) for name in _LEARNT]
    return any(is_missing(float(values[i])) for values in learnt if values is not None)


def _each(expression: Callable[[Any, int, Column], str]) -> Step:
    """A step that gives one column for one column."""

    def made(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
        taken = query.taken(keep)
        out = [Column(unique(column.name, taken)) for column in columns]
        texts = [
            "CAST(NULL AS DOUBLE)" if _nothing(step, i) else expression(step, i, column)
            for i, column in enumerate(columns)
        ]
        query.layer(path, [*query.carry(keep), *((text, c.name) for text, c in zip(texts, out, strict=True))])
        return out

    return made


def _minus(left: str, value: Any) -> str:
    return f"({left} - {number(value)})" if value >= 0 else f"({left} + {number(-value)})"


def _standard(step: Any, i: int, column: Column) -> str:
    text = column.sql
    if step.with_mean:
        text = _minus(text, step.mean_[i])
    return f"{text} / {number(step.scale_[i])}" if step.scale_ is not None else text


def _robust(step: Any, i: int, column: Column) -> str:
    text = _minus(column.sql, step.center_[i]) if step.with_centering else column.sql
    return f"{text} / {number(step.scale_[i])}" if step.with_scaling else text


def _clipped(step: Any, text: str, low: float, high: float) -> str:
    if not getattr(step, "clip", False):
        return text
    below, above = number(low), number(high)
    return f"CASE WHEN {text} < {below} THEN {below} WHEN {text} > {above} THEN {above} ELSE {text} END"


def _min_max(step: Any, i: int, column: Column) -> str:
    return _clipped(step, f"{column.sql} * {number(step.scale_[i])} + {number(step.min_[i])}", *step.feature_range)


def _max_abs(step: Any, i: int, column: Column) -> str:
    return _clipped(step, f"{column.sql} / {number(step.scale_[i])}", -1.0, 1.0)


def _power(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    taken = query.taken([*keep, *columns])
    powers = [Column(unique(f"{column.name}_power", taken)) for column in columns]
    made = yeo_johnson if step.method == "yeo-johnson" else box_cox
    items = [
        (made(column.sql, float(power)), out.name)
        for column, power, out in zip(columns, step.lambdas_, powers, strict=True)
    ]
    # Box and Cox have none of what is not above zero, which is refused.
    tests = [] if made is yeo_johnson else [f"({c.sql} > 0E0 OR {c.sql} IS NULL)" for c in columns]
    query.layer(path, [*query.refusing(tests, keep, taken), *items])
    return _each(_standard)(query, step._scaler, powers, keep, f"{path}_scaler") if step.standardize else powers


def _imputer(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    sentinel = None if is_missing(step.missing_values) else literal(step.missing_values)
    taken = query.taken(keep)
    out, items = [], []
    for column, value in zip(columns, step.statistics_, strict=True):
        if is_missing(value):  # a column of nothing but missing values, which scikit-learn drops
            continue
        filled = literal(value)
        text = f"COALESCE({column.sql}, {filled})"
        if sentinel is not None:
            text = f"CASE WHEN {column.sql} = {sentinel} THEN {filled} ELSE {column.sql} END"
        out.append(Column(unique(column.name, taken), column.text))
        items.append((text, out[-1].name))
    if step.add_indicator:
        for i in step.indicator_.features_:
            missing = f"{columns[i].sql} IS NULL" if sentinel is None else f"{columns[i].sql} = {sentinel}"
            out.append(Column(unique(f"{columns[i].name}_missing", taken)))
            items.append((f"CAST(CASE WHEN {missing} THEN 1E0 ELSE 0E0 END AS DOUBLE)", out[-1].name))
    if len(out) != len(step.get_feature_names_out()):
        raise unsupported(path, step, "a column had no values when it was fitted")
    query.layer(path, [*query.carry(keep), *items])
    return out


def _encoder(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    with warnings.catch_warnings():  # of unknown categories, which are shown to it on purpose
        warnings.simplefilter("ignore")
        return encode(query, step, columns, keep, path)


def _selector(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    kept = [columns[i] for i in step.get_support(indices=True)]
    lost = [column for column in columns if column not in kept]
    if lost and refuses_missing(step, len(columns)):  # in the columns that go no further too
        beside = list(dict.fromkeys([*keep, *kept]))
        query.layer(path, query.refusing([f"{c.sql} IS NOT NULL" for c in lost], beside, query.taken(beside)))
    return kept


def _function(_query: Query, step: Any, columns: list[Column], _keep: list[Column], path: str) -> list[Column]:
    if step.func is not None:
        raise unsupported(path, step, "it calls a Python function")
    return columns


def _never(_step: Any) -> bool:
    return False


#: What gives a sparse matrix by its own rule; other steps give what they get.
_SPARSE: dict[str, Callable[[Any], bool]] = {
    "ColumnTransformer": lambda step: bool(step.sparse_output_),
    "OneHotEncoder": lambda step: bool(step.sparse_output),
    "KBinsDiscretizer": lambda step: step.encode == "onehot",
    "SplineTransformer": lambda step: bool(getattr(step, "sparse_output", False)),
    **dict.fromkeys(
        ("OrdinalEncoder", "TargetEncoder", "PowerTransformer", "PCA", "TruncatedSVD", "KMeans", "MiniBatchKMeans"),
        _never,
    ),
}

_STEPS: dict[str, Step] = {
    "Pipeline": _pipeline,
    "ColumnTransformer": _columns,
    "FeatureUnion": _union,
    "FunctionTransformer": _function,
    "SelectorMixin": _selector,
    "StandardScaler": _each(_standard),
    "MinMaxScaler": _each(_min_max),
    "MaxAbsScaler": _each(_max_abs),
    "RobustScaler": _each(_robust),
    "SimpleImputer": _imputer,
    "OneHotEncoder": _encoder,
    "OrdinalEncoder": _encoder,
    "TargetEncoder": _encoder,
    "PowerTransformer": _power,
    "PolynomialFeatures": expansions.polynomials,
    "KBinsDiscretizer": expansions.bins,
    "SplineTransformer": expansions.splines,
    "PCA": expansions.projection,
    "TruncatedSVD": expansions.projection,
    "KMeans": clusters.distances,
    "MiniBatchKMeans": clusters.distances,
}
