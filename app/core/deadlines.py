"""Periods and what follows when they pass: their last day, the traffic light, the next urging. Pure.

The day on which a period starts is day 0 (民法典 art. 201: the first day does not count). Months and years end on the
same day of the month, or on its last day where there is none (art. 202). A duty of an office whose last day is a
holiday still ends on that day: the laws whose limits are seeded move nobody's duty to the next working day.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, timedelta
from typing import TYPE_CHECKING

from app.core.calendar import WorkCalendar
from app.core.choices import Choice
from app.core.messages import N_

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.core.rules import Limit

_ONE_DAY = timedelta(days=1)
_HOURS = 24
_MONTHS = 12
_FEBRUARY_29 = (2, 29)


class Light(Choice):
    """How near the end of a period is."""

    GREEN = "green", N_("正常")
    YELLOW = "yellow", N_("即将到期")
    RED = "red", N_("已超期")


def end_of(
    calendar: WorkCalendar, start: date, number: int | None, unit: str, month_day: str | None = None
) -> date | None:
    """The last day of a period that starts on ``start``; ``None`` for what is no period (an amount of money).

    A period of hours that starts on a day without a time has passed when that many hours have passed for whatever
    happened at the end of the day. A yearly date is the first one that is not before the start.
    """
    if unit == "yearly_date":
        return _next(month_day, start) if month_day else None
    if number is None or number < 0:
        return None
    day = start.date() if isinstance(start, datetime) else start
    if unit == "working_day":
        return calendar.add_working_days(day, number)
    if unit == "calendar_day":
        return _later(day, number)
    if unit == "hour":
        at = start if isinstance(start, datetime) else None
        return (at + timedelta(hours=number)).date() if at else _later(day, -(-number // _HOURS))
    if unit == "month":
        return _months_later(day, number)
    if unit == "year":
        return _months_later(day, number * _MONTHS)
    return None


def _later(day: date, number: int) -> date:
    return day + timedelta(days=number) if number <= (date.max - day).days else date.max


def _months_later(day: date, number: int) -> date:
    years, month = divmod(day.month - 1 + number, _MONTHS)
    year = day.year + years
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _next(month_day: str, start: date) -> date | None:
    """The first such day from ``start`` on; the 29th of February is the last of the month in common years."""
    month, day = (int(part) for part in month_day.split("-"))
    since = start.date() if isinstance(start, datetime) else start
    for year in range(since.year, min(since.year + 2, MAXYEAR + 1)):
        last = months.monthrange(year, month)[1]
        if day > last and (month, day) != _FEBRUARY_29:
            return None
        if (found := date(year, month, min(day, last))) >= since:
            return found
    return None


def limit_in_force(limits: tuple[Limit, ...], start: date) -> Limit | None:
    """The row of a limit that applies to a period starting on that day (domain.md §12): none, if none was in force."""
    for row in limits:
        if (row.valid_from is None or row.valid_from <= start) and (row.valid_to is None or start < row.valid_to):
            return row
    return None


def ends(calendar: WorkCalendar, limits: tuple[Limit, ...], start: date) -> date | None:
    """The last day of a limit that starts then; ``None`` where no limit is in force or it is no period."""
    row = limit_in_force(limits, start)
    return end_of(calendar, start, row.days, row.unit, row.month_day) if row is not None else None


@dataclass(frozen=True)
class Lights:
    """The days between which due dates are green, yellow and red today: one comparison for each row, or in SQL."""

    #: Due before this day: overdue, red.
    today: date
    #: Due up to this day: yellow.
    yellow_until: date

    def of(self, due_on: date | None) -> Light | None:
        """The light of what is due on that day; ``None`` for what has no limit."""
        if due_on is None:
            return None
        if due_on < self.today:
            return Light.RED
        return Light.YELLOW if due_on <= self.yellow_until else Light.GREEN


def lights(calendar: WorkCalendar, today: date, yellow_days: int) -> Lights:
    """Today's lights: yellow while at most ``yellow_days`` working days are left, the due day itself included."""
    return Lights(today, max(today, calendar.add_working_days(today, yellow_days + 1) - _ONE_DAY))


def days_late(calendar: WorkCalendar, due_on: date | None, day: date) -> int:
    """Working days by which what was due is late on that day, one at least; 0 for what is in time or has no limit."""
    if due_on is None or day <= due_on:
        return 0
    return max(1, calendar.working_days_between(due_on, day))


@dataclass(frozen=True)
class Plan:
    """What an office has decided about urging (settings): Xi'an art. 38 gives no numbers."""

    #: Working days between two automatic urgings.
    every: int
    #: The automatic urging with which a task is supervised (督办), and the one that puts it on the list (通报).
    supervise_at: int
    report_at: int

    def level(self, number: int) -> str:
        """How far the urging of a task has gone with its ``number``-th automatic urging."""
        if number >= self.report_at:
            return "reported"
        return "supervised" if number >= self.supervise_at else "reminded"


def next_urging(
    calendar: WorkCalendar, plan: Plan, *, due_on: date | None, today: date, done: int, last_on: date | None
) -> str | None:
    """The level to which an open task is urged today, after ``done`` automatic urgings; ``None`` for not yet.

    The first comes as soon as the task is red, each further one so many working days after whatever was done about it
    last, so that whoever is urged has had time to answer; what is on the list is urged no more.
    """
    if due_on is None or due_on >= today or (done and plan.level(done) == "reported"):
        return None
    if last_on is not None and calendar.working_days_between(last_on, today) < plan.every:
        return None
    return plan.level(done + 1)


@dataclass(frozen=True)
class Changed:
    """What has changed under stored due dates: days of the calendar, from the first to the last, and limits by code."""

    first: date | None
    last: date | None
    codes: frozenset[str] = frozenset()

    def window(self, code: str) -> tuple[date, date] | None:
        """Periods of that limit may end on another day if they start before the last of these days and were due on the
        first or later; ``None`` when none can have moved."""
        if code in self.codes:
            return date.min, date.max
        return (self.first, self.last) if self.first is not None and self.last is not None else None


#: What is to be computed anew then, filled by whoever stores due dates; each returns how many rows are due on another
#: day than before.
RECOMPUTED: list[Callable[[Session, Changed], int]] = []
