"""The model card: a Markdown page that a person reads before using the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .escaping import cell, fence, shortened, visible
from .facts import NO_DEFAULT, Facts
from .usage import calls

if TYPE_CHECKING:
    from ..query.reading.parsed_query import Lineage

__all__ = ["LEVELS", "ROWS", "card"]

#: What of a longer query is shown, in characters, and of a longer list, in lines.
MOST_SQL = 20_000
MOST_ROWS = 200

LEVELS = {
    "verified": "verified: every construct of it was compared with the engine itself",
    "documented": "documented: its constructs rest on the vendor's answers or manual, not on the engine itself",
    "unverified": "unverified: constructs of it were never compared with the engine",
}
ROWS = {
    "independent": "one row for each row of the input, from that row alone; the input may be cut into batches",
    "aligned": "one row for each row of the input, in its order, from other rows too; the input may not be cut",
    "table": "a table of its own: not one row for each row of the input",
}


def card(facts: Facts, lineage: Lineage, picture: str | None = None, example: Mapping[str, Any] | None = None) -> str:
    """The card in Markdown: no HTML, no address, no image but the picture beside it.

    Args:
        facts: The model.
        lineage: Its column lineage.
        picture: The name of the lineage's picture in the model's folder.
        example: The first row of the stored input example, as JSON has it.
    """
    runs = f"DuckDB {_plain(facts.versions['duckdb'])}" if "duckdb" in facts.versions else "DuckDB"
    told = LEVELS[facts.level] if facts.level is not None else "not compiled yet"
    parts = [
        "# SQL model",
        *([_prose(facts.description)] if facts.description else []),
        f"A query in **{_plain(facts.dialect)}** ({told}), which {runs} runs.",
        _query(facts.sql),
        *_inputs(facts),
        *_outputs(facts, lineage, picture),
        *_tables(facts),
        *_remarks(facts),
    ]
    if facts.outputs is not None:
        parts += ["## Call it", *calls(facts, example)]
    if facts.versions:
        saved = ", ".join(f"{name} {_plain(version)}" for name, version in facts.versions.items())
        parts.append(f"Saved with {saved}.")
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return cell(text).strip("`")


def _query(sql: str) -> str:
    if len(sql) <= MOST_SQL:
        return fence(sql, "sql")
    return f"{fence(sql[:MOST_SQL], 'sql')}\n\nThe first {MOST_SQL:,} of {len(sql):,} characters; `MLmodel` has all."


def _table(heads: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    heads = list(heads)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines += ["", f"The first {MOST_ROWS} of {len(rows):,}; `MLmodel` has all."]
    return "\n".join(lines)


def _types(columns: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [(cell(name), cell(shortened(kind, 200))) for name, kind in columns.items()]


def _inputs(facts: Facts) -> Iterable[str]:
    if facts.inputs:
        yield "## Input"
        yield f"Read by the query as {cell(facts.input_table)}."
        yield _table(("Column", "Type"), _types(facts.inputs))
    elif facts.outputs is not None:
        yield "## Input"
        yield "None: the query reads only what the model brings."
    if facts.params:
        yield "## Parameters"
        rows = [
            (cell(name), cell(kind or "by its value"), _default(default))
            for name, (kind, default) in facts.params.items()
        ]
        yield _table(("Parameter", "Type", "Default"), rows)


def _default(value: Any) -> str:
    return "none" if value is NO_DEFAULT else "NULL" if value is None else cell(shortened(str(value), 200))


def _outputs(facts: Facts, lineage: Lineage, picture: str | None) -> Iterable[str]:
    if facts.outputs is None:
        return
    yield "## Output"
    if facts.rows is not None:
        yield f"{ROWS[facts.rows][0].upper()}{ROWS[facts.rows][1:]}."
    origins = lineage.origins()
    if lineage.reason is None:
        types = zip(facts.outputs, _types(facts.outputs), strict=True)
        rows = [(*pair, _from(origins.get(name, ())), *_described(facts, name)) for name, pair in types]
        yield _table(("Column", "Type", "Comes from", *_heads(facts)), rows)
        decides = _from(lineage.origins(rows=True).get("", ()), values=False)
        if decides:
            yield f"Which rows there are, and their order, depends on {decides}."
        if lineage.partial:
            yield "Some columns could not be followed to their end."
        if picture is not None:
            yield f"`{picture}` shows the steps between."
    else:
        types = zip(facts.outputs, _types(facts.outputs), strict=True)
        yield _table(("Column", "Type", *_heads(facts)), [(*pair, *_described(facts, name)) for name, pair in types])
        yield _words(lineage.reason)
    if facts.prediction_column:
        yield f"`mlflow.pyfunc` returns the column {cell(facts.prediction_column)} alone, as a Series."


def _heads(facts: Facts) -> tuple[str, ...]:
    return ("What it is",) if facts.described else ()


def _described(facts: Facts, name: str) -> tuple[str, ...]:
    if not facts.described:
        return ()
    folded = {known.casefold(): text for known, text in facts.described.items()}
    return (_words(shortened(folded.get(name.casefold(), ""), 400)),)


def _prose(text: str) -> str:
    """A stranger's description, paragraph by paragraph, nothing of it read as Markdown."""
    shown = shortened(text, 4000)
    return "\n\n".join(_words(" ".join(part.split())) for part in shown.split("\n\n") if part.strip())


