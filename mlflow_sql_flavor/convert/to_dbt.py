"""A model as a dbt model: its query with ``ref`` and ``var``, and a schema.yml whose unit test is the stored example.

The formats are those of https://docs.getdbt.com/reference/model-properties and
https://docs.getdbt.com/docs/build/unit-tests (dbt 1.8 and later).
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..artifact.example import stored
from ..compile.source_query import SourceQuery, stored_query
from ..engines.databases.results import plain, typed
from ..errors import InputError
from ..frames import reading, schema
from ..model import SQLModel, definition_of
from ..query.reading.qualified_names import split_name
from ..query.targets import literals, statements
from ..query.targets.columns import only_its_columns
from ..query.targets.render import render_for
from ..query.targets.rendered_query import Raw

__all__ = ["write_dbt"]

#: A reference table of more rows is left out of the unit test, and with it the test.
MOST_ROWS = 200


def write_dbt(
    model: SQLModel, folder: Path, name: str, dialect: str | None = None, seeds: Path | None = None
) -> list[Path]:
    """Writes a stored model's query as a dbt model.

    Args:
        model: The model.
        folder: Of the models in a dbt project.
        name: Of the dbt model.
        dialect: Of the warehouse; None for the model's own.
        seeds: The folder for the reference tables, as seeds; None writes none of them.

    Returns:
        The files: ``NAME.sql``; ``schema.yml``, or ``NAME.yml`` where there is one already; the seeds.

    Raises:
        InputError: The model is not stored, a file is there already, or the name is none of dbt's.
        QueryError: The query has no faithful form in the dialect.
    """
    from ..query.reading.parse import resolve_dialect

    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise InputError(
            f"{name[:60]!r} is no name of a dbt model: letters, digits and underscores. Give one by --name."
        )
    if model.udfs:
        raise InputError(f"The query calls Python functions ({', '.join(model.udfs)}): write them in SQL.")
    query = stored_query(definition_of(model))
    target = resolve_dialect(dialect) if dialect else query.parsed.dialect
    refs = {table: split_name(table, query.parsed.dialect)[-1] for table in query.types}
    _check_refs(refs, name)
    properties = _properties(model, query, refs, target, name, seeds is not None)
    described = folder / ("schema.yml" if not (folder / "schema.yml").exists() else f"{name}.yml")
    files: dict[Path, bytes] = {
        folder / f"{name}.sql": _text(query, refs, target).encode(),
        described: yaml.safe_dump(properties, allow_unicode=True, sort_keys=False, width=120).encode(),
    }
    for table in model.tables if seeds is not None else ():
        if table in refs:
            files[seeds / f"{refs[table]}.csv"] = _csv(model, table, list(query.types[table]))  # type: ignore[operator]
    there = [path for path in files if path.exists()]
    if there:
        raise InputError(f"There is a file {there[0].name!r} already: remove it, or take another name by --name.")
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def _check_refs(refs: Mapping[str, str], name: str) -> None:
    """Refuses names that dbt, whose ``ref`` takes one part of them, could not tell apart."""
    seen: dict[str, str] = {}
    for table, ref in refs.items():
        if ref.casefold() == name.casefold():
            raise InputError(
                f"The dbt model {name!r} would read itself, as the query's {table!r}: take another --name."
            )
        other = seen.setdefault(ref.casefold(), table)
        if other != table:
            raise InputError(
                f"{other!r} and {table!r} would both be {ref!r} in dbt: give one of them another name in the query."
            )


def _text(query: SourceQuery, refs: Mapping[str, str], target: str) -> str:
    values = query.parameters.values(None)
    folded = {name.casefold(): name for name in values}

    def marker(name: str, kind: str, number: int) -> str:
        own = folded[name.casefold()]
        exact = typed(own, values[own], query.parameters.types[own]).as_py()
        default = literals.literal(plain(exact, target), target)
        return f"{{{{ var({_quoted(own)}, {_quoted(default)}) }}}}"

    names = {}
    for table, ref in refs.items():
        around = only_its_columns("\0", query.types[table], query.parsed, target).split("\0")
        names[table] = Raw(f"{{{{ ref('{ref}') }}}}".join(map(_no_jinja, around)))
    found = render_for(
        query.parsed, target, query.types, query.parameters.types, names, marker, escape=_no_jinja
    )  # fmt: skip
    return f"{found.sql}\n"


def _quoted(text: str) -> str:
    """A text as Jinja reads it, which takes JSON's escapes but for those of two halves of a character."""
    return json.dumps(text, ensure_ascii=False)


