"""A model's MLflow signature: of what its writer gave, its example and its query, each where the others say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..artifact.example import parameter
from ..errors import InputError, NotGivenError
from ..frames import reading, schema
from ..frames.mlflow_schema import mlflow_schema, to_mlflow
from ..frames.parameters import of_text

if TYPE_CHECKING:
    import pyarrow as pa
    from mlflow.models import ModelSignature
    from mlflow.types import Schema

    from .bound_query import Bound

__all__ = ["check_defaults", "signature_of", "values_given"]


def values_given(signature: ModelSignature | None, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """``{parameter: value}`` of an example, and of the rest the signature's defaults."""
    declared = getattr(signature, "params", None)
    defaults = {spec.name: spec.default for spec in declared.params} if declared is not None else {}
    return {**defaults, **(params or {})}


def signature_of(
    bound: Bound,
    given: ModelSignature | None,
    data: reading.Data | None,
    params: Mapping[str, Any] | None,
    types: Mapping[str, str] | None,
    texts: Mapping[str, str | None],
) -> ModelSignature:
    """The signature of MLmodel: inputs and parameters as given or as the example has them, outputs as DuckDB has them.

    Args:
        bound: The compiled query.
        given: The writer's ``ModelSignature``, or None.
        data: The example's data, or None.
        params: The example's values of the parameters, or None.
        types: ``{column: DuckDB type}`` of the input; None if the query reads none.
        texts: ``{folded parameter: value as text}`` of those that the query itself sets.

    Raises:
        InputError: MLflow has no type for a parameter.
    """
    from mlflow.models import ModelSignature

    inputs = getattr(given, "inputs", None)
    if inputs is None and types is not None:
        inputs = _inferred(data, types)
    declared: Any = getattr(given, "params", None)
    if declared is None and bound.parameters.types:
        declared = _param_schema(bound, params or {}, texts)
    outputs = _outputs(bound.program.output_types, getattr(given, "outputs", None))
    return ModelSignature(inputs=inputs, outputs=outputs, params=declared)


def _outputs(types: Mapping[str, str], given: Schema | None) -> Schema:
    """Any column of a query may be NULL, so each is optional but where the writer says otherwise."""
    own = mlflow_schema(types, optional=True)
    known = {(spec.name, str(spec.type)): spec for spec in given.inputs} if given is not None else {}
    return type(own)([known.get((spec.name, str(spec.type)), spec) for spec in own.inputs])


def _inferred(data: reading.Data | None, types: Mapping[str, str]) -> Schema:
    """The inputs of an example's columns: as in MLflow's own inference, one with a NULL is optional.

    MLflow's ``long`` takes no NULL and its ``double`` no integers: a column of both is signed as ``any``, which takes
    each; the exact type is the model's own. So is what else MLflow refuses or changes on its way to the model.
    """
    from mlflow.types import ColSpec, Schema

    kinds = {spec.name: _unchanged(spec.type, types[spec.name]) for spec in mlflow_schema(types).inputs}
    if data is None:
        return Schema([ColSpec(kind, name) for name, kind in kinds.items()])
    table = reading.read(data, schema.arrow_schema(types)).table
    specs: list[Any] = []
    for name, kind in kinds.items():
        column = table.column(name)
        specs.append(ColSpec(_with_nulls(kind, column), name, required=column.null_count == 0))
    return Schema(specs)


#: Their values may be beyond what MLflow's ``long`` has, and it takes no unsigned 64 bits of pandas at all.
_WIDE = ("UBIGINT", "HUGEINT", "UHUGEINT", "DECIMAL(38,0)")


def _unchanged(kind: Any, text: str) -> Any:
    """MLflow's type for a column of any values: ``AnyType`` where its own would refuse or change some on their way.

    Texts and bytes within a list become numpy's of a fixed width there: ``['Seoul', None]`` becomes ``['S', 'N']``, and
    a zero at the end is lost (``mlflow.models.utils._enforce_array``).

    Args:
        kind: Its own type: a ``DataType``, ``Array``, ``Object`` or ``Map``.
        text: DuckDB's.
    """
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType, Array, Map, Object, Property

    if isinstance(kind, DataType):
        return AnyType() if text in _WIDE else kind
    inner = {name: str(child) for name, child in schema.parsed_type(text).children}
    if isinstance(kind, Array):
        own = _unchanged(kind.dtype, inner["child"])
        return Array(AnyType() if own in (DataType.string, DataType.binary) else own)
    if isinstance(kind, Object):
        return Object([Property(p.name, _unchanged(p.dtype, inner[p.name]), required=False) for p in kind.properties])
    return Map(_unchanged(kind.value_type, inner["value"]))


