"""What a model is made of, to be read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..mlflow_errors import public

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

    from ..artifact.functions import Udf
    from ..artifact.model_description import ModelDescription
    from ..artifact.spec import SqlSpec
    from ..artifact.tables import ReferenceTable
    from ..compile.compiled_model import CompiledModel
    from ..engines.limits import Limits

__all__ = ["Properties"]


@public
class Properties:
    """The properties of :class:`SQLModel`: its definition's."""

    _compiled_model: CompiledModel

    @property
    def sql(self) -> str:
        """The query, as written."""
        return self._compiled_model.definition.sql

    @property
    def dialect(self) -> str:
        """The dialect it is written in, by sqlglot's name."""
        return self._compiled_model.definition.dialect

    @property
    def input_table(self) -> str:
        """The name by which the query reads the input."""
        return self._compiled_model.definition.input_table

    @property
    def tables(self) -> dict[str, ReferenceTable]:
        """The reference tables by name."""
        return dict(self._compiled_model.definition.tables)

    @property
    def udfs(self) -> dict[str, Udf]:
        """The Python functions by name."""
        return dict(self._compiled_model.definition.udfs)

    @property
    def input_types(self) -> dict[str, str]:
        """``{column: DuckDB type}`` that the writer declared; of a stored model, of all of its input."""
        return dict(self._compiled_model.definition.input_types)

    @property
    def signature(self) -> ModelSignature | None:
        """``mlflow.models.ModelSignature`` or None."""
        return self._compiled_model.definition.signature

    @property
    def prediction_column(self) -> str | None:
        """The one column that ``pyfunc`` returns; None for all."""
        return self._compiled_model.definition.prediction_column

    @property
    def model_limits(self) -> dict[str, Any]:
        """The limits that the model itself sets."""
        return dict(self._compiled_model.definition.own_limits)

    @property
    def limits(self) -> Limits:
        """What it may take: the smaller of the model's own limits and the loader's."""
        return self._compiled_model.definition.limits

    @property
    def allow(self) -> tuple[str, ...]:
        """Refusals that the writer accepts, by name."""
        return self._compiled_model.definition.allow

    @property
    def spec(self) -> SqlSpec | None:
        """The ``sql`` section of its MLmodel; None of a model that is not stored."""
        return self._compiled_model.definition.spec

    @property
    def about(self) -> ModelDescription | None:
        """What its maker tells of it beside the query; None of a model that a user wrote."""
        return self._compiled_model.definition.about
