"""Expressions of DuckDB's plan that are made of constants alone, written as SQL again."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterable
from typing import Any

from ..engines.empty_instance import EMPTY_INSTANCE
from ..engines.sandbox import quote

__all__ = ["ERROR", "as_call", "as_constant", "foldable", "kind_of", "leaves"]

#: What :func:`as_call` gives for a call of ``error``: what it says is known, and that it fails too.
ERROR = "error"
_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DOUBLE"}
#: Calls of constants within each other; a longer one is left to the call.
_DEPTH = 30
#: A text that grows beyond, as one that is doubled by each step does, is left to the call too.
_MOST_CHARACTERS = 20_000
#: Operators that are no functions, each around or between its operands.
_OPERATORS = {
    "OPERATOR_IS_NULL": "({} IS NULL)",
    "OPERATOR_IS_NOT_NULL": "({} IS NOT NULL)",
    "OPERATOR_NOT": "(NOT {})",
}
_BETWEEN = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}


def as_call(part: dict[str, Any], within: int = 0, branch: bool = False) -> str | None:
    """A call of constants alone as SQL, or :data:`ERROR`; None of anything else, and of what is no such call for sure.

    Args:
        part: An expression of a plan.
        within: How many calls it stands in.
        branch: It stands in a CASE of constants, which decides whether it is reached.
    """
    if within >= _DEPTH or ("children" not in part and part.get("type") != "CASE_EXPR"):
        return None
    text = _case(part, within) if part.get("type") == "CASE_EXPR" else _call(part, within, branch)
    return text if text is not None and len(text) <= _MOST_CHARACTERS else None


def _call(part: dict[str, Any], within: int, branch: bool) -> str | None:
    kind = part.get("type", "")
    constants = _constants(part["children"], within, branch)
    if not constants:
        return None
    if kind in _OPERATORS and len(constants) == 1:
        return _OPERATORS[kind].format(*constants)
    if kind in _BETWEEN:
        return f"({_BETWEEN[kind].join(constants)})"
    if part.get("expression_class") != "BOUND_FUNCTION":
        return None
    if kind == "OPERATOR_CAST":
        wanted = part["return_type"]
        cast = "TRY_CAST" if part.get("function_data", {}).get("try_cast") else "CAST"
        return f"{cast}({constants[0]} AS {wanted['id']})" if "type_info" not in wanted else None
    name = part["qname"]["path"][-1]
    if name == "error":
        return f"error({constants[0]})" if branch else ERROR if kind_of(part["children"][0]) == "VARCHAR" else None
    if name not in foldable():
        return None
    if name == "__between" and len(constants) == 3:
        lower, upper = (part.get("function_data", {}).get(f"{side}_inclusive", True) for side in ("lower", "upper"))
        return "({} BETWEEN {} AND {})".format(*constants) if lower is upper is True else None
    if part.get("is_operator") and len(constants) == 2:
        return f"({constants[0]} {name} {constants[1]})"
    return f"{quote(name)}({', '.join(constants)})"


def _case(part: dict[str, Any], within: int) -> str | None:
    checks = part.get("case_checks", [])
    if any("when_expr" not in each or "then_expr" not in each for each in checks) or "else_expr" not in part:
        return None
    parts = [of for each in checks for of in (each["when_expr"], each["then_expr"])]
    texts = _constants([*parts, part["else_expr"]], within, True)
    if not texts:
        return None
    pairs = zip(texts[:-1:2], texts[1::2], strict=True)
    return f"(CASE {' '.join(f'WHEN {when} THEN {then}' for when, then in pairs)} ELSE {texts[-1]} END)"


def _constants(parts: Iterable[Any], within: int, branch: bool) -> list[str] | None:
    """Each as SQL; None at the first that is no constant."""
    found: list[str] = []
    for part in parts:
        text = as_constant(part, within + 1, branch)
        if text is None:
            return None
        found.append(text)
    return found


def as_constant(part: Any, within: int = 0, branch: bool = False) -> str | None:
    """A constant, or a call of constants alone, as SQL; None of anything else."""
    kind = kind_of(part)
    if kind is None:
        text = as_call(part, within, branch)
        return text if text != ERROR else None
    if part["value"].get("is_null"):
        return f"CAST(NULL AS {kind})" if branch and kind in (*_NUMBERS, "VARCHAR", "BOOLEAN") else None
    value = part["value"].get("value")
    if kind == "VARCHAR" and isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if kind == "BOOLEAN":
        return str(value).lower()
    if kind == "HUGEINT" and isinstance(value, dict):
        return f"({value['upper'] * 2**64 + value['lower']})::HUGEINT"
    if kind in _NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value) if kind == "INTEGER" and value >= 0 else f"({value})::{kind}"
    return None


def kind_of(part: Any) -> str | None:
    """The type of a constant; None of anything else."""
    return part["value"]["type"]["id"] if part.get("type") == "VALUE_CONSTANT" else None


def leaves(part: Any) -> list[Any]:
    """The constants of a call of constants."""
    if part.get("type") == "CASE_EXPR":
        checks = [each[key] for each in part["case_checks"] for key in ("when_expr", "then_expr")]
        return [leaf for child in (*checks, part["else_expr"]) for leaf in leaves(child)]
    children = part.get("children", [])
    return [leaf for child in children for leaf in leaves(child)] if children else [part]


@functools.cache
def foldable() -> frozenset[str]:
    """The scalar functions of DuckDB that it computes while it plans."""
    with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
        rows = cursor.execute(
            "SELECT function_name FROM duckdb_functions() WHERE function_type = 'scalar' AND schema_name = 'main' "
            "GROUP BY 1 HAVING bool_and(stability <> 'VOLATILE')"
        ).fetchall()
    return frozenset(name for (name,) in rows)
