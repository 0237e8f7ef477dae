"""The calendar as it is kept: announced years replace provisional ones, open due dates follow, and the log says so."""

import json
from datetime import date

import pytest
import sqlalchemy as sa

from app.core import clock, context
from app.core.context import context_of
from app.core.messages import N_
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as
from app.core.workflow import todos
from app.core.workflow.models import Todo
from app.core.workflow.people import Unit
from app.domains.org.models import DeadlinePolicy, WorkDay
from app.domains.org.operations import calendar as keeping
from seed.base import workdays


@pytest.fixture
def kept(session):
    """A session of the system for which everything was settled a moment ago."""
    look_as(session, THE_SYSTEM)
    keeping.settle(session)
    session.execute(sa.text("SELECT set_config('app.test', '1', true)"))
    return session


def day(session, at, is_workday, **values):
    row = {"name": "调休", "source": "announced", "is_provisional": False, "version": 1} | values
    session.execute(
        sa.insert(WorkDay.__table__).values(id=sa.func.gen_random_uuid(), day=at, is_workday=is_workday, **row)
    )


def asked(session, start, limit="claim_item"):
    item = session.scalars(sa.select(TABLES["supervision_sub_item"]).limit(1)).one()
    unit = Unit(item.department_id, item.scope_region, "")
    return todos.ask(session, item, unit, needs="read", what=N_("待处理"), limit=limit, since=start)


def test_settling_twice_changes_nothing(kept):
    before = kept.execute(sa.select(sa.func.count()).select_from(WorkDay)).scalar()
    assert keeping.settle(kept) == keeping.Settled(0, 0)
    assert kept.execute(sa.select(sa.func.count()).select_from(WorkDay)).scalar() == before


def test_open_to_dos_follow_the_calendar_and_done_ones_stay(kept):
    todo, done = asked(kept, date(2027, 6, 7)), asked(kept, date(2027, 6, 7))
    elsewhere = asked(kept, date(2027, 8, 2))
    done.state = "done"
    kept.flush()
    before = todo.due_on
    assert before == context_of(kept).calendar.add_working_days(date(2027, 6, 7), 10)
    day(kept, date(2027, 6, 15), False)
    assert keeping.settle(kept).moved >= 1  # the to-dos of the demo move as well
    for each in (todo, done, elsewhere):
        kept.refresh(each)
    assert todo.due_on == context_of(kept).calendar.add_working_days(date(2027, 6, 7), 10) > before
    assert (done.due_on, elsewhere.due_on) == (before, date(2027, 8, 16))


def test_open_to_dos_follow_a_limit_that_is_changed(kept):
    todo = asked(kept, date(2026, 11, 2))
    other = asked(kept, date(2026, 11, 2), limit="review_item")
    due = other.due_on
    waiting = sa.select(sa.func.count()).select_from(Todo).where(Todo.limit_code == "claim_item", Todo.state == "open")
    kept.execute(sa.update(DeadlinePolicy).where(DeadlinePolicy.code == "claim_item").values(days=3))
    assert keeping.settle(kept).moved == kept.scalar(waiting)
    kept.refresh(todo)
    kept.refresh(other)
    assert (todo.due_on, other.due_on) == (date(2026, 11, 5), due)


def test_actions_are_due_and_late_by_the_new_calendar(kept):
    inspection = TABLES["inspection"]
    row = (
        kept.scalars(sa.select(inspection).where(inspection.produced_on == sa.func.date("2026-11-10")).limit(1)).first()
        or kept.scalars(sa.select(inspection).order_by(inspection.produced_on.desc()).limit(1)).one()
    )
    start, before = row.produced_on, row.due_on
    same = sa.select(sa.func.count()).select_from(inspection).where(inspection.produced_on == start)
    day(kept, before, False)  # the last day is free now
    kept.execute(sa.update(inspection).where(inspection.id == row.id).values(
        accepted_at=clock.now().replace(year=before.year, month=before.month, day=before.day, hour=23), is_late=True
    ))  # fmt: skip
    assert keeping.settle(kept).moved >= kept.scalar(same)
    kept.refresh(row)
    assert row.due_on == context_of(kept).calendar.add_working_days(start, 5) > before
    assert row.is_late is False


def test_provisional_days_leave_when_their_year_is_announced(kept):
    provisional = sa.select(WorkDay.day).where(WorkDay.is_provisional, sa.extract("year", WorkDay.day) == 2027)
    assert kept.scalars(provisional).all()
    day(kept, date(2027, 1, 2), False)
    assert keeping.settle(kept).removed == 0  # one day of January does not make a year
    wanted = [date(2027, 9, n) for n in range(1, 13)]
    for each in wanted:
        day(kept, each, False)
    assert keeping.settle(kept).removed > 0
    assert not kept.scalars(provisional).all()
    assert kept.scalars(sa.select(WorkDay.day).where(WorkDay.is_provisional)).all()  # 2028 is not announced


def test_a_year_is_replaced_but_for_what_people_set_by_hand(kept):
    kept.execute(sa.delete(WorkDay).where(sa.extract("year", WorkDay.day) == 2027))
    day(kept, date(2027, 3, 3), False, source="manual")
    day(kept, date(2027, 3, 4), False, source="estimated", is_provisional=True)
    rows = [
        {
            "day": date(2027, 10, n),
            "is_workday": False,
            "name": "国庆节",
            "source": "announced",
            "is_provisional": False,
        }
        for n in (1, 4, 5, 6, 7)
    ]
    assert keeping.replace_year(kept, 2027, rows) == 5
    left = kept.scalars(sa.select(WorkDay.day).where(sa.extract("year", WorkDay.day) == 2027).order_by(WorkDay.day))
    assert left.all() == [date(2027, 3, 3), *(row["day"] for row in rows)]
    context.refresh(kept)
    assert not context_of(kept).calendar.is_workday(date(2027, 10, 1))
    with pytest.raises(ValueError, match="2027"):
        keeping.replace_year(kept, 2027, [{"day": date(2026, 10, 1)}])


def test_the_log_says_what_was_computed_anew(kept):
    asked(kept, date(2027, 6, 7))
    day(kept, date(2027, 6, 15), False)
    keeping.settle(kept)
    newest = "SELECT new FROM audit.log WHERE action = 'recomputed' ORDER BY id DESC LIMIT 1"
    told = kept.execute(sa.text(newest)).scalar()
    assert (told["moved"], told["first_day"] <= "2027-06-15" <= told["last_day"]) == (1, True)


def test_every_limit_that_a_workflow_waits_by_is_seeded(kept):
    known = set(kept.scalars(sa.select(DeadlinePolicy.code)))
    flows = [table.__flow__ for table in TABLES.values() if table.__flow__ is not None]
    named = {wait.limit for flow in flows for wait in flow.waits.values() if wait.limit}
    assert named <= known
    assert kept.scalar(sa.select(sa.func.count()).select_from(Todo).where(Todo.limit_code.not_in(known))) == 0


def test_the_command_takes_an_announced_year_and_says_what_it_did(app):
    runner = app.test_cli_runner()
    done = runner.invoke(args=["calendar", "announced", "2026"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output.strip().splitlines()[-1])
    assert told["days"] == len(workdays.announced(2026))
    assert told["moved"] == 0  # the seed has the same days
    unknown = runner.invoke(args=["calendar", "announced", "2090"])
    assert unknown.exit_code == 2
    assert "2090" in unknown.output
    assert runner.invoke(args=["calendar", "settle"]).exit_code == 0
