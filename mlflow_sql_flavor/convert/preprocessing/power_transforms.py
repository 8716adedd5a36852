"""Yeo-Johnson and Box-Cox: the transformation and its inverse."""

from __future__ import annotations

from ..builder import number

__all__ = ["box_cox", "box_cox_inverse", "expm1", "log1p", "yeo_johnson", "yeo_johnson_inverse"]

#: As numpy's spacing(1.0), within which scikit-learn takes an exponent for its limit.
_NEAR = 2.220446049250313e-16


def log1p(x: str) -> str:
    """LN(1 + x): of a small x by its series, since 1 + x forgets its digits."""
    small = f"{x} * (1E0 - {x} * (5E-1 - {x} * (1E0 / 3E0)))"
    return f"CASE WHEN ABS({x}) < 1E-5 THEN {small} ELSE LN(1E0 + {x}) END"


def expm1(x: str) -> str:
    """EXP(x) - 1, likewise."""
    small = f"{x} * (1E0 + {x} * (5E-1 + {x} * (1E0 / 6E0)))"
    return f"CASE WHEN ABS({x}) < 1E-5 THEN {small} WHEN {x} < -745E0 THEN -1E0 ELSE EXP({x}) - 1E0 END"


def yeo_johnson(x: str, power: float) -> str:
    """Of a column."""
    above = f"(POWER({x} + 1E0, {number(power)}) - 1E0) / {number(power)}" if abs(power) >= _NEAR else log1p(x)
    if abs(power - 2) > _NEAR:
        below = f"-(POWER(1E0 - {x}, {number(2 - power)}) - 1E0) / {number(2 - power)}"
    else:
        below = f"-({log1p(f'(-{x})')})"
    return f"CASE WHEN {x} >= 0E0 THEN {above} WHEN {x} < 0E0 THEN {below} END"


def yeo_johnson_inverse(x: str, power: float) -> str:
    """Of a column, NULL where there is none."""
    if abs(power) < _NEAR:
        above = expm1(x)
    else:
        base = f"{x} * {number(power)} + 1E0"
        above = f"CASE WHEN {base} >= 0E0 THEN POWER({base}, {number(1 / power)}) - 1E0 END"
    if abs(power - 2) > _NEAR:
        base = f"1E0 - {number(2 - power)} * {x}"
        below = f"CASE WHEN {base} >= 0E0 THEN 1E0 - POWER({base}, {number(1 / (2 - power))}) END"
    else:
        below = f"-({expm1(f'(-{x})')})"
    return f"CASE WHEN {x} >= 0E0 THEN {above} WHEN {x} < 0E0 THEN {below} END"


def box_cox(x: str, power: float) -> str:
    """Of a column; NULL for what is not above zero."""
    text = f"LN({x})" if abs(power) < _NEAR else f"(POWER({x}, {number(power)}) - 1E0) / {number(power)}"
    return f"CASE WHEN {x} > 0E0 THEN {text} END"


def box_cox_inverse(x: str, power: float) -> str:
    """Of a column, NULL where there is none."""
    if abs(power) < _NEAR:
        return f"CASE WHEN {x} < -745E0 THEN 0E0 ELSE EXP({x}) END"
    base = f"{x} * {number(power)} + 1E0"
    return f"CASE WHEN {base} >= 0E0 THEN POWER({base}, {number(1 / power)}) END"
