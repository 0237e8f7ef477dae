"""The statutory calendar: only days that differ from "worked from Monday to Friday".

2004-2026 as announced by the State Council (package chinesecalendar); 2027-2028 estimated from the statutory holidays
(package holidays), without make-up days, which are not known before they are announced: those rows are provisional.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import chinese_calendar
import holidays

from app.core.calendar import WorkCalendar

ANNOUNCED = range(2004, 2027)
ESTIMATED = (2027, 2028)
_SATURDAY = 5
_SUBSTITUTE = "调休"


@cache
def rows() -> tuple[dict[str, Any], ...]:
    """One row for each day that differs, in order."""
    return (*(row for year in ANNOUNCED for row in announced(year)), *_estimated())


def calendar() -> WorkCalendar:
    """The calendar that these rows make."""
    return WorkCalendar({row["day"]: row["is_workday"] for row in rows()})


def announced(year: int) -> list[dict[str, Any]]:
    """The days of a year as the State Council announced them; empty for a year the package does not know."""
    found = []
    day = date(year, 1, 1)
    while day.year == year:
        try:
            is_workday = chinese_calendar.is_workday(day)
        except NotImplementedError:
            return []
        if is_workday != (day.weekday() < _SATURDAY):
            found.append(_row(day, is_workday, _name(day, is_workday), "announced", False))
        day += timedelta(days=1)
    return found


def _name(day: date, is_workday: bool) -> str:
    _, name = chinese_calendar.get_holiday_detail(day)
    chinese = next((each.chinese for each in chinese_calendar.Holiday if each.value == name), "")
    return f"{chinese}{_SUBSTITUTE}" if is_workday else chinese


def _estimated() -> list[dict[str, Any]]:
    known = holidays.country_holidays("CN", years=ESTIMATED, language="zh_CN")
    return [
        _row(day, False, name, "estimated", True) for day, name in sorted(known.items()) if day.weekday() < _SATURDAY
    ]


def _row(day: date, is_workday: bool, name: str, source: str, is_provisional: bool) -> dict[str, Any]:
    return {"day": day, "is_workday": is_workday, "name": name, "source": source, "is_provisional": is_provisional}
