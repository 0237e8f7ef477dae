"""After so many wrong passwords or codes an account is locked for a while; the count is the database's, never lost.

GB/T 22239-2019 8.1.4.1 b. Whoever tries holds the account's credential until the answer is written down, so parallel
guesses stand in line and there are never more of them than the setting allows.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.console.sign_in import credentials
from app.console.sign_in.models import Credential
from app.core import audit, clock, settings
from app.core.viewer import THE_SYSTEM, looking_as


def is_locked(credential: Credential, now: datetime) -> bool:
    """True while nobody may try."""
    return credential.locked_until is not None and credential.locked_until > now


def failed(session: Session, credential: Credential, what: str) -> None:
    """One more failure of an account that is not locked; the one too many locks it."""
    now = clock.now()
    was_locked = credential.locked_until is not None  # and is no more: it begins anew
    credential.failures = 1 if was_locked else credential.failures + 1
    credential.failures_since += 1
    credential.locked_until = None
    account = str(credential.account_id)
    audit.note(session, "sign_in_failed", table="ab_user", key=account, what=what, failures=credential.failures)
    if credential.failures >= settings.value(session, "lock_after_failures"):
        credential.locked_until = now + timedelta(minutes=settings.value(session, "lock_minutes"))
        audit.note(session, "locked", table="ab_user", key=account, until=credential.locked_until.isoformat())
    session.flush()


def proved(credential: Credential) -> None:
    """Whoever tried is the holder: earlier failures no longer count."""
    credential.failures, credential.locked_until = 0, None


def unlock(session: Session, account_id: int) -> bool:
    """The account may try again at once. Returns whether it was locked. Never commits."""
    with looking_as(session, THE_SYSTEM):
        credential = credentials.locked(session, account_id)
        if credential is None:
            return False
        was_locked = is_locked(credential, clock.now())
        if credential.failures or credential.locked_until:
            proved(credential)
            audit.note(session, "unlocked", table="ab_user", key=str(account_id))
        session.flush()
    return was_locked
