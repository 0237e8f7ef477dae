"""What is out is corrected with a reason only: the decision, for every way a value can change."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.corrections import CODE, is_out, out_as_sql, unexplained, watched
from app.core.judge import _plan
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as

PENALTY = TABLES["penalty"]
Fact = namedtuple("Fact", ["id", "name"])
OUT: dict[str, Any] = {
    "submitted_at": None,
    "is_public": True,
    "published_on": None,
    "fine_amount": 5000,
    "illegal_fact": "甲",
    "penalty_types": ["fine"],
    "region": Fact(610113000, "雁塔区"),
    "closed_on": None,
    "reconsideration": "none",
    "correction_reason": "上一次的理由",
}


@pytest.mark.parametrize(
    ("change", "needs_a_reason"),
    [
        ({}, False),
        ({"fine_amount": 3000}, True),
        ({"fine_amount": None}, True),
        ({"illegal_fact": "乙"}, True),
        ({"penalty_types": ["fine", "warning"]}, True),
        ({"region": Fact(610103000, "碑林区")}, True),
        ({"region": Fact(610113000, "改了名")}, False),  # the same row
        ({"closed_on": "2026-11-20"}, False),  # what was empty is filled in
        ({"reconsideration": "pending"}, False),  # what goes on afterwards
        ({"is_public": False}, True),
        ({"fine_amount": 3000, "correction_reason": "笔误"}, False),
        ({"fine_amount": 3000, "correction_reason": ""}, True),
        ({"fine_amount": 3000, "correction_reason": "上一次的理由"}, True),  # said of another correction
        ({"correction_reason": "只写了理由"}, False),
    ],
)
def test_a_row_that_is_out_needs_a_reason(change: dict[str, Any], needs_a_reason: bool):
    found = unexplained(PENALTY, OUT | change, OUT)
    assert [(each.code, each.fields) for each in found] == ([(CODE, ("correction_reason",))] if needs_a_reason else [])


@pytest.mark.parametrize("was", [{"is_public": None}, {"is_public": False}])
def test_a_row_that_is_not_out_needs_none(was: dict[str, Any]):
    assert not unexplained(PENALTY, OUT | {"fine_amount": 1}, OUT | was)


@pytest.mark.parametrize("was", [{"submitted_at": "2026-11-20 10:00:00"}, {"published_on": "2026-11-20"}])
def test_reported_and_published_are_both_out(was: dict[str, Any]):
    stored = OUT | {"is_public": None} | was
    assert unexplained(PENALTY, stored | {"fine_amount": 1}, stored)


def test_new_rows_and_other_tables_need_none():
    assert not unexplained(PENALTY, OUT, None)
    assert not unexplained(TABLES["subject"], {"name": "乙"}, {"name": "甲", "submitted_at": "2026-11-20"})


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.__corrected__ is not None])
def test_the_reason_is_a_field_of_the_table_and_everything_else_is_watched(name: str):
    table = TABLES[name]
    assert table.__corrected__ is not None
    assert table.__corrected__.reason in _plan(table).names
    unwatched = {n for n, f in table.__fields__.items() if f.is_input} - {each.name for each in watched(table)}
    assert unwatched == {table.__corrected__.reason, *table.__corrected__.goes_on}


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.__corrected__ is not None])
def test_postgresql_says_the_same_of_every_row(name: str, session: Session):
    """Every row of the demo data; and each field that puts a row out, told by itself."""
    table = TABLES[name]
    with looking_as(session, THE_SYSTEM):
        out = set(session.scalars(text(f'SELECT t.id FROM "{name}" t WHERE {out_as_sql(table, "t")}')))
        rows = session.scalars(sa.select(table)).unique().all()
        assert {row.id for row in rows if is_out(row)} == out
        if name == "penalty":
            for column, says in ((None, False), ("is_public", True), ("submitted_at", True), ("published_on", True)):
                value = {"is_public": "true", None: "NULL"}.get(column, "now()")
                one = f"SELECT {out_as_sql(table, 't')} FROM (SELECT {', '.join(_columns(column, value))}) t"
                assert bool(session.scalar(text(one))) is says, column


def _columns(told: str | None, value: str) -> list[str]:
    kinds = {"submitted_at": "timestamptz", "published_on": "date", "is_public": "boolean"}
    return [f"CAST({value if name == told else 'NULL'} AS {kind}) AS {name}" for name, kind in kinds.items()]
