"""SQL as a first-class MLflow model."""

from typing import TYPE_CHECKING, Any

from .flavor import (
    FLAVOR_NAME,
    _load_pyfunc,
    get_default_conda_env,
    get_default_pip_requirements,
    load_model,
    log_model,
    save_model,
)
from .model import SQLModel
from .review.diff import diff
from .version import __version__

if TYPE_CHECKING:
    from .convert import from_sklearn

__all__ = [
    "FLAVOR_NAME",
    "SQLModel",
    "__version__",
    "_load_pyfunc",
    "diff",
    "from_sklearn",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]


def __getattr__(name: str) -> Any:
    if name == "from_sklearn":  # when asked for: it is of an extra, and no model needs it to be loaded or served
        from .convert import from_sklearn

        return from_sklearn
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
