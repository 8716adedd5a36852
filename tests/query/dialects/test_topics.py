"""Every dialect's folder is divided by the same topics, which the docstring of ``query/dialects`` lists."""

from __future__ import annotations

import ast
import copy
import re
from importlib import import_module
from pathlib import Path

import pytest

from mlflow_sql_flavor.query import dialects

HOME = Path(dialects.__file__).parent
FOLDERS = sorted(path.name for path in HOME.iterdir() if (path / "__init__.py").exists() and path.name != "shared")
LISTS = (dialects.__doc__ or "").partition("How to add")[0].partition("``shared/`` has")
TOPICS, SHARED = (re.findall(r"^    (\w+) +\S", part, re.M) for part in (LISTS[0], LISTS[2]))


def _files(folder: str) -> set[str]:
    return {path.name for path in (HOME / folder).iterdir() if path.name != "__pycache__"}


def test_topics_are_some_twenty_in_order() -> None:
    assert 15 < len(TOPICS) < 30
    assert sorted(set(TOPICS)) == TOPICS


def test_every_topic_is_a_module_somewhere() -> None:
    used = {path.stem for folder in FOLDERS for path in (HOME / folder).glob("*.py")}
    assert set(TOPICS) == used - {"__init__"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_holds_topics_and_nothing_else(folder: str) -> None:
    assert _files(folder) <= {"__init__.py", "macros_v1.sql", *(f"{topic}.py" for topic in TOPICS)}


def test_what_is_shared_is_listed() -> None:
    """A topic by the dialects' own word, or one of the list of what else they do alike."""
    named = set(re.findall(r"\w+", LISTS[2].partition("\n\n")[0])) & set(TOPICS)
    assert sorted(set(SHARED)) == SHARED and not set(SHARED) & set(TOPICS)
    assert _files("shared") == {"__init__.py", "macros_v1.sql", *(f"{name}.py" for name in (*SHARED, *named))}


@pytest.mark.parametrize("folder", FOLDERS)
def test_its_first_file_names_the_documentation_and_holds_no_rule(folder: str) -> None:
    text = (HOME / folder / "__init__.py").read_text(encoding="utf-8")
    assert "https://" in text
    assert "def " not in text and "D.rule" not in text and "D.function" not in text
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_rules_of_every_topic_are_used(folder: str) -> None:
    found = dialects.rules_of(folder)
    known = {id(rule) for rules in (*found.rules.values(), *found.functions.values()) for rule in rules}
    for path in (HOME / folder).glob("*.py"):
        topic = getattr(import_module(f"{dialects.__name__}.{folder}.{path.stem}"), "R", None)
        if topic is not None:
            assert {id(rule) for rules in topic.rules.values() for rule in rules} <= known, path.stem
            assert {id(rule) for rules in topic.functions.values() for rule in rules} <= known, path.stem
            assert all(step in found.before for step in topic.before), path.stem
            assert all(step in found.first for step in topic.first), path.stem


#: An argument of the node's own, and one that a function of one argument makes of it, or of the whole node.
_OWN = r"\*?node\.(this|expression|args\['\w+'\]|expressions(\[\d\])?)"
_INNER = rf"ctx\.(call|macro)\('\w+'(, {_OWN})?(, type='\w+')?\)"
_MADE = rf"_?\w+\({_OWN}, ctx\)|build\.cast\({_OWN}, '\w+'\)|{_INNER}|_?\w+\(node, ctx\)"
_CONSTANT = r"(build\.)?lit\([^()]+\)"
_HANDED = re.compile(rf"{_OWN}(\.unnest\(\))?|{_MADE}|{_CONSTANT}")
#: What gives the first argument, converted.
_CONVERTED = re.compile(rf"(_?\w+\()?{_OWN}(, ctx\))?|build\.cast\(({_MADE}|{_OWN}), '\w+'\)")
#: A name that the node settles.
_NAMED = re.compile(r"'\w+'( if .+ else '\w+')?")
_OPENS = re.compile(r"ctx\.open\('\w+', node, '[^']*'\)")
_ARITY = re.compile(r"len\(node\.expressions\) == \d")


def _returned(function: ast.FunctionDef) -> tuple[ast.expr | None, dict[str, str]]:
    """What a rule of one expression returns, in any case or for one number of arguments; the name it settled before."""
    body = [step for step in function.body if not (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))]
    if _OPENS.fullmatch(ast.unparse(body[0])):  # R.opens
        body = body[1:] or [ast.Return(ast.Constant(None))]
    body = _inlined(body)
    names: dict[str, str] = {}
    if len(body) == 2 and isinstance(body[0], ast.Assign) and _NAMED.fullmatch(ast.unparse(body[0].value)):
        named = body.pop(0)
        names[ast.unparse(named.targets[0])] = ast.unparse(named.value)
    made = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    if isinstance(made, ast.IfExp) and _ARITY.fullmatch(ast.unparse(made.test)):
        made = made.body
    return made, names


class _Put(ast.NodeTransformer):
    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node.id == self._name else node


