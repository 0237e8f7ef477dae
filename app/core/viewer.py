"""Who is looking: the viewer of a database session, and how PostgreSQL learns of him in every transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_
from app.core.rows import LINE, REGION, SYSTEM

_KEY = "viewer"
_ORIGIN = "origin"


@dataclass(frozen=True)
class Viewer:
    """A person (or the system) with the interval of departments or regions whose rows are his to see."""

    kind: str
    low: int = 0
    high: int = -1
    user_id: int | None = None
    name: str = ""
    department_id: int | None = None
    department: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_system(self) -> bool:
        """True for work the system does for itself, outside any department."""
        return self.kind == SYSTEM

    def holds(self, department_id: int, scope_region: int) -> bool:
        """True when rows with those two numbers are this viewer's to write."""
        return self.is_system or self.low <= (scope_region if self.kind == REGION else department_id) <= self.high


#: The system at work for itself: migrations of data, seeds, housekeeping.
THE_SYSTEM = Viewer(SYSTEM, name="system")


@dataclass(frozen=True)
class Origin:
    """Where work comes from, for the audit log: the way in, the request, the address, the session."""

    via: str = "command"
    request: str = ""
    address: str = ""
    session: str = ""


def come_from(session: Session, origin: Origin, person: Viewer | None = None) -> None:
    """What this session writes from now on is logged as coming from there, whoever is looked as.

    ``person`` is who answers for it: work that the system does inside somebody's request is still his.
    """
    session.info[_ORIGIN] = (origin, person)
    if session.in_transaction():
        session.connection().exec_driver_sql(_who(session))


def origin_of(session: Session) -> tuple[Origin, Viewer | None]:
    """Where this session's work comes from, and who answers for it if that is not whoever it looks as."""
    return session.info.get(_ORIGIN) or (Origin(), None)


def at_work(session: Session) -> Viewer | None:
    """Who answers for what is done; nobody where the system works for itself."""
    answering = origin_of(session)[1] or current(session)
    return None if answering is None or answering.is_system else answering


def _who(session: Session) -> str:
    """The settings from which the audit log learns who acts; 0 stands for the system, null for nobody."""
    origin, person = origin_of(session)
    viewer = person or current(session)
    who = {
        "actor": None if viewer is None else viewer.user_id or 0,
        "name": None if viewer is None else viewer.name,
        "department": None if viewer is None else viewer.department_id,
        "via": origin.via,
        "request": origin.request,
        "address": origin.address,
        "session": origin.session,
    }
    quoted = json.dumps(who, ensure_ascii=False).replace("'", "''").replace("%", "%%")
    return f"SET LOCAL app.who = '{quoted}'"


def _settings(session: Session, viewer: Viewer | None) -> str:
    if viewer is None:
        nobody = "SET LOCAL ROLE NONE; SET LOCAL app.low = ''; SET LOCAL app.high = ''; SET LOCAL app.actor = ''"
        return f"{nobody}; {_who(session)}"
    actor = "" if viewer.user_id is None else int(viewer.user_id)
    return (
        f"SET LOCAL ROLE {viewer.kind}; SET LOCAL app.low = '{int(viewer.low)}'; "
        f"SET LOCAL app.high = '{int(viewer.high)}'; SET LOCAL app.actor = '{actor}'; {_who(session)}"
    )


def current(session: Session) -> Viewer | None:
    """The viewer of this session; ``None`` means nobody, who sees nothing."""
    found: Viewer | None = session.info.get(_KEY)
    return found


def must_have(session: Session) -> Viewer:
    """The viewer of this session; work without one is refused."""
    found = current(session)
    if found is None:
        raise Refused(N_("请先登录"), status=401)
    return found


def look_as(session: Session, viewer: Viewer | None) -> None:
    """From now on, and in every later transaction of this session, rows are those of ``viewer``."""
    session.info[_KEY] = viewer
    if session.in_transaction():
        session.connection().exec_driver_sql(_settings(session, viewer))


@contextmanager
def looking_as(session: Session, viewer: Viewer | None) -> Iterator[Session]:
    """Work as ``viewer`` (or as nobody) inside the block, then be whoever one was before."""
    before = current(session)
    look_as(session, viewer)
    try:
        yield session
    finally:
        session.info[_KEY] = before
        if session.in_transaction():
            # A transaction that failed takes no more orders; it must be rolled back, and the next one begins as before.
            with suppress(DBAPIError, InvalidRequestError):
                session.connection().exec_driver_sql(_settings(session, before))


@contextmanager
def answered(session: Session) -> Iterator[Session]:
    """Inside the block somebody answers for what is written: whoever one looks as, or else the system."""
    with looking_as(session, current(session) or THE_SYSTEM):
        yield session


@event.listens_for(Session, "after_begin")
def _tell_postgres(session: Session, _transaction: Any, connection: Any) -> None:
    viewer = current(session)
    if viewer is not None or session.info.get(_ORIGIN) is not None:
        connection.exec_driver_sql(_settings(session, viewer))


def person(session: Session, user_id: int) -> Viewer | None:
    """The viewer for an account, from its post (人员岗位); ``None`` when the account has no valid post.

    Reads through ``viewer_scope``, a SECURITY DEFINER function, because the look-up must not pass the policy it feeds.
    """
    row = session.execute(text("SELECT * FROM viewer_scope(:id)"), {"id": user_id}).one_or_none()
    return None if row is None else of_scope(row, user_id)


def of_scope(row: Any, user_id: int) -> Viewer:
    """The viewer whom a row of ``viewer_scope`` (or of ``session_scope``, which asks it) describes."""
    kind = REGION if row.is_lead_office else LINE
    return Viewer(
        kind=kind,
        low=row.low,
        high=row.high,
        user_id=user_id,
        name=row.real_name,
        department_id=row.department_id,
        department=row.department_name,
        roles=frozenset(row.roles or ()),
    )
