"""A query on its way through the gates: what it is compiled for, and what was found of it so far."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...artifact.functions import Udf
from ...engines import query_check
from ...engines.empty_instance import EMPTY_INSTANCE
from ...engines.limits import Limits
from ...engines.sandbox import TableSource
from ...query.evidence import NO_EVIDENCE
from ...query.gate.policy import Facts
from ..compiled_query import Compiled

if TYPE_CHECKING:
    from ...query.evidence.lookup import Evidence
    from ...query.facts.typed_query import TypedQuery
    from ...query.reading.parse import Text
    from ...query.reading.parsed_query import Finding, ParsedQuery, Translation

__all__ = ["CompileRequest", "CompileState"]


@dataclass(frozen=True)
class CompileRequest:
    """What a query is compiled for.

    Attributes:
        input_table: The name it reads the input by.
        input_types: ``{column: DuckDB type}`` of the input; None if there is none.
        param_types: ``{placeholder: DuckDB type}``.
        tables: ``{reference table: {column: DuckDB type}}``.
        source: Gives a reference table's data, cut to columns.
        unique: Whether columns of a reference table are unique among its rows; for those of the third argument, under
            any type that they may be compared as.
        udfs: The Python functions.
        limits: What the query may take.
        allow: Named refusals the writer accepts.
        required: ``{reference table: its columns whose type has no NULL}``, which is a type of its own to some engines.
        untyped: Whether the query may read an input of unknown types: it then passes the gates that need none.
        keys: ``{reference table: [columns of a key, …]}``, which its rows bear out.
        apart: Whether what is not known to be small is bound in a process of its own.
        rows: Of the reference tables, in all.
        part: Whether it is a part of a query, tried alone: what fails in it is for the caller to say.
    """

    input_table: str
    input_types: Mapping[str, str] | None
    param_types: Mapping[str, str]
    tables: Mapping[str, Mapping[str, str]]
    source: Callable[[str, list[str] | None], TableSource]
    unique: Callable[[str, list[str], list[str]], bool]
    udfs: Mapping[str, Udf] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits.default)
    allow: Collection[str] = ()
    required: Mapping[str, Collection[str]] = field(default_factory=dict)
    untyped: bool = False
    keys: Mapping[str, list[list[str]]] = field(default_factory=dict)
    apart: bool = True
    rows: int = 0
    part: bool = False

    @property
    def schema(self) -> dict[str, Mapping[str, str]]:
        """The tables whose columns are known, the input among them."""
        own = {} if self.input_types is None else {self.input_table: self.input_types}
        return {**self.tables, **own}

    @property
    def names(self) -> list[str]:
        """The tables that may be read."""
        return [*self.schema, *([self.input_table] if self.untyped and self.input_types is None else [])]

    @property
    def readable(self) -> Collection[str]:
        """The same, as a mapping with their columns where those of all are known."""
        return self.names if self.untyped and self.input_types is None else self.schema


@dataclass
class CompileState:
    """A query on its way: what was asked, and what the gates found so far.

    Attributes:
        asked: What it is compiled for.
        sql, dialect: What was written; `dialect` by any name.
        text: The parse of the text.
        query: The one query in it.
        read: The tables it reads, folded.
        typed: It with its types; None where DuckDB runs the text as it is written.
        translation: What DuckDB runs.
        evidence: Which of its constructs were compared with the source engine.
        tree: DuckDB's own parse of a text, and the text.
        facts: What that text reads and calls.
        compiled: The end of it.
    """

    asked: CompileRequest
    sql: Any = None
    dialect: str = "duckdb"
    text: Text | None = None
    query: ParsedQuery | None = None
    read: frozenset[str] = frozenset()
    typed: TypedQuery | None = None
    translation: Translation | None = None
    evidence: Evidence | None = None
    tree: tuple[str, dict[str, Any]] = ("", {})
    facts: Facts | None = None
    compiled: Compiled | None = None

    @property
    def needs_types(self) -> bool:
        """Whether the query reads an input whose types nobody gave."""
        return self.asked.input_types is None and self.asked.input_table.casefold() in self.read

    @property
    def settled(self) -> bool:
        """Whether the writer accepts what has no evidence."""
        return NO_EVIDENCE in self.asked.allow

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the writer should know."""
        found = self.evidence.findings if self.evidence is not None and not self.settled else ()
        return (*(self.translation.warnings if self.translation is not None else ()), *found)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The refusals and findings that the writer accepts and the query needs."""
        used = self.settled and self.evidence is not None and self.evidence.findings
        return (*(self.translation.allowed if self.translation is not None else ()), *([NO_EVIDENCE] if used else ()))

    def parse(self, sql: str) -> dict[str, Any]:
        """DuckDB's own parse of a text, made once."""
        if self.tree[0] != sql or self.tree[1] == {}:
            with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
                self.tree = (sql, query_check.parse_tree(cursor, sql))
        return self.tree[1]

    def judge(self, sql: str, functions: Iterable[str]) -> Facts:
        """Gate 3 on a text for DuckDB: all of it is on the list of what may run."""
        if self.facts is None or self.tree[0] != sql:
            tree = self.parse(sql)
            with contextlib.closing(EMPTY_INSTANCE.cursor()) as cursor:
                self.facts = query_check.judge(cursor, tree, sql, tables=self.asked.readable, functions=[*functions])
        return self.facts
