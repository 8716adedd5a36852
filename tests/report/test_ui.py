"""MLflow's own web page on a logged model, in a real browser: what a person sees of the card and the lineage.

With MLFLOW_SQL_IMAGES set to a folder the pictures of the documentation are written there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest

import mlflow_sql_flavor

from .browser import Browser, browser, missing, mlflow_server

pytestmark = [pytest.mark.ci, pytest.mark.timeout(300)]

SQL = """-- The best listings of the regions asked, and how near each is to its region's best
WITH rated AS (
  SELECT region, listing_id, name, review_score
  FROM listings
  WHERE review_score >= :min_score
), best AS (
  SELECT region, max(review_score) AS best_score
  FROM rated
  GROUP BY region
)
SELECT i.region, r.listing_id, r.name, r.review_score,
  round(r.review_score / b.best_score, 3) AS relative
FROM input AS i
JOIN rated AS r ON r.region = i.region
JOIN best AS b ON b.region = i.region
ORDER BY i.region, r.review_score DESC"""
DESCRIPTION = "The best listings of the regions asked."
LISTINGS = pd.DataFrame(
    {
        "listing_id": [1, 2, 3, 4],
        "region": ["Seoul", "Seoul", "Busan", "Jeju"],
        "name": ["Hanok stay", "River loft", "Harbour flat", "Garden house"],
        "review_score": [4.8, 4.1, 4.5, 4.9],
    }
)
#: Ends every place it stands in, if it is not escaped; the page then has an element, or a variable, that it has not.
HOSTILE = (
    '</td></text></pre><img id="hostile" src="x" onerror="window.hostile=1"><script>window.hostile=1</script>```|`]]>'
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str, dict[str, str]]]:
    why = missing()
    if why is not None:
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("ui")
    previous = mlflow.get_tracking_uri()
    with mlflow_server(folder) as url:
        mlflow.set_tracking_uri(url)
        try:
            mlflow.set_experiment("listings")
            with mlflow.start_run() as run:
                ranker = mlflow_sql_flavor.log_model(
                    SQL,
                    name="ranker",
                    dialect="databricks",
                    tables={"listings": LISTINGS},
                    input_example=(pd.DataFrame({"region": ["Seoul"]}), {"min_score": 4.0}),
                    registered_model_name="ranker",
                    tags={"mlflow.note.content": DESCRIPTION},
                    bundle_flavor=False,
                )
                quoted = HOSTILE.replace('"', '""')
                hostile = mlflow_sql_flavor.log_model(
                    f"SELECT x AS \"{quoted}\", '{HOSTILE}' AS t FROM input -- {HOSTILE}",
                    name="hostile",
                    input_types={"x": "BIGINT"},
                    registered_model_name="hostile",
                    tags={"team": HOSTILE},
                    bundle_flavor=False,
                )
                plain = mlflow_sql_flavor.log_model(
                    SQL,
                    name="plain",
                    dialect="databricks",
                    tables={"listings": LISTINGS},
                    input_example=(pd.DataFrame({"region": ["Seoul"]}), {"min_score": 4.0}),
                    registered_model_name="plain",
                    bundle_flavor=False,
                )
        finally:
            mlflow.set_tracking_uri(previous)
        where = f"{url}/#/experiments/{run.info.experiment_id}/models"
        with browser(folder) as window:
            found = {"ranker": ranker, "hostile": hostile, "plain": plain}
            pages = {name: f"{where}/{info.model_id}" for name, info in found.items()}
            yield window, url, pages


def shoot(window: Browser, name: str) -> None:
    folder = os.environ.get("MLFLOW_SQL_IMAGES")
    if folder:
        window.screenshot(Path(folder) / f"{name}.png")


def close_assistant(window: Browser) -> None:
    window.script(
        "for (const b of document.querySelectorAll('button')) "
        "if (/close/i.test(b.getAttribute('aria-label') || '')) b.click()"
    )


def test_the_page_of_a_model(page: tuple[Browser, str, dict[str, str]]) -> None:
    window, _, pages = page
    window.open(pages["ranker"])
    window.wait_for("About this logged model")
    close_assistant(window)
    window.wait_for("Model versions")
    window.wait_for("No metrics recorded")
    assert DESCRIPTION in window.text() and "No description" not in window.text()
    shoot(window, "model-page")


def test_the_card(page: tuple[Browser, str, dict[str, str]]) -> None:
    window, _, pages = page
    window.open(f"{pages['ranker']}/artifacts")
    window.click("README.md")
    window.wait_for("SQL model")
    text = window.text()
    for part in ("Reference tables", "Call it", "best_score", "listings.review_score", "A table of its own"):
        assert part in text, part
    assert "Comes from" in text and "|---" not in text, "the card's tables are drawn as tables"
    shoot(window, "model-card")
    window.script("[...document.querySelectorAll('h2')].find(head => head.innerText === 'Output').scrollIntoView()")
    shoot(window, "model-card-output")


def test_the_lineage(page: tuple[Browser, str, dict[str, str]]) -> None:
    window, _, pages = page
    window.open(f"{pages['ranker']}/artifacts")
    window.click("lineage.svg")
    found = window.wait(
        lambda: window.script(
            "const found = [...document.images].filter(i => i.naturalWidth > 400 && i.src.startsWith('blob:'));"
            "return found.length ? [found[0].naturalWidth, found[0].naturalHeight] : null"
        ),
        "the picture",
    )
    assert found[0] > found[1] > 100
    shoot(window, "model-lineage")


def test_mlmodel_shows_the_query_as_it_was_written(page: tuple[Browser, str, dict[str, str]]) -> None:
    window, _, pages = page
    window.open(f"{pages['ranker']}/artifacts")
    window.click("MLmodel")
    window.wait_for("sql: |-")


#: The least contrast of a text with what is behind it (WCAG 2.2, 1.4.3): of the query, as the page draws it.
CONTRAST = """
const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = c => rgb(c).slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
let code = [...document.querySelectorAll('pre, code')].find(e => e.innerText.includes('best_score'));
const front = light(getComputedStyle(code).color);
const seen = e => { const c = rgb(getComputedStyle(e).backgroundColor); return c.length === 3 || c[3] > 0.5; };
while (!seen(code) && code.parentElement) code = code.parentElement;
const back = light(getComputedStyle(code).backgroundColor);
return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("which", ["logged model", "version"])
def test_what_nobody_described_opens_with_a_description(
    page: tuple[Browser, str, dict[str, str]], which: str, theme: str
) -> None:
    window, url, pages = page
    window.open(url)
    window.script(f"localStorage.setItem('_mlflow_dark_mode_toggle_enabled', '{str(theme == 'dark').lower()}')")
    window.open("about:blank")
    window.open(pages["plain"] if which == "logged model" else f"{url}/#/models/plain/versions/1")
    window.wait_for("SQL model in databricks, ")
    close_assistant(window)
    text = window.text()
    for part in (
        "Reads input with region; listings (4 rows of its own).",
        "min_score (4.0 by default)",
        "ORDER BY i.region",
        "The card,",
    ):
        assert part in text, part
    assert "**" not in text and "No description" not in text
    assert window.script(CONTRAST) >= 4.5
    assert (window.script("return document.body.classList.contains('dark-mode')")) == (theme == "dark")


