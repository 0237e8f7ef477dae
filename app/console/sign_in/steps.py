"""What comes next for somebody who signs in: the one table of decisions. Pure.

Nothing of an account is told before its password was right: until then every answer is ``REFUSED``, whatever the
reason. Nobody is let in before the second factor, and nobody works with a password that has to be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Account(Enum):
    """What is known of the account before anything was proved."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    LOCKED = "locked"
    DORMANT = "dormant"
    ACTIVE = "active"


class Age(Enum):
    """What is known of a password that was right."""

    FRESH = "fresh"
    EXPIRED = "expired"
    INITIAL = "initial"
    SPENT = "spent"


class Factor(Enum):
    """The second factor of the account."""

    NONE = "none"
    WANTED = "wanted"
    SET = "set"
    PROVED = "proved"


class Step(Enum):
    """What the door does."""

    BRAKED = "braked"
    REFUSED = "refused"
    DORMANT = "dormant"
    SPENT = "spent"
    CODE = "code"
    ENROL = "enrol"
    CHANGE = "change"
    IN = "in"


@dataclass(frozen=True)
class Standing:
    """Everything the decision depends on."""

    is_braked: bool = False
    account: Account = Account.UNKNOWN
    is_right: bool = False
    age: Age = Age.FRESH
    factor: Factor = Factor.NONE


def next_step(standing: Standing) -> Step:
    """What comes next."""
    if standing.is_braked:
        return Step.BRAKED
    if not standing.is_right or standing.account not in (Account.ACTIVE, Account.DORMANT):
        return Step.REFUSED
    if standing.account is Account.DORMANT:
        return Step.DORMANT
    if standing.age is Age.SPENT:
        return Step.SPENT
    if standing.factor is Factor.SET:
        return Step.CODE
    if standing.factor is Factor.WANTED:
        return Step.ENROL
    return Step.IN if standing.age is Age.FRESH else Step.CHANGE


def age_of(
    password_at: datetime | None, must_change: bool, initial_until: datetime | None, days: int, now: datetime
) -> Age:
    """How old a password is. One whose age nobody knows was not chosen by its owner here, and has to be changed."""
    if initial_until is not None:
        return Age.INITIAL if now < initial_until else Age.SPENT
    due = due_at(password_at, must_change, days, now)
    return Age.EXPIRED if due is not None and due <= now else Age.FRESH


def due_at(password_at: datetime | None, must_change: bool, days: int, now: datetime) -> datetime | None:
    """From when on the password has to be changed; ``None`` when it may stay for ever (days is 0)."""
    if must_change or password_at is None:
        return now
    return password_at + timedelta(days=days) if days else None


def is_dormant(last_at: datetime | None, password_at: datetime | None, days: int, now: datetime) -> bool:
    """True when the account was not used for so many days; a new password wakes it."""
    known = [moment for moment in (last_at, password_at) if moment is not None]
    return bool(days and known) and max(known) + timedelta(days=days) <= now


def wants_factor(roles: frozenset[str], admins: frozenset[str], *, for_admins: bool, for_all: bool) -> bool:
    """True when the settings ask somebody with these roles for a second factor."""
    return for_all or (for_admins and bool(roles & admins))
