"""``from_dbt``: a model of a dbt project as a SQL model, its unit tests run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...artifact.model_description import ModelDescription
from ...artifact.tables import open_table
from ...engines.databases import drivers
from ...engines.databases.connection import failing
from ...errors import InputError, QueryError
from ...frames.schema import arrow_schema
from ...mlflow_errors import public
from ...model import SQLModel, with_description
from ...query.reading.qualified_names import known_name
from .columns import Columns, columns_of
from .project import Node, Project
from .reads import reads
from .rows import seed
from .types import ANY_DIGITS
from .unit_tests import Tested

if TYPE_CHECKING:
    from ...engines.databases.drivers import Connectable
    from ...frames.reading import Data

__all__ = ["from_dbt"]


@public
def from_dbt(
    project_or_target_dir: str | os.PathLike[str],
    model: str,
    input: str | None = None,
    tables: Mapping[str, Data | str | os.PathLike[str]] | None = None,
    connection: Connectable | None = None,
) -> SQLModel:
    """A model of a dbt project as a SQL model: the SQL that dbt compiled, with the tables it reads.

    ``manifest.json`` of dbt 1.8 to 1.12 is read; nothing of dbt is imported or run. Seeds are read from the project.
    The model's unit tests are run over its compiled text, and the first one that gives rows of the input brings the
    input example. Types are those of ``catalog.json`` where ``dbt docs generate`` wrote one.

    Args:
        project_or_target_dir: The project's folder, or the folder with its ``manifest.json``.
        model: The model's name; ``"package.name"``, ``"name.v2"`` or its unique id where that is not enough.
        input: The parent that is the prediction's input, as ``"stg_orders"``, ``"raw.events"``, or as the model writes
            it: ``"ref('stg_orders')"``. Needed if the model reads more than one.
        tables: Rows of the other parents: ``{parent, named as for input: pandas, polars or Arrow table, or path of
            .parquet or .csv}``.
        connection: A connection to the database, as for ``run_on``, from which parents are read that are no seeds and
            not among ``tables``.

    Returns:
        The model, in the dialect of the project's adapter: ready for ``log_model``. Its card has the project's
        descriptions, its metadata the unique id, the project and the tags.

    Raises:
        InputError: There is no such project, model or parent, or a parent has no rows.
        QueryError: The compiled text is not accepted, or a unit test fails: the message shows the rows.
    """
    project = Project.open(project_or_target_dir)
    node = project.model(model)
    sql = project.compiled(node)
    parents, others = _read(project, node, sql)
    chosen = _input(project, node, parents, input)
    given = _given(project, node, [*parents], others, tables)
    found = {
        parent.unique_id: _rows(project, node, parent, given, connection) for parent in parents if parent is not chosen
    }
    known = columns_of(project, project.parents(node), {**given, **found})
    tested = Tested(project, node, sql, known)
    verdicts = tested.verdicts()
    named = {str(parent.relation_name): found[parent.unique_id] for parent in parents if parent is not chosen}
    named |= {name: given[name] for name in others}
    if chosen is None:
        made = SQLModel(sql, project.dialect, tables=named)
    else:
        name = str(chosen.relation_name)
        types = _input_types(sql, project, known[chosen.unique_id], name, named)
        made = SQLModel(sql, project.dialect, tables=named, input_table=name, input_types=types)
    example = tested.example(chosen) if chosen is not None else None
    if example is not None and made.input_types:
        example = example.select([name for name in example.column_names if name in made.input_types])
    remarks: tuple[str, ...] = ()
    if not verdicts:
        remarks = ("The dbt model has no unit test, so no example is stored.",)
    elif chosen is not None and example is None:
        remarks = (f"No unit test gives rows of {chosen.title}, so no example is stored.",)
    return with_description(
        made,
        ModelDescription(
            description=node.description or None,
            columns={name: column.description for name, column in node.columns.items() if column.description},
            remarks=remarks,
            metadata={
                "dbt": {
                    "unique_id": node.unique_id,
                    "project": project.name,
                    "tags": list(node.tags),
                    "dbt_version": project.dbt_version,
                }
            },
            example=example,
            verdicts=verdicts,
        ),
    )


def _read(project: Project, node: Node, sql: str) -> tuple[list[Node], list[str]]:
    try:
        return reads(sql, project.dialect, project.parents(node))
    except QueryError as error:
        raise error.hinted(f" (The compiled SQL of dbt model {node.name!r}.)") from None


def _input(project: Project, node: Node, parents: list[Node], name: str | None) -> Node | None:
    """The parent that is the prediction's input; None for a model that reads nothing."""
    if name is not None:
        return project.find(name, parents)
    if len(parents) > 1:
        listed = ", ".join(parent.title for parent in parents)
        raise InputError(
            f"The dbt model {node.name!r} reads {listed}: name the one that is the prediction's input, as in "
            f"input={parents[0].name!r} or --input-table {parents[0].name}."
        )
    return parents[0] if parents else None


def _given(
    project: Project, node: Node, parents: list[Node], others: list[str], tables: Mapping[str, Any] | None
) -> dict[str, Any]:
    """``{unique id, or name of a table that no node is: Arrow table or path}`` of what the caller passes."""
    if tables is not None and not isinstance(tables, Mapping):
        raise InputError("tables is a dict: {'parent of the model': DataFrame, Arrow table or path}.")
    found: dict[str, Any] = {}
    for name, data in (tables or {}).items():
        other = next((known for known in others if known.casefold() == name.casefold()), None)
        key = other or project.find(name, parents).unique_id
        if key in found:
            raise InputError(f"tables has the rows of {name!r} twice.")
        found[key] = open_table(name, data).data
    for name in others:
        if name not in found:
            raise InputError(
                f"The dbt model {node.name!r} reads the table {name!r} by its name, not by ref or source: pass its "
                f"rows by tables={{{name!r}: ...}}."
            )
    return found


def _rows(project: Project, node: Node, parent: Node, given: Mapping[str, Any], connection: Connectable | None) -> Any:
    """The rows of a parent that is no input: given, a seed's, or read through the connection."""
    if parent.unique_id in given:
        return given[parent.unique_id]
    if parent.resource_type == "seed":
        return seed(project, parent)
    if connection is None:
        raise InputError(
            f"The dbt model {node.name!r} reads {parent.title}: pass its rows by tables={{{parent.name!r}: ...}}, or a "
            "connection= to read them through."
        )
    engine = drivers.connect(connection, None)
    done = False
    try:
        with failing(engine):
            table = engine.table(f"SELECT * FROM {parent.relation_name}")
            done = True
    finally:
        engine.finish(done)
    return table


def _input_types(
    sql: str, project: Project, columns: Columns, name: str, tables: Mapping[str, Any]
) -> dict[str, str] | None:
    """``{column: DuckDB type}`` of those columns of the input that the text reads; None where nobody tells them."""
    types = {column: kind for column, kind in columns.types.items() if kind and kind != ANY_DIGITS}
    if not columns.whole or not types:
        return None
    every = {column: types.get(column, "DOUBLE") for column in columns.types}
    empty = arrow_schema(every).empty_table()
    probe = SQLModel(sql, project.dialect, tables={**tables, name: empty})
    read = probe.bind().compiled.columns
    mine = known_name(name, probe.tables, project.dialect) or name
    return {column: types[column] for column in read.get(mine, ()) if column in types} or None
