"""Personal keys for programs: ``Authorization: Bearer jg_…``; shown once, stored as a hash, ended with the account."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Request

from app.console.sign_in import sessions
from app.console.sign_in.apart import acting, apart
from app.console.sign_in.models import SessionKind
from app.console.sign_in.sessions import Current, stored
from app.core import audit, clock
from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_

#: What every key begins with: a key that was lost in a repository is found by it.
PREFIX = "jg_"
_HEADER = "Bearer "
_LONGEST = timedelta(days=365)
_MOST_KEYS, _MOST_NETWORKS = 20, 20
_SAFE = ("GET", "HEAD", "OPTIONS")


def carried(request: Request) -> str | None:
    """The key in the request's header, if it carries one."""
    given = request.headers.get("Authorization", "")
    return given.removeprefix(_HEADER).strip() if given.startswith(_HEADER + PREFIX) else None


def must_fit(held: Current, request: Request) -> None:
    """The key may be used from here and for this. Raises Refused (401, 403)."""
    if held.addresses and not is_inside(request.remote_addr or "", held.addresses):
        raise Refused(N_("这个密钥不能从地址 {address} 使用", address=request.remote_addr or "?"), status=401)
    if held.reads_only and request.method not in _SAFE:
        raise Refused(N_("这个密钥只能查询，不能修改"), status=403)


def is_inside(address: str, networks: Sequence[str]) -> bool:
    """True when the address lies in one of the networks. An IPv4 address inside an IPv6 one is the IPv4 address."""
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return False
    where = getattr(where, "ipv4_mapped", None) or where
    return any(where in ipaddress.ip_network(each) for each in networks)


def networks_of(given: str) -> list[str]:
    """The networks that were typed, one a line or with commas. Raises Invalid naming the one that is none."""
    found = []
    for word in given.replace("，", " ").replace(",", " ").replace("；", " ").replace(";", " ").split():
        try:
            found.append(str(ipaddress.ip_network(word, strict=False)))
        except ValueError:
            told = N_("“{word}”不是 IP 地址或网段，例如 10.1.2.3 或 10.1.2.0/24", word=word[:60])
            raise Invalid([Problem(told, ("addresses",))]) from None
    if len(found) > _MOST_NETWORKS:
        raise Invalid([Problem(N_("地址最多填写 {most} 个", most=_MOST_NETWORKS), ("addresses",))])
    return found


def until(given: date | None, today: date) -> datetime:
    """The end of the last day of a key. Raises Invalid when that is past or more than a year away."""
    if given is None or given < today:
        raise Invalid([Problem(N_("请填写有效期，不早于今天"), ("until",))])
    if given > today + _LONGEST:
        raise Invalid([Problem(N_("密钥的有效期最长一年"), ("until",))])
    return datetime.combine(given + timedelta(days=1), time(), clock.ZONE)


def make(account_id: int, name: str, last_day: date | None, addresses: str, *, reads_only: bool) -> str:
    """A new key of the account; its text exists only in this answer. Raises Invalid."""
    label = " ".join(name.split())
    if not 1 <= len(label) <= 100:
        raise Invalid([Problem(N_("请填写密钥的用途，最多 100 字"), ("name",))])
    ends_at, networks = until(last_day, clock.today()), networks_of(addresses)
    own = (stored.c.account_id == account_id, stored.c.kind == SessionKind.KEY.value, stored.c.ended_at.is_(None))
    secret, row_id = sessions.new_secret(PREFIX)
    with apart(acting(account_id)) as work:
        sessions.lock(work, account_id)
        if (work.scalar(sa.select(sa.func.count()).where(*own, stored.c.ends_at > sa.func.now())) or 0) >= _MOST_KEYS:
            raise Invalid([Problem(N_("最多同时有 {most} 个密钥，请先作废不用的", most=_MOST_KEYS), ("name",))])
        values = {
            "name": label,
            "ends_at": ends_at,
            "addresses": networks or None,
            "reads_only": reads_only,
            "hint": secret[: len(PREFIX) + 4],
        }
        sessions.insert(work, row_id, secret, account_id, SessionKind.KEY, values)
        about: dict[str, Any] = {
            "name": label,
            "until": ends_at.isoformat(),
            "addresses": networks,
            "reads_only": reads_only,
        }
        audit.note(work, "key_made", table="user_session", key=str(row_id), **about)
    return secret