def _from(places: Iterable[tuple[str, str | None]], most: int = 8, values: bool = True) -> str:
    shown = list(
        dict.fromkeys(
            f":{name}" if relation == "parameters" else f"{relation}.{name}" if name else f"the rows of {relation}"
            for relation, name in places
            if name or values
        )
    )
    text = ", ".join(cell(s) if not s.startswith(":") else f"parameter {cell(s[1:])}" for s in shown[:most])
    if len(shown) > most:
        text += f" and {len(shown) - most} more"
    return text or ("a constant" if values else "")


def _tables(facts: Facts) -> Iterable[str]:
    if not facts.tables:
        return
    yield "## Reference tables"
    rows = []
    for name, table in facts.tables.items():
        columns = list(table.columns.items())
        shown = ", ".join(cell(f"{column} {shortened(kind, 60)}") for column, kind in columns[:12])
        more = f" and {len(columns) - 12} more" if len(columns) > 12 else ""
        rows.append((cell(name), f"{table.rows:,}", f"{shown}{more}"))
    yield _table(("Table", "Rows", "Columns the query reads"), rows)


def _remarks(facts: Facts) -> Iterable[str]:
    lines = []
    if facts.compared:
        lines.append(f"On the input example: {_plain(facts.compared)}.")
    lines += [_verdict(*verdict) for verdict in facts.verdicts[:50]]
    if len(facts.verdicts) > 50:
        lines.append(f"{len(facts.verdicts) - 50} more comparisons, which `MLmodel` has.")
    lines += [_words(remark) for remark in facts.remarks[:20]]
    if facts.allow:
        allowed = ", ".join(map(cell, facts.allow))
        lines.append(f"The writer accepted a difference to {facts.dialect} that is refused otherwise: {allowed}.")
    for line, column, message in (*facts.findings[:20], *facts.left_open[:20]):
        place = f"Line {line}, column {column}: " if line else ""
        lines.append(f"{place}{_words(message)}")
    if len(facts.findings) > 20:
        lines.append(f"{len(facts.findings) - 20} more constructs that nobody compared with the engine.")
    if len(facts.left_open) > 20:
        lines.append(f"{len(facts.left_open) - 20} more places that the engine leaves open.")
    if facts.functions:
        names = ", ".join(map(cell, facts.functions[:20]))
        lines.append(f"Calls Python functions, stored with cloudpickle: {names}.")
    if facts.limits:
        limits = ", ".join(f"{cell(name)} {cell(str(value))}" for name, value in facts.limits.items())
        lines.append(f"The model's own limits: {limits}.")
    if lines:
        yield "## To know"
        yield "\n".join(f"- {line}" for line in lines)


def _verdict(source: str, name: str, outcome: str, rows: int | None, message: str | None) -> str:
    told = f": {_words(message)}" if message else ""
    counted = f" on {rows:,} {'row' if rows == 1 else 'rows'}" if rows is not None else ""
    return f"{_words(source)} {cell(name)}: {outcome}{counted}{told}"


def _words(text: str) -> str:
    """A sentence of this package with pieces of the query in it."""
    return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]<>#|&~!@:" else c for c in visible(text, line=True))
