"""Steps that make several columns of one or one of several: projections, products, bins, splines, powers, targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")

from sklearn.cluster import KMeans  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.decomposition import PCA, TruncatedSVD  # noqa: E402
from sklearn.feature_selection import SelectKBest, f_regression  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression, Ridge  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import (  # noqa: E402
    KBinsDiscretizer,
    PolynomialFeatures,
    PowerTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402

from .same import assert_edges, assert_same, cases, missing, numbers, people, target  # noqa: E402
from .test_steps import name  # noqa: E402

X = numbers(150)
Y = target(X)
SCALED = pd.DataFrame(StandardScaler().fit_transform(X), columns=X.columns)

STEPS = cases(
    [
        PCA(2),
        PolynomialFeatures(2),
        KBinsDiscretizer(4, encode="onehot-dense"),
        PowerTransformer(),
        SplineTransformer(),
    ],
    [
        PCA(3, whiten=True),
        TruncatedSVD(2),
        PolynomialFeatures(3, include_bias=False),
        PolynomialFeatures(2, interaction_only=True),
        KBinsDiscretizer(4, encode="ordinal", strategy="uniform"),
        KBinsDiscretizer(3, encode="onehot", strategy="kmeans"),
        PowerTransformer(standardize=False),
        SplineTransformer(extrapolation="linear", degree=2),
        SplineTransformer(extrapolation="linear", include_bias=False),
        SplineTransformer(extrapolation="continue"),
        SplineTransformer(extrapolation="periodic", n_knots=6),
        SplineTransformer(extrapolation="error", knots="quantile"),
        SplineTransformer(n_knots=4, sparse_output=True),
        KMeans(4, n_init=2, random_state=0),
    ],
)


@pytest.mark.parametrize("step", STEPS, ids=name)
def test_steps(step: Any) -> None:
    made = make_pipeline(sklearn.base.clone(step), Ridge()).fit(SCALED, Y)
    new = None if getattr(step, "extrapolation", "") == "error" else SCALED.sample(60, random_state=2) * 1.5
    model = assert_same(made, SCALED, None if new is None else new.reset_index(drop=True))
    # Cubes of what is far out, and its place in a period, are no numbers that are compared to nine digits.
    ends = getattr(step, "extrapolation", "")
    if not isinstance(step, (PolynomialFeatures, PowerTransformer)) and ends not in ("continue", "periodic"):
        assert_edges(made, model, SCALED)


def test_values_on_the_edges_of_bins_and_knots() -> None:
    bins = KBinsDiscretizer(5, encode="ordinal", strategy="uniform")
    splines = SplineTransformer(n_knots=5)
    for step in (bins, splines):
        made = make_pipeline(step, Ridge()).fit(SCALED, Y)
        if step is bins:
            edges = [edge for each in step.bin_edges_ for edge in each]
        else:
            edges = [knot for each in step.bsplines_ for knot in each.t]
        beside = [np.nextafter(edge, toward) for edge in edges for toward in (-np.inf, np.inf)]
        new = pd.DataFrame({column: [*edges, *beside] for column in SCALED})
        assert_same(made, SCALED, new)


def test_box_cox_refuses_what_is_not_above_zero() -> None:
    data = X.abs() + 1e-6
    made = make_pipeline(PowerTransformer("box-cox"), SimpleImputer(), Ridge()).fit(data, Y)
    model = assert_same(made, data)
    new = data.head(4).copy()
    new.loc[1, "x0"], new.loc[2, "x1"], new.loc[3, "few"] = 0.0, -1.0, np.nan
    found = model.predict(new)["prediction"]
    assert found.isna().tolist() == [False, True, True, False]
    np.testing.assert_allclose(found[[0, 3]], made.predict(new.iloc[[0, 3]]), rtol=1e-9)


def test_a_missing_value_is_refused_though_no_chosen_column_reads_it() -> None:
    for step in (PolynomialFeatures(2), SplineTransformer(), KBinsDiscretizer(3, encode="onehot-dense")):
        made = make_pipeline(step, SelectKBest(f_regression, k=1), Ridge()).fit(X, Y)
        new = pd.concat([X.head(1).assign(**{column: np.nan}) for column in X])
        assert mlflow_sql_flavor.from_sklearn(made, X).predict(new)["prediction"].isna().all()


@pytest.mark.ci
def test_splines_that_take_missing_values() -> None:
    gaps = missing(SCALED)
    for way in ("constant", "linear", "periodic", "error"):
        step = SplineTransformer(n_knots=4, extrapolation=way, handle_missing="zeros")
        made = make_pipeline(step, Ridge()).fit(gaps, Y)
        assert_same(made, gaps, None if way == "error" else missing(SCALED, seed=5))


@pytest.mark.parametrize("kind", cases(["continuous"], ["binary", "multiclass"]))
def test_target_encoding(kind: str) -> None:
    data = people()
    data["city"] = data["city"].mask(data["age"] % 7 == 0)
    y = {"continuous": target(data), "binary": target(data, 2), "multiclass": target(data, 3)}[kind]
    encoder = TargetEncoder(random_state=0)
    columns = ColumnTransformer([("city", encoder, ["city"]), ("age", StandardScaler(), ["age"])])
    made = make_pipeline(columns, Ridge() if kind == "continuous" else LogisticRegression()).fit(data, y)
    model = assert_same(made, data)
    new = data.head(3).assign(city=["Atlantis", None, "Seoul"])
    found, expected = model.predict(new), made.predict(new)
    if kind == "continuous":
        np.testing.assert_allclose(found["prediction"], expected, rtol=1e-9)
    else:
        assert found["prediction"].tolist() == expected.tolist()


def test_splines_of_degree_1_with_linear_ends() -> None:
    """Of one column; of several scikit-learn gives the others the ends of degree 2, which is refused."""
    step = SplineTransformer(degree=1, extrapolation="linear")
    one = SCALED[["x1"]]
    assert_same(make_pipeline(step, Ridge()).fit(one, Y), one, one * 2)
    with pytest.raises(QueryError, match="degree is 1"):
        mlflow_sql_flavor.from_sklearn(make_pipeline(step, Ridge()).fit(SCALED, Y), SCALED)


@pytest.mark.ci
def test_one_after_the_other() -> None:
    inner = ColumnTransformer(
        [
            ("bins", KBinsDiscretizer(3, encode="onehot-dense"), ["x0"]),
            ("powers", make_pipeline(PowerTransformer(), PolynomialFeatures(2)), ["x1", "few"]),
            ("near", KMeans(2, n_init=1, random_state=0), ["x0", "x2"]),
        ]
    )
    made = make_pipeline(inner, PCA(4), SplineTransformer(4), LogisticRegression()).fit(X, target(X, 3))
    assert_same(made, X, numbers(40, seed=8))


@pytest.mark.parametrize("around", ["pipeline", "columns"])
def test_a_cluster_of_one_row(around: str) -> None:
    """scikit-learn's distance of the row to its centre is no 0, since it multiplies out the square; SQL's is."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["x0", "x1", "x2"])
    X.iloc[9] = [7.3, 8.1, -6.7]
    near = KMeans(3, random_state=0)
    step = near if around == "pipeline" else ColumnTransformer([("near", near, list(X))])
    made = make_pipeline(step, Ridge()).fit(X, X["x0"] * 2 + X["x1"])
    clusters = made[0] if around == "pipeline" else made[0].named_transformers_["near"]
    exact = np.linalg.norm(X.to_numpy()[:, None] - clusters.cluster_centers_, axis=2)
    assert exact.min() == 0 < clusters.transform(X).min()
    found = mlflow_sql_flavor.from_sklearn(made, X).predict(X)["prediction"]
    np.testing.assert_allclose(found, made[-1].predict(exact), rtol=1e-12)
