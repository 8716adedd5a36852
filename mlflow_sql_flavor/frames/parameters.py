"""Parameters: their types and defaults, and the values of a call made ready to bind."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import InputError, SQLModelError, did_you_mean
from . import schema

__all__ = ["Parameters", "from_value", "of_text", "refused_type", "types_of_schema", "types_of_values", "unknown"]

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_MOMENT = (str, datetime.date)
_ACCEPTED: dict[str, tuple[type, ...]] = {
    "BOOLEAN": (bool,),
    "VARCHAR": (str,),
    "BLOB": (bytes, bytearray),
    "DATE": _MOMENT,
    "TIMESTAMP": _MOMENT,
    "TIMESTAMP WITH TIME ZONE": _MOMENT,
    "TIME": (str, datetime.time),
    "INTERVAL": (str, datetime.timedelta),
    **dict.fromkeys(_INTEGERS, (int,)),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL"), (int, float, decimal.Decimal)),
}


_NO_MAPPING = "params is a dict: {'name': value}."


class Parameters:
    """The placeholders of a query.

    Args:
        types: ``{name: DuckDB type}``.
        defaults: Values of those a call may leave out.
        texts: The same of those that the query's own text sets, as :func:`of_text` takes them.
    """

    def __init__(
        self, types: Mapping[str, str], defaults: Mapping[str, Any], texts: Mapping[str, str | None] | None = None
    ) -> None:
        self._folded: dict[str, str] = {}
        for name in types:
            self._folded.setdefault(name.casefold(), name)
        self.types = {name: types[name] for name in self._folded.values()}
        kinds = {name.casefold(): kind for name, kind in types.items()}
        said = {n: of_text(text, kinds[n.casefold()]) for n, text in (texts or {}).items() if n.casefold() in kinds}
        given = {name.casefold() for name in defaults}
        defaults = {**{n: v for n, v in said.items() if n.casefold() not in given}, **defaults}
        self._defaults = {
            self._folded[name.casefold()]: value for name, value in defaults.items() if name.casefold() in self._folded
        }
        #: Declared by the signature and read by no placeholder: MLflow passes their defaults on.
        self._unread = {name.casefold() for name in defaults} - set(self._folded)
        self._bound_defaults = {
            name: _bindable(name, value, self.types[name]) for name, value in self._defaults.items()
        }

    def values(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The values of a call, one for each placeholder, as DuckDB binds them.

        Raises:
            InputError: An unknown or missing parameter, or a value of another type.
        """
        if not given:
            if len(self._bound_defaults) != len(self.types):
                raise self._missing(set(self.types) - set(self._bound_defaults))
            return self._bound_defaults
        if not isinstance(given, Mapping):
            raise InputError(_NO_MAPPING)
        values = dict(self._bound_defaults)
        for label, value in given.items():
            name = self._folded.get(str(label).casefold())
            if name is None and str(label).casefold() in self._unread:
                continue
            if name is None:
                raise unknown(label, list(self.types))
            values[name] = _bindable(name, value, self.types[name])
        if len(values) != len(self.types):
            raise self._missing(set(self.types) - set(values))
        return values

    def refuse_inconvertible(self, values: Mapping[str, Any], said: str, convert: Callable[[Any, str], None]) -> None:
        """Names the parameter whose value made a call fail, where it is one.

        Args:
            values: Of a call that failed.
            said: The engine's own words, which quote a text that the query could not convert.
            convert: Makes a value of a DuckDB type; whatever it raises means that there is none.

        Raises:
            InputError: A value is none of its parameter's type.
        """
        for name, value in values.items():
            kind, shown = self.types[name], _shown(value)
            if isinstance(value, str) and value and (f'"{value}"' in said or f"'{value}'" in said):
                raise InputError(f"Parameter {name!r}: {shown} cannot be converted to the type the query asks for.")
            try:
                convert(value, kind)
            except Exception:
                raise InputError(f"Parameter {name!r} is of type {kind}; {shown} is none.") from None

    def refusal(self, name: str, value: Any) -> InputError:
        """What is said of a value that makes the query fail, whatever the input is."""
        return InputError(f"Parameter {name!r}: the query fails with {_shown(value)}, whatever the input is.")

    def _missing(self, names: set[str]) -> InputError:
        first = ", ".join(repr(name) for name in self.types if name in names)
        return InputError(
            f"The model needs a value for parameter {first}: pass params={{{first.split(', ')[0]}: ...}}."
        )


def _shown(value: Any) -> str:
    return repr(value if not isinstance(value, str) or len(value) <= 60 else f"{value[:57]}...")[:80]


def unknown(label: Any, names: Sequence[str]) -> InputError:
    """What is said of a parameter that a model does not have."""
    known = f" Its parameters: {', '.join(names)}." if names else " It has none."
    return InputError(f"The model has no parameter {label!r}.{did_you_mean(str(label), list(names))}{known}")


def refused_type(name: str, value: Any, kind: str, other: str, reason: str) -> InputError:
    """What is said of a value whose type the query cannot be compiled for, and could for another one.

    Args:
        name: The parameter.
        value: What a call gave it.
        kind: The value's DuckDB type.
        other: A type that would do.
        reason: Why this one does not.
    """
    return InputError(
        f"Parameter {name!r}: {_shown(value)} is of type {kind}, which the query does not take: {reason.rstrip('.')}. "
        f"A value of type {other} would do."
    )


