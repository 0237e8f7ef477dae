"""Who is signed in: one row per sign-in, known by the hash of a random value that only its holder has.

A session begins with ``begin``, is asked for with every request by ``admit`` (one question to the database, whose clock
decides) and ends with ``end``. The browser's cookie holds the random value beside the CSRF token and the language, so
a copy of the cookie opens nothing once the row has ended (GB/T 22239-2019, 8.1.4.1 b; ASVS 5.0, 7.4.1).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import current_app, flash, g, request
from flask import session as cookie
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session, defer

from app.console.sign_in.apart import acting, apart, origin
from app.console.sign_in.models import SessionEnd, SessionKind, UserSession
from app.core import audit, settings
from app.core.fields.read import UNSTORABLE
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, Viewer, looking_as, of_scope

#: Where the cookie holds the random value; what else outlives a sign-in there.
SECRET = "sid"  # noqa: S105 - the name of a place
_OUTLIVES = ("locale", "_flashes")
#: Whoever begins sessions of an account holds this lock with its number: of two sign-ins at once one comes second.
_LOCK = 0x73657373

stored = UserSession.__table__
_live = stored.c.ended_at.is_(None)
_scope = sa.func.session_scope(
    sa.bindparam("digest"),
    settings.DECLARED["session_idle_minutes"].default,
    settings.DECLARED["step_up_minutes"].default,
).table_valued(
    sa.column("session_id", sa.Uuid),
    *(
        sa.column(name)
        for name in (
            *(
                "account_id",
                "kind",
                "why",
                "ended_at",
                "ends_at",
                "is_due",
                "is_fresh",
                "turn",
                "reads_only",
                "addresses",
            ),
            *("department_id", "department_name", "real_name", "is_lead_office", "low", "high", "roles"),
        )
    ),
    name="scope",
)
_asked = sa.select(User, *_scope.c).select_from(_scope).join(User, User.id == _scope.c.account_id)
_asked = _asked.options(defer(User.password))


@dataclass(frozen=True)
class Current:
    """The session that a request came with; ``why`` is the reason when it is over."""

    id: UUID
    account_id: int
    kind: str
    why: str | None = None
    ended_at: datetime | None = None
    ends_at: datetime | None = None
    is_due: bool = False
    """Its last use was noted more than a minute ago."""
    is_fresh: bool = False
    """Its holder proved who he is lately enough for what is sensitive."""
    turn: int = 0
    reads_only: bool = False
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Admitted:
    """Who came with a session, what he sees, and the session."""

    user: User
    viewer: Viewer | None
    session: Current


@dataclass(frozen=True)
class Opened:
    """A session that has just begun: its secret, told once, and how many others ended for it."""

    secret: str
    replaced: int = 0


def digest(secret: str) -> str:
    """What is stored of a secret. It is random, so that nobody finds it by trying."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


# ---- while it lasts ------------------------------------------------------------------------------------------------
def current() -> Current | None:
    """The valid session of this request; ``None`` before sign-in."""
    found: Current | None = g.get("session")
    return found


def admit(session: Session, secret: str | None, kind: SessionKind) -> Admitted | None:
    """Who holds that secret, with the session; a session that is over says why. ``None`` when there is no such."""
    if not secret or not isinstance(secret, str):
        return None
    row = session.execute(_asked, {"digest": digest(secret)}).one_or_none()
    if row is None or row.kind != kind.value:
        return None
    held = Current(
        row.session_id,
        row.account_id,
        row.kind,
        row.why,
        row.ended_at,
        row.ends_at,
        row.is_due,
        row.is_fresh,
        row.turn,
        row.reads_only,
        tuple(row.addresses or ()),
    )
    seen_by = None if row.department_id is None else of_scope(row, row.account_id)
    return Admitted(row.User, seen_by, held)


def use(held: Current) -> None:
    """The session was used now. Written once a minute, and whatever becomes of the request's own work."""
    if held.is_due:
        with apart() as work:
            due = stored.c.seen_at <= sa.func.now() - sa.text("interval '1 minute'")
            work.execute(sa.update(stored).where(stored.c.id == held.id, _live, due).values(seen_at=sa.func.now()))


def settle(held: Current) -> None:
    """A session that time or the account's state has ended is marked so, once."""
    if held.why is not None and held.ended_at is None:
        with apart() as work:
            _close(work, (stored.c.id == held.id,), held.why)


# ---- how it begins -------------------------------------------------------------------------------------------------
def begin(account_id: int, kind: str = SessionKind.BROWSER.value) -> None:
    """The account is signed in: a new random value in the cookie, a row for it, older sessions ended by the setting.

    Nothing of the cookie from before signing in is trusted afterwards: the token of forms is a new one too.
    """
    if g.get("begun") == account_id:  # the sign-in page called, and so did the signal of flask_login
        return
    before = current()
    if before is not None and before.account_id != account_id:  # somebody else sat here
        with apart(g.get("viewer")) as work:
            _close(work, (stored.c.id == before.id,), SessionEnd.SIGNED_OUT.value)
    opened = open_session(account_id, SessionKind(kind))
    kept = {name: cookie[name] for name in list(cookie) if name in _OUTLIVES or name.startswith("saml")}
    cookie.clear()
    g.pop("csrf_token", None)  # flask_wtf remembers the token of the request
    cookie.update(kept)
    manager = current_app.login_manager  # type: ignore[attr-defined]
    cookie.update(_user_id=str(account_id), _fresh=True, _id=manager._session_identifier_generator())
    cookie[SECRET] = opened.secret
    g.begun = account_id
    if opened.replaced:
        flash(str(N_("同一账号在别处的登录已结束；如果那不是您本人，请立即修改密码并告知管理员")), "warning")


