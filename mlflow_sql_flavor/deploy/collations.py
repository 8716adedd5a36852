"""Texts that a database takes for equal and the model keeps apart: which of a deployment's columns are compared so."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..query.targets import literals
from ..query.targets.columns import compared

if TYPE_CHECKING:
    from .build import Build

__all__ = ["tell"]

_logger = logging.getLogger(__name__)

#: https://dev.mysql.com/doc/refman/8.4/en/information-schema-columns-table.html
_ASKED = {
    "mysql": "SELECT column_name, collation_name FROM information_schema.columns "
    "WHERE table_schema = {schema} AND table_name = {name} AND collation_name IS NOT NULL",
}
#: Collations by which texts are equal that have the same characters, blanks at the end among them:
#: https://dev.mysql.com/doc/refman/8.4/en/charset-binary-collations.html
_EXACT = ("nopad_bin", "_0900_bin", "binary")


def tell(build: Build, source: Sequence[str] | None) -> None:
    """Warns of columns of texts that the query compares, and the database by a collation to which others are equal.

    Args:
        build: The deployment, its reference tables in place.
        source: Parts of the input's name.
    """
    server = build.server
    asked = _ASKED.get(server.dialect)
    if asked is None or build.query.parsed.dialect == server.dialect:  # in which the model compares alike
        return
    found = {}
    for table, parts in build.places(source).items():
        types = build.query.types[table]
        there = dict(zip(types, build.columns_of(table), strict=True))
        texts = [name for name in compared(build.query.parsed, types) if types[name] == "VARCHAR"]
        if not texts or len(parts) != 2:
            continue
        schema, name = (literals.literal(part, server.dialect) for part in parts)
        rows = server.rows(asked.format(schema=schema, name=name), f"look at the columns of {parts[-1]!r}")[1]
        collations = {str(row[0]): str(row[1]) for row in rows}
        for column in texts:
            collation = collations.get(there[column])
            if collation is not None and not collation.endswith(_EXACT):
                found[f"{table}.{column}"] = collation
    if found:
        named = ", ".join(f"{column} by {collation}" for column, collation in found.items())
        _logger.warning(
            "The database compares %s, to which texts of other capitals, accents or blanks at the end may be equal. "
            "The model keeps them apart: give the columns a collation that is binary and pads nothing, such as "
            "utf8mb4_nopad_bin (MariaDB) or utf8mb4_0900_bin (MySQL), or compare on rows with such texts.",
            named,
        )
