"""CREATE FUNCTION as its engine writes it, read as a function whose body is SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from sqlglot import exp
from sqlglot.tokens import Token, TokenType

from ....errors import QueryError
from ..syntax import tokenized, trees_of
from ..traversal import find_all
from .inlining import Argument, SqlFunction, called, expand
from .statements import STRINGS, word

__all__ = ["Functions"]

#: What stands around a body and does not change its value, as words: ``*`` is any one token, ``()`` a group.
_OPTIONS = [
    pattern.split()
    for pattern in (
        "OPTIONS ()", "COMMENT = *", "COMMENT *", "MEMOIZABLE", "NOT NULL", "CALLED ON NULL INPUT", "IMMUTABLE",
        "STABLE", "VOLATILE", "PARALLEL *", "COST *", "ROWS *", "LEAKPROOF", "NOT DETERMINISTIC", "DETERMINISTIC",
        "CONTAINS SQL", "READS SQL DATA", "NO SQL", "SQL SECURITY *", "SECURITY *", "LANGUAGE SQL", "IF NOT EXISTS",
    )
]  # fmt: skip
_STRICT = [pattern.split() for pattern in ("STRICT", "RETURNS NULL ON NULL INPUT")]
#: Which dialects convert to the types of arguments without their lengths and digits.
_PLAIN_TYPES = {"postgres", "redshift"}
#: In these a function's argument goes before a column of its name.
_ARGUMENTS_FIRST = {"duckdb", "clickhouse"}


class Functions:
    """The functions that a script has defined so far.

    Args:
        sql: The script's text.
        dialect: Canonical name.
        at: Makes an error at a node.
    """

    def __init__(self, sql: str, dialect: str, at: Callable[[str, exp.Expr], QueryError]) -> None:
        self.sql, self.dialect, self.at = sql, dialect, at
        self._known: dict[tuple[str, ...], SqlFunction] = {}
        self._marks: dict[str, SqlFunction] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def read(self, tokens: Sequence[Token], sql: str | None = None) -> list[exp.Expr]:
        """The statements of tokens, in which calls of the functions are marked as such.

        Raises:
            QueryError: They cannot be read.
        """
        text = self.sql if sql is None else sql
        trees = trees_of(self._renamed(tokens), text, self.dialect)
        for tree in trees:
            self._mark(tree)
        return trees

    def define(self, tokens: Sequence[Token]) -> None:
        """Reads a CREATE FUNCTION statement.

        Raises:
            QueryError: It cannot be written out: of another language, recursive, a table's function.
        """
        self._check_language(tokens)
        tokens = [token for token in tokens if word(token) != "SECURE"]
        opened = next((i for i, t in enumerate(tokens) if t.token_type in (TokenType.L_PAREN, TokenType.ALIAS)), 0)
        bare, strict = _without_options(tokens, opened)
        bare, defaults = self._without_defaults(bare, opened) if self.dialect == "duckdb" else (bare, {})
        named = [t for t in tokens[:opened] if word(t) not in _HEAD]
        parts = tuple(part for t in named for part in self._parts(t)) if named else ()
        if not parts:
            raise QueryError("This function has no name.", self.sql, tokens[0].start, len(tokens[0].text))
        function = SqlFunction(
            parts[-1],
            columns_first=self.dialect not in _ARGUMENTS_FIRST,
            numbered=self.dialect in ("postgres", "redshift"),
            strict=strict,
        )
        self._known[tuple(map(self._folded, parts))] = function
        closed = _closing(bare, opened) if bare[opened].token_type == TokenType.L_PAREN else opened
        head, rest = bare[: closed + 1], bare[closed + 1 :]
        trees = trees_of([*head, *self._renamed(rest)], self.sql, self.dialect)
        create = trees[0] if len(trees) == 1 else None
        if not isinstance(create, exp.Create) or create.args.get("expression") is None:
            raise QueryError(
                "This function cannot be read: one is written with arguments and a body that is SQL, an expression or "
                "a SELECT.",
                self.sql,
                tokens[0].start,
                tokens[-1].end + 1 - tokens[0].start,
            )
        self._fill(function, create, bare, defaults)

    def _fill(
        self, function: SqlFunction, create: exp.Create, tokens: Sequence[Token], defaults: dict[str, exp.Expr]
    ) -> None:
        self._mark(create)
        properties = create.args.get("properties")
        returns = (
            next((p for p in properties.expressions if isinstance(p, exp.ReturnsProperty)), None)
            if properties
            else None
        )
        if returns is not None and (returns.args.get("is_table") or not isinstance(returns.this, exp.DataType)):
            raise QueryError(
                f"{function.name} gives a table: write its SELECT as a step of WITH.",
                self.sql,
                tokens[0].start,
                len(tokens[0].text),
            )
        body = create.args["expression"]
        if isinstance(create.this, exp.UserDefinedFunction):
            function.arguments = [self._argument(item, defaults) for item in create.this.expressions]
        elif isinstance(body, exp.Lambda):  # ClickHouse
            function.arguments = [Argument(item.name) for item in body.expressions]
            body = body.this
        if isinstance(body, exp.Return):
            body = body.this
        if isinstance(body, (exp.Literal, exp.RawString, exp.Heredoc, exp.National)) and self.dialect in _TEXT_BODIES:
            body = self._body_of_text(next(t for t in reversed(tokens) if t.token_type in STRINGS))
        if isinstance(body, exp.MacroOverloads):
            raise self.at(f"{function.name} has several forms: give each a name of its own.", body)
        body = body.unnest() if isinstance(body, (exp.Paren, exp.Subquery)) else body
        if isinstance(body, exp.Query):
            body = _scalar(body, function, self.at, first=self.dialect in _TEXT_BODIES)
        kind = self._plain_type(returns.this) if returns is not None else None
        function.returns = kind
        function.body = expand(body, self.at)

    def _mark(self, tree: exp.Expr) -> None:
        for node in find_all(tree, exp.Anonymous):
            function = self._marks.get(str(node.name))
            if function is not None:
                node.set("this", function.name)
                called(node, function)

    def _argument(self, item: exp.Expr, defaults: dict[str, exp.Expr]) -> Argument:
        if isinstance(item, exp.ColumnDef):
            kind = item.args.get("kind")
            default = next((c.this for c in find_all(item, exp.DefaultColumnConstraint)), None)
            name = item.this.this.name if isinstance(item.this, exp.Parameter) else item.name
            if not isinstance(kind, exp.DataType) or (kind.this == exp.DType.VARIANT and self.dialect == "bigquery"):
                return Argument(name, None, default)  # ANY TYPE
            return Argument(name, self._plain_type(kind), default)
        if self.dialect in ("postgres", "redshift"):  # a type alone: the body says $1
            return Argument(
                f"${item.meta.get('start', id(item))}", self._plain_type(exp.DataType.build(item.name, self.dialect))
            )
        return Argument(item.name, None, defaults.get(item.name.casefold()))

    def _plain_type(self, kind: exp.DataType) -> exp.DataType:
        found = kind.copy()
        nested = found.is_type(exp.DType.ARRAY, exp.DType.STRUCT, exp.DType.MAP)
        if self.dialect in _PLAIN_TYPES and not nested:
            found.set("expressions", [])
        return found

    def _body_of_text(self, token: Token) -> exp.Expr:
        """A body that is a text, read at its place in the script."""
        raw = self.sql[token.start : token.end + 1]
        tag = re.match(r"\$\w*\$", raw)
        inner = raw[len(tag[0]) : -len(tag[0])] if tag else raw[1:-1]
        offset = token.start + (len(tag[0]) if tag else 1)
        if tag is None:
            if "\\" in inner:
                raise QueryError(
                    "Write this body between $$ and $$.", self.sql, token.start, token.end + 1 - token.start
                )
            quotes = iter(range(len(inner)))
            inner = re.sub("''", lambda _: "' " if next(quotes) % 2 else " '", inner)  # as long as it was
        padded = re.sub(r"[^\n]", " ", self.sql[:offset]) + inner
        found = tokenized(padded, self.dialect)
        while found and found[-1].token_type == TokenType.SEMICOLON:
            found.pop()
        trees = self.read(found, padded)
        if len(trees) != 1:
            raise QueryError("A function's body is one SELECT.", self.sql, token.start, token.end + 1 - token.start)
        body = trees[0]
        if self.dialect in ("postgres", "redshift") and not isinstance(body, exp.Query):
            raise QueryError("A function's body is one SELECT.", self.sql, token.start, token.end + 1 - token.start)
        return body

    def _check_language(self, tokens: Sequence[Token]) -> None:
        for token, following in pairwise(tokens):
            if word(token) == "LANGUAGE" and following.text.upper() != "SQL":
                language = following.text
                raise QueryError(
                    f"This function is written in {language}: a model runs SQL functions only. Write its body in SQL, "
                    "or leave it out here and pass a Python function of its name with udfs=[...].",
                    self.sql,
                    token.start,
                    following.end + 1 - token.start,
                )
            if word(token) in ("AGGREGATE", "SETOF"):
                raise QueryError(
                    f"A function with {word(token)} has no counterpart: write it out where it is called.",
                    self.sql,
                    token.start,
                    len(token.text),
                )

    def _without_defaults(self, tokens: Sequence[Token], opened: int) -> tuple[list[Token], dict[str, exp.Expr]]:
        """DuckDB's ``name := value`` among arguments, which sqlglot does not read."""
        if tokens[opened].token_type != TokenType.L_PAREN:
            return list(tokens), {}
        closed = _closing(tokens, opened)
        kept, defaults, i = list(tokens[: opened + 1]), {}, opened + 1
        while i < closed:
            if tokens[i].text in (":=", "=>", "="):
                end = i + 1
                while end < closed and tokens[end].token_type != TokenType.COMMA:
                    end = _closing(tokens, end) + 1 if tokens[end].token_type == TokenType.L_PAREN else end + 1
                value = trees_of(tokens[i + 1 : end], self.sql, self.dialect)
                defaults[str(tokens[i - 1].text).casefold()] = value[0]
                i = end
                continue
            kept.append(tokens[i])
            i += 1
        return [*kept, *tokens[closed:]], defaults

    def _renamed(self, tokens: Sequence[Token]) -> list[Token]:
        """The tokens with each call of a known function under a name that the dialect has no function of."""
        out: list[Token] = []
        for token in tokens:
            if token.token_type == TokenType.L_PAREN and out and self._known:
                names = [out[-1]]
                while len(names) * 2 < len(out) and out[-2 * len(names)].token_type == TokenType.DOT:
                    names.insert(0, out[-2 * len(names) - 1])
                function = self._find(tuple(part for name in names for part in self._parts(name)))
                if function is not None:
                    mark = f"sql_function_{id(function)}"
                    self._marks[mark] = function
                    first, last = names[0], names[-1]
                    del out[len(out) - (2 * len(names) - 1) :]
                    out.append(
                        Token(TokenType.VAR, mark, first.line, last.col, first.start, last.end, list(first.comments))
                    )
            out.append(token)
        return out

    def _parts(self, token: Token) -> list[str]:
        if token.token_type == TokenType.DOT:
            return []
        quoted = token.token_type == TokenType.IDENTIFIER
        return str(token.text).split(".") if quoted and self.dialect == "bigquery" else [str(token.text)]

    def _folded(self, part: str) -> str:
        return part if self.dialect == "bigquery" else part.casefold()

    def _find(self, parts: tuple[str, ...]) -> SqlFunction | None:
        folded = tuple(map(self._folded, parts))
        if folded in self._known:
            return self._known[folded]
        same = [
            f for known, f in self._known.items() if known[-len(folded) :] == folded or folded[-len(known) :] == known
        ]
        return same[0] if len(same) == 1 else None


