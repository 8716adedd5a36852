"""What calls of a model take and give, as type checkers read it; nothing here is imported at run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from pyspark.sql import DataFrame as SparkFrame

    #: What gives a pandas DataFrame where nothing else is asked for.
    PandasLike: TypeAlias = (
        pd.DataFrame | pd.Series[Any] | Mapping[str, Any] | Sequence[Mapping[str, Any]] | np.ndarray[Any, Any]
    )
    #: What gives an Arrow table.
    ArrowLike: TypeAlias = pa.Table | pa.RecordBatch | pa.RecordBatchReader
    #: What a query's rows may come as.
    Frame: TypeAlias = pd.DataFrame | pl.DataFrame | pa.Table | SparkFrame
    #: ``{name: value}`` of the placeholders.
    Params: TypeAlias = Mapping[str, Any] | None
    #: A kind of frame, by name.
    Output: TypeAlias = Literal["pandas", "arrow", "polars"]
