"""What a fitted estimator of any library answers, and how exactly."""

from __future__ import annotations

import importlib
from typing import Any

from ...errors import QueryError

__all__ = ["answers", "feature_names", "first_step", "flavor_of", "labels", "library", "precision", "refuse_unfitted"]

_LIBRARIES = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}
_MODULES = {name: module for module, name in _LIBRARIES.items()} | {"scikit-learn": "sklearn"}


def library(estimator: Any) -> str:
    """The library that a model, or the last step of a pipeline, is of; scikit-learn for all but boosters."""
    while steps := getattr(estimator, "steps", None):
        estimator = steps[-1][1]
    for cls in type(estimator).__mro__:
        root = cls.__module__.partition(".")[0]
        if root in _LIBRARIES:
            return _LIBRARIES[root]
    return "scikit-learn"


def first_step(estimator: Any) -> Any:
    """The step that sees the columns first; the estimator itself if it has none."""
    while steps := getattr(estimator, "steps", None):
        estimator = next((step for _, step in steps if step is not None and step != "passthrough"), None)
    return estimator


def flavor_of(estimator: Any) -> str:
    """MLflow's own flavor for it."""
    return f"mlflow.{_MODULES[library(estimator)]}"


def refuse_unfitted(estimator: Any) -> tuple[str, str]:
    """The library and its release, if the estimator is fitted and of one that is known.

    Raises:
        QueryError: It is not.
    """
    name = library(estimator)
    fitted = name != "scikit-learn" and not hasattr(estimator, "fit")
    if name == "CatBoost" and not hasattr(estimator, "steps"):
        fitted = estimator.is_fitted()
    elif not fitted:
        _check_fitted(estimator)
        fitted = True
    if not fitted:
        raise _unfitted(estimator)
    return name, importlib.import_module(_MODULES[name]).__version__


def _check_fitted(estimator: Any) -> None:
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        raise _unfitted(estimator) from None
    except TypeError:
        raise QueryError(
            f"{type(estimator).__name__} is not an estimator of scikit-learn, XGBoost, LightGBM or CatBoost."
        ) from None


def _unfitted(estimator: Any) -> QueryError:
    return QueryError(f"The {type(estimator).__name__} is not fitted: call its fit first.")


def precision(estimator: Any) -> float:
    """The relative difference that is rounding, inside another estimator too.

    XGBoost answers in 32 bits. Distances to the centres of clusters are computed as ``x x - 2 x c + c c`` by
    scikit-learn, which leaves half of the digits where a row is near a centre:
    https://scikit-learn.org/stable/modules/generated/sklearn.metrics.pairwise.euclidean_distances.html
    """
    coarse = (library(part) == "XGBoost" or hasattr(part, "cluster_centers_") for part in _parts(estimator))
    return 1e-6 if any(coarse) else 1e-9


def _parts(estimator: Any) -> list[Any]:
    """It, and the fitted estimators inside it."""
    found = [estimator]
    for part in found:
        inner = [
            getattr(part, name, None) for name in ("best_estimator_", "regressor_", "estimator", "final_estimator_")
        ]
        for name in ("steps", "transformers_", "transformer_list"):
            inner += [step for _, step, *_ in getattr(part, name, None) or ()]
        for name in ("estimators_", "calibrated_classifiers_"):
            several = getattr(part, name, None)
            # Boosting by scikit-learn holds arrays of trees.
            inner += several if isinstance(several, list) else []
        found += [each for each in inner if each is not None and not isinstance(each, str)]
    return found


def labels(estimator: Any) -> Any:
    """The classes of a classifier; None of anything else."""
    found = getattr(estimator, "classes_", None)
    return found if found is not None and len(found) else None


def feature_names(estimator: Any) -> list[str] | None:
    """The names of the columns it was fitted on, if it knows them; LightGBM writes ``_`` for a space in them."""
    found = getattr(estimator, "feature_names_in_", None)
    if found is None and library(estimator) == "LightGBM" and hasattr(estimator, "feature_name"):
        found = estimator.feature_name()
        if all(name == f"Column_{at}" for at, name in enumerate(found)):  # which had none
            return None
    return None if found is None else list(found)


def answers(estimator: Any, X: Any, probabilities: bool) -> tuple[Any, Any]:
    """Predictions, and probabilities if it has some and they are asked for.

    Args:
        estimator: The fitted estimator or booster.
        X: A DataFrame.
        probabilities: Whether to ask for them.

    Raises:
        ValueError: It cannot predict on X.
    """
    import numpy as np

    name = library(estimator)
    raw = not hasattr(estimator, "fit")
    if raw and name == "XGBoost":
        import xgboost

        found = estimator.predict(xgboost.DMatrix(X, enable_categorical=True))
        found = _classes_first(found)
    elif raw and name == "LightGBM":
        found = _classes_first(estimator.predict(X))
    else:
        first = first_step(estimator)
        known = hasattr(first, "feature_names_in_") or library(first) != "scikit-learn"
        data = X if known else X.to_numpy()
        predicted = np.asarray(estimator.predict(data))
        found = predicted if predicted.ndim == 2 and predicted.shape[1] > 1 else np.ravel(predicted), None
        if probabilities and hasattr(estimator, "predict_proba"):
            found = found[0], estimator.predict_proba(data)
    return found


def _classes_first(found: Any) -> tuple[Any, Any]:
    """Of several columns the number of the largest, and the columns."""
    return (found.argmax(axis=1), found) if found.ndim > 1 else (found, None)
