"""Naive Bayes: the joint log likelihood of each class, of which probabilities are the softmax."""

from __future__ import annotations

from typing import Any

from ..builder import Column, Query, number, total, unique
from ..outputs import Scores
from .linear import weighted

__all__ = ["bernoulli", "categorical", "complement", "gaussian", "multinomial"]


def gaussian(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """``GaussianNB``: squared distances from each class's means, by its variances."""
    import numpy as np

    starts = np.log(model.class_prior_) - 0.5 * np.log(2.0 * np.pi * model.var_).sum(axis=1)
    texts = []
    for start, means, variances in zip(starts, model.theta_, model.var_, strict=True):
        terms = [
            f"({column.sql} - {number(mean)}) * ({column.sql} - {number(mean)}) / {number(variance)}"
            for column, mean, variance in zip(columns, means, variances, strict=True)
        ]
        texts.append(f"{query.accepted(number(start))} - 5E-1 * (\n    {total(terms)})")
    return _scores(query, model, texts, columns, path)


def multinomial(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """``MultinomialNB``: linear in the counts."""
    starts = model.class_log_prior_
    return _greatest(model, weighted(query, columns, model.feature_log_prob_, starts, path or "likelihoods", "score"))


def complement(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """``ComplementNB``: linear in the counts, without a prior."""
    starts = model.class_log_prior_ if len(model.classes_) == 1 else [0.0] * len(model.classes_)
    return _greatest(model, weighted(query, columns, model.feature_log_prob_, starts, path or "likelihoods", "score"))


def bernoulli(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """``BernoulliNB``: linear in whether each feature is above a threshold."""
    import numpy as np

    without = np.log(1 - np.exp(model.feature_log_prob_))
    if model.binarize is not None:
        limit = number(model.binarize)
        taken = query.taken([])
        found = [Column(unique(column.name, taken)) for column in columns]
        tests = [f"CASE WHEN {c.sql} > {limit} THEN 1E0 WHEN {c.sql} <= {limit} THEN 0E0 END" for c in columns]
        items = [(f"CAST({test} AS DOUBLE)", column.name) for test, column in zip(tests, found, strict=True)]
        query.layer("binarized", [*query.carry([]), *items])
        columns = found
    starts = model.class_log_prior_ + without.sum(axis=1)
    weights = model.feature_log_prob_ - without
    return _greatest(model, weighted(query, columns, weights, starts, path or "likelihoods", "score"))


def categorical(query: Query, model: Any, columns: list[Column], path: str, _probabilities: bool) -> Scores:
    """``CategoricalNB``: what each category adds; it takes numbers as whole ones, towards zero."""
    taken = query.taken([])
    codes = [Column(unique(column.name, taken)) for column in columns]
    items = [(f"TRUNC({column.sql})", code.name) for column, code in zip(columns, codes, strict=True)]
    query.layer("codes", [*query.carry([]), *items])
    texts = []
    for k, prior in enumerate(model.class_log_prior_):
        terms = []
        for code, table in zip(codes, model.feature_log_prob_, strict=True):
            whens = " ".join(f"WHEN {number(at)} THEN {number(value)}" for at, value in enumerate(table[k]))
            terms.append(f"CAST(CASE {code.sql} {whens} END AS DOUBLE)")
        texts.append(f"{total(terms)}\n    + {query.accepted(number(prior))}")
    return _scores(query, model, texts, codes, path)


def _scores(query: Query, model: Any, texts: list[str], columns: list[Column], path: str) -> Scores:
    taken = query.taken(columns)
    scores = [Column(unique(f"score_{k}", taken)) for k in range(len(texts))]
    query.valid = None
    query.layer(path or "likelihoods", [(text, column.name) for text, column in zip(texts, scores, strict=True)])
    query.enclose("scores")
    return _greatest(model, scores)


def _greatest(model: Any, scores: list[Column]) -> Scores:
    return Scores(scores, model.classes_, "greatest", "softmax")
