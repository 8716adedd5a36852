"""What a caller is told of a failure in DuckDB: in a sentence, without data, SQL or path."""

from __future__ import annotations

import re

from ..errors import InputError, LimitError, RunError, SQLModelError
from ..frames import schema
from ..query.gate import packs
from .limits import Limits

__all__ = ["OF_CALLER", "OF_PYTHON", "ON_INPUT", "explain"]

#: Whose a value is that a query could not convert, as far as DuckDB's words tell.
OF_CALLER = "A value of the input or of a parameter"

#: What comes before a reason that stands in a macro of the package or that no words are known of.
ON_INPUT = "The query fails on this input: "

#: DuckDB's words before what a Python function raised.
OF_PYTHON = "executing the UDF: "
#: DuckDB's words where the result of a Python function is not of the function's type.
_WRONG_RESULT = ("Failed to cast value: ", "Python Conversion Failure", "transform python value", "null_handling")


def explain(error: Exception, limits: Limits) -> SQLModelError:
    """What a caller is told of a failure: no data, no SQL, no path. The original is the exception's cause.

    Raises:
        KeyboardInterrupt: It is a person's Ctrl-C.
    """
    import duckdb

    if isinstance(error, SQLModelError):
        return error
    if isinstance(error, OSError) and (kind := re.match(r"([A-Z]\w+(?: \w+)*) Error: ", str(error))):
        # What DuckDB raises while its rows are read as Arrow has lost its class on the way.
        error = getattr(duckdb, kind[1].title().replace(" ", "") + "Exception", duckdb.Error)(str(error))
    if type(error) is RuntimeError and str(error) == "Query interrupted":  # what DuckDB makes of a SIGINT
        raise KeyboardInterrupt from error
    if isinstance(error, duckdb.InterruptException):
        return LimitError(
            f"The query ran longer than {limits.timeout_seconds} s, the limit set by timeout_seconds "
            "(MLFLOW_SQL_TIMEOUT_SECONDS): send less data or raise the limit where the model is loaded."
        )
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError)):
        most = f"{limits.memory_limit:,} bytes" if limits.memory_limit else "there is"
        return LimitError(
            f"The query needs more memory than {most}, the limit set by memory_limit "
            "(MLFLOW_SQL_MEMORY_LIMIT): send less data or raise the limit where the model is loaded."
        )
    text = str(error)
    called = re.search(OF_PYTHON + "(InputError|RunError): (.*)", text)
    if called:  # raised by udf_calls, whose words are for the caller
        return (InputError if called[1] == "InputError" else RunError)(called[2])
    if any(words in text for words in _WRONG_RESULT):
        return RunError(
            "A Python function of the model gave a value that its type hint does not allow (None needs a hint such as "
            "float | None): correct it, and save the model again."
        )
    unknown_cast = re.search(r"Unimplemented type for cast \((.+) -> (.+)\)", text)
    if unknown_cast:
        return RunError(
            f"The query makes {unknown_cast[2]} of {unknown_cast[1]}, which no value allows: correct it, and save the "
            "model again."
        )
    if isinstance(error, duckdb.ConversionException):
        return InputError(f"{OF_CALLER} cannot be converted to the type the query asks for.")
    if isinstance(error, duckdb.OutOfRangeException):
        return InputError("A number is out of the range of its type in this query (an overflow or a division by zero).")
    if isinstance(error, (duckdb.BinderException, duckdb.TypeMismatchException)):
        return InputError("The types of the input or of a parameter do not fit the query.")
    if "Division by zero" in text:
        return InputError("The query divides by zero on this input.")
    if "More than one row returned by a subquery" in text:
        return InputError("A subquery used as a value gave more than one row on this input.")
    if schema.TOO_LONG in text and isinstance(error, duckdb.InvalidInputException):
        return InputError(f"{schema.TOO_LONG}: CAST it to VARCHAR, or to its number of seconds.")
    said = text.partition("Error: ")[2].split("\n", 1)[0].rstrip(".")
    if isinstance(error, duckdb.InvalidInputException) and said in {m.rstrip(".") for m in packs.messages()}:
        return InputError(f"{ON_INPUT}{said}.")
    if isinstance(error, (duckdb.InvalidInputException, duckdb.ConstraintException)):
        return InputError(f"{ON_INPUT}one of its functions refuses a value.")
    return RunError("The query failed on the database engine; the server's log says why.")