def _inlined(body: list[ast.stmt]) -> list[ast.stmt]:
    """Without what is only named on the way to what is returned."""
    while len(body) > 1 and isinstance(body[0], ast.Assign) and isinstance(body[0].targets[0], ast.Name):
        named = body[0]
        if _NAMED.fullmatch(ast.unparse(named.value)):
            break
        put = _Put(body[0].targets[0].id, named.value)
        body = [ast.fix_missing_locations(put.visit(copy.deepcopy(step))) for step in body[1:]]
    return body


def _is_handed(value: ast.expr) -> bool:
    """Whether a table can say an argument: the node's own, a constant, or what one function makes of the node."""
    text = ast.unparse(value)
    if _HANDED.fullmatch(text) or not {"node", "ctx"} & {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}:
        return True
    if isinstance(value, ast.Starred):  # what is not given is a constant
        value = value.value
        values = value.values if isinstance(value, ast.BoolOp) else [value]
        return all(re.fullmatch(r"node\.expressions(\[\d*:\d*\])?|\[[^\]]*\]", ast.unparse(each)) for each in values)
    listed = re.fullmatch(r"exp\.Array\(expressions=\[(.+) for (\w+) in node\.expressions\]\)", text)
    if listed:
        return bool(re.fullmatch(rf"_?\w+\({listed[2]}, ctx\)|{listed[2]}", listed[1]))
    return bool(re.fullmatch(rf"_?\w+\(node, {_OWN}, ctx\)", text))


def _only_calls(function: ast.FunctionDef) -> bool:
    """Whether a rule does nothing but call one function of DuckDB, or one macro, with what a table can say."""
    made, names = _returned(function)
    if not isinstance(made, ast.Call) or ast.unparse(made.func) not in ("ctx.call", "ctx.macro"):
        return False
    name = ast.unparse(made.args[0])
    return bool(_NAMED.fullmatch(names.get(name, name))) and all(_is_handed(arg) for arg in made.args[1:])


def _only_converts(function: ast.FunctionDef) -> bool:
    """Whether a rule gives its first argument, converted, or nothing at all."""
    text = ast.unparse(made) if (made := _returned(function)[0]) is not None else ""
    return text == "None" or (bool(_CONVERTED.fullmatch(text)) and "*" not in text)


def _only_refuses(function: ast.FunctionDef) -> bool:
    """Whether a rule does nothing but refuse, in words that are the same for every node."""
    steps = [text for step in function.body if (text := ast.unparse(step)) not in ("return", "return None")]
    calls = [node for node in ast.walk(function) if isinstance(node, ast.JoinedStr | ast.IfExp)]
    return len(steps) == 1 and steps[0].startswith(("ctx.refuse(", "raise ctx.error(")) and not calls


@pytest.mark.parametrize(
    "body",
    [
        'return ctx.call("trim", _text(node.this, ctx), *(node.expressions[1:] or [build.lit(" ")]), type="VARCHAR")',
        'return ctx.macro("dbx__elt", node.this, exp.Array(expressions=[_text(e, ctx) for e in node.expressions]))',
        'day = build.lit("1970-01-01")\n    return ctx.call("date_diff", day, as_date(node.this, ctx), type="BIGINT")',
        'zone = _zone(node, node.args["zone"], ctx)\n    return ctx.macro("x__at", as_ts(node.this, ctx), zone)',
        'name = "a" if node.args.get("b") else "c"\n    return ctx.call(name, node.this)',
        "return node.expressions[0]",
        'ctx.refuse("hash", node, "why", "instead")',
    ],
)
def test_what_a_table_can_say_is_seen(body: str) -> None:
    (function,) = ast.parse(f"def f(node, ctx):\n    {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert _only_calls(function) or _only_converts(function) or _only_refuses(function)


@pytest.mark.parametrize(
    "body",
    [
        'a, b = node.expressions\n    return ctx.macro("x__f", b, a)',
        'if node.this.is_string:\n        return None\n    return ctx.call("f", node.this)',
        'made = ctx.call("f", node.this, node.expression)\n    return ctx.call("len", ctx.call("g", made, node.this))',
    ],
)
def test_what_a_table_cannot_say_is_a_function(body: str) -> None:
    (function,) = ast.parse(f"def f(node, ctx):\n    {body}\n").body
    assert isinstance(function, ast.FunctionDef)
    assert not (_only_calls(function) or _only_converts(function) or _only_refuses(function))


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_only_renames_converts_or_refuses_is_a_line_in_a_table(folder: str) -> None:
    rules = [
        f"{path.stem}.{node.name}"
        for path in (HOME / folder).glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any(ast.unparse(decorator).startswith(("R.rule(", "R.function(")) for decorator in node.decorator_list)
        and (_only_calls(node) or _only_converts(node) or _only_refuses(node))
    ]
    assert not rules


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_macro_is_defined_once(folder: str) -> None:
    """The second of two would be called in the place of the first."""
    pack = HOME / folder / "macros_v1.sql"
    text = pack.read_text(encoding="utf-8") if pack.exists() else ""
    names = re.findall(r"^CREATE MACRO (\w+)\(", text, re.M | re.I)
    assert sorted(names) == sorted(set(names))
