"""Who may do what with a table or one of its rows, step by step. Pure; a test holds it against guard and database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.core.roles import ACTIONS
from app.core.rows import REGION, RowRule

#: What is done to a row that is there; "add" and "import" make new ones.
ON_ROWS = ("read", "edit", "delete", "export", "unmask")
#: What changes or removes a row.
WRITES = ("edit", "delete")


@dataclass(frozen=True)
class Person:
    """An account as sign-in and row security know it."""

    user_id: int | None
    is_active: bool
    is_in_post: bool
    valid_to: date | None
    roles: frozenset[str]
    #: The tree in which he sees rows (viewer_line or viewer_region), and his interval in it.
    kind: str = ""
    low: int = 0
    high: int = -1


@dataclass(frozen=True)
class Record:
    """What row security knows of a row."""

    department_id: int | None = None
    scope_region: int | None = None
    created_by: int | None = None
    #: Everybody reads it (``RowRule.opens``).
    is_open: bool = False
    #: The department outside its owner's tree that was asked to review it.
    asked_of: int | None = None


@dataclass(frozen=True)
class Verdict:
    """May he, and what decided it: the account, the permission, the rows, or (``free``) nothing stood in the way."""

    action: str
    allowed: bool
    decided_by: str
    #: The roles that give the permission.
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Everything that was weighed. ``account`` names what is wrong with the account; empty when nothing is."""

    account: str
    is_seen: bool
    is_written: bool
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)


def account_problem(person: Person, today: date) -> str:
    """What keeps the account from working: unknown, inactive, not in post, expired; empty when nothing does."""
    if person.user_id is None:
        return "unknown"
    if not person.is_active:
        return "inactive"
    if not person.is_in_post:
        return "not_in_post"
    if person.valid_to is not None and person.valid_to < today:
        return "expired"
    return ""


def is_inside(person: Person, record: Record) -> bool:
    """True when the row lies in the person's interval of his tree."""
    number = record.scope_region if person.kind == REGION else record.department_id
    return number is not None and person.low <= number <= person.high


def sees(rule: RowRule, person: Person, record: Record) -> bool:
    """True when row security shows the row to the person."""
    if rule.kind == "hidden":
        return False
    if rule.kind == "personal":
        return person.user_id is not None and record.created_by == person.user_id
    asked = person.kind != REGION and record.asked_of is not None and person.low <= record.asked_of <= person.high
    is_open = record.is_open if rule.once else not rule.is_private
    return is_open or is_inside(person, record) or asked


def writes(rule: RowRule, person: Person, record: Record) -> bool:
    """True when row security lets the person change the row."""
    if rule.kind in ("hidden", "personal"):
        return sees(rule, person, record)
    return not rule.is_scoped or is_inside(person, record)


def givers(grants: Mapping[str, frozenset[str]], roles: frozenset[str], action: str) -> tuple[str, ...]:
    """The person's roles that give the permission. ``grants`` are the actions of each role on the table."""
    return tuple(sorted(role for role in roles if action in grants.get(role, ())))


def decide(
    person: Person, rule: RowRule, grants: Mapping[str, frozenset[str]], record: Record | None, today: date
) -> Decision:
    """May the person do each action with the row, or (without one) with the table at all?"""
    problem = account_problem(person, today)
    is_seen = record is None or (not problem and sees(rule, person, record))
    is_written = record is None or (is_seen and writes(rule, person, record))
    verdicts = {}
    for action in ACTIONS:
        roles = givers(grants, person.roles, action)
        if problem:
            decided = "account"
        elif not roles:
            decided = "permission"
        elif action in ON_ROWS and not is_seen:
            decided = "unseen"
        elif action in WRITES and not is_written:
            decided = "unwritten"
        else:
            decided = "free"
        verdicts[action] = Verdict(action, decided == "free", decided, roles)
    return Decision(problem, is_seen and not problem, is_written and not problem, verdicts)
