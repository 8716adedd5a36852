"""Spark as an engine: frames in and out of ``spark.sql``, on classic Spark, Spark Connect and Sail alike.

Nothing here starts a job but :func:`repeats`. Tables reach the query as DataFrame arguments, never as temporary views:
on Spark Connect a view that is replaced before the result is read changes the answer.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError, QueryError, did_you_mean
from ...frames import schema
from .detection import TABLE
from .types import fits, nested, quoted, spark_type, types_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "REFERENCE_BYTES",
    "argument",
    "check_session",
    "check_zone",
    "reference",
    "repeats",
    "run",
    "select",
    "spark_type",
    "store",
    "stored_size",
    "table",
    "table_name",
    "too_large",
    "types_of",
    "with_nulls",
]

#: A reference table of up to so many bytes, as Arrow, is sent with the query and broadcast.
REFERENCE_BYTES = 100_000_000

#: What a model's rows rest on: ``(setting, value it must have, what Spark does else)``.
_SETTINGS = (
    ("spark.sql.ansi.enabled", "true", "gives NULL and wraps numbers around where the model raises an error"),
    ("spark.sql.ansi.doubleQuotedIdentifiers", "false", 'reads "text" as the name of a column'),
    ("spark.sql.parser.escapedStringLiterals", "false", "reads a backslash in a text as itself"),
    ("spark.sql.caseSensitive", "false", "tells apart columns that differ by case only"),
)


def table(session: Any, data: Any) -> Any:
    """The DataFrame of a table given by name, with or without ``spark:``, as the parts of its name, or as a DataFrame.

    Raises:
        InputError: Spark has no such table.
    """
    if not isinstance(data, (str, tuple)):
        return data
    from pyspark.errors import PySparkException

    name = table_name(data)
    try:
        frame = session.table(name)
        frame.schema  # noqa: B018  # Connect looks here
    except PySparkException as error:
        raise InputError(f"Spark reads no table {name[:80]!r}: {_reason(error)}.") from error
    return frame


def table_name(name: str | Sequence[str]) -> str:
    """A table's name as Spark reads it: text as it is, parts in quotes."""
    return name.removeprefix(TABLE) if isinstance(name, str) else ".".join(quoted(part) for part in name)


