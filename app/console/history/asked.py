"""What the address of the audit page asks for, as conditions on the log; and the address that asks for it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session

from app.console.history.actions import ACTIONS
from app.console.history.log import CHANGES, LOG
from app.core import clock
from app.core.errors import BadValue, Refused
from app.core.fields import read
from app.core.messages import N_
from app.core.query import near
from app.core.saving import visible
from app.core.table import LINKS, TABLES, Table
from app.core.viewer import THE_SYSTEM, Viewer, looking_as

#: Days back that are looked at when nothing else is asked for.
USUAL = 30
SIZES = (50, 100, 200)
#: What stands for all changes of rows, and for all events.
ALL_CHANGES, ALL_EVENTS = "changes", "events"
_LONGEST, _UNITS, _KEYS = 100, 20, 200
_NAMES = ("who", "unit", "table", "action", "from", "to", "address", "key")


@dataclass(frozen=True)
class Asked:
    """The filters as they were typed; empty ones ask for nothing."""

    who: str = ""
    unit: str = ""
    table: str = ""
    action: str = ""
    since: str = ""
    until: str = ""
    address: str = ""
    key: str = ""
    size: int = SIZES[0]

    def pairs(self) -> dict[str, str]:
        """The parameters that ask for this again."""
        given = {"who": self.who, "unit": self.unit, "table": self.table, "action": self.action}
        given |= {"from": self.since, "to": self.until, "address": self.address, "key": self.key}
        return given | ({"size": str(self.size)} if self.size != SIZES[0] else {})

    def address_of(self, base: str, **more: Any) -> str:
        """The address of a page that asks for this; both days are always told, so that empty ones stay empty."""
        given = {name: value for name, value in self.pairs().items() if value or name in ("from", "to")}
        return base + "?" + urlencode(given | {name: str(value) for name, value in more.items() if value is not None})

    @property
    def is_open(self) -> bool:
        """True when nothing is asked for but a period."""
        return not any((self.who, self.unit, self.table, self.action, self.address, self.key))


def read_asked(given: Mapping[str, str], *, usual: bool = True) -> Asked:
    """The filters of an address. Raises Refused (400) for what cannot be asked."""
    words = {name: given.get(name, "").strip() for name in _NAMES}
    if any(len(word) > _LONGEST or not word.isprintable() for word in words.values()):
        raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
    if usual and "from" not in given and "to" not in given and not words["key"]:
        words["from"] = (clock.today() - timedelta(days=USUAL)).isoformat()
    for name in ("from", "to"):
        words[name] = _day(words[name]).isoformat() if words[name] else ""
    if words["action"] and words["action"] not in (*ACTIONS, ALL_CHANGES, ALL_EVENTS):
        raise Refused(N_("没有这种操作"), status=400)
    if words["table"] and words["table"] not in {**TABLES, **LINKS} and not words["table"].startswith("ab_"):
        raise Refused(N_("没有这张数据表"), status=400)
    size = given.get("size", "")
    asked = Asked(
        words["who"], words["unit"], words["table"], words["action"], words["from"], words["to"], words["address"],
        words["key"],
    )  # fmt: skip
    return replace(asked, size=int(size)) if size in {str(each) for each in SIZES} else asked


def _day(text: str) -> date:
    try:
        found = read.day(text)
    except BadValue as error:
        raise Refused(error.message, status=400) from None
    assert found is not None
    return found


def conditions(session: Session, asked: Asked, viewer: Viewer) -> list[Any]:
    """What entries have to meet."""
    found: list[Any] = []
    if asked.since:
        found.append(LOG.c.at >= _begin(date.fromisoformat(asked.since)))
    if asked.until:
        found.append(LOG.c.at < _begin(date.fromisoformat(asked.until) + timedelta(days=1)))
    if asked.who:
        found.append(_by(session, asked.who))
    if asked.unit:
        found.append(_of_unit(session, asked.unit))
    if asked.action == ALL_CHANGES:
        found.append(LOG.c.action.in_(CHANGES[:3]))
    elif asked.action == ALL_EVENTS:
        found.append(LOG.c.action.not_in(CHANGES))
    elif asked.action:
        found.append(LOG.c.action == asked.action)
    if asked.table:
        found.append(LOG.c.rel == asked.table)
    if asked.address:
        found.append(LOG.c.address == asked.address)
    if asked.key:
        found.append(_about(session, asked, viewer))
    return found


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ZONE)


def _by(session: Session, word: str) -> Any:
    """Acts of the account of that name, or of the people who were called so then."""
    named = sa.or_(User.username == word, User.last_name + User.first_name == word, User.last_name == word)
    known = list(session.scalars(sa.select(User.id).where(named)))
    if "account" in TABLES:
        account = TABLES["account"]
        same = sa.select(User.id).join(account, account.username == User.username).where(account.real_name == word)
        known += session.scalars(same)
    if known:
        return LOG.c.actor.in_(sorted(set(known)))
    return LOG.c.name == word


def _of_unit(session: Session, word: str) -> Any:
    """Acts of people of the departments of that name and of what stands below them, as long as they worked there."""
    department = TABLES["department"].__table__.c
    named = department.name.contains(word, autoescape=True)
    wanted = sa.select(department.id, department.high).where(named)
    found = session.execute(wanted.order_by(department.name != word, department.id).limit(_UNITS)).all()
    if not found:
        return sa.false()
    people = _once_employed(session, [(row.id, row.high) for row in found])
    there = sa.or_(*(LOG.c.department_id.between(row.id, row.high) for row in found))
    return sa.and_(LOG.c.actor.in_(people), there)


def _once_employed(session: Session, places: Sequence[tuple[int, int]]) -> list[int]:
    """Who works there or did once: the log has an index of people, and none of departments (read as the system)."""
    account = TABLES["account"].__table__.c
    before = sa.cast(LOG.c.old["department_id"].astext, sa.BigInteger)
    moved = sa.select(LOG.c.pk).where(
        LOG.c.rel == "account", LOG.c.action == "update", sa.or_(*(before.between(low, high) for low, high in places))
    )
    gone = sa.select(LOG.c.old["username"].astext).where(
        LOG.c.rel == "account", LOG.c.action == "delete", sa.or_(*(before.between(low, high) for low, high in places))
    )
    here = sa.or_(*(account.department_id.between(low, high) for low, high in places))
    names = sa.select(account.username).where(sa.or_(here, sa.cast(account.id, sa.Text).in_(moved)))
    with looking_as(session, THE_SYSTEM):
        return list(
            session.scalars(sa.select(User.id).where(sa.or_(User.username.in_(names), User.username.in_(gone))))
        )


def _about(session: Session, asked: Asked, viewer: Viewer) -> Any:
    """Entries about the rows meant: by identifier, or (in one table) by the codes and names that stand in them."""
    table = TABLES.get(asked.table)
    if table is None or table.key_of(asked.key) is not None:
        same = LOG.c.pk == asked.key.lower()
        return same if table is None else sa.or_(same, _linked(table, asked.key.lower()))
    live = found_by_words(session, table, asked.key, viewer)
    gone = [LOG.c.old.contains({name: asked.key}) for name in _words_of(table)]
    if not gone:
        return sa.false()
    deleted = sa.select(LOG.c.pk).where(LOG.c.action == "delete", LOG.c.rel == asked.table, sa.or_(*gone)).limit(_KEYS)
    with looking_as(session, THE_SYSTEM):  # what is found is asked for again under the viewer's own row security
        keys = {*live, *session.scalars(deleted)}
    return LOG.c.pk.in_(sorted(keys)) if keys else sa.false()


def _linked(table: type[Table], key: str) -> Any:
    names = [name for name, link in LINKS.items() if link.owner == table.__tablename__]
    return sa.and_(LOG.c.rel.in_(names), LOG.c.pk.startswith(f"{key},", autoescape=True)) if names else sa.false()


def found_by_words(session: Session, table: type[Table], word: str, viewer: Viewer) -> list[str]:
    """The viewer's rows that have the word for a code or a title."""
    if table.__rows__.kind in ("hidden", "personal"):
        return []
    columns = [getattr(table, name) for name in _words_of(table)]
    if not columns:
        return []
    wanted = visible(table, viewer).where(sa.or_(*(column == word for column in columns)))
    return [str(key) for key in session.scalars(wanted.with_only_columns(table.id).limit(_KEYS))]


def _words_of(table: type[Table]) -> list[str]:
    """The fields that a row is asked for by: its codes and its title, as far as everybody may read them."""
    title = near.title_field(table)
    fields = [field for field in near.code_fields(table) if not field.masked_when]
    fields += [title] if title is not None and title.kind in ("text", "code") and title.grade != "sensitive" else []
    return list(dict.fromkeys(field.name for field in fields))
