"""XGBoost, LightGBM and CatBoost: the leaves they choose, the answers that follow, and what is refused."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")
xgb = pytest.importorskip("xgboost")
lgb = pytest.importorskip("lightgbm")
cb = pytest.importorskip("catboost")

from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor  # noqa: E402
from sklearn.ensemble import BaggingRegressor, VotingRegressor  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler  # noqa: E402

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.convert import boosters  # noqa: E402
from mlflow_sql_flavor.convert.builder import Column  # noqa: E402
from mlflow_sql_flavor.errors import QueryError  # noqa: E402
from mlflow_sql_flavor.model import compiled_model_of  # noqa: E402

from .same import missing, numbers, people, target  # noqa: E402

# LightGBM complains of positions, XGBoost of names.
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 300
X = missing(numbers(ROWS))
FULL = numbers(ROWS)
Y = target(FULL)
TWO, THREE, POSITIVE = (Y > 0.3).astype(int), target(FULL, 3), np.exp(Y)
TEXTS = np.array(["u", "v", "w"])[THREE]
GROUPS = np.repeat(np.arange(ROWS // 20), 20)
NEW = missing(numbers(ROWS, seed=5), 0.3, seed=6)

# One thread: a second one costs more than it does on trees as small as these.
XG = {"n_estimators": 10, "max_depth": 4, "n_jobs": 1}
LG = {
    "n_estimators": 10,
    "num_leaves": 9,
    "min_child_samples": 5,
    "verbose": -1,
    "n_jobs": 1,
    "min_data_per_group": 5,
    "cat_smooth": 1,
}
CB = {"iterations": 10, "depth": 4, "verbose": 0, "thread_count": 1, "allow_writing_files": False, "random_seed": 0}


def mixed(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Numbers with gaps, and a column of categories."""
    return missing(numbers(rows, seed), seed=seed + 1).assign(city=people(rows, seed)["city"].astype("category"))


MIXED = mixed()
PAIRS = pd.DataFrame({name: np.random.default_rng(at).choice(list("pqr"), 1000) for at, name in enumerate("ab")})
SAME = (PAIRS["a"] == PAIRS["b"]) * 1.0
TOGETHER = {"one_hot_max_size": 1, "max_ctr_complexity": 3, "model_size_reg": 0, "boosting_type": "Plain"}
BY_CITY = Y + MIXED["city"].cat.codes.to_numpy() % 3


def raw_xgb(objective: str, y: Any, **options: Any) -> Any:
    return xgb.train({"objective": objective, "max_depth": 4, **options}, xgb.DMatrix(X, y), 8)


def raw_lgb(objective: str, y: Any, **options: Any) -> Any:
    return lgb.train({"objective": objective, "num_leaves": 9, "verbose": -1, **options}, lgb.Dataset(X, y), 8)


def early(made: Any, **options: Any) -> Any:
    return made.fit(X[:200], Y[:200], eval_set=[(X[200:], Y[200:])], **options)


