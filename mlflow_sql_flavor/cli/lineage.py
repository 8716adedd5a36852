"""``mlflow-sql lineage``: where a model's columns come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Dialect, Pair, Types, fetched, formats, query_text, readable
from .output import clean, echo_csv, echo_json, indented
from .watch import Watched

if TYPE_CHECKING:
    from ..query.reading.parsed_query import Lineage


@click.command(cls=Watched)
@click.argument("source", metavar="MODEL_URI|FILE")
@click.option("--dialect", type=Dialect(), help="The dialect of a FILE [default: duckdb]; a model knows its own.")
@click.option("--input-types", type=Types(), help="Types of the input's columns, for a FILE.")
@click.option("--table", "tables", type=Pair("path"), multiple=True, help="A reference table, for a FILE.")
@click.option("--input-table", default="input", show_default=True, help="The name of the input, for a FILE.")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
@formats("svg")
def lineage(
    source: str,
    dialect: str | None,
    input_types: dict[str, str] | None,
    tables: tuple[tuple[str, str], ...],
    input_table: str,
    target: Path | None,
    form: str,
) -> None:
    """Show the columns that each output of a model, or of a SQL file, comes from. Nothing is loaded or run."""
    from ..errors import InputError
    from ..query.reading.parse import parse
    from ..query.reading.table_names import with_names
    from ..query.translation.lineage import trace
    from ..report.facts import of_spec
    from ..report.lineage_picture import picture

    hint = ""
    if Path(source).is_file():
        from ..artifact.tables import read_tables

        known = {name: table.types for name, table in read_tables(dict(tables)).items()}
        if input_types:
            known[input_table] = input_types
        query, names = with_names(
            parse(query_text(Path(source)), dialect or "duckdb"), list({**known, input_table: {}})
        )
        known = {names.get(name, name): columns for name, columns in known.items()}
        if query.tree is None:
            readable(query.sql)
        if not input_types:
            hint = ": --input-types says which columns the input has"
        found = trace(query, known, names.get(input_table, input_table))
    else:
        if dialect or input_types or tables:
            raise click.UsageError("--dialect, --input-types and --table are for a FILE: a model brings its own.")
        from ..artifact import mlmodel

        with fetched(source) as folder:
            spec, ordered = mlmodel.read_spec(folder, "sql")
        found = of_spec(spec, names=ordered).lineage()
    if found.reason is not None:
        raise InputError(found.reason)
    if target is not None and form == "table":
        form = target.suffix.lstrip(".").lower() or "svg"
    if form == "svg":
        drawn = picture(found) or ""
        if target is None:
            click.echo(drawn, nl=False)
    elif target is not None:
        raise click.UsageError("-o writes an .svg file; the other formats go to stdout.")
    if target is not None:
        target.write_text(drawn, encoding="utf-8")
        click.echo(f"written to {target.name}", err=True)
    elif form != "svg":
        _echo(found, form, hint)


def _echo(found: Lineage, form: str, hint: str) -> None:
    if form == "json":
        relations = [{"name": r.name, "kind": r.kind, "columns": list(r.columns)} for r in found.relations]
        edges = [
            {
                "source": found.relations[e.source].name,
                "source_column": e.source_column,
                "target": found.relations[e.target].name,
                "column": e.column,
            }
            for e in found.edges
        ]
        echo_json({"partial": found.partial, "relations": relations, "edges": edges})
        return
    rows = [
        (output, relation, column) for output, places in found.origins(rows=True).items() for relation, column in places
    ]
    if form == "csv":
        echo_csv(("output", "from", "column"), [(output or None, *place) for output, *place in rows])
        return
    by_output: dict[str, list[str]] = {name: [] for name in found.origins()}
    named = {(output, relation) for output, relation, column in rows if column}
    for output, relation, column in rows:
        places = by_output.setdefault(output, [])
        if column or (output, relation) not in named:
            places.append(f"{relation}.{column}" if column else f"the rows of {relation}")
    titles = {output: clean(output, line=True) if output else "(which rows, their order)" for output in by_output}
    width = max(map(len, titles.values()), default=0)
    nothing = "not known" if found.partial else "a constant"
    for output, places in by_output.items():
        text = indented(clean(", ".join(places), line=True) or nothing, width + 2)
        click.echo(f"{titles[output].ljust(width)}  {text}")
    if found.partial:
        click.echo(f"some columns could not be followed to their end{hint}", err=True)
