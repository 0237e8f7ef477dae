"""The grammar that lists, exports, requests and the command line share: what it finds, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock, query, saving
from app.core.errors import Refused
from app.core.query import Criteria, read_criteria
from app.core.table import TABLES
from tests.every_table.values import fresh
from tests.every_table.world import World

LIST, ENTRY, DAY, INSPECTOR = (TABLES[name] for name in ("code_list", "code_entry", "work_day", "inspector"))
MARK = f"查{fresh()}"


@pytest.fixture(scope="module")
def filled(world: World) -> str:
    """A code list of its own with entries A to F: words, numbers and days to ask for."""
    code = f"Q{fresh()}"
    with world.session("own") as session:
        saving.save(session, LIST, {"code": code, "name": MARK})
        rows: list[dict[str, Any]] = [
            {"code": "A", "name": f"{MARK} 食品 100%", "seq": "1", "valid_from": "2024-01-01"},
            {"code": "B", "name": f"{MARK} 药品_一", "seq": "2", "valid_from": "2024-06-30"},
            {
                "code": "C",
                "name": f"{MARK} 食品 药品",
                "seq": "3",
                "valid_from": "2024-07-01",
                "valid_to": "2025-01-01",
            },
            {"code": "D", "name": f"{MARK} \\斜", "seq": "-4"},
            {"code": "E", "name": f"{MARK} Abc"},
            {"code": "F", "name": f"{MARK} O'x\"<b>"},
        ]
        for row in rows:
            saving.save(session, ENTRY, row | {"code_list": code})
        session.commit()
    return code


@pytest.fixture
def looking(world: World) -> Iterator[Session]:
    with world.session("own") as session:
        yield session


def codes(session: Session, world: World, *given: tuple[str, str], table: Any = ENTRY) -> str:
    criteria = read_criteria(table, [("f.name", MARK), *given])
    found = query.matching(table, criteria, world.viewers["own"])
    for column, descending in query.ordering(table, criteria.order):
        found = found.order_by(column.desc() if descending else column)
    return "".join(row.code for row in session.scalars(found))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "ABCDEF"),
        ([("q", "食品")], "AC"),
        ([("q", "食品 药品")], "C"),
        ([("q", "  药品   食品 ")], "C"),
        ([("q", "abc")], "E"),
        ([("q", "100%")], "A"),
        ([("q", "%")], "A"),
        ([("q", "_")], "B"),
        ([("q", "\\")], "D"),
        ([("q", "'x\"<")], "F"),
        ([("q", "没有")], ""),
        ([("q", "")], "ABCDEF"),
        ([("f.seq", "2")], "B"),
        ([("f.seq", "2"), ("f.seq", "3")], "BC"),
        ([("f.seq.from", "2")], "BC"),
        ([("f.seq.to", "1")], "AD"),
        ([("f.seq.from", "1"), ("f.seq.to", "2")], "AB"),
        ([("f.seq.empty", "1")], "EF"),
        ([("f.valid_from", "2024-06-30")], "B"),
        ([("f.valid_from.from", "2024.6.30")], "BC"),
        ([("f.valid_from.to", "2024年6月30日")], "AB"),
        ([("f.valid_to.empty", "1")], "ABDEF"),
        ([("f.code", "a")], "A"),
        ([("f.code", "A"), ("f.code", "B"), ("q", "食品")], "A"),
        ([("order", "-code")], "FEDCBA"),
        ([("order", "seq"), ("f.seq.from", "-99")], "DABC"),
        ([("page", "7"), ("nonsense", "1")], "ABCDEF"),
    ],
)
def test_what_is_asked_for_is_found(
    given: list[tuple[str, str]], expected: str, looking: Session, world: World, filled: str
):
    order = [] if any(name == "order" for name, _ in given) else [("order", "code")]
    assert codes(looking, world, *given, *order) == expected


def test_references_are_asked_for_by_identifier(looking: Session, world: World, filled: str):
    from sqlalchemy import select

    key = looking.scalar(select(LIST.id).where(LIST.code == filled))
    assert codes(looking, world, ("f.code_list", str(key)), ("order", "code")) == "ABCDEF"
    assert codes(looking, world, ("f.code_list", "00000000-0000-7000-8000-000000000000")) == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("f.nonsense", "1"),
        ("f.", "1"),
        ("f.name.from", "1"),
        ("f.name.nonsense", "1"),
        ("f.name.from.to", "1"),
        ("order", "nonsense"),
        ("order", "name,nonsense"),
        ("order", "--name"),
        ("order", "note"),
        ("q", "a\x00b"),
        ("f.name\x00", "a"),
        ("f.name", "a" * 3000),
    ],
)
def test_what_cannot_be_asked_is_refused(name: str, value: str):
    with pytest.raises(Refused) as refused:
        read_criteria(LIST if value == "note" else ENTRY, [(name, value)])
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("f.seq", "abc"), ("f.seq", "1e400"), ("f.seq", "9" * 30), ("f.valid_from", "2024-02-30"), ("f.code_list", "abc")],
)
def test_values_that_cannot_be_read_are_refused(name: str, value: str, world: World):
    with pytest.raises(Refused) as refused:
        query.matching(ENTRY, read_criteria(ENTRY, [(name, value)]), world.viewers["own"])
    assert refused.value.status == 400
    assert str(ENTRY.__fields__[name.split(".")[1]].label) in str(refused.value)


def test_sensitive_fields_are_no_oracle():
    for name in ("f.id_no", "f.phone", "f.id_no.empty"):
        with pytest.raises(Refused):
            read_criteria(INSPECTOR, [(name, "610")])
    with pytest.raises(Refused):
        read_criteria(INSPECTOR, [("order", "id_no")])


def test_criteria_are_the_parameters_they_were_read_from():
    given = [
        ("q", "食品"),
        ("f.seq.from", "1"),
        ("f.seq.to", "2"),
        ("f.code", "A"),
        ("f.code", "B"),
        ("order", "-code,seq"),
    ]
    assert sorted(read_criteria(ENTRY, given).parameters()) == sorted(given)
    assert read_criteria(ENTRY, []).parameters() == []
    assert Criteria().is_open and not read_criteria(ENTRY, [("q", "x")]).is_open


def test_a_whole_day_of_moments_is_meant_by_a_day(world: World, looking: Session):
    subject = TABLES["subject"]
    row = world.another("subject", collected_at="2024-06-30 23:59:59")
    for given, expected in (
        ([("f.collected_at", "2024-06-30")], 1),
        ([("f.collected_at", "2024-07-01")], 0),
        ([("f.collected_at.to", "2024-06-30")], 1),
        ([("f.collected_at.to", "2024-06-29")], 0),
        ([("f.collected_at.from", "2024-06-30 23:59:59"), ("f.collected_at.to", "2024-06-30 23:59:59")], 1),
    ):
        found = query.matching(subject, read_criteria(subject, [("q", row.mark), *given]), world.viewers["own"])
        assert len(looking.scalars(found).all()) == expected, given


def test_the_identifier_settles_what_is_equal():
    assert [column.key for column, _ in query.ordering(ENTRY, ("name",))] == ["name", "id"]
    assert [down for _, down in query.ordering(ENTRY, ("-name",))] == [True, True]
    assert [column.key for column, _ in query.ordering(ENTRY, ())][-1] == "id"


def test_the_command_line_speaks_the_same_grammar():
    given = query.given_filters([("q", "食品"), ("checked_on.from", "2026-01-01"), ("order", "-name")])
    assert given == [("q", "食品"), ("f.checked_on.from", "2026-01-01"), ("order", "-name")]


def test_days_before_the_house_can_be_asked_for(world: World, looking: Session):
    day = clock.today() - timedelta(days=40_000)
    found = query.matching(DAY, read_criteria(DAY, [("f.day.to", day.isoformat())]), world.viewers["own"])
    assert all(row.day <= day for row in looking.scalars(found))
    assert isinstance(day, date)
