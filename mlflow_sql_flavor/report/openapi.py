"""A served model as an OpenAPI document: what ``/invocations`` of MLflow's server takes and gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..frames.mlflow_schema import to_mlflow
from ..frames.schema import parsed_type, type_name
from .escaping import shortened, visible
from .facts import Facts

__all__ = ["openapi"]

_SCALARS: dict[str, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "format": "int32"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "string": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "datetime": {"type": "string", "description": "a date and time such as 2024-03-01T10:00:00"},
}


def openapi(facts: Facts, signature: Any, name: str) -> dict[str, Any]:
    """The document, of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), whose schemas are JSON Schema.

    Args:
        facts: The model.
        signature: Its MLflow signature.
        name: What the document calls it.
    """
    inputs, params = getattr(signature, "inputs", None), getattr(signature, "params", None)
    row = _row(inputs.inputs if inputs is not None else (), True, facts.inputs or {})
    answer = _row(signature.outputs.inputs if getattr(signature, "outputs", None) is not None else (), False, {})
    if facts.prediction_column:
        # A Series is answered as a frame of one column.
        column = facts.prediction_column
        answer = {"type": "object", "properties": {column: answer["properties"].get(column, {})}, "required": [column]}
    request = _request(row)
    if params is not None and params.params:
        request["properties"]["params"] = {"$ref": "#/components/schemas/Parameters"}
    schemas = {"Row": row, "Request": request, "Answer": answer, "Error": _ERROR}
    if params is not None and params.params:
        schemas["Parameters"] = {"type": "object", "properties": {spec.name: _param(spec) for spec in params.params}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}, "required": True}
    predictions = {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}
    given = {"type": "object", "properties": {"predictions": predictions}, "required": ["predictions"]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": visible(name, line=True),
            "version": facts.versions.get("mlflow-sql-flavor", "1"),
            "description": shortened(visible(f"A query in {facts.dialect}:\n\n{facts.sql}"), 20_000),
        },
        "paths": {
            "/invocations": {
                "post": {
                    "summary": "The query's answer for these rows",
                    "requestBody": body,
                    "responses": {
                        "200": {"description": "The rows", "content": {"application/json": {"schema": given}}},
                        "400": _refusal("What the caller can mend"),
                        "500": _refusal("What the caller cannot mend"),
                    },
                }
            }
        },
        "components": {"schemas": schemas},
    }


_ERROR = {
    "type": "object",
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error_code", "message"],
}


def _refusal(what: str) -> dict[str, Any]:
    return {"description": what, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}


def _row(specs: Any, ask: bool, types: Mapping[str, str]) -> dict[str, Any]:
    """One row: of a request without the columns that may be left out among the required ones, of an answer all."""
    found = {spec.name: _nullable(_schema(spec.type, types.get(spec.name)), not spec.required) for spec in specs}
    required = [spec.name for spec in specs if spec.required or not ask]
    return {"type": "object", "properties": found, **({"required": required} if required else {})}


def _request(row: dict[str, Any]) -> dict[str, Any]:
    """Rows in either form; for a query that reads no input the data that MLflow's server asks for all the same."""
    if not row["properties"]:
        forms = {"inputs": {"type": ["object", "array"], "maxProperties": 0, "description": "read by nothing"}}
    else:
        records = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}
        # No record names the columns: without rows it takes dataframe_split.
        forms = {
            "dataframe_records": {**records, **({"minItems": 1} if "required" in row else {})},
            "dataframe_split": _split(row),
        }
    return {"type": "object", "properties": forms, "oneOf": [{"required": [form]} for form in forms]}


def _split(row: dict[str, Any]) -> dict[str, Any]:
    names = {"type": "array", "items": {"type": "string"}}
    if row["properties"]:
        names["description"] = f"of {', '.join(row['properties'])}"
    data = {"type": "array", "items": {"type": "array"}}
    return {"type": "object", "properties": {"columns": names, "data": data}, "required": ["columns", "data"]}


def _param(spec: Any) -> dict[str, Any]:
    found = _schema(spec.dtype)
    if spec.shape is not None:
        found = {"type": "array", "items": found}
    if _is_json(spec.default):
        found = {**found, "default": spec.default}
    return _nullable(found, spec.shape is None)  # of MLflow's server a list may not be null


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, (bool, int, str, type(None))) or (isinstance(value, float) and math.isfinite(value))


def _schema(kind: Any, text: str | None = None) -> dict[str, Any]:
    """The JSON Schema of an MLflow type.

    Args:
        kind: The type.
        text: DuckDB's, which says what a column is that MLflow is to hand on as it is, as one of ``any``.
    """
    from mlflow.types.schema import AnyType, Array, Map, Object

    if isinstance(kind, AnyType):
        return _own(text) if text is not None else {}
    parsed = parsed_type(text) if text is not None else None
    nested = parsed is not None and type_name(parsed) in ("LIST", "ARRAY", "STRUCT", "MAP")
    inner = {name: str(child) for name, child in parsed.children} if parsed is not None and nested else {}
    if isinstance(kind, Array):
        return {"type": "array", "items": _nullable(_schema(kind.dtype, inner.get("child")), True)}
    if isinstance(kind, Map):
        return {"type": "object", "additionalProperties": _nullable(_schema(kind.value_type, inner.get("value")), True)}
    if isinstance(kind, Object):
        return {
            "type": "object",
            "properties": {p.name: _nullable(_schema(p.dtype, inner.get(p.name)), True) for p in kind.properties},
        }
    return dict(_SCALARS[kind.name])


def _own(text: str) -> dict[str, Any]:
    """Of DuckDB's type; bytes within others are not read as base64, and a wide integer has no format."""
    found = _schema(to_mlflow(text))
    if "BLOB" in text:
        return {}
    return {"type": "integer"} if found == _SCALARS["long"] and text != "BIGINT" else found


def _nullable(schema: dict[str, Any], may: bool) -> dict[str, Any]:
    if not may or "type" not in schema:
        return schema
    return {**schema, "type": [schema["type"], "null"]}
