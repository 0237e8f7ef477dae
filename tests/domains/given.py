"""What the tests of rules are given: a day, a calendar, limits, and rows of plain values."""

from datetime import date, datetime, time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.core.calendar import WorkCalendar
from app.core.clock import ZONE
from app.core.rules import Context, Limit
from app.domains.catalogue.rules import Standing

TODAY = date(2026, 9, 18)
FIRM = "91610131MA6TX0WX5A"
CITIZEN = "610104198802150010"
IDENTITY = UUID("01992f5e-0000-7000-8000-0123456789ab")


def context(today: date = TODAY, **limits: int | tuple[Limit, ...]) -> Context:
    """A context on ``today`` at noon; each limit holds for ever, or as its rows say."""
    rows = {code: limit if isinstance(limit, tuple) else (Limit(limit),) for code, limit in limits.items()}
    noon = datetime.combine(today, time(12), ZONE)
    return Context(today, noon, WorkCalendar(), rows, ask=lambda question: Standings())


class Standings:
    """Every department is one without a superior and has no claims: only what it keeps itself is its to act upon."""

    def of(self, department_id: int) -> Standing:
        """How it stands to the items."""
        return Standing((department_id,), {})


def row(**values: Any) -> Any:
    """A row that has these fields and no other: a rule that misspells one fails."""
    return SimpleNamespace(**values)


def changed(like: Any, **values: Any) -> Any:
    """A row like another but for these fields, which that one must have."""
    unknown = values.keys() - vars(like).keys()
    assert not unknown, f"no such field: {unknown}"
    return SimpleNamespace(**(vars(like) | values))


def moment(day: date, hour: int = 9) -> datetime:
    """That hour of a day where the law counts days."""
    return datetime.combine(day, time(hour), ZONE)
