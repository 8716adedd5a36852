"""A target's address: an SQLAlchemy URL after ``sql:``, or ``sql:spark``. Its password is never said again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engines.databases.drivers import dialect_of
from ..errors import InputError, RunError, SQLModelError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

__all__ = ["Target", "failing", "lacks_right"]

#: Packages of dialects that SQLAlchemy does not bring, by the extra that installs them.
_EXTRAS = {
    "postgresql": "deploy-postgres", "mysql": "deploy-mysql", "mariadb": "deploy-mysql", "duckdb": "deploy-duckdb",
    "clickhousedb": "deploy-clickhouse", "chdb": "deploy-chdb", "snowflake": "deploy-snowflake",
    "bigquery": "deploy-bigquery", "redshift": "deploy-redshift", "trino": "deploy-trino", "mssql": "deploy-mssql",
    "oracle": "deploy-oracle", "databricks": "deploy-databricks",
}  # fmt: skip
#: What the address says where an extra installs another driver than the one that SQLAlchemy takes by itself.
_DRIVERS = {
    "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql", "mssql": "mssql+pymssql", "oracle": "oracle+oracledb",
    "postgresql": "postgresql+psycopg",
}  # fmt: skip
_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|^odbc_connect$|^options$", re.IGNORECASE)
#: A password within such a value: ``PWD={…}`` of ODBC, ``-c name=…`` of libpq.
_WITHIN = re.compile(r"(?:\w*(?:pass|pwd|secret|token|pw)\w*)\s*=\s*(\{[^}]*\}|[^;\s]+)", re.IGNORECASE)
#: By module of a driver without SQLSTATE, what its errors' first argument is where a right is missing:
#: https://mariadb.com/docs/server/reference/error-codes (1044, 1142, 1143, 1370),
#: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors (229, 230)
_NO_RIGHT = {"pymysql": {1044, 1142, 1143, 1370}, "MySQLdb": {1044, 1142, 1143, 1370}, "pymssql": {229, 230}}
#: SQL's own code for it, and what engines say in words that are no code of their driver: ClickHouse (497), Spark and
#: Databricks, Trino, Oracle (1031), Snowflake (3001), BigQuery (403)
_NO_RIGHT_SAID = re.compile(
    r"SQLSTATE:? ?\(?42501|\bCode: 497\b|\bACCESS_DENIED\b|INSUFFICIENT_PERMISSIONS|PERMISSION_DENIED|\bORA-01031\b"
    r"|^003001 \(42501\)|^403 .*Access Denied",
    re.MULTILINE,
)
#: SQLite's codes of it, of a file and of an authorizer: https://www.sqlite.org/rescode.html
_NO_RIGHT_SQLITE = (3, 23)
#: Shorter ones are hidden only where an address or a DSN has them: they may be parts of words.
_SHORT = 4


@dataclass(frozen=True)
class Target:
    """Where to deploy.

    Attributes:
        url: SQLAlchemy's; None for the active Spark session.
        book: The schema of the bookkeeping table; None for the connection's own.
        shown: The address as it may be shown.
    """

    url: URL | None
    book: str | None
    shown: str

    @classmethod
    def read(cls, uri: str) -> Target:
        """Reads ``sql:<SQLAlchemy URL>[?mlflow_schema=…]``.

        Raises:
            InputError: It is no such address. The message does not repeat it.
        """
        scheme, _, address = str(uri).partition(":")
        if scheme != "sql" or not address:
            raise InputError(
                "The target is sql: and an SQLAlchemy URL, such as sql:postgresql+psycopg://user@host/db, or sql:spark."
            )
        if address.partition("?")[0] == "spark":
            named = _book_of_spark(address)
            return cls(None, named, "sql:spark" if named is None else f"sql:spark?mlflow_schema={named}")
        try:
            from sqlalchemy.engine import make_url
            from sqlalchemy.exc import ArgumentError
        except ImportError:
            raise InputError("This target needs SQLAlchemy: pip install 'mlflow-sql-flavor[deploy]'.") from None
        try:
            url = make_url(address)
        except (ArgumentError, ValueError):
            raise InputError(
                "What stands after sql: is no SQLAlchemy URL: write it as in sql:postgresql+psycopg://user@host/db, "
                "with %-escapes in user and password."
            ) from None
        book = url.query.get("mlflow_schema")
        if book is not None and (not isinstance(book, str) or not book):
            raise InputError("mlflow_schema in the target is the name of one schema.")
        url = url.difference_update_query(["mlflow_schema"])
        hidden = {key: "***" for key in url.query if _SECRET.search(key)}
        return cls(url, book, f"sql:{url.update_query_dict(hidden).render_as_string(hide_password=True)}")

    @property
    def dialect(self) -> str:
        """The dialect of its SQL.

        Raises:
            InputError: It is none that the package writes.
        """
        if self.url is None:
            return "databricks"
        found = dialect_of(self.url.get_backend_name())
        if found is None:
            raise InputError(f"There is no way to deploy to {self.url.get_backend_name()!r} here.")
        return found

    def engine(self) -> Engine:
        """An SQLAlchemy engine, of which no connection outlives its use.

        Raises:
            InputError: The dialect or the driver is not installed.
        """
        from sqlalchemy import create_engine
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError

        assert self.url is not None
        backend = self.url.get_backend_name()
        extra = _EXTRAS.get(backend)
        hint = f": pip install 'mlflow-sql-flavor[{extra}]'" if extra else ""
        try:
            return create_engine(self.url, hide_parameters=True)
        except NoSuchModuleError:
            raise InputError(f"SQLAlchemy has no dialect {self.url.drivername!r} installed{hint}.") from None
        except ImportError as error:
            driver = _DRIVERS.get(backend)
            instead = f", and write {driver}:// in the target" if driver and "+" not in self.url.drivername else ""
            raise InputError(
                f"The driver of {self.url.drivername!r} is not installed ({error.name or 'it'}){hint}{instead}."
            ) from None
        except (ArgumentError, TypeError, ValueError) as error:
            raise InputError(f"SQLAlchemy takes no such URL: {self.without_secrets(error)}.") from None

    def without_secrets(self, error: BaseException) -> str:
        """The first line of what a driver says, with no password in it."""
        said = str(getattr(error, "orig", None) or error)
        text = next((line.strip() for line in said.splitlines() if line.strip()), type(error).__name__)
        if self.url is not None:
            text = self.masked(text)
        return text.rstrip(". ")

    def masked(self, text: str) -> str:
        """A text in which no password stands."""
        for secret in self._secrets():
            before = r"(?<!\w)" if len(secret) >= _SHORT else r"(?<=[:=])"
            after = r"(?!\w)" if len(secret) >= _SHORT else r"(?=[@;&\s'\"]|$)"
            text = re.sub(f"{before}{re.escape(secret)}{after}", "***", text)
        return text

    def _secrets(self) -> list[str]:
        from urllib.parse import quote, quote_plus

        assert self.url is not None
        found = [str(self.url.password)] if self.url.password else []
        for key, value in self.url.query.items():
            if _SECRET.search(key):
                values = [value] if isinstance(value, str) else list(value)
                found += [*values, *(part.strip("{}") for each in values for part in _WITHIN.findall(each))]
        forms = {form for text in found for form in (text, quote(text, safe=""), quote_plus(text), repr(text)[1:-1])}
        return sorted(filter(None, forms), key=len, reverse=True)


def lacks_right(error: BaseException | None) -> bool:
    """Whether a driver says that the user may not do it, where it has a code for that.

    Args:
        error: The driver's, or SQLAlchemy's around it; None is no such error.
    """
    said = getattr(error, "orig", None) or error
    if said is None:
        return False
    state = next((found for name in _STATES if (found := _called(getattr(said, name, None)))), None)
    if isinstance(state, str) and re.fullmatch(r"[0-9A-Z]{5}", state):
        return state == "42501"
    if getattr(said, "sqlite_errorcode", None) in _NO_RIGHT_SQLITE or type(said).__name__ == "PermissionException":
        return True
    number = next(iter(getattr(said, "args", ())), None)
    if isinstance(number, dict):  # redshift_connector: PostgreSQL's fields by their letters
        return number.get("C") == "42501"
    module = type(said).__module__.partition(".")[0]
    return number in _NO_RIGHT.get(module, ()) or _NO_RIGHT_SAID.search(str(said)) is not None


#: Where drivers have SQLSTATE: PEP 249's have none, psycopg, psycopg2, PyMySQL's kin, and PySpark by a call.
_STATES = ("sqlstate", "pgcode", "getSqlState")


def _called(found: Any) -> Any:
    return found() if callable(found) else found


def _book_of_spark(address: str) -> str | None:
    from urllib.parse import parse_qs

    found = parse_qs(address.partition("?")[2])
    return found.get("mlflow_schema", [None])[0]


@contextmanager
def failing(target: Target, what: str) -> Iterator[None]:
    """What a driver raises as this package's, in one sentence and without secrets.

    Args:
        target: Where.
        what: What was done, for the sentence.
    """
    try:
        yield
    except SQLModelError as error:
        if target.url is not None and target.masked(error.message) != error.message:
            raise type(error)(target.masked(error.message)) from None
        raise
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except Exception as error:
        title = target.url.get_backend_name() if target.url is not None else "Spark"
        lost = " The connection was lost." if getattr(error, "connection_invalidated", False) else ""
        raise RunError(f"{title} failed to {what}: {target.without_secrets(error)}.{lost}") from None
