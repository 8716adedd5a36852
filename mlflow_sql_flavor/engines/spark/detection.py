"""What tells Spark from outside: its frames, the names of its tables, its tasks. Nothing of it is imported."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["TABLE", "in_task", "is_frame", "is_table"]

#: What stands before the name of a table of Spark's catalog, where the path of a file could stand too.
TABLE = "spark:"

#: Set by Spark in its Python workers, and inherited by servers that MLflow starts there; never on the driver.
_WORKER_VARIABLES = ("PYTHON_WORKER_FACTORY_SECRET", "SPARK_REUSE_WORKER", "SPARK_SIMPLIFIED_TRACEBACK")


def is_frame(data: Any) -> TypeGuard[DataFrame]:
    """Whether the data is a Spark DataFrame."""
    return type(data).__module__.startswith("pyspark.sql.") and hasattr(data, "sparkSession")


def is_table(data: Any) -> bool:
    """Whether what a caller gave for a reference table is one of Spark's: a DataFrame, or ``"spark:name"``."""
    return is_frame(data) or (isinstance(data, str) and data.startswith(TABLE))


def in_task() -> bool:
    """Whether this process runs inside a Spark task, as under ``mlflow.pyfunc.spark_udf``.

    No one sign is there on classic Spark, Spark Connect and Sail alike, so that any of them counts.
    """
    if "pyspark.worker" in sys.modules or any(name in os.environ for name in _WORKER_VARIABLES):
        return True
    context = getattr(sys.modules.get("pyspark.taskcontext"), "TaskContext", None)  # never imported for the question
    return context is not None and context.get() is not None
