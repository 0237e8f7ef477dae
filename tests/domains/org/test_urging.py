"""Urging of what is overdue, against the database: who is urged when, how far, and who is told (Xi'an art. 38)."""

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from app.core import clock, context, viewer
from app.core.errors import NotVisible, Refused
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.core.workflow import todos, urging
from app.core.workflow.models import FlowStep, Notice, Todo, Urgency
from app.core.workflow.people import Unit
from app.domains.org.operations import urging as leading

DUE = date(2026, 11, 20)  # a Friday


@pytest.fixture
def at(monkeypatch, session):
    """``at(day)``: it is ten o'clock of that day, for whoever asks."""

    def move(day):
        monkeypatch.setattr(clock, "now", lambda: datetime.combine(day, time(10), clock.ZONE))
        context.refresh(session)

    return move


@pytest.fixture
def asked(session):
    """An open to-do of the Yanta market bureau, due on the Friday; nothing else waits for anybody."""
    look_as(session, THE_SYSTEM)
    session.execute(sa.update(Todo).values(state="done"))
    unit = session.execute(
        sa.text("SELECT d.id, d.region_id, d.name FROM department d JOIN account a ON a.department_id = d.id "
                "WHERE a.username = 'clerk_yanta'")
    ).one()  # fmt: skip
    item = session.scalars(sa.select(TABLES["supervision_sub_item"]).limit(1)).one()
    return todos.ask(session, item, Unit(*unit), needs="read", what=N_("待处理"), due_on=DUE)


def who(session, username):
    return viewer.person(
        session, session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :n"), {"n": username})
    )


def swept(session, todo):
    urged = urging.urge_overdue(session)
    session.refresh(todo)
    return [each.level for each in urged]


def test_a_to_do_that_nobody_does_is_reminded_supervised_and_reported(session, asked, at):
    seen = {}
    for n in range(30):
        today = DUE + timedelta(days=n)
        at(today)
        for level in swept(session, asked):
            seen[level] = today
        assert swept(session, asked) == []  # the next hour of the same day
    assert seen == {
        "reminded": date(2026, 11, 21), "supervised": date(2026, 11, 25), "reported": date(2026, 11, 30),
    }  # fmt: skip
    assert (asked.urgency, asked.urged) == (Urgency.REPORTED, 3)
    steps = urging.history(session, [asked.id])[str(asked.id)]
    assert [(step.source, step.target) for step in steps] == [
        ("none", "reminded"), ("reminded", "supervised"), ("supervised", "reported"),
    ]  # fmt: skip


def test_numbers_are_settings(session, asked, at):
    for code, number in (("urge_every_days", 1), ("supervise_at", 1), ("report_at", 2)):
        new = sa.insert(TABLES["setting"].__table__).values(id=sa.func.gen_random_uuid(), code=code, value=str(number))
        session.execute(new)
    session.info.pop("settings", None)
    at(date(2026, 11, 23))
    assert swept(session, asked) == ["supervised"]
    at(date(2026, 11, 24))
    assert swept(session, asked) == ["reported"]


@pytest.mark.parametrize(
    "values", [{"state": "done"}, {"kind": "copy"}, {"due_on": None}, {"due_on": date(2026, 11, 23)}]
)
def test_nobody_is_urged_for_what_is_not_overdue(session, asked, at, values):
    session.execute(sa.update(Todo).where(Todo.id == asked.id).values(values))
    at(date(2026, 11, 23))
    assert swept(session, asked) == []


def test_what_was_urged_by_hand_before_it_was_due_does_not_count(session, asked, at):
    session.execute(sa.update(Todo).where(Todo.id == asked.id).values(urged=5, urgency="reminded"))
    at(date(2026, 11, 23))
    assert swept(session, asked) == ["reminded"]


def told(session):
    rows = session.execute(
        sa.text("SELECT u.username, n.words, n.is_urgent FROM notice n JOIN ab_user u ON u.id = n.created_by")
    )
    return {(row.username, row.words["m"][:12], row.words["p"]["n"], row.is_urgent) for row in rows}


def test_reminders_are_told_to_those_who_may_do_it_and_the_list_to_the_lead_office(session, asked, at):
    session.execute(sa.delete(Notice))
    with looking_as(session, THE_SYSTEM):
        unit = Unit(asked.department_id, asked.scope_region, "")
        item = session.scalars(sa.select(TABLES["supervision_sub_item"]).limit(1)).one()
        todos.ask(session, item, unit, needs="read", what=N_("待处理"), due_on=DUE)
        at(date(2026, 11, 23))
        leading.tell(session, urging.urge_overdue(session), url="/todo/", url_list="/urging/")
        found = told(session)
        assert ("clerk_yanta", "有 {n} 件待办已超期", 2, True) in found
        assert not any(name == "clerk_beilin" for name, *_ in found)
        session.execute(sa.delete(Notice))
        session.execute(sa.update(FlowStep).values(made_at=clock.now() - timedelta(days=20)))
        session.execute(sa.update(Todo).where(Todo.state == "open").values(urgency="supervised"))
        leading.tell(session, urging.urge_overdue(session), url="/todo/", url_list="/urging/")
        found = told(session)
    assert ("admin_yanta", "有 {n} 件待办督办后", 2, True) in found
    assert ("zfb_xian", "本地区新增 {n} 件列", 2, False) in found


def test_a_lead_office_supervises_and_takes_off_the_list_with_a_reason(session, asked, at):
    at(date(2026, 11, 23))
    look_as(session, who(session, "zfb_xian"))
    with pytest.raises(Refused):
        leading.decide(session, [asked.id], urging.SUPERVISE, "")
    leading.decide(session, [asked.id], urging.SUPERVISE, "领导批示")
    assert session.get(Todo, asked.id).urgency == Urgency.SUPERVISED
    with pytest.raises(Refused):
        leading.decide(session, [asked.id], urging.SUPERVISE, "再次")
    look_as(session, THE_SYSTEM)
    assert swept(session, asked) == []  # three working days to answer
    at(date(2026, 11, 26))
    assert swept(session, asked) == ["reported"]
    look_as(session, who(session, "zfb_xian"))
    leading.decide(session, [asked.id], urging.RELEASE, "已同意延期")
    look_as(session, THE_SYSTEM)
    session.refresh(asked)
    assert asked.urgency == Urgency.NONE
    assert swept(session, asked) == []
    at(date(2026, 12, 1))
    assert swept(session, asked) == ["reminded"]  # it begins anew


def test_a_department_neither_supervises_nor_releases(session, asked, at):
    at(date(2026, 11, 23))
    look_as(session, who(session, "admin_yanta"))
    for verb in (urging.SUPERVISE, urging.RELEASE):
        with pytest.raises(Refused) as refused:
            leading.decide(session, [asked.id], verb, "理由")
        assert refused.value.status == 403


def test_a_lead_office_decides_in_its_own_region_only(session, asked, at):
    elsewhere = session.execute(
        sa.text("SELECT d.id, d.region_id FROM department d JOIN account a ON a.department_id = d.id "
                "WHERE a.username = 'clerk_hezuo'")
    ).one()  # fmt: skip
    moved = {"department_id": elsewhere.id, "scope_region": elsewhere.region_id}
    session.execute(sa.update(Todo).where(Todo.id == asked.id).values(moved))
    at(date(2026, 11, 23))
    look_as(session, who(session, "zfb_xian"))
    with pytest.raises(NotVisible):
        leading.decide(session, [asked.id], urging.SUPERVISE, "理由")