_TEXT_BODIES = {"snowflake", "postgres", "redshift"}
_HEAD = {"CREATE", "OR", "REPLACE", "TEMP", "TEMPORARY", "FUNCTION", "MACRO", "IF", "NOT", "EXISTS", "."}


def _scalar(body: exp.Query, function: SqlFunction, at: Callable[[str, exp.Expr], QueryError], first: bool) -> exp.Expr:
    """A query as the value of a function: its expression where it reads nothing."""
    if isinstance(body, exp.Select) and body.args.get("kind") != "STRUCT":
        if len(body.expressions) != 1 or body.expressions[0].is_star:
            raise at(f"The body of {function.name} gives several columns: it has to give one.", body)
        if not any(value for key, value in body.args.items() if key != "expressions"):
            found: exp.Expr = body.expressions[0].unalias()
            return found
    if first and isinstance(body, exp.Select) and not body.args.get("limit"):
        body = body.limit(1)  # of many rows a SQL function gives the first
    return exp.Subquery(this=body)


def _closing(tokens: Sequence[Token], opened: int) -> int:
    depth = 0
    for i in range(opened, len(tokens)):
        depth += (tokens[i].token_type == TokenType.L_PAREN) - (tokens[i].token_type == TokenType.R_PAREN)
        if depth == 0:
            return i
    return len(tokens) - 1


