"""The audit log as this package reads it: entries in the order in which they happened, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_
from app.core.rows import REGION
from app.core.table import LINKS, TABLES, Table, tables_with_pages
from app.core.viewer import Viewer, current

#: The log (schema ``audit``), with the columns that pages read.
LOG = sa.table(
    "log",
    sa.column("id", sa.BigInteger),
    sa.column("txid", sa.Text),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("actor", sa.Integer),
    sa.column("name", sa.Text),
    sa.column("department_id", sa.BigInteger),
    sa.column("via", sa.Text),
    sa.column("request", sa.Text),
    sa.column("address", sa.Text),
    sa.column("session", sa.Text),
    sa.column("action", sa.Text),
    sa.column("rel", sa.Text),
    sa.column("pk", sa.Text),
    sa.column("row_department", sa.BigInteger),
    sa.column("row_region", sa.Integer),
    sa.column("is_open", sa.Boolean),
    sa.column("old", JSONB),
    sa.column("new", JSONB),
    schema="audit",
)

#: What a trigger writes; every other action is an event.
CHANGES = ("insert", "update", "delete", "baseline")
#: What stands between the two identifiers of a link.
LINK_MARK = ","

#: Places are told in microseconds since then.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: An import is noted at its end, and its rows before: no import takes longer.
_LONGEST_IMPORT = timedelta(hours=2)

#: What was refused to others, and who asked about whom, is for those who watch over the log.
_OF_WATCHERS = ("denied", "asked")


@dataclass(frozen=True)
class Entry:
    """One entry of the log. ``old`` and ``new`` are what was stored; of an update only the columns that changed."""

    id: int
    txid: int
    at: datetime
    actor: int | None
    name: str
    department_id: int | None
    via: str
    request: str
    address: str
    session: str
    action: str
    rel: str
    pk: str
    old: dict[str, Any]
    new: dict[str, Any]

    @property
    def is_change(self) -> bool:
        """True for what a trigger wrote about a row; the others are events."""
        return self.action in CHANGES


_COLUMNS = (
    LOG.c.id,
    sa.cast(LOG.c.txid, sa.Text).label("txid"),
    *(LOG.c[name] for name in ("at", "actor", "name", "department_id", "via", "request", "address", "session")),
    *(LOG.c[name] for name in ("action", "rel", "pk")),
    sa.cast(LOG.c.old, sa.Text).label("old"),
    sa.cast(LOG.c.new, sa.Text).label("new"),
)


def entry(row: Any) -> Entry:
    """An entry as it was read. Numbers keep all their digits."""
    return Entry(
        id=row.id,
        txid=int(row.txid),
        at=row.at,
        actor=row.actor,
        name=row.name or "",
        department_id=row.department_id,
        via=row.via or "",
        request=row.request or "",
        address=row.address or "",
        session=row.session or "",
        action=row.action,
        rel=row.rel or "",
        pk=row.pk or "",
        old=_read(row.old),
        new=_read(row.new),
    )


def _read(text: str | None) -> dict[str, Any]:
    found = json.loads(text, parse_float=Decimal) if text else None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Place:
    """Where an entry stands in the order of the log: by its moment, then by its number."""

    at: datetime
    id: int

    def __str__(self) -> str:
        moment = self.at - _BEGINNING
        return f"{(moment.days * 86_400 + moment.seconds) * 1_000_000 + moment.microseconds}-{self.id}"

    @staticmethod
    def read(text: str) -> Place | None:
        """The place that an address gives; ``None`` without one. Raises Refused (400) for what cannot be one."""
        if not text:
            return None
        at, mark, number = text.partition("-")
        if (
            not mark
            or not (at.isdecimal() and at.isascii() and number.isdecimal() and number.isascii())
            or len(text) > 36
        ):
            raise Refused(N_("页码无效，请回到第一页"), status=400)
        try:
            return Place(_BEGINNING + timedelta(microseconds=int(at)), min(int(number), 2**63 - 1))
        except OverflowError:
            raise Refused(N_("页码无效，请回到第一页"), status=400) from None


def place(of: Entry) -> Place:
    """Where the entry stands."""
    return Place(of.at, of.id)


_ORDER = (LOG.c.at, LOG.c.id)


def newest(query: sa.Select[Any], before: Place | None) -> sa.Select[Any]:
    """The entries before a place, the newest first."""
    if before is not None:
        query = query.where(sa.tuple_(*_ORDER) < sa.tuple_(sa.literal(before.at), sa.literal(before.id)))
    return query.order_by(*(each.desc() for each in _ORDER))


def oldest(query: sa.Select[Any], after: Place) -> sa.Select[Any]:
    """The entries after a place, the oldest first."""
    return query.where(sa.tuple_(*_ORDER) > sa.tuple_(sa.literal(after.at), sa.literal(after.id))).order_by(*_ORDER)


def selected(*where: Any) -> sa.Select[Any]:
    """Entries that meet the conditions, in no order."""
    return sa.select(*_COLUMNS).where(*where)


def readable(viewer: Viewer | None) -> Any:
    """What the viewer may read of the log, as its policies say it: what is open, his own acts, rows of his tree."""
    if viewer is None or viewer.is_system:
        return sa.true()
    column = LOG.c.row_region if viewer.kind == REGION else LOG.c.row_department
    return sa.or_(LOG.c.is_open, LOG.c.actor == viewer.user_id, column.between(viewer.low, viewer.high))


def entries(session: Session, query: sa.Select[Any]) -> list[Entry]:
    """The entries of a query, as far as the viewer may read them."""
    viewer = current(session)
    seen = query if viewer is None or viewer.is_system else query.where(readable(viewer))
    return [entry(row) for row in session.execute(seen)]


def one(session: Session, key: int) -> Entry | None:
    """The entry of that number, if the viewer may read it."""
    row = session.execute(selected(LOG.c.id == key, readable(current(session)))).one_or_none()
    return entry(row) if row is not None else None


def of_record(
    session: Session, table: type[Table], key: str, size: int, before: int | None = None, asks: Viewer | None = None
) -> list[Entry]:
    """What happened to one row, newest first: to itself, to its links, its files, and rows below it that were deleted.

    Read as the system, after it was made sure that the viewer may see the row: what happened to it is his to see, also
    from the time when it belonged to another department. Files are seen by fewer than rows that everybody reads: those
    that ``asks`` may see. At most ``size + 1``: the last says that there is more.
    """
    told: sa.ColumnElement[bool] = LOG.c.action.not_in(_OF_WATCHERS)
    if table.__rows__.once and asks is not None:  # others read it from when it was first published
        told = sa.and_(told, readable(asks))
    parts = [_below(sa.and_(part, told), size, before) for part in _parts(table, key, asks)]
    found = sa.union_all(*(sa.select(part.subquery()) for part in parts)).subquery()
    return entries(session, sa.select(found).order_by(found.c.id.desc()).limit(size + 1))


def _below(part: Any, size: int, before: int | None) -> sa.Select[Any]:
    query = selected(part)
    if before is not None:
        query = query.where(LOG.c.id < before)
    return query.order_by(LOG.c.id.desc()).limit(size + 1)


def _own_parts(table: type[Table], key: str) -> list[Any]:
    """The row itself, and its links."""
    name = table.__tablename__
    parts = [sa.and_(LOG.c.rel == name, LOG.c.pk == key)]
    for link in LINKS.values():
        if link.owner == name:
            below, beyond = f"{key}{LINK_MARK}", f"{key}{chr(ord(LINK_MARK) + 1)}"
            parts.append(sa.and_(LOG.c.rel == link.table.name, LOG.c.pk >= below, LOG.c.pk < beyond))
    return parts


def _parts(table: type[Table], key: str, asks: Viewer | None) -> list[Any]:
    name, parts = table.__tablename__, _own_parts(table, key)
    for child, column in followers(table):
        gone = LOG.c.old.contains({column: _typed(table, key)})
        parts.append(sa.and_(LOG.c.action == "delete", LOG.c.rel == child.__tablename__, gone))
    if "attachment" in TABLES and table.__rows__.is_scoped:
        parts += [sa.and_(part, readable(asks)) for part in _files(name, key)]
    return parts


def _files(name: str, key: str) -> list[Any]:
    """Files that were given to the row or taken from it: those it has, and those that are gone."""
    stored = TABLES["attachment"].__table__
    there = sa.select(sa.cast(stored.c.id, sa.Text)).where(stored.c.table_name == name, stored.c.row_key == key)
    has = LOG.c.new.contains({"table_name": name, "row_key": key})
    taken = sa.and_(
        LOG.c.rel == "attachment",
        LOG.c.action == "delete",
        LOG.c.old.contains({"table_name": name, "row_key": key}),
    )
    files = sa.union_all(there, sa.select(LOG.c.pk).where(taken))
    return [sa.and_(LOG.c.rel == "attachment", LOG.c.pk.in_(files), has), taken]


def followers(table: type[Table]) -> list[tuple[type[Table], str]]:
    """The tables whose rows are part of this table's rows, with the column that names the row."""
    found = []
    for child in tables_with_pages().values():
        if child.__rows__.kind == "follows":
            parent = child.__fields__[str(child.__rows__.field)]
            if parent.target == table.__name__:
                found.append((child, parent.column))
    return found


