"""Every error a caller sees: one sentence on what is wrong, where, and what to do.

Nothing here needs MLflow. The package's public functions raise these errors as classes of the same names that are
``mlflow.exceptions.MlflowException`` as well: :mod:`.mlflow_errors`.
"""

import copy
import functools
import re
import unicodedata
from collections.abc import Callable

__all__ = [
    "InputError",
    "LimitError",
    "ModelFileError",
    "QueryError",
    "RunError",
    "SQLModelError",
    "did_you_mean",
    "left_out",
    "visible",
]

#: General categories of characters that are not seen: control characters steer a terminal, formats show text in another
#: order than it has or two names as one, and XML has no place for lone surrogates. And those of other categories that
#: Unicode lets a font leave out (Default_Ignorable_Code_Point), the empty Braille pattern, U+FFFE and U+FFFF.
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_LEFT_OUT = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffe\uffff\U000e0100-\U000e01ef]"
)
_NOT_PLAIN = re.compile(r"[^\x20-\x7e\n\t]")


@functools.lru_cache(4096)
def _seen(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN and not _LEFT_OUT.match(character):
        return character
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def visible(text: str, *, line: bool = False) -> str:
    """The text with what is not seen written out as escapes.

    Args:
        text: Any text.
        line: Whether it has to stay on one line.
    """
    text = _NOT_PLAIN.sub(lambda found: _seen(found[0]), text.replace("\r\n", "\n"))
    return text.replace("\n", "\\n").replace("\t", "\\t") if line else text


class SQLModelError(Exception):
    """Base of the package's errors. HTTP status 400 unless a subclass says otherwise.

    Attributes:
        message: What is wrong, where, and what to do.
        error_code: MLflow's name for the kind of error.
    """

    code = "INVALID_PARAMETER_VALUE"

    def __init__(self, message: str) -> None:
        self.message = _readable(message)
        self.error_code = self.code
        super().__init__(self.message)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message, with its caret in place, and not the frames that led here."""
        return [f"{type(self).__name__}: {self.message}"]


class QueryError(SQLModelError):
    """The query cannot be accepted, and where in its text.

    Args:
        message: One or two sentences: what is wrong and what to write instead.
        sql: The query's text, for the excerpt with a caret.
        offset: 0-based offset of the offending text in ``sql``, in characters; None when unknown.
        length: Length of the offending text, in characters.

    Attributes:
        reason: The message without the excerpt.
        line: Of the place in the query's text, from 1; None when unknown.
        column: The same, from 1, in characters.
    """

    def __init__(self, message: str, sql: str | None = None, offset: int | None = None, length: int = 1) -> None:
        self.reason, self.line, self.column = message, None, None
        if sql is not None and offset is not None and 0 <= offset <= len(sql):
            self.line = sql.count("\n", 0, offset) + 1
            start = sql.rfind("\n", 0, offset) + 1
            self.column = offset - start + 1
            message = f"{message}\n{_excerpt(sql, start, offset, length, self.line, self.column)}"
        super().__init__(message)
        self._place = sql, offset, length

    def hinted(self, hint: str) -> "QueryError":
        """The same error with more to say after its sentence."""
        return QueryError(f"{self.reason}{hint}", *self._place)

    def moved(self, sql: str, place: Callable[[int], int]) -> "QueryError":
        """The same error about another text, at the place there of its place in this one."""
        _, offset, length = self._place
        found = copy.copy(self)
        QueryError.__init__(found, self.reason, sql, None if offset is None else place(offset), length)
        return found


class UnreadableError(QueryError):
    """DuckDB's parser does not take the text."""


class UnwritableError(QueryError):
    """A number or another part of an estimator that SQL cannot write; whose it is, is said where it is caught."""


class UnknownFunctionError(QueryError):
    """The query calls a function that there is not, of this name."""

    def __init__(
        self, message: str, sql: str | None = None, offset: int | None = None, length: int = 1, *, name: str = ""
    ) -> None:
        super().__init__(message, sql, offset, length)
        self.name = name


class NotGivenError(QueryError):
    """Nothing that was given tells the type of what the query reads, or its value; the message ends with what would.

    Args:
        name: The parameter; empty where it is the input.
        what: The argument that would tell it.
    """

    def __init__(
        self, message: str, sql: str | None = None, offset: int | None = None, length: int = 1, *, name: str = "",
        what: str = "",
    ) -> None:  # fmt: skip
        super().__init__(f"{message}: {what}." if what else message, sql, offset, length)
        self.name, self._missing = name, message

    def told(self, what: str) -> QueryError:
        """The same error with another ending.

        Args:
            what: Gives it where these are not the words, as on the command line.
        """
        return QueryError(f"{self._missing}: {what}.", *self._place)


class InputError(SQLModelError):
    """The caller's data or parameters do not fit the model."""


class LimitError(SQLModelError):
    """A limit stopped the query; the message names the limit and its setting."""


class ModelFileError(SQLModelError):
    """A file of the model is missing, altered, or not one this version may read."""


class MissingError(ModelFileError):
    """A model, or its section for a flavor, is not there."""

    code = "RESOURCE_DOES_NOT_EXIST"


class RunError(SQLModelError):
    """The query failed for a reason the caller cannot mend (HTTP 500)."""

    code = "INTERNAL_ERROR"


def did_you_mean(name: str, candidates: "list[str] | set[str] | tuple[str, ...] | frozenset[str]") -> str:
    """`` Did you mean 'x'?`` for the nearest candidate, or an empty string."""
    import difflib

    folded = {c.casefold(): c for c in candidates if c.casefold() != name.casefold()}
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""


def left_out(error: ImportError) -> str | None:
    """What to say where the code that a model brings is asked for more than loading it and predicting.

    Args:
        error: The import that failed.

    Returns:
        A sentence; None if what is missing is neither a part of this package nor sqlglot.
    """
    if (error.name or "").split(".")[0] not in ("sqlglot", __name__.split(".")[0]):
        return None
    return (
        "This needs mlflow-sql-flavor installed, and sqlglot with it: the code that a model brings only loads it and "
        "predicts."
    )


_WIDTH = 100

#: Of a longer message, the middle is left out, in characters: names in it may be a stranger's, and of any length.
_LONGEST = 4000


def _readable(message: str) -> str:
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST // 2 - 3]} … {message[-_LONGEST // 2 :]}"
    return visible(message)


def _excerpt(sql: str, start: int, offset: int, length: int, line: int, column: int) -> str:
    end = sql.find("\n", offset)
    text = sql[start : len(sql) if end < 0 else end].replace("\t", " ")
    at = column - 1
    left = max(0, at - _WIDTH // 2)
    shown = text[left : left + _WIDTH]
    shown = "".join(c if visible(c) == c else "\N{REPLACEMENT CHARACTER}" for c in shown)  # one for one: the caret
    marks = max(1, min(length, len(shown) - (at - left)))
    head = f"line {line}, column {column}: "
    return f"{head}{shown}\n{' ' * (len(head) + at - left)}{'^' * marks}"
