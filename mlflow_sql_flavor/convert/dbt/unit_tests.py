"""dbt's unit tests of a model, run as dbt runs them: given rows in place of all parents, named columns in any order.

https://docs.getdbt.com/docs/build/unit-tests; the comparison is that of dbt-core's ``unit`` materialization.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...artifact.spec import VerdictSpec
from ...errors import InputError, QueryError, SQLModelError
from ...frames.compare import compare
from ...frames.schema import from_arrow
from ...model import SQLModel
from .columns import Columns
from .project import Fixture, Node, Project, UnitTest
from .reads import reads
from .rows import table_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Tested"]

SOURCE = "dbt unit test"


@dataclass(frozen=True)
class Tested:
    """A compiled model with what its unit tests need.

    Attributes:
        project: Its project.
        node: The model.
        sql: Its compiled text.
        types: ``{unique id: columns}`` of what it reads.
    """

    project: Project
    node: Node
    sql: str
    types: Mapping[str, Columns]

    def verdicts(self) -> tuple[VerdictSpec, ...]:
        """Runs the tests.

        Raises:
            QueryError: One fails; the message shows what differs.
            InputError: One cannot be read.
        """
        return tuple(self._verdict(test) for test in self.project.unit_tests(self.node))

    def example(self, node: Node) -> pa.Table | None:
        """The rows that the first test gives to one of the parents; None if none does."""
        for test in self.project.unit_tests(self.node):
            for given in test.given:
                if self._parent(given, test) is node and given.rows:
                    return self._given(given, test, node)
        return None

    def _verdict(self, test: UnitTest) -> VerdictSpec:
        reason = self._changed(test)
        if reason is not None:
            return VerdictSpec(source=SOURCE, name=test.name, outcome="not run", message=reason)
        return VerdictSpec(source=SOURCE, name=test.name, outcome="equal", rows=self._run(test))

    def _changed(self, test: UnitTest) -> str | None:
        """Why the compiled text is not the one that a test is of; None if it is."""
        overrides = test.overrides
        if overrides is None:
            return None
        kinds = {"macros": overrides.macros, "vars": overrides.vars, "env_vars": overrides.env_vars}
        changed = [f"{kind} {', '.join(values)}" for kind, values in kinds.items() if values]
        if not changed or (overrides.macros == {"is_incremental": self._incremental()} and len(changed) == 1):
            return None
        return f"It overrides {' and '.join(changed)}, which the compiled text has otherwise."

    def _incremental(self) -> bool | None:
        """Whether the text was compiled for a table that is there already; None if it does not show."""
        if "is_incremental" not in self.node.raw_code or "this" not in self.node.raw_code:
            return None
        found, _ = reads(self.sql, self.project.dialect, [self.node])
        return bool(found)

    def _run(self, test: UnitTest) -> int:
        """Runs one test; gives the number of rows compared."""
        named = f"dbt's unit test {test.name!r} of model {self.node.name!r}"
        sql, tables, unknown = self._in_place(test)
        try:
            output = SQLModel(sql, self.project.dialect, tables=tables).predict(output="arrow")
        except SQLModelError as error:
            hint = ""
            if unknown:
                listed = ", ".join(sorted(unknown))
                hint = f" The types of {listed} are not known: run dbt docs generate, or pass tables={{...}}."
            raise QueryError(f"{named} cannot be run: {error.message}{hint}") from None
        expected = self._expected(test, output, f"The expected rows of {named}")
        names = [_output(name, output) for name in expected.column_names]
        found = compare(output.select(names), expected.rename_columns(names))
        if not found.equal:
            raise QueryError(
                f"{named} fails: mend the model or the test, compile again, and log it then.\n{found.text()}"
            )
        return expected.num_rows

    def _in_place(self, test: UnitTest) -> tuple[str, dict[str, Any], set[str]]:
        """The text and its tables, each the rows of the test; and the parents whose types nobody tells."""
        sql, unknown = self.sql, set()
        given = {parent.unique_id: (parent, fixture) for parent, fixture in self._by_parent(test)}
        tables: dict[str, Any] = {}
        for number, cte in enumerate(self.node.extra_ctes):
            step = cte.sql.strip().split(None, 1)[0]
            table = f"dbt_given_{number}"
            if cte.id in given:
                tables[table] = self._given(given[cte.id][1], test, given[cte.id][0])
                sql = sql.replace(cte.sql, f" {step} as (select * from {table})")
            else:  # a step of another ephemeral model, which the given rows stand for
                sql = sql.replace(cte.sql, f" {step} as (select 1 as nothing)")
        parents = self.project.parents(self.node)
        found, others = reads(sql, self.project.dialect, parents)
        left = [name for name in others if name not in tables]
        if left:
            raise InputError(
                f"dbt's unit test {test.name!r} of model {self.node.name!r} cannot be run: the text reads {left[0]!r} "
                "by its name, not by ref or source."
            )
        for parent in found:
            if parent.unique_id not in given:
                raise InputError(
                    f"dbt's unit test {test.name!r} of model {self.node.name!r} gives no rows of {parent.title}, which "
                    "the model reads."
                )
            assert parent.relation_name is not None
            tables[parent.relation_name] = self._given(given[parent.unique_id][1], test, parent)
            if not self.types.get(parent.unique_id, Columns()).known:
                unknown.add(parent.title)
        return sql, tables, unknown

    def _by_parent(self, test: UnitTest) -> list[tuple[Node, Fixture]]:
        return [(self._parent(given, test), given) for given in test.given]

    def _parent(self, given: Fixture, test: UnitTest) -> Node:
        if given.input.strip() == "this":
            return self.node
        try:
            return self.project.find(given.input, self.project.parents(self.node))
        except InputError as error:
            raise InputError(f"dbt's unit test {test.name!r} of model {self.node.name!r}: {error.message}") from None

    def _given(self, given: Fixture, test: UnitTest, parent: Node) -> pa.Table:
        what = f"The rows of {parent.title} in dbt's unit test {test.name!r}"
        if isinstance(given.rows, str):
            return self._selected(given.rows, what)
        columns = self.types.get(parent.unique_id, Columns())
        return table_of(given.rows or [], columns.types, what, whole=columns.whole)

    def _selected(self, sql: str, what: str) -> pa.Table:
        """Rows that a test writes as a query."""
        try:
            return SQLModel(sql.strip().rstrip(";"), self.project.dialect).predict(output="arrow")
        except SQLModelError as error:
            raise QueryError(f"{what} cannot be read: {error.message}") from None

    def _expected(self, test: UnitTest, output: pa.Table, what: str) -> pa.Table:
        """The rows that are to come out, of the columns that they name; without any, of all."""
        types: dict[str, str | None] = {each.name: from_arrow(each.type) for each in output.schema}
        rows = test.expect.rows
        if isinstance(rows, str):
            found = self._selected(rows, what)
            lacking = {name.casefold() for name in types} - {name.casefold() for name in found.column_names}
            if lacking:
                raise InputError(f"{what} are a query without the model's column {min(lacking)!r}: dbt compares all.")
            return found
        if not rows:
            return output.slice(0, 0)
        named = {key.casefold() for key in rows[0]}
        for row in rows:
            if {key.casefold() for key in row} != named:
                raise InputError(f"{what} do not all name the same columns: dbt compares those of the first row.")
        return table_of(rows, types, what, whole=True).select([name for name in types if name.casefold() in named])


def _output(name: str, output: pa.Table) -> str:
    return next((known for known in output.column_names if known.casefold() == name.casefold()), name)
