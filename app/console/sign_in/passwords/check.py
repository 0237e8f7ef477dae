"""A name and a password come in; who it is, and what stands between him and his work, comes out.

Unknown names, locked and inactive accounts cost the same work and get the same answer as wrong passwords, so neither
tells which accounts there are (CVE-2021-29621, CVE-2022-21659, CVE-2025-24023 of Flask-AppBuilder were of this kind).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import has_request_context, request
from sqlalchemy.orm import Session

from app.console.sign_in import brake, credentials, factors, lockout
from app.console.sign_in.apart import apart
from app.console.sign_in.models import Credential
from app.console.sign_in.passwords import hashing
from app.console.sign_in.steps import Account, Age, Standing, age_of, due_at, is_dormant
from app.core import audit, clock, settings

#: Nobody's password is longer, and weighing a longer one costs as much as it is long.
_LONGEST = 1000


@dataclass(frozen=True)
class Checked:
    """Where the account stands; its number when the password was right, the minutes to wait when braked."""

    standing: Standing
    account_id: int | None = None
    minutes: int = 0


def check(username: str, plain: str) -> Checked:
    """Is it the password of that name, and may its holder sign in? A failure is counted before anybody is told."""
    with apart() as session:
        minutes = brake.minutes_left(session, _address())
        if minutes:
            return Checked(Standing(is_braked=True), minutes=minutes)
        found = credentials.account_named(session, username)
        credential = credentials.locked(session, found[0] if found else 0)
        account = _account(session, found, credential)
        if credential is None or account not in (Account.ACTIVE, Account.DORMANT):
            session.commit()  # nobody waits for the row of a locked account
            hashing.waste(plain[:_LONGEST])
            audit.note(session, "sign_in_failed", table="ab_user", key=_key(found), what=account.value)
            is_right = False
        else:
            is_right = len(plain) <= _LONGEST and _is_right(credential, plain)
            if not is_right:
                lockout.failed(session, credential, "password")
        if not is_right or credential is None:
            brake.count(session, _address())
            return Checked(Standing(account=account))
        return Checked(_proved(session, credential, account), credential.account_id)


def check_directory(ask: Callable[[], Any]) -> Checked:
    """The same for a directory (LDAP) that weighs the password: ``ask`` gives its account, or ``None``."""
    with apart() as session:
        minutes = brake.minutes_left(session, _address())
        if minutes:
            return Checked(Standing(is_braked=True), minutes=minutes)
        user = ask()
        if user is None:
            brake.count(session, _address())
            return Checked(Standing())
        credential = credentials.made(session, user.id)
        factor = factors.state(session, credential)
        return Checked(Standing(account=Account.ACTIVE, is_right=True, factor=factor), user.id)


def is_password_of(session: Session, credential: Credential, plain: str) -> bool:
    """True when it is the password of the account, which this transaction holds. Failures are counted."""
    is_right = 0 < len(plain) <= _LONGEST and _is_right(credential, plain)
    if not is_right:
        lockout.failed(session, credential, "password")
    return is_right


def _account(session: Session, found: tuple[int, bool] | None, credential: Credential | None) -> Account:
    now = clock.now()
    if found is None:
        return Account.UNKNOWN
    if not found[1] or credential is None or credential.password is None:
        return Account.INACTIVE
    if lockout.is_locked(credential, now):
        return Account.LOCKED
    days = settings.value(session, "unused_days")
    return Account.DORMANT if is_dormant(credential.last_at, credential.password_at, days, now) else Account.ACTIVE


def _is_right(credential: Credential, plain: str) -> bool:
    stored = credential.password
    if stored is None or not hashing.verify(credential.account_id, plain, stored):
        return False
    if hashing.is_stale(stored):
        credential.password = hashing.make(credential.account_id, plain)
    return True


def _proved(session: Session, credential: Credential, account: Account) -> Standing:
    factor = factors.state(session, credential)
    age = age_now(session, credential)
    if factor is not factors.Factor.SET:  # otherwise the code still has to be right
        lockout.proved(credential)
    return Standing(account=account, is_right=True, age=age, factor=factor)


def age_now(session: Session, credential: Credential) -> Age:
    """How old the password is, by the settings of today."""
    if credential.password is None:
        return Age.FRESH  # a directory or a provider keeps it
    days = settings.value(session, "password_days")
    return age_of(credential.password_at, credential.must_change, credential.initial_until, days, clock.now())


def due_now(session: Session, credential: Credential) -> datetime | None:
    """From when on the password has to be changed."""
    if credential.password is None:
        return None
    days = settings.value(session, "password_days")
    must = credential.must_change or credential.initial_until is not None
    return due_at(credential.password_at, must, days, clock.now())


def _address() -> str:
    return (request.remote_addr or "") if has_request_context() else ""


def _key(found: tuple[int, bool] | None) -> str:
    return str(found[0]) if found else ""
