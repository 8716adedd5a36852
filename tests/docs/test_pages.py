"""The pages as a whole: one title each, in the site's menu and on the page, and all of them a link from the first."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor import SQLModel

from . import charts

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


def test_plots_are_drawn_from_the_tables_beside_them(tmp_path: Path) -> None:
    docs = shutil.copytree(ROOT / "docs", tmp_path / "docs")
    pages = {page: (docs / page).read_text(encoding="utf-8") for page in ("dialects.md", "performance.md")}
    changed, count = re.subn(r"(\| postgres .*\| ).*( \|)", r"\g<1>50 % / 100 / 2 of 204\2", pages["dialects.md"])
    assert count == 1
    (docs / "dialects.md").write_text(changed, encoding="utf-8")
    charts.main(docs)
    drawn = (docs / "images" / "dialects.svg").read_text(encoding="utf-8")
    assert "50.0 %" in drawn and drawn.count('class="wrong"') == drawn.count('class="match"')
    assert (docs / "images" / "growth.svg").read_text(encoding="utf-8").count("<polyline") == 3
    for page, image in (("dialects.md", "dialects"), ("performance.md", "growth"), ("performance.md", "performance")):
        assert f"(images/{image}.svg)" in pages[page]
