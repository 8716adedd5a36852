"""One folder a dialect: rules that rewrite a typed tree so that DuckDB gives the source engine's rows.

A folder holds ``macros_v1.sql``, the dialect's macros and settings; ``__init__.py``, with its set of rules ``D``, the
address of the engine's documentation and the order in which its topics are tried; and a module a topic, each with a set
of rules ``R``. These topics there are, in every dialect the same words:

    aggregates   functions of many rows, their FILTER, DISTINCT and order
    arrays       arrays, maps and structs
    casts        CAST, and functions that convert one value
    checks       what the engine raises for and DuckDB does not
    coercions    a value as a number, a text or a condition, where the engine converts it unasked
    comparisons  comparisons, conditions, and the one type of what CASE or a set operation may give
    dates        parts, differences, sums and construction of dates and timestamps
    decimals     precision and scale of exact numbers
    encodings    digests, checksums, hexadecimal and other codes of a value
    filling      rows that ORDER BY puts between others
    formats      values as text by a pattern, and back
    funnels      chains of events within a time
    intervals    literals and arithmetic of intervals
    joins        joins, and what an unmatched row holds
    json         values taken from JSON, JSON that is made
    json_edits   JSON that is changed or contained, of whole rows, and rows of JSON
    json_paths   paths of SQL/JSON with filters
    lambdas      functions of which an argument is a function
    names        aliases, and which column a name is read as
    nulls        whether a value may be NULL, and functions that ask so
    numbers      literals, arithmetic, mathematics, bits
    overflow     results that leave the range of a type
    regex        regular expressions and other patterns
    relations    FROM and what stands there, functions that give rows, clauses of SELECT
    strings      functions of text
    times        the clock, times of day, seconds since 1970, time zones
    types        the type of an expression, where sqlglot says something else
    verified     which functions are let through
    windows      functions of OVER, and its frames

``shared/`` has, of these, aggregates, casts, comparisons, strings and verified, and one module for each of what else
several dialects do alike:

    aliases           outputs that read other outputs by their aliases
    build             nodes of DuckDB's syntax, literals
    calls             a call as it is written: its arguments, one of them as text
    catalog           which functions an engine has
    clauses           where a node stands in its query
    date_formats      patterns of dates, for strftime and strptime
    documented        what only a manual settles, for engines that nobody asked
    exact_numbers     digits of exact numbers
    grouping          ROLLUP, CUBE and GROUPING SETS
    java_time         patterns of dates in java.time
    lookarounds       lookahead and lookbehind at the ends of a regular expression
    nan               NaN in comparisons and in order
    outer_aggregates  aggregates within a subquery of columns of the query around it alone
    pivot             names of the columns that PIVOT makes
    postgres_moments  constant texts of dates in PostgreSQL's forms
    ratios            a value's part of a sum
    regex_groups      capturing groups of a regular expression
    rounding          ROUND of a double
    row_comparisons   comparisons of rows, field by field
    shifts            a date or timestamp some units later
    smallest_integer  the smallest INTEGER
    source_types      types of what a SELECT reads, where typing did not follow it
    ties              TOP and FETCH WITH TIES
    trailing_blanks   texts that end in blanks, where those do not count
    unpivot           names that UNPIVOT writes
    windows_zones     Windows' names of time zones

How to add to a topic:

- rename:   ``R.renames({exp.BitwiseCount: "bit_count", "octet_length": ("strlen", "BIGINT")})`` where DuckDB has the
            function by another name; a text names a function that sqlglot does not model (exp.Anonymous).
- macro:    ``CREATE MACRO pg__initcap(x) AS ...;`` in macros_v1.sql, and ``R.macros({exp.Initcap: ("pg__initcap",
            "VARCHAR")})``. ``-- uses: common 1`` at the top of the pack makes ``common__*`` callable.
- argument: ``of=text`` beside either table converts every argument, ``of=(text, whole)`` each by its own. What is
            handed on may stand behind the type: ``exp.Space: ("repeat", "VARCHAR", build.lit(" "), "this")``, arguments
            by their keys, constants, functions of node and context; name and type may be such functions too.
            ``arity=2`` leaves calls of other numbers of arguments as they are.
- value:    ``R.converts({"tonullable": build.as_it_is, exp.Time: time})``: the first argument, converted.
- refusal:  ``R.refuses("hash", {exp.CityHash64, "siphash64"}, "why it differs", "what to write instead")``.
            ``R.lacks({exp.Soundex}, "what to write instead")`` where nothing stands for it, whatever ``allow`` says.
- rule:     where the meaning differs: ``@R.rule(exp.Round)`` above ``def f(node, ctx)``: return a new node, or None to
            leave it. Children are already rewritten, parents not yet. ``ctx.type_of(node)``, ``ctx.is_a(node, "int")``
            tell types. A node may be put inside its replacement without copying. New nodes are not visited again.
            ``@R.function("to_hex", "hex2")`` the same for functions sqlglot does not model.
            ``ctx.macro("pg__round", x, n, type="DOUBLE")``, ``ctx.call("round", x)`` make calls;
            ``ctx.refuse("hash", node, why, instead)`` raises unless the user allows "hash".
- known:    ``R.known("pi", ...)``: passed through and checked, so no warning; ``R.accepts("if", ...)``: grammar words.
- setting:  ``SET integer_division = true;`` in macros_v1.sql, or ``ctx.set("integer_division", False)`` for one query.
- open:     ``R.opens("order", {exp.Mode}, "why two runs may differ")``; ``ctx.open("random", node, "why")``;
            ``ctx.warn("kind", node, "message")``.
- formats:  ``date_formats.timefmt(text, TOKENS)`` -> strftime text; raises ``UnknownToken``.

A rule names its source (the engine's documentation) in a comment, and has a recorded case as its test.
"""

from __future__ import annotations

from importlib import import_module

from ..facts.rules import DialectRules, Rule

__all__ = ["VERIFIED", "DialectRules", "Rule", "rules_of"]

VERIFIED = ("postgres", "databricks", "mysql", "sqlite", "clickhouse")
_MODULES = (*VERIFIED, "duckdb", "snowflake", "bigquery", "redshift", "tsql", "trino", "oracle")
_SAME_RULES = {"presto": "trino", "athena": "trino", "materialize": "postgres", "risingwave": "postgres"}


def rules_of(dialect: str) -> DialectRules:
    """The rules of a dialect; an empty set for one without a module."""
    module = _SAME_RULES.get(dialect, dialect)
    if module not in _MODULES:
        return DialectRules(dialect)
    found: DialectRules = import_module(f".{module}", __package__).D
    return found