def _no_jinja(text: str) -> str:
    """What Jinja would read, as the text of it."""
    return re.sub(r"\{[{%#]|[}%#]\}", lambda found: f'{{{{ "{found[0]}" }}}}', text)


def _properties(
    model: SQLModel, query: SourceQuery, refs: Mapping[str, str], target: str, name: str, seeds: bool
) -> dict[str, Any]:
    variables = {p: query.parameters.types[p] for p in query.parameters.types}
    told = "".join(f"\nvar {p}: a literal of {statements.type_in(kind, target)}." for p, kind in variables.items())
    columns = [
        {"name": column, "data_type": statements.type_in(kind, target)} for column, kind in query.outputs.items()
    ]
    found: dict[str, Any] = {
        "version": 2,
        "models": [{"name": name, "description": f"A SQL model of MLflow's.{told}", "columns": columns}],
    }
    listed = []
    for table in model.tables if seeds else ():
        if table not in refs:
            continue
        types = {c: statements.type_in(k, target) for c, k in query.types[table].items()}
        seed: dict[str, Any] = {"name": refs[table], "config": {"column_types": types}}
        unique = [key[0] for key in query.claims.get(table, []) if len(key) == 1]
        if unique:
            seed["columns"] = [{"name": column, "data_tests": ["unique"]} for column in unique]
        listed.append(seed)
    if listed:
        found["seeds"] = listed
    test = _unit_test(model, query, refs, name)
    if test is not None:
        found["unit_tests"] = [test]
    return found


def _unit_test(model: SQLModel, query: SourceQuery, refs: Mapping[str, str], name: str) -> dict[str, Any] | None:
    """The stored example as dbt's unit test; None without an example, or with tables that are no text to read."""
    folder, given = definition_of(model).folder, []
    assert folder is not None
    data = None
    for table, types in query.types.items():
        if table == model.input_table:
            try:
                data = stored(folder)[0]
            except InputError:
                return None
            rows = reading.read(data, schema.arrow_schema(types)).table
        else:
            reference = model.tables[table]
            if reference.rows > MOST_ROWS:
                return None
            rows = _rows(model, table, list(types))
        given.append({"input": f"ref('{refs[table]}')", "rows": _plain(rows.to_pylist())})
    expected = model.predict(data, output="arrow")
    return {
        "name": f"{name}_example",
        "description": "The model's stored example, and what the model gives for it.",
        "model": name,
        "given": given,
        "expect": {"rows": _plain(expected.to_pylist())},
    }


def _rows(model: SQLModel, table: str, columns: list[str]) -> Any:
    import pyarrow.parquet as pq

    data = model.tables[table].source(columns).data
    return pq.read_table(data, columns=columns) if isinstance(data, Path) else data.select(columns)


def _csv(model: SQLModel, table: str, columns: list[str]) -> bytes:
    import io

    import pyarrow.csv as pc

    out = io.BytesIO()
    pc.write_csv(_rows(model, table, columns), out, pc.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def _plain(value: Any) -> Any:
    """A value as YAML and dbt, which reads Jinja in every text of a schema.yml, read it."""
    if isinstance(value, str):
        return _no_jinja(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (decimal.Decimal, datetime.date, datetime.time, datetime.timedelta)):
        return str(value)
    return value
