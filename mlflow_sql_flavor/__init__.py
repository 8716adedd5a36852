"""SQL as a first-class MLflow model."""

# Nothing is imported here, so that the command line is soon where it can answer Ctrl-C.
TYPE_CHECKING = False  # as type checkers read it
if TYPE_CHECKING:
    from typing import Any

    from .convert import from_sklearn
    from .convert.dbt import from_dbt
    from .flavor import (
        get_default_conda_env,
        get_default_pip_requirements,
        log_model,
        save_model,
    )
    from .model import SQLModel
    from .pyfunc import FLAVOR_NAME, load_model
    from .pyfunc import _load_pyfunc as _load_pyfunc
    from .review.diff import diff
    from .version import __version__

__all__ = [
    "FLAVOR_NAME",
    "SQLModel",
    "__version__",
    "diff",
    "from_dbt",
    "from_sklearn",
    "get_default_conda_env",
    "get_default_pip_requirements",
    "load_model",
    "log_model",
    "save_model",
]

#: Where the names are that are looked up when they are asked for: most bring MLflow, whose import takes seconds.
_HOME = {
    "FLAVOR_NAME": "pyfunc",
    "SQLModel": "model",
    "__version__": "version",
    "_load_pyfunc": "pyfunc",
    "diff": "review.diff",
    "from_dbt": "convert.dbt",
    "from_sklearn": "convert",
    "get_default_conda_env": "flavor",
    "get_default_pip_requirements": "flavor",
    "load_model": "pyfunc",
    "log_model": "flavor",
    "save_model": "flavor",
}


if not TYPE_CHECKING:  # a name that is misspelt stays an error to type checkers

    def __getattr__(name: str) -> "Any":
        import importlib.util

        if name in _HOME:
            try:
                module = importlib.import_module(f".{_HOME[name]}", __name__)
            except ImportError as error:
                from .errors import left_out

                raise ImportError(left_out(error) or str(error), name=error.name) from error
            globals()[name] = value = getattr(module, name)
            return value
        if not name.startswith("__") and "." not in name and importlib.util.find_spec(f"{__name__}.{name}") is not None:
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
