"""The only clock. Tests move it; nothing else in the house asks the machine for the time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

#: Legal time of the whole country.
ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The current moment, with its time zone."""
    return datetime.now(ZONE)


def today() -> date:
    """The current day in Beijing time, whatever the machine's own zone is."""
    return now().date()


def told(moment: datetime) -> str:
    """The moment as people read it, to the minute, in Beijing time."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
