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
                    bundle_flavor=False,
                )
        finally:
            mlflow.set_tracking_uri(previous)
        where = f"{url}/#/experiments/{run.info.experiment_id}/models"
        with browser(folder) as window:
            pages = {"ranker": f"{where}/{ranker.model_id}", "hostile": f"{where}/{hostile.model_id}"}
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
