"""How DuckDB compares names."""

__all__ = ["fold"]

_UPPER_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def fold(name: str) -> str:
    """The form by which DuckDB compares names: ASCII letters in lower case, all others as they are."""
    return name.lower() if name.isascii() else name.translate(_UPPER_TO_LOWER)