MODELS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgb.XGBRegressor(**XG).fit(X, Y),
    "xgboost, never saw missing": lambda: xgb.XGBRegressor(**XG).fit(FULL, Y),
    "xgboost, binary": lambda: xgb.XGBClassifier(scale_pos_weight=2, **XG).fit(X, TWO),
    "xgboost, classes": lambda: xgb.XGBClassifier(**XG).fit(X, THREE),
    "xgboost, base_score": lambda: xgb.XGBClassifier(base_score=0.1, **XG).fit(X, TWO),
    "xgboost, hinge": lambda: xgb.XGBClassifier(objective="binary:hinge", **XG).fit(X, TWO),
    "xgboost, dart": lambda: xgb.XGBRegressor(booster="dart", rate_drop=0.5, **XG).fit(X, Y),
    "xgboost, dart of classes": lambda: xgb.XGBClassifier(booster="dart", rate_drop=0.5, **XG).fit(X, THREE),
    "xgboost, forest": lambda: xgb.XGBRFClassifier(n_estimators=9, max_depth=5).fit(X, THREE),
    "xgboost, best iteration": lambda: early(
        xgb.XGBRegressor(n_estimators=200, learning_rate=0.6, early_stopping_rounds=3), verbose=False
    ),
    "xgboost, monotone": lambda: xgb.XGBRegressor(
        monotone_constraints=(1, 0, 0, -1), grow_policy="lossguide", max_leaves=9, n_estimators=9
    ).fit(X, Y),
    "xgboost, missing=0.1": lambda: xgb.XGBRegressor(missing=0.1, **XG).fit(X, Y),
    "xgboost, poisson": lambda: xgb.XGBRegressor(objective="count:poisson", base_score=2.0, **XG).fit(X, POSITIVE),
    "xgboost, gamma": lambda: xgb.XGBRegressor(objective="reg:gamma", **XG).fit(X, POSITIVE),
    "xgboost, tweedie": lambda: xgb.XGBRegressor(objective="reg:tweedie", **XG).fit(X, POSITIVE),
    "xgboost, quantile": lambda: xgb.XGBRegressor(objective="reg:quantileerror", quantile_alpha=0.8, **XG).fit(X, Y),
    "xgboost, logistic regression": lambda: xgb.XGBRegressor(objective="reg:logistic", **XG).fit(X, TWO),
    "xgboost, cox": lambda: xgb.XGBRegressor(objective="survival:cox", **XG).fit(X, POSITIVE),
    "xgboost, rank": lambda: xgb.XGBRanker(**XG).fit(X, THREE, qid=GROUPS),
    "xgboost, raw": lambda: raw_xgb("reg:squarederror", Y),
    "xgboost, raw binary": lambda: raw_xgb("binary:logistic", TWO),
    "xgboost, raw scores": lambda: raw_xgb("binary:logitraw", TWO, base_score=0.2),
    "xgboost, raw classes": lambda: raw_xgb("multi:softprob", THREE, num_class=3),
    "lightgbm": lambda: lgb.LGBMRegressor(**LG).fit(X, Y),
    "lightgbm, never saw missing": lambda: lgb.LGBMRegressor(**LG).fit(FULL, Y),
    "lightgbm, missing off": lambda: lgb.LGBMRegressor(use_missing=False, **LG).fit(X, Y),
    "lightgbm, zero as missing": lambda: lgb.LGBMRegressor(zero_as_missing=True, **LG).fit(X, Y),
    "lightgbm, binary": lambda: lgb.LGBMClassifier(scale_pos_weight=2, sigmoid=0.7, **LG).fit(X, TWO),
    "lightgbm, classes": lambda: lgb.LGBMClassifier(**LG).fit(X, TEXTS),
    "lightgbm, one against all": lambda: lgb.LGBMClassifier(objective="multiclassova", **LG).fit(X, TEXTS),
    "lightgbm, dart": lambda: lgb.LGBMRegressor(boosting_type="dart", drop_rate=0.5, **LG).fit(X, Y),
    "lightgbm, forest": lambda: lgb.LGBMRegressor(
        boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, **LG
    ).fit(X, Y),
    "lightgbm, root": lambda: lgb.LGBMRegressor(reg_sqrt=True, **LG).fit(X, Y),
    "lightgbm, poisson": lambda: lgb.LGBMRegressor(objective="poisson", **LG).fit(X, POSITIVE),
    "lightgbm, tweedie": lambda: lgb.LGBMRegressor(objective="tweedie", **LG).fit(X, POSITIVE),
    "lightgbm, quantile": lambda: lgb.LGBMRegressor(objective="quantile", alpha=0.2, **LG).fit(X, Y),
    "lightgbm, rank": lambda: lgb.LGBMRanker(**LG).fit(X, THREE, group=[20] * (ROWS // 20)),
    "lightgbm, best iteration": lambda: early(
        lgb.LGBMRegressor(**{**LG, "n_estimators": 300}), callbacks=[lgb.early_stopping(3, verbose=False)]
    ),
    "lightgbm, monotone": lambda: lgb.LGBMRegressor(monotone_constraints=[1, 0, 0, -1], **LG).fit(X, Y),
    "lightgbm, raw": lambda: raw_lgb("regression", Y),
    "lightgbm, raw cross entropy": lambda: raw_lgb("cross_entropy", TWO),
    "lightgbm, raw weights of cross entropy": lambda: raw_lgb("cross_entropy_lambda", TWO),
    "lightgbm, raw classes": lambda: raw_lgb("multiclass", THREE, num_class=3),
    "catboost": lambda: cb.CatBoostRegressor(**CB).fit(X, Y),
    "catboost, missing is largest": lambda: cb.CatBoostRegressor(nan_mode="Max", **CB).fit(X, Y),
    "catboost, never saw missing": lambda: cb.CatBoostRegressor(**CB).fit(FULL, Y),
    "catboost, not oblivious": lambda: cb.CatBoostRegressor(grow_policy="Lossguide", **CB).fit(X, Y),
    "catboost, binary": lambda: cb.CatBoostClassifier(scale_pos_weight=2, **CB).fit(X, TWO),
    "catboost, truth": lambda: cb.CatBoostClassifier(**CB).fit(X, TWO == 1),
    "catboost, classes": lambda: cb.CatBoostClassifier(**CB).fit(X, TEXTS),
    "catboost, classes by depth": lambda: cb.CatBoostClassifier(grow_policy="Depthwise", **CB).fit(X, TEXTS),
    "catboost, one against all": lambda: cb.CatBoostClassifier(loss_function="MultiClassOneVsAll", **CB).fit(X, THREE),
    "catboost, poisson": lambda: cb.CatBoostRegressor(loss_function="Poisson", **CB).fit(X, POSITIVE),
    "catboost, tweedie": lambda: cb.CatBoostRegressor(
        loss_function="Tweedie:variance_power=1.4", **CB
    ).fit(X, POSITIVE),
    "catboost, quantile": lambda: cb.CatBoostRegressor(loss_function="Quantile:alpha=0.7", **CB).fit(X, Y),
    "catboost, monotone": lambda: cb.CatBoostRegressor(monotone_constraints=[1, 0, 0, -1], **CB).fit(X, Y),
    "catboost, rank": lambda: cb.CatBoostRanker(**CB).fit(X, THREE, group_id=GROUPS),
    "catboost, its own class": lambda: cb.CatBoost({**CB, "loss_function": "RMSE"}).fit(X, Y),
}  # fmt: skip


def assert_answers(model: Any, estimator: Any, data: pd.DataFrame) -> None:
    """The library's own answers, within the precision in which it adds."""
    found = model.predict(data)
    expected, proba = boosters.answers(estimator, data, probabilities=True)
    # XGBoost adds floats of 32 bits, the others of 64.
    rounding = 1e-6 if boosters.library(estimator) == "XGBoost" else 1e-12
    if proba is not None:
        np.testing.assert_allclose(found.iloc[:, 1:].to_numpy(), proba, rtol=rounding, atol=rounding)
        assert found.iloc[:, 0].tolist() == expected.tolist()
    else:
        np.testing.assert_allclose(found.iloc[:, 0], expected, rtol=rounding, atol=rounding * np.abs(expected).max())


@pytest.mark.parametrize("name", MODELS)
def test_answers(name: str) -> None:
    estimator = MODELS[name]()
    data = FULL if "never saw" in name else X
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    assert_answers(model, estimator, data)
    assert_answers(model, estimator, NEW)


def leaf_sums(estimator: Any, data: pd.DataFrame) -> np.ndarray:
    """What the leaves that the library itself chooses for each row add up to in its order, of XGBoost in 32 bits."""
    made = read(estimator, data)
    if isinstance(estimator, xgb.XGBModel):
        # Nodes by number; the tree that was read keeps XGBoost's numbers, and so the leaves' values.
        leaves = estimator.apply(data).astype(int)
        values = [[value for (value,) in tree.values] for tree, _ in made.total.trees]
    elif isinstance(estimator, lgb.LGBMModel):
        leaves = estimator.predict(data, pred_leaf=True)
        values = [
            [estimator.booster_.get_leaf_output(at, leaf) for leaf in range(leaves[:, at].max() + 1)]
            for at in range(leaves.shape[1])
        ]
    else:
        leaves, flat = estimator.calc_leaf_indexes(data), estimator.get_leaf_values()
        ends = np.cumsum([0, *estimator.get_tree_leaf_counts()])
        values = [flat[a:b] for a, b in itertools.pairwise(ends)]
    kind = np.float32 if isinstance(estimator, xgb.XGBModel) else np.float64
    found = np.full(len(data), made.total.start[0], dtype=kind)
    for at, part in enumerate(values):
        found = found + np.asarray(part, dtype=kind)[leaves[:, at]]
    return found


def read(estimator: Any, data: pd.DataFrame) -> Any:
    """The booster as it is converted."""
    columns = [Column(name, not pd.api.types.is_numeric_dtype(kind)) for name, kind in data.dtypes.items()]
    for cls in type(estimator).__mro__:
        reader = boosters.READERS.get(f"{cls.__module__.partition('.')[0]}.{cls.__name__}")
        if reader is not None:
            return reader(estimator, columns, data)
    raise AssertionError(estimator)


def at_thresholds(estimator: Any, data: pd.DataFrame) -> pd.DataFrame:
    """Rows at the thresholds, at the 32-bit and 64-bit floats beside them, at 0, near it, and beyond all others."""
    always = (0.0, -0.0, 1e-35, -1e-35, 1.0000000180025095e-35, 1.1e-35, -1.1e-35, 1e-40, 1e38, -1e38, np.nan)
    points = {(place, value) for place in range(data.shape[1]) for value in always}
    for tree, _ in read(estimator, data).total.trees:
        for node, child in enumerate(tree.left):
            if child >= 0:
                t = tree.threshold[node]
                near = np.float32(t)
                beside = [np.nextafter(near, np.float32(s), dtype=np.float32) for s in (-np.inf, np.inf)]
                both = np.nextafter(beside[1], np.float32(np.inf), dtype=np.float32)
                middle = (float(near) + float(beside[1])) / 2  # where 64 bits are rounded to 32
                for value in (t, np.nextafter(t, -np.inf), np.nextafter(t, np.inf), near, *beside, both, middle):
                    points.add((tree.feature[node], float(value)))
    rows = []
    for place, value in sorted(points, key=str):
        row = data.iloc[len(rows) % len(data)].to_numpy(dtype=float, copy=True)
        row[place] = value
        rows.append(row)
    return pd.DataFrame(rows, columns=data.columns)


@pytest.mark.parametrize(
    "name",
    [
        "xgboost", "xgboost, never saw missing", "xgboost, missing=0.1", "xgboost, best iteration", "xgboost, monotone",
        "lightgbm", "lightgbm, never saw missing", "lightgbm, missing off", "lightgbm, zero as missing",
        "catboost", "catboost, missing is largest", "catboost, never saw missing", "catboost, not oblivious",
    ],
)  # fmt: skip
def test_leaves_at_thresholds_and_one_step_beside(name: str) -> None:
    """The library's own leaf in every tree: their sum is the answer to the last bit."""
    estimator = MODELS[name]()
    model = mlflow_sql_flavor.from_sklearn(estimator, FULL if "never saw" in name else X)
    rows = at_thresholds(estimator, FULL if "never saw" in name else X)
    assert len(rows) > 200
    expected = leaf_sums(estimator, rows)
    # CatBoost adds its bias last, here it comes first.
    bits = 0.0 if not name.startswith("catboost") else 1e-14
    np.testing.assert_allclose(model.predict(rows)["prediction"], expected, rtol=bits, atol=bits)
    np.testing.assert_allclose(model.predict(NEW)["prediction"], leaf_sums(estimator, NEW), rtol=bits, atol=bits)
    assert len(np.unique(expected)) > 50


LARGER: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: xgb.XGBRegressor(n_estimators=30, max_depth=4),
    "lightgbm": lambda: lgb.LGBMRegressor(**{**LG, "n_estimators": 30}, zero_as_missing=True),
    "catboost": lambda: cb.CatBoostRegressor(**{**CB, "iterations": 30}, nan_mode="Max"),
}


