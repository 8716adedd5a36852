"""Every objective, kind of boosting, missing value and category of the three libraries: right, or refused by name.

Right is: the library's own answers for its training rows, for others, and for rows at each threshold and one step
beside it. Of all combinations ``ci`` runs those with something that none before has, ``full`` the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")
xgb = pytest.importorskip("xgboost")
lgb = pytest.importorskip("lightgbm")
cb = pytest.importorskip("catboost")

import mlflow_sql_flavor  # noqa: E402
from mlflow_sql_flavor.errors import SQLModelError  # noqa: E402

from . import test_boosters as boosters  # noqa: E402
from .same import missing, numbers, target  # noqa: E402
from .test_boosters import (  # noqa: E402
    FULL,
    GROUPS,
    NEW,
    POSITIVE,
    ROWS,
    TEXTS,
    THREE,
    TWO,
    X,
    Y,
    assert_answers,
    at_thresholds,
    early,
    squares,
)

pytestmark = [pytest.mark.ci, pytest.mark.filterwarnings("ignore")]

#: Few and small trees: each case is about what is done with any of them.
XG = {**boosters.XG, "n_estimators": 4, "max_depth": 3}
LG = {**boosters.LG, "n_estimators": 4, "num_leaves": 6}
CB = {**boosters.CB, "iterations": 4, "depth": 3}
BOTH, ZEROS, LABELS = np.column_stack([Y, -2 * Y]), X.mask(X < 0, 0.0), np.column_stack([TWO, 1 - TWO])
WHOLE = (FULL * 10).round().astype(int)
RANKED = {"label": THREE, "qid": GROUPS}
ONE_COLUMN, OWN, LINKS = "more than one column|several columns", "a function of your own", "not the estimator's"


@dataclass(frozen=True)
class Case:
    """What to fit, and what it is asked.

    Attributes:
        fit: Gives the fitted model.
        data: What it was fitted on.
        new: Other rows.
        refused: The refusal; empty where it converts.
        near: Whether to ask for rows at the thresholds.
    """

    fit: Callable[[], Any]
    data: pd.DataFrame
    new: pd.DataFrame
    refused: str = ""
    near: bool = True


CASES: dict[str, Case] = {}


def case(
    name: str, fit: Callable[[], Any], data: Any = X, new: Any = NEW, refused: str = "", near: bool = True
) -> None:
    CASES[name] = Case(fit, data, new, refused, near)


def sk(cls: Any, y: Any, data: Any = X, **options: Any) -> Callable[[], Any]:
    """Fits one of the scikit-learn classes."""
    small = {"xgboost": XG, "lightgbm": LG, "catboost": CB}[cls.__module__.partition(".")[0]]
    return lambda: cls(**{**small, **options}).fit(data, y)


def raw(library: Any, objective: Any, y: Any, data: Any = X, rounds: int = 4, **options: Any) -> Callable[[], Any]:
    """Trains a booster."""
    given = y if isinstance(y, dict) else {"label": y}
    if library is xgb:
        told = {"objective": objective, "max_depth": 3, "nthread": 1, **options}
        return lambda: xgb.train(told, xgb.DMatrix(data, enable_categorical=True, **given), rounds)
    if "qid" in given:
        given = {"label": given["label"], "group": [20] * (ROWS // 20)}
    told = {"objective": objective, "num_leaves": 6, "verbose": -1, "min_data_in_leaf": 5, "num_threads": 1, **options}
    return lambda: lgb.train(told, lgb.Dataset(data, **given), rounds)


# XGBoost: objectives by kinds of boosting, raw and as scikit-learn's classes.
NUMBERS = {
    "reg:squarederror": Y, "reg:squaredlogerror": POSITIVE, "reg:logistic": TWO, "reg:pseudohubererror": Y,
    "reg:absoluteerror": Y, "reg:quantileerror": Y, "count:poisson": POSITIVE, "survival:cox": POSITIVE,
    "reg:gamma": POSITIVE, "reg:tweedie": POSITIVE,
}  # fmt: skip
CLASSES = {"binary:logistic": TWO, "binary:logitraw": TWO, "binary:hinge": TWO, "multi:softmax": THREE}
MORE = {
    "survival:aft": {"label_lower_bound": POSITIVE, "label_upper_bound": POSITIVE * 1.5},
    "multi:softprob": THREE,
    **{f"rank:{way}": {"label": TWO, "qid": GROUPS} for way in ("pairwise", "ndcg", "map")},
}
for name, y in {**NUMBERS, **CLASSES, **MORE}.items():
    options: dict[str, Any] = {"quantile_alpha": 0.7} if "quantile" in name else {}
    count: dict[str, Any] = {"num_class": 3} if "multi" in name else {}
    for kind in ({}, {"booster": "dart", "rate_drop": 0.4}):
        case(f"xgboost, raw, {name}, {kind.get('booster')}", raw(xgb, name, y, **options, **count, **kind))
    if name in NUMBERS or name.startswith("binary"):
        case(f"xgboost, regressor, {name}", sk(xgb.XGBRegressor, y, objective=name, **options))
    if name in CLASSES or name == "multi:softprob":
        compares = "binary:logitraw" if name == "binary:logitraw" else ""
        for cls in (xgb.XGBClassifier, xgb.XGBRFClassifier):
            case(f"xgboost, {cls.__name__}, {name}", sk(cls, y, objective=name), refused=compares)
rest = {"eval_set": [(X[200:], Y[200:])], "verbose": False}
quick = {**XG, "n_estimators": 60, "learning_rate": 0.8, "early_stopping_rounds": 2}
xreg, xclf = partial(sk, xgb.XGBRegressor), partial(sk, xgb.XGBClassifier)
case("xgboost, several trees a round", xclf(THREE, num_parallel_tree=3, subsample=0.7))
case("xgboost, early, dart", lambda: early(xgb.XGBRegressor(booster="dart", rate_drop=0.3, **quick), verbose=False))
case("xgboost, early, several trees a round", lambda: early(xgb.XGBRegressor(num_parallel_tree=3, **quick), verbose=0))
case("xgboost, rounds 2 to 6", lambda: raw(xgb, "reg:squarederror", Y, rounds=8)()[2:6])
case("xgboost, every other round", lambda: raw(xgb, "multi:softprob", THREE, num_class=3)()[::2])
case("xgboost, no rounds", raw(xgb, "reg:squarederror", Y, rounds=0), near=False)
case("xgboost, base_margin", lambda: xgb.XGBClassifier(**XG).fit(X, TWO, base_margin=Y / 3))
case("xgboost, base_score of each class", xclf(THREE, base_score=[0.1, 0.5, 0.2]))
case("xgboost, continued", lambda: xgb.XGBRegressor(**XG).fit(X, Y, xgb_model=xreg(2 * Y)().get_booster()))
case("xgboost, exact", xreg(Y, tree_method="exact"))
case("xgboost, scale_pos_weight", xclf(TWO, scale_pos_weight=5))
case("xgboost, missing is -1", xreg(Y, X.fillna(-1), missing=-1), X.fillna(-1), NEW.fillna(-1))
case("xgboost, missing is 0", xclf(THREE, ZEROS, missing=0.0), ZEROS, NEW.mask(NEW < 0, 0.0))
case("xgboost, own objective in train", lambda: xgb.train({}, xgb.DMatrix(X, Y), 5, obj=own_of_xgboost))
case("xgboost, own objective", xreg(Y, objective=squares), refused=OWN)
case("xgboost, lines", xreg(Y, FULL, booster="gblinear"), FULL, FULL, "gblinear")
case("xgboost, several targets", xreg(BOTH), refused=ONE_COLUMN)
case("xgboost, trees of several targets", xreg(BOTH, multi_strategy="multi_output_tree"), refused=ONE_COLUMN)
case("xgboost, several labels", xclf(LABELS), refused=ONE_COLUMN)
case("xgboost, quantiles", xreg(Y, objective="reg:quantileerror", quantile_alpha=[0.1, 0.9]), refused=ONE_COLUMN)

# LightGBM.
NUMBERS = {
    "regression": Y, "regression_l1": Y, "huber": Y, "fair": Y, "poisson": POSITIVE, "quantile": Y, "mape": POSITIVE,
    "gamma": POSITIVE, "tweedie": POSITIVE, "cross_entropy": TWO, "cross_entropy_lambda": TWO,
}  # fmt: skip
CLASSES = {"binary": TWO, "multiclass": THREE, "multiclassova": THREE}
RF = {"bagging_freq": 1, "bagging_fraction": 0.6}
for name, y in {**NUMBERS, **CLASSES, "lambdarank": RANKED, "rank_xendcg": RANKED}.items():
    count = {"num_class": 3} if "multi" in name else {}
    for way, kind in {"gbdt": {}, "dart": {"drop_rate": 0.5}, "rf": RF, "goss": {}}.items():
        if way != "rf" or "rank" not in name:
            case(f"lightgbm, raw, {name}, {way}", raw(lgb, name, y, boosting=way, **count, **kind))
        cls = lgb.LGBMClassifier if name in CLASSES else lgb.LGBMRegressor
        if "rank" not in name and way in ("dart", "rf"):
            case(f"lightgbm, {cls.__name__}, {name}, {way}", sk(cls, y, objective=name, boosting_type=way, **kind))
lreg, lclf = partial(sk, lgb.LGBMRegressor), partial(sk, lgb.LGBMClassifier)
stop = {"callbacks": [lgb.early_stopping(2, verbose=False)]}
case("lightgbm, early, forest", lambda: early(lgb.LGBMRegressor(boosting_type="rf", **RF, **LG), **stop))
case("lightgbm, init_score", lambda: lgb.LGBMClassifier(**LG).fit(X, TWO, init_score=Y / 3))
case("lightgbm, continued", lambda: lgb.LGBMRegressor(**LG).fit(X, Y, init_model=lreg(2 * Y)()))
case("lightgbm, refitted", lambda: raw(lgb, "regression", Y)().refit(X, 2 * Y))
case("lightgbm, loaded", lambda: lgb.Booster(model_str=raw(lgb, "multiclass", THREE, num_class=3)().model_to_string()))
case("lightgbm, from zero", lreg(Y, boost_from_average=False))
case("lightgbm, unbalanced", lclf(TWO, is_unbalance=True))
case("lightgbm, weights of classes", lclf(THREE, class_weight="balanced"))
case("lightgbm, root of what is below zero", lreg(100 * Y, reg_sqrt=True))
case("lightgbm, root of another objective", lreg(POSITIVE, objective="quantile", reg_sqrt=True), refused=LINKS)
case("lightgbm, smooth", lreg(Y, monotone_constraints=[1, 0, 0, -1], extra_trees=True, path_smooth=1))
case("lightgbm, one leaf", lreg(0 * Y + 3), near=False)
case("lightgbm, one leaf each", lclf(THREE, min_child_samples=500), near=False)
case("lightgbm, zero as missing", lclf(THREE, ZEROS, zero_as_missing=True), ZEROS, NEW.mask(NEW < 0, 0.0))
case("lightgbm, nothing is missing", lclf(THREE, use_missing=False, zero_as_missing=True))
case("lightgbm, whole numbers as labels", lclf(THREE * 1.0))
case("lightgbm, own objective", lreg(Y, objective=squares), refused=OWN)
case("lightgbm, raw, own objective", raw(lgb, lambda s, d: (s - d.get_label(), s * 0 + 1), Y), refused=OWN)
case("lightgbm, linear trees", lreg(Y, linear_tree=True), refused="linear_tree")
case("lightgbm, stops early", lclf(TWO, pred_early_stop=True), refused="pred_early_stop")

# CatBoost.
NUMBERS = {
    **dict.fromkeys(("RMSE", "MAE", "Quantile:alpha=0.8", "Lq:q=3", "Huber:delta=1.0", "Expectile:alpha=0.3"), Y),
    **dict.fromkeys(("Poisson", "MAPE", "LogLinQuantile", "Tweedie:variance_power=1.5", "Cox"), POSITIVE),
    "LogCosh": Y, "SurvivalAft:dist=Normal": np.column_stack([POSITIVE, POSITIVE * 1.5]),
}  # fmt: skip
CLASSES = {
    "Logloss": TWO, "CrossEntropy": TWO * 0.8 + 0.1, "Focal:focal_alpha=0.4;focal_gamma=2": TWO,
    "MultiClass": THREE, "MultiClassOneVsAll": THREE,
}  # fmt: skip
SEVERAL = {
    "MultiQuantile:alpha=0.1,0.9": Y, "RMSEWithUncertainty": Y, "MultiRMSE": BOTH, "MultiRMSEWithMissingValues": BOTH,
    "MultiLogloss": LABELS, "MultiCrossEntropy": LABELS * 0.9,
}  # fmt: skip
for name, y in {**NUMBERS, **CLASSES, **SEVERAL}.items():
    cls = cb.CatBoostClassifier if name in CLASSES or "Log" in name or "Cross" in name else cb.CatBoostRegressor
    cls = cb.CatBoostRegressor if name in ("LogCosh", "LogLinQuantile") else cls
    refused = ONE_COLUMN if name in SEVERAL else ""
    case(f"catboost, {cls.__name__}, {name}", sk(cls, y, loss_function=name), refused=refused)
    refused = ONE_COLUMN if name in SEVERAL or name.startswith("MultiClass") else ""
    case(f"catboost, its own class, {name}", lambda n=name, y=y: cb.CatBoost({**CB, "loss_function": n}).fit(X, y),
         refused=refused)  # fmt: skip
for name in (
    "RMSE", "QueryRMSE", "QuerySoftMax", "PairLogit", "PairLogitPairwise", "YetiRank", "YetiRankPairwise", "LambdaMart",
    "StochasticRank:metric=NDCG", "GroupQuantile",
):  # fmt: skip
    pool = partial(cb.Pool, X, THREE, group_id=GROUPS)
    case(f"catboost, ranker, {name}", lambda n=name, p=pool: cb.CatBoostRanker(loss_function=n, **CB).fit(p()))
creg, cclf = partial(sk, cb.CatBoostRegressor), partial(sk, cb.CatBoostClassifier)
for way in ("Depthwise", "Lossguide"):
    case(f"catboost, {way}", cclf(TWO, grow_policy=way))
    case(f"catboost, {way}, classes", cclf(THREE, grow_policy=way))
case("catboost, missing is least", creg(Y, nan_mode="Min"))
case("catboost, missing is forbidden", creg(Y, FULL, nan_mode="Forbidden"), FULL, numbers(ROWS, seed=5))
case("catboost, missing by feature", creg(Y, per_float_feature_quantization=["0:nan_mode=Max", "1:nan_mode=Min"]))
case("catboost, best model", lambda: early(cb.CatBoostRegressor(**{**CB, "iterations": 80, "learning_rate": 0.8}),
                                           early_stopping_rounds=3))  # fmt: skip
case("catboost, baseline", lambda: cb.CatBoostRegressor(**CB).fit(X, Y, baseline=Y / 3))
case("catboost, shrunk while fitted", creg(Y, model_shrink_rate=0.2))
case("catboost, ordered", creg(Y, boosting_type="Ordered"))
case("catboost, Langevin", creg(Y, langevin=True, posterior_sampling=True))
case("catboost, weights of classes", cclf(THREE, auto_class_weights="Balanced"))
case("catboost, starts from the mean", cclf(TWO, boost_from_average=True))
case("catboost, objective by its other name", creg(POSITIVE, loss_function=None, objective="Poisson"))
case("catboost, a column ignored", creg(Y, ignored_features=[1]))
case("catboost, to a classifier", lambda: cb.to_classifier(cb.CatBoost({**CB, "loss_function": "Logloss"}).fit(X, TWO)))
TOLD = X.assign(text=np.array(["good day sir", "bad night", "so so what"])[THREE])
case("catboost, text", cclf(TWO, TOLD, text_features=["text"]), TOLD, TOLD, "text or embedding", near=False)
LISTS = X.assign(e=[[float(value), 2.0 * value] for value in Y])
case(
    "catboost, embeddings", cclf(TWO, LISTS, embedding_features=["e"]), LISTS, LISTS, "'e' of X holds mixed", near=False
)

# The input's types.
for name, made in {"xgboost": xreg, "lightgbm": lreg, "catboost": creg}.items():
    floats = X.astype("float32")
    case(f"{name}, 32-bit floats", made(Y, floats), floats, NEW.astype("float32"))
    case(f"{name}, whole numbers", made(Y, WHOLE), WHOLE, (numbers(ROWS, seed=5) * 10).round().astype(int), near=False)
    case(f"{name}, truth values", made(Y, FULL > 0), FULL > 0, numbers(ROWS, seed=5) > 0, near=False)
    if name != "catboost":
        nullable = X.round(2).astype("Float64")
        case(f"{name}, nullable", made(Y, nullable), nullable, NEW.round(2).astype("Float64"), near=False)
    case(f"{name}, no names", lambda made=made: made(Y, X.to_numpy())())

# Categories: what they are, whether one is missing, and by which kind of split.
NAMES: dict[str, Any] = {
    "text": np.array([f"k{i}'s" if i % 3 else f"k {i}" for i in range(12)]),
    "whole numbers": np.arange(12) * 7 - 20,
    "numbers": np.arange(12) / 2 - 1,
    "truth values": np.arange(12) % 2 == 0,
}


def of_kinds(kinds: Any, gap: bool, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 12, ROWS)
    kind = pd.Series(pd.Categorical(kinds[at], categories=np.unique(kinds)))
    found = missing(numbers(ROWS, seed), seed=seed + 1)
    return found.assign(kind=kind.mask(rng.random(ROWS) < 0.1) if gap else kind), Y + at % 3


for name, kinds in NAMES.items():
    for gap in (False, True):
        (data, y), (new, _) = of_kinds(kinds, gap), of_kinds(kinds, gap, seed=3)
        words = f"{name}{', missing' * gap}"
        for most in (1, 20):
            if name in ("text", "whole numbers"):  # all that XGBoost 3.2 takes
                fit = xreg(y, data, enable_categorical=True, max_cat_to_onehot=most)
                case(f"xgboost, categories, {words}, {most}", fit, data, new, near=False)
                case(f"xgboost, raw categories, {words}", raw(xgb, "reg:squarederror", y, data), data, new, near=False)
            fit = lreg(y, data, max_cat_to_onehot=most)
            case(f"lightgbm, categories, {words}, {most}", fit, data, new, near=False)
            case(f"lightgbm, raw categories, {words}", raw(lgb, "regression", y, data), data, new, near=False)
            if name in ("text", "whole numbers") and not gap:  # and of CatBoost, which takes none that is missing
                given = {"cat_features": ["kind"], "one_hot_max_size": most, "max_ctr_complexity": 1}
                case(f"catboost, categories, {words}, {most}", creg(y, data, **given), data, new, near=False)
DATA, BY_KIND = of_kinds(NAMES["whole numbers"], gap=False)
OTHER = of_kinds(NAMES["whole numbers"], gap=False, seed=3)[0]
STATISTIC = {"cat_features": ["kind"], "one_hot_max_size": 1, "max_ctr_complexity": 1}
for way in ("Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"):
    given = {**STATISTIC, "simple_ctr": [f"{way}:Prior=0.5/1:Prior=0/1"]}
    case(f"catboost, statistics, {way}", creg(BY_KIND, DATA, **given), DATA, OTHER, near=False)
    case(f"catboost, statistics, {way}, classes", cclf(target(FULL, 3), DATA, **given), DATA, OTHER, near=False)
PAIRS = pd.DataFrame({name: np.random.default_rng(at).choice(list("pqr"), ROWS) for at, name in enumerate("ab")})
SAME = (PAIRS["a"] == PAIRS["b"]) + Y / 9
for most, together in ((1, 1), (1, 2), (2, 4), (9, 4)):
    given = {"cat_features": ["a", "b"], "one_hot_max_size": most, "max_ctr_complexity": together, "model_size_reg": 0}
    several = "several features together" if together > 1 and most < 9 else ""
    case(f"catboost, {together} together, one-hot up to {most}", creg(SAME, PAIRS, **given), PAIRS, PAIRS, several,
         near=False)  # fmt: skip


def own_of_xgboost(score: Any, data: Any) -> tuple[Any, Any]:
    return score - data.get_label(), np.ones_like(score)


def drawn() -> Iterator[Any]:
    """Every word of the names with the first case that has it; the other cases are of ``full``."""
    seen: set[str] = set()
    for name in CASES:
        words = set(name.split(", "))
        yield pytest.param(name, marks=() if words - seen else pytest.mark.full)
        seen |= words


@pytest.mark.parametrize("name", list(drawn()))
def test_right_or_refused_by_name(name: str) -> None:
    asked = CASES[name]
    estimator = asked.fit()
    if asked.refused:
        with pytest.raises(SQLModelError, match=asked.refused):
            mlflow_sql_flavor.from_sklearn(estimator, asked.data)
        return
    model = mlflow_sql_flavor.from_sklearn(estimator, asked.data)
    assert_answers(model, estimator, asked.data)
    assert_answers(model, estimator, asked.new)
    if asked.near:
        assert_answers(model, estimator, at_thresholds(estimator, asked.data).astype(asked.data.dtypes))


@pytest.mark.parametrize(
    "cls", [xgb.XGBClassifier, lgb.LGBMClassifier, cb.CatBoostClassifier, cb.CatBoostRegressor],
    ids=lambda cls: cls.__name__,
)  # fmt: skip
def test_loaded_from_a_file(cls: Any, tmp_path: Path) -> None:
    """What the file does not hold, the loaded model answers without: its own answers count."""
    if cls is lgb.LGBMClassifier:
        fitted, path = lclf(TEXTS)(), str(tmp_path / "model.txt")
        fitted.booster_.save_model(path)
        loaded = lgb.Booster(model_file=path)
    else:
        options = {"loss_function": "Poisson"} if cls is cb.CatBoostRegressor else {}
        fitted, path = sk(cls, POSITIVE if options else THREE, **options)(), str(tmp_path / "model.json")
        fitted.save_model(path, **({"format": "json"} if issubclass(cls, cb.CatBoost) else {}))
        loaded = cls()
        loaded.load_model(path, **({"format": "json"} if issubclass(cls, cb.CatBoost) else {}))
    assert_answers(mlflow_sql_flavor.from_sklearn(loaded, X), loaded, NEW)
