"""The pages as a whole: one title each, in the site's menu and on the page, and all of them a link from the first."""

from __future__ import annotations

import importlib
import re
import runpy
import shutil
from pathlib import Path

import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel
from mlflow_sql_flavor.artifact.spec import SqlSpec

from . import charts, reference

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
_MENU = re.compile(r"^ +- ([^:\n]+): ([\w-]+\.md)$", re.M)


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def test_the_menu_has_every_page_once() -> None:
    named = [page for _, page in _MENU.findall((ROOT / ".ci/mkdocs.yml").read_text(encoding="utf-8"))]
    assert sorted(named) == PAGES


@pytest.mark.parametrize("page", [page for page in PAGES if page != "index.md"])
def test_a_page_has_one_title(page: str) -> None:
    menu = {name: title for title, name in _MENU.findall((ROOT / ".ci/mkdocs.yml").read_text(encoding="utf-8"))}
    assert text(page).splitlines()[0] == f"# {menu[page]}"
    inside = re.sub(r"^```.*?^```$", "", text(page), flags=re.M | re.S)
    assert len(re.findall(r"^# ", inside, re.M)) == 1


def test_every_page_is_a_link_of_the_first() -> None:
    assert set(re.findall(r"\]\(([\w-]+\.md)\)", text("index.md"))) == set(PAGES) - {"index.md"}


def test_the_reference_names_all_that_is_public_without_the_site() -> None:
    named = set(re.findall(r"\w+", " ".join(row[0] for row in charts.table_under(text("api.md"), "| name |"))))
    methods = {name for name, value in vars(SQLModel).items() if callable(value) and not name.startswith("_")}
    assert {*mlflow_sql_flavor.__all__, *methods} - named == set()


def test_the_keys_of_mlmodel_are_all_described() -> None:
    named = " ".join(row[0] for row in charts.table_under(text("mlmodel.md"), "| key |")[1:])
    assert set(re.findall(r"\w+", named)) == set(SqlSpec.model_fields)


def test_the_objects_of_the_reference_are_where_it_says() -> None:
    for path in re.findall(r"^::: ([\w.]+)$", text("api.md"), re.M):
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name), path


def test_the_reference_of_the_repository_is_of_the_docstrings() -> None:
    """``python -m tests.docs.reference`` writes it."""
    assert text("api.md") == reference.written(text("api.md"))
    outside = re.sub(rf"^{reference.SITE}\n.*?^{reference.END}$", "", text("api.md"), flags=re.M | re.S)
    assert ":::" not in outside and not re.search(r"\bmlflow_sql_flavor\.(?!errors)[a-z_]+\.", outside)


def test_plots_are_drawn_from_the_tables_beside_them(tmp_path: Path) -> None:
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    pages = {page: (docs / page).read_text(encoding="utf-8") for page in ("dialects.md", "performance.md")}
    changed, count = re.subn(r"(\| postgres \| `.*\| ).*( \|)", r"\g<1>50 % / 100 / 2 of 204\2", pages["dialects.md"])
    assert count == 1
    (docs / "dialects.md").write_text(changed, encoding="utf-8")
    charts.main(docs)
    drawn = (docs / "images" / "dialects.svg").read_text(encoding="utf-8")
    assert "50.0 %" in drawn and drawn.count('class="wrong"') == drawn.count('class="match"')
    for name, drawn_lines in (("growth", 3), ("performance", 4)):
        assert (docs / "images" / f"{name}.svg").read_text(encoding="utf-8").count("<polyline") == drawn_lines
    for page, image in (("dialects.md", "dialects"), ("performance.md", "growth"), ("performance.md", "performance")):
        assert f"(images/{image}.svg)" in pages[page]


def test_the_rooms_that_contributing_names_are_there() -> None:
    """In the table that it opens with and in its examples, from the checkout or from the package."""
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = told.replace("<dialect>", "sqlite").replace("NAME", "sqlite")
    named = {name for name in re.findall(r"`([\w.-]+(?:/[\w.-]*)+)`", told) if "/" in name}
    assert {"mlflow_sql_flavor/compile/gates/", "engines/databases/connection.py"} <= named
    tops = [ROOT, ROOT / "mlflow_sql_flavor", ROOT / "tests"]
    parts = [
        ROOT / "mlflow_sql_flavor" / "query" / "dialects",
        ROOT / "mlflow_sql_flavor" / "query",
        *(path.parent for path in (ROOT / "mlflow_sql_flavor").glob("*/__init__.py")),
    ]
    assert not [name for name in sorted(named) if not any((top / name).exists() for top in [*tops, *parts])]


def test_a_dead_link_of_the_built_site_is_found(tmp_path: Path) -> None:
    dead = runpy.run_path(str(ROOT / ".ci" / "links.py"))["dead"]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text('<h1 id="top">x</h1><a href="../a.html#one">', encoding="utf-8")
    (tmp_path / "a.html").write_text(
        '<p id="one"><a href="sub/">s</a><a href="sub/#top">t</a><a href="https://x.org/y">u</a><a href="#one">v</a>'
        '<a href="examples/a.py">w</a><a href="sub/#no">x</a><a href="#two">y</a><img src="no.png">',
        encoding="utf-8",
    )
    assert list(dead(tmp_path)) == [f"a.html: {link}" for link in ("examples/a.py", "sub/#no", "#two", "no.png")]


def test_a_link_of_a_page_is_a_page_or_a_file() -> None:
    """A folder has a page in a repository, and none on the site."""
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text(page)):
            assert (ROOT / "docs" / link).is_file(), f"{page}: {link}"