def _typed(table: type[Table], key: str) -> Any:
    return key if table.__id__ == "uuid" else int(key)


def imports(session: Session, entries_of_page: Sequence[Entry]) -> dict[int, Entry]:
    """The import that each of the entries was written by, by transaction; others are not in the answer."""
    written = [each for each in entries_of_page if each.is_change and each.action != "baseline"]
    if not written:
        return {}
    first, last = min(each.at for each in written), max(each.at for each in written) + _LONGEST_IMPORT
    same = sa.cast(LOG.c.txid, sa.Text).in_({str(each.txid) for each in written})
    found = entries(session, selected(LOG.c.action == "import", LOG.c.at.between(first, last), same))
    return {each.txid: each for each in found}


def states(session: Session, table: type[Table], key: str, until: int) -> list[Entry]:
    """Everything that was stored in one row and its links up to an entry, oldest first (read as the system)."""
    written = (LOG.c.action.in_(CHANGES), LOG.c.id <= until)
    parts = [selected(part, *written) for part in _own_parts(table, key)]
    found = sa.union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return entries(session, sa.select(found).order_by(found.c.id))


def last_deleted(session: Session, table: str, key: str) -> Entry | None:
    """The deletion of a row that is gone, if the viewer may read it on the log."""
    where = (LOG.c.rel == table, LOG.c.pk == key, LOG.c.action == "delete", readable(current(session)))
    row = session.execute(selected(*where).order_by(LOG.c.id.desc()).limit(1)).one_or_none()
    return entry(row) if row is not None else None
