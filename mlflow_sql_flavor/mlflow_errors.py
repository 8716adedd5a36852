"""The package's errors as MLflow's: what its public functions raise is caught as ``MlflowException`` too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2

from . import errors

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["public", "public_reader"]

_T = TypeVar("_T", bound=Callable[..., Any])


class _Raised(errors.SQLModelError, MlflowException):
    _plain: type[errors.SQLModelError]

    def __init__(self, message: str, *more: Any, **named: Any) -> None:
        super().__init__(message, *more, **named)
        _fill(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._plain, self.args, self.__dict__)


def _fill(error: Any) -> None:
    MlflowException.__init__(error, error.message, error_code=getattr(databricks_pb2, error.code))


#: ``{error: the same as MLflow's}``, with the names by which users import and read them.
_RAISED: dict[type[errors.SQLModelError], type[_Raised]] = {}


def _pair(plain: type[errors.SQLModelError], bases: tuple[type, ...]) -> None:
    narrower = [each for each in plain.__subclasses__() if each is not _Raised]
    named = {"__module__": plain.__module__, "__doc__": plain.__doc__, "_plain": plain}
    _RAISED[plain] = raised = type(plain.__name__, bases, named)
    for each in narrower:
        _pair(each, (each, raised))


_pair(errors.SQLModelError, (_Raised,))


def _as_mlflow(error: errors.SQLModelError) -> None:
    """Makes the error MLflow's in its place, so that its cause, context, notes and traceback stay its own."""
    if not isinstance(error, _Raised):
        known = next(kind for kind in type(error).__mro__ if kind in _RAISED)
        if known is not type(error):  # a class of a caller's own
            _pair(type(error), (type(error), _RAISED[known]))
        error.__class__ = _RAISED[type(error)]
        _fill(error)


def _restored(plain: type[errors.SQLModelError], args: tuple[Any, ...], state: dict[str, Any]) -> errors.SQLModelError:
    error = plain(*args)
    _as_mlflow(error)
    error.__dict__.update(state)
    return error


def public(what: _T) -> _T:
    """Decorates a public function, or a class with public methods: its errors leave it as MLflow's.

    An argument that is of none of the kinds that its annotation names is such an error.
    """
    if inspect.isclass(what):
        for name, member in list(vars(what).items()):
            if not name.startswith("_") or name in ("__init__", "_repr_html_"):
                setattr(what, name, _member(member))
        return what

    look = _look(what)

    @functools.wraps(what)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            if look is not None:
                look(args, kwargs)
            return what(*args, **kwargs)
        except errors.SQLModelError as error:
            _as_mlflow(error)
            raise
        except ImportError as error:
            if (told := errors.left_out(error)) is None:
                raise
            refused = errors.InputError(told)
            _as_mlflow(refused)
            raise refused from error

    return call  # type: ignore[return-value]


def _look(what: Callable[..., Any]) -> Callable[..., None] | None:
    """What refuses arguments of the wrong kind; None in the code that a model brings, which MLflow calls."""
    try:
        from .argument_kinds import refuse_wrong_kinds
    except ModuleNotFoundError:
        return None
    return refuse_wrong_kinds(what)


def _member(member: Any) -> Any:
    if isinstance(member, classmethod | staticmethod):
        return type(member)(public(member.__func__))
    if isinstance(member, property) and member.fget is not None:
        return member.getter(public(member.fget))
    return public(member) if inspect.isfunction(member) else member


def public_reader(result: Any) -> Any:
    """The result; of a ``pyarrow.RecordBatchReader`` one whose errors, while it is read, are MLflow's."""
    import pyarrow as pa

    if not isinstance(result, pa.RecordBatchReader):
        return result

    @public
    def read() -> pa.RecordBatch | None:
        return next(result, None)

    return pa.RecordBatchReader.from_batches(result.schema, iter(read, None))
