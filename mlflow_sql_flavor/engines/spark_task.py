"""Whether this process is one in which Spark calls a model batch by batch."""

from __future__ import annotations

import os
import sys

__all__ = ["in_task"]

#: Set by Spark in its Python workers, and inherited by servers that MLflow starts there; never on the driver.
_WORKER_VARIABLES = ("PYTHON_WORKER_FACTORY_SECRET", "SPARK_REUSE_WORKER", "SPARK_SIMPLIFIED_TRACEBACK")


def in_task() -> bool:
    """Whether this process runs inside a Spark task, as under ``mlflow.pyfunc.spark_udf``.

    No one sign is there on classic Spark, Spark Connect and Sail alike, so that any of them counts.
    """
    if "pyspark.worker" in sys.modules or any(name in os.environ for name in _WORKER_VARIABLES):
        return True
    context = getattr(sys.modules.get("pyspark.taskcontext"), "TaskContext", None)  # never imported for the question
    return context is not None and context.get() is not None
