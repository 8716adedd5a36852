"""A model's query in another dialect, with the types that the model knows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import QueryError, SQLModelError

if TYPE_CHECKING:
    from ..artifact.spec import SqlSpec
    from ..query.reading.parsed_query import ParsedQuery
    from .compiled_model import CompiledModel

__all__ = ["rendered"]

_logger = logging.getLogger(__name__)


def rendered(
    compiled_model: CompiledModel, dialect: str, data: Any = None, params: Mapping[str, Any] | None = None
) -> str:
    """What :meth:`SQLModel.to_sql` does."""
    from ..query.reading.parse import resolve_dialect
    from ..query.targets.render import render

    model = compiled_model.definition
    target = resolve_dialect(dialect)
    query = model.query
    if model.spec is not None and model.folder is not None:
        _check_shown(model.spec, model.folder, query)
    if target == query.dialect:
        return model.sql
    known: dict[str, Mapping[str, str]] = {name: table.types for name, table in model.tables.items()}
    types = dict(model.spec.input_types or {}) if model.spec is not None else model.types_of(data)
    if types:
        known[model.input_table] = types
    # Typed again after `_check_shown`: what is written keeps the shape that the dialect's steps change for DuckDB.
    kinds = dict(model.spec.param_types) if model.spec is not None else compiled_model.param_types(params)
    return render(query, target, known, kinds, model.allow)


def _check_shown(spec: SqlSpec, folder: Path, query: ParsedQuery) -> None:
    """Refuses to write out a text that is not the one that runs, where that can be told; else says so."""
    from .recompilation import recompiled_section, same_versions, stored_section

    try:
        differs = recompiled_section(spec, folder, query)["duckdb_sql"] != stored_section(spec)["duckdb_sql"]
        reason = ""
    except SQLModelError as error:
        differs, reason = True, f" {error.message}"
    if not differs or (spec.translation is not None and spec.translation.kind == "converted"):
        return
    if same_versions(spec):
        raise QueryError(f"MLmodel's sql is not the one that runs: somebody edited the file.{reason}")
    _logger.warning("This version translates the model's sql in another way than the one that saved it, which runs.")
