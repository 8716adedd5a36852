"""A model's query in another dialect, with the types that the model knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .binder import Binder

__all__ = ["rendered"]


def rendered(binder: Binder, dialect: str, data: Any = None, params: Mapping[str, Any] | None = None) -> str:
    """What :meth:`SQLModel.to_sql` does."""
    from ..query.reading.parse import parse, resolve_dialect
    from ..query.targets.render import render

    model = binder.definition
    target = resolve_dialect(dialect)
    query = binder.query or parse(model.sql, model.dialect)
    if target == query.dialect:
        return model.sql
    known: dict[str, Mapping[str, str]] = {name: table.types for name, table in model.tables.items()}
    types = dict(model.spec.input_types or {}) if model.spec is not None else model.types_of(data)
    if types:
        known[model.input_table] = types
    kinds = dict(model.spec.param_types) if model.spec is not None else binder.param_types(query, params)
    return render(query, target, known, kinds, model.allow)
