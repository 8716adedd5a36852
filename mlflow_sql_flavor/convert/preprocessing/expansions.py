"""Steps that make several columns of one, or one of several: products, bins, splines, projections."""

from __future__ import annotations

from typing import Any

from ...errors import UnwritableError
from ..builder import Column, Query, number, total, unique
from ..missing import refuses_missing

__all__ = ["bins", "polynomials", "projection", "splines"]

_Item = tuple[str, str]


def projection(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """``PCA`` and ``TruncatedSVD``: weighted sums of the columns."""
    import numpy as np

    means = getattr(step, "mean_", None)
    means = np.zeros(len(columns)) if means is None else means
    scale = np.ones(len(step.components_))
    if getattr(step, "whiten", False):
        scale = np.maximum(np.sqrt(step.explained_variance_), np.finfo(float).eps)
    taken = query.taken(keep)
    name = type(step).__name__.lower()
    items = []
    for k, (weights, by) in enumerate(zip(step.components_, scale, strict=True)):
        terms = [
            f"({c.sql} - {number(mean)}) * {number(weight)}" if mean else f"{c.sql} * {number(weight)}"
            for c, mean, weight in zip(columns, means, weights, strict=True)
        ]
        text = total(terms) if by == 1 else f"({total(terms)}) / {number(by)}"
        items.append((text, unique(f"{name}{k}", taken)))
    return _layer(query, step, columns, keep, path, items, taken)


def polynomials(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """``PolynomialFeatures``: products of powers."""
    taken = query.taken(keep)
    items = []
    for powers in step.powers_.tolist():
        factors = [c.sql for c, power in zip(columns, powers, strict=True) for _ in range(power)]
        names = [f"{c.name}^{p}" if p > 1 else c.name for c, p in zip(columns, powers, strict=True) if p]
        items.append((" * ".join(factors) or "1E0", unique(" ".join(names) or "1", taken)))
    return _layer(query, step, columns, keep, path, items, taken)


def bins(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """``KBinsDiscretizer``: the number of the bin, or a column for each."""
    taken = query.taken(keep)
    items = []
    for column, edges in zip(columns, step.bin_edges_, strict=True):
        inner = [number(edge) for edge in edges[1:-1]]
        for k in range(len(inner) + 1) if step.encode != "ordinal" else ():
            tests = [f"{column.sql} >= {inner[k - 1]}"] if k else []
            tests += [f"{column.sql} < {inner[k]}"] if k < len(inner) else []
            test = " AND ".join(tests) or f"{column.sql} IS NOT NULL"
            items.append(
                (f"CAST(CASE WHEN {test} THEN 1E0 ELSE 0E0 END AS DOUBLE)", unique(f"{column.name}_{k}", taken))
            )
        if step.encode == "ordinal":
            whens = " ".join(f"WHEN {column.sql} < {edge} THEN {number(k)}" for k, edge in enumerate(inner))
            last = f"WHEN {column.sql} IS NOT NULL THEN {number(len(inner))}"
            items.append((f"CAST(CASE {whens} {last} END AS DOUBLE)", unique(column.name, taken)))
    return _layer(query, step, columns, keep, path, items, taken)


def splines(query: Query, step: Any, columns: list[Column], keep: list[Column], path: str) -> list[Column]:
    """``SplineTransformer``: each basis function as a polynomial between two knots."""
    if step.degree == 0:
        raise UnwritableError("its degree is 0")
    if step.degree == 1 and step.extrapolation == "linear" and len(columns) > 1:
        # scikit-learn 1.9 takes degree 2 for all but the first of them (its transform adds to `degree` in the loop).
        raise UnwritableError("its degree is 1, with linear ends")
    tests = []
    zeros = getattr(step, "handle_missing", "error") == "zeros"
    taken = query.taken([*keep, *columns])
    places = [Column(unique(f"{column.name}_at", taken)) for column in columns]
    items: list[_Item] = []
    for column, place, spline in zip(columns, places, step.bsplines_, strict=True):
        x, (low, high) = column.sql, _range(spline)
        if step.extrapolation == "error":
            inside = f"{x} BETWEEN {number(low)} AND {number(high)}"
            tests.append(f"({inside} OR {x} IS NULL)" if zeros else inside)
        items.append((_inside(x, low, high, step.extrapolation), place.name))
    carried = list(dict.fromkeys([*keep, *columns]))
    query.layer(f"{path}_at", [*query.refusing(tests, carried, taken), *items])
    taken, items = query.taken(keep), []
    for column, place, spline in zip(columns, places, step.bsplines_, strict=True):
        count = spline.c.shape[1]
        for k in range(count if step.include_bias else count - 1):
            text = _basis(spline, k, column.sql, place.sql, step)
            items.append((f"COALESCE({text}, 0E0)" if zeros else text, unique(f"{column.name}_sp_{k}", taken)))
    return _layer(query, step, columns, keep, path, items, taken)


def _range(spline: Any) -> tuple[float, float]:
    return float(spline.t[spline.k]), float(spline.t[-spline.k - 1])


def _inside(x: str, low: float, high: float, way: str) -> str:
    """The place between the outer knots whose polynomials are read."""
    if way == "periodic":
        if high <= low:
            return f"{x} * 0E0"
        start, period = number(low), number(high - low)
        return f"{x} - FLOOR(({x} - {start}) / {period}) * {period}"
    if way in ("constant", "linear"):
        below, above = number(low), number(high)
        return f"CASE WHEN {x} < {below} THEN {below} WHEN {x} > {above} THEN {above} ELSE {x} END"
    return x


def _basis(spline: Any, k: int, x: str, place: str, step: Any) -> str:
    from scipy.interpolate import BSpline, PPoly

    pieces = PPoly.from_spline(BSpline(spline.t, spline.c[:, k], spline.k))
    first, last = spline.k, len(spline.t) - spline.k - 2
    whens = []
    for at in range(first, last + 1):
        if spline.t[at + 1] > spline.t[at]:
            whens.append((number(spline.t[at + 1]), _polynomial(pieces.c[:, at], place, spline.t[at])))
    texts = [f"WHEN {place} < {end} THEN {text}" for end, text in whens[:-1]]
    texts.append(f"WHEN {place} IS NOT NULL THEN {whens[-1][1] if whens else number(spline(spline.t[first])[k])}")
    if step.extrapolation == "linear":
        low, high = _range(spline)
        width, count = max(spline.k, 2), spline.c.shape[1]  # of degree 1 two have a slope there
        outside = [(low, "<", k < width), (high, ">", k >= count - width)]
        texts[:0] = [
            f"WHEN {x} {sign} {number(end)} THEN {_line(spline, k, x, end, there)}" for end, sign, there in outside
        ]
    return f"CAST(CASE {' '.join(texts)} END AS DOUBLE)"


def _line(spline: Any, k: int, x: str, end: float, there: bool) -> str:
    if not there:
        return "0E0"
    return f"{number(spline(end)[k])} + ({x} - {number(end)}) * {number(spline(end, nu=1)[k])}"


def _polynomial(factors: Any, x: str, start: float) -> str:
    """By Horner's rule in the distance from the knot before."""
    place, text = f"({x} - {number(start)})", ""
    for factor in factors:
        if text:
            text = f"({text} * {place} + {number(factor)})"
        elif factor:
            text = number(factor)
    return text or "0E0"


def _layer(
    query: Query, step: Any, columns: list[Column], keep: list[Column], path: str, items: list[_Item], taken: set[str]
) -> list[Column]:
    """The step's layer; a row with a missing value is refused where the step does, though not each output reads it."""
    tests = [f"{column.sql} IS NOT NULL" for column in columns] if refuses_missing(step, len(columns)) else []
    query.layer(path, [*query.refusing(tests, keep, taken), *items])
    return [Column(name) for _, name in items]
