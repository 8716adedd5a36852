"""Python functions a query may call: their SQL types from type hints, and their file in the model.

They are the one part of a SQL model that is code. They are stored with cloudpickle, and read back only where MLflow
allows pickles (``MLFLOW_ALLOW_PICKLE_DESERIALIZATION``).
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import inspect
import re
import sys
import sysconfig
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engines.function_calls import by_arrays, by_row
from ..errors import ModelFileError, SQLModelError
from ..frames import schema
from .bounded_files import read_file

if TYPE_CHECKING:
    from .spec import UdfSpec, UdfsSpec

__all__ = ["UDF_FILE", "Udf", "load_udfs", "read_udfs", "save_udfs"]

UDF_FILE: typing.Final = "udfs.cloudpickle"

#: A larger pickle is not read, in bytes.
MOST_PICKLE = 1_000_000_000

_SCALARS: dict[Any, str] = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "VARCHAR",
    bytes: "BLOB",
    datetime.date: "DATE",
    datetime.datetime: "TIMESTAMP",
    datetime.time: "TIME",
    datetime.timedelta: "INTERVAL",
    decimal.Decimal: "DECIMAL(38,9)",
}

#: pyarrow's array classes, by the SQL type of their values.
_ARRAYS = {
    "BooleanArray": "BOOLEAN",
    "Int32Array": "INTEGER",
    "Int64Array": "BIGINT",
    "FloatArray": "FLOAT",
    "DoubleArray": "DOUBLE",
    "StringArray": "VARCHAR",
    "BinaryArray": "BLOB",
    "Date32Array": "DATE",
    "TimestampArray": "TIMESTAMP",
}


@dataclass(frozen=True)
class Udf:
    """A function and how SQL calls it."""

    name: str
    function: Callable[..., Any]
    spec: UdfSpec

    @property
    def callable(self) -> Callable[..., Any]:
        """The function as DuckDB calls it."""
        spec = self.spec
        if spec.vectorized:
            return by_arrays(self.name, self.function, len(spec.parameters), spec.returns)
        return by_row(self.name, self.function, list(spec.parameters), spec.returns, spec.nulls, spec.takes_null)


def read_udfs(functions: Sequence[Callable[..., Any] | Udf] | None) -> dict[str, Udf]:
    """The functions by name, with the SQL types their hints say.

    A parameter or result hinted ``float``, ``int``, ``str``, ``bool``, ``bytes``, ``Decimal`` or one of ``datetime``'s
    types is called row by row; one hinted with a pyarrow array class (``pa.DoubleArray``, …) is called once a batch.
    ``Annotated[hint, "DECIMAL(10,2)"]`` gives the SQL type itself. A parameter that may be None gets NULL as None;
    otherwise a NULL argument makes the result NULL without a call.

    Raises:
        SQLModelError: A function without a usable name or hints, or that mixes both kinds.
    """
    found: dict[str, Udf] = {}
    for function in functions or ():
        if isinstance(function, Udf):  # of a model, which knows its types: what hints name may not be stored
            found[function.name] = function
            continue
        name = getattr(function, "__name__", "")
        if not callable(function) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            what = "a lambda" if name == "<lambda>" else f"an object of type {type(function).__name__}"
            raise SQLModelError(f"udfs must be named functions: {what} has no name that SQL can call it by; use def.")
        if name.casefold() in (known.casefold() for known in found):
            raise SQLModelError(f"Two of the functions in udfs are named {name}: rename one.")
        found[name] = Udf(name, function, _spec(name, function))
    return found


def _spec(name: str, function: Callable[..., Any]) -> UdfSpec:
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = getattr(function, "__call__")  # noqa: B004, B009 - an object that can be called
    try:
        hints = typing.get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())
    except (NameError, TypeError, ValueError) as error:
        raise SQLModelError(f"The type hints of function {name} cannot be read: {error}.") from None
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.KEYWORD_ONLY) for p in parameters):
        raise SQLModelError(f"Function {name} takes *args, **kwargs or keyword-only parameters, which SQL cannot pass.")
    missing = [p.name for p in parameters if p.name not in hints]
    if missing or "return" not in hints:
        what = f"parameter {missing[0]!r}" if missing else "the result"
        raise SQLModelError(
            f"Function {name} lacks a type hint for {what}: write one, as in {missing[0] if missing else '->'}: float."
        )
    kinds = {p.name: _hint(hints[p.name], name) for p in parameters}
    returns = _hint(hints["return"], name)
    vectorized = {kind[1] for kind in (*kinds.values(), returns)}
    if len(vectorized) != 1:
        raise SQLModelError(f"Function {name} mixes Arrow arrays and single values in its type hints: use one kind.")
    from .spec import UdfSpec

    return UdfSpec(
        parameters={key: kind[0] for key, kind in kinds.items()},
        returns=returns[0],
        vectorized=vectorized.pop(),
        nulls=any(kind[2] for kind in (*kinds.values(), returns)),
        takes_null=[key for key, kind in kinds.items() if kind[2]],
    )


def _hint(hint: Any, name: str) -> tuple[str, bool, bool]:
    """SQL type, whether it is an array, whether it takes NULL."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        if len(options) == 1:
            text, array, _ = _hint(options[0], name)
            return text, array, True
    if typing.get_origin(hint) is typing.Annotated:
        inner, *extra = typing.get_args(hint)
        written = next((value for value in extra if isinstance(value, str)), None)
        if written is not None:
            array = _is_array(inner)
            return schema.canonical(written), array, array
        return _hint(inner, name)
    if hint in _SCALARS:
        return _SCALARS[hint], False, False
    if typing.get_origin(hint) is list:
        text, _, _ = _hint(typing.get_args(hint)[0], name)
        return f"{text}[]", False, False
    if _is_array(hint) and hint.__name__ in _ARRAYS:
        return _ARRAYS[hint.__name__], True, True
    raise SQLModelError(
        f"Function {name} has the type hint {getattr(hint, '__name__', hint)}, which is no SQL type: use float, int, "
        'str, bool, a pyarrow array class such as pa.DoubleArray, or Annotated[hint, "DECIMAL(10,2)"].'
    )