def store(frame: Any, name: str | Sequence[str]) -> None:
    """Makes a table of a result.

    Raises:
        InputError: There is such a table, or it cannot be made.
    """
    from pyspark.errors import AnalysisException, ParseException

    try:
        frame.write.saveAsTable(table_name(name))
    except (AnalysisException, ParseException) as error:
        raise InputError(f"Spark makes no table {table_name(name)[:80]!r}: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    """The first sentence of Spark's message."""
    return next(iter(str(error).strip().split("\n"))).split(" SQLSTATE")[0].rstrip(". ;")


def check_zone(session: Any, tables: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses a session of another zone than UTC for moments with a zone, whose hours and days DuckDB counts in UTC.

    Raises:
        InputError: Names the column, and what to set.
    """
    found = next(((n, c) for n, kinds in tables.items() for c, k in kinds.items() if "TIME ZONE" in k), None)
    zone = str(session.conf.get("spark.sql.session.timeZone")) if found is not None else "UTC"
    if found is not None and zone not in ("UTC", "Etc/UTC", "GMT", "Z", "+00:00"):
        raise InputError(
            f"Column {found[1]!r} of {found[0]!r} holds moments with a time zone, whose days and hours the model "
            f"counts in UTC, and this Spark session in {zone}: run "
            'spark.conf.set("spark.sql.session.timeZone", "UTC") first.'
        )


def functions(session: Any) -> Any:
    """The module of column functions that belongs to a session."""
    connect = type(session).__module__.startswith("pyspark.sql.connect.")
    return import_module("pyspark.sql.connect.functions" if connect else "pyspark.sql.functions")


def check_session(session: Any) -> None:
    """Refuses a session whose settings give other rows than the model's.

    Raises:
        InputError: Names the setting, and what to set.
    """
    for name, wanted, why in _SETTINGS:
        try:
            found = str(session.conf.get(name)).lower()  # no default, which would hide Spark's own
        except Exception:  # a server without the setting does not read SQL in that way either
            continue
        if found != wanted:
            raise InputError(
                f"This Spark session has {name}={found}, with which Spark {why}: "
                f'run spark.conf.set("{name}", "{wanted}") first.'
            )


# frames in


def select(frame: Any, types: Mapping[str, str], what: str = "The input") -> Any:
    """The columns a query reads, of the types it was compiled for.

    Args:
        frame: A Spark DataFrame.
        types: ``{column: DuckDB type}``.
        what: The frame, for messages.

    Raises:
        InputError: A column is missing, or of a type that may not fit.
    """
    found = [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]
    if found == _wanted(types):
        return frame  # each step less is some 20 ms less on the driver
    made = functions(frame.sparkSession)
    fields = dict(found)
    folded: dict[str, list[str]] = {}
    for label in fields:
        folded.setdefault(label.casefold(), []).append(label)
    columns = []
    for name, kind in types.items():
        labels = folded.get(name.casefold(), [])
        if len(labels) != 1:
            state = f"has two columns named {name!r}: rename one" if labels else f"lacks column {name!r}"
            hint = "" if labels else did_you_mean(name, list(fields))
            raise InputError(f"{what} {state}.{hint.replace('Did you mean', 'Is it spelled')}")
        have, want = fields[labels[0]], spark_type(kind)
        column = made.col(quoted(labels[0]))
        if have != want.replace("`", ""):
            if not fits(have, want):
                raise InputError(
                    f"{what}'s column {name!r} is of type {have} and the model reads {want}: cast it, so that it is "
                    "you who says what becomes of values that do not fit."
                )
            column = column.cast(want)
        columns.append(column.alias(name))
    return frame.select(*columns)


def _wanted(types: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, spark_type(kind).replace("`", "")) for name, kind in types.items()]


def with_nulls(frame: Any, types: Mapping[str, str]) -> Any:
    """The frame with further columns of NULL."""
    made = functions(frame.sparkSession)
    return frame.select("*", *[made.lit(None).cast(spark_type(kind)).alias(name) for name, kind in types.items()])


def reference(session: Any, name: str, data: pa.Table, types: Mapping[str, str]) -> Any:
    """A reference table as a DataFrame with a broadcast hint, sent as Arrow.

    Never through pandas, of which Spark without Arrow makes the text 'nan' of a NULL.

    Args:
        session: The session.
        name: The table's name, for messages.
        data: Its columns that the query reads.
        types: ``{column: DuckDB type}``.

    Raises:
        InputError: It is larger than :data:`REFERENCE_BYTES`, or has a type that Spark lacks.
    """
    if data.nbytes > REFERENCE_BYTES:
        raise too_large(name, data.nbytes)
    made = functions(session)
    sendable = _sendable(name, data)
    if session.version.startswith("3.") or not data.num_rows:  # which Connect sends no Arrow of
        # Without a zone, so that Python's own does not move the value.
        kinds = [nested(field.type) + ("_ntz" if field.type == "timestamp[us]" else "") for field in sendable.schema]
        ddl = ", ".join(f"{quoted(name)} {kind}" for name, kind in zip(sendable.column_names, kinds, strict=True))
        rows = zip(*[_values(column) for column in sendable.columns], strict=True)
        frame = session.createDataFrame(list(rows), ddl)
    else:
        frame = _sent(session, name, sendable)
    return made.broadcast(select(frame, types, f"Reference table {name!r}"))


def _sent(session: Any, name: str, data: pa.Table) -> Any:
    import pyarrow as pa

    try:
        return session.createDataFrame(data)
    except pa.ArrowInvalid as error:  # pyspark reads wall clocks in the session's zone
        zone = session.conf.get("spark.sql.session.timeZone")
        raise InputError(
            f"Table {name!r} cannot be sent to a Spark session in {zone} ({str(error).splitlines()[0].rstrip('.')}): "
            'run spark.conf.set("spark.sql.session.timeZone", "UTC") first.'
        ) from error


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    values = column.to_pylist()
    return [v if v is None else dict(v) for v in values] if pa.types.is_map(column.type) else values


def stored_size(path: Path, columns: Sequence[str]) -> int:
    """Bytes of a Parquet file's columns, as its footer has them: less than they take as Arrow."""
    import pyarrow.parquet as pq

    footer = pq.read_metadata(path)
    groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
    parts = [group.column(i) for group in groups for i in range(group.num_columns)]
    return sum(part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] in columns)


def too_large(name: str, size: int) -> InputError:
    """What is said of a reference table that is not sent."""
    return InputError(
        f"Reference table {name!r} is {size / 1e6:,.0f} MB; up to {REFERENCE_BYTES / 1e6:.0f} MB are sent with a "
        f'query. Store it as a table of the catalog and name that when loading: model_config={{"tables": {{"{name}": '
        f'"{TABLE}catalog.schema.table"}}}}.'
    )


def _sendable(name: str, table: pa.Table) -> pa.Table:
    """The table in Arrow types that Spark reads."""
    import pyarrow as pa

    wider = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}
    for at, field in enumerate(table.schema):
        kind = field.type
        wanted = wider.get(kind, kind)
        if pa.types.is_dictionary(kind):
            wanted = kind.value_type
        elif pa.types.is_timestamp(kind):
            wanted = pa.timestamp("us", kind.tz)
        elif pa.types.is_time(kind) or pa.types.is_interval(kind) or pa.types.is_duration(kind):
            raise InputError(
                f"Reference table {name!r} has column {field.name!r} of type {schema.from_arrow(kind)}, which Spark "
                "lacks: store it as a number or a text."
            )
        if wanted != kind:
            try:
                column = table.column(at).cast(wanted, safe=not pa.types.is_timestamp(kind))
            except pa.ArrowInvalid:
                raise InputError(
                    f"Reference table {name!r} has a number in column {field.name!r} that is too large for Spark's "
                    "bigint: store it as DECIMAL(20,0)."
                ) from None
            table = table.set_column(at, pa.field(field.name, wanted), column)
    return table


