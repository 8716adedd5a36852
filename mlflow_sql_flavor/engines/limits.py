"""How much a query may take: the loader's limits, tightened by the model's."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..errors import InputError

__all__ = ["ISOLATIONS", "Limits", "effective_limits", "validate_limits"]

ISOLATIONS = ("thread", "process")
"""From the weaker to the stronger."""

_UNITS = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate("KMGT", start=1)
    for suffix, base in (("", 1000), ("B", 1000), ("IB", 1024))
}
_SIZE = re.compile(r"\s*(\d{1,18}(?:\.\d{1,9})?)\s*([KMGT]?I?B?)\s*", re.IGNORECASE | re.ASCII)
_RANGES: dict[str, tuple[float, float, str]] = {
    "timeout_seconds": (0.001, 1_000_000, "seconds"),
    "memory_limit": (16 * 2**20, 2**50, "bytes"),
    "threads": (1, 1024, "threads"),
    "max_rows": (1, 2**62, "rows"),
}


def _default_memory() -> int:
    # Half of the machine at most, as several models share a server; 4 GiB holds reference tables of millions of rows.
    try:
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 4 * 2**30
    return max(min(4 * 2**30, machine // 2), 256 * 2**20)


def _default_threads() -> int:
    try:
        return min(4, len(os.sched_getaffinity(0)))
    except AttributeError:
        return min(4, os.cpu_count() or 1)


@dataclass(frozen=True)
class Limits:
    """What one query may take. Every limit ends the query with an error that names it; nothing is cut short.

    Attributes:
        timeout_seconds: Wall time of a query.
        memory_limit: Bytes of memory for a model's DuckDB instance, its reference tables included.
        threads: Threads of a query.
        max_rows: Rows of an answer.
        isolation: "thread", or "process" for a worker process that can be killed.
    """

    timeout_seconds: float
    memory_limit: int
    threads: int
    max_rows: int
    isolation: str

    @classmethod
    def default(cls) -> "Limits":
        """The limits where nobody set any."""
        return cls(30.0, _default_memory(), _default_threads(), 100_000_000, "thread")


_NAMES = tuple(field.name for field in fields(Limits))


def validate_limits(values: Mapping[str, Any] | None, source: str) -> dict[str, Any]:
    """Check limits that came from outside.

    Args:
        values: Limits by name; None values are dropped. ``memory_limit`` is a number of bytes or a text like "512MB".
        source: Where they come from, for messages: "limits", "model_config", ...

    Returns:
        The limits that were set, as numbers.

    Raises:
        InputError: An unknown name, or a value that is not a limit; names both.
    """
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise InputError(f"{source} must be a mapping of limits ({', '.join(_NAMES)}), not {type(values).__name__}.")
    found = {}
    for name, value in values.items():
        if name not in _NAMES:
            raise InputError(f"{source} has no limit {_short(name)}: the limits are {', '.join(_NAMES)}.")
        if value is not None:
            found[name] = _value(name, value, f"{source}: {name}")
    return found


def effective_limits(
    model_limits: Mapping[str, Any] | None,
    config: Mapping[str, Any] | None = None,
    file_config: Mapping[str, Any] | None = None,
) -> Limits:
    """The limits a loaded model runs under: for each, the smaller of the loader's and the model's.

    The loader's is its argument, else the environment (``MLFLOW_SQL_TIMEOUT_SECONDS``, ``MLFLOW_SQL_MEMORY_LIMIT``,
    ``MLFLOW_SQL_THREADS``, ``MLFLOW_SQL_MAX_ROWS``, ``MLFLOW_SQL_ISOLATION``), else the default.

    Args:
        model_limits: ``limits`` of the model's file: text from a stranger, which can only tighten.
        config: What the loader asked for, as MLflow hands it over: merged with the file's.
        file_config: The ``config`` of the model's file itself. What it sets counts as a limit of the model, and a
            value in ``config`` that equals it gives no permission, since MLflow may have taken it from the file.

    Raises:
        InputError: A value that is not a limit; says where it came from.
    """
    model = validate_limits(model_limits, "limits of the model")
    in_file = validate_limits(_only_limits(file_config), "config in the model's file")
    asked = validate_limits(_only_limits(config), "model_config")
    default = Limits.default()
    result: dict[str, Any] = {}
    for name in _NAMES:
        loader = None if asked.get(name) == in_file.get(name) else asked.get(name)
        if loader is None:
            variable = f"MLFLOW_SQL_{name.upper()}"
            text = os.environ.get(variable, "").strip()
            loader = _value(name, text, f"environment variable {variable}") if text else getattr(default, name)
        candidates = [v for v in (loader, model.get(name), in_file.get(name)) if v is not None]
        result[name] = max(candidates, key=ISOLATIONS.index) if name == "isolation" else min(candidates)
    return Limits(**result)


def _only_limits(config: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: config[name] for name in _NAMES if name in config} if config else {}


def _value(name: str, value: Any, where: str) -> Any:
    if name == "isolation":
        if value not in ISOLATIONS:
            raise InputError(f"{where} must be one of {', '.join(ISOLATIONS)}, not {_short(value)}.")
        return value
    low, high, unit = _RANGES[name]
    number = _number(value, sized=name == "memory_limit")
    if name != "timeout_seconds" and isinstance(number, float) and number.is_integer():
        number = int(number)
    whole = name == "timeout_seconds" or isinstance(number, int)
    if number is None or not whole or not low <= number <= high:
        kind = "a number" if name == "timeout_seconds" else "a whole number"
        also = ', or a text like "512MB"' if name == "memory_limit" else ""
        raise InputError(f"{where} must be {kind} of {unit} from {low:,} to {high:,}{also}, not {_short(value)}.")
    return number


def _number(value: Any, sized: bool) -> float | int | None:
    """A finite number, or None. Text counts where it is all there is: in the environment, and for sizes."""
    if isinstance(value, str) and len(value) <= 40:
        if sized and (match := _SIZE.fullmatch(value)):
            return math.floor(float(match[1]) * _UNITS[match[2].upper()])
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, float) and math.isfinite(value):
        return value
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python prints
        text = f"that {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
