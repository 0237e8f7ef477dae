"""Working days: which day is one, and the day that lies so many of them ahead.

Xi'an measures, art. 15: supervision data are brought together within 5 working days of arising. The day a thing
happens is day 0, so the period ends with the n-th working day after it. Make-up Saturdays and Sundays are working days.
"""

from collections.abc import Mapping
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


class WorkCalendar:
    """An immutable calendar over a mapping day -> is it worked; a day that it lacks is worked from Monday to Friday."""

    def __init__(self, days: Mapping[date, bool] | None = None) -> None:
        self._days: dict[date, bool] = dict(days or {})
        # An import asks for the same few hundred starts a hundred thousand times; the answers never change.
        self._ends: dict[tuple[date, int], date] = {}

    def is_workday(self, day: date) -> bool:
        """Whether offices work on this day."""
        known = self._days.get(day)
        return day.weekday() < _SATURDAY if known is None else known

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`; `day` itself when n is 0. Ends at the last day that dates can express."""
        if n < 0:
            raise ValueError(f"a period has no negative length: {n}")
        end = self._ends.get((day, n))
        if end is None:
            end = self._ends[day, n] = self._walk(day, n)
        return end

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and with `end`; negative when `end` is earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))

    def _walk(self, day: date, n: int) -> date:
        left = n
        while left and day < date.max:
            day += _ONE_DAY
            left -= self.is_workday(day)
        return day
