"""Every Python block of the documentation runs, page by page, in a folder of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ..conftest import own_stores, tracking_database

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.glob("*.md") if "```python" in page.read_text(encoding="utf-8"))
#: What a page needs that the quick tests do not install.
NEEDS = {"spark": "pyspark"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sybil = pytest.importorskip("sybil")
    from sybil.parsers.markdown import PythonCodeBlockParser

    if page.stem in NEEDS:
        pytest.importorskip(NEEDS[page.stem])
    monkeypatch.chdir(tmp_path)
    import mlflow

    document: Any = sybil.Sybil(parsers=[PythonCodeBlockParser()], path=str(DOCS)).parse(page)
    found = 0
    with own_stores():
        mlflow.set_tracking_uri(tracking_database(tmp_path))
        for example in document.examples():
            example.evaluate()
            found += 1
    assert found == len(re.findall(r"^```python$", page.read_text(encoding="utf-8"), re.M))
