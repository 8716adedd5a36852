"""Seeded tables of MIMIC-IV's schema, in which every concept of mimic-code is to find rows.

Texts and item numbers are those that the concepts themselves compare with. Times lie on the half hours around a stay,
so that many are equal and many on a boundary. A tenth of what may be missing is.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Mapping
from typing import Any

import sqlglot
from sqlglot import exp

__all__ = ["generate", "pools"]

SUBJECTS = 30
START = datetime.datetime(2150, 1, 1)
#: Rows of the tables that most concepts read; of any other 300.
ROWS = {"chartevents": 9000, "labevents": 6000, "inputevents": 2500, "outputevents": 1500, "procedureevents": 600}

#: Columns that concepts make of charted values, and other concepts compare.
_CHARTED = ("o2_delivery_device", "ventilator_mode", "vent_mode")

Pools = dict[tuple[str, str], list[Any]]


def pools(texts: Iterable[str]) -> Pools:
    """``{(table, column): constants}`` that queries compare columns with."""
    found: Pools = {}
    for text in texts:
        for select in sqlglot.parse_one(text, dialect="bigquery").find_all(exp.Select):
            sources = [select.args.get("from_"), *(select.args.get("joins") or ())]
            tables = {s.this.alias_or_name: s.this.name for s in sources if s and isinstance(s.this, exp.Table)}
            for node in select.find_all(exp.In, exp.EQ, exp.Like, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between):
                column = node.this.find(exp.Column) if node.this is not None else None
                if column is None or node.find_ancestor(exp.Select) is not select:
                    continue
                values = [_constant(each) for each in node.find_all(exp.Literal)]
                if isinstance(node, exp.In) and column.name.lower().startswith(_CHARTED):
                    found.setdefault(("chartevents", "value"), []).extend(values)
                for table in [tables[column.table]] if column.table in tables else set(tables.values()):
                    found.setdefault((table.lower(), column.name.lower()), []).extend(values)
    return {key: list(dict.fromkeys(values)) for key, values in found.items()}


def _constant(literal: exp.Literal) -> Any:
    text = literal.this.replace("%", "")
    return text if literal.is_string else float(text)


def generate(schema: Mapping[str, Mapping[str, str]], known: Pools, seed: int = 7) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of every table.

    Args:
        schema: ``{schema.table: {column: DuckDB type}}``.
        known: From :func:`pools`.
        seed: Of the random numbers.
    """
    rng = random.Random(seed)
    stays = []
    for subject in range(1, SUBJECTS + 1):
        for number in range(2):
            admitted = START + datetime.timedelta(days=40 * subject + 15 * number, hours=rng.randrange(24))
            hadm = subject * 10 + number
            for part in range(1 + (rng.random() < 0.3)):
                into = admitted + datetime.timedelta(hours=2 + 60 * part)
                out = into + datetime.timedelta(hours=rng.choice([6, 24, 30, 48]))
                stays.append((subject, hadm, hadm * 10 + part, admitted, into, out))
    found = {}
    for name, columns in schema.items():
        table = name.split(".")[1]
        rows = []
        items = [(item, label) for item, label in _items(known) if table in ("d_items", "d_labitems")]
        if items:
            made = [{"itemid": item, "label": label} for item, label in items]
            rows = [tuple(each.get(column) for column in columns) for each in made]
        for at in _places(table, stays, rng) if not items else ():
            rows.append(_row(table, columns, stays[at], known, rng, len(rows)))
        found[name] = rows
    return found


def _items(known: Pools) -> list[tuple[int, str]]:
    """Every item that a concept asks for, with a label."""
    labels = [each for each in known.get(("d_items", "label"), []) if isinstance(each, str)] or ["Arterial Line"]
    pooled = {
        int(v) for (_, column), values in known.items() if column == "itemid" for v in values if not isinstance(v, str)
    }
    return [(item, labels[at % len(labels)]) for at, item in enumerate(sorted(pooled))]


def _places(table: str, stays: list[Any], rng: random.Random) -> list[int]:
    if table == "icustays":
        return list(range(len(stays)))
    if table in ("patients", "admissions"):
        key = 0 if table == "patients" else 1
        return list({stay[key]: at for at, stay in reversed(list(enumerate(stays)))}.values())
    return [rng.randrange(len(stays)) for _ in range(ROWS.get(table, 300))]


def _row(
    table: str, columns: Mapping[str, str], stay: Any, known: Pools, rng: random.Random, number: int
) -> tuple[Any, ...]:
    subject, hadm, stay_id, admitted, into, out = stay
    begin = into + datetime.timedelta(minutes=30 * rng.randrange(-24, 120))
    end = begin + datetime.timedelta(minutes=30 * rng.randrange(1, 30))
    fixed: dict[str, Any] = {
        "subject_id": subject, "hadm_id": hadm, "stay_id": stay_id, "admittime": admitted, "intime": into,
        "outtime": out, "dischtime": admitted + datetime.timedelta(days=6), "anchor_year": 2150, "anchor_age":
        20 + subject * 2, "gender": "MF"[subject % 2], "deathtime": out if subject % 5 == 0 else None,
        "dod": (out + datetime.timedelta(days=2)).date() if subject % 5 == 0 else None,
        "hospital_expire_flag": int(subject % 5 == 0), "endtime": end, "stoptime": end, "starttime": begin,
        "charttime": begin, "storetime": begin + datetime.timedelta(minutes=5), "seq_num": number % 9 + 1,
        "los": (out - into).total_seconds() / 86400,
    }  # fmt: skip
    if table in ("chartevents", "services"):  # of one stay and minute the order of two values is nobody's
        begin += datetime.timedelta(minutes=number % 29, seconds=number % 59)
        fixed["charttime"] = fixed["transfertime"] = begin
    amount = rng.choice([0.5, 1, 2.5, 7.35, 14, 40, 65, 90, 98, 120, 180, 300])
    row: list[Any] = []
    for column, kind in columns.items():
        pool = known.get((table, column))
        if column in fixed:
            value = fixed[column]
        elif column == "itemid" and pool:
            value = int(rng.choice([each for each in pool if isinstance(each, float)]))
        elif column.endswith("_id") or column == "orderid":
            value = number if "INT" in kind else f"P{number % 7}"
        elif column in ("valuenum", "amount", "rate", "patientweight", "result_value") and kind != "VARCHAR":
            value = amount if rng.random() > 0.05 else None
        elif pool and "TIME" not in kind and kind != "DATE" and rng.random() < 0.85:
            value = rng.choice(pool)
        else:
            value = _any(kind, amount, begin, rng)
        row.append(_fit(value, kind, column, rng))
    return tuple(row)


def _any(kind: str, amount: float, begin: datetime.datetime, rng: random.Random) -> Any:
    if rng.random() < 0.1:
        return None
    if "TIMESTAMP" in kind or kind == "DATE":
        return begin
    return rng.choice(["a", str(amount)]) if kind == "VARCHAR" else amount


def _fit(value: Any, kind: str, column: str, rng: random.Random) -> Any:
    if value is None:
        return None
    if kind == "VARCHAR":
        text = f"{value:g}" if isinstance(value, float) else str(value)
        return text[:7] if column == "icd_code" else text[:3] if column == "drg_type" else text
    if isinstance(value, str):
        return int(value) if value.isdigit() and len(value) < 5 else rng.randrange(100)
    if kind in ("SMALLINT", "INTEGER", "BIGINT"):
        return int(value)
    if kind == "DATE" and isinstance(value, datetime.datetime):
        return value.date()
    return value
