"""DuckDB's own parse of a query as Python dicts, however deep it is."""

import json
import re
from typing import Any

from .recursion import with_deep_stack

__all__ = ["dumps", "loads"]

_BAND = 150
"""Levels of nesting that are decoded in one go, well within Python's recursion limit wherever the caller stands."""


def dumps(tree: Any) -> str:
    """``json.dumps`` without its limit on depth.

    Args:
        tree: What :func:`loads` gave.
    """
    return with_deep_stack(lambda: json.dumps(tree))


def loads(text: str) -> Any:
    """``json.loads`` without its limit on depth.

    A sum of 400 terms is 1,200 levels of JSON, more than Python's recursion limit; raising that limit would be a
    setting of the whole server.

    Args:
        text: JSON as DuckDB writes it.

    Returns:
        The same value as ``json.loads(text)``.
    """
    try:
        return json.loads(text)
    except RecursionError:
        return _loads_deep(text)


def _loads_deep(text: str) -> Any:
    """Decode in bands of depth, the deepest first, each with a placeholder where the next deeper one was cut out."""
    import numpy as np

    data = text.encode("utf-8", "surrogatepass")
    chars = np.frombuffer(re.sub(rb"\\.", b"__", data), dtype=np.uint8)
    outside = (np.cumsum(chars == ord('"'), dtype=np.uint8) & 1) == 0
    step = ((chars == ord("{")) | (chars == ord("["))).astype(np.int8)
    step -= (chars == ord("}")) | (chars == ord("]"))
    step[~outside] = 0
    brackets = np.flatnonzero(step)
    steps = step[brackets]
    depth = np.cumsum(steps, dtype=np.int32)

    # A placeholder is a number in a spelling that DuckDB never writes: 7E+0 is the value cut out as number 7.
    values: list[Any] = []
    decode = json.JSONDecoder(parse_float=lambda s: values[int(s[:-3])] if s.endswith("E+0") else float(s)).decode
    holes: list[tuple[int, int]] = []  # where in the data each of the values was
    top = int(depth.max()) if len(depth) else 0
    for level in [*range(_BAND * (top // _BAND), 0, -_BAND), 0]:
        opened = brackets[(steps > 0) & (depth == level + 1)].tolist() if level else [0]
        closed = (brackets[(steps < 0) & (depth == level)] + 1).tolist() if level else [len(data)]
        parts: list[str] = []
        hole = 0
        for start, end in zip(opened, closed, strict=True):
            pieces, position = [], start
            while hole < len(holes) and holes[hole][0] < end:
                first, last = holes[hole]
                pieces += [data[position:first], b"%dE+0" % hole]
                position = last
                hole += 1
            pieces.append(data[position:end])
            parts.append(b"".join(pieces).decode("utf-8", "surrogatepass"))
        values = [decode(part) for part in parts]
        holes = list(zip(opened, closed, strict=True))
    return values[0]