def repeats(frame: Any, columns: Sequence[str]) -> bool:
    """Whether two rows are equal in all of the columns, which takes a job. NULL equals nothing."""
    made = functions(frame.sparkSession)
    keys = [made.col(quoted(column)) for column in columns]
    grouped = frame.select(*keys).dropna().groupBy(*keys).agg(made.count(made.lit(1)).alias("n"))
    return bool(grouped.where(made.col("n") > 1).limit(1).collect())


# the query


def argument(name: str, value: Any, kind: str) -> Any:
    """A parameter's value as ``spark.sql(args=)`` takes it, or a list of such; the text casts it to its type.

    Raises:
        InputError: A TIME or an INTERVAL, which Spark cannot take.
    """
    if kind in ("INTERVAL", "TIME", "TIME_NS", "TIME WITH TIME ZONE"):
        raise InputError(f"Parameter {name!r} is of type {kind}, which Spark cannot take: use a number or a text.")
    if kind.endswith("]") and value is not None:
        return [argument(name, item, kind[: kind.rindex("[")]) for item in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")  # Python's zone need not be the session's
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return decimal.Decimal(value)
    return value


def run(session: Any, sql: str, args: Mapping[str, Any], frames: Mapping[str, Any], outputs: Mapping[str, str]) -> Any:
    """The lazy result of a query.

    Args:
        session: Where it runs.
        sql: The text, tables as ``{name}``.
        args: Values of its ``:name`` parameters.
        frames: DataFrames by the names in the text.
        outputs: ``{column: DuckDB type}`` of the result, in its order.

    Raises:
        QueryError: Spark does not accept the query.
    """
    from pyspark.errors import PySparkException

    made = functions(session)
    try:
        result = session.sql(sql, args=dict(args) or None, **frames)
        found = [(field.name, field.dataType.simpleString()) for field in result.schema.fields]
    except PySparkException as error:
        raise QueryError(f"Spark does not accept the query: {_reason(error)}.") from error
    if len(found) != len(outputs):
        raise QueryError(f"Spark gives {len(found)} columns for this query, and DuckDB {len(outputs)}.")
    wanted = []
    for name, kind in outputs.items():
        try:
            wanted += _wanted({name: kind})
        except InputError as error:
            raise QueryError(f"Output column {name!r}: {error.message}") from None
    if found == wanted:
        return result
    columns = []
    for (_, have), (name, want), kind in zip(found, wanted, outputs.values(), strict=True):
        column = made.col(quoted(name))
        columns.append(column if have == want else column.cast(spark_type(kind)).alias(name))
    return result.toDF(*outputs).select(*columns)
