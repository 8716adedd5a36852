"""The picture: valid, harmless SVG that stays readable for wide and deep queries; and HTML fragments alike."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

import mlflow_sql_flavor
from mlflow_sql_flavor.query.reading.parse import parse
from mlflow_sql_flavor.query.reading.parsed_query import Lineage, LineageEdge, Relation
from mlflow_sql_flavor.query.translation.lineage import trace
from mlflow_sql_flavor.report.lineage_picture import MOST_COLUMNS, picture

from .test_card import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def drawn(sql: str, schema: dict[str, dict[str, str]]) -> ElementTree.Element:
    text = picture(trace(parse(sql), schema, "input"))
    assert text is not None
    return ElementTree.fromstring(text)


def harmless(root: ElementTree.Element) -> None:
    assert {node.tag for node in root.iter()} <= {f"{SVG}{name}" for name in ("svg", "title", "rect", "path", "text")}
    for node in root.iter():
        for name, value in node.attrib.items():
            assert not name.startswith("on") and "href" not in name and name != "style"
            assert "url(" not in value and "://" not in value


def texts(root: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in root.iter(f"{SVG}text")]


def inside(root: ElementTree.Element) -> None:
    """Boxes lie within the picture and not on each other."""
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [
        [float(r.attrib[k]) for k in ("x", "y", "width", "height")] for r in root.iter(f"{SVG}rect") if "x" in r.attrib
    ]
    for x, y, w, h in boxes:
        assert x >= 0 and y >= 0 and x + w <= width and y + h <= height
    for n, (x, y, w, h) in enumerate(boxes):
        for u, v, p, q in boxes[n + 1 :]:
            assert x + w <= u or u + p <= x or y + h <= v or v + q <= y


def test_a_picture_of_steps() -> None:
    sql = (
        "WITH r AS (SELECT region, avg(x) AS m FROM prices WHERE x > :least GROUP BY region) "
        "SELECT i.region, m FROM input AS i JOIN r ON r.region = i.region"
    )
    root = drawn(sql, {"input": {"region": "VARCHAR"}, "prices": {"region": "VARCHAR", "x": "DOUBLE", "z": "DOUBLE"}})
    harmless(root)
    inside(root)
    assert {"input", "prices", "parameters", "r", "output", "1 not read", "least"} <= set(texts(root))


def test_a_wide_query_stays_readable() -> None:
    columns = {f"column_{n}": "DOUBLE" for n in range(300)}
    root = drawn(f"SELECT {', '.join(f'{c} * 2 AS o_{c}' for c in columns)} FROM input", {"input": columns})
    inside(root)
    assert float(root.attrib["height"]) < 700
    assert texts(root).count(f"{300 - MOST_COLUMNS} more") == 2
    assert any("wide tables show their first columns" in text.lower() for text in texts(root))


def test_a_dense_query_stays_readable() -> None:
    columns = {f"c{n}": "DOUBLE" for n in range(20)}
    total = " + ".join(columns)
    root = drawn(f"SELECT {', '.join(f'{total} + {n} AS o{n}' for n in range(20))} FROM input", {"input": columns})
    assert len([p for p in root.iter(f"{SVG}path") if p.attrib.get("fill") == "none"]) == 1
    assert any("thick lines" in text.lower() for text in texts(root))


def test_a_deep_query_stays_readable() -> None:
    steps = "".join(f", s{n} AS (SELECT x + 1 AS x FROM s{n - 1})" for n in range(1, 60))
    root = drawn(f"WITH s0 AS (SELECT x FROM input){steps} SELECT x FROM s59", {"input": {"x": "DOUBLE"}})
    inside(root)
    assert float(root.attrib["width"]) < 700
    assert any("60 steps between are not drawn" in text for text in texts(root))


def test_hostile_names_stay_text() -> None:
    names = (*HOSTILE, "\ud800", "\ufffe", "x" * 10_000, "名" * 100)
    lineage = Lineage(
        (Relation("</text><script>", "input", names), Relation("output", "output", names)),
        tuple(LineageEdge(0, name, 1, name) for name in names),
    )
    text = picture(lineage)
    assert text is not None and len(text) < 30_000
    root = ElementTree.fromstring(text.encode("utf-8"))
    harmless(root)
    assert "</text><script>" in texts(root)
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", text)


def test_no_lineage_no_picture() -> None:
    assert picture(Lineage(reason="no")) is None


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def safe(html: str) -> None:
    found = Tags(html)
    assert found.tags <= {"div", "b", "pre", "span", "table", "tr", "td", "th", "img"}
    assert {name for name, _ in found.attributes} <= {"style", "src", "alt"}
    for name, value in found.attributes:
        assert name != "src" or (value or "").startswith("data:image/svg+xml;base64,")


def test_a_model_in_a_notebook() -> None:
    model = mlflow_sql_flavor.SQLModel(
        'SELECT i.x * :f AS y, \'</pre><script>\' AS "<b>" FROM input AS i LEFT JOIN "t<i>" USING (x)',
        tables={"t<i>": pd.DataFrame({"x": [1]})},
    )
    before = model._repr_html_()
    safe(before)
    assert "output" not in before.split("<img")[0]
    model.predict(pd.DataFrame({"x": [1, 2]}), params={"f": 2.0})
    html = model._repr_html_()
    safe(html)
    assert "y DOUBLE" in html and "duckdb (verified)" in html
    image = re.search(r'base64,([^"]+)"', html)
    assert image is not None
    harmless(ElementTree.fromstring(base64.b64decode(image[1])))


def test_a_saved_model_in_a_notebook(tmp_path: Path) -> None:
    mlflow_sql_flavor.save_model(
        "SELECT x AS b, 1 AS a FROM input", tmp_path / "m", input_types={"x": "BIGINT"}, pip_requirements=["mlflow"],
        dialect="snowflake", bundle_flavor=False,
    )  # fmt: skip
    html = mlflow_sql_flavor.load_model(str(tmp_path / "m"))._repr_html_()
    safe(html)
    assert "b BIGINT, a " in html and "snowflake (documented)" in html


@pytest.mark.parametrize("sql", ["SELECT 1 AS a", "FROM input", f"SELECT {'1 + ' * 30_000} 1 AS a"])
def test_any_model_has_a_notebook_form(sql: str) -> None:
    html = mlflow_sql_flavor.SQLModel(sql)._repr_html_()
    safe(html)
    assert len(html) < 200_000


def test_errors_in_a_notebook() -> None:
    with pytest.raises(mlflow_sql_flavor.errors.QueryError) as caught:
        mlflow_sql_flavor.SQLModel("SELECT a\nFORM b c d", "postgres")
    lines = caught.value._render_traceback_()
    assert lines[0].startswith("QueryError: ") and "^" in "\n".join(lines) and "Traceback" not in "\n".join(lines)
