"""What this version makes of a stored model's text, for a process of its own: the text is a stranger's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..artifact.functions import Udf
from ..artifact.spec import SqlSpec
from ..artifact.tables import stored_table
from ..compile.gates import compile_query
from ..engines.sandbox import Limits, TableSource
from ..frames.schema import arrow_schema
from ..report.folder import pages

__all__ = ["main", "of_spec"]


def main(data: bytes) -> bytes:
    """``[section, folder, signature]`` to ``[what of_spec gives, {page: checksum}]``, both as JSON."""
    section, folder, signature = json.loads(data)
    spec = SqlSpec.read(section)
    found = of_spec(spec, Path(folder))
    return json.dumps([found, _pages(spec, Path(folder), signature)]).encode()


def _pages(spec: SqlSpec, folder: Path, signature: Any) -> dict[str, str]:
    """Checksums of the pages for people that this version writes for the model; none where it cannot."""
    from mlflow.models import ModelSignature

    try:
        found = pages(folder, spec, ModelSignature.from_dict(signature) if signature else None)
    except Exception:
        return {}
    return {name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in found.items()}


def of_spec(spec: SqlSpec, folder: Path) -> dict[str, Any]:
    """The keys of the ``sql`` section that follow from its text, compiled again from its types.

    Args:
        spec: The section.
        folder: The model, for the types of its tables.

    Raises:
        SQLModelError: This version refuses the text.
    """
    from ..query.reading.parse import parse

    tables = {name: stored_table(name, table, folder, content=False).types for name, table in spec.tables.items()}
    claims = {name.casefold(): [set(map(str.casefold, key)) for key in t.unique] for name, t in spec.tables.items()}
    compiled = compile_query(
        parse(spec.sql, spec.dialect),
        input_table=spec.input_table,
        input_types=spec.input_types,
        param_types=spec.param_types,
        tables=tables,
        source=lambda name, columns: _empty(_of(tables, name), columns),
        # What was unique when it was saved is recorded as far as the rows rest on it.
        unique=lambda name, columns, loose: any(
            key <= set(map(str.casefold, columns)) for key in claims.get(name.casefold(), [])
        ),
        udfs=_functions(spec),
        limits=replace(Limits.default(), threads=1),
        allow=spec.allow,
    )
    return {
        "duckdb_sql": compiled.program.sql,
        "rows": compiled.program.rows,
        "output_types": dict(compiled.program.output_types),
        "param_types": dict(compiled.param_types),
        "compat": compiled.compat.model_dump(),
        "level": compiled.level,
        "nondeterminism": [[f.kind, f.line, f.column, f.message] for f in compiled.nondeterminism],
    }


def _of(tables: Mapping[str, Mapping[str, str]], name: str) -> Mapping[str, str]:
    return next(types for known, types in tables.items() if known.casefold() == name.casefold())


def _empty(types: Mapping[str, str], columns: list[str] | None) -> TableSource:
    return TableSource(arrow_schema(types).empty_table(), columns)


def _functions(spec: SqlSpec) -> dict[str, Udf]:
    """Functions of the stored types in the place of the model's own, none of whose code is read."""

    def unknown(*_: Any) -> Any:
        raise ValueError("the model's functions are not run here")

    return {name: Udf(name, unknown, udf) for name, udf in (spec.udfs.functions if spec.udfs else {}).items()}
