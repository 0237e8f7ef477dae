"""A password is set: by its owner, by whoever gives it out for the first time, by a seed."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.sign_in import credentials, sessions
from app.console.sign_in.models import Credential, SessionEnd
from app.console.sign_in.passwords import hashing, policy
from app.console.sign_in.passwords.policy import Demands, Owner
from app.core import audit, clock, secrecy, settings
from app.core.errors import Invalid, NotVisible
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as

#: Signs that nobody takes for another when he reads them aloud or copies them by hand.
_SIGNS = ("ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789")
_GROUPS, _IN_GROUP = 4, 4


def set_password(session: Session, account_id: int, plain: str, *, must_change: bool = False) -> None:
    """The account has that password, and every session it had is over. Raises Invalid by the policy. Never commits."""
    with looking_as(session, THE_SYSTEM):
        credential = credentials.made(session, account_id)
        _must_be_good(session, credential, plain)
        _store(session, credential, plain, must_change=must_change)
        audit.note(session, "password_changed", table="ab_user", key=str(account_id), must_change=must_change)
        _end_sessions(session, account_id)


def issue(session: Session, account_id: int) -> str:
    """A new initial password, told once: it opens the account one time, within the hours of the setting, and has to be
    changed then. A lock is lifted. Never commits.
    """
    with looking_as(session, THE_SYSTEM):
        credential = credentials.made(session, account_id)
        asked, owner = demands(session), owner_of(session, account_id)
        plain = _random(asked)
        while policy.faults(plain, asked, owner):
            plain = _random(asked)
        _store(session, credential, plain, must_change=True)
        hours = settings.value(session, "initial_password_hours")
        credential.initial_until = clock.now() + timedelta(hours=hours)
        credential.failures, credential.locked_until = 0, None
        audit.note(
            session,
            "password_issued",
            table="ab_user",
            key=str(account_id),
            until=credential.initial_until.isoformat(),
        )
        _end_sessions(session, account_id)
    return plain


def place(session: Session, account_id: int, plain: str) -> None:
    """The account has that password as if its owner had just chosen it, whatever the policy says: for demo data and
    tests, whose passwords are public. Never commits.
    """
    with looking_as(session, THE_SYSTEM):
        _store(session, credentials.made(session, account_id), plain, must_change=False)
        audit.note(session, "password_changed", table="ab_user", key=str(account_id), by="seed")


def answers(session: Session, account_id: int, plain: str) -> list[str]:
    """The codes of the requirements that the password does not meet, without the comparison with earlier ones."""
    with looking_as(session, THE_SYSTEM):
        return policy.faults(plain, demands(session), owner_of(session, account_id))


def demands(session: Session) -> Demands:
    """What the settings ask of a password now."""
    return Demands(
        settings.value(session, "password_length"),
        settings.value(session, "password_classes"),
        settings.value(session, "password_history"),
    )


def owner_of(session: Session, account_id: int) -> Owner:
    """Whose password it is. Read as the system."""
    username = session.scalar(sa.text("SELECT username FROM ab_user WHERE id = :id"), {"id": account_id})
    if username is None:
        raise NotVisible
    account, department = TABLES["account"].__table__, TABLES["department"].__table__
    joined = sa.join(account, department, department.c.id == account.c.department_id)
    wanted = sa.select(account, department.c.name.label("unit")).select_from(joined)
    row = session.execute(wanted.where(account.c.username == username)).first()
    if row is None:
        return Owner(username)
    numbers = (row.staff_number, _revealed(row, "phone"), _revealed(row, "citizen_no"))
    return Owner(username, row.real_name, row.unit, tuple(each for each in numbers if each))


def _revealed(row: Any, column: str) -> str:
    """A number that is stored sealed; nothing when its key is gone."""
    stored = getattr(row, column)
    with suppress(secrecy.SealBroken):
        return secrecy.reveal(stored, "account", column, row.id) if isinstance(stored, secrecy.Sealed) else stored or ""
    return ""


def _must_be_good(session: Session, credential: Credential, plain: str) -> None:
    asked = demands(session)
    faults = policy.faults(plain, asked, owner_of(session, credential.account_id))
    if not faults and _was_used(credential, plain, asked.history):
        faults = ["history"]
    if faults:
        raise Invalid(policy.problems(faults, asked))


def _was_used(credential: Credential, plain: str, count: int) -> bool:
    """True when it is one of the last ``count``, the present one included."""
    if not count:
        return False
    earlier = [credential.password, *(credential.history or ())]
    return any(hashing.verify(credential.account_id, plain, each) for each in earlier[:count] if each)


def _store(session: Session, credential: Credential, plain: str, *, must_change: bool) -> None:
    kept = max(settings.value(session, "password_history") - 1, 0)
    if credential.password:
        credential.history = [credential.password, *(credential.history or ())][:kept]
    credential.password = hashing.make(credential.account_id, plain)
    credential.password_at = clock.now()
    credential.must_change = must_change
    credential.initial_until = None
    session.flush()


def _end_sessions(session: Session, account_id: int) -> None:
    """All of them but the one in which the change is made: whoever made it there gives it another secret at once."""
    sessions.end(session, account_id, SessionEnd.PASSWORD.value, except_current=True)


def _random(asked: Demands) -> str:
    signs = "".join(_SIGNS)
    length = max(_GROUPS * _IN_GROUP, asked.length)
    picked = [secrets.choice(signs) for _ in range(length)]
    return "-".join("".join(picked[at : at + _IN_GROUP]) for at in range(0, length, _IN_GROUP))
