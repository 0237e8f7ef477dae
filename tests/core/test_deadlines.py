"""Ends of periods in every unit, traffic lights, urging (domain.md §12; Xi'an measures, art. 38)."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import deadlines
from app.core.calendar import WorkCalendar
from app.core.deadlines import Light, Plan, end_of, lights, next_urging
from app.core.rules import Limit
from app.domains.org.choices import LimitUnit
from seed.base import workdays

CALENDAR = workdays.calendar()
DAYS = st.dates(date(2004, 1, 1), date(2028, 6, 30))
PLAN = Plan(every=3, supervise_at=2, report_at=3)


@pytest.mark.parametrize(
    ("unit", "start", "number", "end"),
    [
        ("working_day", date(2026, 9, 30), 5, date(2026, 10, 13)),
        ("working_day", date(2026, 9, 30), 0, date(2026, 9, 30)),
        ("calendar_day", date(2026, 9, 30), 90, date(2026, 12, 29)),
        ("calendar_day", date(2024, 2, 28), 1, date(2024, 2, 29)),
        ("hour", date(2026, 9, 30), 24, date(2026, 10, 1)),
        ("hour", date(2026, 9, 30), 25, date(2026, 10, 2)),
        ("hour", datetime(2026, 9, 30, 23, 30), 24, date(2026, 10, 1)),
        ("hour", datetime(2026, 9, 30, 1, 0), 12, date(2026, 9, 30)),
        ("month", date(2026, 1, 31), 1, date(2026, 2, 28)),
        ("month", date(2023, 11, 30), 3, date(2024, 2, 29)),
        ("month", date(2026, 12, 15), 1, date(2027, 1, 15)),
        ("year", date(2024, 2, 29), 1, date(2025, 2, 28)),
        ("year", date(2024, 2, 29), 4, date(2028, 2, 29)),
        ("yuan", date(2026, 9, 30), 200, None),
        ("working_day", date(2026, 9, 30), None, None),
        ("working_day", date(2026, 9, 30), -1, None),
        ("calendar_day", date.max, 1, date.max),
        ("year", date(2026, 1, 1), 9000, date.max),
    ],
)
def test_periods_end(unit, start, number, end):
    assert end_of(CALENDAR, start, number, unit) == end


@pytest.mark.parametrize(
    ("start", "month_day", "end"),
    [
        (date(2026, 4, 30), "04-30", date(2026, 4, 30)),
        (date(2026, 5, 1), "04-30", date(2027, 4, 30)),
        (date(2026, 1, 1), "02-29", date(2026, 2, 28)),
        (date(2028, 1, 1), "02-29", date(2028, 2, 29)),
        (date(2026, 1, 1), "02-30", None),
        (date(9999, 6, 1), "01-01", None),
        (date(2026, 1, 1), None, None),
    ],
)
def test_yearly_dates_come_next(start, month_day, end):
    assert end_of(CALENDAR, start, None, "yearly_date", month_day) == end


@pytest.mark.parametrize("unit", LimitUnit)
def test_every_unit_that_a_limit_can_have_is_understood(unit):
    found = end_of(CALENDAR, date(2026, 9, 30), 1, unit.value, "04-30")
    assert (found is None) == (unit == LimitUnit.YUAN)


@given(DAYS, st.integers(0, 60), st.sampled_from(["working_day", "calendar_day", "month", "year"]))
def test_a_longer_period_never_ends_earlier(start, number, unit):
    ends = [end_of(CALENDAR, start, n, unit) for n in (number, number + 1)]
    assert start <= ends[0] < ends[1]


@given(DAYS, st.integers(1, 60))
def test_working_days_end_no_earlier_than_calendar_days(start, number):
    """Holidays only lengthen; each five working days need seven days on average, and never fewer than five."""
    end = end_of(CALENDAR, start, number, "working_day")
    assert end >= end_of(CALENDAR, start, number, "calendar_day")
    assert CALENDAR.is_workday(end)


def test_the_limit_of_the_start_date_applies():
    """domain.md §12; 第20号令 until 2026-04-14, 第121号令 from the 15th."""
    limits = (Limit(10, date(2026, 4, 15)), Limit(7, date(2020, 1, 1), date(2026, 4, 15)))
    assert deadlines.limit_in_force(limits, date(2026, 4, 14)).days == 7
    assert deadlines.limit_in_force(limits, date(2026, 4, 15)).days == 10
    assert deadlines.limit_in_force(limits, date(2019, 12, 31)) is None
    assert deadlines.ends(CALENDAR, limits, date(2019, 12, 31)) is None
    assert deadlines.ends(CALENDAR, limits, date(2026, 4, 14)) == CALENDAR.add_working_days(date(2026, 4, 14), 7)


@given(DAYS, st.integers(0, 10), st.integers(-40, 40))
def test_a_light_is_red_when_overdue_and_yellow_with_few_working_days_left(today, yellow, distance):
    due = today + timedelta(days=distance)
    left = CALENDAR.working_days_between(today, due)
    expected = Light.RED if due < today else Light.YELLOW if left <= yellow else Light.GREEN
    assert lights(CALENDAR, today, yellow).of(due) == expected


def test_what_has_no_limit_has_no_light():
    assert lights(CALENDAR, date(2026, 11, 22), 3).of(None) is None


def test_the_light_around_the_national_day():
    """On 30 September three working days are left until 10 October, because 1-7 October is free and the 10th is worked."""
    today = lights(CALENDAR, date(2026, 9, 30), 3)
    assert [today.of(date(2026, 10, day)) for day in (8, 9, 10, 11, 12)] == [*[Light.YELLOW] * 4, Light.GREEN]


@pytest.mark.parametrize(
    ("today", "done", "last_on", "level"),
    [
        (date(2026, 11, 20), 0, None, None),  # the due day itself
        (date(2026, 11, 21), 0, None, "reminded"),  # a Saturday: red is red
        (date(2026, 11, 23), 1, date(2026, 11, 21), None),  # one working day later
        (date(2026, 11, 25), 1, date(2026, 11, 21), "supervised"),
        (date(2026, 11, 27), 2, date(2026, 11, 25), None),
        (date(2026, 11, 30), 2, date(2026, 11, 25), "reported"),
        (date(2026, 12, 30), 3, date(2026, 11, 30), None),  # on the list: no more urging
    ],
)
def test_urging_goes_from_reminder_to_supervision_to_the_list(today, done, last_on, level):
    found = next_urging(CALENDAR, PLAN, due_on=date(2026, 11, 20), today=today, done=done, last_on=last_on)
    assert found == level


def test_what_has_no_due_date_is_never_urged():
    assert next_urging(CALENDAR, PLAN, due_on=None, today=date(2026, 11, 20), done=0, last_on=None) is None


@given(st.integers(1, 20), st.integers(1, 10), st.integers(1, 10))
def test_levels_only_rise_and_every_step_leaves_time_to_answer(every, supervise_at, report_at):
    """A task that nobody touches, looked at every day for a year: each level is reached, none is left again."""
    plan, due = Plan(every, supervise_at, report_at), date(2026, 3, 2)
    urged = []
    for n in range(365):
        today = due + timedelta(days=n)
        last = urged[-1][0] if urged else None
        level = next_urging(CALENDAR, plan, due_on=due, today=today, done=len(urged), last_on=last)
        if level is not None:
            urged.append((today, level))
    order = ["reminded", "supervised", "reported"]
    ranks = [order.index(level) for _, level in urged]
    assert ranks == sorted(ranks)
    assert urged[0][0] == due + timedelta(days=1)
    assert all(CALENDAR.working_days_between(one, other) >= every for (one, _), (other, _) in pairwise(urged))
    if every * report_at < 200:
        assert len(urged) == report_at


def test_a_calendar_without_days_counts_from_monday_to_friday():
    assert end_of(WorkCalendar(), date(2030, 7, 5), 1, "working_day") == date(2030, 7, 8)


@given(DAYS, st.integers(-20, 60))
def test_what_is_late_is_late_by_a_working_day_at_least(due, passed):
    day = due + timedelta(days=passed)
    late = deadlines.days_late(CALENDAR, due, day)
    working = sum(CALENDAR.is_workday(due + timedelta(days=n)) for n in range(1, passed + 1))
    assert late == (0 if passed <= 0 else max(1, working))
    assert (late > 0) == (lights(CALENDAR, day, 0).of(due) is Light.RED)
    assert deadlines.days_late(CALENDAR, None, day) == 0
