"""The credential of an account, read and written as the system: no person sees this table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import has_request_context
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.console.sign_in.apart import acting as acting_as
from app.console.sign_in.apart import origin
from app.console.sign_in.models import Credential
from app.core import clock
from app.core.ids import uuid7
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, come_from

_users = User.__table__


def acting(session: Session, account_id: int) -> None:
    """From now on what the session writes is logged as the act of this account, who has just proved himself."""
    come_from(session, origin(), acting_as(account_id) if has_request_context() else THE_SYSTEM)


def account_named(session: Session, username: str) -> tuple[int, bool] | None:
    """The number of the account, and whether it is active and valid today. Capitals make no difference."""
    if not username or len(username) > 64 or "\x00" in username:
        username = ""  # asked all the same, so that the answer takes as long
    held = TABLES["account"].__table__
    over = sa.exists().where(held.c.username == _users.c.username, held.c.valid_to < clock.today())
    found = sa.select(_users.c.id, sa.and_(_users.c.active, ~over).label("active"))
    found = found.where(sa.func.lower(_users.c.username) == username.lower())
    row = session.execute(found).first()
    return (row.id, bool(row.active)) if row else None


def locked(session: Session, account_id: int) -> Credential | None:
    """The credential, held by this transaction until it ends; ``None`` when the account has none."""
    found = sa.select(Credential).where(Credential.account_id == account_id).with_for_update()
    return session.scalar(found.execution_options(populate_existing=True))


def known(session: Session, account_id: int) -> Credential:
    """The credential to be looked at; an empty one, which is not stored, when the account has none."""
    found = session.scalar(sa.select(Credential).where(Credential.account_id == account_id))
    return found or Credential(account_id=account_id, must_change=False, failures=0, failures_since=0)


def made(session: Session, account_id: int) -> Credential:
    """The credential, held; an empty one is made when there was none."""
    empty = {"id": uuid7(), "account_id": account_id, "must_change": False, "failures": 0, "failures_since": 0}
    session.execute(insert(Credential.__table__).values(empty).on_conflict_do_nothing())
    found = locked(session, account_id)
    assert found is not None
    return found


def username_of(session: Session, account_id: int) -> str:
    """The name the account signs in with."""
    return str(session.scalar(sa.select(_users.c.username).where(_users.c.id == account_id)) or "")


def roles_of(session: Session, account_id: int) -> frozenset[str]:
    """The names of the roles the account has now."""
    question = """SELECT r.name FROM ab_user_role x JOIN ab_role r ON r.id = x.role_id WHERE x.user_id = :id"""
    return frozenset(session.scalars(sa.text(question), {"id": account_id}))


@dataclass(frozen=True)
class Before:
    """How it was when the account came in the last time, and how often somebody failed to since."""

    at: datetime | None
    address: str | None
    failures: int


def came_in(session: Session, account_id: int) -> Before:
    """The account has signed in now, from here; earlier failures no longer count."""
    credential = made(session, account_id)
    before = Before(credential.last_at, credential.last_address, credential.failures_since)
    credential.last_at, credential.last_address = clock.now(), origin().address[:64]
    credential.failures_since = credential.failures = 0
    credential.locked_until = None
    session.flush()
    return before
