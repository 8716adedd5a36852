"""SQL as a first-class MLflow model."""

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
from .version import __version__

__all__ = [
    "FLAVOR_NAME",
    "SQLModel",
    "__version__",
    "_load_pyfunc",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]