def test_the_list_of_versions_shows_the_first_sentence(page: tuple[Browser, str, dict[str, str]]) -> None:
    window, url, _ = page
    window.open(f"{url}/#/models/plain")
    window.wait_for("SQL model in databricks")
    assert "**" not in window.text()


@pytest.mark.parametrize("where", ["logged model", "version", "versions"])
def test_a_hostile_description_is_text(page: tuple[Browser, str, dict[str, str]], where: str) -> None:
    window, url, pages = page
    there = {"version": f"{url}/#/models/hostile/versions/1", "versions": f"{url}/#/models/hostile"}
    window.open(there.get(where, pages["hostile"]))
    window.wait_for("SQL model in duckdb")
    window.wait_for('onerror="window.hostile=1"')
    assert window.script("return [document.getElementById('hostile'), window.hostile || null]") == [None, None]


@pytest.mark.parametrize("file", ["README.md", "lineage.svg", "MLmodel"])
def test_a_hostile_model_is_text(page: tuple[Browser, str, dict[str, str]], file: str) -> None:
    window, _, pages = page
    window.open(f"{pages['hostile']}/artifacts")
    window.click(file)
    window.wait_for("Path:")
    window.wait(
        lambda: (
            "SQL model" in window.text() if file == "README.md"
            else "flavors:" in window.text() if file == "MLmodel"
            else window.script("return [...document.images].some(i => /^blob:/.test(i.src) && i.naturalWidth > 100)")
        ),
        file,
    )  # fmt: skip
    assert window.script("return [document.getElementById('hostile'), window.hostile || null]") == [None, None]
    if file == "README.md":
        assert "<script>window.hostile=1</script>" in window.text()
