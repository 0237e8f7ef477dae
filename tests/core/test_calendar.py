"""Working days against the statutory calendar of chinesecalendar (domain.md §3.8)."""

from datetime import date, timedelta
from itertools import islice

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.calendar import WorkCalendar
from seed.base import workdays

FIRST, AFTER = date(2004, 1, 1), date(2027, 1, 1)
KNOWN = [FIRST + timedelta(days=n) for n in range((AFTER - FIRST).days)]
STATUTORY = WorkCalendar({day: chinese_calendar.is_workday(day) for day in KNOWN})
DAYS = st.dates(FIRST, date(2026, 9, 30))


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2026, 2, 13), 5, date(2026, 2, 27)),
        (date(2026, 2, 14), 5, date(2026, 2, 28)),  # a Saturday that is worked
        (date(2026, 4, 30), 5, date(2026, 5, 11)),
        (date(2026, 9, 18), 5, date(2026, 9, 24)),  # Sunday the 20th is worked
        (date(2026, 9, 24), 5, date(2026, 10, 9)),
        (date(2026, 9, 30), 5, date(2026, 10, 13)),
        (date(2026, 1, 1), 5, date(2026, 1, 8)),
        (date(2021, 9, 30), 5, date(2021, 10, 13)),
        (date(2026, 9, 30), 10, date(2026, 10, 20)),
        (date(2026, 9, 30), 20, date(2026, 11, 3)),
        (date(2026, 6, 18), 1, date(2026, 6, 22)),
    ],
)
def test_known_vectors(start, n, end):
    assert STATUTORY.add_working_days(start, n) == end
    assert STATUTORY.add_working_days(start, n) == end  # the remembered answer is the same
    assert STATUTORY.working_days_between(start, end) == n


@pytest.mark.parametrize(
    ("n", "start"),
    [
        (1, date(2026, 12, 30)),
        (5, date(2026, 12, 24)),
        (7, date(2026, 12, 22)),
        (10, date(2026, 12, 17)),
        (15, date(2026, 12, 10)),
        (20, date(2026, 12, 3)),
        (45, date(2026, 10, 29)),
    ],
)
def test_last_starts_that_end_inside_the_known_years(n, start):
    assert STATUTORY.add_working_days(start, n) <= date(2026, 12, 31)
    assert STATUTORY.add_working_days(start + timedelta(days=1), n) > date(2026, 12, 31)


def test_unknown_days_are_worked_from_monday_to_friday():
    plain = WorkCalendar()
    assert [plain.is_workday(date(2030, 7, day)) for day in range(1, 8)] == [True] * 5 + [False] * 2
    assert plain.add_working_days(date(2030, 7, 5), 1) == date(2030, 7, 8)
    assert plain.add_working_days(date(2026, 9, 30), 5) == date(2026, 10, 7)


def test_the_mapping_wins_over_the_weekday():
    calendar = WorkCalendar({date(2030, 7, 6): True, date(2030, 7, 8): False})
    assert calendar.add_working_days(date(2030, 7, 5), 1) == date(2030, 7, 6)
    assert calendar.add_working_days(date(2030, 7, 6), 1) == date(2030, 7, 9)


def test_a_calendar_does_not_change_with_the_mapping_it_was_made_from():
    days = {date(2030, 7, 8): False}
    calendar = WorkCalendar(days)
    days[date(2030, 7, 9)] = False
    assert calendar.add_working_days(date(2030, 7, 5), 1) == date(2030, 7, 9)


def test_zero_days_end_where_they_start_even_on_a_holiday():
    assert STATUTORY.add_working_days(date(2026, 10, 1), 0) == date(2026, 10, 1)


def test_a_negative_period_is_a_bug():
    with pytest.raises(ValueError, match="negative"):
        STATUTORY.add_working_days(date(2026, 9, 18), -1)


def test_the_end_of_time_is_not_an_error():
    assert STATUTORY.add_working_days(date.max, 5) == date.max


@given(DAYS, st.integers(0, 45))
def test_the_end_is_the_one_that_chinesecalendar_counts(start, n):
    days = (day for day in (start + timedelta(days=m) for m in range(1, 200)) if chinese_calendar.is_workday(day))
    assert STATUTORY.add_working_days(start, n) == (next(islice(days, n - 1, None)) if n else start)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_the_seeded_calendar_is_the_announced_one(year):
    seeded = workdays.calendar()
    days = [day for day in KNOWN if day.year == year]
    assert [seeded.is_workday(day) for day in days] == [chinese_calendar.is_workday(day) for day in days]


@given(DAYS, st.integers(1, 45))
def test_the_end_is_a_working_day_with_n_of_them_on_the_way(start, n):
    end = STATUTORY.add_working_days(start, n)
    assert end > start
    assert STATUTORY.is_workday(end)
    assert STATUTORY.working_days_between(start, end) == n
    assert STATUTORY.working_days_between(end, start) == -n


@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_periods_add_up(start, first, second):
    both = STATUTORY.add_working_days(start, first + second)
    assert STATUTORY.add_working_days(STATUTORY.add_working_days(start, first), second) == both


@given(DAYS, DAYS, DAYS)
def test_distances_add_up(a, b, c):
    def between(x, y):
        return STATUTORY.working_days_between(x, y)

    assert between(a, b) + between(b, c) == between(a, c)
