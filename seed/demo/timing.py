"""When actions happen and when they are brought in: weekly uploads, eight in a hundred rows too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, TypeVar

from app.core import clock
from app.core.calendar import WorkCalendar
from seed.upload import Upload

LATE_SHARE = 0.08
LIMIT = 5
_MONTHS_AS_DAYS = 335
_LATEST_DELAY = 30

T = TypeVar("T")


@dataclass(frozen=True)
class Times:
    """The working days of the last eleven months, and the moment of the upload that ends each working week."""

    calendar: WorkCalendar
    today: date
    now: datetime
    days: tuple[date, ...]
    uploads: tuple[datetime, ...]

    def due(self, day: date) -> date:
        """The last day on which what arose on ``day`` is in time."""
        return self.calendar.add_working_days(day, LIMIT)

    def first_upload(self, after: date) -> datetime | None:
        """The first upload on ``after`` or later."""
        return next((moment for moment in self.uploads if moment.date() >= after), None)


def times(calendar: WorkCalendar, now: datetime) -> Times:
    """The times of a demo that ends now."""
    today = now.date()
    start = today - timedelta(days=_MONTHS_AS_DAYS)
    span = (start + timedelta(days=n) for n in range(_MONTHS_AS_DAYS + 1))
    days = tuple(day for day in span if calendar.is_workday(day))
    weeks: dict[tuple[int, int], date] = {day.isocalendar()[:2]: day for day in days}
    ends = [datetime.combine(day, time(17, 30), clock.ZONE) for day in weeks.values()]
    return Times(calendar, today, now, days, (*(moment for moment in ends if moment < now), now))


def scheduled(rng: Random, times: Times, table: str, rows: Sequence[dict[str, Any]], day_field: str) -> list[Upload]:
    """The uploads that bring the rows in, in order; exactly the share of late rows is late.

    A late row waits for an upload after its due day; all others come with the first one after they arose.
    """
    moments: list[datetime] = []
    late = 0
    for row in rows:
        moment = times.first_upload(row[day_field])
        assert moment is not None
        moments.append(moment)
        late += moment.date() > times.due(row[day_field])
    delayable = [
        at for at, row in enumerate(rows)
        if times.due(row[day_field]) < times.today and moments[at].date() <= times.due(row[day_field])
    ]  # fmt: skip
    for at in rng.sample(delayable, max(0, round(LATE_SHARE * len(rows)) - late)):
        due = times.due(rows[at][day_field])
        room = min(_LATEST_DELAY, (times.today - due).days)
        moments[at] = times.first_upload(due + timedelta(days=rng.randint(1, room))) or times.now
    return grouped(table, rows, moments)


def grouped(table: str, rows: Sequence[dict[str, Any]], moments: Sequence[datetime]) -> list[Upload]:
    """One upload for each moment."""
    bundles: dict[datetime, list[dict[str, Any]]] = {}
    for row, moment in zip(rows, moments, strict=True):
        bundles.setdefault(moment, []).append(row)
    return [Upload(table, bundles[moment], moment) for moment in sorted(bundles)]