def open_session(account_id: int, kind: SessionKind) -> Opened:
    """A row for a new session of the account; older ones of its kind end by the setting."""
    secret, row_id = new_secret()
    with apart(acting(account_id)) as work:
        lock(work, account_id)
        replaced = _make_room(work, account_id, kind)
        hours = sa.func.make_interval(0, 0, 0, 0, settings.value(work, "session_hours"))
        insert(work, row_id, secret, account_id, kind, {"ends_at": sa.func.clock_timestamp() + hours})
        audit.note(work, "sign_in", table="user_session", key=str(row_id), kind=kind.value)
    return Opened(secret, replaced)


def new_secret(prefix: str = "") -> tuple[str, UUID]:
    """A random value of 256 bits for a session, and the identifier of its row."""
    return prefix + secrets.token_urlsafe(32), uuid7()


def lock(work: Session, account_id: int) -> None:
    """Until this transaction ends nobody else begins a session of the account."""
    work.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, account_id)))


def insert(
    work: Session, row_id: UUID, secret: str, account_id: int, kind: SessionKind, values: dict[str, Any]
) -> None:
    """The row of a new session; it is verified as of now."""
    now = sa.func.clock_timestamp()
    row = {
        "id": row_id,
        "digest": digest(secret),
        "account_id": account_id,
        "kind": kind.value,
        "seen_at": now,
        "verified_at": now,
        "address": origin().address[:64],
        "agent": UNSTORABLE.sub("", request.user_agent.string)[:300],
        "created_by": account_id,
    }
    work.execute(sa.insert(stored).values(row | values))


def _make_room(work: Session, account_id: int, kind: SessionKind) -> int:
    """As many sessions of this kind stay as the setting allows besides a new one. Returns how many were in use."""
    own = (stored.c.account_id == account_id, stored.c.kind == kind.value)
    idle = sa.func.make_interval(0, 0, 0, 0, 0, settings.value(work, "session_idle_minutes"))
    _close(work, (*own, stored.c.ends_at <= sa.func.now()), SessionEnd.EXPIRED.value)
    _close(work, (*own, stored.c.seen_at <= sa.func.now() - idle), SessionEnd.IDLE.value)
    most = settings.value(work, "sessions_per_account")
    if most == 0:
        return 0
    newest = sa.select(stored.c.id).where(*own, _live).order_by(stored.c.seen_at.desc(), stored.c.id.desc())
    kept = newest.limit(most - 1).scalar_subquery()
    return _close(work, (*own, stored.c.id.not_in(kept)), SessionEnd.REPLACED.value)


# ---- how it ends ---------------------------------------------------------------------------------------------------
def end(session: Session, account_id: int, why: str, *, except_current: bool = False, keys: bool = True) -> int:
    """Every session, token and (``keys``) key of the account has ended. Returns how many; never commits."""
    held = current()
    which = [stored.c.account_id == account_id]
    if except_current and held is not None:
        which.append(stored.c.id != held.id)
    if not keys:
        which.append(stored.c.kind != SessionKind.KEY.value)
    with looking_as(session, THE_SYSTEM):
        return _close(session, which, why)


def end_one(session: Session, account_id: int, session_id: UUID, why: str) -> int:
    """That session of the account has ended. Returns 0 when it is not there or had ended before; never commits."""
    with looking_as(session, THE_SYSTEM):
        return _close(session, (stored.c.account_id == account_id, stored.c.id == session_id), why)


def _close(work: Session, which: Sequence[Any], why: str) -> int:
    ended = {"ended_at": sa.func.clock_timestamp(), "ended_why": SessionEnd(why).value}
    told = (stored.c.id, stored.c.account_id, stored.c.kind)
    gone = work.execute(sa.update(stored).where(*which, _live).values(ended).returning(*told)).all()
    action = "sign_out" if why == SessionEnd.SIGNED_OUT.value else "session_ended"
    for row in gone:
        about = {"why": why, "account": row.account_id, "kind": row.kind}
        audit.note(work, action, table="user_session", key=str(row.id), **about)
    return len(gone)


# ---- when its holder proves himself again --------------------------------------------------------------------------
def verified(held: Current) -> None:
    """The holder has proved who he is: noted at the session, whose random value is another one from now on."""
    values: dict[str, Any] = {"verified_at": sa.func.now(), "seen_at": sa.func.now()}
    secret = secrets.token_urlsafe(32)
    if held.kind == SessionKind.BROWSER.value:
        values["digest"] = digest(secret)
    with apart(acting(held.account_id)) as work:
        work.execute(sa.update(stored).where(stored.c.id == held.id, _live).values(values))
        audit.note(work, "step_up", table="user_session", key=str(held.id))
    if "digest" in values:
        cookie[SECRET] = secret