def _is_array(hint: Any) -> bool:
    return inspect.isclass(hint) and (getattr(hint, "__module__", "") or "").startswith("pyarrow")


def save_udfs(udfs: Mapping[str, Udf], folder: Path) -> UdfsSpec:
    """Writes the functions into a model's folder."""
    import cloudpickle

    data = _pickle({name: udf.function for name, udf in udfs.items()})
    (folder / UDF_FILE).write_bytes(data)
    from .spec import UdfsSpec

    return UdfsSpec(
        path=UDF_FILE,
        sha256=hashlib.sha256(data).hexdigest(),
        cloudpickle_version=cloudpickle.__version__,
        functions={name: udf.spec for name, udf in udfs.items()},
    )


def _pickle(functions: dict[str, Callable[..., Any]]) -> bytes:
    """The functions with the text of what they use, if it is of modules that no package installs elsewhere."""
    import cloudpickle

    names = {getattr(function, "__module__", None) or "" for function in functions.values()}
    known = cloudpickle.list_registry_pickle_by_value()
    roots = {name.partition(".")[0] for name in names} - set(known)
    modules = [sys.modules[root] for root in roots if _is_local(root)]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return cloudpickle.dumps(functions)
    except Exception:
        if not modules:
            raise
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    # A module holds what cannot be stored, such as a lock: by name then, and its code comes with code_paths.
    return cloudpickle.dumps(functions)


def _is_local(name: str) -> bool:
    module = sys.modules.get(name)
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
    paths = [Path(place).resolve() for place in places if place]
    installed = [Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    return name != "__main__" and bool(paths) and not any(root in path.parents for path in paths for root in installed)


def load_udfs(section: UdfsSpec, folder: Path, allowed: bool, code: str | None = None) -> dict[str, Udf]:
    """Reads the functions of a model.

    Args:
        section: What MLmodel says of them.
        folder: The model.
        allowed: Whether MLflow allows pickles here.
        code: The model's code folder, in which modules of the functions are looked up.

    Raises:
        ModelFileError: Pickles are not allowed here, or the file is missing or altered.
    """
    if not allowed:
        raise ModelFileError(
            "The model has Python functions (udfs), stored as a pickle, and reading pickles is not allowed here: "
            "set MLFLOW_ALLOW_PICKLE_DESERIALIZATION=true if you trust whoever made the model."
        )
    data = read_file(folder, UDF_FILE, MOST_PICKLE)
    if hashlib.sha256(data).hexdigest() != section.sha256:
        raise ModelFileError(f"The model's file {UDF_FILE} is not the one that was saved: its checksum differs.")
    import cloudpickle

    if code == "code" and (folder / code).is_dir() and str(folder / code) not in sys.path:
        sys.path.insert(0, str(folder / code))
    try:
        functions = cloudpickle.loads(data)
    except Exception as error:
        raise ModelFileError(
            f"The model's Python functions cannot be loaded ({type(error).__name__}): they were saved with cloudpickle "
            f"{section.cloudpickle_version}; install the model's requirements."
        ) from error
    if not isinstance(functions, dict) or set(functions) != set(section.functions):
        raise ModelFileError(f"The model's file {UDF_FILE} does not hold the functions MLmodel names.")
    return {name: Udf(name, functions[name], spec) for name, spec in section.functions.items()}
