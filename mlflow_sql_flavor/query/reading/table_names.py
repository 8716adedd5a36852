"""Tables by the names people have for them, of one to three parts, as names of one part that cannot be mixed up.

A query may read ``raw.events`` or ```physionet-data.mimiciv_hosp.admissions```; a model's own tables have no schema.
What reads one of the model's tables by a qualified name is given the dotted name as one quoted identifier, with the
alias that the engine would give it, and columns qualified by the table's parts are qualified by that alias.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect

from ...errors import QueryError
from .parsed_query import Edit, ParsedQuery
from .positions import span
from .qualified_names import Parts, folded_parts, split_name
from .recursion import followed
from .tables import base_tables, written_name
from .traversal import find_all
from .tree_copy import paired_copy

__all__ = ["bare", "given_alias", "restore_names", "with_names"]

#: The parts of a resolved table's name as the text has them, ``(name, quoted)``, and whether it got its alias here.
_WRITTEN, _ALIASED = "written_parts", "given_alias"


def with_names(query: ParsedQuery, names: Collection[str]) -> tuple[ParsedQuery, dict[str, str]]:
    """The query reading its qualified tables by one-part names; what is resolved already stays.

    A name serves the table of just its parts; where there is none, the one table whose last parts they are.

    Args:
        query: From :func:`~.parse.parse`.
        names: Of the input and the reference tables, as their writer gives them.

    Returns:
        The query, and ``{name given: the name that the query reads it by}`` of those that it reads.

    Raises:
        QueryError: A name serves two tables, or two tables differ in case only, or one is a wildcard.
    """
    if query.tree is None:
        return query, {}
    return followed(lambda: _with_names(query, names))


def _with_names(query: ParsedQuery, names: Collection[str]) -> tuple[ParsedQuery, dict[str, str]]:
    assert query.tree is not None
    spelled = _spelled(query, query.tree)
    serves = _serves(query, spelled, names)
    known = _one_part(spelled, query.tree)
    renamed = {parts for parts in serves.values() if parts != (known[parts].casefold(),)}
    found = {name: known[parts] for name, parts in serves.items()}
    if not renamed:
        return query, found
    tree = paired_copy(query.tree)[0]
    edits: list[Edit] = []
    alone: dict[int, list[tuple[Parts, exp.Identifier]]] = {}  # id of a SELECT -> tables without an alias
    for table in base_tables(tree):
        parts = _parts(table)
        if folded_parts(parts) in renamed and _WRITTEN not in table.meta:
            edits += _rename(table, known[folded_parts(parts)], alone)
    edits += _columns(tree, alone)
    return replace(query, tree=tree, edits=tuple(sorted([*query.edits, *edits]))), found


def _parts(table: exp.Table) -> Parts:
    return tuple(part.name for part in table.parts if part.name)


def _spelled(query: ParsedQuery, tree: exp.Query) -> dict[Parts, Parts]:
    """``{folded parts: parts as the text spells them first}`` of the tables that the query reads."""
    found: dict[Parts, Parts] = {}
    seen: dict[Parts, Parts] = {}
    engine = Dialect.get_or_raise(query.dialect)
    for table in base_tables(tree):
        if _WRITTEN in table.meta:
            continue
        parts = _parts(table)
        folded = folded_parts(parts)
        if query.dialect == "bigquery" and parts[-1].endswith("*"):
            raise _at(
                f"{written_name(table, query.dialect)} is a wildcard table, which stands for many: name one table, or "
                "join them with UNION ALL.",
                table,
                query,
            )
        if len(parts) > 3:
            continue
        own = tuple(engine.normalize_identifier(part.copy()).name for part in table.parts if part.name)
        if seen.setdefault(folded, own) != own and _case_counts(query.dialect):
            raise _at(
                f"The query reads two tables that differ in case only, {'.'.join(seen[folded])!r} and "
                f"{'.'.join(own)!r}: a model's tables are told apart without case. Write both alike, or rename one.",
                table,
                query,
            )
        found.setdefault(folded, parts)
    return found


def _case_counts(dialect: str) -> bool:
    return dialect not in ("duckdb", "databricks", "sqlite", "tsql", "trino", "presto", "athena")


def _serves(query: ParsedQuery, spelled: Mapping[Parts, Parts], names: Collection[str]) -> dict[str, Parts]:
    """``{name given: folded parts of the table it serves}``."""
    asked = {name: folded_parts(split_name(name, query.dialect)) for name in names}
    found: dict[str, Parts] = {}

    def serve(name: str, parts: Parts) -> None:
        other = next((known for known, taken in found.items() if taken == parts), None)
        if other is not None:
            raise QueryError(f"{other!r} and {name!r} both name the table {'.'.join(spelled[parts])}: pass it once.")
        found[name] = parts

    for name, parts in asked.items():
        if parts in spelled:
            serve(name, parts)
    for name in asked.keys() - found.keys():
        whole = (name.casefold(),)
        if whole in spelled and whole not in found.values():  # a quoted name with a dot in it
            serve(name, whole)
    for name in sorted(asked.keys() - found.keys(), key=lambda name: -len(asked[name])):
        parts = asked[name]
        longer = [u for u in spelled if len(u) > len(parts) and u[-len(parts) :] == parts and u not in found.values()]
        if len(longer) > 1:
            listed = " and ".join(".".join(spelled[use]) for use in longer)
            raise QueryError(f"{name!r} may be {listed}, which the query reads: pass each by its full name.")
        if longer:
            serve(name, longer[0])
    return found


def _one_part(spelled: Mapping[Parts, Parts], tree: exp.Query) -> dict[Parts, str]:
    """A name of one part for each table, no two alike, and none that a step of the query has."""
    qualified = any(len(parts) > 1 for parts in spelled.values())
    taken = {cte.alias.casefold() for cte in find_all(tree, exp.CTE)} if qualified else set()
    found: dict[Parts, str] = {}
    for folded, parts in sorted(spelled.items(), key=lambda item: -len(item[0])):
        plain = parts[0] if len(parts) == 1 else ".".join(map(_dotless, parts))
        quoted = ".".join(map(_quoted, parts))
        candidates = [plain, quoted, f"[{quoted}]", f"[[{quoted}]]"]
        used = {name.casefold() for name in found.values()} | (taken if len(parts) > 1 else set())
        found[folded] = next((name for name in candidates if name.casefold() not in used), plain)
    return found


def _dotless(part: str) -> str:
    return _quoted(part) if re.search(r'[."`\[\]]', part) else part


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _rename(table: exp.Table, name: str, alone: dict[int, list[tuple[Parts, exp.Identifier]]]) -> list[Edit]:
    """Gives a table its one-part name, and the alias that its engine gives it."""
    parts = list(table.parts)
    last = parts[-1]
    where = span(table)
    places = [part.meta for part in parts if "start" in part.meta]
    text = _quoted(name)
    this = exp.to_identifier(name, quoted=True)
    if places:
        where = min(p["start"] for p in places), max(p["end"] for p in places) + 1
        this.meta.update(start=where[0], end=where[1] - 1)
    table.meta[_WRITTEN] = [(part.name, bool(part.args.get("quoted"))) for part in parts if part.name]
    if not table.alias:
        select = table.find_ancestor(exp.Select)
        same = alone.setdefault(id(select), [])
        twin = any(other.name.casefold() == last.name.casefold() for _, other in same)
        alias = exp.to_identifier(name if twin else last.name, quoted=twin or bool(last.args.get("quoted")))
        same.append((tuple(part.name for part in parts if part.name), alias))
        given = table.args.get("alias")
        if isinstance(given, exp.TableAlias):
            given.set("this", alias)
        else:
            table.set("alias", exp.TableAlias(this=alias))
        table.meta[_ALIASED] = True
        text += f" AS {_quoted(alias.name)}"
    table.set("this", this)
    table.set("db", None)
    table.set("catalog", None)
    return [(*where, text)] if where is not None else []


def _columns(tree: exp.Query, alone: Mapping[int, Sequence[tuple[Parts, exp.Identifier]]]) -> list[Edit]:
    """Columns qualified by two or three parts of a table's name are qualified by its alias."""
    edits: list[Edit] = []
    if not alone:
        return edits
    for column in find_all(tree, exp.Column):
        qualifiers = [column.args[key] for key in ("catalog", "db", "table") if column.args.get(key)]
        if len(qualifiers) < 2:
            continue
        parts = folded_parts(part.name for part in qualifiers)
        select = column.find_ancestor(exp.Select)
        while select is not None:
            own = alone.get(id(select), ())
            alias = next((a for p, a in own if folded_parts(p)[-len(parts) :] == parts), None)
            if alias is not None:
                new = exp.to_identifier(alias.name, quoted=bool(alias.args.get("quoted")))
                first, last = qualifiers[0].meta, qualifiers[-1].meta
                if "start" in first and "end" in last:
                    new.meta.update(start=first["start"], end=last["end"])
                    edits.append((first["start"], last["end"] + 1, _quoted(alias.name)))
                column.set("table", new)
                column.set("db", None)
                column.set("catalog", None)
                break
            select = select.find_ancestor(exp.Select)
    return edits


def bare(table: exp.Table) -> exp.Table:
    """The same table, without alias, joins and the like."""
    name = exp.to_identifier(table.name, quoted=True)
    found = exp.Table(this=name)
    if _WRITTEN in table.meta:
        found.meta[_WRITTEN] = table.meta[_WRITTEN]
    return found


def given_alias(table: exp.Table) -> bool:
    """Whether the text gives the table no alias of its own."""
    return not table.alias or bool(table.meta.get(_ALIASED))


def restore_names(tree: exp.Expr) -> None:
    """Gives tables their names as written, in place: for a text that people read."""
    for table in find_all(tree, exp.Table):
        written = table.meta.get(_WRITTEN)
        if written:
            parts = [exp.to_identifier(n, quoted=q or not re.fullmatch(r"[^\W\d]\w*", n)) for n, q in written]
            for key, part in zip(("this", "db", "catalog"), reversed(parts), strict=False):
                table.set(key, part)


def _at(message: str, table: exp.Table, query: ParsedQuery) -> QueryError:
    where = span(table.parts[-1])
    return QueryError(message, query.sql, *((where[0], where[1] - where[0]) if where else (None, 1)))
