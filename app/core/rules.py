"""Rules about whole rows, as pure functions: plain values in, a message or nothing out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.core import deadlines
from app.core.calendar import WorkCalendar
from app.core.errors import Problem
from app.core.messages import Message


class Severity(StrEnum):
    """An error refuses the row; a warning accepts and flags it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Limit:
    """One row of the limit table: ``days`` holds from ``valid_from`` (inclusive) to ``valid_to`` (exclusive)."""

    days: int
    valid_from: date | None = None
    valid_to: date | None = None
    unit: str = "working_day"
    month_day: str | None = None


@dataclass(frozen=True)
class Person:
    """Whoever asks, as far as rules about people need him; the system at work for itself is nobody."""

    username: str
    department_id: int
    #: The last number of his department's own line (条): its subtree is ``department_id`` to ``line_high``.
    line_high: int
    #: What he sees: an interval of departments, or of regions for a lead office.
    low: int
    high: int
    is_regional: bool
    roles: frozenset[str]
    #: For each of his roles, the roles it may grant (permissions "can_grant").
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)


def _nobody() -> Person | None:
    return None


def _unanswered(question: str) -> Any:
    raise LookupError(f"nobody is there to answer {question!r}")


@dataclass(frozen=True)
class Context:
    """What a rule may know besides the row: the day, the working days, the limits in force, who asks."""

    today: date
    now: datetime
    calendar: WorkCalendar
    limits: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)
    #: Finds out who asks, for the few rules that want to know.
    asker: Callable[[], Person | None] = _nobody
    #: Answers what the rules of a domain want to know of its tables, by the question's name (core/context.py).
    ask: Callable[[str], Any] = _unanswered

    @property
    def person(self) -> Person | None:
        """Whoever asks; ``None`` for the system."""
        return self.asker()

    def limit(self, code: str, on: date | None = None) -> int:
        """Days of the limit ``code`` in force on the start date. Raises KeyError when no row is in force."""
        day = on or self.today
        row = deadlines.limit_in_force(self.limits.get(code, ()), day)
        if row is None:
            raise KeyError(f"no limit {code!r} in force on {day}")
        return row.days


Test = Callable[[Any, Context], "Message | None"]


@dataclass(frozen=True)
class Rule:
    """A rule with its number, the fields it speaks of and what follows when it is broken."""

    code: str
    fields: tuple[str, ...]
    severity: Severity
    test: Test

    @property
    def text(self) -> str:
        """What the rule says, from its docstring."""
        return (self.test.__doc__ or "").strip()

    def __call__(self, row: Any, context: Context) -> Message | None:
        """What is wrong with the row by this rule; ``None`` when nothing is."""
        return self.test(row, context)


@dataclass(frozen=True)
class Duplicate:
    """Rows that agree in all ``fields`` are duplicates of one another, as far as none of the fields is empty."""

    code: str
    fields: tuple[str, ...]
    severity: Severity = Severity.WARNING


def rule(code: str, *, on: str | tuple[str, ...] = (), severity: Severity = Severity.ERROR) -> Callable[[Test], Rule]:
    """Declare the decorated pure function as rule ``code`` about the fields ``on``."""
    fields = (on,) if isinstance(on, str) else on

    def declare(test: Test) -> Rule:
        return Rule(code, fields, severity, test)

    return declare


def broken(rules: Iterable[Rule], row: Any, context: Context) -> list[Problem]:
    """Everything the row breaks, in the order of the rules."""
    found = []
    for each in rules:
        message = each.test(row, context)
        if message is not None:
            found.append(Problem(message, each.fields, each.code, each.severity is Severity.WARNING))
    return found