@pytest.mark.parametrize("name", LARGER)
def test_both_texts_at_thresholds_and_row_by_row(name: str) -> None:
    """The text for few rows, of a table and of one row, and the one that is shown: the library's own leaves."""
    estimator = LARGER[name]().fit(X, Y)
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    assert compiled_model_of(model).definition.few_rows is not None
    rows = at_thresholds(estimator, X).sample(300, random_state=0).reset_index(drop=True)
    expected = leaf_sums(estimator, rows)
    bits = 0.0 if name != "catboost" else 1e-14
    shown = mlflow_sql_flavor.SQLModel(model.sql, signature=model.signature)
    for found in (model.predict(rows), shown.predict(rows), model.predict(rows.head(1)), model.predict(rows.iloc[[7]])):
        np.testing.assert_allclose(found["prediction"], expected[found.index], rtol=bits, atol=bits)
    assert model.predict(rows.head(0)).shape == (0, 1)


@pytest.mark.ci
def test_many_trees_add_as_xgboost_does() -> None:
    """What 32-bit additions lose grows with the number of trees; both texts lose the same."""
    estimator = xgb.XGBRegressor(n_estimators=150, max_depth=2, learning_rate=0.05).fit(X, Y + 1e4)
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    assert compiled_model_of(model).definition.few_rows is not None
    portable = mlflow_sql_flavor.SQLModel(model.sql)
    expected = estimator.predict(NEW)
    assert model.predict(NEW)["prediction"].tolist() == expected.tolist()
    assert portable.predict(NEW)["prediction"].tolist() == expected.tolist()
    poisson = xgb.XGBRegressor(objective="count:poisson", n_estimators=150, max_depth=1, learning_rate=0.1)
    assert_answers(mlflow_sql_flavor.from_sklearn(poisson.fit(X, POSITIVE * 1e6), X), poisson, NEW)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "catboost"])