def _with_nulls(kind: Any, column: pa.ChunkedArray) -> Any:
    """MLflow's type for a column as its values are: ``AnyType`` for integers and booleans where a NULL is among them.

    MLflow's integers take no NULL, in a frame or in JSON, its boolean none of pandas' own, and its double no int64
    (https://mlflow.org/docs/latest/ml/model/signatures/, "Handling Integers With Missing Values").

    Args:
        kind: The type without NULL: a ``DataType``, ``Array``, ``Object`` or ``Map``.
        column: The values.

    Returns:
        The type to sign.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from mlflow.types import DataType
    from mlflow.types.schema import AnyType, Array, Map, Object, Property

    if kind in (DataType.integer, DataType.long, DataType.boolean):
        return AnyType() if column.null_count else kind
    if _unread(kind) or (isinstance(kind, Map) and _has_null(column)):
        return AnyType()
    if isinstance(kind, Array):
        return Array(_with_nulls(kind.dtype, pc.list_flatten(column)))
    if isinstance(kind, Map):
        return Map(_with_nulls(kind.value_type, pa.chunked_array([chunk.items for chunk in column.chunks])))
    if isinstance(kind, Object):  # what is no list there may be left out, and so may be NULL
        fields = [
            (each, pc.struct_field(column, each.name) if isinstance(each.dtype, (Array, Map, Object)) else None)
            for each in kind.properties
        ]
        return Object(
            [Property(each.name, each.dtype if of is None else _with_nulls(each.dtype, of), required=False)
             for each, of in fields]
        )  # fmt: skip
    return kind


def _unread(kind: Any) -> bool:
    """Whether MLflow takes no such values from a frame or from JSON: moments and 32-bit floats within others."""
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Map, Object

    inner: list[Any] = []
    if isinstance(kind, Array):
        inner = [kind.dtype]
    elif isinstance(kind, Map):
        inner = [kind.value_type]
    elif isinstance(kind, Object):
        inner = [each.dtype for each in kind.properties]
    return any(each in (DataType.datetime, DataType.float) or _unread(each) for each in inner)


def _has_null(column: pa.ChunkedArray) -> bool:
    """Whether a value of a map is NULL."""
    return any(chunk.items.null_count > 0 for chunk in column.chunks)


def _param_schema(bound: Bound, params: Mapping[str, Any], texts: Mapping[str, str | None]) -> Any:
    from mlflow.types import ParamSchema, ParamSpec
    from mlflow.types.schema import Array, DataType

    kinds = {name.casefold(): kind for name, kind in bound.parameters.types.items()}
    folded = {name: of_text(text, kinds[name]) for name, text in texts.items() if name in kinds}
    folded |= {str(name).casefold(): value for name, value in params.items()}
    specs = []
    for name, kind in bound.parameters.types.items():
        mlflow_type = to_mlflow(kind)
        shape = None
        if isinstance(mlflow_type, Array):
            mlflow_type, shape = mlflow_type.dtype, (-1,)
        if not isinstance(mlflow_type, DataType):
            raise InputError(f"Parameter {name!r} is of type {kind}, which MLflow has no parameter type for.")
        if name.casefold() in folded:
            default = parameter(folded[name.casefold()])
            specs.append(ParamSpec(name=name, dtype=mlflow_type, default=default, shape=shape))
    return ParamSchema(specs)


def check_defaults(bound: Bound, signature: ModelSignature, texts: Mapping[str, str | None]) -> None:
    """Refuses a signature that has no default of some placeholder, where the query itself sets none either.

    Raises:
        NotGivenError: It has none; names the placeholder.
    """
    known = {spec.name.casefold() for spec in signature.params.params} if signature.params is not None else set()
    for name in bound.parameters.types:
        if name.casefold() not in known and name.casefold() not in texts:
            raise NotGivenError(
                f"Parameter {name!r} has no default value",
                name=name,
                what=f"give one in input_example's params (input_example=(data, {{{name!r}: value}})) or in the "
                "signature's params",
            )