def _bindable(name: str, value: Any, kind: str) -> Any:
    if value is None or type(value).__name__ == "NAType":
        return None
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if hasattr(value, "to_pydatetime"):
        value = value.to_pydatetime()
    if kind.endswith("]"):
        element = kind[: kind.rindex("[")]
        if hasattr(value, "tolist"):
            value = value.tolist()
        if not isinstance(value, (list, tuple)):
            raise _wrong(name, value, f"a list of {element}")
        return [_bindable(name, item, element) for item in value]
    accepted = _ACCEPTED.get(kind.partition("(")[0])
    if accepted is None:
        return value
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        raise _wrong(name, value, kind)
    if isinstance(value, str) and not value.isascii() and value != value.encode("utf-8", "replace").decode():
        raise InputError(f"Parameter {name!r} has half of a surrogate pair, which is no character: pass valid text.")
    return value


def _wrong(name: str, value: Any, kind: str) -> InputError:
    return InputError(f"Parameter {name!r} is of type {kind}; {schema.kind_of(value)} was given.")


def of_text(text: str | None, kind: str) -> Any:
    """A value that a query's text gives a parameter, of the parameter's type.

    Args:
        text: As the ``sql`` section has it: a number, ``true``, a moment or the text itself; None for NULL.
        kind: DuckDB type.

    Raises:
        InputError: It is no value of this type.
    """
    if text is None:
        return None
    plain = kind.partition("(")[0]
    try:
        if plain in _INTEGERS:
            return int(text)
        if plain in ("FLOAT", "DOUBLE"):
            return float(text)
        if plain == "DECIMAL":
            return decimal.Decimal(text)
        if plain == "BOOLEAN":
            return {"true": True, "false": False}[text]
        if plain == "DATE":
            return datetime.date.fromisoformat(text[:10])
        if plain.startswith("TIMESTAMP"):
            return datetime.datetime.fromisoformat(text)
    except (ValueError, KeyError, decimal.InvalidOperation):
        raise InputError(
            f"{text[:60]!r} is no value of type {kind}: the query's text sets a parameter to it."
        ) from None
    return text


def types_of_values(values: Mapping[str, Any] | None) -> dict[str, str]:
    """``{name: DuckDB type}`` of Python values; a value that has no type of its own (None) is left out."""
    types = {}
    if values is not None and not isinstance(values, Mapping):
        raise InputError(_NO_MAPPING)
    for name, value in (values or {}).items():
        if hasattr(value, "tolist"):
            value = value.tolist()
        if (
            value is None
            or type(value).__name__ == "NAType"
            or (isinstance(value, (list, tuple)) and not any(v is not None for v in value))
        ):
            continue
        try:
            types[str(name)] = from_value(value)
        except schema.SQLModelError as error:
            raise InputError(f"Parameter {name!r}: {error.message}") from None
    return types


def types_of_schema(params: Any) -> dict[str, str]:
    """``{name: DuckDB type}`` of an MLflow ``ParamSchema``; a default that is a date makes its type DATE."""
    types = {}
    for spec in params.params if params is not None else ():
        kind = schema.from_mlflow(spec.dtype)
        if kind == "TIMESTAMP" and type(spec.default) is datetime.date:
            kind = "DATE"
        types[spec.name] = f"{kind}[]" if getattr(spec, "shape", None) is not None else kind
    return types


def from_value(value: Any) -> str:
    """The type of a parameter's Python value.

    Raises:
        SQLModelError: None, an empty list or a type no parameter can have.
    """
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, (list, tuple)) and value:
        known = [v for v in value if v is not None]
        if known:
            if all(isinstance(v, decimal.Decimal) for v in known):
                return f"{_decimal_of(known)}[]"
            kinds = {from_value(v) for v in known}
            return f"{kinds.pop() if len(kinds) == 1 else 'DOUBLE' if kinds <= {'BIGINT', 'DOUBLE'} else 'VARCHAR'}[]"
    for kind, name in _VALUE_TYPES:
        if isinstance(value, kind):
            wide = isinstance(value, int) and not -(2**63) <= value < 2**63
            return "HUGEINT" if wide else name
    if isinstance(value, decimal.Decimal):
        return _decimal_of([value])
    raise SQLModelError(
        f"No SQL type for a parameter that is {schema.kind_of(value)}: pass a number, text, a date or a list of them, "
        "or give its type by a signature with params."
    )


def _decimal_of(values: Sequence[decimal.Decimal]) -> str:
    """The narrowest DECIMAL that holds all of them."""
    parts = [value.as_tuple() for value in values]
    exponents = [part.exponent if isinstance(part.exponent, int) else 0 for part in parts]
    scale = max(0, -min(exponents))
    whole = max(1, *(len(part.digits) + exponent for part, exponent in zip(parts, exponents, strict=True)))
    return f"DECIMAL({whole + scale},{scale})"


_VALUE_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOLEAN"),
    (int, "BIGINT"),
    (float, "DOUBLE"),
    (str, "VARCHAR"),
    (bytes, "BLOB"),
    (datetime.datetime, "TIMESTAMP"),
    (datetime.date, "DATE"),
    (datetime.time, "TIME"),
    (datetime.timedelta, "INTERVAL"),
)
