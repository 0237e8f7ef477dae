"""How often an address failed to sign in lately: whoever tries many accounts from one place is slowed."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session

from app.core import audit, clock, settings
from app.core.fields import integer, moment, text
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.rows import hidden
from app.core.table import Table


class SignInBrake(Table):
    """登录来源: an address from which sign-in failed, and how often since when."""

    __label__ = N_("登录来源")
    __help__ = N_("登录失败的来源地址和次数；同一来源失败过多时暂停该来源的登录。")
    __key__ = ("address",)
    __title__ = "address"
    __rows__ = hidden()
    __pages__ = False

    address: Mapped[str] = text(N_("来源地址"), 64)
    failures: Mapped[int] = integer(N_("失败次数"), default=0)
    since: Mapped[datetime] = moment(N_("开始时间"))


_rows = SignInBrake.__table__


def place_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the 64 bits of an IPv6 address that one subscriber has. Pure."""
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    where = getattr(where, "ipv4_mapped", None) or where
    return str(where) if where.version == 4 else str(ipaddress.ip_network(f"{where}/64", strict=False))


def minutes_left(session: Session, address: str) -> int:
    """How many minutes nobody may try from there; 0 when he may."""
    most, minutes = settings.value(session, "address_failures"), settings.value(session, "address_minutes")
    found = session.execute(sa.select(_rows).where(_rows.c.address == place_of(address))).one_or_none()
    if found is None or found.failures < most:
        return 0
    left = found.since + timedelta(minutes=minutes) - clock.now()
    return max(0, -(-int(left.total_seconds()) // 60))


def count(session: Session, address: str) -> None:
    """One more failure from there. What is older than the setting's time is forgotten."""
    now, minutes = clock.now(), settings.value(session, "address_minutes")
    is_over = _rows.c.since <= now - timedelta(minutes=minutes)
    fresh = insert(_rows).values(id=uuid7(), address=place_of(address), failures=1, since=now)
    counted = {
        "failures": sa.case((is_over, 1), else_=_rows.c.failures + 1),
        "since": sa.case((is_over, now), else_=_rows.c.since),
    }
    upsert = fresh.on_conflict_do_update(index_elements=[_rows.c.address], set_=counted)
    if session.scalar(upsert.returning(_rows.c.failures)) == settings.value(session, "address_failures"):
        audit.note(session, "alarm", table="sign_in_brake", key=place_of(address), what="many failed sign-ins")
    session.execute(sa.delete(_rows).where(_rows.c.since <= now - timedelta(days=1)))