def test_infinity_and_what_no_float_of_32_bits_holds(name: str) -> None:
    estimator = MODELS[name]()
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    rows = pd.DataFrame(
        [
            [value if at == place else 0.5 for at in range(4)]
            for place in range(4)
            for value in (np.inf, -np.inf, 1e300, -1e300)
        ],
        columns=X.columns,
    )
    assert_answers(model, estimator, rows)


CATEGORIES: dict[str, Callable[[], Any]] = {
    "xgboost, sets": lambda: xgb.XGBRegressor(enable_categorical=True, max_cat_to_onehot=1, **XG),
    "xgboost, one category": lambda: xgb.XGBRegressor(enable_categorical=True, max_cat_to_onehot=9, **XG),
    "lightgbm, sets": lambda: lgb.LGBMRegressor(**LG),
    "lightgbm, one category": lambda: lgb.LGBMRegressor(max_cat_to_onehot=9, **LG),
    "catboost": lambda: cb.CatBoostRegressor(cat_features=["city"], one_hot_max_size=9, **CB),
    "catboost, not oblivious": lambda: cb.CatBoostRegressor(
        cat_features=["city"], one_hot_max_size=9, grow_policy="Depthwise", **CB
    ),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_categories(name: str) -> None:
    estimator = CATEGORIES[name]().fit(MIXED, BY_CITY)
    model = mlflow_sql_flavor.from_sklearn(estimator, MIXED)
    assert "it''s" in model.sql
    assert_answers(model, estimator, MIXED)
    other = mixed(seed=9)
    other["city"] = other["city"].cat.set_categories(MIXED["city"].cat.categories[::-1])  # other codes, the same names
    if not name.startswith("lightgbm"):
        assert_answers(model, estimator, other)
    gap = MIXED.head(40).assign(city=MIXED["city"].head(40).mask(np.arange(40) % 2 == 0))
    if name.startswith("catboost"):
        with pytest.raises(Exception, match="NaN"):
            estimator.predict(gap)
        assert model.predict(gap)["prediction"].isna().tolist() == [True, False] * 20
    else:
        assert_answers(model, estimator, gap)
    if name.startswith("lightgbm"):  # takes a category it does not know as missing
        city = MIXED["city"].head(40).cat.add_categories("Atlantis").where(np.arange(40) % 2 > 0, "Atlantis")
        assert_answers(model, estimator, MIXED.head(40).assign(city=city))


@pytest.mark.parametrize("name", ["xgboost, sets", "lightgbm, sets", "catboost"])
def test_categories_behind_a_step_that_does_nothing(name: str) -> None:
    """They come as they are then, whole numbers that are not their codes too."""
    codes = np.arange(ROWS) % 5
    data = FULL[["x0"]].assign(city=pd.Categorical.from_codes(codes, [7, -3, 0, 12, 5]))
    estimator = make_pipeline("passthrough", CATEGORIES[name]()).fit(data, Y + 3 * (codes % 3))
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    np.testing.assert_allclose(model.predict(data)["prediction"], estimator.predict(data), rtol=1e-6)


def test_categories_as_numbers() -> None:
    """What is between two of LightGBM's codes is the lower one, or with a sign the higher."""
    data = FULL.assign(few=(FULL["few"] * 10).round())
    estimator = lgb.LGBMRegressor(categorical_feature=[3], **LG).fit(data, Y + data["few"] % 3)
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    new = pd.concat([data.head(1).assign(few=v) for v in (-1.0, -0.5, 0.5, 2.7, 3.0, 5.999, 6.0, 99.0, np.nan)])
    assert_answers(model, estimator, new)
    assert model.predict(new)["prediction"].nunique() > 2
    booster = xgb.train(
        {"max_depth": 4, "max_cat_to_onehot": 1},
        xgb.DMatrix(data.to_numpy(), Y + data["few"] % 3, feature_types=["q", "q", "q", "c"]),
        8,
    )
    made = mlflow_sql_flavor.convert.sklearn_to_sql(booster, data)
    found = mlflow_sql_flavor.SQLModel(made).predict(data)["prediction"]
    expected = booster.predict(xgb.DMatrix(data.to_numpy(), feature_types=["q", "q", "q", "c"]))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "last", [xgb.XGBClassifier(**XG), lgb.LGBMClassifier(**LG), cb.CatBoostClassifier(**CB)], ids=["xgb", "lgb", "cb"]
)
def test_last_in_a_pipeline(last: Any) -> None:
    data = people(ROWS)
    data["income"] = data["income"].mask(data["age"] % 7 == 0)
    columns = ColumnTransformer(
        [("c", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["city"]),
         ("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["income"])],
        remainder="passthrough",
    )  # fmt: skip
    made = make_pipeline(columns, last).fit(data, pd.qcut(data["age"] + data["city"].str.len(), 3, labels=False))
    model = mlflow_sql_flavor.from_sklearn(made, data)
    new = people(ROWS, seed=4).assign(city=["Atlantis", *people(ROWS, seed=4)["city"][1:]])
    assert_answers(model, made, new)


@pytest.mark.parametrize(
    ("estimator", "data", "message"),
    [
        (lambda: lgb.LGBMRegressor(linear_tree=True, **LG).fit(X, Y), X, r"^LGBMRegressor .*linear models"),
        (lambda: xgb.XGBRegressor(booster="gblinear", n_estimators=2).fit(FULL, Y), FULL, r"^XGBRegressor.*gblinear"),
        (lambda: xgb.XGBRegressor(objective=squares, **XG).fit(X, Y), X, "^XGBRegressor.*a function of your own"),
        (lambda: lgb.LGBMRegressor(objective=squares, **LG).fit(X, Y), X, "^LGBMRegressor.*a function of your own"),
        (
            lambda: xgb.XGBRegressor(multi_strategy="multi_output_tree", **XG).fit(X, np.column_stack([Y, Y])),
            X,
            "^XGBRegressor.*more than one column",
        ),
        (lambda: xgb.XGBRegressor(**XG).fit(X, np.column_stack([Y, Y])), X, "^XGBRegressor.*more than one column"),
        (
            lambda: xgb.XGBRegressor(objective="reg:quantileerror", quantile_alpha=[0.1, 0.9], **XG).fit(X, Y),
            X,
            "more than one column",
        ),
        (
            lambda: xgb.XGBClassifier(objective="binary:logitraw", **XG).fit(X, TWO),
            X,
            "^XGBClassifier.*binary:logitraw",
        ),
        (
            lambda: cb.CatBoostRegressor(loss_function="MultiRMSE", **CB).fit(X, np.column_stack([Y, Y])),
            X,
            "^CatBoostRegressor.*more than one column",
        ),
        (
            lambda: cb.CatBoostRegressor(cat_features=["a", "b"], **TOGETHER, **CB).fit(PAIRS, SAME),
            PAIRS,
            r"^CatBoostRegressor.*several features together \(ctr\)",
        ),
        (
            lambda: CATEGORIES["catboost"]().fit(MIXED, BY_CITY),
            MIXED[MIXED["city"] == "Seoul"].astype({"city": str}),
            "lacks a category",
        ),
        (lambda: with_threshold(0.8), X, "^CatBoostClassifier.*probability threshold is 0.8"),
        (
            lambda: lgb.LGBMClassifier(pred_early_stop=True, **LG).fit(X, TWO),
            X,
            r"^LGBMClassifier.*\(pred_early_stop\)",
        ),
        (
            lambda: cb.CatBoostRegressor(loss_function=Squares(), eval_metric="RMSE", **CB).fit(X, Y),
            X,
            "^CatBoostRegressor.*a function of your own",
        ),
        (lambda: Doubled(**LG).fit(X, Y), X, r"^Doubled cannot be converted: it has .* its own, Doubled\.predict"),
        (lambda: lgb.LGBMClassifier(**LG).fit(X, TWO * 0), X, "^LGBMClassifier.*one class only"),
        (
            lambda: xgb.XGBRegressor(objective="count:poisson", **XG).fit(X, TWO * 0),
            X,
            r"^XGBRegressor.*SQL cannot write: -inf\. .* log it with mlflow\.xgboost\.$",
        ),
        (
            lambda: lgb.train({"verbose": -1}, lgb.Dataset(X, Y), 2),
            X.rename(columns={"x0": "other"}),
            "other columns",
        ),
        (xgb.XGBRegressor, X, "^The XGBRegressor is not fitted"),
        (lgb.LGBMClassifier, X, "^The LGBMClassifier is not fitted"),
        (cb.CatBoostRegressor, X, "^The CatBoostRegressor is not fitted"),
        (lambda: xgb.XGBRegressor(**XG).fit(X, Y), people(9)[["age", "income", "city"]], "other columns"),
    ],
)
def test_what_cannot_be_converted_is_named(estimator: Any, data: pd.DataFrame, message: str) -> None:
    from mlflow_sql_flavor.errors import SQLModelError

    with pytest.raises(SQLModelError, match=message):
        mlflow_sql_flavor.from_sklearn(estimator(), data)


class Doubled(lgb.LGBMRegressor):
    def predict(self, X: Any, **options: Any) -> Any:
        return 2 * super().predict(X, **options)


class Squares:
    def calc_ders_range(self, scores: Any, y: Any, _weights: Any) -> Any:
        return [(b - a, -1.0) for a, b in zip(scores, y, strict=True)]


def with_threshold(share: float) -> Any:
    found = cb.CatBoostClassifier(**CB).fit(X, TWO)
    found.set_probability_threshold(share)
    return found


def squares(y: Any, score: Any) -> tuple[Any, Any]:
    return score - y, np.ones_like(score)


def test_statistics_of_a_category() -> None:
    """CatBoost's ctr of one feature, and of a category that it has not seen."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"kind": rng.choice([f"k{i}" for i in range(30)], ROWS), "x": rng.normal(size=ROWS)})
    y = data["kind"].str[1:].astype(int) % 7 + data["x"] / 2
    made = cb.CatBoostRegressor(one_hot_max_size=1, max_ctr_complexity=1, cat_features=["kind"], **CB).fit(data, y)
    new = data.assign(kind=["unseen", *data["kind"][1:]])
    found = mlflow_sql_flavor.from_sklearn(made, data).predict(new)["prediction"]
    np.testing.assert_allclose(found, made.predict(new), rtol=1e-12, atol=1e-12)


def inside(cls: Any, *more: Any, **options: Any) -> Any:
    return cls(xgb.XGBRegressor(**XG), *more, **options)


@pytest.mark.parametrize(
    "made",
    [
        lambda: VotingRegressor([("x", xgb.XGBRegressor(**XG)), ("l", lgb.LGBMRegressor(**LG))]).fit(X, Y),
        lambda: inside(BaggingRegressor, 2, random_state=0).fit(X, Y),
        lambda: inside(TransformedTargetRegressor, func=np.log, inverse_func=np.exp).fit(X, POSITIVE),
        lambda: CalibratedClassifierCV(xgb.XGBClassifier(**XG), cv=2).fit(X, TWO),
    ],
    ids=["voting", "bagging", "target", "calibrated"],
)
def test_32_bits_inside_another_estimator(made: Callable[[], Any]) -> None:
    estimator = made()
    model = mlflow_sql_flavor.from_sklearn(estimator, X)
    found, (expected, proba) = model.predict(NEW), boosters.answers(estimator, NEW, probabilities=True)
    if proba is not None:
        found, expected = found.drop(columns="prediction").to_numpy(), proba
    else:
        found = found["prediction"]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(handle_unknown="ignore"), KBinsDiscretizer(4, quantile_method="linear")]
)
def test_zeros_of_a_sparse_matrix_are_missing_to_xgboost(encoder: Any) -> None:
    columns = ["city"] if isinstance(encoder, OneHotEncoder) else ["age"]
    data = people(ROWS)
    made = make_pipeline(ColumnTransformer([("c", encoder, columns)]), xgb.XGBRegressor(**XG))
    made.fit(data, data["age"] + 9 * data["city"].str.len())
    assert made[0].sparse_output_
    model = mlflow_sql_flavor.from_sklearn(made, data)
    new = people(ROWS, seed=4).assign(city=["Atlantis", *people(ROWS, seed=4)["city"][1:]])
    assert model.predict(new)["prediction"].tolist() == made.predict(new).tolist()


@pytest.mark.parametrize("kinds", [["나", "b"], ["b", "부산시", "서울시"]])
def test_categories_that_are_not_ascii(kinds: list[str]) -> None:
    """XGBoost 3.2 stores their names cut; those of the data count."""
    codes = np.arange(ROWS) % len(kinds)
    data = X[["x0"]].assign(city=pd.Categorical.from_codes(codes, kinds))
    estimator = xgb.XGBRegressor(enable_categorical=True, **XG).fit(data, Y + 3 * codes)
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    assert all(f"WHEN '{kind}' THEN" in model.sql for kind in kinds)
    assert_answers(model, estimator, data)
    booster = estimator.get_booster()
    other = data.assign(city=data["city"].cat.set_categories(kinds[::-1]))
    with pytest.raises(QueryError, match="not ASCII incompletely"):
        mlflow_sql_flavor.convert.sklearn_to_sql(booster, other)


@pytest.mark.parametrize("absent", [0, 1])
def test_codes_of_categories_are_compared_with_missing(absent: int) -> None:
    codes = np.arange(ROWS) % 3
    data = FULL[["x0"]].assign(kind=pd.Categorical.from_codes(codes, ["p", "q", "r"]))
    estimator = xgb.XGBRegressor(enable_categorical=True, missing=absent, **XG).fit(data, Y + 3 * (codes == 1))
    assert_answers(mlflow_sql_flavor.from_sklearn(estimator, data), estimator, data)


def test_spaces_in_names() -> None:
    """LightGBM holds an underscore for each."""
    data = FULL.set_axis(["a b", "c", "d (cm)", "e"], axis=1)
    for estimator in (lgb.LGBMRegressor(**LG).fit(data, Y), lgb.train({"verbose": -1}, lgb.Dataset(data, Y), 4)):
        assert_answers(mlflow_sql_flavor.from_sklearn(estimator, data), estimator, data)


#: With 200 leaves or more.
TABLES: dict[str, Callable[[], Any]] = {
    "numbers": lambda: cb.CatBoostRegressor(**{**CB, "iterations": 16}, nan_mode="Max").fit(X, Y),
    "classes": lambda: cb.CatBoostClassifier(**{**CB, "iterations": 16}).fit(X, TEXTS),
    "categories": lambda: cb.CatBoostRegressor(
        **{**CB, "iterations": 16}, cat_features=["city"], one_hot_max_size=9
    ).fit(MIXED, BY_CITY),
    "statistics": lambda: cb.CatBoostRegressor(
        **{**CB, "iterations": 16}, cat_features=["city"], one_hot_max_size=1, max_ctr_complexity=1
    ).fit(MIXED, BY_CITY),
}


@pytest.mark.parametrize("name", TABLES)
def test_catboosts_trees_as_tables(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As models of tens of thousands of leaves are written: the text that is shown, and that for few rows."""
    monkeypatch.setattr("mlflow_sql_flavor.convert.trees.sums._TABLES", 1)
    estimator, (data, new) = TABLES[name](), (X, NEW) if name in ("numbers", "classes") else (MIXED, mixed(seed=9))
    model = mlflow_sql_flavor.from_sklearn(estimator, data)
    few = compiled_model_of(model).definition.few_rows
    assert "][1 + CASE WHEN" in model.sql and few is not None and "lambda n, b" in str(few)
    shown = mlflow_sql_flavor.SQLModel(model.sql, signature=model.signature)
    near = at_thresholds(estimator, X) if name == "numbers" else new
    for rows in (new, near, near.iloc[[5]]):
        assert_answers(model, estimator, rows)
        assert_answers(shown, estimator, rows)
    assert estimator.tree_count_ == 16


def test_too_many_leaves_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = MODELS["catboost"]()
    monkeypatch.setattr("mlflow_sql_flavor.query.reading.lengths.MAX_WORDS", 1000)
    with pytest.raises(QueryError, match=r"^CatBoostRegressor .* 160 leaves.*mlflow\.catboost\.$"):
        mlflow_sql_flavor.from_sklearn(estimator, X)


def test_a_sum_of_models() -> None:
    parts = [cb.CatBoostRegressor(**{**CB, "random_seed": seed}).fit(X, Y) for seed in (1, 2)]
    estimator = cb.sum_models(parts, weights=[0.3, 0.7])
    assert_answers(mlflow_sql_flavor.from_sklearn(estimator, X), estimator, NEW)


def test_a_category_the_library_refuses_is_said_in_a_sentence() -> None:
    estimator = CATEGORIES["xgboost, sets"]().fit(MIXED, BY_CITY)
    city = MIXED["city"].cat.add_categories("z").where(np.arange(ROWS) > 0, "z")
    with pytest.raises(QueryError, match=r"cannot predict on X: Found a category not in the training set") as caught:
        mlflow_sql_flavor.from_sklearn(estimator, MIXED.assign(city=city))
    assert "Stack trace" not in str(caught.value)


def test_saved_and_loaded(tmp_path: Path) -> None:
    estimator = MODELS["lightgbm, classes"]()
    model = mlflow_sql_flavor.from_sklearn(estimator, X, prediction_column="prediction")
    mlflow_sql_flavor.save_model(model, tmp_path / "m", input_example=X.head())
    loaded = mlflow_sql_flavor.load_model(tmp_path / "m")
    assert loaded.sql.startswith("-- LGBMClassifier of LightGBM") and loaded.spec.rows == "independent"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_answers(loaded, estimator, NEW)