def _without_options(tokens: Sequence[Token], opened: int) -> tuple[list[Token], bool]:
    """The tokens without what does not change the value, and whether NULL gives NULL."""
    kept, strict, i, depth = list(tokens[:opened]), False, opened, 0
    while i < len(tokens):
        if depth == 0 and i > opened:
            length, is_strict = _option(tokens, i)
            if length:
                strict, i = strict or is_strict, i + length
                continue
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if word(tokens[i]) == "RETURN" or (
                word(tokens[i]) == "AS" and following and following.token_type not in STRINGS
            ):
                end = len(tokens)
                if following is not None and following.token_type == TokenType.L_PAREN and word(tokens[i]) == "AS":
                    end = _closing(tokens, i + 1) + 1  # behind it there may be more
                kept += tokens[i:end]
                i = end
                continue
        depth += (tokens[i].token_type == TokenType.L_PAREN) - (tokens[i].token_type == TokenType.R_PAREN)
        kept.append(tokens[i])
        i += 1
    return kept, strict


def _option(tokens: Sequence[Token], i: int) -> tuple[int, bool]:
    for patterns, strict in ((_STRICT, True), (_OPTIONS, False)):
        for pattern in patterns:
            length = 0
            for part in pattern:
                at = i + length
                if at >= len(tokens):
                    break
                if part == "()":
                    if tokens[at].token_type != TokenType.L_PAREN:
                        break
                    length += _closing(tokens, at) - at + 1
                elif part == "*" or word(tokens[at]) == part:
                    length += 1
                else:
                    break
            else:
                return length, strict
    return 0, False
